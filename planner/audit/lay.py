"""How places lie, measured again: how compact a plot is, how far it is to what counts as access."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

import shapely
from shapely.geometry.base import BaseGeometry

from planner.audit.ground import GAP_SLACK_M, Ground, given


def roundness(pieces: Collection[BaseGeometry], street_gap_m: float) -> float:
    """Return how near a plot comes to a circle (1), its streets filled in: 4π × area over the perimeter squared.

    Examples
    --------
    >>> round(roundness([shapely.box(0, 0, 100, 100), shapely.box(120, 0, 220, 100)], 30), 4)
    0.675
    """
    land = shapely.unary_union(list(pieces))
    if len(pieces) > 1:
        half_m = street_gap_m / 2 + GAP_SLACK_M
        land = land.buffer(half_m, join_style="mitre").buffer(-half_m, join_style="mitre")
    return 4 * math.pi * land.area / land.length**2 if land.length else 0.0


def ways_in(ground: Ground) -> BaseGeometry:
    """Return motorways, metro, ports and airports as one: what the table of access names, by kind and Chinese name."""
    named = [(row["kind"], str(row["name_holds"] or "")) for row in ground.tables["access"]]
    return shapely.GeometryCollection([
        feature["geometry"]
        for feature in (*ground.backdrop.values(), *ground.restrictions.values())
        if given(feature["geometry"])
        and any(
            feature["kind"] == kind and holds in (str(name) if given(name := feature.get("name_zh")) else "")
            for kind, holds in named
        )
    ])  # fmt: skip


def way_km(places: Iterable[BaseGeometry], ways: BaseGeometry) -> float:
    """Return the way from the nearest of some places to the nearest way in (km); 0 where there is none."""
    metres = [place.distance(ways) for place in places if not place.is_empty and not ways.is_empty]
    return min(metres, default=0.0) / 1000
