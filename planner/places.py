"""Places and what they offer: parcels and floors of a territory, side by side for the tests of local fit.

A place that a scenario names (a park, a building, a floor, parcels) is resolved here. It knows nothing of projects.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.errors import Fault, ScenarioError
from planner.memory import Memory
from planner.quantities import nearest_known
from planner.restrictions import flags, height_limits, nearest_m, restricted, share_inside
from planner.scenario import Place
from planner.territory import ON_OFFER, Territory, contiguity, usable
from planner.words import Words

Flags = NDArray[np.bool_]
COMPARTMENTS = (
    "compartment_single_m2", "compartment_multi_m2", "compartment_highrise_m2", "highrise_m", "sprinkler_factor"
)  # fmt: skip
"""What the table of fire classes says of fire compartments."""


@dataclass(frozen=True)
class Offers:
    """What every place offers.

    Attributes
    ----------
    parcels : GeoDataFrame
        Indexed by parcel: geometry (usable piece), ``state``, ``available``, ``park`` (home), ``zones``,
        ``land_class``, ``usable_m2``, ``far_volume_m2``, ``coverage_m2``, ``height_limit_m``, ``ready_year``,
        ``wet_ok``, ``inside_line``, ``sensitive_m``, ``metro_m``, ``power_kva``, ``divisible``, ``joint``,
        ``reserved_for``, ``flags`` (kinds of restriction that reach the piece).
    floors : DataFrame
        Indexed by floor: ``building``, ``complex``, ``floor``, ``state``, ``available``, ``park``, ``zones``,
        ``land_class``, ``free_m2``, ``whole``, ``unit_min_m2``, ``usable_ratio``, ``load_kn_m2``, ``clear_height_m``,
        ``fire_severity``, ``ready_year``, ``wet_ok``, ``reserved_for``, ``flags``, ``outside``, ``inside_line``,
        ``sensitive_m``, ``metro_m``, ``lift_t``, ``rent_cny_m2_month`` (of the building), ``column_grid_m``,
        ``vibration_class``, ``vibration_um_s``, ``compartment_m2`` (largest fire compartment).
    pairs : DataFrame
        Neighbouring parcels on offer: ``a``, ``b``, ``gap_m``, ``facing_m``.
    """

    parcels: gpd.GeoDataFrame
    floors: pd.DataFrame
    pairs: pd.DataFrame


_OFFERS = Memory[Offers](2)


def offers(territory: Territory, street_gap_m: float, facing_m: float) -> Offers:
    """Return what every parcel and every floor of a territory offers; of the same territory, the same value.

    Parameters
    ----------
    territory : Territory
        With the scenario's changes applied.
    street_gap_m, facing_m : float
        When two plots are neighbours, see `territory.contiguity`.
    """
    return _OFFERS.of(territory, (street_gap_m, facing_m), lambda: _offers(territory, street_gap_m, facing_m))


def _offers(territory: Territory, street_gap_m: float, facing_m: float) -> Offers:
    parcels = _parcels(territory)
    on_offer = parcels[parcels["available"] & (parcels["usable_m2"] > 0)]
    return Offers(parcels, _floors(territory), contiguity(on_offer, street_gap_m, facing_m))


def _parcels(territory: Territory) -> gpd.GeoDataFrame:
    given = territory.parcels
    left = usable(given, restricted(territory, "forbids"))
    frame = gpd.GeoDataFrame(
        {
            "kind": "parcel",
            "state": given["state"],
            "available": given["state"].isin(ON_OFFER) & given["ready_year"].notna(),
            "park": given["home_park"],
            "zones": given["zones"],
            "land_class": given["land_class"],
            "usable_m2": left["usable_m2"],
            "far_volume_m2": left["usable_m2"] * given["far_max"],
            "coverage_m2": left["usable_m2"] * given["coverage_max"],
            "height_limit_m": np.fmin(given["height_limit_m"], height_limits(territory, left)),
            "ready_year": given["ready_year"],
            "divisible": given["divisible"].eq(True),
            "joint": given["joint"].eq(True),
            "power_kva": given["power_kva"],
            "reserved_for": "",
            "flags": flags(territory, left),
        },
        geometry=left.geometry,
        crs=given.crs,
    )
    frame["wet_ok"] = _wet_ok(territory, given)
    return frame.assign(**_around(territory, left))


def _around(territory: Territory, places: gpd.GeoDataFrame) -> dict[str, NDArray[np.float64]]:
    """Return how places lie to what keeps its distance, or keeps them in."""
    return {
        "inside_line": share_inside(territory, places, "industrial_line"),
        "sensitive_m": nearest_m(territory, places, "protective_distance"),
        "metro_m": nearest_m(territory, places, "metro_distance"),
    }


def _floors(territory: Territory) -> pd.DataFrame:
    floors = territory.floors
    buildings = territory.buildings.assign(
        **_around(territory, territory.buildings), flags=flags(territory, territory.buildings)
    )
    of = buildings.reindex(floors["building_id"].to_numpy())
    vibration = _usual_vibration(floors, territory.tables["floor_bands"])
    severity = _severity(territory)
    upstairs = {
        row["fire_class"] for row in territory.tables["fire_classes"].to_dict("records") if row["upstairs"] is True
    }
    usual = max(upstairs, key=lambda name: severity[name])
    worst = severity[usual]
    wet_ok = pd.Series(_wet_ok(territory, territory.buildings), index=territory.buildings.index)
    return pd.DataFrame(
        {
            "kind": "floor",
            "building": floors["building_id"].to_numpy(dtype=object),
            "complex": of["complex"].to_numpy(dtype=object),
            "floor": floors["floor"].to_numpy(dtype=np.int64),
            "state": np.where(floors["free_m2"] > 0, "free", floors["occupied_as"].replace("", "let")),
            "available": floors["free_m2"].to_numpy(dtype=float) > 0,
            "park": of["home_park"].to_numpy(dtype=object),
            "zones": of["zones"].to_numpy(dtype=object),
            "land_class": of["land_class"].fillna("").to_numpy(dtype=object),
            "area_m2": floors["area_m2"].to_numpy(dtype=float),
            "free_m2": floors["free_m2"].to_numpy(dtype=float),
            "whole": floors["occupied_m2"].fillna(0.0).to_numpy(dtype=float) == 0,
            "unit_min_m2": floors["unit_min_m2"].to_numpy(dtype=float),
            "usable_ratio": floors["usable_ratio"].to_numpy(dtype=float),
            "load_kn_m2": floors["load_kn_m2"].to_numpy(dtype=float),
            "clear_height_m": floors["clear_height_m"].to_numpy(dtype=float),
            "production_class": of["production_class"].replace("", usual).to_numpy(dtype=object),
            "compartment_m2": compartment_m2(territory, usual).loc[floors["building_id"]].to_numpy(dtype=float),
            "fire_severity": [min(severity.get(name, worst), worst) for name in of["production_class"]],
            "ready_year": of["delivery_year"].to_numpy(dtype=float),
            "wet_ok": wet_ok.reindex(floors["building_id"].to_numpy()).to_numpy(dtype=bool),
            "stage": of["stage"].to_numpy(dtype=object),
            "reserved_for": "",
            "flags": of["flags"].to_numpy(dtype=object),
            "outside": _outside(of["flags"], territory.tables["restriction_kinds"]),
            **{name: of[name].to_numpy(dtype=float) for name in ("inside_line", "sensitive_m", "metro_m")},
            "rent_cny_m2_month": of["rent_cny_m2_month"].to_numpy(dtype=float),
            "lift_t": _lift_t(of, floors["floor"]),
            "column_grid_m": floors["column_grid_m"].to_numpy(dtype=float),
            "vibration_class": vibration.to_numpy(dtype=object),
            "vibration_um_s": vibration_um_s(territory, vibration).to_numpy(dtype=float),
        },
        index=floors.index,
    )


def _outside(kinds_over: pd.Series, kinds: pd.DataFrame) -> Flags:
    """Return where none of the kinds of restriction over a place forbids building."""
    forbids = set(kinds.loc[kinds["effect"] == "forbids", "kind"])
    return np.array([forbids.isdisjoint(over) for over in kinds_over], dtype=bool)


def _lift_t(buildings: pd.DataFrame, floor: pd.Series) -> NDArray[np.float64]:
    """Return the goods that reach each floor by lift (t); NaN on the ground, where none is needed, or if not given."""
    lift_t = np.where(buildings["lift_count"] == 0, 0.0, buildings["lift_t"].to_numpy(dtype=float))
    return np.where(floor.to_numpy() <= 1, np.nan, lift_t)


def _usual_vibration(floors: pd.DataFrame, bands: pd.DataFrame) -> pd.Series:
    """Return the vibration class of each floor; where it is not given, what its band of floors usually reaches."""
    usual = pd.Series("", index=floors.index, dtype=object)
    for first, last, name in zip(bands["floor_from"], bands["floor_to"], bands["vibration_class"], strict=True):
        usual[floors["floor"].between(first, last)] = name
    return floors["vibration_class"].where(floors["vibration_class"] != "", usual)


def vibration_um_s(territory: Territory, classes: pd.Series) -> pd.Series:
    """Return the velocity each vibration class allows (µm/s, the finer class the less; NaN where not given)."""
    table = territory.tables["vibration_classes"].set_index("vibration_class")
    return classes.map(table["velocity_um_s"]).astype(float)


def _severity(territory: Territory) -> dict[str, int]:
    table = territory.tables["fire_classes"].drop_duplicates("fire_class")
    return {str(name): int(level) for name, level in zip(table["fire_class"], table["severity"], strict=True)}


def compartment_m2(territory: Territory, usual: str) -> pd.Series:
    """Return the largest fire compartment (防火分区) of each building (m²; inf without limit, 0 where not permitted).

    By the class it is built for (`usual` where not given), fire resistance, storeys, height and sprinklers. What is not
    given is taken for the worse: the lower resistance, a high-rise, no sprinklers.
    """
    buildings = territory.buildings
    table = territory.tables["fire_classes"].set_index(["fire_class", "fire_resistance"])
    table = table[list(COMPARTMENTS)].astype(float).fillna(np.inf)
    worst = table.groupby(level="fire_class").min()
    classes, resistance = buildings["production_class"].replace("", usual), buildings["fire_resistance"]
    by = table.reindex(pd.MultiIndex.from_arrays([classes, resistance])).set_axis(buildings.index)
    by = by.where(resistance != "", worst.reindex(classes).set_axis(buildings.index))
    kinds = [buildings["storeys"] == 1, buildings["height_m"] <= by["highrise_m"]]
    most_m2 = np.select(kinds, [by["compartment_single_m2"], by["compartment_multi_m2"]], by["compartment_highrise_m2"])
    limit_m2: pd.Series = by["sprinkler_factor"].where(buildings["sprinklers"].eq(True), 1.0) * most_m2
    return limit_m2


def fire_severity(territory: Territory, classes: pd.Series) -> pd.Series:
    """Return how severe each fire class is (甲 5 … 戊 1; NaN where not given)."""
    return classes.map(_severity(territory)).astype(float)


def _wet_ok(territory: Territory, places: gpd.GeoDataFrame) -> Flags:
    """Return which places may have wet processes: home park takes them, and no restriction there forbids it."""
    takes = {str(park) for park, wet in territory.parks["wet_process"].items() if wet is True}
    in_park = places["home_park"].isin(takes).to_numpy(dtype=bool)
    zones = restricted(territory, "no_wet_process")
    touched = np.zeros(len(places), dtype=bool)
    if len(zones):
        touched[np.unique(shapely.STRtree(places.geometry.to_numpy()).query(zones, predicate="intersects")[1])] = True
    return np.asarray(in_park & ~touched, dtype=bool)


def find(asked: Place, territory: Territory, offered: Offers, where: str) -> frozenset[str]:
    """Return the places (parcels and floors) that a scenario's place means.

    Parameters
    ----------
    asked : Place
    territory : Territory
    offered : Offers
    where : str
        Scenario key, for the error.

    Raises
    ------
    ScenarioError
        No place of that name, or more than one.
    """
    kind = asked.kind
    if kind == "parcels":
        return parcels_named(asked.names, territory, where)
    if kind == "floor":
        floors = _names("floor", territory, offered)
        if faults := [_unknown(name, floors, where) for name in asked.names if name not in offered.floors.index]:
            raise ScenarioError(faults)
        return frozenset(asked.names)
    (name,) = asked.names
    meanings: dict[str, frozenset[str]] = {}
    if kind in ("park", "name") and (ids := territory.park_names().get(name)):
        for park in ids.split(";"):
            meanings[f"park {park}"] = _in_park(park, offered)
    if kind in ("building", "name") and name in territory.buildings.index:
        meanings[f"building {name}"] = frozenset(offered.floors.index[offered.floors["building"] == name])
    if kind == "name" and name in offered.floors.index:
        meanings[f"floor {name}"] = frozenset({name})
    if kind == "name" and name in offered.parcels.index:
        meanings[f"parcel {name}"] = frozenset({name})
    if len(meanings) == 1:
        return next(iter(meanings.values()))
    if meanings:
        known = ", ".join(meanings)
        raise ScenarioError(
            Fault(where, "", Words("“{name}”含义不唯一", "{name!r} means more than one place").fill(name=name),
                  Words("请写明：{known}", "Say which: {known}").fill(known=known))
        )  # fmt: skip
    raise ScenarioError(_unknown(name, _names(kind, territory, offered), where))


def one_park(name: str | None, territory: Territory, where: str) -> str:
    """Return the id of the park of that name; an error where there is none or more than one."""
    ids = territory.park_names().get(name or "", "")
    if ids and ";" not in ids:
        return ids
    raise ScenarioError(_unknown(name or "", territory.park_names(), where))


def _in_park(park: str, offered: Offers) -> frozenset[str]:
    """Return parcels and floors at home in a park, or lying in it as a zone."""
    found: set[str] = set()
    for frame in (offered.parcels, offered.floors):
        inside = np.array([park in zones for zones in frame["zones"]], dtype=bool) | (frame["park"] == park).to_numpy()
        found |= set(frame.index[inside])
    return frozenset(found)


def parcels_named(names: Iterable[str], territory: Territory, where: str) -> frozenset[str]:
    """Return parcels named by plan number or lot number; unknown ones are an error."""
    by_lot = {lot: str(parcel) for parcel, lot in territory.parcels["lot_id"].items() if lot}
    found, faults = set(), []
    for name in names:
        parcel = name if name in territory.parcels.index else by_lot.get(name)
        if parcel is None:
            faults.append(_unknown(name, [*map(str, territory.parcels.index), *by_lot], where))
        else:
            found.add(parcel)
    if faults:
        raise ScenarioError(faults)
    return frozenset(found)


def _names(kind: str, territory: Territory, offered: Offers) -> list[str]:
    every = {
        "park": list(territory.park_names()),
        "building": [str(name) for name in territory.buildings.index],
        "floor": [str(name) for name in offered.floors.index],
    }
    return every.get(kind, [*every["park"], *every["building"], *every["floor"], *map(str, offered.parcels.index)])


def _unknown(name: str, known: Iterable[str], where: str) -> Fault:
    rule = Words("没有名为“{name}”的地方", "there is no place called {name!r}").fill(name=name)
    return Fault(where, "", rule, nearest_known(name, known))


def blocks(offered: Offers, park: str | None) -> pd.Series:
    """Return the connected set of each parcel on offer, in a park or anywhere; named after its least parcel."""
    there = offered.parcels["available"] & ((offered.parcels["park"] == park) | (park is None))
    inside = offered.parcels.index[there]
    pairs = offered.pairs[offered.pairs["a"].isin(inside) & offered.pairs["b"].isin(inside)]
    group = {name: name for name in inside}

    def first(name: str) -> str:
        while group[name] != name:
            name = group[name]
        return name

    for a, b in zip(pairs["a"], pairs["b"], strict=True):
        low, high = sorted((first(a), first(b)))
        group[high] = low
    return pd.Series([first(name) for name in inside], inside, dtype=object)


def largest_block(offered: Offers, park: str | None) -> frozenset[str]:
    """Return the largest connected set on offer in a park (or anywhere), by usable area; ties by least identifier."""
    block = blocks(offered, park)
    if block.empty:
        return frozenset()
    total = offered.parcels.loc[block.index, "usable_m2"].groupby(block).sum().round(3)
    best = sorted(total.index[total == total.max()])[0]
    return frozenset(block.index[block == best])
