"""Units: shares and runs of floors. A unit is a run of floor numbers with what is taken of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


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


def units(asked_m2: Floats, passes: Flags, floors: pd.DataFrame, floors_max: int, counted: Floats) -> Units:
    """Return the shares and runs of floors that hold what each part asks for.

    A share takes part of one floor, at least its ``unit_min_m2``. A run takes adjacent floors of one building whole,
    except its last, which it takes as far as needed (at least that floor's ``unit_min_m2``); runs go up or down, so
    that the partial floor is the highest or the lowest.

    Parameters
    ----------
    asked_m2 : ndarray of shape (n_parts,)
        Floor space asked, gross or net; NaN for none.
    passes : ndarray of bool, shape (n_parts, n_floors)
        Floors each part may use.
    floors : DataFrame
        Offers of the floors in order of building and floor: ``building``, ``floor``, ``free_m2``, ``whole`` (nobody on
        it), ``unit_min_m2``.
    floors_max : int
        Most floors in a run.
    counted : ndarray of shape (n_parts, n_floors)
        What a square metre of each floor counts towards what is asked: 1, or towards a net need the usable ratio.
    """
    free = floors["free_m2"].to_numpy(dtype=float)
    least = floors["unit_min_m2"].fillna(0.0).to_numpy(dtype=float)
    asked = np.where(np.isnan(asked_m2), np.inf, asked_m2)
    passes = passes & (counted > 0)
    counted = np.where(counted > 0, counted, 1.0)
    share = passes & (np.maximum(asked[:, None], least * counted) <= free * counted)
    part, floor = np.nonzero(share)
    found = [(part, floor, floor)]
    building = floors["building"].to_numpy(dtype=object)
    number = floors["floor"].to_numpy(dtype=np.int64)
    whole = floors["whole"].to_numpy(dtype=bool)
    for step in (1, -1):
        found += _runs(asked, passes, counted, free, least, whole, building, number, step, floors_max)
    parts, first, last = (np.concatenate([found_in[k] for found_in in found]).astype(np.int64) for k in range(3))
    return _takes(parts, first, last, asked, counted, free, least)


def _runs(
    asked: Floats,
    passes: Flags,
    counted: Floats,
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
    each, fewest = free * counted, least * counted
    held = each  # what it holds
    found = []
    for length in range(1, floors_max):
        end = rows + step * length
        inside = (end >= 0) & (end < count)
        there = np.where(inside, end, 0)
        adjacent = inside & (building[there] == building) & (number[there] == number + step * length)
        ends = alive & adjacent[None, :] & passes[:, there]
        rest = asked[:, None] - held
        enough = ends & (rest > 0) & (np.maximum(rest, fewest[:, there]) <= each[:, there])
        if step == -1:  # ending on a whole floor is the same unit from above as from below
            exact = rest >= each[:, there] * (1 - 1e-12)
            enough &= ~(exact & whole[there][None, :])
        part, first = np.nonzero(enough)
        found.append((part, first, there[first]))
        alive = ends & whole[there][None, :] & (rest > 0)
        held = held + each[:, there]
        if not alive.any():
            break
    return found


def _takes(
    part: Ints, first: Ints, last: Ints, asked: Floats, counted: Floats, free: Floats, least: Floats
) -> Units:
    """Return units with what each takes of each of its floors."""
    count = np.abs(last - first) + 1
    unit = np.repeat(np.arange(len(part)), count)
    nth = np.arange(len(unit)) - np.repeat(np.cumsum(count) - count, count)
    floor = first[unit] + np.sign(last - first)[unit] * nth
    amount = free[floor].copy()
    partial = floor == last[unit]
    held = amount * counted[part[unit], floor]
    before = np.bincount(unit[~partial], held[~partial], minlength=len(part))
    rest = (asked[part] - before) / counted[part, last]
    amount[partial] = np.minimum(np.maximum(rest, least[last]), free[last])  # a quotient may round up
    return Units(part, first, last, unit.astype(np.int64), floor.astype(np.int64), amount)


def unit_names(first: Ints, last: Ints, floors: pd.DataFrame) -> NDArray[np.object_]:
    """Return names of units: ``B07-F03`` for a share, ``B07-F03:F06`` for a run (whole end to partial end)."""
    labels = floors.index.to_numpy(dtype=object)
    storey = np.array([f"F{number:02d}" for number in floors["floor"].to_numpy(dtype=np.int64)], dtype=object)
    return np.where(first == last, labels[first], labels[first] + ":" + storey[last])
