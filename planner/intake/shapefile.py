"""Shapefiles: which members are missing, and in which encoding their texts are.

A Shapefile is three files that belong together (.shp, .shx, .dbf), one that says where it lies (.prj), and one that
may say how its texts are written (.cpg), often wrongly. GDAL takes texts of an undeclared encoding for ISO-8859-1, in
which every byte is some letter: mojibake, silently. It does not know what the texts mean.
"""

from __future__ import annotations

import codecs
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.errors import DataError, Fault
from planner.intake import damaged, ogr
from planner.intake.crs import known_crs
from planner.intake.encoding import encoding_of
from planner.intake.sources import with_faults
from planner.words import Words

MEMBERS = (".shp", ".shx", ".dbf")
"""What a Shapefile cannot do without."""
SIDECARS = (*MEMBERS, ".prj", ".cpg")
UTF8, GB18030 = "UTF-8", "GB18030"
LDID = {0x4D: GB18030, 0x7A: GB18030, 0x4F: "Big5", 0x78: "Big5"}
"""Language of a DBF by its header's byte 29: of those that mean anything here."""
PAGES = {"936": GB18030, "gbk": GB18030, "gb2312": GB18030, "54936": GB18030, "65001": UTF8}
"""Encodings as a .cpg names them; GB18030 holds the others of China."""
HEADER, FIELD, NAME = 32, 32, 11


@dataclass(frozen=True)
class Dbf:
    """What a .dbf holds, as bytes: names, and the cells of its text columns."""

    names: tuple[bytes, ...]
    texts: tuple[bytes, ...]
    language: int
    rows: int


def read(path: Path, where: str, layer: str | None, encoding: str | None) -> pd.DataFrame:
    """Return a Shapefile, its texts in the declared encoding, else in the one they are in.

    Raises
    ------
    DataError
        A member is missing, or they do not belong together.
    """
    beside = {p.suffix.casefold(): p for p in path.parent.iterdir() if p.stem == path.stem}
    if absent := [end for end in MEMBERS if end not in beside]:
        rule = Words(f"缺少 {'、'.join(absent)} 文件", f"its {' and '.join(absent)} is missing")
        names = ", ".join(path.stem + end for end in SIDECARS)
        remedy = Words(f"请把整套文件放在一起：{names}", f"Put the whole set side by side: {names}")
        raise DataError(Fault(where, "", rule, remedy))
    dbf = _dbf(beside[".dbf"].read_bytes())
    faults = _count_faults(where, beside[".shx"].stat().st_size, dbf)
    said = encoding or _said(beside.get(".cpg"), dbf)
    meant, clean = _encoding(dbf, encoding, said)
    try:
        frame = ogr.read(path, where, None, meant if clean else damaged.RAW)
    except DataError as error:
        prj = beside.get(".prj")
        if prj is None or known_crs(prj.read_bytes().decode("utf-8", errors="replace")) is not None:
            raise
        rule = Words(".prj 文件不是可读的坐标系", "its .prj is no CRS that can be read")
        remedy = Words("请删去 .prj，并声明 crs", "Remove the .prj, and declare crs:")
        raise DataError(Fault(where, "", rule, remedy)) from error
    if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.isna().any():
        faults += damaged.geometry_lost(where, frame, _given(beside[".shp"], beside[".shx"]))
    if not clean:
        frame = damaged.texts(frame, meant, where)
    if said and not encoding and codecs.lookup(said).name != codecs.lookup(meant).name:
        rule = Words(f"自称编码为 {said}，实为 {meant}", f"it says its texts are {said}; they are {meant}, and read so")
        remedy = Words(
            f"如不符，请声明 encoding；否则把 .cpg 改为 {meant}",
            f"If not so, declare encoding:; else put {meant} in its .cpg",
        )
        faults.append(Fault(where, "", rule, remedy, fatal=False))
    return with_faults(frame, faults)


