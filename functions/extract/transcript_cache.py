"""Cache of transcripts in S3, by content: the same bytes, read by the same reader version and engine, are read once."""

from dataclasses import dataclass
from typing import Any, Self

from core.models.document_kinds import DocumentKind
from core.models.transcript import Transcript

# Increase whenever the same bytes would give a different transcript than before.
READER_VERSION = "3"
_UNNAMED_ENGINE = "textract"
# Without the right to list the bucket, S3 answers 403 for a key that does not exist.
_NOT_FOUND_CODES = frozenset({"404", "403", "NoSuchKey", "NotFound", "AccessDenied", "Forbidden"})


def get_reader_version(kind: DocumentKind, engine: str) -> str:
    """The version part of a cache key. What is read by the stricter rule for answer sheets has a version of its own,
    and so has what another OCR engine than Textract reads: Textract was the first, its keys do not name it."""
    version = f"{READER_VERSION}-sheet" if kind.rules.verified_reading else READER_VERSION
    return version if engine == _UNNAMED_ENGINE else f"{version}-{engine}"


@dataclass(frozen=True, slots=True)
class TranscriptCounts:
    """What is known of a transcript without fetching it; stored as the object's metadata."""

    media_type: str
    pages: int
    text_layer_pages: int
    ocr_pages: int
    lines: int
    warnings: int

    @classmethod
    def of(cls, transcript: Transcript, media_type: str) -> Self:
        by_ocr = sum(page.is_read_by_ocr for page in transcript.pages)
        return cls(
            media_type=media_type,
            pages=len(transcript.pages),
            text_layer_pages=len(transcript.pages) - by_ocr,
            ocr_pages=by_ocr,
            lines=sum(len(page.lines) for page in transcript.pages),
            warnings=len(transcript.warnings),
        )

    def to_metadata(self) -> dict[str, str]:
        return {
            "media-type": self.media_type,
            "pages": str(self.pages),
            "text-layer-pages": str(self.text_layer_pages),
            "ocr-pages": str(self.ocr_pages),
            "lines": str(self.lines),
            "warnings": str(self.warnings),
        }

    @classmethod
    def from_metadata(cls, metadata: dict[str, str]) -> Self | None:
        """Decode an object's metadata. Returns None if a field is missing or malformed."""
        try:
            return cls(
                media_type=metadata["media-type"],
                pages=int(metadata["pages"]),
                text_layer_pages=int(metadata["text-layer-pages"]),
                ocr_pages=int(metadata["ocr-pages"]),
                lines=int(metadata["lines"]),
                warnings=int(metadata["warnings"]),
            )
        except (KeyError, ValueError):
            return None


class TranscriptCache:
    """The stored transcripts of one bucket, as one OCR engine reads them. `s3` is a boto3 client."""

    def __init__(self, s3: Any, bucket: str, engine: str) -> None:
        self._s3 = s3
        self.bucket = bucket
        self._engine = engine

    def key(self, tenant: str, sha256: str, kind: DocumentKind) -> str:
        return f"transcripts/{tenant}/{sha256}.{get_reader_version(kind, self._engine)}.json"

    def look_up(self, key: str) -> TranscriptCounts | None:
        """A stored transcript's counts, by one HeadObject. Returns None if there is none."""
        try:
            object_head = self._s3.head_object(Bucket=self.bucket, Key=key)
        except self._s3.exceptions.ClientError as error:
            if str(error.response.get("Error", {}).get("Code")) in _NOT_FOUND_CODES:
                return None
            raise
        return TranscriptCounts.from_metadata(object_head.get("Metadata", {}))

    def put(self, key: str, transcript: Transcript, counts: TranscriptCounts) -> None:
        self._s3.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=transcript.to_json(),
            ContentType="application/json",
            Metadata=counts.to_metadata(),
        )
