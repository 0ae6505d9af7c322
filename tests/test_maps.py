"""The map's data: what each layer draws, what the page is told, and that the file is whole, closed and repeatable."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from folium.plugins import MarkerCluster
from sample_plan import CLUSTERS, HOSTILE, sample_plan, sample_territory

from planner import maps
from planner.maps import layers, page, style
from planner.maps.buildings import shares
from planner.maps.dossier import dossier, facts, out
from planner.maps.scene import Scene, Sheet, drawn
from planner.plan import Plan
from planner.territory import Territory


@pytest.fixture(scope="module")
def territory() -> Territory:
    return sample_territory()


@pytest.fixture(scope="module")
def plan(territory: Territory) -> Plan:
    return sample_plan(territory)


@pytest.fixture(scope="module")
def scene(territory: Territory, plan: Plan) -> Scene:
    return Scene(territory, plan)


def sheet(name: str, scene: Scene) -> Sheet:
    return next(layer for layer in layers.LAYERS if layer.name == name).draw(scene)


def told(found: Sheet) -> dict[str, dict]:
    return {feature["properties"]["id"]: feature["properties"] for feature in found.features}


# Layers


def test_parcels_are_split_by_what_is_on_offer_and_coloured_by_year(scene: Scene) -> None:
    offered, taken = sheet("parcels_offered", scene), sheet("parcels_taken", scene)
    assert len(offered.features) == 20, "two of three of 30 parcels"
    assert {f["properties"]["kind"] for f in taken.features} == {"occupied", "committed"}
    assert sum(f["properties"]["kind"] == "committed" for f in taken.features) == 1
    assert list(offered.kinds) == ["2026", "2027", "2028"], "the legend names only years that occur, in order"
    fills = [kind.look.fill for kind in offered.kinds.values()]
    assert fills == list(style.READY[:3]), "the sooner the stronger"


def test_a_parcel_says_its_area_both_numbers_and_whose_it_becomes(scene: Scene) -> None:
    parcel = told(sheet("parcels_offered", scene))["样板-000"]
    assert parcel["area_m2"] == 40000, "200 m × 200 m, measured in metres"
    assert parcel["lot_id"] == "A400-0000"
    assert parcel["parts"] == ["P-000/main"]
    assert parcel["ready_tenure"] == ["已完成", "done"]
    assert "power_kva" not in parcel, "not given is absent, never zero"


def test_plots_take_the_colour_of_their_family_and_the_strongest_tier_stands_out(scene: Scene) -> None:
    plots = told(sheet("plots", scene))
    assert len(plots) == 6
    assert plots["P-000/main"]["kind"] == "electronics"  # C01
    assert plots["P-001/main"]["kind"] == "chips"  # C02
    assert [part for part, plot in plots.items() if plot["strong"]] == ["P-000/main", "P-005/main"]


def test_a_plot_of_two_parcels_is_one_shape(territory: Territory, plan: Plan) -> None:
    table = plan.placements.copy()
    table.loc[0, "places"] = "样板-000;样板-001"
    pair = sheet("plots", Scene(territory, dataclasses.replace(plan, placements=table))).features[0]
    shape = gpd.GeoSeries([shapely.geometry.shape(pair["geometry"])], crs="EPSG:4326").to_crs(territory.crs)
    assert shape.area[0] == pytest.approx(80000, rel=1e-3)


def test_a_building_carries_its_floors_its_tenants_and_where_its_area_goes(scene: Scene) -> None:
    building = told(sheet("buildings", scene))["B01"]
    assert [floor[0] for floor in building["floors"]] == [1, 2, 3, 4]
    assert building["floors"][0] == [1, 2000, 7, 6.2, 15, 500, "let"], "clear height is the storey less services"
    assert building["area_m2"] == 8000
    assert building["taken_m2"] == 1000
    assert building["placed_m2"] == sum(shares(scene, building["tenants"]).values()) > 0
    assert building["area_m2"] == building["taken_m2"] + building["placed_m2"] + building["free_m2"]
    assert [seat[1] for seat in building["tenants"]] == ["P-006/main", "P-011/main"]


def test_left_out_projects_are_gathered_at_their_nearest_place(scene: Scene) -> None:
    spots = sheet("left_out", scene).features
    listed = [project for spot in spots for project in spot["properties"]["out"]]
    assert sorted(listed) == ["P-012", "P-013", "P-014"], "P-015 has no place and is only in the list"
    assert all(spot["geometry"]["type"] == "Point" for spot in spots)
    assert len(out(scene)) == 4


def test_left_out_list_puts_the_strongest_tier_first(scene: Scene) -> None:
    rows = out(scene)
    assert [row["rank"] for row in rows] == sorted(row["rank"] for row in rows)
    assert rows[0]["tier"] == ["战略级", "strategic"]
    assert rows[0]["cause_words"][1] == "fits nowhere"


def test_lines_of_restrictions_are_as_wide_as_they_reach(scene: Scene, territory: Territory) -> None:
    corridor = sheet("corridors", scene).features
    assert len(corridor) == 1
    shape = gpd.GeoSeries([shapely.geometry.shape(corridor[0]["geometry"])], crs="EPSG:4326").to_crs(territory.crs)
    length = territory.restrictions.geometry["R2"].length
    assert shape.area[0] == pytest.approx(length * 40 + np.pi * 20**2, rel=0.01), "20 m each side, round ends"
    assert corridor[0]["properties"]["distance_m"] == 20


def test_restrictions_stand_under_their_effect_only(scene: Scene) -> None:
    found = {name: [f["properties"]["id"] for f in sheet(name, scene).features]
             for name in ("forbidden", "corridors", "no_wet_process", "heights", "notices")}  # fmt: skip
    assert found == {
        "forbidden": ["R1"], "corridors": ["R2"], "no_wet_process": [], "heights": ["R3"], "notices": []
    }  # fmt: skip


def test_parks_keep_two_measures_as_two_rows_and_say_what_is_not_given(scene: Scene) -> None:
    park = told(sheet("parks", scene))["YL"]
    assert park["kind"] == "growth_pole"
    assert [figure["measure"][0] for figure in park["figures"]] == ["规划面积", "厂房面积"]
    assert [figure["value"] for figure in park["figures"]] == [36.5, None]
    assert park["figures"][0]["confidence"] == ["高", "high"]
    noted = [figure["note"] for figure in park["figures"]]
    assert noted == [["约", "about"], ["另一口径", "另一口径"]], "one given in one language stands in both"
    assert park["supply"] == [[2026, 60, None, None, None]]
    assert park["here"]["projects"] == 4, "P-000, P-001, P-004 and P-005 lie in the western half"
    assert told(sheet("parks", scene))["YB"]["kind"] == "park"


def test_backdrop_draws_large_things_first_and_labels_places(scene: Scene) -> None:
    found = sheet("backdrop", scene).features
    assert [f["properties"]["kind"] for f in found] == ["district", "road", "place"]
    assert found[2]["properties"]["label"]["text"] == ["样板村", "Sample village"]


def test_the_table_of_layers_is_in_order() -> None:
    names = [layer.name for layer in layers.LAYERS]
    assert len(set(names)) == len(names)
    assert {layer.group for layer in layers.LAYERS} == set(layers.GROUPS)
    forms = {field.form for layer in layers.LAYERS for field in layer.fields} - {"text"}
    assert forms <= set(style.FORMATS)


@pytest.mark.parametrize("name", [layer.name for layer in layers.LAYERS])
def test_every_layer_draws_features_with_a_kind_the_legend_knows(name: str, scene: Scene) -> None:
    found = sheet(name, scene)
    for feature in found.features:
        assert feature["properties"]["kind"] in found.kinds
        assert len(feature["properties"]["at"]) == 2
    ids = [feature["properties"]["id"] for feature in found.features if "id" in feature["properties"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", [layer.name for layer in layers.LAYERS])
def test_every_layer_draws_a_territory_without_a_plan_and_one_without_features(name: str, territory: Territory) -> None:
    bare = dataclasses.replace(territory, **{
        layer: getattr(territory, layer).iloc[:0]
        for layer in ("parks", "parcels", "buildings", "floors", "restrictions", "backdrop", "supply", "figures")
    })  # fmt: skip
    assert isinstance(sheet(name, Scene(territory)), Sheet)
    assert sheet(name, Scene(bare)).features == []


def test_shapes_keep_six_decimals_and_skip_what_is_empty() -> None:
    places = gpd.GeoDataFrame(geometry=[shapely.Point(485000, 2512000), shapely.Polygon()], crs="EPSG:4547")
    found = drawn(places, [{"id": "a"}, {"id": "b"}])
    assert [feature["properties"]["id"] for feature in found] == ["a"]
    longitude, latitude = found[0]["geometry"]["coordinates"]
    assert (round(longitude, 6), round(latitude, 6)) == (longitude, latitude)
    assert drawn(places.iloc[:0], []) == []


# Title, numbers, colours


def test_the_title_block_tells_score_bound_and_proven_gap(scene: Scene, territory: Territory) -> None:
    block = facts(scene)
    assert (block["score"], block["bound"], block["gap"]) == (71.25, 72, 0.0104)
    assert (block["asked"], block["placed"], block["left_out"]) == (16, 12, 4)
    assert block["status"] == ["达到设定差距", "within the gap asked for"]
    assert block["illustrative"][1].startswith("Geometry is illustrative")
    assert block["data_date"] == "2023-01-05"
    assert "score" not in facts(Scene(territory))


def test_an_infeasible_plan_has_no_numbers_and_still_draws(territory: Territory, plan: Plan) -> None:
    nothing = dataclasses.replace(
        plan, placements=plan.placements.iloc[:0], uses=plan.uses.iloc[:0],
        summary={"title": "T", "status": "infeasible", "score": None, "bound": None, "gap": None},
    )  # fmt: skip
    block = facts(Scene(territory, nothing))
    assert (block["score"], block["gap"], block["placed"]) == (None, None, 0)
    assert isinstance(maps.draw(nothing, territory), folium.Map)


def test_every_cluster_has_exactly_one_colour() -> None:
    for cluster in CLUSTERS:
        assert sum(cluster in family.clusters for family in style.FAMILIES) == 1, cluster


# The file


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, territory: Territory, plan: Plan) -> None:
    a = maps.save(maps.draw(plan, territory), tmp_path / "a.html")
    b = maps.save(maps.draw(plan, territory), tmp_path / "b.html")
    assert a.read_bytes() == b.read_bytes()
    again = maps.draw(plan, territory)
    again.get_root().render()
    assert maps.save(again, tmp_path / "c.html").read_bytes() == a.read_bytes(), "rendering before saving adds nothing"


def test_order_of_rows_changes_nothing(tmp_path: Path, territory: Territory, plan: Plan) -> None:
    turned = dataclasses.replace(
        plan, placements=plan.placements.iloc[::-1], uses=plan.uses.iloc[::-1], left_out=plan.left_out.iloc[::-1]
    )
    a = maps.save(maps.draw(plan, territory), tmp_path / "a.html")
    b = maps.save(maps.draw(turned, territory), tmp_path / "b.html")
    assert a.read_bytes() == b.read_bytes()


def test_folium_is_left_as_it_was(territory: Territory) -> None:
    before = list(folium.Map.default_js), list(folium.Map.default_css)
    maps.draw(None, territory).get_root().render()
    assert (folium.Map.default_js, folium.Map.default_css) == before
    assert "cdn.jsdelivr.net" in folium.Map().get_root().render(), "other maps still load as they did"


def test_the_page_names_no_outside_file(tmp_path: Path, territory: Territory, plan: Plan) -> None:
    text = maps.save(maps.draw(plan, territory), tmp_path / "map.html").read_text("utf-8")
    links = re.findall(r"""(?:src|href|action)\s*=\s*["']?((?:https?:)?//[^"' ]*)""", text)
    assert set(links) <= {"https://leafletjs.com"}, "Leaflet's credit, which this page does not show"
    assert not re.search(r"url\((?!data:|#)", text)
    assert "sourceMappingURL" not in text
    assert "default-src 'none'" in text


def test_a_script_from_elsewhere_is_an_error_not_a_request(territory: Territory) -> None:
    drawing = maps.draw(None, territory)
    MarkerCluster().add_to(drawing)
    with pytest.raises(ValueError, match=r"would load https://.*markercluster"):
        drawing.get_root().render()


def test_a_layer_of_folium_may_be_added(territory: Territory) -> None:
    drawing = maps.draw(None, territory)
    folium.CircleMarker((22.7, 113.86), popup="here").add_to(drawing)
    assert "L.circleMarker" in drawing.get_root().render()


def test_a_map_is_written_whole_or_not_at_all(
    tmp_path: Path, territory: Territory, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "map.html"
    there.write_text("the one before", encoding="utf-8")
    drawing = maps.draw(None, territory)

    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", no_room)
    with pytest.raises(OSError, match="No space left"):
        maps.save(drawing, there)
    assert there.read_text("utf-8") == "the one before"
    assert [path.name for path in tmp_path.iterdir()] == ["map.html"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(name: str, tmp_path: Path) -> None:
    land = sample_territory(6, 2, 2, name_zh=name)
    planned = sample_plan(land, 2, 2, 1, names=(name,) * 5)
    planned = dataclasses.replace(planned, summary={**planned.summary, "title": {"zh": name, "en": name}})
    text = maps.save(maps.draw(planned, land), tmp_path / "map.html").read_text("utf-8")
    assert "<img src=x" not in text
    assert "<svg onload" not in text
    assert "<script>window.pwned" not in text
    block = re.search(r'<script type="application/json" id="planner-frame">(.*?)</script>', text, re.DOTALL)
    assert block
    assert json.loads(block[1])["projects"]["P-000"]["name"] == name, "and is read back as it was"


def test_templates_in_names_are_not_run(territory: Territory) -> None:
    planned = sample_plan(territory, 1, 0, 0, names=("{{ 7 * 7 }}{% if %}",))
    planned = dataclasses.replace(planned, summary={**planned.summary, "title": "{{ 7 * 7 }}{% if %}"})
    assert "{{ 7 * 7 }}{% if %}" in maps.draw(planned, territory).get_root().render()


def test_a_district_is_small_and_quickly_written(tmp_path: Path) -> None:
    land = sample_territory(900, 130, 16)
    planned = sample_plan(land, 90, 180, 60)
    start = time.process_time()
    path = maps.save(maps.draw(planned, land), tmp_path / "map.html")
    assert time.process_time() - start < 3
    assert path.stat().st_size < 3e6


def test_everything_told_to_the_page_is_json(scene: Scene) -> None:
    sheets = [(layer, layer.draw(scene)) for layer in layers.LAYERS]
    frame = dossier(scene, sheets, "zh")
    assert json.loads(style.harmless(frame)) == json.loads(json.dumps(frame))
    assert set(frame["projects"]) == {f"P-{k:03d}" for k in range(12)}
    assert frame["projects"]["P-006"]["parts"][0]["feature"] == "B01"


def test_many_left_out_and_no_placement_at_all(territory: Territory) -> None:
    crowded = sample_plan(territory, 0, 0, 3000)
    crowded = dataclasses.replace(crowded, placements=pd.DataFrame(), uses=pd.DataFrame())
    assert len(dossier(Scene(territory, crowded), [], "en")["out"]) == 3000


def test_pictures_of_a_style_sheet_stand_inside_it() -> None:
    sheet_text = page.with_pictures(page.STYLES["leaflet_css"])
    assert "data:image/png;base64," in sheet_text
    assert "images/layers.png" not in sheet_text
