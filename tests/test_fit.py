"""Every test of local fit on paper: passes just at its limit, fails just beyond it, with both figures derived by hand.

A part and a place stand in a frame of one row each, good in every respect; a case changes what it is about. Each case
says which wrong verdict the likeliest bug would give.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from small import CRS

from planner import fit
from planner.fit import BIT, NAMES, check, failures, nearest
from planner.intake.inputs import Inputs
from planner.places import fire_severity, offers
from planner.projects import with_defaults
from planner.scenario import Scenario
from planner.sites import plots
from planner.thresholds import per_part

NONE = float("nan")
PART: Mapping[str, Any] = {
    "project": "P", "accepts": ("P", "U"), "takes_parcel": True, "takes_floor": True, "always": True,
    "land_classes": (), "some_land_m2": 1.0, "land_m2": NONE, "land_max_m2": NONE, "gfa_m2": NONE, "net_m2": NONE,
    "usable_ratio": 0.65,
    "load_kn_m2": NONE, "clear_height_m": NONE, "highest_floor": 999, "fire_severity": NONE, "wet_process": False,
    "column_grid_m": NONE, "vibration_um_s": NONE, "vibration_class": "", "lift_piece_t": NONE, "power_kva": NONE,
    "protective_distance_m": NONE, "metro_distance_m": NONE, "inside_line": NONE, "rent_max_cny_m2_month": NONE,
    "investment_yi": NONE, "output_yi": NONE, "tax_yi": NONE, "least_investment_yi": {"K": NONE},
    "least_output_yi": {"K": NONE}, "least_tax_yi": {"K": NONE},
    "fire_class": "丙", "first": 2026.0, "last": 2030.0, "tier": "关键性", "banned_from": "", "locked_to": "",
}  # fmt: skip
PARCEL: Mapping[str, Any] = {
    "kind": "parcel", "state": "free", "available": True, "land_class": "M1", "usable_m2": 30_000.0,
    "far_volume_m2": 90_000.0, "coverage_m2": 15_000.0, "height_limit_m": 60.0, "ready_year": 2026.0, "wet_ok": True,
    "reserved_for": "", "power_kva": 5_000.0, "inside_line": 1.0, "sensitive_m": 100.0, "metro_m": 200.0, "park": "K",
}  # fmt: skip
FLOOR: Mapping[str, Any] = {
    "kind": "floor", "state": "free", "available": True, "land_class": "M1", "building": "B", "floor": 4,
    "free_m2": 2_000.0, "usable_ratio": 0.7, "load_kn_m2": 7.5, "clear_height_m": 4.0, "fire_severity": 3,
    "ready_year": 2025.0, "production_class": "丁", "outside": True, "inside_line": 1.0, "sensitive_m": 100.0,
    "metro_m": 200.0,
    "column_grid_m": 8.4, "vibration_um_s": 50.0, "vibration_class": "VC-A", "lift_t": 3.0, "rent_cny_m2_month": 35.0,
    "wet_ok": True, "reserved_for": "",
}  # fmt: skip
OF = {"parcel": PARCEL, "floor": FLOOR}
WORDS = {test.name: test.words for test in fit.TESTS}


def one(base: Mapping[str, Any], name: str, changed: Mapping[str, Any]) -> pd.DataFrame:
    assert changed.keys() <= base.keys()
    row = {**base, **changed}
    return pd.DataFrame({column: pd.Series([value], index=[name]) for column, value in row.items()})


def refused(kind: str, part: Mapping[str, Any] | None = None, /, **place: Any) -> dict[str, tuple[object, object]]:
    """Return the tests that fail for the part at the place, each with need and offer."""
    needs, offer = one(PART, "P/main", part or {}), one(OF[kind], "there", place)
    bits = int(check(needs, offer, kind)[0, 0])  # type: ignore[arg-type]
    found = failures(bits, needs, offer, kind)  # type: ignore[arg-type]
    assert {failure.test for failure in found} == {name for name in NAMES if bits & BIT[name]}
    return {failure.test: (failure.need, failure.offer) for failure in found}


def near(need: float, offer: float) -> tuple[object, object]:
    return pytest.approx(need), pytest.approx(offer)


@pytest.mark.parametrize(("test", "need", "offer", "unit", "zh", "en"), [
    ("available", "yes", "occupied", "", ("是", "已占用"), ("yes", "occupied")),
    ("available", "yes", "let", "", ("是", "已租"), ("yes", "let")),
    ("site_kind", "P;U", "floor", "", ("独立用地、任意楼层", "楼层"), ("a plot of its own, any floor", "floor")),
    ("zoned", "M1;M0", "G", "", ("M1 一类工业、M0 新型产业", "G 绿地"),
     ("M1 light industry, M0 innovation industry", "G green space")),
    ("wet_process", "yes", "no", "", ("是", "否"), ("yes", "no")),
    ("banned", "a;no", "no", "", ("a;no", "否"), ("a;no", "no")),
    ("fire_class", "丙", "丁", "", ("丙", "丁"), ("丙", "丁")),
    ("ready_year", 2026.0, 2027.0, "", ("2026", "2027"), ("2026", "2027")),
    ("area_window", 15_000.0, 30_000.4, "m²", ("15,000 m²", "30,000 m²"), ("15,000 m²", "30,000 m²")),
    ("clear_height", 7.2, 7.195, "m", ("7.2 m", "7.195 m"), ("7.2 m", "7.195 m")),
])  # fmt: skip
def test_need_and_offer_are_said_in_words(
    test: str, need: Any, offer: Any, unit: str, zh: tuple[str, str], en: tuple[str, str]
) -> None:
    """**Sensitivity**: G is the ground floor among kinds of site, and green space among land classes."""
    both = fit.both_said(test, need, offer, unit)
    assert (tuple(one.zh for one in both), tuple(one.en for one in both)) == (zh, en)


@pytest.mark.parametrize("kind", ["parcel", "floor"])
def test_a_part_that_asks_for_nothing_passes_everywhere(kind: str) -> None:
    assert refused(kind) == {}


def test_available() -> None:
    """**Proves**: what is not on offer is refused, and the refusal says its state.

    **Sensitivity**: a test on the state alone would let a free parcel without a ready year pass.
    """
    assert refused("parcel", available=False, state="occupied") == {"available": ("yes", "occupied")}
    assert refused("parcel", available=False, state="free") == {"available": ("yes", "free")}
    assert refused("floor", available=False, state="let") == {"available": ("yes", "let")}


def test_available_on_the_territory(small: Inputs) -> None:
    """States free and in preparation, with a ready year: 20 of 30 parcels; 29 of 30 floors (B01-F06 is let)."""
    found = offers(small.territory, 30, 20)
    assert found.parcels["available"].sum() == 20
    assert found.floors.index[~found.floors["available"]].tolist() == ["B01-F06"]
    parcels = small.territory.parcels.copy()
    parcels.loc["YL-01", "ready_year"] = np.nan
    without = type(small.territory)(**{**vars(small.territory), "parcels": parcels})
    assert not offers(without, 30, 20).parcels.loc["YL-01", "available"]


def test_site_kind() -> None:
    """**Proves**: a part for floors only is refused on land, one for its own plot only on floors.

    **Sensitivity**: a part that takes either must be refused nowhere.
    """
    upstairs = {"takes_parcel": False, "accepts": ("U",)}
    assert refused("parcel", upstairs) == {"site_kind": ("U", "parcel")}
    assert refused("floor", upstairs) == {}
    own = {"takes_floor": False, "accepts": ("P",)}
    assert refused("floor", own) == {"site_kind": ("P", "floor")}
    assert refused("parcel", own) == {}


@pytest.mark.parametrize("kind", ["parcel", "floor"])
def test_zoned(kind: str) -> None:
    """**Proves**: M1 is among M1 and M0; GIC is not. A class not given passes, and so does a part for any class.

    **Sensitivity**: comparing text, "M1" would be found within "M1;M0" but "M" as well.
    """
    asked = {"land_classes": ("M1", "M0")}
    assert refused(kind, asked, land_class="M0") == {}
    assert refused(kind, asked, land_class="GIC") == {"zoned": ("M1;M0", "GIC")}
    assert refused(kind, asked, land_class="M") == {"zoned": ("M1;M0", "M")}
    assert refused(kind, asked, land_class="") == {}
    assert refused(kind, {"land_classes": ()}, land_class="GIC") == {}


def test_restrictions() -> None:
    """**Proves**: a parcel of which nothing is usable is refused: 1 m² needed, 0 offered; 1 m² passes.

    **Sensitivity**: a part that gives no land (area window silent) would otherwise stand on forbidden land.
    """
    assert refused("parcel", usable_m2=0.0) == {"restrictions": near(1, 0)}
    assert refused("parcel", usable_m2=1.0) == {}
    assert refused("floor", outside=False) == {"restrictions": ("yes", "no")}
    assert refused("floor", outside=True) == {}


@pytest.mark.parametrize("kind", ["parcel", "floor"])
def test_industrial_line(kind: str) -> None:
    """**Proves**: half inside passes, less does not; so does a part that is not industrial, and land without a line.

    **Sensitivity**: asked to lie in it wholly, a corner cut off by a line drawn in haste would refuse a parcel.
    """
    industrial = {"inside_line": 0.5}
    assert refused(kind, industrial, inside_line=0.5) == {}
    assert refused(kind, industrial, inside_line=0.49) == {"industrial_line": near(0.5, 0.49)}
    assert refused(kind, {}, inside_line=0.0) == {}
    assert refused(kind, industrial, inside_line=NONE) == {}


@pytest.mark.parametrize("kind", ["parcel", "floor"])
def test_protective_distance(kind: str) -> None:
    """**Proves**: 100 m asked: a school 100 m away passes, one 99 m away does not; no school anywhere passes.

    **Sensitivity**: with the usual 50 m of the kind for the part's own distance, 99 m would pass.
    """
    asked = {"protective_distance_m": 100.0}
    assert refused(kind, asked, sensitive_m=100.0) == {}
    assert refused(kind, asked, sensitive_m=99.0) == {"protective_distance": near(100, 99)}
    assert refused(kind, asked, sensitive_m=NONE) == {}


@pytest.mark.parametrize("kind", ["parcel", "floor"])
def test_metro_distance(kind: str) -> None:
    """**Proves**: a process that wants 200 m from metro lines: 200 m pass, 199 do not; no line anywhere passes.

    **Sensitivity**: a class that bears metro lines has no distance; as 0 it would pass all the same, as 200 not at 0.
    """
    asked = {"metro_distance_m": 200.0}
    assert refused(kind, asked, metro_m=200.0) == {}
    assert refused(kind, asked, metro_m=199.0) == {"metro_distance": near(200, 199)}
    assert refused(kind, asked, metro_m=NONE) == {}
    assert refused(kind, {}, metro_m=0.0) == {}


def test_places_and_what_lies_around_them(small: Inputs) -> None:
    """A school 30 m west of YL-01 and a metro line 40 m north of B01; a line round XQD-01 and the half of XQD-02.

    YL-01 begins at x = 485,000; YL-05 at 485,880, 910 m from the school. B01 reaches from y = 2,520,600 to 650. XQD-02
    from 487,220 to 487,420, of which the line holds 100 m; a building of XQD none.
    """
    shapes = {
        "sensitive_site": shapely.Point(484_970, 2_520_075),
        "metro_elevated": shapely.LineString([(484_900, 2_520_690), (485_900, 2_520_690)]),
        "industrial_line": shapely.box(486_990, 2_519_990, 487_320, 2_520_160),
    }
    row = small.territory.restrictions.iloc[[0]]
    added = [row.assign(kind=kind).set_geometry([shape], crs=CRS) for kind, shape in shapes.items()]
    restrictions = pd.concat([small.territory.restrictions, *added])
    found = offers(type(small.territory)(**{**vars(small.territory), "restrictions": restrictions}), 30, 20)
    parcels, floors = found.parcels, found.floors
    assert parcels.loc[["YL-01", "YL-05"], "sensitive_m"].tolist() == pytest.approx([30, 910])
    assert floors.loc["B01-F01", "metro_m"] == pytest.approx(40)
    assert parcels.loc[["XQD-01", "XQD-02", "XQD-03"], "inside_line"].tolist() == pytest.approx([1, 0.5, 0])
    assert floors.loc["B03-F01", "inside_line"] == 0
    without = offers(small.territory, 30, 20).parcels
    assert without[["sensitive_m", "metro_m", "inside_line"]].isna().all(axis=None)


def test_a_building_on_forbidden_land(small: Inputs) -> None:
    """A corridor of 20 m each side at x = 485,160 meets B02 (485,100 to 485,140) in no more than its border.

    At x = 485,150 it takes 10 m of the building: all its floors are refused. A level 1 water source forbids as well.
    """
    row = small.territory.restrictions.iloc[[0]]

    def outside(kind: str, shape: shapely.Geometry) -> set[str]:
        restrictions = row.assign(kind=kind).set_geometry([shape], crs=CRS)
        found = offers(type(small.territory)(**{**vars(small.territory), "restrictions": restrictions}), 30, 20)
        return set(found.floors.loc[~found.floors["outside"], "building"])

    assert outside("corridor", shapely.LineString([(485_160, 2_520_500), (485_160, 2_520_700)])) == set()
    assert outside("corridor", shapely.LineString([(485_150, 2_520_500), (485_150, 2_520_700)])) == {"B02"}
    reservoir = shapely.box(486_990, 2_520_590, 487_020, 2_520_700)
    assert outside("water_source_1", reservoir) == {"B03"}
    assert outside("water_source_2", reservoir) == set()


def test_area_window() -> None:
    """**Proves**: 30,000 to 39,000 m² asked: 30,000 and 39,000 pass, 29,999 is short of 30,000, 39,001 above 39,000.

    **Sensitivity**: with the published area for the usable one, a parcel cut by a corridor would pass.
    """
    asked = {"land_m2": 30_000.0, "land_max_m2": 39_000.0}
    assert refused("parcel", asked, usable_m2=30_000.0) == {}
    assert refused("parcel", asked, usable_m2=39_000.0) == {}
    assert refused("parcel", asked, usable_m2=29_999.0) == {"area_window": near(30_000, 29_999)}
    assert refused("parcel", asked, usable_m2=39_001.0) == {"area_window": near(39_000, 39_001)}
    assert refused("parcel", asked, usable_m2=29_999.99999999) == {}  # rounding of coordinates


def test_area_window_of_a_floor() -> None:
    """**Proves**: 2,000 m² asked fit a floor with 2,000 free, not one with 1,999.

    **Sensitivity**: it is a figure of the whole site: such a floor may still be the partial end of a run.
    """
    assert refused("floor", {"gfa_m2": 2_000.0}, free_m2=2_000.0) == {}
    assert refused("floor", {"gfa_m2": 2_000.0}, free_m2=1_999.0) == {"area_window": near(2_000, 1_999)}
    assert {test.name for test in fit.TESTS if test.of_site} == {
        "area_window", "net_need", "far_volume", "height", "site_power", "investment_per_ha", "output_per_ha",
        "tax_per_ha",
    }  # fmt: skip


def test_net_need() -> None:
    """**Proves**: 1,400 m² net fit 2,000 free at 70 %, 1,401 do not; a floor without a ratio goes by the part's 65 %.

    **Sensitivity**: taken for gross, 1,401 of 2,000 would pass; by the part's ratio where the floor has one, 1,400
    would come to 2,154 and be refused. Gross floor space stated besides is for plots, and not asked of floors.
    """
    assert refused("floor", {"net_m2": 1_400.0}) == {}
    assert refused("floor", {"net_m2": 1_400.0, "gfa_m2": 2_154.0}) == {}
    assert refused("floor", {"net_m2": 1_401.0}) == {"net_need": near(1_401, 1_400)}
    assert refused("floor", {"net_m2": 1_301.0}, usable_ratio=NONE) == {"net_need": near(1_301, 1_300)}
    assert refused("floor", {"net_m2": 1.0, "usable_ratio": NONE}, usable_ratio=NONE) == {"net_need": near(1, 0)}
    assert refused("parcel", {"net_m2": 1e6}) == {}


def test_net_need_of_a_part_by_its_own_ratio_else_its_industry_s(small: Inputs) -> None:
    """1,300 m² net come to 2,000 m² by the table's 65 %, to 1,625 by its own 80 %; 3,000 m² said stay 3,000."""
    table, asked = small.territory.tables, small.projects
    assert set(table["process_rules"]["usable_ratio"]) == {0.65}

    def filled(**said: float) -> pd.Series:
        parts = asked.parts.assign(gfa_m2=NONE, net_m2=1_300.0)
        for name, value in said.items():
            parts.loc["P-011/main", name] = value
        return with_defaults(replace(asked, parts=parts), table).loc["P-011/main"]

    assert filled()["gfa_m2"] == pytest.approx(2_000)
    assert "usable_ratio" in filled()["defaulted"]
    assert filled(usable_ratio=0.8)["gfa_m2"] == pytest.approx(1_625)
    assert "usable_ratio" not in filled(usable_ratio=0.8)["defaulted"]
    assert filled(gfa_m2=3_000)["gfa_m2"] == 3_000


