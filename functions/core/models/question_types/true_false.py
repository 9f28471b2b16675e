"""Definition of true/false questions: whether a printed statement is right."""

import re
from collections.abc import Sequence
from dataclasses import replace

from core.models.assessment import Question, SchemeEntry
from core.models.question_types.definition import AnswerShape, PrintedQuestion, QuestionTypeDefinition

_TRUE_WORDS = ("true", "t", "yes", "right", "correct")
_FALSE_WORDS = ("false", "f", "no", "wrong", "incorrect")
_TRUTH = re.compile(r"^\W*(true|false|t|f)\b\W*", re.IGNORECASE)
_TRUTH_OPTION = re.compile(r"^(?:true|false|t|f)\W*$", re.IGNORECASE)
_WORDING = re.compile(
    r"\btrue\s*(?:/|or|and|,|\\|\|)\s*false\b|\bT\s*/\s*F\b"
    r"|\((?:T|True) or (?:F|False)\)|\bright or wrong\b|true\s{1,}false\W*$",
    re.IGNORECASE,
)
_REASON_WORDING = re.compile(r"\b(?:explain|justify|justification|reasons?|why|correct the false)\b", re.IGNORECASE)
# An answer that is a label or a truth value alone.
LABEL_OR_TRUTH = re.compile(r"\s*[(\[]?(?:[A-Ha-h]|true|false|[TF])[)\].]?\s*(?:$|\s{3}|[,;])", re.IGNORECASE)


def is_true_false(text: str) -> bool:
    """Whether the question asks for true or false only, without a reason."""
    return bool(_WORDING.search(text)) and not _REASON_WORDING.search(text)


def has_truth_options(printed: PrintedQuestion) -> bool:
    """Whether the printed options are the two truth values."""
    return len(printed.options) == 2 and all(_TRUTH_OPTION.match(option.text) for option in printed.options)


def parse_truth(text: str) -> str | None:
    """ "true" or "false" if a key's text begins with it, else None."""
    found = _TRUTH.match(text)
    return None if found is None else "true" if found[1].lower().startswith("t") else "false"


def _find_problem(text: str) -> str | None:
    return None if text.lower() in (*_TRUE_WORDS, *_FALSE_WORDS) else "must be true or false."


def _normalize(text: str) -> str:
    return "true" if text.lower() in _TRUE_WORDS else "false"


def _accepts(texts: Sequence[str], _question: Question) -> bool:
    return all(parse_truth(text) for text in texts)


def _fit_entry(entry: SchemeEntry, _question: Question) -> SchemeEntry:
    given = entry.answers or ((entry.model_answer,) if entry.model_answer else ())
    return replace(entry, answers=tuple(dict.fromkeys(parse_truth(text) or "false" for text in given)))


def _guess_score(printed: PrintedQuestion) -> float:
    if printed.options:
        return 2.0 if has_truth_options(printed) else 0.0
    announced = printed.true_false or is_true_false(printed.text)
    return 1.5 if announced and not _REASON_WORDING.search(printed.text) else 0.0


def _any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter}]" for letter in word)


DEFINITION = QuestionTypeDefinition(
    title="true or false",
    marked_by="T, F, yes, no, correct, wrong, a tick, a cross, or a sentence",
    shape=AnswerShape.LABEL,
    answer_pattern=LABEL_OR_TRUTH,
    is_one_line=True,
    fields=("answer", "negative"),
    example='{question: "3(a)", type: true_false, marks: 1, answer: "false", negative: 0.25}',
    answer="true or false",
    answer_schema={
        "anyOf": [
            {"type": "boolean"},
            {
                "type": "string",
                "pattern": rf"^\s*({'|'.join(_any_case(word) for word in (*_TRUE_WORDS, *_FALSE_WORDS))})\s*$",
            },
        ]
    },
    max_answers=1,
    answer_problem=_find_problem,
    normalize_answer=_normalize,
    accepts_answers=_accepts,
    fit_entry=_fit_entry,
    guess_score=_guess_score,
)
