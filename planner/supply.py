"""What pole, year and purse can bear: chapter 4 of the model, posed as uses under limits.

Power, water, waste water and gas of a park from each start on; land given in a year, money for the year in which land
becomes ready; shares of a park in all that is placed; beds for those who work there; and industrial space under
construction by a year. It knows nothing of solvers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from planner.errors import Fault, ScenarioError, told_or
from planner.limits import joined
from planner.places import one_park
from planner.projects import first_parts
from planner.scenario import Scenario
from planner.territory import Territory
from planner.uses import coded, stacked
from planner.words import Words

NEVER = 0
"""A year before any: what holds until the first year given."""
EVERYWHERE = ""
"""Stands for all parks."""
LAND = ("parcel", "parcel_share")
"""Kinds of use that are land (m²)."""
IN_ALL = "all"
"""Key of the beds in all parks together."""
Stated = tuple[pd.DataFrame, pd.DataFrame]
"""Uses and limits."""
NOTHING = pd.DataFrame(columns=["option", "kind", "key", "amount"])
NONE = (NOTHING, pd.DataFrame(columns=["kind", "key", "at_least", "at_most", "opening_points", "unit"]))
"""No use, no limit."""
NO_SUPPLY = pd.DataFrame(
    {"kind": "", "park": "", "year": 0, "at_most": 0.0, "unit": "", "steps": False}, index=pd.RangeIndex(0)
)
"""Nothing is supplied, as `supplied` returns it."""


@dataclass(frozen=True, slots=True)
class Utility:
    """One thing that parks are supplied with: columns of the supply layer and of parts, and the unit of both."""

    offer: str
    scale: float
    need: str
    unit: str


UTILITIES: Mapping[str, Utility] = {
    "power": Utility("power_mva", 1000.0, "power_kva", "kVA"),
    "water": Utility("water_m3_day", 1.0, "water_m3_day", "m³/d"),
    "waste_water": Utility("waste_water_m3_day", 1.0, "waste_water_m3_day", "m³/d"),
    "gas": Utility("gas_m3_day", 1.0, "gas_m3_day", "m³/d"),
}


@dataclass(frozen=True)
class Bearing:
    """What the rules of this chapter are stated over.

    Attributes
    ----------
    scenario : Scenario
    territory : Territory
        With the scenario's changes.
    projects : DataFrame
        ``jobs``.
    parts : DataFrame
        ``project`` and the needs.
    options : DataFrame
        ``project``, ``part``, ``park``, ``start_year``, ``gfa_m2``.
    uses : DataFrame
        Of places.
    usable_m2 : Series
        Of parcels.
    supplied : DataFrame
        As `supplied` returns it.
    """

    scenario: Scenario
    territory: Territory
    projects: pd.DataFrame
    parts: pd.DataFrame
    options: pd.DataFrame
    uses: pd.DataFrame
    usable_m2: pd.Series
    supplied: pd.DataFrame


# Parks, year by year


def supplied(territory: Territory, scenario: Scenario) -> pd.DataFrame:
    """Return what each park is supplied with, in each year that no later year implies, where the rule holds.

    Where a rule is soft every year counts, because each is missed at a price.

    Columns ``kind`` (a utility), ``park``, ``year``, ``at_most``, ``unit``, ``steps`` (True where a part that waits
    for this year may find more).
    """
    first, last = scenario.years
    years = np.arange(first, last + 1)
    rows = []
    told: list[Fault] = []
    for kind, utility in UTILITIES.items():
        rule = scenario.rules.of(kind)
        held = told_or(told, {}, capacities, kind, territory, scenario) if rule.on else {}
        for park in sorted(held):
            steps = sorted(held[park].items())
            level = np.array([next((most for year, most in reversed(steps) if year <= t), np.inf) for t in years])
            later = np.minimum.accumulate(np.r_[level[1:], np.inf][::-1])[::-1]
            rises = np.r_[False, level[1:] > level[:-1]]
            each = zip(years, level, later, rises, strict=True)
            rows += [
                (kind, park, int(t), most, utility.unit, bool(rise))
                for t, most, implied, rise in each
                if most < implied or rise or (rule.soft is not None and np.isfinite(most))
            ]
    if told:
        raise ScenarioError(told)
    return pd.DataFrame(rows, columns=list(NO_SUPPLY))


def capacities(kind: str, territory: Territory, scenario: Scenario) -> dict[str, dict[int, float]]:
    """Return by park what holds from which year on: the supply layer's figures, then the scenario's."""
    layer, offer = territory.supply.dropna(subset=[UTILITIES[kind].offer]), UTILITIES[kind].offer
    held: dict[str, dict[int, float]] = {}
    for park, year, most in zip(layer["park"], layer["year"], layer[offer] * UTILITIES[kind].scale, strict=True):
        held.setdefault(str(park), {NEVER: 0.0})[int(year)] = most  # nothing before the first year
    caps: Mapping[str, Mapping[int, float]] = getattr(scenario.rules, kind).caps
    told: list[Fault] = []
    for park, steps in caps.items():
        home = told_or(told, "", one_park, park, territory, scenario.where("rules", kind, park))
        kept = {year: most for year, most in held.get(home, {}).items() if year < min(steps)}
        held[home] = {**kept, **steps}
    if told:
        raise ScenarioError(told)
    return held


def waits(parts: pd.DataFrame, supplied: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return the later years that a part may be better off to start in: ``park``, ``year``, ``part``.

    Those in which something that it needs steps up in its park; and, where land is given by the year, any.
    """
    rises = supplied.loc[supplied["steps"], ["kind", "park", "year"]]
    found = [
        rises.loc[rises["kind"] == kind, ["park", "year"]].merge(
            pd.DataFrame({"part": parts.index[parts[utility.need].fillna(0.0) > 0]}), how="cross"
        )
        for kind, utility in UTILITIES.items()
    ]
    if scenario.rules.land_supply.on:
        years = pd.DataFrame({"park": EVERYWHERE, "year": range(scenario.years[0] + 1, scenario.years[1] + 1)})
        found.append(years.merge(pd.DataFrame({"part": parts.index[parts["takes_parcel"]]}), how="cross"))
    return pd.concat(found, ignore_index=True).drop_duplicates()


