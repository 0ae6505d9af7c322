"""Understanding on the page of a review: why not, what it costs, what conflicts and mends it, worth, comparison."""

from __future__ import annotations

from typing import Any

import pytest
from reviewed_page import (
    Page,
    a_desk,
    a_page,
    an_address,
    asked_until_given_up,
    from_elsewhere,
    locked_both,
    variant_of,
)

from planner.review.desk import Desk

pytestmark = pytest.mark.page
desk, address, page = (
    pytest.fixture(scope="module")(a_desk), pytest.fixture(scope="module")(an_address), pytest.fixture(a_page),
)  # fmt: skip


def test_why_not_tells_the_cause_and_a_change_that_is_one_click_away(page: Page) -> None:
    page.page.click("#filter-left_out")
    page.page.click("#row-P-020")
    page.page.click("#why-repairs")
    page.page.wait_for_selector(".reasons .smallest_change")
    page.page.click("#why-costs")
    page.page.wait_for_selector(".reasons .forced")
    page.page.click(".try >> nth=0")
    page.settled("1")


def test_why_here_tells_the_place_and_what_it_costs_elsewhere(page: Page) -> None:
    page.page.click("#row-P-002")
    page.page.wait_for_selector(".reasons .placed")
    assert "P-002/main is placed on" in page.text(".reasons")
    page.page.click("#why-costs")
    costs = page.page.wait_for_selector(".reasons .next_site:has-text('at most')", timeout=60_000).inner_text()
    assert "points" in costs


def test_where_no_plan_is_left_the_conflict_is_told_and_mended_by_a_click(page: Page, desk: Desk) -> None:
    """Both locks and the rule that a parcel is used once are needed; each repair lifts one of them, at one step."""
    locked_both(page, desk)
    assert "—" in page.text("#status-score")
    page.page.click("#ask-conflict")
    page.page.wait_for_selector("#conflict", timeout=60_000)
    demands = page.page.locator(".demands li").all_inner_texts()
    assert {"locked there P-002 → YL-07", "locked there P-003 → YL-07", "parcel used once YL-07"} <= set(demands)
    repairs = page.page.locator(".repairs > li").all_inner_texts()
    assert repairs
    assert all("price 1 steps" in one for one in repairs)
    page.page.click(".repairs .try >> nth=0")
    page.settled("3")
    page.page.wait_for_selector("#no-plan", state="detached")
    assert variant_of(page, desk).held[-1].asked["kind"] == "keys"
    assert page.text("#status-score") != "—"
    page.page.wait_for_selector("#projects li.placed")


def conflicting(page: Page) -> str:
    """Return what conflicts, asked from what was refused."""
    page.page.click("#ask-conflict")
    page.page.wait_for_selector("dialog #conflict", timeout=60_000)
    return page.text("dialog .demands")


def test_what_is_refused_says_why_and_what_would_have_to_change_for_it(page: Page, desk: Desk) -> None:
    """P-020 fits nowhere: a lock of it is refused before it is written."""
    page.page.click("#tab-scenario")
    page.page.click(".more > summary")
    page.page.fill("#keys-json", '{"locks": {"P-020": {"park": "YL"}}}')
    page.page.click("[data-edit=keys] button[type=submit]")
    dialog = page.page.wait_for_selector("dialog[open] .bad").inner_text()
    assert "floor load" in dialog
    assert "P-020" in conflicting(page)
    page.page.keyboard.press("Escape")
    assert variant_of(page, desk).position == 0
    page.errors.clear()  # the browser says that a request was refused


def test_one_who_fits_nowhere_is_not_made_to_be_placed_but_told_why(page: Page, desk: Desk) -> None:
    """**Sensitivity**: written first, it would be told by a plan that is no more."""
    page.page.click("#row-P-020")
    page.page.click("#act-must")
    dialog = page.page.wait_for_selector("dialog[open] .bad").inner_text()
    assert "P-020/main must be placed there but is refused" in dialog
    assert "must be placed P-020" in conflicting(page)
    page.page.click("#close-refused")
    page.errors.clear()  # the browser says that a request was refused
    assert variant_of(page, desk).version == 1
    assert page.page.locator("#no-plan").count() == 0


