"""Instructions to candidates: parsed, and assigned to the sections and questions that they are about.

They say how many questions count, what each is worth, and how wrong answers are penalised.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.models.question_types.true_false import is_true_false
from grade.paper.label_parser import LabelKind
from grade.paper.outline_nodes import OutlineNode, ends_with_or
from grade.paper.printed_marks import MARKS_UNIT_PATTERN, NUMBER_PATTERN, PrintedMarks, find_marks, parse_number

_NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}
_COUNT_PATTERN = rf"(\d{{1,2}}|{'|'.join(list(_NUMBER_WORDS)[1:])})"


_ANSWER_ANY = re.compile(
    rf"\b(?:answer|attempt|do|solve|choose|select|write|complete|discuss|explain"
    rf"|describe)\b[^.\n]{{0,40}}?\bany\s+{_COUNT_PATTERN}\b",
    re.IGNORECASE,
)
_ANY_PLAIN = re.compile(
    rf"(?:^|[(\[]|,\s)any\s+{_COUNT_PATTERN}\b(?!\s+(?:reasons?|examples?|points?|ways?|uses?|of (?:its|their)))",
    re.IGNORECASE,
)
_ANSWER_ONLY = re.compile(
    rf"\b(?:answer|attempt|do|choose|select)\s+(?:only\s+)?{_COUNT_PATTERN}\s+(?:only\s+)?"
    r"(?:\(\d+\)\s*)?(?:(?:of|from|out of)\s+(?:\w+\s+questions|the|these|them|questions?|following|any|this|section"
    r"|part)"
    r"|questions?\b(?!\s*\d))",
    re.IGNORECASE,
)
_EITHER = re.compile(r"\banswer\s+either\b|\beither\s+question\b", re.IGNORECASE)
_QUESTION_RANGE = re.compile(
    r"\b(?:from|of|between)?\s*(?:questions?|q\.?\s?nos?\.?|q)\s*(\d{1,2})\s*(?:to|–|-|—|and|through)\s*(?:question"
    r"|q)?\s*(\d{1,2})",
    re.IGNORECASE,
)
_MARKS_EACH = re.compile(
    rf"\b(?:each|every|all)\b[^.\n]{{0,40}}?\b(?:carr(?:y|ies)|is worth|are worth|worth|has|have|of)\s+"
    rf"({NUMBER_PATTERN}|{'|'.join(list(_NUMBER_WORDS)[1:])})"
    rf"\s*\(?[^.\n]{{0,8}}?{MARKS_UNIT_PATTERN}"
    rf"|\b({NUMBER_PATTERN}|{'|'.join(list(_NUMBER_WORDS)[1:])})\s*{MARKS_UNIT_PATTERN}\s*(?:for\s+)?(?:each|per\s+question|apiece|every)\b",
    re.IGNORECASE,
)
_EXCEPT = re.compile(
    r"\bexcept(?:ing)?\s+(?:for\s+)?((?:q(?:uestions?|\.)?\s*(?:nos?\.?)?\s*\d{1,2}(?:\s*(?:,|and"
    r"|&)\s*)?)+(?:\s*\d{1,2})*)",
    re.IGNORECASE,
)
_MULTIPLE_CHOICE = re.compile(
    r"multiple[- ]choice|\bMCQs?\b|choose the (?:correct|right|best|most)|(?:select|tick|circle|mark"
    r"|pick) the (?:correct|right|best)"
    r"|correct (?:option|alternative)|objective type",
    re.IGNORECASE,
)
_NEGATIVE_MARKING = re.compile(
    r"negative\s+mark|marks?\s+(?:will\s+be\s+|is\s+|are\s+)?(?:deduct|subtract|taken off)|(?:deduct"
    r"|lose)\w*\b[^.\n]{0,30}\bmark|penalt(?:y|ies)\s+(?:of|for)",
    re.IGNORECASE,
)
_PENALTY = re.compile(
    rf"(?<![\d.])[−–-]?\s*({NUMBER_PATTERN}|\d\s*/\s*\d)\s*(?:of (?:a|the) )?{MARKS_UNIT_PATTERN}?", re.IGNORECASE
)
_NO_NEGATIVE_MARKING = re.compile(
    r"\bno\s+(?:negative|penalt|marks?\s+(?:will be|are)\s+(?:deduct|lost))|not\s+be\s+(?:deduct|penal)", re.IGNORECASE
)
_SECTION_REFERENCE = re.compile(r"\b(?:section|part|group)\s+[\"'“(]?([A-H]|[IVX]{1,4}|\d)\b", re.IGNORECASE)
_QUESTION_REFERENCE = re.compile(
    r"\b(?:in|of|for|from)\s+question\s+(\d{1,2})\b(?!\s*(?:to|-|–|and)\s*(?:question\s*)?\d)", re.IGNORECASE
)
_EACH_SECTION = re.compile(r"\b(?:from|in|of)\s+(?:each|every)\s+(section|part|module|unit|group)\b", re.IGNORECASE)
_TRAILING_INSTRUCTION = re.compile(
    r"\W*(?:each|every|all)\s+(?:the\s+)?questions?\s+(?:carr\w+|is|are|worth|has|have)\b.*", re.IGNORECASE
)
_INSTRUCTION_VERB = re.compile(r"\b(?:answer|attempt|do|choose|solve)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Instructions:
    """What an instruction or a heading says about questions.

    `choose` of the questions in `span` count (first and last question number; None for all under the heading).
    `each`: marks per question, except for those in `each_except`. `excluded`: numbers of questions not to be
    answered. `negative`: marks deducted for a wrong answer, None where the paper does not say how many.
    """

    choose: int | None = None
    span: tuple[int, int] | None = None
    each: float | None = None
    each_except: frozenset[int] = frozenset()
    excluded: frozenset[int] = frozenset()
    total: PrintedMarks | None = None
    multiple_choice: bool = False
    true_false: bool = False
    negative_marking: bool = False
    negative: float | None = None
    equal_marks: bool = False

    def __bool__(self) -> bool:
        return self != Instructions()


def parse_instructions(text: str) -> Instructions:
    """Parse what the text says about the questions below it."""
    choose, span = _parse_choice(text)
    each, each_except = _parse_marks_each(text)
    excluded: frozenset[int] = frozenset()
    found = _EXCEPT.search(text)
    named = frozenset(int(n) for n in re.findall(r"\d{1,2}", found[1])) if found else frozenset()
    if named and each is None and re.search(r"\b(?:answer|attempt)\b[^.]{0,40}except", text, re.IGNORECASE):
        excluded = named
    elif named:
        each_except = named
    total = next(
        (m for line in text.split("\n") for m in find_marks(line) if not m.per_part and not _is_per_question(line, m)),
        None,
    )
    negative_marking = bool(_NEGATIVE_MARKING.search(text)) and not _NO_NEGATIVE_MARKING.search(text)
    return Instructions(
        choose=choose,
        span=span,
        each=each,
        each_except=each_except,
        excluded=excluded,
        total=total,
        multiple_choice=bool(_MULTIPLE_CHOICE.search(text)),
        true_false=is_true_false(text),
        negative_marking=negative_marking,
        negative=_parse_penalty(text) if negative_marking else None,
        equal_marks=bool(re.search(r"\b(?:all|the)?\s*questions?\s+carry\s+equal\s+marks", text, re.IGNORECASE)),
    )


def _is_per_question(text: str, marks: PrintedMarks) -> bool:
    """Whether the marks are part of a sentence about each of the questions."""
    before = re.split(r"[.;!?\n]", text[: marks.start])[-1]
    return bool(re.search(r"\b(?:each|every|per|carry|carries)\b", before, re.IGNORECASE))


def _parse_count(text: str) -> int:
    return int(_NUMBER_WORDS[text.lower()]) if text.lower() in _NUMBER_WORDS else int(text)


def _parse_choice(text: str) -> tuple[int | None, tuple[int, int] | None]:
    choose = None
    for pattern in (_ANSWER_ANY, _ANY_PLAIN, _ANSWER_ONLY):
        if found := pattern.search(text):
            choose = _parse_count(found[1])
            break
    if choose is None and _EITHER.search(text):
        choose = 1
    if choose is None:
        return None, None
    found = _QUESTION_RANGE.search(text)
    return choose, (int(found[1]), int(found[2])) if found and int(found[1]) < int(found[2]) else None


def _parse_marks_each(text: str) -> tuple[float | None, frozenset[int]]:
    found = _MARKS_EACH.search(text)
    if found is None:
        return next((m.value for m in find_marks(text) if m.per_part), None), frozenset()
    return parse_number(found[1] or found[2]), frozenset()


def _parse_penalty(text: str) -> float | None:
    """Return how much a wrong answer costs, from the sentence about it."""
    for sentence in re.split(r"(?<=[.;!?])\s+|\n", text):
        if not (found := _NEGATIVE_MARKING.search(sentence)):
            continue
        for value in _PENALTY.finditer(sentence):
            if "/" in value[1]:
                above, below = (float(part) for part in value[1].split("/"))
                return above / below if below else None
            if found or value:
                return parse_number(value[1])
    return None


def assign_instructions(instructions: str, nodes: Sequence[OutlineNode]) -> str:
    """Return the instructions that apply to all nodes.

    A sentence about one section or one question goes to that node's notes, one about "each section" to the notes of
    all sections.
    """
    remaining = []
    sentences = [clause for raw in re.split(r"(?<=[.;!])\s+|\n", instructions) for clause in _split_by_section(raw)]
    for sentence in sentences:
        targets = _find_target_nodes(sentence, nodes)
        if targets is None:
            remaining.append(sentence)
            continue
        for node in targets:
            node.notes.append(sentence)
    return "\n".join(remaining)


def _split_by_section(sentence: str) -> list[str]:
    """Split a sentence about several sections into one clause each: "Answer all of Section A and TWO from Section
    B"."""
    named = list(_SECTION_REFERENCE.finditer(sentence))
    if len({match[1].upper() for match in named}) < 2:
        return [sentence]
    clauses = []
    start = 0
    for match in named[:-1]:
        separator = re.compile(r"\s*(?:,|;|\band\b)+\s+(?=\S+\s+\S)").match(sentence, match.end())
        if separator is None:
            return [sentence]
        clauses.append(sentence[start : match.end()])
        start = separator.end()
    clauses.append(sentence[start:])
    verb = _INSTRUCTION_VERB.search(clauses[0])
    return [c if not verb or _INSTRUCTION_VERB.search(c) else f"{verb[0]} {c}" for c in clauses]


