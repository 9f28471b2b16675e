"""Submissions: the contract that is passed from the entry point through every state of the state machine.

A submission's id identifies what was received. Where the entry point has the bytes, it is a keyed hash of tenant,
assessment, kind, student and content; in the drop folder, of bucket, key and VersionId. Two deliveries of the same
file are therefore one submission, and no table has to be queried for that. Nothing in a state names a student: the
label and a drop key are passed on encrypted (`core.storage.encryption`).
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

from core.models import errors
from core.models.document_kinds import DocumentKind

_ASSESSMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MAX_STUDENT_LENGTH = 128
STATE_FORMAT_VERSION = 1


class IntakeChannel(StrEnum):
    API = "api"
    UPLOAD = "upload"
    DROP = "drop"


class SubmissionState(StrEnum):
    """The state of a submission. `docs/record.md` lists every transition and its writer."""

    RECEIVED = "RECEIVED"
    READING = "READING"
    STORING = "STORING"
    GRADING = "GRADING"
    AWAITING_PAPER = "AWAITING_PAPER"
    GRADED = "GRADED"
    NEEDS_REVIEW = "NEEDS_REVIEW"
    READY = "READY"
    REJECTED = "REJECTED"
    DUPLICATE_OF = "DUPLICATE_OF"
    FAILED = "FAILED"
    ERASED = "ERASED"


TERMINAL_STATES = frozenset(
    {
        SubmissionState.GRADED,
        SubmissionState.NEEDS_REVIEW,
        SubmissionState.READY,
        SubmissionState.REJECTED,
        SubmissionState.DUPLICATE_OF,
        SubmissionState.FAILED,
        SubmissionState.ERASED,
    }
)


@dataclass(frozen=True)
class SourceFile:
    """The received file, pinned by VersionId. `key` is encrypted if a user chose it (drop folder)."""

    bucket: str
    key: str
    version_id: str
    size: int
    sha256: str | None = None
    media_type: str | None = None

    def to_state(self) -> dict[str, Any]:
        return {
            "bucket": self.bucket,
            "key": self.key,
            "version_id": self.version_id,
            "size": self.size,
            "sha256": self.sha256,
            "media_type": self.media_type,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        return cls(
            bucket=state["bucket"],
            key=state["key"],
            version_id=state["version_id"],
            size=int(state["size"]),
            sha256=state.get("sha256"),
            media_type=state.get("media_type"),
        )


@dataclass(frozen=True)
class Submission:
    """A submission in one of its runs. `student` is encrypted, or None if no student was given."""

    id: str
    run: int
    tenant: str
    assessment: str
    kind: DocumentKind
    student: str | None
    channel: IntakeChannel
    received_at: str
    file: SourceFile

    @property
    def execution_name(self) -> str:
        return f"{self.id}-{self.run}"

    def for_run(self, run: int, file: SourceFile | None = None) -> Self:
        """Return the same submission for a later run; `file` if the bytes have moved to the durable copy."""
        return replace(self, run=run, file=file or self.file)

    def to_state(self) -> dict[str, Any]:
        """Return the state machine's input. It is canonical: two deliveries of the same file give equal input."""
        return {
            "contract": STATE_FORMAT_VERSION,
            "submission": {
                "id": self.id,
                "run": self.run,
                "tenant": self.tenant,
                "assessment": self.assessment,
                "kind": self.kind.value,
                "student": self.student or "",
                "door": self.channel.value,
                "received_at": self.received_at,
            },
            "file": self.file.to_state(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        body = state["submission"]
        return cls(
            id=body["id"],
            run=int(body["run"]),
            tenant=body["tenant"],
            assessment=body["assessment"],
            kind=DocumentKind(body["kind"]),
            student=body.get("student") or None,
            channel=IntakeChannel(body["door"]),
            received_at=body["received_at"],
            file=SourceFile.from_state(state["file"]),
        )


def keyed_hash(secret: bytes, *parts: str) -> str:
    """Return 128 bits of HMAC-SHA-256 over length-prefixed parts, as 32 hex digits."""
    body = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
    return hmac.new(secret, body, hashlib.sha256).hexdigest()[:32]


def submission_id_from_content(
    secret: bytes, *, tenant: str, assessment: str, kind: DocumentKind, student: str | None, sha256: str
) -> str:
    """Return the id where the bytes are known on receipt (API body, declared upload)."""
    return keyed_hash(secret, "content", tenant, assessment, kind.value, student or "", sha256)


def submission_id_from_object(secret: bytes, *, bucket: str, key: str, version_id: str) -> str:
    """Return the id of an object in the drop folder, whose bytes have not been read yet."""
    return keyed_hash(secret, "object", bucket, key, version_id)


def parse_assessment(value: str | None) -> str:
    """Check an assessment's name: letters, digits, dot, dash, underscore; at most 64. Returns it unchanged.

    Raises
    ------
    MissingAssessment, InvalidAssessment
    """
    if not value:
        raise errors.MissingAssessment("Say which assessment this belongs to (assessment=…).")
    if not _ASSESSMENT_NAME.fullmatch(value) or ".." in value:
        raise errors.InvalidAssessment(
            "An assessment's name has 1 to 64 letters, digits, dots, dashes or underscores "
            "and starts with a letter or digit."
        )
    return value


def parse_student(value: str | None) -> str | None:
    """Return a student's label (a name or a number) in normal form; None if the value is blank.

    Raises
    ------
    InvalidStudent
    """
    if value is None or not value.strip():
        return None
    # File systems and browsers encode accents in different ways; one name must give one student.
    label = unicodedata.normalize("NFC", value.strip())
    if len(label) > _MAX_STUDENT_LENGTH or "/" in label or "\\" in label or ".." in label or not label.isprintable():
        raise errors.InvalidStudent(
            f"A student's label has at most {_MAX_STUDENT_LENGTH} printable characters and no slash, backslash or '..'."
        )
    return label
