"""Which columns of a model make a block: options that share places, and what opens their building."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from planner.model import Model
from planner.solve.answer import KEPT

WITHIN = frozenset(
    {
        "parcel_used_once",
        "parcel_not_overfilled",
        "cut_end_used_once",
        "floor_not_overfilled",
        "building_power",
        "lifts",
        "building_waste_water",
    }
)
"""Rules about one place: what they couple is a block."""


def blocks_of(model: Model) -> NDArray[np.int64]:
    """Return the block of each column: options that share places, directly or through others; −1 for none.

    What opens a building belongs to the block where all the block needs it, and nothing else does. That needs rows
    ``a x <= A u``; in other rows it may stand as well. Shares of divisible parts are in no block.
    """
    rules = np.concatenate([np.full(len(rows.keys), rows.rule in WITHIN) for rows in model.rules])
    place = model.columns_of("place")
    within = model.A[np.flatnonzero(rules)][:, place].multiply(model.integer[place]).tocsr()
    within.eliminate_zeros()
    joined = scipy.sparse.bmat([[None, within.T], [within, None]]).tocsr()
    _, label = connected_components(joined, directed=False)
    block = np.full(len(model.c), -1, dtype=np.int64)
    used = np.asarray(within.getnnz(axis=0) > 0)
    block[place][used] = np.unique(label[: within.shape[1]][used], return_inverse=True)[1]
    size = np.bincount(block[block >= 0])
    links = model.A[np.flatnonzero((model.hi == 0) & np.isinf(model.lo))]
    for column in np.arange(len(model.c))[model.columns_of("opened")]:
        need = links[np.flatnonzero(links[:, [column]].toarray() < 0)].tocoo()
        needing = np.unique(need.col[need.data > 0])
        of = np.unique(block[needing])
        if len(of) == 1 and of[0] >= 0 and len(needing) == size[of[0]]:
            block[column] = of[0]
    return block


def fitting(
    model: Model, block: NDArray[np.int64], rows: NDArray[np.bool_], patterns: Sequence[NDArray[np.int64]]
) -> list[NDArray[np.int64]]:
    """Return those of some patterns, made for a case like this one, that are packings of its blocks.

    Parameters
    ----------
    model : Model
    block : ndarray of int, shape (n_columns,)
    rows : ndarray of bool, shape (n_rows,)
        That a packing keeps by itself, as `proof.limits_within` has it.
    patterns : sequence of ndarray of int
        Columns of each.
    """
    of_one = [each for each in patterns if len(each) and block[each[0]] >= 0 and (block[each] == block[each[0]]).all()]
    index, begin = np.concatenate([np.zeros(0, np.int64), *of_one]), np.cumsum([0, *map(len, of_one)])
    held = scipy.sparse.csc_matrix((np.ones(len(index)), index, begin), shape=(len(model.c), len(of_one)))
    hi = model.hi[rows]
    used = (model.A[np.flatnonzero(rows)] @ held).tocoo()
    over = np.unique(used.col[used.data > hi[used.row] + KEPT * (1 + np.abs(hi[used.row]))])
    return [of_one[number] for number in np.setdiff1d(np.arange(len(of_one)), over)]
