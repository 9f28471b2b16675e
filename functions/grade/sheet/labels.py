"""Finds the labels of a sheet in four steps: candidates, interpretations, costs, decoder.

Each step has its module: `label_candidates` finds what may be a label, `label_interpretations` which questions it may
mean, `label_costs` how unlikely each is, and `label_decoder` chooses on the sheet as a whole. Rows of short answers
("1 B 2 C") are found before the first step, page numbers after it.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from core.models.question_types.definition import AnswerShape, get_shape
from grade.answer import AnswerLine
from grade.scheme.compact_answers import NumberedAnswer, parse_answer_grid, parse_compact_answers
from grade.sheet.label_candidates import (
    PageNumberEvidence,
    find_label_candidates,
    mark_list_items,
    to_half_width,
)
from grade.sheet.label_decoder import DecodedLabel, LabelDecoder
from grade.sheet.page_numbers import attach_page_numbers, find_page_numbers
from grade.sheet.question_index import QuestionIndex


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """One answer in a row of answers: its node, its stretch of the line's text, and the response in it."""

    node: int
    start: int
    end: int
    response: str


@dataclass(frozen=True, slots=True)
class SheetLabels:
    """The labels of a sheet, by line number.

    `rows`: the answers of lines that hold answers in short form. `decoded`: the accepted labels, in order.
    `page_numbers`: the evidence for lone numbers at a page's head or foot. `near_miss_lines`: the lines with something
    that was nearly taken for a label.
    """

    rows: Mapping[int, Sequence[RowAnswer]]
    decoded: Mapping[int, Sequence[DecodedLabel]]
    page_numbers: Mapping[int, PageNumberEvidence]
    near_miss_lines: Set[int]

    def is_page_number(self, number: int) -> bool:
        """Whether the line is a page number: it opens no question and is no part of an answer."""
        evidence = self.page_numbers.get(number)
        return evidence is not None and number not in self.decoded and not evidence.is_answer_text


def find_labels(lines: Sequence[AnswerLine], question_index: QuestionIndex) -> SheetLabels:
    """Finds all labels of the lines, decided on the sheet as a whole."""
    rows, header_rows = find_answer_rows(lines, question_index)
    candidates = find_label_candidates(lines, {*rows, *header_rows})
    page_numbers = find_page_numbers(lines, candidates)
    candidates = mark_list_items(attach_page_numbers(candidates, page_numbers))
    decoded_labels, near_misses = LabelDecoder(question_index, candidates).decode()
    decoded: dict[int, list[DecodedLabel]] = {}
    for label in decoded_labels:
        decoded.setdefault(label.candidate.line, []).append(label)
    return SheetLabels(rows, decoded, page_numbers, {candidate.line for candidate in near_misses})


def find_answer_rows(
    lines: Sequence[AnswerLine], question_index: QuestionIndex
) -> tuple[dict[int, list[RowAnswer]], set[int]]:
    """Finds lines that hold one answer or more in short form ("1 B 2 C", or the lower row of a grid).

    Returns the answers by line number, and the numbers of the lines that are header rows of grids. Every number of a
    row must be that of one objective question: "2 A 3 B" under a written answer belongs to that answer.
    """
    texts = [to_half_width(line) for line in lines]
    found: dict[int, list[RowAnswer]] = {}
    heads: set[int] = set()
    lone: dict[int, list[RowAnswer]] = {}
    for number, text in enumerate(texts):
        if number + 1 < len(texts) and (
            grid := _resolve_pairs(parse_answer_grid(text, texts[number + 1]), question_index)
        ):
            found[number + 1] = grid
            heads.add(number)
        elif number not in found and (row := _resolve_pairs(parse_compact_answers(text), question_index)):
            (found if len(row) > 1 else lone)[number] = row
    if len(lone) > 1:
        found |= lone
    return found, heads


def _resolve_pairs(pairs: Sequence[NumberedAnswer], question_index: QuestionIndex) -> list[RowAnswer]:
    """The pairs as answers of objective questions; empty where a number is not that of exactly one such question."""
    answers = []
    for pair in pairs:
        nodes = question_index.by_path.get((str(pair.number),), [])
        if len(nodes) != 1 or get_shape(question_index.nodes[nodes[0]].question.type) is not AnswerShape.LABEL:
            return []
        answers.append(RowAnswer(nodes[0], pair.start, pair.end, pair.response))
    return answers
