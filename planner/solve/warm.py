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
from planner.model import Model, formulate
from planner.options import keys_of
from planner.plan import Plan
from planner.proofs import Proof
from planner.solve import EFFORT, Progress, Run, assignment, exact, failing, proof
from planner.solve.answer import NOTHING, Answer, Chosen, Earlier, keeps
from planner.solve.gateway import start_of
from planner.solve.narrowing import Narrowing, Owners
from planner.solve.reassigning import Reassigning
from planner.solve.repairing import IDLE, repaired
from planner.words import Words

Floats = NDArray[np.float64]
FEWEST = 100.0
"""Points that a placement counts for which stays where it is, where as few as can be are to move."""
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
    patience : int
        Turns in a row without a better plan that end the repair of a large case.
    fewest : bool
        Whether the next answer is to move as few placements as is found, whatever that costs.
    """

    answer: Answer
    engine: Narrowing | Reassigning | None
    gap: float
    more: float
    stay: float
    asked: dict[str, Any]
    patience: int = IDLE
    fewest: bool = False

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
        label, began = self.asked["gap"], time.monotonic()
        cancelled = self.asked["cancelled"] or (lambda: False)

        def seconds_left() -> float:
            return 0.0 if cancelled() else self.asked["time_limit_s"] - (time.monotonic() - began)

        def told(score: float, bound: float) -> None:
            if (watching := self.asked["progress"]) is not None:
                watching(Progress("repairing", time.monotonic() - began, score, bound))

        if self.engine is not None:
            found = self._repaired(self.engine, lower, upper, seconds_left, told)
            if found is not None:
                ended = "cancelled" if cancelled() else "effort" if seconds_left() > 0 else "time_limit"
                answer = Answer(found.model, found.x, found.certificate, found.bound, np.inf, ended, label)
                return replace(self, answer=replace(answer, by=self.answer.by), engine=found, fewest=False)
        model, x = replace(self.answer.model, lower=lower, upper=upper), self.answer.x
        if self.engine is not None and not exact.feasible(model, time_limit_s=seconds_left()):
            answer = Answer(model, None, None, np.inf, np.inf, "infeasible", label)
            return replace(self, answer=answer, engine=None, fewest=False)
        start = x if x is not None and keeps(model, x) else None
        asked = {**self.asked, "gap": label if self.engine is None else self.gap, "time_limit_s": seconds_left()}
        answer = Run(case, **asked, earlier=self.known).ask(model, start)
        if self.fewest and x is not None and answer.x is not None:
            answer = replace(answer, x=self._stayed(model, x, answer.x, seconds_left()))
        return replace(self, answer=replace(answer, asked=label), engine=_engine(case, answer), fewest=False)

    def _stayed(self, model: Model, before: Floats, x: Floats, seconds: float) -> Floats:
        """Return a plan of a small case that moves as few placements as is found; `x` is one to start from."""
        place, c = model.columns_of("place"), model.c.copy()
        c[place] += np.where(before[place] > NOTHING, FEWEST, 0.0)
        found = exact.search(
            replace(model, c=c), gap=0.0, effort=self.asked["effort"] or EFFORT, time_limit_s=seconds,
            seed=self.asked["seed"], threads=self.asked["threads"], start=x,
        )  # fmt: skip
        return x if found.x is None else found.x

    def _repaired(
        self,
        engine: Narrowing | Reassigning,
        lower: Floats,
        upper: Floats,
        seconds_left: Callable[[], float],
        told: Callable[[float, float], None],
    ) -> Narrowing | Reassigning | None:
        """Return an engine narrowed, with a plan; None where none is found, or the solver fails."""
        gap, stay = (np.inf, FEWEST) if self.fewest else (self.gap, self.stay)
        seed = self.asked["seed"]
        asked = {"gap": gap, "stay": stay, "seed": seed, "seconds_left": seconds_left, "told": told}
        try:
            if isinstance(engine, Narrowing):
                mine = {"threads": self.asked["threads"], "patience": self.patience}
                return repaired(engine.narrowed(lower, upper), **mine, **asked)
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
    return Kept(answer, engine, (answer.gap or 0.0) + more, more, stay, asked)


def _proves(certificate: Proof, model: Model) -> bool:
    """Return whether a proof is of a model: the same columns, rows and figures."""
    if len(certificate.prices) != len(model.lo):
        return False
    of = proof.proof_of(model, certificate.prices)
    return certificate.c0 == of.c0 and all(
        np.array_equal(getattr(certificate, name), getattr(of, name))
        for name in ("c", "lower", "upper", "integer", "lo", "hi", "data", "indices", "indptr", "rows", "columns")
    )


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


def carried(earlier: Earlier, old_case: Case, old: Model, new_case: Case, new: Model) -> Earlier:
    """Return what is known of a case as it reads in another: options by part, site and year, all else by its keys."""
    option = keys_of(new_case.options).get_indexer(keys_of(old_case.options))
    known = {key: number for number, key in enumerate(new.column_keys)}
    column = np.array([known.get(key, -1) for key in old.column_keys], dtype=np.int64)
    column[old.columns_of("place")] = np.where(option >= 0, new.columns_of("place").start + option, -1)
    here = column >= 0
    x = np.zeros(len(new.c))
    x[column[here]] = earlier.x[here]
    priced = dict(zip(old.row_keys, earlier.prices.tolist(), strict=True))
    prices = np.array([priced.get(key, 0.0) for key in new.row_keys])
    patterns = tuple(column[each] for each in earlier.patterns if here[each].all())
    return Earlier(x, prices, patterns)
