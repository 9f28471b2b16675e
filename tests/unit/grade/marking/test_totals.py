"""Which questions count: for "answer any two" the best two, in any order."""

from core.models.assessment import Question, QuestionPaper, QuestionType
from core.models.counting_rules import QuestionAttempt, maximum_marks, select_counted_questions


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
