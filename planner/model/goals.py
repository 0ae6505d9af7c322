"""Chapter 5: what makes a plan better; every goal in points, weight × 100 × raw / normaliser."""

from __future__ import annotations

import numpy as np

from planner.case import Case
from planner.model import derived
from planner.model.blocks import Columns, Objective


def tier(case: Case) -> Objective:
    r"""$+\sum_p \mathrm{tier}_p\, y_p$ over the same sum for all projects asked (tier points)."""
    return _of_options(case, "tier")


def investment(case: Case) -> Objective:
    r"""$+\sum_p \mathrm{investment}_p\, y_p$ over the total asked (亿元)."""
    return _of_options(case, "investment")


def output(case: Case) -> Objective:
    r"""$+\sum_p \mathrm{output}_p\, y_p$ over the total asked (亿元 a year)."""
    return _of_options(case, "output")


def tax(case: Case) -> Objective:
    r"""$+\sum_p \mathrm{tax}_p\, y_p$ over the total asked (亿元 a year)."""
    return _of_options(case, "tax")


def jobs(case: Case) -> Objective:
    r"""$+\sum_p \mathrm{jobs}_p\, y_p$ over the total asked."""
    return _of_options(case, "jobs")


def rnd(case: Case) -> Objective:
    r"""$+\sum_p \mathrm{rnd}_p\, y_p$: research and development over the total asked (亿元)."""
    return _of_options(case, "rnd")


def fit(case: Case) -> Objective:
    r"""$+\sum_p \frac{1}{|Q_p|}\sum_{q \in Q_p}\sum_{o \in O_q} \mathrm{fit}_{o}\, x_o$ over the projects asked."""
    return _of_options(case, "fit")


def chain(case: Case) -> Objective:
    r"""$+\sum_{ijk} h_{ijk}$ over the links between leaders and suppliers asked."""
    return _of_columns(case, "chain", derived.link_kept(case))


def cluster(case: Case) -> Objective:
    r"""$+\sum_{qk} m_{qk}$ over the floor space that all clusters ask for (m²)."""
    return _of_columns(case, "cluster", derived.in_main_park(case))


def waited(case: Case) -> Objective:
    r"""$-\sum_p \frac{1}{|Q_p|}\sum_{q \in Q_p}\sum_{o \in O_q} (t_o - \mathrm{first}_p)\, x_o$ over the worst."""
    return _of_options(case, "waited")


def spare_land(case: Case) -> Objective:
    r"""$-\sum_{o\ \text{plot}} (A_o - a_q)\, x_o$ over the most spare land all parts may take (m²)."""
    return _of_options(case, "spare_land")


def shape(case: Case) -> Objective:
    r"""$-\sum_{o\ \text{plot}} A_o \left(1 - 4\pi A_s / P_s^2\right) x_o$ over the most land all parts may take (m²).

    $A_s$ and $P_s$ are area and perimeter of the plot, the streets between its parcels closed.
    """
    return _of_options(case, "shape")


def leftover(case: Case) -> Objective:
    r"""$-\sum_f l_f$ over the least units of all floors and the most that cuts may lose of parcels on offer (m²)."""
    return _of_columns(case, "leftover", derived.left_over(case))


def access(case: Case) -> Objective:
    r"""$-\sum_p \frac{1}{|Q_p|}\sum_{q \in Q_p}\sum_{o \in O_q} d_o\, x_o$ over $|P|$ times the longest way (km).

    $d_o$ is the way from the nearest place of the site to the nearest motorway, metro, port or airport.
    """
    return _of_options(case, "access")


def preparation(case: Case) -> Objective:
    r"""$-\sum_o \sum_{j \in o} \frac{a_{oj}}{A_j} c_j\, x_o$ over the cost of preparing all land on offer (亿元)."""
    return _of_options(case, "preparation")


def rent(case: Case) -> Objective:
    r"""$-\sum_o \sum_{f \in o} r_f a_{of}\, x_o$ over all floor space asked at the highest rent (万元 a month).

    A rent that is not given counts as the highest that is.
    """
    return _of_options(case, "rent")


def balance(case: Case) -> Objective:
    r"""$-(t^{\max} - t^{\min})$: the fullest growth pole less the emptiest; at worst 1."""
    ends = derived.filled(case)
    points = case.points_of_unit("balance") * np.array([1.0, -1.0])[: len(ends.keys)]
    return Objective("balance", ends.variable, np.arange(len(ends.keys)), points)


def stability(case: Case) -> Objective:
    r"""$+\sum_o [\text{an earlier plan has the part there}]\, x_o$ over the parts asked."""
    return _of_options(case, "stability")


def given(case: Case) -> Objective:
    r"""$+\sum_o v_o\, x_o$: points given with the options of a published or generated instance."""
    return _of_options(case, "given")


def opened(case: Case) -> Objective:
    r"""$-\sum_b v_b\, u_b$: opening points of the buildings opened, over the number of planned buildings."""
    costs = case.openings["opening_points"].to_numpy(dtype=float)
    return Objective("opened", "opened", np.arange(len(costs)), -costs)


def _of_options(case: Case, goal: str) -> Objective:
    points = case.options[goal].to_numpy(dtype=float) if goal in case.options else np.zeros(len(case.options))
    return Objective(goal, "place", np.arange(len(case.options)), points)


def _of_columns(case: Case, goal: str, block: Columns) -> Objective:
    points = np.full(len(block.keys), case.points_of_unit(goal))
    return Objective(goal, block.variable, np.arange(len(block.keys)), points)
