"""Shares of one parcel, measured again: cuts by area, squareness and access; what several parts take of one parcel.

Outlines are walked in short steps, axes are taken from the corners of the least rectangle, and a cut is whatever piece
the plan says was cut: nothing of how it was found is used.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.audit.facts import CUT_SLACK_M2, Check, Facts, Finding, Placed, figure, finding
from planner.audit.fit import AREA_SLACK_M2, Checks, at_least, at_most, equal
from planner.audit.ground import EDGE_STEP_M, Record, yes

BESIDE_M = 1.0
"""Outlines no farther apart border each other."""
ON_OUTLINE_M = 0.05
LINE_SLACK_M = 0.05
"""What a cut may be off the square."""
ACCESS_SLACK_M = 0.5
"""What the walk along an outline may miss of a stretch of street."""
SAME_SIDE_M = 0.01
"""Sides of a rectangle that differ by less are equally long: a cut may be square to either."""


def may_be_shared(facts: Facts, parcel: Record) -> bool:
    """Return whether the scenario lets several parts share a parcel."""
    sites = facts.scenario.sites
    return (sites.cuts and yes(parcel["divisible"])) or (sites.joint and yes(parcel["joint"]))


def cut(facts: Facts, placed: Placed) -> Checks:
    """Ask that a piece is a cut: of one divisible parcel, as large as asked, square, both halves on a street."""
    assert placed.cut is not None
    sites = facts.scenario.sites
    yield equal(1, len(placed.parcels), "parcels")
    (name, parcel), *_ = placed.parcels.items()
    land = placed.usable[name]
    piece, rest = placed.cut, rest_of(land, placed.cut)
    may_be_cut = sites.cuts and yes(parcel["divisible"])
    yield Check("divisible", "yes" if may_be_cut else "no", "", may_be_cut)
    yield at_most(0, shapely.area(shapely.difference(piece, land)), "m²", CUT_SLACK_M2)
    asked_m2 = placed.needs.land_m2 or 0.0
    yield Check(f"= {figure(asked_m2)}", figure(piece.area), "m²", abs(piece.area - asked_m2) <= CUT_SLACK_M2)
    yield equal(1, len(shapely.get_parts(piece)), "pieces")
    yield equal(1, len(shapely.get_parts(rest)), "pieces left")
    yield at_most(0, min(overlap for overlap, _ in ends(land, piece, rest)), "m off the square", LINE_SLACK_M)
    for part in (piece, rest):
        yield at_least(sites.access_m, street_m(facts, name, part, land), "m", ACCESS_SLACK_M)
    asked_m2, taken_m2 = piece.area + lost_m2(facts, placed), placed.taken_m2.get(name, 0.0)
    yield Check(f"= {figure(asked_m2)}", figure(taken_m2), "m²", abs(taken_m2 - asked_m2) <= CUT_SLACK_M2)


def lost_m2(facts: Facts, placed: Placed) -> float:
    """Return what a cut leaves of its parcel where that is too small to stay on offer; just at the limit as taken."""
    least_m2 = facts.scenario.sites.cut_rest_min_m2
    (name, land), *_ = placed.usable.items()
    left_m2 = float(land.area) - placed.held_m2[name]
    with_rest = abs(placed.taken_m2.get(name, 0.0) - land.area) <= CUT_SLACK_M2
    lost = with_rest if abs(left_m2 - least_m2) <= CUT_SLACK_M2 else left_m2 < least_m2
    return left_m2 if lost else 0.0


def joint(facts: Facts, placed: Placed, name: str) -> Checks:
    """Ask that a share of a parcel is one of joint taking, as large as the land asked."""
    open_to = facts.scenario.sites.joint and yes(placed.parcels[name]["joint"])
    yield Check("joint", "yes" if open_to else "no", "", open_to)
    asked_m2, taken_m2 = placed.needs.land_m2 or 0.0, placed.taken_m2.get(name, 0.0)
    yield Check(f"= {figure(asked_m2)}", figure(taken_m2), "m²", abs(taken_m2 - asked_m2) <= AREA_SLACK_M2)


def parcel_not_overfilled(facts: Facts) -> Iterator[Finding]:
    """Add up what parts take of each parcel they may share: not more than its usable land, no piece over another."""
    taken_m2: defaultdict[str, float] = defaultdict(float)
    usable_m2: dict[str, float] = {}
    pieces: defaultdict[str, list[BaseGeometry]] = defaultdict(list)
    for placed in facts.placed:
        for name, parcel in placed.parcels.items():
            if may_be_shared(facts, parcel):
                taken_m2[name] += placed.taken_m2.get(name, 0.0)
                usable_m2[name] = placed.usable[name].area
                pieces[name] += [] if placed.cut is None else [placed.cut]
    for name in sorted(taken_m2):
        yield finding(name, at_most(usable_m2[name], taken_m2[name], "m²", AREA_SLACK_M2))
        if over := [shapely.area(shapely.intersection(*pair)) for pair in itertools.combinations(pieces[name], 2)]:
            yield finding(f"{name} pieces", at_most(0, max(over), "m²", CUT_SLACK_M2)._replace(missed=0.0))


def cut_end_used_once(facts: Facts) -> Iterator[Finding]:
    """Count the cuts at each end of each parcel: one."""
    times: Counter[str] = Counter()
    for placed in facts.placed:
        if placed.cut is not None and placed.parcels:
            name = next(iter(placed.parcels))
            land = placed.usable[name]
            _, end = min(ends(land, placed.cut, rest_of(land, placed.cut)))
            times[f"{name} end {end}"] += 1
    for key, count in sorted(times.items()):
        yield finding(key, at_most(1, count, ""))


def rest_of(land: BaseGeometry, piece: BaseGeometry) -> BaseGeometry:
    """Return what a cut leaves, without the slivers that rounding leaves beside the piece."""
    left = shapely.get_parts(land.difference(piece.buffer(SAME_SIDE_M, join_style="mitre")))
    return shapely.union_all([part for part in left if part.area > CUT_SLACK_M2])


def ends(land: BaseGeometry, piece: BaseGeometry, rest: BaseGeometry) -> list[tuple[float, int]]:
    """Return by how much piece and rest overlap along the long axis (m), and at which end the piece lies.

    End 1 is the western, of an axis due north the southern. Two answers where both axes are equally long.

    Examples
    --------
    >>> land, west = shapely.box(0, 0, 100, 50), shapely.box(0, 0, 40, 50)
    >>> ends(land, west, shapely.box(41, 0, 100, 50))
    [(-1.0, 1)]
    """
    corner = shapely.get_coordinates(shapely.minimum_rotated_rectangle(land))
    sides = [corner[1] - corner[0], corner[2] - corner[1]]
    longest = max(np.hypot(*side) for side in sides)
    found = []
    for side in sides:
        length = float(np.hypot(*side))
        if length >= longest - SAME_SIDE_M:
            way = side / length
            if (round(way[0], 9), way[1]) < (0.0, 0.0):
                way = -way
            here, there = (shapely.get_coordinates(each) @ way for each in (piece, rest))
            if len(there):
                low, high = float(here.max() - there.min()), float(there.max() - here.min())
                found.append((low, 1) if low <= high else (high, 2))
    return found or [(float("inf"), 0)]


def street_m(facts: Facts, name: str, part: BaseGeometry, land: BaseGeometry) -> float:
    """Return the longest stretch of a piece's outline along a street (m).

    That is on the outline of its parcel, and beside no other parcel nor forbidden land.
    """
    own = facts.ground.parcels[name]["geometry"]
    reach = part.buffer(2 * BESIDE_M)
    others = [
        parcel["geometry"]
        for other, parcel in facts.ground.parcels.items()
        if other != name and parcel["geometry"].intersects(reach)
    ]
    beside = shapely.union_all([*others, own.difference(land.buffer(SAME_SIDE_M))])
    outline = own.boundary
    longest = 0.0
    for ring in shapely.get_parts(shapely.segmentize(part.boundary, EDGE_STEP_M)):
        points = shapely.get_coordinates(ring)
        steps = np.hypot(*np.diff(points, axis=0).T)
        middle = shapely.points((points[1:] + points[:-1]) / 2)
        shapely.prepare(outline)
        shapely.prepare(beside)
        on_street = shapely.dwithin(middle, outline, ON_OUTLINE_M) & ~shapely.dwithin(middle, beside, BESIDE_M)
        longest = max(longest, longest_run(steps, on_street))
    return longest


def longest_run(steps: NDArray[np.float64], on: NDArray[np.bool_]) -> float:
    """Return the length of the longest run of steps that are on, around a ring.

    Examples
    --------
    >>> longest_run(np.array([1.0, 2, 4, 8]), np.array([True, False, True, True]))
    13.0
    >>> longest_run(np.array([1.0, 2]), np.array([True, True])), longest_run(np.zeros(0), np.zeros(0, bool))
    (3.0, 0.0)
    """
    if on.all():
        return float(steps.sum())
    first = int(np.flatnonzero(~on)[0])
    steps, on = np.roll(steps, -first), np.roll(on, -first)
    run = np.cumsum(~on)
    return float(np.bincount(run[on], steps[on]).max(initial=0.0))
