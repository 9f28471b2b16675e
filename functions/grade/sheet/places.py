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
class Place:
    """A spot in the text of the sheet's line number `line`.

    `off`: how far right of the sheet's other labels it stands, as a fraction of the page. `hangs`: labels
    stand out to the left of all other lines, and so does this one. `listed`: it is an item of a list that
    starts at 1 inside an answer. `unfinished`: what is written before it breaks off ("= ").
    """

    line: int
    spot: Spot
    text: str
    off: float = 0.0
    hangs: bool = False
    listed: bool = False
    unfinished: bool = False


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
    return _with_lists(_aligned(found[:_MOST_SPOTS], lines))


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
    """Whether the sheet's numbers come with a word before them ("Q"), or alone ("1"), where most agree."""
    styles = [p.spot.readings[0].style for p in places if not p.spot.inline]
    said = [kind_of(style) for style in styles if style in ("Q", "1)", "1")]
    for style in ("Q", "1"):
        if len(said) >= 3 and said.count(style) >= 0.6 * len(said):
            return style
    return ""


def _with_lists(places: Sequence[Place]) -> list[Place]:
    """The places, those of lists inside answers marked: numbers that count from 1 in a style that is not the
    sheet's own, or that it has used before."""
    own = main_style(places)
    marked = list(places)
    used: set[tuple[str, int]] = set()
    for run in _runs(places):
        counts = {count for item in run if (count := _count(places[item])) is not None}
        foreign = bool(own) and any(kind_of(style) != own for style, _ in counts)
        if len(run) > 1 and (foreign or counts <= used):
            for item in run:
                marked[item] = replace(marked[item], listed=True)
        used |= counts
    return marked


def _runs(places: Sequence[Place]) -> list[list[int]]:
    """Plain numbers at line starts, gathered where they count up from 1 in one style; others stand alone."""
    runs: list[list[int]] = []
    last: tuple[str, int] | None = None
    for index, place in enumerate(places):
        count = _count(place)
        if count is None:
            continue
        if (
            last is not None
            and runs[-1]
            and count == (last[0], last[1] + 1)
            and _count(places[runs[-1][0]]) == (last[0], 1)
        ):
            runs[-1].append(index)
        else:
            runs.append([index])
        last = count
    return runs


def _count(place: Place) -> tuple[str, int] | None:
    """The style and value of a plain number at a line's start."""
    reading = place.spot.readings[0]
    if place.spot.inline or reading.relative or reading.style not in ("1)", "1") or len(reading.path) != 1:
        return None
    return (reading.style, int(reading.path[0])) if reading.path[0].isdigit() else None
