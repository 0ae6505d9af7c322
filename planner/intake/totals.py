"""Totals that a table gives of its rows, compared with what the rows make: where they differ, one of them is wrong.

Rows of totals are not data and are left out (`grid`); what they say is still evidence. Rounding of the rows and of the
total is allowed for, hedged rows by what they may be.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planner.columns import Column
from planner.errors import Fault
from planner.intake.cells import PLAIN
from planner.intake.matching import unit_of
from planner.intake.reading import NOT_GIVEN, Reading, reading
from planner.intake.table import Sheet, Total
from planner.quantities import UnreadableError, quantity
from planner.words import Words

SUMMED = frozenset({"m2", "kva", "mva", "yi", "m3_day", "t"})
"""Units of figures that belong to one row: merged over several, such a figure is their sum, or each one's."""
COUNTED = "jobs"
"""The one column of plain counts whose total means something."""


def totals(sheet: Sheet, column: Column, source: str, texts: NDArray[np.object_], unit: str) -> list[Fault]:
    """Return, as warnings, the totals of a column that no rows they may stand for add up to.

    Parameters
    ----------
    sheet : Sheet
    column : Column
        Of numbers.
    source : str
        What the sheet calls it.
    texts : ndarray of str
        Its cells; "" for those that repeat another.
    unit : str
        Of figures that carry none; "" for the column's own.
    """
    told = [(total, total.cells[source]) for total in sheet.totals if total.cells.get(source, "")]
    if not told or (unit_of(column) not in SUMMED and column.name != COUNTED):
        return []
    factor = quantity(f"1 {unit}", unit_of(column)) if unit else 1.0
    rows = [_read(text, column, unit, factor) for text in texts]
    known = [said for said in rows if said is not None]
    if len(known) < len(rows):
        return []  # what cannot be read is told, and has no sum
    most = np.array([said.most for said in known])
    least, most, open_ = (
        np.concatenate([[0.0], np.cumsum(ends)])
        for ends in ([said.least for said in known], np.where(np.isinf(most), 0, most), np.isinf(most))
    )
    step = max(map(_step, texts), default=0.0) if column.kind == "number" else 0.0
    faults = []
    for total, text in told:
        if (said := _read(text, column, unit, factor)) is None or not total.spans:
            continue
        sums = []
        for a, b in total.spans:
            slack = (_step(text) / 2 + step * min(math.sqrt(b - a), (b - a) / 2)) * factor
            low, high = least[b] - least[a], math.inf if open_[b] > open_[a] else most[b] - most[a]
            sums.append((max(low - slack - said.most, said.least - high - slack), low / factor, high / factor))
        away, *made = min(sums)
        if away > 1e-9 * max(abs(said.most), 1.0):
            faults.append(_fault(sheet, column, total, source, f"{text} {unit or column.unit}", made))
    return faults


def _read(text: str, column: Column, unit: str, factor: float) -> Reading | None:
    """Return what a cell may be, 0 where it says nothing, None where it cannot be read."""
    if not text or text.lower() in NOT_GIVEN:
        return Reading(0.0, 0.0)
    if PLAIN.fullmatch(text):
        return Reading(float(text) * factor, float(text) * factor)
    try:
        said = reading(text, unit_of(column), unit)
    except UnreadableError:
        return None
    return Reading(said.least if math.isfinite(said.least) else 0.0, said.most)


def _step(text: str) -> float:
    """Return the size of the last place of a figure as written, 0 for one with words.

    Examples
    --------
    >>> _step("12"), _step("1.25"), _step("1,200"), _step("约 3"), _step("")
    (1.0, 0.01, 1.0, 0.0, 0.0)
    """
    match = re.fullmatch(r"[+-]?[\d,]+(?:\.(\d*))?", text)
    return 10.0 ** -len(match[1] or "") if match else 0.0


def _fault(sheet: Sheet, column: Column, total: Total, source: str, text: str, made: Sequence[float]) -> Fault:
    low, high = (f"{value:.10g}" for value in made)
    rows = low if low == high else f"{low}–{high}" if math.isfinite(made[1]) else f"≥ {low}"
    letter = sheet.letters.get(source)
    zh, en = (f"{letter}{total.line}" if letter else words.format(n=total.line)
              for words in (sheet.line_words.zh, sheet.line_words.en))  # fmt: skip
    rule = Words(
        f"合计与各行之和不符：{column.words.zh}合计 {text.strip()}（{zh}），各行之和 {rows}",
        f"a total is not the sum of its rows: {column.words.en} {text.strip()} ({en}), the rows make {rows}",
    )
    remedy = Words(
        "以各行为准；请核对是否漏行、重复或单位不一",
        "The rows are used; look for one that is missing, stands twice or has another unit",
    )
    return Fault(sheet.where, column.name, rule, remedy, (en,), fatal=False)
