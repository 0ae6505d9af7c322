"""The table of contents of the allocation model: its variables, its rules, its goals; and their statement.

The model is stated once, as named sparse blocks over the rows of a `Case`. What it does not know: geometry, files,
solvers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from planner.case import Case
from planner.model import derived, goals, place, room, supply, together
from planner.model.blocks import Columns, Model, Objective, Rows, assemble, softened
from planner.words import Words

__all__ = ["DEFINITIONS", "GOALS", "RULES", "VARIABLES", "Goal", "Model", "Rule", "Variable", "formulate"]


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
    Variable("taken", Words("分项有一份在此", "a share is there"), place.taken),
    Variable("placed", Words("项目落位", "project placed"), place.placed),
    Variable("opened", Words("启用厂房", "building opened"), room.opened),
    Variable("link_kept", Words("链上配套同园", "chain link kept"), derived.link_kept),
    Variable("main_park", Words("集群主园区", "main park of a cluster"), derived.main_park),
    Variable("in_main_park", Words("主园区内面积", "floor space in the main park"), derived.in_main_park),
    Variable("left_over", Words("零碎剩余面积", "left over, too small to use"), derived.left_over),
    Variable("written_off", Words("剩余作废", "rest given up"), derived.written_off),
    Variable("filled", Words("增长极填充率", "how far poles are filled"), derived.filled),
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
    Rule(
        "parcel_not_overfilled",
        Words("共用地块不超供", "shared parcel not overfilled"),
        "m²",
        room.parcel_not_overfilled,
    ),
    Rule("cut_end_used_once", Words("地块每端只切一次", "end of a parcel cut once"), "", room.cut_end_used_once),
    Rule("floor_not_overfilled", Words("楼层不超容", "floor not overfilled"), "m²", room.floor_not_overfilled),
    Rule("power", Words("园区供电", "power by park and year"), "kVA", supply.power),
    Rule("building_opened", Words("启用厂房", "building opened"), "", room.building_opened),
    Rule(
        "leader_and_suppliers",
        Words("链主带配套", "leader with its suppliers"),
        "suppliers",
        together.leader_and_suppliers,
    ),
    Rule("leaders_per_cluster", Words("集群链主数", "leaders of a cluster"), "leaders", together.leaders_per_cluster),
    Rule("parts_together", Words("分项相邻", "parts near one another"), "pairs", together.parts_together),
    Rule("kept_apart", Words("互相避让", "kept apart"), "pairs", together.kept_apart),
    Rule("group_count", Words("组内项目数", "projects of a group"), "projects", together.group_count),
    Rule(
        "one_main_park_per_cluster",
        Words("一集群一园区", "one main park per cluster"),
        "m²",
        together.one_main_park_per_cluster,
    ),
    Rule(
        "leading_industries_share",
        Words("主导产业占比", "share of leading industries"),
        "m²",
        together.leading_industries_share,
    ),
    Rule("building_filled", Words("启用厂房最低使用", "least use of a building opened"), "m²", room.building_filled),
    Rule("building_power", Words("厂房供电", "power of a building"), "kVA", room.building_power),
    Rule("lifts", Words("货梯运量", "goods lifts of a building"), "t", room.lifts),
    Rule("building_waste_water", Words("厂房污水", "waste water of a building"), "m³/d", room.building_waste_water),
    Rule("water", Words("园区供水", "water by park and year"), "m³/d", supply.water),
    Rule("waste_water", Words("园区污水", "waste water by park and year"), "m³/d", supply.waste_water),
    Rule("gas", Words("园区供气", "gas by park and year"), "m³/d", supply.gas),
    Rule("land_supply", Words("年度供地", "land supplied in a year"), "m²", supply.land_supply),
    Rule("preparation_budget", Words("整备资金", "preparation budget of a year"), "亿元", supply.preparation_budget),
    Rule("pole_share", Words("园区占比", "share of a park"), "m²", supply.pole_share),
    Rule("housing", Words("职工住房", "housing"), "beds", supply.housing),
    Rule("started_space_target", Words("开工空间目标", "target of started space"), "m²", supply.started_space_target),
    Rule("extra", Words("自定约束", "a planner's own constraint"), "", place.extra),
)
DEFINITIONS: tuple[Rule, ...] = (
    Rule("least_share_taken", Words("每份不小于下限", "no share below the least"), "", place.least_share_taken),
    Rule("one_share_of_a_place", Words("一处只落一份", "one share of a place"), "", place.one_share_of_a_place),
    Rule("both_stand_there", Words("链上两端同园", "both stand there"), "", derived.both_stand_there),
    Rule("credited_in_main_park", Words("计入主园区", "credited in main park"), "m²", derived.credited_in_main_park),
    Rule("one_main_park", Words("主园区至多一个", "one main park at most"), "", derived.one_main_park),
    Rule("rest_usable_or_lost", Words("剩余可用或作废", "rest usable or lost"), "m²", derived.rest_usable_or_lost),
    Rule("lost_with_its_option", Words("随落位损失", "lost with its option"), "m²", derived.lost_with_its_option),
    Rule("filled_between", Words("填充率上下界", "poles filled between"), "", derived.filled_between),
)
"""Rows that say what variables are; they cut off no plan and are always stated."""
GOALS: tuple[Goal, ...] = (
    Goal("tier", Words("项目级别", "tier"), "", goals.tier),
    Goal("investment", Words("投资", "investment"), "亿元", goals.investment),
    Goal("output", Words("年产值", "output"), "亿元", goals.output),
    Goal("tax", Words("年税收", "tax"), "亿元", goals.tax),
    Goal("jobs", Words("就业", "jobs"), "", goals.jobs),
    Goal("rnd", Words("研发投入", "research and development"), "亿元", goals.rnd),
    Goal("fit", Words("产业与园区匹配", "industry–park fit"), "", goals.fit),
    Goal("chain", Words("链上配套", "chain links kept"), "", goals.chain),
    Goal("cluster", Words("集群集聚", "clusters kept together"), "m²", goals.cluster),
    Goal("waited", Words("等待年数", "years waited"), "年", goals.waited),
    Goal("spare_land", Words("多占土地", "spare land"), "m²", goals.spare_land),
    Goal("shape", Words("用地零碎", "straggling plots"), "m²", goals.shape),
    Goal("leftover", Words("零碎剩余", "left over, too small to use"), "m²", goals.leftover),
    Goal("access", Words("交通距离", "way to motorway, metro, port or airport"), "km", goals.access),
    Goal("preparation", Words("整备成本", "preparation cost"), "亿元", goals.preparation),
    Goal("rent", Words("租金", "rent"), "万元", goals.rent),
    Goal("balance", Words("增长极均衡", "balance between growth poles"), "", goals.balance),
    Goal("stability", Words("与原方案一致", "kept where an earlier plan has it"), "", goals.stability),
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
    stated += [definition.rows(case) for definition in DEFINITIONS]
    return assemble([*columns, shortfalls], stated, [*(goal.objective(case) for goal in GOALS), *lost])