def test_far_volume() -> None:
    """**Proves**: 90,000 m² of floors on 30,000 m² at FAR 3 pass; 90,001 do not. A FAR not given passes.

    **Sensitivity**: by coverage for FAR the limit would be 15,000.
    """
    assert refused("parcel", {"gfa_m2": 90_000.0}) == {}
    assert refused("parcel", {"gfa_m2": 90_001.0}) == {"far_volume": near(90_001, 90_000)}
    assert refused("parcel", {"gfa_m2": 90_001.0}, far_volume_m2=NONE) == {}


def test_height() -> None:
    """**Proves**: 45,000 m² on 15,000 covered: 3 storeys of 6 + 0.8 m: 20.4 m, allowed just so; 45,001 m²: 4, 27.2 m.

    **Sensitivity**: without services 18 m would pass under 20.3; not rounded up, 3.00007 storeys would be 20.4005 m.
    """
    asked = {"gfa_m2": 45_000.0, "clear_height_m": 6.0}
    assert refused("parcel", asked, height_limit_m=20.4) == {}
    assert refused("parcel", asked, height_limit_m=20.3) == {"height": near(20.4, 20.3)}
    more = {**asked, "gfa_m2": 45_001.0}
    assert refused("parcel", more, height_limit_m=27.2) == {}
    assert refused("parcel", more, height_limit_m=20.5) == {"height": near(27.2, 20.5)}


