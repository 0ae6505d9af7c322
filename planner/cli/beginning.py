"""``planner new``: a territory.yaml and a scenario for a folder of layers, for somebody to go on from.

Which file is which layer is read off names and identifier columns, and written down as a proposal with the rest as
comments; nothing that exists is written over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np

from planner.cli.output import Output
from planner.errors import DataError, Fault
from planner.intake import READERS
from planner.intake.crs import LONLAT
from planner.intake.description import FILE
from planner.intake.vector import layers_of, read_any
from planner.projects import COLUMNS as PROJECT_COLUMNS
from planner.territory import LAYERS
from planner.words import Words

SCENARIO = "scenario.yaml"
WORKING_CRS = "EPSG:4547"
PROJECTS = "projects"


@dataclass(frozen=True, slots=True)
class Found:
    """Where a layer seems to be: a file with geometry, the layer in it, a table beside it; "" for none."""

    file: str = ""
    layer: str = ""
    table: str = ""

    def written(self) -> str:
        """Return it as territory.yaml says it."""
        said = {"file": self.file, "layer": self.layer, "table": self.table}
        return ", ".join(f"{key}: {_quoted(value)}" for key, value in said.items() if value)


TERRITORY_TEXT = """\
# 空间底数 / territory: which file holds which layer. Check every line, then: planner check {here}
title: {{zh: {title}, en: {title}}}
# illustrative: {{zh: 几何为示意, en: Geometry is illustrative}}   # 非实测数据 / data not surveyed
crs: {crs}                     # 工作坐标系，米 / working CRS, projected, metres
bounds_lonlat: {bounds}   # 西, 南, 东, 北 / west, south, east, north of the district
layers:
{layers}
# tables: tables               # 本地参照表 / reference tables of your own
"""
SCENARIO_TEXT = """\
# 情景 / scenario: one planning question. Then: planner check {scenario}, planner solve {scenario}
title: {{zh: {title}, en: {title}}}
territory: .                   # 空间底数 / folder with territory.yaml
projects: {projects}       # 项目清单 / one row for each part of a project
years: [2026, 2030]            # 规划年限 / first and last year
goals: {{tier: 10, investment: 4, output: 3, tax: 3, fit: 4, waited: 2, spare_land: 1}}   # 权重是政策选择 / political
solver: {{gap: 1 %, time_limit_s: 300, seed: 1}}
"""
WROTE = Words("已写出 {file}", "Wrote {file}")
KEPT = Words("{file} 已存在，未改动", "{file} exists and was left alone")
MISSING = Words(
    "尚缺图层：{layers}（在 territory.yaml 中补全）", "Layers still missing: {layers} (name them in territory.yaml)"
)


def begin(folder: Path, output: Output) -> int:
    """Write what a folder of layers needs to be checked and solved."""
    if not folder.is_dir():
        rule = Words("没有这个文件夹", "there is no such folder")
        raise DataError(Fault(str(folder), "", rule, Words("请先放入图层文件", "Make it and put the layers there")))
    found, frames = _layers(folder)
    projects = found.get(PROJECTS, Found(table="projects.csv")).table
    title = folder.resolve().name
    texts = {
        FILE: TERRITORY_TEXT.format(
            here=folder, title=_quoted(title), crs=WORKING_CRS, bounds=_bounds(frames), layers=_described(found)
        ),
        SCENARIO: SCENARIO_TEXT.format(scenario=folder / SCENARIO, title=_quoted(title), projects=_quoted(projects)),
    }
    wrote = []
    for name, text in texts.items():
        try:
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            output.say(KEPT.fill(file=folder / name))
            continue
        wrote.append(str(folder / name))
        output.say(WROTE.fill(file=folder / name))
    missing = [layer.words for name, layer in LAYERS.items() if layer.required and name not in found]
    if output.as_json:
        output.json({"wrote": wrote, "layers": {name: asdict(at) for name, at in found.items()}})
    if missing:
        output.say(MISSING.fill(layers=Words("、".join(w.zh for w in missing), ", ".join(w.en for w in missing))))
    return 0


def _layers(folder: Path) -> tuple[dict[str, Found], list[gpd.GeoDataFrame]]:
    """Return what each layer seems to be held in, and the layers that have a CRS, to draw the bounds from."""
    found: dict[str, Found] = {}
    frames: list[gpd.GeoDataFrame] = []
    for file in sorted(path for path in folder.iterdir() if path.suffix.lower() in READERS):
        for name in layers_of(file):
            try:
                frame = read_any(file, name, None, where=file.name)
            except DataError:
                continue  # planner check says what is wrong with it
            drawn = isinstance(frame, gpd.GeoDataFrame)
            if drawn and frame.crs is not None:
                frames.append(frame)
            kind = _kind(name or file.stem, [str(column) for column in frame.columns])
            before = found.get(kind, Found())
            if kind and drawn and not before.file:
                found[kind] = replace(before, file=file.name, layer=name or "")
            elif kind and not drawn and not before.table:
                found[kind] = replace(before, table=file.name)
    return found, frames


def _kind(name: str, columns: list[str]) -> str:
    """Return which layer a name, or else an identifier column, stands for; empty for none."""
    known = {**{key: key for key in (*LAYERS, PROJECTS)}, **{layer.words.zh: key for key, layer in LAYERS.items()}}
    if name.lower() in known:
        return known[name.lower()]
    keys = {layer.key: key for key, layer in LAYERS.items() if layer.geometry} | {PROJECT_COLUMNS[0].name: PROJECTS}
    return next((keys[column] for column in columns if column in keys), "")


def _described(found: Mapping[str, Found]) -> str:
    """Return the layers as territory.yaml names them; those not found as comments."""
    lines = []
    for name, layer in LAYERS.items():
        if name in found:
            lines.append(f"  {name}: {{{found[name].written()}}}")
        else:
            need = "必需 / required" if layer.required else "可选 / optional"
            key = "file" if layer.geometry else "table"
            lines.append(f"  # {name}: {{{key}: …}}   # {layer.words.zh} {need}")
    return "\n".join(lines)


def _bounds(frames: list[gpd.GeoDataFrame]) -> str:
    """Return the bounds of all layers in degrees, rounded outwards; those of Bao'an where there are none."""
    boxes = [frame.to_crs(LONLAT).total_bounds for frame in frames if len(frame)]
    if not boxes:
        return "[113.74, 22.52, 113.98, 22.87]"
    every = np.array(boxes)
    west, south = np.floor(every[:, :2].min(axis=0) * 100) / 100
    east, north = np.ceil(every[:, 2:].max(axis=0) * 100) / 100
    return f"[{west:g}, {south:g}, {east:g}, {north:g}]"


def _quoted(text: str) -> str:
    """Return a text as YAML takes it whatever it holds."""
    plain = text.replace("-", "").replace("_", "").replace(".", "")
    return text if plain.isalnum() and not text[0].isdigit() else "'" + text.replace("'", "''") + "'"
