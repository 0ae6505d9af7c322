"""The page of a review in a real browser, against a real server: chosen, moved, priced, undone, kept."""

from __future__ import annotations

import io
import itertools
import json
import time
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import yaml
from audit_bench import lonlat
from opened import Opened
from openpyxl import load_workbook
from reviewed import desk_of
from reviewed_page import Page, a_desk, a_page, an_address, from_elsewhere, served, variant_of

from planner.intake.inputs import Inputs
from planner.review import session
from planner.review.desk import Desk
from planner.scenario import load
from planner.solve import Progress

pytestmark = pytest.mark.page
desk, address, page = (
    pytest.fixture(scope="module")(a_desk), pytest.fixture(scope="module")(an_address), pytest.fixture(a_page),
)  # fmt: skip
HOSTILE = '<img src=x onerror="window.pwned=1">{{7*7}}=1+1'
SPOT = """(() => { const feature = Planner.layers.parcels_offered.index['YL-07'];
  const point = Planner.map.latLngToContainerPoint(Planner.latlng(feature)); return [point.x, point.y]; })()"""
NAMED = "name => document.getElementById('variant').selectedOptions[0].text === name"


def drawing(page: Page) -> None:
    """Wait until the map takes clicks as corners: the page says so before the map has heard."""
    page.page.frames[1].wait_for_function("() => Planner.map.getContainer().style.cursor === 'crosshair'")


def three_corners(page: Page) -> Any:
    """Click three corners on the map where nothing is; return where the map stands on the page."""
    drawing(page)
    page.map("void Planner.map.setView([22.79, 113.87], 12, {animate: false})")
    box = page.page.locator("#map").bounding_box()
    for x, y in ((120, 520), (200, 520), (160, 580)):
        page.page.mouse.click(box["x"] + x, box["y"] + y)
    return box


def test_list_map_stack_and_score_are_linked(page: Page) -> None:
    assert page.page.locator("#projects li").count() == 20
    page.page.click("#row-P-009")
    assert "P-009/production is placed on B05" in page.page.wait_for_selector(".reasons").inner_text()
    page.page.wait_for_function("() => document.querySelector('#content').innerText.includes('worth')")
    page.page.click("[aria-label='building B05']")
    assert page.page.inner_text("#content h2")
    assert page.page.locator(".stack tr.chosen").count() == 3  # two floors of production and one of the wet part
    page.page.click(".stack .seat:text('P-011')")
    page.page.wait_for_selector("#row-P-011[aria-selected=true]")
    page.on_map("plots", "features.find(feature => feature.properties.project === 'P-007')")
    page.page.wait_for_selector("#row-P-007[aria-selected=true]")
    assert "P-007" in page.text("#content")
    page.on_map("buildings", "index.B03")
    page.page.wait_for_selector("#tab-building[aria-selected=true]")
    page.page.click("#tab-scenario")
    assert "1,694.7" in page.text(".goals tfoot")
    assert "1,694.7" in page.text("#status-score")


def test_a_project_is_moved_by_picking_with_its_test_and_its_price(page: Page, desk: Desk) -> None:
    page.page.click("#row-P-003")
    page.page.keyboard.press("m")
    page.page.fill("#move-place", "YL-03")
    page.page.press("#move-place", "Tab")
    page.page.wait_for_selector(".verdict.no")
    assert "30,000 m² / 12,000 m²" in page.text(".verdict.no")
    assert page.page.locator("#apply-best").count() == 0
    page.on_map("parcels_offered", "index['YL-07']")
    page.page.wait_for_selector("#apply-best")
    assert "at least 1.14, at most 2.56 points" in page.text("#price-best")
    page.page.click("#ask-stay")
    page.page.wait_for_selector("#price-stay details, #price-stay .muted")
    page.page.click("#apply-best")
    page.settled("1")
    assert "P-003 at YL-07" in page.text(".edits")
    assert "1,692.2" in page.text("#status-score")
    page.map_has("P-003", "YL-07")
    assert variant_of(page, desk).held[0].diff == {"locks": {"P-003": "YL-07"}}
    page.page.keyboard.press("z")
    page.settled("0")
    assert "1,694.7" in page.text("#status-score")
    page.page.click("#redo")
    page.settled("1")
    assert "1,692.2" in page.text("#status-score")


