"""Endings that are not marks: rejected, duplicate, failed, and executions that ended without a word."""

import json
from typing import Any

from core import errors, record
from core.submission import State, Submission
from core.table import Table

_CAUSE_MAX = 2000
# Causes that hold more than a sentence: they stay in the execution's history.
_OURS = {"NotPersisted": "The file could not be stored or recorded; it is kept and can be run again."}


def reject(state: dict[str, Any], table: Table) -> State:
    """The document's own fault, with the sentence that its error carries."""
    reading = state["outcome"]["reading"]
    return record.end(
        table,
        Submission.from_state(state),
        State.REJECTED,
        {"failure": {"type": reading["error"], "message": sentence(reading["cause"])}},
    )


def duplicate(state: dict[str, Any], table: Table) -> State:
    """The same content was sent before for this student: that submission's marks are this one's."""
    holder = state["outcome"]["persistence"]["stored"]["value"]["duplicate_of"]
    return record.end(table, Submission.from_state(state), State.DUPLICATE_OF, {"duplicate_of": holder})


def fail(state: dict[str, Any], table: Table) -> State:
    """Ours: kept whole, alarmed, and run again on request (docs/operations.md)."""
    failure = state["failure"]
    message = _OURS.get(failure["Error"]) or sentence(failure.get("Cause", ""))
    return record.end(
        table,
        Submission.from_state(state),
        State.FAILED,
        {"failure": {"type": failure["Error"], "message": message}},
    )


def finalise(detail: dict[str, Any], table: Table) -> State:
    """An execution that timed out, was aborted or failed: its submission gets the ending it lacks."""
    submission = Submission.from_state(json.loads(detail["input"]))
    status = detail["status"]
    failure = {"type": f"Execution.{status}", "message": f"The execution ended as {status} without an ending."}
    try:
        return record.end(table, submission, State.FAILED, {"failure": failure})
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
