"""What differs between two plans: who makes whom move, what decides, and lines on a map."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from small import write_small_scenario
from test_explain import by_hand

from planner.case import Case, pose
from planner.comparison import Comparison, arrows, compare
from planner.intake.inputs import read
from planner.model import GOALS
from planner.plan import COLUMNS, Plan, Solved, plan_of


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return pose(read(write_small_scenario(tmp_path_factory.mktemp("comparison"))))


def swapped(a: dict[str, str], b: dict[str, str]) -> Comparison:
    """Compare two plans of projects that take one parcel each, all asked in both."""
    names = sorted({*a, *b})
    sites = sorted({*a.values(), *b.values()})
    options = pd.DataFrame([(name, site) for name in names for site in sites], columns=["project", "site"])
    uses = pd.DataFrame({"option": options.index, "kind": "parcel", "key": options["site"], "amount": 100.0})
    limits = pd.DataFrame({"kind": "parcel", "key": sites, "at_most": 100.0})
    posed = Case.from_tables(options.assign(given=1.0), uses, limits)
    rows = {(row["project"], row["site"]): number for number, row in posed.options.iterrows()}
    plans = [
        plan_of(posed, Solved(tuple(sorted(rows[each] for each in of.items())), float(len(of)), 9.0, None, "effort",
                              None, 0.0, 0.0))
        for of in (a, b)
    ]  # fmt: skip
    return compare(*plans)


def test_who_makes_whom_move_is_a_chain() -> None:
    """**Proves**: P comes to s, so Q goes to t, so R is left out; U moves to free land and makes nobody move."""
    found = swapped({"Q": "s", "R": "t", "U": "u"}, {"P": "s", "Q": "t", "U": "v"})
    assert [[move.project for move in chain] for chain in found.chains] == [["P", "Q", "R"]]
    assert {move.project: (move.by, move.place) for move in found.moves} == {
        "P": ("", ""), "Q": ("P", "s"), "R": ("Q", "t"), "U": ("", ""),
    }  # fmt: skip


def test_a_ring_is_told_once_and_one_who_makes_two_move_begins_another_chain() -> None:
    """**Proves**: P, Q and R change places in a ring; S comes to what V held, W takes nobody's."""
    found = swapped({"P": "p", "Q": "q", "R": "r", "V": "v"}, {"P": "q", "Q": "r", "R": "p", "S": "v", "V": "w"})
    assert [[move.project for move in chain] for chain in found.chains] == [["S", "V"], ["P", "Q", "R", "P"]]


def test_one_who_comes_to_two_begins_a_chain_for_each(case: Case) -> None:
    """P-002 comes to two parcels; who held either is made to move."""
    held = by_hand(case, {"P-003/main": "YL-01", "P-004/main": "YL-02"})
    uses = pd.DataFrame({"part": "P-002/main", "place_kind": "parcel", "place": ["YL-01", "YL-02"], "amount_m2": 1.0})
    comes = dataclasses.replace(by_hand(case, {"P-002/main": "YL-01"}), uses=uses)
    chains = [[move.project for move in chain] for chain in compare(held, comes).chains]
    assert chains == [["P-002", "P-003"], ["P-002", "P-004"]]


def test_the_sentence_names_the_goals_that_differ_most(case: Case) -> None:
    """**Proves**: −6 and +2 of tier and investment, the larger first, nothing of fit. **Sensitivity**: signs."""

    def worth(plan: Plan, score: float, *points: float) -> Plan:
        goals = pd.DataFrame({"goal": ["investment", "fit", "tier"], "raw": 1.0, "points": points})
        return dataclasses.replace(plan, goals=goals, summary={**plan.summary, "score": score})

    a = worth(by_hand(case, {"P-002/main": "YL-01"}), 16.0, 5.0, 1.0, 10.0)
    b = worth(by_hand(case, {"P-002/main": "YL-01", "P-011/main": "B03-F02"}), 12.0, 7.0, 1.0, 4.0)
    tier, investment = (next(goal.words.en for goal in GOALS if goal.name == name) for name in ("tier", "investment"))
    said = f"scores 4.0 points less than A: {tier} -6.0, {investment} +2.0; +1 projects placed."
    assert compare(a, b).decides("C").en == f"C {said}"
    assert compare(b, a).decides().en.startswith("B scores 4.0 points more than A")
    assert compare(a, a).decides().zh == "两方案各项得分相同；落位项目数相同。"


def test_lines_lead_from_where_a_project_stood_to_where_it_stands() -> None:
    """Q goes from the square around (1, 1) to that around (5, 1); who comes or leaves has no line."""
    found = swapped({"Q": "s", "R": "t"}, {"P": "s", "Q": "t"})
    box = {"s": shapely.box(0, 0, 2, 2), "t": shapely.box(4, 0, 6, 2)}
    sides = [
        gpd.GeoDataFrame({"project": list(of)}, geometry=[box[site] for site in of.values()], crs="EPSG:4547")
        for of in ({"Q": "s", "R": "t"}, {"P": "s", "Q": "t"})
    ]
    lines = arrows(found.moves, *sides)
    assert lines["project"].tolist() == ["Q"]
    assert [tuple(point) for point in lines.geometry[0].coords] == [(1, 1), (5, 1)]
    assert lines["by"].tolist() == ["P"]


def test_places_of_several_parts_are_parted_as_neither_language_parts_words() -> None:
    """**Proves** one text for Chinese and English. **Sensitivity**: a comma, which Chinese does not put there."""
    placed = pd.DataFrame([("P/a", "P", "s", 2026), ("P/b", "P", "t", 2028)],
                          columns=["part", "project", "site", "start_year"])  # fmt: skip
    figures = dict.fromkeys(("land_m2", "gfa_m2", "power_kva"), 1.0)
    placed = placed.assign(name="P", kind="plot", park="K", places=placed["site"], **figures)
    tables = {name: pd.DataFrame(columns=list(columns)) for name, columns in COLUMNS.items()}
    out = pd.DataFrame([("P", "P", "outbid")], columns=["project", "name", "cause"])
    plans = Plan({}, **tables | {"placements": placed}), Plan({}, **tables | {"left_out": out})
    assert [(move.a, move.b) for move in compare(*plans).moves] == [("s 2026 · t 2028", "")]
