"""A plan as layers for a desktop GIS: what stands where, and which land is still free.

Geometry comes from the territory as the scenario leaves it; figures come from the plan. It writes no file.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from planner.plan import Plan
from planner.restrictions import flags, restricted
from planner.territory import ON_OFFER, Territory, usable

WHO = ("part", "project", "name", "firm", "industry", "cluster", "tier", "site", "park")
HOW = ("start_year", "power_kva", "points")
LEFT_M2 = 1.0
"""A parcel of which no more is left is taken."""


def layers_of(plan: Plan, territory: Territory) -> Mapping[str, gpd.GeoDataFrame]:
    """Return the layers of a plan.

    Parameters
    ----------
    plan : Plan
    territory : Territory
        With the scenario's changes made (see `changes.changed`).

    Returns
    -------
    mapping of str to GeoDataFrame
        ``placed_plots``: one row a part on an own plot, the usable pieces of its parcels, or the piece cut for it.
        ``placed_units``: one row a part on floors, the footprint of its building (of several, named in the order of
        ``floors``, their union). ``unplaced_parcels``: parcels on offer of which something is left, what is left of
        their usable piece (of one taken jointly the outline stays whole), the kinds of restriction that reach it. A
        layer without rows is left out.
    """
    pieces = usable(territory.parcels, restricted(territory, "forbids"))
    layers = {
        "placed_plots": _plots(plan, pieces),
        "placed_units": _units(plan, territory),
        "unplaced_parcels": _unplaced(plan, territory, pieces),
    }
    return {name: layer for name, layer in layers.items() if len(layer)}


def land_taken(placements: pd.DataFrame, parcels: Mapping[str, BaseGeometry]) -> list[BaseGeometry]:
    """Return the land of each placement on a plot: the piece cut for it, else its parcels, as far as they are known."""
    return [
        shapely.from_wkt(cut)
        if cut
        else shapely.union_all([parcels[place] for place in str(places).split(";") if place in parcels])
        for places, cut in zip(placements["places"], cuts(placements), strict=True)
    ]


def cuts(placements: pd.DataFrame) -> list[str]:
    """Return the piece cut for each placement (WKT), empty for one of whole places; a plan made elsewhere has none."""
    return list(placements["cut"].fillna("")) if "cut" in placements else [""] * len(placements)


def taken_m2(placements: pd.DataFrame, uses: pd.DataFrame) -> pd.Series:
    """Return what each placement takes by these uses (m², indexed like placements), of a divisible part each share."""
    of_part = uses.groupby("part")["amount_m2"].sum()
    at = uses.groupby(["part", "place"])["amount_m2"].sum()
    taken = [
        at.reindex([(part, place) for place in str(places).split(";")]).sum() if shared else of_part.get(part, 0.0)
        for part, places, shared in zip(
            placements["part"], placements["places"], placements["part"].duplicated(keep=False), strict=True
        )
    ]
    return pd.Series(taken, placements.index, dtype=float)


def _placed(plan: Plan, kind: str) -> pd.DataFrame:
    placements = plan.placements
    return placements[placements["kind"] == kind].reset_index(drop=True) if len(placements) else placements


def _plots(plan: Plan, pieces: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the parts on plots with the land they take."""
    placed = _placed(plan, "plot")
    if placed.empty:
        return _none(pieces.crs)
    shapes = pieces.geometry
    land = land_taken(placed, dict(zip(map(str, shapes.index), shapes, strict=True)))
    columns = placed.reindex(columns=[*WHO, "places", "land_m2", "gfa_m2", *HOW])  # an older plan has not all
    return gpd.GeoDataFrame(columns, geometry=_areas(land), crs=pieces.crs)


def _units(plan: Plan, territory: Territory) -> gpd.GeoDataFrame:
    """Return the parts on floors with their building and floors."""
    placed = _placed(plan, "unit")
    if placed.empty:
        return _none(territory.crs)
    floors = [places.split(";") for places in placed["places"]]
    building_of = territory.floors["building_id"]
    buildings = [list(dict.fromkeys(building_of.loc[run])) for run in floors]
    numbers = territory.floors["floor"]
    on_floors = plan.uses[plan.uses["place_kind"] == "floor"]
    frame = placed.reindex(columns=list(WHO)).assign(
        building=[";".join(names) for names in buildings],
        floors=[_storeys(numbers.loc[run], building_of.loc[run]) for run in floors],
        floors_m2=taken_m2(placed, on_floors).to_numpy(dtype=float),
        gfa_m2=placed["gfa_m2"],
        compartments=placed.get("compartments"),
        **{name: placed.get(name) for name in HOW},
    )
    footprint = territory.buildings.geometry
    shapes = [footprint[of[0]] if len(of) == 1 else shapely.union_all(footprint.loc[of]) for of in buildings]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=territory.crs)


def _storeys(numbers: pd.Series, buildings: pd.Series) -> str:
    """Return the storeys of a unit, building by building ("3;4", in two "3;4+1")."""
    by_building = numbers.groupby(buildings.to_numpy(), sort=False)
    return "+".join(";".join(str(number) for number in sorted(each)) for _, each in by_building)


def _unplaced(plan: Plan, territory: Territory, pieces: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the parcels on offer that nobody takes."""
    given = territory.parcels
    offered = given["state"].isin(ON_OFFER) & given["ready_year"].notna() & (pieces["usable_m2"] > 0)
    left_m2 = pieces["usable_m2"]
    if len(plan.uses):
        on_land = plan.uses[plan.uses["place_kind"] == "parcel"].groupby("place")["amount_m2"].sum()
        left_m2 = left_m2 - on_land.reindex(given.index, fill_value=0.0)
    free = given[offered.to_numpy(dtype=bool) & (left_m2 > LEFT_M2).to_numpy()]
    if free.empty:
        return _none(given.crs)
    land = pieces.geometry.loc[free.index].copy()
    placed = _placed(plan, "plot")
    for parcel, cut in zip(placed["places"], cuts(placed), strict=True) if len(placed) else ():
        if cut and parcel in land.index:
            land[parcel] = land[parcel].difference(shapely.from_wkt(cut))
    frame = pd.DataFrame(
        {
            "parcel_id": free.index.to_numpy(dtype=object),
            "lot_id": free.get("lot_id", pd.Series("", free.index)).to_numpy(),
            "park": free["home_park"].to_numpy(),
            "state": free["state"].to_numpy(),
            "land_class": free["land_class"].to_numpy(),
            "ready_year": free["ready_year"].to_numpy(dtype=float),
            "usable_m2": left_m2.loc[free.index].to_numpy(dtype=float),
            "flags": [";".join(kinds) for kinds in flags(territory, pieces.loc[free.index])],
        }
    )
    return gpd.GeoDataFrame(frame, geometry=_areas(land.to_numpy()), crs=given.crs)


def _areas(shapes: object) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Return every shape as a multi-polygon, so that a layer has one type of geometry."""
    return np.array(
        [shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape]) for shape in np.asarray(shapes)],
        dtype=object,
    )


def _none(crs: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[], crs=crs)
