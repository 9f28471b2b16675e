"""Checks a teacher's edit, has it stored, and applies edits to marks.

An edit changes a mark or corrects a recognised answer. The marks that grading gave are never overwritten: edits are
stored next to them (`core.storage.teacher_edits`). A later run keeps them: a changed mark overrides the new mark too,
and a corrected answer is what the run marks. Totals and "answer any two" rules are computed again on every read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.models import counting_rules, errors
from core.models.assessment import QuestionPaper
from core.models.result import ReviewReason
from core.models.submission import SubmissionState
from core.platform.clock import now
from core.storage import teacher_edit_repository
from core.storage.outcome_attributes import QuestionSummary
from core.storage.submission_record import SubmissionRecord
from core.storage.table import Table
from core.storage.teacher_edits import Correction, MarkChange

NOT_MARKED_MESSAGE = "This submission has no marks that could be changed now."
_CHANGED_MESSAGE = "This submission has changed since it was looked at. Fetch it again, then change it."
# A question of a result document, as JSON.
QuestionDocument = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChangedQuestion(QuestionSummary):
    """A question whose mark a teacher has set. `machine_marks` is the mark that grading gave."""

    machine_marks: float | None = None
    changed_by: str = ""
    changed_at: str = ""

    def change_fields(self) -> dict[str, Any]:
        return {
            "machine_marks": self.machine_marks,
            "marker": "person",
            "changed_by": self.changed_by,
            "changed_at": self.changed_at,
        }

    def to_dict(self) -> dict[str, Any]:
        # Not super(): a dataclass with slots is another class than the one that its methods were defined in.
        return {**QuestionSummary.to_dict(self), **self.change_fields()}


def moderated_record(record: SubmissionRecord, paper: Callable[[], QuestionPaper | None]) -> SubmissionRecord:
    """The record with the teacher's edits applied: marks, total and state.

    `paper` is called only if something was changed; it tells which questions are a choice.
    """
    corrections = current_run_corrections(record)
    if not (record.mark_changes or corrections) or not record.has_marks:
        return record
    read = [_apply_correction(one, corrections.get(one.question)) for one in record.question_marks or ()]
    questions = apply_changes(read, record.mark_changes, paper())
    doubtful = bool(record.review) or any(question.review for question in questions)
    state = SubmissionState.NEEDS_REVIEW if doubtful else SubmissionState.GRADED
    return replace(record, question_marks=tuple(questions), marks=total_marks(questions), state=state)


def moderated_result(
    result: dict[str, Any],
    record: SubmissionRecord,
    paper: Callable[[], QuestionPaper | None],
    corrected_questions: Mapping[str, QuestionDocument],
) -> dict[str, Any]:
    """A sheet's result document with the teacher's edits applied, and who made each.

    `corrected_questions` are the questions marked again after a correction of this run, by question id.
    """
    if not (record.mark_changes or record.corrections):
        return result
    read = [
        _add_corrector(corrected_questions.get(one["question"], one), record.corrections.get(one["question"]))
        for one in result["questions"]
    ]
    documents = apply_changes_to_documents(read, record.mark_changes, paper())
    questions = [_summarize(document) for document in documents]
    doubtful = bool(result["review"]) or any(question.review for question in questions)
    return {**result, "questions": documents, "marks": total_marks(questions), "needs_review": doubtful}


def current_run_corrections(record: SubmissionRecord) -> dict[str, Correction]:
    """Corrections that were made after the current run had marked the sheet: they override its marks."""
    return {name: one for name, one in record.corrections.items() if one.run == record.run}


def _apply_correction(question: QuestionSummary, correction: Correction | None) -> QuestionSummary:
    if correction is None:
        return question
    return replace(question, marks=correction.marks, review=correction.review, answered=correction.answered)


def _add_corrector(document: QuestionDocument, correction: Correction | None) -> QuestionDocument:
    if correction is None or document.get("read_as") is None:
        return document
    return {**document, "read_by": correction.by, "read_at": correction.at}


def edition(record: SubmissionRecord) -> str:
    """The edition of a record's marks: another run or another edit makes another edition."""
    return f"{record.run}.{record.edits or 0}"


def find_editable_question(record: SubmissionRecord, question: str, expected_edition: str | None) -> QuestionSummary:
    """The summary of the question to be changed.

    Raises
    ------
    NotFound
        The sheet has no such question.
    NotMarked
        There are no marks to change (yet).
    ChangedMeanwhile
        The marks do not have the expected edition.
    """
    if not record.has_marks:
        raise errors.NotMarked(NOT_MARKED_MESSAGE)
    if expected_edition is not None and expected_edition != edition(record):
        raise errors.ChangedMeanwhile(_CHANGED_MESSAGE)
    summary = next((one for one in record.question_marks or () if one.question == question), None)
    if summary is None:
        raise errors.NotFound(f"This sheet has no question {question}.")
    return summary


