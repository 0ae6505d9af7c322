"""Prices of the rows within a block, and its packings nearly as good as the best, against every packing of it."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st
from test_packing import CLOSE, Drawn, blocks
from tiny import case

from planner.model import Model, formulate
from planner.solve import packing, pricing
from planner.solve.blocks import blocks_of
from planner.solve.crews import ALONE
from planner.solve.packing import nearest, packed
from planner.solve.proof import blocks_of as blocks_within
from planner.solve.proof import bound, limits_within, proof_of
from planner.solve.within import Packer, Within


def ways(drawn: Drawn) -> list[list[int]]:
    """Return every packing of a block but the empty one."""
    groups = [[None, *np.flatnonzero(drawn.group == each).tolist()] for each in np.unique(drawn.group)]
    every = [[o for o in way if o is not None] for way in itertools.product(*groups)]
    return [way for way in every if way and drawn.keeps(way)]


@settings(max_examples=30)
@given(blocks(), st.integers(0, 99))
def test_from_any_prices_a_packing_is_the_best(drawn: Drawn, seed: int) -> None:
    """**Sensitivity**: a bound not worked out anew at the prices begun with is that of others."""
    block = drawn.block()
    begin = np.maximum(np.random.default_rng(seed).uniform(-3, 3, block.rows), 0.0)
    for nodes in (0, 10_000):
        found = packed([block], drawn.points, nodes=nodes, within=[begin])[0]
        assert found.bound >= drawn.best() - CLOSE
    assert found.value == pytest.approx(drawn.best(), abs=CLOSE)


@settings(max_examples=15)
@given(blocks(), st.floats(0, 2))
def test_the_nearest_packings_are_the_best_of_all(drawn: Drawn, less: float) -> None:
    """**Proves**: all those worth more than the least, or as many of the best as are asked for."""
    least = max(drawn.best() - less, 0.0) + CLOSE
    points = drawn.points - np.arange(len(drawn.points)) * 1e-4  # no two packings are worth the same
    every = (points[way] for way in ways(drawn))
    better = sorted((way.sum() for way in every if (way > 0).all() and way.sum() > least), reverse=True)
    wanted = [np.zeros(drawn.block().rows)]
    for count in (1, 3, 200):
        found = nearest(
            [drawn.block()], points, least=np.array([least]), within=wanted, count=count, nodes=100_000
        )
        assert all(drawn.keeps(way.tolist()) for way in found)
        of_them = sorted((points[way].sum() for way in found), reverse=True)
        assert of_them == pytest.approx(better[:count], abs=CLOSE)


@settings(max_examples=20)
@given(blocks())
def test_prices_within_a_block_are_those_of_its_relaxation(drawn: Drawn) -> None:
    """**Proves**: of all prices they give the least bound, at first and after points have changed."""
    block, size = drawn.block(), len(drawn.points)
    relaxed = Within(block)
    share = np.zeros((block.rows, size))
    for column in range(size):
        entries = slice(block.begin[column], block.begin[column + 1])
        share[block.row[entries], column] = block.share[entries]
    group = np.repeat(np.arange(len(block.first) - 1), np.diff(block.first))
    alone = (group == np.arange(len(block.first) - 1)[:, None]).astype(float)
    for points in (drawn.points, np.roll(drawn.points, 1)):
        prices = relaxed.prices(points)
        assert (prices >= 0).all()
        some = np.maximum(points, -1.0)[block.columns]  # one that must not be chosen is not
        worth = some - share.T @ prices
        told = prices.sum() + sum(max(worth[group == q].max(), 0.0) for q in range(len(alone)))
        rows = np.vstack([share, alone])
        best = scipy.optimize.linprog(-some, A_ub=rows, b_ub=np.ones(len(rows)))
        assert told == pytest.approx(-best.fun, abs=1e-6)


def test_a_block_not_soon_packed_is_packed_below_exact_prices() -> None:
    """Without nodes only prices tell; those of the relaxation tell more than subgradient steps, and are kept."""
    rng = np.random.default_rng(3)
    uses = rng.uniform(0.2, 0.6, (3, 60)) * (rng.random((3, 60)) < 0.5)
    drawn = Drawn(rng.uniform(1, 2, 60), np.repeat(np.arange(30), 2), uses, np.ones(3))
    rough = packed([drawn.block()], drawn.points, nodes=1)[0]
    packer = Packer([drawn.block()], quick=0, crew=ALONE)
    soon = packer.packed(drawn.points, np.zeros(1), 0)[0]
    found = packer.packed(drawn.points, np.zeros(1), 1)[0]
    assert soon.bound == pytest.approx(rough.bound)
    assert found.bound < rough.bound - 1e-3
    assert found.value >= soon.value
    assert len(found.columns)
    assert packer.packed(drawn.points, np.zeros(1), 0)[0].bound <= found.bound + CLOSE


@settings(max_examples=10)
@given(blocks(), st.integers(0, 99))
def test_prices_taken_as_they_are_stay_so(drawn: Drawn, seed: int) -> None:
    """**Proves**: one step evaluates the prices told; where none are, they are looked for all the same."""
    block = drawn.block()
    begin = np.random.default_rng(seed).uniform(0.1, 1, block.rows)
    taken = packed([block], drawn.points, nodes=0, within=[begin], steps=1)[0]
    assert taken.within.tolist() == begin.tolist()
    none = [np.zeros(block.rows)]
    found, rough = (packed([block], drawn.points, nodes=0, within=none, steps=steps)[0] for steps in (1, 100))
    assert found.bound == rough.bound


def two_floors() -> Model:
    """Return 30 projects that each take some of two floors: one block, hard to pack."""
    rng = np.random.default_rng(3)
    options = [(f"P{k:02}/main", "s", 2026, float(points)) for k, points in enumerate(rng.uniform(1, 2, 30))]
    uses = [(k, "floor", key, float(rng.uniform(1, 6))) for k in range(30) for key in ("s", "t")]
    return formulate(case(options, uses, [("floor", "s", 10, 0), ("floor", "t", 10, 0)]))


def test_a_proof_begins_with_the_prices_it_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """**Sensitivity**: without them a block not searched to its end is told at what subgradient steps reach."""
    model = two_floors()
    base = proof_of(model, np.zeros(len(model.lo)), block=blocks_of(model))
    (block,) = blocks_within(model.A, base, limits_within(model.A, base))
    prices = Within(block).prices(model.c)
    monkeypatch.setattr(packing, "packed", functools.partial(packing.packed, nodes=0))
    kept = proof_of(model, np.zeros(len(model.lo)), block=blocks_of(model), within=[[prices]])
    assert bound(kept) < bound(base) - 1e-3


def test_packings_nearly_as_good_join_once_a_cell_is_settled() -> None:
    """**Proves**: each is worth less than the best of its block by no more than `LESS`."""
    model = two_floors()
    run = pricing._Search(model, blocks_of(model), 0.0, 1, ALONE, lambda: 60.0, lambda *_: False)
    cell = run.settled(0, run.root.box, run.root)
    before, best = len(run.master.patterns), run.master.best(run.points(cell.prices, cell.box))
    run.enrich(cell)
    joined = run.master.patterns[before:]
    assert len(joined) > 1
    worth = [run.points(cell.prices, cell.box)[each].sum() for each in joined]
    assert all(best[0] - pricing.LESS < each <= best[0] + CLOSE for each in worth)
