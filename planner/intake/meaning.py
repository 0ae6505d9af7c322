"""Sheets become typed columns: which column is which, numbers with units, lists, yes and no; every bad cell at once.

A `Read` is what a sheet means, by canonical columns. A figure that is approximate, a range or a bound is read at the
end that is safe for its column, and said; one merged over several rows is said once or asked about. It does not know
what a row stands for: identifiers and plausibility are for `health`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.columns import Column
from planner.errors import SHOWN, Fault
from planner.intake.matching import NO_WORDS, Meant, matched, unit_of, unit_of_head
from planner.intake.reading import NOT_GIVEN, POWER_FACTOR, half_width, is_doubtful, reading, taken
from planner.intake.table import LINE, Sheet
from planner.quantities import UnreadableError, measure_of, shown
from planner.words import Lang, Words

CORRECT = Words("请更正", "Correct it")
YES = frozenset({"yes", "y", "true", "1", "是", "有"})
NO = frozenset({"no", "n", "false", "0", "否", "无"})
Naming = Callable[[Sequence[str]], str]


SUMMED = frozenset({"m2", "kva", "mva", "yi", "m3_day", "t"})
"""Units of figures that belong to one row: merged over several, such a figure is their sum, or each one's."""
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


@dataclass(frozen=True)
class Read:
    """A table as it is meant: canonical columns, a label and a line for each row, and what could not be read.

    Attributes
    ----------
    where : str
    frame : DataFrame
        Every canonical column, typed; rows in file order.
    labels : ndarray of str
        Identifier of each row, its line where it has none.
    lines : ndarray of int
    line_words : Words
    present : frozenset of str
        Canonical columns the file has.
    faults : tuple of Fault
    letters : mapping of str to str
        Canonical column to its letter in a workbook.
    written : mapping of str to ndarray of str
        Columns of numbers as the file has them: the original beside what was read.
    """

    where: str
    frame: pd.DataFrame
    labels: NDArray[np.object_]
    lines: NDArray[np.int64]
    line_words: Words = LINE
    present: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = field(default=())
    letters: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)

    def place(self, column: str, row: int, lang: Lang) -> str:
        """Return where a cell is: C7 in a workbook, the line of its row elsewhere."""
        letter = self.letters.get(column)
        return f"{letter}{self.lines[row]}" if letter else self.line_words(lang, n=self.lines[row])

    def unread(self, column: str) -> NDArray[np.bool_]:
        """Return the rows whose cell could not be read, so that it is not called missing as well."""
        names = {name for fault in self.faults if fault.fatal and fault.column == column for name in fault.features}
        return np.array([label in names for label in self.labels], dtype=bool)

    def fault(
        self,
        column: str,
        rows: NDArray[np.bool_],
        rule: Words,
        remedy: Words,
        *,
        values: Iterable[object] | None = None,
        said: Sequence[str] | None = None,
        fatal: bool = True,
    ) -> list[Fault]:
        """Return a fault of some rows (none for no rows), naming their values and lines; all their labels.

        Parameters
        ----------
        column : str
        rows : ndarray of bool
        rule, remedy : Words
        values : iterable, optional
            What was found, one a row of the table; the column's own values by default.
        said : sequence of str, optional
            In place of values: what to say of each row, as it is.
        fatal : bool
        """
        at = np.flatnonzero(rows)
        if not len(at):
            return []
        cells = self.frame[column].to_numpy(dtype=object) if values is None else np.array(values, dtype=object)
        found = [said[k] if said else _value(cells[k]) for k in at[:SHOWN]]
        more = len(at) - SHOWN
        words = []
        for lang, comma in (("zh", "、"), ("en", ", ")):
            places = comma.join(
                f"{value} ({self.place(column, k, lang)})"  # type: ignore[arg-type]
                for value, k in zip(found, at[:SHOWN], strict=True)
            )
            words.append(places + (f" … (+{more})" if more > 0 else ""))
        whole = Words(f"{rule.zh}，现为 {words[0]}", f"{rule.en}; found {words[1]}")
        return [Fault(self.where, column, whole, remedy, tuple(map(str, self.labels[at])), fatal)]


