"""The figures of a question that may move a project: weights, what it asks for, capacities, rents.

Of each: how it enters the model, between which figures the plan in hand stands, and what the project's own place holds.
What is asked of the project is taken from its place: land and floor space that it holds alone, and beside the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from planner import fit
from planner.explain.reasons import OF_SITE
from planner.levers import down, up
from planner.model import GOALS, RULES
from planner.solve.rivals import Change, Rivals
from planner.supply import UTILITIES
from planner.values import RULES_ASKED
from planner.whatif import Warm
from planner.words import Words, amount
from planner.worth import CNY_10K

Kind = Literal["weight", "land", "floor_space", "capacity", "rent"]
WANTED = 1
"""Limits that keep a project from a better place, asked about at most."""
ROUNDED = 1e-2
"""Of the last digit told, how much counts as none."""
NOTHING = 1e-9
"""Of a row: what counts as none."""
AREA_GOALS = frozenset({"cluster", "balance", "leftover", "rent"})
AREA_RULES = frozenset(
    {"pole_share", "leading_industries_share", "one_main_park_per_cluster", "started_space_target", "building_filled"}
)
"""Goals and rules that measure how much space a part asks for: with these, what its place holds does not settle it."""
RULE_OF = {rule.name: rule for rule in RULES}
GOAL_OF = {goal.name: goal for goal in GOALS}
HEADINGS: Mapping[str, Words] = {
    "weight": Words("权重 {key}", "weight of {key}"),
    "land": Words("{key} 用地", "land for {key}"),
    "floor_space": Words("{key} 楼面", "floor space for {key}"),
    "capacity": Words("{rule} {key}", "{rule}, {key}"),
    "rent": Words("{key} 租金", "rent of {key}"),
}


@dataclass(frozen=True)
class Figure:
    """A figure of the question that may move.

    Attributes
    ----------
    kind : str
    key : str
        Goal, part, rule and key of its row, or building.
    now : float
    unit : str
    change : Change
    stands : (float, float)
        Between which figures the plan in hand is one, and the options posed are all there are.
    holds : (float, float)
        Beyond which the place cannot hold the project, whoever gives way.
    asked : bool
        Whether plans and bounds are compared; else what its place holds settles it.
    """

    kind: Kind
    key: str
    now: float
    unit: str = ""
    change: Change = field(default_factory=Change)
    stands: tuple[float, float] = (0.0, np.inf)
    holds: tuple[float, float] = (-np.inf, np.inf)
    asked: bool = True


@dataclass(frozen=True)
class Figures:
    """A solved case, and a project that its plan places."""

    first: Warm
    project: str

    @cached_property
    def rivals(self) -> Rivals:
        """Plans that have it elsewhere."""
        return Rivals.of(self.first.kept, self.first.posed_as, self.project)

    def every(self) -> Iterator[Figure]:
        """Yield the figures that matter to the project; none that is nothing now, which has no twice."""
        for figures in (self._weights(), self._needs(), self._capacities(), self._rents()):
            yield from (figure for figure in figures if figure.now > 0)

    def _weights(self) -> Iterator[Figure]:
        model = self.rivals.model
        for goal, weight in self.first.case.goals["weight"].to_dict().items():
            own = [each for each in model.objectives if each.goal == goal]
            if weight > 0 and own:
                yield Figure("weight", str(goal), float(weight), change=Change(model.coefficients(own) / weight))

    def _capacities(self) -> Iterator[Figure]:
        """Yield limits that the project takes of, and one that keeps it from a better place; like ones move alike."""
        rivals = self.rivals
        takes: dict[tuple[str, str], list[int]] = {}
        for row in map(int, np.flatnonzero(rivals.own > NOTHING)):
            if (of := self._lever(row)) is not None:
                takes.setdefault(of, []).append(row)
        wants: dict[tuple[str, str], list[int]] = {}
        for _, short in rivals.wanting():
            of, *others = {self._lever(int(row)) for row in short}
            if of is not None and not others and of not in takes and len(wants) < WANTED:
                wants.setdefault(of, [int(row) for row in short])
        for rows in [*takes.values(), *wants.values()]:
            at = np.array(rows)
            slack = rivals.model.hi[at] - rivals.used[at]
            tight = at[np.argmin(slack)]
            rule, key = rivals.model.row_keys[at[0]]
            if len(at) > 1:
                key = f"{key} … {rivals.model.row_keys[at[-1]][1]}"
            now = float(rivals.model.hi[tight])
            falls, over = now - max(float(slack.min()), 0.0), now - float((rivals.model.hi - rivals.own)[at].min())
            taken = rivals.own[at].any() and (rivals.model.A[at].data >= 0).all()  # and nobody gives
            holds = (over if taken else -np.inf, np.inf)
            yield Figure(
                "capacity", f"{rule} {key}", now, RULE_OF[rule].unit, Change(rows=at), (falls, np.inf), holds,
            )  # fmt: skip

    def _lever(self, row: int) -> tuple[str, str] | None:
        """Return whose limits move alike: of floors a building's, of years a park's; None of a row that is fixed."""
        rule, key = self.rivals.model.row_keys[row]
        case = self.first.posed_as
        if rule not in RULES_ASKED or rule in case.soft or not np.isfinite(self.rivals.model.hi[row]):
            return None
        if rule in UTILITIES:
            return rule, key.rpartition(" ")[0]
        return rule, str(case.places["building"].get(key, key)) if "building" in case.places else key

    @cached_property
    def _mine(self) -> pd.DataFrame:
        """Places that the project takes, each with its option's part, what is taken and what others take besides."""
        chosen = self.first.chosen
        uses = self.first.posed_as.uses
        uses = uses[uses["kind"].isin(["parcel", "floor"]) & uses["option"].isin(chosen.index)]
        uses = uses.assign(
            part=uses["option"].map(chosen["part"]), project=uses["option"].map(chosen["project"]),
            key=uses["key"].astype(object),
        )  # fmt: skip
        by_others = uses[uses["project"] != self.project].groupby("key")["amount"].sum()
        mine = uses[uses["project"] == self.project]
        return mine.assign(others=mine["key"].map(by_others).fillna(0.0).astype(float))

    def _needs(self) -> Iterator[Figure]:
        """Yield land and floor space that its parts ask for."""
        case, places = self.first.posed_as, self.first.case.places
        if places.empty:
            return
        measured = bool(AREA_GOALS & set(case.goals.index) or AREA_RULES & case.rules)
        for part, uses in self._mine.groupby("part", sort=True):
            asked, kind = case.parts.loc[part].to_dict(), str(uses["kind"].iat[0])
            column = "usable_m2" if kind == "parcel" else "free_m2"
            now = float(asked["land_m2" if kind == "parcel" else "gfa_m2"])
            net = kind == "floor" and np.isfinite(asked["net_m2"])
            if not np.isfinite(now) or net or np.isfinite(asked.get("share_min", np.nan)):
                continue  # asked for net, or in shares
            there = float(places[column].reindex(uses["key"]).sum())
            beside = there - float(uses["others"].sum()) if kind == "floor" else there
            yield Figure(
                "land" if kind == "parcel" else "floor_space", str(part), now, "m²",
                stands=(now, now if measured else max(beside, now)), holds=(-np.inf, max(there, now)), asked=False,
            )  # fmt: skip

    def _rents(self) -> Iterator[Figure]:
        """Yield the rents of the buildings that it is in."""
        case, places, inputs = self.first.posed_as, self.first.case.places, self.first.inputs
        if places.empty or inputs is None:
            return
        ceiling = case.parts["rent_max_cny_m2_month"].astype(float)
        rent = places["rent_cny_m2_month"].astype(float)
        if "rent" in case.goals.index and rent[places["kind"] == "floor"].isna().any():
            return  # one that is not given counts as the highest: several would move at once
        tested = "rent_ceiling" not in inputs.scenario.tests.off
        taken = case.uses[case.uses["kind"] == "floor"]
        building = taken["key"].astype(object).map(places["building"])
        for name in sorted(set(self._mine["key"].map(places["building"]).dropna()) - {""}):
            here = taken[(building == name).to_numpy()]
            now = float(rent[places["building"] == name].iat[0])
            if not np.isfinite(now):
                continue
            tenants = self.first.chosen.loc[self.first.chosen.index.isin(here["option"])]
            most = ceiling[tenants["part"]].fillna(np.inf)
            mine = most[(tenants["project"] == self.project).to_numpy()]
            new = self._kept_out(name)
            points = np.zeros(len(self.rivals.x))
            space = np.bincount(here["option"], here["amount"], minlength=len(case.options)) / CNY_10K
            points[self.rivals.model.columns_of("place")] = case.points_of_unit("rent") * space
            lower = ceiling[new][ceiling[new] < now].max()
            yield Figure(
                "rent", name, now, "元/m²·月", Change(points),
                (float(np.nan_to_num(lower)) if tested else 0.0, float(most.min()) if tested else np.inf),
                (-np.inf, float(mine.min()) if tested else np.inf),
            )  # fmt: skip

    def _kept_out(self, building: str) -> list[str]:
        """Return parts that nothing but their rent ceiling keeps from a floor of a building."""
        case = self.first.posed_as
        floors = case.places.index[(case.places["building"] == building).to_numpy()]
        rows = case.refusals[case.refusals["place"].isin(floors).to_numpy()]
        by = rows["failed"].to_numpy(dtype=np.uint32) & ~OF_SITE
        return sorted(set(rows.loc[by == fit.BIT["rent_ceiling"], "part"].astype(str)))


