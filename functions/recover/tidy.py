"""What follows an answer: the received object goes once its copy is confirmed, and the shelf is looked at again."""

import base64
from typing import Any

from core.erasure import stored
from core.submission import State, Submission
from core.table import RECORD, Item, submission_pk
from recover import erase
from recover.desk import Desk
from recover.release import look_again
from recover.runs import begin_anew


def tidy(state: dict[str, Any], desk: Desk) -> dict[str, Any]:
    """Behind an ending, when everybody has had their answer. Safe to repeat; what it leaves undone the sweep does.

    `state` is the execution's own. Of an erased submission it takes away what this run has brought back, unless
    it was sent again: then it begins anew.
    """
    submission = Submission.from_state(state)
    found = desk.table.get(submission_pk(submission.id), RECORD)
    if found is not None and "erased_at" in found:
        if not begin_anew(submission, desk):
            erase.erase(submission.id, desk)
        return {"removed": 0, "again": False}
    kept = state["outcome"]["persistence"]["stored"]
    return {
        "removed": int(kept["ok"] and remove_received(submission, kept["value"], desk)),
        "again": look_again(submission.id, desk),
    }


def remove_received(submission: Submission, kept: Item, desk: Desk) -> bool:
    """Delete the received version once its durable copy is there and carries its checksum.

    False where nothing was deleted: the run read the durable copy itself, or the copy is not what it should be.
    """
    if submission.file.bucket != desk.temp_bucket or not _is_whole(kept, submission, desk):
        return False
    key = desk.seal.open(submission.file.key, bound_to=submission.id)
    desk.s3.delete_object(Bucket=desk.temp_bucket, Key=key, VersionId=submission.file.version_id)
    return True


def _is_whole(kept: Item, submission: Submission, desk: Desk) -> bool:
    """Whether the copy stands: S3's own checksum over it, and as many bytes as were received."""
    try:
        found = desk.s3.head_object(
            Bucket=kept["bucket"], Key=kept["key"], VersionId=kept["version_id"], ChecksumMode="ENABLED"
        )
    except desk.s3.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
            raise
        return False
    checksum = base64.b64decode(found.get("ChecksumSHA256") or "").hex()
    declared = submission.file.sha256 or kept["sha256"]
    return bool(checksum == kept["sha256"] == declared and found["ContentLength"] == submission.file.size)


def tidy_ended(submission: Submission, desk: Desk) -> State | None:
    """The same for an execution that did not come that far: by the record and its lanes' items alone."""
    items = desk.table.partition(submission_pk(submission.id))
    found = next((item for item in items if item["sk"] == RECORD), None)
    if found is None or "state" not in found or "erased_at" in found:
        return None
    kept = stored(items)
    if kept is not None and found["state"] != State.READING:
        remove_received(submission, kept, desk)
    look_again(submission.id, desk)
    return State(found["state"])
