"""Where labels may stand on a sheet: each spot with what its surroundings say about it."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from grade.answer import AnswerLine
from grade.sheet.student_labels import Spot, inline_spots, opening_spot

_MOST_SPOTS = 4000
_LONGEST_LINE = 2000
_PLAIN = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xA0: " "}
_BREAKS_OFF = re.compile(
    r"(?:[=+×*/÷<>≈−–-]|\b(?:is|are|was|were|of|to|by|about|the|and|or|than|in|at|from|equals?|question))$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PageNumber:
    """A lone number at a page's head or foot.

    `evidence`: above 0 for a page number, below for a label, in the figures of `label_costs`. `certain`: more speaks
    for a page number, and the pages count with it, or it is this page's and stands where page numbers stand.
    `is_text`: should it be no label, it is the end of an answer. `beside_text`: a line stands on its row.
    """

    evidence: float
    certain: bool
    is_text: bool
    beside_text: bool

    @property
    def against_label(self) -> float:
        return max(0.0, self.evidence)

    def skip(self, usual: float) -> float:
        """What it costs to hold it for no label, where `usual` is what its look says."""
        return min(usual, max(0.0, 2.0 - self.evidence), usual if self.beside_text else 2.0)


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in the text of the sheet's line number `line`.

    `off`: how far right of the sheet's other labels it stands, as a fraction of the page. `hangs`: labels
    stand out to the left of all other lines, and so does this one. `listed`: it is an item of a list that
    starts at 1 inside an answer. `unfinished`: what is written before it breaks off ("= "). `page_number`: how
    much speaks for a page number there, where anything does.
    """

    line: int
    spot: Spot
    text: str
    off: float = 0.0
    hangs: bool = False
    listed: bool = False
    unfinished: bool = False
    page_number: PageNumber | None = None

    @property
    def is_page_number(self) -> bool:
        """Whether more speaks for a page number than for anything else, looking at the place alone."""
        return self.page_number is not None and self.page_number.evidence >= 1.0


def plain_text(line: AnswerLine) -> str:
    """The line's text with every character in the place where it stands, so that cuts can be made in it."""
    return line.line.text[:_LONGEST_LINE].translate(_PLAIN)


def find_places(lines: Sequence[AnswerLine], without: Set[int] = frozenset()) -> list[Place]:
    """Every spot that may be a label, in the order of the lines. `without`: lines in which none is sought."""
    found: list[Place] = []
    before = ""
    for number, line in enumerate(lines):
        text = plain_text(line)
        if number in without:
            before = text.rstrip()
            continue
        spot = opening_spot(text)
        if spot is not None:
            found.append(Place(number, spot, text, unfinished=bool(_BREAKS_OFF.search(before))))
        if spot is None or not spot.section:
            inner_from = min(reading.end for reading in spot.readings) if spot is not None else 0
            found += [
                Place(number, inner, text, unfinished=bool(_BREAKS_OFF.search(text[: inner.start].rstrip())))
                for inner in inline_spots(text, inner_from)
            ]
        before = text.rstrip()
        if len(found) > _MOST_SPOTS:
            break
    return _aligned(found[:_MOST_SPOTS], lines)


