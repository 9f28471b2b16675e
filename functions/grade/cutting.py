"""Which spots on a sheet are labels and what they mean: the cheapest story that explains them all.

Each spot may be a label (in one of its readings) or no label at all. A story costs little when labels are
clear, come in the paper's order and answer each question once; it costs more for a misread letter, a jump,
a question answered twice. Stories are followed side by side (a beam), the cheapest one wins, and where the
second choice at a spot was nearly as cheap, the cut is marked as doubtful.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.labels import Path
from grade.label_costs import Costs
from grade.places import Place
from grade.sheet_map import Node, SheetMap
from grade.student_labels import Reading

UNKNOWN = -2
_WIDTH = 40
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

    def cuts(self) -> tuple[list[Cut], list[Place]]:
        """The believed labels in order, and the places that were nearly taken for labels."""
        steps = _steps(self._cheapest())
        cuts: list[Cut] = []
        nearly: list[Place] = []
        looked = 0
        for index, (before, step, place) in enumerate(zip(steps, steps[1:], self._places, strict=False)):
            close = self._is_close(before, step, place)
            if close and looked < _MOST_SECOND_LOOKS:
                looked += 1
                other = self._cheapest(unlike=(index, step))
                close = other.cost - steps[-1].cost < _DOUBT
            if step.cut is not None:
                cuts.append(replace(step.cut, doubtful=close))
            elif close:
                nearly.append(place)
        return cuts, nearly

    def _is_close(self, before: _Story, step: _Story, place: Place) -> bool:
        """Whether another choice at this place costs hardly more, looking no further ahead."""
        others = [choice.cost for choice in self._choices(before, place) if not _same(choice, step)]
        return bool(others) and min(others) - (step.cost - before.cost) < _LOCAL_DOUBT

    def _cheapest(self, unlike: tuple[int, _Story] | None = None) -> _Story:
        """The story that costs least; with `unlike`, the least of those that choose otherwise at that place."""
        width = max(3, min(_WIDTH, _WORK // max(len(self._places), 1)))
        stories = [_Story(0.0, None, 0, None, None, None)]
        for index, place in enumerate(self._places):
            refused = unlike[1] if unlike is not None and unlike[0] == index else None
            grown: dict[tuple[object, ...], _Story] = {}
            for story in stories:
                for next_story in self._grow(story, place, refused):
                    key = (next_story.current, next_story.visited, next_story.section, next_story.covered)
                    if key not in grown or next_story.cost < grown[key].cost:
                        grown[key] = next_story
            stories = sorted(grown.values(), key=lambda story: story.cost)[:width] or stories
        return stories[0]

    def _grow(self, story: _Story, place: Place, refused: _Story | None) -> list[_Story]:
        grown = []
        for choice in self._choices(story, place):
            if refused is not None and _same(choice, refused):
                continue
            cost = story.cost + choice.cost
            if choice.reading is None:
                grown.append(_Story(cost, story.current, story.visited, story.section, story, None, story.covered))
            elif place.spot.section:
                section = self._map.section(choice.reading.path[0])
                grown.append(_Story(cost, None, story.visited, section, story, Cut(place, choice.reading, None)))
            else:
                node = choice.node if choice.node is not None else UNKNOWN
                visited = story.visited | (
                    self._map.nodes[node].bits if node >= 0 and self._map.nodes[node].is_leaf else 0
                )
                cut = Cut(place, choice.reading, node, misread=choice.reading.cost >= 0.5 and choice.jump > 0)
                covered = (place.line, choice.reading.end)
                grown.append(_Story(cost, node, visited, story.section, story, cut, covered))
        return grown

    def _choices(self, story: _Story, place: Place) -> list[_Choice]:
        spot = place.spot
        if place.line == story.covered[0] and spot.start < story.covered[1]:
            return [_Choice(0.0, None, None, 0.0)]
        if spot.section:
            known = self._map.section(spot.readings[0].path[0]) is not None
            return [_Choice(0.0, None, spot.readings[0], 0.0)] if known else [_Choice(0.0, None, None, 0.0)]
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
            if node is not None:
                return [self._meaning(story, place, reading, node, written)]
            goes_on = self._map.lacks_part(current.index if current else None, reading.path) and reading.cost == 0
            return [_Choice(written + 1.2, UNKNOWN, reading, 0.0)] if goes_on else []
        found = self._map.by_path.get(reading.path, [])
        if not found:
            if self._is_longer_than_a_leaf(reading) or place.spot.skip < 2.5 or reading.cost > 0:
                return []
            return [_Choice(written + 2.0, UNKNOWN, reading, 0.0)]
        return [
            self._meaning(story, place, reading, node, written + (0.0 if self._in_section(story, node) else 1.5))
            for node in found
        ]

    def _meaning(self, story: _Story, place: Place, reading: Reading, index: int, written: float) -> _Choice:
        current, node = self._open(story), self._map.nodes[index]
        jump = self._costs.jump(current, node, story.visited)
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
