"""Alternatives: plans nearly as good that stand elsewhere, judged by brute force and from their tables alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from small import write_small_scenario
from tiny import Tables, case, every_plan, tables

import planner
from planner.alternatives import alternatives, spread
from planner.case import Case
from planner.errors import ScenarioError
from planner.plan import Plan, gap_of

CLOSE = 1e-6


def homes(posed: Case) -> list[set[str]]:
    """Return the parcels and floors (here of no building) that each option takes."""
    found: list[set[str]] = [set() for _ in posed.options.index]
    for option, kind, key in posed.uses[["option", "kind", "key"]].itertuples(index=False):
        if kind in ("parcel", "parcel_share", "floor"):
            found[option].add(key)
    return found


def apart(posed: Case, a: tuple[int, ...], b: tuple[int, ...]) -> int:
    """Return how many projects have a part elsewhere."""
    of, taken = homes(posed), []
    for plan in (a, b):
        where: dict[str, set[str]] = {}
        for option in plan:
            where.setdefault(posed.options["part"].iat[option], set()).update(of[option])
        taken.append(where)
    differs = set()
    for part, project in posed.parts["project"].items():
        one, other = (where.get(str(part)) for where in taken)
        if (one is None) != (other is None) or (one is not None and other is not None and not one & other):
            differs.add(project)
    return len(differs)


def chosen_of(posed: Case, plan: Plan) -> tuple[int, ...]:
    keys = ["part", "site", "start_year"]
    wanted = set(plan.placements[keys].itertuples(index=False, name=None))
    return tuple(k for k, row in enumerate(posed.options[keys].itertuples(index=False, name=None)) if row in wanted)


@settings(max_examples=25, phases=[Phase.generate])
@given(tables(whole_points=False), st.integers(1, 3), st.sampled_from([0.05, 0.5, 3.0]))
def test_brute_force_finds_no_plan_that_was_said_not_to_be_there(made: Tables, least: int, within: float) -> None:
    """**Proves**: what is found is a plan, in reach and far enough; where none is, brute force finds none either."""
    posed = made.case()
    plans = every_plan(posed)
    if not plans or len(posed.projects) < least:
        return
    first = planner.warm(posed, gap=0.0, threads=1)
    if first.gap is None or first.gap > within:
        return  # the first itself is not within reach, by proof
    found = alternatives(first, 2, within=within, apart=least)
    best = max(each.score for each in plans)
    known = {tuple(sorted(each.chosen)): each.score for each in plans}
    for plan in found.plans:
        assert known[chosen_of(posed, plan)] == pytest.approx(plan.summary["score"], abs=CLOSE)
        assert gap_of(plan.summary["score"], first.bound) <= within + CLOSE
        assert plan.summary["bound"] >= best - CLOSE
    told = [chosen_of(posed, plan) for plan in found.plans]
    one = told[0]
    if found.more == "found":
        assert apart(posed, *told) == found.distances[0, 1] >= least
    elif found.more == "none":
        reach = [each for each in plans if gap_of(each.score, first.bound) <= within - CLOSE]
        assert max((apart(posed, one, tuple(each.chosen)) for each in reach), default=0) < least


def rotating() -> Case:
    """Return: P, Q, R on s, t, u, each anywhere; 5 points where they are at home, 4.9 and 4.8 one and two further."""
    names = "PQR"
    options = [(f"{name}/main", site, 2026, 5 - ((j - i) % 3) / 10)
               for i, name in enumerate(names) for j, site in enumerate("stu")]  # fmt: skip
    uses = [(k, "floor", "stu"[k % 3], 1.0) for k in range(9)]
    return case(options, uses, [("floor", site, 1.0, 0.0) for site in "stu"])


def test_three_plans_without_anything_in_common() -> None:
    """**Proves**: 15, 14.7 and 14.4 points, pairwise 3 apart. **Sensitivity**: swaps of two are 2 apart, 14.7."""
    found = alternatives(planner.warm(rotating(), gap=0.0), 3, within=0.05, apart=1)
    assert sorted(round(plan.summary["score"], 6) for plan in found.plans) == [14.4, 14.7, 15.0]
    assert found.distances.tolist() == [[0, 3, 3], [3, 0, 3], [3, 3, 0]]
    assert not found.where["certain"].any()
    assert found.where.loc["P/main", ["1", "2", "3"]].tolist() in (["s", "t", "u"], ["s", "u", "t"])


def test_no_fourth_by_proof() -> None:
    """**Proves**: three plans fill all three sites with each project once; a fourth 3 apart is not there."""
    found = alternatives(planner.warm(rotating(), gap=0.0), 4, within=0.5, apart=3)
    assert (len(found.plans), found.more) == (3, "none")


def test_out_of_reach_is_told_by_proof() -> None:
    """**Proves**: 14.7 lies 2 % below 15, beyond 1 %. **Sensitivity**: `within` 3 % finds it."""
    first = planner.warm(rotating(), gap=0.0)
    assert alternatives(first, 2, within=0.01, apart=2).more == "none"
    assert alternatives(first, 2, within=0.03, apart=2).more == "found"


def test_another_year_or_floor_space_counts_as_asked() -> None:
    """**Proves**: the same site in another year is no alternative; m² weigh what a part asks for."""
    options = [("P/main", "s", 2026, 5.0, "", 900.0), ("P/main", "s", 2027, 5.0, "", 900.0),
               ("Q/main", "t", 2026, 5.0, "", 100.0), ("Q/main", "u", 2026, 5.0, "", 100.0)]  # fmt: skip
    uses = [(0, "floor", "s", 1.0), (1, "floor", "s", 1.0), (2, "floor", "t", 1.0), (3, "floor", "u", 1.0)]
    first = planner.warm(case(options, uses, [("floor", site, 1.0, 0.0) for site in "stu"]), gap=0.0)
    found = alternatives(first, 2, within=0.0, apart=1, unit="m2")
    assert found.distances[0, 1] == 100
    assert found.where["certain"].to_dict() == {"P/main": True, "Q/main": False}
    assert alternatives(first, 2, within=0.0, apart=101, unit="m2").more == "none"


@pytest.mark.parametrize("seed", range(20))
def test_the_spread_set_is_the_best_there_is(seed: int) -> None:
    """Against every set of three of seven that holds the first."""
    points = np.random.default_rng(seed).random((7, 2))
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)

    def closest(chosen: list[int]) -> float:
        return min(distances[a, b] for a in chosen for b in chosen if a < b)

    every = [closest([0, a, b]) for a in range(1, 7) for b in range(a + 1, 7)]
    assert closest(spread(distances, 3)) == max(every)


def test_plans_of_a_territory_are_told_apart_by_their_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """**Proves**: distances, bounds and the audit hold by code that made none of them."""
    monkeypatch.setitem(alternatives.__globals__, "STEPS", 1)
    inputs = planner.read(write_small_scenario(tmp_path))
    found = alternatives(planner.warm(inputs, gap=0.02), 2, within=0.9, apart=1)
    assert len(found.plans) > 1
    building = inputs.territory.floors["building_id"].to_dict()
    stands = [
        {
            part: {building.get(place, place) for place in of["place"]}
            for part, of in plan.uses[plan.uses["place_kind"].isin(["parcel", "floor"])].groupby("part")
        }
        for plan in found.plans
    ]
    parts = planner.pose(inputs).parts["project"]
    for a, one in enumerate(stands):
        for b, other in enumerate(stands):
            differs = {parts[part] for part in {*one, *other} if not one.get(part, set()) & other.get(part, set())}
            assert len(differs) == found.distances[a, b]
    for plan in found.plans:
        assert planner.audit(plan, inputs)["kept"].all()
        assert gap_of(plan.summary["score"], plan.summary["bound"]) <= 0.9
        assert plan.extra.empty


def test_what_no_plans_can_be_is_told_at_once() -> None:
    first = planner.warm(rotating(), gap=0.0)
    with pytest.raises(ScenarioError) as raised:
        alternatives(first, 1, within=0.1, apart=4)
    assert [fault.column for fault in raised.value.faults] == ["count", "apart"]


def test_without_a_plan_there_is_no_alternative() -> None:
    posed = case([("P/main", "s", 2026, 1.0)], [(0, "floor", "s", 2.0)], [("floor", "s", 1.0, 0.0)], must_place=["P"])
    with pytest.raises(ScenarioError, match="no plan"):
        alternatives(planner.warm(posed), 2, within=0.1, apart=1)
