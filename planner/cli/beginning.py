"""``planner new``: a territory.yaml and a scenario for a folder of unknown files, for somebody to go on from.

What each file is comes from `intake.guessing`, and is written down as a proposal with its evidence; what could not be
guessed is said. Nothing that exists is written over.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from planner.cli.output import Output, table
from planner.errors import DataError, Fault
from planner.intake.description import FILE, IN_SEVERAL
from planner.intake.guessing import Guess, Guesses, guess
from planner.intake.meanings import PROJECTS, Confidence
from planner.territory import LAYERS
from planner.words import Lang, Words, listed

SCENARIO = "scenario.yaml"
BOUNDS = (113.74, 22.52, 113.98, 22.87)
"""Bao'an, where no file says where the district is."""
WRITTEN = ("file", "layer", "table", "worksheet", "crs", "kind")
"""Keys of an entry of territory.yaml, as `Guess` calls them too."""
CONFIDENCES: Mapping[Confidence, Words] = {
    "high": Words("把握高", "confidence high"),
    "medium": Words("把握中", "confidence medium"),
    "low": Words("把握低，请核对", "confidence low: check it"),
}
TERRITORY_TEXT = Words(
    """\
# 空间底数：哪个文件是哪个图层。以下均为推测，附依据与把握；请逐行核对，然后运行 planner check {here}
title: {title}
# illustrative: {{zh: 几何为示意, en: Geometry is illustrative}}   # 非实测数据才写
crs: {crs}             # 工作坐标系（投影，米）
bounds_lonlat: {bounds}   # 辖区的西、南、东、北（度）{bounds_note}
layers:
{layers}
{tables}   # 本地参照表文件夹
""",
    """\
# Territory: which file holds which layer. All of it is guessed, with evidence and confidence; check every line,
# then: planner check {here}
title: {title}
# illustrative: {{zh: 几何为示意, en: Geometry is illustrative}}   # for data that are not surveyed
crs: {crs}             # working CRS, projected, metres
bounds_lonlat: {bounds}   # west, south, east, north of the district, degrees{bounds_note}
layers:
{layers}
{tables}   # folder of reference tables of your own
""",
)
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
NOT_PLACED = Words("未能判断：{file}：{why}", "Not guessed: {file}: {why}")
NO_BOUNDS = Words("；未能判断，暂填宝安区", "; not guessed, Bao'an for the time being")
NOT_GUESSED = Words("未能判断", "not guessed")


