"""The city's "4个1" of a plan: guidance in words, a land table, a spatial database, an atlas with a page a plot."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from planner.comparison import by_park
from planner.export.files import database
from planner.intake import write_layers
from planner.plan import put_in_place
from planner.report.atlas import atlas
from planner.report.book import Book, Page
from planner.report.booklet import HEADINGS, LAND_NOTE, checked, left, paper, sources, title_block, used
from planner.report.drawing import Chart
from planner.report.landtable import COLUMNS, land_table
from planner.report.paper import Block, Heading, Paper, Section, Text
from planner.report.press import save_pdf
from planner.report.printing import printable, printed, with_unit
from planner.report.wording import account, sentences
from planner.report.workbook import save
from planner.words import Lang, Words

FOLDER = "four"
NAMES: dict[Lang, tuple[str, str, str, str]] = {
    "zh": ("指引文字说明.pdf", "用地信息表.xlsx", "空间数据库.gpkg", "地块详细指引图集.pdf"),
    "en": ("guidance.pdf", "land-table.xlsx", "database.gpkg", "atlas.pdf"),
}
"""Of its files: guidance, land table, database, atlas."""
GUIDANCE = Words("指引文字说明", "Guidance")
BY_PARK = Words("分园区指引", "Park by park")
PLACED = Words("落位项目 {projects} 个", "projects placed: {projects}")
PARTS = Words(
    "落位项目 {projects} 个，另有 {others} 个项目的分项在此", "projects placed: {projects}; parts of others: {others}"
)
ON_LAND = Words("用地 {land} 公顷：{names}", "{land} ha of land: {names}")
ON_FLOORS = Words("厂房楼面 {floors}：{names}", "{floors} of floors: {names}")
STARTS = Words("开工年份 {years}", "starting {years}")
CALLED = Words("{name}（{project}）", "{name} ({project})")
MOST_NAMED = 12
AND_MORE = Words("等 {count} 个", "{count} in all")
LAND_PAGE = Page(HEADINGS["land"], land_table, COLUMNS, lambda book: f"{LAND_NOTE(book.lang)} {book.label}".strip(), 2)


def save_four(book: Book, folder: Path | str, chart: Chart | None = None) -> Path:
    """Write guidance, land table, database and atlas into a folder, all of them or none.

    Parameters
    ----------
    book : Book
    folder : Path or str
        Takes the place of an older one of the same name.
    chart : Chart, optional
        The layers in metres, where they are at hand.

    Returns
    -------
    Path
        The folder written.
    """
    folder = Path(folder)
    chart = chart or Chart.of(book.scene)
    text, table, base, plots = NAMES[book.lang]
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        save_pdf(guidance(book), aside / text)
        save(book, aside / table, [LAND_PAGE])
        write_layers(aside / base, database(book.plan, book.territory, book.lang))
        save_pdf(atlas(book, chart), aside / plots)
        aside.chmod(0o755)
        put_in_place(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def guidance(book: Book) -> Paper:
    """Return the guidance in words: the plan, park by park, what it uses and keeps, who is left out, sources."""
    told = tuple(Text(line) for line in account(book))
    first = Section((*title_block(book), Heading(book.say(GUIDANCE), 2), *told,
                     Heading(book.say(BY_PARK), 2), *_parks(book)))  # fmt: skip
    return paper(book, [first, used(book), left(book), checked(book), sources(book)])


def _parks(book: Book) -> Iterator[Block]:
    """Yield a heading and a paragraph for each park that takes somebody."""
    homes = by_park(book.plan)["projects"]
    for (name, park), rows in land_table(book).groupby(["park", "park_id"], sort=True):
        yield Heading(printable(str(name)), 3)
        yield Text(sentences(book, list(_of_park(book, rows, int(homes.get(park, 0))))))


def _of_park(book: Book, rows: pd.DataFrame, at_home: int) -> Iterator[str]:
    """Yield what a park takes; a project counts where its first part stands, as in the sums of parks."""
    others = rows["project"].nunique() - at_home
    yield (PARTS if others else PLACED)(book.lang, projects=at_home, others=others)
    plots, units = rows[rows["kind"] == "plot"], rows[rows["kind"] != "plot"]
    if len(plots):
        land = printed(float(plots["given_m2"].sum()), "ha", book.lang)
        yield ON_LAND(book.lang, land=land, names=_named(book, plots))
    if len(units):
        floors = with_unit(float(units["given_m2"].sum()), "wan_m2", book.lang)
        yield ON_FLOORS(book.lang, floors=floors, names=_named(book, units))
    first, last = int(rows["start_year"].min()), int(rows["start_year"].max())
    yield STARTS(book.lang, years=first if first == last else f"{first}–{last}")


def _named(book: Book, rows: pd.DataFrame) -> str:
    """Return the projects of some rows by name and number, the largest first; of many only some."""
    largest = rows.sort_values("given_m2", ascending=False).drop_duplicates("project")
    names = [printable(name if name == project else CALLED(book.lang, name=name, project=project))
             for name, project in zip(largest["name"], largest["project"], strict=True)]  # fmt: skip
    shown = book.joined(names[:MOST_NAMED])
    more = AND_MORE(book.lang, count=len(names))
    return shown if len(names) <= MOST_NAMED else f"{shown}{'' if book.lang == 'zh' else ', '}{more}"
