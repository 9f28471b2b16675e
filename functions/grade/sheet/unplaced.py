"""Text without a usable label, as it is shown at the unanswered questions that it may belong to."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from core.assessment import QuestionType
from grade.answer import Answer, UnplacedText
from grade.sheet.answer_text import Fragment
from grade.sheet.page_numbers import same_row
from grade.sheet.segments import Segment, label_lefts
from grade.sheet.trailing_lines import Trailing, marks_in_text
from grade.sheet.unanswered import UnansweredQuestions

ONE_VALUE = (QuestionType.NUMERIC, QuestionType.EXACT, QuestionType.PATTERN)
"""Types whose answer may be a number alone, so that one at a page's foot may be it, or its end."""
_MOST_TEXT, _MOST_LINES = 600, 20
"""What is shown of a text at each question that it may belong to."""


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


def texts_to_show(
    segments: Sequence[Segment],
    questions: UnansweredQuestions,
    trailing: Mapping[int, Trailing],
    answers: Sequence[Answer],
) -> Iterator[UnplacedText]:
    """Text in other questions' answers, or put aside, that may be the answer of a question without one."""
    answered = questions.answered(answers)
    times = Counter(answer.question for answer in answers)
    lefts = label_lefts(segments)

    def show(leaves: Iterable[int], fragments: Sequence[Fragment]) -> Iterator[UnplacedText]:
        for leaf in leaves:
            if leaf not in answered and fragments:
                yield shown(questions.leaves[leaf].question.id, fragments)

    for index, segment in enumerate(segments):
        aside = [Fragment(one.line, one.line.line.text) for one in segment.aside if not one.certain]
        node = questions.node(segment)
        if node is None or not node.is_leaf:
            yield from show(questions.between_labels(index), aside)
            continue
        own = node.leaves[0]
        if own in answered:
            yield from show(questions.after(index)[:1], aside)
        else:
            numbers = [
                Fragment(line, line.line.text)
                for line, certain in segment.page_numbers
                if not certain or node.question.type in ONE_VALUE
            ]
            yield from show([own], aside + numbers)
        if (found := trailing.get(index)) is not None:
            open_ = [leaf for leaf in questions.after(index) if leaf not in answered]
            yield from show(open_[: found.most], segment.fragments[found.start :])
        yield from show(questions.empty_label_after(index), marks_in_text(segment, lefts))
        if times[node.question.id] > 1:
            yield from show(questions.between_labels(index), segment.fragments)
