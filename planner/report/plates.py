"""The maps of a paper: the whole territory, one park, one plot; each with the legend of what is seen on it."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.maps.scene import LONLAT
from planner.maps.style import LAND, LEFT_OUT, PAPER, Look
from planner.maps.texts import PAGE
from planner.report.book import Book
from planner.report.drawing import Chart, Drawing, Frame, framed, outline, swatch
from planner.report.paper import Block, Legend, Picture

ROOM = 0.02
"""Of a map's ground, beyond what it is about, on each side."""
AROUND_PLOT = 0.5
"""Of a plot's size, beyond it on each side."""
TALLEST_MM = 46.0
"""Of the small map that shows where a plot lies."""
RINGS = 20_000
"""Scale from which buildings are rings."""
NEAREST = 1_000
"""Largest scale of the map of a plot: 1 to so much."""


def whole(book: Book, chart: Chart, width_mm: float, height_mm: float, name: str) -> Drawing:
    """Return the map of the parks, and of all that the plan places."""
    shapes = [*book.territory.parks.geometry, *_placed(book)]
    shapes = [shape for shape in shapes if shape is not None and not shape.is_empty]
    bounds = shapely.total_bounds(shapes or list(book.territory.parcels.geometry) or _district(book))
    return chart.draw(Frame.around(_wider(bounds, ROOM), width_mm, height_mm), book.lang, name)


def of_park(book: Book, chart: Chart, park: str, width_mm: float, height_mm: float) -> Drawing:
    """Return the map of one park."""
    bounds = book.territory.parks.geometry[park].bounds
    return chart.draw(Frame.around(_wider(bounds, ROOM), width_mm, height_mm), book.lang, f"park-{park}")


def of_plot(
    book: Book, chart: Chart, part: str, land: BaseGeometry, width_mm: float, height_mm: float
) -> Drawing:  # fmt: skip
    """Return the map of one plot with what lies around it."""
    frame = Frame.around(_wider(land.bounds, AROUND_PLOT), width_mm, height_mm, NEAREST)
    return chart.draw(frame, book.lang, f"plot-{part}", frozenset([part]))


def pictured(drawing: Drawing, alt: str, book: Book, across: int = 4) -> tuple[Block, ...]:
    """Return a map, and its legend below."""
    return Picture(drawing.svg, alt), legend(drawing, book, across)


def legend(drawing: Drawing, book: Book, across: int) -> Legend:
    """Return what the signs on a map mean, each said once."""
    said: dict[str, str] = {}
    for layer, _, kind in drawing.legend:
        said.setdefault(book.say(kind.words), swatch(layer, kind.look))
    if drawing.scale >= RINGS and any(layer.symbol == "ring" for layer, _, _ in drawing.legend):
        words = book.say(PAGE["ring"])
        said[words] = next(swatch(layer, kind.look) for layer, _, kind in drawing.legend if layer.symbol == "ring")
    return Legend(tuple((sign, words) for words, sign in said.items()), across)


def _district(book: Book) -> list[BaseGeometry]:
    """Return the district as a rectangle, for a territory that holds nothing else."""
    box = gpd.GeoSeries([shapely.box(*book.territory.bounds_lonlat)], crs=LONLAT)
    return list(box.to_crs(book.territory.crs))


def _placed(book: Book) -> list[BaseGeometry]:
    """Return the parcels and buildings that the plan uses."""
    places = {place for places in book.scene.placements["places"] for place in places}
    buildings = {book.scene.building_of.get(place, place) for place in places}
    layers = (book.territory.parcels, book.territory.buildings)
    return [shape for layer in layers for shape in layer.geometry[layer.index.isin(buildings)]]


def _wider(bounds: Iterable[float], share: float) -> tuple[float, float, float, float]:
    west, south, east, north = (float(edge) for edge in bounds)
    more = max(east - west, north - south) * share
    return west - more, south - more, east + more, north + more


def whereabouts(book: Book, land: BaseGeometry, width_mm: float, number: int) -> str:
    """Return a small map of all parks with a mark where a plot lies (SVG)."""
    shapes = [shape for shape in book.territory.parks.geometry if shape is not None and not shape.is_empty]
    west, south, east, north = _wider(shapely.total_bounds([*shapes, land]), ROOM)
    tall_mm = min(width_mm * max((north - south) / (east - west), 0.6), TALLEST_MM)
    frame = Frame.around((west, south, east, north), width_mm, tall_mm)
    parks = "".join(outline(shape, frame, Look(LAND, "#9AA5AD", 1.0)) for shape in shapes)
    x, y = frame.on_paper(np.array([land.centroid.coords[0]]))[0]
    mark = f'<circle cx="{x:.2f}" cy="{y:.2f}" r="1.3" fill="{LEFT_OUT}" stroke="{PAPER}" stroke-width="0.4"/>'
    return framed(parks + mark, frame, book.lang, f"where-{number}")
