"""The buildings of 工业上楼: what their ring and their floor stack show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from planner.maps.scene import Field, Kind, Scene, Sheet, cells, drawn, fields, occurring, table_rows
from planner.maps.style import Look, family_of
from planner.maps.texts import said, text
from planner.words import BUILT, Words

KINDS: dict[str, Kind] = {
    "built": Kind(BUILT["built"], Look("#8C959D", "#5D6770", 1, 0.9, shape="ring")),
    "started": Kind(BUILT["started"], Look("#B4BBC1", "#6F7982", 1, 0.9, shape="ring")),
    "planned": Kind(BUILT["planned"], Look("#FFFFFF", "#6F7982", 1.2, 0.8, "4 2", shape="ring")),
}
BUILDING_FIELDS: tuple[Field, ...] = (
    Field("stage", Words("建设阶段", "Stage")),
    *fields("buildings", "delivery_year", "storeys", "height_m"),
    Field("area_m2", Words("建筑面积", "Floor area"), "wan_m2"),
    Field("taken_m2", Words("已租或已承诺", "Let or committed"), "wan_m2"),
    Field("placed_m2", Words("本方案落位", "Placed by this plan"), "wan_m2"),
    Field("free_m2", Words("仍空置", "Still free"), "wan_m2"),
    *fields("buildings", "land_class", "fire_resistance", "production_class", "sprinklers", "lift_count", "lift_t"),
    *fields("buildings", "power_kva", "rent_cny_m2_month", "supply_source", "pilot"),
)
FLOOR = ("floor", "area_m2", "storey_m", "clear_m", "load_kn_m2", "taken_m2", "occupied_as")
"""What the page is told of a floor, in this order (lists, not mappings: two thousand floors must stay small)."""


def buildings(scene: Scene) -> Sheet:
    """Return the buildings, each with its floors, who sits on them, and what of its floor area is let, placed and free.

    ``floors`` are lists in the order of `FLOOR`, top floor last; ``tenants`` lists of floor, part, project and m².
    """
    places = scene.territory.buildings
    storeys = scene.storeys.sort_values(["building_id", "floor"])
    floors = {str(name): group for name, group in storeys.groupby("building_id")}
    project = dict(zip(scene.placements["part"], scene.placements["project"], strict=True))
    on_floors = scene.uses[scene.uses["place_kind"] == "floor"]
    tenants: dict[str, list[list[Any]]] = {}
    for part, place, amount_m2 in zip(on_floors["part"], on_floors["place"], on_floors["amount_m2"], strict=True):
        if place in scene.building_of:
            sitting = [scene.floor_number[place], part, project.get(part, part), float(amount_m2)]
            tenants.setdefault(scene.building_of[place], []).append(sitting)
    rows = []
    for name, row, said_of in zip(
        map(str, places.index), table_rows(pd.DataFrame(places)), cells("buildings", places), strict=True
    ):
        stack = floors.get(name)
        sitting = sorted(tenants.get(name, []))
        placed_m2 = sum(amount_m2 for *_, amount_m2 in sitting)
        area_m2 = float(stack["area_m2"].sum()) if stack is not None else None
        taken_m2 = float(stack["taken_m2"].sum()) if stack is not None else None
        park = scene.parks.get(row.get("home_park") or "", Words("", ""))
        rows.append({
            **said_of,
            "id": name,
            "home": row.get("home_park") or None,
            "kind": row["stage"],
            "title": Words(row["name_zh"], text(row["name_en"]) or row["name_zh"]),
            "sub": Words(f"{name}　{park.zh}", f"{name}  {park.en}"),
            "stage": said(BUILT, row["stage"]),
            "area_m2": area_m2,
            "taken_m2": taken_m2,
            "placed_m2": placed_m2 if scene.plan is not None else None,
            "free_m2": None if area_m2 is None or taken_m2 is None
            else max(0.0, area_m2 - taken_m2 - placed_m2),
            "year": row["delivery_year"],
            "floors": [] if stack is None else stack[list(FLOOR)].to_numpy(dtype=object).tolist(),
            "tenants": sitting,
            "figures": scene.figures.get(name),
            "label": {"text": name, "zoom": 16, "rank": 40, "look": "building"},
        })  # fmt: skip
    features = drawn(places, rows)
    return Sheet(features, occurring(KINDS, features))


def shares(scene: Scene, tenants: Iterable[Sequence[Any]]) -> dict[str, float]:
    """Return the floor area (m²) that the plan places in a building by family of clusters: the ring of its paper map.

    Parameters
    ----------
    scene : Scene
    tenants : iterable of (floor, part, project, m²)
        As the layer of buildings has them.
    """
    placed: dict[str, float] = {}
    for _, part, _, amount_m2 in tenants:
        key = family_of(scene.cluster_of.get(part)).key
        placed[key] = placed.get(key, 0.0) + amount_m2
    return placed
