"""What if, from a solved case: what random locks, bans and withdrawals take, and how near the bound their plans are.

Drawn by a seed, in turn: a lock of a random option's part to its building or parcels, placed or not; a ban of a part
that is placed from the park where it stands; a withdrawal of a project that is placed. Each is asked of the case as
first solved.

::

    python benchmarks/whatif.py base|random|large [changes]    # prints what it came to, as JSON
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import large
import numpy as np
import pandas as pd

import planner
from planner.published import random_case

SAMPLE = Path(__file__).resolve().parents[1] / "scenarios" / "base.yaml"
SEED = 20260103
POINT = 100.0
CASES: Mapping[str, Callable[[], planner.Warm]] = {
    "base": lambda: planner.warm(planner.read(SAMPLE)),
    "random": lambda: planner.warm(random_case(100_000, 1), gap=0.005, time_limit_s=60.0),
    "large": lambda: planner.warm(large.inputs(SAMPLE), time_limit_s=120.0),
}
CHANGES = {"base": 50, "random": 20, "large": 20}


def changes(first: planner.Warm, count: int) -> list[Callable[[], planner.Warm]]:
    """Return so many random changes of a solved case, ready to be asked."""
    rng, case = np.random.default_rng(SEED), first.case
    placed, made = first.plan.placements, list[Callable[[], planner.Warm]]()
    for number in range(count):
        row = placed.iloc[rng.integers(len(placed))]
        option = case.options.iloc[rng.integers(len(case.options))]
        place = row["park"] or row["site"]
        if number % 3 == 0:
            made.append(lambda option=option: first.lock(option["part"], _there(case, option["site"])))  # type: ignore[misc]
        elif number % 3 == 1:
            made.append(lambda row=row, place=place: first.ban(row["part"], place))  # type: ignore[misc]
        else:
            made.append(lambda row=row: first.withdraw(row["project"]))  # type: ignore[misc]
    return made


def _there(case: planner.Case, site: str) -> list[str]:
    """Return the parcels of a site, or its building."""
    if site not in case.sites.index:
        return [site]
    places = list(case.sites["places"][site])
    return places if case.sites["kind"][site] == "plot" else [places[0].rsplit("-F", 1)[0]]


def measured(name: str, count: int) -> dict[str, Any]:
    """Return what changes of a case took (s), and by how much their gaps exceed the one they start from (points).

    By the clock, and in seconds of the processor in this process, of which two threads take two a second at most. What
    nobody can keep has no plan; it counts for the seconds, and not for the gap.
    """
    began = time.perf_counter()
    first = CASES[name]()
    solved_s, found = time.perf_counter() - began, []
    for change in changes(first, count):
        began, worked = time.perf_counter(), time.process_time()
        now = change()
        answered, worked = time.perf_counter() - began, time.process_time() - worked
        now.plan  # noqa: B018 — its tables are made when first asked for
        shown = time.perf_counter() - began
        wider = np.nan if now.gap is None or first.gap is None else POINT * (now.gap - first.gap)
        found.append((answered, worked, shown, wider, np.nan if now.gap is None else len(now.moves)))
    table = pd.DataFrame(found, columns=["answered_s", "worked_s", "shown_s", "wider", "moves"])
    return {
        "solved_s": solved_s, "gap": first.gap, "options": len(first.case.options), "changes": count,
        "answered_s": table["answered_s"].median(), "answered_90_s": table["answered_s"].quantile(0.9),
        "worked_s": table["worked_s"].median(), "shown_s": table["shown_s"].median(),
        "wider": table["wider"].median(), "wider_most": table["wider"].max(),
        "within": int((table["wider"] <= 0.1 + 1e-9).sum()), "without_plan": int(table["wider"].isna().sum()),
        "moves": table["moves"].median(),
    }  # fmt: skip


if __name__ == "__main__":
    said = sys.argv[1]
    print(json.dumps(measured(said, int(sys.argv[2]) if len(sys.argv) > 2 else CHANGES[said])))
