"""What belongs together, and what must be kept apart: chapter 3 of the model, posed as signed uses under limits.

Each rule here says of some options that their amounts, negative ones included, add up to at least or at most something.
Whoever leads brings −n, whoever supplies +1; who is near subtracts from who needs it near. A project stands where its
first part stands. It knows nothing of solvers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner import near
from planner.asks import rows_of
from planner.errors import Fault, ScenarioError, told_or
from planner.near import Nearness
from planner.places import Offers, one_park
from planner.projects import LEADER, first_parts, line_of
from planner.scenario import Scenario
from planner.scenario.together import Apart
from planner.signed import Sums, pieces, signed_sum, stated
from planner.territory import ROUNDING_M, Territory
from planner.words import Words

Ints = NDArray[np.int64]
Stated = Iterator[Sums]


@dataclass(frozen=True)
class Posed:
    """What the rules of this chapter are stated over.

    Attributes
    ----------
    scenario : Scenario
    territory : Territory
    offered : Offers
    projects : DataFrame
        ``cluster``, ``chain_role``, ``supplies``.
    parts : DataFrame
        ``project``, ``industry``.
    options : DataFrame
        ``project``, ``part``, ``site``, ``park``, ``gfa_m2``.
    sites : DataFrame
        ``kind``, ``places``.
    """

    scenario: Scenario
    territory: Territory
    offered: Offers
    projects: pd.DataFrame
    parts: pd.DataFrame
    options: pd.DataFrame
    sites: pd.DataFrame

    @cached_property
    def site(self) -> Ints:
        """Row of each option's site."""
        return self.sites.index.get_indexer(pd.Index(self.options["site"])).astype(np.int64)

    @cached_property
    def part(self) -> Ints:
        """Row of each option's part."""
        return self.parts.index.get_indexer(pd.Index(self.options["part"])).astype(np.int64)

    @cached_property
    def of_part(self) -> Mapping[str, Ints]:
        """Options of each part that has some."""
        return _grouped(self.options["part"])

    @cached_property
    def of_project(self) -> Mapping[str, Ints]:
        """Options of the first part of each project that has some: it counts where they are."""
        first = np.flatnonzero(self.options["part"].isin(first_parts(self.parts)))
        return {who: first[rows] for who, rows in _grouped(self.options["project"].iloc[first]).items()}

    @cached_property
    def park(self) -> NDArray[np.object_]:
        """Park of each option."""
        return self.options["park"].to_numpy(dtype=object)

    @cached_property
    def gfa_m2(self) -> NDArray[np.float64]:
        """Floor space of each option."""
        return self.options["gfa_m2"].to_numpy(dtype=float)

    def options_of(self, parts: Iterable[str]) -> Ints:
        """Return the options of some parts."""
        return _all_of(self.of_part, parts)

    def first_of(self, projects: Iterable[str]) -> Ints:
        """Return the options by which some projects count."""
        return _all_of(self.of_project, projects)

    def within(self, metres: float) -> Nearness:
        """Return which sites are within a distance of one another."""
        return near.within(self.sites, self.offered, self.territory.buildings, metres)

    def soft(self, rule: str) -> bool:
        """Return whether a rule may be missed at a price."""
        return self.scenario.rules.of(rule).soft is not None

    def where(self, *steps: str | int) -> str:
        """Return file, line and key of a rule's key."""
        return self.scenario.where("rules", *steps)


