"""How two layers lie to one another: by how much corners that both have are apart, and what the borders of one cut.

It knows nothing of coordinate systems, which are `crs`'s and `systems`', nor what a shift means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.words import Words

ALIGNED_M = 2.0
"""Corners that lie nearer are in place."""
FAR_M = 1500.0
"""Shifts that are looked for; BD-09 moves by 1,250 m."""
CELL_M = 2.0
MEETING = 0.3
"""Share of corners that have to meet for a shift to be believed."""
TRIED = 8
"""Of the shifts that most pairs of corners agree on."""
PAIRS_MAX = 3_000_000
SAMPLE = 1000
"""Features, spread evenly, on which cuts are counted."""


@dataclass(frozen=True)
class Reference:
    """A layer that is in place: what it is called, its shapes, and their CRS (projected, metres)."""

    where: str
    shapes: NDArray[np.object_]
    crs: str


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much a layer's corners lie aside of those of a reference, and the share of them that then meet."""

    east_m: float
    north_m: float
    share: float

    @property
    def far_m(self) -> float:
        """How far that is."""
        return float(np.hypot(self.east_m, self.north_m))

    @property
    def words(self) -> Words:
        """The distance, and its parts."""
        east, north = self.east_m, self.north_m
        zh = f"{self.far_m:.0f} m（东 {east:+.0f}，北 {north:+.0f}）"
        return Words(zh, f"{self.far_m:.0f} m ({east:+.0f} east, {north:+.0f} north)")


def shift_of(shapes: NDArray[np.object_], reference: NDArray[np.object_]) -> Shift | None:
    """Return by how much corners lie aside of those of a reference: the shift most pairs agree on.

    Parameters
    ----------
    shapes, reference : ndarray of geometry
        In one CRS in metres.

    Returns
    -------
    Shift or None
        None where fewer than `MEETING` of the corners meet for any shift up to `FAR_M`.

    Examples
    --------
    >>> squares = shapely.box([0, 300, 0, 700], [0, 0, 400, 800], [100, 450, 180, 760], [100, 120, 460, 890])
    >>> shift_of(shapely.transform(squares, lambda xy: xy + (515, -327)), squares)
    Shift(east_m=515.0, north_m=-327.0, share=1.0)
    >>> shift_of(squares[:0], squares) is None
    True
    """
    here, there = shapely.get_coordinates(shapes), np.unique(shapely.get_coordinates(reference), axis=0)
    if len(here) < 4 or len(there) < 4:
        return None
    here = np.unique(here[:: max(1, len(here) // (10 * SAMPLE))], axis=0)
    tree = shapely.STRtree(np.asarray(shapely.points(there), dtype=object))
    k = np.unique(np.linspace(0, len(here) - 1, SAMPLE).astype(int))
    x, y = here.mean(axis=0)
    around = max(len(tree.query(shapely.box(x - FAR_M, y - FAR_M, x + FAR_M, y + FAR_M))), 1)
    k = k[:: max(1, -(-len(k) * around // PAIRS_MAX))]
    boxes = shapely.box(*(here[k] - FAR_M).T, *(here[k] + FAR_M).T)
    a, b = tree.query(boxes)
    aside = here[k][a] - there[b]
    if not len(aside):
        return None
    at = np.floor(aside / CELL_M).astype(np.int64)
    _, first, votes = np.unique(at @ [1 << 32, 1], return_index=True, return_counts=True)
    most = at[first[np.argsort(-votes, kind="stable")[:TRIED]]]
    near = [(np.abs(at - cell) <= 1).all(axis=1) for cell in (np.zeros(2), *most)]  # in the cell or beside it
    count = np.array([pairs.sum() for pairs in near])
    best = 0 if count[0] >= 0.8 * count.max() else int(count.argmax())  # in place, unless another shift says much more
    east, north = np.median(aside[near[best]], axis=0)
    meets = np.hypot(*(aside - (east, north)).T) <= ALIGNED_M
    share = len(np.unique(a[meets])) / len(k)
    return Shift(round(float(east), 3) + 0.0, round(float(north), 3) + 0.0, share) if share >= MEETING else None


def cut_by(shapes: NDArray[np.object_], reference: NDArray[np.object_]) -> tuple[int, int]:
    """Return how many features, of how many looked at, the borders of a reference cut (more than 2 % off each side)."""
    k = np.unique(np.linspace(0, len(shapes) - 1, SAMPLE).astype(int)) if len(shapes) else np.zeros(0, dtype=int)
    some = shapes[k]
    some = some[shapely.is_valid(some) & ~shapely.is_empty(some)]
    sound = reference[shapely.is_valid(reference)]
    a, b = shapely.STRtree(sound).query(some, predicate="intersects")
    area = shapely.area(some)
    point = area == 0
    inside = shapely.area(shapely.intersection(some[a], sound[b])) / np.where(point, 1, area)[a]
    return len(np.unique(a[(inside > 0.02) & (inside < 0.98) & ~point[a]])), len(some)
