"""Studies: what a file asks, the runs it makes, what is drawn; solved, killed, taken up again, gathered."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small import write_small_scenario
from typer.testing import CliRunner

import planner
from planner.case import pose
from planner.changes import changed_asked
from planner.cli import app, studying
from planner.errors import PlannerError
from planner.study import asking, cluster, results, running
from planner.study.asking import Run, Study, asked_of
from planner.study.drawing import Distributed, series
from planner.study.running import run_study

SWEEP = """
sweep:
  - {key: goals.tier, values: [5, 10]}
  - {key: rules.power.YL.2026, from: 20 MVA, to: 40 MVA, step: 20 MVA}
"""
DRAWN = """
monte_carlo:
  runs: 3
  seed: 7
  inputs:
    - {layer: parcels, id: [YL-06, YL-07], column: ready_year, as: plus, discrete: {values: [1, 2]}}
    - {layer: parts, column: power_kva, as: times, together: true, uniform: {least: 0.5, most: 0.9}}
    - {key: rules.power.XQD.2026, unit: MVA, normal: {mean: 30, sd: 5}, least: 0}
"""


class Here(Executor):
    """Does it at once, here; counts, and ends itself after so many."""

    def __init__(self, most: int = 1000) -> None:
        self.runs: list[str] = []
        self.most = most

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        found: Future[Any] = Future()
        if len(self.runs) == self.most:
            found.set_exception(OSError("gone"))
        else:
            self.runs.append(args[-1].name)
            found.set_result(fn(*args, **kwargs))
        return found


@pytest.fixture(scope="module", autouse=True)
def each_scenario_is_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "read", cache(asking.read))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the small territory; nothing in it is changed."""
    made = tmp_path_factory.mktemp("study")
    write_small_scenario(made)
    (made / "quick.yaml").write_text(
        "extends: small.yaml\nsites: {plot_parcels_max: 1}\nsolver: {gap: 20 %}\n", encoding="utf-8"
    )
    (made / "other.yaml").write_text("extends: quick.yaml\nbans: [{project: P-001, place: YL}]\n", encoding="utf-8")
    return made


def written(folder: Path, text: str, name: str = "study.yaml") -> Path:
    path = folder / name
    path.write_text(f"base: quick.yaml\n{text}", encoding="utf-8")
    return path


def faults(folder: Path, text: str) -> list[tuple[str, str, str]]:
    with pytest.raises(PlannerError) as raised:
        asking.load(written(folder, text))
    for fault in raised.value.faults:
        assert fault.words("zh") != fault.words("en")
    return [(fault.where, fault.rule.en, fault.remedy.en) for fault in raised.value.faults]


@pytest.fixture(scope="module")
def study(folder: Path) -> Study:
    return asking.load(written(folder, SWEEP + DRAWN + "scenarios: [other.yaml]\n", "all.yaml"))


# What is asked


def test_a_grid_a_draw_and_a_file_are_runs(study: Study) -> None:
    """**Proves**: the base, 2 × 2 combinations, 3 draws, one file; each with a name of its own."""
    assert [run.kind for run in study.runs] == ["base", *["sweep"] * 4, *["monte_carlo"] * 3, "scenario"]
    assert len({run.name for run in study.runs}) == 9
    assert [dict(run.keys) for run in study.runs[1:5]] == [
        {"goals.tier": tier, "rules.power.YL.2026": power} for tier in (5, 10) for power in ("20 MVA", "40 MVA")
    ]
    assert study.labels == ("quick.yaml", "other.yaml")


def test_a_run_is_named_by_its_content(folder: Path, study: Study) -> None:
    """More runs, and another order of the file, leave the names of the others; another base, or seed, does not."""
    longer = asking.load(written(folder, DRAWN.replace("runs: 3", "runs: 5") + SWEEP, "b.yaml"))
    names = {run.name for run in longer.runs}
    assert {run.name for run in study.runs if run.kind != "scenario"} < names
    drawn = {run.name for run in study.runs if run.kind == "monte_carlo"}
    other = asking.load(written(folder, DRAWN.replace("seed: 7", "seed: 8"), "c.yaml"))
    assert drawn.isdisjoint(run.name for run in other.runs)
    based = written(folder, DRAWN, "d.yaml")
    based.write_text(based.read_text(encoding="utf-8").replace("quick.yaml", "other.yaml"), encoding="utf-8")
    assert drawn.isdisjoint(run.name for run in asking.load(based).runs)


