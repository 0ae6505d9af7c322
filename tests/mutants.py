"""Plans made wrong at random, and which rules each of them really breaks, told without the audit.

A *bed* is a question with a sound plan. A mutant changes the plan in one or a few steps: options exchanged, added,
dropped, taken twice, in part; buildings left shut; parts put where the case refuses them; figures and outlines
falsified. Whether that breaks a rule is settled by the rows of the model (an option vector lies outside them), by the
refusals of the case, or by how the mutant was made; the audit sees none of these.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd
import pulp
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

import planner
from planner.audit import MEASURES, RULES, normalisers_of
from planner.audit.facts import Facts, gather, placed_on
from planner.case import Case, pose
from planner.intake.inputs import Inputs
from planner.model import Model, formulate
from planner.options import compartments
from planner.plan import Plan, Solved, plan_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
SLACK = 1e-6
KEY = ("part", "site", "start_year")
BY_CONSTRUCTION = (
    "each_part_placed_with_its_project",
    "each_part_placed_once",
    "must_place",
    "building_opened",
)
"""Rules whose rows hold more than they say (a floor's room in those of opening), told from the options chosen."""
ONCE = ("kept_apart", "parts_together", "leader_and_suppliers", "leaders_per_cluster", "group_count")
"""Rules whose rows take for granted that a part is placed once: of other plans they are not asked."""


@dataclass(frozen=True)
class Mutant:
    """A plan by its options, how much each takes of its part, and the planned buildings that it opens."""

    shares: Mapping[int, float]
    opened: frozenset[str] = frozenset()

    @property
    def key(self) -> object:
        """What tells one mutant from another."""
        return frozenset(self.shares.items()), self.opened


@dataclass
class Bed:
    """A question, its case and model, and one sound plan of it."""

    inputs: Inputs
    rng: np.random.Generator
    gap: float = 3.0
    own: bool = False
    """Whether constraints are added at random, as a planner may in Python."""

    @cached_property
    def case(self) -> Case:
        posed = pose(self.inputs)
        if not self.own:
            return posed
        rng, x = np.random.default_rng(len(posed.options)), planner.variables(posed)
        some = [rng.choice(len(x), len(x) // 5, replace=False) for _ in range(2)]
        most, least = (pulp.lpDot(rng.integers(-2, 4, len(of)), x[of]) for of in some)
        return planner.with_extra(posed, {"at most": most <= 3, "at least": least >= -1})

    @cached_property
    def sound(self) -> Mutant:
        """A plan that keeps every rule, as the engine finds it."""
        plan = planner.solve(self.case, gap=self.gap, time_limit_s=60)
        assert plan.summary["score"] is not None, "the bed has no plan"
        chosen = self.number.get_indexer(pd.MultiIndex.from_frame(plan.placements[list(KEY)])).tolist()
        return Mutant(dict(zip(chosen, plan.placements["share"], strict=True)), frozenset(plan.summary["opened"]))

    @cached_property
    def number(self) -> pd.MultiIndex:
        """What tells one option from another, in their order."""
        return pd.MultiIndex.from_frame(self.case.options[list(KEY)])

    @cached_property
    def model(self) -> Model:
        return formulate(self.case)

    @cached_property
    def facts(self) -> Facts:
        i = self.inputs
        by = normalisers_of(i.scenario, i.territory, i.projects)
        return gather(self.plan(Mutant({})), i.scenario, i.territory, i.projects, by, i.earlier or {})

    @cached_property
    def part(self) -> NDArray[np.object_]:
        return self.case.options["part"].to_numpy(dtype=object)

    @cached_property
    def site(self) -> NDArray[np.object_]:
        return self.case.options["site"].to_numpy(dtype=object)

    @cached_property
    def options_of(self) -> Mapping[str, Ints]:
        return {str(part): np.asarray(rows) for part, rows in self.case.options.groupby("part").indices.items()}

    @cached_property
    def parts_of(self) -> Mapping[str, list[str]]:
        return {str(name): list(of.index) for name, of in self.case.parts.groupby("project")}

    @cached_property
    def buildings(self) -> Mapping[int, frozenset[str]]:
        """Planned buildings that each option is in."""
        planned = self.inputs.territory.buildings["stage"] == "planned"
        floors = self.case.uses_of("floor")
        building = floors["key"].map(self.inputs.territory.floors["building_id"])
        there = floors.assign(building=building)[building.map(planned).to_numpy(dtype=bool)]
        return {int(option): frozenset(of["building"]) for option, of in there.groupby("option")}

    @cached_property
    def rows(self) -> Mapping[str, Ints]:
        """Rows of each rule that are an oracle of it."""
        rules = pd.Series([rule for rule, _ in self.model.row_keys])
        return {str(rule): of.index.to_numpy() for rule, of in rules.groupby(rules) if rule in RULES}

    # Plans

    @cached_property
    def every(self) -> Plan:
        """The plan of all options at once, of which any other takes some rows; nobody asks who is left out."""
        count = len(self.case.options)
        solved = Solved(
            chosen=tuple(range(count)), shares=(1.0,) * count, score=0.0, bound=None, solver_bound=None,
            status="effort", proof=None, seconds=0.0, seconds_formulate=0.0,
        )  # fmt: skip
        made = plan_of(dataclasses.replace(self.case, refusals=self.case.refusals[:0]), solved)
        return dataclasses.replace(made, placements=made.placements.astype(object), uses=made.uses.astype(object))

    @cached_property
    def uses_of(self) -> Mapping[int, Ints]:
        """Rows of the uses of all options, by option."""
        option = self.case.uses["option"][self.case.uses["kind"].isin(("parcel", "parcel_share", "floor"))].to_numpy()
        return {int(of): np.asarray(rows) for of, rows in pd.Series(option).groupby(option).indices.items()}

    def plan(self, mutant: Mutant) -> Plan:
        """Return the plan that an engine would hand over, had it chosen so."""
        chosen = sorted(mutant.shares)
        share = np.array([mutant.shares[option] for option in chosen])
        placements = self.every.placements.take(chosen).reset_index(drop=True)
        placements["share"] = share
        if (share != 1).any():
            placements["land_m2"] *= share
            of_floors = self.case.uses_of("floor")
            placements["compartments"] = compartments(of_floors, self.case.places, pd.Series(share, chosen))
        taken = np.concatenate([np.zeros(0, np.int64), *(self.uses_of[option] for option in chosen)])
        uses = self.every.uses.take(taken).reset_index(drop=True)
        uses["amount_m2"] *= np.repeat(share, [len(self.uses_of[option]) for option in chosen])
        points = self.model.points_by_goal(self.x(mutant))
        goals = self.every.goals.copy()
        goals["points"] = [points.get(goal, 0.0) for goal in goals["goal"]]
        goals["raw"] = goals["points"].abs() * goals["normaliser"] / (100 * goals["weight"])
        summary = {
            **self.every.summary,
            "score": sum(points.values()),
            "terms": dict(zip(goals["goal"], goals["points"].tolist(), strict=True)),
            "opened": sorted(mutant.opened),
        }
        return dataclasses.replace(self.every, summary=summary, placements=placements, uses=uses, goals=goals)

    def x(self, mutant: Mutant) -> Floats:
        """Return the columns of the model, as far as rules look at them."""
        model, x = self.model, np.zeros(len(self.model.c))
        place, placed, taken, opened = (model.columns_of(name) for name in ("place", "placed", "taken", "opened"))
        options = np.array([*mutant.shares], dtype=np.int64)
        shares = np.array([*mutant.shares.values()])
        x[place][options] = shares
        x[taken] = x[place][self.divisible] > 0
        x[placed][self.project[options]] = 1.0
        open_now = mutant.opened | self.used(mutant)
        x[opened] = [building in open_now for building in self.openings]
        x[model.columns_of("in_main_park")] = self.in_main_parks(options, shares)
        return x

    def in_main_parks(self, options: Ints, shares: Floats) -> Floats:
        """Return the floor space of each part and park that is the cluster's main one: that which holds most of it."""
        key, park, cluster = self.cluster_parks
        of, space = key[options], shares * self.space[options]
        held = np.bincount(of[of >= 0], space[of >= 0], len(park))
        by_park = np.bincount(park, held, len(cluster))
        order = np.lexsort((-by_park, cluster))
        _, first = np.unique(cluster[order], return_index=True)
        return held * np.isin(park, order[first])

    @cached_property
    def cluster_parks(self) -> tuple[Ints, Ints, Ints]:
        """Part and park of each option (−1: none asked about), cluster and park of each of those, cluster of these."""
        columns = self.model.columns_of("in_main_park")
        keys = pd.Index([key for _, key in self.model.column_keys[columns]], dtype=object)
        options = self.case.options[["part", "park"]].astype(str)
        of_option = keys.get_indexer(options["part"] + " " + options["park"]).astype(np.int64)
        clusters = [str(self.case.projects.at[key.split("/")[0], "cluster"]) for key in keys]
        pairs = [(cluster, key.split(" ")[1]) for cluster, key in zip(clusters, keys, strict=True)]
        found = sorted(set(pairs))
        park = np.array([found.index(pair) for pair in pairs], dtype=np.int64)
        return of_option, park, np.unique([cluster for cluster, _ in found], return_inverse=True)[1].astype(np.int64)

    @cached_property
    def space(self) -> Floats:
        """Floor space that each option places (m²)."""
        return self.case.options["gfa_m2"].to_numpy(dtype=float)

    @cached_property
    def divisible(self) -> Ints:
        return np.flatnonzero(~np.isnan(self.case.least_share))

    @cached_property
    def project(self) -> Ints:
        """Row of each option's project."""
        return self.case.projects.index.get_indexer(pd.Index(self.case.options["project"])).astype(np.int64)

    @cached_property
    def openings(self) -> list[str]:
        return [key for _, key in self.model.column_keys[self.model.columns_of("opened")]]

    def used(self, mutant: Mutant) -> frozenset[str]:
        """Return the planned buildings that somebody is in."""
        return frozenset().union(*(self.buildings.get(option, frozenset()) for option in mutant.shares))

    # The oracle

    def broken(self, mutant: Mutant) -> set[str]:
        """Return the rules that a mutant really breaks."""
        x = self.x(mutant)
        amount = self.model.A @ x
        slack = SLACK * np.maximum(1.0, np.abs(amount))
        out = (amount < self.model.lo - slack) | (amount > self.model.hi + slack)
        found = {rule for rule in self.rows.keys() - {*BY_CONSTRUCTION, "kept_apart"} if out[self.rows[rule]].any()}
        return found | self._by_construction(mutant) | self._overlapping(mutant)

    def missed(self, mutant: Mutant) -> dict[str, float]:
        """Return by how much each rule is missed: by its rows, or as told from the options chosen."""
        amount = self.model.A @ self.x(mutant)
        by = np.maximum(np.maximum(amount - self.model.hi, self.model.lo - amount), 0.0)
        shut = [self.buildings.get(option, frozenset()) - mutant.opened for option in mutant.shares]
        told = {
            "each_part_placed_once": sum(max(share - 1, 0.0) for share in self.of_parts(mutant).values()),
            "building_opened": sum(share * len(of) for share, of in zip(mutant.shares.values(), shut, strict=True)),
            "kept_apart": float(self.too_near(mutant)),
        }
        return {rule: told.get(rule, float(by[rows].sum())) for rule, rows in self.rows.items()}

    def judged(self, mutant: Mutant) -> frozenset[str]:
        """Return the rules that the oracle speaks of, of this mutant."""
        twice = any(share > 1 + SLACK for share in self.of_parts(mutant).values())
        return frozenset(RULES) - (frozenset(ONCE) if twice else frozenset())

    def of_parts(self, mutant: Mutant) -> dict[str, float]:
        """Return how much of each part is placed."""
        placed = dict.fromkeys(map(str, self.case.parts.index), 0.0)
        for option, share in mutant.shares.items():
            placed[self.part[option]] += share
        return placed

    def too_near(self, mutant: Mutant) -> int:
        """Return how many two parts are not kept apart: those of which a row has shares, however many; once a group."""
        uses = self.case.uses_of("kept_apart")
        there: dict[str, set[str]] = {}
        for key, option in uses[uses["option"].isin(mutant.shares)][["key", "option"]].itertuples(index=False):
            if mutant.shares[option] > 0:
                there.setdefault(key, set()).add(self.part[option])
        pairs = ((key.split(":")[0], pair) for key, parts in there.items() for pair in combinations(sorted(parts), 2))
        return len(set(pairs))

    @cached_property
    def cuts(self) -> Mapping[int, tuple[object, BaseGeometry]]:
        """Parcel and piece of each option that is cut."""
        sites = self.case.sites.loc[self.site]
        every = zip(sites["places"], sites["geometry"], strict=True)
        return {option: (places, piece) for option, (places, piece) in enumerate(every) if piece is not None}

    def _overlapping(self, mutant: Mutant) -> set[str]:
        """Return that a parcel is overfilled where pieces cut from it lie over one another."""
        pieces = [self.cuts[option] for option in mutant.shares if option in self.cuts]
        pairs = combinations(pieces, 2)
        over = any(here == there and one.intersection(other).area > 1 for (here, one), (there, other) in pairs)
        return {"parcel_not_overfilled"} if over else set()

    def _by_construction(self, mutant: Mutant) -> set[str]:
        of_part = self.of_parts(mutant)
        begun = {part.split("/")[0] for part, share in of_part.items() if share > 0}
        asked = self.case.projects.index[self.case.projects["must_place"].to_numpy(dtype=bool)]
        whole = [of_part[part] for project in begun for part in self.parts_of[project]]
        told = {
            "each_part_placed_with_its_project": any(abs(share - 1) > SLACK for share in whole),
            "each_part_placed_once": any(share > 1 + SLACK for share in whole),
            "must_place": any(of_part[part] <= 0 for project in asked for part in self.parts_of[project]),
            "building_opened": not self.used(mutant) <= mutant.opened and len(self.openings) > 0,
            "kept_apart": self.too_near(mutant) > 0,
        }
        return {rule for rule, broken in told.items() if broken and rule in self.case.rules}

    # The audit

    def found(self, plan: Plan, names: Collection[str] = tuple(RULES), part: str | None = None) -> set[str]:
        """Return what the audit finds broken of some measures; of one part alone, where one is named."""
        facts = self.on(plan)
        if part is not None:
            facts = dataclasses.replace(facts, placed=tuple(one for one in facts.placed if one.needs.part == part))
        off = (frozenset(RULES) - self.case.rules) | self.inputs.scenario.tests.off
        return {name for name in names if name not in off and any(not found.kept for found in MEASURES[name](facts))}

    def on(self, plan: Plan) -> Facts:
        """Return what the audit knows of a plan; the ground is that of the bed."""
        facts = self.facts
        joint = self.inputs.scenario.sites.joint
        placed = placed_on(facts.ground, facts.around, facts.needs, plan, joint, facts.forbidden)
        return dataclasses.replace(facts, plan=plan, placed=placed)
