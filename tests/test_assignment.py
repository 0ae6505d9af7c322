"""Assignments: which models are some, their plans and bounds against brute force and against branch and bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from planner.case import Case
from planner.model import Model, formulate
from planner.published import random_case
from planner.solve import assignment, exact, proof, solve
from planner.solve.answer import Found, Watcher

CLOSE = 1e-6


def case_of(projects: int, spaces: int, each: int, seed: int, *, whole: bool = False) -> Case:
    """Return a random assignment: so many options of each project, room for about two thirds of what is asked."""
    rng = np.random.default_rng(seed)
    project, space = np.repeat(np.arange(projects), each), rng.integers(0, spaces, projects * each)
    use = rng.integers(1, 9, len(project)).astype(float) if whole else rng.uniform(1, 10, len(project))
    points = rng.integers(1, 20, len(project)).astype(float) if whole else rng.random(len(project))
    names, keys = np.array([f"P{k:03}" for k in range(projects)]), np.array([f"S{k:03}" for k in range(spaces)])
    room = np.full(spaces, np.ceil(0.7 * use.sum() / each / spaces))
    return Case.from_tables(
        pd.DataFrame({"project": names[project], "site": keys[space], "given": points}),
        pd.DataFrame({"option": np.arange(len(project)), "kind": "floor", "key": keys[space], "amount": use}),
        pd.DataFrame({"kind": "floor", "key": keys, "at_most": room}),
    )


def found_of(model: Model, *, gap: float = 0.0, seed: int = 1, passes: int = 12) -> Found:
    of = assignment.fits(model)
    assert of is not None
    told: list[float] = []

    def watch(_stage: str, score: float, _bound: float) -> bool:
        told.append(score)
        return False

    found = assignment.search(model, of, gap=gap, passes=passes, seed=seed, seconds_left=lambda: 1e6, watch=watch)
    assert found.x is not None
    assert told[-1] <= model.c @ found.x + model.c0 + CLOSE, "no more is told than the plan is worth"
    return found


def kept(model: Model, x: np.ndarray) -> bool:
    """Return whether columns keep every row and bound."""
    used = model.A @ x
    inside = (x >= model.lower).all() and (x <= model.upper).all() and (x == np.round(x)).all()
    return bool(inside and (used <= model.hi + CLOSE).all() and (used >= model.lo - CLOSE).all())


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("whole", [False, True])
def test_the_plan_and_the_bound_enclose_the_optimum(seed: int, whole: bool) -> None:
    """**Proves**: a plan of the model, no better than branch and bound's, which is within the bound."""
    model = formulate(case_of(14, 4, 6, seed, whole=whole))
    found = found_of(model)
    assert found.x is not None
    assert kept(model, found.x)
    score = float(model.c @ found.x + model.c0)
    best = exact.search(model, gap=0.0, effort=10**6, time_limit_s=60, seed=1, threads=1).x
    assert best is not None
    optimum = float(model.c @ best + model.c0)
    assert score <= optimum + CLOSE
    assert optimum <= found.bound + CLOSE
    assert score >= 0.98 * optimum, "a few knapsacks packed together are nearly all there are"
    assert found.bound == proof.bound(found.certificate)


def test_a_larger_one_is_proved_to_a_fraction_of_a_per_cent() -> None:
    found = found_of(formulate(random_case(2_000, 3)), passes=30)
    score = float(found.certificate.c @ found.x)
    assert 0 <= (found.bound - score) / score < 0.006
    assert found.ended == "effort"


def test_it_repeats_and_ends_on_the_gap() -> None:
    model = formulate(random_case(2_000, 3))
    first, again = found_of(model), found_of(model)
    assert np.array_equal(first.x, again.x)
    assert first.bound == again.bound
    loose = found_of(model, gap=0.05)
    assert loose.ended == "gap"
    assert loose.bound - float(model.c @ loose.x) <= 0.05 * float(model.c @ loose.x)


