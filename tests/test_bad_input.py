"""Bad inputs, one table: each row an input, the fault that must be told, and its remedy (`bad_input`).

Proves that whatever is wrong is told where it is, by what rule and with what to do, in both languages; that all of it
is told at once and nothing besides; and that looking changes no file. Sensitivity: a fault that got lost, that hides
another, that is told twice, or whose remedy belongs to another mistake turns its own row red.
"""

from __future__ import annotations

import ast
import hashlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from bad_input import asked, cells, described, formats, ground, questions, sheets
from bad_input.base import BASE, Bad, Input, made, written

from planner.cli import checking
from planner.errors import Fault

MODULES = (cells, described, ground, asked, sheets, formats, questions)
CASES: dict[str, Bad] = {
    f"{module.__name__.partition('.')[2]}: {bad.name}": bad for module in MODULES for bad in module.CASES
}
PLANNER = Path(__file__).parents[1] / "planner"
LARGE = 2**20
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Told:
    """What was told of an input, and whether its files are as they were."""

    faults: tuple[Fault, ...]
    untouched: bool


def _groups() -> dict[object, tuple[str, ...]]:
    found: dict[object, tuple[str, ...]] = {}
    for name, bad in CASES.items():
        key = (bad.input.ends, bad.input.group) if bad.input.group else name
        found[key] = (*found.get(key, ()), name)
    return found


GROUPS = set(_groups().values())
"""Names of the cases that spoil one input together; most are by themselves."""
GROUP_OF = {name: names for names in GROUPS for name in names}


@cache
def told(names: tuple[str, ...]) -> Told:
    """Return what `planner check` tells of an input that some cases spoil."""
    inputs: list[Input] = [CASES[name].input for name in names]
    with tempfile.TemporaryDirectory() as way:
        path = made(inputs, Path(way))
        before = hashes(Path(way))
        faults = tuple(checking.looked_at(path).faults)
        return Told(faults, hashes(Path(way)) == before)


def hashes(folder: Path) -> dict[str, str]:
    """Return what tells whether a file was written to; of the very large ones, which are empty, size and time."""

    def of(path: Path) -> str:
        facts = path.stat()
        large = facts.st_size > 2**26
        return f"{facts.st_size} {facts.st_mtime_ns}" if large else hashlib.sha256(path.read_bytes()).hexdigest()

    return {str(path): of(path) for path in folder.rglob("*") if path.is_file()}


def says(text: str, piece: str) -> bool:
    """Tell whether a text holds a piece, "…" standing for anything."""
    return re.search(".*".join(map(re.escape, piece.split(" … "))), text, re.DOTALL) is not None


def is_told(bad: Bad, fault: Fault) -> bool:
    """Tell whether a fault is the one a case must give."""
    place = ".".join(filter(None, (fault.where, fault.column)))
    exact = fault.features[: len(bad.features)] == bad.features
    return (place, fault.fatal, exact) == (bad.place, bad.fatal, True) and says(fault.rule.en, bad.rule)


@pytest.mark.parametrize("name", CASES)
def test_a_bad_input_gives_its_fault_with_its_remedy(name: str) -> None:
    bad = CASES[name]
    found = told(GROUP_OF[name])
    every = "\n".join(f"{fault.fatal} {fault.features} {fault.words('en')}" for fault in found.faults)
    mine = [fault for fault in found.faults if is_told(bad, fault)]
    assert mine, every
    assert any(says(fault.remedy.en, bad.remedy) for fault in mine), every
    for fault in mine:
        assert CHINESE.search(fault.rule.zh), fault
        assert CHINESE.search(fault.remedy.zh), fault
        assert fault.words("zh") != fault.words("en")
    if not bad.input.group:
        assert len(found.faults) == 1 + bad.beside, every
    assert found.untouched


def test_several_mistakes_at_once_are_all_told_and_nothing_else() -> None:
    """Each group spoils one input in many ways: every case finds its fault there, every fault its case."""
    assert max(map(len, GROUPS)) >= 50
    for names in (names for names in GROUPS if CASES[names[0]].input.group):
        found = told(names).faults
        strange = [fault.words("en") for fault in found if not any(is_told(CASES[name], fault) for name in names)]
        assert strange == [], names


def test_what_is_sound_has_no_fault(tmp_path: Path) -> None:
    written(BASE, tmp_path)
    assert checking.looked_at(tmp_path).faults == []
    checked = checking.looked_at(tmp_path / "scenario.yaml")
    assert checked.faults == []
    assert checked.nowhere.empty


def test_there_are_hundreds_of_cases_and_no_two_alike() -> None:
    assert len(CASES) == sum(len(module.CASES) for module in MODULES) >= 300
    places = [(bad.place, bad.rule, bad.remedy, bad.input) for bad in CASES.values()]
    assert len(set(places)) == len(places)


