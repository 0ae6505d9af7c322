"""What of a GeoPackage is asked of SQLite itself: which features have geometry, views that never end, deep nesting.

Reading its layers is `ogr`'s.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.errors import DataError, Fault
from planner.intake.sources import DEPTH_MOST, FEATURES_MOST, refuse_many
from planner.words import Words

VIEW_SECONDS = 5.0
"""A view of a GeoPackage that takes longer to count may never end."""
COLLECTIONS = frozenset(code.to_bytes(4, order) for code in (7, 1007, 2007, 3007, 0x80000007)
                        for order in ("little", "big"))  # fmt: skip
"""How WKB says that it is a geometry collection, flat or not."""


def database_of(path: Path) -> sqlite3.Connection:
    """Return a GeoPackage opened so that nothing in it can be changed."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def quoted(name: str) -> str:
    """Return a name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def _geometry_of(database: sqlite3.Connection, layer: str | None) -> str:
    """Return the column of a layer that holds its geometry, as SQL."""
    named = "select column_name from gpkg_geometry_columns where table_name = ?"
    return quoted(str(database.execute(named, [layer]).fetchone()[0]))


def given(path: Path, layer: str | None) -> NDArray[np.bool_]:
    """Return whether each feature of a layer has geometry."""
    with closing(database_of(path)) as database:
        asked = f"select {_geometry_of(database, layer)} is not null from {quoted(str(layer))} order by rowid"
        return np.array([row[0] for row in database.execute(asked)], dtype=bool)


def too_deep(blob: bytes) -> bool:
    """Tell whether WKB is a geometry collection with more others in it than any that people draw."""
    return blob[1:5] in COLLECTIONS and sum(blob.count(one) for one in COLLECTIONS) > DEPTH_MOST


def is_deep(path: Path, layer: str | None) -> bool:
    """Tell whether a layer holds geometry `too_deep`, or may: GEOS would run out of stack."""
    try:
        return any(map(too_deep, _collections(path, layer)))
    except (sqlite3.Error, UnicodeDecodeError):
        return True
    except TypeError:  # no geometry
        return False


def _collections(path: Path, layer: str | None) -> list[bytes]:
    """Return the WKB of the larger geometry collections of a layer."""
    with closing(database_of(path)) as database:
        name, table = _geometry_of(database, layer), quoted(str(layer))
        # before the WKB stand 8 bytes and a box, of a size that the lower half of the fourth byte tells
        begin = (f"9 + case substr(hex(substr({name}, 4, 1)), 2, 1) when '0' then 0 when '1' then 0 when '2' then 32 "
                 f"when '3' then 32 when '8' then 64 when '9' then 64 else 48 end")  # fmt: skip
        wkb = f"substr({name}, {begin})"
        kinds = ", ".join("?" * len(COLLECTIONS))
        large = f"select {wkb} from {table} where length({name}) > ? and substr({name}, 1 + {begin}, 4) in ({kinds})"
        return [bytes(blob) for (blob,) in database.execute(large, [9 * DEPTH_MOST, *COLLECTIONS])]


# Views of a GeoPackage are programs


def refuse_endless(path: Path) -> None:
    """Raise where a view of a GeoPackage cannot be counted in time: it may never end, and GDAL cannot be stopped."""
    try:
        with closing(database_of(path)) as database:
            of = "select name from sqlite_master where type = 'view' and name in (select table_name from gpkg_contents)"
            for (view,) in database.execute(of).fetchall():
                _refuse_endless_view(database, view, path.name)
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return  # GDAL says more of what is no database


def _refuse_endless_view(database: sqlite3.Connection, view: str, file: str) -> None:
    until = time.monotonic() + VIEW_SECONDS
    database.set_progress_handler(lambda: time.monotonic() > until, 100_000)
    few = f"select count(*) from (select 1 from {quoted(view)} limit {FEATURES_MOST + 1})"
    try:
        refuse_many(int(database.execute(few).fetchone()[0]), f"{file}:{view}")
    except sqlite3.OperationalError as error:
        if time.monotonic() < until:
            raise
        rule = Words(f"视图 {VIEW_SECONDS:g} 秒内未算完", f"this view does not end within {VIEW_SECONDS:g} s")
        remedy = Words("请把视图导出为普通图层", "Export the view as a plain layer")
        raise DataError(Fault(f"{file}:{view}", "", rule, remedy)) from error
