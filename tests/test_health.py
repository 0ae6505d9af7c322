"""Bad input: each change to the small territory is one fault with place, value, allowed and remedy."""

from __future__ import annotations

import csv
import shutil
import sqlite3
import struct
import warnings
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from small import CRS, EAST, NORTH, shapes, write_small

from planner import intake
from planner.errors import DataError, Fault
from planner.intake import shapes as shapes_module

Change = Callable[[Path], None]


def cell(file: str, key: str, column: str, value: str) -> Change:
    """Return a change of one cell, in the rows whose first cell is `key`."""
    return rows(file, lambda row, header: _with(row, header.index(column), value) if row[0] == key else row)


def rows(file: str, each: Callable[[list[str], list[str]], list[str]]) -> Change:
    """Return a change of every row of a table."""

    def change(folder: Path) -> None:
        header, *body = _read(folder / file)
        _write(folder / file, [header, *(each(row, header) for row in body)])

    return change


def without_column(file: str, column: str) -> Change:
    def change(folder: Path) -> None:
        table = _read(folder / file)
        at = table[0].index(column)
        _write(folder / file, [row[:at] + row[at + 1 :] for row in table])

    return change


def added(file: str, *more: str) -> Change:
    def change(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8") as out:
            out.writelines(line + "\n" for line in more)

    return change


def without(file: str, *keys: str) -> Change:
    def change(folder: Path) -> None:
        header, *body = _read(folder / file)
        _write(folder / file, [header, *(row for row in body if row[0] not in keys)])

    return change


def drawn(layer: str, change_of: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> Change:
    """Return a change of one layer's geometry."""

    def change(folder: Path) -> None:
        layers = shapes()
        layers[layer] = change_of(layers[layer])
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "'crs' was not provided")  # one change takes it away
            intake.write_layers(folder / "small.gpkg", layers)

    return change


def moved(layer: str, name: str, shape: shapely.Geometry | None) -> Change:
    def change_of(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        key = frame.columns[0]
        geometry = [shape if of == name else old for of, old in zip(frame[key], frame.geometry, strict=True)]
        return frame.set_geometry(gpd.GeoSeries(geometry, crs=frame.crs))

    return drawn(layer, change_of)


def yaml(old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        path = folder / "territory.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


def both(*changes: Change) -> Change:
    def change(folder: Path) -> None:
        for one in changes:
            one(folder)

    return change


def areas(*some: shapely.Geometry) -> np.ndarray:
    return np.array(some, dtype=object)


def removed(file: str) -> Change:
    return lambda folder: (folder / file).unlink()


@dataclass(frozen=True)
class Bad:
    """A change, and the fault it must give: where, column, all features, words it must say in English."""

    name: str
    change: Change
    where: str
    column: str
    features: tuple[str, ...]
    says: tuple[str, ...]
    fatal: bool = True


YL01 = shapely.box(EAST, NORTH, EAST + 200, NORTH + 150)
BOW = shapely.Polygon([(EAST, NORTH), (EAST + 100, NORTH + 100), (EAST + 100, NORTH), (EAST, NORTH + 100)])

CASES = (
    # files, layers, columns
    Bad("no layer", yaml("layer: parks,", "layer: parcs,"), "small.gpkg:parcs", "", (), ("no layer parcs", "parks")),
    Bad("no file", yaml("{file: small.gpkg, layer: parks,", "{file: smal.gpkg, layer: parks,"), "smal.gpkg:parks", "",
        (), ("there is no file", "small.gpkg")),
    Bad("no table", removed("floors.csv"), "floors.csv", "", (), ("there is no file",)),
    Bad("layer not named", yaml("  floors: {table: floors.csv}\n", ""), "territory.yaml:5 layers.floors", "", (),
        ("the layer floors is missing", "file:")),
    Bad("unknown layer", yaml("  figures:", "  figurs:"), "territory.yaml:12 layers.figurs", "", (),
        ("unknown key 'figurs'", "figures")),
    Bad("unknown key", yaml("bounds_lonlat:", "bounds:"), "territory.yaml:4 bounds", "", (), ("unknown key 'bounds'",)),
    Bad("unknown key of a layer", yaml("layer: parks, table", "layers: parks, table"),
        "territory.yaml:6 layers.parks.layers", "", (), ("unknown key 'layers'", "layer")),
    Bad("no column", without_column("parcels.csv", "state"), "parcels.csv", "state", (),
        ("required column", "columns:")),
    Bad("empty layer", without("buildings.csv", "B01", "B02", "B03", "B04", "B05"), "buildings.csv", "", (),
        ("layer buildings is empty",)),
    Bad("no header", lambda folder: (folder / "floors.csv").write_text("\n"), "floors.csv", "", (), ("no header",)),
    Bad("ragged", added("supply.csv", "YL,2031,5"), "supply.csv", "", ("line 17",), ("7 cells", "line 17 has 3")),
    Bad("column twice", rows("parks.csv", lambda row, header: row), "parks.csv", "name_zh", (), ("twice",)),
    # cells
    Bad("FAR 0", cell("parcels.csv", "YL-04", "far_max", "0"), "parcels.csv", "far_max", ("YL-04",),
        ("between 0.1 and 15", "found 0 (line 5)", "Correct")),
    Bad("negative area", cell("floors.csv", "B02", "area_m2", "-5"), "floors.csv", "area_m2",
        tuple(f"B02-F0{k}" for k in range(1, 7)), ("between 1 and 1e+06 m²", "found -5 (line 8)", "(+1)")),
    Bad("not a number", cell("parcels.csv", "YL-02", "far_max", "three"), "parcels.csv", "far_max", ("YL-02",),
        ("must be a number", "'three' (line 3)")),
    Bad("infinite", cell("parcels.csv", "YL-02", "far_max", "inf"), "parcels.csv", "far_max", ("YL-02",), ("'inf'",)),
    Bad("half a year", cell("parcels.csv", "YL-02", "ready_year", "2026.5"), "parcels.csv", "ready_year", ("YL-02",),
        ("whole number", "'2026.5' (line 3)")),
    Bad("wrong unit", cell("parcels.csv", "YL-02", "height_limit_m", "60 ha"), "parcels.csv", "height_limit_m",
        ("YL-02",), ("(m)", "'60 ha' (line 3)", "30 m")),
    Bad("neither yes nor no", cell("parks.csv", "JB", "wet_process", "perhaps"), "parks.csv", "wet_process", ("JB",),
        ("yes, no or empty", "'perhaps'")),
    Bad("not allowed", cell("parcels.csv", "YL-02", "state", "fre"), "parcels.csv", "state", ("YL-02",),
        ("one of free, in_preparation", "'fre' (line 3)", "Did you mean 'fre' → free?")),
    Bad("role not allowed", cell("parks.csv", "JB", "roles", "specialised;polle"), "parks.csv", "roles", ("JB",),
        ("growth_pole, hq_zone", "'specialised;polle'")),
    Bad("cell missing", cell("parcels.csv", "YL-02", "land_class", ""), "parcels.csv", "land_class", ("YL-02",),
        ("must be given", "line 3")),
    # identifiers
    Bad("id missing", cell("parcels.csv", "YL-02", "parcel_id", ""), "parcels.csv", "parcel_id", ("line 3",),
        ("must be given",)),
    Bad("id only in geometry", without("parcels.csv", "YL-02"), "small.gpkg:parcels", "", ("YL-02",),
        ("parcels.csv does not have",)),
    Bad("id only in table", added("parcels.csv", "YL-16,,,free,M1,3,0.5,60,2026,,no,yes,30000"), "parcels.csv", "",
        ("YL-16",), ("small.gpkg:parcels does not have",)),
    Bad("id twice", added("parcels.csv", "YL-02,,,free,M1,3,0.5,60,2026,,no,yes,30000"), "parcels.csv", "parcel_id",
        ("YL-02", "YL-02"), ("once only", "line 3", "line 32")),
    Bad("floor twice", added("floors.csv", "B01,01,2000,0.8,7,,15,8.4,500,VC-A,,"), "floors.csv", "building_id",
        ("B01-F01", "B01-F01"), ("once only",)),
    Bad("supply twice", added("supply.csv", "YL,2026,5,,,,"), "supply.csv", "park", ("YL-2026", "YL-2026"),
        ("once only",)),
    # geometry
    Bad("no geometry", moved("parcels", "YL-02", None), "small.gpkg:parcels", "geometry", ("YL-02",),
        ("no geometry", "Draw")),
    Bad("invalid geometry", moved("parcels", "YL-01", BOW), "small.gpkg:parcels", "geometry", ("YL-01",),
        ("not valid", "Self-intersection", "Repair")),
    Bad("wrong type", moved("parcels", "YL-01", YL01.exterior), "small.gpkg:parcels", "geometry", ("YL-01",),
        ("Polygon or MultiPolygon", "found LineString")),
    Bad("outside", moved("parcels", "YL-01", shapely.box(0, 0, 200, 150)), "small.gpkg:parcels", "geometry", ("YL-01",),
        ("outside the district's bounds_lonlat",)),
    Bad("overlap", moved("parcels", "YL-01", shapely.box(EAST, NORTH, EAST + 230, NORTH + 150)), "small.gpkg:parcels",
        "geometry", ("YL-01", "YL-02"), ("YL-01 + YL-02 1,500 m²",)),  # 10 m × 150 m
    Bad("sliver", moved("parcels", "YL-01", shapely.box(EAST, NORTH, EAST + 220.5, NORTH + 150)), "small.gpkg:parcels",
        "geometry", ("YL-01", "YL-02"), ("YL-01 + YL-02 75 m²",), False),  # 0.5 m × 150 m, 0.25 % of 30,000 m²
    Bad("buildings overlap", moved("buildings", "B02", shapely.box(EAST, NORTH + 600, EAST + 40, NORTH + 650)),
        "small.gpkg:buildings", "geometry", ("B01", "B02"), ("B01 + B02 2,000 m²",)),
    Bad("same place twice", moved("parcels", "YL-02", YL01), "small.gpkg:parcels", "geometry", ("YL-01", "YL-02"),
        ("same geometry stands under two numbers", "YL-01 + YL-02 30,000 m²", "allotted twice")),
    Bad("one inside another", moved("parcels", "YL-02", shapely.box(EAST + 50, NORTH + 50, EAST + 60, NORTH + 60)),
        "small.gpkg:parcels", "geometry", ("YL-01", "YL-02"), ("YL-01 + YL-02 100 m²",)),
    Bad("gap", moved("parcels", "YL-01", shapely.box(EAST, NORTH, EAST + 219.8, NORTH + 150)), "small.gpkg:parcels",
        "geometry", ("YL-01", "YL-02"), ("slivers narrower than 0.5 m", "YL-01 + YL-02 30.0 m²", "--fix"), False),
    Bad("wedge", moved("parcels", "YL-01", shapely.Polygon([(EAST, NORTH), (EAST + 220, NORTH),
        (EAST + 219.7, NORTH + 150), (EAST, NORTH + 150)])), "small.gpkg:parcels", "geometry", ("YL-01", "YL-02"),
        ("YL-01 + YL-02 22.5 m²",), False),
    Bad("hole outside", moved("parcels", "YL-01", shapely.Polygon(YL01.exterior.coords, [shapely.box(0, 0, 9, 9)
        .exterior.coords])), "small.gpkg:parcels", "geometry", ("YL-01",), ("a hole lies outside",)),
    # CRS
    Bad("no CRS", drawn("parcels", lambda f: f.set_crs(None, allow_override=True)), "small.gpkg:parcels", "geometry",
        (), ("no CRS is declared", "EPSG:4547", "crs: in territory.yaml")),
    Bad("two CRSs", yaml("layer: parcels,", "layer: parcels, crs: EPSG:4526,"), "small.gpkg:parcels", "geometry", (),
        ("EPSG:4547", "EPSG:4526", "Remove crs:")),
    Bad("unknown CRS", yaml("layer: parcels,", "layer: parcels, crs: EPSG:99999,"),
        "territory.yaml:7 layers.parcels.crs", "", (), ("no CRS 'EPSG:99999'",)),
    Bad("mercator said to be 4547", drawn("parcels", lambda f: f.to_crs(3857).set_crs(CRS, allow_override=True)),
        "small.gpkg:parcels", "geometry", (), ("wholly outside the district", "EPSG:3857")),
    Bad("zone prefix", drawn("parcels", lambda f: f.to_crs(4526).set_crs(CRS, allow_override=True)),
        "small.gpkg:parcels", "geometry", (), ("EPSG:4526", "with the zone's prefix")),
    Bad("axes swapped", drawn("parcels", lambda f: f.set_geometry(f.geometry.map(lambda s: shapely.transform(
        s, lambda xy: xy[:, ::-1])), crs=CRS)), "small.gpkg:parcels", "geometry", (), ("EPSG:4547", "axes swapped")),
    Bad("latitude first", drawn("parcels", lambda f: f.to_crs(4490).set_geometry(f.to_crs(4490).geometry.map(
        lambda s: shapely.transform(s, lambda xy: xy[:, ::-1])), crs=4490)), "small.gpkg:parcels", "geometry", (),
        ("EPSG:4490", "axes swapped")),
    Bad("working CRS in degrees", yaml("crs: EPSG:4547", "crs: EPSG:4490"), "territory.yaml:3 crs", "", (),
        ("projected, in metres", "'EPSG:4490'", "EPSG:4547")),
    Bad("bounds out of order", yaml("113.98, 22.87", "113.1, 22.87"), "territory.yaml:4 bounds_lonlat", "", (),
        ("west, south, east, north",)),
    # between layers
    Bad("floor of no building", added("floors.csv", "B9,1,2000,0.8,7,,15,8.4,500,VC-A,,"), "floors.csv", "building_id",
        ("B9-F01",), ("unknown building", "'B9' (line 32)")),
    Bad("occupied above area", cell("floors.csv", "B05", "occupied_m2", "2500"), "floors.csv", "occupied_m2",
        tuple(f"B05-F0{k}" for k in range(1, 7)), ("2500 > 2000 m²",)),
    Bad("supply of no park", added("supply.csv", "YLL,2026,5,,,,"), "supply.csv", "park", ("YLL-2026",),
        ("unknown park", "'YLL' → YL", "YL, XQD, JB")),
    Bad("override by no park", cell("parcels.csv", "YL-02", "park", "XQ"), "parcels.csv", "park", ("YL-02",),
        ("unknown park", "'XQ' (line 3)")),
    Bad("unknown kind", cell("restrictions.csv", "R-01", "kind", "coridor"), "restrictions.csv", "kind", ("R-01",),
        ("unknown restriction kind", "'coridor' → corridor", "tables/restriction_kinds.csv")),
    # reference tables
    Bad("no fallback", without("tables/fit.csv", "*"), "tables/fit.csv", "industry_id", (), ("no row *,*",)),
    Bad("fit above 1", cell("tables/fit.csv", "A03", "fit", "2"), "tables/fit.csv", "fit", ("A03-XQD",),
        ("between 0 and 1", "found 2 (line 4)")),
    # warnings
    Bad("no ready year", cell("parcels.csv", "YL-02", "ready_year", ""), "parcels.csv", "ready_year", ("YL-02",),
        ("on offer", "found free (line 3)"), False),
    Bad("hectares as m²", cell("parcels.csv", "YL-02", "published_area_m2", "3"), "parcels.csv", "published_area_m2",
        ("YL-02",), ("more than 2 %", "found 3 / 30000 (line 3)", "hectares read as m²"), False),
    Bad("mu as m²", cell("parcels.csv", "YL-02", "published_area_m2", "45"), "parcels.csv", "published_area_m2",
        ("YL-02",), ("45 / 30000", "mu"), False),
    Bad("m² as hectares", cell("parcels.csv", "YL-02", "published_area_m2", "300000000"), "parcels.csv",
        "published_area_m2", ("YL-02",), ("between 1 and 5e+07",)),
    Bad("m² as mu", cell("parcels.csv", "YL-02", "published_area_m2", "20000000"), "parcels.csv", "published_area_m2",
        ("YL-02",), ("m² read as 亩",), False),
    Bad("area differs", cell("parcels.csv", "YL-02", "published_area_m2", "31000"), "parcels.csv", "published_area_m2",
        ("YL-02",), ("31000 / 30000", "measured one is used"), False),
    Bad("no floors", without("floors.csv", "B02"), "buildings.csv", "building_id", ("B02",),
        ("offers no space",), False),
    Bad("storeys differ", cell("buildings.csv", "B02", "storeys", "7"), "buildings.csv", "storeys", ("B02",),
        ("7 / 6",), False),
    Bad("other park", cell("parcels.csv", "YL-02", "park", "XQD"), "parcels.csv", "park", ("YL-02",), ("XQD / YL",),
        False),
    Bad("unknown industry", cell("parks.csv", "YL", "leading_industries", "A05;A99"), "parks.csv", "leading_industries",
        ("YL",), ("unknown industry", "'A99'"), False),
    Bad("column not used", rows("parks.csv", lambda row, header: row), "parks.csv", "", (), ("not used", "rank"),
        False),
    Bad("table that overrides nothing", lambda folder: (folder / "tables" / "fits.csv").write_text("a\n1\n"),
        "tables/fits.csv", "", (), ("Nearest known: fit",), False),
)  # fmt: skip


def _header(name: str) -> Change:
    def change(folder: Path) -> None:
        header, *body = _read(folder / "parks.csv")
        _write(folder / "parks.csv", [[*header, name], *([*row, "x"] for row in body)])

    return change


SPECIAL = {"column twice": _header("name_zh"), "column not used": _header("rank")}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pristine") / "small"
    return write_small(folder).parent


@pytest.fixture
def small(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "small"))


def test_small_territory_has_no_fault(pristine: Path) -> None:
    assert intake.faults(pristine) == []
    assert intake.faults(pristine / "territory.yaml") == []


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.name)
def test_fault(bad: Bad, small: Path) -> None:
    SPECIAL.get(bad.name, bad.change)(small)
    found = intake.faults(small)
    at = [f for f in found if (f.where, f.column, f.features) == (bad.where, bad.column, bad.features)]
    told = "\n".join(fault.words("en") for fault in found)
    assert at, told
    assert any(all(word in fault.words("en") for word in bad.says) for fault in at), told
    assert any(fault.fatal for fault in found) == bad.fatal
    assert all(fault.rule.zh and fault.rule.en and fault.remedy.zh and fault.remedy.en for fault in found)
    if not bad.fatal:
        intake.read_territory(small)  # a warning leaves it usable


def test_a_bad_outline_hides_nothing_else(small: Path) -> None:
    """YL-01 crosses itself, YL-03 stands where YL-02 does, YL-05 has no outline: three faults at once."""
    second = shapely.box(EAST + 220, NORTH, EAST + 420, NORTH + 150)
    layers = shapes()
    frame = layers["parcels"]
    wrong = {"YL-01": BOW, "YL-03": second, "YL-05": None}
    pairs = zip(frame["parcel_id"], frame.geometry, strict=True)
    layers["parcels"] = frame.set_geometry(gpd.GeoSeries([wrong.get(of, old) for of, old in pairs], crs=frame.crs))
    intake.write_layers(small / "small.gpkg", layers)
    told = [fault for fault in intake.faults(small) if fault.column == "geometry" and fault.fatal]
    assert [fault.features for fault in told] == [("YL-05",), ("YL-01",), ("YL-02", "YL-03")]
    assert told[1].spots == ((EAST + 50.0, NORTH + 50.0),)  # where the bow is tied
    assert second.contains(shapely.Point(told[2].spots[0]))


def test_a_parcel_across_two_parks_is_told_with_its_shares() -> None:
    """A fourth of Q lies in each of A and B, which meet; R lies in A and, by role, partly in C, which overlaps A."""
    parks = areas(shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.box(0, 0, 50, 50))
    places = areas(shapely.box(90, 90, 110, 110), shapely.box(40, 40, 60, 60), shapely.box(10, 10, 20, 20))
    labels = np.array(["Q", "R", "S"], dtype=object)
    names = np.array(["A", "B", "C"], dtype=object)
    (told,) = shapes_module.across_parks("parcels", labels, places, names, parks)
    assert told.features == ("Q",)
    assert "Q (A 25%, B 25%)" in told.rule.en
    assert not told.fatal


def test_what_lies_outside_the_districts_outline_is_told_by_its_share() -> None:
    places = areas(shapely.box(0, 0, 10, 10), shapely.box(95, 0, 105, 10), shapely.box(200, 0, 210, 10))
    labels = np.array(["in", "half", "out"], dtype=object)
    (told,) = shapes_module.outside_district("parcels", labels, places, shapely.box(0, 0, 100, 100))
    assert told.features == ("half", "out")
    assert "half 50%, out 100%" in told.rule.en


def test_borders_that_meet_in_corners_one_has_not_are_no_fault() -> None:
    """Two parcels along the side of one: nothing between, nothing over."""
    places = areas(shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 50), shapely.box(100, 50, 200, 100))
    labels = np.array(["a", "b", "c"], dtype=object)
    assert shapes_module.borders("parcels", labels, places, gaps=True) == []


