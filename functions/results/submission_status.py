"""A submission's status, built from its record and branch items, or from its execution before they are written."""

from typing import Any

from core.models.submission import TERMINAL_STATES, Submission, SubmissionState
from core.models.timeline import BranchTimes, Timeline, time_saved_by_parallel_branches
from core.platform import clock, executions
from core.storage.branch_items import ReadingItem, StoringItem
from core.storage.encryption import TextCipher
from core.storage.submission_queries import SubmissionItems, load_items, load_record
from core.storage.submission_record import MARKED_STATES, RepeatUpload, SubmissionRecord, Tombstone
from core.storage.table import Table
from results import mark_edits
from results.paper_problem import failure_reason

StatusDocument = dict[str, Any]
_STATE_OF_EXECUTION = {"RUNNING": SubmissionState.RECEIVED, "SUCCEEDED": SubmissionState.RECEIVED}
_ERASED_FIELDS = (
    *("student", "ended_at", "reason", "duplicate_of", "revision", "marks", "max_marks"),
    *("lanes", "paid", "result", "paper"),
)


def find_items(table: Table, submission_id: str, tenant: str) -> SubmissionItems | None:
    """A submission's items; None if the tenant has no such submission."""
    items = load_items(table, submission_id)
    if items.record is None or isinstance(items.record, RepeatUpload) or items.record.tenant != tenant:
        return None
    return items


def find_record(table: Table, submission_id: str, tenant: str) -> SubmissionRecord | Tombstone | None:
    """A submission's record or tombstone; None if the tenant has no such submission."""
    record = load_record(table, submission_id)
    return None if record is None or isinstance(record, RepeatUpload) or record.tenant != tenant else record


def status_from_items(record: SubmissionRecord, items: SubmissionItems, cipher: TextCipher) -> StatusDocument:
    """The status of a recorded submission, without its result. `record` may have a teacher's edits applied."""
    reading = items.reading.get(record.run, ReadingItem())
    storing = items.storing.get(record.run, StoringItem())
    file, reason = record.submission.file, failure_reason(record)
    is_marked = record.state in MARKED_STATES
    return {
        "id": record.id,
        "run": record.run,
        "assessment": record.assessment,
        "kind": record.kind.value,
        "student": cipher.decrypt(record.student, associated_data=record.id) if record.student else None,
        "state": _current_state(record, reading, storing).value,
        "door": record.channel.value,
        "received_at": record.received_at,
        # A repeated upload of the same content counts from the newest upload.
        "counts_from": record.last_received_at,
        "ended_at": record.ended_at,
        "reason": reason.to_dict() if reason else None,
        "duplicate_of": record.duplicate_of,
        "revision": record.revision,
        "edition": mark_edits.edition(record) if is_marked else None,
        # If a later run ended without marks, those of the previous run are not shown.
        "marks": record.marks if is_marked else None,
        "max_marks": record.max_marks if is_marked else None,
        "lanes": _branches(record, reading, storing),
        "timeline": _timeline(record, reading, storing),
        "paid": {"ocr_calls": items.ocr_calls, "model_calls": items.model_calls},
        "result": None,
        "paper": None,
        "file": {"media_type": file.media_type, "size": file.size, "pages": reading.pages_total},
    }


def status_from_record(record: SubmissionRecord, cipher: TextCipher) -> StatusDocument:
    """The status from the record alone: its branches count as not begun."""
    return status_from_items(record, SubmissionItems(record), cipher)


def list_entry(record: SubmissionRecord, cipher: TextCipher) -> StatusDocument:
    """The status as an entry of a list: with every question's mark, without the branches, whose items are not read."""
    marks = record.question_marks if record.state in MARKED_STATES else None
    questions = None if marks is None else [one.to_dict() for one in marks]
    return {**status_from_record(record, cipher), "lanes": None, "paid": None, "question_marks": questions}


def erased_status(tombstone: Tombstone) -> StatusDocument:
    """The status of an erased submission: what its tombstone still holds."""
    return {
        "id": tombstone.id,
        "state": tombstone.state.value,
        "run": tombstone.run,
        "assessment": tombstone.assessment,
        "kind": tombstone.kind.value,
        "door": tombstone.channel.value,
        "received_at": tombstone.received_at,
        "erased_at": tombstone.erased_at,
        **dict.fromkeys(_ERASED_FIELDS),
        "timeline": {"received_at": tombstone.received_at},
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


def _current_state(record: SubmissionRecord, reading: ReadingItem, storing: StoringItem) -> SubmissionState:
    """The recorded state; while the branches run, the state of the one that is still running."""
    if record.state is not SubmissionState.READING:
        return record.state
    if reading.times.ended_at and storing.times.ended_at:
        return SubmissionState.GRADING
    return SubmissionState.STORING if reading.times.ended_at else SubmissionState.READING


def _branches(record: SubmissionRecord, reading: ReadingItem, storing: StoringItem) -> dict[str, Any]:
    ended = record.state is not SubmissionState.READING
    timeline = record.timeline or Timeline()
    both_ended = bool(reading.times.ended_at and storing.times.ended_at)
    return {
        "reading": {
            **_branch(reading.times, ended),
            "pages_total": reading.pages_total,
            "pages_done": reading.pages_done,
            "first_ocr_at": reading.times.first_ocr_at,
        },
        "storing": _branch(storing.times, ended),
        "recording": {"state": "done", "started_at": _recorded_at(record), "ended_at": _recorded_at(record)},
        "grading": {
            "state": _grading_state(record.state, timeline.graded_at, both_ended),
            "started_at": timeline.joined_at,
            "ended_at": timeline.graded_at,
        },
    }


def _recorded_at(record: SubmissionRecord) -> str | None:
    """When the record was written. The state machine writes it, in its own timestamp format."""
    return clock.format_timestamp(clock.parse_timestamp(record.recorded_at)) if record.recorded_at else None


def _grading_state(state: SubmissionState, graded_at: str | None, both_ended: bool) -> str:
    if graded_at:
        return "done"
    if state is SubmissionState.FAILED:
        return "failed"
    return "running" if state is SubmissionState.READING and both_ended else "waiting"


def _branch(times: BranchTimes, ended: bool) -> dict[str, Any]:
    """A branch by its own item. If the run has ended but the branch has not, the branch has failed."""
    state = "done" if times.ended_at else ("failed" if ended else "running")
    return {"state": state, "started_at": times.started_at, "ended_at": times.ended_at}


def _timeline(record: SubmissionRecord, reading: ReadingItem, storing: StoringItem) -> dict[str, Any]:
    """Timestamps of this run, and the milliseconds saved by running the branches in parallel (None until the join)."""
    has_joined = record.timeline is not None and record.timeline.joined_at
    return {
        "received_at": record.received_at,
        "first_ocr_at": reading.times.first_ocr_at,
        "read_at": reading.times.ended_at,
        "stored_at": storing.times.ended_at,
        "recorded_at": _recorded_at(record),
        **(record.timeline.to_dict() if record.timeline else {}),
        "saved_ms": time_saved_by_parallel_branches(reading.times, storing.times) if has_joined else None,
    }
