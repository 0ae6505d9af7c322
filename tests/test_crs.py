"""Where layers lie: systems by their published figures and round trips, proposals with their numbers, what is said."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from small import CRS, EAST, shapes, write_small

from planner import intake
from planner.intake import crs as crs_module
from planner.intake import lie
from planner.intake.alignment import Reference, cut_by, shift_of
from planner.intake.systems import (
    FOUR,
    SEVEN,
    SHIFTS,
    Similarity,
    System,
    fitted,
    moved,
    placed,
    system,
    to_bd09,
    to_gcj02,
    unshifted,
)
from planner.quantities import UnreadableError

BAOAN = (113.74, 22.52, 113.98, 22.87)
PLACES = np.array([[113.811, 22.639], [113.84, 22.8], [113.94, 22.69], [113.83, 22.74], [113.89, 22.56]])
"""The airport, 燕罗, 石岩, 新桥, 新安: all over Bao'an."""


def in_metres(lonlat: np.ndarray) -> np.ndarray:
    there = pyproj.Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    return np.column_stack(there.transform(*lonlat.T))


# The shifts of public maps


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),  # Shanghai
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),  # Shenzhen
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),  # Beijing
    ],
)
def test_gcj02_gives_the_figures_that_other_implementations_publish(
    wgs84: tuple[float, float], gcj02: tuple[float, float]
) -> None:
    """Proves the formula. Sensitivity: a wrong term moves by metres, 1e-5 degrees; checked to 1e-9 (0.1 mm)."""
    assert to_gcj02(np.array([wgs84])) == pytest.approx(np.array([gcj02]), abs=1e-9)


@pytest.mark.parametrize(("shift", "least_m", "most_m"), [(to_gcj02, 602, 616), (to_bd09, 1211, 1250)])
def test_shifts_in_baoan_are_as_far_as_known(shift: object, least_m: float, most_m: float) -> None:
    aside = in_metres(shift(PLACES)) - in_metres(PLACES)  # type: ignore[operator]
    far = np.hypot(*aside.T)
    assert (far > least_m - 1).all()
    assert (far < most_m + 1).all()
    assert (aside[:, 0] > 500).all()


@given(
    lon=st.floats(73, 137), lat=st.floats(1, 55), shifted=st.sampled_from(sorted(SHIFTS)),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_taking_a_shift_back_is_exact(lon: float, lat: float, shifted: str) -> None:
    there = np.array([[lon, lat]])
    assert unshifted(SHIFTS[shifted](there), shifted) == pytest.approx(there, abs=1e-9)


def test_outside_of_china_nothing_is_shifted() -> None:
    paris = np.array([[2.35, 48.85]])
    assert (to_gcj02(paris) == paris).all()


# Local grids


@given(
    east=st.floats(-1e6, 1e6), north=st.floats(-1e6, 1e6), turn=st.floats(-36_000, 36_000), ppm=st.floats(-500, 500)
)
@settings(max_examples=100, deadline=None)
def test_a_grid_is_found_again_from_its_control_points(east: float, north: float, turn: float, ppm: float) -> None:
    grid = Similarity(east, north, turn, ppm)
    local = np.array([[20_000.0, 30_000], [45_000, 28_000], [31_000, 52_000]])
    found, missed = fitted(np.column_stack([local, grid(local)]))
    assert missed.max() < 1e-4
    assert found(local) == pytest.approx(grid(local), abs=1e-4)


def test_a_grid_turned_clockwise_sends_north_to_the_east() -> None:
    """Proves the sense of rotation, which books give both ways. Sensitivity: (-10, 0) the other way round."""
    assert Similarity(clockwise_s=90 * 3600)(np.array([[0.0, 10]])) == pytest.approx(np.array([[10.0, 0]]))


def test_four_parameters_and_control_points_place_the_same_layer() -> None:
    local = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 50)])
    four = system({"crs": CRS, "four": {"east_m": 480_000, "north_m": 2_510_000}})
    points = system({"crs": CRS, "points": [[0, 0, 480_000, 2_510_000], [100, 50, 480_100, 2_510_050]]})
    for given_as in (four, points):
        there = placed(local.set_crs(CRS), given_as)
        assert there.total_bounds == pytest.approx([480_000, 2_510_000, 480_100, 2_510_050], abs=1e-6)


