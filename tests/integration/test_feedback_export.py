"""Feedback sheets at their door: held until the marks are published, with a teacher's word over the machine's."""

import base64
import io
import json
from typing import Any

import pytest
from pypdf import PdfReader

from core.models.submission import Submission, SubmissionState
from core.storage import submission_repository
from core.storage.table import Table
from results import app as results_door
from results import feedback_app as door
from tests.integration.conftest import DOCUMENTS, MotoCloud
from tests.integration.http_events import http_event
from tests.integration.test_mark_changes import QUESTIONS, graded, patch  # noqa: F401 - a fixture
from tests.integration.test_results_handler import submission, table  # noqa: F401 - a fixture


def ask(context: Any, path: str, *, draft: bool = False, **more: Any) -> tuple[int, str]:
    """The answer's status, and its text: a PDF's words, or the name of the problem."""
    answer = door.handler(http_event("GET", path, query={"draft": "true"} if draft else None, **more), context)
    if answer["statusCode"] != 200:
        return answer["statusCode"], json.loads(answer["body"])["type"].rpartition(":")[2]
    assert answer["headers"]["Content-Type"] == "application/pdf"
    assert "no-store" in answer["headers"]["Cache-Control"]
    body = base64.b64decode(answer["body"])
    return 200, "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)


def publish(context: Any) -> None:
    body = b'{"published": true}'
    answer = results_door.handler(http_event("PUT", "/assessments/bio/publication", body=body), context)
    assert answer["statusCode"] == 200


def test_marks_that_are_held_go_out_as_a_draft_alone(graded: Submission, context: Any) -> None:  # noqa: F811
    for path in (f"/submissions/{graded.id}/feedback.pdf", "/assessments/bio/feedback.pdf"):
        assert ask(context, path) == (409, "NotPublished")
        found, said = ask(context, path, draft=True)
        assert found == 200
        assert "Draft" in said
    publish(context)
    for path in (f"/submissions/{graded.id}/feedback.pdf", "/assessments/bio/feedback.pdf"):
        found, said = ask(context, path)
        assert found == 200
        assert "Draft" not in said
        assert "Why?" in said


def test_a_teachers_mark_is_the_one_that_goes_out(graded: Submission, context: Any) -> None:  # noqa: F811
    assert patch(context, graded, "2.b", {"marks": 4})[0] == 200
    publish(context)
    _, said = ask(context, f"/submissions/{graded.id}/feedback.pdf")
    assert "5 / 6" in said
    assert "4 / 4" in said
    assert "not counted: 3 / 4" in said


def test_nothing_of_the_teachers_own_is_on_it(graded: Submission, context: Any) -> None:  # noqa: F811
    _, said = ask(context, f"/submissions/{graded.id}/feedback.pdf", draft=True)
    for words in ("borderline", "key-points", "confidence", "A Teacher", "Said."):
        assert words not in said


def test_another_tenant_sees_nothing(graded: Submission, context: Any) -> None:  # noqa: F811
    publish(context)
    assert ask(context, f"/submissions/{graded.id}/feedback.pdf", tenant="other") == (404, "NotFound")
    assert ask(context, "/assessments/bio/feedback.pdf", tenant="other") == (404, "NotFound")


def test_a_class_comes_in_the_order_of_names_each_with_the_attempt_that_counts(
    graded: Submission,  # noqa: F811
    table: Table,  # noqa: F811
    cloud: MotoCloud,
    context: Any,
) -> None:
    result = {"marks": 2.0, "max_marks": 2.0, "needs_review": False, "review": [], "questions": QUESTIONS[:1]}
    for number, student, at in (("2", "Ben", "09"), ("3", "Zoë", "10"), ("4", "Ben", "11")):
        one = submission(number, student, f"2026-02-01T{at}:00:00.000Z")
        key = f"results/demo/{number}/1.json"
        body = {**result, "questions": [{**QUESTIONS[0], "answer": f"words of attempt {number}"}]}
        cloud.client("s3").put_object(Bucket=DOCUMENTS, Key=key, Body=json.dumps(body).encode())
        submission_repository.create_record(
            table, one, SubmissionState.GRADED, {"result_key": key, "marks": 2, "max_marks": 2, "question_marks": []}
        )
    publish(context)
    _, said = ask(context, "/assessments/bio/feedback.pdf")
    assert said.index("words of attempt 4") < said.index("words of attempt 3")
    assert "words of attempt 2" not in said


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/submissions/0123456789abcdef0123456789abcdef/feedback.pdf", (404, "NotFound")),
        ("/submissions/nothing/feedback.pdf", (404, "NotFound")),
        ("/assessments/nothing/feedback.pdf", (404, "NotFound")),
        ("/assessments/%20/feedback.pdf", (400, "InvalidAssessment")),
    ],
)
def test_what_is_not_there_is_said(table: Table, context: Any, path: str, expected: Any) -> None:  # noqa: F811
    del table
    assert ask(context, path, draft=True) == expected


def test_a_sheet_without_marks_has_no_feedback(table: Table, context: Any) -> None:  # noqa: F811
    one = submission("7", "Ada")
    submission_repository.create_record(
        table, one, SubmissionState.REJECTED, {"failure": {"error": "EncryptedDocument", "message": "It is locked."}}
    )
    assert ask(context, f"/submissions/{one.id}/feedback.pdf", draft=True) == (409, "NotMarked")
