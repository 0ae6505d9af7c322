"""Geometry helpers for the sample territory: projection, hand-drawn lines made irregular, streets cut.

All lengths in metres, EPSG:4547 with x = east, y = north. Nothing here knows what the shapes mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from pyproj import Transformer
from shapely import affinity
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

CRS = "EPSG:4547"
Named = tuple[str, str, Polygon]  # name_zh, name_en, shape
Water = tuple[str, str, bool, Polygon]  # name_zh, name_en, protected as a water source, shape
_TO_METRES = Transformer.from_crs("EPSG:4490", CRS, always_xy=True)
_TO_LONLAT = Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)


def metres(path: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return (longitude, latitude) pairs as (east, north) in EPSG:4547."""
    return [_TO_METRES.transform(lon, lat) for lon, lat in path]


def lonlat(x: float, y: float) -> tuple[float, float]:
    """Return one EPSG:4547 point as (longitude, latitude)."""
    lon, lat = _TO_LONLAT.transform(x, y)
    return float(lon), float(lat)


def smooth(points: Sequence[tuple[float, float]], closed: bool, rounds: int = 2) -> np.ndarray:
    """Cut the corners of a line `rounds` times (Chaikin), so that a drawn line looks grown."""
    line = np.asarray(points, dtype=float)
    for _ in range(rounds):
        ahead = np.roll(line, -1, axis=0) if closed else line[1:]
        here = line if closed else line[:-1]
        cut = np.empty((2 * len(here), 2))
        cut[0::2] = 0.75 * here + 0.25 * ahead
        cut[1::2] = 0.25 * here + 0.75 * ahead
        line = cut if closed else np.vstack([line[:1], cut, line[-1:]])
    return line


def road(path: Iterable[tuple[float, float]], rounds: int = 2) -> LineString:
    """Return a smoothed centre line in metres from longitude and latitude."""
    return LineString(smooth(metres(path), closed=False, rounds=rounds))


def blob(path: Iterable[tuple[float, float]], rng: np.random.Generator, rough_m: float = 40.0) -> Polygon:
    """Return a polygon from a hand-drawn ring, its edges made irregular and its corners cut."""
    ring = metres(path)
    points: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        length = math.hypot(x1 - x0, y1 - y0)
        steps = max(1, round(length / 350))
        for step in range(steps):
            t = step / steps
            push = 0.0 if step == 0 else float(rng.normal(0.0, rough_m))
            points.append((x0 + t * (x1 - x0) - push * (y1 - y0) / length,
                           y0 + t * (y1 - y0) + push * (x1 - x0) / length))
    return as_polygon(Polygon(smooth(points, closed=True, rounds=2)).buffer(0))


def roughened(shape: Polygon, rng: np.random.Generator, rough_m: float, step_m: float = 300.0) -> Polygon:
    """Return a shape whose edges wander by `rough_m` about every `step_m`, with rounded corners."""
    ring = shapely.segmentize(shape.exterior, step_m)
    points = np.asarray(ring.coords)[:-1]
    points = points + rng.normal(0.0, rough_m, points.shape)
    return as_polygon(Polygon(smooth(points.tolist(), closed=True)).buffer(0))


def scale_to_area(shape: Polygon, area_m2: float) -> Polygon:
    """Return the shape scaled about its centroid to exactly this area."""
    factor = math.sqrt(area_m2 / shape.area)
    return affinity.scale(shape, factor, factor, origin="centroid")


def as_polygon(shape: BaseGeometry) -> Polygon:
    """Return the largest polygon of a shape; an empty polygon for a shape without area."""
    return max(polygons(shape), key=lambda part: part.area, default=Polygon())


def polygons(shape: BaseGeometry) -> list[Polygon]:
    """Return the polygons of a shape, in a stable order (west to east, then south to north)."""
    parts = [part for part in shapely.get_parts(shape).tolist() if part.geom_type == "Polygon" and not part.is_empty]
    return sorted(parts, key=lambda part: (round(part.centroid.x, 3), round(part.centroid.y, 3)))


def compactness(shape: Polygon) -> float:
    """Return 4πA/P²: 1 for a circle, 0.785 for a square, small for slivers."""
    return 4 * math.pi * shape.area / shape.length ** 2 if shape.length else 0.0


def extent_along(shape: Polygon, angle_deg: float) -> tuple[float, float]:
    """Return the length of a shape along a direction and across it."""
    left, low, right, high = affinity.rotate(shape, -angle_deg, origin=(0, 0)).bounds
    return right - left, high - low


def cut(shape: Polygon, angle_deg: float, *, across: bool, at: float, width_m: float, tilt_deg: float = 0.0,
        bow_m: float = 0.0) -> list[Polygon]:
    """Cut a street through a shape and return what is left on both sides.

    Parameters
    ----------
    angle_deg : direction of the block, counter-clockwise from east.
    across : cut across that direction (a cross street) or along it.
    at : place of the street, as a share of the extent.
    width_m, tilt_deg, bow_m : width of the street, its tilt, how far its middle bows out.
    """
    turned = affinity.rotate(shape, -angle_deg, origin=(0, 0))
    left, low, right, high = turned.bounds
    reach = math.hypot(right - left, high - low)
    steps = np.linspace(-0.75, 0.75, 7) * reach if bow_m else np.array([-0.75, 0.75]) * reach
    bow = bow_m * (1 - (steps / (0.75 * reach)) ** 2)
    if across:
        x, y = left + at * (right - left), 0.5 * (low + high)
        line = LineString(np.column_stack([x + bow, y + steps]))
    else:
        x, y = 0.5 * (left + right), low + at * (high - low)
        line = LineString(np.column_stack([x + steps, y + bow]))
    line = affinity.rotate(line, tilt_deg, origin=(x, y))
    left_over = turned.difference(line.buffer(width_m / 2, cap_style="flat", join_style="mitre"))
    return [affinity.rotate(part, angle_deg, origin=(0, 0)) for part in polygons(left_over)]


def direction(line: LineString, near: Polygon) -> float:
    """Return the direction of a line where it passes closest to a shape, in degrees from east."""
    at = line.project(near.centroid)
    here, ahead = line.interpolate(max(0.0, at - 150)), line.interpolate(min(line.length, at + 150))
    return math.degrees(math.atan2(ahead.y - here.y, ahead.x - here.x))


def rectangle(x: float, y: float, length_m: float, width_m: float, angle_deg: float) -> Polygon:
    """Return a rectangle around a point, its length along a direction counter-clockwise from east."""
    flat = shapely.box(x - length_m / 2, y - width_m / 2, x + length_m / 2, y + width_m / 2)
    return affinity.rotate(flat, angle_deg, origin=(x, y))


def rounded(shape: BaseGeometry, grid_m: float = 0.1) -> BaseGeometry:
    """Return a shape on a grid of `grid_m`, which keeps the files small and repeatable."""
    return shapely.set_precision(shape, grid_m)
