"""The layers of the map: one function each, from a scene to features with their classes.

Adding a layer: a function here, an entry in `LAYERS`, a test on the data it returns. The page needs no change: labels,
tooltips, pop-up rows, legend and search are all read from the features and from the entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.maps import style
from planner.maps.buildings import BUILDING_FIELDS, buildings
from planner.maps.faulty import faults
from planner.maps.land import PARCEL_FIELDS, parcels, price_surface
from planner.maps.placed import left_out, links, plots
from planner.maps.scene import Field, Kind, Scene, Sheet, cells, drawn, fields, label, occurring, table_rows
from planner.maps.style import Look
from planner.maps.supplied import supply
from planner.maps.texts import EFFECT, ROLE, either
from planner.words import Words, listed

GROUPS: Mapping[str, Words] = {
    "plan": Words("方案", "Plan"),
    "land": Words("土地", "Land"),
    "parks": Words("园区与底图", "Parks and backdrop"),
    "restrictions": Words("限制要素与数据问题", "Restrictions and faults"),
}
"""Groups of the layer list, top to bottom."""
COLOURINGS: Mapping[str, Mapping[str, Words]] = {
    "plan": {"": Words("产业集群", "cluster"), "tier": Words("项目级别", "tier")},
    "land": {
        "": Words("可供年份", "year ready"),
        "state": Words("状态", "state"),
        "land_class": Words("用地性质", "land class"),
        "price": Words("地价（分/公顷）", "price (points per ha)"),
    },
}
"""Ways to colour the layers of a group; the first is what `Sheet.kinds` says."""


@dataclass(frozen=True, slots=True)
class MapLayer:
    """One entry of the layer list.

    Attributes
    ----------
    name : str
    words : Words
        What the layer list calls it.
    group : str
        A key of `GROUPS`.
    draw : callable
        From a scene to what is drawn.
    fields : tuple of Field
        Rows of the pop-up; a property that is missing prints as not given.
    find : tuple of str
        Properties the search looks in.
    shown : bool
        Whether it is switched on at first.
    live : bool
        Whether features answer the pointer.
    symbol : str
        ``""`` areas as they are; ``dot`` a circle until zoomed in; ``ring`` shares of floor area; ``cross`` a marker;
        ``bars`` a chart by year.
    """

    name: str
    words: Words
    group: str
    draw: Callable[[Scene], Sheet]
    fields: tuple[Field, ...] = ()
    find: tuple[str, ...] = ()
    shown: bool = True
    live: bool = True
    symbol: str = ""


BACKDROP: Mapping[str, tuple[Words, Look]] = {
    "sea": (Words("海域", "sea"), Look(style.SEA)),
    "district": (Words("区界", "district boundary"), Look(style.LAND, "#9AA5AD", 1.4)),
    "airport": (Words("机场", "airport"), Look("#E4E5EA", "#C9CCD6", 0.8)),
    "reservoir": (Words("水库", "reservoir"), Look("#C3D9E4", "#A9C6D5", 0.8)),
    "river": (Words("河流", "river"), Look("#C3D9E4", "#B2CEDC", 2.2, shape="line")),
    "road": (Words("道路", "road"), Look("", "#FFFFFF", 2.4, shape="line", casing="#D3D0C8")),
    "metro": (Words("轨道", "metro"), Look("", "#A9A4B8", 1.2, dash="6 4", shape="line")),
    "place": (Words("地名", "place name"), Look()),
}
BACKDROP_LABELS: Mapping[str, tuple[int, int]] = {
    "sea": (10, 40), "airport": (11, 30), "reservoir": (12, 70), "place": (11, 60), "river": (13, 80)
}  # fmt: skip
"""Of each kind that is labelled: from which zoom, and its rank (lower is placed first)."""


def backdrop(scene: Scene) -> Sheet:
    """Return sea, district, water, airport, roads and place names: for orientation only."""
    order = {kind: k for k, kind in enumerate(BACKDROP)}
    places = scene.territory.backdrop
    known = places[places["kind"].isin(list(order))]
    known = known.iloc[known["kind"].map(order).argsort(kind="stable")]
    rows = []
    for row in table_rows(pd.DataFrame(known[["kind", "name_zh", "name_en"]])):
        name = either(row["name_zh"], row["name_en"])
        labelled = BACKDROP_LABELS.get(row["kind"]) if name is not None else None
        rows.append({
            "kind": row["kind"],
            "title": name,
            **({"label": label(name, *labelled, row["kind"])} if labelled else {}),
        })  # fmt: skip
    kinds = {kind: Kind(*BACKDROP[kind]) for kind in BACKDROP if (known["kind"] == kind).any()}
    return Sheet(drawn(known, rows), kinds)


PARK_KINDS: Mapping[str, Kind] = {
    "growth_pole": Kind(ROLE["growth_pole"], Look(style.POLE, style.POLE, 2.6, 0.05, casing="#FFFFFF")),
    "park": Kind(Words("其他园区", "other parks"), Look(style.POLE, "#5C7894", 1.1, 0.03, "5 4")),
}
PARK_FIELDS: tuple[Field, ...] = (
    Field("roles", Words("角色", "Roles")),
    Field("aliases", Words("别名", "Also called")),
    Field("industries", Words("主导产业", "Leading industries")),
    Field("wet_process", Words("可承接湿法工艺", "Takes wet processes")),
    Field("drawn_m2", Words("图上面积（示意）", "Area as drawn"), "km2"),
)


def parks(scene: Scene) -> Sheet:
    """Return growth poles and other parks with their published figures, supply and what the plan places there."""
    places = scene.territory.parks
    placed = scene.placements.groupby("park")
    rows = []
    for park_id, park, said_of in zip(
        map(str, places.index), table_rows(pd.DataFrame(places)), cells("parks", places), strict=True
    ):
        pole = "growth_pole" in park["roles"]
        name = Words(park["name_zh"], park["name_en"])
        inside = placed.get_group(park_id) if park_id in placed.groups else None
        rows.append({
            **said_of,
            "id": park_id,
            "kind": "growth_pole" if pole else "park",
            "title": name,
            "roles": listed(ROLE.get(role, role) for role in park["roles"]) if park["roles"] else None,
            "industries": scene.industries(park["leading_industries"] or ()),
            "drawn_m2": park["geometry"].area if park["geometry"] is not None else None,
            "figures": scene.figures.get(park_id),
            "supply": scene.supply.get(park_id),
            "here": None if inside is None else {
                "projects": inside["project"].nunique(),
                "land_m2": inside["land_m2"].sum(),
                "gfa_m2": inside.loc[inside["kind"] == "unit", "gfa_m2"].sum(),
            },
            "label": label(name, 10 if pole else 13, 10 if pole else 50, "pole" if pole else "park"),
        })  # fmt: skip
    features = sorted(drawn(places, rows), key=lambda feature: -(feature["properties"]["drawn_m2"] or 0))
    return Sheet(features, occurring(PARK_KINDS, features))


RESTRICTION_LOOKS: Mapping[str, Look] = {
    "ecological_line": Look("#7FA37A", "#5F8A5B", 1, 0.16),
    "farmland": Look("#A9B665", "#87944A", 1, 0.16, "5 2"),
    "water_source_1": Look("#5B9BC0", "#3B7FA8", 1, 0.20),
    "water_source_2": Look("#8FBEDA", "#5B9BC0", 1, 0.12, "4 3"),
    "airport_surface": Look("", "#9C93B3", 0.8, 0, "8 5"),
    "industrial_line": Look("", "#A0703A", 1.4, 0, "10 4"),
    "metro": Look("#A9A4B8", "#8A849E", 0.6, 0.18),
    "metro_elevated": Look("#A9A4B8", "#8A849E", 0.6, 0.18),
    "sensitive_site": Look("#D98B8B", "#B85C5C", 1, 0.16, "2 3"),
}
RESTRICTION_OTHER = Look("#7D8790", "#5F6971", 1, 0.14, "3 3")
CORRIDOR = Look("#7C6C8F", "#8D81A0", 0.8, 0.35)
RESTRICTION_FIELDS: tuple[Field, ...] = (
    Field("effect", Words("作用", "Effect")),
    *fields("restrictions", "distance_m", "height_limit_m"),
)


def restrictions(scene: Scene, effect: str, corridors: bool = False) -> Sheet:
    """Return the restrictions of one effect, lines and points as wide as they reach.

    Parameters
    ----------
    scene : Scene
    effect : {'forbids', 'no_wet_process', 'height', 'inform'}
    corridors : bool
        Whether to return the corridors (which are drawn above the land) or all others.
    """
    places = scene.territory.restrictions
    table = scene.territory.tables.get("restriction_kinds")
    known = {} if table is None else {row["kind"]: row for row in table_rows(table)}
    mine = np.array([
        known.get(kind, {}).get("effect", "inform") == effect and kind.startswith("corridor") == corridors
        for kind in places["kind"].astype(str)
    ], dtype=bool)  # fmt: skip
    places = places[mine]
    default_m = pd.Series([known.get(kind, {}).get("distance_m") for kind in places["kind"]], places.index, dtype=float)
    reach_m = places["distance_m"].fillna(default_m.where(shapely.get_dimensions(places.geometry) < 2)).fillna(0)
    shapes = shapely.buffer(places.geometry.to_numpy(), reach_m.to_numpy(dtype=float), quad_segs=4)
    reached = gpd.GeoDataFrame(index=places.index, geometry=shapes, crs=places.crs)
    rows = [
        {
            **said_of,
            "id": str(name),
            "kind": row["kind"],
            "title": either(row["name_zh"], row["name_en"]) or scene.term("restriction_kinds", row["kind"]),
            "sub": scene.term("restriction_kinds", row["kind"]),
            "effect": EFFECT[effect],
            "distance_m": metres or None,
            "label": label(f"{row['height_limit_m']:g} m", 13, 85, "parcel") if effect == "height" else None,
        }
        for name, row, said_of, metres in zip(
            places.index, table_rows(pd.DataFrame(places)), cells("restrictions", places), reach_m, strict=True
        )
    ]
    kinds = {
        kind: Kind(_words(scene.term("restriction_kinds", kind)), _restriction_look(kind))
        for kind in sorted(set(places["kind"].astype(str)))
    }
    return Sheet(drawn(reached, rows), kinds)


def _restriction_look(kind: str) -> Look:
    return CORRIDOR if kind.startswith("corridor") else RESTRICTION_LOOKS.get(kind, RESTRICTION_OTHER)


LAYERS: tuple[MapLayer, ...] = (
    MapLayer("backdrop", Words("底图（示意）", "Backdrop (schematic)"), "parks", backdrop, live=False),
    MapLayer("parks", Words("园区", "Parks"), "parks", parks, PARK_FIELDS, ("id", "title", "aliases")),
    MapLayer("price_surface", Words("地价面（分/公顷）", "Price surface (points per ha)"), "land",
             price_surface, shown=False),
    MapLayer("forbidden", Words("禁止建设工业", "No industry"), "restrictions",
             partial(restrictions, effect="forbids"), RESTRICTION_FIELDS, ("title",)),
    MapLayer("no_wet_process", Words("禁止湿法工艺", "No wet processes"), "restrictions",
             partial(restrictions, effect="no_wet_process"), RESTRICTION_FIELDS, ("title",), shown=False),
    MapLayer("heights", Words("限高", "Height limits"), "restrictions",
             partial(restrictions, effect="height"), RESTRICTION_FIELDS, ("title",), shown=False),
    MapLayer("notices", Words("提示性要素", "For information"), "restrictions",
             partial(restrictions, effect="inform"), RESTRICTION_FIELDS, ("title",), shown=False),
    MapLayer("parcels_taken", Words("不可供地块", "Parcels not on offer"), "land",
             partial(parcels, on_offer=False), PARCEL_FIELDS, ("id", "lot_id")),
    MapLayer("parcels_offered", Words("可供地块", "Parcels on offer"), "land",
             partial(parcels, on_offer=True), PARCEL_FIELDS, ("id", "lot_id")),
    MapLayer("corridors", Words("管线走廊", "Corridors"), "restrictions",
             partial(restrictions, effect="forbids", corridors=True), RESTRICTION_FIELDS, ("title",)),
    MapLayer("left_out", Words("未落位项目", "Projects left out"), "plan", left_out, symbol="cross"),
    MapLayer("buildings", Words("工业上楼厂房", "Industry-upstairs buildings"), "plan", buildings,
             BUILDING_FIELDS, ("id", "title"), symbol="ring"),
    MapLayer("plots", Words("落位用地", "Plots given"), "plan", plots, symbol="dot"),
    MapLayer("links", Words("产业链联系", "Links of chains"), "plan", links,
             (Field("distance_m", Words("相距", "Apart"), "km"),), shown=False),
    MapLayer("supply", Words("逐年供应能力", "Supply by year"), "parks", supply, shown=False, symbol="bars"),
    MapLayer("faults", Words("数据问题", "Faults in the data"), "restrictions", faults, (), ("title",), shown=False),
)  # fmt: skip
"""Every layer, bottom to top."""


def _words(term: Words | str | None) -> Words:
    return term if isinstance(term, Words) else Words(term or "", term or "")
