"""Branch and bound by HiGHS: the relaxation's prices, and the search, watched and cancellable.

HiGHS runs beside the program, so that progress can be shown and a cancel or the end of the time is answered at once:
the best plan so far is kept here, outside the solver. A small question is put to it in a thread; a large one in a
process of its own (`apart`), which can be killed, and may crash. What HiGHS claims (its bound, its status) is passed on
as claimed; what is proved is `proof`'s business.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, cast

import highspy
import numpy as np
from numpy.typing import NDArray

from planner.errors import SolveError
from planner.model import Model
from planner.solve import apart, failing, highs
from planner.solve.answer import score_of
from planner.solve.highs import End, Question

Floats = NDArray[np.float64]
Ended = Literal["gap", "effort", "time_limit", "cancelled", "solver_failed", "infeasible"]
POLL_S = 0.1
GRACE_S = 0.8
"""How long a solver may take to answer a cancel before it is left behind with the plan it has shown so far."""
LATE = 0.02
"""Share of its time limit by which a solver may be late before it is stopped."""
APART_FROM = 2_000
"""Columns from which a search is put to a process of its own."""
RELAXED_APART_FROM = 20_000
"""Columns from which a relaxation is."""


@dataclass(frozen=True)
class Relaxation:
    """The linear relaxation: what every row's limit is worth at its optimum."""

    x: Floats
    prices: Floats
    feasible: bool


@dataclass
class _Watch:
    """What the solver leaves for the watching thread, and how that one puts an end to it."""

    x: Floats | None = None
    score: float = -np.inf
    solver_bound: float = np.inf
    nodes: int = 0
    cancel: bool = False
    stop: Callable[[], None] | None = None
    end: End | None = None
    error: Exception | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def better(self, x: Floats, score: float) -> None:
        """Keep a better plan."""
        self.x, self.score = x, score

    def step(self, bound: float, nodes: int) -> None:
        """Keep the bound."""
        self.solver_bound, self.nodes = bound, nodes

    def give_up(self) -> None:
        """Stop the solver; one in this process that does not answer is left behind."""
        self.cancel = True
        if self.stop is not None:
            self.stop()
        self.done.wait(GRACE_S)


@dataclass(frozen=True)
class Search:
    """How a search ended: the best columns found (None if none), the solver's bound and why it stopped."""

    x: Floats | None
    solver_bound: float
    ended: Ended
    nodes: int


Watcher = Callable[[float, float, int], bool]
"""Called about ten times a second with (score, solver bound, nodes); returns True to cancel."""
Look = Callable[[], object]
"""Called again and again while something is looked for that is of no use by halves; what it raises ends that."""


def nobody() -> None:
    """Look on and never end it."""


def watcher(look: Look) -> Watcher:
    """Return what has a search looked on at."""

    def watch(*_: float) -> bool:
        look()
        return False

    return watch


def relax(
    model: Model,
    *,
    threads: int = 1,
    time_limit_s: float = np.inf,
    watch: Watcher | None = None,
) -> Relaxation:
    """Solve the linear relaxation, by the simplex method or (when large) by interior point with crossover.

    Parameters
    ----------
    model : Model
    threads : int
    time_limit_s : float
    watch : callable, optional

    Returns
    -------
    Relaxation
        Prices in the sign of a maximisation, shape (n_rows,); zeros where it was cancelled or ran out of time.
    """
    highspy.Highs.resetGlobalScheduler(True)  # a changed thread count would otherwise fail without a word
    method = "ipm" if len(model.c) > SIMPLEX_UP_TO else "simplex"
    question = _question(model, integer=False, time_limit_s=time_limit_s, threads=threads, solver=method)
    seen = _Watch()
    try:
        ended, end = _watched(question, seen, watch, parted=len(model.c) >= RELAXED_APART_FROM)
    except SolveError as error:  # prices of nothing prove little, but a search may still find a plan
        failing.noted(error)
        ended, end = "solver_failed", End("error")
    if ended in ("gap", "effort") and len(end.prices):
        return Relaxation(end.x, end.prices, feasible=True)
    return Relaxation(np.zeros(len(model.c)), np.zeros(len(model.lo)), ended != "infeasible")


def feasible(model: Model, *, time_limit_s: float) -> bool:
    """Return whether the linear relaxation has a solution, as far as there is time to tell.

    Without points the simplex method soon does; interior point, which `relax` takes for a large one, takes a hundred
    times as long to see that there is none.
    """
    solver = solver_of(replace(model, c=np.zeros(len(model.c))), threads=1)
    solver.setOptionValue("solver", "simplex")
    solver.setOptionValue("time_limit", max(time_limit_s, 0.0))
    solver.run()
    return bool(solver.getModelStatus() != highspy.HighsModelStatus.kInfeasible)


SIMPLEX_UP_TO = 60_000
"""Columns up to which the simplex method is the quicker of the two here (benchmarks/README.md)."""


