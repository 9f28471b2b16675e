"""Terminal states other than marks: rejected, duplicate, failed, and executions that ended without writing one."""

import json
from collections.abc import Callable
from typing import Any

from core.models import errors
from core.models.submission import Submission, SubmissionState
from core.platform.executions import Execution
from core.storage import submission_repository
from core.storage.table import Item, Table

_MAX_CAUSE = 2000
# Errors whose cause is more than a sentence; the cause stays in the execution's history.
_MESSAGES = {"NotPersisted": "The file could not be stored or recorded; it is kept and can be run again."}


def reject_submission(state: dict[str, Any], table: Table) -> SubmissionState:
    """Record a submission as REJECTED: the document itself is at fault, and the error's message says how."""
    reading = state["outcome"]["reading"]
    return _end_submission(
        table,
        Submission.from_state(state),
        SubmissionState.REJECTED,
        {"failure": {"type": reading["error"], "message": error_message(reading["cause"])}},
    )


def mark_duplicate(state: dict[str, Any], table: Table, receive_again: Callable[[str, str], object]) -> SubmissionState:
    """Record a submission as DUPLICATE_OF the one that has the same content for the same student and its marks.

    `receive_again` is called with the id of that submission and the time of this upload.
    """
    original_id = state["outcome"]["persistence"]["stored"]["value"]["duplicate_of"]
    submission = Submission.from_state(state)
    ended = _end_submission(table, submission, SubmissionState.DUPLICATE_OF, {"duplicate_of": original_id})
    if ended is SubmissionState.DUPLICATE_OF:
        receive_again(original_id, submission.received_at)
    return ended


def fail_submission(state: dict[str, Any], table: Table) -> SubmissionState:
    """Record a submission as FAILED: the system is at fault. The file is kept, an alarm fires, and it can be run again
    (docs/operations.md).

    Returns another state if a terminal state was already written and only the reply to that write was lost: then
    nothing has failed.
    """
    failure = state["failure"]
    message = _MESSAGES.get(failure["Error"]) or error_message(failure.get("Cause", ""))
    failure_attributes = {"failure": {"type": failure["Error"], "message": message}}
    return _end_submission(
        table, Submission.from_state(state), SubmissionState.FAILED, {**failure_attributes, **_transcript_key(state)}
    )


def _transcript_key(state: dict[str, Any]) -> Item:
    """The transcript's key if the reading succeeded, so that the next run and an erasure find it."""
    reading = state.get("outcome", {}).get("reading", {})
    key = reading.get("value", {}).get("transcript", {}).get("key") if reading.get("ok") else None
    return {"transcript_key": key} if key else {}


def finalise_event(detail: dict[str, Any], table: Table) -> SubmissionState:
    """Write the missing terminal state of an execution that timed out, was aborted or failed.

    `detail` is the detail of the status change event. A terminal state that is already written stays: if an execution
    failed only after it (the notification or the clean-up failed), the marks stand.
    """
    return finalise_execution(Execution(detail["status"], json.loads(detail["input"]), detail.get("error")), table)


def finalise_execution(execution: Execution, table: Table) -> SubmissionState:
    failure = {
        "type": execution.error or f"Execution.{execution.status}",
        "message": f"The execution ended as {execution.status} without a result.",
    }
    return _end_submission(table, Submission.from_state(execution.input), SubmissionState.FAILED, {"failure": failure})


def _end_submission(table: Table, submission: Submission, state: SubmissionState, attributes: Item) -> SubmissionState:
    """Write a terminal state. An erased submission stays erased: there is nothing to record, and nothing has failed."""
    try:
        return submission_repository.write_terminal_state(table, submission, state, attributes)
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
