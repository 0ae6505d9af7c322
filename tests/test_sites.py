"""Sites by hand and against brute force: plots are connected sets, units are shares and runs of floors."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from planner import sites

# Plots


def connected(members: Iterable[int], pairs: set[frozenset[int]]) -> bool:
    """Walk from one member to its neighbours until nothing new is reached."""
    left = set(members)
    reached = [left.pop()]
    while reached:
        here = reached.pop()
        near = {other for other in left if frozenset((here, other)) in pairs}
        left -= near
        reached += near
    return not left


@pytest.mark.parametrize("seed", range(40))
def test_plots_are_the_connected_sets(seed: int) -> None:
    """Every connected set of up to 4 of up to 9 parcels, each once; no other."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 10))
    every = list(itertools.combinations(range(count), 2))
    pairs = [pair for pair in every if rng.random() < rng.uniform(0.1, 0.7)]
    most = int(rng.integers(1, 5))
    a, b = (np.array([pair[end] for pair in pairs], dtype=np.int64) for end in (0, 1))
    found = sites.plot_members(count, a, b, most)
    assert found.shape[1] == most
    sets = [tuple(int(member) for member in row if member >= 0) for row in found]
    links = {frozenset(pair) for pair in pairs}
    expected = {
        members
        for size in range(1, most + 1)
        for members in itertools.combinations(range(count), size)
        if connected(members, links)
    }
    assert len(sets) == len(set(sets))
    assert set(sets) == expected


MANY = 1000
"""More plots than there are."""


def parcels(*rows: tuple[str, str, float, float, float, float, float]) -> gpd.GeoDataFrame:
    """Return parcels in a row, 10 m wide."""
    columns = ["parcel", "park", "usable_m2", "far_volume_m2", "coverage_m2", "height_limit_m", "ready_year"]
    shapes = [shapely.box(10 * k, 0, 10 * k + 10, row[2] / 10) for k, row in enumerate(rows)]
    told = pd.DataFrame(rows, columns=columns).set_index("parcel").assign(power_kva=np.nan)
    return gpd.GeoDataFrame(told, geometry=shapes)


THREE = parcels(
    ("A", "K", 100, 300, 50, 40, 2026),
    ("B", "K", 200, 400, 80, np.nan, 2028),
    ("C", "L", 400, 800, 200, 30, 2027),
)
ROW = pd.DataFrame({"a": ["A", "B"], "b": ["B", "C"]})


def test_a_plot_adds_up_its_parcels_and_takes_the_least_height_and_the_last_year() -> None:
    """A and B: 100 + 200 m², 300 + 400 m² of floors, limit 40 m (B has none), ready in 2028."""
    made = sites.plots(THREE, ROW, 3, MANY)
    found, members = made.plots, made.members
    assert found.index.tolist() == ["A", "B", "C", "A+B"]
    plot = found.loc["A+B"]
    assert plot[["usable_m2", "far_volume_m2", "coverage_m2"]].tolist() == [300, 700, 130]
    assert plot[["height_limit_m", "ready_year"]].tolist() == [40, 2028]
    assert plot["places"] == ("A", "B")
    assert np.isnan(found.loc["B", "height_limit_m"])
    assert members[3].tolist() == [0, 1, -1]


def test_a_plot_never_crosses_into_another_park() -> None:
    """B (park K) and C (park L) are neighbours and make no plot; parcels of no park make none either."""
    found = sites.plots(THREE, ROW, 3, MANY).plots
    assert "B+C" not in found.index
    homeless = THREE.assign(park="")
    assert sites.plots(homeless, ROW, 3, MANY).plots.index.tolist() == ["A", "B", "C"]
    assert "A+B+C" in sites.plots(THREE.assign(park="K"), ROW, 3, MANY).plots.index


def test_no_parcel_no_plot() -> None:
    made = sites.plots(THREE.iloc[:0], ROW, 3, MANY)
    assert len(made.plots) == 0
    assert made.members.shape == (0, 3)


def test_pairs_of_parcels_not_on_offer_are_passed_over() -> None:
    found = sites.plots(THREE.loc[["A", "C"]], ROW, 2, MANY).plots
    assert found.index.tolist() == ["A", "C"]


# Units

Takes = dict[str, float]


def floors(*rows: tuple[str, int, float, float, float]) -> pd.DataFrame:
    """Return floors: building, number, area m², let m², least unit m² (NaN for none)."""
    frame = pd.DataFrame(rows, columns=["building", "floor", "area_m2", "let_m2", "unit_min_m2"])
    frame["free_m2"] = (frame["area_m2"] - frame["let_m2"]).astype(float)
    frame["whole"] = frame["let_m2"] == 0
    frame.index = pd.Index([f"{b}-F{f:02d}" for b, f in zip(frame["building"], frame["floor"], strict=True)])
    return frame


