r"""The modes: questions put one after another, each with an objective of its own and rows that keep what was reached.

The last question is always the weighted sum, so that a plan's score, bound and gap are those of its weights; its bound
holds for plans that keep the earlier stages. Every stage before it has a bound of its own, for its own question.

* *Goal by goal* (lexicographic): stage i maximises the points of one goal while each earlier goal keeps at least
  $s - \tau |s|$, its score $s$ less the tolerance $\tau$: of a benefit $(1 - \tau) s$, of a penalty $(1 + \tau) s$.
* *Weakest growth pole first* (max–min): for each pole $k$ the most it could hold if it were alone, $V_k$, of points
  $v_o^+$ of its options, those that lose points counted as 0; then $\max t$ under
  $\sum_{o \in O_k} v_o^+ x_o \ge t V_k$ for every pole, $0 \le t \le 1$. Alone, it keeps every rule but where a
  placement elsewhere could help to keep it; so no plan holds more there.
* *Reference point*: with $a_g$ what a goal brings beyond the level asked, in percent of all there is to reach,
  $\max\ \min_g a_g + \rho \sum_g a_g$: the augmented Chebyshev distance turned into an achievement, so that levels too
  modest are passed as well (Wierzbicki, The use of reference objectives in multiobjective optimization, in Multiple
  Criteria Decision Making: Theory and Application, Springer 1980). No other plan is better in every goal.

Points lost to soft rules have no measure beside a single goal: in every mode but the weighted sum they come first, and
are kept as few as they can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from planner.case import Case
from planner.documents import join
from planner.errors import Fault, ScenarioError
from planner.model import Model
from planner.model.blocks import SHORTFALL, Columns, Objective, Rows, Terms, assemble, at_least, columns, restated
from planner.proofs import Proof
from planner.scenario.modes import Mode, faults
from planner.solve.answer import Answer, Ask, Floats
from planner.words import Words
from planner.worth import MEASURES

KEPT = "stage_kept"
"""Rule of the rows that keep what a stage has reached."""
SLACK = 1e-7
"""Share by which a row lies below what was reached, so that rounding does not exclude the plan in hand."""
RHO = 1e-3
"""Weight of the sum of all goals beside the least of them, in the mode of a reference point."""
ONE = np.zeros(1, dtype=np.int64)


@dataclass
class Course:
    """The questions of one mode: the model as it grows by what is kept, the answers, what they came to.

    Attributes
    ----------
    model : Model
        With the objectives of the case.
    ask : callable
    x : ndarray or None
        The plan in hand.
    answers : list of Answer
    stages : list of dict
        As in plan.json.
    """

    model: Model
    ask: Ask
    x: Floats | None = None
    answers: list[Answer] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """The proofs of all stages but the last, which is the plan's."""
        return tuple(answer.certificate for answer in self.answers[:-1] if answer.certificate is not None)

    @property
    def over(self) -> bool:
        """Whether a question had no answer, so that there is nothing more to ask."""
        return bool(self.answers) and self.answers[-1].x is None

    def put(self, goal: str, objectives: Sequence[Objective], *, c0: float = 0.0, tolerance: float = 0.0) -> None:
        """Ask for the most of some objectives and keep what is reached, less a tolerance."""
        if self.over:
            return
        answer = self.ask(replace(restated(self.model, objectives), c0=c0), self.x)
        if answer.score is None:
            self._noted(goal, answer, None)
            return
        least = answer.score - tolerance * abs(answer.score)
        self._noted(goal, answer, least)
        self.x = answer.x
        kept = at_least(KEPT, goal, objectives, least - c0 - SLACK * max(1.0, abs(least - c0)))
        self.model = restated(self.model, self.model.objectives, rows=[kept])

    def add(self, added: Columns, rows: Sequence[Rows]) -> None:
        """Add a block of columns, and rows that hold where these are at their least, to every later question."""
        self.model = restated(self.model, self.model.objectives, columns=[added], rows=rows)
        self.x = None if self.x is None else np.r_[self.x, added.lower]

    def soft_first(self, case: Case) -> None:
        """Ask for the fewest points lost to soft rules, where there are any."""
        if lost := [each for each in self.model.objectives if each.goal in case.soft]:
            self.put("soft", lost)

    def end(self) -> None:
        """Ask for the most of the weighted sum."""
        if not self.over:
            self._noted("weighted", self.ask(self.model, self.x), None)

    def beside(self, goal: str, model: Model) -> float:
        """Ask a question on another model, of which nothing is kept; return what it comes to."""
        if self.over:
            return 0.0
        answer = self.ask(model, None)
        self._noted(goal, answer, None)
        return answer.score or 0.0

    def _noted(self, goal: str, answer: Answer, kept_at: float | None) -> None:
        self.answers.append(answer)
        self.stages.append(
            {
                "goal": goal,
                "score": answer.score,
                "bound": None if answer.score is None else answer.bound,
                "gap": answer.gap,
                "solver_gap": answer.solver_gap,
                "status": answer.status,
                "kept_at": kept_at,
            }
        )


