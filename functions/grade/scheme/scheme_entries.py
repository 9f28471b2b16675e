"""Determines the type of a scheme's entries, adapts their fields to it, and applies schemes to a paper.

A key's "(b)" becomes a choice, its "12.5 m/s" a number with a unit.
"""

import re
from dataclasses import replace

from core.models.assessment import MarkingScheme, Question, QuestionPaper, QuestionType, SchemeEntry
from core.models.merged_paper import map_questions, merge_schemes

_NUMBER = re.compile(
    r"^\W*(?:[A-Za-z]\w{0,3}\s*=\s*)?(?P<number>[-−+]?\d[\d,]*(?:\.\d+)?(?:\s*[x×*]\s*10\s*\^?\s*[-−]?\d+"
    r"|[eE][-+]?\d+)?)"
    r"\s*(?P<unit>[^\d\s(;,.][^\d(;,]{0,15}(?:\^?-?\d)?)?\s*(?:\(.*\))?\s*\.?$"
)
_CHOICE = re.compile(r"^\W*(?:option\s+)?([A-Ha-h])(?:\W*$|[).:\]\-–]\s*\S)")
_TRUTH = re.compile(r"^\W*(true|false|t|f)\b\W*", re.IGNORECASE)


def resolve_entry_type(entry: SchemeEntry, question: Question) -> SchemeEntry:
    """Set the entry's type: its own, else the one its fields imply, else the question's if the entry fits."""
    kind = entry.type or _infer_type(entry, question)
    entry = replace(entry, type=kind, marks=question.marks if entry.marks is None else entry.marks)
    given_answers = entry.answers or ((entry.model_answer,) if entry.model_answer else ())
    if kind is QuestionType.TRUE_FALSE:
        return replace(entry, answers=tuple(dict.fromkeys(map(_normalize_truth, given_answers))))
    if kind is QuestionType.CHOICE and entry.answers:
        return replace(entry, answers=tuple(label.upper() if len(label) == 1 else label for label in entry.answers))
    if kind is QuestionType.CHOICE:
        return replace(entry, answers=tuple(label for text in given_answers if (label := parse_choice(text, question))))
    if kind is QuestionType.NUMERIC and not entry.answers and (number := parse_quantity(entry.model_answer)):
        return replace(entry, answers=(number[0],), unit=entry.unit or number[1])
    return entry


def _infer_type(entry: SchemeEntry, question: Question) -> QuestionType:  # noqa: PLR0911 - one line a case
    """Infer the type from the entry's fields, else take the question's type if the entry can be of it."""
    if entry.unit or entry.tolerance or entry.range or entry.significant_figures:
        return QuestionType.NUMERIC
    if entry.criteria:
        return QuestionType.TEXT
    given_answers = entry.answers or ((entry.model_answer,) if entry.model_answer else ())
    if question.type is QuestionType.TRUE_FALSE and given_answers and all(_TRUTH.match(text) for text in given_answers):
        return QuestionType.TRUE_FALSE
    if (
        question.type is QuestionType.CHOICE
        and given_answers
        and all(parse_choice(text, question) for text in given_answers)
    ):
        return QuestionType.CHOICE
    numbers = bool(given_answers) and all(parse_quantity(text) for text in given_answers)
    if question.type is QuestionType.NUMERIC and (numbers or not given_answers):
        return QuestionType.NUMERIC
    if entry.answers:
        return QuestionType.NUMERIC if numbers else QuestionType.EXACT
    return question.type if not given_answers else QuestionType.TEXT


def parse_choice(text: str, question: Question) -> str | None:
    """Return the label of the option that a key's text names by letter or by words, or None."""
    if found := _CHOICE.match(text):
        return found[1].upper()
    words = " ".join(re.findall(r"\w+", text.lower()))
    named = [option.label for option in question.options if " ".join(re.findall(r"\w+", option.text.lower())) == words]
    return named[0].upper() if len(named) == 1 and words else None


def parse_quantity(text: str) -> tuple[str, str | None] | None:
    """Parse a text that is a number with an optional unit: "v = 12.5 m/s". None where it contains more."""
    found = _NUMBER.match(text.strip())
    if found is None and "=" in text:
        # Working: its last step is the answer.
        found = _NUMBER.match(text.strip().rsplit("\n", 1)[-1].rsplit("=", 1)[-1].strip())
    if found is None:
        return None
    unit = (found["unit"] or "").strip().rstrip(".")
    if len(re.findall(r"[A-Za-z]{2,}", unit)) > 3:
        return None
    return found["number"].replace(",", "").replace("−", "-"), unit or None


def _normalize_truth(text: str) -> str:
    return "true" if re.match(r"\W*(?:t|true)\b", text, re.IGNORECASE) else "false"


def apply_schemes(paper: QuestionPaper, *schemes: MarkingScheme) -> tuple[QuestionPaper, MarkingScheme]:
    """Apply the schemes to the paper.

    Returns the paper with the schemes' marks and types, and one scheme whose entries carry the questions' ids.
    `core.models.merged_paper` decides which marks count.
    """
    merged = merge_schemes(paper, *schemes)
    kept = [
        resolve_entry_type(merged.entries[leaf.id], leaf) for leaf in merged.paper.leaves() if leaf.id in merged.entries
    ]
    types = {entry.question: entry.type for entry in kept}
    typed = map_questions(
        merged.paper.questions, lambda q: replace(q, type=types.get(q.id) or q.type) if not q.parts else q
    )
    scheme = MarkingScheme(
        entries=tuple(kept),
        title=next((s.title for s in reversed(schemes) if s.title), ""),
        rounding=next((s.rounding for s in reversed(schemes) if s.rounding is not None), None),
        warnings=merged.warnings,
    )
    return replace(merged.paper, questions=typed), scheme
