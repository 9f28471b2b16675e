"""Class lists: lists, tables, gradebooks and feedback identify students by the same rule."""

import csv
import io
from typing import Any

import pytest

from core.models.submission import Submission, SubmissionState
from core.storage import submission_repository
from core.storage.table import Table
from results import app as results_app
from samples import students as samples
from tests.integration.http_events import http_event
from tests.integration.moto_cloud import (
    MotoCloud,
)
from tests.integration.results_requests import (
    create_graded_sheet,
    get,
    get_feedback,
    gradebook,
    put,
    submission,
)

pytestmark = pytest.mark.usefixtures("recover_requests")

NAMES = [sheet.student for sheet in samples.SHEETS]
FILES = [sheet.file.rpartition("/")[2].rpartition(".")[0] for sheet in samples.SHEETS]
LATER = "2026-01-31T09:00:00.000Z"
ROSTER = "/assessments/bio/roster"


def class_list(surname_first: bool = False) -> str:
    """The samples' class as a school lists it: by surname first, or with first names first."""
    lines = ["Name,Number"]
    for at, name in enumerate(NAMES):
        first, _, last = name.partition(" ")
        lines.append(f'"{last}, {first}",{1001 + at}' if surname_first else f"{name},{1001 + at}")
    return "\n".join(lines)


def draft_gradebook(context: Any, platform: str = "canvas", **query: str) -> tuple[int, Any]:
    return gradebook(context, platform, draft="true", **query)


@pytest.fixture
def sheets(cloud: MotoCloud, table: Table) -> list[Submission]:
    """The samples' sheets as the page sends them: labelled with their files' names, graded before there was a list."""
    return [create_graded_sheet(table, str(at), name, at / 2) for at, name in enumerate(FILES)]


@pytest.mark.parametrize("surname_first", [False, True])
@pytest.mark.parametrize("platform", ["canvas", "moodle"])
def test_the_samples_class_is_exported_to_both_platforms(
    sheets: list[Submission], context: Any, platform: str, surname_first: bool
) -> None:
    assert put(context, ROSTER, class_list(surname_first))[0] == 200
    status, rows = draft_gradebook(context, platform)
    assert status == 200, rows
    number = 2 if platform == "canvas" else 0
    marks = 5 if platform == "canvas" else 2
    found = {row[number]: float(row[marks]) for row in rows if row[number].isdigit()}
    assert found == {str(1001 + at): at / 2 for at in range(len(NAMES))}


def test_lists_tables_and_sheets_use_the_class_lists_names(sheets: list[Submission], context: Any) -> None:
    put(context, ROSTER, class_list())
    listed = get(context, "/assessments/bio/submissions")[1]["submissions"]
    assert [(sheet["student"], sheet["label"], sheet["on_roster"]) for sheet in listed] == [
        (name, file, True) for name, file in zip(NAMES, FILES, strict=True)
    ]
    single = get(context, f"/submissions/{sheets[0].id}")[1]
    assert (single["student"], single["label"], single["on_roster"]) == (NAMES[0], FILES[0], True)
    rows = get(context, "/assessments/bio/results.json")[1]["sheets"]
    assert [row["student"] for row in rows] == sorted(NAMES)
    body = results_app.handler(http_event("GET", "/assessments/bio/results.csv"), context)["body"]
    assert [row[0] for row in csv.reader(io.StringIO(body))] == ["student", *sorted(NAMES)]


def test_without_a_class_list_a_sheet_keeps_its_label(sheets: list[Submission], context: Any) -> None:
    single = get(context, f"/submissions/{sheets[0].id}")[1]
    assert (single["student"], single["label"], single["on_roster"]) == (FILES[0], FILES[0], None)
    response = get(context, ROSTER)
    assert (response[0], response[1]["type"]) == (404, "urn:gradeline:problem:NotFound")


