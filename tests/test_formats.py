"""Formats: every one in and out, damaged, half, huge, malicious; what GDAL would lose silently is named."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import struct
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from small import shapes, write_small
from typer.testing import CliRunner

from planner import intake
from planner.cli import app
from planner.errors import DataError, Fault
from planner.intake import columnar, coordinates, geopackage, sources, vector
from planner.intake.sources import faults_of

ROOT = Path(__file__).resolve().parents[1]
SPEC = importlib.util.spec_from_file_location("damaged_files", ROOT / "benchmarks" / "damaged.py")
assert SPEC is not None
assert SPEC.loader is not None
damaged = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(damaged)

CRS = "EPSG:4547"
EAST, NORTH = 485_000.0, 2_520_000.0
SINGLE = shapely.box(EAST, NORTH, EAST + 100, NORTH + 50)
WITH_HOLE = shapely.Polygon(
    shapely.box(EAST + 200, NORTH, EAST + 300, NORTH + 100).exterior,
    [shapely.box(EAST + 220, NORTH + 20, EAST + 240, NORTH + 40).exterior],
)
IN_PARTS = shapely.MultiPolygon([shapely.box(EAST + x, NORTH, EAST + x + 50, NORTH + 50) for x in (400, 500)])
AREAS_M2 = {"0012": 5_000.0, "YL-02": 9_600.0, "燕-3": 5_000.0}
HOSTILE = '石岩，"引号" <script>alert(1)</script> =1+1 \'DROP'
ODD_FOLDER = "奇怪 '引号\" #1?x=2 100%! & co"


def layer() -> gpd.GeoDataFrame:
    columns = {
        "parcel_id": list(AREAS_M2),
        "地块名": ["燕罗一号", HOSTILE, None],
        "far": [2.5, None, 3.123456789],
        "storeys": [3, 4, 5],
    }
    return gpd.GeoDataFrame(columns, geometry=[SINGLE, WITH_HOLE, IN_PARTS], crs=CRS)


def plots() -> gpd.GeoDataFrame:
    """Return the same as the columns of 坐标成果 hold it."""
    names, areas = ["燕罗一号", "石岩", "b"], ["0.5", "0.96", "0.5 公顷"]
    columns = {"地块面积": areas, "地块编号": list(AREAS_M2), "地块名称": names}
    return gpd.GeoDataFrame(columns, geometry=layer().geometry)


def read(path: Path | str, name: str | None = None, encoding: str | None = None) -> pd.DataFrame:
    at = path if isinstance(path, str) else Path(path)
    return vector.read_any(at, name, encoding, where="layer")


def refused(path: Path | str, name: str | None = None) -> Fault:
    with pytest.raises(DataError) as error:
        read(path, name)
    (fault,) = error.value.faults
    assert fault.fatal
    assert fault.rule.zh
    assert fault.remedy.zh
    assert fault.remedy.en
    return fault


# Out and in again


@pytest.mark.parametrize("suffix", intake.WRITERS)
def test_what_is_written_is_read_again(suffix: str, tmp_path: Path) -> None:
    """Ids (with leading zeros), Chinese and hostile texts, numbers, what is not given, holes and parts survive."""
    folder = tmp_path / ODD_FOLDER
    folder.mkdir()
    path = folder / f"地块 a'b!{suffix}"
    text = suffix == ".txt"
    intake.write_layer(path, plots() if text else layer())
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]
    found = read(path)
    assert faults_of(found) == []
    assert isinstance(found, gpd.GeoDataFrame)
    if suffix == ".csv":
        assert found.crs is None
        found = found.set_crs(CRS)
    by_id = found.to_crs(CRS).set_index("地块编号" if text else "parcel_id")
    assert set(by_id.index) == set(AREAS_M2)
    for name, area_m2 in AREAS_M2.items():
        assert by_id.geometry.area[name] == pytest.approx(area_m2, rel=1e-6)
    drawn = layer().geometry.set_axis(list(AREAS_M2))
    assert by_id.geometry.hausdorff_distance(drawn[list(by_id.index)]).max() < 1e-3
    if text:
        assert by_id["地块名称"].to_dict() == dict(zip(AREAS_M2, ["燕罗一号", "石岩", "b"], strict=True))
        assert by_id["地块面积"].to_dict() == dict(zip(AREAS_M2, ["0.5 公顷", "0.96 公顷", "0.5 公顷"], strict=True))
        return
    assert list(by_id["地块名"].loc[["0012", "YL-02"]]) == ["燕罗一号", HOSTILE]
    assert by_id["地块名"]["燕-3"] in ("", None) or pd.isna(by_id["地块名"]["燕-3"])
    far = pd.to_numeric(by_id["far"])
    assert (far["0012"], far["燕-3"]) == (2.5, 3.123456789)
    assert np.isnan(far["YL-02"])
    assert pd.to_numeric(by_id["storeys"]).to_dict() == {"0012": 3, "YL-02": 4, "燕-3": 5}


def test_what_a_format_cannot_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    long = layer().rename(columns={"far": "published_area_m2"}).assign(note="燕" * 100)
    with pytest.raises(DataError, match=r"beyond 10 bytes: published_area_m2(.|\n)*texts beyond 254 bytes"):
        intake.write_layer(path, long)
    mixed = gpd.GeoDataFrame({"a": [1, 2]}, geometry=[SINGLE, SINGLE.exterior], crs=CRS)
    for suffix in (".shp", ".gdb"):
        with pytest.raises(DataError, match="one kind of geometry, not LinearRing, Polygon"):
            intake.write_layer(tmp_path / f"a{suffix}", mixed)
    with pytest.raises(DataError, match=r"no columns parcel_id(.|\n)*"):
        intake.write_layer(tmp_path / "a.txt", layer())
    with pytest.raises(DataError, match="Gauss-Krüger"):
        intake.write_layer(tmp_path / "a.txt", plots().to_crs(4326))
    with pytest.raises(DataError, match="a comma"):
        intake.write_layer(tmp_path / "a.txt", plots().assign(地块名称="a，b"))
    with pytest.raises(DataError, match="is not written"):
        intake.write_layer(tmp_path / "a.dxf", layer())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".shp", ".gdb", ".gpkg"])
def test_a_file_written_again_is_replaced_as_a_whole(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    intake.write_layer(path, layer())
    before = sorted(p.name for p in tmp_path.iterdir())
    intake.write_layer(path, layer().head(1))
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert list(intake.read_layer(path)["parcel_id"]) == ["0012"]


# Layers inside files


def dxf(*entities: str, blocks: str = "") -> bytes:
    head = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1015\n9\n$DWGCODEPAGE\n3\nANSI_936\n0\nENDSEC\n"
    blocks = f"0\nSECTION\n2\nBLOCKS\n{blocks}0\nENDSEC\n" if blocks else ""
    return f"{head}{blocks}0\nSECTION\n2\nENTITIES\n{''.join(entities)}0\nENDSEC\n0\nEOF\n".encode("gbk")


def polyline(name: str, handle: str, *points: tuple[float, float], closed: bool = True) -> str:
    vertices = "".join(f"10\n{x}\n20\n{y}\n" for x, y in points)
    return f"0\nLWPOLYLINE\n5\n{handle}\n8\n{name}\n90\n{len(points)}\n70\n{int(closed)}\n{vertices}"


def written(name: str, x: float, y: float, said: str) -> str:
    return f"0\nTEXT\n8\n{name}\n10\n{x}\n20\n{y}\n40\n1\n1\n{said}\n"


def test_closed_polylines_of_a_drawing_are_outlines_with_the_text_inside(tmp_path: Path) -> None:
    """A line that returns to its start is an outline; one that does not is named and stays a line."""
    path = tmp_path / "红线.dxf"
    path.write_bytes(
        dxf(
            polyline("地块", "A1", (0, 0), (10, 0), (10, 10), (0, 10)),
            polyline("地块", "A2", (20, 0), (30, 0), (30, 10), (20, 10), (20, 0), closed=False),
            polyline("地块", "A3", (40, 0), (50, 0), (50, 10), closed=False),
            polyline("地块", "A4", (2, 2), (4, 2), (4, 4), (2, 4)),
            polyline("道路", "B1", (0, 20), (50, 20), closed=False),
            written("注记", 8, 8, "YL-01 燕罗"),
            written("注记", 3, 3, "内"),
        )
    )
    assert vector.layers_of(path) == ["地块", "道路"]
    assert "Name one of its layers: 地块, 道路" in refused(path).remedy.en
    found = read(path, "地块")
    assert isinstance(found, gpd.GeoDataFrame)
    assert found.set_index("handle")["text"].to_dict() == {"A1": "YL-01 燕罗", "A2": "", "A3": "", "A4": "内"}
    assert list(found.geometry.area) == [100, 100, 0, 4]
    assert found.crs is None
    open_one, texts = faults_of(found)
    assert (open_one.features, open_one.fatal) == (("A3",), False)
    assert "2 of 4 outlines" in texts.rule.en


def test_layers_of_a_geodatabase_a_kml_a_workbook_and_an_archive_are_named(tmp_path: Path) -> None:
    gdb, kml, book, packed = (tmp_path / f"a{end}" for end in (".gdb", ".kml", ".xlsx", ".zip"))
    flat = layer()[["parcel_id", "geometry"]]
    for k, name in enumerate(("宗地", "楼栋")):
        named = flat.head(1).assign(parcel_id=name)
        pyogrio.write_dataframe(named, gdb, layer=name, driver="OpenFileGDB", append=k > 0)
    place = "<Placemark><name>{0}</name><Point><coordinates>113.9,22.7</coordinates></Point></Placemark>"
    folders = "".join(f"<Folder><name>{name}</name>{place.format(name)}</Folder>" for name in ("宗地", "楼栋"))
    text = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{folders}</Document></kml>'
    kml.write_text(text, encoding="utf-8")
    with pd.ExcelWriter(book) as excel:
        for name in ("宗地", "楼栋"):
            table = pd.DataFrame({"parcel_id": [name], "WKT": ["POLYGON ((0 0, 1 0, 1 1, 0 0))"]})
            table.to_excel(excel, sheet_name=name, index=False)
    with zipfile.ZipFile(packed, "w") as archive:
        for file in (*gdb.iterdir(), kml):
            archive.write(file, file.relative_to(tmp_path))
    for path, name in ((gdb, "宗地"), (kml, "宗地"), (book, "宗地"), (packed, "a/宗地")):
        assert name in vector.layers_of(path)
        fault = refused(path)
        assert "宗地" in fault.words("en")
        assert "楼栋" in fault.words("en")
        assert "宗地" in refused(path, "宗地地").words("en")
    assert list(read(gdb, "楼栋")["parcel_id"]) == ["楼栋"]
    assert list(read(kml, "楼栋")["name"]) == ["楼栋"]
    assert list(read(book, "楼栋")["parcel_id"]) == ["楼栋"]
    assert read(book, "楼栋").geometry.area[0] == 0.5


def test_names_in_an_archive_may_be_in_the_code_page_of_china_and_never_leave_the_folder(tmp_path: Path) -> None:
    sound = tmp_path / "地块.geojson"
    intake.write_layer(sound, layer())
    for name in ("地块.geojson".encode("gbk").decode("cp437"), "../../../地块.geojson", "/etc/地块.geojson"):
        path = tmp_path / "a.zip"
        info = zipfile.ZipInfo(name)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(info, sound.read_bytes())
        data = path.read_bytes()
        if "地" not in name:  # as Windows writes it: the bytes of the code page, without the mark of UTF-8
            data = data.replace(name.encode(), name.encode("cp437")).replace(b"\x00\x08", b"\x00\x00")
            path.write_bytes(rezipped(name, sound.read_bytes()))
        assert len(read(path)) == 3
        with sources.unpacked(path, "a.zip") as folder:
            assert [p.name for p in folder.rglob("*.geojson")] == ["地块.geojson"]


def rezipped(name: str, data: bytes) -> bytes:
    """Return an archive of one member, its name in bytes of code page 437 and without a mark."""
    raw, crc = name.encode("cp437"), zipfile.crc32(data)
    sizes = struct.pack("<IIIHH", crc, len(data), len(data), len(raw), 0)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 0, 0, 33) + sizes + raw + data
    central = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 0, 0, 33) + sizes + struct.pack("<HHHII", 0, 0, 0, 0, 0)
    central += raw
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def test_heights_are_told_but_not_heights_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    for z, told in ((12.5, 1), (0.0, 0)):
        high = gpd.GeoDataFrame({"a": [1, 2]}, geometry=[shapely.force_3d(SINGLE, z), IN_PARTS], crs=CRS)
        intake.write_layer(path, high)
        found = read(path)
        assert not shapely.has_z(found.geometry.to_numpy()).any()
        assert [fault.features for fault in faults_of(found)] == [("feature 1",)] * told


# 坐标成果

HEADER = "[属性描述]\n坐标系={datum}\n几度分带={degrees}\n带号={zone}\n计量单位=米\n[地块坐标]\n"
RING = [(NORTH, 0), (NORTH, 100), (NORTH + 50, 100), (NORTH + 50, 0)]
GRIDS: dict[str, tuple[str, str, str, float, str | None]] = {
    "prefix": ("2000国家大地坐标系", "3", "38", 38_485_000, "EPSG:4526"),
    "meridian": ("2000国家大地坐标系", "3", "38", 485_000, "EPSG:4547"),
    "six degrees": ("CGCS2000", "6", "19", 19_793_000, "EPSG:4497"),
    "six degrees, meridian": ("2000国家大地坐标系", "6", "19", 793_000, "EPSG:4508"),
    "Xi'an": ("1980西安坐标系", "3", "38", 485_000, "EPSG:2383"),
    "Beijing": ("54北京坐标系", "3度", "38", 485_000, "EPSG:2435"),
    "zone by its prefix": ("2000国家大地坐标系", "", "", 38_485_000, "EPSG:4526"),
    "local": ("深圳2000独立坐标系", "3", "38", 115_000, None),
    "no datum": ("", "3", "38", 38_485_000, None),
    "another zone": ("2000国家大地坐标系", "3", "39", 38_485_000, None),
    "another width": ("2000国家大地坐标系", "6", "38", 38_485_000, None),
}


def ring(east: float, number: int = 1, points: list[tuple[float, float]] = RING) -> str:
    lines = [f"J{k},{number},{x},{east + y}" for k, (x, y) in enumerate([*points, points[0]], 1)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", GRIDS)
def test_the_header_of_coordinates_tells_their_crs_where_y_agrees(case: str, tmp_path: Path) -> None:
    datum, degrees, zone, east, crs = GRIDS[case]
    path = tmp_path / "a.txt"
    text = HEADER.format(datum=datum, degrees=degrees, zone=zone) + "5,0.5,YL-01,燕罗,面,,工业,0601,@\n" + ring(east)
    path.write_bytes(text.encode("gb18030"))
    found = read(path)
    assert isinstance(found, gpd.GeoDataFrame)
    assert found.crs == crs
    assert found.geometry.bounds.iloc[0].to_list() == [east, NORTH, east + 100, NORTH + 50]  # X is north
    assert [fault.fatal for fault in faults_of(found)] == [False] * case.startswith("another")
    row = found.drop(columns="geometry").iloc[0].to_dict()
    assert row["地块编号"], row["地块面积"] == ("YL-01", "0.5 公顷")
    assert list(row) == list(coordinates.FIELDS)


def test_rings_of_coordinates_are_holes_or_parts_as_they_lie(tmp_path: Path) -> None:
    inner = [(NORTH + 10, 10), (NORTH + 10, 20), (NORTH + 20, 20), (NORTH + 20, 10)]
    island = [(NORTH + 12, 12), (NORTH + 12, 14), (NORTH + 14, 14), (NORTH + 14, 12)]
    far = [(NORTH, 300), (NORTH, 310), (NORTH + 10, 310), (NORTH + 10, 300)]
    path = tmp_path / "a.txt"
    body = "".join(ring(EAST, k, points) for k, points in enumerate((RING, inner, far, island), 1))
    text = f"\ufeff【地块坐标】\n20，0.5，YL-01，燕罗，面，，，，@\n{body}"
    path.write_text(text.replace("J1,", "Ｊ１，"), encoding="utf-8")
    found = read(path)
    assert found.geometry.area[0] == 5000 - 100 + 100 + 4
    assert found.geometry[0].geom_type == "MultiPolygon"
    assert faults_of(found) == []


def test_a_plot_of_coordinates_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    good = ring(EAST)
    plots_ = [
        "5,0.5,A,a,面,,,,@\n" + good,
        "5,0.5,B,b,面,,,,@\n" + good.replace("J2,1,", "J2,1,x"),
        "2,0.5,C,c,面,,,,@\nJ1,1,2520000,485000\nJ2,1,2520010,485000\n",
        "7,0.5,D,d,面,,,,@\n" + good,
        "2,,E,e,线,,,,@\nJ1,1,2520000,485000\nJ2,1,2520010,485000\n",
    ]
    path.write_text("[地块坐标]\n" + "".join(plots_), encoding="utf-8")
    found = read(path)
    assert list(found["地块编号"]) == ["A", "B", "C", "D", "E"]
    assert list(found.geometry.isna()) == [False, True, True, False, False]
    assert found.geometry.length[4] == 10
    lines, few, many = faults_of(found)
    assert lines.features == ("line 8",)
    assert "line 10" in lines.rule.en
    assert few.features == ("line 14",)
    assert (many.features, many.fatal) == (("line 17",), False)
    path.write_text("[地块坐标]\n" + ring(EAST).replace("2520000.0,485000.0", "485000.0,2520000.0"), encoding="utf-8")
    swapped = "".join(f"J{k},1,{y},{x}\n" for k, (x, y) in enumerate([(2_520_000, 38_485_000), (2_520_000, 38_485_100),
                                                                      (2_520_100, 38_485_000)]))  # fmt: skip
    path.write_text(HEADER.format(datum="2000", degrees=3, zone=38) + swapped, encoding="utf-8")
    (told,) = faults_of(read(path))
    assert "may be swapped" in told.remedy.en


def test_a_text_file_is_a_layer_only_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "README.txt").write_text("Read me", encoding="utf-8")
    (tmp_path / "a.txt").write_bytes("[地块坐标]\n".encode("gbk"))
    assert not vector.is_layer(tmp_path / "README.txt")
    assert vector.is_layer(tmp_path / "a.txt")
    assert "no plots" in refused(tmp_path / "a.txt").rule.en


# Shapefiles: members and encodings


def dbf(names: list[str], rows: list[list[str]], encoding: str, width: int = 12, language: int = 0) -> bytes:
    """Return a table of texts as other programs write it: names cut at 10 bytes, texts at the width, anywhere."""
    head = struct.pack("<BBBBIHH", 3, 126, 1, 1, len(rows), 33 + 32 * len(names), 1 + width * len(names))
    head += b"\0" * 17 + bytes([language]) + b"\0\0"
    for name in names:
        head += name.encode(encoding)[:10].ljust(11, b"\0") + b"C" + b"\0" * 4 + bytes([width, 0]) + b"\0" * 14
    cells = [b" " + b"".join(text.encode(encoding)[:width].ljust(width) for text in row) for row in rows]
    return head + b"\r" + b"".join(cells) + b"\x1a"


def shapefile(folder: Path, table: bytes, cpg: str | None = None) -> Path:
    path = folder / "地块.shp"
    intake.write_layer(path, layer()[["geometry"]].head(2).assign(a="x"))
    path.with_suffix(".dbf").write_bytes(table)
    path.with_suffix(".cpg").unlink()
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
    return path


ROWS = [["燕罗街", "工业"], ["新桥东", "物流"]]
ENCODINGS: dict[str, tuple[str, str | None, int, list[str]]] = {
    "UTF-8 without .cpg": ("utf-8", None, 0, []),
    "UTF-8 with .cpg": ("utf-8", "UTF-8", 0, []),
    "GBK without .cpg": ("gb18030", None, 0, []),
    "GBK by its header": ("gb18030", None, 0x4D, []),
    "GBK with .cpg GBK": ("gb18030", "GBK", 0, []),
    "GBK with .cpg 936": ("gb18030", "936", 0, []),
    "GBK with .cpg CP936": ("gb18030", "CP936", 0, []),
    "GBK, but .cpg says UTF-8": ("gb18030", "UTF-8", 0, ["says its texts are utf-8; they are GB18030"]),
    "GBK, but .cpg says Latin": ("gb18030", "ISO-8859-1", 0, ["says its texts are iso-8859-1; they are GB18030"]),
    "UTF-8, but .cpg says GBK": ("utf-8", "GBK", 0, ["says its texts are GB18030; they are UTF-8"]),
    "nonsense in .cpg": ("gb18030", "宝安?".encode().hex(), 0, []),
}


@pytest.mark.parametrize("case", ENCODINGS)
def test_texts_of_a_shapefile_are_read_in_the_encoding_they_are_in(case: str, tmp_path: Path) -> None:
    encoding, cpg, language, said = ENCODINGS[case]
    found = read(shapefile(tmp_path, dbf(["街道", "用途"], ROWS, encoding, language=language), cpg))
    assert found[["街道", "用途"]].to_numpy().tolist() == ROWS
    faults = faults_of(found)
    assert len(faults) == len(said)
    for fault, words in zip(faults, said, strict=True):
        assert words in fault.rule.en
        assert not fault.fatal
    declared = read(tmp_path / "地块.shp", encoding=encoding)
    assert declared[["街道", "用途"]].to_numpy().tolist() == ROWS
    assert faults_of(declared) == []


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_texts_and_names_cut_in_the_middle_of_a_character_keep_what_is_whole(encoding: str, tmp_path: Path) -> None:
    """Ten bytes hold three characters of UTF-8 and a third of one, or five of GBK; here the texts are 11 bytes wide."""
    rows = [["新桥东先进制造园", "1"], ["燕罗", "2"]]
    found = read(shapefile(tmp_path, dbf(["用地面积合计", "a"], rows, encoding, width=11)))
    names, texts = ("用地面", "新桥东") if encoding == "utf-8" else ("用地面积合", "新桥东先进")
    assert list(found.columns) == [names, "a", "geometry"]
    assert list(found[names]) == [texts, "燕罗"]
    assert faults_of(found) == []


def test_bytes_that_are_no_text_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    table = dbf(["街道", "用途"], [["燕罗燕罗", "工业"], ["石岩石岩", "物流"]], "utf-8")
    found = read(shapefile(tmp_path, table.replace("石岩".encode(), b"\xff\xfe\x80\xff\xff\xff", 1)))
    assert found["街道"][0] == "燕罗燕罗"
    assert found["街道"][1].endswith("石岩")
    (fault,) = faults_of(found)
    assert (fault.column, fault.features, fault.fatal) == ("街道", ("feature 2",), True)


@pytest.mark.parametrize("member", [".shp", ".shx", ".dbf"])
def test_half_a_shapefile_says_which_member_is_missing(member: str, tmp_path: Path) -> None:
    path = tmp_path / "地块.shp"
    intake.write_layer(path, layer())
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in tmp_path.glob("地块.*"):
            if file.suffix != member:
                archive.write(file, file.name)
    path.with_suffix(member).unlink()
    for at in (path, tmp_path / "a.zip"):
        fault = refused(at)
        assert f"{member} is missing" in fault.rule.en
        assert f"缺少 {member}" in fault.rule.zh
        assert "地块.shx" in fault.remedy.en
    if member == ".shp":
        assert "Name the .shp" in refused(path.with_suffix(".dbf")).remedy.en
        assert "there is no file" in refused(tmp_path / "b.shp").rule.en


def test_members_of_two_shapefiles_do_not_belong_together(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    intake.write_layer(path, layer())
    intake.write_layer(tmp_path / "b.shp", layer().head(2))
    shutil.copy(tmp_path / "b.dbf", tmp_path / "a.dbf")
    (fault,) = (fault for fault in faults_of(read(path)) if fault.fatal)
    assert "3 shapes, but 2 rows" in fault.rule.en


# Tables


def test_a_table_with_longitude_and_latitude_or_ewkt_is_a_layer(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("编号,经度,纬度\na,113.85,22.78\nb,x,22.78\n", encoding="gb18030")
    found = read(path)
    assert list(found.geometry.isna()) == [False, True]
    (fault,) = faults_of(found)
    assert (fault.column, fault.features) == ("经度, 纬度", ("line 3",))
    with pytest.raises(DataError, match="longitude and latitude in degrees"):
        intake.read_layer(path, crs="EPSG:4490")
    path.write_text("id,wkt\na,SRID=4547;POINT (485000 2520000)\n", encoding="utf-8")
    assert intake.read_layer(path).crs == CRS
    book = tmp_path / "a.xlsx"
    pd.DataFrame({"编号": ["a"], "lon": [113.85], "lat": [22.78]}).to_excel(book, index=False)
    assert read(book).geometry.x[0] == 113.85
    assert "geometry" in {fault.column for fault in intake.faults(book)}  # no CRS is declared


def test_a_parquet_file_without_geometry_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"building_id": ["B01"], "floor": [1]}).to_parquet(path)
    found = read(path)
    assert not isinstance(found, gpd.GeoDataFrame)
    assert found.to_dict("list") == {"building_id": ["B01"], "floor": [1]}


# Damaged: every bad feature is named, every other one is read


@pytest.mark.parametrize("suffix", damaged.DAMAGE)
def test_a_bad_feature_is_named_and_does_not_lose_the_rest(suffix: str, tmp_path: Path) -> None:
    """Of 600 features every 100th is damaged: 6 are named, 594 read, none moved, none lost without a word."""
    sound, broken = (read(path) for path in damaged.write(tmp_path, suffix, 600, 100))
    assert faults_of(sound) == []
    key = "地块编号" if suffix == ".txt" else "parcel_id"
    (fault,) = faults_of(broken)
    assert fault.fatal
    assert len(fault.features) == 6
    kept = broken[~broken.geometry.isna()].set_index(key)
    lost = set(sound[key]) - set(kept.index)
    assert len(kept) == 594
    assert len(lost) == 6
    same = sound.set_index(key).loc[kept.index]
    assert shapely.equals_exact(same.geometry.to_numpy(), kept.geometry.to_numpy(), 0).all()
    name = "地块名称" if suffix == ".txt" else "name"
    assert list(same[name]) == list(kept[name])
    numbers = columnar.sheet_of(sound, "").line_words("en", n=1).split()[0]
    same_rows = len(broken) == len(sound)  # a damaged line may have become two
    where = broken if same_rows else sound
    places = columnar.sheet_of(where, "").lines[where[key].isin(lost).to_numpy()]
    assert fault.features == tuple(f"{numbers} {n}" for n in places)
    with pytest.raises(DataError, match=r"damaged|must be WKT|no points"):
        intake.read_layer(tmp_path / "damaged" / f"parcels{suffix}", crs=None)


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".gdb", ".geojson", ".shp", ".kml", ".parquet"])
def test_bytes_that_are_no_text_spoil_one_cell(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    frame = damaged.parcels(20)
    if suffix == ".parquet":
        frame.to_parquet(path, index=False, compression="none", use_dictionary=False)
    else:
        intake.write_layer(path, frame, "parcels")
    for file in path.rglob("*.gdbtable") if suffix == ".gdb" else [path, path.with_suffix(".dbf")]:
        if file.exists():
            file.write_bytes(file.read_bytes().replace("地块7".encode(), b"\xff\xff\x9d\xe5\x9d\x977"))
    found = read(path)
    (fault,) = faults_of(found)
    assert fault.fatal
    named = found.set_index("parcel_id")["name"].to_dict()
    others = {f"P{n:06d}": f"地块{n}" for n in range(20) if n != 7}
    assert {key: name for key, name in named.items() if key != "P000007"} == others
    assert fault.features == (f"feature {list(found['parcel_id']).index('P000007') + 1 if 'P000007' in named else 8}",)
    assert len(found) == 20 - (suffix == ".kml")  # XML with other bytes is none


def test_pages_of_a_geopackage_that_are_overwritten_lose_only_what_stood_on_them(tmp_path: Path) -> None:
    """Arrow stops at the first such page without a word; the count tells."""
    path = tmp_path / "a.gpkg"
    intake.write_layer(path, damaged.parcels(2000), "parcels")
    data = bytearray(path.read_bytes())
    for page in (60, 90):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(data)
    found = read(path)
    (fault,) = [fault for fault in faults_of(found) if fault.fatal]
    assert len(found) > 1900
    assert len(found) + len(fault.features) == 2000
    assert set(found["parcel_id"]) == {f"P{n:06d}" for n in range(2000) if f"feature {n + 1}" not in fault.features}


def test_a_geodatabase_whose_index_is_cut_is_not_taken_for_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.gdb"
    intake.write_layer(path, damaged.parcels(60), "parcels")
    none = {"layer": "empty", "driver": "OpenFileGDB", "geometry_type": "Polygon", "append": True}
    pyogrio.write_dataframe(damaged.parcels(0), path, **none)
    assert faults_of(read(path, "empty")) == []
    index = path / "a00000009.gdbtablx"
    index.write_bytes(index.read_bytes()[:2000])
    found = read(path, "parcels")
    assert len(found) == 0
    assert "60 rows belong to no layer" in faults_of(found)[0].rule.en


def test_a_geojson_record_that_is_no_feature_any_more_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    intake.write_layer(path, damaged.parcels(20))
    rest = b', "properties": { "parcel_id": "P000004"'
    path.write_bytes(path.read_bytes().replace(b'"Feature"' + rest, b'"Featura"' + rest))
    (fault,) = faults_of(read(path))
    assert fault.features == ("feature 5",)
    text = '{"type": "Feature", "properties": {"a": "\\"geometry\\""}, "geometry": null}'
    path.write_text(text, encoding="utf-8")
    assert faults_of(read(path)) == []


def test_a_shapefile_whose_prj_is_no_crs_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    intake.write_layer(path, layer())
    path.with_suffix(".prj").write_text("PROJCS[CGCS2000", encoding="ascii")
    assert ".prj is no CRS" in refused(path).rule.en


def test_a_geojson_whose_record_lost_its_beginning_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    intake.write_layer(path, damaged.parcels(20))
    lines = path.read_bytes().split(b"\n")
    first = next(k for k, line in enumerate(lines) if b'"P000004"' in line)
    lines[first] = lines[first].replace(b'"Feature"', b'"Feat')
    path.write_bytes(b"\n".join(lines))
    found = read(path)
    (fault,) = faults_of(found)
    assert fault.features == ("feature 5",)
    assert len(found) == 19


def test_geometry_not_given_is_not_called_damaged(tmp_path: Path) -> None:
    frame = layer()
    frame.loc[1, "geometry"] = None
    for suffix in (".gpkg", ".shp", ".geojson", ".parquet", ".csv"):
        path = tmp_path / f"a{suffix}"
        intake.write_layer(path, frame)
        found = read(path)
        assert list(found.geometry.isna()) == [False, True, False]
        assert faults_of(found) == []


UNREADABLE: dict[str, tuple[str, bytes]] = {
    "empty GeoPackage": ("a.gpkg", b""),
    "no GeoPackage": ("a.gpkg", b"SQLite format 3\0" + b"x" * 500),
    "no JSON": ("a.geojson", b"{" * 5),
    "JSON of something else": ("a.json", b'{"a": 1}'),
    "no KML": ("a.kml", b"<html></html>"),
    "no drawing": ("a.dxf", b"AutoCAD Binary"),
    "binary drawing": ("a.dxf", b"AutoCAD Binary DXF\r\n\x1a\0" + b"\0" * 40),
    "no FlatGeobuf": ("a.fgb", b"fgb\x03fgb\x01" + b"\xff" * 40),
    "no Parquet": ("a.parquet", b"PAR1xxxxPAR1"),
    "no archive": ("a.zip", b"PK\x03\x04xxx"),
    "no KMZ": ("a.kmz", b"x"),
    "archive of nothing": ("a.zip", b"PK\x05\x06" + b"\0" * 18),
    "no text": ("a.csv", b"\x80\xff"),
    "no workbook": ("a.xlsx", b"PK\x03\x04xxx"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_is_not_what_its_name_says_is_one_fault(case: str, tmp_path: Path) -> None:
    name, data = UNREADABLE[case]
    path = tmp_path / name
    path.write_bytes(data)
    fault = refused(path)
    assert fault.where == "layer"
    assert str(tmp_path) not in fault.words("en")
    assert any(found.fatal for found in intake.faults(path))


def test_an_empty_geodatabase_or_one_that_is_a_file_is_one_fault(tmp_path: Path) -> None:
    (tmp_path / "a.gdb").mkdir()
    assert "whole folder" in refused(tmp_path / "a.gdb").remedy.en
    (tmp_path / "b.gdb").write_bytes(b"x")
    assert refused(tmp_path / "b.gdb")


# What is refused before it fills the memory


def measured(work: Callable[[], Fault]) -> Fault:
    began = time.process_time()
    fault = work()
    assert time.process_time() - began < 3
    return fault


def test_a_very_large_file_is_refused_with_a_remedy(tmp_path: Path) -> None:
    for name in ("a.gpkg", "a.geojson", "a.dxf", "a.txt", "a.parquet"):
        path = tmp_path / name
        path.touch()
        os.truncate(path, sources.BYTES_MOST + 1)
        if name == "a.txt":
            with path.open("r+b") as file:
                file.write("[地块坐标]".encode())
        fault = measured(lambda path=path: refused(path))
        assert "too large" in fault.rule.en
        assert "ogr2ogr" in fault.remedy.en
        path.unlink()


def test_a_large_file_says_that_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a quarter of a GiB on; the command passes it on while one waits."""
    monkeypatch.setattr(sources, "BYTES_TOLD", 1000)
    path = tmp_path / "parcels.gpkg"
    intake.write_layer(path, layer())
    said = CliRunner().invoke(app, ["check", str(path), "--lang", "en"])
    assert "Reading parcels.gpkg (0.0 GiB)" in said.stderr
    monkeypatch.setattr(sources, "BYTES_TOLD", 10**9)
    assert "Reading" not in CliRunner().invoke(app, ["check", str(path), "--lang", "en"]).stderr


