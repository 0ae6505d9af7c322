"""Rules on buildings, parks, years and the purse, measured again on the plan of `audit_bench`: figures by hand.

Each test holds the plan to one rule that it breaks, says which figures follow, and loosens the rule until it is kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from audit_bench import PLACED, Bench, bench_in, plan_of


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_in(Path(tmp_path_factory.mktemp("small")))


def of(layer: str, name: str, **columns: object) -> list[dict[str, Any]]:
    """Return a change of the territory."""
    return [{"set": {"layer": layer, "id": name, **columns}}]


@pytest.mark.parametrize(("rule", "column", "most"), [("water", "water_m3_day", 1000), ("waste_water", None, 800)])
def test_what_the_layer_supplies_a_park_with_year_by_year(bench: Bench, rule: str, column: str, most: float) -> None:
    """P-003 stands in YL from 2027 on and uses 1200 m³/d."""
    thirsty = bench.needing("P-003/main", **{column or "waste_water_m3_day": 1200.0})
    found = bench.wrong(asked=thirsty, rules={rule: True})
    assert found == {(rule, f"YL {year}"): (f"≤ {most:g}", "1200") for year in range(2027, 2031)}
    assert bench.wrong(asked=thirsty) == {}
    assert bench.wrong(asked=thirsty, rules={rule: {"燕罗": {2026: "1200 m³/d"}}}) == {}


def test_gas_that_only_the_scenario_bounds(bench: Bench) -> None:
    """The layer says nothing of gas: it binds from 2029 on, where the scenario caps it."""
    using = bench.needing("P-003/main", gas_m3_day=150.0)
    found = bench.wrong(asked=using, rules={"gas": {"YL": {2029: "100 m³/d"}}})
    assert found == {("gas", "YL 2029"): ("≤ 100", "150"), ("gas", "YL 2030"): ("≤ 100", "150")}


def test_land_supplied_in_a_year(bench: Bench) -> None:
    """In 2026 start P-001 on 6 ha, P-002 and P-008 on 3 each, P-007 on 1.2: 13.2; in 2028 P-004 on 3."""
    found = bench.wrong(rules={"land_supply": {2026: "13 ha", 2028: "3 ha"}})
    assert found == {("land_supply", "2026"): ("≤ 130000", "132000")}
    assert bench.wrong(rules={"land_supply": {2026: "13.2 ha", 2027: "0 ha"}}) == {}


def test_preparation_budget(bench: Bench) -> None:
    """XQD-06, ready in 2028, costs 3 亿元; XQD-04, ready in 2026, 9, of which that year's budget knows."""
    cost = of("parcels", "XQD-06", preparation_cost_yi=3) + of("parcels", "XQD-04", preparation_cost_yi=9)
    found = bench.wrong(changes=cost, rules={"preparation_budget": {2028: "2.5 亿元"}})
    assert found == {("preparation_budget", "2028"): ("≤ 2.5", "3")}
    assert bench.wrong(changes=cost, rules={"preparation_budget": {2028: "3 亿元", 2026: "9 亿元"}}) == {}


def test_share_of_a_park(bench: Bench) -> None:
    """JB has 1000 m². In all: 120,000 + 2 × 45,000, 30,000 × FAR 1.2, 10,000 × FAR 1, on floors 12,000: 268,000."""
    found = bench.wrong(rules={"pole_share": {"江碧": {"least": "1 %"}}})
    assert found == {("pole_share", "JB least"): ("≥ 2680", "1000")}
    found = bench.wrong(rules={"pole_share": {"JB": {"most": 0.001}}})
    assert found == {("pole_share", "JB most"): ("≤ 268", "1000")}
    assert bench.wrong(rules={"pole_share": {"JB": {"least": 0.003, "most": 0.004}}}) == {}


def test_housing(bench: Bench) -> None:
    """100 jobs each: five projects in YL (P-009 with its production, though its wet part is in JB), four in XQD."""
    found = bench.wrong(rules={"housing": {"beds": {"YL": 499, "JB": 1}, "beds_in_all": 899}})
    assert found == {("housing", "YL"): ("≤ 499", "500"), ("housing", "all"): ("≤ 899", "900")}
    assert bench.wrong(rules={"housing": {"jobs_housed": "50 %", "beds": {"YL": 250}}}) == {}


def test_power_of_a_building(bench: Bench) -> None:
    """In B01 P-008's research draws 200 and P-009's production 500 kVA."""
    weak = of("buildings", "B01", power_kva=600)
    assert bench.wrong(changes=weak, rules={"building_power": True}) == {("building_power", "B01"): ("≤ 600", "700")}
    assert bench.wrong(changes=weak, rules={"building_power": True, "simultaneity": 0.8}) == {}


def test_goods_lifts(bench: Bench) -> None:
    """Four lifts of 3 t, 40 trips: 480 t."""
    heavy = bench.needing("P-009/production", lift_flow_t_per_shift=500.0)
    assert bench.wrong(asked=heavy, rules={"lifts": True}) == {("lifts", "B01"): ("≤ 480", "500")}
    assert bench.wrong(asked=heavy, rules={"lifts": 42}) == {}


def test_waste_water_of_a_building(bench: Bench) -> None:
    wet = bench.needing("P-009/production", waste_water_m3_day=6.0)
    small = of("buildings", "B01", waste_water_m3_day=5)
    found = bench.wrong(asked=wet, changes=small, rules={"building_waste_water": True})
    assert found == {("building_waste_water", "B01"): ("≤ 5", "6")}
    assert bench.wrong(asked=wet, rules={"building_waste_water": True}) == {}  # a figure that is not given


def test_least_use_of_a_building_that_is_opened(bench: Bench) -> None:
    """B04 is planned, 12,000 m² are free, P-011 takes 2000."""
    assert bench.wrong(rules={"building_filled": "30 %"}) == {("building_filled", "B04"): ("≥ 3600", "2000")}
    assert bench.wrong(rules={"building_filled": "16 %"}) == {}


def test_started_space(bench: Bench) -> None:
    """Four buildings of 12,000 m² are started or built; B04, to be delivered in 2029, starts in 2027 if opened."""
    asked = {"target_m2": 61_000, "hard": True}
    assert bench.wrong(rules={"started_space_target": asked}) == {
        ("started_space_target", "2030"): ("≥ 61000", "60000")
    }
    assert bench.wrong(rules={"started_space_target": {**asked, "by": 2026}}) == {
        ("started_space_target", "2026"): ("≥ 61000", "48000")
    }
    assert bench.wrong(rules={"started_space_target": {**asked, "target_m2": 60_000, "by": 2027}}) == {}


def test_started_space_is_soft_at_its_price(bench: Bench) -> None:
    """1000 m² are missing at 0.001 points: the plan has to say 1."""
    rules = {"started_space_target": {"target_m2": 61_000}}
    assert bench.wrong(rules=rules) == {("soft", "started_space_target"): ("= 1", "0")}
    lost = plan_of(PLACED, soft={"started_space_target": 1.0})
    assert bench.wrong(lost, rules=rules) == {}


def test_a_planned_building_opened_for_the_target_alone(bench: Bench) -> None:
    """P-011 stays away, but the plan opens B04: it counts as started, and as opened."""
    nobody = {part: on for part, on in PLACED.items() if part != "P-011/main"}
    target = {"target_m2": 60_000, "hard": True}
    assert bench.wrong(plan_of(nobody, opened=["B04"]), rules={"started_space_target": target}) == {}
    found = bench.wrong(plan_of(nobody, opened=[]), rules={"started_space_target": target})
    assert found["started_space_target", "2030"] == ("≥ 60000", "48000")
