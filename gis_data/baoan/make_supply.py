"""State what power, water, waste water and gas new projects may use, by park and year.

Capacity is set against what the park's land on offer and free floors would ask for at usual densities, in one
or two steps (a substation, a plant). It does not know one real substation or works.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from make_parcels import YEARS, on_offer

LAND_VA_M2, LAND_FAR = 75.0, 2.0   # what a project on its own plot usually builds and draws
FLOOR_VA_M2 = 100.0
FAB_MVA, FAB_WATER_M3_DAY = 80.0, 26_000.0
LAND_WATER_M3_HA, FLOOR_WATER_M3_HA = 110.0, 55.0   # per hectare of land, of floor area; m³ a day
SOURCE = "示意：按可供用地与楼面需求推算"


@dataclass(frozen=True)
class Steps:
    """How a park's capacity grows: share of its 2030 capacity from each year on, and what brings it."""

    factor: float
    share: dict[int, float]
    fabs: int = 0


PLAN: dict[str, Steps] = {
    "YL": Steps(0.96, {2026: 0.42, 2028: 1.0}, fabs=2), "SY": Steps(0.97, {2026: 0.55, 2028: 1.0}),
    "XQD": Steps(0.95, {2026: 0.60, 2027: 1.0}), "SGHZ": Steps(1.0, {2026: 0.50, 2028: 0.8, 2030: 1.0}),
    "JB": Steps(1.1, {2026: 0.55, 2029: 1.0}),
}
"""The growth poles and 江碧; what other parks can draw is not given, and so not limited."""


def asked(parcels: gpd.GeoDataFrame, free_floor_m2: float, fabs: int) -> tuple[float, float]:
    """Return the power (MVA) and water (m³ a day) a park's land on offer and free floors would ask for."""
    land_m2 = float(parcels.area.sum())
    power = (land_m2 * LAND_FAR * LAND_VA_M2 + free_floor_m2 * FLOOR_VA_M2) / 1e6 + fabs * FAB_MVA
    water = (land_m2 * LAND_WATER_M3_HA + free_floor_m2 * FLOOR_WATER_M3_HA) / 1e4 + fabs * FAB_WATER_M3_DAY
    return power, water


def supply(parcels: gpd.GeoDataFrame, floors: pd.DataFrame, home: pd.Series) -> pd.DataFrame:
    """Return the supply table of the growth poles and 江碧.

    Parameters
    ----------
    home : park_id of each building, indexed by building_id.
    """
    free = (floors["area_m2"] - floors["occupied_m2"]).groupby(floors["building_id"].map(home)).sum()
    offered = on_offer(parcels)
    rows = []
    for park, steps in PLAN.items():
        power, water = asked(offered[offered["_park"] == park], float(free.get(park, 0.0)), steps.fabs)
        power, water = max(power, 2.0) * steps.factor, max(water, 150.0) * steps.factor
        for year in YEARS:
            share = steps.share[max(since for since in steps.share if since <= year)]
            waste = water * share * (0.9 if park != "JB" else 5.0)
            rows.append({"park": park, "year": year, "power_mva": step(power * share, 1 if power < 20 else 5),
                         "water_m3_day": step(water * share * (1 if park != "JB" else 6.0), 50),
                         "waste_water_m3_day": step(waste, 50),
                         "gas_m3_day": step(water * share * 0.7 + 100, 50), "source": SOURCE})
    return pd.DataFrame(rows)


def step(value: float, unit: int) -> int:
    """Round to a unit, never to zero.

    >>> step(63.2, 5)
    65
    """
    return max(unit, int(np.floor(value / unit + 0.5)) * unit)
