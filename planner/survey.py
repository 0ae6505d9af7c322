"""What restrictions leave of a territory's parcels, and which parcels border each other: what a check measures.

It asks nothing of a scenario: all parcels count, on offer or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.borders import borders
from planner.errors import Fault
from planner.restrictions import restricted
from planner.territory import ON_OFFER, Territory, usable
from planner.words import Words

HA_M2 = 10_000.0
LEAST_PIECE_M2 = 100.0
"""Pieces lost to a parcel are told from this size on: smaller ones are slivers of a border drawn twice."""
LEFT = Words(
    "{parcels:,} 宗地块共 {area:,.1f} 公顷，限制要素之外可用 {usable:,.1f} 公顷：{cut:,} 宗被切割，"
    "{none:,} 宗全部受限；相邻地块 {borders:,} 对",
    "{parcels:,} parcels of {area:,.1f} ha, {usable:,.1f} ha usable outside restrictions: {cut:,} are cut, nothing "
    "is left of {none:,}; {borders:,} pairs share a border",
)


@dataclass(frozen=True)
class Survey:
    """A territory measured.

    Attributes
    ----------
    parcels : GeoDataFrame
        Indexed by parcel: geometry (largest usable piece), ``rest`` (its other pieces), ``area_m2``, ``outside_m2``
        (outside restrictions, all pieces), ``usable_m2`` (largest piece), ``pieces``, ``on_offer``.
    borders : DataFrame
        Pairs of parcels ``a``, ``b`` with ``border_m``.
    """

    parcels: gpd.GeoDataFrame
    borders: pd.DataFrame

    def words(self) -> Words:
        """Return all of it in a sentence."""
        found = self.parcels
        return LEFT.fill(
            parcels=len(found),
            area=found["area_m2"].sum() / HA_M2,
            usable=found["usable_m2"].sum() / HA_M2,
            cut=int((found["outside_m2"] < found["area_m2"] - 1).sum()),
            none=int((found["usable_m2"] == 0).sum()),
            borders=len(self.borders),
        )


def survey(territory: Territory) -> Survey:
    """Return what restrictions leave of every parcel, and which parcels share a border."""
    given = territory.parcels
    left = usable(given, restricted(territory, "forbids"))
    left["area_m2"] = given["area_m2"]
    left["outside_m2"] = (given["area_m2"] - left["cut_m2"]).clip(lower=0)
    left["on_offer"] = given["state"].isin(ON_OFFER) & given["ready_year"].notna()
    return Survey(left, borders(given))


def faults(found: Survey) -> list[Fault]:
    """Return warnings of the parcels on offer that restrictions take whole, and of those they cut into pieces."""
    offered = found.parcels[found.parcels["on_offer"]]
    rest_m2 = gpd.GeoSeries(offered["rest"]).area
    cases = (
        (
            offered["usable_m2"] == 0,
            Words("在供地块全部在限制要素之内，无可用地", "parcels on offer lie wholly in restrictions"),
            Words("请核对限制要素，或更改状态", "Check the restrictions, or change their state"),
        ),
        (
            rest_m2 >= LEAST_PIECE_M2,
            Words("在供地块被限制要素切成几块，只计最大一块", "parcels on offer are cut in pieces; the largest counts"),
            Words("如要使用其余部分，请分宗", "To use the others as well, make them parcels of their own"),
        ),
    )
    return [
        Fault("parcels", "geometry", rule, remedy, tuple(map(str, offered.index[np.asarray(rows)])), fatal=False)
        for rows, rule, remedy in cases
        if rows.any()
    ]
