"""Which places share a border, found by their edges: at once for a hundred thousand of them; and what borders none.

It knows polygons only. Plots that face each other across a street are `territory.contiguity`'s.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.territory import ROUNDING_M, SLIVER_M2


def borders(places: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the pairs of places that share a border, and how long it is.

    Edges with the same two ends are found at once; only edges that match no other are looked at one by one, and count
    where they run along another to within `ROUNDING_M`. Places that meet in a corner share no border.

    Parameters
    ----------
    places : GeoDataFrame
        Polygons in a projected CRS in metres.

    Returns
    -------
    DataFrame
        One row a pair, ``a`` before ``b`` in the order of `places`: labels ``a``, ``b``, ``border_m``.
    """
    ends, owner = _edges(places.geometry.to_numpy())
    length = np.hypot(*(ends[:, 2:] - ends[:, :2]).T)
    order = np.lexsort(ends.T)
    same = (ends[order][1:] == ends[order][:-1]).all(axis=1)
    one, other = order[:-1][same], order[1:][same]
    alone = np.ones(len(ends), dtype=bool)
    alone[one] = alone[other] = False
    near, by, along = _running_along(ends[alone])
    near, by = np.flatnonzero(alone)[near], np.flatnonzero(alone)[by]
    a, b = owner[np.r_[one, near]], owner[np.r_[other, by]]
    shared = pd.DataFrame({"a": np.minimum(a, b), "b": np.maximum(a, b), "border_m": np.r_[length[one], along]})
    border_m = shared[shared["a"] < shared["b"]].groupby(["a", "b"])["border_m"].sum()
    border_m = border_m[border_m > ROUNDING_M]
    labels = places.index.to_numpy(dtype=object)
    pairs = [labels[border_m.index.get_level_values(end).to_numpy(dtype=np.int64)] for end in ("a", "b")]
    return pd.DataFrame({"a": pairs[0], "b": pairs[1], "border_m": border_m.to_numpy()})


BESIDE_M = 1.0
"""Outlines no farther apart than this border each other: parcels are drawn with slits."""


def open_edges(
    pieces: NDArray[np.object_], own: NDArray[np.int64], parcels: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Return the lines of each piece's outline that border no other parcel and no forbidden land: its streets.

    Parameters
    ----------
    pieces : ndarray of Polygon, shape (n_pieces,)
        Usable land.
    own : ndarray of int, shape (n_pieces,)
        Row of the parcel each piece lies in.
    parcels : ndarray of geometry
        Every parcel, in the same CRS in metres.

    Returns
    -------
    ndarray of LineString or MultiLineString, shape (n_pieces,)
        Each line as long as it runs on, without a break at the corner where an outline begins.

    Examples
    --------
    A parcel of 100 m × 50 m with another on its east side: all but that side, and 1 m on either side of it.

    >>> two = np.array([shapely.box(0, 0, 100, 50), shapely.box(100, 0, 200, 50)])
    >>> open_edges(two[:1], np.array([0]), two)
    array([<LINESTRING (99 50, 0 50, 0 0, 99 0)>], dtype=object)
    """
    left = shapely.boundary(pieces)
    piece, other = shapely.STRtree(parcels).query(pieces, predicate="dwithin", distance=BESIDE_M)
    apart = own[piece] != other
    forbidden = shapely.difference(parcels[own], pieces)
    some = np.flatnonzero(shapely.area(forbidden) > SLIVER_M2)
    of = np.concatenate([piece[apart], some])
    beside = shapely.buffer(np.concatenate([parcels[other[apart]], forbidden[some]]), BESIDE_M)
    order = np.argsort(of, kind="stable")
    rows, begin = np.unique(of[order], return_index=True)
    for row, near in zip(rows, np.split(beside[order], begin[1:]), strict=False):
        left[row] = shapely.difference(left[row], shapely.union_all(near))
    return np.asarray(shapely.line_merge(left), dtype=object)


def _edges(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the edges of polygons (x, y of the lesser end, x, y of the greater), and whose each is."""
    polygons, owner = shapely.get_parts(shapes, return_index=True)
    rings, of = shapely.get_rings(polygons, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    inner = ring[1:] == ring[:-1]
    start, stop = points[:-1][inner], points[1:][inner]
    turned = (start[:, 0] > stop[:, 0]) | ((start[:, 0] == stop[:, 0]) & (start[:, 1] > stop[:, 1]))
    ends = np.asarray(np.where(turned[:, None], np.c_[stop, start], np.c_[start, stop]), dtype=float)
    return ends, np.asarray(owner)[of][ring[1:][inner]].astype(np.int64)


def _running_along(
    ends: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the pairs of edges that run along each other to within `ROUNDING_M`, and for how long (m)."""
    lines = np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2)), dtype=object)
    west, south, east, north = shapely.bounds(lines).T
    boxes = shapely.box(west - ROUNDING_M, south - ROUNDING_M, east + ROUNDING_M, north + ROUNDING_M)
    one, other = shapely.STRtree(lines).query(boxes)
    one, other = one[one < other], other[one < other]
    start = ends[one, :2]
    way = ends[one, 2:] - start
    length = np.hypot(*way.T)
    way = way / np.where(length > 0, length, 1)[:, None]
    at, off = [], []
    for end in (ends[other, :2], ends[other, 2:]):
        to = end - start
        at.append((to * way).sum(axis=1))
        off.append(to[:, 0] * way[:, 1] - to[:, 1] * way[:, 0])
    low, high = np.minimum(*at).clip(0), np.minimum(np.maximum(*at), length)
    along = high - low
    # the distance of the other edge's line where the two overlap, from its distances at its own ends
    reach = at[1] - at[0]
    slope = np.divide(off[1] - off[0], reach, out=np.zeros_like(reach), where=reach != 0)
    far = np.maximum(np.abs(off[0] + slope * (low - at[0])), np.abs(off[0] + slope * (high - at[0])))
    keep = (along > ROUNDING_M) & (far <= ROUNDING_M) & (reach != 0)
    return one[keep], other[keep], along[keep]
