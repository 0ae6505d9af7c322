"""By what to split a cell of a large case: what the master programme leaves undecided and prices make matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.solve.master import Master
from planner.solve.proof import Box

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
TIE = 1e-6
DECIDED = 0.3
"""Points of a scarce limit below which no part's use of it is worth splitting by."""


def undecided(
    master: Master, single: Flags, coupling: Ints, x: Floats, prices: Floats, box: Box
) -> tuple[int, Ints] | None:
    """Return by what to split a cell, as `proof.Split` says it; None where nothing is undecided.

    The part whose use of a scarce limit is most undecided, by its columns that use it; else one column outside blocks.

    Parameters
    ----------
    master : Master
    single : ndarray of bool, shape (n_rows,)
        Rows of the model that let at most one of their columns be chosen.
    coupling : ndarray of int
        Rows of the master programme.
    x : ndarray of shape (n_columns,)
        What the master chose of each option.
    prices : ndarray of shape (n_coupling,)
    box : Box
    """
    model = master.model
    limits = np.flatnonzero(np.isinf(master.lo) & (prices > TIE / 10))
    group = np.full(len(x), -1, dtype=np.int64)
    rows = coupling[single[coupling]]
    entries = model.A[rows].tocoo()
    positive = entries.data > 0
    group[entries.col[positive]] = rows[entries.row[positive]]
    best, found = TIE, None
    for row in limits:
        use = np.asarray(master.rows[row].todense()).ravel()
        inside = (use > 0) & (group >= 0)
        share = np.bincount(group[inside], x[inside], minlength=len(model.lo))
        most = np.zeros(len(model.lo))
        np.maximum.at(most, group[inside], use[inside])
        worth = np.minimum(share, 1 - share) * most * prices[row]
        part = int(worth.argmax())
        if worth[part] > best:
            best, found = float(worth[part]), (part, np.flatnonzero(inside & (group == part) & (box.upper > 0)))
    if found is not None and best > DECIDED:
        return found
    other = master.other[model.integer[master.other]]
    open_ = np.minimum(x[other], 1 - x[other])
    column = int(open_.argmax()) if len(other) else 0
    if len(other) and open_[column] > TIE:
        return -1, other[[column]].astype(np.int64)
    return found
