"""Marking a whole sheet: each question gets its mark, with rounding, attempts and leftovers."""

from dataclasses import replace

import pytest

from core.models.assessment import Criterion, Option, SchemeEntry
from core.models.result import ReviewReason, SheetResult, Usage
from core.models.transcript import Line
from grade.answer import AnswerLine, AnswerSheet
from grade.markers.key_points.marker import KeyPointMarker
from grade.marking import mark_sheet
from tests.unit.grade.marking.builders import (
    GOOD_ANSWER,
    PHOTOSYNTHESIS,
    WordCountMarker,
    answer,
    choice_question,
    model_answer_entry,
    paper,
    question_group,
    scheme,
    sheet,
    text_question,
)


def test_every_question_gets_a_mark_in_printed_order() -> None:
    question_paper = paper(
        choice_question("1"), question_group("2", text_question("2.a"), text_question("2.b")), choice_question("3")
    )
    result = mark_sheet(question_paper, scheme(), sheet(), free_text_marker=WordCountMarker())
    assert [mark.question for mark in result.questions] == ["1", "2.a", "2.b", "3"]


def test_an_unanswered_question_gets_zero_without_review() -> None:
    result = mark_sheet(
        paper(choice_question()), scheme(SchemeEntry("1", answers=("B",))), sheet(), free_text_marker=WordCountMarker()
    )
    mark = result.questions[0]
    assert (mark.marks, mark.marker, mark.reason, mark.review) == (0, "none", "Not answered.", ())
    assert not result.needs_review


def test_all_free_text_is_marked_in_one_call_with_context() -> None:
    marker = WordCountMarker()
    question_paper = paper(
        question_group("1", text_question("1.a"), text_question("1.b"), text="A plant stands in the dark.")
    )
    given = sheet(answer("1.a", "one"), answer("1.b", "two"))
    result = mark_sheet(
        question_paper, scheme(model_answer_entry("1.a"), model_answer_entry("1.b")), given, free_text_marker=marker
    )
    assert [len(batch) for batch in marker.batches] == [2]
    assert marker.batches[0][0].question_text.startswith("A plant stands in the dark.")
    assert result.usage == Usage(2, 20, 10, 1.0)


def test_without_free_text_the_marker_is_not_called() -> None:
    marker = WordCountMarker()
    mark_sheet(
        paper(choice_question()),
        scheme(SchemeEntry("1", answers=("B",))),
        sheet(answer("1", "B")),
        free_text_marker=marker,
    )
    assert marker.batches == []


def test_key_points_give_no_marks_without_a_scheme() -> None:
    result = mark_sheet(paper(text_question()), scheme(), sheet(answer("1", "a b")), free_text_marker=KeyPointMarker())
    assert result.questions[0].marks is None


@pytest.mark.parametrize(("step", "marks"), [(None, 0.75), (0.5, 1.0), (1.0, 1.0), (0.25, 0.75)])
def test_marks_are_rounded_to_the_step_with_halves_upwards(step: float | None, marks: float) -> None:
    entry = SchemeEntry("1", answers=("A", "B", "C", "D"), partial=True)
    question_paper = replace(choice_question(marks=1.0), options=tuple(Option(letter, letter) for letter in "ABCDE"))
    result = mark_sheet(
        paper(question_paper),
        scheme(entry, rounding=step),
        sheet(answer("1", "A,B,C")),
        free_text_marker=WordCountMarker(),
    )
    assert result.questions[0].marks == marks


def test_rounding_never_exceeds_the_maximum() -> None:
    entry = SchemeEntry("1", criteria=(Criterion("glucose", 0.5),))
    given = sheet(answer("1", "glucose"))
    result = mark_sheet(
        paper(text_question(marks=0.5)), scheme(entry, rounding=1.0), given, free_text_marker=KeyPointMarker()
    )
    assert result.questions[0].marks == 0.5


def test_the_best_attempt_at_free_text_counts_with_a_review() -> None:
    given = sheet(answer("1", "one", attempt=1), answer("1", "one two three", attempt=2))
    result = mark_sheet(
        paper(text_question()), scheme(model_answer_entry("1")), given, free_text_marker=WordCountMarker()
    )
    mark = result.questions[0]
    assert mark.marks == 3
    assert ReviewReason.EXTRA_ANSWERS in mark.review
    assert len(mark.places) == 2
    assert "1, 3" in mark.reason


def test_the_worst_attempt_at_a_choice_counts() -> None:
    given = sheet(answer("1", "B", attempt=1), answer("1", "A", attempt=2))
    result = mark_sheet(
        paper(choice_question()), scheme(SchemeEntry("1", answers=("B",))), given, free_text_marker=WordCountMarker()
    )
    assert result.questions[0].marks == 0
    assert ReviewReason.EXTRA_ANSWERS in result.questions[0].review


def test_leftover_text_is_kept() -> None:
    left = AnswerLine(1, Line("see the back", 90, (0.1, 0.9, 0.3, 0.02)))
    result = mark_sheet(
        paper(choice_question()), scheme(), AnswerSheet((), (left,)), free_text_marker=WordCountMarker()
    )
    assert result.leftover == "see the back"


def test_the_result_survives_serialisation() -> None:
    result = mark_sheet(
        paper(text_question()),
        scheme(PHOTOSYNTHESIS),
        sheet(answer("1", GOOD_ANSWER)),
        free_text_marker=KeyPointMarker(),
    )
    assert SheetResult.from_dict(result.to_dict()) == result
