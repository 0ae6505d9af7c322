"""What if? A solved case stays warm: a lock, a ban or a withdrawal is answered from where it stands, with a new proof.

A `Warm` is a value: what is asked of it gives another one, and leaves it as it was, so that changes are tried side by
side and taken back by going on from an earlier one. Whatever is asked is said in the scenario too, so that the audit
measures the plan against the scenario as changed, and a plan posed anew from that has the same options.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.asks import named, rows_of
from planner.case import Case, pose
from planner.changes import changed
from planner.comparison import compare
from planner.errors import Fault, ScenarioError
from planner.extra import extra_of, with_rows
from planner.growing import plots_of
from planner.intake.inputs import Inputs
from planner.places import Offers, find, offers
from planner.plan import Plan, plan_of
from planner.possible import Fitting, must_fit
from planner.projects import Projects
from planner.scenario import Ban, Place, Scenario
from planner.scenario.keys import Block
from planner.scenario.modes import NAMES
from planner.solve import Progress
from planner.solve.answer import chosen_of, solved
from planner.solve.engines import AUTO, told
from planner.solve.warm import Kept, kept, resumed
from planner.without import nowhere, refused_at, without
from planner.words import Words
from planner.worth import PLACES

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
MORE = 0.001
"""By how much an answer's gap may exceed the gap that the case was solved to."""
STAY = 0.1
"""Points that a part has to gain by moving, where it need not."""
Where = str | Sequence[str] | Place
"""A place as a scenario names it: a name, parcels, or a `Place`."""


