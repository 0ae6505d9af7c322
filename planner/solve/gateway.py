"""The same model as a `pulp.LpProblem`: every solver PuLP knows, and a second opinion in the tests.

PuLP rewrites names so that ``a-b`` and ``a_b`` collide; rows and columns are numbered here and their keys kept beside.
PuLP's status is not believed (it calls a time-limited incumbent optimal); what a plan is worth is for `proof` to say.
"""

from __future__ import annotations

import warnings

import numpy as np
import pulp

from planner.errors import Fault, SolveError
from planner.model import Model
from planner.solve.exact import Floats
from planner.words import Words


def lp_problem(model: Model) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
    """Return the model as a PuLP problem, and its variables in the order of the columns.

    Parameters
    ----------
    model : Model

    Returns
    -------
    problem : pulp.LpProblem
        Rows are named ``r0``, ``r1`` …; their keys are ``model.row_keys``.
    variables : list of pulp.LpVariable
        Named ``x0``, ``x1`` …; their keys are ``model.column_keys``.
    """
    problem = pulp.LpProblem("plan", pulp.LpMaximize)
    variables = [
        problem.add_variable(f"x{j}", low, high, pulp.LpInteger if whole else pulp.LpContinuous)
        for j, (low, high, whole) in enumerate(
            zip(model.lower.tolist(), model.upper.tolist(), model.integer.tolist(), strict=True)
        )
    ]
    problem += pulp.LpAffineExpression(zip(variables, model.c.tolist(), strict=True), constant=model.c0)
    start, column, value = model.A.indptr, model.A.indices.tolist(), model.A.data.tolist()
    for r, (lo, hi) in enumerate(zip(model.lo.tolist(), model.hi.tolist(), strict=True)):
        row = range(start[r], start[r + 1])
        total = pulp.LpAffineExpression([(variables[column[k]], value[k]) for k in row])
        if lo == hi:
            problem += total == lo, f"r{r}"
            continue
        if np.isfinite(hi):
            problem += total <= hi, f"r{r}"
        if np.isfinite(lo):
            problem += total >= lo, f"r{r}" + ("lo" if np.isfinite(hi) else "")
    return problem, variables


def solve_with(model: Model, solver: str = "CBC", *, gap: float = 0.0, time_limit_s: float = 60.0) -> Floats | None:
    """Solve a model with a solver of PuLP's.

    Parameters
    ----------
    model : Model
    solver : str
        ``CBC``, ``HiGHS``, ``SCIP`` … as ``pulp.listSolvers()`` names them, with or without ``PULP_``/``_CMD``.
    gap : float
        Relative gap asked.
    time_limit_s : float

    Returns
    -------
    ndarray of shape (n_columns,) or None
        The columns, None where the solver found no plan.

    Raises
    ------
    SolveError
        No solver of that name is installed.
    """
    problem, variables = lp_problem(model)
    name = {"CBC": "PULP_CBC_CMD", "HIGHS": "HiGHS"}.get(solver.upper(), solver)
    available = pulp.listSolvers(onlyAvailable=True)
    if name not in available:
        name = f"{name}_CMD"
    if name not in available:
        raise SolveError(
            Fault(
                "--solver",
                solver,
                Words("没有安装这个求解器", "no such solver is installed"),
                Words("可用：{known}", "Available: {known}").fill(known=", ".join(available)),
            )
        )
    with warnings.catch_warnings():  # the CBC that PuLP 3 brings along leaves with PuLP 4, which is not allowed here
        warnings.simplefilter("ignore", DeprecationWarning)
        engine = pulp.getSolver(name, msg=False, gapRel=gap, timeLimit=time_limit_s)
    problem.solve(engine)
    if problem.sol_status not in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible):
        return None
    values = np.array([variable.varValue or 0.0 for variable in variables])
    return np.where(model.integer, np.round(values), values)
