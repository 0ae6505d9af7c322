"""Vector files become GeoDataFrames, and tables become a GeoPackage: `READERS` by suffix, one writer.

A format is a function and a line in `READERS`. Coordinates come as the file has them, with the CRS the file or its
description declares; whether they are plausible is for `crs` and `health`.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.errors import ShapelyError

from planner.errors import DataError, Fault
from planner.intake.crs import Bounds, contradicted, known_crs, undeclared
from planner.intake.table import FEATURE, Sheet, read_sheet
from planner.quantities import nearest
from planner.words import Words

WKT_COLUMNS = ("wkt", "geometry", "geom", "几何")
LON_COLUMNS = ("lon", "lng", "longitude", "经度")
LAT_COLUMNS = ("lat", "latitude", "纬度")
WITH_TEXTS = (".shp", ".csv")
"""Formats whose texts may be in any encoding."""
SIDECARS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
DATE = "2000-01-01T00:00:00.000Z"
"""The date inside every GeoPackage written, so that the same tables give the same bytes."""

SAID = "said by GDAL"
"""Attribute of a frame that holds the warnings of its reading."""

Reader = Callable[[Path, str, str | None, str | None], pd.DataFrame]
"""From path, name in faults, layer and encoding to a GeoDataFrame (a DataFrame for a table without geometry)."""


def read_layer(
    path: Path | str,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    *,
    where: str | None = None,
) -> gpd.GeoDataFrame:
    """Return one layer of a vector file with its own CRS.

    Parameters
    ----------
    path : Path or str
        File whose suffix is one of `READERS`.
    layer : str, optional
        Needed where the file has several.
    crs : str, optional
        CRS of a file that declares none.
    encoding : str, optional
        Encoding of its texts where the file does not say.
    where : str, optional
        What the layer is called in faults; file and layer by default.

    Raises
    ------
    DataError
        No such file or layer, a format not read here, no CRS, or two that differ.
    """
    name = where or place(Path(path).name, layer)
    frame = read_any(Path(path), layer, encoding, where=name)
    if not isinstance(frame, gpd.GeoDataFrame):
        rule = Words("没有几何", "has no geometry")
        raise DataError(Fault(name, "geometry", rule, Words("请换成空间图层", "Name a layer that has")))
    return with_crs(frame, crs, name, Path(path))


def read_any(path: Path, layer: str | None, encoding: str | None, *, where: str) -> pd.DataFrame:
    """Return one layer or table of a file as it is, single parts unwrapped, flat, rings in one order."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        rule = Words(f"不支持的格式 {path.suffix!r}", f"its format {path.suffix!r} is not read here")
        raise DataError(
            Fault(where, "", rule, Words(f"可用：{', '.join(READERS)}", f"Use one of {', '.join(READERS)}"))
        )
    if not path.is_file():
        near = nearest(path.name, sorted(p.name for p in path.parent.glob("*"))) if path.parent.is_dir() else None
        rule = Words(f"文件不存在：{path}", f"there is no file {path}")
        remedy = Words(f"是否指 {near}？", f"Did you mean {near}?") if near else Words("请检查路径", "Check the path")
        raise DataError(Fault(where, "", rule, remedy))
    frame = reader(path, where, layer, encoding)
    told = frame.attrs
    if isinstance(frame, gpd.GeoDataFrame):
        frame = frame.set_geometry(_plain(frame.geometry.to_numpy()), crs=frame.crs)
    frame.attrs = told
    return frame


def warnings_of(frame: pd.DataFrame, where: str) -> list[Fault]:
    """Return what GDAL found doubtful while it read a layer, as warnings."""
    remedy = Words("请检查该图层，必要时重新导出", "Look at the layer, and export it again if need be")
    return [
        Fault(where, "", Words(f"读取时的提示：{said}", f"the reader says: {said}"), remedy, fatal=False)
        for said in frame.attrs.get(SAID, ())
    ]


