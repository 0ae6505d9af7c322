"""`pose` on the tiny territory of `small`: every count and figure derived by hand; scenarios change what they say.

Parcels on offer are 01–10 of YL and XQD, each 30,000 m² (YL-03 and YL-08: 12,000); 09 and 10 are M0, the others M1;
01–05 are ready in 2026, 06–10 in 2028. Each park's power steps up every year, so that whoever draws power may start in
any year from the first possible one.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
from pandas.testing import assert_frame_equal
from small import CRS, EAST, NORTH, write_small_scenario

import planner
from planner import fit
from planner.case import Case
from planner.changes import changed
from planner.errors import ScenarioError
from planner.intake.inputs import Inputs, read
from planner.options import not_listed
from planner.places import Offers, largest_block, offers
from planner.projects import Projects
from planner.scenario import Scenario

WEIGHTS = {"tier": 10, "investment": 1, "output": 1, "tax": 3, "fit": 5, "waited": 1, "spare_land": 1}


def asked(small: Inputs, projects: str = "", **keys: Any) -> Inputs:
    """Return the question with these scenario keys, of all projects or of some."""
    names = projects.split() or list(small.projects.projects.index)
    parts = small.projects.parts
    some = Projects(small.projects.projects.loc[names], parts[parts["project"].isin(names)])
    question = Scenario.model_validate({"years": (2026, 2030), "goals": WEIGHTS, **keys})
    return dataclasses.replace(small, scenario=question, projects=some, root=None)


def pose(small: Inputs, projects: str = "", **keys: Any) -> Case:
    return planner.pose(asked(small, projects, **keys))


def sites_of(posed: Case, part: str) -> dict[str, list[int]]:
    """Return site to start years of a part."""
    rows = posed.options[posed.options["part"] == part]
    return {str(site): years["start_year"].tolist() for site, years in rows.groupby("site")}


@pytest.fixture(scope="module")
def posed(small: Inputs) -> Case:
    return planner.pose(small)


def offer_of(small: Inputs) -> Offers:
    return offers(small.territory, 30, 20)


# Counts and figures by hand

COUNTS = {
    # 60,000 m² of M1: pairs of whole parcels. XQD: 4 of 01–05 (5 starts), 06-07, 07-08 and 01-06, 02-07, 03-08 (3).
    # YL without 03 and 08: 01-02 and 04-05 (5 starts), 06-07, 01-06, 02-07 (3). 20 + 15 + 10 + 9.
    "P-001/main": 54,
    # 10,000–15,000 m²: YL-03 (5 starts) and YL-08 (from 2028: 3).
    "P-007/main": 8,
    # 1,000 m², wet: six floors of B05 alone, 5 starts.
    "P-009/wet": 30,
    # 4,000 m² on F01–F03: F01 and F02, or F02 and F03, whole. B01, B03, B05: 5 starts; B02 from 2027: 4; B04: 2.
    "P-017/main": 2 * (5 + 5 + 5 + 4 + 2),
    # ground floor in 2026: B01, B03, B05 (B02 is delivered in 2027, B04 in 2029).
    "P-019/main": 3,
    # 2,000 m² at 10 kN/m², F01–F03: 3 floors in each of five buildings.
    "P-016/main": 3 * (5 + 5 + 5 + 4 + 2),
}


@pytest.mark.parametrize("part", COUNTS)
def test_number_of_options(posed: Case, part: str) -> None:
    assert (posed.options["part"] == part).sum() == COUNTS[part]


def test_a_share_of_a_partly_let_floor(posed: Case) -> None:
    """P-014, 1,000 m², from 2027: every floor with that much free. B01-F06 is let; B03-F05 has just 1,000 left.

    F01–F06 of five buildings less one, 29 floors: B01 (5), B02, B03, B05 (6 each) with 4 starts, B04 (6) with 2; all
    at 3.6 m and 6.5 kN/m².
    """
    found = sites_of(posed, "P-014/main")
    assert len(found) == 29
    assert "B01-F06" not in found
    assert found["B03-F05"] == [2027, 2028, 2029, 2030]
    assert found["B04-F01"] == [2029, 2030]
    assert (posed.options["part"] == "P-014/main").sum() == 4 * 23 + 2 * 6


def test_parts_without_an_option(posed: Case) -> None:
    """P-020 is too heavy (25 kN/m²); P-018 wants M0 floors by its industry's rule, and all buildings are M1."""
    assert set(posed.parts.index) - set(posed.options["part"]) == {"P-018/main", "P-020/main"}


