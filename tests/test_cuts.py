"""Cuts by hand, and on random outlines against shapely: area, squareness, one piece each, access to a street."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import affinity

from planner import sites
from planner.borders import open_edges

ACCESS_M = 12.0
WEST, EAST = 0, 1


def ends(*pieces: shapely.Polygon, among: tuple[shapely.Polygon, ...] = ()) -> sites.Ends:
    """Return the ends of pieces that are parcels themselves, among other parcels."""
    land = np.array(pieces, dtype=object)
    streets = open_edges(land, np.arange(len(land)), np.array([*pieces, *among], dtype=object))
    return sites.ends_of(land, streets, ACCESS_M)


def cut(found: sites.Ends, end: int, area_m2: float) -> shapely.Polygon | None:
    (piece,) = sites.cuts_of(found, np.array([end]), np.array([float(area_m2)]))
    return piece


FIELD = shapely.box(0, 0, 200, 150)


def test_a_rectangle_is_cut_across_its_long_side() -> None:
    """30,000 m² of 200 m × 150 m: 6,000 m² are the 40 m at either end."""
    found = ends(FIELD)
    assert shapely.equals(cut(found, WEST, 6000), shapely.box(0, 0, 40, 150))
    assert shapely.equals(cut(found, EAST, 6000), shapely.box(160, 0, 200, 150))


def test_end_1_of_an_axis_due_north_is_the_southern() -> None:
    found = ends(shapely.box(0, 0, 100, 300))
    assert shapely.equals(cut(found, WEST, 5000), shapely.box(0, 0, 100, 50))


def test_a_triangle_is_cut_where_a_quadratic_says() -> None:
    """Legs of 200 m and 100 m: along the long side from the sharp corner, u² / 4 = 2,500 m² at u = 100 m.

    Its least rectangle lies along the long leg (as large as that along the hypotenuse, and cut squarely either way).
    """
    found = ends(shapely.Polygon([(0, 0), (200, 0), (200, 100)]))
    piece = cut(found, WEST, 2500)
    assert piece is not None
    assert piece.area == pytest.approx(2500, abs=1e-6)


def test_a_neighbour_closes_an_end() -> None:
    """Parcels on the east, north and south leave the west side alone: the piece has access, what is left has none.

    From the east the piece has none. With 30 m more of street on the south, at the west, still none; a street all along
    the south lets both ends be cut.
    """
    east, north = shapely.box(200, 0, 400, 150), shapely.box(0, 150, 200, 300)
    closed = ends(FIELD, among=(east, north, shapely.box(0, -100, 200, 0)))
    assert cut(closed, WEST, 6000) is None
    assert cut(closed, EAST, 6000) is None
    ajar = ends(FIELD, among=(east, north, shapely.box(30, -100, 200, 0)))
    assert cut(ajar, WEST, 6000) is None
    open_south = ends(FIELD, among=(east, north))
    assert cut(open_south, WEST, 6000) is not None
    assert cut(open_south, EAST, 6000) is not None


def test_a_piece_is_as_deep_as_its_access() -> None:
    """Street on the south alone, from x = 1 m where the western neighbour ends: the piece takes in 1 m and 12 m more.

    13 m × 150 m = 1,950 m² is the least piece, and the most leaves as much at the other end: 28,050 m².
    """
    around = (shapely.box(-99, -9, 0, 150), shapely.box(200, -9, 300, 150), shapely.box(0, 150, 200, 300))
    found = ends(FIELD, among=around)
    assert found.least_m2[WEST] == pytest.approx(1950, abs=0.1)
    assert found.most_m2[WEST] == pytest.approx(28_050, abs=0.1)
    assert cut(found, WEST, 1940) is None
    assert cut(found, WEST, 1960) is not None


def test_street_around_the_corner_counts_as_one_stretch() -> None:
    """A lone parcel has street all around: the least piece goes as deep as needs be, here 0 m (the side is 150 m)."""
    assert ends(FIELD).least_m2[WEST] == pytest.approx(0, abs=1e-6)


def test_a_line_that_leaves_two_pieces_is_no_cut() -> None:
    """A horseshoe open to the east, arms of 60 m: from the east the piece would be two, from the west the rest.

    Behind the arms, at the western 50 m, what is left stays whole only while the cut does not reach into the mouth.
    """
    horseshoe = shapely.box(0, 0, 300, 200).difference(shapely.box(50, 60, 300, 140))
    found = ends(horseshoe)
    assert cut(found, EAST, 6000) is None
    assert cut(found, WEST, 12_000) is None
    assert cut(found, WEST, 8000) is not None


def test_land_with_a_hole_is_not_cut() -> None:
    assert cut(ends(FIELD.difference(shapely.box(90, 60, 110, 80))), WEST, 6000) is None


def test_forbidden_land_is_no_street() -> None:
    """The western half of a parcel is forbidden: the line between is no street, though it borders no other parcel."""
    parcel, usable = shapely.box(-200, 0, 200, 150), FIELD
    around = [shapely.box(-200, 150, 200, 300), shapely.box(-200, -100, 200, 0), shapely.box(200, 0, 300, 150)]
    every = np.array([parcel, *around], dtype=object)
    (street,) = open_edges(np.array([usable], dtype=object), np.array([0]), every)
    assert street.is_empty


def test_nothing_to_cut() -> None:
    none = np.zeros(0, dtype=object)
    assert len(sites.cuts_of(sites.ends_of(none, none, ACCESS_M), np.zeros(0, np.int64), np.zeros(0))) == 0


@pytest.mark.parametrize("seed", range(30))
def test_pieces_of_any_outline(seed: int) -> None:
    """Random outlines, turned: each piece has the area asked, lies in its parcel, is one and leaves one, is square."""
    rng = np.random.default_rng(seed)
    land = shapely.box(0, 0, rng.uniform(150, 400), rng.uniform(60, 140))
    for _ in range(int(rng.integers(0, 3))):
        west, deep = rng.uniform(0, 300), rng.uniform(5, 40)
        land = land.difference(shapely.box(west, -1, west + rng.uniform(10, 90), deep))
    land = max(shapely.get_parts(land), key=lambda part: part.area)
    land = affinity.translate(affinity.rotate(land, rng.uniform(0, 360)), 485_000, 2_520_000)
    found = ends(land)
    for end in (WEST, EAST):
        asked_m2 = float(rng.uniform(0.1, 0.9) * land.area)
        piece = cut(found, end, asked_m2)
        if piece is None:
            continue
        assert piece.is_valid
        assert piece.area == pytest.approx(asked_m2, abs=1e-3)
        assert piece.difference(land.buffer(1e-6)).area < 1e-3
        rest = [part for part in shapely.get_parts(land.difference(piece.buffer(1e-6))) if part.area > 0.1]
        assert len(rest) == 1
        axis = found.axis[end]
        assert (shapely.get_coordinates(piece) @ axis).max() <= (shapely.get_coordinates(rest[0]) @ axis).min() + 1e-3
