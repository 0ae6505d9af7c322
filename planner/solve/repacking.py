r"""A plan of an assignment bettered by packing a few knapsacks anew, together and exactly.

At prices :math:`\lambda` of the parts, what a plan is worth falls short of the bound by what each knapsack *loses* (its
best packing at the prices less the one it has) and by the prices of the parts left out. Near the best prices a good
plan loses next to nothing anywhere. So of some knapsacks at a time, those that hold what one of them wants, every
packing is listed that loses less than all of them together do now, and depth first over the knapsacks a packing of each
is chosen, no part twice, that together lose less. That is a neighbourhood of millions of plans, searched in well below
a millisecond, and exactly up to its limits of packings and turns (very large-scale neighbourhoods: Ahuja, Ergun, Orlin
& Punnen, Discrete Applied Mathematics 123, 2002).

The arithmetic is compiled (numba). Nothing depends on the clock.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from planner.solve.rooms import NODES, TINY, Rooms, best_of, by_value, gain, packed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
LIST = 1_000
"""Packings of a knapsack listed at most; with more, those that lose least."""
LONG = 24
"""Parts of a packing on average at most, of those listed."""
EASED = 0.6
"""Share of what a packing may lose that is left where too many are listed."""
LEAST = 1e-7
"""Points by which knapsacks must be better to be packed anew."""
NOISE = 0.02
"""Points by which what a knapsack wants is shaken, so that the same knapsacks do not meet each time."""


@numba.njit(cache=True, nogil=True)
def _shaken(state: NDArray[np.uint64]) -> float:
    """Return the next number in [0, 1) of a xorshift sequence (Marsaglia, J. Stat. Software 8, 2003)."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return float(x >> np.uint64(11)) / 9007199254740992.0


@numba.njit(cache=True, nogil=True)
def completed(
    begin: Ints, part: Ints, points: Floats, weight: Floats, knapsack: Ints, room: Floats, taken: Flags, parts: int
) -> Ints:
    """Return a plan made of packings: a part taken twice goes where it earns most; what is left of rooms is filled.

    Returns
    -------
    ndarray of int, shape (n_parts,)
        The column of each part; −1 for none.
    """
    place, left = np.full(parts, -1), room.copy()
    for k in range(len(taken)):
        if not taken[k]:
            continue
        if place[part[k]] < 0 or points[k] > points[place[part[k]]]:
            place[part[k]] = k
    for k in place:
        if k >= 0:
            left[knapsack[k]] -= weight[k]
    free, marks = np.zeros(len(points)), np.zeros(parts, np.bool_)
    for b in by_value(-left):
        for k in range(begin[b], begin[b + 1]):
            free[k] = points[k] if place[part[k]] < 0 else 0.0
        some = gain(free, weight, left[b], begin[b], begin[b + 1])
        if len(some):
            _, _, held = best_of(points[some], weight[some], part[some], left[b], marks, NODES)
            for k in some[held]:
                place[part[k]] = k
    return place


@numba.njit(cache=True, nogil=True)
def _wanting(
    seed: int, size: int, begin: Ints, part: Ints, worth: Floats, weight: Floats, knapsack: Ints, room: Floats,
    place: Ints, marks: Flags, state: NDArray[np.uint64],
) -> Ints:  # fmt: skip
    """Return some knapsacks: one, those that hold the parts it wants, those that hold what these want, and so on."""
    chosen, count, at = np.full(size, -1), 1, 0
    chosen[0] = seed
    while count < size:
        if at == count:  # none of them wants what others hold: any other
            other = int(_shaken(state) * len(room))
            if not (chosen[:count] == other).any():
                chosen[count] = other
                count += 1
            continue
        b = chosen[at]
        at += 1
        shaken = np.empty(begin[b + 1] - begin[b])
        for k in range(begin[b], begin[b + 1]):
            shaken[k - begin[b]] = worth[k] + NOISE * _shaken(state)
        own = slice(begin[b], begin[b + 1])
        some = gain(shaken, weight[own], room[b], 0, len(shaken))
        if not len(some):
            continue
        _, _, held = best_of(shaken[some], weight[own][some], part[own][some], room[b], marks, NODES)
        for k in some[held]:
            has = place[part[begin[b] + k]]
            if has >= 0 and count < size and not (chosen[:count] == knapsack[has]).any():
                chosen[count] = knapsack[has]
                count += 1
    return chosen


@numba.njit(cache=True, nogil=True)
def _above(some: Ints, worth: Floats, least: float) -> Ints:
    """Return those of some columns that are worth more."""
    kept, count = np.empty(len(some), np.int64), 0
    for k in some:
        if worth[k] > least:
            kept[count] = k
            count += 1
    return kept[:count]


