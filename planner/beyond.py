"""What must be placed, against what limits allow: told before solving where no choice of options can keep both.

Nearly every rule is a sum of uses under limits, so one arithmetic serves them all: of each part that must be placed the
least it adds to a sum, whichever of its options is taken, and of every other part the least it may add, are together
more than the sum may be; or the most of all are less than it must be. Besides, two parts of which no two options go
together. These are necessary conditions: what they tell has no plan, what they do not may have none either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from planner.errors import Fault, ScenarioError
from planner.limits import LOADS, PLACES
from planner.places import one_park
from planner.possible import BY_YEAR, PARKS_OF
from planner.scenario import Scenario
from planner.supply import IN_ALL, LAND
from planner.territory import Territory
from planner.words import Words

Side = Literal["at_least", "at_most"]
OTHER_COLUMNS = ("started_space_target", "one_main_park_per_cluster")
"""Rules that are sums over other columns than options."""
IN_TOTAL = (*PLACES, *BY_YEAR, *LOADS, "land_supply", "preparation_budget", "housing")
"""Kinds whose limits are also held against one another's sum: of all parks, years or places together."""
EVERY = "*"
"""Key of all limits of a kind together."""
ROUNDING = 1e-6
NUMBERED = ("group_count", "kept_apart")
"""Rules of several groups; their keys begin with the number of the group."""
UNITS = {"beds": Words("床", "beds")}
"""Units that are words."""
NAMED = 5
"""How many parts a sentence names, those that ask most first."""
OVER = Words(
    "必须落位的 {who} 至少共需 {reached}，而 {what} 至多 {asked}",
    "{who} must be placed and add up to at least {reached}, but {what} has {asked} at most",
)
UNDER = Words(
    "{what} 至少要求 {asked}，而能落位的合计至多 {reached}",
    "{what} asks for at least {asked}, but all that can be placed adds up to {reached} at most",
)
MISSED = Words(
    "{who} 必须落位，因此无论其他如何落位，{what} 都差 {missing}",
    "{who} must be placed, so that {what} is missed by {missing} however all else is placed",
)
STUCK = Words(
    "{who} 必须落位，但连同其他必须落位的项目，其每个备选落位都超出限制：{what}",
    "{who} must be placed, but beside what else must be placed each of its options is beyond a limit: {what}",
)
NOT_BOTH = Words(
    "{who} 都必须落位，但按 {what}，二者的任何两个落位都不能并存",
    "{who} must be placed, but by {what} no place of the one goes with any of the other",
)
TOGETHER = Words("{rule} 各处合计", "{rule} of all together")
REMEDY = Words(
    "放宽该限制，给此约束一个 soft 价格，或减少必须落位的项目",
    "Ease the limit, give the rule a soft price, or ask for fewer to be placed",
)


