"""What is asked for: strategic projects, each of one or more parts with their needs.

One table of projects and one of parts. A need that is not given is filled from the project's industry and marked as
such (`Projects.defaulted`); what neither gives stays "not given". It knows nothing of places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from planner.columns import VIBRATION_CLASSES, Column, listed, number, text, whole, yes_no

TIERS = ("战略级", "关键性", "规模级")
FIRE_CLASSES = ("甲", "乙", "丙", "丁", "戊")
LEADER = "链主"
"""Chain role of a project that leads; its suppliers name it."""
FIRST = "production"
"""Name of a project's first part, where it has one of that name: where it stands, the project stands."""
SITE_KINDS = ("P", "G", "L", "U")
LAND_MAX_FACTOR = 1.3
"""Most land a part takes where only the least is given, as a multiple of it (an editable expert default)."""
HIGHEST_FLOOR = {"P": 0, "G": 1, "L": 3, "U": 999}
"""Highest floor a part takes by the kind of site it accepts: own plot only, ground floor, low floors, any floor."""

PROJECT_COLUMNS: tuple[Column, ...] = (
    text("project_id", "项目编号", "project id", required=True),
    text("name", "项目名称", "name", required=True),
    text("firm", "意向单位", "firm"),
    text("industry", "产业", "industry", required=True),
    listed("secondary_industries", "次要产业", "secondary industries"),
    text("cluster", "集群", "cluster"),
    text("tier", "级别", "tier", required=True, allowed=TIERS),
    text("chain_role", "链上角色", "chain role", allowed=(LEADER, "supplier")),
    listed("supplies", "配套链主", "supplies"),
    number("investment_yi", "投资", "investment", "亿元", 0, 1e4),
    number("output_yi", "年产值", "output a year", "亿元", 0, 1e5),
    number("tax_yi", "年税收", "tax a year", "亿元", 0, 1e4),
    whole("jobs", "就业", "jobs", "", 0, 1e6),
    number("rnd_yi", "研发投入", "R&D", "亿元", 0, 1e4),
    whole("year_first", "最早开工年", "first year wanted", "", 1990, 2100, sense="need"),
    whole("year_last", "最晚开工年", "last year wanted", "", 1990, 2100, sense="cap"),
)
PART_COLUMNS: tuple[Column, ...] = (
    text("part", "分项", "part"),
    text("part_industry", "分项产业", "part's industry"),
    listed("accepts", "接受的空间", "accepts", allowed=SITE_KINDS),
    number("land_m2", "用地需求", "land", "m²", 1, 5e7, sense="need"),
    number("land_max_m2", "用地上限", "most land", "m²", 1, 5e7, sense="cap"),
    number("gfa_m2", "建筑面积需求", "floor space", "m²", 1, 5e7, sense="need"),
    number("net_m2", "套内面积需求", "net floor space", "m²", 1, 5e7, sense="need"),
    number("usable_ratio", "使用率", "usable ratio", "", 0.1, 1),
    number("far_min", "容积率下限", "least FAR", "", 0.1, 15, sense="need"),
    number("clear_height_m", "净高需求", "clear height", "m", 1, 60, sense="need"),
    number("load_kn_m2", "荷载需求", "floor load", "kN/m²", 0, 500, sense="need"),
    number("column_grid_m", "柱距需求", "column grid", "m", 1, 60, sense="need"),
    text("vibration_class", "振动等级", "vibration class", allowed=VIBRATION_CLASSES),
    text("fire_class", "生产类别", "fire class", allowed=FIRE_CLASSES),
    number("lift_piece_t", "最重件", "heaviest piece", "t", sense="need"),
    number("lift_flow_t_per_shift", "货运量", "goods a shift", "t", sense="need"),
    number("power_kva", "用电", "power", "kVA", 0, 5e6, sense="need"),
    number("water_m3_day", "用水", "water", "m³/d", sense="need"),
    number("waste_water_m3_day", "污水", "waste water", "m³/d", sense="need"),
    number("gas_m3_day", "用气", "gas", "m³/d", sense="need"),
    yes_no("wet_process", "湿法工艺", "wet process"),
    number("protective_distance_m", "防护距离", "protective distance", "m", 0, 20000, sense="need"),
    listed("land_classes", "可用地类", "land classes"),
    number("rent_max_cny_m2_month", "租金上限", "most rent", "元/m²·月", 0, 1000, sense="cap"),
    whole("buildings_max", "最多分布栋数", "most buildings", "", 1, 4, sense="cap"),
    number("share_min", "最小份额", "least share", "", 0, 1, sense="need"),
    text("note", "备注", "note"),
)
COLUMNS: tuple[Column, ...] = PROJECT_COLUMNS + PART_COLUMNS
"""Columns of a projects table: a row is a part, project columns need only stand on the project's first row."""

DEFAULTED = (
    "land_classes",
    "accepts",
    "load_kn_m2",
    "clear_height_m",
    "column_grid_m",
    "vibration_class",
    "fire_class",
    "wet_process",
    "protective_distance_m",
)
"""Needs an industry's process rule gives where the project does not."""


