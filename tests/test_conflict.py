"""What conflicts: on paper, and by brute force over random tiny cases.

**Proves**: the demands told leave no plan together, and each of them is needed for that; on paper they are the ones a
person finds. **Sensitivity**: a filter that trusts the relaxation tells of all rows where three of 4 share two floors
of 6; one that stops too early keeps a demand without which the others still have no plan; one that lets go of too many
columns calls a question hopeless that has a plan.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from numpy.typing import NDArray
from onlookers import Impatient, LeftError, Onlooker
from tiny import MAIN_PARK, RULE_OF, Tables, best_plan, tables

from planner.case import Case
from planner.conflict import Demand, conflict, stated
from planner.solve import conflicting
from planner.solve.conflicting import Demands, conflict_among, plan_under

MUST = ("P0", "P1", "P2")


def told(case: Case) -> set[tuple[str, str]]:
    found = conflict(case)
    assert found is not None
    assert found.reduced
    return {(demand.rule, demand.key) for demand in found.demands}


def alone(case: Case, kept: set[tuple[str, str]]) -> Case:
    """Return a case of which only some demands are left."""
    rule = case.limits["kind"].map(lambda kind: RULE_OF.get(kind, kind))
    named = [pair in kept for pair in zip(rule, case.limits["key"], strict=True)]
    building = (case.limits["kind"] == "building").to_numpy()
    limits = case.limits.copy()
    filled = [("building_filled", key) in kept for key in limits["key"]]
    limits.loc[building & ~np.array(filled), "at_least"] = np.nan
    free = case.limits["kind"].isin(("leftover", "balance", "started_space")).to_numpy()
    soft = rule.isin(list(case.soft)).to_numpy()
    kept_in = [("must_place", name) in kept or "must_place" in case.soft for name in case.projects.index]
    must = case.projects["must_place"].to_numpy(dtype=bool) & np.array(kept_in)
    return dataclasses.replace(
        case,
        limits=limits[np.array(named) | building | free | soft],
        projects=case.projects.assign(must_place=must),
    )


def law(drawn: Tables) -> None:
    case = drawn.case()
    found = conflict(case)
    if best_plan(case) is not None:
        assert found is None
        return
    assert found is not None
    assert found.reduced
    demands = {(demand.rule, demand.key) for demand in found.demands}
    assert best_plan(alone(case, demands)) is None
    for each in demands:
        assert best_plan(alone(case, demands - {each})) is not None, each


@given(tables().filter(lambda drawn: bool(drawn.must_place)))
@hypothesis(max_examples=15)
def test_a_conflict_has_no_plan_and_nothing_in_it_is_idle(drawn: Tables) -> None:
    law(drawn)


@pytest.mark.long
@given(tables(goals=True))
@hypothesis(max_examples=2000)
def test_no_conflict_of_many_has_a_plan_or_anything_idle(drawn: Tables) -> None:
    law(drawn)


def of_floors(parts: dict[str, dict[str, float]], floors: dict[str, float], must: tuple[str, ...]) -> Case:
    """Return parts with the floors each could take and how much of them, and what these hold."""
    options = [(f"{project}/a", floor, 2026, 1.0) for project, takes in parts.items() for floor in takes]
    uses = [(k, "floor", floor, parts[part.split("/")[0]][floor]) for k, (part, floor, *_) in enumerate(options)]
    return Tables(tuple(options), tuple(uses), tuple(("floor", name, most, 0.0) for name, most in floors.items()),
                  must_place=must).case()  # fmt: skip


def test_three_of_4_do_not_fit_on_two_floors_of_6() -> None:
    """The relaxation places all; a fourth who may go elsewhere, and a third floor, are no part of it."""
    parts = {project: {"B-F01": 4.0, "B-F02": 4.0} for project in MUST}
    case = of_floors({**parts, "P3": {"C-F01": 1.0}}, {"B-F01": 6.0, "B-F02": 6.0, "C-F01": 6.0}, (*MUST, "P3"))
    floors = {("floor_not_overfilled", floor) for floor in ("B-F01", "B-F02")}
    assert told(case) == {*(("must_place", name) for name in MUST), *floors}


def test_what_the_relaxation_cannot_keep_is_cut_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine pairs fit, the tenth does not: of twenty projects and ten floors only three are searched."""
    parts = {f"P{k:02d}": {f"B-F{k // 2:02d}": 4.0} for k in range(20)}
    floors = {f"B-F{k:02d}": 6.0 if k == 7 else 8.0 for k in range(10)}
    posed = stated(of_floors(parts, floors, tuple(parts)))
    asked = []

    def counted(demands: Demands, kept: NDArray[np.bool_], *more: Any) -> tuple[NDArray[np.float64] | None, bool]:
        asked.append(int(kept.sum()))
        return plan_under(demands, kept, *more)

    monkeypatch.setattr(conflicting, "plan_under", counted)
    found = conflict_among(posed.stated, lambda: 10.0)
    assert found is not None
    assert [(posed.demands[k].rule, posed.demands[k].key) for k in found.demands] == [
        ("must_place", "P14"), ("must_place", "P15"), ("floor_not_overfilled", "B-F07"),
    ]  # fmt: skip
    assert (asked[:3], max(asked[3:])) == ([30, 0, 3], 2)