def test_a_project_is_dragged_from_the_list_onto_the_map(page: Page) -> None:
    spot = page.map(SPOT)
    box = page.page.locator("#map").bounding_box()
    row = page.page.locator("#row-P-003").bounding_box()
    page.page.mouse.move(row["x"] + 60, row["y"] + 12)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 50, box["y"] + 50, steps=4)
    assert page.page.locator(".ghost").inner_text().startswith("P-003")
    page.page.mouse.move(box["x"] + spot[0], box["y"] + spot[1], steps=4)
    page.page.mouse.up()
    page.page.wait_for_selector("#apply-best")
    assert page.page.input_value("#move-place") == "YL-07"


def test_acts_forms_and_drawing_become_lines_of_the_scenario(page: Page, desk: Desk) -> None:
    page.page.click("#row-P-007")
    page.page.click("#act-sign")
    page.settled("1")
    page.page.fill("#weight-tier", "7")
    page.page.press("#weight-tier", "Tab")
    page.settled("2")
    page.page.click(".more > summary")
    page.page.fill("#withdraw-places", "XQD-08, B05-F06")
    page.page.click("[data-edit=withdraw] button")
    page.settled("3")
    page.page.click("#new-area > summary")
    page.page.select_option("#new-area-kind", "corridor")
    page.page.click("#new-area-draw")
    three_corners(page)
    page.page.keyboard.press("Enter")
    page.page.wait_for_function("() => document.getElementById('new-area-corners').value.split('\\n').length === 3")
    page.page.click("[data-new=area] [type=submit]")
    page.settled("4")
    asked = [edit.asked["kind"] for edit in variant_of(page, desk).held]
    assert asked == ["sign", "weight", "withdraw", "restrict"]
    assert len(variant_of(page, desk).held[-1].diff["changes"][0]["restrict"]["polygon"]) == 3
    page.page.click("#tab-project")
    page.page.wait_for_selector(".chips .signed")  # the plan comes after its score
    page.page.click("#act-free")
    page.settled("5")


def test_one_part_of_several_is_signed_off_and_taken_back(page: Page, desk: Desk) -> None:
    """By keys as well; once all parts are signed off the project is, and one part taken back leaves the other."""
    page.page.click("#row-P-003")  # of one part
    assert page.page.locator(".signer").count() == 0
    page.page.click("#row-P-008")
    production, research = (f"[id='sign-P-008/{part}']" for part in ("production", "research"))
    page.page.click(research)
    page.page.wait_for_selector(research + "[aria-pressed=true]")
    assert page.page.locator(".chips .signed").count() == 0
    page.page.focus(production)
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector(".chips .signed")
    page.page.click(research)
    page.page.wait_for_selector(research + "[aria-pressed=false]")
    assert page.page.locator(".chips .signed").count() == 0
    assert page.page.get_attribute(production, "aria-pressed") == "true"
    held = [(edit.asked["kind"], edit.asked["who"]) for edit in variant_of(page, desk).held]
    assert held == [("sign", "P-008/research"), ("sign", "P-008/production"), ("free", "P-008/research")]


