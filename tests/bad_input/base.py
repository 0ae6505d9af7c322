"""A small sound territory with projects and a scenario, all of it text, and the ways in which cases spoil it."""

from __future__ import annotations

import copy
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import shapely

EAST, NORTH = 485_000, 2_520_000
TERRITORY = """\
title: {zh: 例, en: Base}
crs: EPSG:4547
bounds_lonlat: [113.74, 22.52, 113.98, 22.87]
layers:
  parks: {file: parks.csv, crs: EPSG:4547}
  parcels: {file: parcels.csv, crs: EPSG:4547}
  buildings: {file: buildings.csv, crs: EPSG:4547}
  floors: {table: floors.csv}
  restrictions: {file: restrictions.csv, crs: EPSG:4547}
  backdrop: {file: backdrop.csv, crs: EPSG:4547}
  supply: {table: supply.csv}
  figures: {table: figures.csv}
"""
SCENARIO = """\
title: {zh: 例, en: Base}
territory: .
projects: projects.csv
years: [2026, 2030]
goals: {tier: 10}
solver: {gap: 1 %}
"""

Row = dict[str, str]
Files = dict[str, list[Row] | str | bytes]
"""By name: a table, or what the file holds."""
Change = Callable[[Files], None]


@dataclass(frozen=True)
class Input:
    """What is checked: the territory or the scenario with something changed, or a file by itself.

    Attributes
    ----------
    ends : str
        Name of what is checked, within the folder; "" for the folder.
    changes : tuple of Change
    whole : Callable or None
        Makes a file by itself.
    group : str
        Inputs of one group are spoiled together and read once: all their faults must be told at once.
    """

    ends: str = ""
    changes: tuple[Change, ...] = ()
    whole: Callable[[Path], object] | None = None
    group: str = ""


@dataclass(frozen=True)
class Bad:
    """One bad input, and the fault it must give.

    Attributes
    ----------
    name : str
        What is wrong with it.
    input : Input
    place : str
        File, layer or key, and the column, as the fault prints them.
    rule, remedy : str
        Pieces of what it says in English, "…" for what is left out.
    features : tuple of str
        What it names; () where it names nothing, or more than one case of a group.
    fatal : bool
    beside : int
        How many faults come with it, because one thing is wrong in two ways.
    """

    name: str
    input: Input
    place: str
    rule: str
    remedy: str
    features: tuple[str, ...] = ()
    fatal: bool = True
    beside: int = 0


def warns(*told: object, **more: object) -> Bad:
    """Return a case whose fault is a warning."""
    return Bad(*told, **more, fatal=False)  # type: ignore[arg-type]


def box(x: float, y: float, wide: float = 200, high: float = 150) -> str:
    """Return the WKT of a box, its corner given from the corner of the territory."""
    return shapely.box(EAST + x, NORTH + y, EAST + x + wide, NORTH + y + high).wkt


def _rows(header: str, *lines: str) -> list[Row]:
    names = header.split(",")
    return [dict(zip(names, line.split("|"), strict=True)) for line in lines]


