"""A teacher's words in the place of what was read: marked like any answer, shown where the answer stands."""

from dataclasses import replace

from core.models.assessment import SchemeEntry
from core.models.result import ReviewReason
from grade.answer import AnswerSheet, UnplacedText
from grade.corrected_answers import apply_corrections, attach_original_readings
from grade.markers.key_points.marker import KeyPointMarker
from grade.marking import mark_sheet
from tests.unit.grade.marking.builders import answer, paper, scheme, sheet
from tests.unit.grade.marking.test_marking import choice, marked

KEY = scheme(SchemeEntry("1", answers=("B",)), SchemeEntry("2", answers=("A",)))
ASKED = paper(choice("1"), choice("2"))


def test_the_corrected_words_are_marked_where_the_answer_stands() -> None:
    read = sheet(answer("1", "8", confidence=40.0), answer("2", "A"))
    doubtful = marked(mark_sheet(ASKED, KEY, read, free_text_marker=KeyPointMarker()), "1")
    assert ReviewReason.LOW_OCR_CONFIDENCE in doubtful.review
    corrected, before = apply_corrections(read, {"1": "B"})
    result = attach_original_readings(mark_sheet(ASKED, KEY, corrected, free_text_marker=KeyPointMarker()), before)
    first = marked(result, "1")
    assert (first.marks, first.answer, first.read_as) == (1.0, "B", "8")
    assert first.places == read.answers[0].places
    # Who has read it has looked at how well it can be read.
    assert ReviewReason.LOW_OCR_CONFIDENCE not in first.review
    assert (marked(result, "2").marks, marked(result, "2").read_as) == (1.0, None)


def test_an_answer_that_nobody_found_can_be_typed_in() -> None:
    corrected, before = apply_corrections(sheet(answer("2", "A")), {"1": "B"})
    first = marked(
        attach_original_readings(mark_sheet(ASKED, KEY, corrected, free_text_marker=KeyPointMarker()), before), "1"
    )
    assert (first.marks, first.answer, first.read_as, first.places) == (1.0, "B", "", ())


def test_an_answer_that_is_none_can_be_taken_out() -> None:
    corrected, before = apply_corrections(sheet(answer("1", "B"), answer("2", "A")), {"1": ""})
    first = marked(
        attach_original_readings(mark_sheet(ASKED, KEY, corrected, free_text_marker=KeyPointMarker()), before), "1"
    )
    assert (first.marks, first.marker, first.answer, first.read_as) == (0.0, "none", "", "B")


def test_several_tries_become_the_one_that_the_teacher_reads() -> None:
    tries = sheet(answer("1", "A"), replace(answer("1", "B"), attempt=2))
    corrected, before = apply_corrections(tries, {"1": "B"})
    first = marked(
        attach_original_readings(mark_sheet(ASKED, KEY, corrected, free_text_marker=KeyPointMarker()), before), "1"
    )
    assert (first.marks, first.read_as) == (1.0, "A\n\nB")
    assert ReviewReason.EXTRA_ANSWERS not in first.review


def test_the_machines_own_words_are_no_correction() -> None:
    corrected, before = apply_corrections(sheet(answer("1", "B")), {"1": "B"})
    result = attach_original_readings(mark_sheet(ASKED, KEY, corrected, free_text_marker=KeyPointMarker()), before)
    assert marked(result, "1").read_as is None


def test_a_teacher_says_whose_answer_a_text_without_a_label_is() -> None:
    lines = answer("1", "B").lines
    read = AnswerSheet((), unplaced=(UnplacedText("1", "B", lines), UnplacedText("2", "B", lines)))
    corrected, before = apply_corrections(read, {"1": "B", "2": ""})
    result = attach_original_readings(mark_sheet(ASKED, KEY, corrected, free_text_marker=KeyPointMarker()), before)
    first, second = marked(result, "1"), marked(result, "2")
    assert (first.marks, first.answer, first.review, first.read_as) == (1.0, "B", (), None)
    assert first.places == tuple(line.place for line in lines)
    assert (second.marks, second.answer, second.review, second.read_as) == (0.0, "", (), "B")
