"""One engine on one case, in a process of its own: what it has after so many seconds, printed as JSON.

::

    python benchmarks/engines.py planner 100000 1 60               # engine, options of a random case, seed, seconds
    python benchmarks/engines.py cuopt scenarios/base.yaml 1 60    # or a scenario

Engines: ``planner``, whose bound is proved by prices; ``highs``, ``cbc`` and ``cuopt`` (which needs a GPU), each given
the same model whole and two threads, with the bound it claims itself (of those that pass none on, the relaxation's);
and ``cpsat`` likewise, where ``pip install ortools`` was run.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from planner import pose, read, write_model
from planner.case import Case
from planner.published import random_case
from planner.solve import proof, solve
from planner.solve.other import NO_EFFORT, solve_by


def of_planner(case: Case, seconds: float) -> tuple[float | None, float | None]:
    """Return score and proven bound, which is checked from the plan's proof."""
    plan = solve(case, gap=0.0, effort=NO_EFFORT, time_limit_s=seconds)
    bound = proof.bound(plan.proof)
    assert bound == plan.summary["bound"]
    return plan.summary["score"], bound


def of_highs(case: Case, seconds: float) -> tuple[float | None, float | None]:
    """Return score and the lower of the solver's bound and the relaxation's."""
    said = solve(case, gap=0.0, effort=NO_EFFORT, time_limit_s=seconds, engine="whole").summary
    known = [each for each in (said["bound"], said["solver_bound"]) if each is not None]
    return said["score"], min(known, default=None)


def of_pulp(solver: str, case: Case, seconds: float) -> tuple[float | None, float | None]:
    """Return score and the relaxation's bound."""
    said = solve_by(case, solver, gap=0.0, time_limit_s=seconds).summary
    return said["score"], said["bound"]


def of_cpsat(case: Case, seconds: float) -> tuple[float | None, float | None]:
    """Return score and bound of CP-SAT, which is given the model as a file."""
    script = str(Path(__file__).with_name("cpsat.py"))
    with tempfile.TemporaryDirectory() as made:
        write_model(case, file := Path(made) / "model.mps")
        call = [sys.executable, script, str(file), str(seconds)]
        said = json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout)
    score, bound = (None if said[key] is None else -said[key] for key in ("objective", "bound"))
    return score, bound


ENGINES = {
    "planner": of_planner, "highs": of_highs, "cbc": partial(of_pulp, "CBC"), "cuopt": partial(of_pulp, "CUOPT"),
    "cpsat": of_cpsat,
}  # fmt: skip


def main(engine: str, asked: str, seed: str, seconds: str) -> None:
    """Print what an engine has of a case."""
    began = time.monotonic()
    case = random_case(int(asked), int(seed)) if asked.isdecimal() else pose(read(asked))
    score, bound = ENGINES[engine](case, float(seconds))
    gap = None if score is None or bound is None else (bound - score) / max(abs(score), 1.0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"gap": gap, "score": score, "seconds": time.monotonic() - began, "peak_mib": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