def begin(folder: Path, output: Output) -> int:
    """Write what a folder of unknown files needs to be checked and solved; say what was guessed and what was not."""
    if not folder.is_dir():
        rule = Words("没有这个文件夹", "there is no such folder")
        raise DataError(Fault(str(folder), "", rule, Words("请先放入图层文件", "Make it and put the layers there")))
    found = guess(folder)
    title = _quoted(folder.resolve().name)
    projects = next((entry.table or entry.file for entry in found.entries if entry.name == PROJECTS), "projects.csv")
    texts = {
        FILE: _territory(found, folder, title, output.lang),
        SCENARIO: SCENARIO_TEXT.format(
            scenario=_said(shlex.quote(str(folder / SCENARIO))), title=title, projects=_quoted(projects)
        ),
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
    if output.as_json:
        output.json({"wrote": wrote, **_as_json(found)})
    _tell(found, output)
    return 0


def _territory(found: Guesses, folder: Path, title: str, lang: Lang) -> str:
    """Return a territory.yaml with every guess and its evidence."""
    lines: list[str] = []
    for name, layer in LAYERS.items():
        entries = [entry for entry in found.entries if entry.name == name]
        lines += [""] if lines and entries else []
        if not entries:
            need = Words("必需", "required") if layer.required else Words("可选", "optional")
            key = "file" if layer.geometry else "table"
            lines.append(f"  # {name}: {{{key}: …}}   # {layer.words(lang)}: {NOT_GUESSED(lang)}, {need(lang)}")
        elif name in IN_SEVERAL and len(entries) > 1:
            lines.append(f"  {name}:")
            for entry in entries:
                first, *rest = _described(entry, lang)
                lines += [f"    # {_said(told)}" for told in _evidence(entry, lang)]
                lines += [f"    - {first}", *(f"      {line}" for line in rest)]
        else:
            lines += [f"  # {_said(told)}" for told in _evidence(entries[0], lang)]
            lines += [f"  {name}:", *(f"    {line}" for line in _described(entries[0], lang))]
    for where, why in found.unplaced:
        lines.append(f"  # {_said(NOT_PLACED.fill(file=where, why=why)(lang))}")
    bounds = found.bounds_lonlat or BOUNDS
    return TERRITORY_TEXT(
        lang,
        here=_said(shlex.quote(str(folder))),
        title=f"{{zh: {title}, en: {title}}}",
        crs=found.crs,
        bounds="[" + ", ".join(f"{side:g}" for side in bounds) + "]",
        bounds_note="" if found.bounds_lonlat else NO_BOUNDS(lang),
        layers="\n".join(lines),
        tables=f"tables: {found.tables}" if found.tables else "# tables: tables",
    )


def _evidence(entry: Guess, lang: Lang) -> list[str]:
    """Return what speaks for an entry, a comment line each."""
    layer = LAYERS[entry.name].words(lang)
    stop = "；" if lang == "zh" else "; "
    lines = [f"{layer}：{CONFIDENCES[entry.confidence](lang)}" if lang == "zh" else
             f"{layer}, {CONFIDENCES[entry.confidence](lang)}"]  # fmt: skip
    lines.append(("依据：" if lang == "zh" else "evidence: ") + stop.join(said(lang) for said in entry.evidence))
    if entry.lacking:
        lines.append(Words("未找到必需的列：", "no column found for ")(lang) + ", ".join(entry.lacking))
    if entry.unused:
        lines.append(Words("未使用的列：", "columns not used: ")(lang) + ", ".join(entry.unused))
    return lines


def _described(entry: Guess, lang: Lang) -> list[str]:
    """Return the lines of an entry of territory.yaml, without indent."""
    said = {name: str(getattr(entry, name)) for name in WRITTEN}
    lines = [f"{key}: {_quoted(value)}" for key, value in said.items() if value]
    if entry.name in IN_SEVERAL and "kind" in entry.lacking:
        lines.append(Words("# kind: …   # 未能判断类别", "# kind: …   # its kind is not guessed")(lang))
    columns = {source: meaning for source, meaning in entry.columns.items() if source != meaning.canonical}
    if columns:
        lines.append("columns:")
    for source, meaning in columns.items():
        meant = meaning.canonical
        if meaning.unit:
            meant = f"{{meaning: {meaning.canonical}, unit: {_quoted(meaning.unit)}}}"
        sure = "" if meaning.confidence == "high" else f"; {CONFIDENCES[meaning.confidence](lang)}"
        lines.append(f"  {_quoted(source)}: {meant}   # {_said(meaning.because(lang) + sure)}")
    return lines


def _tell(found: Guesses, output: Output) -> None:
    """Print each guess with its evidence, then what could not be guessed."""
    lang = output.lang
    stop = "；" if lang == "zh" else "; "
    if found.entries:
        rows = [
            [(LAYERS[entry.name].words if entry.name in LAYERS else Words("项目", "projects"))(lang),
             " + ".join(filter(None, (":".join(filter(None, pair)) for pair in (
                 (entry.file, entry.layer), (entry.table, entry.worksheet))))),
             CONFIDENCES[entry.confidence](lang), stop.join(said(lang) for said in entry.evidence)]
            for entry in found.entries
        ]  # fmt: skip
        output.say(table(Words("图层|文件|把握|依据", "Layer|file|confidence|evidence")(lang).split("|"), rows), "")
    for doubt in found.doubts:
        output.say(doubt)
    for where, why in found.unplaced:
        output.say(NOT_PLACED.fill(file=where, why=why))
    if found.missing:
        words = [LAYERS[name].words for name in found.missing]
        output.say(MISSING.fill(layers=listed(words)))


def _as_json(found: Guesses) -> dict[str, Any]:
    """Return everything guessed, as JSON has it."""
    layers: dict[str, list[dict[str, Any]]] = {}
    for entry in found.entries:
        layers.setdefault(entry.name, []).append(
            {
                **{name: getattr(entry, name) for name in WRITTEN},
                "confidence": entry.confidence, "lacking": list(entry.lacking), "unused": list(entry.unused),
                "columns": {
                    source: {"meaning": meaning.canonical, "unit": meaning.unit, "confidence": meaning.confidence,
                             "because_zh": meaning.because.zh, "because_en": meaning.because.en}
                    for source, meaning in entry.columns.items()
                },
                **_pair("evidence", entry.evidence),
            }
        )  # fmt: skip
    return {
        "layers": layers,
        "crs": found.crs,
        "bounds_lonlat": found.bounds_lonlat,
        "unplaced": [{"file": where, "why_zh": why.zh, "why_en": why.en} for where, why in found.unplaced],
        "missing": list(found.missing),
        **_pair("doubts", found.doubts),
    }


def _pair(name: str, said: Iterable[Words]) -> dict[str, list[str]]:
    every = list(said)
    return {f"{name}_zh": [words.zh for words in every], f"{name}_en": [words.en for words in every]}


def _said(text: str) -> str:
    """Return a text as one line of a comment, whatever it holds: what comes from files must not become YAML."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _quoted(text: str) -> str:
    """Return a text as YAML takes it whatever it holds.

    Examples
    --------
    >>> print(_quoted("地块"), _quoted("parcels.shp"), _quoted("1.shp"), _quoted("no"), _quoted("a: [b]"))
    地块 parcels.shp "1.shp" "no" "a: [b]"
    """
    words = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}
    if re.fullmatch(r"[^\W\d_][\w./-]*", text) and text.isprintable() and text.lower() not in words:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())