def test_roster_comparison_lists_matches_missing_sheets_and_unknown_labels(
    sheets: list[Submission],
    table: Table,
    context: Any,
) -> None:
    resubmitted = create_graded_sheet(table, "11", NAMES[0], 3, LATER)
    unlisted, unlabelled = create_graded_sheet(table, "12", "scan0001", 1), create_graded_sheet(table, "13", None, 1)
    put(context, ROSTER, class_list() + "\nBogdan Ilić,1099\n")
    status, response = get(context, ROSTER)
    assert status == 200
    assert response["assessment"] == "bio"
    assert response["students"] == 6
    assert response["matched"][0] == {
        "student": NAMES[0],
        "name": NAMES[0],
        "number": "1001",
        "submission": resubmitted.id,
        "state": "GRADED",
        "older": [sheets[0].id],
    }
    assert [sheet["student"] for sheet in response["matched"]] == NAMES
    assert response["without_sheet"] == [{"student": "Bogdan Ilić", "name": "Bogdan Ilić", "number": "1099"}]
    assert sorted((sheet["submission"], sheet["label"]) for sheet in response["unknown"]) == [
        (unlisted.id, "scan0001"),
        (unlabelled.id, None),
    ]
    assert get(context, ROSTER, tenant="other")[0] == 404


def test_a_sheet_in_progress_is_neither_matched_nor_unknown(table: Table, context: Any) -> None:
    submission_repository.create_record(table, submission("1", None), SubmissionState.READING)
    put(context, ROSTER, class_list())
    response = get(context, ROSTER)[1]
    assert (response["matched"], response["unknown"], len(response["without_sheet"])) == ([], [], len(NAMES))
    assert get(context, "/assessments/bio/submissions")[1]["submissions"][0]["on_roster"] is None


def test_of_two_sheets_of_one_student_the_newest_counts(
    sheets: list[Submission],
    table: Table,
    context: Any,
) -> None:
    create_graded_sheet(table, "11", NAMES[0].upper(), 3, LATER)
    put(context, ROSTER, class_list())
    rows = [row for row in draft_gradebook(context)[1] if row[2] == "1001"]
    assert [row[5] for row in rows] == ["3"]
    assert len(get(context, "/assessments/bio/results.json")[1]["sheets"]) == len(NAMES)


def test_a_gradebook_omits_unknown_students_only_on_request(
    sheets: list[Submission],
    table: Table,
    context: Any,
) -> None:
    # A number is no proof that it is a student of this class.
    create_graded_sheet(table, "11", "10A-017", 3)
    create_graded_sheet(table, "12", None, 2)
    put(context, ROSTER, class_list())
    for platform in ("canvas", "moodle"):
        status, problem = draft_gradebook(context, platform)
        assert (status, problem["type"]) == (422, "urn:gradeline:problem:GradebookIncomplete")
        assert "10A-017" in problem["detail"]
        assert "a sheet without a name" in problem["detail"]
        assert "Send each again" in problem["detail"]
        status, rows = draft_gradebook(context, platform, unknown="leave_out")
        assert status == 200
        assert not [row for row in rows if "10A-017" in row]
        assert len(rows) - (2 if platform == "canvas" else 1) == len(NAMES)


def test_namesakes_are_distinguished_by_their_numbers_alone(table: Table, context: Any) -> None:
    create_graded_sheet(table, "1", "john-smith", 1)
    create_graded_sheet(table, "2", "john-smith-1002", 2)
    put(context, ROSTER, "student,name,number\nJohn Smith (a),John Smith,1001\nJohn Smith (b),John Smith,1002\n")
    response = get(context, ROSTER)[1]
    assert [sheet["student"] for sheet in response["matched"]] == ["John Smith (b)"]
    assert [sheet["label"] for sheet in response["unknown"]] == ["john-smith"]
    assert "john-smith" in draft_gradebook(context)[1]["detail"]
    assert [row[2] for row in draft_gradebook(context, unknown="leave_out")[1][2:]] == ["1002"]


def test_feedback_sheets_have_the_class_lists_name(graded_sheet: Submission, context: Any) -> None:
    put(context, ROSTER, "name,student,number\nada,Lovelace (Ada),1001\n")
    for path in (f"/submissions/{graded_sheet.id}/feedback.pdf", "/assessments/bio/feedback.pdf"):
        found, text = get_feedback(context, path, draft=True)
        assert found == 200
        assert "Lovelace (Ada)" in text
