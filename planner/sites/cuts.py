"""Cuts: pieces of a divisible parcel, cut off from either end of its long axis, square to it.

Each end of each parcel has a frame of its own: u runs along the long axis of the parcel's least rectangle, from 0 at
that end, v across it. In it, the land up to u = d is known exactly as a function of d (a quadratic between corners), so
a piece of any area is found by a look-up, and its outline by clipping a ring at one line. Many at once; no search.

Parcels whose usable land has a hole are not cut, nor is any along a line that would leave piece or rest in two.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Shapes = NDArray[np.object_]
SQUARE_M = 0.001
"""Sides of a rectangle that differ by less are equally long: the long axis is then the one nearer to east."""


@dataclass(frozen=True)
class Ends:
    """Both ends of parcels: row 2·parcel is end 1 (the western, of an axis due north the southern), the next one end 2.

    Attributes
    ----------
    origin, axis : ndarray of shape (n_ends, 2)
        Where u = v = 0 lies; the unit vector along which u grows, away from the end.
    least_m2, most_m2 : ndarray of shape (n_ends,)
        Areas between which piece and rest both have access to a street; least above most where there are none.
    profile : tuple of (u, area, middle)
        Of each end: corners by u (ascending), the land up to each (m²), and half way to the next.
    u, v : ndarray of shape (n_corners,)
        Outline of every parcel in the frame of each end, closed rings one after the other.
    start : ndarray of int, shape (n_ends + 1,)
        Where the ring of each end begins.
    """

    origin: Floats
    axis: Floats
    least_m2: Floats
    most_m2: Floats
    profile: tuple[tuple[Floats, Floats, Floats], ...]
    u: Floats
    v: Floats
    start: Ints


def ends_of(pieces: Shapes, streets: Shapes, access_m: float) -> Ends:
    """Return the ends at which parcels may be cut.

    Parameters
    ----------
    pieces : ndarray of Polygon, shape (n_parcels,)
        Usable land of each parcel (m).
    streets : ndarray of geometry
        The lines of its outline that border a street, see `borders.open_edges`.
    access_m : float
        Shortest stretch of street that gives access.
    """
    axis = _long_axes(pieces)
    axis = np.stack([axis, -axis], axis=1).reshape(-1, 2)
    rings = np.repeat(shapely.get_exterior_ring(pieces), 2)
    corner, of = shapely.get_coordinates(rings, return_index=True)
    counts = np.bincount(of, minlength=len(rings))
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    origin = corner[start[:-1]] if len(rings) else np.zeros((0, 2))
    along = ((corner - origin[of]) * axis[of]).sum(axis=1)
    nearest = np.minimum.reduceat(along, start[:-1]) if len(rings) else np.zeros(0)
    origin = origin + nearest[:, None] * axis
    u, v = _turned(corner, origin[of], axis[of])
    profile = tuple(_profile(u[a:b], v[a:b]) for a, b in itertools.pairwise(start))
    least, most = np.full(len(rings), np.inf), np.full(len(rings), -np.inf)
    whole = np.repeat(shapely.get_num_interior_rings(pieces) == 0, 2)
    lines = [shapely.get_parts(street) for street in streets]
    for end in np.flatnonzero(whole):
        reach = _reach(lines[end // 2], origin[end], axis[end], access_m)
        back = _reach(lines[end // 2], origin[end], -axis[end], access_m)
        if np.isfinite(reach):  # then so is the reach from the other side
            least[end], most[end] = _area_up_to(profile[end], np.array([reach, -back]))
    return Ends(origin, axis, least, most, profile, u, v, start)


def cuts_of(ends: Ends, end: Ints, area_m2: Floats) -> Shapes:
    """Return the piece of an area cut off from an end; None where there is no such cut.

    Parameters
    ----------
    ends : Ends
    end : ndarray of int, shape (n_cuts,)
        Row of `ends`.
    area_m2 : ndarray of shape (n_cuts,)
        Less than the parcel has.

    Returns
    -------
    ndarray of Polygon or None, shape (n_cuts,)
    """
    depth, order = np.zeros(len(end)), np.argsort(end, kind="stable")
    rows, begin = np.unique(end[order], return_index=True)
    for row, here in zip(rows, np.split(order, begin[1:]), strict=False):
        depth[here] = _depth_of(ends.profile[row], area_m2[here])
    found = np.full(len(end), None, dtype=object)
    allowed = np.flatnonzero((area_m2 >= ends.least_m2[end]) & (area_m2 <= ends.most_m2[end]))
    cut, corners = _clipped(ends, end[allowed], depth[allowed])
    made, ring = np.unique(cut, return_inverse=True)
    if len(made):
        found[allowed[made]] = shapely.polygons(shapely.linearrings(corners, indices=ring))
    return found


def _long_axes(pieces: Shapes) -> Floats:
    """Return the unit vector of the long axis of each piece's least rectangle, pointing east (or due north)."""
    corner = shapely.get_coordinates(shapely.oriented_envelope(pieces)).reshape(-1, 5, 2)
    one, other = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 1]
    length, width = np.hypot(*one.T), np.hypot(*other.T)
    square = np.abs(length - width) < SQUARE_M
    first = np.where(square, np.abs(one[:, 0]) >= np.abs(other[:, 0]), length > width)
    way = np.where(first[:, None], one / length[:, None], other / width[:, None])
    west = (way[:, 0] < -1e-12) | ((np.abs(way[:, 0]) <= 1e-12) & (way[:, 1] < 0))
    return np.asarray(np.where(west[:, None], -way, way), dtype=float)


