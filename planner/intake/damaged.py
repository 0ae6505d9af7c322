"""What is left of a damaged file: one bad record must not lose the rest, and each that is lost is named.

Bulk readers stop at a bad record, or leave its geometry out without a word. Here features are fetched one by one by
their numbers (fiona), broken records are cut out of texts, and geometry that is given but cannot be read is told from
geometry that is not given.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import re
import sqlite3
import warnings
from collections import Counter
from collections.abc import Container, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from xml.parsers.expat import ExpatError, ParserCreate

import fiona
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from fiona.errors import FionaError
from numpy.typing import NDArray
from pyarrow import ArrowException
from shapely.errors import ShapelyError

from planner.errors import Fault
from planner.intake import flatgeobuf, geopackage
from planner.intake.geopackage import database_of, quoted
from planner.intake.sources import (
    FEATURES_MOST,
    WHOLE_BYTES_MOST,
    chosen,
    form_of,
    openable,
    refuse_many,
    with_faults,
)
from planner.intake.table import FEATURE
from planner.words import Words

BY_NUMBER = 4000
"""Features of a GeoPackage read at a time by their numbers; a query that names more is refused."""
RAW = "ISO-8859-1"
"""Every byte is a letter of it, so nothing is lost on the way."""
TEXTS = (".geojson", ".json", ".kml")
FAILURES = (RuntimeError, ValueError, LookupError, OSError, ArithmeticError, MemoryError, ShapelyError, FionaError,
            SystemError, NameError, ArrowException, sqlite3.Error)  # fmt: skip
"""What the libraries raise for a file that is not what its name says: pyogrio a NameError for a .prj that is no CRS."""

GDB_SYSTEM = 8
"""Tables of a FileGDB up to this number are its own."""
REMEDY = Words("请从原始数据重新导出这些要素", "Export these features again from the original")


@dataclass(frozen=True)
class Rescued:
    """What is left of a damaged file.

    Attributes
    ----------
    frame : DataFrame
        Indexed by the place of each feature in the file, from 0.
    lost : sequence of int
        Places of the features that are lost.
    said : list of str
        What GDAL said.
    cut : bool
        Whether the file ends before its end, so that nobody knows how many more there were.
    """

    frame: pd.DataFrame
    lost: Sequence[int]
    said: list[str] = field(default_factory=list)
    cut: bool = False


def rescued(path: str, layer: str | None, where: str) -> Rescued | None:
    """Return what can be read of a file that cannot be read at once; None where that is nothing."""
    form = form_of(Path(path))
    if form in TEXTS:
        return _mended(path, layer, where)
    return _flatgeobuf(Path(path)) if form == ".fgb" else _one_by_one(path, layer)


def lost(path: Path, where: str, left: Rescued, said: str) -> list[Fault]:
    """Return the faults of the features that cannot be read; a text does not tell how many it should have."""
    numbers, kept = left.lost, len(left.frame)
    zh, en = ("至少 ", "at least ") if form_of(path) in TEXTS else ("", "")
    faults = []
    if numbers:
        rule = Words(
            f"{zh}{len(numbers)} 个要素已损坏，无法读取（{said}）；其余 {kept} 个已读取",
            f"{en}{len(numbers)} features are damaged and cannot be read ({said}); the other {kept} are",
        )
        faults.append(Fault(where, "", rule, REMEDY, tuple(FEATURE("en", n=n + 1) for n in numbers)))
    if left.cut:
        rule = Words(f"文件不完整：在结尾之前中断，已读取 {kept} 个要素",
                     f"is cut off before its end: {kept} features are read, and what followed is lost")  # fmt: skip
        faults.append(Fault(where, "", rule, Words("请重新导出或重新下载", "Export or download it again")))
    return faults


# Geometry that is there, and is none: GDAL leaves it out without a word


def geometry_lost(where: str, frame: gpd.GeoDataFrame, there: NDArray[np.bool_]) -> list[Fault]:
    """Return the fault of features whose geometry is given, but cannot be read.

    Parameters
    ----------
    where : str
    frame : GeoDataFrame
        As read; its index is the place of a feature in the file, from 0.
    there : ndarray of bool
        Whether each feature of the file has geometry.
    """
    places = frame.index.to_numpy()[frame.geometry.isna().to_numpy()]
    unread = [int(n) for n in places if n < len(there) and there[n]]
    if not unread:
        return []
    rule = Words("几何已损坏，无法读取", "geometry is damaged and cannot be read")
    return [Fault(where, "geometry", rule, REMEDY, tuple(FEATURE("en", n=n + 1) for n in unread))]


def _given_in_geojson(path: Path, layer: str | None) -> NDArray[np.bool_]:
    given = []
    for piece in _pieces(path.read_bytes(), _FEATURE):
        try:
            said = _JSON.raw_decode(piece.decode("utf-8", errors="replace"))[0]
            given.append(isinstance(said, dict) and said.get("geometry") is not None)
        except (ValueError, RecursionError):
            given.append(False)  # is told of as a whole
    return np.array(given, dtype=bool)


def given(path: Path, layer: str | None) -> NDArray[np.bool_]:
    """Return whether each feature of a file has geometry; nothing for a format, or a file, that does not tell."""
    tell = {".gpkg": geopackage.given, ".geojson": _given_in_geojson, ".json": _given_in_geojson}.get(form_of(path))
    try:
        return tell(path, layer) if tell else np.zeros(0, dtype=bool)
    except FAILURES:
        return np.zeros(0, dtype=bool)


def rows_of_no_layer(path: Path, read: int) -> int:
    """Return the rows of the largest table of a FileGDB that none of its layers has, where its index is damaged.

    That is where nothing was ``read``, or a layer has a number of rows that no table has.
    """
    tables = (table for table in path.glob("a*.gdbtable") if int(table.stem[1:], 16) > GDB_SYSTEM)
    rows: Counter[int] = Counter()
    for table in tables:
        with table.open("rb") as file:
            rows[int.from_bytes(file.read(8)[4:], "little")] += 1
    with openable(path) as gdal_path, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in pyogrio.list_layers(gdal_path)[:, 0]:
            rows[pyogrio.read_info(gdal_path, layer=name, force_feature_count=True)["features"]] -= 1
    if read and min(rows.values(), default=0) >= 0:
        return 0
    return max((count for count, left in rows.items() if left > 0), default=0)


# Texts with bytes that are none


def texts(frame: pd.DataFrame, encoding: str, where: str) -> pd.DataFrame:
    """Return a frame read as `RAW` with its texts decoded; those with bytes that mean nothing are named.

    A last character that a column was too narrow for is left out.
    """
    names = [_text(str(name), encoding)[0] for name in frame.columns]
    frame = distinct(frame.set_axis(names, axis=1), where)
    told = frame.attrs
    faults = []
    for name in frame.columns:
        if name != "geometry" and not pd.api.types.is_numeric_dtype(frame[name]):
            read = [_text(cell, encoding) if isinstance(cell, str) else (cell, True) for cell in frame[name]]
            frame[name] = pd.Series([text for text, _ in read], index=frame.index, dtype=object)
            bad = [FEATURE("en", n=k + 1) for k, (_, sound) in zip(frame.index, read, strict=True) if not sound]
            rule = Words(f"文字含有不属于 {encoding} 的字节", f"texts hold bytes that are not {encoding}")
            remedy = Words("请更正文字，或声明 encoding", "Correct the texts, or declare encoding:")
            faults += [Fault(where, name, rule, remedy, tuple(bad))] if bad else []
    frame.attrs = told
    return with_faults(frame, faults)


def distinct(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return a frame of which no two columns, nor a column and the geometry, have the same name; changes are told."""
    if frame.columns.is_unique:
        return frame
    names: list[str] = []
    changed: list[str] = []
    for k, name in enumerate(map(str, frame.columns)):
        new, times = name, 1
        while new in names or (new == "geometry" and k + 1 < len(frame.columns)):
            times += 1
            new = f"{name}_{times}"
        names.append(new)
        changed += [f"{name} → {new}"] if new != name else []
    listed = ", ".join(changed)
    rule = Words(f"有重名的列，已改名：{listed}", f"columns have the same name; renamed: {listed}")
    remedy = Words("请更正列名", "Correct the names")
    return with_faults(frame.set_axis(names, axis=1), [Fault(where, "", rule, remedy, fatal=False)])


