"""Why here, why not, what would it take: reasons with figures, from a case and its plan; and two plans side by side."""

from planner.comparison import Comparison, Move, Total, compare
from planner.explain.breakeven import break_even
from planner.explain.causes import why_not
from planner.explain.diff import applied
from planner.explain.moving import costs
from planner.explain.reason import Reason
from planner.explain.reasons import explain
from planner.words import amount

__all__ = [
    "Comparison", "Move", "Reason", "Total", "amount", "applied", "break_even", "compare", "costs", "explain",
    "why_not",
]  # fmt: skip
