"""The submitted file in S3: downloads the pinned version, hashes it on the way and checks size and type."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any

from core.models import media_types
from core.models.submission import SourceFile
from extract import document_file
from extract.document_file import HEAD_BYTES, OpenFile
from extract.limits import DOWNLOAD_CHUNK_BYTES, DocumentLimits
from extract.ocr.aws_errors import translate_aws_errors


@dataclass(frozen=True, slots=True)
class SourceObject:
    """One version of an S3 object. `key` is the decrypted key; `s3` is a boto3 client; `transport_errors` are the
    errors of a call that got no response."""

    s3: Any
    file: SourceFile
    key: str
    limits: DocumentLimits
    transport_errors: tuple[type[Exception], ...]

    @property
    def declared_type(self) -> str | None:
        """The media type that the upload's header or else the file's name declares."""
        return media_types.parse_content_type(self.file.media_type) or media_types.media_type_from_name(self.key)

    def download(self, spool: IO[bytes], should_stop: Callable[[], bool]) -> tuple[OpenFile, str] | None:
        """Download the object into `spool`. Returns the open file and its SHA-256, or None if `should_stop`.

        `should_stop` is called once, after S3 has answered and before the body is read. The type is checked by the
        first bytes, so that a file of a wrong type is not downloaded whole.

        Raises
        ------
        DocumentRejected
            EmptyFile, FileTooLarge, UnsupportedFileType or FileTypeMismatch.
        ServiceUnavailable
            S3 did not answer.
        """
        digest, size, head, media_type = hashlib.sha256(), 0, b"", ""
        with self.translate_errors():
            body = self._get()
            if should_stop():
                return None
            for chunk in body.iter_chunks(DOWNLOAD_CHUNK_BYTES):
                if len(head) < HEAD_BYTES:
                    head += chunk[: HEAD_BYTES - len(head)]
                if size == 0:
                    media_type = self.check_type(head)
                digest.update(chunk)
                spool.write(chunk)
                size += len(chunk)
                document_file.check_size(size, self.limits)
        document_file.check_size(size, self.limits)
        spool.flush()
        return OpenFile(spool.fileno(), size, media_type, head), digest.hexdigest()

    def read_head(self) -> bytes:
        """Fetch the object's first bytes only."""
        with self.translate_errors():
            head: bytes = self._get(Range=f"bytes=0-{HEAD_BYTES - 1}").read()
        return head

    def check_type(self, head: bytes) -> str:
        """The media type by content. Raises as `document_file.check_type` does."""
        return document_file.check_type(
            head, self.file.size, name=self.key, header=self.file.media_type, limits=self.limits
        )

    def check_declared(self, media_type: str) -> None:
        """Raise FileTypeMismatch if the upload declares another type."""
        document_file.check_declared(media_type, name=self.key, header=self.file.media_type)

    def translate_errors(self) -> AbstractContextManager[None]:
        """Raise ServiceUnavailable for transient errors of S3."""
        return translate_aws_errors("S3", (self.s3.exceptions.ClientError, *self.transport_errors))

    def _get(self, **options: Any) -> Any:
        """The body of the pinned version, whatever has overwritten the key since."""
        return self.s3.get_object(Bucket=self.file.bucket, Key=self.key, VersionId=self.file.version_id, **options)[
            "Body"
        ]
