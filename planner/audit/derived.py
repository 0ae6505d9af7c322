"""Goals that hang on several placements at once, measured again: chains, clusters, leftovers, balance, stability."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from planner.audit.changes import home
from planner.audit.facts import Facts, Placed
from planner.audit.ground import Ground, given, listed, number, usable_pieces, yes
from planner.audit.needs import Needs, first_parts
from planner.audit.share import lost_m2
from planner.projects import Projects
from planner.scenario import Scenario

OFFERED = ("free", "in_preparation")
"""States of a parcel that is on offer once it has a ready year."""
NOTHING_M2 = 1e-6
"""Less of a floor is nothing."""


def space_m2(placed: Placed) -> float:
    """Return the floor space a placement makes: of floors what it takes, on a plot what is asked for, by its share."""
    taken_m2 = sum(placed.taken_m2.get(floor, 0.0) for floor in placed.floors)
    return placed.share * (taken_m2 if placed.floors else placed.needs.space_m2)


def parks_of(facts: Facts, project: str) -> dict[str, float]:
    """Return how much of a project stands in each park: how much of its first part."""
    first = first_parts(facts.needs)[project]
    shares: defaultdict[str, float] = defaultdict(float)
    for placed in facts.placed:
        if placed.needs.part == first and placed.park:
            shares[placed.park] += placed.share
    return shares


def links(asked: Projects) -> list[tuple[str, str]]:
    """Return who supplies whom: leader and supplier."""
    return [
        (leader, str(supplier))
        for supplier, leaders in asked.projects["supplies"].items()
        for leader in listed(leaders)
        if leader in asked.projects.index
    ]


def links_kept(facts: Facts, by: Mapping[str, list[Placed]]) -> float:
    """Count the links whose leader and supplier stand in one park; where one is divided, the lesser share there."""
    ends = [(parks_of(facts, leader), parks_of(facts, supplier)) for leader, supplier in links(facts.asked)]
    return float(sum(min(one[park], other[park]) for one, other in ends for park in one.keys() & other.keys()))


def space_of_clusters(facts: Facts) -> dict[str, dict[str, float]]:
    """Return the floor space placed of each cluster, by park; outside all parks under none."""
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for placed in facts.placed:
        cluster = facts.asked.projects["cluster"].get(placed.needs.project)
        if given(cluster):
            by_park = found[str(cluster)]
            by_park[placed.park] = by_park.get(placed.park, 0.0) + space_m2(placed)
    return found


def in_main_park_m2(by_park: Mapping[str, float]) -> float:
    """Return the floor space in the park that has most of it; what is in no park is in no main park either.

    Examples
    --------
    >>> in_main_park_m2({"": 9.0, "YL": 2.0, "SY": 3.0})
    3.0
    """
    return max((m2 for park, m2 in by_park.items() if park), default=0.0)


def clustered_m2(facts: Facts, by: Mapping[str, list[Placed]]) -> float:
    """Return Σ over clusters of their floor space in the park that has most of it."""
    return sum(map(in_main_park_m2, space_of_clusters(facts).values()))


def clustered_asked_m2(asked: Projects, needs: Mapping[str, Needs], ground: Ground, scenario: Scenario) -> float:
    """Return the floor space that all parts of projects in clusters ask for."""
    return sum(need.space_m2 for need in needs.values() if given(asked.projects["cluster"].get(need.project)))


def left_over_m2(facts: Facts, by: Mapping[str, list[Placed]]) -> float:
    """Return Σ over floors with somebody on them of what is left, where that is less than the floor's least unit.

    And what cuts leave of their parcels, where that is too small to stay on offer.
    """
    taken_m2: defaultdict[str, float] = defaultdict(float)
    for placed in facts.placed:
        for floor in placed.floors:
            taken_m2[floor] += placed.share * placed.taken_m2.get(floor, 0.0)
    total = 0.0
    for name, amount_m2 in taken_m2.items():
        rest_m2 = facts.ground.floors[name]["free_m2"] - amount_m2
        if NOTHING_M2 < rest_m2 < (number(facts.ground.floors[name]["unit_min_m2"]) or 0.0) - NOTHING_M2:
            total += rest_m2
    cuts = [placed for placed in facts.placed if placed.cut is not None and placed.parcels]
    return total + sum(placed.share * lost_m2(facts, placed) for placed in cuts)


def least_places_m2(asked: Projects, needs: Mapping[str, Needs], ground: Ground, scenario: Scenario) -> float:
    """Return Σ over floors on offer of their least unit, and over parcels on offer of what a cut may lose at most."""
    units = sum(number(floor["unit_min_m2"]) or 0.0 for floor in ground.floors.values() if floor["free_m2"] > 0)
    offered = [one for one in ground.parcels.values() if one["state"] in OFFERED and given(one["ready_year"])]
    cut = [one["geometry"].area for one in offered if scenario.sites.cuts and yes(one["divisible"])]
    return units + sum(min(float(area_m2), scenario.sites.cut_rest_min_m2) for area_m2 in cut)


def imbalance(facts: Facts, by: Mapping[str, list[Placed]]) -> float:
    """Return how much fuller the fullest growth pole is than the emptiest (share of what each can hold)."""
    ground = facts.ground
    poles = [name for name, park in ground.parks.items() if "growth_pole" in listed(park["roles"])]
    room_m2 = dict.fromkeys(poles, 0.0)
    offered = [
        name for name, one in ground.parcels.items() if one["state"] in OFFERED and given(one["ready_year"])
    ]
    for parcel, land in usable_pieces(ground, offered, facts.forbidden).items():
        if (pole := home(facts.around, parcel)) in room_m2:
            room_m2[pole] += land.area * (number(ground.parcels[parcel]["far_max"]) or 0.0)
    for name, floor in ground.floors.items():
        if (pole := home(facts.around, name)) in room_m2:
            room_m2[pole] += max(floor["free_m2"], 0.0)
    placed_m2: defaultdict[str, float] = defaultdict(float)
    for placed in facts.placed:
        placed_m2[placed.park] += space_m2(placed)
    filled = [placed_m2[pole] / room for pole, room in room_m2.items() if room > 0]
    return max(filled) - min(filled) if len(filled) > 1 else 0.0


def parts_kept(facts: Facts, by: Mapping[str, list[Placed]]) -> float:
    """Count the parts that stand on just the places an earlier plan has them on."""
    return sum(
        placed.share for placed in facts.placed if facts.earlier.get(placed.needs.part) == frozenset(placed.places)
    )
