"""``planner bench``: published instances and the random one, solved to a gap or the time limit; or all measured."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from planner.cli.output import Output, table
from planner.cli.shown import FRONT
from planner.cli.solving import Patience
from planner.cli.watching import Watch, interruptible
from planner.errors import DataError, Fault, SolveError
from planner.published import OBJECTIVES, Instance, instances, random_case
from planner.solve import frontier, solve
from planner.solve.engines import AUTO
from planner.solve.other import NO_EFFORT
from planner.words import Words

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "run.py"
"""Measures everything; only in a checkout."""
MEASURES: dict[str, Words] = {
    "instance": Words("算例", "Instance"),
    "size": Words("格式与规模", "format, size"),
    "value": Words("成本/收益", "cost/gain"),
    "bound": Words("界", "bound"),
    "gap": Words("差距", "gap"),
    "solver_gap": Words("求解器", "solver’s"),
    "published": Words("公布", "published"),
    "engine": Words("算法", "engine"),
    "status": Words("状态", "status"),
    "seconds": Words("秒", "s"),
}
"""Columns of the table, less those that nobody has; value, bound and what is published in the instance's own sense."""
UNSOLVED = ("value", "bound", "gap", "solver_gap", "engine", "seconds")
"""What is not known of an instance that the engine asked for cannot take."""
KNAPSACK = "knapsack"
"""The format of several objectives."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks of every instance."""

    form: str
    maximise: bool
    seed: int
    gap: float
    time_limit_s: float
    engine: str
    given: frozenset[str]
    """The options given, by name."""

    @classmethod
    def of(
        cls, form: str, maximise: bool, seed: int | None, gap: str | None, time_limit: str | None, engine: str | None
    ) -> Wanted:
        """Read the texts of the options."""
        said = {
            "--format": form, "--maximise": maximise or None, "--seed": seed, "--gap": gap,
            "--time-limit": time_limit, "--engine": engine,
        }  # fmt: skip
        given = frozenset(option for option, value in said.items() if value not in (None, ""))
        patience = Patience.of("0 %" if gap is None else gap, "60 s" if time_limit is None else time_limit)
        return cls(form, maximise, seed or 0, patience.gap or 0.0, patience.time_limit_s or 0.0, engine or AUTO, given)

    def idle(self, options: Iterable[str], why: Words, remedy: Words) -> Iterator[Fault]:
        """Yield a fault for each of some options that is given and would do nothing."""
        return (Fault(option, "", why, remedy) for option in options if option in self.given)

    def idle_with(self, files: bool, random: bool) -> Iterator[Fault]:
        """Yield a fault for each option given that is not for what is solved."""
        if not random:
            why = Words("只用于随机算例", "is for the random instance")
            yield from self.idle(["--seed"], why, Words("加上 --random，或去掉", "Add --random, or leave it out"))
        if not files:
            why = Words("只用于算例文件", "is for files of instances")
            yield from self.idle(
                ["--format", "--maximise"], why, Words("给出文件，或去掉", "Name files, or leave it out")
            )
        if not files and not random:
            why = Words("重跑全部基准时不起作用", "does nothing where all benchmarks are run")
            remedy = Words("给出算例文件，或去掉", "Name files of instances, or leave it out")
            yield from self.idle(["--gap", "--time-limit", "--engine"], why, remedy)


def bench(files: Sequence[Path], options: int | None, wanted: Wanted, output: Output) -> int:
    """Solve the instances of all files, and the random one; measure everything where none is named."""
    if idle := list(wanted.idle_with(bool(files), options is not None)):
        raise DataError(idle)
    if not files and options is None:
        return _everything()
    asked = [each for file in files for each in instances(file, wanted.form, maximise=wanted.maximise)]
    if any(each.form == KNAPSACK for each in asked):
        why = Words("不用于多目标背包，其前沿总是精确求出", "is not for knapsacks, whose frontier is always exact")
        remedy = Words("去掉，或分开求解", "Leave it out, or solve them apart")
        if idle := list(wanted.idle(["--gap"], why, remedy)):
            raise DataError(idle)
    if options is not None:
        case = random_case(options, wanted.seed)
        size = (len(case.limits), len(case.projects))
        asked.append(Instance(f"random {options} {wanted.seed}", "random", *size, 1.0, None, case))
    watch = Watch(output)
    found = []
    with watch, interruptible(watch.interrupted) as stop:
        for each in asked:
            try:
                found.append((_traced if each.form == KNAPSACK else _solved)(each, wanted, watch, stop.is_set))
            except SolveError as error:
                found.append(_refused(each, error, output))
            if stop.is_set():
                break
    if output.as_json:
        output.json(found)
    output.say(*_lines(found, output))
    return 0 if all(row["complete"] if "points" in row else row["value"] is not None for row in found) else 1


