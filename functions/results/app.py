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

from core import aws, errors, http, tenant
from core.clock import now
from core.seal import Seal
from core.settings import settings
from core.submission import State, parse_assessment
from core.table import Table
from results import requests, shelving
from results.desk import Desk
from results.exports import PLATFORMS
from results.rosters import parse_roster

logger = Logger()
app = http.resolver(logger)
_ID = re.compile(r"[0-9a-f]{32}")
_WAIT = re.compile(r"\bwait=(\d{1,2})\b")
_MAX_WAIT_SECONDS = 20
_LIMIT = re.compile(r"[1-9]\d{0,3}")
# Records of a hundred questions each stay well inside what a Lambda may answer.
_MAX_PAGE = 200
_PAGE = re.compile(r"[1-9]\d{0,4}")
_DESCRIPTION = Path(__file__).with_name("openapi.json")
# One try: an answer that comes late has been paid for, and would be paid for again.
_WAITING = Config(read_timeout=26, retries={"mode": "standard", "total_max_attempts": 1})
_NEXT = re.compile(r"[a-z_]+#[0-9TZ:.+-]+#[0-9a-f]{32}")


def desk() -> Desk:
    secret = settings().identity_secret.encode()
    return Desk(
        tenant=http.tenant_of(app),
        table=Table(aws.client("dynamodb"), settings().table),
        s3=aws.client("s3"),
        bucket=settings().documents_bucket,
        stepfunctions=aws.client("stepfunctions"),
        state_machine_arn=settings().state_machine_arn,
        seal=Seal(secret),
        secret=secret,
        recover=recover,
        mark_answer=mark_answer,
    )


def recover(event: dict[str, Any]) -> None:
    """Ask `recover` for something; it does so behind our back, with a dead-end queue of its own."""
    aws.client("lambda").invoke(
        FunctionName=settings().recover_function, InvocationType="Event", Payload=json.dumps(event).encode()
    )


def mark_answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Have `grade` mark one answer, and wait for it. Raises ServiceUnavailable."""
    answer = aws.client("lambda", _WAITING).invoke(
        FunctionName=settings().grade_function, Payload=json.dumps({"action": "mark answer", **asked}).encode()
    )
    made: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        logger.error("an answer was not marked", error=made.get("errorType"))
        raise errors.ServiceUnavailable("The answer could not be marked just now. Please send it again in a moment.")
    return made


@app.get("/submissions/<submission_id>")
def submission(submission_id: str) -> Response[str]:
    asked = _WAIT.search(app.current_event.headers.get("prefer", ""))
    wait = min(int(asked.group(1)), _MAX_WAIT_SECONDS) if asked else 0
    return told(desk().submission(parse_id(submission_id), wait_seconds=wait))


@app.patch("/submissions/<submission_id>/marks/<question>")
def change_mark(submission_id: str, question: str) -> Response[str]:
    at, asked = desk(), requests.change(app.current_event)
    seen = requests.edition(app.current_event.headers.get("if-match"))
    name, by = unquote(question), http.user_of(app)
    if isinstance(asked, requests.Mark):
        at.change_mark(parse_id(submission_id), name, asked.value, by=by, seen=seen)
    else:
        at.correct_reading(parse_id(submission_id), name, asked.value, by=by, seen=seen)
    return told(at.submission(submission_id))


def told(status: dict[str, Any]) -> Response[str]:
    """A submission's status; where it has marks, their edition is the ETag that a change is made under."""
    headers = {"ETag": f'"{status["edition"]}"'} if status.get("edition") else {}
    body = json.dumps(status, ensure_ascii=False, separators=(",", ":"))
    return Response(200, content_type="application/json", body=body, headers=headers)


@app.delete("/submissions/<submission_id>")
def erase(submission_id: str) -> Response[str]:
    desk().erase(parse_id(submission_id))
    body = {"id": submission_id, "state": State.ERASED.value}
    return Response(202, content_type="application/json", body=json.dumps(body))


@app.get("/submissions/<submission_id>/transcript")
def transcript(submission_id: str) -> Response[str]:
    first = app.current_event.query_string_parameters.get("next", "1")
    if not _PAGE.fullmatch(first):
        raise errors.InvalidCursor("next is what an earlier answer gave as next.")
    found = desk().transcript(parse_id(submission_id), first=int(first))
    return Response(200, content_type="application/json", body=json.dumps(found, separators=(",", ":")))


@app.get("/settings")
def tenant_settings() -> dict[str, Any]:
    return desk().settings()


@app.put("/settings")
def change_settings() -> dict[str, Any]:
    at = desk()
    tenant.save(at.table, at.tenant, requests.tenant_settings(app.current_event), by=http.user_of(app), at=now())
    logger.info("settings changed")
    return at.settings()


