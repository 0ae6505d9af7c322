"""What if: answers from a solved case, judged by brute force, by the audit, and by posing the changed scenario anew.

Every engine on tiny cases: patterns of blocks, prices of parts, the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from small import write_small_scenario
from test_assignment import case_of
from tiny import Tables, best_plan, case, every_plan, tables

import planner
from planner.case import Case
from planner.errors import SolveError
from planner.model import formulate
from planner.solve import Progress, engines, failing, proof, reassigning, repacking, repairing
from planner.solve import warm as kept_warm
from planner.solve.answer import Answer, keeps
from planner.solve.narrowing import Narrowing
from planner.whatif import Warm

CLOSE = 1e-6
LARGE: dict[str, tuple[str, ...]] = {
    "patterns": ("WHOLE_UP_TO",), "assignment": ("ASSIGNED_FROM", "WHOLE_UP_TO"), "whole": (),
}  # fmt: skip
"""What to have at 0, for an engine to take a case of any size."""
ENGINES = {"patterns": "Narrowing", "assignment": "Reassigning", "whole": "NoneType"}


@pytest.fixture(autouse=True)
def every_case_is_large(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    name = request.node.callspec.params.get("engine", "whole") if hasattr(request.node, "callspec") else "whole"
    large(monkeypatch, name)


def large(patch: pytest.MonkeyPatch, name: str) -> None:
    """Have an engine take cases of any size."""
    for constant in LARGE[name]:
        patch.setattr(engines, constant, 0)


def warm(posed: Case, gap: float = 0.0, **asked: float) -> Warm:
    return planner.warm(posed, gap=gap, more=0.0, threads=1, effort=2, **asked)


def chosen_of(one: Warm) -> tuple[int, ...]:
    """Return the options of the case that a plan chooses."""
    keys = pd.MultiIndex.from_frame(one.case.options[["part", "site", "start_year"]])
    return tuple(sorted(keys.get_indexer(pd.MultiIndex.from_frame(one.plan.placements[list(keys.names)])).tolist()))


def drawn_change(data: st.DataObject, posed: Case) -> Callable[[Warm], Warm]:
    """Draw a lock, a ban or a withdrawal that is about some option of the case."""
    option = data.draw(st.sampled_from(posed.options.index.to_list()))
    kind = data.draw(st.sampled_from(("lock", "ban", "withdraw")))
    part, project, site = posed.options.loc[option, ["part", "project", "site"]]
    who = data.draw(st.sampled_from((part, project)))
    if kind == "withdraw":
        return lambda one: one.withdraw(project)
    return lambda one: getattr(one, kind)(who, site)


def judged(one: Warm) -> None:
    """Check an answer against every plan of the changed case."""
    plans = every_plan(one.case)
    if not plans:
        assert one.score is None
        return
    assert one.score is not None
    certificate = one.kept.answer.certificate
    assert certificate is not None
    assert max(each.score for each in plans) <= one.bound + CLOSE
    assert proof.bound(certificate) == pytest.approx(one.bound, abs=CLOSE), "what is told is what the proof says"
    found = [each.score for each in plans if tuple(sorted(each.chosen)) == chosen_of(one)]
    assert found, "a plan that breaks a rule"
    assert one.score == pytest.approx(found[0], abs=CLOSE)


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=4, phases=[Phase.generate])
@given(tables(whole_points=False), st.data())
def test_an_answer_is_a_plan_of_the_changed_case_and_none_exceeds_its_bound(
    engine: str, drawn: Tables, data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        large(patch, engine)
        posed = drawn.case()
        if not len(posed.options) or not len(posed.uses):
            return
        one = warm(posed)
        for _ in range(data.draw(st.integers(1, 2))):
            if not len(one.case.options):
                return
            one = drawn_change(data, one.case)(one)
            judged(one)


def tight() -> Case:
    """Return a case of 40 projects with room for about half of them."""
    posed = case_of(40, 8, 6, 3)
    return replace(posed, limits=posed.limits.assign(at_most=posed.limits["at_most"] * 0.4))


@pytest.fixture(scope="module", params=["patterns", "assignment"])
def solved(request: pytest.FixtureRequest) -> Warm:
    """Return a case of 40 projects, solved by an engine for large ones, to 1 %."""
    with pytest.MonkeyPatch.context() as patch:
        large(patch, request.param)
        one = warm(tight(), gap=0.01)
    assert type(one.kept.engine).__name__ == ENGINES[request.param]
    return one


def placed(one: Warm) -> dict[str, str]:
    return dict(zip(one.plan.placements["part"], one.plan.placements["site"], strict=True))


def test_a_ban_of_what_is_not_chosen_keeps_the_plan(solved: Warm) -> None:
    there = placed(solved)
    options = solved.case.options
    elsewhere = options[options["site"] != options["part"].map(there)].iloc[7]
    now = solved.ban(elsewhere["part"], elsewhere["site"])
    assert placed(now) == there
    assert len(now.case.options) == len(options) - (
        (options["part"] == elsewhere["part"]) & (options["site"] == elsewhere["site"])
    ).sum()
    assert now.bound <= solved.bound + CLOSE


def test_a_lock_of_what_is_chosen_keeps_plan_and_score(solved: Warm) -> None:
    part, site = next(iter(placed(solved).items()))
    now = solved.lock(part, site)
    assert placed(now) == placed(solved)
    assert now.score == pytest.approx(solved.score)
    assert now.case.projects["must_place"].sum() == 1


def test_what_is_locked_stands_there_and_what_is_banned_or_withdrawn_does_not(solved: Warm) -> None:
    out = solved.case.options[~solved.case.options["part"].isin(list(placed(solved)))].iloc[0]
    now = solved.lock(out["part"], out["site"])
    assert placed(now)[out["part"]] == out["site"]
    part, site = next((p, s) for p, s in placed(now).items() if p != out["part"])
    now = now.ban(part, site)
    assert placed(now)[out["part"]] == out["site"], "an earlier lock still holds"
    assert placed(now).get(part) != site
    gone = next(p for p in placed(now) if p not in (part, out["part"]))
    now = now.withdraw(gone.split("/")[0])
    assert gone not in placed(now)
    assert now.score is not None
    assert now.gap is not None
    assert now.gap <= 0.05


def test_an_answer_is_as_good_as_the_changed_case_solved_anew_within_the_gaps(solved: Warm) -> None:
    part, site = next(iter(placed(solved).items()))
    now = solved.ban(part, site)
    anew = planner.solve(now.case, gap=0.0).summary
    assert now.score is not None
    assert anew["score"] is not None
    assert now.score <= anew["bound"] + CLOSE
    assert anew["score"] <= now.bound + CLOSE


def test_whatever_is_asked_leaves_the_case_as_it_was(solved: Warm) -> None:
    """**Sensitivity**: patterns that one answer adds would change the next, were they the same list."""
    before, part = placed(solved), next(iter(placed(solved)))
    first = solved.ban(part, placed(solved)[part])
    solved.withdraw(part.split("/")[0])
    again = solved.ban(part, before[part])
    assert placed(solved) == before
    assert placed(first) == placed(again)
    assert (first.score, first.bound) == (again.score, again.bound)


def test_a_project_that_is_withdrawn_and_added_again(solved: Warm) -> None:
    project = solved.plan.placements["project"].iloc[0]
    back = solved.withdraw(project).posed(solved.case)
    assert back.score is not None
    assert solved.score is not None
    assert back.score <= solved.bound + CLOSE
    assert solved.score <= back.bound + CLOSE


def test_another_limit_is_answered_from_the_plan_in_hand(solved: Warm) -> None:
    tighter = replace(solved.case, limits=solved.case.limits.assign(at_most=solved.case.limits["at_most"] * 0.9))
    by = solved.kept.answer.by
    assert by is not None
    engine = {"engine": by.engine}
    now = replace(solved, kept=replace(solved.kept, asked={**solved.kept.asked, **engine})).posed(tighter)
    x = now.kept.answer.x
    assert x is not None
    assert keeps(formulate(tighter), x), "packings that no longer fit are forgotten"
    assert now.score is not None
    assert solved.score is not None
    assert now.score < solved.score
    anew = planner.solve(tighter, gap=0.0).summary
    assert anew["score"] <= now.bound + CLOSE
    assert now.score <= anew["bound"] + CLOSE
    assert now.lost is not None
    assert now.lost[0] <= now.lost[1] == pytest.approx(solved.score - now.score)


def test_what_a_change_costs_and_moves() -> None:
    """**Proves**: P (3 at s, 2 at t) and Q (2.5 at s): without t, P takes s, and Q goes: 4.5 becomes 3."""
    posed = case(
        [("P/a", "s", 2026, 3), ("P/a", "t", 2026, 2), ("Q/a", "s", 2026, 2.5)],
        [(0, "floor", "s", 1), (1, "floor", "t", 1), (2, "floor", "s", 1)],
        [("floor", "s", 1, 0), ("floor", "t", 1, 0)],
    )
    first = warm(posed)
    now = first.ban("P", "t")
    assert now.lost == pytest.approx((1.5, 1.5))
    assert now.moves.to_numpy().tolist() == [
        ["Q", "newly_left_out", "s 2026", ""], ["P", "moved", "t 2026", "s 2026"],
    ]  # fmt: skip
    assert first.lost is None
    assert first.moves.empty
    with pytest.raises(ValueError, match="no place is called"):
        first.ban("P", "u")
    with pytest.raises(planner.ScenarioError, match="there is no project or part 'R'"):
        first.ban("R", "s")
    with pytest.raises(ValueError, match="no scenario"):
        first.asked(goals={"tier": 1})


def test_what_need_not_move_stays_where_moving_has_to_gain_much(solved: Warm) -> None:
    """**Sensitivity**: without the points for staying, neighbours move for next to nothing."""
    moved = {}
    for stay in (0.0, 100.0):
        one = replace(solved, kept=replace(solved.kept, stay=stay))
        answers = [one.ban(part, site) for part, site in list(placed(solved).items())[:4]]
        moved[stay] = sum(placed(now).get(p, s) != s for now in answers for p, s in placed(solved).items())
    assert moved[100.0] <= 4 < moved[0.0]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_lock_that_nobody_can_keep_has_no_plan(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that finds none asks the relaxation whether there can be one, before it is searched for anew."""
    posed = case(
        [("P/a", "s", 2026, 3), ("Q/a", "s", 2026, 2), ("Q/a", "t", 2026, 2)],
        [(0, "floor", "s", 1), (1, "floor", "s", 1), (2, "floor", "t", 1)],
        [("floor", "s", 1, 0), ("floor", "t", 1, 0)],
    )
    first = warm(posed).lock("P", "s")
    assert type(first.kept.engine).__name__ == ENGINES[engine]
    if first.kept.engine is not None:
        monkeypatch.setattr(kept_warm.Run, "ask", lambda *_: pytest.fail("searched"))
    now = first.lock("Q", "s")
    assert best_plan(now.case) is None
    assert (now.plan.summary["status"], now.score) == ("infeasible", None)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Warm:
    return planner.warm(planner.read(write_small_scenario(tmp_path_factory.mktemp("small"))), gap=0.02)


