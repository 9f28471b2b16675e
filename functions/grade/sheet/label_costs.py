"""The costs of taking a candidate for a label, or for no label.

All costs are on one scale: about 1 for a misread letter, 2 to 5 for skipping what looks like a label. They were set by
hand on sheets with known answers (`tests/unit/grade/sheet`).
"""

import re
from collections.abc import Sequence

from core.models.assessment import QuestionType
from core.models.question_types.definition import AnswerShape, get_definition, get_shape, is_objective
from grade.sheet.label_candidates import LabelCandidate, find_main_style, style_family
from grade.sheet.label_parser import LabelReading
from grade.sheet.question_index import QuestionNode
from grade.sheet.question_text import find_copied_text

_OPERATOR = re.compile(r"[=×÷+*/<>^%°]|[xX]\s*\d")
_UNIT = re.compile(r"(?:cm|mm|km|kg|m|g|s|ms|N|J|W|V|Pa|Hz|mol|marks?|hours?|minutes?|seconds?|years?|people|of)\b")

REPEAT_COST = 1.8
"""The cost of a label whose question has an answer already."""


class LabelCosts:
    """The costs on one sheet. A label is expected to look like most of the sheet's labels."""

    def __init__(self, candidates: Sequence[LabelCandidate]) -> None:
        self._style = find_main_style(candidates)
        # A student who never writes a part by itself ("b)") also writes none that looks like a number ("6)").
        self._parts_alone = any(
            all(reading.is_relative for reading in candidate.span.readings) for candidate in candidates
        )

    def skip_cost(self, candidate: LabelCandidate, current: QuestionNode | None) -> float:
        """The cost of no label, while the question `current` is open."""
        if candidate.page_number is not None:
            return candidate.page_number.skip_cost(candidate.span.skip_cost)
        if candidate.is_list_item:
            return min(candidate.span.skip_cost, 1.0)
        cost = (
            candidate.span.skip_cost
            + (0.8 if candidate.is_outdented else 0.0)
            + (0.6 if _opens_a_sentence(candidate) else 0.0)
        )
        in_text = current is not None and current.question.type is QuestionType.TEXT
        if in_text and not candidate.span.is_inline and _is_calculation(candidate):
            cost += 1.0  # a calculation is unusual in a text
        return cost

    def order_cost(self, current: QuestionNode | None, node: QuestionNode) -> float:
        """The cost of `node` after `current`: 0 for the next question in the paper's order."""
        first = node.leaves[0]
        if current is None:
            cost = 0.0 if first == 0 else 0.3
        else:
            gap = first - (current.leaves[-1] if current.is_leaf else current.leaves[0] - 1)
            cost = 0.0 if gap == 1 else 0.3 + 0.04 * min(gap, 12) if gap > 1 else 0.9 + 0.02 * min(-gap, 12)
        return cost + (1.0 if current is not None and current.index == node.index else 0.0)

    def mismatch_cost(self, candidate: LabelCandidate, reading: LabelReading, current: QuestionNode | None) -> float:
        """The cost of a label here, whatever it means: by its look, its position and the text around it."""
        cost = 0.8 if candidate.is_list_item else 0.0
        cost += candidate.page_number.label_penalty if candidate.page_number is not None else 0.0
        plain_number = not reading.is_relative and reading.style in ("Q", "1)", "1")
        if plain_number and self._style and style_family(reading.style) != self._style:
            cost += 1.2
        if reading.is_relative and reading.cost >= 0.5 and not self._parts_alone:
            cost += 1.0
        if reading.style not in ("Q", "a)"):
            rest = candidate.text[reading.end :].lstrip()
            cost += (
                3.0
                if _OPERATOR.match(rest)
                else 2.5
                if candidate.follows_unfinished
                else 2.0
                if _UNIT.match(rest)
                else 0.0
            )
        if not candidate.span.is_inline:
            return cost + (0.4 if candidate.indent > 0.07 else 0.0)
        if current is not None and current.is_leaf and is_objective(current.question.type):
            return cost - 0.6
        before = candidate.text[: candidate.span.start]
        response = before.rstrip()
        separated = response.endswith((".", ";", ":", "!", "?", ",", ")")) or len(before) - len(response) >= 3
        return cost + (0.0 if separated else 0.5)

    def fit_cost(
        self,
        candidate: LabelCandidate,
        reading: LabelReading,
        current: QuestionNode | None,
        node: QuestionNode,
        order_cost: float,
    ) -> float:
        """How badly the text after the label fits the question `node`; negative for its own printed words."""
        rest = candidate.text[reading.end :]
        if len(rest) > 12 and find_copied_text(rest, node.question.text):
            return -2.0
        if reading.style in ("1)", "1.1", "1") and re.match(r"\s*[-−–]?\s*\d", rest):
            return _number_fit_cost(candidate, reading, current, node, order_cost)
        shape = get_shape(node.question.type)
        pattern = get_definition(node.question.type).answer_pattern if shape is not None else None
        if pattern is not None and pattern.match(rest):
            return -0.8
        if shape is AnswerShape.LABEL:
            wordy = len(rest.split()) > 4 and not re.match(r"\W*(?:[A-Ha-h]\W|true|false)", rest, re.IGNORECASE)
            return 0.8 if wordy else 0.0
        # Words directly under a question that is asked in parts are hardly its answer.
        return 0.8 if not node.is_leaf and len(rest.split()) > 2 else 0.0


def _number_fit_cost(
    candidate: LabelCandidate,
    reading: LabelReading,
    current: QuestionNode | None,
    node: QuestionNode,
    order_cost: float,
) -> float:
    """The fit of a label before a number: "2. 5 m" is question 2's number, or a decimal point followed by a space."""
    numeric = node.question.type in (QuestionType.NUMERIC, QuestionType.EXACT)
    in_words = current is not None and current.question.type is not QuestionType.NUMERIC
    if in_words or not candidate.text[: reading.end].rstrip().endswith("."):
        return 0.2 if numeric else 1.0
    if numeric and (order_cost < 0.5 or "=" in candidate.text[reading.end :]):
        return 0.2
    return 1.8 if candidate.span.is_inline or order_cost >= 0.5 else 1.2


def _opens_a_sentence(candidate: LabelCandidate) -> bool:
    """Whether a lone number at a line's start is followed by a capital and the line above it is finished."""
    end = min(reading.end for reading in candidate.span.readings)
    bare = not candidate.span.is_inline and any(reading.style == "1" for reading in candidate.span.readings)
    return bare and not candidate.follows_unfinished and bool(re.match(r"\s+[A-Z]", candidate.text[end:]))


def _is_calculation(candidate: LabelCandidate) -> bool:
    """Whether the line is a calculation: digits and operators, hardly a word."""
    return "=" in candidate.text and len(re.findall(r"[A-Za-z]{3,}", candidate.text)) < 2
