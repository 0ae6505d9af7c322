"""Tools of the map in a browser: layer tree, colours, years, measure, link, print, keys; and plans that are odd."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from opened import Opened
from pyproj import Geod
from sample_asked import sample_faults, sample_map, sample_projects, with_findings
from sample_plan import HOSTILE, sample_plan, sample_territory

from planner import maps
from planner.maps.layers import LAYERS
from planner.words import Words

pytestmark = pytest.mark.page
COUNTED = """name => { const seen = new Set();
  Planner.layers[name].group.eachLayer(part => part.eachLayer(one => { if (one.feature) seen.add(one.feature); }));
  return seen.size; }"""
ON = "name => Planner.map.hasLayer(Planner.layers[name].group)"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return maps.save(sample_map(), tmp_path_factory.mktemp("map") / "map.html")


@pytest.fixture
def page(opened: Opened, file: Path) -> Iterator[Opened]:
    opened.open(file)
    yield opened
    opened.harmless()


# Layers


def test_every_layer_is_switched_on_alone_drawn_and_its_card_opened(page: Opened) -> None:
    """What is drawn is counted on the map itself, and one pop-up of each layer is opened."""
    page.js("void Planner.map.setZoom(14, {animate: false})")
    drawn = {
        "backdrop": 3, "parks": 2, "price_surface": None, "forbidden": 1, "no_wet_process": 0, "heights": 1,
        "notices": 0, "parcels_taken": 10, "parcels_offered": 20, "corridors": 1, "left_out": None, "buildings": 5,
        "plots": 6, "links": 2, "supply": 1, "faults": 4,
    }  # fmt: skip
    assert set(drawn) == {layer.name for layer in LAYERS}
    for name, expected in drawn.items():
        features = page.js("name => Planner.layers[name].features.length", name)
        assert features == expected if expected is not None else features > 0, name
        if not features:
            assert page.page.locator(f"#planner-layer-{name}").count() == 0, "what has no features is not offered"
            continue
        page.js("name => { if (!Planner.layers[name].entry.shown) Planner.toggle(name, true); }", name)
        counted = page.js(COUNTED, name)
        assert counted == features, name
        if name == "backdrop":
            continue
        page.js("name => { Planner.goto(name, Planner.layers[name].features[0].properties.id); }", name)
        assert page.card.locator("h3").inner_text().strip(), name
        assert page.card.bounding_box()["width"] < 420


def test_a_group_is_checked_as_one_and_says_when_it_is_half(page: Opened) -> None:
    box = page.page.locator("#planner-group-plan")
    assert page.js("document.getElementById('planner-group-plan').indeterminate") is True, "links are off at first"
    box.click()
    assert [page.js(ON, name) for name in ("plots", "links", "left_out", "buildings")] == [True] * 4
    box.click()
    assert [page.js(ON, name) for name in ("plots", "links", "left_out", "buildings")] == [False] * 4
    assert page.js(ON, "parks"), "other groups stay"
    page.page.click("#planner-fold-land")
    assert page.page.locator("#planner-layer-parcels_offered").count() == 0
    assert page.page.locator("#planner-fold-land").get_attribute("aria-expanded") == "false"


FILL = """([name, id]) => Planner.layers[name].shapes.getLayers().find(l => l.feature.properties.id === id)
  .options.fillColor"""


def test_parcels_and_plots_change_colour_with_their_legend(page: Opened) -> None:
    page.js("void Planner.map.setZoom(14, {animate: false})")
    seen = [page.js(FILL, ["parcels_offered", "样板-001"])]
    for way, legend in (("state", "整备中"), ("land_class", "M1 一类工业"), ("price", "0（无项目出价）")):
        page.page.select_option("#planner-way-land", way)
        assert legend in page.text("#planner-tree"), way
        seen.append(page.js(FILL, ["parcels_offered", "样板-001"]))
    assert len(set(seen)) == 4
    assert "可供年份" not in page.text("#planner-tree ul >> nth=0")
    before = page.js(FILL, ["plots", "P-005/main"])
    page.page.select_option("#planner-way-plan", "tier")
    assert page.js(FILL, ["plots", "P-005/main"]) != before
    assert "战略级" in page.text("#planner-tree")
    strongest = page.js("Planner.layers.plots.entry.colourings.tier['战略级'].look.fill")
    tiers = page.js("Object.values(Planner.layers.plots.entry.colourings.tier).map(k => k.look.fill)")
    assert page.js("Planner.seat('P-006')") in tiers, "tenants of floors too"
    assert page.js(FILL, ["plots", "P-000/main"]) == strongest


def test_the_price_of_a_parcel_stands_in_its_card(page: Opened) -> None:
    page.js("Planner.goto('parcels_offered', '样板-004')")
    assert "4\u202f分/公顷" in page.card.inner_text()


def test_tests_passed_stand_with_what_was_asked_and_found(page: Opened) -> None:
    page.js("Planner.goto('plots', 'P-000/main')")
    assert "2/2" in page.card.locator(".tests summary").inner_text()
    page.card.locator(".tests summary").click()
    assert "要求 ≥ 10,000，实测 36,786.7\u202fkN/m²" in page.card.inner_text()
    page.js("Planner.goto('buildings', 'B01')")
    assert page.card.locator(".tests .broken").count() == 1, "P-006 breaks one"


def test_links_supply_and_faults_tell_all_in_their_cards(page: Opened) -> None:
    page.js("Planner.goto('links', 'P-008>P-000')")
    assert "示例项目 008 → 示例项目 000" in page.card.locator("h3").inner_text()
    page.card.locator("button.link").nth(1).click()
    assert "P-000" in page.card.inner_text()
    chain = page.card.locator("section:has(h4:text('产业链')) li")
    assert chain.count() == 2, "P-001 and P-008 supply it"
    assert "供应本项目 · 0.22\u202fkm" in chain.first.inner_text()
    chain.nth(1).locator("button").click()
    assert "示例项目 008" in page.card.inner_text()
    page.js("Planner.goto('plots', 'P-001/main')")
    assert "本项目供应" in page.card.inner_text()
    page.js("Planner.goto('supply', 'supply-YL')")
    assert page.card.locator(".bars rect.there").count() == 1
    assert page.card.locator(".bars text.drawn").inner_html() == "45"
    nowhere = page.page.locator("#planner-unplaced")
    assert "projects.csv.tier [P-1]" not in nowhere.inner_text(), "folded at first"
    nowhere.locator("summary").click()
    assert "projects.csv.tier [P-1]" in nowhere.inner_text()
    page.js("Planner.goto('faults', 'fault-parcels-样板-000')")
    assert page.card.locator(".faulty").count() == 2
    assert "请修边界" in page.card.inner_text()


def test_the_card_of_a_supply_shows_water_and_gas_below_power(opened: Opened, tmp_path: Path) -> None:
    """**Proves** a chart for each supply that is given, under its own unit, none for waste water that is not."""
    land = sample_territory()
    supply = land.supply.assign(water_m3_day=1200.0, gas_m3_day=50.0)
    drawing = maps.draw(sample_plan(land), dataclasses.replace(land, supply=supply), "zh")
    opened.open(maps.save(drawing, tmp_path / "map.html"))
    opened.js("Planner.goto('supply', 'supply-YL')")
    heads = opened.card.locator("section h4").all_inner_texts()
    assert heads == ["用电（MVA）", "用水（m³/日）", "用气（m³/日）"]
    assert opened.card.locator(".bars rect.there").count() == 3
    assert "1,200" in opened.card.inner_text()
    opened.harmless()


def test_the_charts_on_the_map_are_of_the_supply_that_is_chosen(opened: Opened, tmp_path: Path) -> None:
    """YL has power and gas, YB gas alone: one chart of power, two of gas, one of them half as high as the other.

    **Sensitivity**: YB without a chart of gas, since it has no power; charts measured by the power of YL.
    """
    land = sample_territory()
    gas = land.supply.assign(gas_m3_day=50.0)
    other = gas.assign(park="YB", gas_m3_day=100.0, power_mva=float("nan"))
    supply = pd.concat([gas, other], ignore_index=True)
    drawing = maps.draw(sample_plan(land), dataclasses.replace(land, supply=supply), "zh")
    file = maps.save(drawing, tmp_path / "map.html")
    opened.open(file)
    opened.js("Planner.toggle('supply', true); Planner.panels()")
    bars = opened.page.locator(".planner-bars rect.there")
    assert bars.count() == 1
    opened.page.select_option("#planner-way-supply", "gas")
    heights = [float(bars.nth(k).get_attribute("height") or 0) for k in range(bars.count())]
    assert heights == [30, 60]
    link = opened.js("Planner.address()")
    assert "way-supply=gas" in link
    opened.js("link => { Planner.colour('supply', 'power'); Planner.follow(link); }", link)
    assert bars.count() == 2
    opened.harmless()


def test_a_tenant_of_several_floors_stands_once_with_the_sum_of_them(opened: Opened, tmp_path: Path) -> None:
    """Half of what P-006 takes is a floor further up: its row still tells the whole. Sensitivity: half, or two rows."""
    land = sample_territory()
    plan = sample_plan(land)
    mine = plan.uses["part"] == "P-006/main"
    whole_m2 = float(plan.uses.loc[mine, "amount_m2"].sum())
    building = land.floors.loc[plan.uses.loc[mine, "place"].iloc[0], "building_id"]
    other = next(name for name in reversed(land.floors.index[land.floors["building_id"] == building]))
    half = plan.uses.assign(amount_m2=plan.uses["amount_m2"].where(~mine, plan.uses["amount_m2"] / 2))
    uses = pd.concat([half, half[mine].iloc[:1].assign(place=other, amount_m2=whole_m2 / 2)], ignore_index=True)
    opened.open(maps.save(maps.draw(dataclasses.replace(plan, uses=uses), land, "zh"), tmp_path / "map.html"))
    opened.js("name => { Planner.goto('buildings', name); }", building)
    row = opened.card.locator(".tenants li", has_text="P-006/main")
    assert row.count() == 1
    assert f"{whole_m2:,.0f}\u202fm²" in row.inner_text()
    opened.harmless()


# Years


def test_the_slider_shows_what_is_there_by_then(page: Opened) -> None:
    """Plots start in 2026, 2027, 2028, 2026, 2027, 2028: by 2026 two, by 2027 four; all in the last year."""
    style = "name => Planner.layers[name].shapes.getLayers().map(l => l.options.fillOpacity)"
    page.js("void Planner.map.setZoom(14, {animate: false})")
    for year, there in ((2026, 2), (2027, 4), (2030, 6)):
        page.js("year => Planner.setYear(year)", year)
        assert sum(opacity > 0.5 for opacity in page.js(style, "plots")) == there, year
    box = page.page.locator("#planner-year")
    box.focus()
    page.page.keyboard.press("Home")
    assert page.js("Planner.year") == 2026
    assert "至 2026 年： 4 个项目" in page.text("#planner-years"), "P-000, P-003 on land, P-006, P-009 upstairs"
    assert "用地 8\u202f公顷" in page.text("#planner-years")
    assert "可供地 20\u202f公顷" in page.text("#planner-years"), "parcels ready in 2026: five of 4 ha"
    assert "用电 45 / 供电 60\u202fMVA" in page.text("#planner-years")
    page.page.keyboard.press("ArrowRight")
    assert page.js("Planner.year") == 2027
    assert page.js("document.activeElement.id") == "planner-year", "the slider keeps the focus"
    page.page.keyboard.press("End")
    assert page.js("Planner.year") is None


def test_power_that_nobody_measured_is_not_told_as_none(opened: Opened, tmp_path: Path) -> None:
    """**Sensitivity**: a sum over nothing would say that the parks draw 0 of 60 MVA."""
    land = sample_territory()
    opened.open(maps.save(maps.draw(sample_plan(land), land, "zh"), tmp_path / "map.html"))
    opened.js("void Planner.setYear(2026)")
    assert re.search(r"用电 — / 供电 \d+", opened.text("#planner-years"))
    opened.harmless()


# Measure


def test_lengths_and_areas_are_geodesic(page: Opened) -> None:
    """Against pyproj's geodesics on CGCS2000: lengths to a millimetre, areas to 0.02 %, from 100 m to 60 km."""
    geod = Geod(ellps="GRS80")
    for size in (0.001, 0.05, 0.6):
        ring = [(113.8, 22.7), (113.8 + size, 22.72), (113.8 + size * 0.9, 22.7 + size), (113.79, 22.7 + size * 0.8)]
        at = [{"lng": x, "lat": y} for x, y in ring]
        area, _ = geod.polygon_area_perimeter(*zip(*ring, strict=True))
        length = geod.line_length(*zip(*ring, strict=True))
        assert page.js("at => Planner.length(at)", at) == pytest.approx(length, abs=1e-3)
        assert page.js("at => Planner.area(at)", at) == pytest.approx(abs(area), rel=2e-4)
    assert page.js("Planner.distance({lat: 22.7, lng: 113.8}, {lat: 22.7, lng: 113.8})") == 0


