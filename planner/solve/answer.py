"""What an engine answers to one question: the best columns found, what is proved of them, what is claimed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.model import Model
from planner.plan import Solved, gap_of
from planner.proofs import Proof
from planner.solve.proof import Split
from planner.words import Words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NOTHING = 1e-6
"""A share no larger is none."""
KEPT = 1e-6
"""How far beyond its limit a row, or a column, may be and keep it."""
STATUSES = ("optimal", "solver_optimal", "within_gap", "effort", "time_limit", "cancelled", "solver_failed",
            "infeasible")  # fmt: skip
"""How a question ends, from the best to the worst."""


@dataclass(frozen=True)
class Chosen:
    """The engine that answered, and why it was chosen."""

    engine: str
    why: Words


@dataclass(frozen=True)
class Answer:
    """The best columns of a model, and how good they are.

    Attributes
    ----------
    model : Model
        The question.
    x : ndarray of shape (n_columns,) or None
    certificate : Proof or None
    bound : float
        Recomputed from the certificate.
    solver_bound : float
        What the engine claims; infinite where it claims nothing.
    ended : str
        Why the search ended.
    asked : float
        Gap asked for.
    by : Chosen or None
    patterns : tuple of ndarray of int
        Columns of each packing of a block that the search of a large case has made.
    """

    model: Model
    x: Floats | None
    certificate: Proof | None
    bound: float
    solver_bound: float
    ended: str
    asked: float
    by: Chosen | None = None
    patterns: tuple[Ints, ...] = ()

    @cached_property
    def score(self) -> float | None:
        """What the columns come to; None without any."""
        return None if self.x is None else score_of(self.model, self.x)

    @property
    def gap(self) -> float | None:
        """The proved gap."""
        return None if self.score is None else gap_of(self.score, self.bound)

    @property
    def solver_gap(self) -> float | None:
        """The gap that the engine claims."""
        if self.score is None or not np.isfinite(self.solver_bound):
            return None
        return gap_of(self.score, self.solver_bound)

    @property
    def status(self) -> str:
        """The honest label."""
        if self.gap is None:
            return self.ended
        if self.gap == 0:
            return "optimal"
        if self.solver_gap == 0 or (self.ended == "gap" and (self.solver_gap or 1.0) <= ROUNDED):
            return "solver_optimal"
        if min(self.gap, np.inf if self.solver_gap is None else self.solver_gap) <= self.asked:
            return "within_gap"
        return self.ended if self.ended != "gap" else "effort"

    @property
    def best(self) -> bool:
        """Whether it is the best there is, as far as anybody says: proved, or claimed."""
        return self.status in ("optimal", "solver_optimal")


@dataclass(frozen=True)
class Found:
    """What a search for one plan found: its columns (None if none), its proof, the bound, how it ended, patterns."""

    x: Floats | None
    certificate: Proof
    bound: float
    ended: str
    patterns: tuple[Ints, ...] = ()

    def answer(self, model: Model, asked: float) -> Answer:
        """Return the answer to a question, of which a gap was asked; nothing is claimed beside the proof."""
        return Answer(
            model, self.x, self.certificate, self.bound, np.inf, self.ended, asked, patterns=self.patterns
        )  # fmt: skip


Watcher = Callable[[str, float, float], bool]
"""Told (stage, score, bound) between steps; returns True to stop."""
ROUNDED = 1e-6
"""Gap that an engine's bound may keep where it ended for want of one: it takes columns so near to whole as whole."""


@dataclass(frozen=True)
class Earlier:
    """What is known of a case from one like it.

    Attributes
    ----------
    x : ndarray of shape (n_columns,)
        A plan.
    prices : ndarray of shape (n_rows,)
    patterns : tuple of ndarray of int
        Of a large case, packings of blocks.
    splits : tuple of Split
        Of a large case, by which its cells were made.
    cell_prices : tuple of ndarray of shape (n_rows,)
        Of each cell not split further, in the order of their numbers; without splits of all plans.
    cell_bounds : tuple of float
        What no plan in each exceeds, where that is known.
    cell_within : tuple of sequence of ndarray of shape (n_rows of the block,)
        Prices within each block there, where they are known.
    """

    x: Floats
    prices: Floats
    patterns: tuple[Ints, ...] = ()
    splits: tuple[Split, ...] = ()
    cell_prices: tuple[Floats, ...] = ()
    cell_bounds: tuple[float, ...] = ()
    cell_within: tuple[Sequence[Floats], ...] = ()


def score_of(model: Model, x: Floats | None) -> float:
    """Return what columns come to; minus infinity where there are none.

    Summed here, for a product of long vectors would wake the threads of the library.
    """
    return -np.inf if x is None else float((model.c * x).sum() + model.c0)


def keeps(model: Model, x: Floats) -> bool:
    """Return whether columns keep every row and their bounds, as nearly as a solver does."""
    used = model.A @ x
    room = KEPT * (1 + np.abs(np.where(np.isfinite(model.hi), model.hi, 0.0)))
    within = (x >= model.lower - KEPT).all() and (x <= model.upper + KEPT).all()
    return bool(within and (used <= model.hi + room).all() and (used >= model.lo - room).all())


def chosen_of(model: Model, x: Floats) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return the options that columns choose, and the share each takes of its part (1 where that is not divisible)."""
    place = model.columns_of("place")
    share = np.where(model.integer[place], np.round(x[place]), x[place])
    chosen = np.flatnonzero(share > NOTHING)
    return tuple(chosen.tolist()), tuple(share[chosen].tolist())


def solved(answer: Answer, status: str, seconds: float, stated: float) -> Solved:
    """Return what an answer hands over to the plan made of it."""
    model, x, certificate = answer.model, answer.x, answer.certificate
    if x is None:
        return Solved((), None, None, None, status, None, seconds, stated)
    opened = model.columns_of("opened")
    chosen, shares = chosen_of(model, x)
    keys = [str(key) for block in model.blocks if block.variable == "opened" for key in block.keys]
    return Solved(
        chosen=chosen,
        shares=shares,
        score=answer.score,
        bound=answer.bound,
        solver_bound=answer.solver_bound if np.isfinite(answer.solver_bound) else None,
        status=status,
        proof=certificate,
        seconds=seconds,
        seconds_formulate=stated,
        opened=tuple(key for key, value in zip(keys, x[opened], strict=True) if value > 0.5),
        points=model.points_by_goal(x),
        prices=None if certificate is None else tuple(zip(model.row_keys, certificate.prices.tolist(), strict=True)),
    )


Ask = Callable[[Model, Floats | None], Answer]
"""Asks an engine a question, with a plan to start from."""


def worst(answers: Iterable[Answer]) -> str:
    """Return the worst label of several questions of one run."""
    return max((answer.status for answer in answers), key=STATUSES.index)
