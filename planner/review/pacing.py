"""How much one person may ask: how often, and how much at a time, so that nobody holds the machine."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from planner.errors import Fault, PlannerError
from planner.words import Words

KEYS_MOST = 10_000
"""Keys that a rate remembers at most."""
YOURS = Words("您已有 {most} 个请求正在处理", "{most} requests of yours are being worked on")
OTHERS = Words("已有 {most} 个这类请求正在处理", "{most} such requests are being worked on for others")
WAIT = Words("请等其结束后再试", "Wait until one is answered, then ask again")


class RateError(PlannerError):
    """Too much was asked in too short a time, or at a time."""


class Rate:
    """How often something may be done by each key: `most` times at once, and again as time goes by."""

    def __init__(self, most: int, per_s: float) -> None:
        self.most, self.per_s = most, per_s
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def allows(self, key: str) -> bool:
        """Return whether it may be done once more, and count it.

        Examples
        --------
        >>> rate = Rate(2, 60.0)
        >>> [rate.allows("a"), rate.allows("a"), rate.allows("a"), rate.allows("b")]
        [True, True, False, True]
        """
        now = time.monotonic()
        with self._lock:
            left, at = self._left.get(key, (float(self.most), now))
            left = min(float(self.most), left + (now - at) * self.most / self.per_s)
            self._left[key] = (left - 1 if left >= 1 else left, now)
            if len(self._left) > KEYS_MOST:
                full = [name for name, (_, then) in self._left.items() if now - then > self.per_s]
                for name in full or list(self._left)[: KEYS_MOST // 2]:
                    del self._left[name]
            return left >= 1


def none_more(own: int, each: int, every: int, together: int) -> None:
    """Refuse one more where somebody has as many as each may, or all have as many as all together may.

    Raises
    ------
    RateError
        It would be too many.
    """
    for count, most, words in ((own, each, YOURS), (every, together, OTHERS)):
        if count >= most:
            raise RateError(Fault("", "", words.fill(most=most), WAIT))


class Turns:
    """What is being worked on for each person: so much at a time of one, and of all together."""

    def __init__(self, each: int, together: int) -> None:
        self.each, self.together = each, together
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, who: str) -> Iterator[None]:
        """Count one more for somebody while it lasts.

        Raises
        ------
        RateError
            It would be too many.

        Examples
        --------
        >>> turns = Turns(1, 9)
        >>> with turns.turn("wang"), turns.turn("li"):
        ...     with turns.turn("wang"):
        ...         pass
        Traceback (most recent call last):
        planner.review.pacing.RateError: 1 requests of yours are being worked on. Wait until one is answered, ...
        """
        with self._lock:
            none_more(self._taken[who], self.each, self._taken.total(), self.together)
            self._taken[who] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[who] -= 1
                self._taken += Counter()  # forgets who has none
