"""Chapter 2: what a parcel, a floor, a building can hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.case import Case
from planner.model.blocks import Columns, Rows, Terms, columns, empty, sums


def parcel_used_once(case: Case) -> Rows:
    r"""$\sum_{o \ni j} x_o \le 1 \quad \forall$ parcel $j$ that is only taken whole."""
    use = case.uses_of("parcel").assign(amount=1.0)
    return sums("parcel_used_once", use, case.limits_of("parcel").assign(at_least=np.nan, at_most=1.0))


def parcel_not_overfilled(case: Case) -> Rows:
    r"""$\sum_{o \ni j} a_{oj}\, x_o \le A_j \quad \forall$ parcel $j$ that several parts may share   (m²).

    Who takes such a parcel whole uses all of it, who cuts it so much that nothing of use is left likewise.
    """
    return sums("parcel_not_overfilled", case.uses_of("parcel_share"), case.limits_of("parcel_share"))


def cut_end_used_once(case: Case) -> Rows:
    r"""$\sum_{o\ \text{cuts}\ e} x_o \le 1 \quad \forall$ end $e$ of a divisible parcel.

    With `parcel_not_overfilled` it keeps pieces apart: they lie at opposite ends, square to one axis, and together are
    no more than the parcel.
    """
    return sums("cut_end_used_once", case.uses_of("cut_end"), case.limits_of("cut_end"))


def floor_not_overfilled(case: Case) -> Rows:
    r"""$\sum_{o \in O_f} a_{of}\, x_o \le A_f \quad \forall$ floor $f$   (m²)."""
    return sums("floor_not_overfilled", case.uses_of("floor"), case.limits_of("floor"))


def opened(case: Case) -> Columns:
    r"""$u_b \in \{0, 1\} \quad \forall$ building $b$ that costs points to open: the building is opened."""
    return columns("opened", _openings(case).index)


def building_opened(case: Case) -> Rows:
    r"""$x_o \le u_b \quad \forall$ option $o$ in a building $b$ that costs points to open.

    One row for each option and building, not one for each building with a big coefficient: the relaxation is tight.
    """
    openings = _openings(case)
    if openings.empty:
        return empty("building_opened")
    use = case.uses.merge(openings[["kind"]].reset_index(), on=["kind", "key"])
    use = use.drop_duplicates(["option", "key"]).sort_values(["key", "option"])
    building = openings.index.get_indexer(pd.Index(use["key"])).astype(np.int64)
    row = np.arange(len(use))
    option = use["option"].to_numpy(dtype=np.int64)
    keys = use["key"].astype(str) + " " + case.options["part"].to_numpy()[option]
    return Rows(
        "building_opened",
        keys.to_numpy(dtype=object),
        (
            Terms("place", row, option, np.ones(len(use))),
            Terms("opened", row, building, -np.ones(len(use))),
        ),
        np.full(len(use), -np.inf),
        np.zeros(len(use)),
    )


def _openings(case: Case) -> pd.DataFrame:
    """Return the limits that cost points to open, indexed by key."""
    return case.limits.loc[case.limits["opening_points"] != 0].set_index("key").sort_index()
