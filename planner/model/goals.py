"""Chapter 5: what makes a plan better; every goal in points, weight × 100 × raw / normaliser."""

from __future__ import annotations

import numpy as np

from planner.case import Case
from planner.model.blocks import Objective


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


def fit(case: Case) -> Objective:
    r"""$+\sum_p \frac{1}{|Q_p|}\sum_{q \in Q_p}\sum_{o \in O_q} \mathrm{fit}_{o}\, x_o$ over the projects asked."""
    return _of_options(case, "fit")


def waited(case: Case) -> Objective:
    r"""$-\sum_p \frac{1}{|Q_p|}\sum_{q \in Q_p}\sum_{o \in O_q} (t_o - \mathrm{first}_p)\, x_o$ over the worst."""
    return _of_options(case, "waited")


def spare_land(case: Case) -> Objective:
    r"""$-\sum_{o\ \text{plot}} (A_o - a_q)\, x_o$ over the most spare land all parts may take (m²)."""
    return _of_options(case, "spare_land")


def given(case: Case) -> Objective:
    r"""$+\sum_o v_o\, x_o$: points given with the options of a published or generated instance."""
    return _of_options(case, "given")


def opened(case: Case) -> Objective:
    r"""$-\sum_b v_b\, u_b$: opening points of the buildings opened, over the number of planned buildings."""
    costs = case.limits.loc[case.limits["opening_points"] != 0].set_index("key")["opening_points"].sort_index()
    return Objective("opened", "opened", np.arange(len(costs)), -costs.to_numpy(dtype=float))


def _of_options(case: Case, goal: str) -> Objective:
    points = case.options[goal].to_numpy(dtype=float) if goal in case.options else np.zeros(len(case.options))
    return Objective(goal, "place", np.arange(len(case.options)), points)
