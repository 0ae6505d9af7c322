"""Reference tables: the package's own, overridden by files of the same name in a territory's folder.

No number of these tables lives in code; here stand only their columns. It does not know what they mean.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pandas as pd

from planner.columns import VIBRATION_CLASSES, Column, listed, number, text, whole, yes_no
from planner.errors import DataError, Fault
from planner.intake.health import column_faults, missing_columns, repeated, unknown
from planner.intake.meaning import Read, typed
from planner.intake.table import read_sheet
from planner.projects import COLUMNS, FIRE_CLASSES, SITE_KINDS, TIERS
from planner.quantities import nearest
from planner.territory import LAYERS
from planner.words import Words

INDUSTRY = text("industry_id", "产业编号", "industry id", required=True)
PARK = text("park_id", "园区编号", "park id", required=True)
NOTE = text("note", "备注", "note")
SOURCE = (
    text("source", "来源", "source"),
    text("source_date", "日期", "date"),
    text("confidence", "可信度", "confidence"),
)


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference table: what names a row, its columns, and the row it cannot do without."""

    key: tuple[str, ...]
    columns: tuple[Column, ...]
    fallback: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tables:
    """Reference tables as read.

    Attributes
    ----------
    frames : mapping of str to DataFrame
        By name, rows sorted by key.
    files : mapping of str to str
        Every file read, name to SHA-256.
    faults : tuple of Fault
    """

    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


