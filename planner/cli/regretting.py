"""``planner compare --regret``: what each plan of a list loses under each scenario, and which loses least at worst."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from planner import plan as plans
from planner.case import pose
from planner.cli import shown
from planner.cli.output import Output, table
from planner.cli.showing import folder_of, inputs_of
from planner.errors import DataError, Fault
from planner.extra import with_rows
from planner.growing import plots_of, possible
from planner.study.regret import Regrets, regret, scenarios_of
from planner.words import Lang, Words, amount

HEAD = Words("各方案在各情景下的后悔值（分）：已知最好得分 − 方案得分，括号内为由上限给出的最大值",
             "Regret of each plan under each scenario (points): best known score less its own; at most, by the bound, "
             "in brackets")  # fmt: skip
NO_PLAN = Words("不可行", "no plan")
WORST = Words("最大后悔值", "worst")
BEST = Words("最大后悔值最小的方案：{plan}（{points} 分）", "The least worst regret has {plan} ({points} points)")
NONE = Words("没有一个方案在所有情景下都可行", "No plan of the list is a plan of every scenario")


def show(paths: Sequence[Path], out: Path | None, output: Output) -> int:
    """Show the matrix of regret of plans under their scenarios; return the exit code."""
    if out is not None:
        rule = Words("--regret 不写图层，不能与 --out 同用", "writes no layers, so that --out says nothing")
        raise DataError(Fault("planner compare --regret", "", rule, Words("去掉 --out", "Leave out --out")))
    folders = {str(path): folder_of(path) or path for path in paths}
    found = {name: plans.load(folder) for name, folder in folders.items()}
    empty = [name for name, plan in found.items() if plan.summary["score"] is None]
    if len(found) < 2 or empty:
        rule = Words(f"需要两个以上有落位的方案；无方案的有：{', '.join(empty) or '—'}",
                     f"asks for two plans or more, each with a score; without: {', '.join(empty) or '—'}")  # fmt: skip
        remedy = Words("给出 planner solve 写出的不同方案", "Name other folders that planner solve has written")
        raise DataError(Fault("planner compare --regret", "", rule, remedy))
    own = scenarios_of(list(found.items()))
    plots = sorted({tuple(sorted(names)) for plan in found.values() for names in plots_of(plan)})
    cases = {}
    for name in dict.fromkeys(own.values()):
        inputs = inputs_of(found[name], folders[name], output)
        cases[name] = with_rows(pose(inputs, possible(inputs, plots)), found[name].extra)
    told = regret(found, cases, own)
    if output.as_json:
        output.json(told.as_dict())
    output.say(*_lines(told, output.lang))
    return 0


def _lines(told: Regrets, lang: Lang) -> Iterator[shown.Line]:
    yield HEAD(lang)
    worst = told.worst.to_dict()
    rows = [
        [name, *(_cell(told, name, scenario, lang) for scenario in told.scores.columns), _points(worst[name], lang)]
        for name in told.scores.index
    ]
    yield table(["", *map(str, told.scores.columns), WORST(lang)], rows, right=range(1, len(told.scores.columns) + 2))
    for (plan, scenario), why in told.broken.items():
        yield f"{plan} × {scenario}: " + "; ".join(one(lang) for one in why)
    best = told.best
    yield NONE(lang) if best is None else BEST(lang, plan=best, points=amount(worst[best]))


def _cell(told: Regrets, plan: str, scenario: str, lang: Lang) -> str:
    least, most = (frame.loc[[plan], scenario].to_numpy(dtype=float).item() for frame in (told.least, told.most))
    return NO_PLAN(lang) if np.isnan(least) else f"{amount(least)} ({'—' if np.isnan(most) else amount(most)})"


def _points(value: float, lang: Lang) -> str:
    return amount(float(value)) if np.isfinite(value) else NO_PLAN(lang)