# Uses and limits


def stated(posed: Bearing) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the uses and the limits of the rules of this chapter that hold.

    Raises
    ------
    ScenarioError
        A year outside the horizon; a park that does not exist.
    """
    rules = posed.scenario.rules
    told: list[Fault] = []
    told_or(told, None, _within_horizon, posed.scenario)
    made = [_drawn(posed)]
    for name, pose in (
        ("land_supply", _land),
        ("preparation_budget", _budget),
        ("pole_share", _shares),
        ("housing", _housing),
        ("started_space_target", _target),
    ):
        made += told_or(told, [NONE], _listed, pose, posed) if rules.of(name).on else []
    if told:
        raise ScenarioError(told)
    return stacked([uses for uses, _ in made]), joined([limits for _, limits in made])


def _listed(pose: Callable[[Bearing], Iterator[Stated]], posed: Bearing) -> list[Stated]:
    return list(pose(posed))


def _within_horizon(scenario: Scenario) -> None:
    """Raise where a rule by the year names years outside the horizon."""
    first, last = scenario.years
    rules = scenario.rules
    by_year = {"land_supply": rules.land_supply.years, "preparation_budget": rules.preparation_budget.years}
    named = [
        (year, scenario.where("rules", name, str(year)))
        for name, years in by_year.items()
        if rules.of(name).on
        for year in years
    ]
    if rules.started_space_target.on and rules.started_space_target.by is not None:
        named.append((rules.started_space_target.by, scenario.where("rules", "started_space_target", "by")))
    faults = [
        Fault(
            where,
            "",
            Words("{year} 年不在规划年限 {first}–{last} 内", "{year} is outside the horizon {first} to {last}").fill(
                year=year, first=first, last=last
            ),
            Words("删去该年，或改 years", "Leave the year out, or change `years`"),
        )
        for year, where in named
        if not first <= year <= last
    ]
    if faults:
        raise ScenarioError(faults)


def _drawn(posed: Bearing) -> Stated:
    """Return what each option draws in each year that bounds its park."""
    made = [NOTHING]
    start, of = posed.options["start_year"].to_numpy(), posed.parts.index.get_indexer(pd.Index(posed.options["part"]))
    supplies = posed.supplied.assign(key=posed.supplied["park"] + " " + posed.supplied["year"].astype(str))
    home, parks = pd.factorize(posed.options["park"])
    for kind, utility in UTILITIES.items():
        bound = supplies[supplies["kind"] == kind]
        need = posed.parts[utility.need].fillna(0.0).to_numpy(dtype=float)[of]
        amount = need * (posed.scenario.rules.simultaneity if kind == "power" else 1.0)
        park, year = parks.get_indexer(pd.Index(bound["park"])), bound["year"].to_numpy()
        row, option = np.nonzero((park[:, None] == home) & (year[:, None] >= start) & (amount > 0))
        drawn = {"option": option, "kind": kind, "key": coded(bound["key"], row), "amount": amount[option]}
        made.append(pd.DataFrame(drawn))
    return stacked(made), supplies[["kind", "key", "at_most", "unit"]]


def _taken(posed: Bearing) -> pd.DataFrame:
    """Return the land each option takes: ``option``, ``key`` (parcel), ``amount`` (m²)."""
    return posed.uses.loc[posed.uses["kind"].isin(LAND), ["option", "key", "amount"]]


def _by_year(kind: str, use: pd.DataFrame, most: Mapping[int, float], unit: str) -> Iterator[Stated]:
    """Yield uses (``option``, ``year``, ``amount``) under what each year has; years that are not named do not bind."""
    use = use[use["year"].isin(list(most)) & (use["amount"] > 0)]
    total = use.groupby(["option", "year"])["amount"].sum().reset_index()
    yield (
        total.assign(kind=kind, key=total["year"].astype(np.int64).astype(str))[["option", "kind", "key", "amount"]],
        pd.DataFrame({"kind": kind, "key": [str(year) for year in most], "at_most": list(most.values()), "unit": unit}),
    )


def _land(posed: Bearing) -> Iterator[Stated]:
    """Yield the land that projects start on in each year."""
    use = _taken(posed)
    start = posed.options["start_year"].to_numpy()[use["option"].to_numpy(dtype=np.int64)]
    return _by_year("land_supply", use.assign(year=start), posed.scenario.rules.land_supply.years, "m²")


def _budget(posed: Bearing) -> Iterator[Stated]:
    """Yield what the land taken costs to prepare, in the year in which it is ready; of a piece its share by area."""
    use = _taken(posed)
    parcels = posed.territory.parcels
    asked = (posed.usable_m2, parcels["preparation_cost_yi"].fillna(0.0), parcels["ready_year"])
    usable_m2, cost_yi, year = (use["key"].map(of).to_numpy(dtype=float) for of in asked)
    ready = use.assign(year=year, amount=use["amount"].to_numpy(dtype=float) / usable_m2 * cost_yi)
    return _by_year("preparation_budget", ready, posed.scenario.rules.preparation_budget.years, "亿元")


def _shares(posed: Bearing) -> Iterator[Stated]:
    """Yield for each park with a share: its floor space less that share of all, which is at least or at most 0."""
    space = posed.options["gfa_m2"].fillna(0.0).to_numpy(dtype=float)
    for park, share in posed.scenario.rules.pole_share.shares.items():
        home = one_park(park, posed.territory, posed.scenario.where("rules", "pole_share", park))
        there = (posed.options["park"] == home).to_numpy(dtype=float)
        for side, asked in (("least", share.least), ("most", share.most)):
            if asked is None:
                continue
            key, amount = f"{home} {side}", space * (there - asked)
            option = np.flatnonzero(amount)
            bound = {"at_least": 0.0} if side == "least" else {"at_most": 0.0}
            yield (
                pd.DataFrame({"option": option, "kind": "pole_share", "key": key, "amount": amount[option]}),
                pd.DataFrame([{"kind": "pole_share", "key": key, **bound, "unit": "m²"}]),
            )


def _housing(posed: Bearing) -> Iterator[Stated]:
    """Yield the beds that each project needs where its first part is, and in all."""
    rule = posed.scenario.rules.housing
    first = posed.options["part"].isin(first_parts(posed.parts)).to_numpy()
    jobs = posed.options["project"].map(posed.projects["jobs"]).fillna(0.0).to_numpy(dtype=float)
    beds = np.where(first, jobs * rule.jobs_housed, 0.0)
    where = posed.scenario.where
    most: dict[str, int] = {
        one_park(park, posed.territory, where("rules", "housing", park)): count for park, count in rule.beds.items()
    }
    if rule.beds_in_all is not None:
        most[IN_ALL] = rule.beds_in_all
    for key, count in most.items():
        option = np.flatnonzero((beds > 0) & ((key == IN_ALL) | (posed.options["park"] == key).to_numpy()))
        yield (
            pd.DataFrame({"option": option, "kind": "housing", "key": key, "amount": beds[option]}),
            pd.DataFrame([{"kind": "housing", "key": key, "at_most": float(count), "unit": "beds"}]),
        )


# Industrial space under construction


def _target(posed: Bearing) -> Iterator[Stated]:
    """Yield what each planned building adds when it is opened, and what is missing without any."""
    buildings = started_buildings(posed.territory, posed.scenario)
    rule = posed.scenario.rules.started_space_target
    planned = buildings[buildings["stage"] == "planned"]
    missing = rule.target_m2 - float(buildings.loc[buildings["stage"] != "planned", "gfa_m2"].sum())
    adds = pd.DataFrame({"kind": "started_space", "key": planned.index, "at_most": planned["gfa_m2"], "unit": "m²"})
    year = str(rule.by or posed.scenario.years[1])
    asked: dict[str, Any] = {"kind": "started_space_target", "key": year, "at_least": missing, "unit": "m²"}
    yield NOTHING, adds
    yield NOTHING, pd.DataFrame([asked])


def started_buildings(territory: Territory, scenario: Scenario) -> pd.DataFrame:
    """Return the buildings that are started by the year asked, planned ones if they are opened.

    A planned building is started `years_to_build` before its delivery; one without delivery year counts for nothing.

    Returns
    -------
    DataFrame
        Indexed by building: ``stage``, ``source``, ``park``, ``gfa_m2``, ``let_m2``, ``committed_m2``.
    """
    rule = scenario.rules.started_space_target
    buildings, floors = territory.buildings, territory.floors
    by = rule.by or scenario.years[1]
    starts = buildings["delivery_year"] - rule.years_to_build
    counts = (buildings["stage"] != "planned") | (starts <= by)
    taken = floors["occupied_m2"].fillna(0.0)
    committed = floors["occupied_as"] == "committed"
    figures = pd.DataFrame(
        {
            "gfa_m2": floors["area_m2"],
            "let_m2": taken.where(~committed, 0.0),
            "committed_m2": taken.where(committed, 0.0),
        }
    )
    sums = figures.groupby(floors["building_id"]).sum()
    frame = pd.DataFrame(
        {"stage": buildings["stage"], "source": buildings["supply_source"], "park": buildings["home_park"]}
    )
    found: pd.DataFrame = frame[counts].join(sums.reindex(frame.index, fill_value=0.0))
    return found


def started_space(
    territory: Territory, scenario: Scenario, opened: Sequence[str], placed_m2: Mapping[str, float]
) -> dict[str, Any] | None:
    """Return how far a plan comes towards the target of started space; None where there is none.

    Parameters
    ----------
    territory : Territory
        With the scenario's changes.
    scenario : Scenario
    opened : sequence of str
        Planned buildings that the plan opens.
    placed_m2 : mapping of str to float
        What the plan takes of each floor.

    Returns
    -------
    dict or None
        ``by``, ``target_m2``, ``started_m2``, ``missing_m2``, ``land_ha`` (land for what is missing, by FAR), and
        ``rows`` by source, stage and park: ``gfa_m2``, of which ``let_m2``, ``committed_m2``, ``placed_m2`` by the
        plan and ``vacant_m2``.
    """
    rule = scenario.rules.started_space_target
    if not rule.on:
        return None
    buildings = started_buildings(territory, scenario)
    buildings = buildings[(buildings["stage"] != "planned") | buildings.index.isin(opened)]
    placed = pd.Series(placed_m2, dtype=float).groupby(territory.floors["building_id"]).sum()
    buildings["placed_m2"] = placed.reindex(buildings.index).fillna(0.0)
    buildings["vacant_m2"] = buildings["gfa_m2"] - buildings[["let_m2", "committed_m2", "placed_m2"]].sum(axis=1)
    started_m2 = float(buildings["gfa_m2"].sum())
    missing_m2 = max(rule.target_m2 - started_m2, 0.0)
    return {
        "by": rule.by or scenario.years[1],
        "target_m2": rule.target_m2,
        "started_m2": started_m2,
        "missing_m2": missing_m2,
        "land_ha": {f"{far:g}": missing_m2 / far / 10_000 for far in rule.fars},
        "rows": buildings.groupby(["source", "stage", "park"]).sum().reset_index().to_dict("records"),
    }