def cell(value: object, column: Column) -> object:
    """Return one value as a column keeps it: a number, a tuple, True, False, a text, or what stands for "not given".

    Parameters
    ----------
    value : object
        What a person wrote: a text as in a table's cell, or already a number, a truth value, a list; None for nothing.
    column : Column

    Raises
    ------
    UnreadableError
        A `ValueError`: of another kind, out of bounds, or not allowed.

    Examples
    --------
    >>> from planner.columns import number, yes_no
    >>> cell("1.2 t/m²", number("load_kn_m2", "荷载", "load", "kN/m²")), cell(True, yes_no("pilot", "试点", "pilot"))
    (11.772, True)
    >>> cell("0", number("far_max", "容积率上限", "FAR limit", "", 0.1, 15))  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    UnreadableError: FAR limit must be between 0.1 and 15; found '0'. Correct it
    >>> cell(None, yes_no("pilot", "试点", "pilot"))
    """
    items = value if isinstance(value, list | tuple) else [] if value is None else [value]
    text = ";".join(map(_plainly, items))
    values, wrong, doubt, rule, remedy = _parsed(_objects([text]), column, "")
    wrong = wrong | doubt
    if not wrong[0] and column.kind in ("number", "whole"):
        wrong, rule, remedy = out_of_bounds(values, column), bounds_of(column), CORRECT
    if not wrong[0] and column.allowed and text:
        told = values[0] if column.kind == "list" else (text,)
        wrong, rule, remedy = np.array([not set(told) <= set(column.allowed)]), allowed_of(column), CORRECT
    if not wrong[0] and column.required and not text:
        rule = Words(f"{column.words.zh}必填", f"{column.words.en} must be given")
        wrong, remedy = np.array([True]), CORRECT
    if wrong[0]:
        raise UnreadableError(Words(f"{rule.zh}，现为 {shown(value)}", f"{rule.en}; found {shown(value)}"), remedy)
    return float(values[0]) if column.kind in ("number", "whole") else values[0]


def out_of_bounds(numbers: NDArray[np.float64], column: Column) -> NDArray[np.bool_]:
    """Return which numbers are not possible in a column; what is not given is not out of bounds."""
    low = -np.inf if column.least is None else column.least
    high = np.inf if column.most is None else column.most
    return (numbers < low) | (numbers > high)


def bounds_of(column: Column) -> Words:
    """Return what numbers a column allows, as a rule."""
    unit = f" {column.unit}" if column.unit else ""
    if column.most is None:
        return Words(
            f"{column.words.zh}应不小于 {column.least or 0:g}{unit}",
            f"{column.words.en} must be at least {column.least or 0:g}{unit}",
        )
    return Words(
        f"{column.words.zh}应在 {column.least or 0:g} 与 {column.most:g}{unit} 之间",
        f"{column.words.en} must be between {column.least or 0:g} and {column.most:g}{unit}",
    )


def allowed_of(column: Column) -> Words:
    """Return what values a column allows, as a rule."""
    return Words(
        f"{column.words.zh}应为 {'、'.join(column.allowed)} 之一",
        f"{column.words.en} must be one of {', '.join(column.allowed)}",
    )


def typed(
    sheet: Sheet,
    columns: Sequence[Column],
    key: Sequence[str],
    *,
    synonyms: Mapping[str, str] | None = None,
    declared: Mapping[str, Meant] | None = None,
    named: Naming = "-".join,
    shared: Collection[str] = (),
) -> Read:
    """Return a sheet by its canonical columns, with every cell that cannot be read as a fault.

    Not given is "" for text, () for a list, NaN for a number, None for yes or no.

    Parameters
    ----------
    sheet : Sheet
    columns : sequence of Column
    key : sequence of str
        Columns that name a row.
    synonyms : mapping of str to str, optional
        Other name in lower case to canonical name.
    declared : mapping of str to Meant, optional
        File column to its meaning.
    named : callable, optional
        From the texts of the key to what a row is called; "" for nothing.
    shared : collection of str, optional
        Columns that say one thing of several rows, so that a figure merged over them is that of all.
    """
    match, told = matched(sheet, columns, synonyms or {}, declared or {})
    texts = {name: _texts(sheet.cells[source], key=name in key) for name, source in match.items()}
    labels = _labels(sheet, [texts[name] for name in key if name in texts], named)
    factors = {meant.canonical: meant.unit for meant in (declared or {}).values() if meant.unit}
    made: dict[str, Any] = {}
    faults: list[Callable[[Read], list[Fault]]] = []
    for column in columns:
        if column.name not in texts:
            made[column.name] = _nothing(column, len(sheet.cells))
            continue
        unit = factors.get(column.name) or unit_of_head(match[column.name], column)
        values, wrong, doubtful, rule, remedy = _parsed(texts[column.name], column, unit)
        once = sheet.repeated.get(match[column.name])
        if once is not None:
            doubtful = doubtful & ~once  # said of the first
            if column.kind in ("number", "whole") and column.name not in shared:
                faults.append(partial(_merged, column=column, rows=once & (texts[column.name] != "")))
        made[column.name] = values
        said = partial(Read.fault, column=column.name, values=texts[column.name])
        faults.append(partial(said, rows=wrong, rule=rule, remedy=remedy))
        faults.append(partial(_doubtful, column=column, rows=doubtful, texts=texts[column.name], values=values))
    frame = pd.DataFrame(made, index=pd.RangeIndex(len(sheet.cells)))
    letters = {name: sheet.letters[source] for name, source in match.items() if source in sheet.letters}
    written = {column.name: texts[column.name] for column in columns
               if column.name in texts and column.kind in ("number", "whole")}  # fmt: skip
    read = Read(sheet.where, frame, labels, sheet.lines, sheet.line_words, frozenset(match), (), letters, written)
    found = [fault for said in faults for fault in said(read)]
    return replace(read, faults=(*sheet.faults, *told, *found))


