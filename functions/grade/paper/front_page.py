"""Instructions that stand away from the questions they are about, handed to where they belong."""

import re
from collections.abc import Sequence

from grade.paper.drafts import Draft
from grade.paper.numbering import Kind

_SECTION_NAMED = re.compile(r"\b(?:section|part|group)\s+[\"'“(]?([A-H]|[IVX]{1,4}|\d)\b", re.IGNORECASE)
_QUESTION_NAMED = re.compile(
    r"\b(?:in|of|for|from)\s+question\s+(\d{1,2})\b(?!\s*(?:to|-|–|and)\s*(?:question\s*)?\d)", re.IGNORECASE
)
_EACH_SECTION = re.compile(r"\b(?:from|in|of)\s+(?:each|every)\s+(?:section|part|module|unit|group)\b", re.IGNORECASE)
_POSTSCRIPT = re.compile(
    r"\W*(?:each|every|all)\s+(?:the\s+)?questions?\s+(?:carr\w+|is|are|worth|has|have)\b.*", re.IGNORECASE
)


def handed_out(instructions: str, drafts: Sequence[Draft]) -> str:
    """The instructions that hold for all of the drafts. A sentence about one section or one question goes to
    that draft's notes, one about "each section" to all sections'."""
    kept = []
    for sentence in re.split(r"(?<=[.;!])\s+|\n", instructions):
        theirs = _theirs(sentence, drafts)
        if theirs is None:
            kept.append(sentence)
            continue
        for draft in theirs:
            draft.notes.append(sentence)
    return "\n".join(kept)


def _theirs(sentence: str, drafts: Sequence[Draft]) -> list[Draft] | None:
    """The drafts that a sentence is about; None where it is about all."""
    if _EACH_SECTION.search(sentence):
        return [draft for draft in drafts if draft.kind is None and not draft.flat]
    named = {name.upper() for name in _SECTION_NAMED.findall(sentence)}
    if named:
        return [draft for draft in _within(drafts) if draft.kind is None and named == {draft.name}]
    question = _QUESTION_NAMED.search(sentence)
    if question and not re.search(r"compulsory", sentence, re.IGNORECASE):
        return [draft for draft in _within(drafts) if draft.kind is Kind.NUMBER and draft.name == question[1]]
    return None


def _within(drafts: Sequence[Draft]) -> list[Draft]:
    """Sections and the questions that stand directly in them."""
    found = []
    for draft in drafts:
        found.append(draft)
        if draft.kind is None:
            found += _within(draft.parts)
    return found


def postscripts(drafts: Sequence[Draft]) -> list[str]:
    """Sentences about all questions that stand under the last of them, taken from it."""
    if not drafts:
        return []
    last = drafts[-1]
    while last.parts:
        last = last.parts[-1]
    said = [piece.whole for piece in last.own[1:] if _POSTSCRIPT.fullmatch(piece.whole)]
    last.own = [*last.own[:1], *(piece for piece in last.own[1:] if piece.whole not in said)]
    return said
