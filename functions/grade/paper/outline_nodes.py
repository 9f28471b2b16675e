"""Nodes of the outline: nests lists of labels into questions and parts, and extracts each node's text and marks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.models.transcript import Box
from grade.language.text_cleaning import BLANK
from grade.paper.label_parser import LabelKind, LabelToken, to_roman
from grade.paper.label_sequences import LabelSequence, find_best_sequence, shift_sequence
from grade.paper.mark_notation import MarkNotation, extract_marks
from grade.paper.printed_marks import PrintedMarks, find_marks, remove_marks
from grade.paper.rows import GAP
from grade.paper.text_chunks import TextChunk, are_shared_options, sort_options, split_off_directions

_MAX_DEPTH = 5


_OR = re.compile(r"[\W_]*or[\W_]*", re.IGNORECASE)
_MARKS_OVER_PARTS = re.compile(r":\s*\(\s*\d{1,2}\s*\)\s*$")
"""A line above the parts of a question that ends in "…: (8)"."""


@dataclass(slots=True)
class OutlineNode:
    """A section, question or part before it becomes a `Question`.

    `name` is its component in the id. `kind` is None for a section. `content` is its text before the first part.
    `notes` are sentences about it from elsewhere in the paper. `unlabelled`: a heading without a label, whose
    questions are siblings of its neighbours'. `label_inferred`: its label was not read. `shared_options`: options
    printed once for several questions.
    """

    label: str
    name: str
    kind: LabelKind | None
    content: list[TextChunk] = field(default_factory=list)
    parts: list["OutlineNode"] = field(default_factory=list)
    heading: str = ""
    notes: list[str] = field(default_factory=list)
    style: str = ""
    unlabelled: bool = False
    label_inferred: bool = False
    shared_options: list["OutlineNode"] = field(default_factory=list)


def build_nodes(chunks: list[TextChunk], sequence: LabelSequence, depth: int = 0) -> list[OutlineNode]:
    """Build a node for each item of the sequence, with the chunks up to the next item."""
    nodes: list[OutlineNode] = []
    ends = [*sequence.items[1:], len(chunks)]
    value_before: int | None = None
    segments: list[list[TextChunk]] = []
    for item, end, value in zip(sequence.items, ends, sequence.values, strict=True):
        segment = [chunks[item].without_first_label(), *chunks[item + 1 : end]]
        if value == value_before:
            segments[-1] += segment
            continue
        token = chunks[item].tokens[0]
        nodes.append(
            OutlineNode(
                _format_label(sequence.kind, token),
                _format_name(sequence.kind, token),
                sequence.kind,
                style=token.style,
            )
        )
        segments.append(segment)
        value_before = value
    if sequence.kind is LabelKind.NUMBER:
        segments = _split_off_directions(nodes, segments, depth)
    expected_number = (
        1
        if sequence.kind in (LabelKind.UPPER, LabelKind.ROMAN_UPPER) and _is_numbering_continuous(chunks, sequence)
        else None
    )
    for node, segment in zip(nodes, segments, strict=True):
        node.content, node.parts = _split_parts(segment, node, depth + 1, expected_number)
        if expected_number is not None and node.parts and node.parts[-1].kind is LabelKind.NUMBER:
            expected_number = int(node.parts[-1].name) + 1
    return nodes


def _is_numbering_continuous(chunks: list[TextChunk], sequence: LabelSequence) -> bool:
    """Whether the numbers under A, B, C continue from one letter to the next."""
    numbers = find_best_sequence(chunks, LabelKind.NUMBER)
    if numbers is None or numbers.values != tuple(range(1, len(numbers.values) + 1)):
        return False
    return numbers.items[-1] > sequence.items[-1] > numbers.items[0] > sequence.items[0]


def _split_off_directions(
    nodes: list[OutlineNode], segments: list[list[TextChunk]], depth: int
) -> list[list[TextChunk]]:
    """Remove the directions at the segments' ends; options in them are assigned to the questions they apply to."""
    numbers = {int(node.name) for node in nodes}
    kept: list[list[TextChunk]] = []
    for node, segment in zip(nodes, segments, strict=True):
        content, directions, span = split_off_directions(segment, int(node.name), numbers)
        kept.append(content)
        if span is not None:
            share_options(nodes, directions, span, depth)
    return kept


