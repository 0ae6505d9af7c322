"""Words in two languages: what planners read exists in Chinese and in English.

A `Words` pair is carried by the thing it names (a test, a rule, a goal, a layer, an error); phrases used by more than
one module stand here. It does not know which language a reader wants: that is one switch, held by the caller.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Lang = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """One phrase in Chinese and in English, possibly with ``{named}`` places to fill.

    Examples
    --------
    >>> asked = Words("需要 {m2} 平方米", "asks for {m2} m²")
    >>> asked("en", m2=1200)
    'asks for 1200 m²'
    >>> asked("zh", m2=1200)
    '需要 1200 平方米'
    >>> Words("", "")("zh")
    ''
    """

    zh: str
    en: str

    def __call__(self, lang: Lang, **facts: object) -> str:
        """Return the phrase in one language with its places filled."""
        text = self.zh if lang == "zh" else self.en
        return text.format(**facts) if facts else text

    def fill(self, **facts: object) -> Words:
        """Return the pair with its places filled; a fact that is itself `Words` is taken by language."""
        return Words(*(self(lang, **{name: fact(lang) if isinstance(fact, Words) else fact
                                     for name, fact in facts.items()}) for lang in ("zh", "en")))  # fmt: skip


def listed(said: Iterable[Words | str]) -> Words:
    """Return several things as one phrase, parted as each language parts them.

    Examples
    --------
    >>> listed(["P-001", Words("燕罗", "Yanluo")])
    Words(zh='P-001、燕罗', en='P-001, Yanluo')
    >>> listed([])
    Words(zh='', en='')
    """
    every = [one if isinstance(one, Words) else Words(one, one) for one in said]
    return Words("、".join(one.zh for one in every), ", ".join(one.en for one in every))


GLOSSARY: dict[str, Words] = {
    "territory": Words("空间底数", "territory"),
    "project": Words("项目", "project"),
    "part": Words("分项", "part"),
    "scenario": Words("情景", "scenario"),
    "site": Words("落位空间", "site"),
    "plot": Words("用地组合", "plot"),
    "unit": Words("厂房单元", "unit"),
    "option": Words("备选落位", "option"),
    "refusal": Words("不符合项", "refusal"),
    "test": Words("适配检验", "test"),
    "case": Words("算例", "case"),
    "rule": Words("约束", "rule"),
    "goal": Words("目标", "goal"),
    "plan": Words("方案", "plan"),
    "finding": Words("核验结果", "finding"),
    "fault": Words("数据问题", "fault"),
    "bound": Words("理论上限", "bound"),
    "gap": Words("与上限差距", "gap"),
    "left_out": Words("未落位", "left out"),
    "lock": Words("锁定", "lock"),
    "ban": Words("排除", "ban"),
    "growth_pole": Words("增长极", "growth pole"),
    "score": Words("得分", "score"),
    "points": Words("分", "points"),
    "shortfall": Words("缺口", "shortfall"),
    "park": Words("园区", "park"),
    "parcel": Words("地块", "parcel"),
    "building": Words("厂房", "building"),
    "floor": Words("楼层", "floor"),
}
"""The vocabulary of the program, key to pair; the words of the house and no synonyms."""

NOT_GIVEN = Words("未提供", "not given")
ILLUSTRATIVE = Words("示意", "illustrative")

STATUS: dict[str, Words] = {
    "optimal": Words("最优（已证）", "optimal (proven)"),
    "solver_optimal": Words("求解器判为最优", "optimal by the solver's claim"),
    "within_gap": Words("达到设定差距", "within the gap asked for"),
    "effort": Words("达到计算量上限", "effort spent"),
    "time_limit": Words("达到时间上限", "time limit reached"),
    "cancelled": Words("已中止，取当前最好", "cancelled, best so far"),
    "solver_failed": Words("求解器中途失败，取当前最好", "solver failed, best so far"),
    "infeasible": Words("无可行方案", "infeasible"),
}
"""How a solve ended, as tables and pages have it."""

CAUSE: dict[str, Words] = {
    "fits_nowhere": Words("无处适配", "fits nowhere"),
    "part_left_out": Words("有分项无处适配", "a part fits nowhere"),
    "outbid": Words("空间让位于得分更高的项目", "outbid for space"),
    "rule": Words("受约束限制", "held back by a rule"),
}
"""Why a project is left out."""

BUILT: dict[str, Words] = {
    "planned": Words("规划", "planned"),
    "started": Words("在建", "started"),
    "built": Words("建成", "built"),
}
"""How far a building is."""

LEVELS: dict[Literal["internal", "meeting", "public"], Words] = {
    "internal": Words("内部资料", "Internal"),
    "meeting": Words("会议资料", "For the meeting"),
    "public": Words("公开版", "Public"),
}
"""Whom files are for, and what they call it; the further down, the less they contain."""

YES_NO: Mapping[bool, Words] = {True: Words("是", "yes"), False: Words("否", "no")}

STATE: Mapping[str, Words] = {
    "free": Words("可供", "free"),
    "in_preparation": Words("整备中", "in preparation"),
    "committed": Words("已承诺", "committed"),
    "occupied": Words("已占用", "occupied"),
    "other_use": Words("其他用途", "other use"),
}
"""How far a parcel is free."""
LET = Words("已租", "let")

ACCEPTS: Mapping[str, Words] = {
    "P": Words("独立用地", "a plot of its own"),
    "G": Words("首层", "ground floor"),
    "L": Words("低楼层（1–3 层）", "low floors (1–3)"),
    "U": Words("任意楼层", "any floor"),
}
"""Kinds of site that a part accepts."""

LAND_CLASS: Mapping[str, Words] = {
    "M1": Words("M1 一类工业", "M1 light industry"),
    "M2": Words("M2 二类工业", "M2 medium industry"),
    "M3": Words("M3 三类工业", "M3 heavy industry"),
    "M0": Words("M0 新型产业", "M0 innovation industry"),
    "W0": Words("W0 物流", "W0 logistics"),
    "W1": Words("W1 仓储", "W1 storage"),
    "GIC": Words("GIC 公共服务", "GIC public services"),
    "R2": Words("R2 居住", "R2 housing"),
    "C1": Words("C1 商业", "C1 commerce"),
    "G": Words("G 绿地", "G green space"),
}
"""Land classes (用地性质) as legends and sentences have them; a layer may have others."""


def amount(value: float | str) -> str:
    """Return a figure as a planner reads it: thousands parted, decimals only where they tell something.

    Examples
    --------
    >>> [amount(figure) for figure in (8175.82, 4000.0, 25.0, 4.25, 0.5, "M1", float("nan"))]
    ['8,176', '4,000', '25', '4.25', '0.5', 'M1', '—']
    >>> amount("")
    ''
    """
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return "—"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")
