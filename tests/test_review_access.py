"""Who may do what in a review, and what is refused before anything reads it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from reviewed import HOST, PASSWORDS, a_desk, client_of, desk_of, log_in
from starlette.websockets import WebSocketDisconnect
from test_review_api import API, refusal

from planner.errors import DataError, PlannerError
from planner.intake.inputs import Inputs
from planner.review.access import COOKIE, Access
from planner.review.app import BODY_MOST
from planner.review.desk import Desk
from planner.review.pacing import Rate
from planner.review.serving import bound, is_local, may_listen, serve
from planner.review.session import Job, Session
from planner.review.store import Store

EDIT = {"kind": "ban", "who": "P-002", "place": {"name": "YL-01"}}
READS = (("GET", API), ("GET", f"{API}/1"), ("GET", f"{API}/1/plan"), ("GET", f"{API}/1/comments"),
         ("GET", "/api/v1/history"), ("GET", "/api/v1/events"), ("GET", "/map"), ("GET", f"{API}/1/scenario.yaml"),
         ("GET", f"{API}/1/plan.xlsx"), ("GET", f"{API}/1/offline.html"), ("GET", f"{API}/1/reasons?project=P-001"),
         ("GET", "/api/v1/users"), ("GET", "/api/v1/session"))  # fmt: skip
desk = pytest.fixture(scope="module")(a_desk)


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    """Yield a client of a server reached from elsewhere; nobody is logged in."""
    desk.close = lambda: None  # type: ignore[method-assign] - an application that ends would close it
    with client_of(desk, local=False) as made:
        yield made


@pytest.fixture
def local(desk: Desk) -> Iterator[TestClient]:
    desk.close = lambda: None  # type: ignore[method-assign]
    with client_of(desk) as made:
        yield made


# Who may


@pytest.mark.parametrize(("method", "path"), READS)
def test_nothing_is_reached_without_logging_in(client: TestClient, method: str, path: str) -> None:
    assert "logged in" in refusal(client.request(method, path), 401)


def test_a_viewer_reads_and_changes_nothing(client: TestClient) -> None:
    log_in(client, "viewer")
    assert client.get(f"{API}/1").status_code == 200
    for path, body in (
        (API, {"name": "mine"}), (f"{API}/1/edits", {"version": 1, "edit": EDIT}), (f"{API}/1/undo", {"version": 1}),
        (f"{API}/1/comments", {"text": "a"}), (f"{API}/1/cancel", None),
        (f"{API}/1/merge", {"variant": "a", "of": "", "comments": []}),
    ):  # fmt: skip
        assert "role of planner" in refusal(client.post(path, json=body), 403)


def test_only_an_owner_lets_people_in_and_removes_variants(client: TestClient) -> None:
    log_in(client, "planner")
    made = client.post(API, json={"name": "to be removed"}).json()
    new = {"name": "neu", "password": "lang genug ist es", "role": "viewer"}
    assert "role of owner" in refusal(client.put("/api/v1/users", json=new), 403)
    assert "role of owner" in refusal(client.delete(f"{API}/{made['id']}?version=1"), 403)
    log_in(client, "owner")
    assert client.put("/api/v1/users", json=new).json()["role"] == "viewer"
    assert client.delete(f"{API}/{made['id']}?version=1").status_code == 204
    assert "has 10 to" in refusal(client.put("/api/v1/users", json={**new, "password": "kurz"}), 422)
    assert "hash" not in client.get("/api/v1/users").text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_pages(client: TestClient) -> None:
    answer = client.post("/api/v1/session", json={"name": "viewer", "password": PASSWORDS["viewer"]})
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said


def test_forged_sessions_are_none(client: TestClient, tmp_path: Path) -> None:
    """Another server's, one cut, one lengthened, what is kept of one in the database, and what is none at all."""
    other = Access(Store.open(tmp_path / "other.sqlite"), local=False)
    other.add("owner", PASSWORDS["owner"], "owner", "test")
    _, forged = other.login("owner", PASSWORDS["owner"], "")
    log_in(client, "viewer")
    own = client.cookies[COOKIE]
    client.cookies.clear()
    kept = hashlib.sha256(own.encode()).hexdigest()
    for cookie in (forged, own[:-1], own + "A", kept, own.swapcase(), "", "null", "[]", "a.b.c", "\xff", "' or 1=1 --"):
        refusal(client.get(API, headers={"cookie": f"{COOKIE}={cookie}".encode("latin-1")}), 401)
    assert client.get(API, headers={"cookie": f"{COOKIE}={own}"}).status_code == 200


def test_a_request_from_another_page_is_refused(client: TestClient) -> None:
    log_in(client, "planner")
    asked = {"version": 1, "edit": EDIT}
    token = client.headers.pop("X-CSRF-Token")
    assert "page of the session" in refusal(client.post(f"{API}/1/edits", json=asked), 403)
    forged = {"X-CSRF-Token": token[:-1] + ("A" if token[-1] != "A" else "B")}
    assert "page of the session" in refusal(client.post(f"{API}/1/edits", json=asked, headers=forged), 403)
    good = {"X-CSRF-Token": token}
    assert "elsewhere" in refusal(
        client.post(f"{API}/1/edits", json=asked, headers={**good, "Origin": "https://evil.example"}), 403
    )
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"):
        answer = client.post(f"{API}/1/edits", content=json.dumps(asked), headers={**good, "content-type": kind})
        assert "application/json" in refusal(answer, 415)
    assert client.get(f"{API}/1").json()["version"] == 1


