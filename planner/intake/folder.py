"""A folder with a territory.yaml becomes a Territory: every layer read, joined, checked, in canonical order.

All faults of all layers are gathered before anything is raised. It does not know formats, which are `vector`'s and
`table`'s, nor what is wrong with a layer, which is `health`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.columns import Column
from planner.errors import DataError, Fault
from planner.intake import crs as crs_module
from planner.intake import health, lie, restrictions, vector
from planner.intake import shapes as shapes_module
from planner.intake.alignment import Reference
from planner.intake.columnar import sheet_of
from planner.intake.description import FILE, IN_SEVERAL, Described, Entry, describe, strangers
from planner.intake.meaning import Naming, Read, typed
from planner.intake.reference import Tables, read_tables, synonyms_of
from planner.intake.sources import Source, faults_of, form_of, shown
from planner.intake.systems import System
from planner.intake.table import Sheet, read_sheet
from planner.territory import LAYERS, SERVICES_M, Layer, Territory, measured_area_m2, zones_of
from planner.words import Words

ROW_KEYS: Mapping[str, tuple[str, ...]] = {
    "floors": ("building_id", "floor"),
    "supply": ("park", "year"),
    "figures": ("subject", "measure_zh", "measure_en", "source_date", "source"),
}
"""What names a row of a layer that has no identifier of its own."""


def row_name(layer: str) -> Naming:
    """Return how the rows of a layer are called in faults, from the texts of their key."""
    return {"floors": _floor_name, "figures": _figure_name}.get(layer, "-".join)


def _floor_name(key: Sequence[str]) -> str:
    building, floor = key[0], key[1] if len(key) > 1 else ""
    return f"{building}-F{int(floor):02d}" if floor.isdecimal() else f"{building}-F{floor}"


def _figure_name(key: Sequence[str]) -> str:
    return ": ".join(key[:2])


@dataclass(frozen=True)
class Joined:
    """One layer as read: its columns, and its geometry row by row (None for a table)."""

    read: Read
    shapes: NDArray[np.object_] | None = None
    where_shapes: str = ""
    drawn: Drawn | None = None
    sheet: Sheet | None = None


@dataclass(frozen=True)
class Drawn:
    """The file that holds a layer's geometry: as it is, and its columns as they are meant."""

    frame: pd.DataFrame
    read: Read


@dataclass(frozen=True)
class Ground:
    """A folder as read, usable or not: what territory.yaml says, its tables, its entries, its layers, its faults."""

    described: Described
    tables: Tables
    parts: tuple[tuple[Entry, Joined], ...]
    layers: Mapping[str, Joined]
    faults: list[Fault]


def read_folder(path: Path, crs: Mapping[str, System] | None = None) -> tuple[Territory | None, Tables, list[Fault]]:
    """Return a territory, None where a fault is fatal; its tables, the package's where it is no good; all faults."""
    ground, faults = read_ground(path, crs)
    if ground is None:
        return None, read_tables(None), faults
    territory, faults = completed(ground)
    return territory, ground.tables, faults


def completed(ground: Ground) -> tuple[Territory | None, list[Fault]]:
    """Return the territory of a folder as read, None where a fault is fatal, and all its faults."""
    if any(fault.fatal for fault in ground.faults):
        return None, ground.faults
    territory, more = _assembled(ground.described, ground.layers, ground.tables, _systems(ground.parts))
    return None if any(fault.fatal for fault in more) else territory, [*ground.faults, *more]


def _systems(parts: Sequence[tuple[Entry, Joined]]) -> dict[str, str]:
    """Return in which system each layer is written, and who says so: territory.yaml (or a flag), or its own file."""
    said: dict[str, str] = {}
    for entry, joined in parts:
        if joined.drawn is not None and isinstance(joined.drawn.frame, gpd.GeoDataFrame):
            own = joined.drawn.frame.crs
            one = f"{entry.crs} ({entry.crs_by})" if entry.crs else f"{crs_module.name_of(own)} ({joined.where_shapes})"
            before = said.get(entry.layer.name)
            said[entry.layer.name] = one if before in (None, one) else f"{before}; {one}"
    return said