def test_units_of_a_net_need_take_what_it_comes_to_on_each_floor() -> None:
    """700 m² net on floors of 1,000 m² at 70, 50 and 80 %: the whole first; of the second 0 more; of the third 875.

    1,000 m² net: the first whole is 700 of them, and the other 300 are 600 m² of the second at 50 %.
    """
    given = floors(("B", 1, 1000, 0, 200), ("B", 2, 1000, 0, 200), ("B", 3, 1000, 0, 200))
    ratio, fits = np.array([[0.7, 0.5, 0.8]]), np.ones((1, 3), dtype=bool)

    def taken(net_m2: float) -> dict[str, list[float]]:
        found = sites.units(np.array([net_m2]), fits, given, 12, ratio)
        names = sites.unit_names(found, given)
        return {str(name): found.amount_m2[found.unit == k].tolist() for k, name in enumerate(names)}

    alone = taken(700)
    assert {name: alone[name] for name in alone if ":" not in name} == {
        "B-F01": [pytest.approx(1000)], "B-F03": [pytest.approx(875)],
    }  # fmt: skip
    assert taken(1000)["B-F01:F02"] == [1000, pytest.approx(600)]
    assert taken(1000)["B-F02:F01"] == [1000, pytest.approx(500 / 0.7)]
    assert sites.units(np.array([1.0]), fits, given, 12, np.zeros((1, 3))).unit.size == 0


def units(gfa_m2: float, given: pd.DataFrame, most: int = 12, passes: Sequence[bool] | None = None) -> dict[str, Takes]:
    """Return the units one part may take: name to floor to m²; a name that stands twice fails."""
    fits = np.ones((1, len(given)), dtype=bool) if passes is None else np.array([passes])
    found = sites.units(np.array([gfa_m2]), fits, given, most, np.ones(fits.shape))
    names = sites.unit_names(found, given)
    assert len(set(names)) == len(names)
    labels = given.index.to_numpy()
    return {
        str(name): {
            str(labels[f]): float(found.amount_m2[k]) for k, f in enumerate(found.floor) if found.unit[k] == unit
        }
        for unit, name in enumerate(names)
    }


STACK = floors(*(("B", k, 1000, 0, 200) for k in (1, 2, 3, 4)))


def test_a_share_is_what_is_asked_of_each_floor() -> None:
    """600 m² of 1,000: a share of each of four floors."""
    assert units(600, STACK) == {f"B-F0{k}": {f"B-F0{k}": 600.0} for k in (1, 2, 3, 4)}


def test_a_share_is_no_smaller_than_the_least_unit() -> None:
    """50 m² asked where the least unit is 200: it takes 200. Where only 150 are free: none."""
    assert units(50, STACK)["B-F02"] == {"B-F02": 200.0}
    assert units(50, floors(("B", 1, 1000, 850, 200))) == {}
    assert units(150, floors(("B", 1, 1000, 850, np.nan))) == {"B-F01": {"B-F01": 150.0}}


def test_a_run_has_its_partial_floor_at_the_top_or_at_the_bottom() -> None:
    """2,500 m²: three floors, two whole and 500 m² of the highest or of the lowest."""
    assert units(2500, STACK) == {
        "B-F01:F03": {"B-F01": 1000.0, "B-F02": 1000.0, "B-F03": 500.0},
        "B-F02:F04": {"B-F02": 1000.0, "B-F03": 1000.0, "B-F04": 500.0},
        "B-F03:F01": {"B-F03": 1000.0, "B-F02": 1000.0, "B-F01": 500.0},
        "B-F04:F02": {"B-F04": 1000.0, "B-F03": 1000.0, "B-F02": 500.0},
    }


def test_a_run_of_whole_floors_is_one_unit_not_two() -> None:
    """2,000 m² fill two floors whole: the same from below as from above, so 3 units, not 6."""
    assert sorted(units(2000, STACK)) == ["B-F01:F02", "B-F02:F03", "B-F03:F04"]


def test_a_run_leaves_no_rest_below_the_least_unit() -> None:
    """1,100 m²: one floor and 100 more, but the least unit is 200: 1,200 are taken."""
    assert units(1100, STACK)["B-F01:F02"] == {"B-F01": 1000.0, "B-F02": 200.0}


def test_a_run_needs_adjacent_floors_of_one_building() -> None:
    """F02 is missing, and F04 and F05 stand in two buildings: no run of 1,500 m²."""
    gap = floors(("A", 1, 1000, 0, 0), ("A", 3, 1000, 0, 0), ("A", 4, 1000, 0, 0), ("B", 5, 1000, 0, 0))
    assert sorted(units(1500, gap)) == ["A-F03:F04", "A-F04:F03"]