def _text(raw: str, encoding: str) -> tuple[str, bool]:
    data = raw.encode(RAW, errors="replace")
    try:
        return decoded(data, encoding, cut=True), True
    except UnicodeDecodeError:
        return decoded(data, encoding, cut=True, errors="replace"), False


def decoded(text: bytes, encoding: str, *, cut: bool, errors: str = "strict") -> str:
    """Return bytes as text; where they may be ``cut``, without a last character that is not whole."""
    return codecs.getincrementaldecoder(encoding)(errors).decode(text, final=not cut)


# Feature by feature


def _flatgeobuf(path: Path) -> Rescued | None:
    """Return the features of a FlatGeobuf that pass its check; None for a file that is too large to be held at once."""
    if path.stat().st_size > WHOLE_BYTES_MOST:
        return None
    try:
        found = flatgeobuf.rescued(path.read_bytes())
    except FAILURES:
        return None
    if found is None:
        return None
    frame, good = found
    return Rescued(frame, [int(k) for k in np.flatnonzero(~good)])


def _one_by_one(path: str, layer: str | None) -> Rescued | None:
    """Return the features that can be fetched by their numbers; None where not even one can."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pyogrio.read_info(path, layer=layer)  # raises where nothing can be opened, at which fiona may crash
        with fiona.open(path, layer=layer) as source:
            count = len(source)
            first, last = _numbers(path, layer, count)
            if last - first > FEATURES_MOST:
                return None
            numbers = np.arange(first, last + 1)
            good = np.array([_there(source, int(number)) for number in numbers], dtype=bool)
    except FAILURES:
        return None
    if not good.any():
        return None
    parts, said = [], set()
    step = BY_NUMBER if path.endswith(".gpkg") else len(numbers)
    for start in range(0, good.sum(), step):
        wanted = numbers[good][start : start + step]
        try:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                part = pyogrio.read_dataframe(path, layer=layer, fids=wanted, fid_as_index=True, on_invalid="ignore")
        except FAILURES:
            return None
        said |= {str(one.message) for one in told}
        parts.append(part)
    frame = pd.concat(parts)
    frame.index = pd.Index(frame.index.to_numpy() - first)
    # numbers of features that were deleted are free
    gone = [int(k) for k in np.flatnonzero(~good)] if good.sum() < count else []
    return Rescued(frame, gone, sorted(said))


def _there(source: Container[int], number: int) -> bool:
    try:
        return number in source
    except FAILURES:
        return False


def _numbers(path: str, layer: str | None, count: int) -> tuple[int, int]:
    """Return the first and the last number of a feature: from 1 in databases, from 0 in files."""
    if not path.endswith((".gpkg", ".gdb")):
        return 0, count - 1
    last = count
    if path.endswith(".gpkg"):
        with closing(database_of(Path(path))) as database:
            last = max(count, int(database.execute(f"select max(rowid) from {quoted(str(layer))}").fetchone()[0] or 0))
    return 1, last


# Texts: what does not parse is cut out

Split = tuple[bytes, list[int], bool]
"""A text without its broken records, their numbers, and whether it is cut off before its end."""


def _mended(path: str, layer: str | None, where: str) -> Rescued | None:
    """Return a text of features without those that do not parse; None where that does not help."""
    split = _sound_kml if form_of(Path(path)) == ".kml" else _sound_geojson
    whole, lost, cut = split(Path(path).read_bytes())
    if not lost and not cut:
        return None
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            names = [str(name) for name in pyogrio.list_layers(whole)[:, 0]]
            layer = None if len(names) == 1 else chosen(names, layer, where)  # the only one may go by another name
            frame: pd.DataFrame = pyogrio.read_dataframe(whole, layer=layer, on_invalid="ignore")
    except FAILURES:
        return None
    refuse_many(len(frame), where)
    places = np.setdiff1d(np.arange(len(frame) + len(lost)), lost)
    if len(places) == len(frame):
        frame.index = pd.Index(places)
    return Rescued(frame, lost, sorted({str(one.message) for one in told}), cut)


def _pieces(data: bytes, start: re.Pattern[bytes]) -> list[bytes]:
    """Return a text from the start of each record to the start of the next; before the first, nothing."""
    starts = [match.start() for match in start.finditer(data)]
    return [data[a:b] for a, b in pairwise([*starts, len(data)])]


def _sound_geojson(data: bytes) -> Split:
    pieces = _pieces(data, _FEATURE)
    kept: list[str] = []
    lost: list[int] = []
    number = 0
    ends = False
    for last, data_of in enumerate(pieces, 1 - len(pieces)):
        try:
            piece = data_of.decode("utf-8")
            end = _JSON.raw_decode(piece)[1]
            rest = piece[end:].strip(" \t\r\n,")
        except (ValueError, RecursionError):
            lost.append(number)
            ends = data_of.rstrip(b" \t\r\n\0").endswith(b"}")
        else:
            ends = rest.startswith("]")
            kept.append(piece[:end])
            if rest and (last or not rest.startswith("]")):  # a record whose very beginning is broken
                number += 1
                lost.append(number)
        number += 1
    head = data[: len(data) - sum(map(len, pieces))]
    return head + ",".join(kept).encode() + b"]}", lost, bool(pieces) and not ends


def _sound_kml(data: bytes) -> Split:
    pieces = _pieces(data, _PLACEMARK)
    kept = [data[: len(data) - sum(map(len, pieces))]]
    lost = []
    for number, piece in enumerate(pieces):
        body, end, rest = piece.partition(_PLACEMARK_END)
        body += end
        try:
            ParserCreate().Parse(body, True)
        except (ExpatError, LookupError):
            lost.append(number)
            body = b""
        kept += [body, rest]
    whole = b"".join(kept)
    still_open: list[str] = []
    parser = ParserCreate()
    parser.StartElementHandler = lambda name, _: still_open.append(name)
    parser.EndElementHandler = lambda _: still_open.pop()
    with contextlib.suppress(ExpatError, LookupError):  # said by GDAL
        parser.Parse(whole, False)
    ends = "".join(f"</{name}>" for name in reversed(still_open))
    return whole + ends.encode(), lost, bool(pieces and still_open)


def _no_number(text: str) -> float:
    raise ValueError(text)


_FEATURE = re.compile(rb'\{\s*(?:"id"\s*:\s*[^,{}]*,\s*)?"type"\s*:\s*"Feature"\s*[,}]')
_PLACEMARK = re.compile(rb"<Placemark\b")
_PLACEMARK_END = b"</Placemark>"
_JSON = json.JSONDecoder(parse_constant=_no_number)
