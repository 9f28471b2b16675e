"""What a student wrote, out of the lines under a label: without printed question text, crossings and marks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from core.models.assessment import OBJECTIVE_TYPES, QuestionPaper, QuestionType
from core.models.labels import iter_question_nodes
from core.models.result import ReviewReason
from grade.answer import AnswerLine
from grade.language.text_cleaning import clean_line
from grade.paper.printed_marks import MarkForm, find_marks, remove_marks
from grade.sheet.line_classifier import is_teacher_mark, remove_crossed_out, remove_ticks
from grade.sheet.question_index import QuestionNode
from grade.sheet.question_text import find_copied_text, normalize_words


@dataclass(frozen=True, slots=True)
class Fragment:
    """A line, or a part of it, and what it says after its label."""

    line: AnswerLine
    response: str


@dataclass(slots=True)
class CleanedAnswer:
    """`aside`: lines that hold nothing of the answer (a teacher's mark)."""

    text: str = ""
    lines: list[AnswerLine] = field(default_factory=list)
    excluded: list[AnswerLine] = field(default_factory=list)
    review: list[ReviewReason] = field(default_factory=list)


def clean_answer(fragments: Sequence[Fragment], node: QuestionNode) -> CleanedAnswer:
    cleaned = CleanedAnswer()
    kept: list[str] = []
    teacher_marks = _find_teacher_marks(fragments, node, cleaned)
    copy = _QuestionCopyTracker()
    printed = _find_printed_options(fragments, node)
    for index, fragment in enumerate(fragments):
        if index in teacher_marks:
            cleaned.excluded.append(fragment.line)
            continue
        cleaned.lines.append(fragment.line)
        response, struck = remove_crossed_out(fragment.response)
        if struck:
            cleaned.review.append(ReviewReason.CROSSED_OUT)
        response = remove_ticks(_remove_margin_mark(response, node)).strip()
        if index in printed:
            continue
        if response and not copy.is_finished:
            response = copy.remove_copied_text(response, node)
        if clean_line(response):
            kept.append(_collapse_spaces(response))
    cleaned.text = "\n".join(kept).strip()
    cleaned.review = list(dict.fromkeys(cleaned.review))
    return cleaned


def _collapse_spaces(response: str) -> str:
    return re.sub(r"[ \t]{2,}", "  ", response).strip()


@dataclass(slots=True)
class _QuestionCopyTracker:
    """How far into the question's words the lines so far have copied it; None where a copy may start."""

    word_index: int | None = None
    is_finished: bool = False

    def remove_copied_text(self, response: str, node: QuestionNode) -> str:
        """What a line says beyond the question's own words, at the answer's start."""
        marks = [token for token in find_marks(response) if token.form in (MarkForm.EXPLICIT, MarkForm.BARE_BRACKET)]
        bare = remove_marks(response, marks) if marks else response
        for asked in (node.question.text, node.context):
            found = find_copied_text(bare, asked, self.word_index) if asked else None
            if found is not None:
                self.word_index, rest = found
                self.is_finished = bool(rest)
                return rest
            if self.word_index is not None:
                break
        self.is_finished = True
        return response


def _find_printed_options(fragments: Sequence[Fragment], node: QuestionNode) -> set[int]:
    """The lines that repeat a choice's printed options, where all of them stand there."""
    options = {normalize_words(option.text) for option in node.question.options if option.text}
    if node.question.type is not QuestionType.CHOICE or len(options) < 2:
        return set()
    found = {
        index: response
        for index, fragment in enumerate(fragments)
        if (response := normalize_words(re.sub(r"^\W*[A-Ha-h]\s*[).:\]]?\s+", "", fragment.response))) in options
    }
    return (
        set(found)
        if set(found.values()) == options and not any(fragments[i].line.line.handwriting for i in found)
        else set()
    )


def _find_teacher_marks(fragments: Sequence[Fragment], node: QuestionNode, cleaned: CleanedAnswer) -> set[int]:
    """The lines that are a teacher's marks. For a number asked, "3/5" alone may be the answer: it stays,
    and a person looks."""
    alike = {
        i
        for i, fragment in enumerate(fragments)
        if is_teacher_mark(fragment.response.strip()) and fragment.response.strip()
    }
    written = [i for i, f in enumerate(fragments) if i not in alike and f.response.strip()]
    others = bool(written)
    if not alike:
        return set()
    if others:
        # A teacher marks what stands there already: above an answer's first words only a margin holds marks.
        left_edges = [fragments[i].line.line.box[0] for i in written]
        early = {i for i in alike if i < written[0] and not is_margin_mark(fragments[i], left_edges)}
        if early:
            cleaned.review.append(ReviewReason.UNCLEAR_ANSWER)
        alike -= early
    if node.question.type in OBJECTIVE_TYPES or node.question.type is QuestionType.TEXT:
        left_edges = [f.line.line.box[0] for i, f in enumerate(fragments) if i not in alike and f.response.strip()]
        marginal = {i for i in alike if is_in_margin(fragments[i], left_edges) or _is_only_ticks(fragments[i].response)}
        if others:
            return (
                alike
                if node.question.type not in (QuestionType.NUMERIC, QuestionType.EXACT, QuestionType.PATTERN)
                else (marginal | {i for i in alike if _is_score_out_of_marks(fragments[i].response, node)})
            )
        ticks = {i for i in alike if _is_only_ticks(fragments[i].response)}
        if alike - ticks:
            cleaned.review.append(ReviewReason.UNCLEAR_ANSWER)
        return ticks
    return set()


def is_margin_mark(fragment: Fragment, left_edges: Sequence[float]) -> bool:
    """Whether a line is a teacher's mark by its look and its place. `lefts`: where the lines of answers begin."""
    response = fragment.response.strip()
    return is_teacher_mark(response) and (is_in_margin(fragment, left_edges) or _is_only_ticks(response))


def is_in_margin(fragment: Fragment, left_edges: Sequence[float]) -> bool:
    """Whether it stands in a margin: left of all lines of answers (`lefts`), or far right of them."""
    left, _, width, _ = fragment.line.line.box
    return (
        left > 0.82 or left + width < min(left_edges, default=0.1) or bool(left_edges and left - max(left_edges) > 0.4)
    )


def _is_only_ticks(response: str) -> bool:
    return not re.search(r"\w", response) and not re.search(r"[-−–+]", response)


def _is_score_out_of_marks(response: str, node: QuestionNode) -> bool:
    """Whether it is marks out of what the question is worth ("1/2" for 2 marks)."""
    found = re.search(r"/\s*(\d+)\W*$", response)
    return found is not None and node.question.marks is not None and float(found[1]) == node.question.marks


def _remove_margin_mark(response: str, node: QuestionNode) -> str:
    """A line without a teacher's mark set apart at its end ("… because of heat     2/3")."""
    found = re.match(r"^(.*\S)(?:\s{3,}|\t+)(\S.*)$", response)
    if (
        found
        and is_teacher_mark(found[2])
        and (
            node.question.type not in OBJECTIVE_TYPES
            or _is_score_out_of_marks(found[2], node)
            or _is_only_ticks(found[2])
        )
    ):
        return found[1]
    return response


_MIN_TITLE_SIMILARITY = 88.0
_MAX_COMPARISONS = 60
"""Lines of one sheet that are held against the whole paper; beyond them a line counts as written."""


class PrintedText:
    """The words that a paper prints: its title, its questions, its options. `lefts`: where the sheet's labels stand."""

    def __init__(self, paper: QuestionPaper, left_edges: Sequence[float]) -> None:
        listed = [question for _, _, question in iter_question_nodes(paper.questions)]
        self._texts = [question.text for question in listed if question.text.strip()]
        self._titles = [normalize_words(paper.title), *(normalize_words(question.label) for question in listed)]
        self._left_edges = left_edges
        self._comparisons_left = _MAX_COMPARISONS

    def may_be_answer(self, fragment: Fragment) -> bool:
        """Whether a student may have answered something with it."""
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