def test_a_refusal_states_need_and_offer(posed: Case) -> None:
    """P-020 at B01-F01: 25 kN/m² needed, 15 offered; upstairs it shakes too much, its 4 m clear pass just so."""
    rows = posed.refusals[posed.refusals["part"] == "P-020/main"].set_index("place")["failed"]
    part = posed.parts.loc[["P-020/main"]]
    (failure,) = fit.failures(int(rows["B01-F01"]), part, posed.places.loc[["B01-F01"]], "floor")
    assert (failure.test, failure.need, failure.offer, failure.unit) == ("floor_load", 25, 15, "kN/m²")
    assert int(rows["B02-F06"]) == fit.BIT["floor_load"] | fit.BIT["vibration_class"]
    assert fit.BIT["available"] & int(rows["B01-F06"])


def test_every_part_is_refused_or_offered_at_every_place(posed: Case, small: Inputs) -> None:
    """24 parts × (30 parcels + 30 floors): what is not refused stands in an option, alone or in a composite site."""
    refused = posed.refusals.astype({"part": str, "place": str}).groupby("part")["place"].agg(set)
    taken = posed.uses[posed.uses["kind"].isin(("parcel", "floor"))]
    part_of = posed.options["part"].to_numpy()[taken["option"].to_numpy()]
    used = taken["key"].groupby(part_of).agg(set)
    own = np.uint32(sum(fit.BIT[name] for name in ("area_window", "far_volume", "height")))
    for part in posed.parts.index:
        here = refused.get(part, set())
        for place in posed.places.index:
            assert place in here or place in used.get(part, set()), (part, place)
        hard = posed.refusals[(posed.refusals["part"] == part) & ((posed.refusals["failed"] & ~own) != 0)]
        assert not set(hard["place"].astype(str)) & used.get(part, set())


def test_uses_of_an_option(posed: Case) -> None:
    """P-001 on XQD-01+XQD-02 in 2028: both parcels, and 8,000 kVA in the years that bound XQD from 2028 on."""
    options = posed.options.reset_index()
    row = options[
        (options["site"] == "XQD-01+XQD-02") & (options["part"] == "P-001/main") & (options["start_year"] == 2028)
    ]
    uses = posed.uses[posed.uses["option"] == row["index"].iat[0]]
    assert uses[["kind", "key", "amount"]].values.tolist() == [
        ["parcel", "XQD-01", 30_000],
        ["parcel", "XQD-02", 30_000],
        ["power", "XQD 2028", 8_000],
        ["power", "XQD 2029", 8_000],
        ["power", "XQD 2030", 8_000],
    ]


