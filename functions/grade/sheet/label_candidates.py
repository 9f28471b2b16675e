"""Where labels may stand on a sheet: each spot with what its surroundings say about it."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from grade.answer import AnswerLine
from grade.sheet.label_parser import LabelSpan, find_inline_labels, find_leading_label

_MAX_CANDIDATES = 4000
_MAX_LINE_LENGTH = 2000
_HALF_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xA0: " "}
_UNFINISHED = re.compile(
    r"(?:[=+×*/÷<>≈−–-]|\b(?:is|are|was|were|of|to|by|about|the|and|or|than|in|at|from|equals?|question))$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PageNumberEvidence:
    """A lone number at a page's head or foot.

    `evidence`: above 0 for a page number, below for a label, in the figures of `label_costs`. `certain`: more speaks
    for a page number, and the pages count with it, or it is this page's and stands where page numbers stand.
    `is_text`: should it be no label, it is the end of an answer. `beside_text`: a line stands on its row.
    """

    score: float
    certain: bool
    is_answer_text: bool
    shares_row: bool

    @property
    def label_penalty(self) -> float:
        return max(0.0, self.score)

    def skip_cost(self, usual: float) -> float:
        """What it costs to hold it for no label, where `usual` is what its look says."""
        return min(usual, max(0.0, 2.0 - self.score), usual if self.shares_row else 2.0)


@dataclass(frozen=True, slots=True)
class LabelCandidate:
    """A spot in the text of the sheet's line number `line`.

    `off`: how far right of the sheet's other labels it stands, as a fraction of the page. `hangs`: labels
    stand out to the left of all other lines, and so does this one. `listed`: it is an item of a list that
    starts at 1 inside an answer. `unfinished`: what is written before it breaks off ("= "). `page_number`: how
    much speaks for a page number there, where anything does.
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
        """Whether more speaks for a page number than for anything else, looking at the place alone."""
        return self.page_number is not None and self.page_number.score >= 1.0


def to_half_width(line: AnswerLine) -> str:
    """The line's text with every character in the place where it stands, so that cuts can be made in it."""
    return line.line.text[:_MAX_LINE_LENGTH].translate(_HALF_WIDTH)


def find_label_candidates(lines: Sequence[AnswerLine], without: Set[int] = frozenset()) -> list[LabelCandidate]:
    """Every spot that may be a label, in the order of the lines. `without`: lines in which none is sought."""
    found: list[LabelCandidate] = []
    before = ""
    for number, line in enumerate(lines):
        text = to_half_width(line)
        if number in without:
            before = text.rstrip()
            continue
        span = find_leading_label(text)
        if span is not None:
            found.append(LabelCandidate(number, span, text, follows_unfinished=bool(_UNFINISHED.search(before))))
        if span is None or not span.section:
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
    """Each place with where it stands beside the sheet's other labels and lines."""
    left_edges = sorted(lines[p.line].line.box[0] for p in candidates if p.span.skip_cost >= 2.5 and not p.span.inline)
    if not left_edges:
        return candidates
    usual = left_edges[len(left_edges) // 2]
    labelled = {p.line for p in candidates if not p.span.inline}
    others = [line.line.box[0] - usual for number, line in enumerate(lines) if number not in labelled]
    labels_outdented = len(others) >= 3 and sum(1 for indent in others if indent > 0.015) >= 0.75 * len(others)
    indents = [lines[p.line].line.box[0] - usual for p in candidates]
    return [
        replace(p, indent=max(0.0, indent), is_outdented=labels_outdented and not p.span.inline and indent < 0.012)
        for p, indent in zip(candidates, indents, strict=True)
    ]


def style_family(style: str) -> str:
    return "Q" if style == "Q" else "1"


def find_main_style(candidates: Sequence[LabelCandidate]) -> str:
    """Whether the sheet's numbers come with a word before them ("Q"), or alone ("1"), where that is clear."""
    number_format = find_main_format(candidates)
    return "" if number_format is None else number_format if number_format in ("Q", "1.1") else "1"


def find_main_format(candidates: Sequence[LabelCandidate]) -> str | None:
    """How the sheet's questions are labelled: "Q", or what is set around a number ("1)", "(1)", "1."); None where
    no way is clearly ahead. Lists inside answers start at 1 again and again, so different numbers are counted."""
    numbers: dict[str, set[str]] = {}
    for candidate in candidates:
        reading = min(candidate.span.readings, key=lambda reading: reading.cost)
        if candidate.span.inline or reading.relative or reading.style not in ("Q", "1)", "1", "1.1"):
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


_MIN_DISTINCT_NUMBERS = 3
_NUMBER_PUNCTUATION = re.compile(r"\s*([(\[{<]?)\s?[\dlIoOSsBZz|]{1,3}\s?([^\w\s]?)")


def _number_format(candidate: LabelCandidate) -> str:
    """How a number at a line's start is set."""
    if candidate.span.readings[0].style == "Q":
        return "Q"
    found = _NUMBER_PUNCTUATION.match(candidate.text)
    return f"{found[1]}1{found[2]}" if found else "1"


def mark_list_items(candidates: Sequence[LabelCandidate]) -> list[LabelCandidate]:
    """The places, those of lists inside answers marked: numbers that count from 1 in a way that is not the
    sheet's own, or that it has used before, or right behind a label. Page numbers interrupt no list."""
    own = find_main_format(candidates)
    marked = list(candidates)
    used: set[tuple[str, int]] = set()
    for run, opened in _group_counting_runs(candidates):
        counts = {count for item in run if (count := _parse_list_number(candidates[item])) is not None}
        foreign = own is not None and any(number_format != own for number_format, _ in counts)
        if opened or (len(run) > 1 and (foreign or counts <= used)):
            for item in run:
                marked[item] = replace(marked[item], is_list_item=True)
        used |= counts
    return marked


def _group_counting_runs(candidates: Sequence[LabelCandidate]) -> list[tuple[list[int], bool]]:
    """Plain numbers at line starts, gathered where they count up from 1 in one style; others stand alone."""
    runs: list[tuple[list[int], bool]] = []
    last: tuple[str, int] | None = None
    counting = False
    for index, candidate in enumerate(candidates):
        if candidate.is_page_number:
            continue
        count = _parse_list_number(candidate)
        opened = _list_format_after_label(candidate)
        if opened is not None:
            # The list's first item stands on the label's own line: "Q2) 1. …".
            runs.append(([], True))
            last, counting = (opened, 1), True
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


_FIRST_ITEM = re.compile(r"\s*(\(?)1([.)])(?!\d)\s*\S")


def _list_format_after_label(candidate: LabelCandidate) -> str | None:
    """How a list is set whose first item follows the label on its line, None where none does."""
    if candidate.span.inline:
        return None
    whole = max(
        (reading for reading in candidate.span.readings if reading.cost == 0),
        key=lambda reading: reading.end,
        default=None,
    ) or min(candidate.span.readings, key=lambda reading: reading.end)
    found = _FIRST_ITEM.match(candidate.text, whole.end)
    return f"{found[1]}1{found[2]}" if found else None


def _parse_list_number(candidate: LabelCandidate) -> tuple[str, int] | None:
    """How a plain number at a line's start is set, and its value."""
    reading = candidate.span.readings[0]
    if candidate.span.inline or reading.relative or reading.style not in ("1)", "1") or len(reading.path) != 1:
        return None
    return (_number_format(candidate), int(reading.path[0])) if reading.path[0].isdigit() else None
