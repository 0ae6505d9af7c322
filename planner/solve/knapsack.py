"""One row of whole numbers packed by dynamic programming (Bellman; Martello & Toth, Knapsack Problems, 1990, §2.6).

The arithmetic is compiled (numba).
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
ROOM = 20_000
"""Room up to which a row is packed so: the table has a column for each unit of it."""


@numba.njit(cache=True, nogil=True)
def _filled(points: Floats, weight: Ints, room: int) -> Floats:
    """Return what the first k columns are worth in every room up to `room`, shape (n + 1, room + 1)."""
    most = np.zeros((len(points) + 1, room + 1))
    for k in range(len(points)):
        most[k + 1] = most[k]
        if points[k] > 0:
            for r in range(weight[k], room + 1):
                most[k + 1, r] = max(most[k, r], most[k, r - weight[k]] + points[k])
    return most


@numba.njit(cache=True, nogil=True)
def best(points: Floats, weight: Ints, room: int) -> tuple[float, Flags]:
    """Return the best packing of one row of whole numbers: its worth, and which columns it takes."""
    most, taken = _filled(points, weight, room), np.zeros(len(points), np.bool_)
    for k in range(len(points) - 1, -1, -1):
        if most[k + 1, room] > most[k, room]:
            taken[k] = True
            room -= weight[k]
    return most[-1, -1], taken


@numba.njit(cache=True, nogil=True)
def forced(points: Floats, weight: Ints, room: int) -> tuple[float, Floats]:
    """Return the worth of the best packing, and of the best with each column in it (−inf where it does not fit)."""
    before, after = _filled(points, weight, room), _filled(points[::-1], weight[::-1], room)
    worth, count = np.full(len(points), -np.inf), len(points)
    for k in range(count):
        for r in range(room - weight[k] + 1):
            both = before[k, r] + after[count - 1 - k, room - weight[k] - r]
            worth[k] = max(worth[k], both + points[k])
    return before[-1, -1], worth


@numba.njit(cache=True, nogil=True)
def better(points: Floats, weight: Ints, room: int, least: float) -> tuple[float, Flags]:
    """Return the best packing worth more than `least`, and its worth; `least` and no columns where there is none.

    Dantzig's bound less what a column loses by being taken, or left, against it settles most columns at once (Martello
    & Toth, §2.2.3); the rest are packed by dynamic programming in the room that is left.
    """
    order = np.argsort(-points / np.maximum(weight, 1), kind="mergesort")
    left, most, at = room, 0.0, len(order)
    for k in range(len(order)):
        if weight[order[k]] > left:
            at = k
            break
        left, most = left - weight[order[k]], most + points[order[k]]
    density = points[order[at]] / weight[order[at]] if at < len(order) else 0.0
    spare = most + left * density - least
    taken, free, count = np.zeros(len(points), np.bool_), np.empty(len(points), np.int64), 0
    left, most = room, 0.0
    for k in range(len(order)):
        j = order[k]
        if abs(points[j] - density * weight[j]) < spare:
            free[count] = j
            count += 1
        elif k < at:
            taken[j] = True
            left, most = left - weight[j], most + points[j]
    if spare <= 0:
        return least, np.zeros(len(points), np.bool_)
    rest = free[:count]
    value, held = best(points[rest], weight[rest], left)
    if most + value <= least:
        return least, np.zeros(len(points), np.bool_)
    taken[rest] = held
    return most + value, taken
