"""Layers and tables become files: aside, then renamed, so that an interrupted run leaves the old file or the new one.

What a format cannot hold (long names in a Shapefile, several kinds of geometry) is refused before anything is written;
nothing is cut silently. Every format written here is read back by `vector` with the same rows.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZIP_DEFLATED, ZipFile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from planner.errors import DataError, Fault
from planner.intake import coordinates
from planner.intake.ogr import configured
from planner.intake.sources import form_of
from planner.words import Words

DATE = "2000-01-01T00:00:00.000Z"
"""The date inside every GeoPackage written, so that the same tables give the same bytes."""
VERSION = {"VERSION": "1.2"}
"""Of a GeoPackage: programs of some years ago say of a later one that they may not know all of it."""
DBF_NAME_BYTES, DBF_TEXT_BYTES = 10, 254
STALE = (".prj", ".cpg", ".qix", ".sbn", ".sbx")
"""Members of a Shapefile that would not be written over, and would say something of the one before."""
LONLAT = "EPSG:4326"
WRAP: Mapping[str, Callable[..., Any]] = {
    "Polygon": shapely.multipolygons,
    "LineString": shapely.multilinestrings,
    "Point": shapely.multipoints,
}
"""Wraps single parts, by their type."""
Writer = Callable[[gpd.GeoDataFrame, Path, str], None]
"""From a layer, the path to write to and the layer's name."""
FAMILIES = (("Polygon", "MultiPolygon"), ("LineString", "MultiLineString"), ("Point", "MultiPoint"))


def write_layers(path: Path | str, layers: Mapping[str, pd.DataFrame]) -> None:
    """Write layers and plain tables into one GeoPackage: beside, then renamed, the same tables to the same bytes.

    Parameters
    ----------
    path : Path or str
    layers : mapping of str to GeoDataFrame or DataFrame
        By layer name, in the order wanted; a named index is written as a column. Lists become texts joined by ";",
        yes and no the texts "yes" and "no", what is not given NULL.
    """
    with _aside(Path(path)) as part, configured(OGR_CURRENT_DATE=DATE):
        for k, (name, frame) in enumerate(layers.items()):
            flat = _flat(frame)
            kind = {"geometry_type": _kind(flat)} if isinstance(flat, gpd.GeoDataFrame) else {}
            options = {**kind, "dataset_options": VERSION}
            pyogrio.write_dataframe(flat, part, layer=name, driver="GPKG", append=k > 0, **options)


def write_layer(
    path: Path | str, frame: gpd.GeoDataFrame, layer: str | None = None, encoding: str = "utf-8"
) -> None:  # fmt: skip
    """Write one layer in the format of the file's suffix, one of `WRITERS`; the file is replaced as a whole.

    Parameters
    ----------
    path : Path or str
    frame : GeoDataFrame
        With a CRS. KML is written in longitude and latitude; CSV and 坐标成果 hold no CRS or that of their header.
    layer : str, optional
        Name of the layer; the file's by default.
    encoding : {'utf-8', 'gbk'}
        Of the texts of a Shapefile, which says it in its .cpg; other formats are UTF-8 whatever is asked.

    Raises
    ------
    DataError
        A format not written here, or one that cannot hold the layer without loss.
    """
    path = Path(path)
    write = WRITERS.get(form_of(path))
    if write is None:
        listed = ", ".join(WRITERS)
        rule = Words(f"不能写出格式 {form_of(path)!r}", f"the format {form_of(path)!r} is not written")
        raise DataError(Fault(path.name, "", rule, Words(f"可用：{listed}", f"Use one of {listed}")))
    flat = _flat(frame)
    assert isinstance(flat, gpd.GeoDataFrame)
    if write is _shp:
        write = partial(_shp, encoding=encoding)
    with _aside(path) as part:
        write(flat, part, layer or path.name.split(".")[0])


