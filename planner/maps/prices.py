"""What a hectare of each parcel is worth to the plan, out of the plan's proof, by arithmetic alone.

The prices of a proof say what each part and each limit is worth. What an option adds to the score beyond them, by the
hectare it takes, is what its project could bid for that land; the best bid is the price of the parcel. It knows nothing
of money.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.proofs import Proof

M2_PER_HA = 10_000.0
WHOLE, SHARED, END = "parcel_used_once", "parcel_not_overfilled", "cut_end_used_once"
"""Rules whose rows are of parcels; their own prices are left out, for it is these that are asked about."""
CELL_M, REACH_M = 100.0, 500.0
"""Side of a cell of the surface, and how far a parcel's price is told (a Gaussian of half this width)."""
CELLS_MAX = 250_000


def land_prices(proof: Proof | None, area_m2: Mapping[str, float]) -> dict[str, float]:
    """Return the best bid for each parcel that an option takes.

    Parameters
    ----------
    proof : Proof or None
        None prices nothing.
    area_m2 : mapping of str to float
        Of each parcel.

    Returns
    -------
    dict of str to float
        Points per hectare, never below 0. A plot of several parcels bids the same for each hectare. Parts that take a
        share of their choice (`share_min`) bid nothing.
    """
    if proof is None or not len(proof.rows):
        return {}
    rule_key = [str(name).partition(" ")[::2] for name in proof.rows]
    of_land = np.array([rule in (WHOLE, SHARED, END) for rule, _ in rule_key])
    row = np.repeat(np.arange(len(proof.lo)), np.diff(proof.indptr))
    count = len(proof.c)
    charged = np.where(of_land, 0.0, proof.prices)
    worth = proof.c - np.bincount(proof.indices, proof.data * charged[row], minlength=count)
    places = [
        (k, key) for k, (rule, key) in enumerate(rule_key) if rule in (WHOLE, SHARED) and area_m2.get(key, 0.0) > 0
    ]
    uses = [(key, slice(proof.indptr[k], proof.indptr[k + 1]), rule_key[k][0] == WHOLE) for k, key in places]
    land_m2 = np.zeros(count)
    for key, span, whole in uses:
        np.add.at(land_m2, proof.indices[span], area_m2[key] if whole else proof.data[span])
    by_ha = np.maximum(worth, 0.0) / np.maximum(land_m2, 1.0) * M2_PER_HA
    found: dict[str, float] = {}
    for key, span, _ in uses:
        found[key] = max(found.get(key, 0.0), float(by_ha[proof.indices[span]].max(initial=0.0)))
    return found


def breaks_of(prices: Iterable[float], classes: int) -> tuple[float, ...]:
    """Return what parts prices above 0 into classes of as many parcels each, as far as round figures allow.

    Examples
    --------
    >>> breaks_of([1.0, 2.0, 3.0, 4.0, 5.0, 0.0], 5)
    (1.8, 2.6, 3.4, 4.2)
    >>> breaks_of([], 5)
    ()
    """
    some = [price for price in prices if price > 0]
    raw = np.quantile(some, np.linspace(0, 1, classes + 1)[1:-1]) if some else ()
    return tuple(sorted({float(f"{value:.2g}") for value in raw}))


def smoothed(
    places: gpd.GeoDataFrame, prices: NDArray[np.float64], breaks: Sequence[float]
) -> dict[str, shapely.Geometry]:
    """Return the bands of a surface: at each cell near land the mean price around it, near and large parcels first.

    Parameters
    ----------
    places : GeoDataFrame
        Parcels with a price, in metres.
    prices : ndarray of shape (n_places,)
    breaks : sequence of float
        Between the bands, rising.

    Returns
    -------
    dict of str to geometry
        By the number of the band, rising; of cells of `CELL_M`, larger where the land lies far apart.
    """
    at = shapely.get_coordinates(shapely.centroid(places.geometry.to_numpy()))
    area = shapely.area(places.geometry.to_numpy())
    low = np.floor(at.min(axis=0) - REACH_M)
    size = at.max(axis=0) + REACH_M - low
    cell = max(CELL_M, float(np.sqrt(size.prod() / CELLS_MAX)))
    wide, high = (np.ceil(size / cell).astype(int) + 1).tolist()
    weight, total = np.zeros((high, wide)), np.zeros((high, wide))
    reach_m = max(REACH_M, cell)
    reach = int(np.ceil(reach_m / cell))
    for (x, y), m2, price in zip(at, area, prices, strict=True):
        i, j = int((x - low[0]) / cell), int((y - low[1]) / cell)
        box = np.s_[max(j - reach, 0) : j + reach + 1, max(i - reach, 0) : i + reach + 1]
        jj, ii = np.mgrid[box[0].start : min(box[0].stop, high), box[1].start : min(box[1].stop, wide)]
        apart = np.hypot(low[0] + (ii + 0.5) * cell - x, low[1] + (jj + 0.5) * cell - y)
        near = np.where(apart <= reach_m, np.exp(-2.0 * (apart / reach_m) ** 2), 0.0) * m2
        weight[box] += near
        total[box] += near * price
    mean = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)
    band = np.where(weight > 0, np.searchsorted(np.asarray(breaks), mean, side="right"), -1)
    return {str(k): _merged(band == k, low, cell) for k in range(len(breaks) + 1) if (band == k).any()}


def _merged(mask: NDArray[np.bool_], low: NDArray[np.float64], cell: float) -> shapely.Geometry:
    """Return the cells of a mask as one area: runs of a row first, which are few."""
    edge = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, begin = np.nonzero(edge == 1)
    _, end = np.nonzero(edge == -1)
    x, y = low[0] + begin * cell, low[1] + row * cell
    return shapely.union_all(shapely.box(x, y, low[0] + end * cell, y + cell))
