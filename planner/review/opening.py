"""The database opened: a file of SQLite, sound and safe against a killed process, or a server by its URL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from planner.errors import DataError, Fault
from planner.review import backups
from planner.review.records import FORM, META, SCHEMA
from planner.words import Words

READING = "reading"
"""Option of a connection that only reads: on SQLite it waits for no writer."""
DAMAGED = Words("数据库已损坏：{why}", "the database is damaged: {why}")
EMPTY = Words("文件是空的", "the file is empty")
PUT_BACK = Words(
    "最近的完好备份是 {backup}（{at}）；移走 {file} 及同名的 -wal、-shm 文件，再把备份复制为 {file} 即可恢复",
    "The last good backup is {backup} ({at}); move {file} away, with its -wal and -shm, then copy the backup to {file}",
)
NO_BACKUP = Words(
    "没有完好的备份；移走该文件及同名的 -wal、-shm 文件即可重新开始",
    "There is no good backup; move the file away, with its -wal and -shm, to begin anew",
)
UNREACHABLE = Words("连接不上数据库：{why}", "the database cannot be reached: {why}")
CHECK_URL = Words("请核对地址、用户和口令", "Check address, user and password")
UNUSABLE = Words("数据库文件不能读写：{why}", "the file of the database cannot be used: {why}")
CHECK_FOLDER = Words(
    "请确认所在文件夹可写、磁盘有空间、文件未被占用",
    "Check that its folder can be written to and has room, and that nobody else holds it",
)
NOT_OURS = Words("这不是审阅数据库，或出自更早的版本", "this is no database of reviews, or one of an earlier planner")
OTHER_FORM = Words(
    "审阅数据库的格式为第 {found} 版，本程序读写第 {own} 版",
    "this database of reviews is of form {found}; this planner reads and writes form {own}",
)
OTHER_FILE = Words(
    "用 --database 另指一处，或用相应版本的 planner 打开", "Name another with --database, or use the planner it is of"
)


class StoreError(DataError):
    """The database cannot be read or written."""


def opened(url: str | Path) -> tuple[Engine, Path | None]:
    """Return a database with its tables, and its file where it is one.

    Parameters
    ----------
    url : str or Path
        File of SQLite, or the URL of a database.

    Raises
    ------
    StoreError
        It is damaged, of another form, or cannot be reached.
    """
    text = str(url)
    try:
        if "://" in text and not text.startswith("sqlite:"):
            engine, file = create_engine(make_url(text).set(drivername="postgresql+psycopg"), pool_pre_ping=True), None
        else:
            file = Path(make_url(text).database or "") if "://" in text else Path(text)
            engine = _file(file)
    except SQLAlchemyError as error:
        raise unreachable(text, error) from None
    try:
        _made(engine, file)
    except SQLAlchemyError as error:
        engine.dispose()
        raise broken(engine, file, error) from None
    except StoreError:
        engine.dispose()
        raise
    return engine, file


def _file(file: Path) -> Engine:
    """Return a file of SQLite, new or found sound."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        size = file.stat().st_size if file.exists() else None
        if size and (why := backups.wrong(file)):
            raise _damage(file, why)
        if size == 0 and backups.made(file):
            raise _damage(file, EMPTY)
        backups.sweep(file)
        file.touch(mode=0o600)  # nobody else's: it holds hashes of passwords
    except (OSError, sqlite3.Error) as error:
        raise unusable(file, error) from None
    address = URL.create("sqlite", database=str(file))
    engine = create_engine(address, connect_args={"timeout": backups.BUSY_S, "check_same_thread": False})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get(READING)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")  # after reading it could not go on to write


def _made(engine: Engine, file: Path | None) -> None:
    """Make the tables where there are none yet, all at once; raise where they are of another form, or none of ours."""
    with engine.begin() as connection:
        there = set(inspect(connection).get_table_names())
        if FORM.name not in there:
            if there if file else there & set(META.tables):
                raise StoreError(Fault(_shown(engine), "", NOT_OURS, OTHER_FILE))
            META.create_all(connection)
            connection.execute(insert(FORM).values(version=SCHEMA))
        elif (found := connection.execute(select(FORM.c.version)).scalar()) != SCHEMA:
            raise StoreError(Fault(_shown(engine), "", OTHER_FORM.fill(found=found, own=SCHEMA), OTHER_FILE))
    if file is not None:
        with closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA journal_mode = WAL")  # who reads waits for no writer; the file keeps it


def reader(engine: Engine) -> Engine:
    """Return a database as it is read: all statements of one reading see it at one moment."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{READING: True})
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


# What may be wrong


def broken(engine: Engine, file: Path | None, error: Exception) -> StoreError:
    """Return what an error of the database means: the file is damaged, cannot be used, or the server not be reached."""
    cause = getattr(error, "orig", None) or error
    if file is None:
        return unreachable(_shown(engine), error)
    if backups.damages(cause):
        return _damage(file, str(cause))
    return unusable(file, cause)


def _damage(file: Path, why: str | Words) -> StoreError:
    """Return that a file is damaged, and which backup to put back."""
    last = backups.last_good(file)
    remedy = NO_BACKUP if last is None else PUT_BACK.fill(backup=last, at=backups.made_at(last), file=file)
    return StoreError(Fault(str(file), "", DAMAGED.fill(why=why), remedy))


def unusable(file: Path, error: BaseException) -> StoreError:
    """Return that a file cannot be read or written."""
    why = getattr(error, "strerror", None) or str(error)
    return StoreError(Fault(str(file), "", UNUSABLE.fill(why=why), CHECK_FOLDER))


def unreachable(url: str, error: Exception) -> StoreError:
    """Return that a server cannot be reached, without its password."""
    try:
        shown = make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        shown = url.split("://", maxsplit=1)[0]
    why = str(getattr(error, "orig", None) or error).splitlines()[0]
    return StoreError(Fault(shown, "", UNREACHABLE.fill(why=why), CHECK_URL))


def _shown(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)
