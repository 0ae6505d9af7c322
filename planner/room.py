"""Room: what a choice of options leaves of every limit, seen from each use of a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def room(case: Case, chosen: Sequence[int] | Ints, shares: Sequence[float] | Floats = ()) -> Room:
    """Return what a choice of options, or of shares of them, leaves of every limit, seen from each use.

    Examples
    --------
    >>> options = pd.DataFrame({"project": ["P", "Q"], "site": ["s", "t"]})
    >>> uses = pd.DataFrame({"option": [0, 1], "kind": "power", "key": "K 2026", "amount": [4.0, 3.0]})
    >>> limits = pd.DataFrame({"kind": ["power"], "key": ["K 2026"], "at_most": [5.0]})
    >>> found = room(Case.from_tables(options, uses, limits), [0])
    >>> found.need.tolist(), found.left.tolist(), found.short.tolist()
    ([4.0, 3.0], [1.0, 1.0], [True, True])
    """
    uses = case.uses
    whole = (uses["kind"] == "parcel").to_numpy()
    amount = np.where(whole, 1.0, uses["amount"].to_numpy(dtype=float))
    code, bounded = _limits_of_uses(case)
    share = np.zeros(len(case.options))
    share[np.asarray(chosen, dtype=np.int64)] = shares if len(shares) else 1.0
    in_main_park = _in_main_park_m2(case, share)
    share = share[uses["option"].to_numpy(dtype=np.int64)]
    taken = amount * np.where(uses["kind"].isin(HELD_WHOLE), share > 0, share)
    used = np.bincount(code, taken, minlength=code.max(initial=-1) + 1)[code]
    limit = bounded[code]
    most = np.where(whole, 1.0, limit[:, 1])
    most[(uses["kind"] == MAIN_PARK).to_numpy()] = in_main_park
    left = np.where(amount < 0, used - limit[:, 0], most - used)
    left = np.where(np.isnan(left), np.inf, np.maximum(left, 0.0))
    short = left < np.abs(amount) - ROUNDING
    scale = np.where(whole, uses["amount"].to_numpy(dtype=float), 1.0)
    return Room(np.abs(amount) * scale, left * scale, short, taken * scale)


@dataclass(frozen=True)
class Uses:
    """The uses of a case as arrays, whether each takes a place, and where those of each option stand (`rows`).

    Attributes
    ----------
    option : ndarray of int, shape (n_uses,)
    kind, key : ndarray of object, shape (n_uses,)
    of_place : ndarray of bool, shape (n_uses,)
    order, begin : ndarray of int
        Uses in order of their options, and where those of each begin.
    """

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
        return cls(option, kind, key, of_place, np.argsort(option, kind="stable"), begin)

    def rows(self, options: Ints) -> Ints:
        """Return which uses are those of some options, as they stand."""
        count = self.begin[options + 1] - self.begin[options]
        skipped = self.begin[options] - np.cumsum(np.r_[0, count])[:-1]
        return np.sort(self.order[np.repeat(skipped, count) + np.arange(count.sum())])


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
