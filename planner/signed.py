"""Signed sums: options that each add an amount, negative ones included, to a sum under a limit."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.limits import COLUMNS as LIMIT_COLUMNS

USE_COLUMNS = ("option", "kind", "key", "amount")


def signed_sum(
    kind: str,
    option: Iterable[int],
    key: pd.Series | str,
    amount: pd.Series | NDArray[np.float64] | float,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    unit: str = "",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the uses of these options, those of one option and key added up, and one limit a key."""
    rows = {
        "option": np.asarray(option, dtype=np.int64),
        "key": np.asarray(key, dtype=object),
        "amount": np.asarray(amount, dtype=float),
    }
    given = pd.DataFrame({name: np.broadcast_to(of, len(rows["option"])) for name, of in rows.items()})
    uses = given.groupby(["option", "key"], sort=False)["amount"].sum().reset_index().assign(kind=kind)
    keys = given["key"].unique() if len(given) or isinstance(key, pd.Series) else [key]
    limits = {"kind": kind, "key": keys, "at_least": at_least, "at_most": at_most, "opening_points": 0.0, "unit": unit}
    bounds = pd.DataFrame(limits, columns=list(LIMIT_COLUMNS)).astype({"at_least": float, "at_most": float})
    return uses[uses["amount"] != 0][list(USE_COLUMNS)], bounds


def pieces(*each: tuple[Iterable[int], float]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return options with their amounts, of several pieces with one amount each."""
    options = [np.asarray(option, dtype=np.int64) for option, _ in each]
    return np.concatenate(options), np.repeat([float(amount) for _, amount in each], [len(of) for of in options])