def test_the_scenario_of_a_run_is_the_base_but_for_what_is_varied(study: Study) -> None:
    base = study.inputs[0]
    swept = asked_of(base, study.runs[2]).scenario
    assert swept.goals.tier == 5
    assert swept.rules.power.caps == {"YL": {2026: 40_000}}
    assert swept.goals.tax == base.scenario.goals.tax
    drawn = asked_of(base, study.runs[5])
    (first, second, *asked) = drawn.scenario.changes
    assert {each.set.layer for each in asked} == {"parts"}  # type: ignore[union-attr]
    assert (first.set.id, second.set.id) == ("YL-06", "YL-07")  # type: ignore[union-attr]
    assert {each.set.columns["ready_year"] for each in (first, second)} <= {2029, 2030}  # type: ignore[union-attr]
    less = changed_asked(drawn).parts["power_kva"] / base.projects.parts["power_kva"]
    assert less.min() == pytest.approx(less.max(), rel=1e-6)  # together
    assert 0.5 <= less.min() <= 0.9
    assert drawn.root is base.root is not None
    assert asked_of(base, study.runs[0]).scenario == base.scenario


@pytest.mark.parametrize(
    ("distribution", "mean", "sd"),
    [({"uniform": {"least": 0, "most": 6}}, 3, 3**0.5), ({"normal": {"mean": 5, "sd": 2}}, 5, 2),
     ({"triangular": {"least": 0, "likely": 3, "most": 6}}, 3, 1.5**0.5),
     ({"lognormal": {"median": 2, "sigma": 0.5}}, 2 * np.exp(0.125), 2 * np.exp(0.125) * np.expm1(0.25) ** 0.5),
     ({"discrete": {"values": [0, 4], "weights": [3, 1]}}, 1, 3**0.5),
     ({"normal": {"mean": 5, "sd": 0}}, 5, 0), ({"triangular": {"least": 2, "likely": 2, "most": 2}}, 2, 0)],
)  # fmt: skip
def test_what_is_drawn_has_the_moments_of_its_distribution(
    distribution: dict[str, Any], mean: float, sd: float
) -> None:
    drawn = Distributed(**distribution).drawn(1, 2, 3, 40_000)
    assert drawn.mean() == pytest.approx(mean, abs=5 * sd / 200 + 1e-9)
    assert drawn.std() == pytest.approx(sd, rel=0.03, abs=1e-9)


def test_what_is_drawn_is_cut_off_and_hangs_on_seed_run_and_input_alone() -> None:
    of = Distributed(normal={"mean": 0, "sd": 9}, least=-2, most=2)
    drawn = of.drawn(1, 2, 3, 100)
    assert (drawn.min(), drawn.max()) == (-2, 2)
    assert len(set(drawn)) > 5
    assert (of.drawn(1, 2, 3, 100) == drawn).all()
    assert all((of.drawn(*other, 100) != drawn).any() for other in ((2, 2, 3), (1, 3, 3), (1, 2, 4)))


def test_what_comes_of_a_draw_is_rounded_and_no_factor_is(folder: Path) -> None:
    """**Proves**: a factor of 0.9 to 1.1, and half a year added to 2028: figures vary, and each is whole."""
    drawn = asking.load(written(folder, """
monte_carlo:
  runs: 20
  inputs:
    - {layer: parts, id: [P-001/main], column: power_kva, as: times, rounded: true, uniform: {least: 0.9, most: 1.1}}
    - {layer: parcels, id: [YL-06], column: ready_year, as: plus, rounded: true, uniform: {least: 0.6, most: 0.9}}
    - {key: goals.tier, rounded: true, uniform: {least: 1, most: 4}}
    - {key: rules.power.XQD.2026, unit: kVA, uniform: {least: 1234567.8, most: 1234567.8}}
"""))  # fmt: skip
    powers, years, tiers = zip(*((run.cells[0][3], run.cells[1][3], run.keys["goals.tier"])
                                 for run in drawn.runs[1:]), strict=True)  # fmt: skip
    now = drawn.inputs[0].territory.parcels.loc["YL-06", "ready_year"]
    assert len(set(powers)) > 5
    assert all(figure == round(figure) for figure in powers)
    assert set(years) == {now + 1}
    assert set(tiers) == {1, 2, 3, 4}
    assert drawn.runs[1].keys["rules.power.XQD.2026"] == "1234567.8 kVA"


