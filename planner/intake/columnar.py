"""Tables that hold geometry: CSV and Excel with WKT or with longitude and latitude; GeoParquet.

The cells themselves are `table`'s. What a cell of geometry cannot be read from is named, and its row keeps no
geometry. It does not know in which CRS a table without one is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from planner.errors import DataError, Fault
from planner.intake import ogr
from planner.intake.damaged import FAILURES
from planner.intake.geopackage import too_deep
from planner.intake.sources import DEPTH_MOST, refuse_many, refuse_unpacked, with_faults
from planner.intake.table import FEATURE, Sheet
from planner.quantities import shown
from planner.words import Words

WKT_COLUMNS = ("wkt", "geometry", "geom", "几何", "图形")
LON_COLUMNS = ("lon", "lng", "longitude", "经度")
LAT_COLUMNS = ("lat", "latitude", "纬度")
SHEET = "sheet"
"""Attribute of a frame that holds the sheet it was read from."""
SRID = re.compile(r"SRID=(\d+);")
DEEP = re.compile(r"\(\s*\(\s*\(\s*\(")


def with_geometry(sheet: Sheet) -> pd.DataFrame:
    """Return a sheet with the geometry that its columns of WKT, or of longitude and latitude, hold.

    A plain table without either. What the sheet knows of its rows goes with the frame (`sheet_of`).
    """
    cells = sheet.cells
    folded = {str(name).strip().casefold(): str(name) for name in cells.columns}
    wkt, lon, lat = (
        next((folded[name] for name in names if name in folded), None)
        for names in (WKT_COLUMNS, LON_COLUMNS, LAT_COLUMNS)
    )
    if wkt is not None:
        shapes, bad, crs = from_wkt(cells[wkt].to_numpy(dtype=object))
        wanted, used, example = Words("WKT", "WKT"), [wkt], "POLYGON ((485000 2520000, …))"
    elif lon is not None and lat is not None:
        xy = np.column_stack([pd.to_numeric(cells[name], errors="coerce") for name in (lon, lat)]).astype(float)
        bad, crs = ~np.isfinite(xy).all(axis=1), None
        shapes = np.full(len(xy), None, dtype=object)
        shapes[~bad] = shapely.points(xy[~bad])
        wanted, used = Words("经度和纬度（度）", "longitude and latitude in degrees"), [lon, lat]
        example = "113.86, 22.73"
    else:
        return with_sheet(cells, sheet)
    drawn: pd.DataFrame = gpd.GeoDataFrame(cells.drop(columns=used), geometry=shapes, crs=crs)
    frame = with_sheet(drawn, sheet)
    if not bad.any():
        return frame
    lines = tuple(sheet.line_words("en", n=n) for n in sheet.lines[bad])
    first = shown(", ".join(str(cells[name].iloc[int(bad.argmax())]) for name in used))
    rule = Words(f"几何应为{wanted.zh}，现为 {first} …", f"geometry must be {wanted.en}; found {first} …")
    remedy = Words(f"请更正，例如 {example}", f"Correct it; write for example {example}")
    return with_faults(frame, [Fault(sheet.where, ", ".join(used), rule, remedy, lines)])


@dataclass(frozen=True)
class _Kept:
    """A sheet that pandas does not copy with every copy of a frame."""

    sheet: Sheet

    def __deepcopy__(self, memo: object) -> _Kept:
        return self


def with_sheet(frame: pd.DataFrame, sheet: Sheet) -> pd.DataFrame:
    """Return a frame that knows which sheet its rows are; what is damaged in that is among its own faults."""
    frame.attrs[SHEET] = _Kept(replace(sheet, faults=tuple(fault for fault in sheet.faults if not fault.fatal)))
    return with_faults(frame, [fault for fault in sheet.faults if fault.fatal])


def sheet_of(frame: pd.DataFrame, where: str) -> Sheet:
    """Return the attributes of a layer as a sheet: its own, else with its rows numbered as in their source, from 1."""
    cells = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).reset_index(drop=True)
    if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.name in cells:
        cells = cells.drop(columns=frame.geometry.name)
    kept = frame.attrs.get(SHEET)
    if isinstance(kept, _Kept) and len(kept.sheet.cells) == len(cells):
        return replace(kept.sheet, cells=cells)
    return Sheet(where, cells, frame.index.to_numpy(dtype=np.int64) + 1, FEATURE)


def from_wkt(texts: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.bool_], pyproj.CRS | None]:
    """Return the shapes of texts (WKT, or EWKT of one SRID), which of the texts are none, and the CRS of the SRID.

    Nothing nested deeper than `DEPTH_MOST` is parsed: the parser would run out of stack.

    Examples
    --------
    >>> shapes, bad, crs = from_wkt(np.array(["POINT (1 2)", "SRID=4547;POINT (3 4)", "POINT", ""], dtype=object))
    >>> shapes[1].x, bad.tolist(), crs is None
    (3.0, [False, False, True, False], True)
    """
    texts = np.array([text.strip() if isinstance(text, str) else None for text in texts], dtype=object)
    given = texts.astype(bool)
    coded = [SRID.match(text) if text and text[0] == "S" else None for text in texts]
    plain = [text[code.end() :] if code else text for text, code in zip(texts, coded, strict=True)]
    flat = [None if not text or (text.count("(") > DEPTH_MOST and _deep(text)) else text for text in plain]
    shapes = shapely.from_wkt(np.array(flat, dtype=object), on_invalid="ignore")
    codes = {int(code[1]) if code else 0 for code, text in zip(coded, given, strict=True) if text}
    try:
        crs = pyproj.CRS.from_epsg(codes.pop()) if len(codes) == 1 and 0 not in codes else None
    except CRSError:
        crs = None
    return shapes, given & shapely.is_missing(shapes), crs


def _deep(text: str) -> bool:
    return text.upper().count("COLLECTION") > DEPTH_MOST or DEEP.search(text) is not None


def read_parquet(path: Path, where: str, layer: str | None, encoding: str | None) -> pd.DataFrame:
    """Return a GeoParquet file; a Parquet file without geometry as a plain table.

    Raises
    ------
    DataError
        Not a Parquet file, or too many features.
    """
    try:
        with pq.ParquetFile(path) as file:
            refuse_many(file.metadata.num_rows, where)
            described = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
            groups = range(file.metadata.num_row_groups)
            refuse_unpacked(sum(file.metadata.row_group(k).total_byte_size for k in groups), where)
            table, faults = _with_texts(file.read(), where)
        if not described:
            plain: pd.DataFrame = table.to_pandas()
            return with_faults(plain, faults)
        return with_faults(_from_wkb(table, described, where), faults)
    except (*FAILURES, CRSError, TypeError, AttributeError) as error:
        raise DataError(ogr.unreadable(path, where, error)) from error


def _with_texts(table: pa.Table, where: str) -> tuple[pa.Table, list[Fault]]:
    """Return a table whose texts are texts; cells with bytes that are none are named."""
    faults = []
    for at, name in enumerate(table.column_names):
        column = table[name]
        if pa.types.is_dictionary(column.type):  # one text may stand for as many rows as there are
            if pa.types.is_string(column.type.value_type):
                parts = (pc.sum(pc.take(pc.binary_length(part.dictionary), part.indices)) for part in column.chunks)
                refuse_unpacked(sum(part.as_py() or 0 for part in parts), where)
            column = column.cast(column.type.value_type)
            table = table.set_column(at, name, column)
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            cells = column.cast(pa.binary()).to_pylist()
            read = [None if cell is None else cell.decode("utf-8", errors="replace") for cell in cells]
            pairs = enumerate(zip(cells, read, strict=True))
            bad = [k for k, (cell, text) in pairs if text is not None and text.encode() != cell]
            rule = Words("文字含有不属于 UTF-8 的字节", "texts hold bytes that are not UTF-8")
            features = tuple(FEATURE("en", n=k + 1) for k in bad)
            faults.append(Fault(where, name, rule, Words("请更正文字", "Correct the texts"), features))
            table = table.set_column(at, name, pa.array(read))
    return table, faults


def _from_wkb(table: pa.Table, described: dict[str, Any], where: str) -> pd.DataFrame:
    """Return a table of GeoParquet with its main geometry; a cell that is none is named and left without."""
    name = described["primary_column"]
    about = described["columns"][name]
    others = [other for other in described["columns"] if other != name]
    if about["encoding"] != "WKB":
        rule = Words(f"几何编码 {about['encoding']} 不支持", f"its geometry is encoded as {about['encoding']}")
        raise DataError(Fault(where, name, rule, Words("请用 WKB 编码导出", "Export it with the encoding WKB")))
    blobs = [None if blob is None or too_deep(blob) else blob for blob in table[name].to_pylist()]
    shapes = shapely.from_wkb(np.array(blobs, dtype=object), on_invalid="ignore")
    bad = shapely.is_missing(shapes) & table[name].is_valid().to_numpy(zero_copy_only=False)
    crs = pyproj.CRS.from_user_input(about["crs"] or "OGC:CRS84") if about.get("crs", "") is not None else None
    cells = table.drop_columns([name, *others]).to_pandas()
    frame: pd.DataFrame = gpd.GeoDataFrame(cells, geometry=shapes, crs=crs)
    if not bad.any():
        return frame
    features = tuple(FEATURE("en", n=n + 1) for n in np.flatnonzero(bad))
    rule = Words("几何已损坏，无法读取", "geometry is damaged and cannot be read")
    remedy = Words("请从原始数据重新导出这些要素", "Export these features again from the original")
    return with_faults(frame, [Fault(where, name, rule, remedy, features)])
