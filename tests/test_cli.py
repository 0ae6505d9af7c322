"""The command line as a planner meets it: what it prints, in which language, where, and with which exit code."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from small import shapes, write_small_scenario
from typer.testing import CliRunner, Result

import planner
from planner import plan as plans
from planner.cli import app, benching, language, showing, solving
from planner.cli.output import harmless, wrapped
from planner.documents import written
from planner.explain import Reason, kept
from planner.intake import read_layer, write_layers
from planner.intake.vector import layers_of
from planner.model import Model
from planner.scenario import json_schema
from planner.solve import other
from planner.solve.exact import Floats
from planner.study import cluster
from planner.telling import proved
from planner.words import Words

SIGKILLED = -9
BREAK_A_RULE = pd.DataFrame(
    [("power", "YL 2026", "≤ 10,000", "12,000", "kVA", False), ("power", "YL 2027", "≤ 20,000", "12,000", "kVA", True)],
    columns=["rule", "key", "asked", "found", "unit", "kept"],
)


def run(*words: object, lang: str = "en") -> Result:
    """Run one command; an exception that is no exit goes through, as a bug does."""
    result = CliRunner().invoke(app, [str(word) for word in words], env={"PLANNER_LANG": lang, "COLUMNS": "100"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def lang_of(words: tuple[object, ...], lang: str) -> tuple[object, ...]:
    return (*words, "--lang", lang)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the small territory and small.yaml; nothing in it is changed."""
    folder = tmp_path_factory.mktemp("inputs")
    write_small_scenario(folder)
    return folder


@pytest.fixture(scope="module")
def solved(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Return one solve of small.yaml in English: its folder and what it printed."""
    folder = tmp_path_factory.mktemp("solved") / "plan"
    result = run("solve", inputs / "small.yaml", "--out", folder, "--lang", "en")
    return SimpleNamespace(folder=folder, result=result)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a folder with the small territory and small.yaml, to be changed."""
    write_small_scenario(tmp_path)
    return tmp_path


@pytest.fixture
def short(own: Path) -> Path:
    """Return that folder with three projects on floors: a question that is answered at once."""
    header, *rows = (own / "projects.csv").read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if row.split(",")[0] in ("P-011", "P-012", "P-016")]
    (own / "projects.csv").write_text("\n".join([header, *kept, ""]), encoding="utf-8")
    return own


def child(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"extends: small.yaml\n{text}", encoding="utf-8")
    return path


# help, language


def test_help_waits_for_no_library() -> None:
    heavy = ("pandas", "geopandas", "numpy", "highspy", "folium", "pydantic", "rich")
    code = f"import planner.cli, sys; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.split() == [b"[]"]


def test_help_names_every_command() -> None:
    text = run("--help").stdout
    for command in ("check", "solve", "show", "explain", "compare", "alternatives", "worth", "map", "report", "review",
                    "schema", "new", "bench"):  # fmt: skip
        assert re.search(rf"^  {command} ", text, re.MULTILINE), command


@pytest.mark.parametrize(
    ("environment", "expected"),
    [({"PLANNER_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"), ({"LANG": "en_US.UTF-8"}, "en"), ({"LANG": "zh_CN"}, "zh"),
     ({"LANG": "C.UTF-8"}, "zh"), ({}, "zh"), ({"PLANNER_LANG": "fr", "LANG": "en"}, "en")],
)  # fmt: skip
def test_language_is_planner_lang_then_lang_then_chinese(environment: dict[str, str], expected: str) -> None:
    assert language(environment).value == expected


def test_usage_errors_are_2() -> None:
    assert run("solve").exit_code == 2
    assert run("no-such-command").exit_code == 2
    assert run("solve", "x.yaml", "--lang", "fr").exit_code == 2


# check


def test_check_lists_what_fits_nowhere_and_says_usable(inputs: Path) -> None:
    result = run("check", inputs / "small.yaml")
    assert result.exit_code == 0
    assert re.search(r"P-020/main .* floor load +B01-F01 +25 kN/m² +15 kN/m²", result.stdout)
    assert "2 of 20 projects fit nowhere" in result.stdout


def test_check_json_is_a_list_of_faults_alone_on_stdout(inputs: Path) -> None:
    result = run("check", inputs / "small.yaml", "--json")
    found = json.loads(result.stdout)
    assert {tuple(fault["features"]) for fault in found} == {("P-018",), ("P-020",)}
    assert not any(fault["fatal"] for fault in found)
    assert result.stderr == ""


@pytest.mark.parametrize("path", ["territory.yaml", "", "small.gpkg", "projects.csv"])
def test_check_takes_layers_folders_and_territories(inputs: Path, path: str) -> None:
    assert run("check", inputs / path).exit_code == 0


def test_check_tells_all_faults_of_a_layer(own: Path) -> None:
    parcels = (own / "parcels.csv").read_text(encoding="utf-8")
    (own / "parcels.csv").write_text(parcels.replace(",M1,3,", ",M1,-3,", 2), encoding="utf-8")
    result = run("check", own, "--json")
    assert result.exit_code == 2
    (fault,) = [fault for fault in json.loads(result.stdout) if fault["fatal"]]
    assert (fault["column"], fault["features"]) == ("far_max", ["YL-01", "YL-02"])
    said = run("check", own, "--lang", "zh")
    assert "容积率" in said.stdout
    assert "不可用：1 处错误" in said.stdout


def test_check_quiet_speaks_only_of_errors(own: Path) -> None:
    assert run("check", own / "small.yaml", "--quiet").output == ""
    (own / "floors.csv").unlink()
    result = run("check", own / "small.yaml", "--quiet")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "floors.csv" in result.stderr


# bad input: place, value, allowed, remedy; exit code 2; no plan


CLASH = ("locks: {P-020", "must_place")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("goals: {teir: 3}\n", ["bad.yaml:2 goals.teir", "tier"]),
        ("locks: {P-020: {building: B01}}\n", ["bad.yaml:2 locks.P-020", "floor load", "25", "15"]),
        ("locks: {P-999: {building: B01}}\n", ["P-999"]),
        ("must_place: [P-018]\n", ["must_place", "land class", "M0"]),
        ("changes: [{withdraw: [YL-99]}]\n", ["YL-99", "YL-09"]),
        ("territory: nowhere\n", ["nowhere"]),
        ("years: [2030, 2026]\n", ["bad.yaml:2 years"]),
    ],
)
@pytest.mark.parametrize("command", ["solve", "check"])
def test_a_bad_scenario_says_where_and_what(own: Path, text: str, words: list[str], command: str) -> None:
    bad = child(own, "bad.yaml", text)
    out = own / f"plan of {text[:14].replace(':', '')}"
    result = run(command, bad, *(["--out", out] if command == "solve" else []))
    clash = command == "solve" and text.startswith(CLASH)  # of what can be kept apart: solve tells what would mend it
    assert result.exit_code == (1 if clash else 2)
    said = " ".join((result.stderr if command == "solve" and not clash else result.stdout).split())
    for word in words if command == "solve" else words[1:]:
        assert word in said
    assert ("What mends it" in said) == clash
    assert out.exists() == clash


