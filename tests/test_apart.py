"""The solver in a process of its own: the same answers as here, and whatever befalls it a clear end with the best plan.

Crashes are real ones: the process that answers is killed by its number as soon as it has shown a plan, given next to no
memory, or is another program that ends or hangs as solvers do.
"""

from __future__ import annotations

import io
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from test_cells import assignment as fifteen_jobs
from test_modes import three

import planner
from planner.errors import SolveError
from planner.model import Model, formulate
from planner.published import random_case
from planner.scenario.modes import Mode
from planner.solve import apart, assignment, core, exact, highs, pricing, proof, repacking, splitting
from planner.solve.crews import ALONE
from planner.solve.exact import Search
from planner.solve.failing import ERROR

ALL = {"gap": 0.0, "seed": 1, "threads": 1, "may_part": True}
HANGS = (sys.executable, "-S", "-c", "import time; time.sleep(60)")
PROMPT_S = 1.0


@pytest.fixture(scope="module")
def model() -> Model:
    """Return a model that has a plan at once and is not solved for seconds."""
    return formulate(random_case(8_000, 1))


@pytest.fixture(autouse=True)
def processes(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Return the processes started; every search is put to one."""
    started: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **keys: Any) -> None:
            super().__init__(*args, **keys)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    monkeypatch.setattr(exact, "APART_FROM", 0)
    return started


def searched(model: Model, **more: Any) -> Search:
    return exact.search(model, **{"effort": 10**6, "time_limit_s": 60.0, **ALL, **more})


def placed_first(model: Model) -> np.ndarray[Any, Any]:
    """Return a plan with one option."""
    x = np.zeros(len(model.c))
    x[0] = 1.0
    return x


def when_shown(do: Callable[[], object]) -> Callable[[float, float, int], bool]:
    """Return a watcher that does something once there is a plan of something, and never cancels."""
    done: list[object] = []

    def watch(score: float, _bound: float, _nodes: int) -> bool:
        if score > 0 and not done:
            done.append(do())
        return False

    return watch


def test_results_are_the_same_in_and_out_of_the_process(
    monkeypatch: pytest.MonkeyPatch, processes: list[subprocess.Popen[bytes]]
) -> None:
    """A search that its effort ends, from a plan, over half of the columns; and a relaxation."""
    model = formulate(random_case(2_500, 1))
    asked = {"effort": 3, "start": placed_first(model), "keep": np.arange(len(model.c)) % 2 == 0}
    there = searched(model, **asked)
    monkeypatch.setattr(exact, "RELAXED_APART_FROM", 0)
    relaxed_there = exact.relax(model)
    assert len(processes) == 2
    monkeypatch.undo()
    here, relaxed_here = searched(model, **asked), exact.relax(model)
    assert there.x is not None
    assert here.x is not None
    assert (there.x == here.x).all()
    assert (there.solver_bound, there.ended, there.nodes) == (here.solver_bound, "effort", here.nodes)
    assert (relaxed_there.prices == relaxed_here.prices).all()
    assert (relaxed_there.x == relaxed_here.x).all()


def test_infeasible_is_said_from_there_too() -> None:
    model = formulate(random_case(50, 0))
    assert searched(replace(model, lo=model.hi + 1, hi=model.hi + 1)).ended == "infeasible"


def test_a_solver_that_crashes_leaves_the_plan_it_has_shown(
    model: Model, processes: list[subprocess.Popen[bytes]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "planner")
    found = searched(model, watch=when_shown(lambda: processes[0].send_signal(signal.SIGSEGV)))
    assert found.ended == "solver_failed"
    assert found.x is not None
    assert (model.A @ found.x <= model.hi + 1e-6).all()
    assert model.c @ found.x > 0
    (said,) = caplog.records
    assert said.msg.en.startswith("HiGHS: the solver's process crashed (Segmentation fault). Close other programs")
    assert "意外终止（Segmentation fault）" in said.msg.zh


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("import os; os.abort()", "crashed (Aborted)"),
        ("raise SystemExit(3)", "crashed (exit code 3)"),
        ("raise OSError('no such library')", "crashed (exit code 1, OSError: no such library)"),
        ("import os; os.kill(os.getpid(), 9)", "ran out of memory (Killed)"),
    ],
)
def test_one_that_shows_nothing_is_an_error_that_says_how_it_ended(
    command: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "COMMAND", (sys.executable, "-S", "-c", command))
    with pytest.raises(SolveError) as error:
        searched(formulate(random_case(50, 0)))
    (fault,) = error.value.faults
    assert told in fault.rule.en
    assert "--engine" in fault.remedy.en


def test_no_memory_is_said_as_such(
    model: Model, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The process itself, with 24 MiB more than it takes to start; the search takes more than 60."""
    little = (
        "import os, resource, runpy, highspy; "
        "now = int(open('/proc/self/statm').read().split()[0]) * os.sysconf('SC_PAGE_SIZE') + 24 * 2**20; "
        "resource.setrlimit(resource.RLIMIT_AS, (now, now)); "
        f"runpy.run_path({highs.__file__!r}, run_name='__main__')"
    )
    monkeypatch.setattr(apart, "COMMAND", (sys.executable, "-P", "-c", little))
    found = searched(model, start=placed_first(model))
    assert found.x is not None
    assert found.ended == "solver_failed"
    assert caplog.records[0].msg.en.startswith("HiGHS: the solver's process ran out of memory (exit code 1, MemoryE")


def test_one_that_hangs_is_stopped_at_the_time_limit_with_the_plan_in_hand(
    model: Model, monkeypatch: pytest.MonkeyPatch, processes: list[subprocess.Popen[bytes]]
) -> None:
    monkeypatch.setattr(apart, "COMMAND", HANGS)
    start, began = placed_first(model), time.monotonic()
    found = searched(model, start=start, time_limit_s=0.3)
    assert time.monotonic() - began < 0.3 + PROMPT_S
    assert found.ended == "time_limit"
    assert found.x is not None
    assert (found.x == start).all()
    assert processes[0].returncode == -signal.SIGKILL


def test_a_cancel_ends_it_at_once_with_the_plan_it_has_shown(
    model: Model, processes: list[subprocess.Popen[bytes]]
) -> None:
    asked: list[float] = []

    def watch(score: float, bound: float, _nodes: int) -> bool:
        if np.isfinite(score) and np.isfinite(bound):
            asked.append(time.monotonic())
        return bool(asked)

    found = searched(model, watch=watch)
    assert time.monotonic() - asked[0] < PROMPT_S
    assert found.ended == "cancelled"
    assert found.x is not None
    assert model.c @ found.x <= found.solver_bound < np.inf
    assert processes[0].returncode == -signal.SIGKILL


def test_an_error_in_who_watches_leaves_no_process_behind(
    model: Model, processes: list[subprocess.Popen[bytes]]
) -> None:
    def watch(*_told: float) -> bool:
        if processes:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        searched(model, watch=watch)
    assert processes[0].wait(PROMPT_S) == -signal.SIGKILL


def test_ctrl_c_is_for_the_program_alone(model: Model, processes: list[subprocess.Popen[bytes]]) -> None:
    groups: list[int] = []

    def watch(*_told: float) -> bool:
        groups.extend(os.getpgid(each.pid) for each in processes)
        return bool(groups)

    searched(model, watch=watch)
    assert os.getpgid(0) not in groups


def test_it_ends_with_the_program_that_asked(model: Model) -> None:
    """All that is left of a program that was killed is a pipe that is closed."""
    asked = exact._question(model, integer=True, time_limit_s=60.0, effort=10**6, threads=1)
    with subprocess.Popen(apart.COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        highs.send(process.stdin, vars(asked))
        told = highs.received(process.stdout)  # it has begun
        assert told is not None
        process.stdin.close()
        assert process.wait(PROMPT_S) == 0


def test_what_is_cut_off_is_not_read() -> None:
    whole = io.BytesIO()
    highs.send(whole, {"score": np.inf, "x": np.arange(3.0)})
    told = highs.received(io.BytesIO(whole.getvalue()))
    assert told is not None
    assert (told["score"], told["x"].tolist()) == (np.inf, [0, 1, 2])
    for length in (0, 5, len(whole.getvalue()) - 1):
        assert highs.received(io.BytesIO(whole.getvalue()[:length])) is None


# In this process


def test_a_small_search_that_does_not_answer_is_left_behind_in_time(
    model: Model, monkeypatch: pytest.MonkeyPatch, processes: list[subprocess.Popen[bytes]]
) -> None:
    """A solver deaf to its own time limit; the plan in hand is kept."""
    monkeypatch.setattr(highs, "answered", lambda _question, _listener: time.sleep(3))
    start, began = placed_first(model), time.monotonic()
    found = searched(model, may_part=False, start=start, time_limit_s=0.2)
    assert time.monotonic() - began < 0.2 + PROMPT_S
    assert (found.ended, processes) == ("time_limit", [])
    assert found.x is not None


def test_an_error_here_leaves_the_plan_in_hand_as_well(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_memory(*_asked: object) -> highs.End:
        raise MemoryError

    for ends in (without_memory, lambda *_asked: highs.End("error")):
        monkeypatch.setattr(highs, "answered", ends)
        assert searched(model, may_part=False, start=placed_first(model)).ended == "solver_failed"
        with pytest.raises(SolveError):
            searched(model, may_part=False)


# In the engines


def fails(after: int, error: Exception, does: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that fails after some calls."""
    calls = iter(range(after))

    def failing(*args: Any, **keys: Any) -> Any:
        if next(calls, None) is None:
            raise error
        return does(*args, **keys)

    return failing


FAILURES = (MemoryError(), SolveError(ERROR))


@pytest.mark.parametrize("error", FAILURES)
def test_patterns_keep_the_plan_in_hand(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """**Sensitivity**: a cell half split would leave a proof short of prices; the first step has no plan to keep."""
    model = formulate(random_case(2_500, 1))
    asked = {"gap": 0.0, "cells": 1, "seed": 1, "crew": ALONE, "seconds_left": lambda: 60.0, "watch": lambda *_: False}
    part = np.flatnonzero(proof.at_most_one(model.A, model.hi, model.upper, model.integer))[0]
    half = model.A.indices[model.A.indptr[part] : model.A.indptr[part] + 2].astype(np.int64)
    monkeypatch.setattr(splitting, "undecided", lambda *_: (int(part), half))
    settled = pricing._Search.settled
    for root_and_half in (1, 2):
        monkeypatch.setattr(pricing._Search, "settled", fails(root_and_half, error, settled))
        found = pricing.search(model, **asked)
        assert found is not None
        assert found.ended == "solver_failed"
        assert found.x is not None
        assert 0 < model.c @ found.x <= found.bound
    monkeypatch.setattr(pricing._Search, "settled", fails(0, error, settled))
    with pytest.raises(type(error)):
        pricing.search(model, **asked)


def test_assignments_keep_the_plan_in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    model = formulate(random_case(2_500, 1))
    of = assignment.fits(model)
    assert of is not None
    asked = {"gap": 0.0, "passes": 9, "seed": 1, "seconds_left": lambda: 60.0, "watch": lambda *_: False}
    monkeypatch.setattr(repacking, "repacked", fails(2, MemoryError(), repacking.repacked))
    found = assignment.search(model, of, **asked)
    assert found.ended == "solver_failed"
    assert found.x is not None
    assert 0 < model.c @ found.x <= found.bound
    monkeypatch.setattr(repacking, "completed", fails(0, MemoryError(), repacking.completed))
    with pytest.raises(MemoryError):
        assignment.search(model, of, **asked)


def test_a_core_keeps_the_plan_it_starts_from(monkeypatch: pytest.MonkeyPatch) -> None:
    model = formulate(fifteen_jobs(0))
    of = core.fits(model)
    assert of is not None
    at = core.priced(model, of, exact.relax(model).prices)
    asked = {"gap": 0.0, "effort": 9, "seed": 1, "threads": 1, "seconds_left": lambda: 60.0, "watch": lambda *_: False}
    start = exact.search(model, gap=0.5, effort=9, time_limit_s=60.0, seed=1, threads=1).x
    monkeypatch.setattr(exact, "search", fails(0, SolveError(ERROR), exact.search))
    found = core.search(model, at, start=start, **asked)
    assert found.ended == "solver_failed"
    assert found.x is start
    assert model.c @ start <= found.solver_bound <= at.bound
    with pytest.raises(SolveError):
        core.search(model, at, start=None, **asked)


def test_a_later_question_of_a_mode_that_fails_keeps_what_the_earlier_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tax goes first and takes P and R, at 4 points. Prices of nothing prove 6: 2 points each for P, Q and R."""
    monkeypatch.setattr(exact, "search", fails(1, MemoryError(), exact.search))
    mode = Mode.model_validate({"lexicographic": ["tax"]})
    said = planner.solve(three(), mode=mode, gap=0.0, threads=1, engine="whole").summary
    assert (said["status"], said["score"]) == ("solver_failed", 4)
    assert said["bound"] == pytest.approx(6)
    monkeypatch.setattr(exact, "search", fails(0, MemoryError(), exact.search))
    with pytest.raises(SolveError, match="memory ran out"):
        planner.solve(three(), gap=0.0, threads=1, engine="whole")
