"""A review served as it is to a district: many people at once, one who asks too much, and a server that is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from base import SCENARIO as BASE
from reviewed import PASSWORDS
from serving import Person, Server, let_in

PEOPLE, VARIANTS, HELD = 20, 4, 6
"""People at once, the variants they edit, and how many edits stand in one before somebody undoes one."""
THINKS_S = 0.5
"""Between an edit of somebody and the next."""
API = "/api/v1/variants"


@pytest.fixture(scope="module")
def server(small_folder: Path) -> Iterator[Server]:
    made = Server(small_folder / "small.yaml")
    yield made
    made.close()


# Many at once


class Crowd:
    """People who edit a few variants at once, and what came of it."""

    def __init__(self, address: str, names: list[str]) -> None:
        self.address, self.names = address, names
        self.first = self.person(0)
        self.ids = [self._made(f"crowd {k}") for k in range(VARIANTS)]
        _, plan = self.first.ask("GET", f"{API}/{self.ids[0]}/plan")
        self.stands = sorted(
            (part["part"], part["places"].partition("、")[0])
            for one in plan["projects"].values() for part in one["parts"]
        )  # fmt: skip
        self.kept: list[tuple[int, int]] = []
        self.said: list[str] = []
        self.read_s: list[float] = []
        self.edit_s: list[float] = []
        self.codes: Counter[int] = Counter()
        self.wrong: list[Any] = []

    def person(self, number: int) -> Person:
        """Return somebody who is logged in."""
        made = Person(self.address, number + 1)
        made.log_in(self.names[number], PASSWORDS["planner"])
        return made

    def _made(self, name: str) -> int:
        code, made = self.first.ask("POST", API, {"name": name})
        assert code == 201, made
        return int(made["id"])

    def edits(self, number: int, ends: float) -> None:
        """Read, edit or undo, and say something, in turn, until it ends."""
        with self.person(number) as me:
            self._edits(me, number, ends)

    def _edits(self, me: Person, number: int, ends: float) -> None:
        id, rng = self.ids[number % VARIANTS], random.Random(number)
        url = f"{API}/{id}"
        while time.monotonic() < ends:
            seen = self._read(me, url)
            for path in (f"{url}/comments", f"{url}/state", API, f"/api/v1/history?variant={id}"):
                self._read(me, path)
            if seen["position"] >= HELD:
                path, asked = "/undo", {"version": seen["version"]}
            else:
                who, place = rng.choice(self.stands)
                path = "/edits"
                asked = {"version": seen["version"], "edit": {"kind": "ban", "who": who, "place": {"name": place}}}
            began = time.monotonic()
            code, told = me.ask("POST", f"{url}{path}", asked)
            self.edit_s.append(time.monotonic() - began)
            self.codes[code] += 1
            if code in (200, 201):
                self.kept.append((id, told["version"]))
                said = f"{number} made {told['version']}"
                code, told = me.ask("POST", f"{url}/comments", {"text": said})
                self.said.append(said)
            if code not in (200, 201, 409):
                self.wrong.append((path, code, told))
            time.sleep(THINKS_S * rng.uniform(0.5, 1.5))

    def _read(self, me: Person, path: str) -> Any:
        began = time.monotonic()
        code, told = me.ask("GET", path)
        self.read_s.append(time.monotonic() - began)
        if code != 200:
            self.wrong.append((path, code, told))
        return told

    def figures(self) -> dict[str, Any]:
        """Return how long was waited (s) and what came of the edits."""
        reads, edits = sorted(self.read_s), sorted(self.edit_s)
        return {
            "reads": len(reads), "read_p50_s": reads[len(reads) // 2], "read_p95_s": reads[int(0.95 * len(reads))],
            "read_max_s": reads[-1], "edits": len(self.kept), "stale": self.codes[409],
            "edit_p95_s": edits[int(0.95 * len(edits))], "wrong": len(self.wrong),
        }  # fmt: skip


def crowded(server: Server, folder: Path, seconds: float) -> dict[str, Any]:
    """Let people edit a few variants at once; return the figures.

    Proves that no edit is lost and none is made on what its author has not seen: the versions that were answered are
    all there are, each once, and every comment is there. Sensitivity: without the lock on the row of a variant two
    writers both find the same version, and one number is answered twice.
    """
    database = folder / "crowd.sqlite"
    names = let_in(database, PEOPLE)
    with server.serving(database, local=False) as (address, _):
        crowd = Crowd(address, names)
        ends = time.monotonic() + seconds
        threads = [threading.Thread(target=crowd.edits, args=(number, ends)) for number in range(PEOPLE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert crowd.wrong == []
        said: list[str] = []
        for id in crowd.ids:
            _, now = crowd.first.ask("GET", f"{API}/{id}")
            assert sorted(version for of, version in crowd.kept if of == id) == list(range(2, now["version"] + 1))
            code, plan = crowd.first.ask("GET", f"{API}/{id}/plan")
            assert (code, plan["version"]) == (200, now["version"])
            said += [one["text"] for one in crowd.first.ask("GET", f"{API}/{id}/comments")[1]]
        crowd.first.line.close()
        assert sorted(said) == sorted(crowd.said)
        assert len(crowd.kept) >= seconds / 4
    told = crowd.figures()
    print(json.dumps(told))
    return told


def test_twenty_people_edit_at_once_and_nothing_is_lost(server: Server, tmp_path: Path) -> None:
    """How long they wait is told, and held to in the long run only: beside other tests it says nothing."""
    assert crowded(server, tmp_path, 20.0)["wrong"] == 0


@pytest.mark.long
def test_twenty_people_edit_the_base_plan_for_five_minutes_and_nothing_is_lost(tmp_path: Path) -> None:
    made = Server(BASE)
    try:
        assert crowded(made, tmp_path, 300.0)["read_p95_s"] <= 1.0
    finally:
        made.close()


# Killed


class Writers:
    """People who write as fast as they are answered, and what they were told is kept."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.versions: dict[int, int] = {}
        self.said: dict[int, set[str]] = {}
        self.wrong: list[Any] = []

    def writes(self, number: int) -> None:
        """Make a variant, edit it, undo, name it anew, say something, until nobody answers any more."""
        turn = 0
        with suppress(OSError, HTTPException), Person(self.address, number + 1) as me:
            name = f"of {number} {self.address}"
            id = int(self._ask(me, "POST", API, {"name": name})["id"])
            url = f"{API}/{id}"
            self.versions[id], self.said[id] = 1, set()
            while True:
                turn += 1
                seen = {"version": self.versions[id]}
                ban = {"kind": "ban", "who": f"P-{1 + turn % 19:03d}", "place": {"park": ("YL", "XQD")[turn % 2]}}
                if turn % 4 == 0:
                    told = self._ask(me, "POST", f"{url}/undo", seen)
                elif turn % 7 == 0:
                    told = self._ask(me, "PATCH", url, {**seen, "name": f"{name} {turn}"})
                else:
                    told = self._ask(me, "POST", f"{url}/edits", {**seen, "edit": ban})
                self.versions[id] = told["version"]
                self.said[id].add(self._ask(me, "POST", f"{url}/comments", {"text": f"turn {turn}"})["id"])

    def _ask(self, me: Person, method: str, path: str, body: object) -> Any:
        code, told = me.ask(method, path, body)
        if code not in (200, 201):
            self.wrong.append((path, code, told))
            raise HTTPException
        return told


