"""Textract's asynchronous pair: a job that reads a whole document where it lies.

Contract: StartDocumentTextDetection and GetDocumentTextDetection in the API reference. The same ClientRequestToken
is the same job; an answer comes in parts of at most 1,000 blocks, each naming the next; a job's answer is kept for
seven days. How a job ended is told apart here, what it read is joined and parsed by `extract.ocr.blocks`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from core.platform.clock import milliseconds_between, now
from extract.ocr import aws_errors
from extract.ocr.blocks import Block, gather_blocks

SUCCEEDED, PARTIAL_SUCCESS, IN_PROGRESS = "SUCCEEDED", "PARTIAL_SUCCESS", "IN_PROGRESS"
# Our own words for jobs that Textract says nothing of: it did not take the document; it took too long over it.
REFUSED, OVERDUE = "REFUSED", "OVERDUE"
# "Some minutes" at worst; after this the pages are read by calls, which end in time for any document alone.
MAX_JOB_SECONDS = 1_200.0
_MIN_WAIT_SECONDS, _MAX_WAIT_SECONDS = 3, 30
_REFUSED_CODES = frozenset(
    {
        "UnsupportedDocumentException",
        "BadDocumentException",
        "DocumentTooLargeException",
        "InvalidParameterException",
        # Textract cannot reach every key that S3 takes; bytes it can be given all the same.
        "InvalidS3ObjectException",
    }
)
_BUSY_CODES = frozenset({"LimitExceededException", "ProvisionedThroughputExceededException", "ThrottlingException"})


@dataclass(frozen=True, slots=True)
class AsyncJob:
    """What the state machine knows of a job. `id` is empty while too many others run; `wait_seconds` is when to
    look again."""

    id: str
    status: str
    started_at: str
    wait_seconds: int

    def to_state(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "status": self.status,
            "started_at": self.started_at,
            "wait_seconds": self.wait_seconds,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return cls(state["id"], state["status"], state["started_at"], int(state["wait_seconds"]))


@dataclass(frozen=True, slots=True)
class AsyncJobResult:
    """`pages` holds the blocks of each page that was read, by its number; `total` counts those that were not, too."""

    pages: dict[int, list[Block]] = field(default_factory=dict)
    total: int = 0


class AsyncJobClient:
    """`client` is a client of Textract."""

    def __init__(self, client: Any, *, clock: Callable[[], str] = now) -> None:
        self._client, self._clock = client, clock

    def start(self, s3_object: dict[str, str], token: str, *, first_requested_at: str | None = None) -> AsyncJob:
        """Start a job for an S3 object ({Bucket, Name, Version}), once for each `token`; `since` is when that was
        first asked for. Where the account has too many jobs already, the answer has no id yet.
        """
        started_at = first_requested_at or self._clock()
        try:
            response = self._client.start_document_text_detection(
                DocumentLocation={"S3Object": s3_object}, ClientRequestToken=token
            )
        except self._client.exceptions.ClientError as error:
            code, _ = aws_errors.get_error_code(error)
            if code in _REFUSED_CODES:
                return AsyncJob("", REFUSED, started_at, 0)
            if code not in _BUSY_CODES:
                raise
            return self._build_job("", IN_PROGRESS, started_at)
        return self._build_job(str(response["JobId"]), IN_PROGRESS, started_at)

    def poll(self, job: AsyncJob) -> AsyncJob:
        """How the job stands now: its status, and nothing of what it read."""
        response = self._client.get_document_text_detection(JobId=job.id, MaxResults=1)
        return self._build_job(job.id, str(response["JobStatus"]), job.started_at)

    def _build_job(self, job_id: str, status: str, started_at: str) -> AsyncJob:
        age = milliseconds_between(started_at, self._clock()) / 1000
        if status == IN_PROGRESS and age > MAX_JOB_SECONDS:
            status = OVERDUE
        return AsyncJob(job_id, status, started_at, round(min(max(age / 4, _MIN_WAIT_SECONDS), _MAX_WAIT_SECONDS)))


def fetch_job_result(job: AsyncJob, fetch_parts: Callable[[str], Iterable[dict[str, Any]]]) -> AsyncJobResult:
    """All parts of the job's answer (`parts` gives them by its id), joined. Of a job that has read nothing it is
    empty; a page that the job names as not read is none of its pages."""
    if job.status not in (SUCCEEDED, PARTIAL_SUCCESS):
        return AsyncJobResult()
    blocks_by_page = gather_blocks(fetch_parts(job.id))
    total = max((*blocks_by_page.pages, *blocks_by_page.missing), default=0)
    read = {number: blocks for number, blocks in blocks_by_page.pages.items() if number not in blocks_by_page.missing}
    return AsyncJobResult(read, total)
