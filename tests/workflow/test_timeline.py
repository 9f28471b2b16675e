"""Every submission knows its own timeline: in its status, and the same in the metrics, which name nobody."""

import json
from collections.abc import Iterator
from typing import Any

from core.platform.clock import milliseconds_between
from tests.workflow.conftest import WorkflowHarness

NAME = "Ottoline Quaverfield"


def test_the_moments_stand_in_their_order(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.scan()
    told = harness.ended(sheet)["timeline"]
    for lane in ("read_at", "stored_at", "recorded_at"):
        assert told["received_at"] <= told[lane] <= told["joined_at"]
    assert told["received_at"] <= told["first_ocr_at"] <= told["read_at"]
    assert told["joined_at"] <= told["graded_at"]
    history = harness.timeline(sheet).saved_seconds
    assert history is not None
    # The functions' own clocks begin later and end sooner than their states.
    assert 0 < told["saved_ms"] <= 1000 * history + 20


def test_the_metrics_say_what_the_status_says_and_name_nobody(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.send("answer_sheet", harness.scanned(), student=NAME)
    told = harness.ended(sheet)["timeline"]
    status_says = {
        "TimeToMarks": [milliseconds_between(told["received_at"], told["graded_at"])],
        "TimeToFirstOcr": [milliseconds_between(told["received_at"], told["first_ocr_at"])],
        "TimeToJoin": [milliseconds_between(told["received_at"], told["joined_at"])],
        "SavedByLanes": [told["saved_ms"]],
    }
    # The lines name no submission, and another sheet may have taken as many milliseconds to its marks.
    mine = next(line for line in emitted(harness) if status_says.items() <= line.items())
    assert mine["EndedGraded" if "EndedGraded" in mine else "EndedNeedsReview"] == [1]
    assert {"QuestionsForReview", "ModelCalls", "ModelDollars", "StoringDuration", "GradingDuration"} <= set(mine)
    text = json.dumps(mine)
    assert sheet.id not in text
    assert harness.assessment not in text
    assert "Quaverfield" not in text


def emitted(harness: WorkflowHarness) -> list[dict[str, Any]]:
    """What grading has written in CloudWatch's embedded metric format."""
    log = (harness.cloud.folder / "logs" / "GradeFunction.log").read_text(encoding="utf-8")
    lines = [line for line in log.splitlines() if '"CloudWatchMetrics"' in line]
    return [document for line in lines for document in documents_of(line)]


def documents_of(line: str) -> Iterator[dict[str, Any]]:
    """The JSON documents of a line: two processes that write at once may share one."""
    decoder, place = json.JSONDecoder(), line.find("{")
    while place >= 0:
        document, end = decoder.raw_decode(line, place)
        yield document
        place = line.find("{", end)
