"""A large assignment solved, narrowed: columns forbidden, parts forced, and a plan proved again from there.

At the prices of the parts all knapsacks are packed again in milliseconds, so some price steps go from where they ended;
the price of a part that must be placed may fall below zero. In the plan such a part takes, of the places it may, the
one that loses least by it, and keeps it; what made way and what lost its place is packed anew around (`repacking`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.model import Model
from planner.proofs import Proof
from planner.solve import proof, repacking, rooms
from planner.solve.answer import Earlier
from planner.solve.assignment import AT_ONCE, Assignment, proved, stepped

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
STEPS = 40
"""Price steps at most."""
LENGTH = 0.1
"""Of the first of them."""
SIZES = (6, 6, 8, 8, 10, 10, 12, 12)
"""Knapsacks packed together in each pass over all of them."""
TOGETHER = 50_000
"""Turns of the search through their packings at most."""


@dataclass(frozen=True)
class Reassigning:
    """An assignment solved.

    Attributes
    ----------
    model : Model
        Whose box is what is allowed.
    of : Assignment
        As first solved.
    prices : ndarray of shape (n_parts,)
    x : ndarray of shape (n_columns,)
        The plan in hand.
    bound : float
    certificate : Proof
    """

    model: Model
    of: Assignment
    prices: Floats
    x: Floats
    bound: float
    certificate: Proof

    @classmethod
    def made(cls, model: Model, of: Assignment, x: Floats, certificate: Proof) -> Reassigning:
        """Return an assignment as it was solved, ready to be narrowed."""
        prices = certificate.prices[of.rows] + np.where(of.linked >= 0, model.c[of.linked], 0.0)
        return cls(model, of, prices, x, proof.bound(certificate), certificate)

    @property
    def known(self) -> Earlier:
        """What a case like it may begin from."""
        return Earlier(self.x, self.certificate.prices)

    def narrowed(
        self,
        lower: Floats,
        upper: Floats,
        *,
        gap: float,
        stay: float,
        seed: int,
        seconds_left: Callable[[], float],
        told: Callable[[float, float], None],
    ) -> Reassigning | None:
        """Return the assignment with a narrower box, its plan repaired and bettered until the gap is as asked.

        Parameters and result as for `repairing.repaired`, with the box besides.
        """
        model, linked, some = replace(self.model, lower=lower, upper=upper), self.of.linked, self.of.rooms
        of = replace(
            self.of,
            base=replace(self.of.base, lower=lower, upper=upper),
            points=np.where(upper[some.columns] > 0, self.of.points, -np.inf),
        )
        forced = (linked >= 0) & (lower[linked] > 0)
        place = np.full(len(linked), -1)
        taken = np.flatnonzero((self.x[some.columns] > 0.5) & (upper[some.columns] > 0))
        place[of.part[taken]] = taken
        fixed = _fixed(of, np.flatnonzero(forced), place)
        if fixed is None:
            return None
        prices = np.where((linked >= 0) & (upper[linked] <= 0), 0.0, self.prices)
        bound = np.inf

        def lowered(least: float, at: Floats) -> bool:
            nonlocal prices, bound
            prices, bound = at, least
            return seconds_left() <= 0

        def near(score: float) -> bool:
            told(score + model.c0, bound + model.c0)
            return bound - score <= gap * max(abs(score + model.c0), 1.0) or seconds_left() <= 0

        stepped(of, prices, lowered, length=LENGTH, steps=STEPS, forced=forced)
        lost = np.flatnonzero((self.x[some.columns] > 0.5) & ~np.isin(np.arange(len(of.points)), place))
        around = of.knapsack[np.r_[lost, place[fixed]]]
        place = _bettered(of, prices, place, fixed, around, stay, seed, near)
        x, certificate = proved(model, of, place, prices)
        return replace(self, model=model, prices=prices, x=x, bound=proof.bound(certificate), certificate=certificate)


def _fixed(of: Assignment, forced: Ints, place: Ints) -> Ints | None:
    """Give every part that must be placed the place where the plan loses least by it; what has to make way is left out.

    Returns
    -------
    ndarray of int or None
        These parts; None where one finds no room beside the others. `place` is changed.
    """
    knapsack, weight, points = of.knapsack, of.rooms.weight, of.points
    left = of.rooms.room * (1 + rooms.FITS)
    for part in forced[place[forced] >= 0]:
        left[knapsack[place[part]]] -= weight[place[part]]
    for part in forced[place[forced] < 0]:
        best, chosen, stays = np.inf, -1, place[:0]
        for k in np.flatnonzero((of.part == part) & (weight <= left[knapsack]) & np.isfinite(points)):
            here = np.setdiff1d(place[place >= 0], place[forced])
            here = here[knapsack[here] == knapsack[k]]
            marks = np.zeros(len(place), dtype=bool)
            _, value, held = rooms.best_of(
                points[here], weight[here], of.part[here], left[knapsack[k]] - weight[k], marks, rooms.NODES
            )
            loss = float(points[here].sum()) - value - points[k]
            if loss < best:
                best, chosen, stays = loss, int(k), np.setdiff1d(here, here[held])
        if chosen < 0:
            return None
        place[of.part[stays]] = -1
        place[part] = chosen
        left[knapsack[chosen]] -= weight[chosen]
    return forced


def _bettered(
    of: Assignment, prices: Floats, place: Ints, fixed: Ints, around: Ints, stay: float, seed: int,
    near: Callable[[float], bool],
) -> Ints:  # fmt: skip
    """Return a plan bettered by packing knapsacks anew: some first, then all in turn, until it is near enough."""
    held, knapsack, some = place[fixed], of.knapsack, of.rooms
    room = some.room - np.bincount(knapsack[held], some.weight[held], minlength=len(some))
    points, free = of.points.copy(), place.copy()
    points[free[free >= 0]] += stay
    points[np.isin(of.part, fixed)] = -np.inf
    free[fixed] = -1
    worth = prices.copy()
    worth[fixed] = 0.0
    rng, state = np.random.default_rng(seed), np.array([seed + 1], dtype=np.uint64)
    turns = [(SIZES[-1], np.unique(around))]  # in any case
    for size in SIZES:
        every = rng.permutation(len(some))
        turns += [(size, seeds) for seeds in np.array_split(every, max(1, len(every) // AT_ONCE))]
    for size, seeds in turns:
        repacking.repacked(
            seeds, size, repacking.LIST, TOGETHER, some.begin, of.part, points, some.weight, knapsack, room, worth,
            free, state,
        )  # fmt: skip
        score = float(of.points[free[free >= 0]].sum() + of.points[held].sum())
        if near(score):
            break
    free[fixed] = held
    return free
