"""``planner check``: everything wrong with a layer, a territory or a scenario, and projects that fit nowhere."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from planner import documents, maps
from planner import scenario as scenarios
from planner.case import pose
from planner.changes import changed
from planner.cli.output import Output, table
from planner.errors import Fault, PlannerError
from planner.fit import both_said
from planner.intake import sources
from planner.intake.description import FILE
from planner.intake.inputs import look
from planner.intake.loose import Seen, see
from planner.intake.mending import Change, mend
from planner.intake.sources import Source
from planner.intake.systems import System
from planner.left_out import left_out
from planner.survey import faults as survey_faults
from planner.survey import survey
from planner.telling import rule_words
from planner.words import Words

NOWHERE = ("fits_nowhere", "part_left_out")
"""Causes that do not depend on what others take."""
USABLE = Words("可用：{warnings} 条提醒", "Usable; warnings: {warnings}")
UNUSABLE = Words("不可用：{fatal} 处错误，{warnings} 条提醒", "Not usable; errors: {fatal}, warnings: {warnings}")
FINE = Words("可用，没有发现问题", "Usable; nothing found")
FITS_NOWHERE = Words("{count} 个项目无处可落（共 {all} 个）", "{count} of {all} projects fit nowhere")
KIND = Words("提醒", "warning"), Words("错误", "error")
WROTE = Words("已写出 {file}", "Wrote {file}")
MENDED = Words("修复 {count} 处，副本在 {folder}，清单在 {file}；原数据未改动",
               "Mended {count} things; the copy is {folder}, the list {file}; the source is as it was")  # fmt: skip
CHANGES = "changes.csv"
CHANGES_SHOWN = 20
FAULT_COLUMNS = "类别,kind,where,column,feature,east,north,问题,what,处理,remedy"
CHANGE_COLUMNS = "layer,feature,修复,mended,before_m2,after_m2"
RELAX = Words("放宽需求或增加供给", "Relax the need, or offer more")


@dataclass(frozen=True)
class Checked:
    """What was found: faults, and for a scenario the projects that fit nowhere, of how many."""

    faults: list[Fault]
    nowhere: pd.DataFrame
    projects: int = 0
    said: Words | None = None
    """What was measured of a territory, in a sentence."""
    seen: Seen | None = None
    """What was drawn."""

    @property
    def usable(self) -> bool:
        """Whether no fault is fatal."""
        return not any(fault.fatal for fault in self.faults)


@dataclass(frozen=True)
class Wanted:
    """What a check is to write besides, and in which systems it is to read layers: {} for what they declare."""

    csv: Path | None = None
    map: Path | None = None
    fix: Path | None = None
    crs: Mapping[str, System] = dataclasses.field(default_factory=dict)
    layer: str | None = None
    """The one layer that is looked at, of several in a file or a database."""


def source(text: str) -> Source:
    """Return what a command line points at: a path, or the URL of a database as it stands."""
    return text if sources.is_url(text) else Path(text)


def looked_at(path: Source, wanted: Wanted | None = None) -> Checked:
    """Return everything wrong with what a command line points at."""
    wanted = wanted or Wanted()
    if isinstance(path, Path) and _is_scenario(path):
        return _scenario(path, wanted.crs)
    return _ground(path, wanted)


def check(path: Source, output: Output, wanted: Wanted | None = None) -> int:
    """Print the faults of a path; return 0 where it, or the repaired copy asked for, is usable, 2 where not."""
    wanted = wanted or Wanted()
    found = looked_at(path, wanted)
    if output.as_json:
        output.json([_as_dict(fault) for fault in (*found.faults, *_as_faults(found.nowhere, sources.shown(path)))])
    if output.quiet:
        output.faults(fault for fault in found.faults if fault.fatal)
    _tell(found, output)
    if wanted.csv is not None:
        _write_csv(wanted.csv, FAULT_COLUMNS, (row for fault in found.faults for row in _rows(fault)), output)
    ground = _ground_of(path) if isinstance(path, Path) and _is_scenario(path) else path
    if wanted.map is not None:
        outlines = _outlines(ground, found.seen or see(ground, wanted.crs, wanted.layer))
        maps.save(maps.draw_faults(found.faults, outlines, output.lang), wanted.map)
        output.note(WROTE.fill(file=wanted.map))
        if (left := maps.left_off(found.faults, outlines)) is not None:
            output.note(left)
    if wanted.fix is None:
        return 0 if found.usable else 2
    return _fix(ground, wanted, output)


def _fix(path: Source, wanted: Wanted, output: Output) -> int:
    """Write a repaired copy and its list of changes; print both, and what is left; return 0 where it is usable."""
    assert wanted.fix is not None
    out = wanted.fix
    changes = mend(path, out, wanted.crs, wanted.layer)
    _write_csv(out / CHANGES, CHANGE_COLUMNS, map(_change_row, changes), output)
    copy = out if (out / FILE).is_file() else out / "layers.gpkg"
    left = Checked(see(copy).faults, pd.DataFrame())
    if changes:
        headers = Words("图层|要素|修复|原面积 m²|现面积 m²", "Layer|feature|mended|m² before|m² after")(output.lang)
        shown_rows = [[one.where, one.feature, one.words(output.lang), f"{one.before_m2:,.1f}", f"{one.after_m2:,.1f}"]
                      for one in changes[:CHANGES_SHOWN]]  # fmt: skip
        output.say(table(headers.split("|"), shown_rows, right=(3, 4)), "")
    output.say(MENDED.fill(count=len(changes), folder=out, file=out / CHANGES))
    if left.faults:
        output.say("", Words("副本中仍有：", "Left in the copy:"))
    _tell(left, output)
    return 0 if left.usable else 2


def _ground_of(path: Path) -> Path:
    """Return the territory a scenario names; the path itself where it names none that can be read."""
    try:
        return scenarios.load(path).territory or path
    except PlannerError:
        return path


def _outlines(path: Source, seen: Seen) -> maps.Outlines:
    """Return what was seen, for a map."""
    layers = {name: layer[["geometry"]].to_crs("EPSG:4326") for name, layer in seen.layers.items()}
    name = sources.shown(path)
    title = Words(name, name) if seen.ground is None else seen.ground.described.title
    return maps.Outlines(title, seen.crs, layers, seen.tables)


def _rows(fault: Fault) -> Iterator[list[object]]:
    """Yield a fault as rows of the CSV: one for each feature it names, else one for each spot, else one."""
    said = [KIND[fault.fatal].zh, KIND[fault.fatal].en, fault.where, fault.column]
    words = [fault.rule.zh, fault.rule.en, fault.remedy.zh, fault.remedy.en]
    if len(fault.spots) == len(fault.features):  # a spot in each feature
        pairs: list[tuple[object, ...]] = [(name, *at) for name, at in zip(fault.features, fault.spots, strict=True)]
    else:  # a spot between features
        pairs = [(name, "", "") for name in fault.features] + [("", *at) for at in fault.spots]
    for pair in pairs or [("", "", "")]:
        yield [*said, *pair, *words]


def _change_row(change: Change) -> list[object]:
    return [change.where, change.feature, change.words.zh, change.words.en, round(change.before_m2, 2),
            round(change.after_m2, 2)]  # fmt: skip


def _write_csv(path: Path, header: str, rows: Iterable[Sequence[object]], output: Output) -> None:
    """Write a table that a spreadsheet opens as it is meant: Chinese text, and no text taken for a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header.split(","))
        out.writerows([_plain(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    output.note(WROTE.fill(file=path))


def _plain(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> _plain("=1+1"), _plain("YL-01"), _plain("")
    ("'=1+1", 'YL-01', '')
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _is_scenario(path: Path) -> bool:
    """Tell a scenario from everything else: a YAML file that is no description of layers."""
    if path.suffix.lower() not in (".yaml", ".yml") or path.name == FILE:
        return False
    try:
        return "layers" not in documents.read(path).value
    except PlannerError:
        return True


def _ground(path: Source, wanted: Wanted) -> Checked:
    """Return the faults of layers; of a usable territory what restrictions leave of it besides."""
    seen = see(path, wanted.crs, wanted.layer)
    if seen.territory is None:
        return Checked(seen.faults, pd.DataFrame(), seen=seen)
    measured = survey(seen.territory)
    return Checked([*seen.faults, *survey_faults(measured)], pd.DataFrame(), said=measured.words(), seen=seen)


def _scenario(path: Path, crs: Mapping[str, System]) -> Checked:
    """Return the faults of a scenario and of all it names; where there are none, what fits nowhere."""
    faults: list[Fault] = []
    try:
        inputs, faults = look(path, crs)
        if inputs is None or any(fault.fatal for fault in faults):
            return Checked(faults, pd.DataFrame())
        case = pose(inputs)
        changed(inputs.territory, inputs.scenario, faults)
    except PlannerError as error:
        return Checked([*faults, *error.faults], pd.DataFrame())
    left = left_out(case, ())
    left["name"] = case.projects["name"].reindex(left["project"]).to_numpy()
    return Checked(faults, left[left["cause"].isin(NOWHERE)], len(case.projects))


def _as_faults(nowhere: pd.DataFrame, where: str) -> Iterator[Fault]:
    """Yield a warning for each project that fits nowhere."""
    for row in nowhere.to_dict("records"):
        said = Words(str(row["words_zh"]), str(row["words_en"]))
        yield Fault(where, str(row["by"]), said, RELAX, (str(row["project"]),), fatal=False)


def _as_dict(fault: Fault) -> dict[str, Any]:
    return {
        "where": fault.where, "column": fault.column, "features": list(fault.features), "fatal": fault.fatal,
        "rule_zh": fault.rule.zh, "rule_en": fault.rule.en, "remedy_zh": fault.remedy.zh, "remedy_en": fault.remedy.en,
        "words_zh": fault.words("zh"), "words_en": fault.words("en"),
    }  # fmt: skip


def _tell(found: Checked, output: Output) -> None:
    """Print faults as a table, then what fits nowhere, then the verdict."""
    lang = output.lang
    fatal = sum(fault.fatal for fault in found.faults)
    if found.faults:
        rows = [
            [KIND[fault.fatal](lang), ".".join(filter(None, (fault.where, fault.column))), _said(fault, output),
             fault.remedy(lang)]
            for fault in sorted(found.faults, key=lambda fault: not fault.fatal)
        ]  # fmt: skip
        headers = Words("类别|位置|问题|处理", "Kind|where|what|remedy")(lang).split("|")
        output.say(table(headers, rows), "")
    if len(found.nowhere):
        rows = [
            [str(row["part"]), str(row["name"]), rule_words(str(row["by"]))(lang), str(row["place"]),
             *(one(lang) for one in both_said(str(row["by"]), row["need"], row["offer"], str(row["unit"])))]
            for row in found.nowhere.to_dict("records")
        ]  # fmt: skip
        nowhere = Words("无处可落|项目|检验|最接近|需要|提供", "Fits nowhere|project|test|nearest|needs|offers")
        output.say(table(nowhere(lang).split("|"), rows), "")
        output.say(FITS_NOWHERE.fill(count=len(found.nowhere), all=found.projects))
    warnings = len(found.faults) - fatal
    if found.said is not None:
        output.say(found.said)
    verdict = UNUSABLE if fatal else USABLE if warnings else FINE
    output.say(verdict.fill(fatal=fatal, warnings=warnings))


def _said(fault: Fault, output: Output) -> str:
    """Return what a fault says, without place and remedy, with the first features it names."""
    return Fault("", "", fault.rule, Words("", ""), fault.features).words(output.lang).lstrip("：: ").rstrip("。. ")
