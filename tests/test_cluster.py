"""What is packed by other processes, and by Dask: the same plan, and what becomes of it where a worker dies.

All that needs Dask stands here: its two processes start once.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from jobs import dying_once, weighed
from small import write_small_scenario

import planner
from planner.errors import SolveError
from planner.plan import Plan
from planner.proofs import Proof
from planner.published import random_case
from planner.solve import crews
from planner.solve.crews import Threads, Workers
from planner.study import asking, cluster, running
from planner.study.cluster import Cluster, executor

CASE = random_case(1_500, 1)


@pytest.fixture(scope="module")
def dask() -> Iterator[Cluster]:
    with executor() as two:
        yield two


def test_only_this_machine_is_served(dask: Cluster) -> None:
    """No process of it listens anywhere but at the loopback: what is there to see and to send asks for no login."""
    here = psutil.Process()
    kinds = [found for each in (here, *here.children(recursive=True)) for found in each.net_connections("tcp")]
    listening = {found.laddr for found in kinds if found.status == psutil.CONN_LISTEN}
    assert len(listening) >= dask.workers
    assert {address.ip for address in listening} == {"127.0.0.1"}


def solved(by: Executor | None = None) -> Plan:
    return planner.solve(CASE, gap=0.0, effort=1, engine="patterns", executor=by)


def same(one: Proof | None, other: Proof | None) -> bool:
    assert one is not None
    assert other is not None
    return all(
        np.array_equal(getattr(one, each.name), getattr(other, each.name)) for each in dataclasses.fields(Proof)
    )


class Counting(Executor):
    """Threads that count what is sent to them, and keep nothing unless they are told to."""

    def __init__(self) -> None:
        self.chunks: list[Any] = []
        self.jobs = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.jobs += 1
        self.chunks.append(args[0])
        with ThreadPoolExecutor(1) as one:
            return one.submit(fn, *args, **kwargs)


class Keeping(Counting):
    """Threads that keep what they are told to, as numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[Any] = []

    def kept(self, value: Any) -> int:
        self.values.append(value)
        return len(self.values) - 1

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        assert isinstance(args[0], int)
        return super().submit(fn, self.values[args[0]], *args[1:], **kwargs)


class Lost(Counting):
    """An executor whose workers die of the second job."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        found = super().submit(fn, *args, **kwargs)
        if self.jobs == 2:
            found = Future()
            found.set_exception(BrokenExecutor("a worker died"))
        return found


def test_the_plan_is_the_same_whoever_packs(dask: Cluster) -> None:
    """**Proves**: placements, bound and every array of the proof, by threads, two processes, and what keeps nothing."""
    here = solved()
    for other in (solved(dask), solved(Counting())):
        assert other.placements.equals(here.placements)
        assert other.summary["score"] == here.summary["score"] > 0
        assert same(here.proof, other.proof)
    assert here.summary["engine"]["name"] == "patterns"


def test_each_thing_gets_what_is_made_of_it() -> None:
    """Twice of some of them, in another order: **Sensitivity** to numbers of one chunk read in another."""
    things = [letter * size for letter, size in zip("abcdefghijkl", range(12, 0, -1), strict=True)]
    asked = list(range(12))
    made = [weighed(*each) for each in zip(things, asked, strict=True)]
    for crew in (Threads(1), Threads(3), Workers(Counting(), 1), Workers(Keeping(), 1)):
        assert crew.each(weighed, things, asked) == made
        assert crew.each(weighed, things[5:2:-1], asked[5:2:-1]) == made[5:2:-1]
        assert crew.each(weighed, [], []) == []


def test_chunks_are_sent_once_to_who_keeps_them_and_none_is_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "CHUNK", 100)
    things = ["x" * size for size in range(10, 60)]
    keeping, counting = Keeping(), Counting()
    for one in (keeping, counting):
        crew = Workers(one, 1)
        for _ in range(3):
            crew.each(weighed, things, [1] * len(things))
        largest = max(sum(map(len, chunk)) for chunk in one.chunks)
        assert largest <= 2 * 100
        assert one.jobs == 3 * len(crew.chunks)
    assert sum(map(len, keeping.values)) == len(things)
    assert len(keeping.values) * 3 == len(counting.chunks)


def test_where_all_workers_are_lost_this_process_does_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    """**Proves**: all results are there, it is said, and once; nobody is asked again."""
    lost = Lost()
    crew = Workers(lost, 1)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert crew.each(weighed, ["a", "bb", "ccc"], [1, 2, 3]) == [1, 4, 9]
    assert crew.failed
    assert lost.jobs == 3
    (record,) = caplog.records
    assert "threads of this machine do the rest" in record.msg.en  # type: ignore[attr-defined]


def test_a_fault_of_the_job_shows() -> None:
    """**Sensitivity**: taken for a worker's, it would be hidden."""
    with pytest.raises(TypeError):
        Workers(Counting(), 1).each(weighed, ["a"], [None])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("address", "said"),
    [("tcp://127.0.0.1:1", "no Dask scheduler answers at tcp://127.0.0.1:1"), ("nonsense", "at nonsense"),
     ("http://127.0.0.1:8786", "unknown address scheme")],
)  # fmt: skip
def test_an_address_where_nobody_answers_is_a_fault(address: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "WAIT_S", 0.2)
    with pytest.raises(SolveError, match=said) as raised, executor(address):
        pass
    (fault,) = raised.value.faults
    assert fault.where == "--scheduler"
    assert "tcp://10.0.0.5:8786" in fault.remedy.en
    assert fault.words("zh") != fault.words("en")


def test_a_cluster_is_found_by_its_address(dask: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """**Proves**: the same code; and workers that cannot run this program are a fault."""
    address = dask.client.scheduler.address
    with executor(address) as there:
        assert there.submit(weighed, "ab", 3).result() == 6
        assert there.workers == 2
    monkeypatch.setattr(cluster, "compiled", partial(int, "no planner"))
    with pytest.raises(SolveError, match="the workers cannot run planner"), executor(address):
        pass


def test_a_study_is_solved_by_workers(dask: Cluster, tmp_path: Path) -> None:
    """**Proves**: what they answer is what this process does; the base is sent once."""
    write_small_scenario(tmp_path)
    (tmp_path / "study.yaml").write_text("base: small.yaml\nsweep: [{key: solver.gap, values: [50 %]}]\n")
    study = asking.load(tmp_path / "study.yaml")
    running.run_study(study, tmp_path / "there", dask)
    (_, there) = running.results(study, tmp_path / "there")
    here = running.solved(running.Basis(study.inputs, None), study.runs[1])
    for name in set(here) - {"seconds"}:
        assert there[name] == json.loads(json.dumps(here[name])), name


def test_where_a_worker_dies_another_does_its_work(dask: Cluster, tmp_path: Path) -> None:
    """The last here: the worker that comes in its place would have to import the program again."""
    crew = Workers(dask, 1)
    assert crew.each(partial(dying_once, died=tmp_path / "it"), ["a", "bb", "ccc"], [1, 2, 3]) == [1, 4, 9]
    assert (tmp_path / "it").exists()
    assert not crew.failed
