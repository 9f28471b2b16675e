"""Lines cut at the labels in them: what stands between one believed label and the next."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.transcript import Line
from grade.answer import AnswerLine
from grade.sheet.answer_rows import answer_rows
from grade.sheet.answer_text import Fragment
from grade.sheet.cutting import Cut, Cutter
from grade.sheet.page_numbers import page_numbers, with_page_numbers
from grade.sheet.places import find_places, with_lists
from grade.sheet.sheet_lines import AsideLine
from grade.sheet.sheet_map import SheetMap


@dataclass(slots=True)
class Segment:
    """`node`: the question that its label names, UNKNOWN for one that the paper lacks, None for none. `cut` is
    the label. `doubtful`: something in it was nearly taken for another label, which stands in the fragment with
    the number `nearly`. `page_numbers`: those that stand in it, each with whether it is one for certain. `aside`:
    lines in it that were taken for no answer."""

    node: int | None
    cut: Cut | None
    fragments: list[Fragment] = field(default_factory=list)
    doubtful: bool = False
    nearly: int | None = None
    page_numbers: list[tuple[AnswerLine, bool]] = field(default_factory=list)
    aside: list[AsideLine] = field(default_factory=list)


def segments_of(lines: Sequence[AnswerLine], sheet_map: SheetMap, aside: Sequence[AsideLine] = ()) -> list[Segment]:
    """The lines in segments; the first of them is what stands before any label. `aside`: lines in which no label
    is sought."""
    rows, heads = answer_rows(lines, sheet_map)
    found = find_places(lines, {*rows, *heads})
    numbers = page_numbers(lines, found)
    cuts, nearly = Cutter(sheet_map, with_lists(with_page_numbers(found, numbers))).cuts()
    by_line: dict[int, list[Cut]] = {}
    for cut in cuts:
        by_line.setdefault(cut.place.line, []).append(cut)
    doubted = {place.line for place in nearly}
    segments = [Segment(None, None)]
    waiting = deque(aside)
    for number, line in enumerate(lines):
        while waiting and waiting[0].before <= number:
            _add_aside(waiting.popleft(), segments)
        for answer in rows.get(number, []):
            whole = _fragment(line, answer.start, answer.end, answer.start)
            segments.append(Segment(answer.node, None, [Fragment(whole.line, answer.said)]))
        if number in numbers and number not in by_line and not numbers[number].is_text:
            segments[-1].page_numbers.append((line, numbers[number].certain))
        elif number not in rows:
            _cut_line(line, by_line.get(number, []), segments)
        if number in doubted:
            segments[-1].doubtful = True
            if segments[-1].nearly is None:
                segments[-1].nearly = max(len(segments[-1].fragments) - 1, 0)
    for one in waiting:
        _add_aside(one, segments)
    return segments


def label_lefts(segments: Sequence[Segment]) -> list[float]:
    """Where across the page the labels stand that open a line."""
    labels = [
        s.fragments[0].line for s in segments if s.fragments and s.cut is not None and not s.cut.place.spot.inline
    ]
    return [label.line.box[0] for label in labels]


def _add_aside(one: AsideLine, segments: Sequence[Segment]) -> None:
    """Adds a line that was taken for no answer to the open segment. Below the first label a line of a form is an
    answer's unless it holds a name or a number, and then it still may be one."""
    if not one.in_head or not _is_below_a_label(one.line, segments):
        segments[-1].aside.append(one)
    elif one.certain:
        segments[-1].aside.append(replace(one, certain=False))
    else:
        segments[-1].fragments.append(_fragment(one.line, 0, len(one.line.line.text), 0))


def _is_below_a_label(line: AnswerLine, segments: Sequence[Segment]) -> bool:
    if len(segments) == 1 or not segments[1].fragments:
        return False
    label = segments[1].fragments[0].line
    return line.page > label.page or line.line.box[1] >= label.line.box[1]


def _cut_line(line: AnswerLine, cuts: Sequence[Cut], segments: list[Segment]) -> None:
    """Adds a line to the open segment, and a segment for each label in it."""
    text = line.line.text
    starts = [cut.place.spot.start for cut in cuts]
    if not starts or text[: starts[0]].strip():
        segments[-1].fragments.append(_fragment(line, 0, starts[0] if starts else len(text), 0))
    for cut, start, end in zip(cuts, starts, [*starts, len(text)][1:], strict=True):
        segments.append(Segment(cut.node, cut, [_fragment(line, start, end, cut.reading.end)]))


def _fragment(line: AnswerLine, start: int, end: int, said_from: int) -> Fragment:
    """The part of a line between two labels; `said_from` is where its own label ends."""
    whole = line.line.text
    said = whole[min(max(said_from, start), end) : end]
    if not whole or (start == 0 and end == len(whole)):
        return Fragment(line, said)
    left, top, width, height = line.line.box
    box = (left + width * start / len(whole), top, width * (end - start) / len(whole), height)
    piece = Line(whole[start:end], line.line.confidence, box, line.line.handwriting)
    return Fragment(AnswerLine(line.page, piece), said)
