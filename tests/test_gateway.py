"""The gateway to PuLP: the same blocks, row by row; every solver PuLP knows; nothing believed that it claims.

That its solvers reach the engine's optimum on random cases is one of the laws (`test_laws`).
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pulp
import pytest
import scipy.sparse
from test_model import PAPER, mixed
from tiny import case

from planner.errors import SolveError
from planner.model import Model, formulate
from planner.solve.gateway import lp_problem, solve_with

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


@pytest.mark.parametrize("suffix", ["lp", "mps"])
def test_the_model_can_be_written_for_others(suffix: str, tmp_path: Path) -> None:
    problem, _ = lp_problem(formulate(mixed()))
    path = tmp_path / f"plan.{suffix}"
    problem.writeLP(str(path)) if suffix == "lp" else problem.writeMPS(str(path))
    assert "r0" in path.read_text(encoding="utf-8")


def test_a_solver_that_is_not_there_is_a_clear_error() -> None:
    with pytest.raises(SolveError) as error:
        solve_with(formulate(mixed()), "Oracle")
    assert "Oracle" in str(error.value)
    assert "HiGHS" in str(error.value)


@pytest.mark.parametrize("name", ["cbc", "CBC", "PULP_CBC_CMD", "HiGHS", "highs"])
def test_a_solver_goes_by_its_usual_names(name: str) -> None:
    assert score(formulate(PAPER["power"].case), name) == pytest.approx(11)
