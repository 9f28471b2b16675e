"""Text that no label claims beside a question without an answer: a person is asked, with the text shown."""

import pytest

from core.models.result import ReviewReason
from core.models.transcript import Transcript
from grade.answer import AnswerSheet
from grade.paper.paper_parser import parse_paper
from grade.sheet.answers import split_into_answers
from tests.papers.transcript_factory import one_page_transcript, transcript_at_positions

PAPER = parse_paper(
    one_page_transcript(
        "Science quiz",
        "1. Name the gas that plants take in. [1]",
        "2. Name the organ that pumps blood. [1]",
        "3. Name the force that pulls things down. [1]",
        "4. Name the planet we live on. [1]",
        "5. Name the metal in a compass needle. [1]",
    )
)
UNPLACED = (ReviewReason.UNPLACED_ANSWER,)


def cut(*lines: str) -> AnswerSheet:
    return split_into_answers(one_page_transcript(*lines, handwriting=True), PAPER)


def said(sheet: AnswerSheet) -> dict[str, str]:
    return {answer.question: answer.text for answer in sheet.answers}


def asked(sheet: AnswerSheet) -> dict[str, str]:
    """The questions without an answer for which a person is asked, with the text that is shown."""
    return {one.question: one.text for one in sheet.unplaced}


def test_text_before_the_second_label_is_the_first_questions_for_now() -> None:
    sheet = cut("carbon dioxide", "2. the heart", "3. gravity", "4. Earth", "5. iron")
    first = next(answer for answer in sheet.answers if answer.question == "1")
    assert (first.text, first.review) == ("carbon dioxide", UNPLACED)
    assert not any(answer.review for answer in sheet.answers if answer.question != "1")
    assert sheet.leftover == ()


def test_a_title_above_a_sheet_that_lacks_nothing_is_a_title() -> None:
    sheet = cut("My answers", "1. carbon dioxide", "2. the heart", "3. gravity", "4. Earth")
    assert "5" not in said(sheet)
    assert (sheet.review, sheet.unplaced) == ((), ())


def test_the_papers_own_title_is_nobodys_answer() -> None:
    sheet = cut("Science quiz", "2. the heart", "3. gravity", "4. Earth", "5. iron")
    assert set(said(sheet)) == {"2", "3", "4", "5"}
    assert sheet.unplaced == ()


def test_text_that_may_be_either_of_two_answers_is_shown_at_both() -> None:
    sheet = cut("carbon dioxide", "3. gravity", "4. Earth", "5. iron")
    assert asked(sheet) == {"1": "carbon dioxide", "2": "carbon dioxide"}
    assert [line.line.text for line in sheet.leftover] == ["carbon dioxide"]


def test_a_capitalised_answer_above_the_labels_may_be_a_name_and_may_be_the_answer() -> None:
    sheet = cut("Carbon Dioxide", "2. the heart", "3. gravity", "4. Earth", "5. iron")
    assert sheet.student == "Carbon Dioxide"
    assert asked(sheet) == {"1": "Carbon Dioxide"}


def test_a_name_above_a_whole_sheet_is_a_name() -> None:
    sheet = cut("Asha Example", "1. CO2", "2. the heart", "3. gravity", "4. Earth", "5. iron")
    assert (sheet.student, sheet.unplaced) == ("Asha Example", ())


def test_an_unknown_number_where_one_question_is_missing_is_that_question_for_now() -> None:
    sheet = cut("Q1) CO2", "Q2) the heart", "Q9) gravity", "Q4) Earth", "Q5) iron")
    third = next(answer for answer in sheet.answers if answer.question == "3")
    assert (third.text, third.review) == ("gravity", UNPLACED)


def test_an_unknown_number_answers_rather_than_the_title_above_it() -> None:
    sheet = cut("Test of class seven", "17. carbon dioxide", "2. the heart", "3. gravity", "4. Earth", "5. iron")
    first = next(answer for answer in sheet.answers if answer.question == "1")
    assert (first.text, first.review) == ("carbon dioxide", UNPLACED)


