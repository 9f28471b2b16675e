"""What follows an answer: the received object goes once its copy is confirmed, and the shelf is looked at again."""

import base64
from typing import Any

from core.models.submission import Submission, SubmissionState
from core.storage.table import RECORD_SK, Item, submission_pk
from core.storage.tombstones import find_stored_copy
from recover import erase
from recover.lifecycle_context import LifecycleContext
from recover.release import rerun_if_outdated
from recover.reruns import start_after_erasure


def clean_up(state: dict[str, Any], lifecycle: LifecycleContext) -> dict[str, Any]:
    """Behind an ending, when everybody has had their answer. Safe to repeat; what it leaves undone the sweep does.

    `state` is the execution's own. Of an erased submission it takes away what this run has brought back, unless
    it was sent again: then it begins anew.
    """
    submission = Submission.from_state(state)
    found = lifecycle.table.get(submission_pk(submission.id), RECORD_SK)
    if found is not None and "erased_at" in found:
        if not start_after_erasure(submission, lifecycle):
            erase.erase(submission.id, lifecycle)
        return {"removed": 0, "again": False}
    stored_file = state["outcome"]["persistence"]["stored"]
    return {
        "removed": int(stored_file["ok"] and delete_upload(submission, stored_file["value"], lifecycle)),
        "again": rerun_if_outdated(submission.id, lifecycle),
    }


def delete_upload(submission: Submission, stored_file: Item, lifecycle: LifecycleContext) -> bool:
    """Delete the received version once its durable copy is there and carries its checksum.

    False where nothing was deleted: the run read the durable copy itself, or the copy is not what it should be.
    """
    if submission.file.bucket != lifecycle.temp_bucket or not _is_copy_intact(stored_file, submission, lifecycle):
        return False
    key = lifecycle.cipher.decrypt(submission.file.key, associated_data=submission.id)
    lifecycle.s3.delete_object(Bucket=lifecycle.temp_bucket, Key=key, VersionId=submission.file.version_id)
    return True


def _is_copy_intact(stored_file: Item, submission: Submission, lifecycle: LifecycleContext) -> bool:
    """Whether the copy stands: S3's own checksum over it, and as many bytes as were received."""
    try:
        found = lifecycle.s3.head_object(
            Bucket=stored_file["bucket"],
            Key=stored_file["key"],
            VersionId=stored_file["version_id"],
            ChecksumMode="ENABLED",
        )
    except lifecycle.s3.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
            raise
        return False
    checksum = base64.b64decode(found.get("ChecksumSHA256") or "").hex()
    declared = submission.file.sha256 or stored_file["sha256"]
    return bool(checksum == stored_file["sha256"] == declared and found["ContentLength"] == submission.file.size)


def clean_up_ended(submission: Submission, lifecycle: LifecycleContext) -> SubmissionState | None:
    """The same for an execution that did not come that far: by the record and its lanes' items alone."""
    items = lifecycle.table.partition(submission_pk(submission.id))
    found = next((item for item in items if item["sk"] == RECORD_SK), None)
    if found is None or "state" not in found or "erased_at" in found:
        return None
    stored_file = find_stored_copy(items)
    if stored_file is not None and found["state"] != SubmissionState.READING:
        delete_upload(submission, stored_file, lifecycle)
    rerun_if_outdated(submission.id, lifecycle)
    return SubmissionState(found["state"])