@pytest.mark.parametrize("silent", ["gfa_m2", "clear_height_m", "coverage_m2", "height_limit_m"])
def test_height_passes_where_anything_is_not_given(silent: str) -> None:
    asked = {"gfa_m2": 45_000.0, "clear_height_m": 6.0}
    there = {"height_limit_m": 5.0, "coverage_m2": 15_000.0}
    assert refused("parcel", asked, **there) == {"height": near(20.4, 5)}
    part = {**asked, silent: NONE} if silent in asked else asked
    place = {**there, silent: NONE} if silent in there else there
    assert refused("parcel", part, **place) == {}


def test_floor_load() -> None:
    """**Proves**: 7.5 kN/m² needed: 7.5 offered pass, 7.4 do not.

    **Sensitivity**: in t/m² the same floor would offer 0.75 and refuse everything.
    """
    assert refused("floor", {"load_kn_m2": 7.5}) == {}
    assert refused("floor", {"load_kn_m2": 7.5}, load_kn_m2=7.4) == {"floor_load": near(7.5, 7.4)}
    assert refused("parcel", {"load_kn_m2": 1_000.0}) == {}  # a plot is built to suit


def test_clear_height() -> None:
    """**Proves**: 4.0 m clear needed and offered pass, 3.9 offered do not; a height not given passes.

    **Sensitivity**: measured by the storey (0.8 m more) 3.9 would pass.
    """
    assert refused("floor", {"clear_height_m": 4.0}) == {}
    assert refused("floor", {"clear_height_m": 4.0}, clear_height_m=3.9) == {"clear_height": near(4.0, 3.9)}
    assert refused("floor", {"clear_height_m": 4.0}, clear_height_m=NONE) == {}


