"""What of a scenario may be changed to mend a conflict, and how a change is written: as keys of a scenario, in words.

Each rule has a `Kind`: whether it is lifted or loosened, what a step of it is, and what writes it. Rules that say what
land and floors there are by number of takers have none: no figure of the scenario mends them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.conflict import NAMES, Demand, Posed
from planner.places import one_park
from planner.scenario import Scenario, said
from planner.supply import IN_ALL, UTILITIES, capacities
from planner.territory import Territory
from planner.words import Words

Floats = NDArray[np.float64]
Keys = dict[str, Any]
RAISED = Words("{rule} {key}：{was} → {now}", "{rule} {key}: {was} → {now}")
LIFTED = Words("取消：{demand}", "Drop: {demand}")
FREED = Words("{who} 仍须落位，但不再锁定于 {where}", "{who} is placed, but not necessarily on {where}")
STAYS_OUT = Words("{who} 可以不落位", "{who} may stay out")
SWITCHED_OFF = Words("关闭约束：{rule}", "Switch off the rule: {rule}")


@dataclass(frozen=True, slots=True)
class Pull:
    """A lever used: its rule and key, and each of its demands with what its sum comes to."""

    rule: str
    key: str
    reached: tuple[tuple[Demand, float], ...]


ROUNDING = 1e-6
"""Of the last digit written, how much is taken for none."""
Written = tuple[Keys, list[Words]]
"""Keys of a scenario, and what they change in words."""


@dataclass(frozen=True)
class Kind:
    """How the demands of a rule may be eased.

    Attributes
    ----------
    write : callable
        From the question, its plan and the levers used of one kind to what is to be written.
    step : float
        By how much a step loosens, in the unit of the rule; infinite where a step lifts.
    priced : str
        What a step is of the scenario's `change_prices`.
    alike : bool
        Whether all demands of a lever are loosened by the same amount.
    whole : bool
        Whether that is a whole number.
    of : callable
        The key of the lever of a demand.
    can : callable
        Whether a demand can be eased at all.
    """

    write: Callable[[Posed, Floats, Sequence[Pull]], Written]
    step: float = math.inf
    priced: str = "rule"
    alike: bool = True
    whole: bool = False
    of: Callable[[Posed, Demand], str] = field(default=lambda posed, demand: demand.key)
    can: Callable[[Posed, Demand], bool] = field(default=lambda posed, demand: True)


# Who is placed, and where


def _placing(posed: Posed, _: Floats, pulls: Sequence[Pull]) -> Written:
    """Write locks, `only`, bans and who must be placed, all at once: a lock is an `only` that must be placed."""
    scenario, raw = posed.scenario, said(posed.scenario)
    dropped: dict[str, set[str]] = {rule: set() for rule in ("locks", "only", "bans", "must_place")}
    for pull in pulls:
        dropped[pull.rule].add(pull.key)
    keys: Keys = {"locks": {}, "only": dict.fromkeys(sorted(dropped["only"]))}
    must = [who for who in scenario.must_place if who not in dropped["must_place"]]
    words = [STAYS_OUT.fill(who=who) for who in sorted(dropped["must_place"])]
    for who, place in scenario.locks.items():
        project = who.split("/")[0]
        freed, out = who in dropped["locks"], project in dropped["must_place"]
        if freed or out:
            keys["locks"][who] = None
        if out and not freed:
            keys["only"][who] = raw["locks"][who]
        if freed and not out:
            must += [project] if project not in must else []
            words.append(FREED.fill(who=who, where=", ".join(place.names)))
    if must != list(scenario.must_place):
        keys["must_place"] = must
    if dropped["bans"]:
        keys["bans"] = [ban for number, ban in enumerate(raw["bans"]) if str(number) not in dropped["bans"]]
    for pull in pulls:
        if pull.rule in ("only", "bans"):
            words.append(LIFTED.fill(demand=pull.reached[0][0].words))
    return {key: value for key, value in keys.items() if value != {}}, words


# Figures of the scenario


def _supply(posed: Posed, _: Floats, pulls: Sequence[Pull]) -> Written:
    """Write what parks are supplied with, from the first year that asks for more on."""
    keys: Keys = {}
    words = []
    for pull in pulls:
        scenario, unit = posed.scenario, UTILITIES[pull.rule].unit
        steps = sorted(capacities(pull.rule, posed.ground, scenario).get(pull.key, {}).items())
        reached = sorted((int(demand.key.rpartition(" ")[2]), used) for demand, used in pull.reached)
        new: dict[int, float] = {}
        for year in range(scenario.years[0], scenario.years[1] + 1):
            level = next((most for since, most in reversed(steps) if since <= year), math.inf)
            asked = next((used for until, used in reached if until >= year), 0.0)
            if new or asked > level:
                new[year] = max(level, up(asked))
            if asked > level:
                words.append(_raised(pull.rule, f"{pull.key} {year}", level, new[year], unit))
        table = {str(year): f"{most:.15g} {unit}" for year, most in new.items() if math.isfinite(most)}
        name = named(getattr(scenario.rules, pull.rule).caps, pull.key, posed.ground)
        keys = joined(keys, _ruled(scenario, pull.rule, "caps", {name: table}))
    return keys, words


def _years(posed: Posed, _: Floats, pulls: Sequence[Pull]) -> Written:
    """Write land and money of a year."""
    return _figures(posed, pulls, "years", lambda _posed, key: key)


def _beds(posed: Posed, _: Floats, pulls: Sequence[Pull]) -> Written:
    """Write beds: of parks, and in all."""
    parks = [pull for pull in pulls if pull.key != IN_ALL]
    beds = posed.scenario.rules.housing.beds
    keys, words = _figures(posed, parks, "beds", lambda posed, park: named(beds, park, posed.ground))
    for pull in (pull for pull in pulls if pull.key == IN_ALL):
        (demand, used) = pull.reached[0]
        now = int(up(used))
        keys = joined(keys, {"rules": {"housing": {"beds_in_all": now}}})
        words.append(_raised("housing", "", demand.at_most, now, demand.unit))
    return keys, words


def _figures(posed: Posed, pulls: Sequence[Pull], chief: str, name: Callable[[Posed, str], str]) -> Written:
    keys: Keys = {}
    words = []
    for pull in pulls:
        (demand, used) = pull.reached[0]
        now = up(used, 4 if demand.unit == "亿元" else 0)
        written: object = int(now) if demand.unit == "beds" else f"{now:.15g} {demand.unit}"
        keys = joined(keys, _ruled(posed.scenario, pull.rule, chief, {name(posed, pull.key): written}))
        words.append(_raised(pull.rule, pull.key, demand.at_most, now, demand.unit))
    return keys, words


def _share(posed: Posed, x: Floats, pulls: Sequence[Pull]) -> Written:
    """Write the share of a park that the plan reaches."""
    scenario, case = posed.scenario, posed.case
    space = float((case.options["gfa_m2"].fillna(0.0) * x[posed.stated.model.columns_of("place")]).sum())
    keys: Keys = {}
    words = []
    for pull in pulls:
        park, _, side = pull.key.rpartition(" ")
        name = named(scenario.rules.pole_share.shares, park, posed.ground)
        was = float(getattr(scenario.rules.pole_share.shares[name], side))
        share = was + pull.reached[0][1] / max(space, 1.0)
        now = max(down(100 * share, 2), 0.0) if side == "least" else min(up(100 * share, 2), 100.0)
        keys = joined(keys, _ruled(scenario, "pole_share", "shares", {name: {side: f"{now:.15g} %"}}))
        words.append(_raised("pole_share", pull.key, 100 * was, now, "%"))
    return keys, words


def _target(posed: Posed, _: Floats, pulls: Sequence[Pull]) -> Written:
    """Write a target of started space that can be reached."""
    ((demand, used),) = pulls[0].reached
    was = posed.scenario.rules.started_space_target.target_m2
    now = down(was - (demand.at_least - used))
    return (
        _ruled(posed.scenario, "started_space_target", "target_m2", f"{now:.15g} m²", scalar=True),
        [_raised("started_space_target", "", was, now, "m²")],
    )


# Figures of buildings and floors


def _ground(posed: Posed, _: Floats, pulls: Sequence[Pull]) -> Written:
    """Write changes to floors and buildings."""
    changes, words = [], []
    for pull in pulls:
        for demand, used in pull.reached:
            if used <= demand.at_most:
                continue
            layer, column, now = _column(posed, demand, used)
            was = float(getattr(posed.ground, layer)[column][demand.key])
            changes.append({"set": {"layer": layer, "id": demand.key, column: now}})
            words.append(_raised(pull.rule, f"{demand.key} {column}", was, now, ""))
    return {"changes": changes}, words


def _column(posed: Posed, demand: Demand, used: float) -> tuple[str, str, float]:
    """Return layer and column that a demand's limit stands in, and the figure with which it is kept."""
    if demand.rule == "floor_not_overfilled":
        area = float(posed.ground.floors["area_m2"][demand.key])
        return "floors", "area_m2", up(area + used - demand.at_most)
    if demand.rule == "lifts":
        lift_t = float(posed.ground.buildings["lift_t"][demand.key])
        return "buildings", "lift_count", up(used / (lift_t * posed.scenario.rules.lifts.trips_per_shift))
    column = {"building_power": "power_kva", "building_waste_water": "waste_water_m3_day"}[demand.rule]
    return "buildings", column, up(used)


