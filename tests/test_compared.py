"""The map of two plans: what the page is told, and the page in a browser that is offline, in all three ways."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from eyes import EYES, lab
from opened import Opened
from sample_plan import HOSTILE, sample_plan, sample_territory

from planner import maps
from planner.comparison import compare
from planner.layers import layers_of
from planner.maps import compared
from planner.maps.scene import Scene
from planner.maps.style import harmless
from planner.plan import Plan
from planner.territory import Territory

PLACED = ("placed_plots", "placed_units")


def stands(plan: Plan, land: Territory) -> gpd.GeoDataFrame:
    """Return where the parts of a plan stand, as its folder holds it."""
    layers = layers_of(plan, land)
    frames = [layers[name] for name in PLACED if name in layers]
    if not frames:
        return gpd.GeoDataFrame({"project": []}, geometry=[])
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=land.crs)


def other_of(a: Plan, land: Territory) -> Plan:
    """Return a plan in which P-000 takes the parcel of P-001, which moves; P-002 is left out, P-012 placed anew."""
    free = [str(name) for name in land.parcels.index if land.parcels.loc[name, "ready_year"] > 0]
    placed, uses = a.placements.copy(), a.uses.copy()
    at = placed.set_index("project")["places"]

    def settle(project: str, place: str, site: str) -> None:
        mine = placed["project"] == project
        placed.loc[mine, ["places", "site"]] = place, site
        uses.loc[uses["part"] == f"{project}/main", "place"] = place

    settle("P-001", free[10], "S-far")
    settle("P-000", str(at["P-001"]), "S1")
    new = placed[placed["project"] == "P-002"].assign(project="P-012", part="P-012/main", name="示例项目 012")
    placed = pd.concat([placed[placed["project"] != "P-002"], new], ignore_index=True)
    uses.loc[uses["part"] == "P-002/main", "part"] = "P-012/main"
    gone = a.left_out[a.left_out["project"] == "P-012"].assign(project="P-002", name="示例项目 002")
    out = pd.concat([a.left_out[a.left_out["project"] != "P-012"], gone], ignore_index=True)
    summary = {**a.summary, "title": {"zh": "另一方案", "en": "Another plan"}, "score": 69.5}
    return dataclasses.replace(a, summary=summary, placements=placed, uses=uses, left_out=out)


@pytest.fixture(scope="module")
def land() -> Territory:
    return sample_territory()


@pytest.fixture(scope="module")
def pair(land: Territory) -> tuple[Plan, Plan]:
    a = sample_plan(land)
    return a, other_of(a, land)


def draw(pair: tuple[Plan, Plan], land: Territory, path: Path, lang: str = "zh") -> Path:
    drawing = maps.draw_compared(pair, (land, land), (stands(pair[0], land), stands(pair[1], land)), lang)
    return maps.save(drawing, path)


def frame(pair: tuple[Plan, Plan], land: Territory) -> dict:
    scenes = Scene(land, pair[0]), Scene(land, pair[1])
    return compared.told(compare(*pair), scenes, (stands(pair[0], land), stands(pair[1], land)), "zh")


# What the page is told


def test_who_moved_goes_from_where_it_was_to_where_it_is(pair: tuple[Plan, Plan], land: Territory) -> None:
    """**Proves**: P-001 leaves 样板-001 for the parcel 11th on offer. Sensitivity: ends exchanged point backwards."""
    moves = {move["project"]: move for move in frame(pair, land)["moves"]}
    assert {name: move["change"] for name, move in moves.items()} == {
        "P-000": "moved", "P-001": "moved", "P-002": "newly_left_out", "P-012": "newly_placed",
    }  # fmt: skip
    at = land.parcels.geometry.centroid.to_crs("EPSG:4326")
    (start, end), parks = moves["P-001"]["lines"][0]
    spots = [pair[k].placements.set_index("project").loc["P-001", "places"] for k in (0, 1)]
    assert start == pytest.approx([at[spots[0]].x, at[spots[0]].y], abs=1e-4)
    assert end == pytest.approx([at[spots[1]].x, at[spots[1]].y], abs=1e-4)
    assert parks == ["YL", "YL"]
    assert moves["P-002"]["lines"] == []


def test_why_is_told_who_came_whom_it_follows_from_and_what_left_it_out(
    pair: tuple[Plan, Plan], land: Territory
) -> None:
    said = frame(pair, land)
    moves = {move["project"]: move for move in said["moves"]}
    assert (moves["P-001"]["by"], moves["P-001"]["by_name"]) == ("P-000", "示例项目 000")
    assert moves["P-002"]["by"] == "P-012"
    chain = said["chains"][moves["P-001"]["chains"][0]]
    assert chain["who"] == ["P-000", "P-001"]
    assert "P-000 移到 S1" in chain["words"][0]
    assert moves["P-002"]["out"][0] is None
    assert moves["P-002"]["out"][1]["why"][1].startswith("asks for 5.2 ha")
    assert moves["P-012"]["out"][0] is not None, "why A leaves it out"
    assert said["decides"][0] == ["两方案各项得分相同；落位项目数相同。",
                                  "Both score the same on every goal; as many projects placed."]  # fmt: skip


def test_points_that_a_plan_does_not_hold_are_not_told_as_none(pair: tuple[Plan, Plan], land: Territory) -> None:
    """A plan of an older version has no points: not given, where a sum of nothing would say 0."""
    old = dataclasses.replace(pair[0], placements=pair[0].placements.drop(columns="points"))
    moves = {move["project"]: move for move in frame((old, pair[1]), land)["moves"]}
    here, there = moves["P-001"]["points"]
    assert here is None
    assert there > 0


def test_sums_by_park_are_those_of_both_plans(pair: tuple[Plan, Plan], land: Territory) -> None:
    parks = {park["id"]: park for park in frame(pair, land)["parks"]}
    assert next(iter(parks)) == "YL", "growth poles first"
    table = compare(*pair).parks
    for park, row in table.iterrows():
        assert parks[str(park)]["a"] == pytest.approx([row["projects_a"], row["land_m2_a"], row["floor_m2_a"],
                                                       row["power_kva_a"]])  # fmt: skip
        assert parks[str(park)]["b"][0] == row["projects_b"]


def test_other_floors_or_another_year_in_one_place_are_a_ring(pair: tuple[Plan, Plan], land: Territory) -> None:
    a = pair[0]
    later = a.placements.assign(start_year=a.placements["start_year"] + (a.placements["project"] == "P-007"))
    moves = frame((a, dataclasses.replace(a, placements=later)), land)["moves"]
    assert [(move["project"], len(move["lines"][0][0])) for move in moves] == [("P-007", 1)]


def test_a_ground_that_is_the_same_stands_once_in_the_file(pair: tuple[Plan, Plan], land: Territory) -> None:
    assert len(frame(pair, land)["grounds"]) == 1
    other = dataclasses.replace(land, restrictions=land.restrictions.iloc[:1])
    where = stands(pair[0], land), stands(pair[1], land)
    both = compared.told(compare(*pair), (Scene(other, pair[0]), Scene(land, pair[1])), where, "zh")["grounds"]
    assert [sum(len(layer["features"]) for layer in one if layer["name"] == "corridors") for one in both] == [0, 1]


@pytest.mark.parametrize("eye", EYES)
def test_kinds_of_change_stay_apart_for_every_eye(eye: str) -> None:
    """Least CIE76 distance of any two; the three that occur in most comparisons stay further apart."""
    apart = {
        (a, b): np.linalg.norm(lab(compared.COLOURS[a], EYES[eye]) - lab(compared.COLOURS[b], EYES[eye]))
        for a, b in itertools.combinations(compared.COLOURS, 2)
    }
    assert min(apart.values()) > 10, min(apart, key=lambda two: apart[two])


def test_the_same_input_gives_the_same_bytes_and_names_no_outside_file(
    pair: tuple[Plan, Plan], land: Territory, tmp_path: Path
) -> None:
    a, b = (draw(pair, land, tmp_path / name) for name in ("a.html", "b.html"))
    assert a.read_bytes() == b.read_bytes()
    links = re.findall(r"""(?:src|href|action)\s*=\s*["']?((?:https?:)?//[^"' ]*)""", a.read_text("utf-8"))
    assert set(links) <= {"https://leafletjs.com"}


def test_plans_without_placements_and_of_an_older_version_are_compared(
    pair: tuple[Plan, Plan], land: Territory
) -> None:
    """A summary of an older version counts nothing: what its tables hold is counted."""
    a = pair[0]
    nothing = dataclasses.replace(a, placements=a.placements.iloc[:0], uses=a.uses.iloc[:0])
    older = dataclasses.replace(
        a, summary={"title": "T", "score": 71.25, "bound": 72.0, "gap": 0.01, "status": "within_gap"},
        placements=a.placements.drop(columns=["compartments", "points_tier"]),
    )  # fmt: skip
    where = stands(a, land)
    for two in ((nothing, nothing), (nothing, a), (older, a), (a, older)):
        there = tuple(where if len(plan.placements) else where.iloc[:0] for plan in two)
        assert maps.draw_compared(two, (land, land), (there[0], there[1])).get_root().render()
    total = {one.measure: one for one in compare(older, a).totals}
    assert (total["placed"].a, total["left_out"].a) == (12, 4)


# The page


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, pair: tuple[Plan, Plan], land: Territory) -> Path:
    return draw(pair, land, tmp_path_factory.mktemp("compared") / "against.html")


