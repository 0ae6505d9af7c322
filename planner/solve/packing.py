r"""The best packing of one block: a building, or plots that share parcels, by itself.

Where only prices couple the blocks, each can be packed by itself, and exactly, for it is small: at most one column of
each group (a part goes to one place), no row overfilled. Depth first over the groups, the densest first, pruned twice:
by the greedy filling of one row, the sum of all (Dantzig; Martello & Toth, Knapsack Problems, 1990, §2.2.1), and by
what a column loses against prices of the block's own rows (Lagrange; §2.2.3), among which stand the rows rounded,
:math:`\sum \lceil (k+1)\, a / A - 1 \rceil x \le k`. Past its limit of nodes the search gives what these prices
still allow; that is a bound too. One row of whole numbers without groups is a `knapsack`.

The arithmetic is compiled (numba); it knows columns, rows and groups, not what they mean, and no solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numba
import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from planner.solve import knapsack, repacking
from planner.solve.rooms import FITS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
ROUNDED = (1, 2, 3)
"""The k of the rounded rows."""
STEPS = 100
"""Subgradient steps towards the prices of a block's own rows."""
NODES = 400_000
"""Nodes after which a block is left with a bound instead of its best packing."""
TIE = 1e-7
"""Points by which a packing must be better to count."""


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

    def held(self, lower: Floats | None) -> bool:
        """Return whether the block has to be opened, by the least of each column."""
        return lower is not None and self.opening >= 0 and bool(lower[self.opening] > 0)


@dataclass(frozen=True)
class Packing:
    """The best packing found of a block: what none can exceed, what it is worth, its columns, nodes looked at."""

    bound: float
    value: float
    columns: Ints
    nodes: int


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
    knapsacks: bool = True, lower: Floats | None = None,
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
    """

    def one(block: Block, known: float) -> Packing:
        opening = block.needs(points)
        if not np.isfinite(opening):
            return Packing(0.0, 0.0, block.columns[:0], 0)
        if knapsacks and block.whole:
            value, taken = knapsack.best(points[block.columns], block.weight.astype(np.int64), int(block.room))
            bound, chosen, seen = value + TIE, np.flatnonzero(taken), 0
        else:
            bound, value, chosen, seen = _packed(
                points[block.columns], block.first, block.begin, block.row, block.share, block.weight, block.real,
                block.room, block.rows, nodes, 0.0 if block.held(lower) else max(known - opening, 0.0),
            )  # fmt: skip
        bound, value, columns = bound + opening, value + opening, block.columns[chosen[chosen >= 0]]
        if block.opening >= 0:
            columns = np.r_[block.opening, columns]
        if value <= 0 and not block.held(lower):
            return Packing(max(bound, 0.0), 0.0, columns[:0], seen)
        return Packing(bound, value, columns, seen)

    worth = [0.0] * len(blocks) if known is None else known.tolist()
    if threads == 1:
        return [one(*each) for each in zip(blocks, worth, strict=True)]
    longest = sorted(range(len(blocks)), key=lambda k: -len(blocks[k].columns))  # first, so that no thread waits long
    with ThreadPoolExecutor(threads) as executor:
        done = dict(zip(longest, executor.map(lambda k: one(blocks[k], worth[k]), longest), strict=True))
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


@numba.njit(cache=True, nogil=True)
def _reduced(o: int, points: Floats, begin: Ints, row: Ints, share: Floats, prices: Floats) -> float:
    worth: float = points[o]
    for k in range(begin[o], begin[o + 1]):
        worth -= prices[row[k]] * share[k]
    return worth


@numba.njit(cache=True, nogil=True)
def _fits(o: int, begin: Ints, row: Ints, share: Floats, left: Floats) -> bool:
    for k in range(begin[o], begin[o + 1]):  # noqa: SIM110 — the compiler has no generators
        if left[row[k]] < share[k] - FITS:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _take(o: int, begin: Ints, row: Ints, share: Floats, left: Floats, sign: float) -> None:
    for k in range(begin[o], begin[o + 1]):
        left[row[k]] -= sign * share[k]


@numba.njit(cache=True, nogil=True)
def _priced(
    points: Floats, first: Ints, begin: Ints, row: Ints, share: Floats, rows: int, target: float
) -> tuple[float, Floats]:
    """Return the Lagrangian bound and its prices after `STEPS` subgradient steps of Polyak's length."""
    prices, best = np.zeros(rows), np.zeros(rows)
    bound, length, idle = np.inf, 1.0, 0
    for _ in range(STEPS):
        total = prices.sum()
        slope = np.ones(rows)
        for q in range(len(first) - 1):
            most, chosen = 0.0, -1
            for o in range(first[q], first[q + 1]):
                if points[o] > most:
                    worth = _reduced(o, points, begin, row, share, prices)
                    if worth > most:
                        most, chosen = worth, o
            if chosen >= 0:
                total += most
                _take(chosen, begin, row, share, slope, 1.0)
        idle = 0 if total < bound - 1e-3 * (bound - target) else idle + 1
        if total < bound:
            bound = total
            best[:] = prices
        if idle >= 4:
            length, idle = length / 2, 0
        slope[(prices <= 0) & (slope > 0)] = 0.0
        steep = (slope * slope).sum()
        if steep < 1e-12 or total - target < TIE or length < 0.01:
            break
        prices = np.maximum(prices - length * (total - target) / steep * slope, 0.0)
    return bound, best


