"""Other engines on the same model: any solver PuLP knows.

None has a bound that is believed: what is proved comes from the relaxation's prices, as for `solve`.
"""

from __future__ import annotations

import time

import numpy as np

from planner.case import Case
from planner.model import formulate
from planner.plan import Plan, plan_of
from planner.proofs import Proof
from planner.solve import exact, proof
from planner.solve.answer import Answer, solved
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
    began = time.monotonic()
    model = formulate(case)
    stated_s = time.monotonic() - began

    def plan(x: Floats | None, ended: str, certificate: Proof | None = None, bound: float = np.inf) -> Plan:
        answer = Answer(model, x, certificate, bound, np.inf, ended, gap)
        return plan_of(case, solved(answer, answer.status, time.monotonic() - began, stated_s))

    relaxed = exact.relax(model, threads=threads)
    if not relaxed.feasible:
        return plan(None, "infeasible")
    begin = None if start is None else start_of(case, model, start)
    x, denied = answer_of(model, solver, gap=gap, time_limit_s=time_limit_s, start=begin)
    late = time.monotonic() - began >= time_limit_s
    if x is None:
        return plan(None, "time_limit" if late else "infeasible" if denied else "solver_failed")
    certificate = proof.proof_of(model, relaxed.prices)
    x = exact.settled(model, x, threads=threads)
    return plan(x, "time_limit" if late else "effort", certificate, proof.bound(certificate))
