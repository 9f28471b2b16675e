"""Writes the record's state: first state, terminal state, next run.

`docs/record.md` lists every transition, writer and condition. The state machine writes the first state of a run itself
(READING, `Record` in the ASL); a record is created here only if that write failed. Every terminal state is written
here, once: the condition holds only while this very run is in progress. `pending` names what the submission still waits
for (`core.storage.pending_items`).
"""

import json
from collections.abc import Iterable
from dataclasses import replace

from core.models import errors
from core.models.stored_file import StoredFile
from core.models.submission import SourceFile, Submission, SubmissionState
from core.platform.clock import now
from core.storage.outcome_attributes import OutcomeAttributes
from core.storage.pending_items import PENDING_FAILED, PENDING_PAPER, PENDING_RUN
from core.storage.submission_record import RecordItem, RepeatUpload, SubmissionRecord, Tombstone, decode_record
from core.storage.table import RECORD_SK, ConditionFailed, Item, Table, submission_pk

_RUN_IN_PROGRESS = "#run = :run AND #state = :reading"
_NO_LATER_RUN_CLAIMED = "(attribute_not_exists(claimed) OR claimed <= :run)"
# A tombstone has the number of the last run before the erasure, which alone makes this refuse late writes.
_IS_NEW_RUN = "attribute_not_exists(#run) OR #run < :run"
_ERASURE_ATTRIBUTES = ("erased_at", "erasing", "removing", "removing_until")
_PREVIOUS_RUN_ATTRIBUTES = ("ended_at", "failure", "duplicate_of", "timeline", *_ERASURE_ATTRIBUTES)
# Attributes whose names are reserved words in expressions.
_PLACEHOLDERS = {"state": "#state", "run": "#run", "input": "#input"}
# What a record must not have changed since it was read, for a tombstone to replace it.
_RUN_ATTRIBUTES = ("run", "state", "claimed")
_ERASED_MESSAGE = "The submission was erased while it was in progress."


def write_terminal_state(
    table: Table, submission: Submission, state: SubmissionState, outcome: OutcomeAttributes | None = None
) -> SubmissionState:
    """Write the terminal state of this run and what came of it. Idempotent.

    Returns the state of the record afterwards. It differs from `state` if a later run has begun: the later run counts,
    and this one's result is dropped.

    Raises
    ------
    SubmissionErased
        The submission was erased during the run.
    """
    outcome = outcome or OutcomeAttributes()
    outcome = replace(outcome, ended_at=outcome.ended_at or now())
    changes = {**outcome.to_item(), **_pending_attributes(state)}
    try:
        _write_state(table, submission, state, changes, is_terminal=True)
    except ConditionFailed as failed:
        return _resolve_refused_write(decode_record(failed.item), submission, state, outcome, table)
    return state


def _pending_attributes(state: SubmissionState) -> Item:
    """Return the attributes of what follows a state; in most cases there are none."""
    pending_reason = {
        SubmissionState.READING: PENDING_RUN,
        SubmissionState.AWAITING_PAPER: PENDING_PAPER,
        SubmissionState.FAILED: PENDING_FAILED,
    }.get(state)
    return {"pending": pending_reason, "pending_at": now()} if pending_reason else {}


def _write_state(
    table: Table, submission: Submission, state: SubmissionState, changes: Item, *, is_terminal: bool
) -> None:
    """Write the state in one update. If a later run has been claimed, the record stays pending for that run."""
    _update_record(
        table,
        submission.id,
        assign={"state": state.value, **changes},
        remove=("pending", "pending_at") if is_terminal and "pending" not in changes else (),
        condition=f"{_RUN_IN_PROGRESS} AND {_NO_LATER_RUN_CLAIMED}" if is_terminal else _RUN_IN_PROGRESS,
        values={":run": submission.run, ":reading": SubmissionState.READING.value},
    )


def _resolve_refused_write(
    found: RecordItem | None,
    submission: Submission,
    state: SubmissionState,
    outcome: OutcomeAttributes,
    table: Table,
) -> SubmissionState:
    """Handle a refused terminal state: written before, superseded, erased, or the run was never recorded."""
    if found is None or isinstance(found, RepeatUpload) or found.run < submission.run:
        # The Record branch of this run failed: there is no record, the previous run's, or a tombstone.
        created = create_record(table, submission, state, outcome)
        return state if created else write_terminal_state(table, submission, state, outcome)
    if isinstance(found, Tombstone):
        raise errors.SubmissionErased(_ERASED_MESSAGE)
    if (
        found.run == submission.run
        and found.state is SubmissionState.READING
        and found.claimed is not None
        and found.claimed > submission.run
    ):
        try:
            _write_state(table, submission, state, outcome.to_item(), is_terminal=False)
        except ConditionFailed as failed:
            return _resolve_refused_write(decode_record(failed.item), submission, state, outcome, table)
        return state
    return found.state


def create_record(
    table: Table, submission: Submission, state: SubmissionState, outcome: OutcomeAttributes | None = None
) -> bool:
    """Write the record of a run whose Record branch failed, with the same attributes as the ASL's own write.

    Returns False if this run has been recorded already.
    """
    record = SubmissionRecord(
        id=submission.id,
        tenant=submission.tenant,
        assessment=submission.assessment,
        kind=submission.kind,
        student=submission.student,
        channel=submission.channel,
        received_at=submission.received_at,
        recorded_at=now(),
        state=state,
        run=submission.run,
        input=json.dumps(submission.to_state()),
    )
    attributes = {**record.to_item(), **_pending_attributes(state), **(outcome.to_item() if outcome else {})}
    assign = {name: value for name, value in attributes.items() if name not in ("pk", "sk")}
    stale = [name for name in (*_PREVIOUS_RUN_ATTRIBUTES, "pending", "pending_at") if name not in assign]
    try:
        _update_record(table, submission.id, assign=assign, remove=stale, condition=_IS_NEW_RUN)
    except ConditionFailed:
        return False
    return True


