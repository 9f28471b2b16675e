"""Gradebook export: withheld until the marks are published, then in the format that each platform imports."""

import json
from typing import Any

import pytest

from core.models.submission import Submission, SubmissionState
from core.storage import assessment_repository, submission_repository
from core.storage.outcome_attributes import OutcomeAttributes
from core.storage.table import Table
from results import app as results_app
from tests.integration.http_events import http_event
from tests.integration.moto_cloud import DOCUMENTS, MotoCloud
from tests.integration.recovery import load_record
from tests.integration.results_requests import (
    PUBLICATION,
    create_graded_sheet,
    get,
    gradebook,
    patch,
    publish,
    put,
    submission,
)

pytestmark = pytest.mark.usefixtures("recover_requests")

ROSTER = "Name,Number\nAda,0017\n=Ben,1e5\n<img src=x onerror=1>,99999999999999999999\n"


@pytest.fixture
def three_sheets(cloud: MotoCloud, table: Table, context: Any) -> list[Submission]:
    students = ("Ada", "=Ben", "<img src=x onerror=1>")
    made = [
        create_graded_sheet(table, str(n), name, marks)
        for n, (name, marks) in enumerate(zip(students, (2.5, 0, None), strict=True))
    ]
    assert put(context, "/assessments/bio/roster", ROSTER)[0] == 200
    return made


def test_marks_are_withheld_until_they_are_published(three_sheets: list[Submission], context: Any) -> None:
    status, problem = gradebook(context)
    assert (status, problem["type"]) == (409, "urn:gradeline:problem:NotPublished")
    assert gradebook(context, draft="true")[0] == 200
    held = {"published_at": None, "published_by": None, "changed_since": None}
    assert get(context, "/assessments/bio")[1].items() >= held.items()

    status, response = publish(context)
    assert (status, response["published_by"], response["changed_since"]) == (200, "A Teacher", 0)
    assert get(context, "/assessments/bio")[1]["published_at"] == response["published_at"]
    assert gradebook(context)[0] == 200

    assert publish(context, False)[1] == {"assessment": "bio", **held}
    assert gradebook(context)[0] == 409


def test_changes_since_the_publication_are_counted(
    three_sheets: list[Submission],
    table: Table,
    context: Any,
) -> None:
    publish(context)
    assert patch(context, three_sheets[0], "1", {"marks": 3})[0] == 200
    assert patch(context, three_sheets[0], "1", {"marks": 2})[0] == 200
    create_graded_sheet(table, "9", "Ada 2", 1)
    assert get(context, "/assessments/bio")[1]["changed_since"] == 2
    assert publish(context)[1]["changed_since"] == 0


def test_every_publication_is_logged_with_author_and_time(
    three_sheets: list[Submission], table: Table, context: Any
) -> None:
    for published in (True, False, True):
        publish(context, published)
    log = table.get("assessment#demo#bio", "assessment")["publications"]  # type: ignore[index]
    assert [(entry["published"], entry["by"]) for entry in log] == [(on, "A Teacher") for on in (True, False, True)]
    assert all(entry["at"] for entry in log)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"published": 1}', b'{"published": true, "by": "me"}', b"[]", b"\xff"])
def test_an_invalid_publication_is_refused(three_sheets: list[Submission], context: Any, body: bytes) -> None:
    status, problem = put(context, PUBLICATION, body)
    assert (status, problem["type"]) == (422, "urn:gradeline:problem:InvalidPublication")
    assert get(context, "/assessments/bio")[1]["published_at"] is None


def test_another_tenant_can_neither_publish_nor_read(three_sheets: list[Submission], context: Any) -> None:
    assert publish(context, tenant="other")[0] == 404
    publish(context)
    event = http_event(
        "GET", "/assessments/bio/gradebook.csv", query={"for": "canvas", "draft": "true"}, tenant="other"
    )
    assert "Ada" not in results_app.handler(event, context)["body"]


def test_canvas_gets_its_columns_and_unchanged_ids(three_sheets: list[Submission], context: Any) -> None:
    publish(context)
    _, (head, points, *rows) = gradebook(context)
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "bio"]
    assert points == ["    Points Possible", "", "", "", "", "3"]
    assert {(row[0], row[2], row[5]) for row in rows} == {
        ("Ada", "0017", "2.5"),
        # Nothing was marked: an empty cell changes no grade in Canvas.
        ("<img src=x onerror=1>", "99999999999999999999", ""),
        ("'=Ben", "1e5", "0"),
    }


def test_a_total_with_a_missing_mark_is_not_exported(
    cloud: MotoCloud,
    table: Table,
    context: Any,
) -> None:
    sheet = submission("0", "1001")
    questions = [
        {"question": str(n), "label": str(n), "marks": marks, "max_marks": 3, "review": [], "counted": counted}
        for n, (marks, counted) in enumerate(((2, True), (None, True), (None, False)), 1)
    ]
    submission_repository.create_record(table, sheet, SubmissionState.READING)
    submission_repository.write_terminal_state(
        table,
        sheet,
        SubmissionState.NEEDS_REVIEW,
        OutcomeAttributes.from_item({"marks": 2, "max_marks": 6, "question_marks": questions}),
    )
    publish(context)
    assert gradebook(context)[1][2][5] == ""
    assert gradebook(context, "moodle")[1][1][2:] == ["", "1: 2; 2: no mark yet; 3: no mark yet"]


