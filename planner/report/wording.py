"""What is said of a plan in sentences: what it places and brings, who is left out and why, what it keeps."""

from __future__ import annotations

from collections.abc import Iterator

from planner.maps.texts import said
from planner.report.book import Book, capital
from planner.report.measures import brought, left_by_cause, reserve, side_by_side
from planner.report.printing import printable, printed, with_unit
from planner.telling import full_stop, proved
from planner.words import CAUSE, Words

PLACES = Words(
    "{plan}在 {parks} 个园区落位 {placed} 个项目（申请 {asked} 个）",
    "{plan} places {placed} of {asked} projects, in {parks} parks",
)
OF_TIERS = Words("其中{tiers}", "of these {tiers}")
TAKES = Words(
    "使用用地 {land} 公顷、厂房楼面 {floors}，用电 {power} MVA",
    "it takes {land} ha of land, {floors} of floors and {power} MVA",
)
BRINGS = Words("落位项目合计{figures}", "the projects placed bring {figures}")
LEAVES = Words("{count} 个项目未落位：{causes}", "{count} projects are left out: {causes}")
KEEPS = Words("留有余量：{kept}", "In reserve: {kept}")
NOBODY = Words("没有项目落位", "No project is placed")
ALL_PLACED = Words("全部项目均已落位", "Every project is placed")
FEW = 6
"""Of what is kept in reserve, so many are told in a sentence."""


def account(book: Book) -> list[str]:
    """Return what a meeting has to know of a plan, a paragraph each: placed, proved, left out, in reserve."""
    paragraphs = [list(_placed(book)), [line.rstrip("。.") for line in proved(book.plan.summary, book.lang)],
                  [_left(book)], [_kept(book)]]  # fmt: skip
    return [sentences(book, lines) for lines in paragraphs if any(lines)]


def sentences(book: Book, lines: list[str]) -> str:
    """Return sentences as one paragraph."""
    stop, between = full_stop(book.lang), "" if book.lang == "zh" else " "
    return between.join(f"{capital(line)}{stop}" for line in lines if line)


def _placed(book: Book) -> Iterator[str]:
    placed = book.scene.placements
    if placed.empty:
        yield book.say(NOBODY)
        return
    told = {row["measure"]: row for row in side_by_side(book).to_dict("records")}
    counts = book.plan.summary.get("counts") or {}
    count = counts.get("placed", placed["project"].nunique())
    asked = counts.get("projects", count + len(book.scene.left_out))
    first = PLACES(book.lang, plan=printable(book.title), parks=placed["park"].nunique(), placed=count, asked=asked)
    tiers = [
        f"{called} {book.say(told[capital(called)]['a'])}"
        for called in book.tiers.values()
        if capital(called) in told
    ]
    yield ("，" if book.lang == "zh" else "; ").join(
        [first, *([OF_TIERS(book.lang, tiers=book.joined(tiers))] if tiers else [])]
    )
    land = float(placed["land_m2"].astype(float).sum())
    power = float(placed["power_kva"].astype(float).sum())
    uses = book.scene.uses
    floors = float(uses.loc[uses["place_kind"] == "floor", "amount_m2"].sum())
    yield TAKES(
        book.lang,
        land=printed(land, "ha", book.lang),
        floors=with_unit(floors, "wan_m2", book.lang),
        power=printed(power / 1000, "mva", book.lang),
    )
    figures = [_figure(book, name, value) for name, value in brought(book).items()]
    if figures:
        yield BRINGS(book.lang, figures=book.joined(figures))


BRINGING = {
    "investment_yi": Words("投资 {value} 亿元", "CNY {value} billion of investment"),
    "output_yi": Words("年产值 {value} 亿元", "CNY {value} billion of output a year"),
    "tax_yi": Words("年税收 {value} 亿元", "CNY {value} billion of tax a year"),
    "jobs": Words("就业 {value} 人", "{value} jobs"),
}


def _figure(book: Book, name: str, value: float) -> str:
    return BRINGING[name](book.lang, value=printed(value, "count" if name == "jobs" else "yi", book.lang))


def _left(book: Book) -> str:
    causes = [f"{book.say(said(CAUSE, cause))} {count}" for cause, count in left_by_cause(book)]
    if not causes:
        return book.say(ALL_PLACED)
    return LEAVES(book.lang, count=len(book.scene.left_out), causes=book.joined(causes))


def _kept(book: Book) -> str:
    rows = reserve(book).head(FEW).to_dict("records")
    kept = [f"{row['what']} {printed(row['left'], row['form'], book.lang)} {row['unit']}".strip() for row in rows]
    return KEEPS(book.lang, kept=book.joined(kept)) if kept else ""
