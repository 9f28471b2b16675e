"""A teacher changes a mark: the machine's stays beside it, totals follow, nobody's change is lost."""

import json
from typing import Any

import pytest

from core.models.assessment import Question, QuestionPaper, QuestionType
from core.models.submission import Submission, SubmissionState
from core.storage import assessment_repository, submission_repository
from core.storage.table import Table
from results import app as door
from tests.integration.conftest import DOCUMENTS, MotoCloud
from tests.integration.http_events import http_event, parse_response
from tests.integration.test_results_handler import submission, table  # noqa: F401

RESULT_KEY = "results/demo/1/1.json"


def question(name: str, marks: float | None, most: float, *, review: tuple[str, ...] = (), counted: bool = True) -> Any:
    return {
        "question": name,
        "label": name,
        "marks": marks,
        "max_marks": most,
        "answer": "words",
        "places": [],
        "marker": "key-points",
        "confidence": 0.6,
        "reason": "Said." if counted else "Said. An extra attempt; better ones count.",
        "review": list(review),
        "counted": counted,
        "criteria": [],
    }


QUESTIONS = [
    question("1", 1.0, 2.0, review=("borderline",)),
    question("2.a", 3.0, 4.0),
    question("2.b", 1.0, 4.0, counted=False),
]


@pytest.fixture
def graded(table: Table, cloud: MotoCloud) -> Submission:  # noqa: F811
    """A sheet of a paper whose question 2 asks for one of two parts."""

    def asked(name: str, marks: float, **more: Any) -> Question:
        return Question(name, name, QuestionType.TEXT, "Why?", marks, **more)

    choice = Question("2", "2", QuestionType.GROUP, "Any one of", 4, choose=1, parts=(asked("2.a", 4), asked("2.b", 4)))
    paper = QuestionPaper(6.0, (asked("1", 2), choice))
    s3 = cloud.client("s3")
    result = {
        "marks": 4.0,
        "max_marks": 6.0,
        "needs_review": True,
        "review": [],
        "questions": QUESTIONS,
        "warnings": [],
    }
    for key, body in (("assessments/paper.json", paper.to_dict()), (RESULT_KEY, result)):
        s3.put_object(Bucket=DOCUMENTS, Key=key, Body=json.dumps(body).encode())
    assessment_repository.set_document_if_newer(
        table, "demo", "bio", "paper", key="assessments/paper.json", received_at="2026-01-31T08:00:00.000Z"
    )
    one = submission()
    summary = ("question", "label", "marks", "max_marks", "review", "counted")
    attributes = {
        "marks": 4,
        "max_marks": 6,
        "result_key": RESULT_KEY,
        "review": [],
        "question_marks": [{name: one_[name] for name in summary} | {"answered": True} for one_ in QUESTIONS],
    }
    submission_repository.create_record(table, one, SubmissionState.NEEDS_REVIEW, attributes)
    return one


def patch(
    context: Any, of: Submission, name: str, body: Any, *, seen: str | None = None, **more: Any
) -> tuple[int, Any]:
    headers = {"if-match": seen} if seen else {}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    path = f"/submissions/{of.id}/marks/{name}"
    return parse_response(door.handler(http_event("PATCH", path, headers=headers, body=raw, **more), context))


def get(context: Any, of: Submission) -> tuple[Any, str]:
    response = door.handler(http_event("GET", f"/submissions/{of.id}"), context)
    return json.loads(response["body"]), response["headers"]["ETag"]


def marks_of(status: Any) -> dict[str, tuple[float, bool]]:
    return {one["question"]: (one["marks"], one["counted"]) for one in status["result"]["questions"]}


def test_the_machines_mark_stays_beside_the_teachers(graded: Submission, context: Any) -> None:
    found, status = patch(context, graded, "1", {"marks": 1.5})
    assert found == 200
    changed = status["result"]["questions"][0]
    assert (changed["marks"], changed["machine_marks"], changed["marker"]) == (1.5, 1.0, "person")
    assert changed["changed_by"] == "A Teacher"
    assert changed["changed_at"]
    assert (status["marks"], status["result"]["marks"]) == (4.5, 4.5)


def test_who_has_looked_at_every_doubt_has_a_marked_sheet(graded: Submission, context: Any) -> None:
    assert get(context, graded)[0]["state"] == "NEEDS_REVIEW"
    found, status = patch(context, graded, "1", {"marks": 1})
    assert (found, status["state"], status["result"]["needs_review"]) == (200, "GRADED", False)
    assert status["result"]["questions"][0]["review"] == []


def test_the_better_part_counts_after_a_change(graded: Submission, context: Any) -> None:
    found, status = patch(context, graded, "2.b", {"marks": 4})
    assert found == 200
    assert marks_of(status) == {"1": (1, True), "2.a": (3, False), "2.b": (4, True)}
    assert status["marks"] == 5
    reasons = {one["question"]: one["reason"] for one in status["result"]["questions"]}
    assert reasons["2.b"] == "Said."
    assert reasons["2.a"] == "Said. An extra attempt; better ones count."


