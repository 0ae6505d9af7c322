"""The database opened: a file of SQLite, sound and safe against a killed process, or a server by its URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from planner.errors import DataError, Fault
from planner.review import backups
from planner.words import Words

BUSY_S = 15.0
"""How long a write waits for another."""
READING = "reading"
"""Option of a connection that only reads: on SQLite it waits for no writer."""
DAMAGED = Words("数据库已损坏：{why}", "the database is damaged: {why}")
PUT_BACK = Words(
    "最近的完好备份是 {backup}（{at}）；把它复制为 {file} 即可恢复",
    "The last good backup is {backup} ({at}); copy it to {file} to go on from there",
)
NO_BACKUP = Words("没有完好的备份；移走该文件即可重新开始", "There is no good backup; move the file away to begin anew")
UNREACHABLE = Words("连接不上数据库：{why}", "the database cannot be reached: {why}")
CHECK_URL = Words("请核对地址、用户和口令", "Check address, user and password")


def opened(url: str | Path) -> tuple[Engine, Path | None]:
    """Return a database, and its file where it is one.

    Parameters
    ----------
    url : str or Path
        File of SQLite, or the URL of a database.

    Raises
    ------
    DataError
        The file is damaged, or the URL is none.
    """
    text = str(url)
    try:
        if "://" in text and not text.startswith("sqlite:"):
            return create_engine(make_url(text).set(drivername="postgresql+psycopg"), pool_pre_ping=True), None
        file = Path(make_url(text).database or "") if "://" in text else Path(text)
    except SQLAlchemyError as error:
        raise unreachable(text, error) from None
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and (why := backups.wrong(file)):
        raise DataError(damage(file, why))
    if not file.exists():
        file.touch(mode=0o600)  # it holds what signs sessions
    address = URL.create("sqlite", database=str(file))
    engine = create_engine(address, connect_args={"timeout": BUSY_S, "check_same_thread": False})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine, file


def _on_connect(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get(READING)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")  # after reading it could not go on to write


def damage(file: Path, why: str) -> Fault:
    """Return that a file is damaged, and which backup to put back."""
    last = backups.last_good(file)
    remedy = NO_BACKUP if last is None else PUT_BACK.fill(backup=last, at=backups.made_at(last), file=file)
    return Fault(str(file), "", DAMAGED.fill(why=why), remedy)


def unreachable(url: str, error: Exception) -> DataError:
    """Return that a database cannot be reached, without its password."""
    try:
        shown = make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        shown = url.split("://", maxsplit=1)[0]
    why = str(getattr(error, "orig", None) or error).splitlines()[0]
    return DataError(Fault(shown, "", UNREACHABLE.fill(why=why), CHECK_URL))
