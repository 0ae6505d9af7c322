"""Chapter 1 measured again: who goes where."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from planner.audit.changes import of_parts
from planner.audit.facts import Facts, Finding
from planner.audit.fit import NONE
from planner.audit.ground import rows


def each_part_placed_with_its_project(facts: Facts) -> Iterator[Finding]:
    """Count how often each part of a project that is begun is placed: once; and a part nobody asked for: never."""
    times = Counter(str(row["part"]) for row in rows(facts.plan.placements))
    begun = {placed.needs.project for placed in facts.placed}
    for part, needs in facts.needs.items():
        if needs.project in begun:
            yield Finding(part, "= 1", str(times[part]), "", times[part] == 1, abs(times[part] - 1))
    for part in facts.strangers:
        yield Finding(part, "= 0", str(times[part]), "", False)


def each_part_placed_once(facts: Facts) -> Iterator[Finding]:
    """Count how often each part is placed: once at most."""
    for part, times in sorted(Counter(placed.needs.part for placed in facts.placed).items()):
        yield Finding(part, "≤ 1", str(times), "", times <= 1, max(times - 1, 0))


def must_place(facts: Facts) -> Iterator[Finding]:
    """Count the parts placed of every project that the scenario wants placed or locks: all of them."""
    parts = {part: needs.project for part, needs in facts.needs.items()}
    named = {parts[part] for who in facts.scenario.locks for part in of_parts(parts, who)}
    times = Counter(placed.needs.part for placed in facts.placed)
    for project in sorted({*facts.scenario.must_place, *named}):
        wanted = of_parts(parts, project)
        there = sum(times[part] > 0 for part in wanted)
        yield Finding(project, f"= {len(wanted)}", str(there), "", there == len(wanted) > 0, float(there == 0))


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
