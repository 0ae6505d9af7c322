"""Base maps: how they are named, that nothing is asked before one is chosen, and that a shifted one lies right."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import geopandas as gpd
import numpy as np
import pytest
from opened import Opened
from sample_plan import sample_plan, sample_territory

from planner import maps
from planner.cli import showing
from planner.errors import DataError
from planner.intake.systems import SHIFTS, to_bd09, to_gcj02
from planner.maps.base import KNOWN, TOKEN, Base, base, policy_of

PLACES = np.array([[113.811, 22.639], [113.84, 22.8], [113.94, 22.69], [113.83, 22.74], [113.89, 22.56], [2.35, 48.85]])
"""The airport, 燕罗, 石岩, 新桥, 新安, all in Bao'an; and Paris, which no shift moves but BD-09's own."""
CONTROL = (113.8571, 22.7070)
"""A place on the sample's ground."""
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8"
    "cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
"""A picture of one red pixel, stretched to a tile."""


def drawn(path: Path, *said: str, token: str | None = None) -> Path:
    land = sample_territory()
    return maps.save(maps.draw(sample_plan(land), land, "zh", bases=[base(one, token) for one in said]), path)


# How one is named


def test_names_and_addresses_are_base_maps() -> None:
    assert [KNOWN[name].shifted for name in KNOWN] == ["", "", ""], "CGCS2000 and WGS84"
    assert base("tianditu").hosts == tuple(f"https://t{k}.tianditu.gov.cn" for k in range(8))
    tiles = base("规划=gcj-02 https://tiles.example.cn:8443/a/{z}/{x}/{y}.png")
    assert (tiles.words.zh, tiles.shifted, tiles.hosts) == ("规划", "GCJ-02", ("https://tiles.example.cn:8443",))
    wmts = base("https://gis.example.cn/wmts?TILEMATRIX={TileMatrix}&TILEROW={TileRow}&TILECOL={TileCol}")
    assert wmts.urls == ("https://gis.example.cn/wmts?TILEMATRIX={z}&TILEROW={y}&TILECOL={x}",)
    wms = base("BD-09 WMS https://gis.example.cn/wms?map=1&layers=a,b")
    assert (wms.layers, wms.urls, wms.shifted) == ("a,b", ("https://gis.example.cn/wms?map=1",), "BD-09")
    assert base("https://{s}.example.cn/{z}/{x}/{-y}.png").hosts == tuple(f"https://{s}.example.cn" for s in "abc")


@pytest.mark.parametrize("said", [
    "", "googel", "https://a.cn/tiles", "https://u:p@a.cn/{z}/{x}/{y}.png", "ftp://a.cn/{z}/{x}/{y}.png",
    "https://a.cn;script-src */{z}/{x}/{y}.png", "https://*/{z}/{x}/{y}.png", "WMS https://a.cn/wms", "javascript:1",
    "WGS-84 https://a.cn/{z}/{x}/{y}.png", "https://a.cn/{z}/{x}/{y}.png?k={token}", "https://[::1/{z}/{x}/{y}",
    'https://a.cn"/{z}/{x}/{y}.png',
])  # fmt: skip
def test_what_is_none_is_a_fault_with_what_would_be(said: str) -> None:
    with pytest.raises(DataError) as caught:
        base(said)
    assert "tianditu" in caught.value.words("en")


def test_the_policy_names_the_hosts_asked_for_and_nobody_else(tmp_path: Path) -> None:
    assert policy_of([]) == ""
    text = drawn(tmp_path / "map.html", "osm", "WMS http://127.0.0.1:8000/wms?layers=a").read_text("utf-8")
    assert "img-src data: blob: https://tile.openstreetmap.org http://127.0.0.1:8000&quot;" not in text
    assert 'img-src data: blob: https://tile.openstreetmap.org http://127.0.0.1:8000"' in text
    assert "openstreetmap" not in drawn(tmp_path / "none.html").read_text("utf-8")


