"""Text under no label: given to the only missing question there, otherwise shown at every question it may answer."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from core.models.assessment import QuestionPaper
from core.models.question_labels import iter_question_nodes
from core.models.result import ReviewReason
from grade.answer import UnplacedText
from grade.sheet.answer_collector import AnswerCollector
from grade.sheet.fragments import Fragment, is_margin_mark
from grade.sheet.question_text import find_copied_text, normalize_words
from grade.sheet.unanswered_questions import UnansweredQuestions
from grade.sheet.unplaced_text import make_unplaced_text

_MIN_TITLE_SIMILARITY = 88.0
_MAX_COMPARISONS = 60
"""Lines of one sheet that are compared with the whole paper; any further line counts as written by the student."""


@dataclass(frozen=True, slots=True)
class UnclaimedText:
    """Text of the segment number `index` that no label claims.

    `title`: it looks like a heading, which it is unless a question is missing there. `name`: it may be the student's
    name. `warning`: the sheet's warning if the text stays unplaced.
    """

    index: int
    fragments: Sequence[Fragment]
    title: bool = False
    name: bool = False
    warning: str = ""
    review: ReviewReason = ReviewReason.UNLABELLED


class PrintedText:
    """The printed text of a paper: its title and its questions. `left_edges`: of the sheet's labels."""

    def __init__(self, paper: QuestionPaper, left_edges: Sequence[float]) -> None:
        questions = [question for _, _, question in iter_question_nodes(paper.questions)]
        self._texts = [question.text for question in questions if question.text.strip()]
        self._titles = [normalize_words(paper.title), *(normalize_words(question.label) for question in questions)]
        self._left_edges = left_edges
        self._comparisons_left = _MAX_COMPARISONS

    def filter_possible_answers(self, fragments: Iterable[Fragment]) -> list[Fragment]:
        """The fragments that may be a student's answer."""
        return [fragment for fragment in fragments if self._may_be_answer(fragment)]

    def _may_be_answer(self, fragment: Fragment) -> bool:
        """Whether the fragment may be a student's answer: it is neither a margin mark nor printed text."""
        response = fragment.response.strip()
        if not re.search(r"[^\W_]", response) or is_margin_mark(fragment, self._left_edges):
            return False
        if self._comparisons_left <= 0:
            return True
        self._comparisons_left -= 1
        return not self._is_printed(response)

    def _is_printed(self, response: str) -> bool:
        words = normalize_words(response)
        if len(words) > 3 and any(
            title and fuzz.ratio(words, title) >= _MIN_TITLE_SIMILARITY for title in self._titles
        ):
            return True
        return any(found[1] == "" for text in self._texts if (found := find_copied_text(response, text)) is not None)


def place_unclaimed_texts(
    unclaimed: Iterable[UnclaimedText],
    questions: UnansweredQuestions,
    printed: PrintedText,
    collector: AnswerCollector,
) -> list[UnplacedText]:
    """Makes each text the answer of the one question that is missing at its position, with a review reason.

    A text without such a question is left over, and returned for each question that it may belong to.
    """
    # Text that looks like a heading answers a question only if no other text does.
    texts = sorted(unclaimed, key=lambda text: text.title)
    contested = _find_contested_questions(texts, questions, printed)
    return [shown for text in texts for shown in _place_text(text, questions, contested, printed, collector)]


def _find_contested_questions(
    texts: Iterable[UnclaimedText], questions: UnansweredQuestions, printed: PrintedText
) -> set[int]:
    """The leaves that more than one text, other than headings, would answer by its position."""
    missing = (
        questions.missing_between_labels(text.index)
        for text in texts
        if not text.title and printed.filter_possible_answers(text.fragments)
    )
    counts = Counter(leaves[0] for leaves in missing if len(leaves) == 1)
    return {leaf for leaf, count in counts.items() if count > 1}


def _place_text(
    text: UnclaimedText,
    questions: UnansweredQuestions,
    contested: set[int],
    printed: PrintedText,
    collector: AnswerCollector,
) -> list[UnplacedText]:
    possible = printed.filter_possible_answers(text.fragments)
    answered = questions.answered(collector.answers)
    between = [leaf for leaf in questions.missing_between_labels(text.index) if leaf not in answered]
    if not possible or (text.title and not between):
        collector.add_leftover(text.fragments)
        return []
    if len(between) == 1 and not text.name and between[0] not in contested:
        collector.add_leftover(fragment for fragment in text.fragments if fragment not in possible)
        collector.add_answer(questions.leaves[between[0]], possible, [ReviewReason.UNPLACED_ANSWER])
        return []
    collector.add_leftover(text.fragments)
    if not text.title:
        collector.review.append(text.review)
        collector.warnings += [text.warning] if text.warning else []
    return [
        make_unplaced_text(questions.leaves[leaf].question.id, possible)
        for leaf in questions.candidates(text.index, answered)
    ]
