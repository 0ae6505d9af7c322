"""Territory and scenario joined: the four tables the model is stated over.

A `Case` is made by `pose` from layers, or by `Case.from_tables` without any geometry (published instances, generators,
brute force). It knows nothing of solvers: whoever reads it sees what may go where, what that uses, what bounds it and
what was refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from planner.beyond import Limited, told_beyond
from planner.errors import Fault, ScenarioError, told_or
from planner.intake.inputs import Inputs
from planner.limits import COLUMNS as LIMIT_COLUMNS
from planner.limits import bounded, building_loads, building_uses, limits
from planner.listing import Ground, Listed, grounded, listed
from planner.options import (
    not_listed,
    placed_gfa_m2,
    refusals,
)  # fmt: skip
from planner.possible import Fitting, must_fit
from planner.scenario import Rules, Scenario
from planner.supply import NONE, Bearing, stated
from planner.together import Posed, together
from planner.uses import COLUMNS as USE_COLUMNS
from planner.uses import in_order, labelled, stacked
from planner.words import Words
from planner.worth import MEASURES, Wanted, Weighed, cut_rest_m2, divided_by, points_of_options, uses_and_limits

RULES = Rules().names
"""Rules a scenario may switch; the model and the audit each have one entry for every one of them."""

OPTION_COLUMNS = ("project", "part", "site", "park", "start_year", "gfa_m2")
NO_TITLE = Words("", "")
REFUSAL_COLUMNS = ("part", "place", "failed")


@dataclass(frozen=True)
class Case:
    """What may go where, what it uses, what bounds it, what was refused.

    Attributes
    ----------
    options : DataFrame
        One row an option, numbered from 0 in canonical order (part, site, start year): `OPTION_COLUMNS` and one
        column of points for each goal that is of options. ``gfa_m2`` is the floor space placed: what is taken of
        floors, or on a plot what the part asks for.
    uses : DataFrame
        `USE_COLUMNS`; option is the number of the option.
    limits : DataFrame
        `LIMIT_COLUMNS`; what bounds the sum of uses of one kind and key, and the points of opening it. Kinds
        ``leftover`` and ``balance`` bound nothing and are read by the goals of that name (see `model.derived`).
    refusals : DataFrame
        `REFUSAL_COLUMNS`; ``failed`` has one bit for each local test that failed (see `fit.TESTS`).
    parts : DataFrame
        Indexed by part id, with ``project`` and, where posed from layers, every need. Where there is a ``share_min``,
        a part with one is divisible: several options may take shares of it, each at least as large (0–1).
    projects : DataFrame
        Indexed by project id, with ``must_place`` (bool), ``cluster`` and ``supplies`` (tuple of the projects it is a
        supplier of).
    sites, places : DataFrame
        Indexed by site and by place (parcel or floor); empty without geometry. Of a cut, ``geometry`` is the piece and
        ``lost_m2`` what is left of its parcel where that is too small to stay on offer.
    goals : DataFrame
        Indexed by goal: ``weight``, ``normaliser``, ``unit``.
    rules : frozenset of str
        Rules switched on.
    soft : mapping of str to float
        Rules that may be missed: points lost for each unit.
    poles : tuple of str
        Parks that are growth poles.
    sites_missing : mapping of str to tuple of str
        For each park, which sites there are were not listed (see `options.not_listed`).
    site_refusals : DataFrame
        Composite sites refused: ``part``, ``test``, ``count`` and the nearest miss (``site``, ``need``, ``offer``).
    title : Words
    """

    options: pd.DataFrame
    uses: pd.DataFrame
    limits: pd.DataFrame
    refusals: pd.DataFrame
    parts: pd.DataFrame
    projects: pd.DataFrame
    sites: pd.DataFrame
    places: pd.DataFrame
    goals: pd.DataFrame
    rules: frozenset[str] = frozenset(RULES)
    soft: Mapping[str, float] = field(default_factory=dict)
    poles: tuple[str, ...] = ()
    sites_missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    site_refusals: pd.DataFrame = field(default_factory=pd.DataFrame)
    title: Words = NO_TITLE

    @classmethod
    def from_tables(
        cls,
        options: pd.DataFrame,
        uses: pd.DataFrame,
        limits: pd.DataFrame,
        refusals: pd.DataFrame | None = None,
        *,
        parts: pd.DataFrame | None = None,
        projects: pd.DataFrame | None = None,
        must_place: Iterable[str] | bool = (),
        rules: Collection[str] = RULES,
        soft: Mapping[str, float] | None = None,
        goals: Mapping[str, float] | None = None,
    ) -> Case:
        """Make a case without geometry.

        Parameters
        ----------
        options : DataFrame
            ``project`` and ``site`` at least; ``part`` defaults to ``project/main``, ``park`` to "", ``start_year``
            and ``gfa_m2`` to 0; every other column is the points of the goal of that name (``given`` for published
            instances).
        uses, limits : DataFrame
            As in `Case`; a missing bound is "none", a missing ``opening_points`` 0.
        refusals : DataFrame, optional
        parts : DataFrame, optional
            Indexed by part id with ``project`` and, where some are divisible, ``share_min``; needed only for these
            and for parts that have no option.
        projects : DataFrame, optional
            Indexed by project id with ``cluster`` and ``supplies``; by default of no cluster, supplying nobody.
        must_place : iterable of str or bool
            Projects that have to be placed; True for all.
        rules : collection of str
            Rules switched on.
        soft : mapping of str to float, optional
            Rules that may be missed: points lost for each unit.
        goals : mapping of str to float, optional
            Goals that are not of options, and the points of each unit of their raw total.

        Raises
        ------
        ValueError
            A use of an option that does not exist, or of a limit that does not.

        Examples
        --------
        >>> options = pd.DataFrame({"project": ["P"], "site": ["B1"], "given": [7.0]})
        >>> uses = pd.DataFrame({"option": [0], "kind": ["floor"], "key": ["B1"], "amount": [2.0]})
        >>> limits = pd.DataFrame({"kind": ["floor"], "key": ["B1"], "at_most": [3.0]})
        >>> Case.from_tables(options, uses, limits).parts["project"].to_dict()
        {'P/main': 'P'}
        """
        options = options.reset_index(drop=True)
        main = options["project"].astype(str) + "/main"
        for name, default in (("part", main), ("park", ""), ("start_year", 0), ("gfa_m2", 0.0)):
            if name not in options:
                options[name] = default
        of_options = [name for name in options.columns if name not in OPTION_COLUMNS]
        options = options[[*OPTION_COLUMNS, *of_options]]
        limits = limits.reindex(columns=list(LIMIT_COLUMNS))
        limits["opening_points"] = limits["opening_points"].fillna(0.0)
        opened = ["opened"] if limits["opening_points"].any() else []
        weights = {**dict.fromkeys([*of_options, *opened], 1.0), **(goals or {})}
        limits["unit"] = limits["unit"].astype(object).fillna("")
        if len(uses) and not uses["option"].between(0, len(options) - 1).all():
            raise ValueError(f"uses name options outside 0…{len(options) - 1}")
        bounded = pd.MultiIndex.from_frame(limits[["kind", "key"]])
        unknown = ~pd.MultiIndex.from_frame(uses[["kind", "key"]]).isin(bounded)
        if unknown.any():
            kind, key = uses.loc[unknown, ["kind", "key"]].iloc[0]
            raise ValueError(f"uses name {kind} {key!r}, which has no limit")
        if parts is None:
            parts = options[["part", "project"]].drop_duplicates("part").set_index("part")
        named = pd.Index(sorted(parts["project"].unique()), name="project", dtype=object)
        nothing = pd.DataFrame({"cluster": "", "supplies": [()] * len(named)}, index=named)
        projects = nothing if projects is None else projects.reindex(named).astype(object)
        asked = set(projects.index) if must_place is True else set(() if must_place is False else must_place)
        projects["must_place"] = projects.index.isin(asked)
        return cls(
            options=options,
            uses=uses[list(USE_COLUMNS)],
            limits=limits,
            refusals=pd.DataFrame(columns=list(REFUSAL_COLUMNS)) if refusals is None else refusals,
            parts=parts.sort_index(),
            projects=projects,
            sites=pd.DataFrame(index=pd.Index([], name="site", dtype=object)),
            places=pd.DataFrame(index=pd.Index([], name="place", dtype=object)),
            goals=pd.DataFrame(
                {"weight": pd.Series(weights, dtype=float), "normaliser": 100.0, "unit": ""}
            ).rename_axis("goal"),
            rules=frozenset(rules),
            soft=dict(soft or {}),
        )

    def points(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return what each option is worth, all goals together (points, shape (n_options,))."""
        points: np.ndarray[tuple[int], np.dtype[np.float64]] = (
            self.options[list(self.option_goals())].to_numpy(dtype=float).sum(axis=1)
        )
        return points

    @cached_property
    def least_share(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Least share of its part that each option may take (shape (n_options,)); NaN where it is not divisible."""
        if "share_min" not in self.parts:
            return np.full(len(self.options), np.nan)
        return self.options["part"].map(self.parts["share_min"]).to_numpy(dtype=float)

    def points_of_unit(self, goal: str) -> float:
        """Return what one unit of a goal's raw total is worth (points; below 0 for a penalty, 0 if not weighed)."""
        if goal not in self.goals.index:
            return 0.0
        weight, normaliser = (float(self.goals[column][goal]) for column in ("weight", "normaliser"))
        return MEASURES[goal].sign * weight * 100 / normaliser

    def option_goals(self) -> tuple[str, ...]:
        """Return the goals that are points of an option."""
        return tuple(name for name in self.options.columns if name not in OPTION_COLUMNS)

    def uses_of(self, kind: str) -> pd.DataFrame:
        """Return the uses of one kind (option, key, amount)."""
        return self._uses_by_kind.get(kind, self._uses_by_kind[NO_KIND])

    def limits_of(self, kind: str) -> pd.DataFrame:
        """Return the limits of one kind, indexed by key."""
        return self._limits_by_kind.get(kind, self._limits_by_kind[NO_KIND])

    @cached_property
    def openings(self) -> pd.DataFrame:
        """Limits whose opening matters, indexed by key: planned buildings, and whatever costs points to open."""
        matters = (self.limits["kind"] == "building") | (self.limits["opening_points"] != 0)
        return self.limits.loc[matters].set_index("key").sort_index()

    @cached_property
    def _uses_by_kind(self) -> dict[str, pd.DataFrame]:
        return {str(kind): rows[USE] for kind, rows in _by_kind(self.uses)}

    @cached_property
    def _limits_by_kind(self) -> dict[str, pd.DataFrame]:
        return {str(kind): rows.set_index("key") for kind, rows in _by_kind(self.limits)}


USE = ["option", "key", "amount"]
"""Columns of a use beside its kind."""
NO_KIND = ""
"""The kind of which there are no rows."""


def _by_kind(rows: pd.DataFrame) -> list[tuple[object, pd.DataFrame]]:
    """Return the rows of each kind, and none for `NO_KIND`."""
    return [(NO_KIND, rows.iloc[:0]), *rows.groupby("kind", sort=False)]


def pose(inputs: Inputs, more_plots: Sequence[Sequence[str]] = (), *, checked: bool = True) -> Case:
    """Pose the case of a scenario.

    Parameters
    ----------
    inputs : Inputs
        Scenario, territory (before the scenario's changes), projects, and those of the root scenario.
    more_plots : sequence of sequence of str
        Plots to list besides those the scenario lists, as parcels; each connected and in one park.
    checked : bool
        Whether what nobody can keep is a fault; else the case is posed all the same, without a plan.

    Returns
    -------
    Case

    Raises
    ------
    ScenarioError
        A change, lock, ban, reserve or rule names what does not exist; keys that contradict one another; a project
        that must be placed fits nowhere. All of it at once, but for the last, which needs all else to be sound.
    """
    told: list[Fault] = []
    ground = grounded(inputs, told, checked=checked)
    return stated_over(inputs, ground, listed(ground, more_plots), told, checked=checked)


def stated_over(inputs: Inputs, ground: Ground, found: Listed, told: list[Fault], *, checked: bool = True) -> Case:
    """Return the case of options found on a ground: what they use, what bounds that, what they are worth.

    Unless `checked`, what must be placed may fit nowhere.

    Raises
    ------
    ScenarioError
        As `pose`, with what is in `told` already.
    """
    scenario, territory, offered = ground.scenario, ground.territory, ground.offered
    projects, parts, sites = ground.projects, ground.parts, found.sites
    options, uses = found.options, found.uses
    options["gfa_m2"] = placed_gfa_m2(options, uses, parts)
    weights = scenario.goals.weights
    wanted = Wanted(projects, parts, territory, cut_rest_m2(scenario))
    by = divided_by(inputs, wanted)
    weighed = Weighed(wanted, options, uses, sites, offered, scenario.sites.street_gap_m, inputs.earlier)
    for goal, points in points_of_options(weighed, weights, by).items():
        options[goal] = points
    bounds = limits(offered, territory, scenario, weights.get("opened", 0.0) * 100 / by.get("opened", 1.0))
    land_m2 = offered.parcels["usable_m2"]
    bearing = Bearing(scenario, territory, projects, parts, options, uses, land_m2, ground.supplies)
    made = [
        (building_uses(uses, offered, bounds), bounds),
        building_loads(uses, options, parts, offered, territory, scenario),
        told_or(told, NONE, stated, bearing),
        told_or(told, NONE, together, Posed(scenario, territory, offered, projects, parts, options, sites)),
    ]
    if told:
        raise ScenarioError(told)
    more_uses, more_limits = uses_and_limits(weighed, weights)
    uses = in_order(stacked([uses, *(use for use, _ in made), *more_uses]))
    bounds = bounded([*(limit for _, limit in made), *more_limits])
    case = Case(
        options=options[[*OPTION_COLUMNS, *(goal for goal in weights if goal in options)]],
        uses=labelled(uses),
        limits=bounds,
        refusals=refusals(parts, offered, ground.failed),
        parts=parts,
        projects=projects,
        sites=sites,
        places=pd.concat([pd.DataFrame(offered.parcels.drop(columns="geometry")), offered.floors]),
        goals=pd.DataFrame(
            {
                "weight": pd.Series(weights, dtype=float),
                "normaliser": pd.Series(by, dtype=float),
                "unit": pd.Series({goal: MEASURES[goal].unit.en for goal in weights}, dtype=object),
            }
        ).rename_axis("goal"),
        rules=_rules_on(scenario),
        soft=_soft(scenario),
        poles=tuple(str(park) for park, roles in territory.parks["roles"].items() if "growth_pole" in roles),
        sites_missing=not_listed(offered, scenario, found.grown, found.spread),
        site_refusals=found.refused,
        title=scenario.title.words,
    )
    if checked:
        must_fit(Fitting(case.options, parts, projects, case.refusals, case.places), scenario)
        hard = case.rules - set(case.soft)
        told_beyond(Limited(case.options, uses, case.limits, parts, projects, hard), scenario, territory)
    return case


def _rules_on(scenario: Scenario) -> frozenset[str]:
    """Return the rules a scenario switches on."""
    return frozenset(name for name in RULES if scenario.rules.of(name).on)


def _soft(scenario: Scenario) -> dict[str, float]:
    """Return what each soft rule costs for each unit by which it is missed (points)."""
    prices = {name: scenario.rules.of(name).soft for name in RULES if scenario.rules.of(name).on}
    return {name: price for name, price in prices.items() if price is not None}
