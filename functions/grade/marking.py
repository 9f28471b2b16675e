"""A whole sheet: every answer to the marker that fits its question, sums in code, doubts to a person."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from core import totals
from core.assessment import OBJECTIVE, MarkingScheme, Question, QuestionPaper, QuestionType, SchemeEntry
from core.limits import LONGEST_ANSWER, LONGEST_OBJECTIVE_ANSWER
from core.question_marks import MARKS_IF_NOTHING_SAYS, decided
from core.result import Place, QuestionMark, ReviewReason, SheetResult, Usage
from grade.answer import Answer, AnswerSheet, UnplacedText
from grade.attacks import screening as attacks
from grade.decision import clamp, settled
from grade.doubts import objective_doubts, reading_doubts
from grade.freetext import FreeTextMark, FreeTextMarker, FreeTextTask
from grade.words.english import vocabulary

# Textract's scale. Below these a reading is too weak to stand without a look: a lone letter or number
# carries all the marks of its question, a sentence survives a misread word.
_WEAK_OBJECTIVE, _WEAK_TEXT = 80.0, 70.0
# Nobody can be surer of a mark than of whose answer the text is.
_UNPLACED = 0.5
# Nor of a mark for words that code did not read.
_UNREAD = 0.5


@dataclass(frozen=True, slots=True)
class _Asked:
    """A leaf of the paper with what is needed to mark it."""

    question: Question
    context: str
    entry: SchemeEntry | None
    max_marks: float
    answers: tuple[Answer, ...]
    unplaced: UnplacedText | None = None


def mark_sheet(
    paper: QuestionPaper, scheme: MarkingScheme, sheet: AnswerSheet, *, free_text: FreeTextMarker
) -> SheetResult:
    """Marks every answerable question of the paper; `paper` and `scheme` are already joined.

    A question without an answer gets 0 (marker "none"), and None where text without a label may be its answer.
    Of parts to choose from the best count. Marks of None (a person has to give them) add nothing to the sum until then.
    """
    warnings = list(sheet.warnings)
    asked = list(_asked(paper, scheme, sheet, warnings))
    marks, usage = _mark_all(asked, free_text, scheme.rounding)
    attempts = {
        one.question.id: totals.Attempt(mark.marks, one.max_marks, totals.is_attempt(mark.answer))
        for one, mark in zip(asked, marks, strict=True)
    }
    counted = totals.counted_questions(paper, attempts)
    marks = [mark if mark.question in counted else _not_counted(mark) for mark in marks]
    return SheetResult(
        marks=totals.add([mark.marks for mark in marks if mark.counted and mark.marks is not None]),
        max_marks=totals.maximum(paper, attempts),
        questions=tuple(marks),
        review=_sheet_review(sheet, paper),
        leftover="\n".join(line.line.text for line in sheet.leftover),
        warnings=tuple(warnings),
        usage=usage,
    )


def _asked(paper: QuestionPaper, scheme: MarkingScheme, sheet: AnswerSheet, warnings: list[str]) -> Iterator[_Asked]:
    entries: dict[str, SchemeEntry] = {}
    for listed in scheme.entries:
        entries.setdefault(listed.question, listed)
    answers: dict[str, list[Answer]] = {}
    for answer in sorted(sheet.answers, key=lambda one: one.attempt):
        answers.setdefault(answer.question, []).append(answer)
    unplaced = {one.question: one for one in sheet.unplaced}
    for question, context in _leaves(paper.questions, ""):
        entry = entries.get(question.id)
        marks, _ = decided(question, entry)
        if marks is None:
            warnings.append(f"Nothing says how many marks question {question.id} carries; it is marked out of 1.")
        most = MARKS_IF_NOTHING_SAYS if marks is None else max(marks, 0.0)
        given = tuple(answers.get(question.id, ()))
        yield _Asked(question, context, entry, most, given, unplaced.get(question.id))


def _leaves(questions: Iterable[Question], context: str) -> Iterator[tuple[Question, str]]:
    """Every answerable question with the printed text of the questions above it."""
    for question in questions:
        if question.parts:
            yield from _leaves(question.parts, f"{context}\n{question.text}".strip())
        else:
            yield question, context


def _mark_all(
    asked: Sequence[_Asked], free_text: FreeTextMarker, step: float | None
) -> tuple[list[QuestionMark], Usage]:
    """One mark a question; all free text goes to its marker at once."""
    inspections = {id(answer): _inspected(one, answer) for one in asked for answer in one.answers}
    written = [
        (one, answer)
        for one in asked
        if one.question.type not in OBJECTIVE
        for answer in one.answers
        if inspections[id(answer)].clean
    ]
    tasks = [
        FreeTextTask(
            one.question,
            one.context,
            one.entry if one.entry is not None and _says_something(one.entry) else None,
            replace(answer, text=inspections[id(answer)].clean),
            one.max_marks,
            step,
        )
        for one, answer in written
    ]
    replies = free_text.mark(tasks) if tasks else []
    by_answer = {id(answer): reply for (_, answer), reply in zip(written, replies, strict=True)}
    marks = []
    for one in asked:
        attempts = [_mark_attempt(one, answer, inspections[id(answer)], by_answer, step) for answer in one.answers]
        marks.append(_of_attempts(attempts, objective=one.question.type in OBJECTIVE) if attempts else _unanswered(one))
    return marks, sum((reply.usage for reply in replies), Usage())


def _longest(one: _Asked) -> int:
    return LONGEST_OBJECTIVE_ANSWER if one.question.type in OBJECTIVE else LONGEST_ANSWER


def _inspected(one: _Asked, answer: Answer) -> attacks.Inspection:
    if len(answer.text) > _longest(one):
        return attacks.Inspection("")
    asked, wanted = _asked_in(one), _wordings(one.entry)
    if one.question.type in OBJECTIVE:
        return attacks.inspect(answer.text, "\n".join((asked, *wanted)))
    return attacks.inspect_prose(answer.text, asked, wanted)


def _asked_in(one: _Asked) -> str:
    return f"{one.context}\n{one.question.text}"


def _wordings(entry: SchemeEntry | None) -> tuple[str, ...]:
    """Everything that the scheme says of an answer, in its own words."""
    if entry is None:
        return ()
    criteria = (wording for criterion in entry.criteria for wording in (criterion.text, *criterion.accept))
    return tuple(text for text in (entry.model_answer, *entry.answers, *criteria) if text.strip())


def _says_something(entry: SchemeEntry) -> bool:
    return bool(entry.criteria or entry.model_answer.strip() or any(answer.strip() for answer in entry.answers))


def _mark_attempt(
    one: _Asked,
    answer: Answer,
    inspection: attacks.Inspection,
    replies: dict[int, FreeTextMark],
    step: float | None,
) -> QuestionMark:
    objective = one.question.type in OBJECTIVE
    if len(answer.text) > _longest(one):
        mark = _too_long(len(answer.text), _longest(one))
    elif not inspection.clean:
        said = "Nothing is left that answers the question." if answer.text.strip() else "Nothing can be read."
        mark = FreeTextMark(0.0, 0.9, "none", said)
    else:
        mark = _objective(one, inspection.clean, step) if objective else replies[id(answer)]
    reason, confidence = mark.reason, clamp(mark.confidence, 0.0, 1.0)
    if ReviewReason.UNPLACED_ANSWER in answer.review:
        reason = f"{reason} No label that could be read says that this answers the question; it stands where it would."
        confidence = min(confidence, _UNPLACED)
    if inspection.signs:
        reason = f"{reason} {inspection.said()}"
    doubts = _doubts(one, inspection, mark)
    if ReviewReason.UNKNOWN_LANGUAGE in doubts:
        reason = f"{reason} The answer, or a part of it, is not in English."
        confidence = min(confidence, _UNREAD) if objective else confidence
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
        review=_review(one, answer, inspection, (*mark.review, *doubts)),
    )


def _doubts(one: _Asked, inspection: attacks.Inspection, mark: FreeTextMark) -> tuple[ReviewReason, ...]:
    """What of the answer the marker cannot have read."""
    question_words = vocabulary(_asked_in(one), *_wordings(one.entry))
    if one.question.type not in OBJECTIVE:
        doubts = reading_doubts(inspection.clean, question_words)
        return (*doubts, ReviewReason.UNKNOWN_LANGUAGE) if inspection.has_foreign_sentence else doubts
    by_words = one.question.type in (QuestionType.EXACT, QuestionType.PATTERN)
    marks = mark.marks or 0.0
    if marks >= one.max_marks or (marks > 0 and not by_words):
        return ()
    return objective_doubts(inspection.clean, question_words, by_words=by_words)


def _review(
    one: _Asked, answer: Answer, inspection: attacks.Inspection, doubts: tuple[ReviewReason, ...]
) -> tuple[ReviewReason, ...]:
    """Every reason for a person to look, each once: of the cutting, of the marker and the reading (`doubts`)."""
    objective = one.question.type in OBJECTIVE
    reasons = [*answer.review, *doubts]
    if inspection.is_attack:
        reasons.append(ReviewReason.ATTACK)
    if answer.lines and answer.ocr_confidence < (_WEAK_OBJECTIVE if objective else _WEAK_TEXT):
        reasons.append(ReviewReason.LOW_OCR_CONFIDENCE)
    if not objective and (one.entry is None or not _says_something(one.entry)):
        reasons.append(ReviewReason.NO_SCHEME)
    return tuple(dict.fromkeys(reasons))


def _too_long(length: int, longest: int) -> FreeTextMark:
    reason = f"The answer has {length:,} characters; up to {longest:,} are marked by machine."
    return FreeTextMark(None, 0.0, "none", reason, review=(ReviewReason.TOO_LONG,))


def _objective(one: _Asked, text: str, step: float | None) -> FreeTextMark:
    entry = one.entry
    if entry is not None and not entry.answers and entry.model_answer.strip():
        entry = replace(entry, answers=(entry.model_answer.strip(),))
    if entry is None:
        reason = "The marking scheme holds no answer to this question."
        return FreeTextMark(None, 0.0, "objective", reason, review=(ReviewReason.NO_SCHEME,))
    # Loaded with the first objective question: a paper of free text needs none of it.
    from grade.objective.rules import mark_objective

    decision = mark_objective(one.question, entry, text, one.max_marks)
    marks = None
    if decision.marks is not None:
        marks = settled(decision.marks, -abs(entry.negative), one.max_marks, step)
    return FreeTextMark(marks, decision.confidence, "objective", decision.reason, review=decision.review)


def _of_attempts(attempts: list[QuestionMark], *, objective: bool) -> QuestionMark:
    """One mark for a question that was answered more than once: for written text the best attempt, for a
    choice or a value the worst (several tries at one value are no answer). A person looks either way."""
    if len(attempts) == 1:
        return attempts[0]
    ranked = sorted(attempts, key=lambda mark: mark.marks if mark.marks is not None else -1.0, reverse=not objective)
    kept = ranked[0]
    places: tuple[Place, ...] = tuple(place for mark in attempts for place in mark.places)
    review = tuple(
        dict.fromkeys((ReviewReason.EXTRA_ANSWERS, *(reason for mark in attempts for reason in mark.review)))
    )
    which = "lowest" if objective else "best"
    given = ", ".join("open" if mark.marks is None else f"{mark.marks:g}" for mark in attempts)
    reason = f"Answered {len(attempts)} times ({given}); the {which} counts. {kept.reason}"
    answer = "\n\n".join(mark.answer for mark in attempts)
    return replace(kept, answer=answer, places=places, review=review, reason=reason)


def _unanswered(one: _Asked) -> QuestionMark:
    if one.unplaced is not None:
        return _perhaps_answered(one, one.unplaced)
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


def _perhaps_answered(one: _Asked, unplaced: UnplacedText) -> QuestionMark:
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


def _not_counted(mark: QuestionMark) -> QuestionMark:
    why = totals.why_not_counted(answered=totals.is_attempt(mark.answer))
    return replace(mark, counted=False, reason=f"{mark.reason} {why}")


def _sheet_review(sheet: AnswerSheet, paper: QuestionPaper) -> tuple[ReviewReason, ...]:
    known = {leaf.id for leaf in paper.leaves()}
    unknown = [ReviewReason.UNKNOWN_QUESTION] if any(answer.question not in known for answer in sheet.answers) else []
    return tuple(dict.fromkeys((*sheet.review, *unknown)))
