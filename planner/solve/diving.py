r"""A first plan of a large case: dive.

The master's relaxation says of every pattern how much of it a plan would take. The surest are held, what they exclude
is forbidden, the prices change, new patterns are made around them, and so on until nothing is undecided: diving with
columns generated (Sadykov, Vanderbeck, Pessoa, Tahiri & Uchoa, INFORMS J. Comput. 31, 2019). It only goes down, and may
end short of a rule (half a project is placed): whoever makes a plan of it chooses among what is held.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from planner.solve.master import Master
from planner.solve.proof import Box

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
ROUNDS = 1
"""Times new patterns are made before some are held."""
SURE = 0.9
"""Share from which a pattern is held."""
SOME = 0.05
"""Share of the blocks still undecided that are held where none is sure."""
TIE = 1e-6

Generate = Callable[[Floats, Floats, Box], bool]
"""Makes patterns at the prices of coupling rows and blocks, within a box; returns whether there was a new one."""


def dive(
    master: Master,
    box: Box,
    single: Ints,
    generate: Generate,
    stop: Callable[[], bool],
    seconds_left: Callable[[], float],
) -> list[Ints]:
    """Return the patterns held in the end, at most one a block; together they may be short of a rule.

    Parameters
    ----------
    master : Master
    box : Box
    single : ndarray of int
        Rows of the model that let at most one of their columns be chosen.
    generate, stop, seconds_left : callable
    """
    model = master.model
    excludes = (model.A[single] > 0).tocsr()
    excluded = excludes.tocsc()
    inside = Box(box.lower.copy(), box.upper.copy())
    within = np.flatnonzero(master.rows.min(axis=1).toarray().ravel() >= 0)  # rows that patterns can only fill
    left = master.hi.copy()
    held: list[int] = []
    decided = np.zeros(master.blocks, dtype=bool)

    def hold(number: int) -> None:
        columns, block = master.patterns[number], master.of[number]
        used = np.zeros(len(left))
        np.add.at(used, *_entries(master.rows, columns))
        if decided[block] or (inside.upper[columns] <= 0).any() or (used[within] > left[within] + TIE).any():
            return
        gone = _entries(excludes, np.unique(_entries(excluded, columns)[0]))[0]
        gone = np.r_[gone[master.block[gone] >= 0], np.flatnonzero(master.block == block)]
        inside.upper[np.setdiff1d(gone, columns)] = 0.0
        left[:] -= used
        decided[block] = True
        held.append(number)

    while seconds_left() > 0 and not stop():
        master.within(inside, held)
        for _ in range(ROUNDS):
            found = master.solve(seconds_left())
            if not master.feasible or not generate(found[1], found[2], inside):
                break
        else:
            found = master.solve(seconds_left())
        if not master.feasible:
            break
        share = found[3][master.first :].copy()
        share[held] = 0.0
        order = np.argsort(-share, kind="stable")
        order = order[share[order] > TIE]
        sure = order[share[order] > SURE]
        before = len(held)
        for number in sure if len(sure) else order[: max(1, int(SOME * (~decided).sum()))]:
            hold(int(number))
        if len(held) == before:
            break
    return [master.patterns[number] for number in held]


def _entries(matrix: scipy.sparse.csr_matrix | scipy.sparse.csc_matrix, some: Ints) -> tuple[Ints, Floats]:
    """Return indices and data of some rows of a matrix by rows, or of some columns of one by columns."""
    none = np.zeros(0, dtype=np.int64)
    own = np.concatenate([none, *(np.arange(matrix.indptr[k], matrix.indptr[k + 1]) for k in some)])
    return matrix.indices[own], matrix.data[own]
