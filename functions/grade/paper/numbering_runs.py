"""Finds the questions in a stretch of a paper: the outermost list of labels, and where its numbering restarts."""

import re
from dataclasses import replace

from grade.paper.label_parser import LabelKind, LabelToken
from grade.paper.label_sequences import LabelSequence, find_best_sequence, is_instruction, shift_sequence
from grade.paper.outline_nodes import OutlineNode, build_nodes
from grade.paper.printed_marks import MarkForm, find_marks
from grade.paper.text_chunks import TextChunk

PreambleAndNodes = tuple[list[TextChunk], list[OutlineNode]]

_MAX_DEPTH = 6
"""How deeply runs are searched for within runs. Bounds the work on a hostile document."""


def parse_numbering_runs(chunks: list[TextChunk], first: int, depth: int = 0) -> PreambleAndNodes:
    """Return the chunks before the first question, and the questions.

    Where the numbering restarts without a heading, each run becomes a section of its own.
    """
    sequence = _find_outermost_sequence(chunks, first)
    if sequence is None:
        return chunks, []
    if sequence.kind is LabelKind.NUMBER and depth < _MAX_DEPTH:
        runs = _split_runs(chunks, sequence, first, depth + 1) or _restore_first_label(
            chunks, sequence, first, depth + 1
        )
        if runs is not None:
            return runs
    first_index = sequence.items[0]
    return chunks[:first_index], build_nodes(chunks[first_index:], shift_sequence(sequence, first_index))


def _split_runs(chunks: list[TextChunk], sequence: LabelSequence, first: int, depth: int) -> PreambleAndNodes | None:
    """Split the stretch at the point where its numbering restarts. None where the sequence is the only run."""
    first_index, last = sequence.items[0], sequence.items[-1]
    if not _has_questions(chunks, sequence):
        content, nodes = parse_numbering_runs(chunks[last + 1 :], first, depth)
        return ([*chunks[: last + 1], *content], nodes) if nodes else (chunks, [])
    earlier = find_best_sequence(chunks[:first_index], sequence.kind)
    later = find_best_sequence(chunks[last + 1 :], sequence.kind)
    if earlier and _is_run(chunks[:first_index], earlier, chunks[first_index]):
        cut = first_index
    elif later and _is_run(chunks[last + 1 :], later, chunks[first_index]):
        cut = last + 1 + later.items[0]
    else:
        return None
    content, before = parse_numbering_runs(chunks[:cut], first, depth)
    return content, [*_wrap_as_section(before), *_wrap_as_section(parse_numbering_runs(chunks[cut:], 1, depth)[1])]


def _restore_first_label(
    chunks: list[TextChunk], sequence: LabelSequence, first: int, depth: int
) -> PreambleAndNodes | None:
    """Parse the questions with the label of the first one restored, if it was not read. None where none is missing."""
    first_index = sequence.items[0]
    unlabelled_index = _find_unlabelled_question(chunks, first_index) if sequence.values[0] == first + 1 else None
    if unlabelled_index is None:
        return None
    content, nodes = parse_numbering_runs(
        _add_label(chunks, unlabelled_index, chunks[first_index], first), first, depth
    )
    if nodes and not nodes[0].unlabelled:
        nodes[0].label_inferred = True
    return content, nodes


def _find_unlabelled_question(chunks: list[TextChunk], first_index: int) -> int | None:
    """Return the index where the question before `first_index` starts, if its label was lost in OCR.

    The signs are marks printed before question 2, under text that is indented like a question's.
    """
    lead = chunks[:first_index]
    if not any(not marks.total for chunk in lead for marks in find_marks(chunk.text)):
        return None
    edge = chunks[first_index].row.indent + 0.012
    start = first_index
    while start > 0 and lead[start - 1].row.indent >= edge and lead[start - 1].row.page == chunks[first_index].row.page:
        start -= 1
    content = lead[start:]
    marked = any(not marks.total for chunk in content for marks in find_marks(chunk.text))
    return start if marked and not content[0].tokens and len(re.findall(r"\w{2,}", content[0].text)) > 1 else None


