"""The results API: the status at every moment, marks as tables, marking schemes with exact error messages."""

import csv
import io
import json
import threading
from typing import Any

import pytest

from core.models.submission import SubmissionState
from core.platform import executions
from core.storage import assessment_repository, submission_repository
from core.storage.outcome_attributes import OutcomeAttributes
from core.storage.table import Table, submission_pk
from results import app as results_app
from tests.integration.http_events import http_event, parse_response
from tests.integration.moto_cloud import (
    DOCUMENTS,
    STATE_MACHINE_ARN,
    MotoCloud,
)
from tests.integration.results_requests import (
    get,
    put_branch_item,
    status,
    submission,
)

STARTED, ENDED = "2026-01-31T08:30:01.000Z", "2026-01-31T08:30:03.000Z"


def test_the_status_is_right_before_the_record_exists(cloud: MotoCloud, context: Any) -> None:
    sheet = submission()
    executions.start_execution(sheet, stepfunctions=cloud.client("stepfunctions"), state_machine_arn=STATE_MACHINE_ARN)
    found = status(context, sheet)
    assert (found["state"], found["assessment"], found["lanes"]["reading"]["state"]) == ("RECEIVED", "bio", "waiting")
    assert get(context, f"/submissions/{sheet.id}", tenant="other")[0] == 404


def test_the_status_follows_the_branches(table: Table, context: Any) -> None:
    sheet = submission()
    submission_repository.create_record(table, sheet, SubmissionState.READING)
    assert status(context, sheet)["state"] == "READING"
    put_branch_item(table, sheet, "reading", started_at=STARTED, pages_total=3, pages_done=1)
    assert status(context, sheet)["lanes"]["reading"]["pages_done"] == 1
    put_branch_item(table, sheet, "reading", started_at=STARTED, ended_at=ENDED, pages_total=3, pages_done=3)
    assert status(context, sheet)["state"] == "STORING"
    put_branch_item(table, sheet, "storing", started_at=STARTED, ended_at=ENDED)
    assert status(context, sheet)["state"] == "GRADING"


def test_the_time_saved_is_the_overlap_of_the_branches(table: Table, context: Any) -> None:
    sheet = submission()
    submission_repository.create_record(table, sheet, SubmissionState.READING)
    put_branch_item(table, sheet, "reading", started_at=STARTED, ended_at=ENDED)
    put_branch_item(table, sheet, "storing", started_at=STARTED, ended_at="2026-01-31T08:30:02.500Z")
    submission_repository.write_terminal_state(
        table,
        sheet,
        SubmissionState.GRADED,
        OutcomeAttributes.from_item({"timeline": {"joined_at": ENDED, "graded_at": "2026-01-31T08:30:04.000Z"}}),
    )
    timeline = status(context, sheet)["timeline"]
    assert timeline["saved_ms"] == 1500
    assert timeline["graded_at"] == "2026-01-31T08:30:04.000Z"


def test_only_the_own_tenant_sees_a_students_name(table: Table, context: Any) -> None:
    sheet = submission()
    submission_repository.create_record(table, sheet, SubmissionState.READING)
    assert status(context, sheet)["student"] == "Ada"
    assert get(context, f"/submissions/{sheet.id}", tenant="other")[0] == 404
    assert get(context, f"/submissions/{sheet.id}/transcript", tenant="other")[0] == 404
    assert get(context, "/assessments/bio", tenant="other")[0] == 404
    assert get(context, "/assessments/bio/submissions", tenant="other")[1]["submissions"] == []


def test_a_waiting_request_is_answered_at_the_terminal_state(table: Table, context: Any) -> None:
    sheet = submission()
    submission_repository.create_record(table, sheet, SubmissionState.READING)
    assert status(context, sheet, headers={"prefer": "wait=1"})["state"] == "READING"
    timer = threading.Timer(
        0.5, lambda: submission_repository.write_terminal_state(table, sheet, SubmissionState.GRADED)
    )
    timer.start()
    assert status(context, sheet, headers={"prefer": "wait=20"})["state"] == "GRADED"
    timer.join()


