"""A scenario's words applied to the ground: its changes, its places, what it keeps back, locks and excludes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from planner.audit.ground import Ground, Record, connected_sets, given, in_metres, parks_around, usable_pieces, vacate
from planner.columns import Column
from planner.errors import Fault, ScenarioError
from planner.intake import read_layer
from planner.projects import COLUMNS, Projects
from planner.quantities import quantity
from planner.scenario import Add, Change, Corridor, Place, Restrict, Scenario, SetColumns
from planner.territory import LAYERS, ON_OFFER
from planner.words import Words

Places = frozenset[str]
"""Parcels and floors, by identifier."""
ASKED = ("projects", "parts")
"""What `set` changes that is no layer of the ground."""
AFFIRMED = ("yes", "y", "true", "1", "是", "有")
"""What people write for yes."""
Around = Mapping[str, tuple[str, ...]]
"""Parks around each parcel and floor, its home first."""


def changed(ground: Ground, changes: Iterable[Change]) -> Ground:
    """Return the ground after every change, in order; the ground given stays as it is."""
    after = ground.copy()
    for number, change in enumerate(changes):
        if change.withdraw is not None:
            for name in change.withdraw:
                _withdraw(after, name)
        elif change.corridor is not None:
            _lay(after, f"change-{number}", "corridor", _strip(after, change.corridor), change.corridor.half_width_m)
        elif change.restrict is not None:
            for piece, shape in enumerate(_areas(after, change.restrict)):
                _lay(after, f"change-{number}-{piece}", change.restrict.kind, shape, None)
        elif change.add is not None and change.add.polygon is not None:
            _add(after, change.add, change.add.polygon)
        elif change.set is not None and change.set.layer not in ASKED:
            _set(after, change.set)
    return after


def asked_after(asked: Projects, changes: Iterable[Change]) -> Projects:
    """Return what is asked for after every change to it, in order."""
    tables = {"projects": asked.projects.copy(), "parts": asked.parts.copy()}
    column_of = {column.name: column for column in COLUMNS}
    for change in changes:
        if change.add is not None and change.add.layer == "projects":
            for name, rows in _rows_of(change.add).items():
                tables[name] = _with_rows(tables[name], rows)
        if change.set is None or change.set.layer not in ASKED:
            continue
        table = tables[change.set.layer]
        if change.set.id not in table.index:
            raise unknown(f"changes.set.{change.set.layer}", change.set.id)
        for name, value in change.set.columns.items():
            table.at[change.set.id, name] = _value(value, column_of[name])
    return replace(asked, projects=tables["projects"], parts=tables["parts"])


def _rows_of(add: Add) -> dict[str, dict[str, Record]]:
    """Return the rows of a project added, by table and identifier."""
    project = _row(add.columns, COLUMNS)
    parts = {f"{add.id}/{part.part}": _row({"part": part.part, **part.columns}, COLUMNS) for part in add.parts or ()}
    for part in parts.values():
        part["project"], part["industry"] = add.id, part["part_industry"] or project["industry"]
    return {"projects": {add.id: project}, "parts": parts}


def _with_rows(table: pd.DataFrame, rows: Mapping[str, Record]) -> pd.DataFrame:
    """Return a table with rows below those it has, each by its identifier."""
    cells = {column: [*table[column], *(row[column] for row in rows.values())] for column in table.columns}
    every = pd.DataFrame(cells, index=pd.Index([*table.index, *rows], name=table.index.name), dtype=object)
    return every.astype(table.dtypes.to_dict())


def _withdraw(ground: Ground, name: str) -> None:
    """Take a parcel, a floor or every floor of a building off the offer."""
    parcels = [parcel for label, parcel in ground.parcels.items() if name in (label, parcel["lot_id"])]
    floors = [floor for label, floor in ground.floors.items() if name in (label, floor["building_id"])]
    if not parcels and not floors:
        raise unknown("changes.withdraw", name)
    for parcel in parcels:
        parcel["state"] = "other_use"
    for floor in floors:
        floor["occupied_m2"] = floor["area_m2"]
        vacate(floor)


def _lay(ground: Ground, name: str, kind: str, shape: object, distance_m: float | None) -> None:
    ground.restrictions[name] = {"kind": kind, "geometry": shape, "distance_m": distance_m}


def _strip(ground: Ground, corridor: Corridor) -> object:
    return in_metres([shapely.LineString(corridor.line)], ground.crs)[0]


def _areas(ground: Ground, restrict: Restrict) -> list[object]:
    if restrict.polygon is not None:
        return list(in_metres([shapely.Polygon(restrict.polygon)], ground.crs))
    assert restrict.file is not None  # one of the two is given
    return list(read_layer(restrict.file).to_crs(ground.crs).geometry)


def _set(ground: Ground, change: SetColumns) -> None:
    """Write new values into columns of one feature."""
    features: dict[str, Record] = getattr(ground, change.layer)
    if change.id not in features:
        raise unknown(f"changes.set.{change.layer}", change.id)
    feature = features[change.id]
    for name, value in change.columns.items():
        feature[name] = _value(value, LAYERS[change.layer].column(name))
    if change.layer == "floors":
        vacate(feature)


def _add(ground: Ground, add: Add, corners: Sequence[tuple[float, float]]) -> None:
    """Write a parcel that no layer has."""
    outline = in_metres([shapely.Polygon(corners)], ground.crs)[0]
    ground.parcels[add.id] = {**_row(add.columns, LAYERS["parcels"].columns), "geometry": outline}


def _row(said: Mapping[str, Any], columns: Iterable[Column]) -> Record:
    """Return a row as its columns keep it, also where nothing is said."""
    nothing: Record = {"text": "", "list": ()}
    return {
        column.name: nothing.get(column.kind) if said.get(column.name) is None else _value(said[column.name], column)
        for column in columns
    }


def _value(value: Any, column: Column) -> Any:
    """Return a value as its column means it; None where nothing is given."""
    if value is None:
        return None
    if column.kind in ("number", "whole"):
        return quantity(value, column.unit)
    if column.kind == "list":
        return tuple(filter(None, map(str.strip, str(value).replace("；", ";").split(";"))))
    if column.kind == "yes_no":
        return value if isinstance(value, bool) else str(value).strip().lower() in AFFIRMED
    return str(value)


# Places by name


def parks_named(ground: Ground, name: str) -> set[str]:
    """Return the parks that a name may mean: by id, Chinese name, English name or alias."""
    return {
        park_id
        for park_id, park in ground.parks.items()
        if name in (park_id, park["name_zh"], park["name_en"], *park["aliases"])
    }


def places_named(ground: Ground, around: Around, name: str) -> Places:
    """Return the parcels and floors that a name stands for: those in a park, of a building, or the place itself."""
    parks = parks_named(ground, name)
    lots = {parcel for parcel, record in ground.parcels.items() if name in (parcel, record["lot_id"])}
    floors = {floor for floor, record in ground.floors.items() if name in (floor, record["building_id"])}
    return frozenset({place for place, held_by in around.items() if not parks.isdisjoint(held_by)} | lots | floors)


def places_of(ground: Ground, around: Around, place: Place, key: str) -> Places:
    """Return the parcels and floors that a place of the scenario covers."""
    found: set[str] = set()
    for name in place.names:
        meant = places_named(ground, around, name)
        if not meant and not parks_named(ground, name):
            raise unknown(key, name)
        found |= meant
    return frozenset(found)


def around_of(ground: Ground) -> dict[str, tuple[str, ...]]:
    """Return the parks around every parcel and floor, its home first; a floor's are those of its building."""
    of_building = parks_around(ground.buildings, ground.parks)
    of_floor = {floor: of_building[record["building_id"]] for floor, record in ground.floors.items()}
    return parks_around(ground.parcels, ground.parks) | of_floor


