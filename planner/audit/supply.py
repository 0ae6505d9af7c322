"""Chapter 4 measured again: what park, year and purse can bear."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from planner.audit.changes import parks_named
from planner.audit.facts import Facts, Finding, Placed, finding
from planner.audit.fit import at_most
from planner.audit.ground import number

POWER_SLACK_KVA = 1e-6


def power(facts: Facts) -> Iterator[Finding]:
    """Add up what the parts started in a park draw, year by year: not more than it is supplied with by then."""
    drawn_by_park: defaultdict[str, list[Placed]] = defaultdict(list)
    for placed in facts.placed:
        drawn_by_park[placed.park].append(placed)
    first, last = facts.scenario.years
    for park in sorted(facts.ground.parks):
        for year in range(first, last + 1):
            started = [placed for placed in drawn_by_park[park] if placed.start_year <= year]
            asked_kva = sum(placed.needs.power_kva or 0.0 for placed in started)
            supplied_kva = _supplied_kva(facts, park, year)
            if supplied_kva is not None:
                drawn_kva = facts.scenario.rules.simultaneity * asked_kva
                yield finding(f"{park} {year}", at_most(supplied_kva, drawn_kva, "kVA", POWER_SLACK_KVA))


def _supplied_kva(facts: Facts, park: str, year: int) -> float | None:
    """Return the power of a park by a year (kVA): the scenario's latest cap so far, else the layer's latest figure.

    0 before the layer's first figure; None where neither says anything of the park.
    """
    caps = {
        since: kva
        for name, steps in facts.scenario.rules.power.caps.items()
        if park in parks_named(facts.ground, name)
        for since, kva in steps.items()
        if since <= year
    }
    if caps:
        return caps[max(caps)]
    steps = {
        int(row["year"]): 1000 * float(row["power_mva"])
        for row in facts.ground.supply.values()
        if row["park"] == park and number(row["power_mva"]) is not None
    }
    return max(((since, kva) for since, kva in steps.items() if since <= year), default=(0, 0.0))[1] if steps else None
