"""The marks table on the terminal, the list of answers to review, and the comparison with a teacher's marks."""

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from core.models.document_kinds import DocumentKind
from core.models.result import ReviewReason
from local.cli.mark_comparison import ExpectedSheet, compare_marks, read_expected_sheets
from local.cli.marks_table import print_marks, print_review_list
from local.cli.submitted_files import SubmittedFile
from tests.cli.sample_class import mark, result, sheet


def printed(sheets: list[SubmittedFile], width: int = 100) -> list[str]:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    print_marks(console, sheets)
    print_review_list(console, sheets, full_list_path="report.html")
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_each_sheet_has_a_row_with_total_and_maxima() -> None:
    header, mina, maxima = printed([sheet(Path("a.png"))])

    assert header == "Sheet 1 2 3(a) 3(b) Total"
    assert mina == "Mina Okafor 1 2 3 2 8"
    assert maxima == "out of 1 2 3 5 11"


def test_questions_become_rows_if_columns_do_not_fit() -> None:
    many = replace(result(), questions=tuple(mark("1", 1, 1) for _ in range(1)))
    wide = replace(many, questions=tuple(replace(mark("1", 1, 1), question=str(number)) for number in range(1, 31)))

    lines = printed([sheet(Path("a.png"), "Mina", result=wide), sheet(Path("b.png"), "Jonas", result=wide)], width=80)

    assert lines[0] == "Question Mina Jonas out of"
    assert "30 1 1 1" in lines


def test_only_totals_are_printed_if_neither_fits() -> None:
    wide = replace(result(), questions=tuple(replace(mark("1", 1, 1), question=str(n)) for n in range(1, 40)))
    lines = printed([sheet(Path("a.png"), f"student {number}", result=wide) for number in range(20)], width=80)

    assert lines[0] == "Sheet Total out of to look at"


def test_answers_to_review_are_flagged_and_explained() -> None:
    lines = printed([sheet(Path("a.png"), result=result(marks_in_review=True))])

    assert "Mina Okafor 1 2 3 2? 8" in lines
    assert "Please look at this one:" in lines
    assert "Mina Okafor 3(b) 2 / 5 borderline; hard to read" in lines


def test_a_review_reason_of_a_whole_sheet_is_printed() -> None:
    lines = printed([sheet(Path("a.png"), result=replace(result(), review=(ReviewReason.UNKNOWN_STUDENT,)))])

    assert "Mina Okafor the sheet whose sheet?" in lines


def test_a_long_review_list_ends_with_where_the_rest_is() -> None:
    lines = printed([sheet(Path("a.png"), f"s{number}", result=result(marks_in_review=True)) for number in range(20)])

    assert lines[-1] == "… and 5 more, in report.html"


def test_an_extra_attempt_is_in_brackets() -> None:
    extra = replace(result(), questions=(*result().questions[:3], replace(result().questions[3], counted=False)))

    assert "Mina Okafor 1 2 3 (2) 8" in printed([sheet(Path("a.png"), result=extra)])


def test_a_sheet_without_marks_is_listed_with_its_reason() -> None:
    refused = SubmittedFile(Path("z.pdf"), DocumentKind.ANSWER_SHEET, "Zed [bold]", refusal="The file is empty.")

    assert printed([refused]) == ["Zed [bold] has no marks: The file is empty."]


def test_marks_are_compared_with_a_teachers(tmp_path: Path) -> None:
    (tmp_path / "expected.json").write_text(
        '{"sheets": [{"file": "a.png", "student": "Mina Okafor", "questions": ['
        '{"question": "1", "marks": 1, "counted": true}, {"question": "2", "marks": 1, "counted": true},'
        '{"question": "3(a)", "marks": 1, "counted": true}, {"question": "3(b)", "marks": 5, "counted": true},'
        '{"question": "4", "marks": 3, "counted": false}]}]}'
    )
    expected = read_expected_sheets(tmp_path / "expected.json")

    decided = compare_marks([sheet(Path("a.png"))], expected)
    in_review = compare_marks([sheet(Path("a.png"), result=result(marks_in_review=True))], expected)

    assert expected[0].path == tmp_path / "a.png"
    assert (decided.compared, decided.exact, decided.within, decided.reviewed) == (4, 1, 2, 0)
    assert decided.mismatches == ("Mina Okafor 3(a): 3 instead of 1", "Mina Okafor 3(b): 2 instead of 5")
    assert (in_review.compared, in_review.reviewed, len(in_review.mismatches)) == (3, 1, 1)
    assert not decided.is_agreement


def test_a_sheet_without_marks_agrees_with_nothing() -> None:
    missing = compare_marks([], [ExpectedSheet(Path("a.png"), "Mina", {"1": 1})])

    assert not missing.is_agreement and missing.mismatches == ("Mina 1: no mark instead of 1",)
