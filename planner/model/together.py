"""Chapter 3: what belongs side by side, what must not.

Each rule is a sum of signed uses, which `planner.together` poses; a project counts by its first part, where that is
divisible by what share of it is there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.case import Case
from planner.model.blocks import Rows, Terms, stacked, sums, whole
from planner.model.derived import cluster_parts


def leader_and_suppliers(case: Case) -> Rows:
    r"""$\sum_{i \in S_l} \sum_{o \in O_i \cap k} x_o \ge n \sum_{o \in O_l \cap k} x_o$ for each leader $l$, park $k$.

    $S_l$ are its suppliers. Where they have to be within a distance, $k$ is a stand of the leader (a plot, a building)
    and suppliers count that are near it; stands that the same options are near share a row, which is tighter.
    """
    return _signed(case, "leader_and_suppliers")


def leaders_per_cluster(case: Case) -> Rows:
    r"""$\sum_{l \in L_c} y_l \le b_c$; $\sum_{l \in L_c} y_l \ge a_c\, y_p \quad \forall$ project $p$ of cluster $c$.

    $L_c$ are its leaders. The least holds only beside a project of the cluster that is placed.
    """
    return _signed(case, "leaders_per_cluster")


def parts_together(case: Case) -> Rows:
    r"""$\sum_{o \in O_q \cap s} x_o \le \sum_{o \in O_{q'}, o \sim s} x_o \; \forall$ parts $q < q'$, stand $s$.

    $o \sim s$ says that they are near. A stand is a plot or a building.

    Stands that the same options are near share a row, which is tighter.
    """
    return _signed(case, "parts_together")


def kept_apart(case: Case) -> Rows:
    r"""$\sum_{o \in O_{As}} x_o + \sum_{o \in O_{q'}, o \sim s} x_o \le 1 \quad \forall s, q'$; two parts cost once.

    $s$ is a stand, $A$ are parts to be kept apart from $q'$ and from one another, $O_{As}$ their options there,
    $o \sim s$ says that they are near. Why each row is valid, and no conflict is missed, is said where they are posed.

    A share is near, however small: for each two parts of which one is divisible $v_o + v_{o'} \le 1$ besides, for
    options $o$ and $o'$ in one row, with $b$ of divisible parts for $v$; of an indivisible part all $o'$ together. At a
    price two parts too near each other cost once, however many of their shares are near: these rows together may be
    missed by no more than those above of the two.
    """
    rows = _signed(case, "kept_apart")
    if np.isnan(case.least_share).all() or (near := _shares_near(case, rows)).empty:
        return rows
    number, first = pd.factorize(pd.MultiIndex.from_frame(near[["group", "option", "other"]]))
    row, option = number.astype(np.int64), np.array([of for _, of, _ in first], dtype=np.int64)
    others = pd.DataFrame({"row": row, "option": near["other_option"]}).drop_duplicates()
    parts = case.options["part"].to_numpy(dtype=object)
    shares = Rows(
        "kept_apart",
        np.array([f"{group}: {parts[of]} #{of} {other}" for group, of, other in first], dtype=object),
        (
            Terms("place", np.arange(len(first)), option, np.ones(len(first))),
            Terms("place", _ints(others["row"]), _ints(others["option"]), np.ones(len(others))),
        ),
        np.full(len(first), -np.inf),
        np.ones(len(first)),
    )
    pairs = pd.DataFrame({"row": row, "pair": near.groupby(["group", "part", "other_part"]).ngroup(), "by": near["by"]})
    served = pairs[["row", "pair"]].drop_duplicates().merge(pairs[["pair", "by"]].drop_duplicates(), on="pair")
    return replace(
        stacked(rows, whole(shares, case.least_share)),
        served=(len(rows.keys) + _ints(served["row"]), _ints(served["by"])),
    )


def _shares_near(case: Case, rows: Rows) -> pd.DataFrame:
    """Return each option of a divisible part beside each that is to be kept apart from it.

    Returns
    -------
    DataFrame
        ``option``, ``part``, ``other_option``, ``other_part``; ``by``, the row that holds both, and the ``group`` that
        its key begins with; ``other`` is the other part, or the option of it where it is divisible as well.
    """
    parts, divisible = case.options["part"].to_numpy(dtype=object), ~np.isnan(case.least_share)
    uses = [pd.DataFrame({"by": each.row, "option": each.column}) for each in rows.terms]
    there = pd.concat([pd.DataFrame({"by": [], "option": []}, dtype=np.int64), *uses])
    there = there.assign(part=parts[there["option"]], divisible=divisible[there["option"]])
    near = there[there["divisible"]].merge(there.add_prefix("other_"), left_on="by", right_on="other_by")
    near = near[(near["part"] < near["other_part"]) | (near["part"] != near["other_part"]) & ~near["other_divisible"]]
    one_of = near["other_part"] + " #" + near["other_option"].astype(str)
    groups = np.array([str(key).partition(":")[0] for key in rows.keys], dtype=object)
    return near.assign(other=near["other_part"].where(~near["other_divisible"], one_of), group=groups[near["by"]])


def group_count(case: Case) -> Rows:
    r"""$a_g \le \sum_{p \in g} y_p \le b_g \quad \forall$ group $g$ of projects."""
    return _signed(case, "group_count")


def one_main_park_per_cluster(case: Case) -> Rows:
    r"""$\theta \sum_{o \in c} g_o\, x_o \le \sum_{q \in c} \sum_k m_{qk} \quad \forall$ cluster $c$   (m²).

    $g_o$ is the floor space an option places: at least the share $\theta$ of the cluster's is in its main park.
    """
    rows = _signed(case, "one_main_park_per_cluster")
    row = pd.Index(rows.keys).get_indexer(pd.Index(cluster_parts(case)["cluster"])).astype(np.int64)
    column = np.flatnonzero(row >= 0)
    return replace(rows, terms=(*rows.terms, Terms("in_main_park", row[column], column, -np.ones(len(column)))))


def leading_industries_share(case: Case) -> Rows:
    r"""$\sum_{o \in O_k} g_o \left(1_{o\ \text{leading}} - \sigma_k\right) x_o \ge 0 \quad \forall$ pole $k$   (m²).

    $g_o$ is the floor space an option places: at least the share $\sigma_k$ of it is of the pole's leading industries.
    """
    return _signed(case, "leading_industries_share")


def _signed(case: Case, rule: str) -> Rows:
    return sums(rule, case.uses_of(rule), case.limits_of(rule))


def _ints(values: pd.Series) -> NDArray[np.int64]:
    return values.to_numpy(dtype=np.int64)
