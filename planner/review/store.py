"""Variants, comments, sign-offs and who did what when, in one database; each write is whole or not at all.

SQLite in a file, or PostgreSQL by its URL, by the same statements. It knows neither cases nor plans: an edit is a map
of plain values, a plan some bytes. Whoever writes says which version of a variant it has seen; another has written
since, and the write is refused.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError, SQLAlchemyError

from planner.errors import DataError, Fault, PlannerError
from planner.review import backups
from planner.review.opening import READING, damage, opened, unreachable
from planner.review.records import (
    COMMENTS,
    EDITS,
    HISTORY,
    META,
    PLANS,
    SECRETS,
    USERS,
    VARIANTS,
    Comment,
    Edit,
    Event,
    MissingError,
    StaleError,
    User,
    Variant,
)
from planner.words import Words

BACKUP_EVERY = 200
"""Writes after which a backup is made, besides the one at every start."""
DAMAGES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""What SQLite says of a damaged file; a busy or full one is sound."""
NO_VARIANT = Words("没有编号为 {id} 的方案版本", "there is no variant {id}")
LIST_THEM = Words("请刷新列表", "Look at the list again")
TAKEN = Words("名称“{name}”已被使用", "the name {name!r} is taken")
MEANWHILE = Words("他人同时写入了同一内容", "somebody else has written the same at the same time")
AGAIN = Words("请刷新后再试", "Look at it again, then try again")
OTHER_NAME = Words("请换一个名称", "Choose another name")
STALE = Words(
    "您看到的是第 {seen} 版，{author} 已改为第 {now} 版：{what}",
    "you have seen version {seen}; by now it is version {now}, by {author}: {what}",
)
LOOK_AGAIN = Words("请对照两个版本后再提交", "Compare the two versions, then ask again")
NOTHING_TO = {
    -1: Words("没有可撤销的修改", "there is nothing to undo"),
    1: Words("没有可重做的修改", "there is nothing to redo"),
}


