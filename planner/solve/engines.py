"""The engines, and which of them takes a model: by its size and structure, or as asked; and why, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.errors import Fault, SolveError
from planner.model import Model
from planner.solve import assignment, core, proof
from planner.solve.answer import Chosen
from planner.solve.blocks import blocks_of
from planner.words import Words

AUTO = "auto"
ENGINES = {
    "assignment": Words("按分项价格指派", "assignment by prices of parts"),
    "patterns": Words("按分块组合方式", "patterns of blocks"),
    "core": Words("搜索背包核心", "core of knapsacks"),
    "whole": Words("整体分支定界", "branch and bound over the whole"),
}
"""What each is called, in the order in which they are preferred."""
WHOLE_UP_TO = 10_000
"""Columns up to which a model is small: searched whole, a larger one takes longer than by its parts."""
ASSIGNED_FROM = 10_000
"""Columns from which an assignment goes by prices of its parts."""
SMALL = Words("变量 {columns} ≤ {most} 个", "{columns} columns, at most {most}")
LARGE = Words("变量 {columns} > {most} 个{more}", "{columns} columns > {most}{more}")
OF_PARTS = frozenset({"each_part_placed_with_its_project", "each_part_placed_once"})
"""Rules that couple the places of an assignment."""


@dataclass(frozen=True)
class Choice:
    """An engine, why it was chosen, and what the model is made of where that was worked out for it."""

    chosen: Chosen
    of: Any = None


def choices(model: Model, asked: str = AUTO) -> Iterator[Choice]:
    """Return the engine of a model, and after patterns, which may find no plan, the next.

    Parameters
    ----------
    model : Model
    asked : str
        An engine, or ``auto``.

    Raises
    ------
    SolveError
        There is no such engine, or the one asked for cannot take the model.
    """
    return _by_size(model) if asked == AUTO else iter((_as_asked(model, asked),))


def _by_size(model: Model) -> Iterator[Choice]:
    """Yield the engines of a model in turn, each worked out when it is asked for."""
    columns = len(model.c)

    def large(most: int, zh: str = "", en: str = "") -> Words:
        return LARGE.fill(columns=f"{columns:,}", most=f"{most:,}", more=Words(zh, en))

    if columns > ASSIGNED_FROM and (assigned := assignment.fits(model)) is not None:
        why = large(ASSIGNED_FROM, "，各处仅由分项相连", ", places coupled by their parts alone")
        yield Choice(Chosen("assignment", why), assigned)
    blocks = columns > WHOLE_UP_TO and _blocks(model)
    if blocks:
        yield Choice(Chosen("patterns", large(WHOLE_UP_TO)))
    if (knapsacks := core.fits(model)) is not None:
        why = Words("各处只有一条整数上限", "every place is one limit on whole numbers")
        yield Choice(Chosen("core", why), knapsacks)
    elif blocks:
        yield Choice(Chosen("whole", large(WHOLE_UP_TO, "，分块未能给出方案", ", blocks gave no plan")))
    elif columns > WHOLE_UP_TO:
        yield Choice(Chosen("whole", large(WHOLE_UP_TO, "，没有整体占用空间的备选", ", no option takes a place whole")))
    else:
        yield Choice(Chosen("whole", SMALL.fill(columns=f"{columns:,}", most=f"{WHOLE_UP_TO:,}")))


def told(chosen: Chosen | None) -> dict[str, Any] | None:
    """Return an engine, what it is called and why it was chosen, in both languages, for plan.json."""
    if chosen is None:
        return None
    said = {"words": ENGINES[chosen.engine], "why": chosen.why}
    return {"name": chosen.engine, **{key: {"zh": words.zh, "en": words.en} for key, words in said.items()}}


def _as_asked(model: Model, engine: str) -> Choice:
    """Return the choice of an engine that was asked for."""
    if engine not in ENGINES:
        raise SolveError(_fault(Words(f"没有算法 {engine}", f"there is no engine {engine}"), (AUTO, *ENGINES)))
    of: Any = None
    unfit = Words("", "")
    if engine == "assignment" and (of := assignment.fits(model)) is None:
        unfit = _coupled(model)
    elif engine == "core" and (of := core.fits(model)) is None:
        unfit = Words("并非各处都只有一条整数上限", "not every place is one limit on whole numbers")
    elif engine == "patterns" and not _blocks(model):
        unfit = Words("没有占用空间的备选", "no option uses a place")
    if unfit.en:
        rule = Words(f"{engine} 不能求解本算例：{unfit.zh}", f"{engine} cannot take this case: {unfit.en}")
        raise SolveError(_fault(rule, [each for each in (AUTO, *ENGINES) if each != engine]))
    return Choice(Chosen(engine, Words("按要求选用", "as asked")), of)


def _fault(rule: Words, others: Iterable[str]) -> Fault:
    known = ", ".join(others)
    return Fault("solver.engine", "", rule, Words(f"改用：{known}", f"Take one of {known}"))


def _blocks(model: Model) -> bool:
    """Tell whether options of a model share places."""
    return bool(blocks_of(model).max(initial=-1) >= 0)


def _coupled(model: Model) -> Words:
    """Return why a model is no assignment: rules that couple its places, or places that are no knapsacks."""
    base = proof.proof_of(model, np.zeros(len(model.lo)), block=blocks_of(model))
    between = np.flatnonzero(~proof.limits_within(model.A, base))
    rules = ", ".join(sorted({model.row_keys[row][0] for row in between} - OF_PARTS))
    if rules:
        return Words(f"以下约束把各处连在一起：{rules}", f"rules couple its places: {rules}")
    return Words("并非各处都只有一条上限", "not every place is one limit")