def heading(kind: str, key: str) -> Words:
    """Return what a figure is called.

    Examples
    --------
    >>> heading("weight", "tier").en, heading("capacity", "power SY 2026").en, heading("rent", "B01").en
    ('weight of tier', 'power by park and year, SY 2026', 'rent of B01')
    """
    rule, _, rest = key.partition(" ")
    if kind == "capacity":
        return HEADINGS["capacity"].fill(rule=RULE_OF[rule].words, key=rest)
    named = GOAL_OF[key].words if kind == "weight" and key in GOAL_OF else key
    return HEADINGS[kind].fill(key=named)


def figure_of(terms: Mapping[str, float], term: str) -> str:
    """Return a figure of four digits as it is read, rounded to the side on which what is told of it holds.

    Examples
    --------
    >>> terms = {"now": 1.0, "stays_down": 0.99991, "stays_up": 1.00016, "moved_up": 23456.1}
    >>> [figure_of(terms, term) for term in terms]
    ['1', '1', '1', '23,457']
    >>> figure_of({"now": 0.0}, "now")
    '0'
    """
    value = terms[term]
    digits = 3 - math.floor(math.log10(max(abs(value), 1e-3)))
    side = up if term in ("stays_down", "moved_up") else down if term in ("stays_up", "moved_down") else round
    unit = 10.0 ** -max(digits, 0)
    near = round(value / unit) * unit
    value = near if abs(value - near) < ROUNDED * unit else side(value, max(digits, 0))
    return amount(value) if abs(value) >= 10 else f"{value:.4g}"
