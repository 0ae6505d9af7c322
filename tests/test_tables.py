"""What planning offices keep in Excel and CSV: read as it is, everything left out or chosen said, with the cell."""

from __future__ import annotations

import base64
import datetime
import math
import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import write_small

from planner import intake
from planner.columns import Column, Sense, number, text, whole, yes_no
from planner.errors import DataError, Fault
from planner.intake import workbook
from planner.intake.encoding import contradicts, decoded, encoding_of
from planner.intake.grid import Grid, tabled
from planner.intake.matching import Meant, matched
from planner.intake.meaning import Read, typed
from planner.intake.reading import NOT_GIVEN, Reading, is_doubtful, reading, taken
from planner.intake.reference import read_tables, synonyms_of
from planner.intake.table import FEATURE, LINE, Sheet, read_sheet
from planner.projects import COLUMNS
from planner.quantities import MEASURES, UnreadableError, quantity
from planner.territory import LAYERS

XLS = zlib.decompress(base64.b85decode(
    'c-rk)T}V_x6#i!J-5<AAcTFV?WRcp`7F2xcMQ;h^LnN9(5mLD+B$~z|g#D;#K7|zY5JeCR67*s}5B*R{y#)qFJp@6ZNl!ggP!yrw&YXL1t>%'
    'LZB^CD@=FH5Q`R1HEe|PSEHW{8u-YlHPBGf>`yqN)SicV0>a0($%y=khfllm!|F8(QG_-P`&9^B7->Qi&5=6f0vH}uCOfj1PJaRl|<U2TySL'
    '@oQ!B9sr+Bn2*$CJP1ZRSwI8ELXF<&MhCX+{~I0metgDO6<j?QD3&nUd4N4G1p~5^?QdouUJ!wJUmgWxc{86+Ip}h(caSecUBbXL5zatt*))'
    'BEz#0Bg<P7zQG7Ndz$a&?K8m>dmDLN7{_8@$ZwdW*sRIKr5AXsXMi4<=)ktxoy|#H4?R=#Ad0UFXCL^xYADW^gI;h2}L;3w*nk2Zf58~Ut#^'
    'dn|?|Vy-tSTjzI68FlYzcZ$j>EWxQaaI5TTw|}UG1wv3>6%R@86X?6HsS6p9P@>XF(?Kks!%dWOF{uJ0(O0X0LsGz9ZgX>}SmYJ8Hcp)~g4D'
    'iBpO}<Sef7uv9f=%-G0skb7Or`9hYt)RNL@L!O=4HpFdCb8VFDR54x{8&dKmlplWAc(-VH#!!zxRyTbtckHE+L@~X!T8Xd15Mm-GE?rc(XE>'
    '>_Pn6dz3w}9W{4!+wZrZQHY|J6R*)Yp-8YA%NsGu=JEWr@WP|_+n<7t&7bDfe#CEd0zm*`7!UuskzVvRjFUe;}I$RRmHW-L#%6n2Ez<1{{+?'
    'R%dLP+oBZwq=d|@cyV%ev}K#59N=x$Pb-+^4aZmW=~vMhqpYck}WyVP$P42Te(i>^iKrf!i5VLE?l^9;bJAAZlaR!W!BByW8eFI_J5r@iu3M'
    'olK&Pv(M_R;K1{cwi_!#o(^^0I@Cc_bu}qHhzffT}Sx=w?arUDl?e$Av7$Ws~mQ4)(zAcol{rPnK{KNLY1FRzCJO'
))  # fmt: skip
"""A floor ledger of an old Excel: a title, two floors under one merged building, the second hidden, a totals row."""


