"""Placements, outlines and figures of a plan falsified, each with what the audit must find: by refusals or as made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np
import pandas as pd
import shapely
from mutants import Bed, Mutant
from shapely.geometry.base import BaseGeometry

from planner import fit
from planner.audit import soft
from planner.audit.fit import TESTS
from planner.audit.site import site
from planner.case import Case
from planner.changes import changed
from planner.places import offers
from planner.plan import Plan

PENALTIES = ("waited",)
"""Goals of a reference point of which less is better."""
CLEAR = 1e-4
"""Figures that differ by less (points) may be one."""


def standing(rows: pd.DataFrame) -> Plan:
    """Return a plan of nothing but these placements: ``part``, ``place``, ``park``, ``start``, ``m2``, ``floor``."""
    none = pd.DataFrame()
    placements = pd.DataFrame(
        {
            "part": rows["part"],
            "project": [part.split("/")[0] for part in rows["part"]],
            "kind": np.where(rows["floor"], "unit", "plot"),
            "site": rows["place"],
            "park": rows["park"],
            "places": rows["place"],
            "cut": "",
            "share": 1.0,
            "land_m2": rows["m2"].where(~rows["floor"]),
            "start_year": rows["start"].astype(int),
        }
    )
    uses = pd.DataFrame({"part": rows["part"], "place_kind": placements["kind"], "place": rows["place"]})
    uses["amount_m2"] = rows["m2"]
    return Plan({"score": 0.0, "terms": {}}, placements, uses, none, none, none, none)


# Tests of local fit


def alone(case: Case, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return pairs of part and place as placements, each from the first year in which both may start."""
    parts, places = case.parts.loc[pairs["part"]], case.places.loc[pairs["place"]]
    floor = (places["kind"] == "floor").to_numpy()
    ready, first, last = (
        frame[name].to_numpy(dtype=float) for frame, name in ((places, "ready_year"), (parts, "first"), (parts, "last"))
    )
    least_m2 = np.fmax(parts["gfa_m2"].fillna(0.0).to_numpy(), places["unit_min_m2"].to_numpy(dtype=float))
    return pd.DataFrame(
        {
            "part": pairs["part"].to_numpy(dtype=object),
            "place": pairs["place"].to_numpy(dtype=object),
            "park": places["park"].to_numpy(dtype=object),
            "start": np.fmin(last, np.fmax(first, ready)),
            "m2": np.where(floor, least_m2, places["usable_m2"].to_numpy(dtype=float)),
            "floor": floor,
        }
    )


def pairs_of(case: Case, rng: np.random.Generator, each: int) -> pd.DataFrame:
    """Return up to `each` pairs that each test refuses, and as many that none does, with the tests that ``failed``."""
    told = case.refusals.astype({"part": object, "place": object})
    failed = told["failed"].to_numpy(dtype=np.int64)
    chosen: list[int] = []
    for name in fit.NAMES:
        rows = np.flatnonzero(failed & fit.BIT[name])
        chosen += rng.choice(rows, min(each, len(rows)), replace=False).tolist()
    every = pd.MultiIndex.from_product([case.parts.index, case.places.index], names=["part", "place"])
    sound = every.difference(pd.MultiIndex.from_frame(told[["part", "place"]])).to_frame(index=False).assign(failed=0)
    picked = sound.iloc[rng.permutation(len(sound))[:each]]
    return pd.concat([told.iloc[sorted(set(chosen))], picked], ignore_index=True)


