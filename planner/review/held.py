"""What a variant stands on: a plan in hand, and what is looked up in it, worked out once while that plan is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from planner.intake.inputs import Inputs
from planner.plan import Plan
from planner.review import told
from planner.review.moves import Moves
from planner.review.questions import Questions
from planner.review.solving import stated
from planner.whatif import Warm

FREE_MOST = 8
"""Of a plan in hand, projects whose places without their locks are kept."""


@dataclass(frozen=True)
class Held:
    """What a session stands on: a plan, of which version it is, and what is looked up in it."""

    version: int
    warm: Warm
    seconds: float = 0.0
    findings: pd.DataFrame | None = field(default=None, repr=False)
    _free: dict[str, Moves] = field(default_factory=dict, repr=False)
    questions: Questions = field(default_factory=Questions, repr=False)

    def measured(self, findings: pd.DataFrame) -> Held:
        """Return the same with what an audit has found; what was looked up stays known."""
        made = replace(self, findings=findings)
        vars(made).update({name: vars(self)[name] for name in ("moves", "view") if name in vars(self)})
        return made

    @cached_property
    def moves(self) -> Moves:
        """Return what may go where."""
        return Moves(self.warm)

    def moves_of(self, who: str) -> Moves:
        """Return what may go where for somebody whose locks would be replaced by another."""
        scenario = self.inputs.scenario
        owner = who.split("/", maxsplit=1)[0]
        mine = {name for name in scenario.locks if name.split("/")[0] == owner}
        if not mine:
            return self.moves
        found = self._free.get(owner)
        if found is None:
            for other in list(self._free)[: 1 - FREE_MOST]:
                self._free.pop(other, None)
            locks = {name: place for name, place in scenario.locks.items() if name not in mine}
            free = self.inputs.under(scenario.model_copy(update={"locks": locks}))
            found = self._free[owner] = Moves(replace(self.warm, case=stated(self.warm, free), inputs=free))
        return found

    @cached_property
    def view(self) -> dict[str, Any]:
        """Return what a page draws of the plan."""
        return told.view(self.warm, self.moves.ground)

    @property
    def full(self) -> Plan:
        """The plan with what a report tells besides."""
        return told.full(self.warm, self.findings)

    @property
    def inputs(self) -> Inputs:
        """Of which it is a plan."""
        assert self.warm.inputs is not None  # what is reviewed has a scenario
        return self.warm.inputs
