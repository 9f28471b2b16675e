"""Every submission knows its own timeline: in its status, and the same in the metrics, which name nobody."""

import json
from collections.abc import Iterator
from typing import Any

from core.clock import milliseconds
from tests.workflow.conftest import Flow

NAME = "Ottoline Quaverfield"


def test_the_moments_stand_in_their_order(flow: Flow) -> None:
    flow.prepare()
    sheet = flow.scan()
    told = flow.ended(sheet)["timeline"]
    for lane in ("read_at", "stored_at", "recorded_at"):
        assert told["received_at"] <= told[lane] <= told["joined_at"]
    assert told["received_at"] <= told["first_ocr_at"] <= told["read_at"]
    assert told["joined_at"] <= told["graded_at"]
    history = flow.timeline(sheet).saved_seconds
    assert history is not None
    # The functions' own clocks begin later and end sooner than their states.
    assert 0 < told["saved_ms"] <= 1000 * history + 20


def test_the_metrics_say_what_the_status_says_and_name_nobody(flow: Flow) -> None:
    flow.prepare()
    sheet = flow.send("answer_sheet", flow.scanned(), student=NAME)
    told = flow.ended(sheet)["timeline"]
    status_says = {
        "TimeToMarks": [milliseconds(told["received_at"], told["graded_at"])],
        "TimeToFirstOcr": [milliseconds(told["received_at"], told["first_ocr_at"])],
        "TimeToJoin": [milliseconds(told["received_at"], told["joined_at"])],
        "SavedByLanes": [told["saved_ms"]],
    }
    # The lines name no submission, and another sheet may have taken as many milliseconds to its marks.
    mine = next(line for line in emitted(flow) if status_says.items() <= line.items())
    assert mine["EndedGraded" if "EndedGraded" in mine else "EndedNeedsReview"] == [1]
    assert {"QuestionsForReview", "ModelCalls", "ModelDollars", "StoringDuration", "GradingDuration"} <= set(mine)
    text = json.dumps(mine)
    assert sheet.id not in text
    assert flow.assessment not in text
    assert "Quaverfield" not in text


def emitted(flow: Flow) -> list[dict[str, Any]]:
    """What grading has written in CloudWatch's embedded metric format."""
    log = (flow.cloud.folder / "logs" / "GradeFunction.log").read_text(encoding="utf-8")
    lines = [line for line in log.splitlines() if '"CloudWatchMetrics"' in line]
    return [document for line in lines for document in documents_of(line)]


def documents_of(line: str) -> Iterator[dict[str, Any]]:
    """The JSON documents of a line: two processes that write at once may share one."""
    decoder, place = json.JSONDecoder(), line.find("{")
    while place >= 0:
        document, end = decoder.raw_decode(line, place)
        yield document
        place = line.find("{", end)
