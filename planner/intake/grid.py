"""Where the head of a table is, and which rows below it are data: titles, several head rows, totals, sections, notes.

A `Grid` is cells on paper. What is not data is left out and said. It does not know what a column means.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from planner.errors import SHOWN, Fault
from planner.quantities import is_unit
from planner.words import Words

Span = tuple[int, int, int, int]
"""Top, left, bottom and right of merged cells, all within."""
HEAD_WITHIN = 40
"""Rows in which the head of a table is looked for."""
UNDER = " / "
"""Stands in the name of a column between the heads that it is under."""
DEEPEST = 4
"""Most rows of a head."""
_NUMBER = re.compile(r"[-+−]?[\d０-９][\d０-９,.，．]*\s*%?|\d{4}-\d\d-\d\d.*")
_COUNTED = re.compile(r"共计?\s*(\d{1,7})\s*(?:条|行|笔)")
_FIGURES = "+-−0123456789０１２３４５６７８９"
"""How a figure begins."""
_SPECIAL = frozenset(_FIGURES + "gGsStT")
"""How a figure or a total begins."""
_TOTAL = re.compile(
    r".{0,20}(?:合\s*计|总\s*计|小\s*计|共\s*计|累\s*计)(?:数|值)?\s*[:：]?(?:\s*[(（].*[)）])?"
    r"|(?:grand\s*|sub-?\s*)?totals?\b.{0,20}|sum",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"(?:注|备注|附注|说明|填报|填表|制表|审核|复核|审批|联系|电话|日期|负责|数据来源|资料来源|来源|notes?|sources?|remarks?)"
    r"[^:：、.．]{0,8}[:：、.．]|[*※]",
    re.IGNORECASE,
)
_BRACKETS = "()（）[]【】"
_FILLED_IN = re.compile(r"[:：]\s*\S")
"""填报单位：区工信局 is no head."""
_SECTION = re.compile(r"[(（]?[一二三四五六七八九十]{1,3}[)）、.．].*|.*[:：]")


@dataclass(frozen=True)
class Grid:
    """Cells as a file has them: all rows equally long, with what each row and column is called there.

    Attributes
    ----------
    cells : list of list of str
    lines : list of int
        Number of each row in the file.
    letters : list of str
        Letter of each column; empty texts where columns have none.
    merged : tuple of Span
        Merged cells, by position in `cells`; only the first holds the text.
    """

    cells: list[list[str]]
    lines: list[int]
    letters: list[str]
    merged: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Tabled:
    """A grid as a table.

    Attributes
    ----------
    names : list of str
        A name for each column of the grid; "" for one without.
    rows : list of int
        Positions of the rows that are data.
    cells : list of list of str
        Cells of the whole grid, merged ones filled.
    filled : frozenset of (int, int)
        Cells below the first of a merged one: they repeat it.
    head : tuple of int
        First and last row of the head.
    faults : tuple of Fault
        What was left out, as warnings.
    totals : mapping of int to tuple of (int, int)
        Position of each row of totals to the runs of `rows`, first and past the last, that it may be the sum of.
    """

    names: list[str]
    rows: list[int]
    cells: list[list[str]]
    filled: frozenset[tuple[int, int]]
    head: tuple[int, int]
    faults: tuple[Fault, ...] = field(default=())
    totals: Mapping[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)


def tabled(grid: Grid, where: str, line_words: Words) -> Tabled:
    """Return which rows of a grid are its head and which are data.

    The head begins with the first row that has different texts, not figures, in more than half of the columns; rows
    that it is merged or grouped with, and a row of units below it, belong to it.

    Parameters
    ----------
    grid : Grid
        Of at least one row.
    where : str
    line_words : Words
        What a row is called in the file.
    """
    cells, filled = _spread(grid)
    first, last = _head(cells, grid)
    names = _names(cells, grid, first, last)
    out: dict[str, list[int]] = {kind: [] for kind in _KINDS}
    wide = len(cells[0])
    banners = {top for top, left, bottom, right in grid.merged if top == bottom and right - left + 1 > max(wide / 2, 1)}
    rows: list[int] = []
    head = cells[first : last + 1]
    backwards = reversed(range(len(cells)))
    last_full = next((k for k in backwards if len({text for text in cells[k] if text}) > wide / 2), 0)
    for k in range(last + 1, len(cells)):
        row = cells[k]
        if k > last + 1 and k not in banners and _is_plain(row) and row not in head:  # as nearly all are
            rows.append(k)
        elif any(row):
            of = {"first": k == last + 1, "banner": k in banners, "later": k < last_full}
            kind = _kind(row, head, after_total=bool(out["total"]), **of)
            (rows if kind == "data" else out[kind]).append(k)
    if (first, last) != (0, 0):
        out["title"] = [k for k in range(first) if any(cells[k])]
    faults = [_left_out(where, kind, at, cells, grid, line_words) for kind, at in out.items() if at]
    faults += _miscounted(where, [text for kind in ("title", "total", "note") for k in out[kind] for text in cells[k]],
                          len(rows))  # fmt: skip
    sums = {k: _summed(k, rows, [*out["total"], *out["section"]]) for k in out["total"]}
    return Tabled(names, rows, cells, frozenset(filled), (first, last), tuple(faults), sums)


def _miscounted(where: str, texts: Sequence[str], rows: int) -> list[Fault]:
    """Return where a title, a total or a note says another number of rows (共 24 条) than there are, as a warning."""
    told = {int(match[1]) for text in texts if (match := _COUNTED.search(text))}
    if not told or rows in told:
        return []
    said = ", ".join(map(str, sorted(told)))
    rule = Words(f"表中注明共 {said} 条，实有 {rows} 行", f"it says that it has {said} rows; there are {rows}")
    return [Fault(where, "", rule, Words("文件可能不完整，请核对", "It may be cut off: check"), fatal=False)]


def _summed(total: int, rows: Sequence[int], others: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return the runs of rows a total may be of: those since the row that divides before it, all above, below, all."""
    here = bisect_left(rows, total)
    before = bisect_left(rows, max((k for k in others if k < total), default=-1))
    after = bisect_left(rows, min((k for k in others if k > total), default=len(rows) and rows[-1] + 1))
    runs = dict.fromkeys(((before, here), (0, here), (here, after), (here, len(rows)), (0, len(rows))))
    return tuple((a, b) for a, b in runs if b > a)


