"""A submission's record: where it stands. `docs/record.md` lists every transition, writer and condition.

The first write of a run is the state machine's own (state READING, `Record` in the ASL). Every ending is
written here, once: the condition holds only while this very run is under way. `pending` says what the
submission still waits for; the sweep works off the index of that name, so it goes when nothing is left to wait for.
"""

import json
from dataclasses import replace
from typing import Any

from core import errors
from core.clock import now
from core.submission import ENDED, SourceFile, State, Submission
from core.table import RECORD, ConditionFailed, Item, Table, submission_pk

# What a record, an assessment or a tombstone waits for.
RUN, PAPER, FAILED, RELEASE, ERASURE = "run", "paper", "failed", "release", "erasure"

_UNDER_WAY = "#run = :run AND #state = :reading"
_NOTHING_CLAIMED = "(attribute_not_exists(claimed) OR claimed <= :run)"
# A tombstone holds the number of the last run of before: what comes late is refused by that alone.
_NEW_RUN = "attribute_not_exists(#run) OR #run < :run"
_OF_AN_ERASURE = ("erased_at", "erasing", "removing", "removing_until")
_OF_THE_RUN_BEFORE = ("ended_at", "failure", "duplicate_of", "timeline", *_OF_AN_ERASURE)
_NAMES = {"#state": "state", "#run": "run"}


def end(table: Table, submission: Submission, state: State, attributes: Item | None = None) -> State:
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
        _write(table, submission, state, {**changes, **_waits_for(state)}, closes=True)
    except ConditionFailed as failed:
        return _standing(failed.item, submission, state, changes, table)
    return state


def _waits_for(state: State) -> Item:
    """What is still to come after an ending; nothing, in most cases."""
    what = {State.AWAITING_PAPER: PAPER, State.FAILED: FAILED}.get(state)
    return {"pending": what, "pending_at": now()} if what else {}


def _write(table: Table, submission: Submission, state: State, changes: Item, *, closes: bool) -> None:
    """The ending's one write. Where a later run has been claimed, the record goes on waiting for that."""
    sets = ["#state = :state", *(f"{name} = :{name}" for name in changes)]
    forget = " REMOVE pending, pending_at" if closes and "pending" not in changes else ""
    table.update(
        submission_pk(submission.id),
        RECORD,
        "SET " + ", ".join(sets) + forget,
        names=_NAMES,
        values={
            ":state": state.value,
            ":run": submission.run,
            ":reading": State.READING.value,
            **{f":{name}": value for name, value in changes.items()},
        },
        condition=f"{_UNDER_WAY} AND {_NOTHING_CLAIMED}" if closes else _UNDER_WAY,
    )


def _standing(item: Item | None, submission: Submission, state: State, changes: Item, table: Table) -> State:
    """What a refused ending means: written before, overtaken, erased, or never recorded at all."""
    if item is None or int(item.get("run", 0)) < submission.run:
        # The Record lane of this run failed: nothing is recorded yet, or the run before, or its tombstone.
        ending = {**changes, **_waits_for(state)}
        return state if create(table, submission, state, ending) else end(table, submission, state, changes)
    if "erased_at" in item:
        raise errors.SubmissionErased("The submission was erased while it was under way.")
    if item["run"] == submission.run and item["state"] == State.READING and int(item["claimed"]) > submission.run:
        try:
            _write(table, submission, state, changes, closes=False)
        except ConditionFailed as failed:
            return _standing(failed.item, submission, state, changes, table)
        return state
    return State(item["state"])


def create(table: Table, submission: Submission, state: State, attributes: Item) -> bool:
    """Write the record of a run whose Record lane could not: the same attributes as the ASL's own write.

    False where somebody recorded this run in the meantime.
    """
    waits = {"pending": RUN, "pending_at": now()} if state is State.READING else {}
    attributes = {
        "tenant": submission.tenant,
        "assessment": submission.assessment,
        "kind": submission.kind.value,
        "student": submission.student or "",
        "door": submission.door.value,
        "received_at": submission.received_at,
        "recorded_at": now(),
        "gsi1pk": f"{submission.tenant}#{submission.assessment}",
        "gsi1sk": f"{submission.kind.value}#{submission.received_at}#{submission.id}",
        **waits,
        **attributes,
    }
    sets = ["#state = :state", "#run = :run", "#input = :input", *(f"{name} = :{name}" for name in attributes)]
    old = [name for name in (*_OF_THE_RUN_BEFORE, "pending", "pending_at") if name not in attributes]
    try:
        table.update(
            submission_pk(submission.id),
            RECORD,
            f"SET {', '.join(sets)} REMOVE {', '.join(old)}",
            names={**_NAMES, "#input": "input"},
            values={
                ":state": state.value,
                ":run": submission.run,
                ":input": json.dumps(submission.to_state()),
                **{f":{name}": value for name, value in attributes.items()},
            },
            condition=_NEW_RUN,
        )
    except ConditionFailed:
        return False
    return True


def done_with(found: Item | None, submission: Submission) -> State | None:
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
    under_way = found["run"] == submission.run and found["state"] == State.READING
    return None if under_way else State(found["state"])


def submission_of(found: Item) -> Submission:
    """What the last recorded run was started with."""
    return Submission.from_state(json.loads(found["input"]))


def has_ended(item: Item) -> bool:
    return State(item["state"]) in ENDED


def receive_again(table: Table, submission_id: str, at: str) -> Item | None:
    """The same content was received once more: of all attempts, the newest receipt counts.

    The record as it then stands; it may hold nothing else yet. None where it was erased.
    """
    try:
        return table.update(
            submission_pk(submission_id),
            RECORD,
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
    erased = "attribute_not_exists(erased_at)"
    if after_erasure:
        erased = "attribute_exists(erased_at) AND attribute_not_exists(removing)"
    # A tombstone keeps what it waits for: its second erasure.
    waits = "" if after_erasure else ", pending = :pending, pending_at = :now"
    try:
        table.update(
            record["pk"],
            RECORD,
            f"SET claimed = :next{waits}",
            names={"#run": "run"},
            values={
                ":next": run + 1,
                ":run": run,
                **({} if after_erasure else {":pending": RUN, ":now": now()}),
            },
            condition=f"#run = :run AND {_NOTHING_CLAIMED} AND {erased}",
        )
    except ConditionFailed as failed:
        if failed.item is None or ("erased_at" in failed.item) is not after_erasure:
            raise errors.SubmissionErased("The submission was erased.") from None
        if "removing" in failed.item:
            raise errors.ServiceUnavailable("The submission is just being erased; send the file again then.") from None
        return max(int(failed.item["run"]), int(failed.item.get("claimed", 0)))
    return run + 1


def resumed(record: Item, stored: Item | None, run: int, *, documents_bucket: str) -> Submission:
    """The submission for a later run, reading its durable copy where there is one."""
    state: dict[str, Any] = json.loads(record["input"])
    submission = Submission.from_state(state)
    if not stored or "version_id" not in stored:
        return submission.next_run(run)
    kept = SourceFile(
        bucket=documents_bucket,
        key=stored["key"],
        version_id=stored["version_id"],
        size=int(stored["size"]),
        sha256=stored["sha256"],
        media_type=submission.file.media_type,
    )
    return submission.next_run(run, kept)


def anew(submission: Submission, run: int) -> Submission:
    """What was erased and is sent again: the same id, a run that no late lane of before can have."""
    return replace(submission, run=run)
