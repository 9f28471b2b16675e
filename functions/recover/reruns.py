"""Further runs of a submission: each is claimed in the record, then started under the run's name."""

from collections.abc import Callable

from core.models import errors
from core.models.submission import Submission
from core.storage import submission_repository
from core.storage.table import RECORD_SK, Item, assessment_pk, parked_sk, submission_pk
from core.storage.tombstones import find_stored_copy
from recover.lifecycle_context import LifecycleContext

# Seconds that a call keeps in reserve: with less left, it stops and returns a cursor.
RESERVED_SECONDS = 20.0


def start_next_run(
    submission_id: str, lifecycle: LifecycleContext, should_run: Callable[[Item], bool] | None = None
) -> bool:
    """Claim and start the next run of a submission.

    Returns False if there is no record (or an erased one), if `should_run` declines the record, or if the run had been
    started before.
    """
    pk = submission_pk(submission_id)
    found = lifecycle.table.get(pk, RECORD_SK)
    if found is None or "input" not in found or (should_run is not None and not should_run(found)):
        return False
    try:
        run = submission_repository.claim_next_run(lifecycle.table, found)
    except errors.SubmissionErased:
        return False
    stored_file = find_stored_copy(lifecycle.table.partition(pk, "lane#"))
    started = lifecycle.start(
        submission_repository.build_resumed_submission(
            found, stored_file, run, documents_bucket=lifecycle.documents_bucket
        )
    )
    lifecycle.table.delete(assessment_pk(found["tenant"], found["assessment"]), parked_sk(submission_id))
    return started


def start_after_erasure(submission: Submission, lifecycle: LifecycleContext) -> bool:
    """Start a submission that was erased and then uploaded again, as the run after the last one before the erasure.

    Returns False if the erasure is newer than the upload, or if the run had been started before.
    """
    found = lifecycle.table.get(submission_pk(submission.id), RECORD_SK)
    if found is None or found.get("erased_at", "~") >= submission.received_at:
        return False
    try:
        run = submission_repository.claim_next_run(lifecycle.table, found, after_erasure=True)
    except errors.SubmissionErased:
        return False
    return lifecycle.start(submission_repository.restart_after_erasure(submission, run))
