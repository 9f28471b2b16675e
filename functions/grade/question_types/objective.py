"""Objective questions, decided in code: the door to the rooms that know one kind of answer each."""

from core.models.assessment import Question, QuestionType, SchemeEntry
from core.models.result import ReviewReason
from grade.language.tokenizer import is_non_answer
from grade.mark_arithmetic import RuleMark, clamp
from grade.question_types.choice import mark_choice, mark_true_false
from grade.question_types.exact_and_pattern import mark_exact, mark_pattern
from grade.question_types.numeric import mark_numeric


def mark_objective(question: Question, entry: SchemeEntry, text: str, max_marks: float) -> RuleMark:
    """Marks one objective answer. Between the scheme's minimum (below 0 only where it is negative) and
    `max_marks`; None where the answer, or the scheme's own entry, cannot be read."""
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
    """ "Don't know" is no answer to anything; "no" and "none" may well be one."""
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