def test_clear_height_where_only_the_storey_is_given(small: Inputs) -> None:
    """B01-F01 has a storey of 7 m: clear 6.2."""
    assert offers(small.territory, 30, 20).floors.loc["B01-F01", "clear_height_m"] == pytest.approx(6.2)


def test_column_grid() -> None:
    """**Proves**: columns 9 m apart are asked for: 9.0 pass, 8.4 do not; a grid not given passes.

    **Sensitivity**: with ≤ for ≥ a wide hall would be refused to a machine and a narrow one offered.
    """
    assert refused("floor", {"column_grid_m": 9.0}, column_grid_m=9.0) == {}
    assert refused("floor", {"column_grid_m": 9.0}, column_grid_m=8.4) == {"column_grid": near(9.0, 8.4)}
    assert refused("floor", {"column_grid_m": 9.0}, column_grid_m=NONE) == {}


@pytest.mark.parametrize(("highest", "passes", "fails"), [(1, 1, 2), (3, 3, 4), (999, 30, None)])
def test_ground_floor(highest: int, passes: int, fails: int | None) -> None:
    """**Proves**: G goes to floor 1, L to 3, U anywhere.

    **Sensitivity**: with ≥ for ≤ a machine hall would only go upstairs.
    """
    assert refused("floor", {"highest_floor": highest}, floor=passes) == {}
    if fails:
        assert refused("floor", {"highest_floor": highest}, floor=fails) == {"ground_floor": near(highest, fails)}


def test_fire_class() -> None:
    """**Proves**: 丙 (3) goes where the building was designed for 丙, not for 丁 (2); a class not given passes.

    **Sensitivity**: with the order of the classes turned round, 丁 would be refused in a building for 丙.
    """
    assert refused("floor", {"fire_severity": 3.0}, fire_severity=3) == {}
    assert refused("floor", {"fire_severity": 3.0}, fire_severity=2) == {"fire_class": ("丙", "丁")}
    assert refused("floor", {"fire_severity": 2.0}, fire_severity=3) == {}
    assert refused("floor", {"fire_severity": NONE}, fire_severity=1) == {}