@dataclass(frozen=True)
class Limited:
    """The tables of a case that say what is used and how much may be, see `case.Case`; and the rules that are hard."""

    options: pd.DataFrame
    uses: pd.DataFrame
    limits: pd.DataFrame
    parts: pd.DataFrame
    projects: pd.DataFrame
    hard: Set[str]

    @cached_property
    def sure(self) -> Set[str]:
        """Parts that every plan places: each once, or in shares that add up to it."""
        whole = "each_part_placed_with_its_project" in self.hard
        project = self.parts["project"]
        alone = ~project.duplicated(keep=False) & ("each_part_placed_once" in self.hard)
        must = project.map(self.projects["must_place"]).to_numpy(dtype=bool) & ("must_place" in self.hard)
        return set(self.parts.index[must & (whole | alone)]) & set(self.options["part"])

    @cached_property
    def whole(self) -> Set[str]:
        """Parts that every plan places in one option each."""
        divisible = self.parts["share_min"].notna() if "share_min" in self.parts else False
        return self.sure & set(self.parts.index[~np.broadcast_to(divisible, len(self.parts))])

    @cached_property
    def count(self) -> pd.Series:
        """How many options each part has."""
        return self.options["part"].value_counts()

    @cached_property
    def sums(self) -> pd.DataFrame:
        """Limits of sums over options that are hard; a parcel that is only taken whole counts its area."""
        rule = self.limits["kind"].map(lambda kind: PLACES.get(kind, kind))
        sums = self.limits.assign(rule=rule)[rule.isin(self.hard) & ~rule.isin(OTHER_COLUMNS)].reset_index(drop=True)
        whole = sums["kind"] == "parcel"
        sums.loc[whole, "at_least"] = np.nan
        sums.loc[whole, "at_most"] = sums.loc[whole, "at_most"].fillna(1.0)
        return sums

    def at(self, rows: Iterable[int]) -> tuple[Limit, ...]:
        """Return the limits in some rows of `sums`."""
        return tuple(map(Limit._make, self.sums.loc[list(rows), list(Limit._fields)].itertuples(index=False)))

    @cached_property
    def used(self) -> pd.DataFrame:
        """Uses that matter: ``part``, ``option``, ``row`` of `sums`, ``amount``.

        A sum that may be 0 is kept where all stay out, so it matters only to who must be placed; and to a least sum
        others add nothing, unless they may take from it.
        """
        option, part = self.uses["option"].to_numpy(dtype=np.int64), self.options["part"]
        (kind, kinds), (key, keys) = (pd.factorize(self.uses[name]) for name in ("kind", "key"))
        row_of = np.full((len(kinds) + 1, len(keys) + 1), -1)  # the last of each for a limit that nothing uses
        at = (pd.Index(each).get_indexer(pd.Index(self.sums[name])) for each, name in ((kinds, "kind"), (keys, "key")))
        row_of[tuple(at)] = self.sums.index
        row_of[-1], row_of[:, -1] = -1, -1
        row = row_of[kind, key]
        asked = self.sums["at_least"].notna().groupby(self.sums["kind"]).transform("any").to_numpy(dtype=bool)
        sure = part.isin(self.sure).to_numpy()[option]
        held = np.append((self.sums["at_least"] > 0) | (self.sums["at_most"] < 0), False)
        held[row[sure]] = True
        here = np.flatnonzero(held[row] & (row >= 0))
        row, option, amount = row[here], option[here], self.uses["amount"].to_numpy()[here]
        matters = sure[here] | asked[row] | (amount < 0)
        used = pd.DataFrame({"row": row, "option": option, "amount": amount})[matters]
        whole = (self.sums["kind"] == "parcel").to_numpy()[used["row"]]
        used["amount"] = used["amount"].where(~whole, self.sums["at_most"].to_numpy()[used["row"]])
        summed: pd.DataFrame = used.groupby(["row", "option"])["amount"].sum().reset_index()
        summed["part"] = part.to_numpy(dtype=object)[summed["option"]]
        return summed


class Limit(NamedTuple):
    """A row of `Limited.sums`."""

    rule: str
    kind: str
    key: str
    at_least: float
    at_most: float
    unit: str

    @property
    def number(self) -> int:
        """Of a rule of several groups, which it is."""
        return int(self.key.removeprefix("group ").split(":")[0]) - 1

    @property
    def named(self) -> str:
        """What it limits, as keys of the scenario or the territory."""
        return f"{self.rule}[{self.number}]" if self.kind in NUMBERED else f"{self.rule} {self.key}"


@dataclass(frozen=True, slots=True)
class Beyond:
    """A sum that no plan keeps: the side and figure asked, the nearest that any plan comes.

    ``by`` is what each part that must be placed adds; ``signed`` says that some add less than nothing.
    """

    at: Limit
    side: Side
    reached: float
    by: Mapping[str, float]
    signed: bool


@dataclass(frozen=True, slots=True)
class Clash:
    """Parts that must be placed, and the limits that leave them none of their options, or no two that go together.

    ``reached`` is the least sum under each limit with an option of the part; None of two parts.
    """

    parts: tuple[str, ...]
    limits: tuple[Limit, ...]
    reached: tuple[float, ...] | None = None


def told_beyond(case: Limited, scenario: Scenario, territory: Territory) -> None:
    """Raise where what must be placed cannot be, by limits and options alone."""
    if not case.sure and case.sums["at_least"].isna().all():
        return
    told: dict[tuple[str, frozenset[str]], Fault] = {}
    for found in beyond(case):
        of = found.at.key.rpartition(" ")[0] if found.at.kind in BY_YEAR else found.at.named  # a park is told once
        told.setdefault((f"{found.at.rule} {of}", frozenset(found.by)), _of_sum(found, scenario, territory))
    for clash in (*never_both(case), *stuck(case)):
        if not any(parts.issuperset(clash.parts) for _, parts in told):
            told["", frozenset(clash.parts)] = _of_clash(clash, scenario, territory)
    if told:
        raise ScenarioError(told.values())


