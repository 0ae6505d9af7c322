"""The audit: a plan measured again from the raw layers and the scenario, rule by rule, with arithmetic of its own.

It shares nothing with the model, the tests or the measures that made the plan: of a territory it takes the data, of a
plan only who stands where, from when, on how much. So one misreading of a rule cannot pass both. `MEASURES` has an
entry for every rule, every test of local fit, the shape of the sites, the locks and the score; each entry returns its
findings, one a key, and is meant to be read beside the rule it measures.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from planner.audit.changes import changed, of_parts, parks_named
from planner.audit.facts import Check, Facts, Finding, Placed, figure, gather, needs_of, worst
from planner.audit.fit import AREA_SLACK_M2, NONE, TESTS, Checks, at_most, equal
from planner.audit.ground import ground_of, number, rows
from planner.audit.score import opened_buildings, score, totals
from planner.audit.site import site
from planner.intake.inputs import Inputs
from planner.plan import Plan
from planner.projects import Projects
from planner.scenario import Scenario
from planner.territory import Territory
from planner.words import Words

__all__ = ["COLUMNS", "MEASURES", "NAMES", "audit", "measure", "normalisers_of"]

COLUMNS = ("rule", "key", "asked", "found", "unit", "kept")
NAMES: Mapping[str, Words] = {
    "site": Words("落位空间完整", "the site is one site"),
    "locks": Words("按锁定落位", "placed where locked"),
    "score": Words("得分复算", "score added up again"),
}
"""Measures that are neither a rule nor a test of local fit, whose names stand elsewhere."""

POWER_SLACK_KVA = 1e-6

Measure = Callable[[Facts], Iterator[Finding]]


def measure(
    plan: Plan,
    scenario: Scenario,
    territory: Territory,
    asked: Projects,
    normalisers: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Measure a plan again.

    Parameters
    ----------
    plan : Plan
    scenario : Scenario
        The question it answers; its changes are applied here.
    territory : Territory
        As read, before any change.
    asked : Projects
        As read, before any default.
    normalisers : mapping of str to float, optional
        What each goal is divided by, as `normalisers_of` returns it for the root of `extends`; by default those of
        this very question.

    Returns
    -------
    DataFrame
        One row a key measured: ``rule``, ``key``, ``asked``, ``found`` (text), ``unit``, ``kept`` (bool). Rules that
        the scenario switches off are not measured.
    """
    by = normalisers_of(scenario, territory, asked) if normalisers is None else normalisers
    facts = gather(plan, scenario, territory, asked, by)
    found = [
        (name, *finding) for name, measure in MEASURES.items() if _on(scenario, name) for finding in measure(facts)
    ]
    return pd.DataFrame(found, columns=list(COLUMNS)).astype({"kept": bool})


def audit(plan: Plan, inputs: Inputs) -> pd.DataFrame:
    """Measure a plan again on the inputs it was made from, its goals by the root of `extends`."""
    root = inputs.root if inputs.root is not None and inputs.scenario.normalise == "root" else inputs
    by = normalisers_of(root.scenario, root.territory, root.projects)
    return measure(plan, inputs.scenario, inputs.territory, inputs.projects, by)


def normalisers_of(scenario: Scenario, territory: Territory, asked: Projects) -> dict[str, float]:
    """Return what each goal is divided by when this scenario is the root: what all that is asked would bring."""
    ground = changed(ground_of(territory), scenario.changes)
    return totals(asked, needs_of(asked, ground.tables, scenario.years), ground, scenario.years[1])


def _on(scenario: Scenario, name: str) -> bool:
    rule = getattr(scenario.rules, name, True)
    return bool(getattr(rule, "on", rule))


# Rules


def each_part_placed_with_its_project(facts: Facts) -> Iterator[Finding]:
    """Count how often each part of a project that is begun is placed: once; and a part nobody asked for: never."""
    times = Counter(str(row["part"]) for row in rows(facts.plan.placements))
    begun = {placed.needs.project for placed in facts.placed}
    for part, needs in facts.needs.items():
        if needs.project in begun:
            yield Finding(part, "= 1", str(times[part]), "", times[part] == 1)
    for part in facts.strangers:
        yield Finding(part, "= 0", str(times[part]), "", False)


