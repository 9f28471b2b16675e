"""Writes marks as CSV that is safe to open in a spreadsheet: one row per sheet, one column per question."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from core.models.question_labels import format_question_id
from core.platform.sanitize import escape_formula
from local.cli import display_text
from local.cli.submitted_files import SubmittedFile

_NUMBER_PATTERN = re.compile(r"-?[0-9]+([.,][0-9]+)?")


def formula_safe_cell(text: str) -> str:
    """Return the text with a leading apostrophe if a spreadsheet would interpret it as a formula."""
    return text if _NUMBER_PATTERN.fullmatch(text) else str(escape_formula(text))


def marks_to_csv(sheets: Sequence[SubmittedFile]) -> bytes:
    """Return the CSV: UTF-8 with a byte-order mark (without it spreadsheets guess the encoding), CRLF line ends.

    A question sent to review has its provisional mark; the last columns name those questions with their reasons.
    An empty cell is a mark that only a person can give.
    """
    names = question_names(sheets)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(
        [
            "student",
            "file",
            "state",
            "total",
            "maximum",
            "percent",
            *map(formula_safe_cell, names.values()),
            "review",
            "note",
        ]
    )
    rows.writerows([formula_safe_cell(value) for value in _sheet_row(sheet, names)] for sheet in sheets)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def question_names(sheets: Iterable[SubmittedFile]) -> dict[str, str]:
    """Map question ids to column headings, in the order of the sheets' results (the paper's order)."""
    return {mark.question: format_question_id(mark.question) for sheet in sheets for mark in sheet.marks}


def _sheet_row(sheet: SubmittedFile, names: dict[str, str]) -> list[str]:
    result = sheet.result
    by_question = {mark.question: mark.marks for mark in sheet.marks}
    review_notes = [
        f"{names[mark.question]}: {', '.join(display_text.review_reason_text(reason) for reason in mark.review)}"
        for mark in sheet.marks_in_review
    ]
    review_notes += [display_text.review_reason_text(reason) for reason in result.review] if result else []
    return [
        sheet.student_label or "",
        sheet.path.name,
        display_text.state_text(sheet.status.state) if sheet.status else "not accepted",
        display_text.format_number(result.marks) if result else "",
        display_text.format_number(result.max_marks) if result else "",
        f"{100 * result.marks / result.max_marks:.1f}" if result and result.max_marks else "",
        *(_marks_cell(by_question.get(question)) for question in names),
        "; ".join(review_notes),
        sheet.failure or "",
    ]


def _marks_cell(marks: float | None) -> str:
    return "" if marks is None else display_text.format_number(marks)