@pytest.mark.parametrize("kind", ["narrowed", "asked", "add"])
def test_the_audit_and_the_scenario_posed_anew_agree_with_an_answer(small: Warm, kind: str) -> None:
    first, last = small.plan.placements.iloc[0], small.case.options.iloc[-1]
    if kind == "narrowed":
        now = small.lock(last["part"], small.case.sites["places"][last["site"]]).ban(first["part"], first["park"])
        now = now.withdraw(next(p for p in now.plan.placements["project"] if p != last["project"]))
    elif kind == "asked":
        now = small.asked(goals={"tier": 2.0}, bans=[{"project": first["project"], "place": first["park"]}])
    else:
        now = _with_another(small)
    assert now.inputs is not None
    anew = planner.pose(now.inputs)
    keys = ["part", "site", "start_year"]
    pd.testing.assert_frame_equal(anew.options[keys], now.case.options[keys])
    pd.testing.assert_frame_equal(anew.goals, now.case.goals)
    assert len(anew.refusals) == len(now.case.refusals)
    assert anew.projects["must_place"].tolist() == now.case.projects["must_place"].tolist()
    assert planner.audit(now.plan, now.inputs)["kept"].all()
    assert now.score is not None
    assert now.score == pytest.approx(now.plan.summary["score"])
    if kind == "narrowed":
        cold = planner.solve(anew, gap=0.02).summary
        assert now.score <= min(cold["bound"], cold["solver_bound"]) + CLOSE
        assert cold["score"] <= now.bound + CLOSE


