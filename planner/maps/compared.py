"""The map of two plans: both side by side, one swept over the other, or what differs, with who moved and why.

One page of two maps that move together. Where parts stand comes with the plans, so that a plan whose layers are gone
still compares; the ground beneath is one territory. It decides nothing: what differs is `comparison`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.comparison import SUMS, Comparison, compare
from planner.maps import style
from planner.maps.base import Base, policy_of
from planner.maps.dossier import facts, families, kinds_told, out
from planner.maps.layers import LAYERS
from planner.maps.page import POLICY, Frame, empty, make_self_contained, number, root
from planner.maps.scene import LONLAT, Scene, colour_key, drawn, table_rows
from planner.maps.texts import PAGE, said
from planner.plan import Plan
from planner.telling import CHANGES, chain_words, decided
from planner.territory import Territory
from planner.words import Lang, Words

SCRIPTS = ("core.js", "base.js", "compared.js", "compared_panel.js")
STYLES = ("page.css", "compared.css")
GROUND = ("backdrop", "parks", "parcels_offered", "corridors")
"""Layers of the map of a plan that lie beneath both, bottom to top."""
GROUND_MOST = 5_000
"""Of a layer with more features only outlines of parks and backdrop orient better than none: it is left off."""
COLOURS: Mapping[str, str] = {
    "moved": "#0B5FA5", "newly_placed": "#3FC1A0", "newly_left_out": style.LEFT_OUT, "only_in_a": "#E0A030",
    "only_in_b": "#B58BD0",
}  # fmt: skip
SAME_M = 1.0
"""A part that stands no further off than this, on other floors or in another year, gets a ring instead of an arrow."""
FORM_OF = {
    "gap": "percent", "land_m2": "ha", "floor_m2": "wan_m2", "power_kva": "kva", "score": "points", "bound": "points",
}  # fmt: skip
"""How a total is printed; any other as a number beside its unit."""
WORDS: Mapping[str, Words] = {
    "title": Words("两方案比较", "Two plans compared"),
    "side": Words("并列", "Side by side"),
    "swipe": Words("卷帘", "Swipe"),
    "difference": Words("差异", "Difference"),
    "modes": Words("比较方式（按 1、2、3 切换）", "How to compare (keys 1, 2, 3)"),
    "divider": Words("卷帘位置，左为 A，右为 B", "Divider: A at its left, B at its right"),
    "changes": Words("谁动了", "Who moved"),
    "totals": Words("合计", "Totals"),
    "parks": Words("按园区", "By park"),
    "nobody": Words("没有项目移动", "No project moved"),
    "unchanged": Words("两方案相同", "the same in both"),
    "pale": Words("淡化两方案相同的项目", "Pale what both share"),
    "was": Words("方案 A 中的位置", "in A"),
    "now": Words("方案 B 中的位置", "in B"),
    "arrow": Words("从 A 到 B 的位置", "from where A has it to where B has it"),
    "ring": Words("原址，楼层或年份不同", "same place, other floors or year"),
    "why": Words("为什么", "Why"),
    "taken_by": Words("原处 {place} 由 {by} 落位", "{by} comes to {place}, which it held"),
    "not_taken": Words("它原来的位置没有其他项目落位", "Nobody comes to what it held"),
    "chain": Words("谁牵动谁", "Who makes whom move"),
    "in_a": Words("A 中未落位的原因", "Why A leaves it out"),
    "in_b": Words("B 中未落位的原因", "Why B leaves it out"),
    "not_placed": Words("未落位", "not placed"),
    "points": Words("得分贡献 A → B", "Points A → B"),
    "change": Words("变化", "change"),
    "measure": Words("指标", "Measure"),
    "list": Words("移动的项目", "Projects that moved"),
    "projects_short": Words("项目", "proj."),
    "land_short": Words("用地 公顷", "land ha"),
    "floor_short": Words("楼面 万m²", "floors m²"),
    "power_short": Words("用电 MVA", "MVA"),
    "back": Words("返回列表", "Back to the list"),
    "flows": Words("放大前按园区合并，数字为分项数", "far out summed by park: number of parts"),
    "gap_short": Words("差距", "gap"),
    "sums": Words("每格：B 的数值，下为比 A 的增减", "Each cell: figure of B, below its change from A"),
}


def draw_compared(
    plans: tuple[Plan, Plan],
    grounds: tuple[Territory, Territory],
    stands: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
    lang: Lang = "zh",
    bases: Sequence[Base] = (),
) -> folium.Map:
    """Return two plans as one page that needs no network: side by side, swept, and their difference.

    Parameters
    ----------
    plans : (Plan, Plan)
        Moves go from the first to the second.
    grounds : (Territory, Territory)
        What is drawn beneath each, with the changes of its scenario made.
    stands : (GeoDataFrame, GeoDataFrame)
        Where the parts of both plans stand, one row a part (or share of it): layers ``placed_plots`` and
        ``placed_units`` of a plan, together. Empty where nothing is placed.
    lang : {'zh', 'en'}
        Language the page opens in; both are in it.
    bases : sequence of Base
        Base maps that a reader may switch on; nothing is asked of their hosts before.

    Returns
    -------
    folium.Map
        For `save`.
    """
    scenes = Scene(grounds[0], plans[0]), Scene(grounds[1], plans[1])
    frame = told(compare(*plans), scenes, stands, lang) | {"bases": [base.told() for base in bases]}
    drawing = empty(grounds[1], zoomAnimation=False, fadeAnimation=False)
    figure = root(drawing)
    make_self_contained(figure, {"title": style.plain(WORDS["title"])}, lang, SCRIPTS, STYLES,
                        POLICY + policy_of(bases))  # fmt: skip
    drawing.add_child(Frame(frame))
    number(figure)
    return drawing


def told(
    pair: Comparison, scenes: tuple[Scene, Scene], stands: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], lang: Lang
) -> dict[str, Any]:
    """Return all that the page is told, as JSON knows it."""
    west, south, east, north = scenes[1].territory.bounds_lonlat
    moved = {move.project: move.change for move in pair.moves}
    return {
        "lang": lang,
        "bounds": [[south, west], [north, east]],
        "words": style.plain({**PAGE, **WORDS}),
        "formats": style.plain(style.FORMATS),
        "families": families(),
        "changes": {key: {"words": style.plain(CHANGES[key]), "colour": colour} for key, colour in COLOURS.items()},
        "facts": facts(scenes[1]),
        "sides": [facts(scene) for scene in scenes],
        "decides": [style.plain(words) for words in decided(pair)],
        "totals": [
            [style.plain(total.words), *(style.plain(value) for value in (total.a, total.b)),
             FORM_OF.get(total.measure, "number"), "" if total.measure in FORM_OF else total.unit]
            for total in pair.totals
        ],
        "parks": _parks(pair, scenes[1]),
        "moves": _moves(pair, scenes, stands),
        "chains": [
            {"who": [move.project for move in chain], "words": style.plain(chain_words(chain))} for chain in pair.chains
        ],
        "grounds": _grounds(scenes),
        "placed": [_placed(side, scene, moved) for side, scene in zip(stands, scenes, strict=True)],
    }  # fmt: skip


def _grounds(scenes: tuple[Scene, Scene]) -> list[list[dict[str, Any]]]:
    """Return what lies beneath each plan, once where it is the same."""
    both = [list(_ground(scene)) for scene in scenes]
    return both[:1] if both[0] == both[1] else both


def _ground(scene: Scene) -> Iterable[dict[str, Any]]:
    """Yield what lies beneath a plan: geometry and class alone."""
    for layer in LAYERS:
        if layer.name not in GROUND:
            continue
        sheet = layer.draw(scene)
        if len(sheet.features) > GROUND_MOST:
            continue
        kept = [{**feature, "properties": {"kind": feature["properties"]["kind"]}} for feature in sheet.features]
        yield {
            "name": layer.name,
            "kinds": kinds_told(sheet.kinds),
            "features": kept,
        }


def _placed(stands: gpd.GeoDataFrame, scene: Scene, moved: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return where the parts of a plan stand, as features; of several in one place each knows its turn."""
    if stands.empty:
        return []
    ordered = stands.sort_values("part", kind="stable", ignore_index=True)
    strongest = scene.strongest_tier
    turns: dict[Any, int] = {}
    rows = []
    for row in table_rows(pd.DataFrame(ordered.drop(columns="geometry"))):
        unit = _given(row, "building")
        turn = 0
        if unit:
            turn = turns[unit] = turns.get(unit, -1) + 1
        rows.append({
            "id": row["part"], "project": row["project"], "title": row["name"], "site": row["site"],
            "kind": colour_key(row["cluster"]),
            "change": moved.get(row["project"]), "strong": row["tier"] == strongest, "unit": bool(unit), "turn": turn,
            "tip_number": [row["floors_m2"], "wan_m2"] if unit and _given(row, "floors_m2")
            else [_given(row, "land_m2"), "ha"],
        })  # fmt: skip
    return list(drawn(ordered, rows))


