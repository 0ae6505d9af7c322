"""What a territory measures, by hand: areas, zones and home parks, usable land, neighbours across a street."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import affinity

from planner.intake.inputs import Inputs
from planner.places import restricted
from planner.territory import LAYERS, contiguity, measured_area_m2, usable, zones_of

CRS = "EPSG:4547"


def frame(**shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes.values()), index=list(shapes), crs=CRS)


def parks(**boxes: tuple[shapely.Geometry, tuple[str, ...]]) -> gpd.GeoDataFrame:
    made = frame(**{name: shape for name, (shape, _) in boxes.items()})
    made["roles"] = [roles for _, roles in boxes.values()]
    return made


POLE = parks(
    POLE=(shapely.box(0, 0, 1000, 1000), ("growth_pole", "pilot")),
    HQ=(shapely.box(0, 0, 400, 400), ("hq_zone",)),
    OTHER=(shapely.box(900, 0, 2900, 1000), ("innovation_park",)),
    SMALL=(shapely.box(1500, 0, 1700, 200), ("specialised",)),
)


def zones(shape: shapely.Geometry) -> tuple[str, tuple[str, ...]]:
    found = zones_of(frame(place=shape), POLE).iloc[0]
    return found["home_park"], found["zones"]


def test_area_is_that_of_the_plane() -> None:
    assert measured_area_m2(frame(a=shapely.box(0, 0, 200, 150))).to_dict() == {"a": 30_000.0}


def test_home_is_the_growth_pole_even_where_a_smaller_park_lies_in_it() -> None:
    assert zones(shapely.box(100, 100, 200, 200)) == ("POLE", ("HQ", "POLE"))


def test_home_is_the_smallest_park_where_there_is_no_pole() -> None:
    assert zones(shapely.box(1550, 50, 1600, 100)) == ("SMALL", ("SMALL", "OTHER"))
    assert zones(shapely.box(2000, 0, 2100, 100)) == ("OTHER", ("OTHER",))


def test_a_park_holds_a_place_with_more_than_half_of_it() -> None:
    """Of 100 m from x = 340 the headquarters zone (to 400) holds 60; from x = 350 it holds just half: not enough."""
    assert zones(shapely.box(340, 0, 440, 100)) == ("POLE", ("HQ", "POLE"))
    assert zones(shapely.box(350, 0, 450, 100)) == ("POLE", ("POLE",))


def test_a_place_outside_every_park_has_no_home() -> None:
    assert zones(shapely.box(5000, 0, 5100, 100)) == ("", ())
    assert zones(shapely.box(2850, 0, 2950, 100)) == ("", ())  # just half of it inside


def test_a_point_lies_in_a_park_whole() -> None:
    assert zones(shapely.Point(50, 50)) == ("POLE", ("HQ", "POLE"))


def test_no_place_no_zone() -> None:
    assert zones_of(frame(), POLE).empty


# Usable land

PARCEL = shapely.box(0, 0, 200, 150)


def left_of(*forbidden: shapely.Geometry, parcel: shapely.Geometry = PARCEL) -> dict[str, float]:
    found = usable(frame(J=parcel), np.array(forbidden, dtype=object)).iloc[0]
    return {name: round(float(found[name]), 6) for name in ("usable_m2", "cut_m2", "pieces")}


def test_a_parcel_without_restrictions_is_usable_whole() -> None:
    assert left_of() == {"usable_m2": 30_000, "cut_m2": 0, "pieces": 1}
    assert left_of(shapely.box(200, 0, 300, 150)) == {"usable_m2": 30_000, "cut_m2": 0, "pieces": 1}  # beside it


def test_a_corridor_cuts_a_parcel_in_two_and_the_larger_piece_counts() -> None:
    """40 m wide, from x = 60 to 100: 9,000 m² and 15,000 m² are left, 6,000 m² are forbidden."""
    corridor = shapely.LineString([(80, -50), (80, 200)]).buffer(20, cap_style="flat")
    assert left_of(corridor) == {"usable_m2": 15_000, "cut_m2": 6_000, "pieces": 2}


def test_overlapping_restrictions_are_not_counted_twice() -> None:
    """Two strips, 0–50 and 30–80 m, take 80 m together: 12,000 m² cut, 18,000 left."""
    found = left_of(shapely.box(0, 0, 50, 150), shapely.box(30, 0, 80, 150))
    assert found == {"usable_m2": 18_000, "cut_m2": 12_000, "pieces": 1}


def test_two_cuts_together_leave_less_than_each_alone() -> None:
    """Strips at 60–80 and 120–140 leave 60, 40 and 60 m: the largest piece is 9,000 m² of 24,000."""
    found = left_of(shapely.box(60, 0, 80, 150), shapely.box(120, 0, 140, 150))
    assert found == {"usable_m2": 9_000, "cut_m2": 6_000, "pieces": 3}


def test_a_parcel_may_be_lost_altogether() -> None:
    assert left_of(shapely.box(-10, -10, 500, 500)) == {"usable_m2": 0, "cut_m2": 30_000, "pieces": 0}


def test_pieces_that_touch_in_a_corner_are_two() -> None:
    """Two quarters taken away crosswise leave two quarters that meet in one point: 7,500 m²."""
    found = left_of(shapely.box(0, 0, 100, 75), shapely.box(100, 75, 200, 150))
    assert found == {"usable_m2": 7_500, "cut_m2": 15_000, "pieces": 2}


def test_a_parcel_in_several_pieces_counts_its_largest() -> None:
    two = shapely.MultiPolygon([shapely.box(0, 0, 100, 100), shapely.box(150, 0, 200, 100)])
    assert left_of(parcel=two) == {"usable_m2": 10_000, "cut_m2": 0, "pieces": 2}


def test_each_parcel_keeps_its_own_piece() -> None:
    made = frame(A=shapely.box(0, 0, 100, 100), B=shapely.box(200, 0, 300, 100), C=shapely.box(400, 0, 500, 100))
    found = usable(made, np.array([shapely.box(200, 0, 230, 100)], dtype=object))
    assert found["usable_m2"].tolist() == [10_000, 7_000, 10_000]
    assert found.geometry["B"].bounds == (230, 0, 300, 100)
    assert usable(made.iloc[:0], np.zeros(0, dtype=object)).empty


def test_corridor_of_the_small_territory(small: Inputs) -> None:
    """R-01 at x = 485,540 takes 20 m on either side: of YL-03 (x 485,440 to 485,640) 80 m × 150 m are left, twice."""
    found = usable(small.territory.parcels, restricted(small.territory, "forbids"))
    assert found.loc["YL-03", "usable_m2"] == pytest.approx(12_000)
    assert found.loc["YL-03", "cut_m2"] == pytest.approx(6_000)
    assert found.loc["YL-03", "pieces"] == 2
    assert found.index[found["usable_m2"] < 29_999].tolist() == ["YL-03", "YL-08", "YL-13"]


def test_kind_of_a_restriction_gives_the_distance_where_it_has_none(small: Inputs) -> None:
    """A 220 kV line without a distance takes the 20 m of its kind; one of 5 m its own; metro lines forbid nothing."""
    lines = gpd.GeoDataFrame(
        {
            "kind": ["corridor_220kv", "corridor_220kv", "metro"],
            "distance_m": [np.nan, 5.0, 40.0],
            "voltage_kv": np.nan,
        },
        geometry=[shapely.LineString([(0, 1000 * k), (100, 1000 * k)]) for k in range(3)],
        crs=CRS,
    )
    territory = type(small.territory)(**{**vars(small.territory), "restrictions": lines})
    widths = [shape.bounds[3] - shape.bounds[1] for shape in restricted(territory, "forbids")]
    assert sorted(widths) == pytest.approx([10, 40])
    assert len(restricted(territory, "height")) == 0


# Neighbours


def neighbours(*shapes: shapely.Geometry, gap: float = 30, facing: float = 20) -> list[tuple[str, str]]:
    made = frame(**dict(zip("abcdefgh", shapes, strict=False)))
    return list(contiguity(made, gap, facing)[["a", "b"]].itertuples(index=False, name=None))


BLOCK = shapely.box(0, 0, 200, 150)


def beside(gap_m: float, up: float = 0) -> shapely.Geometry:
    """Return a like block across a street of this width, moved up."""
    return affinity.translate(BLOCK, 200 + gap_m, up)


def test_blocks_that_share_a_border_are_neighbours() -> None:
    found = contiguity(frame(a=BLOCK, b=beside(0)), 30, 20).iloc[0]
    assert (found["a"], found["b"], found["gap_m"]) == ("a", "b", 0)


@pytest.mark.parametrize("angle", [0, 10, 33, 45, 71.3])
def test_a_street_just_as_wide_as_allowed_does_not_part(angle: float) -> None:
    """30 m wide, drawn at any angle and anywhere: neighbours. 30.01 m: not."""
    for step in range(20):

        def placed(shape: shapely.Geometry, step: int = step) -> shapely.Geometry:
            turned = affinity.rotate(shape, angle + 0.37 * step * (angle > 0), origin=(0, 0))
            return affinity.translate(turned, 485_000 + 1.1 * step, 2_520_000 + 3.3 * step)

        assert neighbours(placed(BLOCK), placed(beside(30))) == [("a", "b")]
        assert neighbours(placed(BLOCK), placed(beside(30.01))) == []


def test_corner_to_corner_across_a_crossing_are_not_neighbours() -> None:
    """Streets of 20 m both ways: the corners are 28 m apart, yet only some 5 m of edge face each other."""
    crossing = [affinity.translate(BLOCK, x, y) for x in (0, 220) for y in (0, 170)]  # a c over …: a b left, c d right
    assert neighbours(*crossing) == [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]
    assert neighbours(*crossing, facing=4) == [("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")]


def test_blocks_that_touch_in_a_point_are_not_neighbours() -> None:
    """One corner in common: within 0 m of each other there is no edge at all."""
    assert neighbours(BLOCK, affinity.translate(BLOCK, 200, 150), gap=0, facing=1) == []


def test_the_edge_that_faces_has_to_be_long_enough() -> None:
    """A border of 19 m in common is too short, one of 20 m is enough (gap 0, so that corners add nothing)."""
    assert neighbours(BLOCK, beside(0, up=131), gap=0) == []
    assert neighbours(BLOCK, beside(0, up=130), gap=0) == [("a", "b")]


def test_facing_edge_by_hand() -> None:
    """Across 20 m, 150 m face; within 30 m lie besides 10 m of the edges above and below: 170 m."""
    found = contiguity(frame(a=BLOCK, b=beside(20)), 30, 20).iloc[0]
    assert found["gap_m"] == 20
    assert found["facing_m"] == pytest.approx(170, abs=0.1)


def test_order_of_the_parcels_is_that_of_the_pairs() -> None:
    row = [affinity.translate(BLOCK, 220 * k, 0) for k in range(4)]
    assert neighbours(*row) == [("a", "b"), ("b", "c"), ("c", "d")]
    assert neighbours() == []
    assert neighbours(BLOCK) == []


def test_land_that_is_cut_away_parts_neighbours(small: Inputs) -> None:
    """The corridor leaves the halves of YL-03 and YL-08 120 m from one neighbour and 20 m from the other."""
    left = usable(small.territory.parcels, restricted(small.territory, "forbids"))
    near = contiguity(left.loc[["YL-02", "YL-03", "YL-04"]], 30, 20)
    assert len(near) == 1


def test_names_of_a_park(small: Inputs) -> None:
    names = small.territory.park_names()
    assert {names[name] for name in ("XQD", "新桥东", "Xinqiao East", "新桥东先进制造产业园")} == {"XQD"}
    doubled = small.territory.parks.copy()
    doubled.at["YL", "aliases"] = ("江碧",)
    territory = type(small.territory)(**{**vars(small.territory), "parks": doubled})
    assert territory.park_names()["江碧"] == "JB;YL"


def test_columns_carry_their_unit_or_none() -> None:
    """A column named after a unit says it, and its bounds are in order."""
    ends = {"_m2": "m²", "_m": "m", "_kva": "kVA", "_yi": "亿元", "_kn_m2": "kN/m²", "_mva": "MVA", "_m3_day": "m³/d"}
    for layer in LAYERS.values():
        for column in layer.columns:
            by_name = max((end for end in ends if column.name.endswith(end)), key=len, default=None)
            if by_name:
                assert column.unit == ends[by_name], f"{layer.name}.{column.name}"
            if column.least is not None and column.most is not None:
                assert column.least < column.most


def test_small_territory_is_as_its_drawing_says(small: Inputs) -> None:
    parcels: pd.DataFrame = small.territory.parcels
    assert parcels["area_m2"].tolist() == pytest.approx([30_000] * 30)
    assert parcels["home_park"].value_counts().to_dict() == {"XQD": 15, "YL": 15}
    assert small.territory.buildings["home_park"].to_dict() == {
        "B01": "YL", "B02": "YL", "B03": "XQD", "B04": "XQD", "B05": "JB",
    }  # fmt: skip
    assert small.territory.floors["free_m2"].sum() == 56_500