def test_fire_class_of_the_tables(small: Inputs) -> None:
    """甲 and 乙 go into no building whatever it says; one whose class is not given takes 丙, the worst that goes up."""
    severity = fire_severity(small.territory, pd.Series(["甲", "乙", "丙", "丁", "戊", ""]))
    assert severity.tolist()[:5] == [5, 4, 3, 2, 1]
    assert np.isnan(severity.iloc[5])
    buildings = small.territory.buildings.copy()
    buildings.loc["B01", "production_class"] = ""
    buildings.loc["B02", "production_class"] = "戊"
    found = offers(type(small.territory)(**{**vars(small.territory), "buildings": buildings}), 30, 20).floors
    assert found.loc[["B01-F01", "B02-F01", "B03-F01"], "fire_severity"].tolist() == [3, 1, 3]


def test_vibration_class() -> None:
    """**Proves**: VC-B (25 µm/s) is met by a floor of VC-B or VC-C (12.5), not by one of VC-A (50); both are named.

    **Sensitivity**: compared as letters, or with ≥ for ≤, the stiller floor would be the one refused.
    """
    asked = {"vibration_um_s": 25.0, "vibration_class": "VC-B"}
    assert refused("floor", asked, vibration_um_s=25.0, vibration_class="VC-B") == {}
    assert refused("floor", asked, vibration_um_s=12.5, vibration_class="VC-C") == {}
    assert refused("floor", asked) == {"vibration_class": ("VC-B", "VC-A")}
    assert refused("floor", asked, vibration_um_s=NONE, vibration_class="") == {}


def test_vibration_class_of_floors_that_give_none(small: Inputs) -> None:
    """Upstairs it is VC-A, what upper floors usually reach (50 µm/s); of the ground floor nothing is known."""
    floors = small.territory.floors.assign(vibration_class="")
    found = offers(type(small.territory)(**{**vars(small.territory), "floors": floors}), 30, 20).floors
    assert found.loc[["B01-F01", "B01-F02"], "vibration_class"].tolist() == ["", "VC-A"]
    assert found.loc["B01-F02", "vibration_um_s"] == 50
    assert np.isnan(found.loc["B01-F01", "vibration_um_s"])


def test_goods_lift() -> None:
    """**Proves**: a piece of 3 t goes up by a lift of 3 t, not by one of 2 t; a lift not given passes.

    **Sensitivity**: in kg against t everything would pass.
    """
    assert refused("floor", {"lift_piece_t": 3.0}, lift_t=3.0) == {}
    assert refused("floor", {"lift_piece_t": 3.0}, lift_t=2.0) == {"goods_lift": near(3, 2)}
    assert refused("floor", {"lift_piece_t": 3.0}, lift_t=NONE) == {}


def test_goods_lift_of_buildings(small: Inputs) -> None:
    """B01 has lifts of 3 t; its ground floor needs none. A building without a lift carries nothing up."""
    buildings = small.territory.buildings.copy()
    buildings.loc["B02", "lift_count"] = 0
    found = offers(type(small.territory)(**{**vars(small.territory), "buildings": buildings}), 30, 20).floors["lift_t"]
    assert found[["B01-F02", "B02-F02"]].tolist() == [3, 0]
    assert found[["B01-F01", "B02-F01"]].isna().all()


def test_site_power() -> None:
    """**Proves**: 5,000 kVA asked and there pass, 4,999 there do not; power not given passes.

    **Sensitivity**: in MVA against kVA nothing would ever be enough.
    """
    assert refused("parcel", {"power_kva": 5_000.0}, power_kva=5_000.0) == {}
    assert refused("parcel", {"power_kva": 5_000.0}, power_kva=4_999.0) == {"site_power": near(5_000, 4_999)}
    assert refused("parcel", {"power_kva": 5_000.0}, power_kva=NONE) == {}


def test_site_power_of_a_plot_is_that_of_its_parcels() -> None:
    """Two parcels of 3,000 and 2,000 kVA make a plot of 5,000; where one gives none, nothing is known of the plot."""
    parcels = pd.concat([one(PARCEL, name, {"power_kva": kva}) for name, kva in (("A", 3e3), ("B", 2e3), ("C", NONE))])
    drawn = gpd.GeoDataFrame(parcels, geometry=[shapely.box(x, 0, x + 90, 90) for x in (0, 100, 200)])
    found = plots(drawn, pd.DataFrame({"a": ["A", "B"], "b": ["B", "C"]}), parcels_max=2, plots_max=9)
    expected = {"A": 3e3, "B": 2e3, "C": NONE, "A+B": 5e3, "B+C": NONE}
    assert found.plots["power_kva"].to_dict() == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("kind", ["parcel", "floor"])
def test_wet_process(kind: str) -> None:
    """**Proves**: a wet process is refused where none may be; a dry one is not.

    **Sensitivity**: turned round, dry processes would be kept out of places that take wet ones.
    """
    assert refused(kind, {"wet_process": True}, wet_ok=True) == {}
    assert refused(kind, {"wet_process": True}, wet_ok=False) == {"wet_process": ("yes", "no")}
    assert refused(kind, {"wet_process": False}, wet_ok=False) == {}


