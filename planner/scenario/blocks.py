"""The blocks of a scenario: places, exclusions, goals, sites, the solver's patience.

The docstring under each key is what the manual and the editor show.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from planner.scenario.keys import (
    Block,
    Count,
    FilePath,
    Id,
    Ids,
    Metres,
    OneKey,
    Seconds,
    Share,
    SquareMetres,
    Weight,
    unreadable,
    whole,
)  # fmt: skip
from planner.words import Words

Engine = Literal["auto", "assignment", "patterns", "core", "whole"]


class Title(Block):
    """What a scenario is called."""

    zh: str = ""
    """Title in Chinese."""
    en: str = ""
    """Title in English."""

    @property
    def words(self) -> Words:
        """The title in both languages; one that is not given is said in the other."""
        return Words(self.zh or self.en, self.en or self.zh)


def _title(value: object) -> object:
    """Return the long form of a title: one text stands for both languages."""
    return {"zh": value, "en": value} if isinstance(value, str) else value


TitleText = Annotated[Title, BeforeValidator(_title, json_schema_input_type=Title | str)]


class ColumnMeaning(Block):
    """What a column of a table stands for."""

    meaning: Id
    """Its canonical name."""
    unit: str = ""
    """Unit of figures that carry none."""


def _meaning(value: object) -> object:
    """Return the long form of a meaning: a text is the canonical name."""
    return {"meaning": value} if isinstance(value, str) else value


AnyMeaning = Annotated[ColumnMeaning, BeforeValidator(_meaning, json_schema_input_type=ColumnMeaning | str)]


class Table(Block):
    """A table of projects: where it stands, and what its columns mean where their names do not say so."""

    table: FilePath
    """File, seen from this file."""
    worksheet: Id | None = None
    """Which worksheet, where a workbook has several."""
    encoding: Id | None = None
    """Encoding of a text, where its bytes do not show it."""
    columns: dict[str, AnyMeaning] = Field(default={})
    """Column of the file to what it stands for."""


def _table(value: object) -> object:
    """Return the long form of a table: a text or a path is its file."""
    return {"table": value} if isinstance(value, str | Path) else value


AnyTable = Annotated[Table, BeforeValidator(_table, json_schema_input_type=Table | str)]


class Place(OneKey):
    """A place as a planner names it, in exactly one of these ways."""

    example = "park: 石岩"

    park: Id | None = None
    """A park: its id, name or alias."""
    building: Id | None = None
    """A building, such as B07."""
    floor: Ids | None = Field(default=None, min_length=1)
    """A floor, such as B07-F03, or several."""
    parcels: Ids | None = Field(default=None, min_length=1)
    """Parcels, by plan number or 宗地号."""
    name: Id | None = None
    """Any of these, if the name means only one; the short form of a place is this name alone."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names given: several for parcels, else one."""
        given = getattr(self, self.kind)
        return given if isinstance(given, tuple) else (str(given),)


def _place(value: object) -> object:
    """Return the long form of a place: a text is a name, a list is parcels."""
    if isinstance(value, list | tuple):
        return {"parcels": value}
    if isinstance(value, str | int | float):
        return {"name": value}
    return value


AnyPlace = Annotated[Place, BeforeValidator(_place, json_schema_input_type=Place | str | list[str])]


class Ban(Block):
    """A place that a project, or one part of it, must not take."""

    project: Id
    """Project or part."""
    place: AnyPlace
    """The place."""


def _block(value: object) -> object:
    """Return no parcels for `largest`, else the parcels listed."""
    if value in ("largest", ()):
        return ()
    if isinstance(value, list | tuple) and value:
        return value
    allowed = Words("largest 或地块编号列表", "largest, or a list of parcels")
    raise unreadable(value, allowed, Words("写 largest，或 [地块编号]", "Write largest, or [parcel ids]"))


class Reserve(Block):
    """Land kept back for projects of one tier."""

    block: Annotated[tuple[Id, ...], BeforeValidator(_block, json_schema_input_type=Literal["largest"] | list[str])] = (
        Field(default=(), json_schema_extra={"default": "largest"})
    )
    """`largest`: the largest connected block on offer within the horizon (in Python an empty tuple); or parcels."""
    park: Id | None = None
    """Park in which the block lies; anywhere if not given."""
    for_tier: Id = Field(alias="for")
    """Tier for which the land is kept."""