@np.errstate(invalid="ignore")  # a coordinate that is no number is told as a fault
def read_ground(path: Path, crs: Mapping[str, System] | None = None) -> tuple[Ground | None, list[Fault]]:
    """Return a folder as read and what is wrong with it; None in its place where territory.yaml cannot be followed.

    Parameters
    ----------
    path : Path
        Folder with a territory.yaml, or that file.
    crs : mapping of str to System, optional
        By layer ("" for all of them), in which system it is to be read, whatever territory.yaml says.
    """
    file = path / FILE if path.is_dir() else path
    try:
        described, faults = describe(file)
    except DataError as error:
        return None, list(error.faults)
    if described is None:
        return None, faults
    described = described.with_systems(crs or {})
    faults += strangers(crs or {})
    name = shown(described.tables, described.folder) if described.tables else ""
    tables = read_tables(described.tables, name)
    faults += tables.faults
    parts: list[tuple[Entry, Joined]] = []
    beside: Reference | None = None  # the parks, once they are read: what other layers are held against
    for entry in described.entries:
        try:
            joined, found = _layer(entry, described, tables, beside)
        except DataError as error:
            faults += error.faults
            continue
        faults += found
        parts.append((entry, joined))
        if entry.layer.name == "parks" and joined.shapes is not None:
            beside = _laid(joined).reference(described.crs)
    by_layer: dict[str, list[Joined]] = {}
    for entry, joined in parts:
        by_layer.setdefault(entry.layer.name, []).append(joined)
    layers = {name: _together(joined) for name, joined in by_layer.items()}
    faults += _between(layers, tables, described.crs)
    return Ground(described, tables, tuple(parts), layers, faults), faults


def _laid(layer: Joined) -> lie.Laid:
    """Return what of a layer is drawn and valid, so that one bad outline does not hide what is wrong with others."""
    assert layer.shapes is not None
    rows = shapely.is_valid(layer.shapes) & ~shapely.is_empty(layer.shapes)
    return lie.Laid(layer.where_shapes, layer.read.labels[rows], layer.shapes[rows], layer.read.frame[rows])


def _layer(
    entry: Entry, described: Described, tables: Tables, beside: Reference | None = None
) -> tuple[Joined, list[Fault]]:
    """Return one layer, its geometry in the working CRS, and its own faults."""
    layer = entry.layer
    key = ROW_KEYS.get(layer.name, (layer.key,))
    synonyms = synonyms_of(tables.frames, layer.name)
    drawn, sheet = None, None
    if entry.file is not None:
        columns = layer.columns if entry.table is None else (layer.column(layer.key),)
        drawn = _drawn(entry, described, columns, synonyms)
    if entry.table is not None:
        where = vector.place(shown(entry.table, described.folder), entry.in_table)
        # one key for both files: a table beside a layer that has texts of its own is read by its content
        own_texts = entry.file is not None and form_of(entry.file) in vector.WITH_TEXTS
        sheet = _sheet(entry.table, where, entry.in_table, None if own_texts else entry.encoding)
        elsewhere = set() if drawn is None else {str(name) for name in drawn.frame.columns}
        declared = {name: m for name, m in entry.columns.items() if name in sheet.cells or name not in elsewhere}
        read = typed(sheet, layer.columns, key, synonyms=synonyms, declared=declared, named=row_name(layer.name))
    else:
        assert drawn is not None  # `describe` sees to it that there is a file or a table
        read = drawn.read
    if layer.name in IN_SEVERAL:
        read = restrictions.named(read, layer, entry.kind, tables.frames)
    if not len(read.frame):
        return Joined(read), [*read.faults, health.empty(read.where, layer)]
    faults = [*read.faults, *health.missing_columns(read, layer.columns), *health.column_faults(read, layer.columns)]
    faults += health.repeated(read, key)
    if not layer.geometry:
        return Joined(read, sheet=sheet), faults
    if drawn is not None:
        faults += faults_of(drawn.frame)
    if drawn is None or not isinstance(drawn.frame, gpd.GeoDataFrame):
        rule = Words("没有几何", "has no geometry")
        remedy = Words("请用 file 写明带几何的文件", "Name a file with geometry, as file:")
        return Joined(read), [*faults, Fault(read.where, "geometry", rule, remedy)]
    try:
        shapes, found = _geometry(entry, described, drawn, read, beside)
    except DataError as error:
        return Joined(read), [*faults, *(error.faults if entry.crs_by else ())]  # said of territory.yaml
    if layer.name == "restrictions":
        found += restrictions.faults(read, shapes, tables.frames)
    return Joined(read, shapes, drawn.read.where, drawn, sheet), [*faults, *found]


def _together(parts: Sequence[Joined]) -> Joined:
    """Return the entries of one layer as one; identifiers that are not unique among them carry their file's name."""
    first, *others = parts
    if not others:
        return first
    frame = pd.concat([part.read.frame for part in parts], ignore_index=True)
    labels = np.concatenate([part.read.labels for part in parts])
    files = np.concatenate([[part.read.where] * len(part.read.labels) for part in parts])
    twice = pd.Series(labels).duplicated(keep=False)
    labels = np.where(twice, files + "/" + labels, labels).astype(object)
    lines = np.concatenate([part.read.lines for part in parts])
    present = frozenset().union(*(part.read.present for part in parts))
    shapes = [part.shapes for part in parts if part.shapes is not None]
    read = Read(first.read.where, frame, labels, lines, first.read.line_words, present)
    return Joined(read, np.concatenate(shapes) if len(shapes) == len(parts) else None, first.where_shapes)


