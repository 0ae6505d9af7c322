"""Layers changed under plans that stay: outlines shrunk and moved, so that what kept its distance or size may no more.

What is broken then is told by the case posed on the changed layers, or by its neighbouring parcels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from mutants import Bed, Mutant
from numpy.typing import NDArray
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry
from spoiled import alone, hang_together, standing

from planner import fit
from planner.audit.fit import TESTS
from planner.changes import changed
from planner.places import offers
from planner.territory import contiguity, measured_area_m2, zones_of

STREET_M, FAR_M, ROUND_M = 9.0, 300.0, 150.0
"""How far parcels move on their side of the street; how far buildings, and all parcels together; how near restrictions
come to a place."""
GAP_SLACK_M, FACING_SLACK_M = 0.05, 0.6
"""Streets and facing edges so near what parts neighbours may be read either way."""


def shrunk(bed: Bed) -> Bed:
    """Return a bed where about every second parcel has lost strips of it, and restrictions have come near places."""
    territory, rng = bed.inputs.territory, bed.rng
    parcels, restrictions = territory.parcels, territory.restrictions
    places = np.concatenate([parcels.geometry.to_numpy(), territory.buildings.geometry.to_numpy()])
    near = shapely.get_coordinates(shapely.centroid(places[rng.integers(0, len(places), len(restrictions))]))
    now = shapely.get_coordinates(shapely.centroid(restrictions.geometry.to_numpy()))
    ways = (near - now + rng.uniform(-ROUND_M, ROUND_M, near.shape)) * rng.integers(0, 2, (len(near), 1))
    return _on(
        bed,
        parcels=parcels.set_geometry(_strips_lost(parcels.geometry.to_numpy(), rng), crs=parcels.crs),
        restrictions=restrictions.set_geometry(_moved(restrictions, ways), crs=restrictions.crs),
        buildings=_shifted(territory.buildings, rng),
    )


def shifted(bed: Bed) -> Bed:
    """Return a bed where about every second building has moved, all parcels too, each on its side of the street."""
    rng, parcels = bed.rng, bed.inputs.territory.parcels
    ways = rng.uniform(-FAR_M, FAR_M, 2) + rng.uniform(-STREET_M, STREET_M, (len(parcels), 2))
    moved = parcels.set_geometry(_moved(parcels, ways), crs=parcels.crs)
    return _on(bed, parcels=moved, buildings=_shifted(bed.inputs.territory.buildings, rng))


def _on(bed: Bed, **layers: gpd.GeoDataFrame) -> Bed:
    """Return a bed on changed layers: places are measured, and given their parks, by their outlines as they are."""
    territory = dataclasses.replace(bed.inputs.territory, **layers)
    parcels, buildings = (
        layer.assign(**zones_of(layer, territory.parks)) for layer in (territory.parcels, territory.buildings)
    )
    parcels = parcels.assign(area_m2=measured_area_m2(parcels))
    territory = dataclasses.replace(territory, parcels=parcels, buildings=buildings)
    return Bed(dataclasses.replace(bed.inputs, territory=territory), bed.rng)


def _shifted(buildings: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    ways = rng.uniform(-FAR_M, FAR_M, (len(buildings), 2)) * rng.integers(0, 2, (len(buildings), 1))
    return buildings.set_geometry(_moved(buildings, ways), crs=buildings.crs)


def _moved(layer: gpd.GeoDataFrame, ways: NDArray[np.float64]) -> list[BaseGeometry]:
    return [translate(shape, *way) for shape, way in zip(layer.geometry, ways, strict=True)]


def _strips_lost(shapes: NDArray[np.object_], rng: np.random.Generator) -> NDArray[np.object_]:
    """Return rectangles of which about every second one has lost strips along its sides."""
    west, south, east, north = shapely.bounds(shapes).T
    lost = rng.uniform(0, 0.25, (4, len(shapes))) * rng.integers(0, 2, (4, len(shapes)))
    lost *= rng.integers(0, 2, len(shapes))
    wide, deep = east - west, north - south
    return shapely.box(west + lost[0] * wide, south + lost[1] * deep, east - lost[2] * wide, north - lost[3] * deep)


# Tests of local fit


def refused_now(before: Bed, now: Bed, names: Collection[str], each: int) -> Iterator[tuple[set[str], ...]]:
    """Yield the tests that parts passed at their places, those that the case of changed layers fails, and the audit."""
    places = before.case.places.index.intersection(now.case.places.index)
    every = pd.MultiIndex.from_product([before.case.parts.index, places], names=["part", "place"])
    was, told = (
        bed.case.refusals.set_index(["part", "place"])["failed"].reindex(every).fillna(0).to_numpy(dtype=np.int64)
        for bed in (before, now)
    )
    drawn = before.rng.permutation(np.flatnonzero(was & fit.BIT["site_kind"] == 0))[:each]
    pairs, was, told = every[drawn], was[drawn], told[drawn]
    facts = now.on(standing(alone(before.case, pairs.to_frame(index=False))))
    for placed, earlier, bits in zip(facts.placed, was, told, strict=True):
        passed = {name for name in names if not earlier & fit.BIT[name]}
        found = {name for name in passed if any(not check.kept for check in TESTS[name](facts, placed))}
        yield passed, {name for name in passed if bits & fit.BIT[name]}, found


# Rules of nearness


def still(before: Bed, now: Bed, mutant: Mutant) -> Mutant:
    """Return the same plan by the options of changed layers; projects that cannot stand so any more are left out."""
    options = before.case.options.loc[list(mutant.shares), ["part", "site", "start_year"]]
    at = now.number.get_indexer(pd.MultiIndex.from_frame(options)).tolist()
    gone = {before.part[option].split("/")[0] for option, there in zip(mutant.shares, at, strict=True) if there < 0}
    pairs = zip(at, mutant.shares.items(), strict=True)
    return Mutant({there: share for there, (option, share) in pairs if before.part[option].split("/")[0] not in gone})


# Plots


def plots_now(before: Bed, now: Bed, count: int) -> Iterator[tuple[set[str], set[str]]]:
    """Yield for plots of several parcels whether they are one on changed layers, by pairs of neighbours and the audit.

    Those that hang by a street or an edge that may be read either way are left out.
    """
    sites, slack = before.inputs.scenario.sites, (0.0, -1.0, 1.0)
    was, usable = (_on_offer(bed) for bed in (before, now))
    near = _near(was, sites.street_gap_m, sites.facing_m)
    readings = [
        _near(usable, sites.street_gap_m - by * GAP_SLACK_M, sites.facing_m + by * FACING_SLACK_M) for by in slack
    ]
    part = next(str(name) for name, row in now.case.parts.iterrows() if row["takes_parcel"])
    for _ in range(count):
        chosen = _plot(before.rng, near, int(before.rng.integers(2, sites.plot_parcels_max + 1)))
        one = {hang_together(chosen, reading) for reading in readings}
        if len(one) > 1 or not {*chosen} <= {*usable.index}:
            continue
        land = usable.loc[chosen, "usable_m2"]
        row = {"part": part, "place": ";".join(chosen), "park": usable.at[chosen[0], "park"]}
        plan = standing(pd.DataFrame([{**row, "start": 2026, "m2": land.sum(), "floor": False}]))
        uses = pd.DataFrame({"part": part, "place_kind": "parcel", "place": chosen, "amount_m2": land.to_numpy()})
        parks = usable.loc[chosen, "park"].nunique()
        wrong = not one.pop() or parks > 1
        yield {"site"} if wrong else set(), now.found(dataclasses.replace(plan, uses=uses), ["site"])


def _on_offer(bed: Bed) -> gpd.GeoDataFrame:
    parcels = offers(changed(bed.inputs.territory, bed.inputs.scenario), 0.0, 0.0).parcels
    return parcels[parcels["available"] & (parcels["usable_m2"] > 0)]


def _near(parcels: gpd.GeoDataFrame, street_gap_m: float, facing_m: float) -> set[frozenset[str]]:
    pairs = contiguity(parcels, street_gap_m, facing_m)
    return {frozenset(pair) for pair in zip(pairs["a"], pairs["b"], strict=True)}


def _plot(rng: np.random.Generator, near: set[frozenset[str]], size: int) -> list[str]:
    """Return parcels that hang together, one after the other."""
    chosen = sorted(sorted(map(sorted, near))[int(rng.integers(len(near)))])
    while len(chosen) < size:
        beside = sorted({name for pair in near if pair & {*chosen} for name in pair} - {*chosen})
        if not beside:
            break
        chosen.append(str(rng.choice(beside)))
    return sorted(chosen)
