"""Chapter 3 measured again: what belongs together, and what must be kept apart.

Distances are those between outlines: the usable land of plots, or the piece cut for a part; footprints of buildings.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import shapely
from shapely.geometry.base import BaseGeometry

from planner.audit.changes import of_parts, parks_named
from planner.audit.derived import in_main_park_m2, space_m2, space_of_clusters
from planner.audit.facts import Check, Facts, Finding, Placed, figure, finding
from planner.audit.fit import at_least
from planner.audit.ground import given, listed
from planner.audit.needs import first_parts, lineage
from planner.audit.place import SHARE_SLACK
from planner.scenario.together import Apart

DISTANCE_SLACK_M = 0.001
SPACE_SLACK_M2 = 0.001


def leader_and_suppliers(facts: Facts) -> Iterator[Finding]:
    """Count the suppliers that stand in the park of each leader placed, or within a distance of it."""
    rule = facts.scenario.rules.leader_and_suppliers
    standing = heads(facts)
    for leader in dict.fromkeys(rule.leaders or leaders(facts)):
        if leader not in standing:
            continue
        suppliers = [str(name) for name, of in facts.asked.projects["supplies"].items() if leader in listed(of)]
        there = [placed for name in suppliers for placed in standing.get(name, ())]
        for one in standing[leader]:
            share = sum(other.share for other in standing[leader] if _at_one_stand(one, other, rule.within))
            count = sum(supplier.share for supplier in there if _stands_by(one, supplier, rule.within))
            yield _at_least(leader, rule.at_least * share, count, "suppliers")


def _at_one_stand(one: Placed, other: Placed, within: str | float) -> bool:
    """Return whether two shares of a part are in one park, where parks count, or else in one building or plot."""
    same_park = one.park == other.park and isinstance(within, str)
    return one is other or same_park or bool(one.buildings.keys() & other.buildings.keys())


def _stands_by(leader: Placed, supplier: Placed, within: str | float) -> bool:
    if isinstance(within, str):
        return leader.park == supplier.park
    return distance_m(leader, supplier) <= within + DISTANCE_SLACK_M


def leaders_per_cluster(facts: Facts) -> Iterator[Finding]:
    """Count the leaders placed of each cluster that has any: not too many; and enough beside each project of it."""
    rule = facts.scenario.rules.leaders_per_cluster
    standing, led = heads(facts), leaders(facts)
    cluster = {str(name): str(of) for name, of in facts.asked.projects["cluster"].items() if given(of)}
    for name in sorted({cluster[leader] for leader in led if leader in cluster}):
        count = sum(cluster.get(leader) == name for leader in led if leader in standing)
        yield _at_most(name, rule.at_most, count, "leaders")
        for project in sorted(project for project in standing if cluster.get(project) == name):
            yield _at_least(f"{name} {project}", rule.at_least, count, "leaders")


def parts_together(facts: Facts) -> Iterator[Finding]:
    """Measure how far apart every two parts of a project are; one that is not placed is near nothing."""
    most_m = facts.scenario.rules.parts_together.metres or 0.0
    placed = _by_part(facts)
    for part, other in itertools.combinations(sorted(facts.needs), 2):
        if facts.needs[part].project != facts.needs[other].project:
            continue
        for one in placed.get(part, ()):
            apart = [(distance_m(one, there), there.share) for there in placed.get(other, ())]
            near = sum(share for apart_m, share in apart if apart_m <= most_m + DISTANCE_SLACK_M)
            here = sum(there.share for there in placed[part] if _at_one_stand(one, there, most_m))
            kept = near >= here - SHARE_SLACK
            nearest_m = min((apart_m for apart_m, _ in apart), default=float("inf"))
            missed = 0.0 if kept else here - near
            yield Finding(f"{part} {other}", f"≤ {figure(most_m)}", figure(nearest_m), "m", kept, missed)


def kept_apart(facts: Facts) -> Iterator[Finding]:
    """Measure how far apart every two parts are that are to be kept apart, or look up whether they share a building.

    Two parts are too near one another, and are so once, where any share of the one is too near any of the other.
    """
    parts = {part: needs.project for part, needs in facts.needs.items()}
    placed = _by_part(facts)
    for number, group in enumerate(facts.scenario.rules.kept_apart.groups, 1):
        members = [[part for part in of_parts(parts, name) if part in placed] for name in group.who]
        for one, other in itertools.combinations(members, 2):
            for a, b in itertools.product(one, other):
                yield finding(f"{number}: {a} {b}", _apart(group, placed[a], placed[b]))


def _apart(group: Apart, a: list[Placed], b: list[Placed]) -> Check:
    """Return the check that the placements of two parts are apart as asked."""
    if group.metres is not None:
        apart_m = min(distance_m(here, there) for here, there in itertools.product(a, b))
        kept = apart_m > group.metres - DISTANCE_SLACK_M
        return Check(f"> {figure(group.metres)}", figure(apart_m), "m", kept, float(not kept))
    on, there = ([(name, floor) for each in part for name, floor in each.floors.items()] for part in (a, b))
    pairs = [
        (f"{name}/{other}", abs(int(floor["floor"]) - int(their["floor"])))
        for (name, floor), (other, their) in itertools.product(on, there)
        if floor["building_id"] == their["building_id"]
    ]
    close = dict.fromkeys(pair for pair, storeys in pairs if group.place == "building" or storeys <= 1)
    return Check(f"not {group.place}", ";".join(close) or "∅", "", not close, float(bool(close)))


def group_count(facts: Facts) -> Iterator[Finding]:
    """Count the projects of each group that are placed."""
    standing = heads(facts)
    for number, group in enumerate(facts.scenario.rules.group_count.groups, 1):
        count = len({*group.projects} & standing.keys())
        least, most = group.at_least or 0, len(group.projects) if group.at_most is None else group.at_most
        missed = max(least - count, count - most, 0)
        yield Finding(f"group {number}", f"{least}–{most}", str(count), "projects", not missed, missed)


def one_main_park_per_cluster(facts: Facts) -> Iterator[Finding]:
    """Add up the floor space of each cluster: the park that has most of it has at least its share of all of it."""
    least = facts.scenario.rules.one_main_park_per_cluster.at_least
    for cluster, by_park in sorted(space_of_clusters(facts).items()):
        yield _space(cluster, least * sum(by_park.values()), in_main_park_m2(by_park))


def leading_industries_share(facts: Facts) -> Iterator[Finding]:
    """Add up the floor space placed in each growth pole, and that of industries and clusters leading there."""
    rule, parks = facts.scenario.rules.leading_industries_share, facts.ground.parks
    shares = {name: rule.at_least or 0.0 for name, park in parks.items() if "growth_pole" in listed(park["roles"])}
    shares |= {park: share for name, share in rule.parks.items() for park in parks_named(facts.ground, name)}
    for park, share in sorted(shares.items()):
        leading = set(listed(parks[park]["leading_industries"]))
        there = [placed for placed in facts.placed if placed.park == park]
        led = [placed for placed in there if not leading.isdisjoint(_trades(facts, placed))]
        if leading:
            yield _space(park, share * sum(map(space_m2, there)), sum(map(space_m2, led)))


def _trades(facts: Facts, placed: Placed) -> list[str]:
    """Return what a placement may lead by: its cluster, its industry, and those above it."""
    cluster = facts.asked.projects["cluster"].get(placed.needs.project)
    line = lineage(placed.needs.industry, facts.ground.tables["industries"])
    return [str(cluster), *line] if given(cluster) else line


# What is placed, and how far apart


def leaders(facts: Facts) -> list[str]:
    """Return the projects that lead a chain, 链主."""
    return [str(name) for name, role in facts.asked.projects["chain_role"].items() if role == "链主"]


def heads(facts: Facts) -> Mapping[str, list[Placed]]:
    """Return where each project stands: where its first part does; none where that is not placed."""
    placed = _by_part(facts)
    return {name: placed[part] for name, part in first_parts(facts.needs).items() if part in placed}


def _by_part(facts: Facts) -> dict[str, list[Placed]]:
    """Return the placements of each part placed: one, or the shares of a divisible one."""
    found: dict[str, list[Placed]] = {}
    for placed in facts.placed:
        found.setdefault(placed.needs.part, []).append(placed)
    return found


def distance_m(a: Placed, b: Placed) -> float:
    """Return how far apart two placements are, from outline to outline."""
    return float(shapely.distance(_outline(a), _outline(b)))


def _outline(placed: Placed) -> BaseGeometry:
    land = placed.usable.values() if placed.cut is None else [placed.cut]
    shapes = [*land, *(building["geometry"] for building in placed.buildings.values())]
    return shapely.GeometryCollection(shapes)


def _at_least(key: str, least: float, count: float, unit: str) -> Finding:
    kept = count >= least - SHARE_SLACK
    return Finding(key, f"≥ {figure(least)}", figure(count), unit, kept, max(least - count, 0))


def _space(key: str, least_m2: float, m2: float) -> Finding:
    return finding(key, at_least(least_m2, m2, "m²", SPACE_SLACK_M2))


def _at_most(key: str, most: int, count: int, unit: str) -> Finding:
    return Finding(key, f"≤ {most}", str(count), unit, count <= most, max(count - most, 0))
