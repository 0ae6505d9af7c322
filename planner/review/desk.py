"""What a review is about: a scenario kept warm, the variants of it and their sessions, everybody who listens."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

from planner import maps
from planner.changes import changed, changed_asked
from planner.errors import Fault
from planner.review.hub import Hub
from planner.review.pacing import WAIT, RateError
from planner.review.plans import Plans
from planner.review.records import Event, Variant, missing
from planner.review.session import Session
from planner.review.store import Store
from planner.review.told import full
from planner.whatif import Warm
from planner.words import Words

WORKERS = 2
"""Solves at a time; more would wait for the same processors."""
OPEN_MOST, IDLE_S = 24, 900.0
"""Variants kept warm at most, and how long (s) one stays beyond that unasked: longer than anybody waits."""
SOLVES_EACH = 4
"""Variants that one person has solved at a time."""
SOLVING = Words("您的修改正在 {most} 个版本中求解", "edits of yours are being solved in {most} variants")


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
        self._sessions: OrderedDict[int, Session] = OrderedDict()
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

    def history(self, id: int | None, *, after: int, before: int | None, people: bool) -> list[Event]:
        """Return what was done to variants of this scenario; see `Store.history`."""
        return self.store.history(str(self.source), id, after=after, before=before, people=people)

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
                self._let_go()
            self._sessions.move_to_end(id)
            found.asked_s = time.monotonic()
            return found

    def solving(self, id: int, author: str) -> Session:
        """Return the session of a variant for an edit by somebody.

        Raises
        ------
        RateError
            Edits of theirs to as many other variants are being solved.
        """
        session = self.session(id)
        with self._lock:
            others = [one for number, one in self._sessions.items() if number != id]
        if sum(one.solving_for == author for one in others) >= SOLVES_EACH:
            raise RateError(Fault("", "", SOLVING.fill(most=SOLVES_EACH), WAIT))
        return session

    def _let_go(self) -> None:
        """Let go of the variants that nobody has asked about for a while, beyond so many."""
        since_s = time.monotonic() - IDLE_S
        for id, one in list(self._sessions.items())[: max(0, len(self._sessions) - OPEN_MOST)]:
            if one.asked_s < since_s:
                del self._sessions[id]
                one.close()

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
        """Make ready what the first page and the first edit ask for."""
        self.first = self.first.replenished()
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