def test_a_least_that_only_others_could_reach_counts_them() -> None:
    """A park asks for 3 at least; the project that must be placed adds 1, another may add 1 more."""
    case = Tables(
        (("P0/a", "s", 2026, 1.0), ("P1/a", "t", 2026, 1.0)),
        ((0, "power", "K 2026", 1.0), (1, "power", "K 2026", 1.0)),
        (("power", "K 2026", None, 0.0, 3.0),),
        must_place=("P0",),
    )
    assert told(case.case()) == {("power", "K 2026")}
    reached = dataclasses.replace(case, limits=(("power", "K 2026", None, 0.0, 2.0),))
    assert conflict(reached.case()) is None


def test_a_part_without_an_option_conflicts_alone() -> None:
    case = Tables((("P0/a", "s", 2026, 1.0),), (), (), must_place=("P0",), more_parts=("P0/z",))
    assert told(case.case()) == {("must_place", "P0")}


def test_a_search_ends_at_once_where_who_looks_on_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two searches, and in one that would go on for ever.

    **Sensitivity**: looked on at between searches alone, the last would go on to the end of the time, and tell nothing.
    """
    case = of_floors({name: {"B-F01": 4.0, "B-F02": 4.0} for name in MUST}, {"B-F01": 6.0, "B-F02": 6.0}, MUST)
    everything = Onlooker()
    assert conflict(case, look=everything) is not None
    assert everything.looks > 4
    for leaves in range(1, everything.looks + 1):
        with pytest.raises(LeftError):
            conflict(case, look=Onlooker(leaves))
    with pytest.raises(LeftError):
        conflict(case, time_limit_s=20.0, look=Impatient(monkeypatch))


def test_time_that_ends_is_told() -> None:
    posed = stated(of_floors({name: {"B-F01": 4.0} for name in MUST}, {"B-F01": 6.0}, MUST))
    turns = iter([10.0, 10.0, 10.0, *[0.0] * 99])
    found = conflict_among(posed.stated, lambda: next(turns))
    assert found is not None
    assert not found.reduced
    hopeless = np.zeros(posed.stated.count, dtype=bool)
    hopeless[found.demands] = True
    assert plan_under(posed.stated, hopeless, 10.0) == (None, True)


def test_what_measures_the_rest_of_a_floor_is_not_given() -> None:
    """Three of 4 on a floor of 6 whose rest counts as lost where it is less than 3, and that two parts may share.

    **Sensitivity**: the rows of that measure say too that the floor is not overfilled; taken for given, they would
    leave the floor out of what conflicts.
    """
    case = of_floors({name: {"B-F01": 4.0} for name in MUST}, {"B-F01": 6.0}, MUST)
    limits = pd.concat([case.limits, case.limits.assign(kind="leftover", at_least=3.0)], ignore_index=True)
    found = told(dataclasses.replace(case, limits=limits))
    assert ("floor_not_overfilled", "B-F01") in found
    assert len(found) == 3


def test_what_opening_a_building_means_does_not_say_how_much_its_floors_hold() -> None:
    """Two of 4 on a floor of 6 of a building that costs points to open. **Sensitivity**: only the two would be told."""
    case = Tables(
        (("P0/a", "s", 2026, 1.0), ("P1/a", "s", 2026, 1.0)),
        ((0, "floor", "B2-F01", 4.0), (1, "floor", "B2-F01", 4.0), (0, "building", "B2", 4.0),
         (1, "building", "B2", 4.0)),
        (("floor", "B2-F01", 6.0, 0.0), ("building", "B2", None, 1.0)),
        must_place=("P0", "P1"),
    )  # fmt: skip
    assert told(case.case()) == {("must_place", "P0"), ("must_place", "P1"), ("floor_not_overfilled", "B2-F01")}


def test_columns_that_help_nobody_are_left_aside() -> None:
    """Of two who want one floor and may stay out, and one who must be on another, one option and its project matter."""
    case = of_floors({"P0": {"s": 1.0}, "P1": {"t": 1.0}, "P2": {"t": 1.0}}, {"s": 1.0, "t": 1.0}, ("P0",))
    asked: Demands = stated(case).stated
    within = asked.within(np.ones(asked.count, dtype=bool))
    assert [asked.model.column_keys[k] for k in within.columns] == [("place", "0"), ("placed", "P0")]


def test_demands_are_told_with_their_figures() -> None:
    power = Demand("power", "SY 2026", at_most=20_000.0, unit="kVA")
    assert (power.words.en, power.words.zh) == (
        "power by park and year SY 2026 (at most 20,000 kVA)", "园区供电 SY 2026（至多 20,000 kVA）",
    )  # fmt: skip
    assert Demand("housing", "SY", at_most=300.0, unit="beds").words.zh == "职工住房 SY（至多 300 床）"
    assert Demand("locks", "P-001", what="B07").words.en == "locked there P-001 → B07"
    assert Demand("bans", "0", what="P-001 → B07").words.en == "banned from: P-001 → B07"
    assert Demand("must_place", "P-001", at_least=1.0).words.en == "must be placed P-001"
    assert MAIN_PARK in RULE_OF or Demand(MAIN_PARK, "C").words.zh == "一集群一园区 C"
