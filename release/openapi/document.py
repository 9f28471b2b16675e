"""The OpenAPI document, from the table of routes and the classes of the bodies."""

import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from core import errors
from core.http import DOCUMENT_STATUS
from release.openapi import answers
from release.openapi.routes import ROUTES, Answer, Route

FILE = Path(__file__).resolve().parents[2] / "functions" / "results" / "openapi.json"
_REF = "#/components/schemas/{model}"
_PROBLEM = "application/problem+json"
_JSON = "application/json"
# What the gateway says before a function has seen anything, and what every function may have to say.
_GATEWAY = {401: "The token is missing or not valid.", 429: "Too many requests. Wait, then send the same again."}
_ALWAYS: dict[int, tuple[str, ...]] = {403: ("NotPermitted",), 500: ("InternalError",), 503: ("ServiceUnavailable",)}
_DESCRIPTION = """\
Question papers and scanned answer sheets go in, marks with reasons come out.

Send a file (`POST /submissions`, or `POST /uploads` for a large one), follow its status (with `Prefer: wait=20` an
answer waits for the ending), look at its marks. Every error is a problem document (RFC 9457) whose `type` is the
error's name and whose `detail` says what to do."""


def document() -> dict[str, Any]:
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
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def _operation(route: Route) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": [one.to_dict() for one in route.parameters],
        "responses": _responses(route),
    }
    if route.body is not None:
        made["requestBody"] = {"required": True, "content": route.body}
    if route.open:
        made["security"] = []
    return made


def _responses(route: Route) -> dict[str, Any]:
    responses = {str(status): _good(answer) for status, answer in route.answers.items()}
    problems: dict[int, set[str]] = {status: set(names) for status, names in _ALWAYS.items()}
    if route.open:
        problems.pop(403)
    if "{" in route.path:
        # What a path names may not be there, or be no name at all.
        problems[404] = {errors.NotFound.__name__}
    for error in route.refusals:
        problems.setdefault(status_of(error), set()).add(error.__name__)
    gateway = dict.fromkeys(() if route.open else (401,)) | dict.fromkeys((429,))
    for status in sorted({*problems, *gateway}):
        responses[str(status)] = _bad(status, sorted(problems.get(status, ())))
    return dict(sorted(responses.items()))


def status_of(error: type[errors.GradelineError]) -> int:
    if issubclass(error, errors.TransientError):
        return 503
    return error.status if issubclass(error, errors.RequestRefused) else DOCUMENT_STATUS.get(error, 422)


def _good(answer: Answer) -> dict[str, Any]:
    made: dict[str, Any] = {"description": answer.says}
    if answer.headers:
        made["headers"] = {name: {"description": says, "schema": {"type": "string"}} for name, says in answer.headers}
    if answer.content:
        made["content"] = {answer.media_type: {"schema": answer.content}}
    return made


def _bad(status: int, names: list[str]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if names:
        named = {"properties": {"type": {"enum": [f"urn:gradeline:problem:{name}" for name in names]}}}
        content[_PROBLEM] = {"schema": {"allOf": [{"$ref": _REF.format(model="Problem")}, named]}}
    if status in _GATEWAY or status in (413, 500, 503):
        content[_JSON] = {"schema": {"$ref": _REF.format(model="Refusal")}}
    made: dict[str, Any] = {"description": _GATEWAY.get(status) or _sentences(names), "content": content}
    if status in (429, 503):
        made["headers"] = {
            "Retry-After": {"description": "Seconds to wait, where we said it.", "schema": {"type": "string"}}
        }
    return made


def _sentences(names: list[str]) -> str:
    """What the errors' own docstrings say of them."""
    said = [(getattr(errors, name, None) or object).__doc__ if name != "InternalError" else None for name in names]
    return " ".join(text.split("\n")[0] for text in said if text) or HTTPStatus(500).phrase


def _schemas() -> dict[str, Any]:
    """Of every body; what an answer has it has always, unless it is marked as not required."""
    adapters = [(body.__name__, "serialization", TypeAdapter(body)) for body in answers.BODIES]
    _, defined = TypeAdapter.json_schemas(adapters, ref_template=_REF)  # type: ignore[arg-type] # a str for the Literal
    schemas: dict[str, Any] = defined["$defs"]
    for schema in schemas.values():
        _close(schema)
    _person(schemas)
    return dict(sorted(schemas.items()))


def _close(schema: dict[str, Any]) -> None:
    """A class of the domain writes each of its fields, those with defaults too, and nothing else."""
    if schema.get("type") == "object" and "properties" in schema:
        schema["additionalProperties"] = False
        for field in schema["properties"].values():
            if "default" in field:
                del field["default"]
                schema["required"] = list(dict.fromkeys([*schema.get("required", ()), *_names(schema, field)]))


def _names(schema: dict[str, Any], field: dict[str, Any]) -> list[str]:
    return [name for name, value in schema["properties"].items() if value is field]


def _person(schemas: dict[str, Any]) -> None:
    """A mark that a teacher has changed says who did and when; a scheme's entry, whom it is for."""
    added = schemas.pop("ChangedQuestion")["properties"]
    schemas["QuestionMark"]["properties"] |= added
    schemas["SchemeEntry"]["properties"] |= schemas.pop("EntryFor")["properties"]
