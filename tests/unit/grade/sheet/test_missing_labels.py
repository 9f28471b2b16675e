"""Answers whose labels are missing go to review, wherever their text ends up."""

from dataclasses import replace

import pytest

from core.models.assessment import MarkingScheme, QuestionPaper, QuestionType, SchemeEntry
from core.models.result import QuestionMark, ReviewReason
from core.models.transcript import Transcript
from grade.markers.key_points.marker import KeyPointMarker
from grade.marking import mark_sheet
from grade.paper.paper_parser import parse_paper
from grade.sheet.answers import split_into_answers
from tests.papers.transcript_factory import one_page_transcript, transcript_at_positions, transcript_of_pages

UNLABELLED, UNPLACED = (ReviewReason.UNLABELLED,), (ReviewReason.UNPLACED_ANSWER,)


def paper(*types: QuestionType) -> QuestionPaper:
    read = parse_paper(
        one_page_transcript(
            "Science quiz",
            "1. Name the gas that plants take in. [1]",
            "2. Name the organ that pumps blood. [1]",
            "3. Give the class that whales belong to. [1]",
            "4. Name the planet we live on. [1]",
        )
    )
    return replace(read, questions=tuple(replace(q, type=t) for q, t in zip(read.questions, types, strict=True)))


TEXT_PAPER = paper(*[QuestionType.TEXT] * 4)
NUMERIC_PAPER = paper(*[QuestionType.NUMERIC] * 4)


def marks(transcript: Transcript, question_paper: QuestionPaper = TEXT_PAPER) -> dict[str, QuestionMark]:
    answers = ("carbon dioxide", "the heart", "mammals", "Earth")
    if question_paper is NUMERIC_PAPER:
        answers = ("4", "2", "3/4", "9")
    scheme = MarkingScheme(
        tuple(
            SchemeEntry(question.id, question.type, 1.0, answers=(response,), model_answer=response)
            for question, response in zip(question_paper.questions, answers, strict=True)
        )
    )
    result = mark_sheet(
        question_paper, scheme, split_into_answers(transcript, question_paper), free_text_marker=KeyPointMarker()
    )
    return {mark.question: mark for mark in result.questions}


@pytest.mark.parametrize(
    "line",
    [
        "form water and a salt",
        "class struggle was the cause",
        "set of even numbers",
        "school children were evacuated",
        "name one example: iron",
        "date palms grow there",
        "roll 3 dice to see it",
    ],
)
def test_a_form_word_may_start_a_line_of_an_answer(line: str) -> None:
    found = marks(
        one_page_transcript("1. When acids react with bases they", line, "2. the heart", "3. mammals", "4. Earth")
    )
    assert found["1"].answer == f"When acids react with bases they\n{line}"


def test_a_field_at_a_page_head_answers_the_label_at_the_previous_foot() -> None:
    found = marks(
        transcript_at_positions(
            ((0.08, 0.2, "1. carbon dioxide"), (0.08, 0.4, "2. the heart"), (0.08, 0.85, "3.")),
            ((0.12, 0.08, "Class: Mammalia"), (0.08, 0.3, "4. Earth")),
        )
    )
    assert found["3"].answer == "Class: Mammalia"


@pytest.mark.parametrize("line", ["Set of all gases: CO2", "Date: carbon dioxide", "set - all gases", "3/4", "-1"])
def test_a_line_above_the_first_label_may_answer_the_missing_question(line: str) -> None:
    found = marks(
        transcript_at_positions(
            ((0.08, 0.06, line), (0.08, 0.2, "2. the heart"), (0.08, 0.4, "3. mammals"), (0.08, 0.6, "4. Earth"))
        )
    )
    assert found["1"].review[:1] == UNPLACED
    assert found["1"].answer == line


def test_a_filled_form_above_a_skipped_first_question_needs_no_review() -> None:
    head = ("Name: Asha Example   Class: 9B", "Roll No. 17   Date: 3.4.2025", "Subject: Science")
    found = marks(one_page_transcript(*head, "2. the heart", "3. mammals", "4. Earth"))
    assert (found["1"].marks, found["1"].review) == (0.0, ())


def test_a_form_repeated_at_a_page_head_is_no_answer() -> None:
    head = "Name: Asha Example   Class: 9B"
    found = marks(transcript_of_pages((head, "1. carbon dioxide", "2. the heart", "3."), (head, "4. Earth")))
    assert (found["3"].answer, found["3"].review) == ("", ())


def test_an_answer_that_may_lose_a_line_to_a_form_is_reviewed() -> None:
    found = marks(
        transcript_of_pages(("1. carbon dioxide", "2. the animal's"), ("Class: 9B", "3. mammals", "4. Earth"))
    )
    assert found["2"].review == UNLABELLED


