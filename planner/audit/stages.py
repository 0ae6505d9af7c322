"""The stages of a plan measured again: what a scenario's mode keeps of each goal, by the goal's own measure.

It takes no figure from the plan but what only a solver can know: the score that a stage says to have reached and, of
the mode for growth poles, what a pole could hold alone. That is no fact of the ground and is not measured again: it is
held against its own bound, and against what the plan has in the pole, which can be no more than the bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from planner.audit.facts import Facts, Finding, Placed, figure
from planner.audit.ground import Record, listed, number
from planner.audit.score import GOALS, OF_SEVERAL, by_project

SLACK = 1e-6
"""Share by which what was kept may be missed; a millionth of a point at least."""
SMALL_PART = 0.001
"""What a hundredth of all goals together counts beside one of the least, in the mode of a reference point."""


def stages(facts: Facts) -> Iterator[Finding]:
    """Add up each goal that an earlier stage keeps: at least what was reached, less the tolerance asked.

    Points lost to soft rules come first, in every mode but the weighted sum; ``soft`` measures that they are so many.
    """
    mode = facts.scenario.mode
    if facts.plan.summary.get("score") is None:
        return
    told = {str(stage["goal"]): stage for stage in facts.plan.summary.get("stages", ())}
    reached = {goal: number(stage["score"]) for goal, stage in told.items()}
    if "soft" in reached:
        lost = sum(float(points) for points in facts.plan.summary.get("soft", {}).values())
        yield _kept("soft", reached["soft"], 0.0, -lost)
    for priority in mode.lexicographic or ():
        weight = facts.scenario.goals.weights.get(priority.goal, 0.0)
        points = 100 * weight * _share(facts, priority.goal)
        yield _kept(priority.goal, reached.get(priority.goal), priority.tolerance, points)
    if mode.reference:
        beyond = [
            100 * (_share(facts, goal) - GOALS[goal].sign * level / facts.normalisers[goal])
            for goal, level in mode.reference.items()
        ]
        yield _kept("reference", reached.get("reference"), 0.0, min(beyond) + SMALL_PART * sum(beyond))
    if mode.max_min:
        yield from _poles(facts, told)


def _poles(facts: Facts, told: Mapping[str, Record]) -> Iterator[Finding]:
    """Add up what each growth pole holds: its least share of what it could alone, and no more than the bound of that.

    Each placement counts with the points it brings by itself, one that loses points with none.
    """
    least = number(told["max_min"]["score"]) if "max_min" in told else None
    if least is None:
        yield Finding("max_min", "a stage of it", "", "", False)
        return
    held = {name: 0.0 for name, park in facts.ground.parks.items() if "growth_pole" in listed(park["roles"])}
    for placed in facts.placed:
        if placed.park in held:
            held[placed.park] += max(_points(facts, placed), 0.0)
    for pole, points in sorted(held.items()):
        stage = told.get(f"alone {pole}")
        if stage is None:
            yield Finding(pole, "a stage of it", figure(points), "points", points <= SLACK)
            continue
        alone, bound = number(stage["score"]) or 0.0, number(stage["bound"]) or 0.0
        slack = SLACK * max(1.0, bound)
        yield Finding(f"{pole} alone", f"≤ {figure(bound)}", figure(alone), "points", alone <= bound + slack)
        low = least * alone
        kept = low - slack <= points <= bound + slack
        yield Finding(pole, f"{figure(low)}–{figure(bound)}", figure(points), "points", kept)


def _points(facts: Facts, placed: Placed) -> float:
    """Return the points that a placement brings by itself."""
    only = replace(facts, placed=(placed,))
    weighed = [name for name, weight in facts.scenario.goals.weights.items() if weight and name not in OF_SEVERAL]
    return sum(100 * facts.scenario.goals.weights[name] * _share(only, name) for name in weighed)


def _share(facts: Facts, goal: str) -> float:
    """Return what a goal reaches of all there is; below 0 for a penalty."""
    measured = GOALS[goal]
    return measured.sign * measured.raw(facts, by_project(facts)) / facts.normalisers[goal]


def _kept(key: str, reached: float | None, tolerance: float, found: float) -> Finding:
    if reached is None:
        return Finding(key, "a stage of it", figure(found), "points", False)
    least = reached - tolerance * abs(reached)
    return Finding(
        key, f"≥ {figure(least)}", figure(found), "points", found >= least - SLACK * max(1.0, abs(least))
    )
