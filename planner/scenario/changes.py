"""The block of one change to the territory or to what is asked for: its kinds, and what each is said by.

The docstring under each key is what the manual and the editor show.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, PlainValidator, model_validator

from planner.quantities import UnreadableError
from planner.scenario.keys import Block, FilePath, Id, Ids, Metres, OneKey, Position, exactly_one, unreadable
from planner.words import Words

Layer = Literal["parks", "parcels", "buildings", "floors", "restrictions", "supply", "projects", "parts"]


class Corridor(Block):
    """A strip of land taken out of use; parcels it crosses are cut."""

    line: tuple[Position, ...] = Field(min_length=2)
    """Middle line, [longitude, latitude] in degrees."""
    half_width_m: Metres = Field(gt=0, le=5000)
    """Half the width of the strip."""


class Restrict(Block):
    """A restriction laid over the territory: a polygon, or the polygons of a file."""

    polygon: tuple[Position, ...] | None = Field(default=None, min_length=3)
    """Corners, [longitude, latitude] in degrees."""
    file: FilePath | None = None
    """File of polygons, seen from this file."""
    kind: Id
    """Kind of restriction, as in the table of restriction kinds."""

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        exactly_one(self, "polygon: [[113.85, 22.73], [113.86, 22.73], [113.86, 22.74]]", apart=("kind",))
        return self


Cell = str | int | float | bool | None


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, str | int | float):
        return value
    raise unreadable(
        value, Words("一个值", "one value"), Words("写一个数、文字或 null", "Write a number, a text or null")
    )


class Columns(Block):
    """Columns of one feature and their values; a quantity may carry its unit, null means not given."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Annotated[Cell, PlainValidator(_cell, json_schema_input_type=Cell)]] = Field(
        init=False
    )

    @property
    def columns(self) -> dict[str, Cell]:
        """Column to value."""
        return dict(self.model_extra or {})


class SetColumns(Columns):
    """New values for columns of one feature; a quantity may carry its unit, null means not given."""

    layer: Layer
    """Layer of the feature; `projects` and `parts` stand for the table of projects."""
    id: Id
    """Its identifier."""

    @model_validator(mode="after")
    def _some_column(self) -> Self:
        if not self.columns:
            found = Words("没有给出任何列；至少应有一列", "found no column; allowed: one or more")
            raise UnreadableError(found, Words("例如加 far_max: 4", "Add for example far_max: 4"))
        return self


class AddedPart(Columns):
    """One part of a project added; its columns are those of the table of projects that are a part's."""

    part: Id = "main"
    """Its name within the project."""


class Add(Columns):
    """A project or a parcel that no file has; its columns are those of a row of the file."""

    layer: Literal["projects", "parcels"]
    """What is added."""
    id: Id
    """Its identifier, which nothing else in the layer has."""
    polygon: tuple[Position, ...] | None = Field(default=None, min_length=3)
    """Of a parcel: its corners, [longitude, latitude] in degrees."""
    parts: tuple[AddedPart, ...] | None = Field(default=None, min_length=1)
    """Of a project: its parts, one at least, each with what it needs."""

    @model_validator(mode="after")
    def _what_it_is_made_of(self) -> Self:
        needed, example = {
            "parcels": ("polygon", "polygon: [[113.85, 22.73], [113.86, 22.73], [113.86, 22.74]]"),
            "projects": ("parts", "parts: [{part: main, gfa_m2: 2000}]"),
        }[self.layer]
        given = [name for name in ("polygon", "parts") if getattr(self, name) is not None]
        if given != [needed]:
            found = ", ".join(given)
            rule = Words(
                f"{f'给出了 {found}' if found else '没有给出任何一项'}；{self.layer} 只应给出 {needed}",
                f"found {found or 'neither'}; allowed: {needed} alone, for {self.layer}",
            )
            raise UnreadableError(rule, Words(f"例如写 {example}", f"Write for example {example}"))
        return self


class Change(OneKey):
    """One change to the territory or the projects, without touching their files; exactly one kind."""

    example = "withdraw: [XQD-014]"

    withdraw: Ids | None = Field(default=None, min_length=1)
    """Parcels, floors or buildings taken off the offer."""
    corridor: Corridor | None = None
    """A strip of land taken out of use."""
    restrict: Restrict | None = None
    """A restriction laid over the territory."""
    add: Add | None = None
    """A project or a parcel that no file has."""
    set: SetColumns | None = None
    """New values for columns of one feature."""

    @property
    def layer(self) -> Layer | None:
        """The layer of the feature that it writes; None for what changes the ground as a whole."""
        written = self.set or self.add
        return None if written is None else written.layer
