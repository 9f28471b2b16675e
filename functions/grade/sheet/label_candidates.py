"""Finds the label candidates of a sheet: stretches of text that may be a label, with evidence from their context."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from grade.answer import AnswerLine
from grade.sheet.label_parser import LabelSpan, find_inline_labels, find_leading_label

_MAX_CANDIDATES = 4000
_MAX_LINE_LENGTH = 2000
_MIN_DISTINCT_NUMBERS = 3
_HALF_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xA0: " "}
_UNFINISHED = re.compile(
    r"(?:[=+×*/÷<>≈−–-]|\b(?:is|are|was|were|of|to|by|about|the|and|or|than|in|at|from|equals?|question))$",
    re.IGNORECASE,
)
"""The end of a text that breaks off, so that a number after it is its continuation."""
_NUMBER_PUNCTUATION = re.compile(r"\s*([(\[{<]?)\s?[\dlIoOSsBZz|]{1,3}\s?([^\w\s]?)")
_FIRST_ITEM = re.compile(r"\s*(\(?)1([.)])(?!\d)\s*\S")


@dataclass(frozen=True, slots=True)
class PageNumberEvidence:
    """How likely a lone number at a page's head or foot is a page number.

    `score`: above 0 for a page number, below 0 for a label, on the scale of `label_costs`. `certain`: the score is for
    a page number, and either it increases with the pages or it is this page's number where page numbers are printed.
    `is_answer_text`: if it is no label, it is the end of an answer. `shares_row`: another line is on its row.
    """

    score: float
    certain: bool
    is_answer_text: bool
    shares_row: bool

    @property
    def label_penalty(self) -> float:
        return max(0.0, self.score)

    def skip_cost(self, usual: float) -> float:
        """The cost of taking it for no label. `usual`: the same cost by its look alone."""
        return min(usual, max(0.0, 2.0 - self.score), usual if self.shares_row else 2.0)


@dataclass(frozen=True, slots=True)
class LabelCandidate:
    """A stretch of the text of the sheet's line number `line` that may be a label.

    `indent`: its distance to the right of the sheet's other labels, as a fraction of the page width. `is_outdented`:
    the sheet's labels are to the left of all other lines, and so is this one. `is_list_item`: it is an item of a list
    inside an answer, which starts at 1. `follows_unfinished`: the text before it breaks off ("= "). `page_number`: the
    evidence for a page number, None where there is none.
    """

    line: int
    span: LabelSpan
    text: str
    indent: float = 0.0
    is_outdented: bool = False
    is_list_item: bool = False
    follows_unfinished: bool = False
    page_number: PageNumberEvidence | None = None

    @property
    def is_page_number(self) -> bool:
        """Whether a page number is the likeliest, by this number's evidence alone."""
        return self.page_number is not None and self.page_number.score >= 1.0


def to_half_width(line: AnswerLine) -> str:
    """The line's text with half-width characters. Positions in it are positions in the line's own text."""
    return line.line.text[:_MAX_LINE_LENGTH].translate(_HALF_WIDTH)


def find_label_candidates(lines: Sequence[AnswerLine], skipped: Set[int] = frozenset()) -> list[LabelCandidate]:
    """All label candidates, in the order of the lines. `skipped`: numbers of the lines that are not searched."""
    found: list[LabelCandidate] = []
    before = ""
    for number, line in enumerate(lines):
        text = to_half_width(line)
        if number in skipped:
            before = text.rstrip()
            continue
        span = find_leading_label(text)
        if span is not None:
            found.append(LabelCandidate(number, span, text, follows_unfinished=bool(_UNFINISHED.search(before))))
        if span is None or not span.is_section:
            inner_from = min(reading.end for reading in span.readings) if span is not None else 0
            found += [
                LabelCandidate(
                    number, inner, text, follows_unfinished=bool(_UNFINISHED.search(text[: inner.start].rstrip()))
                )
                for inner in find_inline_labels(text, inner_from)
            ]
        before = text.rstrip()
        if len(found) > _MAX_CANDIDATES:
            break
    return _add_alignment(found[:_MAX_CANDIDATES], lines)


