"""Who is let in, on the page of a shared server: an owner sees, adds, changes and removes users; nobody else does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from opened import serious
from reviewed import PASSWORDS, desk_of
from reviewed_page import LATIN, Page, served

from planner.intake.inputs import Inputs
from planner.review.access import Access
from planner.review.desk import Desk

pytestmark = pytest.mark.page
HOSTILE = '<img src=x onerror="window.pwned=1">李'
PASSWORD = "lang genug ist es"
Enter = Callable[..., Page]


@pytest.fixture(scope="module")
def desk(small: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_of(small, tmp_path_factory.mktemp("users")) as made:
        made.warm_up()
        yield made


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with served(desk, local=False) as where:
        yield where


@pytest.fixture
def enter(browser: Any, address: str) -> Iterator[Enter]:
    """Yield what opens the page as somebody; in the end nothing went wrong on it."""
    with ExitStack() as ends:

        def opened(name: str, password: str, lang: str = "en") -> Page:
            context = browser.new_context(viewport={"width": 1366, "height": 768})
            ends.callback(context.close)
            page = Page(context.new_page())
            page.page.goto(f"{address}?lang={lang}")
            page.page.fill("#login-name", name)
            page.page.fill("#login-password", password)
            page.page.click("dialog button.main")
            page.page.wait_for_selector("html[data-page=ready][data-map=ready]", timeout=30_000)
            page.errors.clear()  # the browser says that nobody was logged in
            ends.callback(page.all_is_well, address)
            return page

        yield opened


def list_users(page: Page) -> None:
    page.page.click("#account")
    page.page.click("#users-open")
    page.page.wait_for_selector("#users tbody tr")


def users(page: Page) -> dict[str, str]:
    """Return who is let in, as the dialog lists them."""
    rows = page.page.locator("#users tbody tr").all()
    return {row.locator("bdi").inner_text(): row.locator("td").first.inner_text() for row in rows}


def row_of(page: Page, name: str) -> int:
    return list(users(page)).index(name)


def test_an_owner_lets_somebody_in_by_keys_changes_and_removes_them(enter: Enter, desk: Desk) -> None:
    page = enter("owner", PASSWORDS["owner"])
    keys = page.page.keyboard
    page.page.focus("#account")
    for key in ("Enter", "Tab", "Enter"):
        keys.press(key)
    page.page.wait_for_function("() => document.activeElement.id === 'user-name'")
    assert users(page) == {"owner": "owner", "planner": "planner", "viewer": "viewer"}
    keys.type(HOSTILE)
    keys.press("Tab")
    keys.type("planner")
    keys.press("Tab")
    keys.type("kurz")
    keys.press("Enter")
    page.page.wait_for_selector("#users-wrong")
    assert "a password has 10 to 200 signs" in page.text("#users-wrong")
    assert page.page.input_value("#user-name") == HOSTILE
    page.page.fill("#user-password", PASSWORD)
    keys.press("Enter")
    page.page.wait_for_selector("#users tbody tr >> nth=3")
    assert users(page)[HOSTILE] == "planner"
    assert page.page.locator("#users-wrong").count() == 0
    gate = Access(desk.store, local=False)
    assert gate.login(HOSTILE, PASSWORD, "")[0].role == "planner"
    page.page.click(f"#user-change_it-{row_of(page, HOSTILE)}")
    assert (page.page.input_value("#user-name"), page.page.input_value("#user-role")) == (HOSTILE, "planner")
    page.page.select_option("#user-role", "viewer")
    page.page.click("#user-keep")
    page.page.wait_for_function("() => document.activeElement.id === 'user-name'")
    assert users(page)[HOSTILE] == "viewer"
    assert gate.login(HOSTILE, PASSWORD, "")[0].role == "viewer"  # the password is as it was
    row = row_of(page, HOSTILE)
    page.page.dblclick(f"#user-remove-{row}")  # takes it back again
    page.page.wait_for_selector(f"#user-surely-{row}", state="detached")
    page.page.click(f"#user-remove-{row}")
    page.page.click(f"#user-surely-{row}")
    page.page.wait_for_selector("#users tbody tr >> nth=3", state="detached")
    assert users(page) == {"owner": "owner", "planner": "planner", "viewer": "viewer"}
    keys.press("Escape")
    assert not page.js("document.getElementById('ask').open")
    page.errors.clear()  # the browser says that a request was refused


def test_the_only_owner_stays_one_and_whoever_changes_themselves_logs_in_again(enter: Enter, desk: Desk) -> None:
    Access(desk.store, local=False).add("wang", PASSWORD, "owner", "test")
    page = enter("wang", PASSWORD)
    list_users(page)
    page.page.click(f"#user-change_it-{row_of(page, 'wang')}")
    page.page.select_option("#user-role", "planner")
    page.page.click("#user-keep")
    page.page.wait_for_selector("#login-name")
    again = enter("owner", PASSWORDS["owner"])
    list_users(again)
    row = row_of(again, "owner")
    again.page.click(f"#user-remove-{row}")
    again.page.click(f"#user-surely-{row}")
    again.page.wait_for_selector("#users-wrong:has-text('owner is the only owner')")
    assert users(again)["owner"] == "owner"
    for one in (page, again):
        one.errors.clear()  # the browser says that a request was refused


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_axe_finds_nothing_serious_among_the_users(enter: Enter, lang: str) -> None:
    page = enter("owner", PASSWORDS["owner"], lang)
    page.page.click("#account")
    found = {"account": serious(page.page)}
    page.page.keyboard.press("Escape")
    list_users(page)
    page.page.click("#user-remove-0")
    page.page.wait_for_selector("#user-surely-0")
    page.page.fill("#user-name", "nobody")
    page.page.click("#user-keep")
    page.page.wait_for_selector("#users-wrong")
    found["users"] = serious(page.page)
    if lang == "zh":
        found["in Chinese"] = [text for text in page.js(LATIN) if "nobody" not in text]
    page.errors.clear()  # the browser says that a request was refused
    assert {view: what for view, what in found.items() if what} == {}


def test_nobody_but_an_owner_sees_the_users(enter: Enter) -> None:
    page = enter("planner", PASSWORDS["planner"])
    assert page.page.locator("#account, #users-open").count() == 0
    assert page.page.locator("#log-out").count() == 1
