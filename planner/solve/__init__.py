"""From a case to a plan: relaxation, bound, search; streamed, cancellable, repeatable.

Small cases are searched whole (`exact`), and their bound is that of the relaxation's prices. Large ones go by patterns
of blocks (`pricing`). Either way the bound is `proof`'s, never the solver's. A search ends on the gap or on its effort,
which repeats; the clock is only the net under it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planner.case import Case
from planner.model import Model, formulate
from planner.plan import Plan, Proof, Solved, gap_of, plan_of
from planner.solve import exact, pricing, proof

__all__ = ["EFFORT", "Progress", "solve"]

Floats = NDArray[np.float64]
EFFORT = 20_000
"""Steps of the search of the whole, where the scenario names no effort."""
WHOLE_UP_TO = 5_000
"""Columns up to which the whole is searched at once."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a solve stands: stage, seconds, best score so far, proven bound, nodes."""

    stage: str
    seconds: float
    score: float
    bound: float

    @property
    def gap(self) -> float:
        """(bound − score) / max(|score|, 1); infinite without a plan."""
        return gap_of(self.score, self.bound) if np.isfinite(self.score) else float("inf")


def solve(
    case: Case,
    *,
    gap: float = 0.01,
    effort: int | None = None,
    time_limit_s: float = 300.0,
    seed: int = 1,
    threads: int = 2,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Plan:
    """Find a plan and prove how good it is.

    Parameters
    ----------
    case : Case
    gap : float
        Met by the smaller of the proven gap and the solver's; that of a large case is proven.
    effort : int, optional
        Steps of the search of the whole; of a large case, the times its cells are split.
    time_limit_s : float
        The net under the effort; a run it ends is labelled so and promises no repetition.
    seed, threads : int
        Another number of threads may give another plan within the gap.
    progress : callable, optional
        Told about ten times a second where the solve stands.
    cancelled : callable, optional
        Asked as often; True ends the solve with the best plan so far.

    Returns
    -------
    Plan
        With status ``infeasible`` and no placements where no plan exists.
    """
    began = time.monotonic()
    model = formulate(case)
    stated = time.monotonic() - began
    run = _Run(case, model, began, stated, time_limit_s, progress, cancelled)
    if len(model.c) > WHOLE_UP_TO:
        priced = pricing.search(
            model, gap=gap, cells=effort, seed=seed, threads=threads, seconds_left=run.seconds_left, watch=run.watched
        )
        if priced is not None and (priced.x is not None or priced.ended in ("cancelled", "time_limit")):
            return run.plan(priced.x, priced.certificate, priced.bound, priced.ended, np.inf, gap)
    relaxed = exact.relax(model, threads=threads)
    if not relaxed.feasible:
        return run.plan(None, None, np.inf, "infeasible", np.inf, gap)
    certificate = proof.proof_of(model, relaxed.prices)
    bound = proof.bound(certificate)
    found = exact.search(
        model,
        gap=gap,
        effort=EFFORT if effort is None else effort,
        time_limit_s=run.seconds_left(),
        seed=seed,
        threads=threads,
        watch=lambda score, _bound, _nodes: run.watched("whole", score, bound),
    )
    return run.plan(found.x, certificate, bound, found.ended, found.solver_bound, gap)


@dataclass
class _Run:
    """One solve: its case and model, its clock, and who is watching."""

    case: Case
    model: Model
    began: float
    stated: float
    time_limit_s: float
    progress: Callable[[Progress], None] | None
    cancelled: Callable[[], bool] | None
    best: float = -np.inf
    telling: threading.Lock = field(default_factory=threading.Lock)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def seconds_left(self) -> float:
        return self.time_limit_s - self.seconds

    def watched(self, stage: str, score: float, bound: float) -> bool:
        """Tell where it stands, one thread at a time; return whether it is cancelled."""
        with self.telling:
            self.best = max(self.best, score)
            if self.progress is not None:
                self.progress(Progress(stage, self.seconds, self.best, bound))
            return self.cancelled is not None and self.cancelled()

    def plan(
        self,
        x: Floats | None,
        certificate: Proof | None,
        bound: float,
        ended: str,
        solver_bound: float,
        asked: float,
    ) -> Plan:
        """Return the plan with its honest label."""
        case, model = self.case, self.model
        if x is None:
            return plan_of(case, Solved((), None, None, None, ended, None, self.seconds, self.stated))
        x = exact.settled(model, x)
        score = float(model.c @ x + model.c0)
        proved = gap_of(score, bound)
        claimed = gap_of(score, solver_bound) if np.isfinite(solver_bound) else None
        if proved == 0:
            status = "optimal"
        elif claimed == 0:
            status = "solver_optimal"
        elif min(proved, np.inf if claimed is None else claimed) <= asked:
            status = "within_gap"
        else:
            status = ended if ended != "gap" else "effort"
        place, opened = model.columns_of("place"), model.columns_of("opened")
        keys = [key for _, key in model.column_keys[opened]]
        prices = None
        if certificate is not None:
            prices = tuple(zip(model.row_keys, certificate.prices.tolist(), strict=True))
        return plan_of(
            case,
            Solved(
                chosen=tuple(int(option) for option in np.flatnonzero(x[place] > 0.5)),
                score=score,
                bound=bound,
                solver_bound=solver_bound if np.isfinite(solver_bound) else None,
                status=status,
                proof=certificate,
                seconds=self.seconds,
                seconds_formulate=self.stated,
                opened=tuple(key for key, value in zip(keys, x[opened], strict=True) if value > 0.5),
                points=model.points_by_goal(x),
                prices=prices,
            ),
        )