def staged(case: Case, model: Model, mode: Mode, ask: Ask) -> Course:
    """Put the questions of a mode; the last answer is the plan's.

    Raises
    ------
    ScenarioError
        The mode names a goal without weight; there is no growth pole to hold anything.
    """
    must_be_weighed(case, mode)
    course = Course(model, ask)
    if mode.kind != "weighted":
        course.soft_first(case)
    if mode.lexicographic:
        for priority in mode.lexicographic:
            course.put(priority.goal, objectives_of(model, priority.goal), tolerance=priority.tolerance)
    elif mode.max_min:
        _weakest_pole_first(case, course)
    elif mode.reference:
        _nearest_to(case, course, mode.reference)
    course.end()
    return course


def must_be_weighed(case: Case, mode: Mode) -> None:
    """Raise where a mode names a goal that has no weight."""
    weights = case.goals["weight"]
    wrong = list(faults(mode, [str(goal) for goal in weights.index[weights > 0]], list(MEASURES)))
    if wrong:
        raise ScenarioError([Fault(join("mode", *steps), "", rule, remedy) for steps, rule, remedy in wrong])


def objectives_of(model: Model, goal: str, scale: float = 1.0) -> list[Objective]:
    """Return the objectives of one goal, their points multiplied."""
    return [replace(each, points=scale * each.points) for each in model.objectives if each.goal == goal]


def _weakest_pole_first(case: Case, course: Course) -> None:
    """Ask what each growth pole could hold alone, then for the most of the least share of it."""
    model = course.model
    place = model.columns_of("place")
    points = np.maximum(model.coefficients(model.objectives)[place], 0.0)
    park = case.options["park"].to_numpy(dtype=object)
    inside = {pole: np.flatnonzero((park == pole) & (points > 0)) for pole in case.poles}
    rows: list[Rows] = []
    for pole, options in inside.items():
        if not len(options):
            continue
        placed = Objective(pole, "place", options, points[options])
        alone = course.beside(f"alone {pole}", _alone(model, placed, park != pole))
        if alone > 0:
            share = Terms("least_share", ONE, ONE, np.array([-alone]))
            row = at_least("max_min", pole, [placed], -SLACK * alone)
            rows.append(replace(row, terms=(*row.terms, share)))
    if not rows and not course.over:
        rule = Words("没有增长极能容纳任何得分的备选", "no growth pole has an option that brings points")
        remedy = Words("在 parks 的 roles 中标明 growth_pole", "Mark the poles: growth_pole in the roles of parks")
        raise ScenarioError(Fault("mode", "", rule, remedy))
    course.add(columns("least_share", [""], integer=False), rows)
    course.put("max_min", [Objective("max_min", "least_share", ONE, np.ones(1))])


def _alone(model: Model, placed: Objective, elsewhere: np.ndarray[Any, np.dtype[np.bool_]]) -> Model:
    """Return the question what a pole could hold if no option elsewhere were taken.

    Nothing has to be placed, and no side of a row holds that an option elsewhere could help to keep. So no plan that
    keeps the rules has more there: of each of its other rows what stands elsewhere only uses up some.
    """
    question = assemble(model.blocks, model.rules, [placed])
    upper = question.upper.copy()
    upper[question.columns_of("place")][elsewhere] = 0.0
    upper[question.columns_of(SHORTFALL)] = 0.0
    outside = question.A[:, question.columns_of("place")][:, np.flatnonzero(elsewhere)]
    adds, takes = (np.asarray((sign * outside > 0).getnnz(axis=1)) > 0 for sign in (1, -1))
    lo = np.where(adds, -np.inf, np.minimum(question.lo, 0.0))
    hi = np.where(takes, np.inf, np.maximum(question.hi, 0.0))
    return replace(question, upper=upper, lo=lo, hi=hi)


def _nearest_to(case: Case, course: Course, levels: dict[str, float]) -> None:
    """Ask for the most of the least that a goal brings beyond its level, and a little of them all."""
    model = course.model
    rows: list[Rows] = []
    added: list[Objective] = []
    beyond: list[tuple[float, float]] = []
    asked = 0.0
    for goal, level in levels.items():
        weight, normaliser = weighed(case, goal)
        percent = objectives_of(model, goal, 1.0 / weight)
        wanted = sign_of(goal) * 100.0 * level / normaliser
        ends = model.coefficients(percent) * np.array([model.lower, model.upper])
        beyond.append((float(ends.min(axis=0).sum()) - wanted, float(ends.max(axis=0).sum()) - wanted))
        row = at_least("reference", goal, percent, wanted)
        rows.append(replace(row, terms=(*row.terms, Terms("achievement", ONE, ONE, -np.ones(1)))))
        added += [replace(each, points=RHO * each.points) for each in percent]
        asked += RHO * wanted
    least, most = min(low for low, _ in beyond), max(high for _, high in beyond)
    achievement = Columns("achievement", np.array([""], dtype=object), np.array([least]), np.array([most]), False)
    course.add(achievement, rows)
    course.put("reference", [Objective("reference", "achievement", ONE, np.ones(1)), *added], c0=-asked)


def weighed(case: Case, goal: str) -> tuple[float, float]:
    """Return weight and normaliser of a goal."""
    weight, normaliser = case.goals.loc[goal, ["weight", "normaliser"]].to_numpy(dtype=float)
    return float(weight), float(normaliser)


def sign_of(goal: str) -> int:
    """Return whether more of a goal is better (1) or worse (−1)."""
    return MEASURES[goal].sign if goal in MEASURES else 1
