"""Regret of plans under one another's scenarios: on paper, and by the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from small import write_small_scenario
from tiny import case
from typer.testing import CliRunner

import planner
from planner.case import Case, pose
from planner.cli import app, regretting
from planner.growing import possible
from planner.intake.inputs import Inputs, read
from planner.plan import Plan
from planner.scenario import laid_over
from planner.study.regret import regret, scenarios_of


def posed(points: tuple[float, float, float, float], room: float = 1.0, year: int = 2026) -> Case:
    """Return P and Q, each on s or t, each of which holds one; points of P on s and t, of Q on s and t."""
    options = [(part, site, year, value) for (part, site), value in zip(
        (("P/a", "s"), ("P/a", "t"), ("Q/a", "s"), ("Q/a", "t")), points, strict=True
    )]  # fmt: skip
    uses = [(k, "floor", site, 1.0) for k, site in enumerate("stst")]
    return case(options, uses, [("floor", "s", room, 0), ("floor", "t", 1, 0)])


def solved(of: Case) -> Plan:
    return planner.solve(of, gap=0.0)


def test_regret_on_paper() -> None:
    """**Proves**: straight is P on s, Q on t; crossed the other way round. In A they score 9 and 6, in B 7 and 8.

    Regret: straight 0 and 1, crossed 3 and 0; the worst of straight is 1, of crossed 3. **Sensitivity**: a regret
    against a plan's own score would be 9 − 7 = 2.
    """
    cases = {"A": posed((5, 3, 3, 4)), "B": posed((4, 4, 4, 3))}
    plans = {"straight": solved(cases["A"]), "crossed": solved(cases["B"])}
    found = regret(plans, cases, {"straight": "A", "crossed": "B"})
    assert found.scores.to_numpy().tolist() == [[9, 7], [6, 8]]
    assert found.least.to_numpy().tolist() == [[0, 1], [3, 0]]
    assert found.most.to_numpy() == pytest.approx(found.least.to_numpy(), abs=1e-6)
    assert found.worst.tolist() == [1, 3]
    assert found.best == "straight"
    assert found.broken == {}


def test_the_most_is_by_the_bound() -> None:
    """**Proves**: a bound told above the best known score makes the regret wider, not larger."""
    one = posed((5, 3, 3, 4))
    plan = solved(one)
    loose = Plan(**{**{name: getattr(plan, name) for name in Plan.__dataclass_fields__},
                    "summary": {**plan.summary, "bound": 11.0}})  # fmt: skip
    found = regret({"x": loose}, {"A": one}, {"x": "A"})
    assert (found.least.iloc[0, 0], found.most.iloc[0, 0]) == (0, 2)


def test_a_bound_of_a_narrower_question_bounds_no_regret() -> None:
    """**Proves**: bounds of another mode, of a plan with added rows, and below a score that is known, are none.

    **Sensitivity**: each is 8, below what straight scores: at most would be −1, and at least 0.
    """
    one = posed((5, 3, 3, 4))
    plan = solved(one)
    rows = pd.DataFrame([["k", "P/a", "s", 2026, 1.0, 0.0, 1.0]], columns=list(plan.extra.columns))
    below = replace(plan, summary={**plan.summary, "bound": 8.0})
    staged = replace(below, summary={**below.summary, "mode": "lexicographic", "bound": 12.0})
    for narrow in (below, staged, replace(below, extra=rows), replace(staged, extra=rows)):
        found = regret({"x": narrow}, {"A": one}, {"x": "A"})
        assert (found.least.iloc[0, 0], found.as_dict()["bound"]) == (0, [None])
        assert found.most.isna().all(axis=None)
        assert "—" in regretting._cell(found, "x", "A", "en")
    both = regret({"x": staged, "y": plan}, {"A": one}, {"x": "A", "y": "A"})
    assert both.most.to_numpy() == pytest.approx(0, abs=1e-6)


def test_what_breaks_is_said() -> None:
    """**Proves**: a place that is gone, a year that is later, a part nobody asks for, a floor too small, one must."""
    plans = {"now": solved(posed((5, 3, 3, 4)))}
    other = [("P/a", "s", 2026, 5.0), ("Q/a", "s", 2026, 3.0)]
    must = case([("P/a", "s", 2026, 5.0), ("Q/a", "t", 2026, 3.0), ("R/a", "u", 2026, 1.0)], must_place=["R"])
    cases = {
        "small": posed((5, 3, 3, 4), room=0.5),
        "late": posed((5, 3, 3, 4), year=2028),
        "gone": case(other, [(0, "floor", "s", 1.0), (1, "floor", "s", 1.0)], [("floor", "s", 2.0, 0)]),
        "other": case(other[:1], [(0, "floor", "s", 1.0)], [("floor", "s", 1.0, 0)]),
        "must": must,
    }
    same = {"now": "small"}
    plans |= {name: solved(one) for name, one in cases.items()}
    found = regret(plans, cases, {**same, **{name: name for name in cases}})
    said = {name: [words.en for words in found.broken["now", name]] for name in cases}
    assert said == {
        "small": ["breaks the rule: floor not overfilled (s)"],
        "late": ["P/a on s not before 2028; the plan says 2026", "Q/a on t not before 2028; the plan says 2026"],
        "gone": ["Q/a on t from 2026 is no option there"],
        "other": ["Q/a is not asked for there"],
        "must": ["breaks the rule: must be placed (R)"],
    }
    assert all(words.zh != words.en for why in found.broken.values() for words in why)
    assert found.worst["now"] == float("inf")
    assert found.best is None


def test_plans_of_the_same_files_share_a_scenario() -> None:
    plan = solved(posed((5, 3, 3, 4)))

    def of(inputs: dict[str, str]) -> Plan:
        return Plan(**{**{name: getattr(plan, name) for name in Plan.__dataclass_fields__},
                       "summary": {**plan.summary, "provenance": {"inputs": inputs}}})  # fmt: skip

    rows = pd.DataFrame([["k", "P/a", "s", 2026, 1.0, 0.0, 1.0]], columns=list(plan.extra.columns))
    own = replace(of({"x": "1"}), extra=rows)
    some = [("a", of({"x": "1"})), ("b", of({"x": "2"})), ("c", of({"x": "1"})), ("d", own), ("e", own),
            ("f", plan), ("g", plan)]  # fmt: skip
    assert scenarios_of(some) == {"a": "a", "b": "b", "c": "a", "d": "d", "e": "d", "f": "f", "g": "g"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_command_shows_the_matrix(two: dict[str, Path], lang: str) -> None:
    asked = ["compare", *map(str, two.values()), "--regret", "--lang", lang]
    text, told = CliRunner().invoke(app, asked), CliRunner().invoke(app, [*asked, "--json"])
    assert text.exit_code == told.exit_code == 0, text.output
    found = json.loads(told.stdout)
    plans = [json.loads((folder / "plan.json").read_text(encoding="utf-8")) for folder in two.values()]
    assert [found["scores"][k][k] for k in (0, 1)] == pytest.approx([plan["score"] for plan in plans])
    assert found["bound"] == pytest.approx([plan["bound"] for plan in plans])
    assert found["best"] in map(str, two.values())
    assert ("后悔值" if lang == "zh" else "least worst regret") in text.stdout


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folders of two plans of the small territory, whose weights differ."""
    folder = tmp_path_factory.mktemp("regret")
    write_small_scenario(folder)
    quick = "extends: small.yaml\nsites: {plot_parcels_max: 1}\nsolver: {gap: 5 %}\n"
    for name, more in (("one", ""), ("two", "goals: {tier: 1, waited: 9}\n")):
        (folder / f"{name}.yaml").write_text(quick + more, encoding="utf-8")
        asked = ["solve", str(folder / f"{name}.yaml"), "--out", str(folder / name), "--no-map", "--quiet"]
        assert CliRunner().invoke(app, asked).exit_code == 0
    return {name: folder / name for name in ("one", "two")}


