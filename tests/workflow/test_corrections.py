"""A teacher corrects a recognised answer: only this answer is marked again, at once, and the correction stays."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.cli.api_client import ApiError
from tests.fake_model_server import FakeModelServer, student_answer_of
from tests.workflow.conftest import FREE_TEXT_SCHEME, FreeTextHarness, WorkflowHarness

CORRECTED_ANSWER = "It conducts, so heat leaves the hand quickly."


def correct(
    harness: WorkflowHarness, status: dict[str, Any], question: str, answer: str | None, **more: Any
) -> dict[str, Any]:
    path = f"/submissions/{status['id']}/marks/{question}"
    return harness.api._json("PATCH", path, json={"answer": answer}, **more)


def question_of(status: dict[str, Any], question: str) -> dict[str, Any]:
    found: dict[str, Any] = next(mark for mark in status["result"]["questions"] if mark["question"] == question)
    return found


@pytest.fixture
def graded(free_text: FreeTextHarness, model: FakeModelServer) -> Iterator[dict[str, Any]]:
    """A sheet that the model has marked with one request."""
    status = free_text.grade_sheet()
    assert len(model.requests) == 1
    model.requests.clear()
    yield status
    model.requests.clear()


def test_a_corrected_choice_is_marked_without_the_model(
    free_text: FreeTextHarness, model: FakeModelServer, graded: dict[str, Any]
) -> None:
    wrong = correct(free_text, graded, "1", "A")
    first = question_of(wrong, "1")
    assert (first["marks"], first["answer"], first["read_as"]) == (0, "A", "B")
    assert (first["read_by"], wrong["marks"]) == ("teacher", graded["marks"] - 1)
    assert first["read_at"]
    assert first["places"] == question_of(graded, "1")["places"] != []
    assert wrong["edition"] != graded["edition"]
    listed = next(entry for entry in free_text.submissions() if entry["id"] == graded["id"])
    assert listed["question_marks"][0]["marks"] == 0
    restored = correct(free_text, wrong, "1", None)
    assert (question_of(restored, "1"), restored["marks"]) == (question_of(graded, "1"), graded["marks"])
    assert model.requests == []


def test_a_corrected_text_needs_one_model_request_and_later_runs_none(
    free_text: FreeTextHarness, model: FakeModelServer, graded: dict[str, Any]
) -> None:
    changed = correct(free_text, graded, "2", CORRECTED_ANSWER)
    assert [student_answer_of(request) for request in model.requests] == [CORRECTED_ANSWER]
    first = question_of(changed, "2")
    assert (first["answer"], first["marker"]) == (CORRECTED_ANSWER, "model:gpt-4o-mini")
    assert "conducts" in first["read_as"]
    assert changed["paid"]["model_calls"] == 2

    model.requests.clear()
    stricter = FREE_TEXT_SCHEME.replace(b"answer: B", b"answer: A")
    free_text.api.put_scheme(free_text.assessment, stricter, "application/yaml")
    second_run = free_text.status(graded["id"])
    for _ in range(20):
        second_run = free_text.status(graded["id"], wait=10)
        if second_run["run"] == 2 and second_run["ended_at"]:
            break
    assert second_run["run"] == 2
    assert question_of(second_run, "1")["marks"] == 0
    # The other answer has not changed, so the model's mark is reused: no request, no cost.
    assert model.requests == []
    second = question_of(second_run, "2")
    assert (second["answer"], second["read_by"], second["marks"]) == (CORRECTED_ANSWER, "teacher", first["marks"])
    assert second_run["result"]["usage"]["calls"] == 0

    restored = correct(free_text, second_run, "2", None)
    assert question_of(restored, "2")["answer"] == question_of(graded, "2")["answer"]
    assert question_of(restored, "2")["read_as"] is None


def test_a_teachers_mark_is_kept_when_the_answer_is_corrected(
    free_text: FreeTextHarness, graded: dict[str, Any]
) -> None:
    free_text.api._json("PATCH", f"/submissions/{graded['id']}/marks/1", json={"marks": 0.5})
    changed = question_of(correct(free_text, graded, "1", "A"), "1")
    assert (changed["marks"], changed["machine_marks"], changed["marker"]) == (0.5, 0, "person")
    assert (changed["answer"], changed["read_as"]) == ("A", "B")


def test_a_stale_edition_or_a_failing_marker_changes_nothing(
    free_text: FreeTextHarness, graded: dict[str, Any]
) -> None:
    edition_header = f'"{graded["edition"]}"'
    correct(free_text, graded, "1", "A", headers={"If-Match": edition_header})
    with pytest.raises(ApiError, match="since it was looked at"):
        correct(free_text, graded, "1", "C", headers={"If-Match": edition_header})
    free_text.cloud.faults.fail("s3", "GetObject", "AccessDenied", status=403, caller="GradeFunction")
    with pytest.raises(ApiError, match="could not be marked at the moment"):
        correct(free_text, graded, "1", "C")
    assert question_of(free_text.status(graded["id"]), "1")["answer"] == "A"


def test_the_table_has_no_text_of_a_sheet(free_text: FreeTextHarness, graded: dict[str, Any]) -> None:
    correct(free_text, graded, "2", CORRECTED_ANSWER)
    table = free_text.cloud.stack.table
    items = free_text.cloud.client("dynamodb").scan(TableName=table)["Items"]
    assert any("correction:2" in item for item in items)
    assert CORRECTED_ANSWER not in json.dumps(items)
    free_text.api._json("DELETE", f"/submissions/{graded['id']}")
    for _ in range(100):
        keys = free_text.cloud.client("s3").list_objects_v2(Bucket=free_text.documents_bucket).get("Contents", [])
        remaining = [item["Key"] for item in keys if graded["id"] in item["Key"]]
        if not remaining:
            break
        free_text.status(graded["id"], wait=1)
    assert remaining == []