REFERENCE: Mapping[str, Reference] = {
    "industries": Reference(
        ("industry_id",),
        (
            INDUSTRY,
            text("zh", "中文名", "Chinese name", required=True),
            text("en", "英文名", "English name", required=True),
            text("layer", "层级", "layer", required=True, allowed=("A", "A.x", "B", "C", "D")),
            text("parent", "上级产业", "parent"),
            listed("crosswalk", "对应产业", "crosswalk"),
        ),
    ),
    "process_rules": Reference(
        ("industry_id",),
        (
            INDUSTRY,
            listed("land_classes", "可用地类", "land classes"),
            listed("accepts", "接受的空间", "accepts", allowed=SITE_KINDS),
            number("load_kn_m2", "荷载需求", "floor load", "kN/m²", 0, 500, sense="need"),
            number("clear_height_m", "净高需求", "clear height", "m", 1, 60, sense="need"),
            number("column_grid_m", "柱距需求", "column grid", "m", 1, 60, sense="need"),
            text("vibration_class", "振动等级", "vibration class", allowed=VIBRATION_CLASSES),
            text("fire_class", "生产类别", "fire class", allowed=FIRE_CLASSES),
            yes_no("wet_process", "湿法工艺", "wet process"),
            number("protective_distance_m", "防护距离", "protective distance", "m", 0, 20000, sense="need"),
            number("power_va_m2", "单位用电", "power per area", "VA/m²", 0, 1e5, sense="need"),
            number("far_typical", "常用容积率", "typical FAR", "", 0.1, 15),
            number("usable_ratio", "使用率", "usable ratio", "", 0.1, 1),
            NOTE,
        ),
        ("*",),
    ),
    "fit": Reference(
        ("industry_id", "park_id"),
        (
            INDUSTRY,
            PARK,
            number("fit", "匹配度", "fit", "", 0, 1, required=True),
            text("reason_zh", "理由", "reason (Chinese)"),
            text("reason_en", "理由(英)", "reason (English)"),
        ),
        ("*", "*"),
    ),
    "floor_bands": Reference(
        ("floor_from",),
        (
            whole("floor_from", "起始楼层", "from floor", "", 1, 150, required=True),
            whole("floor_to", "终止楼层", "to floor", "", 1, 150, required=True),
            number("storey_height_min_m", "层高下限", "least storey height", "m", 1, 60),
            number("storey_height_max_m", "层高上限", "most storey height", "m", 1, 60),
            number("clear_height_min_m", "净高下限", "least clear height", "m", 1, 60),
            number("clear_height_max_m", "净高上限", "most clear height", "m", 1, 60),
            number("load_min_kn_m2", "荷载下限", "least load", "kN/m²", 0, 200),
            number("load_max_kn_m2", "荷载上限", "most load", "kN/m²", 0, 200),
            number("load_default_kn_m2", "默认荷载", "default load", "kN/m²", 0, 200),
            number("column_grid_m", "柱距", "column grid", "m", 1, 60),
            text("vibration_class", "振动等级", "vibration class", allowed=VIBRATION_CLASSES),
            text("occupants", "适合用途", "occupants"),
            NOTE,
        ),
    ),
    "fire_classes": Reference(
        ("fire_class", "fire_resistance"),
        (
            text("fire_class", "生产类别", "fire class", required=True, allowed=FIRE_CLASSES),
            whole("severity", "危险程度", "severity", "", 1, 5, required=True),
            text("fire_resistance", "耐火等级", "fire resistance", required=True),
            whole("max_storeys", "最多层数", "most storeys", "", 1, 150),
            number("compartment_single_m2", "单层防火分区", "compartment, single storey", "m²"),
            number("compartment_multi_m2", "多层防火分区", "compartment, several storeys", "m²"),
            number("compartment_highrise_m2", "高层防火分区", "compartment, high-rise", "m²"),
            number("highrise_m", "高层起算高度", "high-rise above", "m", 1, 700, required=True),
            number("sprinkler_factor", "喷淋增加倍数", "times as large with sprinklers", "", 1, 10, required=True),
            yes_no("upstairs", "可上楼", "may go upstairs"),
            NOTE,
        ),
    ),
    "restriction_kinds": Reference(
        ("kind",),
        (
            text("kind", "类别", "kind", required=True),
            text("zh", "中文名", "Chinese name", required=True),
            text("en", "英文名", "English name", required=True),
            text("effect", "效力", "effect", required=True,
                 allowed=("forbids", "no_wet_process", "height", "inform")),
            number("distance_m", "控制距离", "distance", "m", 0, 20000),
            text("test", "适配检验", "test of local fit",
                 allowed=("industrial_line", "metro_distance", "protective_distance")),
            listed("land_classes", "适用地类", "land classes"),
            NOTE,
        ),
    ),
    "restriction_distances": Reference(
        ("kind", "voltage_kv"),
        (
            text("kind", "类别", "kind", required=True),
            number("voltage_kv", "电压等级", "voltage", "kV", 0, 2000, required=True),
            number("distance_m", "控制距离", "distance", "m", 0, 20000, required=True),
            NOTE,
        ),
    ),
    "access": Reference(
        ("kind", "name_holds"),
        (
            text("kind", "类别", "kind", required=True),
            text("name_holds", "名称含", "name holds"),
            text("zh", "中文名", "Chinese name", required=True),
            text("en", "英文名", "English name", required=True),
            NOTE,
        ),
    ),
    "vibration_classes": Reference(
        ("vibration_class",),
        (
            text("vibration_class", "振动等级", "vibration class", required=True, allowed=VIBRATION_CLASSES),
            number("velocity_um_s", "速度限值", "velocity", "µm/s", 0, 1e4, required=True, sense="cap"),
            number("metro_distance_m", "与轨道交通距离", "distance from metro lines", "m", 0, 20000, sense="need"),
            NOTE,
        ),
    ),
    "tiers": Reference(
        ("tier",),
        (
            text("tier", "级别", "tier", required=True, allowed=TIERS),
            text("en", "英文名", "English name", required=True),
            number("points", "得分", "points", "", 0, 1000, required=True),
            NOTE,
        ),
    ),
    "thresholds": Reference(
        ("industry_id", "park_id", "measure"),
        (
            INDUSTRY,
            PARK,
            text("measure", "指标", "measure", required=True),
            Column("at_least", "number", Words("不低于", "at least")),
            Column("at_most", "number", Words("不高于", "at most")),
            text("unit", "单位", "unit"),
            NOTE,
        ),
    ),
    "synonyms": Reference(
        ("layer", "synonym"),
        (
            text("layer", "图层", "layer", required=True),
            text("canonical", "规范列名", "canonical column", required=True),
            text("synonym", "同义词", "synonym", required=True),
        ),
    ),
}  # fmt: skip
"""Every reference table with its columns; each has source, date and confidence besides."""


ADDED_TO = "synonyms"
"""The table whose rows a territory adds to, or changes one by one; any other it replaces whole."""