class Goals(Block):
    """Weights of the goals: points for reaching all there is to reach, divided by 100. Weights are political."""

    tier: Weight = 0.0
    """Tier of the projects placed."""
    investment: Weight = 0.0
    """Investment of the projects placed."""
    output: Weight = 0.0
    """Yearly output of the projects placed."""
    tax: Weight = 0.0
    """Yearly tax of the projects placed."""
    jobs: Weight = 0.0
    """Jobs in the projects placed."""
    rnd: Weight = 0.0
    """Spending on research and development in the projects placed."""
    fit: Weight = 0.0
    """How well industry and park fit."""
    chain: Weight = 0.0
    """Suppliers in the same park as the leader they supply."""
    cluster: Weight = 0.0
    """Floor space of each cluster that stands in its main park."""
    waited: Weight = 0.0
    """Years projects wait beyond the first they want (a penalty)."""
    spare_land: Weight = 0.0
    """Land given beyond what was asked for (a penalty)."""
    shape: Weight = 0.0
    """Land taken in straggling plots: area × (1 − 4π area / perimeter²) (a penalty)."""
    leftover: Weight = 0.0
    """Floors left in pieces smaller than their least unit, parcels cut so that the rest is lost (a penalty)."""
    access: Weight = 0.0
    """Way from each project to the nearest motorway, metro, port or airport (a penalty)."""
    preparation: Weight = 0.0
    """Cost of preparing the land taken (a penalty)."""
    rent: Weight = 0.0
    """Rent of the floors taken (a penalty)."""
    balance: Weight = 0.0
    """How much fuller the fullest growth pole is than the emptiest (a penalty)."""
    stability: Weight = 0.0
    """Parts placed where the plan named by the key `stability` has them."""
    opened: Weight = 0.0
    """Planned buildings opened (a penalty)."""

    @property
    def weights(self) -> dict[str, float]:
        """Goals with a weight above 0, in the order of the keys."""
        return {name: getattr(self, name) for name in type(self).model_fields if getattr(self, name) > 0}


class Stability(Block):
    """An earlier plan, for the goal of the same name."""

    plan: FilePath
    """Folder of the plan, seen from this file."""


class Sites(Block):
    """How plots and units are put together."""

    street_gap_m: Metres = Field(default=30.0, le=200)
    """Widest street across which two parcels count as neighbours."""
    facing_m: Metres = Field(default=20.0, le=1000)
    """Shortest frontage along which two parcels must meet or face each other."""
    plot_parcels_max: Count = Field(default=3, le=20)
    """Most parcels in one plot."""
    plots_max: Count = 20_000
    """Most plots listed in a park: where there are more, the most compact ones of each size around every parcel are."""
    price_in: bool = True
    """Whether plots not listed for that reason join where prices say that they are worth more than their parcels."""
    unit_floors_max: Count = Field(default=12, le=100)
    """Most floors in one unit; in one building, where a part may be spread over several (`buildings_max`)."""
    spread_max: Count = Field(default=200, le=10_000)
    """Most units listed for a part in each set of buildings of one complex: of more, those of fewest floors."""
    cuts: bool = False
    """Whether divisible parcels may be cut, once from each end of the long axis, into a piece of the area asked."""
    joint: bool = False
    """Whether several parts may share a parcel open to joint taking (联合拿地), each the land it asks for."""
    access_m: Metres = Field(default=12.0, le=1000)
    """Shortest stretch of outline along a street that gives access to a piece, and to what is left of the parcel."""
    cut_rest_min_m2: SquareMetres = 3000.0
    """What is left of a cut parcel stays on offer from this area on; less is lost."""


class Solver(Block):
    """How long and how closely to look for a better plan."""

    gap: Share = Field(default=0.01, json_schema_extra={"unit": "share", "default": "1 %"})
    """Distance to the bound at which the search may stop; met by the smaller of proven gap and solver gap."""
    time_limit_s: Seconds = 300.0
    """Net under the search; a run that ends on it is labelled and promises no repetition."""
    effort: Count | None = None
    """Most steps of the search, which repeat: of a small case the solver's own, of a large one splits of its cells."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1), whole("count")] = 1
    """Seed of every random choice."""
    threads: Count = Field(default=2, le=256)
    """Threads; fixed, because another number gives another plan within the gap."""
    engine: Engine = "auto"
    """Which search; by size and structure where not said. One that cannot take the case is a fault that says why."""
