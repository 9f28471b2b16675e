"""Shows text without a usable label at the unanswered questions that it may belong to."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from core.models.question_types.definition import AnswerShape, get_shape
from grade.answer import Answer, UnplacedText
from grade.sheet.fragments import Fragment, make_fragment
from grade.sheet.page_numbers import is_same_row
from grade.sheet.question_index import QuestionNode
from grade.sheet.segments import Segment, label_left_edges
from grade.sheet.trailing_lines import TrailingText, find_mark_like_lines
from grade.sheet.unanswered_questions import UnansweredQuestions

_MAX_TEXT_LENGTH, _MAX_LINES = 600, 20
"""How much of a text is shown at each question that it may belong to: characters and lines."""


def make_unplaced_text(question: str, fragments: Iterable[Fragment]) -> UnplacedText:
    """The text as it is shown at the question: enough to recognise it, with its lines on the pages."""
    filled = [fragment for fragment in fragments if fragment.response.strip()]
    text = "\n".join(fragment.response.strip() for fragment in filled)
    lines = tuple(fragment.line for fragment in filled[:_MAX_LINES])
    return UnplacedText(
        question, text if len(text) <= _MAX_TEXT_LENGTH else f"{text[:_MAX_TEXT_LENGTH].rstrip()} …", lines
    )


def merge_unplaced_texts(texts: Iterable[UnplacedText]) -> tuple[UnplacedText, ...]:
    """Merges the texts into one entry a question."""
    merged: dict[str, UnplacedText] = {}
    for text in texts:
        last = merged.get(text.question)
        if last is None:
            merged[text.question] = text
        elif text.text not in last.text:
            merged[text.question] = UnplacedText(
                text.question, f"{last.text}\n{text.text}", (*last.lines, *text.lines)[: 2 * _MAX_LINES]
            )
    return tuple(merged.values())


def reattach_same_row_lines(segments: Sequence[Segment]) -> None:
    """Moves a line that OCR returned just before the label on its row to that label's answer."""
    for previous, segment in pairwise(segments):
        first = 0 if previous.decoded_label is None else 1
        if segment.decoded_label is None or len(previous.fragments) <= first or not segment.fragments:
            continue
        label, last = segment.fragments[0], previous.fragments[-1]
        on_one_row = label.line.page == last.line.page and is_same_row(label.line, last.line)
        if on_one_row and last.line.line.box[0] >= label.line.line.box[0] + label.line.line.box[2]:
            previous.fragments.pop()
            segment.fragments.insert(1, last)


def find_unplaced_texts(
    segments: Sequence[Segment],
    questions: UnansweredQuestions,
    trailing: Mapping[int, TrailingText],
    answers: Sequence[Answer],
) -> Iterator[UnplacedText]:
    """Finds text in other questions' answers and in excluded lines that may answer a question without an answer."""
    answered = questions.answered(answers)
    attempts = Counter(answer.question for answer in answers)
    left_edges = label_left_edges(segments)

    def show_at(leaves: Iterable[int], fragments: Sequence[Fragment]) -> Iterator[UnplacedText]:
        for leaf in leaves:
            if leaf not in answered and fragments:
                yield make_unplaced_text(questions.leaves[leaf].question.id, fragments)

    for index, segment in enumerate(segments):
        excluded = [make_fragment(one.line) for one in segment.excluded if not one.certain]
        node = questions.node(segment)
        if node is None or not node.is_leaf:
            yield from show_at(questions.missing_between_labels(index), excluded)
            continue
        own = node.leaves[0]
        if own in answered:
            yield from show_at(questions.missing_after(index)[:1], excluded)
        else:
            numbers = [
                make_fragment(line) for line, certain in segment.page_numbers if not certain or may_be_a_number(node)
            ]
            yield from show_at([own], excluded + numbers)
        if (found := trailing.get(index)) is not None:
            unanswered = [leaf for leaf in questions.missing_after(index) if leaf not in answered]
            yield from show_at(unanswered[: found.max_questions], segment.fragments[found.start :])
        yield from show_at(questions.empty_label_after(index), find_mark_like_lines(segment, left_edges))
        if attempts[node.question.id] > 1:
            yield from show_at(questions.missing_between_labels(index), segment.fragments)


def may_be_a_number(node: QuestionNode) -> bool:
    """Whether the answer may be a number alone, so that a number at a page's foot may be the answer or its end."""
    return get_shape(node.question.type) is AnswerShape.VALUE
