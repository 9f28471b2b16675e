"""A sheet is split into answers by the labels that the student wrote."""

from core.models.assessment import QuestionPaper
from core.models.result import ReviewReason
from core.models.transcript import Transcript
from grade.paper.paper_parser import parse_paper
from grade.sheet.answers import split_into_answers
from tests.papers.transcript_factory import one_page_transcript, transcript_of_pages

PAPER = parse_paper(
    one_page_transcript(
        "1. Which gas do plants take in? [1]",
        "    A) oxygen",
        "    B) carbon dioxide",
        "    C) nitrogen",
        "2. Write true or false. (2 marks)",
        "    (a) Sound needs a medium.",
        "    (b) Light needs a medium.",
        "3. A car travels 100 m in 5 s. Calculate its speed. [2]",
        "4. Explain how a plant makes its food. [5]",
        "5. Answer any two of the following.",
        "    (a) Explain why the sky is blue. [5]",
        "    (b) Explain why leaves fall in autumn. [5]",
        "    (c) Explain why ice floats. [5]",
    )
)


def texts(transcript: Transcript, paper: QuestionPaper = PAPER) -> dict[str, str]:
    return {answer.question: answer.text for answer in split_into_answers(transcript, paper).answers}


def test_labels_are_parsed_as_students_write_them() -> None:
    sheet = one_page_transcript(
        "Name: Asha Example",
        "Q1) B",
        "Ans 2(a) true",
        "b) false",
        "3. speed = 100 / 5",
        "= 20 m/s",
        "5.b) The leaves lose their green.",
        "4 Plants use light.",
        "They make sugar.",
        handwriting=True,
    )
    assert texts(sheet) == {
        "1": "B",
        "2.a": "true",
        "2.b": "false",
        "3": "speed = 100 / 5\n= 20 m/s",
        "5.b": "The leaves lose their green.",
        "4": "Plants use light.\nThey make sugar.",
    }
    assert split_into_answers(sheet, PAPER).student == "Asha Example"
    assert split_into_answers(sheet, PAPER).review == ()


def test_several_short_answers_on_one_line_are_split() -> None:
    assert texts(one_page_transcript("1. B  2. a) True b) False  3. 20 m/s")) == {
        "1": "B",
        "2.a": "True",
        "2.b": "False",
        "3": "20 m/s",
    }


def test_an_answer_continues_over_a_page_break() -> None:
    sheet = transcript_of_pages(
        ("3) 20 m/s", "4) Plants use light"), ("to make sugar.", "5 a) Blue light is scattered.")
    )
    assert texts(sheet)["4"] == "Plants use light\nto make sugar."


def test_a_question_that_the_paper_lacks_is_sent_to_review() -> None:
    sheet = split_into_answers(one_page_transcript("Q1) B", "Q9) Something else", "Q3) 20 m/s"), PAPER)
    assert ReviewReason.UNKNOWN_QUESTION in sheet.review
    assert {answer.question: answer.text for answer in sheet.answers} == {"1": "B", "3": "20 m/s"}
    assert [line.line.text for line in sheet.leftover] == ["Q9) Something else"]
