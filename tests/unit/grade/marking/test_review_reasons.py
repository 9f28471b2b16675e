"""A mark is reviewed if the splitting, the OCR, the language or the scheme leaves doubt."""

from dataclasses import replace

import pytest

from core.models.assessment import SchemeEntry
from core.models.result import ReviewReason
from grade.answer import Answer, AnswerSheet, UnplacedText
from grade.markers.key_points.marker import KeyPointMarker
from grade.marking import mark_sheet
from tests.unit.grade.marking.builders import (
    GOOD_ANSWER,
    PHOTOSYNTHESIS,
    WordCountMarker,
    answer,
    choice_question,
    mark_of,
    model_answer_entry,
    paper,
    scheme,
    sheet,
    text_question,
)


def test_an_objective_question_without_a_scheme_goes_to_review() -> None:
    result = mark_sheet(paper(choice_question()), scheme(), sheet(answer("1", "B")), free_text_marker=WordCountMarker())
    assert (result.questions[0].marks, result.questions[0].review) == (None, (ReviewReason.NO_SCHEME,))
    assert (result.marks, result.needs_review) == (0, True)


def test_free_text_without_a_scheme_is_marked_and_reviewed() -> None:
    result = mark_sheet(paper(text_question()), scheme(), sheet(answer("1", "a b")), free_text_marker=WordCountMarker())
    assert result.questions[0].marks == 2
    assert ReviewReason.NO_SCHEME in result.questions[0].review


def test_low_ocr_confidence_causes_a_review() -> None:
    entry = scheme(SchemeEntry("1", answers=("B",)))
    result = mark_sheet(
        paper(choice_question()), entry, sheet(answer("1", "B", confidence=55)), free_text_marker=WordCountMarker()
    )
    assert result.questions[0].marks == 1
    assert result.questions[0].review == (ReviewReason.LOW_OCR_CONFIDENCE,)


def test_review_reasons_of_the_splitting_are_kept() -> None:
    uncertain = Answer("1", "B", (), review=(ReviewReason.UNLABELLED,))
    result = mark_sheet(
        paper(choice_question()),
        scheme(SchemeEntry("1", answers=("B",))),
        sheet(uncertain),
        free_text_marker=WordCountMarker(),
    )
    assert result.questions[0].review == (ReviewReason.UNLABELLED,)


def test_a_crossed_out_answer_gets_zero_and_a_review() -> None:
    uncertain = Answer("1", "", (), review=(ReviewReason.CROSSED_OUT,))
    result = mark_sheet(
        paper(choice_question()),
        scheme(SchemeEntry("1", answers=("B",))),
        sheet(uncertain),
        free_text_marker=WordCountMarker(),
    )
    assert (result.questions[0].marks, result.questions[0].review) == (0, (ReviewReason.CROSSED_OUT,))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Растения поглощают солнечный свет и выделяют кислород.", ReviewReason.UNKNOWN_LANGUAGE),
        ("Die Pflanzen nehmen das Licht der Sonne auf und geben Sauerstoff ab.", ReviewReason.UNKNOWN_LANGUAGE),
        ("Las plantas absorben la luz del sol y liberan el oxígeno.", ReviewReason.UNKNOWN_LANGUAGE),
        ("6CO₂ + 6H₂O → C₆H₁₂O₆ + 6O₂", ReviewReason.FORMULA_OR_DRAWING),
        ("∫ x² dx = x³/3 + C", ReviewReason.FORMULA_OR_DRAWING),
        ("—", ReviewReason.UNREADABLE),
    ],
)
def test_foreign_text_and_formulae_go_to_review(text: str, reason: ReviewReason) -> None:
    result = mark_sheet(
        paper(text_question()), scheme(PHOTOSYNTHESIS), sheet(answer("1", text)), free_text_marker=KeyPointMarker()
    )
    assert reason in result.questions[0].review


@pytest.mark.parametrize(
    "text", [GOOD_ANSWER, "Energy = mass × speed of light, so a lot of energy is set free.", "CO2 and H2O"]
)
def test_english_with_a_few_symbols_is_not_flagged(text: str) -> None:
    result = mark_sheet(
        paper(text_question()), scheme(PHOTOSYNTHESIS), sheet(answer("1", text)), free_text_marker=KeyPointMarker()
    )
    review = result.questions[0].review
    assert not {ReviewReason.UNKNOWN_LANGUAGE, ReviewReason.FORMULA_OR_DRAWING, ReviewReason.UNREADABLE} & set(review)


def test_an_answer_to_an_unknown_question_flags_the_sheet() -> None:
    result = mark_sheet(paper(choice_question()), scheme(), sheet(answer("9", "B")), free_text_marker=WordCountMarker())
    assert ReviewReason.UNKNOWN_QUESTION in result.review


def test_an_answer_placed_by_position_has_low_confidence() -> None:
    placed_by_position = replace(answer("1", "B"), review=(ReviewReason.UNPLACED_ANSWER,))
    given = mark_sheet(
        paper(choice_question()),
        scheme(SchemeEntry("1", answers=("B",))),
        sheet(placed_by_position),
        free_text_marker=KeyPointMarker(),
    )
    mark = mark_of(given, "1")
    assert (mark.marks, mark.answer, mark.review) == (1.0, "B", (ReviewReason.UNPLACED_ANSWER,))
    assert mark.confidence <= 0.5
    assert given.needs_review


def test_unplaced_text_is_shown_and_has_no_mark() -> None:
    lines = answer("1", "carbon dioxide").lines
    unplaced = tuple(UnplacedText(question, "carbon dioxide", lines) for question in ("1", "2"))
    given = mark_sheet(
        paper(text_question("1"), text_question("2"), text_question("3")),
        scheme(model_answer_entry("1"), model_answer_entry("2"), model_answer_entry("3")),
        AnswerSheet((), unplaced=unplaced),
        free_text_marker=KeyPointMarker(),
    )
    for name in ("1", "2"):
        mark = mark_of(given, name)
        assert (mark.marks, mark.answer, mark.review) == (None, "carbon dioxide", (ReviewReason.UNPLACED_ANSWER,))
        assert mark.places == unplaced[0].places
    assert (mark_of(given, "3").marks, mark_of(given, "3").review) == (0.0, ())
