"""The result of the extract step, as it enters the state of the execution."""

from dataclasses import dataclass
from typing import Any

from extract.transcript_cache import TranscriptCounts


@dataclass(frozen=True, slots=True)
class ReadingResult:
    """Where the transcript is stored, and its counts; never its text. Times are ISO 8601 strings in UTC.

    `from_cache` is true if the transcript had been stored before; `first_ocr_at` is None if no OCR call was made.
    """

    bucket: str
    key: str
    sha256: str
    counts: TranscriptCounts
    from_cache: bool
    started_at: str
    first_ocr_at: str | None
    ended_at: str

    def to_state(self) -> dict[str, Any]:
        return {
            "transcript": {"bucket": self.bucket, "key": self.key},
            "sha256": self.sha256,
            "pages": self.counts.pages,
            "text_layer_pages": self.counts.text_layer_pages,
            "ocr_pages": self.counts.ocr_pages,
            "lines": self.counts.lines,
            "warnings": self.counts.warnings,
            "kept": self.from_cache,
            "started_at": self.started_at,
            "first_ocr_at": self.first_ocr_at,
            "ended_at": self.ended_at,
        }
