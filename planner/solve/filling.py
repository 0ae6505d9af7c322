"""The arithmetic of one block's packing, compiled (numba): columns, rows and groups, whatever they mean.

Depth first over the groups, the densest first, pruned twice: by the greedy filling of one row, the sum of all (Dantzig;
Martello & Toth, Knapsack Problems, 1990, §2.2.1), and by what a column loses against prices of the block's own rows
(Lagrange; §2.2.3), which begin where they are told to and take subgradient steps of Polyak's length.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from planner.solve.rooms import FITS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
STEPS = 100
"""Subgradient steps towards the prices of a block's own rows, where none are known."""
TIE = 1e-7
"""Points by which a packing must be better to count."""


@numba.njit(cache=True, nogil=True)
def _reduced(o: int, points: Floats, begin: Ints, row: Ints, share: Floats, prices: Floats) -> float:
    worth: float = points[o]
    for k in range(begin[o], begin[o + 1]):
        worth -= prices[row[k]] * share[k]
    return worth


@numba.njit(cache=True, nogil=True)
def _fits(o: int, begin: Ints, row: Ints, share: Floats, left: Floats) -> bool:
    for k in range(begin[o], begin[o + 1]):  # noqa: SIM110 — the compiler has no generators
        if left[row[k]] < share[k] - FITS:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _take(o: int, begin: Ints, row: Ints, share: Floats, left: Floats, sign: float) -> None:
    for k in range(begin[o], begin[o + 1]):
        left[row[k]] -= sign * share[k]


@numba.njit(cache=True, nogil=True)
def _priced(
    points: Floats, first: Ints, begin: Ints, row: Ints, share: Floats, start: Floats, target: float, steps: int
) -> tuple[float, Floats]:
    """Return the Lagrangian bound and its prices after some subgradient steps of Polyak's length."""
    rows, prices, best = len(start), start.copy(), start.copy()
    bound, length, idle = np.inf, 1.0, 0
    for _ in range(steps if prices.any() else STEPS):
        total = prices.sum()
        slope = np.ones(rows)
        for q in range(len(first) - 1):
            most, chosen = 0.0, -1
            for o in range(first[q], first[q + 1]):
                if points[o] > most:
                    worth = _reduced(o, points, begin, row, share, prices)
                    if worth > most:
                        most, chosen = worth, o
            if chosen >= 0:
                total += most
                _take(chosen, begin, row, share, slope, 1.0)
        idle = 0 if total < bound - 1e-3 * (bound - target) else idle + 1
        if total < bound:
            bound = total
            best[:] = prices
        if idle >= 4:
            length, idle = length / 2, 0
        slope[(prices <= 0) & (slope > 0)] = 0.0
        steep = (slope * slope).sum()
        if steep < 1e-12 or total - target < TIE or length < 0.01:
            break
        prices = np.maximum(prices - length * (total - target) / steep * slope, 0.0)
    return bound, best


@numba.njit(cache=True, nogil=True)
def _greedy(
    points: Floats, worth: Floats, first: Ints, begin: Ints, row: Ints, share: Floats, rows: int
) -> tuple[float, Ints]:
    """Return a packing: the best columns by `worth` that fit, group by group."""
    groups = len(first) - 1
    top = np.array([worth[first[q] : first[q + 1]].max() for q in range(groups)])
    left, value, chosen = np.ones(rows), 0.0, np.full(groups, -1)
    for q in np.argsort(-top, kind="mergesort"):
        most = -np.inf
        for o in range(first[q], first[q + 1]):
            if points[o] > 0 and worth[o] > most and _fits(o, begin, row, share, left):
                most, chosen[q] = worth[o], o
        if chosen[q] >= 0:
            value += points[chosen[q]]
            _take(chosen[q], begin, row, share, left, 1.0)
    return value, chosen


@numba.njit(cache=True, nogil=True)
def _keep(value: float, packing: Ints, values: Floats, chosen: Ints) -> None:
    """Keep a packing instead of the worst of those kept, if it is better and not kept yet."""
    worst = values.argmin()
    if value > values[worst]:
        for k in range(len(values)):
            if (chosen[k] == packing).all():
                return
        values[worst] = value
        chosen[worst] = packing


