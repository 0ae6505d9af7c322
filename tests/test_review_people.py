"""Who is let in to a review, and for how long: users, passwords, sessions, what each may see, what each may ask."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from reviewed import PASSWORDS, client_of, desk_of, log_in
from test_review_api import API, refusal

from planner.errors import PlannerError
from planner.intake.inputs import Inputs
from planner.review import access, hub
from planner.review.access import COOKIE, LASTS_S, TRIES, TRIES_ALL, Access
from planner.review.desk import SOLVES_EACH, Desk
from planner.review.pacing import RateError
from planner.review.people import People
from planner.review.store import Store

NEW = {"name": "新人", "password": "lang genug ist es", "role": "viewer"}


@pytest.fixture(scope="module")
def desk(small: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_of(small, tmp_path_factory.mktemp("people")) as made:
        made.close, closed = (lambda: None), made.close  # type: ignore[method-assign] - an application that ends would
        yield made
        made.close = closed  # type: ignore[method-assign]


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    """Yield a client of a server reached from elsewhere; nobody is logged in."""
    with client_of(desk, local=False) as made:
        yield made


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Access]:
    """Yield an access of its own, with an owner."""
    store = Store.open(tmp_path / "gate.sqlite")
    made = Access(store, local=False)
    made.add("wang", PASSWORDS["owner"], "owner", "test")
    yield made
    store.close()


class Looks:
    """What looks at passwords, in a way of its own."""

    def __init__(self, hasher: PasswordHasher, verify: Callable[[str, str], bool]) -> None:
        self.hash, self.verify = hasher.hash, verify


def stolen(client: TestClient) -> dict[str, str]:
    """Return what somebody who has copied the cookie of a session sends."""
    return {"cookie": f"{COOKIE}={client.cookies[COOKIE]}"}


# Sessions


def test_a_session_that_was_logged_out_is_over_for_whoever_has_its_cookie(client: TestClient) -> None:
    """**Sensitivity**: a cookie that is only taken from the browser would still be one of a session."""
    log_in(client, "planner")
    copied = stolen(client)
    assert client.get(API, headers=copied).status_code == 200
    answer = client.delete("/api/v1/session")
    assert answer.status_code == 204
    assert f'{COOKIE}=""' in answer.headers["set-cookie"]
    client.cookies.clear()
    refusal(client.get(API, headers=copied), 401)


@pytest.mark.parametrize("what", ["password", "role", "removed"])
def test_a_session_is_over_when_password_or_role_changes_or_its_user_is_removed(client: TestClient, what: str) -> None:
    log_in(client, "owner")
    assert client.put("/api/v1/users", json=NEW).status_code == 200
    owner = stolen(client)
    token = client.headers["X-CSRF-Token"]
    client.cookies.clear()
    assert client.post("/api/v1/session", json={key: NEW[key] for key in ("name", "password")}).status_code == 200
    theirs = stolen(client)
    client.cookies.clear()
    assert client.get(API, headers=theirs).status_code == 200
    mine = {**owner, "X-CSRF-Token": token}
    if what == "removed":
        assert client.delete("/api/v1/users", params={"name": NEW["name"]}, headers=mine).status_code == 204
    else:
        other = {"password": "ein anderes wort"} if what == "password" else {"role": "planner"}
        assert client.put("/api/v1/users", json=NEW | other, headers=mine).status_code == 200
    refusal(client.get(API, headers=theirs), 401)
    assert client.get(API, headers=owner).status_code == 200


def test_a_session_ends_after_its_time(gate: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    _, cookie = gate.login("wang", PASSWORDS["owner"], "")
    began = time.time()
    monkeypatch.setattr(time, "time", lambda: began + LASTS_S - 5)
    assert gate.who(cookie) is not None
    monkeypatch.setattr(time, "time", lambda: began + LASTS_S + 5)
    assert gate.who(cookie) is None


def test_whoever_logs_in_gets_a_session_that_nobody_can_have_known(client: TestClient) -> None:
    """A cookie that somebody else has set before (fixation) is no session after either; nor is one's own former."""
    asked, cookie = {"name": "viewer", "password": PASSWORDS["viewer"]}, "chosen-by-somebody-else"
    for _ in range(2):
        before = {"cookie": f"{COOKIE}={cookie}"}
        assert client.post("/api/v1/session", json=asked, headers=before).status_code == 200
        cookie = client.cookies[COOKIE]
        assert len(cookie) >= 43
        client.cookies.clear()
        refusal(client.get(API, headers=before), 401)
        assert client.get(API, headers={"cookie": f"{COOKIE}={cookie}"}).status_code == 200


