"""Many knapsacks at once, against every packing of each, tried in turn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.solve import rooms
from planner.solve.rooms import Rooms, packed

CLOSE = 1e-7


@st.composite
def several(draw: st.DrawFn, *, whole: bool = False) -> tuple[Rooms, np.ndarray]:
    """Draw 1–3 knapsacks of up to 9 columns, some in one group, and the points of the columns."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))
    count = sum(size)
    group = np.arange(count) if whole else rng.integers(0, max(2, draw(st.integers(2, 12))), count)
    weight = rng.integers(1, 7, count).astype(float) if whole or draw(st.booleans()) else rng.uniform(0.0, 3.0, count)
    room = rng.integers(3, 15, len(size)).astype(float)
    points = np.round(rng.uniform(-2, 9, count), draw(st.integers(0, 5)))
    points[rng.random(count) < 0.1] = -np.inf
    some = Rooms(np.arange(count), np.r_[0, np.cumsum(size)], group, weight, room, np.arange(len(size)))
    return some, points


def best(some: Rooms, points: np.ndarray, b: int) -> float:
    """Return the most that a packing of a knapsack is worth."""
    columns = range(some.begin[b], some.begin[b + 1])
    worths = [0.0]
    for count in range(1, len(columns) + 1):
        for way in map(list, itertools.combinations(columns, count)):
            if some.weight[way].sum() <= some.room[b] and len(set(some.group[way].tolist())) == count:
                worths.append(float(points[way].sum()))
    return max(worths)


@settings(max_examples=60)
@given(several())
def test_the_best_packing_of_each_is_that_of_brute_force(drawn: tuple[Rooms, np.ndarray]) -> None:
    """**Sensitivity**: a group not kept while going on, or a mark not cleared, packs a part twice or not at all."""
    some, points = drawn
    found = packed(some, points)
    for b in range(len(some)):
        own = np.arange(some.begin[b], some.begin[b + 1])
        taken = own[found.taken[own]]
        assert found.value[b] == pytest.approx(best(some, points, b), abs=CLOSE)
        assert found.value[b] == pytest.approx(points[taken].sum(), abs=CLOSE)
        assert found.value[b] <= found.bound[b] <= found.value[b] + CLOSE
        assert some.weight[taken].sum() <= some.room[b] + CLOSE
        assert len(set(some.group[taken].tolist())) == len(taken)


@settings(max_examples=40)
@given(several())
def test_a_search_given_up_still_bounds(drawn: tuple[Rooms, np.ndarray]) -> None:
    some, points = drawn
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms, "NODES", 1)
        found = packed(some, points)
    for b in range(len(some)):
        assert found.value[b] <= best(some, points, b) + CLOSE
        assert best(some, points, b) <= found.bound[b] + CLOSE


def test_whole_numbers_that_no_search_ends_on_are_packed_by_dynamic_programming() -> None:
    """Forty columns worth what they weigh, all even, and an odd room: Dantzig's bound never meets a packing."""
    rng = np.random.default_rng(1)
    weight = 2.0 * rng.integers(10, 60, 40)
    some = Rooms(np.arange(40), np.array([0, 40]), np.arange(40), weight, np.array([601.0]), np.zeros(1, np.int64))
    found = packed(some, weight)
    assert found.value[0] == pytest.approx(600)
    assert found.bound[0] == pytest.approx(600)
    assert weight[found.taken].sum() == pytest.approx(600)


def test_room_to_spare_is_on_the_safe_side_of_a_bound() -> None:
    two, one = np.arange(2), np.zeros(1, np.int64)
    some = Rooms(two, np.array([0, 2]), two, np.array([1.0, 1.0 + 1e-10]), np.array([2.0]), one)
    assert packed(some, np.ones(2)).value[0] == 1
    assert packed(some, np.ones(2), spare=rooms.FITS).value[0] == 2
