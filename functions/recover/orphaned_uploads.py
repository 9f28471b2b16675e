"""Uploaded objects whose execution never started or whose clean-up is missing.

Every uploaded object gets an execution, and is deleted once that has ended and the durable copy is confirmed. The
object carries the encrypted upload metadata, so an object alone is enough to start its execution: the sweep sends
`receive` the event that S3 would have sent.
"""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus

from core.models.function_requests import Position
from core.models.stored_file import StoredFile
from core.models.submission import Submission, SubmissionState, submission_id_from_object
from core.platform import clock
from core.storage.submission_queries import load_items
from core.storage.submission_record import RepeatUpload, Tombstone
from recover import terminal_states
from recover.cleanup import delete_upload
from recover.erase import REFUSAL_REPORT_SUFFIX
from recover.lifecycle_context import LifecycleContext

DROP_PREFIX = "drop/"
PREFIXES = ("incoming/", "uploads/", DROP_PREFIX)


@dataclass(frozen=True, slots=True)
class UploadedObject:
    """One version of an uploaded object; `received_at` is in whole seconds."""

    key: str
    version_id: str
    size: int
    received_at: str
    is_latest: bool

    @classmethod
    def of(cls, version: dict[str, Any]) -> "UploadedObject":
        received_at = clock.format_timestamp(version["LastModified"])
        return cls(version["Key"], version["VersionId"], version["Size"], received_at, version["IsLatest"])

    @property
    def is_upload(self) -> bool:
        """False for the refusal reports and for the empty objects that the S3 console creates as folders."""
        return not self.key.endswith(REFUSAL_REPORT_SUFFIX) and not (self.key.endswith("/") and self.size == 0)

    def submission_id(self, lifecycle: LifecycleContext) -> str:
        if self.key.startswith(DROP_PREFIX):
            return submission_id_from_object(
                lifecycle.secret, bucket=lifecycle.temp_bucket, key=self.key, version_id=self.version_id
            )
        return self.key.partition("/")[2]

    def event(self, bucket: str) -> dict[str, Any]:
        """The record of an S3 event as S3 would have sent it, with the key form-encoded.

        The lost event carried milliseconds. Of the versions of one second the latest counts, so it gets the last
        millisecond of that second.
        """
        s3_object = {"key": quote_plus(self.key, safe="/"), "versionId": self.version_id, "size": self.size}
        second = clock.parse_timestamp(self.received_at)
        at = clock.format_timestamp(second.replace(microsecond=999_000)) if self.is_latest else self.received_at
        return {"eventTime": at, "s3": {"bucket": {"name": bucket}, "object": s3_object}}


def recover_upload(upload: UploadedObject, lifecycle: LifecycleContext) -> str | None:
    """Recover one uploaded object; returns what was done ("started", "finalised", "removed"), None for nothing."""
    submission_id = upload.submission_id(lifecycle)
    items = load_items(lifecycle.table, submission_id)
    record = items.record
    if record is None or isinstance(record, RepeatUpload):
        return _recover_unrecorded(upload, submission_id, lifecycle)
    if isinstance(record, Tombstone):
        return _recover_erased(upload, record, lifecycle)
    if record.state is SubmissionState.READING:
        # Its branches may still read the object. The sweep finds the record itself by its `pending` attribute.
        return None
    removed = _remove_if_stored(upload, record.submission, items.stored_file, lifecycle)
    return "removed" if removed else None


def _recover_unrecorded(upload: UploadedObject, submission_id: str, lifecycle: LifecycleContext) -> str | None:
    execution = lifecycle.execution(submission_id, 1)
    if execution is None:
        if upload.key.startswith(DROP_PREFIX) and _is_refused(upload, lifecycle):
            return None
        lifecycle.send_upload_event({"Records": [upload.event(lifecycle.temp_bucket)]})
        return "started"
    if execution.is_running:
        return None
    terminal_states.finalise_execution(execution, lifecycle.table)
    return "finalised"


def _recover_erased(upload: UploadedObject, tombstone: Tombstone, lifecycle: LifecycleContext) -> str | None:
    """Start what was uploaded after the erasure; delete what was uploaded before it.

    S3 reports whole seconds. An object from the same second as the erasure may be either, so it is left to `receive`
    or to the bucket's lifecycle rule.
    """
    if upload.received_at > tombstone.erased_at and not upload.key.startswith(DROP_PREFIX):
        lifecycle.send_upload_event({"Records": [upload.event(lifecycle.temp_bucket)]})
        return "started"
    second = clock.format_timestamp(clock.parse_timestamp(tombstone.erased_at).replace(microsecond=0))
    if tombstone.removing is not None or upload.received_at >= second:
        return None
    lifecycle.s3.delete_object(Bucket=lifecycle.temp_bucket, Key=upload.key, VersionId=upload.version_id)
    return "removed"


def _remove_if_stored(
    upload: UploadedObject, submission: Submission, stored_file: StoredFile | None, lifecycle: LifecycleContext
) -> bool:
    """Delete the object if a durable copy of its bytes exists. A repeated upload under this id has the same bytes."""
    if stored_file is None:
        return False
    received = replace(
        submission.file,
        bucket=lifecycle.temp_bucket,
        key=upload.key,
        version_id=upload.version_id,
        size=upload.size,
    )
    return delete_upload(replace(submission, file=received), stored_file, lifecycle)


def _is_refused(upload: UploadedObject, lifecycle: LifecycleContext) -> bool:
    try:
        report = lifecycle.s3.head_object(Bucket=lifecycle.temp_bucket, Key=upload.key + REFUSAL_REPORT_SUFFIX)
    except lifecycle.s3.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
            raise
        return False
    return bool(clock.format_timestamp(report["LastModified"]) >= upload.received_at)


def list_uploads(
    prefix: str, lifecycle: LifecycleContext, *, limit: int, after: Position | None
) -> tuple[list[UploadedObject], Position | None]:
    """At most `limit` uploaded versions under a prefix, and the cursor of the next page (None after the last)."""
    request: dict[str, Any] = {"Bucket": lifecycle.temp_bucket, "Prefix": prefix, "MaxKeys": limit}
    if after:
        request |= {"KeyMarker": after["key"], "VersionIdMarker": after["version"]}
    answer = lifecycle.s3.list_object_versions(**request)
    found = [UploadedObject.of(version) for version in answer.get("Versions", ())]
    more = {"key": answer["NextKeyMarker"], "version": answer["NextVersionIdMarker"]} if answer["IsTruncated"] else None
    return [upload for upload in found if upload.is_upload], more
