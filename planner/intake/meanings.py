"""What a column of an unknown file may mean, and what kind of restriction a name speaks of, with the evidence.

By its name first (see `matching`), by its cells where no name says it: a few known values, identifiers, areas that
agree with the measured ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from planner.columns import Column
from planner.intake.folder import ROW_KEYS
from planner.intake.matching import matched
from planner.intake.reference import synonyms_of
from planner.intake.table import Sheet
from planner.intake.unknown import Source
from planner.projects import COLUMNS as PROJECT_COLUMNS
from planner.territory import LAYERS
from planner.words import Words

Confidence = Literal["high", "medium", "low"]
PROJECTS = "projects"
KNOWN: Mapping[str, tuple[Column, ...]] = {name: layer.columns for name, layer in LAYERS.items()} | {
    PROJECTS: PROJECT_COLUMNS
}
KEY_OF: Mapping[str, str] = {name: ROW_KEYS.get(name, (layer.key,))[0] for name, layer in LAYERS.items()} | {
    PROJECTS: "project_id"
}
KINDS: Mapping[str, str] = {
    "ecological_line": r"生态|ecolog|greenline",
    "farmland": r"农田|耕地|farm",
    "water_source_1": r"水源.*一级|一级.*水源|water.?source.?1",
    "water_source_2": r"水源.*二级|二级.*水源|water.?source.?2",
    "corridor_500kv": r"500\s*(?:kv|千伏)",
    "corridor_220kv": r"220\s*(?:kv|千伏)",
    "corridor_110kv": r"110\s*(?:kv|千伏)",
    "corridor": r"走廊|高压|管廊|管线|corridor|pipeline|powerline",
    "metro_elevated": r"(?:地铁|轨道).*(?:高架|地面)|elevated",
    "metro": r"地铁|轨道|metro|subway|rail",
    "airport_surface": r"净空|限高面|机场|airport|obstacle",
    "industrial_line": r"工业区块|工业红线|区块线|industrial.?line",
    "sensitive_site": r"敏感|学校|医院|sensitive|school|hospital",
    "hazard_store": r"危险品|危化|hazard",
    "road": r"道路|路网|road|street",
}
"""What names say of the kind of a restriction, the more particular first."""
SHARE = 0.9
"""Share of cells or identifiers that must agree to be evidence."""
UNITS = {1.0: "", 1e4: "ha", 2000 / 3: "亩", 1e6: "km²"}


@dataclass(frozen=True)
class Meaning:
    """What a column of a file seems to mean."""

    canonical: str
    because: Words
    confidence: Confidence
    unit: str = ""


def meanings(
    one: Source, layer: str, frames: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, Meaning], list[str]]:
    """Return what the columns of a source mean in a layer, by name first and then by content, and those unknown."""
    names = [str(name) for name in one.sheet.cells.columns]
    found = {
        source: said_as(source, canonical, frames, layer)
        for canonical, source in by_name(names, layer, frames).items()
    }
    rest = [name for name in names if name not in found]
    lacking = [c for c in KNOWN[layer] if c.name not in {meaning.canonical for meaning in found.values()}]
    values = closed(layer, frames)
    for column in lacking:
        for name in rest:
            if (meaning := _by_content(one, column, name, layer, values)) is not None:
                found[name] = meaning
                rest.remove(name)
                break
    return found, rest


def by_name(names: Sequence[str], layer: str, frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return which file column is which canonical one of a layer, by its name alone."""
    bare = Sheet("", pd.DataFrame({name: [] for name in names}, dtype=object), np.zeros(0, dtype=np.int64))
    return matched(bare, KNOWN[layer], synonyms_of(frames, layer), {})[0]


def said_as(source: str, canonical: str, frames: Mapping[str, pd.DataFrame], layer: str) -> Meaning:
    """Return the meaning of a column by its name, and why."""
    column = next(column for column in KNOWN[layer] if column.name == canonical)
    folded = source.strip().casefold()
    if folded in (canonical, column.words.zh.casefold(), column.words.en.casefold()):
        return Meaning(canonical, Words("列名", "its name"), "high")
    known = folded in synonyms_of(frames, layer)
    return Meaning(canonical, Words("同义词", "a synonym") if known else Words("列名相近", "its name is near"),
                   "high" if known else "medium")  # fmt: skip


