"""A project and a parcel that a scenario adds: as if a file had them, told what is wrong, measured apart, kept warm.

Proves that a row added is read, completed and held to what a row of the file is; that whatever comes after a change
(options, plan, audit, comparison, warm answers, maps) has it; that the audit reads it with code of its own.
Sensitivity: a second way of deriving areas or parks, a need dropped on the way, or an outline read otherwise than it
was drawn turns one of them red.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
import yaml
from audit_bench import lonlat
from sample_plan import HOSTILE
from small import CRS, shapes, write_small, write_small_scenario

import planner
from planner import intake, maps
from planner.audit import audit
from planner.changes import changed, changed_asked
from planner.comparison import compare
from planner.errors import Fault, ScenarioError
from planner.intake.inputs import Inputs, read
from planner.plan import Plan
from planner.report import Book, save
from planner.review.told import full
from planner.scenario import laid_over, load, said
from planner.sharing import shared_at
from planner.whatif import Warm, warm

BOX = (488_120, 2_520_000, 488_320, 2_520_150)
"""Of a parcel of 30,000 m² in the east of Xinqiao East, across a street from XQD-05."""
COLUMNS: dict[str, Any] = {
    "lot_id": "G-16", "state": "free", "land_class": "M1", "far_max": 3, "coverage_max": 0.5, "height_limit_m": "60 m",
    "ready_year": 2026, "divisible": False, "joint": True, "published_area_m2": "3 公顷",
}  # fmt: skip
PROJECT: dict[str, Any] = {
    "layer": "projects", "id": "P-900", "name": "新来项目", "firm": "新来公司", "industry": "A06.1", "tier": "战略级",
    "cluster": "C12", "supplies": "P-001;P-006", "investment_yi": "90 亿元", "output_yi": 100, "tax_yi": 9, "jobs": 800,
    "year_first": 2026, "year_last": 2030,
    "parts": [
        {"part": "production", "accepts": "P", "land_m2": "3 公顷", "land_max_m2": 30_000, "load_kn_m2": "1.5 t/m²",
         "power_kva": "2 MVA", "fire_class": "丁"},
        {"part": "research", "part_industry": "A06.4", "accepts": "U", "gfa_m2": 2000, "wet_process": False},
    ],
}  # fmt: skip


def corners(box: tuple[float, float, float, float]) -> list[list[float]]:
    west, south, east, north = box
    return lonlat((west, south), (east, south), (east, north), (west, north))


def parcel(**more: Any) -> dict[str, Any]:
    return {"layer": "parcels", "id": "XQD-16", "polygon": corners(BOX), **COLUMNS, **more}


def adding(inputs: Inputs, *changes: dict[str, Any], **keys: Any) -> Inputs:
    """Return inputs whose scenario adds features, or changes otherwise."""
    each = [change if set(change) <= {"set", "withdraw", "add"} else {"add": change} for change in changes]
    return inputs.under(laid_over(inputs.scenario, {"changes": each, **keys}))


def faults(inputs: Inputs) -> list[Fault]:
    with pytest.raises(ScenarioError) as caught:
        planner.pose(inputs)
    return list(caught.value.faults)


def broken(plan: Plan, inputs: Inputs) -> set[str]:
    found = audit(plan, inputs)
    return set(found.loc[~found["kept"], "rule"])


def solved(inputs: Inputs) -> Plan:
    """Return a plan with all that maps tell."""
    return full(warm(inputs, gap=0.01), None)


def with_rows(path: Path, *rows: dict[str, Any]) -> None:
    """Write rows below those of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        held = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys([*held[0], *(name for row in rows for name in row)])))
        writer.writeheader()
        writer.writerows([*held, *rows])


# As if the file had it


def test_a_parcel_added_is_what_it_would_be_had_its_file_had_it(small: Inputs, tmp_path: Path) -> None:
    """Area, home park, parks around, order: all that intake derives; the outline to what projecting it twice costs."""
    write_small(tmp_path)
    layers = shapes()
    more = gpd.GeoDataFrame({"parcel_id": ["XQD-16"]}, geometry=[shapely.box(*BOX)], crs=CRS)
    layers["parcels"] = pd.concat([layers["parcels"], more], ignore_index=True)
    intake.write_layers(tmp_path / "small.gpkg", layers)
    with_rows(tmp_path / "parcels.csv", {"parcel_id": "XQD-16", **COLUMNS, "height_limit_m": 60, "divisible": "no",
                                         "joint": "yes", "published_area_m2": 30_000})  # fmt: skip
    there = intake.read_territory(tmp_path).parcels
    here = changed(small.territory, adding(small, parcel()).scenario).parcels
    one, other = (pd.DataFrame(parcels.drop(columns="geometry")) for parcels in (here, there))
    pd.testing.assert_frame_equal(one, other)
    assert shapely.hausdorff_distance(here.geometry["XQD-16"], there.geometry["XQD-16"]) < 1e-5
    assert (here["home_park"]["XQD-16"], round(here["area_m2"]["XQD-16"], 2)) == ("XQD", 30_000)
    assert "XQD-16" not in small.territory.parcels.index


