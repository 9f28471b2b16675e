"""Definition of choice questions: the label of one of the printed options, or of several."""

import re
from collections.abc import Sequence
from dataclasses import replace

from core.models.assessment import Question, SchemeEntry
from core.models.question_types.definition import AnswerShape, PrintedQuestion, QuestionTypeDefinition
from core.models.question_types.true_false import LABEL_OR_TRUTH, has_truth_options

_LABEL = re.compile(r"^\W*(?:option\s+)?([A-Ha-h])(?:\W*$|[).:\]\-–]\s*\S)")
_MAX_LABEL_LENGTH = 8


def parse_choice(text: str, question: Question) -> str | None:
    """The label of the option that a key's text names by letter or by words, or None."""
    if found := _LABEL.match(text):
        return found[1].upper()
    words = " ".join(re.findall(r"\w+", text.lower()))
    named = [option.label for option in question.options if " ".join(re.findall(r"\w+", option.text.lower())) == words]
    return named[0].upper() if len(named) == 1 and words else None


def _find_problem(text: str) -> str | None:
    return "must be the label of an option (B), not its text." if len(text) > _MAX_LABEL_LENGTH else None


def _accepts(texts: Sequence[str], question: Question) -> bool:
    return all(parse_choice(text, question) for text in texts)


def _fit_entry(entry: SchemeEntry, question: Question) -> SchemeEntry:
    if entry.answers:
        return replace(entry, answers=tuple(label.upper() if len(label) == 1 else label for label in entry.answers))
    label = parse_choice(entry.model_answer, question) if entry.model_answer else None
    return replace(entry, answers=(label,) if label else ())


def _guess_score(printed: PrintedQuestion) -> float:
    return 2.0 if printed.options and not has_truth_options(printed) else 0.0


DEFINITION = QuestionTypeDefinition(
    title="choice",
    marked_by="the letter, the option's words, or both",
    shape=AnswerShape.LABEL,
    answer_pattern=LABEL_OR_TRUTH,
    is_one_line=True,
    fields=("answer", "partial", "negative"),
    example='{question: "2", type: choice, marks: 2, answer: [A, C], partial: true}',
    answer="labels of options (several: all of them are right)",
    answer_title="correct options",
    answer_schema={"type": ["string", "number", "boolean"], "maxLength": _MAX_LABEL_LENGTH},
    answer_problem=_find_problem,
    accepts_answers=_accepts,
    fit_entry=_fit_entry,
    guess_score=_guess_score,
    has_options=True,
)
