"""Ten subjects, fifty answers, marks that a fair teacher gives: how near key points come."""

import pytest

from core.models.assessment import Question, QuestionType, SchemeEntry
from grade.language.thesaurus import load_thesaurus
from grade.markers.free_text import FreeTextMark, FreeTextTask
from grade.markers.key_points.marker import KeyPointMarker
from tests.unit.grade.marking.builders import answer
from tests.unit.grade.marking.graded_answers import SAMPLE_QUESTIONS, SampleQuestion


def marks_of(lesson: SampleQuestion) -> list[tuple[FreeTextMark, float]]:
    most = sum(criterion.marks for criterion in lesson.criteria)
    question = Question("1", "1", QuestionType.TEXT, lesson.question, most)
    entry = SchemeEntry("1", criteria=lesson.criteria)
    tasks = [FreeTextTask(question, "", entry, answer("1", text), most) for text, _ in lesson.answers]
    return list(zip(KeyPointMarker().mark(tasks), (marks for _, marks in lesson.answers), strict=True))


ALL = [pair for lesson in SAMPLE_QUESTIONS for pair in marks_of(lesson)]


@pytest.mark.parametrize("lesson", SAMPLE_QUESTIONS, ids=lambda lesson: lesson.question)
def test_what_nobody_looks_at_is_within_one_mark_of_the_teacher(lesson: SampleQuestion) -> None:
    for mark, fair in marks_of(lesson):
        assert mark.marks is not None
        assert mark.review or abs(mark.marks - fair) <= 1


def test_marks_are_near_on_the_whole() -> None:
    assert sum(abs((mark.marks or 0) - fair) for mark, fair in ALL) / len(ALL) <= 0.25


def test_most_answers_need_nobody() -> None:
    assert sum(bool(mark.review) for mark, _ in ALL) / len(ALL) <= 0.3


def test_strong_answers_get_more_than_weak_ones() -> None:
    for lesson in SAMPLE_QUESTIONS:
        marked = marks_of(lesson)
        best = max(marked, key=lambda pair: pair[1])
        assert all((best[0].marks or 0) >= (mark.marks or 0) for mark, _ in marked)


def test_no_wording_is_its_own_opposite_on_one_scale() -> None:
    for wording, scale_ends in load_thesaurus().scale_ends.items():
        assert not any((scale, -sign) in scale_ends for scale, sign in scale_ends), wording
