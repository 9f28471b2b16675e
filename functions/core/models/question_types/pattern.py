"""Definition of pattern answers: a text of a given form, as regular expressions."""

import re

from core.models.question_types.definition import AnswerShape, QuestionTypeDefinition


def _find_problem(text: str) -> str | None:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        return f"is not a regular expression ({error})."
    return None


DEFINITION = QuestionTypeDefinition(
    title="pattern",
    marked_by="a regular expression that matches the whole answer, without case",
    shape=AnswerShape.VALUE,
    is_one_line=True,
    fields=("answer",),
    example="""{question: "7", type: pattern, marks: 1, answer: '[A-Z]{2}\\d{3}'}""",
    answer="regular expressions",
    answer_problem=_find_problem,
)
