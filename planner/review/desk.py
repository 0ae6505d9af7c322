"""What a review is about: a scenario kept warm, the variants of it and their sessions, everybody who listens."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

from planner import maps
from planner.changes import changed, changed_asked
from planner.review.hub import Hub
from planner.review.plans import Plans
from planner.review.records import Variant
from planner.review.session import Session
from planner.review.store import Store, missing
from planner.review.told import full
from planner.whatif import Warm

WORKERS = 2
"""Solves at a time; more would wait for the same processors."""


class Desk:
    """One scenario under review.

    Parameters
    ----------
    store : Store
    first : Warm
        The scenario solved, with inputs.
    source : Path
        Its file.
    name : str
        Of the first variant, where there is none yet.
    """

    def __init__(self, store: Store, first: Warm, source: Path, name: str) -> None:
        self.store, self.first, self.source, self.hub = store, first, source, Hub()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="solve")
        self._plans = Plans()
        self._sessions: dict[int, Session] = {}
        self._lock = threading.Lock()
        if not self.variants():
            free = {one.name for one in store.variants()}
            called = next(each for k in range(1, 10_000) if (each := name if k == 1 else f"{name} {k}") not in free)
            store.create(called, str(source), "planner")

    def variants(self) -> list[Variant]:
        """Return the variants of this scenario."""
        return [one for one in self.store.variants() if one.source == str(self.source)]

    def variant(self, id: int) -> Variant:
        """Return a variant of this scenario with its edits.

        Raises
        ------
        MissingError
            There is none of that number; those of other scenarios in the same database are none of this one's.
        """
        found = self.store.variant(id)
        if found.source != str(self.source):
            raise missing(id)
        return found

    def session(self, id: int) -> Session:
        """Return the session of a variant, opened where it is not yet.

        Raises
        ------
        MissingError
            There is no such variant.
        """
        with self._lock:
            found = self._sessions.get(id)
            if found is None:
                self.variant(id)
                found = Session(self.store, id, self.first, self._pool, self._plans, self.hub.tell)
                self._sessions[id] = found
            return found

    def tell(self, said: Mapping[str, Any]) -> None:
        """Tell everybody who listens."""
        self.hub.tell(said)

    def drop(self, id: int) -> None:
        """Let go of the session of a variant that is no more."""
        with self._lock:
            session = self._sessions.pop(id, None)
        if session is not None:
            session.close()

    @cached_property
    def map(self) -> str:
        """Return the page of the map, of the plan as first solved."""
        assert self.first.inputs is not None
        inputs = self.first.inputs
        ground, asked = changed(inputs.territory, inputs.scenario), changed_asked(inputs)
        return maps.page_text(maps.draw(full(self.first, None), ground, "zh", projects=asked, live=True))

    def warm_up(self) -> None:
        """Make ready what the first page asks for."""
        for one in self.variants()[:1]:
            held = self.session(one.id).settled()
            self.map, held.view, held.moves.of_part, held.moves.places, held.moves.refused  # noqa: B018 - kept

    def close(self) -> None:
        """Give up what is being solved, and let everybody go."""
        for session in list(self._sessions.values()):
            session.close()
        self.hub.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.store.close()
