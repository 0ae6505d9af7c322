"""What the plan decides: plots given away, links of chains, projects left out at their nearest place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from planner.layers import cuts, land_taken
from planner.maps import style
from planner.maps.scene import Kind, Scene, Sheet, drawn, label, occurring, table_rows
from planner.maps.style import Look
from planner.words import Words, listed

CUT = Words("自地块切出（虚线边）", "cut from a parcel (dashed edge)")
NO_TIER = Words("级别未提供", "tier not given")
NEAREST = Words("最近落位空间 {places}", "Nearest place {places}")


def plots(scene: Scene) -> Sheet:
    """Return the plots the plan gives away, by cluster or tier; a piece cut from a parcel has its cut edge dashed."""
    table = scene.placements[scene.placements["kind"] == "plot"]
    strongest = scene.strongest_tier
    parcels_of = scene.territory.parcels
    shape_of = dict(zip(map(str, parcels_of.index), parcels_of.geometry, strict=True))
    joined = table.assign(places=table["places"].map(";".join))
    shapes = land_taken(joined, shape_of)
    tiers = tier_kinds(scene)
    rows = [
        {
            "id": row["part"],
            "kind": style.family_of(row["cluster"]).key,
            "as": {"tier": row["tier"] if row["tier"] in tiers else "none"},
            "title": row["name"],
            "sub": f"{row['project']}",
            "project": row["project"],
            "strong": row["tier"] == strongest,
            "cut": CUT if cut else None,
            "year": row["start_year"],
            "tip_number": [row["land_m2"], "ha"],
            "label": label(row["project"], 13, 20 if row["tier"] == strongest else 25, "project")
            | ({} if row["name"] == row["project"] else {"more": row["name"]}),
        }
        for row, cut in zip(table_rows(table), cuts(joined), strict=True)
    ]
    used = set(scene.placements["cluster"].map(lambda cluster: style.family_of(cluster).key))
    kinds = {
        family.key: Kind(family.words, Look(family.colour, "#FFFFFF", 1.2, 0.92))
        for family in style.FAMILIES
        if family.key in used
    }
    features = drawn(gpd.GeoDataFrame(table, geometry=shapes, crs=parcels_of.crs), rows)
    return Sheet(features, kinds, {"tier": tiers})


def tier_kinds(scene: Scene) -> dict[str, Kind]:
    """Return a kind for each tier that is placed, strongest first."""
    used = set(scene.placements["tier"])
    kinds = {
        tier: Kind(words, Look(style.TIERS[min(k, len(style.TIERS) - 1)], "#FFFFFF", 1.2, 0.92))
        for k, (tier, words) in enumerate(scene.tiers.items())
        if tier in used
    }
    if used - set(kinds):
        kinds["none"] = Kind(NO_TIER, Look(style.FAMILIES[-1].colour, "#FFFFFF", 1.2, 0.92))
    return kinds


LINK_KINDS: Mapping[str, Kind] = {
    "beside": Kind(
        Words("链主与同园区供应商", "leader and supplier in its park"),
        Look("", "#10181F", 2, shape="line", casing="#FFFFFF"),
    ),
    "apart": Kind(
        Words("供应商在其他园区", "supplier elsewhere"),
        Look("", "#10181F", 1.4, dash="2 6", shape="line", casing="#FFFFFF"),
    ),
}


def links(scene: Scene) -> Sheet:
    """Return a line from each leader placed to every supplier of it that is placed, both where their first part is."""
    if scene.projects is None or scene.placements.empty:
        return Sheet([], {})
    stands = scene.placements.drop_duplicates("project").set_index("project")
    at = {str(project): spot for project in stands.index if (spot := scene.spot(stands.loc[project])) is not None}
    rows: list[dict[str, Any]] = []
    lines: list[shapely.LineString] = []
    asked = scene.projects.projects.get("supplies", pd.Series(dtype=object))
    for supplier, leaders in sorted(zip(map(str, asked.index), asked, strict=True)):
        for leader in leaders:
            if supplier not in at or leader not in at or at[supplier].equals(at[leader]):
                continue
            beside = stands["park"][supplier] == stands["park"][leader]
            apart_m = at[supplier].distance(at[leader])
            names = stands["name"][supplier], stands["name"][leader]
            rows.append({
                "id": f"{supplier}>{leader}", "kind": "beside" if beside else "apart",
                "title": Words("{a} → {b}", "{a} → {b}").fill(a=names[0], b=names[1]),
                "sub": Words(f"{supplier} 供应 {leader}", f"{supplier} supplies {leader}"),
                "ends": [supplier, leader],
                "year": max(stands["start_year"][supplier], stands["start_year"][leader]),
                "tip_number": [apart_m, "km"],
                "distance_m": apart_m,
            })  # fmt: skip
            lines.append(shapely.LineString([at[leader], at[supplier]]))
    features = drawn(gpd.GeoDataFrame(geometry=lines, crs=scene.territory.crs), rows)
    return Sheet(features, occurring(LINK_KINDS, features))


def left_out(scene: Scene) -> Sheet:
    """Return the places nearest to taking projects that are left out, each with those projects."""
    table = scene.left_out
    where = {place: spot for place in sorted({str(place) for place in table["place"].dropna()} - {""})
             if (spot := scene.place_spot(place)) is not None}  # fmt: skip
    spots: dict[tuple[float, float], tuple[list[str], list[str]]] = {}
    for project, place in zip(table["project"], table["place"], strict=True):
        if place in where:
            names, projects = spots.setdefault((where[place].x, where[place].y), ([], []))
            projects.append(str(project))
            if place not in names:
                names.append(str(place))
    points = gpd.GeoDataFrame(geometry=[shapely.Point(xy) for xy in spots], crs=scene.territory.parcels.crs)
    rows = [
        {
            "id": f"out-{names[0]}",
            "kind": "left_out",
            "title": NEAREST.fill(places=listed(names)),
            "out": projects,
        }
        for names, projects in spots.values()
    ]
    words = Words("最近落位空间（数字为项目数）", "nearest place (number of projects)")
    kinds = {"left_out": Kind(words, Look("#FFFFFF", style.LEFT_OUT, 2, shape="cross"))}
    return Sheet(drawn(points, rows), kinds if rows else {})
