"""Onlookers of a search: one who leaves at the n-th look, and one who leaves once a solver runs that never ends."""

from __future__ import annotations

import threading
import time

import pytest

from planner.solve import highs
from planner.solve.highs import End, Listener, Question


class LeftError(Exception):
    """Raised by an onlooker."""


class Onlooker:
    """Counts how often a search is looked on at, and leaves at the n-th look; never for 0."""

    def __init__(self, leaves: int = 0) -> None:
        self.leaves, self.looks = leaves, 0

    def __call__(self) -> None:
        self.looks += 1
        if self.looks == self.leaves:
            raise LeftError


class Impatient:
    """Leaves once a solver runs; none of those begun from now on ends by itself."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = threading.Event()
        monkeypatch.setattr(highs, "answered", self._answered)

    def _answered(self, _: Question, listener: Listener) -> End:
        self.begun.set()
        while not listener.cancel:
            time.sleep(0.01)
        return End("cancelled")

    def __call__(self) -> None:
        if self.begun.is_set():
            raise LeftError