def test_a_partly_let_floor_can_only_be_the_partial_end() -> None:
    """F02 has 600 m² left. 1,500 m²: F01 with 500 of F02, F03 with 500 of F02, F03 and F04; not through F02.

    Nor may F02 be the whole end: 600 of F02 and 900 of F03 leave a hole beside a tenant.
    """
    let = floors(("B", 1, 1000, 0, 200), ("B", 2, 1000, 400, 200), ("B", 3, 1000, 0, 200), ("B", 4, 1000, 0, 200))
    assert units(1500, let) == {
        "B-F01:F02": {"B-F01": 1000.0, "B-F02": 500.0},
        "B-F03:F02": {"B-F03": 1000.0, "B-F02": 500.0},
        "B-F03:F04": {"B-F03": 1000.0, "B-F04": 500.0},
        "B-F04:F03": {"B-F04": 1000.0, "B-F03": 500.0},
    }
    # all that is left of a partly let floor: down and up are two different units, and only one exists here
    assert units(1600, let)["B-F03:F02"] == {"B-F03": 1000.0, "B-F02": 600.0}
    assert units(1700, let).keys() == {"B-F03:F04", "B-F04:F03"}
    assert units(2600, let).keys() == {"B-F04:F02"}


def test_a_run_stops_at_a_floor_the_part_may_not_use() -> None:
    """F03 refuses the part: 1,500 m² only on F01 and F02."""
    assert sorted(units(1500, STACK, passes=[True, True, False, True])) == ["B-F01:F02", "B-F02:F01"]


def test_a_run_has_no_more_floors_than_allowed() -> None:
    """2,500 m² take three floors; two are allowed: none."""
    assert units(2500, STACK, most=2) == {}
    assert len(units(2500, STACK, most=3)) == 4


def test_who_asks_for_no_floor_space_gets_none() -> None:
    assert units(np.nan, STACK) == {}


def by_hand(gfa_m2: float, given: pd.DataFrame, most: int, passes: Sequence[bool]) -> set[frozenset[tuple[str, float]]]:
    """Return every unit as the words say: shares, then whole adjacent floors with one partial end."""
    rows = {name: row for (name, row), fits in zip(given.iterrows(), passes, strict=True) if fits}
    found = set()
    for name, floor in rows.items():
        amount = max(gfa_m2, floor["unit_min_m2"])
        if amount <= floor["free_m2"]:
            found.add(frozenset({(str(name), amount)}))
    for size in range(2, most + 1):
        for run in itertools.combinations(rows, size):
            numbers = [rows[name]["floor"] for name in run]
            if len({rows[name]["building"] for name in run}) > 1 or numbers != list(
                range(numbers[0], numbers[0] + size)
            ):
                continue
            for partial in (run[0], run[-1]):
                whole = [name for name in run if name != partial]
                rest = gfa_m2 - sum(rows[name]["free_m2"] for name in whole)
                amount = max(rest, rows[partial]["unit_min_m2"])
                if all(rows[name]["whole"] for name in whole) and rest > 0 and amount <= rows[partial]["free_m2"]:
                    takes = {(str(name), float(rows[name]["free_m2"])) for name in whole}
                    found.add(frozenset(takes | {(str(partial), float(amount))}))
    return found


@pytest.mark.parametrize("seed", range(60))
def test_units_are_all_that_the_words_allow(seed: int) -> None:
    """On random stacks with gaps, tenants, least units and refused floors: the same units as by trying all."""
    rng = np.random.default_rng(seed)
    rows = []
    for building in "AB":
        for number in range(1, 8):
            if rng.random() < 0.85:
                area = float(rng.integers(2, 7) * 100)
                let = float(rng.choice([0, 0, 0, 100, area]))
                rows.append((building, number, area, let, float(rng.choice([0, 100, 200]))))
    given = floors(*rows)
    passes = (rng.random(len(given)) < 0.9).tolist()
    gfa, most = float(rng.integers(1, 25) * 50), int(rng.integers(1, 6))
    found = [frozenset(takes.items()) for takes in units(gfa, given, most, passes).values()]
    assert len(found) == len(set(found))
    assert set(found) == by_hand(gfa, given, most, passes)


def test_many_parts_at_once_are_each_as_if_alone() -> None:
    asked = np.array([600.0, 2500.0, np.nan, 50.0])
    found = sites.units(asked, np.ones((4, len(STACK)), dtype=bool), STACK, 12, np.ones((4, len(STACK))))
    for part, gfa in enumerate(asked):
        names = sites.unit_names(found, STACK)[found.part == part]
        assert sorted(names) == sorted(units(float(gfa), STACK))
