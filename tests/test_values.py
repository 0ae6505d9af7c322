"""What a thing is worth, and what keeping a place free costs: intervals that hold, beside prices.

**Proves**: the true gain or loss, of both questions solved to their optimum, lies in the interval told, and on paper
it is the figure told; the change is written as keys that do just that. **Sensitivity**: a step in another year, a
score taken from the wrong plan, or a bound of the old question is outside.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import planner
from planner.intake.inputs import Inputs
from planner.projects import Projects
from planner.scenario import Scenario, laid_over
from planner.values import Worth, _reached, reserving, values
from planner.whatif import Warm, warm

CLOSE = 1e-6


def asked(small: Inputs, names: tuple[str, ...], keys: dict[str, Any]) -> Inputs:
    """Return the question of a few small projects."""
    parts = small.projects.parts[small.projects.parts["project"].isin(names)]
    scenario = Scenario.model_validate({"years": (2026, 2030), **keys})
    projects = Projects(small.projects.projects.loc[list(names)], parts)
    inputs = dataclasses.replace(small, scenario=scenario, projects=projects, root=None)
    return dataclasses.replace(inputs, root=inputs)


def best(inputs: Inputs) -> float:
    """Return what the best plan of a question is worth, solved anew."""
    plan = planner.solve(planner.pose(inputs), gap=0.0)
    assert plan.summary["status"] in ("optimal", "solver_optimal")
    return float(plan.summary["score"])


def held(inputs: Inputs, one: Worth, keys: dict[str, Any], sign: float) -> None:
    """Check that the true difference of two optima is in the interval told."""
    changed = dataclasses.replace(inputs, scenario=laid_over(inputs.scenario, keys))
    true = sign * (best(changed) - best(inputs))
    assert one.at_least - CLOSE <= true <= one.at_most + CLOSE, one


def test_what_makes_more_land_ready_is_measured_as_before(small: Inputs) -> None:
    """A parcel dear to prepare, made ready, gives nobody a better place: goals stay divided by what they were."""
    cost = {"YL-03": 2.0, "YL-08": 2.0, "YL-13": 40.0}  # the three of 1.2 ha; P-007 takes no other
    changes = [{"set": {"layer": "parcels", "id": name, "preparation_cost_yi": of}} for name, of in cost.items()]
    changes.append({"set": {"layer": "parcels", "id": "YL-08", "ready_year": 2026}})
    keys = {"goals": {"tier": 1, "preparation": 10}, "sites": {"plot_parcels_max": 1}, "changes": changes}
    inputs = dataclasses.replace(asked(small, ("P-007",), keys), root=None)
    first = warm(inputs, gap=0.0)
    (land,) = (one for one in values(inputs, first, kinds=["land"]) if one.where == "YL-13")
    assert (land.at_least, land.at_most) == (pytest.approx(0.0, abs=CLOSE), pytest.approx(0.0, abs=CLOSE))


THREE = ("P-011", "P-012", "P-015")
SHORT = {
    "goals": {"tier": 1},
    "only": dict.fromkeys(THREE, "YL"),
    "rules": {"power": {"caps": {"燕罗": {2026: 500}}}},
}


def test_one_mva_more_places_the_third(small: Inputs) -> None:
    """200, 200 and 300 kVA under 500: two of three, each of the tier of all; with 1,500 the third is placed."""
    inputs = asked(small, THREE, SHORT)
    first = warm(inputs, gap=0.0)
    found = {one.key: one for one in values(inputs, first, kinds=["row"])}
    (power,) = [one for key, one in found.items() if key.startswith("power ")]
    assert first.score == pytest.approx(100 * 2 / 3)
    assert (power.at_least, power.solved) == (pytest.approx(100 / 3), True)
    assert power.price == pytest.approx(1000 * 100 / 3 / 300, rel=0.01)  # the dearest kVA in the relaxation
    assert set(power.keys["rules"]["power"]["caps"]["燕罗"].values()) == {"1500 kVA"}
    assert (power.words.zh, power.words.en) == (
        "园区供电 YL 2030 增加 1,000 kVA", "power by park and year YL 2030: 1,000 kVA more",
    )  # fmt: skip
    held(inputs, power, dict(power.keys), 1.0)
    assert all(0 <= one.at_least <= one.at_most for one in found.values())
    assert power.where == "YL"


def test_both_ends_are_told_where_the_bound_is_not_met(small: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    """**Proves**: with every bound 2 above its plan, a gain is 2 more at most, and what is kept free 2 less at least.

    **Sensitivity**: told against the bound of now, or the score found, both ends are one.
    """
    first = warm(asked(small, THREE, SHORT), gap=0.0)
    monkeypatch.setattr(Warm, "bound", property(lambda now: now.score + 2.0))
    power = next(one for one in values(asked(small, THREE, SHORT), first, kinds=["row"]) if one.where == "YL")
    assert (power.at_least, power.at_most) == (pytest.approx(100 / 3), pytest.approx(100 / 3 + 2))
    free = warm(asked(small, ("P-007",), {"goals": {"tier": 5, "waited": 1}}), gap=0.0)
    kept = {one.key: one for one in reserving(free)}
    dear, idle = kept.pop("YL-03"), next(iter(kept.values()))
    assert dear.at_most - dear.at_least == pytest.approx(2)
    assert dear.at_most == pytest.approx((free.score or 0.0) - (free.reserve("YL-03").score or 0.0))
    assert (idle.at_least, idle.at_most) == (pytest.approx(-2), 0.0)


def test_who_is_left_out_is_tried_where_there_is_more(small: Inputs) -> None:
    """A search that ends with nobody placed is bettered by locking one there: all else is settled anew around it."""
    now = warm(asked(small, THREE, {"goals": {"tier": 1}, "only": dict.fromkeys(THREE, "YL")}), gap=0.0)
    answer = now.kept.answer
    assert answer.x is not None
    nobody = dataclasses.replace(answer, x=np.zeros(len(answer.x)))
    poor = dataclasses.replace(now, kept=dataclasses.replace(now.kept, answer=nobody))
    assert (_reached(poor, "YL"), _reached(poor, "XQD")) == (pytest.approx(100.0), 0.0)


def test_a_parcel_ready_at_once_saves_the_wait(small: Inputs) -> None:
    """P-007 (1 to 1.5 ha) fits two pieces of 1.2 ha alone; the one ready in 2026 is banned, for the other it waits."""
    bans = [{"project": "P-007", "place": "YL-03"}]
    inputs = asked(small, ("P-007",), {"goals": {"tier": 5, "waited": 1}, "bans": bans})
    first = warm(inputs, gap=0.0)
    told: list[Worth] = []
    found = values(inputs, first, kinds=["land"], told=told.append)
    assert [one.key for one in found] == ["YL-08", "XQD-06"]
    land, other = found
    assert land.keys == {"changes": [{"set": {"layer": "parcels", "id": "YL-08", "state": "free", "ready_year": 2026}}]}
    assert land.words.en == "YL: 1.20 ha more ready at once (YL-08, now 2028)"
    held(inputs, land, dict(land.keys), 1.0)
    assert land.at_least > 1.0
    assert other.at_least == 0
    assert sorted(told, key=lambda one: one.key) == [other, land]


def test_a_heavy_floor_is_the_largest_that_bears_less(small: Inputs) -> None:
    """P-016 finds room as it is: a stronger floor is worth nothing."""
    inputs = asked(small, ("P-016",), {"goals": {"tier": 5}, "only": {"P-016": "XQD"}})
    first = warm(inputs, gap=0.0)
    found = values(inputs, first, kinds=["floor_load"])
    assert {one.key for one in found} == {"B01-F02", "B03-F02"}
    assert [one.keys["changes"][0]["set"]["load_kn_m2"] for one in found] == [15.0, 15.0]
    assert [(one.at_least, one.price) for one in found] == [(0.0, None)] * 2


def test_the_cheapest_to_keep_free_are_told_first(small: Inputs) -> None:
    """P-007 goes to YL-08 where YL-03 is kept free, and waits two years; all other parcels cost nothing."""
    inputs = asked(small, ("P-007",), {"goals": {"tier": 5, "waited": 1}})
    first = warm(inputs, gap=0.0)
    found = reserving(first)
    assert [one.at_most for one in found[:-1]] == [0.0] * (len(found) - 1)
    dear = found[-1]
    assert (dear.key, dear.solved, dear.keys) == ("YL-03", True, {})
    assert dear.at_most > 1.0
    held(inputs, dear, {"bans": [{"project": "P-007", "place": "YL-03"}]}, -1.0)
    locked = warm(asked(small, ("P-007",), {"goals": {"tier": 5}, "locks": {"P-007": "YL-03"}}), gap=0.0)
    assert "YL-03" not in {one.key for one in reserving(locked)}


def test_a_place_kept_free_is_posed_anew_as_it_is_answered(small: Inputs) -> None:
    inputs = asked(small, ("P-007", "P-005"), {"goals": {"tier": 5}})
    now = warm(inputs, gap=0.0).reserve("YL-03")
    assert now.inputs is not None
    anew = planner.pose(now.inputs)
    assert now.case.options.equals(anew.options)
    assert "YL-03" not in set(now.plan.uses["place"])
    failed = [case.refusals.astype({"part": str, "place": str}).sort_values(["part", "place"], ignore_index=True)
              for case in (now.case, anew)]  # fmt: skip
    assert failed[0].equals(failed[1])


def test_a_question_without_a_plan_has_no_values(small: Inputs) -> None:
    inputs = asked(small, ("P-007",), {"goals": {"tier": 5}})
    none = dataclasses.replace(warm(inputs, gap=0.0))
    empty = dataclasses.replace(none, kept=dataclasses.replace(
        none.kept, answer=dataclasses.replace(none.kept.answer, x=None)))  # fmt: skip
    with pytest.raises(planner.ScenarioError, match="has no plan"):
        values(inputs, empty)
    with pytest.raises(planner.ScenarioError, match="has no plan"):
        reserving(empty)