def together(posed: Posed) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what the rules of this chapter add up, and what bounds it.

    Raises
    ------
    ScenarioError
        Everything that the scenario names and nobody knows, or asks and nobody can keep.
    """
    sums: list[Sums] = []
    faults: list[Fault] = []
    for name, state in RULES.items():
        if posed.scenario.rules.of(name).on:
            try:
                sums += state(posed)
            except ScenarioError as error:
                faults += error.faults
    if faults:
        raise ScenarioError(faults)
    return stated(sums)


def leader_and_suppliers(posed: Posed) -> Stated:
    """State for each leader, in each park or round each stand it may take: suppliers there − n × itself there ≥ 0."""
    rule = posed.scenario.rules.leader_and_suppliers
    leaders = list(dict.fromkeys(rule.leaders)) or _leaders(posed)
    chain = posed.projects["supplies"].explode().dropna().rename_axis("supplier").reset_index(name="project")
    suppliers = {leader: list(chain.loc[chain["project"] == leader, "supplier"]) for leader in leaders}
    where = posed.where("leader_and_suppliers")
    told: list[Fault] = []
    told_or(told, None, _known, posed, rule.leaders, posed.where("leader_and_suppliers", "leaders"))
    if not posed.soft("leader_and_suppliers"):
        known = {leader: len(suppliers[leader]) for leader in leaders if leader in posed.projects.index}
        too_few = Words(
            "链主 {who} 只有 {found} 家配套项目，少于 at_least: {asked}，永远无法落位",
            "{who} has fewer suppliers on the list ({found}) than at_least ({asked}), so it can never be placed",
        )
        told_or(told, None, _enough, known, rule.at_least, where, too_few)
    if told:
        raise ScenarioError(told)
    nearness = None if isinstance(rule.within, str) else posed.within(rule.within + ROUNDING_M)
    for leader in leaders:
        own, other = (posed.first_of(who) for who in ([leader], suppliers[leader]))
        if nearness is None:
            other = other[pd.Index(posed.park[other]).isin(set(posed.park[own]))]
            option, amount = pieces((own, -rule.at_least), (other, 1))
            yield signed_sum("leader_and_suppliers", option, leader + " " + posed.park[option], amount, at_least=0)
        else:
            yield from near.close(
                "leader_and_suppliers", nearness, posed.site, (leader, own, -rule.at_least), other, 1, at_least=0
            )


def leaders_per_cluster(posed: Posed) -> Stated:
    """State how many leaders of a cluster are placed at most; and at least, beside each project of it placed."""
    rule = posed.scenario.rules.leaders_per_cluster
    cluster = posed.projects["cluster"]
    leaders = cluster.loc[_leaders(posed)]
    led = {str(name): list(of.index) for name, of in leaders[leaders != ""].groupby(leaders)}
    if not posed.soft("leaders_per_cluster"):
        _enough(
            {name: len(of) for name, of in led.items()}, rule.at_least, posed.where("leaders_per_cluster"),
            Words(
                "集群 {who} 只有 {found} 个链主，少于 at_least: {asked}，其项目永远无法落位",
                "{who} has fewer leaders on the list ({found}) than at_least ({asked}), so none of it can be placed",
            ),
        )  # fmt: skip
    for name, of in led.items():
        leading = posed.first_of(of)
        if len(of) > rule.at_most:
            yield signed_sum("leaders_per_cluster", leading, name, 1, at_most=rule.at_most)
        for project in cluster.index[cluster == name]:
            if project in of and rule.at_least <= 1:
                continue  # it is the leader itself
            own = posed.first_of([project])
            option, amount = pieces((leading, 1), (own, -rule.at_least))
            yield signed_sum("leaders_per_cluster", option, f"{name} {project}", amount, at_least=0)


def parts_together(posed: Posed) -> Stated:
    """State for each two parts of a project, round each stand of the one: that part there − the other near it ≤ 0."""
    metres = posed.scenario.rules.parts_together.metres
    assert metres is not None  # the rule is on
    nearness = posed.within(metres + ROUNDING_M)
    for parts in posed.parts.groupby("project").groups.values():
        for k, part in enumerate(sorted(parts)):
            for other in sorted(parts)[k + 1 :]:
                one, beside = posed.options_of([part]), posed.options_of([other])
                label = f"{part} {other}"
                yield from near.close("parts_together", nearness, posed.site, (label, one, 1), beside, -1, at_most=0)


def kept_apart(posed: Posed) -> Stated:
    """State for each part, round each stand near which it may be: others there + that part near it ≤ 1.

    Valid: of the parts in a row one alone may be there, because they conflict with one another, and it is placed once,
    or in shares that add up to once. Stands near the same stands, themselves among them, share a row: it is a clique of
    the whole neighbourhood. All conflicts are covered: of two parts kept apart one comes later, and its row round the
    stand of the other holds both; of shares the model says so besides. Others are taken together, one part of each
    project or part named, so that few rows say much; where the rule is soft each has rows of its own, because every
    two parts too near each other cost points once.
    """
    faults: list[Fault] = []
    for number, group in enumerate(posed.scenario.rules.kept_apart.groups):
        where = posed.where("kept_apart", number)
        try:
            members = _members(posed, group, where)
        except ScenarioError as error:
            faults += error.faults
            continue
        nearness = _nearness(posed, group)
        for k, member in enumerate(members):
            for others in _taken_together(members[:k], pairs=posed.soft("kept_apart")):
                for part in member:
                    label = f"{number + 1}: {'+'.join(others)} {part}"
                    one, beside = posed.options_of(others), posed.options_of([part])
                    yield from near.close(
                        "kept_apart", nearness, posed.site, (label, one, 1), beside, 1,
                        at_most=1, merged=len(others) == 1, only_near=True,
                    )  # fmt: skip
    if faults:
        raise ScenarioError(faults)


def group_count(posed: Posed) -> Stated:
    """State for each group how many of its projects are placed."""
    groups = posed.scenario.rules.group_count.groups
    for number, group in enumerate(groups):
        _known(posed, group.projects, posed.where("group_count", number, "projects"))
    for number, group in enumerate(groups, 1):
        inside = posed.first_of(group.projects)
        yield signed_sum("group_count", inside, f"group {number}", 1, at_least=group.at_least, at_most=group.at_most)


def one_main_park_per_cluster(posed: Posed) -> Stated:
    """State for each cluster the share of its floor space that its main park must hold; the model says which it is."""
    cluster = posed.parts["project"].map(posed.projects["cluster"]).fillna("").to_numpy(dtype=object)[posed.part]
    own = np.flatnonzero((cluster != "") & (posed.gfa_m2 > 0))
    amount = posed.gfa_m2[own] * posed.scenario.rules.one_main_park_per_cluster.at_least
    yield signed_sum("one_main_park_per_cluster", own, cluster[own], amount, at_most=0, unit="m²")


def leading_industries_share(posed: Posed) -> Stated:
    """State for each pole with leading industries, and each park named: floor space × (1 if leading, less a share) ≥ 0.

    A growth pole that lists no leading industry is free; a park that is named and lists none is an error.
    """
    rule = posed.scenario.rules.leading_industries_share
    parks = posed.territory.parks
    leading = {str(park): set(of or ()) for park, of in parks["leading_industries"].items()}
    least = {
        str(park): rule.at_least or 0.0
        for park, roles in parks["roles"].items()
        if "growth_pole" in roles and leading[str(park)]
    }
    for name, share in rule.parks.items():
        where = posed.where("leading_industries_share", "parks", name)
        park = one_park(name, posed.territory, where)
        if not leading[park]:
            said = Words("{park} 没有列出主导产业", "{park} lists no leading industry").fill(park=name)
            remedy = Words("填写 leading_industries，或删去该园区", "Fill in its leading_industries, or leave it out")
            raise ScenarioError(Fault(where, "", said, remedy, (park,)))
        least[park] = share
    for park, share in least.items():
        inside = np.flatnonzero(posed.park == park)
        amount = posed.gfa_m2[inside] * (_is_of(posed, inside, leading[park]) - share)
        if share > 0:
            yield signed_sum("leading_industries_share", inside, park, amount, at_least=0, unit="m²")


RULES: Mapping[str, Callable[[Posed], Stated]] = {
    state.__name__: state
    for state in (
        leader_and_suppliers,
        leaders_per_cluster,
        parts_together,
        kept_apart,
        group_count,
        one_main_park_per_cluster,
        leading_industries_share,
    )
}


# Who is meant


def _all_of(options: Mapping[str, Ints], names: Iterable[str]) -> Ints:
    return np.concatenate([np.zeros(0, np.int64), *(options[name] for name in names if name in options)])


def _grouped(labels: pd.Series) -> dict[str, Ints]:
    """Return the rows of each label."""
    return {str(label): np.asarray(rows, dtype=np.int64) for label, rows in labels.groupby(labels).indices.items()}


def _leaders(posed: Posed) -> list[str]:
    return list(posed.projects.index[posed.projects["chain_role"] == LEADER])


def _is_of(posed: Posed, options: Ints, named: Set[str]) -> NDArray[np.bool_]:
    """Return which options are of industries or clusters named: by the project's cluster, or the part's industry."""
    table = posed.territory.tables["industries"]
    parents = dict(zip(table["industry_id"], table["parent"], strict=True))
    of = {name: not named.isdisjoint(line_of(name, parents)) for name in posed.parts["industry"].unique()}
    industry = posed.parts["industry"].map(of).to_numpy(dtype=bool)
    cluster = posed.parts["project"].map(posed.projects["cluster"]).isin(named).to_numpy(dtype=bool)
    return np.asarray((industry | cluster)[posed.part[options]], dtype=bool)


def _members(posed: Posed, group: Apart, where: str) -> list[list[str]]:
    """Return the parts of everyone named in a group, in the order named; a part named twice is an error."""
    _known(posed, group.who, where)
    members = [list(posed.parts.index[rows_of(name, posed.parts, where)]) for name in group.who]
    parts = [part for member in members for part in member]
    if twice := sorted({part for part in parts if parts.count(part) > 1}):
        rule = Words("{part} 不能与自己分开", "{part} cannot be kept apart from itself").fill(part=", ".join(twice))
        raise ScenarioError(Fault(f"{where}.who", "", rule, Words("每个分项只写一次", "Name each part once")))
    return members


def _nearness(posed: Posed, group: Apart) -> Nearness:
    if group.metres is not None:
        return posed.within(max(group.metres - ROUNDING_M, 0.0))
    near_by = near.in_one_building if group.place == "building" else near.on_adjacent_floors
    return near_by(posed.sites, posed.offered)


def _taken_together(members: Sequence[Sequence[str]], *, pairs: bool) -> Iterator[tuple[str, ...]]:
    """Yield parts that conflict with one another, one of each member; in the end every part; each alone for pairs."""
    if pairs:
        yield from ((part,) for member in members for part in member)
        return
    for k in range(max(map(len, members), default=0)):
        yield tuple(member[min(k, len(member) - 1)] for member in members)


def _known(posed: Posed, names: Iterable[str], where: str) -> None:
    """Raise where a project or part is named that nobody asked for."""
    faults: list[Fault] = []
    for name in names:
        try:
            rows_of(name, posed.parts, where)
        except ScenarioError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)


def _enough(found: Mapping[str, int], asked: int, where: str, rule: Words) -> None:
    """Raise for everyone of whom fewer are on the list than a rule asks for."""
    remedy = Words("减小 at_least，或给此约束一个 soft 价格", "Lower at_least, or give the rule a soft price")
    short = {who: count for who, count in found.items() if count < asked}
    if short:
        raise ScenarioError(
            [Fault(where, "", rule.fill(who=who, found=n, asked=asked), remedy, (who,)) for who, n in short.items()]
        )
