"""The rules of a scenario: each on or off, hard or soft with a price, some with figures of their own.

The docstring under each key is what the manual and the editor show.
"""

from __future__ import annotations

from typing import Any

from planner.scenario.keys import Block, Fraction
from planner.scenario.supply import (
    AnyBudget,
    AnyFilled,
    AnyHousing,
    AnyLandSupply,
    AnyLifts,
    AnyPoleShare,
    AnyPower,
    AnySupplied,
    AnyTarget,
    BuildingFilled,
    Housing,
    LandSupply,
    Lifts,
    PoleShare,
    Power,
    PreparationBudget,
    StartedSpaceTarget,
    Supplied,
)
from planner.scenario.switch import RuleBlock, Switch
from planner.scenario.together import (
    AnyGroupCount,
    AnyKeptApart,
    AnyLeaders,
    AnyLeadingShare,
    AnyMainPark,
    AnyPartsTogether,
    AnyPerCluster,
    GroupCount,
    KeptApart,
    LeaderAndSuppliers,
    LeadersPerCluster,
    LeadingShare,
    MainPark,
    PartsTogether,
)  # fmt: skip


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
    one_main_park_per_cluster: AnyMainPark = MainPark(on=False)
    """Share of each cluster's placed floor space that stands in one park (一集群一园区): true (all of it), false, or
    the share."""
    leading_industries_share: AnyLeadingShare = LeadingShare(on=False)
    """Share of the floor space placed in a growth pole that is of its leading industries (主导产业): false, the share,
    or {parks: {park: share}}."""
    building_filled: AnyFilled = BuildingFilled(on=False)
    """A planned building that is opened is taken to a least share of its free floor space: false, or the share."""
    building_power: Switch = RuleBlock(on=False)
    """Parts in a building draw no more power than it has (times `simultaneity`)."""
    lifts: AnyLifts = Lifts(on=False)
    """Goods of all parts in a building pass through its lifts in a shift: true, false, or the trips of one lift."""
    building_waste_water: Switch = RuleBlock(on=False)
    """Parts in a building give off no more waste water than it takes."""
    water: AnySupplied = Supplied(on=False)
    """Water used in a park stays within its capacity in every year: like `power`, in m³/d."""
    waste_water: AnySupplied = Supplied(on=False)
    """Waste water of a park stays within its capacity in every year: like `power`, in m³/d."""
    gas: AnySupplied = Supplied(on=False)
    """Gas used in a park stays within its capacity in every year: like `power`, in m³/d."""
    land_supply: AnyLandSupply = LandSupply(on=False)
    """Land that projects start on in a year stays within what the year supplies: {2026: 74.8 ha}."""
    preparation_budget: AnyBudget = PreparationBudget(on=False)
    """Land taken costs no more to prepare than the budget of the year in which it is ready: {2026: 12 亿元}."""
    pole_share: AnyPoleShare = PoleShare(on=False)
    """A park takes at least or at most a share of all floor space placed: {燕罗: {least: 20 %, most: 40 %}}."""
    housing: AnyHousing = Housing(on=False)
    """Jobs placed find beds: {燕罗: 3000}, or {jobs_housed: 50 %, beds_in_all: 20000}."""
    started_space_target: AnyTarget = StartedSpaceTarget(on=False)
    """Industrial space started by a year reaches a target: 500 万m², or {target_m2: 5000000, by: 2027}; what is missing
    costs points, unless it is `hard`."""
    extra: Switch = RuleBlock()
    """Constraints that a planner has added in Python hold (`planner.with_extra`)."""
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
