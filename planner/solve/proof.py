r"""The bound of a plan recomputed from prices by plain arithmetic; no solver.

For any prices $\lambda$ with $\lambda_r \ge 0$ where only the upper side of row $r$ is bounded, $\lambda_r \le 0$ where
only the lower side is, and any sign where both are,

.. math:: \text{score of any plan} \le c_0 + \sum_r (\lambda_r^+ hi_r - \lambda_r^- lo_r)
          + \sum_j \max(d_j l_j, d_j u_j), \qquad d = c - A^T \lambda .

That is weak duality (see e.g. Wolsey, Integer Programming, 2nd ed., ch. 2): it holds whoever found the prices, so it
can be checked by whoever distrusts the solver. Everything is evaluated with the rounding error of each sum added on
the safe side. Two things tighten it:

* *blocks* (Lagrangian decomposition; ch. 10): columns that share rows with each other alone, a building or plots that
  share parcels, add what their best packing is worth at $d$, not what each is worth by itself; where all of a block
  needs one column besides (the building is opened), the packing is worth that much less, or nothing is packed;
* *cells*: all plans are parted by whether one of some columns is chosen, again and again; each cell has its own prices,
  and the bound is that of the weakest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from planner.model import Model
from planner.proofs import Proof
from planner.solve import packing, rooms
from planner.solve.crews import Crew, Threads

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
EPS = float(np.finfo(np.float64).eps)
WHOLE = 1e-9
CREW = Threads(2)


@dataclass(frozen=True)
class Split:
    """A cell parted in two: none of the columns is chosen, or one of them (see `Proof`)."""

    cell: int
    row: int
    columns: Ints


@dataclass(frozen=True)
class Box:
    """The least and the most of every column, each of shape (n_columns,)."""

    lower: Floats
    upper: Floats


def proof_of(
    model: Model,
    prices: Floats,
    *,
    block: Ints | None = None,
    splits: Sequence[Split] = (),
    cell_prices: Sequence[Floats] = (),
    known: Sequence[Floats] = (),
    within: Sequence[Sequence[Floats]] = (),
) -> Proof:
    """Return the proof that prices give for a model; prices of the wrong sign count as zero.

    Parameters
    ----------
    model : Model
    prices : ndarray of shape (n_rows,)
    block : ndarray of int, shape (n_columns,), optional
        None for a bound without blocks.
    splits : sequence of Split
    cell_prices : sequence of ndarray of shape (n_rows,)
        Of each cell not split further, in the order of their numbers.
    known : sequence of ndarray of shape (n_blocks,), optional
        What a packing of each block is worth at `prices`, then at those of each cell.
    within : sequence of sequence of ndarray of shape (n_rows of the block,), optional
        Prices of each block's own rows, with the rounded ones, to begin with: at `prices`, then in each cell.
    """
    of = np.full(len(model.c), -1, dtype=np.int64) if block is None else block
    nothing = np.zeros((1 + len(cell_prices), int(of.max(initial=-1)) + 1))
    sizes = [len(each) for each in within[0]] if len(within) else [0] * nothing.shape[1]
    return Proof(
        c0=model.c0,
        c=model.c,
        lower=model.lower,
        upper=model.upper,
        integer=model.integer,
        lo=model.lo,
        hi=model.hi,
        prices=allowed(model.lo, model.hi, prices),
        data=model.A.data,
        indices=model.A.indices,
        indptr=model.A.indptr,
        rows=model.row_names,
        columns=model.column_names,
        block=of,
        split_cell=np.array([split.cell for split in splits], dtype=np.int64),
        split_row=np.array([split.row for split in splits], dtype=np.int64),
        split_begin=np.cumsum([0, *(len(split.columns) for split in splits)]).astype(np.int64),
        split_columns=np.concatenate([np.zeros(0, np.int64), *(split.columns for split in splits)]),
        cell_prices=np.array([allowed(model.lo, model.hi, each) for each in cell_prices]).reshape(-1, len(model.lo)),
        known=np.array(known) if len(known) else nothing,
        within=np.array([np.concatenate([np.zeros(0), *each]) for each in within]).reshape(len(nothing), sum(sizes)),
        within_begin=np.cumsum([0, *sizes]).astype(np.int64),
    )


def splits_of(proof: Proof) -> list[Split]:
    """Return by what the cells of a proof were made, in order."""
    begin = proof.split_begin
    return [
        Split(int(cell), int(row), proof.split_columns[begin[k] : begin[k + 1]])
        for k, (cell, row) in enumerate(zip(proof.split_cell, proof.split_row, strict=True))
    ]


def allowed(lo: Floats, hi: Floats, prices: Floats) -> Floats:
    """Return prices with those of the wrong sign as zero."""
    some = np.where(np.isinf(hi), np.minimum(prices, 0.0), prices)
    return np.where(np.isinf(lo), np.maximum(some, 0.0), some)


def bound(proof: Proof, crew: Crew = CREW, parted: Parted | None = None) -> float:
    """Return a score no plan can exceed.

    Parameters
    ----------
    proof : Proof
    crew : Crew
        Who packs the blocks.
    parted : Parted, optional
        Its blocks, where they are parted already: of this proof, or of one with other points.

    Returns
    -------
    float, points
        Rounded up by the error its own sums can carry; rounded down to a whole number where every point is one and
        every column that earns points is integer.

    Raises
    ------
    ValueError
        A price on a side without a bound, a column without finite bounds, a block or a split that is none, a number
        that is not one.
    """
    if not (np.isfinite(proof.lower).all() and np.isfinite(proof.upper).all()):
        raise ValueError("every column needs finite bounds")
    parted = parted_of(proof) if parted is None else parted
    cells = cells_of(parted.matrix, proof)
    if len(cells) != len(proof.cell_prices):
        raise ValueError("every cell needs its prices")
    if proof.known.shape != (1 + len(cells), len(parted.knapsacks) + len(parted.blocks)):
        raise ValueError("every block needs what is known of it, in every cell")
    known = np.delete(proof.known, parted.knapsacks.block, axis=1)
    boxes, prices = [Box(proof.lower, proof.upper), *cells], [proof.prices, *proof.cell_prices]
    every = list(zip(boxes, prices, known, within_of(proof, parted), strict=True))
    return weakest(proof, [_bound_in(proof, parted, *each, crew) for each in (every[1:] or every)])


def weakest(proof: Proof, bounds: Sequence[float]) -> float:
    """Return the bound of cells that together cover all plans, by theirs; a whole number where every score is one."""
    upper = max(bounds)
    return math.floor(upper) if math.isfinite(upper) and _whole_points(proof) else upper


@dataclass(frozen=True)
class Parted:
    """The matrix of a proof, and its blocks: those that are knapsacks, and the others."""

    matrix: scipy.sparse.csr_matrix
    knapsacks: rooms.Rooms
    blocks: Sequence[packing.Block]

    def points(self, proof: Proof, box: Box, prices: Floats) -> Floats:
        """Return what each column is worth at prices; −inf for one that a box forbids."""
        return np.where(box.upper > 0, proof.c - self.matrix.T @ prices, -np.inf)

    def in_rooms(self, points: Floats) -> Floats:
        """Return what the best packing of each knapsack is worth at most."""
        return rooms.packed(self.knapsacks, points[self.knapsacks.columns], spare=rooms.FITS).bound


def parted_of(proof: Proof) -> Parted:
    """Return the blocks of a proof, ready to be packed."""
    matrix = _matrix(proof)
    limit = limits_within(matrix, proof)
    knapsacks = rooms_of(matrix, proof, limit)
    return Parted(matrix, knapsacks, blocks_of(matrix, proof, limit, but=knapsacks.block))


def _bound_in(
    proof: Proof, parted: Parted, box: Box, prices: Floats, known: Floats, within: Sequence[Floats], crew: Crew
) -> float:
    points = parted.points(proof, box, prices)
    best = packing.packed(parted.blocks, points, known=known, crew=crew, lower=box.lower, within=within, steps=1)
    return bound_in(proof, parted, box, prices, [*parted.in_rooms(points), *(each.bound for each in best)])


def bound_in(proof: Proof, parted: Parted, box: Box, prices: Floats, at_blocks: Sequence[float]) -> float:
    """Return a score that no plan in a box can exceed, given what no packing of each block exceeds at the prices."""
    if (box.lower > box.upper).any():
        return -math.inf  # there is none
    plus, minus = np.maximum(prices, 0.0), np.maximum(-prices, 0.0)
    if np.isinf(proof.hi[plus > 0]).any() or np.isinf(proof.lo[minus > 0]).any():
        raise ValueError("a price stands on a side of a row that has no bound")
    at_rows = np.r_[plus[plus > 0] * proof.hi[plus > 0], -minus[minus > 0] * proof.lo[minus > 0]]
    d = proof.c - parted.matrix.T @ prices
    at_columns = np.maximum(d * box.lower, d * box.upper)[proof.block < 0]
    # Error of one inner product of n terms: at most n·eps·Σ|terms|, doubled to cover the error of computing it.
    size = abs(parted.matrix).T @ np.abs(prices) + np.abs(proof.c)
    terms = np.bincount(proof.indices, minlength=len(proof.c)) + 2
    reach = np.maximum(np.abs(proof.lower), np.abs(proof.upper))
    error = 2 * EPS * float(np.sum(terms * size * reach))
    total = math.fsum([proof.c0, *at_rows.tolist(), *at_columns.tolist(), *at_blocks])
    error += 4 * EPS * (abs(proof.c0) + float(np.abs(at_rows).sum()) + float(np.abs(at_columns).sum()))
    error += 4 * EPS * len(proof.c) * float(np.abs(at_blocks).sum())
    if not math.isfinite(total):
        raise ValueError("the proof holds a number that is not finite")
    return total + error


def within_of(proof: Proof, parted: Parted) -> list[list[Floats]]:
    """Return the prices of each block's own rows, of all plans and in each cell: zeros where none are told."""
    numbers = np.setdiff1d(np.arange(proof.known.shape[1]), parted.knapsacks.block)
    begin, told = proof.within_begin, proof.within
    if len(begin) != proof.known.shape[1] + 1 or told.shape != (len(proof.known), begin[-1]):
        raise ValueError("the prices within blocks are not those of the blocks")
    if not (np.isfinite(told) & (told >= 0)).all():
        raise ValueError("a price within a block is negative, or no number")
    size, rows = np.diff(begin)[numbers], np.array([each.rows for each in parted.blocks], dtype=np.int64)
    if not ((size == 0) | (size == rows)).all():
        raise ValueError("a block has other rows than prices")
    slices = [(slice(begin[k], begin[k + 1]), n, r) for k, n, r in zip(numbers, size, rows, strict=True)]
    return [[each[own] if n else np.zeros(r) for own, n, r in slices] for each in told]


