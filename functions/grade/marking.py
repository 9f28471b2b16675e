"""Marks the answers of a sheet; no storage.

Each answer goes to the marker for its question type, and the marks are added up. `sheet_grading` is the step around it.
"""

from collections.abc import Sequence
from dataclasses import replace

from core.models import counting_rules
from core.models.assessment import MarkingScheme, QuestionPaper
from core.models.result import PageRegion, QuestionMark, ReviewReason, SheetResult, Usage
from grade.answer import Answer, AnswerSheet, UnplacedText
from grade.mark_arithmetic import clamp, round_and_clamp
from grade.markers.free_text import FreeTextMark, FreeTextMarker, FreeTextTask
from grade.prompt_injection.screening import ScreeningResult, screen_answer, screen_prose
from grade.question_tasks import QuestionTask, build_question_tasks
from grade.review_reasons import (
    collect_attempt_reasons,
    collect_mark_reasons,
    collect_sheet_reasons,
    find_reading_reasons,
    find_unanswered_reasons,
)

# A mark cannot be more certain than the assignment of the text to its question.
_MAX_UNPLACED_CONFIDENCE = 0.5
# Nor can the mark of an objective answer in words that no rule can read.
_MAX_UNREAD_CONFIDENCE = 0.5


def mark_sheet(
    paper: QuestionPaper, scheme: MarkingScheme, sheet: AnswerSheet, *, free_text_marker: FreeTextMarker
) -> SheetResult:
    """Marks every question without parts; `paper` and `scheme` are already merged.

    A question without an answer gets 0 (marker "none"), or None where unlabelled text may be its answer. Where
    students choose which parts to answer, the best ones count. Marks of None (to be given by a teacher) are left out
    of the total until then.
    """
    warnings = list(sheet.warnings)
    tasks = list(build_question_tasks(paper, scheme, sheet, warnings))
    marks, usage = _mark_all(tasks, free_text_marker, scheme.rounding)
    attempts = {
        task.question.id: counting_rules.QuestionAttempt(
            mark.marks, task.max_marks, counting_rules.is_attempted(mark.answer)
        )
        for task, mark in zip(tasks, marks, strict=True)
    }
    counted = counting_rules.select_counted_questions(paper, attempts)
    marks = [mark if mark.question in counted else _exclude_from_total(mark) for mark in marks]
    return SheetResult(
        marks=counting_rules.sum_marks([mark.marks for mark in marks if mark.counted and mark.marks is not None]),
        max_marks=counting_rules.maximum_marks(paper, attempts),
        questions=tuple(marks),
        review=collect_sheet_reasons(sheet, paper),
        leftover="\n".join(line.line.text for line in sheet.leftover),
        warnings=tuple(warnings),
        usage=usage,
    )


def _mark_all(
    tasks: Sequence[QuestionTask], free_text_marker: FreeTextMarker, step: float | None
) -> tuple[list[QuestionMark], Usage]:
    """One mark per question, in order. All free text goes to its marker in one call."""
    screenings = {id(answer): _screen(task, answer) for task in tasks for answer in task.answers}
    free_text = [
        (task, answer)
        for task in tasks
        if not task.is_objective
        for answer in task.answers
        if screenings[id(answer)].clean
    ]
    free_text_tasks = [
        FreeTextTask(
            task.question,
            task.context,
            task.entry_with_content,
            replace(answer, text=screenings[id(answer)].clean),
            task.max_marks,
            step,
        )
        for task, answer in free_text
    ]
    replies = free_text_marker.mark(free_text_tasks) if free_text_tasks else []
    replies_by_answer = {id(answer): reply for (_, answer), reply in zip(free_text, replies, strict=True)}
    marks = []
    for task in tasks:
        attempts = [
            _mark_attempt(task, answer, screenings[id(answer)], replies_by_answer, step) for answer in task.answers
        ]
        marks.append(
            _merge_attempts(attempts, objective=task.is_objective) if attempts else _build_unanswered_mark(task)
        )
    return marks, sum((reply.usage for reply in replies), Usage())


def _screen(task: QuestionTask, answer: Answer) -> ScreeningResult:
    """What is left of an answer after screening; nothing of an answer that is too long to be marked."""
    if len(answer.text) > task.max_answer_length:
        return ScreeningResult("")
    if task.is_objective:
        return screen_answer(answer.text, "\n".join((task.question_text, *task.scheme_texts)))
    return screen_prose(answer.text, task.question_text, task.scheme_texts)


