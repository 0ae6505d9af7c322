"""What the rules on buildings, parks, years and the purse are told: capacities, shares, targets.

The docstring under each key is what the manual and the editor show.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from planner.quantities import UnreadableError
from planner.scenario.keys import (
    Area,
    Block,
    Capacity,
    Count,
    DailyVolume,
    Fraction,
    Id,
    Money,
    Share,
    Weight,
    Year,
    measured,
    unreadable,
)
from planner.scenario.switch import RuleBlock, short_for, some_figures
from planner.words import Words

Far = Annotated[float, Field(gt=0, le=15), measured("count")]


def table_for(key: str, block: type[RuleBlock], table: object, form: Words, example: str) -> BeforeValidator:
    """Return the reader of a rule that may also be written as true, false, or the table under its chief key."""

    def read(value: object) -> object:
        if isinstance(value, bool | str):
            return {"on": value}
        if isinstance(value, dict):
            return value if value and value.keys() <= block.model_fields.keys() else {key: value}
        if isinstance(value, block):
            return value
        allowed = Words(f"true、false 或 {form.zh}", f"true, false, or {form.en}")
        raise unreadable(value, allowed, Words(f"例如写 {example}", f"Write for example {example}"))

    return BeforeValidator(read, json_schema_input_type=bool | block | table)


class Supplied(RuleBlock):
    """A rule on what parks are supplied with, and capacities that replace those of the supply layer."""

    caps: dict[Id, dict[Year, DailyVolume]] = Field(default={}, json_schema_extra={"unit": "m3_day"})
    """Park to year to capacity for new projects (m³/d), from that year on instead of what the supply layer says."""


class Power(RuleBlock):
    """The rule on power, and capacities that replace those of the supply layer."""

    caps: dict[Id, dict[Year, Capacity]] = Field(default={}, json_schema_extra={"unit": "kva"})
    """Park to year to capacity for new projects (kVA), from that year on instead of what the supply layer says."""


_CAPS = Words("{园区: {年份: 容量}}", "{park: {year: capacity}}")
AnyPower = Annotated[Power, table_for("caps", Power, dict[str, dict[str, str]], _CAPS, "{燕罗: {2026: 60 MVA}}")]
AnySupplied = Annotated[
    Supplied, table_for("caps", Supplied, dict[str, dict[str, str]], _CAPS, "{燕罗: {2026: 30000 m³/d}}")
]


class Lifts(RuleBlock):
    """The rule on goods lifts."""

    trips_per_shift: Count = Field(default=40, le=1000)
    """Full trips of one goods lift in a shift (an editable expert default: 8 hours, one every 12 minutes)."""


AnyLifts = Annotated[Lifts, short_for("trips_per_shift", Lifts, int)]


class BuildingFilled(RuleBlock):
    """The rule on how full a building is that is opened."""

    least: Share = Field(default=0.3, json_schema_extra={"unit": "share", "default": "30 %"})
    """Least share of the free floor space of a planned building that is taken if it is opened."""


AnyFilled = Annotated[BuildingFilled, short_for("least", BuildingFilled, str, "share")]


class LandSupply(RuleBlock):
    """The rule on land given in a year."""

    years: dict[Year, Area] = Field(default={}, json_schema_extra={"unit": "m2"})
    """Year to the most land that projects may start on in it; a year that is not named has no limit."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        some_figures(self, self.years, "{2026: 74.8 ha}")
        return self


