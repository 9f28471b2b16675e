"""Lone numbers at the head or foot of a page: how much speaks for a page number, and not for a label.

Nothing is decided here. What is found goes into the costs of the labels (`label_costs`), and the sheet as a whole
decides (`cutting`); of the numbers that open no question, `is_text` tells an answer's end from a page number.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from grade.answer import AnswerLine
from grade.sheet.places import PageNumber, Place, main_hand
from grade.words.plain import clean

_LONE = re.compile(r"[\s.·|~]*(?P<open>[(\[]?)\s?(?P<number>\d{1,3})\s?(?P<close>[)\].:,]?)[\s.·|~]*")
_OF_PAGES = re.compile(r"\W*(?P<number>\d{1,3})\s*(?:/|of)\s*(?P<pages>\d{1,3})\W*", re.IGNORECASE)
_BREAKS_OFF = re.compile(r"[=+×*/÷<>≈−–-]\s*$")
_HEAD, _FOOT = 0.06, 0.93
"""Above and below these, as a fraction of the page, a number may be a page number by itself."""
_WIDE_HEAD, _WIDE_FOOT = 0.1, 0.9
"""Above and below these it may be one where other pages have theirs at the same place."""
_FURTHEST = 12
"""By how much a page number may well differ from the place of the page in the file (a part of a longer book)."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A number at a page's head or foot. `counts`: that many pages are there, the number says so itself."""

    line: AnswerLine
    number: int
    form: str
    counts: int | None

    @property
    def offset(self) -> int:
        """The same for all page numbers of one file."""
        return self.number - self.line.page

    @property
    def at_foot(self) -> bool:
        return self.line.line.box[1] > 0.5


def page_numbers(lines: Sequence[AnswerLine], places: Sequence[Place]) -> dict[int, PageNumber]:
    """The lines that may be page numbers. `places`: every spot of the sheet that may be a label."""
    found = {number: one for number, line in enumerate(lines) if (one := _read(line)) is not None}
    if not found:
        return {}
    others = [place for place in places if place.line not in found]
    sheet = _Sheet(lines, found, others)
    return {number: judged for number in found if (judged := sheet.judged(number)) is not None}


def with_page_numbers(places: Sequence[Place], numbers: Mapping[int, PageNumber]) -> list[Place]:
    """The places, each with what speaks for a page number on its line."""
    return [
        replace(place, page_number=numbers[place.line]) if place.line in numbers and not place.spot.inline else place
        for place in places
    ]


def _read(line: AnswerLine) -> _Found | None:
    text = clean(line.line.text)
    _, top, _, height = line.line.box
    if len(text) > 16 or not (top + height < _WIDE_HEAD or top + height > _WIDE_FOOT):
        return None
    if lone := _LONE.fullmatch(text):
        return _Found(line, int(lone["number"]), f"{lone['open']}1{lone['close']}", None)
    if counted := _OF_PAGES.fullmatch(text):
        return _Found(line, int(counted["number"]), "1/1", int(counted["pages"]))
    return None


class _Sheet:
    """The numbers of one sheet held against its pages, its labels and each other."""

    def __init__(self, lines: Sequence[AnswerLine], found: Mapping[int, _Found], labels: Sequence[Place]) -> None:
        self._lines = lines
        self._found = found
        self._pages = max(line.page for line in lines)
        self._hand = main_hand(labels)
        self._labelled = any(place.spot.skip >= 2.5 and not place.spot.inline for place in labels)
        lefts = sorted(lines[place.line].line.box[0] for place in labels if not place.spot.inline)
        self._column = lefts[len(lefts) // 2] if len(lefts) > 1 else None
        self._written = [line for number, line in enumerate(lines) if number not in found]
        by_hand = sum(line.line.handwriting for line in self._written)
        self._by_hand = bool(self._written) and by_hand > 0.5 * len(self._written)

    def judged(self, number: int) -> PageNumber | None:
        """None where nothing speaks for a page number."""
        one = self._found[number]
        left, top, width, height = one.line.line.box
        series = self._series(one)
        itself = one.counts == self._pages > 1 and one.offset == 0
        if not series and not itself and (one.counts or _HEAD <= top + height <= _FOOT):
            return None
        beside = any(_on_one_row(one.line, other) for other in self._written)
        in_margin = left > 0.8 or abs(left + width / 2 - 0.5) < 0.08
        evidence = 4.0 if itself else 3.0 if series else 0.8 if one.offset == 0 else 0.0
        evidence += self._by_place(left, in_margin=in_margin) + self._by_look(one)
        evidence -= 2.0 if beside else 0.0
        unfinished = number > 0 and bool(_BREAKS_OFF.search(self._lines[number - 1].line.text))
        implausible = not series and not itself and abs(one.offset) > _FURTHEST
        evidence -= 2.0 if implausible else 0.0
        return PageNumber(
            evidence,
            certain=evidence >= 1.0 and (series or itself or (one.offset == 0 and in_margin)),
            is_text=beside or unfinished or implausible,
            beside_text=beside,
        )

    def _series(self, one: _Found) -> bool:
        """Whether numbers at the same place count with the pages, on most of the pages."""
        alike = {other.line.page for other in self._found.values() if other.counts == one.counts and _go_on(one, other)}
        return len(alike) >= max(2, self._pages / 2)

    def _by_place(self, left: float, *, in_margin: bool) -> float:
        """What the place across the page says: the labels stand in a column, page numbers in the middle or at right."""
        evidence = 1.5 if in_margin else 0.0
        if self._column is not None:
            evidence += -1.5 if abs(left - self._column) < 0.03 else 1.0
        return evidence

    def _by_look(self, one: _Found) -> float:
        """What its look says beside the sheet's labels: closed ("2."), of the same hand, printed among handwriting."""
        closed = one.form[-1] != "1" and one.form[0] not in "(["
        evidence = -1.5 if closed else 0.0
        if self._hand is not None and one.form == self._hand:
            evidence -= 0.5
        elif self._hand is not None and one.form == "1":
            evidence += 1.0
        if self._by_hand and not one.line.line.handwriting:
            evidence += 1.5
        if not self._labelled and self._written:
            # Without these numbers nothing on the sheet would have a label.
            evidence -= 2.0
        return evidence


def _go_on(one: _Found, other: _Found) -> bool:
    """Whether two numbers count with their pages from the same place: the same side, or left and right by turns."""
    if one.offset != other.offset or one.at_foot != other.at_foot:
        return False
    (left, top, width, _), (other_left, other_top, _, _) = one.line.line.box, other.line.line.box
    same, mirrored = abs(left - other_left) < 0.06, abs(left + width + other_left - 1.0) < 0.08
    return abs(top - other_top) < 0.04 and (same or mirrored)


def _on_one_row(one: AnswerLine, other: AnswerLine) -> bool:
    return one.page == other.page and same_row(one, other)


def same_row(one: AnswerLine, other: AnswerLine) -> bool:
    """Whether two lines of a page stand beside each other: the middle of each is within the height of the other."""
    (_, top, _, height), (_, other_top, _, other_height) = one.line.box, other.line.box
    middle, other_middle = top + height / 2, other_top + other_height / 2
    return top <= other_middle <= top + height and other_top <= middle <= other_top + other_height
