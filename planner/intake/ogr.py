"""Layers by GDAL, read in bulk: which layer of a file is meant, what GDAL said, what to try where it could not.

Coordinates and columns come as the file has them. What is left of a damaged file is `damaged`'s.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio

from planner.errors import DataError, Fault
from planner.intake import damaged, flatgeobuf, geopackage
from planner.intake.damaged import FAILURES
from planner.intake.shapes import straightened
from planner.intake.sources import chosen, form_of, openable, refuse_many, with_faults
from planner.words import Words

BY_ARROW = (".gpkg", ".fgb", ".gdb", ".shp")
"""Formats that Arrow reads quicker; their features are counted, for Arrow may stop early without a word."""

NO_FEATURE = "no Feature"
EXPORT = Words("请重新导出", "Export it again")


def read(path: Path, where: str, layer: str | None, encoding: str | None) -> pd.DataFrame:
    """Return a layer of a file, with what GDAL found doubtful; a record that cannot be read is named and left out.

    Parameters
    ----------
    path : Path
    where : str
        What the layer is called in faults.
    layer : str or None
        Needed where the file has several.
    encoding : str or None
        Of the texts, where the file does not say.

    Raises
    ------
    DataError
        No such layer, nothing readable, or more features than a layer can have.
    """
    named = chosen(layers(path), layer, where)
    rest, why = None, ""
    with openable(path) as gdal_path:
        try:
            frame, said = bulk(gdal_path, named, encoding, where)
            if form_of(path) in (".geojson", ".json") and path.read_bytes().count(b'"geometry"') > len(frame):
                rest, why = damaged.rescued(gdal_path, named, where), NO_FEATURE  # passed over
        except (UnicodeDecodeError, pa.ArrowException) as error:
            try:
                frame, said = bulk(gdal_path, named, damaged.RAW, where)
            except FAILURES:
                raise DataError(unreadable(path, where, error)) from error
            frame = damaged.texts(frame, encoding or "UTF-8", where)
        except FAILURES as error:
            rest, why = damaged.rescued(gdal_path, named, where), _said(error, path)
            if rest is None:
                raise DataError(unreadable(path, where, error)) from error
    if rest is not None:
        frame, said = rest.frame, rest.said
        with_faults(frame, damaged.lost(path, where, rest, why))
    if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.isna().any():
        with_faults(frame, damaged.geometry_lost(where, frame, damaged.given(path, named)))
    if form_of(path) == ".gdb" and (rows := damaged.rows_of_no_layer(path, len(frame))):
        said_zh, said_en = f"有 {len(frame)} 个要素，而有 {rows} 行", f"has {len(frame)} features, while {rows} rows"
        rule = Words(f"图层{said_zh}不属于任何图层", f"{said_en} belong to no layer")
        with_faults(frame, [Fault(where, "", rule, REMEDIES[".gdb"], fatal=False)])
    return with_faults(frame, [warning(where, one.replace(gdal_path, path.name)) for one in said])


def read_kml(path: Path, where: str, layer: str | None, encoding: str | None) -> pd.DataFrame:
    """Return a layer of a KML without what the format adds to every feature and nobody has filled in."""
    frame = read(path, where, layer, encoding)
    for name in KML_OWN & set(frame.columns):
        given = frame[name].dropna().astype(str).str.strip()
        if given.isin(("", "-1", "0")).all() or (name == "id" and given.str.fullmatch(r".*\.\d+").all()):
            frame = frame.drop(columns=name)
    return frame.rename(columns={"Name": "name"})


KML_OWN = {"id", "description", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility",
           "drawOrder", "icon", "snippet"}  # fmt: skip


def layers(path: Path) -> list[str]:
    """Return the names of the layers of a file, none where it cannot be opened.

    Raises
    ------
    DataError
        A GeoPackage with a view that may never end.
    """
    if form_of(path) == ".gpkg":
        geopackage.refuse_endless(path)
    with openable(path) as gdal_path, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the same is said again, and kept, when a layer is read
        try:
            return [str(name) for name in pyogrio.list_layers(gdal_path)[:, 0]]
        except FAILURES:
            return []


def unreadable(path: Path, where: str, error: BaseException | str) -> Fault:
    """Return the fault of a file that cannot be opened: what GDAL said, and what to try."""
    said = error if isinstance(error, str) else _said(error, path)
    form = form_of(path)
    rule = Words(f"不是可读的 {form} 文件（{said}）", f"is not a readable {form} file ({said})")
    return Fault(where, "", rule, REMEDIES.get(form, EXPORT))


REMEDIES = {
    ".gpkg": Words("请关闭正在使用它的程序后重新导出", "Close what has it open, and export or copy it again"),
    ".gdb": Words("请复制整个 .gdb 文件夹，或导出为 GeoPackage", "Copy the whole folder, or export it as GeoPackage"),
    ".dxf": Words("请另存为 AutoCAD 2000 以上的 ASCII DXF", "Save it as an ASCII DXF of AutoCAD 2000 or later"),
    ".shp": Words("请连同 .shx、.dbf、.prj 重新导出", "Export it again with its .shx, .dbf and .prj"),
}  # fmt: skip
"""What to try with a file of a format that cannot be opened, where there is more to say than `EXPORT`."""


def warning(where: str, said: str) -> Fault:
    """Return what GDAL found doubtful as a warning."""
    remedy = Words("请检查该图层，必要时重新导出", "Look at the layer, and export it again if need be")
    return Fault(where, "", Words(f"读取时的提示：{said}", f"the reader says: {said}"), remedy, fatal=False)


def bulk(path: str, layer: str | None, encoding: str | None, where: str) -> tuple[pd.DataFrame, list[str]]:
    """Return a layer read at once, and what GDAL said, each thing once.

    Raises
    ------
    DataError
        More features than a layer can have.
    """
    form = form_of(Path(path))
    with warnings.catch_warnings(record=True) as said, configured(DXF_INLINE_BLOCKS="FALSE"):
        warnings.simplefilter("always")
        if form not in BY_ARROW or (encoding is not None and form != ".shp"):
            frame: pd.DataFrame = pyogrio.read_dataframe(path, layer=layer, encoding=encoding, on_invalid="ignore")
        else:
            refuse_many(count := _count(path, layer, encoding), where)
            try:
                how = {"encoding": encoding, "on_invalid": "ignore", "use_arrow": _arrow_is_safe(path, form, layer)}
                frame = pyogrio.read_dataframe(path, layer=layer, **how)
            except NotImplementedError:  # curves, which only the other way of reading makes straight
                frame = pyogrio.read_dataframe(path, layer=layer, encoding=encoding, on_invalid="ignore")
                with_faults(frame, [straightened(where)])
            if len(frame) < count:  # a stale count, or damage: reading feature by feature raises where there is damage
                frame = pyogrio.read_dataframe(path, layer=layer, encoding=encoding, on_invalid="ignore")
            if len(frame) < count and form in (".fgb", ".gdb"):  # others may tell another number than they have
                raise ValueError(f"{len(frame)} < {count}")
    refuse_many(len(frame), where)
    frame = damaged.distinct(frame, where)
    for name in frame.columns:
        if isinstance(frame[name].dtype, pd.StringDtype):
            pa.array(frame[name].array).validate(full=True)  # Arrow passes on bytes that are no text
    return frame, sorted({str(one.message) for one in said})


def _arrow_is_safe(path: str, form: str, layer: str | None) -> bool:
    """Tell whether a file holds nothing at which the process would crash if Arrow read it."""
    if form == ".fgb":
        return flatgeobuf.is_sound(path)
    return form != ".gpkg" or not geopackage.is_deep(Path(path), layer)


@contextmanager
def configured(**options: str) -> Iterator[None]:
    """Set options of GDAL, and what they were afterwards."""
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def _count(path: str, layer: str | None, encoding: str | None) -> int:
    return int(pyogrio.read_info(path, layer=layer, encoding=encoding, force_feature_count=True)["features"])


def _said(error: BaseException, path: Path) -> str:
    if isinstance(error, NameError):
        return "its CRS is not readable"
    if isinstance(error, IndexError):
        return "it has no layer"
    said = str(error).partition("; It might help to specify")[0].replace(str(path), path.name)
    said = re.sub(r"/\S*/(?=\w+\.cpp)", "", said)  # where GDAL itself was built
    return said.strip() or type(error).__name__