pages = pytest.mark.page


@pages
def test_both_maps_move_together(opened: Opened, file: Path) -> None:
    opened.open(file)
    apart = """() => { const [a, b] = Planner.maps(); const at = a.latLngToContainerPoint(b.getCenter());
      const m = a.getSize().divideBy(2);
      return [Math.abs(at.x - m.x), Math.abs(at.y - m.y), a.getZoom() - b.getZoom()]; }"""
    sizes = opened.js("Planner.maps().map(m => m.getSize().x)")
    assert sizes[0] == sizes[1] > 400
    box = opened.page.locator(".half.b").bounding_box()
    mouse = opened.page.mouse
    mouse.move(box["x"] + 200, box["y"] + 300)
    mouse.down()
    mouse.move(box["x"] + 260, box["y"] + 350, steps=6)
    mouse.up()
    opened.page.wait_for_timeout(400)
    x, y, zoom = opened.js(apart)
    assert (x <= 1, y <= 1, zoom) == (True, True, 0), "dragged in B"
    opened.js("void Planner.maps()[0].setZoom(14, {animate: false})")
    x, y, zoom = opened.js(apart)
    assert (x <= 1, y <= 1, zoom) == (True, True, 0), "zoomed in A"
    opened.harmless()


@pages
def test_the_divider_shows_a_at_its_left_and_b_at_its_right(opened: Opened, file: Path) -> None:
    opened.open(file)
    opened.page.click("#planner-mode-swipe")
    side = "x => { const e = document.elementFromPoint(x, 600).closest('.half'); return e.className; }"
    box = opened.page.locator("#planner-stage").bounding_box()
    at = [box["x"] + box["width"] * share for share in (0.3, 0.7)]
    assert [opened.js(side, x) for x in at] == ["half a", "half b"]
    opened.page.locator("#planner-divider").focus()
    opened.page.keyboard.press("Home")
    assert [opened.js(side, x) for x in at] == ["half b", "half b"], "by keys, all of B"
    opened.harmless()


