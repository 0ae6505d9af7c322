"""A `Reason`: one answer to why, why not or what it would take, in figures and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from planner.words import Words

Kind = Literal["placed", "next_site", "refused", "outbid", "rule", "smallest_change", "forced", "break_even"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why a project is where it is, or nowhere.

    Attributes
    ----------
    subject : str
        Project or part.
    kind : str
        ``placed``, ``next_site``, ``refused``, ``outbid``, ``rule``, ``smallest_change``, ``forced`` or ``break_even``.
    words : Words
        The reason as a sentence.
    by : str
        Test or rule that decides; empty for none.
    place : str
        Site, parcel, floor or limit it is about.
    need, offer : float, str or None
        Both figures, in `unit`.
    unit : str
    count : int or None
        Places (or plots) it holds for.
    points : float or None
        Of one outbid what it is worth on the places worth most to it.
    held_by : tuple of str
        Projects that sit there; of one outbid those who would have to leave for it.
    terms : mapping of str to float
        Points by goal; of one outbid those of who would have to leave; of a smallest change its amounts by kind; of a
        break-even its figures (see `break_even`).
    price : float or None
        Of a smallest change, in steps.
    diff : mapping
        Of a smallest change, the keys of a scenario that make it.
    lost : (float, float) or None
        The least and the most that it costs, in points, with all others settled anew; None where nobody asked, or no
        plan has it.
    moves : tuple of (str, str, str)
        Who gives way then: project, where it was and where it is; empty for nowhere. Of a break-even the project, on
        which side of now, and where it goes.
    """

    subject: str
    kind: Kind
    words: Words
    by: str = ""
    place: str = ""
    need: float | str | None = None
    offer: float | str | None = None
    unit: str = ""
    count: int | None = None
    points: float | None = None
    held_by: tuple[str, ...] = ()
    terms: Mapping[str, float] = field(default_factory=dict)
    price: float | None = None
    diff: Mapping[str, Any] = field(default_factory=dict)
    lost: tuple[float, float] | None = None
    moves: tuple[tuple[str, str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the reason as plain values, for JSON."""
        return {
            "subject": self.subject, "kind": self.kind, "need": self.need, "offer": self.offer, "unit": self.unit,
            "words_zh": self.words.zh, "words_en": self.words.en, "by": self.by, "place": self.place,
            "count": self.count, "points": self.points, "held_by": list(self.held_by),
            "terms": dict(self.terms), "price": self.price, "diff": dict(self.diff),
            "lost": None if self.lost is None else list(self.lost), "moves": [list(move) for move in self.moves],
        }  # fmt: skip

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Reason:
        """Return the reason that `as_dict` has written."""
        given = {name: value for name, value in told.items() if not name.startswith("words_")}
        words = Words(told["words_zh"], told["words_en"])
        lost, moves = told.get("lost"), told.get("moves", ())
        again = {
            "words": words, "held_by": tuple(given["held_by"]), "moves": tuple(map(tuple, moves)),
            "lost": None if lost is None else tuple(lost),
        }  # fmt: skip
        return cls(**{**given, **again})
