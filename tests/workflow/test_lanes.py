"""The lanes run side by side, and none of them can harm the other: proven from the execution history."""

import json
from typing import Any

from tests.documents import typed_pdf
from tests.workflow.conftest import ANSWERS, Flow, Receipt

SLOW = 3.0


def test_reading_starts_before_storing_and_recording_have_ended(flow: Flow) -> None:
    flow.prepare()
    sheet = flow.scan()
    assert flow.ended(sheet)["state"] in ("GRADED", "NEEDS_REVIEW")
    timeline = flow.timeline(sheet)
    assert timeline.proven
    assert timeline.reading_came_first
    assert timeline.saved_seconds is not None


def test_a_slow_store_does_not_hinder_the_reading(flow: Flow) -> None:
    flow.prepare()
    flow.cloud.faults.slow("s3", "CopyObject", SLOW)
    paper = flow.send("question_paper", typed_pdf([flow.assessment, "1. What is a cell? [2]"]))
    flow.ended(paper)
    spans = flow.timeline(paper).spans
    assert spans["storing"].seconds >= SLOW
    assert spans["reading"].end < spans["storing"].end
    assert spans["recording"].end < spans["storing"].end


def test_a_slow_reading_leaves_the_file_stored_and_recorded_long_before(flow: Flow) -> None:
    flow.prepare()
    flow.cloud.faults.slow("textract", "DetectDocumentText", SLOW)
    sheet = flow.scan()
    flow.ended(sheet)
    spans = flow.timeline(sheet).spans
    assert spans["reading"].seconds >= SLOW
    assert spans["storing"].end < spans["reading"].end
    assert spans["recording"].end < spans["reading"].end


def test_a_failing_store_keeps_the_reading_and_can_be_resumed(flow: Flow) -> None:
    flow.prepare()
    flow.cloud.faults.fail("s3", "CopyObject", "AccessDenied", status=403)
    sheet = flow.sheet()
    ended = flow.ended(sheet)
    assert ended["state"] == "FAILED"
    assert ended["reason"]["type"] == "NotPersisted"
    assert transcripts(flow, sheet)
    flow.cloud.faults.clear()
    flow.resume(sheet)
    again = flow.ended(sheet, but_not="FAILED")
    assert (again["run"], again["marks"]) == (2, 4)
    assert output_of(flow, sheet, "Extract", run=2)["value"]["kept"] is True


def test_a_failing_record_keeps_the_reading_and_the_file(flow: Flow) -> None:
    flow.prepare()
    flow.cloud.faults.fail("dynamodb", "UpdateItem", "AccessDeniedException", status=400, caller="stepfunctions")
    sheet = flow.sheet()
    assert flow.ended(sheet)["state"] == "FAILED"
    assert stored(flow, sheet)
    flow.cloud.faults.clear()
    flow.resume(sheet)
    assert flow.ended(sheet, but_not="FAILED")["marks"] == 4


def test_a_failing_reading_keeps_the_file_and_the_record(flow: Flow) -> None:
    flow.prepare()
    flow.cloud.faults.fail("textract", "DetectDocumentText", "AccessDeniedException", status=400)
    sheet = flow.scan()
    ended = flow.ended(sheet)
    assert ended["state"] == "FAILED"
    assert stored(flow, sheet)
    assert ended["lanes"]["storing"]["state"] == "done"
    flow.cloud.faults.clear()
    flow.resume(sheet)
    assert flow.ended(sheet, but_not="FAILED")["state"] in ("GRADED", "NEEDS_REVIEW")


def test_a_passing_fault_in_each_lane_is_retried_and_nobody_notices(flow: Flow) -> None:
    flow.prepare()
    flow.cloud.faults.fail("s3", "CopyObject", "SlowDown", status=503, times=7)
    flow.cloud.faults.fail("dynamodb", "UpdateItem", "ThrottlingException", status=400, caller="stepfunctions", times=2)
    assert flow.ended(flow.sheet())["marks"] == 4


def test_a_sheet_before_its_paper_waits_and_is_graded_when_it_comes(flow: Flow) -> None:
    early = flow.sheet()
    assert flow.ended(early)["state"] == "AWAITING_PAPER"
    flow.prepare()
    released = flow.ended(early, but_not="AWAITING_PAPER")
    assert (released["run"], released["marks"]) == (2, 4)


def test_a_new_scheme_grades_again_what_was_graded_before(flow: Flow) -> None:
    flow.prepare()
    sheet = flow.sheet()
    assert flow.ended(sheet)["marks"] == 4
    stricter = '{"questions": [{"question": "1", "type": "choice", "marks": 1, "answer": "A"}]}'
    flow.api.put_scheme(flow.assessment, stricter.encode(), "application/json")
    for _ in range(100):
        found = flow.status(sheet.id, wait=1)
        if found["run"] == 2 and found["ended_at"]:
            break
    by_label = {question["label"]: question["marks"] for question in found["result"]["questions"]}
    assert by_label["1"] == 0


def test_the_same_bytes_are_never_read_twice(flow: Flow) -> None:
    flow.prepare()
    body = flow.scanned()
    flow.ended(flow.send("answer_sheet", body, student="Ada"))
    before = len(ocr_calls(flow))
    flow.ended(flow.send("answer_sheet", body, student="Bo"))
    assert len(ocr_calls(flow)) == before


def test_the_largest_state_stays_under_32_kilobytes(flow: Flow) -> None:
    flow.prepare()
    sheet = flow.send("answer_sheet", typed_pdf(*[[*ANSWERS] for _ in range(30)]), student="Ada")
    flow.ended(sheet)
    stepfunctions = flow.cloud.client("stepfunctions")
    events = stepfunctions.get_execution_history(executionArn=flow.execution_arn(sheet), maxResults=1000)["events"]
    outputs = [event.get("stateExitedEventDetails", {}).get("output", "") for event in events]
    assert max(outputs, key=len)
    assert max(len(output.encode()) for output in outputs) < 32_000


def transcripts(flow: Flow, sheet: Receipt) -> list[str]:
    """The transcripts that were kept of a sheet's content."""
    found = flow.cloud.client("s3").list_objects_v2(Bucket=flow.documents, Prefix="transcripts/demo/")["Contents"]
    state = next(state for state in flow.executions() if state["submission"]["id"] == sheet.id)
    return [thing["Key"] for thing in found if state["file"]["sha256"] in thing["Key"]]


def stored(flow: Flow, sheet: Receipt) -> bool:
    found = flow.cloud.client("s3").list_objects_v2(Bucket=flow.documents, Prefix=f"documents/demo/{sheet.id}")
    return found["KeyCount"] == 1


def ocr_calls(flow: Flow) -> list[object]:
    return [call for call in flow.cloud.calls() if call.operation == "DetectDocumentText"]


def output_of(flow: Flow, sheet: Receipt, state: str, run: int) -> Any:
    stepfunctions = flow.cloud.client("stepfunctions")
    events = stepfunctions.get_execution_history(executionArn=flow.execution_arn(sheet, run), maxResults=1000)["events"]
    for event in events:
        details = event.get("stateExitedEventDetails", {})
        if details.get("name") == state:
            return json.loads(details["output"])
    raise AssertionError(f"{state} was not left")
