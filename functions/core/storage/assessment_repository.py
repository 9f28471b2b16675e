"""An assessment's shelf: which paper, key document and marking scheme count now, and their revision.

One item holds references; the documents themselves lie in S3 under `assessments/` and are never changed
once written. Whatever comes newest counts; every change raises the revision, so that it can be seen which
sheets were graded against what.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from core.platform.clock import now
from core.storage.submission_repository import PENDING_RELEASE
from core.storage.table import ASSESSMENT_SK, ConditionFailed, Item, Table, assessment_pk, assessment_sk, tenant_pk

Slot = Literal["paper", "key_document", "scheme"]


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """What stands on the shelf: S3 keys (None: nothing there yet) and the revision, 0 for an empty one; since when
    the marks are published and by whom (None: they are held), and the key of what tells which marks those were (None:
    an earlier release did not keep it). `paper_read`: the paper as it was read, where the one that counts is
    `paper_by`'s correction of it, made at `paper_placed_at`."""

    paper: str | None = None
    key_document: str | None = None
    scheme: str | None = None
    roster: str | None = None
    paper_read: str | None = None
    paper_received_at: str | None = None
    paper_by: str | None = None
    paper_placed_at: str | None = None
    revision: int = 0
    published_at: str | None = None
    published_by: str | None = None
    published_marks: str | None = None

    @classmethod
    def from_item(cls, item: Item | None) -> "AssessmentRecord":
        if item is None:
            return cls()
        keys = {
            slot: item[slot]["key"] if slot in item else None for slot in ("paper", "key_document", "scheme", "roster")
        }
        published = item.get("published") or {}
        return cls(
            paper_read=item.get("paper", {}).get("corrects"),
            paper_received_at=item.get("paper", {}).get("received_at"),
            paper_by=item.get("paper", {}).get("by"),
            paper_placed_at=item.get("paper", {}).get("placed_at"),
            revision=int(item.get("revision", 0)),
            published_at=published.get("at"),
            published_by=published.get("by"),
            published_marks=published.get("marks"),
            **keys,
        )


def load(table: Table, tenant: str, assessment: str) -> AssessmentRecord:
    """The shelf, read consistently."""
    return AssessmentRecord.from_item(table.get(assessment_pk(tenant, assessment), ASSESSMENT_SK))


def register_assessment(table: Table, tenant: str, assessment: str) -> None:
    """Put an assessment on its tenant's list; it may stand there already."""
    table.put({"pk": tenant_pk(tenant), "sk": assessment_sk(assessment), "assessment": assessment})


def list_assessments(table: Table, tenant: str) -> list[str]:
    """The names of a tenant's assessments, in the order of their names."""
    return [str(item["assessment"]) for item in table.partition(tenant_pk(tenant), assessment_sk(""))]


def set_roster(table: Table, tenant: str, assessment: str, key: str | None) -> None:
    """Say that a roster lies at `key`, or with None that there is none. The papers' revision stays: who sits an
    assessment changes no mark."""
    if key is None:
        table.update(assessment_pk(tenant, assessment), ASSESSMENT_SK, "REMOVE roster")
        return
    values = {":roster": {"key": key, "placed_at": now()}}
    table.update(assessment_pk(tenant, assessment), ASSESSMENT_SK, "SET roster = :roster", values=values)


def set_publication(table: Table, tenant: str, assessment: str, *, published: bool, by: str, marks: str | None) -> None:
    """Give the marks out, or hold them (again). Each time is kept, with who did it and the key of what tells which
    marks were given out."""
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
    """Put a document on the shelf; False where a newer one, or this very one, stands there already.

    From then on the assessment is pending until its sheets have been released (`released`).
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
        # The very one that counts was received again: nothing older may take its place any more.
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
    """Put what a person made on the shelf: `key`, `received_at`, `by`, and for a correction `corrects`, the document
    that was corrected. It counts until one that was received later is read. `seen`: the revision that was looked at.

    Raises
    ------
    ConditionFailed
        Another revision stands there.
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
        values=values | ({":seen": expected_revision} if expected_revision else {}),
        condition="revision = :seen" if expected_revision else "attribute_not_exists(revision)",
    )


def remove_document(table: Table, tenant: str, assessment: str, slot: Slot, *, key: str) -> bool:
    """Take an erased document off the shelf; False where another one stands there."""
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
    """Every sheet that this revision concerns has been sent on; a newer revision stays pending."""
    with suppress(ConditionFailed):
        table.update(
            assessment_pk(tenant, assessment),
            ASSESSMENT_SK,
            "REMOVE pending, pending_at",
            values={":revision": revision},
            condition="revision = :revision",
        )