BASE: Files = {
    "territory.yaml": TERRITORY,
    "scenario.yaml": SCENARIO,
    "parks.csv": _rows(
        "park_id,name_zh,name_en,aliases,roles,leading_industries,wet_process,wkt",
        f"YL|燕罗|Yanluo|生态城|growth_pole|A05|no|{box(-100, -100, 1600, 1000)}",
        f"XQ|新桥|Xinqiao||growth_pole;pilot|A03|yes|{box(1900, -100, 1600, 1000)}",
    ),
    "parcels.csv": _rows(
        "parcel_id,lot_id,park,state,land_class,far_max,coverage_max,height_limit_m,ready_year,preparation_cost_yi,"
        "power_kva,divisible,joint,published_area_m2,existing_gfa_m2,wkt",
        *(f"P{k + 1}|A-{k + 1}||free|M1|3|0.5|60|2026|0.5|1000|no|yes|30000|0|{box(x, 0)}"
          for k, x in enumerate((0, 220, 440, 660, 2000))),
    ),
    "buildings.csv": _rows(
        "building_id,name_zh,name_en,park,stage,pilot,land_class,delivery_year,storeys,height_m,lift_count,lift_t,"
        "power_kva,fire_resistance,production_class,sprinklers,rent_cny_m2_month,wkt",
        *(f"B{k + 1}|{k + 1}栋|Block {k + 1}||built|no|M1|2025|2|20|4|3|6000|一级|丙|yes|35|{box(x, 600, 40, 50)}"
          for k, x in enumerate((0, 100))),
    ),
    "floors.csv": _rows(
        "building_id,floor,area_m2,usable_ratio,storey_height_m,clear_height_m,load_kn_m2,column_grid_m,unit_min_m2,"
        "vibration_class,occupied_m2,occupied_as",
        *(f"B{b}|{f}|2000|0.8|6|5|10|8.4|500|VC-A|0|" for b in (1, 2) for f in (1, 2)),
    ),
    "restrictions.csv": _rows(
        "restriction_id,kind,name_zh,name_en,distance_m,voltage_kv,height_limit_m,wkt",
        f"R1|farmland|农田|farmland||||{box(1000, 0)}",
        f"R2|corridor|走廊|corridor|20|||LINESTRING ({EAST + 1300} {NORTH}, {EAST + 1300} {NORTH + 500})",
    ),
    "backdrop.csv": _rows(
        "backdrop_id,kind,name_zh,name_en,wkt",
        f"D1|district|辖区|district|{box(-500, -500, 5000, 3000)}",
    ),
    "supply.csv": _rows(
        "park,year,power_mva,water_m3_day,waste_water_m3_day,gas_m3_day,source",
        *(f"{park}|{year}|10|1000|800|100|x" for park in ("YL", "XQ") for year in (2026, 2028)),
    ),
    "figures.csv": _rows(
        "subject,measure_zh,measure_en,value,unit,source,source_date,confidence,note_zh,note_en",
        "YL|面积|area|1.6|km²|x|2024|low||",
        "XQ|面积|area|1.6|km²|x|2024|low||",
    ),
    "projects.csv": _rows(
        "project_id,name,firm,industry,secondary_industries,cluster,tier,chain_role,supplies,investment_yi,output_yi,"
        "tax_yi,jobs,rnd_yi,year_first,year_last,part,part_industry,accepts,land_m2,land_max_m2,gfa_m2,far_min,"
        "clear_height_m,load_kn_m2,fire_class,lift_piece_t,lift_flow_t_per_shift,power_kva,water_m3_day,wet_process,"
        "protective_distance_m,land_classes",
        "Q1|一|甲公司|A05.1||C10|战略级|链主||5|8|0.5|100|0.1|2026|2030|main||P|30000|39000|45000|1|6|10|丁|||800|10|no||",
        "Q2|二|乙公司|A05.2||C10|关键性|supplier|Q1|2|4|0.2|60|0.1|2026|2030|main||U|||1500||4|7|丙|1|5|100|5|no||",
    ),
}  # fmt: skip


