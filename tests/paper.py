"""What cases on paper share: the case with its two optima, and the engine alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import planner
from planner.case import Case
from planner.model import Model
from planner.plan import Plan
from planner.solve import exact


@dataclass(frozen=True)
class Paper:
    """A case solved by hand: the optimum with the rule it belongs to, and without."""

    case: Case
    score: float
    without: float


def solve(posed: Case) -> Plan:
    """Return the best plan of a case."""
    return planner.solve(posed, gap=0.0, threads=1)


def best(model: Model) -> float:
    """Return the optimum of a model as the engine finds it; -inf without a plan."""
    found = exact.search(model, gap=0.0, effort=10_000, time_limit_s=30.0, seed=1, threads=1)
    return -np.inf if found.x is None else float(model.c @ found.x + model.c0)


def chosen(plan: Plan) -> dict[str, str]:
    """Return part to site of a plan."""
    return dict(zip(plan.placements["part"], plan.placements["site"], strict=True))
