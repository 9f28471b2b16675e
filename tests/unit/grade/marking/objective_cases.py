"""Builders of questions and scheme entries for the tests of objective marking."""

from typing import Any

from core.models.assessment import Option, Question, QuestionType, SchemeEntry
from grade.mark_arithmetic import RuleMark
from grade.markers.key_points.marker import KeyPointMarker
from grade.marking import mark_sheet
from grade.question_types.objective import mark_objective
from tests.unit.grade.marking.builders import answer as build_answer
from tests.unit.grade.marking.builders import paper, scheme, sheet

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


def assert_outcome(
    kind: QuestionType, right: list[str], written: str, expected: float | str, entry: dict[str, Any]
) -> None:
    """Mark an answer and compare the mark with the expected outcome."""
    option_texts = entry.get("options") or (
        [(label, f"thing {label}") for label in "ABCD"] if kind is QuestionType.CHOICE else []
    )
    question = Question("1", "1", kind, "Which?", 2, tuple(Option(label, text) for label, text in option_texts))
    rest = {name: value for name, value in entry.items() if name != "options"}
    found = mark_sheet(
        paper(question),
        scheme(SchemeEntry("1", kind, 2, answers=tuple(right), **rest)),
        sheet(build_answer("1", written)),
        free_text_marker=KeyPointMarker(),
    ).questions[0]
    match expected:
        case "a person":
            assert found.review, found.reason
        case "nothing, and a person":
            assert found.review and not found.marks, found.reason
        case "at most half":
            assert (found.marks or 0) <= 1, found.reason
        case _:
            assert found.marks == expected, found.reason
