"""Scanned papers: labels and marks that OCR misread, corrected from the rest of the paper."""

import pytest

from core.models.assessment import Question, QuestionPaper
from core.models.transcript import Line, Page, Transcript
from grade.paper.paper_parser import parse_paper
from tests.papers.transcript_factory import one_page_transcript


def ids_and_marks(paper: QuestionPaper) -> list[tuple[str, float | None]]:
    return [(question.id, question.marks) for question in _all_nodes(paper.questions)]


def _all_nodes(questions: tuple[Question, ...]) -> list[Question]:
    return [node for question in questions for node in (question, *_all_nodes(question.parts))]


@pytest.mark.parametrize(
    "lines",
    [
        ("l. Define force. [2]", "2. Define work. [2]", "3. Define power. [2]"),
        ("I. Define force. [2]", "2. Define work. [2]", "3. Define power. [2]"),
        ("Ql. Define force. [2]", "Q2. Define work. [2]", "Q3. Define power. [2]"),
        ("QI) Define force. [2]", "Q2) Define work. [2]", "Q3) Define power. [2]"),
        ("1. Define force. [2]", "2. Define work. [Z]", "3. Define power. [2]"),
        ("1. Define force. [2]", "2. Define work. 2]", "3. Define power. [2]"),
        ("1. Define force. [2", "2. Define work. [2]", "3. Define power. [2]"),
        ("1. Define force. (2]", "2. Define work. [2]", "3. Define power. [2]"),
    ],
)
def test_misread_strokes_and_brackets_are_corrected(lines: tuple[str, ...]) -> None:
    assert ids_and_marks(parse_paper(one_page_transcript(*lines))) == [("1", 2), ("2", 2), ("3", 2)]


@pytest.mark.parametrize(
    "first, second, third", [("(1)", "(ii)", "(iii)"), ("(l)", "(ll)", "(lll)"), ("(i)", "(ii)", "(ii)")]
)
def test_roman_numbers_that_lost_dots_or_strokes_are_restored(first: str, second: str, third: str) -> None:
    paper = parse_paper(
        one_page_transcript(
            "1. Study the cell and answer.",
            f"    {first} Name part X. [1]",
            f"    {second} Name part Y. [1]",
            f"    {third} Explain what Z does. [3]",
        )
    )
    assert ids_and_marks(paper) == [("1", 5), ("1.i", 1), ("1.ii", 1), ("1.iii", 3)]


def test_a_lost_label_between_two_totals_is_inferred_with_a_warning() -> None:
    paper = parse_paper(
        one_page_transcript(
            "1 Work out 23.5 x 4",
            "(Total for Question 1 is 2 marks)",
            "Here are the first terms of a sequence.",
            "  (a) Find the next term. (1 mark)",
            "  (b) Is 402 a term of it? (2 marks)",
            "(Total for Question 2 is 3 marks)",
            "3 Draw a pie chart for the table.",
            "(Total for Question 3 is 3 marks)",
        )
    )
    assert ids_and_marks(paper) == [("1", 2), ("2", 3), ("2.a", 1), ("2.b", 2), ("3", 3)]
    assert any("label of question 2 could not be read" in warning for warning in paper.warnings)


def test_restarting_options_reveal_a_question_without_its_label() -> None:
    options = ("    A. one", "    B. two", "    C. three")
    paper = parse_paper(
        one_page_transcript(
            "Each question carries 1 mark.",
            "1. How many legs has a man?",
            *options,
            "How many wings has a bee?",
            *options,
            "3. How many eyes has a fly?",
            *options,
        )
    )
    assert ids_and_marks(paper) == [("1", 1), ("2", 1), ("3", 1)]
    assert [len(question.options) for question in paper.questions] == [3, 3, 3]
    assert any("label of question 2 could not be read" in warning for warning in paper.warnings)


def test_a_slash_read_as_one_is_corrected_in_a_marks_column() -> None:
    texts = (("1. Name a gas.", "/1"), ("2. Explain why it rises.", "13"), ("3. Say what it is used for.", "/2"))
    lines = [
        line
        for row, (text, marks) in enumerate(texts)
        for line in (
            Line(text, 99, (0.1, 0.1 + row * 0.05, 0.4, 0.015)),
            Line(marks, 90, (0.885, 0.1 + row * 0.05, 0.03, 0.015)),
        )
    ]
    paper = parse_paper(Transcript((Page(1, "textract", tuple(lines)),)))
    assert ids_and_marks(paper) == [("1", 1), ("2", 3), ("3", 2)]
    assert any("“13” were read as /3" in warning for warning in paper.warnings)


def test_the_only_part_without_marks_gets_the_remainder() -> None:
    paper = parse_paper(
        one_page_transcript(
            "1. A student heats ice.",
            "  (a) Define latent heat. [2]",
            "  (b) Calculate it for 0.15 kg.",
            "  (c) Name one use of ice. [1]",
            "[Total: 6]",
            "2. Define boiling. [2]",
        )
    )
    assert ids_and_marks(paper) == [("1", 6), ("1.a", 2), ("1.b", 3), ("1.c", 1), ("2", 2)]
    assert any("question 1.b; it was given the 3" in warning for warning in paper.warnings)
