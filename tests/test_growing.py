"""Plots grown and priced in: on grids of parcels, against all plots enumerated one by one, and against all listed."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import planner
from planner import growing, sites
from planner.intake.inputs import Inputs
from planner.places import offers
from planner.sites.plots import GROWN_LEAST, Growth


def _benchmark() -> ModuleType:
    """Return the grids of ``benchmarks/plots.py``."""
    file = Path(__file__).resolve().parents[1] / "benchmarks" / "plots.py"
    spec = importlib.util.spec_from_file_location("grids_of_parcels", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


grids = _benchmark()


def plots_of(inputs: Inputs, plots_max: int) -> sites.Plots:
    """Return the plots of the parcels of a grid that are on offer."""
    offered = offers(inputs.territory, 0, 20)
    parcels = offered.parcels[offered.parcels["available"]]
    return sites.plots(parcels, offered.pairs, grids.SIZES[1], plots_max)


@pytest.fixture(scope="module")
def large(small: Inputs) -> Inputs:
    return grids.grid(small, 0)


def test_plots_of_a_grid_of_40_by_40_are_those_met_one_by_one(large: Inputs) -> None:
    """Every connected set of up to 6 parcels on offer: the same as by Redelmeier's enumeration; none is grown."""
    found = plots_of(large, grids.EVERY)
    names = [frozenset(places) for places in found.plots["places"]]
    assert len(names) == len(set(names))
    assert set(names) == grids.connected_sets(large, grids.SIZES[1])
    assert found.grown == frozenset()


def test_grown_plots_are_some_of_them_around_every_parcel(large: Inputs) -> None:
    """With room for 1,000: every parcel by itself, no set that is not connected, and the park is told."""
    every = {frozenset(places) for places in plots_of(large, grids.EVERY).plots["places"]}
    found = plots_of(large, 1000)
    grown = {frozenset(places) for places in found.plots["places"]}
    assert grown < every
    assert len(found.grown) == 1
    single = {places for places in every if len(places) == 1}
    assert single <= grown
    within = {name for places in grown if len(places) > 1 for name in places}
    assert within == {name for places in every if len(places) > 1 for name in places}


def test_the_most_compact_plots_are_kept() -> None:
    """Of 4 of 16 squares, 2 × 2 comes nearest to a circle, a row of 4 is farthest from it.

    A² / 2πI: the square has I = 4 (0.5 + 1 / 2π) and 0.968, the row (1.5² + 0.5²) · 2 + 4 / 2π and 0.452.
    """
    at = np.arange(16)
    growth = Growth(np.zeros(16, np.int64), np.ones(16), at % 4.0, at // 4.0, 0)
    square, row = growth.closeness(np.array([[0, 1, 4, 5], [0, 1, 2, 3]]))
    assert square == pytest.approx(16 / (2 * np.pi * (2 + 4 / (2 * np.pi))))
    assert row == pytest.approx(16 / (2 * np.pi * (5 + 4 / (2 * np.pi))))
    assert square > row
    squares = [[k, k + 1, k + 4, k + 5] for k in (0, 1, 2, 4, 5, 6, 8, 9, 10)]
    kept = growth(np.array([*squares, [0, 1, 2, 3], [12, 13, 14, 15]]))
    assert kept[0]
    assert GROWN_LEAST == 4  # corners lie in one square and one row, so both are kept; the middle in four squares
    assert kept[4]


@pytest.mark.parametrize("seed", [0, 1])
def test_growing_reaches_the_best_plan_over_all_plots(small: Inputs, seed: int) -> None:
    """**Proves** the score of all plots listed, from 20 listed and those priced in; and it says so."""
    one = {"side": 8, "offered": 0.7, "projects": 5}
    whole = planner.solve(planner.pose(grids.grid(small, seed, **one)), gap=0.0)
    plan = growing.solve_growing(grids.grid(small, seed, **one, plots_max=20), gap=0.0)
    assert plan.summary["counts"]["sites_missing"] == {"JB": ["larger"]}  # than 6 parcels, as with all listed
    assert plan.summary["score"] == pytest.approx(whole.summary["score"], abs=1e-6)
    assert plan.summary["counts"]["options"] < whole.summary["counts"]["options"]


def test_growing_finds_what_was_not_listed(small: Inputs) -> None:
    """Only plots of up to 2 parcels and the 4 best around each are listed: the plan of these alone is worse."""
    one = grids.grid(small, 3, side=9, offered=0.7, projects=6, plots_max=1)
    alone = planner.solve(planner.pose(one), gap=0.0)
    plan = growing.solve_growing(one, gap=0.0)
    assert plan.summary["score"] > alone.summary["score"]


def test_where_not_all_can_be_looked_at_nothing_is_complete(small: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "SOUGHT_MAX", 5)
    plan = growing.solve_growing(grids.grid(small, 0, side=6, offered=0.8, projects=3, plots_max=20), gap=0.0)
    assert plan.summary["counts"]["sites_missing"] == {"JB": ["larger", "grown"]}
    assert plan.summary["counts"]["sites_complete"] == {"JB": False}


def test_where_pricing_in_is_not_wanted_plots_stay_as_listed(small: Inputs) -> None:
    one = grids.grid(small, 3, side=9, offered=0.7, projects=6, plots_max=1)
    sites_asked = one.scenario.sites.model_copy(update={"price_in": False})
    without = dataclasses.replace(one, scenario=one.scenario.model_copy(update={"sites": sites_asked}))
    plan = growing.solve_growing(without, gap=0.0)
    assert plan.summary["score"] == planner.solve(planner.pose(one), gap=0.0).summary["score"]
    assert plan.summary["counts"]["sites_missing"] == {"JB": ["larger", "grown"]}


def test_in_other_modes_plots_join_and_nothing_is_said_to_be_complete(small: Inputs) -> None:
    """Prices are those of the weighted sum; a plot they leave out may serve another order of goals better."""
    one = grids.grid(small, 0, side=6, offered=0.8, projects=3, plots_max=20)
    mode = planner.Mode.model_validate({"lexicographic": ["output"]})
    plan = growing.solve_growing(one, gap=0.0, mode=mode)
    assert plan.summary["counts"]["sites_missing"] == {"JB": ["larger", "grown"]}
    assert planner.solve_growing(one, gap=0.0).summary["counts"]["sites_missing"] == {"JB": ["larger"]}


def test_plots_of_a_plan_are_posed_again(small: Inputs) -> None:
    """What a plan takes of plots not listed is posed once more by naming them, as `explain` does."""
    one = grids.grid(small, 3, side=9, offered=0.7, projects=6, plots_max=1)
    plan = growing.solve_growing(one, gap=0.0)
    taken = set(plan.placements["site"])
    assert not taken <= set(planner.pose(one).sites.index)
    assert taken <= set(planner.pose(one, growing.plots_of(plan)).sites.index)


def test_prices_of_other_rules_stop_the_pruning(small: Inputs) -> None:
    """A price on a rule that may pay for a plot leaves no limit to what its parcels may cost."""
    one = grids.grid(small, 0, side=6, offered=0.9, projects=2)
    case = planner.pose(one)
    prices = {("each_part_placed_with_its_project", part): 1.0 for part in case.parts.index}
    assert np.isfinite(growing._pays(case, prices))
    assert growing._pays(case, {**prices, ("parts_together", "x"): -1.0}) == np.inf
    without = dataclasses.replace(case, options=case.options.iloc[:0])
    assert growing._pays(without, prices) == np.inf