def test_wet_process_on_the_territory(small: Inputs) -> None:
    """Only 江碧 takes wet processes; were 新桥东 to, its parcels west of x = 487,210 lie in the water-source zone."""
    found = offers(small.territory, 30, 20)
    assert set(found.floors.loc[found.floors["wet_ok"], "building"]) == {"B05"}
    assert not found.parcels["wet_ok"].any()
    parks = small.territory.parks.copy()
    parks.loc["XQD", "wet_process"] = True
    wet = offers(type(small.territory)(**{**vars(small.territory), "parks": parks}), 30, 20).parcels["wet_ok"]
    # XQD-01 reaches from 487,000 to 487,200, XQD-02 from 487,220: outside
    assert wet[wet].index.tolist() == [f"XQD-{k:02d}" for k in range(1, 16) if k not in (1, 6, 11)]


@pytest.mark.parametrize("kind", ["parcel", "floor"])
def test_wanted_years(kind: str) -> None:
    """**Proves**: a window of one year passes; one that begins in 2031 and ends with the horizon in 2030 is empty.

    **Sensitivity**: such a project would otherwise start before it wants to.
    """
    ready = {"ready_year": 2020.0}
    assert refused(kind, {"first": 2030.0, "last": 2030.0}, **ready) == {}
    assert refused(kind, {"first": 2031.0, "last": 2030.0}, **ready) == {"wanted_years": near(2030, 2031)}


def test_ready_year() -> None:
    """**Proves**: land ready in the last year a part may start passes, a year later not.

    **Sensitivity**: compared with the first year wanted, every project that can wait would be refused.
    """
    assert refused("parcel", {"last": 2028.0}, ready_year=2028.0) == {}
    assert refused("parcel", {"last": 2028.0}, ready_year=2029.0) == {"ready_year": near(2028, 2029)}


def test_delivery_year() -> None:
    """**Proves**: a building delivered in the last year a part may start passes, a year later not; none given: there.

    **Sensitivity**: a year not given taken for 0 or for the horizon would be no different here, as 9999 it would.
    """
    assert refused("floor", {"last": 2028.0}, ready_year=2028.0) == {}
    assert refused("floor", {"last": 2028.0}, ready_year=2029.0) == {"delivery_year": near(2028, 2029)}
    assert refused("floor", {"last": 2028.0}, ready_year=NONE) == {}


def test_rent_ceiling() -> None:
    """**Proves**: who pays 35 at most goes where the rent is 35, not 35.5; with no ceiling, or no rent, anywhere.

    **Sensitivity**: turned round, only dear buildings would be open to it.
    """
    assert refused("floor", {"rent_max_cny_m2_month": 35.0}) == {}
    assert refused("floor", {"rent_max_cny_m2_month": 35.0}, rent_cny_m2_month=35.5) == {"rent_ceiling": near(35, 35.5)}
    assert refused("floor", {"rent_max_cny_m2_month": 35.0}, rent_cny_m2_month=NONE) == {}
    assert refused("floor", {}, rent_cny_m2_month=99.0) == {}


def _threshold(measure: str) -> None:
    """9.6 亿元 on 3 ha are 3.2 a hectare, as asked; on 3.2 ha only 3.0. Not given, or not asked, passes."""
    asked = {f"{measure}_yi": 9.6, f"least_{measure}_yi": {"K": 3.2, "L": 3.0}}
    assert refused("parcel", asked) == {}
    assert refused("parcel", asked, usable_m2=32_000.0) == {f"{measure}_per_ha": near(3.2, 3.0)}
    assert refused("parcel", asked, usable_m2=32_000.0, park="L") == {}
    assert refused("parcel", asked, usable_m2=99_000.0, park="M") == {}
    assert refused("parcel", {**asked, f"{measure}_yi": NONE}, usable_m2=99_000.0) == {}


def test_investment_per_ha() -> None:
    """**Proves**: by the land taken and the threshold of the park it lies in (see `_threshold`).

    **Sensitivity**: by the land asked for, a project would pass on any plot however large.
    """
    _threshold("investment")


def test_output_per_ha() -> None:
    """**Proves**: as investment (see `_threshold`).

    **Sensitivity**: with investment for output the wrong figure would be compared: here it is not given.
    """
    _threshold("output")


def test_tax_per_ha() -> None:
    """**Proves**: as investment (see `_threshold`).

    **Sensitivity**: with output for tax the wrong figure would be compared: here it is not given.
    """
    _threshold("tax")


def test_thresholds_by_industry_and_park(small: Inputs) -> None:
    """The row nearest to the industry counts, then the one nearest to the park; figures go by the land asked for.

    A05.1 has no row, its parent A05 has one for YL and one for all parks. P-008's production asks for all its land.
    """
    rows = [("A05", "YL", 5.0), ("A05", "*", 4.0), ("*", "YL", 3.0), ("*", "*", 2.0)]
    table = pd.DataFrame(rows, columns=["industry_id", "park_id", "at_least"]).assign(measure="tax_yi_per_ha")
    tables = {**small.territory.tables, "thresholds": table}
    territory = type(small.territory)(**{**vars(small.territory), "tables": tables})
    parts = pd.DataFrame(
        {"project": ["P", "P", "P", "Q"], "industry": ["A05.1", "A06", "A05", "A05"], "land_m2": [3e4, 1e4, 5e4, 1e4],
         "takes_parcel": [True, True, False, True]},
        index=["P/a", "P/b", "P/c", "Q/main"],
    )  # fmt: skip
    figures = {"investment_yi": [8.0, NONE], "output_yi": [4.0, NONE], "tax_yi": [1.0, 2.0]}
    projects = pd.DataFrame(figures, index=["P", "Q"])
    found = per_part(parts, projects, territory)
    assert found["investment_yi"].tolist() == pytest.approx([6, 2, NONE, NONE], nan_ok=True)
    assert found["tax_yi"].tolist() == pytest.approx([0.75, 0.25, NONE, 2], nan_ok=True)
    by_park = pd.DataFrame(found["least_tax_yi"].to_dict())
    assert by_park.loc["YL"].tolist() == [5, 3, 5, 5]
    assert by_park.loc["XQD"].tolist() == [4, 2, 4, 4]
    assert pd.DataFrame(found["least_output_yi"].to_dict()).isna().all(axis=None)


