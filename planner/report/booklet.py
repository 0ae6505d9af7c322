"""The report of a plan, an A4 booklet: what is decided, on which map, against which options, why, by which data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from planner.maps.scene import Field
from planner.maps.texts import PAGE
from planner.report import tables
from planner.report.book import Book, Page
from planner.report.drawing import Chart
from planner.report.landtable import COLUMNS as LAND_COLUMNS
from planner.report.landtable import land_table
from planner.report.measures import MEASURE, OF_PARKS, RESERVE, SIDES, UNIT, of_parks, reserve, side_by_side
from planner.report.overview import deciding, proof_line, summary
from planner.report.pages import NO_PLACEMENTS, PAGES
from planner.report.paper import Beside, Block, Cards, Contents, Facts, Heading, Paper, Picture, Section, Text
from planner.report.plates import legend, of_park, pictured, whole
from planner.report.printing import blocks_of, laid_out, printable, printed, with_unit
from planner.report.wording import account
from planner.telling import goal_words
from planner.words import GLOSSARY, Words

HEADINGS = {
    "what": Words("概况", "What is decided"),
    "conflict": Words("没有可行方案：冲突与修复", "No plan exists: what conflicts, what mends it"),
    "map": Words("落位总图", "The map"),
    "options": Words("方案比较", "The options compared"),
    "option": Words("方案 {letter}：{title}", "Plan {letter}: {title}"),
    "reserve": Words("资源使用与余量", "What is used up, what is kept"),
    "park": Words("{park}", "{park}"),
    "land": Words("用地信息表", "Land table"),
    "left": Words("未落位项目及原因", "Projects left out, and why"),
    "proof": Words("目标与核验", "Goals and audit"),
    "sources": Words("假设、资料与来源", "Assumptions, data and sources"),
}
CONTENTS = Words("目录", "Contents")
SUBTITLE = Words("战略产业项目落位方案 · 汇报册", "Where strategic industrial projects go: report")
NO_LEFT_OUT = Words("全部项目均已落位。", "Every project is placed.")
NO_FIGURES = Words("未提供公布数据。", "No published figures are given.")
NOBODY_HERE = Words("本方案在此没有落位项目。", "The plan places nothing here.")
LEFT_NOTE = Words(
    "每个项目给出起决定作用的检验或约束、需要与提供的数值、最接近的落位空间；“最小改变”为其他项目均不动时使其落位的最小条件变化。",
    "Of each: the test or rule that decides, what is needed and what is offered, the nearest place; a smallest change "
    "places it while all others stay where they are.",
)
ON_LAND = Words("落位用地（{count} 宗）", "On land ({count})")
ON_FLOORS = Words("落位厂房（{count} 处）", "On floors ({count})")
LAND_NOTE = Words(
    "地块给出用地面积，厂房给出建筑面积；强度按项目在本方案中的全部用地计算，仅列于地块。",
    "Land on plots, floor space in units; intensities are of all land a project is given, on plots only.",
)
RESERVE_NOTE = Words(
    "用地为可供地块扣除限制要素后的可用部分；厂房为建成、在建与规划厂房中未租、未承诺的楼面；供应为规划期末累计能力。",
    "Land is what restrictions leave of the parcels on offer; floors are those neither let nor committed, in buildings "
    "built, under way and planned; supply is what there is at the end of the years planned.",
)
OVERDRAWN = Words(
    "负余量：本方案的需求超过供应能力；情景未启用该项约束，需另行安排。",
    "Less than nothing in reserve: the plan asks for more than is supplied; the scenario has no rule on it.",
)
NO_CHANGES = Words(
    "最小改变尚未求出：先运行 planner explain --plan 方案文件夹，再重写本报告。",
    "The smallest changes are not known yet: run planner explain --plan PLAN, then write this report again.",
)
A4_MM, A4_TALL_MM, LEGEND_MM, GAP_MM = 178.0, 232.0, 42.0, 5.0
"""Width and height of a page inside its margins; width of a legend beside a map, with the gap between them."""
SMALL_MM = 92.0
HERE_COLUMNS = ("project", "name", "tier", "places", "given_m2", "start_year", "chain")
OF_PAGE = {page.words.en: page for page in PAGES}


def booklet(book: Book, chart: Chart | None = None) -> Paper:
    """Return the report of a plan.

    Parameters
    ----------
    book : Book
    chart : Chart, optional
        The layers in metres, where they are at hand.
    """
    chart = chart or Chart.of(book.scene)
    return paper(book, [
        first(book), *conflicting(book), plate(book, chart), *options(book), used(book), *park_pages(book, chart),
        land(book), left(book), checked(book), sources(book),
    ])  # fmt: skip


def paper(book: Book, sections: list[Section], size: str = "a4") -> Paper:
    """Return sections as one paper, headed and footed as all papers of a plan are."""
    return Paper(printable(book.title), printable(book.label), printable(proof_line(book)), book.lang, tuple(sections),
                 "a3" if size == "a3" else "a4")  # fmt: skip


def title_block(book: Book) -> tuple[Block, ...]:
    """Return title, what the paper is, and why it must not be taken for real."""
    warning = (Text(printable(book.label), "warning"),) if book.label else ()
    dated = book.scene.data_date()
    facts = [
        book.say(book.territory.title),
        book.say(SUBTITLE),
        f"{book.say(PAGE['data_date'])} {dated}" if dated else "",
    ]
    return (Heading(printable(book.title)), Text(printable(" · ".join(filter(None, facts))), "note"), *warning)


def cards(book: Book) -> Cards:
    """Return the figures at a glance."""
    rows = {row["measure"]: row for row in side_by_side(book).to_dict("records")}
    kept = [row for row in rows.values() if row["form"] != "text" and row["a"] is not None]
    return Cards(
        tuple((row["measure"], printed(row["a"], row["form"], book.lang), str(row["unit"])) for row in kept[:12])
    )


def first(book: Book) -> Section:
    """Return the first page: what is decided, what is proved, and the contents."""
    told = [Text(line) for line in account(book)]
    decides = [Text(line, "lead") for line in deciding(book).values()]
    return Section((*title_block(book), cards(book), Heading(book.say(HEADINGS["what"]), 2), *told, *decides,
                    Heading(book.say(CONTENTS), 3), Contents()))  # fmt: skip


def conflicting(book: Book) -> Iterator[Section]:
    """Yield, where there is no plan, what cannot hold together and what mends it."""
    table = tables.conflict(book)
    if table is not None:
        page = OF_PAGE["Conflict"]
        columns = tuple(column for column in page.columns if column.key != "keys")
        told = (laid_out(table, columns, book.lang),) if len(table) else ()
        yield Section((Heading(book.say(HEADINGS["conflict"])), Text(page.note(book), "lead"), *told))


def plate(book: Book, chart: Chart) -> Section:
    """Return the map of all."""
    drawn = whole(book, chart, A4_MM - LEGEND_MM, A4_TALL_MM, "whole")
    picture = Picture(drawn.svg, f"{book.say(HEADINGS['map'])}: {book.title}")
    beside = Beside(((picture,), (legend(drawn, book, 1),)), (A4_MM - LEGEND_MM, LEGEND_MM - GAP_MM))
    return Section((Heading(book.say(HEADINGS["map"])), beside))


def options(book: Book) -> Iterator[Section]:
    """Yield the plans on the same measures, then a page for each other."""
    if not book.others:
        return
    table = laid_out(side_by_side(book), (MEASURE, *SIDES, UNIT), book.lang)
    decides = [Text(line, "lead") for line in deciding(book).values()]
    yield Section((Heading(book.say(HEADINGS["options"])), *decides, table, *_goals_compared(book)))
    for letter, other in list(book.every.items())[1:]:
        drawn = whole(other, Chart.of(other.scene), SMALL_MM, SMALL_MM * 1.45, f"option-{letter}")
        head = HEADINGS["option"](book.lang, letter=letter, title=printable(other.title))
        text = tuple(Text(line) for line in account(other))
        picture = Picture(drawn.svg, head)
        yield Section((
            Heading(head, 2), Beside((text, (picture,)), (1.0, 1.1)),
            Heading(book.say(HEADINGS["reserve"]), 3), laid_out(of_parks(other), OF_PARKS, book.lang, total=True),
        ))  # fmt: skip


def _goals_compared(book: Book) -> tuple[Block, ...]:
    """Return the points of each goal in every plan."""
    sides = {letter.lower(): each.rows("goals") for letter, each in book.every.items()}
    points = pd.DataFrame({letter: side.set_index("goal")["points"] for letter, side in sides.items() if len(side)})
    if points.empty:
        return ()
    points.index = pd.Index([book.say(words) for words in map(goal_words, points.index)])
    table = points.rename_axis("measure").reset_index().assign(form="points", unit=GLOSSARY["points"](book.lang))
    return Heading(book.say(OF_PAGE["Goals"].words), 2), laid_out(table, (MEASURE, *SIDES, UNIT), book.lang)


def used(book: Book) -> Section:
    """Return what every plan uses up and keeps."""
    blocks: list[Block] = [Heading(book.say(HEADINGS["reserve"])), Text(book.say(RESERVE_NOTE), "note")]
    for letter, each in book.every.items():
        if book.others:
            blocks.append(Heading(HEADINGS["option"](book.lang, letter=letter, title=printable(each.title)), 3))
        blocks += kept(each)
    blocks += [
        Heading(book.say(OF_PAGE["Parks"].words), 2),
        laid_out(of_parks(book), OF_PARKS, book.lang, total=True),
    ]
    return Section(tuple(blocks))


def kept(book: Book) -> tuple[Block, ...]:
    """Return what one plan uses up and keeps; a warning where it takes more than there is."""
    table = reserve(book)
    warning = (Text(book.say(OVERDRAWN), "warning"),) if (table["left"] < 0).any() else ()
    return (laid_out(table, RESERVE, book.lang), *warning)


def park_pages(book: Book, chart: Chart) -> Iterator[Section]:
    """Yield a page for each growth pole: its map, and who goes there."""
    table = land_table(book)
    parks = book.territory.parks
    columns = tuple(field for field in LAND_COLUMNS if field.key in HERE_COLUMNS)
    for park in parks.index[["growth_pole" in roles for roles in parks["roles"]]]:
        name = printable(book.park(park))
        drawn = of_park(book, chart, park, A4_MM, 118.0)
        here = table[table["park_id"] == park].sort_values(["project", "part"])
        yield Section(
            (Heading(name), *pictured(drawn, name, book, 5), *blocks_of(here, columns, book.lang, NOBODY_HERE))
        )


def land(book: Book) -> Section:
    """Return the land table: plots, then floors, of which fewer things are told."""
    table = land_table(book)
    told: list[Block] = [Heading(book.say(HEADINGS["land"])), Text(book.say(LAND_NOTE), "note")]
    for heading, rows in ((ON_LAND, table[table["kind"] == "plot"]), (ON_FLOORS, table[table["kind"] != "plot"])):
        if len(rows):
            told += [Heading(heading(book.lang, count=len(rows)), 2), laid_out(rows, LAND_COLUMNS, book.lang)]
    if table.empty:
        told.append(Text(book.say(NO_PLACEMENTS), "note"))
    return Section(tuple(told), landscape=True)


def left(book: Book) -> Section:
    """Return a reason for every project left out."""
    missing = set(book.scene.left_out["project"]) - set(book.told)
    notes = [Text(book.say(LEFT_NOTE), "note"), *([Text(book.say(NO_CHANGES), "note")] if missing else [])]
    told = blocks_of(tables.left_out(book), LEFT_COLUMNS, book.lang, NO_LEFT_OUT)
    return Section((Heading(book.say(HEADINGS["left"])), *notes, *told), landscape=True)


LEFT_COLUMNS: tuple[Field, ...] = tuple(
    column for column in OF_PAGE["Left out"].columns if column.key not in ("cluster", "part", "steps")
)


def _table_of(book: Book, name: str) -> tuple[Block, ...]:
    """Return the rows of a sheet of the workbook."""
    page: Page = OF_PAGE[name]
    rows = page.table(book)
    return () if rows is None or rows.empty else (laid_out(rows, page.columns, book.lang),)


def checked(book: Book) -> Section:
    """Return goals with their weights, and what the audit found."""
    broken = tables.findings(book)
    broken = broken[~broken["verdict"].to_numpy(dtype=bool)]
    found = (laid_out(broken, OF_PAGE["Audit"].columns, book.lang),) if len(broken) else ()
    return Section((
        Heading(book.say(HEADINGS["proof"])), Text(proof_line(book), "lead"), *_table_of(book, "Goals"),
        Heading(book.say(OF_PAGE["Rules"].words), 2), *_table_of(book, "Rules"), *found,
    ))  # fmt: skip


def sources(book: Book) -> Section:
    """Return assumptions, data with their dates and sources, and the files the plan was made from."""
    facts = summary(book)
    group = facts["group"].replace("", np.nan).ffill()
    blocks: list[Block] = [Heading(book.say(HEADINGS["sources"]))]
    for name, rows in facts.groupby(group, sort=False):
        told = tuple((printable(str(row["item"])), with_unit(row["value"], str(row["form"]), book.lang))
                     for row in rows.to_dict("records"))  # fmt: skip
        blocks += [Heading(printable(str(name)), 3), Facts(told)]
    blocks += [Heading(book.say(PAGE["figures"]), 2)]
    figures = tables.figures(book)
    blocks += blocks_of(figures[figures["value"].notna()], OF_PAGE["Published figures"].columns, book.lang, NO_FIGURES)
    files = tables.inputs(book)
    if files is not None and len(files):
        files = files.assign(sha256=files["sha256"].astype(str).str[:16])
        blocks += [Heading(book.say(OF_PAGE["Inputs"].words), 2), laid_out(files, OF_PAGE["Inputs"].columns, book.lang)]
    return Section(tuple(blocks))