def test_seven_parameters_are_the_position_vector_rotation_unless_said_otherwise() -> None:
    """A shift alone by hand: 1,000 m along the geocentric axis to the north pole is 1,000 cos(lat) m north."""
    point = gpd.GeoDataFrame(geometry=[shapely.Point(500_000, 2_500_000)], crs=CRS)
    numbers = dict.fromkeys(SEVEN, 0.0)
    up = placed(point, system({"crs": CRS, "seven": {**numbers, "dz_m": 1000}})).to_crs(CRS).geometry[0]
    lat = point.to_crs(4326).geometry[0].y
    assert up.y - 2_500_000 == pytest.approx(1000 * np.cos(np.radians(lat)), rel=5e-3)
    one = placed(point, system({"crs": CRS, "seven": {**numbers, "rz_s": 1}})).to_crs(CRS).geometry[0]
    said = {**numbers, "rz_s": -1, "convention": "coordinate_frame"}
    other = placed(point, system({"crs": CRS, "seven": said})).to_crs(CRS).geometry[0]
    assert one.x - 500_000 == pytest.approx(np.cos(np.radians(lat)) * 6_378_137 / 206_265, rel=2e-3)
    assert other.equals_exact(one, 1e-6)


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("EPSG:99999", "EPSG:99999"),
        ("", "this is no CRS"),
        ({"crs": CRS, "point": [[0, 0, 0, 0]]}, "Nearest known: points"),
        ({"crs": CRS, "axes": "north"}, "axes: swapped"),
        ({"crs": CRS, "shifted": "GCJ"}, "GCJ-02"),
        ({"crs": CRS, "points": [[0, 0, 0, 0]]}, "points: [[x, y"),
        ({"crs": CRS, "points": [[1, 1, 0, 0], [1, 1, 2, 2]]}, "points: [[x, y"),
        ({"crs": CRS, "points": [[0, 0, 0, "x"], [1, 1, 2, 2]]}, "points: [[x, y"),
        ({"crs": CRS, "points": [[0, 0, 0, 0], [100, 0, 100, 0], [0, 100, 3, 100]]}, "they miss by"),
        ({"crs": CRS, "four": {"east_m": 1}}, "north_m"),
        ({"crs": CRS, "four": {"east_m": 1, "north_m": "?"}}, "north_m"),
        ({"crs": CRS, "seven": {"dx_m": 1}}, "rz_s"),
        ({"crs": CRS, "seven": {**dict.fromkeys(SEVEN, 0), "convention": "?"}}, "position_vector"),
        ({"four": {"east_m": 1, "north_m": 1}}, "crs: EPSG:4547"),
        ({"crs": CRS, "four": dict.fromkeys(FOUR, 0), "seven": dict.fromkeys(SEVEN, 0)}, "points: … | four: …"),
    ],
)
def test_what_is_no_system_is_told_with_what_would_be(said: object, part: str) -> None:
    with pytest.raises(UnreadableError) as error:
        system(said)
    assert part in str(error.value)
    assert error.value.rule.zh
    assert error.value.remedy.zh


@pytest.mark.parametrize(
    "said",
    ["EPSG:4547", "EPSG:4547 swapped", "GCJ-02", "EPSG:3857 instead of EPSG:4547", "EPSG:3857 BD-09",
     {"crs": CRS, "axes": "swapped", "four": {"east_m": 1.5, "north_m": 2, "clockwise_s": 3, "scale_ppm": 4}},
     {"crs": "EPSG:2435", "seven": dict.fromkeys(SEVEN, 1.0)}],
)  # fmt: skip
def test_a_system_is_written_as_it_is_read(said: object) -> None:
    once = system(said)
    text = str(once)
    assert system(json.loads(text) if text.startswith("{") else text) == once


# What bounds tell


def written_in(system_: System) -> gpd.GeoSeries:
    """Return the small parcels as a file in a system has them, without a CRS."""
    frame = shapes()["parcels"].to_crs(4326)
    if system_.shifted:
        frame = frame.set_geometry(moved(frame.geometry.to_numpy(), SHIFTS[system_.shifted]), crs=4326)
    frame = frame.to_crs(system_.crs or 4326)
    plain = gpd.GeoSeries(frame.geometry.to_numpy())
    return gpd.GeoSeries(moved(plain.to_numpy(), lambda xy: xy[:, ::-1])) if system_.swapped else plain


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("crs", [one.crs for one in crs_module.CANDIDATES])
def test_bounds_tell_every_system_met_in_shenzhen(crs: str, swapped: bool) -> None:
    """EPSG:4508 and UTM 49N lie 1 km apart and so both fit; bounds propose both, a reference tells them apart."""
    given_as = System(crs, swapped)
    found = [one.system for one in crs_module.proposals(written_in(given_as), BAOAN)]
    twins = {System("EPSG:4508", swapped), System("EPSG:32649", swapped)}
    assert set(found) == (twins if given_as in twins else {given_as})


