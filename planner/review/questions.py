"""Long questions about a plan in hand, or a variant: answered once for all who ask, given up when nobody waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

Stop = Callable[[], bool]
Answer = TypeVar("Answer")
Find = Callable[[Stop], Answer]
"""Finds an answer; told whether it is wanted no more."""
GONE = 499
"""Status of an answer that nobody reads."""
ANSWERS_MOST = 60
"""Answers kept of those found about one plan, or one variant."""
LOOK_S = 0.05
"""Between two looks whether there is an answer, or whoever asked has gone."""


class GivenUpError(Exception):
    """Nobody waits for the answer any more."""


class Question:
    """One question, being answered by a thread of its own.

    Attributes
    ----------
    answer : Future
    waiting : int
        How many wait for it.
    """

    def __init__(self, find: Find[Any]) -> None:
        self.answer: Future[Any] = Future()
        self.waiting = 0
        self._stop = threading.Event()
        threading.Thread(target=self._find, args=(find,), daemon=True).start()

    @property
    def over(self) -> bool:
        """Whether it is given up, or was answered by a failure: who asks again begins anew."""
        return self._stop.is_set() or (self.answer.done() and self.answer.exception() is not None)

    def leave(self) -> None:
        """Wait no more; the last who leaves ends it."""
        self.waiting -= 1
        if not self.waiting and not self.answer.done():
            self._stop.set()

    def _find(self, find: Find[Any]) -> None:
        try:
            self.answer.set_result(find(self._stop.is_set))
        except BaseException as error:  # told to who waits
            self.answer.set_exception(error)


class Questions:
    """Questions about one plan, or one variant, and the answers found."""

    def __init__(self) -> None:
        self._asked: dict[str, Question] = {}
        self._lock = threading.Lock()

    def join(self, what: str, find: Find[Any]) -> Question:
        """Return a question, begun where it is not yet, as one more who waits for it."""
        with self._lock:
            question = self._asked.get(what)
            if question is None or question.over:
                question = self._asked[what] = Question(find)
                found = [one for one, asked in self._asked.items() if asked.answer.done()]
                for old in found[:-ANSWERS_MOST]:
                    del self._asked[old]
            question.waiting += 1
            return question

    def leave(self, question: Question) -> None:
        """Wait for a question no more."""
        with self._lock:
            question.leave()

    async def get(self, request: Request, what: str, find: Find[Answer]) -> Answer:
        """Return the answer to a question, while whoever asks holds the connection.

        Parameters
        ----------
        request : Request
        what : str
            Names the question among these.
        find : callable
            Answers it, for whoever asks first.

        Raises
        ------
        HTTPException
            Whoever asked has gone.
        """
        question = self.join(what, find)
        try:
            while not question.answer.done():
                if await request.is_disconnected():
                    raise HTTPException(GONE)
                await asyncio.sleep(LOOK_S)
            answer: Answer = question.answer.result()
            return answer
        finally:
            self.leave(question)


def until(stop: Stop) -> Callable[..., None]:
    """Return what ends a search where it is called the next time, once nobody waits for it any more.

    Examples
    --------
    >>> until(lambda: False)("a step")
    >>> until(lambda: True)()
    Traceback (most recent call last):
    planner.review.questions.GivenUpError
    """

    def look(*_: object) -> None:
        if stop():
            raise GivenUpError

    return look
