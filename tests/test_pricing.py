"""Large cases by patterns of blocks, on tiny ones: bound with blocks and cells, plan, how a search ends.

The judge is brute force over every plan, or the arithmetic of the model's rows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tiny import Tables, best_plan, case, tables

import planner
from planner.case import Case
from planner.model import Model, formulate
from planner.plan import Plan
from planner.proofs import load_proof, save_proof
from planner.published import random_case
from planner.solve import diving, engines, exact, master, packing, pricing
from planner.solve.answer import Found
from planner.solve.blocks import blocks_of
from planner.solve.crews import ALONE
from planner.solve.proof import Box, Split, at_most_one, bound, limits_within, proof_of
from planner.solve.proof import blocks_of as blocks_within

CLOSE = 1e-6
EFFORT = 2


@pytest.fixture(scope="module", autouse=True)
def every_case_is_large() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "WHOLE_UP_TO", 0)
        yield


def solve(posed: Case) -> Plan:
    return planner.solve(posed, gap=0.0, effort=EFFORT, threads=1)


def found_in(model: Model) -> Found | None:
    return pricing.search(
        model, gap=0.0, cells=EFFORT, seed=1, crew=ALONE, seconds_left=lambda: 60.0, watch=lambda *_: False
    )


def members_of(model: Model) -> dict[int, NDArray[np.int64]]:
    """Return the rows of which one column may be chosen, with these columns."""
    single = at_most_one(model.A, model.hi, model.upper, model.integer)
    found = {}
    for row in np.flatnonzero(single).tolist():
        entries = slice(model.A.indptr[row], model.A.indptr[row + 1])
        found[row] = model.A.indices[entries][model.A.data[entries] > 0].astype(np.int64)
    return found


def drawn_prices(data: st.DataObject, model: Model) -> NDArray[np.float64]:
    some = st.sampled_from((0.0, 0.0, 1.0, -1.0)) | st.floats(-10, 10)
    return np.array(data.draw(st.lists(some, min_size=len(model.lo), max_size=len(model.lo))))


def drawn_splits(data: st.DataObject, model: Model) -> list[Split]:
    """Draw up to three splits, each of a cell not split yet, by some of the columns of a row or by a building."""
    members, opened = members_of(model), np.arange(len(model.c))[model.columns_of("opened")]
    cells, splits = [0], []
    for i in range(data.draw(st.integers(0, 3)) if members else 0):
        cell = data.draw(st.sampled_from(cells))
        if i == 0 and len(opened) and data.draw(st.booleans()):
            splits.append(Split(cell, -1, opened[:1]))
        else:
            row = data.draw(st.sampled_from(sorted(members)))
            of_row = st.sampled_from(members[row].tolist())
            columns = data.draw(st.lists(of_row, min_size=1, max_size=3, unique=True))
            if any(split.row < 0 and split.columns[0] in columns for split in splits):
                continue
            splits.append(Split(cell, row, np.array(columns)))
        cells.remove(cell)
        cells += [2 * len(splits) - 1, 2 * len(splits)]
    return splits


@settings(max_examples=25)
@given(tables(whole_points=False, must=False), st.data())
def test_any_prices_blocks_and_cells_give_a_bound(drawn: Tables, data: st.DataObject) -> None:
    """Random prices in every cell: never below the best of all plans."""
    posed = drawn.case()
    model, best = formulate(posed), best_plan(posed)
    assert best is not None
    block = blocks_of(model)
    splits = drawn_splits(data, model)
    cells = [drawn_prices(data, model) for _ in range(len(splits) + 1)] if splits else []
    poor = np.full(len(model.lo), 50.0)  # of the whole, so that the bound is that of the cells
    shape = (1 + len(cells), int(block.max(initial=-1)) + 1)
    known = np.random.default_rng(data.draw(st.integers(0, 99))).uniform(-5, 9, shape)  # whatever is claimed
    proof = proof_of(model, poor, block=block, splits=splits, cell_prices=cells, known=known)
    assert bound(proof) >= best.score
    inside = blocks_within(model.A, proof, limits_within(model.A, proof))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    within = [[np.maximum(rng.uniform(-5, 5, each.rows), 0) for each in inside] for _ in range(1 + len(cells))]
    assert bound(proof_of(model, poor, block=block, splits=splits, cell_prices=cells, within=within)) >= best.score
    assert bound(proof_of(model, drawn_prices(data, model), block=block)) >= best.score


@settings(max_examples=20)
@given(tables(whole_points=False), st.data())
def test_blocks_only_tighten_a_bound(drawn: Tables, data: st.DataObject) -> None:
    model = formulate(drawn.case())
    prices, block = drawn_prices(data, model), blocks_of(model)
    slack = CLOSE * (block.max(initial=-1) + 1)
    assert bound(proof_of(model, prices, block=block)) <= bound(proof_of(model, prices)) + slack


def two_of_two() -> Model:
    """Return the model of P (5) and Q (3), each on one of two floors of 6 m², 4 m² each."""
    return formulate(
        case(
            [("P/main", "s", 2026, 5), ("P/main", "t", 2026, 4), ("Q/main", "s", 2026, 3), ("Q/main", "t", 2026, 3)],
            [(0, "floor", "s", 4), (1, "floor", "t", 4), (2, "floor", "s", 4), (3, "floor", "t", 4)],
            [("floor", "s", 6, 0), ("floor", "t", 6, 0)],
        )
    )


def test_blocks_see_what_prices_cannot() -> None:
    """**Proves**: without prices P on s (5) and P on t (4), of two blocks, add up: 9; without blocks 5 + 4 + 3 + 3."""
    model = two_of_two()
    assert bound(proof_of(model, np.zeros(len(model.lo)), block=blocks_of(model))) == 9
    assert bound(proof_of(model, np.zeros(len(model.lo)))) == 15


def test_splits_that_prove_nothing_are_errors() -> None:
    model = two_of_two()
    block, none = blocks_of(model), np.zeros(len(model.lo))
    row = next(row for row, columns in members_of(model).items() if columns.tolist() == [0, 1])
    floor = [rule for rule, _ in model.row_keys].index("floor_not_overfilled")
    by = Split(0, row, np.array([0]))

    def proved(splits: list[Split], cells: int) -> float:
        return bound(proof_of(model, none, block=block, splits=splits, cell_prices=[none] * cells))

    assert proved([by], 2) == 8  # P on s, and Q on t (5 + 3); or P on t, and Q on s (4 + 3)
    with pytest.raises(ValueError, match="more than one"):
        proved([Split(0, row, np.array([0, 2]))], 2)  # P on s and Q on s: not of one row
    with pytest.raises(ValueError, match="more than one"):
        proved([Split(0, floor, np.array([0, 2]))], 2)  # a floor's metres do not say how many
    with pytest.raises(ValueError, match="known of it"):
        bound(proof_of(model, none, block=block, known=np.zeros((1, 3))))
    floors = [(0, "floor", "s", 4), (0, "floor", "t", 3)]
    both = formulate(case([("P/main", "s", 2026, 1.0)], floors, [("floor", "s", 6, 0), ("floor", "t", 6, 0)]))
    with pytest.raises(ValueError, match="other rows"):
        bound(proof_of(both, np.zeros(len(both.lo)), block=blocks_of(both), within=[[np.zeros(9)]]))
    with pytest.raises(ValueError, match="not those of the blocks"):
        bound(proof_of(model, none, block=block, within=[[np.zeros(1)]]))
    for wrong in (-1.0, np.inf, np.nan):
        with pytest.raises(ValueError, match="negative, or no number"):
            bound(proof_of(model, none, block=block, within=[[np.full(1, wrong), np.zeros(0)]]))
    with pytest.raises(ValueError, match="excludes"):
        proved([Split(0, -1, np.array([0, 2]))], 2)
    with pytest.raises(ValueError, match="a cell is split that is none"):
        proved([by, Split(0, row, np.array([1]))], 3)
    with pytest.raises(ValueError, match="a cell is split that is none"):
        proved([Split(2, row, np.array([0]))], 2)
    for cells in (0, 1, 3):
        with pytest.raises(ValueError, match="every cell needs its prices"):
            proved([by], cells)


def test_a_block_that_cannot_be_packed_is_an_error() -> None:
    model = two_of_two()
    proof = proof_of(model, np.zeros(len(model.lo)), block=blocks_of(model))
    with pytest.raises(ValueError, match="not 0 or 1"):
        bound(dataclasses.replace(proof, upper=proof.upper * 2))


@settings(max_examples=25)
@given(tables(whole_points=False))
def test_the_best_plan_lies_between_score_and_bound_and_keeps_every_row(drawn: Tables) -> None:
    posed = drawn.case()
    model, best = formulate(posed), best_plan(posed)
    found = found_in(model)
    if found is None:
        assert blocks_of(model).max(initial=-1) < 0
        return
    if best is None:
        assert found.x is None
        return
    assert found.bound >= best.score
    assert found.bound == bound(found.certificate)
    if found.x is not None:
        used = model.A @ found.x
        assert (model.lo - CLOSE <= used).all()
        assert (used <= model.hi + CLOSE).all()
        assert (model.lower <= found.x).all()
        assert (found.x <= model.upper).all()
        assert (found.x == np.round(found.x))[model.integer].all()
        assert float(model.c @ found.x + model.c0) <= best.score + CLOSE


@settings(max_examples=4)
@given(tables(whole_points=False))
def test_the_same_case_gives_the_same_plan(drawn: Tables) -> None:
    posed = drawn.case()
    best, first, again = best_plan(posed), solve(posed), solve(posed)
    for name in ("status", "score", "bound"):
        assert first.summary[name] == again.summary[name]
    assert first.placements.equals(again.placements)
    assert (first.summary["status"] == "infeasible") == (best is None)
    if best is not None:
        assert first.summary["score"] - CLOSE <= best.score <= first.summary["bound"]


def master_of(model: Model) -> master.Master | None:
    """Return the master programme of a model with each column of a block a pattern by itself; None without blocks."""
    block = blocks_of(model)
    if block.max(initial=-1) < 0:
        return None
    base = proof_of(model, np.zeros(len(model.lo)), block=block)
    made = master.Master(model, block, np.flatnonzero(~limits_within(model.A, base)))
    made.add([np.array([column]) for column in np.flatnonzero(block >= 0)], model.upper)
    return made


@settings(max_examples=25)
@given(tables(whole_points=False))
def test_rows_stated_late_change_nothing(drawn: Tables) -> None:
    """**Proves**: stated once they are broken, upper limits leave the relaxation worth the same, and have its prices.

    **Sensitivity**: a row looked for but never stated, or stated with a pattern left out, would be worth more; prices
    of another row than their own would not come to what it is worth (strong duality).
    """
    model = formulate(drawn.case())
    whole = master_of(model)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(master, "LAZY_FROM", 0)
        late = master_of(model)
    if whole is None or late is None:
        return
    assert (late.stands < 0).sum() == np.isinf(late.lo).sum()
    at, now = whole.solve(np.inf), late.solve(np.inf)
    assert whole.feasible == late.feasible
    if whole.feasible:
        assert now[0] == pytest.approx(at[0], abs=CLOSE)
        assert (late.rows @ late.options(now[3]) <= late.hi + 2 * CLOSE)[late.stands < 0].all()
        score, prices, of_blocks, _ = now
        d = model.c - late.by_column @ prices
        alone = late.block < 0
        d[~alone] -= of_blocks[late.block[~alone]]
        ends = np.maximum(d * np.where(alone, model.lower, 0.0), d * model.upper)
        sides = np.where(prices > 0, late.hi, late.lo)[prices != 0] * prices[prices != 0]
        assert model.c0 + sides.sum() + ends.sum() + of_blocks.sum() == pytest.approx(score, abs=CLOSE)


def test_rows_stated_late_have_their_own_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    """**Proves**: P (6) and Q (2) draw 2 each of 1 kVA, R (2) and S (1) use 2 each of 1 m³: half of P and half of R.

    A kVA is worth 3 points, a m³ 1. **Sensitivity**: both rows are broken at once; with the place of one for both,
    their prices would be alike.
    """
    monkeypatch.setattr(master, "LAZY_FROM", 0)
    posed = case(
        [(f"{name}/main", name, 2026, points) for name, points in zip("PQRS", (6, 2, 2, 1), strict=True)],
        [(k, "floor", name, 1) for k, name in enumerate("PQRS")]
        + [(k, *((("power", "K"), ("water", "W"))[k // 2]), 2) for k in range(4)],
        [*(("floor", name, 1.0, 0.0) for name in "PQRS"), ("power", "K", 1, 0), ("water", "W", 1, 0)],
    )
    model = formulate(posed)
    made = master_of(model)
    assert made is not None
    score, prices, _, _ = made.solve(np.inf)
    told = {model.row_keys[row][0]: price for row, price in zip(made.coupling, prices, strict=True) if price}
    assert (score, told) == (4, {"power": 3, "water": 1})
    cut_short = master_of(model)
    assert cut_short is not None
    _, prices, of_blocks, _ = cut_short.solve(0.0)
    assert not cut_short.feasible
    assert np.isfinite([*prices, *of_blocks]).all(), "prices all the same, to go on from"
    assert cut_short.solve(np.inf)[0] == 4


def test_a_dive_holds_a_part_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """**Proves**: P on s and on t, and R, any two of them too much of something: half of each, then P on s alone.

    **Sensitivity**: s and t together overfill nothing; only that they are one part's keeps t out.
    """
    monkeypatch.setattr(diving, "SOME", 1.0)
    posed = case(
        [("P/main", "s", 2026, 4), ("P/main", "t", 2026, 4), ("R/main", "v", 2026, 4)],
        [(k, "floor", site, 1) for k, site in enumerate("stv")]
        + [(0, "power", "K", 1), (1, "water", "W", 1), (2, "power", "K", 1), (2, "water", "W", 1)],
        [*(("floor", site, 1.0, 0.0) for site in "stv"), ("power", "K", 1, 0), ("water", "W", 1, 0)],
    )
    model = formulate(posed)
    made = master_of(model)
    assert made is not None
    box, single = Box(model.lower, model.upper), np.array(list(members_of(model)), np.int64)
    held = diving.dive(made, box, single, lambda *_: False, lambda: False, lambda: np.inf)
    assert [each.tolist() for each in held] == [[0]]


def test_a_dive_holds_what_excludes_nothing() -> None:
    """**Proves**: P is held though no row lets at most one of its columns be chosen."""
    model = formulate(case([("P/main", "s", 2026, 4)], [(0, "floor", "s", 1)], [("floor", "s", 1, 0)]))
    made = master_of(model)
    assert made is not None
    box = Box(model.lower, model.upper)
    held = diving.dive(made, box, np.zeros(0, np.int64), lambda *_: False, lambda: False, lambda: np.inf)
    assert [each.tolist() for each in held] == [[0]]


@settings(max_examples=25)
@given(tables(whole_points=False))
def test_a_dive_holds_what_goes_together(drawn: Tables) -> None:
    """**Proves**: at most one pattern a block, no part twice, no row between blocks overfilled that only fills.

    **Sensitivity**: all that is not sure is held at once; without a look at what is held, much of it would not fit.
    """
    model = formulate(drawn.case())
    made = master_of(model)
    if made is None:
        return
    box = Box(model.lower, model.upper)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diving, "SOME", 1.0)
        single = np.array(list(members_of(model)), np.int64)
        held = diving.dive(made, box, single, lambda *_: False, lambda: False, lambda: np.inf)
    x = np.zeros(len(model.c))
    x[np.concatenate([np.zeros(0, np.int64), *held])] = 1.0
    assert len({int(made.block[each[0]]) for each in held}) == len(held)
    fills = made.rows.min(axis=1).toarray().ravel() >= 0
    assert (made.rows @ x <= made.hi + CLOSE)[fills].all()
    assert all(x[members].sum() <= 1 for members in members_of(model).values())
    assert (made.chosen(made.patterned(x)) == x).all()


@pytest.mark.parametrize(("kind", "most"), [("floor", 0.0), ("power", 0.0)])
def test_a_limit_of_nothing_is_kept(kind: str, most: float) -> None:
    """**Proves**: of P (5, on s) and Q (3, on t), P needs what there is none of: the plan is Q.

    **Sensitivity**: a row that is neither priced nor part of a block would let P in.
    """
    limits = {("floor", "s"): 6.0, ("floor", "t"): 6.0, ("power", "K 2026"): 9.0}
    needed = ("floor", "s") if kind == "floor" else ("power", "K 2026")
    posed = case(
        [("P/main", "s", 2026, 5), ("Q/main", "t", 2026, 3)],
        [(0, "floor", "s", 4), (1, "floor", "t", 4), (0, "power", "K 2026", 2)],
        [(*key, most if key == needed else at_most, 0) for key, at_most in limits.items()],
    )
    plan = solve(posed)
    assert plan.placements["project"].tolist() == ["Q"]
    assert (plan.summary["score"], plan.summary["bound"]) == (3, 3)


def test_a_part_that_needs_another_beside_it_does_not_open_its_building() -> None:
    """**Proves**: a (5) stands in B only beside b (2), which opens nothing; of 6 m² they take 8: the plan is d (3).

    **Sensitivity**: were b what opens the building, its 4 m² would count for nothing, and a and b would be worth 7 − 1.
    """
    posed = case(
        [("P/a", "s", 2026, 5), ("P/b", "s", 2026, 2), ("Q/d", "s", 2026, 3)],
        [(o, kind, key, 4) for o in range(3) for kind, key in (("floor", "s"), ("building", "B"))]
        + [(0, "parts_together", "a b", 1), (1, "parts_together", "a b", -1)],
        [("floor", "s", 6, 0), ("building", "B", None, 1), ("parts_together", "a b", 0, 0)],
    )
    plan = solve(posed)
    assert plan.placements["project"].tolist() == ["Q"]
    assert (plan.summary["score"], plan.summary["bound"]) == (2, 2)


def test_what_must_be_placed_and_cannot_is_infeasible() -> None:
    """**Proves**: three of 4 m² on two floors of 6: the relaxation has room, halves and all, whole plans have not."""
    options = [(f"{name}/main", site, 2026, 1.0) for name in "PQR" for site in "st"]
    posed = case(
        options,
        [(k, "floor", site, 4) for k, (_, site, _, _) in enumerate(options)],
        [("floor", "s", 6, 0), ("floor", "t", 6, 0)],
        must_place="PQR",
    )
    plan = solve(posed)
    assert plan.summary["status"] == "infeasible"
    assert plan.placements.empty


@settings(max_examples=5)
@given(tables())
def test_a_search_cancelled_at_once_ends_cancelled(drawn: Tables) -> None:
    model = formulate(drawn.case())
    if blocks_of(model).max(initial=-1) < 0:
        return
    plan = planner.solve(drawn.case(), threads=1, cancelled=lambda: True)
    assert plan.summary["status"] == "cancelled"
    assert plan.placements.empty


def test_a_relaxation_ends_when_cancelled_or_out_of_time_without_prices() -> None:
    """**Sensitivity**: were either not passed on, the prices would be the optimum's."""
    model = formulate(random_case(100_000, seed=1))  # its relaxation takes well over a second
    for ends in ({"watch": lambda _score, _bound, _nodes: True}, {"time_limit_s": 0.0}):
        found = exact.relax(model, **ends)
        assert found.feasible
        assert not found.prices.any()


