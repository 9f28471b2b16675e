"""Erasure: the tombstone that stands in the place of a record, and what is left to remove behind it.

The tombstone is the audit line: which submission of which tenant and assessment, when it came and when it went,
and nothing that a person wrote. It is written first and by one write, so that every late lane finds it: it holds
the number of the last run, and no write of that run or an earlier one is taken any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from core.models.submission import Submission, SubmissionState
from core.platform.clock import now
from core.storage import submission_repository
from core.storage.table import RECORD_SK, ConditionFailed, Item, Table, submission_pk

_BRANCH_PREFIX, _STORING_SUFFIX = "lane#", "#storing"
_RUN_ATTRIBUTES = ("run", "state", "claimed")
_UPLOAD_ATTRIBUTES = ("tenant", "assessment", "kind", "door", "received_at")


@dataclass(frozen=True, slots=True)
class ErasureTargets:
    """What the tombstone still has to know for the erasure, until that is done. `key` is sealed where a user
    wrote it; `claim` names the content's claim, `sha256` the content (None where nobody had read it)."""

    bucket: str
    key: str
    version_id: str
    sha256: str | None
    claim: str | None

    def to_item(self) -> Item:
        return asdict(self)


def write_tombstone(table: Table, submission: Submission, items: Mapping[str, Item]) -> Item:
    """Put the tombstone in the record's place; the one that stands where it was erased before.

    `items` are the submission's items by sort key, as they were read (none where it is not recorded yet), and
    `submission` what its last run was started with.
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
                _replace_record(table, tombstone, found)
        except ConditionFailed as failed:
            # It moved on while it was looked at.
            found = failed.item
        else:
            return tombstone


def _replace_record(table: Table, tombstone: Item, found: Item) -> None:
    """Only what was seen is replaced: a run that is claimed or recorded meanwhile has to be counted."""
    expected: Item = {name: found[name] for name in ("run", "state", "claimed") if name in found}
    names = {f"#{name}": name for name in ("run", "state", "claimed")}
    conditions = [
        f"#{name} = :{name}" if name in expected else f"attribute_not_exists(#{name})"
        for name in ("run", "state", "claimed")
    ]
    table.replace(
        tombstone,
        condition=" AND ".join(conditions),
        names=names,
        values={f":{name}": value for name, value in expected.items()},
    )


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
        # Nothing begins anew before the first pass is through; whoever comes first makes it.
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
    """What the newest storing lane that came to its end has left: the durable copy."""
    ended = [item for item in items if item["sk"].startswith(_BRANCH_PREFIX) and item["sk"].endswith(_STORING_SUFFIX)]
    complete = [item for item in ended if item.get("version_id") and item.get("sha256")]
    return max(complete, key=lambda item: str(item["sk"])) if complete else None