_KINDS = {
    "title": Words("表头以上的行视为标题", "rows above the head are taken for titles"),
    "total": Words("合计行未读入", "rows of totals are left out"),
    "section": Words("分组标题行未读入", "rows that only name a section are left out"),
    "note": Words("注释行未读入", "rows of notes are left out"),
    "again": Words("重复的表头未读入", "heads that stand again are left out"),
    "numbering": Words("栏次行未读入", "a row that numbers the columns is left out"),
}


def _left_out(where: str, kind: str, at: Sequence[int], cells: list[list[str]], grid: Grid, called: Words) -> Fault:
    said = {}
    for lang, comma in (("zh", "、"), ("en", ", ")):
        places = [
            f"{_short(next(text for text in cells[k] if text))!r} ({called(lang, n=grid.lines[k])})"  # type: ignore[arg-type]
            for k in at[:SHOWN]
        ]
        said[lang] = comma.join(places) + (f" … (+{len(at) - SHOWN})" if len(at) > SHOWN else "")
    rule = Words(f"{_KINDS[kind].zh}：{said['zh']}", f"{_KINDS[kind].en}: {said['en']}")
    remedy = Words("如为数据行，请改写其首格", "If one is data, write its first cell otherwise")
    return Fault(where, "", rule, remedy, tuple(called("en", n=grid.lines[k]) for k in at), fatal=False)


def _short(text: str) -> str:
    return text if len(text) <= 20 else text[:19] + "…"


def _spread(grid: Grid) -> tuple[list[list[str]], set[tuple[int, int]]]:
    """Return cells with merged ones filled, and which repeat the row above."""
    cells = [list(row) for row in grid.cells] if grid.merged else grid.cells
    filled = set()
    for top, left, bottom, right in grid.merged:
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                cells[row][column] = cells[top][left]
                if row > top:
                    filled.add((row, column))
    return cells, filled


def _is_unit(text: str) -> bool:
    return is_unit(text.strip(_BRACKETS))


def _is_figure(text: str) -> bool:
    return text[:1] in _FIGURES and _NUMBER.fullmatch(text) is not None


def _head(cells: list[list[str]], grid: Grid) -> tuple[int, int]:
    """Return first and last row of the head."""
    wide = len(cells[0])
    first = 0
    for k, row in enumerate(cells[:HEAD_WITHIN]):
        if len({text for text in row if text and not _is_figure(text) and not _FILLED_IN.search(text)}) > wide / 2:
            first = k
            break
    last = max([first, *(bottom for top, _, bottom, _ in grid.merged if top <= first <= bottom)])
    top = first
    while top > 0 and _belongs_above(cells, grid, top):
        top -= 1
    while last + 1 < len(cells) and last - top + 1 < DEEPEST and _belongs_below(cells, grid, top, last):
        last += 1
    return top, last


