"""The workbook of a plan, read back as a planner's spreadsheet would: what its cells hold, and how they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from sample_plan import HOSTILE, sample_plan, sample_territory

from planner.comparison import by_park, compare
from planner.explain import Reason
from planner.plan import COLUMNS, Plan
from planner.report import Book, save
from planner.report.pages import PAGES
from planner.report.workbook import A3, A4, HEADER, NUMBERS, WIDE_SHEET, cells, clean, width
from planner.territory import Territory
from planner.words import STATUS, Lang, Words

FORMULA = '=HYPERLINK("http://evil.example","here")'
BAD = (*HOSTILE, FORMULA, "+1-1", "@SUM(A1)", "-2+3", "http://evil.example", "'quoted", "🏭 \u202eright to left",
       "bell\x07 and null\x00", "_x0041_")  # fmt: skip
"""Names that are read, and do nothing else."""
OLD = ("firm", "cluster", "tier", "compartments", "points_tier")
"""Columns that a plan of an older version may lack."""
OF_SOME = ("Conflict", "Reasons", "Comparison", "Moves", "Chains", "Parks compared")
"""Sheets that only some workbooks have: those without a plan, of explained plans, and of several."""
CONFLICT: Mapping[str, Any] = {
    "told": [{"zh": "锁定的楼层太小", "en": "the floor locked is too small"}], "reduced": True,
    "demands": [{"rule": "must_place", "words_zh": "必须落位 P-000", "words_en": "must be placed P-000"},
                {"rule": "power", "words_zh": "用电 YL 2026", "words_en": "power YL 2026"}],
    "repairs": [{"price": 2.5, "least": True, "keys": {"rules": {"power": {"YL": {2026: "=80 MVA"}}}},
                 "words_zh": ["用电升至 80 MVA", "推迟一年"], "words_en": ["power of 80 MVA", "a year later"]}],
}  # fmt: skip
"""What `planner solve` keeps where there is no plan."""

pytestmark = pytest.mark.filterwarnings("ignore:.*xtension is not supported:UserWarning:openpyxl")


@pytest.fixture(scope="module")
def ground() -> Territory:
    return sample_territory()


@pytest.fixture(scope="module")
def plan(ground: Territory) -> Plan:
    return completed(sample_plan(ground))


@pytest.fixture(scope="module")
def zh(plan: Plan, ground: Territory, tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    """Return the workbook, in Chinese, of the plan stopped by the clock, its inputs changed since."""
    stopped = replace(plan, summary={**plan.summary, "status": "time_limit"})
    return written(Book(stopped, ground, "zh", files={"small.yaml": "aa"}), tmp_path_factory.mktemp("zh"))


@pytest.fixture(scope="module")
def en(plan: Plan, ground: Territory, tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    """Return the workbook, in English, of the plan and what is known of its first project."""
    asked = pd.DataFrame({"investment_yi": [3.0], "jobs": [120]}, index=["P-000"])
    return written(Book(plan, ground, "en", asked), tmp_path_factory.mktemp("en"))


def completed(plan: Plan) -> Plan:
    """Return a sample plan with goals, findings, prices and what it was made from."""
    goals = [("tier", 10.0, 12.0, 30.0, 40.0), ("tax", 5.0, 6.25, 10.0, 31.25)]
    findings = [("power", "YL 2026", "≤ 60000", "4815", "kVA", True), ("power", "YB 2026", "≤ 1", "2", "kVA", False),
                ("parcel_used_once", "样板-000", "≤ 1", "1", "", True)]  # fmt: skip
    prices = [("power", "YL 2026", 0.5), ("parcel_used_once", "样板-000", -2.25)]
    made = {"inputs": {"small.yaml": "aa", "gone.csv": "bb"}, "seed": 1, "versions": {"planner": "0.1.0"},
            "systems": {"parcels": "EPSG:4547"}}  # fmt: skip
    more = {"weights": {"tier": 10.0, "tax": 5.0}, "soft": {"power": 2.0}, "provenance": made,
            "audit": {"kept": 2, "broken": 1}}  # fmt: skip
    frames = {"goals": goals, "findings": findings, "prices": prices}
    tables = {name: pd.DataFrame(rows, columns=list(COLUMNS[name])) for name, rows in frames.items()}
    return replace(plan, summary={**plan.summary, **more}, **tables)  # type: ignore[arg-type]


def written(book: Book, folder: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(save(book, folder / "plan.xlsx"))


def sheet(workbook: openpyxl.Workbook, words: str) -> Worksheet:
    found = workbook[words]
    assert isinstance(found, Worksheet)
    return found


def rows(workbook: openpyxl.Workbook, words: str) -> list[dict[str, Any]]:
    """Return what stands below the headings of a sheet, by heading."""
    heading, *below = sheet(workbook, words).iter_rows(min_row=HEADER + 1, values_only=True)
    return [dict(zip(map(str, heading), row, strict=True)) for row in below]


def facts(workbook: openpyxl.Workbook, words: str) -> dict[str, Any]:
    _, *below = sheet(workbook, words).iter_rows(min_row=HEADER + 1, min_col=2, max_col=3, values_only=True)
    return {str(item): value for item, value in below}


def number_format(workbook: openpyxl.Workbook, words: str, heading: str) -> str:
    """Return how the first cell of a column is printed."""
    on = sheet(workbook, words)
    at = next(cell.column for cell in on[HEADER + 1] if cell.value == heading)
    return str(on.cell(HEADER + 2, at).number_format)


# figures


def test_placements_hold_the_figures_of_the_plan(plan: Plan, en: openpyxl.Workbook) -> None:
    """**Proves** units, divisors and points by goal. **Sensitivity**: m² told as ha, a goal in another's column."""
    found = rows(en, "Placements")
    table = plan.placements.sort_values("part")
    assert [row["Project"] for row in found] == list(table["project"])
    assert [row["Land (ha)"] for row in found] == pytest.approx(
        [None if np.isnan(m2) else m2 / 10_000 for m2 in table["land_m2"]]
    )
    for heading, column in (("Power (kVA)", "power_kva"), ("Start", "start_year"), ("Tier (points)", "points_tier"),
                            ("Tax (points)", "points_tax"), ("Score (points)", "points")):  # fmt: skip
        assert [row[heading] for row in found] == pytest.approx(list(table[column])), heading
    first = found[0]
    assert (first["Investment (billion CNY)"], first["Jobs"]) == (0.3, 120)
    assert (first["Kind"], first["Tier"], first["Park"]) == ("plot", "strategic", "Yanluo")
    formats = {"Land (ha)": "#,##0.00", "Power (kVA)": "#,##0", "Start": "0", "Score (points)": "#,##0.00"}
    assert {heading: number_format(en, "Placements", heading) for heading in formats} == formats


