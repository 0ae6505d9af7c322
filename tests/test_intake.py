"""Files become a Territory and Projects: every format the same, input order changes nothing, text survives as data."""

from __future__ import annotations

import csv
import hashlib
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from small import CRS, parcel_boxes, shapes, write_small

from planner import intake
from planner.columns import listed, number, text, whole, yes_no
from planner.errors import DataError
from planner.intake.cells import cell
from planner.projects import Projects, with_defaults
from planner.territory import Territory

LAYERS = ("parks", "parcels", "buildings", "restrictions", "backdrop")
TABLES = ("floors", "supply", "figures")
HOSTILE = "<script>alert(1)</script> =1+1 'DROP TABLE' {x} %s \\u0000 ，；|\t✓ 燕"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pristine") / "small"
    return write_small(folder).parent


@pytest.fixture
def small(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "small"))


@pytest.fixture(scope="module")
def territory(pristine: Path) -> Territory:
    return intake.read_territory(pristine)


@pytest.fixture(scope="module")
def projects(pristine: Path, territory: Territory) -> Projects:
    return intake.read_projects(pristine / "projects.csv", territory.tables)


def assert_same(a: Territory, b: Territory, tolerance_m: float = 0) -> None:
    for name in LAYERS:
        one, other = getattr(a, name), getattr(b, name)
        rest = [column for column in one.columns if column not in ("geometry", "area_m2")]
        pd.testing.assert_frame_equal(pd.DataFrame(one[rest]), pd.DataFrame(other[rest]))
        assert one.crs == other.crs
        left, right = one.geometry.to_numpy(), other.geometry.to_numpy()
        if tolerance_m:
            assert all(shapely.hausdorff_distance(left, right) <= tolerance_m)
        else:
            assert all(shapely.equals_exact(left, right, 0))
    np.testing.assert_allclose(a.parcels["area_m2"], b.parcels["area_m2"], rtol=0, atol=tolerance_m * 1000)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(a, name), getattr(b, name))
    assert a.tables.keys() == b.tables.keys()
    for name in a.tables:
        pd.testing.assert_frame_equal(a.tables[name], b.tables[name])


