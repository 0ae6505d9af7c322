"""Chapter 6: what follows from the options and is weighed by goals: links kept, main parks, floors left over, poles.

Their rows say what these variables are and cut off no plan, so they are always stated; without the goal (or the rule)
that needs them there are no columns.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.case import Case
from planner.model.blocks import Columns, Floats, Rows, Terms, columns, empty
from planner.projects import first_parts

# Chain


def link_kept(case: Case) -> Columns:
    r"""$h_{ijk} \in [0, 1] \quad \forall$ leader $i$ and supplier $j$ of it, park $k$: both stand in the park."""
    return columns("link_kept", _links(case)["key"], integer=False)


def both_stand_there(case: Case) -> Rows:
    r"""$h_{ijk} \le X_{ik},\ h_{ijk} \le X_{jk}$ with $X_{ik} = \sum x_o$ over the options of $i$'s first part in $k$.

    As tight as can be: a link that is kept by halves is so because its projects stand there by halves.
    """
    links = _links(case)
    if links.empty:
        return empty("both_stand_there")
    side = pd.concat([links.assign(project=links[end], end=end) for end in ("leader", "supplier")], ignore_index=True)
    side["row"] = np.arange(len(side))
    stands = _standing(case).reset_index(names="option")
    there = side.merge(stands, on=["project", "park"])
    count = len(side)
    return Rows(
        "both_stand_there",
        (side["key"] + " " + side["end"]).to_numpy(dtype=object),
        (
            Terms("link_kept", np.arange(count), np.tile(np.arange(len(links)), 2), np.ones(count)),
            Terms("place", _ints(there["row"]), _ints(there["option"]), -np.ones(len(there))),
        ),
        np.full(count, -np.inf),
        np.zeros(count),
    )


def _standing(case: Case) -> pd.DataFrame:
    """Return ``project`` and ``park`` of the options of first parts: where a project stands."""
    first = case.options["part"].isin(first_parts(case.parts)) & (case.options["park"] != "")
    return case.options.loc[first, ["project", "park"]]


def _links(case: Case) -> pd.DataFrame:
    """Return each link and each park in which both its projects may stand: leader, supplier, park, key."""
    names = ["leader", "supplier", "park", "key"]
    if "chain" not in case.goals.index:
        return pd.DataFrame(columns=names, dtype=object)
    supplies = case.projects["supplies"].explode().dropna().rename_axis("supplier").rename("leader").reset_index()
    stands = _standing(case).drop_duplicates()
    found = supplies.merge(stands.rename(columns={"project": "leader"}), on="leader")
    found = found.merge(stands.rename(columns={"project": "supplier"}), on=["supplier", "park"])
    found = found.drop_duplicates().sort_values(["leader", "supplier", "park"], ignore_index=True)
    found["key"] = found["leader"].astype(str) + " " + found["supplier"].astype(str) + " " + found["park"].astype(str)
    return found[names]


# Cluster


def main_park(case: Case) -> Columns:
    r"""$z_{ck} \in \{0, 1\} \quad \forall$ cluster $c$, park $k$: it is the cluster's main park."""
    return columns("main_park", _cluster_parks(case)["key"])


def in_main_park(case: Case) -> Columns:
    r"""$0 \le m_{qk} \le G_{qk}$: floor space of part $q$ in its cluster's main park (m²); $G_{qk}$ the most there.

    Where these are very many (`CREDITS`), $q$ is all of a cluster's parts at once.
    """
    parts = cluster_parts(case)
    most = parts["most_m2"].to_numpy(dtype=float)
    return Columns("in_main_park", parts["key"].to_numpy(dtype=object), np.zeros(len(parts)), most, False)


def credited_in_main_park(case: Case) -> Rows:
    r"""$m_{qk} \le \sum_{o \in O_q \cap k} a_o\, x_o,\ m_{qk} \le G_{qk}\, z_{ck} \; \forall$ part $q$, park (m²).

    $c$ is the cluster of $q$. One row a cluster, with all its parts can place as coefficient, lets each park be the
    main one by the share of the cluster that lies there, and a scattered cluster loses nothing in the relaxation.
    """
    parts = cluster_parts(case)
    if parts.empty:
        return empty("credited_in_main_park")
    options = _clustered(case).reset_index(names="option")
    by = ["cluster", "park", "part"] if "part" in parts else ["cluster", "park"]
    there = options.merge(parts.reset_index(names="row")[["row", *by]], on=by)
    count = len(parts)
    number = np.arange(count)
    return Rows(
        "credited_in_main_park",
        np.concatenate([(parts["key"] + end).to_numpy(dtype=object) for end in (" placed", " main")]),
        (
            Terms("in_main_park", np.arange(2 * count), np.tile(number, 2), np.ones(2 * count)),
            Terms("place", _ints(there["row"]), _ints(there["option"]), -there["gfa_m2"].to_numpy(dtype=float)),
            Terms("main_park", count + number, _ints(parts["main_park"]), -parts["most_m2"].to_numpy(dtype=float)),
        ),
        np.full(2 * count, -np.inf),
        np.zeros(2 * count),
    )


