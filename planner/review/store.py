"""Variants, comments and who did what when, in one database; each write is whole or not at all.

SQLite in a file, or PostgreSQL by its URL, by the same statements. It knows neither cases nor plans: an edit is a map
of plain values, a plan some bytes. Whoever writes says which version of a variant it has seen; another has written
since, and the write is refused.
"""

from __future__ import annotations

import itertools
import logging
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from planner.errors import Fault, PlannerError
from planner.review import backups
from planner.review.opening import broken, opened, reader, unusable
from planner.review.records import (
    COMMENTS,
    DONE,
    EDITS,
    HISTORY,
    PLANS,
    VARIANTS,
    Comment,
    Edit,
    Event,
    StaleError,
    Variant,
    missing,
    now,
)
from planner.words import Words

BACKUP_EVERY = 200
"""Writes after which a backup is made, besides the one at every start."""
EVENT = tuple(HISTORY.c[name] for name in Event.__slots__)
UNREADABLE = (DatabaseError, *backups.UNREADABLE)
"""What reading or writing ends in where the database cannot."""
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
        self._reader, self._writes = reader(engine), itertools.count(1)

    @classmethod
    def open(cls, url: str | Path) -> Self:
        """Open a database, make its tables where they are not there, and keep a backup of a file.

        Parameters
        ----------
        url : str or Path
            File of SQLite, or the URL of a database.

        Raises
        ------
        StoreError
            It is damaged (the last good backup is named), of another form, or cannot be reached.
        """
        store = cls(*opened(url))
        try:
            store.back_up()
        except (sqlite3.Error, OSError) as error:
            store.close()
            assert store.file is not None
            raise unusable(store.file, error) from None
        return store

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def back_up(self) -> None:
        """Keep a copy of a file beside it; a server has backups of its own.

        Raises
        ------
        sqlite3.Error, OSError
            It cannot be written.
        """
        if self.file is not None:
            backups.make(self.file)

    # Reading

    def variants(self) -> list[Variant]:
        """Return all variants without their edits, the oldest first."""
        with self.reading() as connection:
            return [Variant(**row._mapping) for row in connection.execute(select(VARIANTS).order_by(VARIANTS.c.id))]

    def variant(self, id: int) -> Variant:
        """Return a variant with its edits.

        Raises
        ------
        MissingError
            There is none of that number.
        """
        with self.reading() as connection:
            return _variant(connection, id)

    def plan(self, id: int) -> tuple[int, bytes] | None:
        """Return the version of the plan kept of a variant, and the plan; None where there is none."""
        with self.reading() as connection:
            row = connection.execute(select(PLANS.c.version, PLANS.c.content).where(PLANS.c.variant == id)).first()
        return None if row is None else (row.version, row.content)

    def comments(self, id: int) -> list[Comment]:
        """Return what was said of a variant, the oldest first."""
        asked = select(COMMENTS).where(COMMENTS.c.variant == id).order_by(COMMENTS.c.at, COMMENTS.c.id)
        with self.reading() as connection:
            return [Comment(**row._mapping) for row in connection.execute(asked)]

    def history(
        self, source: str, id: int | None = None, *, after: int = 0, before: int | None = None, people: bool = False,
        most: int = 500,
    ) -> list[Event]:  # fmt: skip
        """Return what was done to the variants of a scenario, the latest first.

        Parameters
        ----------
        source : str
            The scenario.
        id : int, optional
            Of one variant only.
        after, before : int
            Between these events.
        people : bool
            Whether also who was let in.
        most : int
        """
        mine = HISTORY.c.source == source
        asked = select(*EVENT).where(mine | HISTORY.c.source.is_(None) if people else mine, HISTORY.c.id > after)
        if before is not None:
            asked = asked.where(HISTORY.c.id < before)
        if id is not None:
            asked = asked.where(HISTORY.c.variant == id)
        with self.reading() as connection:
            rows = connection.execute(asked.order_by(HISTORY.c.id.desc()).limit(most))
            return [Event(**row._mapping) for row in rows]

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
        with self.writing() as connection:
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
            made = _variant(connection, id)
            note(connection, author, "created", {"name": name, "of": other.name if other else None}, made, 1)
            return made

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
            note(connection, author, "removed", {"name": variant.name}, variant, variant.version + 1)

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
        with self.writing() as connection:
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
        with self.writing() as connection:
            of = {id: _variant(connection, id) for id in {comment.variant for comment in comments}}
            first: dict[str, Comment] = {}
            for one in comments:
                first.setdefault(one.id, one)
            known = set(connection.execute(select(COMMENTS.c.id).where(COMMENTS.c.id.in_(first))).scalars())
            new = [one for id, one in first.items() if id not in known]
            for one in new:
                connection.execute(insert(COMMENTS).values(**asdict(one)))
                detail = {"subject": one.subject, "text": one.text}
                note(connection, one.author, "commented", detail, of[one.variant])
            return new

    # Transactions

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection all of whose statements see the database at one moment.

        Raises
        ------
        StoreError
            It cannot be read.
        """
        try:
            with self._reader.connect() as connection:
                yield connection
        except UNREADABLE as error:
            raise broken(self.engine, self.file, error) from None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection; what is written by it is kept whole, or not at all where anything is raised.

        Raises
        ------
        StoreError
            It cannot be written.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise PlannerError(Fault("", "", MEANWHILE, AGAIN)) from None
        except UNREADABLE as error:
            raise broken(self.engine, self.file, error) from None
        if next(self._writes) % BACKUP_EVERY == 0:
            try:
                self.back_up()
            except (sqlite3.Error, OSError):
                logging.getLogger(__name__).exception("no backup of %s", self.file)  # what was written is

    @contextmanager
    def _changing(self, id: int, seen: int) -> Iterator[tuple[Connection, Variant]]:
        """Yield a variant that nobody else can change meanwhile, or refuse where it is not as it was seen."""
        with self.writing() as connection:
            connection.execute(select(VARIANTS.c.id).where(VARIANTS.c.id == id).with_for_update())
            variant = _variant(connection, id)
            if variant.version != seen:
                of = (HISTORY.c.variant == id) & (HISTORY.c.version > seen)
                rows = connection.execute(select(*EVENT).where(of).order_by(HISTORY.c.id))
                since = [Event(**row._mapping) for row in rows]
                last = since[-1] if since else None
                author, what = (last.author, DONE[last.what]) if last else ("—", "—")
                words = STALE.fill(seen=seen, now=variant.version, author=author, what=what)
                raise StaleError(Fault(variant.name, "", words, LOOK_AGAIN), variant, since)
            yield connection, variant


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


def note(
    connection: Connection, author: str, what: str, detail: Mapping[str, Any], of: Variant | None = None,
    version: int | None = None,
) -> None:  # fmt: skip
    """Write down that something was done: to a variant, which made a version of it, or to who is let in."""
    id, source = (None, None) if of is None else (of.id, of.source)
    row = {"variant": id, "version": version, "source": source, "author": author, "at": now(), "what": what}
    connection.execute(insert(HISTORY).values(**row, detail=dict(detail)))


def _stepped(
    connection: Connection, variant: Variant, author: str, what: str, detail: Mapping[str, Any], **values: Any
) -> Variant:
    """Write the next version of a variant and what was done."""
    version = variant.version + 1
    connection.execute(update(VARIANTS).where(VARIANTS.c.id == variant.id).values(version=version, **values))
    note(connection, author, what, detail, variant, version)
    return _variant(connection, variant.id)
