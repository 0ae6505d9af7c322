"""Goals on paper: what each goal brings, on a case small enough to be worked out by hand.

**Proves** says what follows by hand, **Sensitivity** which wrong answer the likeliest bug would give.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from small import CRS
from tiny import case

import planner
from planner.audit import audit
from planner.case import Case
from planner.intake.inputs import Inputs
from planner.model import formulate
from planner.plan import Plan
from planner.projects import Projects
from planner.scenario import Scenario
from planner.solve import exact


def question(small: Inputs, projects: str, goals: Mapping[str, float], **keys: Any) -> Inputs:
    """Return some projects of the small territory under some goals."""
    names = projects.split()
    parts = small.projects.parts
    asked = Projects(small.projects.projects.loc[names], parts[parts["project"].isin(names)])
    scenario = Scenario.model_validate({"years": (2026, 2030), "goals": goals, **keys})
    return dataclasses.replace(small, scenario=scenario, projects=asked, root=None)


def solved(asked: Inputs) -> Plan:
    """Return the best plan, and see that the audit comes to the same points."""
    plan = planner.solve(planner.pose(asked), gap=0.0, threads=1)
    found = audit(plan, asked)
    assert found[~found["kept"]].empty
    assert set(found.loc[found["rule"] == "score", "key"]) > {f"{goal}/raw" for goal in plan.goals["goal"]}
    return plan


def raw(plan: Plan, goal: str) -> float:
    return float(plan.goals.set_index("goal")["raw"][goal])


def of_project(small: Inputs, column: str, **figures: float) -> Inputs:
    """Return the small territory with one figure of some projects (P_002=40)."""
    frame = small.projects.projects.copy()
    frame[column] = frame[column].astype(float)
    for name, value in figures.items():
        frame.loc[name.replace("_", "-"), column] = value
    return dataclasses.replace(small, projects=dataclasses.replace(small.projects, projects=frame))


def on(small: Inputs, **layers: Any) -> Inputs:
    """Return the small territory with other layers."""
    return dataclasses.replace(small, territory=dataclasses.replace(small.territory, **layers))


ON_ONE_PARCEL = {"only": {"P-002": ["YL-04"], "P-003": ["YL-04"]}}
"""Two projects compete for one parcel."""


def test_jobs(small: Inputs) -> None:
    """**Proves**: P-002 has 300 jobs, P-003 100, one parcel for both: 100 × 300 ÷ 400.

    **Sensitivity**: over the projects placed it would be 100; by number of projects 50.
    """
    plan = solved(question(of_project(small, "jobs", P_002=300), "P-002 P-003", {"jobs": 1}, **ON_ONE_PARCEL))
    assert plan.summary["score"] == pytest.approx(75)
    assert raw(plan, "jobs") == pytest.approx(300)


def test_rnd(small: Inputs) -> None:
    """**Proves**: P-003 spends 3 亿元 on research and P-002 says nothing: P-003 gets the parcel, all there is: 100.

    **Sensitivity**: were silence not-a-number there would be no score; by investment P-002 would get it.
    """
    plan = solved(question(of_project(small, "rnd_yi", P_003=3), "P-002 P-003", {"rnd": 1}, **ON_ONE_PARCEL))
    assert plan.summary["score"] == pytest.approx(100)
    assert plan.placements["project"].tolist() == ["P-003"]


def test_shape(small: Inputs) -> None:
    """**Proves**: P-001 takes two parcels of 200 m × 150 m and 20 m of street between: the long way or the short.

    420 m × 150 m (perimeter 1,140 m): 4π × 63,000 ÷ 1,140² = 0.609; 200 m × 320 m (1,040 m): 4π × 64,000 ÷ 1,040² =
    0.744. The second is chosen and loses 60,000 × (1 − 0.744) m² of 60,000.

    **Sensitivity**: with the street left open, two outlines of 700 m each: 4π × 60,000 ÷ 1,400² = 0.385; rounded apart
    from one another by their areas 0.77; without the goal either will do.
    """
    plan = solved(question(small, "P-001", {"shape": 1}, must_place=["P-001"]))
    compact = 4 * np.pi * 64_000 / 1040**2
    assert plan.summary["score"] == pytest.approx(-100 * (1 - compact))
    long_way = solved(question(small, "P-001", {"shape": 1}, locks={"P-001": ["YL-04", "YL-05"]}))
    assert long_way.summary["score"] == pytest.approx(-100 * (1 - 4 * np.pi * 63_000 / 1140**2))


def with_ways(small: Inputs) -> Inputs:
    """Return the small territory with a motorway on x = 483,000, a road much nearer, an airport beyond."""
    lines = {"高速": 483_000, "大道": 484_990, "机场": 480_000}
    frame = gpd.GeoDataFrame(
        {
            "kind": ["road", "road", "airport"],
            "name_zh": ["沿江高速", "松福大道", "机场"],
            "name_en": ["expressway", "avenue", "airport"],
        },
        geometry=[shapely.LineString([(x, 2_500_000), (x, 2_540_000)]) for x in lines.values()],
        index=["D1", "D2", "D3"],
        crs=CRS,
    )
    return on(small, backdrop=frame)


def test_access(small: Inputs) -> None:
    """**Proves**: P-002 goes to YL-01, 2 km from the motorway; the farthest parcel, XQD-05, is 4.88 km away: 2 ÷ 4.88.

    P-008 has two parts, one on YL-02 (2.22 km), one in B01 (2 km): 2.11 km, of 2 × 4.88 with P-002.

    **Sensitivity**: were every road a motorway it would be 10 m; summed over parts P-008 would count 4.22.
    """
    asked = question(with_ways(small), "P-002", {"access": 1}, must_place=["P-002"])
    plan = solved(asked)
    assert plan.placements["site"].tolist() == ["YL-01"]
    assert plan.summary["score"] == pytest.approx(-100 * 2 / 4.88)
    both = {"must_place": ["P-002", "P-008"], "only": {"P-008/production": ["YL-02"], "P-008/research": "B01"}}
    plan = solved(question(with_ways(small), "P-002 P-008", {"access": 1}, **both))
    assert plan.summary["score"] == pytest.approx(-100 * (2 + 2.11) / (2 * 4.88))


def test_access_where_no_way_is_known(small: Inputs) -> None:
    """**Proves**: without a motorway, metro, port or airport nothing is lost. **Sensitivity**: no score at all."""
    assert solved(question(small, "P-002", {"access": 1}, must_place=["P-002"])).summary["score"] == 0


def test_preparation(small: Inputs) -> None:
    """**Proves**: YL-06 costs 3 亿元 to prepare, YL-07 1, others nothing: P-004, confined to both, takes YL-07: −25.

    **Sensitivity**: over what is taken −100; were land not on offer (YL-11, 6) counted, −10.
    """
    parcels = small.territory.parcels.copy()
    parcels.loc[["YL-06", "YL-07", "YL-11"], "preparation_cost_yi"] = [3.0, 1.0, 6.0]
    ground = on(small, parcels=parcels)
    only = {"P-004": ["YL-06", "YL-07"]}
    plan = solved(question(ground, "P-004", {"preparation": 1}, only=only, must_place=["P-004"]))
    assert plan.placements["site"].tolist() == ["YL-07"]
    assert plan.summary["score"] == pytest.approx(-25)


def test_rent(small: Inputs) -> None:
    """**Proves**: P-011 takes 2,000 m² at 20 元 in B02 (others 40; B03 does not say): 4 of 8 万元 a month: −50.

    **Sensitivity**: in 元 a year, or over the rent of what is taken, −100; were B03's silence free of charge, 0.
    """
    buildings = small.territory.buildings.copy()
    buildings["rent_cny_m2_month"] = [40.0, 20.0, np.nan, 40.0, 40.0]
    ground = on(small, buildings=buildings)
    plan = solved(question(ground, "P-011", {"rent": 1}, must_place=["P-011"]))
    assert plan.placements["site"].str.startswith("B02").all()
    assert plan.summary["score"] == pytest.approx(-50)
    assert raw(plan, "rent") == pytest.approx(4)
    silent = solved(question(ground, "P-011", {"rent": 1}, locks={"P-011": "B03"}))
    assert silent.summary["score"] == pytest.approx(-100)


# What follows from the options


def test_what_follows_from_the_options_is_settled_at_its_best() -> None:
    """**Proves**: a search that leaves B opened for nobody (−3) is put right: P elsewhere (0.5) opens nothing.

    **Sensitivity**: taken as the search left it, the score would be −2.5.
    """
    posed: Case = case(
        [("P/main", "B-F01", 2026, 2), ("P/main", "s", 2026, 0.5)],
        [(0, "building", "B", 1)],
        [("building", "B", None, 3)],
    )
    model = formulate(posed)
    left = model.lower.copy()
    left[model.columns_of("place").start + 1] = 1
    left[model.columns_of("placed")] = 1
    left[model.columns_of("opened")] = 1
    assert model.c @ left == pytest.approx(-2.5)
    x = exact.settled(model, left)
    assert model.points_by_goal(x) == {**dict.fromkeys(model.points_by_goal(x), 0.0), "given": 0.5}
