"""Layers of the map beyond plots and parcels: colourings, prices of land, links, supply, faults, tests; the palette."""

from __future__ import annotations

import dataclasses
import itertools
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from eyes import APART, EYES, STEP, apart, lab
from sample_asked import priced, sample_faults, sample_projects, sample_proof, with_findings
from sample_plan import sample_plan, sample_territory

from planner.errors import Fault
from planner.maps import layers, style
from planner.maps.dossier import dossier, out, projects
from planner.maps.faulty import unplaced
from planner.maps.land import class_kinds, class_of, price_class
from planner.maps.prices import CELL_M, REACH_M, breaks_of, land_prices, smoothed
from planner.maps.scene import Kind, Scene, Sheet
from planner.maps.supplied import services
from planner.maps.tested import told_tests
from planner.territory import Territory
from planner.words import Words


@pytest.fixture(scope="module")
def territory() -> Territory:
    return sample_territory()


@pytest.fixture(scope="module")
def scene(territory: Territory) -> Scene:
    plan = with_findings(sample_plan(territory))
    return Scene(territory, plan, sample_projects(plan), sample_faults())


def sheet(name: str, scene: Scene) -> Sheet:
    return next(layer for layer in layers.LAYERS if layer.name == name).draw(scene)


def told(found: Sheet) -> dict[str, dict]:
    return {feature["properties"]["id"]: feature["properties"] for feature in found.features}


# Prices of land


def test_the_price_of_a_parcel_is_the_best_bid_by_the_hectare_beyond_all_other_prices() -> None:
    """A of 1 ha, B of 3 ha. Option 0: 10 points on A, of which 4 are the price of its part: 6 a hectare.

    Option 1: 20 points on A and B, 8 of them power: 12 for 4 ha, 3 a hectare on each. Option 2: worth less than its
    part's price: bids nothing. Sensitivity: 10 or 5 with prices left in points; the row's own price (2) taken off
    makes 4; 12 of A where a plot bids for one parcel alone.
    """
    proof = sample_proof(
        [10.0, 20.0, 1.0, 50.0],
        [
            ("parcel_used_once A", [0, 1], [1, 1], 2.0),
            ("parcel_used_once B", [1, 2], [1, 1], 0.0),
            ("each_part_placed_once P-1", [0, 2], [1, 1], 4.0),
            ("power YL 2026", [1], [100.0], 0.08),
            ("floor_not_overfilled F1", [3], [1.0], 0.0),
        ],
    )
    assert land_prices(proof, {"A": 10_000.0, "B": 30_000.0}) == pytest.approx({"A": 6.0, "B": 3.0})


def test_a_cut_bids_for_what_it_takes_only() -> None:
    """12 points for 2 ha of a parcel of 8: 6 a hectare, not 1.5; its end of the parcel is no land of its own."""
    rows = [("parcel_not_overfilled A", [0], [20_000.0], 0.0), ("cut_end_used_once A east", [0], [1.0], 5.0)]
    assert land_prices(sample_proof([12.0], rows), {"A": 80_000.0}) == pytest.approx({"A": 6.0})


def test_nothing_is_priced_without_a_proof_or_off_the_map() -> None:
    assert land_prices(None, {"A": 1.0}) == {}
    assert land_prices(sample_proof([1.0], [("parcel_used_once Z", [0], [1], 0.0)]), {"A": 1.0}) == {}


def test_classes_of_prices_are_of_as_many_parcels_each() -> None:
    breaks = breaks_of(range(101), 5)
    assert breaks == (21, 41, 60, 80), "of 1 … 100: 20.8, 40.6, 60.4, 80.2, to two figures"
    counted = [sum(price_class(float(k), breaks) == str(c) for k in range(1, 101)) for c in range(5)]
    assert counted == [20, 20, 19, 20, 21]
    assert price_class(0.0, breaks) == price_class(None, breaks) == "none"
    assert price_class(0.0, breaks, on_offer=False) == "taken"


def test_the_surface_is_a_mean_of_what_is_near_and_ends_where_land_does() -> None:
    """Two parcels 4 km apart, at 1 and at 9 points: two discs of REACH_M in the outer bands, none between."""
    places = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 100), shapely.box(4000, 0, 4100, 100)], crs="EPSG:4547")
    found = smoothed(places, np.array([1.0, 9.0]), (2.0, 8.0))
    assert sorted(found) == ["0", "2"]
    for key, x in (("0", 50), ("2", 4050)):
        assert found[key].area == pytest.approx(np.pi * REACH_M**2, rel=0.05)
        assert found[key].centroid.distance(shapely.Point(x, 50)) < CELL_M