def test_of_a_session_nothing_is_kept_by_which_to_be_somebody(desk: Desk, client: TestClient) -> None:
    log_in(client, "owner")
    cookie, token = client.cookies[COOKIE], client.headers["X-CSRF-Token"]
    with desk.store.reading() as connection:
        kept = "\n".join(connection.connection.iterdump())  # type: ignore[attr-defined]
    assert "INSERT INTO \"sessions\"" in kept
    assert not [one for one in (cookie, token, PASSWORDS["owner"]) if one in kept]
    user = People(desk.store).user("owner")
    assert user is not None
    assert user.hash.startswith("$argon2id$")


def test_whoever_is_let_in_no_more_hears_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "BEAT_S", 0.02)
    may = [True, True, False]

    async def heard() -> list[str]:
        return [text async for text in hub.Hub().listen(lambda: may.pop(0))]

    assert asyncio.run(asyncio.wait_for(heard(), 10)) == ["event: hello\ndata: {}\n\n", *[": beat\n\n"] * 2]


# Passwords


def test_passwords_are_not_guessed_quickly(gate: Access) -> None:
    """From one address; the right one does no better then. From elsewhere the same name may still log in."""
    for k in range(TRIES):
        with pytest.raises(PlannerError, match="not right"):
            gate.login("wang", f"guess {k}", "10.0.0.1")
    for password in ("guess", PASSWORDS["owner"]):
        with pytest.raises(RateError, match="too many attempts"):
            gate.login("wang", password, "10.0.0.1")
    assert gate.login("wang", PASSWORDS["owner"], "10.0.0.2")[0].role == "owner"


