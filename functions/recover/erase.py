"""Erases all that a submission with a tombstone has left, and that of its duplicates, whose tombstones it writes.

The submission's own tombstone was written by the request (`core.storage.tombstones`).

Erasure takes two passes: one at once, and one when no branch of a running execution can write any more.
"""

from datetime import UTC, datetime, timedelta

from core.models.submission import SubmissionState
from core.platform import clock
from core.storage import assessment_repository, content_claims, tombstones
from core.storage.submission_queries import list_records, load_items, load_record
from core.storage.submission_record import ErasureTargets, SubmissionRecord, Tombstone
from recover.lifecycle_context import LifecycleContext

# An execution may run for an hour, and begin its longest function (840 s) in its last second.
LATEST_BRANCH_END = timedelta(seconds=3600 + 840 + 60)
# The key of a refusal report is the dropped object's key with this suffix.
REFUSAL_REPORT_SUFFIX = ".refused.json"


def erase(submission_id: str, lifecycle: LifecycleContext) -> int:
    """Erase everything that a submission with a tombstone has left.

    Returns the number of objects and items deleted; 0 if there is no tombstone or another pass is running.

    Safe to repeat. The first pass schedules the second one for when the last branch of a running execution must
    have ended. No run of this submission starts while a pass is running.
    """
    tombstone = load_record(lifecycle.table, submission_id)
    if not isinstance(tombstone, Tombstone) or not _begin_pass(tombstone, lifecycle):
        return 0
    removed = _erase_duplicates(tombstone, lifecycle) + _erase_traces(tombstone, lifecycle)
    _end_pass(tombstone, lifecycle)
    return removed


def _begin_pass(tombstone: Tombstone, lifecycle: LifecycleContext) -> bool:
    """Claim the erasure for this call; returns False if it must not run (`tombstones.begin_erasure_pass`)."""
    until = clock.format_timestamp(datetime.now(UTC) + timedelta(seconds=lifecycle.seconds_left()))
    return tombstones.begin_erasure_pass(lifecycle.table, tombstone, request_id=lifecycle.request_id, until=until)


def _erase_traces(tombstone: Tombstone, lifecycle: LifecycleContext) -> int:
    """Delete every object and item of a submission except the tombstone."""
    tenant, targets = tombstone.tenant, tombstone.targets
    removed = _withdraw_document(tombstone, lifecycle)
    if targets is not None:
        removed += _erase_uploads(tombstone.id, targets, tombstone.erased_at, lifecycle)
        removed += _erase_content(tombstone.id, targets, tenant, lifecycle)
    for prefix in (f"results/{tenant}/{tombstone.id}/", f"documents/{tenant}/{tombstone.id}"):
        removed += _delete_versions(lifecycle.documents_bucket, prefix, lifecycle)
    assessment_repository.unpark_sheet(lifecycle.table, tenant, tombstone.assessment, tombstone.id)
    return removed + tombstones.delete_branch_items(lifecycle.table, tombstone.id)


def _erase_duplicates(tombstone: Tombstone, lifecycle: LifecycleContext) -> int:
    """Erase the duplicates of this submission: the same file of the same student through another intake channel.

    To a person who asks for erasure they are one submission.
    """
    removed = 0
    for listed in list_records(lifecycle.table, tombstone.tenant, tombstone.assessment):
        if listed.duplicate_of == tombstone.id and listed.state is SubmissionState.DUPLICATE_OF:
            items = load_items(lifecycle.table, listed.id)
            record = items.record if isinstance(items.record, SubmissionRecord) else listed
            tombstones.write_tombstone(lifecycle.table, record.submission, items)
            removed += erase(listed.id, lifecycle)
    return removed


def _erase_uploads(submission_id: str, targets: ErasureTargets, erased_at: str, lifecycle: LifecycleContext) -> int:
    """Delete the uploaded object: the version that the run was pinned to, and all versions before the tombstone."""
    key = lifecycle.cipher.decrypt(targets.key, associated_data=submission_id)
    prefixes = [f"incoming/{submission_id}", f"uploads/{submission_id}"]
    removed = sum(_delete_versions(lifecycle.temp_bucket, name, lifecycle, before=erased_at) for name in prefixes)
    if targets.bucket == lifecycle.temp_bucket:
        lifecycle.s3.delete_object(Bucket=lifecycle.temp_bucket, Key=key, VersionId=targets.version_id)
        removed += 1
        if key not in prefixes:
            removed += _delete_versions(lifecycle.temp_bucket, key + REFUSAL_REPORT_SUFFIX, lifecycle)
    return removed


def _erase_content(submission_id: str, targets: ErasureTargets, tenant: str, lifecycle: LifecycleContext) -> int:
    """Delete the claim on the content, and its transcript if no other submission of the tenant has the same content."""
    if targets.claim is not None:
        content_claims.release_claim(lifecycle.table, submission_id, targets.claim)
    if targets.sha256 is None:
        return 0
    if content_claims.remove_reference(lifecycle.table, submission_id, tenant, targets.sha256):
        return 0
    return _delete_versions(lifecycle.documents_bucket, f"transcripts/{tenant}/{targets.sha256}.", lifecycle)


def _withdraw_document(tombstone: Tombstone, lifecycle: LifecycleContext) -> int:
    """Remove an erased paper or key and its documents from the assessment; the newest of the remaining ones counts."""
    slot = tombstone.kind.rules.slot
    if slot is None:
        return 0
    tenant, assessment = tombstone.tenant, tombstone.assessment
    folder = assessment_repository.assessment_document_key(tenant, assessment, slot, tombstone.id).removesuffix(".json")
    current = assessment_repository.load(lifecycle.table, tenant, assessment)
    # A teacher's correction is erased with the paper that it corrects.
    key = current.originals.get(slot, "")
    if key.startswith(f"{folder}-") and assessment_repository.remove_document(
        lifecycle.table, tenant, assessment, slot, key=key
    ):
        _restore_newest(tombstone, slot, lifecycle)
    return _delete_versions(lifecycle.documents_bucket, f"{folder}-", lifecycle)


def _restore_newest(tombstone: Tombstone, slot: assessment_repository.Slot, lifecycle: LifecycleContext) -> None:
    tenant, assessment = tombstone.tenant, tombstone.assessment
    others = [
        record
        for record in list_records(lifecycle.table, tenant, assessment)
        if record.kind is tombstone.kind and record.state is SubmissionState.READY and record.paper_key is not None
    ]
    if others:
        newest = max(others, key=lambda record: record.last_received_at)
        assessment_repository.set_document_if_newer(
            lifecycle.table, tenant, assessment, slot, key=str(newest.paper_key), received_at=newest.last_received_at
        )


def _end_pass(tombstone: Tombstone, lifecycle: LifecycleContext) -> None:
    """End this pass and schedule the next one for when no late write can arrive, unless that time is over."""
    due = clock.format_timestamp(clock.parse_timestamp(tombstone.erased_at) + LATEST_BRANCH_END)
    tombstones.end_erasure_pass(
        lifecycle.table,
        tombstone,
        request_id=lifecycle.request_id,
        next_pass=None if clock.now() >= due else due,
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