def refused(bed: Bed, each: int) -> Iterator[tuple[set[str], set[str]]]:
    """Yield what the case refuses and what the audit finds, of parts put each on one place, year by year.

    A start is the first possible, or any year at all: one too early is refused by the years of the place and the part.
    """
    pairs = pairs_of(bed.case, bed.rng, each)
    rows = alone(bed.case, pairs)
    names = [{name for name in fit.NAMES if int(bits) & fit.BIT[name]} for bits in pairs["failed"]]
    any_year = rows.assign(start=bed.rng.integers(2020, 2036, len(rows)))
    on = [name for name in TESTS if name not in bed.inputs.scenario.tests.off]
    for table, asked in ((rows, names), (any_year, list(_of_years(bed.case, any_year, names)))):
        facts = bed.on(standing(table))
        for placed, really in zip(facts.placed, asked, strict=True):
            yield really, {name for name in on if any(not check.kept for check in TESTS[name](facts, placed))}


def _of_years(case: Case, rows: pd.DataFrame, names: Iterable[set[str]]) -> Iterator[set[str]]:
    """Yield the tests that parts fail at their places, those about years by the year they start in."""
    for row, failed in zip(rows.itertuples(), names, strict=True):
        part, place = case.parts.loc[row.part], case.places.loc[row.place]
        late = "delivery_year" if row.floor else "ready_year"
        wrong = {"wanted_years": not part["first"] <= row.start <= part["last"], late: row.start < place["ready_year"]}
        kept = failed - {"wanted_years", "ready_year", "delivery_year"}
        yield kept | {name for name, so in wrong.items() if so}


# Sites


def plots(bed: Bed, count: int) -> Iterator[tuple[set[str], set[str]]]:
    """Yield for sets of parcels drawn at random whether they are one plot, by pairs of neighbours and by the audit."""
    scenario = bed.inputs.scenario
    offered = offers(changed(bed.inputs.territory, scenario), scenario.sites.street_gap_m, scenario.sites.facing_m)
    parcels = offered.parcels[offered.parcels["available"]]
    near = {frozenset(pair) for pair in zip(offered.pairs["a"], offered.pairs["b"], strict=True)}
    part = next(str(name) for name, row in bed.case.parts.iterrows() if row["takes_parcel"])
    for _ in range(count):
        size = int(bed.rng.integers(2, scenario.sites.plot_parcels_max + 2))
        start = parcels.geometry.iloc[int(bed.rng.integers(len(parcels)))]
        close = parcels.index[np.argsort(parcels.distance(start).to_numpy(), kind="stable")[: 3 * size]]
        chosen = sorted(map(str, bed.rng.choice(close, size, replace=False)))
        few = size <= scenario.sites.plot_parcels_max
        one = few and hang_together(chosen, near) and parcels.loc[chosen, "park"].nunique() == 1
        land = parcels.loc[chosen, "usable_m2"]
        row = {"part": part, "place": ";".join(chosen), "park": parcels.at[chosen[0], "park"]}
        plan = standing(pd.DataFrame([{**row, "start": 2026, "m2": land.sum(), "floor": False}]))
        uses = pd.DataFrame({"part": part, "place_kind": "parcel", "place": chosen, "amount_m2": land.to_numpy()})
        yield set() if one else {"site"}, bed.found(dataclasses.replace(plan, uses=uses), ["site"])


def hang_together(parcels: Sequence[str], near: Set[frozenset[str]]) -> bool:
    """Return whether parcels hang together, by pairs of neighbours."""
    reached = {parcels[0]}
    for _ in parcels:
        reached |= {b for b in parcels if any(frozenset((a, b)) in near for a in reached)}
    return len(reached) == len(parcels)


def falsified(bed: Bed, plan: Plan) -> Iterator[tuple[str, set[str]]]:
    """Yield how what a plan says of one placement is falsified, so that it is no site, and what the audit finds."""
    row = int(bed.rng.integers(len(plan.placements)))
    for how, wrong in _no_site(bed, plan, row):
        yield how, bed.found(wrong, ["site"], plan.placements["part"].iloc[row])


