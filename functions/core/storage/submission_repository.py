"""A submission's record: where it stands. `docs/record.md` lists every transition, writer and condition.

The first write of a run is the state machine's own (state READING, `Record` in the ASL). Every ending is
written here, once: the condition holds only while this very run is under way. `pending` says what the
submission still waits for; the sweep works off the index of that name, so it goes when nothing is left to wait for.
"""

import json
from dataclasses import replace
from typing import Any

from core.models import errors
from core.models.submission import TERMINAL_STATES, SourceFile, Submission, SubmissionState
from core.platform.clock import now
from core.storage.table import RECORD_SK, ConditionFailed, Item, Table, submission_pk

# What a record, an assessment or a tombstone waits for.
PENDING_RUN, PENDING_PAPER, PENDING_FAILED, PENDING_RELEASE, PENDING_ERASURE = (
    "run",
    "paper",
    "failed",
    "release",
    "erasure",
)

_RUN_IN_PROGRESS = "#run = :run AND #state = :reading"
_NO_LATER_RUN_CLAIMED = "(attribute_not_exists(claimed) OR claimed <= :run)"
# A tombstone holds the number of the last run of before: what comes late is refused by that alone.
_IS_NEW_RUN = "attribute_not_exists(#run) OR #run < :run"
_ERASURE_ATTRIBUTES = ("erased_at", "erasing", "removing", "removing_until")
_PREVIOUS_RUN_ATTRIBUTES = ("ended_at", "failure", "duplicate_of", "timeline", *_ERASURE_ATTRIBUTES)
_ATTRIBUTE_NAMES = {"#state": "state", "#run": "run"}


def write_terminal_state(
    table: Table, submission: Submission, state: SubmissionState, attributes: Item | None = None
) -> SubmissionState:
    """Write the ending of this run, or find that it stands already.

    Returns the state that the record has afterwards: another one than `state` where a later run has
    begun meanwhile (its word counts, this run's is dropped).

    Raises
    ------
    SubmissionErased
        The submission was erased meanwhile.
    """
    changes = {"ended_at": now(), **(attributes or {})}
    try:
        _write_state(table, submission, state, {**changes, **_pending_attributes(state)}, is_terminal=True)
    except ConditionFailed as failed:
        return _resolve_refused_write(failed.item, submission, state, changes, table)
    return state


def _pending_attributes(state: SubmissionState) -> Item:
    """What is still to come after an ending; nothing, in most cases."""
    pending_reason = {SubmissionState.AWAITING_PAPER: PENDING_PAPER, SubmissionState.FAILED: PENDING_FAILED}.get(state)
    return {"pending": pending_reason, "pending_at": now()} if pending_reason else {}


def _write_state(
    table: Table, submission: Submission, state: SubmissionState, changes: Item, *, is_terminal: bool
) -> None:
    """The ending's one write. Where a later run has been claimed, the record goes on waiting for that."""
    assignments = ["#state = :state", *(f"{name} = :{name}" for name in changes)]
    remove_clause = " REMOVE pending, pending_at" if is_terminal and "pending" not in changes else ""
    table.update(
        submission_pk(submission.id),
        RECORD_SK,
        "SET " + ", ".join(assignments) + remove_clause,
        names=_ATTRIBUTE_NAMES,
        values={
            ":state": state.value,
            ":run": submission.run,
            ":reading": SubmissionState.READING.value,
            **{f":{name}": value for name, value in changes.items()},
        },
        condition=f"{_RUN_IN_PROGRESS} AND {_NO_LATER_RUN_CLAIMED}" if is_terminal else _RUN_IN_PROGRESS,
    )


