"""Marks as a CSV that a spreadsheet opens safely: one row a sheet, one column a question."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from core.cells import safe_cell
from core.labels import spoken
from local import wording
from local.deliveries import Delivery

_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")


def cell(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula: a leading apostrophe where it would."""
    return text if _NUMBER.fullmatch(text) else str(safe_cell(text))


def to_csv(sheets: Sequence[Delivery]) -> bytes:
    """UTF-8 with a byte-order mark (spreadsheets guess the encoding otherwise), CRLF, one row a sheet.

    A question sent to review keeps its provisional mark; the last columns name those questions and say why.
    An empty cell is a mark that only a person can give.
    """
    names = question_names(sheets)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(
        ["student", "file", "state", "total", "maximum", "percent", *map(cell, names.values()), "review", "note"]
    )
    rows.writerows([cell(value) for value in _row(sheet, names)] for sheet in sheets)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def question_names(sheets: Iterable[Delivery]) -> dict[str, str]:
    """Question id → its name as a column's head, in the order of the sheets' own results (the paper's order)."""
    return {mark.question: spoken(mark.question) for sheet in sheets for mark in sheet.marks}


def _row(sheet: Delivery, names: dict[str, str]) -> list[str]:
    result = sheet.result
    by_question = {mark.question: mark.marks for mark in sheet.marks}
    doubts = [
        f"{names[mark.question]}: {', '.join(wording.in_short(reason) for reason in mark.review)}"
        for mark in sheet.doubtful
    ]
    doubts += [wording.in_short(reason) for reason in result.review] if result else []
    return [
        sheet.owner or "",
        sheet.path.name,
        wording.state(sheet.status.state) if sheet.status else "not accepted",
        wording.number(result.marks) if result else "",
        wording.number(result.max_marks) if result else "",
        f"{100 * result.marks / result.max_marks:.1f}" if result and result.max_marks else "",
        *(_mark(by_question.get(question)) for question in names),
        "; ".join(doubts),
        sheet.problem or "",
    ]


def _mark(marks: float | None) -> str:
    return "" if marks is None else wording.number(marks)
