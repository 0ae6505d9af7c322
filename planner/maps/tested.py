"""What the audit found of each part at its place: every test of local fit with what was asked and what is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from planner.fit import TESTS, YEARS
from planner.maps.scene import Scene, table_rows
from planner.telling import rule_words
from planner.words import Words

NAMES = frozenset(test.name for test in TESTS) | {"area_window"}
CODED = frozenset({"available", "site_kind", "restrictions", "industrial_line"})
"""Tests whose figures are codes or shares that say nothing to a reader: passed or not is all that is told."""
LARGE = re.compile(r"(?<![\w.-])\d{4,}(\.\d+)?(?![\w-])")
"""A figure that is no part of a name."""


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
            grouped = row["rule"] not in YEARS
            shown = ("", "")
            if row["rule"] not in CODED:
                shown = _figure(row["asked"], grouped), _figure(row["found"], grouped)
            told.setdefault(row["key"], []).append([row["rule"], *shown, str(row["unit"] or ""), bool(row["kept"])])
    return names, told


def _figure(told: object, grouped: bool) -> str:
    """Return what the audit wrote, its figures without decimals nobody reads, and grouped unless they are years.

    Examples
    --------
    >>> _figure("36786.705", True), _figure("≥ 10000", True), _figure("丙;丁", True), _figure(7.5, True)
    ('36,786.7', '≥ 10,000', '丙;丁', '7.5')
    >>> _figure("≥ 2027", False), _figure("2000", True), _figure("YL-2000", True)
    ('≥ 2027', '2,000', 'YL-2000')
    """
    text = str(told)
    with suppress(ValueError):
        text = f"{float(text):.1f}".removesuffix(".0")
    return LARGE.sub(lambda found: f"{float(found[0]):,.1f}".removesuffix(".0"), text) if grouped else text