@numba.njit(cache=True, nogil=True)
def _by_last(parts: Ints, last: Ints, size: int) -> tuple[Ints, Ints]:
    """Return parts in the order of the last knapsack that can take them, and where those of each begin."""
    begin, ordered = np.zeros(size + 1, np.int64), np.empty(len(parts), np.int64)
    for q in parts:
        begin[last[q] + 1] += 1
    begin = np.cumsum(begin)
    at = begin.copy()
    for q in parts:
        ordered[at[last[q]]] = q
        at[last[q]] += 1
    return ordered, begin


@numba.njit(cache=True, nogil=True)
def _listed(worth: Floats, weight: Floats, room: float, least: float, member: Ints, first: Ints, value: Floats) -> int:
    """List every packing worth so much; return how many there are, −1 where they are too many.

    Columns stand in the order of worth per weight, so that Dantzig's bound tells which choices can still reach it.
    """
    count, found, end, depth, j, total, turns = len(worth), 0, 0, 0, 0, 0.0, 0
    stack = np.zeros(count + 1, np.int64)
    while True:
        turns += 1
        most, spare, i = total, room, j
        while i < count and worth[i] > 0:
            if weight[i] > spare:
                most += spare * worth[i] / weight[i]
                break
            most, spare, i = most + worth[i], spare - weight[i], i + 1
        if most >= least and j < count:
            if weight[j] <= room:
                stack[depth], room, total = j, room - weight[j], total + worth[j]
                depth += 1
            j += 1
            continue
        if most >= least:
            if found == len(value) or end + depth > len(member) or turns > 200 * len(value):
                return -1
            member[end : end + depth] = stack[:depth]
            first[found], value[found] = end, total
            found, end = found + 1, end + depth
            first[found] = end
        if depth == 0:
            return found
        depth -= 1
        j = stack[depth]
        room, total = room + weight[j], total - worth[j]
        j += 1


@numba.njit(cache=True, nogil=True)
def _packings(
    some: Ints, part: Ints, worth: Floats, weight: Floats, room: float, best: float, slack: float, most: int,
    member: Ints, begin: Ints, loss: Floats, at: int,
) -> int:  # fmt: skip
    """List the packings of some columns from number `at` on: members, where they begin, losses, the least first.

    Returns
    -------
    int
        The number after the last.
    """
    listed, first, value = np.zeros(most * LONG, np.int64), np.zeros(most + 1, np.int64), np.zeros(most)
    count, columns = -1, some
    while count < 0 and slack > LEAST:
        columns = _above(some, worth, -slack)
        columns = columns[by_value(-worth[columns] / np.maximum(weight[columns], TINY))]
        count = _listed(worth[columns], weight[columns], room, best - slack - LEAST, listed, first, value)
        slack *= EASED
    for k in by_value(-value[: max(count, 0)]):
        twice, end = False, begin[at]
        for i in range(first[k], first[k + 1]):
            member[end] = columns[listed[i]]
            for j in range(begin[at], end):
                twice |= part[member[j]] == part[member[end]]
            end += 1
        if not twice:
            loss[at] = best - value[k]
            at += 1
            begin[at] = end
    return at


@numba.njit(cache=True, nogil=True)
def _mark(marks: Flags, part: Ints, member: Ints, low: int, high: int, on: bool) -> None:
    for i in range(low, high):
        marks[part[member[i]]] = on


@numba.njit(cache=True, nogil=True)
def _together(  # noqa: PLR0912 — one search, kept in one place for the compiler
    member: Ints, begin: Ints, loss: Floats, first: Ints, part: Ints, prices: Floats, late: Ints, late_begin: Ints,
    below: float, marks: Flags, limit: int,
) -> Ints:  # fmt: skip
    """Return which packing of each knapsack to take, no part twice, so that all lose least; none unless below a sum.

    Those of the g-th are `first[g]` to `first[g + 1]`. Parts that no later knapsack can take (`late`) lose their price
    where they are left out.
    """
    deep = len(first) - 1
    at, lost, chosen, level, turns = first[:-1] - 1, np.zeros(deep + 1), np.zeros(0, np.int64), 0, 0
    while level >= 0:
        if at[level] >= first[level]:
            _mark(marks, part, member, begin[at[level]], begin[at[level] + 1], False)
        if turns > limit:
            for low in range(level):
                _mark(marks, part, member, begin[at[low]], begin[at[low] + 1], False)
            break
        enters = False
        for k in range(at[level] + 1, first[level + 1]):
            turns += 1
            total = lost[level] + loss[k]
            if total >= below:
                break
            fits = True
            for i in range(begin[k], begin[k + 1]):
                if marks[part[member[i]]]:
                    fits = False
                    break
            if not fits:
                continue
            _mark(marks, part, member, begin[k], begin[k + 1], True)
            for i in range(late_begin[level], late_begin[level + 1]):
                if not marks[late[i]]:
                    total += prices[late[i]]
            if total < below:
                at[level], lost[level + 1], enters = k, total, True
                break
            _mark(marks, part, member, begin[k], begin[k + 1], False)
        if not enters:
            at[level] = first[level] - 1
            level -= 1
        elif level == deep - 1:
            below, chosen = lost[deep] - LEAST, at.copy()
        else:
            level += 1
    return chosen


