"""Where a submission stands, put together from its record, its lanes' items and, before those, its execution."""

import json
from collections.abc import Mapping
from typing import Any

from core import clock, flow, paid
from core.seal import Seal
from core.submission import ENDED, State, Submission
from core.table import RECORD, Item, Table, lane_sk, submission_pk
from core.timeline import saved_by_lanes
from results import moderation
from results.paper_problem import reason_of

Status = dict[str, Any]
_FROM_EXECUTION = {"RUNNING": State.RECEIVED, "SUCCEEDED": State.RECEIVED}
_GONE = (
    *("student", "ended_at", "reason", "duplicate_of", "revision", "marks", "max_marks"),
    *("lanes", "paid", "result", "paper"),
)
# The states in which marks stand, and count.
MARKED = (State.GRADED, State.NEEDS_REVIEW)


def find(table: Table, submission_id: str, tenant: str) -> dict[str, Item] | None:
    """A submission's items by sort key, None where there is none of this tenant's."""
    items = {item["sk"]: item for item in table.partition(submission_pk(submission_id))}
    record = items.get(RECORD)
    return items if record and record.get("tenant") == tenant else None


def from_items(items: Mapping[str, Item], seal: Seal) -> Status:
    """The status of a recorded submission, without its result."""
    record = items[RECORD]
    if "erased_at" in record:
        return erased(record)
    submission_id = record["pk"].removeprefix(submission_pk(""))
    run = int(record["run"])
    reading = items.get(lane_sk(run, "reading"), {})
    storing = items.get(lane_sk(run, "storing"), {})
    return {
        "id": submission_id,
        "run": run,
        "assessment": record["assessment"],
        "kind": record["kind"],
        "student": seal.open(record["student"], bound_to=submission_id) if record.get("student") else None,
        "state": _state(record, reading, storing).value,
        "door": record["door"],
        "received_at": record["received_at"],
        # The same content sent again counts from its newest receipt.
        "counts_from": record.get("counts_from", record["received_at"]),
        "ended_at": record.get("ended_at"),
        "reason": reason_of(record),
        "duplicate_of": record.get("duplicate_of"),
        "revision": record.get("revision"),
        "edition": moderation.edition(record) if record["state"] in MARKED else None,
        # A later run that did not end in marks does not show those of the run before.
        "marks": record.get("marks") if record["state"] in MARKED else None,
        "max_marks": record.get("max_marks") if record["state"] in MARKED else None,
        "lanes": _lanes(record, reading, storing),
        "timeline": _timeline(record, reading, storing),
        "paid": {name: paid.total(name, items.values()) for name in (paid.OCR_CALLS, paid.MODEL_CALLS)},
        "result": None,
        "paper": None,
        "file": {
            "media_type": json.loads(record["input"])["file"]["media_type"],
            "size": json.loads(record["input"])["file"]["size"],
            "pages": reading.get("pages_total"),
        },
    }


def listed(record: Item, seal: Seal) -> Status:
    """The status as it stands in a list: with every question's mark, without the lanes, which were not looked up."""
    questions = record.get("question_marks") if record["state"] in MARKED else None
    return {**from_items({RECORD: record}, seal), "lanes": None, "paid": None, "question_marks": questions}


def erased(stone: Item) -> Status:
    """All that is left to say of an erased submission."""
    return {
        "id": stone["pk"].removeprefix(submission_pk("")),
        "state": State.ERASED.value,
        **{name: stone[name] for name in ("run", "assessment", "kind", "door", "received_at", "erased_at")},
        **dict.fromkeys(_GONE),
        "timeline": {"received_at": stone["received_at"]},
        "file": {"media_type": None, "size": None, "pages": None},
    }


def started(stepfunctions: Any, state_machine_arn: str, submission_id: str, tenant: str) -> Submission | None:
    """What a tenant's execution was started with, where no record tells of it yet."""
    found = flow.find(submission_id, 1, stepfunctions=stepfunctions, state_machine_arn=state_machine_arn)
    submission = Submission.from_state(found.input) if found else None
    return submission if submission and submission.tenant == tenant else None


