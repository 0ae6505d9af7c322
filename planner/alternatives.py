"""Plans nearly as good as the best that put many projects elsewhere: what is certain, and what is open to bargaining.

A part stands where it did if it shares a parcel or a building with where it did: another floor, cut or year is no
alternative. How far two plans are apart is what of their projects does not stand where it does in the other, counted
in projects or in m² asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.case import Case
from planner.errors import Fault, ScenarioError
from planner.extra import KIND, added
from planner.plan import Plan, gap_of, plan_of
from planner.solve.answer import NOTHING, solved
from planner.solve.engines import told
from planner.whatif import Warm
from planner.words import Words
from planner.worth import PLACES

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
More = Literal["found", "none", "unknown"]
Unit = Literal["projects", "m2"]
STEPS = 3
"""How often the distance of a plan from those before is halved between what is known to do and what is not."""
FEWEST = 2
TOO_FEW = Words("方案数太少", "too few plans to compare")
AT_LEAST = Words("至少 {least} 个", "At least {least}")
TOO_FAR = Words("相差 {apart} 不可能：任何两个方案最多相差 {most}", "no two plans are {apart} apart; at most {most}")
LESS_FAR = Words("改小，且大于 0", "Ask for less, and more than 0")
NO_PLAN = Words("情景没有方案", "the scenario has no plan")
LOOSEN = Words("先放宽约束", "Loosen its rules first")
NOT_WITHIN = Words(
    "现有方案与上限差距为 {gap}，大于 {within}", "the plan in hand is {gap} from the bound, more than {within}"
)
WIDER = Words("放宽 within，或以更小的 gap 求解", "Allow more, or solve it to a smaller gap")


@dataclass(frozen=True)
class Alternatives:
    """Plans within reach of the best, each proved, pairwise apart.

    Attributes
    ----------
    plans : tuple of Plan
        The one in hand first. Each has the bound and the proof of the question itself.
    distances : ndarray of shape (n_plans, n_plans)
        How far plans are apart, in `unit`.
    unit : str
        ``projects`` or ``m2``.
    where : DataFrame
        Indexed by part: where each plan has it (parcels and buildings, empty where left out), by the plan's number from
        "1"; and ``certain``, whether it stands there in all of them, or in none.
    more : str
        ``found``: as many as asked; ``none``: no further plan is within reach, by proof; ``unknown``: none was found.
    """

    plans: tuple[Plan, ...]
    distances: Floats
    unit: Unit
    where: pd.DataFrame
    more: More


def alternatives(
    first: Warm, count: int = 5, *, within: float = 0.01, apart: float = 10.0, unit: Unit = "projects"
) -> Alternatives:
    """Find plans that are nearly as good as can be and differ as much as they may.

    Each is looked for as far from those before as one within reach is found; of all met on the way the set is returned
    whose closest two are furthest apart.

    Parameters
    ----------
    first : Warm
        A solved case, whose plan is the first.
    count : int
        Plans wanted, the first included.
    within : float
        Proved gap that none exceeds: (bound − score) / max(|score|, 1).
    apart : float
        Least distance between any two.
    unit : str
        ``projects``, or ``m2`` for the floor space asked by the parts that stand elsewhere.

    Raises
    ------
    ScenarioError
        Fewer than two plans, a distance that no two plans have, a gap that the first plan does not have, or no plan.

    Examples
    --------
    >>> from planner import warm
    >>> options = pd.DataFrame({"project": [*"PPQQ"], "site": [*"stst"], "given": [5.0, 4.9, 5.0, 4.9]})
    >>> uses = pd.DataFrame({"option": range(4), "kind": "floor", "key": [*"stst"], "amount": 1.0})
    >>> limits = pd.DataFrame({"kind": "floor", "key": ["s", "t"], "at_most": 1.0})
    >>> found = alternatives(warm(Case.from_tables(options, uses, limits), gap=0.0), 2, within=0.1, apart=2)
    >>> found.distances.tolist(), found.where["certain"].tolist()
    ([[0.0, 2.0], [2.0, 0.0]], [False, False])
    """
    base = first if first.case is first.posed_as else first.posed(first.case, first.inputs)
    apartness = _Apart.of(base.case, unit)
    _refuse(base, apartness, count, within, apart)
    more: More = "found"
    found = [_columns(base)]
    met = list(found)
    while more == "found" and len(found) < count:
        least, most = apart, apartness.total
        answer = _beyond(base, apartness, found, least)
        if not _reaches(answer, base, apartness, found, least, within):
            more = "none" if apartness.told and _none(answer, base, within) else "unknown"
            break
        found.append(_columns(answer))
        met.append(found[-1])
        for _ in range(STEPS):
            middle = (least + most) / 2
            answer = _beyond(base, apartness, found[:-1], middle)
            if _reaches(answer, base, apartness, found[:-1], middle, within):
                least, found[-1] = middle, _columns(answer)
                met.append(found[-1])
            else:
                most = middle
    distances = apartness.between(met)
    chosen = spread(distances, len(found))
    plans = tuple(_plan(base, met[each], within) for each in chosen)
    where = apartness.where([met[each] for each in chosen])
    return Alternatives(plans, distances[np.ix_(chosen, chosen)], unit, where, more)


def spread(distances: Floats, count: int) -> list[int]:
    """Return which of several things, the first among them, have their closest two furthest apart.

    Parameters
    ----------
    distances : ndarray of shape (n, n)
    count : int

    Examples
    --------
    >>> spread(np.abs(np.subtract.outer([0, 1, 6, 10], [0, 1, 6, 10])).astype(float), 3)
    [0, 2, 3]
    """
    best: list[int] = list(range(count))
    reached = -np.inf
    stack = [([0], np.inf)]
    while stack:
        chosen, nearest = stack.pop()
        if nearest <= reached:
            continue
        if len(chosen) == count:
            best, reached = chosen, nearest
            continue
        for each in range(len(distances) - 1, chosen[-1], -1):
            stack.append(([*chosen, each], min(nearest, distances[each, chosen].min())))
    return best


@dataclass(frozen=True)
class _Apart:
    """What of each part counts for the distance of two plans, and where its options are.

    Attributes
    ----------
    case : Case
    part, project : ndarray of int
        Part of each option; project of each part.
    weight : ndarray of shape (n_parts,)
        In the unit; of a project's parts together 1, or their m².
    option, home : ndarray of int, shape (n_pairs,)
        Parcels and buildings that options take.
    homes : ndarray of str
    whole : bool
        Whether a project counts as a whole as soon as one of its parts stands elsewhere.
    """

    case: Case
    part: Ints
    project: Ints
    weight: Floats
    option: Ints
    home: Ints
    homes: NDArray[np.object_]
    whole: bool

    @classmethod
    def of(cls, case: Case, unit: Unit) -> _Apart:
        """Return that of a case."""
        part = case.parts.index.get_indexer(pd.Index(case.options["part"])).astype(np.int64)
        project = case.projects.index.get_indexer(pd.Index(case.parts["project"])).astype(np.int64)
        if unit == "m2":
            weight = np.zeros(len(case.parts))
            np.maximum.at(weight, part, case.options["gfa_m2"].to_numpy(dtype=float))
        else:
            weight = 1.0 / np.bincount(project)[project]
        uses = case.uses[case.uses["kind"].isin(PLACES)]
        building = case.places["building"] if "building" in case.places else pd.Series(dtype=object)
        key = uses["key"].astype(object)
        home, homes = pd.factorize(key.map(building).where(lambda found: found.notna() & (found != ""), key))
        return cls(case, part, project, weight, uses["option"].to_numpy(dtype=np.int64), home.astype(np.int64),
                   np.asarray(homes, dtype=object), unit == "projects")  # fmt: skip

    @property
    def total(self) -> float:
        """The distance of two plans that have nothing in common."""
        return float(self.weight.sum())

    @property
    def told(self) -> bool:
        """Whether a row says all that the distance does, so that what keeps no row is not there."""
        alone = not self.whole or len(np.unique(self.project)) == len(self.project)
        return alone and not ("share_min" in self.case.parts and self.case.parts["share_min"].notna().any())

    def row(self, x: Floats, least: float, key: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        r"""Return uses and limit that keep a plan so far from another.

        $\sum_{o \in S} w_o\, x_o - \sum_{o \in L} w_o\, x_o \le W - d$; S are the options where their part stands
        in the other, L those of parts left out there, W is what it places. A project of which some parts stand
        elsewhere counts by their share, which is no more than it is apart.
        """
        stands, placed = self._stands(x)
        weight = self.weight[self.part]
        amount = np.where(stands, weight, np.where(placed[self.part], 0.0, -weight))
        option = np.flatnonzero(amount)
        limit = self.weight[placed].sum() - least
        uses = pd.DataFrame({"option": option, "key": key, "amount": amount[option]})
        return uses, pd.DataFrame({"key": [key], "at_least": [np.nan], "at_most": [limit]})

    def between(self, plans: Sequence[Floats]) -> Floats:
        """Return how far plans are apart, shape (n_plans, n_plans)."""
        found = np.zeros((len(plans), len(plans)))
        for a, x in enumerate(plans):
            stands, placed = self._stands(x)
            for b, y in enumerate(plans):
                chosen = self._chosen(y)
                here, there = np.zeros((2, len(placed)), dtype=bool)
                here[self.part[chosen & stands]] = True
                there[self.part[chosen]] = True
                differs = ~here & (placed | there)
                if self.whole:
                    differs = (np.bincount(self.project, differs) > 0)[self.project]
                found[a, b] = self.weight[differs].sum()
        return found

    def where(self, plans: Sequence[Floats]) -> pd.DataFrame:
        """Return where each plan has each part, and whether it is there in all of them."""
        parts = self.case.parts.index
        stands = []
        for x in plans:
            pair = self._chosen(x)[self.option]
            named = pd.Series(self.homes[self.home[pair]], index=self.part[self.option[pair]])
            of_part = named.groupby(level=0).agg(frozenset).reindex(range(len(parts)))
            stands.append([each if isinstance(each, frozenset) else frozenset() for each in of_part])
        certain = [bool(frozenset.intersection(*each)) or not any(each) for each in zip(*stands, strict=True)]
        columns = {str(number): [", ".join(sorted(each)) for each in of] for number, of in enumerate(stands, 1)}
        return pd.DataFrame({**columns, "certain": certain}, index=parts)

    def _chosen(self, x: Floats) -> Flags:
        """Return whether columns, those of options first, choose each option."""
        return x[: len(self.part)] > NOTHING

    def _stands(self, x: Floats) -> tuple[Flags, Flags]:
        """Return which options have their part where a plan has it, and which parts it places."""
        pair = self.part[self.option] * len(self.homes) + self.home
        chosen = self._chosen(x)
        stands = np.zeros(len(self.part), dtype=bool)
        stands[self.option[np.isin(pair, pair[chosen[self.option]])]] = True
        placed = np.zeros(len(self.weight), dtype=bool)
        placed[self.part[chosen]] = True
        return stands, placed


def _refuse(base: Warm, apartness: _Apart, count: int, within: float, apart: float) -> None:
    """Raise for what no plans can be, all at once."""
    faults = []
    if count < FEWEST:
        faults.append(Fault("alternatives", "count", TOO_FEW, AT_LEAST.fill(least=FEWEST)))
    if not 0 < apart <= apartness.total:
        rule = TOO_FAR.fill(apart=f"{apart:,g}", most=f"{apartness.total:,.0f}")
        faults.append(Fault("alternatives", "apart", rule, LESS_FAR))
    if base.gap is None:
        faults.append(Fault("alternatives", "", NO_PLAN, LOOSEN))
    elif base.gap > within:
        rule = NOT_WITHIN.fill(within=f"{within:.2%}", gap=f"{base.gap:.2%}")
        faults.append(Fault("alternatives", "within", rule, WIDER))
    if faults:
        raise ScenarioError(faults)


def _columns(answer: Warm) -> Floats:
    x = answer.kept.answer.x
    assert x is not None  # it has a plan
    return x


def _beyond(base: Warm, apartness: _Apart, others: Sequence[Floats], least: float) -> Warm:
    """Return the best plan found that is so far from others."""
    case = replace(base.case, rules=base.case.rules | {KIND})
    for number, x in enumerate(others, 1):
        case = added(case, *apartness.row(x, least, f"alternative to {number}"))
    return base.posed(case, base.inputs)


def _reaches(
    answer: Warm, base: Warm, apartness: _Apart, others: Sequence[Floats], least: float, within: float
) -> bool:
    """Return whether an answer is a plan within reach, and as far from others as asked."""
    if answer.score is None or gap_of(answer.score, base.bound) > within:
        return False
    return bool(apartness.between([_columns(answer), *others])[0, 1:].min() >= least - NOTHING)


def _none(answer: Warm, base: Warm, within: float) -> bool:
    """Return whether it is proved that no plan of a case is within reach."""
    ended = answer.kept.answer.status
    return ended == "infeasible" or (np.isfinite(answer.bound) and gap_of(answer.bound, base.bound) > within)


def _plan(base: Warm, x: Floats, within: float) -> Plan:
    """Return the plan of columns, with the bound and proof of the question itself."""
    answer = replace(base.kept.answer, x=x, asked=within, ended="gap", solver_bound=np.inf)
    plan = plan_of(base.case, solved(answer, answer.status, base.seconds, 0.0))
    return replace(plan, summary={**plan.summary, "engine": told(answer.by)})