def _merged(read: Read, column: Column, rows: NDArray[np.bool_]) -> list[Fault]:
    """Return the figures merged over several rows that may be the sum of them or each one's."""
    if unit_of(column) not in SUMMED:
        return []
    zh = f"{column.words.zh}的单元格合并了多行，是合计还是各行的值不明"
    rule = Words(zh, f"a merged cell gives {column.words.en} for several rows: their sum, or each one's?")
    remedy = Words("请取消合并，逐行填写", "Unmerge it, and give each row its own")
    return read.fault(column.name, rows, rule, remedy, values=read.written[column.name])


def _doubtful(
    read: Read, column: Column, rows: NDArray[np.bool_], texts: NDArray[np.object_], values: NDArray[np.float64]
) -> list[Fault]:
    """Return the figures that were chosen from what their cells leave open, as a warning with what was chosen."""
    said = [f"{shown(text)} → {value:.12g}" if row else ""
            for text, value, row in zip(texts, values, rows, strict=True)] if rows.any() else []  # fmt: skip
    unit = f" ({column.unit})" if column.unit else ""
    most = column.sense in ("need", "cost")
    rule = Words(
        f"{column.words.zh}为约数、区间或界限，取{'大' if most else '小'}值{unit}",
        f"{column.words.en} is approximate, a range or a bound; its {'most' if most else 'least'} is taken{unit}",
    )
    remedy = Words("如不符，请填确切数值", "If not so, give the figure itself")
    if measure_of(unit_of(column)) is measure_of("kva"):
        remedy = Words(
            f"千瓦按功率因数 {POWER_FACTOR} 至 1 换算；{remedy.zh}",
            f"kW are taken at a power factor of {POWER_FACTOR} to 1. {remedy.en}",
        )
    return read.fault(column.name, rows, rule, remedy, said=said, fatal=False)


Parsed = tuple[Any, NDArray[np.bool_], NDArray[np.bool_], Words, Words]
"""Values, cells that could not be read, cells whose value was chosen, what they should be, the remedy."""


def _parsed(texts: NDArray[np.object_], column: Column, unit: str) -> Parsed:
    """Return a column's values and what was wrong with its cells."""
    given = texts != ""
    nowhere = np.zeros(len(texts), dtype=bool)
    match column.kind:
        case "text":
            return np.where(_nothing_said(texts), "", texts), nowhere, nowhere, NO_WORDS, NO_WORDS
        case "list":
            lists = {text: _listed(text) for text in set(texts)}
            return _objects([lists[text] for text in texts]), nowhere, nowhere, NO_WORDS, NO_WORDS
        case "yes_no":
            said = {text: True if text.lower() in YES else False if text.lower() in NO else None for text in set(texts)}
            values = _objects([said[text] for text in texts])
            wrong = given & ~_nothing_said(texts) & np.array([value is None for value in values], dtype=bool)
            rule = Words(f"{column.words.zh}应为 yes、no 或留空", f"{column.words.en} must be yes, no or empty")
            return values, wrong, nowhere, rule, Words("请写 yes 或 no", "Write yes or no")
        case _:
            return _numbers(texts, given, column, unit)


