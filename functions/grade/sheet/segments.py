"""Cuts the lines of a sheet or an answer key into segments: the text from one accepted label to the next."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.models.transcript import Line
from grade.answer import AnswerLine
from grade.sheet.fragments import Fragment, make_fragment
from grade.sheet.label_decoder import DecodedLabel
from grade.sheet.labels import SheetLabels, find_labels
from grade.sheet.line_classifier import ExcludedLine
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


def split_into_segments(lines: Sequence[AnswerLine], question_index: QuestionIndex) -> list[Segment]:
    """Finds the labels of the lines and cuts the lines at them."""
    return cut_at_labels(lines, find_labels(lines, question_index))


def cut_at_labels(
    lines: Sequence[AnswerLine], labels: SheetLabels, excluded: Sequence[ExcludedLine] = ()
) -> list[Segment]:
    """Cuts the lines into segments, the first of which is the text before any label.

    `excluded`: lines that were not searched for labels; each is added to the segment in which it is.
    """
    segments = [Segment(None, None)]
    pending = deque(excluded)
    for number, line in enumerate(lines):
        while pending and pending[0].position <= number:
            _add_excluded_line(pending.popleft(), segments)
        for answer in labels.rows.get(number, []):
            cut = _cut_fragment(line, answer.start, answer.end, answer.start)
            segments.append(Segment(answer.node, None, [make_fragment(cut.line, answer.response)]))
        if labels.is_page_number(number):
            segments[-1].page_numbers.append((line, labels.page_numbers[number].certain))
        elif number not in labels.rows:
            _split_line(line, labels.decoded.get(number, []), segments)
        if number in labels.near_miss_lines:
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
        segments[-1].fragments.append(make_fragment(one.line))


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
        segments[-1].fragments.append(_cut_fragment(line, 0, starts[0] if starts else len(text), 0))
    for decoded_label, start, end in zip(decoded_labels, starts, [*starts, len(text)][1:], strict=True):
        segments.append(
            Segment(decoded_label.node, decoded_label, [_cut_fragment(line, start, end, decoded_label.reading.end)])
        )


def _cut_fragment(line: AnswerLine, start: int, end: int, response_start: int) -> Fragment:
    """The part of a line from `start` to `end`, between two labels; its own label ends at `response_start`."""
    whole = line.line.text
    response = whole[min(max(response_start, start), end) : end]
    if not whole or (start == 0 and end == len(whole)):
        return make_fragment(line, response)
    left, top, width, height = line.line.box
    box = (left + width * start / len(whole), top, width * (end - start) / len(whole), height)
    piece = Line(whole[start:end], line.line.confidence, box, line.line.handwriting)
    return make_fragment(AnswerLine(line.page, piece), response)
