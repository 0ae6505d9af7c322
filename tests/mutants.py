"""Plans made wrong at random, and which rules each of them really breaks, told without the audit.

A *bed* is a question with a sound plan. A mutant changes the plan in one or a few steps: options exchanged, added,
dropped, taken twice, in part; buildings left shut; parts put where the case refuses them; figures and outlines
falsified. Whether that breaks a rule is settled by the rows of the model (an option vector lies outside them), by the
refusals of the case, or by how the mutant was made; the audit sees none of these.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import planner
from planner.audit import MEASURES, RULES, normalisers_of
from planner.audit.facts import Facts, gather, placed_on
from planner.case import Case, pose
from planner.intake.inputs import Inputs
from planner.model import Model, formulate
from planner.plan import Plan, Solved, plan_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
SLACK = 1e-6
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


@dataclass
class Bed:
    """A question, its case and model, and one sound plan of it."""

    inputs: Inputs
    rng: np.random.Generator
    gap: float = 3.0

    @cached_property
    def case(self) -> Case:
        return pose(self.inputs)

    @cached_property
    def sound(self) -> Mutant:
        """A plan that keeps every rule, as the engine finds it."""
        plan = planner.solve(self.case, gap=self.gap, time_limit_s=60)
        assert plan.summary["score"] is not None, "the bed has no plan"
        key = ["part", "site", "start_year"]
        number = pd.Series(range(len(self.case.options)), pd.MultiIndex.from_frame(self.case.options[key]))
        chosen = number.loc[list(plan.placements[key].itertuples(index=False, name=None))].tolist()
        return Mutant(dict(zip(chosen, plan.placements["share"], strict=True)), frozenset(plan.summary["opened"]))

    @cached_property
    def model(self) -> Model:
        return formulate(dataclasses.replace(self.case, soft={}))

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

    def plan(self, mutant: Mutant) -> Plan:
        """Return the plan that an engine would hand over, had it chosen so."""
        x, chosen = self.x(mutant), tuple(sorted(mutant.shares))
        points = self.model.points_by_goal(x)
        solved = Solved(
            chosen=chosen, shares=tuple(mutant.shares[option] for option in chosen), score=sum(points.values()),
            bound=None, solver_bound=None, status="effort", proof=None, seconds=0.0, seconds_formulate=0.0,
            points=points, opened=tuple(sorted(mutant.opened)),
        )  # fmt: skip
        begun = self.case.projects.index[np.unique(self.project[np.array(chosen, dtype=np.int64)])]
        only = {  # nobody asks why others are left out
            "projects": self.case.projects.loc[begun],
            "uses": self.case.uses[self.case.uses["option"].isin(chosen)],
            "refusals": self.case.refusals[:0],
        }
        return plan_of(dataclasses.replace(self.case, **only), solved)

    def x(self, mutant: Mutant) -> Floats:
        """Return the columns of the model, as far as rules look at them."""
        model, x = self.model, np.zeros(len(self.model.c))
        place, placed, taken, opened = (model.columns_of(name) for name in ("place", "placed", "taken", "opened"))
        options = np.array([*mutant.shares], dtype=np.int64)
        x[place][options] = list(mutant.shares.values())
        x[taken] = x[place][self.divisible] > 0
        x[placed][self.project[options]] = 1.0
        x[opened] = np.isin(self.openings, sorted(mutant.opened | self.used(mutant)))
        x[model.columns_of("in_main_park")] = self.in_main_parks(mutant)
        return x

    def in_main_parks(self, mutant: Mutant) -> Floats:
        """Return the floor space of each part and park that is the cluster's main one: that which holds most of it."""
        keys = [key for _, key in self.model.column_keys[self.model.columns_of("in_main_park")]]
        options = self.case.options.loc[list(mutant.shares)]
        space = options["gfa_m2"].to_numpy(dtype=float) * list(mutant.shares.values())
        there = options.assign(space=space, cluster=options["project"].map(self.case.projects["cluster"]))
        there = there[(there["park"] != "") & (there["cluster"].fillna("") != "")]
        by_park = there.groupby(["cluster", "park"])["space"].sum()
        main = set(by_park.groupby("cluster").idxmax())
        pairs = zip(there["cluster"], there["park"], strict=True)
        inside = there[np.array([pair in main for pair in pairs], dtype=bool)]
        held = inside["space"].groupby(inside["part"] + " " + inside["park"]).sum()
        return held.reindex(keys).fillna(0.0).to_numpy(dtype=float)

    @cached_property
    def divisible(self) -> Ints:
        return np.flatnonzero(~np.isnan(self.case.least_share()))

    @cached_property
    def project(self) -> Ints:
        """Row of each option's project."""
        return self.case.projects.index.get_indexer(pd.Index(self.case.options["project"])).astype(np.int64)

    @cached_property
    def openings(self) -> NDArray[np.str_]:
        return np.array([key for _, key in self.model.column_keys[self.model.columns_of("opened")]], dtype=str)

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
        found = {rule for rule, rows in self.rows.items() if rule not in BY_CONSTRUCTION and out[rows].any()}
        return found | self._by_construction(mutant) | self._overlapping(mutant)

    def judged(self, mutant: Mutant) -> frozenset[str]:
        """Return the rules that the oracle speaks of, of this mutant."""
        parts = self.part[list(mutant.shares)]
        twice = len(set(parts)) < len(parts)
        return frozenset(RULES) - (frozenset(ONCE) if twice else frozenset())

    def _overlapping(self, mutant: Mutant) -> set[str]:
        """Return that a parcel is overfilled where pieces cut from it lie over one another."""
        sites = self.case.sites.loc[self.case.options["site"].to_numpy()[list(mutant.shares)]]
        cuts = sites[sites["geometry"].notna()]
        pairs = itertools.combinations(zip(cuts["places"], cuts["geometry"], strict=True), 2)
        over = any(here == there and one.intersection(other).area > 1 for (here, one), (there, other) in pairs)
        return {"parcel_not_overfilled"} if over else set()

    def _by_construction(self, mutant: Mutant) -> set[str]:
        of_part = dict.fromkeys(map(str, self.case.parts.index), 0.0)
        for option, share in mutant.shares.items():
            of_part[self.part[option]] += share
        begun = {part.split("/")[0] for part, share in of_part.items() if share > 0}
        asked = self.case.projects.index[self.case.projects["must_place"].to_numpy(dtype=bool)]
        whole = [of_part[part] for project in begun for part in self.parts_of[project]]
        told = {
            "each_part_placed_with_its_project": any(abs(share - 1) > SLACK for share in whole),
            "each_part_placed_once": any(share > 1 + SLACK for share in whole),
            "must_place": any(of_part[part] <= 0 for project in asked for part in self.parts_of[project]),
            "building_opened": not self.used(mutant) <= mutant.opened and len(self.openings) > 0,
        }
        return {rule for rule, broken in told.items() if broken and rule in self.case.rules}

    # The audit

    def found(self, plan: Plan, names: Collection[str] = tuple(RULES)) -> set[str]:
        """Return what the audit finds broken of some measures."""
        facts = self.on(plan)
        off = (frozenset(RULES) - self.case.rules) | self.inputs.scenario.tests.off
        return {name for name in names if name not in off and any(not found.kept for found in MEASURES[name](facts))}

    def on(self, plan: Plan) -> Facts:
        """Return what the audit knows of a plan; the ground is that of the bed."""
        facts = self.facts
        placed = placed_on(facts.ground, facts.around, facts.needs, plan, self.inputs.scenario.sites.joint)
        return dataclasses.replace(facts, plan=plan, placed=placed)


