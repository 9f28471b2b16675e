"""The lanes run side by side, and none of them can harm the other: proven from the execution history."""

import json
from typing import Any

from tests.documents import typed_pdf
from tests.workflow.conftest import ANSWERS, AcceptedSubmission, WorkflowHarness

SLOW = 3.0


def test_reading_starts_before_storing_and_recording_have_ended(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.scan()
    assert harness.ended(sheet)["state"] in ("GRADED", "NEEDS_REVIEW")
    timeline = harness.timeline(sheet)
    assert timeline.is_from_history
    assert timeline.reading_started_first
    assert timeline.saved_seconds is not None


def test_a_slow_store_does_not_hinder_the_reading(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.slow("s3", "CopyObject", SLOW)
    paper = harness.send("question_paper", typed_pdf([harness.assessment, "1. What is a cell? [2]"]))
    harness.ended(paper)
    spans = harness.timeline(paper).spans
    assert spans["storing"].seconds >= SLOW
    assert spans["reading"].end < spans["storing"].end
    assert spans["recording"].end < spans["storing"].end


def test_a_slow_reading_leaves_the_file_stored_and_recorded_long_before(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.slow("textract", "DetectDocumentText", SLOW)
    sheet = harness.scan()
    harness.ended(sheet)
    spans = harness.timeline(sheet).spans
    assert spans["reading"].seconds >= SLOW
    assert spans["storing"].end < spans["reading"].end
    assert spans["recording"].end < spans["reading"].end


def test_a_failing_store_keeps_the_reading_and_can_be_resumed(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.fail("s3", "CopyObject", "AccessDenied", status=403)
    sheet = harness.sheet()
    ended = harness.ended(sheet)
    assert ended["state"] == "FAILED"
    assert ended["reason"]["type"] == "NotPersisted"
    assert transcripts(harness, sheet)
    harness.cloud.faults.clear()
    harness.resume(sheet)
    again = harness.ended(sheet, but_not="FAILED")
    assert (again["run"], again["marks"]) == (2, 4)
    assert output_of(harness, sheet, "Extract", run=2)["value"]["kept"] is True


def test_a_failing_record_keeps_the_reading_and_the_file(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.fail("dynamodb", "UpdateItem", "AccessDeniedException", status=400, caller="stepfunctions")
    sheet = harness.sheet()
    assert harness.ended(sheet)["state"] == "FAILED"
    assert stored(harness, sheet)
    harness.cloud.faults.clear()
    harness.resume(sheet)
    assert harness.ended(sheet, but_not="FAILED")["marks"] == 4


def test_a_failing_reading_keeps_the_file_and_the_record(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.fail("textract", "DetectDocumentText", "AccessDeniedException", status=400)
    sheet = harness.scan()
    ended = harness.ended(sheet)
    assert ended["state"] == "FAILED"
    assert stored(harness, sheet)
    assert ended["lanes"]["storing"]["state"] == "done"
    harness.cloud.faults.clear()
    harness.resume(sheet)
    assert harness.ended(sheet, but_not="FAILED")["state"] in ("GRADED", "NEEDS_REVIEW")


def test_a_passing_fault_in_each_lane_is_retried_and_nobody_notices(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.fail("s3", "CopyObject", "SlowDown", status=503, times=7)
    harness.cloud.faults.fail(
        "dynamodb", "UpdateItem", "ThrottlingException", status=400, caller="stepfunctions", times=2
    )
    assert harness.ended(harness.sheet())["marks"] == 4


def test_a_sheet_before_its_paper_waits_and_is_graded_when_it_comes(harness: WorkflowHarness) -> None:
    early = harness.sheet()
    assert harness.ended(early)["state"] == "AWAITING_PAPER"
    harness.prepare()
    released = harness.ended(early, but_not="AWAITING_PAPER")
    assert (released["run"], released["marks"]) == (2, 4)


def test_a_new_scheme_grades_again_what_was_graded_before(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.sheet()
    assert harness.ended(sheet)["marks"] == 4
    stricter = '{"questions": [{"question": "1", "type": "choice", "marks": 1, "answer": "A"}]}'
    harness.api.put_scheme(harness.assessment, stricter.encode(), "application/json")
    for _ in range(100):
        found = harness.status(sheet.id, wait=1)
        if found["run"] == 2 and found["ended_at"]:
            break
    by_label = {question["label"]: question["marks"] for question in found["result"]["questions"]}
    assert by_label["1"] == 0


def test_the_same_bytes_are_never_read_twice(harness: WorkflowHarness) -> None:
    harness.prepare()
    body = harness.scanned()
    harness.ended(harness.send("answer_sheet", body, student="Ada"))
    before = len(ocr_calls(harness))
    harness.ended(harness.send("answer_sheet", body, student="Bo"))
    assert len(ocr_calls(harness)) == before


def test_the_largest_state_stays_under_32_kilobytes(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.send("answer_sheet", typed_pdf(*[[*ANSWERS] for _ in range(30)]), student="Ada")
    harness.ended(sheet)
    stepfunctions = harness.cloud.client("stepfunctions")
    events = stepfunctions.get_execution_history(executionArn=harness.execution_arn(sheet), maxResults=1000)["events"]
    outputs = [event.get("stateExitedEventDetails", {}).get("output", "") for event in events]
    assert max(outputs, key=len)
    assert max(len(output.encode()) for output in outputs) < 32_000


def transcripts(harness: WorkflowHarness, sheet: AcceptedSubmission) -> list[str]:
    """The transcripts that were kept of a sheet's content."""
    found = harness.cloud.client("s3").list_objects_v2(Bucket=harness.documents, Prefix="transcripts/demo/")["Contents"]
    state = next(state for state in harness.executions() if state["submission"]["id"] == sheet.id)
    return [thing["Key"] for thing in found if state["file"]["sha256"] in thing["Key"]]


def stored(harness: WorkflowHarness, sheet: AcceptedSubmission) -> bool:
    found = harness.cloud.client("s3").list_objects_v2(Bucket=harness.documents, Prefix=f"documents/demo/{sheet.id}")
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
    raise AssertionError(f"{state} was not left")
