"""Constraints that a planner has added in Python measured again; they stand in the plan, since no scenario has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from planner.audit.facts import Facts, Finding, figure
from planner.audit.ground import number, rows
from planner.plan import Plan

SLACK = 1e-6
"""What a sum may be off by, of its limit."""


def extra(facts: Facts) -> Iterator[Finding]:
    """Add up each constraint over what is placed, by shares."""
    yield from added_up(facts.plan)


def added_up(plan: Plan) -> Iterator[Finding]:
    """Yield a finding for each constraint that a plan keeps: its sum over the plan's placements."""
    placed: defaultdict[tuple[str, str, int], float] = defaultdict(float)
    for row in rows(plan.placements):
        share = number(row.get("share"))
        placed[str(row["part"]), str(row["site"]), int(row["start_year"])] += 1.0 if share is None else share
    totals: defaultdict[str, float] = defaultdict(float)
    limits: dict[str, tuple[float | None, float | None]] = {}
    for row in rows(plan.extra):
        there = placed[str(row["part"]), str(row["site"]), int(row["start_year"])]
        totals[row["key"]] += float(row["amount"]) * there
        limits[row["key"]] = number(row["at_least"]), number(row["at_most"])
    for key, (least, most) in limits.items():
        yield _within(key, totals[key], least, most)


def _within(key: str, total: float, least: float | None, most: float | None) -> Finding:
    signs = {"≥": least, "≤": most} if least != most else {"=": least}
    asked = ", ".join(f"{sign} {figure(limit)}" for sign, limit in signs.items() if limit is not None)
    missed = max(0.0 if least is None else least - total, 0.0 if most is None else total - most, 0.0)
    kept = missed <= SLACK * max(1.0, abs(least or 0.0), abs(most or 0.0))
    return Finding(key, asked, figure(total), "", kept, missed)
