"""What stands on paper, whatever it is printed by: pages, headings, tables, pictures, as values.

Every text here is text: whoever prints it (`press` a PDF, `web` a page) takes care that none of it gives orders.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from planner.words import Lang


@dataclass(frozen=True)
class Heading:
    """A heading; those of level 1 and 2 stand in the contents."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Text:
    """A paragraph: running text, what matters most, a note, or a warning."""

    text: str
    look: Literal["body", "lead", "note", "warning"] = "body"


@dataclass(frozen=True)
class Cards:
    """Figures at a glance: what each is, the figure, its unit."""

    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Facts:
    """What is known of one thing: what, and what it is; in so many columns."""

    rows: tuple[tuple[str, str], ...]
    across: int = 1


@dataclass(frozen=True)
class Table:
    """A table whose head is repeated on every page.

    Attributes
    ----------
    heads : tuple of str
    rows : tuple of tuple of str
    weights : tuple of float
        How wide the columns are to one another.
    right : tuple of bool
        Which are figures.
    whole : tuple of bool
        Which keep their width where the others have to be narrower than they ask: nothing in them is broken.
    total : bool
        Whether the last row is a sum.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    weights: tuple[float, ...]
    right: tuple[bool, ...]
    whole: tuple[bool, ...]
    total: bool = False


@dataclass(frozen=True)
class Picture:
    """A drawing (SVG in millimetres), and what it shows, for those who cannot see it."""

    svg: str
    alt: str


@dataclass(frozen=True)
class Legend:
    """Signs (SVG) and what they mean, in so many columns."""

    rows: tuple[tuple[str, str], ...]
    across: int = 3


@dataclass(frozen=True)
class Contents:
    """The list of headings, with their pages where there are pages."""


@dataclass(frozen=True)
class Beside:
    """Blocks side by side: columns of blocks, and how wide they are to one another."""

    columns: tuple[tuple[Block, ...], ...]
    weights: tuple[float, ...]


Block = Heading | Text | Cards | Facts | Table | Picture | Legend | Contents | Beside


@dataclass(frozen=True)
class Section:
    """What begins on a page of its own.

    Attributes
    ----------
    blocks : tuple of Block
    landscape : bool
    whole : bool
        Whether it ends on that page: what stands below its map is set smaller until it does.
    """

    blocks: tuple[Block, ...]
    landscape: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Paper:
    """All that is printed together.

    Attributes
    ----------
    title : str
        At the head of every page.
    label : str
        Why it must not be taken for real, on every page; empty for real data.
    foot : str
        What is proved, at the foot of every page.
    lang : {'zh', 'en'}
    sections : tuple of Section
    size : {'a4', 'a3'}
    """

    title: str
    label: str
    foot: str
    lang: Lang
    sections: tuple[Section, ...]
    size: Literal["a4", "a3"] = "a4"


def plain(value: object) -> Any:
    """Return blocks as JSON knows them, each with its ``kind``.

    Examples
    --------
    >>> plain((Text("a"), Contents()))
    [{'kind': 'text', 'text': 'a', 'look': 'body'}, {'kind': 'contents'}]
    >>> plain(())
    []
    """
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, Paper | Section | Block):
        told: Mapping[str, Any] = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        return {"kind": type(value).__name__.lower(), **told}
    return value


def as_json(paper: Paper) -> bytes:
    """Return all that is printed as JSON."""
    return json.dumps(plain(paper), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
