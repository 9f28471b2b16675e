"""Corrected readings: marked like any answer, with the original reading and its region kept."""

from dataclasses import replace

from core.models.assessment import SchemeEntry
from core.models.result import ReviewReason
from grade.answer import AnswerSheet, UnplacedText
from grade.corrected_answers import apply_corrections, attach_original_readings
from grade.markers.key_points.marker import KeyPointMarker
from grade.marking import mark_sheet
from tests.unit.grade.marking.builders import answer, choice_question, mark_of, paper, scheme, sheet

KEY = scheme(SchemeEntry("1", answers=("B",)), SchemeEntry("2", answers=("A",)))
PAPER = paper(choice_question("1"), choice_question("2"))


def test_a_corrected_answer_is_marked_and_keeps_its_region() -> None:
    uncorrected = sheet(answer("1", "8", confidence=40.0), answer("2", "A"))
    doubtful = mark_of(mark_sheet(PAPER, KEY, uncorrected, free_text_marker=KeyPointMarker()), "1")
    assert ReviewReason.LOW_OCR_CONFIDENCE in doubtful.review
    corrected, original_readings = apply_corrections(uncorrected, {"1": "B"})
    result = attach_original_readings(
        mark_sheet(PAPER, KEY, corrected, free_text_marker=KeyPointMarker()), original_readings
    )
    first = mark_of(result, "1")
    assert (first.marks, first.answer, first.read_as) == (1.0, "B", "8")
    assert first.places == uncorrected.answers[0].places
    # The teacher who typed it has already seen how legible it is.
    assert ReviewReason.LOW_OCR_CONFIDENCE not in first.review
    assert (mark_of(result, "2").marks, mark_of(result, "2").read_as) == (1.0, None)


def test_an_answer_that_was_not_found_can_be_typed_in() -> None:
    corrected, original_readings = apply_corrections(sheet(answer("2", "A")), {"1": "B"})
    first = mark_of(
        attach_original_readings(
            mark_sheet(PAPER, KEY, corrected, free_text_marker=KeyPointMarker()), original_readings
        ),
        "1",
    )
    assert (first.marks, first.answer, first.read_as, first.places) == (1.0, "B", "", ())


def test_an_empty_correction_removes_an_answer() -> None:
    corrected, original_readings = apply_corrections(sheet(answer("1", "B"), answer("2", "A")), {"1": ""})
    first = mark_of(
        attach_original_readings(
            mark_sheet(PAPER, KEY, corrected, free_text_marker=KeyPointMarker()), original_readings
        ),
        "1",
    )
    assert (first.marks, first.marker, first.answer, first.read_as) == (0.0, "none", "", "B")


def test_a_correction_replaces_several_attempts() -> None:
    attempts = sheet(answer("1", "A"), replace(answer("1", "B"), attempt=2))
    corrected, original_readings = apply_corrections(attempts, {"1": "B"})
    first = mark_of(
        attach_original_readings(
            mark_sheet(PAPER, KEY, corrected, free_text_marker=KeyPointMarker()), original_readings
        ),
        "1",
    )
    assert (first.marks, first.read_as) == (1.0, "A\n\nB")
    assert ReviewReason.EXTRA_ANSWERS not in first.review


def test_a_correction_equal_to_the_reading_is_not_recorded() -> None:
    corrected, original_readings = apply_corrections(sheet(answer("1", "B")), {"1": "B"})
    result = attach_original_readings(
        mark_sheet(PAPER, KEY, corrected, free_text_marker=KeyPointMarker()), original_readings
    )
    assert mark_of(result, "1").read_as is None


def test_a_correction_assigns_unplaced_text_to_its_question() -> None:
    lines = answer("1", "B").lines
    uncorrected = AnswerSheet((), unplaced=(UnplacedText("1", "B", lines), UnplacedText("2", "B", lines)))
    corrected, original_readings = apply_corrections(uncorrected, {"1": "B", "2": ""})
    result = attach_original_readings(
        mark_sheet(PAPER, KEY, corrected, free_text_marker=KeyPointMarker()), original_readings
    )
    first, second = mark_of(result, "1"), mark_of(result, "2")
    assert (first.marks, first.answer, first.review, first.read_as) == (1.0, "B", (), None)
    assert first.places == tuple(line.place for line in lines)
    assert (second.marks, second.answer, second.review, second.read_as) == (0.0, "", (), "B")
