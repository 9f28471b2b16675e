"""Which spots on a sheet are labels and what they mean: the cheapest story that explains them all.

Each spot may be a label (in one of its readings) or no label at all. A story costs little when labels are
clear, come in the paper's order and answer each question once; it costs more for a misread letter, a jump,
a question answered twice. Stories are followed side by side (a beam), the cheapest one wins, and where the
second choice at a spot was nearly as cheap, the cut is marked as doubtful.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.assessment import OBJECTIVE, QuestionType
from core.labels import Path
from grade.places import Place, kind_of, main_style
from grade.question_text import copied
from grade.sheet_map import Node, SheetMap
from grade.student_labels import Reading

UNKNOWN = -2
_WIDTH = 40
_DOUBT = 0.5
_LOCAL_DOUBT = 1.0
_MOST_SECOND_LOOKS = 24
_WORK = 60_000


_OBJECTIVE_SAID = re.compile(r"\s*[(\[]?(?:[A-Ha-h]|true|false|[TF])[)\].]?\s*(?:$|\s{3}|[,;])", re.IGNORECASE)


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


@dataclass(frozen=True, slots=True)
class _Choice:
    cost: float
    node: int | None
    reading: Reading | None
    jump: float


class Cutter:
    """Cuts one sheet. `style` is how most of its labels are written."""

    def __init__(self, sheet_map: SheetMap, places: Sequence[Place]) -> None:
        self._map = sheet_map
        self._places = places
        self._style = main_style(places)

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
            grown: dict[tuple[int | None, int, Path | None], _Story] = {}
            for story in stories:
                for next_story in self._grow(story, place, refused):
                    key = (next_story.current, next_story.visited, next_story.section)
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
                grown.append(_Story(cost, story.current, story.visited, story.section, story, None))
            elif place.spot.section:
                section = self._map.section(choice.reading.path[0])
                grown.append(_Story(cost, None, story.visited, section, story, Cut(place, choice.reading, None)))
            else:
                node = choice.node if choice.node is not None else UNKNOWN
                visited = story.visited | (
                    self._map.nodes[node].bits if node >= 0 and self._map.nodes[node].is_leaf else 0
                )
                cut = Cut(place, choice.reading, node, misread=choice.reading.cost >= 0.5 and choice.jump > 0)
                grown.append(_Story(cost, node, visited, story.section, story, cut))
        return grown

    def _choices(self, story: _Story, place: Place) -> list[_Choice]:
        spot = place.spot
        if spot.section:
            known = self._map.section(spot.readings[0].path[0]) is not None
            return [_Choice(0.0, None, spot.readings[0], 0.0)] if known else [_Choice(0.0, None, None, 0.0)]
        skip = spot.skip + (0.8 if place.hangs else 0.0) + (0.6 if self._opens_a_sentence(place) else 0.0)
        current = self._map.nodes[story.current] if story.current is not None and story.current >= 0 else None
        if not spot.inline and current is not None and current.question.type is QuestionType.TEXT and _is_sum(place):
            skip += 1.0  # a sum stands out in a text
        if place.listed:
            skip = min(skip, 1.0)
        choices = [_Choice(skip, None, None, 0.0)]
        meanings = [choice for reading in spot.readings for choice in self._meanings(story, place, reading)]
        return choices + [choice for choice in meanings if not self._is_outdone(choice, meanings)]

    def _opens_a_sentence(self, place: Place) -> bool:
        """Whether a lone number at a line's start has a capital behind it and a finished line above it."""
        end = min(reading.end for reading in place.spot.readings)
        bare = not place.spot.inline and any(reading.style == "1" for reading in place.spot.readings)
        return bare and not place.unfinished and bool(re.match(r"\s+[A-Z]", place.text[end:]))

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
        written = reading.cost + self._evidence(story, place, reading)
        if reading.relative:
            current = story.current if story.current != UNKNOWN else None
            node = self._map.relative(current, reading.path)
            if node is None:
                if self._map.lacks_part(current, reading.path) and reading.cost == 0:
                    return [_Choice(written + 1.2, UNKNOWN, reading, 0.0)]
                return []
            jump = self._jump(story, node)
            return [_Choice(written + jump + self._fit(place, reading, node, jump), node, reading, jump)]
        found = self._map.by_path.get(reading.path, [])
        if not found and any(
            self._map.nodes[node].is_leaf
            for steps in range(1, len(reading.path))
            for node in self._map.by_path.get(reading.path[:steps], [])
        ):
            return []  # the letters are the answer's own, and the label ends before them
        if not found:
            return (
                [_Choice(written + 2.0, UNKNOWN, reading, 0.0)] if place.spot.skip >= 2.5 and reading.cost == 0 else []
            )
        choices = []
        for node in found:
            jump = self._jump(story, node)
            away = 1.5 if story.section and self._map.nodes[node].path[: len(story.section)] != story.section else 0.0
            choices.append(_Choice(written + away + jump + self._fit(place, reading, node, jump), node, reading, jump))
        return choices

    def _jump(self, story: _Story, index: int) -> float:
        """What it costs to go on with this node: nothing for the next one in the paper's order."""
        node = self._map.nodes[index]
        current = self._map.nodes[story.current] if story.current is not None and story.current >= 0 else None
        first = node.leaves[0]
        if current is None:
            cost = 0.0 if first == 0 else 0.3
        else:
            gap = first - (current.leaves[-1] if current.is_leaf else current.leaves[0] - 1)
            cost = 0.0 if gap == 1 else 0.3 + 0.04 * min(gap, 12) if gap > 1 else 0.9 + 0.02 * min(-gap, 12)
        if node.bits & ~story.visited == 0:
            cost += 1.8
        elif current is not None and current.index == index:
            cost += 1.0
        return cost

    def _evidence(self, story: _Story, place: Place, reading: Reading) -> float:
        """What speaks against a label here, whatever it means: where it stands and what follows it."""
        cost = 0.0
        style, inline = reading.style, place.spot.inline
        if not reading.relative and self._style and style in ("Q", "1)", "1") and kind_of(style) != self._style:
            cost += 1.2
        if not inline and place.off > 0.07:
            cost += 0.4
        rest = place.text[reading.end :].lstrip()
        if style not in ("Q", "a)"):
            if re.match(r"[=×÷+*/<>^%°]|[xX]\s*\d", rest):
                cost += 3.0
            elif place.unfinished:
                cost += 2.5
            elif re.match(
                r"(?:cm|mm|km|kg|m|g|s|ms|N|J|W|V|A|Pa|Hz|mol|marks?|hours?|minutes?|seconds?|years?|people|of)\b", rest
            ):
                cost += 2.0
        if inline:
            current = self._map.nodes[story.current] if story.current is not None and story.current >= 0 else None
            if current is not None and current.is_leaf and current.question.type in OBJECTIVE:
                cost -= 0.6
            elif not re.search(r"[.;:!?,)]\s*$|\s{3,}$", place.text[: place.spot.start]):
                cost += 0.5
        return cost

    def _fit(self, place: Place, reading: Reading, index: int, jump: float) -> float:
        """What speaks for or against this question in what follows the label; its own printed words speak for it."""
        node = self._map.nodes[index]
        rest = place.text[reading.end :]
        if reading.style in ("1)", "1.1", "1") and re.match(r"\s*[-−–]?\s*\d", rest):
            # "2. 5 m" is question 2's number, or a decimal point with a space behind it.
            numeric = node.question.type in (QuestionType.NUMERIC, QuestionType.EXACT)
            expected = numeric and (jump < 0.5 or "=" in rest)
            return 0.2 if expected else 1.8 if place.spot.inline or jump >= 0.5 else 1.2
        if node.question.type in (QuestionType.CHOICE, QuestionType.TRUE_FALSE) and _OBJECTIVE_SAID.match(rest):
            return -0.8
        if len(rest) > 12 and copied(rest, node.question.text):
            return -2.0
        return 0.0

    def node(self, index: int) -> Node:
        return self._map.nodes[index]


def _is_sum(place: Place) -> bool:
    """Whether the line is a calculation: figures and signs, hardly a word."""
    return "=" in place.text and len(re.findall(r"[A-Za-z]{3,}", place.text)) < 2


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
