"""Door of everything that comes in: API bodies, uploads, the drop folder."""

import json
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from core import aws, flow, http
from core.seal import Seal
from core.settings import settings
from core.submission import Submission, parse_assessment, parse_kind, parse_student
from core.table import Table
from receive import requests, tenant_rate, uploads
from receive.events import accept_records
from receive.intake import Desk, accept
from receive.repeats import Starting

logger = Logger()
metrics = Metrics()
app = http.resolver(logger)


@cache
def desk() -> Desk:
    secret = settings().identity_secret.encode()
    start = partial(
        flow.start, stepfunctions=aws.client("stepfunctions"), state_machine_arn=settings().state_machine_arn
    )
    starting = Starting(table, start, again)
    return Desk(secret, Seal(secret), settings().temp_bucket, aws.client("s3"), starting)


def table() -> Table:
    """Only a repeat looks at its record, so only a repeat makes this client."""
    return Table(aws.client("dynamodb"), settings().table)


def again(submission_id: str, received_at: str) -> None:
    """Ask `recover` to let the newest receipt count; it does so behind our back, with a dead end of its own."""
    event = {"action": "again", "submission": submission_id, "received_at": received_at}
    aws.client("lambda").invoke(
        FunctionName=settings().recover_function, InvocationType="Event", Payload=json.dumps(event).encode()
    )


def admit() -> None:
    """Count a file against its tenant's minute, where the operator has set a limit. Raises TooManyFiles."""
    if settings().tenant_rate:
        tenant_rate.admit(table(), http.tenant_of(app), most=settings().tenant_rate)


@app.post("/submissions")
def submit() -> Response[str]:
    offer = requests.offer(app.current_event, tenant=http.tenant_of(app), max_bytes=settings().max_body_bytes)
    admit()
    return accepted(accept(offer, desk()))


@app.post("/uploads")
def request_upload() -> Response[str]:
    body = requests.json_body(app.current_event)
    claims = uploads.parse_request(
        body,
        tenant=http.tenant_of(app),
        assessment=parse_assessment(body.get("assessment")),
        kind=parse_kind(body.get("kind")),
        student=parse_student(body.get("student")),
    )
    admit()
    return requests.ticket(uploads.issue(claims, desk(), max_bytes=settings().max_file_bytes))


@app.post("/uploads/<upload_id>/complete")
def complete_upload(upload_id: str) -> Response[str]:
    return accepted(uploads.complete(upload_id, desk(), tenant=http.tenant_of(app)))


def accepted(submission: Submission) -> Response[str]:
    logger.info("received", submission_id=submission.id, kind=submission.kind, door=submission.door)
    metrics.add_metric("SubmissionsReceived", MetricUnit.Count, 1)
    return requests.receipt(submission)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any] | None:
    metrics.add_metric("Deliveries", MetricUnit.Count, 1)
    if "Records" in event:
        accept_records(event["Records"], desk(), logger, metrics)
        return None
    return app.resolve(event, context)