def test_archives_that_unpack_to_too_much_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.geojson", "w") as member:
        for _ in range(65):
            member.write(bytes(2**20))
    assert path.stat().st_size < 2**18
    for name in ("b.zip", "b.kmz", "b.gdb.zip"):
        path = path.rename(tmp_path / name)
        assert "1 : " in measured(lambda path=path: refused(path)).rule.en
    with zipfile.ZipFile(path, "w") as archive:
        for k in range(sources.MEMBERS_MOST + 1):
            archive.writestr(f"{k}", b"")
    assert "10,001 > 10,000" in measured(lambda: refused(path)).rule.en


def test_an_archive_that_lies_about_its_size_or_is_locked_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", bytes(2**20))
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 2**20), struct.pack("<I", 10)))
    assert "damaged" in refused(path).rule.en
    path.write_bytes(data.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"))
    assert "password" in refused(path).rule.en


def test_absurd_numbers_of_features_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "FEATURES_MOST", 2)
    for suffix in intake.WRITERS:
        path = tmp_path / f"a{suffix}"
        intake.write_layer(path, plots() if suffix == ".txt" else layer())
        if suffix not in (".csv",):
            assert "3 features" in refused(path).rule.en, suffix
    path = tmp_path / "b.fgb"
    intake.write_layer(path, layer())
    data = path.read_bytes()
    at = data.index(struct.pack("<Q", 3))
    path.write_bytes(data[:at] + struct.pack("<Q", 10**12) + data[at + 8 :])
    assert measured(lambda: refused(path))