def from_execution(stepfunctions: Any, state_machine_arn: str, submission_id: str, tenant: str) -> Status | None:
    """The status before the record is written: what the execution itself knows."""
    found = flow.find(submission_id, 1, stepfunctions=stepfunctions, state_machine_arn=state_machine_arn)
    if found is None:
        return None
    submission = Submission.from_state(found.input)
    if submission.tenant != tenant:
        return None
    return {
        "id": submission.id,
        "run": submission.run,
        "assessment": submission.assessment,
        "kind": submission.kind.value,
        "student": None,
        "state": _FROM_EXECUTION.get(found.status, State.FAILED).value,
        "door": submission.door.value,
        "received_at": submission.received_at,
        "ended_at": None,
        "reason": None,
        "duplicate_of": None,
        "lanes": {lane: {"state": "waiting"} for lane in ("reading", "storing", "recording", "grading")},
        "timeline": {"received_at": submission.received_at},
        "paid": None,
        "result": None,
        "paper": None,
        "file": {"media_type": submission.file.media_type, "size": submission.file.size, "pages": None},
    }


def has_ended(status: Status) -> bool:
    return State(status["state"]) in ENDED or status["state"] == State.AWAITING_PAPER


def _state(record: Item, reading: Item, storing: Item) -> State:
    """The recorded state; while the lanes run, which of them is still at work."""
    state = State(record["state"])
    if state is not State.READING:
        return state
    if reading.get("ended_at") and storing.get("ended_at"):
        return State.GRADING
    return State.STORING if reading.get("ended_at") else State.READING


def _lanes(record: Item, reading: Item, storing: Item) -> dict[str, Any]:
    state = State(record["state"])
    ended = state is not State.READING
    graded_at = record.get("timeline", {}).get("graded_at")
    joined_at = record.get("timeline", {}).get("joined_at")
    both = bool(reading.get("ended_at") and storing.get("ended_at"))
    return {
        "reading": _lane(reading, ended)
        | {name: reading.get(name) for name in ("pages_total", "pages_done", "first_ocr_at")},
        "storing": _lane(storing, ended),
        "recording": {"state": "done", "started_at": _recorded_at(record), "ended_at": _recorded_at(record)},
        "grading": {
            "state": _grading_state(state, graded_at, both),
            "started_at": joined_at,
            "ended_at": graded_at,
        },
    }


def _recorded_at(record: Item) -> str | None:
    """Written by the state machine itself, in its own way of writing a moment."""
    at = record.get("recorded_at")
    return clock.stamp(clock.parse(at)) if at else None


def _grading_state(state: State, graded_at: str | None, both: bool) -> str:
    if graded_at:
        return "done"
    if state is State.FAILED:
        return "failed"
    return "running" if state is State.READING and both else "waiting"


def _lane(item: Item, ended: bool) -> dict[str, Any]:
    """A lane by its own item: one that ended the run without ending itself has failed."""
    done = bool(item.get("ended_at"))
    return {
        "state": "done" if done else ("failed" if ended else "running"),
        "started_at": item.get("started_at"),
        "ended_at": item.get("ended_at"),
    }


def _timeline(record: Item, reading: Item, storing: Item) -> dict[str, Any]:
    """The moments of this run and the time that the lanes saved by running side by side, in ms: null until the join."""
    timeline = {
        "received_at": record["received_at"],
        "first_ocr_at": reading.get("first_ocr_at"),
        "read_at": reading.get("ended_at"),
        "stored_at": storing.get("ended_at"),
        "recorded_at": _recorded_at(record),
        **record.get("timeline", {}),
    }
    timeline["saved_ms"] = saved_by_lanes(reading, storing) if timeline.get("joined_at") else None
    return timeline
