"""Nothing accepted is lost and nothing is done twice, with the real state machine, handlers and roles."""

import json
from typing import Any

import pytest
import requests

from local.cli.api_client import AcceptedSubmission
from tests.workflow.conftest import ANSWERS, WorkflowHarness, wait_until


def sweep_everything(harness: WorkflowHarness) -> dict[str, int]:
    """Sweeps all submissions, however young, and returns the sums of the counts of all rounds."""
    counts: dict[str, int] = {}
    after: Any = None
    while True:
        request = {"action": "sweep", "older_than_seconds": -2, "after": after}
        found = harness.cloud.invoke("RecoverFunction", request)
        after = found.pop("next")
        counts = {name: counts.get(name, 0) + count for name, count in found.items()}
        if after is None:
            return counts


def object_keys(harness: WorkflowHarness, bucket: str, part: str) -> list[str]:
    """Returns the keys of all versions that contain `part`."""
    pages = harness.cloud.client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket)
    return [version["Key"] for page in pages for version in page.get("Versions", ()) if part in version["Key"]]


def has_no_objects(harness: WorkflowHarness, receipt: AcceptedSubmission) -> bool:
    buckets = (harness.documents_bucket, harness.temp_bucket)
    return not any(object_keys(harness, bucket, receipt.id) for bucket in buckets)


def runs(harness: WorkflowHarness, receipt: AcceptedSubmission) -> list[int]:
    found = [state["submission"] for state in harness.executions()]
    return sorted(submission["run"] for submission in found if submission["id"] == receipt.id)


def erase(harness: WorkflowHarness, receipt: AcceptedSubmission) -> None:
    response = requests.delete(
        f"{harness.cloud.api_url}/submissions/{receipt.id}",
        headers={"Authorization": f"Bearer {harness.cloud.token()}"},
        timeout=30,
    )
    assert response.status_code == 202, response.text


def ended_sheets(harness: WorkflowHarness) -> list[dict[str, Any]]:
    return [entry for entry in harness.submissions() if entry["kind"] == "answer_sheet" and entry["ended_at"]]


