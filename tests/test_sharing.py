"""What leaves the house: nothing that a level leaves out is in the bytes of any file written from a shared plan."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from shutil import copytree
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from base import base, solved_base
from sample_plan import HOSTILE, sample_plan, sample_territory
from small import write_small_scenario
from typer.testing import CliRunner, Result

from planner import maps
from planner import plan as plans
from planner.changes import changed
from planner.cli import app
from planner.columns import text
from planner.errors import Fault
from planner.explain import Reason
from planner.export import FORMATS, export
from planner.layers import layers_of
from planner.plan import COLUMNS, Plan
from planner.projects import PART_COLUMNS, PROJECT_COLUMNS, Projects
from planner.report import Book, atlas, booklet, save, save_four, save_html, sheets
from planner.scenario import Level, Share
from planner.sharing import Sharing, sharing
from planner.sharing.codes import SIGNS, coded
from planner.sharing.contents import contains, hidden
from planner.territory import LAYERS, Territory
from planner.words import LEVELS, Lang, Words

DAY, NUMBER = "2026-11-28", "粤BS(2026)007号"
FAULT = Fault("parcels", "lot_id", Words("宗地号重复：A403-0003", "doubled: A403-0003"), Words("改正", "Mend it"),
              features=("样板-003",))  # fmt: skip
"""What a check may find, and name."""
DIGEST, PATH = "0f" * 32, "/somewhere/inside/scenario.yaml"
NAMES = (*HOSTILE[:3], HOSTILE[4], "甲", "项目", "P")
"""Names of the first projects: hostile ones, and ones that occur in any text."""
COMMON = {"甲", "项目", "P"}
"""Names that stand in every file, as words of its own."""


@dataclass(frozen=True)
class Inside:
    """A plan with everything that is told of it, in which each amount and name occurs once."""

    plan: Plan
    ground: Territory
    projects: Projects
    told: dict[str, list[Reason]]


@pytest.fixture(scope="module")
def inside() -> Inside:
    ground = sample_territory()
    lots = ground.parcels.assign(preparation_cost_yi=[731.25 + k for k in range(len(ground.parcels))],
                                 tenure="深圳某某合同 HT-2026-0815")  # fmt: skip
    fences = ground.restrictions.assign(name_zh=["样板山", "示例单位3 东侧", "学校（样板-003地块，A404-0004）"])
    homes = ground.buildings.assign(rent_cny_m2_month=[613.75 + k for k in range(len(ground.buildings))])
    ground = replace(ground, parcels=lots, buildings=homes, restrictions=fences, files={"parcels.csv": DIGEST},
                     written={"parcels": {"样板-000": {"preparation_cost_yi": "约 731.25 亿元"}}})  # fmt: skip
    plan = sample_plan(ground, names=NAMES)
    left = plan.left_out.copy()
    left.loc[0, ["cause", "by", "need", "offer", "unit", "place"]] = [
        "fits_nowhere", "rent_ceiling", 571.5, 613.75, "元/m²·月", "B01-F01"]  # fmt: skip
    left.loc[0, "words_zh"] = "P-012/main 无处可落：租金 571.5、613.75"
    findings = pd.DataFrame(
        [("power", "YL 2026", "≤ 60000", "4815", "kVA", True), ("parcel_used_once", "样板-000", "≤ 1", "1", "", True),
         ("preparation_budget", "2026", "≤ 8171.5", "8170.5", "亿元", True),
         ("score", "investment/raw", "= 9123.5", "9123.5", "", True),
         ("kept_apart", "1: P-000/main P-001/main", "≥ 50", "73", "m", True)],
        columns=list(COLUMNS["findings"]),
    )  # fmt: skip
    goals = pd.DataFrame([("tier", 5.0, 12.0, 30.0, 40.0), ("investment", 5.0, 9123.5, 9876.25, 31.25),
                          ("preparation", 1.0, 8170.5, 8888.5, -3.0)], columns=list(COLUMNS["goals"]))  # fmt: skip
    prices = pd.DataFrame([("parcel_used_once", "样板-000", 0.57173)], columns=list(COLUMNS["prices"]))
    placements = plan.placements.assign(points_investment=0.123457, points_preparation=-0.765432)
    summary = {
        **plan.summary, "title": {"zh": "示例单位3 的方案：样板-003", "en": "Plan for 示例单位3, P-003"},
        "normalisers": {"tier": 30.0, "investment": 9876.25, "preparation": 8888.5}, "weights": {"tier": 5.0},
        "provenance": {"scenario": {"absolute": PATH}, "inputs": {"parcels.csv": DIGEST}, "seed": 1},
        "chains": [{"leader": "P-001", "park": "YL", "suppliers": ["P-002"], "elsewhere": []}],
        "audit": {"kept": 5, "broken": 0, "findings": [{"rule": "power", "key": "P-001/main"}]},
    }  # fmt: skip
    tables = {"left_out": left, "findings": findings, "goals": goals, "prices": prices}
    plan = replace(plan, summary=summary, placements=placements, **tables)
    asked = pd.concat([plan.placements[["project", "name", "firm"]], left[["project", "name"]]])
    asked = asked.drop_duplicates("project")
    table = asked.set_index("project").assign(
        industry="C01", tier="战略级", investment_yi=[1001.25 + k for k in range(len(asked))],
        output_yi=[2001.25 + k for k in range(len(asked))], tax_yi=[3001.25 + k for k in range(len(asked))],
        supplies=[("P-000",)] * len(asked), jobs=100.0,
    )  # fmt: skip
    parts = pd.DataFrame({"project": table.index, "rent_max_cny_m2_month": 571.5},
                         index=pd.Index([f"{name}/main" for name in table.index], name="part"))  # fmt: skip
    said = Words("P-016 要落位，样板-001 须腾出，租金降到 571.5", "P-016 would need 样板-001, and a rent of 571.5")
    told = {name: [Reason(name, "smallest_change", said, by="rent_ceiling", price=2.0)] for name in left["project"]}
    return Inside(plan, ground, Projects(table, parts), told)


def shared_by(inside: Inside, level: Level, phrase: str | None = None) -> Sharing:
    share = Share(level=level, date=DAY, review_number=NUMBER, codes=phrase)
    return sharing(share, [inside.projects], [inside.ground])


def files(inside: Inside, level: Level, lang: Lang, folder: Path) -> tuple[Path, ...]:
    """Return the map, the workbook, the map of two plans and the papers of a level, written."""
    shared = shared_by(inside, level)
    plan, ground = shared.plan(inside.plan), shared.territory(inside.ground)
    asked, files = shared.projects(inside.projects), shared.inside({"parcels.csv": DIGEST})
    book = Book(plan, ground, lang, asked.projects, files, shared.reasons(inside.told), asked.parts)
    book = replace(book, others=(book,))
    layers = layers_of(inside.plan, inside.ground)
    stands = shared.stands(pd.concat([layers["placed_plots"], layers["placed_units"]]))
    before = replace(plan, placements=plan.placements.iloc[2:], left_out=plan.left_out.iloc[1:])
    both = maps.draw_compared((before, plan), (ground, ground), (stands.iloc[2:], stands), lang)
    drawing = maps.draw(plan, ground, lang, projects=asked, faults=shared.faults([FAULT]))
    return (maps.save(drawing, folder / "map.html"), save(book, folder / "plan.xlsx"),
            maps.save(both, folder / "against.html"),
            *(save_html(of(book), folder / f"{of.__name__}.html") for of in (booklet, atlas, sheets)))  # fmt: skip


def read_all(path: Path) -> str:
    """Return everything that is in a file, packed parts unpacked, escapes of JSON and XML undone."""
    if path.suffix == ".xlsx":
        with ZipFile(path) as packed:
            said = "\n".join(packed.read(name).decode("utf-8") for name in packed.namelist())
    else:
        said = path.read_text("utf-8")
        said += "\n".join(unpacked(said))
    said = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), said).replace('\\"', '"')
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        said = said.replace(entity, sign)
    return said


def unpacked(page: str) -> Iterator[str]:
    """Yield what is packed within a page: any long base64 that unpacks to a text."""
    for found in re.finditer(r"[A-Za-z0-9+/]{80,}={0,2}", page):
        for bits in (47, -15):
            try:
                yield zlib.decompress(base64.b64decode(found[0]), bits).decode("utf-8")
            except (zlib.error, binascii.Error, UnicodeDecodeError, ValueError):
                continue


def names_in(inside: Inside) -> dict[str, list[str]]:
    """Return what identifies a project, a firm or a parcel, by what it is."""
    table, lots = inside.projects.projects, inside.ground.parcels
    return {
        "name": [name for name in table["name"] if name not in COMMON],
        "firm": list(filter(None, table["firm"].dropna())),
        "project": [str(name) for name in table.index], "part": [str(name) for name in inside.projects.parts.index],
        "parcel": [str(name) for name in lots.index], "lot": [lot for lot in lots["lot_id"] if lot],
    }  # fmt: skip


def figures_in(page: str) -> set[float]:
    """Return every number of a text."""
    return {float(found) for found in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", page.replace(",", " "))}


def money(inside: Inside) -> set[float]:
    """Return every amount of money that is known inside, and the points that would tell it."""
    table, lots, homes = inside.projects.projects, inside.ground.parcels, inside.ground.buildings
    columns = [table[name] for name in ("investment_yi", "output_yi", "tax_yi")]
    columns += [lots["preparation_cost_yi"], homes["rent_cny_m2_month"], inside.projects.parts["rent_max_cny_m2_month"]]
    of_money = inside.plan.goals[inside.plan.goals["goal"].isin(["investment", "preparation"])]
    columns += [of_money["raw"], of_money["normaliser"], inside.plan.prices["price"], pd.Series([0.1235, 0.7654])]
    return {float(value) for column in columns for value in column.dropna()}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_public_files_hold_no_name_number_or_amount(lang: Lang, inside: Inside, tmp_path: Path) -> None:
    """**Proves** that what is public is all that is in the file. **Sensitivity**: a name hidden by the page only."""
    for file in files(inside, "public", lang, tmp_path):
        page = read_all(file)
        for what, names in names_in(inside).items():
            assert [name for name in names if name in page] == [], f"{what} in {file.name}"
        assert figures_in(page) & money(inside) == set(), file.name
        assert not any(secret in page for secret in (DIGEST, PATH, "HT-2026-0815")), file.name


def test_the_search_finds_what_internal_files_hold(inside: Inside, tmp_path: Path) -> None:
    """**Proves** that the search above can find: without it an unreadable file would pass."""
    drawn, book, both, *_ = (read_all(file) for file in files(inside, "internal", "zh", tmp_path))
    for what, names in names_in(inside).items():
        assert [name for name in names if name not in drawn + book] == [], what
    assert {1001.25, 731.25, 613.75, 571.5, 9123.5, 0.57173} - figures_in(drawn + book) == set()
    assert DIGEST in book
    assert FAULT.rule.zh in drawn
    assert "P-001" in both


def test_a_packed_part_of_a_page_is_searched() -> None:
    packed = base64.b64encode(zlib.compress("某企业 ".encode() * 20 + bytes(range(40, 120)))).decode()
    assert "某企业" in "".join(unpacked(f"<script>x('{packed}')</script>"))


def test_files_for_a_meeting_keep_who_and_how_much_but_not_the_bargain(inside: Inside, tmp_path: Path) -> None:
    """**Proves** that those who decide see names, places and promises. **Sensitivity**: rents and costs left in."""
    drawn, book, both, *papers = (read_all(file) for file in files(inside, "meeting", "zh", tmp_path))
    for what, names in names_in(inside).items():
        assert [name for name in names if name not in drawn + book] == [], what
    assert {1001.25, 2001.25, 3001.25, 9123.5} <= figures_in(book)
    bargain = {731.25, 613.75, 571.5, 8170.5, 8888.5, 0.57173, 0.7654, 8171.5}
    assert figures_in(drawn + book + both + "".join(papers)) & bargain == set()
    assert FAULT.rule.zh not in drawn
    assert not any(secret in drawn + book + both for secret in (DIGEST, PATH))


@pytest.mark.parametrize("level", list(LEVELS))
def test_map_and_workbook_carry_level_day_and_review_number(level: Level, inside: Inside, tmp_path: Path) -> None:
    for file in files(inside, level, "zh", tmp_path):
        page = read_all(file)
        assert all(words in page for words in (LEVELS[level].zh, DAY, NUMBER)), file.name


def test_a_plan_that_is_not_shared_carries_no_mark(inside: Inside, tmp_path: Path) -> None:
    page = read_all(maps.save(maps.draw(inside.plan, inside.ground), tmp_path / "map.html"))
    assert '"shared":[]' in page


def test_internal_is_all_there_is(inside: Inside) -> None:
    shared = shared_by(inside, "internal")
    plan = shared.plan(inside.plan)
    assert shared.territory(inside.ground) is inside.ground
    assert all(getattr(plan, name) is getattr(inside.plan, name) for name in COLUMNS)
    assert {**plan.summary, "share": None} == {**inside.plan.summary, "share": None}


def test_the_same_project_firm_and_parcel_have_one_code_everywhere(inside: Inside) -> None:
    """**Proves** that tables still join. **Sensitivity**: a code made anew for each table, two names with one code."""
    shared = shared_by(inside, "public")
    plan, ground = shared.plan(inside.plan), shared.territory(inside.ground)
    asked = shared.projects(inside.projects).projects
    assert set(plan.placements["project"]) | set(plan.left_out["project"]) == set(asked.index)
    assert len(set(asked.index)) == len(inside.projects.projects)
    plots = plan.placements[plan.placements["kind"] == "plot"]
    assert set(plots["places"]) <= set(ground.parcels.index)
    assert len(set(ground.parcels.index)) == len(inside.ground.parcels)
    assert set(plan.uses["part"]) == set(plan.placements["part"])
    assert set(plan.uses["place"]) <= {*ground.parcels.index, *ground.floors.index}
    was, now = inside.plan.placements, plan.placements
    assert sorted(now["land_m2"].dropna()) == sorted(was["land_m2"].dropna())
    assert sorted(was.groupby("firm")["part"].size()) == sorted(now.groupby("firm")["part"].size())


def test_a_finding_about_a_coded_place_tells_no_figure_to_the_public(inside: Inside) -> None:
    """**Proves** that a distance names no place. **Sensitivity**: the key coded, its figures kept."""
    found = shared_by(inside, "public").plan(inside.plan).findings.set_index("rule")
    assert list(found.loc["kept_apart", ["asked", "found", "unit"]]) == ["", "", ""]
    assert list(found.loc["parcel_used_once", ["asked", "found"]]) == ["", ""]
    assert list(found.loc["power", ["key", "found", "unit"]]) == ["YL 2026", "4815", "kVA"]
    assert bool(found.loc["kept_apart", "kept"])


def test_codes_hold_while_the_table_is_the_same_and_with_a_phrase_beyond(inside: Inside) -> None:
    other = replace(inside.projects, projects=inside.projects.projects.assign(jobs=101.0))
    more = replace(inside, projects=other)
    asked = ((inside, None), (inside, None), (more, None), (inside, "a"), (more, "a"), (more, "b"))
    code = [shared_by(one, "public", phrase).codes.code("project", "P-003") for one, phrase in asked]
    assert code[0] == code[1]
    assert code[3] == code[4]
    assert len({code[0], code[2], code[3], code[5]}) == 4


def test_the_order_of_a_public_file_says_nothing_of_the_order_inside(inside: Inside) -> None:
    """**Proves** that rows go by their codes. **Sensitivity**: rows in the order of the projects, or numbered codes."""
    shared = shared_by(inside, "public")
    plan, ground = shared.plan(inside.plan), shared.territory(inside.ground)
    for column in (plan.placements["part"], plan.left_out["project"], ground.parcels.index,
                   shared.projects(inside.projects).projects.index):  # fmt: skip
        assert list(column) == sorted(column)
    known = [f"P-{k:03d}" for k in range(300)]
    codes = coded("project", known, b"key")
    rank = np.argsort(np.argsort([codes[name] for name in known]))
    assert abs(np.corrcoef(rank, np.arange(300))[0, 1]) < 0.15


def test_many_codes_are_short_and_none_is_given_twice() -> None:
    """**Proves** that codes that would meet are told apart. **Sensitivity**: two parcels drawn as one."""
    found = coded("parcel", [f"L-{k}" for k in range(40_000)], b"key")
    assert len(set(found.values())) == 40_000
    assert {len(code) for code in found.values()} <= {7, 8, 9}
    assert set("".join(code[2:] for code in found.values())) <= set(SIGNS)


@pytest.mark.parametrize("layer", list(LAYERS))
def test_a_column_nobody_decided_on_is_not_public(layer: str) -> None:
    """**Proves** that free text stays inside until somebody says otherwise."""
    new = text("contract_id", "合同编号", "contract id")
    assert contains("public", layer, new) == (layer == "figures")
    assert contains("internal", layer, new)


def test_money_is_told_by_its_unit() -> None:
    every = [(layer.name, column) for layer in LAYERS.values() for column in layer.columns]
    every += [("projects", column) for column in (*PROJECT_COLUMNS, *PART_COLUMNS)]
    out = {column.name for layer, column in every if not contains("public", layer, column)}
    assert {"investment_yi", "output_yi", "tax_yi", "rnd_yi", "preparation_cost_yi", "rent_cny_m2_month",
            "rent_max_cny_m2_month", "lot_id", "tenure", "name", "firm", "note"} <= out  # fmt: skip
    assert {"investment", "output", "tax", "rnd", "rent", "preparation", "investment_per_ha"} <= hidden("public")
    assert hidden("meeting") < hidden("public")


def test_what_was_explained_of_money_stays_inside(inside: Inside) -> None:
    project = next(iter(inside.told))
    told = {
        project: [*inside.told[project], Reason(project, "outbid", Words("空间", "space"), by="floor_not_overfilled")]
    }
    assert [reason.kind for reason in shared_by(inside, "meeting").reasons(told)[project]] == ["outbid"]
    assert not any(shared_by(inside, "public").reasons(told).values())


def test_a_plan_and_a_ground_without_anything_can_be_shared(inside: Inside, tmp_path: Path) -> None:
    """**Proves** that no row is needed: nothing placed, nobody left out, no parcel."""
    empty = {name: pd.DataFrame(columns=list(columns)) for name, columns in COLUMNS.items()}
    nothing: dict[str, Any] = {"title": "无", "status": "infeasible", "score": None, "counts": {}}
    ground = replace(inside.ground, parcels=inside.ground.parcels.iloc[:0], floors=inside.ground.floors.iloc[:0])
    for level in LEVELS:
        shared = shared_by(replace(inside, ground=ground), level)
        plan = shared.plan(Plan(nothing, **empty))
        maps.save(maps.draw(plan, shared.territory(ground)), tmp_path / "map.html")


def test_a_sentence_made_again_is_the_one_that_was_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    """**Proves** that public reasons are those of the plan. **Sensitivity**: a wrong template, figures or tenants."""
    plan, inputs = plans.load(solved_base(tmp_path_factory).folder), base()
    shared = sharing(Share(), [inputs.projects], [inputs.territory])
    project = plan.placements.drop_duplicates("part").set_index("part")["project"]
    held = plan.uses.assign(project=plan.uses["part"].map(project)).groupby("place")["project"]
    others = {place: sorted(set(of)) for place, of in held}
    for row in plan.left_out.to_dict("records"):
        again = shared._hushed({**row, "others": others.get(row["place"], [])})
        assert (again["words_zh"], again["words_en"]) == (row["words_zh"], row["words_en"])


def test_public_files_of_the_base_plan_hold_none_of_its_names(tmp_path_factory: pytest.TempPathFactory) -> None:
    """**Proves** the same of the sample data, with all the texts that a solved plan has."""
    plan, inputs = plans.load(solved_base(tmp_path_factory).folder), base()
    ground = changed(inputs.territory, inputs.scenario)
    inside = Inside(plan, ground, inputs.projects, {})
    shared = shared_by(inside, "public")
    folder = tmp_path_factory.mktemp("public")
    out, land = shared.plan(plan), shared.territory(ground)
    book = Book(out, land, "zh", shared.projects(inputs.projects).projects)
    written = [maps.save(maps.draw(out, land), folder / "map.html"), save(book, folder / "plan.xlsx")]
    for file in written:
        page = read_all(file)
        for what, names in names_in(inside).items():
            assert [name for name in names if name in page] == [], f"{what} in {file.name}"
    amounts = {float(value) for column in ("investment_yi", "output_yi", "tax_yi")
               for value in inputs.projects.projects[column].dropna() if len(f"{value:g}") > 5}  # fmt: skip
    assert len(amounts) > 20
    assert figures_in(read_all(written[1])) & amounts == set()


# the command line


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the plan of a scenario that is public."""
    folder = tmp_path_factory.mktemp("small")
    write_small_scenario(folder)
    (folder / "public.yaml").write_text("extends: small.yaml\nshare: public\n", encoding="utf-8")
    assert run("solve", folder / "public.yaml", "--out", folder / "plan").exit_code == 0
    return folder / "plan"


