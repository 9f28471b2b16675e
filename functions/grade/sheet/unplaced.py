"""Which unanswered questions a text without a usable label may belong to, by where it stands on the sheet."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import combinations, pairwise
from statistics import median

from core.assessment import QuestionType
from grade.answer import Answer, AnswerLine, UnplacedText
from grade.sheet.answer_text import Fragment
from grade.sheet.page_numbers import same_row
from grade.sheet.segments import Segment
from grade.sheet.sheet_lines import is_teachers
from grade.sheet.sheet_map import Node, SheetMap
from grade.words.lookalikes import shape

_MOST_TEXT, _MOST_LINES = 600, 20
"""What is shown of a text at each question that it may belong to."""
_LABEL_LONG = 4
_MARGIN = 0.03
_OPENED = re.compile(
    r"\W{0,2}(?:q\w{0,8}[\s.:]{1,2})?(?P<label>[\w|]{1,3}(?:[().]{0,2}[\w|]{1,3}){0,2})[).:,;\]]", re.IGNORECASE
)
_ONE_LINE = (QuestionType.CHOICE, QuestionType.TRUE_FALSE, QuestionType.EXACT, QuestionType.PATTERN)


class Gaps:
    """The answerable questions of a paper and those that no label on the sheet names."""

    def __init__(self, sheet_map: SheetMap, segments: Sequence[Segment]) -> None:
        self._map = sheet_map
        self._segments = segments
        self.leaves: dict[int, Node] = {node.leaves[0]: node for node in sheet_map.nodes if node.is_leaf}
        self.labelled = {
            node.leaves[0] for segment in segments if (node := self.node(segment)) is not None and node.is_leaf
        }

    def node(self, segment: Segment) -> Node | None:
        """The question that a segment's label names."""
        return self._map.nodes[segment.node] if segment.node is not None and segment.node >= 0 else None

    def around(self, index: int) -> list[int]:
        """The questions without a label on the sheet, by their place in the paper, that would stand where this
        segment stands: between those before it and behind it."""
        return self._free(self._before(index), index)

    def following(self, index: int) -> list[int]:
        """The questions without a label that would stand between this segment's own and the next one."""
        own = self.node(self._segments[index])
        return self._free(self._last(own), index) if own is not None else []

    def possible(self, index: int, answered: Set[int]) -> list[int]:
        """The questions without an answer that the segment's text may belong to: those whose place it is, else
        those without a label, else all."""
        open_ = [leaf for leaf in self.leaves if leaf not in answered]
        around = [leaf for leaf in self.around(index) if leaf not in answered]
        return around or [leaf for leaf in open_ if leaf not in self.labelled] or open_

    def answered(self, answers: Iterable[Answer]) -> set[int]:
        """The places in the paper of the questions that these answers are to."""
        given = {answer.question for answer in answers}
        return {leaf for leaf, node in self.leaves.items() if node.question.id in given}

    def _free(self, before: int, index: int) -> list[int]:
        """The questions without a label behind `before` and before what stands behind this segment."""
        between = range(before + 1, self._behind(index))
        return [leaf for leaf in between if leaf in self.leaves and leaf not in self.labelled]

    @staticmethod
    def _last(node: Node) -> int:
        return node.leaves[-1] if node.is_leaf else node.leaves[0] - 1

    def _before(self, index: int) -> int:
        for segment in reversed(self._segments[:index]):
            if (node := self.node(segment)) is not None:
                return self._last(node)
            if (section := self._section(segment)) is not None:
                return section.leaves[0] - 1
        return -1

    def _behind(self, index: int) -> int:
        for segment in self._segments[index + 1 :]:
            node = self.node(segment) or self._section(segment)
            if node is not None:
                return node.leaves[0]
        return max(self.leaves, default=-1) + 1

    def _section(self, segment: Segment) -> Node | None:
        """The section whose heading opens the segment."""
        if segment.node is not None or segment.cut is None:
            return None
        path = self._map.section(segment.cut.reading.path[0])
        return self._map.nodes[self._map.by_full[path]] if path is not None else None


def shown(question: str, fragments: Iterable[Fragment]) -> UnplacedText:
    """The text as a question shows it: enough to recognise it, with its places on the pages."""
    said = [fragment for fragment in fragments if fragment.said.strip()]
    text = "\n".join(fragment.said.strip() for fragment in said)
    lines = tuple(fragment.line for fragment in said[:_MOST_LINES])
    return UnplacedText(question, text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT].rstrip()} …", lines)


def joined(texts: Iterable[UnplacedText]) -> tuple[UnplacedText, ...]:
    """One entry a question."""
    found: dict[str, UnplacedText] = {}
    for one in texts:
        last = found.get(one.question)
        if last is None:
            found[one.question] = one
        elif one.text not in last.text:
            found[one.question] = UnplacedText(
                one.question, f"{last.text}\n{one.text}", (*last.lines, *one.lines)[: 2 * _MOST_LINES]
            )
    return tuple(found.values())


