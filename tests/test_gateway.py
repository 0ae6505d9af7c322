"""The gateway to PuLP: the same blocks, row by row; every solver PuLP knows; nothing believed that it claims.

That its solvers reach the engine's optimum on random cases is one of the laws (`test_laws`).
"""

from __future__ import annotations

import dataclasses
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import highspy
import numpy as np
import pandas as pd
import pulp
import pytest
import scipy.sparse
from test_model import PAPER, mixed
from tiny import case

import planner
from planner.case import Case
from planner.errors import DataError, SolveError
from planner.model import Model, formulate
from planner.solve import gateway
from planner.solve.exact import Floats
from planner.solve.gateway import lp_problem, solve_with, start_of
from planner.solve.other import solve_by

SOLVERS = ("CBC", "HiGHS")


def score(model: Model, solver: str) -> float | None:
    x = solve_with(model, solver)
    return None if x is None else float(model.c @ x + model.c0)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", PAPER)
def test_cases_on_paper_come_out_the_same(name: str, solver: str) -> None:
    assert score(formulate(PAPER[name].case), solver) == pytest.approx(PAPER[name].score)


@pytest.mark.parametrize("solver", SOLVERS)
def test_all_rules_together(solver: str) -> None:
    assert score(formulate(mixed()), solver) == pytest.approx(12)


@pytest.mark.parametrize("solver", SOLVERS)
def test_no_plan_is_none(solver: str) -> None:
    """Two that must stand on one place: PuLP's status is not passed on, there is just no plan."""
    one = PAPER["must_place"].case
    both = dataclasses.replace(one, projects=one.projects.assign(must_place=True))
    assert solve_with(formulate(both), solver) is None


def two_sided() -> Model:
    """Return: maximise 10 + 3x + 2y, 1 ≤ x + y ≤ 3, x − y = 1 (both whole, x up to 4): x = 2, y = 1: 18."""
    return Model(
        blocks=(),
        rules=(),
        c=np.array([3.0, 2.0]),
        A=scipy.sparse.csr_matrix(np.array([[1.0, 1.0], [1.0, -1.0]])),
        lo=np.array([1.0, 1.0]),
        hi=np.array([3.0, 1.0]),
        lower=np.zeros(2),
        upper=np.array([4.0, 4.0]),
        integer=np.ones(2, dtype=bool),
        c0=10.0,
    )


def test_a_row_with_two_sides_becomes_two_constraints() -> None:
    problem, variables = lp_problem(two_sided())
    assert sorted(row.name for row in problem.constraints()) == ["r0", "r0lo", "r1"]
    assert [variable.name for variable in variables] == ["x0", "x1"]
    assert [variable.upBound for variable in variables] == [4, 4]
    assert problem.objective.constant == 10


@pytest.mark.parametrize("solver", SOLVERS)
def test_constants_equalities_and_lower_sides_count(solver: str) -> None:
    """**Proves**: 10 + 3 × 2 + 2 × 1 = 18. **Sensitivity**: without the equality x = 3 gives 19, without c0 it is 8."""
    assert score(two_sided(), solver) == pytest.approx(18)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_lower_side_binds(solver: str) -> None:
    """At a cost of 1 each and x = y + 1, the least that reaches x + y ≥ 1 is x = 1: 10 − 1 = 9; without it, the same.

    With x + y ≥ 2 it is x = 2, y = 1 (whole numbers, a difference of 1): 10 − 3 = 7.
    """
    dear = dataclasses.replace(two_sided(), c=np.array([-1.0, -1.0]))
    assert score(dear, solver) == pytest.approx(9)
    assert score(dataclasses.replace(dear, lo=np.array([2.0, 1.0])), solver) == pytest.approx(7)


@pytest.mark.parametrize("solver", SOLVERS)
def test_fractions_stay_where_a_column_is_not_whole(solver: str) -> None:
    """With x + y ≤ 2.5 and x − y = 1, fractions allowed: 1.75 and 0.75; whole numbers would be 1 and 0."""
    loose = dataclasses.replace(two_sided(), integer=np.zeros(2, dtype=bool), hi=np.array([2.5, 1.0]))
    x = solve_with(loose, solver)
    assert x is not None
    assert x.tolist() == pytest.approx([1.75, 0.75])


