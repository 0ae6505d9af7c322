"""The model's table of contents: what it names exists, and its sizes are those of the model."""

from __future__ import annotations

import json
from collections import Counter
from importlib import import_module

import numpy as np
import pytest
from tiny import case
from typer.testing import CliRunner

import planner
from planner import fit
from planner.audit import RULES as MEASURED_RULES
from planner.audit.fit import TESTS as MEASURED_TESTS
from planner.audit.score import GOALS as MEASURED_GOALS
from planner.cli import app
from planner.contents import Entry, contents, sizes
from planner.model import DEFINITIONS, GOALS, RULES, VARIABLES
from planner.scenario import Scenario

ENTRIES = contents()
MEASURED = {"audit.RULES": MEASURED_RULES, "audit.score.GOALS": MEASURED_GOALS, "audit.fit.TESTS": MEASURED_TESTS}


def test_every_variable_rule_goal_and_test_is_an_entry() -> None:
    told = Counter(entry.kind for entry in ENTRIES)
    tables = {"variable": VARIABLES, "definition": DEFINITIONS, "rule": RULES, "goal": GOALS, "test": fit.TESTS}
    assert told == {kind: len(table) for kind, table in tables.items()}
    assert all(entry.formula and entry.words.zh and entry.words.en for entry in ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES, ids=[f"{entry.kind} {entry.name} {k}" for k, entry in enumerate(ENTRIES)])
def test_what_an_entry_names_exists(entry: Entry) -> None:
    module, _, name = entry.function.rpartition(".")
    assert hasattr(import_module(f"planner.{module}"), name)
    if entry.key:
        group, name = entry.key.split(".")
        assert name in Scenario.model_fields[group].annotation.model_fields  # type: ignore[union-attr]
    if entry.measure:
        table, _, name = entry.measure.rstrip("]").partition("[")
        assert name.strip("'") in MEASURED[table]


def test_a_rule_can_be_switched_and_is_measured() -> None:
    assert all(entry.key and entry.measure for entry in ENTRIES if entry.kind == "rule")


def test_sizes_are_those_of_the_model() -> None:
    """**Proves**: two options on one floor: 2 rows of parts (2 coefficients each), 1 of the floor with both options."""
    posed = case(
        [("P/main", "s", 2026, 1), ("Q/main", "s", 2026, 5)],
        [(0, "floor", "s", 1), (1, "floor", "s", 1)],
        [("floor", "s", 1, 0)],
    )
    proof = planner.solve(posed).proof
    assert proof is not None
    found = sizes(proof)
    parts = found["rule", "each_part_placed_with_its_project"]
    assert (parts.count, parts.coefficients, parts.first) == (2, 4, "each_part_placed_with_its_project P/main")
    assert found["rule", "floor_not_overfilled"].coefficients == 2
    assert found["variable", "place"].count == 2
    for kind, labels in (("rule", proof.rows), ("variable", proof.columns)):
        of_kind = [size for (which, _), size in found.items() if which == kind]
        assert sum(size.count for size in of_kind) == len(labels)
        assert sum(size.coefficients for size in of_kind) == np.count_nonzero(proof.data)


@pytest.mark.parametrize(("lang", "said"), [("zh", "楼层不超容"), ("en", "floor not overfilled")])
def test_the_command_prints_it(lang: str, said: str) -> None:
    result = CliRunner().invoke(app, ["show", "--model", "--lang", lang])
    assert result.exit_code == 0
    assert said in result.output
    assert "∑_(o ∈ O_f) a_of x_o ≤ A_f" in result.output


def test_the_command_gives_it_as_json() -> None:
    result = CliRunner().invoke(app, ["show", "--model", "--json"])
    assert [entry["name"] for entry in json.loads(result.output)] == [entry.name for entry in ENTRIES]


def test_nothing_to_show_is_an_error_with_a_remedy() -> None:
    result = CliRunner().invoke(app, ["show", "--lang", "en"])
    assert result.exit_code == 2
    assert "Name a scenario or a plan" in result.output
