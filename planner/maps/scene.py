"""What the layers draw from: territory and plan joined once, geometry in degrees, cells as a page can print them.

It decides nothing about colours or the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import mapping

from planner.columns import Column
from planner.errors import Fault
from planner.maps.many import Many, packable, properties_of
from planner.maps.prices import land_prices
from planner.maps.style import FORMAT_OF_UNIT, Look, family_of, plain
from planner.maps.texts import CONFIDENCE, UNITS, either, said
from planner.plan import Plan
from planner.projects import Projects
from planner.territory import LAYERS as COLUMNS
from planner.territory import SERVICES_M, Territory
from planner.words import YES_NO, Words, listed

LONLAT = "EPSG:4326"
DECIMALS = 6
"""Of degrees: 0.1 m, finer than any layer is surveyed."""

PLACED = ("part", "project", "name", "firm", "industry", "cluster", "tier", "kind", "site", "park", "places", "land_m2",
          "gfa_m2", "compartments", "start_year", "power_kva", "points")  # fmt: skip
LEFT_OUT = ("project", "name", "cluster", "tier", "cause", "place")
"""Columns that a table of a plan has, whichever version wrote it."""
FIGURES = ("land_m2", "gfa_m2", "compartments", "start_year", "power_kva", "points")

Feature = dict[str, Any]
"""A GeoJSON feature; its ``properties`` are what labels, tooltips, pop-ups and the search read."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One class of features of a layer: what the legend calls it, how it is drawn, and in which unit."""

    words: Words
    look: Look


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one layer draws.

    Attributes
    ----------
    features : sequence of dict
        GeoJSON features in degrees; ``properties["kind"]`` is a key of `kinds`.
    kinds : mapping of str to Kind
        In the order of the legend; only those that may occur.
    colourings : mapping of str to mapping of str to Kind
        Other ways to colour the same features; ``properties["as"][way]`` is a key of the way's kinds.
    """

    features: Sequence[Feature]
    kinds: Mapping[str, Kind]
    colourings: Mapping[str, Mapping[str, Kind]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a pop-up: which property, what it is called, how it is printed (`style.FORMATS`, or ``text``)."""

    key: str
    words: Words
    form: str = "text"


