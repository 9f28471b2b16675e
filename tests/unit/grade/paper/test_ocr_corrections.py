"""Scanned papers: labels and marks that a reader got wrong, and what the paper itself makes sure of."""

import pytest

from core.models.assessment import Question, QuestionPaper
from core.models.transcript import Line, Page, Transcript
from grade.paper.paper_parser import parse_paper
from tests.papers.transcript_factory import one_page_transcript


def told(paper: QuestionPaper) -> list[tuple[str, float | None]]:
    return [(question.id, question.marks) for question in _nodes(paper.questions)]


def _nodes(questions: tuple[Question, ...]) -> list[Question]:
    return [node for question in questions for node in (question, *_nodes(question.parts))]


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
def test_strokes_and_brackets_are_put_right(lines: tuple[str, ...]) -> None:
    assert told(parse_paper(one_page_transcript(*lines))) == [("1", 2), ("2", 2), ("3", 2)]


@pytest.mark.parametrize(
    "first, second, third", [("(1)", "(ii)", "(iii)"), ("(l)", "(ll)", "(lll)"), ("(i)", "(ii)", "(ii)")]
)
def test_roman_numbers_that_lost_dots_or_strokes(first: str, second: str, third: str) -> None:
    paper = parse_paper(
        one_page_transcript(
            "1. Study the cell and answer.",
            f"    {first} Name part X. [1]",
            f"    {second} Name part Y. [1]",
            f"    {third} Explain what Z does. [3]",
        )
    )
    assert told(paper) == [("1", 5), ("1.i", 1), ("1.ii", 1), ("1.iii", 3)]


def test_a_lost_label_between_two_totals_is_found_and_told() -> None:
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
    assert told(paper) == [("1", 2), ("2", 3), ("2.a", 1), ("2.b", 2), ("3", 3)]
    assert any("label of question 2 could not be read" in warning for warning in paper.warnings)


def test_options_that_start_again_open_a_question_whose_label_was_lost() -> None:
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
    assert told(paper) == [("1", 1), ("2", 1), ("3", 1)]
    assert [len(question.options) for question in paper.questions] == [3, 3, 3]
    assert any("label of question 2 could not be read" in warning for warning in paper.warnings)


def test_a_stroke_read_as_a_one_in_a_column_of_marks() -> None:
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
    assert told(paper) == [("1", 1), ("2", 3), ("3", 2)]
    assert any("“13” were read as /3" in warning for warning in paper.warnings)


def test_the_one_part_whose_marks_were_lost_gets_what_is_left() -> None:
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
    assert told(paper) == [("1", 6), ("1.a", 2), ("1.b", 3), ("1.c", 1), ("2", 2)]
    assert any("question 1.b; it was given the 3" in warning for warning in paper.warnings)