def _building(posed: Posed, demand: Demand) -> str:
    return str(posed.ground.floors.at[demand.key, "building_id"])


# Rules of several groups, and rules that are switched off


def _groups(posed: Posed, _: Floats, pulls: Sequence[Pull]) -> Written:
    """Write the numbers of groups that the plan places."""
    groups = _listed(posed, "group_count")
    words = []
    for pull in pulls:
        ((demand, used),) = pull.reached
        group = groups[int(pull.key.split(":")[0].removeprefix("group ")) - 1]
        for side, bound in (("at_least", demand.at_least), ("at_most", demand.at_most)):
            if (side == "at_least" and used < bound) or (side == "at_most" and used > bound):
                group[side] = round(used)
                words.append(_raised("group_count", pull.key, bound, round(used), ""))
    return {"rules": {"group_count": {"groups": groups}}}, words


def _apart(posed: Posed, _: Floats, pulls: Sequence[Pull]) -> Written:
    """Write who is still kept apart."""
    gone = {int(pull.key) - 1 for pull in pulls}
    groups = [group for number, group in enumerate(_listed(posed, "kept_apart")) if number not in gone]
    words = [LIFTED.fill(demand=pull.reached[0][0].words) for pull in pulls]
    return {"rules": {"kept_apart": {"groups": groups} if groups else False}}, words


