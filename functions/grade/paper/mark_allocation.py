"""Optional questions, and marks printed for several questions together.

Optional: "answer any two", "OR", "question 1 and any three of the others". Together: a section's or a paper's total,
"[2+3]", "(3 x 2 = 6)".
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from core.models.assessment import Question, QuestionType
from core.models.paper_totals import available_marks, format_marks, sum_available_marks
from grade.paper.instructions import Instructions
from grade.paper.printed_marks import PrintedMarks


def resolve_choose(instructions: Instructions, parts: int, where: str, warnings: list[str]) -> int | None:
    """Return how many of `parts` parts count; None for all."""
    if instructions.choose is None or parts < 2 or instructions.choose == parts:
        return None
    if instructions.choose > parts:
        warnings.append(f"{where} asks for {instructions.choose} answers, but only {parts} questions were found there.")
        return None
    return instructions.choose


def group_optional_questions(
    questions: tuple[Question, ...], instructions: Instructions, text: str, warnings: list[str]
) -> tuple[Question, ...]:
    """Gather the questions that candidates choose from under a node that says how many count."""
    if instructions.excluded:
        named = [q.id for q in questions if q.label.isdigit() and int(q.label) in instructions.excluded]
        if named:
            warnings.append(f"The paper tells candidates not to answer question {', '.join(named)}.")
    if instructions.choose is None or len(questions) < 2:
        return questions
    first, last = instructions.span or _optional_range(questions, text)
    optional = [q for q in questions if q.label.isdigit() and first <= int(q.label) <= last]
    if not optional or len(optional) <= instructions.choose:
        return questions
    position = questions.index(optional[0])
    others = [q for q in questions if q not in optional]
    return (*others[:position], build_choice_group(optional, instructions.choose), *others[position:])


def _optional_range(questions: tuple[Question, ...], text: str) -> tuple[int, int]:
    numbers = [int(q.label) for q in questions if q.label.isdigit()]
    first, last = min(numbers, default=0), max(numbers, default=0)
    found = re.search(
        r"\bq(?:uestion)?\.?\s*(?:no\.?\s*)?(\d{1,2}|one)\s+(?:is|which is|\(?compulsory)", text, re.IGNORECASE
    )
    also = re.search(r"\banswer\s+q(?:uestion)?\.?\s*(?:no\.?\s*)?(1|one)\s+and\b", text, re.IGNORECASE)
    named = found or also
    if named and (1 if named[1].lower() == "one" else int(named[1])) == first:
        return first + 1, last
    return first, last


def group_or_questions(questions: Sequence[Question], followed_by_or: Sequence[bool]) -> tuple[Question, ...]:
    """Gather the questions separated by "OR". `followed_by_or`: whether "OR" follows each question."""
    groups: list[list[Question]] = []
    has_or_before = False
    for question, has_or_after in zip(questions, followed_by_or, strict=True):
        if has_or_before:
            groups[-1].append(question)
        else:
            groups.append([question])
        has_or_before = has_or_after
    return tuple(group[0] if len(group) == 1 else build_choice_group(group, 1) for group in groups)


def build_choice_group(questions: Sequence[Question], choose: int) -> Question:
    """Build the node that says how many of these questions count. Their ids do not change."""
    first, last = questions[0], questions[-1]
    to = "or" if len(questions) == 2 else "to"
    return Question(
        id=f"{first.id}-{last.label}",
        label=f"Questions {first.label} {to} {last.label}",
        type=QuestionType.SECTION,
        text=f"Any {choose} of questions {first.label} {to} {last.label}",
        marks=sum_available_marks(questions, choose)
        if all(available_marks(question) for question in questions)
        else None,
        choose=choose,
        parts=tuple(questions),
        page=first.page,
    )


def is_choice_group(question: Question) -> bool:
    """Whether the node was made by `build_choice_group`; the paper does not print it."""
    return question.type is QuestionType.SECTION and bool(question.choose) and "-" in question.id.rsplit(".", 1)[-1]


def marks_per_question(marks: PrintedMarks, count: int) -> float | None:
    """Return the share of each of `count` questions in "(5 x 2 = 10)". Papers print the factors in either order."""
    if marks.each is None or marks.count is None:
        return None
    return marks.count if marks.each == count and marks.count != count else marks.each


def assign_printed_shares(
    parts: list[Question], group_marks: Sequence[PrintedMarks], choose: int | None
) -> list[Question]:
    """Give parts without printed marks the shares of "[2+3]" or "(3 x 2 = 6)"."""
    if any(part.marks is not None for part in parts):
        return parts
    for marks in group_marks:
        if len(marks.shares) == len(parts):
            return [replace(part, marks=share) for part, share in zip(parts, marks.shares, strict=True)]
        share = marks_per_question(marks, choose or len(parts))
        if share is not None:
            return [replace(part, marks=share) for part in parts]
    return parts


def split_group_marks(parts: list[Question], marks: float, choose: int | None) -> list[Question]:
    """Split a question's marks evenly among parts without printed marks, where nothing else can be meant.

    Examples: 5 marks for 5 true/false lines, 5 marks for "any one of".
    """
    if any(part.marks is not None or part.parts for part in parts):
        return parts
    if choose is None and any(part.type is QuestionType.TEXT for part in parts) and marks != len(parts):
        return parts
    return _split_evenly(parts, marks, choose or len(parts)) or parts


def split_section_total(
    parts: tuple[Question, ...], printed: float | None, choose: int | None, label: str, warnings: list[str]
) -> tuple[Question, ...]:
    """Split a section's total evenly if none of its questions prints marks."""
    if printed is None or not parts or any(available_marks(part) > 0 or part.parts for part in parts):
        return parts
    shared = _split_evenly(parts, printed, choose or len(parts))
    if shared is None:
        return parts
    warnings.append(
        f"{label} prints only its total; each of its questions was taken to be worth "
        f"{format_marks(shared[0].marks or 0.0)}."
    )
    return tuple(shared)