@dataclass(frozen=True)
class Scene:
    """A territory and, if there is one, a plan on it.

    Attributes
    ----------
    territory : Territory
    plan : Plan or None
    projects : Projects or None
        What was asked for: firms of those left out, links of chains.
    faults : tuple of Fault
        What a check of the inputs found.
    """

    territory: Territory
    plan: Plan | None = None
    projects: Projects | None = None
    faults: tuple[Fault, ...] = ()

    @cached_property
    def placements(self) -> pd.DataFrame:
        """Return the plan's placements, ``places`` as tuples; empty without a plan."""
        if self.plan is None or self.plan.placements.empty:
            return pd.DataFrame(columns=list(PLACED))
        table = _complete(self.plan.placements, PLACED)
        table["places"] = [tuple(filter(None, str(places).split(";"))) for places in table["places"]]
        return table.sort_values("part", ignore_index=True)

    @cached_property
    def uses(self) -> pd.DataFrame:
        """Return what each part takes of each place; empty without a plan."""
        if self.plan is None or self.plan.uses.empty:
            return pd.DataFrame(columns=["part", "place_kind", "place", "amount_m2"])
        return self.plan.uses.sort_values(["place", "part"], ignore_index=True)

    @cached_property
    def left_out(self) -> pd.DataFrame:
        """Return the projects left out, by identifier; empty without a plan."""
        if self.plan is None or self.plan.left_out.empty:
            return pd.DataFrame(columns=list(LEFT_OUT))
        return _complete(self.plan.left_out, LEFT_OUT).sort_values("project", ignore_index=True)

    @cached_property
    def cluster_of(self) -> dict[str, str]:
        """Return the cluster of each part that is placed."""
        return dict(zip(self.placements["part"], self.placements["cluster"], strict=True))

    @cached_property
    def building_of(self) -> dict[str, str]:
        """Return the building of each floor."""
        floors = self.territory.floors
        return dict(zip(map(str, floors.index), map(str, floors["building_id"]), strict=True))

    @cached_property
    def floor_number(self) -> dict[str, int]:
        """Return the number of each floor."""
        floors = self.territory.floors
        return dict(zip(map(str, floors.index), map(int, floors["floor"]), strict=True))

    @cached_property
    def parks(self) -> dict[str, Words]:
        """Return the name of each park."""
        parks = self.territory.parks
        named = zip(map(str, parks.index), parks["name_zh"], parks["name_en"], strict=True)
        return {park: Words(str(zh), str(en)) for park, zh, en in named}

    @cached_property
    def storeys(self) -> pd.DataFrame:
        """Return the floors with heights filled: ``storey_m``, ``clear_m``; and ``taken_m2``, never above the area."""
        floors = self.territory.floors.copy()
        floors["storey_m"] = floors["storey_height_m"].fillna(floors["clear_height_m"] + SERVICES_M)
        floors["clear_m"] = floors["clear_height_m"].fillna(floors["storey_height_m"] - SERVICES_M)
        floors["taken_m2"] = floors["occupied_m2"].fillna(0).clip(upper=floors["area_m2"])
        return floors

    @cached_property
    def missing(self) -> frozenset[str]:
        """Return the columns that no layer has (left out of what is shared), and the price where there is none."""
        frames = {name: getattr(self.territory, name) for name in COLUMNS}
        there = {name for frame in frames.values() for name in (*frame.columns, frame.index.name)}
        gone = frozenset(column.name for layer in COLUMNS.values() for column in layer.columns) - there
        return gone if self.prices else gone | {"price_ha"}

    @cached_property
    def terms(self) -> dict[str, dict[str, Words]]:
        """Return the words of every reference table that has them (columns ``zh``, ``en``), by its first column."""
        return {
            name: {
                str(key): Words(str(zh), str(en))
                for key, zh, en in zip(table.iloc[:, 0], table["zh"], table["en"], strict=True)
            }
            for name, table in self.territory.tables.items()
            if {"zh", "en"} <= set(table.columns)
        }

    def term(self, table: str, key: object) -> Words | str | None:
        """Return the words a reference table has for an identifier, the identifier itself where it has none."""
        return said(self.terms.get(table, {}), key)

    def industries(self, ids: Iterable[str]) -> Words | None:
        """Return the names of several industries as one phrase; None without any."""
        known = self.terms.get("industries", {})
        named = [known.get(key, key) for key in ids]
        return listed(named) if named else None

    @cached_property
    def figures(self) -> dict[str, list[dict[str, Any]]]:
        """Return the published figures by park or building, each with its source; two measures stay two rows."""
        told: dict[str, list[dict[str, Any]]] = {}
        for row in table_rows(self.territory.figures):
            told.setdefault(str(row["subject"]), []).append(
                {
                    "measure": Words(str(row["measure_zh"]), str(row["measure_en"])),
                    "value": row["value"],
                    "unit": said(UNITS, row["unit"]),
                    "source": row["source"],
                    "date": row["source_date"],
                    "confidence": said(CONFIDENCE, row["confidence"]),
                    "note": either(row["note_zh"], row["note_en"]),
                }
            )
        return told

    @cached_property
    def supply(self) -> dict[str, list[list[Any]]]:
        """Return the supply of each park by year: year, power, water, waste water, gas."""
        told: dict[str, list[list[Any]]] = {}
        for row in table_rows(self.territory.supply):
            kept = ("year", "power_mva", "water_m3_day", "waste_water_m3_day", "gas_m3_day")
            told.setdefault(str(row["park"]), []).append([row[name] for name in kept])
        return told

    @cached_property
    def tiers(self) -> dict[str, Words]:
        """Return the words of the tiers, most points first."""
        table = self.territory.tables.get("tiers")
        if table is None or table.empty:
            return {}
        points = pd.to_numeric(table["points"])
        ordered = table.iloc[points.argsort(kind="stable")[::-1]]
        return {str(zh): Words(str(zh), str(en)) for zh, en in zip(ordered["tier"], ordered["en"], strict=True)}

    @property
    def strongest_tier(self) -> str:
        """Return the tier with most points: drawn stronger than the others."""
        return next(iter(self.tiers), "战略级")

    @cached_property
    def prices(self) -> dict[str, float]:
        """Return what a hectare of each parcel is worth (points), by the plan's proof; empty without one."""
        if self.plan is None:
            return {}
        parcels = self.territory.parcels
        area_m2 = shapely.area(parcels.geometry.to_numpy())
        return land_prices(self.plan.proof, dict(zip(map(str, parcels.index), area_m2.tolist(), strict=True)))

    def place_spot(self, place: str) -> shapely.Point | None:
        """Return a point inside a parcel, a floor's building, a building or a park; None for any other name."""
        name = self.building_of.get(place, place)
        for layer in (self.territory.parcels, self.territory.buildings, self.territory.parks):
            if name in layer.index and (shape := layer.geometry[name]) is not None and not shape.is_empty:
                return shapely.point_on_surface(shape)  # type: ignore[no-any-return]
        return None

    def spot(self, placement: Mapping[str, Any]) -> shapely.Point | None:
        """Return where a placement stands: at the first of its places that is drawn."""
        return next((spot for place in placement["places"] if (spot := self.place_spot(place)) is not None), None)

    def data_date(self) -> str | None:
        """Return the latest date of a source among the published figures, as it is written there."""
        table = self.territory.figures
        if not len(table):
            return None
        dates = [str(date) for date in table["source_date"].dropna() if str(date)[:4].isdigit()]
        return max(dates, default=None)


