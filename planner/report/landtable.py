"""The land table (用地信息表): who gets which land or floor, asked and given, at what density, on which conditions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.layers import cuts, taken_m2
from planner.maps.scene import Field, field_of, fields
from planner.maps.texts import said
from planner.projects import COLUMNS as PROJECT_COLUMNS
from planner.projects import LEADER
from planner.report.book import Book
from planner.territory import Territory
from planner.words import BUILT, GLOSSARY, Words

ASKED = {column.name: column for column in PROJECT_COLUMNS}
M2_PER_HA = 10_000.0
LEADS = Words("链主", "leads a chain")
SUPPLIES = Words("配套 {leader}", "supplies {leader}")
LAND_CLASS = Words("{classes} 用地", "land class {classes}")
HEIGHT = Words("限高 {metres:g} m", "at most {metres:g} m high")
LOT = Words("（{lot}）", " ({lot})")
FLOOR = Words("{building} {first} 层", "{building} floor {first}")
FLOORS = Words("{building} {first}–{last} 层", "{building} floors {first}–{last}")
CUT = Words("分宗供地", "cut from its parcel")
NOT_READY = Words("待办：{steps}", "to be done: {steps}")
STAGE = Words("{stage}厂房", "building {stage}")
COLUMNS: tuple[Field, ...] = (
    Field("project", GLOSSARY["project"]), field_of(ASKED["name"]), field_of(ASKED["firm"]),
    field_of(ASKED["tier"]), Field("park", GLOSSARY["park"]),
    Field("places", Words("地块（宗地号）或楼层", "parcels (lots) or floors")),
    Field("asked_m2", Words("需求", "asked"), "m2"), Field("given_m2", Words("供给", "given"), "m2"),
    Field("far", Words("容积率", "FAR"), "number"), Field("far_max", Words("容积率上限", "FAR at most"), "number"),
    Field("investment_ha", Words("投资强度（亿元/公顷）", "investment (100 m CNY/ha)"), "number"),
    Field("output_ha", Words("年产值（亿元/公顷）", "output (100 m CNY/ha·a)"), "number"),
    Field("tax_ha", Words("年税收（亿元/公顷）", "tax (100 m CNY/ha·a)"), "number"),
    Field("ready_year", Words("可供年", "ready"), "year"), Field("start_year", Words("开工年", "start"), "year"),
    Field("chain", Words("链条", "chain")), Field("conditions", Words("条件", "conditions"), "long"),
)  # fmt: skip
STEPS = fields("parcels", "ready_tenure", "ready_cleared", "ready_planning", "ready_eia", "ready_preview")


def land_table(book: Book) -> pd.DataFrame:
    """Return a row a placement: project, place, m² asked and given, FAR, what it brings a hectare, year, conditions.

    What a project brings a hectare is told on its plots only, for all of its land together.

    Returns
    -------
    DataFrame
        Columns `COLUMNS` by their keys, besides ``part``, ``kind``, ``park_id`` and ``run`` (its parcels or floors);
        plots first, then units, by park.
    """
    placed, territory = book.scene.placements, book.territory
    plot = (placed["kind"] == "plot").to_numpy(dtype=bool)
    table = placed[["part", "project", "kind", "start_year"]].copy()
    for column in ("name", "firm", "tier"):
        table[column] = placed.get(column, "")
    table["tier"] = [book.tier(tier) for tier in table["tier"]]
    table["park_id"], table["park"] = placed["park"], [book.park(park) for park in placed["park"]]
    lots = territory.parcels.get("lot_id", pd.Series(dtype=object)).dropna().to_dict()
    table["places"] = [book.joined(_with_lot(place, lots.get(place), book) for place in places) if on_land
                       else floors_told(book, places)
                       for places, on_land in zip(placed["places"], plot, strict=True)]  # fmt: skip
    on_floors = book.scene.uses[book.scene.uses["place_kind"] == "floor"]
    table["run"] = placed["places"]
    runs = placed.assign(places=placed["places"].map(";".join))
    table["given_m2"] = np.where(plot, placed["land_m2"].astype(float), taken_m2(runs, on_floors))
    table["asked_m2"] = _asked(book, placed, plot)
    of_places = [_of_plot(book, territory, places) if on_land else _of_unit(book, territory, places)
                 for places, on_land in zip(placed["places"], plot, strict=True)]  # fmt: skip
    columns = ["far_max", "ready_year", "conditions"]
    table = table.join(pd.DataFrame(of_places, index=table.index, columns=columns))
    table["conditions"] = [book.joined(filter(None, (told, CUT(book.lang) if piece else "")))
                           for told, piece in zip(table["conditions"], cuts(placed), strict=True)]  # fmt: skip
    land = placed["land_m2"].astype(float)
    table["far"] = (placed["gfa_m2"].astype(float) / land.where(land > 0)).round(2)
    _by_hectare(book, table, land.where(plot))
    table["chain"] = [_chain(book, project) for project in table["project"]]
    order = np.lexsort((table["part"], table["park"], ~plot))
    return table.iloc[order].reset_index(drop=True)


def floors_told(book: Book, places: Sequence[str]) -> str:
    """Return floors as runs: the building, the first and the last of them; a place that is no floor as it is."""
    of_building: dict[str, list[int]] = {}
    other = [place for place in places if place not in book.scene.building_of]
    for place in (place for place in places if place in book.scene.building_of):
        of_building.setdefault(book.scene.building_of[place], []).append(book.scene.floor_number[place])
    told = []
    for building, numbers in of_building.items():
        ordered = np.unique(numbers)
        for run in np.split(ordered, np.flatnonzero(np.diff(ordered) > 1) + 1):
            words = FLOOR if len(run) == 1 else FLOORS
            told.append(words(book.lang, building=building, first=int(run[0]), last=int(run[-1])))
    return book.joined([*told, *other])


def _asked(book: Book, placed: pd.DataFrame, plot: NDArray[np.bool_]) -> list[float]:
    """Return what each part asks for: land on a plot, floor space in a unit (m²); a share of what it asks."""
    share = placed["share"].fillna(1.0) if "share" in placed else pd.Series(1.0, placed.index)
    found = []
    for part, on_land, of in zip(placed["part"], plot, share, strict=True):
        column = "land_m2" if on_land else "gfa_m2"
        known = part in book.parts.index and column in book.parts
        found.append(float(str(book.parts.at[part, column])) * of if known else float("nan"))
    return found


def _by_hectare(book: Book, table: pd.DataFrame, land_m2: pd.Series) -> None:
    """Add what each project brings for a hectare of all its land, on the rows of its plots."""
    hectares = land_m2.groupby(table["project"]).transform("sum") / M2_PER_HA
    for name, column in (("investment_ha", "investment_yi"), ("output_ha", "output_yi"), ("tax_ha", "tax_yi")):
        known = column in book.projects
        figure = table["project"].map(book.projects[column]).astype(float) if known else float("nan")
        table[name] = (figure / hectares.where(land_m2.notna() & (hectares > 0))).round(3)


def _chain(book: Book, project: str) -> str:
    """Return whether a project leads a chain, or whom it supplies."""
    if project not in book.projects.index:
        return ""
    row = book.projects.loc[project]
    said_of = [LEADS(book.lang)] if row.get("chain_role") == LEADER else []
    supplies = row.get("supplies")
    if isinstance(supplies, tuple | list) and supplies:
        said_of.append(SUPPLIES(book.lang, leader=book.joined(map(str, supplies))))
    return book.joined(said_of)


def _with_lot(place: str, lot: object, book: Book) -> str:
    return f"{place}{LOT(book.lang, lot=lot)}" if isinstance(lot, str) and lot else place


Told = tuple[float, float, str]
"""Of a place: most FAR, ready year, conditions."""


def _of_plot(book: Book, territory: Territory, places: Sequence[str]) -> Told:
    rows = territory.parcels.loc[territory.parcels.index.intersection(list(places))]
    if rows.empty:
        return float("nan"), float("nan"), ""
    return float(rows["far_max"].min()), float(rows["ready_year"].max()), book.joined(parcel_conditions(book, rows))


def _of_unit(book: Book, territory: Territory, places: Sequence[str]) -> Told:
    homes = list(dict.fromkeys(book.scene.building_of.get(place, "") for place in places))
    rows = territory.buildings.loc[territory.buildings.index.intersection(homes)]
    if rows.empty:
        return float("nan"), float("nan"), ""
    stages = [STAGE(book.lang, stage=book.say(said(BUILT, stage))) for stage in dict.fromkeys(rows["stage"])]
    return float("nan"), float(rows["delivery_year"].max()), book.joined(stages)


def parcel_conditions(book: Book, rows: pd.DataFrame) -> list[str]:
    """Return the conditions of parcels: land class, greatest height, restrictions that reach them, steps to be done."""
    found = []
    classes = list(dict.fromkeys(str(each) for each in rows["land_class"] if isinstance(each, str) and each))
    if classes:
        found.append(LAND_CLASS(book.lang, classes=book.joined(classes)))
    under = book.restrained.reindex(rows.index)
    least = float(under["height_m"].min())
    if np.isfinite(least):
        found.append(HEIGHT(book.lang, metres=least))
    kinds = sorted({kind for each in under["flags"].dropna() for kind in each})
    found += [book.say(book.scene.term("restriction_kinds", kind)) for kind in kinds]
    undone = [f"{book.say(step.words)} {when}".strip() for step in STEPS if (when := _due(rows.get(step.key, ())))]
    if undone:
        found.append(NOT_READY(book.lang, steps=book.joined(undone)))
    return found


def _due(told: Iterable[object]) -> str:
    """Return the latest date a step towards offering some parcels is due; empty where it is done or not told."""
    return max((str(value) for value in told if isinstance(value, str) and value not in ("", "done")), default="")
