"""What the page is told besides the layers: title and proof, projects, who is left out, legend, words and formats."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from planner.left_out import told as why_left_out
from planner.maps import style
from planner.maps.faulty import unplaced
from planner.maps.layers import COLOURINGS, GROUPS, MapLayer
from planner.maps.scene import Kind, Scene, Sheet, colour_key, table_rows
from planner.maps.supplied import services
from planner.maps.tested import told_tests
from planner.maps.texts import PAGE, said
from planner.telling import left_off, shared_as
from planner.words import CAUSE, STATUS, Lang, Words


def dossier(scene: Scene, layers: Sequence[tuple[MapLayer, Sheet]], lang: Lang) -> dict[str, Any]:
    """Return everything the page needs besides features, as JSON knows it.

    Parameters
    ----------
    scene : Scene
    layers : sequence of (MapLayer, Sheet)
        Bottom to top.
    lang : {'zh', 'en'}
        Language the page opens in.

    Returns
    -------
    dict
        Keys ``lang``, ``facts``, ``projects``, ``tests``, ``out``, ``layers``, ``groups``, ``colourings``, ``years``,
        ``services``, ``unplaced``, ``families``, ``words``, ``formats``, ``bounds`` (south-west, north-east as
        latitude, longitude).
    """
    territory = scene.territory
    west, south, east, north = territory.bounds_lonlat
    names, tests = told_tests(scene)
    return {
        "lang": lang,
        "bounds": [[south, west], [north, east]],
        "facts": facts(scene),
        "projects": projects(scene, tests),
        "tests": style.plain(names),
        "out": out(scene),
        "layers": [entry(layer, sheet, scene.missing) for layer, sheet in layers],
        "groups": style.plain(GROUPS),
        "families": families(),
        "words": style.plain(PAGE),
        "formats": style.plain(style.FORMATS),
        "colourings": colourings(layers),
        "years": years(scene),
        "services": [style.plain(row) for layer, sheet in layers if layer.name == "supply" for row in services(sheet)],
        "unplaced": style.plain(unplaced(scene)),
        "strongest": style.plain(scene.tiers.get(scene.strongest_tier)) if len(scene.placements) else None,
    }


def families() -> list[dict[str, Any]]:
    """Return the families of clusters: key, words, colour."""
    return [
        {"key": family.key, "words": style.plain(family.words), "colour": family.colour} for family in style.FAMILIES
    ]


def colourings(layers: Sequence[tuple[MapLayer, Sheet]]) -> dict[str, list[list[Any]]]:
    """Return by group the ways its layers can be coloured: key and words; none where there is one way only."""
    there: dict[str, set[str]] = {}
    for layer, sheet in layers:
        there.setdefault(layer.group, set()).update(way for way, kinds in sheet.colourings.items() if kinds)
    return {
        group: [[key, style.plain(words)] for key, words in ways.items() if not key or key in there.get(group, ())]
        for group, ways in COLOURINGS.items()
        if there.get(group)
    }


def years(scene: Scene) -> list[int]:
    """Return the years the slider steps through, first to last of the plan; empty where it has one only."""
    told = [int(year) for year in (scene.plan.summary.get("years") or ())] if scene.plan is not None else []
    return list(range(min(told), max(told) + 1)) if told and min(told) < max(told) else []


def facts(scene: Scene) -> dict[str, Any]:
    """Return title block and status line: what was asked, what was proved, how old the data are.

    A plan's title may be a pair or one text; what the summary does not say is left out rather than guessed.
    """
    territory = scene.territory
    told: dict[str, Any] = {
        "territory": territory.title,
        "illustrative": territory.illustrative,
        "data_date": scene.data_date(),
    }
    if scene.plan is None:
        return {key: style.plain(value) for key, value in told.items()}
    summary = scene.plan.summary
    counts: Mapping[str, Any] = summary.get("counts") or {}
    title = summary.get("title") or territory.title
    if isinstance(title, Mapping):
        title = Words(str(title.get("zh") or title.get("en")), str(title.get("en") or title.get("zh")))
    years = tuple(summary.get("years") or ())
    told |= {
        "title": title,
        "shared": shared_as(summary),
        "left_off": left_off(summary),
        "score": summary.get("score"),
        "bound": summary.get("bound"),
        "gap": summary.get("gap"),
        "status": said(STATUS, summary.get("status")),
        "asked": counts.get("projects"),
        "placed": counts.get("placed", scene.placements["project"].nunique()),
        "left_out": counts.get("left_out", len(scene.left_out)),
        "years": f"{min(years)}–{max(years)}" if years else None,
    }
    return {key: style.plain(value) for key, value in told.items()}


def projects(scene: Scene, tests: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """Return what is known of every placed project, with its parts, where each one went and what was tested there."""
    tiers = scene.tiers
    known: dict[str, Any] = {}
    for row in table_rows(scene.placements):
        project = known.setdefault(str(row["project"]), {
            "name": row["name"], "firm": row["firm"], "cluster": scene.term("industries", row["cluster"]),
            "code": row["cluster"], "family": colour_key(row["cluster"]),
            "tier": tiers.get(str(row["tier"]), row["tier"]), "tier_key": row["tier"], "parts": [],
        })  # fmt: skip
        plot = row["kind"] == "plot"
        building = "" if plot or not row["places"] else scene.building_of.get(row["places"][0], "")
        project["parts"].append({
            "part": row["part"], "industry": scene.term("industries", row["industry"]),
            "layer": "plots" if plot else "buildings", "feature": row["part"] if plot else building,
            "places": "、".join(row["places"]), "park": scene.parks.get(str(row["park"]), row["park"]),
            "land_m2": row["land_m2"], "gfa_m2": row["gfa_m2"], "start_year": row["start_year"],
            "power_kva": row["power_kva"], "compartments": row.get("compartments"), "points": row.get("points"),
            **({"tests": tests[row["part"]]} if row["part"] in tests else {}),
        })  # fmt: skip
    cleaned: dict[str, Any] = style.plain(known)
    return cleaned


def out(scene: Scene) -> list[dict[str, Any]]:
    """Return the projects left out, strongest tier first, with cause and words."""
    tiers = scene.tiers
    order = {tier: k for k, tier in enumerate(tiers)}
    firms = {} if scene.projects is None else scene.projects.projects["firm"].to_dict()
    told = [
        {
            "id": row["project"], "name": row["name"], "firm": firms.get(row["project"]), "code": row["cluster"],
            "family": colour_key(row["cluster"]),
            "tier": tiers.get(str(row["tier"]), row["tier"]), "rank": order.get(str(row["tier"]), len(order)),
            "cause": row["cause"], "cause_words": said(CAUSE, row["cause"]),
            "place": row["place"], "why": why_left_out(row),
        }
        for row in table_rows(scene.left_out)
    ]  # fmt: skip
    told.sort(key=lambda row: (row["rank"], str(row["id"])))
    return [style.plain(row) for row in told]


def entry(layer: MapLayer, sheet: Sheet, missing: Collection[str] = ()) -> dict[str, Any]:
    """Return what the page is told of a layer besides its features; nothing of columns that are missing."""
    return {
        "name": layer.name,
        "words": style.plain(layer.words),
        "group": layer.group,
        "fields": [
            [field.key, style.plain(field.words), field.form] for field in layer.fields if field.key not in missing
        ],
        "find": list(layer.find),
        "shown": layer.shown,
        "live": layer.live,
        "symbol": layer.symbol,
        "kinds": kinds_told(sheet.kinds),
        "colourings": {way: kinds_told(kinds) for way, kinds in sheet.colourings.items()},
    }


def kinds_told(kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """Return classes of features as the page is told them: words and look."""
    return {key: {"words": style.plain(kind.words), "look": style.plain(kind.look)} for key, kind in kinds.items()}
