"""HiGHS itself: a question in arrays, answered in arrays, each better plan and bound told as it comes.

Run as a script, this file is a process that answers one question and can be killed (see `apart`). It imports nothing of
the planner, so that it starts in a fraction of a second, and ends with the process that asked.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Protocol

import highspy
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NONE = np.zeros(0)
TELL_S = 0.05
"""Between two bounds that a process tells."""


@dataclass(frozen=True)
class Question:
    """A programme to maximise, by its arrays (the matrix by columns), and how it is to be searched.

    Attributes
    ----------
    c, lower, upper : ndarray of shape (n_columns,)
    lo, hi : ndarray of shape (n_rows,)
    begin, index, value : ndarray
        Where each column begins; the row and the coefficient of each entry.
    whole : ndarray of bool, shape (n_columns,)
        Columns that are whole numbers; empty for the relaxation.
    first : ndarray of shape (n_columns,)
        A plan to start from; empty for none.
    c0 : float
    effort : int
        Most times that the search may come up for breath.
    until : float
        Seconds since the epoch at which it ends.
    options : mapping
        Of HiGHS.
    """

    c: Floats
    lower: Floats
    upper: Floats
    lo: Floats
    hi: Floats
    begin: NDArray[np.int32]
    index: NDArray[np.int32]
    value: Floats
    whole: NDArray[np.bool_]
    first: Floats = field(default_factory=lambda: NONE)
    c0: float = 0.0
    effort: int = 0
    until: float = np.inf
    options: Mapping[str, bool | int | float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class End:
    """How it ended (``error`` where HiGHS could not), the columns, the prices of the rows (each empty if none).

    The bound is the solver's own, infinite if none.
    """

    how: str
    x: Floats = field(default_factory=lambda: NONE)
    prices: Floats = field(default_factory=lambda: NONE)
    bound: float = np.inf


class Listener(Protocol):
    """Who is told while HiGHS runs."""

    cancel: bool

    def better(self, x: Floats, score: float) -> None:
        """Hear of a better plan."""

    def step(self, bound: float, nodes: int) -> None:
        """Hear of the bound, at each step of the search."""


_HOW = {
    highspy.HighsModelStatus.kOptimal: "gap",
    highspy.HighsModelStatus.kModelEmpty: "gap",
    highspy.HighsModelStatus.kObjectiveTarget: "gap",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnboundedOrInfeasible: "infeasible",
    highspy.HighsModelStatus.kTimeLimit: "time_limit",
    highspy.HighsModelStatus.kInterrupt: "cancelled",
    highspy.HighsModelStatus.kSolutionLimit: "effort",
    highspy.HighsModelStatus.kIterationLimit: "effort",
    highspy.HighsModelStatus.kUnbounded: "error",
    highspy.HighsModelStatus.kMemoryLimit: "error",
}


def loaded(question: Question) -> highspy.Highs:
    """Return HiGHS with a question passed in whole arrays."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    for option, value in question.options.items():
        solver.setOptionValue(option, value)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(question.c), len(question.lo)
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.offset_ = question.c0
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = question.c, question.lower, question.upper
    lp.row_lower_, lp.row_upper_ = question.lo, question.hi
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = question.begin, question.index, question.value
    if len(question.whole):
        kinds = np.array([highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger], dtype=object)
        lp.integrality_ = kinds[question.whole.astype(int)].tolist()
    solver.passModel(lp)
    if len(question.first):
        first = highspy.HighsSolution()
        first.col_value = question.first.tolist()
        first.value_valid = True
        solver.setSolution(first)
    return solver


def answered(question: Question, listener: Listener) -> End:
    """Return the answer to a question; its plans and bounds are told as they come."""
    solver, steps = loaded(question), 0

    def better(event: highspy.highs.HighsCallbackEvent) -> None:
        listener.better(
            np.array(event.data_out.mip_solution, dtype=float), float(event.data_out.objective_function_value)
        )

    def step(event: highspy.highs.HighsCallbackEvent) -> None:
        nonlocal steps
        steps += 1
        listener.step(float(event.data_out.mip_dual_bound), int(event.data_out.mip_node_count))
        if listener.cancel or steps > question.effort:
            event.interrupt()

    solver.cbMipImprovingSolution.subscribe(better)
    solver.cbMipInterrupt.subscribe(step)
    for within in (solver.cbSimplexInterrupt, solver.cbIpmInterrupt):
        within.subscribe(lambda event: event.interrupt() if listener.cancel else None)
    relaxed = not len(question.whole)
    for presolve in ("choose", "off") if relaxed else ("choose",):
        solver.setOptionValue("presolve", presolve)
        solver.setOptionValue("time_limit", max(question.until - time.time(), 0.01))
        if solver.run() == highspy.HighsStatus.kError:
            return End("error")
        how = _HOW.get(solver.getModelStatus(), "effort")
        if how != "infeasible":
            break
        solver.clearSolver()  # presolve calls infeasible now and then what is not
    info, solution = solver.getInfo(), solver.getSolution()
    found = relaxed or info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return End(
        "effort" if steps > question.effort and not listener.cancel else how,
        np.asarray(solution.col_value, dtype=float) if found else NONE,
        np.asarray(solution.row_dual, dtype=float) if solution.dual_valid else NONE,
        float(info.mip_dual_bound) if np.isfinite(info.mip_dual_bound) and not relaxed else np.inf,
    )


# A process of its own


def send(stream: IO[bytes], said: Mapping[str, Any]) -> None:
    """Write a line that says what follows, then the arrays, byte for byte."""
    arrays = {name: each for name, each in said.items() if isinstance(each, np.ndarray)}
    others = {name: each for name, each in said.items() if name not in arrays}
    shapes = [(name, array.dtype.str, len(array)) for name, array in arrays.items()]
    stream.write(json.dumps([others, shapes]).encode() + b"\n")
    for array in arrays.values():
        stream.write(np.ascontiguousarray(array).data)
    stream.flush()


def received(stream: IO[bytes]) -> dict[str, Any] | None:
    """Return what `send` wrote; None where the stream ends before all of it."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    said, shapes = json.loads(line)
    for name, kind, length in shapes:
        size = np.dtype(kind).itemsize * length
        data = stream.read(size)
        if len(data) < size:
            return None
        said[name] = np.frombuffer(data, dtype=kind)
    return dict(said)


class _Teller:
    """Tells the process that asked."""

    cancel = False  # it is killed instead

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.told_at = stream, 0.0

    def better(self, x: Floats, score: float) -> None:
        send(self.stream, {"score": score, "x": x})

    def step(self, bound: float, nodes: int) -> None:
        if time.monotonic() - self.told_at >= TELL_S:
            self.told_at = time.monotonic()
            send(self.stream, {"bound": bound, "nodes": nodes})


def _end_with(descriptor: int) -> None:
    """End this process when a pipe is closed: whoever held its other end is gone."""
    while os.read(descriptor, 1):
        pass
    os._exit(0)


def main() -> None:
    """Answer the question on standard input, on what was standard output: HiGHS may print there."""
    told = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    asked = received(sys.stdin.buffer)
    if asked is None:
        return
    threading.Thread(target=_end_with, args=(0,), daemon=True).start()
    send(told, vars(answered(Question(**asked), _Teller(told))))
    os._exit(0)  # the other thread still reads


if __name__ == "__main__":
    main()
