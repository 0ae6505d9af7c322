"""Shares of a parcel on the tiny territory of `small`: posed, solved, on a map, and audited; wrong ones are found.

P-007 asks for 10,000 m² (15,000 at most). YL-01 is 200 m × 150 m with streets all around, so a cut of 10,000 m² is
66.667 m deep. Every parcel is open to joint taking, none divisible unless the scenario says so.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from audit_bench import GOALS, PLACED, Bench, On, bench_in, plan_of
from small import EAST, NORTH

import planner
from planner.audit import audit
from planner.case import Case
from planner.changes import changed
from planner.intake.inputs import Inputs
from planner.layers import layers_of
from planner.plan import Plan, load, save
from planner.projects import Projects
from planner.scenario import Scenario

CUTS = {"cuts": True}
DEEP = 10_000 / 150


def divisible(*parcels: str) -> list[dict[str, Any]]:
    return [{"set": {"layer": "parcels", "id": name, "divisible": True}} for name in parcels]


def asked(small: Inputs, needs: dict[str, dict[str, float]], **keys: Any) -> Inputs:
    """Return the question of these projects alone, with other needs of their main parts."""
    names = list(needs)
    parts = small.projects.parts[small.projects.parts["project"].isin(names)].copy()
    for name, values in needs.items():
        for column, value in values.items():
            parts.loc[f"{name}/main", column] = value
    projects = Projects(small.projects.projects.loc[names], parts)
    question = Scenario.model_validate({"years": (2026, 2030), "goals": {"tier": 10, "waited": 1, "shape": 1}, **keys})
    return dataclasses.replace(small, scenario=question, projects=projects, root=None)


def sites_of(posed: Case, part: str) -> set[str]:
    return set(posed.options.loc[posed.options["part"] == part, "site"])


def test_a_divisible_parcel_offers_a_piece_at_either_end(small: Inputs) -> None:
    """YL-03 and YL-08 hold P-007 whole; YL-01 by either end. The piece is the western 66.667 m; 20,000 m² are left."""
    one = asked(small, {"P-007": {}}, sites=CUTS, changes=divisible("YL-01"))
    posed = planner.pose(one)
    west, east = "YL-01/end1:10000", "YL-01/end2:10000"
    assert sites_of(posed, "P-007/main") == {"YL-03", "YL-08", west, east}
    piece = posed.sites.loc[west, "geometry"]
    assert piece.equals_exact(shapely.box(EAST, NORTH, EAST + DEEP, NORTH + 150).normalize(), 1e-6) or (
        piece.symmetric_difference(shapely.box(EAST, NORTH, EAST + DEEP, NORTH + 150)).area < 1e-3
    )
    assert posed.sites.loc[west, ["usable_m2", "lost_m2"]].tolist() == [10_000, 0]
    option = posed.options.index[posed.options["site"] == west][0]
    taken = posed.uses[posed.uses["option"] == option].set_index("kind")
    assert taken.loc["parcel_share", ["key", "amount"]].tolist() == ["YL-01", 10_000]
    assert taken.loc["cut_end", ["key", "amount"]].tolist() == ["YL-01 end 1", 1]


def test_nothing_is_cut_or_shared_unless_the_scenario_says_so(small: Inputs) -> None:
    posed = planner.pose(asked(small, {"P-007": {}}, changes=divisible("YL-01")))
    assert sites_of(posed, "P-007/main") == {"YL-03", "YL-08"}
    assert set(posed.uses["kind"]) == {"parcel", "power"}


def test_a_rest_too_small_goes_with_the_cut(small: Inputs) -> None:
    """28,000 of 30,000 m²: 2,000 are left, less than the 3,000 that stay on offer: lost, and the parcel is used up."""
    needs = {"P-007": {"land_m2": 28_000.0, "land_max_m2": 29_000.0}}
    posed = planner.pose(asked(small, needs, sites=CUTS, changes=divisible("YL-01")))
    assert posed.sites.loc["YL-01/end1:28000", "lost_m2"] == pytest.approx(2000)
    assert set(posed.uses.loc[posed.uses["kind"] == "parcel_share", "amount"].round(3)) == {30_000.0}
    kept = planner.pose(asked(small, needs, sites=CUTS | {"cut_rest_min_m2": 2000}, changes=divisible("YL-01")))
    assert kept.sites.loc["YL-01/end1:28000", "lost_m2"] == 0


def test_what_a_cut_loses_counts_as_left_over(small: Inputs) -> None:
    """2,000 m² are lost of at most 3,000 a divisible parcel, with 29 floors of 500 least: −100 × 2,000 ÷ 17,500.

    **Sensitivity**: by the least units alone ÷ 14,500; a second divisible parcel would make 20,500. A plan that says
    nothing was lost is found.
    """
    needs = {"P-007": {"land_m2": 28_000.0, "land_max_m2": 29_000.0, "gfa_m2": float("nan")}}
    keys = {"locks": {"P-007": {"parcels": ["YL-01"]}}, "goals": {"leftover": 1}}
    one = asked(small, needs, sites=CUTS, changes=divisible("YL-01"), **keys)
    plan = planner.solve(planner.pose(one))
    assert plan.summary["score"] == pytest.approx(-100 * 2000 / 17_500)
    found = audit(plan, one)
    assert found["kept"].all()
    nothing = plan.goals.assign(raw=0.0)
    found = audit(dataclasses.replace(plan, goals=nothing), one)
    assert found.loc[~found["kept"], ["key", "asked", "found"]].to_numpy().tolist() == [["leftover/raw", "= 2000", "0"]]
    kept = asked(small, needs, sites=CUTS | {"cut_rest_min_m2": 2000}, changes=divisible("YL-01"), **keys)
    assert planner.solve(planner.pose(kept)).summary["score"] == 0


def test_a_whole_parcel_uses_all_of_what_others_may_share(small: Inputs) -> None:
    """P-002 takes YL-01 whole (30,000 m²): the share it uses is all of it, and no end is cut."""
    posed = planner.pose(asked(small, {"P-002": {}}, sites=CUTS, changes=divisible("YL-01")))
    option = posed.options.index[posed.options["site"] == "YL-01"][0]
    taken = posed.uses[posed.uses["option"] == option].set_index("kind")
    assert taken.loc["parcel_share", "amount"] == pytest.approx(30_000)
    assert "cut_end" not in taken.index


def test_a_share_has_its_own_floor_space(small: Inputs) -> None:
    """FAR 3: 10,000 m² of land carry 30,000 m² of floors, not 31,000, though the parcel would carry 90,000."""
    sites = {"cuts": True, "joint": True}
    for gfa_m2, found in ((30_000.0, True), (31_000.0, False)):
        one = asked(small, {"P-007": {"gfa_m2": gfa_m2}}, sites=sites, changes=divisible("YL-01"))
        names = sites_of(planner.pose(one), "P-007/main")
        assert ("YL-01/end1:10000" in names, "YL-01:10000" in names) == (found, found)


@pytest.fixture(scope="module")
def three(small: Inputs) -> tuple[Inputs, Plan]:
    """Three firms that ask for 10,000, 9,000 and 8,000 m², all of which have to be on YL-01."""
    needs = {
        name: {"land_m2": land, "land_max_m2": land, "gfa_m2": float("nan")}
        for name, land in (("P-004", 9000.0), ("P-005", 8000.0), ("P-007", 10_000.0))
    }
    sites = {"cuts": True, "joint": True}
    locks = {name: {"parcels": ["YL-01"]} for name in needs}
    inputs = asked(small, needs, sites=sites, locks=locks, changes=divisible("YL-01"))
    return inputs, planner.solve(planner.pose(inputs))


def test_three_firms_share_one_parcel_and_the_audit_agrees(three: tuple[Inputs, Plan]) -> None:
    """10,000 + 9,000 + 8,000 of 30,000 m², at most two of them by cuts."""
    inputs, plan = three
    assert plan.uses["amount_m2"].sum() == pytest.approx(27_000)
    assert set(plan.uses["place"]) == {"YL-01"}
    assert (plan.placements["cut"] != "").sum() <= 2
    found = audit(plan, inputs)
    assert found["kept"].all()
    row = found[(found["rule"] == "parcel_not_overfilled") & (found["key"] == "YL-01")]
    assert row[["asked", "found"]].to_numpy().tolist() == [["≤ 30000", "27000"]]


def test_layers_draw_the_piece_and_what_is_left(small: Inputs) -> None:
    """A plan with one cut: 10,000 m² drawn for it, 20,000 m² of the parcel still on offer."""
    locks = {"P-007": {"parcels": ["YL-01"]}}
    inputs = asked(small, {"P-007": {}}, sites=CUTS, locks=locks, changes=divisible("YL-01"))
    plan = planner.solve(planner.pose(inputs))
    layers = layers_of(plan, changed(inputs.territory, inputs.scenario))
    assert layers["placed_plots"].geometry.area.tolist() == pytest.approx([10_000], abs=0.01)
    left = layers["unplaced_parcels"].set_index("parcel_id").loc["YL-01"]
    assert left["usable_m2"] == pytest.approx(20_000)
    assert left["geometry"].area == pytest.approx(20_000, abs=0.01)


# The audit


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_in(tmp_path_factory.mktemp("small"))


def box(west: float, east: float, south: float = 0, north: float = 150) -> shapely.Polygon:
    """Return a piece of XQD-05, from its south-western corner."""
    x, y = EAST + 2000 + 880, NORTH
    return shapely.box(x + west, y + south, x + east, y + north)


XQD_05 = {part: on for part, on in PLACED.items() if part != "P-001/main"}
GOALS_WITHOUT = dict.fromkeys(GOALS, (0.0, 0.0))


def wrong(
    bench: Bench, pieces: dict[str, shapely.Polygon], takes: dict[str, float], **sites: Any
) -> dict[str, set[str]]:
    """Return what is broken where parts hold pieces of XQD-05: rule to keys."""
    placed: dict[str, On] = {part: ("XQD", 2026, {"XQD-05": m2}) for part, m2 in takes.items()}
    plan = plan_of(placed, GOALS_WITHOUT)
    plan.placements["cut"] = [pieces[part].wkt if part in pieces else "" for part in plan.placements["part"]]
    asked_of = bench.needing("P-005/main", land_m2=9000.0, land_max_m2=9000.0)
    asked_of = Bench(bench.territory, asked_of).needing("P-007/main", land_m2=10_000.0)
    keys = {"sites": {"cuts": True, "joint": True, **sites}, "changes": divisible("XQD-05")}
    found: dict[str, set[str]] = {}
    for rule, key in bench.wrong(plan, asked_of, **keys):
        found.setdefault(rule, set()).add(key)
    return found


WEST, EASTERN = box(0, DEEP), box(140, 200)
BOTH = {"P-007/main": WEST, "P-005/main": EASTERN}
TAKES = {"P-007/main": 10_000.0, "P-005/main": 9000.0}


def test_two_cuts_from_two_ends_are_sound(bench: Bench) -> None:
    assert wrong(bench, BOTH, TAKES) == {}


@pytest.mark.parametrize(
    ("pieces", "takes", "broken"),
    [
        (BOTH | {"P-005/main": box(DEEP, DEEP + 60)}, TAKES, {"site": {"P-005/main"}}),  # leaves the rest in two
        (BOTH | {"P-007/main": box(0, 60)}, TAKES, {"site": {"P-007/main"}, "area_window": {"P-007/main"}}),  # 9,000 m²
        (BOTH | {"P-007/main": box(0, 100, 0, 100)}, TAKES, {"site": {"P-007/main"}}),  # a corner, not square
        (BOTH | {"P-007/main": box(0, 200, 0, 50)}, TAKES, {"site": {"P-007/main"}}),  # along, not across
        (BOTH | {"P-007/main": box(-10, DEEP - 10)}, TAKES, {"site": {"P-007/main"}, "area_window": {"P-007/main"}}),
        (BOTH | {"P-005/main": box(0, 60)}, TAKES, {"parcel_not_overfilled": {"XQD-05 pieces"},
                                                    "cut_end_used_once": {"XQD-05 end 1"}}),
        (BOTH, TAKES | {"P-007/main": 12_000.0}, {"site": {"P-007/main"}}),  # takes more than the piece
        ({}, {"P-007/main": 10_000.0, "P-005/main": 9500.0},
         {"site": {"P-005/main"}, "area_window": {"P-005/main"}}),  # a joint share larger than asked
    ],
)  # fmt: skip
def test_a_cut_or_share_that_is_wrong_is_found(
    bench: Bench, pieces: dict[str, shapely.Polygon], takes: dict[str, float], broken: dict[str, set[str]]
) -> None:
    found = wrong(bench, pieces, takes)
    assert {rule: keys for rule, keys in found.items() if rule in broken} == broken


def test_cuts_and_shares_nobody_allowed_are_found(bench: Bench) -> None:
    """Where the scenario allows neither, XQD-05 is one parcel given twice, and neither share is a site."""
    assert "site" in wrong(bench, BOTH, TAKES, cuts=False, joint=False)
    assert wrong(bench, {}, TAKES, joint=False)["site"] == {"P-005/main", "P-007/main"}
    assert wrong(bench, {}, TAKES, cuts=False, joint=False)["parcel_used_once"] == {"XQD-05"}


def test_a_parcel_shared_beyond_its_land_is_found(bench: Bench) -> None:
    """10,000 + 9,000 + 12,000 m² of 30,000."""
    takes = TAKES | {"P-003/main": 12_000.0}
    assert wrong(bench, {}, takes)["parcel_not_overfilled"] == {"XQD-05"}


def test_a_piece_or_rest_without_a_street_is_found(bench: Bench) -> None:
    """The smaller piece has 60 + 150 + 60 = 270 m of street, the larger 283 m: 270 m are asked, then 300 m."""
    assert wrong(bench, BOTH, TAKES, access_m=270) == {}
    found = wrong(bench, BOTH, TAKES, access_m=300)
    assert found == {"site": {"P-005/main", "P-007/main"}}


def test_no_measure_without_a_shared_parcel(bench: Bench) -> None:
    found = bench.findings()
    assert isinstance(found, pd.DataFrame)
    assert not found["rule"].isin(("parcel_not_overfilled", "cut_end_used_once")).any()


def test_a_plan_with_cuts_survives_its_folder(three: tuple[Inputs, Plan], tmp_path: Path) -> None:
    inputs, plan = three
    save(plan, tmp_path / "plan", layers_of(plan, changed(inputs.territory, inputs.scenario)), {})
    again = load(tmp_path / "plan")
    assert again.placements["cut"].fillna("").tolist() == plan.placements["cut"].tolist()
