"""Every format that holds a layer becomes a GeoDataFrame: `READERS` by what a source is called.

A format is a function and a line in `READERS`; the functions stand in the modules named after what they read.
Coordinates come as the source has them, with the CRS the source or its description declares; whether they are
plausible is for `crs` and `health`. A record that can be read in part stays with what could be read; one that cannot
is named and left out. `sheet_of` a frame knows the place of each row in its source.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from pyproj.exceptions import ProjError

from planner.errors import DataError, Fault
from planner.intake import columnar, coordinates, drawing, ogr, postgis, shapefile
from planner.intake.alignment import Reference
from planner.intake.columnar import sheet_of
from planner.intake.crs import Bounds, contradicted, known_crs, undeclared
from planner.intake.shapes import flattened
from planner.intake.sources import (
    DATABASES,
    Source,
    absent,
    chosen,
    faults_of,
    form_of,
    is_url,
    refuse_large,
    shown,
    unpacked,
    with_faults,
)
from planner.intake.systems import WGS84, System, placed
from planner.intake.table import read_sheet
from planner.intake.workbook import SUFFIXES as WORKBOOKS
from planner.intake.workbook import pages
from planner.words import Words

ALONE = (".shp", ".csv", ".tsv", ".txt", ".parquet", ".geoparquet")
"""Formats of one layer."""
WITH_TEXTS = (".shp", ".csv", ".tsv", ".txt", ".dxf", ".zip")
"""Formats whose texts may be in any encoding."""


def read_layer(
    source: Source,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    *,
    where: str | None = None,
) -> gpd.GeoDataFrame:
    """Return one layer of a file or a database with its own CRS.

    Parameters
    ----------
    source : Path or str
        File (or FileGDB) whose suffix is one of `READERS`, or a ``postgresql://`` URL.
    layer : str, optional
        Needed where the source has several.
    crs : str, optional
        CRS of a file that declares none.
    encoding : str, optional
        Encoding of its texts where the file does not say.
    where : str, optional
        What the layer is called in faults; file and layer by default.

    Raises
    ------
    DataError
        No such file or layer, a format not read here, no CRS, or two that differ; or records that are damaged.
    """
    at = source if is_url(source) else Path(source)
    name = where or place(shown(at), layer)
    frame = read_any(at, layer, encoding, where=name)
    if fatal := [fault for fault in faults_of(frame) if fault.fatal]:
        raise DataError(fatal)
    if not isinstance(frame, gpd.GeoDataFrame):
        rule = Words("没有几何", "has no geometry")
        raise DataError(Fault(name, "geometry", rule, Words("请换成空间图层", "Name a layer that has")))
    return with_crs(frame, crs, name, at).reset_index(drop=True)


@np.errstate(invalid="ignore")  # a coordinate that is no number is told as a fault
def read_any(source: Source, layer: str | None, encoding: str | None, *, where: str) -> pd.DataFrame:
    """Return one layer or table of a source as it is, single parts unwrapped, flat, rings in one order.

    What was found wrong or doubtful on the way is in `faults_of` the frame.

    Raises
    ------
    DataError
        Nothing of it can be read, or it is refused before that would fill the memory.
    """
    form = form_of(source)
    reader = READERS.get(form)
    if reader is None:
        if isinstance(source, Path) and not form and not source.is_file():
            raise DataError(absent(source, where))
        listed = ", ".join(READERS)
        rule = Words(f"不支持的格式 {form!r}", f"its format {form!r} is not read here")
        remedy = INSTEAD.get(form, Words(f"可用：{listed}", f"Use one of {listed}"))
        raise DataError(Fault(where, "", rule, remedy))
    if isinstance(source, Path):
        if not is_half(source):  # a half one is told by which members are missing
            if not source.exists() or source.is_dir() != (form == ".gdb"):
                raise DataError(absent(source, where))
            refuse_large(source, where)
        if layer is not None and form in ALONE and layer != source.name.partition(".")[0]:
            rule = Words(f"格式 {form} 只有一个图层，没有 {layer}", f"has one layer, as every {form}, and no {layer}")
            raise DataError(Fault(where, "", rule, Words("请删去 layer 或 worksheet", "Remove layer: or worksheet:")))
    frame = reader(source, where, layer, encoding)
    told = frame.attrs
    if isinstance(frame, gpd.GeoDataFrame):
        if frame.crs is not None and frame.crs.to_epsg(100) is None and not _is_somewhere(frame.crs.to_wkt()):
            named = frame.crs.name
            rule = Words(f"坐标系 {named!r} 为地方坐标系或已损坏", f"its CRS {named!r} is a local one, or damaged")
            remedy = Words("请声明 crs", "Declare crs:")
            with_faults(frame, [Fault(where, "crs", rule, remedy, fatal=False)])
            frame = frame.set_crs(None, allow_override=True)
            told = frame.attrs
        high = _high(frame.geometry.to_numpy())
        with_faults(frame, flattened(where, _labels(frame, high)))
        frame = frame.set_geometry(_plain(frame.geometry.to_numpy()), crs=frame.crs)
    frame.attrs = told
    return frame


def with_crs(
    frame: gpd.GeoDataFrame, crs: str | None, where: str, source: Source, bounds_lonlat: Bounds | None = None
) -> gpd.GeoDataFrame:
    """Return a layer with a CRS: its own, else the declared one; none, or two that differ, is an error.

    Parameters
    ----------
    frame : GeoDataFrame
    crs : str or None
        Declared CRS.
    where : str
    source : Path or str
        File or database it was read from.
    bounds_lonlat : tuple of float, optional
        The district, for what the bounds of a layer without CRS suggest.
    """
    declared = known_crs(crs) if crs else None
    if crs and declared is None:
        rule = Words(f"未知的坐标系 {crs!r}", f"there is no CRS {crs!r}")
        raise DataError(Fault(where, "crs", rule, Words("例如 EPSG:4547", "Write for example EPSG:4547")))
    if frame.crs is None and declared is None:
        raise DataError(undeclared(where, frame.geometry, bounds_lonlat))
    if declared is not None and (frame.crs is None or _crs_implied(source)):
        return frame.set_crs(declared, allow_override=True)
    if declared is not None and not pyproj.CRS(frame.crs).equals(declared, ignore_axis_order=True):
        raise DataError(contradicted(where, frame.crs, str(crs)))
    return frame


def located(
    frame: gpd.GeoDataFrame,
    given: System | None,
    where: str,
    source: Source,
    bounds_lonlat: Bounds | None = None,
    beside: Reference | None = None,
) -> gpd.GeoDataFrame:
    """Return a layer in a CRS that PROJ knows, from the system that it, or else `given`, says it is written in.

    Parameters
    ----------
    frame : GeoDataFrame
    given : System or None
    where : str
    source : Path or str
    bounds_lonlat : tuple of float, optional
        The district, for what the bounds of a layer without CRS suggest.
    beside : Reference, optional
        A layer in place, likewise.

    Raises
    ------
    DataError
        Nothing says it, or two say different things.
    """
    if frame.crs is None and given is None:
        raise DataError(undeclared(where, frame.geometry, bounds_lonlat, beside))
    given = given or System()
    own, wrong = frame.crs, known_crs(given.instead_of)
    if own is not None and wrong is not None and pyproj.CRS(own).equals(wrong, ignore_axis_order=True):
        frame = frame.set_crs(given.crs or WGS84, allow_override=True)
    if given.local is not None or given.seven:
        frame = frame.set_crs(given.crs, allow_override=True)  # what the file says is the name of another grid
    else:
        frame = with_crs(frame, given.crs or (WGS84 if frame.crs is None else None), where, source)
    return placed(frame, given)


def _crs_implied(source: Source) -> bool:
    """Tell whether the CRS of a file is only its format's: GeoJSON that names none is longitude and latitude."""
    return isinstance(source, Path) and form_of(source) in (".geojson", ".json") and b'"crs"' not in source.read_bytes()