def test_a_project_added_is_what_it_would_be_had_its_table_had_it(small: Inputs, tmp_path: Path) -> None:
    """Its parts' industries, their order, what is not given: all that intake makes of a row."""
    write_small_scenario(tmp_path)
    whole = {name: value for name, value in PROJECT.items() if name not in ("layer", "id", "parts")}
    rows = [{"project_id": "P-900", **whole, **part} for part in PROJECT["parts"]]
    with_rows(tmp_path / "projects.csv", *rows)
    there, here = read(tmp_path / "small.yaml").projects, changed_asked(adding(small, PROJECT))
    pd.testing.assert_frame_equal(here.projects, there.projects)
    pd.testing.assert_frame_equal(here.parts, there.parts)
    assert here.parts["industry"]["P-900/research"] == "A06.4"
    assert here.parts["load_kn_m2"]["P-900/production"] == pytest.approx(14.71, abs=0.01)


def test_what_is_added_can_be_changed_afterwards_and_not_before(small: Inputs) -> None:
    then = {"set": {"layer": "parts", "id": "P-900/research", "gfa_m2": 1000}}
    assert changed_asked(adding(small, PROJECT, then)).parts["gfa_m2"]["P-900/research"] == 1000
    (before,) = faults(adding(small, then, PROJECT))
    assert "'P-900/research' does not exist" in before.rule.en
    after = changed(small.territory, adding(small, parcel(), {"withdraw": ["XQD-16"]}).scenario)
    assert after.parcels["state"]["XQD-16"] == "other_use"


def test_a_scenario_that_adds_is_read_again_as_it_is_written(small: Inputs, tmp_path: Path) -> None:
    now = adding(small, parcel(), PROJECT).scenario
    (tmp_path / "again.yaml").write_text(yaml.safe_dump(dict(said(now)), allow_unicode=True), encoding="utf-8")
    assert load(tmp_path / "again.yaml").changes == now.changes


# What comes after


@pytest.fixture(scope="module")
def both(small: Inputs) -> Inputs:
    """Return the territory with a project and a parcel more, the one locked to the other."""
    return adding(small, parcel(), PROJECT, locks={"P-900/production": "XQD-16"}, must_place=["P-900"])


@pytest.fixture(scope="module")
def first(small: Inputs) -> Warm:
    """Return the territory solved as it is."""
    return warm(small, gap=0.0)


@pytest.fixture(scope="module")
def plan(both: Inputs) -> Plan:
    return solved(both)


def test_a_project_added_stands_on_a_parcel_added_and_all_is_kept(both: Inputs, plan: Plan) -> None:
    where = plan.placements.set_index("part")
    assert where["places"]["P-900/production"] == "XQD-16"
    assert where["land_m2"]["P-900/production"] == pytest.approx(30_000, abs=0.1)
    assert broken(plan, both) == set()


def test_goals_are_measured_as_before_where_a_child_adds(small: Inputs, both: Inputs) -> None:
    pd.testing.assert_frame_equal(planner.pose(both).goals, planner.pose(small).goals)


def test_who_is_added_and_left_out_is_told_why(small: Inputs) -> None:
    heavy = {**PROJECT, "parts": [{"accepts": "U", "gfa_m2": 2000, "load_kn_m2": 60}]}
    out = solved(adding(small, heavy)).left_out.set_index("project")
    assert "floor load" in out["words_en"]["P-900"]
    assert out["cause"]["P-900"] == "fits_nowhere"


def test_a_project_of_one_plan_only_is_said_to_be_new(first: Warm, plan: Plan) -> None:
    before = first.plan
    moves = {move.project: move.change for move in compare(before, plan).moves}
    back = {move.project: move.change for move in compare(plan, before).moves}
    assert (moves["P-900"], back["P-900"]) == ("only_in_b", "only_in_a")


def test_a_warm_case_takes_what_is_added_from_where_it_stands(small: Inputs, first: Warm) -> None:
    """Posed again with the prices of before, and no worse than solved afresh."""
    now = first.asked(changes=adding(small, parcel(), PROJECT).scenario.changes)
    afresh = warm(adding(small, parcel(), PROJECT), gap=0.0)
    assert now.score == pytest.approx(afresh.score, abs=1e-6)
    assert now.bound >= now.score - 1e-9
    assert first.score < now.score
    assert set(now.chosen["part"]) >= {"P-900/production", "P-900/research"}


def test_hostile_names_stay_text(small: Inputs) -> None:
    changes = []
    for k, name in enumerate(HOSTILE):
        clean = name.replace("/", "∕")  # an identifier holds no slash
        box = (488_120, 2_519_910 + 100 * k, 488_320, 2_519_980 + 100 * k)
        changes += [parcel(id=clean, lot_id=name, tenure=name, polygon=corners(box), published_area_m2=None),
                    {**PROJECT, "id": clean, "name": name, "firm": name}]  # fmt: skip
    inputs = adding(small, *changes)
    drawn = maps.draw(solved(inputs), changed(inputs.territory, inputs.scenario), "zh",
                      projects=changed_asked(inputs))  # fmt: skip
    text = maps.page_text(drawn)
    assert "<img src=x" not in text
    assert "<script>window.pwned" not in text


