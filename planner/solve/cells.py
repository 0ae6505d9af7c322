"""Cases of knapsacks parted into cells until prices prove the best plan best: branch and bound on a Lagrangian bound.

A cell is parted by the part that the packings at its prices place twice or not at all: of the options it could still
have in a better plan, every other one may be chosen, or none of these. Both halves are priced anew, from its prices
(Fisher, Jaikumar & Van Wassenhove, Management Science 32, 1986). The best bound goes first, of equal whole ones the
deepest cell; there only plans are looked for that are worth its bound (Posta, Ferland & Michelon, Computational
Optimization and Applications 52, 2012), by branch and bound once few options are left to them. Nothing depends on the
clock.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from planner.model import Model
from planner.proofs import Proof
from planner.solve import core, exact, packing, proof
from planner.solve.answer import score_of
from planner.solve.proof import Box, Split

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
STEPS = 40
"""Steps of the prices of a half, from those of the whole."""
WORK = 450_000
"""Columns times splits at most."""
CORE = 1.5
"""Options for each part, those with which most can be had, among which a plan worth the bound is looked for."""
SMALL = 1.2
"""Options for each part up to which a cell is searched so."""
BREATHS = 200
"""Effort of that."""


@dataclass(frozen=True)
class Found:
    """The best plan (None for none), what none can exceed, the proof, with cells where they prove that, the splits."""

    x: Floats | None
    bound: float
    certificate: Proof
    splits: int


@dataclass(frozen=True)
class _Cell:
    """A cell of the proof, its prices, how deep it lies, and down to what bound it was searched for plans."""

    number: int
    box: Box
    at: core.Priced
    depth: int = 0
    searched: float = np.inf


def search(
    model: Model,
    of: core.Knapsacks,
    at: core.Priced,
    start: Floats | None,
    *,
    gap: float,
    to_find: bool,
    effort: int,
    seed: int,
    threads: int,
    stop: Callable[[float, float, int], bool],
) -> Found:
    """Search cells for the best plan until prices prove it best.

    Parameters
    ----------
    model : Model
        Settled (`core.settled`).
    of : Knapsacks
    at : Priced
        The case at its best prices.
    start : ndarray of shape (n_columns,), optional
        A plan known.
    gap : float
        Of the plan to be proved; where points are whole, less than one point is no gap.
    to_find : bool
        Whether plans are looked for; if not, the one known is proved.
    effort : int
        Splits at most.
    seed, threads : int
    stop : callable
        Asked before every split with score, bound and splits; True leaves the proof as it is, without cells.
    """
    whole = proof.proof_of(model, at.prices, block=of.block)
    single = proof.at_most_one(model.A, model.hi, model.upper, model.integer)
    best, splits, prices = start, list[Split](), {0: at.prices}
    queue: list[tuple[float, int, int, _Cell]] = []

    def push(cell: _Cell) -> None:
        heapq.heappush(queue, (-level(cell.at.bound), -cell.depth, -cell.number, cell))

    def level(bound: float) -> float:
        return float(np.floor(bound + core.CLOSE)) if core.worth(model) else bound

    def target() -> float:
        score = score_of(model, best)
        return score + max(gap * max(abs(score), 1.0), core.worth(model)) if best is not None else -np.inf

    push(_Cell(0, Box(model.lower, model.upper), at))
    few, small, lowest = CORE * single.sum(), SMALL * single.sum(), np.inf
    while queue and -queue[0][0] > target():
        bound, cell = -queue[0][0], heapq.heappop(queue)[3]
        told = partial(stop, score_of(model, best), bound, len(splits))
        if len(splits) >= effort or len(splits) * len(model.c) > WORK or told():
            return Found(best, bound, whole, len(splits))
        aim = max(target(), bound - core.NEARLY)
        open_ = (of.block >= 0) & (cell.box.upper > 0) & (cell.at.with_it > aim)
        if to_find and open_.any() and (bound < lowest or (open_.sum() <= small and cell.searched > bound)):
            lowest = bound
            cell = replace(cell, searched=bound if open_.sum() <= small else np.inf)
            best = _planned(model, of, cell, open_, int(few), aim, best, seed=seed, threads=threads, stop=told)
            if score_of(model, best) >= aim:
                push(cell)
                continue
        found = _undecided(model, of, cell, open_, single)
        if found is None:
            return Found(best, bound, whole, len(splits))
        splits.append(Split(cell.number, *found))
        halves = proof.halves(model.A, whole, cell.box, *found, single)
        for number, box in zip((2 * len(splits) - 1, 2 * len(splits)), halves, strict=True):
            inside = replace(model, lower=box.lower, upper=box.upper)
            new = core.priced(inside, of, cell.at.prices, enough=target(), steps=STEPS)
            prices[number] = new.prices
            push(_Cell(number, box, new, cell.depth + 1, cell.searched))
        del prices[cell.number]
    of_cells = [prices[number] for number in sorted(prices)] if splits else []
    certificate = proof.proof_of(model, at.prices, block=of.block, splits=splits, cell_prices=of_cells)
    return Found(best, level(target()), certificate, len(splits))


def _planned(
    model: Model, of: core.Knapsacks, cell: _Cell, open_: Flags, few: int, aim: float, best: Floats | None, *,
    seed: int, threads: int, stop: Callable[[], bool],
) -> Floats | None:  # fmt: skip
    """Return the best plan of a few of a cell's open options, or the one known where that is no worse."""
    some = np.flatnonzero(open_)
    upper = np.where(of.block < 0, cell.box.upper, cell.box.lower)
    some = some[np.argsort(-cell.at.with_it[some], kind="stable")][:few]
    upper[some] = cell.box.upper[some]
    found = exact.search(
        replace(model, lower=cell.box.lower, upper=upper), keep=upper > 0, gap=0.0, effort=BREATHS, time_limit_s=np.inf,
        seed=seed, threads=threads, enough=aim, watch=lambda *_: stop(),
    )  # fmt: skip
    return found.x if score_of(model, found.x) > score_of(model, best) else best


def _undecided(model: Model, of: core.Knapsacks, cell: _Cell, open_: Flags, single: Flags) -> tuple[int, Ints] | None:
    """Return the row of the part that packings place most too often, or not, and every other of its open options."""
    points = np.where(cell.box.upper > 0, model.c - model.A.T @ cell.at.prices, -np.inf)
    taken = np.zeros(len(points))
    for each in packing.packed(of.blocks, points, lower=cell.box.lower):
        taken[each.columns] = 1.0
    inside = (of.block >= 0) & (cell.box.upper > 0) & (cell.box.lower == 0)
    for options_of in (open_ & inside, inside):
        rows = np.flatnonzero(single & (model.A @ options_of.astype(float) > 1))
        if len(rows):
            row = int(rows[np.abs(model.A[rows] @ np.where(of.block >= 0, taken, 0.0) - 1).argmax()])
            entries = slice(model.A.indptr[row], model.A.indptr[row + 1])
            column = model.A.indices[entries][model.A.data[entries] > 0]
            options = column[options_of[column]]
            return row, np.sort(options[np.argsort(-cell.at.with_it[options], kind="stable")][::2])
    return None
