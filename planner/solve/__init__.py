"""From a case to a plan: relaxation, bound, search; streamed, cancellable, repeatable.

Small cases are searched whole. In large ones the relaxation, strengthened (`cuts`), gives the bound (`proof`) and says
which options are hopeful; branch and bound runs on those (`exact`), and where an effort is asked for, on all options
the bound cannot exclude, starting from the plan found. A stage ends on the gap or on its effort, which repeats; the
clock is only the net under it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.case import Case
from planner.model import Model, formulate
from planner.plan import Plan, Proof, Solved, gap_of, plan_of
from planner.solve import cuts, exact, proof

__all__ = ["EFFORT", "Progress", "solve"]

Floats = NDArray[np.float64]
EFFORT = 20_000
"""Steps of the search of the whole, where the scenario names no effort and the case is small."""
HOPEFUL_EFFORT = 110
"""Steps of the search of the hopeful options."""
HOPEFUL = 12
"""Options for each part (on average) searched first, those with the best reduced cost; set by trial on one scenario
(DESIGN.md, known limits)."""
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
        Met by the smaller of the proven gap and the solver's.
    effort : int, optional
        Steps of the search of the whole; without it a large case ends with the hopeful ones.
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
    run = _Run(model, began, time_limit_s, progress, cancelled)
    relaxed = exact.relax(model, threads=threads)
    if not relaxed.feasible:
        return _plan(case, model, run, None, None, "infeasible", np.inf, stated)
    certificate, d = run.prove(relaxed.prices)
    large = len(model.c) > WHOLE_UP_TO
    if large:
        run.model, prices = cuts.strengthened(case, model, relaxed, d, run.bound)
        model = run.model
        certificate, d = run.prove(prices)
    settings = {"gap": gap, "seed": seed, "threads": threads}
    found = exact.Search(None, np.inf, "effort", 0)
    if large:
        found = run.search(
            "hopeful", keep=_hopeful(case, model, d), effort=HOPEFUL_EFFORT, **{**settings, "gap": gap / 2}
        )
    solver_bound = np.inf
    wanting = found.x is None or (effort is not None and run.gap(found.x) > gap)
    if wanting and found.ended != "cancelled":
        start = found.x
        possible = None if start is None else (run.bound + d > _score(model, start) - 1e-9) | (start > 0.5)
        found = run.search("whole", keep=possible, start=start, effort=effort or EFFORT, **settings)
        solver_bound = found.solver_bound
    return _plan(case, model, run, found.x, certificate, found.ended, solver_bound, stated, gap)


@dataclass
class _Run:
    """One solve: its model, clock, bound and who is watching."""

    model: Model
    began: float
    time_limit_s: float
    progress: Callable[[Progress], None] | None
    cancelled: Callable[[], bool] | None
    bound: float = np.inf

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def prove(self, prices: Floats) -> tuple[Proof, Floats]:
        """Prove the bound that prices give; return its proof and its reduced costs."""
        certificate = proof.proof_of(self.model, prices)
        self.bound = proof.bound(certificate)
        return certificate, proof.reduced_costs(certificate)

    def gap(self, x: Floats) -> float:
        return gap_of(_score(self.model, x), self.bound)

    def search(self, stage: str, **settings: object) -> exact.Search:
        """Run one stage within what is left of the time, watched."""

        def watch(score: float, solver_bound: float, nodes: int) -> bool:
            if self.progress is not None:
                self.progress(Progress(stage, self.seconds, score, self.bound))
            return self.cancelled is not None and self.cancelled()

        return exact.search(
            self.model,
            time_limit_s=self.time_limit_s - self.seconds,
            watch=watch,
            **settings,  # type: ignore[arg-type]
        )


def _hopeful(case: Case, model: Model, d: Floats) -> NDArray[np.bool_]:
    """Return the columns worth searching first: the options with the best reduced cost, and all other columns."""
    keep = np.ones(len(model.c), dtype=bool)
    place = model.columns_of("place")
    reduced = d[place]
    most = min(HOPEFUL * len(case.parts), len(reduced))
    worst = np.partition(reduced, len(reduced) - most)[len(reduced) - most] if most else 0.0
    keep[place] = reduced >= min(worst, -1e-7)
    return keep


def _score(model: Model, x: Floats) -> float:
    return float(model.c @ x + model.c0)


def _plan(
    case: Case,
    model: Model,
    run: _Run,
    x: Floats | None,
    certificate: Proof | None,
    ended: str,
    solver_bound: float,
    stated: float,
    asked: float = 0.0,
) -> Plan:
    """Return the plan of a solve with its honest label."""
    if x is None:
        status = "infeasible" if ended == "infeasible" else ended
        return plan_of(case, Solved((), None, None, None, status, None, run.seconds, stated))
    score = _score(model, x)
    proved = gap_of(score, run.bound)
    claimed = gap_of(score, solver_bound) if np.isfinite(solver_bound) else None
    if proved == 0:
        status = "optimal"
    elif claimed == 0:
        status = "solver_optimal"
    elif min(proved, np.inf if claimed is None else claimed) <= asked:
        status = "within_gap"
    else:
        status = ended if ended != "gap" else "effort"  # the gap of a part is not that of the whole
    place = model.columns_of("place")
    chosen = tuple(int(option) for option in np.flatnonzero(x[place] > 0.5))
    opened = model.columns_of("opened")
    keys = [key for _, key in model.column_keys[opened]]
    return plan_of(
        case,
        Solved(
            chosen=chosen,
            score=score,
            bound=run.bound,
            solver_bound=solver_bound if np.isfinite(solver_bound) else None,
            status=status,
            proof=certificate,
            seconds=run.seconds,
            seconds_formulate=stated,
            opened=tuple(key for key, value in zip(keys, x[opened], strict=True) if value > 0.5),
            opened_points=float(model.c[opened] @ x[opened]),
            prices=None
            if certificate is None
            else tuple(zip(model.row_keys, certificate.prices.tolist(), strict=True)),
        ),
    )
