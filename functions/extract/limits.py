"""How much an untrusted file may ask of its reader."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DocumentLimits:
    """One document's limits. Bytes, pages, pixels of one picture, PDF points a side, seconds.

    `cpu_seconds` is what opening a file may cost before its pages are counted, `cpu_seconds_a_page` what each
    page adds; `silence_seconds` is how long the child may go without a page; `memory_bytes` is what the
    child may take on top of its libraries and the file itself.
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


# What one synchronous Textract call takes (Amazon Textract, set quotas). "MB" is read as the smaller of the two.
MAX_CALL_BYTES = 10_000_000
MAX_CALL_PIXELS_PER_SIDE = 10_000
MAX_CALL_POINTS_PER_SIDE = 9_000.0