def _no_site(bed: Bed, plan: Plan, row: int) -> Iterator[tuple[str, Plan]]:
    said = plan.placements.iloc[row]
    part, places = str(said["part"]), str(said["places"]).split(";")
    own = (plan.uses["part"] == part) & plan.uses["place"].isin(places)
    factor = float(bed.rng.choice([0.5, 0.9, 1.1, 2.0]))
    yield "another amount", _using(plan, amount_m2=plan.uses["amount_m2"].where(~own, plan.uses["amount_m2"] * factor))
    yield "nothing used", dataclasses.replace(plan, uses=plan.uses[~own])
    parks = [park for park in bed.inputs.territory.parks.index if park != said["park"]]
    yield "wrong park", _saying(plan, row, park=str(bed.rng.choice(parks)))
    yield "an unknown place", _saying(plan, row, places=f"{said['places']};Z-99")
    yield "a place twice", _saying(plan, row, places=f"{said['places']};{places[0]}")
    yield "wrong kind", _saying(plan, row, kind="unit" if said["kind"] == "plot" else "plot")
    if said["kind"] == "plot":
        yield "other land", _saying(plan, row, land_m2=said["land_m2"] * factor)
        return
    floors = bed.inputs.territory.floors
    there = floors.loc[places]
    elsewhere = floors["building_id"] != there["building_id"].iloc[0]
    far = (floors["floor"] - there["floor"].iloc[0]).abs() > len(places)
    other = str(bed.rng.choice(floors.index[elsewhere | far]))
    half = plan.uses["amount_m2"].where(~own, plan.uses["amount_m2"] / 2)
    more = plan.uses[own].assign(place=other, amount_m2=plan.uses.loc[own, "amount_m2"] / 2).iloc[[0]]
    split = _saying(_using(plan, amount_m2=half), row, places=f"{said['places']};{other}")
    yield "split", dataclasses.replace(split, uses=pd.concat([split.uses, more], ignore_index=True))


def _saying(plan: Plan, row: int, **values: Any) -> Plan:
    placements = plan.placements.astype(object).copy()
    for column, value in values.items():
        placements.iloc[row, placements.columns.get_loc(column)] = value
    return dataclasses.replace(plan, placements=placements)


def _using(plan: Plan, **columns: Any) -> Plan:
    return dataclasses.replace(plan, uses=plan.uses.assign(**columns))


# Cuts


def cut_wrong(
    rng: np.random.Generator, land: BaseGeometry, piece: BaseGeometry
) -> Iterator[tuple[str, BaseGeometry, bool]]:
    """Yield a piece of a parcel changed, and whether it still is a cut: as large as asked, square, at an end.

    The parcel is a rectangle along the axes, longer from west to east.
    """
    low, south, high, north = land.bounds
    west, _, east, _ = piece.bounds
    wide, deep, at_west = east - west, north - south, west - low < 1
    left = high - low - wide
    by = float(rng.uniform(2, left - 2))
    yield "shifted", shapely.box(*np.add(piece.bounds, ((by if at_west else -by), 0) * 2)), False
    yield "enlarged", _at_end(land, wide + float(rng.uniform(1.5 / deep, left - 1)), at_west), False
    yield "shrunk", _at_end(land, wide - float(rng.uniform(1.5 / deep, wide - 1)), at_west), False
    tilt = float(rng.uniform(0.1, min(wide, left, 20.0) - 0.05))
    line = [(east if at_west else west) + side * tilt for side in (1, -1)]
    outer = low if at_west else high
    yield "tilted", shapely.Polygon([(outer, south), (line[0], south), (line[1], north), (outer, north)]), False
    yield "turned", shapely.box(low, south, high, south + piece.area / (high - low)), False
    yield "off the parcel", shapely.box(*np.add(piece.bounds, (0, float(rng.uniform(2, deep))) * 2)), False
    half = wide / 2
    yield "in two", shapely.union(_at_end(land, half, True), _at_end(land, half, False)), False
    yield "the other end", _at_end(land, wide, not at_west), True
    yield "a hair's breadth off", _at_end(land, wide + float(rng.uniform(-0.9, 0.9)) / deep, at_west), True
    yield "drawn the other way round", shapely.reverse(piece), True