def test_points_are_clicked_or_set_by_keys_and_a_click_opens_nothing(page: Opened) -> None:
    page.page.click("#planner-measure")
    assert page.text("#planner-measured").split("\n") == ["量测", "点选各点；退格撤回，Esc 结束", "×"]
    for x, y in ((500, 300), (700, 300), (700, 500)):
        page.page.mouse.click(x, y)
    assert page.page.locator(".planner-popup").count() == 0
    said = page.text("#planner-measured")
    assert re.fullmatch(r"量测\n距离 [\d.]+.km\n周长 [\d.]+.km\n面积 [\d.]+.公顷\n×", said), said
    page.page.keyboard.press("Backspace")
    assert page.js("Planner.measuring.points.length") == 2
    page.js("Planner.map.getContainer().focus()")
    page.page.keyboard.press("Enter")
    assert page.js("Planner.measuring.points.length") == 3, "Enter sets a point at the middle"
    page.page.keyboard.press("Escape")
    assert page.page.locator("#planner-measured").count() == 0


# The link, the sheet, keys


def test_a_link_brings_back_the_view(page: Opened, opened: Opened, file: Path) -> None:
    page.js("""(() => { Planner.speak('en'); Planner.setYear(2027); Planner.colour('land', 'price');
      Planner.toggle('links', true); Planner.goto('buildings', 'B02');
      Planner.map.setView([22.69, 113.85], 15, {animate: false}); })()""")
    address = page.js("Planner.address()")
    page.page.wait_for_timeout(300)
    assert page.js("decodeURIComponent(location.hash)").startswith("#at=15_22.69")
    page.page.goto("about:blank")
    opened.page.goto(file.as_uri() + address)
    opened.page.wait_for_selector("html[data-planner=ready]")
    assert page.js("Planner.address()") == address
    assert page.js("[Planner.lang, Planner.year, Planner.way.land]") == ["en", 2027, "price"]
    assert page.js(ON, "links")
    assert "Sample block 2" in page.card.inner_text()
    page.page.click("#planner-link")
    assert page.page.input_value("#planner-shared-text").endswith(address)