@pytest.mark.parametrize("solver", SOLVERS)
def test_names_that_pulp_would_confuse(solver: str) -> None:
    """``a-b`` and ``a_b`` are one name to PuLP; here both projects are placed on floors of such names."""
    posed = case(
        [("a-b/main", "s-1", 2026, 2), ("a_b/main", "s_1", 2026, 3)],
        [(0, "floor", "s-1", 1), (1, "floor", "s_1", 1)],
        [("floor", "s-1", 1, 0), ("floor", "s_1", 1, 0)],
    )
    assert score(formulate(posed), solver) == 5


def test_a_constraint_of_ones_own() -> None:
    """A planner adds in a notebook that not both of Q and R are placed: P with R stays, 12; then, nor P with R.

    P alone, with b in B2, which is open for S anyway: 6 + 3 − 1 = 8; Q and R together would have been 9.
    """
    model = formulate(mixed())
    problem, variables = lp_problem(model)
    placed = dict(zip((key for _, key in model.column_keys), variables, strict=True))
    problem += placed["Q"] + placed["R"] <= 1, "not_both"
    problem.solve(pulp.getSolver("HiGHS", msg=False))
    assert pulp.value(problem.objective) == pytest.approx(12)
    problem += placed["P"] + placed["R"] <= 1, "nor_these"
    problem.solve(pulp.getSolver("HiGHS", msg=False))
    assert pulp.value(problem.objective) == pytest.approx(8)


CBC = pulp.PULP_CBC_CMD.pulp_cbc_path


def by_cbc(path: Path) -> float:
    """Return the optimum that CBC itself finds of a file."""
    told = path.with_name("told")
    subprocess.run([CBC, path, "-solve", "-solution", told], capture_output=True, check=True)
    (value,) = re.findall(r"^Optimal - objective value (\S+)$", told.read_text(encoding="utf-8"), re.MULTILINE)
    return float(value)


