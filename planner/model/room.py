"""Chapter 2: what a parcel, a floor, a building can hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.case import Case
from planner.model.blocks import Columns, Rows, Terms, columns, empty, sums, whole


def parcel_used_once(case: Case) -> Rows:
    r"""$\sum_{o \ni j} x_o \le 1 \quad \forall$ parcel $j$ that is only taken whole; of divisible parts $b_o$."""
    use = case.uses_of("parcel").assign(amount=1.0)
    return whole(
        sums("parcel_used_once", use, case.limits_of("parcel").assign(at_least=np.nan, at_most=1.0)), case.least_share
    )


def parcel_not_overfilled(case: Case) -> Rows:
    r"""$\sum_{o \ni j} a_{oj}\, x_o \le A_j \quad \forall$ parcel $j$ that several parts may share   (m²).

    Who takes such a parcel whole uses all of it, who cuts it so much that nothing of use is left likewise.
    Who holds a share of a divisible part there ($b_o$) keeps the land of the whole part.
    """
    return whole(
        sums("parcel_not_overfilled", case.uses_of("parcel_share"), case.limits_of("parcel_share")), case.least_share
    )


def cut_end_used_once(case: Case) -> Rows:
    r"""$\sum_{o\ \text{cuts}\ e} x_o \le 1 \quad \forall$ end $e$ of a divisible parcel.

    With `parcel_not_overfilled` it keeps pieces apart: they lie at opposite ends, square to one axis, and together are
    no more than the parcel. Of divisible parts $b_o$ counts.
    """
    return whole(sums("cut_end_used_once", case.uses_of("cut_end"), case.limits_of("cut_end")), case.least_share)


def floor_not_overfilled(case: Case) -> Rows:
    r"""$\sum_{o \in O_f} a_{of}\, x_o \le A_f \quad \forall$ floor $f$   (m²)."""
    return sums("floor_not_overfilled", case.uses_of("floor"), case.limits_of("floor"))


def building_power(case: Case) -> Rows:
    r"""$\sum_{o \in O_b} w_{ob}\, x_o \le W_b \quad \forall$ building $b$   (kVA).

    A part in several buildings draws in each its share by floor area.
    """
    return sums("building_power", case.uses_of("building_power"), case.limits_of("building_power"))


def lifts(case: Case) -> Rows:
    r"""$\sum_{o \in O_b} q_{ob}\, x_o \le n_b\, m_b\, r \quad \forall$ building $b$: goods a shift (t).

    $n_b$ lifts of $m_b$ tonnes, each $r$ full trips in a shift.
    """
    return sums("lifts", case.uses_of("lifts"), case.limits_of("lifts"))


def building_waste_water(case: Case) -> Rows:
    r"""$\sum_{o \in O_b} e_{ob}\, x_o \le E_b \quad \forall$ building $b$   (m³/d)."""
    return sums("building_waste_water", case.uses_of("building_waste_water"), case.limits_of("building_waste_water"))


def opened(case: Case) -> Columns:
    r"""$u_b \in \{0, 1\} \quad \forall$ building $b$ whose opening matters: the building is opened."""
    return columns("opened", case.openings.index)


def building_opened(case: Case) -> Rows:
    r"""$\sum_{o \in O_{qb}} x_o \le u_b, \; \sum_{o \in O_f} a_{of}\, x_o \le A_f u_b \; \forall$ part, floor in $b$.

    Both for every building $b$ that costs points to open. No coefficient is larger than it must be: a part goes to one
    place, so its options in a building count together; and a building that is not opened has no floor to fill, which
    the first rows alone say of whole plans only (the second are left out where a floor may be overfilled).
    """
    openings = case.openings
    use = case.uses.merge(openings[["kind"]].reset_index(), on=["kind", "key"]).drop_duplicates(["option", "key"])
    if use.empty:
        return empty("building_opened")
    use["part"] = case.options["part"].to_numpy()[use["option"].to_numpy()]
    use = use.sort_values(["key", "part", "option"])
    each = use.groupby(["key", "part"], sort=False).ngroup().to_numpy()
    filled = _filled(case, use)
    floor, floors = pd.factorize(filled["floor"], sort=True)
    room = case.limits_of("floor")["at_most"].reindex(floors).to_numpy(dtype=float)
    count, named = int(each.max(initial=-1)) + 1, use.drop_duplicates(["key", "part"])
    first = filled.drop_duplicates("floor").set_index("floor")["key"].reindex(floors)
    building = openings.index.get_indexer(pd.Index([*named["key"], *first])).astype(np.int64)
    row = np.r_[each, count + floor].astype(np.int64)
    option = np.r_[use["option"], filled["option"]].astype(np.int64)
    keys = [*(named["key"].astype(str) + " " + named["part"]), *floors]
    return Rows(
        "building_opened",
        np.array(keys, dtype=object),
        (
            Terms("place", row, option, np.r_[np.ones(len(use)), filled["amount"]]),
            Terms("opened", np.arange(len(building)), building, -np.r_[np.ones(count), room]),
        ),
        np.full(len(building), -np.inf),
        np.zeros(len(building)),
    )


def _filled(case: Case, use: pd.DataFrame) -> pd.DataFrame:
    """Return the uses of floors (``option``, ``floor``, ``amount``, ``key``) that lie in one building each to open."""
    fill = case.uses_of("floor").rename(columns={"key": "floor"}).merge(use[["option", "key"]], on="option", how="left")
    hard = "floor_not_overfilled" in case.rules and "floor_not_overfilled" not in case.soft
    fill = fill[hard & fill["floor"].map(case.limits_of("floor")["at_most"]).notna().to_numpy()]
    building = pd.Series(pd.factorize(fill["key"])[0]).groupby(fill["floor"].to_numpy())
    low, high = building.transform("min").to_numpy(), building.transform("max").to_numpy()
    one: pd.DataFrame = fill[(low == high) & (low >= 0)]
    return one


def building_filled(case: Case) -> Rows:
    r"""$\sum_{o \in O_b} a_{ob}\, x_o \ge F_b\, u_b \quad \forall$ building $b$ with a least use $F_b$   (m²)."""
    openings = case.openings
    asked = np.flatnonzero((openings["at_least"].notna() & (openings["kind"] == "building")).to_numpy())
    keys = openings.index[asked]
    use = case.uses_of("building")
    row = keys.get_indexer(pd.Index(use["key"])).astype(np.int64)
    use, row = use[row >= 0], row[row >= 0]
    return Rows(
        "building_filled",
        keys.to_numpy(dtype=object),
        (
            Terms("place", row, use["option"].to_numpy(dtype=np.int64), use["amount"].to_numpy(dtype=float)),
            Terms("opened", np.arange(len(asked)), asked, -openings["at_least"].to_numpy(dtype=float)[asked]),
        ),
        np.zeros(len(asked)),
        np.full(len(asked), np.inf),
    )
