"""What the planner is measured by, and whether it keeps its bars.

::

    python benchmarks/run.py              # all of it
    python benchmarks/run.py state gap    # some of it: plan, base, state, gap, sscflp, strength, large, named, …
    python benchmarks/run.py --write      # all of it, and write the tables of benchmarks/README.md again

Times are told as ratios to something done on the same machine wherever a bar does not ask for seconds. Exit code 1
where a bar is missed.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import alike
import conflicts
import damaged
import ground
import numpy as np
import page
import pandas as pd
import plots
import pulp
import pypdfium2
import strength
import wrong_plans

import planner
from planner import maps
from planner import plan as plans
from planner.case import Case
from planner.changes import changed
from planner.growing import solve_growing
from planner.model import formulate
from planner.plan import TABLES, Plan
from planner.published import instances, random_case
from planner.report import Book, save
from planner.solve import exact
from planner.solve.exact import relax, solver_of
from planner.solve.gateway import lp_problem
from planner.solve.other import NO_EFFORT

ROOT = Path(__file__).resolve().parents[1]
README = Path(__file__).with_name("README.md")
SCENARIO = ROOT / "scenarios" / "base.yaml"
INSTANCES = ROOT.parent / "shared" / "bench"
"""A folder of published instances beside the project, if present."""
PUBLISHED = Path(__file__).with_name("published.csv")
"""Every published instance: what it reached, what is proved of it."""
PATIENCE_S = 60.0
"""For each published instance: of the processor, all threads together, which is no less than by the clock alone."""
NET_S = 900.0
"""By the clock, for each of them on a machine that has other things to do."""
OF_STRENGTH = (4, 8, 16, 20, 28, 32, 46, 52, 58, 62)
"""Of Holmberg's instances, some of every size whose opening costs weigh most."""
TIMES = 5
"""Repetitions of what is short; the shortest counts."""
FEATURES, BAD = 100_000, 500
"""Features of a damaged file, and how many of them are."""
GRIDS, FIRMS, GROWN = 20, 12, 500
"""Grids, projects on each, and plots of a park from which on they are grown."""
EXPLAINED = 12
"""Projects placed that are asked about."""
SEEDS = (1, 2, 3)
INSTALLED = {"cpsat": "CP-SAT"} if importlib.util.find_spec("ortools") else {}  # pip install ortools
OTHERS = {"highs": "HiGHS", "cbc": "CBC (against the relaxation)", **INSTALLED}
"""Engines given the same instance whole, two threads and as long, by their own bounds."""
PLACED = 5_000
"""Placements of a large workbook."""
MIB = 1024.0
"""Memory of a process is told in KiB."""


@dataclass(frozen=True)
class Figure:
    """One thing measured, the bar it has to keep (if any), and whether it does."""

    what: str
    value: str
    bar: str = ""
    kept: bool | None = None


@dataclass(frozen=True)
class Process:
    """How a process went: seconds by the clock, most memory (MiB), exit code, seconds of the processor."""

    seconds: float
    peak_mib: float
    code: int
    cpu: float


def run(*command: str) -> Process:
    """Run a command as a process of its own."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Process(time.monotonic() - began, used.ru_maxrss / MIB, child.returncode, used.ru_utime + used.ru_stime)


def shortest(work: Callable[[], object], times: int = TIMES) -> float:
    """Return the seconds of the shortest of several runs."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)


def at_most(what: str, value: float, bar: float, form: str = "{:.2f} s") -> Figure:
    """Return a figure that has to stay below a bar."""
    return Figure(what, form.format(value), "≤ " + form.format(bar), value <= bar)


@cache
def solved() -> tuple[Process, Mapping[str, Any]]:
    """Return the base scenario solved by the command: the process and what plan.json says."""
    with tempfile.TemporaryDirectory() as folder:
        process = run(sys.executable, "-m", "planner", "solve", str(SCENARIO), "--out", f"{folder}/plan")
        if process.code:
            raise SystemExit(f"planner solve {SCENARIO.name} ended with exit code {process.code}")
        return process, json.loads((Path(folder) / "plan" / "plan.json").read_text(encoding="utf-8"))


@cache
def base() -> Case:
    """Return the case of the base scenario."""
    return planner.pose(planner.read(SCENARIO))


def measure_plan() -> list[Figure]:
    """Measure the main job as a planner meets it: the whole command, and how soon `--help` answers."""
    process, said = solved()
    spent = said["seconds"]
    bare = min(run(sys.executable, "-c", "pass").seconds for _ in range(TIMES))
    answered = min(run(sys.executable, "-m", "planner", "--help").seconds for _ in range(TIMES))
    around = process.seconds - spent["solve"]
    return [
        at_most("`planner solve scenarios/base.yaml`, whole process", process.seconds, 45.0, "{:.1f} s"),
        Figure("… of which not solving (start, intake, pose, audit, map)", f"{around / process.seconds:.0%}"),
        at_most("… peak memory", process.peak_mib, 1024.0, "{:.0f} MiB"),
        at_most("`planner --help`", answered, 0.5),
        Figure("… against starting Python at all", f"{answered / bare:.1f} ×"),
    ]


