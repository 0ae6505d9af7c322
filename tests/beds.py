"""Questions for `mutants`: every rule on, every figure drawn at random, on the tiny territory; and those of Bao'an."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from audit_bench import demanding, lonlat, surrounded
from mutants import Bed
from small import EAST, NORTH

from planner.intake.inputs import Inputs
from planner.projects import Projects
from planner.scenario import Scenario

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
CUT = ("YL-01", "YL-02", "YL-04", "XQD-01", "XQD-02", "XQD-04")
"""Parcels that may be cut; every other one is open to joint taking."""
RULES: dict[str, Any] = {
    "simultaneity": 0.9,
    "power": True,
    "building_power": True,
    "lifts": 30,
    "building_waste_water": True,
    "leaders_per_cluster": {"at_most": 1},
    "parts_together": "2.6 km",
    "kept_apart": [
        {"who": ["P-001", "P-002", "P-011"], "metres": 300},
        {"who": ["P-003", "P-012", "P-016"], "not": "building"},
        {"who": ["P-013", "P-014", "P-015"], "not": "adjacent_floors"},
        {"who": ["P-013", "P-011", "P-017"], "not": "building"},
    ],
    "group_count": [
        {"projects": ["P-002", "P-004", "P-005"], "at_least": 1, "at_most": 2},
        {"projects": ["P-011", "P-012", "P-015"], "at_most": 2},
    ],
    "one_main_park_per_cluster": "70 %",
    "leading_industries_share": "10 %",
    "building_filled": "20 %",
    "land_supply": {2026: "21 ha", 2027: "4 ha", 2028: "4 ha"},
    "preparation_budget": {2026: "20 亿元", 2028: "8 亿元"},
    "pole_share": {"YL": {"least": "20 %", "most": "70 %"}},
    "housing": {"beds": {"YL": 3000, "XQD": 2500}, "beds_in_all": 5200},
    "started_space_target": {"target_m2": 60_000, "hard": True},
}
POWERED = {"caps": {"YL": {2026: "9 MVA"}, "XQD": {2026: "4 MVA"}}}
"""Less power than all would draw."""
LAND = {"P-002/main": 12_000.0, "P-004/main": 9000.0, "P-005/main": 8000.0}
"""Parts that ask for less land than a parcel has."""


def everything(small: Inputs, seed: int) -> Bed:
    """Return a bed with every rule on, on the tiny territory: what parts need and what is there drawn at random.

    In odd ones suppliers stand within 900 m of their leader, and P-013 and P-017 are divisible; in every third one
    parts may go without one another.
    """
    rng = np.random.default_rng(seed)
    parts, projects = small.projects.parts.copy(), small.projects.projects.copy()
    uses = {"water_m3_day": 200, "waste_water_m3_day": 60, "gas_m3_day": 50, "lift_flow_t_per_shift": 150}
    for column, most in uses.items():
        parts[column] = rng.integers(0, most, len(parts)).astype(float)
    upstairs = parts["land_m2"].isna()
    parts.loc[upstairs, "power_kva"] = rng.integers(100, 3000, upstairs.sum()).astype(float)
    for part, land_m2 in LAND.items():
        parts.loc[part, ["land_m2", "land_max_m2", "gfa_m2"]] = land_m2, land_m2 * 1.3, land_m2
    if seed % 2:
        parts.loc[["P-013/main", "P-017/main"], "share_min"] = 0.2
    projects["jobs"] = rng.integers(50, 800, len(projects)).astype(float)
    territory = small.territory
    costs = rng.integers(0, 6, len(territory.parcels)).astype(float)
    territory = dataclasses.replace(
        territory,
        parcels=territory.parcels.assign(preparation_cost_yi=costs),
        buildings=territory.buildings.assign(waste_water_m3_day=90.0),
    )
    rules = {
        **RULES,
        **{name: _caps(most) for name, most in (("water", 500), ("waste_water", 160), ("gas", 150))},
        "leader_and_suppliers": {"at_least": 1, "within": "900 m" if seed % 2 else "park"},
        "each_part_placed_with_its_project": seed % 3 > 0,
    }
    flags = [
        {"set": {"layer": "parcels", "id": str(name), "divisible": name in CUT, "joint": k % 2 == 0}}
        for k, name in enumerate(territory.parcels.index)
    ]
    keys = {
        "years": (2026, 2030),
        "goals": {"tier": 10, "investment": 1, "fit": 5, "waited": 1, "spare_land": 1, "opened": 0.1},
        "rules": rules,
        "must_place": ["P-002", "P-016"],
        "sites": {"cuts": True, "joint": True},
        "changes": flags,
    }
    scenario = Scenario.model_validate(keys)
    asked = Projects(projects, parts)
    inputs = dataclasses.replace(small, scenario=scenario, territory=territory, projects=asked, root=None)
    return Bed(inputs, rng, own=True)


def softened(small: Inputs, seed: int) -> Bed:
    """Return a bed with every rule on and soft, each at a price drawn at random."""
    bed = everything(small, seed)
    rules = bed.inputs.scenario.rules
    soft = {
        name: rules.of(name).model_copy(update={"soft": float(bed.rng.uniform(0.001, 1))}) for name in rules.names
    }
    scenario = bed.inputs.scenario.model_copy(update={"rules": rules.model_copy(update=soft)})
    return Bed(dataclasses.replace(bed.inputs, scenario=scenario), bed.rng, own=True)


def in_stages(small: Inputs, seed: int) -> Bed:
    """Return a bed of the tiny territory in one of the modes of several stages, with nearly every goal."""
    rng = np.random.default_rng(seed)
    projects = small.projects.projects.copy()
    for column in ("investment_yi", "output_yi", "tax_yi"):
        projects[column] = (projects[column] * rng.uniform(0.5, 2.0, len(projects))).round(1)
    modes = (
        {"lexicographic": [{"goal": "tax", "tolerance": 0.01}, {"goal": "waited", "tolerance": 0.001}, "tier"]},
        {"reference": {"tier": 27, "waited": 12, "fit": 6}},
        {"max_min": True},
    )
    of_one = ("investment", "output", "fit", "waited", "spare_land", "shape", "rent")
    goals = (*of_one, "chain", "cluster", "leftover", "balance")
    keys = {
        "years": (2026, 2030),
        "goals": {"tier": 10, "tax": 3, "opened": 1, **dict.fromkeys(goals, 2)},
        "rules": {"power": {**POWERED, "soft": 0.001}},
        "mode": modes[seed % len(modes)],
    }
    asked = dataclasses.replace(small.projects, projects=projects)
    scenario = Scenario.model_validate(keys)
    return Bed(dataclasses.replace(small, scenario=scenario, projects=asked, root=None), rng)


def spaced(small: Inputs, seed: int) -> Bed:
    """Return a bed of the tiny territory on which much depends on metres; P-013 and P-017 are divisible."""
    parts = small.projects.parts.copy()
    parts.loc[["P-013/main", "P-017/main"], "share_min"] = 0.2
    keys = {
        "years": (2026, 2030),
        "goals": {"tier": 10},
        "rules": {
            "kept_apart": [
                {"who": ["P-001", "P-002", "P-004", "P-005"], "metres": 15},
                {"who": ["P-011", "P-012", "P-013", "P-015"], "metres": 50},
                {"who": ["P-003", "P-008", "P-017"], "metres": 200},
            ],
            "parts_together": "450 m",
            "leader_and_suppliers": {"at_least": 1, "within": "900 m"},
        },
    }
    asked = dataclasses.replace(small.projects, parts=parts)
    scenario = Scenario.model_validate(keys)
    return Bed(dataclasses.replace(small, scenario=scenario, projects=asked, root=None), np.random.default_rng(seed))


def demanded(small: Inputs, seed: int) -> Bed:
    """Return a bed on which every test of local fit refuses somebody, what parts need drawn at random.

    Land is withdrawn from building around YL-08 and B02, kept back for a tier, and closed to some by name.
    """
    rng = np.random.default_rng(seed)
    asked = demanding(small.projects)
    parts, projects = asked.parts, asked.projects.copy()
    drawn = ("protective_distance_m", "vibration_class", "column_grid_m", "lift_piece_t", "rent_max_cny_m2_month")
    for column in drawn:
        parts[column] = rng.permutation(parts[column].to_numpy(dtype=object))
    for column in ("clear_height_m", "load_kn_m2"):
        parts[column] = (parts[column] * rng.choice([0.8, 1.0, 1.3], len(parts))).round(1)
    upstairs = parts["land_m2"].isna()
    parts.loc[~upstairs, "gfa_m2"] = parts["land_m2"] * rng.choice([1.0, 2.5, 3.5], len(parts))
    late = rng.choice(len(projects), 2, replace=False)
    projects.iloc[late, projects.columns.get_loc("year_first")] = 2032
    projects.iloc[late, projects.columns.get_loc("year_last")] = 2033
    net = upstairs & (rng.random(len(parts)) < 0.4)
    parts.loc[net, "net_m2"] = parts.loc[net, "gfa_m2"] * 0.7
    parts.loc[net, "gfa_m2"] = np.nan
    corners = {"YL-08": (440, 170, 640, 320), "B02": (90, 590, 150, 660)}
    zones = [{"restrict": {"kind": "ecological_line", "polygon": _square(*box)}} for box in corners.values()]
    low = {"set": {"layer": "parcels", "id": "XQD-07", "height_limit_m": 24}}
    keys = {
        "years": (2026, 2030),
        "goals": {"tier": 10},
        "tests": dict.fromkeys(("investment_per_ha", "output_per_ha", "tax_per_ha"), True),
        "changes": [*zones, low],
        "reserve": [
            {"block": ["XQD-04", "XQD-05"], "for": "战略级"},
            {"block": "largest", "park": "YL", "for": "关键性"},
        ],
        "bans": [{"project": "P-002", "place": "XQD"}, {"project": "P-009/wet", "place": "B05"}],
        "only": {"P-004": "XQD", "P-008/research": {"building": "B01"}},
    }
    territory = surrounded(small.territory)
    scenario = Scenario.model_validate(keys)
    asked = Projects(projects, parts)
    return Bed(dataclasses.replace(small, scenario=scenario, territory=territory, projects=asked, root=None), rng)


def _square(west: float, south: float, east: float, north: float) -> list[list[float]]:
    corners = ((west, south), (east, south), (east, north), (west, north))
    return lonlat(*((EAST + x, NORTH + y) for x, y in corners))


def _caps(most: float) -> dict[str, dict[int, str]]:
    """Return what parks are supplied with, more from 2028 on."""
    return {park: {2026: f"{most} m³/d", 2028: f"{1.4 * most} m³/d"} for park in ("YL", "XQD", "JB")}
