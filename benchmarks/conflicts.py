"""Five made-up contradictions on the base scenario: what conflicts, and what mends it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import planner
from planner.scenario import laid_over

CONTRADICTIONS: Mapping[str, Mapping[str, Any]] = {
    "three projects locked to a building that holds two": {"locks": dict.fromkeys(("P-176", "P-254", "P-255"), "B06")},
    "a project of 64 MVA that must be placed in a park of 50": {
        "must_place": ["P-024"], "only": {"P-024": "石岩"}, "rules": {"power": {"caps": {"石岩": {"2026": "50 MVA"}}}},
    },
    "a least share of a park that nobody can meet": {
        "must_place": ["P-050"], "only": {"P-050": "石岩"},
        "rules": {"pole_share": {"shares": {"大铲湾": {"least": "60 %"}}}},
    },
    "two kept apart and locked together": {
        "locks": {"P-254": "B06", "P-255": "B06"},
        "rules": {"kept_apart": [{"who": ["P-254", "P-255"], "not": "building"}]},
    },
    "a budget too small for the land that is locked": {
        "locks": {"P-036": "YL-21-03", "P-052": "YL-21-01", "P-123": "YL-21-02"},
        "rules": {"preparation_budget": {"years": {"2026": "0.5 亿元"}}},
    },
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """How a contradiction was answered: seconds of the processor, demands told, whether reduced, repairs verified."""

    name: str
    seconds: float
    demands: int
    reduced: bool
    repairs: int


def measured(inputs: planner.Inputs) -> Iterator[Measured]:
    """Yield the answer to each contradiction."""
    for name, keys in CONTRADICTIONS.items():
        asked = replace(inputs, scenario=laid_over(inputs.scenario, keys), root=inputs)
        began = time.process_time()
        found = planner.conflict(asked)
        if found is None:
            raise SystemExit(f"no conflict was found: {name}")
        mends = planner.repairs(found)
        yield Measured(name, time.process_time() - began, len(found.demands), found.reduced, len(mends))
