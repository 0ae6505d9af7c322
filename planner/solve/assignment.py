r"""Assignments: every place is a knapsack, and all that couples them is that a part goes to one place at most.

Lagrange relaxation of "each part once" leaves knapsacks alone (Fisher, Jaikumar & Van Wassenhove, Management Science
32, 1986), and these are packed by the hundred in milliseconds (`rooms`). So prices of the parts come from hundreds of
cheap steps rather than from a linear programme: from one price of room for all, then subgradient steps of Polyak's
length (Held, Wolfe & Crowder, Mathematical Programming 6, 1974). The packings at the best prices are completed to a
plan, which is bettered by packing a few knapsacks anew, together (`repacking`), more of them at a time as that gets
harder. The bound is `proof`'s, at these prices. Nothing depends on the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.model import Model
from planner.proofs import Proof
from planner.solve import exact, failing, proof, repacking, rooms
from planner.solve.answer import Found, Watcher
from planner.solve.blocks import blocks_of
from planner.solve.rooms import TINY, Rooms

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
STEPS = 400
"""Price steps at most."""
IDLE = 10
"""Steps without a better bound after which they are halved."""
BETTER = 1e-6
"""Share of the bound by which a step must better it to count."""
AIM = 1e-3
"""Share of the bound by which a step aims below the best one."""
SHORTEST = 1e-3
"""Length below which steps end."""
SIZES = ((6, 50_000), (8, 100_000), (10, 200_000), (12, 200_000))
"""Knapsacks packed together, and turns of the search through their packings at most, one after another."""
PATIENCE = 4
"""Passes over all knapsacks that may gain next to nothing before more are packed together."""
NEXT_TO_NOTHING = 2e-5
"""Share of the score that is."""
PASSES = 120
"""Passes at most, where no effort is asked for."""
AT_ONCE = 50
"""Knapsacks to pack others around between two looks at the clock."""
HALVINGS = 40
"""Of the interval in which the first price of room lies."""


@dataclass(frozen=True)
class Assignment:
    """Knapsacks, the part of each of their columns, and what a column earns, with what its part does when placed.

    Attributes
    ----------
    base : Proof
        Without prices.
    rooms : Rooms
    part : ndarray of int, shape (n,)
        Counted from 0.
    points : ndarray of shape (n,)
    rows : ndarray of int, shape (n_parts,)
        The row of each part.
    linked : ndarray of int, shape (n_parts,)
        The column that says whether it is placed; −1 for none.
    """

    base: Proof
    rooms: Rooms
    part: Ints
    points: Floats
    rows: Ints
    linked: Ints

    @property
    def knapsack(self) -> Ints:
        """The knapsack of each column."""
        return np.repeat(np.arange(len(self.rooms)), np.diff(self.rooms.begin))


def fits(model: Model) -> Assignment | None:
    """Return what an assignment is made of; None for a model that is none."""
    block = blocks_of(model)
    inside = block >= 0
    if not model.integer[inside].all() or (model.lower != 0).any() or (model.upper > 1).any():
        return None
    base = proof.proof_of(model, np.zeros(len(model.lo)), block=block)
    limit = proof.limits_within(model.A, base)
    some = proof.rooms_of(model.A, base, limit)
    rows = np.flatnonzero(~limit)
    entries = model.A[rows].tocoo()
    chosen = inside[entries.col]
    linked = np.full(len(rows), -1)
    linked[entries.row[~chosen]] = entries.col[~chosen]
    alone = linked < 0
    plain = (
        len(some.columns) == inside.sum() > 0
        and (entries.data == np.where(chosen, 1.0, -1.0)).all()
        and (np.bincount(entries.row[~chosen], minlength=1) <= 1).all()
        and (np.bincount(entries.col, minlength=len(inside)) == 1).all()
        and (model.hi[rows] == alone).all()
        and ((model.lo[rows] == 0) | (alone & np.isinf(model.lo[rows]))).all()
    )
    if not plain:
        return None
    part = np.empty(len(inside), dtype=np.int64)
    part[entries.col] = entries.row
    of_place = np.where(alone, 0.0, model.c[linked])
    part = part[some.columns]
    points = np.where(model.upper[some.columns] > 0, model.c[some.columns] + of_place[part], -np.inf)
    return Assignment(base, some, part, points, rows, linked)


@dataclass
class _Search:
    """One search: the assignment, the best prices of its parts and their bound, the plan in hand."""

    model: Model
    of: Assignment
    gap: float
    seconds_left: Callable[[], float]
    watch: Watcher
    prices: Floats
    place: Ints
    bound: float = np.inf
    score: float = -np.inf
    ended: exact.Ended = "effort"

    def stop(self, stage: str) -> bool:
        """Tell how it stands; return whether to end here."""
        score = self.score + self.model.c0
        if self.watch(stage, score, self.bound + self.model.c0):
            self.ended = "cancelled"
        elif self.seconds_left() <= 0:
            self.ended = "time_limit"
        elif np.isfinite(score) and self.bound - self.score <= self.gap * max(abs(score), 1.0):
            self.ended = "gap"
        else:
            return False
        return True

    def priced(self) -> None:
        """Better the prices step by step, as long as that pays."""

        def told(bound: float, prices: Floats) -> bool:
            self.bound, self.prices = bound, prices
            return self.stop("prices")

        stepped(self.of, self.prices, told)

    def first(self) -> None:
        """Complete the packings at the prices to a plan."""
        of = self.of
        taken = rooms.packed(of.rooms, of.points - self.prices[of.part]).taken
        self.place = repacking.completed(
            of.rooms.begin, of.part, of.points, of.rooms.weight, of.knapsack, of.rooms.room, taken, len(of.rows)
        )
        self.score = float(of.points[self.place[self.place >= 0]].sum())

    def better(self, passes: int, seed: int) -> None:
        """Pack knapsacks anew around each of them, pass after pass, more of them where fewer gain next to nothing."""
        of, rng, state = self.of, np.random.default_rng(seed), np.array([seed + 1], dtype=np.uint64)
        knapsack, size, idle = of.knapsack, 0, 0
        for _ in range(passes):
            before = self.score
            for seeds in np.array_split(rng.permutation(len(of.rooms)), max(1, len(of.rooms) // AT_ONCE)):
                if self.stop("repacking"):
                    return
                self.score += repacking.repacked(
                    seeds, SIZES[size][0], repacking.LIST, SIZES[size][1], of.rooms.begin, of.part, of.points,
                    of.rooms.weight, knapsack, of.rooms.room, self.prices, self.place, state,
                )  # fmt: skip
            idle = idle + 1 if self.score - before <= NEXT_TO_NOTHING * abs(self.score) else 0
            if idle >= PATIENCE and size + 1 < len(SIZES):
                size, idle = size + 1, 0

    def found(self) -> Found:
        """Return the plan and its proof."""
        x, certificate = proved(self.model, self.of, self.place, self.prices)
        return Found(x if self.score > -np.inf else None, certificate, proof.bound(certificate), self.ended)


def stepped(
    of: Assignment, now: Floats, told: Callable[[float, Floats], bool], *, length: float = 1.0, steps: int = STEPS,
    forced: Flags | None = None,
) -> None:  # fmt: skip
    """Better prices of the parts step by step.

    Parameters
    ----------
    of : Assignment
    now : ndarray of shape (n_parts,)
        Where to begin.
    told : callable
        Told the best bound and its prices at every step; returns True to stop.
    length : float
        Of the first step.
    steps : int
        At most.
    forced : ndarray of bool, shape (n_parts,), optional
        Parts that have to be placed: their prices may be below 0.
    """
    bound, best, idle, least = np.inf, now, 0, 0.0 if forced is None else np.where(forced, -np.inf, 0.0)
    for _ in range(steps):
        packed = rooms.packed(of.rooms, of.points - now[of.part], spare=rooms.FITS)
        total = float(now.sum() + packed.bound.sum())
        idle = 0 if total < bound - BETTER * abs(bound) else idle + 1
        if total < bound:
            bound, best = total, now
        if idle >= IDLE:
            length, idle, now = length / 2, 0, best
        slope = 1.0 - np.bincount(of.part[packed.taken], minlength=len(now))
        slope[(now <= least) & (slope > 0)] = 0.0
        steep = float(slope @ slope)
        if told(bound, best) or steep == 0 or length < SHORTEST:
            return
        now = np.maximum(now - length * (total - bound + AIM * abs(bound)) / steep * slope, least)


def proved(model: Model, of: Assignment, place: Ints, prices: Floats) -> tuple[Floats, Proof]:
    """Return the columns of the model that place each part (−1 for none) as a plan, and the proof of prices."""
    x, full = np.zeros(len(model.c)), np.zeros(len(model.lo))
    taken = np.flatnonzero(place >= 0)
    x[of.rooms.columns[place[taken]]] = 1.0
    x[of.linked[taken][of.linked[taken] >= 0]] = 1.0
    full[of.rows] = prices - np.where(of.linked >= 0, model.c[of.linked], 0.0)
    return x, replace(of.base, prices=full)


def search(
    model: Model,
    of: Assignment,
    *,
    gap: float,
    passes: int | None,
    seed: int,
    seconds_left: Callable[[], float],
    watch: Watcher,
) -> Found:
    """Search for the best plan of an assignment, and prove how good it is.

    Parameters
    ----------
    model : Model
    of : Assignment
    gap : float
        Proven gap at which to stop.
    passes : int, optional
        Passes over all knapsacks at most, the effort; `PASSES` where not given.
    seed : int
    seconds_left : callable
        The net under the effort.
    watch : callable
    """
    run = _Search(model, of, gap, seconds_left, watch, _at_one_price(of), np.zeros(0, np.int64))
    try:
        run.priced()
        if run.ended != "cancelled":
            run.first()
            run.better(PASSES if passes is None else passes, seed)
    except MemoryError as error:
        if run.score == -np.inf:
            raise
        failing.noted(error)
        run.ended = "solver_failed"
    return run.found()


def _at_one_price(of: Assignment) -> Floats:
    """Return prices of the parts: what the best option of each is worth at one price of room for all.

    The price is the least at which these options together need no more room than there is.
    """
    weight, total, parts = of.rooms.weight, float(of.rooms.room.sum()), len(of.rows)
    low, high = 0.0, float((of.points / np.maximum(weight, TINY)).max(initial=0.0))
    prices = np.zeros(parts)
    for _ in range(HALVINGS):
        price = (low + high) / 2
        worth = of.points - price * weight
        prices = np.zeros(parts)
        np.maximum.at(prices, of.part, worth)
        wanted = float(weight[(worth >= prices[of.part]) & (worth > 0)].sum())
        low, high = (price, high) if wanted > total else (low, price)
    return prices