def test_two_texts_that_may_both_be_the_one_missing_answer_are_both_shown() -> None:
    loose = ("plants take in a gas", "which they need to grow", "and give out oxygen")
    sheet = cut(*loose, "17. carbon dioxide", "2. the heart", "3. gravity", "4. Earth", "5. iron")
    assert "1" not in said(sheet)
    assert asked(sheet) == {"1": "\n".join((*loose, "carbon dioxide"))}


def test_an_unknown_number_beside_several_missing_questions_is_shown_at_each() -> None:
    sheet = cut("Q1) CO2", "Q9) gravity", "Q4) Earth", "Q5) iron")
    assert set(asked(sheet)) == {"2", "3"}


def test_a_number_used_twice_may_be_the_missing_one_between() -> None:
    sheet = cut("Q1) CO2", "Q2) the heart", "Q2) gravity", "Q4) Earth", "Q5) iron")
    assert asked(sheet) == {"3": "gravity"}


def test_a_sheet_without_labels_leaves_no_question_silent() -> None:
    sheet = cut("carbon dioxide", "the heart", "gravity")
    assert sheet.answers == ()
    assert set(asked(sheet)) == {"1", "2", "3", "4", "5"}


def test_a_skipped_question_beside_no_text_is_left_alone() -> None:
    sheet = cut("Name: Asha Example", "1. CO2", "3. gravity", "4. Earth", "5.")
    assert sheet.unplaced == ()
    assert not any(answer.review for answer in sheet.answers)


def spread(*lines: tuple[float, float, str]) -> Transcript:
    whole = [(0.04, 0.1, "1."), (0.16, 0.1, "carbon dioxide"), (0.04, 0.25, "2."), (0.16, 0.25, "the heart")]
    return transcript_at_positions((*whole, *lines))


REST = ((0.04, 0.7, "5."), (0.16, 0.7, "iron"))


def test_an_answer_whose_label_was_not_read_makes_its_question_doubtful() -> None:
    """The gap above "Earth" is as wide as between answers, and question 4 has none."""
    sheet = split_into_answers(
        spread((0.04, 0.4, "3."), (0.16, 0.4, "gravity"), (0.16, 0.55, "Earth"), *REST),
        PAPER,
    )
    assert asked(sheet) == {"4": "Earth"}
    assert next(a for a in sheet.answers if a.question == "3").review == (ReviewReason.UNLABELLED,)


@pytest.mark.parametrize("label", ["q.", "H", "y)", "A."])
def test_a_label_that_cannot_be_read_makes_the_missing_question_doubtful(label: str) -> None:
    sheet = split_into_answers(
        spread((0.04, 0.4, "3."), (0.16, 0.4, "gravity"), (0.04, 0.44, label), (0.16, 0.44, "Earth"), *REST),
        PAPER,
    )
    assert "Earth" in asked(sheet)["4"]
    assert next(a for a in sheet.answers if a.question == "3").review == (ReviewReason.UNLABELLED,)


def test_an_answer_read_before_its_label_makes_the_empty_label_doubtful() -> None:
    sheet = split_into_answers(
        spread((0.04, 0.4, "3."), (0.16, 0.4, "gravity"), (0.16, 0.55, "Earth"), (0.04, 0.555, "4."), *REST),
        PAPER,
    )
    assert said(sheet).get("4") == "Earth" or "Earth" in asked(sheet).get("4", "")


def test_a_field_below_the_first_label_is_the_answer_of_the_empty_label_above_it() -> None:
    sheet = split_into_answers(
        transcript_at_positions(
            ((0.04, 0.1, "1."), (0.16, 0.13, "class: gases"), (0.04, 0.25, "2."), (0.16, 0.25, "the heart"))
        ),
        PAPER,
    )
    assert said(sheet)["1"] == "class: gases"


def test_lines_of_one_answer_are_one_answer_though_the_next_question_is_left_out() -> None:
    sheet = split_into_answers(
        spread((0.04, 0.4, "3."), (0.16, 0.4, "the force is called"), (0.16, 0.44, "gravity"), *REST), PAPER
    )
    assert said(sheet)["3"] == "the force is called\ngravity"
    assert sheet.unplaced == ()
    assert not any(answer.review for answer in sheet.answers)