def test_a_key_stands_in_no_file_unless_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, "SECRET-KEY")
    assert showing.bases(["tianditu"], keep=False)[0].token is None
    assert "SECRET-KEY" not in drawn(tmp_path / "a.html", "tianditu").read_text("utf-8")
    (kept,) = showing.bases(["tianditu"], keep=True)
    assert kept.token == "SECRET-KEY"
    assert "SECRET-KEY" in drawn(tmp_path / "b.html", "tianditu", token=kept.token).read_text("utf-8")
    assert base("osm", "SECRET-KEY").token is None
    monkeypatch.delenv(TOKEN)
    with pytest.raises(DataError, match=r"--keep-token"):
        showing.bases([], keep=True)


# The page


class Tiles(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(DOT)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def online(browser: Any) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    yield Opened(context.new_page())
    context.close()


def outside(page: Opened) -> list[str]:
    return [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))]


@pytest.mark.page
def test_shifts_of_the_page_are_those_of_the_intake(opened: Opened, tmp_path: Path) -> None:
    """**Proves** both ways to 1e-9 degrees (0.1 mm). Sensitivity: a wrong term moves by metres."""
    opened.open(drawn(tmp_path / "map.html"))
    for name, shift in SHIFTS.items():
        there = opened.js("([name, all]) => all.map(Planner.shifts[name])", [name, PLACES.tolist()])
        assert np.array(there) == pytest.approx(shift(PLACES), abs=1e-9)
        back = opened.js("([name, all]) => all.map(at => Planner.unshifted(at, name))", [name, shift(PLACES).tolist()])
        assert np.array(back) == pytest.approx(PLACES, abs=1e-9)
    assert opened.page.locator("#planner-bases").count() == 0, "no base map unless one is asked for"
    opened.harmless()


LIES = """([lon, lat, east, north]) => {
  const at = Planner.map.latLngToContainerPoint(L.latLng(lat, lon));
  const frame = Planner.map.getContainer().getBoundingClientRect();
  return [...document.querySelectorAll('.planner-base img.leaflet-tile-loaded')].map(tile => {
    const [z, x, y] = tile.src.split('/').slice(-3).map(part => parseInt(part));
    const n = 2 ** z, s = Math.sin(north * Math.PI / 180);
    const u = (east + 180) / 360 * n - x, v = (0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)) * n - y;
    if (u < 0 || v < 0 || u >= 1 || v >= 1) return null;
    const box = tile.getBoundingClientRect();
    return Math.hypot(box.left - frame.left + u * box.width - at.x, box.top - frame.top + v * box.height - at.y);
  }).filter(far => far !== null); }"""
"""By how many pixels a place of the base map (east, north in its own system) lies off where the map has it."""


@pytest.mark.page
@pytest.mark.parametrize(("shifted", "shift"), [("", None), ("GCJ-02", to_gcj02), ("BD-09", to_bd09)])
def test_nothing_is_asked_before_and_tiles_lie_right_after(
    shifted: str, shift: Any, online: Opened, host: str, tmp_path: Path
) -> None:
    """**Proves** at a control point to 1 m, at 0.55 m a pixel. Sensitivity: GCJ-02 left as it is lies 608 m off."""
    online.open(drawn(tmp_path / "map.html", f"甲={shifted} {host}/{{z}}/{{x}}/{{y}}.png", "tianditu"))
    online.page.wait_for_timeout(300)
    assert outside(online) == [], "not before it is chosen"
    lon, lat = CONTROL
    online.js(f"void Planner.map.setView([{lat}, {lon}], 18, {{animate: false}})")
    online.page.click("#planner-base-0")
    online.page.wait_for_timeout(700)
    asked = outside(online)
    assert asked
    assert all(url.startswith(host) for url in asked)
    east, north = CONTROL if shift is None else shift(np.array([CONTROL]))[0].tolist()
    for zoom in (18, 15.5, 12):
        online.js(f"void Planner.map.setZoom({zoom}, {{animate: false}})")
        online.page.wait_for_timeout(500)
        far = online.js(LIES, [lon, lat, east, north])
        assert far, "the tile that shows it was asked for"
        metre_px = 156543.03 * np.cos(np.radians(lat)) / 2**zoom
        assert min(far) * metre_px < (1.0 if zoom == 18 else metre_px), f"zoom {zoom}"
    assert online.js("Planner.map.hasLayer(Planner.layers.backdrop.group)") is False
    many = len(outside(online))
    online.page.click("#planner-base--1")
    online.js("void Planner.map.setZoom(14, {animate: false})")
    online.page.wait_for_timeout(300)
    assert len(outside(online)) == many, "none again"
    assert online.js("Planner.map.hasLayer(Planner.layers.backdrop.group)") is True
    assert online.page.locator(".planner-base").count() == 0
    online.page.click("#planner-base-1")
    assert len(outside(online)) == many, "天地图 is asked for nothing before there is a key"
    assert online.page.locator("#planner-token").count() == 1
    assert online.errors == []