def test_a_lock_of_the_same_name_replaces_the_earlier_one(small: Warm) -> None:
    options = small.case.options
    part = options.groupby("part")["site"].nunique().idxmax()
    places = small.case.sites["places"][options.loc[options["part"] == part, "site"].unique()]
    first, last = places.iloc[0], places.iloc[-1]
    now = small.lock(part, first).lock(part, last)
    assert now.inputs is not None
    assert set(now.inputs.scenario.locks[part].names) == set(last)
    assert tuple(now.case.sites["places"][placed(now)[part]]) == tuple(last)


def test_the_label_is_of_the_gap_that_was_asked(solved: Warm) -> None:
    loose = replace(solved, kept=replace(solved.kept, asked={**solved.kept.asked, "gap": 0.0}, gap=1.0))
    answers = [loose.ban(part, site).kept.answer for part, site in list(placed(solved).items())[:8]]
    assert {answer.status for answer in answers if answer.gap} == {"effort"}


def test_a_lock_to_a_refused_place_is_told_as_when_posed_anew(small: Warm) -> None:
    options = small.case.options
    part = options.groupby("part")["site"].nunique().idxmin()
    taken = set(options.loc[options["part"] == part, "park"])
    park = next(park for park in options["park"].unique() if park not in taken)
    with pytest.raises(planner.ScenarioError) as told:
        small.lock(part, planner.scenario.Place(park=park))
    assert small.inputs is not None
    locks = {part: planner.scenario.Place(park=park)}
    anew = replace(small.inputs, scenario=small.inputs.scenario.model_copy(update={"locks": locks}))
    with pytest.raises(planner.ScenarioError) as posed:
        planner.pose(anew)
    assert told.value.faults == posed.value.faults


