"""Constraints that a planner adds in Python: on paper, refused where wrong, kept by plans and measured again."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pulp
import pytest
from paper import Paper, chosen, solve
from tiny import case
from typer.testing import CliRunner

import planner
from planner import plan as plans
from planner.audit.extra import added_up
from planner.case import Case
from planner.cli import app
from planner.errors import ScenarioError
from planner.extra import extra_of, with_rows
from planner.intake.inputs import Inputs
from planner.published import instances
from planner.scenario import Scenario

OPTIONS = (("P/main", "s", 2026, 5), ("P/main", "t", 2026, 3), ("Q/main", "s", 2027, 4), ("R/main", "t", 2026, -1))


def posed() -> Case:
    """Return: P on s (5) or t (3), Q on s (4), R on t (−1)."""
    return case(OPTIONS)


def constrained(before: Case) -> Case:
    x = planner.variables(before)
    here = before.options["site"] == "s"
    return planner.with_extra(before, {"at most one on s": pulp.lpSum(x[here]) <= 1, "Q only beside R": x[2] <= x[3]})


PAPER: Mapping[str, Paper] = {"extra": Paper(constrained(posed()), score=6, without=9)}


def test_extra() -> None:
    """**Proves**: one on s, Q there (4) with R (−1), and P on t (3): 6; P on s alone is 5.

    **Sensitivity**: without the rule the score would be 9; without the second constraint 7, with its sides exchanged (R
    only beside Q) 7 as well.
    """
    plan = solve(PAPER["extra"].case)
    assert plan.summary["score"] == 6
    assert chosen(plan) == {"P/main": "t", "Q/main": "s", "R/main": "t"}
    assert plan.summary["bound"] == pytest.approx(6)


def test_extra_of_every_sense() -> None:
    """R is worth −1: it is placed where it must be, by ``>=`` or ``==``, and constants on either side count."""
    before = posed()
    x = planner.variables(before)
    for asked in (x[3] >= 1, x[3] >= 1, x[3] == 1, 2 * x[3] + 3 >= 5, x[0] + x[3] == 1 + x[0]):
        assert solve(planner.with_extra(before, {"R": asked})).summary["score"] == 8
    assert solve(planner.with_extra(before, {"R": x[3] <= 1})).summary["score"] == 9


def test_a_limit_of_0_is_told_without_a_sign() -> None:
    before = posed()
    x = planner.variables(before)
    plan = solve(planner.with_extra(before, {"no Q": x[2] == 0}))
    assert [found[1:3] for found in added_up(plan)] == [("= 0", "0")]


def test_extra_at_a_price() -> None:
    """At 0.5 points each it is cheaper to miss both: P and Q on s for 9 − 0.5 − 0.5 = 8; at 2, 6 are left."""
    at = {price: dataclasses.replace(PAPER["extra"].case, soft={"extra": price}) for price in (0.5, 2.0)}
    assert {price: solve(each).summary["score"] for price, each in at.items()} == {0.5: 8, 2.0: 6}
    assert solve(at[0.5]).summary["soft"] == {"extra": 1}


def test_extra_of_a_divisible_part_is_about_its_share() -> None:
    """P takes what it may of s, a quarter (5 each), and three quarters of t (3 each): 1.25 + 2.25 = 3.5."""
    before = case([("P/main", "s", 2026, 5), ("P/main", "t", 2026, 3)], share_min={"P/main": 0.1})
    x = planner.variables(before)
    plan = solve(planner.with_extra(before, {"a quarter": x[0] <= 0.25}))
    assert plan.summary["score"] == pytest.approx(3.5)
    assert [found[1:4] for found in added_up(plan)] == [("≤ 0.25", "0.25", "")]


def test_variables_stand_for_their_options_in_any_case_that_has_them() -> None:
    """Another case lists the same options in another order, with one more in front."""
    x = planner.variables(posed())
    other = case([("A/main", "a", 2026, 1), *OPTIONS])
    assert solve(planner.with_extra(other, {"no P on s": x[0] <= 0})).summary["score"] == 1 + 3 + 4


def test_engines_for_knapsacks_heed_them(tmp_path: Path) -> None:
    """Two agents of 4, three jobs of 2 at costs 1 2 3 and 4 1 1: 3; without job 1 on A1 it is 4 + 1 + 2 = 7."""
    (tmp_path / "gap").write_text("2 3\n 1 2 3\n 4 1 1\n 2 2 2\n 2 2 2\n 4 4\n", encoding="utf-8")
    before = instances(tmp_path / "gap")[0].case
    x = planner.variables(before)
    assert solve(before).summary["score"] == -3
    assert solve(planner.with_extra(before, {"not there": x[0] == 0})).summary["score"] == -7


# What is wrong with them


def faults(constraints: Mapping[str, object], before: Case | None = None) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        planner.with_extra(before or posed(), constraints)  # type: ignore[arg-type]
    for fault in error.value.faults:
        assert fault.words("zh") != fault.words("en")
    return [fault.words("en") for fault in error.value.faults]


def limited(limit: float) -> pulp.LpConstraint:
    """Return a constraint whose limit was changed later on; PuLP looks at it only where it is stated."""
    constraint = X[0] <= 1
    constraint.changeRHS(limit)
    return constraint


X = planner.variables(posed())
STRANGE = pulp.LpProblem("other").add_variable("mine")
WRONG: Mapping[str, tuple[object, str]] = {
    "an expression": (pulp.lpSum(X), "is an expression, not a constraint. Compare it with <=, >= or =="),
    "a variable": (X[0], "is an expression, not a constraint"),
    "a comparison of figures": (True, "is a bool, not a constraint"),
    "a variable of one's own": (X[0] + STRANGE <= 1, "that are no options of this case [mine]. Use the variables of"),
    "infinite": (pulp.LpAffineExpression({X[0]: float("inf")}) <= 1, "has a figure that is not finite. Check its"),
    "not a number": (limited(float("nan")), "has a figure that is not finite"),
    "of no option": (pulp.lpSum([]) <= 3, "is about no option"),
    "of options that cancel out": (X[0] - X[0] <= 3, "is about no option"),
    "too much": (X[0] + X[1] >= 2, "no plan can keep it: its sum lies between 0 and 1. Loosen it"),
    "too little": (-X[0] - X[2] <= -3, "no plan can keep it: its sum lies between -2 and 0"),
    " ": (X[0] <= 0, "has no name. Give each constraint a name of its own"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_constraint_is_told_by_its_name(name: str) -> None:
    constraint, said = WRONG[name]
    (told,) = faults({name: constraint})
    assert told.startswith(f"with_extra[{name!r}]: ")
    assert said in told


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(faults({name: constraint for name, (constraint, _) in WRONG.items()})) == len(WRONG)


def test_a_name_is_taken_once() -> None:
    once = planner.with_extra(posed(), {"mine": X[0] <= 0})
    assert ["its name is taken" in told for told in faults({"mine": X[1] <= 0}, once)] == [True]
    twice = planner.with_extra(once, {"yours": X[1] <= 0})
    assert twice.limits_of("extra").index.tolist() == ["mine", "yours"]
    assert planner.with_extra(twice, {}) is twice


def test_variables_of_another_case_are_strange_where_it_has_not_the_option() -> None:
    other = planner.variables(case([("P/main", "s", 2026, 5), ("P/main", "u", 2026, 3)]))
    assert "no options of this case [x1_" in faults({"other": other[0] + other[1] <= 1})[0]


def test_options_alike_are_refused_where_a_constraint_is_on_one() -> None:
    """No plan says which of two options of one part, site and year it took; a constraint on others stands."""
    before = case([OPTIONS[0], OPTIONS[0], OPTIONS[2]])
    x = planner.variables(before)
    (told,) = faults({"mine": x[1] + x[2] <= 1}, before)
    assert told.startswith("with_extra['mine']: has options that another shares part, site and year with [x1_")
    assert planner.with_extra(before, {"Q": x[2] <= 0}).uses_of("extra")["option"].tolist() == [2]


def test_pulp_refuses_what_is_not_linear() -> None:
    with pytest.raises(TypeError, match="Non-constant"):
        _ = X[0] * X[1] <= 1


def test_parts_that_may_be_placed_twice_add_up() -> None:
    once = {"each_part_placed_with_its_project", "each_part_placed_once"}
    loose = dataclasses.replace(posed(), rules=posed().rules - once)
    assert planner.with_extra(loose, {"both": X[0] + X[1] >= 2}).limits_of("extra")["at_least"].tolist() == [2]


def test_one_out_of_reach_at_a_price_is_let_be() -> None:
    priced = dataclasses.replace(posed(), soft={"extra": 0.5})
    assert solve(planner.with_extra(priced, {"too much": X[0] + X[1] >= 2})).summary["score"] == 9 - 0.5


def test_a_scenario_that_switches_them_off_says_so() -> None:
    off = dataclasses.replace(posed(), rules=posed().rules - {"extra"})
    (told,) = faults({"mine": X[0] <= 0}, off)
    assert told.startswith("rules.extra: ")


# Kept with the plan


@pytest.fixture(scope="module")
def asked(small: Inputs) -> Inputs:
    scenario = Scenario.model_validate({"years": (2026, 2030), "goals": {"tier": 10}})
    return dataclasses.replace(small, scenario=scenario, root=None)


def in_yl(before: Case) -> Case:
    """Return the case with at most two parts in YL, and P-001 placed."""
    x, options = planner.variables(before), before.options
    return planner.with_extra(
        before,
        {
            "at most two in YL": pulp.lpSum(x[options["park"] == "YL"]) <= 2,
            "P-001 placed": pulp.lpSum(x[options["project"] == "P-001"]) >= 1,
        },
    )


def test_a_plan_keeps_them_and_the_audit_measures_them_again(asked: Inputs, tmp_path: Path) -> None:
    """**Proves**: both are kept and found so, also of the plan read back; a plan made without them breaks one."""
    before = planner.pose(asked)
    after = in_yl(before)
    plan = planner.solve(after, gap=0.0)
    found = planner.audit(plan, asked)
    assert found[~found["kept"]].empty
    assert found.loc[found["rule"] == "extra", ["key", "asked", "found"]].to_numpy().tolist() == [
        ["at most two in YL", "≤ 2", "2"], ["P-001 placed", "≥ 1", "1"],
    ]  # fmt: skip
    plans.save(plan, tmp_path / "plan", {}, {})
    back = plans.load(tmp_path / "plan")
    assert list(added_up(back)) == list(added_up(plan))
    pd.testing.assert_frame_equal(extra_of(with_rows(before, back.extra)), extra_of(after), check_dtype=False)
    free = planner.solve(before, gap=0.0)
    stands = int((free.placements["park"] == "YL").sum())
    assert stands > 2
    broken = planner.audit(dataclasses.replace(free, extra=plan.extra), asked)
    assert broken.loc[~broken["kept"], ["rule", "key", "asked", "found"]].to_numpy().tolist() == [
        ["extra", "at most two in YL", "≤ 2", str(stands)],
    ]  # fmt: skip


def test_show_proof_tells_whether_they_are_kept(tmp_path: Path) -> None:
    plan = solve(PAPER["extra"].case)
    plans.save(plan, tmp_path / "plan", {}, {})
    result = CliRunner().invoke(app, ["show", str(tmp_path / "plan"), "--proof", "--lang", "en"])
    assert (result.exit_code, "2 of 2 constraints added in Python are kept" in result.stdout) == (0, True)
    most = plan.extra["key"].map({"at most one on s": 1.0, "Q only beside R": -1.0})
    tight = dataclasses.replace(plan, extra=plan.extra.assign(at_most=most))
    plans.save(tight, tmp_path / "plan", {}, {})
    result = CliRunner().invoke(app, ["show", str(tmp_path / "plan"), "--proof", "--lang", "en"])
    assert result.exit_code == 1
    assert "Q only beside R: asked ≤ -1, found 0" in result.stdout
    result = CliRunner().invoke(app, ["show", str(tmp_path / "plan"), "--proof", "--json"])
    assert [each["kept"] for each in json.loads(result.stdout)["extra"]] == [True, False]


def test_options_that_are_gone_are_left_out_of_them() -> None:
    """Of P on s and Q on s only Q is still there: at most one of them is at most one of Q."""
    rows = extra_of(PAPER["extra"].case)
    fewer = case([("Q/main", "s", 2027, 4), ("R/main", "t", 2026, -1)])
    again = with_rows(fewer, rows)
    assert again.uses_of("extra")[["option", "key", "amount"]].to_numpy().tolist() == [
        [0, "at most one on s", 1], [0, "Q only beside R", 1], [1, "Q only beside R", -1],
    ]  # fmt: skip
    assert with_rows(fewer, pd.DataFrame(columns=rows.columns)) is fewer