def find_final_state(found: RecordItem | None, submission: Submission) -> SubmissionState | None:
    """Return the state of the record if nothing is left to do in this run: it has ended, or a later run counts.

    None if the run is to go on. `found` is the record, None if there is none.

    Raises
    ------
    SubmissionErased
    """
    if found is None or isinstance(found, RepeatUpload) or found.run < submission.run:
        return None
    if isinstance(found, Tombstone):
        raise errors.SubmissionErased(_ERASED_MESSAGE)
    in_progress = found.run == submission.run and found.state is SubmissionState.READING
    return None if in_progress else found.state


def record_repeat_upload(table: Table, submission_id: str, at: str) -> SubmissionRecord | RepeatUpload | None:
    """Record that the same content was received again: of several attempts, the one received last counts.

    Returns the record afterwards, or only this upload if the record is not written yet. None if the submission was
    erased.
    """
    try:
        item: Item | None = _update_record(
            table,
            submission_id,
            assign={"counts_from": at},
            condition="attribute_not_exists(erased_at)"
            " AND (attribute_not_exists(counts_from) OR counts_from < :counts_from)",
        )
    except ConditionFailed as failed:
        item = failed.item
    found = decode_record(item)
    return None if isinstance(found, Tombstone) else found


def claim_next_run(table: Table, record: SubmissionRecord) -> int:
    """Claim the number of the next run with a conditional write and return it.

    A run that was claimed before and never began is returned again: starting it is idempotent by its name.

    Raises
    ------
    SubmissionErased
    """
    pending: Item = {"pending": PENDING_RUN, "pending_at": now()}
    found = _claim_run(table, record, pending, "attribute_not_exists(erased_at)")
    if not isinstance(found, SubmissionRecord):
        raise errors.SubmissionErased("The submission was erased.")
    return found.last_run


def claim_run_after_erasure(table: Table, tombstone: Tombstone) -> int:
    """Claim the number of the next run of a submission that was erased and has been sent again; returns it.

    Raises
    ------
    SubmissionErased
        It has been restarted already.
    ServiceUnavailable
        The erasure is in progress: it would also remove what is restarted now.
    """
    # A tombstone stays pending for its second erasure pass.
    found = _claim_run(table, tombstone, {}, "attribute_exists(erased_at) AND attribute_not_exists(removing)")
    if not isinstance(found, Tombstone):
        raise errors.SubmissionErased("The submission was erased.")
    if found.removing is not None:
        raise errors.ServiceUnavailable("The submission is being erased. Please send the file again later.")
    return found.last_run


def _claim_run(
    table: Table, found: SubmissionRecord | Tombstone, assign: Item, erasure_condition: str
) -> RecordItem | None:
    """Claim the run after the one that was found, unless another one was claimed; returns the item afterwards."""
    try:
        item: Item | None = _update_record(
            table,
            found.id,
            assign={"claimed": found.run + 1, **assign},
            condition=f"#run = :run AND {_NO_LATER_RUN_CLAIMED} AND {erasure_condition}",
            values={":run": found.run},
        )
    except ConditionFailed as failed:
        item = failed.item
    return decode_record(item)


def build_resumed_submission(
    record: SubmissionRecord, stored: StoredFile | None, run: int, *, documents_bucket: str
) -> Submission:
    """Return the submission for a later run. Its file is the durable copy `stored`, if there is one."""
    submission = record.submission
    if stored is None:
        return submission.for_run(run)
    stored_file = SourceFile(
        bucket=documents_bucket,
        key=stored.key,
        version_id=stored.version_id,
        size=stored.size,
        sha256=stored.sha256,
        media_type=submission.file.media_type,
    )
    return submission.for_run(run, stored_file)


def restart_after_erasure(submission: Submission, run: int) -> Submission:
    """Return an erased submission that was sent again: the same id with a run number that no late branch can have."""
    return replace(submission, run=run)


def replace_unchanged_record(table: Table, tombstone: Tombstone, found: SubmissionRecord | RepeatUpload) -> None:
    """Replace the record only if it is as it was `found`: a run claimed or recorded since then has to be counted.

    Raises
    ------
    ConditionFailed
    """
    attributes = found.to_item()
    conditions = [
        f"#{name} = :{name}" if name in attributes else f"attribute_not_exists(#{name})" for name in _RUN_ATTRIBUTES
    ]
    table.replace(
        tombstone.to_item(),
        condition=" AND ".join(conditions),
        names={f"#{name}": name for name in _RUN_ATTRIBUTES},
        values={f":{name}": attributes[name] for name in _RUN_ATTRIBUTES if name in attributes},
    )


def _update_record(
    table: Table,
    submission_id: str,
    *,
    assign: Item,
    condition: str,
    remove: Iterable[str] = (),
    values: Item | None = None,
) -> Item:
    """Update the record in one call; returns it afterwards. `values` are those that only the condition uses.

    Raises
    ------
    ConditionFailed
    """
    expression = "SET " + ", ".join(f"{_PLACEHOLDERS.get(name, name)} = :{name}" for name in assign)
    removed = ", ".join(remove)
    if removed:
        expression += f" REMOVE {removed}"
    return table.update(
        submission_pk(submission_id),
        RECORD_SK,
        expression,
        # DynamoDB refuses names that no expression uses.
        names={mark: name for name, mark in _PLACEHOLDERS.items() if mark in f"{expression} {condition}"},
        values={f":{name}": value for name, value in assign.items()} | (values or {}),
        condition=condition,
    )
