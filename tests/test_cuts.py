"""The implied rows: they cut off no plan, they tighten the relaxation, and they know which rules are switched off."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from tiny import Tables, best_plan, tables

from planner.case import RULES, Case
from planner.limits import power_limits
from planner.model import formulate
from planner.scenario import Scenario
from planner.solve import exact, proof
from planner.solve.cuts import strengthened


def bounds(posed: Case) -> tuple[float, float]:
    """Return the bound of the plain relaxation and of the strengthened one."""
    model = formulate(posed)
    relaxed = exact.relax(model)
    plain = proof.proof_of(model, relaxed.prices)
    stronger, prices = strengthened(posed, model, relaxed, proof.reduced_costs(plain), proof.bound(plain))
    return proof.bound(plain), proof.bound(proof.proof_of(stronger, prices))


def test_no_plan_is_cut_off() -> None:
    """150 cases: the strengthened bound is never below the best of all plans, nor above the plain bound."""
    tightened = []

    @settings(max_examples=150)
    @given(tables(whole_points=False))
    def law(drawn: Tables) -> None:
        posed = drawn.case()
        best = best_plan(posed)
        if best is None or not exact.relax(formulate(posed)).feasible:
            return
        plain, strong = bounds(posed)
        assert strong >= best.score - 1e-6
        assert strong <= plain + 1e-6
        tightened.append(strong < plain - 1e-6)

    law()
    assert sum(tightened) >= 5


def three_want_one_floor(**keys: Any) -> Case:
    """Three projects of 6 m² and 5 points, one floor of 10 m²."""
    options = pd.DataFrame({"project": ["A", "B", "C"], "site": "F", "given": 5.0})
    uses = pd.DataFrame({"option": range(3), "kind": "floor", "key": "F", "amount": 6.0})
    limits = pd.DataFrame({"kind": ["floor"], "key": ["F"], "at_most": [10.0]})
    return Case.from_tables(options, uses, limits, **keys)


def test_two_of_six_do_not_share_ten() -> None:
    """**Proves**: the plain relaxation places 10/6 of a project (8.33, 8 whole points), the implied row one (5).

    **Sensitivity**: without the row the bound stays 8.
    """
    assert bounds(three_want_one_floor()) == pytest.approx((8.0, 5.0))


@pytest.mark.parametrize("off", ["floor_not_overfilled", "each_part_placed_with_its_project"])
def test_a_rule_that_is_off_implies_nothing(off: str) -> None:
    """**Proves**: with the rule off all three are placed (15 points), and no implied row says otherwise.

    **Sensitivity**: a row implied by a rule that is off would prove a bound of 5 for a plan of 15.
    """
    plain, strong = bounds(three_want_one_floor(rules=set(RULES) - {off}))
    assert strong == pytest.approx(plain)


def test_power_given_before_the_horizon_holds_in_it() -> None:
    """**Proves**: 50 MVA given for 2024 are there in 2026, and 80 MVA from 2028 on; 2026 and 2027 need one row.

    **Sensitivity**: taking the first year of the horizon for one without supply gives 0 kVA in 2026.
    """
    supply = pd.DataFrame({"park": "YL", "year": [2024, 2028], "power_mva": [50.0, 80.0]})
    found = power_limits(SimpleNamespace(supply=supply), Scenario(years=(2026, 2030)))  # type: ignore[arg-type]
    rows = {int(row.year): float(row.kva) for row in found.itertuples()}
    assert rows == {2027: 50_000.0, 2028: 80_000.0, 2030: 80_000.0}
    later = SimpleNamespace(supply=supply.iloc[1:])
    found = power_limits(later, Scenario(years=(2026, 2030)))  # type: ignore[arg-type]
    assert found.loc[found["year"] == 2027, "kva"].tolist() == [0.0]
