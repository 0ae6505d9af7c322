"""Names on a map of paper: which of them stand, so that none covers another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from planner.maps.style import INK, PAPER, POLE
from planner.report.printing import printable
from planner.report.workbook import wide
from planner.words import Lang

WATER = "#4C7F99"
QUIET = "#6B757D"
LOOKS: Mapping[str, tuple[float, str]] = {
    "pole": (3.4, POLE), "park": (2.3, "#3F6186"), "project": (1.9, INK), "parcel": (1.6, "#7A5B17"),
    "building": (1.7, "#4A535B"), "sea": (3.2, WATER), "reservoir": (2.1, WATER), "river": (1.9, WATER),
    "airport": (2.3, QUIET), "place": (2.1, QUIET),
}  # fmt: skip
"""Size (mm) and colour of names, by their class on the map."""
OTHER = (1.8, QUIET)
CELL = 0.52
"""Width of a Latin letter, half that of a Chinese glyph, in sizes of the type."""
LONGEST = 24
"""Cells of a name on a map; a longer one is cut."""


@dataclass(frozen=True)
class Label:
    """A name that would stand on a map.

    Attributes
    ----------
    text : str
    x, y : float
        Its middle (mm).
    size_mm : float
    colour : str
    rank : float
        The lower, the sooner it is set.
    """

    text: str
    x: float
    y: float
    size_mm: float
    colour: str
    rank: float

    @classmethod
    def of(cls, told: Mapping[str, Any], here: BaseGeometry, lang: Lang, larger: float = 1.0) -> Label:
        """Return the name of a feature as the map tells it, in the middle of what is drawn of it."""
        said = told["text"]
        text = shortened(printable(str(said[lang == "en"] if isinstance(said, list) else said or "")))
        middle = here.representative_point() if not here.is_empty else shapely.Point(-9, -9)
        size, colour = LOOKS.get(told["look"], OTHER)
        return cls(text, middle.x, middle.y, size * larger, colour, float(told["rank"]))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of what it covers (mm)."""
        half = wide(self.text) * CELL * self.size_mm / 2
        return self.x - half, self.y - self.size_mm * 0.6, self.x + half, self.y + self.size_mm * 0.6


def shortened(text: str) -> str:
    """Return a name short enough for a map.

    Examples
    --------
    >>> shortened("燕罗"), shortened("长" * 20)
    ('燕罗', '长长长长长长长长长长长…')
    """
    if wide(text) <= LONGEST:
        return text
    kept = ""
    for sign in text:
        if wide(kept + sign) > LONGEST - 2:
            break
        kept += sign
    return f"{kept}…"


def lettered(labels: Iterable[Label], width_mm: float, height_mm: float) -> Iterator[str]:
    """Yield the names that fit inside a frame and cover no other, those of lower rank first."""
    taken: list[tuple[float, float, float, float]] = []
    for label in sorted(labels, key=lambda label: (label.rank, label.text, label.x)):
        left, top, right, bottom = label.box
        inside = left >= 0 and top >= 0 and right <= width_mm and bottom <= height_mm
        covered = any(left < r and right > x and top < b and bottom > y for x, y, r, b in taken)
        if not label.text or not inside or covered:
            continue
        taken.append(label.box)
        yield (
            f'<text x="{label.x:.2f}" y="{label.y + label.size_mm * 0.35:.2f}" font-size="{label.size_mm:g}" '
            f'text-anchor="middle" fill="{label.colour}" stroke="{PAPER}" stroke-width="{label.size_mm * 0.22:.2f}" '
            f'stroke-linejoin="round" paint-order="stroke">{escape(label.text)}</text>'
        )
