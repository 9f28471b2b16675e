"""Endings that are not marks: rejected, duplicate, failed, and executions that ended without a word."""

import json
from collections.abc import Callable
from typing import Any

from core.models import errors
from core.models.submission import Submission, SubmissionState
from core.platform.executions import Execution
from core.storage import submission_repository
from core.storage.table import Item, Table

_MAX_CAUSE = 2000
# Causes that hold more than a sentence: they stay in the execution's history.
_MESSAGES = {"NotPersisted": "The file could not be stored or recorded; it is kept and can be run again."}


def reject_submission(state: dict[str, Any], table: Table) -> SubmissionState:
    """The document's own fault, with the sentence that its error carries."""
    reading = state["outcome"]["reading"]
    return _end_submission(
        table,
        Submission.from_state(state),
        SubmissionState.REJECTED,
        {"failure": {"type": reading["error"], "message": error_message(reading["cause"])}},
    )


def mark_duplicate(state: dict[str, Any], table: Table, receive_again: Callable[[str, str], object]) -> SubmissionState:
    """The same content was sent before for this student: that submission's marks are this one's.

    `again` is told that the one that holds the content was received once more, and when.
    """
    original_id = state["outcome"]["persistence"]["stored"]["value"]["duplicate_of"]
    submission = Submission.from_state(state)
    ended = _end_submission(table, submission, SubmissionState.DUPLICATE_OF, {"duplicate_of": original_id})
    if ended is SubmissionState.DUPLICATE_OF:
        receive_again(original_id, submission.received_at)
    return ended


def fail_submission(state: dict[str, Any], table: Table) -> SubmissionState:
    """Ours: kept whole, alarmed, and run again on request (docs/operations.md).

    Returns another state where the ending stood already and only the word of it was lost: then nothing has failed.
    """
    failure = state["failure"]
    message = _MESSAGES.get(failure["Error"]) or error_message(failure.get("Cause", ""))
    failure_attributes = {"failure": {"type": failure["Error"], "message": message}}
    return _end_submission(
        table, Submission.from_state(state), SubmissionState.FAILED, {**failure_attributes, **_transcript_key(state)}
    )


def _transcript_key(state: dict[str, Any]) -> Item:
    """Where a reading stands that came to nothing: it is found again by the next run, and by an erasure."""
    reading = state.get("outcome", {}).get("reading", {})
    key = reading.get("value", {}).get("transcript", {}).get("key") if reading.get("ok") else None
    return {"transcript_key": key} if key else {}


def finalise_event(detail: dict[str, Any], table: Table) -> SubmissionState:
    """An execution that timed out, was aborted or failed: its submission gets the ending it lacks.

    `detail` is that of the status change's event. What has an ending keeps it: of an execution that failed behind
    its ending (nobody could be told, the received object not be removed), the marks stand.
    """
    return finalise_execution(Execution(detail["status"], json.loads(detail["input"]), detail.get("error")), table)


def finalise_execution(execution: Execution, table: Table) -> SubmissionState:
    failure = {
        "type": execution.error or f"Execution.{execution.status}",
        "message": f"The execution ended as {execution.status} without an ending.",
    }
    return _end_submission(table, Submission.from_state(execution.input), SubmissionState.FAILED, {"failure": failure})


def _end_submission(table: Table, submission: Submission, state: SubmissionState, attributes: Item) -> SubmissionState:
    """An erased submission ends quietly: there is nothing left to say of it, and nothing has failed."""
    try:
        return submission_repository.write_terminal_state(table, submission, state, attributes)
    except errors.SubmissionErased:
        return SubmissionState.ERASED


def error_message(cause: str) -> str:
    """The message inside a Lambda error's Cause (JSON), or the cause itself where it is plain text."""
    try:
        body = json.loads(cause)
    except ValueError:
        return cause[:_MAX_CAUSE]
    message = body.get("errorMessage") if isinstance(body, dict) else None
    return str(message or "An error without a message; the execution's history has it.")[:_MAX_CAUSE]
