"""The API of the review under requests drawn from its own description: none ends in an error of the server.

Schemathesis draws requests that the description allows, and such as it does not, in body, path and query.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from reviewed import desk_of
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from planner.intake.inputs import Inputs
from planner.review.access import Access
from planner.review.app import create

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance)
HEALTH = list(HealthCheck)
ENDLESS = r"/events$"
"""A stream of events ends when its reader goes."""


@pytest.fixture(scope="module")
def operations(small: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[APIOperation]]:
    with desk_of(small, tmp_path_factory.mktemp("fuzz")) as desk:
        application = create(desk, Access(desk.store, local=True), frozenset())
        with TestClient(application):
            schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", application).exclude(path_regex=ENDLESS)
            yield [each.ok() for each in schema.get_all_operations()]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@settings(max_examples=60, deadline=None, phases=[Phase.generate], derandomize=True, suppress_health_check=HEALTH)
@given(st.data())
def test_what_is_asked_by_the_description_or_against_it_is_answered_or_refused(
    mode: GenerationMode, operations: list[APIOperation], data: st.DataObject
) -> None:
    """**Sensitivity**: a form whose field is not checked ends in an error of the server, 500."""
    operation = data.draw(st.sampled_from(operations))
    case = data.draw(operation.as_strategy(generation_mode=mode))
    case.call_and_validate(checks=CHECKS)
