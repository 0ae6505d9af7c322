r"""The best packing of one block: a building, or plots that share parcels, by itself.

Where only prices couple the blocks, each can be packed by itself, and exactly, for it is small: at most one column of
each group (a part goes to one place), no row overfilled. The search (`filling`) is depth first, pruned by prices of the
block's own rows, among which stand the rows rounded, :math:`\sum \lceil (k+1)\, a / A - 1 \rceil x \le k`. Past its
limit of nodes it gives what these prices still allow; that is a bound too. The better the prices it begins with, the
sooner it ends: those found serve the next search. One row of whole numbers without groups is a `knapsack`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from planner.solve import filling, knapsack, repacking
from planner.solve.crews import ALONE, Crew
from planner.solve.filling import TIE
from planner.solve.rooms import FITS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
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

    def __len__(self) -> int:
        """Return the number of its columns."""
        return len(self.columns)

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
    _, first = np.unique(group[order], return_index=True)
    uses = scipy.sparse.csc_matrix(uses)
    real, size = uses.shape
    count = np.diff(uses.indptr)[order]
    entry = np.repeat(uses.indptr[order] - np.cumsum(np.r_[0, count[:-1]]), count) + np.arange(count.sum())
    column, row = np.repeat(np.arange(size), count), uses.indices[entry]
    used = np.asarray(uses.data[entry], dtype=float)
    share = used / most[row]
    weight = np.bincount(column, used, minlength=size)
    several = [(column, row.astype(np.int64), share)]
    if (share < 1 - FITS).any():
        for k in ROUNDED:
            counted = np.maximum(np.ceil((k + 1) * share * (1 - 1e-9) - 1), 0.0) / k
            some = counted > 0
            several.append((column[some], row[some] + k * real, counted[some]))
    column, row, share = (np.concatenate(each) for each in zip(*several, strict=True))
    by_column = np.lexsort((row, column))
    return Block(
        columns=columns[order],
        first=np.r_[first, size].astype(np.int64),
        begin=np.r_[0, np.cumsum(np.bincount(column, minlength=size))],
        row=row[by_column],
        share=share[by_column],
        weight=weight.astype(float),
        real=real,
        room=float(most.sum()) * (1 + 2 * FITS),
        rows=real * (1 if len(several) == 1 else 1 + max(ROUNDED)),
    )


@dataclass(frozen=True)
class Asked:
    """What is asked of a block.

    Attributes
    ----------
    points : ndarray of shape (n,)
        Of each column of the block; −inf for one that must not be chosen.
    opening : float
        Of what opens it; −inf where it must not be opened.
    held : bool
        Whether it has to be opened.
    least : float or None
        What a packing known is worth: only a better one is looked for.
    within : ndarray of shape (n_rows of the block,)
        Prices of its own rows to begin with.
    """

    points: Floats
    opening: float
    held: bool
    least: float | None
    within: Floats


def packed(
    blocks: Sequence[Block], points: Floats, *, known: Floats | None = None, nodes: int = NODES, crew: Crew = ALONE,
    knapsacks: bool = True, lower: Floats | None = None, within: Sequence[Floats] | None = None,
    steps: int = filling.STEPS,
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
    crew : Crew
        Who packs; the result does not depend on it.
    knapsacks : bool
        Whether a block that is one is packed as one; of packings equally good that may be another.
    lower : ndarray of shape (n_columns of the model,), optional
        Of each column; what opens a block and has to be chosen is, whatever it is worth.
    within : sequence of ndarray of shape (n_rows of the block,), optional
        Prices of each block's own rows to begin with, none negative; zeros where not given.
    steps : int
        Subgradient steps from these prices; from zeros there are `filling.STEPS`. One takes them as they are.
    """
    return crew.each(partial(_best, nodes=nodes, knapsacks=knapsacks, steps=steps), blocks, _asked(
        blocks, points, known, within, lower
    ))  # fmt: skip


def nearest(
    blocks: Sequence[Block], points: Floats, *, least: Floats, within: Sequence[Floats], count: int, nodes: int,
    crew: Crew = ALONE,
) -> list[Ints]:
    """Return the columns of the best packings of each block, as many as `count` of those worth more than `least`.

    Parameters
    ----------
    blocks, points, nodes, crew, within
        As for `packed`; of a block not searched to its end they are the best of those seen.
    least : ndarray of shape (n_blocks,)
    count : int
    """
    asked = _asked(blocks, points, least, within)
    return [columns for found in crew.each(partial(_nearest, nodes=nodes, count=count), blocks, asked)
            for columns in found]  # fmt: skip


def _asked(
    blocks: Sequence[Block], points: Floats, known: Floats | None, within: Sequence[Floats] | None,
    lower: Floats | None = None,
) -> list[Asked]:  # fmt: skip
    return [
        Asked(
            points[block.columns],
            block.needs(points),
            block.held(lower),
            None if known is None else float(known[k]),
            np.zeros(block.rows) if within is None else within[k],
        )
        for k, block in enumerate(blocks)
    ]


def _best(block: Block, asked: Asked, *, nodes: int, knapsacks: bool, steps: int) -> Packing:
    opening, begin, least = asked.opening, asked.within, 0.0
    if not np.isfinite(opening):
        return Packing(0.0, 0.0, block.columns[:0], 0, begin)
    if knapsacks and block.whole:
        value, taken = knapsack.best(asked.points, block.weight.astype(np.int64), int(block.room))
        bound, chosen, seen = value + TIE, np.flatnonzero(taken), 0
    else:
        least = 0.0 if asked.least is None or asked.held else max(asked.least - opening, 0.0)
        bound, values, ways, begin, seen = _filled(block, asked, nodes, least, 1, steps)
        value, chosen = float(values[0]), ways[0]
    bound, value, columns = bound + opening, value + opening, block.chosen(chosen)
    if value <= 0 and not asked.held:
        return Packing(max(bound, 0.0), 0.0, columns[:0], seen, begin)
    unbeaten = least > 0 and not (chosen >= 0).any()
    return Packing(bound, value, columns[:0] if unbeaten else columns, seen, begin)


def _nearest(block: Block, asked: Asked, *, nodes: int, count: int) -> list[Ints]:
    if not np.isfinite(asked.opening):
        return []
    assert asked.least is not None
    ways = _filled(block, asked, nodes, max(asked.least - asked.opening, 0.0), count, 1)[2]
    return [block.chosen(way) for way in ways[(ways >= 0).any(axis=1)]]


def _filled(
    block: Block, asked: Asked, nodes: int, least: float, count: int, steps: int
) -> tuple[float, Floats, Ints, Floats, int]:
    """Return bound, values, columns of each group, prices of its rows and nodes of a block's best packings."""
    return filling.filled(
        asked.points, block.first, block.begin, block.row, block.share, block.weight, block.real, block.room,
        asked.within, nodes, least, count, steps,
    )  # fmt: skip


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


