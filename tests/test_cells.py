"""What a solver claims of an assignment, proved by cells; and a false claim is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from planner.case import Case
from planner.model import Model, formulate
from planner.proofs import Proof
from planner.solve import cells, core, exact, proof, solve


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


def proved(model: Model, target: float) -> Proof:
    of = core.fits(model)
    assert of is not None
    settled = core.settled(model)
    at = core.priced(settled, of, exact.relax(model).prices)
    return cells.proved(settled, of, at, target, stop=lambda: False)


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
def test_the_optimum_is_proved_and_nothing_below_it(seed: int) -> None:
    """**Sensitivity**: a half left out of the cells proves a target that a plan exceeds."""
    model = formulate(assignment(seed))
    best = exact.search(model, gap=0.0, effort=10**6, time_limit_s=60, seed=1, threads=1).x
    assert best is not None
    optimum = float(np.round(model.c @ best))
    assert proof.bound(proved(model, optimum + core.worth(model))) == optimum
    assert proof.bound(proved(model, optimum - 1 + core.worth(model))) >= optimum


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
    of, settled = core.fits(model), core.settled(model)
    at = core.priced(settled, of, exact.relax(model).prices)
    asked: list[bool] = []
    stopped = cells.proved(settled, of, at, -1e6, stop=lambda: asked.append(True) is None)
    assert len(asked) == 1
    assert len(stopped.split_cell) == 0
    assert proof.bound(stopped) == np.floor(at.bound + 1e-6)
