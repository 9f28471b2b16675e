"""Changes of marks by a teacher: the machine's mark is kept, totals follow, no change overwrites another."""

import json
from typing import Any

import pytest

from core.models.submission import Submission, SubmissionState
from core.storage import submission_repository
from core.storage.outcome_attributes import OutcomeAttributes
from core.storage.table import Table
from results import app as results_app
from tests.integration.http_events import http_event, parse_response
from tests.integration.results_requests import (
    QUESTIONS,
    patch,
    submission,
)


def get_with_etag(context: Any, of: Submission) -> tuple[Any, str]:
    response = results_app.handler(http_event("GET", f"/submissions/{of.id}"), context)
    return json.loads(response["body"]), response["headers"]["ETag"]


def marks_by_question(status: Any) -> dict[str, tuple[float, bool]]:
    return {sheet["question"]: (sheet["marks"], sheet["counted"]) for sheet in status["result"]["questions"]}


def test_the_machines_mark_is_kept_with_the_teachers(graded_sheet: Submission, context: Any) -> None:
    found, status = patch(context, graded_sheet, "1", {"marks": 1.5})
    assert found == 200
    changed = status["result"]["questions"][0]
    assert (changed["marks"], changed["machine_marks"], changed["marker"]) == (1.5, 1.0, "person")
    assert changed["changed_by"] == "A Teacher"
    assert changed["changed_at"]
    assert (status["marks"], status["result"]["marks"]) == (4.5, 4.5)


def test_a_sheet_with_every_doubt_reviewed_is_graded(graded_sheet: Submission, context: Any) -> None:
    assert get_with_etag(context, graded_sheet)[0]["state"] == "NEEDS_REVIEW"
    found, status = patch(context, graded_sheet, "1", {"marks": 1})
    assert (found, status["state"], status["result"]["needs_review"]) == (200, "GRADED", False)
    assert status["result"]["questions"][0]["review"] == []


def test_the_better_part_counts_after_a_change(graded_sheet: Submission, context: Any) -> None:
    found, status = patch(context, graded_sheet, "2.b", {"marks": 4})
    assert found == 200
    assert marks_by_question(status) == {"1": (1, True), "2.a": (3, False), "2.b": (4, True)}
    assert status["marks"] == 5
    reasons = {sheet["question"]: sheet["reason"] for sheet in status["result"]["questions"]}
    assert reasons["2.b"] == "Said."
    assert reasons["2.a"] == "Said. An extra attempt; better ones count."


def test_list_and_csv_have_the_changed_marks(graded_sheet: Submission, context: Any) -> None:
    patch(context, graded_sheet, "2.b", {"marks": 4})
    _, listed = parse_response(results_app.handler(http_event("GET", "/assessments/bio/submissions"), context))
    assert [(sheet["question"], sheet["marks"]) for sheet in listed["submissions"][0]["question_marks"]][2] == (
        "2.b",
        4,
    )
    assert listed["submissions"][0]["marks"] == 5
    csv = results_app.handler(http_event("GET", "/assessments/bio/results.csv"), context)["body"].splitlines()[1]
    assert csv.startswith("Ada,") and csv.endswith(",NEEDS_REVIEW,5,6,yes,1,3,4")


def test_a_mark_above_a_lowered_maximum_stays_and_needs_review(
    graded_sheet: Submission,
    table: Table,
    context: Any,
) -> None:
    patch(context, graded_sheet, "1", {"marks": 2})
    item = table.get(f"submission#{graded_sheet.id}", "record") or {}
    item["question_marks"][0] |= {"max_marks": 1, "marks": 1}
    table.put(item)
    _, listed = parse_response(results_app.handler(http_event("GET", "/assessments/bio/submissions"), context))
    (sheet,) = listed["submissions"]
    first = sheet["question_marks"][0]
    assert (first["marks"], first["max_marks"], first["review"]) == (2, 1, ["above_maximum"])
    assert sheet["state"] == "NEEDS_REVIEW"
    assert patch(context, graded_sheet, "1", {"marks": 1})[0] == 200
    _, listed = parse_response(results_app.handler(http_event("GET", "/assessments/bio/submissions"), context))
    assert listed["submissions"][0]["question_marks"][0]["review"] == []


def test_a_change_can_be_undone(graded_sheet: Submission, context: Any) -> None:
    before, _ = get_with_etag(context, graded_sheet)
    patch(context, graded_sheet, "1", {"marks": 2})
    found, after = patch(context, graded_sheet, "1", {"marks": None})
    assert found == 200
    assert after["result"] == before["result"]
    assert (after["marks"], after["state"]) == (before["marks"], before["state"])