def test_a_link_opens_what_has_signs_of_addresses_in_its_name(opened: Opened, tmp_path: Path) -> None:
    land = sample_territory()
    strange = "A|B&C=D#E"
    parcels = land.parcels.rename(index={str(land.parcels.index[4]): strange})
    path = maps.save(maps.draw(None, dataclasses.replace(land, parcels=parcels), "zh"), tmp_path / "map.html")
    opened.open(path)
    opened.js("name => { Planner.goto('parcels_offered', name); }", strange)
    address = opened.js("Planner.address()")
    opened.page.goto("about:blank")
    opened.page.goto(path.as_uri() + address)
    opened.page.wait_for_selector("html[data-planner=ready]")
    assert strange in opened.card.locator("h3").inner_text()
    opened.harmless()


SPOILED = ["#at=x_y", "#at=1e9_5000_5000", "#on=nothing.at.all", "#open=plots&open=absent&at=14_22.7_113.8",
                "#at=14_22.7_113.8&year=x&way-land=__proto__&lang=<script>", "#%E0%A4%A"]  # fmt: skip


def test_a_spoiled_link_opens_the_map_all_the_same(opened: Opened, file: Path) -> None:
    opened.page.goto(file.as_uri() + SPOILED[0])
    opened.page.wait_for_selector("html[data-planner=ready]")
    for address in SPOILED:
        opened.js("address => { location.hash = address; }", address)
        opened.page.wait_for_timeout(50)
        assert opened.js("isFinite(Planner.map.getZoom()) && isFinite(Planner.map.getCenter().lat)"), address
        assert opened.page.locator(".panel").first.is_visible()
    opened.harmless()


