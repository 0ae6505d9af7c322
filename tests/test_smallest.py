"""The smallest change that places a project: one case a kind, on figures a person can derive; and random ones.

Each proves that what is told suffices (placed, and the audit finds nothing broken) and is the least (5 % less, or one
step less, and no option has room), by an enumeration that knows nothing of the search (`held`).
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import held
import numpy as np
import pandas as pd
import pytest
import tiny
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from onlookers import LeftError, Onlooker
from small import write_small_scenario

from planner import fit
from planner.case import Case, pose
from planner.explain import smallest, why_not
from planner.explain.diff import UNITS, Step, applied, diff_of, steps
from planner.explain.kinds import KINDS, LIMITS, OF_PLOT, TARGETS
from planner.explain.lacks import Limited
from planner.explain.smallest import Search, Smallest
from planner.intake.inputs import Inputs, read
from planner.plan import Plan, Solved, plan_of
from planner.projects import Projects
from planner.scenario import ChangePrices, Scenario, laid_over, load
from planner.words import Words

GROUND_FLOORS = [f"B0{number}-F01" for number in range(1, 6)]
LATER = [f"{park}-{number:02d}" for park in ("YL", "XQD") for number in range(6, 11)]
"""Parcels that are ready in 2028."""


@dataclass(frozen=True)
class One:
    """A project like one of the small territory, what it asks for instead, and the change it needs.

    Attributes
    ----------
    like : str
        Project: P-002 asks for a plot of 30,000 m² for 45,000 m² of floor space, P-020 for 2,000 m² on any floor.
    kind : str
    amount : float
    part, project : mapping
        Columns that differ.
    only : str or list of str
        The only place it may take.
    never : sequence of str
        Floors, buildings or parks that it must not take.
    """

    like: str
    kind: str
    amount: float
    part: Mapping[str, Any] = field(default_factory=dict)
    project: Mapping[str, Any] = field(default_factory=dict)
    only: Any = None
    never: tuple[str, ...] = ()


OTHER_FLOORS = ("B03-F01", "B03-F02", "B03-F06")
BUILT = ("B01", "B03", "B05")
CASES: dict[str, One] = {
    "load": One("P-020", "floor_load", 10.0, {"load_kn_m2": 25.0}),  # ground floors bear 15
    "load, to the last digit": One("P-020", "floor_load", 10.00041, {"load_kn_m2": 25.00041}),
    "rent, to the last digit": One("P-020", "rent", 5.00039, {"rent_max_cny_m2_month": 29.99961}),
    "clear": One("P-020", "clear_height", 1.8, {"clear_height_m": 8.0}),  # 6.2 there
    "grid": One("P-020", "column_grid", 1.6, {"column_grid_m": 10.0}),
    "still": One("P-020", "vibration_class", 2, {"vibration_class": "VC-D"}),  # VC-B on the ground
    "fire": One("P-020", "fire_class", 2, {"fire_class": "甲"}),
    "lift": One("P-020", "goods_lift", 2.0, {"lift_piece_t": 5.0}, never=tuple(GROUND_FLOORS)),
    "upstairs": One("P-020", "highest_floor", 1, {"accepts": ("G",)}, never=tuple(GROUND_FLOORS)),
    "rent": One("P-020", "rent", 5.0, {"rent_max_cny_m2_month": 30.0}),
    "delivered": One("P-020", "years", 1, project={"year_last": 2026}, never=BUILT),  # B02 in 2027
    "ready": One("P-002", "years", 2, project={"year_last": 2026}, only=LATER),
    "occupied": One("P-002", "released_land", 1, only=["YL-11"]),
    "wanted": One("P-002", "years", 2, project={"year_first": 2032.0, "year_last": 2033.0}),
    "large": One("P-002", "land", 1.0, {"land_m2": 100_000.0, "land_max_m2": 100_000.0}),  # three parcels: 9 ha
    "little": One("P-002", "land", 0.1, {"land_m2": 10_000.0, "land_max_m2": 11_000.0, "gfa_m2": 9000.0}),  # 1.2 ha
    "dense": One("P-002", "far", 1.0, {"gfa_m2": 120_000.0, "clear_height_m": 4.0}),  # FAR 4 where 3 is allowed
    "high": One("P-002", "height_limit", 16.8, {"gfa_m2": 90_000.0, "clear_height_m": 12.0}),  # six times 12.8 m
    "fed": One("P-002", "power", 900.0, {"power_kva": 1000.0}, only="YL-01"),  # 100 kVA there
    "class": One("P-002", "land_class", 1, {"land_classes": ("W1",)}),
    "class of a building": One("P-020", "land_class", 1, {"land_classes": ("W1",)}),
    "wet": One("P-020", "wet_process", 1, {"wet_process": True}, never=("B05",)),
    "banned": One("P-020", "ban", 1, never=("YL", "XQD", "JB")),
    "kept to land": One("P-020", "lock", 1, only=["YL-02"]),
    "reserved": One("P-002", "reserve", 1, only="YL-05"),
    "too large a unit": One("P-020", "floor_space", 1000.0, only={"floor": "B03-F05"}),
    "too large a net need": One("P-020", "floor_space", 100.0, {"net_m2": 1700.0, "gfa_m2": np.nan}, {}, "B03-F06"),
    "let": One("P-020", "let_space", 1000.0, only={"floor": "B03-F05"}),
    "let, a run": One("P-020", "let_space", 1000.0, {"gfa_m2": 5500.0}, {}, {"building": "B03"}, OTHER_FLOORS),
    "power": One("P-002", "power", 500.0, {"power_kva": 4000.0}),  # XQD has 3,500 from 2030 on
    "power, to the last digit": One("P-002", "power", 500.0004, {"power_kva": 4000.0004}),
    "water": One("P-002", "water", 100.0, {"water_m3_day": 500.0}),
    "sewage": One("P-002", "waste_water", 100.0, {"waste_water_m3_day": 900.0}),  # 800 in the supply layer
    "gas": One("P-002", "gas", 100.0, {"gas_m3_day": 900.0}),
    "given in a year": One("P-002", "land", 2.0, project={"year_first": 2027.0, "year_last": 2027.0}),
    "prepared": One("P-002", "budget", 1.0, project={"year_last": 2026}, only="YL-04"),
    "housed": One("P-002", "housing", 40, project={"jobs": 100.0}),
    "power of a building": One("P-020", "power", 1000.0, {"power_kva": 7000.0}, only={"building": "B05"}),
    "lifts": One("P-020", "lift_count", 1, {"lift_flow_t_per_shift": 600.0}),  # 4 lifts × 3 t × 40 trips = 480 t
    "sewage of a building": One("P-020", "waste_water", 10.0, {"waste_water_m3_day": 60.0}, only={"building": "B05"}),
    "counted": One("P-020", "rule", 1),
}  # fmt: skip
RULES: dict[str, Any] = {
    "must_place": True,
    "power": {"caps": {"燕罗": {2026: 3000}, "XQD": {2026: 2500, 2030: 3500}, "JB": {2026: 9000}}},
    "water": {"caps": {"YL": {2026: 400}, "XQD": {2026: 300}}},
    "waste_water": {},
    "gas": {"caps": {"YL": {2026: 1}, "XQD": {2026: 800}}},
    "land_supply": {"years": {2027: 10_000}},
    "preparation_budget": {"years": {2026: 2}},
    "housing": {"beds": {"燕罗": 60, "XQD": 50}},
    "building_power": {},
    "building_waste_water": {},
    "lifts": {},
    "group_count": {"groups": [{"projects": ["counted"], "at_most": 0}]},
}
CHANGES = [
    {"set": {"layer": "parcels", "id": "YL-01", "power_kva": 100}},
    {"set": {"layer": "parcels", "id": "YL-04", "preparation_cost_yi": 3}},
    {"set": {"layer": "buildings", "id": "B05", "waste_water_m3_day": 50}},
]
PARKS = ("YL", "XQD", "JB")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    return read(write_small_scenario(tmp_path_factory.mktemp("smallest")))


@dataclass(frozen=True)
class Posed:
    """All cases in one scenario with nobody placed, and the smallest change of the kind that each is about."""

    inputs: Inputs
    case: Case
    plan: Plan
    search: Search
    change: Mapping[str, Smallest]

    def steps(self, name: str) -> list[Step]:
        return steps(self.search, self.change[name])

    def room(self, found: Iterable[list[Step]]) -> set[str]:
        """Return which projects have room once all these steps are made."""
        every = [step for steps_of in found for step in steps_of]
        return held.having_room(applied(self.inputs, diff_of(self.inputs.scenario, every)), self.case, self.plan)


def like(small: Inputs, cases: Mapping[str, One]) -> Projects:
    """Return the projects of the cases."""
    projects, parts = [], []
    for name, one in cases.items():
        whole = small.projects.projects.loc[one.like].to_dict() | {"jobs": 0.0, **one.project}
        own = small.projects.parts.loc[f"{one.like}/main"].to_dict()
        modest = {"power_kva": 50.0} | ({"load_kn_m2": 5.0, "vibration_class": "VC-A"} if one.like == "P-020" else {})
        projects.append(pd.Series(whole, name=name))
        parts.append(pd.Series(own | modest | dict(one.part) | {"project": name}, name=f"{name}/main"))
    frames = []
    for rows, was in ((projects, small.projects.projects), (parts, small.projects.parts)):
        frame = pd.DataFrame(rows, columns=was.columns).astype(was.dtypes.to_dict()).sort_index()
        frames.append(frame.rename_axis(was.index.name))
    return Projects(*frames)


@pytest.fixture(scope="module")
def posed(small: Inputs) -> Posed:
    was = {name: getattr(small.scenario, name) for name in ("years", "goals", "sites")}
    bans = [
        {"project": name, "place": {"park" if place in PARKS else "floor" if "-" in place else "building": place}}
        for name, one in CASES.items()
        for place in one.never
    ]
    scenario = Scenario(
        **was, rules=RULES, changes=CHANGES, bans=bans, reserve=[{"block": ["YL-05"], "for": "规模级"}],
        only={name: one.only for name, one in CASES.items() if one.only is not None},
    )  # fmt: skip
    inputs = dataclasses.replace(small, scenario=scenario, projects=like(small, CASES), root=None)
    case = pose(inputs)
    plan = plan_of(case, Solved((), 0.0, 0.0, None, "effort", None, 0.0, 0.0))
    search = Search.made(inputs, case, plan, list(CASES))
    found = {(name, *one.amounts): one for name in CASES for one in search.smallest(name)}
    wanted = {name: found[name, one.kind] for name, one in CASES.items() if (name, one.kind) in found}
    return Posed(inputs, case, plan, search, wanted)


@pytest.mark.parametrize("name", CASES)
def test_of_each_kind_the_least_is_told(name: str, posed: Posed) -> None:
    """**Sensitivity**: a need compared with another floor, a unit mixed up, a step forgotten gives another figure."""
    one = CASES[name]
    assert name in posed.change, [change.amounts for change in posed.search.smallest(name)]
    assert posed.change[name].amounts[one.kind] == pytest.approx(one.amount)
    assert posed.change[name].price == pytest.approx(one.amount / KINDS[one.kind].step)


def test_the_least_suffices_and_less_does_not(posed: Posed) -> None:
    """All changes made at once, each project alone: all have room; with less of each, none has.

    Some would help each other, being about the same floors and plots: these are made apart.
    """
    apart = (("let", "counted", "class", "class of a building"), ("rent, to the last digit",),
             ("lifts", "too large a unit"))  # fmt: skip
    rest = [name for name in CASES if not any(name in names for names in apart)]
    for names in (rest, *apart):
        assert set(names) <= posed.room(posed.steps(name) for name in names)
        fewer = [next(held.less(posed.steps(name))) for name in names]
        assert set(names).isdisjoint(posed.room(fewer))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in ("load", "power") else pytest.mark.long) for name in CASES]
)
def test_the_audit_finds_nothing_broken(name: str, posed: Posed) -> None:
    now = applied(posed.inputs, diff_of(posed.inputs.scenario, posed.steps(name)))
    broken = held.findings(now, posed.case, posed.plan, name)
    assert broken.empty, broken.to_string()


def with_unit(figures: object, unit: str) -> object:
    """Return figures as a file has them."""
    if isinstance(figures, dict):
        return {name: with_unit(one, unit) for name, one in figures.items()}
    return f"{figures} {unit}" if unit else figures


def test_a_rule_in_its_short_form_is_written_in_it(posed: Posed, tmp_path: Path) -> None:
    """**Sensitivity**: a chief key written beside the parks or years of the short form is none of these."""
    shares = {"pole_share": {"shares": {"XQD": {"least": "5 %"}}}}
    blocks = {name: RULES[name] for name in (*UNITS, "housing") if RULES[name]}
    long = {name: with_unit(block, UNITS.get(name, "")) for name, block in blocks.items()} | shares
    short = {name: next(iter(block.values())) for name, block in long.items()}
    write_small_scenario(tmp_path)
    forms = []
    for rules in (long, short):
        text = yaml.safe_dump({"extends": "small.yaml", "rules": rules}, allow_unicode=True)
        (tmp_path / "asked.yaml").write_text(text, encoding="utf-8")
        forms.append(load(tmp_path / "asked.yaml"))
    off = Step("rule", Words("", ""), old=True, new=False, key=("rules", "pole_share"))
    every = [step for name in posed.change for step in posed.steps(name) if step.key[1:2] and step.key[1] in long]
    assert {step.key[1] for step in every} == {*blocks}
    for found in ([off], *([step] for step in every)):
        one, other = (laid_over(form, diff_of(form, found)) for form in forms)
        assert one.rules == other.rules != forms[0].rules
    assert not laid_over(forms[1], diff_of(forms[1], [off])).rules.pole_share.on


def test_a_floor_is_vacated_no_further_than_to_nothing(posed: Posed) -> None:
    """All that is let is vacated: what is left over in the last digit is no space; and yes and no are words."""
    lack = {"option": 0, "by": "floor", "id": "B03-F05", "amount": 1000.0 + 1e-7, "kind": "let_space"}
    change = dataclasses.replace(posed.change["let"], lacks=pd.DataFrame([lack]))
    (step,) = steps(posed.search, change)
    assert (step.column, step.new, np.signbit(step.new)) == ("occupied_m2", 0.0, False)
    (step,) = posed.steps("wet")
    assert (step.words.zh.split("：")[1], step.words.en.split(": ")[1]) == ("否 → 是", "no → yes")


def asked(small: Inputs, names: list[str], keys: Mapping[str, Any]) -> Inputs:
    """Return the inputs with some projects and these keys of the scenario."""
    was = {name: getattr(small.scenario, name) for name in small.scenario.model_fields_set}
    parts = small.projects.parts
    return dataclasses.replace(
        small, scenario=Scenario(**{**was, **keys}), root=None,
        projects=Projects(small.projects.projects.loc[names], parts[parts["project"].isin(names)]),
    )  # fmt: skip


def planned(inputs: Inputs, sites: Mapping[str, str]) -> tuple[Case, Plan]:
    """Return the case, and the plan that has parts on sites from the first year each may."""
    case = pose(inputs)
    first = case.options.sort_values("start_year").drop_duplicates(["part", "site"])
    number = {(part, site): row for row, part, site in zip(first.index, first["part"], first["site"], strict=True)}
    chosen = tuple(number[one] for one in sites.items())
    return case, plan_of(case, Solved(chosen, 0.0, 0.0, None, "effort", None, 0.0, 0.0))


@pytest.mark.long
def test_a_change_is_a_ready_piece_of_a_scenario(tmp_path: Path) -> None:
    """Written as YAML below `extends` and read again, it is the question that `applied` makes in memory."""
    path = write_small_scenario(tmp_path)
    inputs = read(path)
    case, plan = planned(inputs, {"P-002/main": "YL-01", "P-011/main": "B03-F02"})
    search = Search.made(inputs, case, plan, ["P-009", "P-020"])
    for project in ("P-009", "P-020"):  # the first of two parts, one wet
        change = search.smallest(project)[0]
        diff = diff_of(inputs.scenario, steps(search, change))
        written = path.with_name(f"{project}.yaml")
        written.write_text(yaml.safe_dump({"extends": path.name, **diff}, allow_unicode=True), encoding="utf-8")
        again = read(written)
        assert applied(inputs, diff).scenario.changes == again.scenario.changes
        assert held.findings(again, case, plan, project).empty


def test_a_search_ends_where_who_looks_on_raises(small: Inputs) -> None:
    """Between any two of its steps. **Sensitivity**: each step alone takes a second of a district."""
    case, plan = planned(small, {})
    everything = Onlooker()
    why_not(small, case, plan, ["P-020"], look=everything)
    assert everything.looks > 5 + 1  # steps of listing, and of choosing
    for leaves in range(1, 8):
        with pytest.raises(LeftError):
            why_not(small, case, plan, ["P-020"], look=Onlooker(leaves))


@pytest.mark.long
def test_prices_rank_the_kinds(small: Inputs) -> None:
    """On B03-F05 1,000 m² are short: less asked for, vacated, or the lock lifted; 1 step each, at these prices not."""
    inputs = asked(small, ["P-020"], {
        "only": {"P-020": {"floor": "B03-F05"}}, "change_prices": {"let_space": 0.5, "lock": 3},
        "changes": [{"set": {"layer": "parts", "id": "P-020/main", "load_kn_m2": 5, "vibration_class": "VC-A"}}],
    })  # fmt: skip
    case, plan = planned(inputs, {})
    found = Search.made(inputs, case, plan, ["P-020"]).smallest("P-020")
    assert [(tuple(one.amounts), one.price) for one in found] == [
        (("let_space",), 0.5), (("floor_space",), 1.0), (("lock",), 3.0),
    ]  # fmt: skip


@pytest.mark.long
def test_what_others_hold_is_theirs(small: Inputs) -> None:
    """P-011 has all of B03-F02; P-012 asks for as much, there only: nothing but the lock answers it."""
    inputs = asked(small, ["P-011", "P-012"], {"only": {"P-012": {"floor": "B03-F02"}}})
    case, plan = planned(inputs, {"P-011/main": "B03-F02"})
    assert [one.amounts for one in Search.made(inputs, case, plan, ["P-012"]).smallest("P-012")] == [{"lock": 1.0}]
    alone = planned(inputs, {})[1]
    assert Search.made(inputs, case, alone, ["P-012"]).smallest("P-012")[0].amounts == {}


@pytest.mark.long
def test_parts_are_placed_at_once(small: Inputs) -> None:
    """P-009 asks for 4,000 and 1,000 m² (wet): B05 takes wet processes, so both fit there without a change."""
    little = {"power": {"caps": {"JB": {2026: 600}}}}
    inputs = asked(small, ["P-009"], {"only": {"P-009": {"building": "B05"}}, "rules": little})
    case, plan = planned(inputs, {})
    search = Search.made(inputs, case, plan, ["P-009"])
    (change, *_) = search.smallest("P-009")
    assert change.amounts == {"power": 100.0}  # each part by itself has its 500 and 200 kVA
    (caps,) = diff_of(inputs.scenario, steps(search, change))["rules"]["power"]["caps"].values()
    assert caps == {str(year): "700 kVA" for year in range(2026, 2031)}


def test_what_was_not_looked_at_is_not_told_of(small: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of P-009 the first option of each part alone is joined: none better is known to be none."""
    inputs = asked(small, ["P-009", "P-020"], {"only": {"P-009": {"building": "B05"}}})
    search = Search.made(inputs, *planned(inputs, {}), ["P-009", "P-020"])
    assert (search.complete("P-020"), search.smallest("P-009")[0].least) == (True, True)
    monkeypatch.setattr(smallest, "EACH", 1)
    monkeypatch.setattr(smallest, "JOINED_MAX", 1)
    assert not search.complete("P-009")
    monkeypatch.setattr(Search, "_best", lambda *_: dataclasses.replace(PLACED, price=9.0))
    assert [one.least for one in search.smallest("P-009")][:1] == [False]
    monkeypatch.setattr(Search, "_best", lambda *_: None)
    told = why_not(inputs, *planned(inputs, {}), ["P-009"])["P-009"][-1]
    assert told.words.en.endswith("among the combinations looked at")


