"""The class list beside the sheets: one rule for lists, tables, gradebooks and feedback."""

import csv
import io
from typing import Any

import pytest

from core.models.submission import Submission, SubmissionState
from core.storage import submission_repository
from core.storage.table import Table
from results import app as door
from samples import students as samples
from tests.integration.conftest import MotoCloud
from tests.integration.http_events import http_event, parse_response
from tests.integration.test_feedback_export import ask
from tests.integration.test_mark_changes import graded  # noqa: F401 - a fixture
from tests.integration.test_results_handler import get, submission, table  # noqa: F401 - a fixture
from tests.integration.test_rosters_and_model_settings import asked, put  # noqa: F401 - a fixture

NAMES = [sheet.student for sheet in samples.SHEETS]
FILES = [sheet.file.rpartition("/")[2].rpartition(".")[0] for sheet in samples.SHEETS]
LATER = "2026-01-31T09:00:00.000Z"
ROSTER = "/assessments/bio/roster"


def marked(table: Table, name: str, student: str | None, marks: float, at: str | None = None) -> Submission:  # noqa: F811
    one = submission(name, student, *([at] if at else []))
    question = {"question": "1", "label": "1", "marks": marks, "max_marks": 3, "review": [], "counted": True}
    submission_repository.create_record(table, one, SubmissionState.READING, {})
    submission_repository.write_terminal_state(
        table, one, SubmissionState.GRADED, {"marks": marks, "max_marks": 3, "question_marks": [question]}
    )
    return one


def class_list(turned: bool = False) -> str:
    """The samples' class as a school lists it: by surname first, or as people are called."""
    lines = ["Name,Number"]
    for at, name in enumerate(NAMES):
        first, _, last = name.partition(" ")
        lines.append(f'"{last}, {first}",{1001 + at}' if turned else f"{name},{1001 + at}")
    return "\n".join(lines)


def gradebook(context: Any, platform: str = "canvas", **query: str) -> tuple[int, Any]:
    event = http_event("GET", "/assessments/bio/gradebook.csv", query={"for": platform, "draft": "true", **query})
    told = door.handler(event, context)
    return parse_response(told) if told["statusCode"] != 200 else (200, list(csv.reader(io.StringIO(told["body"]))))


@pytest.fixture
def sheets(cloud: MotoCloud, table: Table) -> list[Submission]:  # noqa: F811
    """The samples' sheets as the page sends them: called by their files' names, graded before there was a list."""
    return [marked(table, str(at), name, at / 2) for at, name in enumerate(FILES)]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("platform", ["canvas", "moodle"])
def test_the_samples_own_class_goes_home_to_both_platforms(
    sheets: list[Submission], context: Any, platform: str, turned: bool
) -> None:
    assert put(context, ROSTER, class_list(turned))[0] == 200
    status, rows = gradebook(context, platform)
    assert status == 200, rows
    number = 2 if platform == "canvas" else 0
    marks = 5 if platform == "canvas" else 2
    found = {row[number]: float(row[marks]) for row in rows if row[number].isdigit()}
    assert found == {str(1001 + at): at / 2 for at in range(len(NAMES))}


def test_lists_tables_and_single_sheets_call_a_student_as_the_class_list_does(
    sheets: list[Submission], context: Any
) -> None:
    put(context, ROSTER, class_list())
    listed = get(context, "/assessments/bio/submissions")[1]["submissions"]
    assert [(one["student"], one["label"], one["on_roster"]) for one in listed] == [
        (name, file, True) for name, file in zip(NAMES, FILES, strict=True)
    ]
    single = get(context, f"/submissions/{sheets[0].id}")[1]
    assert (single["student"], single["label"], single["on_roster"]) == (NAMES[0], FILES[0], True)
    rows = get(context, "/assessments/bio/results.json")[1]["sheets"]
    assert [row["student"] for row in rows] == sorted(NAMES)
    body = door.handler(http_event("GET", "/assessments/bio/results.csv"), context)["body"]
    assert [row[0] for row in csv.reader(io.StringIO(body))] == ["student", *sorted(NAMES)]


def test_without_a_class_list_a_sheet_keeps_its_label(sheets: list[Submission], context: Any) -> None:
    single = get(context, f"/submissions/{sheets[0].id}")[1]
    assert (single["student"], single["label"], single["on_roster"]) == (FILES[0], FILES[0], None)
    told = get(context, ROSTER)
    assert (told[0], told[1]["type"]) == (404, "urn:gradeline:problem:NotFound")


