"""Erasure behind the tombstone: every trace of a submission, and once more when no late lane can come any more."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from core import clock, erasure, record, shelf
from core.erasure import Remains
from core.submission import Kind, State
from core.table import RECORD, ConditionFailed, Item, assessment_pk, content_pk, parked_sk, reference_pk, submission_pk
from recover.desk import Desk

# An execution may run for an hour, and begin its longest function (840 s) in its last second.
LATEST_LANE = timedelta(seconds=3600 + 840 + 60)
_REPORT = ".refused.json"
# Which pass is at work, and until when it can be.
_AT_WORK = "removing, removing_until"


def erase(submission_id: str, desk: Desk) -> int:
    """Take away what stands behind a tombstone; the number of objects and items that went.

    Safe to repeat. The first time the second one is appointed: for when the last lane of an execution that was
    under way must have ended. Nothing of this submission begins anew while this is at work.
    """
    found = desk.table.get(submission_pk(submission_id), RECORD)
    if found is None or "erased_at" not in found or not _begin(found, desk):
        return 0
    removed = _erase_duplicates(submission_id, found, desk) + _sweep_away(found, desk)
    _end(found, desk)
    return removed


def _begin(stone: Item, desk: Desk) -> bool:
    """False where the same file was sent again (what stands there now is to stay), or another pass is at work: the one
    that ended first would open the way for a new file, and the other take that away. A pass that died is overtaken
    when its time is over."""
    until = clock.stamp(datetime.now(UTC) + timedelta(seconds=desk.seconds_left()))
    try:
        desk.table.update(
            stone["pk"],
            RECORD,
            "SET removing = :me, removing_until = :until",
            values={":me": desk.call, ":until": until, ":now": clock.now(), ":at": stone["erased_at"]},
            condition="erased_at = :at AND attribute_not_exists(claimed) "
            "AND (attribute_not_exists(removing) OR removing = :me OR removing_until <= :now)",
        )
    except ConditionFailed:
        return False
    return True


def _sweep_away(stone: Item, desk: Desk) -> int:
    """One pass over everything that a submission leaves anywhere."""
    submission_id = stone["pk"].removeprefix(submission_pk(""))
    tenant, assessment = stone["tenant"], stone["assessment"]
    removed = _withdraw(submission_id, stone, desk)
    remains = Remains(**stone["erasing"]) if "erasing" in stone else None
    if remains is not None:
        removed += _received(submission_id, remains, stone["erased_at"], desk)
        removed += _content(submission_id, remains, tenant, desk)
    for prefix in (f"results/{tenant}/{submission_id}/", f"documents/{tenant}/{submission_id}"):
        removed += _versions(desk.documents_bucket, prefix, desk)
    desk.table.delete(assessment_pk(tenant, assessment), parked_sk(submission_id))
    items = [item for item in desk.table.partition(stone["pk"]) if item["sk"] != RECORD]
    for item in items:
        desk.table.delete(item["pk"], item["sk"])
    return removed + len(items)


def _erase_duplicates(holder: str, stone: Item, desk: Desk) -> int:
    """The same file of the same student that came through another door: to people it is this submission."""
    removed = 0
    for item in desk.table.by_assessment(stone["tenant"], stone["assessment"]):
        if item.get("duplicate_of") == holder and item["state"] == State.DUPLICATE_OF:
            twin = item["pk"].removeprefix(submission_pk(""))
            items = {one["sk"]: one for one in desk.table.partition(item["pk"])}
            erasure.entomb(desk.table, record.submission_of(items[RECORD]), items)
            removed += erase(twin, desk)
    return removed


def _received(submission_id: str, remains: Remains, erased_at: str, desk: Desk) -> int:
    """The received object: the version that the run was pinned to, and what came before the tombstone."""
    key = desk.seal.open(remains.key, bound_to=submission_id)
    own = [f"incoming/{submission_id}", f"uploads/{submission_id}"]
    removed = sum(_versions(desk.temp_bucket, name, desk, before=erased_at) for name in own)
    if remains.bucket == desk.temp_bucket:
        desk.s3.delete_object(Bucket=desk.temp_bucket, Key=key, VersionId=remains.version_id)
        removed += 1
        if key not in own:
            removed += _versions(desk.temp_bucket, key + _REPORT, desk)
    return removed


def _content(submission_id: str, remains: Remains, tenant: str, desk: Desk) -> int:
    """The content's claim, and its transcript where no other submission of this tenant has the same content."""
    if remains.claim is not None:
        desk.table.delete_if(content_pk(remains.claim), "claim", "holder = :id", {":id": submission_id})
    if remains.sha256 is None:
        return 0
    pk = reference_pk(tenant, remains.sha256)
    desk.table.delete(pk, submission_pk(submission_id))
    if desk.table.partition(pk):
        return 0
    return _versions(desk.documents_bucket, f"transcripts/{tenant}/{remains.sha256}.", desk)