def written(path: Path, rows: Sequence[Sequence[object]], *merged: str, title: str = "Sheet") -> Path:
    """Write one worksheet and return its path."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for span in merged:
        sheet.merge_cells(span)
    book.save(path)
    return path


def csv(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


def told(faults: Sequence[Fault], *, fatal: bool | None = None) -> str:
    return "\n".join(fault.words("en") for fault in faults if fatal is None or fault.fatal is fatal)


def sheet(cells: dict[str, list[object]], words=LINE) -> Sheet:
    frame = pd.DataFrame(cells, dtype=object)
    return Sheet("t.csv", frame, (frame.index + 2).to_numpy(), words)


AREA = number("land_m2", "用地需求", "land", "m²", 1, 5e7, sense="need")
ROOM = number("area_m2", "建筑面积", "floor area", "m²", 1, 1e6)
ID = text("project_id", "项目编号", "project id", required=True)


# A ledger, whole


def test_a_messy_ledger_becomes_the_projects_it_means(tmp_path: Path) -> None:
    """Two head rows, merged cells, a title, 约, ranges, 亩 and 公顷, full-width codes, sections, totals, notes."""
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active["A1"] = "本表由各街道填报"
    page = book.create_sheet("项目清单")
    for row in (
        ["宝安区重点产业项目用地用房需求台账（2026年）"],
        ["填报单位：区工业和信息化局", *[None] * 9, "日期：2026-03-01"],
        ["项目编号", "项目名称", "级别", "产业", "用地需求", None, "厂房需求\n（万㎡）", "总投资（万元）",
         "预计\n年产值（亿元）", "荷载\n（t/㎡）", "用电负荷（kW）", "计划开工时间", "就业", "接受的空间", "备注",
         "分项"],
        [*[None] * 4, "面积（亩）", "上限（公顷）"],
        ["一、战略级项目"],
        ["Ｐ－００１", "光模块制造基地", "战略级", "A01.1", "约 90", "6-8", "12", "1,200,000", "约 80", "１．２",
         "9,000", datetime.datetime(2026, 6, 1), "1,500人", "P", "首期", "main"],
        ["P-002", "机器人总部", "战略级", "A05.1", "45-60亩", None, "3～4", "2.5亿元", "10余", "750 kg/㎡", "2 MVA",
         "2027年底前", "三百", "P", "/", "production"],
        [None, None, None, None, "-", None, "0.2", None, None, "0.65", "待定", None, None, "U", None, "research"],
        ["二、规模级项目"],
        ["P-003", "传感器车间", "规模级", "A06.3", "无", None, "2000 平方米", 5000, 0.9, "≥1.0", 800, 2028, 60,
         "U；L", "", "main"],
        ["合  计", "3 个", None, None, 150, None, 15.4, 1705000, 91],
        ["注：1. 面积单位为亩，1 公顷 = 15 亩；2. 本表不含临时用地。"],
        ["审核：", None, "填表：", None],
    ):
        page.append(row)
    for span in ("A1:P1", "A2:J2", "K2:P2", "E3:F3", "A5:P5", "A9:P9", "A12:P12",
                 *(f"{letter}3:{letter}4" for letter in "ABCDGHIJKLMNOP"),
                 *(f"{letter}7:{letter}8" for letter in "ABCDHILM")):  # fmt: skip
        page.merge_cells(span)
    page.row_dimensions[10].hidden = True
    path = tmp_path / "需求 台账 '2026'.xlsx"
    book.save(path)
    small = tmp_path / "small"
    territory = intake.read_territory(write_small(small))

    asked = intake.read_projects(path, territory.tables)
    parts, projects = asked.parts, asked.projects
    assert list(parts.index) == ["P-001/main", "P-002/production", "P-002/research", "P-003/main"]
    assert parts.loc["P-001/main", "land_m2"] == 60_000  # 90 亩 × 2000/3
    assert parts.loc["P-001/main", "land_max_m2"] == 60_000  # a cap of 6–8 ha: the least
    assert parts.loc["P-002/production", "land_m2"] == 40_000  # a need of 45–60 亩: the most
    assert parts["gfa_m2"].to_list() == [120_000, 40_000, 2_000, 2_000]
    assert parts["load_kn_m2"].to_list() == pytest.approx([11.772, 7.3575, 6.3765, 9.81], abs=1e-9)
    # 9,000 kW at a power factor of 0.9 or better need 10,000 kVA at most
    assert parts["power_kva"].fillna(-1).to_list() == pytest.approx([10_000, 2_000, -1, 800 / 0.9])
    assert math.isnan(parts.loc["P-003/main", "land_m2"])
    assert parts.loc["P-003/main", "accepts"] == ("U", "L")
    assert projects["investment_yi"].to_list() == [120, 2.5, 0.5]
    assert projects["output_yi"].to_list() == [80, 10, 0.9]
    assert projects["jobs"].to_list() == [1500, 300, 60]
    assert projects["year_first"].to_list() == [2026, 2027, 2028]
    assert projects.loc["P-002", "name"] == "机器人总部"
    # the originals are kept where they say more than the number, with the unit of their head
    assert asked.written["P-002/production"]["land_m2"] == "45-60亩"
    assert asked.written["P-001/main"]["gfa_m2"] == "12 万㎡"
    assert "jobs" not in asked.written["P-003/main"]

    found = intake.faults(path)
    said = told(found)
    assert told(found, fatal=True) == ""
    assert "xlsx:说明: it is not clear which layer this is" in said
    for words in (
        "rows of totals are left out: '合  计' (row 11)",
        "rows of notes are left out: '注：1. 面积单位为亩，1 公顷 = …' (row 12), '审核：' (row 13)",
        "rows that only name a section are left out: '一、战略级项目' (row 5), '二、规模级项目' (row 9)",
        "rows above the head are taken for titles",
        "hidden rows are read as well: 10",
        "'约 90' → 60000 (E6)",
        "'45-60亩' → 40000 (E7)",
        "'6-8' → 60000 (F6)",
        "its most is taken (m²)",
        "its least is taken (m²)",
        "'10余' → 10 (I7)",
        "investment 1705000 万元 (H11), the rows make 1230000",
        "厂房需求（万㎡） → gfa_m2",
        "用地需求 / 面积（亩） → land_m2",
    ):
        assert words in said, f"{words}\n{said}"


# Heads and rows


def test_an_old_workbook_with_hidden_rows_and_merged_cells(tmp_path: Path) -> None:
    path = tmp_path / "floors.xls"
    path.write_bytes(XLS)
    columns = LAYERS["floors"].columns
    read = typed(read_sheet(path, path.name), columns, ("building_id", "floor"), synonyms=SYNONYMS["floors"])
    assert read.frame["building_id"].to_list() == ["B01", "B01"]
    assert read.frame["area_m2"].to_list() == [3000.5, 3000]
    assert read.frame["load_kn_m2"].to_list() == pytest.approx([11.772, 7.3575])
    said = told(read.faults)
    assert "'约3,000' → 3000 (C4)" in said
    assert "hidden rows are read as well: 4" in said
    assert "'合计' (row 5)" in said


HEADS = {
    "one": ([["编号", "面积"], ["a", "1"]], ["编号", "面积"], 1),
    "title": ([["台账", "", ""], ["编号", "面积", "备注"], ["a", "1", ""]], ["编号", "面积", "备注"], 1),
    "two lines of title": ([["台账", "", ""], ["单位：亩", "", "2026年"], ["编号", "面积", "备注"], ["a", "1", ""]],
                           ["编号", "面积", "备注"], 1),
    "groups, not merged": ([["编号", "用地", "", "投资", ""], ["", "下限", "上限", "总额", "固投"], list("a1234")],
                           ["编号", "用地 / 下限", "用地 / 上限", "投资 / 总额", "投资 / 固投"], 1),
    "units below": ([["编号", "面积", "投资"], ["", "（亩）", "万元"], ["a", "1", "2"]],
                    ["编号", "面积 (亩)", "投资 (万元)"], 1),
    "texts below a full head": ([["id", "name", "kind"], ["a", "b", "c"], ["d", "e", "f"]], ["id", "name", "kind"], 2),
    "numbered columns": ([list("abcdef"), list("123456"), list("uvwxyz")], list("abcdef"), 1),
    "head again": ([["id", "name", "m"], ["a", "b", "1"], ["id", "name", "m"], ["c", "d", "2"]],
                   ["id", "name", "m"], 2),
    "subtotals": ([["id", "name", "m"], ["a", "b", "1"], ["燕罗小计", "", "1"], ["c", "d", "2"], ["Total:", "", "3"]],
                  ["id", "name", "m"], 2),
    "signed": ([["id", "name", "m", "n"], ["a", "b", "1", "2"], ["合计", "", "1", "2"], ["", "", "", "区工信局"]],
               ["id", "name", "m", "n"], 1),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_heads_and_rows(name: str) -> None:
    cells, names, rows = HEADS[name]
    table = tabled(Grid(cells, list(range(1, len(cells) + 1)), [""] * len(cells[0])), "t.csv", LINE)
    assert (table.names, len(table.rows)) == (names, rows)
    kept = {k for at in (table.rows, range(table.head[0], table.head[1] + 1)) for k in at}
    out = [line for fault in table.faults for line in fault.features]
    assert sorted(out) == sorted(f"line {k + 1}" for k in range(len(cells)) if k not in kept)
    assert not any(fault.fatal for fault in table.faults)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_row_is_lost_without_a_word(data: st.DataObject) -> None:
    wide = data.draw(st.integers(1, 6))
    some = st.sampled_from(["", "", "1", "3.5", "合计", "注：x", "项目", "亩", "（m²）", "一、甲", "用地\n面积", "−2"])
    row = st.lists(some | st.text(max_size=4), min_size=wide, max_size=wide)
    cells = data.draw(st.lists(row, min_size=1, max_size=12))
    spans = data.draw(st.lists(st.tuples(*[st.integers(0, n - 1) for n in (len(cells), wide) * 2]), max_size=3))
    merged = tuple((min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in spans)
    table = tabled(Grid(cells, list(range(len(cells))), [""] * wide, merged), "t", LINE)
    head = range(table.head[0], table.head[1] + 1)
    said = {feature for fault in table.faults for feature in fault.features}
    for k, row in enumerate(table.cells):
        assert k in table.rows or k in head or not any(row) or f"line {k}" in said
    assert len(table.names) == wide


def test_plain_csv_rows_are_all_data() -> None:
    """A row with its identifier alone is data that lacks cells, not a note; a firm may be called 设计."""
    cells = [["id", "name", "m2"], ["P-1", "", ""], ["P-2", "统计设计", "3"], ["P-3", "合计算法公司", ""]]
    table = tabled(Grid(cells, [1, 2, 3, 4], [""] * 3), "t.csv", LINE)
    assert (table.rows, table.faults) == ([1, 2, 3], ())


def test_a_column_without_name_is_said_and_not_read(tmp_path: Path) -> None:
    found = read_sheet(csv(tmp_path / "a.csv", "id,,m,\na,stray,1,\n"), "a.csv")
    assert list(found.cells.columns) == ["id", "m"]
    assert "2 ('stray' …)" in told(found.faults)


def test_a_figure_merged_over_rows_is_asked_about(tmp_path: Path) -> None:
    rows = [["项目编号", "用地需求（亩）", "荷载（kN/㎡）"], ["a", 30, 8], ["b", None, None]]
    found = read_sheet(written(tmp_path / "m.xlsx", rows, "B2:B3", "C2:C3"), "m.xlsx")
    read = typed(found, COLUMNS, ("project_id",), synonyms=SYNONYMS["projects"])
    (fault,) = [one for one in read.faults if one.fatal]
    assert (fault.column, fault.features) == ("land_m2", ("b",))
    assert "their sum, or each one's?; found '30' (B3)" in fault.rule.en
    assert read.frame["load_kn_m2"].to_list() == [8, 8]
    shared = typed(found, COLUMNS, ("project_id",), shared=("land_m2",))
    assert shared.frame["land_m2"].to_list() == [20_000, 20_000]
    assert not any(one.fatal for one in shared.faults)


def test_a_bad_cell_is_named_by_its_address(tmp_path: Path) -> None:
    rows = [["台账"], ["编号", "项目编号", "用地需求"], [1, "a", "大约几亩"], [2, "b", "3亩（一期）"], [3, "c", 5]]
    read = typed(read_sheet(written(tmp_path / "a.xlsx", rows, "A1:C1"), "a.xlsx"), (ID, AREA), ("project_id",))
    (fault,) = [one for one in read.faults if one.fatal]
    assert fault.features == ("a", "b")
    assert "'大约几亩' (C3), '3亩（一期）' (C4)" in fault.rule.en
    assert list(read.written["land_m2"]) == ["大约几亩", "3亩（一期）", "5"]


# What workbooks hold


def _with_value(path: Path, formula: str, value: str) -> None:
    """Store the value of a formula, as Excel does and openpyxl cannot."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    page = "xl/worksheets/sheet1.xml"
    plain = members[page].decode()
    assert f"<f>{formula}</f>" in plain
    stored = f"<f>{formula}</f><v>{value}</v>"
    members[page] = re.sub(rf"<f>{re.escape(formula)}</f><v ?/?>(</v>)?", stored, plain).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def test_formulas_are_read_by_their_value_and_told_without_one(tmp_path: Path) -> None:
    path = written(tmp_path / "f.xlsx", [["project_id", "land_m2"], ["a", "=15000*2"], ["b", "=1+1"]])
    _with_value(path, "15000*2", "30000")
    read = typed(read_sheet(path, "f.xlsx"), (ID, AREA), ("project_id",))
    assert read.frame.loc[0, "land_m2"] == 30_000
    assert "'=1+1' (B3)" in told(read.faults, fatal=True)


