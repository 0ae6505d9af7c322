"""The repaired copy: what is mended, that the source is not touched, that the copy passes; faults as CSV and map."""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from small import CRS, EAST, NORTH, shapes, write_small
from typer.testing import CliRunner

from planner import intake, maps
from planner.cli import app
from planner.errors import DataError, Fault
from planner.intake import shapes as shapes_module
from planner.intake.mending import alike_in, mend, mended
from planner.intake.systems import moved, system, to_gcj02
from planner.words import Words

HOSTILE = "<img src=x onerror=window.pwned=1>{{7*7}}</script>"
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


def areas(*some: shapely.Geometry | None) -> np.ndarray:
    made = np.empty(len(some), dtype=object)
    made[:] = some
    return made


def names(many: int) -> np.ndarray:
    return np.array([f"p{k}" for k in range(many)], dtype=object)


def faults_of(places: np.ndarray) -> list[Fault]:
    return shapes_module.borders("parcels", names(len(places)), places, gaps=True)


LEFT = shapely.box(0, 0, 100, 100)


@pytest.mark.parametrize(
    ("right", "changed", "left_m2", "right_m2"),
    [
        (shapely.box(100.2, 0, 200, 100), "p0", 10_020, 9980),  # a slit of 0.2 m × 100 m goes to the first
        (shapely.Polygon([(100, 0), (200, 0), (200, 100), (100.3, 100)]), "p1", 10_000, 10_000),  # a wedge of 15 m²
        (shapely.Polygon([(100, 0), (200, 0), (200, 100), (100, 100), (100.3, 50)]), "p1", 10_000, 10_000),
        (shapely.box(99.8, 0, 200, 100), "p1", 10_000, 10_000),  # an overlap of 20 m²: the larger loses it
    ],
    ids=["slit", "wedge", "hole", "overlap"],
)
def test_slivers_are_closed_and_nothing_else_changes(
    right: shapely.Polygon, changed: str, left_m2: float, right_m2: float
) -> None:
    """Areas by hand; a gap goes to whose border on it is longest, at most 1 cm beyond its ends."""
    places = areas(LEFT, right)
    assert faults_of(places)
    done = mended("parcels", names(2), places, coverage=True)
    assert faults_of(done.shapes) == []
    assert shapely.area(done.shapes) == pytest.approx([left_m2, right_m2], abs=0.02)
    assert [change.feature for change in done.changes] == [changed]
    assert done.changes[0].after_m2 == pytest.approx(shapely.area(done.shapes)[int(changed[1])])
    assert places[0] is LEFT


def test_outlines_that_cross_themselves_become_the_areas_they_enclose() -> None:
    bow = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])  # two triangles of 2,500 m²
    ring = shapely.LineString([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)])
    done = mended("parks", names(4), areas(bow, ring, None, shapely.Polygon()))
    assert shapely.area(done.shapes[:2]) == pytest.approx([5000, 100])
    assert shapely.is_valid(done.shapes[:2]).all()
    assert done.shapes[2] is None
    assert [(change.feature, change.words.en) for change in done.changes] == [
        ("p1", "closed line made an area"), ("p0", "outline made valid"),
    ]  # fmt: skip


def test_lines_stay_lines_where_areas_are_not_asked_for() -> None:
    ring = shapely.LineString([(0, 0), (10, 0), (10, 10), (0, 0)])
    assert mended("restrictions", names(1), areas(ring), areas=False).changes == []


def test_one_of_two_alike_is_dropped_and_only_where_nothing_differs() -> None:
    places = areas(LEFT, LEFT, LEFT)
    done = mended("parcels", names(3), places, alike=lambda a, b: (a, b) != (0, 2))
    assert done.kept.tolist() == [True, False, True]
    assert [change.words.en for change in done.changes] == ["drawn twice, the same as p0 in all it says; dropped"]
    assert mended("parcels", names(3), places).kept.all()  # nothing is dropped unless rows can be compared


def test_rows_are_alike_where_what_both_say_is_the_same() -> None:
    frame = gpd.GeoDataFrame({"id": ["a", "b", "c", "d"], "x": [1.0, np.nan, 2.0, 1.0], "y": ["", "u", "", "u"]})
    labels = frame["id"].to_numpy(dtype=object)
    alike = alike_in(frame, labels, referred=["d"])
    assert alike(0, 1)
    assert not alike(0, 2)
    assert not alike(0, 3)  # the same, but another table names it


