"""Families of wrong plans, made in bulk on a bed, and what the audit finds of each: counted by rule, test or way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping

import beds
import shaken
import spoiled
import steps
from mutants import BY_CONSTRUCTION, Bed, Mutant

import planner
from planner import fit
from planner.intake.inputs import Inputs

SOUND = (
    "cut: the other end",
    "cut: a hair's breadth off",
    "cut: drawn the other way round",
    "says: nothing false",
    "stages: true",
)
"""Kinds of mutants that break nothing."""

NEAR = ("kept_apart", "parts_together", "leader_and_suppliers")
"""Rules that may depend on metres."""
LIE = (
    "restrictions", "industrial_line", "protective_distance", "metro_distance", "area_window", "far_volume", "height",
    "reserved",
)  # fmt: skip
"""Tests of local fit that outlines decide."""


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


def of_rules(bed: Bed, least: int, table: Table, tries: int = 200) -> None:
    """Make mutants towards breaking each rule until `least` in the table really break it, no two alike, and compare."""
    seen: set[object] = set()
    for rule in sorted(bed.case.rules & {*bed.rows, *BY_CONSTRUCTION}):
        for _ in range(tries):
            if table.counts[rule]["broken"] >= least:
                break
            for mutant in steps.towards(bed, rule):
                if mutant.key not in seen:
                    seen.add(mutant.key)
                    judged = bed.judged(mutant)
                    table.add(rule, judged, bed.broken(mutant) & judged, bed.found(bed.plan(mutant)) & judged, mutant)


def of_tests(bed: Bed, each: int, table: Table) -> None:
    """Put parts where tests of local fit refuse them, up to `each` for every test, and where none does."""
    for really, found in spoiled.refused(bed, each):
        on = [name for name in fit.NAMES if name not in bed.inputs.scenario.tests.off]
        table.add("local fit", on, really, found)


def of_sites(bed: Bed, least: int, table: Table, tries: int = 80) -> None:
    """Falsify sites, cuts and figures of the sound plan of a bed until there are `least` of each kind in the table."""
    plan = bed.plan(bed.sound)
    for really, found in spoiled.plots(bed, 4 * least // 3 - table.counts["site: plots"]["mutants"]):
        table.add("plots", ["site: plots"], {"site: plots" for _ in really}, {"site: plots" for _ in found})
    for _ in range(tries):
        if min(count["mutants"] for count in table.counts.values()) >= least and len(table.counts) > 1:
            break
        made = [
            *((f"site: {how}", {"site"}, found) for how, found in spoiled.falsified(bed, plan)),
            *((f"cut: {how}", really, found) for how, really, found in spoiled.outlines(bed, plan)),
            *(("cut: access", really, found) for _, really, found in spoiled.walled(bed, plan)),
            *((f"says: {how}", really, found) for how, really, found in spoiled.figures(bed, plan)),
        ]
        for how, really, found in made:
            table.add(how, [how], {how for _ in really}, {how for _ in found})


def of_shapes(bed: Bed, table: Table) -> None:
    """Shrink and move outlines under parts that pass tests of `LIE`, and under plots of several parcels."""
    now = shaken.shrunk(bed)
    for made in shaken.refused_now(bed, now, LIE, 100):
        table.add("shapes", *made)
    for really, found in shaken.plots_now(bed, now, 10):
        table.add("plots", ["site"], really, found)


def of_nearness(bed: Bed, table: Table) -> None:
    """Move outlines under plans that keep what depends on metres."""
    now, at = shaken.shifted(bed), bed.sound
    for _ in range(12):
        way = bed.rng.choice((steps.moved, steps.parted, steps.joined))(bed, at)
        at = at if bed.broken(way) & {*NEAR} else way
        mutant = shaken.still(bed, now, at)
        table.add("nearness", NEAR, now.broken(mutant) & {*NEAR}, now.found(now.plan(mutant), NEAR), mutant)


def of_prices(bed: Bed, least: int, table: Table, tries: int = 1000) -> None:
    """Walk through plans that miss soft rules and falsify what they say that this costs, until `least` of each rule."""
    at = Mutant({})
    for _ in range(tries):
        if table.counts and min(count["broken"] for count in table.counts.values()) >= least:
            break
        step = bed.rng.choice((*steps.STEPS, *steps.ODD.values(), steps.joined)) if at.shares else steps.joined
        at = step(bed, at)
        really, found = spoiled.priced(bed, at)
        judged = bed.judged(at) & bed.case.soft.keys()
        names, *both = ({f"soft: {rule}" for rule in rules & judged} for rules in (judged, really, found))
        table.add("soft", sorted(names), *both, at)


def of_stages(bed: Bed, least: int, table: Table, tries: int = 400) -> None:
    """Falsify what the plan of a bed says of its stages, until there are `least` of each kind."""
    plan = planner.solve(bed.case, mode=bed.inputs.scenario.mode, gap=0.05, time_limit_s=60)
    for _ in range(tries):
        table.add("stages", ["stages: true"], set(), {"stages: true" for _ in bed.found(plan, ["stages", "soft"])})
        made = list(spoiled.stages_told(bed, plan))
        for kind, really, found in made:
            name = f"stages: {kind}"
            table.add(name, [name], {name for _ in really}, {name for _ in found})
        if all(table.counts[f"stages: {kind}"]["broken"] >= least for kind, *_ in made):
            break


# All of it


Run = Callable[[Inputs, int], Table]


def in_bulk(of: Callable[[Bed, int, Table], None], question: Callable[[Inputs, int], Bed], seeds: Iterable[int]) -> Run:
    """Return the run that makes a family on one bed after another, each adding its share of what is asked in all."""

    def run(small: Inputs, many: int) -> Table:
        table, every = Table(), list(seeds)
        for number, seed in enumerate(every, 1):
            of(question(small, seed), many * number // len(every), table)
        return table

    return run


RUNS: Mapping[str, Run] = {
    "rules": in_bulk(of_rules, beds.everything, range(12)),
    "local fit": in_bulk(lambda bed, many, table: of_tests(bed, 40, table), beds.demanded, range(12)),
    "sites": in_bulk(of_sites, beds.everything, range(12)),
    "soft rules": in_bulk(of_prices, beds.softened, (1, 2, 4, 5)),
    "stages": in_bulk(lambda bed, many, table: of_stages(bed, 2 * many, table), beds.in_stages, range(6)),
}
"""Every family by what it breaks: of the tiny territory's inputs, and how many of each kind, the counts."""