def test_the_received_object_is_deleted_after_the_result(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.send_sheet()
    assert harness.wait_until_ended(sheet)["state"] == "GRADED"
    assert wait_until(lambda: not object_keys(harness, harness.temp_bucket, sheet.id))
    key = f"documents/demo/{sheet.id}"
    assert object_keys(harness, harness.documents_bucket, key) == [key]
    harness.resume(sheet)
    again = wait_until(
        lambda: next((s for s in [harness.status(sheet.id, wait=1)] if s["run"] == 2 and s["ended_at"]), None)
    )
    assert again["marks"] == 4


def test_a_dropped_file_leaves_the_drop_folder_once_stored(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.drop_file("answers/Zoë (2).pdf", harness.typed_sheet())
    sheet = wait_until(lambda: ended_sheets(harness))[0]
    assert sheet["state"] == "GRADED"
    assert wait_until(lambda: not object_keys(harness, harness.temp_bucket, harness.assessment))
    assert object_keys(harness, harness.documents_bucket, sheet["id"])


def test_the_sweep_starts_submissions_whose_start_was_lost(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.fail(
        "stepfunctions", "StartExecution", "AccessDeniedException", status=400, caller="ReceiveFunction"
    )
    harness.drop_file("answers/Ada.pdf", harness.typed_sheet("1. B", "2. True", "3. 12 m/s"))
    with pytest.raises(Exception, match="wrong on our side"):
        harness.send_sheet()
    harness.cloud.faults.clear()
    assert sweep_everything(harness)["started"] >= 1
    assert wait_until(lambda: ended_sheets(harness)[1:])
    assert sorted(entry["state"] for entry in harness.submissions()) == ["GRADED", "GRADED", "READY"]
    assert len(harness.executions()) == 3


def test_a_stopped_execution_is_marked_failed_and_can_be_resumed(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.slow("textract", "DetectDocumentText", 3.0)
    sheet = harness.send_scan()
    wait_until(lambda: harness.status(sheet.id)["state"] in ("READING", "STORING"))
    harness.cloud.client("stepfunctions").stop_execution(executionArn=harness.execution_arn(sheet))
    ended = harness.wait_until_ended(sheet)
    assert (ended["state"], ended["reason"]["type"]) == ("FAILED", "Execution.ABORTED")
    harness.cloud.faults.clear()
    found = harness.cloud.invoke("RecoverFunction", {"action": "resume", "after": None})
    assert sheet.id in found["resumed"]
    assert harness.wait_until_ended(sheet, other_than="FAILED")["state"] in ("GRADED", "NEEDS_REVIEW")


def test_an_erased_submission_is_gone_and_can_be_sent_again(harness: WorkflowHarness) -> None:
    harness.prepare()
    body = harness.typed_sheet()
    sheet = harness.send("answer_sheet", body, student="Zoë")
    assert harness.wait_until_ended(sheet)["state"] == "GRADED"
    erase(harness, sheet)
    assert harness.status(sheet.id)["state"] == "ERASED"
    assert wait_until(lambda: has_no_objects(harness, sheet))
    assert [entry["id"] for entry in harness.submissions() if entry["kind"] == "answer_sheet"] == []
    again = harness.send("answer_sheet", body, student="Zoë")
    assert (again.id, again.run) == (sheet.id, 2)
    assert harness.wait_until_ended(again)["marks"] == 4


def test_a_submission_erased_in_progress_leaves_nothing(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.slow("textract", "DetectDocumentText", 2.0)
    sheet = harness.send_scan()
    wait_until(lambda: harness.status(sheet.id)["state"] in ("READING", "STORING"))
    erase(harness, sheet)
    stepfunctions, arn = harness.cloud.client("stepfunctions"), harness.execution_arn(sheet)
    status = wait_until(
        lambda: (found := stepfunctions.describe_execution(executionArn=arn)["status"]) != "RUNNING" and found
    )
    assert status == "SUCCEEDED"
    assert harness.status(sheet.id)["state"] == "ERASED"
    assert wait_until(lambda: has_no_objects(harness, sheet))


def test_the_paper_received_last_counts_even_if_sent_before(harness: WorkflowHarness) -> None:
    first, second = (harness.typed_sheet(f"1. Question number {number}? [{number}]") for number in (1, 2))
    first_paper = harness.send("question_paper", first)
    harness.wait_until_ended(first_paper)
    harness.wait_until_ended(harness.send("question_paper", second))
    paper = wait_until(lambda: harness.api.assessment(harness.assessment).document["paper"])
    assert "number 2" in json.dumps(paper)
    assert harness.send("question_paper", first).id == first_paper.id
    assert wait_until(lambda: "number 1" in json.dumps(harness.api.assessment(harness.assessment).document["paper"]))
    assert runs(harness, first_paper) == [1]


def test_sheets_sent_before_their_paper_are_each_graded_once(harness: WorkflowHarness) -> None:
    sheets = [harness.send_sheet(f"Sheet number {number}", *ANSWERS, student=f"S{number}") for number in range(4)]
    assert {harness.wait_until_ended(sheet)["state"] for sheet in sheets} == {"AWAITING_PAPER"}
    harness.prepare()
    assert [harness.wait_until_ended(sheet, other_than="AWAITING_PAPER")["marks"] for sheet in sheets] == [4] * 4
    assert {tuple(runs(harness, sheet)) for sheet in sheets} == {(1, 2)}
    events = [event["detail"] for event in harness.cloud.events() if event["detail-type"] == "Submission Ended"]
    graded = [event["submission_id"] for event in events if event["state"] == "GRADED"]
    assert sorted(name for name in graded if name in {sheet.id for sheet in sheets}) == sorted(s.id for s in sheets)