def home(around: Around, place: str) -> str:
    """Return the home park of a place; empty where it has none."""
    return next(iter(around[place]), "")


# What is kept back, confined, excluded


def reserved_blocks(
    ground: Ground, around: Around, scenario: Scenario, forbidden: Sequence[BaseGeometry]
) -> tuple[tuple[Places, str], ...]:
    """Return the parcels each ``reserve`` keeps back, and the tier they are kept for."""
    blocks = []
    for reserve in scenario.reserve:
        if not reserve.block:  # the largest
            parks = None if reserve.park is None else parks_named(ground, reserve.park)
            inside = [p for p in ground.parcels if parks is None or home(around, p) in parks]
            block = _largest_on_offer(ground, inside, scenario, forbidden)
        else:
            block = frozenset(reserve.block)
            for name in sorted(block - ground.parcels.keys()):
                raise unknown("reserve", name)
        blocks.append((block, reserve.for_tier))
    return tuple(blocks)


def _largest_on_offer(
    ground: Ground, parcels: Iterable[str], scenario: Scenario, forbidden: Sequence[BaseGeometry]
) -> Places:
    """Return the connected set with most usable land on offer; between equals the one with the first identifier."""
    offered = sorted(parcel for parcel in parcels if on_offer(ground.parcels[parcel]))
    pieces = usable_pieces(ground, offered, forbidden)
    usable = {parcel: land for parcel, land in pieces.items() if not land.is_empty}
    sets = connected_sets(usable, scenario.sites.street_gap_m, scenario.sites.facing_m)
    area_m2 = {together: round(sum(usable[parcel].area for parcel in together), 2) for together in sets}
    return min(sets, key=lambda together: (-area_m2[together], min(together)), default=frozenset())


def on_offer(parcel: Record) -> bool:
    """Return whether a parcel is on offer: free or in preparation, with the year it comes free."""
    return parcel["state"] in ON_OFFER and given(parcel["ready_year"])


def of_parts(parts: Mapping[str, str], named: str) -> list[str]:
    """Return the parts that a project or part id names (`parts`: part to project)."""
    return [part for part, project in parts.items() if named in (part, project)]


def excluded(ground: Ground, around: Around, scenario: Scenario, parts: Mapping[str, str]) -> dict[str, Places]:
    """Return, for each part a ban names, the places it must not take."""
    never: dict[str, Places] = {}
    for ban in scenario.bans:
        for part in of_parts(parts, ban.project):
            never[part] = never.get(part, frozenset()) | places_of(ground, around, ban.place, "bans")
    return never


def confined(ground: Ground, around: Around, scenario: Scenario, parts: Mapping[str, str]) -> dict[str, Places]:
    """Return, for each part that a lock or ``only`` names, the only places it may take; several must all allow it."""
    only: dict[str, Places] = {}
    for key, named in (("locks", scenario.locks), ("only", scenario.only)):
        for who, place in named.items():
            allowed = places_of(ground, around, place, key)
            for part in of_parts(parts, who):
                only[part] = only.get(part, allowed) & allowed
    return only


def unknown(key: str, name: str) -> ScenarioError:
    """Return the error for a name that no layer has."""
    rule = Words(f"没有名为 {name} 的地点", f"names no place called {name}")
    return ScenarioError(Fault(key, "", rule, Words("请核对编号", "Check the identifier")))
