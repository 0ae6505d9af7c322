"""What must be placed against what limits allow: told before solving, and never of what has a plan.

**Proves**: whatever is told has no plan, by brute force over every plan of random cases that mix all rules; and each
kind of telling, on paper. **Sensitivity**: a least taken over too few options, or a price of a soft rule forgotten,
tells of a case that has a plan.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
import tiny
from hypothesis import given
from hypothesis import settings as hypothesis
from tiny import Tables, best_plan, tables

from planner.beyond import EVERY, Limited, beyond, never_both, stuck
from planner.case import RULES, Case

MUST = ("P0", "P1")


def limited(case: Case) -> Limited:
    return Limited(case.options, case.uses, case.limits, case.parts, case.projects, case.rules - set(case.soft))


def told(case: Case) -> tuple[list[tuple[str, float]], list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Return sums beyond a limit with the nearest that a plan comes, parts that are stuck, and those never both."""
    asked = limited(case)
    return (
        [(found.at.key, found.reached) for found in beyond(asked)],
        [clash.parts for clash in stuck(asked)],
        [clash.parts for clash in never_both(asked)],
    )


def never_false(drawn: Tables) -> None:
    posed = drawn.case()
    if any(told(posed)):
        assert best_plan(posed) is None


@given(tables())
@hypothesis(max_examples=15)
def test_what_is_told_has_no_plan(drawn: Tables) -> None:
    never_false(drawn)


@pytest.mark.long
@given(tables(goals=True))
@hypothesis(max_examples=2000)
def test_what_is_told_of_many_has_no_plan(drawn: Tables) -> None:
    never_false(drawn)


def case(options: Sequence[tuple[str, dict[str, float]]], limits: dict[str, float], kind: str = "power") -> Tables:
    """Return parts with options that each use so much of some keys, and what each key has at most."""
    return Tables(
        options=tuple((part, f"s{k}", 2026, 1.0) for k, (part, _) in enumerate(options)),
        uses=tuple((k, kind, key, amount) for k, (_, of) in enumerate(options) for key, amount in of.items()),
        limits=tuple((kind, key, most, 0.0) for key, most in limits.items()),
        must_place=MUST,
    )


SUM = case([("P0/a", {"K 1": 4}), ("P0/a", {"K 1": 3}), ("P1/a", {"K 1": 2})], {"K 1": 4.5})
ALL = case([(f"P{k}/a", {key: 2.0}) for k in (0, 1) for key in ("K 1", "L 1")], {"K 1": 2.0, "L 1": 1.9})
STUCK = case([("P0/a", {"K 1": 2}), ("P0/a", {"L 1": 2}), ("P1/a", {"K 1": 3})], {"K 1": 4.0, "L 1": 1.0})
TRIANGLE = case(
    [(f"P{k}/a", dict.fromkeys(pair, 1.0)) for k in (0, 1) for pair in (("J1", "J2"), ("J2", "J3"), ("J1", "J3"))],
    dict.fromkeys(("J1", "J2", "J3", "J4"), 1.0),
    kind="parcel",
)  # fmt: skip


def test_a_sum_takes_the_least_of_each_part() -> None:
    """4 or 3 of P0 and 2 of P1 are 5 at least: beyond 4.5; of 5 there is a plan."""
    assert told(SUM.case()) == ([("K 1", 5.0)], [("P0/a",), ("P1/a",)], [])
    enough = dataclasses.replace(SUM, limits=(("power", "K 1", 5.0, 0.0),))
    assert told(enough.case()) == ([], [], [])
    assert best_plan(enough.case()) is not None


def test_limits_of_a_kind_are_added_up() -> None:
    """Either has 2 in K or L: no park is beyond its limit by itself, but 4 are asked of 3.9."""
    sums, _, _ = told(ALL.case())
    assert sums == [(EVERY, 4.0)]
    assert best_plan(ALL.case()) is None


def test_a_part_is_stuck_beside_another() -> None:
    """P0 needs 2 of 1 in L, or 2 in K beside the 3 of P1, of 4."""
    assert told(STUCK.case())[1] == [("P0/a",)]
    assert best_plan(STUCK.case()) is None


def test_two_on_two_of_three_parcels_each_never_go_together() -> None:
    """Any two pairs of three parcels have one in common; four parcels are enough for two times two."""
    assert told(TRIANGLE.case()) == ([], [], [("P0/a", "P1/a")])
    assert best_plan(TRIANGLE.case()) is None


@pytest.mark.parametrize("drawn", [SUM, ALL, STUCK, TRIANGLE])
def test_nothing_is_told_of_what_may_stay_out_or_be_missed(drawn: Tables) -> None:
    for free in (
        dataclasses.replace(drawn, must_place=()),
        dataclasses.replace(drawn, soft=(("must_place", 1.0),)),
        dataclasses.replace(drawn, soft=(("power", 1.0), ("parcel_used_once", 1.0))),
        dataclasses.replace(drawn, rules=tuple({*RULES} - {"power", "parcel_used_once"})),
    ):
        assert told(free.case()) == ([], [], [])


def test_a_least_is_held_against_the_most_that_can_be_placed() -> None:
    """A group of three asks for 3; one of it has no option. With it there are 3."""
    options = [("P0/a", {"group 1": 1.0}), ("P1/a", {"group 1": 1.0})]
    group = case(options, {"group 1": 3.0}, kind="group_count")
    asked = dataclasses.replace(group, must_place=(), limits=(("group_count", "group 1", None, 0.0, 3.0),))
    assert told(asked.case())[0] == [("group 1", 2.0)]
    third = case([*options, ("P2/a", {"group 1": 1.0})], {"group 1": 3.0}, kind="group_count")
    assert told(dataclasses.replace(third, must_place=(), limits=asked.limits).case())[0] == []


def test_shares_of_a_divisible_part_are_never_stuck() -> None:
    """Half of P0 in either park: 1 and 1 of 2 and 1."""
    divided = tiny.case(STUCK.options[:2], STUCK.uses[:2], STUCK.limits, must_place=["P0"], share_min={"P0/a": 0.4})
    assert told(divided) == ([], [], [])