def read_tables(folder: Path | None, name: str = "") -> Tables:
    """Return every reference table: the folder's own where it has one, else the package's; synonyms are those of both.

    Parameters
    ----------
    folder : Path or None
        A territory's folder of tables.
    name : str
        What that folder is called in faults and file names.
    """
    frames: dict[str, pd.DataFrame] = {}
    read_files: dict[str, str] = {}
    faults: list[Fault] = []
    for table, reference in REFERENCE.items():
        ours, digest = _ours(table)
        own = folder / f"{table}.csv" if folder is not None else None
        if own is None or not own.is_file():
            frames[table], read_files[f"planner/tables/{table}.csv"] = ours.copy(), digest
            continue
        where = f"{name}/{table}.csv"
        try:
            read = _read(own, where, reference)
        except DataError as error:
            faults += error.faults
            continue
        read_files[where] = hashlib.sha256(own.read_bytes()).hexdigest()
        faults += read.faults
        rows = read.frame
        if table == ADDED_TO:
            faults += _meaningless(read)
            read_files[f"planner/tables/{table}.csv"] = digest
            rows = pd.concat([rows, ours])
            rows = rows[~rows[list(reference.key)].apply(lambda column: column.str.casefold()).duplicated()]
        frames[table] = _in_order(rows, reference)
    faults += _strangers(folder, name)
    return Tables(frames, read_files, tuple(faults))


@cache
def _ours(table: str) -> tuple[pd.DataFrame, str]:
    """Return a table of the package, in order, and its SHA-256; nobody changes what is returned."""
    with as_file(files("planner") / "tables" / f"{table}.csv") as path:
        rows = _read(path, f"planner/tables/{table}.csv", REFERENCE[table]).frame
        return _in_order(rows, REFERENCE[table]), hashlib.sha256(path.read_bytes()).hexdigest()


def _in_order(rows: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    return rows.sort_values(list(reference.key)).reset_index(drop=True)


def synonyms_of(tables: Mapping[str, pd.DataFrame], layer: str) -> dict[str, str]:
    """Return the other names of a layer's columns, in lower case, each to its canonical name."""
    if "synonyms" not in tables:
        return {}
    rows = tables["synonyms"]
    of, others, names = (rows[name].to_numpy(dtype=object) for name in ("layer", "synonym", "canonical"))
    return {str(others[k]).casefold(): str(names[k]) for k in np.flatnonzero(of == layer)}


def _read(path: Path, where: str, reference: Reference) -> Read:
    """Return one table with all its faults."""
    columns = (*reference.columns, *SOURCE)
    read = typed(read_sheet(path, where), columns, reference.key)
    faults = [*read.faults, *missing_columns(read, columns), *column_faults(read, columns)]
    faults += repeated(read, reference.key)
    if reference.fallback and reference.fallback not in set(
        read.frame[list(reference.key)].itertuples(index=False, name=None)
    ):
        row = ",".join(reference.fallback)
        rule = Words(f"缺少通用行 {row}", f"has no row {row}, which stands for all others")
        faults.append(Fault(where, reference.key[0], rule, Words("请补充该行", "Add it")))
    return Read(where, read.frame, read.labels, read.lines, read.line_words, read.present, tuple(faults))


def _meaningless(read: Read) -> list[Fault]:
    """Return, as warnings, the synonyms of layers and columns that there are not."""
    columns = {name: [column.name for column in layer.columns] for name, layer in LAYERS.items()}
    columns["projects"] = [column.name for column in COLUMNS]
    remedy = Words(f"图层：{'、'.join(columns)}", f"Layers: {', '.join(columns)}")
    found = unknown(read, "layer", list(columns), Words("图层", "layer"), remedy, fatal=False)
    for name, known in columns.items():
        of = (read.frame["layer"] == name).to_numpy(dtype=bool)
        mine = replace(read, frame=read.frame[of].reset_index(drop=True), labels=read.labels[of], lines=read.lines[of])
        what = Words(f"{name} 的列", f"column of {name}")
        see = Words("请写规范列名", "Write a canonical column")
        found += unknown(mine, "canonical", known, what, see, fatal=False)
    return found


def _strangers(folder: Path | None, name: str) -> list[Fault]:
    """Return the files of a tables folder that override nothing."""
    if folder is None:
        return []
    faults = []
    for path in sorted(folder.glob("*.csv")):
        if path.stem not in REFERENCE:
            near = nearest(path.stem, list(REFERENCE)) or ", ".join(REFERENCE)
            rule = Words("不对应任何参考表，未使用", "overrides no reference table and is not used")
            remedy = Words(f"最接近的表：{near}", f"Nearest known: {near}")
            faults.append(Fault(f"{name}/{path.name}", "", rule, remedy, fatal=False))
    return faults
