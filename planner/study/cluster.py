"""Dask: processes of this machine, or a cluster by the address of its scheduler, as an executor.

Dask sends pickled code to whoever answers at the address: that has to be a machine that is trusted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from distributed import Client, LocalCluster
from distributed.cfexecutor import ClientExecutor

from planner.errors import Fault, SolveError
from planner.solve import compiled
from planner.words import Words

LOCAL = "local"
"""In place of an address: as many processes of this machine as are asked for."""
SILENT = logging.CRITICAL
WAIT_S = 10
"""For a scheduler to answer, and then for a worker of it."""


class Cluster(ClientExecutor):
    """Dask's workers as an executor of `concurrent.futures` that keeps what it is told to.

    What a worker kept is sent to another where it dies; what it was doing is done again there.
    """

    def __init__(self, client: Client) -> None:
        super().__init__(client)  # type: ignore[no-untyped-call]
        self.client = client

    @property
    def workers(self) -> int:
        """How many things are done at a time."""
        return sum(self.client.nthreads().values())

    def kept(self, value: object) -> Any:
        """Send a value to a worker; return what to submit in its place."""
        return self.client.submit(_same, value, pure=False)


def _same(value: object) -> object:
    return value


@contextmanager
def executor(address: str = LOCAL, workers: int = 2) -> Iterator[Cluster]:
    """Connect to a cluster, or make one of processes of this machine, for as long as it is needed.

    Parameters
    ----------
    address : str
        ``local``, or of a scheduler: ``tcp://host:8786``.
    workers : int
        Processes of this machine.

    Raises
    ------
    SolveError
        Nobody answers at the address, the scheduler there has no workers, or they have no planner.
    """
    if address == LOCAL:
        here = "127.0.0.1:0"  # what is served asks for no login
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=here, silence_logs=SILENT) as local,
            Client(local) as client,
        ):
            yield _ready(client)
        return
    with _connected(address) as client:
        try:
            client.wait_for_workers(1, timeout=WAIT_S)
        except TimeoutError:
            rule = Words("{address} 的调度器没有工作进程", "the scheduler at {address} has no workers")
            raise _fault(rule, Words("启动工作进程：dask worker {address}", "Start some: dask worker {address}"),
                         address=address) from None  # fmt: skip
        yield _ready(client)


def _connected(address: str) -> Client:
    log = logging.getLogger("distributed")
    before = log.level
    log.setLevel(SILENT)  # what it says of an address is said here
    try:
        return Client(address, timeout=WAIT_S)
    except (OSError, ValueError) as error:
        rule = Words("{address} 处没有 Dask 调度器应答（{error}）", "no Dask scheduler answers at {address} ({error})")
        remedy = Words(
            "写 local，或调度器的地址，如 tcp://10.0.0.5:8786（用 dask scheduler 启动）",
            "Write local, or the address of a scheduler, as tcp://10.0.0.5:8786 (start one with dask scheduler)",
        )
        raise _fault(rule, remedy, address=address, error=error) from None
    finally:
        log.setLevel(before)


def _ready(client: Client) -> Cluster:
    """Return the executor once every worker has all it needs, so that no search waits for that."""
    try:
        client.run(compiled)
    except Exception as error:
        rule = Words("工作进程无法运行 planner（{error}）", "the workers cannot run planner ({error})")
        remedy = Words("在各工作进程的机器上安装同一版本", "Install the same version where the workers are")
        raise _fault(rule, remedy, error=error) from error
    return Cluster(client)


def _fault(rule: Words, remedy: Words, **facts: object) -> SolveError:
    return SolveError(Fault("--scheduler", "", rule.fill(**facts), remedy.fill(**facts)))
