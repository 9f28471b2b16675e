"""Door of what people ask for: status, marks, assessments, the marking scheme."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from core.models import errors
from core.models.submission import SubmissionState, parse_assessment
from core.platform import aws, http
from core.platform.clock import now
from core.platform.settings import settings
from core.storage import tenant_repository
from core.storage.encryption import TextCipher
from core.storage.table import Table
from results import assessment_updates, request_parsers
from results.assessment_service import AssessmentService
from results.exports.gradebook_formats import PLATFORMS
from results.roster_parser import parse_roster

logger = Logger()
app = http.create_resolver(logger)
_ID = re.compile(r"[0-9a-f]{32}")
_PREFER_WAIT = re.compile(r"\bwait=(\d{1,2})\b")
_MAX_WAIT_SECONDS = 20
_LIMIT_PATTERN = re.compile(r"[1-9]\d{0,3}")
# Records of a hundred questions each stay well inside what a Lambda may answer.
_MAX_PAGE_SIZE = 200
_PAGE_NUMBER = re.compile(r"[1-9]\d{0,4}")
_OPENAPI_FILE = Path(__file__).with_name("openapi.json")
# One try: an answer that comes late has been paid for, and would be paid for again.
_SINGLE_ATTEMPT = Config(read_timeout=26, retries={"mode": "standard", "total_max_attempts": 1})
_CURSOR = re.compile(r"[a-z_]+#[0-9TZ:.+-]+#[0-9a-f]{32}")


def assessment_service() -> AssessmentService:
    secret = settings().identity_secret.encode()
    return AssessmentService(
        tenant=http.get_tenant(app),
        table=Table(aws.client("dynamodb"), settings().table),
        s3=aws.client("s3"),
        bucket=settings().documents_bucket,
        stepfunctions=aws.client("stepfunctions"),
        state_machine_arn=settings().state_machine_arn,
        cipher=TextCipher(secret),
        secret=secret,
        invoke_recover=invoke_recover,
        mark_answer=mark_answer,
    )


def invoke_recover(event: dict[str, Any]) -> None:
    """Ask `recover` for something; it does so behind our back, with a dead-end queue of its own."""
    aws.client("lambda").invoke(
        FunctionName=settings().recover_function, InvocationType="Event", Payload=json.dumps(event).encode()
    )


def mark_answer(request: dict[str, Any]) -> dict[str, Any]:
    """Have `grade` mark one answer, and wait for it. Raises ServiceUnavailable."""
    answer = aws.client("lambda", _SINGLE_ATTEMPT).invoke(
        FunctionName=settings().grade_function, Payload=json.dumps({"action": "mark answer", **request}).encode()
    )
    marked: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        logger.error("an answer was not marked", error=marked.get("errorType"))
        raise errors.ServiceUnavailable("The answer could not be marked just now. Please send it again in a moment.")
    return marked


@app.get("/submissions/<submission_id>")
def submission(submission_id: str) -> Response[str]:
    request = _PREFER_WAIT.search(app.current_event.headers.get("prefer", ""))
    wait = min(int(request.group(1)), _MAX_WAIT_SECONDS) if request else 0
    return status_response(assessment_service().submission(parse_submission_id(submission_id), wait_seconds=wait))


@app.patch("/submissions/<submission_id>/marks/<question>")
def change_mark(submission_id: str, question: str) -> Response[str]:
    service, update = assessment_service(), request_parsers.parse_mark_change(app.current_event)
    expected_edition = request_parsers.parse_expected_edition(app.current_event.headers.get("if-match"))
    name, by = unquote(question), http.get_user(app)
    if isinstance(update, request_parsers.MarkUpdate):
        service.change_mark(
            parse_submission_id(submission_id), name, update.value, by=by, expected_edition=expected_edition
        )
    else:
        service.correct_answer_text(
            parse_submission_id(submission_id), name, update.value, by=by, expected_edition=expected_edition
        )
    return status_response(service.submission(submission_id))


def status_response(status: dict[str, Any]) -> Response[str]:
    """A submission's status; where it has marks, their edition is the ETag that a change is made under."""
    headers = {"ETag": f'"{status["edition"]}"'} if status.get("edition") else {}
    body = json.dumps(status, ensure_ascii=False, separators=(",", ":"))
    return Response(200, content_type="application/json", body=body, headers=headers)


@app.delete("/submissions/<submission_id>")
def erase(submission_id: str) -> Response[str]:
    assessment_service().erase(parse_submission_id(submission_id))
    body = {"id": submission_id, "state": SubmissionState.ERASED.value}
    return Response(202, content_type="application/json", body=json.dumps(body))


@app.get("/submissions/<submission_id>/transcript")
def transcript(submission_id: str) -> Response[str]:
    first = app.current_event.query_string_parameters.get("next", "1")
    if not _PAGE_NUMBER.fullmatch(first):
        raise errors.InvalidCursor("next is what an earlier answer gave as next.")
    document = assessment_service().transcript(parse_submission_id(submission_id), first=int(first))
    return Response(200, content_type="application/json", body=json.dumps(document, separators=(",", ":")))


@app.get("/settings")
def tenant_settings() -> dict[str, Any]:
    return assessment_service().settings()


@app.put("/settings")
def change_settings() -> dict[str, Any]:
    at = assessment_service()
    tenant_repository.save(
        at.table, at.tenant, request_parsers.parse_tenant_settings(app.current_event), by=http.get_user(app), at=now()
    )
    logger.info("settings changed")
    return at.settings()