def test_who_is_matched_who_has_no_sheet_and_whose_sheets_nobody_knows(
    sheets: list[Submission],
    table: Table,  # noqa: F811
    context: Any,
) -> None:
    again = marked(table, "11", NAMES[0], 3, LATER)
    stranger, nameless = marked(table, "12", "scan0001", 1), marked(table, "13", None, 1)
    put(context, ROSTER, class_list() + "\nBogdan Ilić,1099\n")
    status, told = get(context, ROSTER)
    assert status == 200
    assert told["assessment"] == "bio"
    assert told["students"] == 6
    assert told["matched"][0] == {
        "student": NAMES[0],
        "name": NAMES[0],
        "number": "1001",
        "submission": again.id,
        "state": "GRADED",
        "older": [sheets[0].id],
    }
    assert [one["student"] for one in told["matched"]] == NAMES
    assert told["without_sheet"] == [{"student": "Bogdan Ilić", "name": "Bogdan Ilić", "number": "1099"}]
    assert sorted((one["submission"], one["label"]) for one in told["unknown"]) == [
        (stranger.id, "scan0001"),
        (nameless.id, None),
    ]
    assert get(context, ROSTER, tenant="other")[0] == 404


def test_a_sheet_that_is_still_read_is_nobodys_yet_and_no_stranger(table: Table, context: Any) -> None:  # noqa: F811
    submission_repository.create_record(table, submission("1", None), SubmissionState.READING, {})
    put(context, ROSTER, class_list())
    told = get(context, ROSTER)[1]
    assert (told["matched"], told["unknown"], len(told["without_sheet"])) == ([], [], len(NAMES))
    assert get(context, "/assessments/bio/submissions")[1]["submissions"][0]["on_roster"] is None


def test_two_sheets_of_one_student_are_one_line_and_the_newest_counts(
    sheets: list[Submission],
    table: Table,  # noqa: F811
    context: Any,
) -> None:
    marked(table, "11", NAMES[0].upper(), 3, LATER)
    put(context, ROSTER, class_list())
    rows = [row for row in gradebook(context)[1] if row[2] == "1001"]
    assert [row[5] for row in rows] == ["3"]
    assert len(get(context, "/assessments/bio/results.json")[1]["sheets"]) == len(NAMES)


def test_a_gradebook_leaves_nobody_out_unless_it_is_told_to(
    sheets: list[Submission],
    table: Table,  # noqa: F811
    context: Any,
) -> None:
    # A number is no proof that it is a student of this class.
    marked(table, "11", "10A-017", 3)
    marked(table, "12", None, 2)
    put(context, ROSTER, class_list())
    for platform in ("canvas", "moodle"):
        status, problem = gradebook(context, platform)
        assert (status, problem["type"]) == (422, "urn:gradeline:problem:GradebookIncomplete")
        assert "10A-017" in problem["detail"]
        assert "a sheet without a name" in problem["detail"]
        assert "Send each again" in problem["detail"]
        status, rows = gradebook(context, platform, unknown="leave_out")
        assert status == 200
        assert not [row for row in rows if "10A-017" in row]
        assert len(rows) - (2 if platform == "canvas" else 1) == len(NAMES)


def test_namesakes_are_told_apart_by_their_numbers_alone(table: Table, context: Any) -> None:  # noqa: F811
    marked(table, "1", "john-smith", 1)
    marked(table, "2", "john-smith-1002", 2)
    put(context, ROSTER, "student,name,number\nJohn Smith (a),John Smith,1001\nJohn Smith (b),John Smith,1002\n")
    told = get(context, ROSTER)[1]
    assert [one["student"] for one in told["matched"]] == ["John Smith (b)"]
    assert [one["label"] for one in told["unknown"]] == ["john-smith"]
    assert "john-smith" in gradebook(context)[1]["detail"]
    assert [row[2] for row in gradebook(context, unknown="leave_out")[1][2:]] == ["1002"]


def test_feedback_sheets_bear_the_class_lists_name(graded: Submission, context: Any) -> None:  # noqa: F811
    put(context, ROSTER, "name,student,number\nada,Lovelace (Ada),1001\n")
    for path in (f"/submissions/{graded.id}/feedback.pdf", "/assessments/bio/feedback.pdf"):
        found, said = ask(context, path, draft=True)
        assert found == 200
        assert "Lovelace (Ada)" in said
