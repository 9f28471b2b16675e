"""An assessment's marks as a table: one row per sheet that counts, one column per question."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.models.document_kinds import DocumentKind
from core.models.submission import SubmissionState
from core.platform.sanitize import escape_formula
from core.storage.outcome_attributes import QuestionSummary

_LEADING_COLUMNS = ("student", "submission", "state", "marks", "max_marks", "needs_review")


def to_csv(statuses: Sequence[dict[str, Any]], marks: Mapping[str, Sequence[QuestionSummary]]) -> str:
    """The sheets of an assessment as CSV (RFC 4180). `marks` has the questions of each graded sheet, by submission."""
    ids, rows = build_table(statuses, marks)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*_LEADING_COLUMNS, *(escape_formula(f"Q{name}") for name in ids)])
    for row in rows:
        cells = [row["student"] or "", row["submission"], row["state"], row["marks"], row["max_marks"]]
        cells.append("yes" if row["needs_review"] else "no")
        writer.writerow([escape_formula(cell) for cell in cells] + [row["questions"].get(name, "") for name in ids])
    return out.getvalue()


def build_table(
    statuses: Iterable[dict[str, Any]], marks: Mapping[str, Sequence[QuestionSummary]]
) -> tuple[list[str], list[dict[str, Any]]]:
    """The ids of all questions, and a row for each sheet that counts, sorted by student."""
    ids = list(dict.fromkeys(question.question for sheet in marks.values() for question in sheet))
    rows = [
        {
            "student": status["student"],
            "submission": status["id"],
            "state": status["state"],
            "marks": status.get("marks"),
            "max_marks": status.get("max_marks"),
            "needs_review": status["state"] == SubmissionState.NEEDS_REVIEW,
            "on_roster": status["on_roster"],
            "unmarked": unmarked_questions(marks.get(status["id"], ())),
            "questions": {one.question: one.marks for one in marks.get(status["id"], ())},
        }
        for status in counting_sheets(statuses)
    ]
    return ids, rows


def unmarked_questions(questions: Iterable[QuestionSummary]) -> list[str]:
    """Ids of the questions that count and have no mark yet; the sheet's total leaves them out."""
    return [one.question for one in questions if one.counted and one.marks is None]


def counting_sheets(statuses: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sheet that counts for each student: the newest attempt, sorted by student. A rejected or failed attempt
    counts only if there is no other."""
    newest: dict[str, dict[str, Any]] = {}
    for status in statuses:
        if not is_attempt(status):
            continue
        student = status["student"] or status["id"]
        if student not in newest or _sort_key(status) >= _sort_key(newest[student]):
            newest[student] = status
    return [newest[student] for student in sorted(newest)]


def is_sheet(status: dict[str, Any]) -> bool:
    return (
        DocumentKind(status["kind"]).rules.is_graded and SubmissionState(status["state"]) is not SubmissionState.ERASED
    )


def is_attempt(status: dict[str, Any]) -> bool:
    """Whether the submission is a sheet that may count: not erased, and not a duplicate of another."""
    return is_sheet(status) and SubmissionState(status["state"]) is not SubmissionState.DUPLICATE_OF


def _sort_key(status: dict[str, Any]) -> tuple[bool, str]:
    return status["state"] not in ("REJECTED", "FAILED"), status["counts_from"]