def test_a_far_flung_territory_gets_larger_cells_not_more() -> None:
    far = [shapely.box(at, at, at + 100, at + 100) for at in (0.0, 9e5)]
    places = gpd.GeoDataFrame(geometry=far, crs="EPSG:4547")
    found = smoothed(places, np.array([1.0, 1.0]), ())
    assert set(found) == {"0"}


def with_prices(scene: Scene) -> Scene:
    assert scene.plan
    return dataclasses.replace(scene, plan=priced(scene.plan, scene.territory))


def test_parcels_are_coloured_by_state_class_and_price_each_with_its_legend(scene: Scene) -> None:
    offered, taken = sheet("parcels_offered", with_prices(scene)), sheet("parcels_taken", with_prices(scene))
    assert list(offered.colourings) == ["state", "land_class", "price"]
    assert list(offered.colourings["state"]) == ["free", "in_preparation"]
    assert list(taken.colourings["state"]) == ["committed", "occupied"]
    assert list(offered.colourings["land_class"]) == ["M1"]
    assert list(taken.colourings["price"]) == ["taken"]
    parcel = told(offered)["样板-001"]
    assert parcel["as"] == {"state": "in_preparation", "land_class": "M1", "price": "0"}
    assert parcel["price_ha"] == 1.0, "4 points on 4 ha"
    assert told(offered)["样板-000"]["as"]["price"] == "none", "worth nothing: nobody bids"
    assert "price" not in sheet("parcels_offered", scene).colourings, "without a proof there is no such choice"
    assert sheet("price_surface", scene).features == []
    surface = sheet("price_surface", with_prices(scene))
    assert surface.features
    assert all(feature["properties"]["kind"] in surface.kinds for feature in surface.features)


def test_more_land_classes_than_colours_share_the_last(territory: Territory) -> None:
    parcels = territory.parcels.copy()
    parcels["land_class"] = [f"X{k % 12:02d}" for k in range(len(parcels))]
    kinds = class_kinds(parcels)
    assert len(kinds) == len(style.CLASSES) + 1
    assert class_of("X11", kinds) == "other"
    assert class_of("X00", kinds) == "X00"
    assert class_of(None, kinds) == "none"


# Chains, supply, faults, tests


def test_links_of_chains_run_from_leader_to_supplier_in_its_park_or_elsewhere(scene: Scene) -> None:
    links = told(sheet("links", scene))
    assert {key: link["kind"] for key, link in links.items()} == {"P-001>P-000": "beside", "P-008>P-000": "apart"}
    assert links["P-001>P-000"]["distance_m"] == pytest.approx(220, abs=0.1), "parcels 220 m apart"
    assert links["P-008>P-000"]["year"] == 2028, "there once both are"
    assert sheet("links", dataclasses.replace(scene, projects=None)).features == []


def test_supply_of_each_park_stands_beside_what_the_audit_found_drawn(scene: Scene) -> None:
    charts = told(sheet("supply", scene))
    assert list(charts) == ["supply-YL"], "YB has no supply"
    assert charts["supply-YL"]["charts"] == {"power": [[2026, 60, 45]]}, "MVA, of 45,000 kVA; no other is given"
    bare = Scene(scene.territory, sample_plan(scene.territory))
    assert told(sheet("supply", bare))["supply-YL"]["charts"] == {"power": [[2026, 60, None]]}, "not measured is not 0"


def test_water_waste_water_and_gas_stand_beside_what_is_drawn_too(scene: Scene) -> None:
    """Two years of water, one of gas, none of waste water; 900 m³ of water are drawn in 2026. YB has gas alone.

    Sensitivity: 0.9, taken for kVA; 45, that of power; YB left out, since it has no power.
    """
    plan = scene.plan
    assert plan
    water = {"rule": "water", "key": "YL 2026", "asked": "≤ 1200", "found": "900", "unit": "m³/d", "kept": True}
    findings = pd.concat([plan.findings, pd.DataFrame([water])], ignore_index=True)
    first = scene.territory.supply.assign(water_m3_day=1200.0, gas_m3_day=50.0)
    later = first.assign(year=2025, water_m3_day=800.0, power_mva=np.nan, gas_m3_day=np.nan)
    other = first.assign(park="YB", power_mva=np.nan, water_m3_day=np.nan)
    supply = pd.concat([first, later.astype(first.dtypes), other], ignore_index=True)
    full = Scene(dataclasses.replace(scene.territory, supply=supply), dataclasses.replace(plan, findings=findings))
    found = sheet("supply", full)
    assert {name: is_["charts"] for name, is_ in told(found).items()} == {
        "supply-YL": {"power": [[2026, 60, 45]], "water": [[2025, 800, None], [2026, 1200, 900]],
                      "gas": [[2026, 50, None]]},
        "supply-YB": {"gas": [[2026, 50, None]]},
    }  # fmt: skip
    assert [service for service, _ in services(found)] == ["power", "water", "gas"]
    assert services(sheet("supply", dataclasses.replace(scene, territory=without_supply(scene)))) == []