def test_no_name_of_what_is_added_leaves_the_house(both: Inputs, plan: Plan) -> None:
    shared = shared_at("public", [both])
    told = shared.plan(plan)
    texts = [told.placements.to_csv(), told.left_out.to_csv(), shared.projects(changed_asked(both)).projects.to_csv(),
             shared.territory(changed(both.territory, both.scenario)).parcels.to_csv()]  # fmt: skip
    for name in ("P-900", "新来项目", "新来公司", "XQD-16", "G-16"):
        assert not any(name in text for text in texts), name
    code = shared.codes.code("project", "P-900")
    assert any(code in text for text in texts)


@pytest.mark.filterwarnings("ignore:.*xtension is not supported:UserWarning:openpyxl")
def test_the_workbook_has_who_is_added(both: Inputs, plan: Plan, tmp_path: Path) -> None:
    asked = changed_asked(both)
    book = Book(plan, changed(both.territory, both.scenario), "zh", asked.projects, parts=asked.parts)
    sheets = openpyxl.load_workbook(save(book, tmp_path / "plan.xlsx"))
    row = next(row for row in sheets["落位"].iter_rows(values_only=True) if "P-900/production" in row)
    assert {"新来项目", "新来公司", "XQD-16"} <= set(row)


# Measured apart


def test_an_audit_reads_the_outline_itself(both: Inputs, plan: Plan, small: Inputs) -> None:
    """Of a parcel of half the width the plan holds too much; 100 m further east the part stands in no park."""
    narrow = parcel(polygon=corners((BOX[0], BOX[1], BOX[0] + 100, BOX[3])))
    asked = {"locks": {"P-900/production": "XQD-16"}, "must_place": ["P-900"]}
    assert "area_window" in broken(plan, adding(small, narrow, PROJECT, **asked))


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [("land_m2", 31_000, "area_window"), ("load_kn_m2", 1000, None), ("land_classes", "W1", "zoned"),
     ("wet_process", "yes", "wet_process"), ("power_kva", "90 MVA", "power")],
)  # fmt: skip
def test_an_audit_reads_every_need_itself(
    column: str, value: object, rule: str | None, plan: Plan, small: Inputs
) -> None:
    """A need that the plan was not made with is found broken, but a load, which an own plot bears."""
    first, second = PROJECT["parts"]
    more = {**PROJECT, "parts": [{**first, "land_max_m2": None, column: value}, second]}
    found = broken(plan, adding(small, parcel(), more, locks={"P-900/production": "XQD-16"}, must_place=["P-900"]))
    assert (found - {"score"}) == (set() if rule is None else {rule})


def test_an_audit_knows_nobody_that_was_not_added(plan: Plan, small: Inputs) -> None:
    assert "each_part_placed_with_its_project" in broken(plan, small)
    assert "each_part_placed_with_its_project" in broken(plan, adding(small, parcel()))


# What is wrong


def places(told: list[Fault]) -> list[tuple[str, str]]:
    return [(fault.where.split(" ")[-1], fault.column) for fault in told]


def test_everything_wrong_with_what_is_added_is_told_at_once(small: Inputs) -> None:
    """Of two parcels and two projects: identifiers, outlines, columns, values, names, each with its place."""
    over = parcel(id="XQD-05", polygon=corners((488_000, 2_520_000, 488_320, 2_520_150)), far_mx=3, ready_year="soon")
    away = parcel(id="N-1", polygon=corners((486_520, 2_520_000, 486_720, 2_520_150)), park="Nowhere", state=None)
    assert sorted(places(faults(adding(small, over, away)))) == [
        ("changes[0].add", ""), ("changes[0].add", "geometry"), ("changes[0].add", "id"),
        ("changes[0].add", "ready_year"), ("changes[1].add", "park"), ("changes[1].add", "state"),
    ]  # fmt: skip
    taken = {**PROJECT, "id": "P-001", "tier": "国家级", "industry": "Z9", "supplies": "", "gfa_m2": 3}
    needy = {**PROJECT, "parts": [{"accepts": "P", "load_kn_m2": "heavy"}, {"accepts": "U"}]}
    told = faults(adding(small, taken, needy))
    assert set(places(told)) == {
        ("changes[0].add", name) for name in ("id", "tier", "industry", "gfa_m2")
    } | {("changes[1].add", name) for name in ("part", "land_m2", "gfa_m2")} | {
        ("changes[1].add.parts[0]", "load_kn_m2")
    }  # fmt: skip
    assert len(told) == 8


def test_what_is_doubtful_of_a_parcel_is_said_and_it_is_added_all_the_same(small: Inputs) -> None:
    beside = parcel(polygon=corners((488_080.3, 2_520_000, 488_280, 2_520_150)), ready_year=None, park="YL")
    doubts: list[Fault] = []
    now = changed(small.territory, adding(small, beside).scenario, doubts)
    assert {(fault.column, fault.fatal) for fault in doubts} == {
        ("geometry", False), ("ready_year", False), ("park", False)
    }  # fmt: skip
    assert now.parcels["home_park"]["XQD-16"] == "YL"
