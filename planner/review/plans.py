"""Plans kept warm in memory, so that what was solved once is only looked up."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace

import pandas as pd

from planner.audit import audit
from planner.intake.inputs import Inputs
from planner.plan import Plan
from planner.whatif import Warm

KEPT = 24
"""Plans kept warm, all variants together: those used last."""


class Plans:
    """Plans kept warm, by what was edited; those used least are let go."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Warm] = OrderedDict()
        self._findings: dict[str, pd.DataFrame] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Warm | None:
        """Return a plan; None where it is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: str, now: Warm) -> None:
        """Keep a plan, and what it was made from, but no more than that."""
        before = None if now.before is None else replace(now.before, before=None)
        with self._lock:
            self._kept[key] = replace(now, before=before)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._findings.pop(self._kept.popitem(last=False)[0], None)

    def findings(self, key: str, plan: Plan, inputs: Inputs) -> pd.DataFrame:
        """Return the findings of a plan, measured once while it is kept."""
        found = self._findings.get(key)
        if found is None:
            found = audit(plan, inputs)
            with self._lock:
                self._findings[key] = found
        return found
