"""A teacher corrects what was read of an answer: it is marked again at once, that one alone, and stays corrected."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.cli.api_client import ApiError
from tests.fake_model_server import FakeModelServer, student_answer_of
from tests.workflow.conftest import WorkflowHarness
from tests.workflow.test_free_text import SCHEME, physics, sheet  # noqa: F401 - a fixture

READ = "It conducts, so heat leaves the hand quickly."


def correct(
    harness: WorkflowHarness, status: dict[str, Any], question: str, answer: str | None, **more: Any
) -> dict[str, Any]:
    path = f"/submissions/{status['id']}/marks/{question}"
    return harness.api._json("PATCH", path, json={"answer": answer}, **more)


def one(status: dict[str, Any], question: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in status["result"]["questions"] if one["question"] == question)
    return found


@pytest.fixture
def graded(physics: WorkflowHarness, model: FakeModelServer) -> Iterator[dict[str, Any]]:  # noqa: F811
    """A sheet that a model has marked, asked once."""
    found = sheet(physics)
    assert len(model.requests) == 1
    model.requests.clear()
    yield found
    model.requests.clear()


def test_a_corrected_choice_is_marked_in_code(
    physics: WorkflowHarness,  # noqa: F811
    model: FakeModelServer,
    graded: dict[str, Any],
) -> None:
    wrong = correct(physics, graded, "1", "A")
    first = one(wrong, "1")
    assert (first["marks"], first["answer"], first["read_as"]) == (0, "A", "B")
    assert (first["read_by"], wrong["marks"]) == ("teacher", graded["marks"] - 1)
    assert first["read_at"]
    assert first["places"] == one(graded, "1")["places"] != []
    assert wrong["edition"] != graded["edition"]
    listed = next(one_ for one_ in physics.submissions() if one_["id"] == graded["id"])
    assert listed["question_marks"][0]["marks"] == 0
    back = correct(physics, wrong, "1", None)
    assert (one(back, "1"), back["marks"]) == (one(graded, "1"), graded["marks"])
    assert model.requests == []


def test_a_corrected_text_is_asked_for_once_and_later_runs_mark_it(
    physics: WorkflowHarness,  # noqa: F811
    model: FakeModelServer,
    graded: dict[str, Any],
) -> None:
    changed = correct(physics, graded, "2", READ)
    assert [student_answer_of(request) for request in model.requests] == [READ]
    assert (one(changed, "2")["answer"], one(changed, "2")["marker"]) == (READ, "model:gpt-4o-mini")
    assert "conducts" in one(changed, "2")["read_as"]
    assert changed["paid"]["model_calls"] == 2

    model.requests.clear()
    physics.api.put_scheme(physics.assessment, SCHEME.replace(b"answer: B", b"answer: A"), "application/yaml")
    again = physics.status(graded["id"])
    for _ in range(20):
        again = physics.status(graded["id"], wait=10)
        if again["run"] == 2 and again["ended_at"]:
            break
    assert again["run"] == 2
    assert one(again, "1")["marks"] == 0
    # The other answer is the same, and so is the model's opinion of it: nobody was asked or paid again.
    assert model.requests == []
    second = one(again, "2")
    assert (second["answer"], second["read_by"], second["marks"]) == (READ, "teacher", one(changed, "2")["marks"])
    assert again["result"]["usage"]["calls"] == 0

    machine = correct(physics, again, "2", None)
    assert one(machine, "2")["answer"] == one(graded, "2")["answer"]
    assert one(machine, "2")["read_as"] is None


def test_a_teachers_mark_stays_over_a_corrected_reading(physics: WorkflowHarness, graded: dict[str, Any]) -> None:  # noqa: F811
    physics.api._json("PATCH", f"/submissions/{graded['id']}/marks/1", json={"marks": 0.5})
    changed = one(correct(physics, graded, "1", "A"), "1")
    assert (changed["marks"], changed["machine_marks"], changed["marker"]) == (0.5, 0, "person")
    assert (changed["answer"], changed["read_as"]) == ("A", "B")


def test_nothing_changes_where_somebody_was_faster_or_the_marker_fails(
    physics: WorkflowHarness,  # noqa: F811
    graded: dict[str, Any],
) -> None:
    stale = f'"{graded["edition"]}"'
    correct(physics, graded, "1", "A", headers={"If-Match": stale})
    with pytest.raises(ApiError, match="since it was looked at"):
        correct(physics, graded, "1", "C", headers={"If-Match": stale})
    physics.cloud.faults.fail("s3", "GetObject", "AccessDenied", status=403, caller="GradeFunction")
    with pytest.raises(ApiError, match="could not be marked just now"):
        correct(physics, graded, "1", "C")
    assert one(physics.status(graded["id"]), "1")["answer"] == "A"


def test_no_words_of_a_sheet_stand_in_the_table(physics: WorkflowHarness, graded: dict[str, Any]) -> None:  # noqa: F811
    correct(physics, graded, "2", READ)
    table = physics.cloud.stack.table
    items = physics.cloud.client("dynamodb").scan(TableName=table)["Items"]
    assert any("correction:2" in item for item in items)
    assert READ not in json.dumps(items)
    physics.api._json("DELETE", f"/submissions/{graded['id']}")
    for _ in range(100):
        keys = physics.cloud.client("s3").list_objects_v2(Bucket=physics.documents).get("Contents", [])
        left = [item["Key"] for item in keys if graded["id"] in item["Key"]]
        if not left:
            break
        physics.status(graded["id"], wait=1)
    assert left == []
