"""All buildings beside one another, in a browser that is offline: sorted, filtered, opened by click and by keys."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opened import Opened
from sample_plan import HOSTILE, sample_plan, sample_territory

from planner import maps
from planner.territory import Territory

pytestmark = pytest.mark.page
LONG, EMOJI, RIGHT = "厂" * 200, "🏭 智造 🤖", HOSTILE[4]


def named(buildings: int) -> Territory:
    """Return a territory with so many buildings: one name long, one of pictures, one right to left."""
    land = sample_territory(buildings=buildings, name_zh=LONG)
    homes = land.buildings.copy()
    homes["name_zh"] = [LONG, EMOJI, RIGHT, *homes["name_zh"][3:]][:buildings]
    homes["delivery_year"] = [2030.0 - k % 5 for k in range(buildings)]
    homes["home_park"] = ["YB" if k % 3 else "YL" for k in range(buildings)]
    return dataclasses.replace(land, buildings=homes)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    land = named(7)
    return maps.save(maps.draw(sample_plan(land, units=9), land, "zh"), tmp_path_factory.mktemp("stacks") / "map.html")


@pytest.fixture
def page(opened: Opened, file: Path) -> Iterator[Opened]:
    opened.open(file)
    opened.page.locator("#planner-stacks-open").click()
    yield opened
    opened.harmless()


def order(page: Opened) -> list[str]:
    return list(page.js("Array.from(document.querySelectorAll('[data-building]'), one => one.dataset.building)"))


def told(page: Opened) -> dict[str, dict[str, Any]]:
    every: list[dict[str, Any]] = page.js("Planner.layers.buildings.features.map(one => one.properties)")
    return {one["id"]: one for one in every}


def test_every_building_is_there_with_its_floors_on_one_scale(page: Opened) -> None:
    """**Proves** that heights and widths compare. **Sensitivity**: each building scaled to its own card."""
    assert page.text("#planner-stacks .count") == "7 / 7"
    page.page.wait_for_selector("[data-building=B01] svg")
    sizes = page.js(
        """() => Array.from(document.querySelectorAll('[data-building=B01] .floor > rect.free'),
           one => [+one.getAttribute('height') + 1, +one.getAttribute('width')])"""
    )
    assert len(sizes) == 4
    assert sizes[0][0] / sizes[1][0] == pytest.approx(7 / 5)
    other = page.js("+document.querySelector('[data-building=B02] .floor > rect.free').getAttribute('width')")
    assert other == pytest.approx(sizes[0][1])


@pytest.mark.parametrize("key", ["vacancy", "pole", "delivery", "name"])
def test_buildings_are_sorted(key: str, page: Opened) -> None:
    page.page.locator("#planner-stacks-sort").select_option(key)
    every, found = told(page), order(page)
    assert sorted(found) == sorted(every)
    if key == "vacancy":
        share = [every[one]["free_m2"] / every[one]["area_m2"] for one in found]
        assert share == sorted(share, reverse=True)
        assert share[0] > share[-1]
    if key == "pole":
        assert [every[one]["home"] for one in found] == ["YL"] * 3 + ["YB"] * 4
    if key == "delivery":
        years = [every[one]["delivery_year"] for one in found]
        assert years == sorted(years)
        assert years[0] < years[-1]
    if key == "name":
        assert set(found[:4]) > {"B04", "B05"} or found.index("B04") < found.index("B05") < found.index("B06")


def test_buildings_are_filtered_by_pole_and_park(page: Opened) -> None:
    for value, many in (("poles", 3), ("YL", 3), ("YB", 4), ("", 7)):
        page.page.locator("#planner-stacks-where").select_option(value)
        assert page.text("#planner-stacks .count") == f"{many} / 7"
        assert len(order(page)) == many


def test_a_click_opens_the_card_of_the_tenant_which_leads_to_the_map(page: Opened) -> None:
    seat = page.page.locator("[data-part]").first
    part = seat.get_attribute("data-part")
    building = seat.evaluate("one => one.closest('[data-building]').dataset.building")
    seat.click()
    card = page.page.locator(".stacks-side .card")
    assert str(part) in card.inner_text()
    assert seat.get_attribute("aria-pressed") == "true"
    page.page.locator("#planner-stacks-go").click()
    page.page.locator("#planner-stacks").wait_for(state="detached", timeout=5_000)
    assert building in page.card.inner_text()


def test_a_seat_within_the_floors_opens_it_too(page: Opened) -> None:
    page.page.locator("#planner-stacks rect.seat.pick").first.click()
    assert page.page.locator(".stacks-side .card").count() == 1
    page.page.keyboard.press("Escape")
    assert page.page.locator(".stacks-side").count() == 0
    assert page.page.locator("#planner-stacks").count() == 1


def test_keys_alone_are_enough(page: Opened) -> None:
    """**Proves** arrows from building to building, Enter, Escape back to where it was opened."""
    page.page.locator("[data-building] h3 button").first.focus()
    first = page.js("document.activeElement.closest('[data-building]').dataset.building")
    page.page.keyboard.press("ArrowRight")
    assert page.js("document.activeElement.closest('[data-building]').dataset.building") == order(page)[1]
    page.page.keyboard.press("ArrowLeft")
    assert page.js("document.activeElement.closest('[data-building]').dataset.building") == first
    page.page.keyboard.press("Escape")
    page.page.locator("#planner-stacks").wait_for(state="detached", timeout=5_000)
    assert page.js("document.activeElement.id") == "planner-stacks-open"


def test_it_speaks_both_languages(page: Opened) -> None:
    page.page.locator("#planner-stacks-language").click()
    assert page.text("#planner-stacks h2").startswith("All industry-upstairs buildings")
    assert "Vacant" in page.text("#planner-stacks header")


@pytest.mark.parametrize(("wide", "high"), [(1366, 768), (1920, 1080)])
def test_no_card_is_wider_than_its_column(wide: int, high: int, page: Opened) -> None:
    """**Proves** that names of 200 signs, pictures and right-to-left names stay within their card."""
    page.page.set_viewport_size({"width": wide, "height": high})
    inside = """Array.from(document.querySelectorAll(".stacks, [data-building]"))
      .every(one => one.scrollWidth <= one.clientWidth + 1)"""
    assert page.js(inside)
    assert page.js("Math.max(...Array.from(document.querySelectorAll('.stacks h3'), one => one.offsetHeight))") < 50


def test_hundreds_of_buildings_draw_only_what_is_near(opened: Opened, tmp_path: Path) -> None:
    """**Proves** that 300 buildings open at once. **Sensitivity**: all of them drawn before any is seen."""
    land = named(300)
    opened.open(maps.save(maps.draw(sample_plan(land), land, "zh"), tmp_path / "map.html"))
    opened.page.locator("#planner-stacks-open").click()
    assert len(order(opened)) == 300
    opened.page.wait_for_selector(".drawing svg")
    assert 0 < opened.js("document.querySelectorAll('.drawing svg').length") < 150
    opened.js("document.querySelector('[data-building]:last-child').scrollIntoView()")
    opened.page.wait_for_selector("[data-building]:last-child .drawing svg")
    opened.harmless()
