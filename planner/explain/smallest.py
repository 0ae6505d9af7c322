"""The smallest change that places a project while everybody else stays where the plan has them.

An enumeration: every candidate (`candidates`) has what it lacks (`lacks`) at a price in steps; of each kind of change
that is enough alone, and of all together, the cheapest is taken. All parts of a project are placed at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.case import Case
from planner.explain.candidates import Beside, beside, case_beside, generous, listed_beside, plots_as_they_are
from planner.explain.kinds import KINDS, LIMITS, OF_PLOT, TARGETS
from planner.explain.lacks import Limited, in_steps, of_tests
from planner.intake.inputs import Inputs
from planner.plan import Plan
from planner.solve.exact import Look, nobody

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NAMES = tuple(KINDS)
ORDER = {name: number for number, name in enumerate(NAMES)}
KIND_OF: Mapping[str, str] = {
    **{by: target.kind for table in (TARGETS, OF_PLOT, LIMITS) for by, target in table.items()},
    "floor_space": "floor_space",
}
"""Kind of change that answers a test or a limit; any other rule is switched off."""
BY_TEST = frozenset({*TARGETS, *OF_PLOT, "floor_space"})
NOT_ADDED = ("rule", "lift_count")
"""Kinds of which parts together may lack less than each by itself in all."""
EACH = 40
"""Options of each part that are joined at first, the cheapest by tests; more where one of the rest could be cheaper."""
JOINED_MAX = 400_000
"""Combinations of options of several parts looked at together, at most."""


@dataclass(frozen=True)
class Smallest:
    """One change, of one kind or of several, that places a project.

    Attributes
    ----------
    project : str
    price : float
        Steps, each at its price.
    amounts : mapping of str to float
        By kind of change; empty where nothing has to change.
    options : tuple of int
        Options of the case beside the others that it makes good, one a part.
    lacks : DataFrame
        What these lack now (`lacks.COLUMNS`), and ``kind``.
    least : bool
        Whether no combination that was not looked at is cheaper.
    """

    project: str
    price: float
    amounts: Mapping[str, float]
    options: tuple[int, ...]
    lacks: pd.DataFrame
    least: bool = True


@dataclass(frozen=True)
class Search:
    """All candidates of some projects beside the others of a plan, priced.

    Attributes
    ----------
    of : Beside
    case : Case
        Of the others, numbered first, and of the candidates.
    limited : Limited
    lacks : DataFrame
        What each candidate lacks by itself: options numbered as in the case; ``kind`` and ``price`` as well.
    price : ndarray of shape (n_options,)
        Of all that, but for rules switched off and lifts: no less than its part in the price of any choice with it.
    kinds : ndarray of int, shape (n_options,)
        Kinds of that, a bit each.
    look : callable
        Called again and again while it is searched; what it raises ends that.
    """

    of: Beside
    case: Case
    limited: Limited
    lacks: pd.DataFrame
    price: Floats
    kinds: Ints
    look: Look = field(default=nobody, repr=False)

    @classmethod
    def made(
        cls, inputs: Inputs, case: Case, plan: Plan, projects: Collection[str], look: Look = nobody
    ) -> Search:  # fmt: skip
        """List and price the candidates of some projects that the plan leaves out."""
        of = beside(inputs, case, plan, projects)
        look()
        vacated, left = generous(of)
        look()
        found = listed_beside(of, vacated, left)
        look()
        both = case_beside(of, found)
        look()
        first = len(of.others)
        tests = of_tests(of, found[0], found[1], plots_as_they_are(of, vacated))
        look()
        limited = Limited.of(both, of.shares)
        candidates = np.arange(first, len(both.options))
        limits = in_steps(of, limited.lacking(candidates, candidates))
        lacks = _priced(of, pd.concat([tests.assign(option=tests["option"] + first), limits], ignore_index=True))
        sure = lacks[~lacks["kind"].isin(NOT_ADDED)]
        return cls(of, both, limited, lacks, *_summed(sure, len(both.options)), look)

    def smallest(self, project: str) -> list[Smallest]:
        """Return the smallest changes that place a project, the cheapest first.

        Of every kind that is enough alone the least; one of several kinds where it is cheaper than all of these.
        """
        parts = [str(part) for part in self.of.parts.index[self.of.parts["project"] == project]]
        options = [self._options(part) for part in parts]
        cheapest = self._cheapest(project, options, None)
        if cheapest is None or not cheapest.amounts:
            return [] if cheapest is None else [cheapest]
        alone = (self._cheapest(project, options, kind) for kind in range(len(NAMES)))
        found = [one for one in alone if one is not None]
        if all(cheapest.price < one.price - 1e-9 for one in found):
            found.append(cheapest)
        return sorted(found, key=lambda one: (one.price, len(one.amounts), min(ORDER[kind] for kind in one.amounts)))

    def _options(self, part: str) -> Ints:
        """Return the candidates of a part that some change makes good, the cheapest first, then those worth most."""
        mine = self._of_part[part]
        mine = mine[np.isfinite(self.price[mine])]
        return mine[np.lexsort((mine, -self._points[mine], self.price[mine]))]

    @cached_property
    def _of_part(self) -> dict[str, Ints]:
        first = len(self.of.others)
        code = self.of.parts.index.get_indexer(pd.Index(self.case.options["part"].iloc[first:]))
        return {str(name): first + np.flatnonzero(code == k) for k, name in enumerate(self.of.parts.index)}

    @cached_property
    def _points(self) -> Floats:
        return self.case.points()

    @cached_property
    def _begin(self) -> Ints:
        """Where the lacks of each option begin, once they are in order of options."""
        return np.searchsorted(self._in_order["option"].to_numpy(dtype=np.int64), np.arange(len(self.case.options) + 1))

    @cached_property
    def _in_order(self) -> pd.DataFrame:
        return self.lacks.sort_values("option", kind="stable", ignore_index=True)

    def _cheapest(self, project: str, options: list[Ints], kind: int | None) -> Smallest | None:
        """Return the cheapest choice of one option a part; of those that lack one kind only, if it is given."""
        if kind is not None:
            options = [own[(self.kinds[own] & ~(1 << kind)) == 0] for own in options]
        if not all(map(len, options)):
            return None
        each, least = EACH, [float(self.price[own[0]]) for own in options]
        while True:
            best = self._best(project, [own[:each] for own in options], kind)
            beyond = [self.price[own[each]] - low for own, low in zip(options, least, strict=True) if len(own) > each]
            done = not beyond or (best is not None and best.price <= sum(least) + min(beyond))
            if done or (each * 4) ** len(options) > JOINED_MAX:
                return best if best is None else replace(best, least=bool(done))
            each *= 4

    def complete(self, project: str) -> bool:
        """Return whether all combinations of options of a project are looked at where none is found to do."""
        parts = self.of.parts.index[self.of.parts["project"] == project]
        each = EACH
        while (each * 4) ** len(parts) <= JOINED_MAX:
            each *= 4
        return all(len(self._options(str(part))) <= each for part in parts)

    def _best(self, project: str, options: list[Ints], kind: int | None) -> Smallest | None:
        self.look()
        choices = np.stack([each.ravel() for each in np.meshgrid(*options, indexing="ij")], axis=1)
        number = np.repeat(np.arange(len(choices)), choices.shape[1])
        limits = _priced(self.of, in_steps(self.of, self.limited.lacking(number, choices.ravel())))
        tests = self._tests_of(choices.ravel()).assign(option=lambda own: number[own["nth"]])
        lacks = pd.concat([tests, limits], ignore_index=True)
        price, kinds = _summed(lacks, len(choices))
        allowed = np.isfinite(price) if kind is None else np.isfinite(price) & (kinds == 1 << kind)
        if not allowed.any():
            return None
        at = np.flatnonzero(allowed)
        chosen = int(at[np.lexsort((at, -self._points[choices[at]].sum(axis=1), np.round(price[at], 9)))[0]])
        lacks = lacks[lacks["option"] == chosen]
        amounts = {str(name): float(of["amount"].sum()) for name, of in lacks.groupby("kind", sort=False)}
        return Smallest(project, float(price[chosen]), amounts, tuple(map(int, choices[chosen])), lacks)

    def _tests_of(self, options: Ints) -> pd.DataFrame:
        """Return what options lack by tests, each time they are named (``nth``)."""
        count = self._begin[options + 1] - self._begin[options]
        nth = np.repeat(np.arange(len(options)), count)
        row = self._begin[options][nth] + np.arange(len(nth)) - np.repeat(np.cumsum(count) - count, count)
        found: pd.DataFrame = self._in_order.iloc[row].assign(nth=nth)
        return found.loc[found["by"].isin(BY_TEST)]


def smallest(inputs: Inputs, case: Case, plan: Plan, projects: Collection[str]) -> Iterator[tuple[str, list[Smallest]]]:
    """Yield the smallest changes that place each of some projects, which the plan leaves out."""
    search = Search.made(inputs, case, plan, projects)
    for project in projects:
        yield project, search.smallest(project)


def _priced(of: Beside, lacks: pd.DataFrame) -> pd.DataFrame:
    """Return lacks with their kind of change and their price."""
    kind = lacks["by"].map(KIND_OF).fillna("rule")
    prices = of.inputs.scenario.change_prices
    each = {name: getattr(prices, name) / one.step for name, one in KINDS.items()}
    amount = lacks["amount"].to_numpy(dtype=float)
    return lacks.assign(kind=kind, price=np.where(np.isfinite(amount), amount * kind.map(each).to_numpy(float), np.inf))


def _summed(lacks: pd.DataFrame, count: int) -> tuple[Floats, Ints]:
    """Return the price of all lacks of each option, and their kinds as bits."""
    option = lacks["option"].to_numpy(dtype=np.int64)
    price = np.bincount(option, lacks["price"].to_numpy(dtype=float), minlength=count).astype(float)
    kinds = np.zeros(count, dtype=np.int64)
    np.bitwise_or.at(kinds, option, np.left_shift(1, lacks["kind"].map(ORDER).to_numpy(dtype=np.int64)))
    return price, kinds