def one_main_park(case: Case) -> Rows:
    r"""$\sum_k z_{ck} \le 1 \quad \forall$ cluster $c$."""
    row, clusters = pd.factorize(_cluster_parks(case)["cluster"], sort=True)
    ones = np.ones(len(row))
    return Rows(
        "one_main_park",
        np.asarray(clusters, dtype=object),
        (Terms("main_park", row.astype(np.int64), np.arange(len(row)), ones),),
        np.full(len(clusters), -np.inf),
        np.ones(len(clusters)),
    )


def _clustered(case: Case) -> pd.DataFrame:
    """Return ``part``, ``park``, ``gfa_m2`` and ``cluster`` of the options that place floor space of a cluster."""
    frame = case.options[["part", "park", "gfa_m2"]].copy()
    frame["cluster"] = case.options["project"].map(case.projects["cluster"]).astype(object).fillna("")
    return frame[(frame["cluster"] != "") & (frame["park"] != "") & (frame["gfa_m2"] > 0)]


def cluster_parts(case: Case) -> pd.DataFrame:
    """Return each part of a cluster and park it may stand in, the most floor space there (m²), key, main park column.

    ``main_park`` is the number of the column that says whether the park is the cluster's main one. Beyond `CREDITS` of
    them all parts of a cluster are one, and there is no ``part``. None where neither the goal nor the rule asks where a
    cluster stands.
    """
    if "cluster" not in case.goals.index and case.limits_of("one_main_park_per_cluster").empty:
        return pd.DataFrame(columns=["cluster", "park", "part", "most_m2", "key", "main_park"], dtype=object)
    found = _clustered(case).groupby(["cluster", "park", "part"])["gfa_m2"].max().rename("most_m2").reset_index()
    if len(found) > CREDITS:
        found = found.groupby(["cluster", "park"])["most_m2"].sum().reset_index()
    who = found["part"] if "part" in found else found["cluster"]
    found["key"] = who.astype(str) + " " + found["park"].astype(str)
    return found.assign(main_park=found.groupby(["cluster", "park"]).ngroup())


CREDITS = 2_500
"""Parts of clusters, each in each park, beyond which a cluster is credited at once: the rows would be too many."""


def _cluster_parks(case: Case) -> pd.DataFrame:
    """Return each cluster and park it may stand in, and the key."""
    parts = cluster_parts(case)
    if parts.empty:
        return parts
    found = parts[["cluster", "park"]].drop_duplicates(ignore_index=True)
    return found.assign(key=found["cluster"].astype(str) + " " + found["park"].astype(str))


# Leftover


def left_over(case: Case) -> Columns:
    r"""$0 \le l_f \le \underline{a}_f$: what is left of floor (or of cut parcel) $f$ and too small to use (m²)."""
    limits = case.limits_of("leftover")
    least = limits["at_least"].to_numpy(dtype=float)
    most = np.where(np.isnan(least), _most_used(case, "leftover", limits.index), least)
    return Columns("left_over", limits.index.to_numpy(dtype=object), np.zeros(len(limits)), most, False)


def written_off(case: Case) -> Columns:
    r"""$w_f \in \{0, 1\} \quad \forall$ floor $f$ that several parts may share: its rest is given up."""
    return columns("written_off", _shared(case).index)


def rest_usable_or_lost(case: Case) -> Rows:
    r"""$\sum_o a_{of} x_o \le A_f - \underline{a}_f (1 - w_f)$ and $l_f \ge A_f w_f - \sum_o a_{of} x_o$ (m²).

    $\underline{a}_f$ is the least unit of the floor. With $w_f = 0$ the rest is at least that; with $w_f = 1$ it is
    lost, be it nothing. Where overfilling a floor has a price only, the first row gives way by as much.
    """
    shared = _shared(case)
    if shared.empty:
        return empty("rest_usable_or_lost")
    use = case.uses_of("floor")
    use = use[use["key"].isin(shared.index)]
    floor = shared.index.get_indexer(pd.Index(use["key"])).astype(np.int64)
    option, amount = _ints(use["option"]), use["amount"].to_numpy(dtype=float)
    least, free = (shared[name].to_numpy(dtype=float) for name in ("at_least", "at_most"))
    over = np.maximum(_most_used(case, "floor", shared.index) - free, 0.0)
    if "floor_not_overfilled" in case.rules - set(case.soft):
        over = np.zeros(len(shared))
    count = len(shared)
    number = np.arange(count)
    keys = shared.index.to_numpy(dtype=object)
    lost = pd.Index(case.limits_of("leftover").index).get_indexer(shared.index).astype(np.int64)
    return Rows(
        "rest_usable_or_lost",
        np.concatenate([keys + " usable", keys + " lost"]),
        (
            Terms("place", np.r_[floor, count + floor], np.r_[option, option], np.r_[amount, amount]),
            Terms("written_off", np.arange(2 * count), np.tile(number, 2), np.r_[-least - over, -free]),
            Terms("left_over", count + number, lost, np.ones(count)),
        ),
        np.r_[np.full(count, -np.inf), np.zeros(count)],
        np.r_[free - least, np.full(count, np.inf)],
    )


