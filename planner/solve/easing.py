"""The least that mends what cannot hold together: which demands to lift or to loosen, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.model.blocks import Columns, Model, Objective, Rows, Terms, assemble, columns
from planner.solve import exact
from planner.solve.conflicting import STEPS, Demands
from planner.solve.exact import Look, nobody, watcher

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
PART, USED, AMOUNT = "part", "used", "amount"
"""Columns of the model; levers used; amounts by which rows are loosened."""


@dataclass(frozen=True)
class Lever:
    """One thing that may be changed.

    Attributes
    ----------
    demands : tuple of int
        That it lifts or loosens.
    price : float
        Of using it at all.
    by_unit : float
        Price of each unit by which its rows are loosened; infinite where they are lifted.
    alike : bool
        Whether all its rows are loosened by the same amount.
    whole : bool
        Whether an amount is a whole number.
    """

    demands: tuple[int, ...]
    price: float
    by_unit: float = np.inf
    alike: bool = True
    whole: bool = False


@dataclass(frozen=True)
class Eased:
    """Levers used, columns that keep all else, what it costs, and whether nothing else costs less."""

    used: Flags
    x: Floats
    price: float
    least: bool


def eased(
    demands: Demands, levers: Sequence[Lever], others: Sequence[Flags], seconds: float, look: Look = nobody
) -> Eased | None:
    r"""Return the cheapest levers with which all demands can be kept; None where there are none, or time runs out.

    Minimise $\sum_l p_l d_l + \sum_s q_s s$ where a row of a lever that lifts is $a x \le h + M d_l$, one of a lever
    that loosens $a x \le h + s,\ s \le M d_l$, and a column shut by a demand is $x_j \le d_l$; $M$ is the most by which
    the row can be missed at all.

    Parameters
    ----------
    demands : Demands
    levers : sequence of Lever
    others : sequence of ndarray of bool, shape (n_levers,)
        Levers of other answers: not all of one of these are used together.
    seconds : float
    look : callable, optional
    """
    look()
    model, count = demands.model, len(levers)
    lever_of = np.full(demands.count + 1, -1)  # the last is of what is given
    for number, lever in enumerate(levers):
        lever_of[list(lever.demands)] = number
    within = demands.within(np.ones(demands.count, dtype=bool), ajar=lever_of[:-1] >= 0)
    part, shut = within.of(model), demands.shut[:, within.columns].tocoo()
    by = lever_of[shut.row]
    upper = part.upper.copy()
    upper[shut.col[by < 0]] = 0.0
    own = Columns(PART, np.arange(len(upper), dtype=object), part.lower, upper, part.integer)
    sided, loose = _sides(part, lever_of[demands.of_row[within.rows]], own, levers)
    door = shut.col[by >= 0], by[by >= 0]
    row, ones = np.arange(len(door[0])), np.ones(len(door[0]))
    opened = (Terms(PART, row, door[0], ones), Terms(USED, row, door[1], -ones))
    answer, used = np.nonzero(np.array(others, dtype=bool).reshape(len(others), count))
    again = (Terms(USED, answer, used, np.ones(len(answer))),)
    fewer = np.bincount(answer, minlength=len(others)).astype(float) - 1.0
    rows = [*sided, _at_most("opened", opened, 0.0 * ones), _at_most("again", again, fewer)]
    price = np.array([each.price for each in levers])
    points = [Objective("used", USED, np.arange(count), -price), loose.points]
    whole = assemble([own, columns(USED, range(count)), loose.amounts], rows, points)
    found = exact.search(whole, gap=0.0, effort=STEPS, time_limit_s=seconds, seed=1, threads=1, watch=watcher(look))
    if found.x is None:
        return None
    x = np.zeros(len(model.c))
    x[within.columns] = found.x[: len(upper)]
    return Eased(found.x[whole.columns_of(USED)] > 0.5, x, -float((whole.c * found.x).sum()), found.ended == "gap")


@dataclass(frozen=True)
class _Loose:
    """Amounts by which rows are loosened, and what they cost."""

    amounts: Columns
    points: Objective


def _sides(part: Model, of_row: Ints, own: Columns, levers: Sequence[Lever]) -> tuple[list[Rows], _Loose]:
    """Return each bound of each row as a row, lifted or loosened by its lever, and the amounts of these."""
    below, above = np.flatnonzero(np.isfinite(part.hi)), np.flatnonzero(np.isfinite(part.lo))
    row, sign = np.r_[below, above], np.r_[np.ones(len(below)), -np.ones(len(above))]  # sign a x <= bound
    bound = np.r_[part.hi[below], -part.lo[above]]
    entries = part.A[row].multiply(sign[:, None]).tocoo()
    reach = np.maximum(entries.data * own.lower[entries.col], entries.data * own.upper[entries.col])
    miss = np.bincount(entries.row, reach, len(row)) - bound
    lever = of_row[row]
    eased_rows = np.flatnonzero((lever >= 0) & (miss > 0))
    lifts = np.isinf([one.by_unit for one in levers])[lever[eased_rows]]
    lifted, loosened = eased_rows[lifts], eased_rows[~lifts]
    alike = np.array([one.alike for one in levers], dtype=bool)[lever[loosened]]
    _, first, amount = np.unique(
        np.where(alike, -1 - lever[loosened], loosened), return_index=True, return_inverse=True
    )
    of_amount = lever[loosened][first]
    most = np.zeros(len(first))
    np.maximum.at(most, amount, miss[loosened])
    each = np.arange(len(first))
    terms = (
        Terms(PART, entries.row, entries.col, entries.data),
        Terms(USED, lifted, lever[lifted], -miss[lifted]),
        Terms(AMOUNT, loosened, amount, -np.ones(len(loosened))),
    )
    linked = (Terms(AMOUNT, each, each, np.ones(len(each))), Terms(USED, each, of_amount, -most))
    whole = np.array([one.whole for one in levers], dtype=bool)[of_amount]
    amounts = Columns(AMOUNT, each.astype(object), np.zeros(len(each)), most, whole)
    by_unit = np.array([one.by_unit for one in levers])[of_amount]
    rows = [_at_most("sides", terms, bound), _at_most("linked", linked, np.zeros(len(each)))]
    return rows, _Loose(amounts, Objective("loosened", AMOUNT, each, -by_unit))


def _at_most(rule: str, terms: tuple[Terms, ...], most: Floats) -> Rows:
    return Rows(rule, np.arange(len(most), dtype=object), terms, np.full(len(most), -np.inf), most)
