"""Which spots on a sheet are labels and what they mean: the cheapest story that explains them all.

Each spot may be a label (in one of its readings) or no label at all. A story costs little when labels are
clear, come in the paper's order and answer each question once; it costs more for a misread letter, a jump,
a question answered twice. Stories are followed side by side (a beam), the cheapest one wins, and where the
second choice at a spot was nearly as cheap, the cut is marked as doubtful.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.models.labels import QuestionPath
from grade.sheet.label_candidates import LabelCandidate
from grade.sheet.label_costs import REPEAT_COST, LabelCosts
from grade.sheet.label_parser import LabelReading
from grade.sheet.question_index import QuestionIndex, QuestionNode

NO_SUCH_QUESTION = -2
_MAX_BEAM_WIDTH = 24
_LOOKAHEAD = 40
_CLOSE_COST = 0.5
_CLOSE_LOCAL_COST = 1.0
_MAX_LOOKAHEADS = 24
_MAX_STEPS = 60_000


@dataclass(frozen=True, slots=True)
class DecodedLabel:
    """A label that was believed. `node`: what it opens, UNKNOWN for a question that the paper does not have,
    None for a section's heading. `doubtful`: another story was nearly as good. `misread`: letters had to be
    taken for others, out of order."""

    candidate: LabelCandidate
    reading: LabelReading
    node: int | None
    doubtful: bool = False
    misread: bool = False


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    cost: float
    current: int | None
    answered_mask: int
    section: QuestionPath | None
    previous: "_Hypothesis | None"
    decoded_label: DecodedLabel | None
    last_label_end: tuple[int, int] = (-1, 0)
    """The line of the last believed label, and where the label ends in it: no other starts before that."""


@dataclass(frozen=True, slots=True)
class _Interpretation:
    cost: float
    node: int | None
    reading: LabelReading | None
    order_cost: float


class LabelDecoder:
    """Cuts one sheet."""

    def __init__(self, question_index: QuestionIndex, candidates: Sequence[LabelCandidate]) -> None:
        self._question_index = question_index
        self._candidates = candidates
        self._costs = LabelCosts(candidates)
        self._width = max(3, min(_MAX_BEAM_WIDTH, _MAX_STEPS // max(len(candidates), 1)))
        self._interpretation_cache: dict[tuple[int, int | None, QuestionPath | None], list[_Interpretation]] = {}

    def decoded_labels(self) -> tuple[list[DecodedLabel], list[LabelCandidate]]:
        """The believed labels in order, and the places that were nearly taken for labels."""
        beams = [[_Hypothesis(0.0, None, 0, None, None, None)]]
        for index in range(len(self._candidates)):
            beams.append(self._advance_beam(beams[-1], index))
        steps = _trace_back(beams[-1][0])
        decoded_labels: list[DecodedLabel] = []
        near_misses: list[LabelCandidate] = []
        lookaheads_left = _MAX_LOOKAHEADS
        for index, (previous, step, candidate) in enumerate(zip(steps, steps[1:], self._candidates, strict=False)):
            close = self._has_close_alternative(previous, step, index)
            if close and lookaheads_left > 0:
                lookaheads_left -= 1
                close = self._has_close_alternative_later(beams, steps, index)
            if step.decoded_label is not None:
                decoded_labels.append(replace(step.decoded_label, doubtful=close))
            elif close and not _is_page_number(candidate):
                near_misses.append(candidate)
        return decoded_labels, near_misses + [
            candidate for candidate in self._find_possible_missed_labels(steps) if candidate not in near_misses
        ]

    def _find_possible_missed_labels(self, steps: list[_Hypothesis]) -> list[LabelCandidate]:
        """Places taken for no label that would name the very question which the sheet leaves out there."""
        answered = steps[-1].answered_mask
        found: list[LabelCandidate] = []
        for step, candidate in zip(steps[1:], self._candidates, strict=True):
            current = self._current_node(step)
            if step.decoded_label is not None or candidate.span.inline or candidate.span.section or current is None:
                continue
            if _is_page_number(candidate):
                continue
            if (candidate.line, candidate.span.start) < step.last_label_end:
                continue
            found += (
                [candidate]
                if any(self._names_skipped_question(reading, current, answered) for reading in candidate.span.readings)
                else []
            )
        return found

    def _names_skipped_question(self, reading: LabelReading, current: QuestionNode, answered: int) -> bool:
        """Whether it names the question after the open one, of which nothing is answered."""
        if reading.relative:
            meant = self._question_index.relative(current.index, reading.path)
            nodes = [] if meant is None else [meant]
        else:
            nodes = self._question_index.by_path.get(reading.path, [])
        last = current.leaves[-1]
        return any(
            self._question_index.nodes[node].leaves[0] == last + 1
            and not self._question_index.nodes[node].leaf_mask & answered
            for node in nodes
        )

    def _has_close_alternative(self, previous: _Hypothesis, step: _Hypothesis, index: int) -> bool:
        """Whether another choice at this place costs hardly more, looking no further ahead."""
        others = [
            interpretation.cost
            for interpretation in self._interpretations(previous, index)
            if not _is_same_interpretation(interpretation, step)
        ]
        return bool(others) and min(others) - (step.cost - previous.cost) < _CLOSE_LOCAL_COST

    def _has_close_alternative_later(
        self, beams: list[list[_Hypothesis]], steps: list[_Hypothesis], index: int
    ) -> bool:
        """Whether the best story that chooses otherwise at this place is still nearly as cheap further on."""
        hypotheses = self._advance_beam(beams[index], index, refused=steps[index + 1])
        ahead = min(index + 1 + _LOOKAHEAD, len(self._candidates))
        for later in range(index + 1, ahead):
            hypotheses = self._advance_beam(hypotheses, later)
        return bool(hypotheses) and hypotheses[0].cost - steps[ahead].cost < _CLOSE_COST

    def _advance_beam(
        self, hypotheses: list[_Hypothesis], index: int, refused: _Hypothesis | None = None
    ) -> list[_Hypothesis]:
        """The cheapest stories one place further; `refused` takes a choice that may not be made there."""
        extended: dict[tuple[object, ...], _Hypothesis] = {}
        for hypothesis in hypotheses:
            for interpretation in self._interpretations(hypothesis, index):
                if refused is not None and _is_same_interpretation(interpretation, refused):
                    continue
                successor = self._extend_hypothesis(hypothesis, interpretation, self._candidates[index])
                key = (successor.current, successor.answered_mask, successor.section, successor.last_label_end)
                if key not in extended or successor.cost < extended[key].cost:
                    extended[key] = successor
        return sorted(extended.values(), key=lambda hypothesis: hypothesis.cost)[: self._width]

    def _extend_hypothesis(
        self, hypothesis: _Hypothesis, interpretation: _Interpretation, candidate: LabelCandidate
    ) -> _Hypothesis:
        """The story with this choice made at its next place."""
        cost, reading = hypothesis.cost + interpretation.cost, interpretation.reading
        if reading is None:
            return _Hypothesis(
                cost,
                hypothesis.current,
                hypothesis.answered_mask,
                hypothesis.section,
                hypothesis,
                None,
                hypothesis.last_label_end,
            )
        if candidate.span.section:
            section = self._question_index.section(reading.path[0])
            return _Hypothesis(
                cost, None, hypothesis.answered_mask, section, hypothesis, DecodedLabel(candidate, reading, None)
            )
        node = interpretation.node if interpretation.node is not None else NO_SUCH_QUESTION
        answers = (
            self._question_index.nodes[node].leaf_mask if node >= 0 and self._question_index.nodes[node].is_leaf else 0
        )
        decoded_label = DecodedLabel(
            candidate, reading, node, misread=reading.cost >= 0.5 and interpretation.order_cost > 0
        )
        last_label_end = (candidate.line, reading.end)
        return _Hypothesis(
            cost,
            node,
            hypothesis.answered_mask | answers,
            hypothesis.section,
            hypothesis,
            decoded_label,
            last_label_end,
        )

    def _interpretations(self, hypothesis: _Hypothesis, index: int) -> list[_Interpretation]:
        candidate = self._candidates[index]
        if candidate.line == hypothesis.last_label_end[0] and candidate.span.start < hypothesis.last_label_end[1]:
            return [_Interpretation(0.0, None, None, 0.0)]
        key = (index, hypothesis.current, hypothesis.section)
        if key not in self._interpretation_cache:
            self._interpretation_cache[key] = self._interpret_candidate(hypothesis, candidate)
        return [
            self._add_repeat_cost(interpretation, hypothesis.answered_mask)
            for interpretation in self._interpretation_cache[key]
        ]

    def _add_repeat_cost(self, interpretation: _Interpretation, answered_mask: int) -> _Interpretation:
        """The choice with what it costs to come back to questions that have an answer."""
        if (
            interpretation.node is None
            or interpretation.node < 0
            or self._question_index.nodes[interpretation.node].leaf_mask & ~answered_mask
        ):
            return interpretation
        return _Interpretation(
            interpretation.cost + REPEAT_COST,
            interpretation.node,
            interpretation.reading,
            interpretation.order_cost + REPEAT_COST,
        )

    def _interpret_candidate(self, hypothesis: _Hypothesis, candidate: LabelCandidate) -> list[_Interpretation]:
        """What the place may be while this question and section are open, whatever was answered before."""
        span = candidate.span
        if span.section:
            known = self._question_index.section(span.readings[0].path[0]) is not None
            return [_Interpretation(0.0, None, span.readings[0] if known else None, 0.0)]
        meanings = [
            interpretation
            for reading in span.readings
            for interpretation in self._interpret_reading(hypothesis, candidate, reading)
        ]
        remaining = [
            interpretation for interpretation in meanings if not self._is_superseded_by_part(interpretation, meanings)
        ]
        return [
            _Interpretation(self._costs.skip_cost(candidate, self._current_node(hypothesis)), None, None, 0.0),
            *remaining,
        ]

    def _current_node(self, hypothesis: _Hypothesis) -> QuestionNode | None:
        """The question that a story has open."""
        return (
            self._question_index.nodes[hypothesis.current]
            if hypothesis.current is not None and hypothesis.current >= 0
            else None
        )

    def _is_superseded_by_part(self, interpretation: _Interpretation, others: list[_Interpretation]) -> bool:
        """Whether it opens a group where the label goes on to name one of the group's parts."""
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
        self, hypothesis: _Hypothesis, candidate: LabelCandidate, reading: LabelReading
    ) -> list[_Interpretation]:
        """What a reading may mean in this story, with what each meaning costs."""
        current = self._current_node(hypothesis)
        label_cost = reading.cost + self._costs.mismatch_cost(candidate, reading, current)
        if reading.relative:
            node = self._question_index.relative(current.index if current else None, reading.path)
            outer = self._find_top_level_nodes(candidate, reading)
            meant = ([] if node is None else [node]) + [found for found in outer if found != node]
            if meant:
                return [
                    self._make_interpretation(
                        hypothesis, candidate, reading, found, label_cost + (0.0 if found == node else 0.4)
                    )
                    for found in meant
                ]
            continues_parts = (
                self._question_index.is_next_part(current.index if current else None, reading.path)
                and reading.cost == 0
            )
            return [_Interpretation(label_cost + 1.2, NO_SUCH_QUESTION, reading, 0.0)] if continues_parts else []
        found = self._question_index.by_path.get(reading.path, [])
        inside = self._question_index.relative(current.index, reading.path) if current else None
        if inside is not None and inside not in found:
            # (2) under B, whose parts bear numbers.
            list_bonus = (
                -0.8
                if candidate.is_list_item and self._costs.order_cost(current, self._question_index.nodes[inside]) == 0
                else 0.0
            )
            inner = [self._make_interpretation(hypothesis, candidate, reading, inside, label_cost + list_bonus)]
        else:
            inner = []
        if not found and inner:
            return inner
        if not found:
            if self._extends_past_leaf(reading) or candidate.span.skip_cost < 2.5 or reading.cost > 0:
                return []
            return [_Interpretation(label_cost + 2.0, NO_SUCH_QUESTION, reading, 0.0)]
        return inner + [
            self._make_interpretation(
                hypothesis,
                candidate,
                reading,
                node,
                label_cost + (0.0 if self._is_in_section(hypothesis, node) else 1.5),
            )
            for node in found
        ]

    def _find_top_level_nodes(self, candidate: LabelCandidate, reading: LabelReading) -> list[int]:
        """The questions that capitals or Roman numbers name where the paper numbers its questions so."""
        if not re.match(r"\W*[A-Z]", candidate.text[candidate.span.start : reading.end]):
            return []
        return [
            n
            for n in self._question_index.by_path.get(reading.path, [])
            if self._question_index.nodes[n].path == reading.path
        ]

    def _make_interpretation(
        self, hypothesis: _Hypothesis, candidate: LabelCandidate, reading: LabelReading, index: int, label_cost: float
    ) -> _Interpretation:
        current, node = self._current_node(hypothesis), self._question_index.nodes[index]
        order_cost = self._costs.order_cost(current, node)
        return _Interpretation(
            label_cost + order_cost + self._costs.fit_cost(candidate, reading, current, node, order_cost),
            index,
            reading,
            order_cost,
        )

    def _extends_past_leaf(self, reading: LabelReading) -> bool:
        """Whether the label ends before its last letters, which are the answer's own ("1. a and c")."""
        return any(
            self._question_index.nodes[node].is_leaf
            for steps in range(1, len(reading.path))
            for node in self._question_index.by_path.get(reading.path[:steps], [])
        )

    def _is_in_section(self, hypothesis: _Hypothesis, index: int) -> bool:
        return (
            not hypothesis.section
            or self._question_index.nodes[index].path[: len(hypothesis.section)] == hypothesis.section
        )


def _is_page_number(candidate: LabelCandidate) -> bool:
    return candidate.page_number is not None and candidate.page_number.certain


def _trace_back(hypothesis: _Hypothesis) -> list[_Hypothesis]:
    """The story from its start."""
    steps: list[_Hypothesis] = []
    at: _Hypothesis | None = hypothesis
    while at is not None:
        steps.append(at)
        at = at.previous
    return steps[::-1]


def _is_same_interpretation(interpretation: _Interpretation, step: _Hypothesis) -> bool:
    """Whether the choice is the one that the story took there."""
    if step.decoded_label is None or interpretation.reading is None:
        return step.decoded_label is None and interpretation.reading is None
    return interpretation.node == step.decoded_label.node
