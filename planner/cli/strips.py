"""How far figures can move before a project does, as strips of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table

from planner.cli.output import table
from planner.explain import Reason
from planner.explain.figures import figure_of, heading
from planner.words import Lang, Words

WIDTH = 41
"""Cells of a strip; the middle one is now."""
STAYS, OPEN, MOVED, SHOWN, NOW = "█", "·", "▒", "×", "┃"
HEADERS = Words("数值|现值|不动：自|至|0 ～ 现值的两倍", "figure|now|stays from|to|nothing … twice what it is")
LEGEND = Words(
    f"{NOW} 现值  {STAYS} 不动  {OPEN} 尚无定论  {SHOWN} 自此已有更优的方案移走它  "
    f"{MOVED} 已移走（已证明，或位置容不下）",
    f"{NOW} now  {STAYS} stays  {OPEN} open  {SHOWN} from here a better plan is known that moves it  "
    f"{MOVED} has moved (by proof, or its place no longer holds it)",
)
NONE = Words("该项目未落位，没有可移动的位置。", "The project is left out: there is nothing that could move.")


def lines(reasons: Sequence[Reason], lang: Lang) -> Iterator[str | Words | Table]:
    """Yield a strip for each figure, and in words those at which it is known to move.

    Parameters
    ----------
    reasons : sequence of Reason
        As `planner.break_even` returns them.
    lang : {'zh', 'en'}
    """
    if not reasons:
        yield NONE
        return
    rows = [
        [f"{heading(reason.by, reason.place)(lang)} {reason.unit}".rstrip(),
         *(figure_of(reason.terms, name) for name in ("now", "stays_down", "stays_up")), strip(reason)]
        for reason in reasons
    ]  # fmt: skip
    yield table(HEADERS(lang).split("|"), rows, right=(1, 2, 3, 4))
    yield LEGEND
    yield from (reason.words for reason in reasons if reason.moves)


def strip(reason: Reason) -> str:
    """Return a figure's strip, from nothing to twice what it is.

    Examples
    --------
    >>> from planner.explain import Reason
    >>> terms = {"now": 2.0, "least": 0.0, "most": 4.0, "stays_down": 1.0, "moved_down": 0.5, "stays_up": 4.0}
    >>> strip(Reason("P", "break_even", Words("", ""), terms=terms | {"shown_down": 1.0}))
    '▒▒▒▒▒▒····×█████████┃████████████████████'
    """
    terms = reason.terms
    wide = terms["most"] - terms["least"]

    def cell(term: str) -> int:
        return round((WIDTH - 1) * (terms[term] - terms["least"]) / wide)

    cells = [OPEN] * WIDTH
    for at in range(cell("stays_down"), cell("stays_up") + 1):
        cells[at] = STAYS
    for side in ("down", "up"):
        if f"moved_{side}" in terms:
            moved = cell(f"moved_{side}")
            for at in range(moved + 1) if side == "down" else range(moved, WIDTH):
                cells[at] = MOVED
        if f"shown_{side}" in terms:
            cells[cell(f"shown_{side}")] = SHOWN
    cells[cell("now")] = NOW
    return "".join(cells)