def test_the_summary_tells_what_is_proved_and_on_which_assumptions(plan: Plan, zh: openpyxl.Workbook) -> None:
    """**Proves** that a plan stopped by the clock says so. **Sensitivity**: the label of another status."""
    said = facts(zh, "概况")
    assert (said["得分"], said["理论上限"], said["与上限差距"]) == (71.25, 72.0, 0.0104)
    assert (said["申请项目"], said["已落位"], said["未落位"]) == (16, 12, 4)
    assert (said["求解状态"], said["规划期"]) == (STATUS["time_limit"].zh, "2026–2030")
    assert "到达时间上限后停止" in str(sheet(zh, "目标")["A2"].value)
    assert said["用地"] == pytest.approx(plan.placements["land_m2"].sum() / 10_000)
    assert (said["权重：项目级别"], said["坐标系：地块"], said["版本"]) == (10, "EPSG:4547", "planner 0.1.0")
    assert said["战略级"] == "3 / 5"


def test_parks_begin_with_growth_poles_and_add_up(plan: Plan, en: openpyxl.Workbook) -> None:
    found = {row["Park id"]: row for row in rows(en, "Parks")}
    sums = by_park(plan)
    assert list(found) == ["YL", "YB"]
    assert {park: row["Projects placed"] for park, row in found.items()} == dict(sums["projects"])
    assert found["YL"]["Land (ha)"] == pytest.approx(sums.loc["YL", "land_m2"] / 10_000)
    assert (found["YL"]["Power supplied (kVA)"], found["YB"]["Power supplied (kVA)"]) == (60_000, None)
    assert found["YL"]["Power of supply (%)"] == pytest.approx(sums.loc["YL", "power_kva"] / 60_000)