DEEP = 100_000
NESTED: dict[str, tuple[str, str]] = {
    "coordinates": ("a.geojson", '{"type": "Polygon", "coordinates": ' + "[" * DEEP + "]" * DEEP + "}"),
    "features": ("a.geojson", '{"type":"Feature","geometry":' + '{"type":"GeometryCollection","geometries":[' * DEEP),
    "folders": ("a.kml", "<kml><Document>" + "<Folder>" * DEEP + "</Folder>" * DEEP + "</Document></kml>"),
    "placemarks": ("a.kml", "<kml><Document>" + "<Placemark>" * DEEP),
    "entities": ("a.kml", '<!DOCTYPE k [<!ENTITY a "aaa"><!ENTITY b "&a;&a;&a;&a;">]><kml><name>&b;</name></kml>'),
    "brackets": ("a.csv", "id,wkt\na," + '"POLYGON ' + "(" * DEEP + "1 2" + ")" * DEEP + '"'),
    "collections": ("a.csv", 'id,wkt\na,"' + "GEOMETRYCOLLECTION (" * DEEP + "POINT (1 2)" + ")" * DEEP + '"'),
}


@pytest.mark.parametrize("case", NESTED)
def test_deep_nesting_is_refused(case: str, tmp_path: Path) -> None:
    name, text = NESTED[case]
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    if name.endswith(".csv"):
        found = read(path)
        assert found.geometry.isna().all()
        assert [fault.features for fault in faults_of(found)] == [("line 2",)]
    else:
        assert measured(lambda: refused(path))


