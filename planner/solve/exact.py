"""Branch and bound by HiGHS: the relaxation's prices, and the search, watched and cancellable.

HiGHS runs in a thread of its own, so that progress can be shown and a cancel is answered at once: the best plan so far
is kept here, outside the solver. What HiGHS claims (its bound, its status) is passed on as claimed; what is proved is
`proof`'s business.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import highspy
import numpy as np
from numpy.typing import NDArray

from planner.errors import Fault, SolveError
from planner.model import Model
from planner.words import Words

Floats = NDArray[np.float64]
Ended = Literal["gap", "effort", "time_limit", "cancelled", "infeasible"]
POLL_S = 0.1
GRACE_S = 1.0
"""How long a cancelled solver may take to answer before it is left behind with the plan it has shown so far."""


@dataclass(frozen=True)
class Relaxation:
    """The linear relaxation: what every row's limit is worth at its optimum."""

    x: Floats
    prices: Floats
    feasible: bool


@dataclass
class _Watch:
    """What the solver's thread leaves for the watching one."""

    x: Floats | None = None
    score: float = -np.inf
    solver_bound: float = np.inf
    nodes: int = 0
    steps: int = 0
    cancel: bool = False
    error: SolveError | None = None
    done: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Search:
    """How a search ended: the best columns found (None if none), the solver's bound and why it stopped."""

    x: Floats | None
    solver_bound: float
    ended: Ended
    nodes: int