class PreparationBudget(RuleBlock):
    """The rule on money for land preparation."""

    years: dict[Year, Money] = Field(default={}, json_schema_extra={"unit": "yi"})
    """Year to the most that the land taken may cost that becomes ready in it; a year not named has no limit."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        some_figures(self, self.years, "{2026: 12 亿元}")
        return self


_YEARS = Words("{年份: 数量}", "{year: amount}")
AnyLandSupply = Annotated[LandSupply, table_for("years", LandSupply, dict[str, str], _YEARS, "{2026: 74.8 ha}")]
AnyBudget = Annotated[
    PreparationBudget, table_for("years", PreparationBudget, dict[str, str], _YEARS, "{2026: 12 亿元}")
]


class LeastMost(Block):
    """A least and a most; one of them will do."""

    least: Share | None = None
    """Least share."""
    most: Share | None = None
    """Most."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least is None and self.most is None:
            found = Words("既无 least 也无 most；至少给出一项", "found neither least nor most; allowed: one or both")
            raise UnreadableError(found, Words("例如写 {least: 20 %}", "Write for example {least: 20 %}"))
        if self.least is not None and self.most is not None and self.least > self.most:
            found = Words("least 不大于 most", "least not above most")
            raise unreadable(
                f"{self.least:g}, {self.most:g}", found, Words("互换两者", "Swap the two, or correct one of them")
            )
        return self


class PoleShare(RuleBlock):
    """The rule on how large a share of all that is placed a park takes."""

    shares: dict[Id, LeastMost] = Field(default={})
    """Park to its least and most share of all floor space placed."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        some_figures(self, self.shares, "{燕罗: {least: 20 %, most: 40 %}}")
        total = sum(share.least or 0.0 for share in self.shares.values())
        if total > 1 + 1e-9:
            allowed = Words("各园区 least 之和不超过 100 %", "least shares that add up to 100 % at most")
            raise unreadable(f"{100 * total:g} %", allowed, Words("调低其中一项", "Lower one of them"))
        return self


_SHARES = Words("{园区: {least: 比例, most: 比例}}", "{park: {least: share, most: share}}")
AnyPoleShare = Annotated[
    PoleShare, table_for("shares", PoleShare, dict[str, dict[str, str]], _SHARES, "{燕罗: {least: 20 %, most: 40 %}}")
]


class Housing(RuleBlock):
    """The rule on housing for those who work in the projects placed."""

    jobs_housed: Fraction = 1.0
    """Share of the jobs that need a bed."""
    beds: dict[Id, Count] = Field(default={})
    """Park to the beds there; a project's jobs are where its first part is."""
    beds_in_all: Count | None = None
    """Beds in all parks together."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        some_figures(self, [*self.beds, *([] if self.beds_in_all is None else [self.beds_in_all])], "{燕罗: 3000}")
        return self


AnyHousing = Annotated[
    Housing, table_for("beds", Housing, dict[str, int], Words("{园区: 床位}", "{park: beds}"), "{燕罗: 3000}")
]


class StartedSpaceTarget(RuleBlock):
    """The rule on industrial space under construction by a year: the 500 万 m² of the policy."""

    soft: Weight | None = 0.001
    """Points lost for each m² that is missing."""
    hard: bool = False
    """Whether no m² may be missing."""
    target_m2: Annotated[float, Field(ge=0, json_schema_extra={"unit": "m2"}), measured("m2")] = 0.0
    """Floor space of buildings started or built, and of planned ones that are opened, in m²."""
    by: Year | None = None
    """Year by which it is started; the last year where none is given."""
    years_to_build: Count = Field(default=2, le=10)
    """Years from the start of a planned building to its delivery (an editable expert default)."""
    fars: tuple[Far, ...] = Field(default=(2.5, 3.0, 3.5), min_length=1)
    """Floor area ratios at which the land for what is missing is told."""

    @model_validator(mode="before")
    @classmethod
    def _hard(cls, value: Any) -> Any:
        """Take the price from a target that is hard."""
        return {**value, "soft": None} if isinstance(value, dict) and value.get("hard") is True else value

    @model_validator(mode="after")
    def _some(self) -> Self:
        some_figures(self, [self.target_m2] if self.target_m2 else [], "500 万m²")
        return self


AnyTarget = Annotated[StartedSpaceTarget, short_for("target_m2", StartedSpaceTarget, str, "m2")]
