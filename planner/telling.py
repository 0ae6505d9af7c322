"""How a plan is told in words, wherever it is: what is proved of it, what parks, goals and rules are called, who moved.

It prints nothing and writes no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from planner import fit
from planner.audit import NAMES
from planner.case import Case
from planner.comparison import Comparison, Move
from planner.intake.inputs import Inputs
from planner.model import GOALS, RULES
from planner.words import LEVELS, Lang, Words

PROVED = {
    "best": Words(
        "已证明为最优：{score} 分，理论上限 {bound} 分", "Proved best: {score} points, and no plan can exceed {bound}"
    ),
    "gap": Words(
        "已证明与最优相差不超过 {gap}：得分 {score} 分，任何方案不超过 {bound} 分",
        "Proved within {gap} of the best possible: {score} points, and no plan can exceed {bound}",
    ),
    "stages": Words(
        "得分 {score} 分；保住上述各级结果的方案不超过 {bound} 分，差距 {gap}",
        "{score} points; of plans that keep the stages below none exceeds {bound}: within {gap}",
    ),
    "none": Words("无可行方案：没有任何方案能同时满足全部约束", "No plan exists: none keeps all rules at once"),
}
CLAIMED = Words("求解器自称差距 {gap}（未经独立证明）", "The solver claims a gap of {gap} (not proved here)")
STOPPED = {
    "optimal": Words("", ""),
    "solver_optimal": Words("求解器判为最优", "The solver calls it optimal"),
    "within_gap": Words("达到设定差距后停止", "Stopped within the gap asked for"),
    "effort": Words("计算量用尽后停止", "Stopped when the effort was spent"),
    "time_limit": Words(
        "到达时间上限后停止，重算不一定得到同一方案", "Stopped by the time limit: a rerun may give another plan"
    ),
    "cancelled": Words("被中止（cancelled）：这是中止前最好的方案", "Cancelled: this is the best plan so far"),
    "solver_failed": Words(
        "求解器中途崩溃或内存不足：这是此前最好的方案；请关闭其他程序、减少 solver.threads 或用 --engine 换一种算法",
        "The solver crashed or ran out of memory: this is the best plan so far; close other programs, lower "
        "solver.threads or choose another --engine",
    ),
    "infeasible": Words("", ""),
}
CONFLICTS = {
    "together": Words("以下要求不能同时满足：", "These cannot hold together:"),
    "each": Words("去掉其中任何一条，其余即可同时满足。", "Without any one of them the others could."),
    "not_reduced": Words(
        "时间已到，未能再缩减：其中有的可能无关。", "Not reduced further, for time ended: some may not matter."
    ),
    "given": Words("项目与落位的定义本身已无可行方案。", "What projects are leaves no plan already."),
    "no_repair": Words(
        "没有找到只改情景数值就能修复的办法。", "No change of a figure of the scenario was found that mends it."
    ),
}
"""How far demands that cannot hold together are reduced, and that nothing was found that mends them."""
ENGINE = Words("算法：{engine}（{why}）", "Engine: {engine} ({why})")
ALL_SITES = Words("全部落位空间均已列出（{sites} 个）", "Every site was listed ({sites})")
SOME_SITES = Words("这是所列 {sites} 个落位空间中的最好：{why}", "Best of the {sites} sites considered: {why}")
NOT_LISTED = {
    "larger": Words(
        "超过 {most} 宗地块的用地组合未列出（{parks}）", "plots of more than {most} parcels were not listed in {parks}"
    ),
    "grown": Words(
        "用地组合太多，只列出最紧凑的（{parks}）", "of too many plots only the most compact were listed in {parks}"
    ),
    "shares": Words(
        "切分与联合拿地只列出所求面积（{parks}）", "of cuts and joint shares only those of the areas asked in {parks}"
    ),
    "spread": Words(
        "跨楼栋单元太多，只列出层数最少的（{parks}）",
        "of too many units in several buildings only those of fewest floors were listed in {parks}",
    ),
}
REASONS = {
    "placed": Words("落位", "placed"),
    "next_site": Words("其他落位", "next site"),
    "refused": Words("不符", "refused"),
    "outbid": Words("让位", "outbid"),
    "rule": Words("约束", "rule"),
    "smallest_change": Words("最小改变", "change"),
    "forced": Words("必须落位", "forced"),
    "break_even": Words("盈亏点", "break-even"),
}
"""Kinds of reasons, as lists of them have it."""
SCORE_ROW = Words("落位不增总分", "no gain in score")
CHANGES = {
    "moved": Words("移位", "moved"),
    "newly_placed": Words("新落位", "newly placed"),
    "newly_left_out": Words("不再落位", "newly left out"),
    "only_in_a": Words("仅前一方案有", "asked only in the first"),
    "only_in_b": Words("仅后一方案有", "asked only in the second"),
}
NOT_COMPARABLE = Words(
    "两方案的目标权重或归一化基数不同，得分不可直接比较。",
    "The two weigh or normalise their goals differently: their scores do not compare.",
)
OPTIMA = Words(
    "两个问题的最优得分之差（{b} − {a}）必在 {low} 与 {high} 分之间（由得分与上限推出）。",
    "The best possible score of {b} less that of {a} lies between {low} and {high} points.",
)
COMES = Words("{project} 落位 {site}", "{project} comes to {site}")
GOES = Words("{project} 移到 {site}", "{project} moves to {site}")
LEAVES = Words("{project} 不再落位", "{project} is left out")
SO = Words("{place} 被占，{rest}", "{place} is taken, so {rest}")
REVIEW = Words("审图号 {number}", "map review no. {number}")
WITHOUT = {
    "meeting": Words("不含租金、整备成本、价格和备注", "Without rents, costs of preparation, prices and notes"),
    "public": Words(
        "项目、企业、地块以代码表示；不含金额和地块编号",
        "Codes for projects, firms, parcels; no money, no parcel numbers",
    ),
}
"""What files of a level say is not in them."""


def shared_as(said: Mapping[str, Any]) -> list[Words]:
    """Return what a file carries of how it is shared: level, day, 审图号; nothing for a plan that is not yet shared."""
    share = said.get("share") or {}
    level, day, number = (share.get(name) for name in ("level", "date", "review_number"))
    return [
        *([LEVELS[level]] if level in LEVELS else []),
        *([Words(day, day)] if day else []),
        *([REVIEW.fill(number=number)] if number else []),
    ]


def left_off(said: Mapping[str, Any]) -> Words | None:
    """Return what a shared plan says is not in it; None where nothing is left out."""
    return WITHOUT.get((said.get("share") or {}).get("level", ""))


def proved(said: Mapping[str, Any], lang: Lang) -> list[str]:
    """Return what is proved of a plan, why the search stopped, and over which sites."""
    if said.get("score") is None:
        return [PROVED["none"](lang) + full_stop(lang)]
    facts = {"score": in_points(said["score"]), "bound": in_points(said["bound"]), "gap": percent(said["gap"])}
    first = PROVED["stages" if said.get("stages") else "best" if said["gap"] == 0 else "gap"](lang, **facts)
    more = STOPPED[said["status"]](lang) if said["status"] in STOPPED else said["status"]
    if said.get("solver_gap") is not None and said["gap"] > 0:
        claimed = CLAIMED(lang, gap=percent(said["solver_gap"]))
        more = (full_stop(lang) + ("" if lang == "zh" else " ")).join(part for part in (more, claimed) if part)
    lines = [first + full_stop(lang), *([more + full_stop(lang)] if more else [])]
    if by := said.get("engine"):
        lines.append(ENGINE(lang, engine=by["words"][lang], why=by["why"][lang]) + full_stop(lang))
    counts: Mapping[str, Any] = said.get("counts") or {}
    if counts.get("sites_missing"):
        why = ("；" if lang == "zh" else "; ").join(_not_listed(said, lang))
        lines.append(SOME_SITES(lang, sites=f"{counts['sites']:,}", why=why) + full_stop(lang))
    elif counts.get("sites_complete"):
        lines.append(ALL_SITES(lang, sites=f"{counts['sites']:,}") + full_stop(lang))
    return lines


def _not_listed(said: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    """Yield each reason why not every site was listed, with the parks in which it holds."""
    names, between = park_names(said, lang), "、" if lang == "zh" else ", "
    for reason, words in NOT_LISTED.items():
        parks = [names.get(park, park) for park, why in said["counts"]["sites_missing"].items() if reason in why]
        if parks:
            yield words(lang, most=said.get("plot_parcels_max", "n"), parks=between.join(parks))


def goal_words(goal: str) -> Words:
    """Return what a goal is called; its name where it has no words."""
    return {each.name: each.words for each in GOALS}.get(goal, Words(goal, goal))


def rule_words(name: str) -> Words:
    """Return what a test or rule is called; its name where it has no words."""
    known = {test.name: test.words for test in fit.TESTS} | {rule.name: rule.words for rule in RULES}
    # two kinds of place share this test under two names
    known |= {"area_window": Words("规模", "area window"), "score": SCORE_ROW}
    return known.get(name, Words(name, name))


def finding_words(name: str) -> Words:
    """Return what the audit calls what it has measured again: a rule, a test, or a measure of its own."""
    return NAMES.get(name) or rule_words(name)


def park_names(said: Mapping[str, Any], lang: Lang) -> dict[str, str]:
    """Return what the parks of a plan are called."""
    return {told["park"]: told[lang] for told in said.get("parks", ())}


def in_points(value: float) -> str:
    """Return points as they are printed."""
    return f"{value:,.1f}"


def percent(value: float) -> str:
    """Return a share as it is printed: the smaller the closer."""
    return f"{value:.2%}" if value < 0.1 else f"{value:.1%}"


def full_stop(lang: Lang) -> str:
    """Return what ends a sentence."""
    return "。" if lang == "zh" else "."


def decided(pair: Comparison, letter: str = "B") -> list[Words]:
    """Return what decides between two plans, and what is known of the best there could be."""
    if not pair.comparable:
        return [pair.decides(letter), NOT_COMPARABLE]
    if pair.optimum_difference is None:
        return [pair.decides(letter)]
    low, high = (f"{points:+,.1f}" for points in pair.optimum_difference)
    return [pair.decides(letter), OPTIMA.fill(a="A", b=letter, low=low, high=high)]


def chain_words(chain: Sequence[Move]) -> Words:
    """Return a chain of moves as a sentence."""
    *before, last = [_move(move) for move in chain]
    said = last
    for words, move in zip(reversed(before), reversed(chain[1:]), strict=True):
        rest = SO.fill(place=move.place, rest=said)
        said = Words(f"{words.zh}；{rest.zh}", f"{words.en}; {rest.en}")
    return said


def _move(move: Move) -> Words:
    if not move.b:
        return LEAVES.fill(project=move.project)
    return (GOES if move.a else COMES).fill(project=move.project, site=move.b)


def summed_up(inputs: Inputs, case: Case, findings: pd.DataFrame) -> dict[str, Any]:
    """Return what plan.json says besides the solver's results: years, names, audit."""
    territory, scenario = inputs.territory, inputs.scenario
    broken = findings[~findings["kept"].astype(bool)]
    power = case.limits_of("power")["at_most"]
    tiers = territory.tables["tiers"].sort_values("points", ascending=False)
    said = territory.illustrative
    return {
        "years": list(scenario.years),
        "territory": {"zh": territory.title.zh, "en": territory.title.en},
        "illustrative": None if said is None else {"zh": said.zh, "en": said.en},
        "plot_parcels_max": scenario.sites.plot_parcels_max,
        "parks": [
            {
                "park": str(park), "zh": row["name_zh"], "en": row["name_en"],
                "growth_pole": "growth_pole" in row["roles"],
                "supply_kva": None if (key := f"{park} {scenario.years[1]}") not in power.index else float(power[key]),
            }
            for park, row in territory.parks.iterrows()
        ],
        "tiers": dict(zip(map(str, tiers["tier"]), map(str, tiers["en"]), strict=True)),
        "audit": {
            "kept": len(findings) - len(broken),
            "broken": len(broken),
            "findings": broken[["rule", "key", "asked", "found", "unit"]].to_dict("records"),
        },
    }  # fmt: skip
