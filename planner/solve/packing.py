r"""The best packing of one block: a building, or plots that share parcels, by itself.

Where only prices couple the blocks, each can be packed by itself, and exactly, for it is small: at most one column of
each group (a part goes to one place), no row overfilled. The search (`filling`) is depth first, pruned by prices of the
block's own rows, among which stand the rows rounded, :math:`\sum \lceil (k+1)\, a / A - 1 \rceil x \le k`. Past its
limit of nodes it gives what these prices still allow; that is a bound too. The better the prices it begins with, the
sooner it ends: those found serve the next search. One row of whole numbers without groups is a `knapsack`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from planner.solve import filling, knapsack, repacking
from planner.solve.filling import TIE
from planner.solve.rooms import FITS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Found = TypeVar("Found")
ROUNDED = (1, 2, 3)
"""The k of the rounded rows."""
NODES = 400_000
"""Nodes after which a block is left with a bound instead of its best packing."""


@dataclass(frozen=True)
class Block:
    """Columns that share rows with each other alone.

    Attributes
    ----------
    columns : ndarray of shape (n,)
        Of the model, group by group.
    first : ndarray of shape (n_groups + 1,)
        Where each group begins.
    begin : ndarray of shape (n + 1,)
        Where the uses of each column begin.
    row, share : ndarray
        Of each use: the row of the block and the share of it; the rounded rows stand after the `real` ones.
    weight : ndarray of shape (n,)
        What a column takes of all rows together.
    real : int
    room : float
        Of all rows together.
    rows : int
        With the rounded ones.
    opening : int
        The column of the model without which none of these may be chosen; −1 for none.
    """

    columns: Ints
    first: Ints
    begin: Ints
    row: Ints
    share: Floats
    weight: Floats
    real: int
    room: float
    rows: int
    opening: int = -1

    @cached_property
    def whole(self) -> bool:
        """Whether this is one row of whole numbers and each column a group by itself: a knapsack."""
        single = self.real == 1 and len(self.first) == len(self.columns) + 1
        return bool(single and self.room <= knapsack.ROOM + 1 and (self.weight == np.round(self.weight)).all())

    def needs(self, points: Floats) -> float:
        """Return what opening the block is worth (0 where nothing opens it)."""
        return float(points[self.opening]) if self.opening >= 0 else 0.0

    def chosen(self, of_group: Ints) -> Ints:
        """Return the columns of the model of a packing, by those of each group (−1 for none)."""
        columns = self.columns[of_group[of_group >= 0]]
        return np.r_[self.opening, columns] if self.opening >= 0 else columns

    def held(self, lower: Floats | None) -> bool:
        """Return whether the block has to be opened, by the least of each column."""
        return lower is not None and self.opening >= 0 and bool(lower[self.opening] > 0)


@dataclass(frozen=True)
class Packing:
    """The best packing found of a block: what none can exceed, what it is worth, its columns, nodes looked at.

    Beside it stand the prices of the block's own rows, rounded ones too, which serve the next search to begin with.
    """

    bound: float
    value: float
    columns: Ints
    nodes: int
    within: Floats

    @property
    def done(self) -> bool:
        """Whether no packing is better."""
        return self.bound - self.value <= 2 * TIE


def block_of(columns: Ints, group: Ints, uses: Any, most: Floats) -> Block:
    """Return a block.

    Parameters
    ----------
    columns : ndarray of int, shape (n,)
    group : ndarray of int, shape (n,)
        At most one column of a group is chosen.
    uses : csc_matrix of shape (n_rows, n)
        What each column takes of each row, none negative.
    most : ndarray of shape (n_rows,)
        Of each row, positive.
    """
    order = np.lexsort((columns, group))
    uses = scipy.sparse.csc_matrix(uses)[:, order]
    _, first = np.unique(group[order], return_index=True)
    share = scipy.sparse.csc_matrix((uses.data / most[uses.indices], uses.indices, uses.indptr), shape=uses.shape)
    several = [share]
    if (share.data < 1 - FITS).any():
        for k in ROUNDED:
            counted = share.copy()
            counted.data = np.maximum(np.ceil((k + 1) * share.data * (1 - 1e-9) - 1), 0.0) / k
            counted.eliminate_zeros()
            several.append(counted)
    rows = scipy.sparse.vstack(several).tocsc()
    rows.sort_indices()
    return Block(
        columns=columns[order],
        first=np.r_[first, len(columns)].astype(np.int64),
        begin=rows.indptr.astype(np.int64),
        row=rows.indices.astype(np.int64),
        share=rows.data.astype(float),
        weight=np.asarray(uses.sum(axis=0), dtype=float).ravel(),
        real=uses.shape[0],
        room=float(most.sum()) * (1 + 2 * FITS),
        rows=rows.shape[0],
    )


def packed(
    blocks: Sequence[Block], points: Floats, *, known: Floats | None = None, nodes: int = NODES, threads: int = 1,
    knapsacks: bool = True, lower: Floats | None = None, within: Sequence[Floats] | None = None,
) -> list[Packing]:
    """Return the best packing of each block.

    Parameters
    ----------
    blocks : sequence of Block
    points : ndarray of shape (n_columns of the model,)
        Of each column; −inf for one that must not be chosen.
    known : ndarray of shape (n_blocks,), optional
        What a packing known of each block is worth: only a better one is looked for (where there is none, its value is
        this and its columns are none).
    nodes : int
        To look at in each block.
    threads : int
        The result does not depend on it.
    knapsacks : bool
        Whether a block that is one is packed as one; of packings equally good that may be another.
    lower : ndarray of shape (n_columns of the model,), optional
        Of each column; what opens a block and has to be chosen is, whatever it is worth.
    within : sequence of ndarray of shape (n_rows of the block,), optional
        Prices of each block's own rows to begin with, none negative; zeros where not given.
    """

    def one(k: int) -> Packing:
        block, begin = blocks[k], np.zeros(blocks[k].rows) if within is None else within[k]
        opening, least = block.needs(points), 0.0
        if not np.isfinite(opening):
            return Packing(0.0, 0.0, block.columns[:0], 0, begin)
        if knapsacks and block.whole:
            value, taken = knapsack.best(points[block.columns], block.weight.astype(np.int64), int(block.room))
            bound, chosen, seen = value + TIE, np.flatnonzero(taken), 0
        else:
            least = 0.0 if known is None or block.held(lower) else max(float(known[k]) - opening, 0.0)
            bound, values, ways, begin, seen = _filled(block, points, begin, nodes, least, 1)
            value, chosen = float(values[0]), ways[0]
        bound, value, columns = bound + opening, value + opening, block.chosen(chosen)
        if value <= 0 and not block.held(lower):
            return Packing(max(bound, 0.0), 0.0, columns[:0], seen, begin)
        unbeaten = least > 0 and not (chosen >= 0).any()
        return Packing(bound, value, columns[:0] if unbeaten else columns, seen, begin)

    return _each(blocks, one, threads)


def nearest(
    blocks: Sequence[Block], points: Floats, *, least: Floats, within: Sequence[Floats], count: int, nodes: int,
    threads: int,
) -> list[Ints]:
    """Return the columns of the best packings of each block, as many as `count` of those worth more than `least`.

    Parameters
    ----------
    blocks, points, nodes, threads, within
        As for `packed`; of a block not searched to its end they are the best of those seen.
    least : ndarray of shape (n_blocks,)
    count : int
    """

    def one(k: int) -> list[Ints]:
        block, opening = blocks[k], blocks[k].needs(points)
        if not np.isfinite(opening):
            return []
        _, _, ways, _, _ = _filled(block, points, within[k], nodes, max(float(least[k]) - opening, 0.0), count)
        return [block.chosen(way) for way in ways[(ways >= 0).any(axis=1)]]

    return [columns for found in _each(blocks, one, threads) for columns in found]


def _filled(
    block: Block, points: Floats, begin: Floats, nodes: int, known: float, count: int
) -> tuple[float, Floats, Ints, Floats, int]:
    """Return bound, values, columns of each group, prices of its rows and nodes of a block's best packings."""
    return filling.filled(
        points[block.columns], block.first, block.begin, block.row, block.share, block.weight, block.real, block.room,
        begin, nodes, known, count,
    )  # fmt: skip


def _each(blocks: Sequence[Block], one: Callable[[int], Found], threads: int) -> list[Found]:
    """Return what comes of each block, several at a time."""
    if threads == 1:
        return [one(k) for k in range(len(blocks))]
    longest = sorted(range(len(blocks)), key=lambda k: -len(blocks[k].columns))  # first, so that no thread waits long
    with ThreadPoolExecutor(threads) as executor:
        done = dict(zip(longest, executor.map(one, longest), strict=True))
    return [done[k] for k in range(len(blocks))]


def compiled() -> None:
    """Compile all that packs; numba keeps it beside the code, so that the first solve need not."""
    one = block_of(np.array([0]), np.array([0]), scipy.sparse.csc_matrix([[1.0]]), np.array([1.0]))
    for knapsacks in (False, True):
        packed([one], np.array([1.0]), knapsacks=knapsacks)
    forced(one, np.array([1.0]))
    repacking.compiled()


def forced(block: Block, points: Floats) -> tuple[float, Floats]:
    """Return what a knapsack is worth, and what it is worth with each of its columns in it (−inf where none fits)."""
    weight = block.weight.astype(np.int64)
    return knapsack.forced(points[block.columns], weight, int(block.room))


