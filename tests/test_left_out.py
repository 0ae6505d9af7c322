"""Why a project is left out, where what is short is a sum of uses under limits: two figures each, by hand."""

from __future__ import annotations

import dataclasses

import pytest
from tiny import Limit, Option, Use, case

from planner.case import pose
from planner.intake.inputs import Inputs
from planner.left_out import left_out

OPTIONS: list[Option] = [("P/main", "s", 2026, 5), ("Q/main", "t", 2026, 3)]


def only(uses: list[Use], limits: list[Limit]) -> tuple[object, ...]:
    """Return cause, rule, place and the two figures of Q where P is placed."""
    (row,) = left_out(case(OPTIONS, uses, limits), [0]).to_dict("records")
    assert row["project"] == "Q"
    return tuple(row[name] for name in ("cause", "by", "place", "need", "offer"))


@pytest.mark.parametrize(
    ("first", "second", "most", "least", "told"),
    [
        (4, 3, 5.0, None, (3, 1)),  # 4 of 5 are drawn, 1 is left
        (-4, 8, 3.0, None, (8, 7)),  # what P gives makes room for 7
        (4, -3, None, 2.0, (3, 2)),  # 4 where 2 at least are wanted: 2 may go
        (-2, -1, None, -2.0, (1, 0)),
        (9, 3, 5.0, None, (3, 0)),  # missed already, where the rule is soft
    ],
)
def test_a_sum_that_leaves_too_little_is_the_rule_with_its_figures(
    first: float, second: float, most: float, least: float | None, told: tuple[float, float]
) -> None:
    """**Sensitivity**: with amounts always taken to grow, a least would never leave anybody out."""
    found = only([(0, "power", "K", first), (1, "power", "K", second)], [("power", "K", most, 0, least)])
    assert found == ("rule", "power", "K", *told)


@pytest.mark.parametrize(("first", "second"), [(4, 1), (4, -9), (-4, 9)])
def test_a_sum_that_has_room_is_not_the_cause(first: float, second: float) -> None:
    """From 5 down to anything; from −4 up to 5."""
    found = only([(0, "power", "K", first), (1, "power", "K", second)], [("power", "K", 5, 0)])
    assert found[:2] == ("outbid", "score")


def test_a_place_that_is_taken_comes_before_a_rule_only_where_every_option_has_one() -> None:
    """Q could go to t, but for the rule: 3 of 1 left; were t taken by P as well, it would be outbid there."""
    uses: list[Use] = [(0, "power", "K", 4), (1, "power", "K", 3), (1, "floor", "t", 2)]
    limits: list[Limit] = [("power", "K", 5, 0), ("floor", "t", 3, 0)]
    assert only(uses, limits) == ("rule", "power", "K", 3, 1)
    assert only([*uses, (0, "floor", "t", 2)], limits) == ("outbid", "floor_not_overfilled", "t", 2, 1)


def test_a_parcel_is_told_by_its_area() -> None:
    uses: list[Use] = [(0, "parcel", "J", 900), (1, "parcel", "J", 900)]
    assert only(uses, [("parcel", "J", 900, 0)]) == ("outbid", "parcel_used_once", "J", 900, 0)


@pytest.mark.parametrize(
    ("park", "space", "told"),
    [
        ("L", 5.0, ("rule", "one_main_park_per_cluster", "C", 4, 2)),  # 80 % of 5, where K's 10 leave 10 − 0.8 × 10
        ("L", 2.5, ("outbid", "score", "", "", "")),
        ("K", 99.0, ("outbid", "score", "", "", "")),  # more of the main park
        ("L", 40.0, ("outbid", "score", "", "", "")),  # which L becomes: 40 of 50 are 80 %
        ("", 40.0, ("rule", "one_main_park_per_cluster", "C", 32, 2)),  # outside all parks
    ],
)
def test_a_main_park_leaves_room_by_what_it_would_hold(park: str, space: float, told: tuple[object, ...]) -> None:
    """P of cluster C has 10 m² in K, of which 80 % are asked for in one park. Q is of C as well."""
    options: list[Option] = [("P/main", "s", 2026, 5, "K", 10.0), ("Q/main", "t", 2026, 3, park, space)]
    uses: list[Use] = [(0, "one_main_park_per_cluster", "C", 8.0), (1, "one_main_park_per_cluster", "C", 0.8 * space)]
    posed = case(options, uses, [("one_main_park_per_cluster", "C", 0, 0)])
    (row,) = left_out(posed, [0]).to_dict("records")
    assert tuple(row[name] for name in ("cause", "by", "place", "need", "offer")) == told


@pytest.mark.parametrize(
    ("taken", "near", "told"),
    [
        ((), True, ("outbid", "score")),  # both have room, near one another
        ((), False, ("rule", "parts_together")),  # both have room, but far apart
        (("t",), True, ("outbid", "floor_not_overfilled")),  # b has none, wherever a is
        (("s", "t"), False, ("outbid", "floor_not_overfilled")),
    ],
)
def test_parts_are_too_far_apart_only_where_each_has_room(
    taken: tuple[str, ...], near: bool, told: tuple[str, str]
) -> None:
    """Q's part a may stand on s, its part b on t; P has what is taken. Q is left out, so neither part is there yet."""
    options: list[Option] = [("P/main", "u", 2026, 5), ("Q/a", "s", 2026, 1), ("Q/b", "t", 2026, -3)]
    uses: list[Use] = [(0, "floor", place, 1) for place in taken]
    uses += [(1, "floor", "s", 1), (2, "floor", "t", 1), (1, "parts_together", "Q/a Q/b s", 1)]
    uses += [(2, "parts_together", "Q/a Q/b s", -1)] if near else []
    limits: list[Limit] = [("floor", "s", 1, 0), ("floor", "t", 1, 0), ("parts_together", "Q/a Q/b s", 0, 0)]
    (row,) = left_out(case(options, uses, limits), [0]).to_dict("records")
    assert (row["cause"], row["by"]) == told


def test_of_several_that_fit_nowhere_each_is_told_its_own_refusal(small: Inputs) -> None:
    """**Sensitivity**: with the refusals of the other among its own, a part would be told what the other fails."""
    parts = small.projects.parts.copy()
    parts.loc["P-014/main", "load_kn_m2"] = 999.0
    parts.loc["P-008/research", "clear_height_m"] = 40.0
    projects = dataclasses.replace(small.projects, parts=parts)
    posed = pose(dataclasses.replace(small, projects=projects, root=None))
    told = left_out(posed, []).set_index("project")[["by", "part"]]
    assert told.loc["P-014"].tolist() == ["floor_load", "P-014/main"]
    assert told.loc["P-008"].tolist() == ["clear_height", "P-008/research"]
