"""The question a plan answers: one YAML file, read, checked and frozen.

Knows files only through `documents`, and places and projects only by name: whether a name exists is settled where
territory and projects are known, with `Scenario.where` for the line.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from planner import documents
from planner.documents import Document, join
from planner.errors import Fault, ScenarioError
from planner.scenario.blocks import (
    AnyPlace,
    AnyTable,
    Ban,
    Goals,
    Place,
    Reserve,
    Sites,
    Solver,
    Stability,
    Table,
    Title,
    TitleText,
)  # fmt: skip
from planner.scenario.changes import Add, Change, Corridor, Restrict, SetColumns
from planner.scenario.faults import faults_of
from planner.scenario.keys import FROM_FILE, Block, FilePath, Id, Ids, Years
from planner.scenario.modes import AnyMode, Mode
from planner.scenario.modes import faults as faults_of_mode
from planner.scenario.prices import ChangePrices
from planner.scenario.rules import Rules
from planner.scenario.share import AnyShare, Level, Share
from planner.scenario.supply import Power
from planner.scenario.switch import RuleBlock
from planner.scenario.tests import Tests

__all__ = [
    "Add", "Ban", "Change", "ChangePrices", "Corridor", "Goals", "Level", "Mode", "Place", "Power", "Reserve",
    "Restrict", "RuleBlock", "Rules", "Scenario", "SetColumns", "Share", "Sites", "Solver", "Stability", "Table",
    "Tests", "Title", "json_schema", "laid_over", "load", "root", "said",
]  # fmt: skip


class Scenario(Block):
    """The question: territory, projects, rules, goals, exclusions and the solver's patience.

    Made by `load` from a file, or in Python with the same keys: ``Scenario(years=(2026, 2030), goals={"tier": 10})``.
    """

    extends: str | None = None
    """File this one extends: maps merge, lists replace except `changes`, which append, and null removes."""
    title: TitleText = Title()
    """What the scenario is called."""
    territory: FilePath | None = None
    """Folder of the territory, seen from this file."""
    projects: AnyTable | None = None
    """Table of projects: its file, seen from this file; or ``{table: …, worksheet: …, columns: {…}}``."""
    years: Years
    """First and last year, both included."""
    changes: tuple[Change, ...] = ()
    """Changes to the territory and the projects, made in this order, without touching their files."""
    change_prices: ChangePrices = ChangePrices()
    """What one step of each kind of change is worth, where the smallest one is sought that places a project or
    mends a conflict."""
    rules: Rules = Rules()
    """Rules a plan must keep."""
    tests: Tests = Tests()
    """Tests of local fit, each of which can be switched."""
    goals: Goals = Goals()
    """Weights of the goals, printed with every plan."""
    mode: AnyMode = Mode()
    """How the goals are weighed against each other: `weighted` (their sum), `max_min`, or one of the ways below."""
    stability: Stability | None = None
    """An earlier plan that the goal of stability compares with."""
    normalise: Literal["root", "own"] = "root"
    """Whose projects the goals are measured against: those of the root of `extends`, so that plans compare, or own."""
    locks: dict[Id, AnyPlace] = Field(default={})
    """Project or part to the place it must take; it must be placed."""
    only: dict[Id, AnyPlace] = Field(default={})
    """Project or part to the only place it may take, if it is placed."""
    bans: tuple[Ban, ...] = ()
    """Places that a project or part must not take."""
    must_place: Ids = ()
    """Projects that must be placed, wherever it is."""
    reserve: tuple[Reserve, ...] = ()
    """Land kept back for projects of one tier."""
    sites: Sites = Sites()
    """How plots and units are put together."""
    solver: Solver = Solver()
    """How long and how closely to look."""
    share: AnyShare = Share()
    """Whom maps, workbooks and reports are for: `internal`, `meeting` or `public`; it decides what they contain."""

    _document: Document | None = PrivateAttr(default=None)

    @property
    def document(self) -> Document | None:
        """The merged files with the origin of every value; None for a scenario made in Python."""
        return self._document

    def where(self, *steps: str | int) -> str:
        """Return ``file:line key`` of a key, for errors found later (``where("locks", "P-017")``)."""
        return self._document.where(*steps) if self._document else join(*steps)

    def __eq__(self, other: object) -> bool:
        # which file said so is no part of the question
        return isinstance(other, Scenario) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]


def load(path: str | Path) -> Scenario:
    """Read a scenario file with the files it extends.

    Raises
    ------
    ScenarioError
        All faults at once, each with file, line, key, value, what is allowed and a remedy.
    """
    return _checked(documents.read(path))


def root(path: str | Path) -> Scenario:
    """Read the file at the root of `extends`, on whose projects the goals of its children are measured."""
    return load(documents.read(path).files[0])


def said(scenario: Scenario) -> Mapping[str, Any]:
    """Return what a scenario says, in the form in which its files do; in the long form where it was made in Python."""
    document = scenario.document
    if document is not None and _checked(document) == scenario:
        return document.value
    return dict(scenario.model_dump(mode="json", exclude_unset=True, by_alias=True))


def laid_over(scenario: Scenario, keys: Mapping[str, object]) -> Scenario:
    """Return a scenario with keys laid over it, as a file with these keys that extends it would be read.

    Raises
    ------
    ScenarioError
        A key cannot be read.
    """
    document, now = scenario.document, said(scenario)
    value = documents.laid(now, keys)
    if document is None or now is not document.value:
        return Scenario.model_validate(value)
    return _checked(replace(document, value=value))


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of scenario files, as editors use it."""
    schema = Scenario.model_json_schema(schema_generator=_FileSchema)
    # a file that extends another need not say what its parent says
    schema.pop("required")
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