@app.put("/assessments/<assessment>/roster")
def roster(assessment: str) -> dict[str, Any]:
    name = parse_assessment(assessment)
    try:
        text = http.decode_body(app.current_event).decode("utf-8")
    except UnicodeDecodeError:
        raise errors.InvalidRoster("The roster is not UTF-8 text.") from None
    return assessment_updates.put_roster(assessment_service(), name, parse_roster(text) if text.strip() else None)


@app.get("/assessments/<assessment>/roster")
def compare_roster(assessment: str) -> Response[str]:
    body = json.dumps(assessment_service().compare_roster(parse_assessment(assessment)), ensure_ascii=False)
    return Response(200, content_type="application/json", body=body)


@app.get("/assessments")
def assessments() -> dict[str, Any]:
    return {"assessments": assessment_service().assessments()}


@app.get("/assessments/<assessment>")
def assessment(assessment: str) -> Response[str]:
    return assessment_response(assessment_service().assessment(parse_assessment(assessment)))


@app.get("/assessments/<assessment>/submissions")
def submissions(assessment: str) -> dict[str, Any]:
    query = app.current_event.query_string_parameters
    request = query.get("limit", "")
    limit = min(int(request), _MAX_PAGE_SIZE) if _LIMIT_PATTERN.fullmatch(request) else _MAX_PAGE_SIZE
    after = query.get("next", "")
    if after and not _CURSOR.fullmatch(after):
        raise errors.InvalidCursor("next is what an earlier answer gave as next.")
    document, last = assessment_service().submissions(parse_assessment(assessment), limit=limit, after=after)
    return {"submissions": document, "next": last or None}


@app.get("/assessments/<assessment>/results.csv")
def results_csv(assessment: str) -> Response[str]:
    body = assessment_service().results_csv(parse_assessment(assessment))
    return Response(200, content_type="text/csv; charset=utf-8", body=body)


@app.get("/assessments/<assessment>/results.json")
def results_json(assessment: str) -> dict[str, Any]:
    return assessment_service().results(parse_assessment(assessment))


@app.get("/assessments/<assessment>/gradebook.csv")
def gradebook_csv(assessment: str) -> Response[str]:
    query = app.current_event.query_string_parameters
    platform = next((one for one in PLATFORMS if one == query.get("for")), None)
    if platform is None:
        raise errors.UnknownPlatform("Say for=canvas or for=moodle.")
    draft = query.get("draft") == "true"
    leave_out = query.get("unknown") == "leave_out"
    body = assessment_service().gradebook(
        parse_assessment(assessment), platform, draft=draft, leave_out_unknown=leave_out
    )
    return Response(200, content_type="text/csv; charset=utf-8", body=body)


@app.put("/assessments/<assessment>/publication")
def publication(assessment: str) -> dict[str, Any]:
    at, published = assessment_service(), request_parsers.parse_publication(app.current_event)
    return at.publish(parse_assessment(assessment), published=published, by=http.get_user(app))


@app.put("/assessments/<assessment>/marking-scheme")
def marking_scheme(assessment: str) -> dict[str, Any]:
    # Imported here: YAML is read at this one address.
    from core.models.scheme.scheme_parser import parse_scheme

    name = parse_assessment(assessment)
    try:
        text = http.decode_body(app.current_event).decode("utf-8")
    except UnicodeDecodeError:
        raise errors.InvalidMarkingScheme("The marking scheme is not UTF-8 text.") from None
    try:
        scheme = parse_scheme(text)
    except (ValueError, OverflowError, RecursionError):
        # Numbers of a thousand digits, nesting without end: the YAML reader's own limits.
        raise errors.InvalidMarkingScheme("The marking scheme holds numbers or nesting that cannot be read.") from None
    expected_revision = request_parsers.parse_expected_revision(app.current_event.headers.get("if-match"))
    return assessment_updates.put_scheme(
        assessment_service(), name, scheme.to_dict(), expected_revision=expected_revision
    )


@app.put("/assessments/<assessment>/paper")
def paper(assessment: str) -> Response[str]:
    name = parse_assessment(assessment)
    try:
        text = http.decode_body(app.current_event).decode("utf-8")
    except UnicodeDecodeError:
        raise errors.InvalidPaper("The paper is not UTF-8 text.") from None
    expected_revision = request_parsers.parse_expected_revision(app.current_event.headers.get("if-match"))
    return assessment_response(
        assessment_updates.put_paper(
            assessment_service(), name, text, by=http.get_user(app), expected_revision=expected_revision
        )
    )


def assessment_response(body: dict[str, Any]) -> Response[str]:
    """An assessment's paper and scheme have a revision, which is the ETag that they are changed under."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(200, content_type="application/json", body=text, headers={"ETag": f'"{body["revision"]}"'})


@app.get("/openapi.json")
def openapi() -> Response[str]:
    """The API's own description, made when the code was (release/openapi); open to everybody."""
    body = _OPENAPI_FILE.read_text(encoding="utf-8")
    return Response(200, content_type="application/json", body=body, headers={"Cache-Control": "public, max-age=3600"})


def parse_submission_id(submission_id: str) -> str:
    if not _ID.fullmatch(submission_id):
        raise errors.NotFound("There is no submission of this id.")
    return submission_id


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