def test_numbers_carry_the_unit_their_format_shows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.append(["project_id", "land_m2", "coverage_max", "year"])
    page.append(["a", 3, 0.45, datetime.date(2027, 5, 1)])
    page.append(["b", True, "#REF!", None])
    page["B2"].number_format = '0.00"亩"'
    page["C2"].number_format = "0%"
    page.column_dimensions["B"].hidden = True
    book.save(tmp_path / "n.xlsx")
    found = read_sheet(tmp_path / "n.xlsx", "n.xlsx")
    assert found.cells.iloc[0].to_list() == ["a", "3亩", "45%", "2027-05-01"]
    assert found.cells.iloc[1].to_list() == ["b", "yes", "#REF!", ""]
    assert "hidden columns are read as well: B" in told(found.faults)
    assert "cells hold an Excel error: C3" in told(found.faults)


def test_worksheets_are_named_or_told_apart(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name, head in (("甲", "project_id"), ("乙", "building_id"), ("隐", "project_id")):
        page = book.create_sheet(name)
        page.append([head, "m"])
        page.append(["a", 1])
    book["隐"].sheet_state = "hidden"
    path = tmp_path / "w.xlsx"
    book.save(path)
    with pytest.raises(DataError, match="has several worksheets: 甲, 乙, 隐"):
        read_sheet(path, "w.xlsx")
    with pytest.raises(DataError, match="has no worksheet 丙"):
        read_sheet(path, "w.xlsx", worksheet="丙")
    assert list(read_sheet(path, "w.xlsx", worksheet="隐").cells.columns) == ["project_id", "m"]
    only = read_sheet(path, "w.xlsx", wanted=lambda one: "building_id" in one.cells)
    assert only.where == "w.xlsx:乙"
    assert "this worksheet is read" in told(only.faults)
    with pytest.raises(DataError, match="several worksheets"):
        read_sheet(path, "w.xlsx", wanted=lambda one: "m" in one.cells)


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(2**20))


