"""What an option is worth: the raw measure of each goal, and what it is divided by.

Points = sign × weight × 100 × raw / normaliser, so that a weight of 10 gives 1,000 points to a plan that reaches all
there is to reach. Normalisers depend on what is asked and on the ground, never on the plan. `MEASURES` has one entry a
goal: its unit, its sign, the raw total of all that is asked (of a penalty the worst total), and what each option adds
to the raw total of a plan. Goals on other columns than options (`model.derived`) have no measure of options.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner import lay
from planner.asks import asked
from planner.changes import changed
from planner.intake.inputs import Inputs
from planner.places import Offers
from planner.projects import line_of
from planner.scenario import Scenario
from planner.territory import ON_OFFER, Territory
from planner.words import Words

Floats = NDArray[np.float64]
CNY_10K = 10_000.0
LEAST_REST_M2 = 1e-6
"""Less of a floor is nothing."""
PLACES = ("parcel", "parcel_share", "floor")
"""Kinds of use that are places (m²)."""


@dataclass(frozen=True)
class Wanted:
    """All that is asked for, and the ground it is asked of.

    Attributes
    ----------
    projects : DataFrame
        With ``tier``, ``cluster``, ``supplies``, figures, and the window ``first``, ``horizon_last``.
    parts : DataFrame
        With ``project``, ``industry``, ``takes_parcel``, ``takes_floor``, ``land_m2``, ``land_max_m2``, ``gfa_m2``,
        ``asked_gfa_m2``.
    territory : Territory
        With the scenario's changes.
    cut_rest_m2 : float
        A cut loses less than this of its parcel; 0 where nothing is cut.
    """

    projects: pd.DataFrame
    parts: pd.DataFrame
    territory: Territory
    cut_rest_m2: float


@dataclass(frozen=True)
class Weighed:
    """Options to be measured, and what they stand on.

    Attributes
    ----------
    wanted : Wanted
    options : DataFrame
        ``project``, ``part``, ``site``, ``park``, ``start_year``, ``usable_m2`` (land taken, 0 for units).
    uses : DataFrame
        Places each option takes: ``option``, ``kind``, ``key``, ``amount`` (m²).
    sites : DataFrame
        Indexed by site: ``places``, ``geometry``, ``lost_m2`` (what a cut leaves of its parcel, too small to use).
    offered : Offers
    street_gap_m : float
        Widest street within a plot.
    earlier : mapping of str to frozenset of str
        Places an earlier plan has each part on.
    """

    wanted: Wanted
    options: pd.DataFrame
    uses: pd.DataFrame
    sites: pd.DataFrame
    offered: Offers
    street_gap_m: float
    earlier: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of_project(self, values: pd.Series) -> Floats:
        """Return a figure of the project, spread over its parts in equal shares.

        A project is placed with all its parts or not at all, so the plan's total is the same and the relaxation sees
        each part's share.
        """
        return self.of_part(self.wanted.parts["project"].map(values.fillna(0.0))) * self.share

    def of_part(self, values: pd.Series) -> Floats:
        """Return a figure of the part of each option."""
        return values.reindex(self.wanted.parts.index).to_numpy(dtype=float)[self.part]

    @cached_property
    def part(self) -> NDArray[np.int64]:
        """Row of the part of each option."""
        return self.wanted.parts.index.get_indexer(pd.Index(self.options["part"])).astype(np.int64)

    @cached_property
    def share(self) -> Floats:
        """What share of its project the part of each option is."""
        return self.of_part(1.0 / self.wanted.parts.groupby("project")["project"].transform("size"))

    def total_of_places(self, kinds: Collection[str], each: pd.Series) -> Floats:
        """Return for each option the sum over its uses of some kinds, amount × a figure of the place."""
        uses = self.uses[self.uses["kind"].isin(kinds)]
        amount = uses["amount"].to_numpy(dtype=float) * uses["key"].map(each).to_numpy(dtype=float)
        option = uses["option"].to_numpy(dtype=np.int64)
        return np.bincount(option, amount, minlength=len(self.options)).astype(float)


@dataclass(frozen=True, slots=True)
class Measure:
    """How one goal is measured: its unit, whether more is better (+1) or worse (−1), its total, its share by option."""

    unit: Words
    sign: int
    total: Callable[[Wanted], float]
    raw: Callable[[Weighed], Floats] | None = None


def tier_points(projects: pd.DataFrame, tiers: pd.DataFrame) -> pd.Series:
    """Return the points of each project's tier."""
    return projects["tier"].map(tiers.set_index("tier")["points"].astype(float)).fillna(0.0)


