"""The arithmetic of a case of knapsacks at ever new prices, compiled (numba): steps along a subgradient.

Every knapsack is packed exactly: by branch and bound (`rooms`), or by dynamic programming where that takes long.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from planner.solve import knapsack
from planner.solve.rooms import TIE, best_of, gain

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
IDLE = 12
"""Steps without a better bound after which they are halved."""
CLOSE = 1e-6
TURNS = 100
"""Of branch and bound before a knapsack goes by dynamic programming."""
AIM = 1e-3
"""Share of the bound by which what steps aim at lies below it."""


@numba.njit(cache=True, nogil=True)
def stepped(  # noqa: PLR0912, PLR0915 — one course of steps, kept in one place for the compiler
    c0: float,
    c: Floats,
    lower: Floats,
    upper: Floats,
    lo: Floats,
    hi: Floats,
    first: Ints,
    index: Ints,
    data: Floats,
    coupling: Flags,
    alone: Flags,
    begin: Ints,
    columns: Ints,
    weight: Floats,
    room: Floats,
    opening: Ints,
    now: Floats,
    enough: float,
    steps: int,
) -> tuple[float, Floats]:
    """Return the least bound and its prices, after some steps or once it is low enough.

    Parameters
    ----------
    c0, c, lower, upper, lo, hi
        Of the model.
    first, index, data
        Its matrix, row by row.
    coupling : ndarray of bool, shape (n_rows,)
        Rows that have prices.
    alone : ndarray of bool, shape (n_columns,)
        Columns in no knapsack, which open none either.
    begin, columns, weight, room
        The knapsacks, as `rooms.Rooms` has them.
    opening : ndarray of shape (n_knapsacks,)
        The column that opens each; -1 for none.
    now : ndarray of shape (n_rows,)
        Prices to begin with.
    enough : float
    steps : int
    """
    best, best_prices, length, idle = np.inf, now, 1.0, 0
    widest = 0
    for b in range(len(room)):
        widest = max(widest, begin[b + 1] - begin[b])
    group, marks = np.arange(widest), np.zeros(widest, np.bool_)
    for _ in range(steps):
        total, d, x = c0, c.copy(), np.zeros(len(c))
        for r in range(len(now)):
            if now[r] != 0:
                for k in range(first[r], first[r + 1]):
                    d[index[k]] -= data[k] * now[r]
        for j in range(len(c)):
            if alone[j]:
                x[j] = upper[j] if d[j] > 0 else lower[j]
                total += d[j] * x[j]
        for b in range(len(room)):
            o = opening[b]
            if o >= 0 and upper[o] <= 0:
                continue
            own = columns[begin[b] : begin[b + 1]]
            points, heavy = np.where(upper[own] > 0, d[own], -1.0), weight[begin[b] : begin[b + 1]]
            some = gain(points, heavy, room[b], 0, len(own))
            worth, value, taken = 0.0, 0.0, some
            if len(some):
                worth, value, taken = best_of(points[some], heavy[some], group[: len(some)], room[b], marks, TURNS)
                if worth > value + 2 * TIE:
                    most, held = knapsack.better(points[some], heavy[some].astype(np.int64), int(room[b]), value)
                    worth = most + TIE
                    if most > value:
                        taken = np.flatnonzero(held)
            if o >= 0:
                worth += d[o]
                if worth <= 0 and lower[o] <= 0:
                    continue
                x[o] = 1.0
            total += worth
            x[own[some[taken]]] = 1.0
        steep, slope = 0.0, np.zeros(len(now))
        for r in range(len(now)):
            if not coupling[r]:
                continue
            used = 0.0
            for k in range(first[r], first[r + 1]):
                used += data[k] * x[index[k]]
            side = hi[r] if now[r] > 0 or (now[r] == 0 and used > hi[r]) else lo[r]
            if now[r] != 0:
                total += now[r] * side
            elif lo[r] <= used <= hi[r]:
                continue
            if np.isfinite(side):
                slope[r] = side - used
                steep += slope[r] * slope[r]
        idle = 0 if total < best - CLOSE * abs(best) else idle + 1
        if total < best:
            best, best_prices = total, now
        if idle >= IDLE:
            length, idle, now = length / 2, 0, best_prices
        if steep == 0 or length < CLOSE or best <= enough:
            break
        now = now - length * max(total - best + AIM * abs(best), CLOSE) / steep * slope
        for r in range(len(now)):
            if (np.isinf(hi[r]) and now[r] > 0) or (np.isinf(lo[r]) and now[r] < 0):
                now[r] = 0.0
    return best, best_prices


def compiled() -> None:
    """Compile all that a case of knapsacks needs; numba keeps it beside the code, so that the first solve need not."""
    one, none, number = np.ones(1), np.zeros(1), np.zeros(1, dtype=np.int64)
    yes, ends = np.ones(1, dtype=np.bool_), np.array([0, 1])
    stepped(
        0.0, one, none, one, none, one, ends, number, one, yes, ~yes, ends, number, one, one, number - 1, none,
        -np.inf, 1,
    )  # fmt: skip
    knapsack.best(one, number + 1, 1)
    knapsack.forced(one, number + 1, 1)
