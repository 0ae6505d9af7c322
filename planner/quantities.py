"""Reads a quantity as people write it ("60 MVA", "3 亩", "1.2 t/m²") into the unit asked for.

Knows numbers (三万, 1,200, ３．５), units and what they measure. Does not know columns, keys, approximations or ranges;
those of ledgers are `intake.reading`'s.
Conversion is exact (rational) until the last step, so that "1.39 km²" is 1390000.0 and nothing beside it.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from planner.numerals import LARGE, NUMERALS, numeral
from planner.words import Words

LONGEST = 80
"""Longer texts are not quantities; refused unread."""


class UnreadableError(ValueError):
    """A value that cannot be taken as it stands, said in two languages.

    Attributes
    ----------
    rule : Words
        What was found and what is allowed.
    remedy : Words
        What to write instead.
    """

    def __init__(self, rule: Words, remedy: Words) -> None:
        self.rule = rule
        self.remedy = remedy
        super().__init__(f"{rule('en')}. {remedy('en')}")

    def __reduce__(self) -> tuple[type[UnreadableError], tuple[Words, Words]]:
        return UnreadableError, (self.rule, self.remedy)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a group of units measures.

    Attributes
    ----------
    words : Words
        Name of the measure.
    example : str
        A quantity of this measure as one would write it.
    units : dict of str to Fraction
        Spelling, in lower case without spaces, to its size in the first unit of the group.
    """

    words: Words
    example: str
    units: dict[str, Fraction]


def _measure(zh: str, en: str, example: str, units: str) -> Measure:
    """Return a measure from lines of ``size spelling spelling …``, divided by semicolons."""
    groups = (group.split() for group in units.split(";"))
    return Measure(Words(zh, en), example, {spelling: Fraction(size) for size, *names in groups for spelling in names})


MEASURES: tuple[Measure, ...] = (
    _measure("面积", "an area", "20 ha", """1 m2 sqm 平方米 平米 平方; 10000 ha hm2 hectare hectares 公顷;
             1000000 km2 平方公里 平方千米; 2000/3 亩 市亩 mu"""),
    _measure("长度", "a length", "30 m", """1 m 米 metre metres meter meters; 1000 km 公里 千米;
             1/100 cm 厘米; 1/1000 mm 毫米"""),
    # 1 t of load weighs 9.81 kN
    _measure("荷载", "a floor load", "7.5 kN/m²", """1 kn_m2 kn/m2 kn/平方米 kn/平米 kpa 千牛/平方米 千牛/平米
             千牛/m2; 981/100 t/m2 t/平方米 t/平米 吨/平方米 吨/平米 吨/m2; 981/100000 kg/m2 kg/平方米 kg/平米 kgf/m2
             公斤/平方米 公斤/平米 公斤/m2 千克/平方米 千克/平米 千克/m2"""),
    _measure("电力容量", "an electrical capacity", "60 MVA", """1 kva 千伏安; 1000 mva 兆伏安;
             1/1000 va 伏安"""),
    _measure("电压", "a voltage", "220 kV", """1 kv 千伏; 1/1000 v 伏"""),
    _measure("有功功率", "an active power", "60 MW", """1 kw 千瓦; 1000 mw 兆瓦; 1/1000 w 瓦"""),
    _measure("单位面积电力", "an electrical capacity per area", "80 VA/m²",
             """1 va_m2 va/m2 伏安/平方米"""),
    # the planner stores 亿元 (yi); the yuan is the unit of the group so that 万元 and 亿元 are its multiples
    _measure("金额", "an amount of money", "2 亿元", """1 元 元人民币 人民币 cny rmb yuan; 100000000 yi"""),
    # of these the planner knows no rate: they are known in order to be refused by name
    _measure("外币金额", "an amount in a foreign currency, whose rate is not known here", "2 亿美元", """1 美元 usd us$;
             1 港元 港币 hkd; 1 欧元 eur; 1 日元 jpy; 1 英镑 gbp"""),
    _measure("租金", "a rent", "35 元/m²·月", """1 cny_m2_month 元/m2·月 元/m2/月 元/平方米·月 元/平方米/月
             元/平米·月 元/平米/月 元/(m2·月) 元/月/m2 元/月/平方米 元/月/平米 cny/m2/month"""),
    _measure("比例", "a share", "0.5 %", """1 share; 1/100 %; 1/1000 ‰"""),
    _measure("时间", "a time", "45 s", """1 s sec 秒; 60 min 分钟 分; 3600 h hour hours 小时"""),
    _measure("年份", "a calendar year", "2026 年", """1 year 年"""),
    _measure("水气量", "a daily volume", "500 m³/d", """1 m3_day m3/d m3/day 立方米/日 立方米/天 m3/日 m3/天
             方/日 方/天"""),
    _measure("质量", "a mass", "3 t", """1 t 吨; 1/1000 kg 公斤 千克"""),
    _measure("数字", "a plain number", "3", """1 count 人 个 名 层 台 f"""),
)  # fmt: skip
"""What can be read; within a measure the first unit has size 1."""