def test_another_mode_is_refused(small: Warm) -> None:
    with pytest.raises(planner.ScenarioError, match="the scenario's mode is max_min") as told:
        small.asked(mode={"max_min": True})
    assert "最弱增长极优先" in told.value.words("zh")


def test_a_plan_does_not_depend_on_whether_the_one_before_was_looked_at() -> None:
    """**Proves**: P fits nowhere after the first ban; a site it never had changes nothing of what is told of it."""
    posed = case(
        [("P/a", "s", 2026, 3), ("P/b", "t", 2026, 2), ("Q/a", "s", 2026, 2)],
        [(0, "floor", "s", 1), (1, "floor", "t", 1), (2, "floor", "s", 1)],
        [("floor", "s", 1, 0), ("floor", "t", 1, 0)],
    )
    told = []
    for looked in (False, True):
        first = warm(posed).ban("P/a", "s")
        if looked:
            assert first.plan.left_out["cause"].tolist() == ["part_left_out"]
        told.append(first.ban("P/b", "t").plan.left_out)
    pd.testing.assert_frame_equal(*told)
    assert told[0]["cause"].tolist() == ["fits_nowhere"]


def test_the_engine_is_told_of_an_answer_too(solved: Warm) -> None:
    part, site = next(iter(placed(solved).items()))
    engine = solved.plan.summary["engine"]
    assert engine["words"]["en"] == engines.ENGINES[engine["name"]].en
    assert solved.ban(part, site).plan.summary["engine"] == engine


