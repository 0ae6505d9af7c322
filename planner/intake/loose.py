"""Faults of whatever a planner points at: a territory, a folder of layers, one layer file, a table of projects.

Never raises for bad data. A file outside a territory.yaml is recognised by the names of its layers or columns; what
only a territory can tell (bounds, other layers) is not checked there.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np

from planner.errors import DataError, Fault
from planner.intake import crs as crs_module
from planner.intake import health, vector
from planner.intake.asked import read_asked
from planner.intake.description import FILE
from planner.intake.folder import ROW_KEYS, read_folder, row_name
from planner.intake.matching import matched
from planner.intake.meaning import typed
from planner.intake.reference import read_tables, synonyms_of
from planner.intake.table import LINE, Sheet, read_sheet
from planner.projects import COLUMNS
from planner.territory import LAYERS, Layer
from planner.words import Words


def faults(path: Path | str) -> list[Fault]:
    """Return everything wrong or doubtful in a territory.yaml, its folder, a folder of layers or one layer file."""
    path = Path(path)
    if not path.exists():
        rule = Words("没有这个文件或文件夹", "there is no such file or folder")
        return [Fault(str(path), "", rule, Words("请检查路径", "Check the path"))]
    if path.suffix.lower() in (".yaml", ".yml") or (path / FILE).is_file():
        return read_folder(path)[1]
    if path.is_dir():
        inside = [p for p in sorted(path.iterdir()) if p.suffix.lower() in vector.READERS]
        if not inside:
            rule = Words(f"没有 {FILE}，也没有可读的图层", f"has no {FILE} and no layer that can be read")
            remedy = Words(f"请补 {FILE}", f"Add {FILE}, or files of type {', '.join(vector.READERS)}")
            return [Fault(path.name, "", rule, remedy)]
        return [fault for file in inside for fault in faults(file)]
    return [fault for layer in vector.layers_of(path) for fault in _of_layer(path, layer)]


def _of_layer(path: Path, name: str | None) -> list[Fault]:
    """Return the faults of one layer of a file by itself."""
    where = vector.place(path.name, name)
    try:
        frame = vector.read_any(path, name, None, where=where)
        # read once more as text, for the numbers of its lines
        sheet = read_sheet(path, where) if path.suffix.lower() == ".csv" else vector.sheet_of(frame, where)
        kind = _kind(name or path.stem, sheet)
        if kind == "projects":
            return read_asked(path, read_tables(None).frames)[1]
    except DataError as error:
        return list(error.faults)
    found = vector.warnings_of(frame, where)
    labels = np.array([sheet.line_words("en", n=n) for n in sheet.lines], dtype=object)
    layer = LAYERS.get(kind)
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
    if isinstance(frame, gpd.GeoDataFrame):
        found += _of_geometry(where, layer, labels, frame)
    return found


def _of_geometry(where: str, layer: Layer | None, labels: np.ndarray, frame: gpd.GeoDataFrame) -> list[Fault]:
    """Return the faults of a layer's geometry, by itself."""
    found = [] if frame.crs is not None else [crs_module.undeclared(where, frame.geometry, None)]
    shapes = frame.geometry.to_numpy()
    of = layer or Layer(where, Words(where, where), "", (), health.KINDS)
    wrong = health.geometry_faults(where, of, labels, shapes, None)
    metres = frame.crs is not None and frame.crs.is_projected
    if of.name in ("parcels", "buildings") and metres and not wrong:
        wrong = health.overlaps(where, labels, shapes)
    return found + wrong


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