def test_the_sheet_has_title_proof_map_legend_scale_and_north_on_one_page(page: Opened, tmp_path: Path) -> None:
    before = page.js("[Planner.map.getZoom(), Planner.map.getSize().x]")
    page.js("Planner.paper()")
    boxes = page.js("""['h1', '.proof', '.folium-map', '#planner-tree', '.leaflet-control-scale', '.north',
      '#planner-foot', '.illustrative'].map(s => {
      const b = document.querySelector(s).getBoundingClientRect(); return [s, b.left, b.top, b.right, b.bottom]; })""")
    for name, left, top, right, bottom in boxes:
        assert right > left, name
        assert bottom > top, name
        assert (left >= 0, top >= 0, right <= 1062, bottom <= 733) == (True,) * 4, name
    for hidden in ("#planner-search", "#planner-years", ".tools", ".outs-panel", "#planner-language"):
        assert not page.page.locator(hidden).is_visible(), hidden
    assert "1:" in page.text("#planner-foot")
    page.js("Planner.screen()")
    assert page.js("[Planner.map.getZoom(), Planner.map.getSize().x]") == before
    assert page.page.locator("#planner-search").is_visible()
    sheet = page.page.pdf(prefer_css_page_size=True)
    assert sheet.count(b"/Type /Page\n") == 1, "one page"


