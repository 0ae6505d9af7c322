"""Whether a project has room while everybody else stays where a plan has them: an enumeration, and the audit of it.

Made of `listed`, which `pose` lists options by, and of the limits of the case; nothing of the search for changes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from planner.audit import audit
from planner.case import Case
from planner.explain.candidates import beside, case_beside
from planner.explain.diff import Step
from planner.explain.kinds import KINDS
from planner.explain.lacks import Limited
from planner.intake.inputs import Inputs
from planner.listing import listed
from planner.plan import Plan, Solved, plan_of

COMBINED = 200_000


def rooms(inputs: Inputs, case: Case, plan: Plan, project: str) -> tuple[Case, int, list[tuple[int, ...]]]:
    """Return the case beside the others, how many of its options are theirs, and every choice that has room."""
    of = beside(inputs, case, plan, [project])
    rows = of.rows
    own = replace(of.ground, parts=of.parts, failed={name: bits[rows] for name, bits in of.ground.failed.items()})
    found = listed(own)
    if not set(of.parts.index) <= set(found.options["part"]):
        return case, 0, []
    both = case_beside(of, (found.options, found.uses, found.sites))
    first = len(of.others)
    part = both.options["part"].to_numpy(dtype=object)
    limited = Limited.of(both, of.shares)
    options = [first + np.flatnonzero(part[first:] == name) for name in of.parts.index]
    if len(options) > 1:  # what is taken already is for no choice
        alone = limited.lacking(np.arange(first, len(part)), np.arange(first, len(part)))
        gone = set(alone.loc[alone["by"].isin(["parcel", "parcel_share", "floor", "cut_end"]), "option"])
        options = [np.array([one for one in own if one not in gone], dtype=np.int64) for own in options]
    assert np.prod([len(each) for each in options]) <= COMBINED
    choices = np.array(list(itertools.product(*options)), dtype=np.int64).reshape(-1, len(options))
    if not len(choices):
        return both, first, []
    number = np.repeat(np.arange(len(choices)), len(options))
    short = set(limited.lacking(number, choices.ravel())["option"])
    return both, first, [tuple(map(int, row)) for k, row in enumerate(choices) if k not in short]


def having_room(inputs: Inputs, case: Case, plan: Plan) -> set[str]:
    """Return the projects of one part, left out by the plan, that have room, each alone beside the others."""
    projects = list(plan.left_out["project"])
    of = beside(inputs, case, plan, projects)
    own = replace(of.ground, parts=of.parts, failed={name: bits[of.rows] for name, bits in of.ground.failed.items()})
    found = listed(own)
    both = case_beside(of, (found.options, found.uses, found.sites))
    mine = np.arange(len(of.others), len(both.options))
    short = set(Limited.of(both, of.shares).lacking(mine, mine)["option"])
    return set(both.options["project"].iloc[[one for one in mine if one not in short]])


def findings(inputs: Inputs, case: Case, plan: Plan, project: str) -> pd.DataFrame:
    """Return what the audit finds broken once a project is placed where it has room; raise where it has none."""
    both, first, choices = rooms(inputs, case, plan, project)
    assert choices, f"{project} has no room"
    share = tuple(float(one) for one in plan.placements.get("share", np.ones(first)))
    assert len(share) == first
    shares = pd.Series(share, index=plan.placements["part"] + " " + plan.placements["site"])
    theirs = both.options.iloc[:first]
    chosen = (*range(first), *choices[0])
    taken = (*shares.loc[theirs["part"] + " " + theirs["site"]].to_numpy(), *(1.0 for _ in choices[0]))
    points = {goal: float((both.options[goal].to_numpy()[list(chosen)] * taken).sum()) for goal in both.option_goals()}
    score = sum(points.values())
    made = plan_of(both, Solved(chosen, score, score, None, "effort", None, 0.0, 0.0, points, shares=taken))
    found = audit(made, inputs)
    return found[~found["kept"]]


def less(steps: list[Step], share: float = 0.95) -> Iterator[list[Step]]:
    """Yield the steps with one of their kinds less: a continuous one 5 % less, of a whole one one step less."""
    for kind in dict.fromkeys(step.kind for step in steps):
        if not KINDS[kind].whole:
            yield [
                replace(step, new=float(step.old) + share * (float(step.new) - float(step.old)))  # type: ignore[arg-type]
                if step.kind == kind else step for step in steps
            ]  # fmt: skip
            continue
        for out in (number for number, step in enumerate(steps) if step.kind == kind):
            yield [step for number, step in enumerate(steps) if number != out]
