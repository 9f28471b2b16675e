"""Compares marks with those that a teacher gave by hand (`samples/expected.json`)."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.models.question_labels import format_question_id
from local.cli import display_text
from local.cli.submitted_files import SubmittedFile

_TOLERANCE = 1.0


@dataclass(frozen=True, slots=True)
class ExpectedSheet:
    """One sheet's marks given by hand, by normalised question ("4(a)" → "4a"), for the questions that count."""

    path: Path
    student: str
    marks: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class MarkComparison:
    """Result of a comparison, counted in questions.

    `compared` were decided by the marker itself; of these, `exact` have the same marks and `within` differ by at most
    one mark. `reviewed` were sent to review. `mismatches` describes each question that differs by more, in words.
    """

    compared: int
    exact: int
    within: int
    reviewed: int
    mismatches: tuple[str, ...]

    @property
    def is_agreement(self) -> bool:
        return self.compared > 0 and not self.mismatches


def read_expected_sheets(path: Path) -> list[ExpectedSheet]:
    document = json.loads(path.read_text(encoding="utf-8"))
    return [
        ExpectedSheet(
            path.parent / sheet["file"],
            sheet["student"],
            {
                _normalise_question(question["question"]): question["marks"]
                for question in sheet["questions"]
                if question["counted"]
            },
        )
        for sheet in document["sheets"]
    ]


def compare_marks(sheets: Sequence[SubmittedFile], expected: Sequence[ExpectedSheet]) -> MarkComparison:
    """Compare every question that the teacher counted.

    A question without marks is a mismatch unless it was sent to review.
    """
    by_student = {sheet.student: sheet for sheet in sheets}
    compared = exact = within = reviewed = 0
    mismatches: list[str] = []
    for expected_sheet in expected:
        sheet = by_student.get(expected_sheet.student)
        found = {_normalise_question(mark.question): mark for mark in reversed(sheet.marks)} if sheet else {}
        for question, marks in expected_sheet.marks.items():
            mark = found.get(question)
            if mark and mark.review:
                reviewed += 1
                continue
            compared += 1
            if mark is None or mark.marks is None or abs(mark.marks - marks) > _TOLERANCE:
                given = display_text.format_number(mark.marks) if mark else "no mark"
                name = format_question_id(mark.question) if mark else question
                mismatches.append(
                    f"{expected_sheet.student} {name}: {given} instead of {display_text.format_number(marks)}"
                )
                continue
            within += 1
            exact += mark.marks == marks
    return MarkComparison(compared, exact, within, reviewed, tuple(mismatches))


def _normalise_question(question: str) -> str:
    return "".join(re.findall(r"[0-9A-Za-z]+", question)).lower()
