"""A plan as a terminal shows it: what is proved, the score, who is placed, what poles take, who is left out and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.table import Table

from planner.cli.output import harmless, table
from planner.comparison import by_park
from planner.plan import Plan
from planner.scenario.modes import NAMES
from planner.telling import (
    STOPPED,
    finding_words,
    full_stop,
    goal_words,
    in_points,
    park_names,
    percent,
    proved,
    rule_words,
)
from planner.words import BUILT, CAUSE, GLOSSARY, Lang, Words
from planner.worth import MEASURES

Line = str | Table
M2_PER_HA = 10_000
KVA_PER_MVA = 1_000
PARK_SCALES = (("projects", 1), ("land_m2", M2_PER_HA), ("floor_m2", 1), ("power_kva", KVA_PER_MVA))
"""Sums of a park, and what they are divided by to be shown."""

STAGES = {
    "weighted": Words("加权总分", "weighted sum"),
    "soft": Words("柔性约束失分", "soft rules"),
    "max_min": Words("各极最小份额", "least share of a pole"),
    "reference": Words("超出参考点 %", "beyond the reference point, %"),
}
"""Stages that are no goal."""
ALONE = "alone "
LANGS: tuple[Lang, ...] = ("zh", "en")
FRONT = {
    "complete": Words("前沿完整：{count} 个点，再无其他取舍", "The frontier is complete: {count} points, and no other"),
    "part": Words("前沿共 {count} 个点，可能还有其他取舍", "{count} points of the frontier; there may be others"),
}
STARTED = Words(
    "{by} 年前开工空间 {started} m²，目标 {target} m²，缺口 {missing} m²；按容积率折合用地 {ha}。",
    "Started by {by}: {started} m² of {target}, {missing} m² missing; land for it by FAR: {ha}.",
)
KEPT = Words("核验：{kept} 项全部符合", "Audit: all {kept} findings kept")
BROKEN = Words("核验：{broken} 项不符合（共 {all} 项）", "Audit: {broken} of {all} findings broken")


def plan_lines(plan: Plan, lang: Lang) -> list[Line]:
    """Return a plan as sentences and tables, in the order a planner asks."""
    said = plan.summary
    title = said["title"].get(lang) or ""
    lines: list[Line] = [title] if title else []
    if said.get("illustrative"):
        lines.append(said["illustrative"][lang])
    lines += ["", *proved(said, lang)]
    if said["score"] is not None:
        if said.get("mode", "weighted") != "weighted":
            lines += ["", *mode_lines(said, lang)]
        lines += ["", score_table(plan, lang), "", tier_table(plan, lang), "", pole_table(plan, lang)]
    if said.get("chains"):
        lines += ["", chain_table(said, lang)]
    if said.get("started_space") is not None and said["score"] is not None:
        lines += ["", *started_lines(said, lang)]
    if len(plan.left_out):
        lines += ["", left_out_table(plan, lang)]
    audit = said.get("audit")
    if audit and audit["kept"] + audit["broken"]:
        lines += ["", *audit_lines(audit, lang)]
    return lines


def mode_lines(said: Mapping[str, Any], lang: Lang) -> list[Line]:
    """Return how the goals were weighed: each stage with what it reached, its own bound, what is kept; a frontier."""
    name = NAMES[said["mode"]](lang)
    lines: list[Line] = [Words(f"模式：{name}", f"Mode: {name}")(lang) + full_stop(lang)]
    if said["stages"]:
        rows = [
            [
                stage_words(stage["goal"], said)(lang), *map(_stage_figure, (stage["score"], stage["bound"])),
                "—" if stage["gap"] is None else percent(stage["gap"]),
                _judged(stage["status"], lang), _stage_figure(stage["kept_at"]),
            ]
            for stage in said["stages"]
        ]  # fmt: skip
        headers = Words("阶段|达到|本阶段上限|差距|判定|此后保住", "Stage|reached|bound of its question|gap||kept at")
        lines += ["", table(headers(lang).split("|"), rows, right=(1, 2, 3, 5))]
    if front := said.get("frontier"):
        goals = list(front["goals"])
        rows = [
            [*(f"{point[goal]:,g}" for goal in goals), in_points(point["score"]),
             "—" if point["gap"] is None else percent(point["gap"]), _judged(point["status"], lang)]
            for point in front["points"]
        ]  # fmt: skip
        names = [f"{goal_words(goal)(lang)} {MEASURES[goal].unit(lang) if goal in MEASURES else ''}" for goal in goals]
        more = Words("得分|差距|判定", "points|gap|")(lang).split("|")
        whole = FRONT["complete" if front["complete"] else "part"](lang, count=len(rows)) + full_stop(lang)
        lines += ["", table([*map(str.strip, names), *more], rows, right=tuple(range(len(goals) + 2))), whole]
    return lines


def _stage_figure(value: float | None) -> str:
    return "—" if value is None else f"{value:,.4g}" if abs(value) < 1 else in_points(value)


def _judged(status: str, lang: Lang) -> str:
    return Words("已证明", "proved")(lang) if status == "optimal" else STOPPED[status](lang)


def stage_words(goal: str, said: Mapping[str, Any]) -> Words:
    """Return what a stage is called: its goal, or what it asked.

    Examples
    --------
    >>> [stage_words(stage, {}).en for stage in ("soft", "tier", "alone YL")]
    ['soft rules', 'tier', 'YL alone']
    """
    if goal.startswith(ALONE):
        pole = goal.removeprefix(ALONE)
        names = {lang: park_names(said, lang).get(pole, pole) for lang in LANGS}
        return Words(f"{names['zh']}独用可得", f"{names['en']} alone")
    return STAGES.get(goal) or goal_words(goal)


def score_table(plan: Plan, lang: Lang) -> Table:
    """Return the score by goal: weight, what is reached, of how much, points."""
    rows = []
    for row in plan.goals.to_dict("records"):
        goal = str(row["goal"])
        unit = MEASURES[goal].unit(lang) if goal in MEASURES else ""
        share = float(row["raw"]) / float(row["normaliser"]) if row["normaliser"] else 0.0
        rows.append([
            goal_words(goal)(lang), f"{float(row['weight']):g}",
            f"{float(row['raw']):,.1f}", f"{float(row['normaliser']):,.1f}", unit, f"{share:.1%}",
            f"{float(row['points']):,.1f}",
        ])  # fmt: skip
    for rule, lost in plan.summary.get("soft", {}).items():
        name = f"{rule_words(rule)(lang)}{Words('（柔性）', ' (soft)')(lang)}"
        rows.append([name, "", "", "", "", "", f"{-float(lost):,.1f}"])
    rows.append([GLOSSARY["score"](lang), "", "", "", "", "", in_points(plan.summary["score"])])
    headers = Words("目标|权重|达到|全部|单位|占比|得分", "goal|weight|reached|of all|unit|share|points")(lang).split(
        "|"
    )
    return table([headers[0].capitalize(), *headers[1:]], rows, right=(1, 2, 3, 5, 6), total=True)


def tier_table(plan: Plan, lang: Lang) -> Table:
    """Return projects placed and left out by tier."""
    placed = _by_tier(plan.placements)
    left = _by_tier(plan.left_out)
    english = plan.summary.get("tiers", {})
    order = [*english, *sorted((set(placed) | set(left)) - set(english))]
    rows = [
        [tier if lang == "zh" else english.get(tier, tier), str(placed.get(tier, 0) + left.get(tier, 0)),
         str(placed.get(tier, 0)), str(left.get(tier, 0))]
        for tier in order
    ]  # fmt: skip
    sums = [sum(placed.values()) + sum(left.values()), sum(placed.values()), sum(left.values())]
    rows.append([_total(lang), *map(str, sums)])
    headers = Words("级别|申请|已落位|未落位", "Projects by tier|asked|placed|left out")(lang).split("|")
    return table(headers, rows, right=(1, 2, 3), total=True)


def _by_tier(frame: pd.DataFrame) -> dict[str, int]:
    if frame.empty:
        return {}
    counts = frame.drop_duplicates("project")["tier"].value_counts()
    return {str(tier): int(count) for tier, count in counts.items()}


def pole_table(plan: Plan, lang: Lang) -> Table:
    """Return what each growth pole takes, then all other parks together."""
    sums = by_park(plan)
    known = {told["park"]: told for told in plan.summary.get("parks", ())}
    poles = [park for park, told in known.items() if told["growth_pole"]]
    rows = [_pole_row(known[park][lang], sums.reindex([park], fill_value=0.0), [known[park]], lang) for park in poles]
    others = sums[~sums.index.isin(poles)]
    if len(others):
        name = Words(f"其他园区（{len(others)} 个）", f"other parks ({len(others)})")(lang)
        rows.append(_pole_row(name, others, [known[park] for park in others.index if park in known], lang))
    rows.append(_pole_row(_total(lang), sums, [known[park] for park in sums.index if park in known], lang))
    last = (plan.summary.get("years") or ["", ""])[1]
    headers = Words(
        f"增长极|项目|用地 公顷|厂房楼面 万m²|用电 MVA|{last} 年供电 MVA",
        f"Growth pole|projects|land ha|floor space m²|power MVA|supply {last} MVA",
    )(lang).split("|")
    return table(headers, rows, right=(1, 2, 3, 4, 5), total=True)


def _pole_row(name: str, sums: pd.DataFrame, known: Sequence[Mapping[str, Any]], lang: Lang) -> list[str]:
    total = sums.sum()
    floor = f"{total['floor_m2'] / 10_000:,.2f}" if lang == "zh" else f"{total['floor_m2']:,.0f}"
    supplies = [told["supply_kva"] for told in known]
    supply = "—" if not supplies or None in supplies else f"{sum(supplies) / KVA_PER_MVA:,.1f}"
    return [
        name, f"{total['projects']:.0f}", f"{total['land_m2'] / M2_PER_HA:,.1f}", floor,
        f"{total['power_kva'] / KVA_PER_MVA:,.1f}", supply,
    ]  # fmt: skip


def chain_table(said: Mapping[str, Any], lang: Lang) -> Table:
    """Return each leader placed, its park, its suppliers there and those elsewhere."""
    names, between = park_names(said, lang), "、" if lang == "zh" else ", "
    rows = [
        [row["leader"], names.get(row["park"], row["park"] or "—"), str(len(row["suppliers"])),
         between.join(row["suppliers"]) or "—", between.join(row["elsewhere"]) or "—"]
        for row in said["chains"]
    ]  # fmt: skip
    headers = Words("链主|园区|同园配套|同园者|在他处者", "Leader|park|suppliers there|who|elsewhere")(lang).split("|")
    return table(headers, rows, right=(2,))


def started_lines(said: Mapping[str, Any], lang: Lang) -> list[Line]:
    """Return how far it is to the target of started space, and what counts, by source, stage and park."""
    told = said["started_space"]
    land = "、" if lang == "zh" else ", "
    ha = land.join(f"{ha:,.1f} ha ({far})" for far, ha in told["land_ha"].items())
    facts = {name: f"{told[f'{name}_m2']:,.0f}" for name in ("target", "started", "missing")}
    names = park_names(said, lang)
    space = ("gfa_m2", "let_m2", "committed_m2", "placed_m2", "vacant_m2")
    rows = [
        [row["source"] or "—", BUILT[row["stage"]](lang), names.get(row["park"], row["park"] or "—"),
         *(f"{row[name]:,.0f}" for name in space)]
        for row in told["rows"]
    ]  # fmt: skip
    rows.append([_total(lang), "", "", *(f"{sum(row[name] for row in told['rows']):,.0f}" for name in space)])
    headers = Words(
        "来源|阶段|园区|建筑面积 m²|已租|已定|本方案|空置",
        "Source|stage|park|floor space m²|let|committed|placed|vacant",
    )(lang).split("|")
    return [
        STARTED(lang, by=told["by"], ha=ha, **facts), "", table(headers, rows, right=(3, 4, 5, 6, 7), total=True)
    ]  # fmt: skip


def left_out_table(plan: Plan, lang: Lang) -> Table:
    """Return how many projects are left out by cause, and by which test or rule most."""
    rows = []
    for cause, words in CAUSE.items():
        found = plan.left_out[plan.left_out["cause"] == cause]
        if len(found):
            by = found["by"].map(lambda name: rule_words(str(name))(lang)).value_counts()
            said = ("，" if lang == "zh" else ", ").join(f"{name} {count}" for name, count in by.items())
            rows.append([words(lang), str(len(found)), said])
    rows.append([_total(lang), str(len(plan.left_out)), ""])
    headers = Words("未落位原因|项目|起决定作用的检验或约束", "Left out because|projects|deciding test or rule")(lang)
    return table(headers.split("|"), rows, right=(1,), total=True)


def audit_lines(audit: Mapping[str, Any], lang: Lang) -> list[Line]:
    """Return what the audit found; every broken finding as a row."""
    if not audit["broken"]:
        return [KEPT(lang, kept=f"{audit['kept']:,}") + full_stop(lang)]
    every = audit["kept"] + audit["broken"]
    headers = Words("规则|对象|要求|实测|单位", "Rule|key|asked|found|unit")(lang).split("|")
    rows = [
        [finding_words(row["rule"])(lang), *(str(row[name] or "") for name in ("key", "asked", "found", "unit"))]
        for row in audit["findings"]
    ]
    return [BROKEN(lang, broken=audit["broken"], all=f"{every:,}") + full_stop(lang), "", table(headers, rows)]


def where_lines(folder: Path, drawn: str | None, seconds: Mapping[str, float], lang: Lang) -> list[Line]:
    """Return where the plan and its map are, and how long it took."""
    steps = Words("读入 立例 建模 求解 核验 写出", "intake pose formulate solve audit write")(lang).split()
    keys = ("intake", "pose", "formulate", "solve", "audit", "write")
    spent = ("，" if lang == "zh" else ", ").join(
        f"{name} {seconds[key]:.1f}" for name, key in zip(steps, keys, strict=True)
    )
    lines = [Words("方案", "Plan")(lang) + f"  {harmless(str(folder))}/"]
    if drawn is not None:
        lines.append(Words("地图", "Map ")(lang) + f"  {harmless(str(folder / drawn))}")
    return ["", *lines, Words(f"用时  {spent}（秒）", f"Time  {spent} (s)")(lang)]


def _total(lang: Lang) -> str:
    return Words("合计", "total")(lang)
