"""Buildings, parks, years and the purse on paper: each rule on a case small enough to be solved by hand.

**Proves** says what follows by hand, **Sensitivity** which wrong answer the likeliest bug would give. `test_model`
drops each of these rules in turn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from paper import Paper, chosen, solve
from tiny import Option, case

THREE: list[Option] = [("P/main", "s", 2026, 5), ("Q/main", "t", 2026, 4), ("R/main", "u", 2026, 2)]


def of_three(kind: str, amounts: tuple[float, float, float], most: float, score: float) -> Paper:
    """Return the case of three options that use something of one key."""
    return Paper(case(THREE, [(k, kind, "K", a) for k, a in enumerate(amounts)], [(kind, "K", most, 0)]), score, 11)


def by_year(kind: str) -> Paper:
    """Return the case of a park that has 5 in 2026 and 10 from 2027 on, of which each part uses 4."""
    return Paper(
        case(
            [("P/main", "s", 2026, 7), ("Q/main", "t", 2026, 6), ("Q/main", "t", 2027, 4), ("R/main", "u", 2027, 3)],
            [(k, kind, f"K {t}", 4) for k, t in ((0, 2026), (0, 2027), (1, 2026), (1, 2027), (2, 2027), (3, 2027))],
            [(kind, "K 2026", 5, 0), (kind, "K 2027", 10, 0)],
        ),
        score=11,
        without=16,
    )


PAPER: Mapping[str, Paper] = {
    "building_filled": Paper(
        case(
            [("P/main", "B-F01", 2026, 5), ("Q/main", "B-F02", 2026, -1)],
            [(0, "building", "B", 10), (1, "building", "B", 20)],
            [("building", "B", None, 0, 25)],
        ),
        score=4,
        without=5,
    ),
    "building_power": of_three("building_power", (6, 6, 4), 10, 7),
    "lifts": of_three("lifts", (20, 16, 8), 24, 6),
    "building_waste_water": of_three("building_waste_water", (9, 5, 5), 10, 6),
    "water": by_year("water"),
    "waste_water": by_year("waste_water"),
    "gas": by_year("gas"),
    "land_supply": Paper(
        case(
            [("P/main", "J1", 2026, 5), ("Q/main", "J2", 2026, 4), ("Q/main", "J2", 2027, 3)],
            [(0, "land_supply", "2026", 9), (1, "land_supply", "2026", 9), (2, "land_supply", "2027", 9)],
            [("land_supply", "2026", 10, 0), ("land_supply", "2027", 10, 0)],
        ),
        score=8,
        without=9,
    ),
    "preparation_budget": of_three("preparation_budget", (3, 4, 1.5), 4.5, 7),
    "pole_share": Paper(
        case(
            [("P/main", "in K", 2026, 2), ("Q/main", "elsewhere", 2026, 3)],
            [(0, "pole_share", "K least", 10 * (1 - 0.5)), (1, "pole_share", "K least", 30 * (0 - 0.5))],
            [("pole_share", "K least", None, 0, 0)],
        ),
        score=2,
        without=5,
    ),
    "housing": of_three("housing", (60, 60, 40), 100, 7),
    "started_space_target": Paper(
        case(
            [("P/main", "s", 2026, 5)],
            limits=[
                ("building", "B", None, 3), ("started_space", "B", 40, 0), ("started_space_target", "2026", None, 0, 30)
            ],
        ),
        score=2,
        without=5,
    ),
}  # fmt: skip


def test_building_filled() -> None:
    """**Proves**: P (10 of 25 m²) opens B only with Q, which brings −1: 5 − 1 = 4.

    **Sensitivity**: without the rule the score would be 5, P alone in B; were all of B to be filled, 0.
    """
    plan = solve(PAPER["building_filled"].case)
    assert plan.summary["score"] == 4
    assert plan.summary["opened"] == ["B"]


def test_building_filled_at_a_price() -> None:
    """**Proves**: 15 m² missing at 0.02 points each cost 0.3, less than Q: 4.7. **Sensitivity**: by building 4.98."""
    plan = solve(dataclasses.replace(PAPER["building_filled"].case, soft={"building_filled": 0.02}))
    assert plan.summary["score"] == 4.7
    assert plan.summary["soft"] == {"building_filled": 0.3}


def test_building_power() -> None:
    """**Proves**: P and Q draw 6 of 10 kVA each, R 4: P and R, 5 + 2.

    **Sensitivity**: without the rule the score would be 11; were one alone held to it, 11 as well.
    """
    assert chosen(solve(PAPER["building_power"].case)) == {"P/main": "s", "R/main": "u"}


def test_lifts() -> None:
    """**Proves**: 24 t a shift pass: Q and R (16 + 8), 6, not P (20), 5.

    **Sensitivity**: without the rule the score would be 11; by the best first 5.
    """
    assert solve(PAPER["lifts"].case).summary["score"] == 6


def test_building_waste_water() -> None:
    """**Proves**: 10 m³/d are taken: Q and R with 5 each, 6; P with 9 alone brings 5.

    **Sensitivity**: without the rule the score would be 11.
    """
    assert solve(PAPER["building_waste_water"].case).summary["score"] == 6


def test_water() -> None:
    """**Proves**: 5 m³/d in 2026, 10 in 2027, each uses 4: P in 2026 (7), Q in 2027 (4): 11.

    **Sensitivity**: without the rule the score would be 16; were water used in the year of the start alone, 14.
    """
    assert solve(PAPER["water"].case).summary["score"] == 11


def test_waste_water() -> None:
    """**Proves**: as of water, in its own rows: 11.

    **Sensitivity**: without the rule the score would be 16.
    """
    assert solve(PAPER["waste_water"].case).summary["score"] == 11


def test_gas() -> None:
    """**Proves**: as of water, in its own rows: 11.

    **Sensitivity**: without the rule the score would be 16.
    """
    assert solve(PAPER["gas"].case).summary["score"] == 11


def test_land_supply() -> None:
    """**Proves**: 10 m² a year, 9 asked by each: P in 2026 (5), Q in 2027 (3): 8.

    **Sensitivity**: without the rule the score would be 9; were land of 2026 still taken in 2027, 5.
    """
    plan = solve(PAPER["land_supply"].case)
    assert plan.summary["score"] == 8
    assert plan.placements["start_year"].tolist() == [2026, 2027]


def test_preparation_budget() -> None:
    """**Proves**: 4.5 亿元: P (3) and R (1.5), 7; Q (4) leaves no room for R.

    **Sensitivity**: without the rule the score would be 11.
    """
    assert solve(PAPER["preparation_budget"].case).summary["score"] == 7


def test_pole_share() -> None:
    """**Proves**: K is to have half of the space: P (10 m² in K) without Q (30 m² elsewhere), 2; both give it ¼.

    **Sensitivity**: without the rule the score would be 5; by number of parts it would be 5 too.
    """
    assert chosen(solve(PAPER["pole_share"].case)) == {"P/main": "in K"}


def test_pole_share_at_most() -> None:
    """**Proves**: K may have 40 % at most: P alone has all of it; with Q (30 m²) 25 %: both, 5.

    **Sensitivity**: were the most a least turned round, Q alone: 3.
    """
    shares = [(0, "pole_share", "K most", 10 * (1 - 0.4)), (1, "pole_share", "K most", 30 * (0 - 0.4))]
    options = [("P/main", "in K", 2026, 2), ("Q/main", "elsewhere", 2026, 3)]
    assert solve(case(options, shares, [("pole_share", "K most", 0, 0)])).summary["score"] == 5
    assert solve(case(options[:1], shares[:1], [("pole_share", "K most", 0, 0)])).summary["score"] == 0


def test_housing() -> None:
    """**Proves**: 100 beds: P and R need 60 + 40, 7.

    **Sensitivity**: without the rule the score would be 11.
    """
    assert solve(PAPER["housing"].case).summary["score"] == 7


def test_started_space_target() -> None:
    """**Proves**: 30 m² are missing and B starts 40: it is opened for 3 points, though nobody moves in: 5 − 3.

    **Sensitivity**: without the rule the score would be 5.
    """
    plan = solve(PAPER["started_space_target"].case)
    assert plan.summary["score"] == 2
    assert plan.summary["opened"] == ["B"]


def test_started_space_target_at_a_price() -> None:
    """**Proves**: 30 m² at 0.05 points each cost 1.5, less than B: 3.5. **Sensitivity**: by target missed 4.95."""
    plan = solve(dataclasses.replace(PAPER["started_space_target"].case, soft={"started_space_target": 0.05}))
    assert plan.summary["score"] == 3.5
    assert plan.summary["opened"] == []