@pytest.mark.parametrize("rows", [("2. the heart", "mammals"), ("2. the heart", "", "mammals", "")])
def test_a_label_missing_between_evenly_spaced_lines_sends_both_to_review(rows: tuple[str, ...]) -> None:
    gap = [""] if "" in rows else []
    found = marks(one_page_transcript("1. carbon dioxide", *gap, *rows, "4. Earth"))
    assert found["2"].review == UNLABELLED
    assert (found["3"].answer, found["3"].marks, found["3"].review) == ("mammals", None, UNPLACED)


def test_a_line_that_continues_a_full_line_is_the_same_answer() -> None:
    full = "2. the organ that pumps the blood of an animal through all the vessels of its body is"
    found = marks(one_page_transcript("1. carbon dioxide", full, "the heart of course", "4. Earth"))
    assert found["2"].review == ()
    assert (found["3"].answer, found["3"].review) == ("", ())


def test_a_sentence_that_starts_below_a_full_line_may_be_the_next_answer() -> None:
    full = "2. the organ that pumps the blood of an animal through all vessels is the red heart."
    found = marks(one_page_transcript("1. carbon dioxide", full, "mammals", "4. Earth"))
    assert found["2"].review == UNLABELLED
    assert found["3"].answer == "mammals"


def test_a_line_that_calculates_with_its_questions_numbers_is_the_same_answer() -> None:
    question_paper = parse_paper(
        one_page_transcript(
            "1. How many legs has a dog? [1]",
            "2. A cyclist covers 150 m in 12 s. Calculate the speed. [2]",
            "3. A bulb takes 0.4 A at 6 V. Calculate its resistance. [2]",
            "4. How many eyes has a man? [1]",
        )
    )
    own = split_into_answers(
        one_page_transcript("1. 4", "2. speed is distance by time", "150 / 12 = 12.5 m/s", "4. 2"), question_paper
    )
    other = split_into_answers(
        one_page_transcript("1. 4", "2. speed is distance by time", "6 / 0.4 = 15 ohm", "4. 2"), question_paper
    )
    assert own.unplaced == ()
    assert [one.question for one in other.unplaced] == ["3"]


@pytest.mark.parametrize("response", ["3/4", "-7", "-1", "+2"])
@pytest.mark.parametrize("leading", [0.024, 0.04, 0.15])
def test_an_answer_like_a_teachers_mark_is_shown_at_the_missing_question(response: str, leading: float) -> None:
    lines = ("1. 4", "2. 2", response, "4. 9")
    found = marks(
        transcript_at_positions(tuple((0.08, 0.2 + leading * row, line) for row, line in enumerate(lines))),
        NUMERIC_PAPER,
    )
    assert found["2"].review[0] is ReviewReason.UNLABELLED
    assert (found["3"].answer, found["3"].review) == (response, UNPLACED)


def test_a_mark_above_an_empty_label_is_shown_there() -> None:
    found = marks(one_page_transcript("1. 4", "2. 2", "3/4", "3.", "4. 9"), NUMERIC_PAPER)
    assert (found["3"].answer, found["3"].review) == ("3/4", UNPLACED)


def test_a_teachers_mark_in_the_margin_is_no_answer() -> None:
    found = marks(
        transcript_at_positions(((0.08, 0.2, "1. 4"), (0.08, 0.24, "2. 2"), (0.9, 0.26, "-1"), (0.08, 0.28, "4. 9"))),
        NUMERIC_PAPER,
    )
    assert (found["2"].review, found["3"].review) == ((), ())


@pytest.mark.parametrize("top", [0.44, 0.85])
def test_any_missing_question_may_be_answered_at_the_end_of_the_sheet(top: float) -> None:
    rows = ((0.08, 0.36, "2. the heart"), (0.08, 0.38, "3. mammals"), (0.08, 0.4, "4. Earth"))
    found = marks(transcript_at_positions((*rows, (0.08, top, "carbon dioxide"))))
    assert found["4"].review == UNLABELLED
    assert (found["1"].answer, found["1"].review) == ("carbon dioxide", UNPLACED)


def test_any_missing_question_may_be_answered_where_labels_start_again() -> None:
    found = marks(one_page_transcript("3. mammals", "4. Earth", "carbon dioxide", "2. the heart"))
    assert found["4"].review == UNLABELLED
    assert (found["1"].answer, found["1"].review) == ("carbon dioxide", UNPLACED)


def test_a_page_number_is_shown_at_an_empty_numeric_question() -> None:
    found = marks(
        transcript_at_positions(
            ((0.08, 0.2, "1. 4"), (0.08, 0.4, "2. 2"), (0.08, 0.6, "3. 3/4")), ((0.08, 0.85, "4."), (0.5, 0.95, "2"))
        ),
        NUMERIC_PAPER,
    )
    assert (found["4"].answer, found["4"].review) == ("2", UNPLACED)
