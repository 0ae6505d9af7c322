"""Every test of local fit on paper: passes just at its limit, fails just beyond it, with both figures derived by hand.

A part and a place stand in a frame of one row each, good in every respect; a case changes what it is about. Each case
says which wrong verdict the likeliest bug would give.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner import fit
from planner.fit import BIT, NAMES, check, failures, nearest
from planner.intake.inputs import Inputs
from planner.places import fire_severity, offers

NONE = float("nan")
PART: Mapping[str, Any] = {
    "project": "P", "accepts": ("P", "U"), "takes_parcel": True, "takes_floor": True, "always": True,
    "land_classes": (), "some_land_m2": 1.0, "land_m2": NONE, "land_max_m2": NONE, "gfa_m2": NONE,
    "load_kn_m2": NONE, "clear_height_m": NONE, "highest_floor": 999, "fire_severity": NONE, "wet_process": False,
    "fire_class": "丙", "first": 2026.0, "last": 2030.0, "tier": "关键性", "banned_from": "", "locked_to": "",
}  # fmt: skip
PARCEL: Mapping[str, Any] = {
    "kind": "parcel", "state": "free", "available": True, "land_class": "M1", "usable_m2": 30_000.0,
    "far_volume_m2": 90_000.0, "coverage_m2": 15_000.0, "height_limit_m": 60.0, "ready_year": 2026.0, "wet_ok": True,
    "reserved_for": "",
}  # fmt: skip
FLOOR: Mapping[str, Any] = {
    "kind": "floor", "state": "free", "available": True, "land_class": "M1", "building": "B", "floor": 4,
    "free_m2": 2_000.0, "load_kn_m2": 7.5, "clear_height_m": 4.0, "fire_severity": 3, "ready_year": 2025.0,
    "production_class": "丁",
    "wet_ok": True, "reserved_for": "",
}  # fmt: skip
OF = {"parcel": PARCEL, "floor": FLOOR}
WORDS = {test.name: test.words for test in fit.TESTS}


def one(base: Mapping[str, Any], name: str, changed: Mapping[str, Any]) -> pd.DataFrame:
    assert changed.keys() <= base.keys()
    row = {**base, **changed}
    return pd.DataFrame({column: pd.Series([value], index=[name]) for column, value in row.items()})


def refused(kind: str, part: Mapping[str, Any] | None = None, **place: Any) -> dict[str, tuple[object, object]]:
    """Return the tests that fail for the part at the place, each with need and offer."""
    needs, offer = one(PART, "P/main", part or {}), one(OF[kind], "there", place)
    bits = int(check(needs, offer, kind)[0, 0])  # type: ignore[arg-type]
    found = failures(bits, needs, offer, kind)  # type: ignore[arg-type]
    assert {failure.test for failure in found} == {name for name in NAMES if bits & BIT[name]}
    return {failure.test: (failure.need, failure.offer) for failure in found}


def near(need: float, offer: float) -> tuple[object, object]:
    return pytest.approx(need), pytest.approx(offer)


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
    assert {test.name for test in fit.TESTS if test.of_site} == {"area_window", "far_volume", "height"}


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
    "parcel": {"usable_m2": 1.0, "far_volume_m2": 1.0, "coverage_m2": 1.0, "height_limit_m": 3.0},
    "floor": {"free_m2": 1.0, "load_kn_m2": 0.5, "clear_height_m": 1.5, "fire_severity": 1},
}
NEEDS = {
    "parcel": ("land_m2", "gfa_m2", "clear_height_m"),
    "floor": ("gfa_m2", "load_kn_m2", "clear_height_m", "fire_severity"),
}


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
    """18 tests (19 entries: the area window has one for land and one for floors), each with its own bit."""
    assert len(NAMES) == 18
    assert len(fit.TESTS) == 19
    assert sorted(BIT.values()) == [1 << k for k in range(18)]


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
