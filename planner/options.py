"""Options: every part on every site it may take, from every year worth starting in; and what each uses.

All in arrays; rows end in canonical order (part, site, start year).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner import fit, sites
from planner.places import Offers, blocks
from planner.scenario import Scenario
from planner.uses import coded

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
OPTION = ("part", "site", "start_year")
"""What tells one option from another, whichever number it has."""
LEAST_OVER = 1e-9
"""Less of a fire compartment is nothing."""


@dataclass(frozen=True)
class OnPlots:
    """Options on plots, what they use, the plots used; plots refused as a whole, and parks where plots were grown."""

    options: pd.DataFrame
    uses: pd.DataFrame
    sites: pd.DataFrame
    refused: pd.DataFrame
    grown: frozenset[str]


def on_plots(
    parts: pd.DataFrame,
    offered: Offers,
    failed: fit.Bits,
    scenario: Scenario,
    more_plots: Sequence[Sequence[str]] = (),
) -> OnPlots:
    """Return options on plots, on those in `more_plots` (labels of parcels) besides those listed."""
    on_offer = open_to_plots(offered)
    parcels = offered.parcels[on_offer]
    asked = scenario.sites
    found = sites.plots(parcels, offered.pairs, asked.plot_parcels_max, asked.plots_max, more_plots)
    plots, members = found.plots, found.members
    own = np.uint32(sum(fit.BIT[name] for name in {test.name for test in fit.TESTS if test.of_site}))
    welcome = np.column_stack([(failed[:, on_offer] & ~own) == 0, np.ones(len(parts), dtype=bool)])
    passes = welcome[:, members].all(axis=2) if len(members) else np.zeros((len(parts), 0), dtype=bool)
    whole = fit.check(parts, plots, "parcel", off=scenario.tests.off, of_site=True)
    part, site = np.nonzero(passes & (whole == 0))
    options = pd.DataFrame(
        {
            "part": parts.index.to_numpy(dtype=object)[part],
            "site": plots.index.to_numpy(dtype=object)[site],
            "park": plots["park"].to_numpy(dtype=object)[site],
            "ready_year": plots["ready_year"].to_numpy(dtype=float)[site],
            "usable_m2": plots["usable_m2"].to_numpy(dtype=float)[site],
        }
    )
    option, member = np.nonzero(members[site] >= 0)
    parcel = members[site[option], member]
    uses = pd.DataFrame(
        {
            "option": option,
            "kind": coded(np.where(parcels["shared"], "parcel_share", "parcel"), parcel),
            "key": coded(parcels.index, parcel),
            "amount": parcels["usable_m2"].to_numpy(dtype=float)[parcel],
        }
    )
    used = plots.loc[plots.index.isin(options["site"]), ["kind", "park", "places", "usable_m2"]]
    return OnPlots(options, uses, used, _misses(parts, plots, members, passes & (whole != 0)), found.grown)


def open_to_plots(offered: Offers) -> Flags:
    """Return which parcels plots are made of."""
    return np.asarray(offered.parcels["available"] & (offered.parcels["usable_m2"] > 0), dtype=bool)


def _misses(parts: pd.DataFrame, plots: pd.DataFrame, members: Ints, refused: Flags) -> pd.DataFrame:
    """Return for each part how many composite plots its area window refused, and the nearest of them."""
    composite = np.asarray((members[:, 1:] >= 0).any(axis=1), dtype=bool)
    several = refused & composite[None, :]
    least, most = (parts[name].to_numpy(dtype=float)[:, None] for name in ("land_m2", "land_max_m2"))
    size = plots["usable_m2"].to_numpy(dtype=float)[None, :]
    short = np.where(size < least, (least - size) / least, np.where(size > most, (size - most) / most, np.inf))
    short = np.where(several, short, np.inf)
    rows = np.flatnonzero(np.isfinite(short).any(axis=1)) if short.shape[1] else np.zeros(0, dtype=np.int64)
    best = short[rows].argmin(axis=1)
    under = size[0, best] < least[rows, 0]
    return pd.DataFrame(
        {
            "part": parts.index.to_numpy(dtype=object)[rows],
            "test": "area_window",
            "count": np.isfinite(short[rows]).sum(axis=1),
            "site": plots.index.to_numpy(dtype=object)[best],
            "need": np.where(under, least[rows, 0], most[rows, 0]),
            "offer": size[0, best],
        }
    )


@dataclass(frozen=True)
class InUnits:
    """Options in units of floors, what they use, the units used; parks where not all spread ones were listed."""

    options: pd.DataFrame
    uses: pd.DataFrame
    sites: pd.DataFrame
    spread: frozenset[str]


def in_units(
    parts: pd.DataFrame, offered: Offers, failed: fit.Bits, scenario: Scenario, *, short: bool = False
) -> InUnits:
    """Return options in units of floors; a unit in several buildings is ready when the last of them is.

    With `short` those as well that hold less than is asked (in one building).
    """
    floors = offered.floors
    alone = np.uint32(fit.BIT["area_window"] | fit.BIT["net_need"])
    asked_m2 = parts["net_m2"].fillna(parts["gfa_m2"]).where(parts["takes_floor"]).to_numpy(dtype=float)
    passes = (failed & ~alone) == 0
    over = sites.Spread(
        parts["buildings_max"].to_numpy(dtype=float), floors[["complex", "park"]], scenario.sites.spread_max
    )
    counted = fit.counted(parts, floors)
    found = sites.units(asked_m2, passes, floors, scenario.sites.unit_floors_max, counted, over, short)
    names = sites.unit_names(found, floors)
    labels = floors.index.to_numpy(dtype=object)
    begin = np.searchsorted(found.unit, np.arange(len(names)))
    park = floors["park"].to_numpy(dtype=object)[found.floor[begin]]
    ready = np.zeros(len(names))
    np.maximum.at(ready, found.unit, np.nan_to_num(floors["ready_year"].to_numpy(dtype=float))[found.floor])
    options = pd.DataFrame(
        {
            "part": parts.index.to_numpy(dtype=object)[found.part],
            "site": names,
            "park": park,
            "ready_year": ready,
            "usable_m2": 0.0,
        }
    )
    uses = {"option": found.unit, "kind": "floor", "key": coded(labels, found.floor), "amount": found.amount_m2}
    once = pd.Series(np.arange(len(names)), index=names)
    once = once[~once.index.duplicated()].sort_index()
    takes = np.split(labels[found.floor], begin[1:])
    used = pd.DataFrame(
        {"kind": "unit", "park": park[once], "places": pd.Series([tuple(takes[k]) for k in once], dtype=object)}
    ).set_axis(pd.Index(once.index, name="site", dtype=object))
    used["usable_m2"] = 0.0
    return InUnits(options, pd.DataFrame(uses), used, frozenset(park for _, park in found.unlisted))


def sites_used(found: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the sites of every kind, in order of their names; only a cut has a piece and may lose land."""
    sites = pd.concat([each for each in found if len(each)] or list(found))
    sites = sites.reindex(columns=["kind", "park", "places", "usable_m2", "geometry", "lost_m2"])
    sites["lost_m2"] = sites["lost_m2"].fillna(0.0)
    sites["geometry"] = sites["geometry"].astype(object).where(sites["geometry"].notna(), None)
    return sites.sort_index()


