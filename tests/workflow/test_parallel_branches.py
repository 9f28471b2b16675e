"""The branches run in parallel and cannot harm each other; proven from the execution history."""

import json
from typing import Any

from local.cli.api_client import AcceptedSubmission
from tests.documents import typed_pdf
from tests.workflow.conftest import ANSWERS, WorkflowHarness

DELAY_SECONDS = 3.0


def test_reading_starts_before_storing_and_recording_end(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.send_scan()
    assert harness.wait_until_ended(sheet)["state"] in ("GRADED", "NEEDS_REVIEW")
    timeline = harness.timeline(sheet)
    assert timeline.is_from_history
    assert timeline.reading_started_first
    assert timeline.saved_seconds is not None


def test_slow_storing_does_not_delay_reading(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.slow("s3", "CopyObject", DELAY_SECONDS)
    paper = harness.send("question_paper", typed_pdf([harness.assessment, "1. What is a cell? [2]"]))
    harness.wait_until_ended(paper)
    spans = harness.timeline(paper).spans
    assert spans["storing"].seconds >= DELAY_SECONDS
    assert spans["reading"].end < spans["storing"].end
    assert spans["recording"].end < spans["storing"].end


def test_during_slow_reading_the_file_is_already_stored_and_recorded(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.slow("textract", "DetectDocumentText", DELAY_SECONDS)
    sheet = harness.send_scan()
    harness.wait_until_ended(sheet)
    spans = harness.timeline(sheet).spans
    assert spans["reading"].seconds >= DELAY_SECONDS
    assert spans["storing"].end < spans["reading"].end
    assert spans["recording"].end < spans["reading"].end


def test_failed_storing_keeps_the_transcript_and_can_be_resumed(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.fail("s3", "CopyObject", "AccessDenied", status=403)
    sheet = harness.send_sheet()
    status = harness.wait_until_ended(sheet)
    assert status["state"] == "FAILED"
    assert status["reason"]["type"] == "NotPersisted"
    assert transcripts(harness, sheet)
    harness.cloud.faults.clear()
    harness.resume(sheet)
    again = harness.wait_until_ended(sheet, other_than="FAILED")
    assert (again["run"], again["marks"]) == (2, 4)
    assert output_of(harness, sheet, "Extract", run=2)["value"]["kept"] is True


def test_failed_recording_keeps_the_transcript_and_the_file(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.fail("dynamodb", "UpdateItem", "AccessDeniedException", status=400, caller="stepfunctions")
    sheet = harness.send_sheet()
    assert harness.wait_until_ended(sheet)["state"] == "FAILED"
    assert is_stored(harness, sheet)
    harness.cloud.faults.clear()
    harness.resume(sheet)
    assert harness.wait_until_ended(sheet, other_than="FAILED")["marks"] == 4


def test_failed_reading_keeps_the_file_and_the_record(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.fail("textract", "DetectDocumentText", "AccessDeniedException", status=400)
    sheet = harness.send_scan()
    status = harness.wait_until_ended(sheet)
    assert status["state"] == "FAILED"
    assert is_stored(harness, sheet)
    assert status["lanes"]["storing"]["state"] == "done"
    harness.cloud.faults.clear()
    harness.resume(sheet)
    assert harness.wait_until_ended(sheet, other_than="FAILED")["state"] in ("GRADED", "NEEDS_REVIEW")


def test_transient_faults_in_each_branch_are_retried(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.fail("s3", "CopyObject", "SlowDown", status=503, times=7)
    harness.cloud.faults.fail(
        "dynamodb", "UpdateItem", "ThrottlingException", status=400, caller="stepfunctions", times=2
    )
    assert harness.wait_until_ended(harness.send_sheet())["marks"] == 4


def test_a_sheet_sent_before_its_paper_is_graded_when_the_paper_arrives(harness: WorkflowHarness) -> None:
    sheet = harness.send_sheet()
    assert harness.wait_until_ended(sheet)["state"] == "AWAITING_PAPER"
    harness.prepare()
    released = harness.wait_until_ended(sheet, other_than="AWAITING_PAPER")
    assert (released["run"], released["marks"]) == (2, 4)


def test_a_new_scheme_grades_sheets_again(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.send_sheet()
    assert harness.wait_until_ended(sheet)["marks"] == 4
    stricter = '{"questions": [{"question": "1", "type": "choice", "marks": 1, "answer": "A"}]}'
    harness.api.put_scheme(harness.assessment, stricter.encode(), "application/json")
    for _ in range(100):
        found = harness.status(sheet.id, wait=1)
        if found["run"] == 2 and found["ended_at"]:
            break
    by_label = {question["label"]: question["marks"] for question in found["result"]["questions"]}
    assert by_label["1"] == 0


def test_the_same_bytes_are_read_only_once(harness: WorkflowHarness) -> None:
    harness.prepare()
    body = harness.scanned_sheet()
    harness.wait_until_ended(harness.send("answer_sheet", body, student="Ada"))
    before = len(ocr_calls(harness))
    harness.wait_until_ended(harness.send("answer_sheet", body, student="Bo"))
    assert len(ocr_calls(harness)) == before


def test_the_largest_state_stays_under_32_kilobytes(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.send("answer_sheet", typed_pdf(*[[*ANSWERS] for _ in range(30)]), student="Ada")
    harness.wait_until_ended(sheet)
    stepfunctions = harness.cloud.client("stepfunctions")
    events = stepfunctions.get_execution_history(executionArn=harness.execution_arn(sheet), maxResults=1000)["events"]
    outputs = [event.get("stateExitedEventDetails", {}).get("output", "") for event in events]
    assert max(outputs, key=len)
    assert max(len(output.encode()) for output in outputs) < 32_000


def transcripts(harness: WorkflowHarness, sheet: AcceptedSubmission) -> list[str]:
    """Returns the keys of the transcripts stored for a sheet's content."""
    s3 = harness.cloud.client("s3")
    found = s3.list_objects_v2(Bucket=harness.documents_bucket, Prefix="transcripts/demo/")["Contents"]
    state = next(state for state in harness.executions() if state["submission"]["id"] == sheet.id)
    return [entry["Key"] for entry in found if state["file"]["sha256"] in entry["Key"]]


def is_stored(harness: WorkflowHarness, sheet: AcceptedSubmission) -> bool:
    s3 = harness.cloud.client("s3")
    found = s3.list_objects_v2(Bucket=harness.documents_bucket, Prefix=f"documents/demo/{sheet.id}")
    return found["KeyCount"] == 1


def ocr_calls(harness: WorkflowHarness) -> list[object]:
    return [call for call in harness.cloud.calls() if call.operation == "DetectDocumentText"]


def output_of(harness: WorkflowHarness, sheet: AcceptedSubmission, state: str, run: int) -> Any:
    stepfunctions = harness.cloud.client("stepfunctions")
    events = stepfunctions.get_execution_history(executionArn=harness.execution_arn(sheet, run), maxResults=1000)[
        "events"
    ]
    for event in events:
        details = event.get("stateExitedEventDetails", {})
        if details.get("name") == state:
            return json.loads(details["output"])
    raise AssertionError(f"the execution did not leave {state}")
