"""Finds lines at the end of an answer that may be the next answer, whose label was lost or misread."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import median

from core.models.assessment import QuestionType
from core.models.question_types.definition import get_definition, get_shape
from grade.answer import AnswerLine
from grade.language.lookalikes import fold_lookalikes
from grade.sheet.fragments import Fragment, is_margin_mark
from grade.sheet.page_numbers import is_same_row
from grade.sheet.question_index import QuestionNode
from grade.sheet.segments import Segment, label_left_edges
from grade.sheet.unanswered_questions import UnansweredQuestions

_MAX_LABEL_LENGTH = 4
_MARGIN = 0.03
_LEADING_LABEL = re.compile(
    r"\W{0,2}(?:q\w{0,8}[\s.:]{1,2})?(?P<label>[\w|]{1,3}(?:[().]{0,2}[\w|]{1,3}){0,2})[).:,;\]]", re.IGNORECASE
)
_CLOSE_SPACING = 0.75
"""Lines of one answer are closer together than this share of the smallest distance between two answers."""
_FULL_WIDTH, _FULL_EDGE, _RAGGED = 0.45, 0.6, 0.02
_SENTENCE_END = re.compile(r"[.!?]\W*$")


@dataclass(frozen=True, slots=True)
class TrailingText:
    """`start`: index of the first fragment. `max_questions`: for how many questions the lines may hold answers."""

    start: int
    max_questions: int


class TrailingLineFinder:
    """Finds the lines of answers that may answer another question.

    Only answers that a question without a label may follow are searched. Strong evidence of a lost label: a near miss
    of the decoder, a line that starts with characters like the missing label's, a few characters alone in the column of
    the labels, a new page, a gap as wide as those between answers, more lines than a one-line answer has. Without such
    evidence every further line may still be the next answer, unless the layout joins it to the line above (the two are
    closer together than answers are, or the line above is full and the sentence continues) or the line calculates with
    its own question's numbers.
    """

    def __init__(self, segments: Sequence[Segment], questions: UnansweredQuestions) -> None:
        self._segments = segments
        self._questions = questions
        self._left_edges = label_left_edges(segments)
        self._label_column = median(self._left_edges) if len(self._left_edges) > 1 else None
        self._spacings_between_answers = self._measure_spacings_between_answers()
        self._wide_spacing = self._measure_wide_spacing()
        self._right_edge = self._measure_right_edge()

    def find_all(self) -> dict[int, TrailingText]:
        """The trailing text by the index of its segment."""
        found = ((index, self._find_in_segment(index)) for index in range(len(self._segments)))
        return {index: trailing for index, trailing in found if trailing is not None}

    def _find_in_segment(self, index: int) -> TrailingText | None:
        segment = self._segments[index]
        node = self._questions.node(segment)
        missing = self._questions.missing_after(index) if node is not None else []
        if node is None or not missing:
            return None
        written = find_written_lines(segment, self._left_edges)
        strong_starts = [segment.near_miss] if segment.near_miss else []
        weak_starts = []
        for above, number in pairwise(written):
            upper, lower = segment.fragments[above], segment.fragments[number]
            if (
                self._starts_with_missing_label(lower.response, index)
                or self._is_label_like(lower.line, upper.line)
                or self._is_set_apart(upper.line, lower.line)
            ):
                strong_starts.append(number)
            elif not self._is_same_answer(upper, lower) and not self._uses_own_question_numbers(
                lower.response, node, missing
            ):
                weak_starts.append(number)
        if _takes_one_line(node.question.type) and len(written) > 1:
            strong_starts.append(written[1])
        if strong_starts:
            return TrailingText(min(strong_starts + weak_starts), len(missing))
        # Any question missing before the next label may be answered; of those farther away, at most one a line.
        near = len(self._questions.missing_before_next_label(index))
        return (
            TrailingText(weak_starts[0], max(near, sum(number >= weak_starts[0] for number in written)))
            if weak_starts
            else None
        )

    def _starts_with_missing_label(self, response: str, index: int) -> bool:
        """Whether a line starts with the label of a question that is missing there; look-alikes match ("Al.")."""
        leading = _LEADING_LABEL.match(response)
        if leading is None:
            return False
        label = fold_lookalikes(re.sub(r"[\W_]", "", leading["label"]))
        paths = (self._questions.leaves[leaf].path for leaf in self._questions.missing_after(index))
        ends = ("".join(path[start:stop]) for path in paths for start, stop in combinations(range(len(path) + 1), 2))
        return any(label == fold_lookalikes(end) for end in ends if re.search(r"\d", end))

    def _is_label_like(self, line: AnswerLine, above: AnswerLine) -> bool:
        """Whether it is a few characters alone in the column of the labels, with the answers to the right of it."""
        if self._label_column is None or len(line.line.text.strip()) > _MAX_LABEL_LENGTH:
            return False
        left, upper_left = line.line.box[0], above.line.box[0]
        return abs(left - self._label_column) < _MARGIN and upper_left - left > _MARGIN

    def _is_set_apart(self, upper: AnswerLine, lower: AnswerLine) -> bool:
        if upper.page != lower.page:
            return True
        spacing = lower.line.box[1] - upper.line.box[1]
        return self._wide_spacing is not None and spacing >= max(self._wide_spacing, 2.5 * upper.line.box[3])

    def _is_same_answer(self, upper: Fragment, lower: Fragment) -> bool:
        """Whether the layout shows that two lines belong to one answer."""
        spacing = lower.line.line.box[1] - upper.line.line.box[1]
        if is_same_row(upper.line, lower.line) or (
            self._spacings_between_answers and spacing <= _CLOSE_SPACING * min(self._spacings_between_answers)
        ):
            return True
        if self._right_edge is None or _SENTENCE_END.search(upper.response) or not lower.response.strip()[:1].islower():
            return False
        # The first word of the lower line did not fit on the line above.
        left, _, width, _ = upper.line.line.box
        word = lower.response.split()[0]
        word_width = lower.line.line.box[2] * (len(word) + 1) / max(len(lower.line.line.text), 1)
        return left + width + word_width + _RAGGED >= self._right_edge

    def _uses_own_question_numbers(self, response: str, node: QuestionNode, missing: Sequence[int]) -> bool:
        """Whether a line calculates with numbers that its own question gives and no missing question gives."""
        shared = _find_numbers(response) & _find_numbers(f"{node.context} {node.question.text}")
        others = (self._questions.leaves[leaf] for leaf in missing)
        return len(shared) > 1 and not any(
            shared <= _find_numbers(f"{other.context} {other.question.text}") for other in others
        )

    def _measure_right_edge(self) -> float | None:
        """The right edge of the sheet's full lines; None where no line is full."""
        boxes = [fragment.line.line.box for segment in self._segments for fragment in segment.fragments]
        rights = [left + width for left, _, width, _ in boxes if width >= _FULL_WIDTH and left + width >= _FULL_EDGE]
        return median(rights) if rights else None

    def _measure_spacings_between_answers(self) -> list[float]:
        """The distances from an answer's last line down to the next label."""
        between: list[float] = []
        for previous, segment in pairwise(self._segments):
            if (
                previous.fragments
                and segment.fragments
                and segment.decoded_label is not None
                and previous.decoded_label is not None
            ):
                _append_spacing(between, previous.fragments[-1].line, segment.fragments[0].line)
        return between

    def _measure_wide_spacing(self) -> float | None:
        """The distance from which the line below is spaced like a new answer, not like a line of the same answer.

        None where the sheet's spacing does not separate the two.
        """
        within: list[float] = []
        for index, segment in enumerate(self._segments):
            # Where a question is missing, the next line may be its answer.
            certain = self._questions.node(segment) is not None and not self._questions.missing_after(index)
            for upper, lower in pairwise(segment.fragments if certain else ()):
                _append_spacing(within, upper.line, lower.line)
        heights = [fragment.line.line.box[3] for segment in self._segments for fragment in segment.fragments]
        wide = 0.7 * median(self._spacings_between_answers) if self._spacings_between_answers else 4.0 * median(heights)
        narrow = [spacing for spacing in within if spacing < wide]
        if len(narrow) < 0.6 * len(within):
            return None
        return max(wide, 1.6 * median(narrow)) if narrow else wide


def _find_numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.,]\d+)*", text))


def find_written_lines(segment: Segment, left_edges: Sequence[float]) -> list[int]:
    """Indexes of the fragments in which the student wrote something. `left_edges`: of the sheet's labels."""
    filled = [number for number, fragment in enumerate(segment.fragments) if fragment.response.strip()]
    return [number for number in filled if not is_margin_mark(segment.fragments[number], left_edges)]


def find_mark_like_lines(segment: Segment, left_edges: Sequence[float]) -> list[Fragment]:
    """The lines after an answer's first that look like a teacher's marks but are positioned like answers."""
    written = [segment.fragments[number] for number in find_written_lines(segment, left_edges)[1:]]
    return [fragment for fragment in written if fragment.is_mark_like]


def _append_spacing(spacings: list[float], upper: AnswerLine, lower: AnswerLine) -> None:
    spacing = lower.line.box[1] - upper.line.box[1]
    if upper.page == lower.page and spacing > 0 and not is_same_row(upper, lower):
        spacings.append(spacing)


def _takes_one_line(question_type: QuestionType) -> bool:
    return get_shape(question_type) is not None and get_definition(question_type).is_one_line
