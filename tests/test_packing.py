"""The best packing of one block, against every packing of it, tried in turn."""

from __future__ import annotations

import itertools
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from planner.solve.crews import Threads
from planner.solve.packing import Block, Packing, block_of, forced, packed
from planner.solve.rooms import FITS

CLOSE = 1e-6


@dataclass(frozen=True)
class Drawn:
    """A block as plain rows: the points and group of each column, what it takes of each row, the most of each row."""

    points: NDArray[np.float64]
    group: NDArray[np.int64]
    uses: NDArray[np.float64]
    most: NDArray[np.float64]

    def block(self, offset: int = 0) -> Block:
        """Return the block, its columns numbered from `offset`."""
        columns = np.arange(offset, offset + len(self.points))
        return block_of(columns, self.group, scipy.sparse.csc_matrix(self.uses), self.most)

    def packing(self, nodes: int = 10_000) -> Packing:
        return packed([self.block()], self.points, nodes=nodes)[0]

    def keeps(self, columns: list[int]) -> bool:
        """Return whether columns fit, and are of different groups."""
        full = self.uses[:, columns].sum(axis=1) / self.most
        return bool((full <= 1 + FITS).all()) and len({*self.group[columns].tolist()}) == len(columns)

    def best(self) -> float:
        """Return the most points of all packings."""
        groups = [[None, *np.flatnonzero(self.group == each).tolist()] for each in np.unique(self.group)]
        ways = ([o for o in way if o is not None] for way in itertools.product(*groups))
        return max(float(self.points[way].sum()) for way in ways if self.keeps(way))


@st.composite
def blocks(draw: st.DrawFn) -> Drawn:
    """Draw a block: groups of 1–3 columns in any order, 1–4 rows, amounts that often fill a row exactly, or are 0."""
    group = np.repeat(np.arange(7), draw(st.lists(st.integers(0, 3), min_size=7, max_size=7)))
    rows, rng = draw(st.integers(1, 4)), np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if not len(group):
        group = np.zeros(1, dtype=np.int64)
    size = (rows, len(group))
    uses = np.where(draw(st.booleans()), rng.integers(1, 7, size) / 3, rng.uniform(0.1, 3, size))
    uses[rng.random(size) < draw(st.sampled_from((0.0, 0.3, 0.6)))] = 0.0
    points = np.round(rng.uniform(-1, 9, len(group)), draw(st.integers(0, 6)))
    points[rng.random(len(points)) < 0.1] = -np.inf
    most = np.where(draw(st.booleans()), rng.integers(1, 4, rows), rng.uniform(1, 5, rows)).astype(float)
    return Drawn(points, rng.permutation(group), uses, most)


@settings(max_examples=80)
@given(blocks())
def test_the_best_packing_is_that_of_brute_force(drawn: Drawn) -> None:
    """**Proves**: value = best of all packings, its columns keep every row and group, and the bound is no lower."""
    found = drawn.packing()
    chosen = found.columns.tolist()
    assert found.value == pytest.approx(drawn.best(), abs=CLOSE)
    assert found.value == pytest.approx(float(drawn.points[chosen].sum()), abs=CLOSE)
    assert drawn.keeps(chosen)
    assert drawn.best() - 1e-9 <= found.bound <= found.value + CLOSE


@settings(max_examples=40)
@given(blocks(), st.sampled_from((0.5, 0.9, 1.0)))
def test_only_what_is_better_than_a_packing_known_is_looked_for(drawn: Drawn, share: float) -> None:
    """**Proves**: the bound is the same; columns come back where they are worth more than what is known, else none."""
    plain = drawn.packing()
    known = share * plain.value
    found = packed([drawn.block()], drawn.points, known=np.array([known]), nodes=10_000)[0]
    assert found.bound == pytest.approx(plain.bound, abs=CLOSE)
    assert found.value == pytest.approx(max(known, plain.value), abs=CLOSE)
    if found.value > known + CLOSE:
        assert drawn.points[found.columns].sum() == pytest.approx(found.value, abs=CLOSE)
    else:
        assert not len(found.columns)


@settings(max_examples=40)
@given(blocks(), st.integers(1, 4))
def test_a_search_cut_short_still_gives_a_bound(drawn: Drawn, nodes: int) -> None:
    found = drawn.packing(nodes)
    assert found.bound >= drawn.best() - 1e-9
    assert found.value <= drawn.best() + CLOSE
    assert drawn.keeps(found.columns.tolist())


