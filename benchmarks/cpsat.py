"""CP-SAT on a model written as .mps, in a process without HiGHS, beside which its library does not load.

::

    python benchmarks/cpsat.py model.mps 60    # file, seconds; prints objective and bound as JSON, as the file has them
"""

from __future__ import annotations

import json
import sys

from ortools.linear_solver.python import model_builder

THREADS = 2


def main(file: str, seconds: str) -> None:
    """Print what it has after so many seconds; nulls where it has no plan."""
    model, solver = model_builder.Model(), model_builder.Solver("sat")
    if not model.import_from_mps_file(file):
        raise SystemExit(f"{file} cannot be read")
    solver.set_time_limit_in_seconds(float(seconds))
    solver.set_solver_specific_parameters(f"num_workers: {THREADS}")
    found = solver.solve(model) in (model_builder.SolveStatus.OPTIMAL, model_builder.SolveStatus.FEASIBLE)
    print(json.dumps({
        "objective": solver.objective_value if found else None,
        "bound": solver.best_objective_bound if found else None,
    }))  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