# Every fault that the source can raise is raised by a case


READ = (
    "intake", "scenario", "documents", "restrictions.py", "case.py", "supply.py", "asks.py", "places.py", "changes.py",
    "possible.py", "beyond.py", "quantities.py", "survey.py", "projects.py", "territory.py",
)  # fmt: skip
"""Where faults of files come from."""
ELSEWHERE = {
    "intake/alignment.py": "figures within a proposal, tests/test_crs.py",
    "intake/evidence.py": "`planner new` says them, tests/test_new.py",
    "intake/guessing.py": "`planner new` says them, tests/test_new.py",
    "intake/meanings.py": "`planner new` says them, tests/test_new.py",
    "intake/unknown.py": "`planner new` says them, tests/test_new.py",
    "intake/mending.py": "what a repaired copy says, tests/test_mending.py",
    "intake/writing.py": "what cannot be written, tests/test_formats.py",
    "intake/postgis.py": "needs a server, tests/test_postgis.py",
    "scenario/modes.py": "eight kinds of mode that are wrong, tests/test_modes.py",
    "survey.py": "a measure, not a fault, tests/test_restrictions.py",
    "territory.py": "names of layers",
    "alternatives.py": "what no plans can be, tests/test_alternatives.py",
    "explain/breakeven.py": "a case without a plan, tests/test_break_even.py",
    "explain/moving.py": "a case without a plan, tests/test_moving.py",
    "whatif.py": "a mode that it does not know, tests/test_whatif.py",
}
"""Files whose sentences no bad file brings out, or not all of them; each is tested elsewhere."""
UNREACHED = {
    "there is no layer .*": "of --crs, tests/test_crs.py",
    "Xi'an 1980": "in Bao'an it lies within a few metres of what it is mistaken for",
    "its CRS is none of China's": "of writing, tests/test_formats.py",
    "the format has no columns": "of writing, tests/test_formats.py",
    "texts cannot hold a comma": "of writing, tests/test_formats.py",
    "a plot has to be a polygon": "of writing, tests/test_formats.py",
    "Transform it, say to": "of writing, tests/test_formats.py",
    "this view does not end": "takes seconds, tests/test_formats.py",
    "Export the view": "takes seconds, tests/test_formats.py",
    "belong to no layer": "a damaged geodatabase, tests/test_formats.py",
    "is encrypted, or no workbook": "tests/test_tables.py",
    "the borders of .* cut": "needs many features, tests/test_crs.py",
    "has curves": "tests/test_health.py",
    "a ring stands twice": "this release of GEOS says that it crosses itself",
    "features, more than": "millions of features, tests/test_formats.py",
    "If the file is not damaged": "millions of features, tests/test_formats.py",
    "unpacks to more": "a bomb, tests/test_formats.py",
    "If you trust it": "a bomb, tests/test_formats.py",
    "this takes a while": "a note of a long reading, no fault",
    "is too large: .* cells": "millions of cells, tests/test_tables.py",
    "Clear what is outside the table, or use a": "millions of cells, tests/test_tables.py",
    "Check the path .*": "a file without the right to read it, which root always has",
}
"""Sentences that no bad file of a few bytes brings out, with the reason or where they are tested."""


def words_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the English of every `Words` of a file that is a sentence, as a pattern, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Words":
            pattern = pattern_of(node.args[1]) if len(node.args) == 2 else None
            if pattern and len(re.sub(r"\W|\.\*", "", pattern)) >= 12:
                yield node.lineno, pattern


def pattern_of(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return re.sub(r"\\\{.*?\\\}", ".*", re.escape(text))
        case ast.JoinedStr(values=parts):
            return "".join(".*" if isinstance(part, ast.FormattedValue) else pattern_of(part) or "" for part in parts)
    return None


def test_every_sentence_of_the_source_is_said_by_a_case() -> None:
    faults = [fault for names in GROUPS for fault in told(names).faults]
    said = "\n".join({words.en for fault in faults for words in (fault.rule, fault.remedy)})
    rooms = [path for name in READ if "." not in name for path in (PLANNER / name).rglob("*.py")]
    files = [*rooms, *(PLANNER / name for name in READ if "." in name)]
    unsaid = [
        f"{path.relative_to(PLANNER)}:{line} {pattern}"
        for path in sorted(files)
        if path.relative_to(PLANNER).as_posix() not in ELSEWHERE
        for line, pattern in words_of(path)
        if not re.search(pattern, said) and not any(known in pattern.replace("\\", "") for known in UNREACHED)
    ]
    assert unsaid == [], "\n".join(unsaid)
