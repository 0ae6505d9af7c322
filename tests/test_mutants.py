"""Families of wrong plans: the audit finds broken just the rules that each of them really breaks, and no others.

**Proves**: no kind of wrong plan passes, and no sound one is called broken. **Sensitivity**: a measure that misses one
way of breaking its rule, or calls broken what keeps it, turns the row of its rule red, with the mutant.

`make long` makes several hundred of each kind; figures in benchmarks/README.md.
"""

from __future__ import annotations

import beds
import families
import pytest
from mutants import Bed

from planner import fit
from planner.audit import MEASURES, RULES
from planner.intake.inputs import Inputs

MANY = 300
"""Mutants of each kind that really break what they are made to break, in `make long`."""


def right(table: families.Table) -> bool:
    """Return whether the audit finds just what is broken; else say of what it does not."""
    print(table)
    assert table.wrong == [], "\n".join(table.wrong[:20])
    return True


def test_the_sound_plan_of_a_bed_keeps_everything(bed: Bed) -> None:
    assert bed.broken(bed.sound) == set()
    assert bed.found(bed.plan(bed.sound), tuple(MEASURES)) == set()


@pytest.fixture(scope="module")
def bed(small: Inputs) -> Bed:
    return beds.everything(small, seed=2)


def test_wrong_choices_of_options_break_just_the_rules_they_break(bed: Bed) -> None:
    table = families.Table()
    families.of_rules(bed, 1, table, tries=2)
    assert right(table)
    assert all(table.counts[rule]["broken"] for rule in RULES)


def test_parts_put_where_they_are_refused_fail_just_the_tests_that_refuse_them(small: Inputs) -> None:
    table = families.Table()
    families.of_tests(beds.demanded(small, seed=1), 2, table)
    assert right(table)
    assert all(table.counts[name]["broken"] for name in fit.NAMES)


def test_falsified_sites_cuts_and_figures_are_found(bed: Bed) -> None:
    table = families.Table()
    families.of_sites(bed, 6, table, tries=1)
    assert right(table)


def test_falsified_prices_of_soft_rules_are_found(small: Inputs) -> None:
    table = families.Table()
    families.of_prices(beds.softened(small, seed=1), 1, table, tries=20)
    assert right(table)
    assert len(table.counts) == len(RULES)


@pytest.mark.long
@pytest.mark.parametrize("run", families.RUNS)
def test_hundreds_of_each_kind(small: Inputs, run: str) -> None:
    table = families.RUNS[run](small, MANY)
    assert right(table)
    least = {name: count["mutants" if name in families.SOUND else "broken"] for name, count in table.counts.items()}
    assert min(least.values()) >= MANY, least
    assert run != "rules" or table.counts.keys() == RULES.keys()