class _FileSchema(GenerateJsonSchema):
    """Schema of a key in a file, where null removes what the parent says."""

    def model_field_schema(self, schema: core_schema.ModelField) -> JsonSchemaValue:
        field = super().model_field_schema(schema)
        default = field.pop("default", None)
        # defaults of whole blocks are those of their keys
        return _or_null(field) | ({} if default is None or isinstance(default, dict) else {"default": default})

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        values = super().dict_schema(schema)
        return values | {"additionalProperties": _or_null(values["additionalProperties"])}


def _or_null(schema: JsonSchemaValue) -> JsonSchemaValue:
    kinds = [*_alternatives(schema), {"type": "null"}]
    return {"anyOf": [kind for k, kind in enumerate(kinds) if kind not in kinds[:k]]}


def _alternatives(schema: JsonSchemaValue) -> list[JsonSchemaValue]:
    """Return the alternatives of a schema, those within alternatives included."""
    schema.pop("default", None)
    if "anyOf" not in schema:
        return [schema]
    return [kind for inner in schema["anyOf"] for kind in _alternatives(inner)]


def _checked(document: Document) -> Scenario:
    value = _with_paths(document)
    try:
        scenario = Scenario.model_validate(value, context=FROM_FILE)
    except ValidationError as error:
        raise ScenarioError(faults_of(error, Scenario, document)) from None
    scenario._document = document
    wrong = faults_of_mode(scenario.mode, list(scenario.goals.weights), list(Goals.model_fields))
    if faults := [Fault(scenario.where("mode", *steps), "", rule, remedy) for steps, rule, remedy in wrong]:
        raise ScenarioError(faults)
    return scenario


def _with_paths(document: Document) -> dict[str, Any]:
    """Return the value of a document with its files and folders seen from the file that names them."""
    value: dict[str, Any] = copy.deepcopy(dict(document.value))
    for key in ("territory", "projects"):
        _see(value, key, document, key)
    if isinstance(table := value.get("projects"), dict):
        _see(table, "table", document, "projects", "table")
    if isinstance(stability := value.get("stability"), dict):
        _see(stability, "plan", document, "stability", "plan")
    changes = value.get("changes")
    for index, change in enumerate(changes if isinstance(changes, list) else ()):
        if isinstance(change, dict) and isinstance(restrict := change.get("restrict"), dict):
            _see(restrict, "file", document, "changes", index, "restrict", "file")
    return value


def _see(inside: dict[str, Any], key: str, document: Document, *steps: str | int) -> None:
    if isinstance(name := inside.get(key), str) and name.strip():
        inside[key] = str(document.resolve(name, *steps))
