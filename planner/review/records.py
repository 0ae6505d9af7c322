"""What stands in the database of a review: its tables, and their rows as values.

An edit is a map of plain values, a plan some bytes: neither cases nor plans are known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Integer, LargeBinary, MetaData, String, Table, Text

from planner.errors import Fault, PlannerError
from planner.words import Words

SCHEMA = 1
"""Of which form these tables are; another form, another number."""
NAME_MOST, TEXT_MOST = 120, 4_000
"""Signs of a name, and of a comment, at most."""
AUTHOR_MOST = 2 * NAME_MOST + 3
"""Signs of who said something elsewhere and of who brought it."""
NO_VARIANT = Words("没有编号为 {id} 的方案版本", "there is no variant {id}")
LIST_THEM = Words("请刷新列表", "Look at the list again")
META = MetaData()
ROLES: Mapping[str, Words] = {
    "viewer": Words("查看", "viewer"),
    "planner": Words("规划", "planner"),
    "owner": Words("负责", "owner"),
}
"""Each may do what those before it may."""
DONE: Mapping[str, Words] = {
    "created": Words("建立版本", "made the variant"),
    "edited": Words("修改", "edited"),
    "undone": Words("撤销", "undid"),
    "redone": Words("重做", "redid"),
    "renamed": Words("改名", "renamed"),
    "removed": Words("删除", "removed"),
    "commented": Words("意见", "said"),
    "user": Words("用户", "let in"),
    "user_removed": Words("移除用户", "let in no more"),
}
"""What the history tells was done."""


def _by() -> tuple[Column[str], Column[str]]:
    """Return who and when, as columns."""
    return Column("author", String(AUTHOR_MOST), nullable=False), Column("at", String(32), nullable=False)


def _of(*, key: bool) -> Column[int]:
    """Return of which variant, as a column: part of the key, or looked up by."""
    variant = ForeignKey("variants.id", ondelete="CASCADE")
    return Column("variant", Integer, variant, primary_key=key, nullable=False, index=not key)


VARIANTS = Table(
    "variants", META,
    Column("id", Integer, primary_key=True),
    Column("name", String(NAME_MOST), nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    *_by(),
    sqlite_autoincrement=True,  # the number of one that is removed is never another's
)  # fmt: skip
EDITS = Table(
    "edits", META,
    _of(key=True),
    Column("number", Integer, primary_key=True),
    Column("asked", JSON, nullable=False),
    Column("diff", JSON, nullable=False),
    *_by(),
)  # fmt: skip
PLANS = Table(
    "plans", META,
    _of(key=True),
    Column("version", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)  # fmt: skip
COMMENTS = Table(
    "comments", META,
    Column("id", String(36), primary_key=True),
    _of(key=False),
    Column("subject", String(NAME_MOST), nullable=False),
    Column("text", Text, nullable=False),
    *_by(),
)  # fmt: skip
HISTORY = Table(
    "history", META,
    Column("id", Integer, primary_key=True),
    Column("variant", Integer, nullable=True, index=True),
    Column("version", Integer, nullable=True),
    Column("source", Text, nullable=True, index=True),
    *_by(),
    Column("what", String(32), nullable=False),
    Column("detail", JSON, nullable=False),
)  # fmt: skip
USERS = Table(
    "users", META,
    Column("name", String(NAME_MOST), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("hash", Text, nullable=False),
)  # fmt: skip
SESSIONS = Table(
    "sessions", META,
    Column("key", String(64), primary_key=True),
    Column("user", ForeignKey("users.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("ends", Integer, nullable=False),
)  # fmt: skip
FORM = Table("review_schema", META, Column("version", Integer, primary_key=True))
"""One row: the number of the form of these tables."""


class MissingError(PlannerError):
    """What is asked about is not there."""


class StaleError(PlannerError):
    """Somebody else has written since.

    Attributes
    ----------
    now : Variant
        As it is by now.
    since : tuple of Event
        What was done to it since the version seen.
    """

    def __init__(self, fault: Fault, now: Variant, since: Sequence[Event]) -> None:
        super().__init__(fault)
        self.now, self.since = now, tuple(since)


@dataclass(frozen=True, slots=True)
class Edit:
    """One change a planner has made: what was asked, and the keys of a scenario it comes to."""

    number: int
    asked: Mapping[str, Any]
    diff: Mapping[str, Any]
    author: str
    at: str


@dataclass(frozen=True, slots=True)
class Variant:
    """A scenario with edits, of which the first `position` hold; the others can be made again."""

    id: int
    name: str
    source: str
    version: int
    position: int
    author: str
    at: str
    edits: tuple[Edit, ...] = ()

    @property
    def held(self) -> tuple[Edit, ...]:
        """The edits that hold."""
        return self.edits[: self.position]


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody says of a project, a part or the variant (subject "")."""

    id: str
    variant: int
    subject: str
    text: str
    author: str
    at: str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing done: by whom, when, to which variant, and which version that made."""

    id: int
    variant: int | None
    version: int | None
    author: str
    at: str
    what: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in."""

    name: str
    role: str
    hash: str


def written_at(moment: datetime) -> str:
    """Return a moment as it is kept: in UTC, to the millisecond, so that text sorts as time.

    Examples
    --------
    >>> written_at(datetime.fromisoformat("2026-11-28T08:00:00+08:00"))
    '2026-11-28T00:00:00.000+00:00'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def now() -> str:
    """Return the time, as it is kept."""
    return written_at(datetime.now(UTC))


def missing(id: int) -> MissingError:
    """Return that there is no variant of a number."""
    return MissingError(Fault("", "", NO_VARIANT.fill(id=id), LIST_THEM))
