"""Every gradebook format writes one line per student, with the id unchanged and no total while a mark is missing."""

import json

import pytest

from core.models.roster import Student
from results.exports.gradebook.export import FORMATS
from results.exports.gradebook.gradebook_format import GradebookFormat, GradebookRow
from results.page_documents import page_documents

ADA = GradebookRow(Student("ada", "Ada", "0017"), 4.5, 5.0, (), {"1": 2.5, "2": 2.0})
BEN = GradebookRow(Student("ben", "Ben", "=8"), 3.0, 5.0, ("2",), {"1": 3.0, "2": None})


@pytest.mark.parametrize("gradebook_format", FORMATS.values(), ids=FORMATS)
class TestGradebookFormat:
    def test_all_lines_have_the_columns_of_the_header(self, gradebook_format: GradebookFormat) -> None:
        header, *lines = gradebook_format.rows("physics", [ADA, BEN], 5.0)
        assert {len(line) for line in lines} == {len(header)}

    def test_each_student_has_one_line_with_the_id(self, gradebook_format: GradebookFormat) -> None:
        lines = list(gradebook_format.rows("physics", [ADA, BEN], 5.0))
        assert [line for line in lines if ADA.student.number in line] == [lines[-2]]
        assert ADA.marks in lines[-2]

    def test_a_sheet_with_an_open_question_has_no_total(self, gradebook_format: GradebookFormat) -> None:
        *_, line = gradebook_format.rows("physics", [ADA, BEN], 5.0)
        assert BEN.student.number in line
        assert BEN.marks not in line

    def test_a_title_that_is_a_formula_is_escaped(self, gradebook_format: GradebookFormat) -> None:
        header, *_ = gradebook_format.rows("=HYPERLINK(1)", [ADA], 5.0)
        assert not any(str(cell).startswith("=") for cell in header)


def test_the_page_offers_every_format() -> None:
    assert json.loads(page_documents()["gradebook-formats.json"]) == [
        {"name": one.name, "title": one.title} for one in FORMATS.values()
    ]