@dataclass(frozen=True)
class Warm:
    """A solved case from which changes are answered.

    Attributes
    ----------
    case : Case
        What the plan is of.
    inputs : Inputs or None
        With the scenario as changed; None for a case without geometry.
    before : Warm or None
        What was changed; None for the first.
    seconds : float
        That the answer took; the tables of its plan are made when they are first asked for.
    """

    case: Case = field(repr=False)
    inputs: Inputs | None = field(repr=False)
    before: Warm | None = field(repr=False)
    seconds: float
    posed_as: Case = field(repr=False)
    option: Ints = field(repr=False)
    kept: Kept = field(repr=False)
    offered: Offers | None = field(repr=False)

    @cached_property
    def plan(self) -> Plan:
        """The plan with its proof, as `planner.solve` gives it."""
        answer = self.kept.answer
        found = solved(answer, answer.status, self.seconds, 0.0)
        chosen = np.searchsorted(self.option, np.array(found.chosen, dtype=np.int64))  # numbers of this case
        plan = plan_of(self.case, replace(found, chosen=tuple(chosen.tolist())))
        return replace(plan, summary={**plan.summary, "engine": told(answer.by)})

    @property
    def chosen(self) -> pd.DataFrame:
        """The options that the plan chooses; none where there is no plan."""
        answer = self.kept.answer
        numbers = () if answer.x is None else chosen_of(answer.model, answer.x)[0]
        return self.posed_as.options.iloc[list(numbers)]

    @property
    def score(self) -> float | None:
        """Points of the plan; None where there is none."""
        return self.kept.answer.score

    @property
    def bound(self) -> float:
        """What no plan exceeds, as `proof` recomputes it from the prices.

        Of a case by patterns, narrowed, the sum of the bounds kept of each cell's blocks.
        """
        return self.kept.answer.bound

    @property
    def gap(self) -> float | None:
        """(bound − score) / max(|score|, 1)."""
        return self.kept.answer.gap

    def lock(self, who: str, where: Where) -> Warm:
        """Return the answer where a project or part must be placed, there.

        In the scenario: `locks`. There it replaces an earlier lock of the same name, and the case is posed again;
        a case without geometry keeps both.
        """
        place, parts = _place(where), rows_of(who, self.case.parts, f"locks.{who}")
        scenario = self._scenario(lambda now: {"locks": {**now.locks, who: place}})
        if self.inputs is not None and self.inputs.scenario.locks.get(who, place) != place:
            return self._again(scenario)
        inside, every = self._inside(place)
        projects = self.case.parts["project"][parts] if "must_place" in self.case.rules else ()
        return self._narrowed(scenario, parts, every - inside, "locked_elsewhere", placed=set(projects))

    def place(self, project: str) -> Warm:
        """Return the answer where a project must be placed, wherever it is.

        In the scenario: `must_place`.
        """
        nobody = rows_of(project, self.case.parts, f"must_place.{project}") & False
        scenario = self._scenario(lambda now: {"must_place": (*now.must_place, project)})
        return self._narrowed(scenario, nobody, set(), "banned", placed={project})

    def ban(self, who: str, where: Where) -> Warm:
        """Return the answer where a project or part must not be placed there.

        In the scenario: `bans`.
        """
        place, parts = _place(where), rows_of(who, self.case.parts, f"bans.{who}")
        bans = (Ban(project=who, place=place),)
        scenario = self._scenario(lambda now: {"bans": now.bans + bans})
        return self._narrowed(scenario, parts, self._inside(place)[0], "banned")

    def reserve(self, where: Where) -> Warm:
        """Return the answer where a place is kept free of everybody.

        In the scenario: `bans` of every project.
        """
        place = _place(where)
        scenario = self._scenario(
            lambda now: {"bans": (*now.bans, *(Ban(project=name, place=place) for name in self.case.projects.index))}
        )
        everybody = np.ones(len(self.case.parts), dtype=bool)
        return self._narrowed(scenario, everybody, self._inside(place)[0], "banned")

    def withdraw(self, project: str) -> Warm:
        """Return the answer without a project. It stays listed, so that goals are measured as before.

        In the scenario: `bans` of the project from every place it could take.
        """
        parts = rows_of(project, self.case.parts, f"bans.{project}")
        mine = refused_at(self.case, parts, self._inside(None)[1])
        uses = self.case.uses[mine[self.case.uses["option"].to_numpy(dtype=np.int64)]]
        taken = uses[uses["kind"].isin(PLACES)]
        parks = [Place(park=park) for park in sorted(set(self.case.options["park"][mine]) - {""})]
        inside = set[str]().union(*(self._inside(park)[0] for park in parks))
        rest = taken[~taken["key"].isin(inside)]
        floors = rest["kind"] == "floor"
        names = {key: tuple(sorted(set(rest["key"][of]))) for key, of in (("floor", floors), ("parcels", ~floors))}
        places = [*parks, *(Place(**{key: own}) for key, own in names.items() if own)]
        bans = tuple(Ban(project=project, place=place) for place in places)
        scenario = self._scenario(lambda now: {"bans": now.bans + bans})
        return self._narrowed(scenario, parts, inside | set(taken["key"]), "banned")

    def asked(self, **keys: Any) -> Warm:
        """Return the answer where keys of the scenario are others: limits, weights, rules, changes, anything.

        The case is posed again; prices, patterns and plan are carried over as far as they fit.

        Parameters
        ----------
        **keys
            As in a scenario; of a block (``rules``, ``goals`` …) the keys that differ: ``goals={"tier": 8}``,
            ``rules={"power": {"SY": {2028: "60 MVA"}}}``.
        """
        return self._again(self._scenario(lambda now: _merged(now, keys)))

    def add(self, more: Projects) -> Warm:
        """Return the answer with more projects; goals are measured as before.

        The case is posed again; prices, patterns and plan are carried over.
        """
        inputs = self._inputs
        listed = {
            name: pd.concat([getattr(inputs.projects, name), getattr(more, name)]).sort_index()
            for name in ("projects", "parts")
        }
        files, written = ({**getattr(inputs.projects, name), **getattr(more, name)} for name in ("files", "written"))
        now = replace(inputs, projects=Projects(**listed, files=files, written=written))
        return self._again(now)

    def posed(self, case: Case, inputs: Inputs | None = None) -> Warm:
        """Return the answer to another case, with the prices, patterns and plan of this one as far as they fit.

        Parameters
        ----------
        case : Case
        inputs : Inputs, optional
            From which it was posed.
        """
        began = time.monotonic()
        _weighted(inputs)
        return _warm(case, inputs, self, began, self.kept.posed(self.posed_as, case))

    def replenished(self) -> Warm:
        """Return the same answer, from which cases like it are solved sooner; of a large case that takes a while."""
        return replace(self, kept=self.kept.replenished())

    @property
    def lost(self) -> tuple[float, float] | None:
        """The least and the most that the change costs, in points; None for the first plan and where scores differ.

        A plan with it is known, so it costs no more than one score less the other; no less than the first score less
        the bound. Below 0 it gains.
        """
        was = self.before
        if was is None or was.score is None or self.score is None or not was.case.goals.equals(self.case.goals):
            return None
        return was.score - self.bound, was.score - self.score

    @property
    def moves(self) -> pd.DataFrame:
        """Each project that is not where it was: ``project``, ``change``, ``was``, ``now``."""
        found = compare(self.before.plan, self.plan).moves if self.before is not None else ()
        rows = [(move.project, move.change, move.a, move.b) for move in found]
        return pd.DataFrame(rows, columns=["project", "change", "was", "now"])

    @property
    def _inputs(self) -> Inputs:
        if self.inputs is None:
            raise ValueError("a case without geometry has no scenario: state another case (`posed`)")
        return self.inputs

    def _scenario(self, keys: Callable[[Scenario], Mapping[str, Any]]) -> Inputs | None:
        """Return the inputs with some keys of the scenario changed."""
        if self.inputs is None:
            return None
        now = self.inputs.scenario
        return replace(self.inputs, scenario=now.model_copy(update=dict(keys(now))))

    def _again(self, inputs: Inputs | None) -> Warm:
        now = self._inputs if inputs is None else inputs
        return self.posed(with_rows(pose(now), extra_of(self.case)), now)

    def _inside(self, place: Place | None) -> tuple[set[str], set[str]]:
        """Return which parcels and floors a place means, and all there are."""
        if self.inputs is not None and self.offered is not None:
            ground = changed(self.inputs.territory, self.inputs.scenario)
            every = {*self.offered.parcels.index, *self.offered.floors.index}
            return set() if place is None else set(find(place, ground, self.offered, "")), every
        uses = self.case.uses[self.case.uses["kind"].isin(PLACES)]
        every = set(uses["key"])
        if place is None:
            return set(), every
        options = self.case.options
        here = options["site"].isin(place.names) | options["park"].isin(place.names)
        inside = set(uses.loc[here.to_numpy()[uses["option"]], "key"]) | every.intersection(place.names)
        if not inside:
            raise ValueError(f"no place is called {', '.join(place.names)}")
        return inside, every

    def _narrowed(
        self, inputs: Inputs | None, parts: Flags, places: set[str], test: str, placed: Collection[str] = ()
    ) -> Warm:
        """Return the answer where parts are refused at places, and projects must be placed."""
        began = time.monotonic()
        forbidden = refused_at(self.case, parts, places)
        case = without(self.case, forbidden, parts, places, test)
        must = case.projects["must_place"] | case.projects.index.isin(placed)
        case = replace(case, projects=case.projects.assign(must_place=must))
        if inputs is not None:
            case = replace(case, parts=named(case.parts, inputs.scenario))
            must_fit(Fitting(case.options, case.parts, case.projects, case.refusals, case.places), inputs.scenario)
        if placed and "must_place" in case.soft:
            return self.posed(case, inputs)  # a row that may be missed, at a price
        model = self.kept.answer.model
        lower, upper = model.lower.copy(), model.upper.copy()
        upper[model.columns_of("place")][self.option[forbidden]] = 0.0
        lower[model.columns_of("placed")][case.projects.index.isin(placed)] = 1.0
        empty = nowhere(case) & (lower[model.columns_of("placed")] <= 0)
        upper[model.columns_of("placed")][empty] = 0.0
        now = self.kept.narrowed(self.posed_as, lower, upper)
        return replace(
            self, case=case, inputs=inputs, before=self, seconds=time.monotonic() - began,
            option=self.option[~forbidden], kept=now,
        )  # fmt: skip