def test_a_draw_is_of_the_figure_in_force(folder: Path) -> None:
    """**Proves**: a part that the base sets to 1,000 kVA has 2,000 where a draw doubles it, not the table's twice."""
    (folder / "set.yaml").write_text(
        "extends: quick.yaml\nchanges: [{set: {layer: parts, id: P-001/main, power_kva: 1000 kVA}}]\n", encoding="utf-8"
    )
    twice = "{layer: parts, id: [P-001/main], column: power_kva, as: times, discrete: {values: [2]}}"
    path = written(folder, f"monte_carlo: {{runs: 1, inputs: [{twice}]}}", "set_study.yaml")
    path.write_text(path.read_text(encoding="utf-8").replace("quick.yaml", "set.yaml"), encoding="utf-8")
    asked = asking.load(path)
    base, drawn = (asked_of(asked.inputs[0], run) for run in asked.runs)
    powers = [changed_asked(one).parts.loc["P-001/main", "power_kva"] for one in (base, drawn)]
    assert powers == [1000, 2000]


def test_a_series_keeps_its_digits() -> None:
    assert series("1234567 kVA", "1234569 kVA", "1 kVA") == ("1234567 kVA", "1234568 kVA", "1234569 kVA")


# Bad input


@pytest.mark.parametrize(
    ("text", "where", "rule", "remedy"),
    [
        ("", "", "there is nothing to vary", "sweep, monte_carlo or scenarios"),
        ("sweep: []", "", "there is nothing to vary", ""),
        ("sweep: [{key: goals.tier, values: []}]", "study.yaml:2 sweep[0].values", "a list of 1 or more", ""),
        ("sweep: [{key: goals.teir, values: [1]}]", "study.yaml:2 sweep[0].key", "unknown key 'teir'", "mean tier?"),
        ("sweep: [{key: gaols.tier, values: [1]}]", "study.yaml:2 sweep[0].key", "unknown key 'gaols'", "mean goals?"),
        ("sweep: [{key: years.x, values: [1]}]", "study.yaml:2 sweep[0].key", "[first year, last year]", ""),
        ("sweep: [{key: \"changes[0].withdraw\", values: [1]}]", "study.yaml:2 sweep[0].key", "one item of a list", ""),
        ("sweep: [{key: goals.tier, values: [-1]}]", "study.yaml:2 sweep[0].key", "at least 0", ""),
        ("sweep: [{key: projects, values: [a.csv]}]", "study.yaml:2 sweep[0].key", "cannot be varied", "scenarios"),
        ("sweep: [{key: ., values: [1]}]", "study.yaml:2 sweep[0].key", "'.' is no key", "goals.tier"),
        ("sweep: [{key: goals.tier, values: [1]}, {key: goals.tier, values: [2]}]", "study.yaml:2 sweep[1].key",
         "goals.tier and goals.tier are within", "Vary one"),
        ("sweep: [{key: rules.power.YL.2026, values: [1 kVA]}, {key: rules.power, values: [false]}]",
         "study.yaml:2 sweep[1].key", "rules.power and rules.power.YL.2026 are within", "Vary one"),
        ("monte_carlo: {runs: 2, inputs: [{key: ., uniform: {least: 1, most: 2}}]}", "study.yaml:2 monte_carlo",
         "'.' is no key", ""),
        ("monte_carlo: {runs: 2, inputs: [{key: goals.tier, uniform: {least: 1, most: 2}}, "
         "{key: goals, uniform: {least: 1, most: 2}}]}", "study.yaml:2 monte_carlo.inputs[1].key",
         "goals and goals.tier are within", ""),
        ("monte_carlo: {runs: 2, inputs: [{layer: parcels, column: ready_year, uniform: {least: 2027, most: 2030}}]}",
         "study.yaml:2 monte_carlo.inputs[0]", "ready_year holds whole numbers", "rounded: true"),
        ("sweep: [{key: goals.tier}]", "study.yaml:2 sweep[0]", "values, or all of from, to and step", ""),
        ("sweep: [{key: goals.tier, from: 1, to: 2, step: -1}]", "study.yaml:2 sweep[0]", "is no series", ""),
        ("sweep: [{key: goals.tier, from: 1 ha, to: 2, step: 1}]", "study.yaml:2 sweep[0]", "is no series", "one unit"),
        ("monte_carlo: {runs: -5, inputs: [{key: goals.tier, uniform: {least: 1, most: 2}}]}",
         "study.yaml:2 monte_carlo.runs", "at least 1", ""),
        ("monte_carlo: {runs: 2, inputs: []}", "study.yaml:2 monte_carlo.inputs", "a list of 1 or more", ""),
        ("monte_carlo: {runs: 2, inputs: [{key: goals.tier}]}", "study.yaml:2 monte_carlo.inputs[0]",
         "found 0 distributions", "uniform"),
        ("monte_carlo: {runs: 2, inputs: [{key: goals.tier, normal: {mean: 2}}]}",
         "study.yaml:2 monte_carlo.inputs[0].normal.sd", "is required", "Standard deviation"),
        ("monte_carlo: {runs: 2, inputs: [{key: goals.tier, uniform: {least: 3, most: 2}}]}",
         "study.yaml:2 monte_carlo.inputs[0].uniform", "least is 3, above most, 2", ""),
        ("monte_carlo: {runs: 2, inputs: [{key: goals.tier, discrete: {values: [1, 2], weights: [1]}}]}",
         "study.yaml:2 monte_carlo.inputs[0].discrete", "1 weights of 2 values", ""),
        ("monte_carlo: {runs: 2, inputs: [{key: goals.tier, as: times, uniform: {least: 1, most: 2}}]}",
         "study.yaml:2 monte_carlo.inputs[0]", "takes the figure itself", ""),
        ("monte_carlo: {runs: 2, inputs: [{layer: parcels, uniform: {least: 1, most: 2}}]}",
         "study.yaml:2 monte_carlo.inputs[0]", "found no column", ""),
        ("monte_carlo: {runs: 2, inputs: [{uniform: {least: 1, most: 2}}]}", "study.yaml:2 monte_carlo.inputs[0]",
         "exactly one of key, layer", ""),
        ("monte_carlo: {runs: 2, inputs: [{layer: parcels, column: reddy_year, uniform: {least: 1, most: 2}}]}",
         "study.yaml:2 monte_carlo.inputs[0].column", "'reddy_year' does not exist", "ready_year"),
        ("monte_carlo: {runs: 2, inputs: [{layer: parts, id: P-99/x, column: power_kva, "
         "uniform: {least: 1, most: 2}}]}",
         "study.yaml:2 monte_carlo.inputs[0].id", "'P-99/x' does not exist", ""),
        ("monte_carlo: {runs: 2, inputs: [{layer: parcels, id: YL-11, column: ready_year, as: plus, "
         "rounded: true, uniform: {least: 1, most: 2}}]}",
         "study.yaml:2 monte_carlo.inputs[0]", "has no figure that could be changed", "as: value"),
        ("monte_carlo: {runs: 2, inputs: [{key: goals.tier, normal: {mean: -9, sd: 0}}]}", "study.yaml:2 monte_carlo",
         "at least 0", ""),
    ],
)  # fmt: skip
def test_a_study_that_cannot_be_says_why(folder: Path, text: str, where: str, rule: str, remedy: str) -> None:
    told = faults(folder, text)
    assert any(where in one[0] and rule in one[1] and remedy in one[2] for one in told), told
    assert len(told) == 1, told