def test_points_of_an_option(posed: Case) -> None:
    """P-003 (关键性, two kinds of site) on YL-01 in 2027, each goal by hand; 20 projects asked.

    Tier 3 of 5×5 + 3×7 … = 50; 10 of 235 and 15 of 377 亿元; 1 of 21.2; fit ½ of 20; 1 year of 78;
    no spare land.
    """
    options = posed.options.set_index(["part", "site", "start_year"])
    row = options.loc[("P-003/main", "YL-01", 2027)]
    by_hand = {
        "tier": 1000 * 3 / 50,
        "investment": 100 * 10 / 235,
        "output": 100 * 15 / 377,
        "tax": 300 * 1 / 21.2,
        "fit": 500 * 0.5 / 20,
        "waited": -100 * 1 / 78,
        "spare_land": 0,
    }
    assert row[list(by_hand)].to_dict() == pytest.approx(by_hand)
    spare = options.loc[("P-007/main", "YL-03", 2026), "spare_land"]
    assert spare == pytest.approx(-100 * 2_000 / 14_000)  # 5,000 of P-007 and 9,000 of P-003 are the most there can be
    half = options.loc[("P-008/research", "B01-F02", 2026)]
    assert half["tier"] == pytest.approx(1000 * 5 / 50 / 2)  # a part's share of its project


def test_normalisers_are_those_of_everything_asked(posed: Case) -> None:
    assert posed.goals["normaliser"].to_dict() == pytest.approx(
        {"tier": 50, "investment": 235, "output": 377, "tax": 21.2, "fit": 20, "waited": 78, "spare_land": 14_000}
    )


def test_normalisers_are_those_of_the_root(small: Inputs) -> None:
    """A child that asks for two projects is measured against the twenty of its root, unless it says `own`."""
    child = dataclasses.replace(asked(small, "P-002 P-003"), root=small)
    assert planner.pose(child).goals.loc["tier", "normaliser"] == 50
    own = child.scenario.model_copy(update={"normalise": "own"})
    assert planner.pose(dataclasses.replace(child, scenario=own)).goals.loc["tier", "normaliser"] == 8


def test_a_goal_without_weight_is_left_out(small: Inputs) -> None:
    found = pose(small, "P-002", goals={"tier": 1})
    assert found.option_goals() == ("tier",)
    assert found.goals.index.tolist() == ["tier"]


# Order


def test_options_are_in_canonical_order(posed: Case) -> None:
    key = posed.options[["part", "site", "start_year"]]
    assert_frame_equal(key, key.sort_values(["part", "site", "start_year"], ignore_index=True))
    assert not key.duplicated().any()
    assert posed.sites.index.is_unique
    assert posed.sites.index.is_monotonic_increasing
    assert posed.projects.index.is_monotonic_increasing


TABLES = ("options", "uses", "limits", "refusals", "parts", "projects", "sites", "places", "goals", "site_refusals")


def test_order_of_the_files_changes_nothing(posed: Case, tmp_path: Path) -> None:
    """Every table shuffled, line by line: the very same case. Parts of a project stay in their order."""
    path = write_small_scenario(tmp_path)
    for name in ("parks", "parcels", "buildings", "floors", "supply", "restrictions", "projects"):
        file = tmp_path / f"{name}.csv"
        header, *rows = file.read_text(encoding="utf-8").splitlines()
        if name == "projects":
            rows.sort(key=lambda row: row.split(",")[0], reverse=True)
        else:
            random.Random(7).shuffle(rows)
        file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    again = planner.pose(read(path))
    for name in TABLES:
        assert_frame_equal(getattr(again, name), getattr(posed, name), obj=name)
    assert again.sites_missing == posed.sites_missing


# What a scenario says


def test_lock(small: Inputs) -> None:
    """P-002 locked to XQD-02: it has to be placed, and there; refused elsewhere with the place named."""
    found = pose(small, "P-002 P-003", locks={"P-002": ["XQD-02"]})
    assert sites_of(found, "P-002/main").keys() == {"XQD-02"}
    assert found.projects["must_place"].to_dict() == {"P-002": True, "P-003": False}
    assert len(sites_of(found, "P-003/main")) > 1
    refused = found.refusals[found.refusals["part"] == "P-002/main"].set_index("place")["failed"]
    (failure,) = fit.failures(
        int(refused["XQD-01"]), found.parts.loc[["P-002/main"]], found.places.loc[["XQD-01"]], "parcel"
    )
    assert (failure.test, failure.need, failure.offer) == ("locked_elsewhere", "XQD-02", "XQD-01")


