"""Label and mark formats, each in a few lines of a paper.

`tests/papers/wordings.txt` holds the cases: after `### name` the lines of a page, after `=>` the expected nodes as
"id marks", with "?n" where any n of the parts count and "-" where no marks are printed.
"""

from pathlib import Path

import pytest

from core.models.assessment import Question
from grade.paper.paper_parser import parse_paper
from tests.papers.transcript_factory import one_page_transcript


def _cases() -> dict[str, tuple[list[str], list[str]]]:
    cases = {}
    text = (Path(__file__).parents[3] / "papers" / "wordings.txt").read_text("utf-8")
    for block in text.split("### ")[1:]:
        name, *lines = block.rstrip().split("\n")
        expected = lines.pop().removeprefix("=> ").split(", ")
        cases[name] = (lines, expected)
    return cases


CASES = _cases()


def all_nodes(questions: tuple[Question, ...]) -> list[Question]:
    return [node for question in questions for node in (question, *all_nodes(question.parts))]


def summarize(question: Question) -> str:
    marks = "-" if question.marks is None else f"{question.marks:g}"
    return f"{question.id} {marks}" + (f" ?{question.choose}" if question.choose else "")


@pytest.mark.parametrize("name", CASES)
def test_labels_and_marks(name: str) -> None:
    lines, expected = CASES[name]
    assert [
        summarize(question) for question in all_nodes(parse_paper(one_page_transcript(*lines)).questions)
    ] == expected
