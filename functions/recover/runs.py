"""Later runs of a submission: the next one is claimed in its record and started by its name."""

from collections.abc import Callable

from core import errors, record
from core.erasure import stored
from core.submission import Submission
from core.table import RECORD, Item, assessment_pk, parked_sk, submission_pk
from recover.desk import Desk

# How many records one call looks at; more are asked for with the place where it stopped.
_AT_ONCE = 100
# A call that has less time left than this stops where it is.
SPARE_SECONDS = 20.0


def run_again(submission_id: str, desk: Desk, wanted: Callable[[Item], bool] | None = None) -> bool:
    """Claim and start the next run of a submission; False where it was started before, is gone or not `wanted`."""
    pk = submission_pk(submission_id)
    found = desk.table.get(pk, RECORD)
    if found is None or "input" not in found or (wanted is not None and not wanted(found)):
        return False
    try:
        run = record.claim_next_run(desk.table, found)
    except errors.SubmissionErased:
        return False
    kept = stored(desk.table.partition(pk, "lane#"))
    started = desk.start(record.resumed(found, kept, run, documents_bucket=desk.documents_bucket))
    desk.table.delete(assessment_pk(found["tenant"], found["assessment"]), parked_sk(submission_id))
    return started


def begin_anew(submission: Submission, desk: Desk) -> bool:
    """Start what was erased and then sent again: as the run after the tombstone's."""
    found = desk.table.get(submission_pk(submission.id), RECORD)
    if found is None or found.get("erased_at", "~") >= submission.received_at:
        return False
    try:
        run = record.claim_next_run(desk.table, found, after_erasure=True)
    except errors.SubmissionErased:
        return False
    return desk.start(record.anew(submission, run))


def resume(ids: list[str], desk: Desk) -> list[str]:
    """Run failed or stuck submissions again; the ids of those that were started."""
    return [submission_id for submission_id in ids if run_again(submission_id, desk)]


def resume_failed(desk: Desk, *, until: str, after: Item | None) -> tuple[list[str], Item | None]:
    """Run again what has FAILED before `until`: the ids that were started, and where the next call goes on."""
    found, following = desk.table.pending(record.FAILED, until=until, most=_AT_ONCE, after=after)
    return resume([item["pk"].removeprefix(submission_pk("")) for item in found], desk), following