PLACED = Smallest("P-009", 0.0, {"rule": 1.0}, (0, 1), pd.DataFrame())


def test_every_kind_has_a_price_and_every_test_an_answer_or_none() -> None:
    assert list(KINDS) == list(ChangePrices.model_fields)
    kept_clear = {"restrictions", "industrial_line", "protective_distance", "metro_distance", "site_kind", "net_need"}
    assert set(fit.NAMES) == {*TARGETS, *OF_PLOT} | kept_clear
    assert {target.kind for table in (TARGETS, OF_PLOT, LIMITS) for target in table.values()} <= set(KINDS)


@pytest.mark.long
@settings(max_examples=25, database=None, phases=[Phase.generate], deadline=None)
@given(seed=st.integers(0, 10**6))
def test_law_the_smallest_change_suffices_and_less_does_not(small: Inputs, seed: int) -> None:
    lawful(small, seed, 6)


def lawful(small: Inputs, seed: int, most: int) -> None:
    """Check the smallest changes of some projects beside others that stand where chance has put them."""
    rng = np.random.default_rng(seed)
    names = list(map(str, small.projects.projects.index))
    case = pose(small)
    single = [name for name in names if (case.parts["project"] == name).sum() == 1]
    chosen: list[int] = []
    for name in rng.permutation(single)[:8]:
        options = np.flatnonzero((case.options["project"] == name).to_numpy() & ~np.isin(case.options.index, chosen))
        options = [one for one in rng.permutation(options)[:5] if not short_of(case, [*chosen, int(one)])]
        chosen += [int(one) for one in options[:1]]
    plan = plan_of(case, Solved(tuple(chosen), 0.0, 0.0, None, "effort", None, 0.0, 0.0))
    left = [str(name) for name in rng.permutation(sorted(plan.left_out["project"]))[:most]]
    search = Search.made(small, case, plan, left)
    for project in left:
        for change in search.smallest(project)[:2]:
            found = steps(search, change)
            now = applied(small, diff_of(small.scenario, found))
            assert held.findings(now, case, plan, project).empty, [step.words.en for step in found]
            for fewer in itertools.islice(held.less(found), 1):
                less = applied(small, diff_of(small.scenario, fewer))
                assert not held.rooms(less, case, plan, project)[2], [step.words.en for step in found]


