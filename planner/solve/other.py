"""Other engines on the same model: any solver PuLP knows.

None has a bound that is believed: what is proved comes from the relaxation's prices, as for `solve`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from planner.case import Case
from planner.model import Model, formulate
from planner.plan import Plan, Solved, gap_of, plan_of
from planner.proofs import Proof
from planner.solve import exact, proof
from planner.solve.answer import chosen_of
from planner.solve.exact import Floats
from planner.solve.gateway import answer_of, start_of

NO_EFFORT = 2**31 - 1
"""Nodes, where only gap and time end a search."""


def solve_by(
    case: Case,
    solver: str,
    *,
    gap: float = 0.01,
    time_limit_s: float = 300.0,
    threads: int = 2,
    start: Plan | None = None,
) -> Plan:
    """Find a plan with a solver of PuLP's, proved by the relaxation's prices.

    Parameters
    ----------
    case : Case
    solver : str
        As `gateway.solve_with` takes it.
    gap : float
        Relative gap asked of the solver.
    time_limit_s : float
    threads : int
        Of the relaxation.
    start : Plan, optional
        A plan made before, to start from as far as it still holds (`gateway.start_of`).

    Returns
    -------
    Plan
        ``solver_bound`` is None: PuLP passes none on. Without a plan its status is ``infeasible`` only where the solver
        says so, which is not proved here.

    Raises
    ------
    SolveError
        No solver of that name is installed, or it fails.
    """
    run = _Run.of(case, threads)
    if run.certificate is None:
        return run.plan(None, "infeasible")
    begin = None if start is None else start_of(case, run.model, start)
    x, denied = answer_of(run.model, solver, gap=gap, time_limit_s=time_limit_s, start=begin)
    late = run.seconds >= time_limit_s
    if x is None:
        return run.plan(None, "time_limit" if late else "infeasible" if denied else "solver_failed")
    x = exact.settled(run.model, x, threads=threads)
    proved = gap_of(run.score(x), run.bound)
    return run.plan(
        x, "optimal" if proved == 0 else "within_gap" if proved <= gap else "time_limit" if late else "effort"
    )


@dataclass(frozen=True)
class _Run:
    """A case stated and relaxed: what any engine starts from, and what makes its columns a plan."""

    case: Case
    model: Model
    certificate: Proof | None
    """None where not even the relaxation has a plan."""
    bound: float
    began: float
    stated_s: float

    @classmethod
    def of(cls, case: Case, threads: int) -> _Run:
        began = time.monotonic()
        model = formulate(case)
        stated_s = time.monotonic() - began
        relaxed = exact.relax(model, threads=threads)
        certificate = proof.proof_of(model, relaxed.prices) if relaxed.feasible else None
        return cls(case, model, certificate, proof.bound(certificate) if certificate else -np.inf, began, stated_s)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def score(self, x: Floats) -> float:
        return float(self.model.c @ x + self.model.c0)

    def plan(self, x: Floats | None, status: str, solver_bound: float | None = None) -> Plan:
        """Return the plan that columns make, with its label."""
        if x is None or self.certificate is None:
            return plan_of(self.case, Solved((), None, None, None, status, None, self.seconds, self.stated_s))
        model, opened = self.model, self.model.columns_of("opened")
        keys = [key for _, key in model.column_keys[opened]]
        chosen, shares = chosen_of(model, x)
        return plan_of(
            self.case,
            Solved(
                chosen=chosen,
                shares=shares,
                score=self.score(x),
                bound=self.bound,
                solver_bound=solver_bound,
                status=status,
                proof=self.certificate,
                seconds=self.seconds,
                seconds_formulate=self.stated_s,
                opened=tuple(key for key, value in zip(keys, x[opened], strict=True) if value > 0.5),
                points=model.points_by_goal(x),
                prices=tuple(zip(model.row_keys, self.certificate.prices.tolist(), strict=True)),
            ),
        )
