"""Who packs blocks: threads of this process, or an executor's workers, other processes or machines.

To workers go the blocks, once where the executor can keep them, and then prices alone; packings and bounds come back.
No worker is sent the whole model. The same jobs give the same results whoever does them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence, Sized
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from planner.words import Words

Thing = TypeVar("Thing", bound=Sized)
Asked = TypeVar("Asked")
Found = TypeVar("Found")
Job = Callable[[Thing, Asked], Found]
CHUNK = 5_000
"""Size of all things sent together, more or less: of blocks, columns."""
CHUNKS = 8
"""Chunks at least, so that several workers have something to do."""
LOST = Words(
    "执行器未能完成（{error}），其余计算改由本机线程完成，方案不变",
    "The executor failed ({error}); threads of this machine do the rest, the plan is the same",
)


class Crew(Protocol):
    """Does a job with each of many things."""

    @property
    def threads(self) -> int:
        """Threads of this process that there are for anything else."""
        ...

    def each(self, job: Job[Thing, Asked, Found], things: Sequence[Thing], asked: Sequence[Asked]) -> list[Found]:
        """Return what the job makes of each thing and what is asked of it.

        Parameters
        ----------
        job : callable
            A function of a module, or a `functools.partial` of one, so that other processes know it.
        things : sequence
            What lasts: the same objects are asked again and again.
        asked : sequence
            What changes, one for each thing.
        """
        ...


@dataclass(frozen=True)
class Threads:
    """So many threads of this process."""

    threads: int

    def each(self, job: Job[Thing, Asked, Found], things: Sequence[Thing], asked: Sequence[Asked]) -> list[Found]:
        """Return what the job makes of each thing and what is asked of it."""
        if self.threads == 1:
            return [job(*each) for each in zip(things, asked, strict=True)]
        longest = iter(sorted(range(len(things)), key=lambda k: -len(things[k])))  # first, so that no thread waits long
        done: dict[int, Found] = {}

        def some(_: int) -> None:
            for k in longest:  # one iterator for all: a future each would cost as much as a small job
                done[k] = job(things[k], asked[k])

        with ThreadPoolExecutor(self.threads) as executor:
            list(executor.map(some, range(self.threads)))
        return [done[k] for k in range(len(things))]


ALONE = Threads(1)


@dataclass
class Workers:
    """The workers of an executor (the interface of `concurrent.futures`).

    Things are sent in chunks, the same things always together. Where the executor has a method ``kept(value)``, which
    returns something to submit in place of the value, a chunk is sent once; otherwise with every job. Whatever a
    worker fails of is done by `threads` of this process, and so is all that follows: a fault of the job shows there.
    """

    executor: Executor
    threads: int
    failed: bool = False
    chunks: list[Any] = field(default_factory=list)
    places: dict[int, tuple[int, int]] = field(default_factory=dict)
    things: list[Sized] = field(default_factory=list)  # as long as they are held no other has the same id

    def each(self, job: Job[Thing, Asked, Found], things: Sequence[Thing], asked: Sequence[Asked]) -> list[Found]:
        """Return what the job makes of each thing and what is asked of it."""
        if not self.failed:
            try:
                return self._each(job, things, asked)
            except Exception as error:
                self.failed = True
                logging.getLogger("planner").warning(LOST.fill(error=str(error) or type(error).__name__))
        return Threads(self.threads).each(job, things, asked)

    def _each(self, job: Job[Thing, Asked, Found], things: Sequence[Thing], asked: Sequence[Asked]) -> list[Found]:
        self._keep([thing for thing in things if id(thing) not in self.places])
        of: dict[int, list[int]] = {}
        for k, thing in enumerate(things):
            of.setdefault(self.places[id(thing)][0], []).append(k)
        sent = [
            self.executor.submit(_done, self.chunks[chunk], Work(
                job, [self.places[id(things[k])][1] for k in numbers], [asked[k] for k in numbers]
            ))
            for chunk, numbers in of.items()
        ]  # fmt: skip
        try:
            found = [result.result() for result in sent]
        finally:
            for result in sent:
                result.cancel()
        done = {k: each for numbers, all_ in zip(of.values(), found, strict=True)
                for k, each in zip(numbers, all_, strict=True)}  # fmt: skip
        return [done[k] for k in range(len(things))]

    def _keep(self, things: Sequence[Sized]) -> None:
        """Part new things into chunks of about one size, and send them where they can be kept."""
        count = min(len(things), max(CHUNKS, -(-sum(map(len, things)) // CHUNK)))
        longest = sorted(things, key=len, reverse=True)
        keep = getattr(self.executor, "kept", lambda value: value)
        for chunk in (longest[k::count] for k in range(count)):
            self.places |= {id(thing): (len(self.chunks), number) for number, thing in enumerate(chunk)}
            self.chunks.append(keep(chunk))
        self.things += things


@dataclass(frozen=True)
class Work:
    """A job with some things of a chunk, by their numbers, and what is asked of each."""

    job: Callable[[Any, Any], Any]
    numbers: Sequence[int]
    asked: Sequence[Any]


def _done(chunk: Sequence[Any], work: Work) -> list[Any]:
    """Do it, at a worker."""
    return [work.job(chunk[k], asked) for k, asked in zip(work.numbers, work.asked, strict=True)]


def crew_of(executor: Executor | None, threads: int) -> Crew:
    """Return the workers of an executor; without one, threads."""
    return Threads(threads) if executor is None else Workers(executor, threads)
