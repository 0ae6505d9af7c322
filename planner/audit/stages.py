"""The stages of a plan measured again: what a scenario's mode keeps of each goal, by the goal's own measure.

It takes no figure from the plan but the score that a stage says to have reached, which only a solver can know. Of the
mode for growth poles nothing is measured here: what a pole could hold alone is no fact of the ground.
"""

from __future__ import annotations

from collections.abc import Iterator

from planner.audit.facts import Facts, Finding, figure
from planner.audit.ground import number
from planner.audit.score import GOALS, by_project

SLACK = 1e-6
"""Share by which what was kept may be missed; a millionth of a point at least."""
SMALL_PART = 0.001
"""What a hundredth of all goals together counts beside one of the least, in the mode of a reference point."""


def stages(facts: Facts) -> Iterator[Finding]:
    """Add up each goal that an earlier stage keeps: at least what was reached, less the tolerance asked."""
    mode = facts.scenario.mode
    if facts.plan.summary.get("score") is None:
        return
    reached = {str(stage["goal"]): number(stage["score"]) for stage in facts.plan.summary.get("stages", ())}
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