def blocks_of(
    matrix: scipy.sparse.csr_matrix, proof: Proof, limit: Flags, *, but: Sequence[int] | Ints = ()
) -> list[packing.Block]:
    """Return the blocks of a proof, but for some: their columns, the rows within them (of `limit`), what excludes what.

    Raises
    ------
    ValueError
        A block that cannot be packed: a column that is not 0 or 1, a row that is not an upper limit on positive uses,
        a column that opens it and that not all the others need.
    """
    inside = proof.block >= 0
    if not inside.any():
        return []
    if not (proof.integer[inside].all() and (proof.lower[inside] >= 0).all() and (proof.upper[inside] <= 1).all()):
        raise ValueError("a column of a block is not 0 or 1")
    group = _groups(matrix, proof, limit)
    opening = _openings(matrix, proof, limit & (proof.hi == 0))
    order = np.argsort(proof.block, kind="stable")
    order = order[(proof.block[order] >= 0) & ~np.isin(proof.block[order], but)]
    order = order[opening[proof.block[order]] != order]
    part = matrix[np.flatnonzero(limit & (proof.hi > 0))].tocsc()[:, order]
    hi, begin = proof.hi[limit & (proof.hi > 0)], part.indptr
    found: list[packing.Block] = []
    for columns in np.split(np.arange(len(order)), np.flatnonzero(np.diff(proof.block[order])) + 1):
        if not len(columns):
            continue
        own = begin[columns[0] : columns[-1] + 2]
        entries = slice(own[0], own[-1])
        rows, row = np.unique(part.indices[entries], return_inverse=True)
        uses = scipy.sparse.csc_matrix((part.data[entries], row, own - own[0]), shape=(len(rows), len(columns)))
        made = packing.block_of(order[columns], group[order[columns]], uses, hi[rows])
        found.append(replace(made, opening=int(opening[proof.block[order[columns[0]]]])))
    return found


