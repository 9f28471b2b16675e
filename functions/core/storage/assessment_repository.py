"""Assessment items: which paper, key document and marking scheme count now, and their revision.

The item has references; the documents themselves are in S3 under `assessments/` and never change once written. The
newest document counts. Every change raises the revision, which shows which sheets were graded against what.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from core.models.document_kinds import AssessmentSlot
from core.platform.clock import now
from core.storage.pending_items import PENDING_RELEASE
from core.storage.table import (
    ASSESSMENT_SK,
    ConditionFailed,
    Item,
    Table,
    assessment_pk,
    assessment_sk,
    parked_sk,
    tenant_pk,
)

Slot = AssessmentSlot | Literal["scheme"]
_SLOTS: tuple[Slot, ...] = (*get_args(AssessmentSlot), "scheme")


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """An assessment's item.

    `documents`: the S3 keys of the documents that count, by slot. `originals`: the keys of the same documents as they
    were read; one differs if a teacher's correction of the document counts. The revision of an empty assessment is 0.

    `published_at` and `published_by`: since when the marks are published and by whom, None if they are not.
    `published_marks`: the key of the document that lists the published marks, None if an earlier release did not keep
    it. `paper_by` and `paper_placed_at`: who corrected the paper and when, `paper_by` is None if nobody did. `pending`:
    `PENDING_RELEASE` while sheets have to be graded again.
    """

    documents: Mapping[Slot, str] = field(default_factory=dict)
    originals: Mapping[Slot, str] = field(default_factory=dict)
    roster: str | None = None
    paper_received_at: str | None = None
    paper_by: str | None = None
    paper_placed_at: str | None = None
    revision: int = 0
    published_at: str | None = None
    published_by: str | None = None
    published_marks: str | None = None
    pending: str | None = None

    @property
    def paper(self) -> str | None:
        return self.documents.get("paper")

    @property
    def key_document(self) -> str | None:
        return self.documents.get("key_document")

    @property
    def scheme(self) -> str | None:
        return self.documents.get("scheme")

    @classmethod
    def from_item(cls, item: Item | None) -> "AssessmentRecord":
        if item is None:
            return cls()
        stored = {slot: item[slot] for slot in _SLOTS if slot in item}
        published = item.get("published") or {}
        return cls(
            documents={slot: document["key"] for slot, document in stored.items()},
            originals={slot: document.get("corrects") or document["key"] for slot, document in stored.items()},
            roster=item["roster"]["key"] if "roster" in item else None,
            paper_received_at=item.get("paper", {}).get("received_at"),
            paper_by=item.get("paper", {}).get("by"),
            paper_placed_at=item.get("paper", {}).get("placed_at"),
            revision=int(item.get("revision", 0)),
            published_at=published.get("at"),
            published_by=published.get("by"),
            published_marks=published.get("marks"),
            pending=item.get("pending"),
        )


def load(table: Table, tenant: str, assessment: str) -> AssessmentRecord:
    """Return the assessment's item, read consistently."""
    return AssessmentRecord.from_item(table.get(assessment_pk(tenant, assessment), ASSESSMENT_SK))


def register_assessment(table: Table, tenant: str, assessment: str) -> None:
    """Add an assessment to its tenant's list. Idempotent."""
    table.put({"pk": tenant_pk(tenant), "sk": assessment_sk(assessment), "assessment": assessment})


def list_assessments(table: Table, tenant: str) -> list[str]:
    """Return the names of a tenant's assessments in alphabetical order."""
    return [str(item["assessment"]) for item in table.partition(tenant_pk(tenant), assessment_sk(""))]


def set_roster(table: Table, tenant: str, assessment: str, key: str | None) -> None:
    """Set the key of the roster, or remove it with None.

    The revision of the papers does not change: the roster affects no mark.
    """
    if key is None:
        table.update(assessment_pk(tenant, assessment), ASSESSMENT_SK, "REMOVE roster")
        return
    values = {":roster": {"key": key, "placed_at": now()}}
    table.update(assessment_pk(tenant, assessment), ASSESSMENT_SK, "SET roster = :roster", values=values)


def set_publication(table: Table, tenant: str, assessment: str, *, published: bool, by: str, marks: str | None) -> None:
    """Publish the marks, or withdraw them.

    Each change is kept with its time, its author and `marks`, the key of the document that lists the published marks.
    """
    entry = {"published": published, "at": now(), "by": by, **({"marks": marks} if marks else {})}
    table.update(
        assessment_pk(tenant, assessment),
        ASSESSMENT_SK,
        "SET publications = list_append(if_not_exists(publications, :none), :entries)"
        + (", published = :entry" if published else " REMOVE published"),
        values={":none": [], ":entries": [entry], **({":entry": entry} if published else {})},
    )