_BY_SPELLING = {spelling: measure for measure in MEASURES for spelling in measure.units}
_BARE = (_BY_SPELLING["yi"], _BY_SPELLING["count"])
"""Measures of which 万 or 亿 alone is enough: "投资 2亿", "3 万" people; of any other the unit is wanted."""

_MULTIPLIERS = {"万亿": 10**12, "千万": 10**7, "百万": 10**6, "十万": 10**5, "亿": 10**8, "万": 10**4, "千": 10**3}
_LOOK_ALIKES = {
    "²": "2", "³": "3", "㎡": "m2", "㎢": "km2", "㎥": "m3", "㎜": "mm", "㎝": "cm", "㎞": "km", "㎏": "kg",
    "−": "-", "–": "-", "∙": "·", "⋅": "·", "*": "·", "每": "/",
}  # fmt: skip
WIDE: dict[int, int | str] = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
"""Full-width forms to half-width ones, for `str.translate`."""
_FORMS = WIDE | str.maketrans(_LOOK_ALIKES)
"""Full-width forms, superscripts and look-alikes, each to what is meant."""

_NUMBER = re.compile(
    r"""\s* ( [+-]? (?=\.?[0-9])                                                # a sign, then digits
          (?: [1-9][0-9]{0,2} ([, ])[0-9]{3} (?:\2[0-9]{3})* (?![0-9]) | [0-9]* )  # 1,200 or 1 200 or 1200
          (?: \.[0-9]* )? (?: e[+-]?[0-9]{1,2}(?![0-9]) )? )                      # .5 and e3
        (.*)""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_POWER_OF_DIGIT = re.compile(r"[0-9０-９][²³]")
_NUMERAL = re.compile(f"[{NUMERALS}0-9.点 ]+")


def quantity(text: str | float, unit: str) -> float:
    """Return a quantity in the unit asked for; a bare number is taken to be in that unit already.

    Parameters
    ----------
    text : str or float
        A number, or a number with its unit.
    unit : str
        The unit wanted, named as in column names (m2, m, kn_m2, kva, mva, yi, share, s, m3_day, year …) or
        as printed (m², kN/m², 亿元); empty for a plain number.

    Raises
    ------
    UnreadableError
        A `ValueError`: no number, an unknown unit, or a unit of another measure.
    KeyError
        The unit asked for is not one of `MEASURES`: a bug of the caller.

    Examples
    --------
    >>> quantity("60 MVA", "kva")
    60000.0
    >>> quantity("3 亩", "m2"), quantity("12 万m²", "m2"), quantity("1.39 km²", "m2")
    (2000.0, 120000.0, 1390000.0)
    >>> quantity("1.2 t/m²", "kn_m2"), quantity("750 kg/m2", "kn_m2"), quantity("7.5 kN/m²", "kn_m2")
    (11.772, 7.3575, 7.5)
    >>> quantity("0.5 %", "share"), quantity("2亿元", "yi"), quantity("１，２００ 平方米", "m2")
    (0.005, 2.0, 1200.0)
    >>> quantity(30, "m")
    30.0
    >>> quantity("20 ha", "kva")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    UnreadableError: found '20 ha', which is an area; allowed: an electrical capacity. Write ... 60 MVA
    >>> quantity("", "m")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    UnreadableError: found '', which has no number; allowed: a length. Write for example 30 m
    """
    wanted, wanted_size = _asked(unit)
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise _no_number(text, wanted)
    if not isinstance(text, str):
        # an int too long for a float is no number a planner meant
        if (isinstance(text, int) and abs(text) > 10**100) or not math.isfinite(text):
            raise _no_number(text, wanted)
        return float(text)
    number, written = _split(text, wanted)
    if not written:
        return float(number)
    measure, size = _unit(written, text, wanted)
    if measure is not wanted:
        wrong = Words("属于{measure}", "which is {measure}").fill(measure=measure.words)
        raise UnreadableError(_found(text, wrong, wanted), _example(wanted))
    return float(number * size / wanted_size)


def is_unit(text: str) -> bool:
    """Tell whether a text is a unit as people write it, 万 and 亿 before it included.

    Examples
    --------
    >>> is_unit("万元"), is_unit("㎡"), is_unit("kN/m²"), is_unit("荷载"), is_unit("")
    (True, True, True, False, False)
    """
    return len(text) <= LONGEST and _known(_tidy(text)) is not None


def measure_of(unit: str) -> Measure:
    """Return what a unit measures.

    Examples
    --------
    >>> measure_of("kva").example, measure_of("").words.en
    ('60 MVA', 'a plain number')
    """
    return _asked(unit)[0]


def is_bare(text: object) -> bool:
    """Tell whether a value is a number without a unit.

    Examples
    --------
    >>> is_bare(0.01), is_bare("0.01"), is_bare("1 %"), is_bare("soon"), is_bare("")
    (True, True, False, False, False)
    """
    if isinstance(text, str):
        match = _NUMBER.fullmatch(text.translate(_FORMS))
        return match is not None and not match[3].strip()
    return isinstance(text, int | float) and not isinstance(text, bool)


def nearest(name: str, known: list[str]) -> str | None:
    """Return the known name most like the one written, or None when nothing is near.

    Examples
    --------
    >>> nearest("teir", ["tier", "tax"]), nearest("quux", ["tier", "tax"]), nearest("tier", [])
    ('tier', None, None)
    """
    folded = {one.casefold(): one for one in reversed(known)}
    near = difflib.get_close_matches(name.casefold()[:LONGEST], folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def nearest_known(name: str, known: Iterable[str]) -> Words:
    """Return, as a remedy, which known names are like the one written.

    Examples
    --------
    >>> nearest_known("XQD-5", ["XQD-05", "YL"]).en, nearest_known("XQD-5", []).en
    ('Nearest known: XQD-05', 'Nearest known: —')
    """
    near = ", ".join(difflib.get_close_matches(name, list(known), n=3, cutoff=0.4)) or "—"
    return Words(f"相近的有：{near}", f"Nearest known: {near}")


def shown(value: object) -> str:
    """Return a value as an error quotes it: on one line, control characters visible, cut where it is long.

    Examples
    --------
    >>> shown("新桥东"), shown(True), shown(None), shown(2.5), shown([1, 2]), shown({"a": 1}), shown("")
    ("'新桥东'", 'true', 'null', '2.5', 'a list of 2', 'a map of 1 (a)', "''")
    """
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case dict():
            first = map(str, list(value)[:3])
            keys = ", ".join(key if key.isprintable() else repr(key) for key in first)
            text = f"a map of {len(value)} ({keys})" if value else "an empty map"
        case list() | tuple():
            text = f"a list of {len(value)}" if value else "an empty list"
        case str():
            # cut first: repr of a very long text is longer still
            return repr(value) if len(value) <= LONGEST else repr(value[: LONGEST - 1]) + "…"
        case int() if abs(value) > 10**100:
            return "a very long number"
        case _:
            text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _asked(unit: str) -> tuple[Measure, Fraction]:
    """Return measure and size of a unit that a caller asks for."""
    if known := _known(_tidy(unit) or "count"):
        return known
    raise KeyError(unit)


def _split(text: str, wanted: Measure) -> tuple[Fraction, str]:
    """Return the number and the unit as written (lower case, no spaces)."""
    if len(text) > LONGEST or _POWER_OF_DIGIT.search(text):
        raise _no_number(text, wanted)
    plain = text.translate(_FORMS).strip()
    match = _NUMBER.fullmatch(plain)
    written = "" if match is None else _tidy(match[3])
    if match is None or (written and _measured(written, wanted) is None):
        for number, rest, large in _numerals(plain):
            if rest and _measured(rest, wanted):
                return number, rest
            if not rest and not large:
                return number, ""
            if not rest and wanted in _BARE:
                return number, next(iter(wanted.units))
            if not rest:
                raise UnreadableError(_found(text, Words("没有写单位", "which has no unit"), wanted), _example(wanted))
    if match is None:
        raise _no_number(text, wanted)
    return Fraction(match[1].replace(",", "").replace(" ", "")), written


def _numerals(plain: str) -> Iterator[tuple[Fraction, str, bool]]:
    """Yield the numbers in Chinese numerals that a text may begin with, the rest, and whether 千, 万 or 亿 is in it.

    The longest first: "三千瓦" is 3,000 瓦 or 3 千瓦, "五千克" only 5 千克.
    """
    match = _NUMERAL.match(plain)
    if match is None or not set(match[0]) - set("0123456789. "):
        return
    for end in range(match.end(), 0, -1):
        if (number := numeral(plain[:end])) is not None:
            yield number, _tidy(plain[end:]), bool(LARGE & set(plain[:end]))


def _tidy(unit: str) -> str:
    """Return a unit in the spelling of the table: plain characters, lower case, no spaces."""
    return re.sub(r"\s+|\^", "", unit.translate(_FORMS)).lower()


def _known(unit: str) -> tuple[Measure, Fraction] | None:
    """Return what a tidy unit measures and its size, looking through 万 and 亿 before it."""
    if measure := _BY_SPELLING.get(unit):
        return measure, measure.units[unit]
    for word, times in _MULTIPLIERS.items():
        rest = unit.removeprefix(word)
        if rest != unit and (measure := _BY_SPELLING.get(rest)):
            return measure, measure.units[rest] * times
    return None


def _measured(written: str, wanted: Measure) -> tuple[Measure, Fraction] | None:
    """Return what a unit as written measures and its size; None for an unknown one."""
    if wanted in _BARE and written in _MULTIPLIERS:
        return wanted, Fraction(_MULTIPLIERS[written])
    return _known(written)


def _unit(written: str, text: str, wanted: Measure) -> tuple[Measure, Fraction]:
    """Return what a unit as written measures and its size; an unknown one raises."""
    if known := _measured(written, wanted):
        return known
    near = nearest(written, [*wanted.units, *_BY_SPELLING])
    remedy = _example(wanted)
    if near:
        meant = Words(f"是否指 {near}？", f"Did you mean {near}? ")
        remedy = Words(meant.zh + remedy.zh, meant.en + remedy.en)
    unknown = Words(f"单位 {shown(written)} 无法识别", f"whose unit {shown(written)} is not known")
    raise UnreadableError(_found(text, unknown, wanted), remedy)


def _no_number(text: object, wanted: Measure) -> UnreadableError:
    wrong = Words("没有可读的数字", "which has no number")
    return UnreadableError(_found(text, wrong, wanted), _example(wanted))


def _found(text: object, wrong: Words, wanted: Measure) -> Words:
    return Words(
        f"值为 {shown(text)}，{wrong.zh}；应为{wanted.words.zh}",
        f"found {shown(text)}, {wrong.en}; allowed: {wanted.words.en}",
    )


def _example(wanted: Measure) -> Words:
    return Words(f"例如写 {wanted.example}", f"Write for example {wanted.example}")
