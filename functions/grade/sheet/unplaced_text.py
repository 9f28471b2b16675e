"""Text without a usable label, as it is shown at the unanswered questions that it may belong to."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from core.models.assessment import QuestionType
from grade.answer import Answer, UnplacedText
from grade.sheet.answer_text import Fragment
from grade.sheet.page_numbers import is_same_row
from grade.sheet.segments import Segment, label_left_edges
from grade.sheet.trailing_lines import TrailingText, find_mark_like_lines
from grade.sheet.unanswered_questions import UnansweredQuestions

SINGLE_VALUE_TYPES = (QuestionType.NUMERIC, QuestionType.EXACT, QuestionType.PATTERN)
"""Types whose answer may be a number alone, so that one at a page's foot may be it, or its end."""
_MAX_TEXT_LENGTH, _MAX_LINES = 600, 20
"""What is shown of a text at each question that it may belong to."""


def make_unplaced_text(question: str, fragments: Iterable[Fragment]) -> UnplacedText:
    """The text as a question shows it: enough to recognise it, with its places on the pages."""
    response = [fragment for fragment in fragments if fragment.response.strip()]
    text = "\n".join(fragment.response.strip() for fragment in response)
    lines = tuple(fragment.line for fragment in response[:_MAX_LINES])
    return UnplacedText(
        question, text if len(text) <= _MAX_TEXT_LENGTH else f"{text[:_MAX_TEXT_LENGTH].rstrip()} …", lines
    )


def merge_unplaced_texts(texts: Iterable[UnplacedText]) -> tuple[UnplacedText, ...]:
    """One entry a question."""
    found: dict[str, UnplacedText] = {}
    for one in texts:
        last = found.get(one.question)
        if last is None:
            found[one.question] = one
        elif one.text not in last.text:
            found[one.question] = UnplacedText(
                one.question, f"{last.text}\n{one.text}", (*last.lines, *one.lines)[: 2 * _MAX_LINES]
            )
    return tuple(found.values())


def reattach_same_row_lines(segments: Sequence[Segment]) -> None:
    """Moves a line that was read just before the label on its row to the label's answer."""
    for before, segment in pairwise(segments):
        first = 0 if before.decoded_label is None else 1
        if segment.decoded_label is None or len(before.fragments) <= first or not segment.fragments:
            continue
        label, last = segment.fragments[0], before.fragments[-1]
        beside = label.line.page == last.line.page and is_same_row(label.line, last.line)
        if beside and last.line.line.box[0] >= label.line.line.box[0] + label.line.line.box[2]:
            before.fragments.pop()
            segment.fragments.insert(1, last)


def find_unplaced_texts(
    segments: Sequence[Segment],
    questions: UnansweredQuestions,
    trailing: Mapping[int, TrailingText],
    answers: Sequence[Answer],
) -> Iterator[UnplacedText]:
    """Text in other questions' answers, or put aside, that may be the answer of a question without one."""
    answered = questions.answered(answers)
    times = Counter(answer.question for answer in answers)
    left_edges = label_left_edges(segments)

    def show(leaves: Iterable[int], fragments: Sequence[Fragment]) -> Iterator[UnplacedText]:
        for leaf in leaves:
            if leaf not in answered and fragments:
                yield make_unplaced_text(questions.leaves[leaf].question.id, fragments)

    for index, segment in enumerate(segments):
        excluded = [Fragment(one.line, one.line.line.text) for one in segment.excluded if not one.certain]
        node = questions.node(segment)
        if node is None or not node.is_leaf:
            yield from show(questions.missing_between_labels(index), excluded)
            continue
        own = node.leaves[0]
        if own in answered:
            yield from show(questions.missing_after(index)[:1], excluded)
        else:
            numbers = [
                Fragment(line, line.line.text)
                for line, certain in segment.page_numbers
                if not certain or node.question.type in SINGLE_VALUE_TYPES
            ]
            yield from show([own], excluded + numbers)
        if (found := trailing.get(index)) is not None:
            open_ = [leaf for leaf in questions.missing_after(index) if leaf not in answered]
            yield from show(open_[: found.max_questions], segment.fragments[found.start :])
        yield from show(questions.empty_label_after(index), find_mark_like_lines(segment, left_edges))
        if times[node.question.id] > 1:
            yield from show(questions.missing_between_labels(index), segment.fragments)
