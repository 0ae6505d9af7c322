"""A case once solved, kept so that a narrower one, or one like it, is solved from there.

Large cases and assignments are repaired (`narrowing`, `reassigning`). A small one is searched again from the plan in
hand, and so is any for which no plan is found that way.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.case import Case
from planner.errors import SolveError
from planner.model import Model
from planner.solve import Run, assignment, exact, failing
from planner.solve.answer import Answer, Earlier, keeps
from planner.solve.narrowing import Narrowing, Owners
from planner.solve.reassigning import Reassigning
from planner.solve.repairing import repaired

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ONE_PLACE = ("each_part_placed_with_its_project", "each_part_placed_once")
"""Rules by which a part goes to one place."""


@dataclass(frozen=True)
class Kept:
    """A case solved: its answer, what goes on from there, and how it was asked.

    Attributes
    ----------
    answer : Answer
    engine : Narrowing, Reassigning or None
        None for a small case, or one without a plan.
    gap : float
        That an answer from here is to have.
    more : float
        By how much that exceeds the one first reached.
    stay : float
        Points that a placement counts for which stays where it is; in the search alone.
    asked : mapping of str to value
        As for `planner.solve`.
    """

    answer: Answer
    engine: Narrowing | Reassigning | None
    gap: float
    more: float
    stay: float
    asked: dict[str, Any]

    @property
    def known(self) -> Earlier | None:
        """What a case like it may begin from; None without a plan."""
        if self.engine is not None:
            return self.engine.known
        answer = self.answer
        if answer.x is None or answer.certificate is None:
            return None
        return Earlier(answer.x, answer.certificate.prices, answer.patterns)

    def narrowed(self, case: Case, lower: Floats, upper: Floats) -> Kept:
        """Return the case with a narrower box of columns, solved from here.

        Parameters
        ----------
        case : Case
            Whose columns these are.
        lower, upper : ndarray of shape (n_columns,)
        """
        threads, label, began = self.asked["threads"], self.asked["gap"], time.monotonic()
        cancelled = self.asked["cancelled"] or (lambda: False)

        def seconds_left() -> float:
            return 0.0 if cancelled() else self.asked["time_limit_s"] - (time.monotonic() - began)

        if self.engine is not None:
            found = self._repaired(self.engine, lower, upper, seconds_left)
            if found is not None:
                ended = "cancelled" if cancelled() else "effort" if seconds_left() > 0 else "time_limit"
                answer = Answer(found.model, found.x, found.certificate, found.bound, np.inf, ended, label)
                return replace(self, answer=replace(answer, by=self.answer.by), engine=found)
        model, x = replace(self.answer.model, lower=lower, upper=upper), self.answer.x
        if self.engine is not None and not exact.relax(model, threads=threads).feasible:
            answer = Answer(model, None, None, np.inf, np.inf, "infeasible", label)
            return replace(self, answer=answer, engine=None)
        start = x if x is not None and keeps(model, x) else None
        answer = Run(case, **{**self.asked, "time_limit_s": seconds_left()}).ask(model, start)
        return replace(self, answer=answer, engine=_engine(case, answer))

    def _repaired(
        self, engine: Narrowing | Reassigning, lower: Floats, upper: Floats, seconds_left: Callable[[], float]
    ) -> Narrowing | Reassigning | None:
        """Return an engine narrowed, with a plan; None where none is found, or the solver fails."""
        asked = {"gap": self.gap, "stay": self.stay, "seed": self.asked["seed"], "seconds_left": seconds_left}
        try:
            if isinstance(engine, Narrowing):
                return repaired(engine.narrowed(lower, upper), threads=self.asked["threads"], **asked)
            return engine.narrowed(lower, upper, **asked)
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
    return Kept(answer, _engine(case, answer), reached + more, more, stay, asked)


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


def carried(earlier: Earlier, old: Model, new: Model, column: Ints) -> Earlier:
    """Return what is known of a case as it reads in another.

    Parameters
    ----------
    earlier : Earlier
        Of the old one.
    old, new : Model
    column : ndarray of int, shape (n_columns of the old,)
        Which column of the new one each is; −1 for none.
    """
    here = column >= 0
    x = np.zeros(len(new.c))
    x[column[here]] = earlier.x[here]
    priced = dict(zip(old.row_keys, earlier.prices.tolist(), strict=True))
    prices = np.array([priced.get(key, 0.0) for key in new.row_keys])
    patterns = tuple(column[each] for each in earlier.patterns if here[each].all())
    return Earlier(x, prices, patterns)


