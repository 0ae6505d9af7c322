"""The territory of 2,000 parcels, 150 buildings and 400 projects: made in memory, the same at every run.

Parks stand in a row; their parcels are blocks of four by two between streets of 18 m, groups of blocks between roads
of 40 m. What a parcel, a building or a project is like (its class, limits, state and years; its floors; its parts and
needs) is drawn from those of the sample territory, so that everything a rule can be about occurs as often as there.
Half of the parcels are on offer, several times as many as in the sample. No file but the sample's is read.

::

    python benchmarks/large.py           # poses it, solves it for a minute, prints what that took and came to, as JSON
    python benchmarks/large.py sample    # with the rules of the sample's scenario alone
    python benchmarks/large.py named     # with these, chains, parts kept apart and main parks: see NAMED
    python benchmarks/large.py named 3   # three times as many parcels, buildings and projects: nine times the options
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

import planner
from planner.intake.inputs import Inputs
from planner.model import formulate
from planner.projects import Projects
from planner.scenario import Scenario
from planner.solve import exact, proof
from planner.territory import ON_OFFER, Territory

PARCELS, BUILDINGS, PROJECTS = 2_000, 150, 400
SEED = 20260102
OFFERED = 0.5
"""Share of the parcels that is on offer."""
WEST, SOUTH = 480_000.0, 2_496_000.0
WIDE_M, DEEP_M = 150.0, 130.0
"""A parcel; 1.95 ha, and up to a third less where its street is broader."""
STREET_M, ROAD_M = 18.0, 40.0
ACROSS, ALONG = 4, 2
"""Parcels of a block, which meet; blocks of a group, which face each other across a street."""
PER_ROW = 5
"""Groups of a park side by side."""
APART_M = 400.0
"""Between two parks."""
GAP = 0.01
PATIENCE_S = 60.0
FIRST = [f"P-{k + 1:03d}" for k in range(60)]
YEARS = range(2026, 2031)
EVERY_RULE: dict[str, object] = {
    "leader_and_suppliers": 1,
    "leaders_per_cluster": 6,
    "one_main_park_per_cluster": {"at_least": "50 %", "soft": 0.00002},
    "leading_industries_share": "20 %",
    "parts_together": "5 km",
    "kept_apart": [
        {"who": FIRST[:12], "metres": 50},
        {"who": FIRST[12:24], "not": "adjacent_floors"},
        {"who": FIRST[24:36], "not": "building"},
    ],
    "group_count": [{"projects": FIRST[36:], "at_least": 2, "at_most": 12}],
    "building_filled": "30 %",
    **dict.fromkeys(("building_power", "lifts", "building_waste_water", "water", "waste_water", "gas"), True),
    "land_supply": dict.fromkeys(YEARS, "150 ha"),
    "preparation_budget": dict.fromkeys(YEARS, "60 亿元"),
    "pole_share": {"燕罗": {"least": "5 %", "most": "40 %"}},
    "housing": {"jobs_housed": "50 %", "beds_in_all": 150_000},
    "started_space_target": "500 万m²",
}
"""The rules that the sample's scenario leaves off, with figures at which most of them bind here."""
NAMED = ("leader_and_suppliers", "one_main_park_per_cluster", "kept_apart")
"""Those of them that an instance of the mixed rules has besides power by year and contiguous plots, as the sample."""
RULES: dict[str, dict[str, object]] = {
    "every": EVERY_RULE,
    "named": {name: EVERY_RULE[name] for name in NAMED},
    "sample": {},
}
"""What is on besides the sample's rules."""


def inputs(sample: Path, rules: str = "every", times: int = 1) -> Inputs:
    """Return territory, projects and scenario.

    Parameters
    ----------
    sample : Path
        The scenario of the sample territory, whose goals, years and rules these are.
    rules : str
        Which are on besides: one of `RULES`.
    times : int
        As many times the parcels, buildings and projects.
    """
    given = planner.read(sample)
    rng = np.random.default_rng(SEED)
    territory = _territory(given.territory, times, rng)
    return Inputs(
        scenario=Scenario(**_asked(given.scenario, RULES[rules])),
        territory=territory,
        projects=_projects(given.projects, times * PROJECTS, rng),
    )


