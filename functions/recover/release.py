"""Sheets that wait for their paper go through again when it is there; so do those graded before a change."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from core import errors, record, shelf
from core.submission import Kind, State, Submission
from core.table import RECORD, Item, Table, assessment_pk, lane_sk, parked_sk, submission_pk

# StartExecution and the claims wait for the network, not for us.
_AT_ONCE = 8
_GRADED = (State.GRADED.value, State.NEEDS_REVIEW.value)


@dataclass(frozen=True, slots=True)
class Desk:
    """What starting a later run needs."""

    table: Table
    documents_bucket: str
    start: Callable[[Submission], bool]


def park(submission: Submission, desk: Desk) -> State:
    """Let a sheet wait for its paper; where the paper came in this very moment, send it on at once."""
    state = record.end(desk.table, submission, State.AWAITING_PAPER)
    if state is not State.AWAITING_PAPER:
        return state
    pk = assessment_pk(submission.tenant, submission.assessment)
    desk.table.put({"pk": pk, "sk": parked_sk(submission.id), "submission_id": submission.id})
    # The paper's release may have looked for parked sheets just before this one was written.
    if shelf.load(desk.table, submission.tenant, submission.assessment).paper is not None:
        run_again(submission.id, desk)
    return state


def release(tenant: str, assessment: str, desk: Desk) -> int:
    """Start a new run of every sheet that waits, and of every one graded against an older revision.

    Returns how many starts were accepted. Safe to repeat: a run is claimed once and started by name.
    """
    current = shelf.load(desk.table, tenant, assessment)
    if current.paper is None:
        return 0
    waiting = [item["submission_id"] for item in desk.table.partition(assessment_pk(tenant, assessment), parked_sk(""))]
    # The index names candidates; the record itself, read consistently, decides.
    listed = [
        item["pk"].removeprefix(submission_pk(""))
        for item in desk.table.by_assessment(tenant, assessment)
        if item["kind"] == Kind.ANSWER_SHEET and _wants_another_run(item, current.revision)
    ]

    def wanted(found: Item) -> bool:
        return _wants_another_run(found, current.revision)

    return _run_all(dict.fromkeys([*waiting, *listed]), desk, wanted)


def _wants_another_run(found: Item, revision: int) -> bool:
    """Whether a sheet waits, or was graded against something older than this revision."""
    outdated = found["state"] in _GRADED and int(found.get("revision", 0)) < revision
    return bool(found["state"] == State.AWAITING_PAPER or outdated)


def resume(ids: Iterable[str], desk: Desk) -> list[str]:
    """Run failed or stuck submissions again; the ids of those that were started."""
    return [submission_id for submission_id in ids if run_again(submission_id, desk)]


def _run_all(ids: Iterable[str], desk: Desk, wanted: Callable[[Item], bool]) -> int:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return sum(pool.map(lambda submission_id: run_again(submission_id, desk, wanted), ids))


def run_again(submission_id: str, desk: Desk, wanted: Callable[[Item], bool] | None = None) -> bool:
    """Claim and start the next run of a submission; False where it was started before, is gone or not `wanted`."""
    pk = submission_pk(submission_id)
    found = desk.table.get(pk, RECORD)
    if found is None or (wanted is not None and not wanted(found)):
        return False
    try:
        run = record.claim_next_run(desk.table, found)
    except errors.SubmissionErased:
        return False
    started = desk.start(
        record.resumed(found, _stored(desk.table, pk, int(found["run"])), run, documents_bucket=desk.documents_bucket)
    )
    desk.table.delete(assessment_pk(found["tenant"], found["assessment"]), parked_sk(submission_id))
    return started


def _stored(table: Table, pk: str, run: int) -> Item | None:
    """Where the last run left the durable copy."""
    return table.get(pk, lane_sk(run, "storing"))
