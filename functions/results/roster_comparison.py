"""Comparison of an assessment's sheets with its roster: which student each sheet belongs to, which students have no
sheet, and which sheets match no student."""

from collections.abc import Iterable, Sequence
from typing import Any

from core.models.document_kinds import DocumentKind
from core.models.roster import Roster, Student, build_student_matcher
from core.models.submission import SubmissionState
from results.listed_submissions import ListedSubmission, counting_sheets, match_student_label

StatusDocument = dict[str, Any]


def with_roster_names(statuses: Iterable[StatusDocument], roster: Roster | None) -> list[StatusDocument]:
    """The API's status documents with the roster's label as `student`, the original label as `label`, and `on_roster`
    (`listed_submissions.RosterMatch`)."""
    matcher = build_student_matcher(roster) if roster else None
    found = []
    for status in statuses:
        kind, state = DocumentKind(status["kind"]), SubmissionState(status["state"])
        found.append(status | match_student_label(status["student"], kind, state, matcher).to_dict())
    return found


def compare_with_roster(listed: Sequence[ListedSubmission], roster: Roster) -> dict[str, Any]:
    """The roster's students with the sheet that counts for each, the students without a sheet, and the sheets that
    match no student."""
    counting = counting_sheets(listed)
    sheets = {sheet.student: sheet for sheet in counting if sheet.match.on_roster}
    attempts: dict[str | None, list[str]] = {}
    for submission in listed:
        if submission.is_attempt and submission.match.on_roster:
            attempts.setdefault(submission.student, []).append(submission.id)
    return {
        "students": len(roster.students),
        "matched": [
            {
                **_student_entry(one),
                "submission": sheets[one.label].id,
                "state": sheets[one.label].state.value,
                "older": [other for other in attempts[one.label] if other != sheets[one.label].id],
            }
            for one in roster.students
            if one.label in sheets
        ],
        "without_sheet": [_student_entry(one) for one in roster.students if one.label not in sheets],
        "unknown": [
            {"submission": sheet.id, "label": sheet.match.label} for sheet in counting if sheet.match.on_roster is False
        ],
    }


def _student_entry(student: Student) -> dict[str, Any]:
    return {"student": student.label, "name": student.name, "number": student.number}