def _at_end(land: BaseGeometry, wide: float, at_west: bool) -> BaseGeometry:
    low, south, high, north = land.bounds
    return shapely.box(low, south, low + wide, north) if at_west else shapely.box(high - wide, south, high, north)


def outlines(bed: Bed, plan: Plan) -> Iterator[tuple[str, set[str], set[str]]]:
    """Yield how a piece of the plan was changed, whether it is a cut no longer, and what the audit finds of it."""
    for row in np.flatnonzero(plan.placements["cut"] != ""):
        said = plan.placements.iloc[row]
        land = bed.facts.ground.parcels[said["places"]]["geometry"]
        for how, piece, sound in cut_wrong(bed.rng, land, shapely.from_wkt(said["cut"])):
            spoilt = _saying(plan, int(row), cut=shapely.to_wkt(piece, rounding_precision=6))
            yield how, set() if sound else {"site"}, bed.found(spoilt, ["site"], said["part"])


def walled(bed: Bed, plan: Plan) -> Iterator[tuple[str, set[str], set[str]]]:
    """Yield the pieces of a plan once others have built up to the parcel all round: along all, or all but a stretch.

    The walls leave the piece a stretch of street along its end, shorter or longer than gives access; the rest has
    its own street.
    """
    access_m = bed.inputs.scenario.sites.access_m
    for row in np.flatnonzero(plan.placements["cut"] != ""):
        said = plan.placements.iloc[row]
        own = bed.facts.ground.parcels[said["places"]]["geometry"]
        piece = shapely.from_wkt(said["cut"])
        open_m = float(bed.rng.choice([0.0, bed.rng.uniform(1, access_m - 2), bed.rng.uniform(access_m + 4, 60)]))
        wall = piece.buffer(10, join_style="mitre").difference(own)
        low, south, high, _ = piece.bounds
        at_west = low - own.bounds[0] < 1
        x = low if at_west else high
        beside_m = 2 if open_m else 0  # the first and the last metre lie beside the wall
        gap = shapely.box(x - 11, south + 40, x + 11, south + 40 + open_m + beside_m)
        stands = wall.difference(gap)
        ground = bed.facts.ground
        parcels = {**ground.parcels, "W-1": {**ground.parcels[said["places"]], "geometry": stands, "state": "occupied"}}
        facts = dataclasses.replace(bed.on(plan), ground=dataclasses.replace(ground, parcels=parcels))
        placed = facts.placed[int(row)]
        found = {"site"} if any(not check.kept for check in site(facts, placed)) else set()
        yield f"{open_m:.0f} m of street", {"site"} if open_m < access_m else set(), found


# Figures


def figures(bed: Bed, plan: Plan) -> Iterator[tuple[str, set[str], set[str]]]:
    """Yield how a plan says something false of itself, which measure has to find it, and what the audit finds."""
    for how, wrong in _saying_false(bed, plan):
        yield how, {"score"}, bed.found(wrong, ["score"])
    yield "nothing false", set(), bed.found(plan, ["score"])


def _saying_false(bed: Bed, plan: Plan) -> Iterator[tuple[str, Plan]]:
    by = float(bed.rng.choice([-1, 1]) * bed.rng.uniform(0.001, 10))
    goal = str(bed.rng.choice(plan.goals["goal"]))
    row = plan.goals["goal"] == goal
    for column in ("raw", "points"):
        wrong = plan.goals.assign(**{column: plan.goals[column] + by * row * np.maximum(plan.goals[column].abs(), 1)})
        yield f"goals {column}", dataclasses.replace(plan, goals=wrong)
    summary: Mapping[str, Any] = plan.summary
    yield "terms", _telling(plan, terms={**summary["terms"], goal: summary["terms"][goal] + by})
    yield "score", _telling(plan, score=summary["score"] + by)


def _telling(plan: Plan, **keys: Any) -> Plan:
    return dataclasses.replace(plan, summary={**plan.summary, **keys})


