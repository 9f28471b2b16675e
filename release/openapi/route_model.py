"""Classes that describe a route, and the parameters and headers that routes share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.models import errors

_REF = "#/components/schemas/"
SUBMISSION_ID = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
ASSESSMENT_NAME = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"}
TEXT = {"type": "string"}
BYTES = {"type": "string", "format": "binary"}
MEDIA_TYPES = ("application/pdf", "image/jpeg", "image/png", "image/tiff")


def schema_ref(name: str) -> dict[str, Any]:
    return {"$ref": _REF + name}


@dataclass(frozen=True)
class Parameter:
    name: str
    location: str
    description: str
    schema: dict[str, Any]
    required: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "in": self.location,
            "required": self.required,
            "description": self.description,
            "schema": self.schema,
        }


@dataclass(frozen=True)
class RouteResponse:
    """A successful response. `headers` are pairs of name and description."""

    description: str
    content: dict[str, Any] | None = None
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Route:
    """`error_types` are the route's own errors; every route may also return 403, 500 and 503. `open`: no token."""

    method: str
    path: str
    name: str
    summary: str
    responses: dict[int, RouteResponse]
    parameters: Sequence[Parameter] = ()
    body: dict[str, Any] | None = None
    error_types: Sequence[type[errors.GradelineError]] = field(default=())
    open: bool = False


SUBMISSION = Parameter("id", "path", "The submission.", SUBMISSION_ID, required=True)
ASSESSMENT = Parameter("id", "path", "The assessment.", ASSESSMENT_NAME, required=True)
NEXT = Parameter("next", "query", "The `next` of the previous response.", TEXT)
IF_MATCH = Parameter("if-match", "header", "The ETag of the marks that the change is based on, or *.", TEXT)
WAIT = Parameter(
    "prefer", "header", "wait=N: respond when the submission has ended, or after N (at most 20) seconds.", TEXT
)
LOCATION = (("Location", "The submission's status."),)
EDITION_ETAG = (("ETag", "The edition of the marks, if there are any: the value for If-Match."),)
REVISION_ETAG = (("ETag", "The revision of paper and scheme: the value for If-Match when changing them."),)
DRAFT = Parameter("draft", "query", "true: even if the marks are not published.", {"type": "string", "enum": ["true"]})
IF_REVISION = Parameter("if-match", "header", "The ETag of the assessment that the change is based on, or *.", TEXT)
