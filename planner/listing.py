"""What may go where: the ground a case is posed on, and the options found on it.

`pose` lists the options of all parts; whoever asks what would have to change lists those of some parts on a ground that
offers more. It knows nothing of rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner import fit
from planner.asks import asked, marks, reserved
from planner.changes import changed
from planner.errors import Fault, told_or
from planner.intake.inputs import Inputs
from planner.options import in_units, on_plots, sites_used, started, uses_of_places
from planner.places import offers
from planner.possible import Asked, contradictions
from planner.shares import on_shares, shared
from planner.supply import NO_SUPPLY, supplied, waits
from planner.uses import stacked

Found = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
"""Options, what they take of places, and the sites."""


@dataclass(frozen=True)
class Ground(Asked):
    """What options are found on: a scenario beside what it asks about, and what fails there.

    Attributes
    ----------
    failed : mapping of str to ndarray of uint32, shape (n_parts, n_places)
        Tests that fail, by kind of place.
    supplies : DataFrame
        As `supply.supplied` returns it.
    """

    failed: dict[str, fit.Bits]
    supplies: pd.DataFrame


@dataclass(frozen=True)
class Listed:
    """Options, numbered in canonical order; what they take of places; the sites used; plots refused as a whole.

    `grown` and `spread` are the parks where not every plot, not every unit was listed.
    """

    options: pd.DataFrame
    uses: pd.DataFrame
    sites: pd.DataFrame
    refused: pd.DataFrame
    grown: frozenset[str] = frozenset()
    spread: frozenset[str] = frozenset()


def grounded(inputs: Inputs, told: list[Fault], *, checked: bool = True) -> Ground:
    """Return the ground of a scenario; add to `told` what it names that does not exist, or asks in contradiction.

    Unless `checked`, contradictions are not looked for.
    """
    scenario = inputs.scenario
    territory = changed(inputs.territory, scenario)
    offered = offers(territory, scenario.sites.street_gap_m, scenario.sites.facing_m)
    projects, parts = asked(inputs.projects, territory, scenario)
    offered = shared(told_or(told, offered, reserved, offered, territory, scenario), scenario)
    refused = told_or(told, {}, marks, parts, offered, territory, scenario)
    if checked:
        told_or(told, None, contradictions, Asked(scenario, territory, offered, projects, parts))
    failed: dict[str, fit.Bits] = {
        kind: fit.check(parts, places, kind, {name: of[kind] for name, of in refused.items()}, off=scenario.tests.off)
        for kind, places in zip(fit.BOTH, (offered.parcels, offered.floors), strict=True)
    }
    supplies = told_or(told, NO_SUPPLY, supplied, territory, scenario)
    return Ground(scenario, territory, offered, projects, parts, failed, supplies)


def listed(ground: Ground, more_plots: Sequence[Sequence[str]] = ()) -> Listed:
    """Return every option of every part, on the plots of `more_plots` (as parcels) besides those listed."""
    parts, offered, failed, scenario = ground.parts, ground.offered, ground.failed, ground.scenario
    plots = on_plots(parts, offered, failed["parcel"], scenario, more_plots)
    units = in_units(parts, offered, failed["floor"], scenario)
    found = [
        (plots.options, plots.uses, plots.sites),
        on_shares(parts, offered, failed["parcel"], ground.territory, scenario),
        (units.options, units.uses, units.sites),
    ]
    options, uses, sites = joined(found, parts, waits(parts, ground.supplies, scenario))
    return Listed(options, uses, sites, plots.refused, plots.grown, units.spread)


def joined(found: Sequence[Found], parts: pd.DataFrame, later: pd.DataFrame) -> Found:
    """Return options found apart as one table, from every year worth starting in; `later` as `supply.waits`."""
    options, origin = started(pd.concat([of for of, _, _ in found], ignore_index=True), parts, later)
    before = np.cumsum([0, *(len(of) for of, _, _ in found)])
    taken = [use.assign(option=use["option"] + k) for k, (_, use, _) in zip(before, found, strict=False)]
    return options, uses_of_places(stacked(taken), options, origin), sites_used([used for _, _, used in found])
