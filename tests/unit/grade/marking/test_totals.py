"""Which questions count: "answer any two" takes the best two, whatever order they stand in."""

from core.assessment import Question, QuestionPaper, QuestionType
from core.totals import Attempt, counted_questions, maximum


def _paper(choose: int | None) -> QuestionPaper:
    parts = tuple(Question(f"5.{label}", f"({label})", QuestionType.TEXT, "Explain.", 4) for label in "abc")
    group = Question("5", "5", QuestionType.GROUP, "Answer any two.", None, choose=choose, parts=parts)
    return QuestionPaper(8, (Question("1", "1", QuestionType.TEXT, "Say.", 2), group))


def test_the_best_two_count() -> None:
    attempts = {"1": Attempt(1, 2), "5.a": Attempt(1, 4), "5.b": Attempt(4, 4), "5.c": Attempt(3, 4)}
    assert counted_questions(_paper(2), attempts) == {"1", "5.b", "5.c"}
    assert maximum(_paper(2), attempts) == 10


def test_without_a_choice_all_count() -> None:
    attempts = {"1": Attempt(1, 2), "5.a": Attempt(1, 4), "5.b": Attempt(4, 4), "5.c": Attempt(3, 4)}
    assert counted_questions(_paper(None), attempts) == {"1", "5.a", "5.b", "5.c"}
    assert maximum(_paper(None), attempts) == 14


def test_an_attempt_whose_marks_are_open_stands_before_one_left_out() -> None:
    attempts = {"5.a": Attempt(0, 4, answered=False), "5.b": Attempt(None, 4), "5.c": Attempt(2, 4)}
    assert counted_questions(_paper(2), attempts) == {"5.b", "5.c"}
