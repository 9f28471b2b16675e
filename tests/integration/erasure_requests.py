"""What the tests of erasure do: erase a submission, read what is left, and make a sheet that has everything."""

import json
from typing import Any

from core.models.submission import Submission, SubmissionState
from core.storage import submission_repository
from core.storage.outcome_attributes import OutcomeAttributes
from persist import app as persist_app
from results import app as results_app
from tests.integration.http_events import http_event, parse_response
from tests.integration.moto_cloud import (
    DOCUMENTS,
    TABLE,
    MotoCloud,
)
from tests.integration.recovery import (
    SHA256,
    deliver_invocations,
    post_sheet,
    record_sheet,
)


def erase(cloud: MotoCloud, context: Any, submission_id: str) -> int:
    event = http_event("DELETE", f"/submissions/{submission_id}")
    code: int = results_app.handler(event, context)["statusCode"]
    deliver_invocations(cloud, context)
    return code


def status(context: Any, submission_id: str) -> tuple[int, Any]:
    return parse_response(results_app.handler(http_event("GET", f"/submissions/{submission_id}"), context))


def table_text(cloud: MotoCloud) -> str:
    """Return everything in the table as text."""
    return json.dumps(cloud.client("dynamodb").scan(TableName=TABLE)["Items"], default=str)


def create_graded_sheet(cloud: MotoCloud, context: Any, **query: str) -> Submission:
    """A sheet that was received through the API, stored, read and graded."""
    _, receipt = post_sheet(context, **query)
    submission = Submission.from_state(cloud.executions()[f"{receipt['id']}-1"])
    table = record_sheet(cloud, submission)
    persist_app.handler(submission.to_state(), context)
    transcript, result = f"transcripts/demo/{SHA256}.1-sheet.json", f"results/demo/{submission.id}/1.json"
    for key in (transcript, result):
        cloud.client("s3").put_object(Bucket=DOCUMENTS, Key=key, Body=b"{}")
    table.put({"pk": f"submission#{submission.id}", "sk": "lane#0001#reading", "pages_total": 1})
    table.put({"pk": f"submission#{submission.id}", "sk": "anything else", "student": "Ada"})
    submission_repository.write_terminal_state(
        table,
        submission,
        SubmissionState.GRADED,
        OutcomeAttributes.from_item({"result_key": result, "transcript_key": transcript, "marks": 1}),
    )
    return submission
