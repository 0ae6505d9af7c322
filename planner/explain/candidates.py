"""Where a project left out could stand if something changed, while everybody else stays where the plan has them.

Options are listed on a ground that offers more: every figure that a change could answer counts as good enough, occupied
parcels as on offer, let floors as vacated; what the others of the plan hold is gone. What each such option lacks in
truth is for `lacks` to say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner import fit, sites
from planner.case import Case, stated_over
from planner.errors import Fault, ScenarioError
from planner.explain.kinds import OF_PLOT, RELEASED, TARGETS
from planner.explain.reasons import chosen_options
from planner.intake.inputs import Inputs
from planner.limits import PLACES
from planner.listing import Found, Ground, Listed, grounded, joined
from planner.options import in_units, on_plots, open_to_plots
from planner.places import Offers, offers
from planner.plan import Plan
from planner.scenario import Scenario
from planner.shares import on_shares, shared
from planner.supply import waits

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
CHANGEABLE = frozenset(TARGETS) - {"available", "wet_process"}
"""Tests of a place that refuse nobody on the ground that offers more; what that offers settles the other two."""
ANY_M2 = 1e12
"""More land than there is."""


@dataclass(frozen=True)
class Beside:
    """What the others of a plan hold, and the ground on which the rest looks for a place.

    Attributes
    ----------
    inputs : Inputs
    ground : Ground
        As it is.
    case, plan : Case, Plan
    others : ndarray of int
        Options of the case that they stand on, with what share of its part each takes.
    shares : ndarray of float
    parts : DataFrame
        Those of the projects that look for a place, of `ground`.
    """

    inputs: Inputs
    ground: Ground
    case: Case
    others: Ints
    shares: Floats
    parts: pd.DataFrame

    @property
    def rows(self) -> Ints:
        """Rows of the parts in the ground's."""
        return self.ground.parts.index.get_indexer(self.parts.index).astype(np.int64)

    @cached_property
    def tenants(self) -> dict[str, tuple[str, ...]]:
        """Parts of others in each building."""
        taken = self.taken()
        floors = taken[taken["kind"] == "floor"]
        part = self.case.options["part"].to_numpy(dtype=object)[self.others[floors["option"].to_numpy(dtype=np.int64)]]
        building = floors["key"].map(self.ground.offered.floors["building"])
        return {str(name): tuple(of) for name, of in pd.Series(part).groupby(building.to_numpy()).unique().items()}

    def taken(self) -> pd.DataFrame:
        """Return the places that the others hold (``option`` numbered by `others`, ``kind``, ``key``, ``amount``)."""
        uses = self.case.uses[self.case.uses["kind"].isin(list(PLACES)) & self.case.uses["option"].isin(self.others)]
        return uses.assign(option=np.searchsorted(self.others, uses["option"].to_numpy(dtype=np.int64)))


def beside(inputs: Inputs, case: Case, plan: Plan, projects: Collection[str]) -> Beside:
    """Return the others of a plan as they stand, and the ground that some projects look for a place on."""
    told: list[Fault] = []
    ground = grounded(inputs, told)
    if told:
        raise ScenarioError(told)
    chosen, share = chosen_options(case, plan)
    mine = case.options["project"].isin(set(projects)).to_numpy()
    others = np.sort(chosen[~mine[chosen]])
    return Beside(inputs, ground, case, others, share[others], ground.parts[ground.parts["project"].isin(projects)])


def generous(of: Beside) -> tuple[Offers, Offers]:
    """Return what places offer at most: as if let floors were vacated, and without vacating any.

    Parcels are the same in both: occupied ones are on offer, those of others are not; heights are bounded by what lies
    above alone, and every park takes wet processes.
    """
    scenario, ground = of.inputs.scenario, of.ground
    parcels, parks = ground.territory.parcels.copy(), ground.territory.parks.copy()
    released = parcels["state"].isin(RELEASED)
    parcels.loc[released, "ready_year"] = parcels.loc[released, "ready_year"].fillna(scenario.years[0])
    parcels.loc[released, "state"] = "free"
    parcels["height_limit_m"] = np.nan
    parks["wet_process"] = True
    territory = replace(ground.territory, parcels=parcels, parks=parks)
    offered = shared(offers(territory, scenario.sites.street_gap_m, scenario.sites.facing_m), scenario)
    taken = of.taken()
    held = set(taken.loc[taken["kind"] == "parcel", "key"])
    free = offered.parcels.assign(available=offered.parcels["available"] & ~offered.parcels.index.isin(held))
    on_floors = taken[taken["kind"] == "floor"]
    used = on_floors["amount"] * of.shares[on_floors["option"].to_numpy(dtype=np.int64)]
    used = used.groupby(on_floors["key"]).sum().reindex(offered.floors.index, fill_value=0.0)
    left = (offered.floors["free_m2"] - used).clip(lower=0.0)
    let = ground.territory.floors["occupied_m2"].fillna(0.0).reindex(offered.floors.index)
    floors = offered.floors.assign(free_m2=left, available=left > 0, whole=offered.floors["whole"] & (used == 0))
    vacated = floors.assign(free_m2=left + let, available=left + let > 0, whole=used == 0)
    return replace(offered, parcels=free, floors=vacated), replace(offered, parcels=free, floors=floors)


