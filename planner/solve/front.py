r"""The frontier of two or three goals: every trade-off, one plan each.

By $\varepsilon$-constraints (Haimes, Lasdon & Wismer, IEEE Trans. Syst. Man Cybern. 1, 1971): the first goal is
maximised while the others keep at least a floor; then, as in AUGMECON (Mavrotas, Appl. Math. Comput. 213, 2009), the
others while the first keeps what it has, so that no point is even weakly dominated. The floor of the last goal rises to
a step above the least value found for it, and under each of its floors the same is done for the goals before it
(recursion of Özlen & Azizoğlu, Eur. J. Oper. Res. 199, 2009): a point not found yet lies above that floor, because
under the old one some point found is at least as good in all goals before it. A question whose answer is known from
one with lower floors is not put again.

With whole figures and steps of 1 that finds every point there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from planner.case import Case
from planner.model import Model
from planner.model.blocks import Objective, Rows, at_least, restated
from planner.solve.answer import Answer, Ask, Floats
from planner.solve.modes import SLACK, objectives_of, sign_of, weighed

RULE = "frontier"
"""Rule of the rows that hold the goals at their floors."""
STEPS = 20
"""Steps from nothing to all there is to reach, of a goal whose figures are not whole numbers."""
WHOLE = 1e-6
"""Distance from a whole number that counts as none."""


@dataclass(frozen=True)
class Point:
    """One point of a frontier: each goal's own figure, larger is better; the columns; the answers of both stages."""

    values: tuple[float, ...]
    x: Floats
    answers: tuple[Answer, Answer]

    @property
    def gaps(self) -> tuple[float | None, float | None]:
        """The larger gap of both stages: proved, and as the engine claims."""
        first, second = self.answers
        return _larger(first.gap, second.gap), _larger(first.solver_gap, second.solver_gap)


@dataclass
class Frontier:
    """A frontier as it is traced.

    Attributes
    ----------
    model : Model
    ask : callable
    goals : tuple of str
    terms : tuple of list of Objective
        Of each goal, in its own unit; larger is better.
    steps : tuple of float
    whole : tuple of bool
        Whether the figures of a goal are whole numbers.
    asked : list
        Floors put so far, with the point found under them (None where there is none).
    exact : bool
        Whether every question so far was answered to gap 0.
    """

    model: Model
    ask: Ask
    goals: tuple[str, ...]
    terms: tuple[list[Objective], ...]
    steps: tuple[float, ...]
    whole: tuple[bool, ...]
    asked: list[tuple[tuple[float, ...], Point | None]] = field(default_factory=list)
    exact: bool = True

    @classmethod
    def of(cls, case: Case, model: Model, goals: Sequence[str], step: Mapping[str, float], ask: Ask) -> Frontier:
        """Return the frontier of some goals, nothing of it traced yet."""
        terms, steps, whole = [], [], []
        for goal in goals:
            weight, normaliser = weighed(case, goal)
            own = objectives_of(model, goal, normaliser / (100.0 * weight))
            is_whole = all(_whole(model, each) for each in own)
            if is_whole:
                own = [Objective(each.goal, each.variable, each.column, np.round(each.points)) for each in own]
            terms.append(own)
            whole.append(is_whole)
            steps.append(step.get(goal, 1.0 if is_whole else normaliser / STEPS))
        return cls(model, ask, tuple(goals), tuple(terms), tuple(steps), tuple(whole))

    @property
    def complete(self) -> bool:
        """Whether no trade-off is missing: every question answered to gap 0, whole figures, steps of at most 1."""
        return self.exact and all(self.whole) and max(self.steps) <= 1

    def traced(self) -> list[Point]:
        """Return the points, best first in the first goal; none dominates another."""
        found = {point.values: point for point in self.under(len(self.goals) - 1, (-np.inf,) * (len(self.goals) - 1))}
        kept = [point for point in found.values() if not any(_dominates(other, point) for other in found.values())]
        return sorted(kept, key=lambda point: point.values, reverse=True)

    def under(self, last: int, floors: tuple[float, ...]) -> list[Point]:
        """Return all points under floors, those of the goals from 1 to `last` still to rise."""
        if last == 0:
            point = self.point(floors)
            return [] if point is None else [point]
        found: list[Point] = []
        while some := self.under(last - 1, floors):
            found += some
            floor = min(point.values[last] for point in some) + self.steps[last]
            floors = (*floors[: last - 1], floor, *floors[last:])
        return found

    def point(self, floors: tuple[float, ...]) -> Point | None:
        """Return the point under floors that is best in the first goal; None where there is none."""
        for lower, known in self.asked:
            answers = known is None or all(np.greater_equal(known.values[1:], floors))
            if answers and all(np.less_equal(lower, floors)):
                return known
        point = self._solved(floors)
        self.asked.append((floors, point))
        return point

    def held(self, point: Point) -> Model:
        """Return the weighted sum's question, with the goals at what a point has of them."""
        rows = [self._floor(goal, value) for goal, value in enumerate(point.values)]
        return restated(self.model, self.model.objectives, rows=rows)

    def _solved(self, floors: tuple[float, ...]) -> Point | None:
        held = [self._floor(goal, floor) for goal, floor in enumerate(floors, 1) if np.isfinite(floor)]
        first = self.ask(restated(self.model, self.terms[0], rows=held), None)
        self.exact &= first.best or first.status == "infeasible"
        if first.x is None:
            return None
        held.append(self._floor(0, self.values(first.x)[0]))
        others = [
            Objective(each.goal, each.variable, each.column, each.points / self.steps[goal])
            for goal in range(1, len(self.goals))
            for each in self.terms[goal]
        ]
        second = self.ask(restated(self.model, others, rows=held), first.x)
        self.exact &= second.best
        x = first.x if second.x is None else second.x
        return Point(self.values(x), x, (first, second))

    def _floor(self, goal: int, floor: float) -> Rows:
        return at_least(RULE, self.goals[goal], self.terms[goal], floor - SLACK * max(1.0, abs(floor)))

    def values(self, x: Floats) -> tuple[float, ...]:
        """Return each goal's own figure of some columns, larger is better."""
        figures = [float(self.model.coefficients(terms) @ x) for terms in self.terms]
        return tuple(
            float(round(figure)) if whole else figure for figure, whole in zip(figures, self.whole, strict=True)
        )

    def raw(self, point: Point) -> dict[str, float]:
        """Return each goal's own figure as people say it: a penalty counts up."""
        return {goal: sign_of(goal) * value + 0.0 for goal, value in zip(self.goals, point.values, strict=True)}


def _whole(model: Model, objective: Objective) -> bool:
    """Return whether an objective comes to whole numbers: of whole columns, each worth a whole number."""
    integer = model.integer[model.columns_of(objective.variable)][objective.column]
    return bool(integer.all() and np.abs(objective.points - np.round(objective.points)).max(initial=0) < WHOLE)


def _larger(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else max(one, other)


def _dominates(one: Point, other: Point) -> bool:
    """Return whether a point is at least as good in every goal and better in one."""
    return one.values != other.values and all(np.greater_equal(one.values, other.values))
