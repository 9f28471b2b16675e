"""Marks that are printed for several questions together, and what each of them gets."""

from collections.abc import Sequence
from dataclasses import replace

from core.assessment import Question, QuestionType
from core.sums import shown, worth, worth_of
from grade.paper.marks_printed import PrintedMarks


def share_of(marks: PrintedMarks, count: int) -> float | None:
    """What each of `count` gets by "(5 x 2 = 10)". Papers print the factors in either order."""
    if marks.each is None or marks.count is None:
        return None
    return marks.count if marks.each == count and marks.count != count else marks.each


def with_shares(parts: list[Question], whole: Sequence[PrintedMarks], choose: int | None) -> list[Question]:
    """Parts that print no marks of their own, with the shares that "[2+3]" or "(3 x 2 = 6)" give them."""
    if any(part.marks is not None for part in parts):
        return parts
    for marks in whole:
        if len(marks.shares) == len(parts):
            return [replace(part, marks=share) for part, share in zip(parts, marks.shares, strict=True)]
        share = share_of(marks, choose or len(parts))
        if share is not None:
            return [replace(part, marks=share) for part in parts]
    return parts


def implied(parts: list[Question], marks: float, choose: int | None) -> list[Question]:
    """Parts that print no marks share their question's evenly where that is what must be meant: 5 marks for
    5 true/false lines, 5 marks for "any one of"."""
    if any(part.marks is not None or part.parts for part in parts):
        return parts
    if choose is None and any(part.type is QuestionType.TEXT for part in parts) and marks != len(parts):
        return parts
    return _evenly(parts, marks, choose or len(parts)) or parts


def shared_among(
    parts: tuple[Question, ...], printed: float | None, choose: int | None, label: str, warnings: list[str]
) -> tuple[Question, ...]:
    """A section's total shared evenly where none of its questions prints marks."""
    if printed is None or not parts or any(worth(part) > 0 or part.parts for part in parts):
        return parts
    shared = _evenly(parts, printed, choose or len(parts))
    if shared is None:
        return parts
    warnings.append(
        f"{label} prints only its total; each of its questions was taken to be worth {shown(shared[0].marks or 0.0)}."
    )
    return tuple(shared)


def shared_equally(questions: tuple[Question, ...], total: float, warnings: list[str]) -> tuple[Question, ...]:
    """The paper's total over the questions that count, where "all questions carry equal marks" and none prints any."""
    count = _counted(questions, None)
    if not count or any(worth(question) > 0 for question in questions) or total / count * 4 != int(total / count * 4):
        return questions
    share = total / count
    warnings.append(f"All questions carry equal marks; each was taken to be worth {shown(share)}.")
    return _each(questions, share)


def _counted(questions: Sequence[Question], choose: int | None) -> int:
    """How many questions count, those in sections and under a choice with them."""
    if choose is not None:
        return choose
    return sum(_counted(q.parts, q.choose) if q.type is QuestionType.SECTION else 1 for q in questions)


def _each(questions: tuple[Question, ...], share: float) -> tuple[Question, ...]:
    done = []
    for question in questions:
        if question.type is not QuestionType.SECTION:
            done.append(replace(question, marks=share))
            continue
        parts = _each(question.parts, share)
        done.append(replace(question, parts=parts, marks=worth_of(parts, question.choose)))
    return tuple(done)


def _evenly(parts: Sequence[Question], marks: float, count: int) -> list[Question] | None:
    """The parts with equal shares, None where those would not be whole quarters of a mark."""
    share = marks / count
    return [replace(part, marks=share) for part in parts] if share * 4 == int(share * 4) else None


def taken_from_last(parts: list[Question]) -> tuple[list[Question], float | None]:
    """Marks that only the last of several parts prints stand for all of them: the parts without, and those."""
    if len(parts) < 2 or parts[-1].marks is None or any(p.marks is not None or p.parts for p in parts[:-1]):
        return parts, None
    return [*parts[:-1], replace(parts[-1], marks=None)], parts[-1].marks
