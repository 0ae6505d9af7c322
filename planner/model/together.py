"""Chapter 3: what belongs side by side, what must not.

Each rule is a sum of signed uses, which `planner.together` poses; a project counts by its first part, where that is
divisible by what share of it is there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from planner.case import Case
from planner.model.blocks import Rows, Terms, sums, whole
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
    r"""$\sum_{q \in A, o \in O_q \cap s} x_o + \sum_{o \in O_{q'}, o \sim s} x_o \le 1$ for each stand $s$, part $q'$.

    $A$ are parts to be kept apart from $q'$ and from one another, $o \sim s$ says that they are near. Why each row is
    valid, and no conflict is missed, is said where they are posed. Of divisible parts $b_o$ counts: a share is near, or
    is not; and one that is to be kept apart has one share at most in what a row is about.
    """
    return whole(_signed(case, "kept_apart"), case.least_share)


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
