"""Goals on paper: what each goal brings, on a case small enough to be worked out by hand.

**Proves** says what follows by hand, **Sensitivity** which wrong answer the likeliest bug would give.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
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
from planner.errors import ScenarioError
from planner.intake.inputs import Inputs, earlier
from planner.model import formulate
from planner.plan import Plan, save
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


# Goals that hang on several options: cases without geometry

LEADER, SUPPLIER = ("L", "C", ()), ("S", "C", ("L",))
APART = [
    ("L/main", "a", 2026, 1, "K1", 10), ("L/main", "b", 2026, 0, "K2", 10),
    ("S/main", "c", 2026, 0, "K1", 30), ("S/main", "d", 2026, 3, "K2", 30),
]  # fmt: skip
"""A leader better off in K1 and its supplier better off in K2; 10 and 30 m² of floor space."""


def best(posed: Case) -> tuple[float, dict[str, str]]:
    """Return the best score, and where each part stands."""
    plan = planner.solve(posed, gap=0.0, threads=1)
    return float(plan.summary["score"]), dict(zip(plan.placements["part"], plan.placements["park"], strict=True))


def test_chain() -> None:
    """**Proves**: a link kept is worth 2 points, moving the leader to its supplier costs 1: both in K2, 3 + 2.

    Where it is worth half a point they stay apart: 1 + 3.

    **Sensitivity**: were a link kept wherever both are placed, the score would be 6 and 4.5.
    """
    assert best(case(APART, projects=[LEADER, SUPPLIER], goals={"chain": 2})) == (5, {"L/main": "K2", "S/main": "K2"})
    assert best(case(APART, projects=[LEADER, SUPPLIER], goals={"chain": 0.5}))[0] == 4


def test_chain_stands_where_the_first_part_does() -> None:
    """**Proves**: the leader's park is that of its production (K1), though its hq comes first by name: no link, 3.

    **Sensitivity**: by the first name, or by any part, the link would be kept: 5.
    """
    options = [("L/hq", "a", 2026, 0, "K2", 1), ("L/production", "b", 2026, 0, "K1", 1), APART[3]]
    assert best(case(options, projects=[LEADER, SUPPLIER], goals={"chain": 2}))[0] == 3


def test_link_kept() -> None:
    """**Proves**: one column for the link and each park both may stand in; K2 at its limit, K1 not: 0 and 1.

    **Sensitivity**: with a column also for parks only one of them may take there would be three.
    """
    options = [*APART, ("S/main", "e", 2026, 0, "K3", 30)]
    model = formulate(case(options, projects=[LEADER, SUPPLIER], goals={"chain": 2}))
    links = model.columns_of("link_kept")
    assert [key for _, key in model.column_keys[links]] == ["L S K1", "L S K2"]
    found = exact.search(model, gap=0.0, effort=10_000, time_limit_s=30.0, seed=1, threads=1)
    assert found.x is not None
    assert found.x[links].tolist() == [0, 1]
    assert not formulate(case(options, projects=[LEADER, SUPPLIER])).columns_of("link_kept").stop > links.start


def test_cluster() -> None:
    """**Proves**: 0.2 points a m² in the cluster's main park: together in K2 3 + 0.2 × 40 = 11; apart 4 + 0.2 × 30.

    **Sensitivity**: were every park a main park they would stay apart with 4 + 8 = 12; with one that is fixed, 10.
    """
    together = case(APART, projects=[LEADER, SUPPLIER], goals={"cluster": 0.2})
    assert best(together) == (11, {"L/main": "K2", "S/main": "K2"})
    other = [LEADER, ("S", "D", ())]
    assert best(case(APART, projects=other, goals={"cluster": 0.2}))[0] == 12  # two clusters, a park each


def test_main_park() -> None:
    """**Proves**: of K1 (10 m²) and K2 (30 m²), held apart, K2 is the main park, and only that.

    **Sensitivity**: without one_main_park both would be.
    """
    model = formulate(case([APART[0], APART[3]], projects=[LEADER, SUPPLIER], goals={"cluster": 0.2}))
    found = exact.search(model, gap=0.0, effort=10_000, time_limit_s=30.0, seed=1, threads=1)
    assert found.x is not None
    assert dict(zip(model.column_keys[model.columns_of("main_park")], found.x[model.columns_of("main_park")],
                    strict=True)) == {("main_park", "C K1"): 0, ("main_park", "C K2"): 1}  # fmt: skip


def test_in_main_park() -> None:
    """**Proves**: the floor space credited is what stands in the main park, 30 m² of at most 30 there; elsewhere none.

    **Sensitivity**: credited up to the most there can be, K1 would add 10 without being chosen as main park.
    """
    model = formulate(case([APART[0], APART[3]], projects=[LEADER, SUPPLIER], goals={"cluster": 0.2}))
    credited = model.columns_of("in_main_park")
    assert model.upper[credited].tolist() == [10, 30]
    found = exact.search(model, gap=0.0, effort=10_000, time_limit_s=30.0, seed=1, threads=1)
    assert found.x is not None
    assert found.x[credited].tolist() == pytest.approx([0, 30])


def test_a_scattered_cluster_is_not_credited_by_halves() -> None:
    """**Proves**: L brings 5 in K1, S 5 in K2, 10 m² each: apart 10 + 0.2 × 10 = 12, and the relaxation says no more.

    **Sensitivity**: with one row for the cluster and 20 m² as coefficient both parks would be its main one by halves,
    all 20 m² credited, and the relaxation 14.
    """
    options = [("L/main", "a", 2026, 5, "K1", 10), ("L/main", "b", 2026, 0, "K2", 10),
               ("S/main", "c", 2026, 0, "K1", 10), ("S/main", "d", 2026, 5, "K2", 10)]  # fmt: skip
    model = formulate(case(options, projects=[LEADER, SUPPLIER], goals={"cluster": 0.2}))
    assert float(model.c @ exact.relax(model, threads=1).x) == pytest.approx(12)


TENANTS = [(f"{name}/main", "F", 2026, points) for name, points in (("P", 5), ("Q", 5), ("R", 4))]
ON_F = [(0, "floor", "F", 3.0), (1, "floor", "F", 4.0), (2, "floor", "F", 5.0)]
FLOOR = [("floor", "F", 8.0, 0), ("leftover", "F", 8.0, 0, 3.0)]
"""A floor of 8 m² with a least unit of 3 m², and tenants of 3, 4 and 5 m²."""


def test_leftover() -> None:
    """**Proves**: P and Q leave 1 m², too small to use: 10 − 2 × 1 = 8; P and R fill the floor: 9.

    Q alone leaves 4 m², which are of use.

    **Sensitivity**: were only what is left counted, usable or not, Q alone would lose 8 points; were a floor filled to
    the brim a loss too, P and R would not be chosen.
    """
    posed = case(TENANTS, ON_F, FLOOR, goals={"leftover": 2})
    assert best(posed)[0] == 9
    assert best(case(TENANTS, ON_F, FLOOR, goals={"leftover": 0.5}))[0] == 9.5  # P and Q, 0.5 lost
    assert best(case(TENANTS[1:2], [(0, "floor", "F", 4.0)], FLOOR, goals={"leftover": 2}))[0] == 5
    alone = [*ON_F[:1], (0, "leftover", "F2", 2.0)]
    assert best(case(TENANTS[:1], alone, [FLOOR[0], ("leftover", "F2", None, 0)], goals={"leftover": 2}))[0] == 1


def test_leftover_of_a_cut() -> None:
    """**Proves**: on parcel J a cut that loses 2 m² is worth 5 − 2 × 2 = 1; on K, where none is lost, 4: K.

    At a weight of 0.25 it is J: 5 − 0.25 × 2 = 4.5.

    **Sensitivity**: were nothing lost by cuts, J would be taken at any weight: 5.
    """
    options = [("P/main", "J/end1", 2026, 5), ("P/main", "K/end1", 2026, 4)]
    uses = [(0, "parcel_share", "J", 10.0), (1, "parcel_share", "K", 8.0), (0, "leftover", "J", 2.0)]
    limits = [("parcel_share", "J", 10.0, 0), ("parcel_share", "K", 10.0, 0), ("leftover", "J", None, 0)]
    assert best(case(options, uses, limits, goals={"leftover": 2}))[0] == 4
    assert best(case(options, uses, limits, goals={"leftover": 0.25}))[0] == 4.5


def lost_and_written_off(posed: Case) -> tuple[list[float], list[float]]:
    model = formulate(posed)
    found = exact.search(model, gap=0.0, effort=10_000, time_limit_s=30.0, seed=1, threads=1)
    assert found.x is not None
    return found.x[model.columns_of("left_over")].tolist(), found.x[model.columns_of("written_off")].tolist()


def test_left_over() -> None:
    """**Proves**: P and Q leave 1 m² of 8 lost. **Sensitivity**: the least unit whole would be 3, nothing used 8."""
    lost, _ = lost_and_written_off(case(TENANTS[:2], ON_F[:2], FLOOR, goals={"leftover": 1}))
    assert lost == pytest.approx([1])


def test_written_off() -> None:
    """**Proves**: the rest of 1 m² is given up, that of 4 m² is not. **Sensitivity**: a rest is a rest: twice 1."""
    _, off = lost_and_written_off(case(TENANTS[:2], ON_F[:2], FLOOR, goals={"leftover": 1}))
    assert off == [1]
    _, off = lost_and_written_off(case(TENANTS[1:2], [(0, "floor", "F", 4.0)], FLOOR, goals={"leftover": 1}))
    assert off == [0]


POLES = [("balance", "K1", 20.0, 0), ("balance", "K2", 60.0, 0)]


def test_balance() -> None:
    """**Proves**: L fills K1 by 10 ÷ 20, S K2 by 30 ÷ 60: evenly, so nothing is lost: 4.

    Both in K2 it is 40 ÷ 60 against none: 3 − 6 × ⅔ = −1; nobody at all would be 0.

    **Sensitivity**: by m² rather than shares of what a pole can hold, 4 − 6 × 20; by the fullest alone 4 − 6 × ½.
    """
    assert best(case(APART, (), POLES, projects=[LEADER, SUPPLIER], goals={"balance": 6}))[0] == pytest.approx(4)
    both_in_k2 = case(APART[1::2], (), POLES, must_place=["L", "S"], goals={"balance": 6})
    assert best(both_in_k2)[0] == pytest.approx(-1)


def test_filled() -> None:
    """**Proves**: a pole may be filled beyond what it is said to hold: 30 of 20 m², 1.5; so may the column.

    **Sensitivity**: bounded by 1, the one way to place S would be forbidden.
    """
    full = [("S/main", "c", 2026, 9, "K1", 30)]
    posed = case(full, (), POLES, goals={"balance": 2})
    model = formulate(posed)
    assert model.upper[model.columns_of("filled")].tolist() == [1.5, 1.5]
    assert best(posed)[0] == pytest.approx(9 - 2 * 1.5)


# The same on the small territory, where the audit measures them again


def test_goals_of_several_options_on_the_territory(small: Inputs) -> None:
    """**Proves**: posed from layers, audit and plan agree on links, clusters, leftovers and balance.

    P-009 supplies P-001, whose parcels are held in XQD and its own production in YL: no link of one. P-011 (C01) and
    P-014 (B6) are clusters by themselves: all their 3,000 m² are in the main park. P-014's 1,000 m² on a floor of
    which 500 of 2,000 are let leaves 500, just a least unit; P-018 of the same size on B01-F04 leaves 1,000.

    **Sensitivity**: any other reading breaks the score of the audit, in `solved`.
    """
    goals = {"chain": 1, "cluster": 1, "leftover": 1, "balance": 1, "investment": 1}
    held = {"P-001": {"park": "XQD"}, "P-009/production": {"park": "YL"}, "P-014": "B03-F04", "P-011": "B02-F03"}
    plan = solved(question(small, "P-001 P-009 P-011 P-014", goals, locks=held))
    found = plan.goals.set_index("goal")["raw"]
    assert found["chain"] == 0
    assert found["cluster"] == pytest.approx(120_000 + 4000 + 2000 + 1000)  # P-009's wet part stands in JB
    free = {"P-001": {"park": "XQD"}, "P-009/production": {"park": "XQD"}}
    plan = solved(question(small, "P-001 P-009", {"chain": 1}, locks=free))
    assert plan.summary["score"] == pytest.approx(100)


def test_leftover_on_the_territory(small: Inputs) -> None:
    """**Proves**: of 2,000 m², P-016 with 1,600 leaves 400, less than a least unit of 500; of 14,500 in all: −2.76.

    **Sensitivity**: were floors one part alone may take left out, nothing would be lost.
    """
    parts = small.projects.parts.copy()
    parts.loc["P-016/main", "gfa_m2"] = 1600.0
    smaller = dataclasses.replace(small, projects=dataclasses.replace(small.projects, parts=parts))
    alone = question(smaller, "P-016", {"leftover": 1}, locks={"P-016": "B02-F02"})
    assert solved(alone).summary["score"] == pytest.approx(-100 * 400 / 14_500)
    shared = question(smaller, "P-011 P-016", {"leftover": 1}, locks={"P-016": "B02-F02", "P-011": {"building": "B02"}})
    assert solved(shared).summary["score"] == pytest.approx(-100 * 400 / 14_500)


def test_balance_on_the_territory(small: Inputs) -> None:
    """**Proves**: YL, with P-001's 120,000 m² of floor space in it, can hold 814,000; XQD stays empty: −100 × 0.147.

    Eight parcels of 30,000 m² and two cut to 12,000 at FAR 3 are 792,000; B01 and B02 have 22,000 m² free.

    **Sensitivity**: by floors alone, by land alone or by all land, occupied too, another share.
    """
    plan = solved(question(small, "P-001", {"balance": 1}, locks={"P-001": {"park": "YL"}}))
    land_m2 = 3 * (8 * 30_000 + 2 * 12_000)
    assert plan.summary["score"] == pytest.approx(-100 * 120_000 / (land_m2 + 22_000))


def test_stability(small: Inputs, tmp_path: Path) -> None:
    """**Proves**: P-011 stays on B02-F03, where the earlier plan has it; P-014, there on B02-F04, must move: 1 of 2.

    **Sensitivity**: by building or park both would count; without the goal P-011 would be anywhere.
    """
    first = planner.solve(planner.pose(question(small, "P-011 P-014", {"tier": 1},
                                                locks={"P-011": "B02-F03", "P-014": "B02-F04"})))  # fmt: skip
    save(first, tmp_path / "plan", {}, {})
    scenario = {"locks": {"P-014": "B02-F05"}, "stability": {"plan": tmp_path / "plan"}, "must_place": ["P-011"]}
    asked = question(small, "P-011 P-014", {"stability": 1}, **scenario)
    again = dataclasses.replace(asked, earlier=earlier(asked.scenario))
    plan = solved(again)
    assert plan.summary["score"] == pytest.approx(50)
    assert "B02-F03" in plan.placements["site"].tolist()


def test_stability_needs_a_plan(small: Inputs, tmp_path: Path) -> None:
    """Weighed without a plan, or with a folder that holds none: an error that says so before anything is solved."""
    with pytest.raises(ScenarioError, match="needs an earlier plan"):
        earlier(question(small, "P-011", {"stability": 1}).scenario)
    with pytest.raises(ScenarioError, match="nowhere"):
        earlier(question(small, "P-011", {"stability": 1}, stability={"plan": tmp_path / "nowhere"}).scenario)


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
