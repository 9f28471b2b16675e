"""One submission of a tenant: its status, a teacher's edits, its erasure and its transcript."""

import time
from typing import Any

from core.models import errors
from core.models.function_requests import EraseRequest, MarkAnswerRequest
from core.models.transcript import Transcript, TranscriptPart
from core.platform.clock import now
from core.storage.submission_queries import SubmissionItems
from core.storage.submission_record import SubmissionRecord, Tombstone
from core.storage.teacher_edits import Correction
from core.storage.tombstones import write_tombstone
from results import documents, mark_edits, roster_comparison, submission_status, transcript_pagination
from results.tenant_records import TenantContext

_POLL_SECONDS = 0.25


def get_status(context: TenantContext, submission_id: str, *, wait_seconds: float = 0) -> dict[str, Any]:
    """A submission's status, with its result or paper if there is one.

    With `wait_seconds`, polls until the submission has ended or that time is over.

    Raises
    ------
    NotFound
    """
    until = time.monotonic() + wait_seconds
    while True:
        found = _find_status(context, submission_id)
        if found is None:
            raise errors.NotFound("There is no submission of this id.")
        if submission_status.has_ended(found) or time.monotonic() >= until:
            return roster_comparison.with_roster_names([found], context.roster(found["assessment"]))[0]
        time.sleep(_POLL_SECONDS)


def _find_status(context: TenantContext, submission_id: str) -> dict[str, Any] | None:
    items = submission_status.find_items(context.table, submission_id, context.tenant)
    if items is None:
        return submission_status.status_from_execution(
            context.stepfunctions, context.state_machine_arn, submission_id, context.tenant
        )
    return context.status_of(items)


def change_mark(
    context: TenantContext, submission_id: str, question: str, marks: float | None, *, expected_edition: str | None
) -> None:
    """Set a question's mark; None removes a teacher's mark. `expected_edition` is the one that the teacher looked at.

    Raises
    ------
    NotFound, NotMarked, InvalidMark, ChangedMeanwhile
    """
    record = _load_record(context, submission_id)
    mark_edits.change_mark(context.table, record, question, marks, by=context.user, expected_edition=expected_edition)


def correct_answer_text(
    context: TenantContext, submission_id: str, question: str, answer: str | None, *, expected_edition: str | None
) -> None:
    """Correct a recognised answer and have it marked again; None restores the recognised text.

    A mark that a teacher has set stays; the new automatic mark is stored alongside it.

    Raises
    ------
    NotFound, NotMarked, ChangedMeanwhile
    ServiceUnavailable
        The answer could not be marked at the moment; nothing has changed.
    """
    record = _load_record(context, submission_id)
    mark_edits.find_editable_question(record, question, expected_edition)
    if answer is None:
        current = record.corrections.get(question)
        if current is None:
            return
        if current.run == record.run:
            mark_edits.remove_correction(context.table, record, question, by=context.user)
            return
        # A later run has marked the corrected text, so the recognised text has to be marked now.
        answer = str(documents.read_json(context.s3, context.bucket, current.key)["read_as"])
    marked = context.mark_answer(MarkAnswerRequest(submission_id, record.run, context.tenant, question, answer))
    correction = Correction(
        key=marked.key,
        marks=marked.marks,
        review=marked.review,
        answered=marked.answered,
        by=context.user,
        at=now(),
        run=record.run,
    )
    mark_edits.save_correction(context.table, record, question, correction)


def _load_record(context: TenantContext, submission_id: str) -> SubmissionRecord:
    """The record of a submission whose marks are to be changed. Raises NotFound, NotMarked."""
    record = submission_status.find_record(context.table, submission_id, context.tenant)
    if record is None:
        raise errors.NotFound("There is no submission of this id.")
    if isinstance(record, Tombstone):
        raise errors.NotMarked(mark_edits.NOT_MARKED_MESSAGE)
    return record


def erase(context: TenantContext, submission_id: str) -> None:
    """Replace the submission's record with a tombstone; `recover` then erases everything else.

    It is also invoked if there is a tombstone already: this may be the retry of a request whose second half was lost.

    Raises
    ------
    NotFound
    """
    items = submission_status.find_items(context.table, submission_id, context.tenant)
    if items is None or not isinstance(items.record, Tombstone):
        submission = (
            items.record.submission
            if items and isinstance(items.record, SubmissionRecord)
            else submission_status.find_started_submission(
                context.stepfunctions, context.state_machine_arn, submission_id, context.tenant
            )
        )
        if submission is None:
            raise errors.NotFound("There is no submission of this id.")
        write_tombstone(context.table, submission, items or SubmissionItems())
    context.invoke_recover(EraseRequest(submission_id))


def get_transcript(context: TenantContext, submission_id: str, *, first: int) -> TranscriptPart:
    """The transcript from page `first` on, as much as fits in a response.

    Raises
    ------
    NotFound
        There is no such submission, or it has not been read yet.
    """
    record = submission_status.find_record(context.table, submission_id, context.tenant)
    if not isinstance(record, SubmissionRecord) or record.transcript_key is None:
        raise errors.NotFound("There is no transcript of this submission (yet).")
    transcript = Transcript.from_dict(documents.read_json(context.s3, context.bucket, record.transcript_key))
    return transcript_pagination.paginate_transcript(transcript, first)