def _numbers(texts: NDArray[np.object_], given: NDArray[np.bool_], column: Column, unit: str) -> Parsed:
    """Return numbers in the column's unit: plain ones at once, the others (units, separators, hedges) each."""
    values = np.full(len(texts), np.nan)
    doubtful = np.zeros(len(texts), dtype=bool)
    plain = np.array([_PLAIN.fullmatch(text) is not None for text in texts], dtype=bool) & (unit == "")
    values[plain] = texts[plain].astype(float)
    remedy = Words("请更正，未知则留空", "Correct it, or leave it empty if it is not known")
    given = given & ~_nothing_said(texts)
    seen: dict[str, tuple[float, bool]] = {}
    for k in np.flatnonzero(given & ~plain):
        text = texts[k]
        if text not in seen:
            seen[text] = (np.nan, False)
            try:
                said = reading(text, unit_of(column), unit)
                seen[text] = taken(said, column.sense), is_doubtful(said, column.sense)
                if np.isnan(seen[text][0]):
                    remedy = _open(said.least if np.isfinite(said.least) else said.most, column)
            except UnreadableError as error:
                remedy = error.remedy
        values[k], doubtful[k] = seen[text]
    wrong = given & ~np.isfinite(values)
    kind = Words("数字", "a number")
    if column.kind == "whole":
        # a chosen value is made whole; one written with decimals is no such number
        values[doubtful] = np.ceil(values[doubtful]) if column.sense in ("need", "cost") else np.floor(values[doubtful])
        wrong |= given & np.isfinite(values) & (np.floor(values) != values)
        kind = Words("整数", "a whole number")
    values[wrong] = np.nan
    in_unit = Words(f"（{column.unit}）", f" ({column.unit})") if column.unit else NO_WORDS
    rule = Words(f"{column.words.zh}应为{kind.zh}{in_unit.zh}", f"{column.words.en} must be {kind.en}{in_unit.en}")
    return values, wrong, doubtful & ~wrong, rule, remedy


def _open(bound: float, column: Column) -> Words:
    """Return what to write in place of a bound on the side that does not bind."""
    unit = f" {column.unit}" if column.unit else ""
    en = f"Such a bound leaves the safe end of {column.words.en} open; write the figure, perhaps {bound:g}{unit}"
    return Words(f"该界限不能确定{column.words.zh}；请填确切数值，例如 {bound:g}{unit}", en)


def _nothing_said(texts: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which cells hold what people write for nothing."""
    nothing = {text for text in set(texts) if text.lower() in NOT_GIVEN}
    return np.array([text in nothing for text in texts] if nothing else np.zeros(len(texts)), dtype=bool)


def _listed(text: str) -> tuple[str, ...]:
    """Return the items of a cell; the full-width separator that Chinese keyboards give counts as well."""
    items = (item.strip() for item in text.replace("；", ";").split(";"))
    return tuple(item for item in items if item and item.lower() not in NOT_GIVEN)


def _objects(values: Sequence[object]) -> NDArray[np.object_]:
    """Return an array of objects, also where every one is a tuple of the same length."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _nothing(column: Column, rows: int) -> Any:
    """Return a column that says nothing."""
    if column.kind in ("number", "whole"):
        return np.full(rows, np.nan)
    empty: Any = {"text": "", "list": (), "yes_no": None}[column.kind]
    return _objects([empty] * rows)


def _texts(cells: pd.Series, *, key: bool) -> NDArray[np.object_]:
    """Return cells as texts: a vector file's numbers written plainly, codes half-width."""
    missing = cells.isna().to_numpy(dtype=bool)
    values = cells.to_numpy(dtype=object)
    texts = ["" if gone else _plainly(value) for value, gone in zip(values, missing, strict=True)]
    return _objects([text if text.isascii() else half_width(text, key=key) for text in texts])


def _plainly(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value).strip()


def _labels(sheet: Sheet, keys: Sequence[NDArray[np.object_]], named: Naming) -> NDArray[np.object_]:
    """Return what each row is called: its key, its line where it has none."""
    lines = [sheet.line_words("en", n=n) for n in sheet.lines]
    if not keys:
        return _objects(lines)
    names = [named(parts) if parts[0] else "" for parts in zip(*keys, strict=True)]
    return _objects([name or line for name, line in zip(names, lines, strict=True)])


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return shown(";".join(map(str, value)))
    return f"{value:g}" if isinstance(value, float) else shown(value)