def test_deep_nesting_in_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    intake.write_layer(path, layer())
    table = pq.read_table(path)
    point = b"\x01\x01\x00\x00\x00" + struct.pack("<dd", 1, 2)
    blobs = [b"\x01\x07\x00\x00\x00\x01\x00\x00\x00" * depth + point for depth in (DEEP, 2, 0)]
    at = table.column_names.index("geometry")
    pq.write_table(table.set_column(at, table.schema.field(at), pa.array(blobs, type=pa.binary())), path)
    found = read(path)
    assert list(found.geometry.isna()) == [True, False, False]
    assert [fault.features for fault in faults_of(found)] == [("feature 1",)]


def test_blocks_of_a_drawing_that_would_never_end_are_told_and_not_drawn(tmp_path: Path) -> None:
    """Twelve blocks, each ten times in the next, are a million million lines; 30,000 rows of 30,000 are as many."""
    blocks = ""
    for k in range(12):
        line = "0\nLINE\n8\n0\n10\n0\n20\n0\n11\n1\n21\n1\n"
        inner = f"0\nINSERT\n8\n0\n2\nB{k - 1}\n10\n0\n20\n0\n" * 10 if k else line
        blocks += f"0\nBLOCK\n8\n0\n2\nB{k}\n10\n0\n20\n0\n{inner}0\nENDBLK\n8\n0\n"
    path = tmp_path / "a.dxf"
    outline = polyline("地块", "A", (0, 0), (1, 0), (1, 1))
    once = "0\nINSERT\n8\n0\n2\nB11\n10\n0\n20\n0\n"
    path.write_bytes(dxf(once, outline, blocks=blocks))
    began = time.monotonic()
    found = read(path, "地块")
    assert time.monotonic() - began < 3
    assert len(found) == 1
    assert "1 inserted blocks are not read" in faults_of(found)[-1].rule.en
    path.write_bytes(dxf(once + "70\n30000\n71\n30000\n44\n1\n45\n1\n", outline, blocks=blocks))
    assert "900,000," in measured(lambda: refused(path, "地块")).rule.en


