"""The model on paper: each rule, goal and variable on a case small enough to be solved by hand.

**Proves** says what follows by hand, **Sensitivity** which wrong answer the likeliest bug would give. `PAPER` keeps
the cases of the rules, so that each rule can be dropped in turn: its own case must then change as its Sensitivity
says.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import test_model_extra
import test_model_supply
import test_model_together
from paper import Paper, best, chosen, solve
from tiny import case

import planner
from planner.case import RULES as NAMES
from planner.case import Case
from planner.intake.inputs import Inputs
from planner.model import RULES, formulate
from planner.projects import Projects
from planner.scenario import Scenario

# Rules

PAPER: Mapping[str, Paper] = {
    "each_part_placed_with_its_project": Paper(
        case(
            [("P/a", "s", 2026, 3), ("P/b", "t", 2026, 0), ("Q/main", "t", 2026, 5)],
            [(0, "floor", "s", 1), (1, "floor", "t", 1), (2, "floor", "t", 1)],
            [("floor", "s", 1, 0), ("floor", "t", 1, 0)],
        ),
        score=5,
        without=8,
    ),
    "each_part_placed_once": Paper(
        case(
            [("P/a", "s", 2026, 3), ("P/a", "t", 2026, 2), ("P/b", "u", 2026, -1)],
            rules=[name for name in NAMES if name != "each_part_placed_with_its_project"],
        ),
        score=3,
        without=5,
    ),
    "must_place": Paper(
        case(
            [("P/main", "s", 2026, 1), ("Q/main", "s", 2026, 5)],
            [(0, "floor", "s", 1), (1, "floor", "s", 1)],
            [("floor", "s", 1, 0)],
            must_place=["P"],
        ),
        score=1,
        without=5,
    ),
    "parcel_used_once": Paper(
        case(
            [("P/main", "J1+J2", 2026, 10), ("Q/main", "J2", 2026, 7), ("R/main", "J2+J3", 2026, 4)],
            [(k, "parcel", parcel, 100) for k, parcel in ((0, "J1"), (0, "J2"), (1, "J2"), (2, "J2"), (2, "J3"))],
            [("parcel", "J1", 300, 0), ("parcel", "J2", 300, 0), ("parcel", "J3", 300, 0)],
        ),
        score=10,
        without=21,
    ),
    "parcel_not_overfilled": Paper(
        case(
            [("P/main", "J:6", 2026, 5), ("Q/main", "J:5", 2026, 4), ("R/main", "J:4", 2026, 3.5)],
            [(0, "parcel_share", "J", 6), (1, "parcel_share", "J", 5), (2, "parcel_share", "J", 4)],
            [("parcel_share", "J", 10, 0)],
        ),
        score=8.5,
        without=12.5,
    ),
    "cut_end_used_once": Paper(
        case(
            [("P/main", "J/end1:3", 2026, 5), ("Q/main", "J/end1:4", 2026, 4), ("R/main", "J/end2:2", 2026, 1)],
            [
                *((k, "parcel_share", "J", m2) for k, m2 in enumerate((3, 4, 2))),
                *((k, "cut_end", f"J end {end}", 1) for k, end in enumerate((1, 1, 2))),
            ],
            [("parcel_share", "J", 10, 0), ("cut_end", "J end 1", 1, 0), ("cut_end", "J end 2", 1, 0)],
        ),
        score=6,
        without=10,
    ),
    "floor_not_overfilled": Paper(
        case(
            [(f"{p}/main", f, 2026, v) for p, v in (("P", 3), ("Q", 2), ("R", 2)) for f in ("B1-F01", "B1-F02")],
            [(k, "floor", ("B1-F01", "B1-F02")[k % 2], 4) for k in range(6)],
            [("floor", "B1-F01", 6, 0), ("floor", "B1-F02", 6, 0)],
        ),
        score=5,
        without=7,
    ),
    "power": Paper(
        case(
            [("P/main", "s", 2026, 7), ("Q/main", "t", 2026, 6), ("Q/main", "t", 2027, 4), ("R/main", "u", 2027, 3)],
            [(k, "power", f"K {t}", 4) for k, t in ((0, 2026), (0, 2027), (1, 2026), (1, 2027), (2, 2027), (3, 2027))],
            [("power", "K 2026", 5, 0), ("power", "K 2027", 10, 0)],
        ),
        score=11,
        without=16,
    ),
    "building_opened": Paper(
        case(
            [("P/main", "B-F01", 2026, 2), ("Q/main", "B-F02", 2026, 2), ("P/main", "s", 2026, 0.5)],
            [(0, "building", "B", 1), (1, "building", "B", 1)],
            [("building", "B", None, 3)],
        ),
        score=1,
        without=4,
    ),
    **test_model_together.PAPER,
    **test_model_supply.PAPER,
    **test_model_extra.PAPER,
}


def test_each_part_placed_with_its_project() -> None:
    """**Proves**: P has a part on s (3 points) and one on t, where Q (5) goes instead; so no part of P is placed: 5.

    **Sensitivity**: without the rule the score would be 8, and P stand there with half of itself.
    """
    plan = solve(PAPER["each_part_placed_with_its_project"].case)
    assert plan.summary["score"] == 5
    assert chosen(plan) == {"Q/main": "t"}


def test_each_part_placed_with_its_project_and_once_only() -> None:
    """**Proves**: a part that may stand on s (3) or t (2) is placed once: 3.

    **Sensitivity**: were the row ≥ instead of =, it would be placed twice: 5.
    """
    plan = solve(case([("P/main", "s", 2026, 3), ("P/main", "t", 2026, 2)]))
    assert plan.summary["score"] == 3
    assert chosen(plan) == {"P/main": "s"}


def test_each_part_placed_with_its_project_or_nowhere_at_all() -> None:
    """**Proves**: P/b has no option, so P/a (9 points) is not placed either: 0.

    **Sensitivity**: if rows were made only for parts that have options, the score would be 9.
    """
    plan = solve(case([("P/a", "s", 2026, 9)], more_parts=["P/b"]))
    assert plan.summary["score"] == 0
    assert plan.left_out["cause"].tolist() == ["part_left_out"]


def test_each_part_placed_once() -> None:
    """**Proves**: parts may go without one another here: P/a (3 or 2 points) goes to s, P/b (−1) nowhere: 3.

    **Sensitivity**: without the rule the score would be 5, P/a twice; with every part of a project placed or none, 2.
    """
    plan = solve(PAPER["each_part_placed_once"].case)
    assert plan.summary["score"] == 3
    assert chosen(plan) == {"P/a": "s"}


def test_must_place() -> None:
    """**Proves**: one place, P (1 point) has to be placed, so Q (5) is not: 1.

    **Sensitivity**: without the rule the score would be 5.
    """
    plan = solve(PAPER["must_place"].case)
    assert plan.summary["score"] == 1
    assert chosen(plan) == {"P/main": "s"}


def test_must_place_two_on_one_place_is_infeasible() -> None:
    """**Proves**: both have to stand on one place, so there is no plan, and none is made up.

    **Sensitivity**: a soft rule would give a score of 5.
    """
    one = PAPER["must_place"].case
    plan = solve(dataclasses.replace(one, projects=one.projects.assign(must_place=True)))
    assert plan.summary["status"] == "infeasible"
    assert plan.summary["score"] is None
    assert plan.summary["gap"] is None
    assert plan.placements.empty


def test_parcel_used_once() -> None:
    """**Proves**: J2 is in three plots, so one of them is taken, that of 10 points.

    **Sensitivity**: without the rule the score would be 21; were areas added up (100 m² each of 300), 21 too.
    """
    plan = solve(PAPER["parcel_used_once"].case)
    assert plan.summary["score"] == 10
    assert chosen(plan) == {"P/main": "J1+J2"}


def test_parcel_not_overfilled() -> None:
    """**Proves**: J has 10 m² for parts of 6, 5 and 4 (5, 4 and 3.5 points): 6 + 4 fit, 6 + 5 do not: 8.5.

    **Sensitivity**: without the rule the score would be 12.5; if a share took the parcel whole, P alone: 5.
    """
    plan = solve(PAPER["parcel_not_overfilled"].case)
    assert plan.summary["score"] == 8.5
    assert chosen(plan) == {"P/main": "J:6", "R/main": "J:4"}


def test_cut_end_used_once() -> None:
    """**Proves**: P (5 points) and Q (4) want the same end, R (1) the other; all would fit by area: P and R, 6.

    **Sensitivity**: without the rule the score would be 10; if both ends were one key, P alone: 5.
    """
    plan = solve(PAPER["cut_end_used_once"].case)
    assert plan.summary["score"] == 6
    assert chosen(plan) == {"P/main": "J/end1:3", "R/main": "J/end2:2"}


def test_floor_not_overfilled() -> None:
    """**Proves**: three tenants of 4 m², two floors of 6 m²: two tenants, the best two: 3 + 2 = 5.

    **Sensitivity**: without the rule the score would be 7; with the floors added up (12 m² for 3 × 4) 7 as well,
    which is also what the relaxation says.
    """
    plan = solve(PAPER["floor_not_overfilled"].case)
    assert plan.summary["score"] == 5
    assert plan.placements["project"].tolist()[0] == "P"
    assert plan.placements["site"].nunique() == 2


def test_power() -> None:
    """**Proves**: 5 kVA in 2026, 10 in 2027, each draws 4: one in 2026 (P, 7), one more in 2027 (Q, 4): 11.

    **Sensitivity**: without the rule the score would be 16 (7 + 6 + 3); were power drawn in the year of the start
    only, R (3) would fit beside Q in 2027: 14.
    """
    plan = solve(PAPER["power"].case)
    assert plan.summary["score"] == 11
    started = dict(zip(plan.placements["part"], plan.placements["start_year"], strict=True))
    assert started == {"P/main": 2026, "Q/main": 2027}


def test_building_opened() -> None:
    """**Proves**: opening B costs 3 points and brings 2 + 2 = 4: it is opened, 1; P elsewhere alone brings 0.5.

    **Sensitivity**: without the rule the score would be 4: tenants in a building that nobody opens.
    """
    plan = solve(PAPER["building_opened"].case)
    assert plan.summary["score"] == 1
    assert plan.summary["opened"] == ["B"]


def test_every_rule_is_on_paper() -> None:
    assert set(PAPER) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_without_a_rule_its_own_case_changes(name: str) -> None:
    """Drop each rule in turn: its case must change as its Sensitivity says, and no other way."""
    paper = PAPER[name]
    assert best(formulate(paper.case)) == pytest.approx(paper.score)
    assert best(formulate(paper.case, rules=[rule for rule in RULES if rule.name != name])) == paper.without
    off = dataclasses.replace(paper.case, rules=paper.case.rules - {name})
    assert best(formulate(off)) == paper.without
    pages = (sys.modules[__name__], test_model_together, test_model_supply, test_model_extra)
    said = next(getattr(page, f"test_{name}").__doc__ for page in pages if hasattr(page, f"test_{name}"))
    assert f"without the rule the score would be {paper.without:g}" in said


@pytest.mark.parametrize("name", NAMES)
def test_case_of_a_rule_is_about_that_rule(name: str) -> None:
    """Dropping another rule never lowers the score of a case, and names no rule by chance: it stays as it was.

    A rule that states no row of a case is no part of its model, so only those that do are dropped in turn. Two cases
    need each_part_placed_with_its_project besides: it is what placing a project once means.
    """
    paper = PAPER[name]
    stated = {rows.rule for rows in formulate(paper.case).rules if len(rows.keys)} - {name}
    found = {
        other: best(formulate(paper.case, rules=[rule for rule in RULES if rule.name != other]))
        for other in NAMES if other in stated
    }  # fmt: skip
    assert found.pop("each_part_placed_with_its_project", paper.score) >= paper.score
    assert found == dict.fromkeys(found, paper.score) | {
        other: score for (case_of, other), score in NEEDED_TOO.items() if case_of == name
    }


NEEDED_TOO = {
    ("must_place", "floor_not_overfilled"): 6,  # without it there is room for both
    ("each_part_placed_with_its_project", "floor_not_overfilled"): 8,
    ("building_filled", "building_opened"): PAPER["building_filled"].without,  # without it nobody has to open it
}
"""What the case of a rule comes to without another rule that it needs too."""


def mixed() -> Case:
    """Return a case in which every rule has rows: 4 projects of 5 parts on floors, plots, power and a new building."""
    return case(
        [
            ("P/a", "J1+J2", 2026, 6), ("P/b", "B1-F01", 2026, 2), ("P/b", "B2-F01", 2027, 3),
            ("Q/main", "J2", 2026, 5), ("R/main", "B1-F01", 2026, 4), ("R/main", "B2-F01", 2026, 5),
            ("S/main", "B2-F02", 2027, 2),
        ],
        [
            (0, "parcel", "J1", 9), (0, "parcel", "J2", 9), (3, "parcel", "J2", 9), (1, "floor", "B1-F01", 4),
            (2, "floor", "B2-F01", 4), (4, "floor", "B1-F01", 3), (5, "floor", "B2-F01", 3), (2, "building", "B2", 4),
            (5, "building", "B2", 3), (6, "building", "B2", 1), (0, "power", "K 2026", 3), (0, "power", "K 2027", 3),
            (4, "power", "K 2026", 3), (4, "power", "K 2027", 3), (6, "power", "K 2027", 1),
        ],
        [
            ("parcel", "J1", 9, 0), ("parcel", "J2", 9, 0), ("floor", "B1-F01", 6, 0), ("floor", "B2-F01", 6, 0),
            ("building", "B2", None, 3), ("power", "K 2026", 5, 0), ("power", "K 2027", 6, 0),
        ],
        must_place=["S"],
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_order_of_the_rules_changes_nothing(seed: int) -> None:
    """By hand: S has to open B2 (2 − 3); P on J1+J2 with b on B1 brings 8 and R on B2 5 more: 12.

    Q and R instead bring 5 + 5 and the same opening: 9.
    """
    order = np.random.default_rng(seed).permutation(len(RULES))
    assert best(formulate(mixed(), rules=[RULES[k] for k in order])) == pytest.approx(12)


# Soft rules


def test_shortfall() -> None:
    """**Proves**: a floor of 6 m² for two tenants of 4 m² (3 and 2 points): overfilled by 2 m² at ½ point each: 5 − 1.

    **Sensitivity**: hard it is 3, at 2 points each 3 as well; were the price that of a broken row, not of a unit, 4.5.
    """
    tenants = [("P/main", "s", 2026, 3), ("Q/main", "s", 2026, 2)]
    table = (tenants, [(0, "floor", "s", 4), (1, "floor", "s", 4)], [("floor", "s", 6, 0)])
    plan = solve(case(*table, soft={"floor_not_overfilled": 0.5}))
    assert plan.summary["score"] == 4
    assert plan.summary["terms"] == {"given": 5}
    assert plan.summary["soft"] == {"floor_not_overfilled": 1}
    assert solve(case(*table, soft={"floor_not_overfilled": 2})).summary["score"] == 3
    assert solve(case(*table)).summary["score"] == 3


def test_shortfall_has_two_sides_and_finite_bounds() -> None:
    """**Proves**: a row between 1 and 2 can be missed by 1 below (nothing placed) and by 2 above (4 placed).

    **Sensitivity**: with one shortfall a row, missing it on one side would allow both; without bounds the proof fails.
    """
    options = [(f"P{k}/main", "s", 2026, 1) for k in range(4)]
    posed = case(options, [(k, "power", "K", 1) for k in range(4)], [("power", "K", 2, 0, 1)], soft={"power": 3})
    model = formulate(posed)
    shortfalls = model.columns_of("shortfall")
    assert model.column_keys[shortfalls] == [("shortfall", "power K"), ("shortfall", "power K")]
    assert model.upper[shortfalls].tolist() == [2, 1]
    assert solve(posed).summary["score"] == 2


# Variables


def test_place() -> None:
    """**Proves**: an option is taken whole or not: of two tenants of 4 m² on 6 m² the better one, 5.

    **Sensitivity**: were half an option possible, the score would be 5 + 4 ÷ 2 = 7.
    """
    posed = case(
        [("P/main", "s", 2026, 5), ("Q/main", "s", 2026, 4)],
        [(0, "floor", "s", 4), (1, "floor", "s", 4)],
        [("floor", "s", 6, 0)],
    )
    assert solve(posed).summary["score"] == 5
    model = formulate(posed)
    assert best(dataclasses.replace(model, integer=np.zeros_like(model.integer))) == pytest.approx(7)


def test_placed() -> None:
    """**Proves**: a project is placed at most once: of 3 and 2 points, 3.

    **Sensitivity**: were it allowed twice (bounds 0 … 2), the score would be 5.
    """
    posed = case([("P/main", "s", 2026, 3), ("P/main", "t", 2026, 2)])
    model = formulate(posed)
    assert model.column_keys[model.columns_of("placed")] == [("placed", "P")]
    assert best(model) == 3
    upper = model.upper.copy()
    upper[model.columns_of("placed")] = 2
    assert best(dataclasses.replace(model, upper=upper)) == 5


# Goals, posed on the small territory: one or two projects, one goal, points by hand


def posed(small: Inputs, projects: str, goals: Mapping[str, float], **keys: Any) -> Case:
    """Return the case of some projects of the small territory under some goals."""
    names = projects.split()
    parts = small.projects.parts
    asked = Projects(small.projects.projects.loc[names], parts[parts["project"].isin(names)])
    question = Scenario.model_validate({"years": (2026, 2030), "goals": goals, **keys})
    return planner.pose(dataclasses.replace(small, scenario=question, projects=asked, root=None))


ON_ONE_PARCEL = {"only": {"P-002": ["YL-04"], "P-003": ["YL-04"]}}
"""P-002 (战略级, 30 亿元, 60 and 3 a year) and P-003 (关键性, 10, 15, 1) compete for one parcel, both from 2026."""


@pytest.mark.parametrize(
    ("goal", "points"), [("tier", 100 * 5 / 8), ("investment", 100 * 30 / 40), ("output", 100 * 60 / 75), ("tax", 75)]
)
def test_goals_of_projects(small: Inputs, goal: str, points: float) -> None:
    plan = solve(posed(small, "P-002 P-003", {goal: 1}, **ON_ONE_PARCEL))
    assert chosen(plan) == {"P-002/main": "YL-04"}
    assert plan.summary["score"] == pytest.approx(points)
    assert plan.summary["terms"] == {goal: pytest.approx(points)}
    other = solve(posed(small, "P-002 P-003", {goal: 1}, must_place=["P-003"], **ON_ONE_PARCEL))
    assert other.summary["score"] == pytest.approx(100 - points)


def test_tier(small: Inputs) -> None:
    """**Proves**: 战略级 5 points, 关键性 3, both asked: placing the first with weight 10 is 1,000 × 5 ÷ 8 = 625.

    **Sensitivity**: over the projects placed it would be 1,000; by number of projects 500.
    """
    plan = solve(posed(small, "P-002 P-003", {"tier": 10}, **ON_ONE_PARCEL))
    assert plan.summary["score"] == pytest.approx(625)
    assert plan.goals.set_index("goal").loc["tier"].to_dict() == pytest.approx(
        {"weight": 10, "raw": 5, "normaliser": 8, "points": 625}
    )


def test_investment(small: Inputs) -> None:
    """**Proves**: P-008 of two parts invests 20, P-003 10: both placed reach all there is, 100 points.

    **Sensitivity**: were a project's figure counted for each of its parts, it would be 100 × (2 × 20 + 10) ÷ 30 = 167.
    """
    plan = solve(posed(small, "P-003 P-008", {"investment": 1}))
    assert plan.summary["score"] == pytest.approx(100)


def test_output(small: Inputs) -> None:
    """**Proves**: output of P-003 (15) is not given: it adds nothing, and P-002 (60) alone reaches all there is: 100.

    **Sensitivity**: counted as what it was, 80; spread as not-a-number, no score at all.
    """
    figures = small.projects.projects.copy()
    figures.loc["P-003", "output_yi"] = np.nan
    silent = dataclasses.replace(small, projects=dataclasses.replace(small.projects, projects=figures))
    plan = solve(posed(silent, "P-002 P-003", {"output": 1}, **ON_ONE_PARCEL))
    assert plan.summary["score"] == pytest.approx(100)


def test_tax(small: Inputs) -> None:
    """**Proves**: P-002 pays 3 a year, P-020 (0.3) fits nowhere and yet was asked: 100 × 3 ÷ 3.3.

    **Sensitivity**: measured against what fits somewhere it would be 100.
    """
    plan = solve(posed(small, "P-002 P-020", {"tax": 1}))
    assert plan.summary["score"] == pytest.approx(100 * 3 / 3.3)


def test_fit(small: Inputs) -> None:
    """**Proves**: A05 fits YL with 1, elsewhere 0.5: with its headquarters held in 新桥东, (½ + 1 + 1) ÷ 3 parts.

    **Sensitivity**: summed over parts 250, by the first part alone 50, free of the lock 100.
    """
    held = posed(small, "P-010", {"fit": 1}, only={"P-010/hq": {"park": "新桥东"}})
    assert solve(held).summary["score"] == pytest.approx(100 * 2.5 / 3)
    assert solve(posed(small, "P-010", {"fit": 1})).summary["score"] == pytest.approx(100)
    assert solve(posed(small, "P-010 P-020", {"fit": 1})).summary["score"] == pytest.approx(50)  # of two asked


def test_waited(small: Inputs) -> None:
    """**Proves**: P-004 wants 2027 at the earliest, its parcel is ready in 2028: 1 year of 3 possible: −33⅓.

    **Sensitivity**: counted from 2026 it would be −50 (2 years of 4); as a gain +33⅓.
    """
    plan = solve(posed(small, "P-004", {"waited": 1}, locks={"P-004": ["YL-06"]}))
    assert plan.summary["score"] == pytest.approx(-100 / 3)
    assert plan.placements["start_year"].tolist() == [2028]


def test_waited_is_the_mean_of_the_parts(small: Inputs) -> None:
    """**Proves**: one of two parts waits 2 years of 4 (land ready in 2028), the other none: a mean of 1: −25.

    **Sensitivity**: summed over parts −50; by the latest part −50.
    """
    plan = solve(posed(small, "P-008", {"waited": 1}, locks={"P-008/production": ["YL-07"]}))
    assert plan.summary["score"] == pytest.approx(-25)


def test_spare_land(small: Inputs) -> None:
    """**Proves**: P-007 wants 10,000–15,000 m²; YL-03 keeps 12,000 beside the corridor: 2,000 of 5,000 spare: −40.

    **Sensitivity**: by the parcel's 30,000 m² it would not fit at all; over the land asked −20.
    """
    plan = solve(posed(small, "P-007", {"spare_land": 1}, must_place=["P-007"]))
    assert plan.summary["score"] == pytest.approx(-40)
    assert plan.placements["land_m2"].tolist() == pytest.approx([12_000])


def test_opened() -> None:
    """**Proves**: two tenants of 2 points share one opening of 3: 1. As variable: one column, though two options.

    **Sensitivity**: were each to pay, nobody would come: 0; were opening free of charge: 4.
    """
    posed_ = PAPER["building_opened"].case
    plan = solve(posed_)
    assert plan.summary["score"] == 1
    assert plan.summary["terms"] == {"given": 4.0, "opened": -3.0}
    model = formulate(posed_)
    assert [key for key in model.column_keys if key[0] == "opened"] == [("opened", "B")]


def test_opened_on_the_territory(small: Inputs) -> None:
    """**Proves**: B04 is the one planned building; who has to go there opens it: −100. B02 is started: 0.

    **Sensitivity**: by tenants rather than by buildings −200; if started buildings counted as planned −50 for each.
    """
    both = solve(
        posed(small, "P-011 P-012", {"opened": 1}, locks={"P-011": {"building": "B04"}, "P-012": {"building": "B04"}})
    )
    assert both.summary["score"] == pytest.approx(-100)
    assert both.summary["opened"] == ["B04"]
    assert both.goals.set_index("goal").loc["opened", "raw"] == pytest.approx(1)
    started = solve(posed(small, "P-011", {"opened": 1}, locks={"P-011": {"building": "B02"}}))
    assert started.summary["score"] == 0


def test_given() -> None:
    """**Proves**: points that come with the options of a published instance are added as they are: 3.5 + 4 = 7.5.

    **Sensitivity**: as percentages 750; with a normaliser 0.075.
    """
    plan = solve(case([("P/main", "s", 2026, 3.5), ("Q/main", "t", 2026, 4)]))
    assert plan.summary["score"] == 7.5
    assert plan.summary["terms"] == {"given": 7.5}