# Steps


def moved(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan in which one part goes elsewhere, or starts in another year."""
    option = int(bed.rng.choice(list(at.shares)))
    other = int(bed.rng.choice(bed.options_of[bed.part[option]]))
    rest = {key: share for key, share in at.shares.items() if key not in (option, other)}
    return settled(bed, {**rest, other: at.shares[option]}, at)


def dropped(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan without one of its projects."""
    project = bed.part[int(bed.rng.choice(list(at.shares)))].split("/")[0]
    return settled(bed, {o: s for o, s in at.shares.items() if bed.part[o].split("/")[0] != project}, at)


def joined(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan with one project more."""
    there = {bed.part[option].split("/")[0] for option in at.shares}
    ready = [
        name for name, parts in bed.parts_of.items() if name not in there and all(p in bed.options_of for p in parts)
    ]
    if not ready:
        return moved(bed, at)
    parts = bed.parts_of[str(bed.rng.choice(ready))]
    return settled(bed, {**at.shares, **{int(bed.rng.choice(bed.options_of[part])): 1.0 for part in parts}}, at)


def swapped(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan in which two parts take each other's site, where both may."""
    options = bed.rng.permutation(list(at.shares)).tolist()
    for one, other in zip(options[::2], options[1::2], strict=False):
        here, there = bed.options_of[bed.part[one]], bed.options_of[bed.part[other]]
        a, b = here[bed.site[here] == bed.site[other]], there[bed.site[there] == bed.site[one]]
        if bed.part[one] != bed.part[other] and len(a) and len(b):
            rest = {o: s for o, s in at.shares.items() if o not in (one, other)}
            return settled(bed, {**rest, int(bed.rng.choice(a)): 1.0, int(bed.rng.choice(b)): 1.0}, at)
    return moved(bed, at)


def left_behind(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan without one of its parts."""
    option = int(bed.rng.choice(list(at.shares)))
    return settled(bed, {o: s for o, s in at.shares.items() if o != option}, at)


def doubled(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan in which one part is placed once more."""
    option = int(bed.rng.choice(list(at.shares)))
    other = int(bed.rng.choice(bed.options_of[bed.part[option]]))
    return settled(bed, {**at.shares, other: 1.0}, at)


def shut(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan that leaves a building shut that it has opened, or opens one that it has not."""
    every = sorted(bed.inputs.territory.buildings.index[bed.inputs.territory.buildings["stage"] == "planned"])
    return dataclasses.replace(at, opened=at.opened ^ {str(bed.rng.choice(every))})


def settled(bed: Bed, shares: Mapping[int, float], before: Mutant) -> Mutant:
    """Return a plan of these options that opens what they need, and what was open without need."""
    after = Mutant(shares)
    return Mutant(shares, bed.used(after) | (before.opened - bed.used(before)))


STEPS = (moved, dropped, joined, swapped)
"""Steps that leave projects whole."""
ODD = (left_behind, doubled, shut)
"""Steps that do not, or touch openings."""


def towards(bed: Bed, rule: str, steps: int = 6, tries: int = 8) -> Iterator[Mutant]:
    """Yield mutants, each a step nearer to breaking one row of a rule, until one breaks the rule."""
    rows = bed.rows.get(rule, np.zeros(0, np.int64))
    row = int(bed.rng.choice(rows)) if len(rows) and rule not in BY_CONSTRUCTION else None
    at = bed.sound
    for _ in range(steps):
        steps_of = (STEPS if row is not None else (*STEPS, *ODD)) if at.shares else (joined,)
        ways = [step(bed, at) for step in bed.rng.choice(steps_of, tries)]
        at = ways[0] if row is None else max(ways, key=lambda way: _by(bed, row, way))
        yield at
        if rule in bed.broken(at):
            return


def _by(bed: Bed, row: int, mutant: Mutant) -> float:
    """Return how far a row is beyond its bounds; below 0 within."""
    matrix = bed.model.A
    entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
    amount = float(matrix.data[entries] @ bed.x(mutant)[matrix.indices[entries]])
    return max(amount - bed.model.hi[row], bed.model.lo[row] - amount)