def _turned(points: Floats, origin: Floats, axis: Floats) -> tuple[Floats, Floats]:
    """Return points in a frame: along the axis, and across it."""
    to = points - origin
    x, y = to.T
    return np.asarray((to * axis).sum(axis=1)), np.asarray(y * axis[..., 0] - x * axis[..., 1])


def _profile(u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the land of a closed ring up to each of its corners, and up to half way between them.

    Green's theorem, the ring stopped at u = t: what closes it runs across and adds nothing to the sum of ∫ v du.

    Examples
    --------
    A square of 10 m: 50 m² up to its middle.

    >>> _profile(np.array([0.0, 10, 10, 0, 0]), np.array([0.0, 0, 10, 10, 0]))
    (array([ 0., 10.]), array([  0., 100.]), array([50.]))
    """
    right = u[1:] > u[:-1]
    low_u, high_u = np.where(right, u[:-1], u[1:]), np.where(right, u[1:], u[:-1])
    low_v, high_v = np.where(right, v[:-1], v[1:]), np.where(right, v[1:], v[:-1])
    long = high_u > low_u
    slope = np.divide(high_v - low_v, high_u - low_u, out=np.zeros_like(low_u), where=long)

    def area(t: Floats) -> Floats:
        run = np.clip(t[:, None], low_u, high_u) - low_u
        total = (np.where(right, 1.0, -1.0) * run * (low_v + slope * run / 2)).sum(axis=1)
        return np.asarray(np.abs(total), dtype=float)

    at = np.unique(u)
    return at, area(at), area((at[1:] + at[:-1]) / 2)


def _area_up_to(profile: tuple[Floats, Floats, Floats], depth: Floats) -> Floats:
    """Return the land up to each depth (m²)."""
    at, area, middle = profile
    k = np.clip(np.searchsorted(at, depth, side="right") - 1, 0, len(at) - 2)
    share = np.clip((depth - at[k]) / (at[k + 1] - at[k]), 0.0, 1.0)
    bent = 2 * (area[k] + area[k + 1] - 2 * middle[k])
    return np.asarray(area[k] + (area[k + 1] - area[k] - bent) * share + bent * share**2, dtype=float)


def _depth_of(profile: tuple[Floats, Floats, Floats], area_m2: Floats) -> Floats:
    """Return the depth up to which there is so much land (m): `_area_up_to` the other way round."""
    at, area, middle = profile
    k = np.clip(np.searchsorted(area, area_m2, side="right") - 1, 0, len(at) - 2)
    bent = 2 * (area[k] + area[k + 1] - 2 * middle[k])
    first = area[k + 1] - area[k] - bent  # area = area[k] + first · share + bent · share²
    more = area_m2 - area[k]
    share = 2 * more / (first + np.sqrt(np.maximum(first**2 + 4 * bent * more, 0.0)))
    return np.asarray(at[k] + np.clip(share, 0.0, 1.0) * (at[k + 1] - at[k]), dtype=float)


def _reach(lines: Shapes, origin: Floats, axis: Floats, access_m: float) -> float:
    """Return how far from an end one has to go for a stretch of street long enough; infinite where there is none.

    A stretch is tried from each corner on and up to each corner, and reaches as far as its farthest point.
    """
    best = np.inf
    for line in lines:
        corner = shapely.get_coordinates(line)
        if shapely.is_closed(line):
            corner = np.concatenate([corner, corner[1:]])
        u, _ = _turned(corner, origin, axis)
        at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corner, axis=0).T))])
        if at[-1] < access_m:
            continue
        begin = np.concatenate([at, at - access_m])
        begin = begin[(begin >= 0) & (begin <= at[-1] - access_m)]
        ends = np.maximum(np.interp(begin, at, u), np.interp(begin + access_m, at, u))
        within = (at >= begin[:, None]) & (at <= begin[:, None] + access_m)
        best = min(best, float(np.maximum(ends, np.where(within, u, -np.inf).max(axis=1)).min()))
    return best


def _clipped(ends: Ends, end: Ints, depth: Floats) -> tuple[Ints, Floats]:
    """Return the corners (x, y) of rings clipped at u ≤ depth, and which cut each belongs to.

    Only where the line crosses the outline twice; so piece and rest both stay whole.
    """
    count = ends.start[end + 1] - ends.start[end] - 1  # edges of each ring
    cut = np.repeat(np.arange(len(end)), count)
    edge = ends.start[end[cut]] + np.arange(len(cut)) - np.repeat(np.cumsum(count) - count, count)
    u, v, next_u, next_v, at = ends.u[edge], ends.v[edge], ends.u[edge + 1], ends.v[edge + 1], depth[cut]
    inside, crosses = u <= at, (u <= at) != (next_u <= at)
    twice = np.bincount(cut[crosses], minlength=len(end)) == 2
    share = np.divide(at - u, next_u - u, out=np.zeros_like(u), where=crosses)
    points = np.stack([np.stack([u, v], axis=1), np.stack([at, v + share * (next_v - v)], axis=1)], axis=1)
    kept = np.stack([inside, crosses], axis=1) & twice[cut][:, None]
    owner = np.repeat(cut, 2).reshape(-1, 2)[kept]
    along, across = points[kept].T
    axis, origin = ends.axis[end[owner]], ends.origin[end[owner]]
    x = origin[:, 0] + along * axis[:, 0] - across * axis[:, 1]
    y = origin[:, 1] + along * axis[:, 1] + across * axis[:, 0]
    return owner, np.stack([x, y], axis=1)
