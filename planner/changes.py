"""A scenario's changes to the territory and to what is asked for, made on a copy: withdraw, corridor, restrict, set.

They are made in order and before anything else, so that everything downstream (usable land, contiguity, options) is
worked out from what is changed and nothing else needs to know of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.columns import Column
from planner.errors import Fault, PlannerError, ScenarioError
from planner.intake import read_layer
from planner.intake.cells import cell
from planner.intake.crs import to_working
from planner.projects import PART_COLUMNS, PROJECT_COLUMNS, Projects
from planner.quantities import UnreadableError
from planner.scenario import Change, Scenario
from planner.territory import LAYERS, SERVICES_M, Territory
from planner.words import Words

ASKED = {"projects": PROJECT_COLUMNS[1:], "parts": PART_COLUMNS[1:]}
"""What `set` may change of what is asked for: columns of the table of projects, all but the identifiers."""
LONLAT = "EPSG:4490"
"""CRS of the positions written in a scenario (CGCS2000; within a metre of WGS84)."""


def changed(territory: Territory, scenario: Scenario) -> Territory:
    """Return the territory as a scenario's changes leave it.

    Parameters
    ----------
    territory : Territory
    scenario : Scenario

    Raises
    ------
    ScenarioError
        All changes that name what does not exist, or a value that cannot be.
    """
    faults: list[Fault] = []
    for index, change in enumerate(scenario.changes):
        if change.set is not None and change.set.layer in ASKED:
            continue
        try:
            territory = _change(territory, change, scenario.where("changes", index, change.kind))
        except PlannerError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    return territory


def changed_asked(projects: Projects, scenario: Scenario) -> Projects:
    """Return what is asked for as a scenario's changes leave it.

    Raises
    ------
    ScenarioError
        All changes that name what does not exist, or a value that cannot be.
    """
    frames = {"projects": projects.projects, "parts": projects.parts}
    faults: list[Fault] = []
    for index, change in enumerate(scenario.changes):
        if change.set is None or (layer := change.set.layer) not in ASKED:
            continue
        try:
            where = scenario.where("changes", index, change.kind)
            frames[layer] = _written(frames[layer], ASKED[layer], change.set.id, change.set.columns, where)
        except PlannerError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    return replace(projects, projects=frames["projects"], parts=frames["parts"])


def _change(territory: Territory, change: Change, where: str) -> Territory:
    if change.withdraw is not None:
        return _withdraw(territory, change.withdraw, where)
    if change.corridor is not None:
        line = _projected(shapely.LineString(change.corridor.line), territory.crs)
        return _restrict(territory, [line], "corridor", change.corridor.half_width_m)
    if change.restrict is not None:
        kinds = [str(kind) for kind in territory.tables["restriction_kinds"]["kind"]]
        if change.restrict.kind not in kinds:
            raise ScenarioError(_unknown(change.restrict.kind, kinds, f"{where}.kind"))
        if change.restrict.polygon is not None:
            shapes = [_projected(shapely.Polygon(change.restrict.polygon), territory.crs)]
        else:
            assert change.restrict.file is not None  # a polygon or a file, which Restrict checks
            shapes = list(to_working(read_layer(change.restrict.file), territory.crs).geometry)
        return _restrict(territory, shapes, change.restrict.kind, np.nan)
    assert change.set is not None  # exactly one kind, which Change checks
    return _set(territory, change.set.layer, change.set.id, change.set.columns, where)


def _withdraw(territory: Territory, names: Sequence[str], where: str) -> Territory:
    """Return the territory without the offer of some parcels, buildings or floors."""
    lots = {lot: str(parcel) for parcel, lot in territory.parcels["lot_id"].items() if lot}
    parcels, floors = territory.parcels.copy(), territory.floors.copy()
    faults = []
    for name in names:
        parcel = name if name in parcels.index else lots.get(name)
        hit = (floors["building_id"] == name) | (floors.index == name)
        if parcel is not None:
            parcels.loc[parcel, "state"] = "other_use"
        elif hit.any():
            floors.loc[hit, "occupied_m2"] = floors.loc[hit, "area_m2"]
            floors.loc[hit, "free_m2"] = 0.0
        else:
            known = [*map(str, parcels.index), *lots, *map(str, territory.buildings.index), *map(str, floors.index)]
            faults.append(_unknown(name, known, where))
    if faults:
        raise ScenarioError(faults)
    return replace(territory, parcels=parcels, floors=floors)


def _restrict(territory: Territory, shapes: Sequence[shapely.Geometry], kind: str, distance_m: float) -> Territory:
    """Return the territory with more restrictions of a kind."""
    before = territory.restrictions
    first = len(before)
    more = gpd.GeoDataFrame(
        {
            "kind": kind,
            "name_zh": "情景设定",
            "name_en": "set by the scenario",
            "distance_m": distance_m,
            "voltage_kv": np.nan,
            "height_limit_m": np.nan,
        },
        geometry=list(shapes),
        index=pd.Index([f"scenario-{first + k}" for k in range(len(shapes))], name=before.index.name),
        crs=territory.crs,
    )
    joined = pd.concat([before, more]) if len(before) else more
    return replace(territory, restrictions=gpd.GeoDataFrame(joined, crs=territory.crs))


def _set(territory: Territory, layer: str, name: str, columns: Mapping[str, object], where: str) -> Territory:
    """Return the territory with new values for columns of one feature."""
    known = [column for column in LAYERS[layer].columns if column.name != LAYERS[layer].key]
    frame = _written(getattr(territory, layer), known, name, columns, where)
    row: Any = frame.index[[str(label) for label in frame.index].index(name)]
    if layer == "floors":
        frame["free_m2"] = (frame["area_m2"] - frame["occupied_m2"].fillna(0.0)).clip(lower=0.0)
        if "storey_height_m" in columns:
            derived = frame["clear_height_default"] & (frame.index == row)
            frame.loc[derived, "clear_height_m"] = frame.loc[derived, "storey_height_m"] - SERVICES_M
    home: Any = frame.at[row, "park"] if "park" in columns and layer in ("parcels", "buildings") else ""
    if home:
        frame.at[row, "home_park"] = home
    changed_layer: dict[str, Any] = {layer: frame}
    return replace(territory, **changed_layer)


def _written(
    frame: pd.DataFrame, known: Sequence[Column], name: str, columns: Mapping[str, object], where: str
) -> pd.DataFrame:
    """Return a table with new values in some columns of one row."""
    labels = [str(label) for label in frame.index]
    if name not in labels:
        raise ScenarioError(_unknown(name, labels, f"{where}.id"))
    row, frame, by_name = frame.index[labels.index(name)], frame.copy(), {column.name: column for column in known}
    faults: list[Fault] = []
    for column, value in columns.items():
        if column not in by_name:
            faults.append(_unknown(column, list(by_name), where))
            continue
        try:
            read: Any = cell(value, by_name[column])
            frame.at[row, column] = read
        except UnreadableError as error:
            faults.append(Fault(f"{where}.{column}", "", error.rule, error.remedy))
    if faults:
        raise ScenarioError(faults)
    return frame


def _projected(shape: shapely.Geometry, crs: str) -> shapely.Geometry:
    projected: shapely.Geometry = to_working(gpd.GeoDataFrame(geometry=[shape], crs=LONLAT), crs).geometry.iloc[0]
    return projected


def _unknown(name: str, known: Sequence[str], where: str) -> Fault:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    return Fault(
        where,
        "",
        Words("“{name}”不存在", "{name!r} does not exist").fill(name=name),
        Words("相近的有：{near}", "Nearest known: {near}").fill(near=", ".join(near) or "—"),
    )
