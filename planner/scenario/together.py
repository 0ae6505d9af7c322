"""The rules of a scenario on what belongs together, and what must be kept apart; all off unless it says so.

The docstring under each key is what the manual and the editor show.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from planner.scenario.keys import (
    Block,
    Count,
    Id,
    Ids,
    Metres,
    Share,
    exactly_one,
    unreadable,
    whole,
    with_unit,
)
from planner.scenario.switch import RuleBlock, short_for, some_figures
from planner.words import Words

Number = Annotated[int, Field(ge=0), whole("count")]


def _reach(value: object, info: ValidationInfo) -> object:
    """Return ``park``, or a distance in metres."""
    if value == "park":
        return value
    metres = float(with_unit("m").func(value, info))  # type: ignore[call-arg]
    if metres < 0:
        allowed = Words("park 或不小于 0 的距离", "park, or a distance of at least 0")
        raise unreadable(value, allowed, Words("例如写 500 m", "Write for example 500 m"))
    return metres


Reach = Annotated[Literal["park"] | float, BeforeValidator(_reach, json_schema_input_type=str)]


def _in_order(least: int | None, most: int | None) -> None:
    """Raise where a least is above its most."""
    if least is not None and most is not None and least > most:
        allowed = Words("at_least 不大于 at_most", "at_least not above at_most")
        raise unreadable(f"{least} > {most}", allowed, Words("修改其一", "Change one of them"))


class LeaderAndSuppliers(RuleBlock):
    """A placed leader (链主) has suppliers near it."""

    at_least: Count = 1
    """How many of its suppliers; the short form of the rule is this alone."""
    within: Reach = "park"
    """How near: its park (where its first part stands), or a distance such as 500 m."""
    leaders: Ids = ()
    """Leaders the rule is about; without them every project whose chain role is 链主."""


class LeadersPerCluster(RuleBlock):
    """Each cluster of which anything is placed has leaders (链主), and not too many."""

    at_least: Number = 1
    """Leaders placed at least, where any project of the cluster is; clusters without a leader on the list are free."""
    at_most: Count = 2
    """Leaders placed at most."""

    @model_validator(mode="after")
    def _least_and_most(self) -> Self:
        _in_order(self.at_least, self.at_most)
        return self


class PartsTogether(RuleBlock):
    """Parts of one project stand near one another."""

    metres: Metres | None = None
    """Most distance between two parts of one project, from outline to outline; the short form is this with its unit."""

    @model_validator(mode="after")
    def _how_near(self) -> Self:
        if self.on and self.metres is None:
            example = Words("例如写 parts_together: 500 m", "Write for example parts_together: 500 m")
            raise unreadable(True, Words("false 或距离", "false, or a distance"), example)
        return self


class Apart(Block):
    """Projects or parts that must not be near one another."""

    who: Annotated[Ids, Field(min_length=2)]
    """Projects or parts, every two of them kept apart; parts of one project named as a whole may be together."""
    metres: Metres | None = None
    """Not within this distance, from outline to outline."""
    place: Literal["building", "adjacent_floors"] | None = Field(default=None, alias="not")
    """Not in one building; or not on one floor, nor on floors of a building one above the other."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        exactly_one(self, "metres: 50", apart=("who",))
        return self


class KeptApart(RuleBlock):
    """What must be kept apart, because of fire, vibration, odour or rivalry.

    Two parts are too near where any share of the one is near any of the other; at a price (soft) they cost it once.
    """

    groups: tuple[Apart, ...] = ()
    """Who is kept from whom; the short form of the rule is this list alone."""


class Group(Block):
    """How many of some projects are placed."""

    projects: Annotated[Ids, Field(min_length=1)]
    """The projects."""
    at_least: Number | None = None
    """Of these, placed at least."""
    at_most: Number | None = None
    """Of these, placed at most."""

    @model_validator(mode="after")
    def _least_and_most(self) -> Self:
        _in_order(self.at_least, self.at_most)
        if self.at_least is None and self.at_most is None:
            allowed = Words("at_least、at_most 至少一项", "at_least, at_most, or both")
            raise unreadable(None, allowed, Words("例如写 at_most: 1", "Write for example at_most: 1"))
        count = len(set(self.projects))
        if self.at_least is not None and self.at_least > count:
            allowed = Words(f"at_least 不大于项目数 {count}", f"at_least not above the number of projects, {count}")
            raise unreadable(self.at_least, allowed, Words("减少，或增列项目", "Lower it, or list more projects"))
        return self


class GroupCount(RuleBlock):
    """How many of some projects are placed, group by group."""

    groups: tuple[Group, ...] = ()
    """The groups; the short form of the rule is this list alone."""


class MainPark(RuleBlock):
    """Each cluster has one main park (一集群一园区)."""

    at_least: Share = Field(default=1.0, json_schema_extra={"unit": "share", "default": "100 %"})
    """Share of the cluster's placed floor space that stands there; the short form of the rule is this alone."""


class LeadingShare(RuleBlock):
    """Growth poles are for their leading industries (主导产业)."""

    at_least: Share | None = None
    """Share of the floor space placed in each growth pole that lists any; the short form of the rule is this alone."""
    parks: dict[Id, Share] = Field(default={})
    """Park to a share of its own, growth pole or not."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        some_figures(self, [*self.parks, *([] if self.at_least is None else [self.at_least])], "60 %")
        return self


AnyLeaders = Annotated[LeaderAndSuppliers, short_for("at_least", LeaderAndSuppliers, int)]
AnyPerCluster = Annotated[LeadersPerCluster, short_for("at_most", LeadersPerCluster, int)]
AnyPartsTogether = Annotated[PartsTogether, short_for("metres", PartsTogether, str, unit="m")]
AnyKeptApart = Annotated[KeptApart, short_for("groups", KeptApart, list[Apart])]
AnyGroupCount = Annotated[GroupCount, short_for("groups", GroupCount, list[Group])]
AnyMainPark = Annotated[MainPark, short_for("at_least", MainPark, str, "share")]
AnyLeadingShare = Annotated[LeadingShare, short_for("at_least", LeadingShare, str, "share")]