def measure_base() -> list[Figure]:
    """Measure the solve of the base scenario: what it reaches, and what that takes."""
    _, said = solved()
    counts, spent = said["counts"], said["seconds"]
    case = base()
    model = formulate(case)
    relaxed = shortest(lambda: relax(model, threads=2), 1)
    nearer = min(gap for gap in (said["gap"], said["solver_gap"]) if gap is not None)
    options = counts["options"]
    return [
        at_most("proven gap", 100 * said["gap"], 1.5, "{:.2f} %"),
        at_most("smaller of proven gap and the solver's", 100 * nearer, 1.0, "{:.2f} %"),
        Figure("status", said["status"], "ends on gap or effort", said["status"] not in ("time_limit", "cancelled")),
        at_most("solving", spent["solve"], 25.0, "{:.1f} s"),
        Figure("… against one relaxation of the same model", f"{spent['solve'] / relaxed:.0f} ×"),
        *(figure for asked, seconds in ((0.6, 10), (0.3, 60)) for figure in ends(case, asked, seconds)),
        Figure("options", f"{options:,}", "≥ 20,000", options >= 20_000),
        Figure("refusals, each with its tests", f"{counts['refusals']:,}"),
        Figure("findings broken", str(said["audit"]["broken"]), "0", said["audit"]["broken"] == 0),
        Figure("findings kept", f"{said['audit']['kept']:,}"),
    ]


def ends(case: Case, asked: float, seconds: float) -> list[Figure]:
    """Return the proven gap of a solve told to end at a gap (%) or after so many seconds, and when it ended."""
    began = time.monotonic()
    plan = planner.solve(case, gap=asked / 100, time_limit_s=seconds)
    took = time.monotonic() - began
    return [
        at_most(f"asked for {asked} % within {seconds} s: proven gap", 100 * plan.summary["gap"], asked, "{:.2f} %"),
        at_most("… ended after", took, 1.05 * seconds, "{:.1f} s"),
    ]


def measure_state() -> list[Figure]:
    """Measure what it takes to state the model and hand it to HiGHS, against solving it and against PuLP."""

    def hand_over(case: Case) -> float:
        return shortest(lambda: solver_of(formulate(case), threads=2, integer=True))

    _, said = solved()
    of_base = hand_over(base())
    many = random_case(100_000, 0)
    of_many = hand_over(many)
    model = formulate(many)
    by_pulp = shortest(lambda: lp_problem(model), 1)
    share = 100 * of_base / said["seconds"]["solve"]
    return [
        at_most("base: stating and handing over, against solving", share, 5.0, "{:.2f} %"),
        at_most("100,000 options: stating and handing over", of_many, 0.3),
        Figure("… as objects of PuLP, stating alone", f"{by_pulp / of_many:.0f} ×"),
    ]


@dataclass(frozen=True)
class Instance:
    """A published instance solved: its name, published optimum, what was reached, proven gap, status, CPU seconds.

    Then what HiGHS alone takes for the same model, and whether it ends at the optimum.
    """

    name: str
    optimum: float
    reached: float | None
    gap: float | None
    status: str
    seconds: float
    alone_s: float
    alone_kept: bool

    @property
    def kept(self) -> bool:
        """Whether it reached its optimum, and knows it, in time."""
        near = self.reached is not None and abs(self.reached - self.optimum) < 1e-6
        return near and self.status in ("optimal", "solver_optimal") and self.seconds <= PATIENCE_S


def published(name: str, case: Case, optimum: float) -> Instance:
    """Return an instance solved to gap 0, by the planner and by HiGHS alone."""
    began = of_processor_s()
    said = planner.solve(case, gap=0.0, effort=NO_EFFORT, time_limit_s=NET_S).summary
    took = of_processor_s() - began
    reached = None if said["score"] is None else -said["score"]
    began, model = of_processor_s(), formulate(case)
    alone = exact.search(model, gap=0.0, effort=NO_EFFORT, time_limit_s=PATIENCE_S, seed=1, threads=1)
    alone_s = of_processor_s() - began
    near = alone.x is not None and abs(float(model.c @ alone.x) + model.c0 + optimum) < 1e-6
    return Instance(
        name, optimum, reached, said["gap"], said["status"], took, alone_s, near and alone.ended == "gap"
    )


