"""The table of uses while a case is posed: more than a million rows about a few thousand things, named by codes.

Whoever makes uses may give labels or codes; `stacked` brings them under one list of names, in order, so that whoever
sorts, groups or looks up compares small numbers. `labelled` gives the labels back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COLUMNS = ("option", "kind", "key", "amount")
NAMED = {"kind": str, "key": object}
"""Columns of labels, and what these are in the end."""


def coded(labels: pd.Series | pd.Index | NDArray[np.object_], row: NDArray[np.int64]) -> pd.Categorical:
    """Return the labels in some rows of a short list.

    Examples
    --------
    >>> coded(np.array(["F1", "F2", "F1"], dtype=object), np.array([2, 1, 0])).tolist()
    ['F1', 'F2', 'F1']
    """
    code, names = pd.factorize(np.asarray(labels, dtype=object))
    return pd.Categorical.from_codes(code[row], pd.Index(names, dtype=object))


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return all uses of some tables, one after the other, their labels as codes of names in order.

    Examples
    --------
    >>> uses = pd.DataFrame({"option": [0, 1], "kind": "floor", "key": ["F2", "F1"], "amount": [2.0, 1.0]})
    >>> both = stacked([uses, uses.assign(kind="building", key="B")])
    >>> both["key"].cat.categories.to_list(), both["key"].cat.codes.to_list()
    (['B', 'F1', 'F2'], [2, 1, 0, 0])
    >>> len(stacked([uses.iloc[:0]]))
    0
    """
    labels = {name: _together([frame[name] for frame in frames]) for name in NAMED}
    table = pd.concat([frame[["option", "amount"]] for frame in frames if len(frame)] or frames[:1], ignore_index=True)
    return table.assign(**labels)[list(COLUMNS)]


def in_order(uses: pd.DataFrame) -> pd.DataFrame:
    """Return uses that `stacked` brought together by option, kind and key."""
    order = np.lexsort([uses["key"].cat.codes, uses["kind"].cat.codes, uses["option"]])
    return uses.iloc[order].reset_index(drop=True)


def labelled(uses: pd.DataFrame) -> pd.DataFrame:
    """Return uses with their labels."""
    return uses.astype(NAMED)


def _together(columns: Iterable[pd.Series]) -> pd.Categorical:
    """Return the labels of some columns under one list of names."""
    each = [pd.Categorical(column) for column in columns]
    names = pd.Index(np.unique(np.concatenate([of.categories.to_numpy(dtype=object) for of in each])), dtype=object)
    code = np.concatenate([names.get_indexer(of.categories)[of.codes] for of in each])
    return pd.Categorical.from_codes(code, names)
