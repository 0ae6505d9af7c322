"""What would mend a conflict: for each kind of change the least there is, written as a scenario that has a plan.

**Proves**: the figure written is the one on paper; with it the scenario has a plan that the audit finds clean, with a
little less it has none; and the keys mean the same in a file that extends the scenario. **Sensitivity**: an amount
rounded the wrong way, a capacity raised in one year of several, a lock dropped that lets its project stay out, or a
list written by halves has no plan, or another figure.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from onlookers import Impatient, LeftError, Onlooker
from small import write_small_scenario

import planner
from planner.conflict import conflict
from planner.documents import written
from planner.intake.inputs import Inputs, read
from planner.levers import KINDS
from planner.projects import Projects
from planner.repairs import Repair, has_plan, repairs
from planner.scenario import Scenario, laid_over, load

BOTH = {"P-011": "B01", "P-012": "B01"}
FLOOR = {"P-011": "B01-F04", "P-012": "B01-F04"}
GROUP = ["P-011", "P-012"]
OTHERS = {"who": ["P-011", "P-015"], "metres": 9.0}
YEARS = [str(year) for year in range(2026, 2031)]


def put(layer: str, name: str, **column: float) -> dict[str, Any]:
    return {"set": {"layer": layer, "id": name, **column}}


def groups(at_most: int) -> dict[str, Any]:
    return {"group_count": [{"projects": GROUP, "at_most": at_most}, {"projects": GROUP, "at_least": 1}]}


class Mended(NamedTuple):
    """What conflicts, what mends it by one kind of change, and what is not enough of that."""

    keys: dict[str, Any]
    mends: dict[str, Any]
    short: dict[str, Any]


MENDED: dict[str, Mended] = {
    # each part takes a floor of 2,000 m² whole
    "floor": Mended(
        {"locks": FLOOR},
        {"changes": [put("floors", "B01-F04", area_m2=4000.0)]},
        {"changes": [put("floors", "B01-F04", area_m2=3999.0)]},
    ),
    # 200 kVA each, from whichever year on
    "power": Mended(
        {"locks": BOTH, "rules": {"power": {"caps": {"燕罗": {2026: 300}}}}},
        {"rules": {"power": {"caps": {"燕罗": dict.fromkeys(YEARS, "400 kVA")}}}},
        {"rules": {"power": {"caps": {"燕罗": dict.fromkeys(YEARS, "399 kVA")}}}},
    ),
    "land": Mended(
        {"years": (2026, 2026), "locks": {"P-005": "YL-01"}, "rules": {"land_supply": {2026: "2 ha"}}},
        {"rules": {"land_supply": {"years": {"2026": "30000 m²"}}}},
        {"rules": {"land_supply": {"years": {"2026": "29999 m²"}}}},
    ),
    "budget": Mended(
        {
            "locks": {"P-005": "YL-01"},
            "changes": [put("parcels", "YL-01", preparation_cost_yi=1.23456)],
            "rules": {"preparation_budget": {2026: "1 亿元"}},
        },
        {"rules": {"preparation_budget": {"years": {"2026": "1.2346 亿元"}}}},
        {"rules": {"preparation_budget": {"years": {"2026": "1.2345 亿元"}}}},
    ),
    # 100 jobs each
    "beds of a park": Mended(
        {"locks": BOTH, "rules": {"housing": {"燕罗": 150}}},
        {"rules": {"housing": {"beds": {"燕罗": 200}}}},
        {"rules": {"housing": {"beds": {"燕罗": 199}}}},
    ),
    "beds in all": Mended(
        {"locks": BOTH, "rules": {"housing": {"beds_in_all": 150}}},
        {"rules": {"housing": {"beds_in_all": 200}}},
        {"rules": {"housing": {"beds_in_all": 199}}},
    ),
    # 2,000 m² in 新桥东, and at most 40,000 m² elsewhere: 4.76 % at the least
    "most of a park": Mended(
        {"locks": {"P-011": "B01", "P-012": "B03"}, "rules": {"pole_share": {"XQD": {"most": "3 %"}}}},
        {"rules": {"pole_share": {"shares": {"XQD": {"most": "4.77 %"}}}}},
        {"rules": {"pole_share": {"shares": {"XQD": {"most": "4.76 %"}}}}},
    ),
    # 4,000 m² in 燕罗, and at most 38,000 m² in 新桥东: 90.48 % at most
    "least of a park": Mended(
        {"locks": BOTH, "rules": {"pole_share": {"XQD": {"least": "95 %"}}}},
        {"rules": {"pole_share": {"shares": {"XQD": {"least": "90.47 %"}}}}},
        {"rules": {"pole_share": {"shares": {"XQD": {"least": "90.48 %"}}}}},
    ),
    # five buildings of 12,000 m²
    "started space": Mended(
        {"rules": {"started_space_target": {"target_m2": 100_000, "hard": True}}},
        {"rules": {"started_space_target": {"target_m2": "60000 m²"}}},
        {"rules": {"started_space_target": {"target_m2": "60001 m²"}}},
    ),
    "power of a building": Mended(
        {"locks": BOTH, "rules": {"building_power": True}, "changes": [put("buildings", "B01", power_kva=300)]},
        {"changes": [put("buildings", "B01", power_kva=400.0)]},
        {"changes": [put("buildings", "B01", power_kva=399.0)]},
    ),
    # 400 t each; a lift of 3 t makes 40 trips
    "lifts": Mended(
        {"locks": BOTH, "rules": {"lifts": True}},
        {"changes": [put("buildings", "B01", lift_count=7.0)]},
        {"changes": [put("buildings", "B01", lift_count=6.0)]},
    ),
    "waste water": Mended(
        {"locks": BOTH, "rules": {"building_waste_water": True},
         "changes": [put("buildings", "B01", waste_water_m3_day=15)]},
        {"changes": [put("buildings", "B01", waste_water_m3_day=20.0)]},
        {"changes": [put("buildings", "B01", waste_water_m3_day=19.0)]},
    ),
    "group": Mended(
        {"must_place": GROUP, "rules": groups(at_most=0)},
        {"rules": {"group_count": {"groups": groups(at_most=2)["group_count"]}}},
        {"rules": groups(at_most=1)},
    ),
    "apart": Mended(
        {"locks": BOTH, "rules": {"kept_apart": [{"who": GROUP, "not": "building"}, OTHERS]}},
        {"rules": {"kept_apart": {"groups": [OTHERS]}}},
        {},
    ),
    "a rule": Mended(
        {"locks": BOTH, "rules": {"leading_industries_share": "60 %"}},
        {"rules": {"leading_industries_share": False}},
        {},
    ),
    "lock": Mended({"locks": FLOOR}, {"locks": {"P-011": None}, "must_place": ["P-011"]}, {"must_place": ["P-011"]}),
    "stays out": Mended({"locks": FLOOR}, {"locks": {"P-012": None}, "only": {"P-012": {"name": "B01-F04"}}}, {}),
    "only": Mended({"must_place": ["P-011"], "only": {"P-011": "YL-01"}}, {"only": {"P-011": None}}, {}),
    "bans": Mended(
        {"must_place": ["P-011"], "only": {"P-011": "B01"},
         "bans": [{"project": "P-012", "place": "B01"}, {"project": "P-011", "place": "B01"}]},
        {"bans": [{"project": "P-012", "place": {"name": "B01"}}]},
        {"bans": [{"project": "P-011", "place": "B01"}]},
    ),
    "all that must": Mended({"must_place": ["P-020"]}, {"must_place": []}, {}),
}  # fmt: skip


def asked(small: Inputs, keys: dict[str, Any]) -> Inputs:
    """Return the question of a few small projects, of which two send goods up and water down."""
    names = [f"P-0{number}" for number in ("05", "11", "12", "15", "20")]
    parts = small.projects.parts[small.projects.parts["project"].isin(names)].copy()
    both = parts["project"].isin(GROUP)
    parts.loc[both, ["lift_flow_t_per_shift", "waste_water_m3_day"]] = [400.0, 10.0]
    scenario = Scenario.model_validate({"years": (2026, 2030), "goals": {"tier": 1}, **keys})
    projects = Projects(small.projects.projects.loc[names], parts)
    return dataclasses.replace(small, scenario=scenario, projects=projects, root=None)


def menu(inputs: Inputs, most: int = 6) -> tuple[Repair, ...]:
    found = conflict(inputs)
    assert found is not None
    return repairs(found, most=most, time_limit_s=math.inf)


ALL: dict[str, Any] = {
    "locks": {**FLOOR, "P-005": "YL-01"},
    "changes": [
        put("parcels", "YL-01", preparation_cost_yi=1.23456),
        put("buildings", "B01", power_kva=300, waste_water_m3_day=15),
    ],
    "years": (2026, 2026),
    "rules": {
        "power": {"caps": {"燕罗": {2026: 300}}},
        "land_supply": {2026: "2 ha"},
        "preparation_budget": {2026: "1 亿元"},
        "housing": {"beds": {"燕罗": 150}, "beds_in_all": 250},
        "building_power": True,
        "lifts": True,
        "building_waste_water": True,
        **groups(at_most=0),
        "kept_apart": [{"who": GROUP, "not": "building"}, OTHERS],
        "leading_industries_share": "60 %",
        "started_space_target": {"target_m2": 100_000, "hard": True},
    },
}
"""All of it at once."""
MENDS: dict[str, Any] = {
    "changes": [
        put("floors", "B01-F04", area_m2=4000.0),
        put("buildings", "B01", power_kva=400.0),
        put("buildings", "B01", lift_count=7.0),
        put("buildings", "B01", waste_water_m3_day=20.0),
    ],
    "rules": {
        "power": {"caps": {"燕罗": {"2026": "1400 kVA"}}},
        "land_supply": {"years": {"2026": "30000 m²"}},
        "preparation_budget": {"years": {"2026": "1.2346 亿元"}},
        "housing": {"beds": {"燕罗": 300}, "beds_in_all": 300},
        "group_count": {"groups": groups(at_most=2)["group_count"]},
        "kept_apart": {"groups": [OTHERS]},
        "leading_industries_share": False,
        "started_space_target": {"target_m2": "48000 m²"},  # B04 is not started yet
    },
}


def test_all_that_is_short_at_once_is_written_to_the_last_unit(small: Inputs) -> None:
    inputs = asked(small, ALL)
    found = conflict(inputs)
    assert found is not None
    (mine,) = repairs(found, by=set(KINDS) - {"locks", "must_place"}, most=1, time_limit_s=math.inf)
    assert mine.keys == MENDS
    assert (mine.least, len(mine.words)) == (True, 13)
    mended = dataclasses.replace(inputs, scenario=laid_over(inputs.scenario, mine.keys))
    plan = planner.solve(planner.pose(mended))
    assert planner.audit(plan, mended)["kept"].all()


def test_what_has_no_plan_when_it_is_solved_is_not_shown(small: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    """**Sensitivity**: shown on the word of the model that it came from."""
    found = conflict(asked(small, {"locks": FLOOR}))
    assert found is not None
    first, *_ = repairs(found, most=1)
    asked_of: list[object] = []

    def none_at_first(_inputs: Inputs, keys: object, *_: object) -> bool:
        asked_of.append(keys)
        return len(asked_of) > 1

    monkeypatch.setitem(repairs.__globals__, "has_plan", none_at_first)
    shown = repairs(found, most=1)
    assert asked_of[0] == first.keys
    assert [repair.keys for repair in shown] == [asked_of[1]] != [first.keys]


def test_a_search_ends_at_once_where_who_looks_on_raises(small: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two searches, and in one that would go on for ever: of what is least, and of a plan with it."""
    found = conflict(asked(small, {"locks": FLOOR}))
    assert found is not None
    everything = Onlooker()
    (shown,) = repairs(found, most=1, look=everything)
    assert everything.looks > 3
    for leaves in (1, 2, everything.looks):
        with pytest.raises(LeftError):
            repairs(found, most=1, look=Onlooker(leaves))
    assert found.posed.inputs is not None
    with pytest.raises(LeftError):
        has_plan(found.posed.inputs, shown.keys, 20.0, Impatient(monkeypatch))
    with pytest.raises(LeftError):
        repairs(found, most=1, time_limit_s=20.0, look=Impatient(monkeypatch))


