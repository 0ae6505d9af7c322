"""Thresholds for land: what a project must invest, put out and pay in tax for every hectare it takes.

The least figures stand in the reference table ``thresholds``, by industry and park. It knows nothing of sites.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.projects import line_of
from planner.territory import Territory

MEASURES = ("investment_yi", "output_yi", "tax_yi")
"""Figures of a project that are asked for by hectare; the table calls them ``…_per_ha``."""


def per_part(parts: pd.DataFrame, projects: pd.DataFrame, territory: Territory) -> pd.DataFrame:
    """Return what each part brings to its land, and what the parks ask for.

    A project's figure belongs to its parts on plots, in proportion to the land they ask for.

    Parameters
    ----------
    parts : DataFrame
        ``project``, ``industry``, ``takes_parcel``, ``land_m2``.
    projects : DataFrame
        `MEASURES`.
    territory : Territory

    Returns
    -------
    DataFrame
        Indexed like `parts`: each of `MEASURES` (亿元; NaN where not given or without a plot), and
        ``least_<measure>``, a mapping of park to the least of it (亿元/ha; NaN for none).
    """
    land_m2 = parts["land_m2"].where(parts["takes_parcel"])
    share = land_m2 / land_m2.groupby(parts["project"]).transform("sum")
    found = {measure: parts["project"].map(projects[measure]).astype(float) * share for measure in MEASURES}
    for measure in MEASURES:
        least = _least(list(parts["industry"].unique()), f"{measure}_per_ha", territory)
        found[f"least_{measure}"] = parts["industry"].map(least)
    return pd.DataFrame(found, index=parts.index)


def _least(industries: list[str], measure: str, territory: Territory) -> dict[str, dict[str, float]]:
    """Return the least of a measure for each industry in each park, by the most specific row.

    A row of the industry itself comes before one of its parent, and that one before ``*``; among those one that names
    the park before one for every park.
    """
    table, lines = territory.tables["thresholds"], territory.tables["industries"]
    rows = table[table["measure"] == measure]
    figure = {
        (str(industry), str(park)): float(least)
        for industry, park, least in zip(rows["industry_id"], rows["park_id"], rows["at_least"], strict=True)
    }
    parents = dict(zip(lines["industry_id"], lines["parent"], strict=True))

    def least(industry: str, park: str) -> float:
        pairs = [(name, of) for name in [*line_of(industry, parents), "*"] for of in (park, "*")]
        return next((figure[pair] for pair in pairs if pair in figure), np.nan)

    parks = ["", *map(str, territory.parks.index)]
    return {industry: {park: least(industry, park) for park in parks} for industry in industries}
