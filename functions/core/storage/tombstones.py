"""Writes tombstones: what replaces the record of an erased submission, and what the erasure still has to remove.

The tombstone is the audit entry: which submission of which tenant and assessment, when it was received and when it was
erased, and nothing that a person wrote. One write creates it before anything else is removed. It has the number of the
last run, so every write of that run or an earlier one is refused from then on.
"""

from contextlib import suppress

from core.models.submission import Submission
from core.platform.clock import now
from core.storage import submission_repository
from core.storage.pending_items import PENDING_ERASURE
from core.storage.submission_queries import SubmissionItems
from core.storage.submission_record import ErasureTargets, RepeatUpload, SubmissionRecord, Tombstone, decode_record
from core.storage.table import RECORD_SK, ConditionFailed, Table, submission_pk

# Which call runs the erasure now, and the latest time at which it can still be running.
_ERASURE_RUN_ATTRIBUTES = "removing, removing_until"


def write_tombstone(table: Table, submission: Submission, items: SubmissionItems) -> Tombstone:
    """Replace the record by a tombstone and return it; the present tombstone if the submission was erased before.

    `items` are the submission's items as they were read (empty if it is not recorded yet), and `submission` is what its
    last run was started with.
    """
    found = items.record
    while True:
        if isinstance(found, Tombstone):
            return found
        tombstone = _build_tombstone(submission, found, items)
        try:
            if found is None:
                table.replace(tombstone.to_item(), condition="attribute_not_exists(pk)")
            else:
                submission_repository.replace_unchanged_record(table, tombstone, found)
        except ConditionFailed as failed:
            # The record changed after it was read.
            found = decode_record(failed.item)
        else:
            return tombstone


def _build_tombstone(
    submission: Submission, found: SubmissionRecord | RepeatUpload | None, items: SubmissionItems
) -> Tombstone:
    record = found if isinstance(found, SubmissionRecord) else None
    at, upload = now(), record or submission
    return Tombstone(
        id=submission.id,
        tenant=upload.tenant,
        assessment=upload.assessment,
        kind=upload.kind,
        channel=upload.channel,
        received_at=upload.received_at,
        run=max(submission.run, record.last_run if record else 0),
        erased_at=at,
        targets=_collect_targets(submission, items),
        # The submission cannot be restarted before the first erasure pass is complete; any caller may run that pass.
        removing="",
        removing_until=at,
        pending=PENDING_ERASURE,
        pending_at=at,
    )


def _collect_targets(submission: Submission, items: SubmissionItems) -> ErasureTargets:
    file, stored_file = submission.file, items.stored_file
    return ErasureTargets(
        bucket=file.bucket,
        key=file.key,
        version_id=file.version_id,
        sha256=file.sha256 or (stored_file.sha256 if stored_file else None),
        claim=items.last_stored.claim if items.last_stored else None,
    )


def begin_erasure_pass(table: Table, tombstone: Tombstone, *, request_id: str, until: str) -> bool:
    """Claim the erasure for the invocation `request_id`, which ends at `until` at the latest.

    Returns False if the same file was sent again (what is stored now must stay), or if another pass is running: the
    first to finish would allow a new upload, and the second would delete it. A pass that died is replaced once its
    time has run out.
    """
    try:
        table.update(
            submission_pk(tombstone.id),
            RECORD_SK,
            "SET removing = :me, removing_until = :until",
            values={":me": request_id, ":until": until, ":now": now(), ":at": tombstone.erased_at},
            condition="erased_at = :at AND attribute_not_exists(claimed) "
            "AND (attribute_not_exists(removing) OR removing = :me OR removing_until <= :now)",
        )
    except ConditionFailed:
        return False
    return True


def end_erasure_pass(table: Table, tombstone: Tombstone, *, request_id: str, next_pass: str | None) -> None:
    """End the pass of this invocation. `next_pass` is when the next one is due; None after the last: the targets are
    removed from the tombstone."""
    is_last = next_pass is None
    with suppress(ConditionFailed):
        table.update(
            submission_pk(tombstone.id),
            RECORD_SK,
            f"REMOVE {_ERASURE_RUN_ATTRIBUTES}, erasing, pending, pending_at"
            if is_last
            else f"SET pending_at = :due REMOVE {_ERASURE_RUN_ATTRIBUTES}",
            values={":at": tombstone.erased_at, ":me": request_id, **({} if is_last else {":due": next_pass})},
            condition="erased_at = :at AND removing = :me",
        )


def delete_branch_items(table: Table, submission_id: str) -> int:
    """Delete all items of a submission except its tombstone; returns their number."""
    items = [item for item in table.partition(submission_pk(submission_id)) if item["sk"] != RECORD_SK]
    for item in items:
        table.delete(item["pk"], item["sk"])
    return len(items)