def short_of(case: Case, options: list[int]) -> bool:
    """Return whether options lack something together."""
    limited = Limited.of(case, np.zeros(0))
    return len(limited.lacking(np.zeros(len(options), np.int64), np.array(options))) > 0


@pytest.mark.parametrize("kind", ["floor", "building", "one_main_park_per_cluster", "power"])
def test_a_soft_rule_keeps_nobody_out(kind: str) -> None:
    """A kind of use is bound as its rule says: the second of two is short of room where that is hard."""
    rule = {"floor": "floor_not_overfilled", "building": "building_filled"}.get(kind, kind)
    options = [("P/a", "s", 2026, 5.0, "K", 10.0), ("Q/a", "t", 2026, 5.0, "L", 8.0)]
    uses, limit = [(0, kind, "C", 2.0), (1, kind, "C", 2.0)], (kind, "C", 3.0, 0.0)
    if kind == "building":
        uses, limit = [(1, kind, "B", 2.0)], (kind, "B", None, 0.0, 20.0)
    elif kind == "one_main_park_per_cluster":
        uses, limit = [(0, kind, "C", 20.0), (1, kind, "C", 20.0)], (kind, "C", 0.0, 0.0)
    lacking = [
        Limited.of(tiny.case(options, uses, [limit], soft=soft), np.ones(1)).lacking(np.ones(1, int), np.ones(1, int))
        for soft in ({}, {rule: 0.1})
    ]
    assert [len(lack) for lack in lacking] == [1, 0]
