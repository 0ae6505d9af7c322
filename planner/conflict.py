"""Which demands of a question conflict: as few rules, locks and bans as already leave no plan, in the planner's words.

What a project is and how it is placed is given; all else is asked, key by key: each row of each hard rule, each lock,
`only` and ban of the scenario. `repairs` tells what would mend it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.asks import rows_of
from planner.case import Case, pose
from planner.changes import changed
from planner.intake.inputs import Inputs
from planner.model import RULES, formulate
from planner.model.blocks import Rows
from planner.model.room import building_opened
from planner.places import find, offers, one_park
from planner.scenario import Place, Scenario
from planner.solve.conflicting import GIVEN, Demands, conflict_among
from planner.solve.exact import Look, nobody
from planner.territory import Territory
from planner.without import refused_at
from planner.words import Words

Flags = NDArray[np.bool_]
PLACING = ("each_part_placed_with_its_project", "each_part_placed_once", "building_opened")
"""Rules that say what placing means: they are given."""
BY_SCENARIO = {
    "locks": Words("锁定", "locked there"),
    "only": Words("只可落位于", "only there, if at all"),
    "bans": Words("排除", "banned from"),
}
"""What a scenario asks of places, beside its rules."""
NAMES: Mapping[str, Words] = {**BY_SCENARIO, **{rule.name: rule.words for rule in RULES}}
MOST, LEAST = Words("至多 {figure}", "at most {figure}"), Words("至少 {figure}", "at least {figure}")
UNITS = {
    "beds": Words("床", "beds"), "pairs": Words("对", "pairs"), "suppliers": Words("家", "suppliers"),
    "leaders": Words("家", "leaders"), "projects": Words("个", "projects"),
}  # fmt: skip
"""Units that are words."""
MEASURED = ("leftover", "balance")
"""Kinds of use that goals alone read. Rows that say what is left of a floor say too that it is not overfilled, which is
asked, not given; no plan hangs on them."""
UNTOLD = ("must_place", "parcel_used_once", "cut_end_used_once")
"""Rules whose limit is 1 by their nature."""


def _opened(case: Case) -> Rows:
    """Return what opening a building means, without the rows that say besides that no floor is overfilled."""
    return building_opened(replace(case, rules=case.rules - {"floor_not_overfilled"}))


ASKED_APART = tuple(replace(rule, rows=_opened) if rule.name == "building_opened" else rule for rule in RULES)
"""The rules, each without what another one asks."""


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing asked.

    Attributes
    ----------
    rule : str
        A rule, or ``locks``, ``only``, ``bans``.
    key : str
        What it is about: a place, a park and a year, a project; of a ban its number in the list.
    at_least, at_most : float
        What its sum is asked to be; infinite where it is not. Of the share of a park that share, in %.
    unit : str
    what : str
        Of a lock or a ban the place named, of a ban who it is for as well.
    """

    rule: str
    key: str
    at_least: float = -np.inf
    at_most: float = np.inf
    unit: str = ""
    what: str = ""

    @property
    def words(self) -> Words:
        """The demand as a phrase: rule, key, figures that are not 0."""
        said = [
            words.fill(figure=Words(*(f"{value:,.6g} {unit}".strip() for unit in (named.zh, named.en))))
            for words, value in ((LEAST, self.at_least), (MOST, self.at_most))
            for named in (UNITS.get(self.unit, Words(self.unit, self.unit)),)
            if np.isfinite(value) and value and self.rule not in UNTOLD
        ]
        name = NAMES[self.rule]
        if self.rule == "bans":
            return Words(f"{name.zh} {self.what}", f"{name.en}: {self.what}")
        end = f" → {self.what}" if self.what else ""
        zh, en = (f"（{'，'.join(w.zh for w in said)}）", f" ({', '.join(w.en for w in said)})") if said else ("", "")
        return Words(f"{name.zh} {self.key}{end}{zh}", f"{name.en} {self.key}{end}{en}")


