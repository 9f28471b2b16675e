"""Text that no label claims is shown to a person at the unanswered questions that it may belong to."""

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


def split(*lines: str) -> AnswerSheet:
    return split_into_answers(one_page_transcript(*lines, handwriting=True), PAPER)


def answers_of(sheet: AnswerSheet) -> dict[str, str]:
    return {answer.question: answer.text for answer in sheet.answers}


def unplaced_of(sheet: AnswerSheet) -> dict[str, str]:
    """The text shown at each question without an answer."""
    return {one.question: one.text for one in sheet.unplaced}


def test_text_before_the_second_questions_label_provisionally_answers_the_first() -> None:
    sheet = split("carbon dioxide", "2. the heart", "3. gravity", "4. Earth", "5. iron")
    first = next(answer for answer in sheet.answers if answer.question == "1")
    assert (first.text, first.review) == ("carbon dioxide", UNPLACED)
    assert not any(answer.review for answer in sheet.answers if answer.question != "1")
    assert sheet.leftover == ()


def test_a_title_above_a_sheet_without_a_gap_is_a_title() -> None:
    sheet = split("My answers", "1. carbon dioxide", "2. the heart", "3. gravity", "4. Earth")
    assert "5" not in answers_of(sheet)
    assert (sheet.review, sheet.unplaced) == ((), ())


def test_the_papers_own_title_is_no_answer() -> None:
    sheet = split("Science quiz", "2. the heart", "3. gravity", "4. Earth", "5. iron")
    assert set(answers_of(sheet)) == {"2", "3", "4", "5"}
    assert sheet.unplaced == ()


def test_text_that_may_answer_two_questions_is_shown_at_both() -> None:
    sheet = split("carbon dioxide", "3. gravity", "4. Earth", "5. iron")
    assert unplaced_of(sheet) == {"1": "carbon dioxide", "2": "carbon dioxide"}
    assert [line.line.text for line in sheet.leftover] == ["carbon dioxide"]


def test_capitalised_words_above_the_labels_may_be_name_or_answer() -> None:
    sheet = split("Carbon Dioxide", "2. the heart", "3. gravity", "4. Earth", "5. iron")
    assert sheet.student == "Carbon Dioxide"
    assert unplaced_of(sheet) == {"1": "Carbon Dioxide"}


def test_a_name_above_a_complete_sheet_is_a_name() -> None:
    sheet = split("Asha Example", "1. CO2", "2. the heart", "3. gravity", "4. Earth", "5. iron")
    assert (sheet.student, sheet.unplaced) == ("Asha Example", ())


def test_an_unknown_number_provisionally_answers_the_one_missing_question() -> None:
    sheet = split("Q1) CO2", "Q2) the heart", "Q9) gravity", "Q4) Earth", "Q5) iron")
    third = next(answer for answer in sheet.answers if answer.question == "3")
    assert (third.text, third.review) == ("gravity", UNPLACED)


def test_an_unknown_number_is_preferred_to_the_title_above_it() -> None:
    sheet = split("Test of class seven", "17. carbon dioxide", "2. the heart", "3. gravity", "4. Earth", "5. iron")
    first = next(answer for answer in sheet.answers if answer.question == "1")
    assert (first.text, first.review) == ("carbon dioxide", UNPLACED)


def test_two_texts_for_one_missing_answer_are_both_shown() -> None:
    unlabelled = ("plants take in a gas", "which they need to grow", "and give out oxygen")
    sheet = split(*unlabelled, "17. carbon dioxide", "2. the heart", "3. gravity", "4. Earth", "5. iron")
    assert "1" not in answers_of(sheet)
    assert unplaced_of(sheet) == {"1": "\n".join((*unlabelled, "carbon dioxide"))}


def test_an_unknown_number_among_missing_questions_is_shown_at_each() -> None:
    sheet = split("Q1) CO2", "Q9) gravity", "Q4) Earth", "Q5) iron")
    assert set(unplaced_of(sheet)) == {"2", "3"}


def test_a_repeated_number_may_be_the_missing_one_between() -> None:
    sheet = split("Q1) CO2", "Q2) the heart", "Q2) gravity", "Q4) Earth", "Q5) iron")
    assert unplaced_of(sheet) == {"3": "gravity"}


def test_a_sheet_without_labels_is_shown_at_every_question() -> None:
    sheet = split("carbon dioxide", "the heart", "gravity")
    assert sheet.answers == ()
    assert set(unplaced_of(sheet)) == {"1", "2", "3", "4", "5"}


def test_a_skipped_question_without_text_nearby_needs_no_review() -> None:
    sheet = split("Name: Asha Example", "1. CO2", "3. gravity", "4. Earth", "5.")
    assert sheet.unplaced == ()
    assert not any(answer.review for answer in sheet.answers)


def transcript_after_two(*lines: tuple[float, float, str]) -> Transcript:
    first_two = [(0.04, 0.1, "1."), (0.16, 0.1, "carbon dioxide"), (0.04, 0.25, "2."), (0.16, 0.25, "the heart")]
    return transcript_at_positions((*first_two, *lines))


REST = ((0.04, 0.7, "5."), (0.16, 0.7, "iron"))


def test_an_answer_whose_label_was_not_read_is_shown_at_its_question() -> None:
    """The gap above "Earth" is as wide as those between answers, and question 4 has no answer."""
    sheet = split_into_answers(
        transcript_after_two((0.04, 0.4, "3."), (0.16, 0.4, "gravity"), (0.16, 0.55, "Earth"), *REST),
        PAPER,
    )
    assert unplaced_of(sheet) == {"4": "Earth"}
    assert next(a for a in sheet.answers if a.question == "3").review == (ReviewReason.UNLABELLED,)


@pytest.mark.parametrize("label", ["q.", "H", "y)", "A."])
def test_text_after_an_unreadable_label_is_shown_at_the_missing_question(label: str) -> None:
    sheet = split_into_answers(
        transcript_after_two(
            (0.04, 0.4, "3."), (0.16, 0.4, "gravity"), (0.04, 0.44, label), (0.16, 0.44, "Earth"), *REST
        ),
        PAPER,
    )
    assert "Earth" in unplaced_of(sheet)["4"]
    assert next(a for a in sheet.answers if a.question == "3").review == (ReviewReason.UNLABELLED,)


def test_an_answer_read_before_its_label_is_found_or_shown_there() -> None:
    sheet = split_into_answers(
        transcript_after_two(
            (0.04, 0.4, "3."), (0.16, 0.4, "gravity"), (0.16, 0.55, "Earth"), (0.04, 0.555, "4."), *REST
        ),
        PAPER,
    )
    assert answers_of(sheet).get("4") == "Earth" or "Earth" in unplaced_of(sheet).get("4", "")


def test_a_form_field_below_an_empty_label_is_its_answer() -> None:
    sheet = split_into_answers(
        transcript_at_positions(
            ((0.04, 0.1, "1."), (0.16, 0.13, "class: gases"), (0.04, 0.25, "2."), (0.16, 0.25, "the heart"))
        ),
        PAPER,
    )
    assert answers_of(sheet)["1"] == "class: gases"


def test_closely_spaced_lines_stay_one_answer_before_a_skipped_question() -> None:
    sheet = split_into_answers(
        transcript_after_two((0.04, 0.4, "3."), (0.16, 0.4, "the force is called"), (0.16, 0.44, "gravity"), *REST),
        PAPER,
    )
    assert answers_of(sheet)["3"] == "the force is called\ngravity"
    assert sheet.unplaced == ()
    assert not any(answer.review for answer in sheet.answers)
