"""A teacher corrects the question tree: sheets are graded again, and the model marks only what was changed."""

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
COLD_ANSWER, HOT_ANSWER = "It conducts the heat of the hand away", "Heat runs through the metal of the spoon"
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
    """Two graded sheets, each with two answers that the model has marked."""
    assert harness.status(paper.id)["state"] == "READY"
    model.requests.clear()
    lines = ("1. B", f"2. {COLD_ANSWER}", f"3. {HOT_ANSWER}")
    sheets = [harness.send_sheet(*lines, f"I am {student}", student=student) for student in STUDENTS]
    for sheet in sheets:
        assert harness.wait_until_ended(sheet)["marks"] == 5
        harness.wait_until_execution_ends(sheet)
    assert len(model.requests) == 4
    model.requests.clear()
    yield sheets
    model.requests.clear()


def get_assessment(harness: WorkflowHarness) -> dict[str, Any]:
    return harness.api._json("GET", f"/assessments/{harness.assessment}")


def put_paper(harness: WorkflowHarness, paper: dict[str, Any], revision: int | None = None) -> dict[str, Any]:
    headers = {} if revision is None else {"If-Match": f'"{revision}"'}
    return harness.api._json("PUT", f"/assessments/{harness.assessment}/paper", json=paper, headers=headers)


def wait_until_graded(
    harness: WorkflowHarness, sheets: list[AcceptedSubmission], revision: int
) -> list[dict[str, Any]]:
    """Returns the sheets' statuses once all are graded with this revision."""
    for _ in range(300):
        found = [harness.status(sheet.id) for sheet in sheets]
        if all(status["revision"] == revision and status["ended_at"] and status["result"] for status in found):
            return found
        time.sleep(0.2)
    raise AssertionError(f"not graded with revision {revision}: {[status['revision'] for status in found]}")


def test_the_model_marks_only_the_changed_question_again_on_every_sheet(
    harness: WorkflowHarness, model: FakeModelServer, graded: list[AcceptedSubmission]
) -> None:
    current = get_assessment(harness)
    tree = current["paper"]
    tree["questions"][2]["text"] = "Why does a metal spoon in hot soup grow hot?"
    tree["questions"][0]["marks"] = 2
    stored = put_paper(harness, tree, current["revision"])
    assert stored["paper"]["total_marks"] == 6
    found = wait_until_graded(harness, graded, stored["revision"])
    assert [status["run"] for status in found] == [2, 2]
    assert [status["marks"] for status in found] == [6, 6]
    assert [student_answer_of(request).splitlines()[0] for request in model.requests] == [HOT_ANSWER, HOT_ANSWER]
    assert [status["result"]["usage"]["calls"] for status in found] == [1, 1]
    assert get_assessment(harness)["paper_corrected_by"] == "teacher"


def test_a_change_that_does_not_concern_the_model_makes_no_request(
    harness: WorkflowHarness, model: FakeModelServer, graded: list[AcceptedSubmission]
) -> None:
    tree = get_assessment(harness)["paper"]
    tree["questions"][0] |= {"label": "4", "type": "choice"}
    stored = put_paper(harness, tree)
    found = wait_until_graded(harness, graded, stored["revision"])
    # What the students labelled 1 is now 4: their text is shown there, and a teacher is asked whether it belongs there.
    labels = [[mark["question"] for mark in sheet["result"]["questions"]] for sheet in found]
    assert labels == [["4", "2", "3"]] * 2
    assert all("unplaced_answer" in sheet["result"]["questions"][0]["review"] for sheet in found)
    assert [sheet["marks"] for sheet in found] == [4, 4]
    assert model.requests == []


def test_a_corrected_answer_to_a_removed_question_needs_no_review(
    harness: WorkflowHarness, graded: list[AcceptedSubmission]
) -> None:
    first = graded[0]
    harness.api._json("PATCH", f"/submissions/{first.id}/marks/3", json={"answer": "The soup heats it."})
    tree = get_assessment(harness)["paper"]
    del tree["questions"][2]
    stored = put_paper(harness, tree)
    found, other = wait_until_graded(harness, graded, stored["revision"])
    assert [mark["question"] for mark in found["result"]["questions"]] == ["1", "2"]
    assert found["result"]["review"] == other["result"]["review"]


def test_a_change_based_on_another_revision_is_rejected(
    harness: WorkflowHarness, graded: list[AcceptedSubmission]
) -> None:
    del graded
    current = get_assessment(harness)
    put_paper(harness, current["paper"], current["revision"])
    with pytest.raises(ApiError, match="since it was looked at"):
        put_paper(harness, current["paper"], current["revision"])
    with pytest.raises(ApiError, match="since it was looked at"):
        harness.api._json(
            "PUT", f"/assessments/{harness.assessment}/marking-scheme", data=SCHEME, headers={"If-Match": '"1"'}
        )


def test_a_resent_paper_keeps_its_correction_and_erasure_deletes_it(
    harness: WorkflowHarness, paper: AcceptedSubmission
) -> None:
    tree = get_assessment(harness)["paper"]
    tree["title"] = "Heat"
    put_paper(harness, tree)
    resent = harness.send("question_paper", PAPER)
    assert resent.id == paper.id
    harness.wait_until_execution_ends(resent)
    assert get_assessment(harness)["paper"]["title"] == "Heat"
    harness.api._json("DELETE", f"/submissions/{resent.id}")
    for _ in range(100):
        keys = (
            harness.cloud.client("s3")
            .list_objects_v2(Bucket=harness.documents_bucket, Prefix="assessments/")
            .get("Contents", [])
        )
        remaining = [item["Key"] for item in keys if f"/{harness.assessment}/paper/" in item["Key"]]
        if not remaining:
            break
        time.sleep(0.2)
    assert remaining == []
    assert get_assessment(harness)["paper"] is None
