"""One engine on one random instance, in a process of its own: what it has after so many seconds, printed as JSON.

::

    python benchmarks/engines.py planner 100000 1 60   # engine, options, seed, seconds

Engines: ``planner``, whose bound is proved by prices; ``highs``, ``cbc`` and ``cpsat``, each given the same model whole
and two threads, with the bound it claims itself (of CBC, which passes none on, the relaxation's).
"""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

import numpy as np

from planner.model import formulate
from planner.published import random_case
from planner.solve import proof, solve
from planner.solve.other import NO_EFFORT, solve_by, solve_whole

SCALE = 1_000_000
"""CP-SAT takes whole numbers only."""


def of_planner(options: int, seed: int, seconds: float) -> tuple[float | None, float | None]:
    """Return score and proven bound, which is checked from the plan's proof."""
    plan = solve(random_case(options, seed), gap=0.0, effort=NO_EFFORT, time_limit_s=seconds)
    bound = proof.bound(plan.proof)
    assert bound == plan.summary["bound"]
    return plan.summary["score"], bound


def of_highs(options: int, seed: int, seconds: float) -> tuple[float | None, float | None]:
    """Return score and the lower of the solver's bound and the relaxation's."""
    said = solve_whole(random_case(options, seed), gap=0.0, time_limit_s=seconds).summary
    known = [each for each in (said["bound"], said["solver_bound"]) if each is not None]
    return said["score"], min(known, default=None)


def of_cbc(options: int, seed: int, seconds: float) -> tuple[float | None, float | None]:
    """Return score and the relaxation's bound."""
    said = solve_by(random_case(options, seed), "CBC", gap=0.0, time_limit_s=seconds).summary
    return said["score"], said["bound"]


def of_cpsat(options: int, seed: int, seconds: float) -> tuple[float | None, float | None]:
    """Return score and bound of CP-SAT, its uses rounded up and its room rounded down."""
    from ortools.sat.python import cp_model  # noqa: PLC0415 — where it is installed

    model = formulate(random_case(options, seed))
    asked: Any = cp_model.CpModel()
    some = [asked.new_bool_var("") for _ in range(len(model.c))]
    for row in range(len(model.lo)):
        entries = slice(model.A.indptr[row], model.A.indptr[row + 1])
        whole = np.ceil(model.A.data[entries] * SCALE).astype(np.int64).tolist()
        total = cp_model.LinearExpr.weighted_sum([some[k] for k in model.A.indices[entries]], whole)
        asked.add(total <= int(model.hi[row] * SCALE))
        if np.isfinite(model.lo[row]):
            asked.add(total >= int(model.lo[row] * SCALE))
    asked.maximize(cp_model.LinearExpr.weighted_sum(some, np.floor(model.c * SCALE).astype(np.int64).tolist()))
    solver: Any = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 2
    if solver.solve(asked) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, None
    return solver.objective_value / SCALE, solver.best_objective_bound / SCALE


ENGINES = {"planner": of_planner, "highs": of_highs, "cbc": of_cbc, "cpsat": of_cpsat}


def main(engine: str, options: str, seed: str, seconds: str) -> None:
    """Print what an engine has of an instance."""
    began = time.monotonic()
    score, bound = ENGINES[engine](int(options), int(seed), float(seconds))
    gap = None if score is None or bound is None else (bound - score) / max(abs(score), 1.0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"gap": gap, "score": score, "seconds": time.monotonic() - began, "peak_mib": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
