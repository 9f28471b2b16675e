"""Instructions that stand away from the questions they are about, handed to where they belong."""

import re
from collections.abc import Sequence

from grade.paper.drafts import Draft
from grade.paper.numbering import Kind
from grade.paper.own_words import ends_in_or

_SECTION_NAMED = re.compile(r"\b(?:section|part|group)\s+[\"'“(]?([A-H]|[IVX]{1,4}|\d)\b", re.IGNORECASE)
_QUESTION_NAMED = re.compile(
    r"\b(?:in|of|for|from)\s+question\s+(\d{1,2})\b(?!\s*(?:to|-|–|and)\s*(?:question\s*)?\d)", re.IGNORECASE
)
_EACH_SECTION = re.compile(r"\b(?:from|in|of)\s+(?:each|every)\s+(section|part|module|unit|group)\b", re.IGNORECASE)
_POSTSCRIPT = re.compile(
    r"\W*(?:each|every|all)\s+(?:the\s+)?questions?\s+(?:carr\w+|is|are|worth|has|have)\b.*", re.IGNORECASE
)


def handed_out(instructions: str, drafts: Sequence[Draft]) -> str:
    """The instructions that hold for all of the drafts. A sentence about one section or one question goes to
    that draft's notes, one about "each section" to all sections'."""
    kept = []
    sentences = [clause for said in re.split(r"(?<=[.;!])\s+|\n", instructions) for clause in _clauses(said)]
    for sentence in sentences:
        theirs = _theirs(sentence, drafts)
        if theirs is None:
            kept.append(sentence)
            continue
        for draft in theirs:
            draft.notes.append(sentence)
    return "\n".join(kept)


_TELLS = re.compile(r"\b(?:answer|attempt|do|choose|solve)\b", re.IGNORECASE)


def _clauses(sentence: str) -> list[str]:
    """A sentence about several sections in a clause for each: "Answer all of Section A and TWO from Section B"."""
    named = list(_SECTION_NAMED.finditer(sentence))
    if len({match[1].upper() for match in named}) < 2:
        return [sentence]
    clauses = []
    start = 0
    for match in named[:-1]:
        joint = re.compile(r"\s*(?:,|;|\band\b)+\s+(?=\S+\s+\S)").match(sentence, match.end())
        if joint is None:
            return [sentence]
        clauses.append(sentence[start : match.end()])
        start = joint.end()
    clauses.append(sentence[start:])
    tells = _TELLS.search(clauses[0])
    return [c if not tells or _TELLS.search(c) else f"{tells[0]} {c}" for c in clauses]


def _theirs(sentence: str, drafts: Sequence[Draft]) -> list[Draft] | None:
    """The drafts that a sentence is about; None where it is about all."""
    if each := _EACH_SECTION.search(sentence):
        sections = [draft for draft in drafts if draft.kind is None and not draft.flat]
        called = [draft for draft in _within(drafts) if draft.label.lower().startswith(each[1].lower())]
        if called or not sections:
            return called
        # Its units have no headings here: OR between the questions says the same.
        return [] if any(ends_in_or(question) for question in _within(drafts)) else sections
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
