"""Marks objective questions in code, by the module of their question type."""

from core.models.assessment import Question, QuestionType, SchemeEntry
from core.models.result import ReviewReason
from grade.language.tokenizer import is_non_answer
from grade.mark_arithmetic import RuleMark, clamp
from grade.question_types.choice import mark_choice
from grade.question_types.exact import mark_exact
from grade.question_types.numeric import mark_numeric
from grade.question_types.pattern import mark_pattern
from grade.question_types.true_false import mark_true_false


def mark_objective(question: Question, entry: SchemeEntry, text: str, max_marks: float) -> RuleMark:
    """Marks one objective answer.

    The marks are between the scheme's minimum (below 0 only with negative marking) and `max_marks`; None where the
    answer, or the scheme's own entry, cannot be parsed.
    """
    if not entry.answers and not (question.type is QuestionType.NUMERIC and entry.range):
        return RuleMark(None, "The marking scheme holds no answer to this question.", 0.0, (ReviewReason.NO_SCHEME,))
    if _has_no_answer(text):
        return RuleMark(0.0, "The student says that there is no answer.", 0.97)
    decision = _decide(question, entry, text, max_marks)
    if decision.marks is None:
        return decision
    marks = clamp(decision.marks, -abs(entry.negative), max_marks)
    return RuleMark(marks, decision.reason, decision.confidence, decision.review)


def _has_no_answer(text: str) -> bool:
    """Whether the text says that there is no answer: "don't know" does; "no" and "none" may be answers."""
    return (len(text.split()) != 1 and is_non_answer(text)) or text.strip(" .").casefold() in {"idk", "n/a", "?"}


def _decide(question: Question, entry: SchemeEntry, text: str, max_marks: float) -> RuleMark:
    if question.type is QuestionType.CHOICE:
        return mark_choice(question, entry, text, max_marks)
    if question.type is QuestionType.TRUE_FALSE:
        return mark_true_false(entry, text, max_marks)
    if question.type is QuestionType.NUMERIC:
        return mark_numeric(question, entry, text, max_marks)
    if question.type is QuestionType.PATTERN:
        return mark_pattern(entry, text, max_marks)
    return mark_exact(entry, text, max_marks)
