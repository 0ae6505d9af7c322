"""What cannot hold together: of all that is asked of a model, as little as already has no plan.

A model is parted into what is given (what placing means, what variables are) and what is asked: rows under a rule and a
key, and columns kept at 0 by a lock or a ban. A solver's own conflict sets explain relaxations only; so the relaxation
is the first cut, and the rest is QuickXplain (Junker 2004) over questions to branch and bound, each over those columns
alone that might have to be above 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from planner.model import Model
from planner.solve import exact
from planner.solve.exact import Look, nobody, watcher

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
GIVEN = -1
"""Stands for the rows that are given."""
MISSED = 1e-6
"""By how much all rows together must be missed in the relaxation to call it infeasible; and prices that are none."""
STEPS = 20_000
"""Steps of one search at most."""


@dataclass(frozen=True)
class Demands:
    """A model, and what is asked in it.

    Attributes
    ----------
    model : Model
    of_row : ndarray of int, shape (n_rows,)
        Which demand each row belongs to; `GIVEN` for what is given.
    shut : csr_matrix of shape (n_demands, n_columns)
        1 where a demand keeps a column at 0.
    """

    model: Model
    of_row: Ints
    shut: Any

    @classmethod
    def of(cls, model: Model, of_row: Ints, shut: Sequence[Ints], count: int) -> Demands:
        """Return so many demands, of which the first keep columns at 0, given by their numbers."""
        begins = np.cumsum([0, *map(len, shut), *[0] * (count - len(shut))])
        columns = np.concatenate([np.zeros(0, np.int64), *shut])
        matrix = scipy.sparse.csr_matrix((np.ones(len(columns)), columns, begins), shape=(count, len(model.c)))
        return cls(model, of_row, matrix)

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.shut.shape[0])

    def upper(self, kept: Flags) -> Floats:
        """Return what columns are at most, where some demands keep theirs at 0."""
        return np.where(self.shut.T @ kept.astype(float) > 0, 0.0, self.model.upper)

    def within(self, kept: Flags, ajar: Flags | None = None) -> Within:
        """Return the rows of what is given and of some demands, over the columns that might have to be above 0.

        Parameters
        ----------
        kept : ndarray of bool, shape (n_demands,)
        ajar : ndarray of bool, shape (n_demands,), optional
            Of these, demands that leave their columns open all the same.
        """
        shutting = kept if ajar is None else kept & ~ajar
        rows = np.flatnonzero(np.append(kept, True)[self.of_row])
        matrix = self.model.A[rows].tocoo()
        lo, hi = self.model.lo[rows], self.model.hi[rows]
        touched, columns = _needed(matrix, lo, hi, self.model.lower > 0, self.upper(shutting) > 0)
        return Within(rows[touched], np.flatnonzero(columns))


@dataclass(frozen=True)
class Within:
    """Rows and columns of a model, by number: with all other columns at 0 the other rows hold."""

    rows: Ints
    columns: Ints

    def of(self, model: Model, points: Floats | None = None) -> Model:
        """Return that part of a model, with points for its columns (none by default)."""
        return replace(
            model, A=model.A[self.rows][:, self.columns], lo=model.lo[self.rows], hi=model.hi[self.rows],
            lower=model.lower[self.columns], upper=model.upper[self.columns], integer=model.integer[self.columns],
            c=np.zeros(len(self.columns)) if points is None else points, c0=0.0, blocks=(), rules=(), objectives=(),
        )  # fmt: skip


def _needed(matrix: Any, lo: Floats, hi: Floats, above: Flags, open_: Flags) -> tuple[Flags, Flags]:
    """Return the rows that matter and the columns that might have to be above 0 for their sake.

    Rows that 0 does not keep matter, and rows with a column that might be above 0. In a row that matters, so might each
    column that helps it: one that adds to a least, or takes from a most. All other columns can be put to 0 in any plan,
    which then keeps all rows still.
    """
    entry = open_[matrix.col] & (matrix.data != 0)
    row, column, value = matrix.row[entry], matrix.col[entry], matrix.data[entry]
    helps = (np.isfinite(lo)[row] & (value > 0)) | (np.isfinite(hi)[row] & (value < 0))
    matters, needed = (lo > 0) | (hi < 0), above.copy()
    while True:
        before = matters.sum() + needed.sum()
        matters[row[needed[column]]] = True
        needed[column[helps & matters[row]]] = True
        if matters.sum() + needed.sum() == before:
            return matters, needed


def plan_under(demands: Demands, kept: Flags, seconds: float, look: Look = nobody) -> tuple[Floats | None, bool]:
    """Return columns that keep some demands (the others at 0), and whether, without any, there surely are none."""
    look()
    model, within = demands.model, demands.within(kept)
    columns = np.zeros(len(model.c))
    if not len(within.rows):
        return columns, True
    part = within.of(replace(model, upper=demands.upper(kept)))
    unmet = np.diff(part.A.indptr) == 0
    if unmet.any():  # rows that nothing is left to keep
        return None, True
    found = exact.search(part, gap=0.0, effort=STEPS, time_limit_s=seconds, seed=1, threads=1, watch=watcher(look))
    if found.x is None:
        return None, found.ended == "infeasible"
    columns[within.columns] = found.x
    return columns, True


@dataclass(frozen=True)
class Conflict:
    """Demands that cannot hold together, and whether each of them is needed for that: without it the others can."""

    demands: Ints
    reduced: bool


def conflict_among(demands: Demands, seconds_left: Callable[[], float], look: Look = nobody) -> Conflict | None:
    """Return demands that cannot hold together, as few as the time allows; None where all can, or nobody knows.

    Parameters
    ----------
    demands : Demands
        Those named first are kept in preference: what can be explained by them is.
    seconds_left, look : callable
    """
    sure = True

    def hopeless(kept: Sequence[int]) -> bool:
        nonlocal sure
        chosen = np.zeros(demands.count, dtype=bool)
        chosen[list(kept)] = True
        left = seconds_left()
        columns, known = plan_under(demands, chosen, left, look) if left > 0 else (None, False)
        sure &= known
        return columns is None and known

    every = list(range(demands.count))
    if not hopeless(every):
        return None
    if hopeless([]):
        return Conflict(np.zeros(0, np.int64), reduced=True)
    cut = _of_relaxation(demands, seconds_left(), look)
    candidates = cut if len(cut) and hopeless(cut) else every
    found = _explained(hopeless, [], fresh=False, among=candidates)
    return Conflict(np.array(sorted(found), dtype=np.int64), sure)


def _explained(
    hopeless: Callable[[Sequence[int]], bool], base: list[int], *, fresh: bool, among: list[int]
) -> list[int]:
    """Return what of some demands is needed for no plan to be left beside a base, by halves (QuickXplain)."""
    if fresh and hopeless(base):
        return []
    if len(among) <= 1:
        return among
    first, second = among[: len(among) // 2], among[len(among) // 2 :]
    of_second = _explained(hopeless, base + first, fresh=True, among=second)
    of_first = _explained(hopeless, base + of_second, fresh=bool(of_second), among=first)
    return of_first + of_second


def _of_relaxation(demands: Demands, seconds: float, look: Look) -> list[int]:
    """Return demands that the relaxation alone cannot keep together; none where it can keep all.

    Each row may be missed, and each column shut be opened, at one point a unit; what has a price where the least is
    lost proves that something must be (Farkas).
    """
    model, every = demands.model, np.ones(demands.count, dtype=bool)
    within = demands.within(every, ajar=every)
    shut = (demands.shut.T @ every.astype(float) > 0)[within.columns]
    asked = np.flatnonzero(demands.of_row[within.rows] != GIVEN)
    part = within.of(model, points=-shut.astype(float))
    sides = [(np.isfinite(part.hi[asked]), -1.0), (np.isfinite(part.lo[asked]), 1.0)]
    row = np.concatenate([asked[has] for has, _ in sides])
    sign = np.concatenate([np.full(has.sum(), way) for has, way in sides])
    count = len(row)
    missed = scipy.sparse.csr_matrix((sign, (row, np.arange(count))), shape=(len(within.rows), count))
    elastic = replace(
        part, A=scipy.sparse.hstack([part.A, missed], format="csr"), c=np.concatenate([part.c, -np.ones(count)]),
        lower=np.concatenate([part.lower, np.zeros(count)]), upper=np.concatenate([part.upper, np.full(count, np.inf)]),
        integer=np.zeros(len(part.c) + count, dtype=bool),
    )  # fmt: skip
    relaxed = exact.relax(elastic, threads=1, time_limit_s=seconds, watch=watcher(look))
    if not relaxed.feasible or float((elastic.c * relaxed.x).sum()) > -MISSED:
        return []
    prices = relaxed.prices
    gained = -(part.A.T @ prices)
    opened = within.columns[shut & (gained > MISSED)]
    of_rows = demands.of_row[within.rows[np.abs(prices) > MISSED]]
    of_columns = demands.shut[:, opened].nonzero()[0]
    return sorted(set(of_rows.tolist()) - {GIVEN} | set(of_columns.tolist()))
