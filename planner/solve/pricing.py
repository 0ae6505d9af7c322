r"""Large cases: patterns of blocks, priced where they couple; cells for the bound, neighbourhoods for the plan.

A block (a building; plots that share parcels) has few packings worth having. The master programme chooses one packing
(pattern) a block under the rules that couple blocks (each part once, power …); its prices make new patterns, exactly
(`packing`), until none is missing: Dantzig–Wolfe, by columns generated (Desrosiers & Lübbecke, in Column Generation,
2005). Its bound is that of `proof` with blocks, far below that of the options' own relaxation. A dive through the
patterns (`diving`) gives a first plan. Then two things take turns until they meet: the weakest cell is split by the
part that uses most of a scarce limit by halves, and small exact programmes over the patterns of some blocks better the
plan in hand.

It works with any rule: one that is not about a single place stays in the master. Nothing depends on the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from planner.errors import SolveError
from planner.model import Model
from planner.proofs import Proof
from planner.solve import diving, exact, failing, nearby, packing, proof, splitting
from planner.solve.answer import Earlier, Found, Watcher, keeps, score_of
from planner.solve.blocks import blocks_of, fitting
from planner.solve.crews import Crew
from planner.solve.master import Master
from planner.solve.proof import Box, Split
from planner.solve.within import Packer

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
QUICK = 5_000
"""Nodes of a block's packing while patterns are still easy to find."""
NEAR = 0.004
"""Share of the score by which bound and master may differ for packings to be exact from then on."""
SMOOTH = 0.5
"""Share of the best prices so far in those tried next (Wentges, Int. Trans. Oper. Res. 4, 1997)."""
HASTY = 0.1
"""That share, where the patterns are those of a case like this one: they tell the best prices nearly."""
NEARLY = 1.5e-3
"""Gap between bound and master at which the patterns of a cell are enough."""
MISSING = 3e-4
"""Share of the score that patterns still missing may add, by the packings found, at which to look for no more."""
LOOSE = 1 / 4
"""Share of what packings not searched to their end leave open in the bound, below which no more is missing either."""
NEAREST = 20
"""Packings of a block that are added once a cell's prices are settled."""
LESS = 0.5
"""Points by which they may be worth less than the best."""
PATTERNS = 0.4
"""Share of the time for the first cell's patterns at most: a plan is wanted too."""
TURN = 20
"""Neighbourhoods searched for each cell split."""
FAR = 3
"""Times the gap asked for, beyond which neighbourhoods go on as long as they better the plan: no cell is split yet."""
ABREAST = 2
"""Neighbourhoods searched at a time, on any number of threads."""
CELLS = 24
"""Splits at most, where no effort is asked for."""
TIE = 1e-6


@dataclass
class _Cell:
    """One cell: number, box, bound, best prices of coupling rows, options its master chose, prices within blocks."""

    number: int
    box: Box
    bound: float
    prices: Floats
    chosen: Floats
    within: list[Floats]


