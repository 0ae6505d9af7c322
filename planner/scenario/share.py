"""Whom files for others are for: the key `share`, which decides what they contain (see `planner.sharing`)."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator

from planner.scenario.keys import Block, Id, unreadable
from planner.words import Words

Level = Literal["internal", "meeting", "public"]


def _day(value: object) -> object:
    """Return a day as it is written: 2026-11-28."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
        try:
            return date.fromisoformat(value.strip()).isoformat()
        except ValueError:
            pass
    raise unreadable(value, Words("日期（年-月-日）", "a day, year-month-day"),
                     Words("例如写 2026-11-28", "Write for example 2026-11-28"))  # fmt: skip


Day = Annotated[str, BeforeValidator(_day, json_schema_input_type=str)]


class Share(Block):
    """What a map, workbook or report contains; the level alone is the short form."""

    level: Level = "internal"
    """`internal`: everything; `meeting`: without rents, costs of preparation, prices and notes; `public`: codes instead
    of projects and firms, and neither money nor numbers of parcels."""
    date: Day | None = None
    """Day that the files carry; that of writing where it is not given (internal ones then carry none)."""
    review_number: Id | None = None
    """审图号, the number under which the map was approved; printed where it is given."""
    codes: Id | None = None
    """A phrase that codes are made with, to be kept inside: with the same one projects keep their codes when their
    table changes. Without it codes hold as long as the table is the same."""


def _share(value: object) -> object:
    """Return the long form of a level."""
    return {"level": value} if isinstance(value, str) else value


AnyShare = Annotated[Share, BeforeValidator(_share, json_schema_input_type=Level | Share)]
