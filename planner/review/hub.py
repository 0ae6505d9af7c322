"""Live updates: what happens to variants, told to every browser that listens (server-sent events)."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from planner.review.pacing import none_more

EACH, TOGETHER = 24, 400
"""Listeners of one person, and of all."""
WAITING_MOST = 500
"""Messages kept for a listener that does not fetch them; one further behind is let go, and comes again."""
BEAT_S = 15.0
"""Between two signs of life."""


class Hub:
    """Everybody who listens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[asyncio.Queue[str | None], tuple[asyncio.AbstractEventLoop, str]] = {}

    def tell(self, said: Mapping[str, Any]) -> None:
        """Tell everybody, from any thread."""
        text = f"event: {said['event']}\ndata: {json.dumps(said, ensure_ascii=False, allow_nan=False)}\n\n"
        self._put(text)

    def listen(self, may: Callable[[], bool] = lambda: True, who: str = "") -> AsyncIterator[str]:
        """Return what is told from now on, as server-sent events.

        Parameters
        ----------
        may : callable
            Whether the listener still may; asked at every sign of life, and as often where more is told.
        who : str
            The listener.

        Raises
        ------
        RateError
            Too many listen already.
        """
        with self._lock:
            listeners = [name for _, name in self._listeners.values()]
        none_more(listeners.count(who), EACH, len(listeners), TOGETHER)
        return self._heard(may, who)

    async def _heard(self, may: Callable[[], bool], who: str) -> AsyncIterator[str]:
        queue: asyncio.Queue[str | None] = asyncio.Queue(WAITING_MOST)
        with self._lock:
            self._listeners[queue] = (asyncio.get_running_loop(), who)
        try:
            yield "event: hello\ndata: {}\n\n"
            asked = time.monotonic()
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), BEAT_S)
                except TimeoutError:
                    text = ": beat\n\n"
                if time.monotonic() - asked >= BEAT_S:
                    asked = time.monotonic()
                    if not await asyncio.to_thread(may):
                        return
                if text is None:
                    return
                yield text
        finally:
            with self._lock:
                self._listeners.pop(queue, None)

    def close(self) -> None:
        """Let everybody go."""
        self._put(None)

    def _put(self, text: str | None) -> None:
        with self._lock:
            listeners = [(queue, loop) for queue, (loop, _) in self._listeners.items()]
        for queue, loop in listeners:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_put, queue, text)


def _put(queue: asyncio.Queue[str | None], text: str | None) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        text = None
    queue.put_nowait(text)
