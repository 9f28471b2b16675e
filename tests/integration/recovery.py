"""Sheets received and recorded, sweeps, and delivery of asynchronous invocations."""

import hashlib
from typing import Any

from core.models.document_kinds import DocumentKind
from core.models.execution_state import ReadingResult
from core.models.submission import IntakeChannel, SourceFile, Submission, SubmissionState
from core.storage import assessment_repository, submission_queries, submission_repository
from core.storage.submission_record import SubmissionRecord
from core.storage.table import RECORD_SK, Table, submission_pk
from receive import app as receive_app
from recover import app as recover_app
from tests.integration.http_events import http_event, parse_response
from tests.integration.moto_cloud import DOCUMENTS, STATE_MACHINE_ARN, TABLE, TEMP, MotoCloud

BODY = b"%PDF-1.7 a sheet"
SHA256 = hashlib.sha256(BODY).hexdigest()


def receive_sheet(cloud: MotoCloud, name: str = "1", sha256: str | None = SHA256, body: bytes = BODY) -> Submission:
    """Return a sheet whose bytes are in the temp bucket."""
    submission_id = name.rjust(32, "0")
    key = f"incoming/{submission_id}"
    version = cloud.put(key, body)
    file = SourceFile(TEMP, key, version, len(body), sha256, "application/pdf")
    return Submission(
        submission_id,
        1,
        "demo",
        "bio",
        DocumentKind.ANSWER_SHEET,
        None,
        IntakeChannel.API,
        "2026-01-31T08:30:00.125Z",
        file,
    )


def record_sheet(cloud: MotoCloud, submission: Submission, state: SubmissionState = SubmissionState.READING) -> Table:
    """Record a submission as the state machine's own write does; returns the table."""
    table = Table(cloud.client("dynamodb"), TABLE)
    submission_repository.create_record(table, submission, state)
    return table


def get_record(table: Table, submission: Submission) -> dict[str, Any]:
    """Return the item of a submission's record as it is stored; it must exist."""
    found = table.get(submission_pk(submission.id), RECORD_SK)
    assert found is not None
    return found


def load_record(table: Table, submission: Submission) -> SubmissionRecord:
    """Return a submission's record, decoded; it must exist."""
    found = submission_queries.load_record(table, submission.id)
    assert isinstance(found, SubmissionRecord)
    return found


def set_paper(table: Table, name: str = "p1", at: str = "2026-01-31T09:00:00.000Z") -> None:
    """Set the assessment's question paper."""
    assessment_repository.set_document_if_newer(
        table, "demo", "bio", "paper", key=f"assessments/demo/bio/paper/{name}.json", received_at=at
    )


def sweep(context: Any, **more: Any) -> dict[str, Any]:
    """Sweep everything, however young, in as many calls as it takes; returns the sum of their counts."""
    counts: dict[str, Any] = {}
    after: Any = None
    while True:
        found = recover_app.handler({"action": "sweep", "older_than_seconds": -2, "after": after, **more}, context)
        after = found.pop("next")
        counts = {name: counts.get(name, 0) + count for name, count in found.items()}
        if after is None:
            return counts


def deliver_invocations(cloud: MotoCloud, context: Any) -> None:
    """Deliver the asynchronous invocations, as Lambda does."""
    invocations, cloud.invocations = cloud.invocations, []
    for name, event in invocations:
        {"stack-receive": receive_app, "stack-recover": recover_app}[name].handler(event, context)


def post_sheet(context: Any, body: bytes = BODY, **query: str) -> tuple[int, Any]:
    """Post a sheet to the API; returns the status and the body of the response."""
    query_parameters = {"assessment": "bio", "kind": "answer_sheet", "student": "Ada", **query}
    return parse_response(
        receive_app.handler(http_event("POST", "/submissions", query=query_parameters, body=body), context)
    )


def list_objects(cloud: MotoCloud, bucket: str) -> list[str]:
    """Return the keys of all object versions of a bucket."""
    return [sheet["Key"] for sheet in cloud.client("s3").list_object_versions(Bucket=bucket).get("Versions", ())]


def joined_state(submission: Submission, stored: dict[str, Any]) -> dict[str, Any]:
    """Return the execution's state after the join of the branches."""
    reading = ReadingResult(
        transcript_bucket=DOCUMENTS,
        transcript_key=f"transcripts/demo/{SHA256}.3-sheet.json",
        sha256=SHA256,
        pages=1,
        text_layer_pages=1,
        ocr_pages=0,
        lines=1,
        warnings=0,
        from_cache=False,
        started_at=submission.received_at,
        first_ocr_at=None,
        ended_at=submission.received_at,
    )
    persistence = {"stored": {"ok": True, "value": stored}, "recorded": {"ok": True, "repeated": False}}
    outcome = {"persistence": persistence, "reading": {"ok": True, "value": reading.to_state()}}
    return {**submission.to_state(), "outcome": outcome}


def stop_execution(cloud: MotoCloud, name: str) -> None:
    """Stop an execution before it has written a terminal state."""
    stepfunctions = cloud.client("stepfunctions")
    arn = STATE_MACHINE_ARN.replace(":stateMachine:", ":execution:") + f":{name}"
    stepfunctions.stop_execution(executionArn=arn, error="Broken", cause="by the test")