class Store:
    """The database, opened."""

    def __init__(self, engine: Engine, file: Path | None) -> None:
        self.engine, self.file = engine, file
        self._writes = 0

    @classmethod
    def open(cls, url: str | Path) -> Self:
        """Open a database, make its tables where they are not there, and keep a backup of a file.

        Parameters
        ----------
        url : str or Path
            File of SQLite, or the URL of a database.

        Raises
        ------
        DataError
            It is damaged (the last good backup is named), or cannot be reached.
        """
        engine, file = opened(url)
        store = cls(engine, file)
        try:
            META.create_all(engine)
        except SQLAlchemyError as error:
            engine.dispose()
            raise unreachable(str(engine.url), error) from None
        store.back_up()
        return store

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def back_up(self) -> None:
        """Keep a copy of a file beside it; a server has backups of its own."""
        if self.file is not None:
            backups.make(self.file)

    # Reading

    def variants(self) -> list[Variant]:
        """Return all variants without their edits, the oldest first."""
        with self._reading() as connection:
            return [Variant(**row._mapping) for row in connection.execute(select(VARIANTS).order_by(VARIANTS.c.id))]

    def variant(self, id: int) -> Variant:
        """Return a variant with its edits.

        Raises
        ------
        MissingError
            There is none of that number.
        """
        with self._reading() as connection:
            return _variant(connection, id)

    def plan(self, id: int) -> tuple[int, bytes] | None:
        """Return the version of the plan kept of a variant, and the plan; None where there is none."""
        with self._reading() as connection:
            row = connection.execute(select(PLANS.c.version, PLANS.c.content).where(PLANS.c.variant == id)).first()
        return None if row is None else (row.version, row.content)

    def comments(self, id: int) -> list[Comment]:
        """Return what was said of a variant, the oldest first."""
        asked = select(COMMENTS).where(COMMENTS.c.variant == id).order_by(COMMENTS.c.at, COMMENTS.c.id)
        with self._reading() as connection:
            return [Comment(**row._mapping) for row in connection.execute(asked)]

    def history(self, id: int | None = None, after: int = 0, most: int = 500) -> list[Event]:
        """Return what was done, the latest first: to one variant or all, after an event."""
        asked = select(HISTORY).where(HISTORY.c.id > after)
        if id is not None:
            asked = asked.where(HISTORY.c.variant == id)
        with self._reading() as connection:
            rows = connection.execute(asked.order_by(HISTORY.c.id.desc()).limit(most))
            return [Event(**row._mapping) for row in rows]

    def user(self, name: str) -> User | None:
        """Return a user; None where there is none of that name."""
        with self._reading() as connection:
            row = connection.execute(select(USERS).where(USERS.c.name == name)).first()
        return None if row is None else User(**row._mapping)

    def users(self) -> list[User]:
        """Return everybody who may log in."""
        with self._reading() as connection:
            return [User(**row._mapping) for row in connection.execute(select(USERS).order_by(USERS.c.name))]

    def secret(self, name: str, otherwise: str) -> str:
        """Return a secret of the server; the first to ask sets it."""
        with self._writing() as connection:
            found = connection.execute(select(SECRETS.c.value).where(SECRETS.c.name == name)).scalar()
            if found is None:
                connection.execute(insert(SECRETS).values(name=name, value=otherwise))
            return found or otherwise

    # Writing

    def create(self, name: str, source: str, author: str, of: int | None = None) -> Variant:
        """Make a variant, empty or with the edits and the plan of another.

        Raises
        ------
        PlannerError
            The name is taken.
        MissingError
            The other is not there.
        """
        with self._writing() as connection:
            _free(connection, name)
            other = None if of is None else _variant(connection, of)
            values = {
                "name": name, "source": other.source if other else source, "version": 1, "author": author, "at": now(),
                "position": other.position if other else 0,
            }  # fmt: skip
            id = int(connection.execute(insert(VARIANTS).values(**values)).inserted_primary_key[0])  # type: ignore[index]
            if other is not None:
                rows = [_row(id, edit) for edit in other.edits]
                if rows:
                    connection.execute(insert(EDITS), rows)
                plan = connection.execute(select(PLANS.c.content).where(PLANS.c.variant == of)).scalar()
                if plan is not None and _current(connection, other):
                    connection.execute(insert(PLANS).values(variant=id, version=1, content=plan))
            _note(connection, id, 1, author, "created", {"name": name, "of": other.name if other else None})
            return _variant(connection, id)

    def rename(self, id: int, seen: int, name: str, author: str) -> Variant:
        """Give a variant another name; see `append` for what may be wrong."""
        with self._changing(id, seen) as (connection, variant):
            if variant.name != name:
                _free(connection, name)
            return _stepped(connection, variant, author, "renamed", {"name": name, "was": variant.name}, name=name)

    def remove(self, id: int, seen: int, author: str) -> None:
        """Take a variant away; what was done to it stays in the history."""
        with self._changing(id, seen) as (connection, variant):
            for table in (EDITS, PLANS, COMMENTS):
                connection.execute(delete(table).where(table.c.variant == id))
            connection.execute(delete(VARIANTS).where(VARIANTS.c.id == id))
            _note(connection, id, variant.version + 1, author, "removed", {"name": variant.name})

    def append(self, id: int, seen: int, asked: Mapping[str, Any], diff: Mapping[str, Any], author: str) -> Variant:
        """Make an edit; those undone are let go.

        Raises
        ------
        MissingError
            There is no such variant.
        StaleError
            It is of another version than the one seen.
        """
        with self._changing(id, seen) as (connection, variant):
            undone = (EDITS.c.variant == id) & (EDITS.c.number > variant.position)
            connection.execute(delete(EDITS).where(undone))
            edit = Edit(variant.position + 1, dict(asked), dict(diff), author, now())
            connection.execute(insert(EDITS).values(**_row(id, edit)))
            detail = {"asked": dict(asked), "diff": dict(diff)}
            return _stepped(connection, variant, author, "edited", detail, position=edit.number)

    def step(self, id: int, seen: int, by: int, author: str) -> Variant:
        """Undo an edit (by −1) or make it again (by 1); see `append` for what else may be wrong.

        Raises
        ------
        PlannerError
            There is none.
        """
        with self._changing(id, seen) as (connection, variant):
            position = variant.position + by
            if not 0 <= position <= len(variant.edits):
                raise PlannerError(Fault(variant.name, "", NOTHING_TO[by], Words("", "")))
            edit, what = variant.edits[min(position, variant.position)], "undone" if by < 0 else "redone"
            detail = {"asked": dict(edit.asked), "diff": dict(edit.diff)}
            return _stepped(connection, variant, author, what, detail, position=position)

    def keep_plan(self, id: int, version: int, content: bytes) -> bool:
        """Keep the plan of a version, unless the variant has gone on; return whether it is kept."""
        with self._writing() as connection:
            if connection.execute(select(VARIANTS.c.version).where(VARIANTS.c.id == id)).scalar() != version:
                return False
            connection.execute(delete(PLANS).where(PLANS.c.variant == id))
            connection.execute(insert(PLANS).values(variant=id, version=version, content=content))
            return True

    def comment(self, id: int, subject: str, text: str, author: str) -> Comment:
        """Add a comment."""
        comment = Comment(str(uuid.uuid4()), id, subject, text, author, now())
        self.merge([comment])
        return comment

    def merge(self, comments: Sequence[Comment]) -> list[Comment]:
        """Add comments made elsewhere, those that are not here yet; return these.

        Raises
        ------
        MissingError
            There is no such variant.
        """
        with self._writing() as connection:
            for id in {comment.variant for comment in comments}:
                _variant(connection, id)
            names = [comment.id for comment in comments]
            known = set(connection.execute(select(COMMENTS.c.id).where(COMMENTS.c.id.in_(names))).scalars())
            new = [comment for comment in comments if comment.id not in known]
            for one in new:
                connection.execute(insert(COMMENTS).values(**asdict(one)))
                detail = {"subject": one.subject, "text": one.text}
                _note(connection, one.variant, None, one.author, "commented", detail)
            return new

    def keep_user(self, name: str, role: str, hash: str, author: str) -> None:
        """Let somebody in, or change role and password; sessions begun before are over."""
        with self._writing() as connection:
            since = connection.execute(select(USERS.c.since).where(USERS.c.name == name)).scalar()
            connection.execute(delete(USERS).where(USERS.c.name == name))
            connection.execute(insert(USERS).values(name=name, role=role, hash=hash, since=(since or 0) + 1))
            _note(connection, None, None, author, "user", {"name": name, "role": role})

    # Transactions

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                yield connection.execution_options(**{READING: True})
        except DatabaseError as error:
            raise self._broken(error) from None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self.engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise PlannerError(Fault("", "", MEANWHILE, AGAIN)) from None
        except DatabaseError as error:
            raise self._broken(error) from None
        self._writes += 1
        if self._writes % BACKUP_EVERY == 0:
            self.back_up()

    @contextmanager
    def _changing(self, id: int, seen: int) -> Iterator[tuple[Connection, Variant]]:
        """Yield a variant that nobody else can change meanwhile, or refuse where it is not as it was seen."""
        with self._writing() as connection:
            connection.execute(select(VARIANTS.c.id).where(VARIANTS.c.id == id).with_for_update())
            variant = _variant(connection, id)
            if variant.version != seen:
                of = (HISTORY.c.variant == id) & (HISTORY.c.version > seen)
                rows = connection.execute(select(HISTORY).where(of).order_by(HISTORY.c.id))
                since = [Event(**row._mapping) for row in rows]
                last = since[-1] if since else None
                words = STALE.fill(
                    seen=seen, now=variant.version, author=last.author if last else "—", what=last.what if last else "—"
                )
                raise StaleError(Fault(variant.name, "", words, LOOK_AGAIN), variant, since)
            yield connection, variant

    def _broken(self, error: DatabaseError) -> DataError:
        code = getattr(error.orig, "sqlite_errorcode", None)
        if self.file is None or code not in DAMAGES:
            return unreachable(str(self.engine.url), error)
        return DataError(damage(self.file, str(error.orig)))


