"""Feedback sheets: withheld until the marks are published, with a teacher's marks in place of the machine's."""

import json
from typing import Any

import pytest

from core.models.submission import Submission, SubmissionState
from core.storage import submission_repository
from core.storage.outcome_attributes import OutcomeAttributes
from core.storage.table import Table
from tests.integration.moto_cloud import (
    DOCUMENTS,
    MotoCloud,
)
from tests.integration.results_requests import (
    QUESTIONS,
    get_feedback,
    patch,
    publish,
    submission,
)


def test_unpublished_marks_are_available_as_a_draft_only(graded_sheet: Submission, context: Any) -> None:
    for path in (f"/submissions/{graded_sheet.id}/feedback.pdf", "/assessments/bio/feedback.pdf"):
        assert get_feedback(context, path) == (409, "NotPublished")
        found, text = get_feedback(context, path, draft=True)
        assert found == 200
        assert "Draft" in text
    assert publish(context)[0] == 200
    for path in (f"/submissions/{graded_sheet.id}/feedback.pdf", "/assessments/bio/feedback.pdf"):
        found, text = get_feedback(context, path)
        assert found == 200
        assert "Draft" not in text
        assert "Why?" in text


def test_feedback_shows_the_teachers_mark(graded_sheet: Submission, context: Any) -> None:
    assert patch(context, graded_sheet, "2.b", {"marks": 4})[0] == 200
    assert publish(context)[0] == 200
    _, text = get_feedback(context, f"/submissions/{graded_sheet.id}/feedback.pdf")
    assert "5 / 6" in text
    assert "4 / 4" in text
    assert "not counted: 3 / 4" in text


def test_feedback_shows_nothing_meant_for_the_teacher(graded_sheet: Submission, context: Any) -> None:
    _, text = get_feedback(context, f"/submissions/{graded_sheet.id}/feedback.pdf", draft=True)
    for words in ("borderline", "key-points", "confidence", "A Teacher", "Said."):
        assert words not in text


def test_another_tenant_sees_nothing(graded_sheet: Submission, context: Any) -> None:
    assert publish(context)[0] == 200
    assert get_feedback(context, f"/submissions/{graded_sheet.id}/feedback.pdf", tenant="other") == (404, "NotFound")
    assert get_feedback(context, "/assessments/bio/feedback.pdf", tenant="other") == (404, "NotFound")


def test_a_class_is_sorted_by_name_with_the_attempt_that_counts(
    graded_sheet: Submission,
    table: Table,
    cloud: MotoCloud,
    context: Any,
) -> None:
    result = {"marks": 2.0, "max_marks": 2.0, "needs_review": False, "review": [], "questions": QUESTIONS[:1]}
    for number, student, at in (("2", "Ben", "09"), ("3", "Zoë", "10"), ("4", "Ben", "11")):
        sheet = submission(number, student, f"2026-02-01T{at}:00:00.000Z")
        key = f"results/demo/{number}/1.json"
        body = {**result, "questions": [{**QUESTIONS[0], "answer": f"words of attempt {number}"}]}
        cloud.client("s3").put_object(Bucket=DOCUMENTS, Key=key, Body=json.dumps(body).encode())
        submission_repository.create_record(
            table,
            sheet,
            SubmissionState.GRADED,
            OutcomeAttributes.from_item({"result_key": key, "marks": 2, "max_marks": 2, "question_marks": []}),
        )
    assert publish(context)[0] == 200
    _, text = get_feedback(context, "/assessments/bio/feedback.pdf")
    assert text.index("words of attempt 4") < text.index("words of attempt 3")
    assert "words of attempt 2" not in text


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/submissions/0123456789abcdef0123456789abcdef/feedback.pdf", (404, "NotFound")),
        ("/submissions/nothing/feedback.pdf", (404, "NotFound")),
        ("/assessments/nothing/feedback.pdf", (404, "NotFound")),
        ("/assessments/%20/feedback.pdf", (400, "InvalidAssessment")),
    ],
)
def test_unknown_sheets_and_assessments_are_refused_by_name(
    table: Table, context: Any, path: str, expected: Any
) -> None:
    del table
    assert get_feedback(context, path, draft=True) == expected


def test_a_sheet_without_marks_has_no_feedback(table: Table, context: Any) -> None:
    sheet = submission("7", "Ada")
    submission_repository.create_record(
        table,
        sheet,
        SubmissionState.REJECTED,
        OutcomeAttributes.from_item({"failure": {"type": "EncryptedDocument", "message": "It is locked."}}),
    )
    assert get_feedback(context, f"/submissions/{sheet.id}/feedback.pdf", draft=True) == (409, "NotMarked")