@numba.njit(cache=True, nogil=True)
def repacked(  # noqa: PLR0912 — likewise
    seeds: Ints, size: int, most: int, limit: int, begin: Ints, part: Ints, points: Floats, weight: Floats,
    knapsack: Ints, room: Floats, prices: Floats, place: Ints, state: NDArray[np.uint64],
) -> float:  # fmt: skip
    """Better a plan in place: pack so many knapsacks together, around each of some; return the points gained.

    Parameters
    ----------
    seeds : ndarray of int
        Knapsacks around which others are chosen, one after another.
    size, most, limit : int
        Knapsacks packed together; packings listed of each, and turns of the search through them, at most.
    begin, part, points, weight, knapsack, room
        The assignment (`Assignment`), in the order of its columns.
    prices : ndarray of shape (n_parts,)
    place : ndarray of int, shape (n_parts,)
        The plan: the column of each part (−1: none). Changed.
    state : ndarray of uint64, shape (1,)
        Of the random sequence. Changed.
    """
    worth, marks, last = points - prices[part], np.zeros(len(prices), np.bool_), np.full(len(prices), -1)
    within, gained = np.zeros(len(room), np.bool_), 0.0
    size = min(size, len(room))
    member, starts = np.zeros(size * most * LONG, np.int64), np.zeros(size * most + 1, np.int64)
    loss, best = np.zeros(size * most), np.zeros(size)
    first, ends = np.zeros(size + 1, np.int64), np.zeros(size + 1, np.int64)
    for seed in seeds:
        group = _wanting(seed, size, begin, part, worth, weight, knapsack, room, place, marks, state)
        within[group] = True
        width = 0
        for b in group:
            width += begin[b + 1] - begin[b]
        free = np.empty(width, np.int64)
        parts, count, known, now, bound = np.empty(width, np.int64), 0, 0, 0.0, 0.0
        for g in range(size):
            b = group[g]
            for k in range(begin[b], begin[b + 1]):
                has = place[part[k]]
                if weight[k] <= room[b] and (has < 0 or within[knapsack[has]]):
                    free[known] = k
                    known += 1
                    if last[part[k]] < 0:
                        parts[count] = part[k]
                        count += 1
                        bound += prices[part[k]]
                        now += points[has] if has >= 0 else 0.0
                    last[part[k]] = g
            ends[g + 1] = known
        best[:] = 0.0
        for g in range(size):
            own = _above(free[ends[g] : ends[g + 1]], worth, 0.0)
            if len(own):
                _, best[g], _ = best_of(worth[own], weight[own], part[own], room[group[g]], marks, NODES)
        slack = bound + best.sum() - now
        if slack > LEAST:
            for g in range(size):
                first[g + 1] = _packings(
                    free[ends[g] : ends[g + 1]], part, worth, weight, room[group[g]], best[g], slack, most, member,
                    starts, loss, first[g],
                )  # fmt: skip
            late, late_begin = _by_last(parts[:count], last, size)
            chosen = _together(member, starts, loss, first, part, prices, late, late_begin, slack - LEAST, marks, limit)
            if len(chosen):
                for q in parts[:count]:
                    if place[q] >= 0:
                        gained -= points[place[q]]
                        place[q] = -1
                for g in range(size):
                    for k in member[starts[chosen[g]] : starts[chosen[g] + 1]]:
                        place[part[k]] = k
                        gained += points[k]
        last[parts[:count]] = -1
        within[group] = False
    return gained


def compiled() -> None:
    """Compile, with what packs many knapsacks; numba keeps it beside the code."""
    zero, one, ends = np.zeros(1, np.int64), np.ones(1), np.array([0, 1])
    taken = packed(Rooms(zero, ends, zero, one, one, zero), one).taken
    place = completed(ends, zero, one, one, zero, one, taken, 1)
    repacked(zero, 1, 1, 1, ends, zero, one, one, zero, one, one, place, np.ones(1, np.uint64))
