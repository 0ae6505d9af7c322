"""Signed sums: options that each add an amount, negative ones included, to a sum under a limit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.limits import COLUMNS as LIMIT_COLUMNS
from planner.uses import coded

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Labels = NDArray[np.object_]


@dataclass(frozen=True)
class Sums:
    """Sums of one kind under the same bounds.

    Attributes
    ----------
    kind : str
    keys : ndarray of str, shape (n_sums,)
    option, at, amount : ndarray of shape (n_uses,)
        Of each use: the option, the number of its sum, and what it adds.
    at_least, at_most : float or None
    unit : str
    """

    kind: str
    keys: Labels
    option: Ints
    at: Ints
    amount: Floats
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""


def signed_sum(
    kind: str,
    option: Iterable[int],
    key: pd.Series | Labels | str,
    amount: pd.Series | Floats | float,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    unit: str = "",
) -> Sums:
    """Return what these options add up to, key by key; of a single key also where there are none."""
    options = np.asarray(option, dtype=np.int64)
    if isinstance(key, str):
        at, keys = np.zeros(len(options), dtype=np.int64), np.array([key], dtype=object)
    else:
        at, keys = pd.factorize(np.asarray(key, dtype=object))
    amounts = np.broadcast_to(np.asarray(amount, dtype=float), options.shape)
    return Sums(kind, keys, options, at.astype(np.int64), amounts, at_least, at_most, unit)


def stated(sums: Sequence[Sums]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the uses of all sums, those of one option and sum added up, and their limits."""
    counts = np.array([len(each.keys) for each in sums], dtype=np.int64)
    used = [len(each.option) for each in sums]
    keys = np.concatenate([np.zeros(0, dtype=object), *(each.keys for each in sums)])
    kinds, units = (np.array([getattr(each, name) for each in sums], dtype=object) for name in ("kind", "unit"))
    option, at = (
        np.concatenate([np.zeros(0, np.int64), *(getattr(each, name) for each in sums)]) for name in ("option", "at")
    )
    at = at + np.repeat(np.cumsum(counts) - counts, used)
    amount = np.concatenate([np.zeros(0), *(each.amount for each in sums)])
    width = int(option.max(initial=0)) + 1
    once, of = np.unique(at * width + option, return_inverse=True)
    total = np.bincount(of, amount, minlength=len(once))
    at, option = np.divmod(once[total != 0], width)
    kind = np.repeat(kinds, counts)
    at_least, at_most = (
        np.repeat(np.array([getattr(each, name) for each in sums], dtype=float), counts)
        for name in ("at_least", "at_most")
    )
    limits = {
        "kind": kind, "key": keys, "at_least": at_least, "at_most": at_most, "opening_points": 0.0,
        "unit": np.repeat(units, counts),
    }  # fmt: skip
    given = {"option": option, "kind": coded(kind, at), "key": coded(keys, at), "amount": total[total != 0]}
    return pd.DataFrame(given), pd.DataFrame(limits, columns=list(LIMIT_COLUMNS))


def pieces(*each: tuple[Iterable[int], float]) -> tuple[Ints, Floats]:
    """Return options with their amounts, of several pieces with one amount each."""
    options = [np.asarray(option, dtype=np.int64) for option, _ in each]
    return np.concatenate(options), np.repeat([float(amount) for _, amount in each], [len(of) for of in options])