@pytest.mark.parametrize("kind", ["parcel", "floor"])
def test_reserved(kind: str) -> None:
    """**Proves**: land kept for 战略级 is refused to 关键性 and not to 战略级; land kept for nobody to no one.

    **Sensitivity**: ordered instead of equal, a block kept for 规模级 would be open to all above.
    """
    assert refused(kind, {"tier": "战略级"}, reserved_for="战略级") == {}
    assert refused(kind, {"tier": "关键性"}, reserved_for="战略级") == {"reserved": ("关键性", "战略级")}
    assert refused(kind, {"tier": "战略级"}, reserved_for="规模级") == {"reserved": ("战略级", "规模级")}


@pytest.mark.parametrize("kind", ["parcel", "floor"])
@pytest.mark.parametrize(("name", "column"), [("banned", "banned_from"), ("locked_elsewhere", "locked_to")])
def test_marks_of_the_scenario(kind: str, name: str, column: str) -> None:
    part, place = one(PART, "P/main", {column: "石岩"}), one(OF[kind], "there", {})
    for marked in (True, False):
        bits = check(part, place, kind, {name: np.array([[marked]])})  # type: ignore[arg-type]
        assert bits.tolist() == [[BIT[name] if marked else 0]]
    (failure,) = failures(BIT[name], part, place, kind)  # type: ignore[arg-type]
    assert (failure.test, failure.need, failure.offer, failure.unit) == (name, "石岩", "there", "")


def test_banned(small: Inputs) -> None:
    """**Proves**: where the scenario excludes a place, the part is refused there and only there (see test_case).

    **Sensitivity**: the mark of a ban turned round would be a lock.
    """
    part, places = one(PART, "P/main", {}), pd.concat([one(PARCEL, "A", {}), one(PARCEL, "B", {})])
    assert check(part, places, "parcel", {"banned": np.array([[True, False]])}).tolist() == [[BIT["banned"], 0]]


def test_locked_elsewhere(small: Inputs) -> None:
    """**Proves**: marked at every place but the one locked to, all tests else untouched.

    **Sensitivity**: a mark for parcels must not be read for floors: each kind has its own.
    """
    part, places = one(PART, "P/main", {}), pd.concat([one(FLOOR, "A", {}), one(FLOOR, "B", {})])
    marks = {"locked_elsewhere": np.array([[False, True]])}
    assert check(part, places, "floor", marks).tolist() == [[0, BIT["locked_elsewhere"]]]
    assert check(part, places, "floor").tolist() == [[0, 0]]


POOR = {
    "parcel": {"usable_m2": 1.0, "far_volume_m2": 1.0, "coverage_m2": 1.0, "height_limit_m": 3.0, "power_kva": 1.0,
               "sensitive_m": 0.0, "metro_m": 0.0},
    "floor": {"free_m2": 1.0, "load_kn_m2": 0.5, "clear_height_m": 1.5, "fire_severity": 1, "column_grid_m": 2.0,
              "lift_t": 0.0, "sensitive_m": 0.0, "metro_m": 0.0},
}
NEEDS = {
    "parcel": ("land_m2", "gfa_m2", "clear_height_m", "power_kva", "protective_distance_m", "metro_distance_m"),
    "floor": ("gfa_m2", "load_kn_m2", "clear_height_m", "fire_severity", "column_grid_m", "lift_piece_t",
              "protective_distance_m", "metro_distance_m"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "need"), [(kind, need) for kind, needs in NEEDS.items() for need in needs])
def test_a_need_that_is_not_given_passes(kind: str, need: str) -> None:
    """Out of reach it fails somewhere; not given it passes, on the poorest place there is."""
    far = {"land_max_m2": 1e9, "gfa_m2": 1e9, "clear_height_m": 60.0}
    assert refused(kind, {**far, need: 1e9}, **POOR[kind])
    assert refused(kind, {"gfa_m2": NONE, "clear_height_m": NONE, need: NONE}, **POOR[kind]) == {}


def test_every_failure_is_kept_not_only_the_first() -> None:
    """A part far too heavy, high and dangerous for its floor has three failures, in the order of the tests."""
    needs = one(PART, "P/main", {"load_kn_m2": 25.0, "clear_height_m": 6.0, "fire_severity": 5.0})
    place = one(FLOOR, "B-F04", {})
    bits = int(check(needs, place, "floor")[0, 0])
    found = failures(bits, needs, place, "floor")
    assert [(f.test, f.need, f.offer, f.unit) for f in found] == [
        ("floor_load", 25.0, 7.5, "kN/m²"),
        ("clear_height", 6.0, 4.0, "m"),
        ("fire_class", "丙", "丁", ""),
    ]
    assert [f.miss for f in found] == pytest.approx([17.5 / 25, 2 / 6, float("inf")])
    assert all(f.words == WORDS[f.test] for f in found)


def test_words_miss_by_more_than_any_figure() -> None:
    part, place = one(PART, "P/main", {"land_classes": ("M1",)}), one(PARCEL, "J", {"land_class": "G"})
    (failure,) = failures(BIT["zoned"], part, place, "parcel")
    assert failure.miss == float("inf")


