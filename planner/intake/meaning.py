"""Sheets become typed columns: which column is which, numbers with units, lists, yes and no; every bad cell at once.

A `Read` is what a sheet means, by canonical columns. It does not know what a row stands for: identifiers and
plausibility are for `health`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.columns import Column
from planner.errors import SHOWN, Fault
from planner.intake.matching import NO_WORDS, Meant, matched, unit_of
from planner.intake.table import LINE, Sheet
from planner.quantities import UnreadableError, quantity, shown
from planner.words import Words

CORRECT = Words("请更正", "Correct it")
YES = frozenset({"yes", "y", "true", "1", "是", "有"})
NO = frozenset({"no", "n", "false", "0", "否", "无"})
Naming = Callable[[Sequence[str]], str]


_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")


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
    """

    where: str
    frame: pd.DataFrame
    labels: NDArray[np.object_]
    lines: NDArray[np.int64]
    line_words: Words = LINE
    present: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = field(default=())

    def unread(self, column: str) -> NDArray[np.bool_]:
        """Return the rows whose cell could not be read, so that it is not called missing as well."""
        names = {name for fault in self.faults if fault.column == column for name in fault.features}
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
                f"{value} ({self.line_words(lang, n=self.lines[k])})"  # type: ignore[arg-type]
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
    values, wrong, rule, remedy = _parsed(_objects([text]), column, "")
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
    """
    match, faults = matched(sheet, columns, synonyms or {}, declared or {})
    texts = {name: _texts(sheet.cells[source]) for name, source in match.items()}
    labels = _labels(sheet, [texts[name] for name in key if name in texts], named)
    factors = {meant.canonical: meant.unit for meant in (declared or {}).values() if meant.unit}
    made: dict[str, Any] = {}
    bad: list[tuple[Column, NDArray[np.bool_], Words, Words]] = []
    for column in columns:
        if column.name not in texts:
            made[column.name] = _nothing(column, len(sheet.cells))
            continue
        values, wrong, rule, remedy = _parsed(texts[column.name], column, factors.get(column.name, ""))
        made[column.name] = values
        bad.append((column, wrong, rule, remedy))
    frame = pd.DataFrame(made, index=pd.RangeIndex(len(sheet.cells)))
    read = Read(sheet.where, frame, labels, sheet.lines, sheet.line_words, frozenset(match))
    for column, wrong, rule, remedy in bad:
        faults += read.fault(column.name, wrong, rule, remedy, values=texts[column.name])
    return Read(sheet.where, frame, labels, sheet.lines, sheet.line_words, frozenset(match), tuple(faults))


def _parsed(texts: NDArray[np.object_], column: Column, unit: str) -> tuple[Any, NDArray[np.bool_], Words, Words]:
    """Return a column's values, which cells could not be read, what they should be, and the remedy."""
    given = texts != ""
    nowhere = np.zeros(len(texts), dtype=bool)
    match column.kind:
        case "text":
            return texts, nowhere, NO_WORDS, NO_WORDS
        case "list":
            lists = {text: _listed(text) for text in set(texts)}
            return _objects([lists[text] for text in texts]), nowhere, NO_WORDS, NO_WORDS
        case "yes_no":
            said = {text: True if text.lower() in YES else False if text.lower() in NO else None for text in set(texts)}
            values = _objects([said[text] for text in texts])
            wrong = given & np.array([value is None for value in values], dtype=bool)
            rule = Words(f"{column.words.zh}应为 yes、no 或留空", f"{column.words.en} must be yes, no or empty")
            return values, wrong, rule, Words("请写 yes 或 no", "Write yes or no")
        case _:
            return _numbers(texts, given, column, unit)


def _numbers(
    texts: NDArray[np.object_], given: NDArray[np.bool_], column: Column, unit: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_], Words, Words]:
    """Return numbers in the column's unit: plain ones at once, the others (units, separators) each."""
    values = np.full(len(texts), np.nan)
    plain = np.array([bool(_PLAIN.fullmatch(text)) for text in texts], dtype=bool) & (unit == "")
    values[plain] = texts[plain].astype(float)
    remedy = Words("请更正，未知则留空", "Correct it, or leave it empty if it is not known")
    for k in np.flatnonzero(given & ~plain):
        text = f"{texts[k]} {unit}" if unit and _PLAIN.fullmatch(texts[k]) else texts[k]
        try:
            values[k] = quantity(text, unit_of(column))
        except UnreadableError as error:
            remedy = error.remedy
    wrong = given & ~np.isfinite(values)
    kind = Words("数字", "a number")
    if column.kind == "whole":
        wrong |= given & np.isfinite(values) & (np.floor(values) != values)
        kind = Words("整数", "a whole number")
    values[wrong] = np.nan
    in_unit = Words(f"（{column.unit}）", f" ({column.unit})") if column.unit else NO_WORDS
    rule = Words(f"{column.words.zh}应为{kind.zh}{in_unit.zh}", f"{column.words.en} must be {kind.en}{in_unit.en}")
    return values, wrong, rule, remedy


def _listed(text: str) -> tuple[str, ...]:
    """Return the items of a cell; the full-width separator that Chinese keyboards give counts as well."""
    return tuple(item.strip() for item in text.replace("；", ";").split(";") if item.strip())


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


def _texts(cells: pd.Series) -> NDArray[np.object_]:
    """Return cells as texts; what a vector file has as a number is written plainly."""
    missing = cells.isna().to_numpy(dtype=bool)
    values = cells.to_numpy(dtype=object)
    return _objects(["" if gone else _plainly(value) for value, gone in zip(values, missing, strict=True)])


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
