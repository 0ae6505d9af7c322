"""Writes a workbook: one loop over the table of sheets. The only importer of xlsxwriter.

Text of layers is text: nothing of it is a formula, a link or a number, whatever it looks like.
"""

from __future__ import annotations

import gc
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format as Look
from xlsxwriter.worksheet import Worksheet

from planner.maps.scene import Field
from planner.maps.style import FORMATS, INK, LEFT_OUT, POLE, Format
from planner.report.book import BROKEN, KEPT, Book, Page, capital
from planner.report.pages import PAGES
from planner.words import Lang, Words

FILE = "plan.xlsx"
FONT: dict[Lang, str] = {"zh": "Microsoft YaHei", "en": "Calibri"}
"""In which a workbook is set; those who have not the Chinese one see another that has its glyphs."""
PALE, LINE, QUIET, GREEN, BAR = "#EAF0F6", "#E1E5E8", "#6B757D", "#1B6E3C", "#A9C1D9"
HEADER = 2
"""Row of the headings, from 0: above it stand the title and a note."""
NARROW, WIDE, WIDEST = 6, 44, 96
"""Of columns, in cells: the least, the most of text before it wraps, and of sentences."""
A4, A3, WIDE_SHEET = 9, 8, 240
"""Papers by the numbers of the format; cells across from which a sheet is printed on the larger one."""
HEADING = 16
"""Cells after which a heading wraps."""
LINE_PT, TALLEST_PT = 13.5, 405.0
"""Height of a line, and of the tallest row there may be (points)."""
MARGIN = 3
"""Cells of a column beside its text: the button of the filter, and air."""
LONGEST = 32_767
"""Characters of a cell, by the format of the file."""
UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What no cell can hold: control characters, halves of pairs, non-characters."""
HEAD: dict[str, object] = {
    "bold": True, "font_color": POLE, "bg_color": PALE, "bottom_color": POLE, "text_wrap": True, "valign": "vcenter",
}  # fmt: skip
"""How headings look; those of figures stand above them, at the right."""
OWN: dict[str, Format] = {
    "fine_points": Format(FORMATS["points"].unit),
    "amount": Format(Words("", ""), decimals=(1, 1)),
    "figure": Format(Words("", ""), decimals=(1, 1)),
    "price": Format(FORMATS["points"].unit, decimals=(4, 4)),
    "bar": FORMATS["percent"],
}
"""Ways to print a number that the map has not."""
NUMBERS = {**FORMATS, **OWN}
SHARES = ("percent", "bar")
WRAPPED = {"long": WIDE, "sentence": WIDEST, "mixed": WIDEST, "text": WIDE}
MOST_PRINTED = 220
"""Characters at the head and the foot of printed pages, of which the format takes 255 with its orders."""

Cell = str | float | date | None


@dataclass(frozen=True)
class Pen:
    """What a sheet is written with: the language, and the looks of cells made so far, by form."""

    lang: Lang
    make: Callable[[dict[str, object]], Look]
    made: dict[str, Look]

    def look(self, form: str) -> Look:
        """Return how cells of a form look."""
        if form not in self.made:
            self.made[form] = self.make({**_base(self.lang), **_look(form, self.lang)})
        return self.made[form]


def save(book: Book, path: Path | str, pages: Sequence[Page] = PAGES) -> Path:
    """Write the workbook of a plan, whole or not at all.

    Parameters
    ----------
    book : Book
    path : Path or str
    pages : sequence of Page
        Its sheets.

    Returns
    -------
    Path
        The file written.
    """
    path = Path(path)
    aside = path.with_name(f".{path.name}-{uuid4().hex}")
    inert = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    try:
        with _no_search_for_circles(), xlsxwriter.Workbook(str(aside), inert) as file:
            file.set_properties({"title": clean(book.title), "comments": clean(book.label)})
            pen = Pen(book.lang, file.add_format, {})
            for page in pages:
                table = page.table(book)
                if table is not None:
                    _write(file.add_worksheet(page.words(book.lang)), page, table, book, pen)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path


@contextmanager
def _no_search_for_circles() -> Iterator[None]:
    """Hold the garbage collector back: among cells, none of which is in a circle, it takes a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _base(lang: Lang) -> dict[str, object]:
    return {"font_name": FONT[lang], "font_size": 10, "font_color": INK, "valign": "top", "bottom": 1,
            "bottom_color": LINE}  # fmt: skip


