"""Quantities as people write them."""

from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.quantities import MEASURES, UnreadableError, is_bare, nearest, quantity, shown

READ = [
    ("60 MVA", "kva", 60_000.0),
    ("60000 kVA", "mva", 60.0),
    ("2万千伏安", "mva", 20.0),
    ("20 ha", "m2", 200_000.0),
    ("20公顷", "m2", 200_000.0),
    ("3 亩", "m2", 2_000.0),
    ("1 亩", "m2", 2_000 / 3),
    ("12 万m²", "m2", 120_000.0),
    ("12万平方米", "m2", 120_000.0),
    ("183.8 万㎡", "m2", 1_838_000.0),
    ("1.39 km²", "m2", 1_390_000.0),
    ("1.39 km^2", "m2", 1_390_000.0),
    ("36.5平方公里", "m2", 36_500_000.0),
    ("1.2 t/m²", "kn_m2", 11.772),
    ("750 kg/m2", "kn_m2", 7.3575),
    ("7.5 kN/m²", "kn_m2", 7.5),
    ("10 kPa", "kn_m2", 10.0),
    ("0.5 %", "share", 0.005),
    ("０．５％", "share", 0.005),
    ("80", "share", 80.0),
    ("30 m", "m", 30.0),
    ("4 500 mm", "m", 4.5),
    ("2公里", "m", 2_000.0),
    ("45 s", "s", 45.0),
    ("5 min", "s", 300.0),
    ("2亿元", "yi", 2.0),
    ("2 亿", "yi", 2.0),
    ("3500万元", "yi", 0.35),
    ("1,200 万元", "yi", 0.12),
    ("500 m³/d", "m3_day", 500.0),
    ("1.5万立方米/日", "m3_day", 15_000.0),
    ("35 元/㎡·月", "cny_m2_month", 35.0),
    ("80 VA/m²", "va_m2", 80.0),
    ("3 吨", "t", 3.0),
    ("2026年", "year", 2026.0),
    ("１，２００", "m2", 1200.0),
    ("1,234,567.5", "m2", 1_234_567.5),
    ("1 234 567", "m2", 1_234_567.0),
    ("  −3 m ", "m", -3.0),
    (".5 ha", "m2", 5_000.0),
    ("1e3 m", "m", 1_000.0),
    (7, "m", 7.0),
    (7.25, "m²", 7.25),
    ("3 亩", "m²", 2_000.0),
    ("120", "", 120.0),
]


@pytest.mark.parametrize(("text", "unit", "value"), READ)
def test_reads_what_people_write(text, unit, value):
    assert quantity(text, unit) == value


WRONG = [
    # text, unit, what the error must say in English, and in Chinese
    ("", "m", "found '', which has no number; allowed: a length. Write for example 30 m", "没有可读的数字"),
    ("large", "m2", "found 'large', which has no number; allowed: an area", "应为面积"),
    ("20 ha", "kva", "found '20 ha', which is an area; allowed: an electrical capacity", "属于面积"),
    ("60 MW", "kva", "which is an active power; allowed: an electrical capacity. Write for example 60 MVA", "有功功率"),
    (
        "20 hectars",
        "m2",
        "whose unit 'hectars' is not known; allowed: an area. Did you mean hectares? ",
        "是否指 hectares？",
    ),
    ("20 qqq", "m2", "whose unit 'qqq' is not known; allowed: an area. Write for example 20 ha", "无法识别"),
    ("2 万", "m2", "found '2 万', which has no unit; allowed: an area", "没有写单位"),
    ("1,5 ha", "m2", "whose unit ',5ha' is not known", "无法识别"),
    ("0,500", "m2", "whose unit ',500' is not known", "无法识别"),
    ("10² m", "m", "which has no number", "没有可读的数字"),
    ("5-10 ha", "m2", "whose unit '-10ha' is not known", "无法识别"),
    ("1e999 m", "m", "is not known", "无法识别"),
    ("9" * 5000, "m", "which has no number", "没有可读的数字"),
    (True, "m", "found true, which has no number", "没有可读的数字"),
    (None, "m", "found null, which has no number", "没有可读的数字"),
    (math.nan, "m", "found nan, which has no number", "没有可读的数字"),
    (math.inf, "m", "found inf, which has no number", "没有可读的数字"),
    (10**500, "m", "found a very long number, which has no number", "没有可读的数字"),
]


@pytest.mark.parametrize(("text", "unit", "english", "chinese"), WRONG)
def test_says_what_is_wrong_allowed_and_meant(text, unit, english, chinese):
    with pytest.raises(ValueError, match="allowed: ") as caught:
        quantity(text, unit)
    assert isinstance(caught.value, UnreadableError)
    assert english in str(caught.value)
    assert chinese in caught.value.rule.zh + caught.value.remedy.zh


def test_a_unit_nobody_defined_is_a_bug_of_the_caller():
    with pytest.raises(KeyError, match="furlong"):
        quantity("3 m", "furlong")


def test_the_example_of_each_measure_is_of_that_measure():
    for measure in MEASURES:
        for spelling in measure.units:
            assert math.isfinite(quantity(measure.example, spelling))


def test_no_spelling_means_two_things():
    spellings = [spelling for measure in MEASURES for spelling in measure.units]
    assert len(spellings) == len(set(spellings))


@given(st.text(max_size=100), st.sampled_from([next(iter(measure.units)) for measure in MEASURES]))
def test_any_text_is_a_number_or_a_clear_error(text, unit):
    value, said = 0.0, ""
    try:
        value = quantity(text, unit)
    except UnreadableError as error:
        said = error.rule.zh + str(error)
    assert math.isfinite(value)
    assert "\n" not in said
    is_bare(text)


@given(st.integers(-(10**12), 10**12))
def test_separators_and_full_width_digits_change_nothing(number):
    wide = f"{number:,}".translate({ord(narrow): ord(narrow) + 0xFEE0 for narrow in "0123456789,-"})
    assert (
        quantity(wide, "m2")
        == quantity(f"{number:,}", "m2")
        == quantity(f"{number:,} m²".replace(",", " "), "m2")
        == number
    )


def test_what_an_error_quotes_is_short_and_on_one_line():
    assert shown("a\x1b[31m\nb") == "'a\\x1b[31m\\nb'"
    assert len(shown("x" * 10**6)) < 90
    assert shown(["x"] * 10**6) == "a list of 1000000"
    assert nearest("ZHONGGUO", []) is None


def test_the_error_survives_a_process_border():
    with pytest.raises(UnreadableError) as caught:
        quantity("20 ha", "kva")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.rule, copy.remedy, str(copy)) == (caught.value.rule, caught.value.remedy, str(caught.value))