def _withdraw(submission_id: str, stone: Item, desk: Desk) -> int:
    """An erased paper or key leaves the shelf, with its documents; of those that are left the newest counts."""
    kind = Kind(stone["kind"])
    if kind is Kind.ANSWER_SHEET:
        return 0
    tenant, assessment = stone["tenant"], stone["assessment"]
    slot: shelf.Slot = "paper" if kind is Kind.QUESTION_PAPER else "key_document"
    folder = shelf.document_key(tenant, assessment, slot, submission_id).removesuffix(".json")
    standing = desk.table.get(assessment_pk(tenant, assessment), "assessment") or {}
    # A correction goes with what it corrects.
    key = standing.get(slot, {}).get("corrects") or standing.get(slot, {}).get("key", "")
    if key.startswith(f"{folder}-") and shelf.withdraw(desk.table, tenant, assessment, slot, key=key):
        _put_back(kind, slot, tenant, assessment, desk)
    return _versions(desk.documents_bucket, f"{folder}-", desk)


def _put_back(kind: Kind, slot: shelf.Slot, tenant: str, assessment: str, desk: Desk) -> None:
    others = [
        item
        for item in desk.table.by_assessment(tenant, assessment)
        if item["kind"] == kind and item["state"] == State.READY and "erased_at" not in item
    ]
    if others:
        newest = max(others, key=lambda item: str(item.get("counts_from", item["received_at"])))
        at = str(newest.get("counts_from", newest["received_at"]))
        shelf.place(desk.table, tenant, assessment, slot, key=newest["paper_key"], received_at=at)


def _end(stone: Item, desk: Desk) -> None:
    """This pass is done: the next one is due when nothing late can come, and after that nothing is kept."""
    due = clock.stamp(clock.parse(stone["erased_at"]) + LATEST_LANE)
    last = clock.now() >= due
    with suppress(ConditionFailed):
        desk.table.update(
            stone["pk"],
            RECORD,
            f"REMOVE {_AT_WORK}, erasing, pending, pending_at" if last else f"SET pending_at = :due REMOVE {_AT_WORK}",
            values={":at": stone["erased_at"], ":me": desk.call, **({} if last else {":due": due})},
            condition="erased_at = :at AND removing = :me",
        )


def _versions(bucket: str, prefix: str, desk: Desk, *, before: str | None = None) -> int:
    """Delete every version under a prefix, and every marker of a deletion.

    With `before`, only what is older than that moment's second (S3 tells whole seconds).
    """
    removed, request = 0, {"Bucket": bucket, "Prefix": prefix}
    until = clock.parse(before).replace(microsecond=0) if before else None
    while True:
        answer = desk.s3.list_object_versions(**request)
        found = [*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())]
        gone = [
            {"Key": item["Key"], "VersionId": item["VersionId"]}
            for item in found
            if until is None or item["LastModified"] < until
        ]
        for item in gone:
            desk.s3.delete_object(Bucket=bucket, **item)
        removed += len(gone)
        if not answer.get("IsTruncated"):
            return removed
        request |= {"KeyMarker": answer["NextKeyMarker"], "VersionIdMarker": answer["NextVersionIdMarker"]}