@pytest.mark.parametrize("spread", ["names", "addresses"])
def test_guesses_are_counted_over_all_names_and_all_addresses(
    gate: Access, monkeypatch: pytest.MonkeyPatch, spread: str
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    def never(*_: str) -> bool:
        raise access.VerificationError

    gate.hasher = Looks(gate.hasher, never)  # type: ignore[assignment]
    told = []
    for k in range(TRIES_ALL + 3):
        name, address = (f"name {k}", "10.0.0.1") if spread == "names" else ("wang", f"10.0.0.{k}")
        with pytest.raises(PlannerError) as refused:
            gate.login(name, "guess", address)
        told.append(type(refused.value))
    assert told == [access.UnknownError] * TRIES_ALL + [RateError] * 3


def test_a_name_that_is_none_takes_as_long_as_a_wrong_password(gate: Access) -> None:
    """Proves that names cannot be told by time: both are answered after one look at a hash of the same cost.

    Sensitivity: a name that is none, answered without looking at any hash, is looked at once less.
    """
    looked: list[str] = []
    verify = gate.hasher.verify

    def seen(hash: str, password: str) -> bool:
        looked.append(hash)
        return bool(verify(hash, password))

    gate.hasher = Looks(gate.hasher, seen)  # type: ignore[assignment]
    for name in ("wang", "nobody"):
        with pytest.raises(PlannerError, match="not right"):
            gate.login(name, "wrong", name)
    assert len(looked) == 2
    assert {hash.split("$")[3] for hash in looked} == {looked[0].split("$")[3]}


# Users


def test_the_only_owner_stays_one(client: TestClient, gate: Access) -> None:
    log_in(client, "owner")
    less = {"name": "owner", "password": PASSWORDS["owner"], "role": "planner"}
    assert "only owner" in refusal(client.put("/api/v1/users", json=less), 422)
    assert "only owner" in refusal(client.delete("/api/v1/users?name=owner"), 422)
    gate.add("li", "eins zwei drei", "owner", "test")
    gate.people.remove("wang", "test")
    with pytest.raises(PlannerError, match="only owner"):
        gate.people.remove("li", "test")
    with pytest.raises(PlannerError, match="no user 'wang'"):
        gate.people.remove("wang", "test")


def test_without_a_password_the_one_there_is_stays(client: TestClient, gate: Access) -> None:
    """**Sensitivity**: hashed as if it were one, no password would be one that anybody knows."""
    log_in(client, "owner")
    nobody = {"name": "niemand", "role": "viewer"}
    assert "no user 'niemand'" in refusal(client.put("/api/v1/users", json=nobody), 404)
    assert client.put("/api/v1/users", json={**nobody, "password": "lang genug ist es"}).status_code == 200
    assert client.put("/api/v1/users", json={**nobody, "role": "planner"}).json()["role"] == "planner"
    asked = {"name": "niemand", "password": "lang genug ist es"}
    assert client.post("/api/v1/session", json=asked).json()["role"] == "planner"
    log_in(client, "owner")
    assert client.delete("/api/v1/users?name=niemand").status_code == 204
    with pytest.raises(PlannerError, match="no user 'li'"):
        gate.add("li", None, "owner", "test")


def test_a_password_changed_while_it_is_looked_at_begins_no_session(gate: Access) -> None:
    verify = gate.hasher.verify

    def meanwhile(*asked: str) -> bool:
        gate.people.keep("wang", "owner", gate.hasher.hash("ein ganz neues"), "test")
        return bool(verify(*asked))

    gate.hasher = Looks(gate.hasher, meanwhile)  # type: ignore[assignment]
    with pytest.raises(PlannerError, match="not right"):
        gate.login("wang", PASSWORDS["owner"], "")


def test_owners_see_who_is_let_in_and_nobody_else_does(client: TestClient) -> None:
    log_in(client, "owner")
    assert {(one["name"], one["role"]) for one in client.get("/api/v1/users").json()} >= {
        (role, role) for role in PASSWORDS
    }
    for role in ("viewer", "planner"):
        log_in(client, role)
        refusal(client.get("/api/v1/users"), 403)
        refusal(client.put("/api/v1/users", json=NEW), 403)
        refusal(client.delete("/api/v1/users?name=viewer"), 403)


# What each sees


def test_the_history_tells_of_this_scenario_and_only_owners_who_was_let_in(desk: Desk, client: TestClient) -> None:
    """What is done to variants of other scenarios in the same database is nobody's business here."""
    other = desk.store.create("secret of another", "other.yaml", "zhao")
    log_in(client, "owner")
    made = client.post(API, json={"name": "seen by all"}).json()
    assert client.delete(f"{API}/{made['id']}?version=1").status_code == 204
    log_in(client, "owner")
    told = {}
    for role in PASSWORDS:
        log_in(client, role)
        told[role] = client.get("/api/v1/history").json()
        assert client.get("/api/v1/history", params={"variant": other.id}).json() == []
    for role, events in told.items():
        assert "secret of another" not in str(events)
        mine = [(one["what"], one["words"][1]) for one in events if one["variant"] == made["id"]]
        assert mine == [("removed", "seen by all"), ("created", "seen by all")]
        assert any(one["what"] == "user" for one in events) == (role == "owner")
    assert ["owner：负责", "owner: owner"] in [one["words"] for one in told["owner"]]


def test_the_history_is_read_to_its_beginning(desk: Desk, client: TestClient) -> None:
    log_in(client, "planner")
    made = client.post(API, json={"name": "long"}).json()
    for number in range(520):
        desk.store.comment(made["id"], "", f"{number}", "test")
    pages, before = [], 2**31 - 1
    while page := client.get("/api/v1/history", params={"variant": made["id"], "before": before}).json():
        pages.append(len(page))
        before = page[-1]["id"]
    assert pages == [500, 21]
    assert page == []


# How much each may ask


def test_one_person_has_so_much_worked_on_at_a_time_and_others_go_on(client: TestClient, desk: Desk) -> None:
    """Proves that nobody holds the machine: a third long question is refused while two are worked on, at once."""
    gate: Access = client.app.state.access  # type: ignore[attr-defined]
    log_in(client, "planner")
    go = threading.Event()
    held = desk.session(1).settled()
    join = held.questions.join
    held.questions.join = lambda what, _: join(what, lambda _: go.wait(30) and [])  # type: ignore[method-assign]
    asks = [threading.Thread(target=client.get, args=(f"{API}/1/repairs?project=P-020",)) for _ in range(2)]
    try:
        for ask in asks:
            ask.start()
        until = time.monotonic() + 20
        while gate.long._taken.total() < 2 and time.monotonic() < until:
            time.sleep(0.01)
        for path in ("alternatives", "worth", "costs?project=P-020", "repairs?project=P-020"):
            assert "2 requests of yours" in refusal(client.get(f"{API}/1/{path}"), 429)
        assert client.get(f"{API}/1").status_code == 200
        with gate.long.turn("somebody else"), gate.long.turn("a third"), pytest.raises(RateError, match="for others"):
            gate.long.turn("a fourth").__enter__()
    finally:
        go.set()
        for ask in asks:
            ask.join()
        held.questions.join = join  # type: ignore[method-assign]
    assert gate.long._taken.total() == 0
    assert client.get(f"{API}/1/costs?project=P-007").status_code == 200


def test_one_person_has_edits_solved_in_so_many_variants_at_a_time(
    client: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(client, "planner")
    urls = [f"{API}/{client.post(API, json={'name': f'many {k}'}).json()['id']}" for k in range(SOLVES_EACH + 1)]
    ban = {"version": 1, "edit": {"kind": "ban", "who": "P-002", "place": {"name": "YL-01"}}}
    monkeypatch.setattr(desk._pool, "submit", lambda *_: None)  # nothing is ever solved
    codes = [client.post(f"{url}/edits", json=ban).status_code for url in urls]
    assert codes == [201] * SOLVES_EACH + [429]
    again = {**ban, "version": 2}
    assert client.post(f"{urls[0]}/edits", json=again).status_code == 201  # it takes the place of the first
    assert client.get(urls[-1]).json()["version"] == 1
    for url in urls:
        desk.drop(int(url.rpartition("/")[2]))


def test_what_nobody_asks_about_is_let_go(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that runs for weeks keeps no more variants in memory than are looked at."""
    monkeypatch.setattr("planner.review.desk.OPEN_MOST", 3)
    ids = [desk.store.create(f"idle {k}", str(desk.source), "test").id for k in range(6)]
    for id in ids:
        desk.session(id)
    assert set(ids) <= set(desk._sessions)  # all were asked about just now
    monkeypatch.setattr("planner.review.desk.IDLE_S", -1.0)
    last = desk.store.create("idle last", str(desk.source), "test").id
    desk.session(last)
    assert list(desk._sessions)[-1] == last
    assert len(desk._sessions) == 3
    assert desk.session(ids[0]).settled().version == 1


def test_one_person_listens_in_so_many_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "EACH", 2)

    async def many() -> None:
        here = hub.Hub()
        streams = [here.listen(who="wang") for _ in range(2)]
        for stream in streams:
            await anext(stream)
        with pytest.raises(RateError, match="2 requests of yours"):
            here.listen(who="wang")
        await anext(here.listen(who="li"))
        here.close()
        for stream in streams:
            assert [text async for text in stream] == []
        await anext(here.listen(who="wang"))

    asyncio.run(asyncio.wait_for(many(), 10))