def _asked(base: Scenario, rules: dict[str, object]) -> dict[str, object]:
    """Return the keys of the scenario: those of the sample's, and rules that are off there."""
    return {
        "title": {"zh": "大算例", "en": "Large"},
        "years": base.years,
        "rules": {**{name: getattr(base.rules, name) for name in type(base.rules).model_fields}, **rules},
        "goals": {**base.goals.weights, "opened": 1.0},
        "sites": base.sites,
    }


def _shares(count: int, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many of `count` each weight gets, at least one."""
    ends = np.round(np.cumsum(weights / weights.sum()) * (count - len(weights))).astype(np.int64)
    return np.diff(ends, prepend=0) + 1


def _places(base: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Return places drawn from those of a layer, and the park each stands in: as many a park as its share."""
    homes = base["home_park"].where(base["home_park"] != "").dropna()
    share = homes.value_counts().sort_index()
    park = np.repeat(share.index.to_numpy(dtype=object), _shares(count, share.to_numpy(dtype=float)))
    of = [base.index.get_loc(rng.choice(homes.index[homes == one])) for one in park]
    return base.iloc[of].reset_index(drop=True), pd.Series(park)


def _territory(base: Territory, times: int, rng: np.random.Generator) -> Territory:
    parcels, park = _places(base.parcels, times * PARCELS, rng)
    offered = base.parcels[base.parcels["state"].isin(ON_OFFER) & base.parcels["ready_year"].notna()]
    made = np.flatnonzero(rng.random(len(parcels)) < OFFERED)
    like = offered.iloc[rng.integers(0, len(offered), len(made))]
    for column in ("state", "ready_year", "land_class", "far_max", "coverage_max", "height_limit_m", "tenure"):
        parcels.loc[made, column] = like[column].to_numpy()
    boxes, corners = _grid(park)
    parcels = _placed(parcels, park, boxes, "L", 4, base.crs)
    parcels["area_m2"] = shapely.area(parcels.geometry.to_numpy())
    buildings, at = _places(base.buildings, times * BUILDINGS, rng)
    of = base.buildings.index.to_numpy()[[base.buildings["name_zh"].tolist().index(n) for n in buildings["name_zh"]]]
    west = corners.loc[at, "west"].to_numpy() + 60.0 * at.groupby(at).cumcount().to_numpy()
    south = corners.loc[at, "south"].to_numpy() - 120.0
    buildings = _placed(buildings, at, shapely.box(west, south, west + 45, south + 60), "B", 3, base.crs)
    parks = base.parks.loc[corners.index].copy()
    west, south, east, north = (corners[side] for side in ("west", "south", "east", "north"))
    parks["geometry"] = shapely.box(west - 50, south - 150, east + 50, north + 50)
    supply = base.supply[base.supply["park"].isin(parks.index)].reset_index(drop=True).rename_axis("supply_id")
    return replace(
        base, name="large", parks=parks, parcels=parcels, buildings=buildings,
        floors=_floors(base.floors, of, buildings.index.to_numpy(dtype=object)), supply=supply,
        restrictions=base.restrictions.iloc[:0], backdrop=base.backdrop.iloc[:0], files={}, systems={}, written={},
    )  # fmt: skip


def _grid(park: pd.Series) -> tuple[NDArray[np.object_], pd.DataFrame]:
    """Return the outline of each parcel, and the corners of the parks, which stand side by side."""
    nth = park.groupby(park).cumcount().to_numpy()
    block, cell = np.divmod(nth, 2 * ACROSS)
    group, of_group = np.divmod(block, ALONG)
    row, column = np.divmod(group, PER_ROW)
    group_m = np.array([ACROSS * WIDE_M + ROAD_M, ALONG * (2 * DEEP_M + STREET_M) + ROAD_M])
    west = column * group_m[0] + cell % ACROSS * WIDE_M
    south = row * group_m[1] + of_group * (2 * DEEP_M + STREET_M) + cell // ACROSS * DEEP_M
    parks = pd.Index(sorted(park.unique()), name="park_id", dtype=object)
    start = WEST + (PER_ROW * group_m[0] + APART_M) * np.arange(len(parks))
    west = west + start[parks.get_indexer(pd.Index(park))]
    south = south + SOUTH
    depth = DEEP_M * (1 - (nth * 7 % 11) / 33.0 * (cell // ACROSS))  # the far side of a block ends where its street is
    boxes = shapely.box(west, south, west + WIDE_M, south + depth)
    top = pd.Series(south + DEEP_M).groupby(park.to_numpy()).max()
    wide = pd.Series(west + WIDE_M).groupby(park.to_numpy()).max()
    corners = pd.DataFrame({"west": start, "south": SOUTH, "east": wide, "north": top}, index=parks)
    corners["east"] = np.maximum(corners["east"], start + PER_ROW * group_m[0])
    return boxes, corners


def _placed(
    frame: gpd.GeoDataFrame, park: pd.Series, shapes: NDArray[np.object_], letter: str, digits: int, crs: str
) -> gpd.GeoDataFrame:
    """Return places with identifiers of their own, where they now stand."""
    labels = pd.Index([f"{letter}{k + 1:0{digits}d}" for k in range(len(frame))], dtype=object, name=frame.index.name)
    moved = gpd.GeoDataFrame(pd.DataFrame(frame).assign(home_park=park, park=""), geometry=shapes, crs=crs)
    moved["zones"] = pd.Series([(one,) for one in park], dtype=object)
    return moved.set_index(labels)


def _floors(base: pd.DataFrame, of: NDArray[np.object_], labels: NDArray[np.object_]) -> pd.DataFrame:
    """Return the floors of each building: those of the one it was drawn from."""
    by_building = dict(list(base.groupby("building_id")))
    floors = pd.concat([by_building[old].assign(building_id=new) for old, new in zip(of, labels, strict=True)])
    names = floors["building_id"] + "-F" + floors["floor"].map("{:02d}".format)
    return floors.set_index(pd.Index(names, dtype=object, name="floor_id"))


def _projects(base: Projects, count: int, rng: np.random.Generator) -> Projects:
    """Return projects drawn from those of the sample, a fifth larger or smaller each."""
    leading = base.projects.index[base.projects["chain_role"] == "链主"].to_numpy(dtype=object)
    others = base.projects.index.difference(leading).to_numpy(dtype=object)
    drawn = np.r_[leading, rng.choice(others, count - len(leading))]
    names = np.array([f"P-{k + 1:03d}" for k in range(count)], dtype=object)
    now = dict(zip(leading, names, strict=False))
    factor = rng.uniform(0.8, 1.2, count)
    projects = base.projects.loc[drawn].set_index(pd.Index(names, dtype=object, name="project_id"))
    projects["supplies"] = [tuple(now[one] for one in listed if one in now) for listed in projects["supplies"]]
    money = ["investment_yi", "output_yi", "tax_yi", "jobs", "rnd_yi"]
    projects[money] = projects[money].mul(factor, axis=0)
    asked = []
    for name, old, size in zip(names, drawn, factor, strict=True):
        parts = base.parts[base.parts["project"] == old]
        sizes = parts[["land_m2", "land_max_m2", "gfa_m2", "power_kva"]].mul(size).round(-1)
        labels = pd.Index([f"{name}/{part}" for part in parts["part"]], dtype=object, name="part")
        asked.append(parts.assign(project=name, **{c: sizes[c] for c in sizes}).set_index(labels))
    return Projects(projects=projects, parts=pd.concat(asked).sort_index())


def main(rules: str = "every", times: str = "1") -> None:
    """Pose and solve it; print seconds, memory, sizes, score and bounds."""
    sample = Path(__file__).resolve().parents[1] / "scenarios" / "base.yaml"
    made = inputs(sample, rules, int(times))
    began = time.perf_counter()
    case = planner.pose(made)
    posed_s = time.perf_counter() - began
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    plan = planner.solve(case, gap=GAP, time_limit_s=PATIENCE_S)
    model = formulate(case)
    relaxed = exact.relax(model, threads=2) if times == "1" else None
    said = plan.summary
    print(json.dumps({
        "posed_s": posed_s, "peak_mib": peak_mib, "options": len(case.options), "rules": sorted(case.rules),
        "status": said["status"], "solve_s": said["seconds"]["solve"], "score": said["score"], "bound": said["bound"],
        "gap": said["gap"], "solver_gap": said["solver_gap"],
        "relaxation": None if relaxed is None else proof.bound(proof.proof_of(model, relaxed.prices)),
    }))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
