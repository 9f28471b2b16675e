"""Endings that are not marks: rejected, duplicate, failed, and executions that ended without a word."""

import json
from typing import Any

from core import record
from core.submission import State, Submission
from core.table import Table

_CAUSE_MAX = 2000


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
    """Ours: kept whole, alarmed, and run again by `gradeline resume`."""
    failure = state["failure"]
    return record.end(
        table,
        Submission.from_state(state),
        State.FAILED,
        {"failure": {"type": failure["Error"], "message": sentence(failure.get("Cause", ""))}},
    )


def finalise(detail: dict[str, Any], table: Table) -> State:
    """An execution that timed out, was aborted or failed: its submission gets the ending it lacks."""
    submission = Submission.from_state(json.loads(detail["input"]))
    status = detail["status"]
    return record.end(
        table,
        submission,
        State.FAILED,
        {"failure": {"type": f"Execution.{status}", "message": f"The execution ended as {status} without an ending."}},
    )


def sentence(cause: str) -> str:
    """The message inside a Lambda error's Cause (JSON), or the cause itself where it is plain text."""
    try:
        body = json.loads(cause)
    except ValueError:
        return cause[:_CAUSE_MAX]
    message = body.get("errorMessage") if isinstance(body, dict) else None
    return str(message or cause)[:_CAUSE_MAX]
