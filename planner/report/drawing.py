"""Draws the layers of the map on paper: vector graphics (SVG) at a scale, without a browser.

What is drawn, in which colours and what the legend calls it come from `maps.layers`, so that paper and page agree.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from planner.maps.buildings import shares
from planner.maps.layers import LAYERS, MapLayer
from planner.maps.scene import LONLAT, Kind, Scene
from planner.maps.style import FAMILIES, INK, LEFT_OUT, PAPER, SEA, Look
from planner.report.labels import Label, lettered
from planner.words import Lang, Words

DRAWN = (
    "backdrop", "parks", "forbidden", "parcels_taken", "parcels_offered", "corridors", "buildings", "plots", "left_out",
)  # fmt: skip
"""Layers of the map that are drawn on paper, bottom to top."""
FONT = "Noto Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
PIXEL_MM = 0.2
"""Width on paper of a pixel of the map's strokes."""
SCREEN_MM = 25.4 / 96
"""Width of a pixel where the zoom of the map is meant."""
TILE_M = 156_543.03392
"""Metres of a pixel of web maps at zoom 0, at the equator."""
SCALES = (1, 1.2, 1.5, 1.8, 2, 2.2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9)
"""First digits of the scales used."""
DOT_MM, RING_MM, CROSS_MM = 0.8, 1.2, 1.1
"""Radii of symbols."""
NEAR, LARGER = 12_000, 1.4
"""From which scale on names are set larger, and by how much."""
AFAR = ("pole", "park")
"""Names that would hide the plot a map is about."""
FINEST_MM = 0.03
"""Finer detail is not drawn."""
EDGE_MM = 2.0
"""How far beyond the frame shapes are kept, so that no stroke runs along it."""