def test_lock_of_one_part_leaves_the_others_free(small: Inputs) -> None:
    found = pose(small, "P-008", locks={"P-008/research": {"building": "B05"}})
    assert {site[:3] for site in sites_of(found, "P-008/research")} == {"B05"}
    assert len(sites_of(found, "P-008/production")) > 2
    assert found.projects.loc["P-008", "must_place"]


def test_lock_to_a_park_takes_everything_in_it(small: Inputs) -> None:
    by_id, by_name, by_alias = (
        sites_of(pose(small, "P-003", locks={"P-003": {"park": name}}), "P-003/main")
        for name in ("YL", "燕罗", "燕罗国际智能制造生态城")
    )
    assert by_id == by_name == by_alias
    assert {site[:2] for site in by_id} == {"YL", "B0"}
    assert {site[:3] for site in by_id if site[0] == "B"} == {"B01", "B02"}


def test_only_is_a_lock_that_need_not_be_placed(small: Inputs) -> None:
    found = pose(small, "P-002", only={"P-002": ["XQD-02"]})
    assert sites_of(found, "P-002/main").keys() == {"XQD-02"}
    assert not found.projects["must_place"].any()


def test_ban(small: Inputs) -> None:
    """P-019 may stand on the ground floors of B01, B03, B05; B03 is banned."""
    found = pose(small, "P-019", bans=[{"project": "P-019", "place": {"building": "B03"}}])
    assert sites_of(found, "P-019/main").keys() == {"B01-F01", "B05-F01"}
    refused = found.refusals.set_index("place")["failed"]
    assert int(refused["B03-F01"]) == fit.BIT["banned"]


def test_two_bans_of_one_project_both_hold(small: Inputs) -> None:
    bans = [{"project": "P-019", "place": {"building": name}} for name in ("B03", "B05")]
    assert sites_of(pose(small, "P-019", bans=bans), "P-019/main").keys() == {"B01-F01"}


def test_must_place(small: Inputs) -> None:
    assert pose(small, "P-002 P-003", must_place=["P-003"]).projects["must_place"].tolist() == [False, True]
    off = pose(small, "P-002", must_place=["P-002"], rules={"must_place": False})
    assert "must_place" not in off.rules


@pytest.mark.parametrize("key", ["locks", "must_place"])
def test_a_lock_on_a_refused_pair_quotes_the_refusal(small: Inputs, key: str) -> None:
    """P-020 needs 25 kN/m²; B01-F01 carries 15."""
    said = {"locks": {"P-020": {"floor": "B01-F01"}}} if key == "locks" else {"must_place": ["P-020"]}
    with pytest.raises(ScenarioError) as error:
        pose(small, "P-020", **said)
    (fault,) = error.value.faults
    assert fault.where.startswith(key)
    assert fault.features == ("P-020/main",)
    for lang, words in (("zh", "楼面荷载"), ("en", "floor load")):
        text = fault.words(lang)  # type: ignore[arg-type]
        for piece in ("P-020/main", "B01-F01", words, "25", "15", "kN/m²"):
            assert piece in text


def test_a_lock_on_let_floors_says_so(small: Inputs) -> None:
    with pytest.raises(ScenarioError, match=r"B01-F06.*on offer.*let"):
        pose(small, "P-014", locks={"P-014": {"floor": "B01-F06"}})


def test_a_lock_that_no_single_place_breaks_is_an_error_too(small: Inputs) -> None:
    """P-001 needs two parcels; locked to one, which alone is too small: 60,000 needed, 30,000 offered."""
    with pytest.raises(ScenarioError, match=r"XQD-01.*60,000.*30,000"):
        pose(small, "P-001", locks={"P-001": ["XQD-01"]})