def test_streets_and_corners_are_no_gaps() -> None:
    corner = shapely.Polygon([(100, 100), (200, 150), (200, 250), (150, 250)])
    places = areas(shapely.box(0, 0, 100, 100), shapely.box(103, 0, 200, 100), corner)
    assert shapes_module.borders("parcels", np.array(["a", "b", "c"], dtype=object), places, gaps=True) == []


@pytest.mark.parametrize("count", [0, 1])
def test_layers_of_nothing_and_of_one_have_no_borders(count: int) -> None:
    places = np.array([YL01] * count, dtype=object)
    assert shapes_module.borders("parcels", np.array(["a"] * count, dtype=object), places, gaps=True) == []


def test_heights_are_said_to_be_lost(tmp_path: Path) -> None:
    frame = shapes()["parcels"]
    high = frame.set_geometry(gpd.GeoSeries(shapely.force_3d(frame.geometry.to_numpy(), 12.0), crs=CRS))
    high.to_file(tmp_path / "parcels.gpkg", layer="parcels")
    (told,) = intake.faults(tmp_path / "parcels.gpkg")
    assert not told.fatal
    assert "heights (3D)" in told.rule.en
    assert len(told.features) == 30


def test_curves_are_said_to_be_straightened(tmp_path: Path) -> None:
    """A circle of 100 m: 31,416 m². GeoPackages with curves come from ArcGIS; none of our libraries writes one."""
    circle = [(EAST, NORTH), (EAST + 100, NORTH + 100), (EAST + 200, NORTH), (EAST + 100, NORTH - 100), (EAST, NORTH)]
    points = b"".join(struct.pack("<dd", *point) for point in circle)
    curve = struct.pack("<BII", 1, 10, 1) + struct.pack("<BII", 1, 8, len(circle)) + points
    file = tmp_path / "parcels.gpkg"
    intake.write_layers(file, {"parcels": shapes()["parcels"].iloc[:1]})
    with closing(sqlite3.connect(file)) as base:
        for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{name}"')
        ((blob,),) = base.execute("SELECT geom FROM parcels").fetchall()
        base.execute("UPDATE parcels SET geom = ?", (blob[:40] + curve,))  # its head, with bounds of four numbers
        base.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'CURVEPOLYGON'")
        base.commit()
    told = [fault for fault in intake.faults(file) if "curves" in fault.rule.en]
    assert [fault.fatal for fault in told] == [False]
    assert intake.read_layer(file).area[0] == pytest.approx(31_416, rel=1e-3)


