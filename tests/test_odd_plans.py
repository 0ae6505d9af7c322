"""Every output of every odd plan, opened again: counts, names as they are, nothing that acts.

A row of `ODD` and a row of `OUTPUTS` make a case; each output says what it must hold of any plan.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import ezdxf
import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from odd_plans import CROWD, ODD, Odd
from opened import Opened
from test_paper import opened as read_page
from test_paper import read as read_pdf
from test_workbook import HEADER

from planner import maps
from planner.cli.writing import PAPERS
from planner.export import FORMATS, export
from planner.export.files import DATABASE
from planner.intake.vector import layers_of as named_layers
from planner.intake.vector import read_any
from planner.layers import layers_of
from planner.report import Book, atlas, booklet, save, save_four, save_html, save_pdf, sheets
from planner.report.four import NAMES
from planner.report.printing import breakable, printable
from planner.report.workbook import clean

pytestmark = pytest.mark.filterwarnings("ignore:.*xtension is not supported:UserWarning:openpyxl")
PLACED = ("placed_plots", "placed_units")
BACKWARDS = re.compile("[\u0590-\u06ff\U0001f000-\U0001ffff]")
"""Signs that a reader of PDF tells in another order than they were written, with all of their line; and pictures."""


@cache
def odd(name: str) -> Odd:
    return ODD[name]()


def book_of(given: Odd) -> Book:
    """Return what is told of a plan, beside itself."""
    alone = Book(given.plan, given.ground, given.lang)
    return Book(given.plan, given.ground, given.lang, others=(alone,))


def told(page: str, name: str) -> Any:
    """Return what a page holds for its scripts."""
    block = re.search(rf'<script type="application/json" id="planner-{name}">(.*?)</script>', page, re.DOTALL)
    assert block, name
    return json.loads(block[1])


def drawn(page: str, layer: str) -> list[Any]:
    """Return the features of a layer of a page."""
    features: list[Any] = told(page, layer)["features"]
    return features


def ids(table: pd.DataFrame) -> list[str]:
    return sorted(set(table["project"].astype(str))) if len(table) else []


# what each output holds of any plan


def on_the_map(given: Odd, folder: Path) -> None:
    """**Proves** that the page is told all projects by their names. **Sensitivity**: a project without name is lost."""
    page = maps.save(maps.draw(given.plan, given.ground, given.lang), folder / "map.html").read_text("utf-8")
    frame = told(page, "frame")
    assert sorted(frame["projects"]) == given.projects
    assert sorted(one["id"] for one in frame["out"]) == ids(given.plan.left_out)
    assert [frame["projects"][f"P-{k:03d}"]["name"] for k in range(len(given.names))] == list(given.names)
    assert len(drawn(page, "plots")) == given.of_kind("plot")
    assert len(drawn(page, "parks")) == len(given.ground.parks)
    homes = [one["properties"] for one in drawn(page, "buildings")]  # what the building view is made of
    assert sorted(one["id"] for one in homes) == sorted(given.ground.buildings.index)
    assert sum(len(one["floors"]) for one in homes) == len(given.ground.floors)


def on_the_map_of_two(given: Odd, folder: Path) -> None:
    """**Proves** that each plan stands beside itself unmoved. **Sensitivity**: a plan that differs from itself."""
    stands = stood(given)
    drawing = maps.draw_compared((given.plan,) * 2, (given.ground,) * 2, (stands,) * 2, given.lang)
    page = maps.save(drawing, folder / "against.html").read_text("utf-8")
    frame = told(page, "frame")
    assert frame["moves"] == []
    assert [len(side) for side in frame["placed"]] == [len(stands)] * 2


def stood(given: Odd) -> gpd.GeoDataFrame:
    """Return where the parts of a plan stand, as its folder holds it."""
    layers = layers_of(given.plan, given.ground)
    frames = [layers[name] for name in PLACED if name in layers]
    if not frames:
        return gpd.GeoDataFrame({"project": []}, geometry=[])
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=given.ground.crs)


def workbook(given: Odd, folder: Path) -> None:
    """**Proves** a row a placement and a row a project left out. **Sensitivity**: a sheet that is not written."""
    file = openpyxl.load_workbook(save(book_of(given), folder / "plan.xlsx"), read_only=True)
    assert rows_of(file, {"zh": "落位", "en": "Placements"}[given.lang], 0) == list(given.plan.placements["project"])
    assert sorted(rows_of(file, {"zh": "未落位", "en": "Left out"}[given.lang], 0)) == ids(given.plan.left_out)
    if given.names:
        names = set(rows_of(file, {"zh": "落位", "en": "Placements"}[given.lang], 1))
        assert set(map(clean, given.names)) <= names


def rows_of(file: openpyxl.Workbook, sheet: str, column: int) -> list[Any]:
    return [row[column] for row in file[sheet].iter_rows(min_row=HEADER + 2, values_only=True)]


def page_report(given: Odd, folder: Path) -> None:
    """**Proves** that every project stands in the page. **Sensitivity**: names cut, or read as markup."""
    book = Book(given.plan, given.ground, given.lang)
    found = read_page(save_html(booklet(book), folder / "report.html"))
    assert found.fetched == []
    assert not {"script", "img", "iframe", "link"} & found.tags
    text = "".join(found.data)
    assert [project for project in (*given.projects, *ids(given.plan.left_out)) if project not in text] == []
    assert [name for name in given.names if breakable(name) not in text] == []


def pdf(make: Callable[..., Any]) -> Callable[[Odd, Path], None]:
    """Return what a paper holds as PDF."""

    def holds(given: Odd, folder: Path) -> None:
        book = Book(given.plan, given.ground, given.lang) if make is booklet else book_of(given)
        pages = read_pdf(save_pdf(make(book), folder / "paper.pdf"))
        said = "".join(pages)
        if make is booklet:
            solid, rows = re.sub(r"\s", "", said), pd.concat([given.plan.placements, given.plan.left_out])
            shown = [[project, re.sub(r"\s", "", printable(name))] for project, name in
                     zip(rows["project"], rows["name"], strict=True) if not BACKWARDS.search(name)]  # fmt: skip
            assert [one for each in shown for one in each if one not in solid] == []
        elif make is atlas:
            assert len(pages) == max(given.of_kind("plot"), 1)
        else:
            assert len(pages) == 2
        assert all(page.strip() for page in pages)

    return holds


def four(given: Odd, folder: Path) -> None:
    """**Proves** that all four pieces are there. **Sensitivity**: one that nobody placed is not written."""
    there = save_four(book_of(given), folder / "four")
    text, table, base, plots = (there / name for name in NAMES[given.lang])
    assert "".join(read_pdf(text)).strip()
    book = openpyxl.load_workbook(table, read_only=True)
    assert sorted(rows_of(book, book.sheetnames[0], 0)) == sorted(given.plan.placements["project"])
    assert len(read_pdf(plots)) == max(given.of_kind("plot"), 1)
    assert set(layers_of(given.plan, given.ground)) <= set(named_layers(base))


def database(given: Odd, folder: Path) -> None:
    """**Proves** that the layers open with all rows. **Sensitivity**: an empty layer that cannot be written."""
    export(given.plan, given.ground, folder, "gpkg", given.lang)
    there = named_layers(folder / DATABASE)
    for name, layer in layers_of(given.plan, given.ground).items():
        again = read_any(folder / DATABASE, name, None, where=name)
        assert len(again) == len(layer)
        if "name" in layer:
            assert list(again["name"].fillna("")) == list(layer["name"].fillna(""))
    assert ("left_out" in there) == bool(len(given.plan.left_out))


def vector(form: str, suffix: str, encoding: str = "utf-8") -> Callable[[Odd, Path], None]:
    """Return what a format of a file a layer holds."""

    def holds(given: Odd, folder: Path) -> None:
        layers = layers_of(given.plan, given.ground)
        done = export(given.plan, given.ground, folder, form, given.lang, encoding)
        assert sorted(file.name for file in done.files) == sorted(f"{name}{suffix}" for name in layers)
        for file in done.files:
            again, layer = read_any(file, None, None, where=file.name), layers[file.stem]
            assert isinstance(again, gpd.GeoDataFrame)
            assert len(again) == len(layer)
            assert again.geometry.is_valid.all()
            if "name" in layer:
                held = [(name or "").encode(encoding, "replace") for name in layer["name"].fillna("")]
                short = [name[: 254 if form == "shp" else None].decode(encoding, "ignore") for name in held]
                assert list(again["name"].fillna("")) == short

    return holds


def cad(given: Odd, folder: Path) -> None:
    """**Proves** an outline a plot, or no drawing. **Sensitivity**: a file that no CAD opens."""
    done = export(given.plan, given.ground, folder, "dxf", given.lang)
    assert len(done.files) == bool(given.of_kind("plot"))
    assert bool(done.notes) != bool(done.files)
    for file in done.files:
        drawn = ezdxf.readfile(file)
        assert len(drawn.modelspace().query("LWPOLYLINE")) == given.of_kind("plot")
        assert not drawn.audit().has_errors


OUTPUTS: Mapping[str, Callable[[Odd, Path], None]] = {
    "map": on_the_map, "against": on_the_map_of_two, "workbook": workbook,
    "page": page_report, "booklet": pdf(booklet), "sheets": pdf(sheets), "atlas": pdf(atlas), "four": four,
    "gpkg": database, "geojson": vector("geojson", ".geojson"), "shp": vector("shp", ".shp"),
    "shp gbk": vector("shp", ".shp", "gbk"), "kml": vector("kml", ".kml"), "dxf": cad,
}  # fmt: skip
SAME = ("geojson", "shp", "shp gbk", "kml", "dxf", "four")
"""Outputs that hold nobody left out, or what another holds too: a crowd of these is no other case. The "4个1" has an
atlas in it, which is looked at there.
"""
CASES = [pytest.param(one, output, marks=[pytest.mark.long] if (one, output) == ("crowd", "booklet") else [])
         for one in ODD for output in OUTPUTS
         if (one != "crowd" or output not in SAME) and (output != "atlas" or one == "older")]  # fmt: skip


@pytest.mark.parametrize(("name", "output"), CASES)
def test_an_odd_plan_has_every_output(name: str, output: str, tmp_path: Path) -> None:
    OUTPUTS[output](odd(name), tmp_path)
    assert not [path.name for path in tmp_path.rglob(".*")], "nothing half written is left"


def test_every_output_of_a_plan_has_its_row() -> None:
    papers = {"pdf": "booklet", "html": "page"}
    assert {papers.get(name, name) for name in PAPERS} | set(FORMATS) <= set(OUTPUTS)


# pages in a browser


@pytest.fixture
def page(opened: Opened) -> Iterator[Opened]:
    yield opened
    opened.harmless()


@pytest.mark.page
@pytest.mark.parametrize("name", ODD)
def test_pages_of_an_odd_plan_open_without_an_error(name: str, page: Opened, tmp_path: Path) -> None:
    """**Proves** both maps and the buildings, offline. **Sensitivity**: a script that expects a name, a year."""
    given = odd(name)
    page.open(maps.save(maps.draw(given.plan, given.ground, given.lang), tmp_path / "map.html"))
    assert page.js("Planner.frame.out.length") == len(ids(given.plan.left_out))
    page.js("""(() => { Planner.speak('zh'); Planner.setYear(2027); Planner.paper(); Planner.screen();
      Planner.measure(true); Planner.measure(false); Planner.speak('en'); })()""")
    page.page.fill("#planner-search", "P-0")
    page.page.fill("#planner-search", "")
    assert page.page.locator("#planner-stacks-open").count() == bool(len(given.ground.buildings))
    if len(given.ground.buildings):
        page.page.locator("#planner-stacks-open").click()
        assert page.js("document.querySelectorAll('[data-building]').length") == len(given.ground.buildings)
    stands = stood(given)
    drawing = maps.draw_compared((given.plan,) * 2, (given.ground,) * 2, (stands,) * 2, given.lang)
    page.open(maps.save(drawing, tmp_path / "against.html"))
    for mode in ("side", "swipe", "difference"):
        page.js("mode => Planner.set(mode)", mode)
    wide = page.js("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1], "nothing pushes the page wide"


def test_a_crowd_is_one() -> None:
    assert len(odd("crowd").plan.left_out) == CROWD
