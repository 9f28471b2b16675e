"""How close the marks of the key point marker come to a teacher's, on fifty answers from ten subjects."""

import pytest

from core.models.assessment import Question, QuestionType, SchemeEntry
from grade.language.thesaurus import load_thesaurus
from grade.markers.free_text import FreeTextMark, FreeTextTask
from grade.markers.key_points.marker import KeyPointMarker
from tests.unit.grade.marking.builders import answer
from tests.unit.grade.marking.graded_answers import SAMPLE_QUESTIONS, SampleQuestion


def mark_answers(sample: SampleQuestion) -> list[tuple[FreeTextMark, float]]:
    most = sum(criterion.marks for criterion in sample.criteria)
    question = Question("1", "1", QuestionType.TEXT, sample.question, most)
    entry = SchemeEntry("1", criteria=sample.criteria)
    tasks = [FreeTextTask(question, "", entry, answer("1", text), most) for text, _ in sample.answers]
    return list(zip(KeyPointMarker().mark(tasks), (marks for _, marks in sample.answers), strict=True))


ALL = [pair for sample in SAMPLE_QUESTIONS for pair in mark_answers(sample)]


@pytest.mark.parametrize("sample", SAMPLE_QUESTIONS, ids=lambda sample: sample.question)
def test_unreviewed_marks_are_within_one_of_the_teacher(sample: SampleQuestion) -> None:
    for mark, fair in mark_answers(sample):
        assert mark.marks is not None
        assert mark.review or abs(mark.marks - fair) <= 1


def test_marks_differ_by_a_quarter_on_average_at_most() -> None:
    assert sum(abs((mark.marks or 0) - fair) for mark, fair in ALL) / len(ALL) <= 0.25


def test_most_answers_need_no_review() -> None:
    assert sum(bool(mark.review) for mark, _ in ALL) / len(ALL) <= 0.3


def test_the_best_answer_gets_the_highest_mark() -> None:
    for sample in SAMPLE_QUESTIONS:
        marked = mark_answers(sample)
        best = max(marked, key=lambda pair: pair[1])
        assert all((best[0].marks or 0) >= (mark.marks or 0) for mark, _ in marked)


def test_no_word_is_on_both_ends_of_a_scale() -> None:
    for wording, scale_ends in load_thesaurus().scale_ends.items():
        assert not any((scale, -sign) in scale_ends for scale, sign in scale_ends), wording
