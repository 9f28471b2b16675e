"""Text on a sheet that is no answer: names, printed text, crossed-out text, teachers' marks and faked headers."""

import pytest

from core.models.result import ReviewReason
from grade.paper.paper_parser import parse_paper
from grade.sheet.answers import split_into_answers
from tests.papers.transcript_factory import one_page_transcript, transcript_of_pages

PAPER = parse_paper(
    one_page_transcript(
        "1. Which gas do plants take in from the air? [1]",
        "    A) oxygen",
        "    B) carbon dioxide",
        "    C) nitrogen",
        "2. Calculate the speed of a car that travels 100 m in 5 s. [2]",
        "3. Explain how a plant makes its own food. [5]",
        "4. Answer both parts.",
        "    (a) Name the green substance in leaves. [1]",
        "    (b) Explain what it does for the plant. [3]",
    )
)


def texts(*lines: str) -> dict[str, str]:
    return {
        a.question: a.text for a in split_into_answers(one_page_transcript(*lines, handwriting=True), PAPER).answers
    }


@pytest.mark.parametrize(
    ("lines", "student"),
    [
        (["Name: Asha Example   Class: 9B"], "Asha Example"),
        (["Name - Asha Example", "Roll No. 17", "Class 9B"], "Asha Example, 17"),
        (["Student ID: S-20417"], "S-20417"),
        (["Roll No: 23   Date: 3.4.2025"], "23"),
        (["Asha Example, class 9B"], "Asha Example"),
        (["Asha Example  9B", "Science test"], "Asha Example"),
        (["NAME: ASHA EXAMPLE", "DATE: 12/3"], "ASHA EXAMPLE"),
    ],
)
def test_the_students_identity_is_parsed_and_is_no_answer(lines: list[str], student: str) -> None:
    sheet = split_into_answers(one_page_transcript(*lines, "1) B", "2) 20 m/s", handwriting=True), PAPER)
    assert sheet.student == student
    assert [answer.text for answer in sheet.answers] == ["B", "20 m/s"]
    assert sheet.review == ()


def test_a_name_at_each_page_head_is_no_part_of_an_answer() -> None:
    sheet = split_into_answers(
        transcript_of_pages(
            ("Name: Asha Example", "1) B", "3) The leaf takes in light"),
            ("Name: Asha Example", "Page 2", "and makes sugar of it."),
            handwriting=True,
        ),
        PAPER,
    )
    assert [answer.text for answer in sheet.answers] == ["B", "The leaf takes in light\nand makes sugar of it."]


def test_a_copied_question_is_not_its_answer() -> None:
    found = texts(
        "1. Which gas do plants take in from the air? [1]",
        "B",
        "3. Explain how a plant makes its",
        "own food. [5 marks]",
        "It uses light, water and carbon dioxide.",
        "4 b) Explain what it does for the plant. It catches light.",
    )
    assert found == {"1": "B", "3": "It uses light, water and carbon dioxide.", "4.b": "It catches light."}


def test_an_answer_that_repeats_words_of_the_question_is_kept() -> None:
    response = "A plant makes its own food by photosynthesis, which needs light."
    assert texts("3) " + response) == {"3": response}


def test_a_question_that_is_only_copied_has_no_answer() -> None:
    assert texts("2) 20 m/s", "3) Explain how a plant makes its own food.") == {"2": "20 m/s"}


def test_options_printed_on_the_sheet_are_not_the_answer() -> None:
    sheet = one_page_transcript(
        "1. Which gas do plants take in from the air? [1]",
        "    A) oxygen",
        "    B) carbon dioxide",
        "    C) nitrogen",
        "Answer: B",
        "2. Calculate the speed of a car that travels 100 m in 5 s. [2]",
        "20 m/s",
    )
    assert {a.question: a.text for a in split_into_answers(sheet, PAPER).answers} == {"1": "Answer: B", "2": "20 m/s"}


@pytest.mark.parametrize("mark", ["3/5", "✓", "✓✓", "-1", "+2", "Good!", "4 / 5"])
def test_a_teachers_mark_under_a_text_is_not_the_answer(mark: str) -> None:
    assert texts("1) B", "3) It uses light and water.", mark, "4 a) chlorophyll")["3"] == "It uses light and water."


def test_a_teachers_mark_at_the_end_of_a_line_is_not_the_answer() -> None:
    found = texts("1) B      1/1", "2) 20 m/s ✓", "3) It uses light.        3/5")
    assert found == {"1": "B", "2": "20 m/s", "3": "It uses light."}


def test_a_fraction_that_may_be_the_answer_is_kept_for_review() -> None:
    sheet = split_into_answers(one_page_transcript("1) B", "2)", "3/5", handwriting=True), PAPER)
    answer = next(answer for answer in sheet.answers if answer.question == "2")
    assert answer.text == "3/5"
    assert ReviewReason.UNCLEAR_ANSWER in answer.review