def test_a_project_is_added_by_a_form_that_says_beside_each_field_what_is_wrong(page: Page, desk: Desk) -> None:
    page.page.click("#tab-scenario")
    page.page.click("#new-project > summary")
    for name, text in (("project-id", "P-900"), ("project-name", HOSTILE), ("project-industry", "A06.1"),
                       ("project-investment_yi", "90"), ("part-0-load_kn_m2", "heavy")):  # fmt: skip
        page.page.fill("#new-" + name, text)
    page.page.check("#new-part-0-accepts-P")
    page.page.click("[data-new=project] [type=submit]")
    page.page.wait_for_selector("#new-project-tier-wrong")
    assert "tier must be given" in page.text("#new-project-tier-wrong")
    assert "must be a number (kN/m²); found 'heavy'" in page.text("#new-part-0-load_kn_m2-wrong")
    assert "needs land_m2" in page.text("#new-part-0-land_m2-wrong")
    assert page.js("document.activeElement.id") == "new-project-tier"
    page.page.select_option("#new-project-tier", "战略级")
    page.page.fill("#new-part-0-load_kn_m2", "1.5 t/m²")
    page.page.fill("#new-part-0-land_m2", "3 公顷")
    page.page.click("#part-more")
    assert page.js("document.activeElement.id") == "new-part-1-part"
    page.page.keyboard.type("research")
    page.page.check("#new-part-1-accepts-U")
    page.page.fill("#new-part-1-gfa_m2", "2000")
    page.page.select_option("#new-part-1-wet_process", "no")
    page.page.press("#new-part-1-gfa_m2", "Enter")
    page.settled("1")
    page.errors.clear()  # the browser says that a request was refused
    assert variant_of(page, desk).held[-1].diff["changes"] == [{"add": {
        "layer": "projects", "id": "P-900", "name": HOSTILE, "industry": "A06.1", "tier": "战略级", "investment_yi": 90,
        "parts": [{"part": "main", "accepts": "P", "load_kn_m2": "1.5 t/m²", "land_m2": "3 公顷"},
                  {"part": "research", "accepts": "U", "gfa_m2": 2000, "wet_process": False}],
    }}]  # fmt: skip
    page.page.click("#row-P-900")
    page.page.click("#tab-project")
    assert page.text("#project-name") == HOSTILE
    assert page.page.locator("#projects li").count() == 21


def test_a_parcel_is_drawn_or_typed_corner_by_corner(page: Page, desk: Desk) -> None:
    """By the pointer, given up, and by keys alone; over another it is refused beside its corners."""
    page.page.click("#tab-scenario")
    page.page.focus("#new-parcel > summary")
    page.page.keyboard.press("Enter")
    page.page.click("#new-parcel-draw")
    box = three_corners(page)
    page.page.mouse.dblclick(box["x"] + 130, box["y"] + 560)
    page.page.wait_for_function("() => document.getElementById('new-parcel-corners').value.split('\\n').length === 4")
    page.page.click("#new-parcel-draw")
    drawing(page)
    page.page.mouse.click(box["x"] + 120, box["y"] + 520)
    page.page.keyboard.press("Escape")
    page.page.wait_for_selector("#new-parcel-draw[aria-pressed=false]")
    assert len(page.page.input_value("#new-parcel-corners").split("\n")) == 4
    for west, said in ((488_000, "overlap: XQD-16 + XQD-05"), (488_120, "")):
        corners = lonlat((west, 2_520_000), (west + 200, 2_520_000), (west + 200, 2_520_150), (west, 2_520_150))
        for name, text in (("id", "XQD-16"), ("land_class", "M1"), ("ready_year", "2026"), ("far_max", "3"),
                           ("corners", "\n".join(f"{lon:.7f}, {lat:.7f}" for lon, lat in corners))):  # fmt: skip
            page.page.fill("#new-parcel-" + name, text)
        page.page.select_option("#new-parcel-state", "free")
        assert page.text("#new-parcel-size") in ("about 29,999 m²", "about 30,000 m²", "about 30,001 m²")
        page.page.press("#new-parcel-far_max", "Enter")
        if said:
            page.page.wait_for_selector("#new-parcel-corners-wrong")
            assert said in page.text("#new-parcel-corners-wrong")
    page.settled("1")
    page.errors.clear()  # the browser says that a request was refused
    page.page.frames[1].wait_for_function("() => !!Planner.layers.parcels_offered.index['XQD-16']")
    add = variant_of(page, desk).held[-1].diff["changes"][0]["add"]
    assert {name: add[name] for name in ("layer", "id", "state", "land_class", "far_max", "ready_year")} == {
        "layer": "parcels", "id": "XQD-16", "state": "free", "land_class": "M1", "far_max": 3, "ready_year": 2026,
    }  # fmt: skip


