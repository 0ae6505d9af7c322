"""Is each site one site? A plot hangs together and lies in one park; floors are adjacent, and taken as they must be."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

from planner.audit.facts import Check, Facts, Placed, figure
from planner.audit.fit import AREA_SLACK_M2, Checks, at_least, at_most, equal, none_of, usable_ratio
from planner.audit.ground import Record, connected_sets, given, number, yes
from planner.audit.place import SHARE_SLACK
from planner.audit.share import cut, joint

WHOLE_M2 = 1.0
"""Who holds less than all of a parcel by more than this holds a share."""


def site(facts: Facts, placed: Placed) -> Checks:
    """Return what makes the places of one placement one site, each thing checked."""
    least = placed.needs.share_min
    yield at_least(1.0 if least is None else least, placed.share, "share", SHARE_SLACK)
    yield at_most(1.0, placed.share, "share", SHARE_SLACK)
    known = {*placed.parcels, *placed.floors}
    yield none_of([place for place in placed.places if place not in known])
    kinds = [name for name, places in (("plot", placed.parcels), ("unit", placed.floors)) if places]
    yield equal(placed.row["kind"], ";".join(kinds))
    yield equal(len(known), len(placed.places), "places")
    yield equal(";".join(sorted(placed.places)), ";".join(sorted(placed.taken_m2)))
    yield equal(1, len(placed.parks), "parks")
    yield equal(placed.park, placed.row["park"])
    if placed.parcels:
        yield from _plot(facts, placed)
    if placed.floors:
        yield from _unit(facts, placed)


def _plot(facts: Facts, placed: Placed) -> Checks:
    """Ask that parcels are few and hang together, and that all their usable land is taken, or a share of one parcel."""
    sites = facts.scenario.sites
    yield at_most(sites.plot_parcels_max, len(placed.parcels), "parcels")
    pieces = connected_sets(placed.usable, sites.street_gap_m, sites.facing_m)
    yield equal(1, len(pieces), "connected pieces")
    if placed.cut is not None:
        yield from cut(facts, placed)
    for parcel, land in placed.usable.items() if placed.cut is None else ():
        if len(placed.parcels) == 1 and placed.held_m2[parcel] < land.area - WHOLE_M2:
            yield from joint(facts, placed, parcel)
        else:
            yield same_area(land.area, placed.taken_m2.get(parcel, 0.0))
    yield same_area(placed.share * placed.usable_m2, number(placed.row["land_m2"]) or 0.0)


def _unit(facts: Facts, placed: Placed) -> Checks:
    """Ask for few buildings of one complex, in each adjacent floors; all whole but one at an end, which holds the rest.

    A building of no complex is one by itself; that the park is one is asked of every site.
    """
    yield at_most(placed.needs.buildings_max, len(placed.buildings), "buildings")
    if len(placed.buildings) > 1:
        named = [str(of["complex"]) for of in placed.buildings.values() if given(of.get("complex"))]
        yield equal(1, len({*named}) + len(placed.buildings) - len(named), "complexes")
    runs: dict[str, list[str]] = {}
    for name in sorted(placed.floors, key=lambda name: int(placed.floors[name]["floor"])):
        runs.setdefault(placed.floors[name]["building_id"], []).append(name)
    for run in runs.values():
        yield at_most(facts.scenario.sites.unit_floors_max, len(run), "floors")
        first, last = (int(placed.floors[name]["floor"]) for name in (run[0], run[-1]))
        yield equal(len(run), last - first + 1, "floors from first to last")
    by_net = facts.scenario.tests.net_need and placed.needs.net_m2 is not None
    counts = {name: usable_ratio(placed, floor) if by_net else 1.0 for name, floor in placed.floors.items()}
    asked_m2 = (placed.needs.net_m2 if by_net else placed.needs.gfa_m2) or 0.0
    every = list(itertools.chain(*runs.values()))
    ends = dict.fromkeys(end for run in runs.values() for end in (run[0], run[-1]))
    readings = [list(_amounts(placed, every, partial, asked_m2, counts)) for partial in ends]
    yield from max(readings, key=lambda checks: sum(check.kept for check in checks))
    yield _compartments(facts, placed)


def _amounts(placed: Placed, floors: list[str], partial: str, rest_m2: float, counts: Mapping[str, float]) -> Checks:
    """Return the checks of floors of which one holds what the whole ones leave over, or its least share.

    `counts` is what a square metre of each floor counts towards what is asked.
    """
    taken_m2: Mapping[str, float] = placed.taken_m2
    for name in floors:
        if name != partial:
            floor = placed.floors[name]
            yield equal("0", figure(floor["area_m2"] - floor["free_m2"]), "m² let")
            yield same_area(floor["area_m2"], taken_m2.get(name, 0.0))
            rest_m2 -= floor["area_m2"] * counts[name]
    floor = placed.floors[partial]
    yield Check("> 0", figure(rest_m2), "m²", rest_m2 > 0)
    partial_m2 = rest_m2 / counts[partial] if counts[partial] else 0.0
    yield same_area(max(partial_m2, number(floor["unit_min_m2"]) or 0.0), taken_m2.get(partial, 0.0))
    yield at_most(floor["free_m2"], taken_m2.get(partial, 0.0), "m²", AREA_SLACK_M2)


def _compartments(facts: Facts, placed: Placed) -> Check:
    """Return the check that as many fire compartments are told as the floors taken need, measuring aside."""
    said = number(placed.row.get("compartments"))
    least, most = 0, 0
    for name, floor in placed.floors.items():
        limit_m2 = compartment_m2(facts, placed.buildings[floor["building_id"]])
        if not limit_m2:
            return Check("none told", figure(said), "fire compartments", said is None)
        taken_m2 = placed.share * placed.taken_m2.get(name, 0.0)
        least += max(1, math.ceil((taken_m2 - AREA_SLACK_M2) / limit_m2))
        most += max(1, math.ceil((taken_m2 + AREA_SLACK_M2) / limit_m2))
    return Check(f"= {least}", figure(said), "fire compartments", said is not None and said in (least, most))


def compartment_m2(facts: Facts, building: Record) -> float | None:
    """Return the largest fire compartment of a building; None where none is permitted or the table says nothing.

    A building of no known class is one for the severest production that goes upstairs.
    """
    table = facts.ground.tables["fire_classes"]
    upstairs = max((row for row in table if yes(row["upstairs"])), key=lambda row: float(row["severity"]))
    named = building["production_class"] or upstairs["fire_class"]
    limits = []
    for row in table:
        if row["fire_class"] == named and building["fire_resistance"] in (row["fire_resistance"], "", None):
            height_m = number(building["height_m"])
            low = height_m is not None and height_m <= row["highrise_m"]
            kind = "single" if building["storeys"] == 1 else "multi" if low else "highrise"
            most_m2 = number(row[f"compartment_{kind}_m2"])
            times = float(row["sprinkler_factor"]) if yes(building["sprinklers"]) else 1.0
            limits.append(math.inf if most_m2 is None else times * most_m2)
    return min(limits, default=None) or None


def same_area(asked_m2: float, found_m2: float) -> Check:
    """Return the check that two areas are the same, measuring aside."""
    return Check(f"= {figure(asked_m2)}", figure(found_m2), "m²", abs(found_m2 - asked_m2) <= AREA_SLACK_M2)
