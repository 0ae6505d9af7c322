"""How the layers of a territory lie to one another: borders within a layer, parks, the district, a layer out of place.

A layer out of place shows by corners that it and the parks have, or by borders, which cut few features of one in place.
It looks only at features that are sound by themselves; what each check measures is `shapes`'s and `crs`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.errors import Fault
from planner.intake import crs as crs_module
from planner.intake import shapes as shapes_module
from planner.intake.alignment import ALIGNED_M, SAMPLE, Reference, Shift, cut_by, shift_of
from planner.intake.shapes import Labels, Shapes
from planner.intake.systems import System
from planner.words import Words

DISTRICT = "district"
"""Kind of the features of the backdrop that outline the district."""
CUT_SHARE, CUT_LEFT, CUT_LEAST = 0.03, 2 / 3, 5
"""Features a reference's borders cut: the share that is suspicious, what share of them may be left, the fewest."""


@dataclass(frozen=True)
class Laid:
    """What is sound of a layer: its name in faults, identifiers, shapes in the working CRS, columns, row by row."""

    where: str
    labels: Labels
    shapes: Shapes
    columns: pd.DataFrame

    def reference(self, crs: str) -> Reference | None:
        """Return it as what others are held against; None where nothing of it is drawn."""
        return Reference(self.where, self.shapes, crs) if len(self.shapes) else None


def faults(layers: Mapping[str, Laid], crs: str) -> list[Fault]:
    """Return what is wrong with how parcels and buildings lie.

    Parameters
    ----------
    layers : mapping of str to Laid
        By name.
    crs : str
        Working CRS.
    """
    found: list[Fault] = []
    parks, backdrop = layers.get("parks"), layers.get("backdrop")
    beside = parks.reference(crs) if parks else None
    district = shapely.MultiPolygon() if backdrop is None else outline_of(backdrop.columns["kind"], backdrop.shapes)
    for name in ("parcels", "buildings"):
        if (layer := layers.get(name)) is None:
            continue
        where, labels, shapes = layer.where, layer.labels, layer.shapes
        found += shapes_module.borders(where, labels, shapes, gaps=name == "parcels")
        if beside is not None:
            found += misplaced(where, shapes, beside)
        if parks is not None and name == "parcels":
            found += shapes_module.across_parks(where, labels, shapes, parks.labels, parks.shapes)
        if shapely.area(district) > 0:
            found += shapes_module.outside_district(where, labels, shapes, district)
    return found


def outline_of(kinds: pd.Series, shapes: Shapes) -> shapely.Geometry:
    """Return the outline of the district, of the features of a backdrop; empty where none of them is."""
    district: shapely.Geometry = shapely.union_all(shapes[(kinds == DISTRICT).to_numpy(dtype=bool)])
    return district


def misplaced(where: str, shapes: Shapes, beside: Reference) -> list[Fault]:
    """Return, as a warning, that a layer lies aside of another one, by how much, and which mistake would explain it.

    Parameters
    ----------
    where : str
    shapes : ndarray of geometry
        In the CRS of the reference.
    beside : Reference
    """
    some = shapes[np.unique(np.linspace(0, max(len(shapes) - 1, 0), SAMPLE).astype(int))[: len(shapes)]]
    shift, (cut, many) = shift_of(some, beside.shapes), cut_by(some, beside.shapes)
    suspicious = cut >= max(CUT_LEAST, CUT_SHARE * many) if shift is None else shift.far_m > ALIGNED_M
    if not suspicious:
        return []
    found = []
    for system, words in crs_module.MISTAKEN_FOR:
        written = System(system.crs or beside.crs, shifted=system.shifted)
        there = crs_module.taken_as(gpd.GeoSeries(some), written, beside.crs)
        after, left = shift_of(there, beside.shapes), cut_by(there, beside.shapes)[0]
        share = after.share if after is not None and after.far_m <= ALIGNED_M else 0.0
        if share > 0 or (shift is None and left <= cut * CUT_LEFT):
            found.append((-share, left, system, words, _median_move(there, some, share)))
    found.sort(key=lambda one: one[:2])
    if found:
        shift = found[0][4] if found[0][0] < 0 else None  # the shift of a public map is not the same everywhere
    elif shift is None:
        return []
    if shift is not None:
        rule = Words(
            f"与 {beside.where} 相差 {shift.words.zh}（{shift.share:.0%} 的角点据此吻合）",
            f"lies {shift.words.en} aside of {beside.where}, by which {shift.share:.0%} of its corners meet",
        )
    else:
        _, left, system, _, by = found[0]
        rule = Words(
            f"{beside.where} 的边界切割 {cut}/{many} 个要素；按 {system} 读取则为 {left}，偏移 {by.words.zh}",
            f"the borders of {beside.where} cut {cut} of {many} features, and {left} when it is read as {system}, "
            f"by which it lies {by.words.en} aside",
        )
    if not found:
        remedy = Words("请核对两图层的坐标系", "Look at the CRS of both layers")
    else:
        _, _, system, words, _ = found[0]
        system = replace(system, instead_of=beside.crs if system.crs else "")
        remedy = Words(
            f"看似 {words.zh}；请确认后写 crs: {system}，或用 --crs 试读；否则请核对两图层的坐标系",
            f"It looks like {words.en}; when that is confirmed write crs: {system} (try it by --crs); else look at the "
            "CRS of both layers",
        )
    return [Fault(where, "geometry", rule, remedy, fatal=False)]


def _median_move(here: Shapes, there: Shapes, share: float) -> Shift:
    """Return by how much the corners of shapes lie aside of where they should, in the median."""
    east, north = np.median(shapely.get_coordinates(there) - shapely.get_coordinates(here), axis=0)
    return Shift(float(east), float(north), share)
