"""The score of a plan, goal by goal, added up again from what was asked and what was placed.

points = sign × weight × 100 × raw ÷ normaliser. It takes no figure from the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from planner.audit.derived import (
    OFFERED,
    clustered_asked_m2,
    clustered_m2,
    imbalance,
    least_places_m2,
    left_over_m2,
    links,
    links_kept,
    parts_kept,
)
from planner.audit.facts import Facts, Finding, Placed, figure, portion
from planner.audit.ground import Ground, given, number, rows
from planner.audit.lay import roundness, way_km, ways_in
from planner.audit.needs import EVERY, Needs, lineage
from planner.projects import Projects
from planner.scenario import Scenario

POINTS_SLACK = 1e-6
CNY_A_MYRIAD = 10_000


@dataclass(frozen=True)
class Measured:
    """One goal: whether more is better or worse, what a plan brings, what all that is asked would bring.

    Attributes
    ----------
    sign : int
    unit : str
    raw : callable
        From the facts and the placements of each project.
    total : callable
        From what is asked, what is there and the scenario: the normaliser.
    """

    sign: int
    unit: str
    raw: Callable[[Facts, Mapping[str, list[Placed]]], float]
    total: Callable[[Projects, Mapping[str, Needs], Ground, Scenario], float]


def by_project(facts: Facts) -> dict[str, list[Placed]]:
    """Return the placements of each project of which anything is placed."""
    found: dict[str, list[Placed]] = {}
    for placed in facts.placed:
        found.setdefault(placed.needs.project, []).append(placed)
    return found


def brought(figures: pd.Series, placed: Mapping[str, list[Placed]]) -> float:
    """Return what projects bring of a figure: all of it with all their parts, each part the same share of it."""
    done = {name: sum(each.share / each.needs.siblings for each in parts) for name, parts in placed.items()}
    return float(sum(figures.fillna(0.0)[name] * share for name, share in done.items()))


def tier_points(projects: pd.DataFrame, ground: Ground) -> pd.Series:
    """Return the points of each project's tier."""
    points = {row["tier"]: row["points"] for row in ground.tables["tiers"]}
    return projects["tier"].map(points).astype(float)


def _sum_of(column: str, unit: str) -> Measured:
    """Return the goal that adds up a column of the projects; what is not given adds nothing."""
    return Measured(
        +1,
        unit,
        lambda facts, by: brought(facts.asked.projects[column], by),
        lambda asked, needs, ground, scenario: float(asked.projects[column].fillna(0).sum()),
    )


def _fit(facts: Facts, by: Mapping[str, list[Placed]]) -> float:
    """Return Σ over projects of the mean over their parts of how industry and park fit (0–1).

    The row nearest to the industry counts (own, parent's, ``*``), then the one nearest to the park (own, ``*``).
    """
    table = {(row["industry_id"], row["park_id"]): float(row["fit"]) for row in facts.ground.tables["fit"]}
    total = 0.0
    for placed in (placed for parts in by.values() for placed in parts):
        nearest = lineage(placed.needs.industry, facts.ground.tables["industries"])
        named = ((industry, park) for industry in nearest for park in (placed.park, EVERY))
        fit = next((table[pair] for pair in named if pair in table), 0.0)
        total += placed.share * fit / placed.needs.siblings
    return total


def _waited(facts: Facts, by: Mapping[str, list[Placed]]) -> float:
    return sum(
        placed.share * (placed.start_year - placed.needs.first) / placed.needs.siblings
        for parts in by.values()
        for placed in parts
    )


def _longest_wait(asked: Projects, needs: Mapping[str, Needs], ground: Ground, scenario: Scenario) -> float:
    first = {need.project: need.first for need in needs.values()}
    return float(sum(max(0, scenario.years[1] - year) for year in first.values()))


def _spare_land(facts: Facts, by: Mapping[str, list[Placed]]) -> float:
    return sum(
        placed.share * (placed.usable_m2 - (placed.needs.land_m2 or 0.0)) for placed in facts.placed if placed.parcels
    )


