"""Files damaged at random, and a child process that reads them: whatever a library does there, it does not do here.

A damaged file follows from its format and its number alone, so that one that was found can be made again:
``fuzzing.Bases(folder).spoil(".shp", 4711)``.
"""

from __future__ import annotations

import collections
import multiprocessing
import random
import resource
import shutil
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import shapely

from planner import intake
from planner.errors import Fault, PlannerError
from planner.intake import vector
from planner.intake.sources import faults_of, form_of

SEED = 3
SECONDS_MOST = 120.0
"""A file that takes longer by the clock hangs, however busy the machine is; most take a fortieth of a second."""
MIB = 2**20
MORE_MIB = 400
"""How much the memory of the child may grow over all the small files it reads."""
HARM_MIB = 1200
"""The same where files made to do harm are among them."""
ADDRESSES = 6 * 2**30
"""Address space of the child: what asks for more gets a MemoryError."""
COUNT = 24
EAST, NORTH = 485_000.0, 2_520_000.0
CRS = "EPSG:4547"


@dataclass(frozen=True)
class Outcome:
    """How the reading of one file went.

    Attributes
    ----------
    kind : str
        ``same`` all features as in the sound file; ``told`` some differ or are missing, and a fault says so;
        ``refused`` with a fault; ``altered`` as many features, none missing, another value, which no reader can see;
        ``untraced`` a text without a count of its features lost some whole, and what is left is sound.
        Never wanted: ``silent`` fewer features and no fault, ``crash``, ``hang``, ``raised`` and ``large``.
    said : str
        Its first fault, or what was raised.
    cpu : float
        Seconds of the processor.
    """

    kind: str
    said: str = ""
    cpu: float = 0.0


NEVER = ("silent", "crash", "hang", "raised", "large")


# Sound files


