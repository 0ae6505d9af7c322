"""The mode of a scenario: how its goals are weighed against each other.

Knows goals by name only; whether one has a weight is asked of `faults`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from planner.quantities import UnreadableError, nearest, shown
from planner.scenario.keys import Block, Id, Share, measured, unreadable
from planner.words import Words

Kind = Literal["weighted", "lexicographic", "frontier", "max_min", "reference"]
Figure = Annotated[float, measured("count")]
Step = Annotated[float, Field(gt=0), measured("count")]
NAMES: dict[Kind, Words] = {
    "weighted": Words("加权总分", "weighted sum"),
    "lexicographic": Words("逐级优化", "goal by goal"),
    "frontier": Words("前沿", "frontier"),
    "max_min": Words("最弱增长极优先", "weakest growth pole first"),
    "reference": Words("参考点", "reference point"),
}


class Priority(Block):
    """One goal in the order of a lexicographic mode, and how much of it later goals may cost."""

    goal: Id
    """The goal."""
    tolerance: Share = 0.0
    """Share of its points that later goals may cost it (of a penalty: by which it may grow)."""


def _priority(value: object) -> object:
    """Return the long form of a priority: a text is the goal."""
    return {"goal": value} if isinstance(value, str) else value


AnyPriority = Annotated[Priority, BeforeValidator(_priority, json_schema_input_type=Priority | str)]


class Frontier(Block):
    """Two or three goals whose trade-off is asked for."""

    goals: tuple[Id, ...] = Field(min_length=2, max_length=3)
    """The goals."""
    step: dict[Id, Step] = Field(default={})
    """Goal to the least difference between two points, in the goal's own unit; 1 where all its figures are whole
    numbers, else a twentieth of what can be reached."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        _once(self.goals)
        if others := sorted(self.step.keys() - set(self.goals)):
            allowed = Words(f"{'、'.join(self.goals)} 中的目标", f"a goal of {', '.join(self.goals)}")
            raise unreadable(others[0], allowed, Words("从 step 中删去", "Remove it from step"))
        return self


class Mode(Block):
    """How goals are weighed against each other: by their weights alone, or in one of these ways."""

    lexicographic: tuple[AnyPriority, ...] | None = Field(default=None, min_length=1)
    """Goals one after another: each as good as can be while those before keep what they reached, less a tolerance;
    last the weighted sum."""
    frontier: Frontier | None = None
    """The weighted sum, and beside its plan a table of all trade-offs between two or three goals."""
    max_min: bool = False
    """Growth poles: first the one that gets least of what it could hold gets as much as can be, then the weighted
    sum."""
    reference: dict[Id, Figure] | None = Field(default=None, min_length=1)
    """Goal to the level asked of it, in its own unit: the plan nearest to all of them, or as far beyond as can be."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name)]
        if len(given) > 1:
            one_of = ", ".join(type(self).model_fields)
            rule = Words(
                f"同时给出 {', '.join(given)}；只能给出 {one_of} 中的一项",
                f"found {' and '.join(given)} together; allowed: at most one of {one_of}",
            )
            remedy = Words(
                f"只留一项；来自上级文件的，用 {given[0]}: null 去掉",
                f"Keep one; `{given[0]}: null` removes what a parent file says",
            )
            raise UnreadableError(rule, remedy)
        if self.lexicographic:
            _once([priority.goal for priority in self.lexicographic])
        return self

    @property
    def kind(self) -> Kind:
        """Which of the ways it is."""
        ways: tuple[Kind, ...] = ("lexicographic", "frontier", "max_min", "reference")
        return next((way for way in ways if getattr(self, way)), "weighted")

    def named(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield every goal that is named, with the keys that lead there."""
        for index, priority in enumerate(self.lexicographic or ()):
            yield ("lexicographic", index, "goal"), priority.goal
        for index, goal in enumerate(self.frontier.goals if self.frontier else ()):
            yield ("frontier", "goals", index), goal
        for goal in self.reference or ():
            yield ("reference", goal), goal


def _mode(value: object) -> object:
    """Return the long form of a mode: a text names one that needs no more said."""
    if value == "weighted":
        return {}
    if value == "max_min":
        return {"max_min": True}
    if isinstance(value, str):
        allowed = Words("weighted、max_min 或 {模式: …}", "weighted, max_min, or {mode: …}")
        example = "{lexicographic: [{goal: tier, tolerance: 2 %}, tax]}"
        raise unreadable(value, allowed, Words(f"例如写 {example}", f"Write for example {example}"))
    return value


AnyMode = Annotated[Mode, BeforeValidator(_mode, json_schema_input_type=Mode | Literal["weighted", "max_min"])]


def faults(
    mode: Mode, weighted: Collection[str], known: Collection[str]
) -> Iterator[tuple[tuple[str | int, ...], Words, Words]]:
    """Yield each goal a mode names that has no weight: keys that lead there, what is wrong, a remedy.

    Parameters
    ----------
    mode : Mode
    weighted : collection of str
        Goals that have a weight.
    known : collection of str
        All goals there are.
    """
    for steps, goal in mode.named():
        if goal in weighted:
            continue
        listed = Words("、".join(weighted) or "（无）", ", ".join(weighted) or "none")
        if goal in known:
            rule = Words(f"目标 {goal} 没有权重", f"goal {goal} has no weight")
            yield steps, rule, Words(f"在 goals 中给出权重，例如 {goal}: 5", f"Give it one under goals: {goal}: 5")
            continue
        rule = Words(f"没有目标 {shown(goal)}；可用：{listed.zh}", f"found {shown(goal)}; allowed: {listed.en}")
        near = nearest(goal, list(known))
        remedy = Words(f"是否指 {near}？", f"Did you mean {near}?") if near else Words("删去此项", "Remove it")
        yield steps, rule, remedy


def _once(goals: Collection[str]) -> None:
    """Raise where a goal is named twice."""
    named = list(goals)
    if twice := next((goal for k, goal in enumerate(named) if goal in named[:k]), None):
        raise unreadable(twice, Words("每个目标一次", "each goal once"), Words("删去重复的", "Remove the second"))
