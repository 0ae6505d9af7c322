"""A scenario's changes to the territory and to what is asked for, on a copy: withdraw, corridor, restrict, add, set.

They are made in order and before anything else, so that everything downstream (usable land, contiguity, options) is
worked out from what is changed and nothing else needs to know of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.columns import Column
from planner.errors import Fault, PlannerError, ScenarioError
from planner.intake import read_layer
from planner.intake.added import Row, drawn_faults, unknown, values, with_parcel, with_project
from planner.intake.crs import to_working
from planner.intake.inputs import Inputs
from planner.memory import Memory
from planner.projects import PART_COLUMNS, PROJECT_COLUMNS, Projects
from planner.scenario import Change, Scenario
from planner.territory import LAYERS, SERVICES_M, Territory

T = TypeVar("T", Territory, Projects)
Where = Callable[..., str]
"""From steps within a change to where that stands."""
ASKED = {"projects": PROJECT_COLUMNS[1:], "parts": PART_COLUMNS[1:]}
"""What `set` may change of what is asked for: columns of the table of projects, all but the identifiers."""
LONLAT = "EPSG:4490"
"""CRS of the positions written in a scenario (CGCS2000; within a metre of WGS84)."""
_CHANGED = Memory[Territory](2)


def changed(territory: Territory, scenario: Scenario, doubts: list[Fault] | None = None) -> Territory:
    """Return the territory as a scenario's changes leave it: by the same changes, the same value.

    Parameters
    ----------
    territory : Territory
    scenario : Scenario
    doubts : list of Fault, optional
        To which is added what is doubtful of the parcels added, as a check of their layer tells it.

    Raises
    ------
    ScenarioError
        All changes that name what does not exist, a value that cannot be, a parcel that cannot be added.
    """

    def made() -> Territory:
        return _each(territory, scenario, partial(_change, doubts=[] if doubts is None else doubts), asked=False)

    changes = [change for change in scenario.changes if change.layer not in ASKED]
    if not changes or doubts is not None or any(change.restrict and change.restrict.file for change in changes):
        return made()  # a file may be another by now
    return _CHANGED.of(territory, tuple(change.model_dump_json() for change in changes), made)


def changed_asked(inputs: Inputs) -> Projects:
    """Return what is asked for as the scenario's changes leave it.

    Raises
    ------
    ScenarioError
        As `changed_projects`.
    """
    return changed_projects(inputs.projects, inputs.scenario, inputs.territory.tables)


def changed_projects(projects: Projects, scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> Projects:
    """Return projects as a scenario's changes leave them.

    Parameters
    ----------
    projects : Projects
    scenario : Scenario
    tables : mapping of str to DataFrame
        Reference tables, to which what is added is held.

    Raises
    ------
    ScenarioError
        All changes that name what does not exist, a value that cannot be, a project that cannot be added.
    """
    return _each(projects, scenario, partial(_change_asked, tables=tables), asked=True)


def _each(now: T, scenario: Scenario, make: Callable[[T, Change, Where], T], *, asked: bool) -> T:
    """Return the territory, or what is asked for, after every change to it, in order; all faults at once."""
    faults: list[Fault] = []
    for index, change in enumerate(scenario.changes):
        if (change.layer in ASKED) is asked:
            try:
                now = make(now, change, partial(scenario.where, "changes", index, change.kind))
            except PlannerError as error:
                faults += error.faults
    if faults:
        raise ScenarioError(faults)
    return now


def _change_asked(projects: Projects, change: Change, at: Where, tables: Mapping[str, pd.DataFrame]) -> Projects:
    if (new := change.add) is not None:
        parts = [Row(at("parts", k), {"part": part.part, **part.columns}) for k, part in enumerate(new.parts or ())]
        return with_project(projects, tables, new.id, Row(at(), new.columns), parts)
    assert change.set is not None  # nothing else writes what is asked for
    layer, frames = change.set.layer, {"projects": projects.projects, "parts": projects.parts}
    frames[layer] = _written(frames[layer], ASKED[layer], change.set.id, change.set.columns, at())
    return replace(projects, projects=frames["projects"], parts=frames["parts"])


def _change(territory: Territory, change: Change, at: Where, doubts: list[Fault]) -> Territory:
    where = at()
    if change.withdraw is not None:
        return _withdraw(territory, change.withdraw, where)
    if change.corridor is not None:
        line = _projected(shapely.LineString(change.corridor.line), territory.crs)
        return _restrict(territory, [line], "corridor", change.corridor.half_width_m)
    if change.restrict is not None:
        kinds = [str(kind) for kind in territory.tables["restriction_kinds"]["kind"]]
        if change.restrict.kind not in kinds:
            raise ScenarioError(unknown(change.restrict.kind, kinds, f"{where}.kind"))
        if change.restrict.polygon is not None:
            shapes = [_projected(shapely.Polygon(change.restrict.polygon), territory.crs)]
            if wrong := drawn_faults(territory, where, LAYERS["restrictions"], change.restrict.kind, shapes[0]):
                raise ScenarioError(wrong)
        else:
            assert change.restrict.file is not None  # a polygon or a file, which Restrict checks
            shapes = list(to_working(read_layer(change.restrict.file), territory.crs).geometry)
        return _restrict(territory, shapes, change.restrict.kind, np.nan)
    if change.add is not None:
        outline = _projected(shapely.Polygon(change.add.polygon), territory.crs)
        territory, doubtful = with_parcel(territory, change.add.id, outline, Row(where, change.add.columns))
        doubts += doubtful
        return territory
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
            faults.append(unknown(name, known, where))
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
        raise ScenarioError(unknown(name, labels, f"{where}.id"))
    row, frame = frame.index[labels.index(name)], frame.copy()
    read, faults = values(Row(where, columns), known)
    if faults:
        raise ScenarioError(faults)
    for column, value in read.items():
        frame.at[row, column] = value
    return frame


def _projected(shape: shapely.Geometry, crs: str) -> shapely.Geometry:
    projected: shapely.Geometry = to_working(gpd.GeoDataFrame(geometry=[shape], crs=LONLAT), crs).geometry.iloc[0]
    return projected
