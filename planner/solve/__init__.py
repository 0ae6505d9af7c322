"""From a case to a plan: relaxation, bound, search; streamed, cancellable, repeatable.

Small cases are searched whole (`exact`), and their bound is that of the relaxation's prices; those of knapsacks go by
their core (`core`, `openings`). Large ones go by patterns of blocks (`pricing`), large assignments by prices of their
parts (`assignment`). Either way the bound is `proof`'s, never the solver's. A search ends on the gap or on its effort,
which repeats; the clock is only the net under it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from planner.case import Case
from planner.errors import SolveError
from planner.model import Model, formulate
from planner.model.sound import unsound
from planner.plan import Plan, gap_of, plan_of
from planner.scenario.modes import Frontier, Mode
from planner.solve import assignment, engines, exact, failing, front, modes, openings, packing, pricing, proof, stepping
from planner.solve.answer import Answer, Earlier, Floats, score_of, solved, worst
from planner.solve.crews import crew_of

__all__ = ["EFFORT", "Front", "Progress", "frontier", "solve"]

PACKING = ("assignment", "patterns")
"""Engines of large cases, which pack places by compiled code."""
EFFORT = 20_000
"""Steps of the search of the whole, where the scenario names no effort."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a solve stands: stage, seconds, best score so far, proven bound, nodes."""

    stage: str
    seconds: float
    score: float
    bound: float

    @property
    def gap(self) -> float:
        """(bound − score) / max(|score|, 1); infinite without a plan."""
        return gap_of(self.score, self.bound) if np.isfinite(self.score) else float("inf")


@dataclass(frozen=True, slots=True)
class Front:
    """The frontier of two or three goals.

    Attributes
    ----------
    goals : tuple of str
    points : DataFrame
        One row a point, best first in the first goal: each goal's own figure, ``score`` (weighted), ``status``, ``gap``
        and ``solver_gap`` (the larger of its two stages).
    best : Plan
        Best by the weighted sum.
    complete : bool
        Whether no trade-off is missing: whole figures, steps of 1, every stage solved to gap 0.
    plan : callable
        Makes the plan of a point, by its row; its bound is that of the weighted sum.
    """

    goals: tuple[str, ...]
    points: pd.DataFrame
    best: Plan
    complete: bool
    plan: Callable[[int], Plan] = field(repr=False)


