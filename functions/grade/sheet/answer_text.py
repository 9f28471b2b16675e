"""Cleans the lines under a label: removes printed question text, crossed-out text and teachers' marks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.models.assessment import QuestionType
from core.models.question_types.definition import AnswerShape, get_shape, is_objective
from core.models.result import ReviewReason
from grade.answer import AnswerLine
from grade.language.text_cleaning import clean_line
from grade.paper.printed_marks import MarkForm, find_marks, remove_marks
from grade.sheet.fragments import Fragment, is_in_margin, is_margin_mark, is_only_ticks, is_teacher_mark, remove_ticks
from grade.sheet.question_index import QuestionNode
from grade.sheet.question_text import find_copied_text, normalize_words

_CROSSED_OUT = re.compile(r"~~.*?~~|(?:.\u0336)+|(?:.\u0335)+", re.DOTALL)
_CROSSED_OUT_LINE = re.compile(r"^[\s\-–—_=~xX#/\\|*]{5,}$")
_CANCELLED_IN_WORDS = re.compile(
    r"\b(?:crossed out|cancel+ed|scrap this|ignore (?:this|above|the above)|please ignore)\b", re.IGNORECASE
)


@dataclass(slots=True)
class CleanedAnswer:
    """`lines`: the lines of the answer. `excluded`: lines that hold nothing of it (a teacher's mark)."""

    text: str = ""
    lines: list[AnswerLine] = field(default_factory=list)
    excluded: list[AnswerLine] = field(default_factory=list)
    review: list[ReviewReason] = field(default_factory=list)


def clean_answer(fragments: Sequence[Fragment], node: QuestionNode) -> CleanedAnswer:
    """The student's own text in the fragments under the label of `node`, with reasons for review."""
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
        response, is_crossed_out = _remove_crossed_out(fragment.response)
        if is_crossed_out:
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
    """Tracks a copy of the question's words over the lines of an answer.

    `word_index`: the word of the question at which the copy continues; None before a copy has started.
    """

    word_index: int | None = None
    is_finished: bool = False

    def remove_copied_text(self, response: str, node: QuestionNode) -> str:
        """The line without the question's own words. A copy is possible only at the start of an answer."""
        marks = [token for token in find_marks(response) if token.form in (MarkForm.EXPLICIT, MarkForm.BARE_BRACKET)]
        without_marks = remove_marks(response, marks) if marks else response
        for printed in (node.question.text, node.context):
            found = find_copied_text(without_marks, printed, self.word_index) if printed else None
            if found is not None:
                self.word_index, rest = found
                self.is_finished = bool(rest)
                return rest
            if self.word_index is not None:
                break
        self.is_finished = True
        return response


def _find_printed_options(fragments: Sequence[Fragment], node: QuestionNode) -> set[int]:
    """Indexes of the lines that repeat the printed options of a choice, if all options are there in print."""
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
    """Indexes of the lines that are a teacher's marks.

    Where a number is asked for, "3/5" alone may be the answer: it is kept, with a reason for review.
    """
    mark_like = {i for i, fragment in enumerate(fragments) if fragment.is_mark_like}
    written = [i for i, f in enumerate(fragments) if i not in mark_like and f.response.strip()]
    if not mark_like:
        return set()
    if written:
        # A teacher marks what is written already: above an answer's first words only the margin holds marks.
        left_edges = [fragments[i].line.line.box[0] for i in written]
        early = {i for i in mark_like if i < written[0] and not is_margin_mark(fragments[i], left_edges)}
        if early:
            cleaned.review.append(ReviewReason.UNCLEAR_ANSWER)
        mark_like -= early
    if get_shape(node.question.type) is None:
        return set()
    if written:
        if get_shape(node.question.type) is not AnswerShape.VALUE:
            return mark_like
        left_edges = [f.line.line.box[0] for i, f in enumerate(fragments) if i not in mark_like and f.response.strip()]
        return {
            i
            for i in mark_like
            if is_in_margin(fragments[i], left_edges)
            or is_only_ticks(fragments[i].response)
            or _is_score_out_of_marks(fragments[i].response, node)
        }
    ticks = {i for i in mark_like if is_only_ticks(fragments[i].response)}
    if mark_like - ticks:
        cleaned.review.append(ReviewReason.UNCLEAR_ANSWER)
    return ticks


def _is_score_out_of_marks(response: str, node: QuestionNode) -> bool:
    """Whether it is a score out of the question's marks ("1/2" for 2 marks)."""
    found = re.search(r"/\s*(\d+)\W*$", response)
    return found is not None and node.question.marks is not None and float(found[1]) == node.question.marks


def _remove_margin_mark(response: str, node: QuestionNode) -> str:
    """The line without a teacher's mark after a gap at its end ("… because of heat     2/3")."""
    found = re.match(r"^(.*\S)(?:\s{3,}|\t+)(\S.*)$", response)
    if (
        found
        and is_teacher_mark(found[2])
        and (not is_objective(node.question.type) or _is_score_out_of_marks(found[2], node) or is_only_ticks(found[2]))
    ):
        return found[1]
    return response


def _remove_crossed_out(text: str) -> tuple[str, bool]:
    """The text without crossed-out parts, and whether something was crossed out or cancelled in words."""
    remaining = _CROSSED_OUT.sub(" ", text)
    if _CROSSED_OUT_LINE.match(remaining):
        return "", True
    return remaining.strip(), remaining != text or bool(_CANCELLED_IN_WORDS.search(text))
