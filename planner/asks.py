"""What a scenario asks of parts and places: windows of years, locks, bans, blocks kept back.

Needs, filled and ready for the tests of local fit; and where the scenario itself refuses. It knows nothing of options.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.changes import changed_projects
from planner.errors import Fault, ScenarioError
from planner.places import Offers, find, fire_severity, largest_block, one_park, parcels_named, vibration_um_s
from planner.projects import Projects, with_defaults
from planner.scenario import Place, Scenario
from planner.territory import Territory
from planner.thresholds import per_part
from planner.words import Words

Flags = NDArray[np.bool_]
MOST = 0.5
"""Inside a line is what lies in it by more than half, as a place is at home in the park that holds most of it."""
NEVER = 9999
"""A last year for projects that name none: whatever the horizon allows."""
KEPT = Words("已为“{name}”预留", "are kept for {name} already")
KEEP_ONCE = Words("一宗地块只为一个级别预留", "Keep each parcel for one tier")


def asked(projects: Projects, territory: Territory, scenario: Scenario) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return projects with their window of years, and parts with every need the tests ask about.

    Both as the scenario changes them.
    """
    projects = changed_projects(projects, scenario, territory.tables)
    first, last = scenario.years
    frame = projects.projects.copy()
    frame["first"] = frame["year_first"].fillna(first).clip(lower=first)
    frame["last"] = frame["year_last"].fillna(NEVER).clip(upper=last)
    frame["horizon_last"] = last
    parts = with_defaults(projects, territory.tables)
    names = (
        [*(name.split("/")[0] for name in scenario.locks), *scenario.must_place] if scenario.rules.must_place.on else []
    )
    frame["must_place"] = frame.index.isin(names)
    for column in ("first", "last", "tier"):
        parts[column] = parts["project"].map(frame[column])
    if "net_need" in scenario.tests.off:  # floors are then asked for the floor space that the need usually comes to
        parts["net_m2"] = np.nan
    parts["takes_parcel"] = parts["takes_plot"] & parts["land_m2"].notna()
    parts["takes_floor"] = (parts["highest_floor"] > 0) & parts["gfa_m2"].notna()
    parts["some_land_m2"] = 1.0
    parts["fire_severity"] = fire_severity(territory, parts["fire_class"])
    parts["vibration_um_s"] = vibration_um_s(territory, parts["vibration_class"])
    parts["metro_distance_m"] = _metro_distance_m(territory, parts["vibration_class"])
    parts["inside_line"] = np.where(_in_line(territory, parts["land_classes"]), MOST, np.nan)
    parts = parts.join(per_part(parts, frame, territory))
    return frame, named(parts, scenario)


def _metro_distance_m(territory: Territory, classes: pd.Series) -> pd.Series:
    """Return how far from metro lines each vibration class must be (m; NaN where it need not)."""
    table = territory.tables["vibration_classes"].set_index("vibration_class")
    return classes.map(table["metro_distance_m"]).astype(float)


def _in_line(territory: Territory, land_classes: pd.Series) -> Flags:
    """Return which parts are industrial: one of their land classes is one that belongs inside the industrial line."""
    kinds = territory.tables["restriction_kinds"]
    inside = {name for names in kinds.loc[kinds["test"] == "industrial_line", "land_classes"] for name in names}
    return np.array([not inside.isdisjoint(names) for names in land_classes], dtype=bool)