def _most_spare_land(asked: Projects, needs: Mapping[str, Needs], ground: Ground, scenario: Scenario) -> float:
    return sum(
        need.land_max_m2 - need.land_m2
        for need in needs.values()
        if "P" in need.accepts and need.land_m2 is not None and need.land_max_m2 is not None
    )


def _straggling(facts: Facts, by: Mapping[str, list[Placed]]) -> float:
    """Return Σ over plots of their land × (1 − roundness)."""
    gap_m = facts.scenario.sites.street_gap_m
    return sum(
        placed.share * placed.usable_m2 * (1 - roundness(placed.land, gap_m))
        for placed in facts.placed
        if placed.parcels
    )


def _most_land(asked: Projects, needs: Mapping[str, Needs], ground: Ground, scenario: Scenario) -> float:
    return sum(need.land_max_m2 for need in needs.values() if "P" in need.accepts and need.land_max_m2 is not None)


def _way(facts: Facts, by: Mapping[str, list[Placed]]) -> float:
    """Return Σ over projects of the mean over their parts of the way to the nearest motorway, metro, port, airport."""
    ways = ways_in(facts.ground)
    return sum(
        placed.share
        * way_km([*placed.usable.values(), *(b["geometry"] for b in placed.buildings.values())], ways)
        / placed.needs.siblings
        for placed in facts.placed
    )


def _longest_way(asked: Projects, needs: Mapping[str, Needs], ground: Ground, scenario: Scenario) -> float:
    ways = ways_in(ground)
    places = [place["geometry"] for place in (*ground.parcels.values(), *ground.buildings.values())]
    return len(asked.projects) * max((way_km([place], ways) for place in places), default=0.0)


def _preparing(facts: Facts, by: Mapping[str, list[Placed]]) -> float:
    """Return what preparing the parcels costs, of each as much as is taken of its usable land."""
    return sum(
        placed.share
        * (number(parcel["preparation_cost_yi"]) or 0.0)
        * portion(placed.taken_m2.get(name, 0.0), placed.usable[name])
        for placed in facts.placed
        for name, parcel in placed.parcels.items()
    )


def _preparing_all(asked: Projects, needs: Mapping[str, Needs], ground: Ground, scenario: Scenario) -> float:
    return sum(
        number(parcel["preparation_cost_yi"]) or 0.0
        for parcel in ground.parcels.values()
        if parcel["state"] in OFFERED and given(parcel["ready_year"])
    )


def _highest_rent(ground: Ground) -> float:
    return max((number(b["rent_cny_m2_month"]) or 0.0 for b in ground.buildings.values()), default=0.0)


def _renting(facts: Facts, by: Mapping[str, list[Placed]]) -> float:
    """Return the rent of all floor space taken (万元 a month); one that is not given counts as the highest."""
    highest = _highest_rent(facts.ground)
    total = 0.0
    for placed in facts.placed:
        for name, floor in placed.floors.items():
            rent = number(facts.ground.buildings[floor["building_id"]]["rent_cny_m2_month"])
            total += placed.share * placed.taken_m2.get(name, 0.0) * (highest if rent is None else rent)
    return total / CNY_A_MYRIAD


def _most_rent(asked: Projects, needs: Mapping[str, Needs], ground: Ground, scenario: Scenario) -> float:
    upstairs = [need.gfa_m2 for need in needs.values() if {"G", "L", "U"} & {*need.accepts} and need.gfa_m2 is not None]
    return sum(upstairs) * _highest_rent(ground) / CNY_A_MYRIAD


def opened_buildings(facts: Facts) -> list[str]:
    """Return the planned buildings that are opened.

    Those that a placement opens (none where the scenario switches that rule off); and, where space is to be started,
    those that the plan says it opens besides.
    """
    rules = facts.scenario.rules
    used = {name for placed in facts.placed for name in placed.buildings} if rules.building_opened.on else set()
    said = set(facts.plan.summary.get("opened", ())) if rules.started_space_target.on else set()
    return sorted(name for name in used | said if facts.ground.buildings.get(name, {}).get("stage") == "planned")


