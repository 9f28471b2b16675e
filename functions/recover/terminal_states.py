"""Terminal states other than marks: rejected, duplicate, failed, and executions that ended without writing one."""

import json
from collections.abc import Callable

from core.models import errors
from core.models.execution_state import ExecutionState, ReadingResult, StepError
from core.models.submission import Submission, SubmissionState
from core.platform.executions import Execution
from core.storage import submission_repository
from core.storage.outcome_attributes import Failure, OutcomeAttributes
from core.storage.table import Table

_MAX_CAUSE = 2000
# Errors whose cause is more than a sentence; the cause stays in the execution's history.
_MESSAGES = {"NotPersisted": "The file could not be stored or recorded; it is kept and can be run again."}


def reject_submission(state: ExecutionState, table: Table) -> SubmissionState:
    """Record a submission as REJECTED: the document itself is at fault, and the error's message says how."""
    if not isinstance(state.reading, StepError):
        raise ValueError("The reading branch has not failed.")
    failure = Failure(state.reading.error, error_message(state.reading.cause))
    return _end_submission(table, state.submission, SubmissionState.REJECTED, OutcomeAttributes(failure=failure))


def mark_duplicate(state: ExecutionState, table: Table, receive_again: Callable[[str, str], object]) -> SubmissionState:
    """Record a submission as DUPLICATE_OF the one that has the same content for the same student and its marks.

    `receive_again` is called with the id of that submission and the time of this upload.
    """
    submission, original_id = state.submission, state.storing_result.duplicate_of
    if original_id is None:
        raise ValueError("The submission is not a duplicate.")
    outcome = OutcomeAttributes(duplicate_of=original_id)
    ended = _end_submission(table, submission, SubmissionState.DUPLICATE_OF, outcome)
    if ended is SubmissionState.DUPLICATE_OF:
        receive_again(original_id, submission.received_at)
    return ended


def fail_submission(state: ExecutionState, table: Table) -> SubmissionState:
    """Record a submission as FAILED: the system is at fault. The file is kept, an alarm fires, and it can be run again
    (docs/operations.md).

    Returns another state if a terminal state was already written and only the reply to that write was lost: then
    nothing has failed.
    """
    if state.failure is None:
        raise ValueError("No step has failed.")
    message = _MESSAGES.get(state.failure.error) or error_message(state.failure.cause)
    outcome = OutcomeAttributes(
        failure=Failure(state.failure.error, message),
        # The next run and an erasure find the transcript by it.
        transcript_key=state.reading.transcript_key if isinstance(state.reading, ReadingResult) else None,
    )
    return _end_submission(table, state.submission, SubmissionState.FAILED, outcome)


def finalise_execution(execution: Execution, table: Table) -> SubmissionState:
    """Write the missing terminal state of an execution that timed out, was aborted or failed.

    A terminal state that is already written stays: if an execution failed only after it (the notification or the
    clean-up failed), the marks stand.
    """
    failure = Failure(
        execution.error or f"Execution.{execution.status}",
        f"The execution ended as {execution.status} without a result.",
    )
    return _end_submission(table, execution.submission, SubmissionState.FAILED, OutcomeAttributes(failure=failure))


def _end_submission(
    table: Table, submission: Submission, state: SubmissionState, outcome: OutcomeAttributes
) -> SubmissionState:
    """Write a terminal state. An erased submission stays erased: there is nothing to record, and nothing has failed."""
    try:
        return submission_repository.write_terminal_state(table, submission, state, outcome)
    except errors.SubmissionErased:
        return SubmissionState.ERASED


def error_message(cause: str) -> str:
    """The message inside a Lambda error's Cause (JSON), or the cause itself if it is plain text."""
    try:
        body = json.loads(cause)
    except ValueError:
        return cause[:_MAX_CAUSE]
    message = body.get("errorMessage") if isinstance(body, dict) else None
    return str(message or "An error without a message; the execution's history has it.")[:_MAX_CAUSE]
