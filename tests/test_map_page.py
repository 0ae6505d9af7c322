"""The map in a browser that is offline: no request, no error, everything found, opened, toggled, in both languages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from opened import Opened
from sample_asked import sample_map
from sample_plan import HOSTILE, sample_plan, sample_territory

from planner import maps
from planner.maps.layers import LAYERS

SIZES = [(1366, 768), (1920, 1080)]
pytestmark = pytest.mark.page


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return maps.save(sample_map(), tmp_path_factory.mktemp("map") / "map.html")


@pytest.fixture
def map_page(opened: Opened, file: Path) -> Iterator[Opened]:
    opened.open(file)
    yield opened
    opened.harmless()


def test_it_opens_with_title_proof_and_the_word_illustrative(map_page: Opened) -> None:
    head = map_page.text("#planner-left .title")
    assert "样板方案" in head
    assert "71.3" in head
    assert "1.04%" in head
    assert "几何为示意" in head
    assert "2023-01-05" in head


def test_every_layer_toggles(map_page: Opened) -> None:
    on = "name => Planner.map.hasLayer(Planner.layers[name].group)"
    for layer in LAYERS:
        box = map_page.page.locator(f"#planner-layer-{layer.name}")
        if not map_page.js("name => Planner.layers[name].features.length", layer.name):
            assert box.count() == 0, "a layer without features is not offered"
            continue
        assert map_page.js(on, layer.name) == layer.shown
        box.click()
        assert map_page.js(on, layer.name) != layer.shown
        box.click()
        assert map_page.js(on, layer.name) == layer.shown


def test_drawn_features_are_counted_at_three_zooms(map_page: Opened) -> None:
    drawn = """name => { const l = Planner.layers[name], s = l.symbols || {};
      const on = part => part && Planner.map.hasLayer(part) ? part.getLayers().length : 0;
      return [on(l.shapes), on(s.far), on(s.near), on(s.all)]; }"""
    map_page.js("void Planner.map.setZoom(12, {animate: false})")
    assert map_page.js(drawn, "plots") == [0, 6, 0, 0], "circles from afar"
    assert map_page.js(drawn, "buildings") == [0, 5, 0, 0]
    map_page.js("void Planner.map.setZoom(14, {animate: false})")
    assert map_page.js(drawn, "plots") == [6, 0, 0, 0], "their shapes nearer"
    assert map_page.js(drawn, "buildings") == [0, 0, 5, 0], "rings of floor area"
    map_page.js("void Planner.map.setZoom(17, {animate: false})")
    assert map_page.js(drawn, "buildings") == [5, 0, 5, 0], "footprints under the rings"
    assert map_page.js(drawn, "parcels_offered") == [20, 0, 0, 0]


FOUND = {
    "p-003": "示例项目 003",
    "示例单位4": "示例项目 004",
    "样板-007": "A407-0007",
    "A407-0007": "地块 样板-007",
    "B02": "样板2号厂房",
    "Sample block 2": "样板2号厂房",
    "燕罗": "增长极",
    "湾区芯城": "燕罗",
}
"""What is typed, and what the card that opens says."""


def test_search_finds_projects_parcels_buildings_and_parks(map_page: Opened) -> None:
    for typed, expected in FOUND.items():
        map_page.page.fill("#planner-search", typed)
        map_page.page.press("#planner-search", "Enter")
        assert expected in map_page.card.inner_text(), typed
        map_page.page.keyboard.press("Escape")


def test_the_keyboard_alone_is_enough(map_page: Opened) -> None:
    keys = map_page.page.keyboard
    keys.press("/")
    keys.type("示例项目")
    keys.press("ArrowDown")
    keys.press("Enter")
    map_page.page.wait_for_selector(".planner-popup .card")
    assert "示例项目 001" in map_page.text(".planner-popup h3")
    assert map_page.js("document.activeElement.className") == "card"
    keys.press("Escape")
    map_page.page.wait_for_selector(".planner-popup", state="detached")
    assert map_page.js("document.activeElement.id") == "planner-search", "focus goes back to where it was"


def test_what_is_not_found_is_said(map_page: Opened) -> None:
    map_page.page.fill("#planner-search", "不存在的项目")
    assert "没有找到" in map_page.text("#planner-found")


@pytest.mark.parametrize("layer", ["parks", "parcels_offered", "parcels_taken", "plots", "corridors", "forbidden"])
def test_a_click_on_the_map_opens_what_is_there(layer: str, map_page: Opened) -> None:
    """Sensitivity: a canvas above ours would swallow every click."""
    at = map_page.js(
        """name => { const f = Planner.layers[name].features.slice(-1)[0]; let p = Planner.latlng(f);
        if (name === "parks") { const b = L.geoJSON(f).getBounds();
          p = L.latLng(b.getSouth() + 2e-4, b.getWest() + 2e-4); }
        Planner.map.setView(p, 16, {animate: false}); const c = Planner.map.latLngToContainerPoint(p);
        return [c.x, c.y, Planner.t(f.properties.title)]; }""",
        layer,
    )
    map_page.page.mouse.click(at[0], at[1])
    map_page.page.wait_for_selector(".planner-popup .card")
    assert at[2] in map_page.card.locator("h3").inner_text()


def test_a_tooltip_is_short(map_page: Opened) -> None:
    map_page.js("""(() => { const f = Planner.layers.plots.features[1];
      Planner.map.setView(Planner.latlng(f), 16, {animate: false}); })()""")
    map_page.page.mouse.move(680, 380)
    map_page.page.mouse.move(683, 384)
    map_page.page.wait_for_selector(".planner-tip")
    assert map_page.text(".planner-tip").split("\n") == ["示例项目 001", "P-001 · 半导体与集成电路 · 4\u202f公顷"]


def test_the_floor_stack_is_to_scale_and_says_who_sits_where(map_page: Opened) -> None:
    map_page.js("Planner.goto('buildings', 'B01')")
    floors = map_page.page.locator(".stack .floor")
    assert floors.count() == 4
    tops = map_page.js("[...document.querySelectorAll('.stack .free')].map(r => +r.getAttribute('y'))")
    first, second = tops[0] - tops[1], tops[1] - tops[2]
    assert first == pytest.approx(second), "floors two and three, 5 m each"
    rects = map_page.js("""[...document.querySelectorAll('.stack .floor')].map(g => [...g.querySelectorAll('rect')].map(
      r => [r.getAttribute('class'), +r.getAttribute('width'), +r.getAttribute('height')]))""")
    assert (rects[0][0][2] + 1) / (rects[1][0][2] + 1) == pytest.approx(7 / 5), "a ground floor of 7 m, others of 5 m"
    assert rects[0][1][0] == "taken"
    assert rects[0][1][1] / rects[0][0][1] == pytest.approx(500 / 2000)
    assert rects[0][2][0] == "seat"
    assert "示例项目 006" in map_page.text(".tenants")
    assert "15 · 6.2" in map_page.page.locator(".stack .floor").first.text_content()


def test_left_out_projects_say_why_and_are_found(map_page: Opened) -> None:
    panel = map_page.text(".outs-panel")
    assert "未落位项目及原因" in panel
    assert "需要用地 5.2 公顷" in panel
    map_page.page.click("#planner-cause-outbid")
    assert map_page.page.locator("[data-out]").count() == 1
    map_page.page.click("[data-out] button")
    assert "空间让位于得分更高的项目" in map_page.text(".planner-popup .card")
    map_page.js("Planner.showOut('P-015')")
    assert map_page.page.locator("[data-out].flash").count() == 1, "one without a place is shown in the list"


def test_the_language_switches_everywhere(map_page: Opened) -> None:
    map_page.js("Planner.goto('parks', 'YL')")
    assert "公布数据" in map_page.text(".planner-popup .card")
    assert "未提供" in map_page.text(".planner-popup .figures")
    map_page.page.click("#planner-language")
    assert map_page.js("document.documentElement.lang") == "en"
    whole = map_page.text("#planner-left") + map_page.text("#planner-right") + map_page.text(".planner-popup .card")
    for words in ("Sample plan", "Proven gap", "Layers and legend", "Published figures", "not given", "planned area"):
        assert words in whole
    assert "图层与图例" not in whole
    map_page.page.click("#planner-language")
    assert "图层与图例" in map_page.text("#planner-right")


def test_numbers_are_printed_as_a_planner_writes_them(map_page: Opened) -> None:
    say = "([value, form]) => Planner.number(value, form)"
    assert map_page.js(say, [52_000, "ha"]) == "5.2\u202f公顷"
    assert map_page.js(say, [1_838_000, "wan_m2"]) == "183.8\u202f万 m²"
    assert map_page.js(say, [7.5, "kn_m2"]) == "7.5\u202fkN/m²"
    assert map_page.js(say, [2026, "year"]) == "2026年"
    assert map_page.js(say, [0.0104, "percent"]) == "1.04%"
    assert map_page.js(say, [0.00001, "percent"]) == "0.001%", "a small gap is not printed as none"
    assert map_page.js(say, [None, "ha"]) == "未提供"
    map_page.js("Planner.speak('en')")
    assert map_page.js(say, [1_838_000, "wan_m2"]) == "1,838,000\u202fm²"
    assert map_page.js(say, [25.0, "yi"]) == "2.5\u202fbillion CNY"


@pytest.mark.parametrize(("wide", "high"), SIZES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_lies_over_anything_else(wide: int, high: int, lang: str, map_page: Opened) -> None:
    map_page.page.set_viewport_size({"width": wide, "height": high})
    map_page.js("lang => { Planner.speak(lang); }", lang)
    boxes = map_page.js("""[...document.querySelectorAll('.panel, .leaflet-control')].map(e => {
      const b = e.getBoundingClientRect(); return [e.className, b.left, b.top, b.right, b.bottom]; })""")
    assert len(boxes) == 8, "title, left out, layers, years; zoom, tools, scale, north"
    for one in boxes:
        assert one[1] >= 0
        assert one[2] >= 0
        assert one[3] <= wide
        assert one[4] <= high
    for k, a in enumerate(boxes):
        for b in boxes[k + 1 :]:
            apart = a[3] <= b[1] or b[3] <= a[1] or a[4] <= b[2] or b[4] <= a[2]
            assert apart, (a, b)


def test_labels_never_overlap(map_page: Opened) -> None:
    map_page.js("Planner.goto('parks', 'YL')")
    boxes = map_page.js("""[...document.querySelectorAll('.planner-label')].map(e => {
      const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })""")
    assert len(boxes) > 3
    for k, a in enumerate(boxes):
        for b in boxes[k + 1 :]:
            assert a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1


def test_in_a_small_window_the_panels_start_folded_and_cover_no_control(opened: Opened, file: Path) -> None:
    opened.page.set_viewport_size({"width": 860, "height": 540})
    opened.open(file)
    assert not opened.page.locator("h1").is_visible()
    left = opened.page.locator("#planner-left .panel").first.bounding_box()
    zoom = opened.page.locator(".leaflet-control-zoom").bounding_box()
    assert left
    assert zoom
    assert left["x"] + left["width"] <= zoom["x"]
    opened.harmless()


def test_panels_fold_away_and_back(map_page: Opened) -> None:
    map_page.page.click("#planner-fold-left")
    assert not map_page.page.locator("h1").is_visible()
    map_page.page.click("#planner-fold-left")
    assert map_page.page.locator("h1").is_visible()


def test_a_territory_alone_opens_too(opened: Opened, tmp_path: Path) -> None:
    opened.open(maps.save(maps.draw(None, sample_territory(), "en"), tmp_path / "map.html"))
    assert "Territory (no plan yet)" in opened.text("h1")
    assert opened.page.locator(".outs-panel").count() == 0
    opened.harmless()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_inert_wherever_it_is_shown(name: str, opened: Opened, tmp_path: Path) -> None:
    land = sample_territory(12, 3, 3, name_zh=name)
    figures = land.figures.assign(measure_zh=name, source=name, subject="YB")
    land = dataclasses.replace(land, figures=figures)
    planned = sample_plan(land, 4, 4, 4, names=(name,) * 12)
    planned = dataclasses.replace(
        planned, summary={**planned.summary, "title": {"zh": name, "en": name}},
        left_out=planned.left_out.assign(words_zh=name, words_en=name, by=name),
    )  # fmt: skip
    opened.open(maps.save(maps.draw(planned, land, "zh"), tmp_path / "map.html"))
    assert opened.page.locator("h1").text_content() == name
    assert opened.page.title() == name.strip()
    opened.page.fill("#planner-search", name[:30])
    assert opened.page.locator("#planner-found [role=option]").count() > 0
    for layer, key in (("plots", "P-000/main"), ("buildings", "B01"), ("parks", "YB")):
        opened.js("([layer, key]) => { Planner.goto(layer, key); }", [layer, key])
        assert opened.card.locator("h3").text_content() == name
        box = opened.card.bounding_box()
        assert box
        assert box["width"] < 420, "a long name wraps"
        opened.js("""([layer, key]) => { const tip = Planner.tip(layer, Planner.layers[layer].index[key]);
          document.body.append(tip); tip.remove(); }""", [layer, key])  # fmt: skip
    opened.js("Planner.showOut('P-008')")
    opened.js("Planner.speak('en')")
    opened.page.wait_for_timeout(100)
    opened.harmless()