def with_crs(
    frame: gpd.GeoDataFrame, crs: str | None, where: str, path: Path, bounds_lonlat: Bounds | None = None
) -> gpd.GeoDataFrame:
    """Return a layer with a CRS: its own, else the declared one; none, or two that differ, is an error.

    Parameters
    ----------
    frame : GeoDataFrame
    crs : str or None
        Declared CRS.
    where : str
    path : Path
        File it was read from.
    bounds_lonlat : tuple of float, optional
        The district, for what the bounds of a layer without CRS suggest.
    """
    declared = known_crs(crs) if crs else None
    if crs and declared is None:
        rule = Words(f"未知的坐标系 {crs!r}", f"there is no CRS {crs!r}")
        raise DataError(Fault(where, "crs", rule, Words("例如 EPSG:4547", "Write for example EPSG:4547")))
    if frame.crs is None and declared is None:
        raise DataError(undeclared(where, frame.geometry, bounds_lonlat))
    if declared is not None and (frame.crs is None or _crs_implied(path)):
        return frame.set_crs(declared, allow_override=True)
    if declared is not None and not pyproj.CRS(frame.crs).equals(declared, ignore_axis_order=True):
        raise DataError(contradicted(where, frame.crs, str(crs)))
    return frame


def _crs_implied(path: Path) -> bool:
    """Tell whether the CRS of a file is only its format's: GeoJSON that names none is longitude and latitude."""
    return path.suffix.lower() in (".geojson", ".json") and b'"crs"' not in path.read_bytes()


def place(file: str, layer: str | None) -> str:
    """Return what a layer of a file is called in faults."""
    return f"{file}:{layer}" if layer else file


def layers_of(path: Path) -> list[str | None]:
    """Return the layers of a file; a single None for a format that has no more than one."""
    if path.suffix.lower() != ".gpkg":
        return [None]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the same is said again, and kept, when a layer is read
            names = pyogrio.list_layers(path)[:, 0]
    except (DataSourceError, IndexError):
        return [None]
    return [str(name) for name in sorted(names)]


def hashes(path: Path, name: str) -> dict[str, str]:
    """Return the SHA-256 of a file, and of what belongs to it (the five files of a Shapefile), by name."""
    beside = [path.with_suffix(end) for end in SIDECARS] if path.suffix.lower() == ".shp" else [path]
    stem = name[: -len(path.name)]
    return {stem + p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in beside if p.is_file()}


def write_layers(path: Path | str, layers: Mapping[str, pd.DataFrame]) -> None:
    """Write layers and plain tables into one GeoPackage: beside, then renamed, the same tables to the same bytes.

    Parameters
    ----------
    path : Path or str
    layers : mapping of str to GeoDataFrame or DataFrame
        By layer name, in the order wanted; a named index is written as a column. Lists become texts joined by ";",
        yes and no the texts "yes" and "no", what is not given NULL.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.part{os.getpid()}.gpkg")
    part.unlink(missing_ok=True)
    try:
        with _dated():
            for k, (name, frame) in enumerate(layers.items()):
                flat = _flat(frame)
                kind = {"geometry_type": _kind(flat)} if isinstance(flat, gpd.GeoDataFrame) else {}
                pyogrio.write_dataframe(flat, part, layer=name, driver="GPKG", append=k > 0, **kind)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _dated() -> Iterator[None]:
    """Give GDAL a fixed date while a file is written, and the setting it had afterwards."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


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


def _kind(frame: gpd.GeoDataFrame) -> str:
    """Return the one type of geometry a layer has; Unknown for several or none."""
    kinds = sorted({str(kind) for kind in frame.geometry.geom_type.dropna().unique()})
    return kinds[0] if len(kinds) == 1 else "Unknown"


def _plain(shapes: np.ndarray) -> np.ndarray:
    """Return shapes flat, a multi of one part as that part, rings in one order: the same from every format."""
    shapes = shapely.force_2d(shapes)
    multi = np.isin(shapely.get_type_id(shapes), (4, 5, 6)) & (shapely.get_num_geometries(shapes) == 1)
    shapes[multi] = shapely.get_geometry(shapes[multi], 0)
    return shapely.normalize(shapes)