def _tier(wanted: Wanted) -> pd.Series:
    return tier_points(wanted.projects, wanted.territory.tables["tiers"])


def _figure(unit: Words, column: str) -> Measure:
    """Return the goal that adds up a figure of the projects; what is not given adds nothing."""
    return Measure(
        unit,
        1,
        lambda wanted: float(wanted.projects[column].sum()),
        lambda weighed: weighed.of_project(weighed.wanted.projects[column]),
    )


def _fit(weighed: Weighed) -> Floats:
    industry = weighed.wanted.parts["industry"].to_numpy(dtype=object)[weighed.part]
    park = weighed.options["park"].to_numpy(dtype=object)
    return fit_of(industry, park, weighed.wanted.territory.tables) * weighed.share


def _waited(weighed: Weighed) -> Floats:
    first = weighed.of_part(weighed.wanted.parts["project"].map(weighed.wanted.projects["first"]))
    return (weighed.options["start_year"].to_numpy(dtype=float) - first) * weighed.share


def _longest_wait(wanted: Wanted) -> float:
    return float((wanted.projects["horizon_last"] - wanted.projects["first"]).clip(lower=0).sum())


def _spare_land(weighed: Weighed) -> Floats:
    usable = weighed.options["usable_m2"].to_numpy(dtype=float)
    return np.where(usable > 0, usable - np.nan_to_num(weighed.of_part(weighed.wanted.parts["land_m2"])), 0.0)


def _most_spare_land(wanted: Wanted) -> float:
    plots = wanted.parts[wanted.parts["takes_parcel"]]
    return float((plots["land_max_m2"] - plots["land_m2"]).sum())


def _shape(weighed: Weighed) -> Floats:
    """Return land taken × (1 − compactness of the plot, or of the piece cut for it)."""
    plots = weighed.options["usable_m2"].to_numpy(dtype=float) > 0
    taken = weighed.sites.loc[weighed.options.loc[plots, "site"].unique()]
    cut = taken["geometry"].notna()
    parcels = weighed.offered.parcels.geometry
    land = pd.concat([parcels, gpd.GeoSeries(taken.loc[cut, "geometry"], crs=parcels.crs)])
    pieces = pd.Series([(name,) for name in taken.index[cut]], taken.index[cut], dtype=object)
    compact = lay.compactness(pd.concat([taken.loc[~cut, "places"], pieces]), land, weighed.street_gap_m)
    lost = 1 - weighed.options["site"].map(compact).to_numpy(dtype=float)
    return np.where(plots, weighed.options["usable_m2"].to_numpy(dtype=float) * np.nan_to_num(lost), 0.0)


def _most_land(wanted: Wanted) -> float:
    return float(wanted.parts.loc[wanted.parts["takes_parcel"], "land_max_m2"].sum())


def _access(weighed: Weighed) -> Floats:
    """Return the way from the nearest place of the site, as the part's share of its project (km)."""
    km = lay.access_km(weighed.offered.parcels.geometry, weighed.wanted.territory)
    km_floor = weighed.offered.floors["building"].map(
        lay.access_km(weighed.wanted.territory.buildings.geometry, weighed.wanted.territory)
    )
    uses = weighed.uses[weighed.uses["kind"].isin(PLACES)]
    nearest = uses["key"].map(pd.concat([km, km_floor])).groupby(uses["option"]).min()
    return nearest.reindex(np.arange(len(weighed.options))).fillna(0.0).to_numpy(dtype=float) * weighed.share


