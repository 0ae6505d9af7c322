"""``planner check``: everything wrong with a layer, a territory or a scenario, and projects that fit nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from planner import documents, intake
from planner import scenario as scenarios
from planner.case import pose
from planner.cli import shown
from planner.cli.output import Output, table
from planner.comparison import amount
from planner.errors import Fault, PlannerError
from planner.intake.asked import read_asked
from planner.intake.description import FILE
from planner.intake.folder import read_folder
from planner.intake.inputs import read
from planner.left_out import left_out
from planner.words import Words

NOWHERE = ("fits_nowhere", "part_left_out")
"""Causes that do not depend on what others take."""
USABLE = Words("可用：{warnings} 条提醒", "Usable, with {warnings} warnings")
UNUSABLE = Words("不可用：{fatal} 处错误，{warnings} 条提醒", "Not usable: {fatal} errors, {warnings} warnings")
FINE = Words("可用，没有发现问题", "Usable; nothing found")
FITS_NOWHERE = Words("{count} 个项目无处可落（共 {all} 个）", "{count} of {all} projects fit nowhere")
RELAX = Words("放宽需求或增加供给", "Relax the need, or offer more")


@dataclass(frozen=True)
class Checked:
    """What was found: faults, and for a scenario the projects that fit nowhere, of how many."""

    faults: list[Fault]
    nowhere: pd.DataFrame
    projects: int = 0

    @property
    def usable(self) -> bool:
        """Whether no fault is fatal."""
        return not any(fault.fatal for fault in self.faults)


def check(path: Path, output: Output) -> int:
    """Print the faults of a path; return 0 where it is usable, 2 where not."""
    found = _scenario(path) if _is_scenario(path) else Checked(intake.faults(path), pd.DataFrame())
    if output.as_json:
        output.json([_as_dict(fault) for fault in (*found.faults, *_as_faults(found.nowhere, path))])
    if output.quiet:
        output.faults(fault for fault in found.faults if fault.fatal)
    _tell(found, output)
    return 0 if found.usable else 2


def _is_scenario(path: Path) -> bool:
    """Tell a scenario from everything else: a YAML file that is no description of layers."""
    if path.suffix.lower() not in (".yaml", ".yml") or path.name == FILE:
        return False
    try:
        return "layers" not in documents.read(path).value
    except PlannerError:
        return True


def _scenario(path: Path) -> Checked:
    """Return the faults of a scenario and of all it names; where there are none, what fits nowhere."""
    try:
        scenario = scenarios.load(path)
    except PlannerError as error:
        return Checked(list(error.faults), pd.DataFrame())
    territory, faults = (None, []) if scenario.territory is None else read_folder(scenario.territory)
    try:
        if territory is not None and scenario.projects is not None:
            faults += read_asked(scenario.projects, territory.tables)[1]
        if any(fault.fatal for fault in faults):
            return Checked(faults, pd.DataFrame())
        case = pose(read(path))
    except PlannerError as error:
        return Checked([*faults, *error.faults], pd.DataFrame())
    left = left_out(case, ())
    left["name"] = case.projects["name"].reindex(left["project"]).to_numpy()
    return Checked(faults, left[left["cause"].isin(NOWHERE)], len(case.projects))


def _as_faults(nowhere: pd.DataFrame, path: Path) -> Iterator[Fault]:
    """Yield a warning for each project that fits nowhere."""
    for row in nowhere.to_dict("records"):
        said = Words(str(row["words_zh"]), str(row["words_en"]))
        yield Fault(path.name, str(row["by"]), said, RELAX, (str(row["project"]),), fatal=False)


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
        kinds = Words("提醒", "warning"), Words("错误", "error")
        rows = [
            [kinds[fault.fatal](lang), ".".join(filter(None, (fault.where, fault.column))), _said(fault, output),
             fault.remedy(lang)]
            for fault in sorted(found.faults, key=lambda fault: not fault.fatal)
        ]  # fmt: skip
        headers = Words("类别|位置|问题|处理", "Kind|where|what|remedy")(lang).split("|")
        output.say(table(headers, rows), "")
    if len(found.nowhere):
        rows = [
            [str(row["part"]), str(row["name"]), shown.rule_words(str(row["by"]))(lang),
             str(row["place"]), _figure(row["need"], row["unit"]), _figure(row["offer"], row["unit"])]
            for row in found.nowhere.to_dict("records")
        ]  # fmt: skip
        nowhere = Words("无处可落|项目|检验|最接近|需要|提供", "Fits nowhere|project|test|nearest|needs|offers")
        output.say(table(nowhere(lang).split("|"), rows), "")
        output.say(FITS_NOWHERE.fill(count=len(found.nowhere), all=found.projects))
    warnings = len(found.faults) - fatal
    verdict = UNUSABLE if fatal else USABLE if warnings else FINE
    output.say(verdict.fill(fatal=fatal, warnings=warnings))


def _said(fault: Fault, output: Output) -> str:
    """Return what a fault says, without place and remedy, with the first features it names."""
    return Fault("", "", fault.rule, Words("", ""), fault.features).words(output.lang).lstrip("：: ").rstrip("。. ")


def _figure(value: object, unit: object) -> str:
    return f"{amount(value if isinstance(value, str | float) else str(value))} {unit}".rstrip()