def _by_content(
    one: Source, column: Column, name: str, layer: str, values: Mapping[str, frozenset[str]]
) -> Meaning | None:
    """Return a column as the canonical one its cells fit: few known values, identifiers, measured areas."""
    cells = one.sheet.cells[name]
    if column.name in values:
        if share_of(cells, values[column.name]) >= SHARE:
            some = "、".join(sorted(set(filter(None, texts(cells))))[:3])
            return Meaning(column.name, Words(f"值为 {some}", f"its values are {some}"), "medium")
        return None
    said = texts(cells)
    if column.name == KEY_OF[layer] and column.required and layer not in ROW_KEYS:
        unique = len(said) > 1 and all(said) and len(set(said)) == len(said)
        if unique and not pd.api.types.is_float_dtype(cells):
            return Meaning(column.name, Words("每行唯一", "no two rows are the same"), "low")
    if column.name == "land_class" and said and all(re.fullmatch(r"[A-Z]{1,2}\d{0,2}", text) for text in said):
        return Meaning(column.name, Words(f"值如 {said[0]}", f"its values are like {said[0]}"), "medium")
    if column.name == "published_area_m2" and len(one.area_m2):
        return _as_area(one, column.name, cells)
    return None


def _as_area(one: Source, canonical: str, cells: pd.Series) -> Meaning | None:
    """Return a column of areas by their ratio to the measured ones, which tells the unit too."""
    said = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float)
    given = np.isfinite(said) & (said > 0) & (one.area_m2 > 0)
    if given.sum() < max(2, SHARE / 2 * len(said)):
        return None
    ratio = float(np.median(one.area_m2[given] / said[given]))
    near = [(factor, unit) for factor, unit in UNITS.items() if abs(ratio / factor - 1) < 0.02]
    if not near:
        return None
    unit = near[0][1]
    because = Words(f"与量算面积一致，单位 {unit or 'm²'}", f"agrees with the measured areas, in {unit or 'm²'}")
    return Meaning(canonical, because, "medium", unit)


def closed(layer: str, frames: Mapping[str, pd.DataFrame]) -> dict[str, frozenset[str]]:
    """Return the columns of a layer that take few values only, and those."""
    found = {column.name: frozenset(column.allowed) for column in KNOWN[layer] if column.allowed}
    if layer == "restrictions" and "restriction_kinds" in frames:
        found["kind"] = frozenset(map(str, frames["restriction_kinds"][["kind", "zh", "en"]].to_numpy().ravel()))
    return found


def share_of(cells: pd.Series, allowed: frozenset[str]) -> float:
    """Return the share of the cells given that hold allowed values only (";" between several); 0 for none given."""
    given = [text for text in texts(cells) if text]
    fit = [set(re.split("[;；]", text)) <= allowed for text in given]
    return sum(fit) / len(fit) if fit else 0.0


def kind_of(one: Source) -> str:
    """Return the one kind of restriction that a source's name, else nearly all its texts speak of; empty for none."""
    if said := kind_in(one.layer) or kind_in(Path(one.file).stem):
        return said
    for name in one.sheet.cells.columns:
        kinds = [kind_in(text) for text in texts(one.sheet.cells[name])]
        if kinds and kinds[0] and kinds.count(kinds[0]) >= SHARE * len(kinds):
            return kinds[0]
    return ""


def kind_in(text: str) -> str:
    """Return the kind of restriction a name speaks of; empty for none."""
    return next((kind for kind, words in KINDS.items() if re.search(words, text, re.IGNORECASE)), "")


def texts(cells: pd.Series) -> list[str]:
    """Return cells as texts, empty where nothing is given."""
    return ["" if pd.isna(cell) else str(cell).strip() for cell in cells]