@numba.njit(cache=True, nogil=True)
def filled(  # noqa: PLR0912, PLR0915 — one search, kept in one place for the compiler
    points: Floats,
    first: Ints,
    begin: Ints,
    row: Ints,
    share: Floats,
    weight: Floats,
    real: int,
    room: float,
    within: Floats,
    limit: int,
    known: float,
    count: int,
    steps: int,
) -> tuple[float, Floats, Ints, Floats, int]:
    """Return the bound, so many of the best packings, the prices of the block's own rows, and nodes.

    Of each packing what it is worth (shape (count,)) and the column chosen of each group (shape (count, n_groups); −1
    for none). A packing worth no more than `known` is none.
    """
    groups, rows = len(first) - 1, len(within)
    values, chosen = np.full(count, known), np.full((count, groups), -1)
    _keep(*_greedy(points, points, first, begin, row, share, rows), values, chosen)
    bound, prices = _priced(points, first, begin, row, share, within, values.max(), steps)
    worth = np.array([_reduced(o, points, begin, row, share, prices) for o in range(len(points))])
    _keep(*_greedy(points, worth, first, begin, row, share, rows), values, chosen)
    best = values.min()
    if bound <= best + TIE:
        return best + TIE, values, chosen, prices, 0
    # Groups by density; their columns by what they lose against the bound, without those that lose too much.
    lost, top, least, density = np.zeros(groups), np.zeros(groups), np.full(groups, np.inf), np.zeros(groups)
    for q in range(groups):
        for o in range(first[q], first[q + 1]):
            lost[q] = max(lost[q], worth[o])
            if points[o] > 0:
                top[q], least[q] = max(top[q], points[o]), min(least[q], weight[o])
        density[q] = top[q] / max(least[q], 1e-9)
    order = np.argsort(-density, kind="mergesort")
    start, column, loss = np.zeros(groups + 1, np.int64), np.zeros(len(points), np.int64), np.zeros(len(points))
    group, depth, count = np.zeros(groups, np.int64), 0, 0
    for q in order:
        open_ = count
        for o in range(first[q], first[q + 1]):
            if points[o] > 0 and lost[q] - worth[o] < bound - best:
                column[count], loss[count] = o, lost[q] - worth[o]
                count += 1
        if count > open_:
            by_loss = np.argsort(loss[open_:count], kind="mergesort")
            column[open_:count] = column[open_:count][by_loss]
            loss[open_:count] = loss[open_:count][by_loss]
            group[depth] = q
            depth += 1
            start[depth] = count
    left = np.ones(rows)
    left[real:] = np.inf  # the rounded rows follow from the real ones
    packing = np.empty(groups, np.int64)
    at, taken, gone = np.zeros(depth, np.int64), np.full(depth, -1), np.zeros(depth + 1)
    value, used, nodes, level, entering = 0.0, 0.0, 0, 0, True
    while level >= 0:
        if entering:
            nodes += 1
            if level == depth:
                if value > best:
                    packing[:] = -1
                    for j in range(depth):
                        packing[group[j]] = taken[j]
                    _keep(value, packing, values, chosen)
                    best = values.min()
                level, entering = level - 1, False
                continue
            if nodes > limit:
                break
            most, spare = value, room - used
            for j in range(level, depth):
                q = group[j]
                if least[q] <= spare:
                    most += top[q]
                    spare -= least[q]
                else:
                    most += top[q] * spare / least[q]
                    break
                if most > best + TIE:
                    break
            if most <= best + TIE or bound - gone[level] <= best + TIE:
                level, entering = level - 1, False
                continue
            at[level], taken[level] = start[level], -1
        if taken[level] >= 0:
            o = taken[level]
            _take(o, begin, row, share, left, -1.0)
            value, used, taken[level] = value - points[o], used - weight[o], -1
        entering = False
        while at[level] < start[level + 1]:
            k = at[level]
            at[level] += 1
            if bound - gone[level] - loss[k] <= best + TIE:
                at[level] = start[level + 1]
                break
            o = column[k]
            if _fits(o, begin, row, share, left):
                _take(o, begin, row, share, left, 1.0)
                value, used, taken[level] = value + points[o], used + weight[o], o
                gone[level + 1] = gone[level] + loss[k]
                entering = True
                break
        if not entering and at[level] == start[level + 1]:
            at[level] += 1
            if bound - gone[level] - lost[group[level]] > best + TIE:
                gone[level + 1] = gone[level] + lost[group[level]]
                entering = True
        level = level + 1 if entering else level - 1
    if level < 0:
        bound = values.max() + TIE
    return bound, values, chosen, prices, nodes
