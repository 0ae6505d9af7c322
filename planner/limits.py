"""What bounds the uses of places: land, floors, what buildings bear, and what opening them costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from planner.places import Offers
from planner.scenario import Scenario
from planner.territory import Territory
from planner.uses import stacked

COLUMNS = ("kind", "key", "at_least", "at_most", "opening_points", "unit")

PLACES = {
    "parcel": "parcel_used_once",
    "parcel_share": "parcel_not_overfilled",
    "cut_end": "cut_end_used_once",
    "floor": "floor_not_overfilled",
}
"""The rule about each kind of use that takes a place from others; any other kind is called like its rule."""
LOADS = {
    "building_power": ("power_kva", "kVA"),
    "lifts": ("lift_flow_t_per_shift", "t"),
    "building_waste_water": ("waste_water_m3_day", "m³/d"),
}
"""What parts ask of the building they are in: kind of use to the need, and its unit."""


def building_loads(
    uses: pd.DataFrame, options: pd.DataFrame, parts: pd.DataFrame, offered: Offers, ground: Territory, asked: Scenario
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what each option asks of its buildings, and what these bear, of the rules that hold.

    A part in several buildings asks each for its share by floor area. A building whose figure is not given bears all.
    """
    rules, buildings = asked.rules, ground.buildings
    bears = {
        "building_power": buildings["power_kva"],
        "lifts": buildings["lift_count"] * buildings["lift_t"] * rules.lifts.trips_per_shift,
        "building_waste_water": buildings["waste_water_m3_day"],
    }
    floors = uses[uses["kind"] == "floor"]
    in_one = floors.groupby(["option", floors["key"].map(offered.floors["building"]).rename("key")])["amount"].sum()
    share = (in_one / in_one.groupby("option").transform("sum")).reset_index()
    part = options["part"].to_numpy(dtype=object)[share["option"].to_numpy(dtype=np.int64)]
    made_uses, made_limits = [share.iloc[:0].assign(kind="")], [pd.DataFrame(columns=list(COLUMNS))]
    for kind, (need, unit) in LOADS.items():
        if not rules.of(kind).on:
            continue
        most = bears[kind].dropna()
        factor = rules.simultaneity if kind == "building_power" else 1.0
        asks = pd.Series(part).map(parts[need]).fillna(0.0).to_numpy(dtype=float) * factor
        use = share.assign(kind=kind, amount=share["amount"] * asks)
        made_uses.append(use[(asks > 0) & share["key"].isin(most.index)])
        made_limits.append(pd.DataFrame({"kind": kind, "key": most.index, "at_most": most.to_numpy(), "unit": unit}))
    return stacked(made_uses), joined(made_limits)


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return all rows of some frames, those without rows aside."""
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def building_uses(uses: pd.DataFrame, offered: Offers, limits: pd.DataFrame) -> pd.DataFrame:
    """Return what each option takes of the buildings it opens, where opening matters."""
    costly = set(limits.loc[limits["kind"] == "building", "key"])
    floors = uses[uses["kind"] == "floor"]
    building = floors["key"].map(offered.floors["building"])
    found = floors.assign(kind="building", key=building)[building.isin(costly).to_numpy()]
    return found.groupby(["option", "kind", "key"])["amount"].sum().reset_index()


def limits(offered: Offers, territory: Territory, scenario: Scenario, opening_points: float) -> pd.DataFrame:
    """Return what bounds the uses of places: parcels, shares and ends of them, floors; and what opening takes."""
    parcels, floors = offered.parcels[offered.parcels["available"]], offered.floors[offered.floors["available"]]
    kind = np.where(parcels["shared"], "parcel_share", "parcel")
    cut = parcels.index[parcels["shared"] & parcels["divisible"]].to_numpy(dtype=object)
    frames = [
        pd.DataFrame({"kind": kind, "key": parcels.index, "at_most": parcels["usable_m2"].to_numpy(), "unit": "m²"}),
        *(pd.DataFrame({"kind": "cut_end", "key": cut + f" end {end}", "at_most": 1.0}) for end in (1, 2)),
        pd.DataFrame({"kind": "floor", "key": floors.index, "at_most": floors["free_m2"].to_numpy(), "unit": "m²"}),
        _openings(offered, territory, scenario, opening_points),
    ]
    return joined(frames)


def _openings(offered: Offers, territory: Territory, scenario: Scenario, opening_points: float) -> pd.DataFrame:
    """Return the planned buildings, where whether they are opened matters."""
    rules = scenario.rules
    if not (opening_points or rules.building_filled.on or rules.started_space_target.on):
        return pd.DataFrame(columns=list(COLUMNS))
    planned = territory.buildings.index[territory.buildings["stage"] == "planned"]
    free = offered.floors.groupby("building")["free_m2"].sum().reindex(planned, fill_value=0.0)
    least = free.to_numpy() * rules.building_filled.least if rules.building_filled.on else np.nan
    opens = {"at_least": least, "opening_points": opening_points, "unit": "m²"}
    return pd.DataFrame({"kind": "building", "key": planned, **opens})


def bounded(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return all limits, in the columns of a case."""
    frame = joined(frames).reindex(columns=list(COLUMNS))
    frame["opening_points"] = frame["opening_points"].astype(float).fillna(0.0)
    frame[["at_least", "at_most"]] = frame[["at_least", "at_most"]].astype(float)
    frame["unit"] = frame["unit"].fillna("")
    return frame