def _resolve_refused_write(
    item: Item | None, submission: Submission, state: SubmissionState, changes: Item, table: Table
) -> SubmissionState:
    """What a refused ending means: written before, overtaken, erased, or never recorded at all."""
    if item is None or int(item.get("run", 0)) < submission.run:
        # The Record lane of this run failed: nothing is recorded yet, or the run before, or its tombstone.
        terminal_attributes = {**changes, **_pending_attributes(state)}
        return (
            state
            if create_record(table, submission, state, terminal_attributes)
            else write_terminal_state(table, submission, state, changes)
        )
    if "erased_at" in item:
        raise errors.SubmissionErased("The submission was erased while it was under way.")
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
    """Write the record of a run whose Record lane could not: the same attributes as the ASL's own write.

    False where somebody recorded this run in the meantime.
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
    assignments = ["#state = :state", "#run = :run", "#input = :input", *(f"{name} = :{name}" for name in attributes)]
    stale = [name for name in (*_PREVIOUS_RUN_ATTRIBUTES, "pending", "pending_at") if name not in attributes]
    try:
        table.update(
            submission_pk(submission.id),
            RECORD_SK,
            f"SET {', '.join(assignments)} REMOVE {', '.join(stale)}",
            names={**_ATTRIBUTE_NAMES, "#input": "input"},
            values={
                ":state": state.value,
                ":run": submission.run,
                ":input": json.dumps(submission.to_state()),
                **{f":{name}": value for name, value in attributes.items()},
            },
            condition=_IS_NEW_RUN,
        )
    except ConditionFailed:
        return False
    return True


def find_final_state(found: Item | None, submission: Submission) -> SubmissionState | None:
    """The state that stands where nothing is left to do for this run: it has ended, or a later one counts. `found` is
    the record as it is.

    Raises
    ------
    SubmissionErased
    """
    if found is None or int(found.get("run", 0)) < submission.run:
        return None
    if "erased_at" in found:
        raise errors.SubmissionErased("The submission was erased while it was under way.")
    in_progress = found["run"] == submission.run and found["state"] == SubmissionState.READING
    return None if in_progress else SubmissionState(found["state"])


def submission_from_record(found: Item) -> Submission:
    """What the last recorded run was started with."""
    return Submission.from_state(json.loads(found["input"]))


def has_terminal_state(item: Item) -> bool:
    return SubmissionState(item["state"]) in TERMINAL_STATES


def record_repeat_upload(table: Table, submission_id: str, at: str) -> Item | None:
    """The same content was received once more: of all attempts, the newest receipt counts.

    The record as it then stands; it may hold nothing else yet. None where it was erased.
    """
    try:
        return table.update(
            submission_pk(submission_id),
            RECORD_SK,
            "SET counts_from = :at",
            values={":at": at},
            condition="attribute_not_exists(erased_at) AND (attribute_not_exists(counts_from) OR counts_from < :at)",
        )
    except ConditionFailed as failed:
        return failed.item if failed.item and "erased_at" not in failed.item else None


def claim_next_run(table: Table, record: Item, *, after_erasure: bool = False) -> int:
    """The number of the next run of a submission, claimed by a conditional write.

    A run that was claimed before and never began is handed out again: starting it is idempotent by name.
    `after_erasure`: what was erased has been sent again, and begins anew.

    Raises
    ------
    SubmissionErased
        It was erased; or, where that is what was expected, it has begun anew already.
    ServiceUnavailable
        It is just being erased: what begins anew would be taken away as well.
    """
    run = int(record["run"])
    erasure_condition = "attribute_not_exists(erased_at)"
    if after_erasure:
        erasure_condition = "attribute_exists(erased_at) AND attribute_not_exists(removing)"
    # A tombstone keeps what it waits for: its second erasure.
    pending = "" if after_erasure else ", pending = :pending, pending_at = :now"
    try:
        table.update(
            record["pk"],
            RECORD_SK,
            f"SET claimed = :next{pending}",
            names={"#run": "run"},
            values={
                ":next": run + 1,
                ":run": run,
                **({} if after_erasure else {":pending": PENDING_RUN, ":now": now()}),
            },
            condition=f"#run = :run AND {_NO_LATER_RUN_CLAIMED} AND {erasure_condition}",
        )
    except ConditionFailed as failed:
        if failed.item is None or ("erased_at" in failed.item) is not after_erasure:
            raise errors.SubmissionErased("The submission was erased.") from None
        if "removing" in failed.item:
            raise errors.ServiceUnavailable("The submission is just being erased; send the file again then.") from None
        return max(int(failed.item["run"]), int(failed.item.get("claimed", 0)))
    return run + 1


def build_resumed_submission(record: Item, stored: Item | None, run: int, *, documents_bucket: str) -> Submission:
    """The submission for a later run, reading its durable copy where there is one."""
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
    """What was erased and is sent again: the same id, a run that no late lane of before can have."""
    return replace(submission, run=run)