def priced(bed: Bed, mutant: Mutant) -> tuple[set[str], set[str]]:
    """Return the soft rules whose lost points a plan falsifies, about every second one, and those the audit finds."""
    prices, missed = bed.case.soft, bed.missed(mutant)
    lost = {rule: price * missed.get(rule, 0.0) for rule, price in prices.items()}
    wrong = {rule for rule in lost if bed.rng.integers(2)}
    said = {rule: float(bed.rng.uniform(0, 2) * points + bed.rng.uniform(0.001, 9)) for rule, points in lost.items()}
    told = {rule: said[rule] if rule in wrong else points for rule, points in lost.items()}
    told |= {rule: 0.0 for rule in wrong if lost[rule] > CLEAR and bed.rng.integers(2)}
    facts = bed.on(_telling(bed.plan(mutant), soft=told))
    wrong = {rule for rule in wrong if abs(told[rule] - lost[rule]) > CLEAR}
    return wrong, {finding.key for finding in soft(facts) if not finding.kept}


# Stages


def stages_told(bed: Bed, plan: Plan) -> Iterator[tuple[str, set[str], set[str]]]:
    """Yield the kind of stage whose figure a plan falsifies, a little or much, whether it lies, and what is found."""
    told = plan.summary["stages"]
    for number, stage in enumerate(told[:-1]):
        column = "bound" if str(stage["goal"]).startswith("alone") and bed.rng.integers(2) else "score"
        by = 10.0 ** bed.rng.uniform(-5, 0) * max(abs(stage[column]), 0.1)
        lying = bed.rng.random() < 0.8
        value = stage[column] + (by if lying == (column == "score") else -by)
        wrong = [{**each, column: value} if k == number else each for k, each in enumerate(told)]
        really = {"stages"} if _lies(bed, plan, wrong) else set()
        kind = str(stage["goal"]).split(" ")[0]
        kind = kind if kind in ("soft", "alone", "max_min", "reference") else "lexicographic"
        yield kind, really, bed.found(_telling(plan, stages=wrong), ["stages"])
    gone = int(bed.rng.integers(len(told) - 1))
    needed = not str(told[gone]["goal"]).startswith("soft")
    left_out = _telling(plan, stages=[each for k, each in enumerate(told) if k != gone])
    yield "left out", {"stages"} if needed else set(), bed.found(left_out, ["stages"])


def _lies(bed: Bed, plan: Plan, stages: list[dict[str, Any]]) -> bool:
    """Return whether a plan has less than its stages keep, by the points that the engine tells."""
    points, mode = plan.summary["terms"], bed.inputs.scenario.mode
    told = {str(stage["goal"]): stage for stage in stages}
    kept = []  # the least, what there is
    if "soft" in told:
        kept.append((told["soft"]["score"], -sum(plan.summary["soft"].values())))
    for each in mode.lexicographic or ():
        score = told[each.goal]["score"]
        kept.append((score - each.tolerance * abs(score), points[each.goal]))
    if mode.reference:
        goals = bed.case.goals
        percent = {goal: points[goal] / goals.at[goal, "weight"] for goal in mode.reference}
        asked = {goal: -level if goal in PENALTIES else level for goal, level in mode.reference.items()}
        beyond = [percent[goal] - 100 * level / goals.at[goal, "normaliser"] for goal, level in asked.items()]
        kept.append((told["reference"]["score"], min(beyond) + 0.001 * sum(beyond)))
    if mode.max_min:
        held = plan.placements["points"].clip(lower=0).groupby(plan.placements["park"]).sum()
        for name, stage in told.items():
            if name.startswith("alone "):
                pole = held.get(name.removeprefix("alone "), 0.0)
                kept += [(told["max_min"]["score"] * stage["score"], pole), (max(stage["score"], pole), stage["bound"])]
    return any(least > there + 1e-6 * max(1.0, abs(there)) for least, there in kept)
