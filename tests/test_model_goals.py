"""Goals on paper: what each goal brings, on a case small enough to be worked out by hand.

**Proves** says what follows by hand, **Sensitivity** which wrong answer the likeliest bug would give.
"""

from __future__ import annotations

import pytest
from tiny import case

from planner.model import formulate
from planner.solve import exact


def test_what_follows_from_the_options_is_settled_at_its_best() -> None:
    """**Proves**: a search that leaves B opened for nobody (−3) is put right: P elsewhere (0.5) opens nothing.

    **Sensitivity**: taken as the search left it, the score would be −2.5.
    """
    posed = case(
        [("P/main", "B-F01", 2026, 2), ("P/main", "s", 2026, 0.5)],
        [(0, "building", "B", 1)],
        [("building", "B", None, 3)],
    )
    model = formulate(posed)
    left = model.lower.copy()
    left[model.columns_of("place").start + 1] = 1
    left[model.columns_of("placed")] = 1
    left[model.columns_of("opened")] = 1
    assert model.c @ left == pytest.approx(-2.5)
    x = exact.settled(model, left)
    assert model.points_by_goal(x) == {**dict.fromkeys(model.points_by_goal(x), 0.0), "given": 0.5}
