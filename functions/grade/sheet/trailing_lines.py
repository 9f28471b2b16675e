"""Lines at an answer's end that may be the next answer, its label lost or misread."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import median

from core.assessment import QuestionType
from grade.answer import AnswerLine
from grade.sheet.answer_text import Fragment, is_margin_mark
from grade.sheet.page_numbers import same_row
from grade.sheet.segments import Segment, label_lefts
from grade.sheet.sheet_lines import is_teachers
from grade.sheet.sheet_map import Node
from grade.sheet.unanswered import UnansweredQuestions
from grade.words.lookalikes import shape

_LABEL_LONG = 4
_MARGIN = 0.03
_OPENED = re.compile(
    r"\W{0,2}(?:q\w{0,8}[\s.:]{1,2})?(?P<label>[\w|]{1,3}(?:[().]{0,2}[\w|]{1,3}){0,2})[).:,;\]]", re.IGNORECASE
)
_ONE_LINE = (QuestionType.CHOICE, QuestionType.TRUE_FALSE, QuestionType.EXACT, QuestionType.PATTERN)
_CLOSE = 0.75
"""Lines of one answer stand closer together than this share of the smallest distance between two answers."""
_FULL_WIDTH, _FULL_EDGE, _RAGGED = 0.45, 0.6, 0.02
_SENTENCE_END = re.compile(r"[.!?]\W*$")


@dataclass(frozen=True, slots=True)
class Trailing:
    """`start`: the fragment of a segment with which the lines begin. `most`: for how many questions they may hold
    answers."""

    start: int
    most: int


class TrailingLines:
    """Finds the lines of answers that may answer another question.

    They are sought only where a question without a label may stand behind the answer. Some signs speak for a lost
    label: a spot that was nearly taken for one, a line that opens with signs like the missing label's, a few signs
    alone in the column of the labels, a new page, a gap as wide as those between answers, more lines than an answer
    of one line has. Without them every further line still may be the next answer, unless the layout joins it to the
    line above (both stand closer together than answers do, or the line above is full and the sentence goes on) or the
    line reckons with its own question's numbers.
    """

    def __init__(self, segments: Sequence[Segment], questions: UnansweredQuestions) -> None:
        self._segments = segments
        self._questions = questions
        self._lefts = label_lefts(segments)
        self._column = median(self._lefts) if len(self._lefts) > 1 else None
        self._between = self._leadings_between()
        self._wide = self._wide_leading()
        self._right_edge = self._full_right_edge()

    def all(self) -> dict[int, Trailing]:
        """The segments that hold such lines."""
        found = ((index, self._trailing(index)) for index in range(len(self._segments)))
        return {index: trailing for index, trailing in found if trailing is not None}

    def _trailing(self, index: int) -> Trailing | None:
        segment = self._segments[index]
        node = self._questions.node(segment)
        missing = self._questions.after(index) if node is not None else []
        if node is None or not missing:
            return None
        written = written_lines(segment, self._lefts)
        told = [segment.nearly] if segment.nearly else []
        loose = []
        for before, number in pairwise(written):
            upper, lower = segment.fragments[before], segment.fragments[number]
            spelled = self._spells_missing(lower.said, index)
            if spelled or self._is_label_like(lower.line, upper.line) or self._is_apart(upper.line, lower.line):
                told.append(number)
            elif not self._goes_on(upper, lower) and not self._takes_up_question(lower.said, node, missing):
                loose.append(number)
        if node.question.type in _ONE_LINE and len(written) > 1:
            told.append(written[1])
        if told:
            return Trailing(min(told + loose), len(missing))
        # Up to the next label any missing question may be meant; farther off, no more of them than there are lines.
        near = len(self._questions.between_own_and_next(index))
        return Trailing(loose[0], max(near, sum(number >= loose[0] for number in written))) if loose else None

    def _spells_missing(self, said: str, index: int) -> bool:
        """Whether a line opens with the label of a question that is missing there, look-alikes aside ("Al.")."""
        opened = _OPENED.match(said)
        if opened is None:
            return False
        label = shape(re.sub(r"[\W_]", "", opened["label"]))
        paths = (self._questions.leaves[leaf].path for leaf in self._questions.after(index))
        ends = ("".join(path[start:stop]) for path in paths for start, stop in combinations(range(len(path) + 1), 2))
        return any(label == shape(end) for end in ends if re.search(r"\d", end))

    def _is_label_like(self, line: AnswerLine, above: AnswerLine) -> bool:
        """A few signs alone in the column of the labels, where the answers stand to the right of it."""
        if self._column is None or len(line.line.text.strip()) > _LABEL_LONG:
            return False
        left, upper_left = line.line.box[0], above.line.box[0]
        return abs(left - self._column) < _MARGIN and upper_left - left > _MARGIN

    def _is_apart(self, upper: AnswerLine, lower: AnswerLine) -> bool:
        if upper.page != lower.page:
            return True
        leading = lower.line.box[1] - upper.line.box[1]
        return self._wide is not None and leading >= max(self._wide, 2.5 * upper.line.box[3])

    def _goes_on(self, upper: Fragment, lower: Fragment) -> bool:
        """Whether the layout tells that two lines are of one answer."""
        leading = lower.line.line.box[1] - upper.line.line.box[1]
        if same_row(upper.line, lower.line) or (self._between and leading <= _CLOSE * min(self._between)):
            return True
        if self._right_edge is None or _SENTENCE_END.search(upper.said) or not lower.said.strip()[:1].islower():
            return False
        # The first word below had no room on the line above.
        left, _, width, _ = upper.line.line.box
        word = lower.said.split()[0]
        room = lower.line.line.box[2] * (len(word) + 1) / max(len(lower.line.line.text), 1)
        return left + width + room + _RAGGED >= self._right_edge

    def _takes_up_question(self, said: str, node: Node, missing: Sequence[int]) -> bool:
        """Whether a line reckons with numbers that its own question gives, and none of the missing ones does."""
        shared = _numbers(said) & _numbers(f"{node.context} {node.question.text}")
        others = (self._questions.leaves[leaf] for leaf in missing)
        return len(shared) > 1 and not any(
            shared <= _numbers(f"{other.context} {other.question.text}") for other in others
        )

    def _full_right_edge(self) -> float | None:
        """Where the sheet's full lines end; None where no line is full."""
        boxes = [fragment.line.line.box for segment in self._segments for fragment in segment.fragments]
        rights = [left + width for left, _, width, _ in boxes if width >= _FULL_WIDTH and left + width >= _FULL_EDGE]
        return median(rights) if rights else None

    def _leadings_between(self) -> list[float]:
        """How far below an answer's last line the next label stands."""
        between: list[float] = []
        for before, segment in pairwise(self._segments):
            if before.fragments and segment.fragments and segment.cut is not None and before.cut is not None:
                _add_leading(between, before.fragments[-1].line, segment.fragments[0].line)
        return between

    def _wide_leading(self) -> float | None:
        """From how far down a line stands as the next answer does and not as the next line of the same answer.
        None where the sheet does not tell these apart."""
        within: list[float] = []
        for index, segment in enumerate(self._segments):
            # Where a question is missing, the next line may be its answer.
            certain = self._questions.node(segment) is not None and not self._questions.after(index)
            for one, other in pairwise(segment.fragments if certain else ()):
                _add_leading(within, one.line, other.line)
        heights = [fragment.line.line.box[3] for segment in self._segments for fragment in segment.fragments]
        wide = 0.7 * median(self._between) if self._between else 4.0 * median(heights)
        narrow = [leading for leading in within if leading < wide]
        if len(narrow) < 0.6 * len(within):
            return None
        return max(wide, 1.6 * median(narrow)) if narrow else wide


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.,]\d+)*", text))


def written_lines(segment: Segment, lefts: Sequence[float]) -> list[int]:
    """The numbers of the fragments that the student wrote something in. `lefts`: where the sheet's labels stand."""
    said = [number for number, fragment in enumerate(segment.fragments) if fragment.said.strip()]
    return [number for number in said if not is_margin_mark(segment.fragments[number], lefts)]


def marks_in_text(segment: Segment, lefts: Sequence[float]) -> list[Fragment]:
    """The lines below an answer's first that look like a teacher's marks and stand where answers do."""
    written = [segment.fragments[number] for number in written_lines(segment, lefts)[1:]]
    return [fragment for fragment in written if is_teachers(fragment.said.strip())]


def _add_leading(leadings: list[float], upper: AnswerLine, lower: AnswerLine) -> None:
    leading = lower.line.box[1] - upper.line.box[1]
    if upper.page == lower.page and leading > 0 and not same_row(upper, lower):
        leadings.append(leading)
