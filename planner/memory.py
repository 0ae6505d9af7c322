"""What was worked out of a value that never changes, kept for as long as that value lives."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """The latest answers about each of some values, which are told apart by identity and must never be changed.

    Parameters
    ----------
    most : int
        Answers kept of each value; beyond that the oldest goes.

    Examples
    --------
    >>> lengths = Memory[int](1)
    >>> text = frozenset("abc")
    >>> [lengths.of(text, "", lambda: len(text)), lengths.of(text, "", lambda: 0)]
    [3, 3]
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._known: dict[int, dict[Hashable, T]] = {}
        self._lock = threading.Lock()

    def of(self, value: object, key: Hashable, work: Callable[[], T]) -> T:
        """Return the answer to a question about a value: worked out, unless that was done before.

        The answer must not hold the value, or neither is ever given up.
        """
        with self._lock:
            if id(value) not in self._known:
                self._known[id(value)] = {}
                weakref.finalize(value, self._known.pop, id(value), None)
            answers = self._known[id(value)]
            if key in answers:
                return answers[key]
        found = work()
        with self._lock:
            answers[key] = found
            while len(answers) > self.most:
                del answers[next(iter(answers))]
        return found
