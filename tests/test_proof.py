"""The bound, by hand and against exact fractions; whoever found the prices, and however wrong they are."""

from __future__ import annotations

import dataclasses
import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import Tables, best_plan, case, tables

import planner
from planner.case import Case
from planner.model import Model, formulate
from planner.proofs import Proof, load_proof, save_proof
from planner.solve import exact
from planner.solve.proof import bound, proof_of


def two_tenants() -> Case:
    """Return P (5 points) and Q (3) on one floor of 6 m², 4 m² each: one of them, 5."""
    return case(
        [("P/main", "s", 2026, 5), ("Q/main", "s", 2026, 3)],
        [(0, "floor", "s", 4), (1, "floor", "s", 4)],
        [("floor", "s", 6, 0)],
    )


def small_proof(prices: list[float], **changed: object) -> Proof:
    """Return a proof of: maximise 5x + 3y, 4x + 4y ≤ 6 and x + y ≥ 0.5, 0 ≤ x, y ≤ 1, both integer."""
    matrix = scipy.sparse.csr_matrix(np.array([[4.0, 4.0], [1.0, 1.0]]))
    model = Model(
        blocks=(),
        rules=(),
        c=np.array([5.0, 3.0]),
        A=matrix,
        lo=np.array([-np.inf, 0.5]),
        hi=np.array([6.0, np.inf]),
        lower=np.zeros(2),
        upper=np.ones(2),
        integer=np.ones(2, dtype=bool),
    )
    return proof_of(dataclasses.replace(model, **changed), np.array(prices))


def test_bound_is_weak_duality_by_hand() -> None:
    """**Proves**: at a price of ¾ a m², d = (5 − 3, 3 − 3) = (2, 0), the bound is 6 × ¾ + 2 = 6.5, whole points: 6.

    **Sensitivity**: a bound that forgot the columns' own bounds would be 4.5, below the plan of 5 points.
    """
    proof = small_proof([0.75, 0.0])
    assert bound(proof) == 6
    assert bound(dataclasses.replace(proof, c=np.array([5.0, 2.5]))) == pytest.approx(6.5)  # d = (2, −½)
    assert bound(dataclasses.replace(proof, integer=np.array([True, False]))) == pytest.approx(6.5)


def test_bound_counts_the_lower_side_of_a_row() -> None:
    """**Proves**: at −1 on x + y ≥ ½, d = (6, 4): bound = −1 × ½ + 6 + 4 = 9.5; whole: 9.

    **Sensitivity**: with the sign lost it would be 10.5.
    """
    proof = small_proof([0.0, -1.0])
    assert bound(proof) == 9
    assert bound(dataclasses.replace(proof, c0=0.25)) == pytest.approx(9.75)  # points no longer whole


def test_a_price_of_the_wrong_sign_counts_as_zero() -> None:
    """**Proves**: −¾ on a ≤ row and +1 on a ≥ row are impossible; clipped, the bound is 5 + 3 = 8.

    **Sensitivity**: abs() would take −¾ for ¾ and say 6; on an equality it may even cut off the optimum.
    """
    proof = small_proof([-0.75, 1.0])
    assert proof.prices.tolist() == [0.0, 0.0]
    assert bound(proof) == 8


def test_a_price_may_have_either_sign_on_an_equality() -> None:
    """**Proves**: with 4x + 4y = 4 and prices ±1: 4 + (5−4)⁺ + (3−4)⁺ = 5, and −4 + 9 + 7 = 12.

    **Sensitivity**: clipped to positive, the second would be 8; with abs() 5.
    """
    equal = {"lo": np.array([4.0, 0.5]), "hi": np.array([4.0, np.inf])}
    assert bound(small_proof([1.0, 0.0], **equal)) == 5
    assert bound(small_proof([-1.0, 0.0], **equal)) == 12


def test_bound_refuses_what_proves_nothing() -> None:
    proof = small_proof([0.75, 0.0])
    with pytest.raises(ValueError, match="finite bounds"):
        bound(dataclasses.replace(proof, upper=np.array([1.0, np.inf])))
    with pytest.raises(ValueError, match="no bound"):
        bound(dataclasses.replace(proof, prices=np.array([-0.75, 0.0])))
    with pytest.raises(ValueError, match="no bound"):
        bound(dataclasses.replace(proof, prices=np.array([0.0, 1.0])))


