"""``planner bench``: published instances and the random one, solved to the end or to the time limit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from planner import published
from planner.case import Case
from planner.cli.output import Output, table
from planner.cli.shown import FRONT
from planner.cli.watching import Watch, interruptible
from planner.plan import Plan
from planner.solve import frontier, solve
from planner.solve.other import NO_EFFORT, solve_whole
from planner.words import Words

COSTS, POINTS = -1.0, 1.0
"""Sign of an instance's own value in points."""


def gap(file: Path, name: str, time_limit_s: float, engine: str, output: Output) -> int:
    """Solve a generalised assignment instance; value and bound are costs."""
    return _bench(lambda: published.gap_case(file, name), COSTS, time_limit_s, engine, output)


def sscflp(file: Path, time_limit_s: float, engine: str, output: Output) -> int:
    """Solve a facility location instance; value and bound are costs."""
    return _bench(lambda: published.sscflp_case(file), COSTS, time_limit_s, engine, output)


def random(options: int, seed: int, time_limit_s: float, engine: str, output: Output) -> int:
    """Solve the random instance; value and bound are points."""
    return _bench(lambda: published.random_case(options, seed), POINTS, time_limit_s, engine, output)


def pareto(file: Path, time_limit_s: float, output: Output) -> int:
    """Trace the frontier of a knapsack with several objectives."""
    case = published.knapsack_case(file)
    goals = [goal for goal in published.OBJECTIVES if goal in case.goals.index]
    watch = Watch(output)
    with watch, interruptible(watch.interrupted) as stop:
        found = frontier(case, goals, gap=0.0, time_limit_s=time_limit_s, cancelled=stop.is_set)
    points = found.points[goals]
    if output.as_json:
        output.json({"complete": found.complete, "points": points.to_numpy().tolist()})
    rows = [[f"{value:,.0f}" for value in row] for row in points.to_numpy()]
    output.say(table([str(k + 1) for k in range(len(goals))], rows, right=range(len(goals))))
    said = "complete" if found.complete else "part"
    output.say(FRONT[said](output.lang, count=len(rows)))
    return 0 if found.complete else 1


def _bench(made: Callable[[], Case], sign: float, time_limit_s: float, engine: str, output: Output) -> int:
    case = made()
    watch = Watch(output)
    with watch, interruptible(watch.interrupted) as stop:
        if engine == "exact":
            plan = solve_whole(case, gap=0.0, time_limit_s=time_limit_s, progress=watch.progress, cancelled=stop.is_set)
        else:
            plan = solve(
                case, gap=0.0, effort=NO_EFFORT, time_limit_s=time_limit_s, progress=watch.progress,
                cancelled=stop.is_set,
            )  # fmt: skip
    found = result(plan, sign)
    if output.as_json:
        output.json(found)
    lang = output.lang
    rows = [[key, "—" if value is None else _shown(key, value)] for key, value in found.items()]
    output.say(table(Words("指标|值", "Measure|value")(lang).split("|"), rows, right=(1,)))
    return 1 if found["value"] is None else 0


def result(plan: Plan, sign: float) -> dict[str, Any]:
    """Return what a benchmark prints; value and bound in the instance's own sense."""
    said = plan.summary
    return {
        "value": None if said["score"] is None else sign * said["score"],
        "bound": None if said["bound"] is None else sign * said["bound"],
        "gap": said["gap"],
        "solver_gap": said["solver_gap"],
        "status": said["status"],
        "seconds": said["seconds"]["solve"],
        "options": said["counts"]["options"],
    }


def _shown(key: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if key.endswith("gap"):
        return f"{float(str(value)):.4%}"
    return f"{float(str(value)):,.3f}".rstrip("0").rstrip(".")
