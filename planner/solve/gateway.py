"""The same model for other solvers: as a `pulp.LpProblem` for every solver PuLP knows, and as ``.lp`` or ``.mps``.

PuLP rewrites names so that ``a-b`` and ``a_b`` collide; rows and columns are numbered here and their keys kept beside.
PuLP's status is not believed (it calls a time-limited incumbent optimal); what a plan is worth is for `proof` to say.
"""

from __future__ import annotations

import inspect
import re
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import highspy
import numpy as np
import pandas as pd
import pulp

from planner.case import Case
from planner.errors import DataError, Fault, SolveError
from planner.model import Model, formulate
from planner.options import OPTION, keys_of
from planner.plan import Plan
from planner.solve import exact
from planner.solve.answer import keeps
from planner.solve.exact import Floats
from planner.words import Words

FORMS = ("{}", "PULP_{}_CMD", "{}_CMD", "{}_PY")
"""How PuLP names a solver that people call by its plain name."""
FORMATS = (".lp", ".mps")
SECTIONS = {"bin": "binaries", "gen": "generals"}
"""Heads in an ``.lp`` as every reader knows them; HiGHS writes short ones, which CBC takes for names of columns."""


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


def solve_with(
    model: Model, solver: str = "CBC", *, gap: float = 0.0, time_limit_s: float = 60.0, start: Floats | None = None
) -> Floats | None:
    """Solve a model with a solver of PuLP's.

    Parameters
    ----------
    model : Model
    solver : str
        ``CBC``, ``HiGHS``, ``SCIP`` … as ``pulp.listSolvers()`` names them, ``PULP_``, ``_CMD`` and ``_PY`` left out.
    gap : float
        Relative gap asked; left out where PuLP passes none on to this solver (GLPK_CMD …).
    time_limit_s : float
    start : ndarray of shape (n_columns,), optional
        A plan to start from; left out where PuLP passes none on to this solver (HiGHS, SCIP_CMD …).

    Returns
    -------
    ndarray of shape (n_columns,) or None
        The columns, None where the solver found no plan.

    Raises
    ------
    SolveError
        No solver of that name is installed, or it fails.
    """
    return answer_of(model, solver, gap=gap, time_limit_s=time_limit_s, start=start)[0]


def answer_of(
    model: Model, solver: str, *, gap: float, time_limit_s: float, start: Floats | None
) -> tuple[Floats | None, bool]:
    """Return what `solve_with` does, and whether the solver says that there is no plan.

    One that merely ended without a plan has not said so: what PuLP calls a solution that does not exist may be one that
    was not looked for, its status tells the two apart. Of some solvers (cuOpt) PuLP calls unsolved whatever the time
    limit ended: values that keep every row are a plan, whatever their status.
    """
    problem, variables = lp_problem(model)
    engine = _engine(solver, gapRel=gap, timeLimit=time_limit_s, warmStart=start is not None)
    if start is not None:
        for variable, value in zip(variables, start.tolist(), strict=True):
            variable.varValue = value
    try:
        problem.solve(engine)
    except pulp.PulpSolverError as error:
        rule = Words(f"求解器出错退出：{error}", f"the solver failed: {error}")
        remedy = Words(
            "检查它的安装、许可证和内存，或去掉 --solver",
            "Check its installation, licence and memory, or leave out --solver",
        )
        raise SolveError(Fault("--solver", solver, rule, remedy)) from error
    given = [variable.varValue for variable in variables]
    values = np.array([0.0 if value is None else value for value in given])
    x = np.where(model.integer, np.round(values), values)
    if problem.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible):
        return x, False
    if any(value is not None for value in given) and keeps(model, x):
        return x, False
    return None, problem.status == pulp.LpStatusInfeasible


def _engine(solver: str, **wanted: float | bool) -> pulp.LpSolver:
    """Return a solver of PuLP's by its usual name, with as much of what is wanted as PuLP passes on to it."""
    available = pulp.listSolvers(onlyAvailable=True)
    known = {name.upper(): name for name in available}
    name = next((known[form] for each in FORMS if (form := each.format(solver.upper())) in known), None)
    if name is None:
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
        kind = type(pulp.getSolver(name, msg=False))
        taken = inspect.signature(kind).parameters
        return kind(msg=False, **{option: value for option, value in wanted.items() if option in taken})