@pytest.mark.parametrize(
    ("keys", "where", "near"),
    [
        ({"locks": {"P-002": {"park": "燕萝"}}}, "locks", "燕罗"),
        ({"locks": {"P-002": ["XQD-99"]}}, "locks", "XQD-09"),
        ({"only": {"P-002": {"building": "B06"}}}, "only", "B0"),
        ({"bans": [{"project": "P-002", "place": {"floor": "B01-F09"}}]}, "bans", "B01-F0"),
        ({"locks": {"P-999": ["XQD-01"]}}, "locks", "P-999"),
        ({"must_place": ["P-999"]}, "must_place", "P-999"),
        ({"reserve": [{"block": ["XQD-99"], "for": "战略级"}]}, "reserve", "XQD-09"),
        ({"rules": {"power": {"燕萝": {2026: "1 MVA"}}}}, "rules", "燕罗"),
        ({"changes": [{"withdraw": ["XQD-99"]}]}, "changes", "XQD-09"),
    ],
)  # fmt: skip
def test_a_name_that_does_not_exist(small: Inputs, keys: dict[str, Any], where: str, near: str) -> None:
    with pytest.raises(ScenarioError) as error:
        pose(small, "P-002", **keys)
    assert error.value.faults[0].where.startswith(where)
    assert near in str(error.value)


def test_faults_are_told_all_at_once(small: Inputs) -> None:
    with pytest.raises(ScenarioError) as error:
        pose(small, "P-002", locks={"P-002": ["XQD-99"]}, only={"P-999": ["XQD-01"]}, must_place=["P-998"])
    assert len(error.value.faults) == 3


def test_reserve_of_listed_parcels(small: Inputs) -> None:
    """XQD-02 is kept for 战略级: P-003 (关键性) loses it, P-002 (战略级) does not."""
    found = pose(small, "P-002 P-003", reserve=[{"block": ["XQD-02"], "for": "战略级"}])
    assert "XQD-02" in sites_of(found, "P-002/main")
    assert "XQD-02" not in sites_of(found, "P-003/main")
    assert "XQD-01" in sites_of(found, "P-003/main")
    assert found.places.loc["XQD-02", "reserved_for"] == "战略级"


def test_a_parcel_is_reserved_for_one_tier(small: Inputs) -> None:
    """Two blocks may overlap where both are kept for the same tier; else nobody could take what lies in both."""
    first = {"block": ["XQD-01", "XQD-02"], "for": "战略级"}
    found = pose(small, "P-002", reserve=[first, {"block": ["XQD-02"], "for": "战略级"}])
    assert set(found.places.index[found.places["reserved_for"] == "战略级"]) == {"XQD-01", "XQD-02"}
    with pytest.raises(ScenarioError, match="are kept for 战略级 already") as error:
        pose(small, "P-002", reserve=[first, {"block": ["XQD-02"], "for": "关键性"}])
    assert [fault.features for fault in error.value.faults] == [("XQD-02",)]


def test_reserve_of_the_largest_block(small: Inputs) -> None:
    """The corridor parts YL: west of it 01, 02, 06, 07 and, across 20 m, 03 and 08 with their larger pieces.

    Both halves of YL-03 are 12,000 m²; whichever counts, the block is 4 × 30,000 + 2 × 12,000 = 144,000 m².
    """
    block = largest_block(offer_of(small), "YL")
    land = offer_of(small).parcels.loc[sorted(block), "usable_m2"]
    assert land.sum() == pytest.approx(144_000)
    found = pose(small, "P-003", reserve=[{"block": "largest", "park": "YL", "for": "战略级"}])
    assert not {site for site in sites_of(found, "P-003/main") if site in block}
    assert set(found.places.index[found.places["reserved_for"] != ""]) == block


