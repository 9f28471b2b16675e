"""The interface of OCR engines: a page in, its lines out. `extract.ocr.registry` names the engines.

An engine reports lines as it finds them on the page as it was sent, in any order. Rotation and reading order are
found afterwards, in the same way for every engine (`extract.layout.transcript_builder`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

from core.models.execution_state import AsyncJob
from core.models.transcript import Box, Word
from core.platform.settings import Settings
from extract.layout.page_rotation import PagePoint
from extract.ocr.rate_limiter import RateLimiter


class DetectedLine(NamedTuple):
    """One line as an engine found it. Boxes are fractions of the page as it was sent; confidence is from 0 to 100.

    Only `text`, `confidence` and `box` are required. The direction of a line, which shows how the page is rotated, is
    that from its first to its last word, or of a single word's `top_edge`: the corners at which the word begins and
    ends.
    """

    text: str
    confidence: float
    box: Box
    words: tuple[Word, ...] = ()
    handwriting: bool = False
    top_edge: tuple[PagePoint, PagePoint] | None = None


class PageRefused(Exception):
    """The engine does not accept this page in this form, for the reason `code`. Another form may be accepted."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class StoredImageRefused(PageRefused):
    """The engine cannot fetch this image from S3. The same bytes may be accepted."""


class OcrEngine(Protocol):
    """Reads pages, from several threads at once. `name` is the source of the pages that it has read."""

    name: str

    def read_page(self, body: bytes) -> Sequence[DetectedLine]:
        """The lines of one page: a PDF of one page, a JPEG or a PNG, within the limits in `extract.limits`.

        A PDF page that is refused is sent once more as a JPEG, an image once more after it was encoded again.

        Raises
        ------
        PageRefused
            The engine does not accept the page in this form.
        ServiceUnavailable
            The engine failed after all retries; the same call may succeed later.
        """

    def close(self) -> None:
        """Cancel the calls that wait: the reading has ended."""


@runtime_checkable
class StoredImageReader(Protocol):
    """What an engine can do in addition: fetch an image from S3 itself."""

    def read_stored_image(self, bucket: str, key: str, version_id: str) -> Sequence[DetectedLine]:
        """The lines of an image in S3. Raises what `OcrEngine.read_page` raises, and StoredImageRefused."""


@dataclass(frozen=True, slots=True)
class AsyncJobResult:
    """What an asynchronous job has read: by page number, a function that gives the page's lines.

    `total` also counts pages that were not read.
    """

    pages: Mapping[int, Callable[[], Sequence[DetectedLine]]] = field(default_factory=dict)
    total: int = 0


@runtime_checkable
class AsyncJobReader(Protocol):
    """What an engine can do in addition: read whole documents in asynchronous jobs (`extract.job_app`)."""

    def fetch_job_result(self, job: AsyncJob) -> AsyncJobResult:
        """The result of a job that has ended; empty if it read nothing."""


class CallQuota(NamedTuple):
    """How many calls a second the account's quota admits, and how many of one document may be in flight at once."""

    calls_per_second: float
    concurrency: int


class EngineResources(NamedTuple):
    """What the handler gives an engine for one reading.

    `create_client` makes a boto3 client, once a process: `create_client("textract", connections=38, read_timeout=30)`;
    it makes one attempt a call. `transport_errors` are its errors without a response. An engine waits for
    `rate_limiter` before each attempt, and makes none after `deadline` (epoch seconds).
    """

    create_client: Callable[..., Any]
    transport_errors: tuple[type[Exception], ...]
    quota: CallQuota
    rate_limiter: RateLimiter
    deadline: float


class OcrEngineDefinition(NamedTuple):
    """What the registry knows of an engine. `name` is the value of the setting `OCR_ENGINE`, and the pages' source.

    `reads_by_job`: large documents may be left to an asynchronous job, whose result the engine fetches
    (`AsyncJobReader`).
    """

    name: str
    get_quota: Callable[[Settings], CallQuota]
    create: Callable[[EngineResources], OcrEngine]
    reads_by_job: bool = False
