"""Restrictions on paper: the land they take, by distance and voltage; flags; heights; pieces; borders; files."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from small import YAML, write_small

from planner import intake
from planner.audit.ground import ground_of, lowest_over, under, usable_pieces, zones
from planner.borders import borders
from planner.intake.inputs import Inputs
from planner.places import offers
from planner.restrictions import distances, flags, height_limits, land, restricted
from planner.survey import faults, survey
from planner.territory import Territory, outside, usable

CRS = "EPSG:4547"
NAN = float("nan")
PARCEL = shapely.box(0, 0, 200, 100)


def places(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), index=[f"p{k}" for k in range(len(shapes))], crs=CRS)


def under_restrictions(territory: Territory, *rows: tuple[str, shapely.Geometry, float, float, float]) -> Territory:
    """Return a territory with these restrictions alone: kind, shape, distance, voltage, height."""
    made = gpd.GeoDataFrame(
        {
            "kind": [row[0] for row in rows],
            "distance_m": [row[2] for row in rows],
            "voltage_kv": [row[3] for row in rows],
            "height_limit_m": [row[4] for row in rows],
        },
        geometry=[row[1] for row in rows],
        index=[f"R{k}" for k in range(len(rows))],
        crs=CRS,
    )
    return replace(territory, restrictions=made)


# Distances


@pytest.mark.parametrize(
    ("kind", "own", "voltage", "asked"),
    [
        ("corridor", NAN, 220, 20.0),  # the row of 220 kV
        ("corridor", NAN, 132, 20.0),  # none for 132 kV: the next higher
        ("corridor", NAN, 10, 10.0),  # below all rows: the lowest, 35 kV
        ("corridor", 7.0, 220, 7.0),  # its own
        ("corridor", NAN, 1100, 0.0),  # above all rows, and its kind has none (a fault, see below)
        ("corridor", NAN, NAN, 0.0),
        ("corridor_500kv", NAN, NAN, 32.5),  # of its kind
        ("corridor_500kv", NAN, 1100, 32.5),  # no voltages for this kind: of its kind
    ],
)
def test_a_distance_is_its_own_else_of_its_voltage_else_of_its_kind(
    small: Inputs, kind: str, own: float, voltage: float, asked: float
) -> None:
    line = shapely.LineString([(0, 0), (100, 0)])
    territory = under_restrictions(small.territory, (kind, line, own, voltage, NAN))
    assert distances(territory.restrictions, territory.tables).tolist() == pytest.approx([asked])
    by_audit = [zone.bounds[3] for zone in zones(ground_of(territory), "forbids")]
    assert by_audit == pytest.approx([asked] if asked else [])
    assert [shape.bounds[3] for shape in restricted(territory, "forbids")] == pytest.approx(by_audit)


def test_a_voltage_widens_no_area_and_a_table_of_ones_own_is_followed(small: Inputs) -> None:
    strip = shapely.box(0, 0, 100, 10)
    territory = under_restrictions(small.territory, ("corridor", strip, NAN, 500, NAN))
    assert [shape.bounds for shape in restricted(territory, "forbids")] == [strip.bounds]
    line = under_restrictions(small.territory, ("corridor", shapely.LineString([(0, 0), (9, 0)]), NAN, 220, NAN))
    own = pd.DataFrame({"kind": ["corridor"], "voltage_kv": [400.0], "distance_m": [3.0]})
    line = replace(line, tables={**line.tables, "restriction_distances": own})
    assert restricted(line, "forbids")[0].bounds[3] == pytest.approx(3)


# Land that is left


def test_many_restrictions_at_once_take_common_land_once() -> None:
    """Of 20,000 m² a strip of 20 m takes 2,000, one of 30 m across it 6,000, of which 600 twice: 12,600 m² are left."""
    cuts = np.array([shapely.box(90, -5, 110, 105), shapely.box(-5, 40, 205, 70), shapely.box(300, 0, 400, 9)])
    left = outside(np.array([PARCEL, shapely.box(95, 45, 105, 65), shapely.box(500, 0, 501, 1)]), cuts)
    assert shapely.area(left).tolist() == pytest.approx([20_000 - 2_000 - 6_000 + 600, 0, 1])


def test_land_that_is_not_touched_stays_as_it_is() -> None:
    beside = shapely.box(200, 0, 300, 100)
    assert outside(np.array([PARCEL]), np.array([beside]))[0].equals(PARCEL)
    assert len(outside(np.zeros(0, dtype=object), np.array([beside]))) == 0


def test_a_parcel_cut_in_pieces_keeps_the_largest_as_usable_and_the_others_beside() -> None:
    """Strips at x = 50–60 and 120–140 leave 50, 60 and 60 m × 100 m: the western of the two largest counts."""
    strips = np.array([shapely.box(50, -1, 60, 101), shapely.box(120, -1, 140, 101)])
    found = usable(places(PARCEL, shapely.box(51, 1, 59, 99)), strips)
    cut, gone = found.iloc[0], found.iloc[1]
    assert (cut["usable_m2"], cut["cut_m2"], cut["pieces"]) == pytest.approx((6_000, 3_000, 3))
    assert cut.geometry.bounds == (60, 0, 120, 100)
    assert sorted(piece.bounds[0] for piece in cut["rest"].geoms) == [0, 140]
    assert (gone["usable_m2"], gone["pieces"]) == (0, 0)
    assert gone.geometry.is_empty
    assert gone["rest"].is_empty


# Heights and flags


def surfaces(territory: Territory) -> Territory:
    """Return a low surface to x = 100, a higher one over all, one that only touches from x = 200 on."""
    return under_restrictions(
        territory,
        ("airport_surface", shapely.box(-500, -500, 100, 500), NAN, NAN, 45),
        ("airport_surface", shapely.box(-500, -500, 500, 500), NAN, NAN, 70),
        ("airport_surface", shapely.box(200, -500, 500, 500), NAN, NAN, 20),
    )


def test_the_lowest_surface_over_a_place_limits_its_height(small: Inputs) -> None:
    territory = surfaces(small.territory)
    over = places(PARCEL, shapely.box(100, 0, 200, 100), shapely.box(900, 0, 950, 10), shapely.Point(150, 9))
    assert height_limits(territory, over).tolist() == pytest.approx([45, 70, NAN, 70], nan_ok=True)
    by_audit = [lowest_over(shape, under(ground_of(territory), "height")) for shape in over.geometry[:3]]
    assert by_audit == [45, 70, None]


def test_a_parcel_offers_the_lower_of_its_own_limit_and_of_the_surface_over_its_usable_piece(small: Inputs) -> None:
    """YL-01 has a limit of 30 m, YL-02 none; a surface of 45 m lies over both, one of 20 m over no piece left.

    YL-03 is left from x = 485,560 on or up to 485,520; what the corridor takes between is under the surface of 20 m.
    """
    territory = small.territory
    parcels = territory.parcels.copy()
    parcels["height_limit_m"] = NAN
    parcels.loc["YL-01", "height_limit_m"] = 30.0
    corridor = territory.restrictions.geometry.loc["R-01"]
    territory = under_restrictions(
        replace(territory, parcels=parcels),
        ("corridor", corridor, 20, NAN, NAN),
        ("airport_surface", shapely.box(484_900, 2_519_900, 486_500, 2_520_160), NAN, NAN, 45),
        ("airport_surface", corridor.buffer(20), NAN, NAN, 20),
    )
    limit = offers(territory, 30, 20).parcels["height_limit_m"]
    assert limit[["YL-01", "YL-02", "YL-03"]].tolist() == [30, 45, 45]
    assert np.isnan(limit["XQD-01"])


def test_every_kind_that_reaches_a_place_is_a_flag_on_it(small: Inputs) -> None:
    territory = under_restrictions(
        small.territory,
        ("metro", shapely.LineString([(250, 0), (250, 100)]), NAN, NAN, NAN),  # 50 m: to x = 200, touching only
        ("metro", shapely.LineString([(240, 0), (240, 100)]), NAN, NAN, NAN),  # to x = 190
        ("industrial_line", shapely.box(-500, -500, 500, 500), NAN, NAN, NAN),
        ("water_source_2", shapely.box(150, 0, 160, 10), NAN, NAN, NAN),
    )
    found = flags(territory, places(PARCEL, shapely.box(0, 0, 100, 9), shapely.box(800, 0, 900, 9)))
    assert found.tolist() == [("industrial_line", "metro", "water_source_2"), ("industrial_line",), ()]
    assert flags(territory, places()).empty


def test_offers_carry_the_flags_of_parcels_and_of_buildings(small: Inputs) -> None:
    """The water source zone of XQD reaches to x = 487,210: over XQD-01 to 487,200, and no building."""
    found = offers(small.territory, 30, 20)
    flagged = found.parcels.index[[bool(kinds) for kinds in found.parcels["flags"]]]
    assert flagged.tolist() == ["XQD-01", "XQD-06", "XQD-11"]
    assert set(found.floors["flags"]) == {()}


def test_pieces_are_those_the_audit_finds(small: Inputs) -> None:
    found = usable(small.territory.parcels, restricted(small.territory, "forbids"))
    ground = ground_of(small.territory)
    by_audit = usable_pieces(ground, list(found.index), zones(ground, "forbids"))
    assert found["usable_m2"].to_dict() == pytest.approx({name: shape.area for name, shape in by_audit.items()})
    assert all(found.geometry[name].equals(shape) for name, shape in by_audit.items())


def test_land_knows_which_restriction_each_polygon_is_of(small: Inputs) -> None:
    two = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 0, 6, 1)])
    territory = under_restrictions(
        small.territory,
        ("metro", shapely.Point(0, 0), 10, NAN, NAN),
        ("farmland", two, NAN, NAN, NAN),
        ("ecological_line", shapely.box(0, 0, 9, 9), NAN, NAN, NAN),
    )
    assert land(territory, "forbids").row.tolist() == [1, 1, 2]


# Borders


def border(*shapes: shapely.Geometry) -> dict[tuple[str, str], float]:
    found = borders(places(*shapes))
    return {(a, b): round(length, 3) for a, b, length in found.itertuples(index=False)}


def test_borders_of_a_grid_are_shared_sides_and_no_corners() -> None:
    grid = [shapely.box(x, y, x + 10, y + 20) for y in (0, 20) for x in (0, 10)]
    assert border(*grid) == {("p0", "p1"): 20, ("p0", "p2"): 10, ("p1", "p3"): 10, ("p2", "p3"): 20}


def test_a_long_side_borders_all_that_lie_along_it_whatever_their_corners() -> None:
    """Along the slanting side from (0, 0) to (90, 30), 94.868 m, lie thirds of it, whose corners it does not have."""
    long = shapely.Polygon([(0, 0), (90, 30), (0, 30)])
    thirds = [shapely.Polygon([(30 * k, 10 * k), (30 * k + 30, 10 * k + 10), (30 * k + 30, -50)]) for k in range(3)]
    third = round(float(np.hypot(30, 10)), 3)
    assert {pair: length for pair, length in border(long, *thirds).items() if pair[0] == "p0"} == {
        ("p0", f"p{k + 1}"): third for k in range(3)
    }


def test_a_gap_wider_than_rounding_parts_and_a_narrower_one_does_not() -> None:
    block = shapely.box(0, 0, 10, 10)
    assert border(block, shapely.box(10.0005, 0, 20, 10)) == {("p0", "p1"): 10}
    assert border(block, shapely.box(10.002, 0, 20, 10)) == {}


def test_a_hole_borders_what_fills_it_and_nothing_borders_itself() -> None:
    around = shapely.box(0, 0, 30, 30).difference(shapely.box(10, 10, 20, 20))
    two = shapely.MultiPolygon([shapely.box(40, 0, 50, 10), shapely.box(50, 10, 60, 20)])
    assert border(around, shapely.box(10, 10, 20, 20), two) == {("p0", "p1"): 40}
    assert border() == {}


def test_borders_are_those_of_the_geometry_whatever_the_order(small: Inputs) -> None:
    """Compared with the length that the outlines of random blocks have in common, pair by pair."""
    rng = np.random.default_rng(3)
    cuts = np.sort(rng.choice(np.arange(1, 60), (2, 5), replace=False).reshape(2, 5), axis=1)
    xs, ys = np.r_[0, cuts[0], 60], np.r_[0, cuts[1], 60]
    blocks = [shapely.box(xs[i], ys[j], xs[i + 1], ys[j + 1]) for i in range(6) for j in range(6)]
    merged = [shapely.union(blocks[k], blocks[k + 1]) for k in range(0, 12, 2)] + blocks[12:]
    merged = [merged[k] for k in rng.permutation(len(merged))]
    wanted = {
        (f"p{i}", f"p{j}"): length
        for i, a in enumerate(merged)
        for j, b in enumerate(merged)
        if i < j and (length := round(a.boundary.intersection(b.boundary).length, 3)) > 0
    }
    assert border(*merged) == wanted


# What a check says


def test_a_survey_measures_what_is_left_and_says_it(small: Inputs) -> None:
    """Of 30 parcels of 3 ha the corridor cuts three: it takes 0.6 ha of each, leaves 1.2 ha twice, one of them lost."""
    found = survey(small.territory)
    assert found.parcels["outside_m2"].sum() == pytest.approx(900_000 - 3 * 6_000)
    said = found.words()
    assert said.en == (
        "30 parcels of 90.0 ha, 84.6 ha usable outside restrictions: 3 are cut, nothing is left of 0; "
        "0 pairs share a border"
    )
    assert "30 宗地块共 90.0 公顷" in said.zh
    (cut,) = faults(found)
    assert cut.features == ("YL-03", "YL-08")  # YL-13 is cut as well, but not on offer
    assert not cut.fatal


def test_a_parcel_on_offer_of_which_nothing_is_left_is_told(small: Inputs) -> None:
    everything = shapely.box(484_999, 2_519_999, 485_201, 2_520_151)
    territory = under_restrictions(small.territory, ("farmland", everything, NAN, NAN, NAN))
    assert [fault.features for fault in faults(survey(territory))] == [("YL-01",)]


# Files of a kind


def listed(folder: Path, entries: str) -> Path:
    write_small(folder)
    text = re.sub(r"  restrictions: .*\n", f"  restrictions:\n{entries}", YAML)
    (folder / "territory.yaml").write_text(text, encoding="utf-8")
    return folder


def drawn(folder: Path, name: str, **columns: object) -> None:
    shapes = [shapely.box(x, 2_520_000, x + 50, 2_520_050) for x in (485_000, 487_000)]
    intake.write_layers(folder / name, {"shapes": gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)})


def test_restrictions_may_lie_in_a_file_for_each_kind(tmp_path: Path) -> None:
    """The second file has neither kinds nor numbers; the third calls its kinds by their Chinese names."""
    entries = """\
    - {file: small.gpkg, layer: restrictions, table: restrictions.csv}
    - {file: eco.gpkg, kind: 生态控制线}
    - {file: more.gpkg}