def _given(shp: Path, shx: Path) -> NDArray[np.bool_]:
    """Return which shapes are not the null shape."""
    data, index = np.frombuffer(shp.read_bytes(), dtype=np.uint8), shx.read_bytes()[100:]
    at = np.frombuffer(index, dtype=">i4", count=len(index) // 8 * 2)[::2].astype(np.int64) * 2
    kinds = np.clip(at[:, None] + np.arange(8, 12), 0, len(data) - 1)
    given: NDArray[np.bool_] = data[kinds].any(axis=1)
    return given


def _dbf(data: bytes) -> Dbf:
    """Return the names and the text cells of a .dbf; none of what is cut off or damaged."""
    rows, start, width = (int.from_bytes(data[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    names: list[bytes] = []
    spans: list[tuple[int, int]] = []
    at = 1  # the first byte of a row says whether it is deleted
    for k in range(HEADER, min(start, len(data)) - FIELD, FIELD):
        if data[k] == 0x0D:
            break
        names.append(data[k : k + NAME].split(b"\0")[0])
        if data[k + NAME : k + NAME + 1] in (b"C", b"c"):
            spans.append((at, at + data[k + 16]))
        at += data[k + 16]
    whole = max(0, min(rows, (len(data) - start) // width)) if width else 0
    texts: list[bytes] = []
    if whole and spans and at <= width:
        table = np.frombuffer(data, dtype=np.uint8, count=whole * width, offset=start).reshape(whole, width)
        for a, b in spans:
            if b > a and (table[:, a:b] >= 0x80).any():
                texts += np.ascontiguousarray(table[:, a:b]).view(f"S{b - a}").ravel().tolist()
    return Dbf(tuple(names), tuple(texts), data[29] if len(data) > HEADER else 0, rows)


def _count_faults(where: str, shx_bytes: int, dbf: Dbf) -> list[Fault]:
    """Return the fault of geometry and table with different numbers of features."""
    shapes = (shx_bytes - 100) // 8
    if shapes == dbf.rows:
        return []
    said = Words("{shapes} 个图形，{rows} 行属性", "it has {shapes} shapes, but {rows} rows of attributes")
    rule = said.fill(shapes=shapes, rows=dbf.rows)
    remedy = Words("三个文件不成套，请重新导出", "They do not belong together: export it again")
    return [Fault(where, "", rule, remedy)]


def _said(cpg: Path | None, dbf: Dbf) -> str | None:
    """Return the encoding a Shapefile says its texts are in, by its .cpg or its header; None where that is none."""
    text = cpg.read_bytes()[:64].decode("ascii", errors="ignore") if cpg else ""
    page = text.casefold().strip().removeprefix("ansi").removeprefix("oem").removeprefix("cp").strip()
    named = PAGES.get(page, f"cp{page}" if page.isdecimal() else page)
    try:
        codecs.lookup(named)
    except (LookupError, ValueError):
        return LDID.get(dbf.language)
    return named


def _encoding(dbf: Dbf, declared: str | None, said: str | None) -> tuple[str, bool]:
    """Return the encoding of the texts, and whether all of them are whole in it: declared, else found, else said."""
    spoken = {text.rstrip(b" \0") for text in (*dbf.names, *dbf.texts) if not text.isascii()}
    if declared:
        return declared, not _broken(spoken, declared)
    if not spoken:
        return said or UTF8, True
    # UTF-8 first: a text of another encoding is hardly ever UTF-8 by chance
    if not _broken(spoken, UTF8, cut=True):
        whole = [text for text in spoken if not _broken({text}, UTF8)]
        found = (encoding_of(b"\n".join(whole)) or UTF8).upper()
        return found, not _broken(spoken, found)
    if said and said not in (UTF8, GB18030) and not _broken(spoken, said) and _broken(spoken, GB18030, cut=True):
        return said, True
    fewest = min((UTF8, GB18030), key=lambda name: _broken(spoken, name, cut=True))
    return fewest, not _broken(spoken, fewest)


def _broken(texts: Collection[bytes], encoding: str, *, cut: bool = False) -> int:
    """Return how many texts are not of an encoding; one cut inside its last character counts unless ``cut``."""
    try:
        b"\n".join(texts).decode(encoding)  # at once where all are sound, as nearly always
        return 0
    except UnicodeDecodeError:
        bad = 0
    for text in texts:
        try:
            damaged.decoded(text, encoding, cut=cut)
        except UnicodeDecodeError:
            bad += 1
    return bad


def sidecars(path: Path) -> Sequence[Path]:
    """Return the files of a Shapefile that exist."""
    return [path.with_suffix(end) for end in SIDECARS if path.with_suffix(end).is_file()]