def test_all_mistakes_of_a_study_are_told_at_once(folder: Path) -> None:
    told = faults(
        folder,
        "sweep: [{key: goals.teir, values: [1]}, {key: solver.gap, values: [2 m]}]\n"
        "monte_carlo: {runs: 2, inputs: [{layer: floors, column: x, uniform: {least: 1, most: 2}}]}\n",
    )
    assert [one[0].split(" ")[1] for one in told] == ["sweep[0].key", "sweep[1].key", "monte_carlo.inputs[0].column"]
    assert [one[0].split(" ")[0] for one in faults(folder, "scenarios: [none.yaml, nil.yaml]")] == [
        "none.yaml", "nil.yaml"
    ]  # fmt: skip


# Solving


@pytest.fixture(scope="module")
def few(folder: Path) -> Study:
    """Return the base, two draws and a file."""
    return asking.load(written(folder, DRAWN.replace("runs: 3", "runs: 2") + "scenarios: [other.yaml]\n", "few.yaml"))


@pytest.fixture(scope="module")
def solved(few: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a study solved in two goes, of which the first lost its workers."""
    out = tmp_path_factory.mktemp("solved")
    first, second = Here(most=1), Here()
    with pytest.raises(PlannerError, match="the same command goes on"):
        run_study(few, out, first)
    assert [one["run"] for one in running.results(few, out)] == [few.runs[0].name, *first.runs]
    seen: list[tuple[int, int]] = []
    run_study(few, out, second, lambda done, count, _last: seen.append((done, count)))
    assert {*first.runs, *second.runs} == {run.name for run in few.runs[1:]}
    assert len(first.runs) + len(second.runs) == 3
    assert seen == [(2, 4), (3, 4), (4, 4)]
    return out


def tables_of(study: Study, out: Path) -> dict[str, pd.DataFrame]:
    return results.tables(study, running.results(study, out))


def test_a_study_is_the_same_in_one_go_as_in_two(few: Study, solved: Path, tmp_path: Path) -> None:
    """Its order and its workers change nothing; what all runs share is sent once."""
    sent: list[Any] = []

    class Keeping(Here):
        def kept(self, value: Any) -> int:
            sent.append(value)
            return 0

        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            assert args[0] == 0
            return super().submit(fn, sent[0], *args[1:])

    turned = replace(few, runs=(few.runs[0], *few.runs[:0:-1]))
    run_study(turned, tmp_path, Keeping())
    assert len(sent) == 1
    here, there = tables_of(few, solved), tables_of(few, tmp_path)
    for name in set(here) - {"seconds"}:
        pd.testing.assert_frame_equal(here[name], there[name])


def test_a_run_is_what_its_scenario_solved_alone_is(few: Study, solved: Path) -> None:
    """**Proves**: score and bound of each hold against the other's: neither plan exceeds the other's bound."""
    for run in (few.runs[1], few.runs[3]):
        one = running.read_result(solved / running.RUNS, run)
        inputs = asked_of(few.inputs[run.of], run)
        plan = planner.solve(pose(inputs), gap=inputs.scenario.solver.gap, threads=1)
        assert one["score"] <= plan.summary["bound"] + 1e-6
        assert plan.summary["score"] <= one["bound"] + 1e-6
        assert one["gap"] <= inputs.scenario.solver.gap
        assert one["counts"]["options"] == plan.summary["counts"]["options"]


def test_the_share_of_a_placement_is_counted(few: Study, solved: Path) -> None:
    """**Proves**: of the draws alone, by hand from the placements; √(p (1 − p) / n) beside it."""
    tables = tables_of(few, solved)
    shares, places = tables["shares"], tables["placements"]
    drawn = {run.name for run in few.runs if run.kind == "monte_carlo"}
    assert (shares["runs"] == 2).all()
    assert 0 < len(shares[shares["park"] == ""]) == len(few.inputs[0].projects.projects)
    for one in shares.to_dict("records"):
        there = places["project"] == one["project"]
        for column in ("park", "site"):
            there &= (places[column] == one[column]) | (one[column] == "")
        here = set(places.loc[there, "run"])
        p = len(drawn & here) / 2
        assert one["share"] == pytest.approx(p)
        assert one["standard_error"] == pytest.approx((p * (1 - p) / 2) ** 0.5)
        assert one["in_base"] == (few.runs[0].name in here)


def test_a_draw_that_comes_again_counts_again(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """**Proves**: of 40 draws of 1 (nine in ten) or 2, each is a run, and each of the two is solved once.

    P stands where 1 is drawn: its share is that of the draws, not 1 of 2. The sweep's run of 2 is solved no second
    time, and stays a run of the sweep.
    """
    asked = asking.load(written(folder, """
sweep: [{key: goals.tier, values: [2.0]}]
monte_carlo: {runs: 40, inputs: [{key: goals.tier, discrete: {values: [1, 2], weights: [9, 1]}}]}
"""))  # fmt: skip

    def placed(_basis: running.Basis, run: Run) -> dict[str, Any]:
        where = [["P-001/main", "P-001", "YL", "s", 2026, 1.0]] if run.keys["goals.tier"] == 1 else []
        return {**as_the_base(_basis, run), "placements": where}

    monkeypatch.setattr(running, "solved", placed)
    monkeypatch.setattr(running, "_based", lambda study, kept: running._write(
        running._file(kept, study.runs[0]), as_the_base(running.Basis((), None), study.runs[0])
    ))  # fmt: skip
    here, seen = Here(), list[tuple[int, int]]()
    run_study(asked, tmp_path, here, lambda done, count, _last: seen.append((done, count)))
    tables = tables_of(asked, tmp_path)
    assert len(here.runs) == 2
    assert seen[-1] == (3, 3)
    assert tables["runs"]["kind"].tolist() == ["base", "sweep", *["monte_carlo"] * 40]
    assert tables["runs"]["number"].tolist()[2:] == list(range(40))
    ones = sum(run.keys["goals.tier"] == 1 for run in asked.runs[2:])
    assert 30 <= ones < 40
    share = tables["shares"].set_index(["project", "site"]).loc[("P-001", "s")]
    assert (share["runs"], share["share"]) == (40, ones / 40)
    assert len(tables["placements"]) == 1


def test_a_run_of_floors_is_one_placement_whichever_end_is_filled_last() -> None:
    """**Sensitivity**: by the names of sites, a placement would survive in half of the runs in which it does."""
    floors = pd.DataFrame({"building_id": [*"BBC"], "floor": [2, 3, 1]}, index=["B-F02", "B-F03", "C-F01"])

    def of(site: str, places: str, kind: str = "unit") -> str:
        return running.site_of({"kind": kind, "site": site, "places": places}, floors)

    assert of("B-F03:F02", "B-F03;B-F02") == of("B-F02:F03", "B-F02;B-F03") == "B-F02:F03"
    assert of("C-F01+B-F03:F02", "C-F01;B-F03;B-F02") == "B-F02:F03+C-F01"
    assert of("B-F03", "B-F03") == "B-F03"
    assert of("J2+J1", "J2;J1", "plot") == "J2+J1"


@pytest.mark.parametrize(
    ("lang", "holds"),
    [("zh", "3 处落位：1 处始终不变，2 处在九成以上的求解中不变，1 处不到一半"),
     ("en", "3 placements of the base: 1 hold in all runs, 2 in nine of ten or more, 1 in less than half")],
)  # fmt: skip
def test_how_many_placements_survive_is_said(lang: Any, holds: str) -> None:
    """P stays where it is in all of ten runs, Q in nine, R in four; S, which the base leaves out, comes in two."""
    rows = [("P", "s", True, 1.0), ("Q", "t", True, 0.9), ("R", "u", True, 0.4), ("R", "v", False, 0.5),
            ("S", "w", False, 0.2)]  # fmt: skip
    shares = pd.DataFrame([(who, park, at, base, 10, share, 0.1) for who, site, base, share in rows
                           for park, at in (("K", site), ("K", ""), ("", ""))],
                          columns=list(results.TABLES["shares"]))  # fmt: skip
    shares = shares.drop_duplicates(["project", "park", "site"])
    said, table = studying._shares_table(shares, lambda words: words(lang))[1:]
    assert holds in said(lang)
    cells = {str(row[0]): row for row in zip(*(list(column.cells) for column in table.columns), strict=True)}
    assert [str(cells[who][2]) for who in ("Q", "R", "S")] == ["t 90 %", "u 40 %", "—"]


def test_all_of_it_is_in_one_file(few: Study, solved: Path) -> None:
    tables = tables_of(few, solved)
    with sqlite3.connect(results.save(few, tables, solved)) as database:
        for name, frame in tables.items():
            read = pd.read_sql(f"select * from {name}", database)
            assert list(read.columns) == list(results.TABLES[name])
            assert len(read) == len(frame)
        poles = pd.read_sql("select distinct park from poles", database)["park"]
    database.close()
    assert set(poles) == {"YL", "XQD"}  # JB is none
    assert not list(solved.glob(".*"))


def test_a_run_that_contradicts_itself_is_a_result(folder: Path, tmp_path: Path) -> None:
    """P-020 fits nowhere: to place it all the same is told of that run, and ends no other."""
    asked = asking.load(written(folder, "sweep: [{key: must_place, values: [[P-020]]}]"))
    run_study(asked, tmp_path, Here())
    tables = tables_of(asked, tmp_path)
    assert tables["runs"]["status"].tolist()[1] == running.FAULT
    assert tables["runs"]["score"].notna().tolist() == [True, False]
    assert "P-020" in tables["faults"]["en"].iloc[0]


def test_a_base_that_contradicts_itself_is_a_result(folder: Path, tmp_path: Path) -> None:
    """P-020 must stand and fits nowhere: that is told of the base, and of what varies another of its keys."""
    (folder / "must.yaml").write_text("extends: quick.yaml\nmust_place: [P-020]\n", encoding="utf-8")
    path = written(folder, "sweep: [{key: goals.tier, values: [5]}]", "must_study.yaml")
    path.write_text(path.read_text(encoding="utf-8").replace("quick.yaml", "must.yaml"), encoding="utf-8")
    asked = asking.load(path)
    run_study(asked, tmp_path, Here())
    tables = tables_of(asked, tmp_path)
    assert tables["runs"]["status"].tolist() == [running.FAULT] * 2
    assert tables["faults"]["en"].str.contains("P-020").tolist() == [True, True]


def test_what_fails_at_a_run_is_no_lost_worker(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of the program is told as one, beside a worker that is lost; what is solved is gathered."""
    path = written(folder, "sweep: [{key: goals.tier, values: [1, 2, 3]}]", "failing.yaml")
    asked = asking.load(path)

    class Failing(Here):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            found: Future[Any] = Future()
            tier = args[-1].keys["goals.tier"]
            try:
                found.set_result(as_the_base(*args) if tier == 1 else fn(*args, **kwargs))
            except Exception as error:
                found.set_exception(error if tier == 2 else OSError("gone"))
            return found

    def wrong(_inputs: Any) -> None:
        raise ZeroDivisionError("by none")

    monkeypatch.setattr(running, "_based", lambda study, kept: running._write(
        running._file(kept, study.runs[0]), as_the_base(running.Basis((), None), study.runs[0])
    ))  # fmt: skip
    monkeypatch.setattr(running, "pose", wrong)
    with pytest.raises(PlannerError) as raised:
        run_study(asked, tmp_path, Failing())
    failed, lost = raised.value.faults
    assert failed.words("en") == (
        f"planner study: solving failed (ZeroDivisionError: by none) [{asked.runs[2].name}]. "
        "A mistake of planner: report it. What is solved is kept"
    )
    assert "workers are lost (gone)" in lost.words("en")
    assert lost.features == (asked.runs[3].name,)
    monkeypatch.setattr(cluster, "executor", lambda _address, _workers: nullcontext(Failing()))
    told = CliRunner().invoke(app, ["study", str(path), "--out", str(tmp_path), "--lang", "en"])
    assert told.exit_code != 0
    assert "solving failed" in told.stderr
    with sqlite3.connect(tmp_path / results.FILE) as database:
        assert database.execute("select count(*) from runs").fetchone() == (2,)
    database.close()


def test_a_study_killed_goes_on(folder: Path, tmp_path: Path) -> None:
    """Killed between results or within one: each there is whole, none is solved again, all are there in the end."""
    path = written(folder, "sweep: [{key: goals.tier, values: [1, 2, 3, 4, 5, 6, 7, 8]}]", "killed.yaml")
    script = tmp_path / "slow.py"
    script.write_text(
        f"import sys, time\nfrom pathlib import Path\nsys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_study import Here, as_the_base\nfrom planner.study import asking, running\n"
        "running.solved = as_the_base\n"
        f"running.run_study(asking.load({str(path)!r}), Path({str(tmp_path)!r}), Here(), lambda *_: time.sleep(0.1))\n",
        encoding="utf-8",
    )
    study = asking.load(path)
    child = subprocess.Popen([sys.executable, str(script)])
    while len(running.results(study, tmp_path)) < 4 and child.poll() is None:
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    (tmp_path / running.RUNS / ".half").write_text("{", encoding="utf-8")  # as one killed while it wrote leaves it
    done = {one["run"] for one in running.results(study, tmp_path)}
    assert 4 <= len(done) < 9
    rest = Here()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "solved", as_the_base)
        run_study(study, tmp_path, rest)
    assert set(rest.runs) == {run.name for run in study.runs} - done
    assert len(running.results(study, tmp_path)) == 9


