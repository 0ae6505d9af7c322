"""Cut parks into planning blocks: cells between main roads, block groups between roads, parcels between streets.

A cell is what roads, rivers, hills and town centres leave of a park. A group is a cell cut by roads of 40 m
and more; parcels of one group are separated by streets of 14-28 m. It does not know any real block.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import make_parks
import numpy as np
import places
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union
from shapes import (
    Named,
    Water,
    as_polygon,
    blob,
    compactness,
    cut,
    direction,
    extent_along,
    metres,
    polygons,
    rectangle,
    road,
    roughened,
    rounded,
)


@dataclass(frozen=True)
class Recipe:
    """How one park is cut: gross land wanted (ha), mean parcel (ha), spread of it, group size (ha), direction."""

    gross_ha: float
    mean_ha: float
    spread: float = 0.42
    group_ha: float = 21.0
    angle_deg: float | None = None


# The order matters: a park later in the list gets what earlier ones left.
RECIPES: dict[str, Recipe] = {
    "YL": Recipe(1330, 7.2), "SY": Recipe(680, 6.4), "XQD": Recipe(215, 5.0, 0.35, 24, 73.0),
    "SGHZ": Recipe(690, 6.5), "JB": Recipe(96, 1.15, 0.3, 7), "HYXC": Recipe(80, 8.0),
    "XBZX": Recipe(40, 3.6), "BAC": Recipe(45, 3.0), "JW": Recipe(80, 4.4), "JCD": Recipe(140, 5.4),
    "LXH": Recipe(187, 5.4), "JGS": Recipe(100, 4.4), "TZS": Recipe(75, 4.0), "XXSZ": Recipe(55, 3.8),
    "DCW": Recipe(140, 8.5), "SG": Recipe(290, 5.6), "SJ": Recipe(390, 5.6), "FY": Recipe(215, 5.2),
    "HC": Recipe(215, 5.2),
}

# Large blocks for strategic projects: park, gross length and width in m, parcels in a row, near this point.
STRATEGIC: list[tuple[str, float, float, int, tuple[float, float]]] = [
    ("YL", 545, 500, 3, (113.845, 22.820)), ("YL", 665, 560, 3, (113.848, 22.784)),
    ("SGHZ", 470, 440, 2, (113.795, 22.708)), ("SY", 470, 420, 2, (113.945, 22.697)),
]


@dataclass(frozen=True)
class Streets:
    """How blocks are cut: range of widths (m), spread of the tilt (degrees), bow of the long ones (share)."""

    width_m: tuple[float, float]
    tilt_deg: float
    bow: float


ROADS = Streets((40.0, 50.0), 3.0, 0.035)
STREETS, LANES = Streets((15.0, 27.5), 0.9, 0.0), Streets((14.0, 18.0), 0.9, 0.0)


@dataclass(frozen=True)
class Leaf:
    """One parcel's shape with the group it belongs to."""

    park: str
    group: int
    strategic: int
    town: bool
    angle_deg: float
    shape: Polygon


@dataclass(frozen=True)
class Group:
    """One block group before it is cut into parcels; `strategic` counts the large blocks from 1, 0 for others."""

    shape: Polygon
    angle_deg: float
    strategic: int = 0
    row: int = 0


def natural(rng: np.random.Generator, waters: list[Water]) -> dict[str, list[Named]]:
    """Return hills, farmland and the strict water zones as shapes: name, name_en, shape."""
    hills = [(zh, en, blob(ring, rng, rough_m=70.0)) for zh, en, ring in places.HILLS]
    fields = []
    for zh, en, centre, radius in places.FARMLAND:
        disc = Point(metres([centre])[0]).buffer(radius, quad_segs=4)
        fields.append((zh, en, roughened(disc, rng, 0.16 * radius, 0.6 * radius)))
    strict = [(zh, en, as_polygon(shape.buffer(160, quad_segs=3).simplify(8))) for zh, en, protected, shape in waters
              if protected]
    return {"hills": hills, "farmland": fields, "strict": strict}


def divide(shape: Polygon, angle: float, goal_m2: float, manner: Streets, rng: np.random.Generator) -> list[Polygon]:
    """Cut a shape again and again across its longer side until each piece is near the goal."""
    along, across = extent_along(shape, angle)
    longer, shorter = max(along, across), min(along, across)
    small = shape.area <= goal_m2 * rng.uniform(0.95, 1.45)
    if (small and longer < 2.6 * shorter) or shape.area < 0.5 * goal_m2:
        return [shape]
    share = float(rng.normal(0.5, 0.055)) if longer < 2.3 * shorter else float(rng.choice([0.36, 0.64]))
    street = float(rng.uniform(*manner.width_m))
    big = shape.area > 6 * goal_m2
    pieces = cut(shape, angle, across=bool(along >= across), at=float(np.clip(share, 0.3, 0.7)), width_m=street,
                 tilt_deg=float(rng.normal(0, manner.tilt_deg)),
                 bow_m=float(rng.normal(0, manner.bow * longer)) if big else 0.0)
    found: list[Polygon] = []
    for piece in pieces:
        found += divide(piece, angle, goal_m2, manner, rng)
    return found