def without_supply(scene: Scene) -> Territory:
    return dataclasses.replace(scene.territory, supply=scene.territory.supply.iloc[:0])


def test_faults_that_lie_nowhere_are_told_beside_the_map(scene: Scene) -> None:
    """A fault of a table is in no layer; one of a parcel without geometry is on none either, and one past the most."""
    (one,) = unplaced(scene)
    assert one == {
        "rule": Words("级别不明", "unknown tier"), "remedy": Words("", ""), "place": "projects.csv.tier [P-1]",
        "fatal": False,
    }  # fmt: skip
    lost = Fault("parcels", "geometry", Words("没有图形", "no outline"), Words("", ""), ("不存在",))
    (other,) = unplaced(dataclasses.replace(scene, faults=(lost,)))
    assert other["place"] == "parcels.geometry [不存在]"
    sheets = [(layer, layer.draw(scene)) for layer in layers.LAYERS]
    assert [told["place"] for told in dossier(scene, sheets, "en")["unplaced"]] == ["projects.csv.tier [P-1]"]


def test_faults_lie_where_they_are_and_errors_before_warnings(scene: Scene) -> None:
    faults = told(sheet("faults", scene))
    assert {key: fault["kind"] for key, fault in faults.items()} == {
        "fault-parcels-样板-000": "error", "fault-parcels-样板-003": "warning", "fault-floors-B01-F01": "warning",
        "fault-parks-3-parks 1": "warning",
    }  # fmt: skip
    assert [one["rule"][1] for one in faults["fault-parcels-样板-000"]["faults"]] == ["overlap", "doubtful FAR"]
    assert sheet("faults", dataclasses.replace(scene, faults=())).features == []


def test_every_part_tells_its_tests_with_what_was_asked_and_found(scene: Scene) -> None:
    names, tests = told_tests(scene)
    assert names["floor_load"].en == "floor load"
    assert tests["P-000/main"] == [
        ["available", "", "", "", True], ["floor_load", "≥ 10,000", "36,786.7", "kN/m²", True]
    ]  # fmt: skip
    rows = [{"rule": rule, "key": "P-000/main", "asked": "≥ 2000", "found": "2026", "unit": "", "kept": True}
            for rule in ("ready_year", "floor_load")]  # fmt: skip
    of_years = dataclasses.replace(scene, plan=dataclasses.replace(scene.plan, findings=pd.DataFrame(rows)))
    assert [one[1:3] for one in told_tests(of_years)[1]["P-000/main"]] == [["≥ 2000", "2026"], ["≥ 2,000", "2,026"]]
    assert projects(scene, tests)["P-006"]["parts"][0]["tests"][1][4] is False
    assert told_tests(Scene(scene.territory)) == ({}, {})


def test_plots_are_coloured_by_tier_strongest_first_and_say_what_is_cut(scene: Scene, territory: Territory) -> None:
    assert scene.plan
    found = sheet("plots", scene)
    assert list(found.colourings["tier"]) == ["战略级", "关键性", "规模级"]
    assert told(found)["P-000/main"]["as"]["tier"] == "战略级"
    table = scene.plan.placements.copy()
    half = shapely.box(*territory.parcels.geometry["样板-000"].bounds)
    table["cut"] = [half.wkt, *[""] * (len(table) - 1)]
    cut = told(sheet("plots", dataclasses.replace(scene, plan=dataclasses.replace(scene.plan, placements=table))))
    assert cut["P-000/main"]["cut"][1] == "cut from a parcel (dashed edge)"
    assert cut["P-001/main"]["cut"] is None
    odd = scene.plan.placements.assign(tier="特级")
    other = sheet("plots", dataclasses.replace(scene, plan=dataclasses.replace(scene.plan, placements=odd)))
    assert {f["properties"]["as"]["tier"] for f in other.features} == set(other.colourings["tier"]) == {"none"}


