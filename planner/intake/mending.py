"""A repaired copy of layers, written aside, with a list of every change; the source is only read.

What a rule can decide is mended: invalid outlines, closed lines that should be areas, places drawn twice, slivers that
overlap, slivers that are left between. What only a person can decide (a missing outline, a large overlap, a figure)
stays as it is, and stays a fault.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner import documents
from planner.errors import DataError, Fault
from planner.intake import crs as crs_module
from planner.intake import vector
from planner.intake.description import FILE, Entry
from planner.intake.folder import Ground, Joined
from planner.intake.loose import Seen, see
from planner.intake.shapes import Labels, Shapes, gaps_between, overlaid, overlapping, suspects
from planner.intake.sources import Source, shown
from planner.intake.systems import System
from planner.intake.writing import write_layers
from planner.words import Words

ROUNDS = 3
"""Closing one sliver may open another; what is left after as many rounds stays a fault."""
LAP_M = 0.01
"""By how much a gap is made larger before it is joined, so that nothing is left between."""
CRUMB_M2 = 0.5
"""Smaller parts that a cut leaves over are dropped."""
LAYERS_FILE = "layers.gpkg"
"""The one file that holds every layer of a copy."""
LAYER = Words("请指明图层文件、文件夹或 territory.yaml", "Name a layer, a folder of layers or a territory.yaml")
WRITTEN = Words("坐标系 {given} 转为 {crs}", "written in {given}, now in {crs}")
MADE_VALID = Words("修复无效几何", "outline made valid")
CLOSED = Words("闭合线转为面", "closed line made an area")
DROPPED = Words("与 {other} 几何相同且属性无冲突，删去", "drawn twice, the same as {other} in all it says; dropped")
CUT = Words("切去与 {other} 的窄条重叠", "cut back by the sliver that overlapped {other}")
JOINED = Words("并入与 {other} 之间的窄缝", "joined the sliver left between it and {other}")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing mended: in which layer, which feature, what was done, and its area before and after (m²)."""

    where: str
    feature: str
    words: Words
    before_m2: float
    after_m2: float


@dataclass(frozen=True)
class Mended:
    """A layer mended: its shapes, which of its rows are kept, and every change."""

    shapes: Shapes
    kept: NDArray[np.bool_]
    changes: list[Change]


def mended(
    where: str, labels: Labels, shapes: Shapes, *, areas: bool = True, coverage: bool = False,
    alike: Callable[[int, int], bool] | None = None,
) -> Mended:  # fmt: skip
    """Return a layer with everything mended that a rule can decide.

    Parameters
    ----------
    where : str
    labels : ndarray of str
    shapes : ndarray of geometry
        In metres; none where there is none.
    areas : bool
        Whether it is a layer of areas: lines that close become areas, what a repair leaves as lines is dropped.
    coverage : bool
        Whether its areas should meet without gaps and overlaps (parcels).
    alike : callable, optional
        Whether two rows contradict each other nowhere, so that the later may be dropped where both are one place.
    """
    whole = shapes.copy()
    changes: list[Change] = []

    def change(k: int | np.integer[Any], shape: shapely.Geometry, words: Words, **facts: object) -> None:
        after = 0.0 if words is DROPPED else float(shapely.area(shape))
        changes.append(Change(where, str(labels[k]), words.fill(**facts), _ground_m2(whole[k]), after))
        whole[k] = shape

    if areas:
        for k in np.flatnonzero(shapely.is_closed(whole) & (shapely.get_type_id(whole) == 1)):
            if len(shapely.get_coordinates(whole[k])) >= 4:
                change(k, shapely.Polygon(shapely.get_coordinates(whole[k])), CLOSED)
    for k in np.flatnonzero(~shapely.is_missing(whole) & ~shapely.is_valid(whole)):
        sound: Any = shapely.make_valid(whole[k], method="structure", keep_collapsed=False)
        sound = _areal(sound) if shapely.get_dimensions(whole[k]) == 2 else sound
        if not sound.is_empty and np.isfinite(sound.bounds).all():
            change(k, sound, MADE_VALID)
    kept = np.ones(len(whole), dtype=bool)
    sound_rows = np.flatnonzero(shapely.is_valid(whole) & (shapely.get_dimensions(whole) == 2))
    if alike is not None and len(sound_rows):
        pairs = overlapping(whole[sound_rows])
        twice = sorted(zip(sound_rows[pairs.a[pairs.same]], sound_rows[pairs.b[pairs.same]], strict=True))
        for a, b in twice:
            if kept[a] and kept[b] and alike(a, b):
                kept[b] = False
                change(b, whole[b], DROPPED, other=labels[a])
    if coverage:
        rows = sound_rows[kept[sound_rows]]
        for _ in range(ROUNDS):
            if not (_cut_back(whole, rows, labels, change) | _close(whole, rows, labels, change)):
                break
    return Mended(whole, kept, changes)


