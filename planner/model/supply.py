"""Chapter 4: what park, year and purse can bear."""

from __future__ import annotations

import numpy as np

from planner.case import Case
from planner.model.blocks import Rows, Terms, sums


def power(case: Case) -> Rows:
    r"""$\sum_{o \in O_k,\, t_o \le t} w_o\, x_o \le W_{kt} \quad \forall$ park $k$, year $t$   (kVA).

    A part draws its power in every year from its start on. `pose` states only the years whose limit no later year
    implies: use never falls, so where a later year's limit is not above this year's, this year's row is idle.
    """
    return sums("power", case.uses_of("power"), case.limits_of("power"))


def water(case: Case) -> Rows:
    r"""$\sum_{o \in O_k,\, t_o \le t} w_o\, x_o \le W_{kt} \quad \forall$ park $k$, year $t$: water (m³/d)."""
    return sums("water", case.uses_of("water"), case.limits_of("water"))


def waste_water(case: Case) -> Rows:
    r"""$\sum_{o \in O_k,\, t_o \le t} e_o\, x_o \le E_{kt} \quad \forall$ park $k$, year $t$: waste water (m³/d)."""
    return sums("waste_water", case.uses_of("waste_water"), case.limits_of("waste_water"))


def gas(case: Case) -> Rows:
    r"""$\sum_{o \in O_k,\, t_o \le t} g_o\, x_o \le G_{kt} \quad \forall$ park $k$, year $t$: gas (m³/d)."""
    return sums("gas", case.uses_of("gas"), case.limits_of("gas"))


def land_supply(case: Case) -> Rows:
    r"""$\sum_{o,\, t_o = t} A_o\, x_o \le L_t \quad \forall$ year $t$ with a figure: land that is started on (m²)."""
    return sums("land_supply", case.uses_of("land_supply"), case.limits_of("land_supply"))


def preparation_budget(case: Case) -> Rows:
    r"""$\sum_{j,\, r_j = t} \sum_o c_j \frac{a_{oj}}{A_j}\, x_o \le C_t \quad \forall$ year $t$ with a budget (亿元).

    The cost of a parcel counts in the year $r_j$ in which it is ready, once; of a piece its share by area.
    """
    return sums("preparation_budget", case.uses_of("preparation_budget"), case.limits_of("preparation_budget"))


def pole_share(case: Case) -> Rows:
    r"""$\sum_o (1_{k_o = k} - \sigma_k)\, s_o\, x_o \ge 0$, for a most $\le 0$: share $\sigma_k$ of park $k$.

    $s_o$ is the floor space placed (m²).
    """
    return sums("pole_share", case.uses_of("pole_share"), case.limits_of("pole_share"))


def housing(case: Case) -> Rows:
    r"""$\eta \sum_{p} \mathrm{jobs}_p \sum_{o \in O_{q_p},\, k_o = k} x_o \le H_k \quad \forall$ park $k$ (or all).

    $H_k$ are beds, $q_p$ is the first part of project $p$, $\eta$ the share of the jobs that need a bed.
    """
    return sums("housing", case.uses_of("housing"), case.limits_of("housing"))


def started_space_target(case: Case) -> Rows:
    r"""$\sum_{b\ \text{planned}} S_b\, u_b \ge T - \sum_{b\ \text{started}} S_b$: floor space started by a year (m²).

    Planned buildings count where they would be started by then; the shortfall is priced unless the target is hard.
    """
    target = case.limits_of("started_space_target")
    adds = case.limits_of("started_space")["at_most"]
    building = case.openings.index.get_indexer(adds.index).astype(np.int64)
    row = np.repeat(np.arange(len(target)), len(adds))
    return Rows(
        "started_space_target",
        target.index.to_numpy(dtype=object),
        (Terms("opened", row, np.tile(building, len(target)), np.tile(adds.to_numpy(dtype=float), len(target))),),
        target["at_least"].to_numpy(dtype=float),
        np.full(len(target), np.inf),
    )
