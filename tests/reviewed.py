"""What the tests of the review share: the tiny territory solved once, desks over it, a client of the application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from planner.intake.inputs import Inputs
from planner.review.access import Access
from planner.review.app import create
from planner.review.desk import Desk
from planner.review.serving import LOCAL_NAMES
from planner.review.solving import begun
from planner.review.store import Store
from planner.whatif import Warm

HOST = "http://127.0.0.1"
PASSWORDS = {"viewer": "nur schauen 看看", "planner": "planen darf ich 规划", "owner": "alles meines 全部"}
_SOLVED: dict[int, Warm] = {}


def solved(small: Inputs) -> Warm:
    """Return the tiny territory solved, once a process."""
    if id(small) not in _SOLVED:
        _SOLVED[id(small)] = begun(small, None)
    return _SOLVED[id(small)]


@contextmanager
def desk_of(small: Inputs, folder: Path, url: str = "") -> Iterator[Desk]:
    """Yield a desk over the tiny territory, with a database of its own."""
    desk = Desk(Store.open(url or folder / "review.sqlite"), solved(small), folder / "small.yaml", "small")
    try:
        yield desk
    finally:
        desk.close()


def access_of(desk: Desk, *, local: bool) -> Access:
    """Return who may do what; where it is not local, three users may log in."""
    access = Access(desk.store, local=local)
    if not local:
        for role, password in PASSWORDS.items():
            access.add(role, password, role, "test")
    return access


def a_desk(small: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield a desk over the tiny territory; a fixture of a module."""
    with desk_of(small, tmp_path_factory.mktemp("review")) as made:
        yield made


def a_client(desk: Desk) -> Iterator[TestClient]:
    """Yield a client of whoever sits at the machine; a fixture of a module."""
    with client_of(desk) as made:
        yield made


@contextmanager
def client_of(desk: Desk, *, local: bool = True) -> Iterator[TestClient]:
    """Yield a client; where it is not local, three users may log in."""
    access = access_of(desk, local=local)
    hosts = LOCAL_NAMES if local else frozenset[str]()
    with TestClient(create(desk, access, hosts), base_url=HOST, raise_server_exceptions=False) as client:
        yield client


def log_in(client: TestClient, role: str) -> None:
    """Log in as the user of a role; what follows carries what a page sends along."""
    answer = client.post("/api/v1/session", json={"name": role, "password": PASSWORDS[role]})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["token"]