def test_a_view_of_a_geopackage_that_never_ends_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geopackage, "VIEW_SECONDS", 0.2)
    path = tmp_path / "a.gpkg"
    intake.write_layer(path, layer(), "parcels")
    endless = "with recursive r(fid) as (select 1 union all select fid + 1 from r) "
    endless += "select fid, x'00' as geom from r where fid < 0"
    with closing(sqlite3.connect(path)) as database:
        for name, query in (("part", "select * from parcels"), ("bomb", endless)):
            database.execute(f"create view {name} as {query}")
            database.execute(
                "insert into gpkg_contents (table_name, data_type, identifier, srs_id) "
                "select ?, 'features', ?, srs_id from gpkg_contents where table_name = 'parcels'", [name, name]
            )  # fmt: skip
            database.execute(
                "insert into gpkg_geometry_columns select ?, column_name, geometry_type_name, srs_id, z, m "
                "from gpkg_geometry_columns where table_name = 'parcels'", [name]
            )  # fmt: skip
            database.commit()
            if name == "part":
                assert len(read(path, "part")) == 3
    assert "does not end" in measured(lambda: refused(path, "parcels")).rule.en
    assert vector.layers_of(path) == [None]


# Paths


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".gdb", ".kml", ".txt", ".zip"])
def test_faults_of_a_path_with_chinese_spaces_quotes_and_marks(suffix: str, tmp_path: Path) -> None:
    folder = tmp_path / ODD_FOLDER
    folder.mkdir()
    path = folder / f"地块 '一\" !{suffix}"
    intake.write_layer(path, plots() if suffix == ".txt" else layer())
    alone = [fault.rule.en for fault in intake.faults(path) if fault.fatal and fault.column != "geometry"]
    together = [fault.rule.en for fault in intake.faults(folder) if fault.fatal and fault.column != "geometry"]
    assert alone == together
    assert not [rule for rule in alone if "reada" in rule or "there is no" in rule]
    assert vector.hashes(path, f"x/{path.name}")


