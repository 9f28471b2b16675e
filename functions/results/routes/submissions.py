"""Routes of one submission: status, changed marks, erasure, transcript."""

import json
import re
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Response

from core.models import errors
from core.models.submission import SubmissionState
from results import request_parsers, submissions
from results.routes import request
from results.routes.request import parse_submission_id, tenant_context

router = request.create_router()
_PREFER_WAIT = re.compile(r"\bwait=(\d{1,2})\b")
_MAX_WAIT_SECONDS = 20
_PAGE_NUMBER = re.compile(r"[1-9]\d{0,4}")


@router.get("/submissions/<submission_id>")
def get_submission(submission_id: str) -> Response[str]:
    prefer = _PREFER_WAIT.search(request.current_event(router).headers.get("prefer", ""))
    wait = min(int(prefer.group(1)), _MAX_WAIT_SECONDS) if prefer else 0
    context = tenant_context(router)
    return status_response(submissions.get_status(context, parse_submission_id(submission_id), wait_seconds=wait))


@router.patch("/submissions/<submission_id>/marks/<question>")
def change_mark(submission_id: str, question: str) -> Response[str]:
    context, update = tenant_context(router), request_parsers.parse_mark_change(request.current_event(router))
    edition = request_parsers.parse_expected_edition(request.if_match(router))
    submission_id, name = parse_submission_id(submission_id), unquote(question)
    if isinstance(update, request_parsers.MarkUpdate):
        submissions.change_mark(context, submission_id, name, update.value, expected_edition=edition)
    else:
        submissions.correct_answer_text(context, submission_id, name, update.value, expected_edition=edition)
    return status_response(submissions.get_status(context, submission_id))


def status_response(status: dict[str, Any]) -> Response[str]:
    """A submission's status. If it has marks, their edition is the ETag that a change is conditional on."""
    return request.json_response(status, etag=status.get("edition") or None)


@router.delete("/submissions/<submission_id>")
def erase_submission(submission_id: str) -> Response[str]:
    submissions.erase(tenant_context(router), parse_submission_id(submission_id))
    body = {"id": submission_id, "state": SubmissionState.ERASED.value}
    return Response(202, content_type="application/json", body=json.dumps(body))


@router.get("/submissions/<submission_id>/transcript")
def get_transcript(submission_id: str) -> Response[str]:
    first = request.query(router).get("next", "1")
    if not _PAGE_NUMBER.fullmatch(first):
        raise errors.InvalidCursor("next must be the next of an earlier response.")
    context = tenant_context(router)
    part = submissions.get_transcript(context, parse_submission_id(submission_id), first=int(first))
    return Response(200, content_type="application/json", body=json.dumps(part.to_dict(), separators=(",", ":")))
