"""What a territory.yaml says: which file, layer and table each layer of a territory is, and in what CRS.

It reads no layer. Every key that is unknown, missing or malformed is a fault with its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from planner import documents
from planner.errors import DataError, Fault
from planner.intake.crs import Bounds, working_crs_fault
from planner.intake.matching import Meant
from planner.intake.sources import Source, is_url
from planner.intake.systems import System, system
from planner.quantities import UnreadableError, nearest, shown
from planner.territory import LAYERS, Layer
from planner.words import Words

FILE = "territory.yaml"
KEYS = ("title", "illustrative", "crs", "bounds_lonlat", "layers", "tables", "extends")
ENTRY_KEYS = ("file", "layer", "table", "worksheet", "crs", "encoding", "columns", "kind", "source", "date",
              "confidence")  # fmt: skip
IN_SEVERAL = ("restrictions", "backdrop")
"""Layers that offices keep in a file for each kind: their entry may be a list."""
MEANT_KEYS = ("meaning", "unit", "source", "date", "confidence")

Steps = tuple[str | int, ...]
"""Where a value stands in the document: keys, and positions in lists."""


@dataclass(frozen=True)
class Entry:
    """One layer as territory.yaml names it."""

    layer: Layer
    file: Source | None = None
    in_file: str | None = None
    table: Source | None = None
    crs: System | None = None
    encoding: str | None = None
    columns: Mapping[str, Meant] = field(default_factory=dict)
    kind: str = ""
    """What all its features are where no column says so (restrictions, backdrop)."""
    in_table: str | None = None
    """Which worksheet (or layer) of ``table``, where it has several."""


@dataclass(frozen=True)
class Described:
    """What territory.yaml says."""

    folder: Path
    title: Words
    illustrative: Words | None
    crs: str
    bounds_lonlat: Bounds
    entries: tuple[Entry, ...]
    tables: Path | None
    files: tuple[Path, ...]


def describe(file: Path) -> tuple[Described | None, list[Fault]]:
    """Return what a territory.yaml says, and what is wrong with it."""
    document = documents.read(file, error=DataError)
    value = document.value
    folder = file.resolve().parent
    faults = [_unknown_key(document.where(key), key, KEYS) for key in value if key not in KEYS]
    title = _words(value.get("title"), folder.name)
    illustrative = value.get("illustrative")
    crs = value.get("crs")
    bounds = _bounds(value.get("bounds_lonlat"))
    if (wrong := working_crs_fault(document.where("crs"), crs, bounds)) is not None:
        faults.append(wrong)
    if bounds is None:
        rule = Words(
            f"bounds_lonlat 应为 [西, 南, 东, 北]（度），现为 {shown(value.get('bounds_lonlat'))}",
            f"bounds_lonlat must be [west, south, east, north] in degrees; found {shown(value.get('bounds_lonlat'))}",
        )
        remedy = Words("例如 [113.74, 22.52, 113.98, 22.87]", "Write for example [113.74, 22.52, 113.98, 22.87]")
        faults.append(Fault(document.where("bounds_lonlat"), "", rule, remedy))
    entries, found = _entries(document)
    faults += found
    tables = value.get("tables")
    tables_folder = document.resolve(str(tables), "tables") if tables else None
    if tables_folder is not None and not tables_folder.is_dir():
        rule = Words(f"文件夹 {tables} 不存在", f"there is no folder {tables}")
        remedy = Words("请更正，或删去 tables", "Correct it, or remove tables:")
        faults.append(Fault(document.where("tables"), "", rule, remedy))
        tables_folder = None
    if bounds is None or any(fault.fatal and fault.column == "crs" for fault in faults):
        return None, faults
    said = None if illustrative is None else _words(illustrative, "")
    return (
        Described(folder, title, said, str(crs), bounds, tuple(entries), tables_folder, document.files),
        faults,
    )


def _entries(document: documents.Document) -> tuple[list[Entry], list[Fault]]:
    """Return the layers of a territory.yaml in the order of `LAYERS`."""
    layers = document.value.get("layers")
    if not isinstance(layers, Mapping):
        rule = Words("缺少 layers", "has no layers:")
        remedy = Words("请写明图层与文件", "Name each layer with its file")
        return [], [Fault(document.where("layers"), "", rule, remedy)]
    faults = [_unknown_key(document.where("layers", key), key, LAYERS) for key in layers if key not in LAYERS]
    entries = []
    for name, layer in LAYERS.items():
        said = layers.get(name)
        where = document.where("layers", name)
        if said is None:
            if layer.required:
                rule = Words(f"缺少图层 {name}（{layer.words.zh}）", f"the layer {name} is missing")
                remedy = Words("请在 layers 下写明", f"Write under layers: {name}: {{file: …}} or {{table: …}}")
                faults.append(Fault(where, "", rule, remedy))
            continue
        several = isinstance(said, list) and name in IN_SEVERAL
        items: list[tuple[Steps, object]] = [(("layers", name), said)]
        if several:
            items = [(("layers", name, k), item) for k, item in enumerate(said)]
        for steps, item in items:
            entry, found = _entry(document, layer, steps, item)
            faults += found
            entries += [entry] if entry else []
    return entries, faults


def _entry(
    document: documents.Document, layer: Layer, steps: Steps, said: object
) -> tuple[Entry | None, list[Fault]]:
    """Return one entry of a layer, and what is wrong with it."""
    if not isinstance(said, Mapping) or not (said.get("file") or said.get("table")):
        rule = Words(f"图层 {layer.name} 没有 file 或 table", f"the layer {layer.name} names no file and no table")
        remedy = Words("例如 {table: floors.csv}", f"Write for example {layer.name}: {{table: {layer.name}.csv}}")
        return None, [Fault(document.where(*steps), "", rule, remedy)]
    known = ENTRY_KEYS if layer.name in IN_SEVERAL else tuple(key for key in ENTRY_KEYS if key != "kind")
    faults = [_unknown_key(document.where(*steps, key), key, known) for key in said if key not in known]
    named = {key: str(said[key]) for key in ("file", "table") if said.get(key)}
    sources = {key: _source(document, text, (*steps, key)) for key, text in named.items()}
    columns = _declared(document, steps, said.get("columns"), faults)
    crs = None
    try:
        crs = system(said["crs"]) if said.get("crs") is not None else None
    except UnreadableError as error:
        faults.append(Fault(document.where(*steps, "crs"), "", error.rule, error.remedy))
    in_file, in_table, encoding = (_optional(said.get(key)) for key in ("layer", "worksheet", "encoding"))
    kind = _optional(said.get("kind")) or ""
    file, table = sources.get("file"), sources.get("table")
    return Entry(layer, file, in_file, table, crs, encoding, columns, kind, in_table), faults


def _source(document: documents.Document, said: str, steps: Steps) -> Source:
    """Return the URL of a database, or a path, from the folder of the file that says so."""
    return said if is_url(said) else document.resolve(said, *steps)


def _declared(document: documents.Document, entry: Steps, columns: object, faults: list[Fault]) -> dict[str, Meant]:
    """Return what ``columns:`` says of each file column; what is wrong with it is added to the faults."""
    steps = (*entry, "columns")
    if columns is None:
        return {}
    if not isinstance(columns, Mapping):
        rule = Words("columns 应为“文件列: 规范列名”", "columns must map file columns to canonical ones")
        remedy = Words("例如 {用地面积: published_area_m2}", "Write for example {用地面积: published_area_m2}")
        faults.append(Fault(document.where(*steps), "", rule, remedy))
        return {}
    meant = {}
    for source, said in columns.items():
        if isinstance(said, Mapping):
            strange = [key for key in said if key not in MEANT_KEYS]
            faults += [_unknown_key(document.where(*steps, source, key), key, MEANT_KEYS) for key in strange]
            meant[str(source)] = Meant(str(said.get("meaning", "")), _optional(said.get("unit")) or "")
        else:
            meant[str(source)] = Meant(str(said))
    return meant


def _unknown_key(where: str, key: str, known: Mapping[str, object] | tuple[str, ...]) -> Fault:
    near = nearest(str(key), list(known)) or ", ".join(known)
    rule = Words(f"未知的键 {shown(key)}", f"unknown key {shown(key)}")
    return Fault(where, "", rule, Words(f"最接近：{near}", f"Nearest known: {near}"))


def _words(value: object, otherwise: str) -> Words:
    if isinstance(value, Mapping):
        zh = str(value.get("zh") or value.get("en") or otherwise)
        return Words(zh, str(value.get("en") or zh))
    text = otherwise if value is None else str(value)
    return Words(text, text)


def _bounds(value: object) -> Bounds | None:
    if not isinstance(value, list) or len(value) != 4:
        return None
    if not all(isinstance(side, int | float) and not isinstance(side, bool) for side in value):
        return None
    west, south, east, north = map(float, value)
    ordered = -180 <= west < east <= 180 and -90 <= south < north <= 90
    return (west, south, east, north) if ordered else None


def _optional(value: object) -> str | None:
    return None if value is None else str(value)
