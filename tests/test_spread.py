"""Units in several buildings of one complex: all of them by hand, those kept of many, a plan on paper, the audit."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

import planner
from planner import sites
from planner.audit import audit
from planner.explain import explain
from planner.intake.inputs import Inputs
from planner.layers import layers_of
from planner.model import formulate
from planner.plan import Plan
from planner.projects import Projects
from planner.scenario import Scenario
from planner.sites.stacks import Floats
from planner.solve.blocks import blocks_of

MANY = 10_000
Takes = frozenset[tuple[str, float]]


def floors(*rows: tuple[str, str, int, float, float, float]) -> pd.DataFrame:
    """Return floors: complex, building, number, area m², let m², least unit m²."""
    frame = pd.DataFrame(rows, columns=["complex", "building", "floor", "area_m2", "let_m2", "unit_min_m2"])
    frame["free_m2"] = (frame["area_m2"] - frame["let_m2"]).astype(float)
    frame["whole"] = frame["let_m2"] == 0
    frame["park"] = "K"
    frame.index = pd.Index([f"{b}-F{f:02d}" for b, f in zip(frame["building"], frame["floor"], strict=True)])
    return frame


def found(
    asked_m2: float, given: pd.DataFrame, buildings_max: float, *, most: int = 12, each_max: int = MANY,
    passes: Sequence[bool] | None = None, counted: Floats | None = None,
) -> tuple[dict[str, Takes], sites.Units]:
    """Return the units of one part in several buildings, by name, and all units; no two take the same."""
    over = sites.Spread(np.array([buildings_max]), given[["complex", "park"]], each_max)
    fits = np.ones((1, len(given)), dtype=bool) if passes is None else np.array([passes])
    counts = np.ones(fits.shape) if counted is None else counted
    units = sites.units(np.array([asked_m2]), fits, given, most, counts, over)
    names, labels = sites.unit_names(units, given), given.index.to_numpy()
    takes = [
        frozenset((str(labels[f]), round(float(m2), 6))
                  for f, m2 in zip(units.floor[units.unit == k], units.amount_m2[units.unit == k], strict=True))
        for k in range(len(names))
    ]  # fmt: skip
    assert len(set(takes)) == len(takes) == len(set(names))
    return {str(name): take for name, take in zip(names, takes, strict=True) if "+" in name}, units


TWO = floors(*(("C", b, k, 1000, 0, 200) for b in "AB" for k in (1, 2)))


def test_a_run_in_each_building_and_one_floor_in_part() -> None:
    """**Proves**: 3,500 m² of two buildings of two floors of 1,000: both floors of one, of the other one and 500 m².

    The floor in part is the upper or the lower, in either building: 4 units. **Sensitivity**: were both ends free to be
    in part there would be no end of them; if each building were asked to hold it all, none.
    """
    units, _ = found(3500, TWO, 2)
    assert units == {
        "A-F01:F02+B-F01:F02": {("A-F01", 1000), ("A-F02", 1000), ("B-F01", 1000), ("B-F02", 500)},
        "A-F01:F02+B-F02:F01": {("A-F01", 1000), ("A-F02", 1000), ("B-F01", 500), ("B-F02", 1000)},
        "B-F01:F02+A-F01:F02": {("A-F01", 1000), ("A-F02", 500), ("B-F01", 1000), ("B-F02", 1000)},
        "B-F01:F02+A-F02:F01": {("A-F01", 500), ("A-F02", 1000), ("B-F01", 1000), ("B-F02", 1000)},
    }
    assert found(4000, TWO, 2)[0].keys() == {"A-F01:F02+B-F01:F02"}  # all of it, once
    assert found(4100, TWO, 2)[0] == {}
    assert found(3500, TWO, 1)[0] == found(3500, TWO, np.nan)[0] == {}


def test_the_floor_in_part_takes_its_least_unit_and_a_net_need_what_it_comes_to() -> None:
    """Of 1,100 m² one floor is whole and 200 m² of the other are taken; 1,000 m² net at 80 and 50 % are 800 + 400."""
    one = TWO.loc[["A-F01", "B-F01"]]
    assert found(1100, one, 2)[0]["A-F01+B-F01"] == {("A-F01", 1000), ("B-F01", 200)}
    by_net, _ = found(1000, one, 2, counted=np.array([[0.8, 0.5]]))
    assert by_net == {
        "A-F01+B-F01": {("A-F01", 1000), ("B-F01", 400)}, "B-F01+A-F01": {("A-F01", 625), ("B-F01", 1000)},
    }  # fmt: skip


def test_only_buildings_of_one_complex() -> None:
    """Buildings of another complex, of none, or of one in another park take no part in it."""
    for complexes in (["C", "C", "D", "D"], ["", "", "", ""], ["C", "C", "", ""]):
        assert found(3500, TWO.assign(complex=complexes), 2)[0] == {}
    assert found(3500, TWO.assign(park=["K", "K", "L", "L"]), 2)[0] == {}


@pytest.mark.parametrize("seed", range(30))
def test_units_in_several_buildings_are_all_that_the_words_allow(seed: int) -> None:
    """On random stacks with gaps, tenants, least units and refused floors: the same units as by trying all."""
    rng = np.random.default_rng(seed)
    rows = [
        ("C" if building != "D" else "E", building, number, area, float(rng.choice([0, 0, 0, 100, area])),
         float(rng.choice([0, 100, 200])))
        for building in "ABCD"
        for number in range(1, 5)
        if rng.random() < 0.85
        for area in [float(rng.integers(2, 5) * 100)]
    ]  # fmt: skip
    given = floors(*rows)
    passes = (rng.random(len(given)) < 0.9).tolist()
    asked_m2, most, buildings = float(rng.integers(8, 30) * 50), int(rng.integers(1, 4)), int(rng.integers(2, 4))
    units, all_units = found(asked_m2, given, buildings, most=most, passes=passes)
    assert set(units.values()) == set(by_hand(asked_m2, given[passes], buildings, most))
    assert not all_units.unlisted


def by_hand(asked_m2: float, given: pd.DataFrame, buildings_max: int, most: int) -> Iterator[Takes]:
    """Yield what units in several buildings take: adjacent floors in each, all whole but one that ends its run."""
    runs: dict[str, list[tuple[str, ...]]] = {}
    for building, of in given[given["complex"] == "C"].groupby("building"):
        storeys, labels = of["floor"].tolist(), [str(name) for name in of.index]
        runs[str(building)] = [
            tuple(labels[low:high]) for low, high in itertools.combinations(range(len(of) + 1), 2)
            if high - low <= most and storeys[high - 1] - storeys[low] == high - low - 1
        ]  # fmt: skip
    free, least, whole = (dict(given[column].items()) for column in ("free_m2", "unit_min_m2", "whole"))
    for count in range(2, buildings_max + 1):
        for names in itertools.combinations(runs, count):
            for together in itertools.product(*(runs[name] for name in names)):
                taken = list(itertools.chain(*together))
                for partial in {end for run in together for end in (run[0], run[-1])}:
                    others = [name for name in taken if name != partial]
                    rest = asked_m2 - sum(free[name] for name in others)
                    amount = max(rest, least[partial])
                    if rest > 0 and amount <= free[partial] and all(whole[name] for name in others):
                        yield frozenset({*((name, free[name]) for name in others), (partial, amount)})


def test_of_too_many_units_those_of_fewest_floors_that_break_up_least_are_listed() -> None:
    """Of 2,500 m² in two buildings of five floors of 1,000 six are listed; the complex is said.

    **Proves**: they have three floors, at ends of what is free. **Sensitivity**: in the order they are found there
    would be runs in the middle.
    """
    given = floors(*(("C", b, k, 1000, 0, 200) for b in "AB" for k in range(1, 6)))
    every, all_units = found(2500, given, 2)
    kept, units = found(2500, given, 2, each_max=6)
    assert (len(kept), kept.keys() <= every.keys(), all_units.unlisted) == (6, True, frozenset())
    assert units.unlisted == {("C", "K")}
    for takes in kept.values():
        by_building = [sorted(int(name[-2:]) for name, _ in takes if name.startswith(b)) for b in "AB"]
        assert len(takes) == 3
        assert all(run[0] == 1 or run[-1] == 5 for run in by_building)
    assert found(2500, given, 2, each_max=len(every))[1].unlisted == frozenset()


def test_sets_of_buildings_with_too_many_combinations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those only runs at an end of free floors are combined, and of none where these are too many; it is said."""
    given = floors(*(("C", b, k, 1000, 0, 200) for b in "AB" for k in range(1, 6)))
    every, _ = found(2500, given, 2)
    monkeypatch.setattr("planner.sites.spread.COMBINED", 300)  # 15 whole runs × 25 that end in part; 9 × 15 at an end
    fewer, units = found(2500, given, 2)
    assert set() < set(fewer) < set(every)
    assert units.unlisted == {("C", "K")}
    monkeypatch.setattr("planner.sites.spread.COMBINED", 100)
    assert found(2500, given, 2)[0] == {}