@numba.njit(cache=True, nogil=True)
def _greedy(
    points: Floats, worth: Floats, first: Ints, begin: Ints, row: Ints, share: Floats, rows: int
) -> tuple[float, Ints]:
    """Return a packing: the best columns by `worth` that fit, group by group."""
    groups = len(first) - 1
    top = np.array([worth[first[q] : first[q + 1]].max() for q in range(groups)])
    left, value, chosen = np.ones(rows), 0.0, np.full(groups, -1)
    for q in np.argsort(-top, kind="mergesort"):
        most = -np.inf
        for o in range(first[q], first[q + 1]):
            if points[o] > 0 and worth[o] > most and _fits(o, begin, row, share, left):
                most, chosen[q] = worth[o], o
        if chosen[q] >= 0:
            value += points[chosen[q]]
            _take(chosen[q], begin, row, share, left, 1.0)
    return value, chosen


@numba.njit(cache=True, nogil=True)
def _packed(  # noqa: PLR0912, PLR0915 — one search, kept in one place for the compiler
    points: Floats,
    first: Ints,
    begin: Ints,
    row: Ints,
    share: Floats,
    weight: Floats,
    real: int,
    room: float,
    rows: int,
    limit: int,
    known: float,
) -> tuple[float, float, Ints, int]:
    """Return bound, value, the column chosen of each group (−1 for none) and nodes of the best packing."""
    groups = len(first) - 1
    best, chosen = _greedy(points, points, first, begin, row, share, rows)
    if known >= best:
        best = known
        chosen[:] = -1
    bound, prices = _priced(points, first, begin, row, share, rows, best)
    worth = np.array([_reduced(o, points, begin, row, share, prices) for o in range(len(points))])
    again, other = _greedy(points, worth, first, begin, row, share, rows)
    if again > best:
        best, chosen = again, other
    if bound <= best + TIE:
        return best + TIE, best, chosen, 0
    # Groups by density; their columns by what they lose against the bound, without those that lose too much.
    lost, top, least, density = np.zeros(groups), np.zeros(groups), np.full(groups, np.inf), np.zeros(groups)
    for q in range(groups):
        for o in range(first[q], first[q + 1]):
            lost[q] = max(lost[q], worth[o])
            if points[o] > 0:
                top[q], least[q] = max(top[q], points[o]), min(least[q], weight[o])
        density[q] = top[q] / max(least[q], 1e-9)
    order = np.argsort(-density, kind="mergesort")
    start, column, loss = np.zeros(groups + 1, np.int64), np.zeros(len(points), np.int64), np.zeros(len(points))
    group, depth, count = np.zeros(groups, np.int64), 0, 0
    for q in order:
        open_ = count
        for o in range(first[q], first[q + 1]):
            if points[o] > 0 and lost[q] - worth[o] < bound - best:
                column[count], loss[count] = o, lost[q] - worth[o]
                count += 1
        if count > open_:
            by_loss = np.argsort(loss[open_:count], kind="mergesort")
            column[open_:count] = column[open_:count][by_loss]
            loss[open_:count] = loss[open_:count][by_loss]
            group[depth] = q
            depth += 1
            start[depth] = count
    left = np.ones(rows)
    left[real:] = np.inf  # the rounded rows follow from the real ones
    at, taken, gone = np.zeros(depth, np.int64), np.full(depth, -1), np.zeros(depth + 1)
    value, used, nodes, level, entering = 0.0, 0.0, 0, 0, True
    while level >= 0:
        if entering:
            nodes += 1
            if level == depth:
                if value > best:
                    best = value
                    chosen[:] = -1
                    for j in range(depth):
                        chosen[group[j]] = taken[j]
                level, entering = level - 1, False
                continue
            if nodes > limit:
                break
            most, spare = value, room - used
            for j in range(level, depth):
                q = group[j]
                if least[q] <= spare:
                    most += top[q]
                    spare -= least[q]
                else:
                    most += top[q] * spare / least[q]
                    break
                if most > best + TIE:
                    break
            if most <= best + TIE or bound - gone[level] <= best + TIE:
                level, entering = level - 1, False
                continue
            at[level], taken[level] = start[level], -1
        if taken[level] >= 0:
            o = taken[level]
            _take(o, begin, row, share, left, -1.0)
            value, used, taken[level] = value - points[o], used - weight[o], -1
        entering = False
        while at[level] < start[level + 1]:
            k = at[level]
            at[level] += 1
            if bound - gone[level] - loss[k] <= best + TIE:
                at[level] = start[level + 1]
                break
            o = column[k]
            if _fits(o, begin, row, share, left):
                _take(o, begin, row, share, left, 1.0)
                value, used, taken[level] = value + points[o], used + weight[o], o
                gone[level + 1] = gone[level] + loss[k]
                entering = True
                break
        if not entering and at[level] == start[level + 1]:
            at[level] += 1
            if bound - gone[level] - lost[group[level]] > best + TIE:
                gone[level + 1] = gone[level] + lost[group[level]]
                entering = True
        level = level + 1 if entering else level - 1
    if level < 0:
        bound = best + TIE
    return bound, best, chosen, nodes