@pytest.mark.parametrize("error", [MemoryError(), SolveError(failing.ERROR)])
def test_a_repair_that_fails_is_answered_by_a_search(
    solved: Warm, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failed(*_: object, **__: object) -> None:
        raise error

    part, site = next(iter(placed(solved).items()))
    module = repairing if isinstance(solved.kept.engine, Narrowing) else reassigning
    monkeypatch.setattr(module, "_Repair" if module is repairing else "_bettered", failed)
    begun = list[tuple[float, object]]()
    ask = kept_warm.Run.ask

    def asked(run: kept_warm.Run, *given: Any) -> Answer:
        begun.append((run.gap, run.earlier and run.earlier.prices.tolist()))
        return ask(run, *given)

    monkeypatch.setattr(kept_warm.Run, "ask", asked)
    near = replace(solved, kept=replace(solved.kept, gap=0.125))
    now = near.ban(part, site)
    assert now.score is not None
    assert placed(now).get(part) != site
    known = solved.kept.known
    assert known is not None
    assert begun == [(0.125, known.prices.tolist())], "from what is known, and no nearer than a repair goes"
    assert now.kept.answer.asked == solved.kept.asked["gap"], "what is promised is what was asked"


@pytest.mark.parametrize("asked", [{"time_limit_s": 0.0}, {"cancelled": lambda: True}])
def test_a_repair_ends_with_its_time_or_when_cancelled(
    solved: Warm, asked: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = list[int]()

    def counted(turn: Callable[..., None]) -> Callable[..., None]:
        return lambda *given: turns.append(1) or turn(*given)

    monkeypatch.setattr(repairing._Repair, "better", counted(repairing._Repair.better))
    monkeypatch.setattr(repacking, "repacked", counted(repacking.repacked))
    strict = {**solved.kept.asked, "gap": 0.0, **asked}
    one = replace(solved, kept=replace(solved.kept, asked=strict, gap=0.0))
    ended = "cancelled" if "cancelled" in asked else "time_limit"
    answers = [one.ban(part, site).kept.answer for part, site in list(placed(solved).items())[:4]]
    assert ended in {answer.status for answer in answers}
    assert "effort" not in {answer.status for answer in answers}
    assert 0 < len(turns) <= len(answers), "one each, and no more"


def test_a_repair_tells_how_far_it_is(solved: Warm) -> None:
    """**Proves** that each answer's score and bound are those told last."""
    told = list[Progress]()
    one = replace(solved, kept=replace(solved.kept, asked={**solved.kept.asked, "progress": told.append}, gap=0.0))
    for part, site in list(placed(solved).items())[:4]:
        told.clear()
        answer = one.ban(part, site).kept.answer
        assert told, "the plan in hand lost a place, so there was a turn"
        assert {now.stage for now in told} == {"repairing"}
        assert (told[-1].score, told[-1].bound) == pytest.approx((answer.score, answer.bound), abs=CLOSE)


@pytest.mark.parametrize("solved", ["patterns"], indirect=True)
def test_a_repair_goes_on_with_what_it_drives_out_and_ends_when_turns_bring_nothing(
    solved: Warm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each turn as good as the one before: three idle ones, wider each; who lost a place by the first is found one."""
    shares, held, repair = list[int](), list[list[int]](), repairing._Repair
    one, holding = solved.kept.engine, repair.holding
    assert isinstance(one, Narrowing)
    first, second = np.flatnonzero((one.x > 0.5) & (one.owners.part >= 0))[:2]

    def better(self: repairing._Repair, left: np.ndarray, opened: list[np.ndarray]) -> None:
        shares.append(int(min(free.sum() for free in opened)))
        self.x = np.where(np.arange(len(left)) == second, 0.0, left) if self.x is None else self.x

    monkeypatch.setattr(repair, "better", better)
    monkeypatch.setattr(repair, "near", lambda _self: False)
    monkeypatch.setattr(repair, "some", lambda _self, _rng, share: np.ones(int(100 * share), dtype=bool))
    monkeypatch.setattr(repair, "around", lambda self, homeless, left: (np.zeros(1, dtype=bool), homeless[:0], 9))
    monkeypatch.setattr(repairing, "keeps", lambda *_: False)
    monkeypatch.setattr(
        repair, "holding", lambda self, parts, left: held.append(parts.tolist()) or holding(self, parts[:0], left)
    )
    upper = np.where(np.arange(len(one.x)) == first, 0.0, one.model.upper)
    repairing.repaired(one.narrowed(one.model.lower, upper), gap=0.0, stay=0.0, patience=3, seed=1, threads=1,
                       seconds_left=lambda: 1.0, told=lambda *_: None)  # fmt: skip
    assert shares == [20, 20, 40, 60]
    assert one.owners.part[second] in held[0]
    assert held[1:] == [[], []]


def _with_another(small: Warm) -> Warm:
    """Add a project like the first, under another name."""
    assert small.inputs is not None
    asked = small.inputs.projects
    name = asked.projects.index[0]
    projects = asked.projects.loc[[name]].rename(index={name: "ZZ"})
    parts = asked.parts[asked.parts["project"] == name]
    parts = parts.rename(index={part: part.replace(name, "ZZ") for part in parts.index}).assign(project="ZZ")
    now = small.add(planner.Projects(projects=projects, parts=parts))
    assert now.case.goals.equals(small.case.goals), "measured as before"
    assert np.isin("ZZ", now.case.projects.index)
    return now


def test_the_weakest_cell_is_the_one_the_bound_is_of() -> None:
    """The first is all plans, and counts only where there are no cells."""
    weakest = Narrowing.weakest.fget
    for bounds, number in ([9.0, 5.0, 7.0], 2), ([9.0], 0):
        assert weakest(SimpleNamespace(cells=[SimpleNamespace(bound=each) for each in bounds])) == number