def now() -> str:
    """Return the time, as it is kept: in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def missing(id: int) -> MissingError:
    """Return that there is no variant of a number."""
    return MissingError(Fault("", "", NO_VARIANT.fill(id=id), LIST_THEM))


def _variant(connection: Connection, id: int) -> Variant:
    row = connection.execute(select(VARIANTS).where(VARIANTS.c.id == id)).first()
    if row is None:
        raise missing(id)
    edits = connection.execute(select(EDITS).where(EDITS.c.variant == id).order_by(EDITS.c.number))
    made = tuple(Edit(one.number, one.asked, one.diff, one.author, one.at) for one in edits)
    return Variant(**row._mapping, edits=made)


def _free(connection: Connection, name: str) -> None:
    if connection.execute(select(func.count()).select_from(VARIANTS).where(VARIANTS.c.name == name)).scalar():
        raise PlannerError(Fault("", "", TAKEN.fill(name=name), OTHER_NAME))


def _current(connection: Connection, variant: Variant) -> bool:
    kept = connection.execute(select(PLANS.c.version).where(PLANS.c.variant == variant.id)).scalar()
    return bool(kept == variant.version)


def _row(id: int, edit: Edit) -> dict[str, Any]:
    return {"variant": id, **asdict(edit)}


def _note(
    connection: Connection, id: int | None, version: int | None, author: str, what: str, detail: Mapping[str, Any]
) -> None:
    row = {"variant": id, "version": version, "author": author, "at": now(), "what": what, "detail": dict(detail)}
    connection.execute(insert(HISTORY).values(**row))


def _stepped(
    connection: Connection, variant: Variant, author: str, what: str, detail: Mapping[str, Any], **values: Any
) -> Variant:
    """Write the next version of a variant and what was done."""
    version = variant.version + 1
    connection.execute(update(VARIANTS).where(VARIANTS.c.id == variant.id).values(version=version, **values))
    _note(connection, variant.id, version, author, what, detail)
    return _variant(connection, variant.id)