def test_a_long_question_shows_that_it_runs_and_is_given_up(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asked_until_given_up(monkeypatch)
    page.page.click("#tab-scenario")
    page.page.click("#ask-worth")
    page.page.wait_for_selector(".waiting .elapsed")
    worth = asked.get(timeout=30)
    page.page.click(".give-up")
    page.page.wait_for_selector(".waiting", state="detached")
    assert worth.answer.exception(60) is not None  # it ended without an answer
    assert worth.over
    assert asked.empty()
    page.page.click("#ask-land")
    prices = page.page.locator("#land-prices tbody td:last-child").all_inner_texts()
    assert prices == sorted(prices, key=lambda text: -float(text.replace(",", "")))
    page.page.frames[1].wait_for_function("() => Planner.way.land === 'price'")


def test_plans_are_compared_and_alternatives_found(page: Page) -> None:
    page.page.click("#tab-scenario")
    page.page.click("#ask-compare")
    page.page.wait_for_selector("#compared")
    page.page.click("#ask-alternatives")
    page.page.wait_for_selector("#alternatives", timeout=60_000)
    scores = page.page.locator("#alternatives > table tbody tr").all_inner_texts()
    assert len(scores) >= 2
    assert "1,694.7" in scores[0]


def test_an_edit_is_priced_before_it_is_made(page: Page, desk: Desk) -> None:
    page.page.click("#tab-scenario")
    page.page.click(".more > summary")
    page.page.fill("#withdraw-places", "YL-01")
    page.page.click("#price-withdraw")
    assert "points" in page.page.wait_for_selector("#priced-withdraw", timeout=30_000).inner_text()
    assert variant_of(page, desk).position == 0


def test_before_and_after_are_swept_against_the_first_plan_or_another_variant(page: Page, desk: Desk) -> None:
    one = variant_of(page, desk)
    other = desk.store.create("beside", str(desk.source), "test")
    from_elsewhere(desk.session(other.id), 1, {"kind": "lock", "who": "P-003", "place": {"name": "YL-07"}})
    desk.tell({"event": "variants"})
    page.page.wait_for_selector("#variant option:has-text('beside')", state="attached")
    page.page.keyboard.press("b")
    page.page.wait_for_selector(".before")
    page.page.wait_for_function("() => document.querySelectorAll('iframe').length === 2")
    page.page.locator(".divider").fill("30")
    assert "70%" in page.js("document.querySelector('.before').style.clipPath")
    first = page.map("Planner.frame.projects['P-003'].parts[0].places")
    assert first != "YL-07"
    page.map_has("P-003", first, frame=-1)
    page.page.select_option("#before-which", str(other.id))
    page.page.wait_for_function("() => document.querySelector('#before-which').selectedOptions[0].text === 'beside'")
    page.map_has("P-003", "YL-07", frame=-1)
    page.page.keyboard.press("Escape")
    page.page.wait_for_selector(".before", state="detached")
    assert variant_of(page, desk).version == one.version


def test_reasons_that_fail_are_not_asked_for_again_and_again(page: Page) -> None:
    """**Sensitivity**: asked whenever none are there, a server that refuses them would be asked without an end."""
    asked = list[str]()

    def refuses(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503, json={"detail": [{"zh": "不行", "en": "not now"}]})

    page.page.route("**/reasons?*", refuses)
    page.page.click("#row-P-007")
    page.page.wait_for_selector("#said.bad:has-text('not now')")
    for panel in ("history", "project") * 5:
        page.page.click(f"#tab-{panel}")
    page.page.unroute("**/reasons?*")
    page.errors.clear()  # the browser says that a request was refused
    assert len(asked) == 1


def test_what_is_selected_stays_so_while_the_panel_is_drawn_again(page: Page, desk: Desk) -> None:
    """What is typed next takes its place. **Sensitivity**: without it, "2027" typed over the year makes "20262027"."""
    page.page.click("#tab-scenario")
    page.page.click(".more > summary")
    typed = [
        ("#cap-year", "Control+A", "2027", "2027"), ("#cap-year", "ArrowLeft", "0", "20207"),  # where the cursor was
        ("#weight-tax", "Control+A", "6", "6"),
    ]  # fmt: skip
    for number, (field, key, text, found) in enumerate(typed):
        page.page.focus(field)
        page.page.keyboard.press(key)
        drawn_again(page, desk, f"variant {number}")
        page.page.keyboard.type(text)
        assert page.page.input_value(field) == found
    page.page.keyboard.press("Tab")
    page.settled("1")
    assert variant_of(page, desk).held[-1].asked["weight"] == 6


def drawn_again(page: Page, desk: Desk, name: str) -> None:
    """Have the panel drawn again, because another variant was made."""
    before = page.page.locator("#variant option").count()
    page.js("window.old = document.querySelector('#content > *')")
    desk.store.create(name, str(desk.source), "li")
    desk.tell({"event": "variants"})
    page.page.wait_for_function("n => document.querySelectorAll('#variant option').length > n", arg=before)
    page.page.wait_for_function("!window.old.isConnected")
