"""Reasons why a teacher should review a mark or a sheet: collected from splitting, screening, OCR and the marker.

What splitting, a marker or a question type is unsure of comes with its answer or mark (UNLABELLED, TOO_LONG, NO_SCHEME
of an objective answer, ...) and is kept; every other reason is decided here.
"""

import re
from collections.abc import Iterable, Sequence

from core.models.assessment import QuestionPaper, QuestionType
from core.models.result import QuestionMark, ReviewReason
from grade.answer import Answer, AnswerSheet
from grade.language.english_detection import build_vocabulary, has_foreign_part, has_word_in_other_script
from grade.markers.free_text import FreeTextMark
from grade.prompt_injection.screening import ScreeningResult
from grade.question_tasks import QuestionTask

# OCR confidence on Textract's scale (0 to 100). Below it an answer is reviewed: a single letter or number
# carries all the marks of its question, while a sentence survives a misread word.
_MIN_OBJECTIVE_OCR_CONFIDENCE, _MIN_TEXT_OCR_CONFIDENCE = 80.0, 70.0
_WORD = re.compile(r"[^\W\d_]+")
_SYMBOLS = re.compile(r"[=+\-*/^<>≤≥≠≈±∫∑∏√∂∞∝→⇌↔⇒∆∇πθλμσΩαβγ{}\[\]|\\_\d()₀-₉⁰-⁹]")


def collect_mark_reasons(
    task: QuestionTask,
    answer: Answer,
    screening: ScreeningResult,
    mark: FreeTextMark,
    reading_reasons: tuple[ReviewReason, ...],
) -> tuple[ReviewReason, ...]:
    """Every reason to review the mark of one answer, each once. `reading_reasons` come from `find_reading_reasons`."""
    reasons = [*answer.review, *mark.review, *reading_reasons]
    if screening.is_attack:
        reasons.append(ReviewReason.PROMPT_INJECTION)
    min_confidence = _MIN_OBJECTIVE_OCR_CONFIDENCE if task.is_objective else _MIN_TEXT_OCR_CONFIDENCE
    if answer.lines and answer.ocr_confidence < min_confidence:
        reasons.append(ReviewReason.LOW_OCR_CONFIDENCE)
    if not task.is_objective and task.entry_with_content is None:
        reasons.append(ReviewReason.NO_SCHEME)
    return tuple(dict.fromkeys(reasons))


def collect_attempt_reasons(attempts: Sequence[QuestionMark]) -> tuple[ReviewReason, ...]:
    """Every reason to review the one mark of a question that was answered more than once, each once."""
    reasons = [reason for mark in attempts for reason in mark.review]
    return tuple(dict.fromkeys((ReviewReason.EXTRA_ANSWERS, *reasons)))


def find_unanswered_reasons(task: QuestionTask) -> tuple[ReviewReason, ...]:
    """Why a question without an answer is reviewed: text without a label may be its answer. Empty if none may."""
    return () if task.unplaced is None else (ReviewReason.UNPLACED_ANSWER,)


def add_student_reasons(reasons: Iterable[ReviewReason], *, is_student_certain: bool) -> tuple[ReviewReason, ...]:
    """A sheet's reasons for review, with one more if a person has to check whose sheet it is."""
    return tuple(dict.fromkeys((*reasons, *(() if is_student_certain else (ReviewReason.UNKNOWN_STUDENT,)))))


def collect_sheet_reasons(sheet: AnswerSheet, paper: QuestionPaper) -> tuple[ReviewReason, ...]:
    """Every reason to review the sheet as a whole, each once."""
    known = {leaf.id for leaf in paper.leaves()}
    unknown = [ReviewReason.UNKNOWN_QUESTION] if any(answer.question not in known for answer in sheet.answers) else []
    return tuple(dict.fromkeys((*sheet.review, *unknown)))


def find_reading_reasons(
    task: QuestionTask, screening: ScreeningResult, mark: FreeTextMark
) -> tuple[ReviewReason, ...]:
    """What the marker cannot read of an answer: another language, formulae, drawings."""
    question_words = build_vocabulary(task.question_text, *task.scheme_texts)
    if not task.is_objective:
        reasons = find_free_text_reasons(screening.clean, question_words)
        return (*reasons, ReviewReason.UNKNOWN_LANGUAGE) if screening.has_foreign_sentences else reasons
    by_words = task.question.type in (QuestionType.EXACT, QuestionType.PATTERN)
    marks = mark.marks or 0.0
    if marks >= task.max_marks or (marks > 0 and not by_words):
        return ()
    return find_objective_reasons(screening.clean, question_words, by_words=by_words)


def find_free_text_reasons(text: str, question_words: frozenset[str] = frozenset()) -> tuple[ReviewReason, ...]:
    """Why a marker that reads English words cannot mark this answer in running text; empty if it can.
    `question_words` is the vocabulary of the question and its scheme."""
    letters = [char for char in text if char.isalpha()]
    symbol_count = len(_SYMBOLS.findall(text))
    words = [word for word in _WORD.findall(text.casefold()) if len(word) > 2]
    if not letters and not symbol_count:
        return (ReviewReason.UNREADABLE,) if text.strip() else ()
    reasons = []
    if has_foreign_part(text, question_words):
        reasons.append(ReviewReason.UNKNOWN_LANGUAGE)
    if symbol_count >= 4 and symbol_count > 0.8 * sum(len(word) for word in words):
        reasons.append(ReviewReason.FORMULA_OR_DRAWING)
    return tuple(reasons)


def find_objective_reasons(text: str, question_words: frozenset[str], *, by_words: bool) -> tuple[ReviewReason, ...]:
    """Why an objective answer that was not accepted may still be right; empty if nothing suggests it.

    `by_words`: the answer is compared with the scheme's wording, so any foreign language counts. For a choice or a
    number only letters of another alphabet show that the answer was not read.
    """
    is_foreign = has_word_in_other_script(text, question_words) or (
        by_words and has_foreign_part(text, question_words) and not _is_only_a_name(text)
    )
    return (ReviewReason.UNKNOWN_LANGUAGE,) if is_foreign else ()


def _is_only_a_name(text: str) -> bool:
    """Names belong to no language: "Leonardo da Vinci"."""
    long_words = [word for word in _WORD.findall(text) if len(word) > 3]
    return bool(long_words) and all(word[0].isupper() for word in long_words)
