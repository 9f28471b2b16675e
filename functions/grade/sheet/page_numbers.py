"""Scores lone numbers at the head or foot of a page: page number or label.

Nothing is decided here. The score goes into the costs of the labels (`label_costs`), and the sheet as a whole decides
(`label_decoder`). Of the numbers that open no question, `is_answer_text` tells the end of an answer from a page number.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from grade.answer import AnswerLine
from grade.language.text_cleaning import clean_line
from grade.sheet.label_candidates import LabelCandidate, PageNumberEvidence, find_main_format

_LONE_NUMBER = re.compile(r"[\s.·|~]*(?P<open>[(\[]?)\s?(?P<number>\d{1,3})\s?(?P<close>[)\].:,]?)[\s.·|~]*")
_OF_PAGES = re.compile(r"\W*(?P<number>\d{1,3})\s*(?:/|of)\s*(?P<pages>\d{1,3})\W*", re.IGNORECASE)
_UNFINISHED = re.compile(r"[=+×*/÷<>≈−–-]\s*$")
_HEADER_LIMIT, _FOOTER_LIMIT = 0.06, 0.93
"""Above and below these, as a fraction of the page height, a number may be a page number by itself."""
_WIDE_HEADER_LIMIT, _WIDE_FOOTER_LIMIT = 0.1, 0.9
"""Above and below these it may be one if other pages have theirs at the same position."""
_MAX_OFFSET = 12
"""The largest plausible difference between a page's number and its position in the file (part of a longer book)."""


@dataclass(frozen=True, slots=True)
class _PageNumberCandidate:
    """A number at a page's head or foot. `form`: 1 with its punctuation. `page_count`: the 3 of "2/3", else None."""

    line: AnswerLine
    number: int
    form: str
    page_count: int | None

    @property
    def offset(self) -> int:
        """Its difference from the page's position in the file: the same for all page numbers of one file."""
        return self.number - self.line.page

    @property
    def at_foot(self) -> bool:
        return self.line.line.box[1] > 0.5


def find_page_numbers(
    lines: Sequence[AnswerLine], candidates: Sequence[LabelCandidate]
) -> dict[int, PageNumberEvidence]:
    """The evidence for page numbers, by line number. `candidates`: all label candidates of the sheet."""
    found = {number: one for number, line in enumerate(lines) if (one := _parse_page_number(line)) is not None}
    if not found:
        return {}
    others = [candidate for candidate in candidates if candidate.line not in found]
    scorer = _PageNumberScorer(lines, found, others)
    return {number: evidence for number in found if (evidence := scorer.score(number)) is not None}


def attach_page_numbers(
    candidates: Sequence[LabelCandidate], numbers: Mapping[int, PageNumberEvidence]
) -> list[LabelCandidate]:
    """The candidates, each with the evidence for a page number on its line."""
    return [
        replace(candidate, page_number=numbers[candidate.line])
        if candidate.line in numbers and not candidate.span.is_inline
        else candidate
        for candidate in candidates
    ]


def _parse_page_number(line: AnswerLine) -> _PageNumberCandidate | None:
    text = clean_line(line.line.text)
    _, top, _, height = line.line.box
    if len(text) > 16 or not (top + height < _WIDE_HEADER_LIMIT or top + height > _WIDE_FOOTER_LIMIT):
        return None
    if lone := _LONE_NUMBER.fullmatch(text):
        return _PageNumberCandidate(line, int(lone["number"]), f"{lone['open']}1{lone['close']}", None)
    if counted := _OF_PAGES.fullmatch(text):
        return _PageNumberCandidate(line, int(counted["number"]), "1/1", int(counted["pages"]))
    return None


