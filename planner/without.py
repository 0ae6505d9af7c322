"""A case that refuses more: parts at places, and with them the options that take these.

What a lock, a ban or a withdrawal does to a case already posed; whoever poses the changed scenario gets the same.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner import fit
from planner.case import Case
from planner.worth import PLACES

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


def refused_at(case: Case, parts: Flags, places: Collection[str]) -> Flags:
    """Return which options of some parts take one of some places.

    Parameters
    ----------
    case : Case
    parts : ndarray of bool, shape (n_parts,)
    places : collection of str

    Examples
    --------
    >>> options = pd.DataFrame({"project": ["P", "P"], "site": ["s", "t"]})
    >>> uses = pd.DataFrame({"option": [0, 1], "kind": "floor", "key": ["s", "t"], "amount": 1.0})
    >>> limits = pd.DataFrame({"kind": "floor", "key": ["s", "t"], "at_most": 1.0})
    >>> refused_at(Case.from_tables(options, uses, limits), np.array([True]), {"t"}).tolist()
    [False, True]
    """
    mine = parts[case.parts.index.get_indexer(pd.Index(case.options["part"]))]
    uses = case.uses[mine[case.uses["option"].to_numpy(dtype=np.int64)]]
    hit = uses["kind"].isin(PLACES) & uses["key"].isin(places)
    found = np.zeros(len(case.options), dtype=bool)
    found[uses.loc[hit, "option"].to_numpy(dtype=np.int64)] = True
    return found


def without(case: Case, forbidden: Flags, parts: Flags, places: Collection[str], test: str) -> Case:
    """Return a case without some options, whose parts are refused at some places by a test.

    Parameters
    ----------
    case : Case
    forbidden : ndarray of bool, shape (n_options,)
    parts : ndarray of bool, shape (n_parts,)
    places : collection of str
    test : str
        Of `fit.TESTS`.
    """
    left = ~forbidden
    number = np.cumsum(left) - 1
    uses = case.uses[left[case.uses["option"].to_numpy(dtype=np.int64)]]
    return replace(
        case,
        options=case.options[left].reset_index(drop=True),
        uses=uses.assign(option=number[uses["option"]]).reset_index(drop=True),
        refusals=_refused(case, parts, places, test) if len(case.places) else case.refusals,
    )


def nowhere(case: Case) -> Flags:
    """Return which projects cannot be placed: a part has no option, or none has where parts go by themselves."""
    together = (name := "each_part_placed_with_its_project") in case.rules and name not in case.soft
    somewhere = case.parts.index.isin(case.options["part"].unique())
    parts = case.parts["project"].to_frame().assign(somewhere=somewhere)
    some = parts.groupby("project")["somewhere"].agg("all" if together else "any")
    return ~some.reindex(case.projects.index, fill_value=False).to_numpy(dtype=bool)


def _refused(case: Case, parts: Flags, places: Collection[str], test: str) -> pd.DataFrame:
    """Return the refusals with those of some parts at some places by a test."""
    refusals = case.refusals
    part, place = (refusals[name].cat for name in ("part", "place"))
    mine = np.isin(part.categories, case.parts.index[parts])
    own = mine[part.codes]
    bits = np.zeros((int(mine.sum()), len(place.categories)), dtype=np.uint32)
    bits[np.cumsum(mine)[part.codes[own]] - 1, place.codes[own]] = refusals["failed"].to_numpy(dtype=np.uint32)[own]
    bits[:, place.categories.isin(list(places))] |= fit.BIT[test]
    row, column = np.nonzero(bits)
    made = pd.DataFrame(
        {
            "part": pd.Categorical.from_codes(np.flatnonzero(mine)[row], categories=part.categories),
            "place": pd.Categorical.from_codes(column, categories=place.categories),
            "failed": bits[row, column],
        }
    )
    return pd.concat([refusals[~own], made], ignore_index=True)
