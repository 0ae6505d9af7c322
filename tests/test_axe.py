"""Maps and the printed page for everybody: axe finds nothing serious, in Chinese or in English, whatever is open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from opened import Opened, serious
from sample_asked import sample_map
from sample_plan import sample_plan, sample_territory
from test_compared import draw, other_of

from planner import maps
from planner.report import Book, Chart, booklet, save_html

pytestmark = pytest.mark.page


def test_the_map(opened: Opened, tmp_path: Path) -> None:
    opened.open(maps.save(sample_map(), tmp_path / "map.html"))
    found: dict[str, list[Any]] = {"start": serious(opened.page)}
    opened.js("void Planner.open('plots', Planner.layers.plots.features[0])")
    opened.page.wait_for_selector(".planner-popup .card")
    found["a plot"] = serious(opened.page)
    opened.js("void Planner.open('buildings', Planner.layers.buildings.features[0])")
    opened.page.wait_for_selector(".planner-popup .floors, .planner-popup svg")
    opened.js("Planner.speak('en'), Planner.colour('land', 'state')")
    found["a building, in English"] = serious(opened.page)
    opened.page.keyboard.press("Escape")
    opened.page.click("#planner-stacks-open")
    found["all buildings"] = serious(opened.page)
    assert {view: what for view, what in found.items() if what} == {}


def test_the_map_of_two_plans(opened: Opened, tmp_path: Path) -> None:
    land = sample_territory()
    plan = sample_plan(land)
    opened.open(draw((plan, other_of(plan, land)), land, tmp_path / "against.html"))
    found: dict[str, list[Any]] = {}
    for mode in ("side", "swipe", "difference"):
        opened.page.click(f"#planner-mode-{mode}")
        found[mode] = serious(opened.page)
    opened.js("Planner.speak('en'), Planner.choose('P-001', true)")
    found["who moved, in English"] = serious(opened.page)
    assert {view: what for view, what in found.items() if what} == {}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report(opened: Opened, tmp_path: Path, lang: Any) -> None:
    ground = sample_territory()
    book = Book(sample_plan(ground), ground, lang)
    opened.page.goto(save_html(booklet(book, Chart.of(book.scene)), tmp_path / "report.html").as_uri())
    assert serious(opened.page) == []