def test_floors_and_buildings_tell_who_sits_there_and_what_is_free(plan: Plan, zh: openpyxl.Workbook) -> None:
    """**Proves** let + placed + free = all. **Sensitivity**: a tenant on another floor, what is let told as free."""
    floors, buildings = rows(zh, "楼层"), rows(zh, "厂房")
    taken = plan.uses[plan.uses["place_kind"] == "floor"].groupby("place")["amount_m2"].sum()
    for row in floors:
        assert row["本方案落位（m²）"] == pytest.approx(taken.get(row["楼层编号"], 0.0))
        parts = row["已租或已承诺（m²）"] + row["本方案落位（m²）"] + row["仍空置（m²）"]
        assert parts == pytest.approx(row["建筑面积（m²）"])
        assert row["空置率（%）"] == pytest.approx(row["仍空置（m²）"] / row["建筑面积（m²）"])
        assert bool(row["落位项目"]) == (row["楼层编号"] in taken.index)
    first = next(row for row in floors if row["楼层编号"] == "B01-F01")
    assert (first["楼面荷载（kN/m²）"], first["层高（m）"], first["已租或已承诺（m²）"]) == (15, 7, 500)
    assert sum(row["仍空置（m²）"] for row in buildings) == pytest.approx(sum(row["仍空置（m²）"] for row in floors))
    assert (first["落位项目"], buildings[0]["落位项目"]) == ("P-006", "P-006、P-011")
    bars = [rule.type for found in sheet(zh, "楼层").conditional_formatting for rule in found.rules]
    assert bars == ["dataBar"]
    assert number_format(zh, "楼层", "空置率（%）") == "0.00%"


def test_broken_findings_come_first_in_red(en: openpyxl.Workbook) -> None:
    audit = sheet(en, "Audit")
    verdicts = [(row[1].value, row[2].value, str(row[1].font.color.rgb)[2:]) for row in audit.iter_rows(HEADER + 2)]
    assert [told[:2] for told in verdicts] == [("broken", "YB 2026"), ("kept", "YL 2026"), ("kept", "样板-000")]
    assert verdicts[0][2] != verdicts[1][2] == verdicts[2][2]
    assert [(row["Findings"], row["Kept"], row["Broken"]) for row in rows(en, "Rules")] == [(2, 1, 1), (1, 1, 0)]


def test_goals_prices_inputs_and_figures(zh: openpyxl.Workbook, en: openpyxl.Workbook) -> None:
    assert [(row["达到"], row["占比（%）"], row["得分（分）"]) for row in rows(zh, "目标")] == [
        (12, pytest.approx(0.4), 40), (6.25, pytest.approx(0.625), 31.25), (None, None, -2),
    ]  # fmt: skip
    assert [row["价格（分）"] for row in rows(zh, "价格")] == [-2.25, 0.5]
    assert [(row["文件"], row["求解之后"]) for row in rows(zh, "输入文件")] == [
        ("small.yaml", "未变"), ("gone.csv", "已不再用")
    ]  # fmt: skip
    first, second = rows(zh, "公布数据")
    assert (first["数值"], first["单位"], first["来源"]) == (36.5, "km²", "公开报道")
    assert (f"{first['日期']:%Y-%m-%d}", second["日期"], second["数值"]) == ("2023-01-05", "2022", None)
    assert number_format(zh, "公布数据", "日期") == "yyyy-mm-dd"
    assert [row["备注"] for row in (first, second)] == ["约", "另一口径"]
    assert [row["Note"] for row in rows(en, "Published figures")] == ["about", "另一口径"]


def test_who_is_left_out_comes_with_the_smallest_change_where_it_is_known(
    plan: Plan, ground: Territory, en: openpyxl.Workbook, tmp_path: Path
) -> None:
    def told(project: str) -> list[Reason]:
        return [Reason(project, "refused", Words("不符", "refused")),
                Reason(project, "smallest_change", Words("荷载降至 15", "a load of 15"), price=1.5)]  # fmt: skip

    assert "planner explain --plan" in str(sheet(en, "Left out")["A2"].value)
    assert "Smallest change that places it" not in rows(en, "Left out")[0]
    book = written(Book(plan, ground, "en", told={name: told(name) for name in plan.left_out["project"]}), tmp_path)
    assert "planner explain" not in str(sheet(book, "Left out")["A2"].value)
    found = rows(book, "Left out")
    assert {row["Smallest change that places it"] for row in found} == {"a load of 15"}
    assert {row["Price"] for row in found} == {1.5}
    assert [row["Tier"] for row in found] == ["strategic", "strategic", "key", "scale"]
    assert (found[0]["Needs"], found[0]["Offered"], found[0]["Reason"]) == (52_000, 40_000, "fits nowhere")
    every = [(row["Project or part"], row["Kind"], row["Why"], row["Price"]) for row in rows(book, "Reasons")]
    assert len(every) == 2 * len(found)
    assert every[:2] == [("P-012", "refused", "refused", None), ("P-012", "change", "a load of 15", 1.5)]
    assert "Reasons" not in en.sheetnames