def _longest_way(wanted: Wanted) -> float:
    """Return the way if every project stood on the parcel or in the building farthest off (km)."""
    territory = wanted.territory
    km = pd.concat([lay.access_km(layer.geometry, territory) for layer in (territory.parcels, territory.buildings)])
    return len(wanted.projects) * float(km.max()) if km.notna().any() else 0.0


def _preparation(weighed: Weighed) -> Floats:
    """Return the cost of preparing the parcels taken, by the share of each that is taken (亿元)."""
    cost = weighed.wanted.territory.parcels["preparation_cost_yi"].fillna(0.0)
    usable = weighed.offered.parcels["usable_m2"]
    return weighed.total_of_places(("parcel", "parcel_share"), (cost / usable.where(usable > 0)).fillna(0.0))


def _all_preparation(wanted: Wanted) -> float:
    parcels = wanted.territory.parcels
    offered = parcels["state"].isin(ON_OFFER) & parcels["ready_year"].notna()
    return float(parcels.loc[offered, "preparation_cost_yi"].sum())


def rents(territory: Territory) -> pd.Series:
    """Return the rent of each building (元/m²·month); one that is not given counts as the highest that is."""
    rent: pd.Series = territory.buildings["rent_cny_m2_month"].astype(float)
    return rent.fillna(rent.max()).fillna(0.0)


def _rent(weighed: Weighed) -> Floats:
    by_floor = weighed.offered.floors["building"].map(rents(weighed.wanted.territory))
    return weighed.total_of_places(("floor",), by_floor) / CNY_10K


def _highest_rent(wanted: Wanted) -> float:
    space = wanted.parts.loc[wanted.parts["takes_floor"], "gfa_m2"].sum()
    return float(space * rents(wanted.territory).max() / CNY_10K) if len(wanted.territory.buildings) else 0.0


def _kept(weighed: Weighed) -> Floats:
    """Return 1 where an earlier plan has the part on just these places."""
    places = weighed.options["site"].map(weighed.sites["places"])
    pairs = zip(weighed.options["part"], places, strict=True)
    return np.array([weighed.earlier.get(str(part)) == frozenset(there) for part, there in pairs], dtype=float)


def _links(wanted: Wanted) -> float:
    known = set(wanted.projects.index)
    return float(sum(leader in known for leaders in wanted.projects["supplies"] for leader in leaders))


def _clustered_space(wanted: Wanted) -> float:
    cluster = wanted.parts["project"].map(wanted.projects["cluster"].fillna(""))
    return float(wanted.parts.loc[cluster != "", "asked_gfa_m2"].sum())


def _least_places(wanted: Wanted) -> float:
    """Return the least units of all floors on offer, and what cuts may lose of parcels on offer at most (m²)."""
    floors, parcels = wanted.territory.floors, wanted.territory.parcels
    cut = parcels["state"].isin(ON_OFFER) & parcels["ready_year"].notna() & parcels["divisible"].eq(True)
    lost = parcels.geometry[cut].area.clip(upper=wanted.cut_rest_m2)
    return float(floors.loc[floors["free_m2"] > 0, "unit_min_m2"].sum() + lost.sum())


