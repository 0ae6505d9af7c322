"""Room: what a choice of options leaves of every limit, seen from each use of a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.case import Case
from planner.limits import PLACES

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
MAIN_PARK = "one_main_park_per_cluster"
HELD_WHOLE = ("parcel", "parcel_share", "cut_end")
"""What is held whole by whoever has a share of a divisible part there."""
ROUNDING = 1e-6


@dataclass(frozen=True)
class Room:
    """What each use of a case would need beside a choice of options, and what these leave; one figure a row of uses.

    Attributes
    ----------
    need : ndarray of shape (n_uses,)
        What the use takes: of what is at most, or, where its amount is negative, of what there is above the least.
        Of parcels, which are taken whole, their area.
    left : ndarray of shape (n_uses,)
        What is left to take, never negative.
    short : ndarray of bool, shape (n_uses,)
        Where less is left than is needed.
    held : ndarray of shape (n_uses,)
        What the choice itself takes by it.
    """

    need: NDArray[np.float64]
    left: NDArray[np.float64]
    short: NDArray[np.bool_]
    held: NDArray[np.float64]


@dataclass(frozen=True)
class Uses:
    """The uses of a case as arrays, under its limits; ready for many choices of its options.

    Attributes
    ----------
    case : Case
    option : ndarray of int, shape (n_uses,)
    kind, key : ndarray of object, shape (n_uses,)
    of_place : ndarray of bool, shape (n_uses,)
        Whether each takes a place.
    order, begin : ndarray of int
        Uses in order of their options, and where those of each begin.
    """

    case: Case
    option: Ints
    kind: NDArray[np.object_]
    key: NDArray[np.object_]
    of_place: NDArray[np.bool_]
    order: Ints
    begin: Ints

    @classmethod
    def of(cls, case: Case) -> Uses:
        """Return the uses of a case."""
        option = case.uses["option"].to_numpy(dtype=np.int64)
        kind, key = (case.uses[name].to_numpy(dtype=object) for name in ("kind", "key"))
        of_place = case.uses["kind"].isin(list(PLACES)).to_numpy()
        begin = np.cumsum(np.r_[0, np.bincount(option, minlength=len(case.options))])
        return cls(case, option, kind, key, of_place, np.argsort(option, kind="stable"), begin)

    def rows(self, options: Ints) -> Ints:
        """Return which uses are those of some options, as they stand."""
        count = self.begin[options + 1] - self.begin[options]
        skipped = self.begin[options] - np.cumsum(np.r_[0, count])[:-1]
        return np.sort(self.order[np.repeat(skipped, count) + np.arange(count.sum())])

    def room(self, chosen: Sequence[int] | Ints, shares: Sequence[float] | Floats = ()) -> Room:
        """Return what a choice of options, or of shares of them, leaves of every limit, seen from each use.

        Examples
        --------
        >>> options = pd.DataFrame({"project": ["P", "Q"], "site": ["s", "t"]})
        >>> uses = pd.DataFrame({"option": [0, 1], "kind": "power", "key": "K 2026", "amount": [4.0, 3.0]})
        >>> limits = pd.DataFrame({"kind": ["power"], "key": ["K 2026"], "at_most": [5.0]})
        >>> found = Uses.of(Case.from_tables(options, uses, limits)).room([0])
        >>> found.need.tolist(), found.left.tolist(), found.short.tolist()
        ([4.0, 3.0], [1.0, 1.0], [True, True])
        """
        limits = self._limits
        share = np.zeros(len(self.case.options))
        share[np.asarray(chosen, dtype=np.int64)] = shares if len(shares) else 1.0
        of_use = share[self.option]
        taken = limits.amount * np.where(limits.held_whole, of_use > 0, of_use)
        used = np.bincount(limits.code, taken, minlength=limits.n_keys)[limits.code]
        most = limits.most
        if limits.main_park.any():
            most = most.copy()
            most[limits.main_park] = _in_main_park_m2(self.case, share)
        left = np.where(limits.amount < 0, used - limits.least, most - used)
        left = np.where(np.isnan(left), np.inf, np.maximum(left, 0.0))
        need = np.abs(limits.amount)
        return Room(need * limits.scale, left * limits.scale, left < need - ROUNDING, taken * limits.scale)

    @cached_property
    def _limits(self) -> _Limits:
        """What each use counts towards."""
        uses = self.case.uses
        whole = (uses["kind"] == "parcel").to_numpy()
        m2 = uses["amount"].to_numpy(dtype=float)
        code, bounded = _limits_of_uses(self.case)
        least, most = bounded[code].T
        return _Limits(
            np.where(whole, 1.0, m2),
            np.where(whole, m2, 1.0),
            code,
            code.max(initial=-1) + 1,
            least,
            np.where(whole, 1.0, most),
            uses["kind"].isin(HELD_WHOLE).to_numpy(),
            (uses["kind"] == MAIN_PARK).to_numpy(),
        )


class _Limits(NamedTuple):
    """What each use counts towards; one figure a row of uses.

    Attributes
    ----------
    amount : ndarray of float
        What it counts: of a parcel, which is taken whole, 1.
    scale : ndarray of float
        What one of it measures: of a parcel its area (m²), else 1.
    code : ndarray of int
        Number of the kind and key, of ``n_keys``.
    least, most : ndarray of float
        NaN for no limit.
    held_whole, main_park : ndarray of bool
        Whether any share of it holds all; whether it is one of the rule on main parks.
    """

    amount: Floats
    scale: Floats
    code: Ints
    n_keys: int
    least: Floats
    most: Floats
    held_whole: NDArray[np.bool_]
    main_park: NDArray[np.bool_]


def _limits_of_uses(case: Case) -> tuple[Ints, Floats]:
    """Return a number for the kind and key of each use, and by it what is least and most (NaN for no limit)."""
    (kind, kinds), (key, keys) = (pd.factorize(case.uses[name]) for name in ("kind", "key"))
    code, pairs = pd.factorize(kind.astype(np.int64) * max(len(keys), 1) + key)
    pair = pd.MultiIndex.from_arrays([kinds[pairs // max(len(keys), 1)], keys[pairs % max(len(keys), 1)]])
    limits = case.limits.set_index(["kind", "key"])[["at_least", "at_most"]].reindex(pair)
    return code.astype(np.int64), limits.to_numpy(dtype=float)


def _in_main_park_m2(case: Case, share: Floats) -> Floats:
    """Return for each use of the rule on main parks what the cluster's main park would hold beside its option (m²)."""
    uses = case.uses_of(MAIN_PARK)
    if uses.empty:
        return np.zeros(0)
    options = case.options.loc[uses["option"], ["park", "gfa_m2"]].assign(cluster=uses["key"].to_numpy())
    inside = (options["park"] != "").to_numpy()
    space = np.where(inside, options["gfa_m2"].to_numpy(dtype=float), 0.0)
    options["held"] = space * share[options.index]
    by_park = options.groupby(["cluster", "park"])["held"].transform("sum")
    main = by_park.groupby(options["cluster"]).transform("max")
    beside = (by_park + space - options["held"]).to_numpy(dtype=float)
    held: Floats = np.maximum(main.to_numpy(dtype=float), beside)
    return held