def _look(form: str, lang: Lang) -> dict[str, object]:
    """Return what sets the cells of a form apart."""
    if form in NUMBERS:
        return {"num_format": _number_format(form, lang), "align": "right", "indent": 1}
    apart: dict[str, dict[str, object]] = {
        "title": {"font_size": 15, "bold": True, "font_color": POLE, "bottom": 0, "valign": "vcenter"},
        "note": {"font_color": QUIET, "bottom": 0, "text_wrap": True},
        "header": HEAD,
        "figures": {**HEAD, "align": "right", "indent": 1},
        "date": {"num_format": "yyyy-mm-dd", "align": "left"},
        "kept": {"font_color": GREEN},
        "broken": {"font_color": LEFT_OUT, "bold": True},
    }  # fmt: skip
    return apart.get(form, {"text_wrap": True})


def _number_format(form: str, lang: Lang) -> str:
    """Return the number format of a form: decimals as the map has them, thousands parted, shares in percent."""
    told = NUMBERS[form]
    decimals = told.decimals[lang == "en"]
    if form == "number":
        return "General"
    after = f".{'0' * decimals}" if decimals else ""
    return f"0{after}%" if form in SHARES else f"{'#,##0' if told.grouped else '0'}{after}"


def _write(sheet: Worksheet, page: Page, table: pd.DataFrame, book: Book, pen: Pen) -> None:
    """Write one sheet: title, note, headings, columns, and how it is scrolled, filtered and printed."""
    fields, lang = page.fields(table), book.lang
    last = len(fields) - 1
    sheet.hide_gridlines(2)
    sheet.set_row(0, 30)
    sheet.set_row(HEADER, 34)
    sheet.write_string(0, 0, page.words(lang), pen.look("title"))
    forms = table["form"].tolist() if "form" in table else None
    across, lines = 0.0, [1] * len(table)
    for at, field in enumerate(fields):
        headed = heading(field, lang)
        sheet.write_string(HEADER, at, headed, pen.look("figures" if field.form in NUMBERS else "header"))
        values = cells(table[field.key], field.form, lang, forms)
        _column(sheet, at, field, values, forms, pen)
        sheet.set_column(at, at, of_column := width(values, headed, field.form))
        across += of_column
        if field.form in WRAPPED:
            lines = list(map(max, lines, lines_of(values, of_column)))
        if field.form == "bar" and len(table):
            bar = {"type": "data_bar", "bar_solid": True, "bar_color": BAR, "data_bar_2010": True,
                   "min_type": "num", "max_type": "num", "min_value": 0, "max_value": 1}  # fmt: skip
            sheet.conditional_format(HEADER + 1, at, HEADER + len(table), at, bar)
    for row, many in enumerate(lines, HEADER + 1):
        if many > 1:  # not every program finds out by itself
            sheet.set_row(row, min(LINE_PT * many + 2, TALLEST_PT))
    note = clean(" · ".join(part for part in (book.title, page.note(book)) if part))
    sheet.set_row(1, 15 * math.ceil(wide(note) / across))
    sheet.merge_range(1, 0, 1, last, note, pen.look("note"))
    sheet.freeze_panes(HEADER + 1, page.fixed)
    if page.filters:
        sheet.autofilter(HEADER, 0, HEADER + len(table), last)
    sheet.set_landscape()
    sheet.set_paper(A3 if across > WIDE_SHEET else A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER)
    sheet.set_margins(0.5, 0.5, 0.7, 0.7)
    head = " · ".join(part for part in (clean(book.title), page.words(lang)) if part)
    sheet.set_header(f"&L{_literal(head)}")
    sheet.set_footer(f"&L&8{_literal(clean(book.label))}&R&8&P / &N")


def heading(field: Field, lang: Lang) -> str:
    """Return a heading with its unit."""
    unit = NUMBERS[field.form].unit(lang) if field.form in NUMBERS and field.form != "year" else ""
    return capital(field.words(lang)) + ("" if not unit else f"（{unit}）" if lang == "zh" else f" ({unit})")