def test_time_is_kept_for_the_proof_of_every_cell() -> None:
    model = formulate(case([("P/main", "s", 2026, 1.0)], [(0, "floor", "s", 4)], [("floor", "s", 6, 0)]))
    run = pricing._Search(model, blocks_of(model), 0.0, 1, ALONE, lambda: 10.0, lambda *_: False)
    run.longest_s = 2.0
    assert run.seconds_left() == 8.0  # one packing under way
    run.cells = [run.root]
    assert run.seconds_left() == 6.0


def test_a_cell_parted_as_time_ends_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """**Proves**: halves begin with the bound around them and only better it; with no time for that there are none."""
    model, left_s = formulate(random_case(300, seed=1)), [60.0]
    rows = members_of(model)
    by = next((row, members[::2]) for row, members in rows.items() if len(members) > 1)
    monkeypatch.setattr(pricing.splitting, "undecided", lambda *_: by)
    run = pricing._Search(model, blocks_of(model), 0.0, 1, ALONE, lambda: left_s[0], lambda *_: False)
    run.root = run.settled(0, run.root.box, run.root)
    run.cells, run.longest_s, left_s[0] = [run.root], 0.0, 0.0
    assert run.split()
    assert run.cells == [run.root]
    assert not run.splits
    left_s[0] = 60.0
    assert run.split()
    assert len(run.cells) == 2
    assert max(half.bound for half in run.cells) <= run.root.bound


