"""What a folder of unknown files may hold: which file is which layer, which column is which, in which system.

Every guess comes with its evidence and a confidence, for a person to correct; nothing is read by it, and what does
not speak for itself is told as not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from planner.intake import vector
from planner.intake.crs import Bounds, name_of
from planner.intake.description import IN_SEVERAL
from planner.intake.evidence import SIZES_M2, Score, add_joined, joined_by, scores_of, shared_names
from planner.intake.meanings import KEY_OF, KNOWN, PROJECTS, Confidence, Meaning, kind_of, meanings
from planner.intake.reference import read_tables
from planner.intake.unknown import (
    SHENZHEN,
    Source,
    bounds_around,
    in_place,
    is_tables,
    lonlat_bounds,
    sources_of,
    working_crs,
)
from planner.territory import LAYERS
from planner.words import Words

TABLES_FOLDER = "tables"
ENOUGH, MEDIUM, HIGH = 2.5, 4.5, 6.5
MARGIN = 1.5
"""By how much a layer must lead the next for a high confidence; half of it for a medium one."""


@dataclass(frozen=True)
class Guess:
    """One entry of territory.yaml as it seems to be; "" for what it does without."""

    name: str
    file: str = ""
    layer: str = ""
    table: str = ""
    worksheet: str = ""
    crs: str = ""
    kind: str = ""
    columns: Mapping[str, Meaning] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    evidence: tuple[Words, ...] = ()
    confidence: Confidence = "low"


@dataclass(frozen=True)
class Guesses:
    """Everything guessed of a folder: entries, files not placed (and why), layers not found, CRS and bounds."""

    entries: tuple[Guess, ...]
    unplaced: tuple[tuple[str, Words], ...]
    missing: tuple[str, ...]
    crs: str
    bounds_lonlat: Bounds | None
    tables: str = ""
    doubts: tuple[Words, ...] = ()


def guess(folder: Path) -> Guesses:
    """Return what the files of a folder seem to be.

    Parameters
    ----------
    folder : Path
        Looked through with its subfolders, but for a folder of reference tables.
    """
    frames = read_tables(None).frames
    sources, unplaced = sources_of(folder)
    anchor = bounds_around([lonlat_bounds(one) for one in sources])
    sources = [in_place(one, anchor or SHENZHEN) for one in sources]
    shared = shared_names(sources, frames)
    scores = {one.where: scores_of(one, frames, shared) for one in sources}
    tables = [one for one in sources if not one.drawn]
    rank = {one.where: _ranked(scores[one.where]) for one in sources}
    best_table: dict[str, Source] = {}
    for one in sorted(tables, key=lambda one: -rank[one.where][0][1].points):
        name, found, _ = _first(rank[one.where])
        if found.points >= ENOUGH:
            best_table.setdefault(name, one)
    for one in sources:
        if one.drawn:
            add_joined(one, best_table, scores[one.where], frames)
            rank[one.where] = _ranked(scores[one.where])
    entries: list[Guess] = []
    taken: set[str] = set()
    for one in sorted((s for s in sources if s.drawn), key=lambda one: (-rank[one.where][0][1].points, one.where)):
        for name, found, next_points in _candidates(rank[one.where]):
            if name in IN_SEVERAL or name not in {entry.name for entry in entries}:
                entries.append(_entry(one, name, found, next_points, best_table.get(name), frames))
                taken |= {one.where, vector.place(entries[-1].table, entries[-1].worksheet or None)}
                break
    for name, one in best_table.items():
        if one.where not in taken and (name == PROJECTS or not LAYERS[name].geometry):
            _, found, next_points = _first(rank[one.where])
            entries.append(_entry(one, name, found, next_points, None, frames))
            taken.add(one.where)
    unplaced += [(one.where, _why_not(rank[one.where])) for one in sources if one.where not in taken]
    order = [*LAYERS, PROJECTS]
    entries.sort(key=lambda entry: (order.index(entry.name), entry.kind, entry.file, entry.layer))
    by_where = {one.where: one for one in sources}
    inner = [by_where[vector.place(e.file, e.layer or None)] for e in entries if e.name in SIZES_M2 and e.file]
    bounds = bounds_around([lonlat_bounds(one) for one in inner])
    named = {entry.name for entry in entries}
    return Guesses(
        tuple(entries),
        tuple(sorted(unplaced, key=lambda pair: pair[0])),
        tuple(name for name, layer in LAYERS.items() if layer.required and name not in named),
        working_crs(bounds),
        bounds,
        TABLES_FOLDER if is_tables(folder / TABLES_FOLDER) else "",
        _doubts(entries),
    )


Ranked = list[tuple[str, Score]]


def _ranked(scores: Mapping[str, Score]) -> Ranked:
    """Return layers by what speaks for them, the most first; never empty."""
    found = sorted(scores.items(), key=lambda pair: (-pair[1].points, pair[0]))
    return found or [("", Score(0.0, ()))]


def _first(ranked: Ranked) -> tuple[str, Score, float]:
    name, found = ranked[0]
    return name, found, ranked[1][1].points if len(ranked) > 1 else 0.0


def _candidates(ranked: Ranked) -> Iterator[tuple[str, Score, float]]:
    """Yield the layers a source may be, the likeliest first, with what speaks for the best other one."""
    least = max(ENOUGH, ranked[0][1].points - MARGIN)
    for name, found in ranked:
        if found.points >= least:
            yield name, found, max((other.points for rival, other in ranked if rival != name), default=0.0)


def _why_not(ranked: Ranked) -> Words:
    name, found = ranked[0]
    if found.points >= ENOUGH:
        rule = Words("似为 {layer}，但已有更合适的文件", "looks like {layer}, but another file fits better")
    elif found.points > 0:
        rule = Words("证据不足，最接近 {layer}", "too little speaks for anything; nearest {layer}")
    else:
        return Words("没有可用的列名、名称或几何", "neither columns nor name nor geometry say what it is")
    return rule.fill(layer=name)


def _entry(
    one: Source, name: str, found: Score, next_points: float, table: Source | None, frames: Mapping[str, pd.DataFrame]
) -> Guess:
    """Return a source as an entry of territory.yaml, with the table that goes with it, if one does."""
    joined = joined_by(one, table, name, frames) if table is not None and one.drawn else ""
    about = table if joined and table is not None else one
    columns, unused = meanings(about, name, frames)
    if joined and table is not None:
        because = Words(f"与 {table.file} 的编号相同", f"the identifiers of {table.file}")
        columns[joined] = Meaning(KEY_OF[name], because, "high")
    kind = ""
    if name in IN_SEVERAL and "kind" not in {meaning.canonical for meaning in columns.values()}:
        kind = kind_of(one)
    have = {meaning.canonical for meaning in columns.values()} | ({"kind", KEY_OF[name]} if kind else set())
    lacking = tuple(column.name for column in KNOWN[name] if column.required and column.name not in have)
    lead = found.points - next_points
    confidence: Confidence = "low"
    if found.points >= MEDIUM and lead >= MARGIN / 2:
        confidence = "high" if found.points >= HIGH and lead >= MARGIN and not lacking else "medium"
    entry = Guess(
        name,
        crs=one.crs,
        kind=kind,
        columns=columns,
        unused=tuple(unused),
        lacking=lacking,
        evidence=(_counted(one), *found.evidence, *one.because),
        confidence=confidence,
    )
    if not one.drawn:
        return replace(entry, table=one.file, worksheet=one.layer)
    entry = replace(entry, file=one.file, layer=one.layer)
    return entry if about is one else replace(entry, table=about.file, worksheet=about.layer)


def _counted(one: Source) -> Words:
    """Return how many features of what geometry a source has, where, and in which CRS."""
    count = len(one.frame)
    if not isinstance(one.frame, gpd.GeoDataFrame):
        return Words(f"{count} 行", f"{count} rows")
    kinds = "/".join(sorted(set(one.frame.geometry.geom_type.dropna())))
    boxes = lonlat_bounds(one)
    extent = "?"
    if len(boxes):
        (west, south), (east, north) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        extent = f"{west:.3f}–{east:.3f}°E {south:.3f}–{north:.3f}°N"
    crs = name_of(one.frame.crs) if one.frame.crs is not None else "?"
    return Words(f"{count} 个 {kinds}，{crs}，{extent}", f"{count} {kinds}, {crs}, {extent}")


def _doubts(entries: Sequence[Guess]) -> tuple[Words, ...]:
    """Return what could not be guessed of the entries."""
    found = []
    for entry in entries:
        where = vector.place(entry.file or entry.table, entry.layer or entry.worksheet or None)
        if entry.lacking:
            listed = ", ".join(entry.lacking)
            found.append(Words(f"{where}（{entry.name}）未找到必需的列：{listed}",
                               f"{where} ({entry.name}): no column found for {listed}"))  # fmt: skip
    return tuple(found)
