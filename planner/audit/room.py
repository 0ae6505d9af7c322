"""Chapter 2 measured again: what a parcel, a floor, a building can hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from planner.audit.facts import Facts, Finding, figure, finding
from planner.audit.fit import AREA_SLACK_M2, at_most, equal
from planner.audit.ground import number, rows
from planner.audit.score import opened_buildings
from planner.audit.share import may_be_shared


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
    said = {row["goal"]: number(row["raw"]) for row in rows(facts.plan.goals.reset_index())}
    if not facts.scenario.goals.opened or "opened" not in said:
        return  # opening costs nothing, so the plan does not say
    needed = opened_buildings(facts)
    named = facts.plan.summary.get("opened", needed)
    for building in needed:
        tenants = sum(building in placed.buildings for placed in facts.placed)
        kept = building in named
        yield Finding(building, "yes", "yes" if kept else "no", "", kept, 0.0 if kept else tenants)
    yield finding("planned", equal(figure(len(needed)), figure(said["opened"])))
