"""Totals: which questions count, what they are out of, and how the marks are added up."""

from dataclasses import replace

from core.models import counting_rules
from core.models.answer_limits import MAX_ANSWER_CHARACTERS
from core.models.assessment import Criterion, Question, QuestionPaper, QuestionType, SchemeEntry
from core.models.counting_rules import QuestionAttempt, maximum_marks, select_counted_questions
from grade.answer import AnswerSheet, UnplacedText
from grade.markers.key_points.marker import KeyPointMarker
from grade.marking import mark_sheet
from tests.unit.grade.marking.builders import (
    WordCountMarker,
    answer,
    choice_question,
    mark_of,
    model_answer_entry,
    paper,
    question_group,
    scheme,
    sheet,
    text_question,
)


def _paper(choose: int | None) -> QuestionPaper:
    parts = tuple(Question(f"5.{label}", f"({label})", QuestionType.TEXT, "Explain.", 4) for label in "abc")
    group = Question("5", "5", QuestionType.GROUP, "Answer any two.", None, choose=choose, parts=parts)
    return QuestionPaper(8, (Question("1", "1", QuestionType.TEXT, "Say.", 2), group))


def test_the_best_two_of_three_parts_count() -> None:
    attempts = {
        "1": QuestionAttempt(1, 2),
        "5.a": QuestionAttempt(1, 4),
        "5.b": QuestionAttempt(4, 4),
        "5.c": QuestionAttempt(3, 4),
    }
    assert select_counted_questions(_paper(2), attempts) == {"1", "5.b", "5.c"}
    assert maximum_marks(_paper(2), attempts) == 10


def test_all_parts_count_without_a_choice() -> None:
    attempts = {
        "1": QuestionAttempt(1, 2),
        "5.a": QuestionAttempt(1, 4),
        "5.b": QuestionAttempt(4, 4),
        "5.c": QuestionAttempt(3, 4),
    }
    assert select_counted_questions(_paper(None), attempts) == {"1", "5.a", "5.b", "5.c"}
    assert maximum_marks(_paper(None), attempts) == 14


def test_an_attempt_without_marks_counts_before_an_unanswered_part() -> None:
    attempts = {
        "5.a": QuestionAttempt(0, 4, answered=False),
        "5.b": QuestionAttempt(None, 4),
        "5.c": QuestionAttempt(2, 4),
    }
    assert select_counted_questions(_paper(2), attempts) == {"5.b", "5.c"}


def test_the_total_is_the_sum_of_the_counted_marks() -> None:
    result = mark_sheet(
        paper(choice_question("1"), text_question("2", 3)),
        scheme(SchemeEntry("1", answers=("B",)), model_answer_entry("2")),
        sheet(answer("1", "B"), answer("2", "two words")),
        free_text_marker=WordCountMarker(),
    )
    assert (result.marks, result.max_marks) == (3, 4)


def test_answer_any_two_counts_the_best_two_with_an_explanation() -> None:
    parts = [text_question(f"5.{letter}", 4) for letter in "abc"]
    question_paper = paper(question_group("5", *parts, choose=2))
    given = sheet(answer("5.a", "one"), answer("5.b", "one two three four"), answer("5.c", "one two"))
    result = mark_sheet(
        question_paper,
        scheme(*(model_answer_entry(part.id) for part in parts)),
        given,
        free_text_marker=WordCountMarker(),
    )
    assert (result.marks, result.max_marks) == (6, 8)
    assert [mark.counted for mark in result.questions] == [False, True, True]
    assert "better ones count" in mark_of(result, "5.a").reason


def test_the_better_of_two_groups_to_choose_from_counts() -> None:
    first = question_group("A", text_question("A.1", 4), text_question("A.2", 4))
    second = question_group("B", text_question("B.1", 4), text_question("B.2", 4))
    question_paper = paper(question_group("S", first, second, choose=1))
    given = sheet(answer("A.1", "one two three four"), answer("B.1", "one two three"), answer("B.2", "one two three"))
    entries = [model_answer_entry(name) for name in ("A.1", "A.2", "B.1", "B.2")]
    result = mark_sheet(question_paper, scheme(*entries), given, free_text_marker=WordCountMarker())
    assert (result.marks, result.max_marks) == (6, 8)
    assert {mark.question for mark in result.questions if mark.counted} == {"B.1", "B.2"}


def test_negative_marks_lower_the_total() -> None:
    entries = scheme(SchemeEntry("1", answers=("B",), negative=0.25), SchemeEntry("2", answers=("B",)))
    given = sheet(answer("1", "A"), answer("2", "B"))
    result = mark_sheet(
        paper(choice_question("1"), choice_question("2")), entries, given, free_text_marker=WordCountMarker()
    )
    assert [mark.marks for mark in result.questions] == [-0.25, 1]
    assert result.marks == 0.75


def test_a_question_without_marks_is_marked_out_of_one() -> None:
    question_paper = QuestionPaper(0, (replace(choice_question(), marks=None),))
    entry = scheme(SchemeEntry("1", answers=("B",)))
    result = mark_sheet(question_paper, entry, sheet(answer("1", "B")), free_text_marker=WordCountMarker())
    assert (result.marks, result.max_marks) == (1, 1)
    assert "1" in result.warnings[0]


def test_criteria_define_the_maximum_if_nothing_else_does() -> None:
    question_paper = QuestionPaper(0, (replace(text_question(), marks=None),))
    entry = SchemeEntry("1", criteria=(Criterion("Oxygen", 1), Criterion("Glucose", 2)))
    result = mark_sheet(
        question_paper, scheme(entry), sheet(answer("1", "oxygen, glucose")), free_text_marker=KeyPointMarker()
    )
    assert (result.marks, result.max_marks) == (3, 3)


def test_unplaced_text_counts_before_an_unanswered_part() -> None:
    question_paper = paper(question_group("1", text_question("1.a"), text_question("1.b"), choose=1))
    unplaced = (UnplacedText("1.b", "by osmosis", answer("1.b", "by osmosis").lines),)
    given = mark_sheet(
        question_paper,
        scheme(model_answer_entry("1.b")),
        AnswerSheet((), unplaced=unplaced),
        free_text_marker=KeyPointMarker(),
    )
    assert [mark.question for mark in given.questions if mark.counted] == ["1.b"]


def test_uncounted_attempts_are_explained_even_if_unmarked() -> None:
    """Answers that are too long, and unplaced text, are attempts although no marker marks them."""
    question_paper = paper(question_group("1", *(text_question(f"1.{part}") for part in "abcd"), choose=1))
    unplaced = (UnplacedText("1.b", "by osmosis", answer("1.b", "by osmosis").lines),)
    given = mark_sheet(
        question_paper,
        scheme(*(model_answer_entry(f"1.{part}") for part in "abcd")),
        replace(
            sheet(answer("1.a", "Water moves through a membrane."), answer("1.c", "water " * MAX_ANSWER_CHARACTERS)),
            unplaced=unplaced,
        ),
        free_text_marker=KeyPointMarker(),
    )
    assert [mark.question for mark in given.questions if mark.counted] == ["1.a"]
    extra, blank = counting_rules.not_counted_reason(answered=True), counting_rules.not_counted_reason(answered=False)
    assert all(mark_of(given, name).reason.endswith(extra) for name in ("1.b", "1.c"))
    assert mark_of(given, "1.d").reason.endswith(blank)