PROJECTS = Words("项目", "projects")
SQUARE_METRES = Words("平方米", "m²")
MEASURES: Mapping[str, Measure] = {
    "tier": Measure(
        Words("级别分", "tier points"),
        1,
        lambda wanted: float(_tier(wanted).sum()),
        lambda weighed: weighed.of_project(_tier(weighed.wanted)),
    ),
    "investment": _figure(Words("亿元", "CNY 100 m"), "investment_yi"),
    "output": _figure(Words("亿元/年", "CNY 100 m a year"), "output_yi"),
    "tax": _figure(Words("亿元/年", "CNY 100 m a year"), "tax_yi"),
    "jobs": _figure(Words("个", "jobs"), "jobs"),
    "rnd": _figure(Words("亿元", "CNY 100 m"), "rnd_yi"),
    "fit": Measure(PROJECTS, 1, lambda wanted: float(len(wanted.projects)), _fit),
    "chain": Measure(Words("对", "links"), 1, _links),
    "cluster": Measure(SQUARE_METRES, 1, _clustered_space),
    "waited": Measure(Words("年", "years"), -1, _longest_wait, _waited),
    "spare_land": Measure(SQUARE_METRES, -1, _most_spare_land, _spare_land),
    "shape": Measure(SQUARE_METRES, -1, _most_land, _shape),
    "leftover": Measure(SQUARE_METRES, -1, _least_places),
    "access": Measure(Words("公里", "km"), -1, _longest_way, _access),
    "preparation": Measure(Words("亿元", "CNY 100 m"), -1, _all_preparation, _preparation),
    "rent": Measure(Words("万元/月", "CNY 10,000 a month"), -1, _highest_rent, _rent),
    "balance": Measure(Words("份额", "share"), -1, lambda wanted: 1.0),
    "stability": Measure(Words("分项", "parts"), 1, lambda wanted: float(len(wanted.parts)), _kept),
    "opened": Measure(
        Words("栋", "buildings"), -1, lambda wanted: float((wanted.territory.buildings["stage"] == "planned").sum())
    ),
}
"""Every goal a scenario may weigh."""


def normalisers(wanted: Wanted, goals: Collection[str]) -> dict[str, float]:
    """Return the raw total of some goals over all that is asked (for penalties: the worst total); 0 counts as 1."""
    return {goal: MEASURES[goal].total(wanted) or 1.0 for goal in goals}


def cut_rest_m2(scenario: Scenario) -> float:
    """Return the rest below which land is lost to a cut (m²); 0 where nothing is cut."""
    return scenario.sites.cut_rest_min_m2 if scenario.sites.cuts else 0.0


def divided_by(inputs: Inputs, wanted: Wanted) -> dict[str, float]:
    """Return the normalisers: those of the root scenario's projects, unless the scenario asks for its own."""
    root = inputs.root
    if root is not None and inputs.scenario.normalise == "root":
        ground = changed(root.territory, root.scenario)
        free = root.scenario.model_copy(update={"locks": {}, "must_place": ()})
        wanted = Wanted(*asked(root.projects, ground, free), ground, cut_rest_m2(root.scenario))
    return normalisers(wanted, inputs.scenario.goals.weights)


def points_of_options(
    weighed: Weighed, weights: Mapping[str, float], divided_by: Mapping[str, float]
) -> dict[str, Floats]:
    """Return the points of each option, by goal: sign × weight × 100 × raw / normaliser."""
    return {
        goal: measure.sign * weight * 100 * measure.raw(weighed) / divided_by[goal]
        for goal, weight in weights.items()
        if (measure := MEASURES[goal]).raw is not None
    }


