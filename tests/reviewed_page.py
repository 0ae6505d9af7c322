"""What the tests of the review's page share: a server on the tiny territory, and its page in a browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import pytest
from opened import Opened
from reviewed import access_of, desk_of

from planner.intake.inputs import Inputs
from planner.review.desk import Desk
from planner.review.questions import Find, Question, Questions, Stop
from planner.review.serving import bound, serve
from planner.review.solving import FORM

LATIN = """() => { const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walk.nextNode()) { const one = walk.currentNode, by = one.parentElement;
    const own = by.checkVisibility() && !by.closest('bdi, option, code, style, script, [lang=en]');
    if (own && /[a-z]{3,}/.test(one.data)) found.push(one.data.trim()); }
  return found; }"""
"""Words of the page itself in Latin letters."""

HELD = """edits => document.querySelector('.edits, #content .muted')
  && document.querySelectorAll('.edits > li:not(.undone)').length == edits"""

STANDS = """([project, place]) => window.Planner && Planner.frame
  && Planner.frame.projects[project].parts[0].places === place"""


@contextmanager
def served(desk: Desk, *, local: bool = True, browse: bool = False) -> Iterator[str]:
    """Yield the address of a server of its own."""
    access = access_of(desk, local=local)
    address, ready, ends = list[str](), threading.Event(), list[Callable[[], None]]()

    def told(where: str) -> None:
        address.append(where)
        ready.set()

    listening = bound("127.0.0.1", 0)
    thread = threading.Thread(
        target=serve, args=(desk, access, listening), kwargs={"browse": browse, "told": told, "began": ends.append}
    )
    thread.start()
    assert ready.wait(30)
    try:
        yield address[0]
    finally:
        ends[0]()
        thread.join(30)
        assert not thread.is_alive()


def a_desk(small: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield a desk over the tiny territory, ready for the first page; a fixture of a module."""
    with desk_of(small, tmp_path_factory.mktemp("page")) as made:
        made.warm_up()
        yield made


def an_address(desk: Desk) -> Iterator[str]:
    """Yield where it is served; a fixture of a module."""
    with served(desk) as where:
        yield where


class Page(Opened):
    """The page of a variant of its own."""

    def begin(self, address: str, variant: int, lang: str = "en") -> None:
        self.page.goto(f"{address}?lang={lang}&variant={variant}")
        self.page.wait_for_selector("html[data-page=ready][data-map=ready]", timeout=30_000)

    def settled(self, edits: str) -> None:
        """Wait until so many edits hold and are solved."""
        self.page.click("#tab-scenario")
        self.page.wait_for_function(HELD, arg=edits)
        self.page.wait_for_selector("#status:not(.solving)")

    def map(self, code: str) -> Any:
        return self.page.frames[1].evaluate(code)

    def map_has(self, project: str, place: str, frame: int = 1) -> None:
        """Wait until a map, the one of the page or the one before it, has a project somewhere."""
        self.page.frames[frame].wait_for_function(STANDS, arg=[project, place])

    def on_map(self, layer: str, feature: str) -> None:
        """Choose a feature on the map, as a click does."""
        self.map(f"void Planner.open('{layer}', Planner.layers.{layer}.{feature})")

    def all_is_well(self, address: str) -> None:
        outside = [url for url in self.requests if not url.startswith((address, "data:", "blob:"))]
        assert outside == []
        assert self.errors == [], self.errors
        assert self.js("window.pwned") is None
        assert self.map("window.pwned") is None


def a_page(browser: Any, desk: Desk, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Yield the page of a variant of its own; in the end nothing went wrong on it. A fixture of a test."""
    variant = desk.store.create(request.node.name, str(desk.source), "test")
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    opened = Page(context.new_page())
    opened.begin(address, variant.id)
    yield opened
    opened.all_is_well(address)
    context.close()


def variant_of(page: Page, desk: Desk) -> Any:
    return desk.store.variant(int(page.js("document.getElementById('variant').value")))


def locked_both(page: Page, desk: Desk) -> None:
    """Lock two projects onto one parcel that either may have, so that no plan is left."""
    session = desk.session(variant_of(page, desk).id)
    for version, who in ((1, "P-002"), (2, "P-003")):
        from_elsewhere(session, version, {"kind": "lock", "who": who, "place": {"name": "YL-07"}})
    page.page.wait_for_selector("#no-plan")


def from_elsewhere(session: Any, version: int, edit: dict[str, Any]) -> None:
    """Make an edit as somebody else."""
    session.edit(version, FORM.validate_python(edit), "best", "li")
    session.settled()


def asked_until_given_up(monkeypatch: pytest.MonkeyPatch) -> SimpleQueue[Question]:
    """Return where each long question arrives that the server is asked; none is begun before it is given up.

    A page shows that it asks before the server has heard of it, and an answer may come sooner than a click: this is
    when a question has reached the server, and that it is not answered before the click.
    """
    asked, join = SimpleQueue[Question](), Questions.join

    def joined(self: Questions, what: str, find: Find[Any]) -> Question:
        def given_up(stop: Stop) -> Any:
            ends = time.monotonic() + 30
            while not stop() and time.monotonic() < ends:
                time.sleep(0.01)
            return find(stop)

        question = join(self, what, given_up)
        asked.put(question)
        return question

    monkeypatch.setattr(Questions, "join", joined)
    return asked