def _merged_all(path: Path) -> None:
    written(path, [["a", "b"], [1, 2]], "A2:B2")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    page = "xl/worksheets/sheet1.xml"
    members[page] = members[page].replace(b'ref="A2:B2"', b'ref="A2:XFD1048576"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


BAD_BOOKS = {
    "bomb": (_bomb, "too large once unpacked"),
    "everything merged": (_merged_all, "merges too many cells"),
    "a page of the web": (lambda path: path.write_text("<html><table>"), "is a web page"),
    "a text": (lambda path: path.write_text("id,m"), "is no Excel workbook"),
    "half a zip": (lambda path: path.write_bytes(b"PK\x03\x04" + b"x" * 50), "not a readable workbook"),
    "an empty zip": (lambda path: zipfile.ZipFile(path, "w").writestr("a", "b"), "not a readable workbook"),
    "an encrypted one": (lambda path: path.write_bytes(XLS[:600]), "workbook|encrypted"),
    "nothing": (lambda path: openpyxl.Workbook().save(path), "is empty"),
    "missing": (lambda path: None, "there is no file"),
}


@pytest.mark.parametrize("name", BAD_BOOKS)
def test_bad_workbooks_are_refused_with_a_remedy(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "XML_MOST", 2**19)
    make, says = BAD_BOOKS[name]
    path = tmp_path / "台账 1.xlsx"
    made = make(path)
    if hasattr(made, "close"):
        made.close()
    with pytest.raises(DataError, match=says) as error:
        read_sheet(path, path.name)
    assert all(fault.remedy.zh and fault.remedy.en for fault in error.value.faults)


def test_a_stray_cell_far_away_costs_nothing(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["project_id", "land_m2", "note"])
    book.active.append(["a", 5, ""])
    book.active["XFD1048576"] = "核对"
    book.save(tmp_path / "s.xlsx")
    found = read_sheet(tmp_path / "s.xlsx", "s.xlsx")
    assert list(found.cells.columns) == ["project_id", "land_m2", "note"]
    assert "XFD ('核对' …)" in told(found.faults)


# Encodings


ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk", "gb18030")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_found_and_may_be_declared(encoding: str, tmp_path: Path) -> None:
    said = "项目编号,名称\nＰ－００１,燕罗国际智能制造生态城\n"
    path = csv(tmp_path / "a.csv", said, encoding)
    for declared in (None, encoding):
        found = read_sheet(path, "a.csv", declared)
        assert found.cells.loc[0].to_list() == ["Ｐ－００１", "燕罗国际智能制造生态城"]


@pytest.mark.parametrize(("written_in", "declared"), [("utf-8", "gbk"), ("gbk", "utf-8"), ("utf-16", "gb18030"),
                                                      ("utf-8", "latin-1"), ("gbk", "klingon")])  # fmt: skip
def test_a_wrong_declaration_is_a_fault_with_the_right_one(written_in: str, declared: str, tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "编号,名称\na,石岩先进制造业园区\n", written_in)
    with pytest.raises(DataError, match=f"is declared {declared}, but its bytes look like") as error:
        read_sheet(path, "a.csv", declared)
    right = {"gbk": "gb18030"}.get(written_in, written_in)
    assert f"encoding: {right}" in error.value.faults[0].remedy.en


def test_short_words_of_gbk_are_not_taken_for_greek() -> None:
    """These two bytes are a Cyrillic letter in UTF-8 and 靖 in GBK; m² in UTF-8 stays what it is."""
    assert encoding_of("靖".encode("gbk")) == "gb18030"
    assert encoding_of("m²".encode()) == "utf-8"
    assert encoding_of(b"") == "utf-8"
    assert not contradicts("é".encode("latin-1"), "latin-1")


def test_a_bad_byte_names_its_line_and_column_and_the_rest_is_read(tmp_path: Path) -> None:
    """Where most lines are none, the first is named and nothing is read."""
    path = tmp_path / "a.csv"
    path.write_bytes("编号,名称\na,燕罗\n".encode() + b"b,\x80\xff\n" + "c,石岩\n".encode())
    found = read_sheet(path, "a.csv")
    assert found.cells["编号"].to_list() == ["a", "b", "c"]
    assert found.cells["名称"].to_list()[::2] == ["燕罗", "石岩"]
    assert [(f.column, f.features, f.fatal) for f in found.faults] == [("名称", ("line 3",), True)]
    path.write_bytes("编号,名称\n".encode() + b"b,\x80\xff\nc,\x80\xff\nd,\x80\xff\n")
    with pytest.raises(DataError, match="Line 2 is the first"):
        read_sheet(path, "a.csv")


@given(st.binary(max_size=60), st.sampled_from([None, *ENCODINGS, "latin-1"]))
def test_any_bytes_are_text_or_a_fault(data: bytes, declared: str | None) -> None:
    remedy = ""
    try:
        found = decoded(data, "a.csv", declared)
    except DataError as error:
        found, remedy = None, error.faults[0].remedy.en
    assert (found is None) == bool(remedy)


@pytest.mark.parametrize("mark", ["\t", ";", "|"])
def test_other_delimiters(mark: str, tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", f"id{mark}name{mark}m\na{mark}b{mark}1\n", "utf-16")
    assert read_sheet(path, "a.csv").cells.loc[0].to_list() == ["a", "b", "1"]


# Which column is which

SYNONYMS = {layer: synonyms_of(read_tables(None).frames, layer) for layer in (*LAYERS, "projects")}
LAYER_COLUMNS: dict[str, tuple[Column, ...]] = {
    **{name: layer.columns for name, layer in LAYERS.items()},
    "projects": COLUMNS,
}


@pytest.mark.parametrize("layer", LAYER_COLUMNS)
def test_no_name_stands_for_two_columns(layer: str) -> None:
    columns = LAYER_COLUMNS[layer]
    known = {column.name for column in columns}
    pairs = {(said.casefold(), column.name) for column in columns for said in (column.words.zh, column.words.en)}
    words = dict(pairs)
    assert len(words) == len(pairs)
    for other, name in SYNONYMS[layer].items():
        assert name in known, other
        assert words.get(other, name) == name, other


@pytest.mark.parametrize(
    ("head", "layer", "canonical"),
    [
        ("用地面积（亩）", "parcels", "published_area_m2"),
        ("用地面积/公顷", "parcels", "published_area_m2"),
        ("用地面积_m2", "parcels", "published_area_m2"),
        ("＊容积率", "parcels", "far_max"),
        ("ＹＤＸＺ", "parcels", "land_class"),
        ("建筑密度（%）", "parcels", "coverage_max"),
        ("总投资（亿元）", "projects", "investment_yi"),
        ("投资总额 万元", "projects", "investment_yi"),
        ("用地需求 / 面积（亩）", "projects", "land_m2"),
        ("楼板荷载(t/㎡)", "floors", "load_kn_m2"),
        ("净高【m】", "floors", "clear_height_m"),
        ("自动喷水灭", "buildings", "sprinklers"),
        ("土地整备状", "parcels", "state"),
        ("existing_g", "parcels", "existing_gfa_m2"),
        ("环评\ufffd", "parcels", None),
        ("project", "projects", None),
        ("land use plan", "projects", None),
        ("绿地率", "parcels", None),
    ],
)
def test_heads_as_people_write_them(head: str, layer: str, canonical: str | None) -> None:
    match, faults = matched(sheet({head: ["x"]}), LAYER_COLUMNS[layer], SYNONYMS[layer], {})
    assert match == ({canonical: head} if canonical else {})
    assert (f"{head} → {canonical}" if canonical else f"columns not used: {head}") in told(faults)


def test_a_territory_adds_its_own_names(tmp_path: Path) -> None:
    rows = "parcels,published_area_m2,面积gq\nparcels,existing_gfa_m2,YDMJ\n"
    csv(tmp_path / "synonyms.csv", f"layer,canonical,synonym\n{rows}")
    own = synonyms_of(read_tables(tmp_path).frames, "parcels")
    assert own["面积gq"] == "published_area_m2"
    assert own["ydmj"] == "existing_gfa_m2"  # the package says published_area_m2
    assert len(own) == len(SYNONYMS["parcels"]) + 1


def test_a_cut_name_that_begins_two_is_told_and_not_used() -> None:
    columns = (number("a_m2", "土地整备面积", "one", "m²"), text("b", "土地整备状态", "two"))
    match, faults = matched(sheet({"土地整": ["1"]}, FEATURE), columns, {}, {})
    assert match == {}
    assert "土地整 is cut; it may be a_m2, b" in told(faults)
    assert "columns: {土地整: a_m2}" in told(faults)


def test_two_columns_for_one_meaning_are_asked_about() -> None:
    both = sheet({"用地规模": ["1"], "拟用地面积": ["2"], "project_id": ["a"]})
    _, faults = matched(both, COLUMNS, SYNONYMS["projects"], {})
    (fault,) = [one for one in faults if one.fatal]
    assert "用地规模, 拟用地面积 all stand for land_m2 (land)" in fault.rule.en
    assert "columns: {用地规模: land_m2}" in fault.remedy.en
    match, faults = matched(both, COLUMNS, SYNONYMS["projects"], {"拟用地面积": Meant("land_m2")})
    assert match["land_m2"] == "拟用地面积"
    assert not any(one.fatal for one in faults)


def test_full_width_codes_are_read_and_names_kept() -> None:
    found = typed(sheet({"project_id": ["Ｐ－００１", "Ｂ１栋"], "name": ["ＡＢＣ公司，一部", "ＸＹＺ"]}),
                  (ID, text("name", "名称", "name")), ("project_id",))  # fmt: skip
    assert found.frame["project_id"].to_list() == ["P-001", "B1栋"]
    assert found.frame["name"].to_list() == ["ＡＢＣ公司，一部", "XYZ"]
    assert list(found.labels) == ["P-001", "B1栋"]


# Figures as people write them

READINGS = [
    # text, unit, unit of the head, least, most, about
    ("约 3 亩", "m2", "", 2000, 2000, True),
    ("3亩左右", "m2", "", 2000, 2000, True),
    ("~3", "m2", "亩", 2000, 2000, True),
    ("2.5-3.0", "m2", "公顷", 25_000, 30_000, False),
    ("２．５～３．０公顷", "m2", "", 25_000, 30_000, False),
    ("2.5公顷至3公顷", "m2", "", 25_000, 30_000, False),
    ("2万—3万平方米", "m2", "", 20_000, 30_000, False),
    ("3-5万元", "yi", "", 0.0003, 0.0005, False),
    ("5000-1万元", "yi", "", 0.00005, 0.0001, False),
    ("二十至三十亩", "m2", "", 40_000 / 3, 20_000, False),
    ("约20-30亩", "m2", "", 40_000 / 3, 20_000, True),
    ("≥20", "m2", "公顷", 200_000, math.inf, False),
    (">=20 ha", "m2", "", 200_000, math.inf, False),
    ("不少于20公顷", "m2", "", 200_000, math.inf, False),
    ("20公顷及以上", "m2", "", 200_000, math.inf, False),
    ("5000+", "m2", "", 5000, math.inf, False),
    ("不超过3.0", "count", "", -math.inf, 3, False),
    ("3.0以内", "count", "", -math.inf, 3, False),
    ("10余亩", "m2", "", 20_000 / 3, math.inf, True),
    ("三十多亩", "m2", "", 20_000, math.inf, True),
    ("500 kW", "kva", "", 500, 500 / 0.9, False),
    ("2-3 MW", "mva", "", 2, 3 / 0.9, False),
    ("3万千瓦", "mva", "", 30, 30 / 0.9, False),
    ("三万", "m2", "平方米", 30_000, 30_000, False),
    ("3万", "count", "人", 30_000, 30_000, False),
    ("30-40", "share", "%", 0.3, 0.4, False),
    ("2026年6月", "year", "", 2026, 2026, False),
    ("2026-06-30", "year", "", 2026, 2026, False),
    ("2026年三季度", "year", "", 2026, 2026, False),
    ("2026-2028", "year", "", 2026, 2028, False),
    ("2028年底前", "year", "", -math.inf, 2028, False),
    ("预计2027年底", "year", "", 2027, 2027, True),
]


@pytest.mark.parametrize(("said", "unit", "head", "least", "most", "about"), READINGS)
def test_readings(said: str, unit: str, head: str, least: float, most: float, about: bool) -> None:
    found = reading(said, unit, head)
    assert (found.least, found.most) == pytest.approx((least, most), rel=1e-12)
    assert found.about is about


@pytest.mark.parametrize(
    ("said", "unit", "head", "says"),
    [
        ("三万五", "m2", "平方米", "no number"),
        ("两三亩", "m2", "", "no number"),
        ("3万", "m2", "", "which has no unit"),
        ("3万", "yi", "万元", "in a column of 万元"),
        ("2亿美元", "yi", "", "foreign currency"),
        ("约 5000 万美元", "yi", "", "foreign currency"),
        ("3.0-2.5 公顷", "m2", "", "not known"),
        ("02-11", "m2", "", "not known"),
        ("不少于3亩以内", "m2", "", "no number"),
        ("3亩（一期）", "m2", "", "not known"),
        ("60 人", "kva", "", "which is a plain number"),
        ("2026-13", "year", "", "not known"),
        ("约", "m2", "", "no number"),
        ("约" * 200, "m2", "", "no number"),
    ],
)
def test_what_is_doubtful_beyond_reading_is_refused(said: str, unit: str, head: str, says: str) -> None:
    with pytest.raises(UnreadableError, match=says):
        reading(said, unit, head)


@pytest.mark.parametrize(
    ("said", "sense", "value", "doubtful"),
    [
        (Reading(2, 3), "need", 3, True),
        (Reading(2, 3), "offer", 2, True),
        (Reading(2, 3), "cap", 2, True),
        (Reading(2, 3), "cost", 3, True),
        (Reading(2, math.inf), "need", 2, False),
        (Reading(2, math.inf), "offer", 2, False),
        (Reading(2, math.inf), "cap", 2, True),
        (Reading(2, math.inf), "cost", math.nan, True),
        (Reading(-math.inf, 3), "cap", 3, False),
        (Reading(-math.inf, 3), "cost", 3, False),
        (Reading(-math.inf, 3), "need", 3, True),
        (Reading(-math.inf, 3), "offer", math.nan, True),
        (Reading(3, 3), "offer", 3, False),
        (Reading(3, 3, True), "offer", 3, True),
    ],
)
def test_the_safe_end_is_taken(said: Reading, sense: Sense, value: float, doubtful: bool) -> None:
    """**Sensitivity**: the other end would promise room that a need may not have, or that an offer may not give."""
    assert taken(said, sense) == pytest.approx(value, nan_ok=True)
    assert is_doubtful(said, sense) is doubtful


def test_an_open_end_is_a_fault_with_the_figure_to_write() -> None:
    found = typed(sheet({"area_m2": ["≤ 2000", "3000"]}), (ROOM,), ())
    (fault,) = [one for one in found.faults if one.fatal]
    assert "'≤ 2000' (line 2)" in fault.rule.en
    assert "write the figure, perhaps 2000 m²" in fault.remedy.en
    assert list(found.unread("area_m2")) == [True, False]


@pytest.mark.parametrize("nothing", sorted(NOT_GIVEN))
def test_what_stands_for_nothing_is_not_given(nothing: str) -> None:
    columns = (AREA, text("firm", "单位", "firm"), yes_no("pilot", "试点", "pilot"), whole("jobs", "就业", "jobs"))
    found = typed(sheet({column.name: [nothing.upper()] for column in columns}), columns, ())
    assert found.faults == ()
    assert found.frame["firm"][0] == ""
    assert found.frame[["land_m2", "jobs"]].isna().all(axis=None)
    assert found.frame["pilot"][0] in (None, False)  # 无 says no


def test_a_reference_to_the_original_is_kept() -> None:
    found: Read = typed(sheet({"land_m2": ["约 3 亩", "5"]}), (AREA,), ())
    assert list(found.written["land_m2"]) == ["约 3 亩", "5"]
    (fault,) = found.faults
    assert not fault.fatal
    assert fault.features == ("line 2",)


UNITS = [(measure, spelling) for measure in MEASURES for spelling in measure.units]


@given(st.floats(1e-6, 1e9), st.sampled_from(UNITS),
       st.sampled_from(["{}{}", "{} {}", "约{}{}", "{}{}左右", "≥{}{}", "{}{}-{}{}"]))  # fmt: skip
@settings(max_examples=300)
def test_a_printed_number_reads_back(value: float, of: tuple[object, str], form: str) -> None:
    measure, spelling = of
    canonical = next(iter(measure.units))
    printed = f"{value:.12f}".rstrip("0").rstrip(".")
    said = form.format(*([printed, spelling] * 2))
    expected = float(printed) * float(measure.units[spelling])
    found = reading(said, canonical)
    assert found.least == pytest.approx(expected, rel=1e-9)
    assert quantity(f"{printed}{spelling}", canonical) == pytest.approx(expected, rel=1e-9)


PIECES = [*"约3-~至亩万≥余年前.,( 点零％", "三万", "公顷", "m²", "以上", "2026", "e5"]
FIRST_UNITS = [next(iter(measure.units)) for measure in MEASURES]


@given(st.text(max_size=30) | st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
       st.sampled_from(FIRST_UNITS), st.sampled_from(["", "亩", "万元", "%", "kW"]))  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_refused(said: str, unit: str, head: str) -> None:
    found, remedy = Reading(0, 0), None
    try:
        found = reading(said, unit, head)
    except UnreadableError as error:
        remedy = error.remedy
    assert remedy is None or (remedy.zh and remedy.en)
    assert found.least <= found.most
    assert math.isfinite(found.least) or math.isfinite(found.most)


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_cells_become_numbers_or_faults(cells: list[str]) -> None:
    found = typed(sheet({"land_m2": list(cells)}), (AREA,), ())
    unread = found.unread("land_m2")
    for value, said, wrong in zip(found.frame["land_m2"], cells, unread, strict=True):
        plain = found.written["land_m2"][cells.index(said)]
        assert math.isfinite(value) or wrong or plain == "" or plain.lower() in NOT_GIVEN
