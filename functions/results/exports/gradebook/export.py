"""Exports the marks of an assessment as a gradebook file: checks that it is complete, then writes it in a format.

All platforms match students by id and compare it literally, so an id that would have to be escaped for spreadsheets is
refused.
"""

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from core.models import errors
from core.models.roster import Roster, Student
from core.platform.sanitize import is_formula
from results.exports.gradebook.canvas import CANVAS
from results.exports.gradebook.gradebook_format import GradebookFormat, GradebookRow
from results.exports.gradebook.moodle import MOODLE
from results.exports.results_table import ResultsRow

# All formats, by the value of `for` in the request.
FORMATS = {one.name: one for one in (CANVAS, MOODLE)}
_MAX_NAMES_SHOWN = 8
_UNNAMED_SHEET = "a sheet without a name"


def export_gradebook(
    gradebook_format: GradebookFormat,
    assessment: str,
    rows: Sequence[ResultsRow],
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
    listed_rows = [
        (row, _student(row.student, students)) for row in rows if row.student is not None and _is_known(row, roster)
    ]
    _check_complete(listed_rows, [] if leave_out_unknown else [row.student or _UNNAMED_SHEET for row in unknown])
    out = io.StringIO()
    gradebook_rows = [
        GradebookRow(student, row.marks, row.max_marks, row.unmarked, row.question_marks)
        for row, student in listed_rows
    ]
    csv.writer(out).writerows(gradebook_format.rows(assessment, gradebook_rows, points))
    return out.getvalue()


def _is_known(row: ResultsRow, roster: Roster | None) -> bool:
    return bool(row.on_roster) if roster else row.student is not None


def _student(label: str, students: Mapping[str, Student]) -> Student:
    listed = students.get(label) or Student(label, label)
    number = listed.number or (label if any(map(str.isdigit, label)) and not any(map(str.isspace, label)) else "")
    return Student(label, listed.name or label, number)


def _check_complete(listed_rows: Iterable[tuple[ResultsRow, Student]], unknown: Sequence[str]) -> None:
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