@pages
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_difference_draws_arrows_and_says_why(lang: str, opened: Opened, file: Path) -> None:
    opened.open(file)
    opened.js("lang => { Planner.speak(lang); Planner.set('difference'); Planner.maps()[1].setZoom(15); }", lang)
    drawn = "[...document.querySelectorAll('[data-arrow]')].map(e => e.getAttribute('data-arrow')).sort()"
    assert opened.js(drawn) == ["P-000", "P-001"], "who moved; who came or went has no arrow"
    assert opened.page.locator("[data-move]").count() == 4
    opened.js("document.querySelector('[data-arrow=P-001]').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    card = opened.text("#planner-card")
    assert ("P-000 移到 S1" if lang == "zh" else "P-000 moves to S1") in card
    assert ("由 P-000 示例项目 000 落位" if lang == "zh" else "P-000 示例项目 000 comes to") in card
    opened.page.click("#planner-back")
    opened.page.click("[data-move=P-002] button")
    assert ("需要用地 5.2 公顷" if lang == "zh" else "asks for 5.2 ha") in opened.text("#planner-card")
    opened.page.keyboard.press("Escape")
    assert opened.page.locator("#planner-card").count() == 0
    opened.page.click("#planner-tab-parks")
    assert ("燕罗" if lang == "zh" else "Yanluo") in opened.text(".sums .pole")
    opened.page.click("#planner-tab-totals")
    assert ("得分" if lang == "zh" else "score") in opened.text(".sums")
    assert ("落位项目数相同" if lang == "zh" else "as many projects placed") in opened.text(".verdict")
    opened.harmless()


@pages
def test_far_out_arrows_are_summed_by_park(opened: Opened, land: Territory, tmp_path: Path) -> None:
    """**Proves**: four parts that go from one park to the other are one arrow of four; nearer they are four."""
    a = sample_plan(land)
    east = land.parcels[land.parcels["home_park"] == "YB"]
    free = [str(name) for name in east.index[east["ready_year"] > 0]][:4]
    placed, uses = a.placements.copy(), a.uses.copy()
    mine = placed.index[(placed["kind"] == "plot") & (placed["park"] == "YL")][:4]
    for row, place in zip(mine, free, strict=True):
        placed.loc[row, ["places", "site", "park"]] = place, f"T{row}", "YB"
        uses.loc[uses["part"] == placed.loc[row, "part"], "place"] = place
    b = dataclasses.replace(a, placements=placed, uses=uses)
    opened.open(draw((a, b), land, tmp_path / "map.html"))
    opened.js("void (Planner.set('difference'), Planner.maps()[1].setZoom(12, {animate: false}))")
    flows = "[...document.querySelectorAll('[data-flow]')].map(e => e.getAttribute('data-flow'))"
    arrows = "document.querySelectorAll('[data-arrow]').length"
    assert (opened.js(flows), opened.js(arrows)) == (["YL YB 4"], 0)
    opened.js("void Planner.maps()[1].setZoom(14, {animate: false})")
    assert (opened.js(flows), opened.js(arrows)) == ([], 4)
    opened.harmless()


@pages
def test_hostile_names_are_inert(opened: Opened, tmp_path: Path) -> None:
    names = (*HOSTILE, "🏭\u202e工厂🤖 مصنع")
    land = sample_territory(12, 3, 3, name_zh=HOSTILE[0])
    a = sample_plan(land, 4, 4, 4, names=names)
    a = dataclasses.replace(
        a,
        summary={**a.summary, "title": {"zh": HOSTILE[1], "en": HOSTILE[5]}},
        left_out=a.left_out.assign(words_zh=HOSTILE[3], words_en=HOSTILE[3]),
    )
    gone = pd.DataFrame({"project": [f"P-{k:03d}" for k in range(7)], "name": names, "words_zh": HOSTILE[3]})
    b = dataclasses.replace(a, placements=a.placements.iloc[7:], uses=a.uses.iloc[7:],
                            left_out=pd.concat([a.left_out, gone], ignore_index=True))  # fmt: skip
    opened.open(draw((a, b), land, tmp_path / "map.html"))
    for mode, k in itertools.product(("side", "swipe", "difference"), range(7)):
        opened.js("([mode, id]) => { Planner.set(mode); Planner.choose(id, true); }", [mode, f"P-{k:03d}"])
        assert opened.page.locator("#planner-card h3").text_content() == names[k]
        assert opened.js("document.getElementById('planner-left').scrollWidth") <= 350, "a long name wraps"
        opened.js("""id => { const one = Planner.frame.placed[0].find(f => f.properties.project === id);
          document.body.append(Planner.tip(one)); }""", f"P-{k:03d}")  # fmt: skip
    opened.js("Planner.speak('en')")
    opened.harmless()


def test_everything_told_is_json(pair: tuple[Plan, Plan], land: Territory) -> None:
    said = frame(pair, land)
    assert json.loads(harmless(said)) == json.loads(json.dumps(said))