def _add_alignment(candidates: list[LabelCandidate], lines: Sequence[AnswerLine]) -> list[LabelCandidate]:
    """The candidates with their position relative to the sheet's other labels and lines."""
    at_line_start = [candidate for candidate in candidates if not candidate.span.is_inline]
    left_edges = sorted(lines[one.line].line.box[0] for one in at_line_start if one.span.skip_cost >= 2.5)
    if not left_edges:
        return candidates
    usual = left_edges[len(left_edges) // 2]
    labelled = {candidate.line for candidate in at_line_start}
    others = [line.line.box[0] - usual for number, line in enumerate(lines) if number not in labelled]
    labels_outdented = len(others) >= 3 and sum(1 for indent in others if indent > 0.015) >= 0.75 * len(others)
    indents = [lines[candidate.line].line.box[0] - usual for candidate in candidates]
    return [
        replace(
            candidate,
            indent=max(0.0, indent),
            is_outdented=labels_outdented and not candidate.span.is_inline and indent < 0.012,
        )
        for candidate, indent in zip(candidates, indents, strict=True)
    ]


def style_family(style: str) -> str:
    return "Q" if style == "Q" else "1"


def find_main_style(candidates: Sequence[LabelCandidate]) -> str:
    """How the sheet numbers its questions: with a word ("Q"), alone ("1") or dotted ("1.1"); "" where unclear."""
    number_format = find_main_format(candidates)
    return "" if number_format is None else number_format if number_format in ("Q", "1.1") else "1"


def find_main_format(candidates: Sequence[LabelCandidate]) -> str | None:
    """The format of most of the sheet's labels: "Q", "1.1", or a number with its punctuation ("1)", "(1)", "1.").

    None where no format is clearly ahead. Distinct numbers are counted, because every list inside an answer starts at 1
    again.
    """
    numbers: dict[str, set[str]] = {}
    for candidate in candidates:
        reading = min(candidate.span.readings, key=lambda reading: reading.cost)
        if candidate.span.is_inline or reading.is_relative or reading.style not in ("Q", "1)", "1", "1.1"):
            continue
        if candidate.is_page_number:
            continue
        if reading.style == "1.1":
            numbers.setdefault("1.1", set()).add(".".join(reading.path))
        elif reading.style != "1" or re.match(r"\s*(?:$|[A-Z(\[])", candidate.text[reading.end :]):
            numbers.setdefault(_number_format(candidate), set()).add(reading.path[0])
    for surest in ("Q", "1.1"):
        if len(numbers.get(surest, ())) >= _MIN_DISTINCT_NUMBERS:
            return surest
    ranked = sorted(numbers.items(), key=lambda item: -len(item[1]))
    if (
        not ranked
        or len(ranked[0][1]) < _MIN_DISTINCT_NUMBERS
        or (len(ranked) > 1 and len(ranked[1][1]) > 0.75 * len(ranked[0][1]))
    ):
        return None
    return ranked[0][0]


def _number_format(candidate: LabelCandidate) -> str:
    """The format of a number at the start of a line, as in `find_main_format`."""
    if candidate.span.readings[0].style == "Q":
        return "Q"
    found = _NUMBER_PUNCTUATION.match(candidate.text)
    return f"{found[1]}1{found[2]}" if found else "1"


def mark_list_items(candidates: Sequence[LabelCandidate]) -> list[LabelCandidate]:
    """The candidates, with the items of lists inside answers marked.

    A list counts from 1 in a format that is not the sheet's main one, repeats numbers that were used before, or starts
    directly after a label. Page numbers do not interrupt a list.
    """
    main_format = find_main_format(candidates)
    marked = list(candidates)
    used: set[tuple[str, int]] = set()
    for run, follows_label in _group_counting_runs(candidates):
        counts = {count for item in run if (count := _parse_list_number(candidates[item])) is not None}
        foreign = main_format is not None and any(number_format != main_format for number_format, _ in counts)
        if follows_label or (len(run) > 1 and (foreign or counts <= used)):
            for item in run:
                marked[item] = replace(marked[item], is_list_item=True)
        used |= counts
    return marked


def _group_counting_runs(candidates: Sequence[LabelCandidate]) -> list[tuple[list[int], bool]]:
    """Runs of plain numbers at line starts that count up from 1 in one format, as indexes of candidates.

    The flag of a run: its first item directly follows a label. A number that continues no run is a run of its own.
    """
    runs: list[tuple[list[int], bool]] = []
    last: tuple[str, int] | None = None
    counting = False
    for index, candidate in enumerate(candidates):
        if candidate.is_page_number:
            continue
        count = _parse_list_number(candidate)
        format_after_label = _list_format_after_label(candidate)
        if format_after_label is not None:
            # The list's first item is on the label's own line: "Q2) 1. …".
            runs.append(([], True))
            last, counting = (format_after_label, 1), True
            continue
        if count is None:
            continue
        if last is not None and counting and count == (last[0], last[1] + 1):
            runs[-1][0].append(index)
        else:
            runs.append(([index], False))
            counting = count[1] == 1
        last = count
    return runs


def _list_format_after_label(candidate: LabelCandidate) -> str | None:
    """The format of a list whose first item follows the label on its line; None where there is none."""
    if candidate.span.is_inline:
        return None
    whole = max(
        (reading for reading in candidate.span.readings if reading.cost == 0),
        key=lambda reading: reading.end,
        default=None,
    ) or min(candidate.span.readings, key=lambda reading: reading.end)
    found = _FIRST_ITEM.match(candidate.text, whole.end)
    return f"{found[1]}1{found[2]}" if found else None


def _parse_list_number(candidate: LabelCandidate) -> tuple[str, int] | None:
    """The format and the value of a plain number at the start of a line; None for any other candidate."""
    reading = candidate.span.readings[0]
    if candidate.span.is_inline or reading.is_relative or reading.style not in ("1)", "1") or len(reading.path) != 1:
        return None
    return (_number_format(candidate), int(reading.path[0])) if reading.path[0].isdigit() else None