def _everything() -> int:
    """Run the benchmarks of a checkout; return their exit code."""
    if not SCRIPT.is_file():
        rule = Words("基准脚本只在源码目录中", "benchmarks stand in a checkout of the source only")
        remedy = Words("给出算例文件，或 --random 100000", "Name files of instances, or --random 100000")
        raise DataError(Fault("planner bench", "", rule, remedy))
    return subprocess.run([sys.executable, str(SCRIPT)], check=False).returncode


def _solved(each: Instance, wanted: Wanted, watch: Watch, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """Return what an instance came to."""
    said = solve(
        each.case, gap=wanted.gap, effort=NO_EFFORT, time_limit_s=wanted.time_limit_s, engine=wanted.engine,
        progress=watch.progress, cancelled=cancelled,
    ).summary  # fmt: skip
    return {
        **_named(each),
        "value": None if said["score"] is None else each.sign * said["score"],
        "bound": None if said["bound"] is None else each.sign * said["bound"],
        "gap": said["gap"],
        "solver_gap": said["solver_gap"],
        "published": each.optimum,
        "engine": None if said["engine"] is None else said["engine"]["name"],
        "status": said["status"],
        "seconds": said["seconds"]["solve"],
    }


def _traced(each: Instance, wanted: Wanted, watch: Watch, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """Return the frontier of an instance with several objectives."""
    goals = [goal for goal in OBJECTIVES if goal in each.case.goals.index]
    found = frontier(
        each.case, goals, gap=0.0, time_limit_s=wanted.time_limit_s, engine=wanted.engine, cancelled=cancelled
    )
    return {**_named(each), "complete": found.complete, "points": found.points[goals].to_numpy().tolist()}


def _refused(each: Instance, error: SolveError, output: Output) -> dict[str, Any]:
    """Return what there is to tell of an instance that the engine asked for cannot take."""
    faults = [fault.words(output.lang) for fault in error.faults]
    for fault in faults:
        output.error(f"{each.name}: {fault}")
    return {
        **_named(each),
        **dict.fromkeys(UNSOLVED),
        "published": each.optimum,
        "status": "refused",
        "faults": faults,
    }


def _named(each: Instance) -> dict[str, Any]:
    return {
        "instance": each.name,
        "format": each.form,
        "places": each.places,
        "projects": each.projects,
        "options": len(each.case.options),
    }


def _lines(found: Sequence[dict[str, Any]], output: Output) -> Iterator[str | Words | Table]:
    """Yield the table of what was solved, and that of each frontier."""
    solved = [row for row in found if "points" not in row]
    if solved:
        told = [measure for measure in MEASURES if any(row.get(measure, "") is not None for row in solved)]
        headers = [MEASURES[measure](output.lang) for measure in told]
        rows = [[_shown(row, measure) for measure in told] for row in solved]
        yield table(headers, rows, right=range(1, len(headers)))
    for row in found:
        if "points" in row:
            points = [[f"{value:,.0f}" for value in point] for point in row["points"]]
            count = range(len(points[0]) if points else 0)
            yield row["instance"]
            yield table([str(k + 1) for k in count], points, right=count)
            yield FRONT["complete" if row["complete"] else "part"](output.lang, count=len(points))


def _shown(row: dict[str, Any], measure: str) -> str:
    """Return a cell."""
    if measure == "size":
        return f"{row['format']} {row['places']:,} × {row['projects']:,}"
    value = row[measure]
    if value is None:
        return "—"
    if isinstance(value, str):
        return value
    return f"{value:.3%}" if measure.endswith("gap") else f"{value:,.3f}".rstrip("0").rstrip(".")
