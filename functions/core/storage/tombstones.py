"""Tombstones: what replaces the record of an erased submission, and what the erasure still has to remove.

The tombstone is the audit entry: which submission of which tenant and assessment, when it was received and when it was
erased, and nothing that a person wrote. One write creates it before anything else is removed. It has the number of the
last run, so every write of that run or an earlier one is refused from then on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from core.models.submission import Submission, SubmissionState
from core.platform.clock import now
from core.storage import submission_repository
from core.storage.table import RECORD_SK, ConditionFailed, Item, Table, submission_pk

_BRANCH_PREFIX, _STORING_SUFFIX = "lane#", "#storing"
_UPLOAD_ATTRIBUTES = ("tenant", "assessment", "kind", "door", "received_at")


@dataclass(frozen=True, slots=True)
class ErasureTargets:
    """What the tombstone keeps for the erasure until that is complete.

    `key` is encrypted if a user chose it. `claim` is the key of the content's claim, `sha256` the content's hash (None
    if nobody has read it).
    """

    bucket: str
    key: str
    version_id: str
    sha256: str | None
    claim: str | None

    def to_item(self) -> Item:
        return asdict(self)


def write_tombstone(table: Table, submission: Submission, items: Mapping[str, Item]) -> Item:
    """Replace the record by a tombstone and return it; the present tombstone if the submission was erased before.

    `items` are the submission's items by sort key, as they were read (empty if it is not recorded yet), and
    `submission` is what its last run was started with.
    """
    found = items.get(RECORD_SK)
    while True:
        if found is not None and "erased_at" in found:
            return found
        tombstone = _build_tombstone(submission, found, items)
        try:
            if found is None:
                table.replace(tombstone, condition="attribute_not_exists(pk)")
            else:
                submission_repository.replace_unchanged_record(table, tombstone, found)
        except ConditionFailed as failed:
            # The record changed after it was read.
            found = failed.item
        else:
            return tombstone


def _build_tombstone(submission: Submission, found: Item | None, items: Mapping[str, Item]) -> Item:
    known = {**submission.to_state()["submission"], **(found or {})}
    at = now()
    return {
        "pk": submission_pk(submission.id),
        "sk": RECORD_SK,
        "state": SubmissionState.ERASED.value,
        "run": max(submission.run, int(known.get("run", 0)), int(known.get("claimed", 0))),
        **{name: known[name] for name in _UPLOAD_ATTRIBUTES},
        "erased_at": at,
        "erasing": _collect_targets(submission, items).to_item(),
        # The submission cannot be restarted before the first erasure pass is complete; any caller may run that pass.
        "removing": "",
        "removing_until": at,
        "pending": submission_repository.PENDING_ERASURE,
        "pending_at": at,
    }


def _collect_targets(submission: Submission, items: Mapping[str, Item]) -> ErasureTargets:
    storing = find_stored_copy(items.values()) or {}
    file = submission.file
    return ErasureTargets(
        bucket=file.bucket,
        key=file.key,
        version_id=file.version_id,
        sha256=file.sha256 or storing.get("sha256"),
        claim=storing.get("claim"),
    )


def find_stored_copy(items: Iterable[Item]) -> Item | None:
    """Return the durable copy from the item of the latest completed storing branch; None if there is none."""
    ended = [item for item in items if item["sk"].startswith(_BRANCH_PREFIX) and item["sk"].endswith(_STORING_SUFFIX)]
    complete = [item for item in ended if item.get("version_id") and item.get("sha256")]
    return max(complete, key=lambda item: str(item["sk"])) if complete else None