def share_options(
    nodes: list[OutlineNode], directions: list[TextChunk], span: tuple[int, int] | None, depth: int = 0
) -> bool:
    """Assign the options in directions to the questions in `span` (None for all).

    Returns whether the directions contain any.
    """
    words, options = _split_parts(directions, OutlineNode("", "", None), depth + 1)
    if not are_shared_options(" ".join(chunk.full_text for chunk in words), len(options)):
        return False
    for node in nodes:
        if node.kind is LabelKind.NUMBER and (span is None or span[0] <= int(node.name) <= span[1]):
            node.shared_options = options
    return True


def _format_label(kind: LabelKind, token: LabelToken) -> str:
    if kind is LabelKind.NUMBER:
        name = _format_name(kind, token)
        if token.style == "(1)":
            return f"({name})"
        zero = token.style == "01" or re.search(r"\b0\d", token.raw)
        return f"{int(name):02}" if zero else name
    if kind in (LabelKind.UPPER, LabelKind.ROMAN_UPPER) and token.style not in ("(a)", "(i)"):
        return _format_name(kind, token)
    return f"({_format_name(kind, token)})"


def _format_name(kind: LabelKind, token: LabelToken) -> str:
    """The label's component in an id. Corrects a letter read in the wrong case, and misread strokes."""
    if kind is LabelKind.NUMBER:
        return str(token.value(kind))
    if kind in (LabelKind.ROMAN_LOWER, LabelKind.ROMAN_UPPER) and (value := token.value(kind)) is not None:
        return to_roman(value) if kind is LabelKind.ROMAN_LOWER else to_roman(value).upper()
    return token.name.lower() if kind is LabelKind.LOWER else token.name


def _split_parts(
    chunks: list[TextChunk], parent: OutlineNode, depth: int, expected_number: int | None = None
) -> tuple[list[TextChunk], list[OutlineNode]]:
    """Split a node's chunks into its own text and its parts.

    `expected_number`: the number that its parts continue from; None where they start at 1.
    """
    if depth >= _MAX_DEPTH:
        return chunks, []
    chunks = sort_options(chunks)
    sequences = [
        c
        for kind in LabelKind
        if kind is not parent.kind or kind is LabelKind.NUMBER
        if (c := _find_parts(chunks, kind, parent, expected_number))
    ]
    if not sequences:
        return chunks, []
    sequence = min(sequences, key=lambda c: (c.items[0], -c.score))
    later = [c for c in sequences if c.items[0] > sequence.items[-1] and c.kind is not sequence.kind]
    if later and _are_statements(chunks, sequence):
        sequence = min(later, key=lambda c: (c.items[0], -c.score))
    return chunks[: sequence.items[0]], build_nodes(
        chunks[sequence.items[0] :], shift_sequence(sequence, sequence.items[0]), depth
    )


def _find_parts(
    chunks: list[TextChunk], kind: LabelKind, parent: OutlineNode, expected_number: int | None = None
) -> LabelSequence | None:
    """Return the list of this kind among the chunks, if it can be the parts of `parent`."""
    if expected_number is not None and kind is LabelKind.NUMBER:
        sequence = find_best_sequence(chunks, kind, expected_number)
        return sequence if sequence is not None and sequence.values[0] == expected_number else None
    sequence = find_best_sequence(chunks, kind)
    if sequence is None or sequence.values[0] != 1 or _are_answer_lines(chunks, sequence):
        return None
    items = [chunks[item] for item in sequence.items]
    count = len(set(sequence.values))
    styles = {chunk.tokens[0].style for chunk in items}
    marked = any(find_marks(chunk.text) for chunk in chunks[sequence.items[0] :])
    if kind is LabelKind.NUMBER:
        are_parts = _are_numbers_parts(items, styles, count, parent, marked=marked)
    elif styles == {"A"}:
        are_parts = count > 2
    else:
        are_parts = count > 1 or (marked and styles <= {"(a)", "(i)"} and bool(re.match(r"[A-Z]", items[0].text)))
    return sequence if are_parts else None


def _are_numbers_parts(
    items: list[TextChunk], styles: set[str], count: int, parent: OutlineNode, *, marked: bool
) -> bool:
    """Whether numbers inside a question are its parts.

    More often they are a list that the question refers to.
    """
    if styles == {"1.1"}:
        return True
    if count < 2:
        return False
    if styles == {"(1)"} or parent.kind in (LabelKind.UPPER, LabelKind.ROMAN_UPPER):
        return True
    mostly_questions = sum(1 for chunk in items if chunk.text.rstrip(" _").endswith("?")) * 2 > len(items)
    return (marked or mostly_questions) and (
        parent.kind is not LabelKind.NUMBER or (parent.style == "Q1" and "Q1" not in styles)
    )


