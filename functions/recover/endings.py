"""Endings that are not marks: rejected, duplicate, failed, and executions that ended without a word."""

import json
from collections.abc import Callable
from typing import Any

from core import errors, record
from core.flow import Execution
from core.submission import State, Submission
from core.table import Item, Table

_CAUSE_MAX = 2000
# Causes that hold more than a sentence: they stay in the execution's history.
_OURS = {"NotPersisted": "The file could not be stored or recorded; it is kept and can be run again."}


def reject(state: dict[str, Any], table: Table) -> State:
    """The document's own fault, with the sentence that its error carries."""
    reading = state["outcome"]["reading"]
    return _end(
        table,
        Submission.from_state(state),
        State.REJECTED,
        {"failure": {"type": reading["error"], "message": sentence(reading["cause"])}},
    )


def duplicate(state: dict[str, Any], table: Table, again: Callable[[str, str], object]) -> State:
    """The same content was sent before for this student: that submission's marks are this one's.

    `again` is told that the one that holds the content was received once more, and when.
    """
    holder = state["outcome"]["persistence"]["stored"]["value"]["duplicate_of"]
    submission = Submission.from_state(state)
    ended = _end(table, submission, State.DUPLICATE_OF, {"duplicate_of": holder})
    if ended is State.DUPLICATE_OF:
        again(holder, submission.received_at)
    return ended


def fail(state: dict[str, Any], table: Table) -> State:
    """Ours: kept whole, alarmed, and run again on request (docs/operations.md).

    Returns another state where the ending stood already and only the word of it was lost: then nothing has failed.
    """
    failure = state["failure"]
    message = _OURS.get(failure["Error"]) or sentence(failure.get("Cause", ""))
    told = {"failure": {"type": failure["Error"], "message": message}}
    return _end(table, Submission.from_state(state), State.FAILED, {**told, **_transcript(state)})


def _transcript(state: dict[str, Any]) -> Item:
    """Where a reading stands that came to nothing: it is found again by the next run, and by an erasure."""
    reading = state.get("outcome", {}).get("reading", {})
    key = reading.get("value", {}).get("transcript", {}).get("key") if reading.get("ok") else None
    return {"transcript_key": key} if key else {}


def finalise(detail: dict[str, Any], table: Table) -> State:
    """An execution that timed out, was aborted or failed: its submission gets the ending it lacks.

    `detail` is that of the status change's event. What has an ending keeps it: of an execution that failed behind
    its ending (nobody could be told, the received object not be removed), the marks stand.
    """
    return finalise_execution(Execution(detail["status"], json.loads(detail["input"]), detail.get("error")), table)


def finalise_execution(execution: Execution, table: Table) -> State:
    failure = {
        "type": execution.error or f"Execution.{execution.status}",
        "message": f"The execution ended as {execution.status} without an ending.",
    }
    return _end(table, Submission.from_state(execution.input), State.FAILED, {"failure": failure})


def _end(table: Table, submission: Submission, state: State, attributes: Item) -> State:
    """An erased submission ends quietly: there is nothing left to say of it, and nothing has failed."""
    try:
        return record.end(table, submission, state, attributes)
    except errors.SubmissionErased:
        return State.ERASED


def sentence(cause: str) -> str:
    """The message inside a Lambda error's Cause (JSON), or the cause itself where it is plain text."""
    try:
        body = json.loads(cause)
    except ValueError:
        return cause[:_CAUSE_MAX]
    message = body.get("errorMessage") if isinstance(body, dict) else None
    return str(message or "An error without a message; the execution's history has it.")[:_CAUSE_MAX]