def test_layers_inside_files_are_named_in_territory_yaml(tmp_path: Path) -> None:
    """A layer of a FileGDB, one of a drawing, a worksheet of a workbook, a file of an archive: one key for each."""
    folder = write_small(tmp_path / "small").parent
    expected = intake.read_territory(folder)
    frames, yaml = shapes(), (folder / "territory.yaml").read_text(encoding="utf-8")
    with zipfile.ZipFile(folder / "园区.zip", "w") as archive:
        for name in ("parks", "restrictions"):
            intake.write_layer(tmp_path / f"{name}.geojson", frames[name])
            archive.write(tmp_path / f"{name}.geojson", f"导出/{name}.geojson")
    intake.write_layer(folder / "a.gdb", frames["parcels"], "宗地")
    pyogrio.write_dataframe(frames["buildings"], folder / "a.gdb", layer="楼栋", driver="OpenFileGDB", append=True)
    with pd.ExcelWriter(folder / "台账.xlsx") as excel:
        for name in ("floors", "supply"):
            table = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
            table.to_excel(excel, sheet_name=name, index=False)
    for was, becomes in (
        ("file: small.gpkg, layer: parks", "file: 园区.zip, layer: parks"),
        ("file: small.gpkg, layer: restrictions", "file: 园区.zip, layer: restrictions"),
        ("file: small.gpkg, layer: parcels", "file: a.gdb, layer: 宗地"),
        ("file: small.gpkg, layer: buildings", "file: a.gdb, layer: 楼栋"),
        ("table: floors.csv", "table: 台账.xlsx, worksheet: floors"),
        ("table: supply.csv", "table: 台账.xlsx, worksheet: supply"),
    ):
        assert was in yaml
        yaml = yaml.replace(was, becomes)
    for unused in ("small.gpkg", "floors.csv", "supply.csv"):
        (folder / unused).unlink()
    (folder / "territory.yaml").write_text(yaml, encoding="utf-8")
    assert [fault.words("en") for fault in intake.faults(folder) if fault.fatal] == []
    found = intake.read_territory(folder)
    pd.testing.assert_frame_equal(found.floors, expected.floors)
    pd.testing.assert_frame_equal(found.supply, expected.supply)
    for name in ("parks", "parcels", "buildings", "restrictions"):
        one, other = getattr(found, name), getattr(expected, name)
        assert shapely.hausdorff_distance(one.geometry.to_numpy(), other.geometry.to_numpy()).max() < 1e-3
    assert {"园区.zip", "台账.xlsx"} <= set(found.files)
    assert sum(name.startswith("a.gdb/") for name in found.files) > 5