def edit(path: Path, change: Callable[[list[list[str]]], list[list[str]]]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        table = change(list(csv.reader(file)))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(table)


def put(path: Path, key: str, column: str, value: str) -> None:
    def change(table: list[list[str]]) -> list[list[str]]:
        at = table[0].index(column)
        return [[*row[:at], value, *row[at + 1 :]] if row[0] == key else row for row in table]

    edit(path, change)


# What the small territory says


def test_small_numbers(territory: Territory) -> None:
    assert territory.name == "small"
    assert territory.title.en == "Small"
    assert len(territory.parks) == 3
    assert territory.parks.area.to_dict() == {"JB": 500_000, "XQD": 1_600_000, "YL": 1_600_000}
    parcels = territory.parcels
    assert list(parcels.index) == sorted(parcel_boxes())
    assert set(parcels["area_m2"]) == {30_000}
    offered = parcels[parcels["state"].isin(["free", "in_preparation"])]
    assert len(offered) == 20
    assert offered["area_m2"].sum() == 600_000
    assert parcels.loc["YL-06", "home_park"] == "YL"
    assert parcels.loc["XQD-06", "zones"] == ("XQD",)
    assert territory.buildings["home_park"].to_dict() == {
        "B01": "YL",
        "B02": "YL",
        "B03": "XQD",
        "B04": "XQD",
        "B05": "JB",
    }
    assert territory.supply.groupby("park")["power_mva"].max().to_dict() == {"JB": 10, "XQD": 40, "YL": 50}


def test_floors_are_named_measured_and_marked(small: Path) -> None:
    put(small / "floors.csv", "B02", "clear_height_m", "5.5")
    floors = intake.read_territory(small).floors
    assert list(floors.index[:2]) == ["B01-F01", "B01-F02"]
    assert len(floors) == 30
    assert floors["free_m2"].sum() == 56_500
    assert floors.loc[["B01-F06", "B03-F04", "B03-F05"], "free_m2"].to_list() == [0, 1500, 1000]
    assert floors.loc["B01-F01", "clear_height_m"] == 6.2  # 7.0 − 0.8
    assert floors.loc["B02-F01", "clear_height_m"] == 5.5
    assert floors.loc["B01-F01", "clear_height_default"]
    assert not floors.loc["B02-F01", "clear_height_default"]


def test_not_given_is_not_zero(territory: Territory) -> None:
    assert np.isnan(territory.parcels.loc["YL-01", "power_kva"])
    assert np.isnan(territory.figures.set_index("subject").loc["BA", "value"])
    assert territory.parks.loc["JB", "leading_industries"] == ()
    assert territory.buildings.loc["B01", "pilot"] is False
    assert territory.parcels.loc["YL-01", "lot_id"] == ""


def test_every_file_read_is_hashed(territory: Territory, pristine: Path) -> None:
    own = {name: digest for name, digest in territory.files.items() if not name.startswith("planner/")}
    assert {"territory.yaml", "small.gpkg", "parcels.csv", "tables/fit.csv"} <= own.keys()
    assert own == {name: hashlib.sha256((pristine / name).read_bytes()).hexdigest() for name in own}
    assert "planner/tables/industries.csv" in territory.files
    assert "planner/tables/fit.csv" not in territory.files


def test_a_table_of_the_folder_overrides_the_packages(territory: Territory) -> None:
    fit = territory.tables["fit"]
    assert fit.set_index(["industry_id", "park_id"])["fit"].to_dict() == {
        ("*", "*"): 0.5,
        ("A03", "XQD"): 1,
        ("A05", "YL"): 1,
    }
    rules = territory.tables["process_rules"].set_index("industry_id")
    assert rules.loc["A03.3", "land_classes"] == ("M1",)
    assert rules.loc["A07.1", "wet_process"] is True
    assert rules.loc["*", "power_va_m2"] == 120
    classes = territory.tables["fire_classes"].set_index(["fire_class", "fire_resistance"])
    assert classes.loc[("乙", "一级"), "upstairs"] is False
    assert np.isnan(classes.loc[("丙", "一级"), "max_storeys"])


# The same territory from every format, in every order


def _shapefiles(folder: Path) -> None:
    for layer, frame in shapes().items():
        if layer == "restrictions":  # lines and polygons, which a Shapefile cannot hold together
            intake.write_layers(folder / "restrictions.gpkg", {layer: frame})
        else:
            frame.rename(columns={"building_id": "building_i"}).to_file(folder / f"{layer}.shp", encoding="utf-8")


def _geojson(folder: Path) -> None:
    for layer, frame in shapes().items():
        # 12 decimals of a degree, so that a sixth of a micrometre is kept
        pyogrio.write_dataframe(frame.to_crs(4326), folder / f"{layer}.geojson", COORDINATE_PRECISION=12)


def _wkt(folder: Path) -> None:
    for layer, frame in shapes().items():
        pd.DataFrame({frame.columns[0]: frame.iloc[:, 0], "WKT": frame.geometry.to_wkt()}).to_csv(
            folder / f"{layer}_shapes.csv", index=False
        )


FORMATS: dict[str, tuple[Callable[[Path], None], Callable[[str], str], float]] = {
    "shp": (_shapefiles, lambda layer: f"{layer}.{'gpkg' if layer == 'restrictions' else 'shp'}", 0),
    "geojson": (_geojson, lambda layer: f"{layer}.geojson", 1e-4),
    "csv": (_wkt, lambda layer: f"{layer}_shapes.csv, crs: EPSG:4547", 0),
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_gives_the_same_territory(form: str, small: Path, territory: Territory) -> None:
    write, name, tolerance_m = FORMATS[form]
    write(small)
    (small / "small.gpkg").unlink()
    yaml = (small / "territory.yaml").read_text(encoding="utf-8")
    for layer in shapes():
        yaml = yaml.replace(f"file: small.gpkg, layer: {layer}", f"file: {name(layer)}")
    (small / "territory.yaml").write_text(yaml, encoding="utf-8")
    assert [fault for fault in intake.faults(small) if "building_i" not in fault.rule.en] == []
    assert_same(intake.read_territory(small), territory, tolerance_m)


def test_columns_in_the_layer_itself(small: Path, territory: Territory) -> None:
    """A GeoPackage may hold the columns too, numbers as numbers; then there is no table."""
    parcels = territory.parcels.reset_index().drop(columns=["home_park", "zones", "area_m2"])
    intake.write_layers(small / "whole.gpkg", {"parcels": parcels, "floors": territory.floors.reset_index(drop=True)})
    yaml = (small / "territory.yaml").read_text(encoding="utf-8")
    yaml = yaml.replace("{file: small.gpkg, layer: parcels, table: parcels.csv}", "{file: whole.gpkg, layer: parcels}")
    yaml = yaml.replace("floors: {table: floors.csv}", "floors: {file: whole.gpkg, layer: floors}")
    (small / "territory.yaml").write_text(yaml, encoding="utf-8")
    found = intake.read_territory(small)
    pd.testing.assert_frame_equal(pd.DataFrame(found.parcels), pd.DataFrame(territory.parcels))
    assert list(found.floors["free_m2"]) == list(territory.floors["free_m2"])


@pytest.mark.parametrize("seed", [1, 2])
def test_input_order_changes_nothing(seed: int, small: Path, territory: Territory, projects: Projects) -> None:
    shuffle = random.Random(seed)
    for path in (*small.glob("*.csv"), *small.glob("tables/*.csv")):

        def shuffled(table: list[list[str]]) -> list[list[str]]:
            header, *body = table
            order = list(range(len(header)))
            shuffle.shuffle(order)
            shuffle.shuffle(body)
            return [[row[k] for k in order] for row in (header, *body)]

        edit(path, shuffled)
    layers = {name: frame.sample(frac=1, random_state=seed) for name, frame in shapes().items()}
    intake.write_layers(small / "small.gpkg", layers)
    assert_same(intake.read_territory(small), territory)
    again = intake.read_projects(small / "projects.csv", territory.tables)
    pd.testing.assert_frame_equal(again.projects, projects.projects)
    pd.testing.assert_frame_equal(again.parts, projects.parts)


def test_hostile_names_survive_as_data(small: Path) -> None:
    put(small / "parks.csv", "YL", "name_zh", HOSTILE)
    put(small / "projects.csv", "P-002", "name", HOSTILE)
    territory = intake.read_territory(small)
    assert territory.parks.loc["YL", "name_zh"] == HOSTILE
    assert intake.read_projects(small / "projects.csv", territory.tables).projects.loc["P-002", "name"] == HOSTILE
    hostile = {"park_id": [HOSTILE, "b"], "name": ["'; DROP TABLE", HOSTILE]}
    intake.write_layers(
        small / "out.gpkg", {"a b'c": gpd.GeoDataFrame(hostile, geometry=gpd.points_from_xy([1, 2], [3, 4]), crs=CRS)}
    )
    assert list(intake.read_layer(small / "out.gpkg", "a b'c")["park_id"]) == [HOSTILE, "b"]


# Encodings, names of columns, units


def test_shapefile_in_gbk_without_cpg_is_not_mojibake(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"DKMC": ["燕罗-01", "石岩片区"]}, geometry=gpd.points_from_xy([EAST, EAST], [NORTH, NORTH]), crs=CRS
    )
    for encoding in ("GB18030", "UTF-8"):
        path = tmp_path / encoding / "parcels.shp"
        path.parent.mkdir()
        pyogrio.write_dataframe(frame, path, encoding=encoding)
        path.with_suffix(".cpg").unlink()
        found = intake.read_layer(path)
        assert list(found["DKMC"]) == ["燕罗-01", "石岩片区"]
    declared = intake.read_layer(tmp_path / "GB18030" / "parcels.shp", encoding="GB18030")
    assert list(declared["DKMC"]) == ["燕罗-01", "石岩片区"]


EAST, NORTH = 485_000, 2_520_000


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_csv_encodings(encoding: str, small: Path, territory: Territory) -> None:
    for path in small.rglob("*.csv"):
        path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    assert intake.faults(small) == []
    assert_same(intake.read_territory(small), territory)


def test_columns_by_words_synonyms_and_declared_units(small: Path, territory: Territory) -> None:
    def renamed(table: list[list[str]]) -> list[list[str]]:
        names = {"parcel_id": "DKBH", "land_class": "用地性质", "far_max": "FAR limit", "published_area_m2": "面积gq"}
        header = [names.get(name, name) for name in table[0]]
        return [header, *([*row[:-1], "3"] for row in table[1:])]  # 30,000 m² are 3 ha

    edit(small / "parcels.csv", renamed)
    yaml = (small / "territory.yaml").read_text(encoding="utf-8")
    declared = "table: parcels.csv, columns: {面积gq: {meaning: published_area_m2, unit: ha}}"
    (small / "territory.yaml").write_text(yaml.replace("table: parcels.csv", declared), encoding="utf-8")
    (told,) = intake.faults(small)
    assert not told.fatal
    assert "DKBH → parcel_id" in told.rule.en
    assert "FAR limit → far_max" in told.rule.en
    assert_same(intake.read_territory(small), territory)


def test_cells_with_units_and_separators(small: Path) -> None:
    put(small / "floors.csv", "B01", "load_kn_m2", "1.2 t/m²")
    put(small / "floors.csv", "B02", "area_m2", "2,000")
    put(small / "supply.csv", "JB", "power_mva", "2,500 kVA")
    put(small / "parcels.csv", "YL-01", "coverage_max", "50 %")
    found = intake.read_territory(small)
    assert set(found.floors.loc[found.floors["building_id"] == "B01", "load_kn_m2"]) == {11.772}  # × 9.81
    assert found.floors.loc["B02-F01", "area_m2"] == 2000
    assert set(found.supply.loc[found.supply["park"] == "JB", "power_mva"]) == {2.5}
    assert found.parcels.loc["YL-01", "coverage_max"] == 0.5


def test_one_cell_as_a_column_keeps_it() -> None:
    assert cell("20 ha", number("area_m2", "面积", "area", "m²")) == 200_000
    assert cell(2028, whole("ready_year", "年份", "year")) == 2028
    assert cell(["a", "b"], listed("roles", "角色", "roles")) == ("a", "b")
    assert cell("no", yes_no("pilot", "试点", "pilot")) is False
    assert cell(None, text("park", "园区", "park")) == ""
    assert np.isnan(float(str(cell(None, number("area_m2", "面积", "area", "m²")))))
    for bad, column in (
        ("x", number("area_m2", "面积", "area", "m²")),
        (-1, number("area_m2", "面积", "area", "m²")),
        (2028.5, whole("ready_year", "年份", "year")),
        ("perhaps", yes_no("pilot", "试点", "pilot")),
        ("c", listed("roles", "角色", "roles", allowed=("a", "b"))),
        (None, text("state", "状态", "state", required=True)),
    ):
        with pytest.raises(ValueError, match="found"):
            cell(bad, column)


# Layers read and written


def test_longitude_and_latitude_need_a_crs(tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text("id,lon,lat\na,113.85,22.78\n", encoding="utf-8")
    with pytest.raises(DataError, match="no CRS is declared"):
        intake.read_layer(path)
    found = intake.read_layer(path, crs="EPSG:4490").to_crs(CRS)
    assert found.geometry.x[0] == pytest.approx(484_580, abs=100)  # 0.15° west of 114° E, whose easting is 500,000
    path.write_text("id,lon,lat\na,113.85,x\n", encoding="utf-8")
    with pytest.raises(DataError, match="longitude and latitude in degrees"):
        intake.read_layer(path, crs="EPSG:4490")


def test_geojson_without_crs_follows_what_is_declared(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text('{"type": "Point", "coordinates": [485000, 2520000]}', encoding="utf-8")
    assert intake.read_layer(path).crs == "EPSG:4326"
    assert intake.read_layer(path, crs=CRS).crs == CRS


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.dwg", b"x", "is not read here"),
        ("a.gpkg", b"x", "not a readable .gpkg"),
        ("a.geojson", b"{", "not a readable .geojson"),
        ("a.csv", b"\x80\xff", "not readable as text"),
        ("a.csv", b'a,b\n"x,1\n', "is not CSV"),
        ("a.csv", b"a,b\n1,2\n", "has no geometry"),
    ],
)
def test_files_that_cannot_be_read(name: str, data: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=says):
        intake.read_layer(tmp_path / name)
    assert isinstance(intake.faults(tmp_path / name), list)


def test_layers_are_written_the_same_to_the_byte(tmp_path: Path) -> None:
    frame = shapes()["parcels"].assign(
        zones=[("a", "b")] * 30, joint=[True, None, False] * 10, far=[1.5, np.nan, 3] * 10
    )
    table = pd.DataFrame({"value": [1.0, np.nan]}, index=pd.Index(["x", "y"], name="key"))
    for name in ("one", "two"):
        intake.write_layers(tmp_path / f"{name}.gpkg", {"parcels": frame, "table": table})
        time.sleep(1.1)  # dates in the file have seconds
    assert (tmp_path / "one.gpkg").read_bytes() == (tmp_path / "two.gpkg").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.gpkg", "two.gpkg"]
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None
    back = intake.read_layer(tmp_path / "one.gpkg", "parcels")
    assert back["zones"][0] == "a;b"
    assert back["joint"][:3].fillna("").to_list() == ["yes", "", "no"]
    assert back["far"][:3].fillna(0).to_list() == [1.5, 0, 3]
    assert back.crs == CRS
    plain = pyogrio.read_dataframe(tmp_path / "one.gpkg", layer="table")
    assert list(plain["key"]) == ["x", "y"]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    path.write_bytes(b"before")
    with pytest.raises(Exception, match=r".+"):
        intake.write_layers(path, {"parcels": shapes()["parcels"], "bad": pd.DataFrame({"x": [1 + 2j]})})
    assert [p.name for p in tmp_path.iterdir()] == ["plan.gpkg"]
    assert path.read_bytes() == b"before"


def test_empty_layers_can_be_written(tmp_path: Path) -> None:
    empty = gpd.GeoDataFrame({"part": pd.Series([], dtype=object)}, geometry=[], crs=CRS)
    intake.write_layers(tmp_path / "a.gpkg", {"placed": empty, "left_out": pd.DataFrame({"project": []})})
    assert len(intake.read_layer(tmp_path / "a.gpkg", "placed")) == 0


def test_faults_of_single_files(small: Path) -> None:
    for name in ("small.gpkg", "parcels.csv", "floors.csv", "projects.csv", "parks.csv", "supply.csv", "figures.csv"):
        assert intake.faults(small / name) == [], name
    put(small / "parcels.csv", "YL-01", "far_max", "0")
    (fault,) = intake.faults(small / "parcels.csv")
    assert (fault.where, fault.column, fault.features) == ("parcels.csv", "far_max", ("YL-01",))
    (small / "territory.yaml").unlink()
    assert fault in intake.faults(small)


# Projects


def test_projects_and_parts(projects: Projects, territory: Territory) -> None:
    assert len(projects.projects) == 20
    assert len(projects.parts) == 24
    assert list(projects.parts.index[:3]) == ["P-001/main", "P-002/main", "P-003/main"]
    assert list(projects.parts.index[7:9]) == ["P-008/production", "P-008/research"]
    assert projects.parts.loc["P-008/research", "industry"] == "A06.4"
    assert projects.parts.loc["P-008/production", "industry"] == "A06.1"
    assert projects.parts.loc["P-009/wet", "wet_process"] is True
    assert projects.projects.loc["P-009", "supplies"] == ("P-001",)
    assert projects.projects.loc["P-008", "tier"] == "战略级"
    assert list(projects.files) == ["projects.csv"]
    filled = with_defaults(projects, territory.tables)
    assert filled.loc["P-018/main", "accepts"] == ("U",)  # B5 in process_rules.csv
    assert filled.loc["P-018/main", "load_kn_m2"] == 3
    assert filled.loc["P-018/main", "power_kva"] == 80  # 1,000 m² × 80 VA/m²


def test_a_project_may_stand_on_any_of_its_rows(small: Path, projects: Projects, territory: Territory) -> None:
    def last_row(table: list[list[str]]) -> list[list[str]]:
        first, second = (k for k, row in enumerate(table) if row[0] == "P-008")
        part = table[0].index("part")
        table[first], table[second] = (
            [*table[second][:part], *table[first][part:]],
            [*table[first][:part], *table[second][part:]],
        )
        return table

    edit(small / "projects.csv", last_row)
    again = intake.read_projects(small / "projects.csv", territory.tables)
    pd.testing.assert_frame_equal(again.projects, projects.projects)
    pd.testing.assert_frame_equal(again.parts, projects.parts)


ROW = {"project_id": "P-021", "name": "x", "industry": "A05.1", "tier": "规模级", "accepts": "P", "land_m2": "1000"}
BAD_PROJECTS: dict[str, tuple[list[dict[str, str]], str, tuple[str, ...], tuple[str, ...]]] = {
    "part twice": ([ROW, ROW], "part", ("P-021/main", "P-021/main"),
                   ("once only", "'P-021/main' (line 26)", "line 27")),
    "rows differ": ([ROW, {**ROW, "part": "wet", "tier": "关键性"}], "tier", ("P-021/main", "P-021/wet"),
                    ("must agree on its tier", "'规模级' (line 26), '关键性' (line 27)")),
    "unknown industry": ([{**ROW, "industry": "A5.1"}], "industry", ("P-021",), ("'A5.1' (line 26)", "→ A05.1")),
    "industry by name": ([{**ROW, "industry": "工业机器人"}], "industry", ("P-021",), ("工业机器人 = A05.1",)),
    "unknown cluster": ([{**ROW, "cluster": "C21"}], "cluster", ("P-021",), ("'C21'", "C01–C20")),
    "no cluster": ([{**ROW, "cluster": "A05"}], "cluster", ("P-021",), ("unknown cluster",)),
    "no id": ([{**ROW, "project_id": ""}], "project_id", ("line 26",), ("must be given",)),
    "no name": ([{**ROW, "name": ""}], "name", ("P-021/main",), ("must be given", "line 26")),
    "no tier": ([{**ROW, "tier": ""}], "tier", ("P-021/main",), ("must be given",)),
    "no industry": ([{**ROW, "industry": ""}], "industry", ("P-021/main",), ("must be given",)),
    "strange tier": ([{**ROW, "tier": "战略"}], "tier", ("P-021/main",), ("战略级, 关键性, 规模级", "→ 战略级")),
    "negative": ([{**ROW, "power_kva": "-1"}], "power_kva", ("P-021/main",), ("between 0 and 5e+06 kVA", "found -1")),
    "absurd": ([{**ROW, "investment_yi": "20000"}], "investment_yi", ("P-021/main",), ("10000 亿元", "found 20000")),
    "no number": ([{**ROW, "land_m2": "big"}], "land_m2", ("P-021/main",),
                  ("must be a number (m²)", "'big' (line 26)")),
    "years": ([{**ROW, "year_first": "2030", "year_last": "2026"}], "year_first", ("P-021",), ("2030 > 2026",)),
    "supplies nobody": ([{**ROW, "supplies": "P-001;P-0O2"}], "supplies", ("P-021",), ("'P-0O2'", "Did you mean")),
    "supplies itself": ([{**ROW, "supplies": "P-021"}], "supplies", ("P-021",), ("cannot supply itself",)),
    "plot without land": ([{**ROW, "land_m2": ""}], "land_m2", ("P-021/main",),
                          ("accepts an own plot", "found P (line 26)")),
    "plot by its industry": ([{**ROW, "industry": "A03.2", "accepts": "", "land_m2": ""}], "land_m2",
                             ("P-021/main",),
                             ("found P (industry) (line 26)",)),
    "floors without area": ([{**ROW, "accepts": "P;U"}], "gfa_m2", ("P-021/main",), ("needs gfa_m2", "P;U")),
    "most below least": ([{**ROW, "land_max_m2": "900"}], "land_max_m2", ("P-021/main",), ("900 < 1000 m²",)),
    "strange site": ([{**ROW, "accepts": "P;X"}], "accepts", ("P-021/main",), ("P, G, L, U", "'P;X'")),
    "slash": ([{**ROW, "part": "a/b"}], "part", ("P-021/a/b",), ("must not hold a slash",)),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_PROJECTS)
def test_bad_projects(name: str, small: Path, territory: Territory) -> None:
    added, column, features, says = BAD_PROJECTS[name]
    path = small / "projects.csv"
    edit(path, lambda table: [*table, *([row.get(title, "") for title in table[0]] for row in added)])
    with pytest.raises(DataError) as error:
        intake.read_projects(path, territory.tables)
    (fault,) = error.value.faults
    assert (fault.where, fault.column, fault.features) == ("projects.csv", column, features)
    for word in says:
        assert word in fault.words("en")
    assert fault.remedy.zh
    assert fault.remedy.en


def test_all_bad_projects_at_once(small: Path, territory: Territory) -> None:
    path = small / "projects.csv"
    bad = [{**row, "project_id": f"Q-{k:02d}"} for k, (rows, *_) in enumerate(BAD_PROJECTS.values()) for row in rows]
    edit(path, lambda table: [*table, *([row.get(title, "") for title in table[0]] for row in bad)])
    with pytest.raises(DataError) as error:
        intake.read_projects(path, territory.tables)
    assert len(error.value.faults) >= 15


def test_no_projects(tmp_path: Path, territory: Territory) -> None:
    path = tmp_path / "projects.csv"
    with pytest.raises(DataError, match="there is no file"):
        intake.read_projects(path, territory.tables)
    path.write_text("project_id,name\n", encoding="utf-8")
    with pytest.raises(DataError, match="no projects"):
        intake.read_projects(path, territory.tables)