def place(file: str, layer: str | None) -> str:
    """Return what a layer of a file is called in faults."""
    return f"{file}:{layer}" if layer else file


def layers_of(source: Source) -> list[str | None]:
    """Return the layers of a source; a single None for one that has no more than one, or cannot be opened."""
    try:
        names = _names(source)
    except DataError:  # said where the layer is read
        return [None]
    if len(names) > 1 or (names and form_of(source) in (".gpkg", ".gdb", ".dxf", DATABASES[0])):
        return list(names)
    return [None]


def _names(source: Source) -> list[str]:
    form = form_of(source)
    if not isinstance(source, Path):
        return postgis.layers(source)
    if form in ZIPPED:
        with unpacked(source, source.name) as folder:
            return list(_within(folder))
    refuse_large(source, source.name)
    if form == ".dxf":
        return drawing.layers(source)
    if form in WORKBOOKS:
        return [page.name for page in pages(source, source.name) if not page.hidden]
    return sorted(ogr.layers(source)) if form in (".gpkg", ".gdb", ".kml") else []


def is_layer(path: Path) -> bool:
    """Tell whether a path is a file (or a folder that is one) that is read here; a text file only by its content."""
    form = form_of(path)
    return form in READERS and path.is_dir() == (form == ".gdb") and (form != ".txt" or coordinates.is_one(path))


