"""A large case solved by patterns, and narrowed: fewer columns allowed, some forced, and its bound at once.

To narrow the box of the columns leaves every price valid, and every packing that holds nothing forbidden the best of
its block: only the others are packed again, and the bound follows in milliseconds. A narrowing has patterns of its own:
what is asked of one leaves the others as they are. How its plan is repaired is `repairing`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.model import Model
from planner.proofs import Proof
from planner.solve import packing, proof
from planner.solve.answer import Earlier
from planner.solve.master import Master
from planner.solve.pricing import LESS, NEAREST
from planner.solve.proof import Box, Parted

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
SURE = 1e-6
"""Points between bound and value of a packing, up to which it was searched to its end."""
NONE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Owners:
    """Whose each column is.

    Attributes
    ----------
    part, project : ndarray of int, shape (n_columns,)
        −1 for none.
    placed : ndarray of bool, shape (n_columns,)
        Whether it says that its project is placed.
    row : ndarray of int, shape (n_parts,)
        The row by which each part goes to one place.
    """

    part: Ints
    project: Ints
    placed: Flags
    row: Ints


@dataclass(frozen=True)
class Cell:
    """A cell: its box, prices and bound.

    Of each block what was known, what no packing exceeds, what the best one found is worth, and its columns.
    """

    box: Box
    prices: Floats
    within: Sequence[Floats]
    known: Floats
    bounds: Floats
    worth: Floats
    best: tuple[Ints, ...]
    bound: float


@dataclass(frozen=True)
class Like:
    """A large case solved, and which of its columns each of another one is (−1: none)."""

    of: Narrowing
    column: Ints

    def within(self, blocks: Sequence[packing.Block]) -> list[list[Floats]]:
        """Return the prices within blocks of the other, in each cell: those of the block that has the same columns."""
        mine = {int(self.of.base.block[each.columns[0]]): k for k, each in enumerate(self.of.parted.blocks)}
        same = []
        for block in blocks:
            known = self.column[block.columns]
            known = known[known >= 0]
            same.append(mine.get(int(self.of.base.block[known[0]]), -1) if len(known) else -1)
        return [
            [
                cell.within[k] if k >= 0 and len(cell.within[k]) == block.rows else np.zeros(block.rows)
                for k, block in zip(same, blocks, strict=True)
            ]
            for cell in self.of.cells
        ]


@dataclass(frozen=True)
class Narrowing:
    """A large case solved.

    Attributes
    ----------
    model : Model
        Whose box is what is allowed.
    owners : Owners
    base : Proof
        Without what the cells say.
    parted : Parted
    blocks : sequence of Block
        All of them, knapsacks too, by their number.
    master : Master
    cells : tuple of Cell
        All plans, then each cell.
    x : ndarray of shape (n_columns,)
        The plan in hand.
    """

    model: Model
    owners: Owners
    base: Proof
    parted: Parted
    blocks: Sequence[packing.Block]
    master: Master
    cells: tuple[Cell, ...]
    x: Floats

    @classmethod
    def of(
        cls, model: Model, owners: Owners, x: Floats, certificate: Proof, patterns: Sequence[Ints],
        like: Like | None = None,
    ) -> Narrowing:  # fmt: skip
        """Return a case as it was solved, ready to be narrowed; one `like` it tells the prices within blocks."""
        parted = proof.parted_of(certificate)
        limit = proof.limits_within(model.A, certificate)
        master = Master(model, certificate.block, np.flatnonzero(~limit))
        master.add(list(patterns), model.upper)
        blocks = proof.blocks_of(parted.matrix, certificate, limit)
        made = cls(model, owners, certificate, parted, blocks, master, (), x)
        prices = [certificate.prices, *certificate.cell_prices]
        within = proof.within_of(certificate, parted) if like is None else like.within(parted.blocks)
        return replace(made, cells=tuple(made.cell(*each) for each in zip(made.boxes, prices, within, strict=True)))

    def enrich(self) -> None:
        """Add packings nearly as good as the best of each block in each cell: plans are made of such."""
        numbers = [int(self.base.block[each.columns[0]]) for each in self.parted.blocks]
        for cell in self.cells:
            found = packing.nearest(
                self.parted.blocks, self.parted.points(self.base, cell.box, cell.prices),
                least=cell.worth[numbers] - LESS, within=cell.within, count=NEAREST, nodes=packing.NODES // 4,
                crew=proof.CREW,
            )  # fmt: skip
            self.master.add([*found, *(each for each in cell.best if len(each))], cell.box.upper)

    @property
    def boxes(self) -> list[Box]:
        """The box of all plans, and those of the cells."""
        return [Box(self.base.lower, self.base.upper), *proof.cells_of(self.parted.matrix, self.base)]

    @property
    def bound(self) -> float:
        """What no plan exceeds."""
        return proof.weakest(self.base, [cell.bound for cell in self.cells[1:] or self.cells])

    @property
    def weakest(self) -> int:
        """The number of the cell that the bound is of."""
        return max(range(len(self.cells)), key=lambda k: (k > 0 or len(self.cells) == 1, self.cells[k].bound))

    def with_cell(self, number: int, cell: Cell) -> Narrowing:
        """Return the case with one cell as it has been proved anew."""
        return replace(self, cells=(*self.cells[:number], cell, *self.cells[number + 1 :]))

    @property
    def certificate(self) -> Proof:
        """The proof of the bound."""
        prices = [cell.prices for cell in self.cells]
        others = np.array(prices[1:]).reshape(len(prices) - 1, len(self.base.lo))
        known = np.array([cell.known for cell in self.cells])
        within = np.array([np.concatenate([np.zeros(0), *self.within(cell)]) for cell in self.cells])
        begin = np.cumsum([0, *(block.rows for block in self.blocks)]).astype(np.int64)
        return replace(
            self.base, prices=prices[0], cell_prices=others, known=known, within=within, within_begin=begin
        )  # fmt: skip

    @property
    def known(self) -> Earlier:
        """What a case like it may begin from."""
        every, cells = self.cells[0], self.cells[1:] or self.cells
        return Earlier(
            self.x, every.prices, tuple(self.master.patterns), tuple(proof.splits_of(self.base)),
            tuple(cell.prices for cell in cells), tuple(cell.bound for cell in cells),
            tuple(self.within(cell) for cell in cells),
        )  # fmt: skip

    def within(self, cell: Cell) -> list[Floats]:
        """Return the prices within each block of a cell, by its number; zeros in a knapsack."""
        found = [np.zeros(block.rows) for block in self.blocks]
        for block, own in zip(self.parted.blocks, cell.within, strict=True):
            found[int(self.base.block[block.columns[0]])] = own
        return found

    def cell(
        self, box: Box, prices: Floats, within: Sequence[Floats], earlier: Cell | None = None,
        changed: Flags | None = None,
    ) -> Cell:  # fmt: skip
        """Return a cell with its blocks packed.

        Those whose packing in an earlier, wider one still stands are not packed again: its columns are allowed and
        what they are worth has not `changed`. Their bound holds: what was forbidden cannot raise it.
        """
        points = self.parted.points(self.base, box, prices)
        value, pattern = self.master.most(points)
        within = list(within)
        blocks = [(i, int(self.base.block[each.columns[0]]), each) for i, each in enumerate(self.parted.blocks)]
        if earlier is None:
            known, bounds, worth = value, np.zeros(self.master.blocks), np.zeros(self.master.blocks)
            best = [NONE] * self.master.blocks
        else:
            known, bounds, worth = earlier.known.copy(), earlier.bounds.copy(), earlier.worth.copy()
            best = list(earlier.best)
            other = (box.upper < earlier.box.upper) | (False if changed is None else changed)
            blocks = [one for one in blocks if other[best[one[1]]].any()]
        some = [k for _, k, _ in blocks]
        known[some] = value[some]
        packed = packing.packed(
            [each for *_, each in blocks], points, known=known[some], crew=proof.CREW, lower=box.lower,
            within=[within[i] for i, _, _ in blocks],
        )  # fmt: skip
        for (i, k, _), found in zip(blocks, packed, strict=True):
            bounds[k], worth[k], within[i] = found.bound, found.value, found.within
            best[k] = found.columns if len(found.columns) or pattern[k] < 0 else self.master.patterns[pattern[k]]
        bounds[self.parted.knapsacks.block] = self.parted.in_rooms(points)
        bound = proof.bound_in(self.base, self.parted, box, prices, bounds.tolist())
        return Cell(box, prices, within, known, bounds, worth, tuple(best), bound)

    def narrowed(self, lower: Floats, upper: Floats) -> Narrowing:
        """Return the case with a narrower box of columns and its bound; the plan in hand may not be one of it."""
        model, base = replace(self.model, lower=lower, upper=upper), replace(self.base, lower=lower, upper=upper)
        made = replace(self, model=model, base=base, master=self.master.copied())
        cells = zip(made.boxes, self.cells, strict=True)
        return replace(made, cells=tuple(made.cell(box, each.prices, each.within, each) for box, each in cells))
