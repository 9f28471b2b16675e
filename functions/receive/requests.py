"""HTTP requests in, HTTP answers out: what a submission looks like on the wire."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from core import errors
from core.clock import stamp
from core.http import decoded, header_text, raw_body
from core.submission import State, Submission, parse_assessment, parse_kind, parse_student
from receive.body import Form, parse_form
from receive.intake import Offer
from receive.uploads import Ticket

JSON = "application/json"


def offer(event: APIGatewayProxyEventV2, *, tenant: str, max_bytes: int) -> Offer:
    """The offered file: a raw body with query parameters, or a form whose fields say the same.

    Raises
    ------
    PayloadTooLarge, InvalidUpload, InvalidHeader, MissingAssessment, InvalidAssessment, UnknownKind,
    InvalidStudent
    """
    content_type = header_text(event.headers.get("content-type")) or ""
    body = raw_body(event)
    if len(body) > max_bytes:
        raise errors.PayloadTooLarge(
            f"The body has {len(body)} bytes; this door takes {max_bytes}. Ask POST /uploads for a larger file."
        )
    form = Form(body=body, media_type=content_type)
    if content_type.lower().startswith("multipart/form-data"):
        form = parse_form(content_type, body)
    given = {**event.query_string_parameters, **form.fields}
    return Offer(
        tenant=tenant,
        assessment=parse_assessment(decoded(given.get("assessment"))),
        kind=parse_kind(decoded(given.get("kind"))),
        student=parse_student(decoded(given.get("student"))),
        body=form.body or b"",
        media_type=form.media_type,
        name=form.name,
    )


def json_body(event: APIGatewayProxyEventV2) -> dict[str, Any]:
    """The JSON object of a request, whose text values are text."""
    try:
        body = json.loads(raw_body(event))
    except (ValueError, RecursionError):
        raise errors.InvalidUpload("The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise errors.InvalidUpload("The body is not a JSON object.")
    for name in ("assessment", "kind", "student"):
        if not isinstance(body.get(name), str | None):
            raise errors.InvalidUpload(f"{name} is text.")
    return body


def receipt(submission: Submission) -> Response[str]:
    """202: accepted, durable, under way."""
    location = f"/submissions/{submission.id}"
    body = {"id": submission.id, "run": submission.run, "state": State.RECEIVED.value, "location": location}
    return Response(status_code=202, content_type=JSON, body=json.dumps(body), headers={"Location": location})


def ticket(issued: Ticket) -> Response[str]:
    """201: post these fields and then the file to this url."""
    expires_at = stamp(datetime.now(UTC) + timedelta(seconds=issued.expires_in))
    body = {"id": issued.id, "url": issued.url, "fields": issued.fields, "expires_at": expires_at}
    return Response(
        status_code=201, content_type=JSON, body=json.dumps(body), headers={"Location": f"/uploads/{issued.id}"}
    )