def test_largest_block_ties_go_to_the_least_name(small: Inputs) -> None:
    """Without XQD-03 and XQD-08 two blocks of four are left, 120,000 m² each: that of XQD-01."""
    withdrawn = asked(small, "P-002", changes=[{"withdraw": ["XQD-03", "XQD-08"]}])
    territory = changed(withdrawn.territory, withdrawn.scenario)
    assert largest_block(offers(territory, 30, 20), "XQD") == {"XQD-01", "XQD-02", "XQD-06", "XQD-07"}
    assert largest_block(offers(territory, 30, 20), "JB") == frozenset()


def lonlat(*points: tuple[float, float]) -> list[list[float]]:
    to = pyproj.Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)
    return [list(to.transform(x, y)) for x, y in points]


def test_a_corridor_recomputes_the_usable_land(small: Inputs) -> None:
    """10 m on either side of x = 485,050 leave 40 m and 140 m of YL-01's 200: 21,000 m² count, FAR volume 63,000.

    P-003 (30,000–39,000) loses it, alone; with YL-02 it is 51,000 m², too much. P-002 may start elsewhere as before.
    """
    line = lonlat((EAST + 50, NORTH - 100), (EAST + 50, NORTH + 160))
    found = pose(small, "P-002 P-003", changes=[{"corridor": {"line": line, "half_width_m": 10}}])
    there = found.places.loc["YL-01"]
    assert there["usable_m2"] == pytest.approx(21_000, abs=5)
    assert there["far_volume_m2"] == pytest.approx(63_000, abs=15)
    assert there["coverage_m2"] == pytest.approx(10_500, abs=3)
    assert found.places.loc["YL-02", "usable_m2"] == pytest.approx(30_000)
    assert "YL-01" not in sites_of(found, "P-003/main")
    assert "YL-02" in sites_of(found, "P-003/main")
    assert "YL-01" in sites_of(pose(small, "P-003"), "P-003/main")
    assert small.territory.restrictions.shape[0] == 2  # the territory itself is not touched


def test_withdraw(small: Inputs) -> None:
    """A parcel, a floor and a whole building go off the offer; the rest stays."""
    found = pose(small, "P-003 P-019", changes=[{"withdraw": ["XQD-02", "B01-F01"]}, {"withdraw": ["B05"]}])
    assert sites_of(found, "P-019/main").keys() == {"B03-F01"}
    assert "XQD-02" not in sites_of(found, "P-003/main")
    assert found.places.loc["XQD-02", "state"] == "other_use"
    assert not found.places.loc[[f"B05-F0{k}" for k in range(1, 7)], "available"].any()
    assert found.places.loc["B01-F02", "available"]


def test_set_in_order(small: Inputs) -> None:
    """FAR 3 becomes 1.5, then 1: 30,000 m² of floors; P-002 (45,000) loses the parcel. Units may be written."""
    there = {"layer": "parcels", "id": "XQD-02"}
    changes = [{"set": {**there, "far_max": 1.5}}, {"set": {**there, "far_max": 1}}]
    found = pose(small, "P-002", changes=changes)
    assert found.places.loc["XQD-02", "far_volume_m2"] == pytest.approx(30_000)
    assert "XQD-02" not in sites_of(found, "P-002/main")
    assert "XQD-02" in sites_of(pose(small, "P-002", changes=changes[:1]), "P-002/main")
    floor = {"layer": "floors", "id": "B01-F06", "occupied_m2": 500}
    assert pose(small, "P-014", changes=[{"set": floor}]).places.loc["B01-F06", "free_m2"] == 1500


# Years and power


def test_start_years_follow_the_steps_of_power(small: Inputs) -> None:
    """YL held at 1 MVA and 5 from 2029: a start in 2026, or once there is more power; nothing in between is better."""
    found = pose(small, "P-007", rules={"power": {"YL": {2026: "1 MVA", 2029: "5 MVA"}}})
    assert sites_of(found, "P-007/main") == {"YL-03": [2026, 2029], "YL-08": [2028, 2029]}
    power = found.limits_of("power")["at_most"]
    # 2026 and 2027 are idle (2028 bounds as tightly); 2030 bounds no tighter than 2029 does
    assert power.filter(like="YL").to_dict() == {"YL 2028": 1000, "YL 2029": 5000, "YL 2030": 5000}