def rooms_of(matrix: scipy.sparse.csr_matrix, proof: Proof, limit: Flags) -> rooms.Rooms:
    """Return the blocks of a proof that are knapsacks: one row (of those that limit a block), nothing that opens it."""
    count = int(proof.block.max(initial=-1)) + 1
    rows = np.flatnonzero(limit)
    of = proof.block[matrix.indices[matrix.indptr[rows]]]
    plain = (np.bincount(of, minlength=count) == 1) & (np.bincount(of, proof.hi[rows] > 0, minlength=count) == 1)
    columns = np.flatnonzero(np.r_[plain, False][proof.block])
    columns = columns[np.argsort(proof.block[columns], kind="stable")]
    block, begin = np.unique(proof.block[columns], return_index=True)
    row_of = np.zeros(count, dtype=np.int64)
    row_of[of] = rows
    part = matrix[row_of[block]]
    weight = np.zeros(len(proof.c))
    weight[part.indices] = part.data
    group = np.unique(_groups(matrix, proof, limit)[columns], return_inverse=True)[1]
    return rooms.Rooms(
        columns=columns,
        begin=np.r_[begin, len(columns)].astype(np.int64),
        group=group.astype(np.int64).ravel(),
        weight=weight[columns],
        room=proof.hi[row_of[block]],
        block=block,
    )