def test_a_scenario_that_extends_itself_is_told_the_loop(own: Path) -> None:
    (own / "a.yaml").write_text("extends: b.yaml\n", encoding="utf-8")
    (own / "b.yaml").write_text("extends: a.yaml\n", encoding="utf-8")
    result = run("solve", own / "a.yaml")
    assert result.exit_code == 2
    assert "a.yaml → b.yaml → a.yaml" in result.stderr
    chinese = run("solve", own / "a.yaml", "--lang", "zh")
    assert "引用了自身" in chinese.stderr


def test_a_missing_layer_is_one_paragraph_in_the_language(own: Path) -> None:
    described = (own / "territory.yaml").read_text(encoding="utf-8")
    lines = [line for line in described.splitlines() if "parcels" not in line and "floors" not in line]
    (own / "territory.yaml").write_text("\n".join(lines), encoding="utf-8")
    for lang, words in (("en", "the layer parcels is missing"), ("zh", "缺少图层 parcels")):
        result = run("solve", own / "small.yaml", "--lang", lang)
        assert (result.exit_code, result.stdout) == (2, "")
        assert words in result.stderr
        assert len(result.stderr.splitlines()) == 2  # parcels and floors, both told at once
        assert "Traceback" not in result.stderr


def test_debug_adds_the_traceback(own: Path) -> None:
    result = run("solve", own / "nowhere.yaml", "--debug")
    assert result.exit_code == 2
    assert "Traceback" in result.stderr


