r"""Cases whose places are knapsacks, to their optimum: prices by steps, options dropped exactly, the rest searched.

Where every block is one limit on whole numbers (an agent's hours, a building's capacity), it is packed exactly in no
time, and so is its best packing *with* each of its options (`packing.forced`). At given prices no plan with option
:math:`o` of block :math:`b` is worth more than :math:`\text{bound} - V_b + V_b(o)`. So what cannot be part of a plan
worth more than :math:`t` is dropped, and the few options left (the core; Balas & Zemel, Operations Research 28, 1980)
are searched by branch and bound. If the best of them is worth :math:`t` or more, none is better anywhere; otherwise
:math:`t` was too high, and is lowered to the best plan known. Prices start from the relaxation's and are bettered by
subgradient steps (Held, Wolfe & Crowder, Mathematical Programming 6, 1974). Nothing depends on the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.errors import SolveError
from planner.model import Model
from planner.plan import gap_of
from planner.solve import exact, failing, packing, proof, stepping
from planner.solve.answer import score_of
from planner.solve.blocks import blocks_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
STEPS = 400
"""Steps of the prices."""
FIRST = 2e-3
"""Share of the bound by which the first target lies below it; a further one four times as far, or at the best plan."""
CLOSE = 1e-6
NEARLY = 1e-3
"""What figures of a relaxation may be wrong by, in points."""


@dataclass(frozen=True)
class Knapsacks:
    """What a case of knapsacks is made of: the block of each column (−1: none), the blocks, the rows between them."""

    block: Ints
    blocks: Sequence[packing.Block]
    coupling: Flags

    @cached_property
    def arrays(self) -> tuple[Ints, Ints, Floats, Floats, Ints]:
        """The knapsacks end to end, as `stepping.stepped` takes them."""
        sizes = [len(each.columns) for each in self.blocks]
        return (
            np.cumsum([0, *sizes]),
            np.concatenate([each.columns for each in self.blocks]),
            np.concatenate([each.weight for each in self.blocks]),
            np.array([float(int(each.room)) for each in self.blocks]),
            np.array([each.opening for each in self.blocks]),
        )


@dataclass(frozen=True)
class Priced:
    """A case at its best prices: the bound, and the most a plan with each column at its upper or lower end is worth."""

    prices: Floats
    bound: float
    with_it: Floats
    without: Floats

    @property
    def first(self) -> float:
        """How far below the bound the first core reaches."""
        return FIRST * abs(self.bound)


def fits(model: Model) -> Knapsacks | None:
    """Return what a case is made of all of whose places are knapsacks; None for any other."""
    block = blocks_of(model)
    if block.max(initial=-1) < 0 or not model.integer.all():
        return None
    base = proof.proof_of(model, np.zeros(len(model.lo)), block=block)
    limit = proof.limits_within(model.A, base)
    blocks = proof.blocks_of(model.A, base, limit)
    if not all(each.whole for each in blocks):
        return None
    return Knapsacks(block, blocks, ~limit)


def priced(model: Model, of: Knapsacks, prices: Floats, *, enough: float = -np.inf, steps: int = STEPS) -> Priced:
    """Return a case at better prices than those given.

    Parameters
    ----------
    model : Model
    of : Knapsacks
    prices : ndarray of shape (n_rows,)
        Of the relaxation.
    enough : float
        A bound that is low enough.
    steps : int
        At most.
    """
    model = settled(model)
    matrix, now = model.A, np.where(of.coupling, proof.allowed(model.lo, model.hi, prices), 0.0)
    best, best_prices = stepping.stepped(
        float(model.c0), model.c, model.lower, model.upper, model.lo, model.hi, matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int64), matrix.data, of.coupling, of.block < 0, *of.arrays, now, enough, steps,
    )  # fmt: skip
    with_it, without = _ends(model, of, best_prices)
    return Priced(best_prices, best, best + with_it, best + without)


def settled(model: Model) -> Model:
    """Return the model with rows of one column as what they are, bounds of it."""
    single = np.flatnonzero(np.diff(model.A.indptr) == 1)
    column, value = model.A.indices[model.A.indptr[single]], model.A.data[model.A.indptr[single]]
    plain = value == 1
    lower, upper = model.lower.copy(), model.upper.copy()
    np.maximum.at(lower, column[plain], model.lo[single[plain]])
    np.minimum.at(upper, column[plain], model.hi[single[plain]])
    inside = lower <= upper
    return replace(model, lower=np.where(inside, lower, model.lower), upper=np.where(inside, upper, model.upper))


def _ends(model: Model, of: Knapsacks, prices: Floats) -> tuple[Floats, Floats]:
    """Return what a plan with each column at its upper end, and at its lower end, is worth against the bound."""
    d = model.c - model.A.T @ prices
    points, alone = np.where(model.upper > 0, d, -np.inf), of.block < 0
    with_it, without = np.zeros(len(d)), np.zeros(len(d))
    with_it[alone] = np.minimum(d * (model.upper - model.lower), 0.0)[alone]
    without[alone] = np.minimum(-d * (model.upper - model.lower), 0.0)[alone]
    for each in of.blocks:
        value, forced = packing.forced(each, points)
        opening = each.needs(points)
        most = max(value + opening, 0.0) if each.opening >= 0 and not each.held(model.lower) else value + opening
        with_it[each.columns] = np.minimum(forced + opening - most, 0.0)
        if each.opening >= 0:
            with_it[each.opening], without[each.opening] = value + opening - most, -most
    return with_it, without


def search(
    model: Model,
    at: Priced,
    *,
    gap: float,
    effort: int,
    seed: int,
    threads: int,
    below: float | None = None,
    start: Floats | None = None,
    seconds_left: Callable[[], float],
    watch: exact.Watcher,
) -> exact.Search:
    """Search the core for the best plan.

    Parameters
    ----------
    model : Model
    at : Priced
    gap, effort, seed, threads, start, watch
        As in `exact.search`; the effort is that of each core.
    below : float, optional
        How far below the bound the first core reaches; `at.first` where not given.
    seconds_left : callable

    Returns
    -------
    Search
        Its bound is of the whole: what was dropped cannot be worth more than the target of its core.
    """
    best, below, bound, nodes = start, at.first if below is None else below, at.bound, 0
    while True:
        found = step(
            model, replace(at, bound=bound), below - (at.bound - bound), gap=gap, effort=effort, seed=seed,
            threads=threads, start=best, seconds_left=seconds_left, watch=watch,
        )  # fmt: skip
        nodes, best, bound = nodes + found.nodes, found.x, min(found.solver_bound, bound)
        score = score_of(model, best)
        met = found.solver_bound <= score if best is None else gap_of(score, found.solver_bound) <= gap
        if not met and seconds_left() <= 0:
            return exact.Search(best, found.solver_bound, "time_limit", nodes)
        if met or found.ended not in ("gap", "infeasible"):
            ended = "gap" if best is not None and found.ended == "infeasible" else found.ended
            return exact.Search(best, found.solver_bound, ended, nodes)
        wider = max(4 * below, at.bound - bound) or at.first
        below = wider if best is None else min(4 * wider, at.bound - score)


def step(
    model: Model,
    at: Priced,
    below: float,
    *,
    gap: float,
    effort: int,
    seed: int,
    threads: int,
    start: Floats | None,
    seconds_left: Callable[[], float],
    watch: exact.Watcher,
) -> exact.Search:
    """Search one core: the plans that are worth no more than `below` less than the bound, and more than that known.

    The bound returned is of the whole; infeasible means that this core holds no plan.
    """
    score = score_of(model, start)
    better = score + worth(model)
    target = max(np.floor(at.bound - below) - NEARLY if worth(model) else at.bound - below, better)
    upper = np.where(at.with_it > target - CLOSE, model.upper, model.lower)
    lower = np.where(at.without > target - CLOSE, model.lower, upper)
    dropped = (upper < model.upper) & (at.with_it > -np.inf), (lower > model.lower) & (at.without > -np.inf)
    everything = not np.any(dropped)
    known = start is not None and bool((start >= lower).all() and (start <= upper).all())
    try:
        found = exact.search(
            replace(model, lower=lower, upper=upper), keep=upper > 0, gap=gap, effort=effort, seed=seed,
            time_limit_s=seconds_left(), threads=threads, start=start if known else None, may_part=True, watch=watch,
            enough=np.floor(at.bound + CLOSE) - NEARLY if worth(model) else np.inf,
        )  # fmt: skip
    except SolveError as error:
        if start is None:
            raise
        failing.noted(error)
        found = exact.Search(None, np.inf, "solver_failed", 0)
    best = found.x if score_of(model, found.x) > score else start
    of_core = found.solver_bound if found.ended != "infeasible" else -np.inf
    bound = min(max(of_core, -np.inf if everything else target), at.bound)
    if worth(model) and np.isfinite(bound):
        bound = float(np.floor(bound + CLOSE))
    return replace(found, x=best, solver_bound=max(bound, score_of(model, best)))


def worth(model: Model) -> float:
    """Return by how much, at least, one plan is better than another: nearly 1 where all points are whole, else 0."""
    whole = bool((model.c == np.round(model.c)).all() and model.c0 == round(model.c0) and model.integer.all())
    return 1 - NEARLY if whole else 0.0
