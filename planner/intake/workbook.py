"""Excel workbooks become grids of texts: values of formulas, dates, merged cells, what is hidden; .xlsx and .xls.

Numbers are written as they are stored, with the unit that their cell's format shows. What a row or a column is, head,
body or note, is `grid`'s.
"""

from __future__ import annotations

import datetime
import io
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import xlrd
from openpyxl.utils import get_column_letter

from planner.errors import SHOWN, DataError, Fault
from planner.intake.grid import Grid, Span
from planner.quantities import is_unit
from planner.words import Words

SUFFIXES = (".xlsx", ".xlsm", ".xls")
XML_MOST = 400 * 2**20
"""Largest content of an .xlsx, unpacked; a larger one is a bomb, or a layer that does not belong into Excel."""
CELLS_MOST = 20_000_000
STORED_MOST = 3_000_000
"""Most cells stored in an .xlsx: each takes half a kilobyte while it is read."""
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MERGE = re.compile(rb'<mergeCell ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_FORMULA = re.compile(rb"<f[ >]")
_SAVE = Words("请用 Excel 打开后另存为 .xlsx", "Open it in Excel and save it as .xlsx")

Placed = Mapping[tuple[int, int], str]
"""Row and column, both from 1, to text."""


@dataclass(frozen=True)
class Page:
    """One worksheet as a workbook has it."""

    name: str
    cells: Placed
    merged: tuple[Span, ...]
    hidden: bool
    hidden_rows: tuple[int, ...]
    hidden_columns: tuple[int, ...]
    errors: tuple[str, ...] = ()


def pages(path: Path, where: str) -> list[Page]:
    """Return the worksheets of a workbook that hold anything, in their order.

    Raises
    ------
    DataError
        Not a workbook, damaged, encrypted, or larger than a table is.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        rule = Words("文件不存在或不可读", f"cannot be read ({error.strerror})")
        raise DataError(Fault(where, "", rule, Words(f"请检查路径 {path}", f"Check the path {path}"))) from error
    reader = _xlsx if data.startswith(_ZIP) else _xls if data.startswith(_OLE) else None
    if reader is None:
        rule = Words("不是 Excel 工作簿", "is no Excel workbook")
        if data.lstrip()[:1] == b"<":
            rule = Words("实为网页（HTML），只是以 Excel 命名", "is a web page (HTML) named like a workbook")
        raise DataError(Fault(where, "", rule, _SAVE))
    try:
        found = reader(data, where)
    except DataError:
        raise
    except Exception as error:  # a damaged file makes the libraries raise anything
        rule = Words("不是可读的工作簿", f"is not a readable workbook ({type(error).__name__}: {error})"[:200])
        if "encrypt" in str(error).lower() or "Can't find workbook" in str(error):
            rule = Words("工作簿已加密，或不是工作簿", "is encrypted, or no workbook")
        raise DataError(Fault(where, "", rule, _SAVE)) from error
    return [page for page in found if page.cells]


def grid_of(page: Page, where: str) -> tuple[Grid, list[Fault]]:
    """Return a worksheet's used rows and columns as a grid, and what a reader of it must know.

    Raises
    ------
    DataError
        More cells than a table has.
    """
    rows, columns = sorted({row for row, _ in page.cells}), sorted({column for _, column in page.cells})
    if len(rows) * len(columns) > CELLS_MOST:
        size = f"{len(rows)} × {len(columns)}"
        rule = Words(f"{size} 个单元格，过大", f"is too large: {size} cells")
        remedy = Words("请删去表外单元格，或改用 GeoPackage", "Clear what is outside the table, or use a GeoPackage")
        raise DataError(Fault(where, "", rule, remedy))
    at_row, at_column = {row: k for k, row in enumerate(rows)}, {column: k for k, column in enumerate(columns)}
    cells = [[""] * len(columns) for _ in rows]
    for (row, column), text in page.cells.items():
        cells[at_row[row]][at_column[column]] = text
    merged = []
    for top, left, bottom, right in page.merged:
        within_rows = [at_row[row] for row in rows if top <= row <= bottom] if (top, left) in page.cells else []
        within_columns = [at_column[column] for column in columns if left <= column <= right]
        if within_rows and within_columns:
            merged.append((within_rows[0], within_columns[0], within_rows[-1], within_columns[-1]))
    letters = [get_column_letter(column) for column in columns]
    faults = []
    for zh, en, hidden in (
        ("隐藏的行也已读入", "hidden rows are read as well", [str(row) for row in page.hidden_rows if row in at_row]),
        ("隐藏的列也已读入", "hidden columns are read as well",
         [get_column_letter(column) for column in page.hidden_columns if column in at_column]),
        ("单元格为 Excel 错误值", "cells hold an Excel error", list(page.errors)),
    ):  # fmt: skip
        if hidden:
            named = ", ".join(hidden[:SHOWN]) + (" …" if len(hidden) > SHOWN else "")
            rule = Words(f"{zh}：{named}", f"{en}: {named}")
            remedy = Words("如不应读入，请删除", "Remove them if they are not meant")
            faults.append(Fault(where, "", rule, remedy, tuple(hidden), fatal=False))
    return Grid(cells, rows, letters, tuple(merged)), faults


def _xlsx(data: bytes, where: str) -> list[Page]:
    formulas, area, stored = False, 0, 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(member.file_size for member in archive.infolist())
        if size <= XML_MOST:
            for member in archive.namelist():
                if member.startswith("xl/worksheets/") and member.endswith(".xml"):
                    xml = archive.read(member)
                    formulas = formulas or _FORMULA.search(xml) is not None
                    stored += xml.count(b"<c ") + xml.count(b"<c>")
                    area += sum(_area(*match.groups()) for match in _MERGE.finditer(xml))
    if size > XML_MOST or area > CELLS_MOST or stored > STORED_MOST:
        rule = Words("解压后过大，不予读取", "is too large once unpacked, or merges too many cells; it is not read")
        remedy = Words("请删去表外内容，或改用 CSV", "Clear what is outside the table, or use CSV")
        raise DataError(Fault(where, "", rule, remedy))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of charts, validations and styles that are not read
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        written = openpyxl.load_workbook(io.BytesIO(data)) if formulas else None
    found = []
    for sheet in book.worksheets:
        cells, errors = {}, []
        other = written[sheet.title] if written is not None else None
        for (row, column), cell in sheet._cells.items():  # only what is there: a stray cell may lie in row 1,048,576
            value: object = cell.value
            if value is None and other is not None and (row, column) in other._cells:
                value = other._cells[row, column].value  # a formula whose value was never stored: said as it stands
                value = getattr(value, "text", value)
            if text := _said(value, cell.number_format):
                cells[row, column] = text
                errors += [cell.coordinate] if cell.data_type == "e" else []
        merged = tuple((span.min_row, span.min_col, span.max_row, span.max_col) for span in sheet.merged_cells.ranges)
        rows = tuple(sorted(row for row, kept in sheet.row_dimensions.items() if kept.hidden))
        columns = tuple(
            column
            for kept in sheet.column_dimensions.values()
            if kept.hidden
            for column in range(kept.min or 1, (kept.max or kept.min or 1) + 1)
        )
        hidden = sheet.sheet_state != "visible"
        found.append(Page(sheet.title, cells, merged, hidden, rows, columns, tuple(errors)))
    return found


def _xls(data: bytes, where: str) -> list[Page]:
    book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
    found = []
    for sheet in book.sheets():
        cells, errors = {}, []
        for row in range(sheet.nrows):
            for column in range(sheet.row_len(row)):
                cell = sheet.cell(row, column)
                value: object = cell.value
                form = book.format_map[book.xf_list[sheet.cell_xf_index(row, column)].format_key].format_str
                match cell.ctype:
                    case xlrd.XL_CELL_DATE:
                        value = xlrd.xldate_as_datetime(float(cell.value), book.datemode)
                    case xlrd.XL_CELL_BOOLEAN:
                        value = bool(cell.value)
                    case xlrd.XL_CELL_ERROR:
                        value = xlrd.error_text_from_code[int(cell.value)]
                        errors.append(f"{get_column_letter(column + 1)}{row + 1}")
                if text := _said(value, form):
                    cells[row + 1, column + 1] = text
        merged = tuple((top + 1, left + 1, bottom, right) for top, bottom, left, right in sheet.merged_cells)
        rows = tuple(row + 1 for row, kept in sorted(sheet.rowinfo_map.items()) if kept.hidden)
        columns = tuple(column + 1 for column, kept in sorted(sheet.colinfo_map.items()) if kept.hidden)
        found.append(Page(sheet.name, cells, merged, sheet.visibility != 0, rows, columns, tuple(errors)))
    return found


def _said(value: object, form: str) -> str:
    """Return a value as text: whole numbers plainly, days as 2026-06-30, a number with the unit its format shows."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            text = str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else f"{value:.15g}"
            if "%" in form.partition(";")[0]:
                return f"{value * 100:.15g}%"
            shown = re.findall(r'"([^"]+)"', form.partition(";")[0])
            return text + next((unit.strip() for unit in shown if is_unit(unit)), "")
        case datetime.datetime():
            return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "seconds")
        case datetime.date():
            return value.isoformat()
        case _:
            return str(value).replace("\u200b", "").replace("\ufeff", "").strip()


def _area(left: bytes, top: bytes, right: bytes, bottom: bytes) -> int:
    wide = _number(right) - _number(left) + 1
    return wide * (int(bottom) - int(top) + 1)


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