def of_processor_s() -> float:
    """Return seconds of the processor so far: of this process, and of those it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def of_published(instances: list[Instance], bar: int) -> list[Figure]:
    """Return what published instances come to, and keep each of them in the table beside."""
    kept = sum(one.kept for one in instances)
    proved = sum(one.status == "optimal" for one in instances)
    slowest = max(instances, key=lambda one: one.seconds)
    gaps = sorted(100 * one.gap for one in instances if one.gap is not None)
    known = {}
    if PUBLISHED.exists():
        with PUBLISHED.open(encoding="utf-8", newline="") as file:
            known = {row[0]: row for row in list(csv.reader(file))[1:]}
    for one in instances:
        gap = "" if one.gap is None else f"{100 * one.gap:.3f}"
        reached = "" if one.reached is None else f"{one.reached:g}"
        took = (f"{one.seconds:.1f}", f"{one.alone_s:.1f}")
        known[one.name] = [one.name, f"{one.optimum:g}", reached, one.status, gap, *took]
    with PUBLISHED.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["instance", "optimum", "reached", "status", "proven_gap_percent", "cpu_s", "highs_cpu_s"])
        writer.writerows(known[name] for name in sorted(known))
    alone, alone_s = sum(one.alone_kept for one in instances), sum(one.alone_s for one in instances)
    all_s = sum(one.seconds for one in instances)
    missed = ", ".join(one.name for one in instances if not one.kept)
    return [
        Figure(
            f"published optimum reached and claimed within {PATIENCE_S:.0f} s of the processor",
            f"{kept} of {len(instances)}" + (f", not {missed}" if missed else ""), f"≥ {bar}", kept >= bar,
        ),
        Figure("… proved by prices alone, the rest by the solver's claim", f"{proved} of {len(instances)}"),
        Figure("… gap proved by prices, median and largest", f"{gaps[len(gaps) // 2]:.2f} %, {gaps[-1]:.2f} %"),
        Figure("… slowest", f"{slowest.seconds:.1f} s of the processor ({slowest.name})"),
        at_most("… all together, against HiGHS alone", all_s / alone_s, 1.0, "{:.2f} ×"),
        Figure("… HiGHS alone: reached and claimed within as long", f"{alone} of {len(instances)}, {alone_s:.0f} s"),
    ]  # fmt: skip


def measure_gap() -> list[Figure]:
    """Measure how many published assignments reach their published optimum through the planner's own rules."""
    folder = INSTANCES / "gap"
    if not folder.is_dir():
        return []
    with (folder / "optima.csv").open(encoding="utf-8") as file:
        optima = {row["Path"]: float(row["Optimum"]) for row in csv.DictReader(file) if row["Optimum"]}
    names = sorted(name for name in optima if (folder / name).is_file())
    return of_published([published(name, instances(folder / name)[0].case, optima[name]) for name in names], len(names))


def measure_sscflp() -> list[Figure]:
    """Measure how many published location instances reach their published optimum, opening costs and all."""
    folder = INSTANCES / "sscflp_holmberg"
    if not folder.is_dir():
        return []
    optima = [float(word) for word in (folder / "os").read_text(encoding="utf-8").split()]
    cases = (instances(folder / f"p{k}")[0].case for k in range(1, len(optima) + 1))
    tried = [published(f"holmberg/p{k:02d}", case, optima[k - 1]) for k, case in enumerate(cases, 1)]
    return of_published(tried, 69)


def measure_large() -> list[Figure]:
    """Measure the territory of 2,000 parcels, 150 buildings and 400 projects: posing it, and a minute's solving."""
    sample = (replace(each, what=f"with the sample's rules: {each.what}") for each in _large(4.0, "sample"))
    return [*_large(4.0), *sample]


def measure_named() -> list[Figure]:
    """Measure it with chains, parts kept apart, power by year, main parks, contiguous plots."""
    return _large(3.0, "named")


def measure_thrice() -> list[Figure]:
    """Measure three times all of that, of which no bar is asked."""
    return [replace(each, bar="", kept=None) for each in _large(3.0, "named", "3")]