def killed(server: Server, folder: Path, times: int) -> None:
    """Kill the server at a random moment, so many times; each time all it told of is there, and whole.

    Proves that what was said to be written is, and that a variant is never half of one edit. Sensitivity: a history
    written in a transaction of its own has another length than the version.
    """
    database, rng, kept = folder / "killed.sqlite", random.Random(8), 0
    versions: dict[int, int] = {}
    said: dict[int, set[str]] = {}
    for _ in range(times):
        with server.serving(database, local=True) as (address, pid):
            _found(address, versions, said)
            writers = Writers(address)
            threads = [threading.Thread(target=writers.writes, args=(number,)) for number in range(3)]
            for thread in threads:
                thread.start()
            time.sleep(rng.uniform(0.05, 0.6))
            os.kill(pid, signal.SIGKILL)
            for thread in threads:
                thread.join()
        assert writers.wrong == []
        kept += sum(writers.versions.values())
        versions, said = writers.versions, writers.said
    with server.serving(database, local=True) as (address, _):
        _found(address, versions, said)
    assert kept >= times


def _found(address: str, versions: dict[int, int], said: dict[int, set[str]]) -> None:
    """Look at variants as they are after the server was killed: none is less than was told, and each is whole."""
    with Person(address, 9) as me:
        for id, version in versions.items():
            code, now = me.ask("GET", f"{API}/{id}")
            assert code == 200, now
            assert version <= now["version"] <= version + 1  # the one that was not answered any more
            done = [one for one in me.ask("GET", f"/api/v1/history?variant={id}")[1] if one["version"]]
            assert sorted(one["version"] for one in done) == list(range(1, now["version"] + 1))
            assert [edit["number"] for edit in now["edits"]] == list(range(1, len(now["edits"]) + 1))
            assert now["position"] <= len(now["edits"])
            assert all(edit["diff"]["bans"][-1]["project"] == edit["asked"]["who"] for edit in now["edits"])
            assert said[id] <= {one["id"] for one in me.ask("GET", f"{API}/{id}/comments")[1]}
            me.ask("DELETE", f"{API}/{id}?version={now['version']}")


def test_a_server_that_is_killed_ten_times_loses_nothing(server: Server, tmp_path: Path) -> None:
    killed(server, tmp_path, 10)


@pytest.mark.long
def test_a_server_that_is_killed_two_hundred_times_loses_nothing(server: Server, tmp_path: Path) -> None:
    killed(server, tmp_path, 200)
