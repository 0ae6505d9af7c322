"""Faults of geometry: of each shape by itself, of shapes that should not overlap nor nearly meet, of layers together.

Every check looks at all shapes at once; only those that `coverage_invalid_edges` suspects are cut with one another. A
fault is fatal when the layer cannot be used as it is; nothing is mended here, but `mending` uses the same measures.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.errors import SHOWN, Fault
from planner.territory import Layer, outside
from planner.words import Words

Shapes = NDArray[np.object_]
Labels = NDArray[np.object_]
Rows = NDArray[np.int64]

OVERLAP_M2 = 1.0
"""Smaller overlaps are rounding of coordinates."""
OVERLAP_SHARE = 0.005
"""Share of the smaller place above which an overlap is fatal."""
SAME_SHARE = 0.999
"""Two places that share more of both are one place drawn twice."""
GAP_M = 0.5
"""Gaps between parcels that are narrower are no streets or ditches but carelessly drawn borders."""
TOUCHING_M = 0.001
"""Edges that lie nearer lie on each other."""
GRID_M = 1e-6
GAP_LENGTH_M = 2.0
"""Shorter ones are not worth a look."""
GAP_SLENDER = 10.0
"""How many times longer than wide a gap is, at least; the corner of a street is not."""
ACROSS_SHARE = 0.02
"""Share of a parcel in each of two parks above which it lies across them."""
KINDS = ("Point", "LineString", "LinearRing", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
          "GeometryCollection")  # fmt: skip
REASONS = {
    "Self-intersection": Words("自相交", "its outline crosses itself"),
    "Ring Self-intersection": Words("边界自相接触", "its outline touches itself"),
    "Hole lies outside shell": Words("内环在外环之外", "a hole lies outside"),
    "Holes are nested": Words("内环相互嵌套", "holes lie in one another"),
    "Interior is disconnected": Words("内部不连通", "holes cut it apart"),
    "Nested shells": Words("各部分相互嵌套", "its parts lie in one another"),
    "Duplicate Rings": Words("环重复", "a ring stands twice"),
    "Too few points in geometry component": Words("点数过少", "too few points"),
    "Invalid Coordinate": Words("坐标不是数字", "a coordinate is no number"),
}
"""Why a geometry is not valid, in the words of GEOS and in ours."""
CONVERT = Words("请转换几何类型（闭合线转面，集合拆开）", "Convert it: closed lines to polygons, collections to parts")
SNAP = Words("请捕捉到同一边界，或用 planner check --fix", "Snap them to one border, or use planner check --fix")
_AT = re.compile(r"(.*?)\[(\S+) (\S+)\]")


@dataclass(frozen=True)
class Pairs:
    """Pairs of shapes that overlap: their positions, the area (m²), its share of the smaller, and what overlaps."""

    a: Rows
    b: Rows
    area_m2: NDArray[np.float64]
    share: NDArray[np.float64]
    share_of_larger: NDArray[np.float64]
    common: Shapes

    def those(self, rows: NDArray[np.bool_]) -> Pairs:
        """Return some of the pairs."""
        return Pairs(**{name: values[rows] for name, values in vars(self).items()})

    @property
    def same(self) -> NDArray[np.bool_]:
        """Which pairs are one place drawn twice."""
        return self.share_of_larger > SAME_SHARE

    @property
    def slivers(self) -> NDArray[np.bool_]:
        """Which pairs overlap so little that a border is only badly drawn."""
        return ~self.same & (self.share <= OVERLAP_SHARE)


def measured_m2(shapes: Shapes) -> NDArray[np.float64]:
    """Return the areas of shapes (m²), NaN of those that are no sound area."""
    sound = shapely.is_valid(shapes) & (shapely.get_dimensions(shapes) == 2) & ~shapely.is_empty(shapes)
    areas = np.full(len(shapes), np.nan)
    areas[sound] = shapely.area(shapes[sound])
    return areas


def geometry_faults(
    where: str, layer: Layer, labels: Labels, shapes: Shapes, box: shapely.Polygon | None
) -> list[Fault]:
    """Return features without geometry, of a wrong type, invalid, or outside the district.

    Parameters
    ----------
    where : str
    layer : Layer
    labels : ndarray of str
    shapes : ndarray of geometry
    box : Polygon or None
        The district's bounds in the CRS of the shapes; None where they are not known.
    """
    nothing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    kinds = np.array(["", *KINDS], dtype=object)[shapely.get_type_id(shapes) + 1]
    wrong = ~nothing & ~np.isin(kinds, layer.geometry)
    faults = _named(
        where, labels, nothing, Words("没有几何", "have no geometry"), Words("请补绘或删除", "Draw them or remove them")
    )
    found = ", ".join(sorted(set(kinds[wrong])))
    faults += _named(
        where,
        labels,
        wrong,
        Words(
            f"几何类型应为 {'、'.join(layer.geometry)}，现为 {found}",
            f"geometry must be {' or '.join(layer.geometry)}; found {found}",
        ),
        CONVERT,
    )
    faults += _invalid(where, labels, shapes, ~nothing & ~shapely.is_valid(shapes))
    if box is not None:
        west, south, east, north = box.bounds
        x0, y0, x1, y1 = shapely.bounds(shapes).T
        if layer.required:
            outside = (x0 < west) | (x1 > east) | (y0 < south) | (y1 > north)
        else:  # a sea, an airport surface or a line may reach beyond the district, but must touch it
            outside = (x1 < west) | (x0 > east) | (y1 < south) | (y0 > north)
        faults += _named(
            where,
            labels,
            ~nothing & outside,
            Words("位于辖区范围 bounds_lonlat 之外", "lie outside the district's bounds_lonlat"),
            Words("请更正坐标，或更正 bounds_lonlat", "Correct the coordinates, or bounds_lonlat in territory.yaml"),
        )
    return faults


def _invalid(where: str, labels: Labels, shapes: Shapes, rows: NDArray[np.bool_]) -> list[Fault]:
    """Return a fault for each reason why shapes are not valid, with where to look."""
    at = np.flatnonzero(rows)
    said = [_AT.fullmatch(str(why)) for why in shapely.is_valid_reason(shapes[at])]
    why = np.array([match[1] if match else "Invalid Coordinate" for match in said], dtype=object)
    faults = []
    for reason in sorted(set(why)):
        these = np.flatnonzero(why == reason)
        spots = [(float(match[2]), float(match[3])) for k in these if (match := said[k])]
        words = REASONS.get(reason, Words(reason, reason))
        places = ", ".join(f"{x:.1f} {y:.1f}" for x, y in spots[:SHOWN])
        rule = Words(
            f"几何无效：{words.zh}（{reason}，位于 {places}）",
            f"geometry is not valid: {words.en} ({reason} at {places})",
        )
        remedy = Words(
            "请在 GIS 中修复几何，或用 planner check --fix 写出修复副本",
            "Repair it in a GIS (Fix geometries), or let planner check --fix write a repaired copy",
        )
        finite = tuple(spot for spot in spots if np.isfinite(spot).all())
        faults.append(Fault(where, "geometry", rule, remedy, tuple(map(str, labels[at[these]])), spots=finite))
    return faults


def _named(where: str, labels: Labels, rows: NDArray[np.bool_], rule: Words, remedy: Words) -> list[Fault]:
    """Return a fault of the geometry of some features (none for none)."""
    return [Fault(where, "geometry", rule, remedy, tuple(map(str, labels[rows])))] if rows.any() else []


@dataclass(frozen=True)
class Suspects:
    """Areas that overlap another, nearly meet it, or meet it in a corner it does not have, with the edges that do."""

    at: Rows
    edges: Shapes


def suspects(shapes: Shapes) -> Suspects:
    """Return which of some areas, valid and in metres, have to be looked at closely."""
    areas = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    if len(areas) < 2:
        return Suspects(areas[:0], shapes[:0])
    edges = shapely.coverage_invalid_edges(shapes[areas], gap_width=GAP_M)
    rows = ~shapely.is_empty(edges)
    return Suspects(areas[rows], edges[rows])


def overlaid(operation: Callable[..., Any], a: Any, b: Any) -> Any:
    """Return shapes overlaid; where GEOS fails on borders that all but meet, with their corners on a grid of 1 µm."""
    try:
        return operation(a, b)
    except shapely.errors.GEOSException:
        return operation(a, b, grid_size=GRID_M)


def overlapping(shapes: Shapes, among: Suspects | None = None) -> Pairs:
    """Return the pairs of areas that overlap by more than `OVERLAP_M2`.

    Parameters
    ----------
    shapes : ndarray of geometry
        Valid, in metres.
    among : Suspects, optional
        Theirs, where they are known.
    """
    k = (among or suspects(shapes)).at
    a, b = shapely.STRtree(shapes).query(shapes[k], predicate="intersects")
    a = k[a]
    once = (a < b) | ((a > b) & ~np.isin(b, k))  # what lies wholly inside another is suspect, the other need not be
    once &= shapely.get_dimensions(shapes[b]) == 2
    a, b = np.minimum(a, b)[once], np.maximum(a, b)[once]
    # neighbours that only touch are the many: a box without area has no overlap to measure
    boxes = shapely.bounds(shapes)
    wide = np.minimum(boxes[a, 2:], boxes[b, 2:]) - np.maximum(boxes[a, :2], boxes[b, :2])
    near = wide.min(axis=1, initial=np.inf) * wide.max(axis=1, initial=0) > OVERLAP_M2
    a, b = a[near], b[near]
    common = overlaid(shapely.intersection, shapes[a], shapes[b])
    area = shapely.area(common)
    rows = area > OVERLAP_M2
    a, b, area, common = a[rows], b[rows], area[rows], common[rows]
    one, other = shapely.area(shapes[a]), shapely.area(shapes[b])
    return Pairs(a, b, area, area / np.minimum(one, other), area / np.maximum(one, other), common)


def overlaps(where: str, labels: Labels, pairs: Pairs) -> list[Fault]:
    """Return places that overlap: drawn twice, by more than a share of the smaller (both fatal), or by a sliver."""
    order = np.lexsort((labels[pairs.b].astype(str), labels[pairs.a].astype(str)))
    kinds = (
        (pairs.same, Words("同一几何有两个编号", "the same geometry stands under two numbers"),
         Words("请删去一个；否则会重复使用", "Remove one of each; nothing may be allotted twice"), True),
        (~pairs.same & ~pairs.slivers, Words("相互重叠", "overlap"),
         Words("请修正边界或删去重复要素", "Correct the borders, or remove what stands twice"), True),
        (pairs.slivers, Words("边界略有重叠", "overlap by a sliver"),
         SNAP, False),
    )  # fmt: skip
    faults = []
    for which, what, remedy, fatal in kinds:
        rows = order[which[order]]
        if not len(rows):
            continue
        first = [f"{labels[pairs.a[k]]} + {labels[pairs.b[k]]} {pairs.area_m2[k]:,.0f} m²" for k in rows[:SHOWN]]
        said = _listed(first, len(rows))
        rule = Words(f"{what.zh}：{said}", f"{what.en}: {said}")
        names = tuple(sorted({str(labels[k]) for pair in (pairs.a[rows], pairs.b[rows]) for k in pair}))
        faults.append(Fault(where, "geometry", rule, remedy, names, fatal, _spots(pairs.common[rows])))
    return faults


def gaps_between(
    shapes: Shapes, among: Suspects | None = None, but: Pairs | None = None
) -> tuple[Shapes, list[Rows]]:
    """Return the slivers of land that lie between areas and belong to none, and which areas each lies between.

    Parameters
    ----------
    shapes : ndarray of geometry
        Valid, in metres.
    among : Suspects, optional
        Theirs, where they are known.
    but : Pairs, optional
        Pairs that overlap, which are not looked at.
    """
    found = among or suspects(shapes)
    k, edges = found.at, found.edges
    a, b = shapely.STRtree(edges).query(edges, predicate="dwithin", distance=GAP_M)
    once = a < b
    if but is not None:
        once &= ~np.isin(k[a] * len(shapes) + k[b], but.a * len(shapes) + but.b)
    a, b = a[once], b[once]
    for far, part in ((GAP_M, shapely.intersection), (TOUCHING_M, shapely.difference)):  # beside, and not on
        along = overlaid(part, edges[a], shapely.buffer(edges, far, quad_segs=1)[b])
        run = shapely.length(along) >= GAP_LENGTH_M
        a, b = a[run], b[run]
    a, b = k[a], k[b]
    both = overlaid(shapely.union, shapes[a], shapes[b])
    closed = both
    for half in (GAP_M / 2, -GAP_M / 2):
        closed = shapely.buffer(closed, half, cap_style="square", join_style="mitre")
    between = _slender(overlaid(shapely.difference, closed, both))
    if not len(between):
        return between, []
    everything = shapely.STRtree(shapes)
    others = np.unique(everything.query(between, predicate="intersects")[1])
    between = outside(between, shapes[others])
    between = _slender(shapely.union_all(_slender(between), grid_size=1e-6))
    gap, other = everything.query(between, predicate="dwithin", distance=1e-3)
    beside = [other[gap == j] for j in range(len(between))]
    several = np.array([len(near) > 1 for near in beside], dtype=bool)
    return between[several], [near for near in beside if len(near) > 1]


def _slender(shapes: Shapes | shapely.Geometry) -> Shapes:
    """Return the parts of shapes that are long and narrow."""
    parts: Shapes = np.asarray(shapely.get_parts(shapes), dtype=object)
    around, area = shapely.length(parts), shapely.area(parts)
    narrow = (around / 2 >= GAP_LENGTH_M) & (area > around * 5e-4) & (around**2 >= 4 * GAP_SLENDER * area)
    return parts[narrow]


def borders(where: str, labels: Labels, shapes: Shapes, *, gaps: bool, of: int | None = None) -> list[Fault]:
    """Return areas that overlap and, if `gaps` are looked for, leave slivers between them; or those `of` one."""
    among = suspects(shapes)
    pairs = overlapping(shapes, among)
    found = overlaps(where, labels, pairs if of is None else pairs.those((pairs.a == of) | (pairs.b == of)))
    if not gaps:
        return found
    between, beside = gaps_between(shapes, among, pairs)
    rows = [k for k, near in enumerate(beside) if of is None or of in near]
    return [*found, *_gaps(where, labels, between[rows], [beside[k] for k in rows])]


def _gaps(where: str, labels: Labels, between: Shapes, beside: list[Rows]) -> list[Fault]:
    """Return, as a warning, narrow gaps between areas."""
    if not len(between):
        return []
    size = shapely.area(between)
    said = _listed([f"{' + '.join(sorted(map(str, labels[near])))} {m2:,.1f} m²"
                    for near, m2 in zip(beside[:SHOWN], size[:SHOWN], strict=True)], len(between))  # fmt: skip
    rule = Words(f"之间有窄缝（窄于 {GAP_M:g} m）：{said}", f"leave slivers narrower than {GAP_M:g} m between: {said}")
    names = tuple(sorted({str(labels[k]) for near in beside for k in near}))
    return [Fault(where, "geometry", rule, SNAP, names, fatal=False, spots=_spots(between))]


def across_parks(where: str, labels: Labels, shapes: Shapes, parks: Labels, park_shapes: Shapes) -> list[Fault]:
    """Return, as a warning, parcels that lie partly in one park and partly in another.

    Parks that overlap each other do so by role; a parcel in the one and partly in the other is not across them.
    """
    drawn = np.flatnonzero(shapely.area(park_shapes) > 0)
    rims = shapely.boundary(park_shapes[drawn])
    wide = np.unique(shapely.STRtree(shapes).query(rims, predicate="intersects")[1])
    wide = wide[shapely.area(shapes[wide]) > 0]
    place, park = shapely.STRtree(park_shapes[drawn]).query(shapes[wide], predicate="intersects")
    place, park = wide[place], drawn[park]
    share = shapely.area(shapely.intersection(shapes[place], park_shapes[park])) / shapely.area(shapes)[place]
    part = (share > ACROSS_SHARE) & (share < 1 - ACROSS_SHARE)
    place, park, share = place[part], park[part], share[part]
    parts = pd.DataFrame({"place": place, "park": park})
    pairs = parts.merge(parts, on="place").query("park_x < park_y")
    one, other = (pairs[name].to_numpy() for name in ("park_x", "park_y"))
    apart = shapely.area(shapely.intersection(park_shapes[one], park_shapes[other])) <= OVERLAP_M2
    across = list(dict.fromkeys(pairs["place"][apart]))
    if not across:
        return []
    first = [", ".join(f"{parks[park[j]]} {share[j]:.0%}" for j in np.flatnonzero(place == k)) for k in across[:SHOWN]]
    said = _listed([f"{labels[k]} ({held})" for k, held in zip(across, first, strict=False)], len(across))
    rule = Words(f"跨两个园区：{said}", f"lie across two parks: {said}")
    remedy = Words(
        "以占地多者为准；请分割地块，或在 park 列写明归属",
        "The one that holds most counts; split them, or give the park in the column park",
    )
    return [Fault(where, "geometry", rule, remedy, tuple(map(str, labels[across])), fatal=False)]


def outside_district(where: str, labels: Labels, shapes: Shapes, district: shapely.Geometry) -> list[Fault]:
    """Return, as a warning, features of which more than `ACROSS_SHARE` lies outside the district's outline."""
    shapely.prepare(district)
    maybe = np.flatnonzero(~shapely.is_empty(shapes) & ~shapely.covers(district, shapes))
    area = shapely.area(shapes[maybe])
    left = shapely.area(shapely.difference(shapes[maybe], district))
    share = np.divide(left, area, out=np.ones(len(maybe)), where=area > 0)
    rows = share > ACROSS_SHARE
    if not rows.any():
        return []
    first = zip(labels[maybe[rows][:SHOWN]], share[rows][:SHOWN], strict=True)
    said = _listed([f"{label} {part:.0%}" for label, part in first], int(rows.sum()))
    rule = Words(f"超出辖区边界：{said}", f"lie outside the district's outline: {said}")
    remedy = Words("请核对坐标系与辖区边界", "Look at the CRS, and at the outline in the layer backdrop")
    return [Fault(where, "geometry", rule, remedy, tuple(map(str, labels[maybe[rows]])), fatal=False)]


def flattened(where: str, labels: Labels) -> list[Fault]:
    """Return, as a warning, that the heights of some features are not kept."""
    if not len(labels):
        return []
    rule = Words("几何含高程，按平面读取", "have heights (3D), and are read flat")
    return [Fault(where, "geometry", rule, FLAT, tuple(map(str, labels)), fatal=False)]


def straightened(where: str) -> Fault:
    """Return, as a warning, that the curves of a layer are not kept."""
    rule = Words("几何含曲线，按折线读取", "has curves, and is read with straight edges")
    return Fault(where, "geometry", rule, FLAT, fatal=False)


FLAT = Words("面积相差很小；如有疑虑请导出为二维多边形", "Areas differ by little; else export plain 2D polygons")


def _spots(shapes: Shapes) -> tuple[tuple[float, float], ...]:
    points = shapely.point_on_surface(shapes)
    return tuple((round(float(x), 3), round(float(y), 3)) for x, y in shapely.get_coordinates(points))


def _listed(said: list[str], many: int) -> str:
    return ", ".join(said) + (f" … (+{many - SHOWN})" if many > SHOWN else "")
