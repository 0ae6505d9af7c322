"""A plan made by hand on the tiny territory of `small`, and a bench on which tests audit it with one thing changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from small import CRS, write_small

from planner.audit import measure
from planner.intake import read_projects, read_territory
from planner.plan import Plan
from planner.projects import Projects
from planner.scenario import Scenario
from planner.territory import Territory

WHOLE = 30_000.0
On = tuple[str, int, dict[str, float]]
"""Park, start, and what is taken of each place (m²)."""
PLACED: dict[str, On] = {
    "P-001/main": ("XQD", 2026, {"XQD-04": WHOLE, "XQD-05": WHOLE}),
    "P-002/main": ("YL", 2026, {"YL-01": WHOLE}),
    "P-003/main": ("YL", 2027, {"B02-F01": 2000}),
    "P-004/main": ("XQD", 2028, {"XQD-06": WHOLE}),
    "P-007/main": ("YL", 2026, {"YL-03": 12_000}),
    "P-008/production": ("YL", 2026, {"YL-02": WHOLE}),
    "P-008/research": ("YL", 2026, {"B01-F02": 2000}),
    "P-009/production": ("YL", 2027, {"B01-F04": 2000, "B01-F05": 2000}),
    "P-009/wet": ("JB", 2026, {"B05-F04": 1000}),
    "P-011/main": ("XQD", 2029, {"B04-F04": 2000}),
    "P-014/main": ("XQD", 2027, {"B03-F04": 1000}),
}
WEIGHTS = {
    "tier": 10,
    "investment": 1,
    "output": 1,
    "tax": 3,
    "fit": 5,
    "waited": 1,
    "spare_land": 1,
    "opened": 1,
}
GOALS = {
    # goal: (raw, points), by hand in test_score_by_hand
    "tier": (29, 10 * 100 * 29 / 50),
    "investment": (138, 100 * 138 / 235),
    "output": (228, 100 * 228 / 377),
    "tax": (12.6, 3 * 100 * 12.6 / 21.2),
    "fit": (5, 5 * 100 * 5 / 20),
    "waited": (5.5, -100 * 5.5 / 78),
    "spare_land": (2000, -100 * 2000 / 14_000),
    "opened": (1, -100.0),
}
COLUMNS = ["part", "project", "kind", "site", "park", "places", "land_m2", "compartments", "start_year"]
Wrong = dict[tuple[str, str], tuple[str, str]]


def question(**keys: Any) -> Scenario:
    return Scenario.model_validate({"years": (2026, 2030), "goals": WEIGHTS, **keys})


def plan_of(
    placed: Mapping[str, On] | Iterable[tuple[str, On]],
    goals: Mapping[str, tuple[float, float]] = GOALS,
    **summary: Any,
) -> Plan:
    rows, uses = [], []
    for part, (park, start, takes) in placed.items() if isinstance(placed, Mapping) else placed:
        kind = "unit" if any("-F" in place for place in takes) else "plot"
        land_m2 = float(sum(takes.values())) if kind == "plot" else float("nan")
        row = {"part": part, "project": part.split("/")[0], "kind": kind, "site": "+".join(takes), "park": park}
        each = float(len(takes)) if kind == "unit" else float("nan")  # no floor is larger than a compartment
        rows.append(row | {"places": ";".join(takes), "land_m2": land_m2, "compartments": each, "start_year": start})
        uses += [(part, "floor" if "-F" in place else "parcel", place, m2) for place, m2 in takes.items()]
    terms = {goal: points for goal, (_, points) in goals.items()}
    none = pd.DataFrame()
    return Plan(
        summary={"terms": terms, "score": sum(terms.values()), **summary},
        placements=pd.DataFrame(rows, columns=COLUMNS),
        uses=pd.DataFrame(uses, columns=["part", "place_kind", "place", "amount_m2"]),
        left_out=none,
        goals=pd.DataFrame([(goal, *of) for goal, of in goals.items()], columns=["goal", "raw", "points"]),
        findings=none,
        prices=none,
    )  # fmt: skip


def figures_of(findings: pd.DataFrame) -> Iterator[tuple[str, str]]:
    return zip(findings["asked"], findings["found"], strict=True)


class Bench:
    """Audits the plan with one thing changed and says what is broken."""

    def __init__(self, territory: Territory, asked: Projects) -> None:
        self.territory, self.asked = territory, asked

    def findings(self, plan: Plan | None = None, asked: Projects | None = None, **keys: Any) -> pd.DataFrame:
        return measure(plan or plan_of(PLACED), question(**keys), self.territory, asked or self.asked)

    def wrong(self, plan: Plan | None = None, asked: Projects | None = None, **keys: Any) -> Wrong:
        """Return what is broken, the score aside."""
        found = self.findings(plan, asked, **keys)
        broken = found[~found["kept"] & (found["rule"] != "score")]
        return dict(zip(zip(broken["rule"], broken["key"], strict=True), figures_of(broken), strict=True))

    def moved(self, part: str, park: str, start: int, takes: dict[str, float], **keys: Any) -> Wrong:
        return self.wrong(plan_of(PLACED | {part: (park, start, takes)}), **keys)

    def needing(self, part: str, **needs: Any) -> Projects:
        """Return the projects with other needs of one part."""
        parts = self.asked.parts.copy()
        for column, value in needs.items():
            parts[column] = parts[column].astype(object)
            parts.at[part, column] = value
        return dataclasses.replace(self.asked, parts=parts)


def bench_in(folder: Path) -> Bench:
    territory = read_territory(write_small(folder))
    return Bench(territory, read_projects(folder / "projects.csv", territory.tables))


def lonlat(*corners: tuple[float, float]) -> list[list[float]]:
    points = gpd.GeoSeries([shapely.Point(c) for c in corners], crs=CRS).to_crs("EPSG:4490")
    return [[point.x, point.y] for point in points]


def surrounded(territory: Territory) -> Territory:
    """Return the territory with a school, a metro line, an industrial line, power at parcels, and thresholds.

    The school stands in YL-14, the metro runs along x = 486,050 between the parks, the line leaves out XQD-11 to 15;
    the lift of B02 bears 2 t, its rent is 41, it is built for 丁. Every park asks little
    a hectare, but much of machine tools (A06.2).
    """
    parts = {
        "sensitive_site": shapely.box(485_700, 2_520_400, 485_760, 2_520_440),
        "metro": shapely.LineString([(486_050, 2_519_000), (486_050, 2_521_000)]),
        "industrial_line": shapely.box(484_000, 2_518_000, 488_600, 2_520_300),
        "industrial_line ": shapely.box(484_000, 2_520_250, 488_600, 2_521_000).difference(
            shapely.box(486_950, 2_520_250, 488_600, 2_520_500)
        ),
    }
    row = territory.restrictions.iloc[[0]].assign(distance_m=float("nan"))
    added = [
        row.rename(index=lambda _, n=n: f"S-{n}").assign(kind=kind.strip()).set_geometry([shape], crs=CRS)
        for n, (kind, shape) in enumerate(parts.items())
    ]
    buildings, floors = territory.buildings.copy(), territory.floors.copy()
    buildings.loc["B02", ["lift_t", "rent_cny_m2_month", "production_class"]] = [2.0, 41.0, "丁"]
    floors.loc["B04-F04", "column_grid_m"] = 8.0
    floors.loc[["B03-F01", "B03-F02"], "vibration_class"] = ["VC-C", ""]
    per_ha = pd.DataFrame(
        [(industry, "*", measure, least)
         for measure in ("investment_yi_per_ha", "output_yi_per_ha", "tax_yi_per_ha")
         for industry, least in (("A06.2", 9.0), ("*", 0.01))],
        columns=["industry_id", "park_id", "measure", "at_least"],
    )  # fmt: skip
    return dataclasses.replace(
        territory,
        restrictions=pd.concat([territory.restrictions, *added]),
        parcels=territory.parcels.assign(power_kva=[4000.0 + 500 * (k % 7) for k in range(len(territory.parcels))]),
        buildings=buildings,
        floors=floors,
        tables={**territory.tables, "thresholds": per_ha},
    )


def demanding(asked: Projects) -> Projects:
    """Return the projects with needs that the places around `surrounded` meet here and there, each part its own."""
    parts = asked.parts.copy()
    every: dict[str, list[object]] = {
        "protective_distance_m": [float("nan"), 100.0, 400.0, 800.0],
        "vibration_class": ["", "VC-A", "VC-B", "VC-C", "VC-D"],
        "column_grid_m": [float("nan"), 8.4, 9.0],
        "lift_piece_t": [float("nan"), 1.0, 2.5, 3.0, 4.0],
        "rent_max_cny_m2_month": [float("nan"), 34.0, 35.0, 41.0],
        "net_m2": [float("nan"), 500.0, 1500.0],
    }
    for column, values in every.items():
        parts[column] = [values[k % len(values)] for k in range(len(parts))]
    return dataclasses.replace(asked, parts=parts)