def _moves(
    pair: Comparison, scenes: tuple[Scene, Scene], stands: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]
) -> list[dict[str, Any]]:
    """Return who moved, with what is known of why: who came, whom that follows from, why it is left out, points."""
    lines = _lines({move.project for move in pair.moves}, stands)
    outs = [{row["id"]: row for row in out(scene)} for scene in scenes]
    points = [scene.placements.groupby("project")["points"].sum(min_count=1).to_dict() for scene in scenes]
    names = {move.project: move.name for move in pair.moves}
    names |= {row["project"]: row["name"] for scene in scenes for row in table_rows(scene.placements)}
    tables = [scene.placements.drop_duplicates("project").set_index("project") for scene in scenes]
    found = []
    for move in pair.moves:
        at = next((table.loc[move.project] for table in reversed(tables) if move.project in table.index), None)
        found.append({
            "project": move.project, "name": move.name, "change": move.change, "a": move.a, "b": move.b,
            "family": colour_key(None if at is None else at["cluster"]),
            "tier": None if at is None else said(scenes[1].tiers, at["tier"]),
            "by": move.by, "by_name": names.get(move.by, ""), "place": move.place,
            "chains": [k for k, chain in enumerate(pair.chains) if any(move.project == one.project for one in chain)],
            "points": [side.get(move.project) for side in points] if pair.comparable else None,
            "out": [{key: side[move.project][key] for key in ("cause_words", "why")} if move.project in side else None
                    for side in outs],
        })  # fmt: skip
    return [{**style.plain(row), "lines": lines.get(str(row["project"]), [])} for row in found]


