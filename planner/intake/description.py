"""What a territory.yaml says: which file, layer and table each layer of a territory is, and in what CRS.

It reads no layer. Every key that is unknown, missing or malformed is a fault with its line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
FLAG = "--crs"
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
    crs_by: str = FILE
    """Who says ``crs``; "" where what is said is no system."""


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

    def with_systems(self, told: Mapping[str, System]) -> Described:
        """Return it with the systems that a flag names instead: by layer, "" for all that are drawn."""
        given = [told.get(one.layer.name, told.get("") if one.file else None) for one in self.entries]
        pairs = zip(self.entries, given, strict=True)
        entries = tuple(replace(one, crs=crs, crs_by=FLAG) if crs else one for one, crs in pairs)
        return replace(self, entries=entries)


def told(said: Sequence[str]) -> dict[str, System]:
    """Return what ``--crs`` says: ``parcels=GCJ-02``, or ``GCJ-02`` for every layer ("").

    Raises
    ------
    DataError
        All that are no systems.
    """
    found, faults = {}, []
    for one in said:
        layer, equals, name = one.partition("=")
        try:
            found[layer.strip() if equals else ""] = system(name if equals else one)
        except UnreadableError as error:
            faults.append(Fault(FLAG, one, error.rule, error.remedy))
    if faults:
        raise DataError(faults)
    return found


def strangers(said: Mapping[str, System]) -> list[Fault]:
    """Return the layers that ``--crs`` names and that are none."""
    faults = []
    for name in said:
        if name and name not in LAYERS:
            near = nearest(name, list(LAYERS)) or ", ".join(LAYERS)
            rule = Words(f"没有图层 {name}", f"there is no layer {name}")
            faults.append(Fault(FLAG, "", rule, Words(f"最接近：{near}", f"Nearest known: {near}")))
    return faults


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
        written = value.get("bounds_lonlat")
        found = f"[{', '.join(map(shown, written))}]" if isinstance(written, list) else shown(written)
        rule = Words(
            f"bounds_lonlat 应为 [西, 南, 东, 北]（度），现为 {found}",
            f"bounds_lonlat must be [west, south, east, north] in degrees; found {found}",
        )
        remedy = Words("例如 [113.74, 22.52, 113.98, 22.87]", "Write for example [113.74, 22.52, 113.98, 22.87]")
        faults.append(Fault(document.where("bounds_lonlat"), "", rule, remedy))
    entries, of_layers = _entries(document)
    faults += of_layers
    tables = value.get("tables")
    tables_folder = document.resolve(str(tables), "tables") if tables else None
    if tables_folder is not None and not tables_folder.is_dir():
        rule = Words(f"文件夹 {tables} 不存在", f"there is no folder {tables}")
        remedy = Words("请更正，或删去 tables", "Correct it, or remove tables:")
        faults.append(Fault(document.where("tables"), "", rule, remedy))
        tables_folder = None
    if bounds is None or wrong is not None:
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
    crs, crs_by = None, FILE
    try:
        crs = system(said["crs"]) if said.get("crs") is not None else None
    except UnreadableError as error:
        crs_by = ""
        faults.append(Fault(document.where(*steps, "crs"), "", error.rule, error.remedy))
    in_file, in_table, encoding = (_optional(said.get(key)) for key in ("layer", "worksheet", "encoding"))
    kind = _optional(said.get("kind")) or ""
    file, table = sources.get("file"), sources.get("table")
    return Entry(layer, file, in_file, table, crs, encoding, columns, kind, in_table, crs_by), faults


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
            if not said.get("meaning"):
                rule = Words(f"列 {source} 没有写明 meaning", f"says no meaning: for the column {source}")
                remedy = Words("例如 {meaning: area_m2, unit: 亩}", "Write for example {meaning: area_m2, unit: 亩}")
                faults.append(Fault(document.where(*steps, source), "", rule, remedy))
                continue
            meant[str(source)] = Meant(str(said["meaning"]), _optional(said.get("unit")) or "")
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
