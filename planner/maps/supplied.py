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
        Words("逐年供应能力（框）与方案所用（填色）", "by year: supply (frame), drawn by the plan (filled)"),
        Look("#0072B2", "#10181F", 1),
    ),
}
SERVICES: Mapping[str, tuple[str, Words]] = {
    "power": ("power_mva", Words("用电（MVA）", "Power (MVA)")),
    "water": ("water_m3_day", Words("用水（m³/日）", "Water (m³/day)")),
    "waste_water": ("waste_water_m3_day", Words("污水（m³/日）", "Waste water (m³/day)")),
    "gas": ("gas_m3_day", Words("用气（m³/日）", "Gas (m³/day)")),
}
"""By the rule that limits it: the column of the supply layer, and what it is called."""


def supply(scene: Scene) -> Sheet:
    """Return charts for each park with any supply: by year what there is and, where a rule asks, what is drawn.

    What is drawn is as the audit measured it (with the simultaneity of loads); None in years that no rule bounds.
    ``charts`` are the bars of each supply that is given, by its key in `SERVICES`.
    """
    parks = scene.territory.parks
    measured = drawn_by_year(scene)
    by_park = {str(park): table for park, table in scene.territory.supply.groupby("park")}
    rows: list[dict[str, Any]] = []
    chosen: list[str] = []
    for park in map(str, parks.index):
        bars = {service: _bars(by_park.get(park), service, park, measured) for service in SERVICES}
        if charts := {service: of for service, of in bars.items() if of}:
            chosen.append(park)
            rows.append({
                "id": f"supply-{park}", "kind": "supply", "park": park, "charts": charts, "title": scene.parks[park],
            })  # fmt: skip
    points = gpd.GeoDataFrame(geometry=parks.geometry[chosen].representative_point(), crs=parks.crs)
    return Sheet(drawn(points, rows), KINDS if rows else {})


def services(sheet: Sheet) -> list[list[Any]]:
    """Return each supply that any park is given: key and words, in their order."""
    given = {service for feature in sheet.features for service in feature["properties"]["charts"]}
    return [[service, words] for service, (_, words) in SERVICES.items() if service in given]


def _bars(
    table: pd.DataFrame | None, rule: str, park: str, measured: Mapping[tuple[str, str, int], float]
) -> list[list[Any]]:
    """Return of each year that a supply is given for: year, supply, what is drawn."""
    if table is None:
        return []
    given = table.dropna(subset=["year", SERVICES[rule][0]]).sort_values("year")
    years = given["year"].astype(int)
    return [
        [year, there, measured.get((rule, park, year))]
        for year, there in zip(years, given[SERVICES[rule][0]], strict=True)
    ]


def drawn_by_year(scene: Scene) -> dict[tuple[str, str, int], float]:
    """Return what the audit found drawn, by rule, park and year: of power MVA, of all else m³ a day."""
    if scene.plan is None or scene.plan.findings.empty:
        return {}
    found: dict[tuple[str, str, int], float] = {}
    for row in table_rows(scene.plan.findings):
        if row["rule"] in SERVICES:
            park, _, year = str(row["key"]).rpartition(" ")
            if year.isdigit():
                found[row["rule"], park, int(year)] = float(row["found"]) * (0.001 if row["unit"] == "kVA" else 1.0)
    return found
