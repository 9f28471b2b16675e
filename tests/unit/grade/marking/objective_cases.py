"""Builders of questions and scheme entries for the tests of objective marking."""

from typing import Any

from core.models.assessment import Option, Question, QuestionType, SchemeEntry
from grade.mark_arithmetic import RuleMark
from grade.question_types.objective import mark_objective

OPTIONS = (
    Option("A", "Mitosis"),
    Option("B", "Meiosis"),
    Option("C", "Mitosis and meiosis"),
    Option("D", "None of these"),
)


def mark(
    kind: QuestionType,
    answer: str,
    *,
    marks: float = 2.0,
    text: str = "",
    options: tuple[Option, ...] = (),
    **entry: Any,
) -> RuleMark:
    question = Question("1", "1", kind, text, marks, options)
    return mark_objective(question, SchemeEntry("1", kind, marks, **entry), answer, marks)


def choice(answer: str, *right: str, options: tuple[Option, ...] = OPTIONS, **entry: Any) -> RuleMark:
    return mark(QuestionType.CHOICE, answer, options=options, answers=right or ("B",), **entry)


def numeric(answer: str, *right: str, **entry: Any) -> RuleMark:
    return mark(QuestionType.NUMERIC, answer, answers=right, **entry)