def test_every_other_edit_is_made_by_its_form(page: Page, desk: Desk) -> None:
    page.page.click("#row-P-005")
    page.page.click("#need > summary")
    page.page.select_option("#need-column", "power_kva")
    page.page.fill("#need-value", "900")
    page.page.click("#need button[type=submit]")
    page.settled("1")
    page.page.click(".more > summary")
    forms = {
        "capacity": {"cap-park": "YL", "cap-year": "2027", "cap-value": "30 MVA"},
        "rule": {"rule-name": "lifts", "rule-value": "true"},
        "reserve": {"reserve-tier": "战略级", "reserve-parcels": "YL-01"},
        "ban": {"ban-who": "P-005", "ban-place": "YL-04"},
        "keys": {"keys-json": '{"sites": {"plot_parcels_max": 2}}'},
    }
    for number, (kind, fields) in enumerate(forms.items(), 2):
        for field, typed in fields.items():
            page.page.fill(f"#{field}", typed)
        page.page.click(f"[data-edit={kind}] button[type=submit]")
        page.settled(str(number))
    held = variant_of(page, desk).held
    assert [edit.asked["kind"] for edit in held] == ["set", *forms]
    assert held[0].diff == {"changes": [{"set": {"layer": "parts", "id": "P-005/main", "power_kva": 900}}]}
    assert held[1].diff == {"rules": {"power": {"caps": {"YL": {"2027": "30 MVA"}}}}}


