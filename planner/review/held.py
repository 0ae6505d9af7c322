"""What a variant stands on: a plan in hand, and what is looked up in it, worked out once while that plan is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from planner.intake.inputs import Inputs
from planner.plan import Plan
from planner.review import told
from planner.review.moves import Moves
from planner.review.solving import stated
from planner.whatif import Warm

ANSWERS_MOST, FREE_MOST = 60, 8
"""Of a plan in hand: answers to long questions kept, and projects whose places without their locks are."""


class Once:
    """Answers to long questions about a plan in hand, each found once while that plan is."""

    def __init__(self) -> None:
        self._found: dict[str, Any] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, what: str, find: Callable[[], Any]) -> Any:
        """Return the answer to a question; whoever asks meanwhile waits for it."""
        with self._lock:
            lock = self._locks.setdefault(what, threading.Lock())
        with lock:
            if what in self._found:
                return self._found[what]
            found = self._found[what] = find()
        with self._lock:
            for old in list(self._found)[:-ANSWERS_MOST]:
                del self._found[old], self._locks[old]
        return found


@dataclass(frozen=True)
class Held:
    """What a session stands on: a plan, of which version it is, and what is looked up in it."""

    version: int
    warm: Warm
    seconds: float = 0.0
    findings: pd.DataFrame | None = field(default=None, repr=False)
    _free: dict[str, Moves] = field(default_factory=dict, repr=False)
    once: Once = field(default_factory=Once, repr=False)

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
