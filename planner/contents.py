"""The model's table of contents, as the code itself tells it: variables and what defines them, rules, goals, tests.

What `planner show --model` prints and docs/model.md holds. With a proof it also says how large each block of a plan's
model is.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from planner import fit
from planner.audit.score import GOALS as MEASURED_GOALS
from planner.model import DEFINITIONS, GOALS, RULES, VARIABLES
from planner.proofs import Proof
from planner.scenario import Scenario
from planner.words import Words

Kind = Literal["variable", "definition", "rule", "goal", "test"]
KINDS: Mapping[Kind, Words] = {
    "variable": Words("变量", "Variables"),
    "definition": Words("定义", "Definitions"),
    "rule": Words("约束", "Rules"),
    "goal": Words("目标", "Goals"),
    "test": Words("适配条件", "Tests of local fit"),
}

DEFINED = frozenset(one.name for one in DEFINITIONS)
COMPARISONS: Mapping[fit.Comparison, str] = {
    "offer_at_least": "{offer} ≥ {need}",
    "offer_at_most": "{offer} ≤ {need}",
    "between": "{need} ≤ {offer} ≤ its most",
    "among": "{offer} among {need}",
    "offered": "{offer}",
    "wanted": "{need}",
    "if_needed": "{offer} where {need}",
    "same": "{offer} = {need}, where given",
    "mark": "not marked by the scenario ({need})",
}
"""How a test of local fit compares: offer of the place, need of the part."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the table of contents.

    Attributes
    ----------
    kind : {'variable', 'definition', 'rule', 'goal', 'test'}
    name : str
        Also the first word of its rows or columns in a plan's prices and proof.
    words : Words
    formula : str
        Formula and meaning, in LaTeX between dollar signs; of a test the figures compared.
    unit : str
    key : str
        Key of the scenario that switches, prices or weighs it; empty where there is none.
    function : str
        Where it is stated, from `planner` on.
    measure : str
        What measures it again in the audit, from `planner` on; empty where there is nothing to measure.
    """

    kind: Kind
    name: str
    words: Words
    formula: str
    unit: str
    key: str
    function: str
    measure: str

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as plain values."""
        return {**asdict(self), "words": {"zh": self.words.zh, "en": self.words.en}}


@dataclass(frozen=True, slots=True)
class Size:
    """How large a block of a model is: its rows or columns, the coefficients in them, the first one's key."""

    count: int
    coefficients: int
    first: str


def contents() -> tuple[Entry, ...]:
    """Return the table of contents, in the order of the model."""
    return tuple(_entries())


def _entries() -> Iterator[Entry]:
    for variable in VARIABLES:
        home = _home(variable.columns)
        yield Entry("variable", variable.name, variable.words, _first(variable.columns), "", "", home, "")
    for one in DEFINITIONS:
        yield Entry("definition", one.name, one.words, _first(one.rows), one.unit, "", _home(one.rows), "")
    for rule in RULES:
        yield Entry(
            "rule", rule.name, rule.words, _first(rule.rows), rule.unit, _key("rules", rule.name), _home(rule.rows),
            f"audit.RULES[{rule.name!r}]",
        )  # fmt: skip
    for goal in GOALS:
        measured = goal.name in MEASURED_GOALS
        yield Entry(
            "goal", goal.name, goal.words, _first(goal.objective), goal.unit, _key("goals", goal.name),
            _home(goal.objective), f"audit.score.GOALS[{goal.name!r}]" if measured else "",
        )  # fmt: skip
    for test in fit.TESTS:
        at = " or ".join(test.at) + (", the whole site" if test.of_site else "")
        said = COMPARISONS[test.comparison].format(need=_figure(test.need), offer=_figure(test.offer))
        yield Entry(
            "test", test.name, test.words, f"{said} ({at})", test.unit, _key("tests", test.name), "fit.TESTS",
            f"audit.fit.TESTS[{test.name!r}]",
        )  # fmt: skip


def _first(function: Callable[..., object]) -> str:
    """Return the first paragraph of a docstring on one line."""
    return re.sub(r"\s+", " ", (inspect.getdoc(function) or "").split("\n\n")[0])


def _home(function: Callable[..., object]) -> str:
    return f"{function.__module__.removeprefix('planner.')}.{function.__qualname__}"


def _figure(value: fit.Value) -> str:
    """Return the name of a figure of a test: a column, or the function that works it out."""
    return value if isinstance(value, str) else value.__name__.strip("_")


def _key(group: str, name: str) -> str:
    """Return the key of the scenario, where there is one."""
    block = Scenario.model_fields[group].annotation
    fields: Mapping[str, object] = getattr(block, "model_fields", {})
    return f"{group}.{name}" if name in fields else ""


def sizes(proof: Proof) -> dict[tuple[Kind, str], Size]:
    """Return how large each block of a plan's model is, by kind and name of the entry."""
    of_row = np.repeat(np.arange(len(proof.lo)), np.diff(proof.indptr))
    found: dict[tuple[Kind, str], Size] = {}
    sides: tuple[tuple[Kind, Any, Any], ...] = (
        ("rule", proof.rows, of_row),
        ("variable", proof.columns, proof.indices),
    )
    for kind, labels, entries in sides:
        names = np.array([str(label).split(" ", 1)[0] for label in labels], dtype=object)
        filled = np.bincount(entries, minlength=len(labels))
        for name in dict.fromkeys(names.tolist()):
            there = np.flatnonzero(names == name)
            of_kind: Kind = "definition" if name in DEFINED else kind
            found[of_kind, name] = Size(len(there), int(filled[there].sum()), str(labels[there[0]]))
    return found