class _PageNumberScorer:
    """Compares the numbers of one sheet with its pages, its labels and each other."""

    def __init__(
        self, lines: Sequence[AnswerLine], found: Mapping[int, _PageNumberCandidate], labels: Sequence[LabelCandidate]
    ) -> None:
        self._lines = lines
        self._found = found
        self._pages = max(line.page for line in lines)
        self._label_format = find_main_format(labels)
        self._labelled = any(candidate.span.skip_cost >= 2.5 and not candidate.span.is_inline for candidate in labels)
        left_edges = sorted(lines[candidate.line].line.box[0] for candidate in labels if not candidate.span.is_inline)
        self._label_column = left_edges[len(left_edges) // 2] if len(left_edges) > 1 else None
        self._written = [line for number, line in enumerate(lines) if number not in found]
        handwritten_count = sum(line.line.handwriting for line in self._written)
        self._is_handwritten = bool(self._written) and handwritten_count > 0.5 * len(self._written)

    def score(self, number: int) -> PageNumberEvidence | None:
        """The evidence for the number on line `number`; None where nothing indicates a page number."""
        one = self._found[number]
        left, top, width, height = one.line.line.box
        series = self._has_series(one)
        self_declared = one.page_count == self._pages > 1 and one.offset == 0
        if not series and not self_declared and (one.page_count or _HEADER_LIMIT <= top + height <= _FOOTER_LIMIT):
            return None
        shares_row = any(_is_on_same_row(one.line, other) for other in self._written)
        in_margin = left > 0.8 or abs(left + width / 2 - 0.5) < 0.08
        score = 4.0 if self_declared else 3.0 if series else 0.8 if one.offset == 0 else 0.0
        score += self._position_score(left, in_margin=in_margin) + self._appearance_score(one)
        score -= 2.0 if shares_row else 0.0
        unfinished = number > 0 and bool(_UNFINISHED.search(self._lines[number - 1].line.text))
        implausible = not series and not self_declared and abs(one.offset) > _MAX_OFFSET
        score -= 2.0 if implausible else 0.0
        return PageNumberEvidence(
            score,
            certain=score >= 1.0 and (series or self_declared or (one.offset == 0 and in_margin)),
            is_answer_text=shares_row or unfinished or implausible,
            shares_row=shares_row,
        )

    def _has_series(self, one: _PageNumberCandidate) -> bool:
        """Whether numbers at the same position increase with the pages, on most of the pages."""
        numbered_pages = {
            other.line.page
            for other in self._found.values()
            if other.page_count == one.page_count and _is_same_series(one, other)
        }
        return len(numbered_pages) >= max(2, self._pages / 2)

    def _position_score(self, left: float, *, in_margin: bool) -> float:
        """The score of the horizontal position: labels form a column, page numbers are centred or at the right."""
        score = 1.5 if in_margin else 0.0
        if self._label_column is not None:
            score += -1.5 if abs(left - self._label_column) < 0.03 else 1.0
        return score

    def _appearance_score(self, one: _PageNumberCandidate) -> float:
        """The score of the look: closed ("2."), in the labels' format, printed on a handwritten sheet."""
        closed = one.form[-1] != "1" and one.form[0] not in "(["
        score = -1.5 if closed else 0.0
        if self._label_format is not None and one.form == self._label_format:
            score -= 0.5
        elif self._label_format is not None and one.form == "1":
            score += 1.0
        if self._is_handwritten and not one.line.line.handwriting:
            score += 1.5
        if not self._labelled and self._written:
            # Without these numbers the sheet would have no labels at all.
            score -= 2.0
        return score


def _is_same_series(one: _PageNumberCandidate, other: _PageNumberCandidate) -> bool:
    """Whether two numbers increase with their pages at one position: on the same side, or left and right in turn."""
    if one.offset != other.offset or one.at_foot != other.at_foot:
        return False
    (left, top, width, _), (other_left, other_top, _, _) = one.line.line.box, other.line.line.box
    same, mirrored = abs(left - other_left) < 0.06, abs(left + width + other_left - 1.0) < 0.08
    return abs(top - other_top) < 0.04 and (same or mirrored)


def _is_on_same_row(one: AnswerLine, other: AnswerLine) -> bool:
    return one.page == other.page and is_same_row(one, other)


def is_same_row(one: AnswerLine, other: AnswerLine) -> bool:
    """Whether two lines of a page are on one row: the middle of each is within the height of the other."""
    (_, top, _, height), (_, other_top, _, other_height) = one.line.box, other.line.box
    middle, other_middle = top + height / 2, other_top + other_height / 2
    return top <= other_middle <= top + height and other_top <= middle <= other_top + other_height