@given(
    steps=st.lists(st.floats(-0.4, 0.4).filter(lambda d: abs(d) > 0.06), min_size=3, max_size=6),
    slope=st.floats(-0.3, 0.3),
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_a_row_of_parcels_badly_drawn_passes_once_mended(steps: list[float], slope: float) -> None:
    """Law: whatever the slivers, the copy has none, and land is neither won nor lost by more than they held."""
    edges = np.arange(len(steps) + 1) * 80.0
    corners = [[(a + step, 0), (b, 0), (b + slope, 90), (a + slope, 90)]
               for a, b, step in zip(edges[:-1], edges[1:], steps, strict=True)]  # fmt: skip
    row = areas(*map(shapely.Polygon, corners))
    done = mended("parcels", names(len(row)), row, coverage=True)
    assert faults_of(done.shapes) == []
    slivers = np.abs(np.array(steps)).sum() * 90 / 2
    assert abs(shapely.area(done.shapes).sum() - shapely.area(row).sum()) <= slivers + 0.1


# A territory


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small(tmp_path_factory.mktemp("pristine") / "small").parent


@pytest.fixture
def small(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "small"))


def redrawn(folder: Path, wrong: dict[str, shapely.Geometry]) -> None:
    layers = shapes()
    frame = layers["parcels"]
    pairs = zip(frame["parcel_id"], frame.geometry, strict=True)
    layers["parcels"] = frame.set_geometry(gpd.GeoSeries([wrong.get(of, old) for of, old in pairs], crs=CRS))
    intake.write_layers(folder / "small.gpkg", layers)


def at(k: int) -> tuple[float, float, float, float]:
    """Return the bounds of parcel YL-0k."""
    return (EAST + 220.0 * (k - 1), NORTH, EAST + 220.0 * (k - 1) + 200, NORTH + 150.0)


MESSY = {
    "YL-01": shapely.Polygon([(EAST, NORTH), (EAST + 200, NORTH + 150), (EAST + 200, NORTH), (EAST, NORTH + 150)]),
    "YL-02": shapely.box(at(2)[0], NORTH, at(3)[0] - 0.2, NORTH + 150),
    "YL-04": shapely.box(at(4)[0], NORTH, at(5)[0] + 0.1, NORTH + 150),
}


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_copy_passes_for_what_was_mended_and_the_source_is_as_it_was(small: Path, tmp_path: Path) -> None:
    redrawn(small, MESSY)
    before, table = digests(small), (small / "parcels.csv").read_text(encoding="utf-8")
    changes = mend(small, tmp_path / "out")
    assert digests(small) == before
    assert {change.feature for change in changes} == {"YL-01", "YL-02", "YL-04"}
    left = intake.faults(tmp_path / "out")
    assert [fault for fault in left if fault.column == "geometry"] == []
    assert {fault.column for fault in left} <= {"published_area_m2"}  # areas did change, and are told
    copy = intake.read_territory(tmp_path / "out")
    assert copy.parcels["area_m2"]["YL-01"] == pytest.approx(15_000)  # the two triangles of 200 m × 150 m
    assert copy.parcels["area_m2"]["YL-02"] == pytest.approx(220 * 150, abs=0.1)
    assert copy.parcels["area_m2"]["YL-06"] == 30_000
    assert copy.title == intake.read_territory(write_small(tmp_path / "other").parent).title
    assert (tmp_path / "out" / "parcels.csv").read_text(encoding="utf-8") == table


def test_a_place_drawn_twice_leaves_layer_and_table(small: Path, tmp_path: Path) -> None:
    redrawn(small, {"YL-02": shapely.box(*at(1))})
    changes = mend(small, tmp_path / "out")
    assert [(change.feature, change.after_m2) for change in changes] == [("YL-02", 0.0)]
    copy = intake.read_territory(tmp_path / "out")
    assert "YL-02" not in copy.parcels.index
    assert len(copy.parcels) == 29


def test_a_building_whose_floors_are_listed_is_not_dropped(small: Path, tmp_path: Path) -> None:
    layers = shapes()
    frame = layers["buildings"]
    layers["buildings"] = frame.set_geometry([frame.geometry[0], frame.geometry[0], *frame.geometry[2:]], crs=CRS)
    intake.write_layers(small / "small.gpkg", layers)
    assert mend(small, tmp_path / "out") == []
    assert any("two numbers" in fault.rule.en for fault in intake.faults(tmp_path / "out"))