def _complete(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return a copy of a table with every column; what an older plan has not is not given."""
    lacking = {name: np.nan if name in FIGURES else "" for name in columns if name not in table}
    return table.assign(**lacking)


def table_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as mappings."""
    columns = [str(name) for name in table.columns]
    values = (table[name].to_numpy(dtype=object).tolist() for name in table.columns)
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def fields(layer: str, *names: str) -> tuple[Field, ...]:
    """Return pop-up rows for columns of a territory's layer, with the words and units the column states."""
    return tuple(field_of(COLUMNS[layer].column(name)) for name in names)


def field_of(column: Column) -> Field:
    """Return a row for a column, with the words and the unit it states."""
    plain_form = "text" if column.kind not in ("number", "whole") else "number"
    form = "year" if plain_form == "number" and column.name.endswith("year") else plain_form
    return Field(column.name, column.words, FORMAT_OF_UNIT.get(column.unit, form))


def cells(layer: str, table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the cells of a territory's layer, row by row: lists joined, yes and no in words, not given left out."""
    kinds = {column.name: column.kind for column in COLUMNS[layer].columns}
    rows: list[dict[str, Any]] = [{} for _ in range(len(table))]
    for name in (name for name in table.columns if name in kinds):
        given = np.flatnonzero(table[name].notna().to_numpy())
        for k, value in zip(given.tolist(), table[name].to_numpy(dtype=object)[given].tolist(), strict=True):
            if (said := _cell(kinds[name], value)) not in (None, ""):
                rows[k][name] = said
    return rows


def _cell(kind: str, value: Any) -> Any:
    if kind == "list":
        return listed(value) if isinstance(value, list | tuple) and value else None
    if kind == "yes_no":
        return None if value == "" else YES_NO[bool(value)]
    return plain(value)


def drawn(places: gpd.GeoDataFrame, rows: Sequence[Mapping[str, Any]]) -> Sequence[Feature]:
    """Return places as GeoJSON features in degrees; of very many areas each is made when it is asked for.

    Parameters
    ----------
    places : GeoDataFrame
        In any CRS; rows without geometry are left out.
    rows : sequence of mapping
        Properties, one for each place. ``at`` (longitude, latitude of a point inside) is added.

    Returns
    -------
    list of dict, or Many
    """
    there = ~(places.geometry.isna() | places.geometry.is_empty).to_numpy()
    if not there.any():
        return []
    shapes = places.geometry[there].to_crs(LONLAT).to_numpy()
    given = [row for row, drawable in zip(rows, there, strict=True) if drawable]
    if packable(shapes):
        return Many(given, shapes, shapely.get_coordinates(shapely.point_on_surface(shapes)))
    shapes = shapely.transform(shapes, lambda xy: np.round(xy, DECIMALS))
    return [
        {"type": "Feature", "properties": {**plain(row), "at": anchor}, "geometry": mapping(shape)}
        for shape, row, anchor in zip(shapes, given, _anchors(shapes), strict=True)
    ]


def _anchors(shapes: Any) -> list[list[float]]:
    """Return a point to hang label and pop-up on: inside an area, half way along a line."""
    lines = shapely.get_dimensions(shapes) == 1
    points = shapely.point_on_surface(shapes)
    points[lines] = shapely.line_interpolate_point(shapely.get_geometry(shapes[lines], 0), 0.5, normalized=True)
    return [[round(x, DECIMALS), round(y, DECIMALS)] for x, y in shapely.get_coordinates(points).tolist()]


def label(text: Words | str | None, zoom: int, rank: int, look: str) -> dict[str, Any]:
    """Return a label: its text, from which zoom it shows, how early it is placed, and its class."""
    return {"text": text, "zoom": zoom, "rank": rank, "look": look}


def occurring(kinds: Mapping[str, Kind], features: Sequence[Feature], way: str = "") -> dict[str, Kind]:
    """Return those kinds that features have, by a way to colour them or by their own."""
    rows = properties_of(features)
    used = {row["as"].get(way) if way else row["kind"] for row in rows}
    return {key: kind for key, kind in kinds.items() if key in used}


def colour_key(cluster: object) -> str:
    """Return the key of the family a cluster is coloured by."""
    return family_of(cluster).key
