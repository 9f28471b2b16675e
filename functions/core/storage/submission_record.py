"""What the item `record` of a submission can be: its record, its tombstone, or a repeated upload without either.

`docs/record.md` lists its states and who writes them. Stored attribute names are older than some names here ("door" is
the intake channel).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, Submission, SubmissionState
from core.storage.outcome_attributes import OutcomeAttributes, outcome_fields
from core.storage.table import RECORD_SK, Item, submission_id_from_pk, submission_pk
from core.storage.teacher_edits import (
    CORRECTION_PREFIX,
    MARK_CHANGE_PREFIX,
    Correction,
    EditLogEntry,
    MarkChange,
    corrections_from_item,
    mark_changes_from_item,
)

# The states in which a sheet has marks. A question paper of an older release may be in one of them as well.
MARKED_STATES = (SubmissionState.GRADED, SubmissionState.NEEDS_REVIEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRecord(OutcomeAttributes):
    """The record of a submission in its last recorded run.

    `input` is the state machine's input of that run, as JSON. `claimed` is the last run that was claimed, None if none
    was. `counts_from` is the time of the latest upload of the same content, None if there was only one. `pending` says
    what the submission waits for, since `pending_at`. `edits` counts a teacher's edits, None before the first.
    """

    id: str
    tenant: str
    assessment: str
    kind: DocumentKind
    channel: IntakeChannel
    received_at: str
    state: SubmissionState
    run: int
    input: str
    recorded_at: str | None = None
    claimed: int | None = None
    counts_from: str | None = None
    pending: str | None = None
    pending_at: str | None = None
    edits: int | None = None
    edit_log: tuple[EditLogEntry, ...] = ()
    mark_changes: Mapping[str, MarkChange] = field(default_factory=dict)
    corrections: Mapping[str, Correction] = field(default_factory=dict)

    @property
    def submission(self) -> Submission:
        """The submission that the last recorded run was started with."""
        return Submission.from_state(json.loads(self.input))

    @property
    def last_run(self) -> int:
        """The last run that was recorded or claimed."""
        return max(self.run, self.claimed or 0)

    @property
    def last_received_at(self) -> str:
        """When the content was received last: of several attempts, the one received last counts."""
        return self.received_at if self.counts_from is None else self.counts_from

    @property
    def has_marks(self) -> bool:
        """Whether the marks are those of the last recorded run. A question paper in review has none."""
        return self.state in MARKED_STATES and self.question_marks is not None

    def to_item(self) -> Item:
        attributes = {
            "pk": submission_pk(self.id),
            "sk": RECORD_SK,
            "tenant": self.tenant,
            "assessment": self.assessment,
            "kind": self.kind.value,
            "door": self.channel.value,
            "received_at": self.received_at,
            "recorded_at": self.recorded_at,
            "state": self.state.value,
            "run": self.run,
            "input": self.input,
            "claimed": self.claimed,
            "counts_from": self.counts_from,
            "pending": self.pending,
            "pending_at": self.pending_at,
            "edits": self.edits,
            "edit_log": [entry.to_dict() for entry in self.edit_log] or None,
            "gsi1pk": f"{self.tenant}#{self.assessment}",
            "gsi1sk": f"{self.kind.value}#{self.received_at}#{self.id}",
            # Not super(): a dataclass with slots is another class than the one that its methods were defined in.
            **OutcomeAttributes.to_item(self),
            **{MARK_CHANGE_PREFIX + question: change.to_dict() for question, change in self.mark_changes.items()},
            **{CORRECTION_PREFIX + question: one.to_dict() for question, one in self.corrections.items()},
            "student": self.student or "",
        }
        return {name: value for name, value in attributes.items() if value is not None}

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls(
            id=submission_id_from_pk(item["pk"]),
            **_upload_fields(item),
            state=SubmissionState(item["state"]),
            run=int(item["run"]),
            input=item["input"],
            recorded_at=item.get("recorded_at"),
            claimed=item.get("claimed"),
            counts_from=item.get("counts_from"),
            pending=item.get("pending"),
            pending_at=item.get("pending_at"),
            edits=item.get("edits"),
            edit_log=tuple(EditLogEntry.from_dict(entry) for entry in item.get("edit_log", ())),
            mark_changes=mark_changes_from_item(item),
            corrections=corrections_from_item(item),
            **outcome_fields(item),
        )


class RepeatUpload(NamedTuple):
    """What is there if the same content was received again before the state machine has written the record."""

    id: str
    counts_from: str

    @property
    def last_received_at(self) -> str:
        return self.counts_from

    def to_item(self) -> Item:
        return {"pk": submission_pk(self.id), "sk": RECORD_SK, "counts_from": self.counts_from}

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls(submission_id_from_pk(item["pk"]), item["counts_from"])


class ErasureTargets(NamedTuple):
    """What the tombstone keeps for the erasure until that is complete.

    `key` is encrypted if a user chose it. `claim` is the key of the content's claim, `sha256` the content's hash (None
    if nobody has read it).
    """

    bucket: str
    key: str
    version_id: str
    sha256: str | None
    claim: str | None

    def to_dict(self) -> dict[str, Any]:
        return self._asdict()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["bucket"], data["key"], data["version_id"], data["sha256"], data["claim"])


class Tombstone(NamedTuple):
    """What replaces the record of an erased submission.

    `run` is the last run before the erasure, `claimed` a run that was claimed after it: the file was sent again.
    `targets` is None once the erasure is complete. `removing` names the invocation that erases now, until
    `removing_until` at the latest; it is "" before the first pass and None between passes.
    """

    id: str
    tenant: str
    assessment: str
    kind: DocumentKind
    channel: IntakeChannel
    received_at: str
    run: int
    erased_at: str
    claimed: int | None = None
    targets: ErasureTargets | None = None
    removing: str | None = None
    removing_until: str | None = None
    pending: str | None = None
    pending_at: str | None = None

    @property
    def state(self) -> SubmissionState:
        return SubmissionState.ERASED

    @property
    def last_run(self) -> int:
        """The last run that was recorded or claimed."""
        return max(self.run, self.claimed or 0)

    def to_item(self) -> Item:
        attributes = {
            "pk": submission_pk(self.id),
            "sk": RECORD_SK,
            "state": self.state.value,
            "run": self.run,
            "tenant": self.tenant,
            "assessment": self.assessment,
            "kind": self.kind.value,
            "door": self.channel.value,
            "received_at": self.received_at,
            "erased_at": self.erased_at,
            "claimed": self.claimed,
            "erasing": self.targets and self.targets.to_dict(),
            "removing": self.removing,
            "removing_until": self.removing_until,
            "pending": self.pending,
            "pending_at": self.pending_at,
        }
        return {name: value for name, value in attributes.items() if value is not None}

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls(
            id=submission_id_from_pk(item["pk"]),
            **_upload_fields(item),
            run=int(item["run"]),
            erased_at=item["erased_at"],
            claimed=item.get("claimed"),
            targets=ErasureTargets.from_dict(item["erasing"]) if "erasing" in item else None,
            removing=item.get("removing"),
            removing_until=item.get("removing_until"),
            pending=item.get("pending"),
            pending_at=item.get("pending_at"),
        )


RecordItem = SubmissionRecord | Tombstone | RepeatUpload


def decode_record(item: Item | None) -> RecordItem | None:
    """Decode the item with the sort key `record`; None if there is none."""
    if item is None:
        return None
    if "erased_at" in item:
        return Tombstone.from_item(item)
    return SubmissionRecord.from_item(item) if "run" in item else RepeatUpload.from_item(item)


def _upload_fields(item: Item) -> dict[str, Any]:
    return {
        "tenant": item["tenant"],
        "assessment": item["assessment"],
        "kind": DocumentKind(item["kind"]),
        "channel": IntakeChannel(item["door"]),
        "received_at": item["received_at"],
    }
