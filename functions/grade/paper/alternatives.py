"""Questions of which only some count: "answer any two", "OR", "question 1 and any three of the others"."""

import re
from collections.abc import Sequence

from core.assessment import Question, QuestionType
from core.sums import worth, worth_of
from grade.paper.rubric import Rubric


def how_many(rubric: Rubric, parts: int, where: str, warnings: list[str]) -> int | None:
    """How many of so many parts count, None for all."""
    if rubric.choose is None or parts < 2 or rubric.choose == parts:
        return None
    if rubric.choose > parts:
        warnings.append(f"{where} asks for {rubric.choose} answers, but only {parts} questions were found there.")
        return None
    return rubric.choose


def chosen(questions: tuple[Question, ...], rubric: Rubric, text: str, warnings: list[str]) -> tuple[Question, ...]:
    """The questions, with those that one may choose from gathered under a node that says how many count."""
    if rubric.excluded:
        named = [q.id for q in questions if q.label.isdigit() and int(q.label) in rubric.excluded]
        if named:
            warnings.append(f"The paper tells candidates not to answer question {', '.join(named)}.")
    if rubric.choose is None or len(questions) < 2:
        return questions
    first, last = rubric.span or _without_compulsory(questions, text)
    among = [q for q in questions if q.label.isdigit() and first <= int(q.label) <= last]
    if not among or len(among) <= rubric.choose:
        return questions
    at = questions.index(among[0])
    others = [q for q in questions if q not in among]
    return (*others[:at], any_of(among, rubric.choose), *others[at:])


def _without_compulsory(questions: tuple[Question, ...], text: str) -> tuple[int, int]:
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


def either(questions: Sequence[Question], linked: Sequence[bool]) -> tuple[Question, ...]:
    """The questions, with those that have "OR" between them gathered. `linked`: whether it follows each."""
    gathered: list[list[Question]] = []
    joins = False
    for question, link in zip(questions, linked, strict=True):
        if joins:
            gathered[-1].append(question)
        else:
            gathered.append([question])
        joins = link
    return tuple(group[0] if len(group) == 1 else any_of(group, 1) for group in gathered)


def any_of(questions: Sequence[Question], choose: int) -> Question:
    """A node that says how many of these questions count; their ids stay as they are."""
    first, last = questions[0], questions[-1]
    to = "or" if len(questions) == 2 else "to"
    return Question(
        id=f"{first.id}-{last.label}",
        label=f"Questions {first.label} {to} {last.label}",
        type=QuestionType.SECTION,
        text=f"Any {choose} of questions {first.label} {to} {last.label}",
        marks=worth_of(questions, choose) if all(worth(question) for question in questions) else None,
        choose=choose,
        parts=tuple(questions),
        page=first.page,
    )


def gathers(question: Question) -> bool:
    """Whether the node is one of `any_of`, which the paper does not print."""
    return question.type is QuestionType.SECTION and bool(question.choose) and "-" in question.id.rsplit(".", 1)[-1]