def _ogr(path: Path, where: str, layer: str | None, encoding: str | None) -> pd.DataFrame:
    names = layers_of(path)
    if (layer is None and len(names) > 1) or (layer is not None and names != [None] and layer not in names):
        listed = ", ".join(map(str, names))
        rule = (
            Words(f"没有图层 {layer}", f"has no layer {layer}") if layer else Words("有多个图层", "has several layers")
        )
        raise DataError(Fault(where, "", rule, Words(f"现有图层：{listed}", f"Name one of its layers: {listed}")))
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            frame: pd.DataFrame = pyogrio.read_dataframe(
                path, layer=None if names == [None] else layer, encoding=encoding
            )
        frame.attrs[SAID] = tuple(sorted({str(one.message).replace(str(path), path.name) for one in said}))
        return frame
    except (DataSourceError, DataLayerError, ShapelyError) as error:
        rule = Words(f"不是可读的 {path.suffix} 文件", f"is not a readable {path.suffix} file ({error})")
        raise DataError(Fault(where, "", rule, Words("请重新导出", "Export it again"))) from error
    except UnicodeDecodeError as error:
        rule = Words("文字编码不符", f"its texts are not in {encoding or 'the encoding it declares'}")
        raise DataError(
            Fault(where, "", rule, Words("请声明 encoding: GB18030", "Declare encoding: GB18030"))
        ) from error


def _shapefile(path: Path, where: str, layer: str | None, encoding: str | None) -> pd.DataFrame:
    """Return a Shapefile; without a declared encoding its texts are UTF-8 if they can be, else GB18030.

    GDAL takes texts of an undeclared encoding for ISO-8859-1, in which every byte is some letter: mojibake, silently.
    """
    if encoding is None and not path.with_suffix(".cpg").is_file():
        encoding = _encoding_of_dbf(path)
    return _ogr(path, where, None, encoding)


def _encoding_of_dbf(path: Path) -> str | None:
    try:
        if pyogrio.read_info(path)["encoding"] != "ISO-8859-1":
            return None
        data = path.with_suffix(".dbf").read_bytes()
        start = int.from_bytes(data[8:10], "little")  # the header holds binary numbers besides the names
        names = b" ".join(data[k : k + 11] for k in range(32, start - 1, 32))
        (names + data[start:]).decode("utf-8")
    except (DataSourceError, OSError):
        return None
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"


def _csv(path: Path, where: str, layer: str | None, encoding: str | None) -> pd.DataFrame:
    """Return a CSV with WKT or with longitude and latitude; a plain table without either. Its CRS must be declared."""
    cells = read_sheet(path, where, encoding).cells
    folded = {str(name).casefold(): str(name) for name in cells.columns}
    wkt = next((folded[name] for name in WKT_COLUMNS if name in folded), None)
    lon = next((folded[name] for name in LON_COLUMNS if name in folded), None)
    lat = next((folded[name] for name in LAT_COLUMNS if name in folded), None)
    if wkt is not None:
        texts = cells[wkt].where(cells[wkt] != "", None).to_numpy(dtype=object)
        shapes = shapely.from_wkt(texts, on_invalid="ignore")
        bad = (shapes == None) & (texts != None)  # noqa: E711 -- element by element
        wanted, column = Words("WKT", "WKT"), wkt
    elif lon is not None and lat is not None:
        xy = np.column_stack([pd.to_numeric(cells[name], errors="coerce") for name in (lon, lat)]).astype(float)
        bad = ~np.isfinite(xy).all(axis=1)
        shapes = np.array(shapely.points(np.where(bad[:, None], 0, xy)), dtype=object, ndmin=1)
        wanted, column = Words("经度和纬度（度）", "longitude and latitude in degrees"), f"{lon}, {lat}"
    else:
        return cells
    if bad.any():
        lines = tuple(f"row {k + 1}" for k in np.flatnonzero(bad))
        rule = Words(f"几何应为{wanted.zh}", f"geometry must be {wanted.en}")
        raise DataError(Fault(where, column, rule, Words("请更正", "Correct it"), lines))
    rest = cells.drop(columns=[name for name in (wkt, *((lon, lat) if wkt is None else ())) if name])
    made: pd.DataFrame = gpd.GeoDataFrame(rest, geometry=shapes)
    return made


READERS: Mapping[str, Reader] = {
    ".gpkg": _ogr,
    ".geojson": _ogr,
    ".json": _ogr,
    ".shp": _shapefile,
    ".csv": _csv,
}
"""Every format read, by suffix."""


def sheet_of(frame: pd.DataFrame, where: str) -> Sheet:
    """Return the attributes of a layer as a sheet, its features numbered from 1."""
    cells = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).reset_index(drop=True)
    if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.name in cells:
        cells = cells.drop(columns=frame.geometry.name)
    return Sheet(where, cells, np.arange(1, len(cells) + 1, dtype=np.int64), FEATURE)