def listed_beside(of: Beside, vacated: Offers, left: Offers) -> Found:
    """Return the options of the parts on what is left, and what they would take of places.

    A unit may hold less than is asked for; one that needs floors vacated holds all of it, in one building.
    """
    scenario, parts, off = of.inputs.scenario, of.parts, of.inputs.scenario.tests.off | CHANGEABLE
    places = (("parcel", vacated.parcels), ("floor", vacated.floors), ("left", left.floors))
    failed: Mapping[str, fit.Bits] = {
        name: fit.check(parts, frame, "parcel" if name == "parcel" else "floor", off=off) for name, frame in places
    }
    plots = on_plots(parts.assign(land_m2=1.0, land_max_m2=ANY_M2), vacated, failed["parcel"], any_plot(scenario))
    more = in_units(parts.assign(buildings_max=1.0), vacated, failed["floor"], scenario)
    units = in_units(parts, left, failed["left"], scenario, short=True)
    found = [
        (plots.options, plots.uses, plots.sites),
        on_shares(parts, vacated, failed["parcel"], of.ground.territory, scenario),
        (more.options, more.uses, more.sites),
        (units.options, units.uses, units.sites),
    ]
    last = parts["last"]
    soon = [(_by_the_last(each, last), taken, used) for each, taken, used in found]
    early = parts.assign(first=np.fmin(parts["first"], last))
    options, uses, sites_found = joined(soon, early, waits(early, of.ground.supplies, scenario))
    return options, uses, sites_found


def _by_the_last(options: pd.DataFrame, last: pd.Series) -> pd.DataFrame:
    """Return options ready in the last year that their part is wanted, at the latest."""
    return options.assign(ready_year=np.fmin(options["ready_year"], options["part"].map(last).astype(float)))


def any_plot(scenario: Scenario) -> Scenario:
    """Return a scenario whose tests of whole plots refuse nothing that a change could answer."""
    off = {name: False for name in OF_PLOT if name not in ("area_window", "height")}
    return scenario.model_copy(update={"tests": scenario.tests.model_copy(update=off)})


def plots_as_they_are(of: Beside, vacated: Offers) -> pd.DataFrame:
    """Return what the plots offer in truth, indexed by site."""
    asked = of.inputs.scenario.sites
    now = vacated.parcels.assign(height_limit_m=of.ground.offered.parcels["height_limit_m"])
    now = now[open_to_plots(vacated)]
    return sites.plots(now, vacated.pairs, asked.plot_parcels_max, asked.plots_max).plots


def case_beside(of: Beside, found: Found) -> Case:
    """Return the case of the others where they stand, numbered first, and of options found beside them."""
    options, uses, sites_found = found
    case, ground = of.case, of.ground
    theirs = case.options.loc[of.others, ["project", "part", "site", "park", "start_year"]].reset_index(drop=True)
    stand = case.sites.loc[theirs["site"]]
    theirs = theirs.assign(ready_year=theirs["start_year"], usable_m2=stand["usable_m2"].to_numpy())
    both = pd.concat([theirs, options[list(theirs.columns)]], ignore_index=True)
    taken = pd.concat([of.taken(), uses.astype({"kind": object, "key": object}).assign(
        option=uses["option"] + len(theirs)
    )], ignore_index=True)  # fmt: skip
    stands = pd.concat([stand[~stand.index.duplicated()], sites_found])
    stands = stands[~stands.index.duplicated()].sort_index()
    there = set(taken["key"])
    offered = replace(
        ground.offered,
        **{
            name: frame.assign(available=frame["available"] | frame.index.isin(there))
            for name, frame in (("parcels", ground.offered.parcels), ("floors", ground.offered.floors))
        },
    )
    free = replace(
        ground, offered=offered, projects=ground.projects.assign(must_place=False),
        failed={name: np.zeros_like(bits) for name, bits in ground.failed.items()},
    )  # fmt: skip
    return stated_over(of.inputs, free, Listed(both, taken, stands, case.site_refusals), [])
