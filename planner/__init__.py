"""Decides which strategic industrial project gets which land or which factory floor.

The public names, resolved when first used (PEP 562), so that ``planner --help`` need not import the GIS libraries::

    inputs = planner.read("scenarios/base.yaml")
    case = planner.pose(inputs)
    plan = planner.solve(case)
    findings = planner.audit(plan, inputs)
    planner.draw(plan, inputs.territory, "zh")
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.alternatives import Alternatives, alternatives
    from planner.audit import audit
    from planner.case import Case, pose
    from planner.conflict import conflict
    from planner.errors import DataError, Fault, PlannerError, ScenarioError, SolveError
    from planner.explain import break_even, compare, costs, explain, why_not
    from planner.growing import solve_growing
    from planner.intake import read_projects, read_territory
    from planner.intake.inputs import Inputs, read
    from planner.maps import draw
    from planner.model import formulate
    from planner.plan import Plan
    from planner.projects import Projects
    from planner.repairs import repairs
    from planner.scenario import Scenario
    from planner.scenario.modes import Mode
    from planner.solve import Front, Progress, frontier, solve
    from planner.solve.extra import variables, with_extra
    from planner.solve.gateway import write_model
    from planner.territory import Territory
    from planner.values import reserving, values
    from planner.whatif import Warm, warm
    from planner.words import Words

_HOME = {
    "Alternatives": "planner.alternatives",
    "Case": "planner.case",
    "DataError": "planner.errors",
    "Fault": "planner.errors",
    "Front": "planner.solve",
    "Inputs": "planner.intake.inputs",
    "Mode": "planner.scenario.modes",
    "Plan": "planner.plan",
    "PlannerError": "planner.errors",
    "Progress": "planner.solve",
    "Projects": "planner.projects",
    "Scenario": "planner.scenario",
    "ScenarioError": "planner.errors",
    "SolveError": "planner.errors",
    "Territory": "planner.territory",
    "Warm": "planner.whatif",
    "Words": "planner.words",
    "alternatives": "planner.alternatives",
    "audit": "planner.audit",
    "break_even": "planner.explain",
    "compare": "planner.explain",
    "conflict": "planner.conflict",
    "costs": "planner.explain",
    "draw": "planner.maps",
    "explain": "planner.explain",
    "formulate": "planner.model",
    "frontier": "planner.solve",
    "pose": "planner.case",
    "read": "planner.intake.inputs",
    "read_projects": "planner.intake",
    "read_territory": "planner.intake",
    "repairs": "planner.repairs",
    "reserving": "planner.values",
    "solve": "planner.solve",
    "solve_growing": "planner.growing",
    "values": "planner.values",
    "variables": "planner.solve.extra",
    "warm": "planner.whatif",
    "why_not": "planner.explain",
    "with_extra": "planner.solve.extra",
    "write_model": "planner.solve.gateway",
}

__all__ = [
    "Alternatives",
    "Case",
    "DataError",
    "Fault",
    "Front",
    "Inputs",
    "Mode",
    "Plan",
    "PlannerError",
    "Progress",
    "Projects",
    "Scenario",
    "ScenarioError",
    "SolveError",
    "Territory",
    "Warm",
    "Words",
    "alternatives",
    "audit",
    "break_even",
    "compare",
    "conflict",
    "costs",
    "draw",
    "explain",
    "formulate",
    "frontier",
    "pose",
    "read",
    "read_projects",
    "read_territory",
    "repairs",
    "reserving",
    "solve",
    "solve_growing",
    "values",
    "variables",
    "warm",
    "why_not",
    "with_extra",
    "write_model",
]


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'planner' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """The package itself, in which a submodule never hides the public name it shares (``planner.solve``)."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):  # as import does once a submodule is loaded
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
