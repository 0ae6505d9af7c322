"""What `planner check` finds doubtful in the layers a plan stands on, drawn where it lies.

It draws faults that are given; what makes one is told elsewhere (`planner.intake`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import shapely

from planner.errors import Fault
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
    rows, shapes, _ = _laid(scene)
    features = drawn(gpd.GeoDataFrame(geometry=shapes, crs=scene.territory.crs), rows)
    return Sheet(features, occurring(KINDS, features))


def unplaced(scene: Scene) -> list[dict[str, Any]]:
    """Return the faults that no feature of the map tells, errors first: they have no place, or it is not drawn."""
    found = [(_told(fault), fault) for fault in _laid(scene)[2]]
    return [told | {"place": f"{told['place']}{fault.named}", "fatal": fault.fatal} for told, fault in found]


def _laid(scene: Scene) -> tuple[list[dict[str, Any]], list[shapely.Geometry], list[Fault]]:
    """Return what faults point at, each with all that is said of it, its shapes; and faults that point at nothing."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    shapes: list[shapely.Geometry] = []
    untold: list[Fault] = []
    for number, fault in enumerate(sorted(scene.faults, key=lambda fault: not fault.fatal)):
        told = False
        for key, shape in _shapes(scene, fault.where, fault.features, fault.spots, number):
            if key not in rows:
                if len(rows) >= MOST:
                    break
                shapes.append(shape)
                rows[key] = {
                    "id": f"fault-{key[0]}-{key[1]}", "kind": "error" if fault.fatal else "warning",
                    "title": key[1], "sub": Words("数据问题", "Faults in the data"), "faults": [],
                }  # fmt: skip
            rows[key]["faults"].append(_told(fault))
            told = True
        if not told:
            untold.append(fault)
    return list(rows.values()), shapes, untold


def _told(fault: Fault) -> dict[str, Any]:
    place = ".".join(filter(None, (fault.where, fault.column)))
    return {"rule": fault.rule, "remedy": fault.remedy, "place": place}


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