def test_concurrent_changes_do_not_overwrite_each_other(graded_sheet: Submission, context: Any) -> None:
    _, etag = get_with_etag(context, graded_sheet)
    assert patch(context, graded_sheet, "1", {"marks": 2}, if_match=etag)[0] == 200
    found, problem = patch(context, graded_sheet, "1", {"marks": 0}, if_match=etag)
    assert (found, problem["type"]) == (412, "urn:gradeline:problem:ChangedMeanwhile")
    status, new_etag = get_with_etag(context, graded_sheet)
    assert status["marks"] == 5
    assert patch(context, graded_sheet, "1", {"marks": 0}, if_match=new_etag)[0] == 200
    assert patch(context, graded_sheet, "1", {"marks": 0}, if_match='W/"weak"')[0] == 412


def test_a_teachers_mark_survives_a_later_run(graded_sheet: Submission, table: Table, context: Any) -> None:
    patch(context, graded_sheet, "1", {"marks": 2})
    later = graded_sheet.for_run(2)
    submission_repository.create_record(table, later, SubmissionState.READING)
    assert patch(context, graded_sheet, "1", {"marks": 1})[0] == 409
    summary = [{**sheet, "answered": True} for sheet in QUESTIONS]
    submission_repository.write_terminal_state(
        table,
        later,
        SubmissionState.GRADED,
        OutcomeAttributes.from_item({"marks": 3, "max_marks": 6, "question_marks": summary, "review": []}),
    )
    status, _ = get_with_etag(context, graded_sheet)
    assert (status["run"], status["marks"]) == (2, 5)


def test_every_edit_is_logged_with_author_and_time(graded_sheet: Submission, table: Table, context: Any) -> None:
    for marks in (2, 0, None):
        patch(context, graded_sheet, "1", {"marks": marks})
    log = table.get(f"submission#{graded_sheet.id}", "record")["edit_log"]  # type: ignore[index]
    assert [(entry["question"], entry["marks"], entry["by"]) for entry in log] == [
        ("1", 2, "A Teacher"),
        ("1", 0, "A Teacher"),
        ("1", None, "A Teacher"),
    ]
    assert all(entry["at"] for entry in log)


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("1", {"marks": 2.5}, 422),
        ("1", {"marks": -0.5}, 422),
        ("1", {"marks": 0.333}, 422),
        ("1", {"marks": "2"}, 422),
        ("1", {"marks": True}, 422),
        ("1", b'{"marks": NaN}', 422),
        ("1", b'{"marks": 1e999}', 422),
        ("1", b'{"marks": 1' + 400 * b"0" + b"}", 422),
        ("1", {"mark": 2}, 422),
        ("1", [1], 422),
        ("1", b"2", 422),
        ("1", b"\xff", 422),
        ("1", {"marks": 1, "answer": "words"}, 422),
        ("1", {"answer": 3}, 422),
        ("1", {"answer": ["words"]}, 422),
        ("1", {"answer": 20_001 * "w"}, 422),
        ("1", {"answer": "a\x00b"}, 422),
        ("1", b'{"answer": "\\ud800"}', 422),
        ("9", {"marks": 1}, 404),
        ("9", {"answer": "words"}, 404),
        ("2", {"marks": 1}, 404),
        ("%3Cscript%3E", {"marks": 1}, 404),
    ],
)
def test_an_invalid_change_is_refused_and_changes_nothing(
    graded_sheet: Submission, context: Any, name: str, body: Any, status: int
) -> None:
    before = get_with_etag(context, graded_sheet)
    found, problem = patch(context, graded_sheet, name, body)
    assert (found, problem["status"]) == (status, status)
    assert get_with_etag(context, graded_sheet) == before


def test_another_tenant_cannot_change_a_mark(graded_sheet: Submission, context: Any) -> None:
    before = get_with_etag(context, graded_sheet)
    assert patch(context, graded_sheet, "1", {"marks": 2}, tenant="other")[0] == 404
    assert get_with_etag(context, graded_sheet) == before


def test_a_paper_in_review_has_no_marks_to_change(table: Table, context: Any) -> None:
    sheet = submission()
    submission_repository.create_record(
        table, sheet, SubmissionState.NEEDS_REVIEW, OutcomeAttributes.from_item({"paper_key": "assessments/paper.json"})
    )
    found, problem = patch(context, sheet, "1", {"marks": 1})
    assert (found, problem["type"]) == (409, "urn:gradeline:problem:NotMarked")
