"""What the columns of layers and tables mean: kind, unit, least and most that is possible.

`territory.LAYERS` and `projects.COLUMNS` are tables of these; intake reads, checks and documents by them. It knows
nothing of files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from planner.words import Words

Kind = Literal["text", "list", "number", "whole", "yes_no"]
"""``list``: texts (";" in a cell); ``whole``: without decimals; ``yes_no``: true, false or not given."""
Sense = Literal["need", "offer", "cap", "cost"]
"""What a figure says: at least this is needed; at least this is there; no more is allowed; no more is taken, or later.

It tells which end of a range is safe to take: the most of a need and a cost, the least of an offer and a cap.
"""


VIBRATION_CLASSES = ("VC-A", "VC-B", "VC-C", "VC-D", "VC-E")
"""Generic vibration criteria, from 50 µm/s to 3.12; the reference table ``vibration_classes`` says what each means."""


@dataclass(frozen=True, slots=True)
class Column:
    """One canonical column.

    Attributes
    ----------
    name : str
        Canonical name, with its unit where it has one.
    kind : {'text', 'list', 'number', 'whole', 'yes_no'}
        How its cells are read. An empty cell is "not given", never zero.
    words : Words
        What a planner calls it.
    unit : str
        Unit as printed; empty without one.
    required : bool
        Whether every row must give it.
    least, most : float or None
        Bounds of what is possible; outside is a fault, not a guess.
    allowed : tuple of str
        The only values possible; empty for any.
    sense : {'need', 'offer', 'cap', 'cost'}
        What its figures say, for those that are ranges or bounds.
    """

    name: str
    kind: Kind
    words: Words
    unit: str = ""
    required: bool = False
    least: float | None = None
    most: float | None = None
    allowed: tuple[str, ...] = ()
    sense: Sense = "offer"


def text(name: str, zh: str, en: str, *, required: bool = False, allowed: tuple[str, ...] = ()) -> Column:
    """Return a text column."""
    return Column(name, "text", Words(zh, en), required=required, allowed=allowed)


def listed(name: str, zh: str, en: str, *, allowed: tuple[str, ...] = ()) -> Column:
    """Return a column of texts separated by ";"."""
    return Column(name, "list", Words(zh, en), allowed=allowed)


def yes_no(name: str, zh: str, en: str) -> Column:
    """Return a column of yes, no or not given."""
    return Column(name, "yes_no", Words(zh, en))


def number(
    name: str,
    zh: str,
    en: str,
    unit: str,
    least: float = 0,
    most: float | None = None,
    *,
    required: bool = False,
    sense: Sense = "offer",
) -> Column:
    """Return a column of numbers."""
    return Column(name, "number", Words(zh, en), unit, required, least, most, sense=sense)


def whole(
    name: str,
    zh: str,
    en: str,
    unit: str = "",
    least: float = 0,
    most: float | None = None,
    *,
    required: bool = False,
    sense: Sense = "offer",
) -> Column:
    """Return a column of numbers without decimals."""
    return Column(name, "whole", Words(zh, en), unit, required, least, most, sense=sense)