# What is refused before anything reads it


def test_another_host_is_refused_where_nobody_logs_in(local: TestClient) -> None:
    """A page elsewhere may have its own name resolved to this machine; it asks by that name."""
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[", "a@127.0.0.1.example"):
        answer = local.get(API, headers={"host": host})
        refusal(answer, 403)
        assert answer.headers["x-content-type-options"] == "nosniff"
    for host in ("localhost:8321", "127.0.0.1", "[::1]:8321", "[::1]"):
        assert local.get(API, headers={"host": host}).status_code == 200


def test_the_address_it_listens_at_is_one_it_is_asked_by(small: Inputs, tmp_path: Path) -> None:
    """All of 127.0.0.0/8 is this machine."""
    told: list[str] = []
    with desk_of(small, tmp_path) as desk, bound("127.0.0.2", 0) as listening:
        ends: list[Callable[[], None]] = []

        def ready(address: str) -> None:
            with urlopen(address + "api/v1/variants") as answer:
                told.append(f"{answer.status} {address}")
            ends[0]()

        def asks(address: str) -> None:
            Thread(target=ready, args=(address,)).start()

        serve(desk, Access(desk.store, local=True), listening, browse=False, told=asks, began=ends.append)
    assert told[0].startswith("200 http://127.0.0.2:")


def test_no_web_socket_is_opened(local: TestClient) -> None:
    """None is used; one that were would be open to pages elsewhere, which browsers let open it."""
    for path in ("/", "/api/v1/events", API):
        with pytest.raises(WebSocketDisconnect), local.websocket_connect(path):
            pass


def test_a_page_elsewhere_changes_nothing_on_this_machine_either(local: TestClient) -> None:
    asked = {"name": "theirs"}
    refusal(local.post(API, json=asked, headers={"Origin": "http://evil.example"}), 403)
    refusal(local.post(API, json=asked, headers={"Origin": "null"}), 403)
    refusal(local.post(API, content=json.dumps(asked), headers={"content-type": "text/plain"}), 415)
    assert local.post(API, json={"name": "ours"}, headers={"Origin": HOST}).status_code == 201


def test_what_is_too_large_is_not_read(local: TestClient) -> None:
    refusal(local.post(API, content=b"x" * (BODY_MOST + 1), headers={"content-type": "application/json"}), 413)

    def drops() -> Iterator[bytes]:
        yield from (b" " * 100_000 for _ in range(BODY_MOST // 100_000 + 1))

    refusal(local.post(API, content=drops(), headers={"content-type": "application/json"}), 413)
    for length in ("-1", "a", "1e9", "99999999999999999999"):
        headers = {"content-type": "application/json", "content-length": length}
        refusal(local.post(API, content=b"", headers=headers), 413)


@pytest.mark.parametrize(
    "path",
    ["/files/../app.py", "/files/..%2fapp.py", "/files/%2e%2e/app.py", "/files/..%5capp.py", "/files//etc/passwd",
     "/files/%2fetc%2fpasswd", "/files/page.css%00.js", "/files/.", "/files/", "/../../etc/passwd"],
)  # fmt: skip
def test_only_files_of_the_page_are_served(local: TestClient, path: str) -> None:
    answer = local.get(path)
    assert answer.status_code == 404
    assert "root:" not in answer.text
    assert "FastAPI" not in answer.text


def test_pages_forbid_what_is_not_theirs(local: TestClient) -> None:
    page = local.get("/")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    drawn = local.get("/map").headers["content-security-policy"]
    assert "sandbox allow-scripts" in drawn
    assert "frame-ancestors 'self'" in drawn
    assert page.headers["x-content-type-options"] == "nosniff"


def test_every_refusal_says_why_in_both_languages_whatever_its_status(
    desk: Desk, local: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that the frameworks beneath say nothing of their own. Sensitivity: their 404 is one word of English."""
    def breaks(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    json_kind = {"content-type": "application/json"}
    asked = (
        (404, local.get("/api/v1/none")), (404, local.get("/files/none.js")), (405, local.put("/")),
        (405, local.delete(API)), (422, local.post(API, content=b"{", headers=json_kind)),
        (422, local.get(f"{API}/1/targets")), (415, local.post(API, content=b"{}")),
        (413, local.post(API, content=b" " * (BODY_MOST + 1), headers=json_kind)),
        (403, local.get("/", headers={"host": "evil.example"})),
    )  # fmt: skip
    for code, answer in asked:
        refusal(answer, code)
    assert local.put("/").headers["allow"] == "GET"
    monkeypatch.setattr(desk.store, "comments", breaks)
    assert "the server failed" in refusal(local.get(f"{API}/1/comments"), 500)
    settled = Session.settled
    monkeypatch.setattr(Session, "settled", lambda self: settled(self, 0.0))
    monkeypatch.setattr(desk.session(1), "_job", Job(1))
    assert "being solved" in refusal(local.get(f"{API}/1/plan"), 503)
    monkeypatch.setattr(Rate, "allows", lambda *_: False)
    assert "too many requests" in refusal(local.get("/"), 429)


# Where a server begins


def test_beyond_this_machine_it_takes_an_owner(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "a.sqlite")
    may_listen(Access(store, local=is_local("127.0.0.1")), None, None)
    access = Access(store, local=is_local("0.0.0.0"))
    with pytest.raises(DataError, match="it takes an owner"):
        may_listen(access, None, None)
    access.add("li", "eins zwei drei", "planner", "test")
    with pytest.raises(DataError, match="it takes an owner"):
        may_listen(access, None, None)
    access.add("wang", "eins zwei drei", "owner", "test")
    may_listen(access, None, None)
    with pytest.raises(DataError, match="goes with its key"):
        may_listen(access, tmp_path / "cert.pem", None)
    with pytest.raises(PlannerError, match="no role 'king'"):
        access.add("wang", "eins zwei drei", "king", "test")


def test_a_port_in_use_is_said() -> None:
    with bound("127.0.0.1", 0) as first, pytest.raises(DataError, match="cannot be listened at"):
        bound("127.0.0.1", first.getsockname()[1])


# What leaves the review


@pytest.mark.filterwarnings("ignore:.* extension is not supported")
@pytest.mark.parametrize("level", ["internal", "meeting", "public"])
def test_what_leaves_the_review_contains_what_its_scenario_lets_it(local: TestClient, level: str) -> None:
    """For a meeting no comment made inside; for the public codes, and nothing a comment could be of."""
    made = local.post(API, json={"name": f"for {level}"}).json()
    url = f"{API}/{made['id']}"
    local.post(f"{url}/comments", json={"subject": "P-003", "text": "said inside"})
    edit = {"kind": "keys", "said": {"share": {"level": level}}}
    assert local.post(f"{url}/edits?wait=60", json={"version": 1, "edit": edit}).status_code == 201
    page, book = local.get(f"{url}/offline.html"), local.get(f"{url}/plan.xlsx")
    printed, paper = local.get(f"{url}/report.html"), local.get(f"{url}/report.pdf")
    cells = {str(cell.value) for sheet in load_workbook(io.BytesIO(book.content)) for row in sheet.iter_rows()
             for cell in row}  # fmt: skip
    assert ("said inside" in page.text) == (level == "internal")
    assert ("planner-note-add" in page.text) == (level != "public")
    assert ("P-003" in page.text) == ("P-003" in cells) == ("P-003" in printed.text) == (level != "public")
    marked = "" if level == "internal" else f"-{level}"
    for answer, kind in ((page, "html"), (book, "xlsx"), (paper, "pdf")):
        assert answer.headers["content-disposition"].endswith(f"for%20{level}{marked}.{kind}")


# What is not of this review


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", "", None), ("GET", "/plan", None), ("GET", "/comments", None), ("GET", "/scenario.yaml", None),
     ("GET", "/reasons?project=P-001", None), ("POST", "/comments", {"text": "a"}),
     ("POST", "/edits", {"version": 1, "edit": EDIT}), ("PATCH", "", {"version": 1, "name": "mine"}),
     ("DELETE", "?version=1", None), ("POST", "/merge", {"variant": "a", "of": "", "comments": []})],
)  # fmt: skip
def test_a_variant_of_another_scenario_in_the_same_database_is_out_of_reach(
    desk: Desk, local: TestClient, method: str, path: str, body: object
) -> None:
    """Proves that a plan of this scenario is never kept as that of another. Sensitivity: by number alone it would."""
    other = next((one for one in desk.store.variants() if one.source == "other.yaml"), None)
    other = other or desk.store.create("of another", "other.yaml", "test")
    refusal(local.request(method, f"{API}/{other.id}{path}", json=body), 404)
    refusal(local.post(API, json={"name": "a copy", "of": other.id}), 404)
    assert desk.store.variant(other.id).version == 1


def test_places_free_of_locks_are_kept_once_whoever_of_a_project_asks(local: TestClient, desk: Desk) -> None:
    """Proves that asking for parts which do not exist fills no memory. Sensitivity: by name each is posed and kept."""
    made = local.post(API, json={"name": "locked"}).json()
    url = f"{API}/{made['id']}"
    lock = {"kind": "lock", "who": "P-003", "place": {"name": "YL-07"}}
    assert local.post(f"{url}/edits?wait=60", json={"version": 1, "edit": lock}).status_code == 201
    for who in ("P-003", "P-003/main", "P-003/a", "P-003/b"):
        local.post(f"{url}/check", json={"who": who, "place": {"name": "YL-07"}})
    assert len(desk.session(made["id"]).settled()._free) == 1
