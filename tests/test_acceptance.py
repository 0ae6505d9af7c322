"""What planners ask, and what a correct answer is in kind: the twenty questions the tool is accepted by.

Each is a test here, or is answered by tests elsewhere (`ELSEWHERE`).
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
import shapely
from base import SCENARIO, base, extended, posed_base
from small import write_small_scenario

import planner
from planner.audit import audit
from planner.case import Case, pose
from planner.cli.shown import started_lines
from planner.errors import ScenarioError
from planner.explain import applied, compare
from planner.fit import BIT
from planner.intake.inputs import Inputs, read
from planner.layers import layers_of
from planner.plan import Plan
from planner.supply import started_space
from planner.whatif import Warm

ELSEWHERE = {
    1: ("semiconductors to chip city, leaders with three suppliers", "test_scenarios_solve",
        "test_each_leader_has_three_suppliers_in_chip_city"),
    2: ("20 ha lost to a corridor", "test_scenarios_solve",
        "test_no_plot_lies_in_the_corridor_and_some_are_what_it_leaves"),
    3: ("a GBK shapefile without .prj", "test_crs", "test_bounds_tell_every_system_met_in_shenzhen"),
    4: ("layers that do not line up", "test_crs",
        "test_a_layer_that_lies_aside_is_a_warning_with_numbers_and_is_not_moved"),
    10: ("the largest block kept back", "test_scenarios_solve",
         "test_the_largest_block_is_empty_or_used_by_a_strategic_project"),
    12: ("one parcel under two numbers", "test_mending",
         "test_one_of_two_alike_is_dropped_and_only_where_nothing_differs"),
    15: ("power capped until 2028", "test_scenarios_solve", "test_power_of_yanluo_is_capped_until_2028"),
    16: ("height under the airport funnel", "test_restrictions",
         "test_a_parcel_offers_the_lower_of_its_own_limit_and_of_the_surface_over_its_usable_piece"),
    20: ("printed for the 常务会", "test_paper", "test_the_two_sheets_say_all_that_is_asked_of_them"),
}  # fmt: skip


def test_every_question_is_answered_here_or_elsewhere() -> None:
    here = {int(name.split("_")[1]) for name in globals() if name.startswith("test_") and name[5].isdigit()}
    assert sorted([*here, *ELSEWHERE]) == list(range(1, 21))


@pytest.mark.parametrize("number", ELSEWHERE)
def test_answered_elsewhere(number: int) -> None:
    _, module, name = ELSEWHERE[number]
    assert callable(getattr(import_module(module), name))


def _asked(folder: Path, text: str) -> Inputs:
    """Return the small scenario asked something more."""
    write_small_scenario(folder)
    (folder / "asked.yaml").write_text(f"extends: small.yaml\n{text}", encoding="utf-8")
    return read(folder / "asked.yaml")


def _refused(text: str, folder: Path) -> str:
    """Return what is said, in both languages, of a lock on Bao'an that cannot be kept."""
    path = folder / "locked.yaml"
    path.write_text(f"extends: {SCENARIO}\n{text}", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        pose(extended(path))
    return str([fault.words(lang) for fault in caught.value.faults for lang in ("zh", "en")])


def _solved(inputs: Inputs) -> Plan:
    plan = planner.solve(planner.pose(inputs))
    assert audit(plan, inputs)["kept"].all()
    return plan


def test_5_five_million_square_metres_started_and_how_far_it_is(tmp_path: Path) -> None:
    """**Proves** started space is summed by source, stage and park, and the rest told in m² and in land by FAR.

    Bao'an of the sample has far less than 500 万 m²: what is missing is 500 万 less what stands started or built in
    buildings.csv × floors.csv. **Sensitivity**: with planned buildings that nobody opens it would be less.
    """
    path = tmp_path / "target.yaml"
    path.write_text(f"extends: {SCENARIO}\nrules: {{started_space_target: 500 万m²}}\n", encoding="utf-8")
    inputs = extended(path)
    told = started_space(inputs.territory, inputs.scenario, (), {})
    assert told is not None
    buildings, floors = inputs.territory.buildings, inputs.territory.floors
    stage = floors["building_id"].map(buildings["stage"])
    assert told["started_m2"] == pytest.approx(floors.loc[stage != "planned", "area_m2"].sum())
    assert told["missing_m2"] == pytest.approx(5_000_000 - told["started_m2"])
    assert told["land_ha"] == {
        far: pytest.approx(told["missing_m2"] / float(far) / 10_000) for far in ("2.5", "3", "3.5")
    }
    assert {row["source"] for row in told["rows"]} == {"新供", "工改工", "上楼"}
    for row in told["rows"]:
        parts = [row[f"{part}_m2"] for part in ("let", "committed", "placed", "vacant")]
        assert sum(parts) == pytest.approx(row["gfa_m2"])
    said = {"started_space": told, "parks": ()}
    lines = [str(line) for line in (*started_lines(said, "zh"), *started_lines(said, "en"))]
    assert any(f"{told['missing_m2']:,.0f}" in line and "ha (2.5)" in line for line in lines)
    one = planner.pose(inputs).limits_of("started_space_target")["at_least"]
    assert one.to_dict() == {"2030": pytest.approx(told["missing_m2"])}


def test_6_electroplating_in_shiyan_is_refused_by_name_and_the_firm_stays_whole(tmp_path: Path) -> None:
    """**Proves** the wet part fits 江碧 alone, the other 石岩 too. **Sensitivity**: by area alone 石岩 has room."""
    said = _refused("locks: {P-017/wet: {park: 石岩}}\n", tmp_path)
    assert "湿法工艺" in said
    assert "wet process" in said
    case = posed_base()
    where = case.options.groupby("part")["park"].agg(set)
    assert where["P-017/wet"] == {"JB"}
    assert "SY" in where["P-017/production"]
    assert case.parts.loc[["P-017/wet", "P-017/production"], "project"].eq("P-017").all()


def test_7_a_machine_tool_on_the_12th_floor_is_refused_with_both_loads(tmp_path: Path) -> None:
    """**Proves** the load of F12 against that of the machine; ground floors or plots stay open to it."""
    case = posed_base()
    parts = case.parts
    machine = parts.index[parts["industry"].eq("A06.2") & (parts["load_kn_m2"] >= 15) & parts["takes_floor"]]
    part = next(name for name in machine if name in set(case.options["part"]))
    need, offer = parts.loc[part, "load_kn_m2"], case.places.loc["B02-F12", "load_kn_m2"]
    said = _refused(f"locks: {{{part}: {{floor: B02-F12}}}}\n", tmp_path)
    assert "楼面荷载" in said
    assert f"{need:g}" in said
    assert f"{offer:g}" in said
    sites = case.sites.loc[case.options.loc[case.options["part"] == part, "site"].unique()]
    places = [place for several in sites.loc[sites["kind"] == "unit", "places"] for place in several]
    floors = case.places.loc[places, "floor"]
    assert (sites["kind"] == "plot").any() or floors.eq(1).all()
    refused = case.refusals[(case.refusals["part"] == part) & (case.refusals["place"] == "B02-F12")]
    assert int(refused["failed"].iloc[0]) & BIT["floor_load"]


def test_8_two_strategic_projects_want_the_only_site_and_both_options_are_told_with_their_price() -> None:
    """**Proves** either has it in one of two whole plans, 1.5 points apart, with where the other then stands.

    **Sensitivity**: a second site as good, and neither costs anything.
    """

    def both(at_next: float) -> Warm:
        options = pd.DataFrame({"project": [*"PPQQ"], "site": ["25 ha", "next"] * 2, "given": [9, 6.5, 8, at_next]})
        uses = pd.DataFrame({"option": range(4), "kind": "parcel", "key": options["site"], "amount": 1.0})
        limits = pd.DataFrame({"kind": "parcel", "key": ["25 ha", "next"], "at_most": 1.0})
        return planner.warm(Case.from_tables(options, uses, limits), gap=0.0)

    first = both(7)
    found = planner.alternatives(first, 2, within=0.2, apart=2)
    assert [
        (plan.placements.set_index("project")["site"].to_dict(), plan.summary["score"]) for plan in found.plans
    ] == [({"P": "25 ha", "Q": "next"}, 16.0), ({"P": "next", "Q": "25 ha"}, 14.5)]
    (price,) = planner.costs(first, "Q")
    assert (price.place, price.held_by, price.lost) == ("25 ha", ("P",), pytest.approx((1.5, 1.5)))
    assert price.moves == (("P", "25 ha 0", "next 0"),)
    (free,) = planner.costs(both(5.5), "Q")
    assert free.lost == pytest.approx((0.0, 0.0), abs=1e-6)


def test_9_nobody_starts_before_the_land_is_ready_and_the_slip_is_told(tmp_path: Path) -> None:
    """**Proves** start ≥ ready year by place, and years waited = start − first. **Sensitivity**: all ready in 2026."""
    years = [2026] * 3 + [2027] * 5 + [2029] * 2
    sets = "".join(
        f"  - set: {{layer: parcels, id: {park}-{k + 1:02d}, state: in_preparation, ready_year: {year}}}\n"
        for park in ("YL", "XQD")
        for k, year in enumerate(years)
    )
    inputs = _asked(tmp_path, f"changes:\n{sets}")
    plan = _solved(inputs)
    plots = plan.placements[plan.placements["kind"] == "plot"]
    ready = {f"{park}-{k + 1:02d}": year for park in ("YL", "XQD") for k, year in enumerate(years)}
    assert len(plots) > 0
    for places, start in zip(plots["places"], plots["start_year"], strict=True):
        assert start >= max(ready[parcel] for parcel in places.split(";"))
    first = plan.placements["project"].map(inputs.projects.projects["year_first"])
    slipped = plan.placements["start_year"] - first
    assert (slipped > 0).any()
    shares = 1 / plan.placements["project"].map(inputs.projects.parts.groupby("project").size())
    assert plan.goals.set_index("goal").loc["waited", "raw"] == pytest.approx(float((slipped * shares).sum()))


def test_11_one_cause_with_its_figures_and_the_smallest_change_that_places_it(tmp_path: Path) -> None:
    """**Proves** the test, need and offer, the nearest floor, and a change that, applied, gives it a site.

    **Sensitivity**: with 1 kN/m² less of it, it still fits nowhere.
    """
    inputs = _asked(tmp_path, "")
    posed = planner.pose(inputs)
    plan = planner.solve(posed)
    cause, *changes = planner.why_not(inputs, posed, plan, ["P-020"])["P-020"]
    assert (cause.by, cause.need, cause.offer, cause.unit) == ("floor_load", 25.0, 15.0, "kN/m²")
    assert cause.place.endswith("F01")  # a ground floor, which carries most
    (change,) = changes
    assert dict(change.terms) == {"floor_load": 10.0}
    ((figures,),) = (each.values() for each in change.diff["changes"])
    assert figures["load_kn_m2"] == 25.0
    for load in (25.0, 24.0):
        changed = planner.pose(applied(inputs, {"changes": [{"set": {**figures, "load_kn_m2": load}}]}))
        assert ("P-020" in set(changed.options["project"])) == (load == 25.0)


def test_13_twenty_hectares_shared_by_three_firms(tmp_path: Path) -> None:
    """**Proves** the split by demand (9, 6 and 4 ha), who holds what, 1 ha left shared, FAR kept by each on its share.

    **Sensitivity**: without joint taking one firm takes all 20 ha, or none fits; by the FAR of the whole parcel
    P-007 could build 300,000 m² on its 4 ha, where 3 × 4 ha = 120,000 m² is the most.
    """
    demand_m2 = {"P-004/main": 90_000.0, "P-005/main": 60_000.0, "P-007/main": 40_000.0}

    def question(joint: str, gfa_m2: float) -> Inputs:
        locks = "locks: {P-004: YL-05, P-005: YL-05, P-007: YL-05}"
        base = _asked(tmp_path, f"sites: {{joint: {joint}}}\n{locks}\n")
        land, parts = base.territory.parcels.copy(), base.projects.parts.copy()
        land.loc["YL-05", "geometry"] = shapely.box(486_080, 2_519_900, 486_480, 2_520_400)  # 400 m × 500 m
        for part, area_m2 in demand_m2.items():
            parts.loc[part, ["land_m2", "land_max_m2"]] = area_m2
        parts.loc["P-007/main", "gfa_m2"] = gfa_m2
        territory, projects = replace(base.territory, parcels=land), replace(base.projects, parts=parts)
        return replace(base, territory=territory, projects=projects, root=None)

    inputs = question("yes", 120_000.0)
    plan = _solved(inputs)
    held = plan.uses[plan.uses["place"] == "YL-05"].set_index("part")["amount_m2"]
    assert held.to_dict() == demand_m2
    left = layers_of(plan, inputs.territory)["unplaced_parcels"].set_index("parcel_id")
    assert left.loc["YL-05", "usable_m2"] == pytest.approx(10_000)
    with pytest.raises(ScenarioError, match="P-007/main"):
        pose(question("yes", 120_001.0))
    with pytest.raises(ScenarioError, match="P-004/main"):
        pose(question("no", 120_000.0))


def test_14_a_project_forced_and_locked_stays_there_and_what_it_costs_is_told_goal_by_goal(tmp_path: Path) -> None:
    """**Proves** the lock holds, and the cost is the difference of two scores, goal by goal.

    **Sensitivity**: without the lock the project stands elsewhere or nowhere.
    """
    (tmp_path / "free").mkdir()
    free = _solved(_asked(tmp_path / "free", ""))
    there = free.placements.set_index("project")["park"].get("P-017", "")
    park = next(name for name in ("YL", "XQD") if name != there)
    inputs = _asked(tmp_path, f"locks: {{P-017: {{park: {park}}}}}\n")
    locked = _solved(inputs)
    assert locked.placements.set_index("project").loc["P-017", "park"] == park
    told = compare(free, locked)
    cost = free.summary["score"] - locked.summary["score"]
    assert cost == pytest.approx(free.goals["points"].sum() - locked.goals["points"].sum())
    assert cost >= -free.summary["gap"] * free.summary["score"]
    assert {move.project for move in told.moves} >= {"P-017"}


def test_17_the_same_data_again_tomorrow_gives_the_same_plan(tmp_path: Path) -> None:
    """**Proves** equal placements, goals, bound; and a change of the input changes its hash."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = (_asked(tmp_path / name, "") for name in ("one", "two"))
    first, second = _solved(one), _solved(two)
    assert first.placements.equals(second.placements)
    assert first.goals.equals(second.goals)
    assert first.summary["bound"] == second.summary["bound"]
    told = compare(first, second)
    assert not told.moves


def test_18_concentrated_against_even_and_what_decides_in_a_sentence(tmp_path: Path) -> None:
    """**Proves** both plans on the same measures, who moved, and a sentence with the points that decide.

    **Sensitivity**: a plan against itself decides nothing.
    """
    shares = "rules: {{pole_share: {{YL: {{most: {YL}}}, XQD: {{most: {XQD}}}}}}}\n"
    plans = {}
    for name, share in (("concentrated", {"YL": "100 %", "XQD": "20 %"}), ("even", {"YL": "55 %", "XQD": "55 %"})):
        (tmp_path / name).mkdir()
        plans[name] = _solved(_asked(tmp_path / name, shares.format(**share)))
    told = compare(plans["concentrated"], plans["even"])
    measures = {total.measure for total in told.totals}
    assert measures >= {"score", "placed", "land_m2"}
    assert told.moves
    assert {"YL", "XQD"} <= set(told.parks.index)
    gained = plans["even"].summary["score"] - plans["concentrated"].summary["score"]
    assert told.decides("均衡").zh.startswith(f"均衡 得分比 A 高 {gained:.1f} 分：产业与园区匹配 +")
    assert not compare(plans["even"], plans["even"]).moves


def test_19_the_area_of_yanluo_is_told_as_published_and_as_drawn_and_neither_is_changed() -> None:
    """**Proves** 36.5 km² with source and date, beside the area drawn in the CRS named; each is told by itself."""
    territory = base().territory
    figures = territory.figures
    (said,) = figures[(figures["subject"] == "YL") & (figures["value"] == 36.5)].to_dict("records")
    assert said["unit"] == "km²"
    assert said["source"]
    assert said["source_date"]
    drawn_km2 = territory.parks.geometry["YL"].area / 1e6
    assert str(territory.crs) == "EPSG:4547"
    assert drawn_km2 == pytest.approx(36.5, rel=0.02)  # drawn to that figure, and still measured by itself
