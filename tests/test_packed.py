"""Very many features: what is packed is what was there, and the page answers and draws as with few."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from opened import Opened
from sample_plan import HOSTILE, sample_plan, sample_territory

from planner import maps
from planner.maps import many
from planner.maps.many import Many, properties_of
from planner.maps.packed import BITS, packed
from planner.maps.scene import drawn, occurring
from planner.territory import Territory
from planner.words import Words

CRS = "EPSG:4547"
NAMES = (*HOSTILE, "🏭\u202e工厂🤖", 'D"\\1', "7", "\x01\n")
HOLED = shapely.box(0, 0, 400, 400).difference(shapely.box(100, 100, 200, 200))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pack layers of three features and more, so that tests need no thousands."""
    monkeypatch.setattr(many, "PACKED_FROM", 2)


def there(shape: Any) -> Any:
    """Return a shape drawn near nought in the middle of Bao'an."""
    return shapely.transform(shape, lambda xy: xy + np.array([485_000, 2_512_000]))


def features(shapes: list[Any], rows: list[dict[str, Any]]) -> Any:
    places = gpd.GeoDataFrame(geometry=[there(shape) for shape in shapes], crs=CRS)
    return drawn(places, rows)


def unpacked(told: dict[str, Any]) -> tuple[dict[str, list[Any]], dict[str, np.ndarray]]:
    """Return properties and numbers of packed features, read here a second time, by other means than the page's."""
    data, parts, at = gzip.decompress(base64.b64decode(told["data"])), {}, 0
    for name, length in told["sections"]:
        parts[name] = data[at : at + length]
        at += length
    assert at == len(data)

    def numbers(part: bytes, width: int) -> np.ndarray:
        planes = np.frombuffer(part, dtype=np.uint8).reshape(width, -1).astype(np.int64)
        return sum(planes[k] << 8 * k for k in range(width))

    rows: dict[str, list[Any]] = {}
    ids = [json.loads(text) for text in parts["text id"].decode().split("\n")]
    for key, width in told["columns"].items():
        texts = parts[f"text {key}"].decode().split("\n")
        codes = range(told["count"]) if width is None else numbers(parts[f"code {key}"], width)
        own = [
            one if key == "id" else texts[code].replace("\x01", json.dumps(one)[1:-1])
            for code, one in zip(codes, ids, strict=True)
        ]
        rows[key] = ids if key == "id" else [json.loads(text) for text in own]
    zigzag = {name: numbers(parts[name], 4) for name in ("x", "y", "at x", "at y")}
    signed = {name: np.where(values & 1, -(values + 1) // 2, values // 2) for name, values in zigzag.items()}
    return rows, signed | {name: numbers(parts[name], 4) for name in ("ring", "rings")}


def test_what_is_packed_is_what_was_there(few: None) -> None:
    """**Proves** for hostile identifiers and values of every kind; a text holds its own identifier as one sign."""
    rows = [
        {"id": name, "kind": "a", "title": Words(f"地块 {name}", f"Parcel {name}"), "area_m2": 1.5 * k,
         "as": {"state": name}, "none": None, "one": 1 if k else True}
        for k, name in enumerate(NAMES)
    ]  # fmt: skip
    found, _ = unpacked(packed(features([shapely.box(k * 50, 0, k * 50 + 40, 40) for k in range(len(rows))], rows)))
    assert found["id"] == list(NAMES)
    assert found["title"] == [[f"地块 {name}", f"Parcel {name}"] for name in NAMES]
    assert found["as"] == [{"state": name} for name in NAMES]
    assert found["area_m2"] == [1.5 * k for k in range(len(NAMES))]
    assert found["one"] == [True, *[1] * (len(NAMES) - 1)]
    assert [type(value) for value in found["one"]] == [bool, *[int] * (len(NAMES) - 1)]
    assert found["none"] == [None] * len(NAMES)


def test_corners_are_within_a_unit_and_holes_and_several_areas_are_kept(few: None) -> None:
    pair = shapely.MultiPolygon([shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10)])
    made = features([HOLED, pair, shapely.box(0, 500, 30_000, 20_000)], [{"id": str(k)} for k in range(3)])
    _, found = unpacked(packed(made))
    assert found["ring"].tolist() == [4, 4, 4, 4, 4], "corners, the last one not twice"
    assert found["rings"].tolist() == [2, 2, 1]
    x, y = np.cumsum(found["x"]), np.cumsum(found["y"])
    longitude = x / 2**BITS * 360 - 180
    latitude = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / 2**BITS))))
    placed = gpd.GeoSeries(gpd.points_from_xy(longitude, latitude), crs="EPSG:4326").to_crs(CRS)
    corners = np.vstack([shapely.get_coordinates(ring)[:-1] for shape in made.shapes for ring in
                         shapely.get_rings(shapely.get_parts(shape))])  # fmt: skip
    meant = gpd.GeoSeries(shapely.points(corners), crs="EPSG:4326").to_crs(CRS)
    assert placed.distance(meant).max() < 0.11, "half a unit of 0.14 m each way"


