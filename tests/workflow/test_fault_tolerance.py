"""Nothing accepted is lost and nothing is done twice: on the real state machine, handlers and roles."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from local.cli.api_client import AcceptedSubmission
from tests.workflow.conftest import ANSWERS, WorkflowHarness


def until(what: Callable[[], Any]) -> Any:
    """What a poll finds once it finds something."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def sweep(harness: WorkflowHarness) -> dict[str, int]:
    """Everything, however young; the counts of all pieces together."""
    counts: dict[str, int] = {}
    after: Any = None
    while True:
        asked = {"action": "sweep", "older_than_seconds": -2, "after": after}
        found = harness.cloud.invoke("RecoverFunction", asked)
        after = found.pop("next")
        counts = {name: counts.get(name, 0) + count for name, count in found.items()}
        if after is None:
            return counts


def objects(harness: WorkflowHarness, bucket: str, part: str) -> list[str]:
    """Keys of all versions that have `part` in them."""
    pages = harness.cloud.client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket)
    return [one["Key"] for page in pages for one in page.get("Versions", ()) if part in one["Key"]]


def runs(harness: WorkflowHarness, receipt: AcceptedSubmission) -> list[int]:
    found = [state["submission"] for state in harness.executions()]
    return sorted(submission["run"] for submission in found if submission["id"] == receipt.id)


def erase(harness: WorkflowHarness, receipt: AcceptedSubmission) -> None:
    answer = requests.delete(
        f"{harness.cloud.api_url}/submissions/{receipt.id}",
        headers={"Authorization": f"Bearer {harness.cloud.token()}"},
        timeout=30,
    )
    assert answer.status_code == 202, answer.text


def test_the_received_object_goes_when_the_answer_is_out(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.sheet()
    assert harness.ended(sheet)["state"] == "GRADED"
    assert until(lambda: not objects(harness, harness.temp, sheet.id))
    assert objects(harness, harness.documents, f"documents/demo/{sheet.id}") == [f"documents/demo/{sheet.id}"]
    harness.resume(sheet)
    again = until(
        lambda: next((s for s in [harness.status(sheet.id, wait=1)] if s["run"] == 2 and s["ended_at"]), None)
    )
    assert again["marks"] == 4


def test_a_dropped_file_leaves_the_drop_folder_when_it_is_kept(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.drop("answers/Zoë (2).pdf", harness.typed())
    sheet = until(lambda: [one for one in harness.submissions() if one["kind"] == "answer_sheet" and one["ended_at"]])[
        0
    ]
    assert sheet["state"] == "GRADED"
    assert until(lambda: not objects(harness, harness.temp, harness.assessment))
    assert objects(harness, harness.documents, sheet["id"])


def test_what_lost_its_start_is_found_by_the_sweep_and_ends_well(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.fail(
        "stepfunctions", "StartExecution", "AccessDeniedException", status=400, caller="ReceiveFunction"
    )
    harness.drop("answers/Ada.pdf", harness.typed("1. B", "2. True", "3. 12 m/s"))
    with pytest.raises(Exception, match="wrong on our side"):
        harness.sheet()
    harness.cloud.faults.clear()
    assert sweep(harness)["started"] >= 1
    ended = until(
        lambda: [one for one in harness.submissions() if one["kind"] == "answer_sheet" and one["ended_at"]][1:]
    )
    assert ended
    assert sorted(one["state"] for one in harness.submissions()) == ["GRADED", "GRADED", "READY"]
    assert len(harness.executions()) == 3


def test_an_execution_that_is_stopped_is_ended_and_resumed(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.slow("textract", "DetectDocumentText", 3.0)
    sheet = harness.scan()
    until(lambda: harness.status(sheet.id)["state"] in ("READING", "STORING"))
    harness.cloud.client("stepfunctions").stop_execution(executionArn=harness.execution_arn(sheet))
    ended = harness.ended(sheet)
    assert (ended["state"], ended["reason"]["type"]) == ("FAILED", "Execution.ABORTED")
    harness.cloud.faults.clear()
    found = harness.cloud.invoke("RecoverFunction", {"action": "resume", "after": None})
    assert sheet.id in found["resumed"]
    assert harness.ended(sheet, but_not="FAILED")["state"] in ("GRADED", "NEEDS_REVIEW")


def test_an_erased_submission_is_gone_and_may_be_sent_again(harness: WorkflowHarness) -> None:
    harness.prepare()
    body = harness.typed()
    sheet = harness.send("answer_sheet", body, student="Zoë")
    assert harness.ended(sheet)["state"] == "GRADED"
    erase(harness, sheet)
    assert harness.status(sheet.id)["state"] == "ERASED"
    assert until(
        lambda: not [*objects(harness, harness.documents, sheet.id), *objects(harness, harness.temp, sheet.id)]
    )
    assert [one["id"] for one in harness.submissions() if one["kind"] == "answer_sheet"] == []
    again = harness.send("answer_sheet", body, student="Zoë")
    assert (again.id, again.run) == (sheet.id, 2)
    assert harness.ended(again)["marks"] == 4


def test_what_is_erased_under_way_ends_quietly_and_leaves_nothing(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.slow("textract", "DetectDocumentText", 2.0)
    sheet = harness.scan()
    until(lambda: harness.status(sheet.id)["state"] in ("READING", "STORING"))
    erase(harness, sheet)
    stepfunctions, arn = harness.cloud.client("stepfunctions"), harness.execution_arn(sheet)
    status = until(
        lambda: (found := stepfunctions.describe_execution(executionArn=arn)["status"]) != "RUNNING" and found
    )
    assert status == "SUCCEEDED"
    assert harness.status(sheet.id)["state"] == "ERASED"
    assert until(
        lambda: not [*objects(harness, harness.documents, sheet.id), *objects(harness, harness.temp, sheet.id)]
    )


def test_of_two_papers_the_one_received_last_counts_even_if_it_had_come_before(harness: WorkflowHarness) -> None:
    first, second = (harness.typed(f"1. Question number {number}? [{number}]") for number in (1, 2))
    one = harness.send("question_paper", first)
    harness.ended(one)
    harness.ended(harness.send("question_paper", second))
    paper = until(lambda: harness.api.assessment(harness.assessment)["paper"])
    assert "number 2" in json.dumps(paper)
    assert harness.send("question_paper", first).id == one.id
    assert until(lambda: "number 1" in json.dumps(harness.api.assessment(harness.assessment)["paper"]))
    assert runs(harness, one) == [1]


def test_many_sheets_before_their_paper_are_each_graded_once(harness: WorkflowHarness) -> None:
    sheets = [harness.sheet(f"Sheet number {number}", *ANSWERS, student=f"S{number}") for number in range(12)]
    assert {harness.ended(sheet)["state"] for sheet in sheets} == {"AWAITING_PAPER"}
    harness.prepare()
    assert [harness.ended(sheet, but_not="AWAITING_PAPER")["marks"] for sheet in sheets] == [4] * 12
    assert {tuple(runs(harness, sheet)) for sheet in sheets} == {(1, 2)}
    events = [event["detail"] for event in harness.cloud.events() if event["detail-type"] == "Submission Ended"]
    graded = [one["submission_id"] for one in events if one["state"] == "GRADED"]
    assert sorted(name for name in graded if name in {sheet.id for sheet in sheets}) == sorted(s.id for s in sheets)