def named(parts: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return parts with the places that a scenario locks them to and bans them from, as text."""
    return parts.assign(
        locked_to=_named(parts, {**scenario.only, **scenario.locks}),
        banned_from=_named(parts, {ban.project: ban.place for ban in scenario.bans}),
    )


def _named(parts: pd.DataFrame, places: Mapping[str, Place]) -> pd.Series:
    """Return the place a scenario names for each part, as text; empty for none."""
    said = {name: ", ".join(place.names) for name, place in places.items()}
    pairs = zip(parts.index, parts["project"], strict=True)
    return pd.Series([said.get(str(part), said.get(str(project), "")) for part, project in pairs], parts.index)


def rows_of(name: str, parts: pd.DataFrame, where: str) -> Flags:
    """Return which parts a project or part id of a scenario means."""
    hit = (parts.index.to_numpy(dtype=object) == name) | (parts["project"].to_numpy(dtype=object) == name)
    if not hit.any():
        raise ScenarioError(
            Fault(where, "", Words("没有项目或分项“{name}”", "there is no project or part {name!r}").fill(name=name),
                  Words("请核对项目表中的编号", "Check the identifiers of the projects table"))
        )  # fmt: skip
    return np.asarray(hit, dtype=bool)


def marks(
    parts: pd.DataFrame, offered: Offers, territory: Territory, scenario: Scenario
) -> dict[str, dict[str, Flags]]:
    """Return where bans and locks refuse: test to kind of place to flags of shape (n_parts, n_places)."""
    frames = {"parcel": offered.parcels, "floor": offered.floors}
    found = {
        test: {kind: np.zeros((len(parts), len(frame)), dtype=bool) for kind, frame in frames.items()}
        for test in ("banned", "locked_elsewhere")
    }
    faults: list[Fault] = []
    named: list[tuple[str, str, str | int, str, Place]] = [
        *(("locked_elsewhere", "locks", name, name, place) for name, place in scenario.locks.items()),
        *(("locked_elsewhere", "only", name, name, place) for name, place in scenario.only.items()),
        *(("banned", "bans", k, ban.project, ban.place) for k, ban in enumerate(scenario.bans)),
    ]
    for test, key, step, name, place in named:
        where = scenario.where(key, step)
        try:
            rows = rows_of(name, parts, where)
            there = find(place, territory, offered, where)
        except ScenarioError as error:
            faults.extend(error.faults)
            continue
        for kind, frame in frames.items():
            inside = frame.index.isin(there)
            found[test][kind] |= rows[:, None] & (inside if test == "banned" else ~inside)[None, :]
    for name in scenario.must_place:
        try:
            rows_of(name, parts, scenario.where("must_place"))
        except ScenarioError as error:
            faults.extend(error.faults)
    if faults:
        raise ScenarioError(faults)
    return found


def reserved(offered: Offers, territory: Territory, scenario: Scenario) -> Offers:
    """Return the offers with blocks kept back for one tier marked as such.

    Raises
    ------
    ScenarioError
        All tiers, parks and parcels that do not exist; parcels kept for two tiers.
    """
    parcels = offered.parcels.copy()
    tiers = list(map(str, territory.tables["tiers"]["tier"]))
    faults: list[Fault] = []
    for index, reserve in enumerate(scenario.reserve):
        where = scenario.where("reserve", index)
        if reserve.for_tier not in tiers:
            rule = Words("没有级别“{name}”", "there is no tier {name!r}").fill(name=reserve.for_tier)
            known = Words("可用：{known}", "Tiers: {known}").fill(known=", ".join(tiers))
            faults.append(Fault(scenario.where("reserve", index, "for"), "", rule, known))
        try:
            if reserve.block:
                block = parcels_named(reserve.block, territory, where)
            else:
                park = None if reserve.park is None else one_park(reserve.park, territory, f"{where}.park")
                block = largest_block(offered, park)
        except ScenarioError as error:
            faults += error.faults
            continue
        kept = parcels.loc[parcels.index.isin(block), "reserved_for"]
        others = kept[~kept.isin(["", reserve.for_tier])]
        if len(others):
            rule = KEPT.fill(name=", ".join(sorted(set(others))))
            faults.append(Fault(where, "", rule, KEEP_ONCE, tuple(map(str, others.index))))
        parcels.loc[parcels.index.isin(block), "reserved_for"] = reserve.for_tier
    if faults:
        raise ScenarioError(faults)
    return replace(offered, parcels=parcels)
