"""Long questions of a review: answered once for all, given up when nobody waits; what conflicts, and what mends it."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient
from reviewed import a_client, a_desk

from planner.review.questions import Find, GivenUpError, Question, Questions, Stop, until

API = "/api/v1/variants"
desk, client = pytest.fixture(scope="module")(a_desk), pytest.fixture(scope="module")(a_client)


def test_a_question_is_answered_once_for_all_who_ask() -> None:
    asked, go = Questions(), threading.Event()
    found = iter((1, 2))

    def find(_: Stop) -> int:
        go.wait(10)
        return next(found)

    first, second = asked.join("what", find), asked.join("what", find)
    assert first is second
    asked.leave(first)  # one waits still
    go.set()
    assert second.answer.result(10) == 1
    asked.leave(second)
    assert asked.join("what", find).answer.result(10) == 1


def test_a_question_is_given_up_when_the_last_who_waits_leaves_and_begun_anew_by_the_next() -> None:
    """**Sensitivity**: kept, a question given up would have no answer for ever."""
    asked, begun = Questions(), threading.Event()

    def find(stop: Stop) -> int:
        begun.set()
        while True:
            until(stop)()

    first = asked.join("what", find)
    assert begun.wait(10)
    asked.leave(first)
    with pytest.raises(GivenUpError):
        first.answer.result(10)
    again = asked.join("what", lambda _: 2)
    assert again is not first
    assert again.answer.result(10) == 2


def test_what_fails_is_told_to_who_waits_and_asked_anew() -> None:
    asked = Questions()

    def fails(_: Stop) -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asked.join("what", fails).answer.result(10)
    assert asked.join("what", lambda _: 3).answer.result(10) == 3


@pytest.mark.parametrize("asked", ["repairs", "conflict", "worth"])
def test_a_search_itself_is_given_up_when_nobody_waits(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """Whoever asked is gone from the fourth look on. **Sensitivity**: looked at once between two searches, or never."""
    join, ended = Questions.join, list[Question]()

    def left(self: Questions, what: str, find: Find[Any]) -> Question:
        looks = itertools.count(1)
        ended.append(join(self, what, lambda _: find(lambda: next(looks) >= 4)))
        return ended[-1]

    url = made(client, f"left {asked}")
    monkeypatch.setattr(Questions, "join", left)
    if asked == "conflict":
        client.post(f"{url}/conflict", json={"edit": {"kind": "place", "project": "P-020"}})
    else:
        client.get(f"{url}/{asked}", params={"project": "P-020"})
    (question,) = ended
    assert isinstance(question.answer.exception(0), GivenUpError)


def made(client: TestClient, name: str, *edits: dict[str, Any]) -> str:
    """Return the address of a new variant with edits made."""
    url = f"{API}/{client.post(API, json={'name': name}).json()['id']}"
    for version, edit in enumerate(edits, 1):
        answer = client.post(f"{url}/edits?wait=60", json={"version": version, "edit": edit})
        assert answer.status_code == 201, answer.text
    return url


def test_of_two_locks_onto_one_parcel_each_repair_leaves_a_plan(client: TestClient) -> None:
    """P-002 and P-003 ask for the whole of YL-07: no plan, and one step mends it."""
    locks = [{"kind": "lock", "who": who, "place": {"name": "YL-07"}} for who in ("P-002", "P-003")]
    url = made(client, "two on one", *locks)
    assert client.get(f"{url}/state").json()["score"] is None
    told = client.post(f"{url}/conflict", json={}).json()
    assert told["found"]
    assert ["地块只供一次 YL-07", "parcel used once YL-07"] in told["demands"]
    assert {one["price"] for one in told["repairs"]} == {1.0}
    for one in told["repairs"]:
        edit = {"kind": "keys", "said": one["keys"]}
        version = client.get(url).json()["version"]
        mended = client.post(f"{url}/edits?wait=60", json={"version": version, "edit": edit}).json()
        assert mended["state"]["score"] is not None
        client.post(f"{url}/undo", json={"version": mended["version"]})


def test_of_an_edit_that_cannot_be_the_repair_makes_both(client: TestClient) -> None:
    """P-002 has YL-07 for itself; that P-003 has it too is not made, but a repair that lets P-002 go would make it."""
    url = made(client, "one more", {"kind": "lock", "who": "P-002", "place": {"name": "YL-07"}})
    edit = {"kind": "lock", "who": "P-003", "place": {"name": "YL-07"}}
    told = client.post(f"{url}/conflict", json={"edit": edit}).json()
    lifted = next(one for one in told["repairs"] if "P-002" in one["words"][0][1])
    assert lifted["keys"]["locks"] == {"P-003": "YL-07", "P-002": None}
    assert client.get(url).json()["position"] == 1


def test_where_a_plan_is_nothing_conflicts(client: TestClient) -> None:
    told = client.post(f"{made(client, 'sound')}/conflict", json={}).json()
    assert told == {"found": False, "reduced": True, "demands": [], "repairs": []}


def test_a_plan_is_compared_with_the_one_first_opened(client: TestClient) -> None:
    url = made(client, "compared", {"kind": "lock", "who": "P-003", "place": {"name": "YL-07"}})
    told = client.get(f"{url}/compared").json()
    assert told["of"][0] == 0
    assert ("P-003", "YL-07") in {(move["project"], move["b"].split(" ")[0]) for move in told["moves"]}
    (score,) = (one for one in told["totals"] if one["measure"] == "score")
    assert score["a"] > score["b"]


@pytest.mark.filterwarnings("ignore:.* extension is not supported")
def test_the_report_is_given_as_pdf_and_as_a_page(client: TestClient) -> None:
    url = made(client, "printed")
    paper, page = client.get(f"{url}/report.pdf?lang=en"), client.get(f"{url}/report.html?lang=en")
    assert paper.content.startswith(b"%PDF")
    assert paper.headers["content-disposition"].endswith("printed.pdf")
    assert "P-007" in page.text
    assert "<script" not in page.text