def test_a_fault_is_found_once_and_alone(small: Path) -> None:
    cell("parcels.csv", "YL-04", "far_max", "0")(small)
    assert len(intake.faults(small)) == 1


def test_all_faults_at_once(small: Path) -> None:
    both(
        cell("parcels.csv", "YL-04", "far_max", "0"),
        cell("floors.csv", "B02", "area_m2", "x"),
        without_column("buildings.csv", "stage"),
        cell("restrictions.csv", "R-01", "kind", "?"),
        moved("parks", "JB", BOW),
    )(small)
    with pytest.raises(DataError) as error:
        intake.read_territory(small)
    assert list(error.value.faults) == [fault for fault in intake.faults(small) if fault.fatal]
    assert [(fault.where, fault.column) for fault in error.value.faults] == [
        ("small.gpkg:parks", "geometry"),
        ("parcels.csv", "far_max"),
        ("buildings.csv", "stage"),
        ("floors.csv", "area_m2"),
        ("restrictions.csv", "kind"),
    ]


def test_many_features_are_all_named(small: Path) -> None:
    rows("parcels.csv", lambda row, header: _with(row, header.index("far_max"), "99"))(small)
    (fault,) = intake.faults(small)
    assert len(fault.features) == 30
    assert "… (+25)" in fault.words("en")


