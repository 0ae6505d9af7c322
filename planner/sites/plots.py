"""Plots: connected sets of parcels; all there are where they are few, else the best grown from every parcel.

A plot is a row of parcel numbers. Growing prefers plots that lie close together: A² / 2πI, I the moment of inertia of
the land about its middle (1 for a circle; Li, Goodchild & Church, IJGIS 27, 2013), which is quick and needs no outline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Keep = Callable[[Ints], Flags]
"""From the sets of one size, each a row of parcel numbers: which are kept, and grown on."""
GROWN_LEAST = 4
"""Plots of one size kept for each parcel at least, where they are grown."""


def every(layer: Ints) -> Flags:
    """Return that all sets are kept."""
    return np.ones(len(layer), dtype=bool)


def plot_members(count: int, a: Ints, b: Ints, parcels_max: int, keep: Keep = every) -> Ints:
    """Return every connected set of up to `parcels_max` parcels, or those that are kept and grow from kept ones.

    Parameters
    ----------
    count : int
        Number of parcels, numbered from 0.
    a, b : ndarray of int
        Pairs of neighbours, each pair once.
    parcels_max : int
    keep : callable
        Asked size by size.

    Returns
    -------
    ndarray of int, shape (n_plots, parcels_max)
        Ascending parcel numbers, padded with −1 at the end; single parcels first, then by size and number.

    Examples
    --------
    A row of three parcels gives three singles, two pairs, one triple.

    >>> plot_members(3, np.array([0, 1]), np.array([1, 2]), 3).tolist()
    [[0, -1, -1], [1, -1, -1], [2, -1, -1], [0, 1, -1], [1, 2, -1], [0, 1, 2]]
    >>> plot_members(0, np.array([], int), np.array([], int), 2).shape
    (0, 2)
    """
    single = np.arange(count, dtype=np.int64)[:, None]
    layers = [single[keep(single)]]
    start, neighbour = _adjacency(count, a, b)
    for _ in range(1, parcels_max):
        layer = layers[-1]
        grown = [_grow(layer, member, start, neighbour) for member in range(layer.shape[1])]
        bigger = np.sort(np.concatenate(grown), axis=1) if grown else layer[:0]
        bigger = bigger[(np.diff(bigger, axis=1) > 0).all(axis=1)] if len(bigger) else bigger
        bigger = np.unique(bigger, axis=0) if len(bigger) else np.zeros((0, layer.shape[1] + 1), np.int64)
        layers.append(bigger[keep(bigger)])
    return np.concatenate(
        [np.pad(layer, ((0, 0), (0, parcels_max - layer.shape[1])), constant_values=-1) for layer in layers]
    )


def _adjacency(count: int, a: Ints, b: Ints) -> tuple[Ints, Ints]:
    """Return neighbours in compressed form: those of i are ``neighbour[start[i]:start[i + 1]]``."""
    here, there = np.concatenate([a, b]), np.concatenate([b, a])
    order = np.lexsort((there, here))
    return np.searchsorted(here[order], np.arange(count + 1)).astype(np.int64), there[order].astype(np.int64)


def _grow(layer: Ints, member: int, start: Ints, neighbour: Ints) -> Ints:
    """Return each set of a layer with each neighbour of one of its members added."""
    seed = layer[:, member]
    degree = start[seed + 1] - start[seed]
    row = np.repeat(np.arange(len(layer)), degree)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(degree) - degree, degree)
    return np.column_stack([layer[row], neighbour[start[seed[row]] + nth]])


def neighbours(parcels: pd.DataFrame, pairs: pd.DataFrame) -> tuple[Ints, Ints]:
    """Return the pairs of neighbours that lie in one park, as row numbers of parcels."""
    a, b = (parcels.index.get_indexer(pd.Index(pairs[end])).astype(np.int64) for end in ("a", "b"))
    park = parcels["park"].to_numpy(dtype=object)
    together = (a >= 0) & (b >= 0)
    together[together] = (park[a[together]] == park[b[together]]) & (park[a[together]] != "")
    return a[together], b[together]


@dataclass
class Growth:
    """Which sets are kept: all, until a park has more than `plots_max`; from then on there the best for each parcel.

    Attributes
    ----------
    park : ndarray of int, shape (n_parcels,)
    usable_m2, x, y : ndarray of shape (n_parcels,)
        Land of each parcel, and where its middle is (m).
    plots_max : int
    counts : ndarray of int, shape (n_parks,)
        Sets met so far.
    """

    park: Ints
    usable_m2: Floats
    x: Floats
    y: Floats
    plots_max: int
    counts: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.counts = np.zeros(int(self.park.max(initial=-1)) + 1, dtype=np.int64)

    @property
    def grown(self) -> Flags:
        """Parks where not every plot is listed."""
        return self.counts > self.plots_max

    def __call__(self, layer: Ints) -> Flags:
        """Return which sets of one size are kept."""
        park = self.park[layer[:, 0]] if len(layer) else np.zeros(0, dtype=np.int64)
        self.counts += np.bincount(park, minlength=len(self.counts))
        many = self.grown[park]
        if layer.shape[1] == 1 or not many.any():
            return every(layer)
        room = self.plots_max // np.maximum(np.bincount(self.park, minlength=len(self.counts)), 1)
        best = np.maximum(room // layer.shape[1], GROWN_LEAST)
        closeness = self.closeness(layer)
        member, of = layer.ravel(), np.repeat(np.arange(len(layer)), layer.shape[1])
        order = np.lexsort((of, -closeness[of], member))
        rank = np.arange(len(order)) - np.searchsorted(member[order], member[order])
        kept = ~many
        kept[of[order][rank < best[self.park[member[order]]]]] = True
        return kept

    def closeness(self, layer: Ints) -> Floats:
        """Return A² / 2πI of each set, each parcel as a disc of its area."""
        area = self.usable_m2[layer]
        total = area.sum(axis=1)
        off = [(each[layer] - ((each[layer] * area).sum(axis=1) / total)[:, None]) ** 2 for each in (self.x, self.y)]
        inertia = (area * (off[0] + off[1] + area / (2 * np.pi))).sum(axis=1)
        return np.asarray(total**2 / (2 * np.pi * inertia), dtype=float)


@dataclass(frozen=True)
class Plots:
    """Plots found.

    Attributes
    ----------
    plots : DataFrame
        Indexed by site ("A+B"): ``kind``, ``park``, ``places``, ``usable_m2``, ``far_volume_m2``, ``coverage_m2``,
        ``power_kva``, ``height_limit_m`` (least), ``ready_year`` (last).
    members : ndarray of int, shape (n_plots, parcels_max)
        Row numbers of parcels, −1 for none.
    grown : frozenset of str
        Parks where not every plot is listed.
    """

    plots: pd.DataFrame
    members: Ints
    grown: frozenset[str]


def plots(
    parcels: gpd.GeoDataFrame, pairs: pd.DataFrame, parcels_max: int, plots_max: int, more: Sequence[Sequence[str]] = ()
) -> Plots:
    """Return the plots that can be made of the parcels on offer.

    Parameters
    ----------
    parcels : GeoDataFrame
        Offers of the parcels (see `places.offers`), only those on offer.
    pairs : DataFrame
        Neighbours ``a``, ``b`` (labels of `parcels`).
    parcels_max : int
    plots_max : int
        Most plots met in a park before only the best are kept.
    more : sequence of sequence of str
        Plots to list besides, as labels of parcels.
    """
    park_code, parks = pd.factorize(parcels["park"])
    middle = shapely.centroid(parcels["geometry"].to_numpy())
    usable_m2 = parcels["usable_m2"].to_numpy(dtype=float)
    growth = Growth(park_code.astype(np.int64), usable_m2, shapely.get_x(middle), shapely.get_y(middle), plots_max)
    members = plot_members(len(parcels), *neighbours(parcels, pairs), parcels_max, growth)
    if len(more):
        rows = [sorted(parcels.index.get_indexer(list(names))) for names in more]
        added = np.array([[*row, *[-1] * (parcels_max - len(row))] for row in rows], dtype=np.int64)
        members = np.unique(np.concatenate([members, added]), axis=0)
    return Plots(_described(parcels, members), members, frozenset(map(str, parks[growth.grown])))


def _described(parcels: pd.DataFrame, members: Ints) -> pd.DataFrame:
    """Return what each plot offers."""
    labels, park = parcels.index, parcels["park"].to_numpy(dtype=object)
    some = members >= 0
    total = {
        name: np.where(some, parcels[name].to_numpy(dtype=float)[members], 0.0).sum(axis=1)
        for name in ("usable_m2", "far_volume_m2", "coverage_m2", "power_kva")
    }
    least = np.where(some, parcels["height_limit_m"].to_numpy(dtype=float)[members], np.inf)
    ready = np.where(some, parcels["ready_year"].to_numpy(dtype=float)[members], -np.inf)
    names = labels.to_numpy(dtype=object)
    places = [tuple(names[row[row >= 0]]) for row in members]
    frame = pd.DataFrame(
        {
            "kind": "plot",
            "park": park[members[:, 0]] if len(members) else np.zeros(0, dtype=object),
            "places": pd.Series(places, dtype=object),
            **total,
            "height_limit_m": np.fmin.reduce(least, axis=1) if len(members) else np.zeros(0),
            "ready_year": ready.max(axis=1) if len(members) else np.zeros(0),
        }
    )
    frame["height_limit_m"] = frame["height_limit_m"].replace(np.inf, np.nan)
    frame.index = pd.Index(["+".join(row) for row in places], name="site", dtype=object)
    return frame
