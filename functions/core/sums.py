"""What a paper is worth: sums over what counts, held against what the paper prints."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.assessment import Question, QuestionPaper, QuestionType


def worth(question: Question) -> float:
    """The marks that can be had for a question: its own, else those of its parts that count."""
    if question.marks is not None:
        return question.marks
    return worth_of(question.parts, question.choose)


def worth_of(parts: Sequence[Question], choose: int | None) -> float:
    """The marks of all the parts, or of the best-paid ones where only some count."""
    each = sorted((worth(part) for part in parts), reverse=True)
    return round(sum(each if choose is None else each[:choose]), 2)


def shown(marks: float) -> str:
    return f"{marks:g}"


def checked(paper: QuestionPaper, warnings: Iterable[str]) -> QuestionPaper:
    """The paper with its total and one warning for every sum that does not hold."""
    said = list(warnings)
    for question in paper.questions:
        _check(question, said)
    total = worth_of(paper.questions, None)
    if paper.printed_total is not None and abs(total - paper.printed_total) > 0.01:
        said.append(
            f"The paper prints a total of {shown(paper.printed_total)} marks, but its questions add up to"
            f" {shown(total)}."
        )
    unmarked = [name for question in paper.questions for name in _unmarked(question)]
    if unmarked:
        said.append(f"No marks were found for {listed(unmarked)}.")
    twice = [name for name, count in Counter(_ids(paper.questions)).items() if count > 1]
    if twice:
        said.append(f"More than one question is called {listed(twice)}.")
    return replace(paper, total_marks=total, warnings=tuple(dict.fromkeys(said)))


def _ids(questions: Iterable[Question]) -> Iterable[str]:
    for question in questions:
        yield question.id
        yield from _ids(question.parts)


def _unmarked(question: Question) -> Iterable[str]:
    """The answerable questions for which no marks are printed, on them or on the question that they are part of."""
    if not question.parts and question.marks is None:
        yield question.id
    marked = question.type is QuestionType.GROUP and question.marks is not None
    if marked and all(leaf.marks is None for leaf in question.leaves()):
        return
    for part in question.parts:
        yield from _unmarked(part)


def _check(question: Question, said: list[str]) -> None:
    for part in question.parts:
        _check(part, said)
    if question.marks is None or not question.parts:
        return
    leaves = list(question.leaves())
    if any(leaf.marks is None for leaf in leaves):
        if question.type is QuestionType.GROUP and all(part.marks is None for part in question.parts):
            said.append(
                f"Question {question.id} prints {shown(question.marks)} marks for its {len(question.parts)} parts"
                f" together,"
                " without saying how they are shared."
            )
        return
    below = worth_of(question.parts, question.choose)
    if abs(below - question.marks) > 0.01:
        name = question.label if question.type is QuestionType.SECTION else f"Question {question.id}"
        said.append(f"{name} prints {shown(question.marks)} marks, but its parts add up to {shown(below)}.")


def listed(names: list[str]) -> str:
    listed = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return f"question {listed}" if len(names) == 1 else f"questions {listed}"
