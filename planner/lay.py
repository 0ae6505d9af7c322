"""How places lie: how compact a plot is, how far it is to motorway, metro, port and airport. Pure geometry.

What counts as access is data (``tables/access.csv``): a kind of feature of the backdrop or of the restrictions, and
what its Chinese name has to hold.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.territory import ROUNDING_M, Territory


def compactness(places: pd.Series, shapes: gpd.GeoSeries, street_gap_m: float) -> pd.Series:
    r"""Return $4 \pi A / P^2$ of plots (1 for a circle), the streets between their parcels closed.

    Parameters
    ----------
    places : Series of tuple of str
        Parcels of each plot.
    shapes : GeoSeries
        Usable land of each parcel, in metres.
    street_gap_m : float
        Widest street within a plot.

    Returns
    -------
    Series of float
        Indexed like `places`.

    Examples
    --------
    A square has π/4; two squares of 100 m with a street of 20 m between them are one of 220 m × 100 m.

    >>> squares = gpd.GeoSeries({"A": shapely.box(0, 0, 100, 100), "B": shapely.box(120, 0, 220, 100)})
    >>> compactness(pd.Series([("A",), ("A", "B")]), squares, 30.0).round(4).tolist()
    [0.7854, 0.675]
    """
    counts = places.map(len).to_numpy(dtype=np.int64)
    pieces = shapes.reindex([name for row in places for name in row]).to_numpy()
    whole = _united(pieces, counts)
    several = counts > 1
    reach_m = street_gap_m / 2 + ROUNDING_M
    wider = shapely.buffer(whole[several], reach_m, join_style="mitre")  # mitred corners come back as they were
    whole[several] = shapely.buffer(wider, -reach_m, join_style="mitre")
    return pd.Series(4 * np.pi * shapely.area(whole) / shapely.length(whole) ** 2, index=places.index, dtype=float)


def _united(pieces: NDArray[np.object_], counts: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return the union of each run of pieces."""
    ends = np.cumsum(counts)
    united = [shapely.union_all(pieces[end - n : end]) for end, n in zip(ends, counts, strict=True)]
    return np.array(united, dtype=object)


def access_km(shapes: gpd.GeoSeries, territory: Territory) -> pd.Series:
    """Return how far each shape is from the nearest feature that counts as access (km; NaN where there is none)."""
    table = territory.tables["access"]
    found = []
    for layer in (territory.backdrop, territory.restrictions):
        named = layer["name_zh"].fillna("")
        for kind, holds in zip(table["kind"], table["name_holds"], strict=True):
            found.append(layer.geometry[(layer["kind"] == kind) & named.str.contains(holds, regex=False)].to_numpy())
    features = np.concatenate([np.zeros(0, dtype=object), *found])
    km = np.full(len(shapes), np.nan)
    there = ~shapely.is_empty(shapes.to_numpy()) & ~shapely.is_missing(shapes.to_numpy())
    if len(features) and there.any():
        tree = shapely.STRtree(features)
        (_, _), metres = tree.query_nearest(shapes.to_numpy()[there], return_distance=True, all_matches=False)
        km[there] = metres / 1000
    return pd.Series(km, index=shapes.index, dtype=float)
