r"""Many knapsacks at once: the best packing of each, at any points, one after another in compiled arrays.

A block with one limit and nothing to open is a knapsack: of its columns the best that fit together, at most one of each
group (a part goes to one place). Depth first in the order of points per weight, pruned by Dantzig's bound: what is left
of the room, at the density of the next column (Martello & Toth, Knapsack Problems, 1990, §2.5). A thousand of a few
hundred columns take some milliseconds, which is what makes hundreds of price steps, and a proof, affordable.

The arithmetic is compiled (numba); weights need not be whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np
from numpy.typing import NDArray

from planner.solve import knapsack

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
FITS = 1e-9
"""Share of its room by which a packing may overfill a knapsack: on the safe side for a bound."""
TINY = 1e-12
TIE = 1e-9
"""Points by which a packing must be better to count."""
NODES = 100_000
"""Turns after which a knapsack is left with Dantzig's bound instead of its best packing."""
FEW = 500
"""Turns there are before a dynamic programme at least."""
SHARE = 200
"""Entries of the table of a dynamic programme for each turn there is before it: one takes as long as so many."""


@dataclass(frozen=True)
class Rooms:
    """Knapsacks, column by column.

    Attributes
    ----------
    columns : ndarray of shape (n,)
        Of the model, knapsack by knapsack.
    begin : ndarray of shape (n_knapsacks + 1,)
        Where each knapsack begins.
    group : ndarray of shape (n,)
        Counted from 0; at most one column of a group is chosen.
    weight : ndarray of shape (n,)
    room : ndarray of shape (n_knapsacks,)
    block : ndarray of shape (n_knapsacks,)
        Which block of the model each is.
    """

    columns: Ints
    begin: Ints
    group: Ints
    weight: Floats
    room: Floats
    block: Ints

    def __len__(self) -> int:
        return len(self.room)

    @cached_property
    def whole(self) -> Flags:
        """Which are of whole numbers and of columns that do not exclude each other: a dynamic programme packs them."""
        single = [len(np.unique(own)) == len(own) for own in np.split(self.group, self.begin[1:-1])]
        odd = np.repeat(np.arange(len(self)), np.diff(self.begin))[self.weight != np.round(self.weight)]
        even = np.bincount(odd, minlength=len(self)) == 0
        return np.asarray(np.array(single, dtype=bool) & even & (self.room <= knapsack.ROOM))

    @cached_property
    def turns(self) -> Ints:
        """Of branch and bound, for each."""
        table = np.diff(self.begin) * self.room
        return np.where(self.whole, np.maximum(table / SHARE, FEW), NODES).astype(np.int64)


@dataclass(frozen=True)
class Packed:
    """Of each knapsack what no packing exceeds and what its best one is worth; of each column whether it is taken."""

    bound: Floats
    value: Floats
    taken: Flags


def packed(rooms: Rooms, points: Floats, *, spare: float = 0.0) -> Packed:
    """Return the best packing of each knapsack.

    Parameters
    ----------
    rooms : Rooms
    points : ndarray of shape (n,)
        Of each column of `rooms`, in its order; −inf for one that must not be chosen.
    spare : float
        Share of its room by which a packing may overfill a knapsack.
    """
    begin, room = rooms.begin, rooms.room * (1 + spare)
    bound, value, taken = _packed(begin, rooms.group, rooms.weight, room, points, rooms.turns)
    for b in np.flatnonzero((bound > value + 2 * TIE) & rooms.whole):
        own = slice(begin[b], begin[b + 1])
        value[b], taken[own] = knapsack.best(points[own], rooms.weight[own].astype(np.int64), int(room[b]))
        bound[b] = value[b] + TIE
    return Packed(bound, value, taken)


@numba.njit(cache=True, nogil=True)
def by_value(values: Floats) -> Ints:
    """Return the order of values, the least first, equal ones as they stand."""
    return np.argsort(values, kind="mergesort")


@numba.njit(cache=True, nogil=True)
def best_of(
    points: Floats, weight: Floats, group: Ints, room: float, marks: Flags, limit: int
) -> tuple[float, float, Ints]:
    """Return bound, value and members of the best packing of one knapsack; `marks` is clear by group, and left so."""
    order = by_value(-points / np.maximum(weight, TINY))
    worth, heavy, of = points[order], np.maximum(weight[order], TINY), group[order]
    count, stack, depth, j, turns = len(order), np.zeros(len(order), np.int64), 0, 0, 0
    value, left, best, held = 0.0, room, 0.0, np.zeros(0, np.int64)
    bound = np.inf
    while True:
        while j < count:
            if heavy[j] <= left and not marks[of[j]]:
                left, value, stack[depth] = left - heavy[j], value + worth[j], j
                marks[of[j]] = True
                depth, j = depth + 1, j + 1
            elif value + left * worth[j] / heavy[j] <= best + TIE:
                break
            else:
                j += 1
        if value > best:
            best, held = value, stack[:depth].copy()
        turns += 1
        again = False
        while depth > 0:
            depth -= 1
            i = stack[depth]
            left, value = left + heavy[i], value - worth[i]
            marks[of[i]] = False
            if i + 1 < count and value + left * worth[i + 1] / heavy[i + 1] > best + TIE:
                j, again = i + 1, True
                break
        if not again:
            bound = best + TIE
            break
        if turns > limit:
            for k in range(depth):
                marks[of[stack[k]]] = False
            bound = _dantzig(worth, heavy, room)
            break
    return bound, best, order[held]


@numba.njit(cache=True, nogil=True)
def _dantzig(worth: Floats, weight: Floats, room: float) -> float:
    total: float = 0.0
    for j in range(len(worth)):
        if weight[j] > room:
            total += room * worth[j] / weight[j]
            break
        total, room = total + worth[j], room - weight[j]
    return total


@numba.njit(cache=True, nogil=True)
def gain(points: Floats, weight: Floats, room: float, low: int, high: int) -> Ints:
    """Return which columns of one knapsack can gain: positive, and light enough."""
    some, count = np.empty(high - low, np.int64), 0
    for k in range(low, high):
        if points[k] > 0 and weight[k] <= room:
            some[count] = k
            count += 1
    return some[:count]


@numba.njit(cache=True, nogil=True)
def _packed(
    begin: Ints, group: Ints, weight: Floats, room: Floats, points: Floats, turns: Ints
) -> tuple[Floats, Floats, Flags]:
    count = len(room)
    bound, value, taken = np.zeros(count), np.zeros(count), np.zeros(len(points), np.bool_)
    marks = np.zeros(group.max() + 1 if len(group) else 0, np.bool_)
    for b in range(count):
        some = gain(points, weight, room[b], begin[b], begin[b + 1])
        if len(some):
            bound[b], value[b], held = best_of(points[some], weight[some], group[some], room[b], marks, turns[b])
            taken[some[held]] = True
    return bound, value, taken