def test_a_lock_is_dropped_or_its_project_stays_out(small: Inputs) -> None:
    found = conflict(asked(small, {"locks": FLOOR, "must_place": ["P-015"]}))
    assert found is not None
    keys = [dict(repair.keys) for rule in ("locks", "must_place") for repair in repairs(found, by={rule}, most=1)]
    freed, out = (next(iter(each["locks"])) for each in keys)
    assert keys == [
        {"locks": {freed: None}, "must_place": ["P-015", freed]},
        {"locks": {out: None}, "only": {out: {"name": "B01-F04"}}},
    ]


@pytest.mark.parametrize(
    ("prices", "key", "price"), [({}, "rules", 0.1), ({"power": 30.0, "lock": 2.0}, "locks", 2.0)]
)
def test_change_prices_rank_what_mends(prices: dict[str, float], key: str, price: float, small: Inputs) -> None:
    """100 kVA are a tenth of a step, at a price of 30 they are 3: a lock lifted at 2 is cheaper."""
    found = conflict(asked(small, {**MENDED["power"][0], "change_prices": prices}))
    assert found is not None
    (best,) = repairs(found, by={"power", "locks"}, most=1)
    assert (next(iter(best.keys)), best.price) == (key, pytest.approx(price, abs=2e-3))


@pytest.mark.long
@pytest.mark.parametrize("name", MENDED)
def test_the_least_of_each_kind_is_written_and_has_a_plan(name: str, small: Inputs) -> None:
    keys, mends, short = MENDED[name]
    inputs = asked(small, keys)
    found = menu(inputs)
    assert [repair.price for repair in found] == sorted(repair.price for repair in found)
    (mine,) = [repair for repair in found if repair.keys == mends]
    assert mine.least
    assert all(words.zh and words.en for words in mine.words)
    assert not has_plan(inputs, short, 10.0)
    mended = dataclasses.replace(inputs, scenario=laid_over(inputs.scenario, mends))
    plan = planner.solve(planner.pose(mended))
    assert planner.audit(plan, mended)["kept"].all()