def test_moodle_gets_a_grade_and_the_marks_of_each_question(three_sheets: list[Submission], context: Any) -> None:
    publish(context)
    _, (head, *rows) = gradebook(context, "moodle")
    assert head == ["ID number", "Full name", "bio", "bio (feedback)"]
    assert ["0017", "Ada", "2.5", "1: 2.5"] in rows


@pytest.mark.parametrize("number", ["=1+1", "+49", "-5", "@x", "12\u200b3", "1\u00ad2"])
def test_an_id_that_would_not_survive_the_export_is_refused(
    three_sheets: list[Submission], context: Any, number: str
) -> None:
    assert (
        put(context, "/assessments/bio/roster", f"Name,Number\nAda,{number}\n=Ben,2\n<img src=x onerror=1>,3\n")[0]
        == 200
    )
    publish(context)
    status, problem = gradebook(context)
    assert (status, problem["type"]) == (422, "urn:gradeline:problem:GradebookIncomplete")
    assert "Ada have a number" in problem["detail"]


def test_students_with_missing_or_shared_ids_are_named(
    three_sheets: list[Submission], table: Table, context: Any
) -> None:
    assert put(context, "/assessments/bio/roster", "Name,Number\nAda,7\n=Ben,7\n<img src=x onerror=1>,\n")[0] == 200
    create_graded_sheet(table, "8", None, 1)
    publish(context)
    detail = gradebook(context)[1]["detail"]
    assert "<img src=x onerror=1> have no number" in detail
    assert "=Ben, Ada have the same number" in detail
    assert "a sheet without a name (sheets) match no student" in detail


def test_a_label_that_is_an_id_needs_no_roster(table: Table, context: Any) -> None:
    create_graded_sheet(table, "1", "10A-017", 2)
    publish(context)
    assert gradebook(context)[1][2][:3] == ["10A-017", "", "10A-017"]


def test_unknown_platforms_are_refused(three_sheets: list[Submission], context: Any) -> None:
    assert gradebook(context, "blackboard")[1]["type"] == "urn:gradeline:problem:UnknownPlatform"


def regrade(table: Table, sheet: Submission, **changes: Any) -> None:
    """Grade a sheet in another run, with `changes` to its question."""
    found = load_record(table, sheet)
    assert found.question_marks is not None
    run = submission_repository.claim_next_run(table, found)
    question = {**found.question_marks[0].to_dict(), **changes}
    submission_repository.create_record(table, sheet.for_run(run), SubmissionState.READING)
    total = {"marks": question["marks"], "max_marks": question["max_marks"]}
    submission_repository.write_terminal_state(
        table,
        sheet.for_run(run),
        SubmissionState.GRADED,
        OutcomeAttributes.from_item({**total, "question_marks": [question]}),
    )


def changed_since(context: Any) -> Any:
    return get(context, "/assessments/bio")[1]["changed_since"]


def test_regrading_with_the_same_marks_is_no_change(
    three_sheets: list[Submission],
    table: Table,
    context: Any,
) -> None:
    publish(context)
    for sheet in three_sheets:
        regrade(table, sheet, review=["borderline"])
    assert changed_since(context) == 0
    regrade(table, three_sheets[0], marks=2.0)
    regrade(table, three_sheets[2], marks=0)
    assert changed_since(context) == 2
    # The same marks out of a higher maximum are another result.
    regrade(table, three_sheets[1], max_marks=4)
    assert changed_since(context) == 3
    regrade(table, three_sheets[0], marks=2.5)
    assert changed_since(context) == 2
    assert publish(context)[1]["changed_since"] == 0
    assert changed_since(context) == 0


def test_a_confirmed_or_restored_mark_is_no_change(three_sheets: list[Submission], context: Any) -> None:
    publish(context)
    assert patch(context, three_sheets[0], "1", {"marks": 2.5})[0] == 200
    assert changed_since(context) == 0
    patch(context, three_sheets[0], "1", {"marks": 3})
    assert changed_since(context) == 1
    patch(context, three_sheets[0], "1", {"marks": None})
    assert changed_since(context) == 0


def test_publications_without_stored_marks_are_compared_by_time(
    three_sheets: list[Submission],
    table: Table,
    context: Any,
) -> None:
    assessment_repository.set_publication(table, "demo", "bio", published=True, by="A Teacher", marks=None)
    assert changed_since(context) == 0
    regrade(table, three_sheets[0])
    assert changed_since(context) == 1


def test_a_stored_publication_reveals_no_names_and_no_marks(
    three_sheets: list[Submission],
    table: Table,
    cloud: MotoCloud,
    context: Any,
) -> None:
    publish(context)
    key = table.get("assessment#demo#bio", "assessment")["published"]["marks"]  # type: ignore[index]
    text = cloud.client("s3").get_object(Bucket=DOCUMENTS, Key=key)["Body"].read().decode()
    assert len(json.loads(text)["sheets"]) == 3
    assert "question" not in text
    assert not any(sheet.id in text for sheet in three_sheets)
