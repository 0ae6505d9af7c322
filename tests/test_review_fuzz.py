"""The API of the review under requests drawn from its own description: none ends in an error of the server.

Schemathesis draws requests that the description allows, and such as it does not, in body, path and query; into half of
those that it allows stand names and figures of the territory, so that they get past the first look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from reviewed import desk_of
from schemathesis.checks import CheckContext, not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance
from test_review_api import CHINESE

from planner.intake.inputs import Inputs
from planner.review.access import Access
from planner.review.app import create
from planner.review.solving import FORM

KINDS = sorted(FORM.json_schema()["discriminator"]["mapping"])
"""Every kind of edit there is."""
NAMES = (
    "P-001", "P-008/research", "P-020", "YL", "燕罗", "XQD-01", "YL-03", "B05", "B05-F06", "tier", "power", "land_m2",
    "corridor", "战略级", "9 MVA", "no place", "=1+1", "",
)  # fmt: skip
QUICK = {
    "deadline": None, "phases": [Phase.generate], "derandomize": True, "suppress_health_check": list(HealthCheck),
}  # fmt: skip
ANSWERED_S = 150.0
"""How long an answer may take: what waits for a solve is told so after two minutes."""
ENDLESS = r"/events$"
"""A stream of events ends when its reader goes."""


def refusals_are_told(_: CheckContext, response: Response, __: schemathesis.Case) -> None:
    """Check that whatever is refused says why in both languages, and nothing of the code."""
    if response.status_code >= 400:
        told = response.json()["detail"]
        assert told
        assert all(CHINESE.search(one["zh"]) and one["en"] for one in told), told
        assert "Traceback" not in response.text


CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, refusals_are_told)


@dataclass(frozen=True)
class Fuzzed:
    """The operations of the API; those that take an edit, once for each kind."""

    every: list[APIOperation]
    of_kind: dict[str, list[APIOperation]]


@pytest.fixture(scope="module")
def fuzzed(small: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    with desk_of(small, tmp_path_factory.mktemp("fuzz")) as desk:
        application = create(desk, Access(desk.store, local=True), frozenset())
        application.user_middleware.clear()  # all come from one address
        with TestClient(application):
            told = application.openapi()
            yield Fuzzed(_operations(application, told), {kind: _of_kind(application, told, kind) for kind in KINDS})


def _operations(application: Any, told: dict[str, Any]) -> list[APIOperation]:
    schema = schemathesis.openapi.from_dict(told)
    schema.app, schema.location = application, "/api/v1/openapi.json"
    return [each.ok() for each in schema.exclude(path_regex=ENDLESS).get_all_operations()]


def _of_kind(application: Any, told: dict[str, Any], kind: str) -> list[APIOperation]:
    """Return the operations that take an edit, as if there were but one kind."""
    forms = told["components"]["schemas"]
    name = FORM.json_schema()["discriminator"]["mapping"][kind].rpartition("/")[2]
    edit = {"edit": {"$ref": f"#/components/schemas/{name}"}}
    own = {
        form: {**forms[form], "properties": {**forms[form]["properties"], **edit}} for form in ("NewEdit", "Question")
    }
    only = {**told, "components": {**told["components"], "schemas": {**forms, **own}}}
    return [one for one in _operations(application, only) if one.path.endswith(("/edits", "/price"))]


def known(value: Any, draw: Callable[[Any], Any]) -> Any:
    """Return a body with names and figures of the territory in the place of some of what was drawn."""
    match value:
        case dict():
            return {key: one if key == "kind" else known(one, draw) for key, one in value.items()}
        case list():
            return [known(one, draw) for one in value]
        case str():
            return draw(st.sampled_from((value, *NAMES)))
        case bool() | None:
            return value
        case int() | float():
            return draw(st.sampled_from((value, 0, 1, 2, 2026, 113.86, 22.77)))
    return value


def tried(operation: APIOperation, mode: GenerationMode, data: st.DataObject) -> None:
    case = data.draw(operation.as_strategy(generation_mode=mode))
    if mode is GenerationMode.POSITIVE and data.draw(st.booleans()):
        case.body = known(case.body, data.draw)
        if "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = data.draw(st.sampled_from((1, 2, 3)))
    case.call_and_validate(checks=CHECKS, timeout=ANSWERED_S)


def every(fuzzed: Fuzzed, mode: GenerationMode, data: st.DataObject) -> None:
    tried(data.draw(st.sampled_from(fuzzed.every)), mode, data)


MODES = pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])


@MODES
@settings(max_examples=50, **QUICK)
@given(st.data())
def test_what_is_asked_by_the_description_or_against_it_is_answered_or_refused(
    mode: GenerationMode, fuzzed: Fuzzed, data: st.DataObject
) -> None:
    """**Sensitivity**: a form whose field is not checked ends in an error of the server, 500."""
    every(fuzzed, mode, data)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=4, **QUICK)
@given(st.data())
def test_an_edit_of_every_kind_is_answered_or_refused(kind: str, fuzzed: Fuzzed, data: st.DataObject) -> None:
    """A new kind of edit is asked here as soon as it is one."""
    tried(data.draw(st.sampled_from(fuzzed.of_kind[kind])), GenerationMode.POSITIVE, data)


@pytest.mark.long
@MODES
@settings(max_examples=3_000, **(QUICK | {"derandomize": False}))
@given(st.data())
def test_thousands_of_requests_are_answered_or_refused(
    mode: GenerationMode, fuzzed: Fuzzed, data: st.DataObject
) -> None:
    every(fuzzed, mode, data)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, **(QUICK | {"derandomize": False}))
@given(st.data())
def test_hundreds_of_edits_of_every_kind_are_answered_or_refused(
    kind: str, fuzzed: Fuzzed, data: st.DataObject
) -> None:
    tried(data.draw(st.sampled_from(fuzzed.of_kind[kind])), data.draw(st.sampled_from(list(GenerationMode))), data)
