"""Splits the lines of a sheet or an answer key into segments: the text from one accepted label to the next."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.models.assessment import QuestionType
from core.models.transcript import Line
from grade.answer import AnswerLine
from grade.scheme.compact_answers import NumberedAnswer, parse_answer_grid, parse_compact_answers
from grade.sheet.answer_text import Fragment
from grade.sheet.label_candidates import find_label_candidates, mark_list_items, to_half_width
from grade.sheet.label_decoder import DecodedLabel, LabelDecoder
from grade.sheet.line_classifier import ExcludedLine
from grade.sheet.page_numbers import attach_page_numbers, find_page_numbers
from grade.sheet.question_index import QuestionIndex


@dataclass(slots=True)
class Segment:
    """A label and the text that follows it; the first segment of a sheet has no label.

    `node`: the question that its label names, NO_SUCH_QUESTION for one that the paper lacks, None without a label or
    for a section's heading. `doubtful`: something in it was nearly taken for another label; `near_miss` is the index of
    the fragment with the first such candidate. `page_numbers`: the lines taken for page numbers, each with whether that
    is certain. `excluded`: the lines taken for no part of an answer.
    """

    node: int | None
    decoded_label: DecodedLabel | None
    fragments: list[Fragment] = field(default_factory=list)
    doubtful: bool = False
    near_miss: int | None = None
    page_numbers: list[tuple[AnswerLine, bool]] = field(default_factory=list)
    excluded: list[ExcludedLine] = field(default_factory=list)


def split_into_segments(
    lines: Sequence[AnswerLine], question_index: QuestionIndex, excluded: Sequence[ExcludedLine] = ()
) -> list[Segment]:
    """Splits the lines into segments, the first of which is the text before any label.

    `excluded`: lines that are not searched for labels; each is added to the segment in which it is.
    """
    rows, heads = find_answer_rows(lines, question_index)
    found = find_label_candidates(lines, {*rows, *heads})
    numbers = find_page_numbers(lines, found)
    decoded_labels, near_misses = LabelDecoder(
        question_index, mark_list_items(attach_page_numbers(found, numbers))
    ).decode()
    by_line: dict[int, list[DecodedLabel]] = {}
    for decoded_label in decoded_labels:
        by_line.setdefault(decoded_label.candidate.line, []).append(decoded_label)
    near_miss_lines = {candidate.line for candidate in near_misses}
    segments = [Segment(None, None)]
    pending = deque(excluded)
    for number, line in enumerate(lines):
        while pending and pending[0].position <= number:
            _add_excluded_line(pending.popleft(), segments)
        for answer in rows.get(number, []):
            whole = _make_fragment(line, answer.start, answer.end, answer.start)
            segments.append(Segment(answer.node, None, [Fragment(whole.line, answer.response)]))
        if number in numbers and number not in by_line and not numbers[number].is_answer_text:
            segments[-1].page_numbers.append((line, numbers[number].certain))
        elif number not in rows:
            _split_line(line, by_line.get(number, []), segments)
        if number in near_miss_lines:
            segments[-1].doubtful = True
            if segments[-1].near_miss is None:
                segments[-1].near_miss = max(len(segments[-1].fragments) - 1, 0)
    for one in pending:
        _add_excluded_line(one, segments)
    return segments


def label_left_edges(segments: Sequence[Segment]) -> list[float]:
    """The left edges, as a fraction of the page width, of the labels at the start of a line."""
    labels = [
        s.fragments[0].line
        for s in segments
        if s.fragments and s.decoded_label is not None and not s.decoded_label.candidate.span.is_inline
    ]
    return [label.line.box[0] for label in labels]


def _add_excluded_line(one: ExcludedLine, segments: Sequence[Segment]) -> None:
    """Adds an excluded line to the open segment.

    Below the first label a line of a form belongs to the answer unless it holds a name or a number; then it is excluded
    without certainty.
    """
    if not one.in_header or not _is_below_a_label(one.line, segments):
        segments[-1].excluded.append(one)
    elif one.certain:
        segments[-1].excluded.append(replace(one, certain=False))
    else:
        segments[-1].fragments.append(_make_fragment(one.line, 0, len(one.line.line.text), 0))


def _is_below_a_label(line: AnswerLine, segments: Sequence[Segment]) -> bool:
    if len(segments) == 1 or not segments[1].fragments:
        return False
    label = segments[1].fragments[0].line
    return line.page > label.page or line.line.box[1] >= label.line.box[1]


def _split_line(line: AnswerLine, decoded_labels: Sequence[DecodedLabel], segments: list[Segment]) -> None:
    """Adds a line to the open segment, and a new segment for each label in it."""
    text = line.line.text
    starts = [decoded_label.candidate.span.start for decoded_label in decoded_labels]
    if not starts or text[: starts[0]].strip():
        segments[-1].fragments.append(_make_fragment(line, 0, starts[0] if starts else len(text), 0))
    for decoded_label, start, end in zip(decoded_labels, starts, [*starts, len(text)][1:], strict=True):
        segments.append(
            Segment(decoded_label.node, decoded_label, [_make_fragment(line, start, end, decoded_label.reading.end)])
        )


def _make_fragment(line: AnswerLine, start: int, end: int, response_start: int) -> Fragment:
    """The part of a line from `start` to `end`, between two labels; its own label ends at `response_start`."""
    whole = line.line.text
    response = whole[min(max(response_start, start), end) : end]
    if not whole or (start == 0 and end == len(whole)):
        return Fragment(line, response)
    left, top, width, height = line.line.box
    box = (left + width * start / len(whole), top, width * (end - start) / len(whole), height)
    piece = Line(whole[start:end], line.line.confidence, box, line.line.handwriting)
    return Fragment(AnswerLine(line.page, piece), response)


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """One answer in a row of answers: its node, its stretch of the line's text, and the response in it."""

    node: int
    start: int
    end: int
    response: str


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
        if len(nodes) != 1 or question_index.nodes[nodes[0]].question.type not in (
            QuestionType.CHOICE,
            QuestionType.TRUE_FALSE,
        ):
            return []
        answers.append(RowAnswer(nodes[0], pair.start, pair.end, pair.response))
    return answers
