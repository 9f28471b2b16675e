"""The CSV of marks: one row per sheet, marks as numbers, and no cell that a spreadsheet runs as a formula."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from core.models.document_kinds import DocumentKind
from core.models.result import ReviewReason
from local.cli.marks_csv import formula_safe_cell, marks_to_csv
from local.cli.submitted_files import SubmittedFile
from tests.cli.sample_class import mark, result, sheet


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def test_one_row_per_sheet_and_one_column_per_question() -> None:
    row = rows(marks_to_csv([sheet(Path("mina.jpg"), result=result(marks_in_review=True))]))[0]

    assert row["student"] == "Mina Okafor"
    assert row["file"] == "mina.jpg"
    assert [row[name] for name in ("1", "2", "3(a)", "3(b)")] == ["1", "2", "3", "2"]
    assert (row["total"], row["maximum"], row["percent"]) == ("8", "11", "72.7")
    assert row["review"] == "3(b): borderline, hard to read"


def test_a_mark_that_only_a_person_can_give_is_an_empty_cell() -> None:
    marked = result()
    unmarked = replace(marked.questions[3], marks=None, review=(ReviewReason.FORMULA_OR_DRAWING,))

    row = rows(
        marks_to_csv([sheet(Path("a.jpg"), result=replace(marked, questions=(*marked.questions[:3], unmarked)))])
    )[0]

    assert row["3(b)"] == ""
    assert row["review"] == "3(b): formula or drawing"


def test_a_refused_sheet_has_a_row_with_the_reason() -> None:
    refused = SubmittedFile(Path("zed.pdf"), DocumentKind.ANSWER_SHEET, "Zed", refusal="The file is empty (0 bytes).")

    row = rows(marks_to_csv([sheet(Path("a.jpg")), refused]))[1]

    assert (row["student"], row["state"], row["total"]) == ("Zed", "not accepted", "")
    assert row["note"] == "The file is empty (0 bytes)."


def test_sheets_with_different_questions_share_one_header() -> None:
    short = replace(result(), questions=(mark("1", 1, 1),))

    first, second = rows(marks_to_csv([sheet(Path("a.jpg"), result=short), sheet(Path("b.jpg"))]))

    assert first["3(b)"] == "" and second["3(b)"] == "2"


@pytest.mark.parametrize(
    "formula",
    [
        '=HYPERLINK("http://x","y")',
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "  =1",
        "＝1+1",
        "\n=1",
        "-cmd|' /C calc'!A0",
    ],
)
def test_no_cell_is_a_formula(formula: str) -> None:
    body = marks_to_csv([sheet(Path("a.jpg"), formula)])

    assert rows(body)[0]["student"].startswith("'")
    assert formula_safe_cell(formula).lstrip()[0] == "'"


def test_the_student_found_on_the_sheet_is_written() -> None:
    """A file called scan0001 is sent without a student; the API reads the name on the sheet."""
    found = sheet(Path("scan0001.jpg"), "Mina Okafor")
    found.student = None

    assert rows(marks_to_csv([found]))[0]["student"] == "Mina Okafor"


def test_negative_marks_stay_numbers() -> None:
    lost = replace(result(), questions=(mark("1", -0.25, 1),), marks=-0.25)

    row = rows(marks_to_csv([sheet(Path("a.jpg"), result=lost)]))[0]

    assert (row["1"], row["total"]) == ("-0.25", "-0.25")


def test_commas_quotes_and_accents_are_preserved() -> None:
    body = marks_to_csv([sheet(Path("a.jpg"), 'Zoë "Z", Ł')])

    assert rows(body)[0]["student"] == 'Zoë "Z", Ł'
    assert body.startswith(b"\xef\xbb\xbf")