@pytest.mark.long
def test_a_study_killed_at_any_moment_goes_on(folder: Path, tmp_path: Path) -> None:
    """Killed with its workers 20 times as it runs: what is solved stays, and all is as undisturbed in the end."""
    path = written(folder, "sweep: [{key: goals.tier, from: 1, to: 60, step: 1}]", "killed_often.yaml")
    study, rng = asking.load(path), np.random.default_rng(1)
    there: dict[str, int] = {}
    kills = 0
    while len(there) < len(study.runs):
        child = subprocess.Popen(
            [sys.executable, "-m", "planner", "study", str(path), "--out", str(tmp_path / "killed"), "--quiet"],
            start_new_session=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        if kills < 20:
            try:
                child.wait(timeout=rng.uniform(0.0, 20.0))
            except subprocess.TimeoutExpired:
                kills += 1
                os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        now = {one.name: one.stat().st_mtime_ns for one in (tmp_path / "killed" / running.RUNS).glob("[!.]*.json")}
        assert now.items() >= there.items(), "a result was lost, or solved again"
        there = now
    assert kills >= 5
    with cluster.executor(workers=2) as executor:
        run_study(study, tmp_path / "whole", executor)
    whole, killed = (
        [{**one, "seconds": {}} for one in running.results(study, tmp_path / name)] for name in ("whole", "killed")
    )
    assert killed == whole


def as_the_base(_basis: running.Basis, run: Run) -> dict[str, Any]:
    """Return a result without solving anything."""
    return {"run": run.name, "kind": run.kind, "number": run.number, "of": 0, "asked": {}, "status": "optimal",
            "score": 1.0, "faults": [], "seconds": {}}  # fmt: skip


@contextmanager
def nobody(_address: str, _workers: int) -> Iterator[Here]:
    raise AssertionError("all was solved")
    yield Here()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_command_says_what_comes_of_it(
    folder: Path, solved: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setattr(cluster, "executor", nobody)
    asked = ["study", str(folder / "few.yaml"), "--out", str(solved), "--lang", lang]
    text, told = CliRunner().invoke(app, asked), CliRunner().invoke(app, [*asked, "--json"])
    assert text.exit_code == told.exit_code == 0, text.output
    assert ("4 次求解" if lang == "zh" else "4 runs: ") in text.stdout
    assert ("个项目总能落位" if lang == "zh" else "projects are placed in all") in text.stdout
    assert "other.yaml" in text.stdout
    found = json.loads(told.stdout)
    assert [run["kind"] for run in found["runs"]] == ["base", "monte_carlo", "monte_carlo", "scenario"]
    assert Path(found["file"]).exists()
    assert told.stderr == ""