def lost_with_its_option(case: Case) -> Rows:
    r"""$l_f \ge \sum_o e_{of}\, x_o$: what an option alone leaves of a floor or cut parcel, too small to use   (m²)."""
    limits = case.limits_of("leftover")
    alone = limits.index[limits["at_least"].isna()]
    use = case.uses_of("leftover")
    count = len(alone)
    return Rows(
        "lost_with_its_option",
        alone.to_numpy(dtype=object),
        (
            Terms("left_over", np.arange(count), limits.index.get_indexer(alone).astype(np.int64), np.ones(count)),
            Terms("place", alone.get_indexer(pd.Index(use["key"])).astype(np.int64), _ints(use["option"]),
                  -use["amount"].to_numpy(dtype=float)),
        ),
        np.zeros(count),
        np.full(count, np.inf),
    )  # fmt: skip


def _shared(case: Case) -> pd.DataFrame:
    """Return the floors that several parts may share: their least unit (``at_least``) and free area (``at_most``)."""
    return case.limits_of("leftover").dropna(subset=["at_least"]).sort_index()


def _most_used(case: Case, kind: str, keys: pd.Index) -> Floats:
    """Return the most that the parts together can use of some keys, each by one option."""
    if keys.empty:
        return np.zeros(0)
    use = case.uses_of(kind)
    part = case.options["part"].to_numpy()[use["option"].to_numpy(dtype=np.int64)]
    most = use.assign(part=part).groupby(["key", "part"])["amount"].max().groupby("key").sum()
    return most.reindex(keys).fillna(0.0).to_numpy(dtype=float)


# Balance


def filled(case: Case) -> Columns:
    r"""$t^{\max}, t^{\min}$: how far the fullest and the emptiest growth pole are filled (0 to 1)."""
    poles = _poles(case)
    if len(poles) < 2:
        return columns("filled", ())
    most = _filling(case, poles).groupby(["pole", "part"])["share"].max().groupby("pole").sum().max()
    return columns("filled", ("fullest", "emptiest"), upper=float(np.fmax(most, 1.0)), integer=False)


def filled_between(case: Case) -> Rows:
    r"""$t^{\min} \le \frac{1}{C_k}\sum_{o \in O_k} a_o\, x_o \le t^{\max} \quad \forall$ growth pole $k$.

    $a_o$ is the floor space placed, $C_k$ what the pole's free land and floors can hold.
    """
    poles = _poles(case)
    if len(poles) < 2:
        return empty("filled_between")
    filling = _filling(case, poles)
    count = len(poles)
    row, share = filling["pole"].to_numpy(dtype=np.int64), filling["share"].to_numpy(dtype=float)
    option = filling.index.to_numpy(dtype=np.int64)
    keys = poles.index.to_numpy(dtype=object)
    end = np.repeat(np.arange(2), count)
    return Rows(
        "filled_between",
        np.concatenate([keys + " fullest", keys + " emptiest"]),
        (
            Terms("place", np.r_[row, count + row], np.r_[option, option], np.r_[share, -share]),
            Terms("filled", np.arange(2 * count), end, np.where(end == 0, -1.0, 1.0)),
        ),
        np.full(2 * count, -np.inf),
        np.zeros(2 * count),
    )


def _poles(case: Case) -> pd.DataFrame:
    """Return growth poles and what they can hold (``at_most``, m² of floor space)."""
    limits = case.limits_of("balance").sort_index()
    return limits[limits["at_most"] > 0]


def _filling(case: Case, poles: pd.DataFrame) -> pd.DataFrame:
    """Return by option in a pole: its number, the part, and the share of the pole it fills."""
    pole = poles.index.get_indexer(pd.Index(case.options["park"]))
    frame = case.options[["part", "gfa_m2"]].assign(pole=pole)[pole >= 0]
    return frame.assign(share=frame["gfa_m2"] / poles["at_most"].to_numpy(dtype=float)[frame["pole"]])


def _ints(values: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return values.to_numpy(dtype=np.int64)