def _belongs_above(cells: list[list[str]], grid: Grid, first: int) -> bool:
    """Tell whether the row above the head groups it: merged into it, covering it, or naming its unnamed columns."""
    above, row = cells[first - 1], cells[first]
    if any(top < first <= bottom for top, _, bottom, _ in grid.merged):
        return True
    texts = {text for text in above if text}
    if len(texts) < 2 or any(_FILLED_IN.search(text) or _is_figure(text) for text in texts):
        return False
    unnamed = [column for column, text in enumerate(row) if not text]
    return all(above) or bool(unnamed and all(above[column] for column in unnamed))


def _belongs_below(cells: list[list[str]], grid: Grid, first: int, last: int) -> bool:
    """Tell whether the row below the head belongs to it: names under groups, or units."""
    row = cells[last + 1]
    texts = [text for text in row if text]
    if not texts or any(_is_figure(text) for text in texts):
        return False
    if all(map(_is_unit, texts)) and (len(texts) > 1 or len(row) > 2):
        return True
    grouped = any(top <= last <= bottom == last and right > left and right - left + 1 < len(row)
                  for top, left, bottom, right in grid.merged)  # fmt: skip
    if grouped:
        return True
    named = [any(cells[k][column] for k in range(first, last + 1)) for column in range(len(row))]
    under_none = any(text and not name for text, name in zip(row, named, strict=True))
    empty_under_name = any(name and not text for text, name in zip(row, named, strict=True))
    return under_none and empty_under_name and not _merged_within(grid, first, last)


def _merged_within(grid: Grid, first: int, last: int) -> bool:
    return any(top <= last and bottom >= first for top, _, bottom, _ in grid.merged)


def _names(cells: list[list[str]], grid: Grid, first: int, last: int) -> list[str]:
    """Return the name of each column: the texts of the head from top to bottom, each once, units in brackets."""
    head = [list(row) for row in cells[first : last + 1]]
    if not _merged_within(grid, first, last):
        for row, below in pairwise(head):
            for column in range(1, len(row)):  # a group whose cells are not merged stands over what follows it
                if not row[column] and below[column] and not _is_unit(below[column]):
                    row[column] = row[column - 1]
    names = []
    for column in range(len(head[0])):
        parts: list[str] = []
        for row in head:
            text = " ".join(re.sub(r"\s*\n\s*", "", row[column]).split())
            if parts and _is_unit(text):
                parts[-1] += f" ({text.strip(_BRACKETS)})"
            elif text and text not in parts:
                parts.append(text)
        names.append(UNDER.join(parts))
    return names


def _is_plain(row: list[str]) -> bool:
    """Tell, by its first cell and how many are empty, that a row is no more than data."""
    first = row[0]
    return first != "" and first[0] not in _SPECIAL and "计" not in first and 2 * row.count("") < len(row)


def _spoken(row: list[str]) -> str:
    """Return the first text of a row that is no figure."""
    for text in row:
        if text and not (text[0] in _FIGURES and _NUMBER.fullmatch(text)):
            return text
    return ""


def _kind(row: list[str], head: list[list[str]], *, first: bool, banner: bool, later: bool, after_total: bool) -> str:
    """Return what a row below the head is: data, or one of `_KINDS`.

    Parameters
    ----------
    row : list of str
    head : list of list of str
    first : bool
        Whether the row is the first below the head.
    banner : bool
        Whether it is one cell over most columns.
    later : bool
        Whether rows of data follow.
    after_total : bool
    """
    wide = len(row)
    if row in head:
        return "again"
    if first and wide >= 6 and row == [str(n) for n in range(1, wide + 1)]:
        return "numbering"
    spoken = _spoken(row)
    if spoken and (spoken[0] in _SPECIAL or "计" in spoken) and _TOTAL.fullmatch(spoken):
        return "total"
    if not banner and row.count("") < wide / 2:
        return "data"
    texts = {text for text in row if text}
    alone = len(texts) == 1 and spoken != "" and wide > 2
    if _NOTE.match(spoken) and (alone or len(texts) <= max(wide / 3, 1)):
        return "note"
    if alone and (banner or _SECTION.fullmatch(spoken)):
        return "section" if later else "note"
    return "note" if after_total and len(texts) <= min(2, wide - 2) and spoken else "data"