def not_listed(
    offered: Offers, scenario: Scenario, grown: Collection[str], spread: Collection[str] = ()
) -> dict[str, tuple[str, ...]]:
    """Return for each park with parcels on offer, or units not listed, which sites were not; empty where all were.

    ``larger``: plots of more parcels than the scenario allows exist where a connected set is larger. ``grown``: of too
    many plots the most compact were listed. ``shares``: of cuts and joint shares, those of the areas asked were.
    ``spread``: of too many units in several buildings of a complex, those of fewest floors were.
    """
    parcels = offered.parcels[open_to_plots(offered)]
    missing = {}
    for park, shared in parcels["shared"].groupby(parcels["park"]):
        several = blocks(offered, str(park)).reindex(shared.index).value_counts().max()
        why = {"larger": several > scenario.sites.plot_parcels_max, "grown": park in grown, "shares": shared.any()}
        missing[str(park)] = tuple(name for name, so in why.items() if so)
    for park in sorted(spread):
        missing[park] = (*missing.get(park, ()), "spread")
    return dict(sorted(missing.items()))


def sites_listed(missing: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, object]]:
    """Return what plan.json says of the sites that were not listed: for each park whether all were, and which not."""
    return {
        "sites_complete": {park: not why for park, why in missing.items()},
        "sites_missing": {park: list(why) for park, why in missing.items() if why},
    }


def refusals(parts: pd.DataFrame, offered: Offers, failed: Mapping[str, fit.Bits]) -> pd.DataFrame:
    """Return every refusal of a part at a place, with the tests that failed as bits."""
    places = np.concatenate([offered.parcels.index.to_numpy(dtype=object), offered.floors.index.to_numpy(dtype=object)])
    bits = np.concatenate([failed["parcel"], failed["floor"]], axis=1)
    hit = bits != 0
    part, place = np.nonzero(hit)
    return pd.DataFrame(
        {
            "part": pd.Categorical.from_codes(part, categories=parts.index),
            "place": pd.Categorical.from_codes(place, categories=pd.Index(places)),
            "failed": bits[hit],
        }
    )


