"""Draw what limits building: lines, zones, corridors, sensitive sites, airport surfaces, industrial line.

Lines keep off most blocks and cut a few parcels on offer on purpose. It does not know the gazetted lines.
"""

from __future__ import annotations

import airspace
import geopandas as gpd
import numpy as np
import pandas as pd
import places
import shapely
from make_parcels import on_offer
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union
from shapes import Named, Water, as_polygon, metres, polygons, road

# kind, name_zh, name_en, distance_m, height_limit_m, shape
Row = tuple[str, str, str, float | str, float | str, BaseGeometry]
HALF_WIDTH_M = {500: 32.5, 220: 20.0, 110: 12.5}
# Parks for plating and the like: their public-service parcels hold neither school nor hospital.
NO_SCHOOLS = ("JB",)
# How far the ecological line and farmland may run into a parcel on offer next to them, and how many they cut.
BITE_M, CUT_BY_HILLS, CUT_BY_FIELDS = 55.0, 5, 2


def bitten(shapes: list[Named], parcels: gpd.GeoDataFrame, cuts: int) -> list[Named]:
    """Return shapes grown towards the blocks, kept off all parcels but the `cuts` nearest on offer."""
    offered = on_offer(parcels)
    offered = offered[offered["_strategic"] == 0]
    every = unary_union([shape for _, _, shape in shapes])
    distance = offered.distance(every).round(2)
    near = distance[distance < 45].sort_values(kind="stable").index[:cuts]
    others = unary_union(parcels.drop(near).buffer(6).tolist())
    grown = [shape.buffer(BITE_M, quad_segs=3).difference(others).buffer(-8).buffer(8) for _, _, shape in shapes]
    return [(zh, en, as_polygon(as_polygon(shape).simplify(3)))
            for (zh, en, _), shape in zip(shapes, grown, strict=True)]


def industrial_line(parcels: gpd.GeoDataFrame) -> list[Named]:
    """Return the industrial line: industrial parcels drawn together over their streets, first and second level."""
    industrial = parcels[parcels["land_class"].isin(["M1", "M0", "W0"])]
    found: list[Named] = []
    for park, name in (("poles", "一级"), ("others", "二级")):
        inside = industrial["_park"].isin(["YL", "SY", "XQD", "SGHZ", "JB"]) == (park == "poles")
        joined = unary_union(industrial[inside].buffer(34, join_style="mitre").tolist()).buffer(-24, join_style="mitre")
        for shape in polygons(joined):
            if shape.area > 6e4:
                number = len(found) + 1
                plain = Polygon(shape.exterior, [ring for ring in shape.interiors if Polygon(ring).area > 1.5e4])
                level = 1 if name == "一级" else 2
                found.append((f"工业区块线（{name}线）{number}", f"industrial line, level {level}, {number}",
                              as_polygon(plain.simplify(4))))
    return found


def restrictions(parcels: gpd.GeoDataFrame, outline: Polygon, waters: list[Water],
                 nature: dict[str, list[Named]], rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the restrictions layer with all its columns, kind by kind."""
    rows: list[Row] = []
    for zh, en, shape in bitten(nature["hills"], parcels, CUT_BY_HILLS):
        inside = shape.intersection(outline)
        rows.append(("ecological_line", f"{zh}生态控制线", f"{en} ecological line", "", "", inside))
    for zh, en, shape in bitten(nature["farmland"], parcels, CUT_BY_FIELDS):
        rows.append(("farmland", zh, en, "", "", shape.intersection(outline)))
    strict = {zh: shape for zh, _, shape in nature["strict"]}
    for zh, en, protected, _ in waters:
        if protected:
            rows.append(("water_source_1", f"{zh}一级水源保护区", f"{en} water source zone 1", "", "",
                         strict[zh].intersection(outline)))
    for zh, en, protected, water in waters:
        if protected:
            reach = {"石岩水库": 1500, "铁岗水库": 900, "罗田水库": 950, "长流陂水库": 800}[zh]
            around = water.buffer(reach, quad_segs=5).simplify(20).intersection(outline).difference(strict[zh])
            rows.append(("water_source_2", f"{zh}二级水源保护区", f"{en} water source zone 2", "", "",
                         as_polygon(around)))
    for zh, en, kilovolts, path in places.POWER_LINES:
        rows.append(("corridor", f"{zh}走廊", f"{en} corridor", HALF_WIDTH_M[kilovolts], "",
                     LineString(metres(path)).intersection(outline)))
    for zh, en, half, path in places.METRO:
        rows.append(("metro", f"{zh}控制保护区", f"{en} protected zone", half, "", road(path).intersection(outline)))
    rows += sensitive(parcels, rng)
    for surface in airspace.surfaces():
        under = surface.shape.intersection(outline)
        if under.area > 1:
            rows.append(("airport_surface", f"机场{surface.name_zh}", f"airport {surface.name_en}", "",
                         round(surface.height_m, 1), under))
    for zh, en, shape in industrial_line(parcels):
        rows.append(("industrial_line", zh, en, "", "", shape))
    table = pd.DataFrame([row[:5] for row in rows],
                         columns=["kind", "name_zh", "name_en", "distance_m", "height_limit_m"])
    table.insert(0, "restriction_id", [f"R{number:03d}" for number in range(1, len(rows) + 1)])
    shapes = [shapely.set_precision(shapely.force_2d(row[5]), 0.1) for row in rows]
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4547")


def sensitive(parcels: gpd.GeoDataFrame, rng: np.random.Generator) -> list[Row]:
    """Return schools and hospitals: some of the public-service parcels, a setback inside their limits."""
    public = parcels[parcels["land_class"] == "GIC"]
    rows: list[Row] = []
    for place, (_, parcel) in enumerate(public.iterrows()):
        if rng.random() < 0.25 or parcel["_park"] in NO_SCHOOLS:
            continue
        hospital = place % 6 == 5
        code = parcel["parcel_id"]
        rows.append(("sensitive_site", f"{'医院' if hospital else '学校'}（{code}地块）",
                     f"{'hospital' if hospital else 'school'} on {code}", "", "", parcel.geometry.buffer(-10)))
    return rows
