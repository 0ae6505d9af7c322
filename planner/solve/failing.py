"""A solver that fails: what is said of it, and what becomes of a search that already has a plan."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from planner.errors import Fault, SolveError
from planner.words import Words

LOG = logging.getLogger("planner")
REMEDY = Words(
    "请关闭其他程序或减少 solver.threads，或用 --engine、--solver 换一种算法",
    "Close other programs or lower solver.threads, or choose another --engine or --solver",
)
ERROR = Fault("HiGHS", "", Words("求解器返回错误", "the solver returned an error"), REMEDY)
NO_MEMORY = Fault("solver", "", Words("内存不足", "memory ran out"), REMEDY)


def as_error(error: SolveError | MemoryError) -> SolveError:
    """Return an error that a planner understands."""
    return SolveError(NO_MEMORY) if isinstance(error, MemoryError) else error


def noted(error: SolveError | MemoryError) -> None:
    """Tell what failed, where the solve goes on or ends with the plan in hand."""
    warned(as_error(error).faults)


def warned(faults: Iterable[Fault]) -> None:
    """Tell faults that do not end a solve."""
    for fault in faults:
        LOG.warning(Words(fault.words("zh"), fault.words("en")))
