"""Generator of the OpenAPI document from the table of routes and the body classes."""

import json
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter

from core.models import errors
from core.platform.http import DOCUMENT_ERROR_STATUS
from release.openapi import assessment_schemas, submission_schemas
from release.openapi.route_model import Route, RouteResponse
from release.openapi.routes import ROUTES

_REF = "#/components/schemas/{model}"
_PROBLEM = "application/problem+json"
_JSON = "application/json"
# Responses of the gateway, which come before any function is called; and problems that every function may return.
_GATEWAY_REFUSALS = {
    401: "The token is missing or not valid.",
    429: "Too many requests. Wait, then send the same again.",
}
_COMMON_PROBLEMS: dict[int, tuple[str, ...]] = {
    403: ("NotPermitted",),
    500: ("InternalError",),
    503: ("ServiceUnavailable",),
}
_DESCRIPTION = """\
Question papers and scanned answer sheets go in, marks with reasons come out.

Send a file (`POST /submissions`, or `POST /uploads` for a large one), poll its status (with `Prefer: wait=20` the
response waits for the result), then read its marks. Every error is a problem document (RFC 9457) whose `type` is the
error's name and whose `detail` says what to do."""


def openapi_document() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gradeline",
            "version": "1",
            "description": _DESCRIPTION,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": _schemas(),
        },
    }


def text() -> str:
    return json.dumps(openapi_document(), indent=1, ensure_ascii=False) + "\n"


def _operation(route: Route) -> dict[str, Any]:
    result: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": [one.to_dict() for one in route.parameters],
        "responses": _responses(route),
    }
    if route.body is not None:
        result["requestBody"] = {"required": True, "content": route.body}
    if route.open:
        result["security"] = []
    return result


def _responses(route: Route) -> dict[str, Any]:
    responses = {str(status): _success_response(response) for status, response in route.responses.items()}
    problems: dict[int, set[str]] = {status: set(names) for status, names in _COMMON_PROBLEMS.items()}
    if route.open:
        problems.pop(403)
    if "{" in route.path:
        # The resource in the path may not exist, or its id may not be valid.
        problems[404] = {errors.NotFound.__name__}
    for error in route.error_types:
        problems.setdefault(status_of(error), set()).add(error.__name__)
    gateway = dict.fromkeys(() if route.open else (401,)) | dict.fromkeys((429,))
    for status in sorted({*problems, *gateway}):
        responses[str(status)] = _problem_response(status, sorted(problems.get(status, ())))
    return dict(sorted(responses.items()))


def status_of(error: type[errors.GradelineError]) -> int:
    if issubclass(error, errors.TransientError):
        return 503
    return error.status if issubclass(error, errors.RequestRefused) else DOCUMENT_ERROR_STATUS.get(error, 422)


def _success_response(response: RouteResponse) -> dict[str, Any]:
    result: dict[str, Any] = {"description": response.description}
    if response.headers:
        result["headers"] = {
            name: {"description": description, "schema": {"type": "string"}} for name, description in response.headers
        }
    if response.content:
        result["content"] = {response.media_type: {"schema": response.content}}
    return result


def _problem_response(status: int, names: list[str]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if names:
        named = {"properties": {"type": {"enum": [f"urn:gradeline:problem:{name}" for name in names]}}}
        content[_PROBLEM] = {"schema": {"allOf": [{"$ref": _REF.format(model="Problem")}, named]}}
    if status in _GATEWAY_REFUSALS or status in (413, 500, 503):
        content[_JSON] = {"schema": {"$ref": _REF.format(model="Refusal")}}
    result: dict[str, Any] = {
        "description": _GATEWAY_REFUSALS.get(status) or _error_descriptions(names),
        "content": content,
    }
    if status in (429, 503):
        result["headers"] = {
            "Retry-After": {"description": "Seconds to wait, if the API set it.", "schema": {"type": "string"}}
        }
    return result


def _error_descriptions(names: list[str]) -> str:
    """The first lines of the error classes' docstrings."""
    docstrings = [
        (getattr(errors, name, None) or object).__doc__ if name != "InternalError" else None for name in names
    ]
    return " ".join(text.split("\n")[0] for text in docstrings if text) or HTTPStatus(500).phrase


def _schemas() -> dict[str, Any]:
    """The schemas of all bodies. Every field of a response is required unless it is marked as not required."""
    adapters = [
        (body.__name__, "serialization", TypeAdapter(body))
        for body in (*submission_schemas.BODIES, *assessment_schemas.BODIES)
    ]
    _, defined = TypeAdapter.json_schemas(adapters, ref_template=_REF)  # type: ignore[arg-type] # a str for the Literal
    components: dict[str, Any] = defined["$defs"]
    for schema in components.values():
        _close_schema(schema)
    components = _with_public_names(components)
    _merge_added_fields(components)
    return dict(sorted(components.items()))


# Component names that differ from the class names. Clients are generated from them, so a renamed class keeps its name.
_PUBLIC_NAMES = {"DocumentKind": "Kind", "IntakeChannel": "Door", "SubmissionState": "State", "PageRegion": "Place"}


def _with_public_names(components: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(components)
    for name, public in _PUBLIC_NAMES.items():
        for quoted in (f'"{name}"', json.dumps(_REF.format(model=name))):
            text = text.replace(quoted, quoted.replace(name, public))
    renamed: dict[str, Any] = json.loads(text)
    return renamed


def _close_schema(schema: dict[str, Any]) -> None:
    """Make every field required and forbid others: the domain classes always write all fields, also those with
    defaults."""
    if schema.get("type") == "object" and "properties" in schema:
        schema["additionalProperties"] = False
        for field in schema["properties"].values():
            if "default" in field:
                del field["default"]
                schema["required"] = list(dict.fromkeys([*schema.get("required", ()), *_names_of_field(schema, field)]))


def _names_of_field(schema: dict[str, Any], field: dict[str, Any]) -> list[str]:
    return [name for name, value in schema["properties"].items() if value is field]


def _merge_added_fields(schemas: dict[str, Any]) -> None:
    """Add the fields that the API adds to domain classes: who changed a mark and when, and the question of a scheme's
    entry."""
    added = schemas.pop("ChangedQuestion")["properties"]
    schemas["QuestionMark"]["properties"] |= added
    schemas["SchemeEntry"]["properties"] |= schemas.pop("EntryFor")["properties"]
