"""What parks are supplied with, year by year, and what the plan draws of it: a small chart at each park."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from planner.maps.scene import Kind, Scene, Sheet, drawn, table_rows
from planner.maps.style import Look
from planner.words import Words

KINDS: Mapping[str, Kind] = {
    "supply": Kind(
        Words("逐年供电能力（框）与方案用电（填色）", "power by year: supply (frame), drawn by the plan (filled)"),
        Look("#0072B2", "#10181F", 1),
    ),
}


def supply(scene: Scene) -> Sheet:
    """Return a chart for each park with a supply of power: by year what there is and, where a rule asks, what is drawn.

    What is drawn is as the audit measured it (with the simultaneity of loads); None in years that no rule bounds.
    """
    parks = scene.territory.parks
    drawn_mva = drawn_by_year(scene)
    rows: list[dict[str, Any]] = []
    chosen: list[str] = []
    for park in map(str, parks.index):
        bars = [
            [year, power, drawn_mva.get((park, int(year)))]
            for year, power, *_ in scene.supply.get(park, [])
            if not pd.isna(year) and not pd.isna(power)
        ]
        if bars:
            chosen.append(park)
            rows.append({
                "id": f"supply-{park}", "kind": "supply", "park": park, "bars": sorted(bars),
                "title": scene.parks[park], "sub": Words("供电能力（MVA）", "Power (MVA)"),
            })  # fmt: skip
    points = gpd.GeoDataFrame(geometry=parks.geometry[chosen].representative_point(), crs=parks.crs)
    return Sheet(drawn(points, rows), KINDS if rows else {})


def drawn_by_year(scene: Scene) -> dict[tuple[str, int], float]:
    """Return what the audit found drawn of power (MVA), by park and year."""
    if scene.plan is None or scene.plan.findings.empty:
        return {}
    found: dict[tuple[str, int], float] = {}
    for row in table_rows(scene.plan.findings):
        if row["rule"] == "power":
            park, _, year = str(row["key"]).rpartition(" ")
            if year.isdigit():
                found[park, int(year)] = float(row["found"]) * (0.001 if row["unit"] == "kVA" else 1.0)
    return found