def change_mark(
    table: Table,
    record: SubmissionRecord,
    question: str,
    marks: float | None,
    *,
    by: str,
    expected_edition: str | None,
) -> None:
    """Set a teacher's mark, or remove it with None, in one write conditional on the edition of `record`.

    Raises
    ------
    InvalidMark
        The question cannot have this mark.
    NotFound, NotMarked, ChangedMeanwhile
        See `find_editable_question`; ChangedMeanwhile also if another change was written first.
    """
    summary = find_editable_question(record, question, expected_edition)
    if marks is None:
        written = teacher_edit_repository.remove_mark_change(table, record, question, by=by, at=now())
    else:
        _check_mark(marks, summary)
        written = teacher_edit_repository.set_mark_change(table, record, question, MarkChange(marks, by, now()))
    _check_written(written)


def save_correction(table: Table, record: SubmissionRecord, question: str, correction: Correction) -> None:
    """Store a corrected answer, in one write conditional on the edition of `record`. Raises ChangedMeanwhile."""
    _check_written(teacher_edit_repository.set_correction(table, record, question, correction))


def remove_correction(table: Table, record: SubmissionRecord, question: str, *, by: str) -> None:
    """Remove a correction, so that the recognised answer counts again. Raises ChangedMeanwhile."""
    _check_written(teacher_edit_repository.remove_correction(table, record, question, by=by, at=now()))


def _check_written(written: bool) -> None:
    if not written:
        raise errors.ChangedMeanwhile(_CHANGED_MESSAGE)


def _check_mark(marks: float, question: QuestionSummary) -> None:
    """Raise InvalidMark unless the mark lies between 0 and the question's maximum, with two decimals.

    The lower bound is negative if the scheme deducts marks for a wrong answer and this one lost some.
    """
    least = min(0.0, float(question.marks or 0.0))
    if not least <= marks <= question.max_marks or round(marks, 2) != marks:
        raise errors.InvalidMark(
            f"Question {question.question} can have {least:g} to {question.max_marks:g} marks, with two decimals."
        )


def apply_changes(
    questions: Iterable[QuestionSummary], changes: Mapping[str, MarkChange], paper: QuestionPaper | None
) -> list[QuestionSummary]:
    """Apply mark changes to the questions of a sheet, and select again which of them count."""
    merged = [_apply_change(question, changes.get(question.question)) for question in questions]
    if paper is None:
        return merged
    attempts = {
        one.question: counting_rules.QuestionAttempt(one.marks, one.max_marks, bool(one.answered)) for one in merged
    }
    counted = counting_rules.select_counted_questions(paper, attempts)
    known = {leaf.id for leaf in paper.leaves()}
    return [replace(one, counted=one.question in counted) if one.question in known else one for one in merged]


def apply_changes_to_documents(
    documents: Iterable[QuestionDocument], changes: Mapping[str, MarkChange], paper: QuestionPaper | None
) -> list[QuestionDocument]:
    """Apply mark changes to the questions of a result document, as `apply_changes` does to their summaries."""
    originals = list(documents)
    changed = apply_changes(map(_summarize, originals), changes, paper)
    return [_update_document(document, question) for document, question in zip(originals, changed, strict=True)]


def total_marks(questions: Iterable[QuestionSummary]) -> float:
    return counting_rules.sum_marks([one.marks for one in questions if one.counted and one.marks is not None])


def _apply_change(question: QuestionSummary, change: MarkChange | None) -> QuestionSummary:
    if change is None:
        return question
    # The question's maximum may have been changed since.
    review = (ReviewReason.ABOVE_MAXIMUM.value,) if change.marks > question.max_marks else ()
    return ChangedQuestion(
        **{**asdict(question), "marks": change.marks, "review": review},
        machine_marks=question.marks,
        changed_by=change.by,
        changed_at=change.at,
    )


def _summarize(document: QuestionDocument) -> QuestionSummary:
    return QuestionSummary(
        question=document["question"],
        label=document["label"],
        marks=document["marks"],
        max_marks=document["max_marks"],
        review=tuple(document["review"]),
        counted=document["counted"],
        answered=counting_rules.is_attempted(document.get("answer") or ""),
    )


def _update_document(document: QuestionDocument, question: QuestionSummary) -> QuestionDocument:
    """The document with the marks of `question`, and a reason that says whether it counts."""
    updated = {**document, "marks": question.marks, "review": list(question.review), "counted": question.counted}
    if isinstance(question, ChangedQuestion):
        updated |= question.change_fields()
    if question.counted != document["counted"] and "reason" in document:
        why = counting_rules.not_counted_reason(answered=bool(question.answered))
        reason = document["reason"].removesuffix(f" {why}")
        updated["reason"] = reason if question.counted else f"{reason} {why}"
    return updated