@pytest.mark.parametrize("where", ["prices", "c", "lower", "upper", "data", "hi", "c0"])
def test_a_number_that_is_none_proves_nothing(where: str) -> None:
    """**Proves**: not-a-number anywhere is refused. **Sensitivity**: a comparison with it may pass in silence."""
    proof = small_proof([0.75, 0.0])
    values = np.nan if where == "c0" else np.array(getattr(proof, where), dtype=float)
    if where != "c0":
        values[0] = np.nan
    with pytest.raises(ValueError, match=r"finite|bound"), np.errstate(invalid="ignore"):
        bound(dataclasses.replace(proof, **{where: values}))


def test_points_that_are_whole_round_the_bound_down_only_where_every_plan_is_whole() -> None:
    proof = small_proof([0.75, 0.0])
    assert bound(proof) == 6
    assert bound(dataclasses.replace(proof, c=np.array([5.0, 2.75]), prices=proof.prices * 0)) == pytest.approx(7.75)
    # a column that may be a fraction but earns nothing leaves the points whole
    third = dataclasses.replace(
        proof,
        c=np.array([5.0, 3.0, 0.0]),
        lower=np.zeros(3),
        upper=np.ones(3),
        integer=np.array([True, True, False]),
        block=np.full(3, -1),
    )
    assert bound(third) == 6


@settings(max_examples=60)
@given(tables(whole_points=False, must=False), st.data())
def test_any_prices_give_a_bound(drawn: Tables, data: st.DataObject) -> None:
    """Random prices, wrong signs and all: never below the best of all plans."""
    posed = drawn.case()
    model = formulate(posed)
    best = best_plan(posed)
    assert best is not None  # nothing must be placed, so placing nobody is a plan
    prices = data.draw(st.lists(st.floats(-20, 20), min_size=len(model.lo), max_size=len(model.lo)))
    assert bound(proof_of(model, np.array(prices))) >= best.score


@settings(max_examples=30)
@given(tables(must=False), st.integers(0, 10_000), st.floats(-10, 10), st.booleans())
def test_a_price_that_was_tampered_with_never_cuts_off_the_optimum(
    drawn: Tables, where: int, by: float, whole: bool
) -> None:
    """The relaxation's prices are near the best there are; with one of them changed, the bound still holds."""
    posed = drawn.case()
    model = formulate(posed)
    best = best_plan(posed)
    assert best is not None
    prices = exact.relax(model).prices
    assert bound(proof_of(model, prices)) >= best.score
    if len(prices):
        k = where % len(prices)
        prices[k] = -prices[k] if whole else prices[k] + by
        assert bound(proof_of(model, prices)) >= best.score
    assert bound(proof_of(model, np.abs(prices) * -1)) >= best.score


def exact_bound(proof: Proof) -> Fraction:
    """Return the bound of a proof in fractions, without any rounding, whole points or not."""
    columns = len(proof.c)
    d = [Fraction(float(value)) for value in proof.c]
    for row, price in enumerate(proof.prices):
        for k in range(proof.indptr[row], proof.indptr[row + 1]):
            d[proof.indices[k]] -= Fraction(float(price)) * Fraction(float(proof.data[k]))
    total = Fraction(float(proof.c0))
    for price, lo, hi in zip(proof.prices, proof.lo, proof.hi, strict=True):
        total += Fraction(float(price)) * Fraction(float(hi if price > 0 else lo if price < 0 else 0))
    for j in range(columns):
        total += max(d[j] * Fraction(float(proof.lower[j])), d[j] * Fraction(float(proof.upper[j])))
    return total


