"""The received objects: each of them has an execution, and goes when that has ended and its copy stands.

What was declared at the door lies sealed in the object, so an object alone can start its execution: the sweep
hands it to the door as S3 would have done.
"""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus

from core.models.submission import SubmissionState, submission_id_from_object
from core.platform import clock
from core.storage.submission_repository import submission_from_record
from core.storage.table import RECORD_SK, Item, submission_pk
from core.storage.tombstones import find_stored_copy
from recover import terminal_states
from recover.cleanup import delete_upload
from recover.lifecycle_context import LifecycleContext

DROP_PREFIX = "drop/"
PREFIXES = ("incoming/", "uploads/", DROP_PREFIX)
_REPORT_SUFFIX = ".refused.json"


@dataclass(frozen=True, slots=True)
class UploadedObject:
    """One version of a received object; the times are whole seconds."""

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
        """False for our own reports and for the empty objects that consoles make for folders."""
        return not self.key.endswith(_REPORT_SUFFIX) and not (self.key.endswith("/") and self.size == 0)

    def submission_id(self, lifecycle: LifecycleContext) -> str:
        if self.key.startswith(DROP_PREFIX):
            return submission_id_from_object(
                lifecycle.secret, bucket=lifecycle.temp_bucket, key=self.key, version_id=self.version_id
            )
        return self.key.partition("/")[2]

    def event(self, bucket: str) -> dict[str, Any]:
        """The record of an S3 event as S3 would have sent it, its key quoted as forms are.

        The lost event had said the millisecond. Of the versions of one second the latest is the one that counts.
        """
        s3_object = {"key": quote_plus(self.key, safe="/"), "versionId": self.version_id, "size": self.size}
        second = clock.parse_timestamp(self.received_at)
        at = clock.format_timestamp(second.replace(microsecond=999_000)) if self.is_latest else self.received_at
        return {"eventTime": at, "s3": {"bucket": {"name": bucket}, "object": s3_object}}


def recover_upload(arrival: UploadedObject, lifecycle: LifecycleContext) -> str | None:
    """See to one received object: what was done with it, None where nothing was to do."""
    submission_id = arrival.submission_id(lifecycle)
    items = {item["sk"]: item for item in lifecycle.table.partition(submission_pk(submission_id))}
    found = items.get(RECORD_SK)
    if found is None or "run" not in found:
        return _recover_unrecorded(arrival, submission_id, lifecycle)
    if "erased_at" in found:
        return _recover_erased(arrival, found, lifecycle)
    if found["state"] == SubmissionState.READING:
        # Its lanes may read it yet; the record itself is looked after by what it waits for.
        return None
    return "removed" if _remove_if_stored(arrival, found, items, lifecycle) else None


def _recover_unrecorded(arrival: UploadedObject, submission_id: str, lifecycle: LifecycleContext) -> str | None:
    execution = lifecycle.execution(submission_id, 1)
    if execution is None:
        if arrival.key.startswith(DROP_PREFIX) and _is_refused(arrival, lifecycle):
            return None
        lifecycle.send_upload_event({"Records": [arrival.event(lifecycle.temp_bucket)]})
        return "started"
    if execution.is_running:
        return None
    terminal_states.finalise_execution(execution, lifecycle.table)
    return "finalised"


def _recover_erased(arrival: UploadedObject, tombstone: Item, lifecycle: LifecycleContext) -> str | None:
    """What came after the erasure was sent again; what came before goes with the rest.

    S3 tells whole seconds: what came in the erasure's own may be either, and is left to its door, or to its age.
    """
    if arrival.received_at > tombstone["erased_at"] and not arrival.key.startswith(DROP_PREFIX):
        lifecycle.send_upload_event({"Records": [arrival.event(lifecycle.temp_bucket)]})
        return "started"
    second = clock.format_timestamp(clock.parse_timestamp(tombstone["erased_at"]).replace(microsecond=0))
    if "removing" in tombstone or arrival.received_at >= second:
        return None
    lifecycle.s3.delete_object(Bucket=lifecycle.temp_bucket, Key=arrival.key, VersionId=arrival.version_id)
    return "removed"


def _remove_if_stored(
    arrival: UploadedObject, found: Item, items: dict[str, Item], lifecycle: LifecycleContext
) -> bool:
    """Where a durable copy of these bytes stands. An object that was sent again under this id holds the same."""
    stored_file = find_stored_copy(items.values())
    if stored_file is None:
        return False
    submission = submission_from_record(found)
    received = replace(
        submission.file,
        bucket=lifecycle.temp_bucket,
        key=arrival.key,
        version_id=arrival.version_id,
        size=arrival.size,
    )
    return delete_upload(replace(submission, file=received), stored_file, lifecycle)


def _is_refused(arrival: UploadedObject, lifecycle: LifecycleContext) -> bool:
    try:
        report = lifecycle.s3.head_object(Bucket=lifecycle.temp_bucket, Key=arrival.key + _REPORT_SUFFIX)
    except lifecycle.s3.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
            raise
        return False
    return bool(clock.format_timestamp(report["LastModified"]) >= arrival.received_at)


def list_uploads(
    prefix: str, lifecycle: LifecycleContext, *, limit: int, after: Item | None
) -> tuple[list[UploadedObject], Item | None]:
    """At most so many received versions under a prefix, and from where there are more."""
    request: dict[str, Any] = {"Bucket": lifecycle.temp_bucket, "Prefix": prefix, "MaxKeys": limit}
    if after:
        request |= {"KeyMarker": after["key"], "VersionIdMarker": after["version"]}
    answer = lifecycle.s3.list_object_versions(**request)
    found = [UploadedObject.of(version) for version in answer.get("Versions", ())]
    more = {"key": answer["NextKeyMarker"], "version": answer["NextVersionIdMarker"]} if answer["IsTruncated"] else None
    return [arrival for arrival in found if arrival.is_upload], more
