"""Chapter 2 measured again: what a parcel, a floor, a building can hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from planner.audit.facts import Facts, Finding, Placed, figure, finding
from planner.audit.fit import AREA_SLACK_M2, at_least, at_most, equal
from planner.audit.ground import Record, number, rows
from planner.audit.needs import Needs
from planner.audit.score import opened_buildings
from planner.audit.share import may_be_shared

LOAD_SLACK = 1e-6


def parcel_used_once(facts: Facts) -> Iterator[Finding]:
    """Count the placements on each parcel taken that nobody may share: one."""
    whole = (name for placed in facts.placed for name, p in placed.parcels.items() if not may_be_shared(facts, p))
    for parcel, times in sorted(Counter(whole).items()):
        yield Finding(parcel, "≤ 1", str(times), "", times <= 1, max(times - 1, 0))


def floor_not_overfilled(facts: Facts) -> Iterator[Finding]:
    """Add up what all parts take of a floor: not more than is free of it."""
    taken_m2: defaultdict[str, float] = defaultdict(float)
    for use in rows(facts.plan.uses):
        if use["place"] in facts.ground.floors:
            taken_m2[use["place"]] += float(use["amount_m2"])
    for floor, amount_m2 in sorted(taken_m2.items()):
        free_m2 = facts.ground.floors[floor]["free_m2"]
        yield finding(floor, at_most(free_m2, amount_m2, "m²", AREA_SLACK_M2))


def building_opened(facts: Facts) -> Iterator[Finding]:
    """Look up that every planned building that takes somebody is opened, and count that no other is."""
    rules = facts.scenario.rules
    said = {row["goal"]: number(row["raw"]) for row in rows(facts.plan.goals.reset_index())}
    weighed = bool(facts.scenario.goals.opened) and "opened" in said
    if not (weighed or rules.building_filled.on or rules.started_space_target.on):
        return  # opening matters to nothing, so the plan does not say
    needed = opened_buildings(facts)
    named = facts.plan.summary.get("opened", needed)
    for building in needed:
        tenants = sum(placed.share for placed in facts.placed if building in placed.buildings)
        kept = building in named
        yield Finding(building, "yes", "yes" if kept else "no", "", kept, 0.0 if kept else tenants)
    if weighed:
        yield finding("planned", equal(figure(len(needed)), figure(said["opened"])))


def building_filled(facts: Facts) -> Iterator[Finding]:
    """Add up what is taken of each planned building that is opened: at least its share of what is free there."""
    share = facts.scenario.rules.building_filled.least
    for building in opened_buildings(facts):
        free_m2 = sum(floor["free_m2"] for floor in facts.ground.floors.values() if floor["building_id"] == building)
        taken_m2 = sum(_in_building(placed, building) for placed in facts.placed)
        yield finding(building, at_least(share * free_m2, taken_m2, "m²", AREA_SLACK_M2))


def building_power(facts: Facts) -> Iterator[Finding]:
    """Add up what the parts in a building draw: not more than it has."""
    at_once = facts.scenario.rules.simultaneity
    return _borne(facts, "kVA", lambda of: number(of["power_kva"]), lambda needs: at_once * (needs.power_kva or 0.0))


def lifts(facts: Facts) -> Iterator[Finding]:
    """Add up the goods of the parts in a building: not more than its lifts carry in a shift."""
    trips = facts.scenario.rules.lifts.trips_per_shift

    def carried(of: Record) -> float | None:
        count, load_t = number(of["lift_count"]), number(of["lift_t"])
        return None if count is None or load_t is None else count * load_t * trips

    return _borne(facts, "t", carried, lambda needs: needs.lift_flow_t_per_shift or 0.0)


def building_waste_water(facts: Facts) -> Iterator[Finding]:
    """Add up the waste water of the parts in a building: not more than it takes."""
    return _borne(
        facts, "m³/d", lambda of: number(of["waste_water_m3_day"]), lambda needs: needs.waste_water_m3_day or 0.0
    )


def _borne(
    facts: Facts, unit: str, bears: Callable[[Record], float | None], asks: Callable[[Needs], float]
) -> Iterator[Finding]:
    """Yield for each building what its parts ask of it, each by the share of its floor space there."""
    for name, building in sorted(facts.ground.buildings.items()):
        most = bears(building)
        if most is None:
            continue
        asked = 0.0
        for placed in facts.placed:
            if name in placed.buildings:
                everywhere_m2 = sum(_in_building(placed, other) for other in placed.buildings)
                asked += placed.share * asks(placed.needs) * _in_building(placed, name) / everywhere_m2
        yield finding(name, at_most(most, asked, unit, LOAD_SLACK))


def _in_building(placed: Placed, building: str) -> float:
    """Return the floor space a placement takes in a building (m²)."""
    there = [name for name, at in placed.floors.items() if at["building_id"] == building]
    return placed.share * sum(placed.taken_m2.get(name, 0.0) for name in there)
