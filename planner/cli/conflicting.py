"""What `planner solve` says where there is no plan: what conflicts, and what would mend it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from planner.cli.output import plain_value
from planner.conflict import conflict
from planner.documents import written
from planner.errors import Fault
from planner.intake.inputs import Inputs
from planner.repairs import repairs
from planner.telling import CONFLICTS
from planner.words import Lang, Words

FILE = "conflict.json"
LOOKING = Words(
    "没有可行方案，正在找出互相冲突的要求与修复办法……", "No plan: looking for what conflicts, and what mends it …"
)
MENU = Words("修复办法（每一项都已重新求解验证，写入继承本情景的文件即可）：",
             "What mends it (each verified by solving; write it in a scenario that extends this one):")  # fmt: skip
PRICE = Words("{number}. 代价 {price} 步{least}", "{number}. price {price}{least}")
AT_MOST = Words("（至多）", " at most")


def looked_for(inputs: Inputs, told: Iterable[Fault]) -> dict[str, Any] | None:
    """Return the conflict of a question and its repairs as plain values; None where none was found.

    Parameters
    ----------
    inputs : Inputs
    told : iterable of Fault
        What was told before anything was solved.
    """
    found = conflict(inputs)
    if found is None:
        return None
    return {
        "told": [{"zh": fault.words("zh"), "en": fault.words("en")} for fault in told],
        **found.as_dict(),
        "repairs": [repair.as_dict() for repair in repairs(found)],
    }


def save(said: Mapping[str, Any], file: Path) -> None:
    """Write the conflict of a plan that does not exist."""
    file.write_text(json.dumps(said, ensure_ascii=False, indent=1, default=plain_value) + "\n", encoding="utf-8")


def load(folder: Path) -> dict[str, Any] | None:
    """Return what was saved in the folder of a plan; None where nothing was."""
    file = folder / FILE
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None


def told_with(summary: Mapping[str, Any], said: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the summary of a plan, with the conflict if there is one."""
    return summary if said is None else {**summary, "conflict": said}


def lines(said: Mapping[str, Any] | None, lang: Lang) -> list[str]:
    """Return the conflict and its repairs as lines; none without a conflict."""
    if said is None:
        return []
    demands = [f"  · {each[f'words_{lang}']}" for each in said["demands"]]
    found = ["", *(each[lang] for each in said["told"]), *([""] * bool(said["told"]))]
    if not demands:
        return [*found, CONFLICTS["given"](lang)]
    found += [CONFLICTS["together"](lang), *demands, CONFLICTS["each" if said["reduced"] else "not_reduced"](lang), ""]
    if not said["repairs"]:
        return [*found, CONFLICTS["no_repair"](lang)]
    found.append(MENU(lang))
    for number, repair in enumerate(said["repairs"], 1):
        least = "" if repair["least"] else AT_MOST(lang)
        found.append(PRICE(lang, number=number, price=f"{repair['price']:,.4g}", least=least))
        found += [f"   {words}" for words in repair[f"words_{lang}"]]
        found += [f"     {line}" for line in written(repair["keys"]).splitlines()]
    return found
