"""The audit: a plan measured again from the raw layers and the scenario, rule by rule, with arithmetic of its own.

It shares nothing with the model, the tests or the measures that made the plan: of a territory it takes the data, of a
plan only who stands where, from when, on how much. So one misreading of a rule cannot pass both. `MEASURES` has an
entry for every rule, every test of local fit, the shape of the sites, the locks and the score; each entry returns its
findings, one a key, and is meant to be read beside the rule it measures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from planner.audit import extra, place, room, share, supply, together
from planner.audit.changes import asked_after, changed
from planner.audit.facts import Facts, Finding, Placed, finding, gather, worst
from planner.audit.fit import TESTS, Checks
from planner.audit.ground import ground_of
from planner.audit.needs import needs_of
from planner.audit.score import same, score, totals
from planner.audit.site import site
from planner.audit.stages import stages
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
    "soft": Words("柔性约束失分", "points lost to soft rules"),
    "stages": Words("各级结果保住", "what earlier stages reached is kept"),
    "score": Words("得分复算", "score added up again"),
}
"""Measures that are neither a rule nor a test of local fit, whose names stand elsewhere."""

Measure = Callable[[Facts], Iterator[Finding]]


def measure(
    plan: Plan,
    scenario: Scenario,
    territory: Territory,
    asked: Projects,
    normalisers: Mapping[str, float] | None = None,
    earlier: Mapping[str, frozenset[str]] | None = None,
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
    earlier : mapping of str to frozenset of str, optional
        Places an earlier plan has each part on, for the goal of stability.

    Returns
    -------
    DataFrame
        One row a key measured: ``rule``, ``key``, ``asked``, ``found`` (text), ``unit``, ``kept`` (bool). Rules
        and tests that the scenario switches off are not measured.
    """
    by = normalisers_of(scenario, territory, asked) if normalisers is None else normalisers
    facts = gather(plan, scenario, territory, asked, by, earlier or {})
    found = [
        _row(name, found, soft=_price(scenario, name) is not None)
        for name, measure in MEASURES.items()
        if _on(scenario, name)
        for found in measure(facts)
    ]
    return pd.DataFrame(found, columns=list(COLUMNS)).astype({"kept": bool})


def audit(plan: Plan, inputs: Inputs) -> pd.DataFrame:
    """Measure a plan again on the inputs it was made from, its goals by the root of `extends`."""
    root = inputs.root if inputs.root is not None and inputs.scenario.normalise == "root" else inputs
    by = normalisers_of(root.scenario, root.territory, root.projects)
    return measure(plan, inputs.scenario, inputs.territory, inputs.projects, by, inputs.earlier)


def normalisers_of(scenario: Scenario, territory: Territory, asked: Projects) -> dict[str, float]:
    """Return what each goal is divided by when this scenario is the root: what all that is asked would bring."""
    ground = changed(ground_of(territory), scenario.changes)
    asked = asked_after(asked, scenario.changes)
    return totals(asked, needs_of(asked, ground.tables, scenario.years), ground, scenario)


def _on(scenario: Scenario, name: str) -> bool:
    return scenario.rules.of(name).on if name in RULES else bool(getattr(scenario.tests, name, True))


def _price(scenario: Scenario, name: str) -> float | None:
    """Return what a rule costs for each unit by which it is missed (points); None for what may not be missed."""
    return scenario.rules.of(name).soft if name in RULES else None


def _row(name: str, found: Finding, *, soft: bool) -> tuple[str, str, str, str, str, bool]:
    """Return a finding as a row; a soft rule may be missed, at the price that the measure ``soft`` holds."""
    asked = f"{found.asked} (soft)" if soft else found.asked
    return name, found.key, asked, found.found, found.unit, found.kept or soft


def _each_placement(test: Callable[[Facts, Placed], Checks]) -> Measure:
    """Return the measure that makes a test on each placement: of its checks the first that failed, else the first."""

    def measure(facts: Facts) -> Iterator[Finding]:
        for placed in facts.placed:
            if (check := worst(test(facts, placed))) is not None:
                yield finding(placed.needs.part, check)

    return measure


def soft(facts: Facts) -> Iterator[Finding]:
    """Add up by how much each soft rule is missed: the plan says what that costs."""
    said = facts.plan.summary.get("soft", {})
    if facts.plan.summary.get("score") is None:
        return
    for name, measure in RULES.items():
        price = _price(facts.scenario, name)
        if price is not None and _on(facts.scenario, name):
            missed = sum(found.missed for found in measure(facts))
            yield same(name, price * missed, float(said.get(name, 0.0)), "points")


RULES: Mapping[str, Measure] = {
    measure.__name__: measure
    for measure in (
        place.each_part_placed_with_its_project,
        place.each_part_placed_once,
        place.must_place,
        room.parcel_used_once,
        share.parcel_not_overfilled,
        share.cut_end_used_once,
        room.floor_not_overfilled,
        supply.power,
        room.building_opened,
        together.leader_and_suppliers,
        together.leaders_per_cluster,
        together.parts_together,
        together.kept_apart,
        together.group_count,
        together.one_main_park_per_cluster,
        together.leading_industries_share,
        room.building_filled,
        room.building_power,
        room.lifts,
        room.building_waste_water,
        supply.water,
        supply.waste_water,
        supply.gas,
        supply.land_supply,
        supply.preparation_budget,
        supply.pole_share,
        supply.housing,
        supply.started_space_target,
        extra.extra,
    )
}
MEASURES: Mapping[str, Measure] = {
    **RULES,
    **{name: _each_placement(test) for name, test in TESTS.items()},
    "site": _each_placement(site),
    "locks": place.locks,
    "soft": soft,
    "stages": stages,
    "score": score,
}
"""What is measured, by name: every rule, every test of local fit, and the audit's own."""