def search(
    model: Model,
    *,
    gap: float,
    effort: int,
    time_limit_s: float,
    seed: int,
    threads: int,
    start: Floats | None = None,
    keep: NDArray[np.bool_] | None = None,
    enough: float = np.inf,
    may_part: bool = False,
    watch: Watcher | None = None,
) -> Search:
    """Search for the best plan by branch and bound.

    Parameters
    ----------
    model : Model
    gap : float
        Stop when the solver's own gap is at most this.
    effort : int
        Most times the solver may come up for breath (it does so between its own steps, not by the clock); the
        repeatable limit.
    time_limit_s : float
        The net under it; a run that hits it does not repeat.
    seed, threads : int
    start : ndarray of shape (n_columns,), optional
        A plan to start from.
    keep : ndarray of bool, shape (n_columns,), optional
        Columns to search over; the others stay at 0, and the solver's bound is then of the part, not of the whole.
    enough : float
        A plan worth so much ends the search.
    may_part : bool
        Whether it is put to a process of its own where it is large.
    watch : callable, optional

    Returns
    -------
    Search
        ``solver_failed`` where the solver failed and had shown a plan.

    Raises
    ------
    SolveError
        The solver failed before it had shown a plan.
    """
    kept = np.flatnonzero(keep) if keep is not None else np.arange(len(model.c))
    question = _question(
        model, integer=True, kept=kept, time_limit_s=time_limit_s, threads=threads, effort=effort, first=start,
        mip_rel_gap=gap, mip_abs_gap=1e-6, random_seed=seed, objective_target=enough,
        mip_detect_symmetry=False,  # floors of a building are alike by the dozen: finding it takes longer than it saves
    )  # fmt: skip
    seen = _Watch()
    if start is not None:
        seen.x, seen.score = start[kept], score_of(model, start)
    try:
        ended, end = _watched(question, seen, watch, parted=may_part and len(kept) >= APART_FROM)
    except SolveError as error:
        if seen.x is None:
            raise
        failing.noted(error)
        ended, end = "solver_failed", End("error")
    bound = end.bound if np.isfinite(end.bound) else seen.solver_bound
    best = end.x if len(end.x) else seen.x
    if best is None:
        return Search(None, bound, ended if ended != "gap" else "infeasible", seen.nodes)
    x = np.zeros(len(model.c))
    x[kept] = np.where(model.integer[kept], np.round(best), best)
    return Search(x, bound, ended, seen.nodes)


DECIDED = ("place", "placed")
"""Variables that are decisions; all others follow from them, at their best."""


def settled(model: Model, x: Floats, *, threads: int = 1) -> Floats:
    """Return the best columns with the same options chosen.

    A search that ends on its gap may leave what follows from the options (buildings opened, links kept, main parks,
    floors left over) short of its best; a plan says what its options are worth, so these are worked out once more.
    """
    decided = np.zeros(len(x), dtype=bool)
    for variable in DECIDED:
        decided[model.columns_of(variable)] = True
    if not np.any(model.c[~decided]):
        return x
    lower, upper = np.where(decided, x, model.lower), np.where(decided, x, model.upper)
    held = replace(model, lower=lower, upper=upper)
    found = search(held, gap=0.0, effort=SETTLING, time_limit_s=np.inf, seed=1, threads=threads, start=x)
    return x if found.x is None else found.x


SETTLING = 10_000
"""Steps at most of working out what follows from the options chosen: as a rule it takes none."""


def solver_of(model: Model, *, threads: int, integer: bool = False) -> highspy.Highs:
    """Return HiGHS with a model, to be solved time and again."""
    return highs.loaded(_question(model, integer=integer, time_limit_s=np.inf, threads=threads))


def _question(
    model: Model,
    *,
    integer: bool,
    time_limit_s: float,
    kept: NDArray[np.int64] | None = None,
    effort: int = 0,
    first: Floats | None = None,
    **options: bool | int | float | str,
) -> Question:
    """Return what is asked of HiGHS: a model, or some of its columns, in whole arrays."""
    matrix = model.A.tocsc() if kept is None else model.A.tocsc()[:, kept]
    pick = slice(None) if kept is None else kept
    return Question(
        model.c[pick], model.lower[pick], model.upper[pick], model.lo, model.hi, matrix.indptr, matrix.indices,
        matrix.data, model.integer[pick] if integer else highs.NONE.astype(bool),
        highs.NONE if first is None else first[pick], model.c0, effort, time.time() + time_limit_s, options,
    )  # fmt: skip


def _watched(question: Question, seen: _Watch, watch: Watcher | None, *, parted: bool) -> tuple[Ended, End]:
    """Put a question beside this thread, which watches; return why that ended, and the end."""
    ask = apart.answered if parted else highs.answered
    threading.Thread(target=_asked, args=(ask, question, seen), daemon=True).start()
    began, left_s = time.monotonic(), question.until - time.time()
    ended: Ended = "cancelled"
    try:
        while not seen.done.wait(POLL_S):
            if time.monotonic() - began > (1 + LATE) * left_s:
                ended = "time_limit"
                break
            if watch is not None and watch(seen.score, seen.solver_bound, seen.nodes):
                break
    finally:
        if not seen.done.is_set():
            seen.give_up()
    if seen.error is not None:
        raise seen.error
    end = seen.end or End("cancelled")
    if end.how == "error":
        raise SolveError(failing.ERROR)
    return ended if end.how == "cancelled" else cast("Ended", end.how), end


def _asked(ask: Callable[[Question, _Watch], End], question: Question, seen: _Watch) -> None:
    try:
        seen.end = ask(question, seen)
    except MemoryError as error:
        seen.error = failing.as_error(error)
    except Exception as error:  # whatever it is, the watching thread is to raise it
        seen.error = error
    finally:
        seen.done.set()