NORTH = Words("北", "N")
NO_FILL = 'fill="none"'
COLOURS = {family.key: family.colour for family in FAMILIES}

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Frame:
    """A piece of ground on a piece of paper.

    Attributes
    ----------
    west, north : float
        Upper left corner, metres of the working CRS.
    scale : float
        Metres on the ground for one on paper.
    width_mm, height_mm : float
    """

    west: float
    north: float
    scale: float
    width_mm: float
    height_mm: float

    @classmethod
    def around(cls, bounds: Sequence[float], width_mm: float, height_mm: float, least: float = 1_000) -> Frame:
        """Return the frame of the largest usual scale, not above 1:`least`, in which some ground fits.

        Parameters
        ----------
        bounds : (west, south, east, north)
            In metres.
        width_mm, height_mm : float
            Of the paper.
        least : float
            Smallest denominator of the scale.

        Examples
        --------
        >>> frame = Frame.around((0, 0, 900, 300), 100, 50)
        >>> frame.scale, frame.west, frame.north
        (9000.0, 0.0, 375.0)
        >>> Frame.around((5, 5, 5, 5), 100, 50).scale
        1000.0
        """
        west, south, east, north = bounds
        needed = max((east - west) / width_mm, (north - south) / height_mm, least / 1_000) * 1_000
        ten = 10 ** math.floor(math.log10(needed) + 1e-9)
        scale = next(step * ten for step in (*SCALES, 10) if step * ten >= needed * (1 - 1e-9))
        middle_x, middle_y = (west + east) / 2, (south + north) / 2
        return cls(middle_x - width_mm / 2_000 * scale, middle_y + height_mm / 2_000 * scale, float(scale),
                   width_mm, height_mm)  # fmt: skip

    @property
    def metres(self) -> float:
        """Metres on the ground of a millimetre on paper."""
        return self.scale / 1_000

    @property
    def window(self) -> tuple[float, float, float, float]:
        """West, south, east, north of what is drawn, a little more than what is seen (m)."""
        edge = EDGE_MM * self.metres
        east, south = self.west + self.width_mm * self.metres, self.north - self.height_mm * self.metres
        return self.west - edge, south - edge, east + edge, self.north + edge

    def on_paper(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points in millimetres from the upper left corner."""
        return (xy - (self.west, self.north)) * (1 / self.metres, -1 / self.metres)

    def zoom(self, latitude: float) -> float:
        """Return the zoom at which a web map shows the ground as large."""
        return math.log2(TILE_M * math.cos(math.radians(latitude)) / (SCREEN_MM * self.metres))


@dataclass(frozen=True)
class Stratum:
    """One layer in metres: shapes, the properties of each feature, its classes, a tree to find shapes by."""

    layer: MapLayer
    shapes: Shapes
    rows: Sequence[Mapping[str, Any]]
    kinds: Mapping[str, Kind]
    tree: shapely.STRtree


@dataclass(frozen=True)
class Drawing:
    """A map on paper.

    Attributes
    ----------
    svg : str
        One millimetre on paper is one unit.
    legend : tuple of (MapLayer, str, Kind)
        Each class that is seen on it, by layer, with its key.
    scale : float
        Its denominator.
    """

    svg: str
    legend: tuple[tuple[MapLayer, str, Kind], ...]
    scale: float


@dataclass(frozen=True)
class Chart:
    """The layers of a scene in metres, from which any number of maps is drawn."""

    strata: tuple[Stratum, ...]
    latitude: float

    @classmethod
    def of(cls, scene: Scene) -> Chart:
        """Return the layers of a territory, and of its plan if there is one."""
        by_name = {layer.name: layer for layer in LAYERS}
        strata = []
        for layer in (by_name[name] for name in DRAWN):
            sheet = layer.draw(scene)
            lonlat = [shape(feature["geometry"]) for feature in sheet.features]
            shapes = gpd.GeoSeries(lonlat, crs=LONLAT).to_crs(scene.territory.crs).to_numpy()
            rows = [_ringed(feature["properties"], scene) for feature in sheet.features]
            strata.append(Stratum(layer, shapes, rows, sheet.kinds, shapely.STRtree(shapes)))
        return cls(tuple(strata), scene.territory.bounds_lonlat[1])

    def draw(self, frame: Frame, lang: Lang, name: str, picked: frozenset[str] = frozenset()) -> Drawing:
        """Return what lies in a frame as a map.

        Parameters
        ----------
        frame : Frame
        lang : {'zh', 'en'}
        name : str
            Tells this map from others on the same page.
        picked : frozenset of str
            Identifiers of features drawn with a strong edge and a larger name; the map is about these, and names no
            park.
        """
        zoom, said, legend = frame.zoom(self.latitude), list[Label](), []
        drawn: list[str] = []
        for stratum in self.strata:
            at = np.sort(stratum.tree.query(shapely.box(*frame.window), predicate="intersects"))
            shapes = _on_paper(stratum.shapes[at], frame)
            seen = set()
            for here, k in zip(shapes, at.tolist(), strict=True):
                row = stratum.rows[k]
                look = stratum.kinds[row["kind"]].look if row["kind"] in stratum.kinds else Look()
                seen.add(row["kind"])
                mine = str(row.get("id")) in picked
                drawn.append(_marked(here, row, look, stratum.layer.symbol, mine))
                label = row.get("label")
                if label and zoom >= label["zoom"] - 0.3 and not (picked and label["look"] in AFAR):
                    said.append(Label.of(label, here, lang, LARGER * (1 + mine) if frame.scale < NEAR else 1.0))
            legend += [(stratum.layer, key, kind) for key, kind in stratum.kinds.items()
                       if key in seen and kind.look.fill + kind.look.stroke]  # fmt: skip
        inside = "".join([*drawn, *lettered(said, frame.width_mm, frame.height_mm)])
        return Drawing(framed(inside, frame, lang, name), tuple(legend), frame.scale)


def _ringed(row: Mapping[str, Any], scene: Scene) -> Mapping[str, Any]:
    """Return the properties of a feature; of a building with what the plan places in it, by family of clusters."""
    return {**row, "ring": shares(scene, row["tenants"])} if row.get("tenants") else row


def _on_paper(shapes: Shapes, frame: Frame) -> Shapes:
    """Return shapes cut to a frame, as fine as can be seen, in millimetres."""
    try:
        cut = shapely.clip_by_rect(shapes, *frame.window)
    except shapely.GEOSException:  # an outline that crosses itself: what is beyond the frame is drawn as well
        cut = shapes
    fine = shapely.simplify(cut, FINEST_MM * frame.metres)
    placed: Shapes = shapely.transform(fine, frame.on_paper)
    return placed


def outline(shape: BaseGeometry, frame: Frame, look: Look) -> str:
    """Return one shape, in metres, as it is drawn in a frame."""
    return _path(_on_paper(np.array([shape], dtype=object), frame)[0], look, "", 0)


def _marked(here: BaseGeometry, row: Mapping[str, Any], look: Look, symbol: str, picked: bool) -> str:
    """Return one feature as it is drawn: its outline, or a symbol where that would be too small."""
    if here.is_empty:
        return ""
    strong = INK if row.get("strong") or picked else ""
    middle = here.representative_point() if symbol else None
    if middle is not None and symbol == "cross":
        return _cross(middle.x, middle.y, len(row.get("out") or ()))
    drawn = _path(here, look, strong, 0.5 if picked else 0.3)
    west, south, east, north = here.bounds
    small = max(east - west, north - south) < 3 * DOT_MM
    if middle is not None and symbol == "ring":
        return drawn + _ring(middle.x, middle.y, row) if small else drawn
    if middle is not None and symbol == "dot" and small:
        edge = strong or PAPER
        return (f'<circle cx="{middle.x:.2f}" cy="{middle.y:.2f}" r="{DOT_MM}" fill="{look.fill}" '
                f'stroke="{edge}" stroke-width="0.2"/>')  # fmt: skip
    return drawn


def _path(here: BaseGeometry, look: Look, strong: str, strong_mm: float) -> str:
    """Return the outline of a shape as a path; nothing for points."""
    d = "".join(_line(line) for line in _lines(here))
    stroke = strong or look.stroke
    if not d or not (look.fill or stroke):
        return ""
    area = here.geom_type in ("Polygon", "MultiPolygon", "GeometryCollection")
    weight = strong_mm if strong else look.weight * PIXEL_MM
    dash = ' stroke-dasharray="' + " ".join(f"{float(step) * PIXEL_MM:.2f}" for step in look.dash.split()) + '"'
    fill = f'fill="{look.fill}" fill-opacity="{look.opacity:g}" fill-rule="evenodd"' if area and look.fill else ""
    line = look.fill if not area and not stroke else stroke
    edge = f'stroke="{line}" stroke-width="{weight:.2f}"{dash if look.dash else ""}' if line else ""
    joined = 'stroke-linejoin="round"'
    beneath = ""
    if look.casing:
        wide = weight + 3 * PIXEL_MM
        beneath = f'<path d="{d}" fill="none" stroke="{look.casing}" stroke-width="{wide:.2f}" {joined}/>'
    return f'{beneath}<path d="{d}" {fill or NO_FILL} {edge} {joined}/>'


def _lines(here: BaseGeometry) -> Iterator[tuple[NDArray[np.float64], bool]]:
    """Yield the coordinates of every line of a shape, and whether it is closed."""
    for part in shapely.get_parts(here):
        if part.geom_type == "Polygon":
            yield from ((shapely.get_coordinates(ring), True) for ring in (part.exterior, *part.interiors))
        elif part.geom_type == "LineString":
            yield shapely.get_coordinates(part), False


def _line(line: tuple[NDArray[np.float64], bool]) -> str:
    points, closed = line
    told = [f"{x:.2f} {y:.2f}" for x, y in (points[:-1] if closed else points).tolist()]
    return f"M{'L'.join(told)}{'Z' if closed else ''}" if told else ""


def _ring(x: float, y: float, row: Mapping[str, Any]) -> str:
    """Return the floor space of a building as a ring: what is let, what the plan places there, what is free."""
    whole = row.get("area_m2") or 0.0
    shares = [("#8C959D", (row.get("taken_m2") or 0.0)),
              *((COLOURS.get(key, INK), m2) for key, m2 in (row.get("ring") or {}).items())]  # fmt: skip
    inner = RING_MM * 0.72
    around = 2 * math.pi * inner
    drawn = [f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{RING_MM}" fill="{PAPER}" stroke="#6F7982" stroke-width="0.12"/>']
    turned = 0.0
    for colour, m2 in shares if whole else ():
        part = min(m2 / whole, 1.0 - turned)
        if part > 0:
            drawn.append(
                f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{inner:.2f}" fill="none" stroke="{colour}" '
                f'stroke-width="{RING_MM * 0.56:.2f}" stroke-dasharray="{part * around:.3f} {around:.3f}" '
                f'transform="rotate({turned * 360 - 90:.1f} {x:.2f} {y:.2f})"/>'
            )
        turned += part
    return "".join(drawn)


def _cross(x: float, y: float, count: int) -> str:
    arm = CROSS_MM * 0.45
    return (f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{CROSS_MM}" fill="{PAPER}" stroke="{LEFT_OUT}" stroke-width="0.3"/>'
            f'<text x="{x:.2f}" y="{y + arm * 0.75:.2f}" font-size="{arm * 3.1:.2f}" text-anchor="middle" '
            f'fill="{LEFT_OUT}">{count}</text>')  # fmt: skip


def framed(inside: str, frame: Frame, lang: Lang, name: str) -> str:
    """Return a map with its frame, north arrow and scale."""
    wide, high = frame.width_mm, frame.height_mm
    clip = escape(f"clip-{name}", quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" width="{wide:g}mm" '
        f'height="{high:g}mm" font-family="{FONT}"><clipPath id="{clip}"><rect width="{wide:g}" height="{high:g}"/>'
        f'</clipPath><rect width="{wide:g}" height="{high:g}" fill="{SEA}"/><g clip-path="url(#{clip})">{inside}</g>'
        f"{_north(wide, lang)}{_bar(frame, lang)}"
        f'<rect x="0.1" y="0.1" width="{wide - 0.2:g}" height="{high - 0.2:g}" fill="none" stroke="{INK}" '
        'stroke-width="0.2"/></svg>'
    )


def _north(wide: float, lang: Lang) -> str:
    x = wide - 6
    return (f'<path d="M{x:g} 3.2L{x - 1.8:g} 9L{x:g} 7.8L{x + 1.8:g} 9Z" fill="{INK}" stroke="{PAPER}" '
            f'stroke-width="0.3"/><text x="{x:g}" y="12.4" font-size="3" text-anchor="middle" fill="{INK}" '
            f'stroke="{PAPER}" stroke-width="0.7" paint-order="stroke">{NORTH(lang)}</text>')  # fmt: skip


def _bar(frame: Frame, lang: Lang) -> str:
    """Return a scale bar of a quarter of the width at most, and the scale in figures."""
    most = frame.width_mm / 4 * frame.metres
    ten = 10 ** math.floor(math.log10(most))
    long_m = next(step * ten for step in (5, 2, 1) if step * ten <= most)
    wide, y = long_m / frame.metres, frame.height_mm - 4
    told = f"{long_m / 1000:g} km" if long_m >= 1000 else f"{long_m:g} m"
    halo = f'stroke="{PAPER}" stroke-width="0.7" paint-order="stroke"'
    return (
        f'<path d="M4 {y - 1.2:g}V{y:g}H{4 + wide:g}V{y - 1.2:g}" fill="none" stroke="{PAPER}" stroke-width="1"/>'
        f'<path d="M4 {y - 1.2:g}V{y:g}H{4 + wide:g}V{y - 1.2:g}" fill="none" stroke="{INK}" stroke-width="0.3"/>'
        f'<text x="{4 + wide + 1.2:g}" y="{y:g}" font-size="2.4" fill="{INK}" {halo}>{told}　1:{frame.scale:,.0f}'
        "</text>"
    )


def swatch(layer: MapLayer, look: Look) -> str:
    """Return the sign of a class in the legend (SVG, 6 by 3.6 mm)."""
    if layer.symbol == "cross":
        inside = _cross(3, 1.8, 1)
    elif layer.symbol == "ring":
        inside = f'<circle cx="3" cy="1.8" r="1.4" fill="{look.fill}" stroke="{look.stroke}" stroke-width="0.2"/>'
    elif look.shape == "line":
        inside = _path(shapely.LineString([(0.4, 1.8), (5.6, 1.8)]), look, "", 0)
    else:
        inside = _path(shapely.box(0.4, 0.4, 5.6, 3.2), look, "", 0)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 6 3.6" width="6mm" height="3.6mm">{inside}</svg>'