@dataclass(frozen=True)
class Posed:
    """A question with all that is asked of it apart.

    Attributes
    ----------
    case : Case
        Without the locks, `only` and bans of the scenario.
    inputs : Inputs or None
        None for a case without geometry.
    demands : tuple of Demand
    stated : Demands
        The same as rows and columns of the model.
    """

    case: Case
    inputs: Inputs | None
    demands: tuple[Demand, ...]
    stated: Demands

    @property
    def scenario(self) -> Scenario:
        """The scenario of the inputs."""
        assert self.inputs is not None
        return self.inputs.scenario

    @cached_property
    def ground(self) -> Territory:
        """The territory with the scenario's changes."""
        assert self.inputs is not None
        return changed(self.inputs.territory, self.inputs.scenario)

    def sums(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the sum of each demand comes to (shape (n_demands,)); 0 of those that are no row."""
        found = np.zeros(len(self.demands))
        of_row = self.stated.of_row
        found[of_row[of_row != GIVEN]] = (self.stated.model.A @ x)[of_row != GIVEN]
        return found


@dataclass(frozen=True)
class Conflict:
    """Demands that leave no plan together.

    Attributes
    ----------
    demands : tuple of Demand
        Empty where what is given has no plan already.
    reduced : bool
        Whether each of them is needed: without it the others have a plan. Else the time was too short to tell.
    posed : Posed
    """

    demands: tuple[Demand, ...]
    reduced: bool
    posed: Posed

    def as_dict(self) -> dict[str, Any]:
        """Return the conflict as plain values, for JSON."""
        return {
            "reduced": self.reduced,
            "demands": [
                {
                    "rule": each.rule, "key": each.key, "what": each.what, "unit": each.unit,
                    "at_least": each.at_least if np.isfinite(each.at_least) else None,
                    "at_most": each.at_most if np.isfinite(each.at_most) else None,
                    "words_zh": each.words.zh, "words_en": each.words.en,
                }
                for each in self.demands
            ],
        }  # fmt: skip


def conflict(asked: Inputs | Case, *, time_limit_s: float = 10.0, look: Look = nobody) -> Conflict | None:
    """Return what conflicts in a question.

    Parameters
    ----------
    asked : Inputs or Case
        Of a case posed from layers what its scenario locks and bans is not known any more: give the inputs.
    time_limit_s : float
        When it ends the conflict is told as far as it is reduced.
    look : callable, optional
        Called again and again meanwhile; what it raises ends the search.

    Returns
    -------
    Conflict or None
        None where there is a plan, or nobody knows in this time.

    Raises
    ------
    ScenarioError
        The scenario cannot be posed at all.

    Examples
    --------
    >>> import pandas as pd
    >>> options = pd.DataFrame({"project": ["P", "Q", "R"], "site": ["s", "s", "t"]})
    >>> uses = pd.DataFrame({"option": [0, 1, 2], "kind": "floor", "key": ["s", "s", "t"], "amount": 2.0})
    >>> limits = pd.DataFrame({"kind": "floor", "key": ["s", "t"], "at_most": 3.0, "unit": "m²"})
    >>> found = conflict(Case.from_tables(options, uses, limits, must_place=True))
    >>> [demand.words.en for demand in found.demands]
    ['must be placed P', 'must be placed Q', 'floor not overfilled s (at most 3 m²)']
    """
    ends = time.monotonic() + time_limit_s
    question = posed(asked, look)
    found = conflict_among(question.stated, lambda: ends - time.monotonic(), look)
    if found is None:
        return None
    return Conflict(tuple(question.demands[number] for number in found.demands), found.reduced, question)


def posed(asked: Inputs | Case, look: Look = nobody) -> Posed:
    """Return a question with what is asked of it apart; it is posed without the locks, `only` and bans."""
    if isinstance(asked, Case):
        return stated(asked)
    scenario = asked.scenario
    wide = scenario.model_copy(update={"locks": {}, "only": {}, "bans": ()})
    look()
    case = pose(replace(asked, scenario=wide), checked=False)
    look()
    locked = {who.split("/")[0] for who in scenario.locks} if "must_place" in case.rules else ()
    must = case.projects["must_place"] | case.projects.index.isin(list(locked))
    case = replace(case, projects=case.projects.assign(must_place=must))
    found = stated(case, asked, list(_shut(case, asked)))
    return replace(found, demands=tuple(_with_share(demand, found) for demand in found.demands))


def _with_share(demand: Demand, of: Posed) -> Demand:
    """Return the demand of a park's share with that share; any other as it is."""
    if demand.rule != "pole_share":
        return demand
    park, _, side = demand.key.rpartition(" ")
    shares = of.scenario.rules.pole_share.shares
    name = next(name for name in shares if one_park(name, of.ground, "") == park)
    return replace(demand, unit="%", **{f"at_{side}": 100 * getattr(shares[name], side)})


def _shut(case: Case, asked: Inputs) -> Iterator[tuple[Demand, Flags]]:
    """Yield what a scenario asks of places, and the options that each shuts out."""
    scenario = asked.scenario
    named: list[tuple[str, str, str, str, Place]] = [
        *(("locks", who, who, ", ".join(place.names), place) for who, place in scenario.locks.items()),
        *(("only", who, who, ", ".join(place.names), place) for who, place in scenario.only.items()),
        *(("bans", str(number), ban.project, f"{ban.project} → {', '.join(ban.place.names)}", ban.place)
          for number, ban in enumerate(scenario.bans)),
    ]  # fmt: skip
    if not named:
        return
    territory = changed(asked.territory, scenario)
    offered = offers(territory, scenario.sites.street_gap_m, scenario.sites.facing_m)
    every = {*offered.parcels.index, *offered.floors.index}
    for rule, key, who, what, place in named:
        inside = set(find(place, territory, offered, scenario.where(rule, key)))
        places = inside if rule == "bans" else every - inside
        yield Demand(rule, key, what=what), refused_at(case, rows_of(who, case.parts, ""), places)


def stated(case: Case, inputs: Inputs | None = None, shut: Sequence[tuple[Demand, Flags]] = ()) -> Posed:
    """Return a question with what is asked apart: locks and bans first, who must be placed, then all other rules."""
    uses, limits = (frame[~frame["kind"].isin(MEASURED)] for frame in (case.uses, case.limits))
    model = formulate(replace(case, uses=uses, limits=limits), ASKED_APART)
    unit = {rule.name: rule.unit for rule in RULES}
    of_limit = {(kind, key): unit for kind, key, unit in case.limits[["kind", "key", "unit"]].itertuples(index=False)}
    asked = set(unit) - set(PLACING) - set(case.soft)
    rows = [row for row, (rule, _) in enumerate(model.row_keys) if rule in asked]
    rows.sort(key=lambda row: model.row_keys[row][0] != "must_place")
    of_row = np.full(len(model.row_keys), GIVEN)
    of_row[rows] = len(shut) + np.arange(len(rows))
    demands = [demand for demand, _ in shut]
    for row in rows:
        rule, key = model.row_keys[row]
        said = of_limit.get((rule, key)) or unit[rule]
        demands.append(Demand(rule, key, float(model.lo[row]), float(model.hi[row]), said))
    place = model.columns_of("place").start
    columns = [place + np.flatnonzero(options) for _, options in shut]
    return Posed(case, inputs, tuple(demands), Demands.of(model, of_row, columns, len(demands)))