def bring_rows_together(segments: Sequence[Segment]) -> None:
    """Moves a line that was read just before the label on its row to the label's answer."""
    for before, segment in pairwise(segments):
        first = 0 if before.cut is None else 1
        if segment.cut is None or len(before.fragments) <= first or not segment.fragments:
            continue
        label, last = segment.fragments[0], before.fragments[-1]
        beside = label.line.page == last.line.page and same_row(label.line, last.line)
        if beside and last.line.line.box[0] >= label.line.line.box[0] + label.line.line.box[2]:
            before.fragments.pop()
            segment.fragments.insert(1, last)


class Surplus:
    """Lines at an answer's end that may be the next answer, its label lost or misread.

    They are sought only where no label on the sheet names the next question. What tells them: a spot that was
    nearly taken for a label, a line that opens with signs like the missing label's, a few signs alone in the column
    of the labels, a new page, a gap as wide as those between answers, or more lines than an answer of one line has.
    """

    def __init__(self, segments: Sequence[Segment], gaps: Gaps) -> None:
        self._segments = segments
        self._gaps = gaps
        labels = [s.fragments[0].line for s in segments if s.cut is not None and s.fragments]
        lefts = [line.line.box[0] for line in labels]
        self._column = median(lefts) if len(lefts) > 1 else None
        self._wide = self._wide_leading()

    def start(self, index: int) -> int | None:
        """The fragment with which the surplus of a segment begins; None where there is none."""
        segment = self._segments[index]
        node = self._gaps.node(segment)
        if node is None or not self._gaps.following(index):
            return None
        found = [segment.nearly] if segment.nearly else []
        said = [number for number, fragment in enumerate(segment.fragments) if _is_students(fragment.said.strip())]
        for before, number in pairwise(said):
            upper, lower = segment.fragments[before].line, segment.fragments[number].line
            spelled = self._spells_missing(segment.fragments[number].said, index)
            if spelled or self._is_label_like(lower, upper) or self._is_apart(upper, lower):
                found.append(number)
        if node.question.type in _ONE_LINE and len(said) > 1:
            found.append(said[1])
        return min(found, default=None)

    def _spells_missing(self, said: str, index: int) -> bool:
        """Whether a line opens with the label of a question that is missing there, look-alikes aside ("Al.")."""
        opened = _OPENED.match(said)
        if opened is None:
            return False
        label = shape(re.sub(r"[\W_]", "", opened["label"]))
        paths = (self._gaps.leaves[leaf].path for leaf in self._gaps.following(index))
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

    def _wide_leading(self) -> float | None:
        """From how far down a line stands as the next answer does and not as the next line of the same answer.
        None where the sheet does not tell these apart."""
        between: list[float] = []
        within: list[float] = []
        for before, segment in pairwise(self._segments):
            if before.fragments and segment.fragments and segment.cut is not None and before.cut is not None:
                _add_leading(between, before.fragments[-1].line, segment.fragments[0].line)
        for index, segment in enumerate(self._segments):
            # Where a question is missing, the next line may be its answer.
            certain = self._gaps.node(segment) is not None and not self._gaps.following(index)
            for one, other in pairwise(segment.fragments if certain else ()):
                _add_leading(within, one.line, other.line)
        heights = [fragment.line.line.box[3] for segment in self._segments for fragment in segment.fragments]
        wide = 0.7 * median(between) if between else 4.0 * median(heights)
        narrow = [leading for leading in within if leading < wide]
        if len(narrow) < 0.6 * len(within):
            return None
        return max(wide, 1.6 * median(narrow)) if narrow else wide


def _is_students(said: str) -> bool:
    return bool(said) and not is_teachers(said)


def _add_leading(leadings: list[float], upper: AnswerLine, lower: AnswerLine) -> None:
    leading = lower.line.box[1] - upper.line.box[1]
    if upper.page == lower.page and leading > 0 and not same_row(upper, lower):
        leadings.append(leading)


def surplus_of(segments: Sequence[Segment], gaps: Gaps) -> dict[int, int]:
    """The segments that hold lines which may be the next answer, each with the first such fragment."""
    surplus = Surplus(segments, gaps)
    return {index: start for index in range(len(segments)) if (start := surplus.start(index)) is not None}


def doubted(
    segments: Sequence[Segment], gaps: Gaps, surplus: Mapping[int, int], answers: Sequence[Answer]
) -> Iterator[UnplacedText]:
    """Text in other questions' answers, or put aside, that may be the answer of a question without one."""
    answered = gaps.answered(answers)
    times = Counter(answer.question for answer in answers)
    for index, segment in enumerate(segments):
        node = gaps.node(segment)
        if node is None or not node.is_leaf:
            continue
        if node.leaves[0] not in answered:
            aside = [line for line in segment.aside if line.page == segment.fragments[0].line.page]
            aside += [line for line, certain in segment.page_numbers if not certain]
            if aside:
                yield shown(node.question.id, [Fragment(line, line.line.text) for line in aside])
        missing = [leaf for leaf in gaps.following(index) if leaf not in answered] if index in surplus else []
        for leaf in missing:
            yield shown(gaps.leaves[leaf].question.id, segment.fragments[surplus[index] :])
        if times[node.question.id] > 1:
            for leaf in gaps.around(index):
                if leaf not in answered:
                    yield shown(gaps.leaves[leaf].question.id, segment.fragments)