def test_of_too_many_sets_of_buildings_those_of_fewest_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three buildings A+B and A+C, not B+C nor all three; it is said."""
    given = floors(*(("C", b, 1, 1000, 0, 200) for b in "ABC"))
    assert {name.count("+") for name in found(1500, given, 3)[0]} == {1}
    assert {name.count("+") for name in found(2500, given, 3)[0]} == {2}
    monkeypatch.setattr("planner.sites.spread.SETS", 2)
    units, all_units = found(1500, given, 3)
    assert units.keys() == {"A-F01+B-F01", "B-F01+A-F01", "A-F01+C-F01", "C-F01+A-F01"}
    assert all_units.unlisted == {("C", "K")}


# A plan on paper

KEYS = {"years": (2026, 2030), "goals": {"tier": 10}}


def asked(small: Inputs, gfa_m2: float, buildings_max: float, complexes: dict[str, str], **keys: Any) -> Inputs:
    """Return the question of P-013 alone, for so much floor space of B01 (F01–F05 free) and B02 (all six)."""
    parts = small.projects.parts.loc[["P-013/main"]].assign(gfa_m2=gfa_m2, buildings_max=buildings_max)
    buildings = small.territory.buildings
    named = buildings.assign(complex=[complexes.get(str(name), "") for name in buildings.index])
    return dataclasses.replace(
        small,
        scenario=Scenario.model_validate(KEYS | keys),
        territory=dataclasses.replace(small.territory, buildings=named),
        projects=Projects(small.projects.projects.loc[["P-013"]], parts),
        root=None,
    )


BOTH = {"B01": "C1", "B02": "C1"}


def test_a_part_too_large_for_each_building_is_spread_over_both(small: Inputs) -> None:
    """15,000 m² go nowhere alone (10,000 and 12,000 m² are free); in both as 8 floors, one by half.

    **Proves**: from 2027, when the later one is delivered. With 2, 3, 4, 5 floors in B01 and the others in B02 there
    are 4·1 + 3·2 + 2·3 + 1·4 pairs of runs, each of at least two floors, so with four ends that may be in part: 80.

    **Sensitivity**: by the first building's year it would start in 2026.
    """
    alone = planner.solve(planner.pose(asked(small, 15_000, np.nan, BOTH)))
    assert alone.placements.empty
    case = planner.pose(asked(small, 15_000, 2, BOTH))
    assert len(case.sites) == 80
    assert case.options["start_year"].min() == 2027
    assert case.options["gfa_m2"].unique().tolist() == [15_000]
    assert case.sites_missing["YL"] == ("larger",)
    fewer = planner.pose(asked(small, 15_000, 2, BOTH, sites={"spread_max": 50}))
    assert len(fewer.sites) == 50
    assert set(fewer.sites.index) < set(case.sites.index)
    assert fewer.sites_missing["YL"] == ("larger", "spread")


def test_each_building_bears_its_share(small: Inputs) -> None:
    """**Proves**: of 9,000 kVA each building bears its share by floor area.

    Where B01 has 3,000, it takes a third at most: 5,000 of 15,000 m².

    **Sensitivity**: were all of it asked of the first building, or of each, nothing would fit.
    """
    inputs = asked(small, 15_000, 2, BOTH, rules={"building_power": True, "simultaneity": 1})
    inputs.projects.parts["power_kva"] = 9000.0
    inputs.territory.buildings.loc["B01", "power_kva"] = 3000.0
    case = planner.pose(inputs)
    use = case.uses_of("building_power").pivot(index="option", columns="key", values="amount")
    assert use.sum(axis=1).unique().tolist() == pytest.approx([9000])
    plan = planner.solve(case)
    in_b01 = plan.uses["place"].str.startswith("B01")
    assert plan.uses.loc[in_b01, "amount_m2"].sum() in (3000, 3500, 4000, 4500, 5000)
    assert audit(plan, inputs)["kept"].all()


def test_a_planned_building_of_several_is_opened(small: Inputs) -> None:
    """**Proves**: who is spread over B03 and the planned B04 opens B04 and is told so; both are one block.

    **Sensitivity**: were only the first building opened, B04 would take a tenant unopened, and the audit would say so.
    """
    inputs = asked(small, 15_000, 2, {"B03": "C2", "B04": "C2"}, goals={"tier": 10, "opened": 1})
    case = planner.pose(inputs)
    model = formulate(case)
    assert np.unique(blocks_of(model)[model.columns_of("place")]).tolist() == [0]
    plan = planner.solve(case)
    assert plan.summary["opened"] == ["B04"]
    assert audit(plan, inputs)["kept"].all()


@pytest.fixture(scope="module")
def spread_plan(small: Inputs) -> tuple[Inputs, Plan]:
    inputs = asked(small, 15_000, 2, BOTH)
    return inputs, planner.solve(planner.pose(inputs))


def test_a_plan_of_several_buildings_is_told(spread_plan: tuple[Inputs, Plan]) -> None:
    """In its layer both buildings are named, their storeys in that order; the outline is that of both."""
    inputs, plan = spread_plan
    (row,) = layers_of(plan, inputs.territory)["placed_units"].to_dict("records")
    places = plan.placements["places"].item().split(";")
    first, second = dict.fromkeys(name[:3] for name in places)
    assert row["building"] == f"{first};{second}"
    storeys = [";".join(sorted(name[-1] for name in places if name.startswith(b))) for b in (first, second)]
    assert row["floors"] == "+".join(storeys)
    assert row["floors_m2"] == 15_000
    outlines = inputs.territory.buildings.geometry
    assert row["geometry"].area == pytest.approx(outlines["B01"].area + outlines["B02"].area)
    assert audit(plan, inputs)["kept"].all()
    case = planner.pose(inputs)
    assert any("B01" in reason.words.en and "B02" in reason.words.en for reason in explain(case, plan, "P-013"))


def broken(plan: Plan, inputs: Inputs) -> set[tuple[str, str]]:
    """Return rule and unit of what the audit finds broken."""
    told = audit(plan, inputs)
    return set(told.loc[~told["kept"], ["rule", "unit"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("buildings_max", "complexes", "unit"),
    [
        (1, BOTH, "buildings"),
        (np.nan, BOTH, "buildings"),
        (2, {"B01": "C1", "B02": "C2"}, "complexes"),
        (2, {"B01": "C1"}, "complexes"),
        (2, {}, "complexes"),
    ],
)
def test_buildings_too_many_or_of_two_complexes_are_found(
    small: Inputs, spread_plan: tuple[Inputs, Plan], buildings_max: float, complexes: dict[str, str], unit: str
) -> None:
    """The plan as it is, measured where the part may take one building alone, or both are not of one complex."""
    assert broken(spread_plan[1], asked(small, 15_000, buildings_max, complexes)) == {("site", unit)}


def moved(plan: Plan, by: dict[str, str]) -> Plan:
    """Return a plan with some places exchanged for others."""
    places = [";".join(by.get(name, name) for name in of.split(";")) for of in plan.placements["places"]]
    return dataclasses.replace(
        plan, placements=plan.placements.assign(places=places),
        uses=plan.uses.assign(place=[by.get(name, name) for name in plan.uses["place"]]),
    )  # fmt: skip


def test_a_building_of_another_park_is_found(small: Inputs, spread_plan: tuple[Inputs, Plan]) -> None:
    """Where B03 in another park is called one complex with them, floors there for those in B02 are in two parks."""
    everywhere = {**BOTH, "B03": "C1"}
    wrong = moved(spread_plan[1], {f"B02-F0{k}": f"B03-F0{k}" for k in range(1, 7)})
    assert ("site", "parks") in broken(wrong, asked(small, 15_000, 2, everywhere))


def test_a_run_that_is_torn_and_two_floors_in_part_are_found(small: Inputs) -> None:
    """With B02-F06 for the lowest of three or four floors of B02, F05 left out; with 500 m² less of another floor."""
    bans = [{"project": "P-013", "place": name} for name in ("B02-F05", "B02-F06")]
    inputs = asked(small, 15_000, 2, BOTH, bans=bans)
    plan = planner.solve(planner.pose(inputs))
    lowest = min(name for name in plan.uses["place"] if name.startswith("B02"))
    assert ("site", "floors from first to last") in broken(moved(plan, {lowest: "B02-F06"}), inputs)
    less = plan.uses["amount_m2"] - np.where(plan.uses["place"] == plan.uses["place"].iloc[0], 500, 0)
    assert ("site", "m²") in broken(dataclasses.replace(plan, uses=plan.uses.assign(amount_m2=less)), inputs)
