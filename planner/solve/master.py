"""The master programme of a large case: one pattern (packing) a block, under the rules that couple blocks.

It keeps the patterns and HiGHS's basis between solves, and states the whole programme for a search over the patterns.
How patterns are found is `pricing`'s.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import highspy
import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from planner.model import Model
from planner.solve import exact
from planner.solve.proof import Box

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
SHORT = 1e-6
"""How far beyond a row a solution must be to break it."""
PENALTY = 2
"""What a row short by its largest use costs, in points of the best column: small, so that prices settle soon."""
NONE = np.zeros(0, dtype=np.int64)
LAZY_FROM = 4_000
"""Coupling rows from which upper limits are stated only once a solution breaks them."""


class Master:
    """The programme over patterns.

    Its columns are those outside blocks, slacks of rows that need something, then patterns; its rows those that couple
    blocks, then one for each block.

    Parameters
    ----------
    model : Model
    block : ndarray of int, shape (n_columns,)
        −1 for a column outside blocks.
    coupling : ndarray of int
        The rows of the model that are not within a block.
    """

    def __init__(self, model: Model, block: Ints, coupling: Ints) -> None:
        self.model, self.block, self.coupling = model, block, coupling
        self.rows = model.A[coupling].tocsc()
        self.by_column = self.rows.T.tocsr()
        self.other = np.flatnonzero(block < 0)
        self.blocks = int(block.max()) + 1
        self.lo, self.hi = model.lo[coupling], model.hi[coupling]
        needy = np.flatnonzero(np.isfinite(self.lo))
        most = abs(self.rows).max(axis=1).toarray().ravel()[needy]
        unit = np.where(most > 0, most, 1.0)
        slack = scipy.sparse.csc_matrix(
            (np.r_[unit, -unit], (np.r_[needy, needy], np.arange(2 * len(needy)))),
            shape=(len(coupling), 2 * len(needy)),
        )
        penalty = -PENALTY * max(1.0, float(np.abs(model.c).max(initial=1.0)))
        self.first = len(self.other) + slack.shape[1]
        self.patterns: list[Ints] = []
        self.index, self.begin, self.of = NONE, np.zeros(1, dtype=np.int64), NONE  # of all patterns, end to end
        self.numbers: dict[bytes, int] = {}
        self.stated: Model | None = None
        self.fixed = scipy.sparse.hstack([self.rows[:, self.other], slack]).tocsr()
        lazy = np.isinf(self.lo) & (len(coupling) > LAZY_FROM)
        self.stands = np.full(len(coupling), -1, dtype=np.int64)
        self.stands[~lazy] = np.arange((~lazy).sum())
        self.begins = int((~lazy).sum())
        self.height = self.begins + self.blocks
        none = scipy.sparse.csr_matrix((self.blocks, self.first))
        others = Model(
            blocks=(),
            rules=(),
            c=np.r_[model.c[self.other], np.full(slack.shape[1], penalty)],
            A=scipy.sparse.vstack([self.fixed[~lazy], none]).tocsr(),
            lo=np.r_[self.lo[~lazy], np.full(self.blocks, -np.inf)],
            hi=np.r_[self.hi[~lazy], np.ones(self.blocks)],
            lower=np.r_[model.lower[self.other], np.zeros(slack.shape[1])],
            upper=np.r_[model.upper[self.other], np.full(slack.shape[1], 1e6)],
            integer=np.r_[model.integer[self.other], np.zeros(slack.shape[1], dtype=bool)],
        )
        self.solver = exact.solver_of(others, threads=1)
        self.solver.setOptionValue("solver", "simplex")

    def pick(self, first: int = 0, last: int | None = None) -> scipy.sparse.csc_matrix:
        """Return which columns of the model each of some patterns holds, shape (n_columns, n_patterns)."""
        begin = self.begin[first : None if last is None else last + 1]
        index = self.index[begin[0] : begin[-1]]
        shape = (len(self.model.c), len(begin) - 1)
        return scipy.sparse.csc_matrix((np.ones(len(index)), index, begin - begin[0]), shape=shape)

    def add(self, patterns: list[Ints], upper: Floats) -> bool:
        """Add patterns not known yet; return whether there was one."""
        new = []
        for pattern in patterns:
            ordered = np.sort(pattern)
            if len(ordered) and (name := ordered.tobytes()) not in self.numbers:
                self.numbers[name] = len(self.numbers)
                new.append(ordered)
        if not new:
            return False
        before, of = len(self.patterns), self.block[[each[0] for each in new]]
        self.patterns += new
        self.index = np.concatenate([self.index, *new])
        self.begin = np.r_[self.begin, self.begin[-1] + np.cumsum([len(each) for each in new])]
        self.of = np.r_[self.of, of]
        some, allowed = self.pick(before), self.allowed(upper)[before:].astype(float)
        used = (self.rows @ some).tocoo()
        stated = self.stands[used.row] >= 0
        row = np.r_[self.stands[used.row[stated]], self.begins + of]
        column, data = np.r_[used.col[stated], np.arange(len(new))], np.r_[used.data[stated], np.ones(len(new))]
        matrix = scipy.sparse.csc_matrix((data, (row, column)), shape=(self.height, len(new)))
        self.solver.addCols(
            len(new), some.T @ self.model.c, np.zeros(len(new)), allowed, matrix.nnz,
            matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
        )  # fmt: skip
        return True

    def within(self, box: Box, held: Sequence[int] = ()) -> None:
        """Keep only what a box allows, and hold some patterns."""
        allowed = self.allowed(box.upper).astype(float)
        taken = np.zeros(len(allowed))
        taken[list(held)] = 1.0
        index = np.r_[np.arange(len(self.other)), self.first + np.arange(len(allowed))].astype(np.int32)
        lower, upper = box.lower[self.other], box.upper[self.other]
        self.solver.changeColsBounds(
            len(index), index, np.r_[np.minimum(lower, upper), taken], np.r_[upper, np.maximum(allowed, taken)]
        )

    def solve(self, seconds: float) -> tuple[float, Floats, Floats, Floats]:
        """Return score, prices of the coupling rows, of the blocks, and the columns.

        Cut short after so many seconds: these are then of no optimum, though any prices give a bound.
        """
        self.solver.setOptionValue("time_limit", self.solver.getRunTime() + max(seconds, 0.0))
        self.solver.run()
        x = np.asarray(self.solver.getSolution().col_value)
        while self.feasible and self._missed(x):
            self.solver.run()
            x = np.asarray(self.solver.getSolution().col_value)
        dual = np.asarray(self.solver.getSolution().row_dual)
        stated = self.stands >= 0
        prices = np.zeros(len(self.coupling))
        prices[stated] = dual[self.stands[stated]]
        score = float(self.solver.getInfo().objective_function_value) + self.model.c0
        return score, prices, dual[self.begins : self.begins + self.blocks], x

    def _missed(self, x: Floats) -> bool:
        """State the rows not stated yet that a solution breaks; return whether there were any."""
        lazy = np.flatnonzero(self.stands < 0)
        if not len(lazy):
            return False
        used = self.rows @ self.options(x)
        broken = lazy[used[lazy] > self.hi[lazy] + SHORT]
        if not len(broken):
            return False
        rows = scipy.sparse.hstack([self.fixed[broken], self.rows[broken] @ self.pick()]).tocsr()
        rows.sort_indices()
        self.solver.addRows(
            len(broken), np.full(len(broken), -np.inf), self.hi[broken], rows.nnz, rows.indptr[:-1].astype(np.int32),
            rows.indices.astype(np.int32), rows.data,
        )  # fmt: skip
        self.stands[broken] = self.height + np.arange(len(broken))
        self.height += len(broken)
        return True

    @property
    def feasible(self) -> bool:
        """Whether the programme last solved has a solution."""
        return bool(self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def best(self, points: Floats) -> Floats:
        """Return what the best pattern of each block is worth (shape (n_blocks,); 0 where there is none better)."""
        return self.most(points)[0]

    def most(self, points: Floats) -> tuple[Floats, Ints]:
        """Return what the best pattern of each block is worth (as `best`), and its number (−1 where there is none)."""
        value, number = np.zeros(self.blocks), np.full(self.blocks, -1)
        if self.patterns:
            each = np.add.reduceat(points[self.index], self.begin[:-1])
            last = np.argsort(each, kind="stable")
            last = last[each[last] > 0]
            of = self.of[last]
            value[of], number[of] = each[last], last
        return value, number

    def allowed(self, upper: Floats) -> Flags:
        """Return which patterns hold nothing that is forbidden."""
        if not self.patterns:
            return np.zeros(0, dtype=bool)
        return np.asarray(np.logical_and.reduceat(upper[self.index] > 0, self.begin[:-1]))

    def copied(self) -> Master:
        """Return the same programme, from the same basis, to which patterns can be added by themselves."""
        made = copy.copy(self)
        made.patterns, made.numbers = list(self.patterns), dict(self.numbers)
        made.stands = self.stands.copy()
        made.solver = _like(self.solver)
        return made

    def options(self, x: Floats) -> Floats:
        """Return the columns of the model that columns of the master stand for."""
        whole = self.pick(0, len(x) - self.first) @ x[self.first :]
        whole[self.other] = x[: len(self.other)]
        return np.asarray(whole)

    def programme(self) -> Model:
        """Return the programme over all patterns, without slacks."""
        if self.stated is not None and len(self.stated.c) == len(self.other) + len(self.of):
            return self.stated
        some = self.pick()
        count = len(self.of)
        of = scipy.sparse.csc_matrix((np.ones(count), (self.of, np.arange(count))), shape=(self.blocks, count))
        matrix = scipy.sparse.bmat([[self.rows[:, self.other], self.rows @ some], [None, of]]).tocsr()
        model = self.model
        self.stated = Model(
            blocks=(),
            rules=(),
            c=np.r_[model.c[self.other], some.T @ model.c],
            A=matrix,
            lo=np.r_[self.lo, np.full(self.blocks, -np.inf)],
            hi=np.r_[self.hi, np.ones(self.blocks)],
            lower=np.r_[model.lower[self.other], np.zeros(count)],
            upper=np.r_[model.upper[self.other], np.ones(count)],
            integer=np.r_[model.integer[self.other], np.ones(count, dtype=bool)],
            c0=model.c0,
        )
        return self.stated

    def patterned(self, chosen: Floats) -> Floats:
        """Return the columns of the programme that stand for columns of the model, whose patterns are added."""
        taken = np.flatnonzero((chosen > 0.5) & (self.block >= 0))
        taken = taken[np.argsort(self.block[taken], kind="stable")]
        patterns = np.split(taken, np.flatnonzero(np.diff(self.block[taken])) + 1) if len(taken) else []
        self.add(patterns, self.model.upper)
        x = np.zeros(len(self.other) + len(self.patterns))
        x[: len(self.other)] = chosen[self.other]
        x[[len(self.other) + self.numbers[each.tobytes()] for each in patterns]] = 1.0
        return x

    def chosen(self, x: Floats) -> Floats:
        """Return the columns of the model that columns of the programme stand for."""
        whole = self.pick(0, len(x) - len(self.other)) @ x[len(self.other) :]
        whole[self.other] = x[: len(self.other)]
        return np.asarray(np.where(self.model.integer, np.round(whole), whole))


def _like(solver: highspy.Highs) -> highspy.Highs:
    """Return a solver with the same programme, options and basis."""
    made = highspy.Highs()  # type: ignore[no-untyped-call]
    made.passOptions(solver.getOptions())
    made.passModel(solver.getLp())
    made.setBasis(solver.getBasis())
    return made
