"""A submission's status, built from its record and branch items, or from its execution before they are written."""

import json
from collections.abc import Mapping
from typing import Any

from core.models.submission import TERMINAL_STATES, Submission, SubmissionState
from core.models.timeline import BranchTimes, time_saved_by_parallel_branches
from core.platform import clock, executions
from core.storage import cost_counters
from core.storage.encryption import TextCipher
from core.storage.table import RECORD_SK, Item, Table, branch_sk, submission_pk
from results import teacher_changes
from results.paper_problem import failure_reason

StatusDocument = dict[str, Any]
_STATE_OF_EXECUTION = {"RUNNING": SubmissionState.RECEIVED, "SUCCEEDED": SubmissionState.RECEIVED}
_ERASED_FIELDS = (
    *("student", "ended_at", "reason", "duplicate_of", "revision", "marks", "max_marks"),
    *("lanes", "paid", "result", "paper"),
)
# The states in which a sheet has marks.
MARKED_STATES = (SubmissionState.GRADED, SubmissionState.NEEDS_REVIEW)


def find_items(table: Table, submission_id: str, tenant: str) -> dict[str, Item] | None:
    """A submission's items by sort key; None if the tenant has no such submission."""
    items = {item["sk"]: item for item in table.partition(submission_pk(submission_id))}
    record = items.get(RECORD_SK)
    return items if record and record.get("tenant") == tenant else None


def status_from_items(items: Mapping[str, Item], cipher: TextCipher) -> StatusDocument:
    """The status of a recorded submission, without its result."""
    record = items[RECORD_SK]
    if "erased_at" in record:
        return erased_status(record)
    submission_id = record["pk"].removeprefix(submission_pk(""))
    run = int(record["run"])
    reading = items.get(branch_sk(run, "reading"), {})
    storing = items.get(branch_sk(run, "storing"), {})
    return {
        "id": submission_id,
        "run": run,
        "assessment": record["assessment"],
        "kind": record["kind"],
        "student": cipher.decrypt(record["student"], associated_data=submission_id) if record.get("student") else None,
        "state": _current_state(record, reading, storing).value,
        "door": record["door"],
        "received_at": record["received_at"],
        # A repeated upload of the same content counts from the newest upload.
        "counts_from": record.get("counts_from", record["received_at"]),
        "ended_at": record.get("ended_at"),
        "reason": failure_reason(record),
        "duplicate_of": record.get("duplicate_of"),
        "revision": record.get("revision"),
        "edition": teacher_changes.edition(record) if record["state"] in MARKED_STATES else None,
        # If a later run ended without marks, those of the previous run are not shown.
        "marks": record.get("marks") if record["state"] in MARKED_STATES else None,
        "max_marks": record.get("max_marks") if record["state"] in MARKED_STATES else None,
        "lanes": _branches(record, reading, storing),
        "timeline": _timeline(record, reading, storing),
        "paid": {
            name: cost_counters.sum_counters(name, items.values())
            for name in (cost_counters.OCR_CALLS, cost_counters.MODEL_CALLS)
        },
        "result": None,
        "paper": None,
        "file": {
            "media_type": json.loads(record["input"])["file"]["media_type"],
            "size": json.loads(record["input"])["file"]["size"],
            "pages": reading.get("pages_total"),
        },
    }


def list_entry(record: Item, cipher: TextCipher) -> StatusDocument:
    """The status as an entry of a list: with every question's mark, without the branches, whose items are not read."""
    questions = record.get("question_marks") if record["state"] in MARKED_STATES else None
    return {**status_from_items({RECORD_SK: record}, cipher), "lanes": None, "paid": None, "question_marks": questions}


def erased_status(tombstone: Item) -> StatusDocument:
    """The status of an erased submission: what its tombstone still holds."""
    return {
        "id": tombstone["pk"].removeprefix(submission_pk("")),
        "state": SubmissionState.ERASED.value,
        **{name: tombstone[name] for name in ("run", "assessment", "kind", "door", "received_at", "erased_at")},
        **dict.fromkeys(_ERASED_FIELDS),
        "timeline": {"received_at": tombstone["received_at"]},
        "file": {"media_type": None, "size": None, "pages": None},
    }


