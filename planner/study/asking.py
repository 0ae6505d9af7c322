"""What a study asks: a base scenario, and how it is varied; one YAML file becomes a list of runs.

A run is a scenario that differs from the base in a few keys, columns of layers or figures of projects; it is named by
its content, so that a study taken up again, or made longer, knows what is solved already.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, ValidationError, model_validator

from planner import documents, scenario
from planner.changes import ASKED, changed, changed_asked
from planner.documents import Document
from planner.errors import DataError, Fault, PlannerError, ScenarioError
from planner.intake.inputs import Inputs, read
from planner.quantities import UnreadableError, nearest
from planner.scenario import Title
from planner.scenario.blocks import TitleText
from planner.scenario.changes import Cell
from planner.scenario.faults import faults_of
from planner.scenario.keys import FROM_FILE, Block, FilePath, Id, Ids, exactly_one
from planner.study.drawing import Distributed, Draws, series
from planner.territory import LAYERS
from planner.words import Words

NAMES_FILES = ("extends", "territory", "projects", "stability", "title")
"""Keys of a scenario that are not varied: each needs a file of its own."""
Layer = Literal["parks", "parcels", "buildings", "floors", "restrictions", "supply", "projects", "parts"]


class Sweep(Block):
    """A key of the scenario and the values it takes; of several sweeps every combination is solved."""

    key: Id
    """Its path: ``goals.tier``, ``rules.power.燕罗.2028``."""
    values: tuple[Any, ...] | None = Field(default=None, min_length=1)
    """The values, one after the other."""
    from_: Cell = Field(default=None, alias="from")
    """In place of values: the first of a series,"""
    to: Cell = None
    """the last,"""
    step: Cell = None
    """and the distance between two: ``from: 60 MVA``, ``to: 100 MVA``, ``step: 20 MVA``."""

    @model_validator(mode="after")
    def _values_or_series(self) -> Self:
        given = (self.from_, self.to, self.step)
        if (self.values is None) == (given == (None, None, None)) or (self.values is None and None in given):
            rule = Words("应给出 values，或 from、to、step 三项", "allowed: values, or all of from, to and step")
            raise UnreadableError(rule, Words("例如 values: [5, 10]", "Write for example values: [5, 10]"))
        if self.values is None:
            series(*given)
        return self

    @property
    def every(self) -> tuple[Any, ...]:
        """The values."""
        return self.values if self.values is not None else series(self.from_, self.to, self.step)


class Uncertain(Distributed):
    """One input nobody knows: a key of the scenario, or a column of a layer or of the projects."""

    key: Id | None = None
    """Path of a key of the scenario: ``rules.power.燕罗.2028``."""
    unit: str = ""
    """Unit of the figures that are drawn for a key: ``MVA``."""
    layer: Layer | None = None
    """Layer of the territory, or ``projects``, ``parts``."""
    column: Id | None = None
    """Column of the layer."""
    id: Ids = ()
    """Features, projects or parts; all that have a figure there if not given."""
    drawn_as: Literal["value", "plus", "times"] = Field(default="value", alias="as")
    """Whether what is drawn is the figure itself, is added to the one there is, or multiplies it."""
    rounded: bool = False
    """Whether the figure that comes of it is a whole number: years, floors."""
    together: bool = False
    """Whether all features have the same draw."""

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        exactly_one(self, "layer: parcels, column: ready_year", apart=tuple(
            name for name in type(self).model_fields if name not in ("key", "layer")
        ))  # fmt: skip
        if self.layer is not None and self.column is None:
            rule = Words("没有给出 column", "found no column")
            raise UnreadableError(rule, Words("例如 column: ready_year", "Write for example column: ready_year"))
        if self.key is not None and self.drawn_as != "value":
            rule = Words("情景键只能用 as: value", "a key of the scenario takes the figure itself (as: value)")
            raise UnreadableError(rule, Words("去掉 as", "Leave out `as`"))
        return self

    @property
    def whole(self) -> bool:
        """Whether what comes of it is a whole number, where what is there now is."""
        listed = (0.5,) if self.discrete is None else self.discrete.values
        return self.rounded or all(value == round(value) for value in listed)


class MonteCarlo(Draws):
    """Runs with uncertain inputs."""

    inputs: tuple[Uncertain, ...] = Field(min_length=1)
    """What is uncertain, and how."""


class Asked(Block):
    """The keys of a study file."""

    extends: str | None = None
    """Study this one extends."""
    title: TitleText = Title()
    """What the study is called."""
    base: FilePath
    """The scenario that is varied, seen from this file."""
    sweep: tuple[Sweep, ...] = ()
    """Keys and their values; every combination is a run."""
    monte_carlo: MonteCarlo | None = None
    """Runs with uncertain inputs."""
    scenarios: tuple[FilePath, ...] = ()
    """Scenario files, each a run, seen from this file."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.sweep or self.monte_carlo or self.scenarios):
            rule = Words("没有任何要求解的变化", "there is nothing to vary")
            remedy = Words("写 sweep、monte_carlo 或 scenarios", "Write sweep, monte_carlo or scenarios")
            raise UnreadableError(rule, remedy)
        return self