def test_everything_is_reached_by_tab_and_said(page: Opened) -> None:
    """Every control has a name, is reached by Tab, and shows that it has the focus."""
    wanted = page.js("""[...document.querySelectorAll('button, input, select, summary, a[href], [tabindex="0"]')]
      .filter(e => e.offsetParent && !e.disabled).length""")
    seen: set[str] = set()
    page.js("document.activeElement.blur()")
    for _ in range(wanted + 5):
        page.page.keyboard.press("Tab")
        told = page.js("""(() => { const e = document.activeElement; if (e === document.body) return null;
          if (!e.dataset.at) e.dataset.at = String(Math.random());
          const labels = [...(e.labels || [])].map(label => label.innerText).join('');
          const name = e.getAttribute('aria-label') || e.innerText || e.title || labels;
          return [e.dataset.at, name.trim(), getComputedStyle(e).outlineStyle, e.outerHTML.slice(0, 90)]; })()""")
        if told is None:
            continue
        assert told[1], told
        assert told[2] != "none", told
        seen.add(told[0])
    assert len(seen) == wanted


def test_arrow_keys_walk_the_lists(page: Opened) -> None:
    page.page.focus("#planner-layer-plots")
    page.page.keyboard.press("ArrowDown")
    assert page.js("document.activeElement.id") == "planner-layer-buildings"
    page.page.keyboard.press(" ")
    assert not page.js(ON, "buildings")
    assert page.js("document.activeElement.id") == "planner-layer-buildings", "the focus stays"
    page.page.keyboard.press("End")
    assert page.js("document.activeElement.tagName") == "SUMMARY", "faults without a place stand last"
    page.page.focus("[data-out] button")
    page.page.keyboard.press("ArrowDown")
    assert page.js("document.activeElement.closest('[data-out]') === document.querySelectorAll('[data-out]')[1]")


