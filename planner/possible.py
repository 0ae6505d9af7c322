"""Contradictions: what keys of a scenario ask together and nobody can keep, told before anything is solved.

Each is plain arithmetic over what must be placed, where it may go and what rules allow at most; what options and limits
tell is for `beyond`, what only a search can tell is left to the solver. Soft rules contradict nothing. Names that mean
nothing are told elsewhere and skipped here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from planner import fit
from planner.asks import rows_of
from planner.errors import Fault, ScenarioError
from planner.places import Offers, find, one_park
from planner.scenario import Place, Scenario
from planner.territory import Territory
from planner.words import Words

Places = frozenset[str]
BY_YEAR = ("power", "water", "waste_water", "gas")
PARKS_OF = {**dict.fromkeys(BY_YEAR, "caps"), "pole_share": "shares", "housing": "beds"}
"""Rules that name parks, and the key under which they do."""
CHANGE_ONE = Words("修改其中之一", "Change one of them")
FAILS = Words("{place} {test}（需要 {need}，提供 {offer}）", "{place} fails on {test} (needs {need}, offers {offer})")


@dataclass(frozen=True)
class Asked:
    """A scenario beside what it asks about.

    Attributes
    ----------
    scenario : Scenario
    territory : Territory
        With the scenario's changes.
    offered : Offers
    projects, parts : DataFrame
        As `asks.asked` returns them.
    """

    scenario: Scenario
    territory: Territory
    offered: Offers
    projects: pd.DataFrame
    parts: pd.DataFrame

    @cached_property
    def named(self) -> dict[str, list[tuple[str, Place, Places]]]:
        """Return for each part the locks and `only` that name it: key, place as written, and the places it means."""
        found: dict[str, list[tuple[str, Place, Places]]] = {}
        for key, named in (("locks", self.scenario.locks), ("only", self.scenario.only)):
            for who, place in named.items():
                for part in self.parts_of(who):
                    found.setdefault(part, []).append((f"{key}.{who}", place, self._places(place)))
        return found

    @cached_property
    def allowed(self) -> dict[str, Places]:
        """Return the places that parts may take which locks or `only` name, those that bans close aside."""
        left = {part: frozenset.intersection(*(places for *_, places in named)) for part, named in self.named.items()}
        for ban in self.scenario.bans:
            for part in self.parts_of(ban.project):
                if part in left:
                    left[part] -= self._places(ban.place)
        return left

    @cached_property
    def must(self) -> list[str]:
        """Return the projects that must be placed, where no price lets them stay out."""
        soft = self.scenario.rules.must_place.soft is not None
        return [] if soft else list(self.projects.index[self.projects["must_place"]])

    def hard(self, rule: str) -> bool:
        """Return whether a rule holds and may not be missed."""
        block = self.scenario.rules.of(rule)
        return block.on and block.soft is None

    def where(self, key: str, *steps: str | int) -> str:
        """Return file, line and key."""
        return self.scenario.where(*key.split(".", 1), *steps)

    def parts_of(self, who: str) -> list[str]:
        """Return the parts that a project or part id means; none where nobody is called so."""
        try:
            return list(map(str, self.parts.index[rows_of(who, self.parts, "")]))
        except ScenarioError:
            return []

    def _places(self, place: Place) -> Places:
        try:
            return find(place, self.territory, self.offered, "")
        except ScenarioError:
            return frozenset()


def contradictions(asked: Asked) -> None:
    """Raise for everything that keys of the scenario ask together and nobody can keep."""
    checks = (_nowhere_left, _too_much_locked, _groups, _parks_twice, _shares, _late_caps)
    if faults := [fault for check in checks for fault in check(asked)]:
        raise ScenarioError(faults)


def _nowhere_left(asked: Asked) -> Iterator[Fault]:
    """Tell of parts that must be placed where locks and `only` have no place in common, or bans close all of them."""
    for part, named in asked.named.items():
        known = all(places for *_, places in named)
        if asked.allowed[part] or not known or asked.parts.at[part, "project"] not in asked.must:
            continue
        said = [f"{key} ({', '.join(place.names)})" for key, place, _ in named]
        bans = [ban.place for ban in asked.scenario.bans if part in asked.parts_of(ban.project)]
        said += [f"bans ({', '.join(place.names)})" for place in bans]
        rule = Words("{said} 合起来没有为其留下任何地方", "{said} together leave no place for it")
        yield Fault(asked.where(named[0][0]), "", rule.fill(said=" + ".join(said)), CHANGE_ONE, (part,))


def _too_much_locked(asked: Asked) -> Iterator[Fault]:
    """Tell of places to which several parts are locked that hold less: floor space, land, or parcels one by one."""
    must = asked.parts["project"].isin(asked.must)
    locked = {part: places for part, places in asked.allowed.items() if places and must[part]}
    parcels, floors = asked.offered.parcels, asked.offered.floors
    shared = parcels["divisible"] & asked.scenario.sites.cuts | parcels["joint"] & asked.scenario.sites.joint
    for there in dict.fromkeys(locked.values()):
        inside = [part for part, places in locked.items() if places <= there]
        asks = asked.parts.loc[inside]
        land, space = parcels[parcels.index.isin(there)], floors[floors.index.isin(there)]
        if (len(land) and len(space)) or len(inside) == 1:  # of one alone the place it is refused by says more
            continue
        where = asked.where(asked.named[inside[0]][0][0])
        held = {
            "m²": (asks["land_m2"].sum(), land["usable_m2"].sum())
            if len(land)
            else (asks["gfa_m2"].sum(), space["free_m2"].sum()),
            "parcels": (len(inside), len(land)) if len(land) and not shared[land.index].any() else (0, 0),
        }
        for unit, (wanted, free) in held.items():
            if wanted > free + 1e-6:
                rule = Words(
                    "锁定于此的分项共需 {wanted:g} {unit}，此处只有 {free:g}",
                    "what is locked there asks for {wanted:g} {unit} in all; there are {free:g}",
                )
                yield Fault(where, "", rule.fill(wanted=wanted, free=free, unit=unit), CHANGE_ONE, tuple(inside))
                break


def _groups(asked: Asked) -> Iterator[Fault]:
    """Tell of groups that what must be placed, or the least of another group, outnumbers."""
    groups = asked.scenario.rules.group_count.groups if asked.hard("group_count") else ()
    wanted = [("must_place, locks", frozenset(asked.must), len(asked.must))]
    wanted += [
        (f"group_count[{number}] at_least: {group.at_least}", frozenset(group.projects), group.at_least)
        for number, group in enumerate(groups)
        if group.at_least
    ]
    for number, group in enumerate(groups):
        for said, who, least in wanted:
            there = who & set(group.projects)
            count = least - len(who - there)  # so many of these at the very least
            if group.at_most is not None and count > group.at_most:
                rule = Words(
                    "至多 {most} 个，而 {said} 要求其中至少 {count} 个",
                    "at most {most}, but {said} asks for {count} of them",
                ).fill(most=group.at_most, said=said, count=count)
                where = asked.where("rules.group_count", number, "at_most")
                yield Fault(where, "", rule, CHANGE_ONE, tuple(sorted(there)))


def _parks_twice(asked: Asked) -> Iterator[Fault]:
    """Tell of parks that a rule names twice, by two of their names."""
    for rule, key in PARKS_OF.items():
        of: dict[str, list[str]] = {}
        for name in getattr(asked.scenario.rules.of(rule), key) if asked.scenario.rules.of(rule).on else ():
            try:
                of.setdefault(one_park(name, asked.territory, ""), []).append(name)
            except ScenarioError:
                continue
        for names in of.values():
            if len(names) > 1:
                said = Words("{names} 是同一园区，不能各有一个数", "{names} are one park and cannot have a figure each")
                where, remedy = asked.where(f"rules.{rule}", names[1]), Words("只写一次", "Name it once")
                yield Fault(where, "", said.fill(names=", ".join(names)), remedy)


def _shares(asked: Asked) -> Iterator[Fault]:
    """Tell of parks that may not take 100 % of all together, where there is no other."""
    if not asked.hard("pole_share"):
        return
    shares = asked.scenario.rules.pole_share.shares
    offered = {*asked.offered.parcels["park"], *asked.offered.floors["park"]} - {""}
    homes = {asked.territory.park_names().get(name, name) for name in shares}
    total = sum(1.0 if share.most is None else share.most for share in shares.values())
    if offered <= homes and total < 1 - 1e-9:
        rule = Words(
            "所有园区 most 之和为 {total:g} %，不足 100 %，任何项目都无法落位",
            "the most of all parks adds up to {total:g} %, less than 100 %, so nothing can be placed",
        ).fill(total=round(100 * total, 6))
        yield Fault(asked.where("rules.pole_share"), "", rule, Words("调高其中一项", "Raise one of them"))


def _late_caps(asked: Asked) -> Iterator[Fault]:
    """Tell of capacities from a year on that lies after the horizon, so that they never hold."""
    last = asked.scenario.years[1]
    for rule in BY_YEAR:
        caps: Mapping[str, Mapping[int, float]] = getattr(asked.scenario.rules, rule).caps
        for park, year in ((park, year) for park, years in caps.items() for year in years if year > last):
            said = Words("{year} 年在规划年限（至 {last} 年）之后", "{year} is after the horizon, which ends in {last}")
            remedy = Words("删去该年，或改 years", "Leave the year out, or change `years`")
            yield Fault(asked.where(f"rules.{rule}", park, str(year)), "", said.fill(year=year, last=last), remedy)


# Who must be placed and fits nowhere


@dataclass(frozen=True)
class Fitting:
    """The tables of a case that say who fits where, see `case.Case`; places are parcels and floors."""

    options: pd.DataFrame
    parts: pd.DataFrame
    projects: pd.DataFrame
    refusals: pd.DataFrame
    places: pd.DataFrame


def must_fit(case: Fitting, scenario: Scenario) -> None:
    """Raise where a project that must be placed has a part that fits nowhere it may go, quoting the refusal."""
    with_options = set(case.options["part"])
    locked = {name.split("/")[0] for name in scenario.locks}
    faults = []
    must = case.parts["project"].map(case.projects["must_place"])
    for part in case.parts.index[must.to_numpy(dtype=bool)]:
        if part in with_options:
            continue
        project = part.split("/")[0]
        faults.append(_refused(case, part, scenario, "locks" if project in locked else "must_place"))
    if faults:
        raise ScenarioError(faults)


def _refused(case: Fitting, part: str, scenario: Scenario, key: str) -> Fault:
    """Return the fault of a part that must be placed and is refused everywhere it may go."""
    refused = case.refusals[case.refusals["part"] == part]
    failed = pd.Series(refused["failed"].to_numpy(), index=refused["place"].to_numpy(dtype=object))
    elsewhere = fit.BIT["locked_elsewhere"]
    allowed = failed[(failed & elsewhere) == 0]
    hopeless = fit.BIT["available"] | fit.BIT["site_kind"]  # to be quoted only where there is nothing nearer
    if ((allowed & hopeless) == 0).any():
        allowed = allowed[(allowed & hopeless) == 0]
    quoted = []
    for kind in fit.BOTH:
        places = case.places[(case.places["kind"] == kind) & case.places.index.isin(allowed.index)]
        found = fit.nearest(
            case.parts.loc[[part]], places, allowed.reindex(places.index).to_numpy(dtype=np.uint32), kind
        )
        if found:
            quoted.append(found)
    place, failures = min(quoted, key=lambda found: len(found[1]), default=("", []))
    each = [FAILS.fill(place=place, test=f.words, need=need, offer=offer) for f in failures for need, offer in [f.said]]
    said = Words("；".join(one.zh for one in each), "; ".join(one.en for one in each))
    locked = part if part in scenario.locks else part.split("/", maxsplit=1)[0]
    steps: Iterable[str] = (key, locked) if key == "locks" else (key,)
    return Fault(
        scenario.where(*steps),
        "",
        Words("{part} 必须落位，但处处不符：{said}", "{part} must be placed there but is refused: {said}").fill(
            part=part, said=said
        ),
        Words("放宽需求、改换地点或取消该要求", "Relax the need, name another place, or drop the lock"),
        features=(part,),
    )