def _aligned(places: list[Place], lines: Sequence[AnswerLine]) -> list[Place]:
    """Each place with where it stands beside the sheet's other labels and lines."""
    lefts = sorted(lines[p.line].line.box[0] for p in places if p.spot.skip >= 2.5 and not p.spot.inline)
    if not lefts:
        return places
    usual = lefts[len(lefts) // 2]
    labelled = {p.line for p in places if not p.spot.inline}
    others = [line.line.box[0] - usual for number, line in enumerate(lines) if number not in labelled]
    hanging = len(others) >= 3 and sum(1 for off in others if off > 0.015) >= 0.75 * len(others)
    offs = [lines[p.line].line.box[0] - usual for p in places]
    return [
        replace(p, off=max(0.0, off), hangs=hanging and not p.spot.inline and off < 0.012)
        for p, off in zip(places, offs, strict=True)
    ]


def kind_of(style: str) -> str:
    return "Q" if style == "Q" else "1"


def main_style(places: Sequence[Place]) -> str:
    """Whether the sheet's numbers come with a word before them ("Q"), or alone ("1"), where that is clear."""
    hand = main_hand(places)
    return "" if hand is None else hand if hand in ("Q", "1.1") else "1"


def main_hand(places: Sequence[Place]) -> str | None:
    """How the sheet's questions are labelled: "Q", or what is set around a number ("1)", "(1)", "1."); None where
    no way is clearly ahead. Lists inside answers start at 1 again and again, so different numbers are counted."""
    numbers: dict[str, set[str]] = {}
    for place in places:
        reading = min(place.spot.readings, key=lambda reading: reading.cost)
        if place.spot.inline or reading.relative or reading.style not in ("Q", "1)", "1", "1.1"):
            continue
        if place.is_page_number:
            continue
        if reading.style == "1.1":
            numbers.setdefault("1.1", set()).add(".".join(reading.path))
        elif reading.style != "1" or re.match(r"\s*(?:$|[A-Z(\[])", place.text[reading.end :]):
            numbers.setdefault(_hand(place), set()).add(reading.path[0])
    for surest in ("Q", "1.1"):
        if len(numbers.get(surest, ())) >= _CLEAR:
            return surest
    ranked = sorted(numbers.items(), key=lambda item: -len(item[1]))
    if not ranked or len(ranked[0][1]) < _CLEAR or (len(ranked) > 1 and len(ranked[1][1]) > 0.75 * len(ranked[0][1])):
        return None
    return ranked[0][0]


_CLEAR = 3
_SET_AROUND = re.compile(r"\s*([(\[{<]?)\s?[\dlIoOSsBZz|]{1,3}\s?([^\w\s]?)")


def _hand(place: Place) -> str:
    """How a number at a line's start is set."""
    if place.spot.readings[0].style == "Q":
        return "Q"
    found = _SET_AROUND.match(place.text)
    return f"{found[1]}1{found[2]}" if found else "1"


def with_lists(places: Sequence[Place]) -> list[Place]:
    """The places, those of lists inside answers marked: numbers that count from 1 in a way that is not the
    sheet's own, or that it has used before, or right behind a label. Page numbers interrupt no list."""
    own = main_hand(places)
    marked = list(places)
    used: set[tuple[str, int]] = set()
    for run, opened in _runs(places):
        counts = {count for item in run if (count := _count(places[item])) is not None}
        foreign = own is not None and any(hand != own for hand, _ in counts)
        if opened or (len(run) > 1 and (foreign or counts <= used)):
            for item in run:
                marked[item] = replace(marked[item], listed=True)
        used |= counts
    return marked


def _runs(places: Sequence[Place]) -> list[tuple[list[int], bool]]:
    """Plain numbers at line starts, gathered where they count up from 1 in one style; others stand alone."""
    runs: list[tuple[list[int], bool]] = []
    last: tuple[str, int] | None = None
    counting = False
    for index, place in enumerate(places):
        if place.is_page_number:
            continue
        count = _count(place)
        opened = _opened_behind(place)
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


def _opened_behind(place: Place) -> str | None:
    """How a list is set whose first item follows the label on its line, None where none does."""
    if place.spot.inline:
        return None
    whole = max(
        (reading for reading in place.spot.readings if reading.cost == 0),
        key=lambda reading: reading.end,
        default=None,
    ) or min(place.spot.readings, key=lambda reading: reading.end)
    found = _FIRST_ITEM.match(place.text, whole.end)
    return f"{found[1]}1{found[2]}" if found else None


def _count(place: Place) -> tuple[str, int] | None:
    """How a plain number at a line's start is set, and its value."""
    reading = place.spot.readings[0]
    if place.spot.inline or reading.relative or reading.style not in ("1)", "1") or len(reading.path) != 1:
        return None
    return (_hand(place), int(reading.path[0])) if reading.path[0].isdigit() else None
