"""What buildings, parks, years and the purse bear, as posed on the tiny territory; every figure by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import planner
from planner.case import Case
from planner.errors import ScenarioError
from planner.intake.inputs import Inputs
from planner.projects import Projects
from planner.scenario import Scenario
from planner.supply import started_space


def asked(small: Inputs, projects: str, needs: dict[str, dict[str, float]] | None = None, **keys: Any) -> Inputs:
    """Return some projects of the tiny territory, with other needs, under a scenario."""
    names = projects.split()
    parts = small.projects.parts[small.projects.parts["project"].isin(names)].copy()
    for part, more in (needs or {}).items():
        for column, value in more.items():
            parts.loc[part, column] = value
    scenario = Scenario.model_validate({"years": (2026, 2030), "goals": {"tier": 10, "waited": 1}, **keys})
    of = Projects(small.projects.projects.loc[names], parts)
    return dataclasses.replace(small, scenario=scenario, projects=of, root=None)


def posed(small: Inputs, projects: str, needs: dict[str, dict[str, float]] | None = None, **keys: Any) -> Case:
    return planner.pose(asked(small, projects, needs, **keys))


def amounts(case: Case, kind: str, site: str, start: int | None = None) -> dict[str, float]:
    """Return what the first option on a site (of a year) uses of a kind, by key."""
    at = (case.options["site"] == site) & ((case.options["start_year"] == start) | (start is None))
    option = case.options.index[at][0]
    use = case.uses_of(kind)
    return use[use["option"] == option].set_index("key")["amount"].to_dict()


def starts(case: Case, site: str) -> list[int]:
    return case.options.loc[case.options["site"] == site, "start_year"].tolist()


LATE_WATER = {"water": {"YL": {2026: "5 m³/d", 2028: "50 m³/d"}}, "power": False}


def test_water_is_used_from_the_start_on_and_waited_for(small: Inputs) -> None:
    case = posed(small, "P-007", {"P-007/main": {"water_m3_day": 20}}, rules=LATE_WATER)
    assert starts(case, "YL-03") == [2026, 2028]
    assert case.limits_of("water")["at_most"].filter(like="YL").to_dict() == {
        "YL 2027": 5,
        "YL 2028": 50,
        "YL 2030": 50,
    }
    assert amounts(case, "water", "YL-03", 2028) == {"YL 2028": 20, "YL 2030": 20}
    assert starts(posed(small, "P-007", rules=LATE_WATER), "YL-03") == [2026]  # who needs none does not wait


def test_land_is_given_in_the_year_of_the_start_and_waited_for(small: Inputs) -> None:
    """P-003 takes plots and floors until 2028: on a plot any year may be better, on a floor none."""
    case = posed(small, "P-003", rules={"land_supply": {2026: "0 ha", 2027: "4 ha"}, "power": False})
    assert starts(case, "YL-01") == [2026, 2027, 2028]
    assert starts(case, "B01-F01") == [2026]
    assert [amounts(case, "land_supply", "YL-01", year) for year in (2026, 2027, 2028)] == [
        {"2026": 30_000}, {"2027": 30_000}, {}
    ]  # fmt: skip
    assert starts(posed(small, "P-003", rules={"power": False}), "YL-01") == [2026]


def test_preparation_is_paid_in_the_year_the_land_is_ready(small: Inputs) -> None:
    """P-001 on XQD-06 (3 亿元, 2028) and XQD-01 (1, 2026), of which only 2028 has a budget."""
    cost = [
        {"set": {"layer": "parcels", "id": name, "preparation_cost_yi": yi}}
        for name, yi in (("XQD-06", 3), ("XQD-01", 1))
    ]
    case = posed(small, "P-001", changes=cost, rules={"preparation_budget": {2028: "2 亿元"}})
    assert amounts(case, "preparation_budget", "XQD-01+XQD-06") == {"2028": 3}
    assert case.limits_of("preparation_budget")["at_most"].to_dict() == {"2028": 2}
    assert not set(planner.solve(case).placements["places"]) & {"XQD-01;XQD-06"}


def test_share_of_a_park_is_of_all_floor_space(small: Inputs) -> None:
    """P-011 takes 2000 m² somewhere: with at least 40 % in YL, 0.6 × 2000 there and −0.4 × 2000 elsewhere."""
    case = posed(small, "P-011", rules={"pole_share": {"燕罗": {"least": "40 %"}}})
    assert amounts(case, "pole_share", "B01-F02") == {"YL least": pytest.approx(1200)}
    assert amounts(case, "pole_share", "B03-F02") == {"YL least": pytest.approx(-800)}
    assert planner.solve(case).placements["park"].tolist() == ["YL"]


def test_beds_are_needed_where_the_first_part_is(small: Inputs) -> None:
    """P-009: 100 jobs with its production; its wet part needs none. Half of them want a bed."""
    case = posed(small, "P-009", rules={"housing": {"jobs_housed": "50 %", "beds": {"YL": 40}, "beds_in_all": 90}})
    of_part = case.uses_of("housing").assign(part=lambda use: case.options["part"].to_numpy()[use["option"]])
    assert set(of_part["part"]) == {"P-009/production"}
    assert set(of_part["amount"]) == {50}
    assert planner.solve(case).placements.set_index("part").loc["P-009/production", "park"] != "YL"


def test_a_building_bears_what_is_in_it(small: Inputs) -> None:
    needs = {"P-011/main": {"waste_water_m3_day": 7, "lift_flow_t_per_shift": 30}}
    takes = [{"set": {"layer": "buildings", "id": "B01", "waste_water_m3_day": 5}}]
    rules = {"building_power": True, "lifts": 2, "building_waste_water": True, "simultaneity": 0.5}
    case = posed(small, "P-011", needs, changes=takes, rules=rules)
    kinds = ("building_power", "lifts", "building_waste_water")
    assert [amounts(case, kind, "B01-F02") for kind in kinds] == [{"B01": 100}, {"B01": 30}, {"B01": 7}]
    assert case.limits_of("building_waste_water")["at_most"].to_dict() == {"B01": 5}
    assert case.limits_of("lifts").loc["B01", "at_most"] == 4 * 3 * 2
    plan = planner.solve(case)
    assert plan.placements.empty  # 30 t where lifts of every building carry 24
    assert plan.left_out[["cause", "by", "need", "offer", "unit"]].values.tolist()[0][:1] == ["rule"]


def test_opening_matters_where_a_least_use_or_a_target_is_asked(small: Inputs) -> None:
    """B04, planned, has 12,000 m² free."""
    assert posed(small, "P-011").limits_of("building").empty
    case = posed(small, "P-011", rules={"building_filled": "25 %", "started_space_target": "5 万m²"})
    assert case.limits_of("building")["at_least"].to_dict() == {"B04": 3000}
    assert case.limits_of("started_space")["at_most"].to_dict() == {"B04": 12_000}
    assert case.limits_of("started_space_target")["at_least"].to_dict() == {"2030": 2_000}  # 48,000 are started
    assert "B04" not in {places.split("-")[0] for places in planner.solve(case).placements["places"]}


def test_how_far_it_is_to_the_target(small: Inputs) -> None:
    """48,000 m² are started and 12,000 opened of 70,000: 10,000 are missing, 0.4 ha at FAR 2.5."""
    question = asked(small, "P-011", rules={"started_space_target": "7 万m²"})
    told = started_space(small.territory, question.scenario, ("B04",), {"B04-F04": 2000.0})
    assert told is not None
    assert [told[key] for key in ("by", "started_m2", "missing_m2")] == [2030, 60_000, 10_000]
    assert told["land_ha"] == {"2.5": pytest.approx(0.4), "3": pytest.approx(1 / 3), "3.5": pytest.approx(1 / 3.5)}
    rows = {(row["source"], row["stage"], row["park"]): row for row in told["rows"]}
    assert rows["新供", "planned", "XQD"]["placed_m2"] == 2000
    built = rows["新供", "built", "YL"]  # B01: its sixth floor is let
    assert [built[name] for name in ("gfa_m2", "let_m2", "committed_m2", "vacant_m2")] == [12_000, 2_000, 0, 10_000]
    assert rows["新供", "built", "XQD"]["committed_m2"] == 1000
    assert started_space(small.territory, asked(small, "P-011").scenario, (), {}) is None


@pytest.mark.parametrize(
    "rules",
    [
        {"land_supply": {2031: "1 ha"}},
        {"preparation_budget": {2025: "1 亿元"}},
        {"started_space_target": {"target_m2": 1, "by": 2031}},
    ],
)
def test_a_year_outside_the_horizon_is_an_error_with_its_key(small: Inputs, rules: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match="outside the horizon 2026 to 2030"):
        posed(small, "P-011", rules=rules)


@pytest.mark.parametrize(
    "rules",
    [
        {"pole_share": {"燕萝": {"least": 0.1}}},
        {"housing": {"燕萝": 10}},
        {"gas": {"燕萝": {2026: "1 m³/d"}}},
    ],
)
def test_an_unknown_park_is_an_error_with_the_nearest(small: Inputs, rules: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match="燕罗"):
        posed(small, "P-011", rules=rules)
