"""Totals of a paper: sums over the questions that count, compared with the totals that the paper prints."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.models.assessment import Question, QuestionPaper, QuestionType


def available_marks(question: Question) -> float:
    """Return the marks available for a question: its own, else the sum of its parts that count."""
    if question.marks is not None:
        return question.marks
    return sum_available_marks(question.parts, question.choose)


def sum_available_marks(parts: Sequence[Question], choose: int | None) -> float:
    """Return the sum of the parts' marks; where only `choose` of them count, of those with the most marks."""
    part_marks = sorted((available_marks(part) for part in parts), reverse=True)
    return round(sum(part_marks if choose is None else part_marks[:choose]), 2)


def format_marks(marks: float) -> str:
    return f"{marks:g}"


def check_paper_totals(paper: QuestionPaper, warnings: Iterable[str]) -> QuestionPaper:
    """Return the paper with its total and one more warning for each sum that differs from the printed one."""
    messages = list(warnings)
    for question in paper.questions:
        _check_question(question, messages)
    total = sum_available_marks(paper.questions, None)
    if paper.printed_total is not None and abs(total - paper.printed_total) > 0.01:
        messages.append(
            f"The paper prints a total of {format_marks(paper.printed_total)} marks, but its questions add up to"
            f" {format_marks(total)}."
        )
    unmarked = [name for question in paper.questions for name in _iter_unmarked(question)]
    if unmarked:
        messages.append(f"No marks were found for {format_question_names(unmarked)}.")
    duplicates = [name for name, count in Counter(_iter_ids(paper.questions)).items() if count > 1]
    if duplicates:
        messages.append(f"More than one question is called {format_question_names(duplicates)}.")
    return replace(paper, total_marks=total, warnings=tuple(dict.fromkeys(messages)))


def _iter_ids(questions: Iterable[Question]) -> Iterable[str]:
    for question in questions:
        yield question.id
        yield from _iter_ids(question.parts)


def _iter_unmarked(question: Question) -> Iterable[str]:
    """Yield the ids of answerable questions without printed marks, on them or on the question they are part of."""
    if not question.parts and question.marks is None:
        yield question.id
    marked = question.type is QuestionType.GROUP and question.marks is not None
    if marked and all(leaf.marks is None for leaf in question.leaves()):
        return
    for part in question.parts:
        yield from _iter_unmarked(part)


def _check_question(question: Question, messages: list[str]) -> None:
    for part in question.parts:
        _check_question(part, messages)
    if question.marks is None or not question.parts:
        return
    leaves = list(question.leaves())
    if any(leaf.marks is None for leaf in leaves):
        if question.type is QuestionType.GROUP and all(part.marks is None for part in question.parts):
            messages.append(
                f"Question {question.id} prints {format_marks(question.marks)} marks for its"
                f" {len(question.parts)} parts together, without saying how they are shared."
            )
        return
    parts_total = sum_available_marks(question.parts, question.choose)
    if abs(parts_total - question.marks) > 0.01:
        name = question.label if question.type is QuestionType.SECTION else f"Question {question.id}"
        messages.append(
            f"{name} prints {format_marks(question.marks)} marks, but its parts add up to {format_marks(parts_total)}."
        )


def format_question_names(names: list[str]) -> str:
    """Return the names as "question 1" or "questions 1, 2"; beyond twelve names only their number is given."""
    joined = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return f"question {joined}" if len(names) == 1 else f"questions {joined}"