def parcels() -> gpd.GeoDataFrame:
    """Return parcels of 50 m × 50 m; the second has a hole, the third two parts."""
    x = [EAST + k % 6 * 60 for k in range(COUNT)]
    y = [NORTH + k // 6 * 60 for k in range(COUNT)]
    shapes = [shapely.box(a, b, a + 50, b + 50) for a, b in zip(x, y, strict=True)]
    shapes[1] = shapely.Polygon(shapes[1].exterior, [shapely.box(x[1] + 20, y[1] + 20, x[1] + 30, y[1] + 30).exterior])
    shapes[2] = shapely.MultiPolygon([shapely.box(x[2] + a, y[2], x[2] + a + 20, y[2] + 20) for a in (0, 25)])
    columns = {
        "parcel_id": [f"P{k:03d}" for k in range(COUNT)],
        "name": [f"燕罗地块{k}" for k in range(COUNT)],
        "far": [k % 7 * 0.5 for k in range(COUNT)],
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def _write_dxf(path: Path, frame: gpd.GeoDataFrame) -> None:
    head = "0 SECTION 2 HEADER 9 $ACADVER 1 AC1015 9 $DWGCODEPAGE 3 ANSI_936 0 ENDSEC 0 SECTION 2 ENTITIES"
    lines = head.split(" ")
    for k, (name, shape) in enumerate(zip(frame["name"], frame.geometry, strict=True)):
        ring = shapely.get_parts(shape)[0].exterior.coords[:-1]
        lines += ["0", "LWPOLYLINE", "5", f"A{k}", "8", "地块", "90", str(len(ring)), "70", "1"]
        lines += [text for x, y in ring for text in ("10", str(x), "20", str(y))]
        x, y = shape.representative_point().coords[0]
        lines += ["0", "TEXT", "8", "注记", "10", str(x), "20", str(y), "40", "1", "1", name]
    path.write_bytes("\n".join([*lines, "0", "ENDSEC", "0", "EOF", ""]).encode("gbk"))


def _write_xlsx(path: Path, frame: gpd.GeoDataFrame) -> None:
    book = openpyxl.Workbook()
    book.active.append(["parcel_id", "name", "far", "WKT"])
    for row in frame.itertuples():
        book.active.append([row.parcel_id, row.name, row.far, row.geometry.wkt])
    book.save(path)


def _write_txt(path: Path, frame: gpd.GeoDataFrame) -> None:
    columns = {"地块编号": frame["parcel_id"], "地块名称": frame["name"]}
    intake.write_layer(path, gpd.GeoDataFrame(columns, geometry=frame.geometry))


WRITE: Mapping[str, Callable[[Path, gpd.GeoDataFrame], None]] = {
    ".dxf": _write_dxf, ".xlsx": _write_xlsx, ".txt": _write_txt,
}  # fmt: skip
FORMS = (".gpkg", ".geojson", ".shp", ".zip", ".gdb", ".gdb.zip", ".kml", ".kmz", ".dxf", ".fgb", ".parquet", ".csv",
         ".xlsx", ".xls", ".txt")  # fmt: skip
TEXTS = (".geojson", ".kml", ".kmz", ".csv", ".txt", ".dxf")
"""What has no count of its features."""
PACKED = (".zip", ".gdb.zip", ".kmz", ".xlsx")


# Damage


def _stretch(rng: random.Random, size: int, most: int = 64) -> tuple[int, int]:
    """Return where a stretch begins and ends; half of them near the beginning, where headers are."""
    at = rng.randrange(min(size, 512) if rng.random() < 0.4 else size)
    return at, min(size, at + rng.randint(1, most if rng.random() < 0.8 else 4096))


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return bytes with one to three damages: flips, a cut, insertions, a stretch that is zero, gone or doubled."""
    if not data:
        return rng.randbytes(rng.randint(1, 9))
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        a, b = _stretch(rng, len(data))
        match rng.randrange(9):
            case 0:
                data = data[:a] + bytes([data[a] ^ 1 << rng.randrange(8)]) + data[a + 1 :]
            case 1 | 2:
                for at in (rng.randrange(a, b) for _ in range(rng.randint(1, 8))):
                    data = data[:at] + rng.randbytes(1) + data[at + 1 :]
            case 3:
                data = data[: max(1, rng.randrange(len(data)))]
            case 4:
                data = data[:a] + rng.randbytes(rng.randint(1, 16)) + data[a:]
            case 5:
                data = data[:a] + bytes(b - a) + data[b:]
            case 6:
                data = data[:a] + data[b:] or b"\0"
            case 7:
                data = data[:b] + data[a:b] + data[b:]
            case 8:
                data = data[:a] + b"\xff" * (b - a) + data[b:]
    return data


class Bases:
    """Sound files of every format in a folder, and what is read of them."""

    def __init__(self, folder: Path, forms: Iterable[str] = FORMS, xls: bytes = b"") -> None:
        self.folder = folder
        self.lost = False
        self.files: dict[str, dict[str, bytes]] = {}
        self.rows: dict[str, collections.Counter[tuple[str, ...]]] = {}
        frame = parcels()
        for form in forms:
            home = folder / "sound" / form[1:]
            home.mkdir(parents=True)
            path = home / f"parcels{form}"
            if form == ".xls":
                path.write_bytes(xls)
            else:
                WRITE.get(form, intake.write_layer)(path, frame)
            files = sorted(p for p in home.rglob("*") if p.is_file())
            self.files[form] = {p.relative_to(home).as_posix(): p.read_bytes() for p in files}
            rows, faults = read(path)
            assert not [fault for fault in faults if fault.fatal], f"{form}: {faults}"
            self.rows[form] = collections.Counter(rows)

    def spoil(self, form: str, number: int) -> Path:
        """Write a damaged file of a format, the same for the same number, and return where it is."""
        rng = random.Random(f"{SEED} {form} {number}")
        home = self.folder / "spoilt"
        shutil.rmtree(home, ignore_errors=True)
        files = dict(self.files[form])
        name = rng.choice(sorted(files))
        if form in PACKED and rng.random() < 0.6:
            files[name] = _within(files[name], rng)
        else:
            files[name] = damaged(files[name], rng)
        if len(files) > 1 and rng.random() < 0.03:
            del files[name]
        self.lost = sum(map(len, files.values())) < sum(map(len, self.files[form].values()))
        for each, data in files.items():
            (home / each).parent.mkdir(parents=True, exist_ok=True)
            (home / each).write_bytes(data)
        return home / f"parcels{form}"


def _within(data: bytes, rng: random.Random) -> bytes:
    """Return an archive that is sound itself, one of its members damaged."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        with zipfile.ZipFile(file) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        file.seek(0)
        file.truncate()
        name = rng.choice(sorted(members))
        members[name] = damaged(members[name], rng)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for each, content in members.items():
                archive.writestr(each, content)
        file.seek(0)
        return file.read()


# Reading


def read(path: Path) -> tuple[list[tuple[str, ...]], list[Fault]]:
    """Return every feature of every layer of a file, as texts, the geometry first ("" for none); and the faults.

    Raises
    ------
    DataError
        Nothing of it can be read.
    """
    rows: list[tuple[str, ...]] = []
    faults: list[Fault] = []
    for layer in vector.layers_of(path) if path.exists() else [None]:
        frame = vector.read_any(path, layer, None, where=vector.place(path.name, layer))
        faults += [*faults_of(frame), *vector.sheet_of(frame, path.name).faults]
        shapes = [""] * len(frame)
        if isinstance(frame, gpd.GeoDataFrame):
            shapes = ["" if shape is None else shape.wkb_hex for shape in frame.geometry]
            frame = pd.DataFrame(frame.drop(columns=frame.geometry.name))
        cells = [[str(cell) for cell in frame[name]] for name in frame.columns]
        rows += list(zip(shapes, *cells, strict=True))
    return rows, faults


def outcome(path: Path, sound: collections.Counter[tuple[str, ...]] | None, *, shorter: bool = False) -> Outcome:
    """Return how the reading of a damaged file went against the sound one; None where that does not matter."""
    try:
        rows, faults = read(path)
    except PlannerError as error:
        told = all(f.rule.zh and f.rule.en and f.remedy.zh and f.remedy.en for f in error.faults)
        return Outcome("refused" if told and error.faults else "silent", str(error).partition("\n")[0])
    found = collections.Counter(rows)
    said = faults[0].words("en") if faults else ""
    if sound is None or found == sound:
        return Outcome("same", said)
    missing = sound.total() - found.total()
    if missing <= 0:  # features without geometry are named by the health check of every layer
        return Outcome("told" if faults else "altered", said)
    if form_of(path) in TEXTS:
        return Outcome("told" if faults else "untraced" if shorter else "silent", f"{missing} {said}")
    # a fault about the whole, or as many named as are not there
    named = {name for fault in faults for name in fault.features}
    whole = any(not fault.features for fault in faults)
    return Outcome("told" if whole or len(named) >= missing else "silent", f"{missing} {said}")


def _child(answers: Connection, folder: Path, forms: tuple[str, ...], xls: bytes) -> None:
    """Read what is asked for, until nothing is."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    bases = Bases(folder, forms, xls)
    before, harm = _peak_mib(), False
    answers.send("ready")
    while (asked := answers.recv()) is not None:
        path = asked if isinstance(asked, Path) else bases.spoil(*asked)
        sound = None if isinstance(asked, Path) else bases.rows[asked[0]]
        began = time.process_time()
        try:
            told = outcome(path, sound, shorter=bases.lost)
            if not isinstance(asked, Path) and asked[1] % 10 == 0:
                intake.faults(path)  # the same as `planner check` sees it
        except BaseException:
            told = Outcome("raised", traceback.format_exc())
        harm = harm or isinstance(asked, Path)
        if (grown := _peak_mib() - before) > (HARM_MIB if harm else MORE_MIB):
            told = Outcome("large", f"{grown:.0f} MiB more; {told.said}")
        answers.send(Outcome(told.kind, told.said, time.process_time() - began))


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB


class Reader:
    """A child process that reads files, and is started again where one of them ended it."""

    def __init__(self, folder: Path, forms: tuple[str, ...] = FORMS, xls: bytes = b"") -> None:
        self.about = (folder, forms, xls)
        self.started = 0
        self.process: multiprocessing.process.BaseProcess | None = None

    def __enter__(self) -> Reader:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _start(self) -> None:
        folder, forms, xls = self.about
        self.started += 1
        context = multiprocessing.get_context("spawn")
        self.answers, theirs = context.Pipe()
        home = folder / str(self.started)
        self.process = context.Process(target=_child, args=(theirs, home, forms, xls), daemon=True)
        self.process.start()
        theirs.close()
        assert self.answers.poll(120), "the child does not start"
        assert self.answers.recv() == "ready"

    def _stop(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.join()
        self.answers.close()

    def read(self, asked: Path | tuple[str, int], *, again: bool = True) -> Outcome:
        """Return how the reading of a file went, given itself or by format and number; twice too slow is a hang."""
        try:
            self.answers.send(asked)
            if self.answers.poll(SECONDS_MOST):
                told = self.answers.recv()
                assert isinstance(told, Outcome)
                if told.kind != "large":
                    return told
            else:
                told = Outcome("hang", f"longer than {SECONDS_MOST:g} s")
        except (EOFError, ConnectionError):
            assert self.process is not None
            self.process.join()
            told = Outcome("crash", f"exit code {self.process.exitcode}")
        self._stop()
        self._start()
        return self.read(asked, again=False) if told.kind == "hang" and again else told

    def all(self, numbers: Iterable[int], forms: Iterable[str] = FORMS) -> Iterator[tuple[str, int, Outcome]]:
        """Yield format, number and outcome of damaged files of each format."""
        for number in numbers:
            for form in forms:
                yield form, number, self.read((form, number))