def _are_answer_lines(chunks: list[TextChunk], sequence: LabelSequence) -> bool:
    """Whether the labels number lines to write on: nothing but marks is printed after any of them."""
    ends = [*sequence.items[1:], sequence.items[-1] + 1]
    for item, end in zip(sequence.items, ends, strict=True):
        for chunk in chunks[item:end]:
            text_without_blanks = remove_marks(chunk.text, find_marks(chunk.text)).replace(BLANK, "")
            if len(chunks[item].tokens) > 1 or re.search(r"\w", text_without_blanks):
                return False
    return sequence.kind is LabelKind.NUMBER or any(BLANK in chunks[item].text for item in sequence.items)


def _are_statements(chunks: list[TextChunk], sequence: LabelSequence) -> bool:
    """Whether the items are statements that the question refers to ("I … II … Which are true? (a) only I").

    Those carry no marks.
    """
    ends = [*sequence.items[1:], sequence.items[-1] + 1]
    texts = [" ".join(p.text for p in chunks[item:end]) for item, end in zip(sequence.items, ends, strict=True)]
    return not any(find_marks(text) for text in texts) and not any(text.rstrip().endswith("?") for text in texts)


@dataclass(frozen=True, slots=True)
class NodeText:
    """A node's own text and the marks found in it.

    `marks` are the node's own; `totals` are printed as a total and may belong to a node further up. `contains_or`: an
    "OR" separates two texts without labels.
    """

    text: str
    marks: tuple[PrintedMarks, ...] = ()
    totals: tuple[PrintedMarks, ...] = ()
    contains_or: bool = False


def build_node_text(chunks: Sequence[TextChunk], notation: MarkNotation, *, last: bool) -> NodeText:
    """Build a node's text from its chunks. `last`: no part follows these chunks."""
    texts: list[tuple[str, TextChunk]] = []
    marks: list[PrintedMarks] = []
    end = max((index for index, chunk in enumerate(chunks) if not _OR.fullmatch(chunk.full_text)), default=-1)
    for index, chunk in enumerate(chunks):
        full_text = replace(chunk, text=chunk.full_text, tokens=())
        precedes_parts = index == end and not last and bool(_MARKS_OVER_PARTS.search(chunk.text))
        text, found = extract_marks(full_text, notation, last=precedes_parts or (last and index == end))
        marks += found
        if text:
            texts.append((text, chunk))
    if texts and _OR.fullmatch(texts[-1][0]):
        texts.pop()
    return NodeText(
        _join_wrapped_rows(texts),
        tuple(token for token in marks if not token.total),
        tuple(token for token in marks if token.total),
        contains_or=any(_OR.fullmatch(text) and text.strip(" ()[]*-").isupper() for text, _ in texts[1:]),
    )


def ends_with_or(node: OutlineNode) -> bool:
    """Whether "OR" is printed between this node and the next."""
    last = node
    while last.parts:
        last = last.parts[-1]
    return bool(last.content) and bool(_OR.fullmatch(last.content[-1].full_text))


def join_lines(texts: Sequence[str]) -> str:
    return "\n".join(text.replace(GAP, "  ") for text in texts if text)


def _join_wrapped_rows(texts: list[tuple[str, TextChunk]]) -> str:
    """Join rows that reach the right edge with the next one; a shorter row ends its line."""
    full_text = ""
    wraps = False
    for text, chunk in texts:
        line_text = text.replace(GAP, "  ").strip()
        full_text += (" " if wraps else "\n") + line_text if full_text else line_text
        wraps = chunk.row.reach > 0.85
    return full_text.strip().replace("____ ____", "____")


def find_location(node: OutlineNode) -> tuple[int | None, Box | None]:
    """Return the page that a node starts on, and the bounding box of its own text there."""
    if not node.content:
        return (node.parts[0].content[0].row.page if node.parts and node.parts[0].content else None), None
    row = node.content[0].row
    rows_on_page = [chunk.row for chunk in node.content if chunk.row.page == row.page]
    left, top = min(r.left for r in rows_on_page), min(r.top for r in rows_on_page)
    right, bottom = max(r.right for r in rows_on_page), max(r.bottom for r in rows_on_page)
    return row.page, (left, top, max(right - left, 0.0), max(bottom - top, 0.0))