def test_nearest_is_fewest_failures_then_least_miss() -> None:
    """A misses its load by half; B by a tenth; C by nothing but is let and too low: B. Of two alike, the first."""
    part = one(PART, "P/main", {"load_kn_m2": 10.0, "clear_height_m": 4.0})
    places = pd.concat(
        [
            one(FLOOR, "A", {"load_kn_m2": 5.0}),
            one(FLOOR, "B", {"load_kn_m2": 9.0}),
            one(FLOOR, "B2", {"load_kn_m2": 9.0}),
            one(FLOOR, "C", {"load_kn_m2": 10.0, "clear_height_m": 3.9, "available": False, "state": "let"}),
        ]
    )
    found = nearest(part, places, check(part, places, "floor")[0], "floor")
    assert found is not None
    assert found[0] == "B"
    assert [(failure.test, failure.need, failure.offer) for failure in found[1]] == [("floor_load", 10.0, 9.0)]


def test_nearest_of_no_place_is_none() -> None:
    part, places = one(PART, "P/main", {}), one(FLOOR, "A", {}).iloc[:0]
    assert nearest(part, places, check(part, places, "floor")[0], "floor") is None


def test_tests_of_whole_sites_and_of_places_are_two_halves() -> None:
    """Together they fail what all tests fail; a composite site inherits the one and is tested by the other."""
    part = one(PART, "P/main", {"land_m2": 9e9, "land_max_m2": 9e9, "land_classes": ("M0",)})
    place = one(PARCEL, "J", {})
    whole, inherited = (check(part, place, "parcel", of_site=half)[0, 0] for half in (True, False))
    assert whole == BIT["area_window"]
    assert inherited == BIT["zoned"]
    assert check(part, place, "parcel")[0, 0] == whole | inherited


def test_nothing_asked_and_nothing_there() -> None:
    part, place = one(PART, "P/main", {}), one(PARCEL, "J", {})
    assert check(part.iloc[:0], place, "parcel").shape == (0, 1)
    assert check(part, place.iloc[:0], "parcel").shape == (1, 0)


def test_names_and_bits() -> None:
    """30 tests (32 entries: restrictions and the area window have two, for land and for floors), a bit each of 32."""
    assert len(NAMES) == 30
    assert len(fit.TESTS) == 32
    assert sorted(BIT.values()) == [1 << k for k in range(30)]


SWITCHED = sorted(type(Scenario(years=(2026, 2030)).tests).model_fields)


def test_switches_are_tests_and_thresholds_are_off() -> None:
    """What a site or a start is, and what other keys of the scenario ask, cannot be switched off."""
    assert set(NAMES) - set(SWITCHED) == {
        "available", "site_kind", "area_window", "wanted_years", "ready_year", "delivery_year", "reserved", "banned",
        "locked_elsewhere",
    }  # fmt: skip
    assert set(SWITCHED) < set(NAMES)
    assert Scenario(years=(2026, 2030)).tests.off == {"investment_per_ha", "output_per_ha", "tax_per_ha"}


@pytest.mark.parametrize("name", SWITCHED)
def test_a_test_switched_off_refuses_nobody(name: str) -> None:
    """A part and a place that fail it on all counts: with it off they fail only what others say."""
    worst = {
        "land_classes": ("M9",), "inside_line": 0.5, "protective_distance_m": 1e4, "metro_distance_m": 1e4,
        "gfa_m2": 1e9, "net_m2": 1e9,
        "clear_height_m": 60.0, "load_kn_m2": 500.0, "column_grid_m": 60.0, "highest_floor": 1, "fire_severity": 5.0,
        "vibration_um_s": 3.0, "lift_piece_t": 90.0, "power_kva": 1e9, "wet_process": True,
        "rent_max_cny_m2_month": 1.0, **{f"{m}_yi": 0.1 for m in ("investment", "output", "tax")},
        **{f"least_{m}_yi": {"K": 99.0} for m in ("investment", "output", "tax")},
    }  # fmt: skip
    failed = dict.fromkeys(("all", "off"), 0)
    for kind, place in (("parcel", {}), ("floor", {"outside": False})):
        part, where = one(PART, "P/main", worst), one(OF[kind], "there", {**place, "wet_ok": False, "inside_line": 0.0})
        failed["all"] |= int(check(part, where, kind)[0, 0])  # type: ignore[arg-type]
        failed["off"] |= int(check(part, where, kind, off={name})[0, 0])  # type: ignore[arg-type]
    assert failed["all"] & BIT[name]
    assert failed["off"] == failed["all"] & ~BIT[name]


def test_many_at_once_are_each_as_if_alone() -> None:
    """Vectorised over parts and places: the verdict is that of every pair by itself."""
    rng = np.random.default_rng(3)
    figures = [(float(load), float(high)) for load, high in rng.integers(3, (15, 7), (13, 2))]
    several = [(("M1",), 1, "M1"), (("M0", "M1"), 3, "M0"), ((), 999, "")]
    parts = pd.concat(
        [
            one(PART, f"P{k}/main", {"load_kn_m2": load, "clear_height_m": high, "land_classes": several[k % 3][0],
                                     "highest_floor": several[k % 3][1]})
            for k, (load, high) in enumerate(figures[:7])
        ]
    )  # fmt: skip
    places = pd.concat(
        [
            one(FLOOR, f"F{k}", {"load_kn_m2": load, "clear_height_m": high, "land_class": several[k % 3][2],
                                 "floor": k + 1})
            for k, (load, high) in enumerate(figures[7:])
        ]
    )  # fmt: skip
    together = check(parts, places, "floor")
    for p in range(len(parts)):
        for f in range(len(places)):
            assert check(parts.iloc[[p]], places.iloc[[f]], "floor")[0, 0] == together[p, f]