def _find_target_nodes(sentence: str, nodes: Sequence[OutlineNode]) -> list[OutlineNode] | None:
    """Return the nodes that a sentence is about; None where it is about all."""
    if each := _EACH_SECTION.search(sentence):
        sections = [node for node in nodes if node.kind is None and not node.unlabelled]
        matching = [
            node for node in _list_sections_and_questions(nodes) if node.label.lower().startswith(each[1].lower())
        ]
        if matching or not sections:
            return matching
        # The units have no headings in this paper; OR between the questions expresses the same.
        return [] if any(ends_with_or(question) for question in _list_sections_and_questions(nodes)) else sections
    named = {name.upper() for name in _SECTION_REFERENCE.findall(sentence)}
    if named:
        return [node for node in _list_sections_and_questions(nodes) if node.kind is None and named == {node.name}]
    question = _QUESTION_REFERENCE.search(sentence)
    if question and not re.search(r"compulsory", sentence, re.IGNORECASE):
        return [
            node
            for node in _list_sections_and_questions(nodes)
            if node.kind is LabelKind.NUMBER and node.name == question[1]
        ]
    return None


def _list_sections_and_questions(nodes: Sequence[OutlineNode]) -> list[OutlineNode]:
    """Return the sections and the questions directly in them."""
    found = []
    for node in nodes:
        found.append(node)
        if node.kind is None:
            found += _list_sections_and_questions(node.parts)
    return found


def extract_trailing_instructions(nodes: Sequence[OutlineNode]) -> list[str]:
    """Remove the sentences about all questions that follow the last one, and return them."""
    if not nodes:
        return []
    last = nodes[-1]
    while last.parts:
        last = last.parts[-1]
    raw = [chunk.full_text for chunk in last.content[1:] if _TRAILING_INSTRUCTION.fullmatch(chunk.full_text)]
    last.content = [*last.content[:1], *(chunk for chunk in last.content[1:] if chunk.full_text not in raw)]
    return raw
