"""Definition of matching questions: the items of one list (A to D) are matched with those of another (1 to 4)."""

import re
from collections.abc import Sequence
from dataclasses import replace

from core.models.assessment import Question, SchemeEntry
from core.models.question_types.definition import AnswerShape, PrintedQuestion, QuestionTypeDefinition

_LABEL = r"[(\[]?(?:[A-Za-z]{1,4}|\d{1,2})[)\].]?"
_PAIR = rf"{_LABEL}\s*(?:-{{1,2}}>|[-–—=→:])\s*{_LABEL}"
_PAIRS = rf"^\s*{_PAIR}(?:\s*[,;\s]\s*{_PAIR})*\s*$"
# An instruction, not "does the data match the prediction?": it opens a sentence or follows another instruction.
_WORDING = re.compile(
    r"(?:(?:^|[.:;!?,)])[^\S\n]{0,4}(?:please\s+|then\s+)?match(?:\s+up)?\s+(?:the|these|those|all|terms?|words?)\b"
    r"|(?:(?:^|[.:;!?,)])[^\S\n]{0,4}(?:please\s+|then\s+)?|\b(?:and|then)\s+)match(?:\s+up)?\s+"
    r"(?:the\s+following|each|every|(?:the\s+)?(?:items?|columns?|lists?)"
    r"|[(]?(?:[A-Za-z]|\d{1,2}|[ivx]+)[)]?\s*(?:to|[-–])\s*[(]?(?:[A-Za-z]|\d{1,2}|[ivx]+)[)]?\s+(?:with|to))\b)",
    re.IGNORECASE | re.MULTILINE,
)
_REASON_WORDING = re.compile(r"\b(?:explain|justify|why|reasons?)\b", re.IGNORECASE)


def parse_pairs(text: str) -> list[tuple[str, str]]:
    """The pairs that a scheme's text lists ("A-3, B → 1"), in its own spelling; empty if it holds anything else."""
    if not re.match(_PAIRS, text):
        return []
    labels = re.findall(r"[A-Za-z]+|\d+", text)
    return list(zip(labels[::2], labels[1::2], strict=True))


def list_pairs(entry: SchemeEntry) -> dict[str, str]:
    """The right partner of each item, from a scheme entry; labels in upper case."""
    return {item.upper(): partner.upper() for text in entry.answers for item, partner in parse_pairs(text)}


def _normalize(text: str) -> str:
    return ", ".join(f"{item}-{partner}" for item, partner in parse_pairs(text))


def _find_problem(text: str) -> str | None:
    return None if parse_pairs(text) else "must be pairs such as A-3, or a mapping such as {A: 3, B: 1}."


def _find_contradiction(texts: Sequence[str]) -> str | None:
    items = [item.upper() for text in texts for item, _ in parse_pairs(text)]
    repeated = next((item for item in items if items.count(item) > 1), None)
    return f"gives {repeated} more than one partner." if repeated else None


def _accepts(texts: Sequence[str], _question: Question) -> bool:
    return all(parse_pairs(text) for text in texts)


def _fit_entry(entry: SchemeEntry, _question: Question) -> SchemeEntry:
    given = entry.answers or ((entry.model_answer,) if entry.model_answer else ())
    return replace(entry, answers=tuple(normal for text in given if (normal := _normalize(text))))


def _guess_score(printed: PrintedQuestion) -> float:
    # "Match list I with list II" above four options is a choice of codes.
    is_matching = _WORDING.search(printed.text) and not _REASON_WORDING.search(printed.text)
    return 1.8 if is_matching and not printed.options else 0.0


DEFINITION = QuestionTypeDefinition(
    title="matching",
    marked_by='the pairs, in any order: "A-3, B-1", "A → 3", "3-A", or a table of two rows; each pair of a `partial` '
    "question earns its share, otherwise all of them have to be right",
    shape=AnswerShape.ITEMS,
    answer_pattern=re.compile(rf"\s*{_PAIR}(?!\w)"),
    fields=("answer", "partial"),
    example='{question: "9", type: matching, marks: 4, answer: {A: 3, B: 1, C: 4, D: 2}, partial: true}',
    answer='pairs such as "A-3", or a mapping of the items to their partners',
    answer_title="right pairs (A-3; B-1)",
    answer_schema={"type": "string", "pattern": _PAIRS},
    takes_mapping=True,
    answer_problem=_find_problem,
    answers_problem=_find_contradiction,
    normalize_answer=_normalize,
    accepts_answers=_accepts,
    fit_entry=_fit_entry,
    guess_score=_guess_score,
)
