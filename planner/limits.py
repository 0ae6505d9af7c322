"""What bounds the uses of a case: land, floors, power by park and year, and what opening a building costs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.places import Offers, one_park
from planner.scenario import Scenario
from planner.territory import Territory

COLUMNS = ("kind", "key", "at_least", "at_most", "opening_points", "unit")

NEVER = 0
"""A year before any: what holds until the first year given."""


def power_limits(territory: Territory, scenario: Scenario) -> pd.DataFrame:
    """Return the power of each park in each year that no later year implies (kVA), and the years it steps up.

    Where the rule is soft every year counts, because each is missed at a price.

    Columns ``park``, ``year``, ``kva``, ``steps`` (True where a part that waits for this year may find more power).
    """
    first, last = scenario.years
    soft = scenario.rules.power.soft is not None
    years = np.arange(first, last + 1)
    supply = territory.supply.dropna(subset=["power_mva"])
    held: dict[str, dict[int, float]] = {}
    for park, year, mva in zip(supply["park"], supply["year"], supply["power_mva"], strict=True):
        held.setdefault(str(park), {NEVER: 0.0})[int(year)] = mva * 1000  # nothing before the first year given
    for park, caps in scenario.rules.power.caps.items():
        home = one_park(park, territory, scenario.where("rules", "power", park))
        start = min(caps)
        kept = {year: kva for year, kva in held.get(home, {}).items() if year < start}
        held[home] = {**kept, **caps}
    rows = []
    for park in sorted(held):
        steps = sorted(held[park].items())
        level = np.array([next((kva for year, kva in reversed(steps) if year <= t), np.inf) for t in years])
        later = np.minimum.accumulate(np.r_[level[1:], np.inf][::-1])[::-1]
        rises = np.r_[False, level[1:] > level[:-1]]
        each = zip(years, level, later, rises, strict=True)
        rows += [
            (park, int(t), kva, bool(rise))
            for t, kva, implied, rise in each
            if kva < implied or rise or (soft and np.isfinite(kva))
        ]
    return pd.DataFrame(rows, columns=["park", "year", "kva", "steps"])


def power_uses(options: pd.DataFrame, parts: pd.DataFrame, power: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return what each option draws in each year that bounds its park."""
    kva = options["part"].map(parts["power_kva"]).fillna(0.0).to_numpy(dtype=float) * scenario.rules.simultaneity
    frame = pd.DataFrame(
        {"option": np.arange(len(options)), "park": options["park"], "start": options["start_year"], "amount": kva}
    )
    drawn = frame[frame["amount"] > 0].merge(power, on="park")
    drawn = drawn[drawn["start"] <= drawn["year"]]
    return pd.DataFrame(
        {
            "option": drawn["option"],
            "kind": "power",
            "key": drawn["park"] + " " + drawn["year"].astype(str),
            "amount": drawn["amount"],
        }
    )


def building_uses(uses: pd.DataFrame, offered: Offers, limits: pd.DataFrame) -> pd.DataFrame:
    """Return the buildings each option opens, where opening costs points."""
    costly = set(limits.loc[limits["kind"] == "building", "key"])
    floors = uses[uses["kind"] == "floor"]
    building = floors["key"].map(offered.floors["building"])
    found = floors.assign(kind="building", key=building)[building.isin(costly).to_numpy()]
    return found.groupby(["option", "kind", "key"])["amount"].sum().reset_index()


def limits(offered: Offers, power: pd.DataFrame, territory: Territory, opening_points: float) -> pd.DataFrame:
    """Return what bounds the uses: parcels, shares and ends of them, floors, power; and what opening costs."""
    parcels, floors = offered.parcels[offered.parcels["available"]], offered.floors[offered.floors["available"]]
    planned = territory.buildings.index[territory.buildings["stage"] == "planned"] if opening_points else []
    kind = np.where(parcels["shared"], "parcel_share", "parcel")
    cut = parcels.index[parcels["shared"] & parcels["divisible"]].to_numpy(dtype=object)
    frames = [
        pd.DataFrame({"kind": kind, "key": parcels.index, "at_most": parcels["usable_m2"].to_numpy(), "unit": "m²"}),
        *(pd.DataFrame({"kind": "cut_end", "key": cut + f" end {end}", "at_most": 1.0}) for end in (1, 2)),
        pd.DataFrame({"kind": "floor", "key": floors.index, "at_most": floors["free_m2"].to_numpy(), "unit": "m²"}),
        pd.DataFrame(
            {
                "kind": "power",
                "key": power["park"] + " " + power["year"].astype(str),
                "at_most": power["kva"],
                "unit": "kVA",
            }
        ),
        pd.DataFrame({"kind": "building", "key": planned, "opening_points": opening_points}),
    ]
    frame = pd.concat([frame for frame in frames if len(frame)], ignore_index=True).reindex(columns=list(COLUMNS))
    frame["opening_points"] = frame["opening_points"].fillna(0.0)
    frame["unit"] = frame["unit"].fillna("")
    return frame
