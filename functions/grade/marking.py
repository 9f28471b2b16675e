"""A whole sheet: every answer to the marker that fits its question, sums in code, doubts to a person."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from core.models import counting_rules
from core.models.assessment import OBJECTIVE_TYPES, MarkingScheme, Question, QuestionPaper, QuestionType, SchemeEntry
from core.models.merged_paper import DEFAULT_MARKS, decide_marks
from core.models.result import PageRegion, QuestionMark, ReviewReason, SheetResult, Usage
from core.platform.limits import MAX_ANSWER_CHARACTERS, MAX_OBJECTIVE_ANSWER_CHARACTERS
from grade.answer import Answer, AnswerSheet, UnplacedText
from grade.language.english_detection import build_vocabulary
from grade.mark_arithmetic import clamp, round_and_clamp
from grade.markers.free_text import FreeTextMark, FreeTextMarker, FreeTextTask
from grade.prompt_injection import screening as attacks
from grade.review_reasons import find_free_text_reasons, find_objective_reasons

# Textract's scale. Below these a reading is too weak to stand without a look: a lone letter or number
# carries all the marks of its question, a sentence survives a misread word.
_MIN_OBJECTIVE_OCR_CONFIDENCE, _MIN_TEXT_OCR_CONFIDENCE = 80.0, 70.0
# Nobody can be surer of a mark than of whose answer the text is.
_MAX_UNPLACED_CONFIDENCE = 0.5
# Nor of a mark for words that code did not read.
_MAX_UNREAD_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True)
class _QuestionTask:
    """A leaf of the paper with what is needed to mark it."""

    question: Question
    context: str
    entry: SchemeEntry | None
    max_marks: float
    answers: tuple[Answer, ...]
    unplaced: UnplacedText | None = None


def mark_sheet(
    paper: QuestionPaper, scheme: MarkingScheme, sheet: AnswerSheet, *, free_text_marker: FreeTextMarker
) -> SheetResult:
    """Marks every answerable question of the paper; `paper` and `scheme` are already joined.

    A question without an answer gets 0 (marker "none"), and None where text without a label may be its answer.
    Of parts to choose from the best count. Marks of None (a person has to give them) add nothing to the sum until then.
    """
    warnings = list(sheet.warnings)
    question_tasks = list(_build_question_tasks(paper, scheme, sheet, warnings))
    marks, usage = _mark_all(question_tasks, free_text_marker, scheme.rounding)
    attempts = {
        one.question.id: counting_rules.QuestionAttempt(
            mark.marks, one.max_marks, counting_rules.is_attempted(mark.answer)
        )
        for one, mark in zip(question_tasks, marks, strict=True)
    }
    counted = counting_rules.select_counted_questions(paper, attempts)
    marks = [mark if mark.question in counted else _exclude_from_total(mark) for mark in marks]
    return SheetResult(
        marks=counting_rules.sum_marks([mark.marks for mark in marks if mark.counted and mark.marks is not None]),
        max_marks=counting_rules.maximum_marks(paper, attempts),
        questions=tuple(marks),
        review=_collect_sheet_review_reasons(sheet, paper),
        leftover="\n".join(line.line.text for line in sheet.leftover),
        warnings=tuple(warnings),
        usage=usage,
    )


def _build_question_tasks(
    paper: QuestionPaper, scheme: MarkingScheme, sheet: AnswerSheet, warnings: list[str]
) -> Iterator[_QuestionTask]:
    entries: dict[str, SchemeEntry] = {}
    for listed in scheme.entries:
        entries.setdefault(listed.question, listed)
    answers: dict[str, list[Answer]] = {}
    for answer in sorted(sheet.answers, key=lambda one: one.attempt):
        answers.setdefault(answer.question, []).append(answer)
    unplaced = {one.question: one for one in sheet.unplaced}
    for question, context in _walk_questions(paper.questions, ""):
        entry = entries.get(question.id)
        marks, _ = decide_marks(question, entry)
        if marks is None:
            warnings.append(f"Nothing says how many marks question {question.id} carries; it is marked out of 1.")
        most = DEFAULT_MARKS if marks is None else max(marks, 0.0)
        given = tuple(answers.get(question.id, ()))
        yield _QuestionTask(question, context, entry, most, given, unplaced.get(question.id))


def _walk_questions(questions: Iterable[Question], context: str) -> Iterator[tuple[Question, str]]:
    """Every answerable question with the printed text of the questions above it."""
    for question in questions:
        if question.parts:
            yield from _walk_questions(question.parts, f"{context}\n{question.text}".strip())
        else:
            yield question, context


def _mark_all(
    question_tasks: Sequence[_QuestionTask], free_text_marker: FreeTextMarker, step: float | None
) -> tuple[list[QuestionMark], Usage]:
    """One mark a question; all free text goes to its marker at once."""
    inspections = {id(answer): _inspect_answer(one, answer) for one in question_tasks for answer in one.answers}
    written = [
        (one, answer)
        for one in question_tasks
        if one.question.type not in OBJECTIVE_TYPES
        for answer in one.answers
        if inspections[id(answer)].clean
    ]
    tasks = [
        FreeTextTask(
            one.question,
            one.context,
            one.entry if one.entry is not None and _has_content(one.entry) else None,
            replace(answer, text=inspections[id(answer)].clean),
            one.max_marks,
            step,
        )
        for one, answer in written
    ]
    replies = free_text_marker.mark(tasks) if tasks else []
    by_answer = {id(answer): reply for (_, answer), reply in zip(written, replies, strict=True)}
    marks = []
    for one in question_tasks:
        attempts = [_mark_attempt(one, answer, inspections[id(answer)], by_answer, step) for answer in one.answers]
        marks.append(
            _merge_attempts(attempts, objective=one.question.type in OBJECTIVE_TYPES)
            if attempts
            else _build_unanswered_mark(one)
        )
    return marks, sum((reply.usage for reply in replies), Usage())


def _max_answer_length(one: _QuestionTask) -> int:
    return MAX_OBJECTIVE_ANSWER_CHARACTERS if one.question.type in OBJECTIVE_TYPES else MAX_ANSWER_CHARACTERS


def _inspect_answer(one: _QuestionTask, answer: Answer) -> attacks.ScreeningResult:
    if len(answer.text) > _max_answer_length(one):
        return attacks.ScreeningResult("")
    question_tasks, wanted = _question_text(one), _scheme_texts(one.entry)
    if one.question.type in OBJECTIVE_TYPES:
        return attacks.screen_answer(answer.text, "\n".join((question_tasks, *wanted)))
    return attacks.screen_prose(answer.text, question_tasks, wanted)


def _question_text(one: _QuestionTask) -> str:
    return f"{one.context}\n{one.question.text}"


def _scheme_texts(entry: SchemeEntry | None) -> tuple[str, ...]:
    """Everything that the scheme says of an answer, in its own words."""
    if entry is None:
        return ()
    criteria = (wording for criterion in entry.criteria for wording in (criterion.text, *criterion.accept))
    return tuple(text for text in (entry.model_answer, *entry.answers, *criteria) if text.strip())


def _has_content(entry: SchemeEntry) -> bool:
    return bool(entry.criteria or entry.model_answer.strip() or any(answer.strip() for answer in entry.answers))


def _mark_attempt(
    one: _QuestionTask,
    answer: Answer,
    inspection: attacks.ScreeningResult,
    replies: dict[int, FreeTextMark],
    step: float | None,
) -> QuestionMark:
    objective = one.question.type in OBJECTIVE_TYPES
    if len(answer.text) > _max_answer_length(one):
        mark = _build_too_long_mark(len(answer.text), _max_answer_length(one))
    elif not inspection.clean:
        explanation = "Nothing is left that answers the question." if answer.text.strip() else "Nothing can be read."
        mark = FreeTextMark(0.0, 0.9, "none", explanation)
    else:
        mark = _mark_objective_answer(one, inspection.clean, step) if objective else replies[id(answer)]
    reason, confidence = mark.reason, clamp(mark.confidence, 0.0, 1.0)
    if ReviewReason.UNPLACED_ANSWER in answer.review:
        reason = f"{reason} No label that could be read says that this answers the question; it stands where it would."
        confidence = min(confidence, _MAX_UNPLACED_CONFIDENCE)
    if inspection.findings:
        reason = f"{reason} {inspection.explanation()}"
    reading_reasons = _find_reading_reasons(one, inspection, mark)
    if ReviewReason.UNKNOWN_LANGUAGE in reading_reasons:
        reason = f"{reason} The answer, or a part of it, is not in English."
        confidence = min(confidence, _MAX_UNREAD_CONFIDENCE) if objective else confidence
    return QuestionMark(
        question=one.question.id,
        label=one.question.label,
        marks=mark.marks,
        max_marks=one.max_marks,
        answer=answer.text,
        places=answer.places,
        marker=mark.marker,
        confidence=round(confidence, 3),
        reason=reason,
        feedback=mark.feedback,
        criteria=mark.criteria,
        review=_collect_review_reasons(one, answer, inspection, (*mark.review, *reading_reasons)),
    )


def _find_reading_reasons(
    one: _QuestionTask, inspection: attacks.ScreeningResult, mark: FreeTextMark
) -> tuple[ReviewReason, ...]:
    """What of the answer the marker cannot have read."""
    question_words = build_vocabulary(_question_text(one), *_scheme_texts(one.entry))
    if one.question.type not in OBJECTIVE_TYPES:
        reading_reasons = find_free_text_reasons(inspection.clean, question_words)
        return (
            (*reading_reasons, ReviewReason.UNKNOWN_LANGUAGE) if inspection.has_foreign_sentences else reading_reasons
        )
    by_words = one.question.type in (QuestionType.EXACT, QuestionType.PATTERN)
    marks = mark.marks or 0.0
    if marks >= one.max_marks or (marks > 0 and not by_words):
        return ()
    return find_objective_reasons(inspection.clean, question_words, by_words=by_words)


def _collect_review_reasons(
    one: _QuestionTask, answer: Answer, inspection: attacks.ScreeningResult, reading_reasons: tuple[ReviewReason, ...]
) -> tuple[ReviewReason, ...]:
    """Every reason for a person to look, each once: of the cutting, of the marker and the reading (`doubts`)."""
    objective = one.question.type in OBJECTIVE_TYPES
    reasons = [*answer.review, *reading_reasons]
    if inspection.is_attack:
        reasons.append(ReviewReason.PROMPT_INJECTION)
    if answer.lines and answer.ocr_confidence < (
        _MIN_OBJECTIVE_OCR_CONFIDENCE if objective else _MIN_TEXT_OCR_CONFIDENCE
    ):
        reasons.append(ReviewReason.LOW_OCR_CONFIDENCE)
    if not objective and (one.entry is None or not _has_content(one.entry)):
        reasons.append(ReviewReason.NO_SCHEME)
    return tuple(dict.fromkeys(reasons))


def _build_too_long_mark(length: int, longest: int) -> FreeTextMark:
    reason = f"The answer has {length:,} characters; up to {longest:,} are marked by machine."
    return FreeTextMark(None, 0.0, "none", reason, review=(ReviewReason.TOO_LONG,))


def _mark_objective_answer(one: _QuestionTask, text: str, step: float | None) -> FreeTextMark:
    entry = one.entry
    if entry is not None and not entry.answers and entry.model_answer.strip():
        entry = replace(entry, answers=(entry.model_answer.strip(),))
    if entry is None:
        reason = "The marking scheme holds no answer to this question."
        return FreeTextMark(None, 0.0, "objective", reason, review=(ReviewReason.NO_SCHEME,))
    # Loaded with the first objective question: a paper of free text needs none of it.
    from grade.question_types.objective import mark_objective

    decision = mark_objective(one.question, entry, text, one.max_marks)
    marks = None
    if decision.marks is not None:
        marks = round_and_clamp(decision.marks, -abs(entry.negative), one.max_marks, step)
    return FreeTextMark(marks, decision.confidence, "objective", decision.reason, review=decision.review)


def _merge_attempts(attempts: list[QuestionMark], *, objective: bool) -> QuestionMark:
    """One mark for a question that was answered more than once: for written text the best attempt, for a
    choice or a value the worst (several tries at one value are no answer). A person looks either way."""
    if len(attempts) == 1:
        return attempts[0]
    ranked = sorted(attempts, key=lambda mark: mark.marks if mark.marks is not None else -1.0, reverse=not objective)
    kept = ranked[0]
    places: tuple[PageRegion, ...] = tuple(place for mark in attempts for place in mark.places)
    review = tuple(
        dict.fromkeys((ReviewReason.EXTRA_ANSWERS, *(reason for mark in attempts for reason in mark.review)))
    )
    which = "lowest" if objective else "best"
    given = ", ".join("open" if mark.marks is None else f"{mark.marks:g}" for mark in attempts)
    reason = f"Answered {len(attempts)} times ({given}); the {which} counts. {kept.reason}"
    answer = "\n\n".join(mark.answer for mark in attempts)
    return replace(kept, answer=answer, places=places, review=review, reason=reason)


def _build_unanswered_mark(one: _QuestionTask) -> QuestionMark:
    if one.unplaced is not None:
        return _build_unplaced_mark(one, one.unplaced)
    return QuestionMark(
        question=one.question.id,
        label=one.question.label,
        marks=0.0,
        max_marks=one.max_marks,
        answer="",
        places=(),
        marker="none",
        confidence=0.95,
        reason="Not answered.",
    )


def _build_unplaced_mark(one: _QuestionTask, unplaced: UnplacedText) -> QuestionMark:
    """Text without a label that may be this answer, or another's: no mark says anything until a person has looked."""
    return QuestionMark(
        question=one.question.id,
        label=one.question.label,
        marks=None,
        max_marks=one.max_marks,
        answer=unplaced.text,
        places=unplaced.places,
        marker="none",
        confidence=0.0,
        reason="No label on the sheet names this question, but the text shown here may be its answer.",
        review=(ReviewReason.UNPLACED_ANSWER,),
    )


def _exclude_from_total(mark: QuestionMark) -> QuestionMark:
    why = counting_rules.not_counted_reason(answered=counting_rules.is_attempted(mark.answer))
    return replace(mark, counted=False, reason=f"{mark.reason} {why}")


def _collect_sheet_review_reasons(sheet: AnswerSheet, paper: QuestionPaper) -> tuple[ReviewReason, ...]:
    known = {leaf.id for leaf in paper.leaves()}
    unknown = [ReviewReason.UNKNOWN_QUESTION] if any(answer.question not in known for answer in sheet.answers) else []
    return tuple(dict.fromkeys((*sheet.review, *unknown)))
