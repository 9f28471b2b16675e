"""What the description allows is sent to the real API, and what comes back is held against the description.

A short run from fixed seeds; `make api` sends many more, new ones each time: API_EXAMPLES, API_SEED.
"""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from release.openapi.document import openapi_document
from tests.api.conftest import Api

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = int(os.environ.get("API_EXAMPLES", "8"))
SEED = int(os.environ.get("API_SEED", "1"))
OPERATIONS = [each.ok() for each in schemathesis.openapi.from_dict(openapi_document()).get_all_operations()]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
@pytest.mark.parametrize("there", [True, False], ids=["what is there", "anything"])
def test_the_api_does_what_its_description_says(api: Api, operation: Any, there: bool) -> None:
    """`there`: the ids in the path are of something that is there, so that more than 404 comes back."""
    known = _known(operation.path, operation.method, api) if there else {}
    if there and not known:
        pytest.skip("This route names nothing, or takes it away.")
    valid = operation.as_strategy()
    anything = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
    statuses = set()

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(valid, anything) if _may_be_wrong(operation) else valid)
    def send(case: Any) -> None:
        if known:
            case.path_parameters = {**(case.path_parameters or {}), **known[len(repr(case.query)) % len(known)]}
        answer = case.call(base_url=api.url, headers={"Authorization": f"Bearer {api.token}"}, timeout=60)
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    send()
    assert statuses


def _may_be_wrong(operation: Any) -> bool:
    """There is something in the request that can be wrong."""
    return bool(operation.body) or bool(operation.query) or bool(operation.path_parameters)


def _known(path: str, method: str, api: Api) -> list[dict[str, str]]:
    if method.upper() == "DELETE":
        return []
    if path.startswith("/submissions/{id}"):
        more = {"question": "1"} if "{question}" in path else {"page": "1"} if "{page}" in path else {}
        return [{"id": one, **more} for one in api.submissions]
    return [{"id": api.assessment}] if path.startswith("/assessments/{id}") else []


def test_the_description_is_served_to_whoever_asks(api: Api) -> None:
    import requests

    answer = requests.get(f"{api.url}/openapi.json", timeout=30)
    assert (answer.status_code, answer.json()) == (200, openapi_document())
    assert requests.get(f"{api.url}/assessments", timeout=30).status_code == 401
