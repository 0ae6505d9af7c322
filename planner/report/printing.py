"""Texts and figures as they are printed on paper."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import date

import pandas as pd

from planner.maps.scene import Field
from planner.report.book import BROKEN, KEPT
from planner.report.paper import Block, Table, Text
from planner.report.workbook import NUMBERS, SHARES, heading, wide
from planner.words import Lang, Words

NOTHING = "—"
"""What is not given."""
LONG_WORD = re.compile(r"[!-~]{25,}")
"""Letters without a space, more than a column may take."""
STEP = 12
BREAK = "\u200b"
LEAST_CELLS, MOST_TEXT = 4.0, 14.0
MOST_CELLS = {"long": 34.0, "sentence": 44.0, "mixed": 14.0}
"""Width of a column in letters: the least, the most of text, of longer text."""
WHOLE = {*NUMBERS, "date"}
"""Forms whose cells cannot be broken."""
SHORT_HEAD = 6.0
"""Letters of a heading that stay on one line."""
HEAD_LINES, WORD = 3, re.compile("[!-~]+|$")
"""Lines of a longer heading; what of it is not broken."""
SHORT_TEXT = 8.0
"""Letters of a text that is not broken: a code, a tier."""


def printable(text: str) -> str:
    r"""Return a text without signs that steer: controls, halves of pairs, those that turn its writing round.

    Examples
    --------
    >>> printable("a\x1b[1m\u202eb\n新桥东\t\ud83d")
    'a[1mb 新桥东 '
    """
    kept = ("" if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Cn", "Co") and sign not in "\n\t" else sign
            for sign in text)  # fmt: skip
    return re.sub(r"\s", " ", "".join(kept))


def breakable(text: str) -> str:
    """Return a printable text whose long words may be broken.

    Examples
    --------
    >>> breakable("plan"), len(breakable("x" * 60))
    ('plan', 64)
    """
    return LONG_WORD.sub(lambda word: BREAK.join(word[0][k : k + STEP] for k in range(0, len(word[0]), STEP)),
                         printable(text))  # fmt: skip


def printed(value: object, form: str, lang: Lang) -> str:
    """Return a value as it is printed, without its unit; a dash where it is not given.

    Examples
    --------
    >>> [printed(value, "ha", "en") for value in (25_000.0, float("nan"), None)]
    ['2.5', '—', '—']
    >>> printed(0.0057, "percent", "zh"), printed(2026.0, "year", "zh"), printed("燕罗", "text", "zh")
    ('0.57%', '2026', '燕罗')
    """
    if value is None or value is pd.NA or value is pd.NaT or value == "":
        return NOTHING
    if form == "verdict":
        return (KEPT if value else BROKEN)(lang)
    if form in NUMBERS and not isinstance(value, str):
        return _number(float(value), form, lang)  # type: ignore[arg-type]
    if isinstance(value, float):
        return NOTHING if math.isnan(value) else f"{value:g}"
    return breakable(value.isoformat() if isinstance(value, date) else str(value))


def with_unit(value: object, form: str, lang: Lang) -> str:
    """Return a value as it is printed, and its unit.

    Examples
    --------
    >>> with_unit(25_000.0, "ha", "zh"), with_unit(None, "ha", "zh"), with_unit(0.5, "percent", "en")
    ('2.5 公顷', '—', '50%')
    """
    told = printed(value, form, lang)
    unit = NUMBERS[form].unit(lang) if form in NUMBERS and form not in (*SHARES, "year") else ""
    return told if told == NOTHING or not unit or isinstance(value, str) else f"{told} {unit}"


def _number(value: float, form: str, lang: Lang) -> str:
    told = NUMBERS[form]
    if not math.isfinite(value):
        return NOTHING
    decimals = told.decimals[lang == "en"]
    if form in SHARES:
        return f"{value:.{decimals}%}".replace(".00%", "%")
    scaled = value / told.divisor[lang == "en"]
    text = f"{scaled:,.{decimals}f}" if told.grouped else f"{scaled:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def laid_out(frame: pd.DataFrame, columns: Sequence[Field], lang: Lang, *, total: bool = False) -> Table:
    """Return a table as it is printed; a column that the rows have not, or that holds nothing, is left out.

    So are names of projects that go by their identifiers, as in what is public.

    Parameters
    ----------
    frame : DataFrame
        A column ``form`` says how the values of columns of form ``mixed`` are printed.
    columns : sequence of Field
    lang : {'zh', 'en'}
    total : bool
        Whether the last row is a sum.
    """
    forms = frame["form"].tolist() if "form" in frame else None
    there = [field for field in columns if field.key in frame]
    told = [
        [printed(value, forms[k] if forms and field.form == "mixed" else field.form, lang)
         for k, value in enumerate(frame[field.key].tolist())]
        for field in there
    ]  # fmt: skip
    keys = {field.key: cells for field, cells in zip(there, told, strict=True)}
    twice = ["name"] if len(frame) and keys.get("name") == keys.get("project") else []
    kept = [k for k, cells in enumerate(told)
            if not len(frame) or (any(cell != NOTHING for cell in cells) and there[k].key not in twice)]  # fmt: skip
    told = [["" if field.key == "unit" and cell == NOTHING else cell for cell in cells]
            for field, cells in zip(there, told, strict=True)]  # fmt: skip
    there, told = [there[k] for k in kept], [told[k] for k in kept]
    heads = [breakable(heading(field, lang)) for field in there]
    weights = tuple(_weight(head, cells, field.form) for head, cells, field in zip(heads, told, there, strict=True))
    right = tuple(field.form in NUMBERS or field.form == "mixed" for field in there)
    whole = tuple(field.form in WHOLE or max(map(wide, cells), default=0.0) <= SHORT_TEXT
                  for cells, field in zip(told, there, strict=True))  # fmt: skip
    return Table(tuple(heads), tuple(zip(*told, strict=True)), weights, right, whole, total)


def _weight(head: str, cells: Sequence[str], form: str) -> float:
    """Return how wide a column is printed: nine in ten of its cells on one line, all of them of figures and dates."""
    widths = sorted(wide(cell) for cell in cells) or [0.0]
    usual = widths[-1] if form in WHOLE else widths[min(len(widths) - 1, round(len(widths) * 0.9))]
    most = MOST_CELLS.get(form, MOST_TEXT)
    of_head = max(min(wide(head), SHORT_HEAD), min(wide(head) / HEAD_LINES, most), *map(len, WORD.findall(head)))
    return max(min(usual, most), of_head, LEAST_CELLS) + 1.5


def blocks_of(frame: pd.DataFrame, columns: Sequence[Field], lang: Lang, nothing: Words) -> tuple[Block, ...]:
    """Return a table, or what is said where it has no rows."""
    return (laid_out(frame, columns, lang),) if len(frame) else (Text(nothing(lang), "note"),)