def split_paper_total(questions: tuple[Question, ...], total: float, warnings: list[str]) -> tuple[Question, ...]:
    """Split the paper's total over the questions that count.

    Applies where "all questions carry equal marks" and none prints any.
    """
    count = _count_answerable(questions, None)
    if (
        not count
        or any(available_marks(question) > 0 for question in questions)
        or total / count * 4 != int(total / count * 4)
    ):
        return questions
    share = total / count
    warnings.append(f"All questions carry equal marks; each was taken to be worth {format_marks(share)}.")
    return _assign_to_each(questions, share)


def _count_answerable(questions: Sequence[Question], choose: int | None) -> int:
    """Count the questions that count, including those in sections and under a choice."""
    if choose is not None:
        return choose
    return sum(_count_answerable(q.parts, q.choose) if q.type is QuestionType.SECTION else 1 for q in questions)


def _assign_to_each(questions: tuple[Question, ...], share: float) -> tuple[Question, ...]:
    assigned = []
    for question in questions:
        if question.type is not QuestionType.SECTION:
            assigned.append(replace(question, marks=share))
            continue
        parts = _assign_to_each(question.parts, share)
        assigned.append(replace(question, parts=parts, marks=sum_available_marks(parts, question.choose)))
    return tuple(assigned)


def _split_evenly(parts: Sequence[Question], marks: float, count: int) -> list[Question] | None:
    """Give each part an equal share; None where shares would not be multiples of a quarter mark."""
    share = marks / count
    return [replace(part, marks=share) for part in parts] if share * 4 == int(share * 4) else None


def move_marks_from_last_part(parts: list[Question]) -> tuple[list[Question], float | None]:
    """Treat marks printed only at the last of several parts as marks for all of them.

    Returns the parts without marks, and the marks.
    """
    if len(parts) < 2 or parts[-1].marks is None or any(p.marks is not None or p.parts for p in parts[:-1]):
        return parts, None
    return [*parts[:-1], replace(parts[-1], marks=None)], parts[-1].marks