def test_questions_with_one_label_have_their_own_columns(table: Table, context: Any) -> None:
    sheet = submission()
    submission_repository.create_record(table, sheet, SubmissionState.READING)
    questions = [
        {"question": name, "label": "(a)", "marks": marks, "max_marks": 1, "review": [], "counted": True}
        for name, marks in (("1.a", 1), ("2.a", 0))
    ]
    submission_repository.write_terminal_state(
        table,
        sheet,
        SubmissionState.GRADED,
        OutcomeAttributes.from_item({"marks": 1, "max_marks": 2, "question_marks": questions}),
    )
    body = results_app.handler(http_event("GET", "/assessments/bio/results.csv"), context)["body"]
    (row,) = csv.DictReader(io.StringIO(body))
    assert (row["Q1.a"], row["Q2.a"]) == ("1", "0")


def test_a_rejected_later_run_hides_earlier_marks(cloud: MotoCloud, table: Table, context: Any) -> None:
    sheet = submission()
    submission_repository.create_record(table, sheet, SubmissionState.READING)
    questions = [{"question": "1", "label": "1", "marks": 7, "max_marks": 9, "review": [], "counted": True}]
    graded_attributes = {"marks": 7, "max_marks": 9, "question_marks": questions, "result_key": "results/r.json"}
    cloud.client("s3").put_object(Bucket=DOCUMENTS, Key="results/r.json", Body=b"{}")
    submission_repository.write_terminal_state(
        table, sheet, SubmissionState.GRADED, OutcomeAttributes.from_item(graded_attributes)
    )
    submission_repository.create_record(table, sheet.for_run(2), SubmissionState.READING)
    submission_repository.write_terminal_state(table, sheet.for_run(2), SubmissionState.REJECTED)
    found = status(context, sheet)
    assert (found["marks"], found["result"]) == (None, None)
    csv_, (json_,) = rows_of(context), get(context, "/assessments/bio/results.json")[1]["sheets"]
    assert csv_ == [(sheet.id, "REJECTED", "")]
    assert (json_["submission"], json_["marks"], json_["questions"]) == (sheet.id, None, {})


def test_marks_as_csv_are_safe_and_count_the_newest_attempt(table: Table, context: Any) -> None:
    old, new = submission("1", "=HYPERLINK(1)"), submission("2", "=HYPERLINK(1)", "2026-02-01T08:00:00.000Z")
    for sheet, marks in ((new, 2.5), (old, 1)):
        submission_repository.create_record(table, sheet, SubmissionState.READING)
        questions = [{"question": "1", "label": "1", "marks": marks, "max_marks": 3, "review": [], "counted": True}]
        submission_repository.write_terminal_state(
            table,
            sheet,
            SubmissionState.GRADED,
            OutcomeAttributes.from_item({"marks": marks, "max_marks": 3, "question_marks": questions}),
        )
    response = results_app.handler(http_event("GET", "/assessments/bio/results.csv"), context)
    assert response["headers"]["Content-Type"].startswith("text/csv")
    assert "Q1" in response["body"]
    rows = list(csv.DictReader(io.StringIO(response["body"])))
    assert [(row["student"], row["marks"], row["Q1"]) for row in rows] == [("'=HYPERLINK(1)", "2.5", "2.5")]


def rows_of(context: Any) -> list[tuple[str, str, str]]:
    body = results_app.handler(http_event("GET", "/assessments/bio/results.csv"), context)["body"]
    return [(row["submission"], row["state"], row["marks"]) for row in csv.DictReader(io.StringIO(body))]


@pytest.mark.parametrize("state", [SubmissionState.REJECTED, SubmissionState.FAILED])
def test_a_failed_attempt_does_not_hide_earlier_marks(table: Table, context: Any, state: SubmissionState) -> None:
    old, new = submission("1"), submission("2", at="2026-02-01T08:00:00.000Z")
    submission_repository.create_record(table, old, SubmissionState.READING)
    submission_repository.write_terminal_state(
        table,
        old,
        SubmissionState.GRADED,
        OutcomeAttributes.from_item({"marks": 3, "max_marks": 4, "question_marks": []}),
    )
    submission_repository.create_record(table, new, SubmissionState.READING)
    submission_repository.write_terminal_state(table, new, state)
    assert rows_of(context) == [(old.id, "GRADED", "3")]


def test_a_sheet_sent_again_becomes_the_newest(table: Table, context: Any) -> None:
    first, second = submission("1"), submission("2", at="2026-02-01T08:00:00.000Z")
    for sheet, marks in ((first, 3), (second, 1)):
        submission_repository.create_record(table, sheet, SubmissionState.READING)
        submission_repository.write_terminal_state(
            table,
            sheet,
            SubmissionState.GRADED,
            OutcomeAttributes.from_item({"marks": marks, "max_marks": 4, "question_marks": []}),
        )
    assert rows_of(context) == [(second.id, "GRADED", "1")]
    table.update(submission_pk(first.id), "record", "SET counts_from = :at", values={":at": "2026-02-02T08:00:00.000Z"})
    assert rows_of(context) == [(first.id, "GRADED", "3")]


