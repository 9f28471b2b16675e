"""Which spots on a sheet are labels and what they mean: the cheapest story that explains them all.

Each spot may be a label (in one of its readings) or no label at all. A story costs little when labels are
clear, come in the paper's order and answer each question once; it costs more for a misread letter, a jump,
a question answered twice. Stories are followed side by side (a beam), the cheapest one wins, and where the
second choice at a spot was nearly as cheap, the cut is marked as doubtful.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.labels import Path
from grade.sheet.label_costs import AGAIN, Costs
from grade.sheet.places import Place
from grade.sheet.sheet_map import Node, SheetMap
from grade.sheet.student_labels import Reading

UNKNOWN = -2
_WIDTH = 24
_AHEAD = 40
_DOUBT = 0.5
_LOCAL_DOUBT = 1.0
_MOST_SECOND_LOOKS = 24
_WORK = 60_000


@dataclass(frozen=True, slots=True)
class Cut:
    """A label that was believed. `node`: what it opens, UNKNOWN for a question that the paper does not have,
    None for a section's heading. `doubtful`: another story was nearly as good. `misread`: letters had to be
    taken for others, out of order."""

    place: Place
    reading: Reading
    node: int | None
    doubtful: bool = False
    misread: bool = False


@dataclass(frozen=True, slots=True)
class _Story:
    cost: float
    current: int | None
    visited: int
    section: Path | None
    before: "_Story | None"
    cut: Cut | None
    covered: tuple[int, int] = (-1, 0)
    """The line of the last believed label, and where the label ends in it: no other starts before that."""


@dataclass(frozen=True, slots=True)
class _Choice:
    cost: float
    node: int | None
    reading: Reading | None
    jump: float


class Cutter:
    """Cuts one sheet."""

    def __init__(self, sheet_map: SheetMap, places: Sequence[Place]) -> None:
        self._map = sheet_map
        self._places = places
        self._costs = Costs(places)
        self._width = max(3, min(_WIDTH, _WORK // max(len(places), 1)))
        self._known: dict[tuple[int, int | None, Path | None], list[_Choice]] = {}

    def cuts(self) -> tuple[list[Cut], list[Place]]:
        """The believed labels in order, and the places that were nearly taken for labels."""
        beams = [[_Story(0.0, None, 0, None, None, None)]]
        for index in range(len(self._places)):
            beams.append(self._grown(beams[-1], index))
        steps = _steps(beams[-1][0])
        cuts: list[Cut] = []
        nearly: list[Place] = []
        looks = _MOST_SECOND_LOOKS
        for index, (before, step, place) in enumerate(zip(steps, steps[1:], self._places, strict=False)):
            close = self._is_close(before, step, index)
            if close and looks > 0:
                looks -= 1
                close = self._is_close_later(beams, steps, index)
            if step.cut is not None:
                cuts.append(replace(step.cut, doubtful=close))
            elif close and not _is_page_number(place):
                nearly.append(place)
        return cuts, nearly + [place for place in self._fillers(steps) if place not in nearly]

    def _fillers(self, steps: list[_Story]) -> list[Place]:
        """Places taken for no label that would name the very question which the sheet leaves out there."""
        answered = steps[-1].visited
        found: list[Place] = []
        for step, place in zip(steps[1:], self._places, strict=True):
            current = self._open(step)
            if step.cut is not None or place.spot.inline or place.spot.section or current is None:
                continue
            if _is_page_number(place):
                continue
            if (place.line, place.spot.start) < step.covered:
                continue
            found += [place] if any(self._fills(reading, current, answered) for reading in place.spot.readings) else []
        return found

    def _fills(self, reading: Reading, current: Node, answered: int) -> bool:
        """Whether it names the question after the open one, of which nothing is answered."""
        if reading.relative:
            meant = self._map.relative(current.index, reading.path)
            nodes = [] if meant is None else [meant]
        else:
            nodes = self._map.by_path.get(reading.path, [])
        last = current.leaves[-1]
        return any(
            self._map.nodes[node].leaves[0] == last + 1 and not self._map.nodes[node].bits & answered for node in nodes
        )

    def _is_close(self, before: _Story, step: _Story, index: int) -> bool:
        """Whether another choice at this place costs hardly more, looking no further ahead."""
        others = [choice.cost for choice in self._choices(before, index) if not _same(choice, step)]
        return bool(others) and min(others) - (step.cost - before.cost) < _LOCAL_DOUBT

    def _is_close_later(self, beams: list[list[_Story]], steps: list[_Story], index: int) -> bool:
        """Whether the best story that chooses otherwise at this place is still nearly as cheap further on."""
        stories = self._grown(beams[index], index, refused=steps[index + 1])
        ahead = min(index + 1 + _AHEAD, len(self._places))
        for later in range(index + 1, ahead):
            stories = self._grown(stories, later)
        return bool(stories) and stories[0].cost - steps[ahead].cost < _DOUBT

    def _grown(self, stories: list[_Story], index: int, refused: _Story | None = None) -> list[_Story]:
        """The cheapest stories one place further; `refused` takes a choice that may not be made there."""
        grown: dict[tuple[object, ...], _Story] = {}
        for story in stories:
            for choice in self._choices(story, index):
                if refused is not None and _same(choice, refused):
                    continue
                following = self._told(story, choice, self._places[index])
                key = (following.current, following.visited, following.section, following.covered)
                if key not in grown or following.cost < grown[key].cost:
                    grown[key] = following
        return sorted(grown.values(), key=lambda story: story.cost)[: self._width]

    def _told(self, story: _Story, choice: _Choice, place: Place) -> _Story:
        """The story with this choice made at its next place."""
        cost, reading = story.cost + choice.cost, choice.reading
        if reading is None:
            return _Story(cost, story.current, story.visited, story.section, story, None, story.covered)
        if place.spot.section:
            section = self._map.section(reading.path[0])
            return _Story(cost, None, story.visited, section, story, Cut(place, reading, None))
        node = choice.node if choice.node is not None else UNKNOWN
        answers = self._map.nodes[node].bits if node >= 0 and self._map.nodes[node].is_leaf else 0
        cut = Cut(place, reading, node, misread=reading.cost >= 0.5 and choice.jump > 0)
        covered = (place.line, reading.end)
        return _Story(cost, node, story.visited | answers, story.section, story, cut, covered)

    def _choices(self, story: _Story, index: int) -> list[_Choice]:
        place = self._places[index]
        if place.line == story.covered[0] and place.spot.start < story.covered[1]:
            return [_Choice(0.0, None, None, 0.0)]
        key = (index, story.current, story.section)
        if key not in self._known:
            self._known[key] = self._offers(story, place)
        return [self._with_repeats(choice, story.visited) for choice in self._known[key]]

    def _with_repeats(self, choice: _Choice, visited: int) -> _Choice:
        """The choice with what it costs to come back to questions that have an answer."""
        if choice.node is None or choice.node < 0 or self._map.nodes[choice.node].bits & ~visited:
            return choice
        return _Choice(choice.cost + AGAIN, choice.node, choice.reading, choice.jump + AGAIN)

    def _offers(self, story: _Story, place: Place) -> list[_Choice]:
        """What the place may be while this question and section are open, whatever was answered before."""
        spot = place.spot
        if spot.section:
            known = self._map.section(spot.readings[0].path[0]) is not None
            return [_Choice(0.0, None, spot.readings[0] if known else None, 0.0)]
        meanings = [choice for reading in spot.readings for choice in self._meanings(story, place, reading)]
        kept = [choice for choice in meanings if not self._is_outdone(choice, meanings)]
        return [_Choice(self._costs.skip(place, self._open(story)), None, None, 0.0), *kept]

    def _open(self, story: _Story) -> Node | None:
        """The question that a story has open."""
        return self._map.nodes[story.current] if story.current is not None and story.current >= 0 else None

    def _is_outdone(self, choice: _Choice, others: list[_Choice]) -> bool:
        """Whether it opens a group where the label goes on to name one of the group's parts."""
        if choice.node is None or choice.node < 0 or self._map.nodes[choice.node].is_leaf:
            return False
        bits = self._map.nodes[choice.node].bits
        steps = len(choice.reading.path) if choice.reading else 0
        if any(o.node == UNKNOWN and o.reading is not None and len(o.reading.path) > steps for o in others):
            return True
        return any(
            other.node is not None
            and other.node >= 0
            and other.node != choice.node
            and self._map.nodes[other.node].bits & ~bits == 0
            and other.cost < choice.cost + 1.5
            for other in others
        )

    def _meanings(self, story: _Story, place: Place, reading: Reading) -> list[_Choice]:
        """What a reading may mean in this story, with what each meaning costs."""
        current = self._open(story)
        written = reading.cost + self._costs.against(place, reading, current)
        if reading.relative:
            node = self._map.relative(current.index if current else None, reading.path)
            outer = self._outer(place, reading)
            meant = ([] if node is None else [node]) + [found for found in outer if found != node]
            if meant:
                return [
                    self._meaning(story, place, reading, found, written + (0.0 if found == node else 0.4))
                    for found in meant
                ]
            goes_on = self._map.lacks_part(current.index if current else None, reading.path) and reading.cost == 0
            return [_Choice(written + 1.2, UNKNOWN, reading, 0.0)] if goes_on else []
        found = self._map.by_path.get(reading.path, [])
        inside = self._map.relative(current.index, reading.path) if current else None
        if inside is not None and inside not in found:
            # (2) under B, whose parts bear numbers.
            going_on = -0.8 if place.listed and self._costs.jump(current, self._map.nodes[inside]) == 0 else 0.0
            inner = [self._meaning(story, place, reading, inside, written + going_on)]
        else:
            inner = []
        if not found and inner:
            return inner
        if not found:
            if self._is_longer_than_a_leaf(reading) or place.spot.skip < 2.5 or reading.cost > 0:
                return []
            return [_Choice(written + 2.0, UNKNOWN, reading, 0.0)]
        return inner + [
            self._meaning(story, place, reading, node, written + (0.0 if self._in_section(story, node) else 1.5))
            for node in found
        ]

    def _outer(self, place: Place, reading: Reading) -> list[int]:
        """The questions that capitals or Roman numbers name where the paper numbers its questions so."""
        if not re.match(r"\W*[A-Z]", place.text[place.spot.start : reading.end]):
            return []
        return [n for n in self._map.by_path.get(reading.path, []) if self._map.nodes[n].path == reading.path]

    def _meaning(self, story: _Story, place: Place, reading: Reading, index: int, written: float) -> _Choice:
        current, node = self._open(story), self._map.nodes[index]
        jump = self._costs.jump(current, node)
        return _Choice(written + jump + self._costs.fit(place, reading, current, node, jump), index, reading, jump)

    def _is_longer_than_a_leaf(self, reading: Reading) -> bool:
        """Whether the label ends before its last letters, which are the answer's own ("1. a and c")."""
        return any(
            self._map.nodes[node].is_leaf
            for steps in range(1, len(reading.path))
            for node in self._map.by_path.get(reading.path[:steps], [])
        )

    def _in_section(self, story: _Story, index: int) -> bool:
        return not story.section or self._map.nodes[index].path[: len(story.section)] == story.section


def _is_page_number(place: Place) -> bool:
    return place.page_number is not None and place.page_number.certain


def _steps(story: _Story) -> list[_Story]:
    """The story from its start."""
    steps: list[_Story] = []
    at: _Story | None = story
    while at is not None:
        steps.append(at)
        at = at.before
    return steps[::-1]


def _same(choice: _Choice, step: _Story) -> bool:
    """Whether the choice is the one that the story took there."""
    if step.cut is None or choice.reading is None:
        return step.cut is None and choice.reading is None
    return choice.node == step.cut.node