def test_the_system_a_user_confirms_is_carried_into_the_copy(small: Path, tmp_path: Path) -> None:
    layers = shapes()
    lonlat = layers["parcels"].to_crs(4326)
    aside = lonlat.set_geometry(moved(lonlat.geometry.to_numpy(), to_gcj02), crs=4326)
    intake.write_layers(small / "small.gpkg", {**layers, "parcels": aside})
    changes = mend(small, tmp_path / "out", {"parcels": system("GCJ-02")})
    assert [change.words.en for change in changes] == ["written in GCJ-02, now in EPSG:4547"]
    copy = intake.read_territory(tmp_path / "out")
    assert copy.parcels.geometry["YL-01"].hausdorff_distance(shapely.box(*at(1))) < 0.01


def test_a_file_by_itself_keeps_its_columns(tmp_path: Path) -> None:
    frame = shapes()["parcels"].assign(备注="甲")
    frame = frame.set_geometry([MESSY["YL-01"], *frame.geometry[1:]], crs=CRS)
    intake.write_layers(tmp_path / "parcels.gpkg", {"parcels": frame})
    (change,) = mend(tmp_path / "parcels.gpkg", tmp_path / "out")
    copy = gpd.read_file(tmp_path / "out" / "layers.gpkg", layer="parcels")
    assert (change.feature, change.after_m2) == ("YL-01", pytest.approx(15_000))
    assert (len(copy), set(copy["备注"]), copy.crs.to_epsg()) == (30, {"甲"}, 4547)
    assert [fault.rule.en for fault in intake.faults(tmp_path / "out" / "layers.gpkg")] == ["columns not used: 备注"]