@dataclass
class _Search:
    """One search: the model, its blocks and master, the cells, the best plan (as columns of the programme)."""

    model: Model
    block: Ints
    gap: float
    seed: int
    crew: Crew
    clock: Callable[[], float]
    watch: Watcher
    cells: list[_Cell] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    x: Floats | None = None
    score: float = -np.inf
    ended: exact.Ended = "effort"
    slack: float = 0.0
    longest_s: float = 0.0

    def __post_init__(self) -> None:
        model = self.model
        self.base = proof.proof_of(model, np.zeros(len(model.lo)), block=self.block)
        self.single = proof.at_most_one(model.A, model.hi, model.upper, model.integer)
        self.limit = proof.limits_within(model.A, self.base)
        self.blocks = proof.blocks_of(model.A, self.base, self.limit)
        self.coupling = np.flatnonzero(~self.limit)
        self.packer = Packer(self.blocks, QUICK, self.crew)
        self.master = Master(model, self.block, self.coupling)
        nothing = np.zeros(len(self.coupling)), np.zeros(len(model.c)), self.packer.within
        self.root = _Cell(0, Box(model.lower, model.upper), np.inf, *nothing)

    def seconds_left(self) -> float:
        """Return the time left to search: the proof packs every cell once more, and a packing may be under way."""
        return self.clock() - (len(self.cells) + 1) * self.longest_s

    @property
    def bound(self) -> float:
        """The bound of the weakest cell; with what the proof, where it was made, came out above it."""
        return max((cell.bound for cell in self.cells), default=np.inf) + self.slack

    def near(self, times: float = 1.0) -> bool:
        """Return whether score and bound are as near as asked, or so many times as far."""
        return np.isfinite(self.score) and self.bound <= self.enough(times)

    def enough(self, times: float = 1.0) -> float:
        """Return the bound at which they are."""
        return self.score + times * self.gap * max(abs(self.score), 1.0) if np.isfinite(self.score) else -np.inf

    def stop(self, stage: str) -> bool:
        """Tell how it stands; return whether to end here."""
        if self.watch(stage, self.score, self.bound):
            self.ended = "cancelled"
        elif self.seconds_left() <= 0:
            self.ended = "time_limit"
        elif self.near() and self.proved():
            self.ended = "gap"
        else:
            return False
        return True

    def points(self, prices: Floats, box: Box) -> Floats:
        """Return what each column is worth at prices of the coupling rows; −inf for one that a box forbids."""
        d = self.model.c - self.master.by_column @ proof.allowed(self.master.lo, self.master.hi, prices)
        return np.where(box.upper > 0, d, -np.inf)

    def priced(self, prices: Floats, box: Box, nodes: int) -> tuple[float, float, list[packing.Packing]]:
        """Return bound, what the packings found or known come to, and the packings found."""
        prices = proof.allowed(self.master.lo, self.master.hi, prices)
        d = self.model.c - self.master.by_column @ prices
        other = self.master.other
        plus, minus = prices > 0, prices < 0
        total = self.model.c0 + float(prices[plus] @ self.master.hi[plus] + prices[minus] @ self.master.lo[minus])
        total += float(np.maximum(d * box.lower, d * box.upper)[other].sum())
        points = self.points(prices, box)
        known = self.master.best(points)
        began = time.monotonic()
        best = self.packer.packed(points, known, nodes)
        self.longest_s = max(self.longest_s, time.monotonic() - began)
        return total + sum(each.bound for each in best), total + sum(each.value for each in best), best

    def settled(
        self, number: int, box: Box, around: _Cell, *, leave_s: float = 0.0, enough: float = -np.inf,
        smooth: float = SMOOTH,
    ) -> _Cell:  # fmt: skip
        """Return a cell within another: until its master comes near, its bound is enough, or so little time is left."""
        master, best, best_prices, within = self.master, around.bound, around.prices, around.within
        nodes = packing.NODES if np.isfinite(best) else QUICK
        master.within(box)
        score, at, of_blocks, x, looked = -np.inf, best_prices, np.zeros(master.blocks), np.zeros(0), 0
        while self.seconds_left() > leave_s and not self.watch(
            "patterns", self.score, self.bound if self.cells else best
        ):
            if master.patterns:
                score, at, of_blocks, x = master.solve(self.seconds_left() - leave_s)
                late = np.isfinite(best) and self.seconds_left() <= leave_s
                if late or best - score <= NEARLY * abs(score) or best <= max(self.score, enough):
                    break
            between = smooth * best_prices + (1 - smooth) * at if np.isfinite(best) else best_prices
            ways = (between, nodes), (between, packing.NODES), (at, packing.NODES)
            for tried, looked in ways[nodes == packing.NODES :]:
                bound, value, packings = self.priced(tried, box, looked)
                if bound < best:
                    best, best_prices, within = bound, tried, self.packer.within
                if value - score < NEAR * abs(score):
                    nodes = packing.NODES
                if self.added(packings, at, of_blocks, box):
                    break
            else:
                break
            left_out = max(MISSING * abs(score), (bound - value) * LOOSE)
            if looked == packing.NODES and value - score <= left_out:
                break
        if looked < packing.NODES and best > self.score and not (number and self.seconds_left() <= 0):
            bound = self.priced(best_prices, box, packing.NODES)[0]
            best, within = (bound, self.packer.within) if bound < best else (best, within)
        return _Cell(number, box, best, best_prices, master.options(x) if len(x) else around.chosen, within)

    def enrich(self, cell: _Cell) -> None:
        """Add packings nearly as good as the best of each block at a cell's prices: plans are made of such."""
        points = self.points(cell.prices, cell.box)
        found = packing.nearest(
            self.blocks, points, least=self.master.best(points) - LESS, within=cell.within, count=NEAREST,
            nodes=packing.NODES // 4, crew=self.crew,
        )  # fmt: skip
        self.master.add(found, cell.box.upper)

    def begin(self, earlier: Earlier, leave_s: float = 0.0) -> None:
        """Take up what is known of a case like this one: patterns, a plan, and the cells, where they are cells here."""
        self.root.prices = earlier.prices[self.coupling]
        self.master.add(fitting(self.model, self.block, self.limit, earlier.patterns), self.model.upper)
        if keeps(self.model, earlier.x):
            self.take(self.master.patterned(earlier.x))
        try:
            cells = proof.cells_by(self.model.A, self.base, earlier.splits) if earlier.cell_prices else {}
        except ValueError:
            return
        for k, (number, box) in enumerate(sorted(cells.items())):
            begun = replace(self.root, number=number, prices=earlier.cell_prices[k][self.coupling])
            if earlier.cell_bounds:
                begun = replace(begun, bound=earlier.cell_bounds[k], within=list(earlier.cell_within[k]))
                self.packer.within = begun.within
            self.cells.append(self.settled(number, box, begun, leave_s=leave_s, enough=self.enough(), smooth=HASTY))
        self.splits = list(earlier.splits)
        self.root = self.cells[0] if 0 in cells else self.root

    def split(self) -> bool:
        """Split the weakest cell in two; return whether there was something to split by."""
        cell = max(self.cells, key=lambda each: (each.bound, -each.number))
        found = splitting.undecided(self.master, self.single, self.coupling, cell.chosen, cell.prices, cell.box)
        if found is None:
            return False
        row, chosen = found
        boxes = proof.halves(self.model.A, self.base, cell.box, row, chosen, self.single)
        halves = []
        for number, box in enumerate(boxes, 2 * len(self.splits) + 1):
            halves.append(self.settled(number, box, cell))
            self.enrich(halves[-1])
        if self.seconds_left() > 0 or max(half.bound for half in halves) < cell.bound:
            self.splits.append(Split(cell.number, row, chosen))
            self.cells = [each for each in self.cells if each is not cell] + halves
        return True

    def first(self) -> None:
        """Find a first plan of what a dive holds and the root chose; failing that, of the better half of patterns."""
        dived = diving.dive(
            self.master, self.root.box, self.coupling[self.single[self.coupling]],
            lambda at, of_blocks, box: self.added(self.priced(at, box, QUICK)[2], at, of_blocks, box),
            lambda: self.watch("first", self.score, self.bound), self.seconds_left,
        )  # fmt: skip
        keep = np.isin(np.arange(len(self.model.c)), np.r_[self.master.other, *dived])
        found = self.among(self.model, keep | (self.cells[0].chosen > TIE))
        if found is not None:
            self.take(self.master.patterned(found))
            return
        programme, others = self.master.programme(), len(self.master.other)
        self.master.within(self.root.box)
        d = (programme.c - programme.A.T @ np.concatenate(self.master.solve(self.seconds_left())[1:3]))[others:]
        self.take(self.among(programme, np.r_[np.ones(others, dtype=bool), d >= (np.median(d) if len(d) else 0.0)]))

    def among(self, model: Model, keep: NDArray[np.bool_]) -> Floats | None:
        """Return a plan of some columns alone; None where none is found."""
        return nearby.among(
            model, keep, seed=self.seed, threads=self.crew.threads, seconds_left=self.seconds_left,
            watch=lambda score: self.watch("first", score, self.bound),
        )  # fmt: skip

    def added(self, packings: list[packing.Packing], at: Floats, of_blocks: Floats, box: Box) -> bool:
        """Add the packings that are worth more than their block's price; return whether one is new."""
        d = self.model.c - self.master.by_column @ at
        better = [
            each.columns
            for each in packings
            if len(each.columns) and d[each.columns].sum() > of_blocks[self.block[each.columns[0]]] + TIE
        ]
        return self.master.add(better, box.upper)

    def take(self, x: Floats | None) -> None:
        """Keep a plan of the programme where it is better than the one in hand."""
        if x is not None:
            score = score_of(self.model, self.master.chosen(x))
            if score > self.score + TIE:
                self.x, self.score = x, score

    def better(self, rng: np.random.Generator) -> None:
        """Search neighbourhoods of the plan in hand."""
        if self.x is None:
            return
        found = nearby.searched(
            self.master, self.x, [nearby.opened(self.master, rng, each) for each in range(ABREAST)], seed=self.seed,
            threads=self.crew.threads, seconds_left=self.seconds_left,
            watch=lambda score: self.watch("neighbourhood", max(score, self.score), self.bound),
        )  # fmt: skip
        for x in found:
            self.take(x)

    def certificate(self) -> Proof:
        """Return the proof of the bound."""
        cells = [self.root, *(sorted(self.cells, key=lambda each: each.number) if self.splits else [])]
        known = [self.master.best(self.points(cell.prices, cell.box)) for cell in cells]
        full = np.zeros((len(cells), len(self.model.lo)))
        full[:, self.coupling] = [cell.prices for cell in cells]
        return proof.proof_of(
            self.model, full[0], block=self.block, splits=self.splits, cell_prices=list(full[1:]), known=known,
            within=[cell.within for cell in cells],
        )  # fmt: skip

    def proved(self) -> bool:
        """Prove the bound; return whether it and the score are as near as asked even so."""
        certificate = self.certificate()
        self.certified = certificate, proof.bound(certificate, self.crew)
        self.slack += max(self.certified[1] - self.bound, 0.0)
        return self.near()

    def run(self, cells: int, earlier: Earlier | None = None) -> None:
        """Search until bound and score meet, or the effort is spent."""
        leave_s = (1 - PATTERNS) * self.seconds_left()
        if earlier is not None:
            self.begin(earlier, leave_s)
        rng = np.random.default_rng(self.seed)
        if not self.cells:
            self.root = self.settled(0, self.root.box, self.root, leave_s=leave_s)
            self.cells = [self.root]
        if self.stop("patterns"):
            return
        for cell in self.cells:
            self.enrich(cell)
        if self.x is None:
            self.first()
        for _ in range(cells):
            better = True
            while better:
                before = self.score
                for _ in range(TURN // ABREAST):
                    if self.stop("neighbourhood"):
                        return
                    self.better(rng)
                better = self.score > before and not self.near(FAR)
            if self.stop("cells") or not self.split():
                return
        self.stop("cells")


def replenished(
    model: Model, block: Ints, earlier: Earlier, *, seed: int, crew: Crew, seconds_left: Callable[[], float]
) -> list[Ints]:
    """Return patterns of a case solved, with which one like it is solved soon: also those its cells' prices miss."""
    run = _Search(model, block, 0.0, seed, crew, seconds_left, lambda *_: False)
    run.begin(earlier)
    return run.master.patterns


def search(
    model: Model,
    *,
    gap: float,
    cells: int | None,
    seed: int,
    crew: Crew,
    seconds_left: Callable[[], float],
    watch: Watcher,
    earlier: Earlier | None = None,
) -> Found | None:
    """Search for the best plan of a large case, and prove how good it is.

    Parameters
    ----------
    model : Model
    gap : float
        Proven gap at which to stop.
    cells : int, optional
        Splits at most, the effort; `CELLS` where not given.
    seed : int
    crew : Crew
        Who packs blocks; the result does not depend on it.
    seconds_left : callable
        The net under the effort.
    watch : callable
    earlier : Earlier, optional

    Returns
    -------
    Found or None
        None where the case has no blocks.
    """
    block = blocks_of(model)
    if block.max(initial=-1) < 0:
        return None
    packing.compiled()  # what it takes for the first time is no measure of what packing takes
    run = _Search(model, block, gap, seed, crew, seconds_left, watch)
    try:
        run.run(CELLS if cells is None else cells, earlier)
    except (SolveError, MemoryError) as error:
        if run.x is None or not run.cells:
            raise
        failing.noted(error)
        run.ended = "solver_failed"
    if run.ended != "gap":
        run.proved()
    x = None if run.x is None else run.master.chosen(run.x)
    return Found(x, *run.certified, run.ended, tuple(run.master.patterns))