def by_highs(path: Path) -> float:
    """Return the optimum that HiGHS finds of a file."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.readModel(str(path))
    solver.run()
    return float(solver.getInfo().objective_function_value)


def shared() -> Case:
    """Return: P, divisible, half on s (3 points) and half on t (1), which hold half each: 2; one or two of Q, R, S: 5.

    Were shares whole, P would have no place: 5. Without the upper side all of Q, R, S: 8.
    """
    options = [("P/main", "s", 0, 3.0), ("P/main", "t", 0, 1.0),
               ("Q/main", "u", 0, 3.0), ("R/main", "v", 0, 2.0), ("S/main", "w", 0, 1.0)]  # fmt: skip
    uses = [(0, "floor", "s", 2), (1, "floor", "t", 2), *((k, "group_count", "g", 1) for k in (2, 3, 4))]
    limits = [("floor", "s", 1, 0), ("floor", "t", 1, 0), ("group_count", "g", 2, 0, 1)]
    return case(options, uses, limits, share_min={"P/main": 0.25})


@pytest.mark.parametrize("by", [by_cbc, by_highs])
@pytest.mark.parametrize(("suffix", "sign"), [("lp", 1), ("mps", -1)])
@pytest.mark.parametrize(("posed", "score"), [(mixed(), 12), (shared(), 7)], ids=["mixed", "shared"])
def test_the_model_is_read_by_others_and_has_the_same_optimum(
    posed: Case, score: float, suffix: str, sign: int, by: Callable[[Path], float], tmp_path: Path
) -> None:
    """**Proves** 12 and 7. **Sensitivity**: relaxed 12.75; `shared` without a side 8, whole 5."""
    planner.write_model(posed, tmp_path / f"plan.{suffix}")
    assert by(tmp_path / f"plan.{suffix}") == pytest.approx(score * sign)


def test_names_of_the_model_are_written_beside_it(tmp_path: Path) -> None:
    posed = mixed()
    names = pd.read_csv(planner.write_model(posed, tmp_path / "plan.mps"), encoding="utf-8-sig").set_index("name")
    model = formulate(posed)
    assert list(zip(names["of"], names["key"], strict=True)) == [*model.column_keys, *model.row_keys]
    assert list(names.index) == [*(f"x{j}" for j in range(len(model.c))), *(f"r{r}" for r in range(len(model.lo)))]
    assert names.loc[names["of"] == "place", "part"].tolist() == posed.options["part"].tolist()
    assert names.loc[names["of"] != "place", "part"].isna().all()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.mps", "plan.names.csv"]


@pytest.mark.parametrize("name", ["plan.txt", "plan", "nowhere/plan.lp"])
def test_a_place_that_cannot_be_written_to_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"must end in \.lp or \.mps|cannot be written"):
        planner.write_model(mixed(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.lp"
    path.write_text("old", encoding="utf-8")
    monkeypatch.setattr(highspy.Highs, "writeModel", lambda *_: highspy.HighsStatus.kError)
    with pytest.raises(DataError, match="cannot be written"):
        planner.write_model(mixed(), path)
    assert [(each.name, each.read_text(encoding="utf-8")) for each in tmp_path.iterdir()] == [("plan.lp", "old")]


# A start


def test_a_start_is_passed_on_where_the_solver_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """**Proves**: CBC gets the plan and is told to begin there; PuLP passes none on to HiGHS, which solves without."""
    model, solving, seen = formulate(mixed()), pulp.LpProblem.solve, []

    def watched(problem: pulp.LpProblem, engine: pulp.LpSolver) -> int:
        values = [variable.varValue for variable in problem.variables()]
        seen.append((engine.optionsDict.get("warmStart", False), sum(value is not None for value in values)))
        return solving(problem, engine)

    monkeypatch.setattr(pulp.LpProblem, "solve", watched)
    start = solve_with(model, "CBC")
    for solver in SOLVERS:
        x = solve_with(model, solver, start=start)
        assert x is not None
        assert model.c @ x + model.c0 == pytest.approx(12)
    assert [told for told, _ in seen] == [False, True, False]
    assert seen[1][1] == len(model.c)


def test_what_pulp_passes_on_to_no_solver_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """GLPK_CMD knows neither a gap nor a start, and would refuse to be made with them."""
    monkeypatch.setattr(pulp, "listSolvers", lambda **_: ["GLPK_CMD"])
    engine = gateway._engine("GLPK", gapRel=0.1, timeLimit=7.0, warmStart=True)
    assert (engine.timeLimit, engine.optionsDict.get("warmStart")) == (7.0, None)


def test_columns_of_a_plan_are_those_it_came_from() -> None:
    posed = mixed()
    plan, model = planner.solve(posed, gap=0.0), formulate(posed)
    x = start_of(posed, model, plan)
    assert x is not None
    assert model.c @ x + model.c0 == pytest.approx(plan.summary["score"])
    assert stands(posed, model, x) == set(plan.placements["site"])


def stands(posed: Case, model: Model, x: Floats) -> set[str]:
    """Return the sites that columns choose."""
    return set(posed.options["site"].to_numpy()[x[model.columns_of("place")] > 0.5])


def test_a_project_whose_options_are_gone_is_left_out_of_the_start() -> None:
    """Of P with two parts and Q, P/b can no longer be where it was: P goes as a whole, Q stays."""
    before = case([("P/a", "s", 2026, 3), ("P/b", "t", 2026, 3), ("Q/main", "u", 2026, 1)])
    after = case([("P/a", "s", 2026, 3), ("P/b", "v", 2026, 3), ("Q/main", "u", 2026, 1)])
    plan = planner.solve(before, gap=0.0)
    x = start_of(after, formulate(after), plan)
    assert x is not None
    assert stands(after, formulate(after), x) == {"u"}


def test_a_plan_that_breaks_a_rule_is_no_start() -> None:
    """Two that were side by side now want the same floor."""
    options = [("P/main", "s", 2026, 3.0), ("Q/main", "t", 2026, 1.0)]
    plan = planner.solve(case(options), gap=0.0)
    after = case(options, [(0, "floor", "s", 1), (1, "floor", "s", 1)], [("floor", "s", 1, 0)])
    assert start_of(after, formulate(after), plan) is None
    assert solve_by(after, "CBC", gap=0.0, start=plan).summary["score"] == pytest.approx(3)


def test_options_alike_are_a_start_each() -> None:
    """P in shares of two options that only their number tells apart, each taken once."""
    twice = case(
        [("P/main", "s", 2026, 3), ("P/main", "s", 2026, 3), ("Q/main", "t", 2026, 1)], share_min={"P/main": 0.5}
    )
    plan = planner.solve(twice, gap=0.0)
    half = plan.placements.iloc[[0, 0, 1]].assign(share=[0.5, 0.5, 1.0])
    x = start_of(twice, formulate(twice), dataclasses.replace(plan, placements=half))
    assert x is not None
    assert x[formulate(twice).columns_of("place")].tolist() == [0.5, 0.5, 1]


@pytest.mark.parametrize(
    ("status", "ended"),
    [
        (pulp.LpStatusInfeasible, "infeasible"),
        (pulp.LpStatusNotSolved, "solver_failed"),
        (pulp.LpStatusUndefined, "solver_failed"),
    ],
)
def test_no_plan_is_infeasible_only_where_the_solver_says_so(
    status: int, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a solver of PuLP's leaves open, PuLP calls a solution that does not exist."""
    monkeypatch.setattr(pulp.LpProblem, "solve", lambda problem, _: problem.assignStatus(status))
    said = solve_by(mixed(), "CBC").summary
    assert (said["status"], said["score"], said["engine"]) == (ended, None, None)


