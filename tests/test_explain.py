"""Reasons and comparisons, on figures a person can derive."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small import write_small_scenario

from planner.case import Case, pose
from planner.comparison import by_park
from planner.errors import DataError
from planner.explain import Reason, compare, explain, kept
from planner.intake.inputs import read
from planner.plan import Plan, Solved, plan_of
from planner.solve import solve
from planner.words import Words, amount


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return pose(read(write_small_scenario(tmp_path_factory.mktemp("explain"))))


@pytest.fixture(scope="module")
def plan(case: Case) -> Plan:
    return solve(case, gap=0.02)


def by_hand(case: Case, sites: Mapping[str, str]) -> Plan:
    """Return the plan that puts parts on sites, from the first year each may."""
    options = case.options.sort_values("start_year")
    chosen = [
        int(options.index[((options["part"] == part) & (options["site"] == site)).to_numpy()][0])
        for part, site in sites.items()
    ]
    score = float(case.points()[chosen].sum())
    return plan_of(case, Solved(tuple(chosen), score, score + 10, None, "effort", None, 0.0, 0.0))


def of_kind(reasons: list[Reason], kind: str, by: str = "") -> list[Reason]:
    return [reason for reason in reasons if reason.kind == kind and (not by or reason.by == by)]


def rivals() -> Case:
    """Two projects of 2 m² each want floor B1 with 3 m²; the first could also take B2, for less."""
    options = pd.DataFrame({"project": ["P-1", "P-1", "P-2"], "site": ["B1", "B2", "B1"], "given": [5.0, 4.0, 7.0]})
    uses = pd.DataFrame({"option": [0, 1, 2], "kind": "floor", "key": ["B1", "B2", "B1"], "amount": 2.0})
    limits = pd.DataFrame({"kind": "floor", "key": ["B1", "B2"], "at_most": [3.0, 9.0]})
    return Case.from_tables(options, uses, limits)


def test_next_site_says_who_holds_it_and_what_is_left() -> None:
    """**Proves** B1 is P-2's: 2 needed, 3 − 2 = 1 left. **Sensitivity**: counting one's own use too would leave −1."""
    case = rivals()
    plan = plan_of(case, Solved((1, 2), 11.0, 11.0, None, "optimal", None, 0.0, 0.0))
    reasons = explain(case, plan, "P-1")
    (other,) = of_kind(reasons, "next_site")
    assert (other.place, other.held_by, other.need, other.offer, other.points) == ("B1", ("P-2",), 2.0, 1.0, 5.0)
    placed = of_kind(reasons, "placed")
    assert placed[0].terms == {"given": 4.0}
    assert placed[1].place == "B2"


def test_what_a_part_has_itself_is_no_hindrance_to_it_elsewhere() -> None:
    """P draws 2 of 3 at s, and would at t: t is free. **Sensitivity**: with its own power counted, 1 would be left."""
    options = pd.DataFrame({"project": ["P", "P"], "site": ["s", "t"], "given": [5.0, 4.0]})
    uses = pd.DataFrame({"option": [0, 1], "kind": "power", "key": "K 2026", "amount": 2.0})
    limits = pd.DataFrame({"kind": ["power"], "key": ["K 2026"], "at_most": [3.0]})
    case = Case.from_tables(options, uses, limits)
    plan = plan_of(case, Solved((0,), 5.0, 5.0, None, "optimal", None, 0.0, 0.0))
    (other,) = of_kind(explain(case, plan, "P"), "next_site")
    assert (other.place, other.by, other.held_by) == ("t", "", ())
    assert other.words.en.endswith("free in this plan")


def test_a_project_outbid_names_rule_and_rival() -> None:
    case = rivals()
    plan = plan_of(case, Solved((2,), 7.0, 11.0, None, "effort", None, 0.0, 0.0))
    reasons = explain(case, plan, "P-1")
    first, second = of_kind(reasons, "next_site")
    assert (first.by, first.held_by) == ("floor_not_overfilled", ("P-2",))
    assert (second.place, second.by, second.held_by) == ("B2", "", ())  # free, and 4 points better than nothing
    assert not of_kind(reasons, "placed")


def test_a_part_that_fits_nowhere_has_need_offer_and_count(case: Case, plan: Plan) -> None:
    """P-020 needs 25 kN/m²; ground floors carry 15; of 30 floors B01-F06 is let: none of the 29 on offer will do."""
    reasons = explain(case, plan, "P-020")
    assert (reasons[0].kind, reasons[0].by, reasons[0].need, reasons[0].offer) == ("refused", "floor_load", 25.0, 15.0)
    (load,) = of_kind(reasons[1:], "refused", "floor_load")
    assert (load.need, load.offer, load.unit, load.count) == (25.0, 15.0, "kN/m²", 29)
    assert "29 of 29" in load.words.en
    assert "29" in load.words.zh
    (size,) = of_kind(reasons, "refused", "area_window")  # 2,000 m²: B03-F04 has 1,500 left, B03-F05 1,000
    assert (size.place, size.need, size.offer, size.count) == ("B03-F04", 2000.0, 1500.0, 2)


def test_a_year_is_written_as_a_year(case: Case, plan: Plan) -> None:
    """P-019 wants 2026 only: B02 is delivered in 2027 and B04 in 2029."""
    (late,) = of_kind(explain(case, plan, "P-019"), "refused", "delivery_year")
    assert (late.need, late.offer) == (2026.0, 2027.0)
    assert "needs 2026, offers 2027" in late.words.en


def test_a_place_too_large_is_a_need_of_at_most(case: Case, plan: Plan) -> None:
    """P-007 takes 10,000 to 15,000 m²: 30,000 m² is too much; only the 12,000 m² that the corridor leaves will do."""
    (size,) = of_kind(explain(case, plan, "P-007"), "refused", "area_window")[:1]
    assert (size.need, size.offer) == (15000.0, 30000.0)
    assert "at most 15,000 m²" in size.words.en


def test_terms_of_a_placed_project_are_those_of_the_plan(case: Case, plan: Plan) -> None:
    rows = plan.placements[plan.placements["project"] == "P-008"]
    reasons = of_kind(explain(case, plan, "P-008"), "placed")
    assert reasons[0].points == pytest.approx(rows["points"].sum())
    assert sum(reasons[0].terms.values()) == pytest.approx(rows["points"].sum())
    assert [reason.place for reason in reasons[1:]] == rows["site"].tolist()


def test_next_sites_are_other_land_best_first(case: Case, plan: Plan) -> None:
    for project in ("P-002", "P-005"):
        own = set(plan.placements.loc[plan.placements["project"] == project, "places"])
        found = of_kind(explain(case, plan, project), "next_site")
        points = [reason.points for reason in found]
        assert points == sorted(points, key=lambda value: -(value or 0.0))
        assert not own & {reason.place for reason in found}


def test_every_project_can_be_explained_and_written(case: Case, plan: Plan) -> None:
    for project in case.projects.index:
        for reason in explain(case, plan, str(project)):
            told = reason.as_dict()
            assert told["words_zh"]
            assert told["words_en"]
            assert "{" not in told["words_zh"] + told["words_en"]
            assert {"subject", "kind", "need", "offer", "unit"} <= set(told)


def test_an_unknown_project_is_an_error_with_the_nearest(case: Case, plan: Plan) -> None:
    with pytest.raises(DataError, match="P-001"):
        explain(case, plan, "P-0001")


def test_a_plan_of_another_case_is_an_error(case: Case, plan: Plan) -> None:
    with pytest.raises(DataError, match="no longer allows"):
        explain(rivals(), plan, "P-1")


def test_sums_by_park_add_up(case: Case) -> None:
    """P-002 takes one parcel of 3 ha in YL for 4,000 kVA; P-011 2,000 m² of B03 in XQD for 200 kVA."""
    sums = by_park(by_hand(case, {"P-002/main": "YL-01", "P-011/main": "B03-F02"}))
    assert sums.loc["YL"].tolist() == pytest.approx([1, 30_000, 0, 4000])
    assert sums.loc["XQD"].tolist() == pytest.approx([1, 0, 2000, 200])


def test_a_project_counts_where_its_first_part_stands() -> None:
    """**Proves** production first, else by name. **Sensitivity**: by name alone P would count in K, with Q."""
    parts = ["P/hq", "P/production", "Q/hq", "Q/wet"]
    options = pd.DataFrame({"part": parts, "park": [*"KLKL"], "site": parts})
    options["project"] = options["part"].str[0]
    none = pd.DataFrame({"option": [], "kind": [], "key": [], "amount": []})
    case = Case.from_tables(options, none, none[["kind", "key"]])
    plan = plan_of(case, Solved((0, 1, 2, 3), 0.0, 0.0, None, "optimal", None, 0.0, 0.0))
    assert by_park(plan)["projects"].to_dict() == {"K": 1, "L": 1}


def test_moves_are_told_by_kind(case: Case) -> None:
    a = by_hand(case, {"P-002/main": "YL-01", "P-011/main": "B03-F02", "P-012/main": "B01-F02"})
    b = by_hand(case, {"P-002/main": "YL-02", "P-014/main": "B01-F04", "P-012/main": "B01-F02"})
    found = {move.project: (move.change, move.a, move.b) for move in compare(a, b).moves}
    assert found == {
        "P-002": ("moved", "YL-01 2026", "YL-02 2026"),
        "P-011": ("newly_left_out", "B03-F02 2026", ""),
        "P-014": ("newly_placed", "", "B01-F04 2027"),
    }
    assert not compare(a, a).moves


def test_a_run_of_floors_filled_from_its_other_end_is_no_move(case: Case) -> None:
    """**Sensitivity**: told by the names of sites, each such run would have moved."""
    plan = by_hand(case, {"P-011/main": "B03-F02"})

    def on(site: str, places: str) -> Plan:
        return dataclasses.replace(plan, placements=plan.placements.assign(site=site, places=places))

    up, down = on("B03-F01:F02", "B03-F01;B03-F02"), on("B03-F02:F01", "B03-F02;B03-F01")
    assert not compare(up, down).moves
    assert [move.change for move in compare(up, on("B03-F02", "B03-F02")).moves] == ["moved"]


def test_two_optima_differ_by_no_more_than_scores_and_bounds_allow(case: Case) -> None:
    """Both bounds are score + 10, so the optima differ by at least d − 10 and at most d + 10."""
    a, b = by_hand(case, {"P-002/main": "YL-01"}), by_hand(case, {"P-011/main": "B03-F02"})
    d = b.summary["score"] - a.summary["score"]
    comparison = compare(a, b)
    assert comparison.comparable
    assert comparison.optimum_difference == pytest.approx((d - 10, d + 10))


def test_scores_of_other_weights_do_not_compare(case: Case) -> None:
    a = by_hand(case, {"P-002/main": "YL-01"})
    b = Plan({**a.summary, "weights": {"tier": 1.0}}, a.placements, a.uses, a.left_out, a.goals, a.findings, a.prices)
    assert not compare(a, b).comparable
    assert compare(a, b).optimum_difference is None


def test_an_empty_plan_compares(case: Case, tmp_path: Path) -> None:
    none = plan_of(case, Solved((), None, None, None, "infeasible", None, 0.0, 0.0))
    full = by_hand(case, {"P-002/main": "YL-01"})
    comparison = compare(none, full)
    assert [move.change for move in comparison.moves] == ["newly_placed"]
    assert comparison.as_dict()["optimum_difference"] is None


def test_amounts_are_read_not_counted() -> None:
    assert amount(np.float64(12_345.678)) == "12,346"
    assert amount(99.5) == "99.5"


def test_what_is_kept_is_a_file_like_others(tmp_path: Path) -> None:
    """Readable by whom others are; where no file can be written, nothing is kept."""
    told = {"P": [Reason("P", "smallest_change", Words("", ""))]}
    kept.save(tmp_path, "this plan", told)
    (tmp_path / "other").touch()
    (file,) = (each for each in tmp_path.iterdir() if each.name != "other")
    assert (kept.load(tmp_path, "this plan"), file.stat().st_mode) == (told, (tmp_path / "other").stat().st_mode)
    kept.save(tmp_path / "nowhere", "this plan", told)
    assert not (tmp_path / "nowhere").exists()