def beyond(case: Limited) -> list[Beyond]:
    """Return the limits that no plan keeps, each by itself; of kinds without such, all limits of the kind together."""
    sums = case.sums
    alone = list(_missed(case, sums, case.used))
    of_park = sums["key"].str.rsplit(" ", n=1).str[0].where(sums["kind"].isin(BY_YEAR), sums["key"])
    last = ~pd.DataFrame({"kind": sums["kind"], "of": of_park}).duplicated(keep="last")
    kind = sums["kind"].replace(dict.fromkeys(LAND, LAND[0]))
    told = {found.at.kind for found in alone}
    together = last & kind.isin(IN_TOTAL) & (sums["key"] != IN_ALL) & ~kind.isin(told)
    total = sums[together].assign(kind=kind, key=EVERY, at_least=np.nan)
    first = total.groupby("kind")["at_most"].agg(lambda most: most.sum(skipna=False))
    group = np.where(together, first.index.get_indexer(pd.Index(kind)), -1)
    used = case.used.assign(row=group[case.used["row"]])
    used = used[used["row"] >= 0].groupby(["row", "part", "option"])["amount"].sum().reset_index()
    total = total.drop_duplicates("kind").set_index("kind").loc[first.index].reset_index()
    return alone + list(_missed(case, total.assign(at_most=first.to_numpy()), used))


def _missed(case: Limited, sums: pd.DataFrame, used: pd.DataFrame) -> Iterator[Beyond]:
    """Yield the sums that are beyond a bound whichever options are taken, those most beyond it first."""
    reach = _reach(case, used)
    signed = set(reach.loc[reach["min"] < 0, "row"])
    found = []
    sides: tuple[tuple[Side, str, float], ...] = (("at_most", "least", 1.0), ("at_least", "most", -1.0))
    for side, nearest, sign in sides:
        sum_of = reach.groupby("row")[nearest].sum().reindex(sums.index, fill_value=0.0)
        beyond_by = sign * (sum_of - sums[side]) - _rounding(sums[side])
        for row in beyond_by.index[beyond_by > 0]:
            own = reach[(reach["row"] == row) & reach["part"].isin(case.sure) & (reach[nearest] * sign > 0)]
            by = dict(zip(own["part"], own[nearest], strict=True))
            at = Limit._make(sums.loc[row, list(Limit._fields)])
            found.append((float(beyond_by[row]), Beyond(at, side, float(sum_of[row]), by, row in signed)))
    yield from (each for _, each in sorted(found, key=lambda each: -each[0]))


def _reach(case: Limited, used: pd.DataFrame) -> pd.DataFrame:
    """Return the ``least`` and the ``most`` that each part adds to each sum (``row``) in any plan."""
    reach = used.groupby(["row", "part"])["amount"].agg(["min", "max", "count"]).reset_index()
    always = reach["part"].isin(case.sure) & (reach["count"] == reach["part"].map(case.count))
    reach["least"] = reach["min"].where(always, reach["min"].clip(upper=0.0))
    reach["most"] = reach["max"].where(always, reach["max"].clip(lower=0.0))
    return reach


def _rounding(bound: pd.Series) -> pd.Series:
    """Return by how much a sum may be beyond a bound, for rounding's sake."""
    return ROUNDING * (1.0 + bound.abs())


def stuck(case: Limited) -> Iterator[Clash]:
    """Yield indivisible parts of which each option is beyond a limit beside the least that all other parts use."""
    if not case.whole:
        return
    used = case.used.merge(_reach(case, case.used)[["row", "part", "least"]], on=["row", "part"])
    least = used.drop_duplicates(["row", "part"]).groupby("row")["least"].sum()
    used["asked"] = used["row"].map(case.sums["at_most"])
    used["reached"] = used["row"].map(least) - used["least"] + used["amount"]
    out = used[used["part"].isin(case.whole) & (used["reached"] > used["asked"] + _rounding(used["asked"]))]
    for part, of in out.groupby("part"):
        if of["option"].nunique() == case.count[part]:
            reached = of.groupby("row")["reached"].min()
            yield Clash((str(part),), case.at(reached.index), tuple(reached))


def never_both(case: Limited) -> Iterator[Clash]:
    """Yield two parts that must be placed, but of which every two options are too much for one limit or another.

    Options go together nowhere where each uses more than half of what one limit allows and nobody uses less than
    nothing. Only indivisible parts; two that one limit shuts out by itself are told by `beyond`.
    """
    used = case.used
    falling = set(used.loc[used["amount"] < 0, "row"])
    most = case.sums["at_most"].to_numpy()[used["row"]]
    halves = (2 * used["amount"] > most * (1 + ROUNDING)) & (used["amount"] <= most)
    large = used[halves & used["part"].isin(case.whole) & ~used["row"].isin(falling)]
    if large.empty:
        return
    # every option of one is in at most `rows` limits, so of the other all must be large in few limits
    rows = large.groupby("option").size().max()
    there = large.groupby(["row", "part"]).size().reset_index(name="count")
    there = there[there["count"] * rows >= there["part"].map(case.count)]
    pairs = there.merge(there, on="row", suffixes=("", "_other"))
    pairs = pairs.loc[pairs["part"] < pairs["part_other"], ["part", "part_other"]].drop_duplicates()
    by_part = dict(tuple(large.groupby("part")))
    for one, other in pairs.itertuples(index=False):
        both = by_part[one].merge(by_part[other], on="row", suffixes=("", "_other"))
        clash = both.drop_duplicates(["option", "option_other"])
        if len(clash) == case.count[one] * case.count[other] and clash["row"].nunique() > 1:
            yield Clash((str(one), str(other)), case.at(np.unique(clash["row"])))