def test_soft_power_has_a_row_for_every_year(small: Inputs) -> None:
    """A hard limit states the years that no later one implies; each year of a soft one is missed at its own price."""
    caps = {"caps": {"YL": {2026: "1 MVA", 2029: "5 MVA"}}, "soft": 1}
    found = pose(small, "P-007", rules={"power": caps})
    limits = found.limits_of("power")["at_most"].filter(like="YL")
    assert limits.to_dict() == {**{f"YL {t}": 1000 for t in (2026, 2027, 2028)}, "YL 2029": 5000, "YL 2030": 5000}
    assert found.soft == {"power": 1}


def test_who_draws_no_power_starts_at_once(small: Inputs) -> None:
    parts = small.projects.parts.copy()
    parts.loc["P-007/main", "power_kva"] = 0.0
    free = dataclasses.replace(small, projects=dataclasses.replace(small.projects, parts=parts))
    assert sites_of(pose(free, "P-007"), "P-007/main") == {"YL-03": [2026], "YL-08": [2028]}


def test_window_of_years(small: Inputs) -> None:
    """P-003 wants 2026–2028: parcels ready in 2028 in 2028 only, no B04 (2029). P-019 wants 2026 alone."""
    found = sites_of(pose(small, "P-003"), "P-003/main")
    assert found["XQD-06"] == [2028]
    assert found["B02-F01"] == [2027, 2028]
    assert "B04-F01" not in found
    later = sites_of(pose(small, "P-003", years=(2027, 2030)), "P-003/main")
    assert later["XQD-01"] == [2027, 2028]


def test_caps_replace_the_layer_from_their_first_year_on(small: Inputs) -> None:
    """The layer gives YL 10, 20, 30 … MVA; a cap of 15 from 2028 on: 10 in 2026, then 20 falls back to 15.

    15 MVA from 2028 on bind 2027 as well: use never falls. So only 2026, the rise of 2027 and 2030 stand.
    """
    limits = pose(small, "P-007", rules={"power": {"燕罗": {2028: "15 MVA"}}}).limits_of("power")["at_most"]
    ours = limits.filter(like="YL").to_dict()
    assert {year: ours.get(f"YL {year}") for year in range(2026, 2031)} == {
        2026: 10_000,
        2027: 20_000,
        2028: None,
        2029: None,
        2030: 15_000,
    }


def test_simultaneity_lowers_what_is_drawn(small: Inputs) -> None:
    uses = pose(small, "P-007", rules={"simultaneity": 0.6}).uses
    assert set(uses.loc[uses["kind"] == "power", "amount"]) == {300.0}


def test_rules_switched_off(small: Inputs) -> None:
    found = pose(small, "P-007", rules={"power": False, "parcel_used_once": False})
    assert pose(small, "P-007").rules - found.rules == {"power", "parcel_used_once"}


def test_opening_costs_points_where_it_is_weighed(small: Inputs) -> None:
    """B04 is planned: its tenants use it as a building; opening costs 200 points at a weight of 2."""
    found = pose(small, "P-011", goals={"opened": 2})
    opening = found.limits_of("building")["opening_points"]
    assert opening.to_dict() == {"B04": 200}
    inside = found.uses[found.uses["kind"] == "building"]
    sites = set(found.options["site"].to_numpy()[inside["option"].to_numpy()])
    assert {site[:3] for site in sites} == {"B04"}
    assert "building" not in set(pose(small, "P-011").limits["kind"])