@pytest.mark.parametrize("where", ["small", "small/copy", "full", "small/territory.yaml"])
def test_nothing_is_written_over_anything(small: Path, tmp_path: Path, where: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_text("a")
    before = digests(tmp_path)
    with pytest.raises(DataError, match="empty folder"):
        mend(small, tmp_path / where)
    assert digests(tmp_path) == before


def test_what_cannot_be_read_is_not_mended(small: Path, tmp_path: Path) -> None:
    file = small / "territory.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("layer: parcels,", "layer: parcel,"), encoding="utf-8")
    with pytest.raises(DataError, match="layers could not be read: parcels"):
        mend(small, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# The command


def run(*said: object) -> Any:
    return CliRunner().invoke(app, ["check", *map(str, said)], catch_exceptions=False)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_faults_are_written_as_a_table_a_row_a_feature_and_a_spot(small: Path, tmp_path: Path) -> None:
    redrawn(small, {"YL-01": MESSY["YL-01"], "YL-04": shapely.box(*at(5))})
    assert run(small, "--csv", tmp_path / "f.csv", "--lang", "en").exit_code == 2
    rows = rows_of(tmp_path / "f.csv")
    (crossed,) = [row for row in rows if row["feature"] == "YL-01" and row["column"] == "geometry"]
    assert (crossed["kind"], float(crossed["east"]), float(crossed["north"])) == ("error", EAST + 100, NORTH + 75)
    twice = [row["feature"] for row in rows if "two numbers" in row["what"]]
    assert twice[:2] == ["YL-04", "YL-05"]


def test_no_text_of_a_layer_becomes_a_formula(small: Path, tmp_path: Path) -> None:
    table = small / "parcels.csv"
    row = '"=cmd|1",,,free,M1,3,0.5,60,2026,,no,yes,30000\n'
    table.write_text(table.read_text(encoding="utf-8") + row, encoding="utf-8")
    run(small, "--csv", tmp_path / "f.csv")
    assert "'=cmd|1" in {row["feature"] for row in rows_of(tmp_path / "f.csv")}


def test_check_writes_a_copy_and_says_what_is_left(small: Path, tmp_path: Path) -> None:
    redrawn(small, MESSY)
    told = run(small, "--fix", tmp_path / "out", "--lang", "en")
    assert told.exit_code == 0  # that of the copy
    assert "the source is as it was" in " ".join(told.output.split())
    rows = rows_of(tmp_path / "out" / "changes.csv")
    assert {row["feature"] for row in rows} == set(MESSY)
    assert all(row["修复"] and row["mended"] and float(row["after_m2"]) > 0 for row in rows)


def test_a_system_can_be_tried_by_a_flag(small: Path) -> None:
    lonlat = shapes()["parcels"].to_crs(4326)
    aside = lonlat.set_geometry(moved(lonlat.geometry.to_numpy(), to_gcj02), crs=4326)
    intake.write_layers(small / "small.gpkg", {**shapes(), "parcels": aside})
    assert "GCJ-02" in run(small, "--lang", "en").output
    assert "GCJ-02" not in run(small, "--crs", "parcels=GCJ-02", "--lang", "en").output
    for wrong, remedy in (("parcel=GCJ-02", "parcels"), ("parcels=GCJ-3", "EPSG:4547")):
        told = run(small, "--crs", wrong, "--lang", "en")
        assert told.exit_code == 2
        assert remedy in told.output + told.stderr


# The map of faults


def hostile_faults() -> tuple[list[Fault], maps.Outlines]:
    frame = shapes()["parcels"].set_index("parcel_id")[["geometry"]]
    frame.index = [HOSTILE, *frame.index[1:]]
    bad = Words(HOSTILE, HOSTILE)
    faults = [
        Fault("t.csv", "far_max", Words("警告", "a warning"), bad, ("YL-02",), fatal=False),
        Fault("small.gpkg:parcels", "geometry", bad, bad, (HOSTILE, "YL-03"), spots=((EAST + 50.0, NORTH + 50.0),)),
        Fault("territory.yaml", "", Words("无图形", "no outline"), bad),
    ]
    lonlat = frame.to_crs(4326)
    return faults, maps.Outlines(Words(HOSTILE, "Small"), CRS, {"small.gpkg:parcels": lonlat},
                                 {"t.csv": "small.gpkg:parcels"})  # fmt: skip


def test_no_more_is_drawn_than_a_page_can_bear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from planner.maps import faults as module  # noqa: PLC0415 - its limit is what is tested

    monkeypatch.setattr(module, "FEATURES_MAX", 1)
    monkeypatch.setattr(module, "BESIDE_MAX", 7)
    faults, outlines = hostile_faults()
    features, drawn = module._features(faults, outlines)
    assert (len(features), drawn) == (8, [[0], [], []])
    left = maps.left_off(faults, outlines)
    assert left is not None
    assert left.en.startswith("Of 3 faulty features 1 are drawn")
    monkeypatch.setattr(module, "FEATURES_MAX", 3)
    left = maps.left_off(faults, outlines)
    assert left is not None
    assert left.en.startswith("Of 27 sound features 7 are drawn")
    monkeypatch.setattr(module, "BESIDE_MAX", 27)
    assert maps.left_off(faults, outlines) is None


@pytest.mark.page
def test_faults_are_clicked_through_offline_and_hostile_text_does_nothing(tmp_path: Path) -> None:
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM} (set CHROMIUM to its path)")
    faults, outlines = hostile_faults()
    file = maps.save(maps.draw_faults(faults, outlines, "zh"), tmp_path / "faults.html")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = chromium.new_context(viewport={"width": 1366, "height": 768}, offline=True).new_page()
        asked: list[str] = []
        errors: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type in ("error", "warning") else None)
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-planner=ready]", timeout=20_000)
        assert page.locator(".fault").count() == 3
        assert page.inner_text("#planner-at") == "– / 3"
        page.click("#planner-next")
        first = page.locator("li[aria-current=true]")
        assert HOSTILE in first.inner_text()  # errors come first, and text is text
        assert page.evaluate("document.querySelectorAll('img, [onerror]').length") == 0
        page.keyboard.press("ArrowRight")
        assert "不在地图上" in page.locator("li[aria-current=true]").inner_text()
        page.click("#planner-language")
        page.click("#planner-next")
        assert "a warning" in page.locator("li[aria-current=true]").inner_text()
        assert page.inner_text("#planner-at") == "3 / 3"
        page.mouse.click(850, 380)  # the chosen feature lies in the middle of what the list leaves free
        assert "YL-02" in page.inner_text(".fault-card h3")
        page.click("button.filter:has-text('errors')")
        assert page.locator("#planner-left li .fault").count() == 2
        assert page.evaluate("window.pwned") is None
        assert (errors, [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]) == ([], [])
        chromium.close()