Watcher = Callable[[float, float, int], bool]
"""Called about ten times a second with (score, solver bound, nodes); returns True to cancel."""


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
    solver = solver_of(model, threads=threads, integer=False)
    solver.setOptionValue("solver", "ipm" if len(model.c) > SIMPLEX_UP_TO else "simplex")
    solver.setOptionValue("time_limit", max(time_limit_s, 0.01))
    seen = _Watch()
    _listen(solver, seen, effort=0)
    ended = _watched(solver, seen, watch)
    if ended and _ENDED.get(solver.getModelStatus()) == "infeasible":  # so says presolve now and then of what is not
        seen.done.clear()
        solver.clearSolver()
        solver.setOptionValue("presolve", "off")
        ended = _watched(solver, seen, watch)
    ending = _ENDED.get(solver.getModelStatus()) if ended else "cancelled"
    feasible = ending != "infeasible"
    solution = solver.getSolution() if ended else highspy.HighsSolution()
    if ending in ("cancelled", "time_limit") or not solution.dual_valid:
        return Relaxation(np.zeros(len(model.c)), np.zeros(len(model.lo)), feasible)
    return Relaxation(
        np.asarray(solution.col_value, dtype=float), np.asarray(solution.row_dual, dtype=float), feasible
    )


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
    watch : callable, optional

    Returns
    -------
    Search
    """
    kept = np.flatnonzero(keep) if keep is not None else np.arange(len(model.c))
    solver = solver_of(model, threads=threads, integer=True, kept=kept)
    for option, value in (
        ("mip_rel_gap", gap),
        ("mip_abs_gap", 1e-6),
        (
            "mip_detect_symmetry",
            False,
        ),  # floors of a building are alike by the dozen: finding it takes longer than it saves
        ("time_limit", max(time_limit_s, 0.01)),
        ("random_seed", seed),
        ("objective_target", enough),
    ):
        solver.setOptionValue(option, value)
    if start is not None:
        _start_from(solver, start[kept])
    seen = _Watch()
    if start is not None:
        seen.x, seen.score = start[kept], float(model.c @ start + model.c0)
    _listen(solver, seen, effort)
    if _watched(solver, seen, watch):
        info = solver.getInfo()
        status = solver.getModelStatus()
        values = np.asarray(solver.getSolution().col_value, dtype=float)
        if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible and len(values):
            seen.x = values
        if np.isfinite(info.mip_dual_bound):
            seen.solver_bound = float(info.mip_dual_bound)
        ended = "effort" if seen.steps > effort and not seen.cancel else _ENDED.get(status, "effort")
    else:
        ended = "cancelled"
    if seen.x is None:
        return Search(None, seen.solver_bound, ended if ended != "gap" else "infeasible", seen.nodes)
    x = np.zeros(len(model.c))
    x[kept] = np.where(model.integer[kept], np.round(seen.x), seen.x)
    return Search(x, seen.solver_bound, ended, seen.nodes)


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

_ENDED: dict[highspy.HighsModelStatus, Ended] = {
    highspy.HighsModelStatus.kOptimal: "gap",
    highspy.HighsModelStatus.kModelEmpty: "gap",
    highspy.HighsModelStatus.kObjectiveTarget: "gap",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnboundedOrInfeasible: "infeasible",
    highspy.HighsModelStatus.kTimeLimit: "time_limit",
    highspy.HighsModelStatus.kInterrupt: "cancelled",
    highspy.HighsModelStatus.kSolutionLimit: "effort",
    highspy.HighsModelStatus.kIterationLimit: "effort",
}


def _start_from(solver: highspy.Highs, values: Floats) -> None:
    """Give the solver a plan to start from."""
    first = highspy.HighsSolution()
    first.col_value = values.tolist()
    first.value_valid = True
    solver.setSolution(first)


def _watched(solver: highspy.Highs, seen: _Watch, watch: Watcher | None) -> bool:
    """Run in a thread of its own, watched; return whether it ended, or was left behind after a cancel."""
    thread = threading.Thread(target=_in_thread, args=(solver, seen), daemon=True)
    thread.start()
    while not seen.done.wait(POLL_S):
        if watch is not None and not seen.cancel and watch(seen.score, seen.solver_bound, seen.nodes):
            seen.cancel = True
            seen.done.wait(GRACE_S)
            break
    if seen.error is not None:
        raise seen.error
    return seen.done.is_set()


def _in_thread(solver: highspy.Highs, seen: _Watch) -> None:
    try:
        _run(solver)
    except SolveError as error:
        seen.error = error
    finally:
        seen.done.set()


def _run(solver: highspy.Highs) -> None:
    """Run, and raise where HiGHS says that it could not."""
    if solver.run() == highspy.HighsStatus.kError:
        raise SolveError(
            Fault(
                "HiGHS",
                "",
                Words("求解器返回错误", "the solver returned an error"),
                Words(
                    "请检查数据量级，或换用 --solver",
                    "Check the magnitudes of the data, or use another solver",
                ),
            )
        )


def _listen(solver: highspy.Highs, seen: _Watch, effort: int) -> None:
    """Keep the best plan and the bound the solver shows, count its steps, and pass on a cancel."""

    def better(event: highspy.highs.HighsCallbackEvent) -> None:
        seen.x = np.array(event.data_out.mip_solution, dtype=float)
        seen.score = float(event.data_out.objective_function_value)

    def tick(event: highspy.highs.HighsCallbackEvent) -> None:
        seen.solver_bound = float(event.data_out.mip_dual_bound)
        seen.nodes = int(event.data_out.mip_node_count)
        seen.steps += 1
        if seen.cancel or seen.steps > effort:
            event.interrupt()

    solver.cbMipImprovingSolution.subscribe(better)
    solver.cbMipInterrupt.subscribe(tick)
    for within in (solver.cbSimplexInterrupt, solver.cbIpmInterrupt):
        within.subscribe(lambda event: event.interrupt() if seen.cancel else None)


def solver_of(model: Model, *, threads: int, integer: bool, kept: NDArray[np.int64] | None = None) -> highspy.Highs:
    """Return HiGHS with a model (or some of its columns) passed in whole arrays."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", threads)
    matrix = model.A.tocsc() if kept is None else model.A.tocsc()[:, kept]
    pick = slice(None) if kept is None else kept
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = matrix.shape[1], matrix.shape[0]
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.offset_ = model.c0
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.c[pick], model.lower[pick], model.upper[pick]
    lp.row_lower_, lp.row_upper_ = model.lo, model.hi
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    if integer:
        kinds = np.array([highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger], dtype=object)
        lp.integrality_ = kinds[model.integer[pick].astype(int)].tolist()
    solver.passModel(lp)
    return solver
