"""Copies of a database file kept beside it, so that a damaged one can be put back."""

from __future__ import annotations

import glob
import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

KEPT, DAYS = 5, 14
"""Copies kept: the newest, and the last of each of the days on which any was made."""
MARK = ".backup-"
STAMP = "%Y%m%d-%H%M%S-%f"
STAMPED = re.compile(r"\d{8}-\d{6}-\d{6}")
BUSY_S = 15.0
"""How long a database waits for another who writes."""
SOUND = (
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM,
)  # fmt: skip
"""Errors of SQLite that say nothing against the file: it is busy, full, or may not be read or written."""
UNREADABLE = (sqlite3.Error, UnicodeDecodeError, json.JSONDecodeError)
"""What reading a file may end in."""
JSON_COLUMNS = """
    select m.name, c.name from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table' and c.type = 'JSON'
"""


def wrong(file: Path, *, copy: bool = False) -> str:
    """Return what is wrong with a database file, found by reading all of it; nothing for a sound one.

    Parameters
    ----------
    file : Path
    copy : bool
        Whether nobody writes to it, so that it is read without leaving anything beside it.

    Raises
    ------
    sqlite3.Error
        It cannot be read, whether or not it is sound.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "a.sqlite"
    ...     _ = file.write_bytes(b"no database at all, though it is long enough to be one" * 9)
    ...     wrong(file)
    'file is not a database'
    """
    address = f"file:{quote(str(file.resolve()))}?{'mode=ro&immutable=1' if copy else 'mode=rw'}"
    try:
        with closing(sqlite3.connect(address, timeout=BUSY_S, uri=True)) as database:
            said = [str(row[0]) for row in database.execute("PRAGMA integrity_check(1)")]
            return _unread(database) if said == ["ok"] else said[0]
    except UNREADABLE as error:
        if not damages(error):
            raise
        return str(error)


def damages(error: BaseException) -> bool:
    """Return whether an error says that a file is damaged."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, UNREADABLE) and (code is None or code & 0xFF not in SOUND)


def _unread(database: sqlite3.Connection) -> str:
    """Return what cannot be read of a file whose pages are whole: text that is none, JSON that is none."""
    tables = [row[0] for row in database.execute("select name from sqlite_master where type = 'table'")]
    for table in tables:
        for _ in database.execute(f'select * from "{table}"'):
            pass  # text is decoded as it is read
    for table, column in database.execute(JSON_COLUMNS).fetchall():
        if database.execute(f'select 1 from "{table}" where not json_valid("{column}") limit 1').fetchone():
            return f"no JSON in {table}.{column}"
    return ""


def made(file: Path) -> list[Path]:
    """Return the backups of a file, the newest first."""
    start = f"{file.name}{MARK}"
    found = file.parent.glob(f"{glob.escape(start)}[0-9]*")
    return sorted((one for one in found if STAMPED.fullmatch(one.name.removeprefix(start))), reverse=True)


def make(file: Path) -> Path:
    """Copy a database that is in use, whole or not at all, and let go of the copies that are `spare`.

    Raises
    ------
    sqlite3.Error, OSError
        It cannot be read, or the copy not be written.
    """
    target = file.with_name(f"{file.name}{MARK}{datetime.now(UTC).strftime(STAMP)}")
    aside = target.with_name(f".{target.name}.part")
    try:
        aside.touch(mode=0o600)
        with closing(sqlite3.connect(file, timeout=BUSY_S)) as source, closing(sqlite3.connect(aside)) as copy:
            source.backup(copy)
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    for old in spare(made(file)):
        old.unlink(missing_ok=True)
    return target


def sweep(file: Path) -> None:
    """Remove what a killed process has left of backups that it had begun."""
    for part in file.parent.glob(f".{glob.escape(file.name)}{MARK}*.part"):
        part.unlink(missing_ok=True)


def spare(copies: list[Path]) -> list[Path]:
    """Return which of some backups need not be kept; they come the newest first.

    Examples
    --------
    >>> at = [f"202611{day}-{hour:02}0000-000000" for day in (28, 27) for hour in range(9, 2, -1)]
    >>> kept = {*(names := [Path(f"a{MARK}{one}") for one in at])} - {*spare(names)}
    >>> sorted(copy.name[-16:-11] for copy in kept)  # day and hour: five of the 28th, the last of the 27th
    ['27-09', '28-05', '28-06', '28-07', '28-08', '28-09']
    """
    days: dict[str, Path] = {}
    for copy in copies:
        days.setdefault(copy.name.rpartition(MARK)[2][:8], copy)
    kept = {*copies[:KEPT], *list(days.values())[:DAYS]}
    return [copy for copy in copies if copy not in kept]


def last_good(file: Path) -> Path | None:
    """Return the newest backup that is sound; None where there is none."""
    return next((copy for copy in made(file) if _good(copy)), None)


def _good(copy: Path) -> bool:
    try:
        return not wrong(copy, copy=True)
    except sqlite3.Error:
        return False


def made_at(copy: Path) -> str:
    """Return when a backup was made.

    Examples
    --------
    >>> made_at(Path("plans/base.review.sqlite.backup-20261128-001500-000000"))
    '2026-11-28 00:15:00 UTC'
    """
    return f"{datetime.strptime(copy.name.rpartition(MARK)[2], STAMP):%Y-%m-%d %H:%M:%S} UTC"
