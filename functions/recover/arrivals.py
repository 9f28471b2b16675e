"""The received objects: each of them has an execution, and goes when that has ended and its copy stands.

What was declared at the door lies sealed in the object, so an object alone can start its execution: the sweep
hands it to the door as S3 would have done.
"""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus

from core import clock
from core.erasure import stored
from core.record import submission_of
from core.submission import State, id_from_object
from core.table import RECORD, Item, submission_pk
from recover import endings
from recover.desk import Desk
from recover.tidy import remove_received

DROP = "drop/"
PREFIXES = ("incoming/", "uploads/", DROP)
_REPORT = ".refused.json"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One version of a received object; the times are whole seconds."""

    key: str
    version_id: str
    size: int
    received_at: str
    is_latest: bool

    @classmethod
    def of(cls, version: dict[str, Any]) -> "Arrival":
        received_at = clock.stamp(version["LastModified"])
        return cls(version["Key"], version["VersionId"], version["Size"], received_at, version["IsLatest"])

    @property
    def concerns_us(self) -> bool:
        """False for our own reports and for the empty objects that consoles make for folders."""
        return not self.key.endswith(_REPORT) and not (self.key.endswith("/") and self.size == 0)

    def submission_id(self, desk: Desk) -> str:
        if self.key.startswith(DROP):
            return id_from_object(desk.secret, bucket=desk.temp_bucket, key=self.key, version_id=self.version_id)
        return self.key.partition("/")[2]

    def event(self, bucket: str) -> dict[str, Any]:
        """The record of an S3 event as S3 would have sent it, its key quoted as forms are.

        The lost event had said the millisecond. Of the versions of one second the latest is the one that counts.
        """
        thing = {"key": quote_plus(self.key, safe="/"), "versionId": self.version_id, "size": self.size}
        second = clock.parse(self.received_at)
        at = clock.stamp(second.replace(microsecond=999_000)) if self.is_latest else self.received_at
        return {"eventTime": at, "s3": {"bucket": {"name": bucket}, "object": thing}}


def look_after(arrival: Arrival, desk: Desk) -> str | None:
    """See to one received object: what was done with it, None where nothing was to do."""
    submission_id = arrival.submission_id(desk)
    items = {item["sk"]: item for item in desk.table.partition(submission_pk(submission_id))}
    found = items.get(RECORD)
    if found is None or "run" not in found:
        return _unrecorded(arrival, submission_id, desk)
    if "erased_at" in found:
        return _of_an_erased_one(arrival, found, desk)
    if found["state"] == State.READING:
        # Its lanes may read it yet; the record itself is looked after by what it waits for.
        return None
    return "removed" if _remove(arrival, found, items, desk) else None


def _unrecorded(arrival: Arrival, submission_id: str, desk: Desk) -> str | None:
    execution = desk.execution(submission_id, 1)
    if execution is None:
        if arrival.key.startswith(DROP) and _is_refused(arrival, desk):
            return None
        desk.tell({"Records": [arrival.event(desk.temp_bucket)]})
        return "started"
    if execution.is_running:
        return None
    endings.finalise_execution(execution, desk.table)
    return "finalised"


def _of_an_erased_one(arrival: Arrival, stone: Item, desk: Desk) -> str | None:
    """What came after the erasure was sent again; what came before goes with the rest.

    S3 tells whole seconds: what came in the erasure's own may be either, and is left to its door, or to its age.
    """
    if arrival.received_at > stone["erased_at"] and not arrival.key.startswith(DROP):
        desk.tell({"Records": [arrival.event(desk.temp_bucket)]})
        return "started"
    second = clock.stamp(clock.parse(stone["erased_at"]).replace(microsecond=0))
    if "removing" in stone or arrival.received_at >= second:
        return None
    desk.s3.delete_object(Bucket=desk.temp_bucket, Key=arrival.key, VersionId=arrival.version_id)
    return "removed"


def _remove(arrival: Arrival, found: Item, items: dict[str, Item], desk: Desk) -> bool:
    """Where a durable copy of these bytes stands. An object that was sent again under this id holds the same."""
    kept = stored(items.values())
    if kept is None:
        return False
    submission = submission_of(found)
    received = replace(
        submission.file,
        bucket=desk.temp_bucket,
        key=arrival.key,
        version_id=arrival.version_id,
        size=arrival.size,
    )
    return remove_received(replace(submission, file=received), kept, desk)


def _is_refused(arrival: Arrival, desk: Desk) -> bool:
    try:
        report = desk.s3.head_object(Bucket=desk.temp_bucket, Key=arrival.key + _REPORT)
    except desk.s3.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
            raise
        return False
    return bool(clock.stamp(report["LastModified"]) >= arrival.received_at)


def listed(prefix: str, desk: Desk, *, most: int, after: Item | None) -> tuple[list[Arrival], Item | None]:
    """At most so many received versions under a prefix, and from where there are more."""
    request: dict[str, Any] = {"Bucket": desk.temp_bucket, "Prefix": prefix, "MaxKeys": most}
    if after:
        request |= {"KeyMarker": after["key"], "VersionIdMarker": after["version"]}
    answer = desk.s3.list_object_versions(**request)
    found = [Arrival.of(version) for version in answer.get("Versions", ())]
    more = {"key": answer["NextKeyMarker"], "version": answer["NextVersionIdMarker"]} if answer["IsTruncated"] else None
    return [arrival for arrival in found if arrival.concerns_us], more
