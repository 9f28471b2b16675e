"""Gradebook files for import into learning platforms.

Canvas: https://community.canvaslms.com/docs/DOC-12733 (gradebook CSV: named columns before the first assignment,
"Points Possible" in the line below the header). Moodle: Grades, Import, CSV file (columns are mapped by hand; "ID
number" and "Feedback" are suggested). Both match students by id and compare it literally, so an id that would have to
be escaped for spreadsheets is refused.
"""

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from core.models import errors
from core.models.paper_totals import format_marks
from core.models.roster import Roster, Student
from core.platform.sanitize import escape_formula, is_formula

Platform = Literal["canvas", "moodle"]
PLATFORMS: tuple[Platform, ...] = ("canvas", "moodle")
_CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_MAX_NAMES_SHOWN = 8
_UNNAMED_SHEET = "a sheet without a name"


def export_gradebook(
    platform: Platform,
    assessment: str,
    rows: Sequence[Mapping[str, Any]],
    roster: Roster | None,
    *,
    points: float | None = None,
    leave_out_unknown: bool = False,
) -> str:
    """The rows of `results_table.build_table` as CSV. Without a roster, a label that looks like an id is the id.

    `points` is the maximum of the assessment; None takes the largest maximum of the sheets. `leave_out_unknown` leaves
    out the sheets that match no student; otherwise they are an error.

    Raises
    ------
    GradebookIncomplete
        A sheet matches no student, a student has no id, an id is not safe, or two students have the same id. The
        message names them and says what to do.
    """
    students = {student.label: student for student in roster.students} if roster else {}
    unknown = [row for row in rows if not _is_known(row, roster)]
    listed_rows = [(row, _student(row, students)) for row in rows if _is_known(row, roster)]
    _check_complete(listed_rows, [] if leave_out_unknown else [row["student"] or _UNNAMED_SHEET for row in unknown])
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows(
        _canvas_rows(assessment, listed_rows, points) if platform == "canvas" else _moodle_rows(assessment, listed_rows)
    )
    return out.getvalue()


def _is_known(row: Mapping[str, Any], roster: Roster | None) -> bool:
    return bool(row["on_roster"]) if roster else row["student"] is not None


def _student(row: Mapping[str, Any], students: Mapping[str, Student]) -> Student:
    label = row["student"]
    listed = students.get(label) or Student(label, label)
    number = listed.number or (label if any(map(str.isdigit, label)) and not any(map(str.isspace, label)) else "")
    return Student(label, listed.name or label, number)


def _check_complete(listed_rows: Iterable[tuple[Mapping[str, Any], Student]], unknown: Sequence[str]) -> None:
    students = [student for _, student in listed_rows]
    number_counts = Counter(student.number for student in students if student.number)
    faults = {
        "have no number; send a roster with one for each of them": [s.name for s in students if not s.number],
        "have a number that a spreadsheet would take for a formula or that has invalid characters": [
            s.name for s in students if s.number and not _is_safe_id(s.number)
        ],
        "have the same number as another student": [s.name for s in students if number_counts[s.number] > 1],
        "(sheets) match no student on the class list, or two with the same name. Send each again with the student's"
        " name or number from the list and erase the first one, or send a list that has them; unknown=leave_out"
        " exports the others": list(unknown),
    }
    problems = [f"{_shortened_list(names)} {what}." for what, names in faults.items() if names]
    if problems:
        raise errors.GradebookIncomplete("The gradebook would not be complete: " + " ".join(problems))


def _is_safe_id(number: str) -> bool:
    """Whether an id can be written as it is: no invisible characters, no surrounding space, no formula."""
    if number != number.strip() or is_formula(number):
        return False
    return not any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in number)


def _shortened_list(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMES_SHOWN
    return ", ".join(names[:_MAX_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _canvas_rows(
    assessment: str, listed_rows: Sequence[tuple[Mapping[str, Any], Student]], points: float | None
) -> Iterable[Sequence[Any]]:
    max_marks = max((row["max_marks"] for row, _ in listed_rows if row["max_marks"] is not None), default="")
    yield [*_CANVAS_COLUMNS, escape_formula(assessment)]
    yield ["    Points Possible", "", "", "", "", max_marks if points is None else format_marks(points)]
    for row, student in listed_rows:
        yield [escape_formula(student.name), "", student.number, "", "", _marks_cell(row)]


def _moodle_rows(assessment: str, listed_rows: Sequence[tuple[Mapping[str, Any], Student]]) -> Iterable[Sequence[Any]]:
    yield ["ID number", "Full name", escape_formula(assessment), escape_formula(f"{assessment} (feedback)")]
    for row, student in listed_rows:
        yield [student.number, escape_formula(student.name), _marks_cell(row), escape_formula(_marks_by_question(row))]


def _marks_cell(row: Mapping[str, Any]) -> Any:
    """The total, or an empty cell, which changes nothing on either platform, while a question that counts has no mark:
    the total would count it as 0."""
    return "" if row["marks"] is None or row["unmarked"] else row["marks"]


def _marks_by_question(row: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{name}: no mark yet" if marks is None else f"{name}: {marks:g}" for name, marks in row["questions"].items()
    )
