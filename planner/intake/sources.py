"""Where a layer stands: a file, a folder or a database; what it is called, and what is refused before it is opened.

It opens nothing but zip archives and knows no format: a source is judged by its name and its size.
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from zipfile import BadZipFile, ZipFile, ZipInfo

import pandas as pd

from planner.errors import DataError, Fault
from planner.quantities import nearest
from planner.words import Words

Source = Path | str
"""A file or folder; as a text, the URL of a database."""

GIB = 2**30
BYTES_MOST = 4 * GIB
"""Largest file of a format with an index, which is read a layer at a time."""
BYTES_TOLD = GIB // 4
"""Reading a larger file takes so long that it is said before."""
WHOLE_BYTES_MOST = 1 * GIB
"""Largest file of a format that has to be held in memory as a whole."""
FEATURES_MOST = 5_000_000
"""Most features of one layer: ten times the parcels of a large city."""
UNPACKED_MOST = 4 * GIB
"""Most bytes an archive may unpack to."""
PACKED_RATIO_MOST = 200
"""Most bytes unpacked from one byte of an archive; real layers stay under 30."""
SMALL_BYTES = 64 * 2**20
"""Archives that unpack to less are not judged by their ratio."""
MEMBERS_MOST = 10_000
DEPTH_MOST = 32
"""Deepest nesting of geometry collections that is read."""

DATABASES = ("postgresql", "postgres", "postgis")
DOUBLE = (".gdb.zip", ".shp.zip")
INDEXED = (".gpkg", ".gdb", ".fgb", ".shp")
"""Formats read a layer at a time."""
NOT_SHOWN = "***"
LOG = logging.getLogger(__name__)
"""Its messages are `Words`: what a command tells while one waits."""
READING = Words("正在读取 {where}（{gib} GiB），请稍候", "Reading {where} ({gib} GiB); this takes a while")

FAULTS = "faults"
"""Attribute of a frame that holds what was found while it was read."""


def is_url(source: Source) -> bool:
    """Tell whether a source is a database.

    Examples
    --------
    >>> is_url("postgresql://gis@host/land"), is_url("parcels.gpkg"), is_url(Path("a.gdb"))
    (True, False, False)
    """
    return isinstance(source, str) and source.split("://")[0].casefold() in DATABASES and "://" in source


def form_of(source: Source) -> str:
    """Return what says how a source is read: its suffix, for a database "postgresql".

    Examples
    --------
    >>> form_of(Path("A.GPKG")), form_of(Path("b.gdb.zip")), form_of("postgres://h/d"), form_of(Path("c"))
    ('.gpkg', '.gdb.zip', 'postgresql', '')
    """
    if is_url(source):
        return DATABASES[0]
    name = Path(source).name.casefold()
    return next((end for end in DOUBLE if name.endswith(end)), Path(name).suffix)


def shown(source: Source, folder: Path | None = None) -> str:
    """Return what a source is called: a path from the folder, a URL without its password.

    Examples
    --------
    >>> shown("postgresql://gis:secret@host:5432/land?password=secret&sslmode=require")
    'postgresql://gis:***@host:5432/land?password=***&sslmode=require'
    >>> shown(Path("parcels.gpkg"))
    'parcels.gpkg'
    >>> shown("postgresql://gis:secret@[half/land")
    'postgresql://***'
    """
    if not is_url(source):
        path = Path(source)
        return path.name if folder is None else Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    try:
        parts = urlsplit(str(source))
    except ValueError:
        return f"{DATABASES[0]}://{NOT_SHOWN}"
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    asked = [(key, NOT_SHOWN if key == "password" else value) for key, value in parse_qsl(parts.query)]
    netloc = name + (colon and f":{NOT_SHOWN}") + at + host
    return urlunsplit(parts._replace(netloc=netloc, query=urlencode(asked, safe="*/")))


def with_faults(frame: pd.DataFrame, faults: Sequence[Fault]) -> pd.DataFrame:
    """Return a frame with more of what was found while it was read."""
    frame.attrs[FAULTS] = (*frame.attrs.get(FAULTS, ()), *faults)
    return frame


def faults_of(frame: pd.DataFrame) -> list[Fault]:
    """Return what was found while a frame was read."""
    return list(frame.attrs.get(FAULTS, ()))


def absent(path: Path, where: str) -> Fault:
    """Return the fault of a file that is not there, with the nearest name that is."""
    rule = Words(f"文件不存在：{path}", f"there is no file {path}")
    if path.is_dir():
        rule = Words(f"是文件夹，不是文件：{path}", f"is a folder and no file: {path}")
    elif path.exists():
        rule = Words(f"是文件，不是文件夹：{path}", f"is a file and no folder: {path}")
    beside = sorted(p.name for p in path.parent.iterdir()) if path.parent.is_dir() else []
    near = nearest(path.name, [name for name in beside if name != path.name])
    remedy = Words(f"是否指 {near}？", f"Did you mean {near}?") if near else Words("请检查路径", "Check the path")
    return Fault(where, "", rule, remedy)


def refuse_large(path: Path, where: str) -> None:
    """Raise where a file (or what belongs to it) is too large to be read in one piece; log one that takes its time.

    Raises
    ------
    DataError
        With its size, the limit and what to do.
    """
    every = [path]
    if path.is_dir():
        every = [p for p in path.rglob("*") if p.is_file()]
    elif form_of(path) == ".shp":
        every = [p for p in path.parent.glob(f"{_literal(path.stem)}.*") if p.is_file()]
    size = sum(p.stat().st_size for p in every)
    most = BYTES_MOST if form_of(path) in INDEXED else WHOLE_BYTES_MOST
    if size <= most:
        if size > BYTES_TOLD:
            LOG.info(READING.fill(where=where, gib=f"{size / GIB:.1f}"))
        return
    figures = f"{size / GIB:.1f} GiB > {most / GIB:g} GiB"
    rule = Words(f"文件过大（{figures}）", f"is too large to be read in one piece ({figures})")
    remedy = Words(
        "请先裁出本区（ogr2ogr -spat 西 南 东 北 区.gpkg 原文件），或导入 PostGIS 后按地址读取",
        "Cut out the district first (ogr2ogr -spat west south east north district.gpkg this-file), "
        "or load it into PostGIS and name its URL",
    )
    raise DataError(Fault(where, "", rule, remedy))


def refuse_many(count: int, where: str) -> None:
    """Raise where a layer says it has absurdly many features."""
    if count <= FEATURES_MOST:
        return
    rule = Words(f"要素过多（{count:,} > {FEATURES_MOST:,}）", f"has {count:,} features, more than {FEATURES_MOST:,}")
    remedy = Words(
        "若文件未损坏，请先裁出本区再读取", "If the file is not damaged, cut out the district and read that"
    )
    raise DataError(Fault(where, "", rule, remedy))


def refuse_bomb(path: Path, where: str) -> None:
    """Raise where a zip archive (also .kmz and .xlsx) is broken, locked, or unpacks to more than any layer is.

    Raises
    ------
    DataError
        With what it would unpack to, and the limit.
    """
    try:
        with ZipFile(path) as archive:
            members = archive.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        rule = Words(f"不是可读的压缩文件（{error}）", f"is not a readable zip archive ({error})")
        raise DataError(Fault(where, "", rule, Words("请重新压缩或重新下载", "Zip or download it again"))) from error
    if locked := [one.filename for one in members if one.flag_bits & 1]:
        rule = Words("压缩文件有密码", "is locked by a password")
        remedy = Words("请解压后提供", "Unpack it and name what is inside")
        raise DataError(Fault(where, "", rule, remedy, tuple(locked)))
    total = sum(one.file_size for one in members)
    refuse_unpacked(total, where)
    ratio = total / max(path.stat().st_size, 1)
    if total > SMALL_BYTES and ratio > PACKED_RATIO_MOST:
        raise DataError(_bomb(where, f"1 : {ratio:.0f} > 1 : {PACKED_RATIO_MOST}"))
    if len(members) > MEMBERS_MOST:
        raise DataError(_bomb(where, f"{len(members):,} > {MEMBERS_MOST:,}"))


def refuse_unpacked(size: int, where: str) -> None:
    """Raise where something packed says that it unpacks to more bytes than any layer has."""
    if size > UNPACKED_MOST:
        raise DataError(_bomb(where, f"{size / GIB:.1f} GiB > {UNPACKED_MOST / GIB:g} GiB"))


def _bomb(where: str, said: str) -> Fault:
    rule = Words(f"解压后过大（{said}）", f"unpacks to more than a layer can be ({said})")
    remedy = Words("如可信，请自行解压后提供", "If you trust it, unpack it yourself and name what is inside")
    return Fault(where, "", rule, remedy)


@contextmanager
def unpacked(path: Path, where: str) -> Iterator[Path]:
    """Yield a temporary folder with what a zip archive holds; names as people wrote them, none outside the folder.

    Raises
    ------
    DataError
        The archive is refused, or one of its members is damaged.
    """
    refuse_bomb(path, where)
    with tempfile.TemporaryDirectory(prefix="planner-") as made:
        folder = Path(made)
        try:
            with ZipFile(path) as archive:
                for member in archive.infolist():
                    steps = [step for step in PurePosixPath(_name(member)).parts if step not in ("/", "..", ".")]
                    if member.is_dir() or not steps or "__MACOSX" in steps:
                        continue
                    target = folder.joinpath(*(step.replace("!", "_")[-200:] for step in steps))
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with archive.open(member) as packed, target.open("wb") as file:
                        while chunk := packed.read(2**20):
                            file.write(chunk)
        except (BadZipFile, OSError, ValueError, RuntimeError, EOFError, zlib.error) as error:
            rule = Words(f"压缩文件已损坏（{error}）", f"the archive is damaged ({error})")
            remedy = Words("请重新压缩或重新下载", "Zip or download it again")
            raise DataError(Fault(where, "", rule, remedy)) from error
        yield folder


def _name(member: ZipInfo) -> str:
    """Return the name of a member of an archive; without the mark of UTF-8 it may be in the code page of China."""
    name = member.filename.replace("\\", "/")
    if member.flag_bits & 0x800:
        return name
    raw = name.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name


@contextmanager
def openable(path: Path) -> Iterator[str]:
    """Yield a path that GDAL takes as it is: in one with "!", pyogrio would look for an archive."""
    if "!" not in str(path):
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="planner-") as made:
        folder = Path(made)
        for beside in path.resolve().parent.glob(f"{_literal(path.stem)}.*"):
            (folder / beside.name.replace("!", "_")).symlink_to(beside)
        yield str(folder / path.name.replace("!", "_"))


def _literal(text: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", text)


def chosen(names: Sequence[str], layer: str | None, where: str) -> str | None:
    """Return the layer meant: the one named, or the only one; None where the file names none.

    Raises
    ------
    DataError
        No such layer, or several and none named.
    """
    if layer is None and len(names) <= 1:
        return names[0] if names else None
    if not names or layer in names:
        return layer
    rule = Words(f"没有图层 {layer}", f"has no layer {layer}") if layer else Words("有多个图层", "has several layers")
    listed = ", ".join(names)
    raise DataError(Fault(where, "", rule, Words(f"现有图层：{listed}", f"Name one of its layers: {listed}")))
