"""Chapter 4 measured again: what park, year and purse can bear."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from planner.audit.changes import parks_named
from planner.audit.derived import space_m2
from planner.audit.facts import Facts, Finding, Placed, finding, portion
from planner.audit.fit import at_least, at_most
from planner.audit.ground import given, number
from planner.audit.needs import Needs, first_parts
from planner.audit.score import opened_buildings

SLACK = 1e-6
IN_ALL = "all"


def power(facts: Facts) -> Iterator[Finding]:
    """Add up what the parts started in a park draw, year by year: not more than it is supplied with by then."""
    both_at_once = facts.scenario.rules.simultaneity
    return _used(facts, "power", "kVA", lambda needs: both_at_once * (needs.power_kva or 0.0))


def water(facts: Facts) -> Iterator[Finding]:
    """Add up the water used by the parts started in a park, year by year, like power."""
    return _used(facts, "water", "m³/d", lambda needs: needs.water_m3_day or 0.0)


def waste_water(facts: Facts) -> Iterator[Finding]:
    """Add up the waste water of the parts started in a park, year by year, like power."""
    return _used(facts, "waste_water", "m³/d", lambda needs: needs.waste_water_m3_day or 0.0)


def gas(facts: Facts) -> Iterator[Finding]:
    """Add up the gas used by the parts started in a park, year by year, like power."""
    return _used(facts, "gas", "m³/d", lambda needs: needs.gas_m3_day or 0.0)


LAYER = {
    "power": ("power_mva", 1000.0),
    "water": ("water_m3_day", 1.0),
    "waste_water": ("waste_water_m3_day", 1.0),
    "gas": ("gas_m3_day", 1.0),
}
"""Column of the supply layer, and what it is multiplied with."""


def _used(facts: Facts, rule: str, unit: str, use: Callable[[Needs], float]) -> Iterator[Finding]:
    """Yield for each park and year what is used and what is supplied, where anything says so."""
    by_park: defaultdict[str, list[Placed]] = defaultdict(list)
    for placed in facts.placed:
        by_park[placed.park].append(placed)
    first, last = facts.scenario.years
    for park in sorted(facts.ground.parks):
        for year in range(first, last + 1):
            supplied = _supplied(facts, rule, park, year)
            if supplied is not None:
                started = [placed for placed in by_park[park] if placed.start_year <= year]
                used = sum(placed.share * use(placed.needs) for placed in started)
                yield finding(f"{park} {year}", at_most(supplied, used, unit, SLACK))


def _supplied(facts: Facts, rule: str, park: str, year: int) -> float | None:
    """Return what a park is supplied with by a year: the scenario's latest cap so far, else the layer's latest figure.

    0 before the layer's first figure; None where neither says anything of the park.
    """
    asked: Mapping[str, Mapping[int, float]] = getattr(facts.scenario.rules, rule).caps
    caps = {
        since: most
        for name, steps in asked.items()
        if park in parks_named(facts.ground, name)
        for since, most in steps.items()
        if since <= year
    }
    if caps:
        return caps[max(caps)]
    column, scale = LAYER[rule]
    steps = {
        int(row["year"]): scale * float(row[column])
        for row in facts.ground.supply.values()
        if row["park"] == park and number(row[column]) is not None
    }
    return (
        max(((since, most) for since, most in steps.items() if since <= year), default=(0, 0.0))[1] if steps else None
    )


def land_supply(facts: Facts) -> Iterator[Finding]:
    """Add up the land of the plots that are started on in each year that has a figure."""
    for year, most_m2 in sorted(facts.scenario.rules.land_supply.years.items()):
        started = [placed for placed in facts.placed if placed.start_year == year]
        taken_m2 = sum(m2 for placed in started for m2 in _land(placed).values())
        yield finding(str(year), at_most(most_m2, taken_m2, "m²", SLACK))


def preparation_budget(facts: Facts) -> Iterator[Finding]:
    """Add up what the land taken costs that is ready in each year with a budget; a piece bears its share by area."""
    for year, most_yi in sorted(facts.scenario.rules.preparation_budget.years.items()):
        cost_yi = sum(
            (number(placed.parcels[parcel]["preparation_cost_yi"]) or 0.0) * portion(m2, placed.usable[parcel])
            for placed in facts.placed
            for parcel, m2 in _land(placed).items()
            if number(placed.parcels[parcel]["ready_year"]) == year
        )
        yield finding(str(year), at_most(most_yi, cost_yi, "亿元", SLACK))


def _land(placed: Placed) -> dict[str, float]:
    """Return the land a placement takes of each parcel (m²)."""
    return {parcel: placed.share * placed.taken_m2.get(parcel, 0.0) for parcel in placed.parcels}


def pole_share(facts: Facts) -> Iterator[Finding]:
    """Add up the floor space placed in a park: at least, at most its share of all."""
    placed_m2: defaultdict[str, float] = defaultdict(float)
    for placed in facts.placed:
        placed_m2[placed.park] += space_m2(placed)
    total_m2 = sum(placed_m2.values())
    for name, share in facts.scenario.rules.pole_share.shares.items():
        for park in sorted(parks_named(facts.ground, name)):
            if share.least is not None:
                yield finding(f"{park} least", at_least(share.least * total_m2, placed_m2[park], "m²", SLACK))
            if share.most is not None:
                yield finding(f"{park} most", at_most(share.most * total_m2, placed_m2[park], "m²", SLACK))


def housing(facts: Facts) -> Iterator[Finding]:
    """Add up the beds that the projects in a park need, each where its first part is; and those in all parks."""
    rule = facts.scenario.rules.housing
    jobs = facts.asked.projects["jobs"]
    beds: defaultdict[str, float] = defaultdict(float)
    first = set(first_parts(facts.needs).values())
    for placed in facts.placed:
        if placed.needs.part in first:
            needed = placed.share * rule.jobs_housed * (number(jobs[placed.needs.project]) or 0.0)
            beds[placed.park] += needed
            beds[IN_ALL] += needed
    for name, most in rule.beds.items():
        for park in sorted(parks_named(facts.ground, name)):
            yield finding(park, at_most(most, beds[park], "beds", SLACK))
    if rule.beds_in_all is not None:
        yield finding(IN_ALL, at_most(rule.beds_in_all, beds[IN_ALL], "beds", SLACK))


def started_space_target(facts: Facts) -> Iterator[Finding]:
    """Add up the floor space of buildings started or built, and of planned ones opened that are started by then."""
    rule = facts.scenario.rules.started_space_target
    by = rule.by or facts.scenario.years[1]
    opened = opened_buildings(facts)
    started = {
        name
        for name, building in facts.ground.buildings.items()
        if building["stage"] != "planned"
        or (
            name in opened
            and given(building["delivery_year"])
            and building["delivery_year"] - rule.years_to_build <= by
        )
    }
    floors = facts.ground.floors.values()
    started_m2 = sum(float(floor["area_m2"]) for floor in floors if floor["building_id"] in started)
    yield finding(str(by), at_least(rule.target_m2, started_m2, "m²", SLACK))
