"""Families of wrong plans: the audit finds broken just the rules that each of them really breaks, and no others.

**Proves**: no kind of wrong plan passes, and no sound one is called broken. **Sensitivity**: a measure that misses one
way of breaking its rule, or calls broken what keeps it, turns the row of its rule red, with the mutant.

`make long` makes several hundred of each kind; figures in benchmarks/README.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import beds
import mutants
import pytest
import spoiled
from mutants import Bed

from planner import fit
from planner.audit import MEASURES, RULES
from planner.intake.inputs import Inputs

MANY = 300
"""Mutants that really break each rule, or fail each test of local fit, in `make long`."""
BEDS = 12


class Table:
    """Counts of mutants by rule: made, really broken, found, false alarms; and those judged wrongly."""

    def __init__(self) -> None:
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.wrong: list[str] = []

    def add(self, kind: str, judged: Iterable[str], really: set[str], found: set[str], said: object = "") -> None:
        for name in judged:
            self.counts[name]["mutants"] += 1
            self.counts[name]["broken"] += name in really
            self.counts[name]["found"] += name in really & found
            self.counts[name]["false"] += name in found - really
        if really != found:
            self.wrong.append(f"{kind}: missed {really - found}, false {found - really}: {said}")

    def __str__(self) -> str:
        kinds = ("mutants", "broken", "found", "false")
        rows = (f"| `{name}` | {' | '.join(str(c[kind]) for kind in kinds)} |" for name, c in self.counts.items())
        return "\n".join(["", f"| | {' | '.join(kinds)} |", "|---|---|---|---|---|", *rows])

    def right(self) -> bool:
        print(self)
        assert self.wrong == [], "\n".join(self.wrong[:20])
        return True


def of_rules(bed: Bed, least: int, table: Table, tries: int = 100) -> None:
    """Make mutants towards breaking each rule until `least` in the table really break it, and compare."""
    for rule in sorted(bed.case.rules):
        for _ in range(tries):
            if table.counts[rule]["broken"] >= least:
                break
            for mutant in mutants.towards(bed, rule):
                judged = bed.judged(mutant)
                table.add(rule, judged, bed.broken(mutant) & judged, bed.found(bed.plan(mutant)) & judged, mutant)


def of_tests(bed: Bed, each: int, table: Table) -> None:
    """Put parts where tests of local fit refuse them, up to `each` for every test, and where none does."""
    for really, found in spoiled.refused(bed, each):
        on = [name for name in fit.NAMES if name not in bed.inputs.scenario.tests.off]
        table.add("local fit", on, really, found)


def of_sites(bed: Bed, count: int, table: Table) -> None:
    """Falsify sites, cuts and figures of the sound plan of a bed."""
    plan = bed.plan(bed.sound)
    for really, found in spoiled.plots(bed, count):
        table.add("plots", ["site: plots"], {"site: plots" for _ in really}, {"site: plots" for _ in found})
    for _ in range(max(count // 12, 1)):
        made = [
            *((f"site: {how}", {"site"}, bed.found(wrong, ["site"])) for how, wrong in spoiled.falsified(bed, plan)),
            *((f"cut: {how}", really, found) for how, really, found in spoiled.outlines(bed, plan)),
            *(("cut: access", really, found) for _, really, found in spoiled.walled(bed, plan)),
            *(
                (f"says: {how}", really, bed.found(wrong, ["score"]))
                for how, really, wrong in spoiled.figures(bed, plan)
            ),
        ]
        for how, really, found in made:
            table.add(how, [how], {how for _ in really}, {how for _ in found})


def test_the_sound_plan_of_a_bed_keeps_everything(bed: Bed) -> None:
    assert bed.broken(bed.sound) == set()
    assert bed.found(bed.plan(bed.sound), tuple(MEASURES)) == set()


@pytest.fixture(scope="module")
def bed(small: Inputs) -> Bed:
    return beds.everything(small, seed=2)


def test_wrong_choices_of_options_break_just_the_rules_they_break(bed: Bed) -> None:
    table = Table()
    of_rules(bed, 1, table, tries=2)
    assert table.right()
    assert sum(table.counts[rule]["broken"] > 0 for rule in RULES) > 20


def test_parts_put_where_they_are_refused_fail_just_the_tests_that_refuse_them(small: Inputs) -> None:
    table = Table()
    of_tests(beds.demanded(small, seed=1), 8, table)
    assert table.right()
    assert all(table.counts[name]["broken"] for name in fit.NAMES)


def test_falsified_sites_cuts_and_figures_are_found(bed: Bed) -> None:
    table = Table()
    of_sites(bed, 12, table)
    assert table.right()


@pytest.mark.long
def test_hundreds_of_wrong_choices_of_each_rule(small: Inputs) -> None:
    table = Table()
    for seed in range(BEDS):
        of_rules(beds.everything(small, seed), MANY * (seed + 1) // BEDS, table)
    assert table.right()
    assert all(table.counts[rule]["broken"] >= MANY for rule in RULES)


@pytest.mark.long
def test_hundreds_of_refusals_of_each_test(small: Inputs) -> None:
    table = Table()
    for seed in range(BEDS):
        of_tests(beds.demanded(small, seed), 40, table)
    assert table.right()
    assert all(table.counts[name]["broken"] >= MANY for name in fit.NAMES)


@pytest.mark.long
def test_hundreds_of_falsified_sites_cuts_and_figures(small: Inputs) -> None:
    table = Table()
    for seed in range(BEDS):
        of_sites(beds.everything(small, seed), MANY, table)
    assert table.right()
    assert all(count["mutants"] >= MANY for count in table.counts.values())
