"""Shares of one parcel: cuts from either end of a divisible one, and joint taking (联合拿地) of one open to it.

A share is as large as the part asks for. What a cut leaves stays on offer, unless it is too small to be of use; then it
is lost, and goes with the cut. Who shares a parcel jointly takes so much of its land; where each stands on it is for
them to settle, so such a share has no outline.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner import fit, sites
from planner.borders import open_edges
from planner.places import Offers
from planner.scenario import Scenario
from planner.territory import Territory

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
WHOLE_M2 = 1.0
"""A share is smaller than its parcel by more than this; else the parcel is taken whole."""
ENDS = {0: "", 1: "/end1", 2: "/end2"}
"""How the name of a site tells the end; none of a joint share."""
BY_AREA = ("usable_m2", "far_volume_m2", "coverage_m2", "power_kva")
"""What a share of a parcel offers in proportion to its land."""


def shared(offered: Offers, scenario: Scenario) -> Offers:
    """Return the offers with parcels marked that the scenario lets several parts share (column ``shared``)."""
    parcels, asked = offered.parcels, scenario.sites
    marked = (parcels["divisible"] & asked.cuts) | (parcels["joint"] & asked.joint)
    return replace(offered, parcels=parcels.assign(shared=marked))


def on_shares(
    parts: pd.DataFrame, offered: Offers, failed: fit.Bits, territory: Territory, scenario: Scenario
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return options on shares of one parcel, what they use, and the sites used.

    Sites are indexed by name ("YL-03/end1:12000", "YL-03:12000"), with ``geometry`` (the piece; None for a joint share)
    and ``lost_m2`` (what a cut leaves that is too small) besides the columns of plots.
    """
    there = (offered.parcels["shared"] & offered.parcels["available"] & (offered.parcels["usable_m2"] > 0)).to_numpy()
    parcels = offered.parcels[there]
    asked_m2 = parts["land_m2"].where(parts["takes_parcel"]).to_numpy(dtype=float)
    fits = _fits(parts, asked_m2, parcels, failed[:, there], scenario.tests.off)
    found = pd.concat([_joint(asked_m2, fits, parcels, scenario), _cuts(asked_m2, fits, parcels, territory, scenario)])
    found = found.reset_index(drop=True)
    parcel = found["parcel"].to_numpy(dtype=np.int64)
    label = parcels.index.to_numpy(dtype=object)[parcel]
    park = parcels["park"].to_numpy(dtype=object)[parcel]
    each = zip(label, found["end"], found["area_m2"], strict=True)
    options = pd.DataFrame(
        {
            "part": parts.index.to_numpy(dtype=object)[found["part"].to_numpy(dtype=np.int64)],
            "site": np.array([f"{of}{ENDS[end]}:{m2:.10g}" for of, end, m2 in each], dtype=object),
            "park": park,
            "ready_year": parcels["ready_year"].to_numpy(dtype=float)[parcel],
            "usable_m2": found["area_m2"],
        }
    )
    taken = pd.DataFrame(
        {"option": found.index, "kind": "parcel_share", "key": label, "amount": found["area_m2"] + found["lost_m2"]}
    )
    cut = (found["end"] > 0).to_numpy()
    ends = pd.DataFrame(
        {
            "option": found.index[cut],
            "kind": "cut_end",
            "key": [f"{of} end {end}" for of, end in zip(label[cut], found["end"][cut], strict=True)],
            "amount": 1.0,
        }
    )
    used = pd.DataFrame(
        {
            "kind": "plot",
            "park": park,
            "places": pd.Series([(name,) for name in label], dtype=object),
            "usable_m2": found["area_m2"],
            "geometry": found["geometry"],
            "lost_m2": found["lost_m2"],
        }
    ).set_index(pd.Index(options["site"], name="site", dtype=object))
    return options, pd.concat([taken, ends], ignore_index=True), used[~used.index.duplicated()]


def _fits(
    parts: pd.DataFrame, asked_m2: Floats, parcels: pd.DataFrame, failed: fit.Bits, off: frozenset[str]
) -> Flags:
    """Return which parts fit a share of each parcel, of the size asked: all tests, those of sites on the share."""
    of_site = np.uint32(sum(fit.BIT[name] for name in {test.name for test in fit.TESTS if test.of_site}))
    usable = parcels["usable_m2"].to_numpy(dtype=float)
    fits: Flags = ((failed & ~of_site) == 0) & (asked_m2[:, None] < usable[None, :] - WHOLE_M2)
    for area_m2 in np.unique(asked_m2[fits.any(axis=1)]):
        rows = np.flatnonzero(asked_m2 == area_m2)
        share = pd.DataFrame(parcels).assign(**{name: parcels[name] * (area_m2 / usable) for name in BY_AREA})
        fits[rows] &= fit.check(parts.iloc[rows], share, "parcel", off=off, of_site=True) == 0
    return fits


def _found(part: Ints, parcel: Ints, end: int, area_m2: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {"part": part, "parcel": parcel, "end": end, "area_m2": area_m2, "lost_m2": 0.0, "geometry": None}
    ).astype({"geometry": object})


def _joint(asked_m2: Floats, fits: Flags, parcels: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return the joint shares."""
    part, parcel = np.nonzero(fits & (parcels["joint"] & scenario.sites.joint).to_numpy()[None, :])
    return _found(part, parcel, 0, asked_m2[part])


def _cuts(
    asked_m2: Floats, fits: Flags, parcels: pd.DataFrame, territory: Territory, scenario: Scenario
) -> pd.DataFrame:
    """Return the cuts, each with its piece and what it leaves that is lost."""
    wanted = fits & (parcels["divisible"] & scenario.sites.cuts).to_numpy()[None, :]
    rows = np.flatnonzero(wanted.any(axis=0))
    land = parcels["geometry"].to_numpy()[rows]
    own = territory.parcels.index.get_indexer(parcels.index[rows]).astype(np.int64)
    streets = open_edges(land, own, territory.parcels.geometry.to_numpy())
    ends = sites.ends_of(land, streets, scenario.sites.access_m)
    part, row = np.nonzero(wanted[:, rows])
    both = pd.concat([_found(part, row, end, asked_m2[part]) for end in (1, 2)], ignore_index=True)
    once, of = np.unique(both[["parcel", "end", "area_m2"]].to_numpy(dtype=float), axis=0, return_inverse=True)
    pieces = sites.cuts_of(ends, (2 * once[:, 0] + once[:, 1] - 1).astype(np.int64), once[:, 2])
    both["geometry"] = pieces[of.ravel()]
    both["parcel"] = rows[both["parcel"].to_numpy(dtype=np.int64)]
    rest_m2 = parcels["usable_m2"].to_numpy(dtype=float)[both["parcel"]] - both["area_m2"]
    both["lost_m2"] = rest_m2.where(rest_m2 < scenario.sites.cut_rest_min_m2, 0.0)
    return both[both["geometry"].notna()]
