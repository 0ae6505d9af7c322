"""Families of wrong plans: the audit finds broken just the rules that each of them really breaks, and no others.

**Proves**: no kind of wrong plan passes, and no sound one is called broken. **Sensitivity**: a measure that misses one
way of breaking its rule, or calls broken what keeps it, turns the row of its rule red, with the mutant.

`make long` makes several hundred of each kind; figures in benchmarks/README.md.
"""

from __future__ import annotations

import dataclasses
from collections import Counter

import beds
import families
import numpy as np
import pytest
import steps
from mutants import Bed, Mutant

from planner import fit
from planner.audit import MEASURES, RULES
from planner.intake.inputs import Inputs
from planner.model import VARIABLES, together
from planner.model.blocks import SHORTFALL, assemble, softened
from planner.solve import exact

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
    families.of_rules(bed, 1, table, tries=4)
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


def test_rows_of_what_is_kept_apart_miss_each_two_parts_once(small: Inputs) -> None:
    """The least that the model may lose for a plan as it is, of a few dozen in which divisible parts have many shares.

    **Proves**: one price for every two parts too near. **Sensitivity**: shares counted by themselves lose more.
    """
    bed = beds.softened(small, seed=1)
    blocks = [variable.columns(bed.case) for variable in VARIABLES]
    rows, shortfalls, lost = softened([together.kept_apart(bed.case)], blocks, {"kept_apart": 1.0})
    model = assemble([*blocks, shortfalls], rows, lost)
    own, counts, at = model.columns_of(SHORTFALL), Counter[int](), Mutant({})
    for step in range(60):
        at = bed.rng.choice((steps.joined, steps.parted, steps.moved))(bed, at) if at.shares else steps.joined(bed, at)
        if step % 3:
            continue
        lower = np.concatenate([bed.x(at)[: own.start], model.lower[own]])
        upper = np.concatenate([lower[: own.start], model.upper[own]])
        fixed = dataclasses.replace(model, lower=lower, upper=upper)
        best = exact.search(fixed, gap=0.0, effort=1, time_limit_s=9.0, seed=1, threads=1)
        assert best.x is not None
        assert -model.c @ best.x == pytest.approx(bed.too_near(at), abs=1e-6)
        counts[bed.too_near(at)] += 1
    assert len(counts) > 2, counts


def test_outlines_changed_under_places_break_just_the_tests_they_break(small: Inputs) -> None:
    table = families.Table()
    families.of_shapes(beds.demanded(small, seed=0), table)
    assert right(table)
    assert all(table.counts[name]["broken"] for name in ("area_window", "industrial_line", "site"))


def test_outlines_moved_under_plans_break_just_the_rules_of_nearness_they_break(small: Inputs) -> None:
    table = families.Table()
    families.of_nearness(beds.spaced(small, seed=0), table)
    assert right(table)
    assert sum(count["broken"] for count in table.counts.values())


@pytest.mark.long
@pytest.mark.parametrize("run", families.RUNS)
def test_hundreds_of_each_kind(small: Inputs, run: str) -> None:
    table = families.RUNS[run](small, MANY)
    assert right(table)
    least = {name: count["mutants" if name in families.SOUND else "broken"] for name, count in table.counts.items()}
    assert min(least.values()) >= MANY, least
    assert run != "rules" or table.counts.keys() == RULES.keys()
