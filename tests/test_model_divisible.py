"""Divisible parts: shares of several sites, each at least the least share; by hand, or against shares tried in turn."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from test_shares import asked
from tiny import case

import planner
from planner.audit import audit
from planner.case import Case
from planner.comparison import by_park
from planner.explain import explain
from planner.intake.inputs import Inputs
from planner.layers import layers_of
from planner.model import formulate
from planner.plan import Plan, load, save
from planner.solve import engines, pricing

SITES = ("s", "t", "u")


def solve(posed: Case) -> Plan:
    return planner.solve(posed, gap=0.0, threads=1)


def shares(plan: Plan) -> dict[tuple[str, str], float]:
    rows = zip(plan.placements["part"], plan.placements["site"], plan.placements["share"], strict=True)
    return {(part, site): round(share, 6) for part, site, share in rows}


def two_floors(least: float) -> Case:
    """Return P (10 m²; 10 points on s, 12 on t) and Q (4 m² of s; 3 points); either floor has 8 m²."""
    return case(
        [("P/main", "s", 2026, 10), ("P/main", "t", 2026, 12), ("Q/main", "s", 2026, 3)],
        [(0, "floor", "s", 10), (1, "floor", "t", 10), (2, "floor", "s", 4)],
        [("floor", "s", 8, 0), ("floor", "t", 8, 0)],
        share_min={"P/main": least},
    )


@pytest.mark.parametrize(
    ("least", "score"),
    [
        (0.2, 14.6),  # 0.8 on t, the rest on s beside Q: 9.6 + 2 + 3
        (0.3, 14.4),  # 0.7 on t, 0.3 on s: 8.4 + 3 + 3
        (0.5, 11.0),  # halves: 5 m² on s leave less than Q needs: 6 + 5
        (0.6, 3.0),  # two shares of 0.6 are more than all of it
        (np.nan, 3.0),  # not divisible: 10 m² fit on neither
    ],
)
def test_place_is_a_share_of_a_divisible_part(least: float, score: float) -> None:
    """**Proves**: what a part takes and brings goes by its shares, which add up to all of it; none is below the least.

    **Sensitivity**: without the least share the third and the fourth case would be 14.6; by options whole, all are 3.
    """
    plan = solve(two_floors(least))
    assert plan.summary["score"] == pytest.approx(score)
    assert plan.summary["score"] - 1e-6 <= plan.summary["bound"]
    assert plan.placements["points"].sum() == pytest.approx(score)


def test_placements_and_uses_go_by_shares() -> None:
    plan = solve(two_floors(0.2))
    assert shares(plan) == {("P/main", "s"): 0.2, ("P/main", "t"): 0.8, ("Q/main", "s"): 1}
    taken = plan.uses.set_index(["part", "place"])["amount_m2"].to_dict()
    assert taken == pytest.approx({("P/main", "s"): 2, ("P/main", "t"): 8, ("Q/main", "s"): 4})


def test_taken() -> None:
    """**Proves**: P and R each find room for half of themselves on a parcel of their own, the rest only on J: P's: 5.

    **Sensitivity**: were halves of J counted, each would hold one: 9.
    """
    posed = case(
        [("P/main", "J", 2026, 5), ("P/main", "J2", 2026, 5), ("R/main", "J", 2026, 4), ("R/main", "J3", 2026, 4)],
        [
            *((k, "parcel", parcel, 100) for k, parcel in enumerate(("J", "J2", "J", "J3"))),
            (1, "power", "J2", 2),
            (3, "power", "J3", 2),
        ],
        [*(("parcel", name, 100, 0) for name in ("J", "J2", "J3")), ("power", "J2", 1, 0), ("power", "J3", 1, 0)],
        share_min=dict.fromkeys(("P/main", "R/main"), 0.5),
    )
    plan = solve(posed)
    assert plan.summary["score"] == pytest.approx(5)
    assert shares(plan) == {("P/main", "J"): 1} or shares(plan) == {("P/main", "J"): 0.5, ("P/main", "J2"): 0.5}
    assert [key for variable, key in formulate(posed).column_keys if variable == "taken"] == ["0", "1", "2", "3"]


def near_one_another(sites: str, price: float | None, *, in_one_row: bool) -> Case:
    """Return P and Q, divisible: 10 points each on these sites, with room for half of either, or 4 far off.

    Those of P are all near those of Q: in one row, or in one for each site of P.
    """
    near = [(part, f"{part} {site}", 2026, 10.0) for part in ("P/main", "Q/main") for site in sites]
    far = [(part, f"{part} far", 2026, 4.0) for part in ("P/main", "Q/main")]
    count = len(sites)
    rows = [f"1: P/main Q/main {site}" for site in (sites[:1] if in_one_row else sites)]
    apart = [
        *((k, "kept_apart", rows[k % len(rows)], 1.0) for k in range(count)),
        *((count + k, "kept_apart", row, 1.0) for k in range(count) for row in rows),
    ]
    return case(
        [*near, *far],
        [*apart, *((k, "floor", option[1], 2.0) for k, option in enumerate(near))],
        [*(("kept_apart", row, 1.0, 0.0) for row in rows), *(("floor", option[1], 1.0, 0.0) for option in near)],
        share_min=dict.fromkeys(("P/main", "Q/main"), 0.5),
        soft=None if price is None else {"kept_apart": price},
    )


@pytest.mark.parametrize(
    ("sites", "price", "score"),
    [
        ("s", None, 11),  # half of either is near and brings 5 + 2, the other is far: 7 + 4
        ("st", None, 14),  # two halves of one part, near what is empty: 10 + 4
        ("s", 2, 12),  # half of either near the other: 7 + 7 − 2
        ("st", 2, 18),  # two halves of either, each near each of the other: 10 + 10 − 2
        ("st", 7, 14),
    ],
)
@pytest.mark.parametrize("in_one_row", [True, False])
def test_kept_apart_of_shares(sites: str, price: float | None, score: float, in_one_row: bool) -> None:
    """**Proves**: a share is near, however small; shares of one part do not disturb each other; two parts cost once.

    **Sensitivity**: by shares alone the first would be 14 (½ + ½ ≤ 1). With a conflict between shares of one part the
    second would be 11; with a price for each row the fourth would be 16, for each share or two of them 14.
    """
    posed = near_one_another(sites, price, in_one_row=in_one_row)
    plan = solve(posed)
    assert plan.summary["score"] == pytest.approx(score)
    assert plan.summary["bound"] >= score - 1e-6
    assert posed.soft == {} or plan.summary["soft"]["kept_apart"] == pytest.approx(0 if score == 14 else price)


def test_kept_apart_of_a_share_and_a_part_that_is_whole() -> None:
    """**Proves**: R (6 near, 1 far) is near both halves of P (10): at a price of 2 once: 14; hard: R far, 11.

    **Sensitivity**: by the share near, without a row for each half, R near one half of P alone would cost 1 (below).
    """
    options = [("P/main", "s", 2026, 10.0), ("P/main", "t", 2026, 10.0), ("R/main", "u", 2026, 6.0)]
    limits = [("floor", "s", 1.0, 0.0), ("floor", "t", 1.0, 0.0), ("kept_apart", "1: R/main P/main u", 1.0, 0.0)]
    uses = [(0, "floor", "s", 2.0), (1, "floor", "t", 2.0)]
    for near, price, score in (((0, 1), 2.0, 14), ((0,), 2.0, 14), ((0, 1), None, 11), ((), None, 16)):
        apart = [(k, "kept_apart", "1: R/main P/main u", 1.0) for k in (*near, 2)]
        posed = case(
            [*options, ("R/main", "v", 2026, 1.0)], [*uses, *apart], limits, share_min={"P/main": 0.5},
            soft=None if price is None else {"kept_apart": price},
        )  # fmt: skip
        assert solve(posed).summary["score"] == pytest.approx(score)


def test_two_shares_of_a_part_are_at_two_places() -> None:
    """**Proves**: from 2026 (4 points) there is power for half of P, from 2027 (2) for all; one floor has one of these.

    **Sensitivity**: with a share from each year on one floor 3; no more than half of it: 0.
    """
    posed = case(
        [("P/main", "s", 2026, 4), ("P/main", "s", 2027, 2)],
        [(0, "floor", "s", 1), (1, "floor", "s", 1), (0, "power", "K 2026", 2)],
        [("floor", "s", 9, 0), ("power", "K 2026", 1, 0)],
        share_min={"P/main": 0.1},
    )
    assert solve(posed).summary["score"] == pytest.approx(2)


def best_by_tenths(points: NDArray[np.float64], room: NDArray[np.int64], least: int) -> float:
    """Return the best score of two parts that use 10 of three sites, shares in tenths tried in turn."""
    tenths = [0, *range(least, 11)]
    ways = np.array([(0, 0, 0), *(way for way in itertools.product(tenths, repeat=3) if sum(way) == 10)])
    pairs = ways[:, None] + ways[None, :]
    score = (ways @ points[0] / 10)[:, None] + (ways @ points[1] / 10)[None, :]
    return float(score[(pairs <= room).all(axis=2)].max())


@pytest.mark.parametrize(("seed", "whole_up_to"), [(0, 5_000), (1, 5_000), (2, 5_000), (3, 0)])
def test_the_best_shares_are_those_found_by_trying_tenths(
    seed: int, whole_up_to: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both parts use 10 of each site and rooms are whole: the corners of such a programme lie on tenths."""
    monkeypatch.setattr(engines, "WHOLE_UP_TO", whole_up_to)
    rng = np.random.default_rng(seed)
    points, room, least = rng.integers(1, 20, (2, 3)).astype(float), rng.integers(3, 9, 3), int(rng.integers(1, 6))
    parts = ("P/main", "R/main")
    posed = case(
        [(part, site, 2026, points[k, j]) for k, part in enumerate(parts) for j, site in enumerate(SITES)],
        [(3 * k + j, "floor", site, 10) for k in range(2) for j, site in enumerate(SITES)],
        [("floor", site, float(room[j]), 0) for j, site in enumerate(SITES)],
        share_min=dict.fromkeys(parts, least / 10),
    )
    plan = solve(posed)
    assert plan.summary["score"] == pytest.approx(best_by_tenths(points, room, least))
    assert plan.summary["bound"] >= plan.summary["score"] - 1e-6


