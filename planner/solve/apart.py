"""HiGHS in a process of its own: what hangs there, crashes or runs out of memory takes nothing along.

The process (`highs`, run as a script) is handed arrays, tells each better plan and bound as it comes, and is killed as
soon as nobody waits for it any more. What it has told is kept here.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import IO

from planner.errors import Fault, SolveError
from planner.solve import highs
from planner.solve.failing import REMEDY
from planner.solve.highs import End, Question
from planner.words import Words

COMMAND = (sys.executable, "-P", highs.__file__)
"""Starts the process. -P: its folder is no place to import from."""
ENDS_S = 1.0
"""How long a process that tells no more may take to end by itself."""
LAST_WORDS = 200
"""Letters of what a process said before it ended that are told."""


class Listener(highs.Listener):
    """Who is told, and how to put an end to it."""

    stop: Callable[[], None] | None


def answered(question: Question, listener: Listener) -> End:
    """Return the answer of a process of its own; ``cancelled`` where it was killed.

    Raises
    ------
    SolveError
        It ended without an answer: it crashed, or ran out of memory.
    """
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said,
            process_group=0,  # Ctrl-C is for the process that asked
        ) as process,
    ):  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        listener.stop = process.kill
        try:
            with contextlib.suppress(BrokenPipeError):
                highs.send(process.stdin, vars(question))
            while not listener.cancel and (told := highs.received(process.stdout)) is not None:
                if "how" in told:
                    return End(**told)
                if "score" in told:
                    listener.better(**told)
                else:
                    listener.step(**told)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(ENDS_S)
        finally:
            process.kill()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        if listener.cancel:
            return End("cancelled")
        raise SolveError(_crash(process.wait(), said))


def _crash(code: int, said: IO[bytes]) -> Fault:
    """Return what ended a process, and what to do."""
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    last = lines[-1][-LAST_WORDS:] if lines else ""
    memory = code == -signal.SIGKILL or any(name in last for name in ("MemoryError", "bad_alloc"))
    told = ", ".join(filter(None, (signal.strsignal(-code) if code < 0 else f"exit code {code}", last)))
    rule = (
        Words(f"求解进程内存不足（{told}）", f"the solver's process ran out of memory ({told})")
        if memory
        else Words(f"求解进程意外终止（{told}）", f"the solver's process crashed ({told})")
    )
    return Fault("HiGHS", "", rule, REMEDY)
