"""Faults of whatever a planner points at: a territory, a folder of layers, one layer file, a table of projects.

Never raises for bad data. A file outside a territory.yaml is recognised by the names of its layers or columns; what
only a territory can tell (bounds, other layers) is not checked there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from planner.errors import DataError, Fault
from planner.intake import crs as crs_module
from planner.intake import health, vector
from planner.intake import shapes as shapes_module
from planner.intake.asked import read_asked
from planner.intake.columnar import sheet_of
from planner.intake.crs import WORKING
from planner.intake.description import FILE
from planner.intake.folder import ROW_KEYS, Ground, completed, read_ground, row_name
from planner.intake.matching import matched
from planner.intake.meaning import typed
from planner.intake.reference import read_tables, synonyms_of
from planner.intake.sources import Source, absent, faults_of, is_url, shown
from planner.intake.systems import System
from planner.intake.table import LINE, Sheet
from planner.projects import COLUMNS
from planner.territory import LAYERS, Layer, Territory
from planner.words import Words


@dataclass
class Seen:
    """What was seen of whatever a planner points at.

    Attributes
    ----------
    faults : list of Fault
    territory : Territory or None
        Where it is one, and usable.
    ground : Ground or None
        Where it is one, usable or not.
    crs : str
        Of `layers` and of `Fault.spots`.
    layers : dict of str to GeoDataFrame
        What was drawn, by the layer's name in faults: geometry, identifier as index, the file's columns where it
        stands by itself.
    kinds : dict of str to str
        Which layer of a territory each seems to be.
    tables : dict of str to str
        The table with a layer's columns, where that is another file, to the layer's name.
    """

    faults: list[Fault] = field(default_factory=list)
    territory: Territory | None = None
    ground: Ground | None = None
    crs: str = WORKING
    layers: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)


def faults(path: Source) -> list[Fault]:
    """Return everything wrong or doubtful in a territory.yaml, its folder, layers in a folder, a file or a database."""
    return see(path if is_url(path) else Path(path)).faults


def see(path: Source, crs: Mapping[str, System] | None = None, layer: str | None = None) -> Seen:
    """Return what can be seen of a territory.yaml, its folder, layers in a folder, a file or a database; its faults.

    Parameters
    ----------
    path : Path or str
        As a text, the URL of a database.
    crs : mapping of str to System, optional
        In which system a layer is to be read, by its name ("" for all of them), whatever is declared.
    layer : str, optional
        The one layer, of several in a file or a database, that is to be looked at.
    """
    told = crs or {}
    if not isinstance(path, Path):
        return _of_layers([path], told, layer)
    if not path.exists() and not vector.is_half(path):
        return Seen([absent(path, path.name)])
    if path.suffix.lower() in (".yaml", ".yml") or (path / FILE).is_file():
        return _territory(path, told)
    files = [path]
    if path.is_dir() and not vector.is_layer(path):
        files = [p for p in sorted(path.iterdir()) if vector.is_layer(p)]
        if not files:
            rule = Words(f"没有 {FILE}，也没有可读的图层", f"has no {FILE} and no layer that can be read")
            remedy = Words(f"请补 {FILE}", f"Add {FILE}, or files of type {', '.join(vector.READERS)}")
            return Seen([Fault(path.name, "", rule, remedy)])
    return _of_layers(files, told, layer)


def _of_layers(sources: Sequence[Source], crs: Mapping[str, System], only: str | None) -> Seen:
    """Return what can be seen of layers by themselves."""
    seen = Seen()
    for source in sources:
        for layer in [only] if only else vector.layers_of(source):
            given = crs.get(_called(source, layer), crs.get(layer or "", crs.get("")))
            seen.faults += _of_layer(source, layer, given, seen)
    return seen


def _territory(path: Path, crs: Mapping[str, System]) -> Seen:
    """Return what can be seen of a territory."""
    ground, found = read_ground(path, crs)
    if ground is None:
        return Seen(found)
    territory, found = completed(ground)
    seen = Seen(found, territory, ground, ground.described.crs)
    for layer in ground.layers.values():
        if layer.shapes is not None:
            made = gpd.GeoDataFrame(geometry=layer.shapes, crs=seen.crs, index=layer.read.labels)
            seen.layers[layer.where_shapes] = made
            seen.tables[layer.read.where] = layer.where_shapes
    return seen


def _called(source: Source, layer: str | None) -> str:
    """Return what a layer is called by itself: without its schema, or as its file."""
    if isinstance(source, Path):
        return layer or source.stem
    return (layer or "").rpartition(".")[2]


@np.errstate(invalid="ignore")  # a coordinate that is no number is told as a fault
def _of_layer(source: Source, name: str | None, given: System | None, seen: Seen) -> list[Fault]:
    """Return the faults of one layer of a file or a database by itself."""
    where = vector.place(shown(source), name)
    try:
        frame = vector.read_any(source, name, None, where=where)
        sheet = sheet_of(frame, where)
        kind = _kind(_called(source, name), sheet)
        if kind == "projects" and isinstance(source, Path):
            return read_asked(source, read_tables(None).frames, worksheet=name)[1]
    except DataError as error:
        return list(error.faults)
    found = faults_of(frame)
    labels = np.array([sheet.line_words("en", n=n) for n in sheet.lines], dtype=object)
    layer, read = LAYERS.get(kind), None
    if layer is not None and not len(frame):
        return [health.empty(where, layer)]
    if layer is not None:
        synonyms = synonyms_of(read_tables(None).frames, kind)
        keys = ROW_KEYS.get(kind, (layer.key,))
        read = typed(sheet, layer.columns, keys, synonyms=synonyms, named=row_name(kind))
        # geometry and id alone is a whole file where the columns stand in a table beside it
        bare = read.present <= {layer.key} and isinstance(frame, gpd.GeoDataFrame)
        columns = (layer.column(layer.key),) if bare else layer.columns
        found += [*read.faults, *health.missing_columns(read, columns), *health.column_faults(read, columns)]
        found += health.repeated(read, keys)
        labels = read.labels
    if layer is None:
        found.append(_unknown(where))
    if isinstance(frame, gpd.GeoDataFrame):
        try:
            ground = _on_the_ground(frame, given, where, source)
        except DataError as error:  # outlines can be looked at wherever they lie
            wrong = _of_geometry(where, layer, labels, frame.geometry.to_numpy(), borders=False)
            return [*found, *error.faults, *(replace(fault, spots=()) for fault in wrong)]
        seen.layers[where], seen.kinds[where] = ground.set_index(labels), kind
        found += _of_geometry(where, layer, labels, ground.geometry.to_numpy())
        if kind == "parcels" and read is not None:
            measured_m2 = shapes_module.measured_m2(ground.geometry.to_numpy())
            found += health.published_areas(read, measured_m2)
    return found


def _on_the_ground(frame: gpd.GeoDataFrame, given: System | None, where: str, source: Source) -> gpd.GeoDataFrame:
    """Return a layer in the CRS in which areas are true, whatever it is written in.

    Raises
    ------
    DataError
        What it is written in is not known.
    """
    located = vector.located(frame, given, where, source)
    ground = crs_module.to_working(located, WORKING)
    if np.isinf(ground.total_bounds).any() and (wrong := crs_module.elsewhere(where, located, crs_module.CITY)):
        raise DataError(wrong)
    return ground


def _unknown(where: str) -> Fault:
    """Return, as a warning, that little can be checked of a file that might be any layer."""
    rule = Words("看不出是哪个图层，只检查几何", "it is not clear which layer this is; only its outlines are looked at")
    remedy = Words(
        f"请在 {FILE} 中写明（planner new 文件夹 可先推测）", f"Name it in {FILE}; planner new FOLDER proposes one"
    )
    return Fault(where, "", rule, remedy, fatal=False)


def _of_geometry(
    where: str, layer: Layer | None, labels: np.ndarray, shapes: np.ndarray, *, borders: bool = True
) -> list[Fault]:
    """Return the faults of a layer's geometry, by itself."""
    of = layer or Layer(where, Words(where, where), "", (), shapes_module.KINDS)
    wrong = shapes_module.geometry_faults(where, of, labels, shapes, None)
    if borders and of.name in ("parcels", "buildings"):
        sound = shapely.is_valid(shapes) & ~shapely.is_empty(shapes)
        wrong += shapes_module.borders(where, labels[sound], shapes[sound], gaps=of.name == "parcels")
    return wrong


def _kind(name: str, sheet: Sheet) -> str:
    """Return which layer a sheet is: by its name, else the one whose columns it has most of; "" for none."""
    known = {layer: spec.columns for layer, spec in LAYERS.items()} | {"projects": COLUMNS}
    if name in known:
        return name
    header = {str(column).casefold() for column in sheet.cells.columns}
    keys = {spec.key: layer for layer, spec in LAYERS.items() if spec.geometry} | {"project_id": "projects"}
    named = [layer for key, layer in keys.items() if key in header]
    if len(named) == 1:
        return named[0]
    plain = Sheet(sheet.where, sheet.cells, sheet.lines, LINE)
    have = {layer: len(matched(plain, columns, {}, {})[0]) for layer, columns in known.items()}
    best = max(have, key=lambda layer: have[layer])
    return best if have[best] >= 3 else ""
