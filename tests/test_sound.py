"""Figures that no solver can do right by are told before it is asked."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
from tiny import case

from planner.case import Case
from planner.errors import SolveError
from planner.model import formulate
from planner.model.sound import unsound
from planner.solve import solve


def two_on_a_floor(small: float, points: tuple[float, float] = (1.0, 1.0)) -> Case:
    """Return P, which fills a floor of 1,000,000 m², and Q, which needs a little of it."""
    options = [("P/main", "s", 2026, points[0]), ("Q/main", "s", 2026, points[1])]
    return case(options, [(0, "floor", "s", 1e6), (1, "floor", "s", small)], [("floor", "s", 1e6, 0)])


def test_what_lies_12_magnitudes_apart_is_told_and_taken_for_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """**Proves**: of two parts that do not fit together the solver places both; at a tenth of the span it does not."""
    plan = solve(two_on_a_floor(1e-7), gap=0.0)
    assert len(plan.placements) == 2
    (said,) = caplog.records
    assert said.levelno == logging.WARNING
    assert said.msg.en == (
        "floor_not_overfilled: its figures go from 1e-07 to 1e+06, 12 orders of magnitude apart: a solver takes the "
        "least for nothing [s]. Check units and entries"
    )
    assert "从 1e-07 到 1e+06" in said.msg.zh
    caplog.clear()
    assert len(solve(two_on_a_floor(1e-5), gap=0.0).placements) == 1
    assert not caplog.records


def test_a_limit_is_one_of_the_figures() -> None:
    model = formulate(two_on_a_floor(1.0))
    far = replace(model, hi=np.where(model.hi == 1e6, 2e12, model.hi))
    assert [(fault.where, fault.features, fault.fatal) for fault in unsound(far)] == [
        ("floor_not_overfilled", ("s",), False)
    ]
    assert list(unsound(model)) == []


def test_a_goal_that_counts_for_nothing_is_told() -> None:
    model = formulate(two_on_a_floor(1.0))
    given = next(each for each in model.objectives if each.goal == "given")
    tiny = replace(model, objectives=(given, replace(given, goal="tax", points=1e-13 * given.points)))
    (fault,) = unsound(tiny)
    assert (fault.where, fault.fatal, fault.remedy.en) == ("tax", False, "Check its weight")


@pytest.mark.parametrize("wrong", [np.inf, np.nan])
def test_figures_that_are_none_are_an_error_that_names_them(wrong: float) -> None:
    with pytest.raises(SolveError, match=r"place: holds a figure that is infinite or none \[0\]"):
        solve(two_on_a_floor(1.0, (wrong, 1.0)))
    with pytest.raises(SolveError, match=r"floor_not_overfilled: .* \[s\]"):
        solve(two_on_a_floor(wrong))
    model = formulate(two_on_a_floor(1.0))
    unbounded = replace(model, upper=np.full(len(model.c), np.inf))
    assert {fault.where for fault in unsound(unbounded) if fault.fatal} == {"place", "placed"}