# What is said


def _of_sum(found: Beyond, scenario: Scenario, territory: Territory) -> Fault:
    """Return what is told of a sum that no plan keeps."""
    parts = sorted(found.by, key=lambda part: (-abs(found.by[part]), part))
    at, asked = found.at, float(getattr(found.at, found.side))
    rule = MISSED if found.signed else OVER if found.by else UNDER
    said = rule.fill(
        who=_who({part: found.by[part] for part in parts}, scenario),
        what=TOGETHER.fill(rule=at.rule) if at.key == EVERY else at.named,
        asked=_figure(asked, at.unit),
        reached=_figure(found.reached, at.unit),
        missing=_figure(abs(found.reached - asked), at.unit),
    )
    return Fault(_where(at, parts, found.side, scenario, territory), "", said, REMEDY, tuple(parts))


def _of_clash(clash: Clash, scenario: Scenario, territory: Territory) -> Fault:
    """Return what is told of parts that no option is left to."""
    first, figures = clash.limits[0], clash.reached or ()
    what = [f"{at.named} ({reached:,.6g} > {at.at_most:,.6g} {at.unit}".rstrip() + ")"
            for at, reached in zip(clash.limits, figures, strict=False)]  # fmt: skip
    what = list(dict.fromkeys(what or (at.named for at in clash.limits)))
    said = (STUCK if figures else NOT_BOTH).fill(
        who=_who(dict.fromkeys(clash.parts), scenario), what=", ".join([*what[:NAMED], *(["…"] * (len(what) > NAMED))])
    )
    return Fault(_where(first, clash.parts, "at_most", scenario, territory), "", said, REMEDY, clash.parts)


def _who(by: Mapping[str, float | None], scenario: Scenario) -> str:
    """Return parts with what each adds and the key by which it must be placed."""
    said = [
        f"{part}{'' if much is None else f' {much:,.6g}'} ({'.'.join(_must_key(part, scenario))})"
        for part, much in by.items()
    ]
    return " + ".join(said[:NAMED]) + (f" + … (+{len(said) - NAMED})" if len(said) > NAMED else "")


def _figure(value: float, unit: str) -> Words:
    words = UNITS.get(unit, Words(unit, unit))
    return Words(f"{value:,.6g} {words.zh}".strip(), f"{value:,.6g} {words.en}".strip())


def _where(at: Limit, parts: Sequence[str], side: Side, scenario: Scenario, territory: Territory) -> str:
    """Return file, line and key of a limit; of a place, which the scenario does not limit, of what must be placed."""
    if at.kind in PLACES and parts:
        return scenario.where(*_must_key(parts[0], scenario))
    return scenario.where("rules", at.rule, *_steps(at, side, scenario, territory))


def _must_key(part: str, scenario: Scenario) -> tuple[str, ...]:
    """Return the key by which a part must be placed."""
    project = part.split("/", maxsplit=1)[0]
    locks = (name for name in scenario.locks if name == part or name.split("/")[0] == project)
    return ("must_place",) if project in scenario.must_place else ("locks", next(locks))


def _steps(at: Limit, side: Side, scenario: Scenario, territory: Territory) -> tuple[str | int, ...]:
    """Return the steps from a rule's key to the figure of a limit, as far as the scenario says it."""
    if at.kind in NUMBERED:
        return (at.number, side) if at.kind == "group_count" else (at.number,)
    if at.key in (EVERY, IN_ALL):
        return () if at.key == EVERY else ("beds_in_all",)
    if at.kind in ("land_supply", "preparation_budget"):
        return (at.key,)
    park, _, last = at.key.rpartition(" ") if at.kind in (*BY_YEAR, "pole_share") else (at.key, "", "")
    written: Mapping[str, Iterable[int]] = getattr(scenario.rules.of(at.rule), PARKS_OF.get(at.rule, ""), {})
    names = [name for name in written if one_park(name, territory, "") == park]
    if at.kind in BY_YEAR:
        since = [(year, name) for name in names for year in written[name] if year <= int(last)]
        return (max(since)[1], str(max(since)[0])) if since else ()
    return (*names[:1], *([last] if last else []))
