"""The page of a review for everybody: axe finds nothing serious in any view, keys reach all, nothing is cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from opened import serious
from reviewed import PASSWORDS, desk_of
from reviewed_page import LATIN, Page, a_desk, a_page, an_address, locked_both, served, variant_of

from planner.intake.inputs import Inputs
from planner.review.desk import Desk

pytestmark = pytest.mark.page
desk, address, page = (
    pytest.fixture(scope="module")(a_desk), pytest.fixture(scope="module")(an_address), pytest.fixture(a_page),
)  # fmt: skip
WIDE = """() => [document.documentElement.scrollWidth - innerWidth, ...['bar', 'list', 'panel', 'content'].map(id => {
  const part = document.getElementById(id); return part.scrollWidth - part.clientWidth; })]"""
UNNAMED = """() => [...document.querySelectorAll('button, input, select, textarea, a, iframe')].filter(e =>
  !e.hidden && !e.textContent.trim() && !e.getAttribute('aria-label') && !e.title).map(e => e.outerHTML)"""
SIZES = [(1024, 768), (1366, 768), (1920, 1080)]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_axe_finds_nothing_serious_in_any_panel(page: Page, address: str, desk: Desk, lang: str) -> None:
    """Also no word of the page itself stays in Latin letters where it is Chinese, but in names and in YAML."""
    page.begin(address, variant_of(page, desk).id, lang)
    found: dict[str, list[Any]] = {"start": serious(page.page), "map": serious(page.page.frames[1])}

    def look(view: str) -> None:
        found[view] = serious(page.page)
        if lang == "zh":
            found[f"{view}, in Chinese"] = page.js(LATIN)

    page.page.click("#row-P-009")
    page.page.wait_for_selector(".reasons li")
    page.page.click("#act-move")
    page.page.fill("#move-place", "YL-03")
    page.page.press("#move-place", "Tab")
    page.page.wait_for_selector(".verdict.no")
    page.page.click("#need > summary")
    look("a project to be moved")
    page.page.click("#content .parts .icon:not(.signer) >> nth=0")
    page.page.wait_for_selector(".stack")
    look("a building")
    page.page.click("#tab-scenario")
    page.page.click(".more > summary")
    page.page.click("#ask-land")
    page.page.click("#ask-compare")
    page.page.wait_for_selector("#compared")
    look("goals, edits, comparison")
    page.page.click("#tab-history")
    page.page.fill("#say-all", "?")
    look("history")
    page.page.click("#swipe")
    page.page.wait_for_selector(".before")
    page.page.click("#export")
    look("before and after, files")
    assert {view: what for view, what in found.items() if what} == {}


def test_axe_finds_nothing_serious_in_any_dialog(page: Page, desk: Desk) -> None:
    found: dict[str, list[Any]] = {}
    for name in ("help", "new-variant"):
        page.page.click(f"#{name}")
        found[name] = serious(page.page)
        page.page.keyboard.press("Escape")
    locked_both(page, desk)
    page.page.click("#ask-conflict")
    found["while it works"] = serious(page.page)
    page.page.wait_for_selector("#conflict", timeout=60_000)
    found["no plan"] = serious(page.page)
    page.page.click("#tab-scenario")
    page.page.click(".more > summary")
    page.page.fill("#ban-who", "P-999")
    page.page.fill("#ban-place", "YL-01")
    page.page.click("[data-edit=ban] button[type=submit]")
    page.page.wait_for_selector("dialog[open] .bad")
    found["refused"] = serious(page.page)
    page.errors.clear()  # the browser says that a request was refused
    assert {view: what for view, what in found.items() if what} == {}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_off_or_unnamed(
    page: Page, address: str, desk: Desk, lang: str, size: tuple[int, int]
) -> None:
    page.page.set_viewport_size({"width": size[0], "height": size[1]})
    page.begin(address, variant_of(page, desk).id, lang)
    page.page.click("#row-P-010")
    page.page.wait_for_selector(".reasons li")
    assert max(page.js(WIDE)) <= 1
    assert page.js(UNNAMED) == []
    page.page.click("#tab-scenario")
    page.page.click(".more > summary")
    assert max(page.js(WIDE)) <= 1
    assert page.js("document.documentElement.lang") == ("zh-CN" if lang == "zh" else "en")


def test_a_move_is_made_and_undone_with_keys_alone(page: Page, desk: Desk) -> None:
    keys = page.page.keyboard
    keys.press("/")
    keys.type("P-003")
    keys.press("Enter")
    page.page.wait_for_selector("#row-P-003[aria-selected=true]")
    keys.press("m")
    page.page.wait_for_function("() => document.activeElement.id === 'move-place'")
    keys.type("YL-07")
    keys.press("Enter")
    page.page.wait_for_selector("#apply-best")
    for _ in range(4):
        if page.js("document.activeElement.id") == "apply-best":
            break
        keys.press("Tab")
    keys.press("Enter")
    page.page.wait_for_selector(".mover", state="detached")
    keys.press("3")
    page.page.wait_for_selector(".edits li:has-text('P-003 at YL-07')")
    page.page.wait_for_selector("#status:not(.solving)")
    assert variant_of(page, desk).held[0].diff == {"locks": {"P-003": "YL-07"}}
    keys.press("z")
    page.page.wait_for_selector(".edits li.undone")
    assert variant_of(page, desk).position == 0
    page.page.wait_for_function("() => document.querySelector('#status-score').textContent === '1,694.7'")


def test_keys_walk_the_list_and_sign_off(page: Page) -> None:
    keys = page.page.keyboard
    keys.press("/")
    keys.type("P-007")
    assert page.page.locator("#projects li").count() == 1
    keys.press("ArrowDown")
    page.page.wait_for_selector("#row-P-007[aria-selected=true]")
    keys.press("s")
    page.settled("1")
    keys.press("Control+z")
    page.settled("0")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_log_in_is_asked_for_and_a_viewer_only_reads(browser: Any, small: Inputs, tmp_path: Path, lang: str) -> None:
    with desk_of(small, tmp_path) as desk, served(desk, local=False) as address:
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        page = context.new_page()
        page.goto(f"{address}?lang={lang}")
        page.fill("#login-name", "viewer")
        page.fill("#login-password", "not this one")
        page.click("dialog button.main")
        wrong = {"zh": "不对", "en": "not right"}[lang]
        page.wait_for_function("wrong => document.querySelector('dialog .bad').textContent.includes(wrong)", arg=wrong)
        assert serious(page) == []
        page.fill("#login-password", PASSWORDS["viewer"])
        page.click("dialog button.main")
        page.wait_for_selector("html[data-page=ready][data-map=ready]", timeout=30_000)
        page.click("#row-P-003")
        page.wait_for_selector(".reasons li")
        assert serious(page) == []
        assert page.locator("#act-move, #undo, #new-variant, .sayer").count() == 0
        page.click("#log-out")
        page.wait_for_selector("#login-name")
        context.close()
