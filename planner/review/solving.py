"""From one plan to the next: edits answered from where a solved case stands, watched, and stopped where asked."""

from __future__ import annotations

import io
import logging
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from planner import plan as plans
from planner.case import Case, pose
from planner.extra import extra_of, with_rows
from planner.growing import plots_of, possible
from planner.intake.inputs import Inputs
from planner.plan import Plan
from planner.possible import Fitting, must_fit
from planner.review.edits import AnyEdit, Diff, Form
from planner.review.questions import Stop
from planner.scenario import Scenario, laid_over
from planner.solve import Progress
from planner.whatif import Warm, warm

FORM: TypeAdapter[Any] = TypeAdapter(AnyEdit)
"""Reads an edit that was kept."""
PATIENCE = ("gap", "effort", "time_limit_s", "seed", "threads", "engine")
"""Of a scenario's `solver`, what an answer goes by."""
Watch = Callable[[Progress], None]


@dataclass(frozen=True)
class Step:
    """One edit on the way from one plan to another: its form, its keys, and whether the others are to stay."""

    form: Form
    diff: Diff
    stay: bool

    @classmethod
    def of(cls, asked: dict[str, Any], diff: Diff) -> Step:
        """Read an edit that was kept."""
        form = {key: value for key, value in asked.items() if key != "others"}
        return cls(FORM.validate_python(form), diff, asked.get("others") == "stay")


def under(scenario: Scenario, steps: Sequence[Step]) -> Scenario:
    """Return a scenario with the keys of edits laid over it, one after the other.

    Raises
    ------
    ScenarioError
        A key cannot be read.
    """
    for step in steps:
        scenario = laid_over(scenario, step.diff) if step.diff else scenario
    return scenario


def answered(
    now: Warm, steps: Sequence[Step], watch: Watch, stop: Stop, case: Case | None = None, patience: int | None = None
) -> Warm:
    """Return the answer to edits, from a plan in hand.

    What only narrows goes step by step; from the first edit that does not, the case is posed again with all that are
    left, unless the case that this comes to is given. An answer holds no more to who watches it, nor to the patience
    (`Kept.patience`) with which this one was asked.

    Raises
    ------
    ScenarioError
        An edit names what does not exist, or what nobody can keep.
    """
    assert now.inputs is not None
    first, inputs = now, now.inputs
    now = _asked(now, patience or now.kept.patience, progress=watch, cancelled=stop)
    for number, step in enumerate(steps):
        scenario = under(now.inputs.scenario, [step]) if now.inputs else inputs.scenario
        narrower = step.form.narrowed(replace(now, kept=replace(now.kept, fewest=step.stay)))
        if narrower is None:
            last, stays = under(scenario, steps[number + 1 :]), any(one.stay for one in steps[number:])
            now = replace(now, kept=replace(now.kept, fewest=stays))
            now = now.posed(case or stated(now, inputs.under(last)), inputs.under(last))
            break
        now = replace(narrower, inputs=inputs.under(scenario))
    return replace(_asked(now, first.kept.patience, progress=None, cancelled=None), before=first)


def stated(now: Warm, inputs: Inputs) -> Case:
    """Return the case of other inputs, with the plots and constraints that joined the one solved.

    Raises
    ------
    ScenarioError
        They name what does not exist, or ask what nobody can keep.
    """
    return with_rows(pose(inputs, possible(inputs, [tuple(plot) for plot in plots_of(now.plan)])), extra_of(now.case))


def stoppable(now: Warm, stop: Stop) -> Warm:
    """Return a plan in hand of which each question ends, with the best found so far, once it is to stop."""
    return _asked(now, now.kept.patience, cancelled=stop)


def _asked(now: Warm, patience: int, **asked: Any) -> Warm:
    return replace(now, kept=replace(now.kept, patience=patience, asked={**now.kept.asked, **asked}))


def may_place(now: Warm, project: str, scenario: Scenario) -> None:
    """Raise where a part of a project that a scenario places wherever it is fits nowhere, with what refuses it.

    Raises
    ------
    ScenarioError
        With the place that comes nearest and the tests that it fails.
    """
    case = now.case
    projects = case.projects.assign(must_place=case.projects.index == project)
    must_fit(Fitting(case.options, case.parts, projects, case.refusals, case.places), scenario)


def patience(scenario: Scenario) -> dict[str, Any]:
    """Return how patiently a scenario asks to be solved."""
    return scenario.solver.model_dump(include=set(PATIENCE))


def begun(inputs: Inputs, plan: Plan | None, watch: Watch | None = None, stop: Stop | None = None) -> Warm:
    """Return a scenario solved, or a plan of it kept warm.

    Raises
    ------
    ScenarioError
        The scenario asks for something that nobody can keep, or for another mode than the weighted sum.
    """
    return warm(inputs, plan, progress=watch, cancelled=stop, **patience(inputs.scenario))


def packed(plan: Plan) -> bytes:
    """Return a plan as bytes: the files of its folder but for the map."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "plan"
        plans.save(plan, folder, {}, {})
        into = io.BytesIO()
        with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, file.name)
    return into.getvalue()


def unpacked(content: bytes) -> Plan | None:
    """Return a plan that `packed` has written; None where it cannot be read any more, whatever is wrong with it."""
    try:
        with tempfile.TemporaryDirectory() as made, zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                (Path(made) / Path(name).name).write_bytes(archive.read(name))
            return plans.load(Path(made))
    except Exception:  # it is kept to save a solve, and solved again
        logging.getLogger(__name__).exception("a plan that was kept cannot be read")
        return None
