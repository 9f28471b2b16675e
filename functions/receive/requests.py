"""HTTP requests and responses of the intake: parsing of bodies and forms, and what a submission looks like in JSON."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from core.models import errors
from core.models.document_kinds import parse_kind
from core.models.submission import Submission, SubmissionState, parse_assessment, parse_student
from core.platform.clock import format_timestamp
from core.platform.http import check_utf8, decode_body, decode_header
from receive.intake import UploadedFile
from receive.uploads import PresignedUpload

JSON_MEDIA_TYPE = "application/json"


def parse_submission_request(event: APIGatewayProxyEventV2, *, tenant: str, max_bytes: int) -> UploadedFile:
    """Return the uploaded file of a request: a raw body with query parameters, or a form with the same fields.

    Raises
    ------
    PayloadTooLarge, InvalidUpload, InvalidHeader, MissingAssessment, InvalidAssessment, UnknownKind,
    InvalidStudent
    """
    content_type = decode_header(event.headers.get("content-type")) or ""
    body = decode_body(event)
    if len(body) > max_bytes:
        raise errors.PayloadTooLarge(
            f"The body has {len(body)} bytes; at most {max_bytes} are accepted. Use POST /uploads for a larger file."
        )
    form = MultipartForm(body=body, media_type=content_type)
    if content_type.lower().startswith("multipart/form-data"):
        form = parse_form(content_type, body)
    given = {**event.query_string_parameters, **form.fields}
    return UploadedFile(
        tenant=tenant,
        assessment=parse_assessment(check_utf8(given.get("assessment"))),
        kind=parse_kind(check_utf8(given.get("kind"))),
        student=parse_student(check_utf8(given.get("student"))),
        body=form.body or b"",
        media_type=form.media_type,
        name=form.name,
    )


def parse_json_body(event: APIGatewayProxyEventV2) -> dict[str, Any]:
    """Return the JSON object of an upload request; its text fields are text. Raises InvalidUpload."""
    try:
        body = json.loads(decode_body(event))
    except (ValueError, RecursionError):
        raise errors.InvalidUpload("The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise errors.InvalidUpload("The body is not a JSON object.")
    for name in ("assessment", "kind", "student"):
        if not isinstance(body.get(name), str | None):
            raise errors.InvalidUpload(f"{name} is text.")
    return body


def accepted_response(submission: Submission) -> Response[str]:
    """202: the file is accepted and durable, and its execution is in progress."""
    location = f"/submissions/{submission.id}"
    body = {"id": submission.id, "run": submission.run, "state": SubmissionState.RECEIVED.value, "location": location}
    return Response(
        status_code=202, content_type=JSON_MEDIA_TYPE, body=json.dumps(body), headers={"Location": location}
    )


def upload_response(upload: PresignedUpload) -> Response[str]:
    """201: post these fields and then the file to this URL."""
    expires_at = format_timestamp(datetime.now(UTC) + timedelta(seconds=upload.expires_in))
    body = {"id": upload.id, "url": upload.url, "fields": upload.fields, "expires_at": expires_at}
    return Response(
        status_code=201,
        content_type=JSON_MEDIA_TYPE,
        body=json.dumps(body),
        headers={"Location": f"/uploads/{upload.id}"},
    )


@dataclass(slots=True)
class MultipartForm:
    """The text fields of a form, and its one file with the name and media type that its part declares."""

    fields: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    media_type: str | None = None
    name: str | None = None


def parse_form(content_type: str, body: bytes) -> MultipartForm:
    """A multipart/form-data body with one file part.

    Raises
    ------
    InvalidHeader
        A part's header or text is not UTF-8.
    InvalidUpload
        The body is not the form it says, or has no file, or more than one.
    """
    # Imported here: most submissions are raw bodies and need no form parser.
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import Field, File, FormParser, parse_options_header

    _, options = parse_options_header(content_type)
    form = MultipartForm()
    files: list[File] = []

    def on_field(part: Field) -> None:
        form.fields[_decode_text(part.field_name)] = _decode_text(part.value)

    try:
        parser = FormParser(
            "multipart/form-data",
            on_field,
            files.append,
            boundary=options.get(b"boundary"),
            config={"MAX_MEMORY_FILE_SIZE": len(body) + 1},
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise errors.InvalidUpload(f"The form cannot be read: {error}.") from None
    if len(files) != 1:
        raise errors.InvalidUpload("A form carries exactly one file (a part with a filename).")
    part = files[0]
    part.file_object.seek(0)
    form.body = part.file_object.read()
    form.name = _decode_text(part.file_name)
    form.media_type = _decode_text(part.content_type)
    return form


def _decode_text(raw: bytes | str | None) -> str:
    try:
        return raw if isinstance(raw, str) else (raw or b"").decode("utf-8")
    except UnicodeDecodeError:
        raise errors.InvalidHeader("A header or form field is not valid UTF-8 text.") from None