def is_half(path: Path) -> bool:
    """Tell whether a Shapefile is not there, but others of its members are."""
    return form_of(path) == ".shp" and not path.exists() and bool(shapefile.sidecars(path))


def hashes(source: Source, name: str, layer: str | None = None) -> dict[str, str]:
    """Return the SHA-256 of a source by name: of each file that belongs to it, or of a layer of a database."""
    if not isinstance(source, Path):
        return {place(name, layer): postgis.digest(source, layer)}
    stem = name[: -len(source.name)]
    files = [source]
    if form_of(source) == ".shp":
        files = list(shapefile.sidecars(source))
    elif source.is_dir():
        files = sorted(p for p in source.rglob("*") if p.is_file())
    by_name = {stem + p.relative_to(source.parent).as_posix(): p for p in files}
    return {known: _digest(p) for known, p in by_name.items() if p.is_file()}


def _digest(path: Path) -> str:
    with path.open("rb") as file:  # a large one is not held in memory
        return hashlib.file_digest(file, "sha256").hexdigest()


def _labels(frame: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    sheet = sheet_of(frame, "")
    return np.array([sheet.line_words("en", n=n) for n in sheet.lines[rows]], dtype=object)


@cache
def _is_somewhere(wkt: str) -> bool:
    """Tell whether PROJ can place a CRS on the earth: not one that is local, or damaged."""
    try:
        pyproj.Transformer.from_crs(wkt, WGS84, always_xy=True)
    except ProjError:
        return False
    return True


def _high(shapes: np.ndarray) -> np.ndarray:
    """Return which shapes have a height other than 0."""
    rows = np.flatnonzero(shapely.has_z(shapes))
    high = np.zeros(len(shapes), dtype=bool)
    if len(rows):
        coordinates, of = shapely.get_coordinates(shapes[rows], include_z=True, return_index=True)
        high[rows[np.unique(of[np.nan_to_num(coordinates[:, 2]) != 0])]] = True
    return high


def _plain(shapes: np.ndarray) -> np.ndarray:
    """Return shapes flat, a multi of one part as that part, rings in one order: the same from every format."""
    shapes = shapely.force_2d(shapes) if shapely.has_z(shapes).any() else shapes.copy()
    multi = np.isin(shapely.get_type_id(shapes), (4, 5, 6)) & (shapely.get_num_geometries(shapes) == 1)
    shapes[multi] = shapely.get_geometry(shapes[multi], 0)
    return shapely.normalize(shapes)


def _table(path: Path, where: str, layer: str | None, encoding: str | None) -> pd.DataFrame:
    return columnar.with_geometry(read_sheet(path, where, encoding, layer))


def _text(path: Path, where: str, layer: str | None, encoding: str | None) -> pd.DataFrame:
    reader = coordinates.read if coordinates.is_one(path) else _table
    return reader(path, where, layer, encoding)


def _zip(path: Path, where: str, layer: str | None, encoding: str | None) -> pd.DataFrame:
    """Return a layer of what a zip archive holds: Shapefiles, FileGDBs, KML, and any other format."""
    with unpacked(path, where) as folder:
        within = _within(folder)
        named = chosen(list(within), layer, where)
        if named is None or named not in within:
            rule = Words("压缩文件中没有可读的图层", "holds no layer that can be read")
            listed = ", ".join(READERS)
            raise DataError(Fault(where, "", rule, Words(f"可用：{listed}", f"It should hold one of {listed}")))
        inner, inner_layer = within[named]
        return read_any(inner, inner_layer, encoding, where=where)


def _within(folder: Path) -> dict[str, tuple[Path, str | None]]:
    """Return the layers of the files of an unpacked archive, by name: the file's, the layer's, or both."""
    gdbs = [p for p in folder.rglob("*") if p.suffix.lower() == ".gdb" and p.is_dir()]
    files = [p for p in folder.rglob("*") if p.is_file() and not any(gdb in p.parents for gdb in gdbs)]
    readable = [p for p in sorted([*gdbs, *files]) if form_of(p) not in ZIPPED and is_layer(p)]
    # half a Shapefile has to be told, too
    shapes = {p.with_suffix("") for p in readable}
    halves = {p.with_suffix(".shp") for p in files if p.suffix.lower() in (".dbf", ".shx")}
    readable += sorted(p for p in halves if p.with_suffix("") not in shapes)
    named: dict[str, tuple[Path, str | None]] = {}
    for path in readable:
        inside = layers_of(path) if path.exists() else [None]
        for layer in inside:
            alone = [layer] if layer and (len(inside) > 1 or len(readable) == 1) else []
            steps = alone if alone and len(readable) == 1 else [path.stem, *alone]
            named["/".join(steps)] = (path, layer)
    return named


Reader = Callable[..., pd.DataFrame]
"""From source, name in faults, layer and encoding to a GeoDataFrame (a DataFrame for a table without geometry)."""

READERS: Mapping[str, Reader] = {
    ".gpkg": ogr.read,
    ".geojson": ogr.read,
    ".json": ogr.read,
    ".shp": shapefile.read,
    ".gdb": ogr.read,
    ".kml": ogr.read_kml,
    ".dxf": drawing.read,
    ".fgb": ogr.read,
    ".parquet": columnar.read_parquet,
    ".geoparquet": columnar.read_parquet,
    ".csv": _table,
    ".tsv": _table,
    **dict.fromkeys(WORKBOOKS, _table),
    ".txt": _text,
    ".zip": _zip,
    ".kmz": _zip,
    ".shp.zip": _zip,
    ".gdb.zip": _zip,
    DATABASES[0]: postgis.read,
}
"""Every format read, by what `form_of` calls it."""
ZIPPED = tuple(form for form, reader in READERS.items() if reader is _zip)
INSTEAD = {
    ".dwg": Words("请另存为 DXF", "Save it as DXF"),
    ".mdb": Words("请导出为 FileGDB 或 GeoPackage", "Export it as FileGDB or GeoPackage"),
    **{end: Words("请指明同名的 .shp", "Name the .shp beside it") for end in (".dbf", ".shx", ".prj", ".cpg")},
}
"""What to do with a format that is not read, where there is more to say than the list of those that are."""