def cells(values: pd.Series, form: str, lang: Lang, forms: Sequence[str] | None = None) -> list[Cell]:
    """Return a column as cells take it: None where nothing is given; a form of its own for each, where there are.

    Examples
    --------
    >>> cells(pd.Series([25_000.0, float("inf")]), "ha", "en")
    [2.5, None]
    >>> cells(pd.Series(["2023-01-05", "2022", None]), "date", "en")
    [datetime.date(2023, 1, 5), '2022', None]
    >>> cells(pd.Series([], dtype=object), "text", "en")
    []
    """
    if form == "mixed" and forms is not None:
        return [_cell(value, own, lang) for value, own in zip(values, forms, strict=True)]
    known: dict[str, Cell] = {}
    told: list[Cell] = []
    for value in values.tolist():
        if type(value) is not str:
            told.append(_cell(value, form, lang))
            continue
        if value not in known:
            known[value] = _cell(value, form, lang)
        told.append(known[value])
    return told


def _cell(value: object, form: str, lang: Lang) -> Cell:
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if form in NUMBERS and not isinstance(value, str):
        number = float(value)  # type: ignore[arg-type]
        divisor = 1.0 if form in SHARES else NUMBERS[form].divisor[lang == "en"]
        return number / divisor if math.isfinite(number) else None
    if isinstance(value, float) and math.isnan(value):
        return None
    if form == "verdict":
        return (KEPT if value else BROKEN)(lang)
    if form == "date" and re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(value)):
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            return str(value)
    return clean(str(value)) or None


def _column(
    sheet: Worksheet, at: int, field: Field, values: Iterable[Cell], forms: Sequence[str] | None, pen: Pen
) -> None:
    """Write the cells of one column."""
    look, text, blank = pen.look(field.form), sheet.write_string, sheet.write_blank
    verdicts = {KEPT(pen.lang): pen.look("kept")} if field.form == "verdict" else {}
    other = pen.look("broken") if verdicts else look
    for row, value in enumerate(values, HEADER + 1):
        if field.form == "mixed" and forms is not None:
            look = other = pen.look(forms[row - HEADER - 1])
        if value is None:
            blank(row, at, None, look)
        elif isinstance(value, str):
            text(row, at, value, verdicts.get(value, other))
        elif isinstance(value, date):
            sheet.write_datetime(row, at, value, look)
        else:
            sheet.write_number(row, at, value, look)


def width(values: Sequence[Cell], heading: str, form: str) -> float:
    """Return the width of a column in cells: its widest text, or as much of its heading as stands on one line."""
    widest = max((wide(f"{value:,.2f}" if isinstance(value, float) else str(value)) for value in set(values)
                  if value is not None), default=0.0)  # fmt: skip
    return max(NARROW, min(widest, WRAPPED.get(form, WIDE)), min(wide(heading), HEADING)) + MARGIN


def lines_of(values: Iterable[Cell], across: float) -> list[int]:
    r"""Return how many lines each cell of a column takes that is so wide (in cells).

    Examples
    --------
    >>> lines_of(["B07", "长" * 20, None, 2.5, "a\nb"], 23.0)
    [1, 2, 1, 1, 2]
    """
    known: dict[str, int] = {}
    for value in values:
        if isinstance(value, str) and value not in known:
            known[value] = sum(max(math.ceil(wide(line) / (across - MARGIN)), 1) for line in value.split("\n"))
    return [known[value] if isinstance(value, str) else 1 for value in values]


def wide(text: str) -> float:
    """Return how many cells a text takes: one a letter, two a Chinese glyph (three bytes in UTF-8, a letter one).

    Examples
    --------
    >>> wide("B07"), wide("燕罗"), wide("")
    (3.0, 4.0, 0.0)
    """
    return (len(text) + len(text.encode("utf-8", "replace"))) / 2


def clean(text: str) -> str:
    r"""Return a text without what no cell can hold.

    Examples
    --------
    >>> clean("B07\x00 \ud83d一"), clean("")
    ('B07 一', '')
    """
    return UNFIT.sub("", text)[:LONGEST]


def _literal(text: str) -> str:
    """Return a text for the head or the foot of a printed page, where & gives orders; one too long is cut.

    A figure at its beginning would be read as the size of its letters: a space stands before it.
    """
    kept = f" {text}" if text[:1].isdigit() else text
    if len(kept.replace("&", "&&")) > MOST_PRINTED:
        kept = f"{kept[:MOST_PRINTED // 2]}…"
    return kept.replace("&", "&&").replace("\n", " ")
