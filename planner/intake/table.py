"""CSV files become sheets: encodings, quotation marks, headers, rows of one length; every row with its line.

A `Sheet` is what a file says, as text. It does not know what a column means: that is `meaning`'s.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.errors import SHOWN, DataError, Fault
from planner.words import Words

LINE = Words("第 {n} 行", "line {n}")
FEATURE = Words("第 {n} 个要素", "feature {n}")
ENCODINGS = ("utf-8-sig", "gb18030")
"""Tried in this order; GB18030 holds GBK and GB2312 and is what Excel saves on a Chinese desktop."""
CELL_MOST = 2**31 - 1
"""Longest cell, in characters: a coastline in one cell is longer than the default of 131,072."""


@dataclass(frozen=True)
class Sheet:
    """A table as its file says it.

    Attributes
    ----------
    where : str
        File, as the planner knows it.
    cells : DataFrame
        Texts (numbers and booleans stay what a vector file made them), columns as in the file.
    lines : ndarray of int
        Line in the file of each row.
    line_words : Words
        What a line is called here.
    """

    where: str
    cells: pd.DataFrame
    lines: NDArray[np.int64]
    line_words: Words = LINE


def read_sheet(path: Path, where: str, encoding: str | None = None) -> Sheet:
    """Return the cells of a CSV file.

    Parameters
    ----------
    path : Path
    where : str
        What the file is called in faults.
    encoding : str, optional
        Declared encoding; by default UTF-8 (with or without mark), else GB18030.

    Raises
    ------
    DataError
        No such file, not readable as text, no header, or rows that are longer or shorter than the header.
    """
    text = _decoded(path, where, encoding)
    csv.field_size_limit(CELL_MOST)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lined = [(rows.line_num, [cell.strip() for cell in row]) for row in rows]
    except csv.Error as error:
        rule = Words(f"第 {rows.line_num} 行不是有效的 CSV（{error}）", f"line {rows.line_num} is not CSV ({error})")
        raise DataError(Fault(where, "", rule, Words("请检查引号", "Check its quotation marks"))) from error
    lined = [(line, row) for line, row in lined if any(row)]
    if not lined:
        rule = Words("文件为空，没有表头", "is empty: it has no header")
        remedy = Words("请提供表头和数据行", "Give a header and rows")
        raise DataError(Fault(where, "", rule, remedy))
    (_, header), *body = lined
    faults = [*_headers(where, header), *_ragged(where, len(header), body)]
    if faults:
        raise DataError(faults)
    cells = pd.DataFrame([row for _, row in body], columns=pd.Index(header, dtype=object), dtype=object)
    return Sheet(where, cells, np.array([line for line, _ in body], dtype=np.int64))


def _decoded(path: Path, where: str, encoding: str | None) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        rule = Words("文件不存在或不可读", f"cannot be read ({error.strerror})")
        remedy = Words(f"请检查路径 {path}", f"Check the path {path}")
        raise DataError(Fault(where, "", rule, remedy)) from error
    for candidate in (encoding,) if encoding else ENCODINGS:
        try:
            return data.decode(candidate).removeprefix("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
    tried = encoding or ", ".join(ENCODINGS)
    rule = Words(f"不是可读的文本（尝试过 {tried}）", f"is not readable as text (tried {tried})")
    remedy = Words("请另存为 UTF-8 CSV，或声明 encoding", "Save it as UTF-8 CSV, or declare its encoding:")
    raise DataError(Fault(where, "", rule, remedy))


def _headers(where: str, header: list[str]) -> list[Fault]:
    twice = sorted({name for name in header if name and header.count(name) > 1})
    faults = []
    if twice:
        rule = Words(f"表头中有重复的列 {', '.join(twice)}", f"the header names {', '.join(twice)} twice")
        faults.append(Fault(where, twice[0], rule, Words("请删除或改名", "Remove or rename one")))
    if "" in header:
        rule = Words("表头中有未命名的列", f"column {header.index('') + 1} of the header has no name")
        faults.append(Fault(where, "", rule, Words("请补列名", "Name it or remove it")))
    return faults


def _ragged(where: str, wide: int, body: list[tuple[int, list[str]]]) -> list[Fault]:
    odd = [(line, len(row)) for line, row in body if len(row) != wide]
    if not odd:
        return []
    zh = "、".join(f"第 {line} 行 {n} 格" for line, n in odd[:SHOWN])
    en = ", ".join(f"line {line} has {n}" for line, n in odd[:SHOWN])
    rule = Words(f"每行应有 {wide} 格，{zh}", f"every row must have {wide} cells; {en}")
    remedy = Words("含逗号的文字请加引号", "Put a text that holds a comma in quotation marks")
    return [Fault(where, "", rule, remedy, tuple(f"line {line}" for line, _ in odd))]