def written(content: bytes, path: Path) -> Path:
    """Write a file aside, then move it into place."""
    aside = path.with_name(f".{path.name}-{uuid4().hex}")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """Yield a path to write to; what was written there, and its sidecars, then takes the place of the file."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".planner-") as made, tempfile.TemporaryDirectory() as way:
        straight = Path(way) / "aside"
        straight.symlink_to(Path(made).resolve(), target_is_directory=True)  # "!" in a path is no path to pyogrio
        written = path.name.replace("!", "_")
        yield straight / written
        if path.suffix.lower() == ".shp":
            for end in STALE:
                path.with_suffix(end).unlink(missing_ok=True)
        for one in sorted(Path(made).iterdir(), key=lambda p: p.name == written):  # the file itself comes last
            target = path.with_name(path.stem + one.name.removeprefix(Path(written).stem))
            if target.is_dir():
                target.rename(Path(made) / "before")
            one.replace(target)


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose cells a GeoPackage can hold."""
    flat = frame.reset_index() if frame.index.name else frame.reset_index(drop=True)
    for name in flat.columns:
        if flat[name].dtype == object:
            flat[name] = pd.Series([_cell(value) for value in flat[name]], dtype=object, index=flat.index)
    return flat


def _cell(value: object) -> object:
    if isinstance(value, tuple | list):
        return ";".join(map(str, value))
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return None if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)) else str(value)


def _kind(frame: gpd.GeoDataFrame, otherwise: str = "Unknown") -> str:
    """Return the one type of geometry a layer has; Unknown for several, for none what is said."""
    kinds = sorted({str(kind) for kind in frame.geometry.geom_type.dropna().unique()})
    return kinds[0] if len(kinds) == 1 else "Unknown" if kinds else otherwise


def _one_family(frame: gpd.GeoDataFrame, part: Path) -> gpd.GeoDataFrame:
    """Return a layer with parts wrapped where some are; areas, lines or points only.

    Raises
    ------
    DataError
        Several of them together.
    """
    kinds = {str(kind) for kind in frame.geometry.geom_type.dropna().unique()}
    family = next((family for family in FAMILIES if kinds <= set(family)), None)
    if family is None:
        listed = ", ".join(sorted(kinds))
        rule = Words(f"图层只能有一种几何，现有 {listed}", f"a layer here has one kind of geometry, not {listed}")
        remedy = Words("请分开写出，或用 .gpkg", "Write them apart, or as .gpkg")
        raise DataError(Fault(part.name, "geometry", rule, remedy))
    if len(kinds) < 2:
        return frame
    shapes = frame.geometry.to_numpy().copy()
    single = shapely.get_num_geometries(shapes) * (frame.geometry.geom_type == family[0]).to_numpy() == 1
    shapes[single] = WRAP[family[0]](shapes[single][:, None])
    return frame.set_geometry(shapes, crs=frame.crs)


def _gpkg(frame: gpd.GeoDataFrame, part: Path, layer: str) -> None:
    with configured(OGR_CURRENT_DATE=DATE):
        pyogrio.write_dataframe(frame, part, layer=layer, driver="GPKG", geometry_type=_kind(frame))


def _geojson(frame: gpd.GeoDataFrame, part: Path, layer: str) -> None:
    standard = {"RFC7946": "YES"} if frame.crs == LONLAT else {}
    options = {"COORDINATE_PRECISION": "12", **standard}
    pyogrio.write_dataframe(frame, part, layer=layer, driver="GeoJSON", layer_options=options)


def _flatgeobuf(frame: gpd.GeoDataFrame, part: Path, layer: str) -> None:
    pyogrio.write_dataframe(frame, part, layer=layer, driver="FlatGeobuf", geometry_type=_kind(frame))


def _gdb(frame: gpd.GeoDataFrame, part: Path, layer: str) -> None:
    one = _one_family(frame, part)
    wide = {"TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"}  # else whole numbers become others
    named = re.sub(r"^(?=\d)|\W", "_", layer)  # a layer of a FileGDB has letters, digits and _
    kind = _kind(one, "MultiPolygon")
    pyogrio.write_dataframe(one, part, layer=named, driver="OpenFileGDB", geometry_type=kind, layer_options=wide)


