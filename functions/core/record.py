"""A submission's record: where it stands. `docs/record.md` lists every transition, writer and condition.

The first write of a run is the state machine's own (state READING, `Record` in the ASL). Every ending is
written here, once: the condition holds only while this very run is under way.
"""

from typing import Any

from core import errors
from core.clock import now
from core.submission import ENDED, State, Submission
from core.table import RECORD, ConditionFailed, Item, Table, submission_pk

_UNDER_WAY = "#run = :run AND #state = :reading AND attribute_not_exists(erased_at)"


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
    sets = ["#state = :state", *(f"{name} = :{name}" for name in changes)]
    try:
        table.update(
            submission_pk(submission.id),
            RECORD,
            "SET " + ", ".join(sets),
            names={"#state": "state", "#run": "run"},
            values={
                ":state": state.value,
                ":run": submission.run,
                ":reading": State.READING.value,
                **{f":{name}": value for name, value in changes.items()},
            },
            condition=_UNDER_WAY,
        )
    except ConditionFailed as failed:
        return _standing(failed.item, submission, state, changes, table)
    return state


def _standing(item: Item | None, submission: Submission, state: State, changes: Item, table: Table) -> State:
    """What a refused ending means: written before, overtaken, erased, or never recorded at all."""
    if item is None or "run" not in item:
        return state if create(table, submission, state, changes) else end(table, submission, state, changes)
    if "erased_at" in item:
        raise errors.SubmissionErased("The submission was erased while it was under way.")
    if item["run"] < submission.run:
        # The Record lane of this run failed, so the record still tells of the run before.
        return state if create(table, submission, state, changes) else end(table, submission, state, changes)
    return State(item["state"])


def create(table: Table, submission: Submission, state: State, attributes: Item) -> bool:
    """Write the record of a run whose Record lane could not: the same attributes as the ASL's own write.

    False where somebody recorded this run in the meantime.
    """
    import json

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
        **attributes,
    }
    names = {"#state": "state", "#run": "run", "#input": "input"}
    sets = ["#state = :state", "#run = :run", "#input = :input", *(f"{name} = :{name}" for name in attributes)]
    try:
        table.update(
            submission_pk(submission.id),
            RECORD,
            "SET " + ", ".join(sets),
            names=names,
            values={
                ":state": state.value,
                ":run": submission.run,
                ":input": json.dumps(submission.to_state()),
                **{f":{name}": value for name, value in attributes.items()},
            },
            condition="(attribute_not_exists(#run) OR #run < :run) AND attribute_not_exists(erased_at)",
        )
    except ConditionFailed as failed:
        if failed.item and "erased_at" in failed.item:
            raise errors.SubmissionErased("The submission was erased while it was under way.") from None
        return False
    return True


def has_ended(item: Item) -> bool:
    return State(item["state"]) in ENDED


def claim_next_run(table: Table, record: Item) -> int:
    """The number of the next run of a submission, claimed by a conditional write.

    A run that was claimed before and never began is handed out again: starting it is idempotent by name.
    """
    run = int(record["run"])
    try:
        table.update(
            record["pk"],
            RECORD,
            "SET claimed = :next",
            names={"#run": "run"},
            values={":next": run + 1, ":run": run},
            condition="#run = :run AND (attribute_not_exists(claimed) OR claimed <= :run) "
            "AND attribute_not_exists(erased_at)",
        )
    except ConditionFailed as failed:
        if failed.item is None or "erased_at" in failed.item:
            raise errors.SubmissionErased("The submission was erased.") from None
        return max(int(failed.item["run"]), int(failed.item.get("claimed", 0)))
    return run + 1


def resumed(record: Item, stored: Item | None, run: int, *, documents_bucket: str) -> Submission:
    """The submission for a later run, reading its durable copy where there is one."""
    import json

    from core.submission import SourceFile

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