def test_patterns_of_blocks_prove_a_case_with_a_divisible_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Q alone is in a block; shares of P stay outside and bring their rows into the master."""
    monkeypatch.setattr(engines, "WHOLE_UP_TO", 0)
    posed = two_floors(0.2)
    assert pricing.blocks_of(formulate(posed))[:3].tolist() == [-1, -1, 0]
    plan = planner.solve(posed, gap=1e-6, threads=1)
    assert plan.summary["score"] == pytest.approx(14.6)
    assert plan.summary["gap"] <= 1e-6
    assert shares(plan) == {("P/main", "s"): 0.2, ("P/main", "t"): 0.8, ("Q/main", "s"): 1}


@pytest.mark.parametrize(
    ("only", "score"), [({}, 1000), ({"P-003": {"parcels": ["YL-01", "XQD-01"]}}, 1000 - 17.740798)]
)
def test_shares_in_two_parks_pass_the_audit(
    small: Inputs, only: dict[str, object], score: float, tmp_path: Path
) -> None:
    """Of the 1,000 kVA of P-003 either park has 600: it is parted, on floors, or on plots, which are held whole."""
    caps = {"YL": {2026: 600}, "XQD": {2026: 600}, "JB": {2026: 0}}
    one = asked(small, {"P-003": {"share_min": 0.25}}, rules={"power": {"caps": caps}}, only=only)
    posed = planner.pose(one)
    plan = solve(posed)
    assert plan.summary["score"] == pytest.approx(score)
    assert set(plan.placements["park"]) == {"YL", "XQD"}
    assert plan.placements["share"].between(0.4 - 1e-6, 0.6 + 1e-6).all()
    findings = audit(plan, one)
    assert findings["kept"].all(), findings[~findings["kept"]]
    assert explain(posed, plan, "P-003")[0].kind == "placed"
    assert by_park(plan)[["land_m2", "floor_m2"]].sum().sum() == pytest.approx(plan.uses["amount_m2"].sum())
    save(plan, tmp_path / "plan", layers_of(plan, one.territory), {})
    assert load(tmp_path / "plan").placements["share"].tolist() == plan.placements["share"].tolist()


def test_the_audit_finds_shares_that_are_wrong(small: Inputs) -> None:
    """Of two shares: too little together, or too much; less than the least; a part that is not divisible."""
    caps = {"YL": {2026: 600}, "XQD": {2026: 600}, "JB": {2026: 0}}
    one = asked(small, {"P-003": {"share_min": 0.4}}, rules={"power": {"caps": caps}})
    plan = solve(planner.pose(one))
    first = plan.placements["share"].iloc[0]

    def broken(question: Inputs, share: float = first) -> set[str]:
        """Return what is found where the first placement takes another share, and uses as much."""
        placements, uses = plan.placements.copy(), plan.uses.copy()
        placements.loc[0, "share"] = share
        uses.loc[uses["place"] == placements.loc[0, "places"], "amount_m2"] *= share / first
        found = audit(dataclasses.replace(plan, placements=placements, uses=uses), question)
        return set(found.loc[~found["kept"], "rule"])

    assert broken(one) == set()
    assert {"each_part_placed_with_its_project", "site"} <= broken(one, 0.3)
    assert {"each_part_placed_with_its_project", "each_part_placed_once", "power"} <= broken(one, 0.9)
    for least in (np.nan, 0.7):
        other = asked(small, {"P-003": {"share_min": least}}, rules={"power": {"caps": caps}})
        assert broken(other) == {"site"}
