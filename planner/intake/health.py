"""Faults of columns and rows: each function looks for one kind of thing wrong, in all rows at once, and names them all.

A fault is fatal when the layer cannot be used as it is; a warning when a person should look. Nothing is mended here.
It works on what was read (`Read`); it does not know files or formats, and geometry is `shapes`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.columns import Column
from planner.errors import SHOWN, Fault
from planner.intake.cells import CORRECT, allowed_of, bounds_of, out_of_bounds
from planner.intake.meaning import Read
from planner.quantities import nearest, shown
from planner.territory import ON_OFFER, Layer
from planner.words import Words, listed

PUBLISHED_SHARE = 0.02
"""Difference of published and measured area that is worth a look."""
MISTAKEN: tuple[tuple[float, Words], ...] = (
    (10_000, Words("看似公顷（或万平方米）数被当作平方米", "it looks like hectares read as m²")),
    (1_000_000, Words("看似平方公里数被当作平方米", "it looks like km² read as m²")),
    (2000 / 3, Words("看似亩数被当作平方米", "it looks like 亩 (mu) read as m²")),
    (1 / 10_000, Words("看似平方米数被当作公顷（或万平方米）", "it looks like m² read as hectares")),
    (3 / 2000, Words("看似平方米数被当作亩", "it looks like m² read as 亩 (mu)")),
    (20 / 3 * 1e-2, Words("看似亩数被当作公顷", "it looks like 亩 (mu) read as hectares")),
    (1 / 1.18, Words("看似按网络墨卡托量算", "it looks measured in web mercator (EPSG:3857)")),
)
"""Measured over published area, and the mistake it points to."""
MEANT = Words("{guess}；请核对并写对单位（列名或 columns）", "{guess}; check it, and the unit in the head or columns:")
EMPTY_OK = Words("请补全，或删去该行", "Give it, or remove the row")


def missing_columns(read: Read, columns: Iterable[Column]) -> list[Fault]:
    """Return the required columns a table does not have."""
    faults = []
    for column in columns:
        if column.required and column.name not in read.present:
            rule = Words(f"缺少必需的列（{column.words.zh}）", f"the required column is missing ({column.words.en})")
            remedy = Words(
                f"请补该列，或在 columns 中指明哪一列是 {column.name}",
                f"Add it, or say under columns: which column is {column.name}",
            )
            faults.append(Fault(read.where, column.name, rule, remedy))
    return faults


def column_faults(read: Read, columns: Iterable[Column]) -> list[Fault]:
    """Return the cells that are missing, out of bounds or none of the values allowed."""
    faults: list[Fault] = []
    for column in columns:
        if column.name not in read.present:
            continue
        values = read.frame[column.name]
        if column.kind in ("number", "whole"):
            number = values.to_numpy(dtype=float)
            given = np.isfinite(number)
            if (strange := out_of_bounds(number, column)).any():
                said = read.quoted(column.name)
                faults += read.fault(column.name, strange, bounds_of(column), CORRECT, said=said)
        else:
            given = np.array([value is not None and value != "" for value in values], dtype=bool)
            if column.allowed:
                faults += _not_allowed(read, column)
        if column.required:
            rule = Words(f"{column.words.zh}必填", f"{column.words.en} must be given")
            faults += read.fault(column.name, ~given & ~read.unread(column.name), rule, EMPTY_OK)
    return faults


def _not_allowed(read: Read, column: Column) -> list[Fault]:
    cells = [(value,) if isinstance(value, str) else value for value in read.frame[column.name]]
    strange = [[item for item in items if item and item not in column.allowed] for items in cells]
    rows = np.array([bool(items) for items in strange], dtype=bool)
    if not rows.any():
        return []
    rule = allowed_of(column)
    remedy = meant({item for items in strange for item in items}, column.allowed) or CORRECT
    return read.fault(column.name, rows, rule, remedy)


def meant(strange: Iterable[str], known: Sequence[str]) -> Words | None:
    """Return which known names some unknown ones may stand for, as a question; None when nothing is near."""
    pairs = [(name, near) for name in sorted(strange)[:SHOWN] if (near := nearest(name, list(known)))]
    if not pairs:
        return None
    said = ", ".join(f"{shown(name)} → {near}" for name, near in pairs)
    return Words(f"是否指 {said}？", f"Did you mean {said}?")


def unknown(
    read: Read, column: str, known: Sequence[str], what: Words, remedy: Words, *, fatal: bool = True
) -> list[Fault]:
    """Return the cells (texts or lists) that name something unknown; an empty cell names nothing."""
    cells = [(value,) if isinstance(value, str) else value for value in read.frame[column]]
    have = set(known)
    strange = [[item for item in items if item and item not in have] for items in cells]
    rows = np.array([bool(items) for items in strange], dtype=bool)
    if not rows.any():
        return []
    near = meant({item for items in strange for item in items}, known)
    both = Words(f"{near.zh}{remedy.zh}", f"{near.en} {remedy.en}") if near else remedy
    rule = Words(f"未知的{what.zh}", f"unknown {what.en}")
    return read.fault(column, rows, rule, both, values=[";".join(items) for items in strange], fatal=fatal)


def unknown_parks(read: Read, parks: Sequence[str]) -> list[Fault]:
    """Return the cells of the column ``park`` that name no park."""
    remedy = Words("可用：{parks}", "Parks: {parks}").fill(parks=listed(parks))
    return unknown(read, "park", parks, Words("园区", "park"), remedy)


def repeated(read: Read, key: Sequence[str]) -> list[Fault]:
    """Return rows whose identifier stands more than once; a row without one is another fault."""
    if not set(key) <= read.present:
        return []
    values = [read.frame[name].to_numpy() for name in key]
    told = np.all([(column != "") & ~pd.isna(column) for column in values], axis=0)
    rows = pd.MultiIndex.from_arrays(values).duplicated(keep=False) & told
    rule = Words("编号重复", "an identifier must stand once only")
    return read.fault(key[0], rows, rule, Words("请合并或改号", "Merge the rows or rename one"), values=read.labels)


def empty(where: str, layer: Layer) -> Fault:
    """Return the fault of a layer without rows."""
    rule = Words(f"{layer.words.zh}图层为空", f"the layer {layer.name} is empty")
    remedy = Words("请检查导出，或删去该图层", "Check the export, or remove the layer from territory.yaml")
    return Fault(where, "", rule, remedy)


def one_sided(where_shapes: str, where_table: str, shape_ids: Sequence[str], table_ids: Sequence[str]) -> list[Fault]:
    """Return the identifiers that only the geometry or only the table has."""
    faults = []
    in_shapes, in_table = set(shape_ids) - {""}, set(table_ids) - {""}
    for where, other, only in (
        (where_shapes, where_table, in_shapes - in_table),
        (where_table, where_shapes, in_table - in_shapes),
    ):
        if only:
            rule = Words(f"编号在 {other} 中不存在", f"identifiers that {other} does not have")
            near = meant(only, sorted((in_shapes | in_table) - only)) or Words("", "")
            remedy = Words(
                f"请在两处同时补全或删除。{near.zh}", f"Add them there or remove them here. {near.en}".strip()
            )
            faults.append(Fault(where, "", rule, remedy, tuple(sorted(only))))
    return faults


def published_areas(read: Read, measured_m2: NDArray[np.float64]) -> list[Fault]:
    """Return parcels whose published and measured areas differ, a fault for each mistake it may come from."""
    published = read.frame["published_area_m2"].to_numpy(dtype=float)
    ratio = measured_m2 / published
    differs = np.isfinite(ratio) & (np.abs(published - measured_m2) > PUBLISHED_SHARE * measured_m2)
    said = [f"{p:.10g} / {m:.0f}" for p, m in zip(published, measured_m2, strict=True)]
    faults: list[Fault] = []
    for factor, words in (*MISTAKEN, (np.nan, Words("请核对两者", "Check both; the measured one is used"))):
        rows = differs & (np.abs(ratio / factor - 1) <= PUBLISHED_SHARE if np.isfinite(factor) else True)
        rule = Words("公布面积与量算面积（m²）相差超过 2%", "published and measured area (m²) differ by more than 2 %")
        remedy = MEANT.fill(guess=words) if np.isfinite(factor) else words
        faults += read.fault("published_area_m2", rows, rule, remedy, said=said, fatal=False)
        differs &= ~rows
    return faults


def without_ready_year(read: Read) -> list[Fault]:
    """Return parcels on offer without a ready year: they will not be offered to anybody."""
    frame = read.frame
    rows = frame["state"].isin(ON_OFFER).to_numpy(dtype=bool) & frame["ready_year"].isna().to_numpy(dtype=bool)
    rows &= ~read.unread("ready_year")
    rule = Words("可供地块未填整备完成年份，不会参与落位", "a parcel on offer needs a ready year to be offered")
    remedy = Words("请补 ready_year", "Give ready_year, or change its state")
    return read.fault("ready_year", rows, rule, remedy, said=list(frame["state"]), fatal=False)


def overfull_floors(read: Read) -> list[Fault]:
    """Return floors of which more is occupied than there is."""
    used, area = (read.frame[name].to_numpy(dtype=float) for name in ("occupied_m2", "area_m2"))
    rule = Words("已占用面积不能大于建筑面积", "occupied area must not exceed the floor's area")
    said = [f"{u:g} > {a:g} m²" for u, a in zip(used, area, strict=True)]
    return read.fault("occupied_m2", used > area, rule, CORRECT, said=said)


def storeys(read: Read, floors: pd.DataFrame) -> list[Fault]:
    """Return buildings without floors, and those whose number of storeys is not that of their floors."""
    count = floors.groupby("building_id").size()
    have = count.reindex(read.labels, fill_value=0).to_numpy()
    told = read.frame["storeys"].to_numpy(dtype=float)
    rule = Words("没有楼层记录，不会参与落位", "a building without floors offers no space")
    remedy = Words("请在楼层表中补全", "Add its floors to the floors table")
    faults = read.fault("building_id", have == 0, rule, remedy, values=read.labels, fatal=False)
    differ = (have > 0) & np.isfinite(told) & (have != told)
    rule = Words("层数应与楼层记录数一致", "storeys must be the number of its floors")
    said = [f"{t:g} / {h}" for t, h in zip(told, have, strict=True)]
    return faults + read.fault("storeys", differ, rule, CORRECT, said=said, fatal=False)


def one_park_each(read: Read, home: NDArray[np.object_]) -> list[Fault]:
    """Return buildings of one complex that lie in different parks."""
    name = read.frame["complex"].to_numpy(dtype=object)
    parks = pd.Series(home).groupby(name).transform("nunique").to_numpy()
    said = [f"{told}: {park or '-'}" for told, park in zip(name, home, strict=True)]
    rule = Words("同一综合体的厂房须在同一园区", "buildings of one complex must lie in one park")
    remedy = Words(
        "请核对 complex；两处各用各的名称", "Check complex; give the buildings of each park a complex of their own"
    )
    return read.fault("complex", (name != "") & (parks > 1), rule, remedy, said=said)


def other_home(read: Read, home: NDArray[np.object_]) -> list[Fault]:
    """Return places whose ``park`` column says another park than the one they lie in; the column is followed."""
    told = read.frame["park"].to_numpy(dtype=object)
    rows = (told != "") & (told != home)
    said = [f"{t} / {h or '-'}" for t, h in zip(told, home, strict=True)]
    rule = Words(
        "填写的园区与所在园区不同（填写 / 所在）", "the park given is not the one it lies in (given / lies in)"
    )
    remedy = Words("以填写的为准；如有误请清空", "The one given is followed; empty it if it is wrong")
    return read.fault("park", rows, rule, remedy, said=said, fatal=False)
