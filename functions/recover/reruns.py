"""Further runs of a submission: each is claimed in the record, then started under the run's name."""

from collections.abc import Callable

from core.models import errors
from core.models.submission import Submission
from core.storage import assessment_repository, submission_repository
from core.storage.submission_queries import load_branch_items, load_record
from core.storage.submission_record import SubmissionRecord, Tombstone
from recover.lifecycle_context import LifecycleContext

# Seconds that a call keeps in reserve: with less left, it stops and returns a cursor.
RESERVED_SECONDS = 20.0


def start_next_run(
    submission_id: str, lifecycle: LifecycleContext, should_run: Callable[[SubmissionRecord], bool] | None = None
) -> bool:
    """Claim and start the next run of a submission.

    Returns False if there is no record (or an erased one), if `should_run` declines the record, or if the run had been
    started before.
    """
    record = load_record(lifecycle.table, submission_id)
    if not isinstance(record, SubmissionRecord) or (should_run is not None and not should_run(record)):
        return False
    try:
        run = submission_repository.claim_next_run(lifecycle.table, record)
    except errors.SubmissionErased:
        return False
    stored_file = load_branch_items(lifecycle.table, submission_id).stored_file
    started = lifecycle.start(
        submission_repository.build_resumed_submission(
            record, stored_file, run, documents_bucket=lifecycle.documents_bucket
        )
    )
    assessment_repository.unpark_sheet(lifecycle.table, record.tenant, record.assessment, submission_id)
    return started


def start_after_erasure(submission: Submission, lifecycle: LifecycleContext) -> bool:
    """Start a submission that was erased and then uploaded again, as the run after the last one before the erasure.

    Returns False if the erasure is newer than the upload, or if the run had been started before.
    """
    tombstone = load_record(lifecycle.table, submission.id)
    if not isinstance(tombstone, Tombstone) or tombstone.erased_at >= submission.received_at:
        return False
    try:
        run = submission_repository.claim_run_after_erasure(lifecycle.table, tombstone)
    except errors.SubmissionErased:
        return False
    return lifecycle.start(submission_repository.restart_after_erasure(submission, run))