def test_override_is_followed(small: Path) -> None:
    cell("parcels.csv", "YL-02", "park", "XQD")(small)
    parcels = intake.read_territory(small).parcels
    assert parcels.loc["YL-02", "home_park"] == "XQD"
    assert parcels.loc["YL-02", "zones"] == ("YL", "XQD")


def test_park_outside_the_district_needs_no_geometry(small: Path) -> None:
    added("parks.csv", "SS,深汕,Shenshan,,outside,,")(small)
    territory = intake.read_territory(small)
    assert territory.parks.geometry["SS"] is None
    assert intake.faults(small) == []


def test_missing_places(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", tmp_path):
        (fault,) = intake.faults(path)
        assert fault.fatal
    with pytest.raises(DataError):
        intake.read_territory(tmp_path / "nowhere")


@pytest.mark.parametrize("seed", range(20))
def test_garbled_files_are_faults_not_crashes(seed: int, small: Path) -> None:
    """Whatever bytes stand in a file, the answer is a list of faults."""
    random = np.random.default_rng(seed)
    files = sorted(path for path in small.rglob("*") if path.is_file())
    path = files[seed % len(files)]
    data = bytearray(path.read_bytes())
    for at in random.integers(0, len(data), 40):
        data[at] = random.integers(0, 256)
    path.write_bytes(bytes(data[: random.integers(1, len(data))]))
    assert all(isinstance(fault, Fault) for fault in intake.faults(small))
    assert all(isinstance(fault, Fault) for fault in intake.faults(path))


def _read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _write(path: Path, table: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(table)


def _with(row: list[str], at: int, value: str) -> list[str]:
    return [*row[:at], value, *row[at + 1 :]]