def start_of(case: Case, model: Model, plan: Plan) -> Floats | None:
    """Return the columns of a plan made before: projects all of whose placements are still options stay placed.

    Parameters
    ----------
    case : Case
    model : Model
        Of that case.
    plan : Plan

    Returns
    -------
    ndarray of shape (n_columns,) or None
        None where what is left of the plan does not keep the rules.
    """
    placements = plan.placements
    asked, known = keys_of(placements), keys_of(case.options)
    there = known.isin(asked)
    at = known[there].get_indexer(asked)
    whole = ~placements["project"].isin(placements.loc[at < 0, "project"]).to_numpy()
    options = np.flatnonzero(there)[at[whole]]
    kept = placements[whole]
    x = np.zeros(len(model.c))
    x[model.columns_of("place")][options] = kept["share"].to_numpy(dtype=float)
    x[model.columns_of("placed")] = case.projects.index.isin(kept["project"])
    said = np.zeros(len(x), dtype=bool)
    for variable in exact.DECIDED:
        said[model.columns_of(variable)] = True
    held = replace(model, lower=np.where(said, x, model.lower), upper=np.where(said, x, model.upper))
    return exact.search(held, gap=0.0, effort=exact.SETTLING, time_limit_s=np.inf, seed=1, threads=1).x


def write_model(case: Case, path: Path | str) -> Path:
    """Write the model of a case for another solver, as ``.lp`` or ``.mps``, with a table that says what is what.

    Parameters
    ----------
    case : Case
    path : Path or str
        Ends in ``.lp`` or ``.mps``. Columns are named ``x0``, ``x1`` …, rows ``r0``, ``r1`` …; in an ``.lp``, which
        maximises the score, a row with two sides stands as two, ``r7lo`` and ``r7up``; an ``.mps`` minimises the score
        with its sign turned, since not every reader knows that one may maximise.

    Returns
    -------
    Path
        Of the table beside it, ``….names.csv``: ``name``, ``of`` (variable or rule) and ``key`` of each; of an option
        its ``part``, ``site`` and ``start_year``.

    Raises
    ------
    DataError
        Another suffix, or a place that cannot be written to.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        rule = Words(f"后缀应为 {'、'.join(FORMATS)}", f"must end in {' or '.join(FORMATS)}")
        raise DataError(Fault(str(path), "", rule, Words("例如 model.mps", "Write for example model.mps")))
    model = formulate(case)
    names = path.with_suffix(".names.csv")
    minimised = path.suffix.lower() == ".mps"
    solver = exact.solver_of(model, threads=1, integer=True)
    lp = solver.getLp()
    if minimised:
        lp.sense_, lp.offset_, lp.col_cost_ = highspy.ObjSense.kMinimize, -model.c0, -model.c
    lp.col_names_ = [f"x{j}" for j in range(len(model.c))]
    lp.row_names_ = [f"r{r}" for r in range(len(model.lo))]
    solver.passModel(lp)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
            aside = Path(folder) / f"model{path.suffix.lower()}"
            if solver.writeModel(str(aside)) == highspy.HighsStatus.kError:
                raise OSError(f"HiGHS could not write {aside}")
            if not minimised:
                text = re.sub(r"^(bin|gen|semi)\n(?=gen$|semi$|end$)", "", aside.read_text("utf-8"), flags=re.MULTILINE)
                text = re.sub(r"^(bin|gen)$", lambda head: SECTIONS[head[0]], text, flags=re.MULTILINE)
                aside.write_text(text, encoding="utf-8")
            _names(case, model).to_csv(aside.with_suffix(".csv"), index=False, encoding="utf-8-sig")
            aside.with_suffix(".csv").replace(names)
            aside.replace(path)
    except OSError as error:
        rule = Words(f"无法写入：{error}", f"cannot be written: {error}")
        raise DataError(Fault(str(path), "", rule, Words("请检查文件夹", "Check the folder"))) from error
    return names


def _names(case: Case, model: Model) -> pd.DataFrame:
    """Return what each column and row of a model is."""
    sides = [
        pd.DataFrame(keys, columns=["of", "key"]).assign(name=[f"{letter}{k}" for k in range(len(keys))])
        for letter, keys in (("x", model.column_keys), ("r", model.row_keys))
    ]
    names = pd.concat(sides, ignore_index=True)
    placed = names["of"].isin(("place", "taken")).to_numpy()
    options = case.options.loc[names.loc[placed, "key"].astype(int), list(OPTION)]
    names.loc[placed, list(OPTION)] = options.astype(object).to_numpy()
    return names[["name", "of", "key", *OPTION]]
