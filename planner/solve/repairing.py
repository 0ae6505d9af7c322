"""The plan of a narrowed case, made of the one before and bettered until it is near the bound.

The plan in hand stays but for what is forbidden or has to make way. Patterns join that hold the parts without a place,
and those that lost theirs to them, in every block where they may go: as the prices have it, and beside what stands
there; so it goes on with those that the plan found leaves out in their turn. Blocks are opened around them, some at
random besides, more after turns that bring nothing, and searched exactly over all patterns. The price of a part without
a place was right where it stood; it is lowered until a packing might hold the part elsewhere, and the bound with it.
What stays where it is can count for more, so that little moves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.plan import gap_of
from planner.solve import exact, packing
from planner.solve.answer import NOTHING, keeps, score_of
from planner.solve.narrowing import NONE, Narrowing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
QUICK = 2_000
"""Nodes of a packing that makes a pattern."""
LOOKED = 5_000
"""Nodes of a packing that tells how much cheaper a part may be."""
TURNS = 12
"""Times neighbourhoods are searched at most."""
ABREAST = 2
"""Neighbourhoods searched at a time, on any number of threads."""
STEPS = 20
"""Steps of the search of one."""
NEARLY = 1e-4
"""The solver's gap at which it ends."""
IDLE = 6
"""Turns in a row without a better plan that end a search,"""
SOON = 2
"""and where many answers are asked for, or one is wanted soon."""
FREE = 0.2
"""Share of the blocks that one opens at random,"""
WIDER = 0.2
"""and how much more of them after each idle turn: all, in the end."""
PATIENT = 4
"""Turns for a first plan."""
NEAREST = 6
"""Blocks opened around each part without a place: those where it costs least."""
FEW = 3
"""Blocks where parts may go, up to which what makes way for them is given patterns as well."""
FORCED = 1e4
"""Times the best column, by which a packing that has to hold a part is worth more."""
TIE = 1e-6


def repaired(
    of: Narrowing,
    *,
    gap: float,
    stay: float,
    patience: int,
    seed: int,
    threads: int,
    seconds_left: Callable[[], float],
    told: Callable[[float, float], None],
    gone: Ints = NONE,
    new: Ints = NONE,
    patient_above: float = 0.0,
) -> Narrowing | None:
    """Return a narrowed case with a plan as near to its bound as asked, if one is found in time.

    Parameters
    ----------
    of : Narrowing
        With the plan before.
    gap : float
    stay : float
        Points that every placement counts for which stays; in the search alone.
    patience : int
        Turns in a row without a better plan that end it.
    seed, threads : int
        The result does not depend on the threads.
    seconds_left : callable
        The net under it.
    told : callable
        Told score and bound after every turn.
    gone : ndarray of int
        Projects that cannot stay where the plan has them, besides those whose columns are forbidden.
    new : ndarray of int
        Parts that the plan before does not know, at prices at which no packing holds them.
    patient_above : float
        Gap up to which the patience is `SOON`'s: where the bound is sooner bettered than the plan.

    Returns
    -------
    Narrowing or None
        None where no plan is found.
    """
    return _Repair(of, of.x, gap, stay, patience, seed, threads, seconds_left, told, gone, new, patient_above).run()


