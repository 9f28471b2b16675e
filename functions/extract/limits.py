"""Limits for untrusted files, and the size limits of one OCR call."""

from dataclasses import dataclass

# Downloads are read in parts of this size, so that a large file never lies in memory whole.
DOWNLOAD_CHUNK_BYTES = 1_048_576


@dataclass(frozen=True)
class DocumentLimits:
    """One document's limits: bytes, pages, pixels of one image, PDF points a side, seconds.

    `cpu_seconds` is the processor time for opening a file, before its pages are counted; `cpu_seconds_per_page` is
    added for each page. `idle_timeout_seconds` is how long the child may go without sending a page. `memory_bytes` is
    the memory that the child may use beyond its libraries and the file itself.
    """

    max_bytes: int = 100_000_000
    max_pages: int = 300
    max_pixels: int = 120_000_000
    # Acrobat's own limit is 14,400 points a side (and more only by UserUnit); nothing on paper comes near.
    max_points: float = 50_000.0
    cpu_seconds: float = 6.0
    cpu_seconds_per_page: float = 0.1
    idle_timeout_seconds: float = 7.5
    memory_bytes: int = 400_000_000

    def get_cpu_seconds(self, pages: int) -> float:
        return self.cpu_seconds + self.cpu_seconds_per_page * pages


# Limits of one OCR call, for every engine: those of a synchronous Textract call (Amazon Textract, set quotas). "MB" is
# taken as 10^6 bytes, the smaller unit.
MAX_CALL_BYTES = 10_000_000
MAX_CALL_PIXELS_PER_SIDE = 10_000
MAX_CALL_POINTS_PER_SIDE = 9_000.0