@pytest.mark.parametrize(("more", "score"), [(0.0, 12.0), (1.0, None)], ids=["keeps", "breaks"])
def test_values_that_keep_every_row_are_a_plan_whatever_their_status(
    more: float, score: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """**Proves**: of a solver that PuLP calls unsolved the best plan is kept, nothing of one that breaks its rows."""
    model, solving = formulate(mixed()), pulp.LpProblem.solve

    def ends(problem: pulp.LpProblem, engine: pulp.LpSolver) -> int:
        solving(problem, engine)
        for variable in problem.variables():
            variable.varValue += more
        return problem.assignStatus(pulp.LpStatusNotSolved)

    monkeypatch.setattr(pulp.LpProblem, "solve", ends)
    x = solve_with(model, "CBC")
    assert (None if x is None else pytest.approx(model.c @ x + model.c0)) == score


def test_a_solver_that_fails_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> int:
        raise pulp.PulpSolverError("no licence")

    monkeypatch.setattr(pulp.LpProblem, "solve", fails)
    with pytest.raises(SolveError, match=r"no licence.*Check its installation, licence"):
        solve_by(mixed(), "CBC")


def test_a_solver_that_is_not_there_is_a_clear_error() -> None:
    with pytest.raises(SolveError) as error:
        solve_with(formulate(mixed()), "Oracle")
    assert "Oracle" in str(error.value)
    assert "HiGHS" in str(error.value)


@pytest.mark.parametrize(("name", "meant"), [("scip", "SCIP_PY"), ("GLPK", "GLPK_CMD"), ("Gurobi", "GUROBI")])
def test_a_plain_name_means_what_is_installed(name: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(pulp, "listSolvers", lambda **_: ["GLPK_CMD", "SCIP_PY", "GUROBI", "GUROBI_CMD"])
    monkeypatch.setattr(pulp, "getSolver", lambda name, **_: asked.append(name) or pulp.GLPK_CMD(msg=False))
    gateway._engine(name)
    assert asked == [meant]


@pytest.mark.parametrize("name", ["cbc", "CBC", "PULP_CBC_CMD", "HiGHS", "highs"])
def test_a_solver_goes_by_its_usual_names(name: str) -> None:
    assert score(formulate(PAPER["power"].case), name) == pytest.approx(11)