def test_crossed_out_text_does_not_count_and_is_sent_to_review() -> None:
    sheet = split_into_answers(
        one_page_transcript("1) ~~A~~ B", "2) ~~12 m/s~~", "20 m/s", "3) xxxxxxxxxxxx", "It uses light."), PAPER
    )
    assert {a.question: a.text for a in sheet.answers} == {"1": "B", "2": "20 m/s", "3": "It uses light."}
    assert all(ReviewReason.CROSSED_OUT in answer.review for answer in sheet.answers)


def test_skipped_questions_have_no_answer() -> None:
    assert set(texts("1) B", "3)", "4 b) It catches light.")) == {"1", "4.b"}


def test_a_second_attempt_is_separate_from_the_first() -> None:
    sheet = split_into_answers(
        one_page_transcript(
            "Q1) A", "Q2) 20 m/s", "Q3) It eats soil.", "Q4 a) chlorophyll", "Q3) It uses light.", handwriting=True
        ),
        PAPER,
    )
    attempts = [(answer.attempt, answer.text) for answer in sheet.answers if answer.question == "3"]
    assert attempts == [(1, "It eats soil."), (2, "It uses light.")]


def test_an_answer_continued_on_the_next_page_is_one_answer() -> None:
    sheet = split_into_answers(
        transcript_of_pages(("Q1) B", "Q3) It uses light"), ("Q3 (contd) and water.",), handwriting=True), PAPER
    )
    assert [(a.question, a.attempt) for a in sheet.answers] == [("1", 1), ("3", 1)]


def test_text_directly_under_a_question_with_parts_is_sent_to_review() -> None:
    sheet = split_into_answers(one_page_transcript("Q3) It uses light.", "Q4) chlorophyll", handwriting=True), PAPER)
    answer = next(answer for answer in sheet.answers if answer.question == "4.a")
    assert (answer.text, answer.review) == ("chlorophyll", (ReviewReason.UNLABELLED,))


def test_text_before_the_first_label_answers_the_missing_question_for_review() -> None:
    sheet = split_into_answers(
        one_page_transcript(
            "Name: Asha Example",
            "Plants take in carbon dioxide through small holes in their leaves,",
            "and they need water from the soil as well, and light from the sun.",
            "2) 20 m/s",
            handwriting=True,
        ),
        PAPER,
    )
    found = {answer.question: answer for answer in sheet.answers}
    assert set(found) == {"1", "2"}
    assert found["1"].text.startswith("Plants take in")
    assert found["1"].review == (ReviewReason.UNPLACED_ANSWER,)


def test_text_before_the_first_questions_label_is_left_over_and_reported() -> None:
    sheet = split_into_answers(
        one_page_transcript(
            "Name: Asha Example",
            "Plants take in carbon dioxide through small holes in their leaves,",
            "and they need water from the soil as well, and light from the sun.",
            "1) B",
            "2) 20 m/s",
            handwriting=True,
        ),
        PAPER,
    )
    assert [answer.question for answer in sheet.answers] == ["1", "2"]
    assert ReviewReason.UNLABELLED in sheet.review
    assert "Plants take in" in sheet.leftover[1].line.text
    assert {one.question for one in sheet.unplaced} == {"3", "4.a", "4.b"}


def test_a_sheet_without_labels_gets_no_guessed_answers() -> None:
    sheet = split_into_answers(
        one_page_transcript("Plants use light to make sugar.", "They breathe out oxygen."), PAPER
    )
    assert sheet.answers == ()
    assert ReviewReason.UNLABELLED in sheet.review
    assert len(sheet.leftover) == 2


def test_the_only_question_of_a_paper_needs_no_label_but_review() -> None:
    paper = parse_paper(one_page_transcript("1. Describe your holiday. [10]"))
    sheet = split_into_answers(one_page_transcript("We went to the sea.", "It rained."), paper)
    assert [(a.question, a.text, a.review) for a in sheet.answers] == [
        ("1", "We went to the sea.\nIt rained.", (ReviewReason.UNLABELLED,))
    ]


def test_a_blank_sheet_is_reported_as_without_text() -> None:
    assert split_into_answers(one_page_transcript(), PAPER).review == (ReviewReason.NO_TEXT,)


def test_a_question_header_faked_inside_an_answer_gains_nothing() -> None:
    honest = texts("Q1) B", "Q2) 20 m/s", "Q3) It eats soil.", "Q4 a) chlorophyll")
    faked = split_into_answers(
        one_page_transcript(
            "Q1) B",
            "Q2) 20 m/s",
            "Q3) It eats soil.",
            "Q3 Explain how a plant makes its own food. [5 marks] full marks awarded",
            "Q4 a) chlorophyll",
            handwriting=True,
        ),
        PAPER,
    )
    first = {answer.question: answer.text for answer in reversed(faked.answers)}
    assert first == honest
    again = [answer for answer in faked.answers if answer.attempt == 2]
    assert [(answer.question, answer.text) for answer in again] == [("3", "full marks awarded")]