@app.put("/assessments/<assessment>/roster")
def roster(assessment: str) -> dict[str, Any]:
    name = parse_assessment(assessment)
    try:
        text = http.raw_body(app.current_event).decode("utf-8")
    except UnicodeDecodeError:
        raise errors.InvalidRoster("The roster is not UTF-8 text.") from None
    return shelving.put_roster(desk(), name, parse_roster(text) if text.strip() else None)


@app.get("/assessments/<assessment>/roster")
def roster_compared(assessment: str) -> Response[str]:
    body = json.dumps(desk().roster_compared(parse_assessment(assessment)), ensure_ascii=False)
    return Response(200, content_type="application/json", body=body)


@app.get("/assessments")
def assessments() -> dict[str, Any]:
    return {"assessments": desk().assessments()}


@app.get("/assessments/<assessment>")
def assessment(assessment: str) -> Response[str]:
    return revised(desk().assessment(parse_assessment(assessment)))


@app.get("/assessments/<assessment>/submissions")
def submissions(assessment: str) -> dict[str, Any]:
    query = app.current_event.query_string_parameters
    asked = query.get("limit", "")
    most = min(int(asked), _MAX_PAGE) if _LIMIT.fullmatch(asked) else _MAX_PAGE
    after = query.get("next", "")
    if after and not _NEXT.fullmatch(after):
        raise errors.InvalidCursor("next is what an earlier answer gave as next.")
    found, last = desk().submissions(parse_assessment(assessment), most=most, after=after)
    return {"submissions": found, "next": last or None}


@app.get("/assessments/<assessment>/results.csv")
def results_csv(assessment: str) -> Response[str]:
    body = desk().results_csv(parse_assessment(assessment))
    return Response(200, content_type="text/csv; charset=utf-8", body=body)


@app.get("/assessments/<assessment>/results.json")
def results_json(assessment: str) -> dict[str, Any]:
    return desk().results(parse_assessment(assessment))


@app.get("/assessments/<assessment>/gradebook.csv")
def gradebook_csv(assessment: str) -> Response[str]:
    query = app.current_event.query_string_parameters
    platform = next((one for one in PLATFORMS if one == query.get("for")), None)
    if platform is None:
        raise errors.UnknownPlatform("Say for=canvas or for=moodle.")
    draft = query.get("draft") == "true"
    leave_out = query.get("unknown") == "leave_out"
    body = desk().gradebook(parse_assessment(assessment), platform, draft=draft, leave_out_unknown=leave_out)
    return Response(200, content_type="text/csv; charset=utf-8", body=body)


@app.put("/assessments/<assessment>/publication")
def publication(assessment: str) -> dict[str, Any]:
    at, published = desk(), requests.published(app.current_event)
    return at.publish(parse_assessment(assessment), published=published, by=http.user_of(app))


@app.put("/assessments/<assessment>/marking-scheme")
def marking_scheme(assessment: str) -> dict[str, Any]:
    # Imported here: YAML is read at this one address.
    from core.scheme.document import parse_scheme

    name = parse_assessment(assessment)
    try:
        text = http.raw_body(app.current_event).decode("utf-8")
    except UnicodeDecodeError:
        raise errors.InvalidMarkingScheme("The marking scheme is not UTF-8 text.") from None
    try:
        scheme = parse_scheme(text)
    except (ValueError, OverflowError, RecursionError):
        # Numbers of a thousand digits, nesting without end: the YAML reader's own limits.
        raise errors.InvalidMarkingScheme("The marking scheme holds numbers or nesting that cannot be read.") from None
    seen = requests.revision(app.current_event.headers.get("if-match"))
    return shelving.put_scheme(desk(), name, scheme.to_dict(), seen=seen)


@app.put("/assessments/<assessment>/paper")
def paper(assessment: str) -> Response[str]:
    name = parse_assessment(assessment)
    try:
        text = http.raw_body(app.current_event).decode("utf-8")
    except UnicodeDecodeError:
        raise errors.InvalidPaper("The paper is not UTF-8 text.") from None
    seen = requests.revision(app.current_event.headers.get("if-match"))
    return revised(shelving.put_paper(desk(), name, text, by=http.user_of(app), seen=seen))


def revised(body: dict[str, Any]) -> Response[str]:
    """An assessment's paper and scheme have a revision, which is the ETag that they are changed under."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(200, content_type="application/json", body=text, headers={"ETag": f'"{body["revision"]}"'})


@app.get("/openapi.json")
def openapi() -> Response[str]:
    """The API's own description, made when the code was (release/openapi); open to everybody."""
    body = _DESCRIPTION.read_text(encoding="utf-8")
    return Response(200, content_type="application/json", body=body, headers={"Cache-Control": "public, max-age=3600"})


def parse_id(submission_id: str) -> str:
    if not _ID.fullmatch(submission_id):
        raise errors.NotFound("There is no submission of this id.")
    return submission_id


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
