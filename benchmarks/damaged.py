"""Files of many parcels in every format, and the same files with some features damaged: what a disk or a person does.

What is damaged stays a file of its format; one record in so many is not what it should be. Used by ``run.py`` at full
size and by the tests at a small one.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from planner.intake.sources import faults_of
from planner.intake.vector import read_any
from planner.intake.writing import write_layer

EAST, NORTH, WIDE, STEP = 485_000.0, 2_520_000.0, 25.0, 30.0
IN_ROW = 500
FGB_NODE = 16
"""Entries of a node of FlatGeobuf's index."""


def parcels(count: int, crs: str = "EPSG:4547") -> gpd.GeoDataFrame:
    """Return squares of 25 m × 25 m on a grid of 30 m, numbered."""
    k = np.arange(count)
    x, y = EAST + k % IN_ROW * STEP, NORTH + k // IN_ROW * STEP
    columns = {"parcel_id": [f"P{n:06d}" for n in k], "name": [f"地块{n}" for n in k], "far": k % 7 * 0.5}
    return gpd.GeoDataFrame(columns, geometry=shapely.box(x, y, x + WIDE, y + WIDE), crs=crs)


def _gpkg(path: Path, every: int) -> None:
    """Overwrite the geometry of features with other bytes, or cut it."""
    with closing(sqlite3.connect(path)) as database:
        for (trigger,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f'drop trigger "{trigger}"')
        change = "update parcels set geom = substr(geom, 1, length(geom) - 20) where (fid - 1) % ? = 0"
        database.execute(change, [every])
        database.commit()


def _shp(path: Path, every: int) -> None:
    """Give records a kind of geometry that there is not."""
    index = path.with_suffix(".shx").read_bytes()[100:]
    data = bytearray(path.read_bytes())
    for at in range(0, len(index), 8 * every):
        record = int.from_bytes(index[at : at + 4], "big") * 2
        data[record + 8 : record + 12] = struct.pack("<i", 99)
    path.write_bytes(data)


def _geojson(path: Path, every: int) -> None:
    """Leave a colon out, so that the whole text is no JSON."""
    lines = path.read_bytes().split(b"\n")
    features = [k for k, line in enumerate(lines) if line.startswith(b'{ "type": "Feature"')]
    for k in features[::every]:
        lines[k] = lines[k].replace(b'"name":', b'"name"', 1)
    path.write_bytes(b"\n".join(lines))


def _kml(path: Path, every: int) -> None:
    """Leave a tag open, so that the whole text is no XML."""
    head, *marks = path.read_bytes().split(b"<Placemark")
    for k in range(0, len(marks), every):
        marks[k] = marks[k].replace(b"</coordinates>", b"", 1)
    path.write_bytes(b"<Placemark".join([head, *marks]))


def _csv(path: Path, every: int) -> None:
    """Cut the last bracket of WKT."""
    head, *lines = path.read_bytes().splitlines(keepends=True)
    for k in range(0, len(lines), every):
        lines[k] = lines[k].replace(b"))", b")", 1)
    path.write_bytes(head + b"".join(lines))


def _txt(path: Path, every: int) -> None:
    """Cut a line of coordinates in two."""
    head, *plots = path.read_bytes().split(b"J1,1,")
    for k in range(0, len(plots), 2 * every):  # J1 stands twice, for a ring ends where it began
        plots[k] = plots[k].replace(b",", b"\n", 1)
    path.write_bytes(b"J1,1,".join([head, *plots]))


def _parquet(path: Path, every: int) -> None:
    """Cut the geometry of features."""
    table = pq.read_table(path)
    at = table.column_names.index("geometry")
    blobs = [blob[:-9] if k % every == 0 else blob for k, blob in enumerate(table["geometry"].to_pylist())]
    pq.write_table(table.set_column(at, table.schema.field(at), pa.array(blobs, type=pa.binary())), path)


def _fgb(path: Path, every: int) -> None:
    """Overwrite where a record says that its parts begin; it then fails its check."""
    data = bytearray(path.read_bytes())
    header = int.from_bytes(data[8:12], "little")
    count = data.count(b"\xe5\x9c\xb0\xe5\x9d\x97")
    nodes = level = count
    while level > 1:
        level = -(-level // FGB_NODE)
        nodes += level
    at = 12 + header + 40 * nodes
    for k in range(count):
        size = int.from_bytes(data[at : at + 4], "little")
        if k % every == 0:
            data[at + 4 : at + 8] = b"\xff\xff\xff\x7f"
        at += 4 + size
    path.write_bytes(data)


DAMAGE: Mapping[str, Callable[[Path, int], None]] = {
    ".gpkg": _gpkg,
    ".shp": _shp,
    ".geojson": _geojson,
    ".kml": _kml,
    ".csv": _csv,
    ".txt": _txt,
    ".parquet": _parquet,
    ".fgb": _fgb,
}
"""By format: damages one feature in so many, the first among them."""


def write(folder: Path, suffix: str, count: int, every: int) -> tuple[Path, Path]:
    """Write a file of parcels and a copy with one feature in so many damaged; return both."""
    frame = parcels(count)
    if suffix == ".txt":
        frame = frame[["geometry"]].assign(地块编号=frame["parcel_id"], 地块名称=frame["name"])
    sound, damaged = folder / "sound" / f"parcels{suffix}", folder / "damaged" / f"parcels{suffix}"
    sound.parent.mkdir()
    write_layer(sound, frame, "parcels")
    shutil.copytree(sound.parent, damaged.parent)
    DAMAGE[suffix](damaged, every)
    return sound, damaged


def read(path: Path) -> tuple[int, int]:
    """Read a file as `planner check` does; return how many features have geometry, and how many are named."""
    frame = read_any(path, None, None, where=path.name)
    named = {name for fault in faults_of(frame) if fault.fatal for name in fault.features}
    return int(frame.geometry.notna().sum()), len(named)
