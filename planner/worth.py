"""What an option is worth: the raw measure of each goal, and what it is divided by.

Points = sign × weight × 100 × raw / normaliser, so that a weight of 10 gives 1,000 points to a plan that reaches all
there is to reach. Normalisers depend on the projects asked, never on the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.words import Words


@dataclass(frozen=True, slots=True)
class Measure:
    """How one goal is measured: its unit and whether more is better (+1) or worse (−1)."""

    unit: Words
    sign: int


MEASURES: Mapping[str, Measure] = {
    "tier": Measure(Words("级别分", "tier points"), 1),
    "investment": Measure(Words("亿元", "CNY 100 m"), 1),
    "output": Measure(Words("亿元/年", "CNY 100 m a year"), 1),
    "tax": Measure(Words("亿元/年", "CNY 100 m a year"), 1),
    "fit": Measure(Words("项目", "projects"), 1),
    "waited": Measure(Words("年", "years"), -1),
    "spare_land": Measure(Words("平方米", "m²"), -1),
    "opened": Measure(Words("栋", "buildings"), -1),
}
"""Every goal a scenario may weigh."""
PROJECT_GOALS = {"investment": "investment_yi", "output": "output_yi", "tax": "tax_yi"}
"""Goals that are a figure of the project, and its column."""


def normalisers(
    projects: pd.DataFrame, parts: pd.DataFrame, tiers: pd.DataFrame, planned_buildings: int
) -> dict[str, float]:
    """Return the raw total of each goal over everything asked (for penalties: the worst total).

    Parameters
    ----------
    projects : DataFrame
        With ``tier``, the figures of `PROJECT_GOALS`, and the window ``first``, ``horizon_last``.
    parts : DataFrame
        With ``takes_parcel``, ``land_m2``, ``land_max_m2``.
    tiers : DataFrame
        ``tier``, ``points``.
    planned_buildings : int

    Returns
    -------
    dict of str to float
        A total of 0 counts as 1.
    """
    points = tier_points(projects, tiers)
    plots = parts[parts["takes_parcel"]]
    raw = {
        "tier": points.sum(),
        **{goal: projects[column].sum() for goal, column in PROJECT_GOALS.items()},
        "fit": float(len(projects)),
        "waited": (projects["horizon_last"] - projects["first"]).clip(lower=0).sum(),
        "spare_land": (plots["land_max_m2"] - plots["land_m2"]).sum(),
        "opened": float(planned_buildings),
    }
    return {goal: float(total) or 1.0 for goal, total in raw.items()}


def tier_points(projects: pd.DataFrame, tiers: pd.DataFrame) -> pd.Series:
    """Return the points of each project's tier."""
    return projects["tier"].map(tiers.set_index("tier")["points"].astype(float)).fillna(0.0)


def raw_measures(
    options: pd.DataFrame,
    projects: pd.DataFrame,
    parts: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    usable_m2: pd.Series,
) -> pd.DataFrame:
    """Return what each option adds to the raw total of each goal.

    A project's own figures are spread over its parts in equal shares: a project is placed with all its parts or not
    at all, so the plan's total is the same and the relaxation sees each part's share.

    Parameters
    ----------
    options : DataFrame
        ``project``, ``part``, ``park``, ``start_year``.
    projects, parts : DataFrame
        As in `normalisers`; parts with ``industry``.
    tables : mapping
        ``tiers``, ``fit``, ``industries``.
    usable_m2 : Series
        Land each option takes (0 for units), in the order of the options.

    Returns
    -------
    DataFrame
        Indexed like `options`, one column a goal (``opened`` belongs to buildings and is not here).
    """
    share = 1.0 / parts.groupby("project")["project"].transform("size")
    part_share = options["part"].map(share).to_numpy(dtype=float)
    project = options["project"]
    land_m2 = options["part"].map(parts["land_m2"]).to_numpy(dtype=float)
    usable = usable_m2.to_numpy(dtype=float)
    industry = options["part"].map(parts["industry"]).to_numpy(dtype=object)
    raw = {
        "tier": project.map(tier_points(projects, tables["tiers"])).to_numpy(dtype=float) * part_share,
        **{
            goal: project.map(projects[column].fillna(0.0)).to_numpy(dtype=float) * part_share
            for goal, column in PROJECT_GOALS.items()
        },
        "fit": fit_of(industry, options["park"].to_numpy(dtype=object), tables) * part_share,
        "waited": (options["start_year"] - project.map(projects["first"])).to_numpy(dtype=float) * part_share,
        "spare_land": np.where(usable > 0, usable - np.nan_to_num(land_m2), 0.0),
    }
    return pd.DataFrame(raw, index=options.index)


def fit_of(
    industries: np.ndarray[tuple[int], np.dtype[np.object_]],
    parks: np.ndarray[tuple[int], np.dtype[np.object_]],
    tables: Mapping[str, pd.DataFrame],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return how well each industry fits each park (0–1), by the most specific row of the fit table.

    A row for the industry itself beats one for its parent, and that one ``*``; among those a row that names the park
    beats one for every park.
    """
    table = {
        (str(industry), str(park)): float(value)
        for industry, park, value in zip(
            tables["fit"]["industry_id"], tables["fit"]["park_id"], tables["fit"]["fit"], strict=True
        )
    }
    parents = dict(zip(tables["industries"]["industry_id"], tables["industries"]["parent"], strict=True))

    def value(industry: str, park: str) -> float:
        line = [industry]
        while (parent := parents.get(line[-1], "")) and parent not in line:
            line.append(parent)
        return next(
            (table[pair] for name in [*line, "*"] for pair in ((name, park), (name, "*")) if pair in table), 0.0
        )

    pairs = pd.MultiIndex.from_arrays([industries, parks])
    codes, unique = pairs.factorize()
    values = np.array([value(str(industry), str(park)) for industry, park in unique], dtype=float)
    return np.asarray(values[codes], dtype=float)
