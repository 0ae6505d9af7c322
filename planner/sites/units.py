"""Units: shares and runs of floors, in one building or in several of one complex; and what is taken of each floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.sites.spread import Pieces, Spread, spread
from planner.sites.stacks import Flags, Floats, Ints, Stacks, stacks_of


@dataclass(frozen=True)
class Units:
    """Units found for many parts at once: one row a unit, and what it takes of each floor.

    Attributes
    ----------
    part : ndarray of int, shape (n_units,)
        Row of the part.
    unit, floor : ndarray of int, shape (n_takes,)
        Row of the unit and of the floor of each take, unit by unit, in each run from its whole end; the last take of
        a unit is of its partial floor.
    amount_m2 : ndarray of float, shape (n_takes,)
    unlisted : frozenset of (str, str)
        Complexes, each with its park, where a part may be spread over buildings in more ways than were listed.
    """

    part: Ints
    unit: Ints
    floor: Ints
    amount_m2: Floats
    unlisted: frozenset[tuple[str, str]] = frozenset()


def units(
    asked_m2: Floats,
    passes: Flags,
    floors: pd.DataFrame,
    floors_max: int,
    counted: Floats,
    over: Spread | None = None,
    short: bool = False,
) -> Units:
    """Return the shares and runs of floors that hold what each part asks for.

    A share takes part of one floor, at least its ``unit_min_m2``. A run takes adjacent floors of one building whole,
    except its last, which it takes as far as needed (at least that floor's ``unit_min_m2``); runs go up or down, so
    that the partial floor is the highest or the lowest. A part that may be spread over several buildings takes besides
    a run in each of some buildings of one complex, all floors whole but one (see `spread`).

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
    over : Spread, optional
        Which parts may be spread over which buildings; by default none.
    short : bool
        Shares and runs as well that hold less than is asked.
    """
    stacks = stacks_of(asked_m2, passes, floors, counted)
    each, fewest = stacks.free * stacks.counted, stacks.least * stacks.counted
    share = stacks.passes & (np.maximum(stacks.asked[:, None], fewest) <= each)
    if short:
        share |= stacks.passes & (fewest <= each) & (each > 0) & np.isfinite(stacks.asked)[:, None]
    part, floor = np.nonzero(share)
    found = [(part, floor, floor), *(run for step in (1, -1) for run in _runs(stacks, step, floors_max, short))]
    parts, first, last = (np.concatenate([found_in[k] for found_in in found]).astype(np.int64) for k in range(3))
    unit, unlisted = np.arange(len(parts)), frozenset[tuple[str, str]]()
    if over is not None:
        pieces, unlisted = spread(stacks, floors_max, over)
        unit = np.concatenate([unit, pieces.unit + len(parts)])
        first, last = np.concatenate([first, pieces.first]), np.concatenate([last, pieces.last])
        parts = np.concatenate([parts, pieces.part])
    return _takes(stacks, Pieces(parts, unit, first, last), unlisted)


def _runs(stacks: Stacks, step: int, floors_max: int, short: bool) -> list[tuple[Ints, Ints, Ints]]:
    """Return runs going up (step 1) or down (−1): rows of part, whole end, partial end."""
    each, fewest = stacks.free * stacks.counted, stacks.least * stacks.counted
    given = np.isfinite(stacks.asked)[:, None]
    part, first = np.nonzero(stacks.passes & stacks.whole & given)  # the run so far is whole floors this part may use
    end, held = first, each[part, first]
    next_floor, adjacent = stacks.adjacent(step)
    found = []
    for _ in range(1, floors_max):
        there, rest = next_floor[end], stacks.asked[part] - held
        kept = adjacent[end] & (rest > 0) & stacks.passes[part, there]
        part, first, end, held, rest = part[kept], first[kept], there[kept], held[kept], rest[kept]
        holds, whole = each[part, end], stacks.whole[end]
        enough = (np.maximum(rest, fewest[part, end]) <= holds) | (short & (fewest[part, end] <= holds))
        if step == -1:  # ending on a whole floor is the same unit from above as from below
            enough &= ~((rest >= holds * (1 - 1e-12)) & whole)
        found.append((part[enough], first[enough], end[enough]))
        part, first, end, held = part[whole], first[whole], end[whole], (held + holds)[whole]
        if not len(part):
            break
    return found


def _takes(stacks: Stacks, pieces: Pieces, unlisted: frozenset[tuple[str, str]]) -> Units:
    """Return units with what each takes of each of its floors: all that is free, of the last what is left to ask."""
    count = np.abs(pieces.last - pieces.first) + 1
    piece = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    floor = pieces.first[piece] + np.sign(pieces.last - pieces.first)[piece] * nth
    unit, part = pieces.unit[piece], pieces.part
    amount = stacks.free[floor].copy()
    partial = np.flatnonzero(np.append(unit[1:] != unit[:-1], True)[: len(unit)])
    held = amount * stacks.counted[part[unit], floor]
    held[partial] = 0.0
    last = floor[partial]
    rest = (stacks.asked[part] - np.bincount(unit, held, minlength=len(part))) / stacks.counted[part, last]
    amount[partial] = np.minimum(np.maximum(rest, stacks.least[last]), stacks.free[last])  # a quotient may round up
    return Units(part, unit.astype(np.int64), floor.astype(np.int64), amount, unlisted)


def unit_names(found: Units, floors: pd.DataFrame) -> NDArray[np.object_]:
    """Return names of units: ``B07-F03`` for a share, ``B07-F03:F06`` for a run (whole end to partial end).

    Runs in several buildings are joined by ``+``, the one with the partial floor last.
    """
    labels, building = floors.index.to_numpy(dtype=object), floors["building"].to_numpy(dtype=object)[found.floor]
    storey = np.array([f"F{number:02d}" for number in floors["floor"].to_numpy(dtype=np.int64)], dtype=object)
    changes = (found.unit[1:] != found.unit[:-1]) | (building[1:] != building[:-1])
    begin = np.flatnonzero(np.append(True, changes)[: len(building)])
    end = np.flatnonzero(np.append(changes, True)[: len(building)])
    first, last = found.floor[begin], found.floor[end]
    called = np.where(first == last, labels[first], labels[first] + ":" + storey[last])
    unit, nth = found.unit[begin], np.append(True, np.diff(found.unit[begin]) > 0)[: len(begin)]
    names: NDArray[np.object_] = called[nth]
    for run in np.flatnonzero(~nth):
        names[unit[run]] += "+" + called[run]
    return names
