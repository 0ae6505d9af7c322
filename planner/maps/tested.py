"""What the audit found of each part at its place: every test of local fit with what was asked and what is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.fit import TESTS
from planner.maps.scene import Scene, table_rows
from planner.telling import rule_words
from planner.words import Words

NAMES = frozenset(test.name for test in TESTS) | {"area_window"}
CODED = frozenset({"available", "site_kind", "restrictions", "industrial_line"})
"""Tests whose figures are codes or shares that say nothing to a reader: passed or not is all that is told."""


def told_tests(scene: Scene) -> tuple[dict[str, Words], Mapping[str, list[list[Any]]]]:
    """Return the words of all tests that occur, and by part its tests: name, asked, found, unit, whether it is kept."""
    told: dict[str, list[list[Any]]] = {}
    names: dict[str, Words] = {}
    if scene.plan is None or scene.plan.findings.empty:
        return names, told
    parts = set(scene.placements["part"])
    for row in table_rows(scene.plan.findings):
        if row["rule"] in NAMES and row["key"] in parts:
            names[row["rule"]] = rule_words(row["rule"])
            shown = ("", "") if row["rule"] in CODED else (str(row["asked"]), _figure(row["found"]))
            told.setdefault(row["key"], []).append([row["rule"], *shown, str(row["unit"] or ""), bool(row["kept"])])
    return names, told


def _figure(found: object) -> str:
    """Return a figure as the audit wrote it, without decimals nobody reads.

    Examples
    --------
    >>> _figure("36786.705"), _figure("丁"), _figure(7.5)
    ('36786.7', '丁', '7.5')
    """
    try:
        return f"{float(str(found)):.1f}".removesuffix(".0")
    except ValueError:
        return str(found)
