"""What a solver claims of an assignment, proved by cells; and a false claim is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from planner.case import Case
from planner.model import Model, formulate
from planner.solve import cells, core, exact, knapsack, proof, solve

Floats = NDArray[np.float64]


def assignment(seed: int) -> Case:
    """Return 15 jobs that 4 agents must do, costs and weights whole, agents nearly full."""
    rng = np.random.default_rng(seed)
    job, agent = np.divmod(np.arange(60), 4)
    weight, cost = rng.integers(5, 25, 60), rng.integers(10, 50, 60)
    jobs, agents = np.array([f"J{k:02}" for k in range(15)]), np.array([f"A{k}" for k in range(4)])
    room = np.full(4, np.ceil(0.85 * weight.sum() / 16))
    return Case.from_tables(
        pd.DataFrame({"project": jobs[job], "site": agents[agent], "given": -cost.astype(float)}),
        pd.DataFrame({"option": np.arange(60), "kind": "floor", "key": agents[agent], "amount": weight.astype(float)}),
        pd.DataFrame({"kind": "floor", "key": agents, "at_most": room}),
        must_place=True,
    )


def searched(model: Model, start: Floats | None = None, **how: Any) -> cells.Found:
    of = core.fits(model)
    assert of is not None
    settled = core.settled(model)
    at = core.priced(settled, of, exact.relax(model).prices)
    how = {"gap": 0.0, "to_find": True, "stop": lambda *_: False, **how}
    return cells.search(settled, of, at, start, effort=10**6, seed=1, threads=1, **how)


def optimum(model: Model) -> Floats:
    best = exact.search(model, gap=0.0, effort=10**6, time_limit_s=60, seed=1, threads=1).x
    assert best is not None
    return best


def test_one_step_comes_to_what_a_proof_makes_of_the_prices() -> None:
    """**Sensitivity**: a side of a row taken for the other, or a knapsack packed short of its best, is another sum."""
    for seed in range(4):
        model = core.settled(formulate(assignment(seed)))
        of = core.fits(model)
        assert of is not None
        prices = np.where(of.coupling, np.random.default_rng(seed).uniform(-40, 0, len(model.lo)), 0.0)
        at = core.priced(model, of, prices, steps=1)
        assert at.prices.tolist() == proof.allowed(model.lo, model.hi, prices).tolist()
        fractional = replace(proof.proof_of(model, prices, block=of.block), c0=0.5)  # not rounded down
        assert at.bound + 0.5 == pytest.approx(proof.bound(fractional), abs=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_the_best_plan_is_found_and_proved(seed: int) -> None:
    """**Sensitivity**: a half left out of the cells hides the best plan, or proves that a worse one is best."""
    model = formulate(assignment(seed))
    best = round(float(model.c @ optimum(model)))
    found = searched(model)
    assert found.x is not None
    assert float(model.c @ found.x) == best
    assert proof.bound(found.certificate) == best == found.bound


@pytest.mark.parametrize("seed", range(3))
def test_a_plan_short_of_the_best_is_not_proved_and_one_within_the_gap_is(seed: int) -> None:
    """**Sensitivity**: a half left out of the cells proves that a plan short of the best is best."""
    model = formulate(assignment(seed))
    x = optimum(model)
    best = round(float(model.c @ x))
    kept = searched(model, x, to_find=False)
    assert proof.bound(kept.certificate) == best
    assert kept.x is x
    dearer = replace(model, c0=model.c0 - 1)  # the same plans, worth a point less
    assert proof.bound(searched(dearer, x, to_find=False).certificate) == best - 1
    assert len(searched(model, x, gap=0.1).certificate.split_cell) == 0


@pytest.mark.parametrize("seed", range(40))
def test_what_is_left_of_a_knapsack_comes_to_what_all_of_it_does(seed: int) -> None:
    """**Sensitivity**: a column settled that a better packing leaves or takes is another worth."""
    rng = np.random.default_rng(seed)
    weight, room = rng.integers(1, 25, 12), int(rng.integers(20, 90))
    points = weight + rng.integers(-3, 9, 12).astype(float)
    points = np.maximum(points, 0.5)
    worth, taken = knapsack.best(points, weight, room)
    found, held = knapsack.better(points, weight, room, worth - rng.uniform(0.1, 5))
    assert found == pytest.approx(worth)
    assert float(points[held].sum()) == pytest.approx(worth)
    assert weight[held].sum() <= room
    assert knapsack.better(points, weight, room, worth)[0] == worth
    assert taken.any()


def test_some_need_cells_and_solve_calls_them_optimal() -> None:
    of_cells = []
    for seed in range(6):
        plan = solve(assignment(seed), gap=0.0)
        assert plan.summary["status"] == "optimal"
        of_cells.append(len(plan.proof.split_cell))
    assert max(of_cells) > 0
    assert min(of_cells) == 0


def test_a_claim_that_takes_too_much_work_stays_a_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    split = [seed for seed in range(6) if len(solve(assignment(seed), gap=0.0).proof.split_cell)]
    monkeypatch.setattr(cells, "WORK", -1)
    assert solve(assignment(split[0]), gap=0.0).summary["status"] == "solver_optimal"


def test_stopped_it_is_the_proof_without_cells() -> None:
    model = formulate(assignment(0))
    asked: list[float] = []
    stopped = searched(model, stop=lambda score, bound, splits: asked.append(bound) is None)
    assert len(asked) == 1
    assert stopped.bound == asked[0] == proof.bound(stopped.certificate)
    assert len(stopped.certificate.split_cell) == 0


def test_cells_without_a_plan_leave_it_to_the_core_to_say_so() -> None:
    """Each of two places has room for one part and a half, and there are three parts of one."""
    part, place = np.divmod(np.arange(6), 2)
    parts, places = np.array(["A", "B", "C"])[part], np.array(["P", "Q"])[place]
    case = Case.from_tables(
        pd.DataFrame({"project": parts, "site": places, "given": 1.0}),
        pd.DataFrame({"option": np.arange(6), "kind": "floor", "key": places, "amount": 2.0}),
        pd.DataFrame({"kind": "floor", "key": ["P", "Q"], "at_most": [3.0, 3.0]}),
        must_place=True,
    )
    assert searched(formulate(case)).x is None
    assert solve(case, gap=0.0).summary["status"] == "infeasible"