def _groups(matrix: scipy.sparse.csr_matrix, proof: Proof, limit: Flags) -> Ints:
    """Return a number for each column, the same for columns of which a row outside blocks lets one be chosen."""
    height = len(proof.lo)
    row = np.repeat(np.arange(height), np.diff(matrix.indptr))
    single = at_most_one(matrix, proof.hi, proof.upper, proof.integer) & ~limit
    group = np.arange(len(proof.c), dtype=np.int64) + height
    entry = single[row] & (matrix.data > 0)
    np.minimum.at(group, matrix.indices[entry], row[entry])
    return group


def _openings(matrix: scipy.sparse.csr_matrix, proof: Proof, link: Flags) -> Ints:
    """Return the column that opens each block (−1 for none)."""
    opening = np.full(int(proof.block.max(initial=-1)) + 1, -1, dtype=np.int64)
    links = matrix[np.flatnonzero(link)]
    opens = np.unique(links.indices[links.data < 0]).astype(np.int64)
    opens = opens[proof.block[opens] >= 0]
    if len(np.unique(proof.block[opens])) < len(opens):
        raise ValueError("two columns open one block")
    opening[proof.block[opens]] = opens
    return opening


def limits_within(matrix: scipy.sparse.csr_matrix, proof: Proof) -> Flags:
    """Return the rows that a block's packing keeps, of columns of one block alone.

    They are upper limits on positive uses, and the rows by which such uses need one column (``a x <= A u``).
    """
    height = len(proof.lo)
    row = np.repeat(np.arange(height), np.diff(matrix.indptr))
    low, high = np.full(height, np.iinfo(np.int64).max), np.full(height, -1)
    np.minimum.at(low, row, proof.block[matrix.indices])
    np.maximum.at(high, row, proof.block[matrix.indices])
    own = (low == high) & (low >= 0) & np.isinf(proof.lo)
    filled = own & (proof.hi > 0) & (_least(matrix) >= 0)
    return np.asarray(filled | _needing(matrix, proof, own, filled))


def _needing(matrix: scipy.sparse.csr_matrix, proof: Proof, own: Flags, filled: Flags) -> Flags:
    """Return the rows of single blocks by which all others of the block need one column, which fills nothing itself."""
    height, width = matrix.shape
    row, column = np.repeat(np.arange(height), np.diff(matrix.indptr)), matrix.indices
    link = own & (proof.hi == 0) & (np.bincount(row[matrix.data < 0], minlength=height) == 1)
    needed = np.full(height, -1)
    below, above = link[row] & (matrix.data < 0), link[row] & (matrix.data > 0)
    needed[row[below]] = column[below]
    pairs = np.unique(np.column_stack([needed[row[above]], column[above]]), axis=0)
    size = np.bincount(proof.block[proof.block >= 0])
    by_all = np.bincount(pairs[:, 0], minlength=width) == np.r_[size, 0][proof.block] - 1
    by_all[column[filled[row]]] = False
    return np.asarray(link & by_all[needed])


