"""Copies of a database file kept beside it, so that a damaged one can be put back."""

from __future__ import annotations

import glob
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

KEPT = 5
"""Copies kept, the newest."""
MARK = ".backup-"


def wrong(file: Path) -> str:
    """Return what is wrong with a database file; nothing for a sound one.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "a.sqlite"
    ...     _ = file.write_bytes(b"no database at all, though it is long enough to be one" * 9)
    ...     wrong(file)
    'file is not a database'
    """
    try:
        with closing(sqlite3.connect(file, timeout=15)) as database:
            said = [str(row[0]) for row in database.execute("PRAGMA integrity_check(1)")]
    except sqlite3.Error as error:
        return str(error)
    return "" if said == ["ok"] else said[0]


def made(file: Path) -> list[Path]:
    """Return the backups of a file, the newest first."""
    return sorted(file.parent.glob(f"{glob.escape(file.name)}{MARK}[0-9]*"), reverse=True)


def make(file: Path) -> Path:
    """Copy a database that is in use, whole or not at all, and let the oldest copies go.

    Raises
    ------
    sqlite3.Error
        It cannot be read.
    """
    target = file.with_name(f"{file.name}{MARK}{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")
    aside = target.with_name(f".{target.name}.part")
    aside.unlink(missing_ok=True)
    aside.touch(mode=0o600)
    with closing(sqlite3.connect(file, timeout=15)) as source, closing(sqlite3.connect(aside)) as copy:
        source.backup(copy)
    aside.replace(target)
    for old in made(file)[KEPT:]:
        old.unlink(missing_ok=True)
    return target


def last_good(file: Path) -> Path | None:
    """Return the newest backup that is sound; None where there is none."""
    return next((copy for copy in made(file) if not wrong(copy)), None)


def made_at(copy: Path) -> str:
    """Return when a backup was made.

    Examples
    --------
    >>> made_at(Path("plans/base.review.sqlite.backup-20261128-001500-000000"))
    '2026-11-28 00:15:00 UTC'
    """
    return f"{datetime.strptime(copy.name.rpartition(MARK)[2], '%Y%m%d-%H%M%S-%f'):%Y-%m-%d %H:%M:%S} UTC"
