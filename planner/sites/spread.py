r"""Units spread over several buildings of one complex (同一综合体): a run of floors in each.

As within one building, all floors are taken whole but one, and that one is the end of its run: what a part asks is
then held exactly, whichever floors it takes. Every such unit is listed where there are few; of more, for each set of
buildings, those of fewest floors that break up least of what is left free (a run in the middle of free floors leaves
two pieces, one at their end leaves one).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from planner.sites.stacks import Flags, Floats, Ints, Stacks

COMBINED = 2_000_000
"""Combinations of runs in one set of buildings, at most; of more only those of runs at an end of free floors."""
SETS = 500
"""Sets of buildings of one complex looked at for each part, at most: those of fewest buildings first."""
TIE_M2 = 1e-6
"""Less is nothing left to ask."""
SIDES = (-1, 1)
"""Below and above."""


@dataclass(frozen=True)
class Spread:
    """Which parts may be spread over which buildings.

    Attributes
    ----------
    buildings_max : ndarray of float, shape (n_parts,)
        Most buildings of a part; NaN for one alone.
    complexes : DataFrame
        Of each floor ``complex`` (empty for none) and ``park``.
    each_max : int
        Most units listed for each part in each set of buildings.
    """

    buildings_max: Floats
    complexes: pd.DataFrame
    each_max: int


@dataclass(frozen=True)
class Pieces:
    """Runs of floors that make units: their part by unit; the unit, first and last floor of each run.

    The last run of a unit ends on its partial floor; all others are whole.
    """

    part: Ints
    unit: Ints
    first: Ints
    last: Ints


@dataclass(frozen=True)
class _Runs:
    """Runs of one building that one part may use.

    Attributes
    ----------
    first, last : ndarray of int, shape (n_runs,)
        Floors; the last is the partial one, where there is one.
    held : ndarray of float
        What the whole floors hold, as it counts towards what is asked.
    fewest, most : ndarray of float
        What the partial floor must hold, and can.
    broken : ndarray of int
        On how many sides, above and below, free floors are next to it.
    """

    first: Ints
    last: Ints
    held: Floats
    fewest: Floats
    most: Floats
    broken: Ints

    def at_an_end(self) -> _Runs:
        """Return those at an end of free floors."""
        rows = self.broken < len(SIDES)
        return _Runs(*(getattr(self, item.name)[rows] for item in fields(self)))


def spread(stacks: Stacks, floors_max: int, over: Spread) -> tuple[Pieces, frozenset[tuple[str, str]]]:
    """Return the units of parts that may be spread; and the complexes, with their park, where not all were listed."""
    none = np.zeros(0, dtype=np.int64)
    found = [(none, none, none, none)]
    unlisted = set()
    several: list[int] = np.flatnonzero((over.buildings_max > 1) & np.isfinite(stacks.asked)).tolist()
    complexes = over.complexes.reset_index(drop=True)
    complexes = complexes[complexes["complex"] != ""]
    for key, of in complexes.groupby(["complex", "park"]) if several else ():
        floors = of.index.to_numpy(dtype=np.int64)
        stand = [floors[stacks.building[floors] == building] for building in np.unique(stacks.building[floors])]
        for part in several:
            runs = [_runs(stacks, part, each, floors_max) for each in stand]
            counts = range(2, min(int(over.buildings_max[part]), len(stand)) + 1)
            sets = itertools.chain(*(itertools.combinations(runs, count) for count in counts))
            for together in itertools.islice(sets, SETS):
                first, last, complete = _units_in(stacks.asked[part], together, over.each_max)
                of_part, width = (np.full(len(first), each) for each in (part, len(together)))
                found.append((of_part, width, first.ravel(), last.ravel()))
                if not complete or sum(math.comb(len(stand), count) for count in counts) > SETS:
                    unlisted.add((str(key[0]), str(key[1])))
    parts, widths, firsts, lasts = (np.concatenate(each) for each in zip(*found, strict=True))
    return Pieces(parts, np.repeat(np.arange(len(parts)), widths), firsts, lasts), frozenset(unlisted)


def _runs(stacks: Stacks, part: int, floors: Ints, floors_max: int) -> tuple[_Runs, _Runs]:
    """Return the runs of whole floors of a building, and those that end in a partial one."""
    passes, number = stacks.passes[part, floors], stacks.number[floors]
    whole = passes & stacks.whole[floors]
    each, fewest = (of[floors] * stacks.counted[part, floors] for of in (stacks.free, stacks.least))
    low, high = np.triu_indices(len(floors))
    inside = np.append(0, np.cumsum(whole))
    run = (inside[high + 1] - inside[low] == high - low + 1) & (number[high] - number[low] == high - low)
    run &= high - low < floors_max
    low, high = low[run], high[run]
    above = np.append(0.0, np.cumsum(each))
    held = above[high + 1] - above[low]
    nothing = np.zeros(len(low))
    wholes = _Runs(floors[low], floors[high], held, nothing, nothing, _broken(stacks, floors[low], floors[high]))
    single = np.flatnonzero(passes)
    begins, ends, holds = [single], [single], [np.zeros(len(single))]
    for begin, end, step in ((low, high, 1), (high, low, -1)):
        beyond = end + step
        there = np.clip(beyond, 0, len(floors) - 1)
        onward = (there == beyond) & (number[there] == number[end] + step) & passes[there]
        onward &= high - low + 1 < floors_max
        begins, ends, holds = [*begins, begin[onward]], [*ends, there[onward]], [*holds, held[onward]]
    first, last = np.concatenate(begins), np.concatenate(ends)
    lower, upper = floors[np.minimum(first, last)], floors[np.maximum(first, last)]
    broken = _broken(stacks, lower, upper)
    return wholes, _Runs(floors[first], floors[last], np.concatenate(holds), fewest[last], each[last], broken)


def _broken(stacks: Stacks, low: Ints, high: Ints) -> Ints:
    """Return on how many sides of runs there are free floors."""
    sides = np.zeros(len(low), dtype=np.int64)
    for end, step in zip((low, high), SIDES, strict=True):
        there, adjacent = stacks.adjacent(step)
        sides += (adjacent & (stacks.free[there] > 0))[end]
    return sides


def _units_in(
    asked_m2: float, together: Sequence[tuple[_Runs, _Runs]], each_max: int
) -> tuple[Ints, Ints, bool]:
    """Return first and last floors of the units in a set of buildings, shape (n_units, n_buildings); whether all are.

    A unit whose partial floor is taken to the full is the same whichever of its floors is called so; it is listed once.
    """
    complete, count = True, len(together)
    none = np.zeros((0, count), dtype=np.int64)
    found = [(none, none, np.zeros((0, 2 * count + 1), dtype=np.int64), none[:, 0], none[:, 0])]
    for k in reversed(range(count)):
        order = [*(j for j in range(count) if j != k), k]  # the building of the partial floor last
        several = [together[j][j == k] for j in order]
        if math.prod(len(runs.first) for runs in several) > COMBINED:
            complete, several = False, [runs.at_an_end() for runs in several]
            if math.prod(len(runs.first) for runs in several) > COMBINED:
                continue
        chosen, full = _combined(asked_m2, several)
        first, last, broken = (
            np.column_stack([getattr(runs, name)[chosen[:, j]] for j, runs in enumerate(several)])
            for name in ("first", "last", "broken")
        )
        low, high = (end(first, last)[:, np.argsort(order)] for end in (np.minimum, np.maximum))
        same = np.column_stack([low, high, np.where(full, -1, last[:, -1])])
        found.append((first, last, same, (high - low + 1).sum(axis=1), broken.sum(axis=1)))
    first, last, same, floors, broken = (np.concatenate(each) for each in zip(*found, strict=True))
    once = np.sort(np.unique(same, axis=0, return_index=True)[1])
    best = once[np.lexsort((broken[once], floors[once]))][:each_max]
    return first[best], last[best], complete and len(once) <= each_max


def _combined(asked_m2: float, several: Sequence[_Runs]) -> tuple[Ints, Flags]:
    """Return which runs together hold what is asked, a row each, and whether the partial floor is taken to the full."""
    held, chosen = np.zeros(1), np.zeros((1, 0), dtype=np.int64)
    for runs in several[:-1]:
        a, b = np.nonzero(held[:, None] + runs.held[None, :] < asked_m2 - TIE_M2)
        held, chosen = held[a] + runs.held[b], np.column_stack([chosen[a], b])
    ends = several[-1]
    rest = asked_m2 - held[:, None] - ends.held[None, :]
    amount = np.maximum(rest, ends.fewest)
    a, b = np.nonzero((rest > TIE_M2) & (amount <= ends.most + TIE_M2))
    return np.column_stack([chosen[a], b]), np.asarray(amount[a, b] >= ends.most[b] - TIE_M2, dtype=bool)
