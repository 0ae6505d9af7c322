r"""Cases of knapsacks some of which cost points to open: which to open by branch and bound, what goes where by cores.

What prices leave of the gap is openings by halves: once it is settled which knapsacks are opened, an assignment is
left, and little of the gap. So the relaxation is branched on openings alone, the best bound first. Where a relaxation
opens none by halves, the assignment to what it opens is a leaf, with a bound of its own prices, and the rest of the
branch is parted by the first opening that is another. Leaves wait among the branches; the best is searched by its
`core`, one step at a time. The relaxation is helped by rows that all plans keep (`enough`). Branches are the cells of
the proof, and the prices of their relaxations and leaves prove nearly all that the solver claims.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import highspy
import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from planner.model import Model
from planner.model.blocks import Rows
from planner.proofs import Proof
from planner.solve import cells, core, exact, proof
from planner.solve.answer import score_of
from planner.solve.proof import Split

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HALF = 1e-6
"""How far from whole an opening is by halves."""
CELLS = 1000
"""Splits of the proof at most."""


@dataclass(frozen=True)
class Found:
    """How a search ended, and the best proof by prices alone: root, branches and leaves are its cells."""

    search: exact.Search
    model: Model
    certificate: Proof
    bound: float


def openings_of(model: Model, of: core.Knapsacks) -> Ints:
    """Return the columns that open a block and are not decided, in order."""
    some = np.array(sorted(each.opening for each in of.blocks if each.opening >= 0), dtype=np.int64)
    return some[model.lower[some] < model.upper[some]]


def enough(model: Model, of: core.Knapsacks) -> Model:
    r"""Return the model with rows that say how much room has to be opened, and how many blocks.

    A row :math:`\sum_{o \in O} x_o \ge 1` takes at least :math:`\min_{o \in O} a_o` of the blocks (0 of what nothing
    opens). Summed over rows that share no option, :math:`\sum_b A_b u_b \ge D`; rounded (Chvátal–Gomory),
    :math:`\sum_b \lceil A_b / k \rceil u_b \ge \lceil D / k \rceil`, here for every room :math:`k` there is.
    """
    weight, room = np.zeros(len(model.c)), np.zeros(len(model.c))
    for each in of.blocks:
        if each.opening >= 0:
            weight[each.columns], room[each.opening] = each.weight, int(each.room)
    matrix, demand, counted = model.A, 0.0, np.zeros(len(model.c), dtype=bool)
    for row in np.flatnonzero(np.isfinite(model.lo)):
        entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
        column, value = matrix.indices[entries], matrix.data[entries]
        open_ = model.lower[column] < model.upper[column]
        least = model.lo[row] - float(value[~open_] @ model.lower[column[~open_]])
        options = column[open_]
        if least > 0 and len(options) and (value[open_] == 1).all() and not counted[options].any():
            demand += float(weight[options].min())
            counted[options] = True
    sizes = np.unique(room[room > 0])
    more = scipy.sparse.csr_matrix(np.array([room, *(np.ceil(room / size) for size in sizes)]))
    least_of, none = np.array([demand, *np.ceil(demand / sizes)]), np.full(1 + len(sizes), np.inf)
    keys = np.array(["room", *(f"of {size:g}" for size in sizes)], dtype=object)
    return replace(
        model, rules=(*model.rules, Rows("enough_opened", keys, (), least_of, none)),
        A=scipy.sparse.vstack([matrix, more]).tocsr(), lo=np.r_[model.lo, least_of], hi=np.r_[model.hi, none],
    )  # fmt: skip


@dataclass(frozen=True)
class _Relaxed:
    """The relaxation of a branch: its bound, columns, prices, and the points a column loses where it is another.

    Of a branch without a plan the bound is minus infinity, and the prices are a direction in which bounds fall without
    end; where the solver came to no end it is infinite.
    """

    bound: float
    x: Floats
    prices: Floats
    lost: Floats


class _Relaxation:
    """The relaxation of a case, warm from branch to branch."""

    def __init__(self, model: Model, openings: Ints, threads: int) -> None:
        self.openings, self.lower, self.upper = openings.astype(np.int32), model.lower[openings], model.upper[openings]
        self.solver = exact.solver_of(model, threads=threads)
        self.solver.setOptionValue("solver", "simplex")

    def solve(self, held: Floats) -> _Relaxed:
        """Return the relaxation with some openings held (NaN for the others)."""
        free = np.isnan(held)
        lower, upper = np.where(free, self.lower, held), np.where(free, self.upper, held)
        self.solver.changeColsBounds(len(held), self.openings, lower, upper)
        self.solver.run()
        status, solution = self.solver.getModelStatus(), self.solver.getSolution()
        x, prices, lost = (np.asarray(each) for each in (solution.col_value, solution.row_dual, solution.col_dual))
        bound = np.inf
        if status == highspy.HighsModelStatus.kInfeasible:
            _, known, ray = self.solver.getDualRay()  # type: ignore[attr-defined]
            bound, prices = -np.inf, -np.asarray(ray) if known else np.zeros(len(prices))
        elif status == highspy.HighsModelStatus.kOptimal:
            bound = float(self.solver.getInfo().objective_function_value)
        return _Relaxed(bound, x, prices, np.abs(lost))


@dataclass(frozen=True)
class _Leaf:
    """A case whose openings are settled, at the prices of its cell; how far below its bound its next core reaches."""

    model: Model
    at: core.Priced
    below: float


@dataclass(frozen=True)
class _Branch:
    """A bound, the openings held (NaN for the others) and the cell of the proof; or the leaf that they make."""

    bound: float
    held: Floats
    cell: int
    leaf: _Leaf | None = None


@dataclass
class _Search:
    """One search: the case, the best plan, the branches left (the best first), the cells of the proof.

    Bounds of what was given up and of the leaf in hand stand beside, for these are no branches any more.
    """

    model: Model
    of: core.Knapsacks
    threads: int
    best: Floats | None
    queue: list[tuple[float, int, _Branch]] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    prices: dict[int, Floats] = field(default_factory=dict)
    given_up: float = -np.inf
    in_hand: float = -np.inf
    pushed: int = 0

    def __post_init__(self) -> None:
        self.openings = openings_of(self.model, self.of)
        self.relaxation = _Relaxation(self.model, self.openings, self.threads)
        self.first: _Relaxed | None = None
        self.push(_Branch(np.inf, np.full(len(self.openings), np.nan), 0))

    @property
    def score(self) -> float:
        return score_of(self.model, self.best)

    @property
    def target(self) -> float:
        """What a plan has to be worth more than."""
        return self.score + core.worth(self.model)

    @property
    def bound(self) -> float:
        """What no plan can exceed."""
        return max(self.score, self.given_up, self.in_hand, -self.queue[0][0] if self.queue else -np.inf)

    def push(self, branch: _Branch) -> None:
        """Keep a branch that may hold a better plan."""
        if branch.bound > self.target:
            heapq.heappush(self.queue, (-branch.bound, self.pushed, branch))
            self.pushed += 1

    def parted(self, branch: _Branch) -> _Leaf | None:
        """Part a branch in two; or by its leaf, which is returned, and all others."""
        at = self.relaxation.solve(branch.held)
        if np.isinf(at.bound):
            if at.bound > 0:
                self.given_up = max(self.given_up, branch.bound)
            elif branch.cell >= 0:
                self.prices[branch.cell] = self.without_plan(branch, at.prices)
            return None
        self.first = self.first or at
        self.priced(branch.cell, at.prices)
        if at.bound <= self.target:
            return None
        opened, lost = at.x[self.openings], at.lost[self.openings]
        halves = np.abs(opened - np.round(opened))
        if halves.max() > HALF:
            number = int(halves.argmax())
            for value, cell in enumerate(self.split(branch.cell, number)):
                self.push(_Branch(at.bound, _with(branch.held, number, value), cell))
            return None
        held, cell = branch.held, branch.cell
        for number in np.flatnonzero(np.isnan(held) & (at.bound - lost > self.target)).tolist():
            value = round(opened[number])
            cells = self.split(cell, number)
            self.push(_Branch(at.bound - lost[number], _with(held, number, 1 - value), cells[1 - value]))
            held, cell = _with(held, number, value), cells[value]
        return self.leaf(held, cell, np.round(opened), at.prices)

    def without_plan(self, branch: _Branch, direction: Floats) -> Floats:
        """Return prices at which the bound of a branch without a plan is below any plan there could be."""
        box, prices = self.boxed(branch.held), self.prices.get(branch.cell, np.zeros(len(direction)))
        falls = -_bound_at(replace(box, c=np.zeros(len(box.c)), c0=0.0), direction)
        worst = box.c0 - float(np.abs(box.c) @ np.maximum(np.abs(box.lower), np.abs(box.upper)))
        return prices + max(_bound_at(box, prices) - worst, 0.0) / falls * direction if falls > 0 else prices

    def leaf(self, held: Floats, cell: int, opened: Floats, prices: Floats) -> _Leaf:
        """Return the leaf of some openings, at prices of its cell better than those given."""
        at = core.priced(self.boxed(held), self.of, prices, enough=self.target)
        self.priced(cell, at.prices)
        return _Leaf(self.boxed(opened), at, at.first)

    def boxed(self, held: Floats) -> Model:
        """Return the case with some openings held (NaN for the others)."""
        lower, upper, some = self.model.lower.copy(), self.model.upper.copy(), ~np.isnan(held)
        lower[self.openings[some]] = upper[self.openings[some]] = held[some]
        for each in self.of.blocks:
            if each.opening >= 0 and upper[each.opening] == 0:
                upper[each.columns] = 0.0
        return replace(self.model, lower=lower, upper=upper)

    def priced(self, cell: int, prices: Floats) -> None:
        """Keep the prices of a cell."""
        if cell >= 0:
            self.prices[cell] = prices

    def split(self, cell: int, number: int) -> tuple[int, int]:
        """Return the cells of both halves of one, which has its prices; none where there are as many as may be."""
        if cell < 0 or len(self.splits) >= CELLS:
            return -1, -1
        count = len(self.splits)
        self.splits.append(Split(cell, -1, self.openings[[number]]))
        self.prices[2 * count + 1] = self.prices[2 * count + 2] = self.prices.pop(cell)
        return 2 * count + 1, 2 * count + 2

    def certificate(self) -> Proof:
        """Return the proof: the prices of the first relaxation, and those of every cell."""
        root = np.zeros(len(self.model.lo)) if self.first is None else self.first.prices
        every = [np.where(self.of.coupling, self.prices[cell], 0.0) for cell in sorted(self.prices)]
        return proof.proof_of(
            self.model, root, block=self.of.block, splits=self.splits, cell_prices=every if self.splits else ()
        )


def search(
    model: Model,
    of: core.Knapsacks,
    prices: Floats,
    *,
    gap: float,
    effort: int,
    seed: int,
    threads: int,
    start: Floats | None = None,
    seconds_left: Callable[[], float],
    watch: exact.Watcher,
) -> Found:
    """Search a case of knapsacks for the best plan.

    Parameters
    ----------
    model : Model
    of : Knapsacks
        From `core.fits`.
    prices : ndarray of shape (n_rows,)
        Of the relaxation.
    gap, seed, threads, start, watch
        As in `exact.search`.
    effort : int
        Branches at most, and that of each core.
    seconds_left : callable

    Returns
    -------
    Found
    """
    if not len(openings_of(model, of)):
        model = core.settled(model)
        at = core.priced(model, of, prices)

        def searched(at: core.Priced, start: Floats | None, below: float) -> exact.Search:
            return core.search(
                model, at, gap=gap, effort=effort, seed=seed, threads=threads, below=below, start=start,
                seconds_left=seconds_left, watch=lambda score, _, nodes: watch(score, at.bound, nodes),
            )  # fmt: skip

        to_find = gap == 0 and core.worth(model) > 0
        ended_at = exact.Search(start, np.inf, "gap", 0) if to_find else searched(at, start, at.first)
        provable = ended_at.ended == "gap" and max(gap, core.worth(model)) > 0
        parted = cells.search(
            model, of, at, ended_at.x, gap=gap, to_find=to_find, effort=effort if provable else 0, seed=seed,
            threads=threads, stop=lambda *stands: seconds_left() <= 0 or watch(*stands),
        )  # fmt: skip
        score = score_of(model, parted.x)
        if to_find and parted.bound > score:
            ended_at = searched(replace(at, bound=parted.bound), parted.x, 0.0)
        elif to_find:
            ended_at = exact.Search(parted.x, score, "infeasible" if parted.x is None else "gap", parted.splits)
        certificate = parted.certificate
        return Found(ended_at, model, certificate, proof.bound(certificate))
    tight = enough(core.settled(model), of)
    of = replace(of, coupling=np.r_[of.coupling, np.ones(len(tight.lo) - len(model.lo), dtype=bool)])
    here = _Search(tight, of, threads, start)
    nodes = 0
    ended: exact.Ended = "gap"
    while here.queue and here.bound > here.score + (0.0 if here.best is None else gap * max(abs(here.score), 1.0)):
        if nodes >= effort or seconds_left() <= 0 or watch(here.score, here.bound, nodes):
            ended = "effort" if nodes >= effort else "time_limit" if seconds_left() <= 0 else "cancelled"
            break
        branch = heapq.heappop(here.queue)[2]
        nodes += 1
        leaf = here.parted(branch) if branch.leaf is None else branch.leaf
        if leaf is None or min(branch.bound, leaf.at.bound) <= here.target:
            continue
        here.in_hand = min(branch.bound, leaf.at.bound)
        found = core.step(
            leaf.model, leaf.at, leaf.below, gap=0.0, effort=effort, seed=seed, threads=threads, start=here.best,
            seconds_left=seconds_left, watch=lambda score, _, nodes: watch(score, here.bound, nodes),
        )  # fmt: skip
        here.best, here.in_hand = found.x, -np.inf
        if found.ended in ("gap", "infeasible"):
            here.push(_Branch(found.solver_bound, branch.held, -1, replace(leaf, below=4 * leaf.below)))
        else:
            ended, here.given_up = found.ended, max(here.given_up, found.solver_bound)
            if ended != "effort":
                break
    if ended == "gap" and here.best is None:
        ended = "infeasible" if here.given_up == -np.inf else "effort"
    certificate = here.certificate()
    return Found(exact.Search(here.best, here.bound, ended, nodes), tight, certificate, proof.bound(certificate))


def _bound_at(model: Model, prices: Floats) -> float:
    """Return the bound that prices give, by weak duality (see `proof`)."""
    prices = proof.allowed(model.lo, model.hi, prices)
    d, some = model.c - model.A.T @ prices, prices != 0
    at_rows = prices[some] * np.where(prices > 0, model.hi, model.lo)[some]
    return float(model.c0 + at_rows.sum() + np.maximum(d * model.lower, d * model.upper).sum())


def _with(held: Floats, number: int, value: float) -> Floats:
    """Return the openings held with one more."""
    more = held.copy()
    more[number] = value
    return more