def must_place(facts: Facts) -> Iterator[Finding]:
    """Count the parts placed of every project that the scenario wants placed or locks: all of them."""
    parts = {part: needs.project for part, needs in facts.needs.items()}
    named = {parts[part] for who in facts.scenario.locks for part in of_parts(parts, who)}
    times = Counter(placed.needs.part for placed in facts.placed)
    for project in sorted({*facts.scenario.must_place, *named}):
        wanted = of_parts(parts, project)
        there = sum(times[part] > 0 for part in wanted)
        yield Finding(project, f"= {len(wanted)}", str(there), "", there == len(wanted) > 0)


def parcel_used_once(facts: Facts) -> Iterator[Finding]:
    """Count the placements on each parcel taken: one."""
    for parcel, times in sorted(Counter(p for placed in facts.placed for p in placed.parcels).items()):
        yield Finding(parcel, "≤ 1", str(times), "", times <= 1)


def floor_not_overfilled(facts: Facts) -> Iterator[Finding]:
    """Add up what all parts take of a floor: not more than is free of it."""
    taken_m2: defaultdict[str, float] = defaultdict(float)
    for use in rows(facts.plan.uses):
        if use["place"] in facts.ground.floors:
            taken_m2[use["place"]] += float(use["amount_m2"])
    for floor, amount_m2 in sorted(taken_m2.items()):
        free_m2 = facts.ground.floors[floor]["free_m2"]
        yield _finding(floor, at_most(free_m2, amount_m2, "m²", AREA_SLACK_M2))


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
                yield _finding(f"{park} {year}", at_most(supplied_kva, drawn_kva, "kVA", POWER_SLACK_KVA))


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


def building_opened(facts: Facts) -> Iterator[Finding]:
    """Look up that every planned building that takes somebody is opened, and count that no other is."""
    said = {row["goal"]: number(row["raw"]) for row in rows(facts.plan.goals.reset_index())}
    if not facts.scenario.goals.opened or "opened" not in said:
        return  # opening costs nothing, so the plan does not say
    needed = opened_buildings(facts)
    named = facts.plan.summary.get("opened", needed)
    for building in needed:
        yield Finding(building, "yes", "yes" if building in named else "no", "", building in named)
    yield _finding("planned", equal(figure(len(needed)), figure(said["opened"])))


# Placements


def _each_placement(test: Callable[[Facts, Placed], Checks]) -> Measure:
    """Return the measure that makes a test on each placement: of its checks the first that failed, else the first."""

    def measure(facts: Facts) -> Iterator[Finding]:
        for placed in facts.placed:
            if (check := worst(test(facts, placed))) is not None:
                yield _finding(placed.needs.part, check)

    return measure


def locks(facts: Facts) -> Iterator[Finding]:
    """Look up where every part with a lock is placed: there, and nowhere else; somewhere, while must_place holds."""
    parts = {part: needs.project for part, needs in facts.needs.items()}
    locked: defaultdict[str, list[str]] = defaultdict(list)
    for who, place in facts.scenario.locks.items():
        for part in of_parts(parts, who):
            locked[part] += place.names
    for part, names in sorted(locked.items()):
        places = [place for placed in facts.placed if placed.needs.part == part for place in placed.places]
        there = set(places) <= facts.confined[part] and (bool(places) or not facts.scenario.rules.must_place)
        yield Finding(part, ";".join(names), ";".join(places) or NONE, "", there)


def _finding(key: str, check: Check) -> Finding:
    return Finding(key, *check)


RULES: Mapping[str, Measure] = {
    measure.__name__: measure
    for measure in (
        each_part_placed_with_its_project,
        must_place,
        parcel_used_once,
        floor_not_overfilled,
        power,
        building_opened,
    )
}
MEASURES: Mapping[str, Measure] = {
    **RULES,
    **{name: _each_placement(test) for name, test in TESTS.items()},
    "site": _each_placement(site),
    "locks": locks,
    "score": score,
}
"""What is measured, by name: every rule, every test of local fit, and the audit's own."""
