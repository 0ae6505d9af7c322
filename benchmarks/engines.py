"""One engine on one random instance, in a process of its own: what it has after so many seconds, printed as JSON.

::

    python benchmarks/engines.py planner 100000 1 60   # engine, options, seed, seconds

Engines: ``planner``, whose bound is proved by prices; ``highs`` and ``cbc``, each given the same model whole
and two threads, with the bound it claims itself (of CBC, which passes none on, the relaxation's).
"""

from __future__ import annotations

import json
import resource
import sys
import time

from planner.published import random_case
from planner.solve import proof, solve
from planner.solve.other import NO_EFFORT, solve_by


def of_planner(options: int, seed: int, seconds: float) -> tuple[float | None, float | None]:
    """Return score and proven bound, which is checked from the plan's proof."""
    plan = solve(random_case(options, seed), gap=0.0, effort=NO_EFFORT, time_limit_s=seconds)
    bound = proof.bound(plan.proof)
    assert bound == plan.summary["bound"]
    return plan.summary["score"], bound


def of_highs(options: int, seed: int, seconds: float) -> tuple[float | None, float | None]:
    """Return score and the lower of the solver's bound and the relaxation's."""
    said = solve(random_case(options, seed), gap=0.0, effort=NO_EFFORT, time_limit_s=seconds, engine="whole").summary
    known = [each for each in (said["bound"], said["solver_bound"]) if each is not None]
    return said["score"], min(known, default=None)


def of_cbc(options: int, seed: int, seconds: float) -> tuple[float | None, float | None]:
    """Return score and the relaxation's bound."""
    said = solve_by(random_case(options, seed), "CBC", gap=0.0, time_limit_s=seconds).summary
    return said["score"], said["bound"]


ENGINES = {"planner": of_planner, "highs": of_highs, "cbc": of_cbc}


def main(engine: str, options: str, seed: str, seconds: str) -> None:
    """Print what an engine has of an instance."""
    began = time.monotonic()
    score, bound = ENGINES[engine](int(options), int(seed), float(seconds))
    gap = None if score is None or bound is None else (bound - score) / max(abs(score), 1.0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"gap": gap, "score": score, "seconds": time.monotonic() - began, "peak_mib": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