@settings(max_examples=100)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 12), st.sampled_from([1e-9, 1.0, 1e6, 1e12]))
def test_rounding_is_on_the_safe_side(seed: int, columns: int, rows: int, scale: float) -> None:
    """**Proves**: bound ≥ the same sum in exact fractions, and by no more than 10⁻⁹ of its terms.

    **Sensitivity**: without the error term about half of these bounds would fall short of their own formula.
    """
    rng = np.random.default_rng(seed)
    matrix = scipy.sparse.random(rows, columns, 0.6, random_state=rng, data_rvs=lambda n: rng.normal(0, scale, n))
    sided = rng.integers(0, 3, rows)  # upper only, lower only, both
    middle = rng.normal(0, scale, rows)
    model = Model(
        blocks=(),
        rules=(),
        c=rng.normal(0, 1, columns),
        A=scipy.sparse.csr_matrix(matrix),
        lo=np.where(sided == 0, -np.inf, middle - rng.random(rows)),
        hi=np.where(sided == 1, np.inf, middle + rng.random(rows)),
        lower=rng.normal(-1, 1, columns).clip(max=0),
        upper=rng.random(columns) * 3,
        integer=np.zeros(columns, dtype=bool),
        c0=float(rng.normal()),
    )
    proof = proof_of(model, rng.normal(0, 1 / scale, rows))
    found, exactly = bound(proof), exact_bound(proof)
    assert Fraction(found) >= exactly
    magnitude = 1 + abs(float(exactly)) + float(np.abs(proof.prices).sum() * scale * columns * 10)
    assert found - float(exactly) <= 1e-9 * magnitude


def test_bound_of_a_plan_is_that_of_its_proof() -> None:
    """**Proves**: two tenants of 4 m² on 6: relaxation 6.5 (half of Q), whole points: 6; the plan scores 5.

    **Sensitivity**: a gap of 0 would claim that half a tenant can be placed, or that the proof saw it cannot.
    """
    plan = planner.solve(two_tenants(), gap=0.0, threads=1)
    assert plan.proof is not None
    assert plan.summary["bound"] == bound(plan.proof)
    assert plan.summary["score"] == 5
    assert plan.summary["bound"] in (5, 6)  # 5 where rows beyond the rules tighten the relaxation


def test_saved_proof_gives_the_same_bound(tmp_path: Path) -> None:
    plan = planner.solve(two_tenants(), gap=0.0, threads=1)
    assert plan.proof is not None
    save_proof(plan.proof, tmp_path / "proof.npz")
    again = load_proof(tmp_path / "proof.npz")
    assert bound(again) == bound(plan.proof)
    assert again.rows.tolist() == plan.proof.rows.tolist()
    assert "floor_not_overfilled s" in again.rows.tolist()
    assert again.columns.tolist()[:2] == ["place 0", "place 1"]
    assert {item.name for item in dataclasses.fields(Proof)} <= set(dir(again))


def test_proof_of_prices_found_elsewhere(tmp_path: Path) -> None:
    """Whoever has the file can look for better prices: of a grid, the best is the relaxation's bound."""
    model = formulate(two_tenants())
    floor = [key for key, _ in model.row_keys].index("floor_not_overfilled")
    bounds = []
    for price, p, q in itertools.product(np.linspace(0, 2, 9), repeat=3):
        prices = np.zeros(len(model.lo))
        prices[floor] = price
        prices[:2] = p, q  # what a part is worth beyond its floor: each_part_placed_with_its_project, P and Q
        bounds.append(bound(proof_of(model, prices)))
    assert min(bounds) >= 5


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut off"], ids=["empty", "text", "cut"])
def test_a_file_that_is_no_proof_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "proof.npz").write_bytes(content)
    with pytest.raises(ValueError, match="proof"):
        load_proof(tmp_path / "proof.npz")


def test_a_proof_of_another_version_or_with_a_missing_array_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "proof.npz"
    np.savez(path, format=np.array(99))
    with pytest.raises(ValueError, match="version"):
        load_proof(path)
    np.savez(path, something=np.zeros(2))
    with pytest.raises(ValueError, match="proof"):
        load_proof(path)
    np.savez(path, format=np.array(1), c0=np.array(0.0))
    with pytest.raises(ValueError, match="proof"):
        load_proof(path)


def test_a_proof_never_runs_code(tmp_path: Path) -> None:
    """An array of Python objects would be unpickled; it is refused instead."""
    path = tmp_path / "proof.npz"
    np.savez(path, format=np.array(1), c0=np.array(0.0), c=np.array([print], dtype=object))
    with pytest.raises(ValueError, match=r"proof|pickle"):
        load_proof(path)
