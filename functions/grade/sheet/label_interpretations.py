"""What one label candidate may mean: no label, or a question of the paper, each with its cost.

An interpretation depends on the question and the section that are open, not on what was answered before; the decoder
adds that (`label_decoder`).
"""

import re
from dataclasses import dataclass

from core.models.question_labels import QuestionPath
from grade.sheet.label_candidates import LabelCandidate
from grade.sheet.label_costs import LabelCosts
from grade.sheet.label_parser import LabelReading
from grade.sheet.question_index import QuestionIndex, QuestionNode

NO_SUCH_QUESTION = -2


@dataclass(frozen=True, slots=True)
class Interpretation:
    """One meaning of a candidate.

    `node`: the question that the label opens, NO_SUCH_QUESTION for one that the paper does not have, None for a
    section's heading or no label. `reading`: None for no label. `order_cost`: the part of `cost` that is due to leaving
    the paper's order.
    """

    cost: float
    node: int | None
    reading: LabelReading | None
    order_cost: float


NO_LABEL_AT_NO_COST = Interpretation(0.0, None, None, 0.0)


class LabelInterpreter:
    """Interprets the label candidates of one sheet against the questions of one paper."""

    def __init__(self, question_index: QuestionIndex, costs: LabelCosts) -> None:
        self._question_index = question_index
        self._costs = costs

    def interpret(
        self, candidate: LabelCandidate, current: QuestionNode | None, section: QuestionPath | None
    ) -> list[Interpretation]:
        """All interpretations while the question `current` and the section `section` are open; "no label" comes first.

        A section's heading has one interpretation: the section, or no label where the paper lacks it.
        """
        span = candidate.span
        if span.is_section:
            known = self._question_index.find_section(span.readings[0].path[0]) is not None
            return [Interpretation(0.0, None, span.readings[0] if known else None, 0.0)]
        labels = [
            interpretation
            for reading in span.readings
            for interpretation in self._interpret_reading(candidate, reading, current, section)
        ]
        remaining = [
            interpretation for interpretation in labels if not self._is_superseded_by_part(interpretation, labels)
        ]
        return [Interpretation(self._costs.skip_cost(candidate, current), None, None, 0.0), *remaining]

    def _is_superseded_by_part(self, interpretation: Interpretation, others: list[Interpretation]) -> bool:
        """Whether it opens a group although a longer reading of the label names one of the group's parts."""
        if (
            interpretation.node is None
            or interpretation.node < 0
            or self._question_index.nodes[interpretation.node].is_leaf
        ):
            return False
        leaf_mask = self._question_index.nodes[interpretation.node].leaf_mask
        steps = len(interpretation.reading.path) if interpretation.reading else 0
        if any(o.node == NO_SUCH_QUESTION and o.reading is not None and len(o.reading.path) > steps for o in others):
            return True
        return any(
            other.node is not None
            and other.node >= 0
            and other.node != interpretation.node
            and self._question_index.nodes[other.node].leaf_mask & ~leaf_mask == 0
            and other.cost < interpretation.cost + 1.5
            for other in others
        )

    def _interpret_reading(
        self,
        candidate: LabelCandidate,
        reading: LabelReading,
        current: QuestionNode | None,
        section: QuestionPath | None,
    ) -> list[Interpretation]:
        label_cost = reading.cost + self._costs.mismatch_cost(candidate, reading, current)
        if reading.is_relative:
            return self._interpret_part(candidate, reading, current, label_cost)
        return self._interpret_number(candidate, reading, current, section, label_cost)

    def _interpret_part(
        self, candidate: LabelCandidate, reading: LabelReading, current: QuestionNode | None, label_cost: float
    ) -> list[Interpretation]:
        """A part letter or numeral: a part near the open question, or a question that the paper labels so."""
        open_index = current.index if current else None
        part = self._question_index.find_relative(open_index, reading.path)
        outer = self._find_top_level_nodes(candidate, reading)
        nodes = ([] if part is None else [part]) + [node for node in outer if node != part]
        if nodes:
            return [
                self._make_interpretation(
                    candidate, reading, current, node, label_cost + (0.0 if node == part else 0.4)
                )
                for node in nodes
            ]
        continues_parts = self._question_index.is_next_part(open_index, reading.path) and reading.cost == 0
        return [Interpretation(label_cost + 1.2, NO_SUCH_QUESTION, reading, 0.0)] if continues_parts else []

    def _interpret_number(
        self,
        candidate: LabelCandidate,
        reading: LabelReading,
        current: QuestionNode | None,
        section: QuestionPath | None,
        label_cost: float,
    ) -> list[Interpretation]:
        """A numbered label: a numbered part of the open question, such as (2) under B, or any question of that path."""
        nodes = self._question_index.by_path.get(reading.path, [])
        part = self._question_index.find_relative(current.index, reading.path) if current else None
        parts = []
        if part is not None and part not in nodes:
            list_bonus = (
                -0.8
                if candidate.is_list_item and self._costs.order_cost(current, self._question_index.nodes[part]) == 0
                else 0.0
            )
            parts = [self._make_interpretation(candidate, reading, current, part, label_cost + list_bonus)]
        if not nodes and parts:
            return parts
        if not nodes:
            if self._extends_past_leaf(reading) or candidate.span.skip_cost < 2.5 or reading.cost > 0:
                return []
            return [Interpretation(label_cost + 2.0, NO_SUCH_QUESTION, reading, 0.0)]
        return parts + [
            self._make_interpretation(
                candidate, reading, current, node, label_cost + (0.0 if self._is_in_section(node, section) else 1.5)
            )
            for node in nodes
        ]

    def _find_top_level_nodes(self, candidate: LabelCandidate, reading: LabelReading) -> list[int]:
        """The questions that a capital letter or Roman numeral names where the paper numbers its questions so."""
        if not re.match(r"\W*[A-Z]", candidate.text[candidate.span.start : reading.end]):
            return []
        return [
            node
            for node in self._question_index.by_path.get(reading.path, [])
            if self._question_index.nodes[node].path == reading.path
        ]

    def _make_interpretation(
        self,
        candidate: LabelCandidate,
        reading: LabelReading,
        current: QuestionNode | None,
        index: int,
        label_cost: float,
    ) -> Interpretation:
        node = self._question_index.nodes[index]
        order_cost = self._costs.order_cost(current, node)
        fit_cost = self._costs.fit_cost(candidate, reading, current, node, order_cost)
        return Interpretation(label_cost + order_cost + fit_cost, index, reading, order_cost)

    def _extends_past_leaf(self, reading: LabelReading) -> bool:
        """Whether the label's last letters belong to the answer ("1. a and c"): question 1 has no parts."""
        return any(
            self._question_index.nodes[node].is_leaf
            for steps in range(1, len(reading.path))
            for node in self._question_index.by_path.get(reading.path[:steps], [])
        )

    def _is_in_section(self, index: int, section: QuestionPath | None) -> bool:
        return not section or self._question_index.nodes[index].path[: len(section)] == section