def test_a_bug_keeps_its_traceback(inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*words: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(solving, "pose", broken)
    with pytest.raises(ZeroDivisionError):
        run("solve", inputs / "small.yaml", "--out", tmp_path / "plan")


def test_no_memory_is_one_sentence(inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_memory(*words: object) -> None:
        raise MemoryError

    monkeypatch.setattr(solving, "pose", without_memory)
    result = run("solve", inputs / "small.yaml", "--out", tmp_path / "plan")
    assert (result.exit_code, result.stderr.strip()) == (2, "Memory ran out; nothing was written")


def test_an_engine_is_forced_and_told_or_is_a_fault(inputs: Path, tmp_path: Path) -> None:
    asked = ("solve", inputs / "small.yaml", "--out", tmp_path / "plan", "--no-map")
    result = run(*asked, "--engine", "assignment")
    assert result.exit_code == 2
    assert "solver.engine: assignment cannot take this case: rules couple its places: " in result.stderr
    result = run(*asked, "--engine", "whole", "--solver", "CBC")
    assert result.exit_code == 2
    assert "--engine: cannot go with --solver CBC" in result.stderr
    result = run(*asked, "--scheduler", "local", "--solver", "CBC")
    assert result.exit_code == 2
    assert "--scheduler: cannot go with --solver CBC" in result.stderr
    result = run(*asked, "--engine", "whole")
    assert result.exit_code == 0
    assert "Engine: branch and bound over the whole (as asked)." in result.stdout


def test_a_scheduler_packs(inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """**Proves**: its executor is asked to pack; one that nobody answers for is a fault, and nothing is written."""
    sent: list[object] = []

    class Counting(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            sent.append(fn)
            return super().submit(fn, *args, **kwargs)

    @contextmanager
    def executor(address: str, workers: int) -> Iterator[ThreadPoolExecutor]:
        sent.append((address, workers))
        with Counting(workers) as threads:
            yield threads

    asked = ("solve", inputs / "small.yaml", "--out", tmp_path / "plan", "--no-map", "--scheduler")
    assert run(*asked, "nonsense").exit_code == 2
    assert not (tmp_path / "plan").exists()
    monkeypatch.setattr(cluster, "executor", executor)
    assert run(*asked, "tcp://one:1", "--engine", "patterns").exit_code == 0
    assert sent[0] == ("tcp://one:1", 2)
    assert len(sent) > 1


@pytest.mark.parametrize(
    ("option", "value"), [("--gap", "much"), ("--gap", "200 %"), ("--time-limit", "-3"), ("--solver", "Abacus")]
)
def test_a_bad_option_is_told_with_its_remedy(inputs: Path, tmp_path: Path, option: str, value: str) -> None:
    result = run("solve", inputs / "small.yaml", "--out", tmp_path / "plan", option, value)
    assert result.exit_code == 2
    assert option in result.stderr
    assert not (tmp_path / "plan").exists()


# solve


def test_solve_says_what_is_proved_and_where_the_map_is(solved: SimpleNamespace) -> None:
    assert solved.result.exit_code == 0
    text = solved.result.stdout
    assert re.search(r"Proved (best|within 0\.\d\d% of the best possible): 1,69\d\.\d", text)
    assert "plots of more than 3 parcels were not listed in Xinqiao East, Yanluo" in " ".join(text.split())
    assert re.search(r"^total +20 +18 +2$", text, re.MULTILINE)
    assert re.search(r"^fits nowhere +2 ", text, re.MULTILINE)
    assert "map.html" in text
    assert max(len(line) for line in text.splitlines() if str(solved.folder) not in line) <= 100
    assert sorted(path.name for path in solved.folder.iterdir()) == ["map.html", "plan.gpkg", "plan.json", "proof.npz"]


def test_plan_json_carries_what_its_readers_need(solved: SimpleNamespace, inputs: Path) -> None:
    said = json.loads((solved.folder / "plan.json").read_text(encoding="utf-8"))
    assert list(said["seconds"]) == ["intake", "pose", "formulate", "solve", "audit", "write"]
    assert all(seconds >= 0 for seconds in said["seconds"].values())
    assert said["audit"]["broken"] == 0
    assert said["audit"]["kept"] > 100
    assert said["audit"]["findings"] == []
    provenance = said["provenance"]
    assert {"small.yaml", "projects.csv", "parcels.csv", "small.gpkg", "territory.yaml"} <= set(provenance["inputs"])
    assert {"planner", "highspy", "numpy", "pandas", "geopandas", "python"} <= set(provenance["versions"])
    assert (provenance["seed"], provenance["threads"]) == (1, 2)
    assert (solved.folder / provenance["scenario"]["file"]).resolve() == (inputs / "small.yaml").resolve()
    assert said["years"] == [2026, 2030]
    assert said["illustrative"] == {"zh": "测试用虚构数据", "en": "Invented for tests"}
    assert sum(said["terms"].values()) + sum(said["soft"].values()) == pytest.approx(said["score"], abs=1e-6)


def test_layers_of_a_plan_are_the_land_and_floors_it_takes(solved: SimpleNamespace) -> None:
    """On paper: 20 parcels are on offer; those not placed on are the unplaced ones, and plots measure their land."""
    file = solved.folder / "plan.gpkg"
    plots, units, free = (read_layer(file, name) for name in ("placed_plots", "placed_units", "unplaced_parcels"))
    assert plots.geometry.area.to_numpy() == pytest.approx(plots["land_m2"].to_numpy())
    taken = {parcel for places in plots["places"] for parcel in places.split(";")}
    assert len(taken) + len(free) == 20
    assert not taken & set(free["parcel_id"])
    assert free["usable_m2"].to_numpy() == pytest.approx(free.geometry.area.to_numpy())
    assert units.geometry.area.to_numpy() == pytest.approx(
        np.full(len(units), 40 * 50)
    )  # every building is 40 m × 50 m
    assert (units["floors_m2"] >= units["gfa_m2"] - 1e-6).all()


def test_solve_json_is_plan_json_alone_on_stdout(own: Path) -> None:
    result = run("solve", own / "small.yaml", "--out", own / "plan", "--json", "--no-map", "--gap", "2 %")
    assert json.loads(result.stdout) == json.loads((own / "plan" / "plan.json").read_text(encoding="utf-8"))
    assert not (own / "plan" / "map.html").exists()
    assert "bound" in result.stderr  # progress is elsewhere


def test_solve_quiet_says_nothing(short: Path) -> None:
    result = run("solve", short / "small.yaml", "--out", short / "plan", "--quiet", "--no-map", "--gap", "2 %")
    assert (result.exit_code, result.output) == (0, "")


def test_solve_in_chinese_speaks_chinese(own: Path) -> None:
    result = run("solve", own / "small.yaml", "--out", own / "plan", "--gap", "2 %", "--lang", "zh")
    assert "任何方案不超过" in result.stdout
    assert re.search(r"^合计 +20 +18 +2$", result.stdout, re.MULTILINE)
    assert "求解" in result.stdout
    assert "上限" in result.stderr


def test_out_defaults_to_plans_and_the_stem(short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(short)
    run("solve", "small.yaml", "--no-map", "--gap", "2 %", "--quiet")
    assert (short / "plans" / "small" / "plan.json").is_file()


def test_a_folder_that_is_no_plan_is_left_alone(inputs: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me", encoding="utf-8")
    (tmp_path / "file").write_text("me too", encoding="utf-8")
    for taken in ("mine", "file"):
        result = run("solve", inputs / "small.yaml", "--out", tmp_path / taken)
        assert result.exit_code == 2
        assert "--out" in result.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_the_same_question_gives_the_same_plan(short: Path) -> None:
    said = []
    for name in ("one", "two"):
        run("solve", short / "small.yaml", "--out", short / name, "--no-map", "--quiet", "--gap", "2 %")
        said.append(json.loads((short / name / "plan.json").read_text(encoding="utf-8")))
        said[-1].pop("seconds")
    assert said[0] == said[1]


def test_plots_that_were_not_listed_are_priced_in(own: Path) -> None:
    """Single parcels and a few plots are listed; the others join by their price, and then no plot is missing."""
    few = child(own, "few.yaml", "sites: {plots_max: 1}\n")
    said = json.loads(run("solve", few, "--out", own / "few", "--no-map", "--json").stdout)
    assert not any("grown" in why for why in said["counts"]["sites_missing"].values())
    assert run("explain", "P-001", "--plan", own / "few").exit_code == 0


@pytest.mark.parametrize(
    ("missing", "zh", "en"),
    [
        ({"YL": ["larger"]}, "：超过 3 宗地块的用地组合未列出（YL）。",
         ": plots of more than 3 parcels were not listed in YL."),
        ({"YL": ["shares"]}, "：切分与联合拿地只列出所求面积（YL）。",
         ": of cuts and joint shares only those of the areas asked in YL."),
        ({"YL": ["spread"]}, "：跨楼栋单元太多，只列出层数最少的（YL）。",
         ": of too many units in several buildings only those of fewest floors were listed in YL."),
        ({"YL": ["larger", "grown"], "JB": ["grown"]},
         "：超过 3 宗地块的用地组合未列出（YL）；用地组合太多，只列出最紧凑的（YL、JB）。",
         ": plots of more than 3 parcels were not listed in YL; "
         "of too many plots only the most compact were listed in YL, JB."),
    ],
)  # fmt: skip
def test_every_reason_why_sites_are_missing_is_told(missing: dict[str, list[str]], zh: str, en: str) -> None:
    said = {
        "score": 1.0, "bound": 1.0, "gap": 0.0, "solver_gap": 0.0, "status": "optimal", "plot_parcels_max": 3,
        "counts": {"sites": 12, "sites_complete": dict.fromkeys(missing, False), "sites_missing": missing},
    }  # fmt: skip
    assert proved(said, "zh")[-1] == "这是所列 12 个落位空间中的最好" + zh
    assert proved(said, "en")[-1] == "Best of the 12 sites considered" + en


def test_nothing_feasible_is_1_and_says_so(own: Path) -> None:
    """8, 6 and 4 MVA must go into two parks of 9 MVA: all together would fit, any two would, the three do not."""
    caps = ", ".join(f"{park}: {{2026: 9 MVA}}" for park in ("YL", "XQD"))
    rules = f"rules: {{power: {{{caps}}}, simultaneity: 1}}"
    dark = child(own, "dark.yaml", f"must_place: [P-001, P-002, P-006]\n{rules}\n")
    result = run("solve", dark, "--out", own / "plan")
    assert result.exit_code == 1
    assert "No plan exists" in result.stdout
    said = json.loads((own / "plan" / "plan.json").read_text(encoding="utf-8"))
    assert said["status"] == "infeasible"
    assert [said[key] for key in ("score", "bound", "gap", "solver_bound", "solver_gap")] == [None] * 5
    clash = json.loads((own / "plan" / "conflict.json").read_text(encoding="utf-8"))
    projects = {demand["key"] for demand in clash["demands"] if demand["rule"] == "must_place"}
    assert (projects, clash["reduced"], clash["told"]) == ({"P-001", "P-002", "P-006"}, True, [])
    assert len(clash["repairs"]) == 3
    for lang, asked, mended in (("zh", "必须落位 P-002", "可以不落位"), ("en", "must be placed P-002", "may stay out")):
        again = run("show", own / "plan", "--lang", lang).stdout
        assert asked in again
        assert re.search(rf"P-00\d {mended}", again)
    assert json.loads(run("show", own / "plan", "--json").stdout)["conflict"] == clash


def test_what_is_told_before_solving_is_mended_too(own: Path) -> None:
    """One floor of 2,000 m² for two parts of 2,000: told at once, with what conflicts and a plan's worth of repairs."""
    child(own, "full.yaml", "locks: {P-011: B01-F04, P-012: B01-F04}\n")
    result = run("solve", own / "full.yaml", "--out", own / "plan")
    assert result.exit_code == 1
    told = " ".join(result.stdout.split())
    assert "what is locked there asks for 4,000 m² in all" in told.replace("4000", "4,000")
    assert "floor not overfilled B01-F04 (at most 2,000 m²)" in told
    assert "Without any one of them the others could." in told
    said = json.loads((own / "plan" / "conflict.json").read_text(encoding="utf-8"))
    (own / "mended.yaml").write_text("extends: full.yaml\n" + written(said["repairs"][0]["keys"]), encoding="utf-8")
    assert run("solve", own / "mended.yaml", "--out", own / "plan", "--no-map", "--gap", "5 %").exit_code == 0
    assert not (own / "plan" / "conflict.json").exists()


def test_a_broken_rule_is_1_and_named(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "audited", lambda plan, inputs: BREAK_A_RULE)
    result = run("solve", own / "small.yaml", "--out", own / "plan", "--no-map", "--gap", "2 %")
    assert result.exit_code == 1
    assert "1 of 2 findings broken" in result.stdout
    assert re.search(r"power by park and year +YL 2026 +≤ 10,000 +12,000 +kVA", result.stdout)
    said = json.loads((own / "plan" / "plan.json").read_text(encoding="utf-8"))["audit"]
    assert (said["kept"], said["broken"], said["findings"][0]["key"]) == (1, 1, "YL 2026")


def test_another_solver_reaches_the_same_score(own: Path, solved: SimpleNamespace) -> None:
    run("solve", own / "small.yaml", "--out", own / "plan", "--no-map", "--solver", "CBC", "--quiet")
    said = json.loads((own / "plan" / "plan.json").read_text(encoding="utf-8"))
    ours = json.loads((solved.folder / "plan.json").read_text(encoding="utf-8"))
    assert said["score"] == pytest.approx(ours["score"], rel=0.001)  # both within 0.1 % of the same optimum
    assert said["solver_bound"] is None
    assert said["provenance"]["options"]["solver"] == "CBC"


def test_another_solver_starts_from_a_plan(own: Path, solved: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    began = []

    def asked(model: Model, *_: object, start: Floats, **__: object) -> tuple[None, bool]:
        began.append(float(model.c @ start))
        return None, False

    monkeypatch.setattr(other, "answer_of", asked)
    asking = ("solve", own / "small.yaml", "--out", own / "plan", "--start", solved.folder)
    result = run(*asking, "--no-map", "--solver", "CBC")
    assert began == [pytest.approx(json.loads((solved.folder / "plan.json").read_text(encoding="utf-8"))["score"])]
    assert (result.exit_code, "without saying that there is none" in result.stderr) == (1, True)
    result = run(*asking)
    assert (result.exit_code, "is for other solvers" in result.stderr) == (2, True)


def test_export_writes_the_model_and_its_names(inputs: Path, tmp_path: Path) -> None:
    result = run("export", inputs / "small.yaml", tmp_path / "small.mps", "--json")
    assert json.loads(result.stdout) == {
        "model": str(tmp_path / "small.mps"), "names": str(tmp_path / "small.names.csv"),
    }  # fmt: skip
    assert (tmp_path / "small.mps").read_text(encoding="utf-8").startswith("NAME")
    assert run("export", inputs / "small.yaml", tmp_path / "small.xlsx").exit_code == 2
    shown = run("export", inputs / "small.yaml", tmp_path / "small.lp", "--lang", "zh").stdout
    assert re.search(r"^模型 +\S+small\.lp\n名称 +\S+small\.names\.csv$", shown, re.MULTILINE)


def test_names_from_files_are_text_to_the_terminal(own: Path) -> None:
    table = (own / "projects.csv").read_text(encoding="utf-8")
    (own / "projects.csv").write_text(table.replace("项目20", "[bold red]x[/] :smile: [link=a]"), encoding="utf-8")
    said = run("check", own / "small.yaml").stdout.split()  # a cell may take more lines than one
    assert {":smile:", "[link=a]"} <= set(said)
    assert "red]x[/]" in said


def test_signs_that_steer_a_terminal_are_shown_as_dots() -> None:
    assert harmless("a\x1b]0;b\x07\u202e") == "a·]0;b··"


def test_wrapped_lines_keep_to_the_width() -> None:
    text = "这是所列 2,120 个落位空间中的最好：超过 3 宗地块的用地组合未列出（福永产业片区、江碧环保园）。"
    lines = wrapped(text, 30, 2).splitlines()
    assert all(sum(2 if ord(sign) > 0x2E80 else 1 for sign in line) <= 32 for line in lines)  # a closing sign may hang
    assert not any(line.strip()[:1] in set("，。：、）") for line in lines)
    assert "".join(line.strip() for line in lines).replace(" ", "") == text.replace(" ", "")


# show


def test_show_names_file_and_line_of_every_value(own: Path) -> None:
    path = child(own, "dry.yaml", "rules:\n  power: {YL: {2026: 5 MVA}}\n")
    found = {row["key"]: row for row in json.loads(run("show", path, "--json").stdout)}
    power = found["rules.power.YL.2026"]
    assert (power["value"], Path(power["file"]).name, power["line"]) == ("5 MVA", "dry.yaml", 3)
    assert (Path(found["goals.tier"]["file"]).name, found["goals.tier"]["line"]) == ("small.yaml", 5)
    assert re.search(r"rules\.power\.YL\.2026 +5 MVA +dry\.yaml:3", run("show", path).stdout)


def test_show_of_a_plan_is_what_solve_printed(solved: SimpleNamespace) -> None:
    text = run("show", solved.folder).stdout
    assert text.strip() in solved.result.stdout
    assert (
        json.loads(run("show", solved.folder, "--json").stdout)["status"]
        == json.loads((solved.folder / "plan.json").read_text(encoding="utf-8"))["status"]
    )


def test_show_proof_recomputes_the_bound(solved: SimpleNamespace, tmp_path: Path) -> None:
    assert "as plan.json says" in run("show", solved.folder, "--proof").stdout
    assert json.loads(run("show", solved.folder, "--proof", "--json").stdout)["agrees"]
    told = tmp_path / "told"
    told.mkdir()
    for path in solved.folder.iterdir():
        (told / path.name).write_bytes(path.read_bytes())
    said = json.loads((told / "plan.json").read_text(encoding="utf-8"))
    said["bound"] -= 1
    (told / "plan.json").write_text(json.dumps(said), encoding="utf-8")
    result = run("show", told, "--proof")
    assert result.exit_code == 1
    assert "but plan.json says" in result.stdout


def test_what_is_no_plan_is_2(tmp_path: Path) -> None:
    for words in (
        ("show", tmp_path),
        ("compare", tmp_path, tmp_path),
        ("map", tmp_path),
        ("report", tmp_path),
        ("explain", "P", "--plan", tmp_path),
    ):
        assert run(*words).exit_code == 2, words


# explain, compare, map


def test_explain_reads_the_plan_and_its_scenario_again(solved: SimpleNamespace) -> None:
    reasons = json.loads(run("explain", "P-020", "--plan", solved.folder, "--json").stdout)
    assert (reasons[0]["kind"], reasons[0]["need"], reasons[0]["offer"], reasons[0]["unit"]) == (
        "refused",
        25,
        15,
        "kN/m²",
    )
    placed = json.loads(run("explain", "P-001", "--plan", solved.folder, "--json").stdout)
    assert placed[0]["kind"] == "placed"
    assert "P-001" in run("explain", "P-001", "--plan", solved.folder, "--lang", "zh").stdout
    result = run("explain", "P-0020", "--plan", solved.folder)
    assert result.exit_code == 2
    assert "P-020" in result.stderr


def test_explain_keeps_what_would_place_all_that_are_left_out(
    solved: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """**Proves** kept until the plan changes. **Sensitivity**: asked anew each time, or kept for another plan."""
    folder = tmp_path / "plan"
    shutil.copytree(solved.folder, folder)
    told = json.loads(run("explain", "--plan", folder, "--json").stdout)
    left = {row["project"] for row in json.loads((folder / "plan.json").read_text(encoding="utf-8"))["left_out"]}
    changes = [reason for reason in told if reason["kind"] == "smallest_change"]
    assert {reason["subject"] for reason in changes} == left
    assert all(reason["diff"] for reason in changes)
    monkeypatch.setattr(showing, "why_not", None)  # nothing is asked again
    assert json.loads(run("explain", "--plan", folder, "--json").stdout) == told
    assert "P-020" in run("explain", "--plan", folder, "--lang", "zh").stdout
    monkeypatch.undo()
    text = (folder / "plan.json").read_text(encoding="utf-8")
    (folder / "plan.json").write_text(text + "\n", encoding="utf-8")
    monkeypatch.setattr(showing, "why_not", lambda inputs, case, plan, names: {name: [] for name in names})
    assert json.loads(run("explain", "--plan", folder, "--json").stdout) == []


def test_explain_solves_what_it_costs_elsewhere_and_when_it_moves_and_keeps_it(
    solved: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """**Proves** from a saved plan, told against its score. **Sensitivity**: solved without being asked to."""
    folder = tmp_path / "plan"
    shutil.copytree(solved.folder, folder)
    with monkeypatch.context() as patch:
        patch.setattr(showing, "warm", None)  # nothing is solved
        plain = json.loads(run("explain", "P-001", "--plan", folder, "--json").stdout)
    more = "--cost", "--break-even"
    told = json.loads(run("explain", "P-001", "--plan", folder, *more, "--json").stdout)
    sites = [reason["place"] for reason in plain if reason["kind"] == "next_site"]
    costs = [reason for reason in told if reason["kind"] == "next_site"]
    assert [reason["place"] for reason in costs] == sites != []
    assert all(reason["lost"][0] <= reason["lost"][1] for reason in costs)
    even = [reason for reason in told if reason["kind"] == "break_even"]
    assert {reason["by"] for reason in even} >= {"weight", "land", "capacity"}
    assert len(told) == len(plain) + len(even)
    monkeypatch.setattr(showing, "warm", None)
    assert json.loads(run("explain", "P-001", "--plan", folder, *more, "--json").stdout) == told
    for lang, words in (("en", ("points; ", "weight of tier", "┃ now")), ("zh", ("；代价", "权重 项目级别", "┃ 现值"))):
        text = run("explain", "P-001", "--plan", folder, *more, "--lang", lang).stdout
        assert all(each in text for each in words)
        assert text.count("┃") == len(even) + 1, "a strip each, and what its signs mean"
    for option in more:
        nobody = run("explain", "--plan", folder, option)
        assert (nobody.exit_code, "no project is named" in nobody.stderr, option in nobody.stderr) == (2, True, True)


def test_explain_says_that_inputs_have_changed(own: Path) -> None:
    run("solve", own / "small.yaml", "--out", own / "plan", "--no-map", "--quiet", "--gap", "2 %")
    with (own / "figures.csv").open("a", encoding="utf-8") as file:
        file.write("SGHZ,规划面积,planned area,1,km²,invented,2024,low,,\n")
    result = run("explain", "P-020", "--plan", own / "plan", "--json")
    assert "figures.csv" in result.stderr
    assert json.loads(result.stdout)
    (own / "small.yaml").unlink()
    gone = run("explain", "P-020", "--plan", own / "plan")
    assert gone.exit_code == 2
    assert "small.yaml" in gone.stderr


def test_compare_tells_totals_and_moves(own: Path, solved: SimpleNamespace) -> None:
    """With eight of ten parcels of YL withdrawn, fewer than the 18 find room."""
    less = child(own, "less.yaml", "changes: [{withdraw: [YL-01, YL-02, YL-04, YL-05, YL-06, YL-07, YL-09, YL-10]}]\n")
    run("solve", less, "--out", own / "less", "--no-map", "--quiet", "--gap", "2 %")
    found = json.loads(run("compare", solved.folder, own / "less", "--json").stdout)
    totals = {total["measure"]: (total["a"], total["b"]) for total in found["totals"]}
    assert totals["placed"][1] < totals["placed"][0] == 18
    assert "newly_left_out" in {move["change"] for move in found["moves"]}
    low, high = found["optimum_difference"]
    assert low <= totals["score"][1] - totals["score"][0] <= high
    text = run("compare", solved.folder, own / "less").stdout
    assert "newly left out" in text
    assert "18 " in text
    assert "B scores" in text
    asked = (solved.folder, own / "less", solved.folder, "--out", own / "moved.gpkg")
    text = run("compare", *asked, "--lang", "zh").stdout
    assert "B 得分比 A 低" in text
    assert "两方案各项得分相同；落位项目数相同。" in text
    layers = set(layers_of(own / "moved.gpkg"))
    assert {"moves_B_table", "totals_B_table", "totals_C_table"} <= layers
    lines = read_layer(own / "moved.gpkg", "moves_B")
    assert set(lines["project"]) <= {move["project"] for move in found["moves"] if move["change"] == "moved"}
    shutil.copytree(solved.folder, own / "first")
    drawn = run("map", own / "first", "--against", own / "less", "--json")
    assert json.loads(drawn.stdout) == {"map": str(own / "first" / "against.html")}
    told = drawn_frame(own / "first" / "against.html")
    assert {move["project"] for move in told["moves"]} == {move["project"] for move in found["moves"]}
    assert [side["placed"] for side in told["sides"]] == list(totals["placed"])
    summary = json.loads((own / "less" / "plan.json").read_text(encoding="utf-8"))
    summary["provenance"]["scenario"] = {"file": "gone.yaml", "absolute": "gone.yaml"}
    (own / "less" / "plan.json").write_text(json.dumps(summary), encoding="utf-8")
    drawn = run("map", own / "first", "--against", own / "less")
    assert (drawn.exit_code, "the same ground" in drawn.stderr) == (0, True), "a plan whose layers are gone"


def test_a_base_map_stands_on_the_map_only_where_it_is_asked_for(
    own: Path, solved: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(solved.folder, own / "based")
    assert run("map", own / "based", "--base", "osm", "--base", "GCJ-02 https://a.cn/{z}/{x}/{y}").exit_code == 0
    told = drawn_frame(own / "based" / "map.html")["bases"]
    assert [one["shifted"] for one in told] == ["", "GCJ-02"]
    run("map", own / "based", "--quiet")
    assert drawn_frame(own / "based" / "map.html")["bases"] == []
    monkeypatch.setenv("PLANNER_TIANDITU_TOKEN", "SECRET-KEY")
    told = run("map", own / "based", "--base", "tianditu", "--keep-token", "--share", "public")
    assert told.exit_code == 2
    assert "--keep-token" in told.stderr
    assert not list((own / "based").glob("map-public*"))
    wrong = run("map", own / "based", "--base", "googel")
    assert (wrong.exit_code, "tianditu" in wrong.stderr) == (2, True)


def drawn_frame(file: Path) -> dict[str, Any]:
    """Return what a page is told."""
    block = re.search(r'id="planner-frame">(.*?)</script>', file.read_text("utf-8"), re.DOTALL)
    assert block
    told: dict[str, Any] = json.loads(block[1])
    return told


def test_alternatives_are_plans_of_their_own(own: Path, solved: SimpleNamespace) -> None:
    """**Proves**: what is told of each is what its folder says, and `compare` finds as many of them apart."""
    asked = ("alternatives", own / "small.yaml", "--count", 2, "--within", "20 %", "--apart", 2, "--out", own / "also")
    found = json.loads(run(*asked, "--json").stdout)
    assert found["more"] == "found"
    assert found["distances"][0][1] >= 2
    for told in found["plans"]:
        kept = json.loads((Path(told["folder"]) / "plan.json").read_text(encoding="utf-8"))
        assert (kept["score"], kept["gap"]) == (told["score"], told["gap"])
        assert kept["audit"]["broken"] == 0
        assert told["gap"] <= 0.2
    text = run(*asked).stdout
    assert "open to bargaining" in text
    again = json.loads(run("alternatives", solved.folder, *asked[2:-2], "--json").stdout)
    assert again["plans"][0]["score"] == json.loads((solved.folder / "plan.json").read_text(encoding="utf-8"))["score"]
    assert again["plans"][0]["folder"] == str(solved.folder / "alternatives" / "1")
    assert not run("show", solved.folder / "alternatives" / "2").exit_code
    wrong = run("alternatives", own / "small.yaml", "--within", "much")
    assert (wrong.exit_code, "--within" in wrong.stderr) == (2, True)


def test_what_things_are_worth_is_told_and_kept(own: Path, solved: SimpleNamespace) -> None:
    told = run("worth", solved.folder, "--out", own / "worth", "--lang", "zh").stdout
    kept = json.loads((own / "worth" / "worth.json").read_text(encoding="utf-8"))
    assert kept["gains"]
    assert all(0 <= one["at_least"] <= one["at_most"] for one in kept["gains"])
    assert {one["kind"] for one in kept["keeping_free"]} == {"reserve"}
    assert kept["gains"][0]["words_zh"] in told.replace("\n", "") or "增加" in told
    assert sorted(path.name for path in (own / "worth").iterdir()) == ["worth.json"]


def test_one_plan_compares_with_nothing(solved: SimpleNamespace) -> None:
    said = run("compare", solved.folder)
    assert said.exit_code == 2
    assert "Name 2 to 26" in said.stderr


def test_map_is_written_again_in_the_language(solved: SimpleNamespace, tmp_path: Path) -> None:
    told = tmp_path / "told"
    shutil.copytree(solved.folder, told)
    (told / "map.html").unlink()
    assert json.loads(run("map", told, "--json").stdout) == {"map": str(told / "map.html")}
    assert (told / "map.html").stat().st_size > 10_000


def older(plan: Path, folder: Path, sql: str) -> Path:
    """Return a copy of a plan as an older version left it: a bare summary, and tables changed."""
    shutil.copytree(plan, folder)
    said = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    kept_keys = ("title", "status", "score", "bound", "gap", "provenance")
    (folder / "plan.json").write_text(json.dumps({key: said[key] for key in kept_keys}), encoding="utf-8")
    with closing(sqlite3.connect(folder / "plan.gpkg")) as file:
        file.executescript(sql)
    return folder


@pytest.mark.parametrize("table", ["placements", "uses", "left_out", "findings"])
def test_a_plan_folder_without_a_table_is_drawn_and_reported(
    table: str, solved: SimpleNamespace, tmp_path: Path
) -> None:
    """**Proves** that an older folder is no fault. **Sensitivity**: a key of the summary taken for granted."""
    gone = "".join(f"DELETE FROM {of} WHERE table_name = '{table}';" for of in ("gpkg_contents", "gpkg_ogr_contents"))
    old = older(solved.folder, tmp_path / "old", f"DROP TABLE {table};{gone}")
    for command in ("map", "report"):
        said = run(command, old)
        assert said.exit_code == 0, said.output
    assert {"map.html", "plan.xlsx"} <= {path.name for path in old.iterdir()}


def test_a_plan_folder_without_columns_it_needs_is_told_at_once(solved: SimpleNamespace, tmp_path: Path) -> None:
    sql = "ALTER TABLE placements DROP COLUMN places; ALTER TABLE uses DROP COLUMN place;"
    old = older(solved.folder, tmp_path / "old", sql)
    for command in ("map", "report"):
        said = run(command, old)
        assert said.exit_code == 2
        assert all(told in said.stderr for told in ("placements.places", "uses.place", "Solve again")), said.stderr


@pytest.mark.filterwarnings("ignore:.*xtension is not supported:UserWarning:openpyxl")
def test_report_writes_the_workbook_with_what_was_explained(
    solved: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "plan"
    shutil.copytree(solved.folder, folder)
    change = Reason("P-020", "smallest_change", Words("荷载降至 15", "a load of 15"), price=2.0)
    monkeypatch.setattr(kept, "load", lambda folder, of: {"P-020": [change]})
    told = run("report", folder, "--against", solved.folder, "--json")
    assert json.loads(told.stdout) == {"workbook": str(folder / "plan.xlsx")}
    book = openpyxl.load_workbook(folder / "plan.xlsx")
    said = {str(cell) for name in ("Left out", "Inputs", "Comparison") for row in book[name].values for cell in row}
    assert {"a load of 15", "small.yaml", "unchanged", "A (this plan)"} <= said
    assert "工作簿" in run("report", folder, "--lang", "zh").stdout
    assert openpyxl.load_workbook(folder / "plan.xlsx").sheetnames[0] == "概况"

    def taken(self: Path, target: Path) -> Path:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(Path, "replace", taken)
    closed = run("report", folder)
    assert (closed.exit_code, "Close it if another program has it open" in closed.stderr) == (2, True)
    assert not list(folder.glob(".plan.xlsx*"))


def test_report_prints_what_is_asked_for(solved: SimpleNamespace, tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    shutil.copytree(solved.folder, folder)
    asked = ("--pdf", "--html", "--sheets", "--atlas", "--four", "--against", solved.folder)
    told = json.loads(run("report", folder, *asked, "--json").stdout)
    files = {"workbook": "plan.xlsx", "pdf": "report.pdf", "html": "report.html", "sheets": "sheets.pdf",
             "atlas": "atlas.pdf", "four": "four"}  # fmt: skip
    assert told == {name: str(folder / file) for name, file in files.items()}
    assert all((folder / file).read_bytes().startswith(b"%PDF") for file in files.values() if file.endswith("pdf"))
    assert "Plan B" in (folder / "report.html").read_text(encoding="utf-8")
    many = run("report", folder, *("--against", solved.folder) * 4)
    assert (many.exit_code, "at most 4 plans" in many.stderr) == (2, True)


def test_a_plan_is_exported_for_others(solved: SimpleNamespace, tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    shutil.copytree(solved.folder, folder)
    told = run("export", folder, "--format", "shp", "--format", "gpkg", "--encoding", "utf-8", "--json")
    named = [Path(file) for file in json.loads(told.stdout)["files"]]
    assert {file.parent for file in named} == {folder / "export"}
    assert {file.suffix for file in named} == {".shp", ".gpkg"}
    assert all(file.is_file() for file in named)
    assert "layer_styles" in layers_of(folder / "plan.gpkg")
    assert str(tmp_path / "out" / "unplaced_parcels.kml") in run(
        "export", folder, "--format", "kml", "--out", tmp_path / "out"
    ).stdout.replace("\n", "")
    for wrong, said in ((("--format", "dwg"), "unknown format dwg"), ((), "no format is asked for")):
        refused = run("export", folder, *wrong)
        assert (refused.exit_code, said in refused.stderr) == (2, True)


def test_schema_is_that_of_the_scenario() -> None:
    assert json.loads(run("schema").stdout) == json_schema()


# new


def test_new_begins_what_check_accepts_and_writes_nothing_over(own: Path) -> None:
    for name in ("territory.yaml", "small.yaml"):
        (own / name).unlink()
    assert run("new", own).exit_code == 0
    assert run("check", own).exit_code == 0
    assert run("check", own / "scenario.yaml").exit_code == 0
    (own / "scenario.yaml").write_text("# mine\n", encoding="utf-8")
    result = run("new", own)
    assert "left alone" in " ".join(result.stdout.split())  # lines break where the path is long
    assert (own / "scenario.yaml").read_text(encoding="utf-8") == "# mine\n"
    assert run("new", own / "nowhere").exit_code == 2


def test_commands_that_new_writes_down_run_as_they_stand(own: Path) -> None:
    folder = own.parent / "规划 'a' \"b\""
    own.rename(folder)
    for name in ("territory.yaml", "small.yaml"):
        (folder / name).unlink()
    assert run("new", folder).exit_code == 0
    for name, end in (("territory.yaml", ""), ("scenario.yaml", "/scenario.yaml")):
        head = (folder / name).read_text(encoding="utf-8").splitlines()[:4]
        (line,) = (line.split("planner check ")[1] for line in head if "planner check " in line)
        assert shlex.split(line.split(", planner solve ")[0]) == [f"{folder}{end}"]


# bench


def test_bench_tells_what_each_instance_came_to(tmp_path: Path) -> None:
    gap = "2 3\n 1 2 3\n 4 1 1\n 2 2 2\n 2 2 9\n 4 4\n"
    (tmp_path / "gap").write_text(gap, encoding="utf-8")
    (tmp_path / "p").write_text("2 4\n10 5\n10 1\n4 4 4 2\n1 1 1 1\n9 2 2 9\n11\n", encoding="utf-8")
    for engine in ("auto", "whole"):
        result = run("bench", tmp_path / "gap", tmp_path / "p", "--json", "--engine", engine)
        one, other = json.loads(result.stdout)
        assert (one["instance"], one["format"], one["options"]) == ("gap", "gap", 5)
        assert one["value"] == pytest.approx(5)
        assert one["bound"] <= 5 + 1e-9  # a cost no plan can go below
        assert (other["format"], other["value"], other["published"]) == ("pairs", pytest.approx(11), 11)
        assert one["engine"] == other["engine"] == {"auto": "core", "whole": "whole"}[engine]
    shown = run("bench", tmp_path / "gap", tmp_path / "p").stdout
    assert re.search(r"^p +pairs 2 × 4 +11 +11 +0\.000% +0\.000% +11 +core +optimal", shown, re.MULTILINE)
    alone = run("bench", tmp_path / "gap", "--lang", "zh").stdout
    assert ("成本/收益" in alone, "公布" in alone) == (True, False)  # this file says no optimum


def test_bench_takes_gains(tmp_path: Path) -> None:
    (tmp_path / "gap").write_text("1 1\n7\n2\n2\n", encoding="utf-8")
    (said,) = json.loads(run("bench", tmp_path / "gap", "--maximise", "--json").stdout)
    assert (said["value"], said["bound"]) == (7, 7)


def test_bench_without_a_plan_is_1(tmp_path: Path) -> None:
    """Two jobs of 2 and one agent of 3: none can do both."""
    (tmp_path / "gap").write_text("1 2\n7 7\n2 2\n3\n", encoding="utf-8")
    result = run("bench", tmp_path / "gap")
    assert (result.exit_code, "infeasible" in result.stdout) == (1, True)


def test_bench_of_what_is_no_instance_is_2(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("2 3\n1 x\n", encoding="utf-8")
    result = run("bench", tmp_path / "p")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'x' on line 2" in result.stderr


def test_bench_keeps_what_was_solved_where_an_engine_takes_not_all(tmp_path: Path) -> None:
    """Jobs of 2 are knapsacks, which the core takes; of 2.5 they are not whole numbers."""
    (tmp_path / "a").write_text("1 1\n7\n2\n2\n", encoding="utf-8")
    (tmp_path / "b").write_text("1 1\n7\n2.5\n2.5\n", encoding="utf-8")
    result = run("bench", tmp_path / "a", tmp_path / "b", "--engine", "core", "--json")
    one, other = json.loads(result.stdout)
    assert (result.exit_code, one["value"], other["value"]) == (1, 7, None)
    assert (other["status"], "core cannot take this case" in other["faults"][0]) == ("refused", True)
    result = run("bench", tmp_path / "b", "--engine", "core")
    assert ("refused" in result.stdout, "b: solver.engine: core cannot" in result.stderr) == (True, True)
    (tmp_path / "k").write_text("3 2 1\n1 2 5\n2 1 0\n2 2 3\n4\n", encoding="utf-8")
    (row,) = json.loads(run("bench", tmp_path / "k", "--engine", "assignment", "--json").stdout)
    assert "assignment cannot" in row["faults"][0]


def test_bench_refuses_options_that_would_do_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gap").write_text("1 1\n7\n2\n2\n", encoding="utf-8")
    (tmp_path / "knapsack").write_text("3 2 1\n1 2 5\n2 1 0\n2 2 3\n4\n", encoding="utf-8")
    monkeypatch.setattr(benching, "SCRIPT", tmp_path / "run.py")
    (tmp_path / "run.py").write_text("raise SystemExit(3)", encoding="utf-8")
    for options, idle in (
        (["--gap", "1 %", "--time-limit", "5 s", "--engine", "core"], {"--gap", "--time-limit", "--engine"}),
        (["--format", "gap", "--maximise", "--seed", 0], {"--format", "--maximise", "--seed"}),
        ([tmp_path / "gap", "--seed", 0], {"--seed"}),
        ([tmp_path / "knapsack", "--gap", "0 %"], {"--gap"}),
    ):
        result = run("bench", *options)
        assert (result.exit_code, result.stdout) == (2, "")
        assert set(re.findall(r"(--[a-z-]+):", result.stderr)) == idle


def test_bench_random_is_in_points() -> None:
    (found,) = json.loads(run("bench", "--random", 2500, "--seed", 3, "--time-limit", "20 s", "--json").stdout)
    assert found["bound"] >= found["value"] > 0
    assert run("bench", "--random", 77).exit_code == 2


def test_bench_alone_measures_everything_in_a_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text("raise SystemExit(3)", encoding="utf-8")
    assert benching.SCRIPT.is_file()
    monkeypatch.setattr(benching, "SCRIPT", script)
    assert run("bench").exit_code == 3
    script.unlink()
    result = run("bench")
    assert result.exit_code == 2
    assert "Name files of instances, or --random" in " ".join(result.stderr.split())


# real processes: Ctrl-C, kill


def long_question(folder: Path) -> Path:
    """Write a scenario that keeps the search busy for minutes: 80 projects that nearly all want the same space."""
    path = write_small_scenario(folder)
    with (folder / "projects.csv").open(encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    rng = random.Random(1)
    with (folder / "projects.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for k in range(4):
            for row in rows:
                said = dict(zip(header, row, strict=True))
                said["project_id"] = f"P-{int(said['project_id'][2:]) + 20 * k:03d}"
                said["supplies"] = ""
                for column in ("investment_yi", "output_yi", "tax_yi", "gfa_m2"):
                    if said[column]:
                        said[column] = f"{float(said[column]) * rng.uniform(0.6, 1.1):.2f}"
                writer.writerow(said.values())
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("gap: 0.1 %, time_limit_s: 30", "gap: 0 %, effort: 100000000, time_limit_s: 120"), encoding="utf-8"
    )
    return path


@pytest.fixture
def searching(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Yield a solve that has a plan and would go on for long; its folder is ``plan``."""
    scenario = long_question(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-m", "planner", "solve", scenario.name, "--out", "plan", "--no-map", "--lang", "en"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if re.search(r"score \d", line):
            break
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_ctrl_c_once_keeps_the_best_plan_labelled(searching: subprocess.Popen[str], tmp_path: Path) -> None:
    searching.send_signal(signal.SIGINT)
    out, err = searching.communicate(timeout=60)
    assert searching.returncode == 0, err
    assert "Cancelled: this is the best plan so far" in out
    assert "Ctrl-C again" in err
    said = plans.load(tmp_path / "plan").summary
    assert said["status"] == "cancelled"
    assert said["score"] > 0
    assert said["bound"] >= said["score"]
    assert said["audit"]["broken"] == 0


def test_ctrl_c_twice_writes_nothing(searching: subprocess.Popen[str], tmp_path: Path) -> None:
    searching.send_signal(signal.SIGINT)
    assert searching.stderr is not None
    assert any("Ctrl-C again" in line for line in searching.stderr)  # the first one has arrived
    searching.send_signal(signal.SIGINT)
    out, err = searching.communicate(timeout=60)
    assert (searching.returncode, out) == (130, "")
    assert "nothing was written" in err
    assert not (tmp_path / "plan").exists()


KILL_WHILE_WRITING = """
import os, signal
from planner import maps
maps.save = lambda drawing, file: (file.write_text("half a map"), os.kill(os.getpid(), signal.SIGKILL))
from planner.cli import main
main()
"""


def test_a_kill_while_writing_leaves_the_older_plan(short: Path) -> None:
    run("solve", short / "small.yaml", "--out", short / "plan", "--quiet", "--gap", "2 %")
    before = {path.name: path.read_bytes() for path in (short / "plan").iterdir()}
    command = [
        sys.executable,
        "-c",
        KILL_WHILE_WRITING,
        "solve",
        "small.yaml",
        "--out",
        "plan",
        "--quiet",
        "--gap",
        "2 %",
    ]
    done = subprocess.run(command, cwd=short, capture_output=True, check=False)
    assert done.returncode == SIGKILLED, done.stderr
    assert {path.name: path.read_bytes() for path in (short / "plan").iterdir()} == before


def test_exit_codes_are_those_of_the_process(inputs: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "planner", "check", str(inputs / "nowhere.yaml"), "--json"]
    done = subprocess.run(
        command, capture_output=True, check=False, encoding="utf-8", env={**os.environ, "PYTHONUTF8": "1"}
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)[0]["fatal"]


def test_a_system_said_on_the_command_line_is_followed_and_kept(tmp_path: Path) -> None:
    """Parcels that say a wrong CRS: --crs gives it to check, solve and what reads the plan; the plan says who."""
    scenario = write_small_scenario(tmp_path)
    layers = shapes()
    wrong = layers["parcels"].to_crs(4526).set_crs(4547, allow_override=True)
    write_layers(tmp_path / "small.gpkg", {**layers, "parcels": wrong})
    system = "parcels=EPSG:4526 instead of EPSG:4547"
    assert run("check", scenario).exit_code == 2
    assert run("check", scenario, "--crs", system).exit_code == 0
    assert run("solve", scenario, "--out", tmp_path / "plan").exit_code == 2
    assert run("solve", scenario, "--out", tmp_path / "plan", "--crs", system, "--no-map").exit_code == 0
    kept = plans.load(tmp_path / "plan").summary["provenance"]
    assert kept["systems"]["parcels"] == "EPSG:4526 instead of EPSG:4547 (--crs)"
    assert kept["options"]["crs"] == [system]
    assert run("explain", "P-020", "--plan", tmp_path / "plan").exit_code == 0
    assert run("map", tmp_path / "plan").exit_code == 0
    told = run("solve", scenario, "--out", tmp_path / "other", "--crs", "parcel=GCJ-02")
    assert told.exit_code == 2
    assert "no layer parcel" in told.stderr


def test_projects_may_name_worksheet_and_columns_and_their_originals_are_kept(tmp_path: Path) -> None:
    scenario = write_small_scenario(tmp_path)
    with (tmp_path / "projects.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    header[header.index("land_m2")], header[header.index("note")] = "甲", "land_m2"
    rows[0][header.index("甲")] = "6"
    book = openpyxl.Workbook()
    book.active.append(["说明"])
    for title, land in (("初稿", "9"), ("定稿", "6")):
        sheet = book.create_sheet(title)
        for row in ([header, [land if name == "甲" else cell for name, cell in zip(header, rows[0], strict=True)]]):
            sheet.append(row)
    book.save(tmp_path / "p.xlsx")
    said = "projects: {table: p.xlsx, worksheet: 定稿, columns: {甲: {meaning: land_m2, unit: 公顷}}}"
    text = scenario.read_text(encoding="utf-8")
    scenario.write_text(text.replace("projects: projects.csv", said), encoding="utf-8")
    read = planner.read(scenario)
    assert list(read.projects.parts["land_m2"]) == [60_000]
    assert read.projects.written["P-001/main"] == {"land_m2": "6 公顷"}
    assert run("solve", scenario, "--out", tmp_path / "plan", "--no-map").exit_code == 0
    kept = plans.load(tmp_path / "plan").summary["provenance"]["written"]
    assert kept == {"P-001/main": {"land_m2": "6 公顷"}}