def _large(most: float, *asked: str) -> list[Figure]:
    script = str(Path(__file__).with_name("large.py"))
    done = subprocess.run([sys.executable, script, *asked], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the territory of 2,000 parcels could not be solved\n{done.stderr}")
    said = json.loads(done.stdout)
    figures = [
        at_most("posing", said["posed_s"], 5.0, "{:.1f} s"),
        at_most("… peak memory", said["peak_mib"], 1536.0, "{:.0f} MiB"),
        Figure("… options, under rules", f"{said['options']:,}, {len(said['rules'])}"),
        at_most("solving, told to end after 60 s", said["solve_s"], 63.0, "{:.1f} s"),
    ]
    if said["score"] is None:
        return [*figures, Figure("smaller of proven gap and the solver's", "no plan", f"≤ {most:.0f} %", False)]
    nearer = min(gap for gap in (said["gap"], said["solver_gap"]) if gap is not None)
    figures.append(at_most("smaller of proven gap and the solver's", 100 * nearer, most, "{:.2f} %"))
    if said["relaxation"] is not None:
        more = 100 * (said["relaxation"] - said["bound"]) / abs(said["score"])
        figures.append(Figure("… what the options' own relaxation would add to it", f"{more:.2f} %"))
    return figures


def measure_strength() -> list[Figure]:
    """Measure how far the relaxation lies above the optimum of published locations, strengthening by strengthening."""
    folder = INSTANCES / "sscflp_holmberg"
    if not folder.is_dir():
        return []
    optima = [float(word) for word in (folder / "os").read_text(encoding="utf-8").split()]
    apart: dict[str, list[float]] = {}
    stated: dict[str, list[strength.Relaxed]] = {}
    for number in OF_STRENGTH:
        for name, each in strength.bounds(instances(folder / f"p{number}")[0].case).items():
            apart.setdefault(name, []).append(100 * (each.bound + optima[number - 1]) / optima[number - 1])
            stated.setdefault(name, []).append(each)
    gaps = {name: f"{sum(of) / len(of):.2f} % ({max(of):.2f} %)" for name, of in apart.items()}
    coupled = strength.together(strength.coupled(SCENARIO))
    above = {name: f"{100 * (each.bound / strength.BEST_KNOWN - 1):.2f} %" for name, each in coupled.items()}
    return [
        *_strengths("", gaps, stated, "a row for each floor in it besides"),
        *_strengths("Bao'an, ", above, {name: [each] for name, each in coupled.items()}, strength.AS_IS),
        *_alike(),
    ]


def _strengths(
    prefix: str, gaps: Mapping[str, str], stated: Mapping[str, list[strength.Relaxed]], as_is: str
) -> list[Figure]:
    """Return gap, size and effort of each statement; effort against the relaxation of the model as it is."""
    plain = sum(each.seconds for each in stated[as_is])
    figures = []
    for name, of in stated.items():
        options, rows, columns, nonzeros = (sum(sizes) for sizes in zip(*(each.size for each in of), strict=True))
        size = f"{options:,} options, {rows:,} rows, {columns:,} columns, {nonzeros:,} nonzeros"
        effort = sum(each.seconds for each in of) / plain
        figures.append(Figure(prefix + name, f"{gaps[name]}; {size}; {effort:.1f} ×"))
    return figures


def _alike() -> list[Figure]:
    """Return what ways to state alike floors, and to do without dominated options, cost a search to the end."""
    figures = []
    for of, ways in (("alike floors", alike.floors_in_ways), ("dominated options", alike.plots_in_ways)):
        found = [ways(seed) for seed in alike.SEEDS]
        plain = sum(each[alike.AS_IS].seconds for each in found)
        for name in found[0]:
            tries = [each[name] for each in found]
            apart = max(abs(one[name].score - one[alike.AS_IS].score) for one in found)
            options = sum(each.options for each in tries)
            effort = f"{sum(each.seconds for each in tries) / plain:.1f} ×, {sum(each.nodes for each in tries):,} nodes"
            figures.append(Figure(f"{of}, {name}", f"{options:,} options; {effort}", "the same optimum", apart < 1e-6))
    return figures


def measure_ground() -> list[Figure]:
    """Measure `planner check` of 100,000 parcels under 10,000 restrictions against plain calls of the libraries."""
    script = str(Path(__file__).with_name("ground.py"))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "ground"
        if run(sys.executable, script, "make", str(folder)).code:
            raise SystemExit("the territory of 100,000 parcels could not be made")
        by_plain = run(sys.executable, script, "plain", str(folder))
        by_check = run(sys.executable, "-m", "planner", "check", str(folder))
        kept = run(sys.executable, script, "check", str(folder))
        if by_plain.code or by_check.code or kept.code:
            raise SystemExit("the territory of 100,000 parcels could not be measured")
        apart_m2, pairs_apart, pairs = ground.differences(folder)
        calls = json.loads((folder / "plain.json").read_text(encoding="utf-8"))
    share = by_check.cpu / sum(calls.values())
    return [
        at_most("`planner check`, whole process, against the sum of the plain calls", share, 0.6, "{:.2f}"),
        Figure("… by the clock, against the process of the plain calls", f"{by_check.seconds / by_plain.seconds:.2f}"),
        Figure("… plain calls", ", ".join(f"{name} {spent:.1f} s" for name, spent in calls.items())),
        at_most("… peak memory", by_check.peak_mib, 2048.0, "{:.0f} MiB"),
        Figure("… of the plain calls", f"{by_plain.peak_mib:.0f} MiB"),
        Figure("areas differ by at most", f"{apart_m2:.1g} m²", "≤ 0.001 m²", apart_m2 <= 0.001),
        Figure("pairs that differ", f"{pairs_apart} of {pairs:,}", "0", pairs_apart == 0),
    ]


def measure_bigmap() -> list[Figure]:
    """Measure the map of 100,000 parcels under 10,000 restrictions: written, opened, zoomed, dragged, clicked."""
    script = str(Path(__file__).with_name("ground.py"))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "ground"
        made, drawn = (run(sys.executable, script, work, str(folder)) for work in ("make", "map"))
        if made.code or drawn.code:
            raise SystemExit("the map of 100,000 parcels could not be made")
        seconds = json.loads((folder / "map.json").read_text(encoding="utf-8"))["map"]
        file = folder / "map.html"
        size, found = file.stat().st_size / 1e6, page.smooth(file)
    figures = [
        at_most("the map of 100,000 parcels, its file", size, 12.0, "{:.1f} MB"),
        at_most("… written, seconds of the processor", seconds, 10.0),
        at_most("… peak memory, layers read and map written", drawn.peak_mib, 2048.0, "{:.0f} MiB"),
    ]
    if found is None:
        return figures
    return [
        *figures,
        at_most("… opened until all is painted", found.painted, 4.0),
        at_most("… longest frame while it is zoomed and dragged", found.frame_ms, 200.0, "{:.0f} ms"),
        at_most("… longest of three clicks until the pop-up is there", found.click_ms, 100.0, "{:.0f} ms"),
        at_most("… errors and warnings of the page", found.errors, 0, "{:.0f}"),
    ]


def measure_damaged() -> list[Figure]:
    """Measure reading files of 100,000 features of which 500 are damaged against reading them whole, by format."""
    figures, wrong = [], []
    for suffix in damaged.DAMAGE:
        with tempfile.TemporaryDirectory() as folder:
            sound, broken = damaged.write(Path(folder), suffix, FEATURES, FEATURES // BAD)
            whole = shortest(lambda path=sound: damaged.read(path), 2)
            rest = shortest(lambda path=broken: damaged.read(path), 2)
            if damaged.read(broken) != (FEATURES - BAD, BAD):
                wrong.append(suffix)
        what = f"{suffix}, against {whole:.1f} s for the same file whole"
        figures.append(at_most(what, rest / whole, 2.0, "{:.2f} ×"))
    named = f"{len(figures) - len(wrong)} of {len(figures)} formats" + (f", not {', '.join(wrong)}" if wrong else "")
    return [Figure(f"all {BAD} named and {FEATURES - BAD:,} read", named, "all", not wrong), *figures]


def measure_plots() -> list[Figure]:
    """Measure plots that are grown and priced in against all plots listed, on grids of 40 × 40 parcels."""
    template = planner.read(SCENARIO)
    listed, alone, grown, apart, options = 0, [], [], [], [0, 0]
    for seed in range(GRIDS):
        every = plots.grid(template, seed, projects=FIRMS)
        posed = planner.pose(every)
        best = planner.solve(posed, gap=0.0).summary["score"]
        few = plots.grid(template, seed, projects=FIRMS, plots_max=GROWN)
        alone.append(1 - planner.solve(planner.pose(few), gap=0.0).summary["score"] / best)
        said = solve_growing(few, gap=0.0).summary
        grown.append(1 - said["score"] / best)
        if not any("grown" in why for why in said["counts"]["sites_missing"].values()):
            apart.append(best - said["score"])
        listed += plots.listed(every) == plots.connected_sets(every, plots.SIZES[1])
        options = [options[0] + said["counts"]["options"], options[1] + len(posed.options)]
    return [
        Figure("grids where the plots are all connected sets", f"{listed} of {GRIDS}", f"{GRIDS}", listed == GRIDS),
        Figure("worst plan of grown plots alone", f"{100 * max(alone):.3f} % below the best"),
        at_most("worst plan, others priced in", 100 * max(grown), 0.2, "{:.3f} % below the best"),
        Figure("… of how many options", f"{options[0] / options[1]:.0%} of all"),
        Figure("grids where pricing says complete", f"{len(apart)} of {GRIDS}"),
        at_most("… at most below the best", max(apart, default=0.0), 1e-6, "{:.1g} points"),
    ]


def measure_random() -> list[Figure]:
    """Measure the random instance of 100,000 options, three seeds, after 10 and 60 s, and others given it whole."""
    figures = []
    for seconds, bar in ((10, 0.5), (60, 0.15)):
        found = [engine("planner", 100_000, seed, seconds) for seed in SEEDS]
        worst = 100 * max(each["gap"] for each in found)
        figures.append(at_most(f"proven gap after {seconds} s, worst of three seeds", worst, bar, "{:.3f} %"))
        late = max(each["seconds"] for each in found) / seconds
        figures.append(Figure("… with making, stating and proving it, against the time asked", f"{late:.2f} ×"))
        for name, called in OTHERS.items():
            said = engine(name, 100_000, 1, seconds)
            placed = said["score"] is not None and said["score"] > 0
            gap = "no plan, or nobody placed" if not placed else f"{100 * said['gap']:.2f} %"
            figures.append(Figure(f"… {called}, seed 1", gap))
    return figures


def measure_million() -> list[Figure]:
    """Measure the random instance of 1,000,000 options, three seeds, after 120 s."""
    found = [engine("planner", 1_000_000, seed, 120) for seed in SEEDS]
    worst, peak = 100 * max(each["gap"] for each in found), max(each["peak_mib"] for each in found)
    return [
        at_most("proven gap after 120 s, worst of three seeds", worst, 0.7, "{:.2f} %"),
        Figure("… with making and stating it", f"{max(each['seconds'] for each in found):.0f} s"),
        at_most("… peak memory", peak, 6 * MIB, "{:.0f} MiB"),
    ]


def measure_cuopt() -> list[Figure]:
    """Measure cuOpt, where it and a GPU are at hand, beside the planner on the processor, after 60 s."""
    if not pulp.CUOPT().available():
        return []
    return [
        Figure(f"{called}, after 60 s: {name}", _held(engine(by, case, 1, 60)))
        for called, case in (("random, 100,000 options", 100_000), ("base", "scenarios/base.yaml"))
        for name, by in (("planner", "planner"), ("cuOpt", "cuopt"))
    ]


def _held(said: Mapping[str, Any]) -> str:
    """Return the gap and score of an engine after its time; both gaps are to the planner's own kinds of bound."""
    return "no plan" if said["gap"] is None else f"{100 * said['gap']:.2f} %, {said['score']:,.1f} points"


def measure_whatif() -> list[Figure]:
    """Measure random locks, bans and withdrawals, each from a solved case: base, and two of 100,000 options."""
    figures = []
    for name, called, bar in (
        ("base", "base", 0.5), ("random", "random, 100,000 options", 5.0), ("large", "large, 100,000 options", 5.0),
    ):  # fmt: skip
        script = str(Path(__file__).with_name("whatif.py"))
        done = subprocess.run([sys.executable, script, name], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"what-if failed on {name}\n{done.stderr}")
        found = json.loads(done.stdout)
        planned = found["changes"] - found["without_plan"]
        figures += [
            at_most(f"{called}: an answer, median of {found['changes']}", found["answered_s"], bar),
            Figure("… 90 of 100 within", f"{found['answered_90_s']:.2f} s"),
            Figure("… in seconds of the processor, median", f"{found['worked_s']:.2f} s"),
            Figure("… with the tables of its plan, median", f"{found['shown_s']:.2f} s"),
            Figure("… gap it starts from", f"{100 * found['gap']:.2f} %"),
            at_most("… gap beyond that, median", found["wider"], 0.1, "{:.3f} points"),
            Figure("… no more than 0.1 points beyond it", f"{found['within']} of {planned}"),
            Figure("… that leave no plan", f"{found['without_plan']}"),
            Figure("… projects that move, come or go, median", f"{found['moves']:.0f}"),
        ]
    return figures


def measure_review() -> list[Figure]:
    """Measure the review of base over HTTP: may it stand there, what does it cost, solved again; and its page."""
    script = str(Path(__file__).with_name("review.py"))
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "planner", "solve", str(SCENARIO), "--out", f"{folder}/plan")
        asked = [sys.executable, script, f"{folder}/plan"]
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the review failed\n{done.stderr}")
    found = json.loads(done.stdout)
    milliseconds = [1000 * found[name] for name in ("check_s", "check_90_s")]
    drawn = found["page_s"]
    return [
        *([] if drawn is None else [at_most("first page, until list and map are drawn", drawn, 2.0)]),
        at_most(f"whether a project may stand there, median of {found['checks']}", milliseconds[0], 50.0, "{:.0f} ms"),
        Figure("… 90 of 100 within", f"{milliseconds[1]:.0f} ms"),
        at_most(f"what a move costs, median of {found['moves']}", found["price_s"], 1.0),
        Figure("… 90 of 100 within", f"{found['price_90_s']:.2f} s"),
        *_solved(found, "solve", f"a ban until it is solved, median of {found['moves']}", found["moves"]),
        *_solved(found, "add", f"a project more, median of {found['added']}", found["added"]),
        *_solved(found, "other", f"a weight, a need or a capacity, median of {found['others']}", found["others"]),
    ]


def _solved(found: dict[str, Any], kind: str, what: str, count: int) -> list[Figure]:
    """Return how soon edits of a kind are solved, and how well."""
    return [
        at_most(what, found[f"{kind}_s"], 2.0),
        Figure("… 90 of 100 within", f"{found[f'{kind}_90_s']:.2f} s"),
        at_most("… gap beyond the one it starts from, median", found[f"{kind}_wider"], 0.1, "{:.3f} points"),
        Figure("… within 2 s and 0.1 points", f"{found[f'{kind}_within']} of {count}"),
    ]


def measure_study() -> list[Figure]:
    """Measure a study on two workers against its runs one after the other on one."""
    script = str(Path(__file__).with_name("study.py"))
    done = subprocess.run([sys.executable, script], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the study could not be solved\n{done.stderr}")
    found = json.loads(done.stdout)
    return [
        Figure(f"a run on one worker, mean of {found['alone']}", f"{found['alone_s']:.1f} s"),
        Figure(f"{found['runs']} runs on two workers", f"{found['all_s']:.0f} s"),
        Figure("… against perfect scaling", f"{found['scaling']:.0%}", "≥ 85%", found["scaling"] >= 0.85),
    ]


def measure_explain() -> list[Figure]:
    """Measure why not of all that the plan of base leaves out at once, and why here of some that it places."""
    inputs = planner.read(SCENARIO)
    with tempfile.TemporaryDirectory() as folder:
        made = ("--plan", f"{folder}/plan")
        run(sys.executable, "-m", "planner", "solve", str(SCENARIO), "--out", made[1])
        plan = plans.load(Path(made[1]))
        placed = sorted(set(plan.placements["project"]))
        asked = [placed[k] for k in np.random.default_rng(SEEDS[0]).permutation(len(placed))[:EXPLAINED]]
        whole = run(sys.executable, "-m", "planner", "explain", asked[0], *made, "--cost")
    case = planner.pose(inputs)
    began = time.process_time()
    told = planner.why_not(inputs, case, plan)
    seconds = time.process_time() - began
    first, here = planner.warm(inputs, plan, **inputs.scenario.solver.model_dump()), []
    for project in asked:
        began, worked = time.monotonic(), time.process_time()
        planner.explain(first.case, first.plan, project)
        costs = planner.costs(first, project)
        took = time.monotonic() - began, time.process_time() - worked
        here.append((*took, [cost.lost for cost in costs if cost.lost is not None]))
    changes = [[one for one in reasons if one.kind == "smallest_change"] for reasons in told.values()]
    return [
        at_most(f"why not, and the smallest changes of all {len(told)} left out", seconds, 60.0),
        Figure("… that some change places", str(sum(bool(each[0].diff) for each in changes))),
        Figure("… changes told of each", f"{sum(map(len, changes)) / max(len(changes), 1):.1f}"),
        at_most(f"why here and what its next sites cost, median of {EXPLAINED}", median(s for s, _, _ in here), 2.0),
        Figure("… the longest", f"{max(s for s, _, _ in here):.2f} s"),
        Figure("… in seconds of the processor, median", f"{median(s for _, s, _ in here):.2f} s"),
        Figure("… told to cost at most, median", f"{median(lost[1] for _, _, of in here for lost in of):.1f} points"),
        Figure("… `planner explain PROJECT --plan PLAN --cost`, whole process", f"{whole.cpu:.1f} s"),
    ]


def measure_workbook() -> list[Figure]:
    """Measure the workbook of a plan of base with its findings, and of as many copies as have 5,000 placements."""
    inputs = planner.read(SCENARIO)
    plan = planner.solve(base(), gap=0.05, time_limit_s=NET_S)
    plan = replace(plan, findings=planner.audit(plan, inputs))
    territory = changed(inputs.territory, inputs.scenario)
    figures = []
    for count, bar in ((1, 3.0), (-(-PLACED // len(plan.placements)), 10.0)):
        many = copies(plan, count)
        with tempfile.TemporaryDirectory() as folder:
            began = time.process_time()
            file = save(Book(many, territory, "zh", inputs.projects.projects, inputs.files), Path(folder) / "plan.xlsx")
            seconds, mib = time.process_time() - began, file.stat().st_size / MIB**2
        rows = f"{len(many.placements):,} placements, {len(many.left_out):,} left out, {len(many.findings):,} findings"
        figures += [at_most(f"the workbook of {rows}", seconds, bar), Figure("… its file", f"{mib:.1f} MiB")]
    return figures


def measure_map() -> list[Figure]:
    """Measure the map of a plan of base: written, opened in a browser that is offline, everything in it touched."""
    inputs = planner.read(SCENARIO)
    plan = planner.solve(base(), gap=0.05, time_limit_s=NET_S)
    plan = replace(plan, findings=planner.audit(plan, inputs))
    ground = changed(inputs.territory, inputs.scenario)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "map.html"

        def written() -> None:
            maps.save(maps.draw(plan, ground, projects=inputs.projects, faults=inputs.faults), file)

        seconds = shortest(written, 3)
        size, found = file.stat().st_size / 1e6, page.seen(file)
    if found is None:
        return []
    return [
        at_most("the map of base, its file", size, 6.0, "{:.2f} MB"),
        Figure("… written", f"{seconds:.2f} s"),
        at_most("… drawn in headless Chromium, from the address to the second frame", found.drawn, 2.0),
        at_most("… the card of a building with tenants, to the second frame", found.card, 0.1),
        Figure("… every layer, colour, year and card once, language and paper", f"{found.touched:.2f} s"),
        at_most("… outside requests", found.requests, 0, "{:.0f}"),
        at_most("… errors and warnings of the page", found.errors, 0, "{:.0f}"),
    ]


def measure_report() -> list[Figure]:
    """Measure what is printed of a plan of base: booklet, page, sheets and atlas, the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan"
        command = (sys.executable, "-m", "planner")
        solve = run(*command, "solve", str(SCENARIO), "--gap", "5 %", "--no-map", "--out", str(plan))
        asked = ("--pdf", "--html", "--sheets", "--atlas")
        process = run(*command, "report", str(plan), *asked, "--lang", "zh")
        if solve.code or process.code:
            raise SystemExit("the plan of base, or its report, could not be written")
        sizes, pages, text = {}, {}, ""
        for name in ("report", "sheets", "atlas"):
            file = plan / f"{name}.pdf"
            with pypdfium2.PdfDocument(file) as pdf:
                pages[name] = len(pdf)
                text += "".join(page.get_textpage().get_text_bounded() for page in pdf)
            sizes[name] = file.stat().st_size / MIB**2
        placed = plans.load(plan)
        names = {*placed.placements["project"], *placed.left_out["project"]}
    found = sum(name in text for name in names)
    told = ", ".join(f"{name} {pages[name]} ({size:.1f} MiB)" for name, size in sizes.items())
    return [
        at_most("workbook, report with atlas, page and sheets, the whole command", process.seconds, 30.0),
        Figure("… in seconds of the processor", f"{process.cpu:.1f} s"),
        Figure("… most memory", f"{process.peak_mib:.0f} MiB"),
        Figure("… pages", told),
        Figure("… projects found in their text", f"{found} of {len(names)}", "all", found == len(names)),
    ]


def copies(plan: Plan, count: int) -> Plan:
    """Return a plan whose projects and parts stand there so many times, each time under other names."""
    def of(table: pd.DataFrame) -> pd.DataFrame:
        named = [name for name in ("project", "part", "key") if name in table]
        turns = [table.assign(**{name: table[name] + f" {turn}" for name in named}) for turn in range(count)]
        return pd.concat(turns, ignore_index=True)

    return replace(plan, **{name: of(getattr(plan, name)) for name in TABLES if name not in ("goals", "extra")})


def engine(name: str, case: int | str, seed: int, seconds: int) -> dict[str, Any]:
    """Return what an engine has of a case (see engines.py)."""
    script = str(Path(__file__).with_name("engines.py"))
    asked = [sys.executable, script, name, str(case), str(seed), str(seconds)]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed on {case}\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure_conflicts() -> list[Figure]:
    """Measure what conflicts in five made-up questions, and what mends it; each repair is verified by solving."""
    found = []
    for each in conflicts.measured(planner.read(SCENARIO)):
        told = f"{each.demands} demands{'' if each.reduced else ', not reduced'}, {each.repairs} repairs"
        found += [
            at_most(f"{each.name}, seconds of the processor", each.seconds, 10.0),
            Figure(f"{each.name}, conflict and menu", told, "reduced, 1 repair", each.reduced and each.repairs > 0),
        ]
    return found


def measure_mutants() -> list[Figure]:
    """Measure what the audit finds of plans made wrong on purpose, by what each breaks."""
    return [
        Figure(
            f"`{name}`", f"{of['found']} of {of['broken']} found, {of['false']} false alarms in {of['mutants']}",
            "all, 0", of["found"] == of["broken"] and not of["false"],
        )
        for name, of in wrong_plans.counted().items()
    ]  # fmt: skip


MEASURES: Mapping[str, Callable[[], list[Figure]]] = {
    "plan": measure_plan,
    "base": measure_base,
    "state": measure_state,
    "gap": measure_gap,
    "sscflp": measure_sscflp,
    "strength": measure_strength,
    "large": measure_large,
    "named": measure_named,
    "thrice": measure_thrice,
    "ground": measure_ground,
    "bigmap": measure_bigmap,
    "damaged": measure_damaged,
    "plots": measure_plots,
    "mutants": measure_mutants,
    "random": measure_random,
    "million": measure_million,
    "whatif": measure_whatif,
    "review": measure_review,
    "study": measure_study,
    "cuopt": measure_cuopt,
    "conflicts": measure_conflicts,
    "explain": measure_explain,
    "workbook": measure_workbook,
    "report": measure_report,
    "map": measure_map,
}


def table(figures: list[Figure]) -> str:
    """Return figures as a table of Markdown."""
    rows = ["| measured | figure | bar | kept |", "|---|---|---|---|"]
    for figure in figures:
        kept = "" if figure.kept is None else "yes" if figure.kept else "**no**"
        rows.append(f"| {figure.what} | {figure.value} | {figure.bar} | {kept} |")
    return "\n".join(rows)


def machine() -> str:
    """Return what the figures were measured on."""
    found = Path("/proc/cpuinfo")
    told = found.read_text(encoding="utf-8") if found.exists() else ""
    names = re.findall(r"^model name\s*: (.*)$", told, re.MULTILINE)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("highspy", "numpy", "pandas", "geopandas"))
    chip = names[0] if names else platform.processor() or platform.machine()
    return f"{os.cpu_count()} cores ({chip}), {platform.system()}, Python {platform.python_version()}, {libraries}"


def main(words: list[str]) -> int:
    """Measure what is asked for; return 1 where a bar is missed."""
    write, asked = "--write" in words, [word for word in words if word != "--write"] or list(MEASURES)
    if unknown := set(asked) - set(MEASURES):
        print(f"unknown: {', '.join(sorted(unknown))}\n{__doc__}", file=sys.stderr)
        return 2
    missed = False
    print(f"{machine()}\n")
    text = README.read_text(encoding="utf-8")
    for name in asked:
        if not (figures := MEASURES[name]()):
            print(f"{name}: skipped, what it is measured on is not at hand; its table stays\n", flush=True)
            continue
        missed |= any(figure.kept is False for figure in figures)
        print(f"{name}\n\n{table(figures)}\n", flush=True)
        text = _with(text, name, f"\n{table(figures)}\n")
    if write:
        README.write_text(_with(text, "machine", machine()), encoding="utf-8")
    return int(missed)


def _with(text: str, name: str, content: str) -> str:
    """Return a text with something else between the marks of a name."""
    return re.sub(rf"(<!-- {name} -->).*?(<!-- /{name} -->)", lambda m: m[1] + content + m[2], text, flags=re.DOTALL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