def _planned(asked: Projects, needs: Mapping[str, Needs], ground: Ground, scenario: Scenario) -> float:
    return float(sum(building["stage"] == "planned" for building in ground.buildings.values()))


GOALS: Mapping[str, Measured] = {
    "tier": Measured(
        +1,
        "",
        lambda facts, by: brought(tier_points(facts.asked.projects, facts.ground), by),
        lambda asked, needs, ground, scenario: float(tier_points(asked.projects, ground).sum()),
    ),
    "investment": _sum_of("investment_yi", "亿元"),
    "output": _sum_of("output_yi", "亿元"),
    "tax": _sum_of("tax_yi", "亿元"),
    "jobs": _sum_of("jobs", "jobs"),
    "rnd": _sum_of("rnd_yi", "亿元"),
    "fit": Measured(+1, "", _fit, lambda asked, needs, ground, scenario: float(len(asked.projects))),
    "chain": Measured(+1, "links", links_kept, lambda asked, needs, ground, scenario: float(len(links(asked)))),
    "cluster": Measured(+1, "m²", clustered_m2, clustered_asked_m2),
    "waited": Measured(-1, "years", _waited, _longest_wait),
    "spare_land": Measured(-1, "m²", _spare_land, _most_spare_land),
    "shape": Measured(-1, "m²", _straggling, _most_land),
    "leftover": Measured(-1, "m²", left_over_m2, least_places_m2),
    "access": Measured(-1, "km", _way, _longest_way),
    "preparation": Measured(-1, "亿元", _preparing, _preparing_all),
    "rent": Measured(-1, "万元", _renting, _most_rent),
    "balance": Measured(-1, "share", imbalance, lambda asked, needs, ground, scenario: 1.0),
    "stability": Measured(+1, "parts", parts_kept, lambda asked, needs, ground, scenario: float(len(needs))),
    "opened": Measured(-1, "", lambda facts, by: float(len(opened_buildings(facts))), _planned),
}
"""Every goal, measured on its own."""
OF_SEVERAL = frozenset({"chain", "cluster", "leftover", "balance", "opened"})
"""Goals that are no sum over placements."""


def totals(asked: Projects, needs: Mapping[str, Needs], ground: Ground, scenario: Scenario) -> dict[str, float]:
    """Return the normaliser of each goal: what all that is asked would bring; 1 where that is nothing."""
    return {name: goal.total(asked, needs, ground, scenario) or 1.0 for name, goal in GOALS.items()}


def score(facts: Facts) -> Iterator[Finding]:
    """Return raw total and points of every goal, and the score, against what the plan says of itself.

    A goal without weight that the plan does not list is not measured, nor anything where there is no plan.
    """
    if facts.plan.summary.get("score") is None and not len(facts.plan.placements):
        return
    by = by_project(facts)
    said = {row["goal"]: row for row in rows(facts.plan.goals.reset_index())}
    terms = facts.plan.summary.get("terms", {})
    total = 0.0
    for name, goal in GOALS.items():
        weight = facts.scenario.goals.weights.get(name, 0.0)
        if not weight and name not in said:
            continue
        raw = goal.raw(facts, by)
        points = goal.sign * weight * 100 * raw / facts.normalisers[name]
        total += points
        row = said.get(name, {})
        yield same(f"{name}/raw", raw, number(row.get("raw")), goal.unit)
        yield same(f"{name}/points", points, number(row.get("points")), "points")
        yield same(f"{name}/term", points, number(terms.get(name)), "points")
    lost = sum(float(points) for points in facts.plan.summary.get("soft", {}).values())  # held by the measure `soft`
    yield same("score", total - lost, number(facts.plan.summary.get("score")), "points")


def same(key: str, asked: float, found: float | None, unit: str) -> Finding:
    """Return the finding that the plan says what was measured, to a millionth (of the figure where it is large)."""
    kept = found is not None and abs(found - asked) <= POINTS_SLACK * max(1.0, abs(asked) if unit != "points" else 1)
    return Finding(key, f"= {figure(asked)}", figure(found), unit, kept)