"""
    folder = listed(tmp_path, entries)
    drawn(folder, "eco.gpkg", note=["a", "b"])
    drawn(folder, "more.gpkg", restriction_id=["R-01", "R-03"], kind=["永久基本农田", "metro"])
    found = intake.read_territory(folder).restrictions
    assert found["kind"].to_dict() == {
        "R-02": "water_source_2",
        "R-03": "metro",
        "ecological_line-1": "ecological_line",
        "ecological_line-2": "ecological_line",
        "more.gpkg/R-01": "farmland",
        "restrictions.csv/R-01": "corridor",
    }


@pytest.mark.parametrize(
    ("columns", "entry", "where", "column", "said"),
    [
        ({"kind": ["farmland", "swamp"]}, "kind: metro", "x.gpkg", "kind", "unknown restriction kind"),
        ({"note": ["a", "b"]}, "kind: airport_surface", "x.gpkg", "height_limit_m", "must give its height"),
        ({"note": ["a", "b"]}, "knid: metro", "territory.yaml:10 layers.restrictions[0].knid", "", "unknown key"),
        ({"note": ["a", "b"]}, "crs: EPSG:4547", "x.gpkg", "kind", "required column is missing"),
    ],
)
def test_a_restriction_that_would_be_lost_is_a_fault(
    tmp_path: Path, columns: dict[str, list[str]], entry: str, where: str, column: str, said: str
) -> None:
    folder = listed(tmp_path, f"    - {{file: x.gpkg, {entry}}}\n")
    drawn(folder, "x.gpkg", **columns)
    found = [fault for fault in intake.faults(folder) if fault.fatal]
    assert any((f.where, f.column) == (where, column) and said in f.rule.en for f in found), found


def test_a_line_without_distance_is_a_fault_and_its_voltage_mends_it(tmp_path: Path) -> None:
    write_small(tmp_path)
    for column, cell, fatal in (
        ("distance_m", "", True), ("distance_m", "0", True), ("distance_m", "9", False),
        ("voltage_kv", "220 kV", False), ("voltage_kv", "35千伏", False), ("voltage_kv", "1100", True),
    ):  # fmt: skip
        text = f"restriction_id,kind,{column}\nR-01,corridor,{cell}\nR-02,water_source_2,\n"
        (tmp_path / "restrictions.csv").write_text(text, encoding="utf-8")
        told = [fault for fault in intake.faults(tmp_path) if fault.fatal]
        assert [(fault.column, fault.features) for fault in told] == [("distance_m", ("R-01",))] * fatal