FILE = """\
extends: small.yaml
locks: {P-011: B01, P-012: [YL-01]}
must_place: P-015
rules:
  power: {燕罗: {2026: 300 kVA}}
  kept_apart: [{who: [P-011, P-015], not: building}]
  housing: {燕罗: 50}
only: {P-015: B01}
"""


def test_keys_mean_the_same_in_a_file_that_extends_the_scenario(tmp_path: Path) -> None:
    """Whatever the form in which the scenario says it: a short table is not mixed with the long one."""
    write_small_scenario(tmp_path)
    (tmp_path / "asked.yaml").write_text(FILE, encoding="utf-8")
    inputs = read(tmp_path / "asked.yaml")
    found = menu(inputs, most=3)
    assert {"housing"} & {rule for repair in found for rule in repair.keys.get("rules", {})}
    for repair in found:
        (tmp_path / "mended.yaml").write_text(f"extends: asked.yaml\n{repair.text}", encoding="utf-8")
        mended = load(tmp_path / "mended.yaml")
        assert mended == laid_over(inputs.scenario, repair.keys).model_copy(update={"extends": "asked.yaml"})
        assert written(repair.keys) == repair.text


def test_a_scenario_changed_in_python_is_not_read_from_its_file_again(small: Inputs) -> None:
    changed = small.scenario.model_copy(update={"must_place": ("P-001",)})
    laid = laid_over(changed, {"locks": {"P-002": "YL-01"}})
    assert (laid.must_place, list(laid.locks), laid.goals) == (("P-001",), ["P-002"], small.scenario.goals)
    assert laid_over(small.scenario, {"locks": {"P-002": "YL-01"}}).document is not None


def test_a_case_without_geometry_has_no_repairs() -> None:
    found = conflict(planner.Case.from_tables(**{
        "options": pd.DataFrame({"project": ["P", "Q"], "site": ["s", "s"]}),
        "uses": pd.DataFrame({"option": [0, 1], "kind": "floor", "key": "s", "amount": 1.0}),
        "limits": pd.DataFrame({"kind": ["floor"], "key": ["s"], "at_most": [1.0]}), "must_place": True,
    }))  # fmt: skip
    assert found is not None
    assert (len(found.demands), repairs(found)) == (3, ())


def test_no_number_of_lifts_that_carry_nothing_mends_a_conflict(small: Inputs) -> None:
    """B01 has no lift that one more could be like: that the rule be dropped, or the locks, is all there is."""
    keys = {"locks": BOTH, "rules": {"lifts": True}, "changes": [put("buildings", "B01", lift_t=0, lift_count=0)]}
    found = conflict(asked(small, keys))
    assert found is not None
    assert "lifts" in {demand.rule for demand in found.demands}
    assert repairs(found, by={"lifts"}) == ()
