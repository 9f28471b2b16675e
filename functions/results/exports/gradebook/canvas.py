"""Gradebook file for Canvas.

Contract: https://community.canvaslms.com/docs/DOC-12733 (named columns before the first assignment, "Points Possible"
in the line below the header). Students are matched by "SIS User ID".
"""

from collections.abc import Iterable, Sequence

from core.models.paper_totals import format_marks
from core.platform.sanitize import escape_formula
from results.exports.gradebook.gradebook_format import Cell, GradebookFormat, GradebookRow

_STUDENT_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def _write_rows(assessment: str, rows: Sequence[GradebookRow], points: float | None) -> Iterable[Sequence[Cell]]:
    largest = max((row.max_marks for row in rows if row.max_marks is not None), default="")
    yield [*_STUDENT_COLUMNS, escape_formula(assessment)]
    yield ["    Points Possible", "", "", "", "", largest if points is None else format_marks(points)]
    for row in rows:
        yield [escape_formula(row.student.name), "", row.student.number, "", "", row.total_cell]


CANVAS = GradebookFormat("canvas", "Canvas", _write_rows)
