"""What it costs to hold a spot on a sheet for a label, or for none: the evidence in figures.

The figures are on one scale: about 1 for a misread letter, 2 to 5 for passing over what looks like a label.
They were set by hand on sheets with known answers (`tests/unit/grade/sheet`).
"""

import re
from collections.abc import Sequence

from core.assessment import OBJECTIVE, QuestionType
from grade.sheet.places import Place, kind_of, main_style
from grade.sheet.question_text import copied
from grade.sheet.sheet_map import Node
from grade.sheet.student_labels import Reading

_OBJECTIVE_SAID = re.compile(r"\s*[(\[]?(?:[A-Ha-h]|true|false|[TF])[)\].]?\s*(?:$|\s{3}|[,;])", re.IGNORECASE)
_OPERATOR = re.compile(r"[=×÷+*/<>^%°]|[xX]\s*\d")
_UNIT = re.compile(r"(?:cm|mm|km|kg|m|g|s|ms|N|J|W|V|Pa|Hz|mol|marks?|hours?|minutes?|seconds?|years?|people|of)\b")


AGAIN = 1.8
"""For a question that has an answer already."""


class Costs:
    """The costs on one sheet. How most of its labels are written is what a label ought to look like."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._style = main_style(places)
        # A hand that writes no part by itself anywhere ("b)") writes none that looks like a number ("6)").
        self._parts_alone = any(all(reading.relative for reading in place.spot.readings) for place in places)

    def skip(self, place: Place, current: Node | None) -> float:
        """For no label at all, under the question `current`."""
        if place.page_number is not None:
            return place.page_number.skip(place.spot.skip)
        if place.listed:
            return min(place.spot.skip, 1.0)
        cost = place.spot.skip + (0.8 if place.hangs else 0.0) + (0.6 if _opens_a_sentence(place) else 0.0)
        in_text = current is not None and current.question.type is QuestionType.TEXT
        if in_text and not place.spot.inline and _is_sum(place):
            cost += 1.0  # a sum stands out in a text
        return cost

    def jump(self, current: Node | None, node: Node) -> float:
        """For going on with `node`: nothing for the next one in the paper's order."""
        first = node.leaves[0]
        if current is None:
            cost = 0.0 if first == 0 else 0.3
        else:
            gap = first - (current.leaves[-1] if current.is_leaf else current.leaves[0] - 1)
            cost = 0.0 if gap == 1 else 0.3 + 0.04 * min(gap, 12) if gap > 1 else 0.9 + 0.02 * min(-gap, 12)
        return cost + (1.0 if current is not None and current.index == node.index else 0.0)

    def against(self, place: Place, reading: Reading, current: Node | None) -> float:
        """What speaks against a label here, whatever it means: its look, where it stands, what follows it."""
        cost = 0.8 if place.listed else 0.0
        cost += place.page_number.against_label if place.page_number is not None else 0.0
        plain_number = not reading.relative and reading.style in ("Q", "1)", "1")
        if plain_number and self._style and kind_of(reading.style) != self._style:
            cost += 1.2
        if reading.relative and reading.cost >= 0.5 and not self._parts_alone:
            cost += 1.0
        if reading.style not in ("Q", "a)"):
            rest = place.text[reading.end :].lstrip()
            cost += 3.0 if _OPERATOR.match(rest) else 2.5 if place.unfinished else 2.0 if _UNIT.match(rest) else 0.0
        if not place.spot.inline:
            return cost + (0.4 if place.off > 0.07 else 0.0)
        if current is not None and current.is_leaf and current.question.type in OBJECTIVE:
            return cost - 0.6
        before = place.text[: place.spot.start]
        said = before.rstrip()
        apart = said.endswith((".", ";", ":", "!", "?", ",", ")")) or len(before) - len(said) >= 3
        return cost + (0.0 if apart else 0.5)

    def fit(self, place: Place, reading: Reading, current: Node | None, node: Node, jump: float) -> float:
        """How well what follows the label fits the question `node`; its own printed words fit best."""
        rest = place.text[reading.end :]
        if len(rest) > 12 and copied(rest, node.question.text):
            return -2.0
        if reading.style in ("1)", "1.1", "1") and re.match(r"\s*[-−–]?\s*\d", rest):
            return _number_fits(place, reading, current, node, jump)
        if node.question.type in (QuestionType.CHOICE, QuestionType.TRUE_FALSE):
            if _OBJECTIVE_SAID.match(rest):
                return -0.8
            wordy = len(rest.split()) > 4 and not re.match(r"\W*(?:[A-Ha-h]\W|true|false)", rest, re.IGNORECASE)
            return 0.8 if wordy else 0.0
        # Words right under a question that is asked in parts are hardly its answer.
        return 0.8 if not node.is_leaf and len(rest.split()) > 2 else 0.0


def _number_fits(place: Place, reading: Reading, current: Node | None, node: Node, jump: float) -> float:
    """ "2. 5 m" is question 2's number, or a decimal point with a space behind it."""
    numeric = node.question.type in (QuestionType.NUMERIC, QuestionType.EXACT)
    in_words = current is not None and current.question.type is not QuestionType.NUMERIC
    if in_words or not place.text[: reading.end].rstrip().endswith("."):
        return 0.2 if numeric else 1.0
    if numeric and (jump < 0.5 or "=" in place.text[reading.end :]):
        return 0.2
    return 1.8 if place.spot.inline or jump >= 0.5 else 1.2


def _opens_a_sentence(place: Place) -> bool:
    """Whether a lone number at a line's start has a capital behind it and a finished line above it."""
    end = min(reading.end for reading in place.spot.readings)
    bare = not place.spot.inline and any(reading.style == "1" for reading in place.spot.readings)
    return bare and not place.unfinished and bool(re.match(r"\s+[A-Z]", place.text[end:]))


def _is_sum(place: Place) -> bool:
    """Whether the line is a calculation: figures and signs, hardly a word."""
    return "=" in place.text and len(re.findall(r"[A-Za-z]{3,}", place.text)) < 2
