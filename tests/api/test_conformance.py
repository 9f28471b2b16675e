"""Requests that the description allows are sent to the real API, and the responses are validated against it.

This is a short run with fixed seeds; `make api` sends many more, different each time: API_EXAMPLES, API_SEED.
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
@pytest.mark.parametrize("existing", [True, False], ids=["existing ids", "any ids"])
def test_the_api_conforms_to_its_description(api: Api, operation: Any, existing: bool) -> None:
    """`existing`: the path has ids of existing resources, so that there are responses other than 404."""
    known = _existing_path_parameters(operation.path, operation.method, api) if existing else []
    if existing and not known:
        pytest.skip("This route has no id in its path, or deletes the resource.")
    valid = operation.as_strategy()
    invalid = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
    statuses = set()

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(valid, invalid) if _can_be_invalid(operation) else valid)
    def send(case: Any) -> None:
        if known:
            case.path_parameters = {**(case.path_parameters or {}), **known[len(repr(case.query)) % len(known)]}
        response = case.call(base_url=api.url, headers={"Authorization": f"Bearer {api.token}"}, timeout=60)
        statuses.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    send()
    assert statuses


def _can_be_invalid(operation: Any) -> bool:
    """Whether the request has any part that can be invalid."""
    return bool(operation.body) or bool(operation.query) or bool(operation.path_parameters)


def _existing_path_parameters(path: str, method: str, api: Api) -> list[dict[str, str]]:
    if method.upper() == "DELETE":
        return []
    if path.startswith("/submissions/{id}"):
        more = {"question": "1"} if "{question}" in path else {"page": "1"} if "{page}" in path else {}
        return [{"id": one, **more} for one in api.submissions]
    return [{"id": api.assessment}] if path.startswith("/assessments/{id}") else []


def test_the_description_is_served_without_a_token(api: Api) -> None:
    import requests

    response = requests.get(f"{api.url}/openapi.json", timeout=30)
    assert (response.status_code, response.json()) == (200, openapi_document())
    assert requests.get(f"{api.url}/assessments", timeout=30).status_code == 401