def at_most_one(matrix: scipy.sparse.csr_matrix, hi: Floats, upper: Floats, integer: Flags) -> Flags:
    """Return the rows that let at most one of their columns with a positive coefficient be 1."""
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    plus, data, column = matrix.data > 0, matrix.data, matrix.indices
    room = hi + np.bincount(row[~plus], -data[~plus] * upper[column[~plus]], minlength=matrix.shape[0])
    plain = np.ones(matrix.shape[0], dtype=bool)
    plain[row[plus & ((data != 1) | ~integer[column])]] = False
    return plain & (room < 2 - WHOLE) & (np.bincount(row[plus], minlength=matrix.shape[0]) > 0)


def cells_of(matrix: scipy.sparse.csr_matrix, proof: Proof) -> list[Box]:
    """Return the boxes of the cells that are not split further, in the order of their numbers; together they cover all.

    Raises
    ------
    ValueError
        A split of a cell that is none or split already, or by columns of which more than one may be chosen.
    """
    cells = cells_by(matrix, proof, splits_of(proof))
    return [cells[number] for number in sorted(cells)] if len(cells) > 1 else []


def cells_by(matrix: scipy.sparse.csr_matrix, proof: Proof, splits: Sequence[Split]) -> dict[int, Box]:
    """Return the boxes of the cells that splits leave, by their numbers; of no splits that of all plans.

    Raises
    ------
    ValueError
        As `cells_of`.
    """
    cells: dict[int, Box] = {0: Box(proof.lower, proof.upper)}
    single = at_most_one(matrix, proof.hi, proof.upper, proof.integer) if len(splits) else np.zeros(0, dtype=bool)
    for i, split in enumerate(splits):
        box = cells.pop(split.cell, None)
        if box is None:
            raise ValueError("a cell is split that is none")
        cells[2 * i + 1], cells[2 * i + 2] = halves(matrix, proof, box, split.row, split.columns, single)
    return cells


def halves(
    matrix: scipy.sparse.csr_matrix, proof: Proof, box: Box, row: int, chosen: Ints, single: Flags
) -> tuple[Box, Box]:
    """Return the two halves of a box: none of some columns is chosen, or one of them.

    Raises
    ------
    ValueError
        The columns are not 0 or 1, or not such that at most one of them is chosen.
    """
    if not (proof.integer[chosen].all() and (proof.upper[chosen] <= 1).all()):
        raise ValueError("a split by a column that is not 0 or 1")
    none, one = box.upper.copy(), box.upper.copy()
    none[chosen] = 0.0
    lower = box.lower.copy()
    if row < 0:
        if len(chosen) != 1:
            raise ValueError("a split by several columns needs the row that excludes them from each other")
        lower[chosen] = 1.0
        return Box(box.lower, none), Box(lower, one)
    entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
    column, data = matrix.indices[entries], matrix.data[entries]
    members = column[data > 0]
    if not single[row] or not np.isin(chosen, members).all():
        raise ValueError("a split by columns of which more than one may be chosen")
    one[np.setdiff1d(members, chosen)] = 0.0
    other = column[data < 0]
    if proof.lo[row] == proof.hi[row] == 0 and data[data < 0].tolist() == [-1.0] and proof.upper[other[0]] <= 1:
        lower[other] = 1.0  # Σ x = y: where an x is 1, y is
    return Box(box.lower, none), Box(lower, one)


def _least(matrix: scipy.sparse.csr_matrix) -> Floats:
    """Return the least coefficient of each row (0 where it has none below)."""
    least = np.zeros(matrix.shape[0])
    np.minimum.at(least, np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)), matrix.data)
    return least


def _matrix(proof: Proof) -> scipy.sparse.csr_matrix:
    return scipy.sparse.csr_matrix((proof.data, proof.indices, proof.indptr), shape=(len(proof.lo), len(proof.c)))


def _whole_points(proof: Proof) -> bool:
    """Return whether every plan's score is a whole number."""
    earning = proof.c != 0
    return bool(
        proof.integer[earning].all()
        and (proof.c[earning] == np.floor(proof.c[earning])).all()
        and proof.c0 == math.floor(proof.c0)
    )
