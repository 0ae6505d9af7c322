"""A row that a scenario adds to the parcels or to the table of projects, read and held to what a row of a file is.

Its values are read as those of `set` are; then it goes by the functions that check and complete the rows of files, so
that whatever is derived of a row (area, home park, industry of a part) is derived of it. Two things are asked besides:
that nothing else has its identifier, and that a parcel lies in a park, without which nobody could be placed on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.columns import Column
from planner.errors import DataError, Fault
from planner.intake import crs as crs_module
from planner.intake import health, lie
from planner.intake import shapes as shapes_module
from planner.intake.asked import MAIN, projects_of
from planner.intake.cells import cell, nothing, objects
from planner.intake.folder import Joined, framed, with_zones
from planner.intake.meaning import Read
from planner.intake.shapes import GAP_M
from planner.projects import COLUMNS, PART_COLUMNS, PROJECT_COLUMNS, Projects
from planner.quantities import UnreadableError, nearest_known
from planner.territory import LAYERS, Layer, Territory, measured_area_m2, zones_of
from planner.words import Words

ADDED = Words("新增", "added")
"""What stands for the line of a row that is in no file."""
PARCELS = LAYERS["parcels"]
OF_PARTS = frozenset(column.name for column in PART_COLUMNS)
PARTS_OWN = Words("这一列属于分项", "it is a part's column")
UNDER_PARTS = Words("请写在 parts 之下", "Write it under parts")
TAKEN = Words("编号“{name}”已被占用", "the identifier {name!r} is taken")
ANOTHER = Words("请另取编号；要改已有的，请用 set", "Choose another; to change what there is, use set")
NO_PARK = Words("不在任何园区内", "lies in no park")
IN_A_PARK = Words("请画在园区内，或填写 park", "Draw it within a park, or give park")
Values = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """What is said of a feature: where, and its columns as they are written."""

    where: str
    said: Mapping[str, object]


def values(row: Row, known: Sequence[Column]) -> tuple[Values, list[Fault]]:
    """Return the values of columns as these keep them, and a fault for each column that is not known or not read."""
    by_name = {column.name: column for column in known}
    found: Values = {}
    faults: list[Fault] = []
    for name, value in row.said.items():
        if name not in by_name:
            faults.append(unknown(name, list(by_name), row.where))
            continue
        try:
            found[name] = cell(value, by_name[name])
        except UnreadableError as error:
            faults.append(Fault(row.where, name, error.rule, error.remedy))
    return found, faults


def unknown(name: str, known: Sequence[str], where: str) -> Fault:
    """Return the fault of a name that nothing has, with those nearest to it."""
    rule = Words("“{name}”不存在", "{name!r} does not exist").fill(name=name)
    return Fault(where, "", rule, nearest_known(name, known))


def with_parcel(territory: Territory, name: str, shape: shapely.Geometry, row: Row) -> tuple[Territory, list[Fault]]:
    """Return a territory with one parcel more, and what is doubtful of it, as a check of its layer tells it.

    Parameters
    ----------
    territory : Territory
    name : str
    shape : Geometry
        An area, in the working CRS.
    row : Row

    Raises
    ------
    DataError
        Everything that is wrong with it.
    """
    where, columns = row.where, PARCELS.columns
    made, faults = values(row, columns[1:])
    read = _read(where, columns, [{**made, PARCELS.key: name}], [name], [replace(f, features=(name,)) for f in faults])
    found = [*read.faults, *_taken(where, name, territory.parcels.index), *health.column_faults(read, columns)]
    wrong = drawn_faults(territory, where, PARCELS, name, shape)
    shapes = objects([shapely.Polygon() if wrong else shape])
    places = gpd.GeoDataFrame(geometry=shapes, index=pd.Index(read.labels, dtype=object), crs=territory.crs)
    zones = zones_of(places, territory.parks)
    found += wrong or _lies(territory, where, places, str(made.get("park") or zones["home_park"].iloc[0]))
    found += health.unknown_parks(read, list(map(str, territory.parks.index)))
    if any(fault.fatal for fault in found):
        raise DataError(fault for fault in found if fault.fatal)
    found += health.other_home(read, zones["home_park"].to_numpy(dtype=object))
    found += [*health.without_ready_year(read), *health.published_areas(read, shapes_module.measured_m2(shapes))]
    frame = with_zones(framed(PARCELS, Joined(read, shapes), territory.crs), zones)
    frame["area_m2"] = measured_area_m2(places)
    every = _below(territory.parcels, frame).sort_index()
    return replace(territory, parcels=gpd.GeoDataFrame(every, crs=territory.crs)), found


@np.errstate(invalid="ignore")  # a coordinate that is no number is told as a fault
def drawn_faults(territory: Territory, where: str, layer: Layer, name: str, shape: shapely.Geometry) -> list[Fault]:
    """Return what is wrong with a shape by itself, in the working CRS, as a feature of a layer."""
    box = crs_module.box_in(territory.bounds_lonlat, territory.crs)
    return shapes_module.geometry_faults(where, layer, objects([name]), objects([shape]), box)


def with_project(
    asked: Projects, tables: Mapping[str, pd.DataFrame], name: str, row: Row, parts: Sequence[Row]
) -> Projects:
    """Return what is asked for with one project more.

    Parameters
    ----------
    asked : Projects
    tables : mapping of str to DataFrame
        Reference tables.
    name : str
    row : Row
        What is said of the project.
    parts : sequence of Row
        What is said of each of its parts, its name (``part``) included.

    Raises
    ------
    DataError
        Everything that is wrong with it.
    """
    own = {column: value for column, value in row.said.items() if column not in OF_PARTS}
    faults = [Fault(row.where, column, PARTS_OWN, UNDER_PARTS) for column in row.said if column in OF_PARTS]
    whole, found = values(replace(row, said=own), PROJECT_COLUMNS[1:])
    rows, labels = [], []
    for part in parts:
        made, wrong = values(part, PART_COLUMNS)
        rows.append({**whole, **made, "project_id": name})
        labels.append(f"{name}/{made.get('part') or MAIN}")
        found += [replace(fault, features=(labels[-1],)) for fault in wrong]
    found = [replace(fault, features=fault.features or tuple(labels[:1])) for fault in found]
    read = _read(row.where, COLUMNS, rows, labels, [*faults, *found])
    projects, told = projects_of(read, tables, list(map(str, asked.projects.index)))
    told = [*_taken(row.where, name, asked.projects.index), *told]
    if projects is None or any(fault.fatal for fault in told):
        raise DataError(fault for fault in told if fault.fatal)
    every = _below(asked.parts, projects.parts).sort_values(["project", "part"])
    return replace(asked, projects=_below(asked.projects, projects.projects).sort_index(), parts=every)


def _read(
    where: str, columns: Sequence[Column], rows: Sequence[Values], labels: Sequence[str], faults: Sequence[Fault]
) -> Read:
    """Return rows as a table that has been read: of what they do not say, what stands for "not given"."""
    made: Values = {}
    for column in columns:
        cells = nothing(column, len(rows))
        for k, row in enumerate(rows):
            if column.name in row:
                cells[k] = row[column.name]
        made[column.name] = cells
    lines = np.arange(1, len(rows) + 1)
    present = frozenset(made)
    return Read(where, pd.DataFrame(made), objects(labels), lines, ADDED, present, tuple(faults))


def _below(table: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Return a table with rows below those it has; identifiers stay objects."""
    labels = pd.Index([*table.index, *more.index], dtype=object, name=table.index.name)
    return pd.concat([table, more[table.columns]]).set_axis(labels, axis=0)