def test_cells_that_cover_all_plans_prove_by_themselves() -> None:
    """**Proves**: P is on one of two floors at most; prices of all plans matter no more once its cells have theirs."""
    model = formulate(case([("P/main", s, 2026, 2.0) for s in "ab"], [(k, "floor", s, 1) for k, s in enumerate("ab")],
                           [("floor", s, 1, 0) for s in "ab"]))  # fmt: skip
    none = np.zeros(len(model.lo))
    good = np.where(np.arange(len(none)) == 0, 2.0, none)  # of placing P once
    at = {"block": blocks_of(model), "splits": [Split(0, 0, np.array([0]))], "cell_prices": [good, good]}
    assert bound(proof_of(model, none, block=blocks_of(model))) == 4
    assert bound(proof_of(model, good, **at)) == bound(proof_of(model, none, **at)) == 2


@settings(max_examples=4)
@given(drawn=tables(whole_points=False, must=False))
def test_a_saved_proof_gives_the_same_bound(tmp_path_factory: pytest.TempPathFactory, drawn: Tables) -> None:
    plan = solve(drawn.case())
    assert plan.proof is not None
    path = tmp_path_factory.mktemp("proof") / "proof.npz"
    save_proof(plan.proof, path)
    again = load_proof(path)
    assert bound(again) == bound(plan.proof) == plan.summary["bound"]
    for name in ("block", "split_cell", "split_columns", "cell_prices", "known", "within", "within_begin"):
        assert np.array_equal(getattr(again, name), getattr(plan.proof, name))


def test_compiling_is_not_taken_for_packing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slowest packing says how much time the proof needs; compiled within it, a minute's search had none left."""
    calls: list[str] = []
    pack = packing.packed

    def packed(*args: object, **named: object) -> object:
        calls.append("packed")
        return pack(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(packing, "compiled", lambda: calls.append("compiled"))
    monkeypatch.setattr(packing, "packed", packed)
    assert found_in(formulate(random_case(500, 1))) is not None
    assert calls[0] == "compiled"
    assert "packed" in calls
