"""The two A3 sheets of a meeting: the plan on its map; the options, what they use up, and why projects are left out."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from planner.left_out import HOMELESS
from planner.report import tables
from planner.report.book import Book, capital
from planner.report.booklet import HEADINGS, NO_LEFT_OUT, OF_PAGE, cards, kept, paper, title_block
from planner.report.drawing import Chart
from planner.report.landtable import COLUMNS as LAND_COLUMNS
from planner.report.landtable import land_table
from planner.report.measures import MEASURE, OF_PARKS, SIDES, UNIT, of_parks, side_by_side
from planner.report.overview import ASSUMED, deciding, summary
from planner.report.paper import Beside, Block, Heading, Paper, Section, Table, Text
from planner.report.plates import legend, pictured, whole
from planner.report.printing import breakable, laid_out, printable, printed, with_unit
from planner.report.wording import account
from planner.words import CAUSE, Lang, Words

MAP_MM, MAP_TALL_MM = 186.0, 210.0
TEXT_MM = 200.0
ACROSS, LEGEND_ROWS, LEGEND_ROW_MM = 6, 7, 6.0
"""Columns of a legend; rows that fit below the map, and how high each is."""
OF_STRONGEST = ("project", "name", "park", "places", "given_m2", "start_year")
MOST_STRONGEST = 20
MOST_LEFT_OUT = 76
"""Reasons that two columns of a sheet take."""
THE_OTHERS = Words(
    "只列级别最高的 {few} 个，其余 {rest} 个及原因见汇报册。",
    "The {few} strongest; the other {rest} and their reasons are in the report.",
)
WHY = {
    True: Words("{by}：{place} 需 {need}，提供 {offer} {unit}", "{by}: {place} needs {need}, offers {offer} {unit}"),
    False: Words("{by}：{place} 需 {need}，余 {offer} {unit}", "{by}: {place} needs {need}, has {offer} {unit} left"),
}
"""Why a project is left out, by whether it fits nowhere: what a place offers, or has left."""
FIGURES = Words("主要指标", "Figures")
HEADS = (
    Words("项目", "Project"),
    Words("级别", "Tier"),
    Words("未落位原因与最接近的空间", "Why, and the nearest place"),
)
WEIGHTS: dict[Lang, tuple[float, ...]] = {"zh": (38.0, 9.0, 54.0), "en": (36.0, 12.0, 53.0)}
"""How wide these are; in English a tier is one long word."""


def sheets(book: Book, chart: Chart | None = None) -> Paper:
    """Return both sheets of a plan."""
    chart = chart or Chart.of(book.scene)
    return paper(book, [_map_sheet(book, chart), _table_sheet(book)], "a3")


def _map_sheet(book: Book, chart: Chart) -> Section:
    drawn = whole(book, chart, MAP_MM, MAP_TALL_MM, "sheet")
    more = -(-len(legend(drawn, book, ACROSS).rows) // ACROSS) - LEGEND_ROWS
    if more > 0:
        drawn = whole(book, chart, MAP_MM, MAP_TALL_MM - more * LEGEND_ROW_MM, "sheet")
    left = pictured(drawn, f"{book.say(HEADINGS['map'])}: {book.title}", book, ACROSS)
    right: tuple[Block, ...] = (
        *title_block(book), cards(book), *(Text(line) for line in account(book)),
        *(Text(line, "lead") for line in deciding(book).values()),
        Heading(book.say(OF_PAGE["Parks"].words), 2), laid_out(of_parks(book), OF_PARKS, book.lang, total=True),
        *_strongest(book),
    )  # fmt: skip
    return Section((Beside((left, right), (MAP_MM, TEXT_MM)),), landscape=True)


def _strongest(book: Book) -> tuple[Block, ...]:
    """Return where the projects of the strongest tier go, as many as the sheet has room for."""
    table = land_table(book)
    tier = next(iter(book.tiers.values()), None)
    table = table[table["tier"] == tier].sort_values(["project", "part"])
    if table.empty:
        return ()
    columns = tuple(field for field in LAND_COLUMNS if field.key in OF_STRONGEST)
    return Heading(capital(str(tier)), 2), laid_out(table.head(MOST_STRONGEST), columns, book.lang)


def _table_sheet(book: Book) -> Section:
    head = HEADINGS["options"] if book.others else FIGURES
    decides = tuple(Text(line, "lead") for line in deciding(book).values())
    left: tuple[Block, ...] = (
        Heading(book.say(head), 2), *decides, laid_out(side_by_side(book), (MEASURE, *SIDES, UNIT), book.lang),
        Heading(book.say(HEADINGS["reserve"]), 2), *kept(book), *_assumed(book),
    )  # fmt: skip
    right = (Heading(book.say(HEADINGS["left"]), 2), *_reasons(book))
    return Section((Beside((left, right), (140.0, 246.0)),), landscape=True)


def _assumed(book: Book) -> Iterator[Block]:
    """Yield how goals weigh and which rules may be missed, in a line."""
    facts = summary(book)
    rows = facts[facts["group"].replace("", None).ffill() == capital(book.say(ASSUMED))].to_dict("records")
    if rows:
        yield Heading(capital(book.say(ASSUMED)), 2)
        said = (f"{row['item']} {with_unit(row['value'], str(row['form']), book.lang)}" for row in rows)
        yield Text(printable(book.joined(said)))


def _reasons(book: Book) -> Iterator[Block]:
    """Yield why projects are left out, in two columns, the strongest first."""
    table = tables.left_out(book)
    if table.empty:
        yield Text(book.say(NO_LEFT_OUT), "note")
        return
    shown = table.head(MOST_LEFT_OUT)
    half = -(-len(shown) // 2)
    columns = tuple((_halved(book, part),) for part in (shown.iloc[:half], shown.iloc[half:]) if len(part))
    yield Beside(columns, (1.0,) * len(columns)) if len(columns) > 1 else columns[0][0]
    if len(table) > len(shown):
        yield Text(THE_OTHERS(book.lang, few=len(shown), rest=len(table) - len(shown)), "note")


def _halved(book: Book, table: pd.DataFrame) -> Table:
    rows, homeless = [], {book.say(CAUSE[cause]) for cause in HOMELESS}
    for row in table.to_dict("records"):
        name = breakable("  ".join(dict.fromkeys((row["project"], row.get("name") or ""))))
        figures = {key: printed(row.get(key), "figure", book.lang) for key in ("need", "offer")}
        why = WHY[row["cause"] in homeless](
            book.lang,
            by=row.get("by") or row["cause"],
            place=row.get("place") or "—",
            unit=row.get("unit") or "",
            **figures,
        )
        change = row.get("change")
        rows.append(
            (
                name,
                printed(row.get("tier"), "text", book.lang),
                breakable(f"{why}{'；' if change else ''}{change or ''}"),
            )
        )
    return Table(tuple(book.say(words) for words in HEADS), tuple(rows), WEIGHTS[book.lang], (False,) * 3,
                 (False, True, False))  # fmt: skip