def test_what_lies_in_the_middle_of_the_map_opens_by_enter(page: Opened) -> None:
    page.js("""(() => { const f = Planner.layers.plots.features[1], m = Planner.middle(), map = Planner.map;
      map.setZoom(16, {animate: false});
      const c = map.unproject(map.project(Planner.latlng(f), 16).add(map.getSize().divideBy(2)).subtract(m), 16);
      map.setView(c, 16, {animate: false}); map.getContainer().focus(); })()""")
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector(".planner-popup .card")
    assert "示例项目 001" in page.card.locator("h3").inner_text()


def test_firms_of_those_left_out_and_faults_are_found(page: Opened) -> None:
    for typed, expected in {"落选单位2": "示例项目 014", "样板山": "样板山", "B01-F01": "B01-F01"}.items():
        page.page.fill("#planner-search", typed)
        page.page.press("#planner-search", "Enter")
        assert expected in page.card.inner_text(), typed
        page.page.keyboard.press("Escape")


# Odd plans

LONG = "很长的名称" * 40
RIGHT_TO_LEFT = "مشروع المصنع \u202eabc"
EMOJI = "🏭🇨🇳👩‍🔬 工厂"


@pytest.mark.parametrize("name", [LONG, RIGHT_TO_LEFT + EMOJI, "".join(HOSTILE)])
def test_odd_names_are_shown_whole_and_inert(name: str, opened: Opened, tmp_path: Path) -> None:
    land = sample_territory(12, 3, 3, name_zh=name)
    planned = with_findings(sample_plan(land, 4, 4, 4, names=(name,) * 12))
    asked = sample_projects(planned)
    asked = dataclasses.replace(asked, projects=asked.projects.assign(firm=name))
    faults = tuple(dataclasses.replace(fault, rule=Words(name, name)) for fault in sample_faults())
    opened.open(maps.save(maps.draw(planned, land, "zh", projects=asked, faults=faults), tmp_path / "map.html"))
    for layer in ("plots", "buildings", "parks", "links", "supply", "faults", "left_out"):
        opened.js("layer => { Planner.goto(layer, Planner.layers[layer].features[0].properties.id); }", layer)
        box = opened.card.bounding_box()
        assert box
        assert box["width"] < 420, layer
    wide = opened.js("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1], "nothing pushes the page wide"
    opened.js("Planner.paper(); Planner.screen()")
    opened.harmless()


def test_three_thousand_left_out_are_listed_as_asked_for_and_all_found(opened: Opened, tmp_path: Path) -> None:
    land = sample_territory()
    opened.open(maps.save(maps.draw(sample_plan(land, 3, 3, 3000), land, "zh"), tmp_path / "map.html"))
    assert opened.page.locator("[data-out]").count() == 200
    opened.page.click(".outs .link")
    assert opened.page.locator("[data-out]").count() == 3000
    opened.page.fill("#planner-search", "P-3005")
    opened.page.press("#planner-search", "Enter")
    assert "P-3005" in opened.card.inner_text()
    opened.harmless()