def test_the_same_features_give_the_same_bytes_and_few_or_lines_stay_as_they_are(few: None) -> None:
    boxes = [shapely.box(k * 50, 0, k * 50 + 40, 40) for k in range(5)]
    rows = [{"id": str(k), "kind": "a"} for k in range(5)]
    assert packed(features(boxes, rows)) == packed(features(boxes, rows))
    assert isinstance(features(boxes[:2], rows[:2]), list)
    assert isinstance(features([shapely.LineString([(0, 0), (9, 9)])] * 5, rows), list)
    assert features([], []) == []


def test_many_is_a_sequence_of_the_features_it_stands_for(few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes, rows = (
        [HOLED, *[shapely.box(k, 0, k + 1, 1) for k in range(3)]],
        [{"id": str(k), "kind": "ab"[k % 2]} for k in range(4)],
    )
    made = features(boxes, rows)
    assert isinstance(made, Many)
    monkeypatch.setattr(many, "PACKED_FROM", 9)
    plainly = features(boxes, rows)
    assert [f["properties"]["id"] for f in made] == [f["properties"]["id"] for f in plainly]
    assert made[0]["geometry"]["type"] == plainly[0]["geometry"]["type"]
    assert made[0]["properties"]["at"] == pytest.approx(plainly[0]["properties"]["at"], abs=1e-6)
    assert [one["properties"]["id"] for one in made[1:3]] == ["1", "2"]
    assert [row["kind"] for row in properties_of(made)] == [row["kind"] for row in properties_of(plainly)]
    assert list(occurring({"a": 0, "c": 1, "b": 2}, made)) == ["a", "b"]  # type: ignore[dict-item]


# The page


def paint(page: Opened, code: str = "") -> None:
    """Do something on the page and wait until every tile is there."""
    if code:
        page.js(f"void ({code})")
    for _ in range(100):
        page.page.wait_for_timeout(50)
        if page.js("Planner.painted()"):
            return
    pytest.fail("tiles are not drawn")


def colour_at(page: Opened, layer: str, at: list[float]) -> list[int]:
    """Return what a tile shows at a longitude and latitude: red, green, blue, opacity."""
    found: list[int] = page.js(
        """([layer, at]) => { const t = Planner.layers[layer].tiles, z = Planner.map.getZoom();
      const p = Planner.map.project(L.latLng(at[1], at[0]), z), s = t.getTileSize().x;
      const tile = t._tiles[[Math.floor(p.x / s), Math.floor(p.y / s), z].join(":")].el;
      const k = tile.width / s;
      const one = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
      one.drawImage(tile, -Math.floor((p.x % s) * k), -Math.floor((p.y % s) * k));
      return Array.from(one.getImageData(0, 0, 1, 1).data); }""",
        [layer, at],
    )
    return found


@pytest.fixture
def packed_page(few: None, opened: Opened, tmp_path: Path) -> Opened:
    land = sample_territory(name_zh=HOSTILE[0])
    opened.open(maps.save(maps.draw(sample_plan(land), land, "zh"), tmp_path / "map.html"))
    return opened


@pytest.mark.page
def test_packed_layers_draw_click_search_label_and_count_as_others_do(packed_page: Opened, land: Territory) -> None:
    page = packed_page
    assert page.js("!!Planner.layers.parcels_offered.tiles && !Planner.layers.plots.tiles"), (
        "symbols are an element each"
    )
    assert page.js("Planner.layers.parcels_offered.features.length") == 20
    assert "7" in page.text("#planner-tree"), "the legend counts"
    # a parcel nobody takes, in its colour by the year it is ready; beside it nothing
    spot = page.js(
        "(() => { const f = Planner.layers.parcels_offered.index['样板-018'].properties; return [f.at, f.kind]; })()"
    )
    paint(page, f"Planner.map.setView([{spot[0][1]}, {spot[0][0]}], 16.25, {{animate: false}})")
    meant = page.js("kind => Planner.layers.parcels_offered.entry.kinds[kind].look.fill", spot[1])
    assert colour_at(page, "parcels_offered", spot[0]) == [*(int(meant[k : k + 2], 16) for k in (1, 3, 5)), 255]
    assert colour_at(page, "parcels_offered", [spot[0][0] + 0.00107, spot[0][1]])[3] == 0, "between two parcels"
    assert "样板-018" in page.page.locator(".planner-label.parcel").all_inner_texts()
    at = page.js(
        "at => { const p = Planner.map.latLngToContainerPoint(L.latLng(at[1], at[0])); return [p.x, p.y]; }", spot[0]
    )
    page.page.mouse.move(at[0] + 20, at[1] + 20)
    page.page.mouse.move(at[0] + 22, at[1] + 21)
    page.page.wait_for_selector(".planner-tip")
    assert "地块 样板-018" in page.text(".planner-tip")
    page.page.mouse.click(at[0] + 22, at[1] + 21)
    page.page.wait_for_selector(".planner-popup .card")
    assert "地块 样板-018" in page.card.inner_text()
    assert "4\u202f公顷" in page.card.inner_text()
    page.page.fill("#planner-search", "a407-0007")
    page.page.press("#planner-search", "Enter")
    assert "地块 样板-007" in page.card.locator("h3").inner_text()
    # the same classes by another colouring, and none once it is switched off
    paint(page, "Planner.colour('land', 'state')")
    meant = page.js("Planner.layers.parcels_offered.entry.colourings.state.free.look.fill")
    paint(page, f"Planner.map.setView([{spot[0][1]}, {spot[0][0]}], 16.25, {{animate: false}})")
    assert colour_at(page, "parcels_offered", spot[0])[:3] == [int(meant[k : k + 2], 16) for k in (1, 3, 5)]
    page.js("Planner.toggle('parcels_offered', false)")
    assert page.page.locator(".leaflet-packed-pane .planner-tile").count() > 0, "others stay"
    assert page.js("Planner.map.hasLayer(Planner.layers.parcels_offered.tiles)") is False
    page.harmless()


@pytest.fixture(scope="module")
def land() -> Territory:
    return sample_territory()


@pytest.mark.page
def test_what_a_click_hits_is_what_python_says_it_hits(
    few: None, opened: Opened, land: Territory, tmp_path: Path
) -> None:
    """**Proves** by 400 random points: hole, several areas. Sensitivity: a ring taken for an area of its own."""
    shapes = [there(one) for one in (
        HOLED, shapely.MultiPolygon([shapely.box(500, 0, 600, 100), shapely.box(700, 0, 900, 300)]),
        shapely.Polygon([(0, 500), (900, 450), (500, 700)]), shapely.box(110, 110, 190, 190))]  # fmt: skip
    four = land.parcels.iloc[[0, 1, 3, 4]].assign(ready_year=2026.0, state="free").set_geometry(shapes)
    land = dataclasses.replace(land, parcels=four)
    opened.open(maps.save(maps.draw(None, land, "en"), tmp_path / "map.html"))
    points = np.random.default_rng(3).uniform((484_950, 2_511_950), (485_950, 2_512_750), (400, 2))
    spots = gpd.GeoSeries(shapely.points(points), crs=CRS)
    clear = np.min([shapely.distance(shapely.boundary(shape), spots.to_numpy()) for shape in shapes], axis=0) > 0.5
    degrees = shapely.get_coordinates(spots.to_crs("EPSG:4326").to_numpy())
    found = opened.js("""at => at.map(p => {
      const f = Planner.layers.parcels_offered.features.under(L.latLng(p[1], p[0]));
      return f && f.properties.id; })""", degrees.tolist())  # fmt: skip
    for point, name, sure in zip(spots, found, clear, strict=True):
        inside = [str(four.index[k]) for k, shape in enumerate(shapes) if shape.contains(point)]
        assert not sure or (name or None) == (inside[-1] if inside else None)
    opened.harmless()