def _listed(posed: Posed, rule: str) -> list[dict[str, Any]]:
    """Return the groups of a rule, as the scenario says them."""
    written = said(posed.scenario)["rules"][rule]
    return [dict(group) for group in (written["groups"] if isinstance(written, Mapping) else written)]


def _off(_posed: Posed, _: Floats, pulls: Sequence[Pull]) -> Written:
    """Switch rules off."""
    return (
        {"rules": {pull.rule: False for pull in pulls}},
        [SWITCHED_OFF.fill(rule=NAMES[pull.rule]) for pull in pulls],
    )


# How it is written


def _ruled(scenario: Scenario, rule: str, chief: str, value: Any, *, scalar: bool = False) -> Keys:
    """Return the chief key of a rule, in the short form where the scenario has that."""
    return {"rules": {rule: value if short(scenario, rule) and not scalar else {chief: value}}}


def short(scenario: Scenario, rule: str) -> bool:
    """Return whether a scenario says a rule in its short form: what its chief key holds, without that key."""
    now = said(scenario).get("rules", {}).get(rule)
    return isinstance(now, Mapping) and not now.keys() <= type(scenario.rules.of(rule)).model_fields.keys()


def named(written: Mapping[str, object], park: str, ground: Territory) -> str:
    """Return the name under which a rule has a park; its identifier where it has none."""
    return next((name for name in written if one_park(name, ground, "") == park), park)