def test_four_plans_stand_side_by_side(plan: Plan, ground: Territory, tmp_path: Path) -> None:
    others = tuple(Book(replace(completed(sample_plan(ground, units=k)), summary={**plan.summary, "score": 50.0 + k}),
                        ground, "en") for k in (3, 4, 5))  # fmt: skip
    book = written(Book(plan, ground, "en", others=others), tmp_path)
    score = next(row for row in rows(book, "Comparison") if row["Measure"] == "score")
    assert [score[name] for name in ("A (this plan)", "B", "C", "D")] == [71.25, 53, 54, 55]
    assert {row["Compared with"] for row in rows(book, "Moves")} == {"B", "C", "D"}
    assert "A – D: Both score the same on every goal" in str(sheet(book, "Comparison")["A2"].value)


def test_two_plans_side_by_side(plan: Plan, ground: Territory, en: openpyxl.Workbook, tmp_path: Path) -> None:
    """**Proves** A is this plan. **Sensitivity**: the two turned round, what decides left out."""
    fewer = replace(completed(sample_plan(ground, units=4)), summary={**plan.summary, "score": 60.0})
    book = written(Book(plan, ground, "en", others=(Book(fewer, ground, "en"),)), tmp_path)
    score = next(row for row in rows(book, "Comparison") if row["Measure"] == "score")
    assert (score["A (this plan)"], score["B"]) == (71.25, 60)
    assert compare(plan, fewer).decides()("en") in str(sheet(book, "Comparison")["A2"].value)
    assert [row["Project"] for row in rows(book, "Moves")] == [
        move.project for move in compare(plan, fewer).moves
    ] != []  # fmt: skip
    assert {row["Park"] for row in rows(book, "Parks compared")} == {"Yanluo", "Sample park"}
    assert "Comparison" not in en.sheetnames


# how it is shown


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_sheets_are_frozen_filtered_and_printed_on_a4(lang: Lang, request: pytest.FixtureRequest) -> None:
    book: openpyxl.Workbook = request.getfixturevalue(lang)
    always = [page for page in PAGES if page.words.en not in OF_SOME]
    assert book.sheetnames == [page.words(lang) for page in always]
    for page, on in zip(always, book.worksheets, strict=True):
        last = f"{openpyxl.utils.get_column_letter(on.max_column)}{on.max_row}"
        assert on.freeze_panes == f"{openpyxl.utils.get_column_letter(page.fixed + 1)}{HEADER + 2}"
        assert on.auto_filter.ref == (f"A{HEADER + 1}:{last}" if page.filters else None)
        across = sum(one.width * (one.max - one.min + 1) for one in on.column_dimensions.values())
        assert on.page_setup.orientation == "landscape"
        if abs(across / WIDE_SHEET - 1) > 0.1:  # the file keeps widths in whole pixels
            assert on.page_setup.paperSize == (A3 if across > WIDE_SHEET else A4), page.words.en
        assert (on.page_setup.fitToHeight, on.print_title_rows) == (0, f"${HEADER + 1}:${HEADER + 1}")
        assert on["A4"].font.name == {"zh": "Microsoft YaHei", "en": "Calibri"}[lang]
        assert on["A1"].value == page.words(lang)


def test_columns_are_as_wide_as_chinese_asks(zh: openpyxl.Workbook) -> None:
    """**Proves** two cells a glyph. **Sensitivity**: a name of nine glyphs in nine cells is cut off."""
    widths = [width([name], "项目", "text") for name in ("某厂", "深圳市宝安区某某厂", "长" * 200)]
    assert widths[0] < 18 <= widths[1] < widths[2] <= 60
    assert sheet(zh, "落位").column_dimensions["B"].width >= 2 * len("示例项目")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.words.en)
def test_names_of_sheets_are_ones_a_spreadsheet_takes(page: Any) -> None:
    for lang in ("zh", "en"):
        name = page.words(lang)
        assert 0 < len(name) <= 31
        assert not set(name) & set("[]:*?/\\'")
    assert len({(page.words.zh, page.words.en.lower()) for page in PAGES}) == len(PAGES)


def test_every_form_is_known() -> None:
    texts = {"text", "long", "sentence", "mixed", "verdict", "date"}
    assert {field.form for page in PAGES for field in page.columns} <= texts | set(NUMBERS)


# bad input