@dataclass
class _Repair:
    """One repair: of what, the plan before, the gap to reach, what staying counts for; the best plan so far."""

    of: Narrowing
    before: Floats
    gap: float
    stay: float
    patience: int
    seed: int
    threads: int
    seconds_left: Callable[[], float]
    told: Callable[[float, float], None]
    gone: Ints
    new: Ints
    patient_above: float
    x: Floats | None = None

    def __post_init__(self) -> None:
        self.stayed = np.where((self.before > NOTHING) & (self.of.owners.part >= 0), self.stay, 0.0)
        self.force = FORCED * (1.0 + float(np.abs(self.of.model.c).max(initial=0.0)))

    def run(self) -> Narrowing | None:
        """Return the case with a plan; None where none is found."""
        left, homeless = self.left()
        self.x = left if keeps(self.of.model, left) else None
        for number in range(len(self.of.cells) if len(self.new) else 0):
            self.cheaper(self.new, number)
        if self.near() and not len(homeless) and (left == self.before).all():
            return replace(self.of, x=left)
        rng = np.random.default_rng(self.seed)
        around, displaced, places = self.around(homeless, left)
        if places <= FEW:
            self.cheaper(homeless, self.of.weakest)
        idle, seen = 0, homeless
        for turn in range(TURNS):
            was, share = self.x, FREE + WIDER * idle
            self.better(left, [around | self.some(rng, share) for _ in range(ABREAST)])
            self.told(-np.inf if self.x is None else score_of(self.of.model, self.x), self.of.bound)
            idle = 0 if self.x is not was else idle + 1
            if self.near() or idle >= self.turns() or self.seconds_left() <= 0:
                break
            if turn == 0:
                lost = displaced if self.patient_above == 0 else self.out()
                self.cheaper(np.union1d(homeless, lost), self.of.weakest)
            lost = np.setdiff1d(self.out(), seen)
            seen = np.union1d(seen, lost)
            made, _, near = self.holding(lost, left if self.x is None else self.x)
            self.of.master.add(made, self.of.model.upper)
            around[near] = True
        return None if self.x is None else replace(self.of, x=self.x)

    def near(self) -> bool:
        """Return whether there is a plan as near to the bound as asked."""
        return self.now() <= self.gap

    def now(self) -> float:
        """Return the gap; infinite without a plan."""
        return np.inf if self.x is None else gap_of(score_of(self.of.model, self.x), self.of.bound)

    def turns(self) -> int:
        """Return how many idle turns end it."""
        patience = PATIENT if self.x is None else self.patience
        return patience if self.now() > self.patient_above else min(patience, SOON)

    def left(self) -> tuple[Floats, Ints]:
        """Return what is left of the plan without the projects that lost a place or must have one; their parts.

        Of the parts those that may go somewhere.
        """
        model, owners = self.of.model, self.of.owners
        lost = np.flatnonzero((self.before > NOTHING) & (model.upper <= 0))
        asked = np.flatnonzero(owners.placed & (model.lower > 0) & (self.before < 0.5))
        gone = np.isin(owners.project, np.r_[owners.project[np.r_[lost, asked]], self.gone]) & (owners.project >= 0)
        mine = np.isin(owners.project, np.r_[owners.project[asked], self.gone])
        homeless = np.unique(np.r_[owners.part[lost], owners.part[mine], self.new])
        allowed = np.unique(owners.part[model.upper > 0])
        return np.where(gone, 0.0, self.before), homeless[(homeless >= 0) & np.isin(homeless, allowed)]

    def out(self) -> Ints:
        """Return the parts that the plan in hand places no more."""
        if self.x is None:
            return NONE
        part = self.of.owners.part
        lost = np.setdiff1d(part[self.before > NOTHING], part[self.x > NOTHING])
        return lost[lost >= 0]

    def places(self, part: int) -> tuple[Ints, Ints]:
        """Return the columns by which a part may go into blocks, and these."""
        columns = np.flatnonzero((self.of.owners.part == part) & (self.of.model.upper > 0) & (self.of.base.block >= 0))
        return columns, np.unique(self.of.base.block[columns])

    def around(self, homeless: Ints, left: Floats) -> tuple[Flags, Ints, int]:
        """Make patterns that hold parts without a place.

        Returns
        -------
        ndarray of bool, shape (n_blocks,)
            The blocks of these, and of what the plan lost.
        ndarray of int
            Parts that make way.
        int
            Blocks where parts may go.
        """
        block = self.of.base.block
        gone = block[(self.before > NOTHING) & (left <= NOTHING)]
        gone = np.unique(gone[gone >= 0])
        made, displaced, near = self.holding(homeless, left)
        places = len({int(k) for part in homeless for k in self.places(part)[1]})
        if places <= FEW:  # what made way there needs a place as well
            more, _, closer = self.holding(displaced, left)
            made, near = made + more, near + closer
        self.of.master.add(made + self.filled(gone, left), self.of.model.upper)
        opened = np.zeros(self.of.master.blocks, dtype=bool)
        opened[gone] = True
        opened[near] = True
        return opened, displaced, places

    def holding(self, parts: Ints, left: Floats) -> tuple[list[Ints], Ints, list[int]]:
        """Return patterns that hold one of some parts, in each block where it may go; parts that make way; the nearest.

        Each by the prices, and once more beside what stands there.
        """
        of, cell, block = self.of, self.of.cells[0], self.of.base.block
        points = of.parted.points(of.base, cell.box, cell.prices)
        stands = np.flatnonzero((left > 0.5) & (block >= 0))
        beside = np.full(len(points), -np.inf)
        beside[stands] = np.maximum(of.model.c[stands], 0.0) + 1.0
        made, displaced, near = list[Ints](), [NONE], list[int]()
        for part in parts:
            columns, numbers = self.places(part)
            own = np.zeros(len(points), dtype=bool)
            own[columns] = True
            some = [of.blocks[k] for k in numbers]
            best, kept = (
                packing.packed(some, np.where(own, points + self.force, worth), nodes=QUICK, knapsacks=False)
                for worth in (points, beside)
            )
            made += [each.columns for each in (*best, *kept) if len(each.columns)]
            loss = cell.bounds[numbers] - [each.value for each in best]
            near += numbers[np.argsort(loss, kind="stable")[:NEAREST]].tolist()
            here = stands[np.isin(block[stands], numbers)]
            displaced.append(np.setdiff1d(here, np.concatenate([NONE, *(each.columns for each in kept)])))
        return made, np.unique(of.owners.part[np.concatenate(displaced)]), near

    def filled(self, blocks: Ints, left: Floats) -> list[Ints]:
        """Return the best packing of some blocks by the prices, and one that fills what is left there."""
        of, block = self.of, self.of.base.block
        stands, model = (left > 0.5) & (block >= 0), of.model
        free = (model.upper > 0) & ~np.isin(of.owners.part, of.owners.part[stands])
        worth = np.where(stands, model.c + self.force, np.where(free, model.c, -np.inf))
        found = packing.packed([of.blocks[k] for k in blocks], worth, nodes=QUICK, knapsacks=False)
        return [each for each in (*(of.cells[0].best[k] for k in blocks), *(one.columns for one in found)) if len(each)]

    def cheaper(self, parts: Ints, number: int) -> None:
        """Lower the prices of parts that no packing holds, in one cell, each until one might.

        The bound falls as much: what placing a project is worth has the prices of its parts.
        """
        of, owners = self.of, self.of.owners
        cell, changed = of.cells[number], np.zeros(len(of.base.c), dtype=bool)
        prices = cell.prices.copy()
        for part in parts:
            columns, numbers = self.places(part)
            project = owners.project[columns[:1]]
            placed = np.flatnonzero(owners.placed & np.isin(owners.project, project))
            worth = np.maximum((of.base.c - of.parted.matrix.T @ prices)[placed], 0.0)
            points = of.parted.points(of.base, cell.box, prices)
            points[columns] += self.force
            packed = packing.packed([of.blocks[k] for k in numbers], points, nodes=LOOKED, knapsacks=False)
            row = owners.row[part]
            by = min(
                np.where(cell.box.lower[placed] > 0, np.inf, worth).min(initial=np.inf),
                (cell.bounds[numbers] - [each.bound - self.force for each in packed]).min(initial=np.inf),
                np.inf if np.isfinite(of.base.lo[row]) else prices[row],
            )
            if TIE < by < np.inf:
                prices[row] -= by
                changed |= owners.part == part
        if changed.any():
            self.of = of.with_cell(number, of.cell(cell.box, prices, cell.within, cell, changed))

    def some(self, rng: np.random.Generator, share: float) -> Flags:
        """Return a share of the blocks, drawn at random."""
        blocks = self.of.master.blocks
        free = np.zeros(blocks, dtype=bool)
        free[rng.permutation(blocks)[: int(np.ceil(blocks * share))]] = True
        return free

    def better(self, left: Floats, opened: Sequence[Flags]) -> None:
        """Search neighbourhoods of the plan in hand, or of what is left: blocks opened, the others as they are."""
        model, master = self.of.model, self.of.master
        x = master.patterned(left if self.x is None else self.x)
        programme, others, of = master.programme(), len(master.other), master.of
        allowed, held = master.allowed(model.upper), x[others:] > 0.5
        stays = master.pick().T @ self.stayed
        bounded = replace(
            programme,
            c=np.r_[programme.c[:others], programme.c[others:] + stays],
            upper=np.r_[model.upper[master.other], allowed.astype(float)],
        )
        enough = np.inf  # what is near already is to be as good as one turn makes it
        if not self.near():
            enough = self.of.bound / (1 + self.gap) + float(self.stayed[model.upper > 0].sum()) + TIE

        def one(free: Flags) -> exact.Search:
            lower = np.r_[model.lower[master.other], (held & ~free[of]).astype(float)]
            return exact.search(
                replace(bounded, lower=lower), gap=NEARLY, effort=STEPS, time_limit_s=max(self.seconds_left(), 0.0),
                seed=self.seed, threads=1, start=None if self.x is None else x, enough=enough,
                watch=lambda *_: self.seconds_left() <= 0,
                keep=np.r_[np.ones(others, dtype=bool), allowed & (free[of] | held)],
            )  # fmt: skip

        with ThreadPoolExecutor(self.threads) as executor:
            for found in list(executor.map(one, opened)):
                if found.x is not None:
                    self.take(master.chosen(found.x))

    def take(self, x: Floats) -> None:
        """Keep a plan where it is better, what stays counted in."""
        if self.x is None or float(((self.of.model.c + self.stayed) * (x - self.x)).sum()) > TIE:
            self.x = x
