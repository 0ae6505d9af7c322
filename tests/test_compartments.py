"""Fire compartments (防火分区) on the tiny territory of `small`: limits by the table, counts of a plan, and the audit.

Its buildings are for 丙, of resistance 一级, 33 m high with 6 storeys and sprinklers: a high-rise, 3,000 m² × 2.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

import planner
from planner.audit import audit
from planner.case import Case
from planner.explain import explain
from planner.intake.inputs import Inputs
from planner.layers import layers_of
from planner.maps.dossier import projects
from planner.maps.scene import Scene
from planner.options import compartments
from planner.places import compartment_m2
from planner.plan import Plan
from planner.projects import Projects
from planner.scenario import Scenario

SMALLER = {"fire_resistance": "二级", "sprinklers": False}
"""A high-rise for 丙 of resistance 二级 without sprinklers: 2,000 m²."""


def asked(small: Inputs, part: str, gfa_m2: float, building: dict[str, Any], floor_m2: float, **keys: Any) -> Inputs:
    """Return the question of one part alone where B02 is another building, and its second floor of another area."""
    buildings, floors = small.territory.buildings.copy(), small.territory.floors.copy()
    for column, value in building.items():
        buildings[column] = buildings[column].astype(object)
        buildings.at["B02", column] = value
    floors.loc["B02-F02", ["area_m2", "free_m2"]] = floor_m2
    parts = small.projects.parts[small.projects.parts.index == part].assign(gfa_m2=gfa_m2)
    project = part.split("/", maxsplit=1)[0]
    said = {"years": (2026, 2030), "goals": {"tier": 10}, "locks": {project: "B02-F02"}, "tests": {"fire_class": False}}
    return dataclasses.replace(
        small,
        scenario=Scenario.model_validate(said | keys),
        territory=dataclasses.replace(small.territory, buildings=buildings, floors=floors),
        projects=Projects(small.projects.projects.loc[[project]], parts),
        root=None,
    )


@pytest.mark.parametrize(
    ("building", "most_m2"),
    [
        ({}, 6000),
        ({"sprinklers": False}, 3000),
        ({"height_m": 24}, 12_000),  # not above 24 m: 6,000
        ({"height_m": 24.1}, 6000),
        ({"fire_resistance": "二级"}, 4000),
        ({"fire_resistance": ""}, 4000),  # not given: the lower resistance
        ({"height_m": float("nan")}, 6000),  # not given: a high-rise
        ({"sprinklers": None}, 3000),  # not given: none
        ({"production_class": "丁"}, 8000),
        ({"production_class": "戊", "sprinklers": False}, 6000),
        ({"production_class": "戊", "height_m": 20}, np.inf),
        ({"production_class": ""}, 6000),  # not given: 丙, the severest that goes upstairs
        ({"storeys": 1}, np.inf),
        ({"storeys": 1, "fire_resistance": "二级", "sprinklers": False}, 8000),
    ],
)
def test_the_largest_compartment(small: Inputs, building: dict[str, Any], most_m2: float) -> None:
    """By table 3.3.1 of GB 50016. **Sensitivity**: each case differs from the first in what it names alone."""
    found = compartment_m2(asked(small, "P-016/main", 1000, building, 2000).territory, "丙")
    assert found[["B01", "B02"]].tolist() == [6000, most_m2]


def test_compartments_of_options() -> None:
    """**Proves**: 4,500 m² of 2,000 are 3; 2,000 and 100 on two floors 1 + 1; half of 4,500 are 2; on land none.

    **Sensitivity**: by the whole unit 2,100 of 2,000 would be 2 as well, 2,000 + 1,900 too; rounded, 4,500 would be 2.
    """
    places = pd.DataFrame(
        {"kind": "floor", "compartment_m2": [2000.0, 2000.0, np.inf, 0.0]}, index=["F1", "F2", "F3", "F4"]
    )
    uses = pd.DataFrame(
        [(0, "F1", 4500.0), (1, "F1", 2000.0), (1, "F2", 100.0), (2, "F1", 4500.0), (4, "F3", 9000.0),
         (5, "F4", 100.0), (6, "F1", 2000.0 + 1e-7)],
        columns=["option", "key", "amount"],
    )  # fmt: skip
    shares = pd.Series([1.0, 1.0, 0.5, 1.0, 1.0, 1.0, 1.0])
    found = compartments(uses, places, shares)
    assert found.tolist() == pytest.approx([3, 2, 2, np.nan, 1, np.nan, 1], nan_ok=True)
    assert np.isnan(compartments(uses, pd.DataFrame(), shares)).all()
    assert np.isnan(compartments(uses[:0].astype({"key": str}), places, shares)).all()


@pytest.fixture(scope="module")
def three(small: Inputs) -> tuple[Inputs, Case, Plan]:
    """P-016 with 4,500 m² of a floor of 5,000, in compartments of 2,000 m²."""
    inputs = asked(small, "P-016/main", 4500, SMALLER, 5000)
    case = planner.pose(inputs)
    return inputs, case, planner.solve(case)


def test_a_plan_tells_its_compartments(three: tuple[Inputs, Case, Plan]) -> None:
    """In its table, its layer, the dossier of its map, and in words."""
    inputs, case, plan = three
    assert plan.placements["compartments"].tolist() == [3]
    assert layers_of(plan, inputs.territory)["placed_units"]["compartments"].tolist() == [3]
    (part,) = projects(Scene(inputs.territory, plan))["P-016"]["parts"]
    assert part["compartments"] == 3
    said = [reason.words for reason in explain(case, plan, "P-016") if reason.kind == "placed"]
    assert any("in 3 fire compartments" in words.en and "3 个防火分区" in words.zh for words in said)


def test_a_plan_on_land_tells_none(small: Inputs) -> None:
    one = asked(small, "P-002/main", float("nan"), {}, 2000, locks={"P-002": "YL-01"})
    plan = planner.solve(planner.pose(one))
    assert plan.placements["compartments"].isna().all()
    assert audit(plan, one)["kept"].all()


@pytest.mark.parametrize("told", [2.0, 4.0, 2.5, float("nan")])
def test_a_count_that_is_wrong_is_found(three: tuple[Inputs, Case, Plan], told: float) -> None:
    inputs, _, plan = three
    assert audit(plan, inputs)["kept"].all()
    wrong = dataclasses.replace(plan, placements=plan.placements.assign(compartments=told))
    found = audit(wrong, inputs)
    broken = found[~found["kept"]]
    assert broken[["rule", "key", "asked", "unit"]].to_numpy().tolist() == [
        ["site", "P-016/main", "= 3", "fire compartments"]
    ]


@pytest.mark.parametrize(
    ("building", "count"),
    [
        ({"fire_resistance": "", "sprinklers": None}, 3),
        ({"height_m": 24, "fire_resistance": "二级", "sprinklers": False}, 2),
        ({"height_m": float("nan")}, 1),
        ({"production_class": "", "sprinklers": False}, 2),
        ({"production_class": "戊", "sprinklers": False, "height_m": 20}, 1),
    ],
)
def test_model_and_audit_count_alike(small: Inputs, building: dict[str, Any], count: int) -> None:
    """4,500 m² of a floor: by 2,000, 4,000, 6,000, 3,000 m² a compartment, and without limit."""
    inputs = asked(small, "P-016/main", 4500, building, 5000)
    plan = planner.solve(planner.pose(inputs))
    assert plan.placements["compartments"].tolist() == [count]
    assert audit(plan, inputs)["kept"].all()
