"""The kinds of change that would place a project: one table, read by the search, its words, the tests and the docs.

`KINDS` says what a kind is measured in and how much of it is one step, at whose price kinds compare
(`change_prices` of the scenario). `TARGETS` says which figure has to change for a test of a place to pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from planner.words import Words


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of change.

    Attributes
    ----------
    name : str
        As in the scenario's `change_prices`.
    words : Words
    unit : str
        Of its amounts; empty for what is only counted.
    step : float
        How much of it is one step.
    whole : bool
        Whether it comes in whole numbers only.
    """

    name: str
    words: Words
    unit: str = ""
    step: float = 1.0
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Where the figure stands that a test of a place is about.

    Attributes
    ----------
    kind : str
    layer : str
        Of the territory, or ``parts``, or a key of the scenario that refuses.
    column : str
        Empty for a key of the scenario.
    """

    kind: str
    layer: str
    column: str = ""


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("land", Words("用地", "land"), "ha"),
        Kind("released_land", Words("收回地块", "parcels released"), "", whole=True),
        Kind("floor_space", Words("楼面需求", "floor space asked for"), "m²", 1000),
        Kind("let_space", Words("腾退楼面", "floor space vacated"), "m²", 1000),
        Kind("floor_load", Words("楼面荷载", "floor load"), "kN/m²"),
        Kind("clear_height", Words("净高", "clear height"), "m"),
        Kind("column_grid", Words("柱距", "column grid"), "m"),
        Kind("goods_lift", Words("货梯载重", "goods lift"), "t"),
        Kind("lift_count", Words("货梯", "goods lifts"), "", whole=True),
        Kind("vibration_class", Words("振动等级", "vibration class"), "", whole=True),
        Kind("fire_class", Words("火灾危险性类别", "fire class"), "", whole=True),
        Kind("highest_floor", Words("可上楼层", "highest floor"), "", whole=True),
        Kind("far", Words("容积率", "FAR"), "", 0.5),
        Kind("height_limit", Words("限高", "height limit"), "m", 10),
        Kind("land_class", Words("用地性质", "land class"), "", whole=True),
        Kind("wet_process", Words("湿法工艺准入", "wet processes allowed"), "", whole=True),
        Kind("power", Words("供电", "power"), "kVA", 1000),
        Kind("water", Words("供水", "water"), "m³/d", 1000),
        Kind("waste_water", Words("污水处理", "waste water"), "m³/d", 1000),
        Kind("gas", Words("供气", "gas"), "m³/d", 1000),
        Kind("years", Words("提前年数", "years earlier"), "", whole=True),
        Kind("rent", Words("租金", "rent"), "元/m²·月", 10),
        Kind("budget", Words("整备资金", "budget"), "亿元"),
        Kind("housing", Words("床位", "beds"), "", 100, whole=True),
        Kind("threshold", Words("准入指标", "threshold"), "亿元"),
        Kind("lock", Words("取消锁定", "lock lifted"), "", whole=True),
        Kind("ban", Words("取消排除", "ban lifted"), "", whole=True),
        Kind("reserve", Words("取消预留", "block kept no longer"), "", whole=True),
        Kind("rule", Words("停用约束", "rule switched off"), "", whole=True),
    )
}
"""By name; in the order in which equals are told."""

TARGETS: Mapping[str, Target] = {
    "available": Target("released_land", "parcels", "state"),
    "zoned": Target("land_class", "", "land_class"),
    "floor_load": Target("floor_load", "floors", "load_kn_m2"),
    "clear_height": Target("clear_height", "floors", "clear_height_m"),
    "column_grid": Target("column_grid", "floors", "column_grid_m"),
    "ground_floor": Target("highest_floor", "parts", "accepts"),
    "fire_class": Target("fire_class", "parts", "fire_class"),
    "vibration_class": Target("vibration_class", "floors", "vibration_class"),
    "goods_lift": Target("goods_lift", "buildings", "lift_t"),
    "wet_process": Target("wet_process", "parks", "wet_process"),
    "wanted_years": Target("years", "projects", "year_first"),
    "ready_year": Target("years", "parcels", "ready_year"),
    "delivery_year": Target("years", "buildings", "delivery_year"),
    "rent_ceiling": Target("rent", "buildings", "rent_cny_m2_month"),
    "reserved": Target("reserve", "reserve"),
    "banned": Target("ban", "bans"),
    "locked_elsewhere": Target("lock", "locks"),
}
"""Tests of a place that a change can answer. What the law keeps clear of industry (restrictions, the industrial line,
distances) is none of them; a floor is `available` as soon as what is let there is vacated. ``zoned`` is of the
parcel, or of the building."""

OF_PLOT: Mapping[str, Target] = {
    "area_window": Target("land", "parts", "land_m2"),
    "far_volume": Target("far", "parcels", "far_max"),
    "height": Target("height_limit", "parcels", "height_limit_m"),
    "site_power": Target("power", "parcels", "power_kva"),
    "investment_per_ha": Target("threshold", "projects", "investment_yi"),
    "output_per_ha": Target("threshold", "projects", "output_yi"),
    "tax_per_ha": Target("threshold", "projects", "tax_yi"),
}
"""Tests of a plot as a whole that a change can answer."""

LIMITS: Mapping[str, Target] = {
    "floor": Target("let_space", "floors", "occupied_m2"),
    "building_power": Target("power", "buildings", "power_kva"),
    "lifts": Target("lift_count", "buildings", "lift_count"),
    "building_waste_water": Target("waste_water", "buildings", "waste_water_m3_day"),
    "power": Target("power", "rules", "caps"),
    "water": Target("water", "rules", "caps"),
    "waste_water": Target("waste_water", "rules", "caps"),
    "gas": Target("gas", "rules", "caps"),
    "land_supply": Target("land", "rules", "years"),
    "preparation_budget": Target("budget", "rules", "years"),
    "housing": Target("housing", "rules", "beds"),
}
"""Kinds of use whose limits a change can raise; every other rule can only be switched off."""
RELEASED = ("occupied",)
"""States of parcels that may be put on offer: redevelopment. What is promised, or no industrial land, is not."""