def _cut_back(whole: Shapes, rows: NDArray[np.int64], labels: Labels, change: Callable[..., None]) -> bool:
    """Cut slivers that overlap off the larger of two areas, which loses the least of itself; tell whether any was."""
    pairs = overlapping(whole[rows])
    slivers = np.flatnonzero(pairs.slivers)
    for j in slivers:
        a, b = rows[pairs.a[j]], rows[pairs.b[j]]
        small, large = (a, b) if shapely.area(whole[a]) <= shapely.area(whole[b]) else (b, a)
        change(large, _areal(overlaid(shapely.difference, whole[large], whole[small])), CUT, other=labels[small])
    return bool(len(slivers))


def _close(whole: Shapes, rows: NDArray[np.int64], labels: Labels, change: Callable[..., None]) -> bool:
    """Join slivers left between areas to the one with the longest border on them; tell whether any was."""
    among = suspects(whole[rows])
    between, beside = gaps_between(whole[rows], among, overlapping(whole[rows], among))
    for gap, near in zip(between, beside, strict=True):
        around = rows[near]
        border = shapely.length(shapely.intersection(shapely.buffer(whole[around], LAP_M), gap.exterior))
        taker = around[int(border.argmax())]
        others = around[around != taker]
        grown = overlaid(shapely.union, whole[taker], shapely.buffer(gap, LAP_M, join_style="mitre"))
        shape = _areal(overlaid(shapely.difference, grown, shapely.union_all(whole[others])))
        change(taker, shape, JOINED, other=", ".join(sorted(map(str, labels[others]))))
    return bool(len(between))


