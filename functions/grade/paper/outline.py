"""Parses a paper's text chunks into an outline: sections, and the tree of questions under them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from grade.paper.label_parser import LabelKind, parse_roman
from grade.paper.label_sequences import LabelSequence, find_best_sequence
from grade.paper.numbering_runs import parse_numbering_runs
from grade.paper.outline_nodes import OutlineNode, build_nodes, share_options
from grade.paper.rows import GAP
from grade.paper.text_chunks import TextChunk, parse_announced_range, parse_direction_range

_LABELLED_HEADING = re.compile(
    r"^[\W_]{0,3}(section|part|group|module|unit|division|sec\.)\s*[-–—:.]?\s*[\[(\"'‘“]?\s*"
    r"([A-Ha-h]|[IVX]{1,4}|\d{1,2}|one|two|three|four|five)(?![\w])[\])\"'’”]?(.*)$",
    re.IGNORECASE | re.DOTALL,
)
_UNLABELLED_HEADING = re.compile(
    r"^(?:[*#]\s?)?(?:multiple[- ]choice|mcqs?\b|objective\b|subjective\b|(?:very )?short[- ](?:answer|essay"
    r"|question|note)s?"
    r"|long[- ](?:answer|essay|question)s?|extended[- ](?:answer|response)|structured (?:questions|response)"
    r"|essay\b|true\s*(?:/|or|and)\s*false|fill[- ]in(?:g)?\b|match(?:ing)? (?:the|type|questions|items)"
    r"|(?:programming|numerical|theory|practical|descriptive|application|reading|writing|grammar|comprehension|problem)"
    r"(?:[- ]solving)? (?:questions|problems|section|type)"
    r"|answer (?:all|any|the following|these|each)\b|choose the (?:correct|right|best)|state (?:whether|true)"
    r"|one[- ]word answers?)",
    re.IGNORECASE,
)
_NUMBER_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


@dataclass(frozen=True, slots=True)
class Heading:
    """A section heading. `index` is its position among the chunks.

    `keyword` and `name` are empty for a heading without a label.
    """

    index: int
    keyword: str
    name: str
    label: str
    text: str

    @property
    def value(self) -> int:
        if self.name.isdigit():
            return int(self.name)
        return (parse_roman(self.name) if self.keyword and self._is_roman else None) or ord(
            self.name[:1].upper() or "A"
        ) - 64

    @property
    def _is_roman(self) -> bool:
        return len(self.name) > 1 or self.name.upper() in "IVX"


def find_headings(chunks: list[TextChunk]) -> list[Heading]:
    found = [
        heading for index, chunk in enumerate(chunks) if (heading := _match_heading(chunks, index, chunk)) is not None
    ]
    return _remove_implausible(found)


def _match_heading(chunks: list[TextChunk], index: int, chunk: TextChunk) -> Heading | None:
    if not chunk.at_row_start:
        return None
    text = chunk.full_text.replace(GAP, "  ").strip()
    if (match := _LABELLED_HEADING.match(text)) and _is_heading_text(match[1], match[2], match[3]):
        keyword = match[1].lower().rstrip(".")
        keyword = "section" if keyword == "sec" else keyword
        name = match[2].lower()
        name = str(_NUMBER_WORDS[name]) if name in _NUMBER_WORDS else match[2].upper()
        return Heading(index, keyword, name, f"{keyword.capitalize()} {name}", match[3].strip(" \t-–—:.,|"))
    if (
        not chunk.tokens
        and len(text) <= 160
        and _UNLABELLED_HEADING.match(text)
        and _is_followed_by_number(chunks, index)
    ):
        return Heading(index, "", "", text, text)
    return None


def _is_heading_text(keyword: str, name: str, rest: str) -> bool:
    """Whether it is a heading and not a sentence that mentions a section ("Section A has ten questions")."""
    if name.islower() and len(name) == 1 and rest.strip():
        return False
    if not rest.strip():
        return not (keyword.islower() and name.islower())
    if re.match(r"\s*(?:,|and\b|or\b|&|to\b|/)", rest):
        return False
    if re.match(r"\s*[:–—.(\[|-]|\t|\s{2,}", rest):
        return True
    return bool(re.match(r"\s+[A-Z(\[]", rest)) and keyword[0].isupper()


def _is_followed_by_number(chunks: list[TextChunk], index: int) -> bool:
    """Whether the next label under a heading is a question's number.

    A heading followed by any other label is part of a question.
    """
    here = chunks[index]
    for chunk in chunks[index + 1 : index + 9]:
        if chunk.tokens and chunk.at_row_start:
            is_number = chunk.tokens[0].values[0][0].value == "number"
            return (
                is_number and here.left <= chunk.left + here.row.width * 0.6 and here.row.indent <= _max_indent(chunk)
            )
    return False


def _max_indent(chunk: TextChunk) -> float:
    return max(chunk.row.indent + 0.02, 0.3)


def _remove_implausible(found: list[Heading]) -> list[Heading]:
    """Drop labelled headings that are alone with their keyword and are not the first of a list."""
    kept = []
    for heading in found:
        same = {other.name for other in found if other.keyword == heading.keyword}
        if not heading.keyword or len(same) > 1 or heading.name in ("A", "I", "1"):
            kept.append(heading)
    return kept


@dataclass(slots=True)
class Outline:
    preamble: list[TextChunk]
    nodes: list[OutlineNode]


def parse_outline(chunks: list[TextChunk]) -> Outline:
    """Build the outline of a whole document from its chunks."""
    headings = find_headings(chunks)
    labelled = [heading for heading in headings if heading.keyword]
    if labelled and (items := _find_enclosing_questions(chunks, labelled)):
        return _parse_inner_sections(chunks, items, labelled)
    if labelled and (sections := _parse_sections(chunks, headings, labelled)):
        return Outline(chunks[: labelled[0].index], sections)
    preamble, nodes = _parse_block(chunks, [h for h in headings if not h.keyword], 1)
    return Outline(preamble, nodes)


def _find_enclosing_questions(chunks: list[TextChunk], labelled: list[Heading]) -> list[int]:
    """Return the indices of the questions that contain the headings, as "Exercise 2" contains "Part A" and "Part B".

    Empty where the headings contain the questions.
    """
    sequence = find_best_sequence(
        [chunk if _has_question_keyword(chunk) else replace(chunk, tokens=()) for chunk in chunks], LabelKind.NUMBER
    )
    if sequence is None or len(sequence.items) < 2 or sequence.values != tuple(range(1, len(sequence.items) + 1)):
        return []
    first = labelled[0]
    inner_headings = (
        any(sequence.items[0] < first.index < item for item in sequence.items[1:]) or first.index > sequence.items[-1]
    )
    if first.index < sequence.items[0] or first.value != 1 or not inner_headings:
        return []
    ends = [*sequence.items[1:], len(chunks)]
    for item, end in zip(sequence.items, ends, strict=True):
        values = [heading.value for heading in labelled if item < heading.index < end]
        if values and values != list(range(1, len(values) + 1)):
            return []
    return list(sequence.items)


def _has_question_keyword(chunk: TextChunk) -> bool:
    return bool(chunk.tokens) and chunk.at_row_start and chunk.tokens[0].style == "Q1"


def _parse_inner_sections(chunks: list[TextChunk], items: list[int], labelled: list[Heading]) -> Outline:
    """Build the questions that have a question word in their label, each with the sections inside it."""
    nodes: list[OutlineNode] = []
    for item, end in zip(items, [*items[1:], len(chunks)], strict=True):
        inner = [replace(h, index=h.index - item) for h in labelled if item < h.index < end]
        stretch = chunks[item:end]
        single_item = LabelSequence(LabelKind.NUMBER, (0,), (int(chunks[item].tokens[0].name),), 0.0)
        [node] = build_nodes(stretch[: inner[0].index] if inner else stretch, single_item)
        node.parts += _parse_sections(stretch, inner, inner) if inner else []
        nodes.append(node)
    return Outline(chunks[: items[0]], nodes)


def _parse_sections(chunks: list[TextChunk], headings: list[Heading], labelled: list[Heading]) -> list[OutlineNode]:
    """Build one node per labelled heading.

    A heading that appears twice is one section: the mention on the front page only refers to it, and "Section A
    (continued)" continues it.
    """
    outer = labelled[0].keyword
    ends = [heading.index for heading in labelled[1:]] + [len(chunks)]
    nodes: list[OutlineNode] = []
    expected = 1
    nodes_by_key: dict[tuple[str, str, int], OutlineNode] = {}
    parent: OutlineNode | None = None
    for heading, end in zip(labelled, ends, strict=True):
        span = parse_announced_range(heading.text)
        expected = span[0] if span else expected
        topics = [
            replace(h, index=h.index - heading.index - 1)
            for h in headings
            if not h.keyword and heading.index < h.index < end
        ]
        preamble, items = _parse_section_body(heading, chunks[heading.index + 1 : end], topics, expected)
        nested = heading.keyword != outer and parent is not None
        key = (heading.keyword, heading.name, id(parent) if nested else 0)
        node = nodes_by_key.get(key)
        if node is None:
            node = nodes_by_key[key] = OutlineNode(heading.label, heading.name, None, heading=heading.text)
            if nested and parent is not None:
                parent.parts.append(node)
            else:
                nodes.append(node)
        elif items and not node.parts:
            # So far only mentioned, on the front page; this is the section itself.
            siblings = parent.parts if nested and parent is not None else nodes
            siblings.append(siblings.pop(next(position for position, other in enumerate(siblings) if other is node)))
        if not nested:
            parent = node
        if items or not node.parts:
            node.notes.append(heading.text)
        node.content += preamble
        node.parts += items
        expected = _next_number(items, expected)
    return [node for node in nodes if node.parts]


def _parse_section_body(
    heading: Heading, body: list[TextChunk], topics: list[Heading], expected: int
) -> tuple[list[TextChunk], list[OutlineNode]]:
    """Return the text above a section's questions, and the questions. `expected`: the first one's number."""
    preamble, items = _parse_block(body, topics, expected)
    preamble = _remove_shared_options(preamble, items)
    if len(items) == 1 and items[0].style == "A1" and items[0].name == heading.name:
        # "A1", "A2" under "Section A"
        items = [replace(part, label=items[0].label + part.label) for part in items[0].parts]
    return preamble, items


def _remove_shared_options(preamble: list[TextChunk], items: list[OutlineNode]) -> list[TextChunk]:
    """Return the text above a section's questions without the options that all of them share ("Assertion and
    reason")."""
    first_index = next(
        (i for i, p in enumerate(preamble) if p.at_row_start and p.tokens and p.tokens[0].name in ("A", "a")), None
    )
    if first_index is None or any(item.parts for item in items):
        return preamble
    span = next((found for chunk in preamble if (found := parse_direction_range(chunk)) is not None), None)
    return preamble[:first_index] if share_options(items, preamble, span) else preamble


def _next_number(items: Sequence[OutlineNode], expected: int) -> int:
    for item in reversed(items):
        if item.unlabelled:
            return _next_number(item.parts, expected)
        if item.name.isdigit():
            return int(item.name) + 1
    return expected


def _parse_block(
    chunks: list[TextChunk], topics: list[Heading], first: int
) -> tuple[list[TextChunk], list[OutlineNode]]:
    """Parse the questions between two labelled headings, divided by the headings without a label."""
    if not topics:
        return parse_numbering_runs(chunks, first)
    preamble, nodes = parse_numbering_runs(chunks[: topics[0].index], first)
    for topic, end in zip(topics, [*[t.index for t in topics[1:]], len(chunks)], strict=True):
        first = _next_number(nodes, first)
        content, items = parse_numbering_runs(chunks[topic.index + 1 : end], first)
        nodes.append(OutlineNode(topic.label, "", None, content, items, heading=topic.text, unlabelled=True))
    return preamble, nodes
