"""Why a project is left out, where what is short is a sum of uses under limits: two figures each, by hand."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from tiny import Limit, Option, Use, case

from planner import outbid
from planner.case import Case, pose
from planner.explain import explain
from planner.intake.inputs import Inputs
from planner.left_out import left_out, told
from planner.outbid import cheapest
from planner.plan import Solved, plan_of

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


# By whom, and by how many points


def bidders() -> Case:
    """Return: on floor t of 6 stand P (3, worth 5), R (2, worth 2 and 2 at u) and S (1, worth 3).

    Q wants 3 of it and is worth 4 there, or t2, worth less, which T has; its other part is worth 1.5 at u, of which R
    and Y (worth 1) have all, or 0.5 at v.
    """
    options: list[Option] = [
        ("P/a", "t", 2026, 5), ("Q/a", "t", 2026, 4), ("Q/a", "t2", 2026, 3.5), ("Q/b", "u", 2026, 1.5),
        ("Q/b", "v", 2026, 0.5), ("R/a", "t", 2026, 2), ("R/b", "u", 2026, 2), ("S/a", "t", 2026, 3),
        ("T/a", "t2", 2026, 9), ("Y/a", "u", 2026, 1),
    ]  # fmt: skip
    uses: list[Use] = [
        (0, "floor", "t", 3), (1, "floor", "t", 3), (2, "floor", "t2", 1), (3, "floor", "u", 1), (4, "floor", "v", 1),
        (5, "floor", "t", 2), (6, "floor", "u", 1), (7, "floor", "t", 1), (8, "floor", "t2", 1), (9, "floor", "u", 1),
    ]  # fmt: skip
    room = {"t": 6.0, "t2": 1.0, "u": 2.0, "v": 1.0}
    return case(options, uses, [("floor", key, most, 0) for key, most in room.items()])


TAKEN = [0, 5, 6, 7, 8, 9]


def test_one_outbid_is_told_by_whom_and_by_how_many_points() -> None:
    """**Proves**: for 3 of t either P (5) leaves, or R and S (4 + 3): P. Q is worth 4 there and 0.5 at v: no u is free.

    Its other part, where it has room, counts there: at v where R and Y have u. **Sensitivity**: R alone frees 2 of 3;
    with one of its parts counted, R and S would be worth 5; by the best of both parts Q would be worth 5.5.
    """
    posed = bidders()
    (row,) = left_out(posed, TAKEN).to_dict("records")
    assert (row["project"], row["cause"], row["place"]) == ("Q", "outbid", "t")
    assert (row["held_by"], row["points"], row["points_held"]) == ("P", 4.5, 5.0)
    assert "went to P, R, S" in row["words_en"]
    assert told(row).en.endswith(
        "; for it at least P would have to leave, worth 5.0 points; Q is worth 4.5: outbid by 0.5"
    )
    dear = dataclasses.replace(posed, options=posed.options.assign(given=posed.options["given"].replace(5.0, 8.0)))
    (row,) = left_out(dear, TAKEN).to_dict("records")
    assert (row["held_by"], row["points_held"]) == ("R;S", 7.0)
    assert told(row).zh.endswith("；为此至少 R、S 须离开，共值 7.0 分，而 Q 值 4.5 分，差 2.5 分")
    poor = dataclasses.replace(posed, options=posed.options.assign(given=posed.options["given"].replace(4.0, 4.5)))
    (row,) = left_out(poor, TAKEN).to_dict("records")
    assert told(row).en.endswith("worth 5.0 points; Q is worth 5.0")


def test_who_would_have_to_leave_is_told_for_all_parts_at_once() -> None:
    """**Proves**: where neither u nor v has room, R leaves u too: with it t has 2 more, so that only S leaves besides.

    **Sensitivity**: for the first part alone P (5) would do; u needs R or Y (2) as well, and R and S are worth 7.
    """
    full = dataclasses.replace(bidders(), limits=bidders().limits.replace({"at_most": {1.0: 0.5}}))
    (row,) = left_out(full, TAKEN).to_dict("records")
    assert (row["held_by"], row["points"], row["points_held"]) == ("P;Y", 5.5, 6.0)


def test_a_share_of_a_part_frees_and_is_worth_its_share() -> None:
    """Half of P (8) has 1.5 of t: with it gone 3 are free, at 4 points."""
    options: list[Option] = [("P/a", "t", 2026, 8), ("P/a", "u", 2026, 8), ("Q/a", "t", 2026, 1)]
    uses: list[Use] = [(0, "floor", "t", 3), (1, "floor", "u", 3), (2, "floor", "t", 3)]
    posed = case(options, uses, [("floor", "t", 3, 0), ("floor", "u", 3, 0)], share_min={"P/a": 0.5})
    (row,) = left_out(posed, [0], [0.5]).to_dict("records")
    assert (row["need"], row["offer"], row["held_by"], row["points_held"]) == (3, 1.5, "P", 4.0)


def test_what_it_is_outbid_by_is_told_goal_by_goal() -> None:
    posed = bidders()
    plan = plan_of(posed, Solved(tuple(TAKEN), 22.0, 22.0, None, "effort", None, 0.0, 0.0))
    first, *rest = explain(posed, plan, "Q")
    assert (first.kind, first.held_by, first.points, first.terms) == ("outbid", ("P",), 4.5, {"given": 5.0})
    assert [one.terms for one in rest if one.kind == "next_site"][:2] == [{"given": 4.0}, {"given": 3.5}]
    old = dataclasses.replace(plan, left_out=plan.left_out.drop(columns=["held_by", "points", "points_held"]))
    first = explain(posed, old, "Q")[0]
    assert (first.held_by, first.points) == ((), None)
    assert first.words.en.endswith("went to P, R, S (needs 3, 0 left)")


@pytest.mark.parametrize("seed", range(40))
def test_who_would_have_to_leave_is_the_cheapest_set_there_is(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against every set of up to nine holders of up to three places."""
    rng = np.random.default_rng(seed)
    names, places = [f"P{k}" for k in range(rng.integers(1, 10))], int(rng.integers(1, 4))
    frees = {name: rng.integers(0, 4, places).astype(float) for name in names}
    worth = {name: float(rng.integers(-1, 9)) for name in names}
    lacks = rng.integers(1, 7, places).astype(float)
    sets = [of for count in range(1, len(names) + 1) for of in itertools.combinations(names, count)]
    enough = [of for of in sets if (sum(frees[name] for name in of) >= lacks).all()]
    found = cheapest(lacks, frees, worth)
    assert bool(found) == bool(enough)
    if enough:
        assert (sum(frees[name] for name in found) >= lacks).all()
        assert sum(max(worth[name], 0) for name in found) == min(sum(max(worth[one], 0) for one in of) for of in enough)
    monkeypatch.setattr(outbid, "NODES", 0)
    assert cheapest(lacks, frees, worth) == ()


def test_every_rule_that_leaves_too_little_is_named() -> None:
    """Q would draw 3 in two years and has 1 job too many: three rows are short, the first of them decides."""
    options: list[Option] = [("P/a", "s", 2026, 5), ("Q/a", "t", 2026, 3)]
    uses: list[Use] = [(0, "power", "K 2026", 4), (0, "power", "K 2027", 4), (0, "housing", "K", 5)]
    uses += [(1, "power", "K 2026", 3), (1, "power", "K 2027", 3), (1, "housing", "K", 6)]
    limits: list[Limit] = [("power", "K 2026", 5, 0), ("power", "K 2027", 5, 0), ("housing", "K", 10, 0)]
    (row,) = left_out(case(options, uses, limits), [0]).to_dict("records")
    assert (row["cause"], row["by"], row["place"], row["held_by"]) == ("rule", "power", "K 2026", "")
    assert row["words_en"].endswith("; short as well: power by park and year K 2027, housing K")
    assert row["words_zh"].endswith("；同样不足的还有：园区供电 K 2027、职工住房 K")