def test_plots_priced_in_for_one_plan_are_posed_for_all(
    two: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    posed_with: list[list[tuple[str, ...]]] = []

    def watched(inputs: Inputs, more: list[tuple[str, ...]]) -> Case:
        posed_with.append(more)
        return pose(inputs)

    monkeypatch.setattr(regretting, "pose", watched)
    monkeypatch.setattr(regretting, "plots_of", lambda plan: [["XQD-02", "XQD-01"]])
    monkeypatch.setattr(regretting, "possible", lambda _inputs, plots: plots)
    assert CliRunner().invoke(app, ["compare", *map(str, two.values()), "--regret", "--quiet"]).exit_code == 0
    assert posed_with == [[("XQD-01", "XQD-02")]] * 2


def test_a_plot_of_another_scenario_is_one_where_its_parcels_are_offered_and_touch(two: dict[str, Path]) -> None:
    small = read(two["one"].parent / "one.yaml")
    inputs = replace(small, scenario=laid_over(small.scenario, {"sites": {"plot_parcels_max": 3}}))
    plot = next(tuple(places) for places in pose(inputs).sites["places"] if len(places) == 3)
    apart = (plot[0], next(one for one in inputs.territory.parcels.index if one[:2] != plot[0][:2]))
    gone = replace(inputs, scenario=laid_over(inputs.scenario, {"changes": [{"withdraw": [plot[0]]}]}))
    assert possible(inputs, [plot, (plot[0], "none"), apart]) == [plot]
    assert possible(gone, [plot]) == possible(small, [plot]) == []


def test_regret_writes_nothing(two: dict[str, Path], tmp_path: Path) -> None:
    asked = ["compare", *map(str, two.values()), "--regret", "--out", str(tmp_path / "x.gpkg"), "--lang", "en"]
    told = CliRunner().invoke(app, asked)
    assert told.exit_code == 2
    assert "writes no layers" in told.stderr


def test_one_plan_alone_is_a_fault(two: dict[str, Path]) -> None:
    found = CliRunner().invoke(app, ["compare", str(two["one"]), "--regret", "--lang", "en"])
    assert found.exit_code == 2
    assert "asks for two plans or more" in found.stderr