def solve(
    case: Case,
    *,
    mode: Mode | None = None,
    gap: float = 0.01,
    effort: int | None = None,
    time_limit_s: float = 300.0,
    seed: int = 1,
    threads: int = 2,
    engine: str = engines.AUTO,
    executor: Executor | None = None,
    earlier: Earlier | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Plan:
    """Find a plan and prove how good it is.

    Parameters
    ----------
    case : Case
    mode : Mode, optional
        How goals are weighed against each other; by their weights where not given. Of a frontier the plan that is best
        by the weighted sum is returned, with the points in its summary.
    gap : float
        Met by the smaller of the proven gap and the solver's; that of a large case is proven. Of every stage.
    effort : int, optional
        Steps of the search of the whole; of a large case, the times its cells are split, of a large assignment the
        passes over its places. Of every stage.
    time_limit_s : float
        The net under the effort, for all stages together; a run it ends is labelled so and promises no repetition.
    seed, threads : int
        Another number of threads may give another plan within the gap.
    engine : str
        One of `engines.ENGINES`; by size and structure where not given. Which it was and why is in the summary.
    executor : Executor, optional
        Packs the blocks of a large case that goes by patterns (the interface of `concurrent.futures`: processes, a
        cluster); threads where not given. The plan is the same.
    earlier : Earlier, optional
        What is known of a case like it (`solve.carrying.read`): a large case that goes by patterns begins there.
    progress : callable, optional
        Told about ten times a second where the solve stands.
    cancelled : callable, optional
        Asked as often; True ends the solve with the best plan so far.

    Returns
    -------
    Plan
        With status ``infeasible`` and no placements where no plan exists.

    Raises
    ------
    ScenarioError
        The mode names a goal without weight, or there is no growth pole where it needs one.
    SolveError
        A figure of the model is not finite, the engine asked for cannot take the case, or it crashed or ran out of
        memory before there was a plan.
    """
    run = Run(case, gap, effort, time_limit_s, seed, threads, progress, cancelled, engine, executor, earlier)
    if mode is not None and mode.frontier is not None:
        return _front(run, mode.frontier).best
    course = modes.staged(case, run.model, mode or Mode(), run.ask)
    return run.plan(course.answers[-1], (mode or Mode()).kind, course)


def frontier(
    case: Case,
    goals: Sequence[str],
    *,
    step: Mapping[str, float] | None = None,
    gap: float = 0.01,
    effort: int | None = None,
    time_limit_s: float = 300.0,
    seed: int = 1,
    threads: int = 2,
    engine: str = engines.AUTO,
    executor: Executor | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Front:
    """Trace the trade-offs between two or three goals.

    Parameters
    ----------
    case : Case
    goals : sequence of str
        Two or three goals that have a weight.
    step : mapping of str to float, optional
        Least difference between two points in a goal's own unit; 1 where its figures are whole numbers, else a
        twentieth of all there is to reach.
    gap : float
        Of the plan that is best by the weighted sum; every stage of a point is solved to gap 0.
    effort, time_limit_s, seed, threads, engine, executor, progress, cancelled
        As in `solve`; effort is of every stage, the time limit of all together.

    Returns
    -------
    Front
    """
    run = Run(case, gap, effort, time_limit_s, seed, threads, progress, cancelled, engine, executor)
    return _front(run, Frontier(goals=tuple(goals), step=dict(step or {})))


def _front(run: Run, asked: Frontier) -> Front:
    modes.must_be_weighed(run.case, Mode(frontier=asked))
    weighted = run.ask(run.model, None)
    best = run.plan(weighted, "frontier")
    run.gap = 0.0
    course = modes.Course(run.model, run.ask)
    course.soft_first(run.case)
    traced = front.Frontier.of(run.case, course.model, asked.goals, asked.step, run.ask)
    points = [] if weighted.x is None or course.over else traced.traced()
    of_weights = [
        replace(weighted, x=exact.settled(traced.held(each), each.x), solver_bound=np.inf, ended=worst(each.answers))
        for each in points
    ]
    rows = [
        (*traced.raw(each).values(), answer.score, worst(each.answers), *each.gaps)
        for each, answer in zip(points, of_weights, strict=True)
    ]
    table = pd.DataFrame(rows, columns=[*asked.goals, "score", "status", "gap", "solver_gap"])
    told = {
        "goals": list(asked.goals),
        "step": dict(zip(asked.goals, traced.steps, strict=True)),
        "complete": traced.complete,
        "points": table.to_dict("records"),
    }
    best = replace(best, summary={**best.summary, "frontier": told})
    return Front(asked.goals, table, best, traced.complete, lambda number: run.plan(of_weights[number], "frontier"))


def compiled() -> None:
    """Compile all that engines need; numba keeps it beside the code, so that the first solve need not."""
    packing.compiled()
    stepping.compiled()


@dataclass
class Run:
    """One solve: its case and model, its patience and clock, and who is watching."""

    case: Case
    gap: float
    effort: int | None
    time_limit_s: float
    seed: int
    threads: int
    progress: Callable[[Progress], None] | None
    cancelled: Callable[[], bool] | None
    engine: str
    executor: Executor | None = None
    earlier: Earlier | None = None
    best: float = -np.inf
    telling: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        self.crew = crew_of(self.executor, self.threads)
        self.model = formulate(self.case)
        faults = list(unsound(self.model))
        if any(fault.fatal for fault in faults):
            raise SolveError(fault for fault in faults if fault.fatal)
        failing.warned(faults)
        self.stated = self.seconds

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    def seconds_left(self) -> float:
        """Return how many seconds are left."""
        return self.time_limit_s - self.seconds

    def watched(self, stage: str, score: float, bound: float) -> bool:
        """Tell where it stands, one thread at a time; return whether it is cancelled."""
        with self.telling:
            self.best = max(self.best, score)
            if self.progress is not None:
                self.progress(Progress(stage, self.seconds, self.best, bound))
            return self.cancelled is not None and self.cancelled()

    def repairing(self, score: float, bound: float) -> None:
        """Tell where the repair of an earlier plan stands."""
        self.watched("repairing", score, bound)

    def compile(self, compiled: Callable[[], None]) -> None:
        """Compile what packs, once for an installation: the clock stands still meanwhile."""
        before = time.monotonic()
        compiled()
        self.began += time.monotonic() - before

    def ask(self, model: Model, start: Floats | None) -> Answer:
        """Search for the best columns of a model.

        A plan to start from is the answer where nothing better is found.
        """
        self.best, began = -np.inf, self.seconds
        choices = engines.choices(model, self.engine)
        try:
            found = self._searched(model, start, choices, began)
        except (SolveError, MemoryError) as error:
            if start is None:
                raise failing.as_error(error) from error
            failing.noted(error)
            certificate = proof.proof_of(model, np.zeros(len(model.lo)))  # a bound, if a poor one
            found = Answer(model, start, certificate, proof.bound(certificate), np.inf, "solver_failed", self.gap)
        if found.x is not None:
            found = replace(found, x=exact.settled(model, found.x))
        known = score_of(model, start)
        if start is not None and found.certificate is not None and (found.score is None or found.score < known):
            return replace(found, x=start)
        return found

    def _searched(
        self, model: Model, start: Floats | None, choices: Iterator[engines.Choice], began: float
    ) -> Answer:
        """Return what the engine of a model answers, or the next one where it finds no plan."""
        for choice in choices:
            answer = self._by(choice, model, start, self.seconds - began)
            if answer.x is not None or answer.ended != "effort":
                break
        return replace(answer, by=choice.chosen)

    def _by(self, choice: engines.Choice, model: Model, start: Floats | None, took: float) -> Answer:
        """Return what one engine answers; looking for it took so many seconds."""
        if choice.chosen.engine in PACKING:
            self.compile(packing.compiled)
        elif choice.chosen.engine == "core":
            self.compile(stepping.compiled)
        match choice.chosen.engine:
            case "assignment":
                return assignment.search(
                    model, choice.of, gap=self.gap, passes=self.effort, seed=self.seed, watch=self.watched,
                    seconds_left=lambda: self.seconds_left() - took,  # the plan is made in as long
                ).answer(model, self.gap)  # fmt: skip
            case "patterns":
                found = pricing.search(
                    model, gap=self.gap, cells=self.effort, seed=self.seed, crew=self.crew,
                    seconds_left=lambda: self.seconds_left() - took, watch=self.watched, earlier=self.earlier,
                )  # fmt: skip
                assert found is not None  # it has blocks
                return found.answer(model, self.gap)
        relaxed = exact.relax(
            model, threads=self.threads, time_limit_s=self.seconds_left(),
            watch=lambda score, bound, _nodes: self.watched("relaxation", score, bound),
        )  # fmt: skip
        if not relaxed.feasible:
            return Answer(model, None, None, np.inf, np.inf, "infeasible", self.gap)
        effort = EFFORT if self.effort is None else self.effort
        if choice.chosen.engine == "core":
            best = openings.search(
                model, choice.of, relaxed.prices, gap=self.gap, effort=effort, seed=self.seed, threads=self.threads,
                start=start, seconds_left=self.seconds_left,
                watch=lambda score, bound, _nodes: self.watched("core", score, bound),
            )  # fmt: skip
            end = best.search
            return Answer(best.model, end.x, best.certificate, best.bound, end.solver_bound, end.ended, self.gap)
        certificate = proof.proof_of(model, relaxed.prices)
        bound = proof.bound(certificate)
        whole = exact.search(
            model, gap=self.gap, effort=effort, time_limit_s=self.seconds_left(), seed=self.seed,
            threads=self.threads, start=start, may_part=True,
            watch=lambda score, _bound, _nodes: self.watched("whole", score, bound),
        )  # fmt: skip
        return Answer(model, whole.x, certificate, bound, whole.solver_bound, whole.ended, self.gap)

    def plan(self, answer: Answer, kind: str, course: modes.Course | None = None) -> Plan:
        """Return the plan with its honest label, and the engine that answered."""
        plan = self._plan(answer, kind, course)
        return replace(plan, summary={**plan.summary, "engine": engines.told(answer.by)})

    def _plan(self, answer: Answer, kind: str, course: modes.Course | None) -> Plan:
        case = self.case
        staged = course if kind != "weighted" else None
        status = answer.status if staged is None else worst(staged.answers)
        stages = () if staged is None else tuple(staged.stages)
        proofs = () if staged is None else staged.proofs
        found = solved(answer, status, self.seconds, self.stated)
        return plan_of(case, replace(found, mode=kind, stages=stages, stage_proofs=proofs))
