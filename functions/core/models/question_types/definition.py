"""The interface of question types, and the registry of all of them.

To add a type: name it in `QuestionType`, and write two modules of that name: its definition in this package (the fields
of its scheme entries, its wording on a paper, what its answers look like, its display) and its marking in
`grade/question_types`. The JSON schema of marking schemes, their documentation and the page's editor are made from the
definitions (`make schema`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from core.models.assessment import Option, Question, QuestionType, SchemeEntry

CONTAINER_TYPES = (QuestionType.SECTION, QuestionType.GROUP)
MARKED_TYPES = tuple(one for one in QuestionType if one not in CONTAINER_TYPES)
"""The types that a scheme may name: those of questions without parts."""


class AnswerShape(StrEnum):
    """What an answer looks like on a sheet: the label of an option or one of two words; a number or a few words that
    may be a bare number; several short items; sentences."""

    LABEL = "label"
    VALUE = "value"
    ITEMS = "items"
    PROSE = "prose"


class PrintedQuestion(NamedTuple):
    """A question without parts as the paper prints it. `true_false`: a heading above announces true/false."""

    text: str
    options: tuple[Option, ...] = ()
    true_false: bool = False


def _no_guess(_printed: PrintedQuestion) -> float:
    return 0.0


def _no_problem(_text: str) -> str | None:
    return None


def _no_common_problem(_texts: Sequence[str]) -> str | None:
    return None


def _unchanged(text: str) -> str:
    return text


def _fits_none(_texts: Sequence[str], _question: Question) -> bool:
    return False


def _unchanged_entry(entry: SchemeEntry, _question: Question) -> SchemeEntry:
    return entry


def _has_answers(entry: SchemeEntry) -> bool:
    return bool(entry.answers)


class QuestionTypeDefinition(NamedTuple):
    """Everything about a question type but its marking.

    title, marked_by
        Its name for a person, and in a sentence how its answers are marked.
    shape, answer_pattern, is_one_line
        What an answer looks like; an expression that the text behind a label matches if it surely is such an answer;
        whether it takes one line of a sheet.
    fields
        The fields of a scheme entry that apply to it, beside `question`, `type` and `marks`.
    implied_by
        Fields that imply the type where an entry names none.
    answer, answer_title
        What `answer` holds, for the documentation, and the name of that field in the page's editor.
    answer_schema, max_answers
        JSON schema of one answer in addition to "a text or a number"; how many answers an entry may have, if limited.
    takes_mapping
        Whether `answer` may be a mapping; its items are then read as the texts "key-value".
    answer_problem, answers_problem, normalize_answer
        What is wrong with an answer as a scheme gives it (None: nothing) or with all of them together, and the normal
        form of one.
    has_answer
        Whether an entry says what is right.
    accepts_answers, fit_entry
        Whether the answers of an entry without a type can be of this type; and the entry with its answers as the
        marking expects them (a key's "(b) osmosis" becomes "B").
    guess_score
        How much the paper's wording speaks for the type: 0 for not at all; the highest score wins.
    has_options
        Whether the paper prints options for it, which the page's editor then shows.
    example
        An entry as a YAML flow mapping, for the documentation.
    """

    title: str
    marked_by: str
    shape: AnswerShape
    fields: tuple[str, ...]
    example: str
    answer: str = ""
    answer_title: str = "correct answers"
    answer_pattern: re.Pattern[str] | None = None
    is_one_line: bool = False
    implied_by: tuple[str, ...] = ()
    answer_schema: Mapping[str, Any] | None = None
    max_answers: int | None = None
    takes_mapping: bool = False
    answer_problem: Callable[[str], str | None] = _no_problem
    answers_problem: Callable[[Sequence[str]], str | None] = _no_common_problem
    normalize_answer: Callable[[str], str] = _unchanged
    has_answer: Callable[[SchemeEntry], bool] = _has_answers
    accepts_answers: Callable[[Sequence[str], Question], bool] = _fits_none
    fit_entry: Callable[[SchemeEntry, Question], SchemeEntry] = _unchanged_entry
    guess_score: Callable[[PrintedQuestion], float] = _no_guess
    has_options: bool = False


@cache
def get_definition(question_type: QuestionType) -> QuestionTypeDefinition:
    """The definition of a type that is marked; each is imported when it is first asked for.

    Raises
    ------
    KeyError
        The type has parts instead of an answer.
    """
    if question_type in CONTAINER_TYPES:
        raise KeyError(f"{question_type} has no answer.")
    definition = import_module(f"core.models.question_types.{question_type.value}").DEFINITION
    if not isinstance(definition, QuestionTypeDefinition):
        raise TypeError(f"DEFINITION of {question_type} is not a QuestionTypeDefinition.")
    return definition


def get_shape(question_type: QuestionType) -> AnswerShape | None:
    """What the answers of a type look like; None for a type that has parts instead of an answer."""
    return None if question_type in CONTAINER_TYPES else get_definition(question_type).shape


def is_objective(question_type: QuestionType) -> bool:
    """Whether a type is marked in code: every type but those with parts, and free text."""
    return get_shape(question_type) not in (None, AnswerShape.PROSE)
