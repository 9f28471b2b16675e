"""Comparison of an assessment's sheets with its roster: which student each sheet belongs to, which students have no
sheet, and which sheets match no student.

It is computed on each request, so that it reflects a new roster and new sheets. A record stores only the label that
came with the upload or that grading found on the sheet.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from core.models.roster import Roster, Student, StudentMatcher, build_student_matcher
from core.models.submission import TERMINAL_STATES, SubmissionState
from results.exports import results_table

StatusDocument = dict[str, Any]


def with_roster_names(statuses: Iterable[StatusDocument], roster: Roster | None) -> list[StatusDocument]:
    """The statuses with the roster's label as `student`, and the original label as `label`.

    `on_roster` says whether the roster has the student; None if there is no roster, if the submission is not a sheet,
    or if a sheet without a label is not graded yet.
    """
    match = build_student_matcher(roster) if roster else None
    return [_with_roster_name(status, match) for status in statuses]


def _with_roster_name(status: StatusDocument, match: StudentMatcher | None) -> StatusDocument:
    label = status["student"]
    if (
        match is None
        or not results_table.is_sheet(status)
        or not (label or SubmissionState(status["state"]) in TERMINAL_STATES)
    ):
        return {**status, "label": label, "on_roster": None}
    student = match.match(label) if label else None
    return {**status, "label": label, "student": student.label if student else label, "on_roster": student is not None}


def compare_with_roster(statuses: Sequence[StatusDocument], roster: Roster) -> dict[str, Any]:
    """The roster's students with the sheet that counts for each, the students without a sheet, and the sheets that
    match no student. `statuses` come from `with_roster_names`."""
    counting = results_table.counting_sheets(statuses)
    sheets = {status["student"]: status for status in counting if status["on_roster"]}
    attempts: dict[str, list[StatusDocument]] = {}
    for status in statuses:
        if results_table.is_attempt(status) and status["on_roster"]:
            attempts.setdefault(status["student"], []).append(status)
    return {
        "students": len(roster.students),
        "matched": [
            {
                **_student_entry(one),
                "submission": sheets[one.label]["id"],
                "state": sheets[one.label]["state"],
                "older": [other["id"] for other in attempts[one.label] if other["id"] != sheets[one.label]["id"]],
            }
            for one in roster.students
            if one.label in sheets
        ],
        "without_sheet": [_student_entry(one) for one in roster.students if one.label not in sheets],
        "unknown": [{"submission": one["id"], "label": one["label"]} for one in counting if one["on_roster"] is False],
    }


def _student_entry(student: Student) -> dict[str, Any]:
    return {"student": student.label, "name": student.name, "number": student.number}
