"""A case once solved, kept so that a narrower one, or one like it, is solved from there.

Large cases and assignments are repaired (`narrowing`, `reassigning`). A small one is searched again from the plan in
hand, and so is any for which no plan is found that way.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.case import Case
from planner.errors import SolveError
from planner.model import Model, formulate
from planner.plan import Plan, gap_of
from planner.proofs import Proof
from planner.solve import EFFORT, Progress, Run, assignment, exact, failing, pricing, proof
from planner.solve.answer import NOTHING, Answer, Chosen, Earlier, keeps, score_of
from planner.solve.carrying import Read, carried, read
from planner.solve.gateway import start_of
from planner.solve.narrowing import Narrowing, Owners
from planner.solve.reassigning import Reassigning
from planner.solve.repairing import IDLE, SOON, repaired
from planner.words import Words

Floats = NDArray[np.float64]
FEWEST = 100.0
"""Points that a placement counts for which stays where it is, where as few as can be are to move."""
FAR = 1.5
"""Times the gap that an answer is to have, up to which its bound is bettered rather than its plan."""
OTHER = 0.01
"""Share by which points may differ at most, for a bound at the prices known to be near."""
ONE_PLACE = ("each_part_placed_with_its_project", "each_part_placed_once")
"""Rules by which a part goes to one place."""


@dataclass(frozen=True)
class Kept:
    """A case solved: its answer, what goes on from there, and how it was asked.

    Attributes
    ----------
    answer : Answer
    going_on : callable
        Makes what answers go on from, once it is asked for (`engine`).
    gap : float
        That an answer from here is to have.
    more : float
        By how much that exceeds the one first reached.
    stay : float
        Points that a placement counts for which stays where it is; in the search alone.
    asked : mapping of str to value
        As for `planner.solve`.
    patience : int
        Turns in a row without a better plan that end the repair of a large case.
    fewest : bool
        Whether the next answer is to move as few placements as is found, whatever that costs.
    """

    answer: Answer
    going_on: Callable[[], Narrowing | Reassigning | None]
    gap: float
    more: float
    stay: float
    asked: dict[str, Any]
    patience: int = IDLE
    fewest: bool = False

    @property
    def engine(self) -> Narrowing | Reassigning | None:
        """What answers go on from; None for a small case, or one without a plan."""
        return self.going_on()

    @property
    def known(self) -> Earlier | None:
        """What a case like it may begin from; None without a plan."""
        if self.engine is not None:
            return self.engine.known
        answer = self.answer
        if answer.x is None or answer.certificate is None:
            return None
        return Earlier(answer.x, answer.certificate.prices, answer.patterns)

    def replenished(self) -> Kept:
        """Return the case with all that it takes to solve others like it soon; of a large case that takes a while."""
        engine, until = self.engine, time.monotonic() + self.asked["time_limit_s"]
        if not isinstance(engine, Narrowing):
            return self
        master = engine.master.copied()
        try:
            more = pricing.replenished(
                engine.model, engine.base.block, engine.known, seed=self.asked["seed"], crew=proof.CREW,
                seconds_left=lambda: until - time.monotonic(),
            )  # fmt: skip
        except (SolveError, MemoryError) as error:
            failing.noted(error)
            return self
        master.add(more, engine.model.upper)
        made = replace(engine, master=master)
        return replace(self, going_on=lambda: made)

    def narrowed(self, case: Case, lower: Floats, upper: Floats) -> Kept:
        """Return the case with a narrower box of columns, solved from here.

        Parameters
        ----------
        case : Case
            Whose columns these are.
        lower, upper : ndarray of shape (n_columns,)
        """
        label, began, engine = self.asked["gap"], time.monotonic(), self.engine
        cancelled = self.asked["cancelled"] or (lambda: False)

        def seconds_left() -> float:
            return 0.0 if cancelled() else self.asked["time_limit_s"] - (time.monotonic() - began)

        def told(score: float, bound: float) -> None:
            if (watching := self.asked["progress"]) is not None:
                watching(Progress("repairing", time.monotonic() - began, score, bound))

        if engine is not None:
            found = self._mended(lambda **asked: self._narrower(engine, lower, upper, **asked), seconds_left, told)
            if found is not None:
                return self._going_on(found, cancelled(), seconds_left())
        model, x = replace(self.answer.model, lower=lower, upper=upper), self.answer.x
        if self.engine is not None and not exact.feasible(model, time_limit_s=seconds_left()):
            answer = Answer(model, None, None, np.inf, np.inf, "infeasible", label)
            return replace(self, answer=answer, going_on=lambda: None, fewest=False)
        start = x if x is not None and keeps(model, x) else None
        asked = {**self.asked, "gap": label if self.engine is None else self.gap, "time_limit_s": seconds_left()}
        answer = Run(case, **asked, earlier=self.known).ask(model, start)
        if self.fewest and x is not None and answer.x is not None:
            answer = replace(answer, x=self._stayed(model, x, answer.x, seconds_left()))
        return replace(self, answer=replace(answer, asked=label), going_on=_engine_of(case, answer), fewest=False)

    def posed(self, old_case: Case, case: Case) -> Kept:
        """Return another case solved, as nearly as an answer from here is to be.

        Parameters
        ----------
        old_case : Case
            Whose columns those of the answer are.
        case : Case
        """
        label, known, engine = self.asked["gap"], self.known, self.engine
        gap = label if engine is None else self.gap
        run, found = Run(case, **{**self.asked, "gap": gap}), None
        cancelled = self.asked["cancelled"] or (lambda: False)

        def seconds_left() -> float:
            return 0.0 if cancelled() else run.seconds_left()

        if known is not None:
            there = read(known, old_case, self.answer.model, case, run.model)
            run.earlier = there.earlier
            found = self._mended(partial(self._moved, case, there, run.model), seconds_left, run.repairing)
            if found is not None:
                if self.fewest or gap_of(score_of(run.model, found.x), found.bound) <= gap:
                    return self._going_on(found, cancelled(), seconds_left())
                run.earlier = found.known
        answer = run.ask(run.model, None if found is None else found.x)
        if self.fewest and known is not None and answer.x is not None and not answer.patterns:
            x = self._stayed(run.model, there.earlier.x, answer.x, run.seconds_left())
            answer = replace(answer, x=x)
        reached = answer.gap is not None and answer.gap <= gap
        wider = self.gap if reached else max(answer.gap or 0.0, label) + self.more
        return replace(
            self, answer=replace(answer, asked=label), going_on=_engine_of(case, answer), gap=wider, fewest=False
        )  # fmt: skip

    def _going_on(self, engine: Narrowing | Reassigning, cancelled: bool, seconds_left: float) -> Kept:
        """Return what goes on from an engine with a plan."""
        ended = "cancelled" if cancelled else "effort" if seconds_left > 0 else "time_limit"
        answer = Answer(
            engine.model, engine.x, engine.certificate, engine.bound, np.inf, ended, self.asked["gap"], self.answer.by
        )  # fmt: skip
        return replace(self, answer=answer, going_on=lambda: engine, fewest=False)

    def _stayed(self, model: Model, before: Floats, x: Floats, seconds: float) -> Floats:
        """Return a plan of a small case that moves as few placements as is found; `x` is one to start from."""
        place, c = model.columns_of("place"), model.c.copy()
        c[place] += np.where(before[place] > NOTHING, FEWEST, 0.0)
        found = exact.search(
            replace(model, c=c), gap=0.0, effort=self.asked["effort"] or EFFORT, time_limit_s=seconds,
            seed=self.asked["seed"], threads=self.asked["threads"], start=x,
        )  # fmt: skip
        return x if found.x is None else found.x

    def _narrower(
        self, engine: Narrowing | Reassigning, lower: Floats, upper: Floats, **asked: Any
    ) -> Narrowing | Reassigning | None:
        """Return an engine narrowed, with a plan; None where none is found."""
        if isinstance(engine, Narrowing):
            mine = {"threads": self.asked["threads"], "patience": self.patience}
            return repaired(engine.narrowed(lower, upper), **mine, **asked)
        return engine.narrowed(lower, upper, **asked)

    def _moved(self, case: Case, there: Read, model: Model, **asked: Any) -> Narrowing | None:
        """Return the engine of a large case like this one, with a plan; None if none is found, or the bound is far."""
        engine = self.engine
        if there.other_points > OTHER and not self.fewest:
            return None
        made = carried(there, engine, model, _owners(case, model)) if isinstance(engine, Narrowing) else None
        if made is None:
            return None
        return repaired(
            made.of, gone=made.gone, new=made.new, threads=self.asked["threads"],
            patience=self.patience if len(made.gone) else SOON, patient_above=FAR * self.gap, **asked,
        )  # fmt: skip

    def _mended(
        self, mend: Callable[..., Narrowing | Reassigning | None], seconds_left: Callable[[], float],
        told: Callable[[float, float], None],
    ) -> Narrowing | Reassigning | None:  # fmt: skip
        """Return what mends a plan, as it is asked to; None where it finds none, or the solver fails."""
        gap, stay = (np.inf, FEWEST) if self.fewest else (self.gap, self.stay)
        try:
            found = mend(gap=gap, stay=stay, seed=self.asked["seed"], seconds_left=seconds_left, told=told)
            return None if found is None else replace(found, x=exact.settled(found.model, found.x))
        except (SolveError, MemoryError) as error:
            failing.noted(error)
            return None


def kept(case: Case, *, more: float, stay: float, earlier: Earlier | None = None, **asked: Any) -> Kept:
    """Solve a case, and keep it.

    Parameters
    ----------
    case : Case
    more : float
        By how much the gap of what follows may exceed the one this is solved to.
    stay : float
    earlier : Earlier, optional
        From where to begin.
    **asked
        As for `planner.solve`.
    """
    run = Run(case, **asked, earlier=earlier)
    answer = run.ask(run.model, None)
    reached = asked["gap"] if answer.gap is None else max(answer.gap, asked["gap"])
    return Kept(answer, _engine_of(case, answer), reached + more, more, stay, asked)


def resumed(case: Case, plan: Plan, *, more: float, stay: float, **asked: Any) -> Kept:
    """Keep a case as a plan of it was left, by its proof; nothing is searched.

    Where the proof is of other columns or rows (of plots that joined since), the case is solved from the plan.

    Parameters
    ----------
    case : Case
    plan : Plan
    more, stay, **asked
        As for `kept`; but what follows exceeds the gap that the plan has by `more` at most.
    """
    model, certificate = formulate(case), plan.proof
    x = start_of(case, model, plan)
    if x is None or certificate is None or not _proves(certificate, model):
        nothing = None if x is None else Earlier(x, np.zeros(len(model.lo)))
        return kept(case, more=more, stay=stay, earlier=nothing, **asked)
    told = plan.summary.get("engine")
    by = None if told is None else Chosen(told["name"], Words(**told["why"]))
    answer = Answer(model, x, certificate, np.inf, np.inf, "gap", asked["gap"], by)
    if by is not None and by.engine == "patterns":
        packed = np.flatnonzero((x > NOTHING) & (certificate.block >= 0))
        block = certificate.block[packed]
        answer = replace(answer, patterns=tuple(packed[block == k] for k in np.unique(block)))
    engine = _engine(case, answer)
    answer = replace(answer, bound=proof.bound(certificate) if engine is None else engine.bound)
    if isinstance(engine, Narrowing):
        engine.enrich()
    return Kept(answer, lambda: engine, (answer.gap or 0.0) + more, more, stay, asked)


def _proves(certificate: Proof, model: Model) -> bool:
    """Return whether a proof is of a model: the same columns, rows and figures."""
    if len(certificate.prices) != len(model.lo):
        return False
    of = proof.proof_of(model, certificate.prices)
    return certificate.c0 == of.c0 and all(
        np.array_equal(getattr(certificate, name), getattr(of, name))
        for name in ("c", "lower", "upper", "integer", "lo", "hi", "data", "indices", "indptr", "rows", "columns")
    )


def _engine_of(case: Case, answer: Answer) -> Callable[[], Narrowing | Reassigning | None]:
    """Return what makes, when it is first called, what goes on from an answer."""
    return cache(partial(_engine, case, answer))


def _engine(case: Case, answer: Answer) -> Narrowing | Reassigning | None:
    """Return what goes on from an answer."""
    model, x, certificate = answer.model, answer.x, answer.certificate
    if x is None or certificate is None:
        return None
    engine = "" if answer.by is None else answer.by.engine
    if engine == "assignment" and (of := assignment.fits(model)) is not None:
        return Reassigning.made(model, of, x, certificate)
    if answer.patterns:
        return Narrowing.of(model, _owners(case, model), x, certificate, answer.patterns)
    return None


def _owners(case: Case, model: Model) -> Owners:
    part, project = np.full(len(model.c), -1), np.full(len(model.c), -1)
    place, placed = model.columns_of("place"), model.columns_of("placed")
    part[place] = case.parts.index.get_indexer(pd.Index(case.options["part"]))
    project[place] = case.projects.index.get_indexer(pd.Index(case.options["project"]))
    project[placed] = np.arange(len(case.projects))
    says = np.zeros(len(model.c), dtype=bool)
    says[placed] = True
    begin = 0
    for rows in model.rules:
        if rows.rule in ONE_PLACE and len(rows.keys):
            break
        begin += len(rows.keys)
    return Owners(part, project, says, begin + np.arange(len(case.parts)))
