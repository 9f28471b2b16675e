"""Sheets that wait for their paper go through again when it is there; so do those graded before a change, and keys in
which nothing was found without it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from core import record, shelf
from core.submission import Kind, State, Submission
from core.table import RECORD, Item, assessment_pk, parked_sk, submission_pk
from recover.desk import Desk
from recover.runs import SPARE_SECONDS, run_again

# StartExecution and the claims wait for the network, not for us.
_AT_ONCE = 8
# What one call sends on at most; the state machine asks again for the rest.
BATCH = 400
_GRADED = (State.GRADED.value, State.NEEDS_REVIEW.value)
# Whose word may still be an older one, whatever the index says at this moment.
_OPEN = (State.READING.value, State.AWAITING_PAPER.value)
# Papers are read by themselves; these are read by a paper.
_KINDS = (Kind.ANSWER_SHEET, Kind.ANSWER_KEY)
# Behind every id: a release that has come to its end.
NOTHING_LEFT = ""


@dataclass(frozen=True, slots=True)
class Released:
    """How far a release has come. `after` is the last id that was looked at, `NOTHING_LEFT` at the end; `revision`
    the one that stood on the shelf when it began."""

    released: int
    after: str
    revision: int

    def to_state(self) -> dict[str, Any]:
        return {"released": self.released, "after": self.after, "revision": self.revision}


def park(submission: Submission, desk: Desk) -> State:
    """Let a sheet wait for its paper; where the paper came in this very moment, send it on at once."""
    state = record.end(desk.table, submission, State.AWAITING_PAPER)
    if state is not State.AWAITING_PAPER:
        return state
    pk = assessment_pk(submission.tenant, submission.assessment)
    desk.table.put({"pk": pk, "sk": parked_sk(submission.id), "submission_id": submission.id})
    # The paper's release may have looked for parked sheets just before this one was written.
    if shelf.load(desk.table, submission.tenant, submission.assessment).paper is not None:
        run_again(submission.id, desk, _waits)
    return state


def look_again(submission_id: str, desk: Desk) -> bool:
    """Whether a sheet or key was sent on once more, because the shelf had changed between its look and its ending."""
    found = desk.table.get(submission_pk(submission_id), RECORD)
    if found is None or found.get("kind") not in _KINDS:
        return False
    current = shelf.load(desk.table, found["tenant"], found["assessment"])
    if current.paper is None or not wants_another_run(found, current.revision):
        return False
    return run_again(submission_id, desk, lambda item: wants_another_run(item, current.revision))


def release(tenant: str, assessment: str, desk: Desk, *, after: str = NOTHING_LEFT, revision: int = 0) -> Released:
    """Start a new run of every sheet that waits, of every one graded against an older revision, and of every key that
    was read in vain before its paper.

    One batch of them, in the order of their ids from behind `after`; `revision` is what the batch before has named.
    Safe to repeat: a run is claimed once and started by name.
    """
    current = shelf.load(desk.table, tenant, assessment)
    first = revision if after != NOTHING_LEFT else current.revision
    ids = sorted(_candidates(tenant, assessment, current, desk)) if current.paper is not None else []
    left = [submission_id for submission_id in ids if submission_id > after]
    count = done = 0
    while done < len(left):
        if done and (done >= BATCH or desk.seconds_left() < SPARE_SECONDS):
            return Released(count, left[done - 1], first)
        count += _run_all(left[done : done + _AT_ONCE], current.revision, desk)
        done += _AT_ONCE
    shelf.released(desk.table, tenant, assessment, revision=first)
    return Released(count, NOTHING_LEFT, first)


def release_all(tenant: str, assessment: str, desk: Desk) -> Released:
    """Batch after batch, as far as this call's time goes; the rest stays pending for the sweep."""
    done = release(tenant, assessment, desk)
    while done.after != NOTHING_LEFT and desk.seconds_left() > SPARE_SECONDS:
        more = release(tenant, assessment, desk, after=done.after, revision=done.revision)
        done = Released(done.released + more.released, more.after, more.revision)
    return done


def receive_again(submission_id: str, received_at: str, desk: Desk) -> State | None:
    """The same content has come once more: it is the newest attempt again, and the paper that counts."""
    found = record.receive_again(desk.table, submission_id, received_at)
    if found is None or found.get("state") != State.READY:
        return State(found["state"]) if found and "state" in found else None
    slot: shelf.Slot = "paper" if found["kind"] == Kind.QUESTION_PAPER else "key_document"
    shelf.place(
        desk.table, found["tenant"], found["assessment"], slot, key=found["paper_key"], received_at=found["counts_from"]
    )
    release_all(found["tenant"], found["assessment"], desk)
    return State.READY


def _candidates(tenant: str, assessment: str, current: shelf.Shelf, desk: Desk) -> set[str]:
    """Who may want another run. The index is a moment behind: the record itself, read consistently, decides."""
    parked = desk.table.partition(assessment_pk(tenant, assessment), parked_sk(""))
    listed = desk.table.by_assessment(tenant, assessment)
    return {str(item["submission_id"]) for item in parked} | {
        item["pk"].removeprefix(submission_pk(""))
        for item in listed
        if item["kind"] in _KINDS and (item["state"] in _OPEN or wants_another_run(item, current.revision))
    }


def _run_all(ids: list[str], revision: int, desk: Desk) -> int:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return sum(pool.map(lambda one: run_again(one, desk, lambda found: wants_another_run(found, revision)), ids))


def _waits(found: Item) -> bool:
    return bool(found["state"] == State.AWAITING_PAPER)


def wants_another_run(found: Item, revision: int) -> bool:
    """Whether a sheet waits, or was graded against something older than this revision; of a key, whether nothing was
    found in it because its paper was not there yet."""
    if found["kind"] == Kind.ANSWER_KEY:
        return bool(found["state"] == State.REJECTED and found.get("before_paper"))
    outdated = found["state"] in _GRADED and int(found.get("revision", 0)) < revision
    return bool(_waits(found) or outdated)
