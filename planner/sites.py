"""Sites: places one part can take whole. Plots of contiguous parcels, and units of floors.

Sites are made of places on offer; whether a part fits one is for `fit` to say. Everything is arrays: a plot is a row of
parcel numbers, a unit a run of floor numbers with what is taken of each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


def plot_members(count: int, a: Ints, b: Ints, parcels_max: int) -> Ints:
    """Return every connected set of up to `parcels_max` parcels.

    Parameters
    ----------
    count : int
        Number of parcels, numbered from 0.
    a, b : ndarray of int
        Pairs of neighbours, each pair once.
    parcels_max : int

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
    layers = [single]
    start, neighbour = _adjacency(count, a, b)
    for _ in range(1, parcels_max):
        layer = layers[-1]
        grown = [_grow(layer, member, start, neighbour) for member in range(layer.shape[1])]
        bigger = np.sort(np.concatenate(grown), axis=1) if grown else layer[:0]
        bigger = bigger[(np.diff(bigger, axis=1) > 0).all(axis=1)] if len(bigger) else bigger
        layers.append(np.unique(bigger, axis=0) if len(bigger) else np.zeros((0, layer.shape[1] + 1), np.int64))
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


def plots(parcels: pd.DataFrame, pairs: pd.DataFrame, parcels_max: int) -> tuple[pd.DataFrame, Ints]:
    """Return the plots that can be made of the parcels on offer.

    Parameters
    ----------
    parcels : DataFrame
        Offers of the parcels (see `places.offers`), only those on offer.
    pairs : DataFrame
        Neighbours ``a``, ``b`` (labels of `parcels`).
    parcels_max : int

    Returns
    -------
    plots : DataFrame
        Indexed by site ("A+B"): ``park``, ``places``, ``usable_m2``, ``far_volume_m2``, ``coverage_m2``,
        ``height_limit_m`` (least), ``ready_year`` (last).
    members : ndarray of int, shape (n_plots, parcels_max)
        Row numbers in `parcels`, −1 for none.
    """
    labels = parcels.index
    a, b = (labels.get_indexer(pd.Index(pairs[end])).astype(np.int64) for end in ("a", "b"))
    park = parcels["park"].to_numpy(dtype=object)
    together = (a >= 0) & (b >= 0)
    together[together] = (park[a[together]] == park[b[together]]) & (park[a[together]] != "")
    members = plot_members(len(parcels), a[together], b[together], parcels_max)
    some = members >= 0
    total = {
        name: np.where(some, parcels[name].to_numpy(dtype=float)[members], 0.0).sum(axis=1)
        for name in ("usable_m2", "far_volume_m2", "coverage_m2")
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
    return frame, members


@dataclass(frozen=True)
class Units:
    """Units found for many parts at once: one row a unit, and what it takes of each floor.

    Attributes
    ----------
    part, first, last : ndarray of int, shape (n_units,)
        Row of the part; the floor where the unit begins whole and the one where it ends, as row numbers. Equal for a
        share of one floor; ``last < first`` where the partial floor is the lowest.
    unit, floor : ndarray of int, shape (n_takes,)
        Row of the unit and of the floor of each take.
    amount_m2 : ndarray of float, shape (n_takes,)
    """

    part: Ints
    first: Ints
    last: Ints
    unit: Ints
    floor: Ints
    amount_m2: Floats


def units(gfa_m2: Floats, passes: Flags, floors: pd.DataFrame, floors_max: int) -> Units:
    """Return the shares and runs of floors that hold what each part asks for.

    A share takes part of one floor, at least its ``unit_min_m2``. A run takes adjacent floors of one building whole,
    except its last, which it takes as far as needed (at least that floor's ``unit_min_m2``); runs go up or down, so
    that the partial floor is the highest or the lowest.

    Parameters
    ----------
    gfa_m2 : ndarray of shape (n_parts,)
        Floor space asked; NaN for none.
    passes : ndarray of bool, shape (n_parts, n_floors)
        Floors each part may use.
    floors : DataFrame
        Offers of the floors in order of building and floor: ``building``, ``floor``, ``free_m2``, ``whole`` (nobody on
        it), ``unit_min_m2``.
    floors_max : int
        Most floors in a run.
    """
    free = floors["free_m2"].to_numpy(dtype=float)
    least = floors["unit_min_m2"].fillna(0.0).to_numpy(dtype=float)
    asked = np.where(np.isnan(gfa_m2), np.inf, gfa_m2)
    share = passes & (np.maximum(asked[:, None], least[None, :]) <= free[None, :])
    part, floor = np.nonzero(share)
    found = [(part, floor, floor)]
    building = floors["building"].to_numpy(dtype=object)
    number = floors["floor"].to_numpy(dtype=np.int64)
    whole = floors["whole"].to_numpy(dtype=bool)
    for step in (1, -1):
        found += _runs(asked, passes, free, least, whole, building, number, step, floors_max)
    parts, first, last = (np.concatenate([found_in[k] for found_in in found]).astype(np.int64) for k in range(3))
    return _takes(parts, first, last, asked, free, least)


def _runs(
    asked: Floats,
    passes: Flags,
    free: Floats,
    least: Floats,
    whole: Flags,
    building: NDArray[np.object_],
    number: Ints,
    step: int,
    floors_max: int,
) -> list[tuple[Ints, Ints, Ints]]:
    """Return runs going up (step 1) or down (−1): rows of part, whole end, partial end."""
    count = len(free)
    rows = np.arange(count)
    alive = passes & whole[None, :]  # the run so far is whole floors this part may use
    held = np.broadcast_to(free, alive.shape)  # what it holds
    found = []
    for length in range(1, floors_max):
        end = rows + step * length
        inside = (end >= 0) & (end < count)
        there = np.where(inside, end, 0)
        adjacent = inside & (building[there] == building) & (number[there] == number + step * length)
        ends = alive & adjacent[None, :] & passes[:, there]
        rest = asked[:, None] - held
        enough = ends & (rest > 0) & (np.maximum(rest, least[there][None, :]) <= free[there][None, :])
        if step == -1:  # ending on a whole floor is the same unit from above as from below
            exact = rest >= free[there][None, :] * (1 - 1e-12)
            enough &= ~(exact & whole[there][None, :])
        part, first = np.nonzero(enough)
        found.append((part, first, there[first]))
        alive = ends & whole[there][None, :] & (rest > 0)
        held = held + free[there][None, :]
        if not alive.any():
            break
    return found


def _takes(part: Ints, first: Ints, last: Ints, asked: Floats, free: Floats, least: Floats) -> Units:
    """Return units with what each takes of each of its floors."""
    count = np.abs(last - first) + 1
    unit = np.repeat(np.arange(len(part)), count)
    nth = np.arange(len(unit)) - np.repeat(np.cumsum(count) - count, count)
    floor = first[unit] + np.sign(last - first)[unit] * nth
    amount = free[floor].copy()
    partial = floor == last[unit]
    before = np.bincount(unit[~partial], amount[~partial], minlength=len(part))
    rest = asked[part] - before
    amount[partial] = np.maximum(rest, least[last])
    return Units(part, first, last, unit.astype(np.int64), floor.astype(np.int64), amount)


def unit_names(first: Ints, last: Ints, floors: pd.DataFrame) -> NDArray[np.object_]:
    """Return names of units: ``B07-F03`` for a share, ``B07-F03:F06`` for a run (whole end to partial end)."""
    labels = floors.index.to_numpy(dtype=object)
    storey = np.array([f"F{number:02d}" for number in floors["floor"].to_numpy(dtype=np.int64)], dtype=object)
    return np.where(first == last, labels[first], labels[first] + ":" + storey[last])
