"""Constraints that a planner adds to a case, as rows of a table: what a plan keeps of them, and a case takes back.

Such a constraint is a sum over options under limits, as of any other rule: uses and limits of kind ``extra``. No
scenario holds it, so the plan does. Who states it in PuLP is `solve.extra`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from planner.case import Case
from planner.options import OPTION

KIND = "extra"
COLUMNS = ("key", *OPTION, "amount", "at_least", "at_most")


def extra_of(case: Case) -> pd.DataFrame:
    """Return the constraints added to a case: `COLUMNS`, a row for each option in each."""
    uses = case.uses_of(KIND)
    options = case.options.loc[uses["option"], list(OPTION)].reset_index(drop=True)
    rows = uses[["key", "amount"]].reset_index(drop=True).join(options)
    return rows.join(case.limits_of(KIND)[["at_least", "at_most"]], on="key")[list(COLUMNS)]


def with_rows(case: Case, rows: pd.DataFrame) -> Case:
    """Return a case with constraints that a plan has kept; options it does not have any more are left out of them.

    Parameters
    ----------
    case : Case
    rows : DataFrame
        As `extra_of` returns them.
    """
    if rows.empty:
        return case
    keys = [pd.MultiIndex.from_frame(table[list(OPTION)].astype({"start_year": int})) for table in (case.options, rows)]
    option = pd.Series(np.arange(len(case.options)), keys[0]).groupby(level=[0, 1, 2]).first().reindex(keys[1])
    uses = rows.assign(option=option.to_numpy()).dropna(subset="option").astype({"option": int})
    return added(case, uses, rows.drop_duplicates("key"))


def added(case: Case, uses: pd.DataFrame, limits: pd.DataFrame) -> Case:
    """Return a case with more uses (``option``, ``key``, ``amount``) under limits (``key``, least and most)."""
    more = limits.assign(kind=KIND, opening_points=0.0, unit="")[list(case.limits.columns)]
    return replace(
        case,
        uses=pd.concat([case.uses, uses.assign(kind=KIND)[list(case.uses.columns)]], ignore_index=True),
        limits=pd.concat([case.limits, more.astype({"at_least": float, "at_most": float})], ignore_index=True),
    )