def test_the_page_is_told_years_colourings_and_firms_of_those_left_out(scene: Scene) -> None:
    sheets = [(layer, layer.draw(scene)) for layer in layers.LAYERS]
    page = dossier(scene, sheets, "en")
    assert page["years"] == [2026, 2027, 2028, 2029, 2030]
    assert [way for way, _ in page["colourings"]["land"]] == ["", "state", "land_class"]
    assert [way for way, _ in page["colourings"]["plan"]] == ["", "tier"]
    assert {row["firm"] for row in out(scene)} == {"落选单位0", "落选单位1", "落选单位2", "落选单位3"}
    assert dossier(Scene(scene.territory), [], "zh")["years"] == []
    land = {entry["name"]: [key for key, *_ in entry["fields"]] for entry in page["layers"]}
    assert "price_ha" not in land["parcels_offered"], "without a proof no row says that a price is not given"
    priced_too = dossier(with_prices(scene), sheets, "en")
    assert any(key == "price_ha" for entry in priced_too["layers"] for key, *_ in entry["fields"])


# Colours


@pytest.mark.parametrize("eye", EYES)
def test_families_stay_apart_for_every_eye_and_from_free_land(eye: str) -> None:
    """Tol's sand beside amber gives 7.7."""
    colours = [family.colour for family in style.FAMILIES[:-1]]
    pairs = [*itertools.combinations(colours, 2), *itertools.product(colours, style.READY)]
    assert min(apart(a, b, eye) for a, b in pairs) > APART, min(pairs, key=lambda pair: apart(*pair, eye))


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("name", ["READY", "PRICES", "TIERS"])
def test_rising_scales_rise_for_every_eye(name: str, eye: str) -> None:
    """Sensitivity: a rainbow, whose lightness turns back."""
    scale = getattr(style, name)
    light = [lab(colour, EYES[eye])[0] for colour in scale]
    assert light in (sorted(light), sorted(light, reverse=True))
    assert min(apart(a, b, eye) for a, b in itertools.pairwise(scale)) > STEP


def every_legend(scene: Scene) -> list[tuple[str, dict[str, Kind]]]:
    """All kinds that may stand together in one legend: of each layer, and of each colouring of a group."""
    found: list[tuple[str, dict[str, Kind]]] = []
    for layer in layers.LAYERS:
        drawn = layer.draw(scene)
        found.append((layer.name, dict(drawn.kinds)))
    for way in ("state", "land_class"):
        both = [sheet(name, scene).colourings[way] for name in ("parcels_taken", "parcels_offered")]
        found.append((way, {**both[0], **both[1]}))
    return found


def told_apart(one: Kind, other: Kind, eye: str) -> bool:
    """Whether two kinds differ at a glance: in fill, or in edge, dash or shape."""
    a, b = one.look, other.look
    if a.shape != b.shape or a.dash != b.dash:
        return True
    seen = [lab(look.fill or "#FFFFFF", EYES[eye], look.opacity) for look in (a, b)]
    fills = np.linalg.norm(seen[0] - seen[1])
    edges = apart(a.stroke or "#FFFFFF", b.stroke or "#FFFFFF", eye) if abs(a.weight - b.weight) < 1 else APART
    return fills > STEP or edges > APART


@pytest.mark.parametrize("eye", EYES)
def test_kinds_of_one_legend_differ_for_every_eye_by_fill_edge_or_dash(eye: str, scene: Scene) -> None:
    parcels = scene.territory.parcels.copy()
    parcels["land_class"] = [f"X{k % len(style.CLASSES):02d}" for k in range(len(parcels))]
    states = [*style.STATES]
    parcels["state"] = [states[k % len(states)] for k in range(len(parcels))]
    wide = dataclasses.replace(scene, territory=dataclasses.replace(scene.territory, parcels=parcels))
    for name, kinds in every_legend(wide):
        for (a, one), (b, other) in itertools.combinations(kinds.items(), 2):
            assert told_apart(one, other, eye), (name, a, b)


@pytest.mark.parametrize("eye", EYES)
def test_restrictions_differ_for_every_eye(eye: str) -> None:
    looks = {kind: SimpleNamespace(look=look) for kind, look in layers.RESTRICTION_LOOKS.items()}
    del looks["metro_elevated"]  # drawn as the other metro is
    for (a, one), (b, other) in itertools.combinations(looks.items(), 2):
        assert told_apart(one, other, eye), (a, b)
