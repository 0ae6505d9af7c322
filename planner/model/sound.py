"""Figures of a model that no solver can do right by: infinite ones, and such as lie too many magnitudes apart.

A solver keeps a row to a millionth and drops coefficients of a billionth: beside a figure of a million, one of a
ten-millionth is nothing to it. What lies 12 orders of magnitude below another is as a rule in the wrong unit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planner.errors import Fault
from planner.model.blocks import Floats, Ints, Model
from planner.words import Words

SPAN = 1e12
"""Times the least figure that the largest beside it may be."""
SPANS = Words(
    "数值从 {least:g} 到 {most:g}，相差 12 个数量级以上，求解器会把最小的当作没有",
    "its figures go from {least:g} to {most:g}, 12 orders of magnitude apart: a solver takes the least for nothing",
)
UNITS = Words("请检查单位与录入", "Check units and entries")
FINITE = Words("数值须为有限数", "holds a figure that is infinite or none")


def unsound(model: Model) -> Iterator[Fault]:
    """Yield what is wrong with the figures of a model: fatal where they are not finite, else a warning.

    Parameters
    ----------
    model : Model

    Yields
    ------
    Fault
        One a rule, with the keys of its rows; of columns one a variable; of points one a goal.
    """
    columns = ~np.isfinite(model.c) | ~np.isfinite(model.lower) | ~np.isfinite(model.upper)
    sizes = np.abs(model.A).tocsr()
    sizes.eliminate_zeros()
    sums = np.asarray(sizes.sum(axis=1)).ravel()
    rows = ~np.isfinite(sums) | np.isnan(model.lo) | np.isnan(model.hi)
    of_columns, of_rows = (model.column_keys if columns.any() else []), (model.row_keys if rows.any() else [])
    for wrong, keys in ((columns, of_columns), (rows, of_rows)):
        by_name: dict[str, list[str]] = {}
        for number in np.flatnonzero(wrong):
            by_name.setdefault(keys[number][0], []).append(keys[number][1])
        for name, some in by_name.items():
            yield Fault(name, "", FINITE, UNITS, tuple(some))
    least, most = _ends(model, sizes.indptr, sizes.data)
    far = np.flatnonzero(most > SPAN * least)
    for rule in dict.fromkeys(model.row_keys[row][0] for row in far):
        of = [row for row in far if model.row_keys[row][0] == rule]
        worst = max(of, key=lambda row: most[row] / least[row])
        said = SPANS.fill(least=float(least[worst]), most=float(most[worst]))
        yield Fault(rule, "", said, UNITS, tuple(model.row_keys[row][1] for row in of), fatal=False)
    largest: dict[str, float] = {}
    for each in model.objectives:
        points = float(np.abs(each.points).max(initial=0.0))
        largest[each.goal] = max(largest.get(each.goal, 0.0), points)
    for goal, points in largest.items():
        if 0 < points < max(largest.values()) / SPAN:
            said = SPANS.fill(least=points, most=max(largest.values()))
            yield Fault(goal, "", said, Words("请检查权重", "Check its weight"), fatal=False)


def _ends(model: Model, begin: Ints, data: Floats) -> tuple[Floats, Floats]:
    """Return the least and the largest figure of each row, its limits among them, none of them 0."""
    least, most = np.full(len(model.lo), np.inf), np.zeros(len(model.lo))
    filled = np.flatnonzero(np.diff(begin))
    if len(filled):
        least[filled] = np.minimum.reduceat(data, begin[filled])
        most[filled] = np.maximum.reduceat(data, begin[filled])
    for limit in (np.abs(model.lo), np.abs(model.hi)):
        counts = np.isfinite(limit) & (limit > 0) & (most > 0)
        least, most = np.where(counts, np.minimum(least, limit), least), np.where(counts, np.maximum(most, limit), most)
    return least, most
