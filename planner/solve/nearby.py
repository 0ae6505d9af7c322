"""Parts of a large case, searched exactly: some columns alone; neighbourhoods of a plan, some blocks opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.errors import SolveError
from planner.model import Model
from planner.solve import exact, failing
from planner.solve.master import Master

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
FIRST = 100
"""Steps of the programme of some columns at most."""
FIRST_GAP = 0.025
"""The solver's gap at which a plan of them is good enough: neighbourhoods better it more quickly from there."""
STEPS = 40
"""Steps of the programme of a neighbourhood."""
FREE = 1 / 3
"""Share of the blocks that a neighbourhood opens."""
NEARLY = 1e-4
"""The solver's gap at which it ends."""


def among(
    model: Model, keep: Flags, *, seed: int, threads: int, seconds_left: Callable[[], float],
    watch: Callable[[float], bool],
) -> Floats | None:  # fmt: skip
    """Return a plan of some columns alone; None where none is found, or the solver fails."""
    try:
        return exact.search(
            model, keep=keep, gap=FIRST_GAP, effort=FIRST, time_limit_s=seconds_left(), seed=seed, threads=threads,
            may_part=True, watch=lambda score, *_: watch(score),
        ).x  # fmt: skip
    except SolveError as error:
        failing.noted(error)
        return None


def opened(master: Master, rng: np.random.Generator, turn: int) -> Flags:
    """Return which blocks a neighbourhood opens: some at random, or by turns some that share a scarce limit."""
    limits = np.flatnonzero(np.isinf(master.lo))
    wanted, free = int(np.ceil(master.blocks * FREE)), np.zeros(master.blocks, dtype=bool)
    if turn % 2 == 0 or not len(limits):
        free[rng.permutation(master.blocks)[:wanted]] = True
        return free
    touches = master.programme().A[:, len(master.other) :].tocsr()
    for row in rng.permutation(limits):
        free[master.of[touches[row].indices]] = True
        if free.sum() >= wanted:
            break
    return free


def searched(
    master: Master, x: Floats, neighbourhoods: Sequence[Flags], *, seed: int, threads: int,
    seconds_left: Callable[[], float], watch: Callable[[float], bool],
) -> list[Floats | None]:  # fmt: skip
    """Return the best plan found in each neighbourhood of a plan, as columns of the programme; all at once.

    Parameters
    ----------
    master : Master
    x : ndarray of shape (n_columns of the programme,) or of its first columns
        The plan.
    neighbourhoods : sequence of ndarray of bool, shape (n_blocks,)
        Which blocks each opens.
    seed, threads : int
        The result does not depend on the threads.
    seconds_left : callable
    watch : callable
        Told the best score of a neighbourhood; whether to stop.
    """
    programme = master.programme()
    others, of = len(master.other), master.of
    start = np.r_[x, np.zeros(len(programme.c) - len(x))]
    held = start[others:] > 0.5

    def one(free: Flags) -> Floats | None:
        lower = np.r_[programme.lower[:others], (held & ~free[of]).astype(float)]
        return exact.search(
            replace(programme, lower=lower), gap=NEARLY, effort=STEPS, time_limit_s=seconds_left(), seed=seed,
            threads=1, start=start, keep=np.r_[np.ones(others, dtype=bool), free[of] | held],
            watch=lambda score, *_: watch(score),
        ).x  # fmt: skip

    with ThreadPoolExecutor(threads) as executor:
        return list(executor.map(one, neighbourhoods))
