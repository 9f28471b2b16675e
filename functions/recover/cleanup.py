"""Clean-up after a terminal state: delete the uploaded object once its durable copy is confirmed, and start another
run where the assessment has changed since."""

import base64
from dataclasses import dataclass
from typing import Any

from core.models.execution_state import ExecutionState, StoringResult
from core.models.stored_file import StoredFile
from core.models.submission import Submission, SubmissionState
from core.storage.submission_queries import load_items, load_record
from core.storage.submission_record import SubmissionRecord, Tombstone
from recover import erase
from recover.lifecycle_context import LifecycleContext
from recover.release import rerun_if_outdated
from recover.reruns import start_after_erasure


@dataclass(frozen=True, slots=True)
class CleanUpResult:
    """`removed`: the number of uploaded objects deleted. `is_run_again`: whether another run was started."""

    removed: int = 0
    is_run_again: bool = False

    def to_state(self) -> dict[str, Any]:
        return {"removed": self.removed, "again": self.is_run_again}


def clean_up(state: ExecutionState, lifecycle: LifecycleContext) -> CleanUpResult:
    """Runs after the terminal state is written and published. Safe to repeat; the sweep does what it leaves undone.

    For an erased submission it erases what this run has written since, unless the file was sent again after the
    erasure: then it starts a new run.
    """
    submission = state.submission
    if isinstance(load_record(lifecycle.table, submission.id), Tombstone):
        if not start_after_erasure(submission, lifecycle):
            erase.erase(submission.id, lifecycle)
        return CleanUpResult()
    is_stored = isinstance(state.storing, StoringResult)
    removed = is_stored and delete_upload(submission, state.storing_result.file, lifecycle)
    return CleanUpResult(int(removed), rerun_if_outdated(submission.id, lifecycle))


def delete_upload(submission: Submission, stored_file: StoredFile, lifecycle: LifecycleContext) -> bool:
    """Delete the uploaded version once its durable copy exists and has the same checksum.

    Returns False if nothing was deleted: the run read the durable copy itself, or the copy does not match.
    """
    if submission.file.bucket != lifecycle.temp_bucket or not _is_copy_intact(stored_file, submission, lifecycle):
        return False
    key = lifecycle.cipher.decrypt(submission.file.key, associated_data=submission.id)
    lifecycle.s3.delete_object(Bucket=lifecycle.temp_bucket, Key=key, VersionId=submission.file.version_id)
    return True


def _is_copy_intact(stored_file: StoredFile, submission: Submission, lifecycle: LifecycleContext) -> bool:
    """Whether the durable copy matches the upload: by the checksum that S3 computed, and by its size."""
    try:
        found = lifecycle.s3.head_object(
            Bucket=stored_file.bucket,
            Key=stored_file.key,
            VersionId=stored_file.version_id,
            ChecksumMode="ENABLED",
        )
    except lifecycle.s3.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
            raise
        return False
    checksum = base64.b64decode(found.get("ChecksumSHA256") or "").hex()
    declared = submission.file.sha256 or stored_file.sha256
    return bool(checksum == stored_file.sha256 == declared and found["ContentLength"] == submission.file.size)


def clean_up_ended(submission: Submission, lifecycle: LifecycleContext) -> SubmissionState | None:
    """Clean up after an execution that ended before its own clean-up, using only the record and the branch items.

    Returns the recorded state, or None if there is no record or the submission is erased.
    """
    items = load_items(lifecycle.table, submission.id)
    if not isinstance(items.record, SubmissionRecord):
        return None
    if items.stored_file is not None and items.record.state is not SubmissionState.READING:
        delete_upload(submission, items.stored_file, lifecycle)
    rerun_if_outdated(submission.id, lifecycle)
    return items.record.state
