"""A teacher corrects the question tree: sheets are graded again, and a model is asked only for what was changed."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from local.cli.api_client import AcceptedSubmission, ApiError
from tests.documents import typed_pdf
from tests.fake_model_server import FakeModelServer, student_answer_of
from tests.workflow.conftest import WorkflowHarness

PAPER = typed_pdf(
    [
        "Physics test    Total: 5 marks",
        "1. Which one is a metal?  [1]",
        "A  oak",
        "B  iron",
        "2. Why does metal feel cold?  [2]",
        "3. Why does a spoon in soup grow hot?  [2]",
    ]
)
SCHEME = b"""
questions:
  - {question: "1", type: choice, answer: B}
  - {question: "2", type: text, model_answer: Metal conducts heat away from the hand.}
  - {question: "3", type: text, model_answer: The metal conducts heat from the soup.}
"""
COLD, HOT = "It conducts the heat of the hand away", "Heat runs through the metal of the spoon"
STUDENTS = ("Ada", "Ben")


@pytest.fixture
def paper(harness: WorkflowHarness) -> AcceptedSubmission:
    harness.api.put_scheme(harness.assessment, SCHEME, "application/yaml")
    receipt = harness.send("question_paper", PAPER)
    harness.wait_until_execution_ends(receipt)
    return receipt


@pytest.fixture
def graded(
    harness: WorkflowHarness, paper: AcceptedSubmission, model: FakeModelServer
) -> Iterator[list[AcceptedSubmission]]:
    """Two sheets that are graded, each with two answers that a model was asked about."""
    assert harness.status(paper.id)["state"] == "READY"
    model.requests.clear()
    lines = ("1. B", f"2. {COLD}", f"3. {HOT}")
    sheets = [harness.sheet(*lines, f"I am {student}", student=student) for student in STUDENTS]
    for sheet in sheets:
        assert harness.ended(sheet)["marks"] == 5
        harness.wait_until_execution_ends(sheet)
    assert len(model.requests) == 4
    model.requests.clear()
    yield sheets
    model.requests.clear()


def assessment(harness: WorkflowHarness) -> dict[str, Any]:
    return harness.api._json("GET", f"/assessments/{harness.assessment}")


def put(harness: WorkflowHarness, paper: dict[str, Any], seen: int | None = None) -> dict[str, Any]:
    headers = {} if seen is None else {"If-Match": f'"{seen}"'}
    return harness.api._json("PUT", f"/assessments/{harness.assessment}/paper", json=paper, headers=headers)


def graded_by(harness: WorkflowHarness, sheets: list[AcceptedSubmission], revision: int) -> list[dict[str, Any]]:
    """The sheets' statuses when all are graded against this revision."""
    for _ in range(300):
        found = [harness.status(sheet.id) for sheet in sheets]
        if all(one["revision"] == revision and one["ended_at"] and one["result"] for one in found):
            return found
        time.sleep(0.2)
    raise AssertionError(f"not graded against revision {revision}: {[one['revision'] for one in found]}")


def test_only_the_changed_question_is_asked_again_on_every_sheet(
    harness: WorkflowHarness, model: FakeModelServer, graded: list[AcceptedSubmission]
) -> None:
    standing = assessment(harness)
    tree = standing["paper"]
    tree["questions"][2]["text"] = "Why does a metal spoon in hot soup grow hot?"
    tree["questions"][0]["marks"] = 2
    kept = put(harness, tree, standing["revision"])
    assert kept["paper"]["total_marks"] == 6
    found = graded_by(harness, graded, kept["revision"])
    assert [one["run"] for one in found] == [2, 2]
    assert [one["marks"] for one in found] == [6, 6]
    assert [student_answer_of(request).splitlines()[0] for request in model.requests] == [HOT, HOT]
    assert [one["result"]["usage"]["calls"] for one in found] == [1, 1]
    assert assessment(harness)["paper_corrected_by"] == "teacher"


def test_a_change_that_no_model_has_to_know_of_asks_nobody(
    harness: WorkflowHarness, model: FakeModelServer, graded: list[AcceptedSubmission]
) -> None:
    tree = assessment(harness)["paper"]
    tree["questions"][0] |= {"label": "4", "type": "choice"}
    kept = put(harness, tree)
    found = graded_by(harness, graded, kept["revision"])
    # What the students called 1 is called 4 now: their text is shown there, and a person is asked whether it is meant.
    assert [[one["question"] for one in sheet["result"]["questions"]] for sheet in found] == [["4", "2", "3"]] * 2
    assert all("unplaced_answer" in sheet["result"]["questions"][0]["review"] for sheet in found)
    assert [sheet["marks"] for sheet in found] == [4, 4]
    assert model.requests == []


def test_a_reading_of_a_question_that_is_asked_no_more_is_no_doubt(
    harness: WorkflowHarness, graded: list[AcceptedSubmission]
) -> None:
    first = graded[0]
    harness.api._json("PATCH", f"/submissions/{first.id}/marks/3", json={"answer": "The soup heats it."})
    tree = assessment(harness)["paper"]
    del tree["questions"][2]
    kept = put(harness, tree)
    found, other = graded_by(harness, graded, kept["revision"])
    assert [one["question"] for one in found["result"]["questions"]] == ["1", "2"]
    assert found["result"]["review"] == other["result"]["review"]


def test_who_looked_at_another_revision_changes_nothing(
    harness: WorkflowHarness, graded: list[AcceptedSubmission]
) -> None:
    del graded
    standing = assessment(harness)
    put(harness, standing["paper"], standing["revision"])
    with pytest.raises(ApiError, match="since it was looked at"):
        put(harness, standing["paper"], standing["revision"])
    with pytest.raises(ApiError, match="since it was looked at"):
        harness.api._json(
            "PUT", f"/assessments/{harness.assessment}/marking-scheme", data=SCHEME, headers={"If-Match": '"1"'}
        )


def test_the_same_file_once_more_leaves_the_correction_and_its_erasure_takes_it_along(
    harness: WorkflowHarness, paper: AcceptedSubmission
) -> None:
    tree = assessment(harness)["paper"]
    tree["title"] = "Heat"
    put(harness, tree)
    again = harness.send("question_paper", PAPER)
    assert again.id == paper.id
    harness.wait_until_execution_ends(again)
    assert assessment(harness)["paper"]["title"] == "Heat"
    harness.api._json("DELETE", f"/submissions/{again.id}")
    for _ in range(100):
        keys = (
            harness.cloud.client("s3")
            .list_objects_v2(Bucket=harness.documents, Prefix="assessments/")
            .get("Contents", [])
        )
        left = [item["Key"] for item in keys if f"/{harness.assessment}/paper/" in item["Key"]]
        if not left:
            break
        time.sleep(0.2)
    assert left == []
    assert assessment(harness)["paper"] is None
