"""Erasure of everything that a submission has left, after its tombstone is written (core.storage.tombstones).

Erasure takes two passes: one at once, and one when no branch of a running execution can write any more.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from core.models.document_kinds import DocumentKind
from core.models.submission import SubmissionState
from core.platform import clock
from core.storage import assessment_repository, submission_repository, tombstones
from core.storage.table import (
    RECORD_SK,
    ConditionFailed,
    Item,
    assessment_pk,
    content_pk,
    parked_sk,
    reference_pk,
    submission_pk,
)
from core.storage.tombstones import ErasureTargets
from recover.lifecycle_context import LifecycleContext

# An execution may run for an hour, and begin its longest function (840 s) in its last second.
LATEST_BRANCH_END = timedelta(seconds=3600 + 840 + 60)
# The key of a refusal report is the dropped object's key with this suffix.
REFUSAL_REPORT_SUFFIX = ".refused.json"
# Which call runs the erasure now, and the latest time at which it can still be running.
_ERASURE_RUN_ATTRIBUTES = "removing, removing_until"


def erase(submission_id: str, lifecycle: LifecycleContext) -> int:
    """Erase everything that a submission with a tombstone has left.

    Returns the number of objects and items deleted; 0 if there is no tombstone or another pass is running.

    Safe to repeat. The first pass schedules the second one for when the last branch of a running execution must
    have ended. No run of this submission starts while a pass is running.
    """
    found = lifecycle.table.get(submission_pk(submission_id), RECORD_SK)
    if found is None or "erased_at" not in found or not _begin_pass(found, lifecycle):
        return 0
    removed = _erase_duplicates(submission_id, found, lifecycle) + _erase_traces(found, lifecycle)
    _end_pass(found, lifecycle)
    return removed


def _begin_pass(tombstone: Item, lifecycle: LifecycleContext) -> bool:
    """Claim the erasure for this call.

    Returns False if the same file was sent again (what is stored now must stay), or if another pass is running: the
    first to finish would allow a new upload, and the second would delete it. A pass that died is replaced once its
    time has run out.
    """
    until = clock.format_timestamp(datetime.now(UTC) + timedelta(seconds=lifecycle.seconds_left()))
    try:
        lifecycle.table.update(
            tombstone["pk"],
            RECORD_SK,
            "SET removing = :me, removing_until = :until",
            values={":me": lifecycle.request_id, ":until": until, ":now": clock.now(), ":at": tombstone["erased_at"]},
            condition="erased_at = :at AND attribute_not_exists(claimed) "
            "AND (attribute_not_exists(removing) OR removing = :me OR removing_until <= :now)",
        )
    except ConditionFailed:
        return False
    return True


def _erase_traces(tombstone: Item, lifecycle: LifecycleContext) -> int:
    """Delete every object and item of a submission except the tombstone."""
    submission_id = tombstone["pk"].removeprefix(submission_pk(""))
    tenant, assessment = tombstone["tenant"], tombstone["assessment"]
    removed = _withdraw_document(submission_id, tombstone, lifecycle)
    remains = ErasureTargets(**tombstone["erasing"]) if "erasing" in tombstone else None
    if remains is not None:
        removed += _erase_uploads(submission_id, remains, tombstone["erased_at"], lifecycle)
        removed += _erase_content(submission_id, remains, tenant, lifecycle)
    for prefix in (f"results/{tenant}/{submission_id}/", f"documents/{tenant}/{submission_id}"):
        removed += _delete_versions(lifecycle.documents_bucket, prefix, lifecycle)
    lifecycle.table.delete(assessment_pk(tenant, assessment), parked_sk(submission_id))
    items = [item for item in lifecycle.table.partition(tombstone["pk"]) if item["sk"] != RECORD_SK]
    for item in items:
        lifecycle.table.delete(item["pk"], item["sk"])
    return removed + len(items)


def _erase_duplicates(holder: str, tombstone: Item, lifecycle: LifecycleContext) -> int:
    """Erase the duplicates of this submission: the same file of the same student through another intake channel.

    To a person who asks for erasure they are one submission.
    """
    removed = 0
    for item in lifecycle.table.query_by_assessment(tombstone["tenant"], tombstone["assessment"]):
        if item.get("duplicate_of") == holder and item["state"] == SubmissionState.DUPLICATE_OF:
            duplicate_id = item["pk"].removeprefix(submission_pk(""))
            items = {one["sk"]: one for one in lifecycle.table.partition(item["pk"])}
            tombstones.write_tombstone(
                lifecycle.table, submission_repository.submission_from_record(items[RECORD_SK]), items
            )
            removed += erase(duplicate_id, lifecycle)
    return removed


def _erase_uploads(submission_id: str, remains: ErasureTargets, erased_at: str, lifecycle: LifecycleContext) -> int:
    """Delete the uploaded object: the version that the run was pinned to, and all versions before the tombstone."""
    key = lifecycle.cipher.decrypt(remains.key, associated_data=submission_id)
    prefixes = [f"incoming/{submission_id}", f"uploads/{submission_id}"]
    removed = sum(_delete_versions(lifecycle.temp_bucket, name, lifecycle, before=erased_at) for name in prefixes)
    if remains.bucket == lifecycle.temp_bucket:
        lifecycle.s3.delete_object(Bucket=lifecycle.temp_bucket, Key=key, VersionId=remains.version_id)
        removed += 1
        if key not in prefixes:
            removed += _delete_versions(lifecycle.temp_bucket, key + REFUSAL_REPORT_SUFFIX, lifecycle)
    return removed


def _erase_content(submission_id: str, remains: ErasureTargets, tenant: str, lifecycle: LifecycleContext) -> int:
    """Delete the claim on the content, and its transcript if no other submission of the tenant has the same content."""
    if remains.claim is not None:
        lifecycle.table.delete_if(content_pk(remains.claim), "claim", "holder = :id", {":id": submission_id})
    if remains.sha256 is None:
        return 0
    pk = reference_pk(tenant, remains.sha256)
    lifecycle.table.delete(pk, submission_pk(submission_id))
    if lifecycle.table.partition(pk):
        return 0
    return _delete_versions(lifecycle.documents_bucket, f"transcripts/{tenant}/{remains.sha256}.", lifecycle)


def _withdraw_document(submission_id: str, tombstone: Item, lifecycle: LifecycleContext) -> int:
    """Remove an erased paper or key and its documents from the assessment; the newest of the remaining ones counts."""
    kind = DocumentKind(tombstone["kind"])
    slot = kind.rules.slot
    if slot is None:
        return 0
    tenant, assessment = tombstone["tenant"], tombstone["assessment"]
    folder = assessment_repository.assessment_document_key(tenant, assessment, slot, submission_id).removesuffix(
        ".json"
    )
    assessment_item = lifecycle.table.get(assessment_pk(tenant, assessment), "assessment") or {}
    # A teacher's correction is erased with the paper that it corrects.
    key = assessment_item.get(slot, {}).get("corrects") or assessment_item.get(slot, {}).get("key", "")
    if key.startswith(f"{folder}-") and assessment_repository.remove_document(
        lifecycle.table, tenant, assessment, slot, key=key
    ):
        _restore_newest(kind, slot, tenant, assessment, lifecycle)
    return _delete_versions(lifecycle.documents_bucket, f"{folder}-", lifecycle)


def _restore_newest(
    kind: DocumentKind, slot: assessment_repository.Slot, tenant: str, assessment: str, lifecycle: LifecycleContext
) -> None:
    others = [
        item
        for item in lifecycle.table.query_by_assessment(tenant, assessment)
        if item["kind"] == kind and item["state"] == SubmissionState.READY and "erased_at" not in item
    ]
    if others:
        newest = max(others, key=lambda item: str(item.get("counts_from", item["received_at"])))
        at = str(newest.get("counts_from", newest["received_at"]))
        assessment_repository.set_document_if_newer(
            lifecycle.table, tenant, assessment, slot, key=newest["paper_key"], received_at=at
        )


def _end_pass(tombstone: Item, lifecycle: LifecycleContext) -> None:
    """End this pass: schedule the next one for when no late write can arrive, or, after the last, clear the targets."""
    due = clock.format_timestamp(clock.parse_timestamp(tombstone["erased_at"]) + LATEST_BRANCH_END)
    is_last_pass = clock.now() >= due
    with suppress(ConditionFailed):
        lifecycle.table.update(
            tombstone["pk"],
            RECORD_SK,
            f"REMOVE {_ERASURE_RUN_ATTRIBUTES}, erasing, pending, pending_at"
            if is_last_pass
            else f"SET pending_at = :due REMOVE {_ERASURE_RUN_ATTRIBUTES}",
            values={
                ":at": tombstone["erased_at"],
                ":me": lifecycle.request_id,
                **({} if is_last_pass else {":due": due}),
            },
            condition="erased_at = :at AND removing = :me",
        )


def _delete_versions(bucket: str, prefix: str, lifecycle: LifecycleContext, *, before: str | None = None) -> int:
    """Delete every version and every delete marker under a prefix; returns their number.

    With `before`, only those older than the second of that timestamp (S3 reports whole seconds).
    """
    removed, request = 0, {"Bucket": bucket, "Prefix": prefix}
    until = clock.parse_timestamp(before).replace(microsecond=0) if before else None
    while True:
        answer = lifecycle.s3.list_object_versions(**request)
        found = [*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())]
        deletable = [
            {"Key": item["Key"], "VersionId": item["VersionId"]}
            for item in found
            if until is None or item["LastModified"] < until
        ]
        for item in deletable:
            lifecycle.s3.delete_object(Bucket=bucket, **item)
        removed += len(deletable)
        if not answer.get("IsTruncated"):
            return removed
        request |= {"KeyMarker": answer["NextKeyMarker"], "VersionIdMarker": answer["NextVersionIdMarker"]}