def uses_and_limits(
    weighed: Weighed, goals: Collection[str]
) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """Return uses and limits that only goals read: kinds ``leftover`` and ``balance``, where they are weighed.

    ``leftover`` has a limit for each floor that several parts may share, from its least unit (``at_least``) to its
    free area (``at_most``); of other floors, and of parcels that are cut, the use is what an option alone leaves too
    small to use. ``balance`` has for each growth pole the floor space that its free land (by FAR) and floors can hold.
    """
    uses, limits = [], []
    if "leftover" in goals:
        floors = weighed.offered.floors[["free_m2", "unit_min_m2"]]
        of = weighed.uses[weighed.uses["kind"] == "floor"].merge(floors, left_on="key", right_index=True)
        of = of[(of["unit_min_m2"] > 0) & (of["free_m2"] >= of["unit_min_m2"])]
        part = pd.Series(weighed.options["part"].to_numpy()[of["option"]], of.index)
        divisible = weighed.wanted.parts["share_min"].dropna().index  # a share may leave more
        several = (part.groupby(of["key"]).transform("nunique") > 1) | of["key"].isin(of["key"][part.isin(divisible)])
        rest = of["free_m2"] - of["amount"]
        alone = ~several & (rest > LEAST_REST_M2) & (rest < of["unit_min_m2"] - LEAST_REST_M2)
        lost = of.loc[alone, ["option", "key"]].assign(amount=rest[alone])
        lost = pd.concat([lost, _lost_to_cuts(weighed)]).assign(kind="leftover")
        uses.append(lost)
        shared = floors.loc[sorted(of.loc[several, "key"].unique())]
        limits.append(_limits("leftover", shared.index, at_least=shared["unit_min_m2"], at_most=shared["free_m2"]))
        limits.append(_limits("leftover", pd.Index(sorted(lost["key"].unique()), dtype=object)))
    if "balance" in goals:
        held = capacity_m2(weighed.offered, weighed.wanted.territory)
        limits.append(_limits("balance", held.index, at_most=held))
    return [frame for frame in uses if len(frame)], [frame for frame in limits if len(frame)]


def _lost_to_cuts(weighed: Weighed) -> pd.DataFrame:
    """Return what options lose of the parcels they cut: ``option``, ``key`` (parcel), ``amount`` (m²)."""
    amount = weighed.options["site"].map(weighed.sites["lost_m2"]).to_numpy(dtype=float)
    of = weighed.uses[(weighed.uses["kind"] == "parcel_share") & (amount[weighed.uses["option"]] > 0)]
    return of[["option", "key"]].assign(amount=amount[of["option"]])


def _limits(kind: str, keys: pd.Index, **bounds: pd.Series) -> pd.DataFrame:
    """Return limits of one kind, of floor space."""
    values = {name: bound.to_numpy(dtype=float) for name, bound in bounds.items()}
    frame = pd.DataFrame({"kind": kind, "key": keys.to_numpy(dtype=object), "at_least": np.nan, "at_most": np.nan})
    return frame.assign(opening_points=0.0, unit="m²", **values)


def capacity_m2(offered: Offers, territory: Territory) -> pd.Series:
    """Return the floor space that free land (by FAR) and free floors of each growth pole can hold (m²)."""
    poles = [park for park, roles in territory.parks["roles"].items() if "growth_pole" in roles]
    land = offered.parcels[offered.parcels["available"]].groupby("park")["far_volume_m2"].sum()
    floors = offered.floors[offered.floors["available"]].groupby("park")["free_m2"].sum()
    held: pd.Series = land.reindex(poles).fillna(0.0) + floors.reindex(poles).fillna(0.0)
    return held


def fit_of(
    industries: np.ndarray[tuple[int], np.dtype[np.object_]],
    parks: np.ndarray[tuple[int], np.dtype[np.object_]],
    tables: Mapping[str, pd.DataFrame],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return how well each industry fits each park (0–1), by the most specific row of the fit table.

    A row for the industry itself beats one for its parent, and that one ``*``; among those a row that names the park
    beats one for every park.
    """
    rows = tables["fit"][["industry_id", "park_id", "fit"]].itertuples(index=False)
    table = {(str(industry), str(park)): float(fit) for industry, park, fit in rows}
    parents = dict(zip(tables["industries"]["industry_id"], tables["industries"]["parent"], strict=True))

    def value(industry: str, park: str) -> float:
        line = [*line_of(industry, parents), "*"]
        return next((table[pair] for name in line for pair in ((name, park), (name, "*")) if pair in table), 0.0)

    (industry, named), (park, inside) = pd.factorize(industries), pd.factorize(parks)
    pairs, at = np.unique(industry * len(inside) + park, return_inverse=True)
    return np.array([value(str(named[k // len(inside)]), str(inside[k % len(inside)])) for k in pairs], dtype=float)[at]
