"""Prices of the rows within a block, by the simplex method: where subgradient steps do not lead, they are exact.

A block's packing is searched below the bound that prices of its own rows give (`filling`). The best of them solve the
relaxation of the block by itself; its programme is kept, so that other points need few steps. It is solved only for
blocks that are not soon packed, and prices serve again where points have changed little: `Packer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import highspy
import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from planner.model import Model
from planner.solve import exact, packing
from planner.solve.crews import Crew
from planner.solve.packing import Block, Packing

Floats = NDArray[np.float64]
STEPS = 30
"""Subgradient steps from the prices that a block was last packed by."""
Prices = Sequence[Floats] | dict[int, Floats]
NEVER = -1.0
"""Points of a column that must not be chosen: fewer than none."""


class Within:
    """The relaxation of one block: at most one column of each group, no row overfilled, the rounded ones neither."""

    def __init__(self, block: Block) -> None:
        self.columns, self.rows = block.columns, block.rows
        size, groups = len(block.columns), len(block.first) - 1
        share = scipy.sparse.csc_matrix((block.share, block.row, block.begin), shape=(block.rows, size))
        group = scipy.sparse.csc_matrix(
            (np.ones(size), np.repeat(np.arange(groups), np.diff(block.first)), np.arange(size + 1)),
            shape=(groups, size),
        )
        height = block.rows + groups
        programme = Model(
            blocks=(),
            rules=(),
            c=np.zeros(size),
            A=scipy.sparse.vstack([share, group]).tocsr(),
            lo=np.full(height, -np.inf),
            hi=np.ones(height),
            lower=np.zeros(size),
            upper=np.full(size, np.inf),
            integer=np.zeros(size, dtype=bool),
        )
        self.solver = exact.solver_of(programme, threads=1, integer=False)
        self.solver.setOptionValue("solver", "simplex")

    def prices(self, points: Floats) -> Floats:
        """Return the price of each row, none negative (shape (n_rows,)), at the points of the model's columns."""
        size = len(self.columns)
        self.solver.changeColsCost(size, np.arange(size, dtype=np.int32), np.maximum(points[self.columns], NEVER))
        self.solver.run()
        solution = self.solver.getSolution()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return np.zeros(self.rows)
        prices: Floats = np.maximum(np.asarray(solution.row_dual, dtype=float)[: self.rows], 0.0)
        return prices


@dataclass
class Packer:
    """Packs the same blocks at ever new points.

    Attributes
    ----------
    blocks : sequence of Block
    quick : int
        Nodes after which a block is packed below exact prices, where more are allowed.
    crew : Crew
        Who packs; the result does not depend on it. Relaxations, which are kept, are solved by threads of this process.
    within : list of ndarray of shape (n_rows of the block,)
        The prices of each block's own rows that it was last packed by.
    """

    blocks: Sequence[Block]
    quick: int
    crew: Crew
    within: list[Floats] = field(init=False)
    relaxed: dict[int, Within] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.within = [np.zeros(block.rows) for block in self.blocks]

    def packed(self, points: Floats, known: Floats, nodes: int) -> list[Packing]:
        """Return the best packing of each block; of one not soon found, below the best prices there are."""
        exactly = nodes > self.quick
        soon = [k for k in range(len(self.blocks)) if not exactly or k not in self.relaxed]
        quickly = self._packed(soon, points, known, min(nodes, self.quick), self.within, STEPS)
        best = dict(zip(soon, quickly, strict=True))
        hard = [k for k in range(len(self.blocks)) if k not in best or not best[k].done] if exactly else []
        self.relaxed |= {k: Within(self.blocks[k]) for k in hard if k not in self.relaxed}
        with ThreadPoolExecutor(self.crew.threads) as executor:
            prices = dict(zip(hard, executor.map(lambda k: self.relaxed[k].prices(points), hard), strict=True))
        known = np.array([best[k].value if k in best else known[k] for k in range(len(self.blocks))])
        for k, found in zip(hard, self._packed(hard, points, known, nodes, prices, 1), strict=True):
            better = found if len(found.columns) or k not in best else best[k]
            best[k] = replace(better, bound=min(found.bound, best.get(k, found).bound), within=found.within)
        self.within = [best[k].within for k in range(len(self.blocks))]
        return [best[k] for k in range(len(self.blocks))]

    def _packed(
        self, some: Sequence[int], points: Floats, known: Floats, nodes: int, within: Prices, steps: int
    ) -> list[Packing]:
        """Return the best packing of some blocks."""
        return packing.packed(
            [self.blocks[k] for k in some], points, known=known[some], nodes=nodes, crew=self.crew,
            knapsacks=False, within=[within[k] for k in some], steps=steps,
        )  # fmt: skip