@settings(max_examples=25)
@given(blocks())
def test_a_column_that_must_not_be_chosen_never_is(drawn: Drawn) -> None:
    """**Proves**: without the columns of the best packing the others are packed, and none is left at last."""
    points = drawn.points
    while np.isfinite(points).any():
        found = Drawn(points, drawn.group, drawn.uses, drawn.most).packing()
        assert np.isfinite(points[found.columns]).all()
        if not len(found.columns):
            assert (points <= CLOSE).all() or not any(drawn.keeps([o]) for o in np.flatnonzero(points > 0).tolist())
            break
        points = points.copy()
        points[found.columns] = -np.inf
    nothing = Drawn(np.full(len(points), -np.inf), drawn.group, drawn.uses, drawn.most).packing()
    assert nothing.value == 0
    assert len(nothing.columns) == 0


@settings(max_examples=20)
@given(st.lists(blocks(), min_size=1, max_size=6))
def test_threads_do_not_change_a_packing(drawn: list[Drawn]) -> None:
    offsets = np.cumsum([0, *(len(each.points) for each in drawn)])
    some = [each.block(int(offset)) for each, offset in zip(drawn, offsets, strict=False)]
    points = np.concatenate([each.points for each in drawn])
    alone, together = packed(some, points), packed(some, points, crew=Threads(3))
    for one, other in zip(alone, together, strict=True):
        assert (one.bound, one.value, one.nodes) == (other.bound, other.value, other.nodes)
        assert one.columns.tolist() == other.columns.tolist()


def test_a_column_that_takes_nothing_is_packed_with_a_full_row() -> None:
    """**Proves**: A (9 points, takes all), or A' (1, takes nothing) of one group; B (5) and C (5) take nothing: 19.

    **Sensitivity**: a pruning by density that divides what is left, 0, by what B takes, 0, would miss B and C.
    """
    drawn = Drawn(
        np.array([1.0, 9.0, 5.0, 4.0, 5.0, 8.0]),
        np.array([0, 0, 1, 1, 2, 3]),
        np.array([[0.0, 3.0, 0.0, 1.0, 0.0, 2.0]]),
        np.array([3.0]),
    )
    assert drawn.packing().value == drawn.best() == 19


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(-3, 9), st.integers(0, 7)), min_size=1, max_size=7), st.integers(1, 20))
def test_a_knapsack_is_packed_and_forced_as_brute_force_does(columns: list[tuple[int, int]], most: int) -> None:
    points, uses = (np.array(side, dtype=float) for side in zip(*columns, strict=True))
    drawn = Drawn(points, np.arange(len(points)), uses[None, :], np.array([float(most)]))
    block = drawn.block()
    assert block.whole
    assert drawn.packing().value == drawn.best()
    assert drawn.packing().bound >= drawn.best()
    value, with_each = forced(block, points)
    ways = [list(way) for k in range(len(points) + 1) for way in itertools.combinations(range(len(points)), k)]
    kept = [way for way in ways if drawn.keeps(way)]
    assert value == drawn.best()
    for column, found in enumerate(with_each):
        assert found == max((points[way].sum() for way in kept if column in way), default=-np.inf)


@settings(max_examples=20)
@given(blocks(), st.integers(-12, 2))
def test_a_block_that_costs_to_open_is_opened_or_left(drawn: Drawn, opening: int) -> None:
    """**Proves**: worth its best packing less what opening costs, or nothing; if it has to be opened, the former.

    **Sensitivity**: opened for nothing.
    """
    last = len(drawn.points)
    block, points = replace(drawn.block(), opening=last), np.r_[drawn.points, float(opening)]
    packing = packed([block], points)[0]
    assert packing.value == pytest.approx(max(drawn.best() + opening, 0.0), abs=CLOSE)
    assert packing.bound >= packing.value
    assert (last in packing.columns) == (packing.value > 0)
    held = packed([block], points, lower=np.eye(last + 1)[last])[0]
    assert held.value == pytest.approx(drawn.best() + opening, abs=CLOSE)
    assert last in held.columns
    if packing.value > 0:
        again = packed([block], points, known=np.array([packing.value]))[0]
        assert again.value == pytest.approx(packing.value, abs=CLOSE)
        assert not len(again.columns)  # not what opens it alone: that is no packing worth so much
    points[last] = -np.inf
    assert packed([block], points)[0].value == 0


def test_all_that_packs_is_compiled_beforehand() -> None:
    """**Sensitivity**: one row with one column is a knapsack, so that alone leaves the search to the first solve."""
    asks = "from planner.solve import compiled, filling, knapsack, repacking, rooms, stepping; compiled(); "
    asks += "print(*(len(each.signatures) for each in (filling.filled, knapsack.best, knapsack.forced, rooms._packed, "
    asks += "repacking.completed, repacking.repacked, stepping.stepped)))"
    said = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["1"] * 7
