"""Rows and columns: named sparse blocks with their keys; the only matrix code.

A rule is a `Rows`: coefficients against named blocks of columns, bounds, and one key beside each row, so that a
conflict or a price reads ``floor_not_overfilled B07-F03``. Blocks know nothing of what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Keys = NDArray[np.object_]


@dataclass(frozen=True)
class Columns:
    """One block of variables: its name, a key for each column, bounds, whether integer (all, or each by itself)."""

    variable: str
    keys: Keys
    lower: Floats
    upper: Floats
    integer: bool | Flags


@dataclass(frozen=True)
class Terms:
    """Coefficients of one block of columns: row and column numbers within their blocks, and values."""

    variable: str
    row: Ints
    column: Ints
    value: Floats


@dataclass(frozen=True)
class Rows:
    """One block of rows: ``lo <= sum of terms <= hi``, a key for each row.

    Where the rule is soft, rows that are ``served`` have no shortfall of their own: they may be missed by as much as
    all the rows together that serve them (numbers of the served, and of one that serves it).
    """

    rule: str
    keys: Keys
    terms: tuple[Terms, ...]
    lo: Floats
    hi: Floats
    served: tuple[Ints, Ints] = (np.zeros(0, np.int64), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Objective:
    """What one goal, or missing a soft rule, adds to the score: points of one block of columns."""

    goal: str
    variable: str
    column: Ints
    points: Floats


@dataclass(frozen=True)
class Model:
    """The whole programme: maximise ``c0 + c x``, ``lo <= A x <= hi``, ``lower <= x <= upper``, some integer.

    Attributes
    ----------
    blocks : tuple of Columns
    rules : tuple of Rows
    c : ndarray of shape (n_columns,)
    A : csr_matrix of shape (n_rows, n_columns)
    lo, hi : ndarray of shape (n_rows,)
    lower, upper : ndarray of shape (n_columns,)
    integer : ndarray of bool, shape (n_columns,)
    c0 : float
    objectives : tuple of Objective
        What ``c`` is the sum of.
    """

    blocks: tuple[Columns, ...]
    rules: tuple[Rows, ...]
    c: Floats
    A: Any
    lo: Floats
    hi: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    c0: float = 0.0
    objectives: tuple[Objective, ...] = ()

    def columns_of(self, variable: str) -> slice:
        """Return where the columns of a variable stand."""
        start = 0
        for block in self.blocks:
            if block.variable == variable:
                return slice(start, start + len(block.keys))
            start += len(block.keys)
        return slice(start, start)

    def points_by_goal(self, x: Floats) -> dict[str, float]:
        """Return what each goal and each soft rule adds to the score of these columns."""
        points: dict[str, float] = {}
        for part in self.objectives:
            values = x[self.columns_of(part.variable)][part.column]
            points[part.goal] = points.get(part.goal, 0.0) + float((part.points * values).sum())
        return points

    def coefficients(self, objectives: Iterable[Objective]) -> Floats:
        """Return the points of some objectives by column (shape (n_columns,))."""
        points = np.zeros(len(self.c))
        for each in objectives:
            np.add.at(points, self.columns_of(each.variable).start + each.column, each.points)
        return points

    @cached_property
    def row_keys(self) -> list[tuple[str, str]]:
        """Return (rule, key) of each row."""
        return [each for rows in self.rules for each in zip(repeat(rows.rule), map(str, rows.keys.tolist()))]

    @cached_property
    def column_keys(self) -> list[tuple[str, str]]:
        """Return (variable, key) of each column."""
        return [each for block in self.blocks for each in zip(repeat(block.variable), map(str, block.keys.tolist()))]

    @cached_property
    def row_names(self) -> NDArray[np.str_]:
        """Return rule and key of each row as one text."""
        return np.array([" ".join(each) for each in self.row_keys], dtype=np.str_)

    @cached_property
    def column_names(self) -> NDArray[np.str_]:
        """Return variable and key of each column as one text."""
        return np.array([" ".join(each) for each in self.column_keys], dtype=np.str_)


def columns(variable: str, keys: Iterable[object], *, upper: float = 1.0, integer: bool = True) -> Columns:
    """Return a block of columns between 0 and `upper`."""
    labels = np.asarray(list(keys), dtype=object)
    return Columns(variable, labels, np.zeros(len(labels)), np.full(len(labels), float(upper)), integer)


def sums(rule: str, use: pd.DataFrame, limits: pd.DataFrame, variable: str = "place") -> Rows:
    """Return ``at_least <= sum of amount over the uses of a key <= at_most`` for each key used, or that has a least.

    Parameters
    ----------
    rule : str
    use : DataFrame
        ``option`` (column number), ``key``, ``amount``.
    limits : DataFrame
        Indexed by key: ``at_least``, ``at_most`` (NaN for none). Every key used must be there.
    variable : str
        Block the options are columns of.

    Raises
    ------
    KeyError
        A key is used that has no limit.
    """
    if use.empty and limits.empty:
        return empty(rule)
    asked = limits.index[limits["at_least"].notna()]  # holds even where nothing is used
    if use.empty and asked.empty:
        return empty(rule)
    every = np.concatenate([use["key"].to_numpy(dtype=object), asked.to_numpy(dtype=object)])
    code, keys = pd.factorize(every, sort=True)
    bounds = limits[["at_least", "at_most"]].loc[keys].to_numpy(dtype=float)
    lo, hi = bounds[:, 0], bounds[:, 1]
    row = code[: len(use)].astype(np.int64)
    terms = Terms(variable, row, _ints(use["option"]), use["amount"].to_numpy(dtype=float))
    return Rows(
        rule,
        np.asarray(keys, dtype=object),
        (terms,),
        np.where(np.isnan(lo), -np.inf, lo),
        np.where(np.isnan(hi), np.inf, hi),
    )


def whole(rows: Rows, least_share: Floats) -> Rows:
    """Return rows that count an option of a divisible part as taken, whatever its share.

    Parameters
    ----------
    rows : Rows
    least_share : ndarray of shape (n_options,)
        NaN for options that are not divisible.
    """
    divisible = ~np.isnan(least_share)
    number = np.cumsum(divisible) - 1
    terms: list[Terms] = []
    for each in rows.terms:
        taken = divisible[each.column] if each.variable == "place" else np.zeros(len(each.column), dtype=bool)
        terms.append(Terms(each.variable, each.row[~taken], each.column[~taken], each.value[~taken]))
        if taken.any():
            terms.append(Terms("taken", each.row[taken], number[each.column[taken]], each.value[taken]))
    return replace(rows, terms=tuple(terms))


def stacked(rows: Rows, more: Rows) -> Rows:
    """Return rows of one rule with more of them below."""
    below = (Terms(each.variable, len(rows.keys) + each.row, each.column, each.value) for each in more.terms)
    return Rows(
        rows.rule,
        np.concatenate([rows.keys, more.keys]),
        (*rows.terms, *below),
        np.concatenate([rows.lo, more.lo]),
        np.concatenate([rows.hi, more.hi]),
    )


SHORTFALL = "shortfall"
"""Variable of what soft rules are missed by."""


def softened(
    rows: Sequence[Rows], blocks: Sequence[Columns], prices: Mapping[str, float]
) -> tuple[list[Rows], Columns, list[Objective]]:
    r"""Return rules with those that have a price made soft: $lo - g \le a x \le hi + g,\ g \ge 0$ at a price in points.

    A row whose two sides are bounded has one shortfall for each. Each is bounded by the most the row can be missed by
    within the bounds of its columns, so that the proof's bound is finite; one that cannot be missed has none, nor one
    that others serve.

    Parameters
    ----------
    rows, blocks : sequence of Rows, of Columns
    prices : mapping of str to float
        Rule to points lost for each unit missed.

    Returns
    -------
    rules, shortfalls, objectives
        Objectives are named after their rule.
    """
    bounds = {block.variable: block for block in blocks}
    made, keys, upper, objectives, count = [], [], [], [], 0
    for rule in rows:
        if rule.rule not in prices or not len(rule.keys):
            made.append(rule)
            continue
        least, most = np.zeros(len(rule.keys)), np.zeros(len(rule.keys))
        for term in rule.terms:
            reach = [
                term.value * side[term.column] for side in (bounds[term.variable].lower, bounds[term.variable].upper)
            ]
            np.add.at(least, term.row, np.minimum(*reach))
            np.add.at(most, term.row, np.maximum(*reach))
        sides = [(most - rule.hi, -1.0), (rule.lo - least, 1.0)]
        served, by = rule.served
        row, missed, sign = [], [], []
        for miss, direction in sides:
            can = np.setdiff1d(np.flatnonzero(np.isfinite(miss) & (miss > 0)), served)
            row.append(can)
            missed.append(miss[can])
            sign.append(np.full(len(can), direction))
        rows_of = np.concatenate(row).astype(np.int64)
        column = count + np.arange(len(rows_of))
        count += len(rows_of)
        own = Terms(SHORTFALL, rows_of, column, np.concatenate(sign))
        serving = np.searchsorted(row[0], by)  # among those that exceed their most, which come first
        others = Terms(SHORTFALL, served, column[serving], -np.ones(len(served)))
        made.append(replace(rule, terms=(*rule.terms, own, others)))
        keys += [f"{rule.rule} {key}" for key in rule.keys[rows_of]]
        upper.append(np.concatenate(missed))
        objectives.append(Objective(rule.rule, SHORTFALL, column, np.full(len(column), -prices[rule.rule])))
    most_missed = np.concatenate([np.zeros(0), *upper])
    shortfalls = Columns(SHORTFALL, np.asarray(keys, dtype=object), np.zeros(count), most_missed, False)
    return made, shortfalls, objectives


def empty(rule: str) -> Rows:
    """Return a block without rows, for a rule that is switched off or has nothing to couple."""
    return Rows(rule, np.zeros(0, dtype=object), (), np.zeros(0), np.zeros(0))


def at_least(rule: str, key: str, objectives: Sequence[Objective], least: float) -> Rows:
    """Return one row: the points of these objectives together are at least this many."""
    terms = []
    for each in objectives:
        some = np.flatnonzero(each.points)
        terms.append(Terms(each.variable, np.zeros(len(some), np.int64), each.column[some], each.points[some]))
    return Rows(rule, np.array([key], dtype=object), tuple(terms), np.array([least]), np.array([np.inf]))


def restated(
    model: Model,
    objectives: Sequence[Objective],
    *,
    columns: Sequence[Columns] = (),
    rows: Sequence[Rows] = (),
) -> Model:
    """Return a model with other objectives, and some columns and rows more, which stand after its own."""
    return assemble([*model.blocks, *columns], [*model.rules, *rows], objectives)


def _ints(values: pd.Series) -> Ints:
    return values.to_numpy(dtype=np.int64)


def assemble(blocks: Sequence[Columns], rules: Sequence[Rows], objectives: Sequence[Objective]) -> Model:
    """Return the programme of these blocks; order of rules changes only the order of rows."""
    width = sum(len(block.keys) for block in blocks)
    first: Mapping[str, int] = dict(
        zip(
            (block.variable for block in blocks),
            np.cumsum([0, *(len(block.keys) for block in blocks)]).tolist(),
            strict=False,
        )
    )
    row, column, value = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0)]
    height = 0
    for rows in rules:
        for terms in rows.terms:
            row.append(terms.row + height)
            column.append(terms.column + first[terms.variable])
            value.append(terms.value)
        height += len(rows.keys)
    A = scipy.sparse.csr_matrix(
        (np.concatenate(value), (np.concatenate(row), np.concatenate(column))), shape=(height, width)
    )
    c = np.zeros(width)
    for objective in objectives:
        np.add.at(c, objective.column + first[objective.variable], objective.points)
    none = np.zeros(0)
    return Model(
        blocks=tuple(blocks),
        rules=tuple(rules),
        c=c,
        A=A,
        lo=np.concatenate([none, *(rows.lo for rows in rules)]),
        hi=np.concatenate([none, *(rows.hi for rows in rules)]),
        lower=np.concatenate([none, *(block.lower for block in blocks)]),
        upper=np.concatenate([none, *(block.upper for block in blocks)]),
        integer=np.concatenate([none, *(np.full(len(block.keys), block.integer) for block in blocks)]).astype(bool),
        objectives=tuple(objectives),
    )