def assessment_document_key(tenant: str, assessment: str, slot: Slot | Literal["publication"], name: str) -> str:
    return f"assessments/{tenant}/{assessment}/{slot}/{name}.json"


def set_document_if_newer(
    table: Table, tenant: str, assessment: str, slot: Slot, *, key: str, received_at: str
) -> bool:
    """Set a document unless the present one is newer or is this very one; returns whether it was set.

    From then on the assessment is pending until its sheets have been released (`clear_pending_release`).
    """
    document: dict[str, Any] = {"key": key, "received_at": received_at, "placed_at": now()}
    names = {"#slot": slot, "#key": "key"}
    values = {":key": key, ":received_at": received_at}
    pk = assessment_pk(tenant, assessment)
    try:
        table.update(
            pk,
            ASSESSMENT_SK,
            "SET #slot = :document, pending = :pending, pending_at = :now ADD revision :one",
            names=names,
            values={**values, ":document": document, ":one": 1, ":pending": PENDING_RELEASE, ":now": now()},
            condition="attribute_not_exists(#slot) OR (#slot.received_at <= :received_at AND #slot.#key <> :key "
            "AND (attribute_not_exists(#slot.corrects) OR #slot.corrects <> :key))",
        )
        return True
    except ConditionFailed:
        pass
    with suppress(ConditionFailed):
        # The document that counts was received again: nothing older may replace it from now on.
        table.update(
            pk,
            ASSESSMENT_SK,
            "SET #slot.received_at = :received_at",
            names=names,
            values=values,
            condition="(#slot.#key = :key OR #slot.corrects = :key) AND #slot.received_at < :received_at",
        )
    return False


def set_document(
    table: Table, tenant: str, assessment: str, slot: Slot, document: Item, *, expected_revision: int
) -> None:
    """Set a document that a person made: `key`, `received_at`, `by`, and for a correction `corrects`, the document
    that was corrected. It counts until a document that was received later is read.

    `expected_revision`: the revision that the change is based on, 0 for an empty assessment.

    Raises
    ------
    ConditionFailed
        The item has another revision.
    """
    values: Item = {
        ":document": {**document, "placed_at": now()},
        ":one": 1,
        ":pending": PENDING_RELEASE,
        ":now": now(),
    }
    table.update(
        assessment_pk(tenant, assessment),
        ASSESSMENT_SK,
        "SET #slot = :document, pending = :pending, pending_at = :now ADD revision :one",
        names={"#slot": slot},
        values=values | ({":expected": expected_revision} if expected_revision else {}),
        condition="revision = :expected" if expected_revision else "attribute_not_exists(revision)",
    )


def remove_document(table: Table, tenant: str, assessment: str, slot: Slot, *, key: str) -> bool:
    """Remove an erased document; returns False if another document has its place."""
    try:
        table.update(
            assessment_pk(tenant, assessment),
            ASSESSMENT_SK,
            "REMOVE #slot ADD revision :one",
            names={"#slot": slot, "#key": "key"},
            values={":one": 1, ":key": key},
            condition="#slot.#key = :key OR #slot.corrects = :key",
        )
    except ConditionFailed:
        return False
    return True


def clear_pending_release(table: Table, tenant: str, assessment: str, *, revision: int) -> None:
    """Mark the sheets of this revision as released; a newer revision stays pending."""
    with suppress(ConditionFailed):
        table.update(
            assessment_pk(tenant, assessment),
            ASSESSMENT_SK,
            "REMOVE pending, pending_at",
            values={":revision": revision},
            condition="revision = :revision",
        )


def park_sheet(table: Table, tenant: str, assessment: str, submission_id: str) -> None:
    """Record that a sheet waits for the assessment's question paper. Idempotent."""
    table.put({"pk": assessment_pk(tenant, assessment), "sk": parked_sk(submission_id), "submission_id": submission_id})


def unpark_sheet(table: Table, tenant: str, assessment: str, submission_id: str) -> None:
    """Record that a sheet no longer waits for the question paper. Idempotent."""
    table.delete(assessment_pk(tenant, assessment), parked_sk(submission_id))


def list_parked_sheets(table: Table, tenant: str, assessment: str) -> list[str]:
    """Return the ids of the sheets that wait for the question paper, read consistently."""
    return [str(item["submission_id"]) for item in table.partition(assessment_pk(tenant, assessment), parked_sk(""))]
