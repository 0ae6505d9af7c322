"""What the sheets of a workbook draw from: a plan, its ground and all that is told of it, in one language.

It decides nothing about how sheets look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from planner.comparison import Comparison, compare
from planner.explain import Reason
from planner.maps.scene import Field, Scene
from planner.plan import COLUMNS, Plan
from planner.restrictions import flags, height_limits
from planner.telling import finding_words, goal_words, rule_words, shared_as
from planner.territory import Territory
from planner.words import Lang, Words, listed

POINTS = "points_"
"""What the columns of points for each goal begin with."""
LETTERS = "ABCD"
"""What plans side by side are called, this one first: so many at most."""
KEPT, BROKEN = Words("符合", "kept"), Words("不符合", "broken")
"""Findings of the audit."""


def capital(text: str) -> str:
    """Return a text that begins with a capital letter, as headings do.

    Examples
    --------
    >>> capital("floor area"), capital("A to B"), capital("")
    ('Floor area', 'A to B', '')
    """
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Book:
    """What a workbook tells.

    Attributes
    ----------
    plan : Plan
    territory : Territory
        With the scenario's changes made (see `changes.changed`).
    lang : {'zh', 'en'}
    projects : DataFrame
        What is known of the projects, by identifier; empty where nothing is.
    files : mapping of str to str
        Every input as it is now, name to SHA-256; empty where that is not known.
    told : mapping of str to list of Reason
        What was explained, by project (see `explain.kept`).
    parts : DataFrame
        What is known of their parts, by identifier.
    others : tuple of Book
        Other plans on the same measures, called B, C and D; this one is A.
    conflict : mapping, optional
        Where no plan exists: what conflicts and what mends it, as ``conflict.json`` of the plan's folder has it.
    """

    plan: Plan
    territory: Territory
    lang: Lang
    projects: pd.DataFrame = field(default_factory=pd.DataFrame)
    files: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, Sequence[Reason]] = field(default_factory=dict)
    parts: pd.DataFrame = field(default_factory=pd.DataFrame)
    others: tuple[Book, ...] = ()
    conflict: Mapping[str, Any] | None = None

    @cached_property
    def scene(self) -> Scene:
        """Return territory and plan joined."""
        return Scene(self.territory, self.plan)

    @cached_property
    def compared(self) -> dict[str, Comparison]:
        """Return what differs from this plan in each of the others, by its letter."""
        pairs = zip(LETTERS[1:], self.others, strict=False)
        return {letter: compare(self.plan, other.plan) for letter, other in pairs}

    @property
    def every(self) -> dict[str, Book]:
        """Return this plan and the others, by letter."""
        return dict(zip(LETTERS, (self, *self.others), strict=False))

    @cached_property
    def tiers(self) -> dict[str, str]:
        """Return what each tier is called, the strongest first."""
        table = self.territory.tables.get("tiers", pd.DataFrame({"tier": [], "en": [], "points": []}))
        ordered = table.iloc[pd.to_numeric(table["points"]).argsort(kind="stable")[::-1]]
        return dict(zip(ordered["tier"], ordered["tier" if self.lang == "zh" else "en"], strict=True))

    @cached_property
    def restrained(self) -> pd.DataFrame:
        """Return of each parcel that the plan uses how high one may build (m) and which restrictions reach it."""
        used = {place for places in self.scene.placements["places"] for place in places}
        parcels = self.territory.parcels[self.territory.parcels.index.isin(used)]
        surface = height_limits(self.territory, parcels).astype(float)
        own = parcels["height_limit_m"].astype(float)
        height_m = pd.concat([surface, own], axis=1).min(axis=1)
        return pd.DataFrame({"height_m": height_m, "flags": flags(self.territory, parcels)})

    def rows(self, table: str) -> pd.DataFrame:
        """Return a table of the plan; one without rows has its columns."""
        found: pd.DataFrame = getattr(self.plan, table)
        return found if len(found) else pd.DataFrame(columns=list(COLUMNS[table]))

    def say(self, words: Words | str | None) -> str:
        """Return words in the language of the book; nothing for what is not given."""
        return words(self.lang) if isinstance(words, Words) else words or ""

    def park(self, park: object) -> str:
        """Return the name of a park."""
        return self.say(self.scene.parks.get(str(park), str(park or "")))

    def tier(self, tier: object) -> str:
        """Return what a tier is called."""
        return self.tiers.get(str(tier), str(tier or ""))

    def industry(self, industry: object) -> str:
        """Return the name of an industry or a cluster."""
        return self.say(self.scene.term("industries", industry))

    def rule(self, rule: object) -> str:
        """Return what a rule or a test is called."""
        return self.say(rule_words(rule)) if isinstance(rule, str) else ""

    def finding(self, rule: object) -> str:
        """Return what a measure of the audit is called."""
        return self.say(finding_words(str(rule)))

    def joined(self, said: Iterable[str]) -> str:
        """Return several things as one."""
        return listed(said)(self.lang)

    @property
    def title(self) -> str:
        """What the plan is called; the territory, where the plan has no name."""
        said = self.plan.summary.get("title") or ""
        if isinstance(said, Mapping):
            said = said.get(self.lang) or said.get("zh") or said.get("en") or ""
        return str(said or self.say(self.territory.title))

    @property
    def label(self) -> str:
        """For whom it is, and why it must not be taken for real: what every printed page carries."""
        return " · ".join(filter(None, (self.shared, self.say(self.territory.illustrative))))

    @property
    def shared(self) -> str:
        """For whom it is, of which day, under which 审图号; empty for a plan that is not shared yet."""
        return " · ".join(self.say(words) for words in shared_as(self.plan.summary))


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet of the workbook.

    Attributes
    ----------
    words : Words
        What its tab and its title say.
    table : callable
        From the book to its rows; None where the book has nothing of the kind, and the sheet is left out.
    columns : tuple of Field
        Columns in their order; one that the rows have not is left out, and one named ``points_*`` stands for all that
        begin so, each called after its goal.
    note : callable
        What is said above the table.
    fixed : int
        Columns that stay where the sheet is scrolled.
    filters : bool
        Whether it can be filtered.
    """

    words: Words
    table: Callable[[Book], pd.DataFrame | None]
    columns: tuple[Field, ...]
    note: Callable[[Book], str] = lambda book: ""
    fixed: int = 1
    filters: bool = True

    def fields(self, table: pd.DataFrame) -> list[Field]:
        """Return the columns that a table of this sheet has."""
        found = []
        for column in self.columns:
            if column.key != f"{POINTS}*":
                found += [column] if column.key in table.columns else []
                continue
            goals = [str(name) for name in table.columns if str(name).startswith(POINTS)]
            found += [Field(name, goal_words(name.removeprefix(POINTS)), column.form) for name in goals]
        return found