@pytest.mark.page
def test_a_wms_is_asked_for_its_layers_and_a_wmts_for_its_places(online: Opened, host: str, tmp_path: Path) -> None:
    wmts = f"{host}/wmts?z={{TileMatrix}}&row={{TileRow}}&col={{TileCol}}"
    online.open(drawn(tmp_path / "map.html", f"GCJ-02 WMS {host}/wms?map=1&layers=a,b", wmts))
    for k, looked_for in enumerate(("layers=a%2Cb", "row=")):
        Tiles.asked.clear()
        online.page.click(f"#planner-base-{k}")
        online.page.wait_for_timeout(400)
        assert Tiles.asked
        assert all(looked_for in path for path in Tiles.asked)
    assert online.errors == []


@pytest.mark.page
def test_the_map_of_two_plans_lays_it_beneath_both(online: Opened, host: str, tmp_path: Path) -> None:
    """**Proves** tiles of the host on both maps and the backdrop gone, once chosen; none before, none after."""
    land = sample_territory()
    plan = sample_plan(land)
    nobody = gpd.GeoDataFrame({"project": [], "part": []}, geometry=[], crs=land.crs)
    asked = [base(f"甲=GCJ-02 {host}/{{z}}/{{x}}/{{y}}.png"), base("tianditu")]
    drawing = maps.draw_compared((plan, plan), (land, land), (nobody, nobody), "zh", asked)
    online.open(maps.save(drawing, tmp_path / "against.html"))
    online.page.wait_for_timeout(300)
    assert outside(online) == []
    paths = """Planner.maps().map(map => { let many = 0;
      map.eachLayer(one => { const by = one.options.renderer; if (by && by.options.pane === 'backdrop') many += 1; });
      return many > 0; })"""
    assert online.js(paths) == [True, True]
    online.page.click("#planner-base-0")
    online.page.wait_for_timeout(500)
    assert online.js("Planner.maps().map(m => m.getContainer().querySelectorAll('.planner-base img').length > 0)") == [
        True, True,
    ]  # fmt: skip
    assert online.js(paths) == [False, False], "no schematic backdrop above it"
    assert {url.split("/")[2] for url in outside(online)} == {host.split("/")[2]}
    many = len(outside(online))
    online.page.click("#planner-base--1")
    assert online.js(paths) == [True, True]
    assert online.page.locator(".planner-base").count() == 0
    online.page.click("#planner-base-1")
    assert online.page.locator("#planner-token").count() == 1, "天地图 asks for a key first"
    assert len(outside(online)) == many
    assert online.errors == []


def test_a_base_is_told_with_its_credit() -> None:
    told = Base(*[getattr(KNOWN["osm"], name) for name in ("words", "urls", "credit")]).told()
    assert told["credit"] == "© OpenStreetMap contributors"
    assert told["needs_token"] is False