def test_a_net_need_takes_what_it_comes_to_on_its_floors(small: Inputs) -> None:
    """P-014 needs 800 m² net: 1,000 m² at 80 %; where floors are not asked, 800 / 65 % = 1,230.77 m²."""
    parts = small.projects.parts.copy()
    parts.loc["P-014/main", ["gfa_m2", "net_m2"]] = [np.nan, 800.0]
    asked = dataclasses.replace(small, projects=dataclasses.replace(small.projects, parts=parts))

    def taken(**keys: Any) -> set[float]:
        found = pose(asked, "P-014", **keys)
        return set(found.uses_of("floor")["amount"].round(2))

    assert taken() == {1000.0}
    assert taken(tests={"net_need": False}) == {1230.77}


# Completeness


def blocks_of(sizes: Iterable[tuple[int, float]], small: Inputs) -> Offers:
    """Return offers of blocks in a row: number of parcels and m² of each."""
    names, land, pairs = [], [], []
    for block, (count, m2) in enumerate(sizes):
        own = [f"{block}-{k}" for k in range(count)]
        names += own
        land += [m2] * count
        pairs += list(itertools.pairwise(own))
    parcels = pd.DataFrame({"park": "K", "available": True, "usable_m2": land}, index=names)
    return Offers(parcels, pd.DataFrame(), pd.DataFrame(pairs, columns=["a", "b"]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sizes", "missing"),
    [([(3, 10.0)], ()), ([(4, 10.0)], ("larger",)), ([(1, 10.0)], ()), ([(2, 100.0), (5, 1.0)], ("larger",))],
)
def test_sites_are_complete_where_no_block_has_more_parcels_than_a_plot(
    small: Inputs, sizes: list[tuple[int, float]], missing: tuple[str, ...]
) -> None:
    """Also where the block of most parcels is not the largest by area: 2 × 100 m² beside 5 × 1 m².

    Where plots were grown or parcels are shared, not all are listed, however few the parcels of a block.
    """
    offered, question = blocks_of(sizes, small), Scenario(years=(2026, 2030))
    offered.parcels["shared"] = False
    assert not_listed(offered, question, grown=()) == {"K": missing}
    assert not_listed(offered, question, grown=("K",)) == {"K": (*missing, "grown")}
    offered.parcels["shared"] = True
    assert not_listed(offered, question, grown=()) == {"K": (*missing, "shares")}


def test_nearest_composite_site_is_kept(posed: Case) -> None:
    """P-007 (10,000–15,000 m²): the smallest pair is YL-03 and YL-08 with 24,000."""
    row = posed.site_refusals.set_index("part").loc["P-007/main"]
    assert (row["site"], row["need"], row["offer"]) == ("YL-03+YL-08", 15_000, pytest.approx(24_000))


# Case.from_tables


def tables(**changed: Any) -> Case:
    given = {
        "options": pd.DataFrame({"project": ["P", "Q"], "site": ["s", "t"], "given": [1.0, 2.0]}),
        "uses": pd.DataFrame({"option": [0, 1], "kind": "floor", "key": ["s", "t"], "amount": [1.0, 1.0]}),
        "limits": pd.DataFrame({"kind": "floor", "key": ["s", "t"], "at_most": [1.0, 1.0]}),
    }
    return Case.from_tables(**{**given, **changed})


def test_tables_fill_what_is_left_out() -> None:
    found = tables()
    assert found.options["part"].tolist() == ["P/main", "Q/main"]
    assert found.limits["opening_points"].tolist() == [0, 0]
    assert found.goals.index.tolist() == ["given"]
    assert not found.projects["must_place"].any()
    assert tables(must_place=True).projects["must_place"].all()
    assert tables(must_place=["Q"]).projects["must_place"].tolist() == [False, True]


def test_tables_that_name_what_is_not_there() -> None:
    with pytest.raises(ValueError, match="outside"):
        tables(uses=pd.DataFrame({"option": [2], "kind": "floor", "key": ["s"], "amount": [1.0]}))
    with pytest.raises(ValueError, match="'u', which has no limit"):
        tables(uses=pd.DataFrame({"option": [0], "kind": "floor", "key": ["u"], "amount": [1.0]}))
