"""The rules of a scenario: each on or off, hard or soft with a price, some with figures of their own.

The docstring under each key is what the manual and the editor show.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from planner.scenario.keys import Block, Capacity, Fraction, Id, Year, unreadable
from planner.scenario.switch import RuleBlock, Switch
from planner.scenario.together import (
    AnyGroupCount,
    AnyKeptApart,
    AnyLeaders,
    AnyPartsTogether,
    AnyPerCluster,
    GroupCount,
    KeptApart,
    LeaderAndSuppliers,
    LeadersPerCluster,
    PartsTogether,
)  # fmt: skip
from planner.words import Words


class Power(RuleBlock):
    """The rule on power, and capacities that replace those of the supply layer."""

    caps: dict[Id, dict[Year, Capacity]] = Field(default={}, json_schema_extra={"unit": "kva"})
    """Park to year to capacity for new projects (kVA), from that year on instead of what the supply layer says."""


def _power(value: object) -> object:
    """Return the long form of the power rule: a switch, or park to year to capacity."""
    if isinstance(value, bool | str):
        return {"on": value}
    if isinstance(value, dict):
        return value if value and value.keys() <= Power.model_fields.keys() else {"caps": value}
    if isinstance(value, Power):
        return value
    allowed = Words("true、false 或 {园区: {年份: 容量}}", "true, false, or {park: {year: capacity}}")
    raise unreadable(value, allowed, Words("例如写 {燕罗: {2026: 60 MVA}}", "Write for example {燕罗: {2026: 60 MVA}}"))


AnyPower = Annotated[Power, BeforeValidator(_power, json_schema_input_type=bool | Power | dict[str, dict[str, str]])]


class Rules(Block):
    """Rules a plan must keep; each can be switched off, or be soft: then missing it costs points, unit by unit."""

    each_part_placed_with_its_project: Switch = RuleBlock()
    """A project is placed with all its parts, or not at all."""
    each_part_placed_once: Switch = RuleBlock()
    """No part is placed twice, even where parts of a project may go without one another."""
    must_place: Switch = RuleBlock()
    """Projects of `must_place` and of `locks` are placed."""
    parcel_used_once: Switch = RuleBlock()
    """No parcel is given twice."""
    parcel_not_overfilled: Switch = RuleBlock()
    """No parcel that several parts may share is given beyond its usable land."""
    cut_end_used_once: Switch = RuleBlock()
    """A divisible parcel is cut once from each end."""
    floor_not_overfilled: Switch = RuleBlock()
    """No floor is given beyond its free area."""
    power: AnyPower = Power()
    """Power drawn in a park stays within its capacity in every year: true, false, or {park: {year: "60 MVA"}}, which
    replaces the supply layer's capacity from that year on."""
    building_opened: Switch = RuleBlock()
    """A planned building takes nobody unless it is opened."""
    leader_and_suppliers: AnyLeaders = LeaderAndSuppliers(on=False)
    """A placed leader (链主) has some of its suppliers in its park, or near it: true, false, how many, or {at_least:,
    within:, leaders:}."""
    leaders_per_cluster: AnyPerCluster = LeadersPerCluster(on=False)
    """Leaders (链主) placed of each cluster: true (1 or 2), false, how many at most, or {at_least:, at_most:}."""
    parts_together: AnyPartsTogether = PartsTogether(on=False)
    """Parts of one project stand within a distance of one another: false, or the distance."""
    kept_apart: AnyKeptApart = KeptApart(on=False)
    """Who must not be near whom: [{who: [P-001, P-002/wet], metres: 50}], or ``not: building | adjacent_floors``."""
    group_count: AnyGroupCount = GroupCount(on=False)
    """How many of some projects are placed: [{projects: [P-001, P-002], at_least: 1, at_most: 2}]."""
    simultaneity: Fraction = 1.0
    """Share of the power asked for that is drawn at the same time."""

    def of(self, name: str) -> RuleBlock:
        """Return a rule by its name."""
        rule: Any = getattr(self, name)
        assert isinstance(rule, RuleBlock)
        return rule

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the rules, in the order of the keys."""
        return tuple(name for name in type(self).model_fields if isinstance(getattr(self, name), RuleBlock))