def _drawn(entry: Entry, described: Described, columns: Sequence[Column], synonyms: Mapping[str, str]) -> Drawn:
    """Return the file with a layer's geometry, and those of its columns that are wanted."""
    assert entry.file is not None
    where = vector.place(shown(entry.file, described.folder), entry.in_file)
    encoding = entry.encoding if entry.table is None or form_of(entry.file) in vector.WITH_TEXTS else None
    frame = vector.read_any(entry.file, entry.in_file, encoding, where=where)
    sheet = sheet_of(frame, where)
    declared = {name: m for name, m in entry.columns.items() if entry.table is None or name in sheet.cells}
    key = ROW_KEYS.get(entry.layer.name, (entry.layer.key,))
    read = typed(sheet, columns, key, synonyms=synonyms, declared=declared, named=row_name(entry.layer.name))
    return Drawn(frame, read)


def _geometry(
    entry: Entry, described: Described, drawn: Drawn, read: Read, beside: Reference | None
) -> tuple[NDArray[np.object_], list[Fault]]:
    """Return the geometry of each row of a layer in the working CRS, and what is wrong with it.

    Raises
    ------
    DataError
        Where the layer lies cannot be told, or its geometry cannot be joined.
    """
    assert isinstance(drawn.frame, gpd.GeoDataFrame)
    assert entry.file is not None
    own, where, key = drawn.read, drawn.read.where, entry.layer.key
    frame = vector.located(drawn.frame, entry.crs, where, entry.file, described.bounds_lonlat, beside)
    if (fault := crs_module.elsewhere(where, frame, described.bounds_lonlat, beside)) is not None:
        raise DataError(fault)
    faults = crs_module.rough(where, frame.crs, described.crs)
    shapes: NDArray[np.object_] = np.array(crs_module.to_working(frame, described.crs).geometry, dtype=object)
    needed = np.ones(len(shapes), dtype=bool)
    if entry.table is not None:
        if missing := health.missing_columns(own, (entry.layer.column(key),)):
            raise DataError(missing)
        if key in read.present:
            spared = _without_geometry(read) if entry.layer.name == "parks" else set()
            ids = [label for label in read.labels if label not in spared]
            faults += health.one_sided(where, read.where, list(own.labels), ids)
        faults += health.repeated(own, (key,))
        by_id = pd.Series(np.arange(len(shapes)), index=own.labels)
        at = by_id[~by_id.index.duplicated()].reindex(read.labels, fill_value=-1).to_numpy()
        needed = at >= 0
        shapes = np.append(shapes, np.array([None], dtype=object))[at]
    box = crs_module.box_in(described.bounds_lonlat, described.crs)
    faults += shapes_module.geometry_faults(where, entry.layer, read.labels[needed], shapes[needed], box)
    return shapes, faults


def _without_geometry(read: Read) -> set[str]:
    """Return the parks that may stand without geometry: those outside the district."""
    return {label for label, roles in zip(read.labels, read.frame["roles"], strict=True) if "outside" in roles}


def _between(layers: Mapping[str, Joined], tables: Tables, crs: str) -> list[Fault]:
    """Return what is wrong between layers, and within a layer once its columns are known."""
    faults: list[Fault] = []
    faults += lie.faults({name: _laid(one) for name, one in layers.items() if one.shapes is not None}, crs)
    if (parcels := layers.get("parcels")) is not None:
        faults += health.without_ready_year(parcels.read)
        if parcels.shapes is not None:
            faults += health.published_areas(parcels.read, shapes_module.measured_m2(parcels.shapes))
    if (floors := layers.get("floors")) is not None and len(floors.read.frame):
        faults += health.overfull_floors(floors.read)
        if (buildings := layers.get("buildings")) is not None:
            known = list(map(str, buildings.read.labels))
            remedy = Words("请补该厂房或更正编号", "Add the building or correct the id")
            faults += health.unknown(floors.read, "building_id", known, Words("厂房", "building"), remedy)
            faults += health.storeys(buildings.read, floors.read.frame)
    if (parks := layers.get("parks")) is not None and len(parks.read.frame):
        known = list(map(str, parks.read.labels))
        for name in ("parcels", "buildings", "supply"):
            if (layer := layers.get(name)) is not None:
                faults += health.unknown_parks(layer.read, known)
        if "industries" in tables.frames:
            known = list(tables.frames["industries"]["industry_id"])
            what, remedy = Words("产业", "industry"), Words("见 industries.csv", "See industries.csv")
            faults += health.unknown(parks.read, "leading_industries", known, what, remedy, fatal=False)
    return faults


