"""What each level of sharing contains: which columns, which rules and goals, which keys of a plan's summary.

`public` is told by what it contains, so that a column added later stays inside until somebody decides otherwise;
`meeting` by what it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable

from planner import fit
from planner.columns import Column
from planner.model import RULES
from planner.scenario import Level
from planner.worth import MEASURES

MONEY = "元"
"""What every unit of money has in it."""
NOT_AT_MEETINGS = frozenset({"preparation_cost_yi", "rent_cny_m2_month", "rent_max_cny_m2_month", "note"})
"""Columns with which the office bargains, and free notes."""
BARGAINED = frozenset({"rent_ceiling", "preparation_budget", "preparation", "rent"})
"""Tests, rules and goals about these."""
OPEN_TEXTS = frozenset({
    "park_id", "building_id", "restriction_id", "backdrop_id", "name_zh", "name_en", "park", "land_class", "complex",
    "kind", "source", "subject", "measure_zh", "measure_en", "unit", "source_date", "confidence", "industry", "cluster",
    "part_industry", "supply_source",
})  # fmt: skip
"""Columns of free text that say nothing of a firm or a title to land; of `PUBLISHED` layers all are open."""
OPEN_LISTS = frozenset({"aliases", "roles", "leading_industries", "secondary_industries", "accepts", "land_classes"})
PUBLISHED = frozenset({"figures"})
"""Layers that hold what is published already, each figure with its source."""
PLACEMENTS = ("part", "project", "name", "firm", "cluster", "tier", "industry", "kind", "site", "park", "places", "cut",
              "share", "land_m2", "gfa_m2", "power_kva", "compartments", "start_year",
              "building", "floors", "floors_m2", "geometry")  # fmt: skip
"""Columns of placements, and of the layers of a plan besides, that are public, under codes; points of a project would
give its money away."""
LEFT_OUT = ("project", "name", "tier", "cluster", "cause", "by", "part", "place", "need", "offer", "unit", "words_zh",
            "words_en")  # fmt: skip
"""Columns of who is left out that are public, under codes and told again; points would give money away."""
SUMMARY = frozenset({
    "title", "territory", "illustrative", "years", "status", "score", "bound", "gap", "solver_gap", "engine", "mode",
    "stages", "counts", "terms", "soft", "weights", "opened", "started_space", "parks", "tiers", "plot_parcels_max",
})  # fmt: skip
"""Keys of a plan's summary that are public as they are."""
STAGE = ("goal", "gap", "solver_gap", "status")
MADE = ("systems", "versions", "seed", "threads")
"""Of what a plan was made from: neither paths nor digests of files, at any level but `internal`."""
KEPT_TABLES = frozenset({"thresholds"})
"""Reference tables that stay inside: what a hectare must bring."""


def contains(level: Level, layer: str, column: Column) -> bool:
    """Return whether files of a level contain a column.

    Examples
    --------
    >>> from planner.territory import LAYERS
    >>> rent = LAYERS["buildings"].column("rent_cny_m2_month")
    >>> [contains(level, "buildings", rent) for level in ("internal", "meeting", "public")]
    [True, False, False]
    """
    if level == "internal":
        return True
    if layer in PUBLISHED:
        return True
    if level == "meeting":
        return column.name not in NOT_AT_MEETINGS
    if MONEY in column.unit:
        return False
    if column.kind == "list":
        return column.name in OPEN_LISTS
    return column.kind != "text" or bool(column.allowed) or column.name in OPEN_TEXTS


def hidden(level: Level) -> frozenset[str]:
    """Return the tests, rules and goals whose figures files of a level leave out.

    Examples
    --------
    >>> sorted(hidden("internal")), "tax" in hidden("meeting"), "tax" in hidden("public")
    ([], False, True)
    """
    if level == "internal":
        return frozenset()
    return BARGAINED if level == "meeting" else BARGAINED | frozenset(_of_money())


def _of_money() -> Iterable[str]:
    yield from (test.name for test in fit.TESTS if MONEY in test.unit)
    yield from (rule.name for rule in RULES if MONEY in rule.unit)
    yield from (goal for goal, measure in MEASURES.items() if MONEY in measure.unit.zh)