def started(options: pd.DataFrame, parts: pd.DataFrame, waits: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return the options with their start years, in canonical order, and the row each came from.

    A part starts as early as it may, or in a later year that it may be better off to wait for (`supply.waits`); a
    start in between uses the same and waits longer, so it is never better.
    """
    part = parts.index.get_indexer(pd.Index(options["part"]))
    first, last = (parts[name].to_numpy(dtype=float)[part] for name in ("first", "last"))
    early = np.maximum(options["ready_year"].to_numpy(dtype=float), first)
    waits = waits.assign(part=parts.index.get_indexer(pd.Index(waits["part"])))
    plain = pd.DataFrame({"part": part, "park": options["park"], "row": np.arange(len(options))})
    plot = plain[options["usable_m2"].to_numpy() > 0]
    later = pd.concat([plain.merge(waits, on=["part", "park"]), plot.merge(waits[waits["park"] == ""], on="part")])
    later = later[["row", "year"]].drop_duplicates()
    t = later["year"].to_numpy(dtype=float)
    late = later[(early[later["row"]] < t) & (t <= last[later["row"]])]
    row = [np.arange(len(options)), late["row"].to_numpy(dtype=np.int64)]
    year = [early, late["year"].to_numpy(dtype=float)]
    origin = np.concatenate(row)
    frame = options.iloc[origin].reset_index(drop=True)
    frame["start_year"] = np.concatenate(year).astype(np.int64)
    frame["project"] = parts["project"].to_numpy(dtype=object)[part[origin]]
    order = in_order(frame, ["part", "site", "start_year"])
    return frame.iloc[order].reset_index(drop=True), origin[order]


def in_order(frame: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.int64]:
    """Return the rows in the order of some columns, the first before the second."""
    return np.lexsort([pd.factorize(frame[name], sort=True)[0] for name in reversed(columns)])


def uses_of_places(uses: pd.DataFrame, options: pd.DataFrame, origin: NDArray[np.int64]) -> pd.DataFrame:
    """Return the uses of places, one set for each start year of an option."""
    given = uses["option"].to_numpy(dtype=np.int64)
    count = np.bincount(given)
    begin, own = np.cumsum(count) - count, count[origin]
    nth = np.arange(own.sum()) - np.repeat(np.cumsum(own) - own, own)
    rows = np.argsort(given, kind="stable")[np.repeat(begin[origin], own) + nth]
    taken: pd.DataFrame = uses.iloc[rows].assign(option=np.repeat(np.arange(len(options)), own)).reset_index(drop=True)
    return taken


def compartments(uses: pd.DataFrame, places: pd.DataFrame, shares: pd.Series) -> NDArray[np.float64]:
    """Return the fire compartments (防火分区) that options take: on each floor as many as their area there needs.

    Parameters
    ----------
    uses : DataFrame
        Of floors: ``option``, ``key``, ``amount`` (m²).
    places : DataFrame
        With ``compartment_m2`` of each floor; without it nothing is known.
    shares : Series
        The options asked about, each with the share of it that is taken.

    Returns
    -------
    ndarray of shape (n_options,)
        NaN on land, and where no compartment is permitted.
    """
    if "compartment_m2" not in places:
        return np.full(len(shares), np.nan)
    uses = uses[uses["option"].isin(shares.index)]
    most_m2 = uses["key"].map(places.loc[places["kind"] == "floor", "compartment_m2"]).astype(float)
    amount_m2 = uses["amount"] * shares.loc[uses["option"]].to_numpy()
    needed = np.ceil(amount_m2 / most_m2 - LEAST_OVER).clip(lower=1).where(most_m2 > 0)
    count: NDArray[np.float64] = needed.groupby(uses["option"]).sum(min_count=1).reindex(shares.index).to_numpy(float)
    return count


def placed_gfa_m2(options: pd.DataFrame, uses: pd.DataFrame, parts: pd.DataFrame) -> NDArray[np.float64]:
    """Return the floor space each option places: what it takes of floors, or on a plot what its part asks for."""
    floors = uses[uses["kind"] == "floor"]
    taken = np.bincount(
        floors["option"].to_numpy(dtype=np.int64), floors["amount"].to_numpy(dtype=float), minlength=len(options)
    )
    return np.where(taken > 0, taken, options["part"].map(parts["asked_gfa_m2"]).to_numpy(dtype=float))


def keys_of(options: pd.DataFrame) -> pd.MultiIndex:
    """Return what tells options or placements from one another: `OPTION`, and of those alike the how-manieth it is."""
    named = options[list(OPTION)].astype({"start_year": int})
    return pd.MultiIndex.from_frame(named.assign(nth=named.groupby(list(named)).cumcount()))
