"""What it costs to have a project elsewhere, or placed at all, by brute force; and a plan kept warm by its proof."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from small import write_small_scenario
from test_whatif import ENGINES, large, placed, tight, warm
from tiny import Tables, case, every_plan, tables

import planner
from planner.case import Case
from planner.explain import moving
from planner.explain.reason import Reason
from planner.plan import Plan
from planner.scenario import Place
from planner.solve import Run
from planner.whatif import Warm
from planner.without import without
from planner.worth import PLACES

CLOSE = 1e-6


def three() -> Case:
    """P (3 at s, 2 at t), Q (2.5 at s) and R (1 at s), each as large as a floor: P at t and Q at s come to 4.5."""
    return case(
        [("P/a", "s", 2026, 3), ("P/a", "t", 2026, 2), ("Q/a", "s", 2026, 2.5), ("R/a", "s", 2026, 1)],
        [(0, "floor", "s", 1), (1, "floor", "t", 1), (2, "floor", "s", 1), (3, "floor", "s", 1)],
        [("floor", "s", 1, 0), ("floor", "t", 1, 0)],
    )


def test_a_move_costs_what_the_others_lose_by_it() -> None:
    """**Proves**: P at s is worth 3, and Q goes: 1.5 less. **Sensitivity**: with Q staying it would gain 1."""
    (there,) = planner.costs(warm(three()), "P")
    assert there.lost == pytest.approx((1.5, 1.5))
    assert (there.kind, there.place, there.held_by) == ("next_site", "s", ("Q",))
    assert there.moves == (("Q", "s 2026", ""),)
    assert "; it costs at least 1.50 and at most 1.50 points; who gives way: Q leaves s 2026" in there.words.en
    assert there.words.zh.endswith("；代价至少 1.50 分、至多 1.50 分；让位的项目：Q 离开 s 2026，不再落位")


def test_a_cost_is_told_from_the_bound_to_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """**Proves**: a plan of 3 and a bound of 4 against 4.5 in hand: 0.5 at least and 1.5 at most."""
    first = warm(three())
    monkeypatch.setattr(Warm, "bound", property(lambda now: now.score + 1.0))
    (there,) = planner.costs(first, "P")
    assert there.lost == pytest.approx((0.5, 1.5))
    assert "; it costs at least 0.50 and at most 1.50 points" in there.words.en


def test_what_forcing_a_project_in_costs() -> None:
    """**Proves**: R at s is worth 1 and drives out Q: 2 + 1 for 4.5."""
    (forced,) = planner.costs(warm(three()), "R")
    assert (forced.subject, forced.kind, forced.moves) == ("R", "forced", (("Q", "s 2026", ""),))
    assert forced.lost == pytest.approx((1.5, 1.5))
    assert forced.words.en.startswith("R, if it must be placed, is placed on s 2026; it costs at least 1.50")
    assert Reason.from_dict(forced.as_dict()) == forced


def test_what_cannot_be_and_what_is_rather_left_out_is_said() -> None:
    posed = three()
    must = replace(posed, projects=posed.projects.assign(must_place=posed.projects.index.isin(["P", "Q"])))
    (forced,) = planner.costs(warm(must), "R")
    assert (forced.lost, forced.words.en) == (None, "R, if it must be placed; no plan does it")
    soft = replace(posed, soft={"must_place": 0.5})
    (forced,) = planner.costs(warm(soft), "R")
    assert (forced.lost, forced.words.en) == (None, "R, if it must be placed; asked to be there, it is rather left out")
    with pytest.raises(planner.DataError, match="no project 'S'"):
        planner.costs(warm(posed), "S")
    nobody = replace(posed, projects=posed.projects.assign(must_place=True))
    with pytest.raises(planner.ScenarioError, match="no plan"):
        planner.costs(warm(nobody), "P")


def test_against_a_poor_plan_a_move_gains_and_without_a_sharp_bound_its_sign_is_open() -> None:
    """P at s alone, 3: to have it at t is worth 1.5 more at least. **Sensitivity**: said as a cost of −1.5."""
    posed = three()
    start = planner.solve(posed, gap=0.0)
    poor = replace(start, placements=start.placements.iloc[:0])
    first = planner.warm(posed, poor, gap=0.0)
    assert first.score == 0
    (forced,) = planner.costs(first, "P")
    assert forced.lost is not None
    assert forced.lost[1] == pytest.approx(-4.5)
    assert "it gains at least 4.50 and at most" in forced.words.en
    said = moving._loss((-2.0, 1.0))
    assert "at most 1.00 points (a plan that does it is known); whether it costs anything is open" in said.en
    assert "up to 2.00" in said.en
    assert "尚无定论" in said.zh


def test_many_that_give_way_are_counted() -> None:
    moves = tuple((f"P{k}", "s" if k else "", "t") for k in range(8))
    said = moving._way(moves).en
    assert said.startswith("; who gives way: P0 comes in at t; P1 from s to t; ")
    assert said.endswith("P5 from s to t; 2 more")
    assert moving._way(()).en == "; nobody else moves"


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=4, phases=[Phase.generate])
@given(tables(whole_points=False), st.data())
def test_what_it_truly_costs_lies_within_what_is_told(engine: str, drawn: Tables, data: st.DataObject) -> None:
    """The best of every plan with the part there, or the project placed, by brute force."""
    posed = drawn.case()
    posed = replace(posed, soft={rule: price for rule, price in posed.soft.items() if rule != "must_place"})
    plans = every_plan(posed)
    if not len(posed.options) or not plans:
        return
    with pytest.MonkeyPatch.context() as patch:
        large(patch, engine)
        first = warm(posed)
        project = data.draw(st.sampled_from(sorted(set(posed.options["project"]))))
        told = planner.costs(first, project)
    assert first.score is not None
    for reason in told:
        own = set(posed.options.index[posed.options["project"] == project])
        wanted = _there(posed, reason) if reason.kind == "next_site" else own
        with_it = [each.score for each in plans if wanted & set(each.chosen)]
        if reason.lost is None:
            assert not with_it
            continue
        least, most = reason.lost
        assert least - CLOSE <= first.score - max(with_it) <= most + CLOSE


def _there(posed: Case, reason: Reason) -> set[int]:
    """Return the options of a part that take places of a site and no others."""
    uses = posed.uses[posed.uses["kind"].isin(PLACES)]
    of = uses.groupby("option")["key"].agg(set).reindex(posed.options.index)
    (site,) = np.flatnonzero(posed.options["site"] == reason.place)
    mine = posed.options.index[posed.options["part"] == reason.subject]
    return {int(each) for each in mine if of[each] <= of[site]}


def _told_apart(posed: Case) -> Case:
    """Return a case without options that a plan cannot tell apart: of the same part, site and year."""
    again = posed.options.duplicated(["part", "site", "start_year"]).to_numpy()
    return without(posed, again, np.zeros(len(posed.parts), dtype=bool), set(), "banned")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_plan_is_kept_warm_by_its_proof_and_nothing_is_searched(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    large(monkeypatch, engine)
    posed = three() if engine == "whole" else _told_apart(tight())
    plan = planner.solve(posed, gap=0.01, threads=1, effort=2)
    monkeypatch.setattr(Run, "ask", None)
    first = planner.warm(posed, plan, gap=0.01, threads=1, effort=2)
    assert type(first.kept.engine).__name__ == ENGINES[engine]
    assert first.score == pytest.approx(plan.summary["score"])
    assert first.bound == pytest.approx(plan.summary["bound"])
    assert placed(first) == dict(zip(plan.placements["part"], plan.placements["site"], strict=True))
    assert first.plan.summary["engine"] == plan.summary["engine"]
    if engine != "whole":
        part, site = next(iter(placed(first).items()))
        now = first.ban(part, site)
        assert now.score is not None
        assert first.bound >= now.bound - CLOSE
        assert now.gap <= first.gap + 0.02


def test_a_plan_of_another_case_is_solved_from_there() -> None:
    """P and Q at s: 5.5. **Sensitivity**: kept by the proof of tighter limits, 4.5 would be the best."""
    posed = three()
    plan = planner.solve(posed, gap=0.0)
    wider = replace(posed, limits=posed.limits.assign(at_most=2.0))
    assert planner.warm(wider, plan, gap=0.0).score == pytest.approx(5.5)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[planner.Inputs, Plan]:
    inputs = planner.read(write_small_scenario(tmp_path_factory.mktemp("small")))
    return inputs, planner.solve(planner.pose(inputs), gap=0.02)


def test_what_is_asked_stands_in_the_scenario_and_the_audit_agrees(small: tuple[planner.Inputs, Plan]) -> None:
    """A run of several floors is one place; P-020 fits nowhere, and that is said."""
    first: Warm = planner.warm(*small, gap=0.02)
    units = first.case.sites[first.case.sites["kind"] == "unit"]
    several = units.index[units["places"].map(len) > 1]
    option = first.case.options[first.case.options["site"].isin(several)].iloc[-1]
    now = first.lock(option["part"], Place(floor=units.at[option["site"], "places"])).place("P-001")
    assert now.inputs is not None
    assert now.inputs.scenario.must_place == ("P-001",)
    anew = planner.pose(now.inputs)
    pd.testing.assert_frame_equal(anew.options[["part", "site"]], now.case.options[["part", "site"]])
    assert anew.projects["must_place"].tolist() == now.case.projects["must_place"].tolist()
    assert planner.audit(now.plan, now.inputs)["kept"].all()
    (forced,) = planner.costs(first, "P-020")
    assert forced.lost is None
    assert "it cannot be: " in forced.words.en
    assert "needs 25 kN/m²" in forced.words.en