def test_what_is_forbidden_stays_out() -> None:
    """**Sensitivity**: the best plan's own options are forbidden, so that who forgets the bound takes them again."""
    model = formulate(case_of(14, 4, 6, 5))
    best = found_of(model).x
    upper = np.where((best > 0) & (np.arange(len(best)) < 84), 0.0, model.upper)
    found = found_of(replace(model, upper=upper))
    assert kept(replace(model, upper=upper), found.x)
    assert found.bound == proof.bound(found.certificate)


def test_the_points_of_placing_a_project_count() -> None:
    """An option of no points of its own is taken where placing its project earns some."""
    model = formulate(case_of(14, 4, 6, 2))
    placed = model.columns_of("placed")
    c = model.c.copy()
    c[placed] = np.linspace(0, 5, 14)
    model = replace(model, c=c)
    found = found_of(model)
    best = exact.search(model, gap=0.0, effort=10**6, time_limit_s=60, seed=1, threads=1).x
    assert model.c @ best - CLOSE <= found.bound
    assert model.c @ found.x >= 0.98 * (model.c @ best)


def changed(model: Model, **fields: object) -> Model:
    return replace(model, **fields)  # type: ignore[arg-type]


def test_models_that_are_none_are_not_taken_for_one() -> None:
    """**Sensitivity**: one more rule, an opening, a lock or a share would be lost without a word."""
    case = case_of(14, 4, 6, 1)
    model = formulate(case)
    assert assignment.fits(model) is not None
    lower, integer = model.lower.copy(), model.integer.copy()
    lower[3] = 1.0
    integer[3] = False
    assert assignment.fits(changed(model, lower=lower)) is None
    assert assignment.fits(changed(model, integer=integer)) is None
    assert assignment.fits(changed(model, hi=np.where(np.arange(len(model.hi)) == 0, 2.0, model.hi))) is None
    assert assignment.fits(changed(model, A=model.A.multiply(2).tocsr())) is None
    apart = case.options.index[[0, int((case.options["site"] != case.options["site"][0]).argmax())]]
    uses = pd.concat([case.uses, pd.DataFrame({"option": apart, "kind": "power", "key": "EAST 2026", "amount": 1.0})])
    limits = pd.concat([case.limits, pd.DataFrame({"kind": ["power"], "key": ["EAST 2026"], "at_most": [1.0]})])
    powered = Case.from_tables(case.options[["project", "site", "given"]], uses, limits)
    assert assignment.fits(formulate(powered)) is None
    must = Case.from_tables(case.options[["project", "site", "given"]], case.uses, case.limits, must_place=True)
    assert assignment.fits(formulate(must)) is None


def test_it_ends_when_cancelled_or_out_of_time_with_the_plan_in_hand() -> None:
    model = formulate(random_case(2_000, 1))
    of = assignment.fits(model)
    told: list[str] = []

    def ended(watch: Watcher, left: float) -> Found:
        return assignment.search(model, of, gap=0.0, passes=5, seed=1, seconds_left=lambda: left, watch=watch)

    def at_repacking(stage: str, _score: float, _bound: float) -> bool:
        told.append(stage)
        return stage == "repacking"

    cancelled = ended(at_repacking, 1e6)
    assert cancelled.ended == "cancelled"
    assert kept(model, cancelled.x)
    assert told[-1] == "repacking"
    assert set(told) == {"prices", "repacking"}
    late = ended(lambda *_: False, 0.0)
    assert late.ended == "time_limit"
    assert kept(model, late.x)
    at_once = ended(lambda *_: True, 1e6)
    assert at_once.ended == "cancelled"
    assert at_once.bound >= float(model.c @ cancelled.x)


def test_solve_takes_a_large_one_this_way() -> None:
    told: list[str] = []
    plan = solve(random_case(12_000, 1), gap=0.02, progress=lambda now: told.append(now.stage))
    assert set(told) == {"prices", "repacking"}
    assert plan.summary["status"] == "within_gap"
    assert 0 <= plan.summary["gap"] <= 0.02
