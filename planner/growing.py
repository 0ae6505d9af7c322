"""Plots grown, priced in, and grown again until none is missing: the best plan over all plots, not over those listed.

Where a park has more plots than a scenario lists, the best are grown (see `sites.plots`). The prices of the relaxation
then tell which others would be worth more than their parcels: those join, until there are none, as columns are
generated. What is left can be left out for good where it lies far enough below the bound: with bound λ proved and u the
least bound told of the plan, a plan that takes an option of reduced value d is worth bound + d at most (`proof`), no
more than u where d ≤ u − bound. When no other plot is left, u holds over all plots.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner import sites
from planner.case import Case, pose
from planner.changes import changed
from planner.intake.inputs import Inputs
from planner.model import formulate
from planner.options import open_to_plots, sites_listed
from planner.places import offers
from planner.plan import Plan
from planner.shares import shared
from planner.solve import Progress, exact, proof, solve
from planner.worth import MEASURES

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
Plot = tuple[str, ...]
Prices = Mapping[tuple[str, str], float]
TIE = 1e-6
ROUNDS = 40
"""Relaxations at most in which plots join."""
EACH = 40
"""Plots that join for each part in a round, those worth most beyond their price."""
SOUGHT_MAX = 200_000
"""Connected sets of one size looked at, at most; where there are more, the cheapest are, and nothing is complete."""
LEFT_MAX = 20_000
"""Plots that join at the end, at most; where more could better the plan, nothing is complete."""
OF_PART = frozenset({"tier", "investment", "output", "tax", "jobs", "rnd"})
"""Goals by which a part is worth the same wherever it stands."""
PLAIN = frozenset({
    "each_part_placed_with_its_project", "each_part_placed_once", "must_place", "parcel_used_once",
    "parcel_not_overfilled", "cut_end_used_once", "floor_not_overfilled", "power", "building_opened",
})  # fmt: skip
"""Rules of which prices make no plot worth more: uses are not negative, and limits are upper ones."""


@dataclass(frozen=True)
class _Ground:
    """The parcels plots are made of: labels, usable land, pairs of neighbours, most in a plot."""

    labels: NDArray[np.object_]
    usable_m2: Floats
    a: Ints
    b: Ints
    parcels_max: int


def solve_growing(
    inputs: Inputs,
    case: Case | None = None,
    *,
    time_limit_s: float = 300.0,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    **search: Any,
) -> Plan:
    """Find a plan over all plots of a scenario, those it lists and those that prices say are missing.

    Where the scenario lists every plot, or does not want plots priced in, this is `solve`; so it is where a planner has
    added constraints, which say nothing of plots not listed.

    Parameters
    ----------
    inputs : Inputs
    case : Case, optional
        As posed from them.
    time_limit_s, progress, cancelled, **search
        As for `solve`; looking for plots takes half of the time at most.

    Returns
    -------
    Plan
        ``counts.sites_missing`` of its summary no longer names ``grown`` where no plot left out, of as many parcels as
        the scenario allows, could better the plan beyond its bound: then bound and gap hold over all plots. Only the
        weighted sum is priced so; in other modes the plots join, and nothing more is said.
    """
    began = time.monotonic()
    case = pose(inputs) if case is None else case

    def solved(posed: Case) -> Plan:
        left_s = max(time_limit_s - (time.monotonic() - began), 1.0)
        return solve(posed, time_limit_s=left_s, progress=progress, cancelled=cancelled, **search)

    grown = any("grown" in why for why in case.sites_missing.values())
    if not (grown and inputs.scenario.sites.price_in and case.limits_of("extra").empty):
        return solved(case)
    ground, more, missing = _ground(inputs), set[Plot](), set[Plot]()
    for _ in range(ROUNDS):
        prices, bound = _prices(case)
        if progress is not None:
            progress(Progress("plots", time.monotonic() - began, -np.inf, bound))
        missing, _ = _missing(inputs, ground, case, prices, TIE, EACH)
        spent = time.monotonic() - began > time_limit_s / 2 or (cancelled is not None and cancelled())
        if spent or not missing:
            break
        more |= missing
        case = pose(inputs, sorted(more))
    plan, complete = solved(case), False
    while (told := _told(plan)) is not None and not missing:
        left, all_seen = _missing(inputs, ground, case, prices, told - bound, SOUGHT_MAX)
        complete = all_seen and not left
        if not left or len(more | left) > LEFT_MAX:
            break
        more |= left
        case = pose(inputs, sorted(more))
        plan = solved(case)
    still = {park: tuple(reason for reason in why if not complete or reason != "grown")
             for park, why in case.sites_missing.items()}  # fmt: skip
    seconds = {**plan.summary["seconds"], "solve": round(time.monotonic() - began, 3)}
    counts = {**plan.summary["counts"], **sites_listed(still)}
    return replace(plan, summary={**plan.summary, "counts": counts, "seconds": seconds})


def plots_of(plan: Plan) -> list[list[str]]:
    """Return the plots of several parcels that a plan takes, some of which its scenario need not list by itself."""
    plots = plan.placements.loc[plan.placements["kind"] == "plot", "places"]
    return [places.split(";") for places in plots if ";" in places]


def possible(inputs: Inputs, plots: Sequence[Plot]) -> list[Plot]:
    """Return those of some plots that are plots of a scenario too: of parcels it offers, connected, not too many."""
    if not plots:
        return []
    ground = _ground(inputs)
    number: dict[str, int] = {str(name): k for k, name in enumerate(ground.labels)}
    borders = set(zip(ground.a.tolist(), ground.b.tolist(), strict=True))

    def connected(names: Plot) -> bool:
        first, *left = (number[name] for name in names)
        reached = [first]
        for one in reached:
            reached += (met := [each for each in left if (one, each) in borders or (each, one) in borders])
            left = [each for each in left if each not in met]
        return not left

    most = ground.parcels_max
    return [names for names in plots if len(names) <= most and number.keys() >= set(names) and connected(names)]


def _told(plan: Plan) -> float | None:
    """Return the least bound told of a plan of the weighted sum; None where there is none."""
    said = plan.summary
    if said["score"] is None or said["mode"] != "weighted":
        return None
    bounds = [float(said[name]) for name in ("bound", "solver_bound") if said[name] is not None]
    return max(float(said["score"]), min(bounds))


def _ground(inputs: Inputs) -> _Ground:
    asked = inputs.scenario.sites
    offered = offers(changed(inputs.territory, inputs.scenario), asked.street_gap_m, asked.facing_m)
    offered = shared(offered, inputs.scenario)
    parcels = offered.parcels[open_to_plots(offered)]
    a, b = sites.neighbours(parcels, offered.pairs)
    labels = parcels.index.to_numpy(dtype=object)
    return _Ground(labels, parcels["usable_m2"].to_numpy(dtype=float), a, b, asked.plot_parcels_max)


def _prices(case: Case) -> tuple[Prices, float]:
    """Return the prices of the relaxation by rule and key, and the bound they prove."""
    model = formulate(case)
    certificate = proof.proof_of(model, exact.relax(model, threads=2).prices)
    return dict(zip(model.row_keys, certificate.prices.tolist(), strict=True)), proof.bound(certificate)


def _missing(
    inputs: Inputs, ground: _Ground, case: Case, prices: Prices, least: float, each: int
) -> tuple[set[Plot], bool]:
    """Return unlisted plots on which a part is worth more than `least` beyond all prices; whether all were looked at.

    At most `each` plots a part. Sets are grown only while their parcels together cost no more than any part could pay
    (where no price of another rule could pay for them), and are no larger than any part wants.
    """
    price = np.array([
        prices.get(("parcel_used_once", name), 0.0) + m2 * prices.get(("parcel_not_overfilled", name), 0.0)
        for name, m2 in zip(ground.labels, ground.usable_m2, strict=True)
    ])  # fmt: skip
    pays, largest_m2 = _pays(case, prices) - least, float(case.parts["land_max_m2"].max())
    all_seen = True

    def keep(layer: Ints) -> Flags:
        nonlocal all_seen
        cost = price[layer].sum(axis=1)
        kept: Flags = (cost <= pays + TIE) & (ground.usable_m2[layer].sum(axis=1) <= largest_m2 * (1 + 1e-9))
        if kept.sum() > SOUGHT_MAX:
            all_seen = False
            kept &= cost <= np.partition(cost[kept], SOUGHT_MAX)[SOUGHT_MAX]
        return kept

    members = sites.plot_members(len(ground.labels), ground.a, ground.b, ground.parcels_max, keep)
    sets = [tuple(ground.labels[row[row >= 0]]) for row in members]
    wide = pose(inputs, sorted(each_set for each_set in sets if "+".join(each_set) not in case.sites.index))
    model = formulate(wide)
    at = np.array([prices.get(key, 0.0) for key in model.row_keys])
    value = (model.c - model.A.T @ at)[model.columns_of("place")]
    options = wide.options.assign(value=value)
    options = options[(options["value"] > least) & ~options["site"].isin(case.sites.index)]
    best = options.sort_values(["value", "site"], ascending=[False, True]).drop_duplicates(["part", "site"])
    chosen = best.groupby("part", sort=False).head(each)["site"].unique()
    return {tuple(places) for places in wide.sites.loc[chosen, "places"]}, all_seen


def _pays(case: Case, prices: Prices) -> float:
    """Return the most that any part could be worth on a plot, before the prices of parcels; infinite if not known."""
    priced = {rule for (rule, _), price in prices.items() if abs(price) > TIE}
    goals = case.option_goals()
    if not priced <= PLAIN or any(goal not in OF_PART | {"fit"} and MEASURES[goal].sign > 0 for goal in goals):
        return np.inf
    own = case.options.groupby("part")[[goal for goal in goals if goal in OF_PART]].max().sum(axis=1)
    worth = own.reindex(case.parts.index)
    if "fit" in goals:  # at most 1, shared among the parts of a project
        worth += case.points_of_unit("fit") / case.parts.groupby("project")["project"].transform("size")
    placing = [
        sum(prices.get((rule, part), 0.0) for rule in ("each_part_placed_with_its_project", "each_part_placed_once"))
        for part in case.parts.index
    ]
    pays = worth - pd.Series(placing, case.parts.index)
    wants_land = case.parts["takes_parcel"]
    return np.inf if pays[wants_land].isna().any() else float(pays[wants_land].max())
