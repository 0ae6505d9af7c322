"""Outbid: who would have to leave before a project left out had room, and by how many points these outbid it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.case import Case
from planner.room import ROUNDING, Room, Uses
from planner.words import Words, listed

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
BID = Words(
    "；为此至少 {who} 须离开，共值 {held} 分，而 {project} 值 {own} 分",
    "; for it at least {who} would have to leave, worth {held} points; {project} is worth {own}",
)
BID_MORE = Words("，差 {by} 分", ": outbid by {by}")
NODES = 5_000
"""Of a search for who would have to leave; beyond, nobody is told."""


@dataclass(frozen=True)
class Bids:
    """What projects are worth, and what those of the plan hold of places.

    Attributes
    ----------
    points : ndarray of shape (n_options,)
    worth : mapping of str to float
        Points of each project that is placed.
    project : ndarray of object, shape (n_options,)
    rows : ndarray of int
        Uses of places by the options taken.
    """

    points: Floats
    worth: Mapping[str, float]
    project: NDArray[np.object_]
    rows: Ints

    @classmethod
    def of(cls, case: Case, uses: Uses, left: Room, taken: Ints, shares: Floats) -> Bids:
        """Return what a choice of options, and of shares of them, holds and is worth."""
        points, project = case.points(), case.options["project"].to_numpy(dtype=object)
        worth = pd.Series(points[taken] * shares, index=project[taken]).groupby(level=0).sum()
        rows = uses.rows(taken)
        rows = rows[uses.of_place[rows] & (left.held[rows] > 0)]
        return cls(points, {str(name): float(of) for name, of in worth.items()}, project, rows)

    def holders(self, uses: Uses, row: int) -> Ints:
        """Return the uses of whoever holds the place that a use is of."""
        kind, key = uses.kind[self.rows] == uses.kind[row], uses.key[self.rows] == uses.key[row]
        held: Ints = self.rows[np.asarray(kind & key, dtype=bool)]
        return held

    def leaving(self, uses: Uses, left: Room, short: Ints) -> tuple[str, ...]:
        """Return the projects worth least that have to leave before there is room at some uses of places."""
        frees: dict[str, Floats] = {}
        for at, row in enumerate(short):
            for held in self.holders(uses, int(row)):
                frees.setdefault(str(self.project[uses.option[held]]), np.zeros(len(short)))[at] += left.held[held]
        return cheapest(left.need[short] - left.left[short], frees, self.worth)


def cheapest(lacks: Floats, frees: Mapping[str, Floats], worth: Mapping[str, float]) -> tuple[str, ...]:
    """Return the names worth least that together free what is lacking, by branch and bound.

    Empty where all together do not, or where it took more than `NODES` nodes to tell.

    Parameters
    ----------
    lacks : ndarray of shape (n_places,)
    frees : mapping of str to ndarray of shape (n_places,)
    worth : mapping of str to float

    Examples
    --------
    >>> frees = {"A": np.array([3.0]), "B": np.array([2.0]), "C": np.array([2.0])}
    >>> cheapest(np.array([3.0]), frees, {"A": 5.0, "B": 2.0, "C": 2.5})
    ('B', 'C')
    """
    names = sorted(frees, key=lambda name: (-worth[name], name))
    free = np.array([frees[name] for name in names]).reshape(len(names), len(lacks))
    cost = np.array([max(worth[name], 0.0) for name in names])
    curves = [[_curve(column, cost[at:]) for column in free[at:].T] for at in range(len(names) + 1)]
    best: tuple[float, tuple[str, ...]] = (np.inf, ())
    stack: list[tuple[int, Floats, float, tuple[str, ...]]] = [(0, lacks - ROUNDING, 0.0, ())]
    for _ in range(NODES):
        if not stack:
            return tuple(sorted(best[1]))
        at, lacking, spent, taken = stack.pop()
        least = max(np.interp(lack, *curve, right=np.inf) for lack, curve in zip(lacking, curves[at], strict=True))
        if spent + least >= best[0]:
            continue
        if (lacking <= 0).all():
            best = spent, taken
            continue
        stack.append((at + 1, lacking - free[at], spent + float(cost[at]), (*taken, names[at])))
        stack.append((at + 1, lacking, spent, taken))  # first without the dearest
    return ()


def _curve(free: Floats, cost: Floats) -> tuple[Floats, Floats]:
    """Return what is freed at one place, and what that costs at least, as more and more leave, in part too."""
    order = np.argsort(np.where(free > 0, cost / np.where(free > 0, free, 1.0), np.inf), kind="stable")
    order = order[free[order] > 0]
    return np.cumsum(np.r_[0.0, free[order]]), np.cumsum(np.r_[0.0, cost[order]])


def outbid_by(part: str, who: Sequence[str], held: float, own: float) -> Words:
    """Return who would have to leave for a part, and by how many points its project is outbid.

    Parameters
    ----------
    part : str
    who : sequence of str
        Projects.
    held, own : float
        Points: what they are worth to the plan, and what the project is worth in their place.
    """
    project = part.split("/", maxsplit=1)[0]
    said = BID.fill(who=listed(who), held=f"{held:,.1f}", own=f"{own:,.1f}", project=project)
    by = round(held, 1) - round(own, 1)
    more = BID_MORE.fill(by=f"{by:,.1f}") if by > 0 else Words("", "")
    return Words(said.zh + more.zh, said.en + more.en)
