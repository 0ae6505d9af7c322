"""CSV files and workbooks become sheets: encodings, quotation marks, heads, rows of one length; rows with their lines.

A `Sheet` is what a file says, as text. A record or a cell of a text that is damaged is named, and the others are read;
but a text has no count of its records: one cut exactly between two of them, with a line end, looks whole. It does not
know what a column means: that is `meaning`'s.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.errors import SHOWN, DataError, Fault
from planner.intake.encoding import CORRECT_TEXT, NO_TEXT, decoded, is_damaged
from planner.intake.grid import Grid, Tabled, tabled
from planner.intake.sources import absent, refuse_large
from planner.intake.workbook import CELLS_MOST, Page, grid_of, pages
from planner.intake.workbook import SUFFIXES as WORKBOOKS
from planner.quantities import nearest
from planner.words import Words

LINE = Words("第 {n} 行", "line {n}")
ROW = Words("第 {n} 行", "row {n}")
FEATURE = Words("第 {n} 个要素", "feature {n}")
SUFFIXES = (".csv", ".tsv", ".txt", *WORKBOOKS)
"""Files that are read as sheets."""
COLUMNS_MOST = 16_384
"""Most columns: those of a worksheet."""
CELL_MOST = 2**31 - 1
"""Longest cell, in characters: a coastline in one cell is longer than the default of 131,072."""


@dataclass(frozen=True)
class Total:
    """A row of totals: its line, its cells by column, and the runs of rows that it may be the sum of."""

    line: int
    cells: Mapping[str, str]
    spans: tuple[tuple[int, int], ...]


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
        What was left out or is hidden, as warnings; rows and cells that are damaged.
    totals : tuple of Total
        Rows that are no data, but evidence.
    """

    where: str
    cells: pd.DataFrame
    lines: NDArray[np.int64]
    line_words: Words = LINE
    letters: Mapping[str, str] = field(default_factory=dict)
    repeated: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    totals: tuple[Total, ...] = ()


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
        No such file, one too large, not readable as text or workbook, no header, most rows longer or shorter than the
        header, no such worksheet, or several.
    """
    if not path.is_file():
        raise DataError(absent(path, where))
    refuse_large(path, where)
    if path.suffix.lower() not in WORKBOOKS:
        if worksheet is not None:
            rule = Words(f"文本没有工作表 {worksheet}", f"is a text, and has no worksheet {worksheet}")
            raise DataError(Fault(where, "", rule, Words("请删去 worksheet", "Remove worksheet:")))
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
    return _made(grid, place, ROW, faults)


def _of_text(path: Path, where: str, encoding: str | None) -> Sheet:
    """Return a CSV file as a sheet."""
    try:
        data = path.read_bytes()
    except OSError as error:
        rule = Words("文件不存在或不可读", f"cannot be read ({error.strerror})")
        remedy = Words(f"请检查路径 {path}", f"Check the path {path}")
        raise DataError(Fault(where, "", rule, remedy)) from error
    said = decoded(data, where, encoding)
    lines, rows, faults = _records(said.text, where)
    if not rows:
        raise DataError(_empty(where))
    lengths = [len(row) for row in rows]
    wide = max(lengths)
    if wide > COLUMNS_MOST or wide * len(rows) > CELLS_MOST + 2 * sum(lengths):
        line = lines[lengths.index(wide)]
        rule = Words(f"第 {line} 行有 {wide:,} 格，过多", f"line {line} has {wide:,} cells, more than a table has")
        remedy = Words("请检查分隔符和引号", "Check what divides its cells, and its quotation marks")
        raise DataError(Fault(where, "", rule, remedy, _lines([line])))
    if min(lengths) < wide:
        rows = [row + [""] * (wide - len(row)) for row in rows]
    if said.text[-1] not in "\r\n":
        rule = Words(f"最后一行（第 {lines[-1]} 行）没有换行符", f"its last line ({lines[-1]}) has no line end")
        remedy = Words("文件可能被截断，请核对最后一行", "The file may be cut off: look at its last line")
        faults.append(Fault(where, "", rule, remedy, fatal=False))
    return _made(Grid(rows, lines, [""] * wide), where, LINE, faults, lengths, said.encoding if said.lines else "")


def _records(text: str, where: str) -> tuple[list[int], list[list[str]], list[Fault]]:
    """Return the lines and the cells of the records of a text; those whose quotation marks are broken are named.

    A cut exactly between two records leaves nothing that could tell; one within a record does.

    Raises
    ------
    DataError
        No more than half of the records are any.
    """
    csv.field_size_limit(CELL_MOST)
    physical = io.StringIO(text, newline="").readlines()
    delimiter = _delimiter(text)
    lines: list[int] = []
    rows: list[list[str]] = []
    bad: list[tuple[int, str]] = []
    at = 0
    while at < len(physical):
        before = at
        reader = csv.reader(map(physical.__getitem__, range(at, len(physical))), delimiter=delimiter, strict=True)
        try:
            for row in reader:
                cells = list(map(str.strip, row))
                before = at + reader.line_num
                if any(cells):
                    lines.append(before)
                    rows.append(cells)
        except csv.Error as error:
            bad.append((before + 1, str(error)))
            at = before + 1
        else:
            break
    if not bad:
        return lines, rows, []
    line, why = bad[0]
    rule = Words(f"第 {line} 行不是有效的 CSV（{why}）", f"line {line} is not CSV ({why})")
    fault = Fault(where, "", rule, Words("请检查引号", "Check its quotation marks"), _lines(n for n, _ in bad))
    if len(rows) <= len(bad) + 1:  # one of them is the head
        raise DataError(fault)
    return lines, rows, [fault]


def _lines(numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(LINE("en", n=n) for n in numbers)


def _made(
    grid: Grid, where: str, line_words: Words, said: list[Fault], lengths: Sequence[int] = (), encoding: str = ""
) -> Sheet:
    """Return a grid as a sheet: its data rows by the names of its head.

    Parameters
    ----------
    grid : Grid
    where : str
    line_words : Words
    said : list of Fault
        What was found before.
    lengths : sequence of int
        Cells of each row of a text; a row longer or shorter than the head is named and left out.
    encoding : str
        Of a text with bytes that are none in it: the cells that hold them are named.

    Raises
    ------
    DataError
        Two columns of one name, or more than half of the rows longer or shorter than the head.
    """
    table = tabled(grid, where, line_words)
    faults = _twice(where, table.names)
    if lengths:
        wide = max(lengths[k] for k in range(table.head[0], table.head[1] + 1))
        odd = [k for k in table.rows if lengths[k] != wide]
        ragged = _ragged(where, wide, [(grid.lines[k], lengths[k]) for k in odd])
        if 2 * len(odd) > len(table.rows):
            faults += ragged
        elif odd:
            table = replace(table, rows=sorted({*table.rows} - {*odd}), totals={})  # a total is of all rows
            said = [*said, *ragged]
    if faults:
        raise DataError(faults)
    if encoding:
        said = [*said, *_no_text(where, grid, table, encoding)]
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
        tuple(Total(grid.lines[k], dict(zip(names, (table.cells[k][column] for column in used), strict=True)), runs)
              for k, runs in table.totals.items()),
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
    twice = sorted(name for name, times in Counter(names).items() if name and times > 1)
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


def _no_text(where: str, grid: Grid, table: Tabled, encoding: str) -> list[Fault]:
    """Return which cells hold bytes that are no text, by column; those of the head and of rows left out together."""
    body = set(table.rows)
    found: dict[str, list[int]] = {}
    for k, row in enumerate(grid.cells):
        for name in {name for name, cell in zip(table.names, row, strict=True) if is_damaged(cell)}:
            found.setdefault(name if k in body else "", []).append(grid.lines[k])
    rule = NO_TEXT.fill(encoding=encoding)
    return [Fault(where, name, rule, CORRECT_TEXT, _lines(lines)) for name, lines in found.items()]


def _ragged(where: str, wide: int, odd: list[tuple[int, int]]) -> list[Fault]:
    if not odd:
        return []
    zh = "、".join(f"第 {line} 行 {n} 格" for line, n in odd[:SHOWN])
    en = ", ".join(f"line {line} has {n}" for line, n in odd[:SHOWN])
    rule = Words(f"每行应有 {wide} 格，{zh}", f"every row must have {wide} cells; {en}")
    remedy = Words("含逗号的文字请加引号", "Put a text that holds a comma in quotation marks")
    return [Fault(where, "", rule, remedy, _lines(line for line, _ in odd))]
