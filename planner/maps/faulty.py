"""What `planner check` finds doubtful in the layers a plan stands on, drawn where it lies.

It draws faults that are given; what makes one is told elsewhere (`planner.intake`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import shapely

from planner.maps.scene import Kind, Scene, Sheet, drawn, occurring
from planner.maps.style import Look
from planner.words import Words

SPOT_M = 15.0
"""A spot between features is drawn as a circle of this radius."""
MOST = 2000
"""Features drawn; those of the faults told first."""
KINDS: Mapping[str, Kind] = {
    "error": Kind(Words("错误", "error"), Look("#D55E00", "#8F2D00", 1.8, 0.25)),
    "warning": Kind(Words("提醒", "warning"), Look("#0072B2", "#003F66", 1.6, 0.15, "4 3")),
}


def faults(scene: Scene) -> Sheet:
    """Return the features (or spots) that faults name, each with all that is said of it."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    shapes: dict[tuple[str, str], shapely.Geometry] = {}
    for number, fault in enumerate(sorted(scene.faults, key=lambda fault: not fault.fatal)):
        place = ".".join(filter(None, (fault.where, fault.column)))
        told = {"rule": fault.rule, "remedy": fault.remedy, "place": place}
        for key, shape in _shapes(scene, fault.where, fault.features, fault.spots, number):
            if key not in rows:
                if len(rows) >= MOST:
                    break
                shapes[key] = shape
                rows[key] = {
                    "id": f"fault-{key[0]}-{key[1]}", "kind": "error" if fault.fatal else "warning",
                    "title": key[1], "sub": Words("数据问题", "Faults in the data"), "faults": [],
                }  # fmt: skip
            rows[key]["faults"].append(told)
    features = drawn(gpd.GeoDataFrame(geometry=list(shapes.values()), crs=scene.territory.crs), list(rows.values()))
    return Sheet(features, occurring(KINDS, features))


def _shapes(
    scene: Scene, where: str, names: tuple[str, ...], spots: tuple[tuple[float, float], ...], number: int
) -> list[tuple[tuple[str, str], shapely.Geometry]]:
    """Return what a fault points at: its features (of floors their building); if none of them is drawn, its spots."""
    layer = where.partition(" ")[0].partition(".")[0]
    places = getattr(scene.territory, "buildings" if layer == "floors" else layer, None)
    found: list[tuple[tuple[str, str], shapely.Geometry]] = []
    if isinstance(places, gpd.GeoDataFrame):
        for name in dict.fromkeys(names):
            place = scene.building_of.get(name, name) if layer == "floors" else name
            if place in places.index and (shape := places.geometry[place]) is not None and not shape.is_empty:
                wide = shape if shapely.get_dimensions(shape) == 2 else shape.buffer(SPOT_M)
                found.append(((layer, name), wide))
    if found:
        return found
    return [((f"{layer}-{number}", f"{where} {k + 1}"), shapely.Point(at).buffer(SPOT_M)) for k, at in enumerate(spots)]