def _mark_attempt(
    task: QuestionTask,
    answer: Answer,
    screening: ScreeningResult,
    replies: dict[int, FreeTextMark],
    step: float | None,
) -> QuestionMark:
    """The mark of one answer. `replies` are the free text marker's, by `id` of the answer."""
    if len(answer.text) > task.max_answer_length:
        mark = _build_too_long_mark(len(answer.text), task.max_answer_length)
    elif not screening.clean:
        explanation = "Nothing is left that answers the question." if answer.text.strip() else "Nothing can be read."
        mark = FreeTextMark(0.0, 0.9, "none", explanation)
    else:
        mark = _mark_objective_answer(task, screening.clean, step) if task.is_objective else replies[id(answer)]
    reading_reasons = find_reading_reasons(task, screening, mark)
    reason, confidence = mark.reason, clamp(mark.confidence, 0.0, 1.0)
    if ReviewReason.UNPLACED_ANSWER in answer.review:
        reason = f"{reason} It has no readable label; it was assigned to this question by its position on the sheet."
        confidence = min(confidence, _MAX_UNPLACED_CONFIDENCE)
    if screening.findings:
        reason = f"{reason} {screening.explanation()}"
    if ReviewReason.UNKNOWN_LANGUAGE in reading_reasons:
        reason = f"{reason} The answer, or a part of it, is not in English."
        confidence = min(confidence, _MAX_UNREAD_CONFIDENCE) if task.is_objective else confidence
    return QuestionMark(
        question=task.question.id,
        label=task.question.label,
        marks=mark.marks,
        max_marks=task.max_marks,
        answer=answer.text,
        places=answer.places,
        marker=mark.marker,
        confidence=round(confidence, 3),
        reason=reason,
        feedback=mark.feedback,
        criteria=mark.criteria,
        review=collect_mark_reasons(task, answer, screening, mark, reading_reasons),
    )


def _build_too_long_mark(length: int, max_length: int) -> FreeTextMark:
    reason = f"The answer has {length:,} characters; up to {max_length:,} are marked by machine."
    return FreeTextMark(None, 0.0, "none", reason, review=(ReviewReason.TOO_LONG,))


def _mark_objective_answer(task: QuestionTask, text: str, step: float | None) -> FreeTextMark:
    entry = task.entry
    if entry is not None and not entry.answers and entry.model_answer.strip():
        entry = replace(entry, answers=(entry.model_answer.strip(),))
    if entry is None:
        reason = "The marking scheme holds no answer to this question."
        return FreeTextMark(None, 0.0, "objective", reason, review=(ReviewReason.NO_SCHEME,))
    # Imported with the first objective question: a paper of free text does not need it.
    from grade.question_types.objective import mark_objective

    decision = mark_objective(task.question, entry, text, task.max_marks)
    marks = None
    if decision.marks is not None:
        marks = round_and_clamp(decision.marks, -abs(entry.negative), task.max_marks, step)
    return FreeTextMark(marks, decision.confidence, "objective", decision.reason, review=decision.review)


def _merge_attempts(attempts: list[QuestionMark], *, objective: bool) -> QuestionMark:
    """One mark for a question that was answered more than once, always with a reason for review.

    Free text gets the mark of the best attempt, an objective answer that of the worst: several guesses at one value
    are no answer.
    """
    if len(attempts) == 1:
        return attempts[0]
    ranked = sorted(attempts, key=lambda mark: mark.marks if mark.marks is not None else -1.0, reverse=not objective)
    kept = ranked[0]
    places: tuple[PageRegion, ...] = tuple(place for mark in attempts for place in mark.places)
    which = "lowest" if objective else "best"
    marks_listed = ", ".join("open" if mark.marks is None else f"{mark.marks:g}" for mark in attempts)
    reason = f"Answered {len(attempts)} times ({marks_listed}); the {which} counts. {kept.reason}"
    answer = "\n\n".join(mark.answer for mark in attempts)
    return replace(kept, answer=answer, places=places, review=collect_attempt_reasons(attempts), reason=reason)


def _build_unanswered_mark(task: QuestionTask) -> QuestionMark:
    if task.unplaced is not None:
        return _build_unplaced_mark(task, task.unplaced)
    return QuestionMark(
        question=task.question.id,
        label=task.question.label,
        marks=0.0,
        max_marks=task.max_marks,
        answer="",
        places=(),
        marker="none",
        confidence=0.95,
        reason="Not answered.",
    )


def _build_unplaced_mark(task: QuestionTask, unplaced: UnplacedText) -> QuestionMark:
    """No mark, for text without a label that may answer this question or another one: a teacher decides."""
    return QuestionMark(
        question=task.question.id,
        label=task.question.label,
        marks=None,
        max_marks=task.max_marks,
        answer=unplaced.text,
        places=unplaced.places,
        marker="none",
        confidence=0.0,
        reason="No label on the sheet names this question, but the text shown here may be its answer.",
        review=find_unanswered_reasons(task),
    )


def _exclude_from_total(mark: QuestionMark) -> QuestionMark:
    why = counting_rules.not_counted_reason(answered=counting_rules.is_attempted(mark.answer))
    return replace(mark, counted=False, reason=f"{mark.reason} {why}")
