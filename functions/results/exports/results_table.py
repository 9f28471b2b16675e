"""An assessment's marks as a table: one row per sheet that counts, one column per question."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.models.submission import SubmissionState
from core.platform.sanitize import escape_formula
from results.listed_submissions import ListedSubmission, counting_sheets

_LEADING_COLUMNS = ("student", "submission", "state", "marks", "max_marks", "needs_review")


@dataclass(frozen=True, slots=True)
class ResultsRow:
    """A sheet that counts. `student` is None if it is not known.

    `unmarked` are the ids of the questions that count and have no mark yet: the total leaves them out.
    `question_marks` are the marks by question, None for one without a mark.
    """

    student: str | None
    submission_id: str
    state: SubmissionState
    marks: float | None
    max_marks: float | None
    on_roster: bool | None
    unmarked: tuple[str, ...]
    question_marks: Mapping[str, float | None]

    @property
    def needs_review(self) -> bool:
        return self.state is SubmissionState.NEEDS_REVIEW

    def to_dict(self) -> dict[str, Any]:
        return {
            "student": self.student,
            "submission": self.submission_id,
            "state": self.state.value,
            "marks": self.marks,
            "max_marks": self.max_marks,
            "needs_review": self.needs_review,
            "on_roster": self.on_roster,
            "unmarked": list(self.unmarked),
            "questions": dict(self.question_marks),
        }


@dataclass(frozen=True, slots=True)
class ResultsTable:
    """The ids of all questions, and the rows sorted by student."""

    question_ids: tuple[str, ...]
    rows: tuple[ResultsRow, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"questions": list(self.question_ids), "sheets": [row.to_dict() for row in self.rows]}

    def to_csv(self) -> str:
        """The table as CSV (RFC 4180)."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([*_LEADING_COLUMNS, *(escape_formula(f"Q{name}") for name in self.question_ids)])
        for row in self.rows:
            cells = [row.student or "", row.submission_id, row.state.value, row.marks, row.max_marks]
            cells.append("yes" if row.needs_review else "no")
            marks = [row.question_marks.get(name, "") for name in self.question_ids]
            writer.writerow([escape_formula(cell) for cell in cells] + marks)
        return out.getvalue()


def build_table(listed: Sequence[ListedSubmission]) -> ResultsTable:
    """The table of an assessment's submissions. It has a column for the questions of every sheet that has marks."""
    question_ids = dict.fromkeys(one.question for submission in listed for one in submission.questions)
    return ResultsTable(tuple(question_ids), tuple(_build_row(sheet) for sheet in counting_sheets(listed)))


def _build_row(sheet: ListedSubmission) -> ResultsRow:
    return ResultsRow(
        student=sheet.student,
        submission_id=sheet.id,
        state=sheet.state,
        marks=sheet.marks,
        max_marks=sheet.max_marks,
        on_roster=sheet.match.on_roster,
        unmarked=tuple(one.question for one in sheet.questions if one.counted and one.marks is None),
        question_marks={one.question: one.marks for one in sheet.questions},
    )