def _raised(rule: str, key: str, was: float, now: float, unit: str) -> Words:
    figures = {name: f"{value:,.6g} {unit}".strip() for name, value in (("was", was), ("now", now))}
    return RAISED.fill(rule=NAMES[rule], key=key, **figures)


def up(value: float, digits: int = 0) -> float:
    """Return a figure rounded up to so many decimals; what is less than a millionth of the last one is none.

    Examples
    --------
    >>> up(24.0000000001, 3), up(1.2341, 3), down(850.0), down(99.9999, 3), down(99.9999999999, 3), down(-1e-14, 3)
    (24.0, 1.235, 850.0, 99.999, 100.0, 0.0)
    """
    return math.ceil(value * 10.0**digits - ROUNDING) / 10.0**digits


def down(value: float, digits: int = 0) -> float:
    """Return a figure rounded down to so many decimals, likewise."""
    return math.floor(value * 10.0**digits + ROUNDING) / 10.0**digits


def joined(keys: Mapping[str, Any], more: Mapping[str, Any]) -> Keys:
    """Return keys of two changes together; lists of changes one after the other.

    Examples
    --------
    >>> joined({"a": {"b": 1}, "changes": [1]}, {"a": {"c": 2}, "changes": [2]})
    {'a': {'b': 1, 'c': 2}, 'changes': [1, 2]}
    >>> joined({}, {})
    {}
    """
    found = dict(keys)
    for key, value in more.items():
        now = found.get(key)
        if isinstance(now, Mapping) and isinstance(value, Mapping):
            found[key] = joined(now, value)
        else:
            found[key] = [*now, *value] if isinstance(now, list) else value
    return found


def can_ease(posed: Posed, demand: Demand) -> bool:
    """Return whether a figure of the scenario eases a demand."""
    return demand.rule in KINDS and KINDS[demand.rule].can(posed, demand)


def _lifted(posed: Posed, demand: Demand) -> bool:
    """Return whether one more lift of a building would carry anything."""
    return bool(posed.ground.buildings["lift_t"][demand.key] > 0)


def _park(_posed: Posed, demand: Demand) -> str:
    return demand.key.rpartition(" ")[0]


def _all_of_it(_posed: Posed, _demand: Demand) -> str:
    return ""


def _numbered(_posed: Posed, demand: Demand) -> str:
    return demand.key.split(":")[0]


KINDS: Mapping[str, Kind] = {
    **{rule: Kind(_placing, priced="lock") for rule in ("locks", "only")},
    "bans": Kind(_placing, priced="ban"),
    "must_place": Kind(_placing),
    **{rule: Kind(_supply, 1000.0, rule, of=_park) for rule in UTILITIES},
    "land_supply": Kind(_years, 10_000.0, "land"),
    "preparation_budget": Kind(_years, 1.0, "budget"),
    "housing": Kind(_beds, 100.0, "housing"),
    "pole_share": Kind(_share, 10_000.0),
    "started_space_target": Kind(_target, 10_000.0),
    "floor_not_overfilled": Kind(_ground, 1000.0, "let_space", alike=False, of=_building),
    "building_power": Kind(_ground, 1000.0, "power"),
    "lifts": Kind(_ground, 100.0, "lift_count", can=_lifted),
    "building_waste_water": Kind(_ground, 1000.0, "waste_water"),
    "group_count": Kind(_groups, 1.0, whole=True),
    "kept_apart": Kind(_apart, of=_numbered),
    **{rule: Kind(_off, of=_all_of_it) for rule in (
        "leader_and_suppliers", "leaders_per_cluster", "parts_together", "one_main_park_per_cluster",
        "leading_industries_share", "building_filled", "extra",
    )},
}  # fmt: skip
"""Rules that a scenario can ease. A step is 1 MVA, 1000 m³/d, 1 ha of land or floor space (0.1 ha of one floor),
1 亿元, 100 beds, 100 t carried in a building or 1000 m³/d of it, one project; or the whole of what is lifted."""