def find_started_submission(
    stepfunctions: Any, state_machine_arn: str, submission_id: str, tenant: str
) -> Submission | None:
    """The submission that a tenant's execution was started with, for when there is no record yet."""
    found = executions.find_execution(
        submission_id, 1, stepfunctions=stepfunctions, state_machine_arn=state_machine_arn
    )
    submission = found.submission if found else None
    return submission if submission and submission.tenant == tenant else None


def status_from_execution(
    stepfunctions: Any, state_machine_arn: str, submission_id: str, tenant: str
) -> StatusDocument | None:
    """The status before the record is written, from the execution's input and status."""
    found = executions.find_execution(
        submission_id, 1, stepfunctions=stepfunctions, state_machine_arn=state_machine_arn
    )
    if found is None:
        return None
    submission = found.submission
    if submission.tenant != tenant:
        return None
    return {
        "id": submission.id,
        "run": submission.run,
        "assessment": submission.assessment,
        "kind": submission.kind.value,
        "student": None,
        "state": _STATE_OF_EXECUTION.get(found.status, SubmissionState.FAILED).value,
        "door": submission.channel.value,
        "received_at": submission.received_at,
        "ended_at": None,
        "reason": None,
        "duplicate_of": None,
        "lanes": {branch: {"state": "waiting"} for branch in ("reading", "storing", "recording", "grading")},
        "timeline": {"received_at": submission.received_at},
        "paid": None,
        "result": None,
        "paper": None,
        "file": {"media_type": submission.file.media_type, "size": submission.file.size, "pages": None},
    }


def has_ended(status: StatusDocument) -> bool:
    return SubmissionState(status["state"]) in TERMINAL_STATES or status["state"] == SubmissionState.AWAITING_PAPER


def _current_state(record: Item, reading: Item, storing: Item) -> SubmissionState:
    """The recorded state; while the branches run, the state of the one that is still running."""
    state = SubmissionState(record["state"])
    if state is not SubmissionState.READING:
        return state
    if reading.get("ended_at") and storing.get("ended_at"):
        return SubmissionState.GRADING
    return SubmissionState.STORING if reading.get("ended_at") else SubmissionState.READING


def _branches(record: Item, reading: Item, storing: Item) -> dict[str, Any]:
    state = SubmissionState(record["state"])
    ended = state is not SubmissionState.READING
    graded_at = record.get("timeline", {}).get("graded_at")
    joined_at = record.get("timeline", {}).get("joined_at")
    both_ended = bool(reading.get("ended_at") and storing.get("ended_at"))
    return {
        "reading": _branch(reading, ended)
        | {name: reading.get(name) for name in ("pages_total", "pages_done", "first_ocr_at")},
        "storing": _branch(storing, ended),
        "recording": {"state": "done", "started_at": _recorded_at(record), "ended_at": _recorded_at(record)},
        "grading": {
            "state": _grading_state(state, graded_at, both_ended),
            "started_at": joined_at,
            "ended_at": graded_at,
        },
    }


def _recorded_at(record: Item) -> str | None:
    """When the record was written. The state machine writes it, in its own timestamp format."""
    at = record.get("recorded_at")
    return clock.format_timestamp(clock.parse_timestamp(at)) if at else None


def _grading_state(state: SubmissionState, graded_at: str | None, both_ended: bool) -> str:
    if graded_at:
        return "done"
    if state is SubmissionState.FAILED:
        return "failed"
    return "running" if state is SubmissionState.READING and both_ended else "waiting"


def _branch(item: Item, ended: bool) -> dict[str, Any]:
    """A branch by its own item. If the run has ended but the branch has not, the branch has failed."""
    done = bool(item.get("ended_at"))
    return {
        "state": "done" if done else ("failed" if ended else "running"),
        "started_at": item.get("started_at"),
        "ended_at": item.get("ended_at"),
    }


def _timeline(record: Item, reading: Item, storing: Item) -> dict[str, Any]:
    """Timestamps of this run, and the milliseconds saved by running the branches in parallel (None until the join)."""
    timeline = {
        "received_at": record["received_at"],
        "first_ocr_at": reading.get("first_ocr_at"),
        "read_at": reading.get("ended_at"),
        "stored_at": storing.get("ended_at"),
        "recorded_at": _recorded_at(record),
        **record.get("timeline", {}),
    }
    timeline["saved_ms"] = (
        time_saved_by_parallel_branches(BranchTimes.from_dict(reading), BranchTimes.from_dict(storing))
        if timeline.get("joined_at")
        else None
    )
    return timeline
