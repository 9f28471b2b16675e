"""Marks objective questions in code: `grade.question_types` has a module with the marking of each type."""

from functools import cache
from importlib import import_module
from typing import Protocol

from core.models.assessment import Question, QuestionType, SchemeEntry
from core.models.question_types.definition import get_definition
from core.models.result import ReviewReason
from grade.language.tokenizer import is_non_answer
from grade.mark_arithmetic import RuleMark, clamp


class MarkAnswer(Protocol):
    """The function `mark` of a question type's module: marks one answer that is not empty, by the scheme's entry."""

    def __call__(self, question: Question, entry: SchemeEntry, text: str, max_marks: float, /) -> RuleMark: ...


def mark_objective(question: Question, entry: SchemeEntry, text: str, max_marks: float) -> RuleMark:
    """Marks one objective answer.

    The marks are between the scheme's minimum (below 0 only with negative marking) and `max_marks`; None where the
    answer, or the scheme's own entry, cannot be parsed.
    """
    if not get_definition(question.type).has_answer(entry):
        return RuleMark(None, "The marking scheme holds no answer to this question.", 0.0, (ReviewReason.NO_SCHEME,))
    if _has_no_answer(text):
        return RuleMark(0.0, "The student says that there is no answer.", 0.97)
    decision = _marking_of(question.type)(question, entry, text, max_marks)
    if decision.marks is None:
        return decision
    marks = clamp(decision.marks, -abs(entry.negative), max_marks)
    return RuleMark(marks, decision.reason, decision.confidence, decision.review)


@cache
def _marking_of(question_type: QuestionType) -> MarkAnswer:
    """The marking of a type. Imported when the first such question is marked: one needs `pint`, another `rapidfuzz`."""
    marking: MarkAnswer = import_module(f"grade.question_types.{question_type.value}").mark
    return marking


def _has_no_answer(text: str) -> bool:
    """Whether the text says that there is no answer: "don't know" does; "no" and "none" may be answers."""
    return (len(text.split()) != 1 and is_non_answer(text)) or text.strip(" .").casefold() in {"idk", "n/a", "?"}