def _areal(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the areas of a geometry without crumbs; one polygon as itself."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    parts = parts[(shapely.get_dimensions(parts) == 2)]
    large = parts[shapely.area(parts) > CRUMB_M2]
    parts = large if len(large) else parts
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(list(parts))


def _ground_m2(shape: shapely.Geometry | None) -> float:
    """Return the area of a shape as it was, 0 for none; of an invalid one what its rings enclose."""
    return 0.0 if shape is None else abs(float(shapely.area(shape)))


def alike_in(frame: pd.DataFrame, labels: Labels, referred: Sequence[str] = ()) -> Callable[[int, int], bool]:
    """Return whether two rows of a table say the same wherever both say something, their identifier aside.

    Parameters
    ----------
    frame : DataFrame
        "", (), NaN and None are not given.
    labels : ndarray of str
        Identifiers; columns that hold them are not compared.
    referred : sequence of str
        Identifiers that another table names: such a row may not be dropped.
    """
    named = set(referred)
    cells = frame[[name for name in frame.columns if not (frame[name].astype(str).to_numpy() == labels).all()]]

    def given(value: object) -> bool:
        return len(value) > 0 if isinstance(value, str | tuple | list) else bool(pd.notna(value))  # type: ignore[call-overload]

    def alike(a: int, b: int) -> bool:
        pairs = zip(cells.iloc[a], cells.iloc[b], strict=True)
        if labels[a] == labels[b] or str(labels[b]) in named:
            return False
        return all(not given(x) or not given(y) or x == y for x, y in pairs)

    return alike


def mend(
    path: Source, out: Path, crs: Mapping[str, System] | None = None, layer: str | None = None
) -> list[Change]:
    """Write a repaired copy of a territory, or of layer files, into a new folder, and return every change.

    Every layer stands in one GeoPackage in the working CRS, every table in a CSV with its own columns; a territory's
    copy has a territory.yaml that says so, without comments.

    Parameters
    ----------
    path : Path or str
        As `planner check` takes it; nothing is written there.
    out : Path
        A folder that is empty or not there, outside of `path`.
    crs : mapping of str to System, optional
        In which system a layer is to be read (see `see`).
    layer : str, optional
        The one layer to mend, of several in a file or a database.

    Raises
    ------
    DataError
        The folder is not empty, or a layer cannot be read.
    """
    _refuse(path, out)
    seen = see(path, crs, layer)
    ground = seen.ground
    if ground is None:
        layers, changes = _layers_of(seen)
        texts: dict[str, str] = {}
    else:
        layers, changes, texts = _territory_of(ground)
    if not layers:
        rule = Words("没有可修复的图层", "holds no layer that can be mended")
        raise DataError([fault for fault in seen.faults if fault.fatal] or [Fault(shown(path), "", rule, LAYER)])
    out.mkdir(parents=True, exist_ok=True)
    write_layers(out / LAYERS_FILE, layers)
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    if ground is not None and ground.described.tables is not None:
        shutil.copytree(ground.described.tables, out / "tables")
    return changes


def _refuse(path: Source, out: Path) -> None:
    """Raise where a copy would be written over or into something."""
    refused = out.is_file() or (out.is_dir() and any(out.iterdir()))
    if isinstance(path, Path):
        source = (path if path.is_dir() else path.parent).resolve()
        refused |= out.resolve() == source or (path.is_dir() and source in out.resolve().parents)
    if refused:
        rule = Words("修复副本应写入新的空文件夹，不在原数据内", "a copy needs an empty folder outside the source")
        raise DataError(Fault(str(out), "", rule, Words("请换一个文件夹", "Name another folder")))


def _layers_of(seen: Seen) -> tuple[dict[str, pd.DataFrame], list[Change]]:
    """Return layers by themselves mended, by name."""
    layers: dict[str, pd.DataFrame] = {}
    changes: list[Change] = []
    for where, layer in seen.layers.items():
        labels, columns = layer.index.to_numpy(dtype=object), pd.DataFrame(layer.drop(columns="geometry"))
        done = _mended(where, seen.kinds.get(where, ""), labels, layer.geometry.to_numpy(), alike_in(columns, labels))
        name = _name(where, layers)
        layers[name] = layer.reset_index(drop=True).set_geometry(done.shapes, crs=layer.crs)[done.kept]
        changes += done.changes
    return layers, changes


def _name(where: str, taken: Collection[str]) -> str:
    """Return what a layer is called in the copy: as in its file, else as the file; numbered where that is taken."""
    file, _, layer = where.rpartition(":")
    name = layer.rpartition("/")[2].rpartition(".")[2] if file else layer.rpartition("/")[2].partition(".")[0]
    numbered = (f"{name}_{k}" for k in itertools.count(2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def _territory_of(ground: Ground) -> tuple[dict[str, pd.DataFrame], list[Change], dict[str, str]]:
    """Return the layers of a territory mended, by name, every change, and its other files as texts, by name."""
    described = ground.described
    unread = [entry.layer.name for entry in described.entries if entry.file is not None]
    for entry, joined in ground.parts:
        if joined.drawn is not None:
            unread.remove(entry.layer.name)
    if unread:
        rule = Words(f"图层未能读取：{'、'.join(unread)}", f"layers could not be read: {', '.join(unread)}")
        remedy = Words("请先更正，再修复", "Correct that first")
        raise DataError([Fault(FILE, "", rule, remedy), *(fault for fault in ground.faults if fault.fatal)])
    document: dict[str, Any] = dict(documents.read(described.files[-1], error=DataError).value)
    told = {name: said for name, said in document["layers"].items() if said is not None}
    layers: dict[str, pd.DataFrame] = {}
    changes: list[Change] = []
    texts: dict[str, str] = {}
    entries: dict[str, list[dict[str, Any]]] = {}
    for entry, joined in ground.parts:
        nth = len(entries.setdefault(entry.layer.name, []))
        name = f"{entry.layer.name}_{nth + 1}" if isinstance(told[entry.layer.name], list) else entry.layer.name
        said = told[entry.layer.name][nth] if isinstance(told[entry.layer.name], list) else told[entry.layer.name]
        kept = {key: said[key] for key in said if key in ("columns", "kind", "source", "date", "confidence")}
        dropped: list[str] = []
        if joined.drawn is not None:
            layers[name], found, dropped = _entry(entry, joined, ground)
            changes += found
            kept |= {"file": LAYERS_FILE, "layer": name}
        if joined.sheet is not None:
            rows = ~np.isin(joined.read.labels.astype(str), dropped)
            texts[f"{name}.csv"] = joined.sheet.cells[rows].to_csv(index=False, lineterminator="\n")
            kept |= {"table": f"{name}.csv"}
        entries[entry.layer.name].append(kept)
    document["layers"] = {name: made if isinstance(told[name], list) else made[0] for name, made in entries.items()}
    document |= {"tables": "tables"} if described.tables is not None else {}
    texts[FILE] = documents.written({key: value for key, value in document.items() if key != "extends"})
    return layers, changes, texts


def _entry(entry: Entry, joined: Joined, ground: Ground) -> tuple[gpd.GeoDataFrame, list[Change], list[str]]:
    """Return one layer of a territory mended, with the columns of its file, every change, and what was dropped."""
    drawn, crs, where = joined.drawn, ground.described.crs, joined.where_shapes
    assert drawn is not None
    assert entry.file is not None
    frame = drawn.frame
    located = crs_module.to_working(vector.located(frame, entry.crs, where, entry.file), crs)
    labels, columns = drawn.read.labels, drawn.read.frame
    if entry.table is not None:  # what may differ stands in the table
        columns = joined.read.frame.set_index(joined.read.labels)
        columns = columns[~columns.index.duplicated()].reindex(labels)
    floors = ground.layers.get("floors")
    referred = [] if floors is None or entry.layer.name != "buildings" else list(floors.read.frame["building_id"])
    alike = alike_in(columns.reset_index(drop=True), labels, referred)
    done = _mended(where, entry.layer.name, labels, located.geometry.to_numpy(), alike)
    changes = done.changes
    if entry.crs is not None and not entry.crs.plain:
        moved = Change(where, "", WRITTEN.fill(given=str(entry.crs), crs=crs), 0.0, 0.0)
        changes = [moved, *changes]
    made = located.reset_index(drop=True).set_geometry(done.shapes, crs=crs)[done.kept]
    return made, changes, list(map(str, labels[~done.kept]))


def _mended(where: str, kind: str, labels: Labels, shapes: Shapes, alike: Callable[[int, int], bool]) -> Mended:
    """Return a layer mended as its kind allows."""
    places = kind in ("parcels", "buildings")
    return mended(where, labels, shapes, areas=places or kind == "parks", coverage=kind == "parcels",
                  alike=alike if places else None)  # fmt: skip
