"""The land: parcels by year, state, class or price, and what a hectare is worth where, as a surface.

It draws; what a parcel is worth is told by `prices`.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.maps import style
from planner.maps.prices import breaks_of, smoothed
from planner.maps.scene import Field, Kind, Scene, Sheet, cells, drawn, fields, label, occurring, table_rows
from planner.maps.style import Look
from planner.territory import ON_OFFER
from planner.words import LAND_CLASS, STATE, Words

TAKEN_KINDS: Mapping[str, Kind] = {
    "committed": Kind(STATE["committed"], Look("#CBC7D2", "#B3AEBD", 0.6)),
    "occupied": Kind(STATE["occupied"], Look("#DEDBD5", "#CBC7BF", 0.6)),
    "other_use": Kind(STATE["other_use"], Look("#ECEAE5", "#DAD7D0", 0.6)),
    "no_year": Kind(Words("可供但年份未提供", "free, year not given"), Look("#FFFFFF", "#B98A2F", 0.8, dash="3 2")),
}
STATES: Mapping[str, Kind] = {
    state: Kind(STATE[state], Look(fill, "#8E8778", 0.6, dash=dash)) for state, (fill, dash) in style.STATES.items()
}
CLASS_OTHER = Words("其他用地", "other classes")
NO_CLASS = Words("用地性质未提供", "class not given")
PRICE = Words("地价（方案得分）", "Price of land")
PARCEL_FIELDS: tuple[Field, ...] = (
    Field("state", Words("状态", "State")),
    *fields("parcels", "parcel_id", "lot_id", "land_class"),
    Field("area_m2", Words("用地面积", "Area"), "ha"),
    Field("published_area_m2", Words("公布面积", "Published area"), "ha"),
    *fields("parcels", "ready_year", "far_max", "coverage_max", "height_limit_m", "power_kva"),
    *fields("parcels", "preparation_tool", "preparation_cost_yi", "tenure", "divisible", "joint"),
    Field("existing_gfa_m2", Words("现状建筑面积", "Existing floor area"), "wan_m2"),
    *fields("parcels", "ready_tenure", "ready_cleared", "ready_planning", "ready_eia", "ready_preview"),
    Field("price_ha", PRICE, "points_ha"),
)
DONE = Words("已完成", "done")
NO_BID = Words("0（无项目出价）", "0 (nobody bids)")
NOT_ON_OFFER = Words("不可供", "not on offer")
BELOW, BETWEEN, ABOVE = Words("< {b}", "< {b}"), Words("{a} – {b}", "{a} – {b}"), Words("≥ {a}", "≥ {a}")


def parcels(scene: Scene, on_offer: bool) -> Sheet:
    """Return parcels on offer by the year they are ready, or all others by their state."""
    places = scene.territory.parcels
    offered = places["state"].isin(ON_OFFER) & places["ready_year"].notna()
    places = places[offered == on_offer]
    taken_by: dict[str, list[str]] = {}
    for part, sites in zip(scene.placements["part"], scene.placements["places"], strict=True):
        for place in sites:
            taken_by.setdefault(place, []).append(str(part))
    classes = class_kinds(scene.territory.parcels)
    breaks = breaks_of(scene.prices.values(), len(style.PRICES))
    rows = []
    for name, row, said_of in zip(
        map(str, places.index), table_rows(pd.DataFrame(places)), cells("parcels", places), strict=True
    ):
        year = row["ready_year"]
        kind = str(int(year)) if on_offer else ("no_year" if row["state"] in ON_OFFER else row["state"])
        ready = {key: DONE for key, value in said_of.items() if key.startswith("ready_") and value == "done"}
        rows.append({
            **said_of, **ready,
            "id": name,
            "parcel_id": name,
            "kind": kind,
            "as": {
                "state": row["state"], "land_class": class_of(row["land_class"], classes),
                **({"price": price_class(scene.prices.get(name), breaks, on_offer)} if scene.prices else {}),
            },
            "title": Words(f"地块 {name}", f"Parcel {name}"),
            "sub": scene.parks.get(row.get("home_park") or ""),
            "state": STATE[row["state"]],
            "area_m2": row.get("area_m2", row["geometry"].area),
            "parts": taken_by.get(name),
            "price_ha": scene.prices.get(name),
            "year": int(year) if on_offer else None,
            **({"label": label(name, 16, 90, "parcel")} if on_offer else {}),
        })  # fmt: skip
    features = drawn(places, rows)
    kinds = years_ready(places) if on_offer else occurring(TAKEN_KINDS, features)
    colourings = {"state": STATES, "land_class": classes, **({"price": price_kinds(breaks)} if scene.prices else {})}
    return Sheet(features, kinds, {way: occurring(known, features, way) for way, known in colourings.items()})


def years_ready(places: pd.DataFrame) -> dict[str, Kind]:
    """Return a kind for each year that land is ready in, the sooner the stronger."""
    years = tuple(sorted({int(year) for year in places["ready_year"]}))
    return {
        str(year): Kind(Words(f"{year} 年可供", f"ready {year}"), Look(style.ready_colour(year, years), "#C0923A", 0.7))
        for year in years
    }


def class_kinds(places: pd.DataFrame) -> dict[str, Kind]:
    """Return a kind for each land class that occurs, those with most parcels first; the rarest share the last."""
    counted = places["land_class"].dropna().astype(str).value_counts()
    order = sorted(counted.index, key=lambda name: (-counted[name], name))
    named = order if len(order) <= len(style.CLASSES) else order[: len(style.CLASSES) - 1]
    kinds = {
        name: Kind(LAND_CLASS.get(name, Words(name, name)), Look(colour, "#8E8778", 0.5))
        for name, colour in zip(named, style.CLASSES, strict=False)
    }
    if len(order) > len(named):
        kinds["other"] = Kind(CLASS_OTHER, Look(style.CLASSES[-1], "#8E8778", 0.5))
    return kinds | {"none": Kind(NO_CLASS, Look("#FFFFFF", "#8E8778", 0.6, dash="3 2"))}


def class_of(land_class: object, kinds: Mapping[str, Kind]) -> str:
    """Return the key of a land class among kinds: ``other`` where it has none of its own, ``none`` not given."""
    if not isinstance(land_class, str) or not land_class:
        return "none"
    return land_class if land_class in kinds else "other"


def price_kinds(breaks: Sequence[float]) -> dict[str, Kind]:
    """Return a kind for each class of prices: none, those between breaks from the lowest on, not on offer."""
    edges = ["", *(f"{value:,.6g}" for value in breaks), ""]
    kinds = {"none": Kind(NO_BID, Look("#FFFFFF", "#9A6A2A", 0.6, dash="3 2"))}
    for k, (low, high) in enumerate(itertools.pairwise(edges)):
        words = ABOVE.fill(a=low or "0") if not high else BELOW.fill(b=high) if not low else BETWEEN.fill(a=low, b=high)
        kinds[str(k)] = Kind(words, Look(style.PRICES[k], "#9A6A2A", 0.6))
    return kinds | {"taken": Kind(NOT_ON_OFFER, Look("#ECEAE5", "#DAD7D0", 0.5))}


def price_class(price: float | None, breaks: Sequence[float], on_offer: bool = True) -> str:
    """Return the key of the class of a price.

    Examples
    --------
    >>> price_class(2.0, (1.0, 2.0)), price_class(0.0, (1.0,)), price_class(None, (1.0,), on_offer=False)
    ('2', 'none', 'taken')
    """
    if not on_offer:
        return "taken"
    return str(bisect.bisect_right(breaks, price)) if price else "none"


def price_surface(scene: Scene) -> Sheet:
    """Return what a hectare is worth as bands of a smoothed surface around land on offer; empty without a proof."""
    places = scene.territory.parcels
    known = [name for name in map(str, places.index) if name in scene.prices]
    if not known:
        return Sheet([], {})
    prices = np.array([scene.prices[name] for name in known])
    breaks = breaks_of(scene.prices.values(), len(style.PRICES))
    kinds = price_kinds(breaks)
    areas = smoothed(places.loc[known], prices, breaks)
    rows = [{"id": f"price-{key}", "kind": key, "title": PRICE, "sub": kinds[key].words} for key in areas]
    features = drawn(gpd.GeoDataFrame(geometry=list(areas.values()), crs=places.crs), rows)
    faint = {key: Kind(kind.words, Look(kind.look.fill, "", 0, 0.75)) for key, kind in kinds.items()}
    return Sheet(features, occurring(faint, features))
