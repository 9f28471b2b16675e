"""Gradebook file for Moodle.

Contract: Grades, Import, CSV file. The columns are mapped by hand; "ID number" and "Feedback" are suggested. Students
are matched by "ID number".
"""

from collections.abc import Iterable, Mapping, Sequence

from core.platform.sanitize import escape_formula
from results.exports.gradebook.gradebook_format import Cell, GradebookFormat, GradebookRow


def _write_rows(assessment: str, rows: Sequence[GradebookRow], _points: float | None) -> Iterable[Sequence[Cell]]:
    yield ["ID number", "Full name", escape_formula(assessment), escape_formula(f"{assessment} (feedback)")]
    for row in rows:
        feedback = escape_formula(_marks_by_question(row.question_marks))
        yield [row.student.number, escape_formula(row.student.name), row.total_cell, feedback]


def _marks_by_question(marks: Mapping[str, float | None]) -> str:
    return "; ".join(
        f"{question}: no mark yet" if mark is None else f"{question}: {mark:g}" for question, mark in marks.items()
    )


MOODLE = GradebookFormat("moodle", "Moodle", _write_rows)