def test_list_and_csv_tell_the_changed_marks(graded: Submission, context: Any) -> None:
    patch(context, graded, "2.b", {"marks": 4})
    _, listed = parse_response(door.handler(http_event("GET", "/assessments/bio/submissions"), context))
    assert [(one["question"], one["marks"]) for one in listed["submissions"][0]["question_marks"]][2] == ("2.b", 4)
    assert listed["submissions"][0]["marks"] == 5
    csv = door.handler(http_event("GET", "/assessments/bio/results.csv"), context)["body"].splitlines()[1]
    assert csv.startswith("Ada,") and csv.endswith(",NEEDS_REVIEW,5,6,yes,1,3,4")


def test_a_mark_above_what_the_question_is_worth_now_stands_and_wants_a_look(
    graded: Submission,
    table: Table,  # noqa: F811
    context: Any,
) -> None:
    patch(context, graded, "1", {"marks": 2})
    item = table.get(f"submission#{graded.id}", "record") or {}
    item["question_marks"][0] |= {"max_marks": 1, "marks": 1}
    table.put(item)
    _, listed = parse_response(door.handler(http_event("GET", "/assessments/bio/submissions"), context))
    (sheet,) = listed["submissions"]
    first = sheet["question_marks"][0]
    assert (first["marks"], first["max_marks"], first["review"]) == (2, 1, ["above_maximum"])
    assert sheet["state"] == "NEEDS_REVIEW"
    assert patch(context, graded, "1", {"marks": 1})[0] == 200
    _, listed = parse_response(door.handler(http_event("GET", "/assessments/bio/submissions"), context))
    assert listed["submissions"][0]["question_marks"][0]["review"] == []


def test_a_change_is_taken_back(graded: Submission, context: Any) -> None:
    before, _ = get(context, graded)
    patch(context, graded, "1", {"marks": 2})
    found, after = patch(context, graded, "1", {"marks": None})
    assert found == 200
    assert after["result"] == before["result"]
    assert (after["marks"], after["state"]) == (before["marks"], before["state"])


def test_two_who_look_at_the_same_marks_do_not_overwrite_each_other(graded: Submission, context: Any) -> None:
    _, seen = get(context, graded)
    assert patch(context, graded, "1", {"marks": 2}, seen=seen)[0] == 200
    found, problem = patch(context, graded, "1", {"marks": 0}, seen=seen)
    assert (found, problem["type"]) == (412, "urn:gradeline:problem:ChangedMeanwhile")
    status, fresh = get(context, graded)
    assert status["marks"] == 5
    assert patch(context, graded, "1", {"marks": 0}, seen=fresh)[0] == 200
    assert patch(context, graded, "1", {"marks": 0}, seen='W/"weak"')[0] == 412


def test_a_teachers_mark_outlives_a_later_run(graded: Submission, table: Table, context: Any) -> None:  # noqa: F811
    patch(context, graded, "1", {"marks": 2})
    later = graded.for_run(2)
    submission_repository.create_record(table, later, SubmissionState.READING, {})
    assert patch(context, graded, "1", {"marks": 1})[0] == 409
    summary = [{**one, "answered": True} for one in QUESTIONS]
    submission_repository.write_terminal_state(
        table, later, SubmissionState.GRADED, {"marks": 3, "max_marks": 6, "question_marks": summary, "review": []}
    )
    status, _ = get(context, graded)
    assert (status["run"], status["marks"]) == (2, 5)


def test_every_edit_is_kept_with_who_and_when(graded: Submission, table: Table, context: Any) -> None:  # noqa: F811
    for marks in (2, 0, None):
        patch(context, graded, "1", {"marks": marks})
    log = table.get(f"submission#{graded.id}", "record")["edit_log"]  # type: ignore[index]
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
def test_what_is_no_mark_is_refused_and_changes_nothing(
    graded: Submission, context: Any, name: str, body: Any, status: int
) -> None:
    before = get(context, graded)
    found, problem = patch(context, graded, name, body)
    assert (found, problem["status"]) == (status, status)
    assert get(context, graded) == before


def test_nobody_else_changes_it(graded: Submission, context: Any) -> None:
    before = get(context, graded)
    assert patch(context, graded, "1", {"marks": 2}, tenant="other")[0] == 404
    assert get(context, graded) == before


def test_a_paper_that_wants_a_look_has_no_marks_to_change(table: Table, context: Any) -> None:  # noqa: F811
    one = submission()
    submission_repository.create_record(
        table, one, SubmissionState.NEEDS_REVIEW, {"paper_key": "assessments/paper.json"}
    )
    found, problem = patch(context, one, "1", {"marks": 1})
    assert (found, problem["type"]) == (409, "urn:gradeline:problem:NotMarked")
