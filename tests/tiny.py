"""Tiny cases: written by hand, or drawn at random with all rules mixed; and every plan of one, tried in turn.

The brute force here is the judge of the engine, so it shares nothing with the model: it walks over the rows of the
tables and adds up what they say.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from planner.case import RULES, Case

Option = tuple[str, str, int, float] | tuple[str, str, int, float, str, float]
"""Part ("P/a"), site, start year, points; park and floor space placed (m²) where goals look at them."""
Project = tuple[str, str, tuple[str, ...]]
"""Project, its cluster, the projects it supplies."""
Use = tuple[int, str, str, float]
Limit = tuple[str, str, float | None, float] | tuple[str, str, float | None, float, float]
"""Kind, key, at most, points of opening it, and at least where there is one."""
RULE_OF = {"parcel": "parcel_used_once", "floor": "floor_not_overfilled", "building": "building_opened"}
"""The rule about each kind of use; of others it is called like the kind."""


def case(
    options: Iterable[Option],
    uses: Iterable[Use] = (),
    limits: Iterable[Limit] = (),
    *,
    must_place: Iterable[str] = (),
    rules: Iterable[str] = RULES,
    soft: Mapping[str, float] | None = None,
    more_parts: Iterable[str] = (),
    projects: Iterable[Project] = (),
    goals: Mapping[str, float] | None = None,
    share_min: Mapping[str, float] | None = None,
) -> Case:
    """Return a case of these rows; `more_parts` have no option, those in `share_min` are divisible."""
    rows = [(*row, "", 0.0)[:6] for row in options]
    names_of = ["part", "site", "start_year", "given", "park", "gfa_m2"]
    frame = pd.DataFrame(rows, columns=names_of).astype({"given": float, "gfa_m2": float})
    frame["project"] = [str(part).split("/", maxsplit=1)[0] for part in frame["part"]]
    names = sorted({*frame["part"], *more_parts})
    parts = pd.DataFrame(
        {
            "project": [name.split("/", maxsplit=1)[0] for name in names],
            "share_min": [(share_min or {}).get(name, np.nan) for name in names],
        },
        index=pd.Index(names, name="part", dtype=object),
    )
    return Case.from_tables(
        frame,
        pd.DataFrame(list(uses), columns=["option", "kind", "key", "amount"]).astype({"amount": float}),
        pd.DataFrame(
            [(*limit, None)[:5] for limit in limits], columns=["kind", "key", "at_most", "opening_points", "at_least"]
        ).astype({"at_most": float, "at_least": float}),
        parts=parts,
        projects=pd.DataFrame(list(projects), columns=["project", "cluster", "supplies"]).set_index("project"),
        must_place=must_place,
        rules=frozenset(rules),
        soft=soft,
        goals=goals,
    )


@dataclass(frozen=True)
class Tables:
    """A tiny case as plain rows, so that a law can change one thing in it."""

    options: tuple[Option, ...]
    uses: tuple[Use, ...]
    limits: tuple[Limit, ...]
    must_place: tuple[str, ...] = ()
    rules: tuple[str, ...] = RULES
    more_parts: tuple[str, ...] = ()
    soft: tuple[tuple[str, float], ...] = ()
    projects: tuple[Project, ...] = ()
    goals: tuple[tuple[str, float], ...] = ()

    def case(self) -> Case:
        """Return the case of these tables."""
        return case(
            self.options,
            self.uses,
            self.limits,
            must_place=self.must_place,
            rules=self.rules,
            soft=dict(self.soft),
            more_parts=self.more_parts,
            projects=self.projects,
            goals=dict(self.goals),
        )


FLOORS = ("B1-F01", "B1-F02", "B2-F01")
PARCELS = ("J1", "J2", "J3")
YEARS = (2026, 2027, 2028)
PLANNED = "B2"
PARKS = ("K1", "K2")
OF_GOALS = ("leftover", "balance")
"""Kinds that bound nothing: goals of that name read them."""
MAIN_PARK = "one_main_park_per_cluster"
BESIDE = ("chain", "cluster", "leftover", "balance")
"""Goals on other columns than options."""
SUMS = (
    "leader_and_suppliers", "leaders_per_cluster", "parts_together", "kept_apart", "group_count",
    "leading_industries_share",
    "building_power", "lifts", "building_waste_water", "water", "waste_water", "gas", "land_supply",
    "preparation_budget", "pole_share", "housing", "extra",
)  # fmt: skip
"""Rules that are a sum of uses under limits, by their kind of use."""
SOFT = ("must_place", "parcel_used_once", "floor_not_overfilled", "power", "building_filled",
        "started_space_target", *SUMS)  # fmt: skip
"""Rules drawn soft now and then."""


@st.composite
def tables(draw: st.DrawFn, *, whole_points: bool = True, must: bool = True, goals: bool = False) -> Tables:
    """Draw a tiny case: projects of 1–3 parts on plots that share parcels and on floors, power by year, openings.

    Without `must`, placing nobody and starting nothing keeps every rule.
    With `goals` half of them weigh goals on other columns than options: links, clusters, floors left over, balance.
    """
    number = st.integers(1, 9) if whole_points else st.floats(0.1, 9, allow_nan=False).map(lambda x: round(x, 3))
    options: list[Option] = []
    uses: list[Use] = []
    projects = [f"P{k}" for k in range(draw(st.integers(1, 4)))]
    for project in projects:
        for part in [f"{project}/{name}" for name in "abc"[: draw(st.sampled_from((1, 1, 2, 3)))]]:
            for _ in range(draw(st.integers(1, 2))):
                option = len(options)
                start = draw(st.sampled_from(YEARS))
                points = draw(number) - (draw(st.integers(0, 3)) if draw(st.booleans()) else 0)
                if draw(st.booleans()):
                    members = sorted(draw(st.sets(st.sampled_from(PARCELS), min_size=1, max_size=2)))
                    uses += [(option, "parcel", parcel, 1000.0) for parcel in members]
                    site = "+".join(members)
                else:
                    floors = draw(st.sampled_from((("B1-F01",), ("B1-F02",), FLOORS[:2], ("B2-F01",))))
                    uses += [(option, "floor", floor, draw(st.integers(1, 6))) for floor in floors]
                    if floors[0].startswith(PLANNED):
                        uses.append((option, "building", PLANNED, 1.0))
                    site = ":".join(floors)
                if draw(st.booleans()):
                    kva = draw(st.integers(1, 5))
                    uses += [(option, "power", f"K {year}", kva) for year in YEARS if year >= start]
                options.append((part, f"{site} #{option}", start, float(points)))
    limits: list[Limit] = [("parcel", parcel, 1000.0, 0.0) for parcel in PARCELS]
    limits += [("floor", floor, float(draw(st.integers(3, 9))), 0.0) for floor in FLOORS]
    level = 0
    for year in YEARS:
        level += draw(st.integers(0, 5))
        limits.append(("power", f"K {year}", float(level), 0.0))
    if draw(st.booleans()):
        limits += draw(openings(must))
    else:
        uses = [use for use in uses if use[1] != "building"]
    # rules that are sums under limits, with amounts of either sign; more of them at once, and hardly a plan is left
    for kind in sorted(draw(st.sets(st.sampled_from(SUMS), max_size=3))):
        least, most = draw(st.sampled_from(((None, 4.0), (-3.0, None), (-2.0, 3.0))))
        limits.append((kind, f"{kind} key", most, 0.0, least))
        uses += [
            (option, kind, f"{kind} key", float(draw(st.integers(-3, 4))))
            for option in range(len(options))
            if draw(st.booleans())
        ]
    wanted = projects[: draw(st.sampled_from((0, 0, 1, 2, 4)))] if must else []
    hopeless = ("P0/z",) if draw(st.integers(0, 9)) == 0 else ()
    filled = {"building_filled" for limit in limits if limit[0] == "building" and limit[-1] is not None}
    may_be = sorted(set(SOFT) & {"must_place", *filled, *(RULE_OF.get(limit[0], limit[0]) for limit in limits)})
    soft = [(name, float(draw(st.integers(1, 4)))) for name in may_be if draw(st.integers(0, 5)) == 0]
    plain = Tables(tuple(options), tuple(uses), tuple(limits), tuple(wanted), RULES, hopeless, tuple(soft))
    return draw(_with_goals(plain)) if goals and draw(st.booleans()) else plain


@st.composite
def _with_goals(draw: st.DrawFn, plain: Tables) -> Tables:
    """Draw parks, floor space, clusters and suppliers, and weigh some of the goals that hang on them."""
    options = tuple((*option, draw(st.sampled_from(PARKS)), float(draw(st.integers(0, 6)))) for option in plain.options)
    names = sorted({option[0].split("/")[0] for option in options} | {part.split("/")[0] for part in plain.more_parts})
    projects = tuple(
        (name, draw(st.sampled_from(("", "C", "D"))), tuple(sorted(draw(st.sets(st.sampled_from(names))) - {name})))
        for name in names
    )
    shared = [limit for limit in plain.limits if limit[0] == "floor" and draw(st.booleans())]
    limits = [("leftover", key, most, 0.0, float(draw(st.integers(1, 3)))) for _, key, most, *_ in shared]
    limits += [("leftover", "alone", None, 0.0), *(("balance", park, 10.0, 0.0) for park in PARKS)]
    main = draw(st.sampled_from((0.0, 0.0, 0.5, 1.0)))  # share of its clusters in their main parks
    of = {name: cluster for name, cluster, _ in projects if cluster and main}
    limits += [(MAIN_PARK, cluster, 0.0, 0.0) for cluster in sorted(set(of.values()))]
    clustered = [
        (k, MAIN_PARK, of[name], main * option[5])
        for k, option in enumerate(options)
        if (name := option[0].split("/")[0]) in of
    ]
    soft = [(MAIN_PARK, float(draw(st.integers(1, 4))))] if of and draw(st.integers(0, 2)) == 0 else []
    alone = [(option, "leftover", "alone", 1.0) for option in range(len(options)) if draw(st.integers(0, 4)) == 0]
    goals = tuple((goal, float(draw(st.integers(1, 4)))) for goal in BESIDE if draw(st.booleans()))
    return replace(
        plain,
        options=options,
        uses=(*plain.uses, *alone, *clustered),
        limits=(*plain.limits, *limits),
        soft=(*plain.soft, *soft),
        projects=projects,
        goals=goals,
    )


@st.composite
def openings(draw: st.DrawFn, must: bool) -> list[Limit]:
    """Draw what opening the planned building costs and its least use; where things `must`, a target of space."""
    cost, least = float(draw(st.integers(0, 3))), draw(st.sampled_from((None, 2.0)))
    if not must or draw(st.booleans()):
        return [("building", PLANNED, None, cost, least)]
    target = ("started_space_target", "2026", None, 0.0, draw(st.sampled_from((6.0, -1.0, 6.0, 12.0))))
    return [("building", PLANNED, None, cost, least), ("started_space", PLANNED, 10.0, 0.0), target]


@dataclass(frozen=True)
class Best:
    """The best plans of a case: their score, and the options of one of them."""

    score: float
    chosen: tuple[int, ...]


def every_plan(posed: Case) -> list[Best]:
    """Return every plan that keeps the rules, each with its score. All rules must be on."""
    told: list[Best] = []
    best_plan(posed, told)
    return told


def best_plan(posed: Case, told: list[Best] | None = None) -> Best | None:
    """Return the best of all plans, each told of; None where none keeps the rules. All rules must be on."""
    assert posed.rules == set(RULES)
    points = posed.points()
    of_part: dict[str, list[int]] = {str(part): [] for part in posed.parts.index}
    for option, part in enumerate(posed.options["part"]):
        of_part[str(part)].append(option)
    uses: defaultdict[int, list[tuple[tuple[str, str], float]]] = defaultdict(list)
    for option, kind, key, amount in posed.uses.itertuples(index=False):
        uses[int(option)].append(((kind, key), 1.0 if kind == "parcel" else float(amount)))
    judge = _Judge(posed, {key for of in uses.values() for key, amount in of if amount < 0})
    beside = _Beside(posed)
    best: Best | None = None
    used: defaultdict[tuple[str, str], float] = defaultdict(float)

    def walk(ways: list[list[tuple[int, ...]]], chosen: tuple[int, ...]) -> None:
        """Try every way to place the next project; uses that only grow stay too much where they are too much."""
        nonlocal best
        if judge.hopeless(used):
            return
        if not ways:
            lost = judge.lost(used, chosen)
            score = float(sum(points[option] for option in chosen) - lost + beside.points(chosen, used))
            if told is not None and np.isfinite(score):
                told.append(Best(score, chosen))
            if np.isfinite(score) and (best is None or score > best.score):
                best = Best(score, tuple(sorted(chosen)))
            return
        for way in ways[0]:
            taken = [use for option in way for use in uses[option]]
            for key, amount in taken:
                used[key] += amount
            walk(ways[1:], chosen + way)
            for key, amount in taken:
                used[key] -= amount

    walk(_ways(posed, of_part), ())
    return best


class _Judge:
    """What a choice of options costs beside its points: openings, and rules missed (without end where hard)."""

    def __init__(self, posed: Case, falling: set[tuple[str, str]]) -> None:
        self.price = {**dict.fromkeys(RULES, np.inf), **posed.soft}
        self.opening: dict[tuple[str, str], float] = {}
        self.filled: dict[tuple[str, str], float] = {}
        self.adds: dict[str, float] = {}
        self.targets: list[float] = []
        self.range: dict[tuple[str, str], tuple[float, float]] = {}
        for row in posed.limits.itertuples():
            if row.kind == "building" or row.opening_points:
                self.opening[row.kind, row.key] = row.opening_points
            if row.kind == "building":
                self.filled[row.kind, row.key] = 0.0 if pd.isna(row.at_least) else row.at_least
            elif row.kind == "started_space":
                self.adds[row.key] = row.at_most
            elif row.kind == "started_space_target":
                self.targets.append(row.at_least)
            elif row.kind not in (*OF_GOALS, MAIN_PARK):
                most = 1.0 if row.kind == "parcel" else row.at_most
                self.range[row.kind, row.key] = (
                    -np.inf if pd.isna(row.at_least) else row.at_least,
                    np.inf if pd.isna(most) else most,
                )
        self.clusters = list(posed.limits.loc[posed.limits["kind"] == MAIN_PARK, "key"])
        cluster = posed.options["project"].map(posed.projects["cluster"])
        self.stands = list(zip(cluster, posed.options["park"], posed.options["gfa_m2"], strict=True))
        self.project = list(posed.options["project"])
        self.must = [str(project) for project, must in posed.projects["must_place"].items() if must]
        self.growing = [
            key for key in self.range if key not in falling and np.isinf(self.price[RULE_OF.get(key[0], key[0])])
        ]

    def hopeless(self, used: Mapping[tuple[str, str], float]) -> bool:
        return any(used.get(key, 0.0) > self.range[key][1] + 1e-9 for key in self.growing)

    def lost(self, used: Mapping[tuple[str, str], float], chosen: tuple[int, ...]) -> float:
        placed = {self.project[option] for option in chosen}
        missed = [("must_place", 1.0) for project in self.must if project not in placed]
        stands = [self.stands[option] for option in chosen]
        for name in self.clusters:
            parks = {park for cluster, park, _ in stands if cluster == name}
            most = max((sum(m2 for c, k, m2 in stands if (c, k) == (name, park)) for park in parks), default=0.0)
            missed.append((MAIN_PARK, used.get((MAIN_PARK, name), 0.0) - most))
        for key, (least, most) in self.range.items():
            amount = used.get(key, 0.0)
            missed.append((RULE_OF.get(key[0], key[0]), max(amount - most, least - amount, 0.0)))
        ways = (
            self._opened(used, dict(zip(self.opening, way, strict=True)))
            for way in itertools.product((False, True), repeat=len(self.opening))
        )
        return self._priced(missed) + min(ways)

    def _opened(self, used: Mapping[tuple[str, str], float], opened: Mapping[tuple[str, str], bool]) -> float:
        """Return what is lost where these are opened."""
        missed = [("building_opened", 1.0) for key, is_open in opened.items() if used.get(key) and not is_open]
        missed += [("building_filled", least - used.get(key, 0.0)) for key, least in self.filled.items() if opened[key]]
        space = sum(amount for key, amount in self.adds.items() if opened["building", key])
        missed += [("started_space_target", least - space) for least in self.targets]
        return self._priced(missed) + sum(cost for key, cost in self.opening.items() if opened[key])

    def _priced(self, missed: Iterable[tuple[str, float]]) -> float:
        return float(sum(self.price[rule] * by for rule, by in missed if by > 1e-9))


class _Beside:
    """What a choice of options is worth by goals that hang on several of them at once."""

    def __init__(self, posed: Case) -> None:
        self.each = {goal: float(posed.goals["weight"].get(goal, 0.0)) for goal in BESIDE}
        self.option = [(row.part, row.project, row.park, row.gfa_m2) for row in posed.options.itertuples()]
        self.cluster = dict(posed.projects["cluster"].fillna(""))
        self.supplies = {name: to for name, to in posed.projects["supplies"].items() if isinstance(to, tuple)}
        self.first = {project: min(p for p, of in posed.parts["project"].items() if of == project)
                      for project in posed.projects.index}  # fmt: skip
        self.least = {row.key: (row.at_least, row.at_most) for row in posed.limits.itertuples()
                      if row.kind == "leftover" and not pd.isna(row.at_least)}  # fmt: skip
        self.room = {row.key: row.at_most for row in posed.limits.itertuples() if row.kind == "balance"}

    def points(self, chosen: tuple[int, ...], used: Mapping[tuple[str, str], float]) -> float:
        if not any(self.each.values()):
            return 0.0
        stands: dict[str, str] = {}
        space: defaultdict[tuple[str, str], float] = defaultdict(float)
        filled = dict.fromkeys(self.room, 0.0)
        for part, project, park, gfa in (self.option[option] for option in chosen):
            if part == self.first[project] and park:
                stands[project] = park
            space[self.cluster[project], park] += gfa
            if park in filled:
                filled[park] += gfa / self.room[park]
        links = sum(stands.get(i) == stands[j] for j, to in self.supplies.items() if j in stands for i in to)
        together = sum(max(m2 for (c, _), m2 in space.items() if c == name) for name in {c for c, _ in space} if name)
        rests = ((most - used.get(("floor", key), 0.0), least) for key, (least, most) in self.least.items())
        lost = used.get(("leftover", "alone"), 0.0) + sum(rest for rest, least in rests if 0 < rest < least)
        apart = max(filled.values(), default=0.0) - min(filled.values(), default=0.0)
        each = self.each
        return float(
            each["chain"] * links + each["cluster"] * together - each["leftover"] * lost - each["balance"] * apart
        )


def _ways(posed: Case, of_part: dict[str, list[int]]) -> list[list[tuple[int, ...]]]:
    """Return for each project every way to place it whole, and not at all."""
    ways = []
    for project in posed.projects.index:
        parts = [part for part, of in posed.parts["project"].items() if of == project]
        whole = [tuple(way) for way in itertools.product(*(of_part[str(part)] for part in parts))]
        ways.append([(), *whole])
    return ways
