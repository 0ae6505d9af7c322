"""Cells become values: numbers with units and hedges, lists, yes and no, each by what its column means.

One cell, or all cells of a column at once. It knows columns; it does not know rows, heads or files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.columns import Column
from planner.intake.matching import NO_WORDS, unit_of
from planner.intake.reading import NOT_GIVEN, is_doubtful, reading, taken
from planner.quantities import UnreadableError, shown
from planner.words import Words

CORRECT = Words("请更正", "Correct it")
KNOW = Words("请更正，未知则留空", "Correct it, or leave it empty if it is not known")
YES = frozenset({"yes", "y", "true", "1", "是", "有"})
NO = frozenset({"no", "n", "false", "0", "否", "无"})
PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
"""A number without unit, separators or hedges."""


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
    text = ";".join(map(plainly, items))
    read = parsed(objects([text]), column, "")
    values, rule, remedy = read.values, read.rule, Words("请填确切数值", "Give the figure itself")
    wrong = read.doubtful
    for rows, said in read.wrong:
        wrong, remedy = wrong | rows, said if rows[0] else remedy
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


@dataclass(frozen=True)
class Parsed:
    """A column's cells as values, and what was wrong with them.

    Attributes
    ----------
    values : ndarray
        Typed; of a cell that could not be read what stands for "not given".
    doubtful : ndarray of bool
        Cells whose value was chosen from what they leave open.
    wrong : tuple of (ndarray of bool, Words)
        Cells that could not be read, by what to do about them.
    rule : Words
        What the cells should be.
    """

    values: Any
    doubtful: NDArray[np.bool_]
    wrong: tuple[tuple[NDArray[np.bool_], Words], ...] = ()
    rule: Words = NO_WORDS


def parsed(texts: NDArray[np.object_], column: Column, unit: str) -> Parsed:
    """Return what the cells of a column mean.

    Parameters
    ----------
    texts : ndarray of str
    column : Column
    unit : str
        Of numbers that carry none; "" for the column's own.
    """
    nowhere = np.zeros(len(texts), dtype=bool)
    match column.kind:
        case "text":
            return Parsed(np.where(_nothing_said(texts), "", texts), nowhere)
        case "list":
            lists = {text: _listed(text) for text in set(texts)}
            return Parsed(objects([lists[text] for text in texts]), nowhere)
        case "yes_no":
            said = {text: True if text.lower() in YES else False if text.lower() in NO else None for text in set(texts)}
            values = objects([said[text] for text in texts])
            wrong = (texts != "") & ~_nothing_said(texts) & np.array([value is None for value in values], dtype=bool)
            rule = Words(f"{column.words.zh}应为 yes、no 或留空", f"{column.words.en} must be yes, no or empty")
            return Parsed(values, nowhere, ((wrong, Words("请写 yes 或 no", "Write yes or no")),), rule)
        case _:
            return _numbers(texts, column, unit)


def _numbers(texts: NDArray[np.object_], column: Column, unit: str) -> Parsed:
    """Return numbers in the column's unit: plain ones at once, the others (units, separators, hedges) each."""
    values = np.full(len(texts), np.nan)
    doubtful = np.zeros(len(texts), dtype=bool)
    plain = np.array([PLAIN.fullmatch(text) is not None for text in texts], dtype=bool) & (unit == "")
    values[plain] = texts[plain].astype(float)
    given = (texts != "") & ~_nothing_said(texts)
    seen: dict[str, tuple[float, bool]] = {}
    remedies: dict[str, Words] = {}
    for k in np.flatnonzero(given & ~plain):
        text = texts[k]
        if text not in seen:
            seen[text] = (np.nan, False)
            try:
                said = reading(text, unit_of(column), unit)
                seen[text] = taken(said, column.sense), is_doubtful(said, column.sense)
                if np.isnan(seen[text][0]):
                    remedies[text] = _open(said.least if np.isfinite(said.least) else said.most, column)
            except UnreadableError as error:
                remedies[text] = error.remedy
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
    otherwise = CORRECT if column.required else KNOW
    by_remedy: dict[Words, NDArray[np.bool_]] = {}
    for k in np.flatnonzero(wrong):
        by_remedy.setdefault(remedies.get(texts[k], otherwise), np.zeros(len(texts), dtype=bool))[k] = True
    return Parsed(values, doubtful & ~wrong, tuple((rows, remedy) for remedy, rows in by_remedy.items()), rule)


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


def objects(values: Sequence[object]) -> NDArray[np.object_]:
    """Return an array of objects, also where every one is a tuple of the same length."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def nothing(column: Column, rows: int) -> Any:
    """Return a column that says nothing."""
    if column.kind in ("number", "whole"):
        return np.full(rows, np.nan)
    empty: Any = {"text": "", "list": (), "yes_no": None}[column.kind]
    return objects([empty] * rows)


def plainly(value: object) -> str:
    """Return a value as a cell has it: a whole number without decimals."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value).strip()