def _lies(territory: Territory, where: str, places: gpd.GeoDataFrame, home: str) -> list[Fault]:
    """Return what is wrong with how one parcel, soundly drawn, lies to the others, the parks and the district."""
    labels, shapes = places.index.to_numpy(dtype=object), places.geometry.to_numpy()
    others = territory.parcels
    near = np.sort(shapely.STRtree(others.geometry.to_numpy()).query(shapes[0], predicate="dwithin", distance=GAP_M))
    beside = np.append(labels, others.index.to_numpy(dtype=object)[near])
    found = shapes_module.borders(where, beside, np.append(shapes, others.geometry.to_numpy()[near]), gaps=True, of=0)
    parks, park_shapes = territory.parks.index.to_numpy(dtype=object), territory.parks.geometry.to_numpy()
    found += shapes_module.across_parks(where, labels, shapes, parks, park_shapes)
    district = lie.outline_of(territory.backdrop["kind"], territory.backdrop.geometry.to_numpy())
    if shapely.area(district) > 0:
        found += shapes_module.outside_district(where, labels, shapes, district)
    return found if home else [*found, Fault(where, "geometry", NO_PARK, IN_A_PARK, tuple(map(str, labels)))]


def _taken(where: str, name: str, known: pd.Index) -> list[Fault]:
    """Return the fault of an identifier that something else has; none where nothing has."""
    return [Fault(where, "id", TAKEN.fill(name=name), ANOTHER)] if name in known else []