def written(files: Files, folder: Path) -> None:
    """Write the files of a case."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_bytes(content))


def _bytes(content: list[Row] | str | bytes) -> bytes:
    if isinstance(content, list):
        text = io.StringIO()
        names = list(dict.fromkeys(name for row in content for name in row))
        writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(content)
        content = text.getvalue()
    return content.encode() if isinstance(content, str) else content


# Inputs


def territory(*changes: Change, group: str = "") -> Input:
    """Return the territory with something changed."""
    return Input("", changes, group=group)


def question(*changes: Change, ends: str = "scenario.yaml", group: str = "") -> Input:
    """Return the scenario with something changed in it, or in what it names."""
    return Input(ends, changes, group=group)


def alone(name: str, content: list[Row] | str | bytes | Callable[[Path], object]) -> Input:
    """Return one file by itself; a function makes it."""
    whole = content if callable(content) else lambda path: written({path.name: content}, path.parent)
    return Input(name, (), whole)


def made(inputs: Sequence[Input], folder: Path) -> Path:
    """Make what some inputs of a group, or one by itself, are of; return what is to be checked."""
    first = inputs[0]
    if first.whole is not None:
        (folder / first.ends).parent.mkdir(parents=True, exist_ok=True)
        first.whole(folder / first.ends)
    else:
        files = copy.deepcopy(BASE)
        for one in inputs:
            for change in one.changes:
                change(files)
        written(files, folder)
    return folder / first.ends


# Changes


def table_of(files: Files, name: str) -> list[Row]:
    """Return a table of the files, to be changed."""
    table = files[f"{name}.csv"]
    assert isinstance(table, list)
    return table


def cell(name: str, key: str, column: str, value: str) -> Change:
    """Return a change of one cell, in the first row whose first cell is `key` (in all rows for "*")."""

    def change(files: Files) -> None:
        rows = [row for row in table_of(files, name) if key in ("*", next(iter(row.values())))]
        assert rows
        assert column in rows[0]
        for row in rows if key == "*" else rows[:1]:
            row[column] = value

    return change


def head(name: str, old: str, new: str) -> Change:
    """Return a change of a column's name."""

    def change(files: Files) -> None:
        files[f"{name}.csv"] = [{new if key == old else key: value for key, value in row.items()}
                                for row in table_of(files, name)]  # fmt: skip

    return change


def lacks(name: str, *columns: str) -> Change:
    """Return a change that takes columns away."""

    def change(files: Files) -> None:
        for row in table_of(files, name):
            for column in columns:
                del row[column]

    return change


def more(name: str, like: str, **cells: str) -> Change:
    """Return a change that adds a row like another, but for some cells."""

    def change(files: Files) -> None:
        table = table_of(files, name)
        first = next(row for row in table if next(iter(row.values())) == like)
        table.append(first | cells)

    return change


def less(name: str, *keys: str) -> Change:
    """Return a change that takes rows away; all of them where none is named."""

    def change(files: Files) -> None:
        table = table_of(files, name)
        rows = [row for row in table if keys and next(iter(row.values())) not in keys]
        files[f"{name}.csv"] = rows or ",".join(table[0]) + "\n"

    return change


def shape(name: str, key: str, wkt: str) -> Change:
    """Return a change of one feature's geometry."""
    return cell(name, key, "wkt", wkt)


def put(name: str, content: list[Row] | str | bytes) -> Change:
    """Return a change that writes a file."""

    def change(files: Files) -> None:
        files[name] = content

    return change


def gone(name: str) -> Change:
    """Return a change that takes a file away."""

    def change(files: Files) -> None:
        del files[name]

    return change


def said(old: str, new: str, name: str = "territory.yaml") -> Change:
    """Return a change of a text."""

    def change(files: Files) -> None:
        text = files[name]
        assert isinstance(text, str)
        assert old in text, old
        files[name] = text.replace(old, new, 1)

    return change


def asks(new: str, old: str = "") -> Change:
    """Return a change of the scenario: some lines replaced, or more added."""
    return said(old, new, "scenario.yaml") if old else said("solver:", f"{new}\nsolver:", "scenario.yaml")


def listed(key: str, item: str) -> Change:
    """Return a change of the scenario: one item more in a list of it."""

    def change(files: Files) -> None:
        text = str(files["scenario.yaml"])
        if f"\n{key}: [" in text:
            files["scenario.yaml"] = text.replace(f"\n{key}: [", f"\n{key}: [{item}, ")
        else:
            files["scenario.yaml"] = text.replace("solver:", f"{key}: [{item}]\nsolver:")

    return change
