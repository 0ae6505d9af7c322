"""Which sites are near one another: within a distance, in one building, on one floor or the next; and sums round them.

A stand is what nearness sees of a site: a plot, the building of a unit, or a unit's floors. Sites of one stand are near
the same sites, so whoever couples options by nearness does so stand by stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.places import Offers
from planner.signed import Sums, pieces

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Nearness:
    """Which stands are near one another.

    Attributes
    ----------
    stand : ndarray of int, shape (n_sites,)
        Stand of each site.
    names : ndarray of str, shape (n_stands,)
    members : ndarray of int, shape (n_stands, most)
        Places of each stand, by number; the last number of all for none.
    near : ndarray of bool, shape (n_places + 1, n_places + 1)
        Which places are near one another; nothing is near none.
    """

    stand: Ints
    names: NDArray[np.object_]
    members: Ints
    near: Flags

    @cached_property
    def stands(self) -> Flags:
        """Which stands are near one another, shape (n_stands, n_stands): by any of their places."""
        reached = _of_any(self.near, self.members)
        return _of_any(np.ascontiguousarray(reached.T), self.members)

    def between(self, a: Ints, b: Ints) -> Flags:
        """Return which of some stands are near which of others, shape (len(a), len(b))."""
        return np.asarray(self.stands[np.ix_(a, b)], dtype=bool)


def _of_any(near: Flags, members: Ints) -> Flags:
    """Return for each row of members what any of them is near, shape (len(members), near.shape[1])."""
    packed = np.packbits(near, axis=1)
    some = np.bitwise_or.reduce([packed[places] for places in members.T])
    return np.unpackbits(some, axis=1, count=near.shape[1]).view(bool)


def within(sites: pd.DataFrame, offered: Offers, buildings: gpd.GeoDataFrame, metres: float) -> Nearness:
    """Return which sites are within a distance of one another, from outline to outline.

    Parameters
    ----------
    sites : DataFrame
        ``kind``, ``places`` and, where some are cut from a parcel, ``geometry`` (the piece).
    offered : Offers
        Usable land of parcels, and floors with their ``building``.
    buildings : GeoDataFrame
        Outlines.
    metres : float
    """
    parcels = offered.parcels
    own = sites["geometry"] if "geometry" in sites else pd.Series(None, sites.index, dtype=object)
    cut = own.notna().to_numpy()
    shapes = np.concatenate([parcels.geometry.to_numpy(), buildings.geometry.to_numpy(), own[cut].to_numpy()])
    site, place = _exploded(sites)
    floor = (sites["kind"] == "unit").to_numpy()[site]
    number = parcels.index.get_indexer(pd.Index(place)).astype(np.int64)
    building = pd.Index(offered.floors["building"].reindex(place[floor]))
    number[floor] = len(parcels) + buildings.index.get_indexer(building)
    number[cut[site]] = len(parcels) + len(buildings) + (np.cumsum(cut) - 1)[site[cut[site]]]
    names = np.concatenate([parcels.index, buildings.index, sites.index[cut]]).astype(object)
    taken, number = np.unique(number, return_inverse=True)
    near = np.zeros((len(taken) + 1, len(taken) + 1), dtype=bool)
    near[:-1, :-1] = _within(shapes[taken], metres)
    return _stands(len(sites), site, number, near, names[taken])


def _within(shapes: NDArray[np.object_], metres: float) -> Flags:
    """Return which shapes are within a distance of one another, shape (n, n); an empty one is near nothing.

    Two are within it where a point of each is, and are not where the circles round those points that hold the shapes
    are farther apart; only the rest is measured from outline to outline.
    """
    west, south, east, north = shapely.bounds(shapes).T
    x, y = shapely.bounds(shapely.point_on_surface(shapes))[:, :2].T
    radius = np.hypot(np.maximum(x - west, east - x), np.maximum(y - south, north - y))
    apart = np.sqrt((x[:, None] - x) ** 2 + (y[:, None] - y) ** 2)
    near = np.asarray(apart <= metres, dtype=bool)
    one, other = np.nonzero((apart - radius <= metres + radius[:, None]) ^ near)
    once = one <= other
    one, other = one[once], other[once]
    near[one, other] = near[other, one] = shapely.dwithin(shapes[one], shapes[other], metres)
    return near


def in_one_building(sites: pd.DataFrame, offered: Offers) -> Nearness:
    """Return which sites are in one building; a plot is in none."""
    labels, building = np.unique(offered.floors["building"].to_numpy(dtype=object), return_inverse=True)
    near = np.eye(len(labels) + 1, dtype=bool)
    near[-1, -1] = False
    site, place = _exploded(sites)
    floor = offered.floors.index.get_indexer(pd.Index(place))
    return _stands(len(sites), site, np.where(floor < 0, len(labels), building[floor]), near, labels)


def on_adjacent_floors(sites: pd.DataFrame, offered: Offers) -> Nearness:
    """Return which sites are on one floor, or on floors of a building one above the other; a plot is on none."""
    floors = offered.floors
    building, number = pd.factorize(floors["building"])[0], floors["floor"].to_numpy(dtype=np.int64)
    near = np.zeros((len(floors) + 1, len(floors) + 1), dtype=bool)
    one, other = np.nonzero(building[:, None] == building)
    near[one, other] = np.abs(number[one] - number[other]) <= 1
    site, place = _exploded(sites)
    floor = floors.index.get_indexer(pd.Index(place)).astype(np.int64)
    return _stands(len(sites), site, np.where(floor < 0, len(floors), floor), near, floors.index.to_numpy(dtype=object))


def close(
    kind: str,
    nearness: Nearness,
    site: Ints,
    one: tuple[str, Ints, float],
    beside: Ints,
    amount: float,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    merged: bool = True,
    only_near: bool = False,
) -> Iterator[Sums]:
    """State for each stand that some options may take: their amount there, and others' amount near it, add up.

    Parameters
    ----------
    kind : str
    nearness : Nearness
    site : ndarray of int
        Row of each option's site.
    one : tuple of (str, ndarray of int, float)
        How its keys begin, the options that take the stands, and what each adds.
    beside : ndarray of int
    amount : float
        The others, and what each adds where it is near.
    at_least, at_most : float, optional
    merged : bool
        Whether stands that the same others are near share a row: it is tighter, where at most one of them is taken.
        If not, they do where they are near one another besides, and near the same stands, so that whoever takes them
        conflict there as well.
    only_near : bool
        Whether a stand that none of the others is near has no row.
    """
    label, option, own = one
    stands, at = np.unique(nearness.stand[site[option]], return_inverse=True)
    others, of = np.unique(nearness.stand[site[beside]], return_inverse=True)
    touch = nearness.between(stands, others)
    first = np.arange(len(stands))
    if len(stands):
        alike = touch if merged else np.hstack([touch, nearness.between(stands, stands)])
        _, first, group = np.unique(np.packbits(alike, axis=1), axis=0, return_index=True, return_inverse=True)
        touch, at = touch[first], group.ravel()[at]
    kept = np.asarray(touch.any(axis=1) | (not only_near), dtype=bool)
    if not kept.any():
        return
    keys, number = label + " " + nearness.names[stands[first[kept]]], np.cumsum(kept) - 1
    here = kept[at]
    row, there = np.nonzero(touch[kept][:, of])
    options, amounts = pieces((option[here], own), (beside[there], amount))
    yield Sums(kind, keys, options, np.concatenate([number[at[here]], row]), amounts, at_least, at_most)


def _exploded(sites: pd.DataFrame) -> tuple[Ints, NDArray[np.object_]]:
    """Return number of the site and label of the place, for every place of every site."""
    places = sites["places"].to_numpy()
    site = np.repeat(np.arange(len(sites)), [len(each) for each in places]).astype(np.int64)
    return site, np.array([place for each in places for place in each], dtype=object)


def _stands(count: int, site: Ints, place: Ints, near: Flags, names: NDArray[np.object_]) -> Nearness:
    """Return sites grouped by the places that nearness sees of them."""
    pairs = pd.DataFrame({"site": site, "place": place}).drop_duplicates().sort_values(["site", "place"])
    nth = pairs.groupby("site").cumcount().to_numpy()
    members = np.full((count, int(nth.max(initial=0)) + 1), len(near) - 1, dtype=np.int64)
    members[pairs["site"], nth] = pairs["place"]
    stands, stand = np.unique(members, axis=0, return_inverse=True)
    labels = np.append(names, "")
    called = ["+".join(filter(None, labels[row])) for row in stands]
    return Nearness(stand.ravel().astype(np.int64), np.array(called, dtype=object), stands, near)
