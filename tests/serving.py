"""Reviews served by a process of their own, and people who ask them over HTTP, each from an address of their own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from reviewed import PASSWORDS

from planner.review.access import Access
from planner.review.store import Store

SERVER = Path(__file__).with_name("review_server.py")
WAIT_S, IDLE_S = 120.0, 2.0


class Server:
    """What serves reviews of a scenario, solved once."""

    def __init__(self, scenario: Path) -> None:
        command = [sys.executable, str(SERVER), str(scenario)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._said() == {"ready": True}

    @contextmanager
    def serving(self, database: Path, *, local: bool) -> Iterator[tuple[str, int]]:
        """Yield address and process of a server; at the end it is no more, killed where it still was."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"database": str(database), "local": local}) + "\n")
        self.process.stdin.flush()
        told = self._said()
        assert "pid" in told, told
        try:
            yield told["address"], told["pid"]
        finally:
            with suppress(ProcessLookupError):
                os.kill(told["pid"], signal.SIGKILL)
            assert "ended" in self._said()

    def _said(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        said: dict[str, Any] = json.loads(self.process.stdout.readline())
        return said

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()


class Person:
    """Somebody at a machine of their own: a connection that stays, a session if they log in.

    Parameters
    ----------
    address : str
        Of the server.
    number : int
        Tells their own address, 127.0.1.number.
    """

    def __init__(self, address: str, number: int) -> None:
        where = urlsplit(address)
        assert where.hostname is not None
        self.line = http.client.HTTPConnection(
            where.hostname, where.port, timeout=WAIT_S, source_address=(f"127.0.1.{number}", 0)
        )
        self.headers = {"content-type": "application/json"}
        self.asked = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    def log_in(self, name: str, password: str) -> None:
        """Log in; what is asked from here on is asked by this user."""
        code, told = self.ask("POST", "/api/v1/session", {"name": name, "password": password})
        assert code == 200, told
        self.headers |= {"x-csrf-token": told["token"], "cookie": self.cookie}

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Return status and answer."""
        content = None if body is None else json.dumps(body).encode()
        if time.monotonic() - self.asked > IDLE_S:
            self.line.close()  # the server does not wait for longer; it is opened again
        self.asked = time.monotonic()
        self.line.request(method, path, content, self.headers)
        answer = self.line.getresponse()
        self.cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
        read = answer.read()
        return answer.status, json.loads(read) if read else None


def let_in(database: Path, count: int) -> list[str]:
    """Let so many planners in, with the password of planners in `PASSWORDS`; return their names."""
    store = Store.open(database)
    access, names = Access(store, local=False), [f"planner {number}" for number in range(count)]
    for name in names:
        access.add(name, PASSWORDS["planner"], "planner", "test")
    store.close()
    return names
