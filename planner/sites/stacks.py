"""Floors as units are made of them: what each part asks, which floors it may use, and what these hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stacks:
    """Floors in order of building and number, and what parts ask of them.

    Attributes
    ----------
    asked : ndarray of float, shape (n_parts,)
        Floor space asked (m², gross or net); infinite for none.
    passes : ndarray of bool, shape (n_parts, n_floors)
        Floors each part may use.
    counted : ndarray of float, shape (n_parts, n_floors)
        What a square metre of each floor counts towards what is asked; above 0 everywhere.
    free, least : ndarray of float, shape (n_floors,)
        What is free of each floor, and its least unit (m²).
    whole : ndarray of bool, shape (n_floors,)
        Nobody is on it.
    building : ndarray of int, shape (n_floors,)
        Number of the building, in order of the floors.
    number : ndarray of int, shape (n_floors,)
        Of the storey.
    """

    asked: Floats
    passes: Flags
    counted: Floats
    free: Floats
    least: Floats
    whole: Flags
    building: Ints
    number: Ints

    def adjacent(self, step: int) -> tuple[Ints, Flags]:
        """Return the floor `step` rows on from each, and whether it is that many storeys above in the same building."""
        rows = np.arange(len(self.free)) + step
        inside = (rows >= 0) & (rows < len(rows))
        there = np.where(inside, rows, 0)
        same = (self.building[there] == self.building) & (self.number[there] == self.number + step)
        return there, inside & same


def stacks_of(asked_m2: Floats, passes: Flags, floors: pd.DataFrame, counted: Floats) -> Stacks:
    """Return floors and what parts ask of them; floors that count nothing towards it are not for the part."""
    return Stacks(
        asked=np.where(np.isnan(asked_m2), np.inf, asked_m2),
        passes=passes & (counted > 0),
        counted=np.where(counted > 0, counted, 1.0),
        free=floors["free_m2"].to_numpy(dtype=float),
        least=floors["unit_min_m2"].fillna(0.0).to_numpy(dtype=float),
        whole=floors["whole"].to_numpy(dtype=bool),
        building=pd.factorize(floors["building"])[0].astype(np.int64),
        number=floors["floor"].to_numpy(dtype=np.int64),
    )
