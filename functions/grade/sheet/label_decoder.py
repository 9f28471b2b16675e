"""Decides which label candidates of a sheet are labels, and which questions they open.

The decoder is a beam search. A hypothesis interprets every candidate up to one point of the sheet: as a label in one of
its readings, or as no label. Its cost is low when labels are clear, come in the paper's order and answer each question
once; a misread letter, a jump or a question answered twice costs more. The cheapest hypothesis wins. Where the second
best interpretation of a candidate was nearly as cheap, the label is marked as doubtful.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.models.question_labels import QuestionPath
from grade.sheet.label_candidates import LabelCandidate
from grade.sheet.label_costs import REPEAT_COST, LabelCosts
from grade.sheet.label_interpretations import (
    NO_LABEL_AT_NO_COST,
    NO_SUCH_QUESTION,
    Interpretation,
    LabelInterpreter,
)
from grade.sheet.label_parser import LabelReading
from grade.sheet.question_index import QuestionIndex, QuestionNode

_MAX_BEAM_WIDTH = 24
_MAX_STEPS = 60_000
"""Upper bound of candidates times beam width: a sheet with many candidates gets a narrower beam."""
_CLOSE_LOCAL_COST = 1.0
"""Cost difference at the candidate itself below which another interpretation is close."""
_CLOSE_COST = 0.5
"""The same after the candidates that follow, up to `_LOOKAHEAD` of them, have been decoded as well."""
_LOOKAHEAD = 40
_MAX_LOOKAHEADS = 24


@dataclass(frozen=True, slots=True)
class DecodedLabel:
    """An accepted label.

    `node`: the question that it opens, NO_SUCH_QUESTION for one that the paper does not have, None for a section's
    heading. `doubtful`: another hypothesis was nearly as cheap. `misread`: characters had to be taken for others, and
    the label is out of order.
    """

    candidate: LabelCandidate
    reading: LabelReading
    node: int | None
    doubtful: bool = False
    misread: bool = False


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    """An interpretation of all candidates so far, linked to the one before the last candidate.

    `current`: the open question. `answered_mask`: bit mask of the answered leaves. `last_label_end`: the line of the
    last accepted label and where the label ends in it; no other label starts before that.
    """

    cost: float
    current: int | None
    answered_mask: int
    section: QuestionPath | None
    previous: "_Hypothesis | None"
    decoded_label: DecodedLabel | None
    last_label_end: tuple[int, int] = (-1, 0)


class LabelDecoder:
    """Decodes the labels of one sheet."""

    def __init__(self, question_index: QuestionIndex, candidates: Sequence[LabelCandidate]) -> None:
        self._question_index = question_index
        self._candidates = candidates
        self._interpreter = LabelInterpreter(question_index, LabelCosts(candidates))
        self._width = max(3, min(_MAX_BEAM_WIDTH, _MAX_STEPS // max(len(candidates), 1)))
        self._interpretation_cache: dict[tuple[int, int | None, QuestionPath | None], list[Interpretation]] = {}

    def decode(self) -> tuple[list[DecodedLabel], list[LabelCandidate]]:
        """The accepted labels in order, and the near misses: candidates that were nearly taken for labels."""
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
        """Candidates decoded as no label that would name the very question which the sheet leaves out there."""
        answered = steps[-1].answered_mask
        found: list[LabelCandidate] = []
        for step, candidate in zip(steps[1:], self._candidates, strict=True):
            current = self._current_node(step)
            if step.decoded_label is not None or candidate.span.is_inline or candidate.span.is_section:
                continue
            if current is None or _is_page_number(candidate):
                continue
            if (candidate.line, candidate.span.start) < step.last_label_end:
                continue
            if any(self._names_skipped_question(reading, current, answered) for reading in candidate.span.readings):
                found.append(candidate)
        return found

    def _names_skipped_question(self, reading: LabelReading, current: QuestionNode, answered: int) -> bool:
        """Whether it names the question after the open one, of which nothing is answered."""
        if reading.is_relative:
            part = self._question_index.find_relative(current.index, reading.path)
            nodes = [] if part is None else [part]
        else:
            nodes = self._question_index.by_path.get(reading.path, [])
        last = current.leaves[-1]
        return any(
            self._question_index.nodes[node].leaves[0] == last + 1
            and not self._question_index.nodes[node].leaf_mask & answered
            for node in nodes
        )

    def _has_close_alternative(self, previous: _Hypothesis, step: _Hypothesis, index: int) -> bool:
        """Whether another interpretation of this candidate costs hardly more, without looking ahead."""
        others = [
            interpretation.cost
            for interpretation in self._interpretations(previous, index)
            if not _is_same_interpretation(interpretation, step)
        ]
        return bool(others) and min(others) - (step.cost - previous.cost) < _CLOSE_LOCAL_COST

    def _has_close_alternative_later(
        self, beams: list[list[_Hypothesis]], steps: list[_Hypothesis], index: int
    ) -> bool:
        """Whether the best hypothesis that interprets this candidate otherwise is still nearly as cheap later."""
        hypotheses = self._advance_beam(beams[index], index, refused=steps[index + 1])
        ahead = min(index + 1 + _LOOKAHEAD, len(self._candidates))
        for later in range(index + 1, ahead):
            hypotheses = self._advance_beam(hypotheses, later)
        return bool(hypotheses) and hypotheses[0].cost - steps[ahead].cost < _CLOSE_COST

    def _advance_beam(
        self, hypotheses: list[_Hypothesis], index: int, refused: _Hypothesis | None = None
    ) -> list[_Hypothesis]:
        """The cheapest hypotheses after one more candidate, without the interpretation that `refused` made of it."""
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
        self, hypothesis: _Hypothesis, interpretation: Interpretation, candidate: LabelCandidate
    ) -> _Hypothesis:
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
        if candidate.span.is_section:
            section = self._question_index.find_section(reading.path[0])
            heading = DecodedLabel(candidate, reading, None)
            return _Hypothesis(cost, None, hypothesis.answered_mask, section, hypothesis, heading)
        node = interpretation.node if interpretation.node is not None else NO_SUCH_QUESTION
        answers = (
            self._question_index.nodes[node].leaf_mask if node >= 0 and self._question_index.nodes[node].is_leaf else 0
        )
        misread = reading.cost >= 0.5 and interpretation.order_cost > 0
        return _Hypothesis(
            cost,
            node,
            hypothesis.answered_mask | answers,
            hypothesis.section,
            hypothesis,
            DecodedLabel(candidate, reading, node, misread=misread),
            (candidate.line, reading.end),
        )

    def _interpretations(self, hypothesis: _Hypothesis, index: int) -> list[Interpretation]:
        candidate = self._candidates[index]
        if candidate.line == hypothesis.last_label_end[0] and candidate.span.start < hypothesis.last_label_end[1]:
            return [NO_LABEL_AT_NO_COST]
        key = (index, hypothesis.current, hypothesis.section)
        if key not in self._interpretation_cache:
            self._interpretation_cache[key] = self._interpreter.interpret(
                candidate, self._current_node(hypothesis), hypothesis.section
            )
        return [
            self._add_repeat_cost(interpretation, hypothesis.answered_mask)
            for interpretation in self._interpretation_cache[key]
        ]

    def _add_repeat_cost(self, interpretation: Interpretation, answered_mask: int) -> Interpretation:
        """The interpretation with the cost of coming back to questions that are all answered."""
        if (
            interpretation.node is None
            or interpretation.node < 0
            or self._question_index.nodes[interpretation.node].leaf_mask & ~answered_mask
        ):
            return interpretation
        return Interpretation(
            interpretation.cost + REPEAT_COST,
            interpretation.node,
            interpretation.reading,
            interpretation.order_cost + REPEAT_COST,
        )

    def _current_node(self, hypothesis: _Hypothesis) -> QuestionNode | None:
        """The open question; None before the first label and under a label that the paper lacks."""
        return (
            self._question_index.nodes[hypothesis.current]
            if hypothesis.current is not None and hypothesis.current >= 0
            else None
        )


def _is_page_number(candidate: LabelCandidate) -> bool:
    return candidate.page_number is not None and candidate.page_number.certain


def _trace_back(hypothesis: _Hypothesis) -> list[_Hypothesis]:
    """The hypothesis after each candidate, from the start of the sheet."""
    steps: list[_Hypothesis] = []
    step: _Hypothesis | None = hypothesis
    while step is not None:
        steps.append(step)
        step = step.previous
    return steps[::-1]


def _is_same_interpretation(interpretation: Interpretation, step: _Hypothesis) -> bool:
    """Whether `step` interpreted its last candidate so."""
    if step.decoded_label is None or interpretation.reading is None:
        return step.decoded_label is None and interpretation.reading is None
    return interpretation.node == step.decoded_label.node
