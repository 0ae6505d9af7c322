"""Grids of parcels, on which plots of 3 to 6 parcels are wanted: all listed, or grown and priced in.

Lines of a grid are drawn at random, so that no two parcels are alike; some of the parcels are on offer. Projects want
land for 3 to 6 of them and are worth different amounts; plots are worth more the better they fit and the more compact
they are.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner import sites
from planner.intake.inputs import Inputs
from planner.places import offers
from planner.projects import Projects
from planner.scenario import Scenario

SIZES = (3, 6)
"""Fewest and most parcels wanted."""
EVERY = 10_000_000
"""More plots than any grid has."""


def grid(
    template: Inputs, seed: int, *, side: int = 40, offered: float = 0.4, projects: int = 40, plots_max: int = EVERY
) -> Inputs:
    """Return the question of a grid; whatever it does not say is taken from a template."""
    rng = np.random.default_rng(seed)
    lines = [np.concatenate([[0.0], np.cumsum(rng.uniform(80, 120, side))]) for _ in range(2)]
    west, south = np.meshgrid(lines[0][:-1], lines[1][:-1], indexing="ij")
    east, north = np.meshgrid(lines[0][1:], lines[1][1:], indexing="ij")
    shapes = shapely.box(west.ravel(), south.ravel(), east.ravel(), north.ravel())
    names = [f"G{i:02d}-{j:02d}" for i, j in itertools.product(range(side), repeat=2)]
    of = template.territory
    parcels = gpd.GeoDataFrame(of.parcels.iloc[np.zeros(len(names), dtype=int)]).set_axis(names)
    parcels = parcels.set_geometry(gpd.GeoSeries(shapes, index=parcels.index, crs=of.crs))
    park = str(of.parks.index[0])
    free = rng.random(len(names)) < offered
    parcels = parcels.assign(
        state=np.where(free, "free", "occupied"), ready_year=2026.0, land_class="M1", lot_id="", far_max=3.0,
        height_limit_m=np.nan, home_park=park, zones=pd.Series([(park,)] * len(names), names), divisible=False,
        joint=False, area_m2=shapely.area(shapes),
    )  # fmt: skip
    firms = [f"P-{k:03d}" for k in range(projects)]
    firm = template.projects.projects.iloc[np.zeros(projects, dtype=int)].set_axis(firms).copy()
    firm["output_yi"] = rng.uniform(5, 20, projects)
    firm["year_first"], firm["year_last"] = 2026.0, 2026.0
    parts = [f"{name}/main" for name in firms]
    part = template.projects.parts.iloc[np.zeros(projects, dtype=int)].set_axis(parts).copy()
    land_m2 = 10_000 * rng.uniform(SIZES[0] - 0.5, SIZES[1] - 0.5, projects)
    part = part.assign(
        project=firms, land_m2=land_m2, land_max_m2=1.1 * land_m2, gfa_m2=np.nan, power_kva=0.0,
        accepts=pd.Series([("P",)] * projects, part.index), wet_process=False,
    )  # fmt: skip
    question = Scenario.model_validate({
        "years": (2026, 2026),
        "goals": {"output": 10, "spare_land": 2, "shape": 2},
        "sites": {"street_gap_m": 0, "facing_m": 20, "plot_parcels_max": SIZES[1], "plots_max": plots_max},
    })  # fmt: skip
    territory = dataclasses.replace(of, parcels=parcels, restrictions=of.restrictions.iloc[:0])
    return dataclasses.replace(
        template, scenario=question, territory=territory, projects=Projects(firm, part), root=None
    )


def listed(inputs: Inputs) -> set[frozenset[str]]:
    """Return the plots listed of the parcels of a grid that are on offer."""
    asked = inputs.scenario.sites
    offered = offers(inputs.territory, asked.street_gap_m, asked.facing_m)
    parcels = offered.parcels[offered.parcels["available"]]
    found = sites.plots(parcels, offered.pairs, asked.plot_parcels_max, asked.plots_max)
    return {frozenset(places) for places in found.plots["places"]}


def connected_sets(inputs: Inputs, most: int) -> set[frozenset[str]]:
    """Return every connected set of up to so many parcels on offer, by growing each from its least parcel, one by one.

    Redelmeier's enumeration (Discrete Math. 36, 1981): each set is met once.
    """
    parcels = inputs.territory.parcels
    names = [str(name) for name in parcels.index[parcels["state"] == "free"]]
    free = set(names)

    def beside(name: str) -> Iterable[str]:
        i, j = int(name[1:3]), int(name[4:])
        around = ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1))
        return (f"G{x:02d}-{y:02d}" for x, y in around)

    found: set[frozenset[str]] = set()

    def grow(have: list[str], border: list[str], seen: set[str]) -> None:
        while border:
            last = border.pop()
            now = [*have, last]
            found.add(frozenset(now))
            if len(now) < most:
                new = [name for name in beside(last) if name in free and name > now[0] and name not in seen]
                grow(now, border + new, seen | set(new))

    for name in names:
        grow([], [name], {name})
    return found
