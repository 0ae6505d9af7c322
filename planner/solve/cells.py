"""What a solver claims of a case of knapsacks, proved by prices: the case is parted until every cell's bound is met.

A cell is parted by the part that the packings at its prices place twice or not at all: of the options it could still
have in a better plan, every other one may be chosen, or none of these. Both halves are priced anew, from its prices
(branch and bound on a Lagrangian bound: Fisher, Jaikumar & Van Wassenhove, Management Science 32, 1986). Nothing
depends on the clock.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.model import Model
from planner.proofs import Proof
from planner.solve import core, packing, proof
from planner.solve.proof import Box, Split

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
STEPS = 100
"""Steps of the prices of a half, from those of the whole."""
WORK = 40_000
"""Columns times splits at most: with more, a claim stays a claim."""


def proved(model: Model, of: core.Knapsacks, at: core.Priced, target: float, *, stop: Callable[[], bool]) -> Proof:
    """Return a proof by prices that no plan is worth more than so much, or the proof that prices give without cells.

    Parameters
    ----------
    model : Model
        Settled (`core.settled`).
    of : Knapsacks
    at : Priced
        The case at its best prices.
    target : float
        No plan is claimed to be worth more.
    stop : callable
        Asked before every split; True leaves the proof as it is, without cells.
    """
    whole = proof.proof_of(model, at.prices, block=of.block)
    if at.bound <= target:
        return whole
    single = proof.at_most_one(model.A, model.hi, model.upper, model.integer)
    splits: list[Split] = []
    prices = {0: at.prices}
    queue = [(-at.bound, 0, Box(model.lower, model.upper), at)]
    while queue and -queue[0][0] > target:
        if len(splits) * len(model.c) > WORK or stop():
            return whole
        _, number, box, here = heapq.heappop(queue)
        found = _undecided(model, of, box, here, target, single)
        if found is None:
            return whole
        splits.append(Split(number, *found))
        halves = proof.halves(model.A, whole, box, *found, single)
        for half, each in zip((2 * len(splits) - 1, 2 * len(splits)), halves, strict=True):
            inside = replace(model, lower=each.lower, upper=each.upper)
            new = core.priced(inside, of, here.prices, enough=target, steps=STEPS)
            prices[half] = new.prices
            heapq.heappush(queue, (-new.bound, half, each, new))
        del prices[number]
    of_cells = [prices[number] for number in sorted(prices)]
    return proof.proof_of(model, at.prices, block=of.block, splits=splits, cell_prices=of_cells)


def _undecided(
    model: Model, of: core.Knapsacks, box: Box, here: core.Priced, target: float, single: Flags
) -> tuple[int, Ints] | None:
    """Return the row of the part that packings place most too often, or not, and every other of its options."""
    points = np.where(box.upper > 0, model.c - model.A.T @ here.prices, -np.inf)
    taken = np.zeros(len(points))
    for each in packing.packed(of.blocks, points, lower=box.lower):
        taken[each.columns] = 1.0
    open_ = (of.block >= 0) & (box.upper > 0) & (box.lower == 0) & (here.with_it > target)
    rows = np.flatnonzero(single & (model.A @ open_.astype(float) > 1))
    if not len(rows):
        return None
    row = int(rows[np.abs(model.A[rows] @ np.where(of.block >= 0, taken, 0.0) - 1).argmax()])
    entries = slice(model.A.indptr[row], model.A.indptr[row + 1])
    options = model.A.indices[entries][(model.A.data[entries] > 0) & open_[model.A.indices[entries]]]
    return row, np.sort(options[np.argsort(-here.with_it[options], kind="stable")][::2])