def _add_label(chunks: list[TextChunk], at: int, reference: TextChunk, value: int) -> list[TextChunk]:
    token = LabelToken("", str(value), ((LabelKind.NUMBER, value),), reference.tokens[0].style)
    return [*chunks[:at], replace(chunks[at], tokens=(token,), left=reference.left), *chunks[at + 1 :]]


def _wrap_as_section(nodes: list[OutlineNode]) -> list[OutlineNode]:
    """Gather nodes under a heading without words, unless they already are."""
    if nodes and all(node.unlabelled for node in nodes):
        return nodes
    return [OutlineNode("", "", None, [], nodes, unlabelled=True)]


def _is_run(stretch: list[TextChunk], run: LabelSequence, reference: TextChunk) -> bool:
    """Whether these items are printed like `reference`, an item of the list itself, and are not instructions."""
    items = [stretch[item] for item in run.items]
    if run.values[0] != 1 or len(set(run.values)) < 2 or items[0].tokens[0].style != reference.tokens[0].style:
        return False
    return abs(items[0].row.indent - reference.row.indent) <= 0.02 and _has_questions(stretch, run)


def _has_questions(chunks: list[TextChunk], sequence: LabelSequence) -> bool:
    """Whether a numbered list contains questions.

    Front pages number their instructions too, and the rows of the examiner's table.
    """
    ends = [*sequence.items[1:], sequence.items[-1] + 6]
    item_texts = [
        "\n".join(p.full_text for p in chunks[item:end]) for item, end in zip(sequence.items, ends, strict=True)
    ]
    if any(
        marks.form >= MarkForm.BARE_BRACKET and not marks.total
        for text in item_texts[:-1]
        for marks in find_marks(text)
    ):
        return True
    instruction_count = sum(1 for item in sequence.items if is_instruction(chunks[item].text))
    text_count = sum(1 for text in item_texts if len(re.findall(r"[A-Za-z]{2,}", text)) >= 2)
    return instruction_count * 2 <= len(item_texts) and text_count * 2 >= len(item_texts)


def _find_outermost_sequence(chunks: list[TextChunk], first: int) -> LabelSequence | None:
    """Return the list that contains all others: numbers, unless upper-case letters or Roman numbers enclose them."""
    numbers = find_best_sequence(chunks, LabelKind.NUMBER, first)
    if numbers is not None and (numbers.score < 0.9 or not _is_credible(chunks, numbers)):
        numbers = None
    outer_sequences = [
        sequence
        for kind in (LabelKind.ROMAN_UPPER, LabelKind.UPPER)
        if (sequence := find_best_sequence(chunks, kind)) and _can_be_outermost(chunks, sequence)
    ]
    for sequence in sorted(outer_sequences, key=lambda sequence: -sequence.score):
        if numbers is None:
            return sequence
        spread = sum(1 for item in sequence.items[1:] if item > numbers.items[0])
        if sequence.items[0] < numbers.items[0] and spread:
            return sequence
    if numbers is not None:
        return numbers
    inner_sequences = [
        c
        for kind in (LabelKind.LOWER, LabelKind.ROMAN_LOWER)
        if (c := find_best_sequence(chunks, kind)) and len(set(c.values)) > 1
    ]
    return max(inner_sequences, key=lambda sequence: (-sequence.items[0], sequence.score), default=None)


def _can_be_outermost(chunks: list[TextChunk], sequence: LabelSequence) -> bool:
    """Whether upper-case letters or Roman numbers may enclose the rest: I, II, III; or the A of A1, A2."""
    if chunks[sequence.items[0]].tokens[0].style == "A1":
        return len(sequence.items) > 1
    return len(set(sequence.values)) > 1 and sequence.values[0] == 1


def _is_credible(chunks: list[TextChunk], sequence: LabelSequence) -> bool:
    if len(set(sequence.values)) > 1:
        return True
    only = chunks[sequence.items[0]]
    if only.tokens[0].style == "Q1":
        return True
    if only.tokens[0].style in ("1a", "1") and len(only.tokens) > 1 and only.tokens[1].name == "a":
        return True
    return only.tokens[0].style in ("1.", "1)", "01") and bool(only.text or len(only.tokens) > 1)
