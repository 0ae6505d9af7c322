"""Check the generated territory against what it promises, and print a summary.

Every broken promise is listed, not only the first one.
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
from airspace import height_limit_m, surfaces
from make_parcels import CORRIDOR_HALF_WIDTH_M, CORRIDOR_LINE, YEARS, on_offer
from make_parks import PARKS
from make_territory import Territory
from shapely.geometry.base import BaseGeometry
from shapes import metres

POLES = {"YL", "SY", "XQD", "SGHZ"}


def overlap_m2(layer: gpd.GeoDataFrame) -> float:
    """Return the largest overlap of two shapes of one layer."""
    shapes = layer.geometry.values
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    if not pairs.any():
        return 0.0
    return float(shapely.area(shapely.intersection(shapes[first[pairs]], shapes[second[pairs]])).max())


def home_park(shape: BaseGeometry, parks: gpd.GeoDataFrame) -> str:
    """Return the growth pole a shape lies in, else the smallest park holding most of it."""
    share = parks.intersection(shape).area / shape.area
    poles = share[parks["park_id"].isin(POLES)]
    if poles.max() > 0.5:
        return str(parks.loc[poles.idxmax(), "park_id"])
    holding = parks[share > 0.5]
    return str(holding.loc[holding.area.idxmin(), "park_id"]) if len(holding) else ""


def corridor_cut_ha(territory: Territory) -> tuple[float, float]:
    """Return the hectares of parcels, and of parcels on offer, that the tested corridor takes in 新桥东."""
    strip = shapely.LineString(metres(CORRIDOR_LINE)).buffer(CORRIDOR_HALF_WIDTH_M, cap_style="flat")
    inside = territory.parcels[territory.parcels["_park"] == "XQD"]
    return inside.intersection(strip).area.sum() / 1e4, on_offer(inside).intersection(strip).area.sum() / 1e4


def faults(territory: Territory) -> list[str]:
    """Return every promise that is not kept."""
    parcels, buildings, floors = territory.parcels, territory.buildings, territory.floors
    offered, outline = on_offer(parcels), territory.outline
    offered_ha = offered.area.sum() / 1e4
    gfa = floors.groupby("building_id")["area_m2"].sum()
    by_stage = gfa.groupby(buildings.set_index("building_id")["stage"]).sum()
    begun = float(by_stage["built"] + by_stage["started"])
    free_m2 = float((floors["area_m2"] - floors["occupied_m2"]).sum())
    industrial = parcels[parcels["land_class"].isin(["M1", "M0", "W0"]) & (parcels["_park"] != "JB")]
    homes = [home_park(shape, territory.parks) for shape in parcels.geometry]
    airport_limit = [height_limit_m(shape, surfaces()) for shape in buildings.geometry]
    cut_all, cut_offered = corridor_cut_ha(territory)
    by_year = offered.area.groupby(offered["ready_year"]).sum() / 1e4
    host = gpd.sjoin(buildings[["building_id", "geometry"]], parcels[["state", "parcel_id", "geometry"]],
                     predicate="within")
    promises = {
        "at least 900 parcels": len(parcels) >= 900,
        "parcels of 0.3 to 15 ha": bool(parcels.area.between(0.3e4, 15e4).all()),
        "industrial mean near 3.8 ha": 3.5 <= industrial.area.mean() / 1e4 <= 4.2,
        "130 to 160 parcels on offer": 130 <= len(offered) <= 160,
        "450 to 550 ha on offer": 450 <= offered_ha <= 550,
        "each year 95 to 115 ha": all(95 <= by_year.get(year, 0) <= 115 for year in YEARS),
        "parcels do not overlap": overlap_m2(parcels) <= 1.0,
        "buildings do not overlap": overlap_m2(buildings) == 0.0,
        "shapes are valid": all(layer.is_valid.all() for layer in (territory.parks, parcels, buildings,
                                                                   territory.restrictions)),
        "all inside the district": all(layer.within(outline.buffer(0.5)).all() for layer in (parcels, buildings,
                                                                                           territory.parks)),
        "published park areas met": all(p.area_m2 is None or abs(shape.area - p.area_m2) < 1.0
                                        for p, shape in zip(PARKS, territory.parks.geometry, strict=True)),
        "parcel ids name the home park": homes == parcels["_park"].tolist(),
        "every building on one committed or occupied parcel":
            len(host) == len(buildings) and bool(host["state"].isin(["committed", "occupied"]).all()),
        "at least 120 buildings": len(buildings) >= 120,
        "buildings under airport surfaces and 100 m": all(h <= min(limit, 100.0) for h, limit in
                                                          zip(buildings["height_m"], airport_limit, strict=True)),
        "at least 5.0 million m² started or planned": gfa.sum() >= 5.0e6,
        "about 3.9 million m² started": 3.8e6 <= begun <= 4.0e6,
        "0.9 to 1.2 million m² of floors free": 0.9e6 <= free_m2 <= 1.2e6,
        "新桥东 near 183.8 万 m²": abs(gfa[host.set_index("building_id")["parcel_id"].str.startswith("XQD")].sum()
                                     - 1.838e6) < 2e4,
        "corridor takes about 20 ha of 新桥东": 19.0 <= cut_all <= 21.0 and cut_offered >= 18.0,
        "ids are unique": all(layer[layer.columns[0]].is_unique for layer in (
            territory.parks, parcels, buildings, territory.restrictions, territory.backdrop)),
    }
    return [promise for promise, kept in promises.items() if not kept]


def summary(territory: Territory) -> str:
    """Return a table of counts and areas by park and a few totals."""
    parcels, floors, buildings = territory.parcels, territory.floors, territory.buildings
    offered = on_offer(parcels)
    homes = gpd.sjoin(buildings[["building_id", "geometry"]], parcels[["_park", "geometry"]],
                      predicate="within").set_index("building_id")["_park"]
    park_of = floors["building_id"].map(homes)
    rows = pd.DataFrame({
        "parcels": parcels.groupby("_park").size(), "ha": (parcels.area / 1e4).groupby(parcels["_park"]).sum(),
        "offered": offered.groupby("_park").size(),
        "offered_ha": (offered.area / 1e4).groupby(offered["_park"]).sum(),
        "buildings": homes.groupby(homes).size(), "gfa_m2": floors["area_m2"].groupby(park_of).sum(),
        "free_m2": (floors["area_m2"] - floors["occupied_m2"]).groupby(park_of).sum(),
        "mva_2026": territory.supply[territory.supply["year"] == 2026].set_index("park")["power_mva"],
        "mva_2030": territory.supply[territory.supply["year"] == 2030].set_index("park")["power_mva"],
    }).fillna(0).round(1)
    rows.loc["all"] = rows.sum()
    by_year = (offered.area / 1e4).groupby(offered["ready_year"]).sum().round(1).to_dict()
    stage_of = floors["building_id"].map(buildings.set_index("building_id")["stage"])
    stage = floors["area_m2"].groupby(stage_of).sum().to_dict()
    near = offered.geometry.values
    touched = {}
    for kind in ("ecological_line", "farmland", "water_source_1", "water_source_2", "corridor", "metro"):
        part = territory.restrictions[territory.restrictions["kind"] == kind]
        zone = shapely.union_all([shape.buffer(float(d) if d != "" else 0.0)
                                  for shape, d in zip(part.geometry, part["distance_m"], strict=True)])
        touched[kind] = int(sum(shapely.area(shapely.intersection(near, zone)) > 1.0))
    cut_all, cut_offered = corridor_cut_ha(territory)
    return "\n".join([
        rows.astype(dict.fromkeys(("parcels", "offered", "buildings"), int)).to_string(),
        f"on offer by ready year, ha: {by_year}", f"GFA by stage, m²: {stage}",
        f"parcels on offer touched by: {touched}; heights limited: {int((offered['height_limit_m'] != '').sum())}",
        f"corridor {CORRIDOR_LINE} half width {CORRIDOR_HALF_WIDTH_M:g} m takes {cut_all:.2f} ha of parcels, "
        f"{cut_offered:.2f} ha of it on offer",
    ])