def _kml(frame: gpd.GeoDataFrame, part: Path, layer: str) -> None:
    named = re.sub(r"\W", "_", layer)  # it becomes an identifier
    pyogrio.write_dataframe(frame.to_crs(LONLAT), part, layer=named, driver="LIBKML")


def _shp(frame: gpd.GeoDataFrame, part: Path, layer: str, encoding: str = "utf-8") -> None:
    one = _one_family(frame, part)
    attributes = [str(name) for name in one.columns if name != one.geometry.name]
    long = [name for name in attributes if len(name.encode()) > DBF_NAME_BYTES]
    faults = []
    if long:
        said = Words("列名超过 {most} 字节：{names}", "names of columns beyond {most} bytes: {names}")
        rule = said.fill(most=DBF_NAME_BYTES, names=", ".join(long))
        faults.append(Fault(part.name, "", rule, Words("请改名，或用 .gpkg", "Rename them, or write .gpkg")))
    for name in attributes:
        texts = [value for value in one[name] if isinstance(value, str)]
        if texts and max(len(text.encode(encoding)) for text in texts) > DBF_TEXT_BYTES:
            rule = Words(f"文字超过 {DBF_TEXT_BYTES} 字节", f"texts beyond {DBF_TEXT_BYTES} bytes")
            faults.append(Fault(part.name, name, rule, Words("请缩短，或用 .gpkg", "Shorten them, or write .gpkg")))
    if faults:
        raise DataError(faults)
    pyogrio.write_dataframe(one, part, driver="ESRI Shapefile", encoding=encoding.upper())
    part.with_suffix(".cpg").write_text(encoding.upper(), encoding="ascii")


def _csv(frame: gpd.GeoDataFrame, part: Path, layer: str) -> None:
    cells = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    cells.assign(WKT=shapely.to_wkt(frame.geometry.to_numpy(), rounding_precision=-1)).to_csv(
        part, index=False, encoding="utf-8-sig", lineterminator="\r\n"
    )


def _parquet(frame: gpd.GeoDataFrame, part: Path, layer: str) -> None:
    frame.to_parquet(part, index=False)


def _txt(frame: gpd.GeoDataFrame, part: Path, layer: str) -> None:
    part.write_bytes(coordinates.text(frame, part.name).encode("gb18030"))


def _zipped(write: Writer, inner: str) -> Writer:
    """Return a writer that puts what another writes into a zip archive."""

    def zipped(frame: gpd.GeoDataFrame, part: Path, layer: str) -> None:
        with tempfile.TemporaryDirectory(prefix="planner-") as made:
            folder = Path(made)
            write(frame, folder / inner.format(layer.replace("/", "_").replace("!", "_")), layer)
            with ZipFile(part, "w", ZIP_DEFLATED) as archive:
                for file in sorted(p for p in folder.rglob("*") if p.is_file()):
                    archive.write(file, file.relative_to(folder).as_posix())

    return zipped


WRITERS: Mapping[str, Writer] = {
    ".gpkg": _gpkg,
    ".geojson": _geojson,
    ".json": _geojson,
    ".shp": _shp,
    ".gdb": _gdb,
    ".kml": _kml,
    ".fgb": _flatgeobuf,
    ".parquet": _parquet,
    ".geoparquet": _parquet,
    ".csv": _csv,
    ".txt": _txt,
    ".zip": _zipped(_shp, "{}.shp"),
    ".shp.zip": _zipped(_shp, "{}.shp"),
    ".gdb.zip": _zipped(_gdb, "{}.gdb"),
    ".kmz": _zipped(_kml, "doc.kml"),
}
"""Every format written, by suffix; DXF is not among them, for it holds no attributes."""
