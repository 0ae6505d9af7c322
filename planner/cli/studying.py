"""``planner study``: many solves of one question varied; watched, resumable, gathered in one file."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pandas as pd
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from planner.cli.output import Output, console_on, table
from planner.study import asking, results, running
from planner.study.running import FAULT, Result
from planner.words import STATUS, Words, amount

EVERY_S = 5.0
"""Between two lines where there is no terminal."""
SHOWN = 20
"""Rows of a table printed at most; the file has all."""
MOSTLY, SELDOM = 0.9, 0.5
"""Shares of runs in which a placement holds that are told apart."""
DONE = Words("已求解 {done} / {count}", "{done} of {count} solved")
KINDS = {
    "base": Words("基准", "base"),
    "sweep": Words("扫描", "sweep"),
    "monte_carlo": Words("蒙特卡洛", "Monte Carlo"),
    "scenario": Words("情景", "scenario"),
}
STATUSES = {**STATUS, FAULT: Words("输入矛盾", "contradicts itself")}
Cluster = Callable[[int], AbstractContextManager[Executor]]


def study(path: Path, out: Path | None, workers: int, cluster: Cluster, output: Output) -> int:
    """Solve a study, as far as it is not solved yet; print what comes of it; return the exit code."""
    asked = asking.load(path)
    folder = out if out is not None else Path("studies") / path.stem
    done = len(running.results(asked, folder))
    left = done < len(asked.runs)
    try:
        with cluster(workers) if left else nullcontext() as executor, _Watched(output) as watched:
            if executor is not None:
                running.run_study(asked, folder, executor, watched.progress)
    finally:  # what is solved is gathered, whatever became of the rest
        found = results.tables(asked, running.results(asked, folder))
        file = results.save(asked, found, folder) if len(found["runs"]) else None
    if output.as_json:
        output.json({"file": str(file), **{name: _records(found[name]) for name in ("runs", "shares", "faults")}})
    output.say(*_lines(found, asked.title, output), Words(f"全部结果  {file}", f"All of it  {file}"))
    return 0 if found["runs"]["score"].notna().all() else 1


class _Watched:
    """A bar on a terminal, a line every few seconds elsewhere."""

    def __init__(self, output: Output) -> None:
        self.output, self.said_at = output, -EVERY_S
        terminal = not output.quiet and sys.stderr.isatty()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self.bar = Progress(*columns, console=console_on(sys.stderr), transient=True) if terminal else None
        self.task = None if self.bar is None else self.bar.add_task(Words("求解", "solving")(output.lang), total=None)

    def __enter__(self) -> _Watched:
        if self.bar is not None:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def progress(self, done: int, count: int, _last: Result) -> None:
        """Show how far it is."""
        if self.bar is not None and self.task is not None:
            self.bar.update(self.task, completed=done, total=count)
        elif time.monotonic() - self.said_at >= EVERY_S or done == count:
            self.said_at = time.monotonic()
            self.output.note(DONE.fill(done=done, count=count))


def _records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    plain = frame.astype(object)
    return plain.where(plain.notna(), None).to_dict("records")


def _lines(found: dict[str, pd.DataFrame], title: Words, output: Output) -> list[Any]:
    """Return the head, the runs, the scores of a Monte Carlo, and how often projects are placed where."""
    runs, say = found["runs"], output.text
    ends = Counter(runs["status"])
    lines: list[Any] = [title] if title.en else []
    ended = [(STATUSES[status], number) for status, number in ends.most_common()]
    lines.append(Words(
        f"{len(runs)} 次求解：" + "，".join(f"{words.zh} {number}" for words, number in ended),
        f"{len(runs)} runs: " + ", ".join(f"{words.en} {number}" for words, number in ended),
    ))  # fmt: skip
    faults = found["faults"].head(SHOWN).to_dict("records")
    lines += [Words(f"{one['run']}：{one['zh']}", f"{one['run']}: {one['en']}") for one in faults]
    scores = runs.loc[(runs["kind"] == "monte_carlo"), "score"].dropna().astype(float)
    if len(scores):
        low, middle, high = (amount(float(scores.quantile(q))) for q in (0.05, 0.5, 0.95))
        lines.append(Words(f"蒙特卡洛得分：中位 {middle}，九成在 {low} 至 {high} 之间",
                           f"Monte Carlo score: median {middle}, nine in ten between {low} and {high}"))  # fmt: skip
    lines += [_runs_table(runs[runs["kind"] != "monte_carlo"], found["asked"], say)]
    return [*lines, *_shares_table(found["shares"], say)]


def _runs_table(runs: pd.DataFrame, asked: pd.DataFrame, say: Callable[[Words], str]) -> Any:
    said: dict[str, str] = {}
    for row in asked.to_dict("records"):
        said[row["run"]] = f"{said.get(row['run'], '')}, {row['what']} = {row['value']}".removeprefix(", ")
    heads = (Words("求解", "run"), Words("变化", "varied"), Words("状态", "status"), Words("得分", "score"),
             Words("差距", "gap"), Words("落位", "placed"))  # fmt: skip
    rows = [
        (
            say(KINDS[run["kind"]]),
            said.get(run["run"], run["scenario"]),
            say(STATUSES[run["status"]]),
            _shown(run["score"]),
            "—" if pd.isna(run["gap"]) else f"{100 * run['gap']:.2f} %",
            _shown(run["placed"]),
        )
        for run in runs.head(SHOWN).to_dict("records")
    ]
    return table([say(head) for head in heads], rows, right=(3, 4, 5))


def _shares_table(shares: pd.DataFrame, say: Callable[[Words], str]) -> list[Any]:
    """Return how many projects are always placed, or never, how many placements hold, and a table of what hangs on it.

    Of a project of several parts the place of the base that holds least is told.
    """
    whole = shares[shares["park"] == ""]
    count = int(whole["runs"].max()) if len(whole) else 0
    if not count:
        return []
    always, never = int((whole["share"] == 1).sum()), int((whole["share"] == 0).sum())
    some = whole[whole["share"].between(0, 1, inclusive="neither")]
    lines: list[Any] = [Words(
        f"{count} 次求解中：{always} 个项目总能落位，{never} 个从不落位，{len(some)} 个视情形而定",
        f"Of {count} runs: {always} projects are placed in all, {never} in none, {len(some)} in some",
    )]  # fmt: skip
    based = shares[shares["in_base"].astype(bool) & (shares["site"] != "")].sort_values("share", kind="stable")
    if len(based):
        whole_time, mostly, seldom = (int(of.sum()) for of in (
            based["share"] == 1, based["share"] >= MOSTLY, based["share"] < SELDOM
        ))  # fmt: skip
        lines.append(Words(
            f"基准方案的 {len(based)} 处落位：{whole_time} 处始终不变，{mostly} 处在九成以上的求解中不变，"
            f"{seldom} 处不到一半",
            f"Of {len(based)} placements of the base: {whole_time} hold in all runs, {mostly} in nine of ten or more, "
            f"{seldom} in less than half",
        ))  # fmt: skip
    ranked = shares.sort_values("share", ascending=False, kind="stable")
    based = based.drop_duplicates("project").set_index("project")
    sites = ranked[ranked["site"] != ""].drop_duplicates("project").set_index("project")
    parks = ranked[(ranked["park"] != "") & (ranked["site"] == "")].drop_duplicates("project").set_index("project")
    heads = (Words("项目", "project"), Words("落位比例", "share placed"),
             Words("仍在基准位置", "where the base has it"), Words("最常在园区", "park most often"),
             Words("最常在", "site most often"))  # fmt: skip
    rows = [
        (
            one["project"],
            f"{100 * one['share']:.0f} ± {100 * one['standard_error']:.0f} %",
            _most_often(based.loc[one["project"]], "site") if one["project"] in based.index else "—",
            _most_often(parks.loc[one["project"]], "park"),
            _most_often(sites.loc[one["project"]], "site"),
        )
        for one in some.sort_values("share", ascending=False, kind="stable").head(SHOWN).to_dict("records")
    ]
    return [*lines, table([say(head) for head in heads], rows, right=(1,))] if rows else lines


def _most_often(one: pd.Series, name: str) -> str:
    return f"{one[name]} {100 * one['share']:.0f} %"


def _shown(value: Any) -> str:
    return "—" if pd.isna(value) else amount(float(value))
