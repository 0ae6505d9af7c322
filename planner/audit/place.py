"""Chapter 1 measured again: who goes where."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from planner.audit.changes import of_parts
from planner.audit.facts import Facts, Finding, figure
from planner.audit.fit import NONE
from planner.audit.ground import number, rows

SHARE_SLACK = 1e-6
"""What the shares of a divisible part may be off by."""


def each_part_placed_with_its_project(facts: Facts) -> Iterator[Finding]:
    """Add up the shares of each part of a project that is begun: all of it; and of a part nobody asked for: none."""
    times = _placed_of_parts(facts)
    begun = {placed.needs.project for placed in facts.placed}
    for part, needs in facts.needs.items():
        if needs.project in begun:
            missed = abs(times[part] - 1)
            yield Finding(part, "= 1", figure(times[part]), "", missed <= SHARE_SLACK, missed)
    for part in facts.strangers:
        yield Finding(part, "= 0", figure(times[part]), "", False)


def each_part_placed_once(facts: Facts) -> Iterator[Finding]:
    """Add up the shares of each part that is placed: once at most."""
    for part, times in sorted(_placed_of_parts(facts).items()):
        if part in facts.needs:
            yield Finding(part, "≤ 1", figure(times), "", times <= 1 + SHARE_SLACK, max(times - 1, 0))


def _placed_of_parts(facts: Facts) -> defaultdict[str, float]:
    """Return how much of each part is placed: 1 is all of it."""
    times: defaultdict[str, float] = defaultdict(float)
    for row in rows(facts.plan.placements):
        share = number(row.get("share"))
        times[str(row["part"])] += 1.0 if share is None else share
    return times


def must_place(facts: Facts) -> Iterator[Finding]:
    """Count the parts placed of every project that the scenario wants placed or locks.

    All of them; where parts may go without one another, one.
    """
    parts = {part: needs.project for part, needs in facts.needs.items()}
    named = {parts[part] for who in facts.scenario.locks for part in of_parts(parts, who)}
    times = Counter(placed.needs.part for placed in facts.placed)
    together = facts.scenario.rules.each_part_placed_with_its_project
    whole = together.on and together.soft is None
    for project in sorted({*facts.scenario.must_place, *named}):
        wanted = of_parts(parts, project)
        there = sum(times[part] > 0 for part in wanted)
        least = len(wanted) if whole else 1
        kept = there >= least > 0
        yield Finding(project, f"{'=' if whole else '≥'} {least}", str(there), "", kept, float(there == 0))


def locks(facts: Facts) -> Iterator[Finding]:
    """Look up where every part with a lock is placed: there, and nowhere else; somewhere, while must_place holds."""
    parts = {part: needs.project for part, needs in facts.needs.items()}
    locked: defaultdict[str, list[str]] = defaultdict(list)
    for who, place in facts.scenario.locks.items():
        for part in of_parts(parts, who):
            locked[part] += place.names
    for part, names in sorted(locked.items()):
        places = [place for placed in facts.placed if placed.needs.part == part for place in placed.places]
        may_fail = not facts.scenario.rules.must_place.on or facts.scenario.rules.must_place.soft is not None
        there = set(places) <= facts.confined[part] and (bool(places) or may_fail)
        yield Finding(part, ";".join(names), ";".join(places) or NONE, "", there)