def _lines(moved: set[str], stands: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> dict[str, list[list[Any]]]:
    """Return of each project from where to where its parts move: two ends in degrees, then the parks of both.

    One that stays in its place has one end.

    A part that only one plan has gets nothing here: its place is drawn as come or gone.
    """
    sides = []
    for side in stands:
        middles: dict[tuple[str, str], tuple[Any, set[str], str]] = {}
        mine = side[side["project"].isin(moved)] if len(side) else side
        for (project, part), of in mine.groupby(["project", "part"]) if len(mine) else ():
            spot = shapely.point_on_surface(shapely.union_all(of.geometry.to_numpy()))
            held = {f"{site} {year}" for site, year in zip(of["site"], of["start_year"], strict=True)}
            middles[str(project), str(part)] = spot, held, str(of["park"].iloc[0])
        sides.append(middles)
    both = sorted(key for key in sides[0].keys() & sides[1].keys() if sides[0][key][1] != sides[1][key][1])
    ends = [gpd.GeoSeries([side[key][0] for key in both], crs=of.crs) for side, of in zip(sides, stands, strict=True)]
    if not both:
        return {}
    ends[0] = ends[0].to_crs(ends[1].crs)
    near = ends[0].distance(ends[1]).to_numpy() <= SAME_M
    degrees = [np.column_stack([end.x, end.y]).round(6).tolist() for end in (end.to_crs(LONLAT) for end in ends)]
    found: dict[str, list[list[Any]]] = {}
    for key, start, end, same in zip(both, *degrees, near, strict=True):
        ends_of = [end] if same else [start, end]
        found.setdefault(key[0], []).append([ends_of, [side[key][2] for side in sides]])
    return found


def _parks(pair: Comparison, scene: Scene) -> list[dict[str, Any]]:
    """Return the sums of each park in both plans, growth poles first; a park that is no longer there by its name."""
    parks = scene.territory.parks
    roles = dict(zip(map(str, parks.index), parks["roles"], strict=True))
    shapes = parks.geometry
    there = ~(shapes.isna() | shapes.is_empty)
    spots = shapes[there].representative_point().to_crs(LONLAT)
    at = {str(park): [round(spot.x, 6), round(spot.y, 6)] for park, spot in spots.items()}
    poles = [park for park, of in roles.items() if "growth_pole" in of]
    listed = dict.fromkeys([*poles, *(str(park) for park in pair.parks.index)])
    table = pair.parks.reindex(list(listed), fill_value=0.0)
    return [
        {
            "id": park, "name": style.plain(scene.parks.get(park, Words(park, park))), "pole": park in poles,
            "at": at.get(park),
            **{side: [style.plain(row[f"{name}_{side}"]) for name in SUMS] for side in ("a", "b")},
        }
        for park, row in zip(listed, table.to_dict("records"), strict=True)
    ]  # fmt: skip


def _given(row: Mapping[str, Any], key: str) -> Any:
    value = row.get(key, None)
    return None if pd.isna(value) else value