def warm(
    asked: Inputs | Case,
    plan: Plan | None = None,
    *,
    gap: float = 0.01,
    more: float = MORE,
    stay: float = STAY,
    effort: int | None = None,
    time_limit_s: float = 300.0,
    seed: int = 1,
    threads: int = 2,
    engine: str = AUTO,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Warm:
    """Solve a case, and keep it warm for changes.

    Parameters
    ----------
    asked : Inputs or Case
        From inputs changes are said in the scenario as well.
    plan : Plan, optional
        Solved before: kept as it is, by its proof, and nothing is searched. Where the options are others by now, the
        case is solved from there.
    gap : float
    more : float
        By how much the gap of an answer may exceed the one the case was solved to.
    stay : float
        Points that a part has to gain by moving, where it need not; 0 for the best plan found, whatever moves.
    effort, time_limit_s, seed, threads, engine, progress, cancelled
        As for `planner.solve`, for each answer. The time limit is of its search.

    Raises
    ------
    ScenarioError
        The mode is not the weighted sum, or a part that must be placed is refused everywhere; of each answer too.

    Returns
    -------
    Warm

    Examples
    --------
    >>> options = pd.DataFrame({"project": ["P", "P", "Q"], "site": ["s", "t", "s"], "given": [3.0, 2.0, 2.5]})
    >>> uses = pd.DataFrame({"option": [0, 1, 2], "kind": "floor", "key": ["s", "t", "s"], "amount": 1.0})
    >>> limits = pd.DataFrame({"kind": "floor", "key": ["s", "t"], "at_most": 1.0})
    >>> first = warm(Case.from_tables(options, uses, limits), gap=0.0)
    >>> first.score, first.ban("P", "t").score, first.ban("P", "t").lost[1]
    (4.5, 3.0, 1.5)
    >>> first.withdraw("Q").moves.to_numpy().tolist()
    [['Q', 'newly_left_out', 's 0', ''], ['P', 'moved', 't 0', 's 0']]
    """
    search: dict[str, Any] = {
        "gap": gap, "effort": effort, "time_limit_s": time_limit_s, "seed": seed, "threads": threads,
        "progress": progress, "cancelled": cancelled, "engine": engine,
    }  # fmt: skip
    if isinstance(asked, Case):
        inputs, case = None, asked
    else:
        inputs = asked.under(asked.scenario)
        _weighted(inputs)
        case = pose(inputs) if plan is None else with_rows(pose(inputs, plots_of(plan)), plan.extra)
    began, ways = time.monotonic(), {"more": more, "stay": stay, **search}
    now = kept(case, **ways) if plan is None else resumed(case, plan, **ways)
    return _warm(case, inputs, None, began, now)


def _weighted(inputs: Inputs | None) -> None:
    """Raise unless a scenario is of the weighted sum."""
    if inputs is not None and (kind := inputs.scenario.mode.kind) != "weighted":
        rule = Words(f"只能求解加权总分，情景为{NAMES[kind].zh}",
                     f"what if solves the weighted sum only; the scenario's mode is {kind}")  # fmt: skip
        raise ScenarioError(Fault(inputs.scenario.where("mode"), "", rule, Words("去掉 mode", "Leave out `mode`")))


def _warm(case: Case, inputs: Inputs | None, before: Warm | None, began: float, now: Kept) -> Warm:
    """Return a case solved, since a moment of the clock."""
    offered = None
    if inputs is not None:
        sites = inputs.scenario.sites
        offered = offers(changed(inputs.territory, inputs.scenario), sites.street_gap_m, sites.facing_m)
    return Warm(case, inputs, before, time.monotonic() - began, case, np.arange(len(case.options)), now, offered)


def _place(where: Where) -> Place:
    """Return the long form of a place; one name in a list may be that of anything."""
    if isinstance(where, Place):
        return where
    names = (where,) if isinstance(where, str) else tuple(where)
    return Place(name=names[0]) if len(names) == 1 else Place(parcels=names)


def _merged(scenario: Scenario, keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return keys of a scenario, those of blocks with what the block says already."""
    found: dict[str, Any] = {}
    for name, value in keys.items():
        now = getattr(scenario, name)
        said = {key: getattr(now, key) for key in now.model_fields_set} if isinstance(now, Block) else {}
        found[name] = {**said, **value} if said and isinstance(value, Mapping) else value
    checked = Scenario(**{"years": scenario.years, **found})
    return {name: getattr(checked, name) for name in keys}