@pytest.mark.parametrize("text", ["EPSG:4508", "EPSG:32649", "EPSG:4547 swapped", "EPSG:4526", "EPSG:3857", "GCJ-02",
                                  "BD-09", "EPSG:2435", "EPSG:3857 GCJ-02"])  # fmt: skip
def test_a_reference_with_common_corners_tells_what_bounds_cannot(text: str) -> None:
    """Proves the ranking, with the same parcels as reference: what is written comes out first, 0 m aside."""
    given_as = system(text)
    best = crs_module.proposals(written_in(given_as), BAOAN, reference())[0]
    assert best.shift is not None
    assert best.shift.far_m < 0.5
    assert best.shift.share == 1.0
    names = {"EPSG:4490 " + one for one in SHIFTS}
    assert str(best.system) in {text, f"EPSG:4490 {text}"} | (names if text in names else set())


def reference() -> Reference:
    return Reference("parcels of last year", shapes()["parcels"].geometry.to_numpy(), CRS)


def test_areas_are_said_to_be_18_percent_too_large_in_web_mercator() -> None:
    (only,) = crs_module.proposals(written_in(System("EPSG:3857")), BAOAN)
    assert only.area_ratio == pytest.approx(1.18, abs=0.01)
    (plain,) = crs_module.proposals(written_in(System(CRS)), BAOAN)
    assert plain.area_ratio == pytest.approx(1, abs=1e-5)


def test_without_coordinates_nothing_is_proposed() -> None:
    assert crs_module.proposals(gpd.GeoSeries([]), BAOAN) == []
    assert crs_module.proposals(gpd.GeoSeries([None, shapely.Polygon()]), BAOAN, reference()) == []