def _assembled(
    described: Described, layers: Mapping[str, Joined], tables: Tables, systems: Mapping[str, str]
) -> tuple[Territory, list[Fault]]:
    """Return the territory of sound layers in canonical order, and faults that only its measures can give."""
    made = {name: framed(layer, layers.get(name), described.crs) for name, layer in LAYERS.items()}
    faults: list[Fault] = []
    for name in ("parcels", "buildings"):
        zones = zones_of(made[name], made["parks"])
        read = layers[name].read
        faults += health.other_home(read, zones["home_park"].reindex(read.labels).to_numpy(dtype=object))
        made[name] = with_zones(made[name], zones)
    homes = made["buildings"]["home_park"].reindex(layers["buildings"].read.labels).to_numpy(dtype=object)
    faults += health.one_park_each(layers["buildings"].read, homes)
    made["parcels"]["area_m2"] = measured_area_m2(made["parcels"])
    territory = Territory(
        name=described.folder.name,
        title=described.title,
        illustrative=described.illustrative,
        crs=described.crs,
        bounds_lonlat=described.bounds_lonlat,
        **made,
        tables=tables.frames,
        files=_files(described, tables),
        systems=systems,
        written={name: said for name, layer in layers.items() if (said := layer.read.originals())},
    )
    return territory, faults


def framed(layer: Layer, joined: Joined | None, crs: str) -> pd.DataFrame:
    """Return a layer indexed by its identifier and sorted by it; an empty one where the territory has none."""
    if joined is None:
        none = Sheet("", pd.DataFrame(), np.zeros(0, dtype=np.int64))
        joined = Joined(typed(none, layer.columns, ()), np.zeros(0, dtype=object))
    frame = joined.read.frame
    frame = frame.astype({c.name: "int64" for c in layer.columns if c.kind == "whole" and c.required})
    match layer.name:
        case "floors":
            frame = frame.sort_values(["building_id", "floor"])
            pairs = zip(frame["building_id"], frame["floor"], strict=True)
            frame.index = pd.Index([f"{of}-F{int(n):02d}" for of, n in pairs], dtype=object, name=layer.key)
            return _with_free(frame)
        case "supply" | "figures":
            by = list(ROW_KEYS[layer.name])
            return frame.sort_values(by).reset_index(drop=True).rename_axis(layer.key)
    labels = pd.Index(joined.read.labels, dtype=object, name=layer.key)
    placed: pd.DataFrame = gpd.GeoDataFrame(frame.drop(columns=layer.key), geometry=joined.shapes, crs=crs)
    return placed.set_index(labels).sort_index()


def _with_free(floors: pd.DataFrame) -> pd.DataFrame:
    """Return floors with what is free of them, and the clear height that the storey height implies."""
    floors = floors.copy()
    floors["free_m2"] = floors["area_m2"] - floors["occupied_m2"].fillna(0)
    implied = floors["clear_height_m"].isna() & floors["storey_height_m"].notna()
    # rounded, so that 5.0 − 0.8 meets a need of 4.2
    floors["clear_height_m"] = floors["clear_height_m"].fillna((floors["storey_height_m"] - SERVICES_M).round(6))
    floors["clear_height_default"] = implied
    return floors


def with_zones(places: pd.DataFrame, zones: pd.DataFrame) -> pd.DataFrame:
    """Return places with their home park, which the ``park`` column overrides, and all their zones."""
    places = places.copy()
    told = places["park"].to_numpy(dtype=object)
    places["home_park"] = np.where(told != "", told, zones["home_park"].to_numpy(dtype=object))
    every = [
        (*found, park) if park and park not in found else found
        for found, park in zip(zones["zones"], told, strict=True)
    ]
    places["zones"] = pd.Series(every, index=places.index, dtype=object)
    return places


def _files(described: Described, tables: Tables) -> dict[str, str]:
    """Return the SHA-256 of every file read, by its name from the territory's folder, in order of names."""
    read: list[tuple[Source | None, str | None]] = [(path, None) for path in described.files]
    read += [(entry.file, entry.in_file) for entry in described.entries]
    read += [(entry.table, entry.in_table) for entry in described.entries]
    found = dict(tables.files)
    for source, layer in read:
        if source is not None:
            found |= vector.hashes(source, shown(source, described.folder), layer)
    return dict(sorted(found.items()))


def _sheet(source: Source, where: str, layer: str | None, encoding: str | None) -> Sheet:
    """Return a table of a layer: a CSV, a sheet of a workbook, or a table of a vector file or a database."""
    if isinstance(source, Path) and form_of(source) == ".csv":
        return read_sheet(source, where, encoding, layer)
    return sheet_of(vector.read_any(source, layer, encoding, where=where), where)
