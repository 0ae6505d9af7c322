"""What restrictions do to land: which land they take, which flags they set, how high one may build.

The distance around a line or a point is its own, else that of its voltage, else that of its kind; rules stand in the
reference tables ``restriction_kinds`` and ``restriction_distances``, none of them here. Heights are taken as given,
above the ground: neither terrain nor the level of an aerodrome is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.territory import Territory, grouped

ARC_SEGMENTS = 16
"""Segments of a quarter circle where land around a point or a line is drawn (within 0.5 % of the radius)."""
REACHES_M2 = 1.0
"""Less of a place under a restriction is rounding of coordinates."""
EFFECTS = ("forbids", "no_wet_process", "height", "inform")


@dataclass(frozen=True)
class Taken:
    """Land under restrictions: separate polygons, and for each the row of its restriction in the layer."""

    shapes: NDArray[np.object_]
    row: NDArray[np.int64]


def distances(restrictions: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> NDArray[np.float64]:
    """Return the distance that each restriction asks for around a line or a point (m); NaN where no rule gives one.

    Its own; else that of its kind at its voltage, a voltage between two rows of the table taking the higher row, one
    above them none; else that of its kind.

    Parameters
    ----------
    restrictions : DataFrame
        ``kind``, ``distance_m``, ``voltage_kv``.
    tables : mapping of str to DataFrame
        Reference tables.
    """
    found = restrictions["distance_m"].to_numpy(dtype=float).copy()
    voltage = restrictions["voltage_kv"].to_numpy(dtype=float)
    live = np.isfinite(voltage)
    usual = restrictions["kind"].map(tables["restriction_kinds"].set_index("kind")["distance_m"]).to_numpy(dtype=float)
    by_voltage = np.full(len(found), np.nan)
    if "restriction_distances" in tables:
        for kind, rows in tables["restriction_distances"].sort_values("voltage_kv").groupby("kind"):
            here = live & (restrictions["kind"] == kind).to_numpy(dtype=bool)
            steps = np.append(rows["distance_m"].to_numpy(dtype=float), np.nan)
            by_voltage[here] = steps[np.searchsorted(rows["voltage_kv"].to_numpy(dtype=float), voltage[here])]
    found = np.where(np.isnan(found), by_voltage, found)
    return np.where(np.isnan(found), usual, found)


def land(territory: Territory, *effects: str) -> Taken:
    """Return the land under restrictions of some effects.

    Lines and points are widened by their distance (see `distances`), areas by their own only.

    Parameters
    ----------
    territory : Territory
    *effects : {'forbids', 'no_wet_process', 'height', 'inform'}
        As in the reference table ``restriction_kinds``.
    """
    given = territory.restrictions
    effect = given["kind"].map(territory.tables["restriction_kinds"].set_index("kind")["effect"])
    row = np.flatnonzero(effect.isin(effects).to_numpy(dtype=bool))
    found = given.iloc[row]
    shapes = found.geometry.to_numpy()
    thin = shapely.get_dimensions(shapes) < 2
    own = found["distance_m"].to_numpy(dtype=float)
    distance = np.nan_to_num(np.where(thin, distances(found, territory.tables), own))
    shapes = np.where(distance > 0, shapely.buffer(shapes, distance, quad_segs=ARC_SEGMENTS), shapes)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    wide = (shapely.get_dimensions(parts) == 2) & ~shapely.is_empty(parts)
    return Taken(np.asarray(parts[wide], dtype=object), row[owner[wide]].astype(np.int64))


def restricted(territory: Territory, effect: str) -> NDArray[np.object_]:
    """Return the land under restrictions of one effect, as separate polygons (see `land`)."""
    return land(territory, effect).shapes


def height_limits(territory: Territory, places: gpd.GeoDataFrame) -> pd.Series:
    """Return how high one may build on each place: the lowest surface that reaches over it (m; NaN for none).

    Parameters
    ----------
    territory : Territory
        Its restrictions of effect ``height``, each with a ``height_limit_m`` that holds all over it.
    places : GeoDataFrame
        In the territory's CRS: usable pieces of parcels, footprints of buildings.
    """
    over = land(territory, "height")
    surface, place = _reached(over.shapes, places.geometry.to_numpy())
    limit = territory.restrictions["height_limit_m"].to_numpy(dtype=float)[over.row[surface]]
    lowest = np.full(len(places), np.nan)
    np.fmin.at(lowest, place, limit)
    return pd.Series(lowest, index=places.index, name="height_limit_m")


def flags(territory: Territory, places: gpd.GeoDataFrame) -> pd.Series:
    """Return the kinds of restriction that reach each place, whatever their effect.

    Returns
    -------
    Series of tuple of str
        Kinds in alphabetical order, indexed like `places`.
    """
    every = land(territory, *EFFECTS)
    cover, place = _reached(every.shapes, places.geometry.to_numpy())
    kinds = territory.restrictions["kind"].to_numpy(dtype=object)[every.row[cover]]
    pairs = pd.DataFrame({"place": place, "kind": kinds}).drop_duplicates().sort_values(["place", "kind"])
    told = grouped(pairs["place"].to_numpy(), pairs["kind"].to_numpy(dtype=object), len(places))
    return pd.Series(told, index=places.index, dtype=object, name="flags")


def of_test(territory: Territory, test: str) -> gpd.GeoDataFrame:
    """Return the restrictions, as drawn, that a test of local fit asks about (``test`` of ``restriction_kinds``)."""
    kinds = territory.tables["restriction_kinds"]
    asked = kinds.loc[kinds["test"] == test, "kind"]
    return territory.restrictions[territory.restrictions["kind"].isin(asked)]


def nearest_m(territory: Territory, places: gpd.GeoDataFrame, test: str) -> NDArray[np.float64]:
    """Return how far each place is from the nearest restriction a test asks about (m; NaN where there is none).

    Measured to the restriction as drawn, without its own distance; 0 where it crosses the place.
    """
    shapes = places.geometry.to_numpy()
    found = np.full(len(places), np.nan)
    sources = of_test(territory, test).geometry.to_numpy()
    place, distance = shapely.STRtree(sources).query_nearest(shapes, return_distance=True, all_matches=False)
    found[place[0]] = distance
    return found


def share_inside(territory: Territory, places: gpd.GeoDataFrame, test: str) -> NDArray[np.float64]:
    """Return the share of each place inside the areas a test asks about (0–1); NaN where the territory has none.

    A place without area, a point, is inside or not.
    """
    areas = of_test(territory, test).geometry.to_numpy()
    areas = areas[shapely.get_dimensions(areas) == 2]
    if not len(areas):
        return np.full(len(places), np.nan)
    shapes = places.geometry.to_numpy()
    every = shapely.union_all(areas)
    shapely.prepare(every)
    share = np.asarray(shapely.covers(every, shapes), dtype=float)
    partly = np.flatnonzero((share == 0) & (shapely.area(shapes) > 0) & shapely.intersects(every, shapes))
    share[partly] = shapely.area(shapely.intersection(every, shapes[partly])) / shapely.area(shapes[partly])
    return share


def _reached(covers: NDArray[np.object_], places: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs of cover and place in which the cover lies over more of the place than rounding.

    A place without area, a point, is reached where it is touched.
    """
    cover, place = shapely.STRtree(places).query(covers, predicate="intersects")
    over = shapely.get_dimensions(places[place]) < 2
    shapely.prepare(covers)
    over |= shapely.contains_properly(covers[cover], places[place])
    partly = np.flatnonzero(~over)
    shared = shapely.intersection(covers[cover[partly]], places[place[partly]])
    over[partly] = shapely.area(shared) > REACHES_M2
    return cover[over].astype(np.int64), place[over].astype(np.int64)