@dataclass(frozen=True)
class Projects:
    """What is asked for.

    Attributes
    ----------
    projects : DataFrame
        Indexed by project id, columns `PROJECT_COLUMNS`, in canonical order (by identifier).
    parts : DataFrame
        Indexed by part id (``P-017/wet``), columns `PART_COLUMNS` and ``project``, ``industry``.
    files : mapping of str to str
        Every file read, name to SHA-256.
    written : mapping of str to mapping
        Part to column to its figure as the table has it ("45-60 亩"), where that is more than the number kept.
    """

    projects: pd.DataFrame
    parts: pd.DataFrame
    files: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def line_of(industry: str, parents: Mapping[str, str]) -> list[str]:
    """Return an industry and those above it, the nearest first.

    Examples
    --------
    >>> line_of("A03.2", {"A03.2": "A03", "A03": ""}), line_of("", {})
    (['A03.2', 'A03'], [''])
    """
    line = [industry]
    while (parent := parents.get(line[-1], "")) and parent not in line:
        line.append(parent)
    return line


def rule_of_industry(industries: pd.Series, parents: Mapping[str, str], rules: pd.DataFrame) -> pd.Series:
    """Return the row of the process rules that applies to each industry: its own, its parent's, else ``*``.

    Parameters
    ----------
    industries : Series of str
    parents : mapping
        Industry id to parent id.
    rules : DataFrame
        Indexed by industry id, with a row ``*``.

    Returns
    -------
    Series of str
        Label in `rules`, indexed like `industries`.
    """
    known = set(rules.index)

    def nearest(industry: str) -> str:
        seen = industry
        while seen and seen not in known:
            seen = parents.get(seen, "")
        return seen or "*"

    return industries.map({industry: nearest(industry) for industry in industries.unique()})


def first_parts(parts: pd.DataFrame) -> list[str]:
    """Return the first part of each project: its production, else the first by identifier.

    Parameters
    ----------
    parts : DataFrame
        Indexed by part id, with ``project``.

    Examples
    --------
    >>> first_parts(pd.DataFrame({"project": ["P", "P", "Q"]}, index=["P/hq", "P/production", "Q/wet"]))
    ['P/production', 'Q/wet']
    """
    part = parts.index.astype(str)
    later = part.str.rsplit("/", n=1).str[-1] != FIRST
    ranked = pd.DataFrame({"project": parts["project"].to_numpy(dtype=object), "later": later, "part": part})
    return list(ranked.sort_values(["project", "later", "part"]).drop_duplicates("project")["part"])


def with_defaults(asked: Projects, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the parts with every need that their industry can fill.

    Parameters
    ----------
    asked : Projects
    tables : mapping of str to DataFrame
        Reference tables ``industries`` and ``process_rules``.

    Returns
    -------
    DataFrame
        Indexed like ``asked.parts``, same columns with gaps filled, and ``highest_floor`` (int, 0 = own plot only),
        ``takes_plot`` (bool), ``defaulted`` (tuple of str: needs taken from the industry), ``asked_gfa_m2`` (floor
        space; of land alone by the least FAR, else the industry's typical one). ``gfa_m2`` of a part that states its
        net need (套内) alone is by the usable ratio.
    """
    rules = tables["process_rules"].set_index("industry_id")
    industries = tables["industries"]
    parents = {k: v for k, v in zip(industries["industry_id"], industries["parent"], strict=True) if v}
    parts = asked.parts.copy()
    rule = rules.loc[rule_of_industry(parts["industry"], parents, rules)]
    rule.index = parts.index
    filled: dict[str, pd.Series] = {}
    for need in DEFAULTED:
        missing = _not_given(parts[need])
        available = ~_not_given(rule[need])
        filled[need] = missing & available
        parts[need] = parts[need].where(~filled[need], rule[need])
    net = parts["net_m2"].notna()
    filled["usable_ratio"] = net & parts["usable_ratio"].isna() & rule["usable_ratio"].notna()
    parts["usable_ratio"] = parts["usable_ratio"].where(~filled["usable_ratio"], rule["usable_ratio"])
    parts["gfa_m2"] = parts["gfa_m2"].fillna(parts["net_m2"] / parts["usable_ratio"])
    space_m2 = parts["gfa_m2"].fillna(parts["land_m2"] * parts["far_min"].fillna(rule["far_typical"]))
    parts["asked_gfa_m2"] = space_m2.fillna(0.0)
    missing = parts["power_kva"].isna()
    filled["power_kva"] = missing & (space_m2 * rule["power_va_m2"]).notna()
    parts["power_kva"] = parts["power_kva"].where(~missing, space_m2 * rule["power_va_m2"] / 1000)
    filled["land_max_m2"] = parts["land_max_m2"].isna() & parts["land_m2"].notna()
    parts["land_max_m2"] = parts["land_max_m2"].fillna(parts["land_m2"] * LAND_MAX_FACTOR)
    parts["takes_plot"] = [("P" in kinds) for kinds in parts["accepts"]]
    parts["highest_floor"] = [max((HIGHEST_FLOOR[kind] for kind in kinds), default=0) for kinds in parts["accepts"]]
    parts["wet_process"] = parts["wet_process"].map(lambda wet: bool(wet) if pd.notna(wet) else False)
    marks = pd.DataFrame(filled)
    names = np.array(marks.columns, dtype=object)
    parts["defaulted"] = [tuple(names[row]) for row in marks.to_numpy(dtype=bool)]
    return parts


def _not_given(values: pd.Series) -> pd.Series:
    """Return where a column says nothing: missing, empty text or an empty list."""
    return values.isna() | values.map(lambda value: isinstance(value, str | tuple) and len(value) == 0)