Kind = Literal["base", "sweep", "monte_carlo", "scenario"]
Cells = tuple[tuple[str, str, str, float], ...]


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes
    ----------
    kind : str
    number : int
        Among those of its kind, from 0.
    of : int
        Number of the inputs that it varies (0 is the base).
    keys : mapping of str to value
        Of the scenario, by their paths.
    cells : tuple of (layer, id, column, figure)
    name : str
        Of its content, the files of the inputs included: the same runs have the same name.
    """

    kind: Kind
    number: int
    of: int
    keys: Mapping[str, Any]
    cells: Cells
    name: str


@dataclass(frozen=True)
class Study:
    """What is asked.

    Attributes
    ----------
    title : Words
    inputs : tuple of Inputs
        Those of the base scenario, then those of the scenarios listed.
    labels : tuple of str
        The files of these.
    runs : tuple of Run
        The base first. Two of the same content are two runs, of one name, and solved once.
    """

    title: Words
    inputs: tuple[Inputs, ...]
    labels: tuple[str, ...]
    runs: tuple[Run, ...]


def load(path: str | Path) -> Study:
    """Read a study file and everything it names.

    Raises
    ------
    ScenarioError, DataError
        All faults at once.
    """
    document = documents.read(path)
    try:
        asked = Asked.model_validate(dict(document.value), context=FROM_FILE)
    except ValidationError as error:
        raise ScenarioError(faults_of(error, Asked, document)) from None
    files = [document.resolve(str(asked.base), "base")]
    files += [document.resolve(str(file), "scenarios", k) for k, file in enumerate(asked.scenarios)]
    faults: list[Fault] = []
    inputs = list[Inputs]()
    for file in files:
        try:
            inputs.append(read(file))
        except PlannerError as error:
            faults += error.faults
    if faults:
        raise DataError(dict.fromkeys(faults))
    runs = list(_runs(asked, document, inputs, faults))
    if faults:
        raise ScenarioError(dict.fromkeys(faults))
    return Study(asked.title.words, tuple(inputs), tuple(file.name for file in files), tuple(runs))


def _runs(asked: Asked, document: Document, inputs: Sequence[Inputs], faults: list[Fault]) -> Iterator[Run]:
    base = inputs[0]
    digests = [_digest([one.files, one.scenario.model_dump(mode="json")]) for one in inputs]

    def run(kind: Kind, number: int, of: int, keys: Mapping[str, Any], cells: Cells) -> Run:
        name = _digest([digests[of], dict(keys), cells])[:16]
        return Run(kind, number, of, keys, cells, name)

    yield run("base", 0, 0, {}, ())
    swept = [[(each.key, value) for value in each.every] for each in asked.sweep]
    faults += _at_odds([each.key for each in asked.sweep], document, ("sweep",))
    for k, pairs in enumerate(swept):
        for key, value in pairs:
            faults += _wrong(base, {key: value}, document.where("sweep", k, "key"))
    if swept and not faults:
        for number, grid in enumerate(itertools.product(*swept)):
            yield run("sweep", number, 0, dict(grid), ())
    if asked.monte_carlo is not None:
        faults += _at_odds([each.key for each in asked.monte_carlo.inputs], document, ("monte_carlo", "inputs"))
        drawn = [
            _Drawn.of(each, base, document.where("monte_carlo", "inputs", k), faults)
            for k, each in enumerate(asked.monte_carlo.inputs)
        ]
        for number in range(asked.monte_carlo.runs if not faults else 0):
            keys: dict[str, Any] = {}
            cells: list[tuple[str, str, str, float]] = []
            for nth, one in enumerate(drawn):
                some_keys, some_cells = one.drawn(asked.monte_carlo.seed, number, nth)
                keys |= some_keys
                cells += some_cells
            if wrong := _wrong(base, keys, document.where("monte_carlo")):
                faults += wrong  # of the first: others would say the same of other figures
                break
            yield run("monte_carlo", number, 0, keys, tuple(cells))
    for number in range(1, len(inputs)):
        yield run("scenario", number - 1, number, {}, ())


@dataclass(frozen=True)
class _Drawn:
    """An uncertain input, and the figures there are now of its features."""

    asked: Uncertain
    now: pd.Series

    @classmethod
    def of(cls, asked: Uncertain, base: Inputs, where: str, faults: list[Fault]) -> _Drawn:
        if asked.layer is None:
            return cls(asked, pd.Series(dtype=float))
        column, frame = asked.column or "", _frame(base, asked.layer)
        columns = ASKED[asked.layer] if asked.layer in ASKED else LAYERS[asked.layer].columns
        known = {one.name: one.kind for one in columns if one.kind in ("number", "whole") and one.name in frame}
        if column not in known:
            faults.append(_unknown(column, list(known), f"{where}.column"))
            return cls(asked, pd.Series(dtype=float))
        if known[column] == "whole" and not asked.whole:
            rule = Words(f"{column} 只取整数", f"{column} holds whole numbers alone")
            faults.append(Fault(where, "", rule, Words("写 rounded: true", "Write rounded: true")))
        faults += [_unknown(name, list(map(str, frame.index)), f"{where}.id") for name in asked.id
                   if name not in frame.index]  # fmt: skip
        now = frame[column].astype(float)
        now = now[now.index.isin(asked.id)] if asked.id else now[now.notna()]
        if now.isna().any() and asked.drawn_as != "value":
            rule = Words("没有数值，无从增减", "has no figure that could be changed")
            names = tuple(map(str, now.index[now.isna()]))
            faults.append(Fault(where, "", rule, Words("写 as: value", "Write as: value"), names))
        return cls(asked, now)

    def drawn(self, seed: int, run: int, nth: int) -> tuple[dict[str, Any], Cells]:
        """Return what is drawn in a run: of keys, of cells."""
        asked = self.asked
        if asked.key is not None:
            figure = self._figure(asked.drawn(seed, run, nth, 1)[0])
            return {asked.key: f"{figure:.12g} {asked.unit}" if asked.unit else figure}, ()
        draws = asked.drawn(seed, run, nth, 1 if asked.together else len(self.now))
        now = self.now.to_numpy()
        match asked.drawn_as:
            case "plus":
                figures = now + draws
            case "times":
                figures = now * draws
            case _:
                figures = np.broadcast_to(draws, len(now))
        layer, column = str(asked.layer), str(asked.column)
        return {}, tuple(
            (layer, str(name), column, self._figure(figure))
            for name, figure in zip(self.now.index, figures, strict=True)
        )

    def _figure(self, value: float) -> float:
        """Return a figure to nine digits, or as a whole number: what is written is what is read again."""
        return float(f"{round(value) if self.asked.rounded else value:.9g}")


def _frame(base: Inputs, layer: str) -> pd.DataFrame:
    """Return the figures of a layer, or of the projects, as the base scenario changes them."""
    if layer in ASKED:
        return pd.DataFrame(getattr(changed_asked(base), layer))
    return pd.DataFrame(getattr(changed(base.territory, base.scenario), layer))


def _unknown(name: str, known: list[str], where: str) -> Fault:
    near = nearest(name, known) or ", ".join(known[:5])
    rule = Words(f"“{name}”不存在", f"{name!r} does not exist")
    return Fault(where, "", rule, Words(f"已知的有：{near}", f"Known: {near}"))


def _at_odds(keys: Sequence[str | None], document: Document, way: Sequence[str]) -> Iterator[Fault]:
    """Yield what is wrong with keys that are varied at a time: that one is another, or within it."""
    paths = [tuple(map(str, documents.split(key or ""))) for key in keys]
    for k, path in enumerate(paths):
        for other, before in enumerate(paths[:k]):
            if path and before and (path[: len(before)] == before or before[: len(path)] == path):
                rule = Words(f"{keys[k]} 与 {keys[other]} 重叠", f"{keys[k]} and {keys[other]} are within one another")
                remedy = Words("只变动其中一个", "Vary one of them")
                yield Fault(document.where(*way, k, "key"), "", rule, remedy)


def _wrong(base: Inputs, keys: Mapping[str, Any], where: str) -> list[Fault]:
    """Return what is wrong with values of keys, as faults of the study."""
    if nothing := [key for key in keys if not documents.split(key)]:
        rule = Words(f"“{nothing[0]}”不是情景键", f"{nothing[0]!r} is no key of a scenario")
        return [Fault(where, "", rule, Words("例如 goals.tier", "Write for example goals.tier"))]
    files = [key for key in keys if documents.split(key)[0] in NAMES_FILES]
    if files:
        rule = Words(f"{files[0]} 不能在研究中变动", f"{files[0]} cannot be varied by a study")
        remedy = Words("写一个情景文件，列在 scenarios 下", "Write a scenario file, and list it under scenarios")
        return [Fault(where, "", rule, remedy)]
    if listed := [key for key in keys if any(isinstance(step, int) for step in documents.split(key))]:
        rule = Words(f"{listed[0]} 指向列表中的一项", f"{listed[0]} is about one item of a list")
        return [Fault(where, "", rule, Words("写整个列表", "Give the whole list as a value"))]
    try:
        scenario.laid_over(base.scenario, _nested(keys))
    except ScenarioError as error:
        return [replace(fault, where=where) for fault in error.faults]
    return []


def asked_of(inputs: Inputs, run: Run) -> Inputs:
    """Return the inputs of a run; its goals are measured against the projects of the base.

    Raises
    ------
    ScenarioError
        A figure that was drawn cannot be.
    """
    changes = [{"set": {"layer": layer, "id": name, column: value}} for layer, name, column, value in run.cells]
    keys = _nested(run.keys)
    if changes:
        keys["changes"] = [*keys.get("changes", ()), *changes]
    varied = scenario.laid_over(inputs.scenario, keys) if keys else inputs.scenario
    root = inputs.root if inputs.root is not None else inputs
    return replace(inputs, scenario=varied, root=root)


def _nested(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return keys by their paths as a file would have them.

    Examples
    --------
    >>> _nested({"goals.tier": 5, "rules.power.燕罗.2028": "60 MVA", "goals.tax": 1})
    {'goals': {'tier': 5, 'tax': 1}, 'rules': {'power': {'燕罗': {'2028': '60 MVA'}}}}
    """
    found: dict[str, Any] = {}
    for path, value in keys.items():
        *way, last = documents.split(path)
        at = found
        for step in way:
            at = at.setdefault(str(step), {})
        at[str(last)] = value
    return found


def _digest(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