def test_hostile_names_do_nothing(ground: Territory, tmp_path: Path) -> None:
    """**Proves** every name is kept as text. **Sensitivity**: a formula, a link, a file that does not open."""
    many = sample_territory(name_zh=FORMULA)
    named = completed(sample_plan(many, plots=9, units=9, left_out=6, names=BAD))
    named = replace(named, summary={**named.summary, "title": {"zh": FORMULA}})
    file = save(Book(named, many, "zh", others=(Book(named, many, "zh"),)), tmp_path / "plan.xlsx")
    book = openpyxl.load_workbook(file)
    held = [row["项目名称"] for words in ("落位", "未落位") for row in rows(book, words)]
    assert set(map(clean, BAD)) <= set(held)
    assert FORMULA in {row["厂房"] for row in rows(book, "厂房")}
    with ZipFile(file) as parts:
        text = "".join(parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets"))
    assert "<f>" not in text
    assert "<hyperlink" not in text


def test_figures_that_are_none_leave_the_cell_empty() -> None:
    values = pd.Series([1.0, np.nan, np.inf, -np.inf, None, pd.NA], dtype=object)
    assert cells(values, "kva", "en") == [1.0, None, None, None, None, None]
    assert cells(pd.Series(["", None, np.nan, "a"], dtype=object), "text", "zh") == [None, None, None, "a"]


def test_a_plan_that_does_not_exist_is_told(ground: Territory, tmp_path: Path) -> None:
    empty = {name: pd.DataFrame(columns=list(COLUMNS[name])) for name in ("placements", "uses")}
    nobody = replace(sample_plan(ground, plots=0, units=0), **empty)  # type: ignore[arg-type]
    none = {"status": "infeasible", "score": None, "bound": None, "gap": None}
    plan = replace(nobody, summary={**nobody.summary, **none})
    book = written(Book(plan, ground, "en", others=(Book(plan, ground, "en"),)), tmp_path)
    assert sheet(book, "Placements").max_row == HEADER + 1
    assert "No project is placed" in str(sheet(book, "Placements")["A2"].value)
    said = facts(book, "Summary")
    assert said["Status"] == STATUS["infeasible"].en
    assert "No plan exists" in str(said["Proof"])


def test_a_conflict_has_a_sheet_with_what_mends_it(ground: Territory, tmp_path: Path) -> None:
    """**Proves** demands, repairs with price and keys. **Sensitivity**: a repair's keys on another's row, a formula."""
    plan = sample_plan(ground, plots=0, units=0)
    book = written(Book(plan, ground, "zh", conflict=CONFLICT), tmp_path)
    assert [tuple(row.values()) for row in rows(book, "冲突")] == [
        ("求解前已发现", "锁定的楼层太小", None, None),
        ("不能同时满足", "必须落位 P-000", None, None),
        ("不能同时满足", "用电 YL 2026", None, None),
        ("修复办法 1", "用电升至 80 MVA；推迟一年", 2.5, "rules:\n  power:\n    YL:\n      2026: =80 MVA"),
    ]
    assert "去掉其中任何一条" in str(sheet(book, "冲突")["A2"].value)
    nothing = {"told": [], "reduced": False, "demands": [], "repairs": []}
    book = written(Book(plan, ground, "en", conflict=nothing), tmp_path)
    assert "leaves no plan already" in str(sheet(book, "Conflict")["A2"].value)


def test_a_plan_of_an_older_version_lacks_some_columns(plan: Plan, ground: Territory, tmp_path: Path) -> None:
    keep: Mapping[str, Any] = {key: plan.summary[key] for key in ("title", "status", "score", "bound", "gap", "counts")}
    old = replace(
        plan, summary=keep, placements=plan.placements.drop(columns=list(OLD)),
        left_out=plan.left_out.drop(columns=["tier", "cluster", "by"]),
    )  # fmt: skip
    book = written(Book(old, ground, "en", others=(Book(old, ground, "en"),)), tmp_path)
    assert set(rows(book, "Placements")[0]) & {"Firm", "Tier", "Fire compartments", "Tier (points)"} == set()
    assert len(rows(book, "Left out")) == 4
    assert facts(book, "Summary")["Score"] == 71.25


def test_a_workbook_that_cannot_be_finished_leaves_the_old_one(
    plan: Plan, ground: Territory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "plan.xlsx"
    file.write_text("old", encoding="utf-8")
    broken = replace(plan, placements=plan.placements.drop(columns=["project"]))
    with pytest.raises(KeyError):
        save(Book(broken, ground, "en"), file)
    assert [path.name for path in tmp_path.iterdir()] == ["plan.xlsx"]
    assert file.read_text(encoding="utf-8") == "old"
