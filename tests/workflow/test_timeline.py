"""Every submission has its timeline in its status and in the metrics, and the metrics name nobody."""

import json
from collections.abc import Iterator
from typing import Any

from core.platform.clock import milliseconds_between
from tests.workflow.conftest import WorkflowHarness

STUDENT = "Ottoline Quaverfield"


def test_the_times_of_a_submission_are_in_order(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.send_scan()
    timeline = harness.wait_until_ended(sheet)["timeline"]
    for moment in ("read_at", "stored_at", "recorded_at"):
        assert timeline["received_at"] <= timeline[moment] <= timeline["joined_at"]
    assert timeline["received_at"] <= timeline["first_ocr_at"] <= timeline["read_at"]
    assert timeline["joined_at"] <= timeline["graded_at"]
    history = harness.timeline(sheet).saved_seconds
    assert history is not None
    # The functions' own clocks start later and stop earlier than their states.
    assert 0 < timeline["saved_ms"] <= 1000 * history + 20


def test_the_metrics_match_the_status_and_name_nobody(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.send("answer_sheet", harness.scanned_sheet(), student=STUDENT)
    timeline = harness.wait_until_ended(sheet)["timeline"]
    status_says = {
        "TimeToMarks": [milliseconds_between(timeline["received_at"], timeline["graded_at"])],
        "TimeToFirstOcr": [milliseconds_between(timeline["received_at"], timeline["first_ocr_at"])],
        "TimeToJoin": [milliseconds_between(timeline["received_at"], timeline["joined_at"])],
        "SavedByLanes": [timeline["saved_ms"]],
    }
    # The lines name no submission, and another sheet may have taken as many milliseconds.
    metrics = next(line for line in emitted_metrics(harness) if status_says.items() <= line.items())
    assert metrics["EndedGraded" if "EndedGraded" in metrics else "EndedNeedsReview"] == [1]
    assert {"QuestionsForReview", "ModelCalls", "ModelDollars", "StoringDuration", "GradingDuration"} <= set(metrics)
    text = json.dumps(metrics)
    assert sheet.id not in text
    assert harness.assessment not in text
    assert "Quaverfield" not in text


def emitted_metrics(harness: WorkflowHarness) -> list[dict[str, Any]]:
    """Returns what grading has logged in CloudWatch's embedded metric format."""
    log = (harness.cloud.folder / "logs" / "GradeFunction.log").read_text(encoding="utf-8")
    lines = [line for line in log.splitlines() if '"CloudWatchMetrics"' in line]
    return [document for line in lines for document in parse_documents(line)]


def parse_documents(line: str) -> Iterator[dict[str, Any]]:
    """Yields the JSON documents of a line: two processes that write at once may share a line."""
    decoder, position = json.JSONDecoder(), line.find("{")
    while position >= 0:
        document, end = decoder.raw_decode(line, position)
        yield document
        position = line.find("{", end)