def run(*words: object) -> Result:
    result = CliRunner().invoke(app, [*map(str, words), "--lang", "en"], env={"COLUMNS": "100"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_map_of_a_solve_is_what_the_scenario_says_and_the_rest_stays_inside(solved: Path) -> None:
    assert {"map-public.html", "plan.gpkg", "plan.json"} <= {path.name for path in solved.iterdir()}
    assert not (solved / "map.html").exists()
    page = read_all(solved / "map-public.html")
    assert LEVELS["public"].zh in page
    assert date.today().isoformat() in page
    assert "P-001" not in page


def test_more_than_the_scenario_says_is_only_written_where_it_is_asked_for(solved: Path, tmp_path: Path) -> None:
    """**Proves** that no file gains by a default. **Sensitivity**: a public file that a fuller one replaces."""
    folder = copytree(solved, tmp_path / "plan")
    before = (folder / "map-public.html").read_bytes()
    assert "holds more" not in run("map", folder).stderr
    more = run("map", folder, "--share", "internal", "--json")
    assert json.loads(more.stdout) == {"map": str(folder / "map.html")}
    assert "the scenario says share: public" in more.stderr
    assert "P-001" in read_all(folder / "map.html")
    assert (folder / "map-public.html").read_bytes() == before
    assert json.loads(run("report", folder, "--json").stdout) == {"workbook": str(folder / "plan-public.xlsx")}
    assert "P-001" not in read_all(folder / "plan-public.xlsx")


def test_of_two_plans_in_a_file_the_stricter_scenario_counts(solved: Path, tmp_path: Path) -> None:
    folder = copytree(solved.parent, tmp_path / "both")
    assert run("solve", folder / "small.yaml", "--out", folder / "open", "--no-map").exit_code == 0
    said = run("report", folder / "open", "--against", folder / "plan", "--json")
    assert json.loads(said.stdout) == {"workbook": str(folder / "open" / "plan-public.xlsx")}
    assert "P-001" not in read_all(folder / "open" / "plan-public.xlsx")
    alone = run("report", folder / "open", "--share", "meeting", "--json")
    assert json.loads(alone.stdout) == {"workbook": str(folder / "open" / "plan-meeting.xlsx")}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("share: everybody", "internal"),
        ("share: {level: public, date: 28.11.2026}", "2026-11-28"),
        ("share: {level: public, date: 2026-13-01}", "2026-11-28"),
        ("share: {level: public, review: X}", "review_number"),
    ],
)
def test_a_share_that_cannot_be_is_told(said: str, told: str, tmp_path: Path) -> None:
    write_small_scenario(tmp_path)
    (tmp_path / "wrong.yaml").write_text(f"extends: small.yaml\n{said}\n", encoding="utf-8")
    result = run("show", tmp_path / "wrong.yaml")
    assert result.exit_code == 2
    assert "wrong.yaml:2" in result.stderr
    assert told in result.stderr


def test_files_for_other_programs_hold_no_name_at_public(inside: Inside, tmp_path: Path) -> None:
    """**Proves** that GeoPackage, GeoJSON, KML and DXF are written from what is shared, and the city's database too."""
    shared = shared_by(inside, "public")
    plan, ground = shared.plan(inside.plan), shared.territory(inside.ground)
    written = [file for form in FORMATS for file in export(plan, ground, tmp_path / "out", form, "zh", "utf-8").files]
    asked = shared.projects(inside.projects)
    save_four(Book(plan, ground, "zh", asked.projects, {}, {}, asked.parts), tmp_path / "four")
    written += [path for path in (tmp_path / "four").iterdir() if path.suffix != ".pdf"]
    assert len(written) > 5
    for path in written:
        page = read_all(path) if path.suffix == ".xlsx" else path.read_bytes().decode("utf-8", "replace")
        for what, names in names_in(inside).items():
            assert [name for name in names if name in page] == [], f"{what} in {path.name}"