def put_scheme(context: Any, text: str) -> tuple[int, Any]:
    return parse_response(
        results_app.handler(http_event("PUT", "/assessments/bio/marking-scheme", body=text.encode()), context)
    )


def test_a_scheme_is_stored_and_triggers_a_release(cloud: MotoCloud, context: Any) -> None:
    scheme = 'questions:\n  - {question: "1", type: choice, marks: 1, answer: B}\n'
    assert put_scheme(context, scheme)[0] == 200
    assert put_scheme(context, scheme)[0] == 200
    assert cloud.invocations == [("stack-recover", {"action": "release", "tenant": "demo", "assessment": "bio"})] * 2
    assert get(context, "/assessments/bio")[1]["scheme"]["entries"][0]["answers"] == ["B"]


def test_a_bad_schemes_error_names_the_line(cloud: MotoCloud, context: Any) -> None:
    found, body = put_scheme(context, 'questions:\n  - question: "1"\n    marks: lots\n')
    assert (found, body["type"]) == (422, "urn:gradeline:problem:InvalidMarkingScheme")
    assert "ine 3" in body["detail"]
    assert cloud.calls == []


@pytest.mark.parametrize("marks", ["9" * 5000, '"\\UFFFFFFFF"', "[" * 5000])
def test_a_scheme_beyond_the_parsers_limits_is_refused(cloud: MotoCloud, context: Any, marks: str) -> None:
    found, body = put_scheme(context, f'questions:\n  - question: "1"\n    marks: {marks}\n')
    assert (found, body["type"]) == (422, "urn:gradeline:problem:InvalidMarkingScheme")


def test_a_scheme_that_is_not_text_is_refused(cloud: MotoCloud, context: Any) -> None:
    event = http_event("PUT", "/assessments/bio/marking-scheme", body=b"\xff\xfe\x00")
    assert parse_response(results_app.handler(event, context))[0] == 422


def test_an_unknown_id_or_route_is_a_problem_document(cloud: MotoCloud, context: Any) -> None:
    for path in ("/submissions/nonsense", "/submissions/" + "0" * 32, "/assessments/none", "/nowhere"):
        found, body = get(context, path)
        assert (found, body["type"]) == (404, "urn:gradeline:problem:NotFound")


def test_documents_are_read_with_the_status(cloud: MotoCloud, table: Table, context: Any) -> None:
    sheet = submission()
    submission_repository.create_record(table, sheet, SubmissionState.READING)
    transcript = {"pages": [], "text": "", "warnings": ["no text found"]}
    for key, body in (("results/r.json", {"marks": 2}), ("transcripts/t.json", transcript)):
        cloud.client("s3").put_object(Bucket=DOCUMENTS, Key=key, Body=json.dumps(body))
    submission_repository.write_terminal_state(
        table,
        sheet,
        SubmissionState.GRADED,
        OutcomeAttributes.from_item({"result_key": "results/r.json", "transcript_key": "transcripts/t.json"}),
    )
    assert status(context, sheet)["result"] == {"marks": 2}
    assert get(context, f"/submissions/{sheet.id}/transcript") == (200, transcript | {"next": None})


def test_a_list_has_marks_and_no_branches(table: Table, context: Any) -> None:
    sheet = submission()
    marks = [{"question": "1", "label": "1", "marks": 1, "max_marks": 2, "review": [], "counted": True}]
    submission_repository.create_record(
        table,
        sheet,
        SubmissionState.GRADED,
        OutcomeAttributes.from_item({"marks": 1, "max_marks": 2, "question_marks": marks}),
    )
    (listed,) = get(context, "/assessments/bio/submissions")[1]["submissions"]
    assert (listed["question_marks"], listed["lanes"]) == (marks, None)


def test_a_tenant_sees_its_own_assessments_only(table: Table, context: Any) -> None:
    for tenant, name in (("demo", "physics"), ("demo", "bio"), ("demo", "bio"), ("other", "maths")):
        assessment_repository.register_assessment(table, tenant, name)
    assert get(context, "/assessments") == (200, {"assessments": [{"id": "bio"}, {"id": "physics"}]})
    assert get(context, "/assessments", tenant="other") == (200, {"assessments": [{"id": "maths"}]})
