"""Metadata of an object in the temp bucket, encrypted: tenant, assessment, student, and when it was received.

A completed upload, its S3 event and a sweep can therefore each start the same execution from the object alone.
"""

import json
from dataclasses import asdict, dataclass
from typing import Self

from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, SourceFile, Submission
from core.storage.encryption import TextCipher

METADATA_NAME = "receipt"


@dataclass(frozen=True, slots=True)
class UploadMetadata:
    """What was declared on receipt. `sha256` in hex.

    `received_at`: when the API received the bytes, or issued the form with which S3 receives them (S3's own timestamp
    is later and has whole seconds).
    """

    tenant: str
    assessment: str
    kind: DocumentKind
    student: str | None
    sha256: str
    size: int
    media_type: str | None
    received_at: str | None = None

    def encrypted_text(self, cipher: TextCipher, submission_id: str) -> str:
        return cipher.encrypt(
            json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")), associated_data=submission_id
        )

    @classmethod
    def from_encrypted_text(cls, text: str, cipher: TextCipher, submission_id: str) -> Self:
        """Decrypt the metadata. Raises ValueError if the text was not encrypted here for this submission."""
        if not cipher.is_encrypted(text):
            raise ValueError("not encrypted here")
        body = json.loads(cipher.decrypt(text, associated_data=submission_id))
        return cls(**{**body, "kind": DocumentKind(body["kind"])})

    def to_submission(
        self,
        submission_id: str,
        cipher: TextCipher,
        *,
        channel: IntakeChannel,
        bucket: str,
        key: str,
        version_id: str,
        received_at: str,
    ) -> Submission:
        """Return the submission in its first run."""
        return Submission(
            id=submission_id,
            run=1,
            tenant=self.tenant,
            assessment=self.assessment,
            kind=self.kind,
            student=cipher.encrypt(self.student, associated_data=submission_id) if self.student else None,
            channel=channel,
            received_at=received_at,
            file=SourceFile(bucket, key, version_id, self.size, self.sha256, self.media_type),
        )