@given(st.lists(st.tuples(st.floats(), st.floats()), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_no_coordinates_are_too_strange_to_be_looked_at(xy: list[tuple[float, float]]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        series = gpd.GeoSeries(list(np.asarray(shapely.points(xy), dtype=object)))
        assert all(one.words.zh for one in crs_module.proposals(series, BAOAN))


# What a reference tells


def test_a_shift_is_found_among_other_corners() -> None:
    """Half the corners have no counterpart. Sensitivity: the mean of nearest distances would be far from 515, -327."""
    random = np.random.default_rng(1)
    corner = random.uniform(0, 20_000, (200, 2))
    squares = shapely.box(*corner.T, *(corner + random.uniform(50, 300, (200, 2))).T)
    aside = shapely.transform(squares[:100], lambda xy: xy + np.array([515, -327]))
    other = random.uniform(0, 20_000, (100, 2))
    found = shift_of(np.concatenate([aside, shapely.box(*other.T, *(other + 77).T)]), squares)
    assert found is not None
    assert (found.east_m, found.north_m) == pytest.approx((515, -327), abs=1)
    assert found.share == pytest.approx(0.5, abs=0.05)


def test_a_regular_grid_is_in_place_where_it_is() -> None:
    """Every 100 m a grid meets itself again; most corners meet in place."""
    x, y = np.meshgrid(np.arange(0, 1000, 100), np.arange(0, 1000, 100))
    squares = shapely.box(x.ravel(), y.ravel(), x.ravel() + 100, y.ravel() + 100)
    found = shift_of(squares, squares)
    assert found is not None
    assert found.far_m == 0


def test_layers_without_common_corners_tell_no_shift() -> None:
    random = np.random.default_rng(2)
    here, there = (random.uniform(0, 9000, (200, 2)) for _ in range(2))
    assert shift_of(shapely.box(*here.T, *(here + 37).T), shapely.box(*there.T, *(there + 53).T)) is None


def test_borders_cut_what_lies_across_them() -> None:
    parks = np.array([shapely.box(0, 0, 100, 100)], dtype=object)
    places = shapely.box([10, 95, 200], [10, 10, 10], [20, 105, 210], [20, 20, 20])
    assert cut_by(places, parks) == (1, 3)
    assert cut_by(places[:0], parks) == (0, 0)


# In a territory


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small(tmp_path_factory.mktemp("pristine") / "small").parent


@pytest.fixture
def small(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "small"))


def rewritten(folder: Path, text: str, declared: object = None) -> gpd.GeoDataFrame:
    """Write the parcels as a system has them; declare it in territory.yaml where asked."""
    layers = shapes()
    kept = layers["parcels"]
    frame = kept.set_geometry(written_in(system(text)).to_numpy()).set_crs(declared, allow_override=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")
        intake.write_layers(folder / "small.gpkg", {**layers, "parcels": frame})
    return kept


def declare(folder: Path, text: str) -> None:
    file = folder / "territory.yaml"
    said = file.read_text(encoding="utf-8").replace("layer: parcels,", f"layer: parcels, crs: {text},")
    file.write_text(said, encoding="utf-8")


@pytest.mark.parametrize(
    "text", ["GCJ-02", "BD-09", "EPSG:4547 swapped", "EPSG:4526", "EPSG:3857", "EPSG:32649", "EPSG:4508", "EPSG:4497"]
)
def test_a_confirmed_system_puts_parcels_where_they_are_and_is_kept(small: Path, text: str) -> None:
    kept = rewritten(small, text)
    (told,) = [fault for fault in intake.faults(small) if fault.column == "geometry" and fault.fatal]
    assert "no CRS is declared" in told.rule.en  # nothing is guessed silently
    declare(small, text)
    territory = intake.read_territory(small)
    assert territory.systems["parcels"] == f"{text} (territory.yaml)"
    assert territory.systems["parks"] == "EPSG:4547 (small.gpkg:parks)"
    kept = kept.set_index(kept.columns[0]).sort_index()
    away = shapely.hausdorff_distance(territory.parcels.geometry.to_numpy(), kept.geometry.to_numpy())
    assert away.max() < 0.01
    assert territory.parcels["area_m2"].to_numpy() == pytest.approx(30_000, abs=0.5)


@pytest.mark.parametrize("text", ["EPSG:3857", "EPSG:4526", "EPSG:2435"])
def test_a_file_that_says_a_wrong_crs_is_overruled_by_name_only(small: Path, text: str) -> None:
    """A file says EPSG:4547 and is not. To say only what it is contradicts it; to name what is wrong does not."""
    kept = rewritten(small, text, CRS)
    declare(small, text)
    (told,) = [fault for fault in intake.faults(small) if fault.fatal]
    assert f"crs: {text} instead of EPSG:4547" in told.remedy.en
    file = small / "territory.yaml"
    said = file.read_text(encoding="utf-8")
    file.write_text(said.replace(f"crs: {text},", f"crs: {text} instead of EPSG:4547,"), encoding="utf-8")
    territory = intake.read_territory(small)
    assert territory.systems["parcels"] == f"{text} instead of EPSG:4547 (territory.yaml)"
    assert territory.parcels.geometry["YL-01"].hausdorff_distance(kept.geometry[0]) < 0.01
    file.write_text(file.read_text(encoding="utf-8").replace("of EPSG:4547", "of EPSG:4526"), encoding="utf-8")
    assert any("territory.yaml says" in fault.rule.en for fault in intake.faults(small) if fault.fatal)


def test_a_local_grid_needs_its_parameters_and_then_lies_right(small: Path) -> None:
    """Local coordinates: 4547 less 470 km and 2,500 km, as an independent grid would have them."""
    kept = shapes()["parcels"]
    local = kept.set_geometry(moved(kept.geometry.to_numpy(), lambda xy: xy - np.array([470_000, 2_500_000])))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")
        frame = local.set_crs(None, allow_override=True)
        intake.write_layers(small / "small.gpkg", {**shapes(), "parcels": frame})
    (told,) = [fault for fault in intake.faults(small) if fault.fatal]
    assert "Ask whoever made the file" in told.remedy.en
    declare(small, "{crs: EPSG:4547, points: [[15000, 20000, 485000, 2520000], [18000, 21000, 488000, 2521000]]}")
    territory = intake.read_territory(small)
    assert territory.parcels.total_bounds == pytest.approx(kept.total_bounds, abs=0.001)
    assert json.loads(territory.systems["parcels"].removesuffix(" (territory.yaml)"))["four"]["east_m"] == 470_000


def test_a_wrong_control_point_is_told_with_its_miss(small: Path) -> None:
    declare(small, "{crs: EPSG:4547, points: [[0, 0, 485000, 2520000], [1000, 0, 486000, 2520000], [0, 9, 1, 1]]}")
    (told,) = [fault for fault in intake.faults(small) if "layers.parcels.crs" in fault.where]
    assert told.fatal
    assert "they miss by" in told.rule.en


def test_a_layer_that_lies_aside_is_a_warning_with_numbers_and_is_not_moved(small: Path) -> None:
    """GCJ-02 declared as WGS 84: 612 m. The parks' borders cut what they do not cut otherwise."""
    rewritten(small, "GCJ-02", 4326)
    found = intake.faults(small)
    (told,) = [fault for fault in found if "GCJ-02" in fault.remedy.en]
    assert not told.fatal
    assert "crs: GCJ-02" in told.remedy.en
    assert "--crs" in told.remedy.zh
    far = float(told.rule.en.split("lies ")[1].split(" m ")[0])
    assert 602 <= far <= 616
    parcels = intake.read_territory(small).parcels
    assert parcels.geometry["YL-01"].bounds[0] - EAST == pytest.approx(510, abs=15)


def test_common_corners_tell_the_shift_itself() -> None:
    """Proves the sign: parcels moved 515 m east and 327 m south lie so, and GCJ-02 explains it."""
    parcels = shapes()["parcels"]
    lonlat = parcels.to_crs(4326)
    aside = lonlat.set_geometry(moved(lonlat.geometry.to_numpy(), to_gcj02), crs=4326).to_crs(CRS)
    (told,) = lie.misplaced("new", aside.geometry.to_numpy(), reference())
    assert "100% of its corners meet" in told.rule.en
    east, north = (int(text.split()[-1]) for text in told.rule.en.split("(")[1].split(" north")[0].split(" east,"))
    assert (east, north) == pytest.approx((515, -327), abs=15)
    assert "GCJ-02" in told.remedy.en


def test_a_shift_that_nothing_explains_is_still_told() -> None:
    aside = shapely.transform(shapes()["parcels"].geometry.to_numpy(), lambda xy: xy + np.array([40, 0]))
    (told,) = lie.misplaced("new", aside, reference())
    assert "40 m (+40 east, +0 north)" in told.rule.en
    assert "both layers" in told.remedy.en


def test_what_lies_right_is_not_told() -> None:
    parcels, parks = (shapes()[name].geometry.to_numpy() for name in ("parcels", "parks"))
    assert lie.misplaced("parcels", parcels, reference()) == []
    assert lie.misplaced("parcels", parcels, Reference("parks", parks, CRS)) == []


def test_a_datum_without_public_parameters_is_a_warning(small: Path) -> None:
    rewritten(small, "EPSG:2435", 2435)
    (told,) = [fault for fault in intake.faults(small) if "no exact transformation" in fault.rule.en]
    assert not told.fatal
    assert "seven parameters" in told.remedy.en


@pytest.mark.parametrize(("crs", "off"), [("EPSG:3857", "+17"), ("EPSG:32649", "+0.13%"), ("EPSG:4508", "+0.21%")])
def test_areas_are_measured_in_no_crs_that_falsifies_them(small: Path, crs: str, off: str) -> None:
    file = small / "territory.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("crs: EPSG:4547", f"crs: {crs}"), encoding="utf-8")
    (told,) = intake.faults(small)
    assert off in told.rule.en
    assert "EPSG:4547" in told.remedy.en


def test_outlines_are_looked_at_also_where_nobody_says_in_which_crs(tmp_path: Path) -> None:
    frame = shapes()["parcels"]
    bow = shapely.Polygon([(EAST, 0), (EAST + 9, 9), (EAST + 9, 0), (EAST, 9)])
    frame = frame.set_geometry([bow, *frame.geometry[1:]]).set_crs(None, allow_override=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")
        intake.write_layers(tmp_path / "parcels.gpkg", {"parcels": frame})
    told = " ".join(fault.words("en") for fault in intake.faults(tmp_path / "parcels.gpkg"))
    assert "no CRS is declared" in told
    assert "EPSG:4547" in told
    assert "Self-intersection" in told


def test_a_file_by_itself_is_measured_in_4547_whatever_it_is_written_in(tmp_path: Path) -> None:
    """Overlap by 10 m × 150 m, from degrees."""
    frame = shapes()["parcels"]
    first = shapely.box(*frame.geometry[0].bounds[:2], frame.geometry[0].bounds[2] + 30, frame.geometry[0].bounds[3])
    frame = frame.set_geometry([first, *frame.geometry[1:]], crs=CRS).to_crs(4326)
    intake.write_layers(tmp_path / "parcels.gpkg", {"parcels": frame})
    assert any("1,500 m²" in fault.rule.en for fault in intake.faults(tmp_path / "parcels.gpkg"))
