"""A submission's record: its state. `docs/record.md` lists every transition, writer and condition.

The state machine writes the first state of a run itself (READING, `Record` in the ASL). Every terminal state is
written here, once: the condition holds only while this very run is in progress. `pending` names what the submission
still waits for. The sweep queries the index of that name, so the attribute is removed when nothing is left to do.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from core.models import errors
from core.models.submission import TERMINAL_STATES, SourceFile, Submission, SubmissionState
from core.platform.clock import now
from core.storage.table import RECORD_SK, ConditionFailed, Item, Table, submission_pk

# Values of `pending`: what a record, an assessment or a tombstone waits for.
PENDING_RUN = "run"
PENDING_PAPER = "paper"
PENDING_FAILED = "failed"
PENDING_RELEASE = "release"
PENDING_ERASURE = "erasure"

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


def write_terminal_state(
    table: Table, submission: Submission, state: SubmissionState, attributes: Item | None = None
) -> SubmissionState:
    """Write the terminal state of this run. Idempotent.

    Returns the state of the record afterwards. It differs from `state` if a later run has begun: the later run counts,
    and this one's result is dropped.

    Raises
    ------
    SubmissionErased
        The submission was erased during the run.
    """
    changes = {"ended_at": now(), **(attributes or {})}
    try:
        _write_state(table, submission, state, {**changes, **_pending_attributes(state)}, is_terminal=True)
    except ConditionFailed as failed:
        return _resolve_refused_write(failed.item, submission, state, changes, table)
    return state


def _pending_attributes(state: SubmissionState) -> Item:
    """Return the attributes of what follows a terminal state; in most cases there are none."""
    pending_reason = {SubmissionState.AWAITING_PAPER: PENDING_PAPER, SubmissionState.FAILED: PENDING_FAILED}.get(state)
    return {"pending": pending_reason, "pending_at": now()} if pending_reason else {}


def _write_state(
    table: Table, submission: Submission, state: SubmissionState, changes: Item, *, is_terminal: bool
) -> None:
    """Write the state in one update. If a later run has been claimed, the record stays pending for that run."""
    _update_record(
        table,
        submission_pk(submission.id),
        assign={"state": state.value, **changes},
        remove=("pending", "pending_at") if is_terminal and "pending" not in changes else (),
        condition=f"{_RUN_IN_PROGRESS} AND {_NO_LATER_RUN_CLAIMED}" if is_terminal else _RUN_IN_PROGRESS,
        values={":run": submission.run, ":reading": SubmissionState.READING.value},
    )


def _resolve_refused_write(
    item: Item | None, submission: Submission, state: SubmissionState, changes: Item, table: Table
) -> SubmissionState:
    """Handle a refused terminal state: written before, superseded, erased, or the run was never recorded."""
    if item is None or int(item.get("run", 0)) < submission.run:
        # The Record branch of this run failed: there is no record, the previous run's, or a tombstone.
        terminal_attributes = {**changes, **_pending_attributes(state)}
        return (
            state
            if create_record(table, submission, state, terminal_attributes)
            else write_terminal_state(table, submission, state, changes)
        )
    if "erased_at" in item:
        raise errors.SubmissionErased("The submission was erased while it was in progress.")
    if (
        item["run"] == submission.run
        and item["state"] == SubmissionState.READING
        and int(item["claimed"]) > submission.run
    ):
        try:
            _write_state(table, submission, state, changes, is_terminal=False)
        except ConditionFailed as failed:
            return _resolve_refused_write(failed.item, submission, state, changes, table)
        return state
    return SubmissionState(item["state"])


def create_record(table: Table, submission: Submission, state: SubmissionState, attributes: Item) -> bool:
    """Write the record of a run whose Record branch failed, with the same attributes as the ASL's own write.

    Returns False if this run has been recorded already.
    """
    pending = {"pending": PENDING_RUN, "pending_at": now()} if state is SubmissionState.READING else {}
    attributes = {
        "tenant": submission.tenant,
        "assessment": submission.assessment,
        "kind": submission.kind.value,
        "student": submission.student or "",
        "door": submission.channel.value,
        "received_at": submission.received_at,
        "recorded_at": now(),
        "gsi1pk": f"{submission.tenant}#{submission.assessment}",
        "gsi1sk": f"{submission.kind.value}#{submission.received_at}#{submission.id}",
        **pending,
        **attributes,
    }
    stale = [name for name in (*_PREVIOUS_RUN_ATTRIBUTES, "pending", "pending_at") if name not in attributes]
    run = {"state": state.value, "run": submission.run, "input": json.dumps(submission.to_state())}
    try:
        _update_record(
            table, submission_pk(submission.id), assign={**run, **attributes}, remove=stale, condition=_IS_NEW_RUN
        )
    except ConditionFailed:
        return False
    return True


def find_final_state(found: Item | None, submission: Submission) -> SubmissionState | None:
    """Return the state of the record if nothing is left to do in this run: it has ended, or a later run counts.

    None if the run is to go on. `found` is the record, None if there is none.

    Raises
    ------
    SubmissionErased
    """
    if found is None or int(found.get("run", 0)) < submission.run:
        return None
    if "erased_at" in found:
        raise errors.SubmissionErased("The submission was erased while it was in progress.")
    in_progress = found["run"] == submission.run and found["state"] == SubmissionState.READING
    return None if in_progress else SubmissionState(found["state"])


def submission_from_record(found: Item) -> Submission:
    """Return the submission that the last recorded run was started with."""
    return Submission.from_state(json.loads(found["input"]))


def has_terminal_state(item: Item) -> bool:
    return SubmissionState(item["state"]) in TERMINAL_STATES


def record_repeat_upload(table: Table, submission_id: str, at: str) -> Item | None:
    """Record that the same content was received again: of several attempts, the one received last counts.

    Returns the record afterwards; it may have no other attribute yet. None if the submission was erased.
    """
    try:
        return _update_record(
            table,
            submission_pk(submission_id),
            assign={"counts_from": at},
            condition="attribute_not_exists(erased_at)"
            " AND (attribute_not_exists(counts_from) OR counts_from < :counts_from)",
        )
    except ConditionFailed as failed:
        return failed.item if failed.item and "erased_at" not in failed.item else None


def claim_next_run(table: Table, record: Item, *, after_erasure: bool = False) -> int:
    """Claim the number of the next run with a conditional write and return it.

    A run that was claimed before and never began is returned again: starting it is idempotent by its name.
    `after_erasure`: the submission was erased and has been sent again.

    Raises
    ------
    SubmissionErased
        The submission was erased; with `after_erasure`, it has been restarted already.
    ServiceUnavailable
        The erasure is in progress: it would also remove what is restarted now.
    """
    run = int(record["run"])
    erasure_condition = "attribute_not_exists(erased_at)"
    if after_erasure:
        erasure_condition = "attribute_exists(erased_at) AND attribute_not_exists(removing)"
    # A tombstone stays pending for its second erasure pass.
    pending = {} if after_erasure else {"pending": PENDING_RUN, "pending_at": now()}
    try:
        _update_record(
            table,
            record["pk"],
            assign={"claimed": run + 1, **pending},
            condition=f"#run = :run AND {_NO_LATER_RUN_CLAIMED} AND {erasure_condition}",
            values={":run": run},
        )
    except ConditionFailed as failed:
        if failed.item is None or ("erased_at" in failed.item) is not after_erasure:
            raise errors.SubmissionErased("The submission was erased.") from None
        if "removing" in failed.item:
            raise errors.ServiceUnavailable(
                "The submission is being erased. Please send the file again later."
            ) from None
        return max(int(failed.item["run"]), int(failed.item.get("claimed", 0)))
    return run + 1


def build_resumed_submission(record: Item, stored: Item | None, run: int, *, documents_bucket: str) -> Submission:
    """Return the submission for a later run. Its file is the durable copy `stored`, if there is one."""
    state: dict[str, Any] = json.loads(record["input"])
    submission = Submission.from_state(state)
    if not stored or "version_id" not in stored:
        return submission.for_run(run)
    stored_file = SourceFile(
        bucket=documents_bucket,
        key=stored["key"],
        version_id=stored["version_id"],
        size=int(stored["size"]),
        sha256=stored["sha256"],
        media_type=submission.file.media_type,
    )
    return submission.for_run(run, stored_file)


def restart_after_erasure(submission: Submission, run: int) -> Submission:
    """Return an erased submission that was sent again: the same id with a run number that no late branch can have."""
    return replace(submission, run=run)


def replace_unchanged_record(table: Table, item: Item, found: Item) -> None:
    """Replace the record only if it is as it was `found`: a run claimed or recorded since then has to be counted.

    Raises
    ------
    ConditionFailed
    """
    conditions = [
        f"#{name} = :{name}" if name in found else f"attribute_not_exists(#{name})" for name in _RUN_ATTRIBUTES
    ]
    table.replace(
        item,
        condition=" AND ".join(conditions),
        names={f"#{name}": name for name in _RUN_ATTRIBUTES},
        values={f":{name}": found[name] for name in _RUN_ATTRIBUTES if name in found},
    )


def _update_record(
    table: Table, pk: str, *, assign: Item, condition: str, remove: Iterable[str] = (), values: Item | None = None
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
        pk,
        RECORD_SK,
        expression,
        # DynamoDB refuses names that no expression uses.
        names={mark: name for name, mark in _PLACEHOLDERS.items() if mark in f"{expression} {condition}"},
        values={f":{name}": value for name, value in assign.items()} | (values or {}),
        condition=condition,
    )
