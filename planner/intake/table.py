"""CSV files and workbooks become sheets: encodings, quotation marks, heads, rows of one length; rows with their lines.

A `Sheet` is what a file says, as text. It does not know what a column means: that is `meaning`'s.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.errors import SHOWN, DataError, Fault
from planner.intake.encoding import decoded
from planner.intake.grid import Grid, tabled
from planner.intake.workbook import SUFFIXES as WORKBOOKS
from planner.intake.workbook import Page, grid_of, pages
from planner.quantities import nearest
from planner.words import Words

LINE = Words("第 {n} 行", "line {n}")
ROW = Words("第 {n} 行", "row {n}")
FEATURE = Words("第 {n} 个要素", "feature {n}")
SUFFIXES = (".csv", ".tsv", ".txt", *WORKBOOKS)
"""Files that are read as sheets."""
CELL_MOST = 2**31 - 1
"""Longest cell, in characters: a coastline in one cell is longer than the default of 131,072."""


@dataclass(frozen=True)
class Sheet:
    """A table as its file says it.

    Attributes
    ----------
    where : str
        File, as the planner knows it; with its worksheet where a workbook has several.
    cells : DataFrame
        Texts (numbers and booleans stay what a vector file made them), columns as in the file. The name of a column
        under several heads is all of them, from the top, with " / " between.
    lines : ndarray of int
        Line in the file of each row.
    line_words : Words
        What a line is called here.
    letters : mapping of str to str
        Column to its letter in a workbook, so that a fault names the cell (C7).
    repeated : mapping of str to ndarray of bool
        Column to the rows whose cell is merged with the one above it, and repeats it.
    faults : tuple of Fault
        What was left out or is hidden, as warnings.
    """

    where: str
    cells: pd.DataFrame
    lines: NDArray[np.int64]
    line_words: Words = LINE
    letters: Mapping[str, str] = field(default_factory=dict)
    repeated: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def read_sheet(
    path: Path,
    where: str,
    encoding: str | None = None,
    worksheet: str | None = None,
    wanted: Callable[[Sheet], bool] | None = None,
) -> Sheet:
    """Return the cells of a CSV file or of one worksheet of a workbook.

    Parameters
    ----------
    path : Path
        .xlsx, .xlsm and .xls are workbooks, anything else is text.
    where : str
        What the file is called in faults.
    encoding : str, optional
        Declared encoding of a text; by default what its bytes show (UTF-8, UTF-16, GB18030).
    worksheet : str, optional
        Which one to read; needed where a workbook has several and `wanted` does not tell.
    wanted : callable, optional
        Whether a worksheet is the one looked for; where a single one is, it is read and said.

    Raises
    ------
    DataError
        No such file, not readable as text or workbook, no header, rows that are longer or shorter than the header,
        no such worksheet, or several.
    """
    if path.suffix.lower() not in WORKBOOKS:
        return _of_text(path, where, encoding)
    found = pages(path, where)
    if not found:
        raise DataError(_empty(where))
    if worksheet is not None:
        named = next((page for page in found if page.name.strip() == worksheet.strip()), None)
        if named is None:
            every = [page.name for page in found]
            near = nearest(worksheet, every) or ", ".join(every)
            rule = Words(f"没有工作表 {worksheet}", f"has no worksheet {worksheet}")
            raise DataError(Fault(where, "", rule, Words(f"现有：{near}", f"It has {near}")))
        return _of_page(named, where, alone=len(found) == 1)
    seen = [page for page in found if not page.hidden] or found
    if len(seen) == 1:
        return _of_page(seen[0], where, alone=len(found) == 1)
    fitting = [sheet for page in seen if (sheet := _or_none(page, where)) and (wanted is None or wanted(sheet))]
    names = ", ".join(page.name for page in found)
    if wanted is None or len(fitting) != 1:
        rule = Words(f"有多个工作表：{names}", f"has several worksheets: {names}")
        remedy = Words("请用 worksheet 指明一个，或只保留一个", "Name one, as worksheet:, or keep one only")
        raise DataError(Fault(where, "", rule, remedy))
    (sheet,) = fitting
    rule = Words(f"读取此工作表；工作簿中还有其他（{names}）", f"this worksheet is read, of {names}")
    remedy = Words("如不符，请用 worksheet 指明", "If another is meant, name it, as worksheet:, or keep one only")
    return replace(sheet, faults=(Fault(sheet.where, "", rule, remedy, fatal=False), *sheet.faults))


def _or_none(page: Page, where: str) -> Sheet | None:
    try:
        return _of_page(page, where, alone=False)
    except DataError:
        return None


def _of_page(page: Page, where: str, *, alone: bool) -> Sheet:
    """Return a worksheet as a sheet."""
    place = where if alone else f"{where}:{page.name}"
    grid, faults = grid_of(page, place)
    return _made(grid, place, ROW, faults, lengths=None)


def _of_text(path: Path, where: str, encoding: str | None) -> Sheet:
    """Return a CSV file as a sheet."""
    try:
        data = path.read_bytes()
    except OSError as error:
        rule = Words("文件不存在或不可读", f"cannot be read ({error.strerror})")
        remedy = Words(f"请检查路径 {path}", f"Check the path {path}")
        raise DataError(Fault(where, "", rule, remedy)) from error
    text = decoded(data, where, encoding)
    csv.field_size_limit(CELL_MOST)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        lined = [(rows.line_num, [cell.strip() for cell in row]) for row in rows]
    except csv.Error as error:
        rule = Words(f"第 {rows.line_num} 行不是有效的 CSV（{error}）", f"line {rows.line_num} is not CSV ({error})")
        raise DataError(Fault(where, "", rule, Words("请检查引号", "Check its quotation marks"))) from error
    lined = [(line, row) for line, row in lined if any(row)]
    if not lined:
        raise DataError(_empty(where))
    wide = max(len(row) for _, row in lined)
    cells = [row if len(row) == wide else row + [""] * (wide - len(row)) for _, row in lined]
    grid = Grid(cells, [line for line, _ in lined], [""] * wide)
    return _made(grid, where, LINE, [], lengths=[len(row) for _, row in lined])


def _made(grid: Grid, where: str, line_words: Words, said: list[Fault], lengths: list[int] | None) -> Sheet:
    """Return a grid as a sheet: its data rows by the names of its head.

    Raises
    ------
    DataError
        Two columns of one name, or (of a text) rows longer or shorter than the head.
    """
    table = tabled(grid, where, line_words)
    faults = _twice(where, table.names)
    if lengths is not None:
        wide = max(lengths[k] for k in range(table.head[0], table.head[1] + 1))
        faults += _ragged(where, wide, [(grid.lines[k], lengths[k]) for k in table.rows])
    if faults:
        raise DataError(faults)
    used = [column for column, name in enumerate(table.names) if name]
    nameless = [column for column, name in enumerate(table.names) if not name]
    told = [*said, *table.faults, *_nameless(where, nameless, [table.cells[k] for k in table.rows], grid.letters)]
    names = [table.names[column] for column in used]
    rows = [table.cells[k] for k in table.rows]
    if nameless:
        rows = [[row[column] for column in used] for row in rows]
    cells = pd.DataFrame(rows, columns=pd.Index(names, dtype=object), dtype=object)
    columns = {column for _, column in table.filled}
    return Sheet(
        where,
        cells,
        np.array([grid.lines[k] for k in table.rows], dtype=np.int64),
        line_words,
        {name: grid.letters[column] for name, column in zip(names, used, strict=True) if grid.letters[column]},
        {name: np.array([(k, column) in table.filled for k in table.rows], dtype=bool)
         for name, column in zip(names, used, strict=True) if column in columns},
        tuple(told),
    )  # fmt: skip


def _delimiter(text: str) -> str:
    """Return what divides the cells of a text: a comma, unless its lines have none, but the same number of another."""
    lines = [line for line in text[: 2**16].splitlines()[:20] if line.strip()]
    if not lines or "," in lines[0]:
        return ","
    for other in ("\t", ";", "|"):
        if lines[0].count(other) and len({line.count(other) for line in lines[:-1] or lines}) == 1:
            return other
    return ","


def _empty(where: str) -> Fault:
    rule = Words("文件为空，没有表头", "is empty: it has no header")
    return Fault(where, "", rule, Words("请提供表头和数据行", "Give a header and rows"))


def _twice(where: str, names: list[str]) -> list[Fault]:
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if not twice:
        return []
    rule = Words(f"表头中有重复的列 {', '.join(twice)}", f"the header names {', '.join(twice)} twice")
    return [Fault(where, twice[0], rule, Words("请删除或改名", "Remove or rename one"))]


def _nameless(where: str, columns: list[int], rows: list[list[str]], letters: list[str]) -> list[Fault]:
    """Return the columns without a name that hold something, as a warning: they are not read."""
    holding = [(letters[k] or str(k + 1), next(row[k] for row in rows if row[k])) for k in columns
               if any(row[k] for row in rows)]  # fmt: skip
    if not holding:
        return []
    named = ", ".join(f"{letter} ({text[:20]!r} …)" for letter, text in holding[:SHOWN])
    rule = Words(f"表头中有未命名的列，未使用：{named}", f"columns without a name in the header are not used: {named}")
    return [Fault(where, "", rule, Words("请补列名或删除", "Name them or remove them"), fatal=False)]


def _ragged(where: str, wide: int, body: list[tuple[int, int]]) -> list[Fault]:
    odd = [(line, n) for line, n in body if n != wide]
    if not odd:
        return []
    zh = "、".join(f"第 {line} 行 {n} 格" for line, n in odd[:SHOWN])
    en = ", ".join(f"line {line} has {n}" for line, n in odd[:SHOWN])
    rule = Words(f"每行应有 {wide} 格，{zh}", f"every row must have {wide} cells; {en}")
    remedy = Words("含逗号的文字请加引号", "Put a text that holds a comma in quotation marks")
    return [Fault(where, "", rule, remedy, tuple(f"line {line}" for line, _ in odd))]
