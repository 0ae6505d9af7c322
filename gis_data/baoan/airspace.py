"""Airport surfaces over Bao'an, schematic: how high one may build at a place.

Inner horizontal surface 45 m out to 4 km from the reference point, conical surface rising 5 % to 145 m at
6 km, approach surface 2 % then 2.5 % then level at 150 m out to 15 km along the runway direction. Not an
aeronautical survey: one funnel stands for the parallel runways, and heights are above the airport.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import places
from shapely import affinity
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapes import metres

INNER_M, INNER_HEIGHT_M = 4000.0, 45.0
CONE_M, CONE_SLOPE = 6000.0, 0.05
RING_M = 250.0
THRESHOLD_M = 1760.0
FUNNEL_HALF_WIDTH_M, FUNNEL_SPREAD = 1100.0, 0.15
FUNNEL_END_M = 15000.0


@dataclass(frozen=True)
class Surface:
    """One piece of an airport surface with the lowest height in it."""

    name_zh: str
    name_en: str
    shape: BaseGeometry
    height_m: float


def funnel_height_m(beyond_threshold_m: float) -> float:
    """Return the approach surface's height at a distance beyond the runway's end.

    >>> funnel_height_m(3000.0)
    60.0
    >>> funnel_height_m(9000.0)
    150.0
    """
    first = min(beyond_threshold_m, 3000.0) * 0.02
    second = min(max(beyond_threshold_m - 3000.0, 0.0), 3600.0) * 0.025
    return first + second


def surfaces() -> list[Surface]:
    """Return the schematic surfaces as pieces, each with its lowest height."""
    x, y = metres([places.AIRPORT_REFERENCE])[0]
    centre = Point(x, y)
    found = [Surface("内水平面", "inner horizontal surface", centre.buffer(INNER_M, quad_segs=24), INNER_HEIGHT_M)]
    inside = INNER_M
    while inside < CONE_M:
        ring = centre.buffer(inside + RING_M, quad_segs=24).difference(centre.buffer(inside, quad_segs=24))
        height = INNER_HEIGHT_M + CONE_SLOPE * (inside - INNER_M)
        found.append(Surface("锥形面", "conical surface", ring, height))
        inside += RING_M
    for end, turn in (("北", 0.0), ("南", 180.0)):
        bearing = places.RUNWAY_BEARING_DEG + turn
        for start in (0.0, *range(2500, 6600, 400), 6600.0):
            stop = {0.0: 2500.0, 6600.0: FUNNEL_END_M - THRESHOLD_M}.get(start, min(start + 400.0, 6600.0))
            near, far = (FUNNEL_HALF_WIDTH_M + FUNNEL_SPREAD * at for at in (start, stop))
            piece = Polygon([(-near, THRESHOLD_M + start), (near, THRESHOLD_M + start),
                             (far, THRESHOLD_M + stop), (-far, THRESHOLD_M + stop)])
            piece = affinity.translate(affinity.rotate(piece, -bearing, origin=(0, 0)), x, y)
            # Under 2.5 km the inner horizontal surface is the lower or equal one; 45 m keeps it simple.
            height = max(INNER_HEIGHT_M, funnel_height_m(start))
            found.append(Surface(f"{end}端进近面", f"approach surface {'north' if end == '北' else 'south'}",
                                 piece, height))
    return found


def height_limit_m(shape: BaseGeometry, pieces: list[Surface]) -> float:
    """Return the lowest surface over a shape; infinite where there is none."""
    return min((piece.height_m for piece in pieces if piece.shape.intersects(shape)), default=math.inf)
