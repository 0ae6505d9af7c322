"""The table of contents of the allocation model: its variables, its rules, its goals; and their statement.

The model is stated once, as named sparse blocks over the rows of a `Case`. What it does not know: geometry, files,
solvers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from planner.case import Case
from planner.model import goals, place, room, supply
from planner.model.blocks import Columns, Model, Objective, Rows, assemble, softened
from planner.words import Words

__all__ = ["GOALS", "RULES", "VARIABLES", "Goal", "Model", "Rule", "Variable", "formulate"]


@dataclass(frozen=True, slots=True)
class Variable:
    """One block of columns: how it is made and what it is called."""

    name: str
    words: Words
    columns: Callable[[Case], Columns]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: how its rows are made, what it is called, in what unit."""

    name: str
    words: Words
    unit: str
    rows: Callable[[Case], Rows]


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: how its points are made, what it is called, in what unit its raw total is."""

    name: str
    words: Words
    unit: str
    objective: Callable[[Case], Objective]


VARIABLES: tuple[Variable, ...] = (
    Variable("place", Words("选定落位", "option chosen"), place.place),
    Variable("placed", Words("项目落位", "project placed"), place.placed),
    Variable("opened", Words("启用厂房", "building opened"), room.opened),
)
RULES: tuple[Rule, ...] = (
    Rule(
        "each_part_placed_with_its_project",
        Words("分项与项目同进退", "each part placed with its project"),
        "",
        place.each_part_placed_with_its_project,
    ),
    Rule("each_part_placed_once", Words("分项只落一处", "each part placed once"), "", place.each_part_placed_once),
    Rule("must_place", Words("必须落位", "must be placed"), "", place.must_place),
    Rule("parcel_used_once", Words("地块只供一次", "parcel used once"), "", room.parcel_used_once),
    Rule("floor_not_overfilled", Words("楼层不超容", "floor not overfilled"), "m²", room.floor_not_overfilled),
    Rule("power", Words("园区供电", "power by park and year"), "kVA", supply.power),
    Rule("building_opened", Words("启用厂房", "building opened"), "", room.building_opened),
)
GOALS: tuple[Goal, ...] = (
    Goal("tier", Words("项目级别", "tier"), "", goals.tier),
    Goal("investment", Words("投资", "investment"), "亿元", goals.investment),
    Goal("output", Words("年产值", "output"), "亿元", goals.output),
    Goal("tax", Words("年税收", "tax"), "亿元", goals.tax),
    Goal("jobs", Words("就业", "jobs"), "", goals.jobs),
    Goal("rnd", Words("研发投入", "research and development"), "亿元", goals.rnd),
    Goal("fit", Words("产业与园区匹配", "industry–park fit"), "", goals.fit),
    Goal("waited", Words("等待年数", "years waited"), "年", goals.waited),
    Goal("spare_land", Words("多占土地", "spare land"), "m²", goals.spare_land),
    Goal("shape", Words("用地零碎", "straggling plots"), "m²", goals.shape),
    Goal("access", Words("交通距离", "way to motorway, metro, port or airport"), "km", goals.access),
    Goal("preparation", Words("整备成本", "preparation cost"), "亿元", goals.preparation),
    Goal("rent", Words("租金", "rent"), "万元", goals.rent),
    Goal("opened", Words("启用厂房数", "buildings opened"), "", goals.opened),
    Goal("given", Words("给定得分", "given points"), "", goals.given),
)


def formulate(case: Case, rules: Sequence[Rule] = RULES) -> Model:
    """State the model of a case.

    Parameters
    ----------
    case : Case
    rules : sequence of Rule
        In any order; the order changes only that of the rows. Rules the case switches off are left out.

    Returns
    -------
    Model
    """
    columns = [variable.columns(case) for variable in VARIABLES]
    stated, shortfalls, lost = softened(
        [rule.rows(case) for rule in rules if rule.name in case.rules], columns, case.soft
    )
    return assemble([*columns, shortfalls], stated, [*(goal.objective(case) for goal in GOALS), *lost])