def test_a_solve_streams_how_far_it_is_and_is_stopped_with_the_best_so_far(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A solve that would go on for ever tells score, bound and gap again and again, until it is stopped by a click."""
    real = session.answered

    def endless(start: Any, steps: Any, watch: Any, stop: Any, case: Any = None) -> Any:
        for best in itertools.count():
            if stop():
                return real(start, steps, watch, lambda: False, case)
            watch(Progress("search", 0.1 * best, 1600.0 + best % 50, 1700.0))
            time.sleep(0.02)

    monkeypatch.setattr(session, "answered", endless)
    page.page.click("#tab-scenario")
    page.page.fill("#weight-tax", "4")
    page.page.press("#weight-tax", "Tab")
    page.page.wait_for_selector("#status.solving #busy")
    first = page.page.wait_for_selector("#status-score:has-text('1,6')").inner_text()
    page.page.wait_for_function("first => document.querySelector('#status-score').textContent !== first", arg=first)
    assert page.text("#status-bound") == "1,700.0"
    assert page.text("#status-gap").endswith("%")
    page.page.click("#stop")
    page.settled("1")
    assert page.text("#status-score") not in (first, "—")


def test_the_rest_stays_where_it_can_if_that_is_asked(page: Page, desk: Desk) -> None:
    page.page.click("#row-P-003")
    page.page.click("#act-move")
    page.page.fill("#move-place", "YL-07")
    page.page.press("#move-place", "Tab")
    page.page.click("#apply-stay")
    page.settled("1")
    assert variant_of(page, desk).held[0].asked["others"] == "stay"


def test_who_did_what_when_is_told(page: Page) -> None:
    page.page.click("#row-P-003")
    page.page.click("#act-sign")
    page.settled("1")
    page.page.click("#undo")
    page.page.click("#tab-history")
    page.page.wait_for_selector(".history li:has-text('undid')")
    said = page.page.locator(".history li").all_inner_texts()
    assert len(said) == 3
    assert "undid" in said[0]
    assert "P-003 signed off" in said[1]
    assert "made the variant" in said[2]


def test_the_api_is_described_to_whoever_asks(page: Page) -> None:
    told = page.js("async () => (await fetch('/api/v1/openapi.json')).json()")
    assert told["info"]["version"] == "1"
    assert all(path.startswith("/api/v1/") for path in told["paths"])
    assert all(one.get("summary") for path in told["paths"].values() for one in path.values())


def test_the_browser_is_opened_where_the_server_says_it_is(
    browser: Any, small: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = SimpleQueue[str]()
    monkeypatch.setattr("webbrowser.open", seen.put)
    with desk_of(small, tmp_path) as desk, served(desk, browse=True) as address:
        assert seen.get(timeout=30) == address
        assert seen.empty()
        context = browser.new_context()
        page = Page(context.new_page())
        page.page.goto(address)
        page.page.wait_for_selector("html[data-page=ready][data-map=ready]", timeout=30_000)
        page.all_is_well(address)
        context.close()


def test_what_others_do_is_seen_at_once_and_a_stale_edit_shows_both(page: Page, desk: Desk) -> None:
    one = variant_of(page, desk)
    held = desk.session(one.id)
    edit = {"kind": "ban", "who": "P-002", "place": {"name": "YL-01"}}
    from_elsewhere(held, 1, edit)
    page.settled("1")
    assert "P-002 not at YL-01" in page.text(".edits")
    tell, held.tell = held.tell, lambda _: None  # the page hears nothing of the next
    from_elsewhere(held, 2, {"kind": "weight", "goal": "tax", "weight": 4})
    held.tell = tell
    page.page.fill("#weight-tier", "2")
    page.page.press("#weight-tier", "Tab")
    page.page.wait_for_selector("dialog[open]")
    dialog = page.text("dialog")
    assert "weight of tier: 2" in dialog
    assert "weight of tax: 4" in dialog
    page.page.click("dialog button")
    page.settled("2")
    page.errors.clear()  # the browser says that a request was refused


def test_hostile_names_and_comments_are_text(page: Page, desk: Desk) -> None:
    page.page.click("#row-P-003")
    page.page.fill("#say-P-003", HOSTILE)
    page.page.click(".sayer button")
    page.page.wait_for_selector(".comments li")
    assert HOSTILE in page.text(".comments")
    page.page.click("#new-variant")
    page.page.fill("#variant-name", HOSTILE)
    page.page.click("dialog button.main")
    page.page.wait_for_function(NAMED, arg=HOSTILE)
    page.page.click("#tab-history")
    assert page.js("document.querySelectorAll('img, [onerror]').length") == 0


@pytest.mark.filterwarnings("ignore:.* extension is not supported")
def test_exports_and_an_offline_page_whose_comments_are_merged_back(
    page: Page,
    desk: Desk,
    browser: Any,
    tmp_path: Path,
    small_folder: Path,
) -> None:
    def got(key: str) -> Path:
        page.page.click("#export")
        with page.page.expect_download() as waiting:
            page.page.click(f"#get-{key}")
        file = tmp_path / f"{key}.{key.split('_')[1]}"
        waiting.value.save_as(file)
        return file

    page.page.click("#row-P-007")
    page.page.keyboard.press("l")
    page.settled("1")
    told = yaml.safe_load(got("export_yaml").read_text(encoding="utf-8"))
    assert told["locks"] == {"P-007/main": {"parcels": ["YL-03"]}}
    beside = small_folder / "exported.yaml"
    beside.write_text(yaml.safe_dump(told), encoding="utf-8")
    assert load(beside).locks["P-007/main"].parcels == ("YL-03",)
    book = load_workbook(io.BytesIO(got("export_xlsx").read_bytes()))
    assert len(book.sheetnames) > 5
    assert got("export_pdf").read_bytes().startswith(b"%PDF")
    assert "P-007" in got("export_report").read_text(encoding="utf-8")
    file = got("export_html").rename(tmp_path / "offline.html")
    context = browser.new_context(offline=True, viewport={"width": 1366, "height": 768})
    away = Opened(context.new_page())
    away.open(file)
    away.page.click("#planner-notes summary")
    for name, text in (("who", "zhao"), ("subject", "P-007"), ("text", HOSTILE)):
        away.page.fill(f"#planner-note-{name}", text)
    away.page.click("#planner-note-add")
    with away.page.expect_download() as waiting:
        away.page.click("#planner-note-save")
    waiting.value.save_as(tmp_path / "comments.json")
    away.harmless()
    context.close()
    assert json.loads((tmp_path / "comments.json").read_text())["comments"][0]["text"] == HOSTILE
    for _ in range(2):  # twice is once
        page.page.set_input_files("#merge-file", tmp_path / "comments.json")
        page.page.wait_for_function("() => document.querySelector('#said').textContent.includes('added')")
        page.js("document.querySelector('#said').textContent = ''")
    said = desk.store.comments(variant_of(page, desk).id)
    assert [(one.text, one.author) for one in said] == [(HOSTILE, "zhao (local)")]
