"""Lambda handler of everything that is received: API bodies, presigned uploads and the drop folder."""

import json
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from core.models.document_kinds import parse_kind
from core.models.function_requests import RepeatUploadRequest
from core.models.submission import Submission, parse_assessment, parse_student
from core.platform import aws, executions, http
from core.platform.settings import settings
from core.storage.encryption import TextCipher
from core.storage.table import Table
from receive import rate_limit, requests, uploads
from receive.execution_starter import ExecutionStarter
from receive.intake import IntakeContext, accept_file
from receive.s3_events import handle_s3_records

logger = Logger()
metrics = Metrics()
app = http.create_resolver(logger)


@cache
def intake_context() -> IntakeContext:
    secret = settings().identity_secret.encode()
    start = partial(
        executions.start_execution,
        stepfunctions=aws.client("stepfunctions"),
        state_machine_arn=settings().state_machine_arn,
    )
    starter = ExecutionStarter(table, start, notify_repeat)
    return IntakeContext(secret, TextCipher(secret), settings().temp_bucket, aws.client("s3"), starter)


def table() -> Table:
    """Return the table. Created on demand: only a repeated upload has to read its record."""
    return Table(aws.client("dynamodb"), settings().table)


def notify_repeat(submission_id: str, received_at: str) -> None:
    """Invoke `recover` asynchronously to make this the newest receipt; the invocation has its own dead-letter queue."""
    event = RepeatUploadRequest(submission_id, received_at).to_event()
    aws.client("lambda").invoke(
        FunctionName=settings().recover_function, InvocationType="Event", Payload=json.dumps(event).encode()
    )


def check_tenant_rate() -> None:
    """Count a file towards its tenant's rate limit, if the operator has set one. Raises TooManyFiles."""
    if settings().tenant_rate:
        rate_limit.enforce_rate_limit(table(), http.get_tenant(app), limit=settings().tenant_rate)


@app.post("/submissions")
def create_submission() -> Response[str]:
    uploaded_file = requests.parse_submission_request(
        app.current_event, tenant=http.get_tenant(app), max_bytes=settings().max_body_bytes
    )
    check_tenant_rate()
    return log_and_respond(accept_file(uploaded_file, intake_context()))


@app.post("/uploads")
def create_upload() -> Response[str]:
    body = requests.parse_json_body(app.current_event)
    metadata = uploads.parse_upload_request(
        body,
        tenant=http.get_tenant(app),
        assessment=parse_assessment(body.get("assessment")),
        kind=parse_kind(body.get("kind")),
        student=parse_student(body.get("student")),
    )
    check_tenant_rate()
    return requests.upload_response(
        uploads.create_presigned_upload(metadata, intake_context(), max_bytes=settings().max_file_bytes)
    )


@app.post("/uploads/<upload_id>/complete")
def complete_upload(upload_id: str) -> Response[str]:
    return log_and_respond(uploads.complete_upload(upload_id, intake_context(), tenant=http.get_tenant(app)))


def log_and_respond(submission: Submission) -> Response[str]:
    logger.info("received", submission_id=submission.id, kind=submission.kind, channel=submission.channel)
    metrics.add_metric("SubmissionsReceived", MetricUnit.Count, 1)
    return requests.accepted_response(submission)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any] | None:
    metrics.add_metric("Deliveries", MetricUnit.Count, 1)
    if "Records" in event:
        handle_s3_records(event["Records"], intake_context(), logger, metrics)
        return None
    return app.resolve(event, context)
