"""A plan as files for others, read back: names, areas, styles, and what is told where a format holds less."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import ezdxf
import geopandas as gpd
import pandas as pd
import pyproj
import pytest
import shapely
from sample_plan import HOSTILE, sample_plan, sample_territory
from test_workbook import completed

from planner.errors import DataError
from planner.export import export, layer_styles
from planner.export.cad import inert
from planner.export.files import DATABASE
from planner.intake.vector import layers_of as named_layers
from planner.intake.vector import read_any
from planner.layers import layers_of
from planner.maps.style import family_of
from planner.plan import Plan
from planner.plan import load as load_plan
from planner.plan import save as save_plan
from planner.territory import Territory

GEODESIC = pyproj.Geod(ellps="GRS80")
EXACT = 1e-4
"""0.01 % of an area."""
SUFFIXES = {"geojson": ".geojson", "shp": ".shp", "kml": ".kml"}
NAMES = ("激光切割装备研发总部", "𠮷野精密 & <集团>", *HOSTILE)


@pytest.fixture(scope="module")
def ground() -> Territory:
    return sample_territory()


@pytest.fixture(scope="module")
def plan(ground: Territory) -> Plan:
    return completed(sample_plan(ground, plots=8, names=NAMES))


@pytest.fixture(scope="module")
def layers(plan: Plan, ground: Territory) -> Mapping[str, gpd.GeoDataFrame]:
    return layers_of(plan, ground)


def areas(frame: gpd.GeoDataFrame) -> pd.Series:
    """Return the area of each shape on the ellipsoid (m²), by what it is called."""
    shapes = frame.geometry.to_crs("EPSG:4490")
    key = "part" if "part" in frame else "parcel_id"
    return pd.Series([abs(GEODESIC.geometry_area_perimeter(shape)[0]) for shape in shapes], frame[key].astype(str))


def read(file: Path) -> gpd.GeoDataFrame:
    frame = read_any(file, None, None, where=file.name)
    assert isinstance(frame, gpd.GeoDataFrame)
    return frame


@pytest.mark.parametrize("form", SUFFIXES)
def test_layers_come_back_with_names_and_areas(
    form: str, plan: Plan, ground: Territory, layers: Mapping[str, gpd.GeoDataFrame], tmp_path: Path
) -> None:
    """**Proves** exact names and areas to 0.01 %. **Sensitivity**: degrees cut to 5 places, axes turned."""
    done = export(plan, ground, tmp_path, form, "zh")
    assert sorted(file.name for file in done.files) == sorted(f"{name}{SUFFIXES[form]}" for name in layers)
    for file in done.files:
        found, given = read(file), layers[file.stem]
        assert areas(found).to_dict() == pytest.approx(areas(given).to_dict(), rel=EXACT)
        if "name" in given:
            short = given["name"].map(lambda name: name.encode()[:254].decode("utf-8", "ignore"))
            assert list(found["name"]) == list(short if form == "shp" else given["name"])
        assert found.crs.to_epsg() == (4547 if form == "shp" else 4326)


def test_geojson_keeps_to_its_standard(plan: Plan, ground: Territory, tmp_path: Path) -> None:
    """**Proves** RFC 7946: no other CRS, outer rings against the clock. **Sensitivity**: metres, a crs member."""
    export(plan, ground, tmp_path, "geojson", "zh")
    told = json.loads((tmp_path / "placed_plots.geojson").read_text(encoding="utf-8"))
    assert "crs" not in told
    for feature in told["features"]:
        for polygon in feature["geometry"]["coordinates"]:
            assert shapely.LinearRing(polygon[0]).is_ccw


def test_a_shapefile_says_what_it_cannot_hold(plan: Plan, ground: Territory, tmp_path: Path) -> None:
    done = export(plan, ground, tmp_path, "shp", "zh")
    said = [note.en for note in done.notes]
    assert any(note.startswith("placed_units.shp: column compartments is called fire_comp (names") for note in said)
    assert "placed_plots.shp: 1 texts beyond 254 bytes are cut (column name)" in said
    assert (tmp_path / "placed_plots.cpg").read_text() == "UTF-8"
    assert all(len(name.encode()) <= 10 for name in read(tmp_path / "placed_units.shp").columns)


def test_a_shapefile_in_gbk(plan: Plan, ground: Territory, tmp_path: Path) -> None:
    """**Proves** the bytes are GBK, and read back. **Sensitivity**: UTF-8 under another name."""
    done = export(plan, ground, tmp_path, "shp", "zh", "gbk")
    assert (tmp_path / "placed_plots.cpg").read_text() == "GBK"
    assert NAMES[0].encode("gbk") in (tmp_path / "placed_plots.dbf").read_bytes()
    assert read(tmp_path / "placed_plots.shp")["name"].iloc[0] == NAMES[0]
    assert any("signs that GBK has not" in note.en for note in done.notes)


def test_a_drawing_has_a_layer_a_cluster(
    plan: Plan, ground: Territory, layers: Mapping[str, gpd.GeoDataFrame], tmp_path: Path
) -> None:
    """**Proves** as a CAD and GDAL read it. **Sensitivity**: UTF-8 that GDAL takes for cp1252, outlines left open."""
    (file,) = export(plan, ground, tmp_path, "dxf", "zh").files
    given = layers["placed_plots"]
    drawn = ezdxf.readfile(file)
    lines = drawn.modelspace().query("LWPOLYLINE")
    assert drawn.header["$INSUNITS"] == 6
    assert all(line.closed for line in lines)
    assert sorted({line.dxf.layer for line in lines}) == [f"{c} 集群{c}" for c in sorted(set(given["cluster"]))]
    first = drawn.layers.get("C01 集群C01")
    assert first.rgb is not None
    assert "#" + "".join(f"{part:02X}" for part in first.rgb) == family_of("C01").colour
    outlines = [shapely.Polygon([point[:2] for point in line.get_points()]) for line in lines]
    assert [shape.area for shape in outlines] == pytest.approx(list(given.geometry.area), rel=EXACT)
    texts = [text.plain_text() for text in drawn.modelspace().query("MTEXT")]
    assert any(NAMES[0] in text for text in texts)
    assert any("几何为示意" in text for text in texts)
    assert NAMES[0].encode("gbk") in file.read_bytes()
    frame = read_any(file, "C01 集群C01", None, where="drawing")
    assert len(frame) == 1


def test_a_database_opens_with_styles(plan: Plan, ground: Territory, tmp_path: Path) -> None:
    """**Proves** the table that QGIS looks for. **Sensitivity**: a style of another layer, a colour not of the map."""
    export(plan, ground, tmp_path, "gpkg", "zh")
    file = tmp_path / DATABASE
    assert {*layers_of(plan, ground), "parks", "parcels", "buildings", "restrictions"} <= set(named_layers(file))
    with sqlite3.connect(file) as db:
        rows = db.execute("select f_table_name, f_geometry_column, styleQML, useAsDefault from layer_styles").fetchall()
        kinds = dict(db.execute("select table_name, data_type from gpkg_contents"))
        columns = {name: dict(db.execute("select table_name, column_name from gpkg_geometry_columns"))[name]
                   for name, *_ in rows}  # fmt: skip
        about = db.execute("select zh from about").fetchone()
    assert kinds["layer_styles"] == "attributes"
    assert ground.illustrative is not None
    assert about == (ground.illustrative.zh,)
    assert {name for name, kind in kinds.items() if kind == "features"} == {name for name, *_ in rows}
    assert all(column == columns[name] and default for name, column, _, default in rows)
    text = next(text for name, _, text, _ in rows if name == "placed_plots")
    assert text.startswith("<!DOCTYPE qgis")
    root = ElementTree.fromstring(text.split("\n", 1)[1])
    renderer = root.find("renderer-v2")
    assert renderer is not None
    assert (renderer.attrib["type"], renderer.attrib["attr"]) == ("categorizedSymbol", "cluster")
    by_value = {each.attrib["value"]: each.attrib["symbol"] for each in root.iter("category")}
    fill = root.find(f".//symbol[@name='{by_value['C01']}']//prop[@k='color']")
    assert fill is not None
    red, green, blue, _ = map(int, fill.attrib["v"].split(","))
    assert f"#{red:02X}{green:02X}{blue:02X}" == family_of("C01").colour
    found = read_any(file, "placed_plots", None, where="plots")
    assert list(found["name"]) == list(NAMES)


def test_a_plan_is_saved_with_styles_and_read_again(plan: Plan, ground: Territory, tmp_path: Path) -> None:
    layers = layers_of(plan, ground)
    save_plan(plan, tmp_path / "plan", {**layers, "layer_styles": layer_styles(layers, ground, "en")}, {})
    assert set(named_layers(tmp_path / "plan" / "plan.gpkg")) >= {*layers, "layer_styles", "placements"}
    assert len(load_plan(tmp_path / "plan").placements) == len(plan.placements)


@pytest.mark.parametrize("form", ["geojson", "shp", "kml", "dxf", "gpkg"])
def test_the_same_plan_gives_the_same_bytes(form: str, plan: Plan, ground: Territory, tmp_path: Path) -> None:
    first, second = (export(plan, ground, tmp_path / k, form, "zh").files for k in "ab")
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


@pytest.mark.parametrize(("form", "encoding", "said"), [
    ("dwg", "utf-8", "unknown format dwg"), ("kml", "gbk", "kml is not written in gbk"),
    ("shp", "big5", "shp is not written in big5"), ("dxf", "gbk", "dxf is not written in gbk"),
])  # fmt: skip
def test_what_is_not_written_is_refused(
    form: str, encoding: str, said: str, plan: Plan, ground: Territory, tmp_path: Path
) -> None:
    with pytest.raises(DataError) as caught:
        export(plan, ground, tmp_path / "none", form, "en", encoding)
    assert said in caught.value.faults[0].words("en")
    assert not (tmp_path / "none").exists()


def test_signs_of_a_drawing_are_written_as_they_are() -> None:
    assert inert("{\\C1;红} ^J") == "\\{\\\\C1;红\\} ^ J"
    assert not re.search(r"[\x00-\x1f\u202e]", inert("a\x07b\u202ec\rd"))