def strategic_blocks(free: BaseGeometry, park: str, roads: list[LineString]) -> list[Group]:
    """Return the large blocks of a park, each at the free place nearest to the point asked for."""
    found: list[Group] = []
    for number, (name, length, width, row, near) in enumerate(STRATEGIC, start=1):
        if name != park:
            continue
        x, y = metres([near])[0]
        room = free.difference(unary_union([group.shape.buffer(60) for group in found])) if found else free
        steps = [(dx, dy) for dx in range(-2400, 2401, 80) for dy in range(-2400, 2401, 80)]
        for dx, dy in sorted(steps, key=lambda step: (step[0] ** 2 + step[1] ** 2, step)):
            here = Point(x + dx, y + dy).buffer(1)
            nearest = min(roads, key=lambda line: line.distance(here))
            angle = direction(nearest, here)
            block = rectangle(x + dx, y + dy, length, width, angle)
            if room.contains(block):
                found.append(Group(block, angle, number, row))
                break
        else:
            raise ValueError(f"no room for the large block {number} of {park}: make it smaller or move it")
    return found


def groups_of(free: BaseGeometry, recipe: Recipe, *, park: str, cores: list[Point], roads: list[LineString],
              rng: np.random.Generator) -> list[Group]:
    """Return a park's block groups, nearest to its cores first, until the gross land wanted is reached."""
    large = strategic_blocks(free, park, roads)
    if large:
        free = free.difference(unary_union([group.shape.buffer(44, join_style="mitre") for group in large]))
    candidates: list[Group] = []
    for cell in polygons(free.buffer(-22).buffer(22, join_style="mitre", mitre_limit=2)):
        if cell.area < 0.6e4:
            continue
        nearest = min(roads, key=lambda line: line.distance(cell))
        angle = recipe.angle_deg if recipe.angle_deg is not None else direction(nearest, cell)
        for shape in divide(cell, angle, recipe.group_ha * 1e4, ROADS, rng):
            if shape.area > 0.5e4:
                candidates.append(Group(shape, angle + float(rng.normal(0, 1.2))))

    def far_from_core(group: Group) -> float:
        return min(group.shape.centroid.distance(core) for core in cores)

    kept, gross = list(large), sum(group.shape.area for group in large)
    for group in sorted(candidates, key=lambda g: (round(far_from_core(g), 1), round(g.shape.area, 1))):
        if gross > recipe.gross_ha * 1e4:
            break
        kept.append(group)
        gross += group.shape.area
    north_first = sorted(kept, key=lambda g: (-round(g.shape.centroid.y / 400), round(g.shape.centroid.x, 1)))
    return north_first


def leaves_of(group: Group, recipe: Recipe, town: bool, rng: np.random.Generator) -> list[Polygon]:
    """Return a group's parcels: cut by streets, corners cut, slivers dropped."""
    if group.strategic:
        pieces = [group.shape]
        for at in range(group.row - 1, 0, -1):
            first, *rest = sorted(cut(pieces[0], group.angle_deg, across=True, at=at / (at + 1), width_m=20.0),
                                  key=lambda piece: -piece.area)
            pieces = [first, *rest, *pieces[1:]]
    else:
        mean = recipe.mean_ha * (0.75 if town else 1.0)
        goal = float(np.clip(mean * rng.lognormal(-0.04, recipe.spread), 0.32 * mean, min(3.2 * mean, 12.0))) * 1e4
        pieces = divide(group.shape, group.angle_deg, goal, LANES if recipe.mean_ha < 1.5 else STREETS, rng)
    found = []
    for piece in pieces:
        radius = 9.0 if piece.area > 1.2e4 else 5.0
        shape = as_polygon(rounded(piece.buffer(-radius, join_style="mitre").buffer(radius, quad_segs=2)))
        if 0.3e4 <= shape.area <= 15e4 and compactness(shape) > 0.44:
            found.append(shape)
    return sorted(found, key=lambda s: (-round(s.centroid.y / 120), round(s.centroid.x, 1)))


def blocks(rng: np.random.Generator, outline: Polygon, parks: gpd.GeoDataFrame,
           waters: list[Water],
           nature: dict[str, list[Named]]) -> list[Leaf]:
    """Return every parcel's shape, park by park, north to south."""
    roads = [road(path) for _, _, _, path in places.ROADS]
    forbidden = [make_parks.not_buildable(outline, waters)]
    forbidden += [shape.buffer(12) for _, _, shape in nature["hills"]]
    forbidden += [shape.buffer(12) for _, _, shape in nature["farmland"]]
    forbidden += [shape for _, _, shape in nature["strict"]]
    for lon, lat, radius in places.TOWNS:
        disc = Point(metres([(lon, lat)])[0]).buffer(radius, quad_segs=4)
        forbidden.append(roughened(disc, rng, 0.13 * radius, 0.5 * radius))
    free_everywhere = outline.buffer(-60).difference(unary_union(forbidden))
    outlines = parks.set_index("park_id").geometry
    poles = unary_union([outlines[name] for name in ("YL", "SY", "XQD", "SGHZ")])
    earlier: list[BaseGeometry] = []
    found: list[Leaf] = []
    # A stream of its own for each park: a change in one park leaves the others as they are.
    for (park, recipe), own in zip(RECIPES.items(), rng.spawn(len(RECIPES)), strict=True):
        home = outlines[park]
        free = home.buffer(-12).intersection(free_everywhere)
        if park not in {"YL", "SY", "XQD", "SGHZ"}:
            free = free.difference(unary_union([poles, *earlier]).buffer(24))
        cores = [Point(metres([at])[0]) for at in places.CORES.get(park, [])] or [home.centroid]
        number = 0
        for group in groups_of(free, recipe, park=park, cores=cores, roads=roads, rng=own):
            town = not group.strategic and park not in {"JB", "XQD", "DCW"} and bool(own.random() < 0.09)
            shapes = leaves_of(group, recipe, town, own)
            number += bool(shapes)
            found += [Leaf(park, number, group.strategic, town, group.angle_deg, shape) for shape in shapes]
        earlier.append(home)
    return found
