"""Files of every format, sound and spoiled, for cases of a file by itself."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from openpyxl.workbook import Workbook

from bad_input.base import BASE, EAST, NORTH, box, written
from planner import intake

Maker = Callable[[Path], object]

PARCELS = "parcel_id,state,land_class,published_area_m2,wkt\n"
PROJECTS = "project_id,name,industry,tier,accepts,land_m2,investment_yi,jobs\n"
LEDGER = ["项目编号", "项目名称", "产业", "级别", "接受的空间", "用地需求（亩）", "投资（亿元）"]
COORDINATES = "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号=38\n[地块坐标]\n"
PLOT = (
    "4,3,YL-01,一号,面,,工业用地,0601,@\n"
    "J1,1,2520000.000,38485000.000\nJ2,1,2520000.000,38485200.000\n"
    "J3,1,2520150.000,38485200.000\nJ1,1,2520000.000,38485000.000\n"
)


def parcel(name: str, x: float) -> str:
    """Return a line of `PARCELS`, its outline with its CRS."""
    return f'{name},free,M1,30000,"SRID=4547;{box(x, 0)}"\n'


TWO = PARCELS + parcel("P1", 0) + parcel("P2", 220)
ASKED = PROJECTS + "Q1,a,A05.1,战略级,P,30000,1,5\nQ2,b,A05.1,战略级,P,30000,1,5\n"


def project(name: str, land: object = 45, invested: object = 5) -> list[object]:
    """Return a row of `LEDGER`."""
    return [name, "甲", "A05.1", "战略级", "P", land, invested]


def book(*sheets: Sequence[Any], then: Callable[[Workbook], object] | None = None, merged: str = "") -> Maker:
    """Return the maker of a workbook: a title and its rows for each worksheet."""

    def make(path: Path) -> None:
        made = openpyxl.Workbook()
        made.remove(made.active)
        for title, *rows in sheets:
            sheet = made.create_sheet(title)
            for row in rows:
                sheet.append(row)
            if merged:
                sheet.merge_cells(merged)
        if then is not None:
            then(made)
        made.save(path)

    return make


def ledger(*rows: Sequence[object], **more: Any) -> Maker:
    """Return the maker of a workbook of projects."""
    return book(("a", LEDGER, *rows), **more)


def hidden_row(made: Workbook) -> None:
    """Hide the second row."""
    made.worksheets[0].row_dimensions[2].hidden = True


def hidden_column(made: Workbook) -> None:
    """Hide the second column."""
    made.worksheets[0].column_dimensions["B"].hidden = True


def excel_error(made: Workbook) -> None:
    """Put an error into a cell, as a formula that refers to nothing leaves it."""
    made.worksheets[0]["G2"] = "#REF!"
    made.worksheets[0]["G2"].data_type = "e"


def layer(count: int = 2, crs: str | None = "EPSG:4547", **columns: object) -> gpd.GeoDataFrame:
    """Return parcels as a layer."""
    told = {"parcel_id": [f"P{k + 1}" for k in range(count)], "state": "free", "land_class": "M1", **columns}
    boxes = [shapely.from_wkt(box(220 * k, 0)) for k in range(count)]
    return gpd.GeoDataFrame(told, geometry=boxes, crs=crs)


def sound(**more: Any) -> Maker:
    """Return the maker of a sound file, in the format of its suffix."""
    return lambda path: intake.write_layer(path, layer(**more))


def without_crs(path: Path) -> None:
    """Write a GeoParquet file without a CRS."""
    layer(crs=None).to_parquet(path)


def bow(path: Path) -> None:
    """Write a layer whose first outline crosses itself."""
    crossed = shapely.from_wkt("POLYGON ((0 0, 100 100, 100 0, 0 100, 0 0))")
    corner = [EAST, NORTH]
    crossed = shapely.transform(crossed, lambda xy: xy + corner)
    whole = layer()
    intake.write_layer(path, whole.set_geometry([crossed, whole.geometry.iloc[1]], crs=whole.crs))


def changed(make: Maker, old: str, new: str) -> Maker:
    """Return the maker of a text file with something replaced in it, once."""

    def spoil(path: Path) -> None:
        make(path)
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def cut(share: float, make: Maker) -> Maker:
    """Return the maker of the first part of a file."""

    def spoil(path: Path) -> None:
        make(path)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])

    return spoil


def shapefile(*lacks: str, then: Maker | None = None, **more: Any) -> Maker:
    """Return the maker of a Shapefile without some of its members."""

    def make(path: Path) -> None:
        intake.write_layer(path, layer(**more))
        for end in lacks:
            path.with_suffix(end).unlink()
        if then is not None:
            then(path)

    return make


def beside(end: str, text: str) -> Maker:
    """Return what writes a text into another member of a Shapefile."""
    return lambda path: path.with_suffix(end).write_text(text, encoding="utf-8")


def rows_of_another(path: Path) -> None:
    """Put the attributes of another Shapefile beside the shapes of one."""
    other = path.with_name("other.shp")
    intake.write_layer(other, layer(count=5))
    other.with_suffix(".dbf").replace(path.with_suffix(".dbf"))
    for one in other.parent.glob("other.*"):
        one.unlink()


def archive(**members: str | bytes) -> Maker:
    """Return the maker of a zip archive; "__" in a name stands for the dot."""

    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as made:
            for name, content in members.items():
                made.writestr(name.replace("__", "."), content)

    return make


def half_zipped(path: Path) -> None:
    """Write an archive with one member of a Shapefile."""
    other = path.with_name("a.shp")
    intake.write_layer(other, layer())
    data = other.with_suffix(".dbf").read_bytes()
    for one in other.parent.glob("a.*"):
        one.unlink()
    archive(a__dbf=data)(path)


def rezipped(make: Maker, old: bytes, new: bytes) -> Maker:
    """Return the maker of an archive with something replaced in all its members."""

    def spoil(path: Path) -> None:
        make(path)
        with zipfile.ZipFile(path) as made:
            members = {name: made.read(name) for name in made.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            for name, data in members.items():
                made.writestr(name, data.replace(old, new))

    return spoil


def geojson(*shapes: object) -> str:
    """Return parcels of some geometries as GeoJSON."""
    features = [
        {"type": "Feature", "geometry": shape,
         "properties": {"parcel_id": f"P{k + 1}", "state": "free", "land_class": "M1"}}
        for k, shape in enumerate(shapes)
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features})


def ring(*positions: Sequence[object]) -> dict[str, object]:
    """Return a polygon of one ring as GeoJSON has it."""
    return {"type": "Polygon", "coordinates": [list(map(list, positions))]}


TRIANGLE = ring((113.86, 22.78), (113.861, 22.78), (113.861, 22.781), (113.86, 22.78))


def folder(**files: str) -> Maker:
    """Return the maker of a folder of texts; "__" in a name stands for the dot."""

    def make(path: Path) -> None:
        path.mkdir()
        for name, text in files.items():
            (path / name.replace("__", ".")).write_text(text, encoding="utf-8")

    return make


def nothing(path: Path) -> None:
    """Make no file."""


def made(make: Maker) -> bytes:
    """Return what a maker writes into a file."""
    with tempfile.TemporaryDirectory() as way:
        path = Path(way) / "made"
        make(path)
        return path.read_bytes()


def with_geopackage(entry: str, *layers: str) -> Maker:
    """Return the maker of a territory whose parcels are in p.gpkg, as an entry of territory.yaml says."""

    def make(path: Path) -> None:
        path.mkdir()
        files = {name: content for name, content in BASE.items() if name != "parcels.csv"}
        text = str(files["territory.yaml"]).replace("file: parcels.csv, crs: EPSG:4547", entry)
        written(files | {"territory.yaml": text}, path)
        intake.write_layers(path / "p.gpkg", dict.fromkeys(layers or ("parcels",), layer(5)))

    return make


def sparse(gib: float, end: str = "") -> Maker:
    """Return the maker of a file (or of another member of a Shapefile) that says it is very large, and is empty."""

    def make(path: Path) -> None:
        if end:
            intake.write_layer(path, layer())
        target = path.with_suffix(end) if end else path
        target.touch()
        os.truncate(target, int(gib * 2**30))

    return make


def locked(path: Path) -> None:
    """Write an archive that says its member is locked."""
    archive(a__csv=TWO)(path)
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + flags] |= 1
    path.write_bytes(bytes(data))


def damaged(path: Path) -> None:
    """Write an archive whose member is not what its checksum says."""
    archive(a__csv=TWO)(path)
    path.write_bytes(path.read_bytes().replace(b"parcel_id", b"parcel_ix", 1))


def drawing(*entities: str) -> bytes:
    """Return a drawing (DXF) of some entities."""
    head = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1015\n9\n$DWGCODEPAGE\n3\nANSI_936\n0\nENDSEC\n"
    line = "0\nLINE\n8\n0\n10\n0\n20\n0\n11\n1\n21\n1\n"
    blocks = f"0\nSECTION\n2\nBLOCKS\n0\nBLOCK\n8\n0\n2\nB\n10\n0\n20\n0\n{line}0\nENDBLK\n8\n0\n0\nENDSEC\n"
    return f"{head}{blocks}0\nSECTION\n2\nENTITIES\n{''.join(entities)}0\nENDSEC\n0\nEOF\n".encode("gbk")


def outline(handle: str, *, closed: bool = True) -> str:
    """Return a polyline of a drawing."""
    corners = ((EAST, NORTH), (EAST + 200, NORTH), (EAST + 200, NORTH + 150))
    vertices = "".join(f"10\n{x}\n20\n{y}\n" for x, y in corners)
    return f"0\nLWPOLYLINE\n5\n{handle}\n8\nparcels\n90\n3\n70\n{int(closed)}\n{vertices}"


INSERTED = "0\nINSERT\n8\n0\n2\nB\n10\n0\n20\n0\n"
NUMBER = f"0\nTEXT\n8\nparcels\n10\n{EAST + 150}\n20\n{NORTH + 50}\n40\n1\n1\nP1\n"


def encoded_otherwise(path: Path) -> None:
    """Write a GeoParquet file that says its geometry is no WKB."""
    intake.write_layer(path, layer())
    table = pq.read_table(path)
    told = json.loads(table.schema.metadata[b"geo"])
    told["columns"]["geometry"]["encoding"] = "polygon"
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(told).encode()}), path)


def written_in(system: str) -> str:
    """Return `TWO` in another system, and without saying so."""
    there = layer().to_crs(system)
    rows = zip(there["parcel_id"], there.geometry, strict=True)
    return PARCELS + "".join(f'{name},free,M1,30000,"{shape.wkt}"\n' for name, shape in rows)


def bytes_in_parquet(path: Path) -> None:
    """Write a GeoParquet file with bytes that are no text in a column of texts."""
    intake.write_layer(path, layer())
    table = pq.read_table(path)
    texts = pa.array([b"\xff\xfe", b"free"], type=pa.binary()).view(pa.string())
    pq.write_table(table.set_column(table.column_names.index("state"), "state", texts), path)


def one_name_twice(path: Path) -> None:
    """Write a Shapefile two of whose columns have the same name."""
    intake.write_layer(path, layer(name_zh="燕罗国际", name_en="Yanluo"))
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes().replace(b"name_en", b"name_zh", 1))


def bytes_in_dbf(path: Path) -> None:
    """Write a Shapefile with bytes that are no text in a column of texts."""
    intake.write_layer(path, layer(name_zh="燕罗国际"))
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes().replace("燕".encode(), b"\xff\xff\xff", 1))
